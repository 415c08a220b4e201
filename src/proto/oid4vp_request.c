/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "jumin/base64.h"
#include "jumin/form.h"
#include "jumin/oid4vp.h"

#define SELF_ISSUED "https://self-issued.me/v2"

static void put_metadata(struct jm_json_w *w, const struct jm_vp_request_spec *s)
{
    jm_json_w_name(w, "client_metadata");
    jm_json_w_open(w, '{');
    jm_json_w_name(w, "jwks");
    jm_json_w_open(w, '{');
    jm_json_w_name(w, "keys");
    jm_json_w_open(w, '[');
    jm_jwk_write(w, &s->enc, s->enc_kid, "enc", "ECDH-ES");
    jm_json_w_close(w, ']');
    jm_json_w_close(w, '}');
    jm_json_w_name(w, "encrypted_response_enc_values_supported");
    jm_json_w_raw(w, JM_BYTES("[\"A128GCM\",\"A256GCM\"]"));
    jm_json_w_name(w, "vp_formats_supported");
    jm_json_w_raw(
        w,
        JM_BYTES(
            "{\"dc+sd-jwt\":{\"sd-jwt_alg_values\":[\"ES256\"],\"kb-jwt_alg_values\":[\"ES256\"]},"
            "\"mso_mdoc\":{\"issuerauth_alg_values\":[-7,-9],\"deviceauth_alg_values\":[-7,-9]}}"));
    jm_json_w_close(w, '}');
}

static void put_verifier_info(struct jm_json_w *w, const struct jm_vp_request_spec *s)
{
    if (s->rp.len == 0)
        return;
    jm_json_w_name(w, "verifier_info");
    jm_json_w_open(w, '[');
    jm_json_w_open(w, '{');
    jm_json_w_mstr(w, "format", "jumin_use");
    jm_json_w_name(w, "data");
    jm_json_w_open(w, '{');
    jm_json_w_mtext(w, "rp", s->rp);
    jm_json_w_mtext(w, "use", s->use);
    jm_json_w_close(w, '}');
    jm_json_w_close(w, '}');
    jm_json_w_close(w, ']');
}

enum jm_status jm_vp_request_payload(struct jm_bytes *out, const struct jm_vp_request_spec *s,
                                     struct jm_arena *mem)
{
    struct jm_json_w w;
    struct jm_buf b;

    *out = jm_none();
    JM_TRY(jm_alloc_buf(&b, mem,
                        2048 + s->dcql.len +
                            2 * (s->client_id.len + s->response_uri.len + s->wallet_nonce.len)));
    jm_json_w_init(&w, &b);
    jm_json_w_open(&w, '{');
    jm_json_w_mtext(&w, "client_id", s->client_id);
    jm_json_w_mstr(&w, "response_type", "vp_token");
    jm_json_w_mstr(&w, "response_mode", "direct_post.jwt");
    jm_json_w_mtext(&w, "response_uri", s->response_uri);
    jm_json_w_mtext(&w, "nonce", s->nonce);
    jm_json_w_mtext(&w, "state", s->state);
    jm_json_w_mstr(&w, "aud", SELF_ISSUED);
    jm_json_w_mint(&w, "iat", s->iat);
    if (s->wallet_nonce.len != 0)
        jm_json_w_mtext(&w, "wallet_nonce", s->wallet_nonce);
    jm_json_w_name(&w, "dcql_query");
    jm_json_w_raw(&w, s->dcql);
    put_metadata(&w, s);
    put_verifier_info(&w, s);
    jm_json_w_close(&w, '}');
    JM_TRY(jm_json_w_end(&w));
    *out = jm_written(b);
    return JM_OK;
}

enum jm_status jm_vp_client_id(struct jm_bytes *out, struct jm_bytes leaf_der,
                               const struct jm_crypto *c, struct jm_arena *mem)
{
    uint8_t hash[32];
    struct jm_bytes t;

    *out = jm_none();
    JM_TRY(jm_sha256(c, leaf_der, hash));
    JM_TRY(jm_b64url_encode(&t, mem, jm_bytes(hash, sizeof hash)));
    const struct jm_bytes parts[] = {JM_BYTES("x509_hash:"), t};
    return jm_concat(out, mem, parts, JM_ARRAY_LEN(parts));
}

/* -- the wallet's reading -- */

/* One reading: with findings every check is noted and none ends it; without, the first that fails
 * refuses. */
struct reading {
    struct jm_vp_request *out;
    struct jm_findings *f;
    const struct jm_vp_expect *x;
    const struct jm_reading *by;
};

static enum jm_status must_hold(struct reading *r, bool ok, enum jm_code code, const char *what)
{
    if (r->f == NULL)
        return ok ? JM_OK : jm_refuse(r->by->diag, JM_E_DENIED, code, what);
    jm_note(r->f, code, ok ? JM_PASS : JM_FAIL, true, 0, 0, jm_none(), ok ? NULL : what);
    return JM_OK;
}

/* The request's signature by its leaf; the path has been judged. */
static enum jm_status by_leaf(struct reading *r, struct jm_jws *jws,
                              const struct jm_jws_unverified *u)
{
    struct jm_diag inner = {0};
    enum jm_status st =
        jm_jws_verify(jws, u, &r->out->leaf.point, r->by->answers, r->by->mem, &inner);

    if (st == JM_E_PENDING || st == JM_E_NO_SPACE)
        return st;
    /* A payload that holds by its signature and cannot be read is the reader's to refuse, by its
     * form (C-02). */
    if (st == JM_OK || inner.code == JM_JOSE_PAYLOAD || st == JM_E_SIGNATURE || st == JM_E_DENIED)
        return must_hold(r, st == JM_OK || inner.code == JM_JOSE_PAYLOAD, JM_VP_REQUEST_SIGNATURE,
                         "the request's signature does not verify");
    if (r->f == NULL)
        return jm_refuse(r->by->diag, st, JM_VP_REQUEST_SIGNATURE,
                         "nobody could verify the request's signature");
    jm_note(r->f, JM_VP_REQUEST_SIGNATURE, JM_UNKNOWN, true, 0, 0, jm_none(),
            "nobody could verify it");
    return JM_OK;
}

/* Is a missing anchor all that speaks against the path? Then the request is nobody's that is known,
 * and may still be one (D-311). */
static bool is_merely_unknown(const struct jm_path *p)
{
    for (enum jm_path_rule k = 0; k < JM_PATH_RULES; k++)
        if (k != JM_PATH_ANCHOR &&
            (p->rule[k].result == JM_FAIL || p->rule[k].result == JM_UNKNOWN))
            return false;
    return p->rule[JM_PATH_ANCHOR].result == JM_FAIL;
}

static enum jm_status say_path(struct reading *r, const struct jm_path *p)
{
    enum jm_path_rule reason = jm_path_reason(p);
    const char *why = reason == JM_PATH_RULES ? NULL : p->rule[reason].detail;
    bool undecided = jm_path_result(p) == JM_UNKNOWN;

    r->out->known = jm_path_result(p) == JM_PASS;
    if (r->f != NULL) {
        jm_path_note(r->f, p, jm_path_jose_code, 0);
        jm_note(r->f, JM_VP_REQUEST_CHAIN, jm_path_result(p), true, 0, 0, jm_none(), why);
        return JM_OK;
    }
    if (r->out->known || (r->x->strangers && is_merely_unknown(p)))
        return JM_OK;
    /* a stale trust set among others: nobody is believed, nothing is said to be false */
    if (undecided)
        return jm_refuse(r->by->diag, JM_E_UNAVAILABLE,
                         reason == JM_PATH_STALE ? JM_TRUST_STALE : JM_VP_REQUEST_CHAIN, why);
    return must_hold(r, false, JM_VP_REQUEST_CHAIN, why);
}

/* Signature by a registered access CA; where there is none, by the leaf alone, and the request
 * stays unknown. */
static enum jm_status verify_request(struct reading *r, struct jm_jws *jws,
                                     const struct jm_jws_unverified *u)
{
    struct jm_path_spec spec = jm_path_of(r->by, JM_PATH_REQUEST);
    struct jm_diag inner = {0};
    struct jm_path path;
    enum jm_status st;

    spec.waive_crl = !r->x->demand_crl;
    st = jm_jws_path(&path, u, &spec, r->by->answers, r->by->mem, &inner);
    if (st == JM_E_PENDING || st == JM_E_NO_SPACE)
        return st;
    if (st != JM_OK)
        return must_hold(r, false, JM_VP_REQUEST_CHAIN, (const char *)inner.detail.ptr);
    JM_TRY(say_path(r, &path));
    if (path.n == 0 || path.chain[0].key_alg != JM_KEY_P256)
        return must_hold(r, false, JM_VP_REQUEST_CHAIN, "the leaf cannot be read");
    r->out->leaf = path.chain[0];
    return by_leaf(r, jws, u);
}

static bool client_id_fits(const struct reading *r)
{
    struct jm_bytes expect, id = r->out->client_id;
    struct jm_url u;

    if (r->out->leaf.der.len == 0)
        return false;
    if (jm_bytes_starts(id, JM_BYTES("x509_hash:")))
        return jm_vp_client_id(&expect, r->out->leaf.der, r->by->crypto, r->by->mem) == JM_OK &&
               jm_bytes_eq(id, expect);
    if (!jm_bytes_starts(id, JM_BYTES("x509_san_dns:")))
        /* unknown prefixes are refused, redirect_uri: has no place in a signed request */
        return false;
    id = jm_slice(id, 13, SIZE_MAX);
    return jm_bytes_eq(id, jm_cert_dns(&r->out->leaf)) &&
           jm_url_split(&u, r->out->response_uri) == JM_OK && jm_bytes_eq(u.host, id);
}

static bool nonce_ok(struct jm_bytes n)
{
    if (n.len == 0 || n.len > JM_VP_NONCE_MAX)
        return false;
    for (size_t i = 0; i < n.len; i++) {
        uint8_t c = n.ptr[i];

        if (!((c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
              c == '-' || c == '.' || c == '_' || c == '~'))
            return false;
    }
    return true;
}

/* First usable key: others (post-quantum, made-up) are skipped. */
static const char *pick_key(struct jm_vp_request *out, const struct jm_json *meta)
{
    const struct jm_json *keys = jm_json_get(jm_json_get(meta, "jwks"), "keys");
    const struct jm_json *encs = jm_json_get(meta, "encrypted_response_enc_values_supported");
    bool aes128 = encs == NULL;

    if ((encs != NULL && encs->n > JM_VP_LIST_MAX) || (keys != NULL && keys->n > JM_VP_LIST_MAX))
        return "too many keys or encs";
    for (const struct jm_json *e = encs == NULL ? NULL : encs->child; e != NULL; e = e->next) {
        out->aes256 = out->aes256 || jm_json_is_str(e, "A256GCM");
        aes128 = aes128 || jm_json_is_str(e, "A128GCM");
    }
    if (!out->aes256 && !aes128)
        return "no enc that we know";
    for (const struct jm_json *k = keys == NULL ? NULL : keys->child; k != NULL; k = k->next) {
        struct jm_jwk jwk;

        if (jm_jwk_read(&jwk, k) != JM_OK ||
            (jwk.use.ptr != NULL && !jm_bytes_eq_str(jwk.use, "enc")) ||
            !jm_bytes_eq_str(jwk.alg, "ECDH-ES"))
            continue;
        out->enc = jwk;
        return NULL;
    }
    return "no P-256 key for ECDH-ES";
}

static enum jm_status read_verifier_info(struct reading *r, const struct jm_json *list)
{
    struct jm_vp_request *out = r->out;

    if (list == NULL || list->type != JM_JSON_ARRAY)
        return JM_OK;
    if (list->n > JM_VP_LIST_MAX)
        return must_hold(r, false, JM_VP_REQUEST_FORM, "verifier_info says too much");
    for (const struct jm_json *e = list->child; e != NULL; e = e->next) {
        const struct jm_json *data = jm_json_get(e, "data");

        if (!jm_json_is_str(jm_json_get(e, "format"), "jumin_use"))
            continue;
        if (jm_json_text(&out->rp, data, "rp", JM_VP_USE_MAX) != JM_OK ||
            jm_json_text(&out->use, data, "use", JM_VP_USE_MAX) != JM_OK)
            out->rp = out->use = jm_none();
        return JM_OK;
    }
    return JM_OK;
}

static enum jm_status check_addresses(struct reading *r, const struct jm_json *c)
{
    struct jm_vp_request *out = r->out;

    JM_TRY(must_hold(r,
                     jm_json_is_str(jm_json_get(c, "response_type"), "vp_token") &&
                         jm_json_is_str(jm_json_get(c, "response_mode"), "direct_post.jwt"),
                     JM_VP_RESPONSE_MODE, "vp_token by direct_post.jwt only"));
    JM_TRY(must_hold(r, jm_json_get(c, "redirect_uri") == NULL, JM_VP_RESPONSE_URI,
                     "redirect_uri together with direct_post"));
    JM_TRY(must_hold(r,
                     jm_json_str(&out->response_uri, c, "response_uri") == JM_OK &&
                         jm_url_allowed(out->response_uri, r->x->loopback_http),
                     JM_VP_RESPONSE_URI, "response_uri is no https address"));
    JM_TRY(must_hold(r, jm_json_str(&out->nonce, c, "nonce") == JM_OK && nonce_ok(out->nonce),
                     JM_VP_NONCE_FORM, "nonce is missing or has other characters"));
    JM_TRY(must_hold(r, jm_json_opt_text(&out->state, c, "state", JM_VP_STATE_MAX) == JM_OK,
                     JM_VP_REQUEST_FORM, "state"));
    return must_hold(r,
                     jm_json_get(c, "aud") == NULL ||
                         jm_json_is_str(jm_json_get(c, "aud"), SELF_ISSUED),
                     JM_VP_AUDIENCE, "aud is another");
}

/* -- what the verifier can read: OpenID4VP 1.0 11.1, B.2.2, B.3.3 -- */

/* No list: nothing is ruled out. */
static bool lists_text(const struct jm_json *list, const char *alg)
{
    if (list != NULL && list->n > JM_VP_LIST_MAX)
        return false;
    for (const struct jm_json *e = list == NULL ? NULL : list->child; e != NULL; e = e->next)
        if (jm_json_is_str(e, alg))
            return true;
    return list == NULL;
}

/* ES256 by its old number or by the one that names the curve, too. */
static bool lists_es256(const struct jm_json *list)
{
    int64_t alg;

    if (list != NULL && list->n > JM_VP_LIST_MAX)
        return false;
    for (const struct jm_json *e = list == NULL ? NULL : list->child; e != NULL; e = e->next)
        if (jm_json_int(&alg, e) == JM_OK && (alg == -7 || alg == -9))
            return true;
    return list == NULL;
}

/* All cards are signed, and all keys sign, with ES256. */
static bool can_read(const struct jm_json *formats, enum jm_fmt fmt)
{
    const struct jm_json *f = jm_json_get(formats, fmt == JM_FMT_MDOC ? "mso_mdoc" : "dc+sd-jwt");

    if (f == NULL || f->type != JM_JSON_OBJECT)
        return false;
    if (fmt == JM_FMT_MDOC)
        return lists_es256(jm_json_get(f, "issuerauth_alg_values")) &&
               lists_es256(jm_json_get(f, "deviceauth_alg_values"));
    return lists_text(jm_json_get(f, "sd-jwt_alg_values"), "ES256") &&
           lists_text(jm_json_get(f, "kb-jwt_alg_values"), "ES256");
}

static void bar_unread(struct jm_dcql *q, const struct jm_json *formats)
{
    for (size_t i = 0; i < q->n; i++)
        if (formats != NULL && !can_read(formats, q->credential[i].fmt))
            q->barred |= (uint32_t)1 << i;
}

/* What is not barred must be able to answer the whole. */
static bool is_answerable(const struct jm_dcql *q)
{
    bool can[JM_DCQL_CREDENTIALS_MAX] = {false}, send[JM_DCQL_CREDENTIALS_MAX], any = false;

    for (size_t i = 0; i < q->n; i++) {
        can[i] = (q->barred >> i & 1) == 0;
        any = any || can[i];
    }
    return any && jm_dcql_choose(send, can, q) == JM_OK;
}

/* Nothing can be said of what was not looked at, neither that it holds nor that it fails; who reads
 * to answer was refused before. */
static enum jm_status not_looked_at(struct reading *r, enum jm_code code, const char *why)
{
    jm_excuse(r->f, code, 0, why);
    return JM_OK;
}

static enum jm_status check_formats(struct reading *r, const struct jm_json *formats)
{
    struct jm_dcql *q = &r->out->dcql;
    bool known = is_answerable(q);

    if (r->f != NULL && q->n == 0) {
        JM_TRY(not_looked_at(r, JM_VP_FORMAT, "the query cannot be read"));
        return not_looked_at(r, JM_VP_FORMATS, "the query cannot be read");
    }
    JM_TRY(must_hold(r, known, JM_VP_FORMAT,
                     "a credential is asked for in a format that is not known here"));
    if (!known)
        return not_looked_at(r, JM_VP_FORMATS, "no format that is known here would answer");
    bar_unread(q, formats);
    return must_hold(r, is_answerable(q), JM_VP_FORMATS,
                     "its vp_formats_supported has neither format with ES256");
}

/* Last, when all else holds: a request that is good and still cannot be answered, by a reason that
 * its sender may be told. */
static enum jm_status check_answerable(struct reading *r, const struct jm_json *c)
{
    const struct jm_json *formats =
        jm_json_get(jm_json_get(c, "client_metadata"), "vp_formats_supported");

    JM_TRY(must_hold(r, jm_json_get(c, "transaction_data") == NULL, JM_VP_TRANSACTION_DATA,
                     "transaction data are not understood"));
    return check_formats(r, formats);
}

static enum jm_status check_times(struct reading *r, const struct jm_json *c)
{
    struct jm_diag inner = {0};

    if (jm_jwt_times(c, r->by->now, false, r->by->mem, &inner) == JM_OK)
        return r->f == NULL ? JM_OK : must_hold(r, true, JM_JOSE_EXPIRED, NULL);
    return must_hold(r, false,
                     inner.code == JM_JOSE_NOT_YET_VALID ? JM_VP_REQUEST_CLOCK : inner.code,
                     (const char *)inner.detail.ptr);
}

static enum jm_status check_query(struct reading *r, const struct jm_json *query)
{
    struct jm_diag inner = {0};
    enum jm_status st =
        jm_dcql_parse(&r->out->dcql, query, r->by->mem, r->f == NULL ? r->by->diag : &inner);

    if (r->f == NULL || st == JM_E_NO_SPACE)
        return st;
    if (st != JM_OK)
        r->out->dcql.n = 0; /* a part of a query is none */
    return must_hold(r, st == JM_OK, inner.code == JM_CODE_NONE ? JM_VP_DCQL : inner.code,
                     (const char *)inner.detail.ptr);
}

static enum jm_status read_claims(struct reading *r, const struct jm_json *cl)
{
    struct jm_vp_request *out = r->out;
    const char *fault;
    bool equal;

    JM_TRY(check_times(r, cl));
    equal = jm_json_str(&out->client_id, cl, "client_id") == JM_OK &&
            (r->x->client_id.ptr == NULL || jm_bytes_eq(out->client_id, r->x->client_id));
    JM_TRY(must_hold(r, equal, JM_VP_CLIENT_ID, "client_id is not that of the invocation"));
    JM_TRY(check_addresses(r, cl));
    JM_TRY(must_hold(r, client_id_fits(r), JM_VP_CLIENT_ID,
                     "client_id does not belong to the certificate"));
    JM_TRY(must_hold(r,
                     jm_json_opt_text(&out->wallet_nonce, cl, "wallet_nonce", JM_VP_NONCE_MAX) ==
                             JM_OK &&
                         (r->x->wallet_nonce.ptr == NULL ||
                          jm_bytes_eq(out->wallet_nonce, r->x->wallet_nonce)),
                     JM_VP_WALLET_NONCE, "wallet_nonce did not come back"));
    JM_TRY(check_query(r, jm_json_get(cl, "dcql_query")));
    JM_TRY(read_verifier_info(r, jm_json_get(cl, "verifier_info")));
    fault = pick_key(out, jm_json_get(cl, "client_metadata"));
    JM_TRY(must_hold(r, fault == NULL, JM_VP_ENCRYPTION_KEY, fault));
    return check_answerable(r, cl);
}

static enum jm_status read_request(struct reading *r, struct jm_bytes token)
{
    const struct jm_json *claims;
    struct jm_jws_unverified u;
    struct jm_diag inner = {0};
    struct jm_jws jws;

    if (jm_jws_split(&u, token, "oauth-authz-req+jwt", r->by->mem, &inner) != JM_OK)
        return must_hold(r, false,
                         inner.code == JM_JOSE_TYP ? JM_VP_REQUEST_TYP : JM_VP_REQUEST_FORM,
                         (const char *)inner.detail.ptr);
    JM_TRY(must_hold(r, true, JM_VP_REQUEST_TYP, NULL));
    memset(&jws, 0, sizeof jws);
    JM_TRY(verify_request(r, &jws, &u));
    claims = jm_jws_claims(&jws);
    if (claims == NULL &&
        (r->f == NULL || jm_json_parse(&claims, u.payload, r->by->mem, NULL) != JM_OK))
        return must_hold(r, false, JM_VP_REQUEST_FORM,
                         "the payload is no JSON object, or a member stands twice");
    return read_claims(r, claims);
}

/* A line end after the object is the transport's. */
static struct jm_bytes trim_blanks(struct jm_bytes t)
{
    while (t.len > 0 && (t.ptr[t.len - 1] == '\n' || t.ptr[t.len - 1] == '\r'))
        t.len--;
    return t;
}

enum jm_status jm_vp_request_judge(struct jm_vp_request *out, struct jm_findings *f,
                                   struct jm_bytes token, const struct jm_vp_expect *x,
                                   const struct jm_reading *r)
{
    struct reading reading = {out, f, x, r};

    memset(out, 0, sizeof *out);
    return read_request(&reading, trim_blanks(token));
}

enum jm_status jm_vp_request_read(struct jm_vp_request *out, struct jm_bytes token,
                                  const struct jm_vp_expect *x, const struct jm_reading *r)
{
    return jm_vp_request_judge(out, NULL, token, x, r);
}

/* -- the verifier's reading -- */

static const struct jm_dcql_credential *query_by_id(const struct jm_dcql *q, struct jm_bytes id)
{
    for (size_t i = 0; i < q->n; i++)
        if (jm_bytes_eq(q->credential[i].id, id))
            return &q->credential[i];
    return NULL;
}

static bool all_texts(const struct jm_json *array)
{
    for (const struct jm_json *e = array->child; e != NULL; e = e->next)
        if (e->type != JM_JSON_STRING)
            return false;
    return true;
}

enum jm_status jm_vp_token_read(struct jm_vp_token *out, struct jm_bytes plain,
                                const struct jm_dcql *query, struct jm_arena *mem,
                                struct jm_diag *d)
{
    bool can[JM_DCQL_CREDENTIALS_MAX] = {false}, send[JM_DCQL_CREDENTIALS_MAX];
    const struct jm_json *root;

    memset(out, 0, sizeof *out);
    if (jm_json_parse(&root, plain, mem, NULL) != JM_OK || root->type != JM_JSON_OBJECT ||
        jm_json_opt_text(&out->state, root, "state", JM_VP_NONCE_MAX) != JM_OK)
        return jm_refuse(d, JM_E_MALFORMED, JM_VP_TOKEN_FORM, "the payload is no JSON object");
    out->vp_token = jm_json_get(root, "vp_token");
    if (out->vp_token == NULL || out->vp_token->type != JM_JSON_OBJECT || out->vp_token->n == 0)
        return jm_refuse(d, JM_E_MALFORMED, JM_VP_TOKEN_FORM, "vp_token is no object with members");
    for (const struct jm_json *m = out->vp_token->child; m != NULL; m = m->next) {
        const struct jm_dcql_credential *q = query_by_id(query, m->name);

        if (q == NULL)
            return jm_refuse(d, JM_E_DENIED, JM_VP_TOKEN_QUERY,
                             "vp_token answers what was not asked");
        if (m->type != JM_JSON_ARRAY || m->n == 0 || (m->n > 1 && !q->multiple) || !all_texts(m))
            return jm_refuse(d, JM_E_MALFORMED, JM_VP_TOKEN_FORM,
                             "an answer is an array with one presentation");
        can[q - query->credential] = true;
    }
    if (jm_dcql_choose(send, can, query) != JM_OK)
        return jm_refuse(d, JM_E_DENIED, JM_VP_TOKEN_MISSING, "a required credential is missing");
    return JM_OK;
}
