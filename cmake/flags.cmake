# SPDX-License-Identifier: Apache-2.0
# Warnings, hardening and instrumentation of each kind of build. JUMIN_KIND comes from CMakePresets.json.
set(JUMIN_KIND "release" CACHE STRING "release, asan, fuzz, coverage or wasm")
set_property(CACHE JUMIN_KIND PROPERTY STRINGS release asan fuzz coverage wasm)

# Optimisation is ours alone. CMake hands CMAKE_C_FLAGS_<TYPE> to the linker too, where -O would run wasm-opt, and adds
# NDEBUG: our assertions stay on.
foreach(type IN ITEMS DEBUG RELEASE RELWITHDEBINFO MINSIZEREL)
    set(CMAKE_C_FLAGS_${type} "")
endforeach()

add_library(jm_flags INTERFACE)
target_include_directories(jm_flags INTERFACE ${CMAKE_SOURCE_DIR}/include)

target_compile_options(jm_flags INTERFACE
    -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wsign-conversion -Wcast-qual -Wwrite-strings -Wmissing-prototypes
    -Wstrict-prototypes -Wold-style-definition -Wundef -Wvla -Walloca -Wformat=2 -Wformat-signedness
    -Wnull-dereference -Wswitch-enum -Wimplicit-fallthrough -Wpointer-arith -Wbad-function-cast)
if(CMAKE_C_COMPILER_ID STREQUAL "GNU")
    target_compile_options(jm_flags INTERFACE -Wcast-align=strict -Wduplicated-cond -Wduplicated-branches -Wlogical-op
        -Wjump-misses-init -Warith-conversion)
else()
    target_compile_options(jm_flags INTERFACE -Wcomma -Wshorten-64-to-32 -Wconditional-uninitialized -Wassign-enum
        -Wmissing-variable-declarations -Wdocumentation -Wunreachable-code-aggressive)
endif()
if(JUMIN_KIND MATCHES "^(release|wasm)$") # instrumented frames are larger
    target_compile_options(jm_flags INTERFACE -Wframe-larger-than=8192)
endif()

# Tests: casts in the checks, and frames as large as a table needs.
add_library(jm_test_flags INTERFACE)
target_compile_options(jm_test_flags INTERFACE
    -Wno-bad-function-cast -Wno-null-dereference -Wframe-larger-than=262144)

set(common -fvisibility=hidden -fno-common -fno-strict-aliasing)
if(JUMIN_KIND STREQUAL "release")
    target_compile_options(jm_flags INTERFACE ${common} -O2 -g1 -fPIE -fwrapv
        -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=3 -fstack-protector-strong -fstack-clash-protection
        -fzero-call-used-regs=used-gpr -ftrivial-auto-var-init=zero -ffile-prefix-map=${CMAKE_SOURCE_DIR}=.)
    if(CMAKE_SYSTEM_PROCESSOR MATCHES "^(x86_64|AMD64|i[3-6]86)$")
        target_compile_options(jm_flags INTERFACE -fcf-protection=full)
    endif()
    if(CMAKE_C_COMPILER_ID STREQUAL "Clang")
        target_compile_options(jm_flags INTERFACE -fstrict-flex-arrays=3)
    endif()
    target_link_options(jm_flags INTERFACE -pie
        -Wl,-z,relro,-z,now,-z,noexecstack,-z,separate-code,--as-needed)
elseif(JUMIN_KIND MATCHES "^(asan|fuzz)$")
    set(sanitizers -fsanitize=address,undefined -fno-sanitize-recover=all)
    target_compile_options(jm_flags INTERFACE ${common} -O1 -g -fno-omit-frame-pointer ${sanitizers})
    target_link_options(jm_flags INTERFACE ${sanitizers})
    if(JUMIN_KIND STREQUAL "fuzz")
        target_compile_options(jm_flags INTERFACE -fsanitize=fuzzer-no-link)
    endif()
    if(JUMIN_KIND STREQUAL "asan") # which codes were given, how much work was done: tests/support/record.c
        target_compile_definitions(jm_flags INTERFACE JUMIN_RECORD)
    endif()
elseif(JUMIN_KIND STREQUAL "coverage")
    target_compile_options(jm_flags INTERFACE ${common} -O0 -g --coverage -fprofile-update=atomic) # threads count too
    target_link_options(jm_flags INTERFACE --coverage)
elseif(JUMIN_KIND STREQUAL "wasm")
    # assert() would pull in abort and stdio, and with them imports.
    target_compile_options(jm_flags INTERFACE ${common} -O2 -flto -DNDEBUG)
    target_link_options(jm_flags INTERFACE -flto)
else()
    message(FATAL_ERROR "JUMIN_KIND=${JUMIN_KIND} is none of release, asan, fuzz, coverage, wasm")
endif()
