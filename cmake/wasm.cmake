# SPDX-License-Identifier: Apache-2.0
# build/wasm/jumin.wasm: the core and src/wasm, a reactor module without a single import.
file(GLOB exports CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/src/wasm/*.c)
set_source_files_properties(${exports} PROPERTIES COMPILE_OPTIONS "-Oz") # as in rooms.cmake
add_executable(jumin_wasm ${exports} ${core_objects})
target_include_directories(jumin_wasm PRIVATE ${CMAKE_SOURCE_DIR}/src)
target_link_libraries(jumin_wasm PRIVATE jm_flags)
find_program(WASM_LD wasm-ld-19 REQUIRED)
target_link_options(jumin_wasm PRIVATE -mexec-model=reactor -fuse-ld=${WASM_LD}
    -Wl,--gc-sections,--strip-all,--lto-O2 -Wl,-z,stack-size=65536)
set_target_properties(jumin_wasm PROPERTIES OUTPUT_NAME jumin SUFFIX .wasm)
# Stripped, the module does not say what it was built for: clang's default for wasm32.
find_program(WASM_OPT wasm-opt REQUIRED)
add_custom_command(TARGET jumin_wasm POST_BUILD VERBATIM COMMAND ${WASM_OPT} -Oz --enable-mutable-globals --enable-sign-ext
    $<TARGET_FILE:jumin_wasm> -o $<TARGET_FILE:jumin_wasm>)

# For lint.symbols.
file(GENERATE OUTPUT ${CMAKE_BINARY_DIR}/core-objects.txt CONTENT "$<JOIN:${core_objects},\n>\n")

# The core's own tests as modules. A test of release runs each of them in node. Their memory is there from the start: node 20 falls over its
# own collector now and then where one that it marks grows.
include(wasm_tests)
add_library(wasm_test_port OBJECT EXCLUDE_FROM_ALL ${CMAKE_SOURCE_DIR}/tests/wasm/openssl.c)
target_include_directories(wasm_test_port PRIVATE ${CMAKE_SOURCE_DIR}/src)
target_link_libraries(wasm_test_port PRIVATE jm_flags jm_test_flags)
foreach(file IN LISTS wasm_tests)
    jm_wasm_test_name(name target ${file})
    add_executable(${target} EXCLUDE_FROM_ALL ${file} ${core_objects} $<TARGET_OBJECTS:wasm_test_port>)
    target_compile_definitions(${target} PRIVATE _DEFAULT_SOURCE JM_TEST_VECTORS="../shared/vectors")
    target_include_directories(${target} PRIVATE ${CMAKE_SOURCE_DIR}/src ${CMAKE_SOURCE_DIR}/tests)
    target_link_libraries(${target} PRIVATE jm_flags jm_test_flags)
    target_link_options(${target} PRIVATE -fuse-ld=${WASM_LD} -Wl,--gc-sections,--lto-O0 -Wl,-z,stack-size=1048576
        -Wl,--export-table,--export=__stack_pointer,--initial-memory=1073741824,--max-memory=1073741824)
    set_target_properties(${target} PROPERTIES SUFFIX .wasm RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/tests)
    list(APPEND wasm_targets ${target})
endforeach()

# Linked and packed as jumin.wasm is: what a call costs there (bench/bench_wasm.mjs).
add_executable(wasm_core EXCLUDE_FROM_ALL ${CMAKE_SOURCE_DIR}/bench/wasm_core.c ${core_objects} $<TARGET_OBJECTS:wasm_test_port>)
target_compile_definitions(wasm_core PRIVATE _DEFAULT_SOURCE JM_TEST_VECTORS="")
target_include_directories(wasm_core PRIVATE ${CMAKE_SOURCE_DIR}/src ${CMAKE_SOURCE_DIR}/tests)
target_link_libraries(wasm_core PRIVATE jm_flags jm_test_flags)
target_link_options(wasm_core PRIVATE -fuse-ld=${WASM_LD} -Wl,--gc-sections,--strip-all,--lto-O2 -Wl,-z,stack-size=1048576
    -Wl,--export-table,--export=__stack_pointer,--initial-memory=67108864)
set_target_properties(wasm_core PROPERTIES SUFFIX .wasm RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/bench)
add_custom_command(TARGET wasm_core POST_BUILD VERBATIM COMMAND ${WASM_OPT} -Oz --enable-mutable-globals --enable-sign-ext
    $<TARGET_FILE:wasm_core> -o $<TARGET_FILE:wasm_core>)
add_custom_target(wasm_tests DEPENDS ${wasm_targets} wasm_core)
