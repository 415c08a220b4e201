/* SPDX-License-Identifier: Apache-2.0 */
#include "jumin/oauth.h"

#include <string.h>

#include "jumin/base64.h"
#include "jumin/civil.h"
#include "jumin/form.h"

/* -- writing: a JSON payload in exact room, then the header -- */

struct pen {
    struct jm_buf b;
    struct jm_json_w w;
};

static enum jm_status pen_open(struct pen *p, struct jm_arena *mem, size_t room)
{
    JM_TRY(jm_alloc_buf(&p->b, mem, room));
    jm_json_w_init(&p->w, &p->b);
    jm_json_w_open(&p->w, '{');
    return JM_OK;
}

static enum jm_status pen_close(struct jm_jws_draft *out, struct pen *p, const char *typ,
                                const struct jm_point *jwk, const struct jm_bytes *x5c, size_t n,
                                struct jm_arena *mem)
{
    struct jm_bytes header;

    jm_json_w_close(&p->w, '}');
    JM_TRY(jm_json_w_end(&p->w));
    JM_TRY(jm_jws_header(&header, typ, jwk, x5c, n, mem));
    return jm_jws_begin(out, header, jm_written(p->b), mem);
}

static void opt_text(struct pen *p, const char *name, struct jm_bytes v)
{
    if (v.len != 0)
        jm_json_w_mtext(&p->w, name, v);
}

static void put_cnf(struct pen *p, const struct jm_point *key)
{
    jm_json_w_name(&p->w, "cnf");
    jm_json_w_open(&p->w, '{');
    jm_json_w_name(&p->w, "jwk");
    jm_jwk_write(&p->w, key, jm_none(), NULL, NULL);
    jm_json_w_close(&p->w, '}');
}

enum jm_status jm_dpop_begin(struct jm_jws_draft *out, const struct jm_dpop_spec *s,
                             const struct jm_crypto *c, struct jm_arena *mem)
{
    uint8_t ath[32];
    struct pen p;

    JM_TRY(pen_open(&p, mem, 512 + 6 * (s->htu.len + s->nonce.len + s->jti.len)));
    jm_json_w_mtext(&p.w, "jti", s->jti);
    jm_json_w_mstr(&p.w, "htm", s->htm);
    jm_json_w_mtext(&p.w, "htu", s->htu);
    jm_json_w_mint(&p.w, "iat", s->iat);
    opt_text(&p, "nonce", s->nonce);
    if (s->access_token.len != 0) {
        JM_TRY(jm_sha256(c, s->access_token, ath));
        jm_json_w_name(&p.w, "ath");
        jm_json_w_b64url(&p.w, jm_bytes(ath, sizeof ath));
    }
    return pen_close(out, &p, "dpop+jwt", &s->key, NULL, 0, mem);
}

enum jm_status jm_attestation_begin(struct jm_jws_draft *out, const struct jm_attestation_spec *s,
                                    struct jm_arena *mem)
{
    struct pen p;

    JM_TRY(pen_open(&p, mem, 512 + 6 * (s->iss.len + s->sub.len)));
    opt_text(&p, "iss", s->iss);
    jm_json_w_mtext(&p.w, "sub", s->sub);
    jm_json_w_mint(&p.w, "iat", s->iat);
    jm_json_w_mint(&p.w, "exp", s->exp);
    put_cnf(&p, &s->instance);
    return pen_close(out, &p, "oauth-client-attestation+jwt", NULL, s->x5c, s->n_x5c, mem);
}

enum jm_status jm_pop_begin(struct jm_jws_draft *out, const struct jm_pop_spec *s,
                            struct jm_arena *mem)
{
    struct pen p;

    JM_TRY(pen_open(&p, mem, 512 + 6 * (s->sub.len + s->aud.len + s->jti.len + s->challenge.len)));
    jm_json_w_mtext(&p.w, "iss", s->sub);
    jm_json_w_mtext(&p.w, "aud", s->aud);
    jm_json_w_mtext(&p.w, "jti", s->jti);
    jm_json_w_mint(&p.w, "iat", s->iat);
    opt_text(&p, "challenge", s->challenge);
    return pen_close(out, &p, "oauth-client-attestation-pop+jwt", NULL, NULL, 0, mem);
}

enum jm_status jm_key_attestation_begin(struct jm_jws_draft *out,
                                        const struct jm_key_attestation_spec *s,
                                        struct jm_arena *mem)
{
    struct pen p;

    JM_TRY(pen_open(&p, mem, 512 + 200 * s->n + 6 * (s->nonce.len + s->key_storage.len)));
    jm_json_w_mint(&p.w, "iat", s->iat);
    jm_json_w_mint(&p.w, "exp", s->exp);
    opt_text(&p, "nonce", s->nonce);
    jm_json_w_name(&p.w, "key_storage");
    jm_json_w_open(&p.w, '[');
    jm_json_w_text(&p.w, s->key_storage);
    jm_json_w_close(&p.w, ']');
    jm_json_w_name(&p.w, "instance_jkt");
    jm_json_w_b64url(&p.w, jm_bytes(s->instance_jkt, 32));
    jm_json_w_name(&p.w, "attested_keys");
    jm_json_w_open(&p.w, '[');
    for (size_t i = 0; i < s->n; i++)
        jm_jwk_write(&p.w, &s->key[i], jm_none(), NULL, NULL);
    jm_json_w_close(&p.w, ']');
    return pen_close(out, &p, "key-attestation+jwt", NULL, s->x5c, s->n_x5c, mem);
}

enum jm_status jm_key_proof_begin(struct jm_jws_draft *out, const struct jm_point *key,
                                  struct jm_bytes client_id, struct jm_bytes aud,
                                  struct jm_bytes nonce, struct jm_bytes attestation, int64_t iat,
                                  struct jm_arena *mem)
{
    struct jm_bytes header;
    struct pen p, h;

    JM_TRY(pen_open(&h, mem, 512 + attestation.len));
    jm_json_w_mstr(&h.w, "alg", "ES256");
    jm_json_w_mstr(&h.w, "typ", "openid4vci-proof+jwt");
    jm_json_w_name(&h.w, "jwk");
    jm_jwk_write(&h.w, key, jm_none(), NULL, NULL);
    opt_text(&h, "key_attestation", attestation);
    jm_json_w_close(&h.w, '}');
    JM_TRY(jm_json_w_end(&h.w));
    header = jm_written(h.b);
    JM_TRY(pen_open(&p, mem, 256 + 6 * (client_id.len + aud.len + nonce.len)));
    opt_text(&p, "iss", client_id);
    jm_json_w_mtext(&p.w, "aud", aud);
    jm_json_w_mint(&p.w, "iat", iat);
    opt_text(&p, "nonce", nonce);
    jm_json_w_close(&p.w, '}');
    JM_TRY(jm_json_w_end(&p.w));
    return jm_jws_begin(out, header, jm_written(p.b), mem);
}

enum jm_status jm_instance_proof_begin(struct jm_jws_draft *out, const struct jm_point *instance,
                                       struct jm_bytes aud, struct jm_bytes challenge,
                                       struct jm_bytes platform, struct jm_bytes nonce, int64_t iat,
                                       struct jm_arena *mem)
{
    struct pen p;

    JM_TRY(pen_open(&p, mem, 512 + 6 * (aud.len + challenge.len + platform.len + nonce.len)));
    jm_json_w_mtext(&p.w, "aud", aud);
    jm_json_w_mtext(&p.w, "challenge", challenge);
    jm_json_w_mint(&p.w, "iat", iat);
    jm_json_w_mtext(&p.w, "platform", platform);
    opt_text(&p, "nonce", nonce);
    return pen_close(out, &p, "jumin-instance+jwt", instance, NULL, 0, mem);
}

enum jm_status jm_instance_key_proof_begin(struct jm_jws_draft *out, const struct jm_point *key,
                                           struct jm_bytes challenge, struct jm_bytes instance_jkt,
                                           struct jm_arena *mem)
{
    struct pen p;

    JM_TRY(pen_open(&p, mem, 256 + 6 * challenge.len));
    jm_json_w_mtext(&p.w, "challenge", challenge);
    jm_json_w_mtext(&p.w, "instance", instance_jkt);
    return pen_close(out, &p, "jumin-key+jwt", key, NULL, 0, mem);
}

/* -- judging -- */

/* A token signed by the key in its own header: DPoP, key proofs, instance proofs. */
static enum jm_status self_signed(struct jm_jws *out, struct jm_bytes token, const char *typ,
                                  enum jm_code form, enum jm_code key, enum jm_code signature,
                                  const struct jm_answers *answers, struct jm_arena *mem,
                                  struct jm_diag *d)
{
    struct jm_jws_unverified u;
    struct jm_diag inner = {0};
    struct jm_jwk jwk;
    enum jm_status st;

    memset(out, 0, sizeof *out);
    if ((st = jm_jws_split(&u, token, typ, mem, &inner)) != JM_OK)
        return jm_refuse(d, st, inner.code == JM_JOSE_SIGNATURE ? signature : form,
                         (const char *)inner.detail.ptr);
    if (jm_jwk_read(&jwk, jm_json_get(u.header, "jwk")) != JM_OK)
        return jm_refuse(d, JM_E_DENIED, key, "jwk is no public P-256 key");
    st = jm_jws_verify(out, &u, &jwk.point, answers, mem, &inner);
    if (st == JM_E_PENDING || st == JM_E_NO_SPACE)
        return st;
    if (st != JM_OK)
        return jm_refuse(d, st,
                         inner.code == JM_JOSE_KEY       ? key
                         : inner.code == JM_JOSE_PAYLOAD ? form
                                                         : signature,
                         (const char *)inner.detail.ptr);
    return JM_OK;
}

/* iat of a token that was made just now: null, or what is wrong with the clocks. A missing one is a
 * fault of form, not of a clock. */
static const char *off_clock(int64_t iat, int64_t now, int64_t past_s, struct jm_arena *mem)
{
    return iat >= now - past_s && iat <= now + JM_CLOCK_SKEW_S ? NULL
                                                               : jm_clock_gap("iat", iat, now, mem);
}

static struct jm_bytes port_of(const struct jm_url *u)
{
    if (u->port.len != 0)
        return u->port;
    return jm_bytes_eq_nocase(u->scheme, JM_BYTES("https")) ? JM_BYTES("443") : JM_BYTES("80");
}

static bool same_target(struct jm_bytes a, struct jm_bytes b)
{
    struct jm_url x, y;
    size_t hash = jm_bytes_find(a, JM_BYTES("#"));

    if (hash != SIZE_MAX)
        a = jm_slice(a, 0, hash);
    if (jm_url_split(&x, a) != JM_OK || jm_url_split(&y, b) != JM_OK)
        return false;
    return jm_bytes_eq_nocase(x.scheme, y.scheme) && jm_bytes_eq_nocase(x.host, y.host) &&
           jm_bytes_eq(port_of(&x), port_of(&y)) &&
           jm_bytes_eq(x.path.len == 0 ? JM_BYTES("/") : x.path,
                       y.path.len == 0 ? JM_BYTES("/") : y.path);
}

enum jm_status jm_dpop_check(struct jm_dpop *out, struct jm_bytes proof, const char *htm,
                             struct jm_bytes htu, struct jm_bytes access_token,
                             const struct jm_answers *answers, const struct jm_crypto *c,
                             struct jm_arena *mem, struct jm_diag *d)
{
    struct jm_bytes v;
    struct jm_jws jws;
    uint8_t ath[32], got[32];

    memset(out, 0, sizeof *out);
    JM_TRY(self_signed(&jws, proof, "dpop+jwt", JM_OAUTH_DPOP_FORM, JM_OAUTH_DPOP_KEY,
                       JM_OAUTH_DPOP_SIGNATURE, answers, mem, d));
    const struct jm_json *cl = jm_jws_claims(&jws);
    if (jm_json_text(&out->jti, cl, "jti", JM_JTI_MAX) != JM_OK || out->jti.len == 0 ||
        jm_json_time(&out->iat, cl, "iat") != JM_OK ||
        jm_json_opt_text(&out->nonce, cl, "nonce", JM_NONCE_TEXT_MAX) != JM_OK)
        return jm_refuse(d, JM_E_MALFORMED, JM_OAUTH_DPOP_FORM, "jti, iat or nonce");
    if (jm_json_str(&v, cl, "htm") != JM_OK || !jm_bytes_eq_str(v, htm))
        return jm_refuse(d, JM_E_DENIED, JM_OAUTH_DPOP_METHOD, "htm is another method");
    if (jm_json_str(&v, cl, "htu") != JM_OK || !same_target(v, htu))
        return jm_refuse(d, JM_E_DENIED, JM_OAUTH_DPOP_URI, "htu is another address");
    if (access_token.ptr != NULL) {
        JM_TRY(jm_sha256(c, access_token, ath));
        if (jm_json_str(&v, cl, "ath") != JM_OK || jm_b64url_exact(got, sizeof got, v) != JM_OK ||
            memcmp(ath, got, 32) != 0)
            return jm_refuse(d, JM_E_DENIED, JM_OAUTH_DPOP_TOKEN, "ath is not that of the token");
    }
    out->key = jws.key;
    return jm_jwk_thumbprint(out->jkt, c, &jws.key);
}

static enum jm_status check_pop(struct jm_client *out, struct jm_bytes pop, struct jm_bytes aud,
                                int64_t now, const struct jm_answers *answers, struct jm_arena *mem,
                                struct jm_diag *d)
{
    struct jm_jws_unverified u;
    struct jm_diag inner = {0};
    struct jm_bytes v;
    struct jm_jws jws;
    const char *off;
    enum jm_status st;

    if (jm_jws_split(&u, pop, "oauth-client-attestation-pop+jwt", mem, &inner) != JM_OK)
        return jm_refuse(d, JM_E_UNAUTHENTICATED, JM_OAUTH_POP_FORM,
                         (const char *)inner.detail.ptr);
    st = jm_jws_verify(&jws, &u, &out->instance, answers, mem, &inner);
    if (st == JM_E_PENDING || st == JM_E_NO_SPACE)
        return st;
    if (st != JM_OK)
        return jm_refuse(d, JM_E_UNAUTHENTICATED, JM_OAUTH_POP_SIGNATURE,
                         "not signed by the attested instance key");
    const struct jm_json *cl = jm_jws_claims(&jws);
    if (jm_json_str(&v, cl, "aud") != JM_OK || !jm_bytes_eq(v, aud))
        return jm_refuse(d, JM_E_UNAUTHENTICATED, JM_OAUTH_POP_AUDIENCE, "aud is not this issuer");
    if (jm_json_time(&out->iat, cl, "iat") != JM_OK)
        return jm_refuse(d, JM_E_UNAUTHENTICATED, JM_OAUTH_POP_FORM, "iat");
    if ((off = off_clock(out->iat, now, JM_CLOCK_SKEW_S, mem)) != NULL)
        return jm_refuse(d, JM_E_UNAUTHENTICATED, JM_OAUTH_POP_TIME, off);
    if (jm_json_text(&out->jti, cl, "jti", JM_JTI_MAX) != JM_OK || out->jti.len == 0 ||
        jm_json_opt_text(&out->challenge, cl, "challenge", JM_NONCE_TEXT_MAX) != JM_OK)
        return jm_refuse(d, JM_E_UNAUTHENTICATED, JM_OAUTH_POP_FORM, "jti or challenge");
    if (jm_json_opt_str(&v, cl, "iss") != JM_OK || (v.ptr != NULL && !jm_bytes_eq(v, out->sub)))
        return jm_refuse(d, JM_E_UNAUTHENTICATED, JM_OAUTH_CLIENT_ID,
                         "iss of the PoP is not sub of the attestation");
    return JM_OK;
}

enum jm_status jm_client_check(struct jm_client *out, struct jm_bytes attestation,
                               struct jm_bytes pop, struct jm_bytes aud,
                               const struct jm_anchors *anchors, int64_t now,
                               const struct jm_answers *answers, const struct jm_crypto *c,
                               struct jm_arena *mem, struct jm_diag *d)
{
    struct jm_jws_unverified u;
    struct jm_diag inner = {0};
    struct jm_jwk jwk;
    struct jm_jws jws;
    enum jm_status st;

    memset(out, 0, sizeof *out);
    if (attestation.len == 0 || pop.len == 0)
        return jm_refuse(d, JM_E_UNAUTHENTICATED, JM_OAUTH_ATTESTATION_MISSING,
                         "client attestation and PoP are required");
    if (jm_jws_split(&u, attestation, "oauth-client-attestation+jwt", mem, &inner) != JM_OK)
        return jm_refuse(d, JM_E_UNAUTHENTICATED, JM_OAUTH_ATTESTATION_FORM,
                         (const char *)inner.detail.ptr);
    const struct jm_path_spec spec = {.anchors = anchors,
                                      .use = JM_PATH_ATTESTATION,
                                      .now = now,
                                      .waive_crl = true};
    st = jm_jws_verify_x5c(&jws, &u, &spec, answers, mem, &inner);
    if (st == JM_E_PENDING || st == JM_E_NO_SPACE)
        return st;
    /* nobody could decide: that is not the wallet's fault */
    if (jm_class_of(st) == JM_CLASS_UNAVAILABLE)
        return jm_refuse(d, st, inner.code, (const char *)inner.detail.ptr);
    if (st != JM_OK)
        return jm_refuse(d, JM_E_UNAUTHENTICATED, JM_OAUTH_ATTESTATION_CHAIN,
                         (const char *)inner.detail.ptr);
    const struct jm_json *cl = jm_jws_claims(&jws);
    if (jm_json_text(&out->sub, cl, "sub", JM_CLIENT_SUB_MAX) != JM_OK || out->sub.len == 0)
        return jm_refuse(d, JM_E_UNAUTHENTICATED, JM_OAUTH_ATTESTATION_FORM,
                         "sub is missing or too long");
    if (jm_jwt_times(cl, now, true, mem, &inner) != JM_OK)
        return jm_refuse(d, JM_E_UNAUTHENTICATED,
                         inner.code == JM_JOSE_NOT_YET_VALID ? JM_OAUTH_ATTESTATION_CLOCK
                                                             : JM_OAUTH_ATTESTATION_EXPIRED,
                         (const char *)inner.detail.ptr);
    if (jm_json_time(&out->attested, cl, "iat") != JM_OK)
        out->attested = 0; /* not stated: jm_jwt_times() has refused what is no time */
    if (jm_jwk_read(&jwk, jm_json_get(jm_json_get(cl, "cnf"), "jwk")) != JM_OK)
        return jm_refuse(d, JM_E_UNAUTHENTICATED, JM_OAUTH_ATTESTATION_FORM,
                         "cnf.jwk is no public P-256 key");
    out->instance = jwk.point;
    JM_TRY(check_pop(out, pop, aud, now, answers, mem, d));
    return jm_jwk_thumbprint(out->jkt, c, &out->instance);
}

/* -- proofs of the credential endpoint -- */

struct gather {
    struct jm_point *key;
    size_t n, cap;
    struct jm_bytes nonce;
    unsigned level;
    bool any_nonce;
};

static bool has_key(const struct jm_point *list, size_t n, const struct jm_point *k)
{
    for (size_t i = 0; i < n; i++)
        if (jm_point_eq(&list[i], k))
            return true;
    return false;
}

static enum jm_status add_key(struct gather *g, const struct jm_point *k, struct jm_diag *d)
{
    if (has_key(g->key, g->n, k))
        return JM_OK;
    if (g->n == g->cap)
        return jm_refuse(d, JM_E_LIMIT, JM_VCI_PROOF_COUNT, "more keys than the batch size");
    g->key[g->n++] = *k;
    return JM_OK;
}

static enum jm_status same_nonce(struct gather *g, const struct jm_json *claims, struct jm_diag *d)
{
    struct jm_bytes n;

    if (jm_json_text(&n, claims, "nonce", JM_NONCE_TEXT_MAX) != JM_OK || n.len == 0)
        return jm_refuse(d, JM_E_DENIED, JM_VCI_PROOF_NONCE_MISSING,
                         "a proof without nonce, or one too long");
    if (g->any_nonce && !jm_bytes_eq(n, g->nonce))
        return jm_refuse(d, JM_E_DENIED, JM_VCI_NONCE, "proofs of one request share one nonce");
    g->nonce = n;
    g->any_nonce = true;
    return JM_OK;
}

static unsigned level_of(const struct jm_json *storage)
{
    static const char *const urn[3] = {"urn:jumin:key-level:1", "urn:jumin:key-level:2",
                                       "urn:jumin:key-level:3"};

    if (storage != NULL && storage->n > JM_KEY_STORAGES_MAX)
        return 0;
    for (const struct jm_json *e = storage == NULL ? NULL : storage->child; e != NULL; e = e->next)
        for (unsigned i = 0; i < 3; i++)
            if (jm_json_is_str(e, urn[i]))
                return i + 1;
    return 0;
}

static enum jm_status attested_keys(struct jm_point *key, size_t *n, const struct jm_json *list,
                                    struct jm_diag *d)
{
    *n = 0;
    if (list == NULL || list->type != JM_JSON_ARRAY || list->n == 0)
        return jm_refuse(d, JM_E_DENIED, JM_VCI_KEY_ATTESTATION, "attested_keys is empty");
    if (list->n > JM_PROOFS_MAX)
        return jm_refuse(d, JM_E_LIMIT, JM_VCI_PROOF_COUNT, "more keys than the batch size");
    for (const struct jm_json *e = list->child; e != NULL; e = e->next) {
        struct jm_jwk jwk;

        if (jm_jwk_read(&jwk, e) != JM_OK)
            return jm_refuse(d, JM_E_DENIED, JM_VCI_KEY_ATTESTATION,
                             "an attested key is no public P-256 key");
        key[(*n)++] = jwk.point;
    }
    return JM_OK;
}

static enum jm_status read_key_attestation(struct gather *g, struct jm_point *keys, size_t *n,
                                           struct jm_bytes token, const struct jm_proofs_expect *x,
                                           const struct jm_answers *answers, struct jm_arena *mem,
                                           struct jm_diag *d)
{
    struct jm_jws_unverified u;
    struct jm_diag inner = {0};
    uint8_t jkt[32];
    struct jm_bytes v;
    struct jm_jws jws;
    enum jm_status st;

    if (jm_jws_split(&u, token, "key-attestation+jwt", mem, &inner) != JM_OK)
        return jm_refuse(d, JM_E_DENIED, JM_VCI_KEY_ATTESTATION, (const char *)inner.detail.ptr);
    const struct jm_path_spec spec = {.anchors = x->anchors,
                                      .use = JM_PATH_ATTESTATION,
                                      .now = x->now,
                                      .waive_crl = true};
    st = jm_jws_verify_x5c(&jws, &u, &spec, answers, mem, &inner);
    if (st == JM_E_PENDING || st == JM_E_NO_SPACE)
        return st;
    if (jm_class_of(st) == JM_CLASS_UNAVAILABLE)
        return jm_refuse(d, st, inner.code, (const char *)inner.detail.ptr);
    if (st != JM_OK)
        return jm_refuse(d, JM_E_DENIED, JM_VCI_KEY_ATTESTATION_CHAIN,
                         (const char *)inner.detail.ptr);
    const struct jm_json *cl = jm_jws_claims(&jws);
    if (jm_jwt_times(cl, x->now, true, mem, &inner) != JM_OK)
        return jm_refuse(d, JM_E_DENIED,
                         inner.code == JM_JOSE_NOT_YET_VALID ? JM_VCI_KEY_ATTESTATION_CLOCK
                                                             : JM_VCI_KEY_ATTESTATION,
                         (const char *)inner.detail.ptr);
    if ((g->level = level_of(jm_json_get(cl, "key_storage"))) == 0)
        return jm_refuse(d, JM_E_DENIED, JM_VCI_KEY_ATTESTATION_LEVEL,
                         "key_storage is none of the levels asked for");
    if ((!x->instance_optional || jm_json_get(cl, "instance_jkt") != NULL) &&
        (jm_json_str(&v, cl, "instance_jkt") != JM_OK ||
         jm_b64url_exact(jkt, sizeof jkt, v) != JM_OK || memcmp(jkt, x->instance_jkt, 32) != 0))
        return jm_refuse(d, JM_E_DENIED, JM_VCI_KEY_ATTESTATION_INSTANCE,
                         "attested for another instance");
    JM_TRY(same_nonce(g, cl, d));
    return attested_keys(keys, n, jm_json_get(cl, "attested_keys"), d);
}

static enum jm_status one_jwt_proof(struct gather *g, struct jm_point *attested, size_t *n,
                                    const struct jm_json *proof, const struct jm_proofs_expect *x,
                                    const struct jm_answers *answers, struct jm_arena *mem,
                                    struct jm_diag *d)
{
    struct jm_jws_unverified u;
    struct jm_bytes v, ka;
    struct jm_jws jws;
    const char *off;
    int64_t iat;

    if (proof->type != JM_JSON_STRING ||
        jm_jws_split(&u, proof->text, "openid4vci-proof+jwt", mem, NULL) != JM_OK)
        return jm_refuse(d, JM_E_DENIED, JM_VCI_PROOF_FORM, "a proof is no ES256 JWS of its typ");
    if (jm_json_get(u.header, "kid") != NULL || jm_json_get(u.header, "x5c") != NULL)
        return jm_refuse(d, JM_E_DENIED, JM_VCI_PROOF_FORM, "exactly one of jwk, kid, x5c: jwk");
    JM_TRY(self_signed(&jws, proof->text, "openid4vci-proof+jwt", JM_VCI_PROOF_FORM,
                       JM_VCI_PROOF_FORM, JM_VCI_PROOF_FORM, answers, mem, d));
    const struct jm_json *cl = jm_jws_claims(&jws);
    if (jm_json_str(&v, cl, "aud") != JM_OK || !jm_bytes_eq(v, x->aud))
        return jm_refuse(d, JM_E_DENIED, JM_VCI_PROOF_AUDIENCE, "aud is not the issuer");
    if (jm_json_opt_text(&v, cl, "iss", JM_CLIENT_SUB_MAX) != JM_OK ||
        (v.ptr != NULL && x->client_id.ptr != NULL && !jm_bytes_eq(v, x->client_id)))
        return jm_refuse(d, JM_E_DENIED, JM_VCI_PROOF_FORM, "iss is not the client");
    if (jm_json_time(&iat, cl, "iat") != JM_OK)
        return jm_refuse(d, JM_E_DENIED, JM_VCI_PROOF_FORM, "iat");
    if ((off = off_clock(iat, x->now, JM_KEY_PROOF_PAST_S, mem)) != NULL)
        return jm_refuse(d, JM_E_DENIED, JM_VCI_PROOF_TIME, off);
    JM_TRY(same_nonce(g, cl, d));
    if (jm_json_str(&ka, u.header, "key_attestation") != JM_OK)
        return jm_refuse(d, JM_E_DENIED, JM_VCI_KEY_NOT_ATTESTED, "a key attestation is required");
    JM_TRY(read_key_attestation(g, attested, n, ka, x, answers, mem, d));
    if (!has_key(attested, *n, &jws.key))
        return jm_refuse(d, JM_E_DENIED, JM_VCI_KEY_NOT_ATTESTED,
                         "the proof's key is not among the attested ones");
    return add_key(g, &jws.key, d);
}

enum jm_status jm_proofs_check(struct jm_proofs *out, const struct jm_json *proofs,
                               const struct jm_proofs_expect *x, const struct jm_answers *answers,
                               const struct jm_crypto *c, struct jm_arena *mem, struct jm_diag *d)
{
    struct gather g = {JM_NEW_N(mem, struct jm_point, x->max), 0, x->max, {NULL, 0}, 0, false};
    struct jm_point *attested = JM_NEW_N(mem, struct jm_point, JM_PROOFS_MAX);
    const struct jm_json *list;
    size_t n = 0;

    (void)c;
    memset(out, 0, sizeof *out);
    if (g.key == NULL || attested == NULL)
        return JM_E_NO_SPACE;
    if (proofs == NULL)
        return jm_refuse(d, JM_E_MISSING, JM_VCI_PROOF_MISSING, "proofs");
    if (proofs->type != JM_JSON_OBJECT || proofs->n != 1)
        return jm_refuse(d, JM_E_MALFORMED, JM_VCI_PROOF_TYPES, "exactly one proof type");
    list = proofs->child;
    if (list->type != JM_JSON_ARRAY || list->n == 0 || list->n > JM_PROOFS_MAX)
        return jm_refuse(d, JM_E_MALFORMED, JM_VCI_PROOF_COUNT, "a non-empty array of proofs");
    if (jm_bytes_eq_str(list->name, "attestation")) {
        if (list->n != 1 || list->child->type != JM_JSON_STRING)
            return jm_refuse(d, JM_E_MALFORMED, JM_VCI_PROOF_COUNT, "exactly one key attestation");
        JM_TRY(read_key_attestation(&g, attested, &n, list->child->text, x, answers, mem, d));
    } else if (jm_bytes_eq_str(list->name, "jwt")) {
        for (const struct jm_json *e = list->child; e != NULL; e = e->next)
            JM_TRY(one_jwt_proof(&g, attested, &n, e, x, answers, mem, d));
    } else {
        return jm_refuse(d, JM_E_UNSUPPORTED, JM_VCI_PROOF_TYPES,
                         "proof type is not jwt or attestation");
    }
    for (size_t i = 0; i < n; i++)
        JM_TRY(add_key(&g, &attested[i], d));
    *out = (struct jm_proofs){g.key, g.n, g.nonce, g.level};
    return JM_OK;
}

/* -- provider -- */

enum jm_status jm_instance_keys(struct jm_instance_proof *out, const struct jm_json *keys,
                                const struct jm_answers *answers, struct jm_arena *mem,
                                struct jm_diag *d)
{
    if (keys == NULL)
        return JM_OK;
    if (keys->type != JM_JSON_ARRAY || keys->n == 0 || keys->n > JM_PROOFS_MAX)
        return jm_refuse(d, JM_E_MALFORMED, JM_PROVIDER_KEYS, "keys is no array of 1 to 64");
    if ((out->key = JM_NEW_N(mem, struct jm_point, keys->n)) == NULL)
        return JM_E_NO_SPACE;
    for (const struct jm_json *e = keys->child; e != NULL; e = e->next) {
        struct jm_bytes challenge, instance;
        struct jm_jws jws;

        if (e->type != JM_JSON_STRING)
            return jm_refuse(d, JM_E_MALFORMED, JM_PROVIDER_KEYS, "a key proof is no text");
        if (e->text.len > JM_KEY_PROOF_MAX)
            return jm_refuse(d, JM_E_LIMIT, JM_PROVIDER_KEYS, "a key proof is too long");
        JM_TRY(self_signed(&jws, e->text, "jumin-key+jwt", JM_PROVIDER_PROOF, JM_PROVIDER_PROOF,
                           JM_PROVIDER_PROOF, answers, mem, d));
        if (jm_json_str(&challenge, jm_jws_claims(&jws), "challenge") != JM_OK ||
            !jm_bytes_eq(challenge, out->challenge) ||
            jm_json_str(&instance, jm_jws_claims(&jws), "instance") != JM_OK ||
            !jm_bytes_eq_str(instance, out->jkt))
            return jm_refuse(d, JM_E_DENIED, JM_PROVIDER_PROOF,
                             "a key proof is of another challenge or instance");
        if (has_key(out->key, out->n, &jws.key) || has_key(&out->instance, 1, &jws.key))
            return jm_refuse(d, JM_E_DENIED, JM_PROVIDER_KEYS,
                             "a key stands twice, or is the instance's");
        out->key[out->n++] = jws.key;
    }
    return JM_OK;
}

static bool short_ascii(struct jm_bytes t, size_t max)
{
    for (size_t i = 0; i < t.len; i++)
        if (t.ptr[i] < 0x20 || t.ptr[i] > 0x7E)
            return false;
    return t.len <= max;
}

enum jm_status jm_instance_check(struct jm_instance_proof *out, struct jm_bytes proof,
                                 struct jm_bytes aud, int64_t now, const struct jm_answers *answers,
                                 const struct jm_crypto *c, struct jm_arena *mem, struct jm_diag *d)
{
    struct jm_bytes v;
    struct jm_jws jws;
    const char *off;
    int64_t iat;

    memset(out, 0, sizeof *out);
    JM_TRY(self_signed(&jws, proof, "jumin-instance+jwt", JM_PROVIDER_PROOF, JM_PROVIDER_PROOF,
                       JM_PROVIDER_PROOF, answers, mem, d));
    const struct jm_json *cl = jm_jws_claims(&jws);
    if (jm_json_str(&v, cl, "aud") != JM_OK || !jm_bytes_eq(v, aud))
        return jm_refuse(d, JM_E_DENIED, JM_PROVIDER_PROOF, "aud is not this provider");
    if (jm_json_time(&iat, cl, "iat") != JM_OK)
        return jm_refuse(d, JM_E_DENIED, JM_PROVIDER_PROOF, "iat");
    if ((off = off_clock(iat, now, JM_CLOCK_SKEW_S, mem)) != NULL)
        return jm_refuse(d, JM_E_DENIED, JM_PROVIDER_CLOCK, off);
    if (jm_json_text(&out->challenge, cl, "challenge", JM_NONCE_TEXT_MAX) != JM_OK ||
        jm_json_opt_str(&out->nonce, cl, "nonce") != JM_OK ||
        jm_json_opt_str(&out->platform, cl, "platform") != JM_OK)
        return jm_refuse(d, JM_E_MALFORMED, JM_PROVIDER_PROOF, "challenge, nonce or platform");
    if (out->nonce.len > JM_NONCE_TEXT_MAX || !short_ascii(out->platform, JM_PLATFORM_MAX))
        return jm_refuse(d, JM_E_LIMIT, JM_PROVIDER_PROOF, "platform or nonce is too long");
    out->instance = jws.key;
    return jm_jwk_thumbprint_text(out->jkt, c, &jws.key);
}

enum jm_status jm_ticket_sign(char out[3], struct jm_bytes jti, struct jm_bytes jkt_text,
                              const struct jm_crypto *c)
{
    const struct jm_bytes parts[] = {jti, jm_bytes("", 1), jkt_text};
    uint8_t h[32];
    uint32_t n;

    memset(out, 0, 3);
    JM_TRY(c->hash(JM_SHA256, parts, JM_ARRAY_LEN(parts), h));
    n = jm_u32_be(h) % 100;
    out[0] = (char)('0' + n / 10);
    out[1] = (char)('0' + n % 10);
    return JM_OK;
}
