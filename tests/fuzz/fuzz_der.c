/* SPDX-License-Identifier: Apache-2.0 */
/* Target functions: jm_der_any, jm_der_take, jm_der_enter, jm_der_time */
#include "fuzz/fuzz.h"

#include "jumin/der.h"

static void walk(struct jm_bytes in, unsigned depth)
{
    struct jm_der r;
    size_t covered = 0;

    jm_der_init(&r, in);
    while (jm_der_more(&r)) {
        struct jm_bytes whole, v;
        unsigned tag;
        int64_t t;

        v = jm_der_any(&r, &tag, &whole);
        if (r.st != JM_OK)
            break;
        MUST(v.len <= whole.len && whole.len <= in.len && tag != 0);
        covered += whole.len;
        if (jm_der_time(&t, tag, v) == JM_OK)
            MUST(tag == JM_DER_UTC || tag == JM_DER_GENTIME);
        if ((tag & 0x20) != 0 && depth < 32)
            walk(v, depth + 1);
    }
    if (jm_der_end(&r) == JM_OK)
        MUST(covered == in.len);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    walk(jm_bytes(data, size), 0);
    return 0;
}
