/* SPDX-License-Identifier: Apache-2.0 */
/* Target functions: jm_b64url_decode, jm_b64_decode, jm_hex_decode, jm_b64url_exact. One text a
 * value: what was decoded encodes to the same. */
#include "fuzz/fuzz.h"

#include "jumin/base64.h"

static uint8_t room[1 << 20], text[1 << 20];

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct jm_bytes in = jm_bytes(data, size), out;
    struct jm_buf b = jm_buf(text, sizeof text);
    struct jm_arena mem;
    uint8_t exact[32];

    if (size > 100000)
        return 0;
    jm_arena_init(&mem, room, sizeof room);
    if (jm_b64url_decode(&out, &mem, in) == JM_OK) {
        MUST(jm_b64url_put(&b, out) == JM_OK && jm_bytes_eq(jm_written(b), in));
        MUST((jm_b64url_exact(exact, 32, in) == JM_OK) == (out.len == 32));
    }
    b.len = 0;
    if (jm_b64_decode(&out, &mem, in) == JM_OK)
        MUST(jm_b64_put(&b, out) == JM_OK && jm_bytes_eq(jm_written(b), in));
    if (jm_hex_decode(&out, &mem, in) == JM_OK)
        MUST(out.len * 2 == size);
    jm_arena_reset(&mem);
    return 0;
}
