/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "jumin/base64.h"
#include "jumin/jose.h"

static enum jm_status read_header(struct jm_jwe_unopened *out, struct jm_arena *mem,
                                  struct jm_diag *d)
{
    const struct jm_json *h = out->header;
    struct jm_bytes apu, apv;
    struct jm_jwk epk;

    if (h->type != JM_JSON_OBJECT || jm_json_get(h, "crit") != NULL ||
        jm_json_get(h, "zip") != NULL)
        return jm_refuse(d, JM_E_UNSUPPORTED, JM_JOSE_JWE_ALG, "crit or zip in the header");
    if (!jm_json_is_str(jm_json_get(h, "alg"), "ECDH-ES"))
        return jm_refuse(d, JM_E_UNSUPPORTED, JM_JOSE_JWE_ALG, "alg is not ECDH-ES");
    if (jm_json_str(&out->enc, h, "enc") != JM_OK)
        return jm_refuse(d, JM_E_MALFORMED, JM_JOSE_JWE_FORM, "enc is missing");
    out->key_len = jm_bytes_eq_str(out->enc, "A128GCM")   ? 16
                   : jm_bytes_eq_str(out->enc, "A256GCM") ? 32
                                                          : 0;
    if (out->key_len == 0)
        return jm_refuse(d, JM_E_UNSUPPORTED, JM_JOSE_JWE_ALG, "enc is not A128GCM or A256GCM");
    if (jm_jwk_read(&epk, jm_json_get(h, "epk")) != JM_OK)
        return jm_refuse(d, JM_E_MALFORMED, JM_JOSE_JWE_FORM, "epk is no public P-256 key");
    out->epk = epk.point;
    if (jm_json_opt_text(&out->kid, h, "kid", JM_KID_MAX) != JM_OK ||
        jm_json_opt_text(&apu, h, "apu", JM_PARTY_MAX) != JM_OK ||
        jm_json_opt_text(&apv, h, "apv", JM_PARTY_MAX) != JM_OK ||
        jm_b64url_decode(&out->apu, mem, apu) != JM_OK ||
        jm_b64url_decode(&out->apv, mem, apv) != JM_OK)
        return jm_refuse(d, JM_E_MALFORMED, JM_JOSE_JWE_FORM, "kid, apu or apv cannot be read");
    return JM_OK;
}

enum jm_status jm_jwe_split(struct jm_jwe_unopened *out, struct jm_bytes t, size_t max,
                            struct jm_arena *mem, struct jm_diag *d)
{
    struct jm_bytes part[5], header;
    size_t n = 0, from = 0;

    memset(out, 0, sizeof *out);
    if (t.len > max)
        return jm_refuse(d, JM_E_LIMIT, JM_JOSE_LIMIT, "too long");
    for (size_t i = 0; i <= t.len; i++) {
        i = jm_bytes_until(t, i, '.');
        if (n == 5)
            return jm_refuse(d, JM_E_MALFORMED, JM_JOSE_JWE_FORM, "not five parts");
        part[n++] = jm_slice(t, from, i - from);
        from = i + 1;
    }
    if (n != 5 || part[1].len != 0)
        return jm_refuse(d, JM_E_MALFORMED, JM_JOSE_JWE_FORM,
                         "not five parts, or a key where none belongs");
    if (jm_b64url_decode(&header, mem, part[0]) != JM_OK ||
        jm_json_parse(&out->header, header, mem, NULL) != JM_OK ||
        jm_b64url_decode(&out->iv, mem, part[2]) != JM_OK ||
        jm_b64url_decode(&out->ciphertext, mem, part[3]) != JM_OK ||
        jm_b64url_decode(&out->tag, mem, part[4]) != JM_OK || out->iv.len != JM_GCM_IV ||
        out->tag.len != JM_GCM_TAG)
        return jm_refuse(d, JM_E_MALFORMED, JM_JOSE_JWE_FORM, "a part is not what it should be");
    out->protected_text = part[0];
    return read_header(out, mem, d);
}

/* NIST SP 800-56A one-step KDF as RFC 7518 4.6.2 lays it out; one round gives up to 32 octets. */
static enum jm_status concat_kdf(uint8_t key[32], const uint8_t z[32],
                                 const struct jm_jwe_unopened *u, const struct jm_crypto *c)
{
    uint8_t num[20];
    struct jm_bytes n[5];

    jm_put_u32_be(num, 1);
    jm_put_u32_be(num + 4, (uint32_t)u->enc.len);
    jm_put_u32_be(num + 8, (uint32_t)u->apu.len);
    jm_put_u32_be(num + 12, (uint32_t)u->apv.len);
    jm_put_u32_be(num + 16, (uint32_t)u->key_len * 8);
    for (size_t i = 0; i < 5; i++)
        n[i] = jm_bytes(num + 4 * i, 4);
    const struct jm_bytes parts[] = {n[0], jm_bytes(z, 32), n[1], u->enc, n[2], u->apu,
                                     n[3], u->apv,          n[4]};
    return c->hash(JM_SHA256, parts, JM_ARRAY_LEN(parts), key);
}

enum jm_status jm_jwe_open(struct jm_bytes *plain, const struct jm_jwe_unopened *u,
                           const uint8_t z[32], const struct jm_crypto *c, struct jm_arena *mem)
{
    const struct jm_bytes both[2] = {u->ciphertext, u->tag};
    struct jm_bytes in;
    struct jm_buf out;
    uint8_t key[32];
    enum jm_status st;

    *plain = jm_none();
    JM_TRY(jm_concat(&in, mem, both, 2));
    JM_TRY(jm_alloc_buf(&out, mem, u->ciphertext.len + 1));
    JM_TRY(concat_kdf(key, z, u, c));
    st = c->open(jm_bytes(key, u->key_len), u->iv, u->protected_text, in, &out);
    jm_wipe(key, sizeof key);
    if (st == JM_OK)
        *plain = jm_written(out);
    return st;
}

static enum jm_status seal_header(struct jm_bytes *out, const struct jm_jwe_spec *s,
                                  struct jm_bytes enc, struct jm_arena *mem)
{
    struct jm_buf b;
    struct jm_json_w w;
    struct jm_bytes json;

    JM_TRY(jm_alloc_buf(&b, mem, 512 + 2 * s->to->kid.len));
    jm_json_w_init(&w, &b);
    jm_json_w_open(&w, '{');
    jm_json_w_mstr(&w, "alg", "ECDH-ES");
    jm_json_w_mtext(&w, "enc", enc);
    if (s->to->kid.len != 0)
        jm_json_w_mtext(&w, "kid", s->to->kid);
    jm_json_w_name(&w, "epk");
    jm_jwk_write(&w, s->epk, jm_none(), NULL, NULL);
    jm_json_w_close(&w, '}');
    JM_TRY(jm_json_w_end(&w));
    json = jm_written(b);
    return jm_b64url_encode(out, mem, json);
}

enum jm_status jm_jwe_seal(struct jm_bytes *token, struct jm_bytes plain,
                           const struct jm_jwe_spec *s, const struct jm_crypto *c,
                           struct jm_arena *mem)
{
    const struct jm_jwe_unopened as = {.enc = s->aes256 ? JM_BYTES("A256GCM") : JM_BYTES("A128GCM"),
                                       .iv = jm_bytes(s->iv, JM_GCM_IV),
                                       .key_len = s->aes256 ? 32 : 16};
    struct jm_bytes header, ivt, ct, tag;
    struct jm_buf sealed;
    uint8_t key[32];
    enum jm_status st;

    *token = jm_none();
    JM_TRY(seal_header(&header, s, as.enc, mem));
    JM_TRY(jm_alloc_buf(&sealed, mem, plain.len + JM_GCM_TAG));
    JM_TRY(concat_kdf(key, s->z, &as, c));
    st = s->by != NULL && s->by->seal != NULL
             ? s->by->seal(s->by->ctx, jm_bytes(key, as.key_len), as.iv, header, plain, &sealed)
             : c->seal(jm_bytes(key, as.key_len), as.iv, header, plain, &sealed);
    jm_wipe(key, sizeof key);
    JM_TRY(st);
    JM_TRY(jm_b64url_encode(&ivt, mem, as.iv));
    JM_TRY(jm_b64url_encode(&ct, mem, jm_bytes(sealed.ptr, plain.len)));
    JM_TRY(jm_b64url_encode(&tag, mem, jm_bytes(sealed.ptr + plain.len, JM_GCM_TAG)));
    const struct jm_bytes parts[] = {header, JM_BYTES(".."), ivt, JM_BYTES("."),
                                     ct,     JM_BYTES("."),  tag};
    return jm_concat(token, mem, parts, JM_ARRAY_LEN(parts));
}
