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
    COMMAND embed ${embedded_list} ${CMAKE_BINARY_DIR}/gen/embedded.c embedded
    WORKING_DIRECTORY ${CMAKE_SOURCE_DIR}
    DEPENDS embed ${embedded_list} ${embedded}
    COMMENT "Embedding data/, i18n/ and migrations" VERBATIM)
target_sources(jm_host PRIVATE ${CMAKE_BINARY_DIR}/gen/embedded.c)

# Of a program without pages; where there are some (cmake/web.cmake), this one is not taken out of the archive.
set(no_pages ${CMAKE_BINARY_DIR}/gen/no_pages.c)
file(CONFIGURE OUTPUT ${no_pages} CONTENT "#include \"host/files/embedded.h\"
const struct jm_embedded jm_pages_files[] = {{0, 0, 0}};
const size_t jm_pages_count = 0;
")
target_sources(jm_host PRIVATE ${no_pages})
