/* SPDX-License-Identifier: Apache-2.0 */
/* A transaction's envelope: an untagged COSE_Sign of one media type, read and written. */
#include "jumin/cbor.h"
#include "jumin/cose.h"
#include "jumin/ledger.h"
#include "jumin/trust.h"
#include "ledger/get.h"

#define MEDIA_TYPE "application/vnd.jumin.tx+cbor"
/* {3: MEDIA_TYPE} */
#define PROTECTED JM_BYTES("\xa1\x03\x78\x1d" MEDIA_TYPE)
#define LANE_MAX 7
/* {1: -7, 4: kid}: all but the kid */
#define HEADER_LEAD JM_BYTES("\xa2\x01\x26\x04\x50")
#define HEADER_LEN (5 + JM_KID_LEN)

static struct jm_bytes bounded_text(struct jm_bytes map, int64_t key, size_t max,
                                    enum jm_status *st)
{
    struct jm_bytes t = jm_get_string(map, key, true, st);

    if (*st == JM_OK && t.len > max)
        *st = JM_E_MALFORMED;
    return t;
}

static uint64_t bounded_uint(struct jm_bytes map, int64_t key, uint64_t max, enum jm_status *st)
{
    uint64_t u = jm_get_uint(map, key, st);

    if (*st == JM_OK && u > max)
        *st = JM_E_MALFORMED;
    return u;
}

static enum jm_status read_payload(struct jm_ltx *x)
{
    enum jm_status st = JM_OK;
    struct jm_cbor r;
    size_t n;

    JM_TRY(jm_dcbor_check_to(x->payload, JM_LTX_ITEMS_MAX));
    jm_cbor_init(&r, x->payload);
    n = jm_cbor_map(&r);
    x->version = bounded_uint(x->payload, 1, JM_LEDGER_UINT_MAX, &st);
    x->chain_id = bounded_text(x->payload, 2, 64, &st);
    x->type = bounded_uint(x->payload, 3, JM_LEDGER_UINT_MAX, &st);
    x->actor = bounded_text(x->payload, 4, JM_LEDGER_ID_MAX, &st);
    x->lane = bounded_uint(x->payload, 5, LANE_MAX, &st);
    x->seq = bounded_uint(x->payload, 6, JM_LEDGER_UINT_MAX, &st);
    x->not_after = bounded_uint(x->payload, 7, JM_LEDGER_UINT_MAX, &st);
    x->body = jm_get_raw(x->payload, 8, &st);
    jm_cbor_init(&r, x->body);
    if (st != JM_OK || jm_cbor_peek(&r) != JM_CBOR_MAP)
        return JM_E_MALFORMED;
    if (n == 8)
        return JM_OK;
    x->decision = jm_get_string(x->payload, 9, false, &st);
    return n == 9 && st == JM_OK && x->decision.len == 32 ? JM_OK : JM_E_MALFORMED;
}

enum jm_status jm_ltx_read(struct jm_ltx *out, struct jm_bytes octets)
{
    struct jm_cbor r;
    struct jm_ltx x;

    *out = (struct jm_ltx){0};
    if (octets.len > JM_LTX_MAX)
        return JM_E_LIMIT;
    if (jm_dcbor_check_to(octets, JM_LTX_ITEMS_MAX) != JM_OK)
        return JM_E_MALFORMED;
    x = (struct jm_ltx){.octets = octets};
    jm_cbor_init(&r, octets);
    if (jm_cbor_array(&r) != 4 || !jm_bytes_eq(jm_cbor_bytes(&r), PROTECTED) ||
        jm_cbor_peek(&r) != JM_CBOR_MAP || jm_cbor_map(&r) != 0)
        return JM_E_MALFORMED;
    x.payload = jm_cbor_bytes(&r);
    if (jm_cbor_peek(&r) != JM_CBOR_ARRAY)
        return JM_E_MALFORMED;
    x.signatures = jm_cbor_item(&r);
    if (jm_cbor_end(&r) != JM_OK || read_payload(&x) != JM_OK)
        return JM_E_MALFORMED;
    *out = x;
    return JM_OK;
}

enum jm_status jm_ltx_id(struct jm_hash32 *out, const struct jm_crypto *c,
                         const struct jm_hash32 *genesis, struct jm_bytes payload)
{
    const struct jm_bytes parts[] = {JM_BYTES("jumin/txid/1\0"), jm_hash32_bytes(genesis), payload};

    return c->hash(JM_SHA256, parts, JM_ARRAY_LEN(parts), out->octets);
}

enum jm_status jm_ltx_kid(uint8_t kid[JM_KID_LEN], const struct jm_crypto *c, struct jm_bytes point)
{
    uint8_t hash[32];

    JM_TRY(jm_sha256(c, point, hash));
    memcpy(kid, hash, JM_KID_LEN);
    return JM_OK;
}

static void put_uint(struct jm_cbor_w *w, uint64_t key, uint64_t v)
{
    jm_cbor_w_uint(w, key);
    jm_cbor_w_uint(w, v);
}

enum jm_status jm_ltx_payload(struct jm_bytes *out, const struct jm_ltx *x, struct jm_arena *mem)
{
    struct jm_cbor_w w;
    struct jm_buf b;

    *out = jm_none();
    JM_TRY(jm_alloc_buf(&b, mem, 256 + x->body.len));
    jm_cbor_w_init(&w, &b);
    jm_cbor_w_map(&w, x->decision.len != 0 ? 9 : 8);
    put_uint(&w, 1, JM_LEDGER_VERSION);
    jm_cbor_w_uint(&w, 2);
    jm_cbor_w_text(&w, x->chain_id);
    put_uint(&w, 3, x->type);
    jm_cbor_w_uint(&w, 4);
    jm_cbor_w_text(&w, x->actor);
    put_uint(&w, 5, x->lane);
    put_uint(&w, 6, x->seq);
    put_uint(&w, 7, x->not_after);
    jm_cbor_w_uint(&w, 8);
    jm_cbor_w_raw(&w, x->body);
    if (x->decision.len != 0) {
        jm_cbor_w_uint(&w, 9);
        jm_cbor_w_bytes(&w, x->decision);
    }
    JM_TRY(jm_cbor_w_end(&w));
    JM_TRY(jm_dcbor_check_to(jm_written(b), JM_LTX_ITEMS_MAX));
    *out = jm_written(b);
    return JM_OK;
}

static void put_header(struct jm_cbor_w *w, const uint8_t kid[JM_KID_LEN])
{
    jm_cbor_w_bytes_head(w, HEADER_LEN);
    jm_cbor_w_raw(w, HEADER_LEAD);
    jm_cbor_w_raw(w, jm_bytes(kid, JM_KID_LEN));
}

enum jm_status jm_ltx_to_sign(struct jm_bytes *out, const uint8_t kid[JM_KID_LEN],
                              const struct jm_hash32 *genesis, struct jm_bytes payload,
                              struct jm_arena *mem)
{
    struct jm_cbor_w w;
    struct jm_buf b;

    *out = jm_none();
    JM_TRY(jm_alloc_buf(&b, mem, 160 + payload.len));
    jm_cbor_w_init(&w, &b);
    jm_cbor_w_array(&w, 5);
    jm_cbor_w_str(&w, "Signature");
    jm_cbor_w_bytes(&w, PROTECTED);
    put_header(&w, kid);
    jm_cbor_w_bytes(&w, jm_hash32_bytes(genesis));
    jm_cbor_w_bytes(&w, payload);
    JM_TRY(jm_cbor_w_end(&w));
    *out = jm_written(b);
    return JM_OK;
}

/* [h, {}, sig] */
static enum jm_status read_signature(struct jm_ltx_signature *out, struct jm_cbor *r)
{
    struct jm_bytes header, sig;

    if (jm_cbor_peek(r) != JM_CBOR_ARRAY || jm_cbor_array(r) != 3)
        return JM_E_MALFORMED;
    header = jm_cbor_bytes(r);
    if (header.len != HEADER_LEN || !jm_bytes_starts(header, HEADER_LEAD) || jm_cbor_map(r) != 0)
        return JM_E_MALFORMED;
    sig = jm_cbor_bytes(r);
    if (r->st != JM_OK || sig.len != JM_SIG_LEN)
        return JM_E_MALFORMED;
    memcpy(out->kid, header.ptr + HEADER_LEN - JM_KID_LEN, JM_KID_LEN);
    memcpy(out->sig, sig.ptr, JM_SIG_LEN);
    return JM_OK;
}

enum jm_status jm_ltx_signatures(struct jm_ltx_signature *out, size_t *n, const struct jm_ltx *x)
{
    struct jm_cbor r;
    size_t k;

    *n = 0;
    jm_cbor_init(&r, x->signatures);
    k = jm_cbor_array(&r);
    if (k > JM_LTX_SIGNERS_MAX)
        return JM_E_LIMIT;
    for (size_t i = 0; i < k; i++) {
        JM_TRY(read_signature(&out[i], &r));
        if (i > 0 && memcmp(out[i - 1].kid, out[i].kid, JM_KID_LEN) >= 0)
            return JM_E_MALFORMED;
    }
    JM_TRY(jm_cbor_end(&r));
    *n = k;
    return JM_OK;
}

static enum jm_status order_signatures(struct jm_ltx_signature *sig, size_t n)
{
    for (size_t i = 1; i < n; i++) {
        struct jm_ltx_signature s = sig[i];
        size_t k = i;

        for (; k > 0 && memcmp(sig[k - 1].kid, s.kid, JM_KID_LEN) > 0; k--)
            sig[k] = sig[k - 1];
        sig[k] = s;
    }
    for (size_t i = 1; i < n; i++)
        if (memcmp(sig[i - 1].kid, sig[i].kid, JM_KID_LEN) == 0)
            return JM_E_DUPLICATE;
    return JM_OK;
}

enum jm_status jm_ltx_seal(struct jm_bytes *out, struct jm_bytes payload,
                           struct jm_ltx_signature *sig, size_t n, struct jm_arena *mem)
{
    struct jm_cbor_w w;
    struct jm_buf b;

    *out = jm_none();
    if (n > JM_LTX_SIGNERS_MAX)
        return JM_E_LIMIT;
    JM_TRY(order_signatures(sig, n));
    JM_TRY(jm_alloc_buf(&b, mem, 64 + payload.len + n * 96));
    jm_cbor_w_init(&w, &b);
    jm_cbor_w_array(&w, 4);
    jm_cbor_w_bytes(&w, PROTECTED);
    jm_cbor_w_map(&w, 0);
    jm_cbor_w_bytes(&w, payload);
    jm_cbor_w_array(&w, n);
    for (size_t i = 0; i < n; i++) {
        jm_cbor_w_array(&w, 3);
        put_header(&w, sig[i].kid);
        jm_cbor_w_map(&w, 0);
        jm_cbor_w_bytes(&w, jm_bytes(sig[i].sig, JM_SIG_LEN));
    }
    JM_TRY(jm_cbor_w_end(&w));
    *out = jm_written(b);
    return JM_OK;
}
