# SPDX-License-Identifier: Apache-2.0
# One object library a room: jm_<room>. An empty room is one empty translation unit, so that it can be named already.
function(jm_room room)
    file(GLOB sources CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/src/${room}/*.c ${CMAKE_SOURCE_DIR}/src/${room}/*/*.c)
    if(NOT sources)
        set(sources ${CMAKE_BINARY_DIR}/gen/${room}_is_empty.c)
        file(CONFIGURE OUTPUT ${sources} CONTENT "extern const int jm_${room}_is_empty;\n")
    endif()
    add_library(jm_${room} OBJECT ${sources})
    target_include_directories(jm_${room} PRIVATE ${CMAKE_SOURCE_DIR}/src)
    target_link_libraries(jm_${room} PRIVATE jm_flags)
    if(JUMIN_KIND STREQUAL "asan")
        target_compile_options(jm_${room} PRIVATE -fsanitize-coverage=trace-pc)
    elseif(JUMIN_KIND STREQUAL "release" AND room MATCHES "^(base|codec|crypto|cred)$")
        # What every credential passes: 4 % of a mint (bench_card). Of the sources, since their options stand last.
        set_source_files_properties(${sources} PROPERTIES COMPILE_OPTIONS "-O3")
    elseif(JUMIN_KIND STREQUAL "wasm" AND NOT room MATCHES "^(base|codec|crypto)$")
        # A phone fetches it: only what works octet by octet is worth the room that speed takes.
        set_source_files_properties(${sources} PROPERTIES COMPILE_OPTIONS "-Oz")
    endif()
    if(JUMIN_KIND STREQUAL "wasm" AND room STREQUAL "crypto")
        # The chip card's: a few calls in a tap.
        set_source_files_properties(${CMAKE_SOURCE_DIR}/src/crypto/p256.c ${CMAKE_SOURCE_DIR}/src/crypto/aes.c
            PROPERTIES COMPILE_OPTIONS "-Oz")
    endif()
endfunction()

set(core_rooms base codec crypto cred zk proto ledger wallet)
set(core_objects)
foreach(room IN LISTS core_rooms)
    jm_room(${room})
    list(APPEND core_objects $<TARGET_OBJECTS:jm_${room}>)
endforeach()

file(GLOB public_headers CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/include/jumin/*.h)
if(JUMIN_KIND STREQUAL "wasm")
    return() # linked from objects: see wasm.cmake
endif()

add_library(jm_core STATIC ${core_objects})
target_link_libraries(jm_core PRIVATE jm_flags)
if(JUMIN_KIND STREQUAL "asan")
    add_library(jm_record OBJECT ${CMAKE_SOURCE_DIR}/tests/support/record.c)
    target_compile_definitions(jm_record PRIVATE _DEFAULT_SOURCE)
    target_include_directories(jm_record PRIVATE ${CMAKE_SOURCE_DIR}/src ${CMAKE_SOURCE_DIR}/tests)
    target_link_libraries(jm_record PRIVATE jm_flags)
    target_sources(jm_core INTERFACE $<TARGET_OBJECTS:jm_record>)
endif()
target_sources(jm_core PUBLIC FILE_SET HEADERS BASE_DIRS ${CMAKE_SOURCE_DIR}/include FILES ${public_headers})
# CMake compiles each public header alone with what a user of the library gets: nothing but C17.
target_compile_features(jm_core PUBLIC c_std_17)
