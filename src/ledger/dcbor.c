/* SPDX-License-Identifier: Apache-2.0 */
#include "jumin/cbor.h"
#include "jumin/trust.h"

#define DEPTH_MAX 8

static enum jm_status dcbor_item(struct jm_cbor *r);

static enum jm_status dcbor_map(struct jm_cbor *r)
{
    struct jm_bytes prev = jm_none();

    for (size_t n = jm_cbor_map(r); n > 0; n--) {
        size_t at = r->at;
        enum jm_cbor_type t = jm_cbor_peek(r);

        if (t != JM_CBOR_UINT && t != JM_CBOR_TEXT)
            return JM_E_MALFORMED;
        JM_TRY(dcbor_item(r));
        struct jm_bytes key = jm_slice(r->in, at, r->at - at);
        if (prev.len != 0 && jm_bytes_cmp(prev, key) >= 0)
            return JM_E_MALFORMED;
        prev = key;
        JM_TRY(dcbor_item(r));
    }
    return r->st;
}

/* No deeper than jm_dcbor_check() has let pass. */
static enum jm_status dcbor_item(struct jm_cbor *r)
{
    switch (jm_cbor_peek(r)) {
    case JM_CBOR_UINT: (void)jm_cbor_uint(r); break;
    case JM_CBOR_BYTES: (void)jm_cbor_bytes(r); break;
    case JM_CBOR_TEXT:
        if (!jm_bytes_printable(jm_cbor_text(r)))
            return JM_E_MALFORMED;
        break;
    case JM_CBOR_TRUE:
    case JM_CBOR_FALSE: (void)jm_cbor_bool(r); break;
    case JM_CBOR_ARRAY:
        for (size_t n = jm_cbor_array(r); n > 0 && r->st == JM_OK; n--)
            JM_TRY(dcbor_item(r));
        break;
    case JM_CBOR_MAP: return dcbor_map(r);
    case JM_CBOR_NONE:
    case JM_CBOR_NINT:
    case JM_CBOR_TAG:
    case JM_CBOR_NULL:
    case JM_CBOR_SIMPLE: return JM_E_MALFORMED;
    }
    return r->st;
}

enum jm_status jm_dcbor_check_to(struct jm_bytes in, size_t entries)
{
    const struct jm_cbor_limits limits = {DEPTH_MAX + 1, entries};
    struct jm_cbor_fault f;
    struct jm_cbor r;

    JM_TRY(jm_cbor_check(in, &limits, &f));
    if (f.non_preferred != 0)
        return JM_E_MALFORMED;
    jm_cbor_init(&r, in);
    JM_TRY(dcbor_item(&r));
    return jm_cbor_end(&r);
}

enum jm_status jm_dcbor_check(struct jm_bytes in)
{
    return jm_dcbor_check_to(in, JM_TRUST_ENTRIES_MAX);
}
