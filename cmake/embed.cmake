# SPDX-License-Identifier: Apache-2.0
# data/, i18n/ and the migrations are compiled into the program: src/host/files/embedded.h.
file(GLOB_RECURSE embedded RELATIVE ${CMAKE_SOURCE_DIR} CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/data/*)
file(GLOB more RELATIVE ${CMAKE_SOURCE_DIR} CONFIGURE_DEPENDS
    ${CMAKE_SOURCE_DIR}/i18n/*.json ${CMAKE_SOURCE_DIR}/src/service/migrations/*.sql)
list(APPEND embedded ${more})
list(SORT embedded)
set(embedded_list ${CMAKE_BINARY_DIR}/gen/embedded.txt)
list(JOIN embedded "\n" lines)
file(CONFIGURE OUTPUT ${embedded_list} CONTENT "@lines@\n" @ONLY)

add_executable(embed ${CMAKE_SOURCE_DIR}/tools/embed.c)
target_link_libraries(embed PRIVATE jm_flags)
add_custom_command(OUTPUT ${CMAKE_BINARY_DIR}/gen/embedded.c
    COMMAND embed ${embedded_list} ${CMAKE_BINARY_DIR}/gen/embedded.c
    WORKING_DIRECTORY ${CMAKE_SOURCE_DIR}
    DEPENDS embed ${embedded_list} ${embedded}
    COMMENT "Embedding data/, i18n/ and migrations" VERBATIM)
target_sources(jm_host PRIVATE ${CMAKE_BINARY_DIR}/gen/embedded.c)
