/* SPDX-License-Identifier: Apache-2.0 */
#include "jumin/mdoc.h"

enum jm_status jm_transcript_hashed(struct jm_bytes *bare, const struct jm_crypto *crypto,
                                    const char *label, struct jm_bytes info, struct jm_arena *mem)
{
    uint8_t hash[32];
    struct jm_cbor_w w;
    struct jm_buf b;

    *bare = jm_none();
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

enum jm_status jm_transcript_info(struct jm_bytes *info, const struct jm_info_item *item, size_t n,
                                  struct jm_arena *mem)
{
    size_t len = 16;
    struct jm_cbor_w w;
    struct jm_buf b;

    *info = jm_none();
    for (size_t i = 0; i < n; i++)
        if (!jm_add_ok(len, item[i].v.len, &len) || !jm_add_ok(len, 9, &len))
            return JM_E_NO_SPACE;
    JM_TRY(jm_alloc_buf(&b, mem, len));
    jm_cbor_w_init(&w, &b);
    jm_cbor_w_array(&w, n);
    for (size_t i = 0; i < n; i++) {
        if (!item[i].octets)
            jm_cbor_w_text(&w, item[i].v);
        else if (item[i].v.len == 0)
            jm_cbor_w_null(&w); /* the array keeps its length */
        else
            jm_cbor_w_bytes(&w, item[i].v);
    }
    JM_TRY(jm_cbor_w_end(&w));
    *info = jm_written(b);
    return JM_OK;
}

static enum jm_status with_info(struct jm_bytes *bare, const struct jm_crypto *crypto,
                                const char *label, const struct jm_info_item *item, size_t n,
                                struct jm_arena *mem)
{
    struct jm_bytes info;

    *bare = jm_none();
    for (size_t i = 0; i < n; i++)
        if (item[i].octets && item[i].v.len != 0 && item[i].v.len != 32)
            return JM_E_USAGE;
    JM_TRY(jm_transcript_info(&info, item, n, mem));
    return jm_transcript_hashed(bare, crypto, label, info, mem);
}

enum jm_status jm_transcript_oid4vp(struct jm_bytes *bare, const struct jm_crypto *crypto,
                                    struct jm_bytes client_id, struct jm_bytes nonce,
                                    struct jm_bytes jwk_thumbprint, struct jm_bytes response_uri,
                                    struct jm_arena *mem)
{
    const struct jm_info_item item[] = {{client_id, false},
                                        {nonce, false},
                                        {jwk_thumbprint, true},
                                        {response_uri, false}};

    return with_info(bare, crypto, "OpenID4VPHandover", item, 4, mem);
}

enum jm_status jm_transcript_dcapi(struct jm_bytes *bare, const struct jm_crypto *crypto,
                                   struct jm_bytes origin, struct jm_bytes nonce,
                                   struct jm_bytes jwk_thumbprint, struct jm_arena *mem)
{
    const struct jm_info_item item[] = {{origin, false}, {nonce, false}, {jwk_thumbprint, true}};

    return with_info(bare, crypto, "OpenID4VPDCAPIHandover", item, 3, mem);
}

enum jm_status jm_transcript_iae(struct jm_bytes *bare, const struct jm_crypto *crypto,
                                 struct jm_bytes endpoint, struct jm_bytes nonce,
                                 struct jm_bytes jwk_thumbprint, struct jm_arena *mem)
{
    const struct jm_info_item item[] = {{endpoint, false}, {nonce, false}, {jwk_thumbprint, true}};

    return with_info(bare, crypto, "OpenID4VCIIAEHandover", item, 3, mem);
}

enum jm_status jm_transcript_iso_dcapi(struct jm_bytes *bare, const struct jm_crypto *crypto,
                                       struct jm_bytes encryption_info, struct jm_bytes origin,
                                       struct jm_arena *mem)
{
    const struct jm_info_item item[] = {{encryption_info, false}, {origin, false}};

    return with_info(bare, crypto, "dcapi", item, 2, mem);
}

static struct jm_bytes or_null(struct jm_bytes item)
{
    return item.len == 0 ? JM_BYTES("\xf6") : item;
}

enum jm_status jm_transcript_session(struct jm_bytes *bare, struct jm_bytes engagement,
                                     struct jm_bytes reader_key, struct jm_bytes handover,
                                     struct jm_arena *mem)
{
    const struct jm_bytes parts[] = {JM_BYTES("\x83"), or_null(engagement), or_null(reader_key),
                                     or_null(handover)};

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
        transcript = jm_cbor_embedded(&r, NULL); /* null, hence no array, of any other tag */
        jm_cbor_init(&r, transcript);
    }
    if (jm_cbor_array(&r) != 3)
        return JM_E_MALFORMED;
    *bare = transcript;
    return JM_OK;
}

enum jm_status jm_mdoc_device_auth(struct jm_bytes *out, struct jm_bytes transcript,
                                   struct jm_bytes doctype, struct jm_bytes device_name_spaces,
                                   struct jm_arena *mem)
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

enum jm_status jm_transcript_salt(uint8_t out[32], const struct jm_crypto *crypto,
                                  struct jm_bytes transcript)
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
