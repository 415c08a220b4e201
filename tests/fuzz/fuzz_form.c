/* SPDX-License-Identifier: Apache-2.0 */
/* Target functions: jm_form_parse, jm_form_get, jm_form_put, jm_url_split, jm_url_allowed,
 * jm_url_well_known, jm_accept_weight */
#include "fuzz/fuzz.h"

#include "jumin/form.h"

static uint8_t room[1 << 20], text[1 << 20];

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct jm_bytes in = jm_bytes(data, size), out;
    struct jm_buf b = jm_buf(text, sizeof text);
    struct jm_arena mem;
    struct jm_form f;
    struct jm_url u;

    if (size > 65536)
        return 0;
    jm_arena_init(&mem, room, sizeof room);
    if (jm_form_parse(&f, in, &mem) == JM_OK) {
        MUST(f.n <= JM_FORM_FIELDS_MAX);
        for (size_t i = 0; i < f.n; i++) {
            MUST(jm_utf8_valid(f.field[i].name, NULL) && jm_utf8_valid(f.field[i].value, NULL));
            MUST(jm_form_put(&b, "a", f.field[i].value) == JM_OK);
        }
    }
    if (jm_url_split(&u, in) == JM_OK) {
        MUST(u.host.len > 0 && u.scheme.len > 0);
        if (jm_url_well_known(&out, &mem, in, "x") == JM_OK)
            MUST(jm_url_split(&u, out) == JM_OK);
    } else {
        MUST(!jm_url_allowed(in, true));
    }
    MUST(jm_accept_weight(in, "application/jwt") <= 1000);
    jm_arena_reset(&mem);
    return 0;
}
