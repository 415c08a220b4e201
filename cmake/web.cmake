# SPDX-License-Identifier: Apache-2.0
# Pages: TypeScript under web/ becomes a bundle a page, which is compiled into the program as data/ is. What pages know of routes, members
# and codes comes from the program itself: `jumin-plain`, which is jumin without pages, describes them first.
find_program(NODE node REQUIRED)
find_program(NPM npm REQUIRED)
set(web ${CMAKE_SOURCE_DIR}/web)
file(GLOB web_sources CONFIGURE_DEPENDS ${web}/build.mjs ${web}/*/*.ts ${web}/*/*.tsx ${web}/*/*.css ${web}/*/*.html ${web}/*/*.svg ${web}/*/*.png)
list(FILTER web_sources EXCLUDE REGEX node_modules)
set(pages check desk loss visit wallet)

# The core for browsers is a build of its own; this one asks for it.
set(core_wasm ${CMAKE_SOURCE_DIR}/build/wasm/jumin.wasm)
file(GLOB_RECURSE core_sources CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/include/jumin/*)
foreach(room IN LISTS core_rooms ITEMS wasm)
    file(GLOB_RECURSE more CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/src/${room}/*)
    list(APPEND core_sources ${more})
endforeach()
add_custom_command(OUTPUT ${core_wasm}
    COMMAND ${CMAKE_COMMAND} --preset wasm COMMAND ${CMAKE_COMMAND} --build --preset wasm COMMAND ${CMAKE_COMMAND} -E touch ${core_wasm}
    WORKING_DIRECTORY ${CMAKE_SOURCE_DIR} DEPENDS ${core_sources} COMMENT "Building the core for browsers" VERBATIM)

add_custom_command(OUTPUT ${web}/node_modules/.package-lock.json
    COMMAND ${NPM} ci --ignore-scripts --no-audit --no-fund --loglevel=error
    WORKING_DIRECTORY ${web} DEPENDS ${web}/package.json ${web}/package-lock.json COMMENT "Installing what pages are built with" VERBATIM)

add_executable(plain EXCLUDE_FROM_ALL src/main/jumin.c)
target_compile_definitions(plain PRIVATE _DEFAULT_SOURCE)
target_include_directories(plain PRIVATE src)
target_link_libraries(plain PRIVATE jm_flags jm_cmd jm_all ${third_party} PkgConfig::libfido2)

set(described ${CMAKE_BINARY_DIR}/gen/describe.json)
add_custom_command(OUTPUT ${described} COMMAND plain describe --json > ${described} DEPENDS plain VERBATIM)

set(built authorize.css authorize.en.html authorize.ko.html icon.svg icon-192.png icon-512.png icon-mask.png jumin.wasm scan.js sw.js wallet.webmanifest zxing.wasm)
foreach(page IN LISTS pages)
    list(APPEND built ${page}.html ${page}.js ${page}.css)
endforeach()
list(TRANSFORM built PREPEND pages/)
list(SORT built)
list(TRANSFORM built PREPEND ${CMAKE_BINARY_DIR}/web/ OUTPUT_VARIABLE built_files)
add_custom_command(OUTPUT ${built_files} ${CMAKE_BINARY_DIR}/web/contract.ts
    COMMAND ${NODE} ${web}/build.mjs ${described} ${CMAKE_BINARY_DIR}/web ${core_wasm}
    DEPENDS ${described} ${core_wasm} ${web_sources} ${web}/node_modules/.package-lock.json ${CMAKE_SOURCE_DIR}/i18n/ko.json ${CMAKE_SOURCE_DIR}/i18n/en.json
    COMMENT "Building pages" VERBATIM)
set(built_list ${CMAKE_BINARY_DIR}/gen/pages.txt)
list(JOIN built "\n" lines)
file(CONFIGURE OUTPUT ${built_list} CONTENT "@lines@\n" @ONLY)
set(pages_c ${CMAKE_BINARY_DIR}/gen/pages.c)
add_custom_command(OUTPUT ${pages_c}
    COMMAND embed ${built_list} ${pages_c} pages
    WORKING_DIRECTORY ${CMAKE_BINARY_DIR}/web DEPENDS embed ${built_list} ${built_files} VERBATIM)
