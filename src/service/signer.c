/* SPDX-License-Identifier: Apache-2.0 */
#include "service/signer.h"
#include "jumin/base64.h"
#include "jumin/cbor.h"
#include <string.h>

enum jm_status jm_row_aad(struct jm_bytes *out, const char *table_column, const struct jm_id *row,
                          struct jm_arena *mem)
{
    struct jm_bytes hex;

    JM_TRY(jm_hex_encode(&hex, mem, jm_bytes(row->octets, sizeof row->octets)));
    const struct jm_bytes parts[] = {jm_str(table_column), JM_BYTES("/"), hex};
    return jm_concat(out, mem, parts, JM_ARRAY_LEN(parts));
}

enum jm_status jm_row_cipher(struct jm_bytes *out, const struct jm_env *env, bool seal,
                             const char *what, const struct jm_id *row, struct jm_bytes in,
                             struct jm_arena *mem)
{
    struct jm_bytes ins[2], result = {NULL, 0};
    struct jm_list a = {ins, 2, 2}, b = {&result, 0, 1};

    *out = jm_none();
    JM_TRY(jm_row_aad(&ins[0], what, row, mem));
    ins[1] = in;
    JM_TRY(env->signer->call(env->signer->ctx, seal ? JM_SEAL : JM_OPEN, JM_PURPOSE_ROW, jm_none(),
                             &a, &b));
    return jm_dup(out, mem, result);
}

/* -- heads of the audit chain -- */

#define HEAD_LABEL "jumin-audit/2"
#define ROW_LABEL "jumin-audit/1"

enum jm_status jm_head_octets(struct jm_bytes *out, const struct jm_signed_head *h,
                              uint8_t room[JM_HEAD_MAX])
{
    struct jm_buf b = jm_buf(room, JM_HEAD_MAX);
    struct jm_cbor_w w;

    *out = jm_none();
    jm_cbor_w_init(&w, &b);
    jm_cbor_w_array(&w, 6);
    jm_cbor_w_str(&w, HEAD_LABEL);
    jm_cbor_w_str(&w, "head");
    jm_cbor_w_uint(&w, h->count);
    jm_cbor_w_int(&w, h->n);
    jm_cbor_w_int(&w, h->at);
    jm_cbor_w_bytes(&w, jm_bytes(h->hash, 32));
    JM_TRY(jm_cbor_w_end(&w));
    *out = jm_written(b);
    return JM_OK;
}

/* What it reads it writes again and compares: there is one encoding of a head. */
enum jm_status jm_head_read(struct jm_signed_head *out, struct jm_bytes octets)
{
    uint8_t room[JM_HEAD_MAX];
    struct jm_signed_head h = {0};
    struct jm_bytes hash, again;
    struct jm_cbor r;

    memset(out, 0, sizeof *out);
    jm_cbor_init(&r, octets);
    if (jm_cbor_array(&r) != 6)
        return JM_E_MALFORMED;
    (void)jm_cbor_text(&r);
    (void)jm_cbor_text(&r);
    h.count = jm_cbor_uint(&r);
    h.n = jm_cbor_int(&r);
    h.at = jm_cbor_int(&r);
    hash = jm_cbor_bytes(&r);
    if (jm_cbor_end(&r) != JM_OK || hash.len != sizeof h.hash)
        return JM_E_MALFORMED;
    memcpy(h.hash, hash.ptr, sizeof h.hash);
    JM_TRY(jm_head_octets(&again, &h, room));
    if (!jm_bytes_eq(again, octets))
        return JM_E_MALFORMED;
    *out = h;
    return JM_OK;
}

enum jm_status jm_row_hash(uint8_t out[32], struct jm_bytes row, const uint8_t prev[32],
                           const struct jm_crypto *c)
{
    static const uint8_t head[2] = {0x58, 32}; /* a byte string of 32 octets */
    const struct jm_bytes parts[] = {row, jm_bytes(head, sizeof head), jm_bytes(prev, 32)};

    return c->hash(JM_SHA256, parts, JM_ARRAY_LEN(parts), out);
}

enum jm_status jm_row_number(int64_t *out, struct jm_bytes row)
{
    struct jm_cbor r;
    struct jm_bytes label;

    *out = 0;
    /* ten items, the last is not there yet */
    if (row.len > JM_ROW_MAX || row.len == 0 || row.ptr[0] != 0x8a)
        return JM_E_MALFORMED;
    jm_cbor_init(&r, jm_slice(row, 1, SIZE_MAX));
    label = jm_cbor_text(&r);
    *out = jm_cbor_int(&r);
    if (jm_bytes_eq_str(label, ROW_LABEL) && *out > 0)
        return JM_OK;
    *out = 0;
    return JM_E_MALFORMED;
}
