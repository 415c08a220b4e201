# SPDX-License-Identifier: Apache-2.0
# A test is a file in its folder; nothing has to be registered by hand.
#   tests/unit/<room>/[<folder>/]test_<module>.c    unit.<room>.[<folder>.]<module>
#   tests/fuzz/fuzz_<name>.c, corpus/<name>/        fuzz.<name>   (replays the corpus; libFuzzer in the fuzz preset)
#   tests/fault/fault_<name>.c                      fault.<name>  (release only; children are the release program)
#   tests/e2e/<name>.sh or .mjs                     e2e.<name>    (release; with sanitizers too where its head says asan)
#   tools/lint/<name>.*                             lint.<name>   (release only)
#   bench/bench_<name>.c or .mjs                    no test: make bench (wasm_core.c: native and in WebAssembly, by bench_wasm.mjs)
# Names in the asan preset begin with "asan.", because make test runs both in one ctest.
set(prefix "")
if(JUMIN_KIND STREQUAL "asan")
    set(prefix "asan.")
endif()
set(test_env
    ASAN_OPTIONS=detect_leaks=1:detect_stack_use_after_return=1:strict_string_checks=1
    UBSAN_OPTIONS=print_stacktrace=1)
find_program(LLVM_SYMBOLIZER llvm-symbolizer-19)
if(LLVM_SYMBOLIZER)
    list(APPEND test_env ASAN_SYMBOLIZER_PATH=${LLVM_SYMBOLIZER})
endif()

# All tests run in the source folder and name files from there: no binary contains the path of a checkout.
function(jm_test name label timeout)
    add_test(NAME ${prefix}${name} COMMAND ${ARGN} WORKING_DIRECTORY ${CMAKE_SOURCE_DIR})
    set_tests_properties(${prefix}${name} PROPERTIES
        LABELS ${label} TIMEOUT ${timeout} SKIP_RETURN_CODE 77 ENVIRONMENT "${test_env}")
endfunction()

function(jm_test_program target)
    add_executable(${target} ${ARGN})
    target_compile_definitions(${target} PRIVATE _DEFAULT_SOURCE
        JM_TEST_VECTORS="../shared/vectors")
    target_include_directories(${target} PRIVATE ${CMAKE_SOURCE_DIR}/src ${CMAKE_SOURCE_DIR}/tests)
    target_link_libraries(${target} PRIVATE jm_flags jm_test_flags jm_demo jm_cmd jm_all ${third_party} PkgConfig::libfido2)
endfunction()

# -- unit ----------------------------------------------------------------------------------------------------------
if(NOT JUMIN_KIND STREQUAL "fuzz")
    file(GLOB_RECURSE unit RELATIVE ${CMAKE_SOURCE_DIR}/tests/unit CONFIGURE_DEPENDS
        ${CMAKE_SOURCE_DIR}/tests/unit/test_*.c)
    foreach(file IN LISTS unit)
        string(REGEX REPLACE "\\.c$" "" name ${file})
        string(REGEX REPLACE "(^|/)test_([^/]*)$" "\\1\\2" name ${name})
        string(REPLACE "/" "." name ${name})
        string(REPLACE "." "_" target test_${name})
        jm_test_program(${target} ${CMAKE_SOURCE_DIR}/tests/unit/${file})
        set_target_properties(${target} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/tests)
        jm_test(unit.${name} unit 300 ${target})
    endforeach()
endif()

# OpenPACE (GPL-3) as another side for the chip card: a program of its own, of the tests alone. Neither our flags nor anything of ours.
if(NOT JUMIN_KIND STREQUAL "fuzz")
    pkg_check_modules(libeac QUIET IMPORTED_TARGET libeac)
    option(JM_ORACLE_EAC "Build tests/oracle/eac.c with libeac" ${libeac_FOUND})
    if(JM_ORACLE_EAC)
        add_executable(oracle_eac ${CMAKE_SOURCE_DIR}/tests/oracle/eac.c)
        target_compile_options(oracle_eac PRIVATE -Wall -Wextra -Wshadow -Wconversion)
        target_link_libraries(oracle_eac PRIVATE PkgConfig::libeac PkgConfig::libcrypto)
        set_target_properties(oracle_eac PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/tests)
        add_dependencies(test_host_card_oracle oracle_eac)
    endif()
endif()

# -- fuzz ----------------------------------------------------------------------------------------------------------
file(GLOB fuzz CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/tests/fuzz/fuzz_*.c)
foreach(file IN LISTS fuzz)
    get_filename_component(target ${file} NAME_WE)
    string(REGEX REPLACE "^fuzz_" "" name ${target})
    if(JUMIN_KIND STREQUAL "fuzz")
        jm_test_program(${target} ${file})
        target_link_options(${target} PRIVATE -fsanitize=fuzzer)
    else()
        jm_test_program(${target} ${file} ${CMAKE_SOURCE_DIR}/tests/fuzz/replay.c)
        jm_test(fuzz.${name} fuzz 300 ${target} tests/fuzz/corpus/${name})
    endif()
    set_target_properties(${target} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/fuzz)
endforeach()

# -- end to end ----------------------------------------------------------------------------------------------------
if(TARGET jumin)
    find_program(NODE NAMES node nodejs)
    file(GLOB e2e CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/tests/e2e/*.sh ${CMAKE_SOURCE_DIR}/tests/e2e/*.mjs)
    foreach(file IN LISTS e2e)
        get_filename_component(name ${file} NAME_WE)
        file(STRINGS ${file} asan REGEX "^(#|//) .*asan$" LIMIT_COUNT 1)
        if(name MATCHES "^(lib|_)" OR (JUMIN_KIND STREQUAL "asan" AND NOT asan)) # helpers that others include
            continue()
        endif()
        set(run sh)
        if(file MATCHES "\\.mjs$")
            set(run ${NODE})
        endif()
        jm_test(e2e.${name} e2e 900 ${run} ${file})
        set_tests_properties(${prefix}e2e.${name} PROPERTIES
            ENVIRONMENT "${test_env};JUMIN=$<TARGET_FILE:jumin>;JUMIN_BUILD=${CMAKE_BINARY_DIR}")
        file(STRINGS ${file} serial REGEX "^(#|//) serial" LIMIT_COUNT 1)
        if(serial)
            set_tests_properties(${prefix}e2e.${name} PROPERTIES RUN_SERIAL ON)
        endif()
        set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${file})
    endforeach()
endif()

# -- which codes were given: a record that the tests of the sanitizer build make while they run ------------------------
if(JUMIN_KIND STREQUAL "asan")
    get_property(all DIRECTORY PROPERTY TESTS)
    foreach(name IN LISTS all)
        get_test_property(${name} ENVIRONMENT env)
        set_tests_properties(${name} PROPERTIES DEPENDS asan.record.begin ENVIRONMENT "${env};JUMIN_RECORD=${CMAKE_BINARY_DIR}/record")
    endforeach()
    jm_test(record.begin record 10 ${CMAKE_COMMAND} -E rm -f ${CMAKE_BINARY_DIR}/record)
    jm_test(record.codes record 10 python3 tools/record.py ${CMAKE_BINARY_DIR}/record)
    set_tests_properties(asan.record.codes PROPERTIES DEPENDS "${all}")
endif()

if(NOT JUMIN_KIND STREQUAL "release")
    return()
endif()

# Writes seeds of our own making (make_seeds FOLDER, by hand); built so that it stays true to the interfaces.
jm_test_program(make_seeds ${CMAKE_SOURCE_DIR}/tests/fuzz/make_seeds.c)
set_target_properties(make_seeds PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/fuzz)

# -- bench ---------------------------------------------------------------------------------------------------------
file(GLOB bench CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/bench/bench_*.c)
foreach(file IN LISTS bench)
    get_filename_component(target ${file} NAME_WE)
    jm_test_program(${target} ${file})
    set_target_properties(${target} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/bench)
endforeach()

# the same calls native and in WebAssembly: bench/bench_wasm.mjs runs both
jm_test_program(wasm_core ${CMAKE_SOURCE_DIR}/bench/wasm_core.c)
set_target_properties(wasm_core PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/bench)

# -- faults: real processes, broken on purpose ---------------------------------------------------------------------
if(TARGET jumin)
    file(GLOB fault CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/tests/fault/fault_*.c)
    foreach(file IN LISTS fault)
        get_filename_component(target ${file} NAME_WE)
        string(REGEX REPLACE "^fault_" "" name ${target})
        jm_test_program(${target} ${file})
        set_target_properties(${target} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/fault)
        jm_test(fault.${name} fault 900 ${target})
        set_tests_properties(fault.${name} PROPERTIES RUN_SERIAL ON ENVIRONMENT "${test_env};JUMIN=$<TARGET_FILE:jumin>")
    endforeach()
endif()

# -- lints ---------------------------------------------------------------------------------------------------------
foreach(name IN ITEMS layers banned synthetic spdx i18n rules format sql plans docs names)
    jm_test(lint.${name} lint 120 python3 tools/lint/${name}.py)
endforeach()
jm_test(lint.circles lint 120 python3 tools/lint/circles.py ${CMAKE_BINARY_DIR})
jm_test(lint.linked lint 120 python3 tools/lint/linked.py ${CMAKE_BINARY_DIR})
jm_test(lint.unused lint 120 python3 tools/lint/unused.py ${CMAKE_BINARY_DIR})
jm_test(lint.web lint 120 ${CMAKE_SOURCE_DIR}/web/node_modules/.bin/tsc -p web)
jm_test(lint.wasm lint 60 node tools/lint/wasm.js build/wasm/jumin.wasm)
jm_test(lint.symbols lint 120 node tools/lint/symbols.js build/wasm)
if(JUMIN_KIND STREQUAL "release")
    include(wasm_tests)
    foreach(file IN LISTS wasm_tests)
        jm_wasm_test_name(name target ${file})
        jm_test(${name} wasm 300 node tests/wasm/run.mjs build/wasm/tests/${target}.wasm)
    endforeach()
endif()
jm_test(lint.headers lint 300 ${CMAKE_COMMAND} --build ${CMAKE_BINARY_DIR} --target all_verify_interface_header_sets)
set_tests_properties(lint.headers PROPERTIES RUN_SERIAL ON)
