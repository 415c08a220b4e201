/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the browser may call. Only this room uses export_name. The module allocates nothing and
 * imports nothing: the page passes octets through rooms of fixed size that the exports here name.
 * It calls _initialize() first.
 */
#include <stdint.h>

#define EXPORT(name) __attribute__((export_name(#name))) name

uint32_t jm_wasm_version(void);

/* Of the interface between module and page: raised whenever an export changes its meaning. */
uint32_t EXPORT(jm_wasm_version)(void)
{
    return 1;
}
