/* SPDX-License-Identifier: Apache-2.0 */
/* Target functions: jm_tile_parse, jm_entry_next
 *
 * A name that is read is written again to the same octets; so is a bundle of entries, up to where
 * it breaks off. */
#include "fuzz/fuzz.h"

#include "jumin/tile.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct jm_bytes in = jm_bytes(data, size), rest = in, entry;
    static uint8_t text[1 << 16];
    struct jm_buf b = jm_buf(text, sizeof text);
    struct jm_tile t;
    enum jm_status st;

    if (size > sizeof text)
        return 0;
    if (jm_tile_parse(&t, in) == JM_OK) {
        MUST(t.width >= 1 && t.width <= JM_TILE_WIDTH && t.level <= JM_TILE_LEVEL_MAX);
        MUST(jm_tile_path(&b, &t) == JM_OK && jm_bytes_eq(jm_written(b), in));
    }
    b.len = 0;
    while ((st = jm_entry_next(&entry, &rest)) == JM_OK)
        MUST(jm_entry_put(&b, entry) == JM_OK);
    MUST(st == JM_E_TRUNCATED || rest.len == 0);
    MUST(jm_bytes_eq(jm_written(b), jm_slice(in, 0, size - rest.len)));
    return 0;
}
