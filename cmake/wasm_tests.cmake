# SPDX-License-Identifier: Apache-2.0
# Unit tests that run in WebAssembly, too: those of the core's rooms. In the place of OpenSSL they have node's cryptography (tests/wasm).
set(wasm_tests "")
# Those that cannot, each with its reason:
set(wasm_tests_not
    crypto/test_inflate.c         # compares with zlib, packed in each of its ways: its other side is the library itself
    wallet/test_face.c            # over country.h: an authority and a verifier in one process, with SQLite
    wallet/test_holder_respond.c) # the same
foreach(room IN LISTS core_rooms)
    file(GLOB_RECURSE all CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/tests/unit/${room}/test_*.c)
    foreach(file IN LISTS all)
        file(RELATIVE_PATH short ${CMAKE_SOURCE_DIR}/tests/unit ${file})
        if(NOT short IN_LIST wasm_tests_not)
            list(APPEND wasm_tests ${file})
        endif()
    endforeach()
endforeach()

function(jm_wasm_test_name name target file)
    file(RELATIVE_PATH short ${CMAKE_SOURCE_DIR}/tests/unit ${file})
    string(REGEX REPLACE "\\.c$" "" short ${short})
    string(REGEX REPLACE "(^|/)test_([^/]*)$" "\\1\\2" short ${short})
    string(REPLACE "/" "." short ${short})
    set(${name} wasm.unit.${short} PARENT_SCOPE)
    string(REPLACE "." "_" under ${short})
    set(${target} test_${under} PARENT_SCOPE)
endfunction()
