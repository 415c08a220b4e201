/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "jumin/base64.h"
#include "jumin/civil.h"
#include "jumin/jose.h"

static size_t dot_from(struct jm_bytes t, size_t from)
{
    return jm_bytes_until(t, from, '.');
}

static enum jm_status header_ok(const struct jm_json *h, const char *typ, struct jm_diag *d)
{
    if (h->type != JM_JSON_OBJECT)
        return jm_refuse(d, JM_E_MALFORMED, JM_JOSE_FORM, "header is no object");
    if (!jm_json_is_str(jm_json_get(h, "alg"), "ES256"))
        return jm_refuse(d, JM_E_DENIED, JM_JOSE_ALG, "alg is not ES256");
    if (jm_json_get(h, "crit") != NULL || jm_json_get(h, "b64") != NULL)
        return jm_refuse(d, JM_E_DENIED, JM_JOSE_CRIT, "critical headers are not understood");
    if (typ != NULL && !jm_json_is_str(jm_json_get(h, "typ"), typ))
        return jm_refuse(d, JM_E_DENIED, JM_JOSE_TYP, "typ is another");
    return JM_OK;
}

enum jm_status jm_jws_split_long(struct jm_jws_unverified *out, struct jm_bytes token, size_t max,
                                 const char *typ, struct jm_arena *mem, struct jm_diag *d)
{
    struct jm_bytes header, text;
    enum jm_status st;
    size_t a, b, len;

    memset(out, 0, sizeof *out);
    if (token.len > max)
        return jm_refuse(d, JM_E_LIMIT, JM_JOSE_LIMIT, "token too long");
    a = dot_from(token, 0);
    b = dot_from(token, a + 1);
    if (a >= token.len || b >= token.len || dot_from(token, b + 1) != token.len)
        return jm_refuse(d, JM_E_MALFORMED, JM_JOSE_FORM, "not three parts");
    text = jm_slice(token, 0, a);
    if ((st = jm_b64url_decode(&header, mem, text)) == JM_OK)
        st = jm_json_parse(&out->header, header, mem, NULL);
    if (st == JM_E_NO_SPACE) /* ours, and no fault of the token */
        return st;
    if (st != JM_OK)
        return jm_refuse(d, JM_E_MALFORMED, JM_JOSE_FORM, "header is not base64url of JSON");
    JM_TRY(header_ok(out->header, typ, d));
    if ((st = jm_b64url_decode(&out->payload, mem, jm_slice(token, a + 1, b - a - 1))) ==
        JM_E_NO_SPACE)
        return st;
    if (st != JM_OK)
        return jm_refuse(d, JM_E_MALFORMED, JM_JOSE_FORM, "payload is not base64url");
    len = jm_sig_len(JM_ALG_ES256);
    if (jm_b64url_exact(out->sig.octets, len, jm_slice(token, b + 1, SIZE_MAX)) != JM_OK)
        return jm_refuse(d, JM_E_MALFORMED, JM_JOSE_SIGNATURE, "signature is not 64 octets");
    out->sig.len = (uint8_t)len;
    out->signing_input = jm_slice(token, 0, b);
    return JM_OK;
}

enum jm_status jm_jws_split(struct jm_jws_unverified *out, struct jm_bytes token, const char *typ,
                            struct jm_arena *mem, struct jm_diag *d)
{
    return jm_jws_split_long(out, token, JM_JWT_MAX, typ, mem, d);
}

enum jm_status jm_jws_holds(const struct jm_jws_unverified *u, const struct jm_point *key,
                            const struct jm_answers *answers, struct jm_diag *d)
{
    enum jm_status st = jm_answers_verify(answers, JM_ALG_ES256, jm_point_bytes(key),
                                          u->signing_input, jm_sig_bytes(&u->sig));

    if (st == JM_E_MALFORMED)
        return jm_refuse(d, JM_E_DENIED, JM_JOSE_KEY, "key is no point of the curve");
    return st == JM_E_SIGNATURE ? jm_refuse(d, st, JM_JOSE_SIGNATURE, "signature does not verify")
                                : st;
}

enum jm_status jm_jws_verify(struct jm_jws *out, const struct jm_jws_unverified *u,
                             const struct jm_point *key, const struct jm_answers *answers,
                             struct jm_arena *mem, struct jm_diag *d)
{
    enum jm_status st;

    memset(out, 0, sizeof *out);
    JM_TRY(jm_jws_holds(u, key, answers, d));
    if ((st = jm_json_parse(&out->claims_, u->payload, mem, NULL)) == JM_E_NO_SPACE)
        return st;
    if (st != JM_OK || out->claims_->type != JM_JSON_OBJECT) {
        out->claims_ = NULL;
        return jm_refuse(d, JM_E_MALFORMED, JM_JOSE_PAYLOAD, "payload is no JSON object");
    }
    out->header = u->header;
    out->payload_ = u->payload;
    out->key = *key;
    return JM_OK;
}

const struct jm_json *jm_jws_claims(const struct jm_jws *jws)
{
    return jws->claims_;
}

enum jm_status jm_jws_path(struct jm_path *p, const struct jm_jws_unverified *u,
                           const struct jm_path_spec *spec, const struct jm_answers *answers,
                           struct jm_arena *mem, struct jm_diag *d)
{
    const struct jm_json *x5c = jm_json_get(u->header, "x5c");
    struct jm_bytes der[JM_PATH_CERTS_MAX];
    size_t n = 0;

    memset(p, 0, sizeof *p);
    if (x5c == NULL)
        return jm_refuse(d, JM_E_DENIED, JM_JOSE_X5C_MISSING, "no x5c in the header");
    if (x5c->type != JM_JSON_ARRAY || x5c->n == 0 || x5c->n > JM_PATH_CERTS_MAX)
        return jm_refuse(d, JM_E_MALFORMED, JM_JOSE_X5C_FORM, "x5c is no array of one to five");
    for (const struct jm_json *e = x5c->child; e != NULL; e = e->next) {
        enum jm_status st =
            e->type == JM_JSON_STRING ? jm_b64_decode(&der[n++], mem, e->text) : JM_E_TYPE;

        if (st == JM_E_NO_SPACE)
            return st;
        if (st != JM_OK)
            return jm_refuse(d, JM_E_MALFORMED, JM_JOSE_X5C_FORM, "x5c is not standard base64");
    }
    return jm_path_judge(p, spec, der, n, answers, mem);
}

enum jm_status jm_jws_verify_x5c(struct jm_jws *out, const struct jm_jws_unverified *u,
                                 enum jm_path_use use, const struct jm_reading *r)
{
    const struct jm_path_spec spec = jm_path_of(r, use);
    struct jm_path path;

    memset(out, 0, sizeof *out);
    JM_TRY(jm_jws_path(&path, u, &spec, r->answers, r->mem, r->diag));
    JM_TRY(jm_path_refusal(&path, r->diag));
    JM_TRY(jm_jws_verify(out, u, &path.chain[0].point, r->answers, r->mem, r->diag));
    out->leaf = &path.chain[0];
    return JM_OK;
}

static enum jm_status time_claim(int64_t *out, bool *there, const struct jm_json *claims,
                                 const char *name, struct jm_diag *d)
{
    enum jm_status st = jm_json_time(out, claims, name);

    *there = st == JM_OK;
    return st == JM_OK || st == JM_E_MISSING ? JM_OK
                                             : jm_refuse(d, JM_E_MALFORMED, JM_JOSE_TIME, name);
}

enum jm_status jm_jwt_times(const struct jm_json *claims, int64_t now, bool need_exp,
                            struct jm_arena *mem, struct jm_diag *d)
{
    int64_t t;
    bool there;

    JM_TRY(time_claim(&t, &there, claims, "exp", d));
    if (!there && need_exp)
        return jm_refuse(d, JM_E_DENIED, JM_JOSE_EXPIRED, "exp is missing");
    if (there && t <= now - JM_CLOCK_SKEW_S)
        return jm_refuse(d, JM_E_DENIED, JM_JOSE_EXPIRED, "expired");
    JM_TRY(time_claim(&t, &there, claims, "nbf", d));
    if (there && t > now + JM_CLOCK_SKEW_S)
        return jm_refuse(d, JM_E_DENIED, JM_JOSE_NOT_YET_VALID, jm_clock_gap("nbf", t, now, mem));
    JM_TRY(time_claim(&t, &there, claims, "iat", d));
    if (there && t > now + JM_CLOCK_SKEW_S)
        return jm_refuse(d, JM_E_DENIED, JM_JOSE_NOT_YET_VALID, jm_clock_gap("iat", t, now, mem));
    return JM_OK;
}

enum jm_status jm_jws_begin(struct jm_jws_draft *out, struct jm_bytes header,
                            struct jm_bytes payload, struct jm_arena *mem)
{
    struct jm_bytes text;

    out->to_sign = jm_none();
    JM_TRY(jm_b64url_encode(&text, mem, header));
    return jm_jws_begin_with(out, text, payload, mem);
}

enum jm_status jm_jws_begin_with(struct jm_jws_draft *out, struct jm_bytes header_text,
                                 struct jm_bytes payload, struct jm_arena *mem)
{
    struct jm_buf b;

    out->to_sign = jm_none();
    JM_TRY(jm_alloc_buf(&b, mem, header_text.len + JM_B64_LEN(payload.len) + 2));
    JM_TRY(jm_buf_put(&b, header_text));
    JM_TRY(jm_buf_put(&b, JM_BYTES(".")));
    JM_TRY(jm_b64url_put(&b, payload));
    out->to_sign = jm_written(b);
    return JM_OK;
}

enum jm_status jm_jws_finish(struct jm_bytes *token, const struct jm_jws_draft *draft,
                             struct jm_bytes sig, struct jm_arena *mem)
{
    struct jm_bytes s;

    *token = jm_none();
    if (sig.len != jm_sig_len(JM_ALG_ES256))
        return JM_E_BUG;
    JM_TRY(jm_b64url_encode(&s, mem, sig));
    const struct jm_bytes parts[] = {draft->to_sign, JM_BYTES("."), s};
    return jm_concat(token, mem, parts, JM_ARRAY_LEN(parts));
}

enum jm_status jm_jws_header(struct jm_bytes *out, const char *typ, const struct jm_point *jwk,
                             const struct jm_bytes *x5c, size_t n, struct jm_arena *mem)
{
    struct jm_buf b;
    struct jm_json_w w;
    size_t room = 512;

    *out = jm_none();
    for (size_t i = 0; i < n; i++)
        room += x5c[i].len * 4 / 3 + 8;
    JM_TRY(jm_alloc_buf(&b, mem, room));
    jm_json_w_init(&w, &b);
    jm_json_w_open(&w, '{');
    jm_json_w_mstr(&w, "alg", "ES256");
    jm_json_w_mstr(&w, "typ", typ);
    if (jwk != NULL) {
        jm_json_w_name(&w, "jwk");
        jm_jwk_write(&w, jwk, jm_none(), NULL, NULL);
    }
    if (n > 0) {
        jm_json_w_mopen(&w, "x5c", '[');
        for (size_t i = 0; i < n; i++) {
            struct jm_buf t;

            JM_TRY(jm_alloc_buf(&t, mem, (x5c[i].len + 2) / 3 * 4));
            JM_TRY(jm_b64_put(&t, x5c[i]));
            jm_json_w_text(&w, jm_written(t));
        }
        jm_json_w_close(&w, ']');
    }
    jm_json_w_close(&w, '}');
    JM_TRY(jm_json_w_end(&w));
    *out = jm_written(b);
    return JM_OK;
}
