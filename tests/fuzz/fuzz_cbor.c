/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Target functions: jm_cbor_check, jm_cbor_item, jm_cbor_find_text, jm_cbor_find_int
 *
 * What was accepted is walked to its end by the reader; the offset of a fault lies inside; an
 * accepted item with one octet more or less is none.
 */
#include "fuzz/fuzz.h"

#include "jumin/cbor.h"

static void walk(struct jm_cbor *r, unsigned depth)
{
    size_t n;

    MUST(depth <= 2 * JM_CBOR_DEPTH_MAX);
    switch (jm_cbor_peek(r)) {
    case JM_CBOR_ARRAY:
        for (n = jm_cbor_array(r); n > 0; n--)
            walk(r, depth + 1);
        return;
    case JM_CBOR_MAP:
        for (n = jm_cbor_map(r); n > 0; n--) {
            walk(r, depth + 1);
            walk(r, depth + 1);
        }
        return;
    case JM_CBOR_TAG:
        if (jm_cbor_tag(r) == 24 && jm_cbor_peek(r) == JM_CBOR_BYTES) {
            struct jm_cbor in;

            jm_cbor_init(&in, jm_cbor_bytes(r));
            walk(&in, depth + 1);
            MUST(jm_cbor_end(&in) == JM_OK);
            return;
        }
        walk(r, depth + 1);
        return;
    case JM_CBOR_NONE: MUST(false); return;
    case JM_CBOR_UINT:
    case JM_CBOR_NINT:
    case JM_CBOR_BYTES:
    case JM_CBOR_TEXT:
    case JM_CBOR_FALSE:
    case JM_CBOR_TRUE:
    case JM_CBOR_NULL:
    case JM_CBOR_SIMPLE: break;
    }
    (void)jm_cbor_item(r);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct jm_bytes in = jm_bytes(data, size), v;
    struct jm_cbor_fault f;
    struct jm_cbor r;

    if (jm_cbor_check(in, NULL, &f) != JM_OK) {
        MUST(f.kind != JM_CBOR_OK && f.at <= size);
        jm_cbor_init(&r, in); /* the reader alone must not run astray either */
        (void)jm_cbor_item(&r);
        return 0;
    }
    MUST(f.kind == JM_CBOR_OK && size > 0);
    jm_cbor_init(&r, in);
    walk(&r, 0);
    MUST(jm_cbor_end(&r) == JM_OK);
    MUST(jm_cbor_check(jm_slice(in, 0, size - 1), NULL, &f) != JM_OK);
    if (jm_cbor_find_text(&v, in, "x") == JM_OK || jm_cbor_find_int(&v, in, -1) == JM_OK)
        MUST(jm_cbor_check(v, NULL, NULL) == JM_OK);
    return 0;
}
