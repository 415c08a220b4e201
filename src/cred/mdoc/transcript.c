/* SPDX-License-Identifier: Apache-2.0 */
#include "jumin/mdoc.h"

/* [null, null, [label, hash]] */
static enum jm_status hashed(struct jm_bytes *bare, const struct jm_crypto *crypto, const char *label,
                             struct jm_bytes info, struct jm_arena *mem)
{
    uint8_t hash[32];
    struct jm_cbor_w w;
    struct jm_buf b;

    JM_TRY(jm_sha256(crypto, info, hash));
    JM_TRY(jm_alloc_buf(&b, mem, 80));
    jm_cbor_w_init(&w, &b);
    jm_cbor_w_array(&w, 3);
    jm_cbor_w_null(&w);
    jm_cbor_w_null(&w);
    jm_cbor_w_array(&w, 2);
    jm_cbor_w_str(&w, label);
    jm_cbor_w_bytes(&w, jm_bytes(hash, sizeof hash));
    JM_TRY(jm_cbor_w_end(&w));
    *bare = jm_written(b);
    return JM_OK;
}

/* Room for the info array of texts and one thumbprint. */
static enum jm_status begin(struct jm_cbor_w *w, struct jm_buf *b, struct jm_arena *mem, const struct jm_bytes *text,
                            size_t n)
{
    size_t len = 64;

    for (size_t i = 0; i < n; i++)
        if (!jm_add_ok(len, text[i].len, &len) || !jm_add_ok(len, 9, &len))
            return JM_E_NO_SPACE;
    JM_TRY(jm_alloc_buf(b, mem, len));
    jm_cbor_w_init(w, b);
    return JM_OK;
}

static void put_thumbprint(struct jm_cbor_w *w, struct jm_bytes thumbprint)
{
    if (thumbprint.len == 0)
        jm_cbor_w_null(w); /* the array keeps its length */
    else
        jm_cbor_w_bytes(w, thumbprint);
}

static enum jm_status with_thumbprint(struct jm_bytes *bare, const struct jm_crypto *crypto, const char *label,
                                      const struct jm_bytes *text, size_t n, struct jm_bytes thumbprint,
                                      struct jm_arena *mem)
{
    struct jm_cbor_w w;
    struct jm_buf b;

    *bare = jm_none();
    if (thumbprint.len != 0 && thumbprint.len != 32)
        return JM_E_USAGE;
    JM_TRY(begin(&w, &b, mem, text, n));
    jm_cbor_w_array(&w, n + 1);
    jm_cbor_w_text(&w, text[0]);
    jm_cbor_w_text(&w, text[1]);
    put_thumbprint(&w, thumbprint);
    if (n == 3)
        jm_cbor_w_text(&w, text[2]);
    JM_TRY(jm_cbor_w_end(&w));
    return hashed(bare, crypto, label, jm_written(b), mem);
}

enum jm_status jm_transcript_oid4vp(struct jm_bytes *bare, const struct jm_crypto *crypto, struct jm_bytes client_id,
                                    struct jm_bytes nonce, struct jm_bytes jwk_thumbprint, struct jm_bytes response_uri,
                                    struct jm_arena *mem)
{
    const struct jm_bytes text[] = {client_id, nonce, response_uri};

    return with_thumbprint(bare, crypto, "OpenID4VPHandover", text, 3, jwk_thumbprint, mem);
}

enum jm_status jm_transcript_dcapi(struct jm_bytes *bare, const struct jm_crypto *crypto, struct jm_bytes origin,
                                   struct jm_bytes nonce, struct jm_bytes jwk_thumbprint, struct jm_arena *mem)
{
    const struct jm_bytes text[] = {origin, nonce};

    return with_thumbprint(bare, crypto, "OpenID4VPDCAPIHandover", text, 2, jwk_thumbprint, mem);
}

enum jm_status jm_transcript_iae(struct jm_bytes *bare, const struct jm_crypto *crypto, struct jm_bytes endpoint,
                                 struct jm_bytes nonce, struct jm_bytes jwk_thumbprint, struct jm_arena *mem)
{
    const struct jm_bytes text[] = {endpoint, nonce};

    return with_thumbprint(bare, crypto, "OpenID4VCIIAEHandover", text, 2, jwk_thumbprint, mem);
}

enum jm_status jm_transcript_iso_dcapi(struct jm_bytes *bare, const struct jm_crypto *crypto,
                                       struct jm_bytes encryption_info, struct jm_bytes origin, struct jm_arena *mem)
{
    const struct jm_bytes text[] = {encryption_info, origin};
    struct jm_cbor_w w;
    struct jm_buf b;

    *bare = jm_none();
    JM_TRY(begin(&w, &b, mem, text, 2));
    jm_cbor_w_array(&w, 2);
    jm_cbor_w_text(&w, encryption_info);
    jm_cbor_w_text(&w, origin);
    JM_TRY(jm_cbor_w_end(&w));
    return hashed(bare, crypto, "dcapi", jm_written(b), mem);
}

static struct jm_bytes or_null(struct jm_bytes item)
{
    return item.len == 0 ? JM_BYTES("\xf6") : item;
}

enum jm_status jm_transcript_session(struct jm_bytes *bare, struct jm_bytes engagement, struct jm_bytes reader_key,
                                     struct jm_bytes handover, struct jm_arena *mem)
{
    const struct jm_bytes parts[] = {JM_BYTES("\x83"), or_null(engagement), or_null(reader_key), or_null(handover)};

    return jm_concat(bare, mem, parts, JM_ARRAY_LEN(parts));
}

enum jm_status jm_transcript_bare(struct jm_bytes *bare, struct jm_bytes transcript)
{
    struct jm_cbor r;

    *bare = jm_none();
    if (jm_cbor_check(transcript, NULL, NULL) != JM_OK)
        return JM_E_MALFORMED;
    jm_cbor_init(&r, transcript);
    if (jm_cbor_peek(&r) == JM_CBOR_TAG) {
        transcript = jm_cbor_embedded(&r, NULL);
        if (jm_cbor_end(&r) != JM_OK)
            return JM_E_MALFORMED;
        jm_cbor_init(&r, transcript);
    }
    if (jm_cbor_array(&r) != 3)
        return JM_E_MALFORMED;
    *bare = transcript;
    return JM_OK;
}

enum jm_status jm_mdoc_device_auth(struct jm_bytes *out, struct jm_bytes transcript, struct jm_bytes doctype,
                                   struct jm_bytes device_name_spaces, struct jm_arena *mem)
{
    struct jm_cbor_w w;
    struct jm_buf b;
    size_t mark;

    *out = jm_none();
    JM_TRY(jm_alloc_buf(&b, mem, 64 + transcript.len + doctype.len + device_name_spaces.len));
    jm_cbor_w_init(&w, &b);
    jm_cbor_w_tag(&w, 24);
    mark = jm_cbor_w_open(&w);
    jm_cbor_w_array(&w, 4);
    jm_cbor_w_str(&w, "DeviceAuthentication");
    jm_cbor_w_raw(&w, transcript);
    jm_cbor_w_text(&w, doctype);
    jm_cbor_w_raw(&w, device_name_spaces);
    jm_cbor_w_close(&w, mark);
    JM_TRY(jm_cbor_w_end(&w));
    *out = jm_written(b);
    return JM_OK;
}

enum jm_status jm_transcript_salt(uint8_t out[32], const struct jm_crypto *crypto, struct jm_bytes transcript)
{
    uint8_t head[12] = {0xD8, 0x18};
    size_t n = jm_cbor_head_len(transcript.len);
    static const uint8_t info[] = {[2] = 0x58, [3] = 0x59, [5] = 0x5A};

    if (transcript.len > UINT32_MAX)
        return JM_E_LIMIT;

    head[2] = n == 1 ? (uint8_t)(0x40 | transcript.len) : info[n];
    for (size_t i = 1; i < n; i++)
        head[2 + i] = (uint8_t)(transcript.len >> 8 * (n - 1 - i));
    const struct jm_bytes parts[] = {jm_bytes(head, 2 + n), transcript};
    return crypto->hash(JM_SHA256, parts, JM_ARRAY_LEN(parts), out);
}
