# SPDX-License-Identifier: Apache-2.0
# build/wasm/jumin.wasm: the core and src/wasm, a reactor module without a single import.
file(GLOB exports CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/src/wasm/*.c)
add_executable(jumin_wasm ${exports} ${core_objects})
target_include_directories(jumin_wasm PRIVATE ${CMAKE_SOURCE_DIR}/src)
target_link_libraries(jumin_wasm PRIVATE jm_flags)
find_program(WASM_LD wasm-ld-19 REQUIRED)
target_link_options(jumin_wasm PRIVATE -mexec-model=reactor -fuse-ld=${WASM_LD}
    -Wl,--gc-sections,--strip-all,--lto-O2 -Wl,-z,stack-size=65536)
set_target_properties(jumin_wasm PROPERTIES OUTPUT_NAME jumin SUFFIX .wasm)

# For lint.symbols.
file(GENERATE OUTPUT ${CMAKE_BINARY_DIR}/core-objects.txt CONTENT "$<JOIN:${core_objects},\n>\n")
