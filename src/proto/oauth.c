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
    struct jm_arena *mem;
};

static enum jm_status pen_open(struct pen *p, struct jm_arena *mem, size_t room)
{
    p->mem = mem;
    JM_TRY(jm_alloc_buf(&p->b, mem, room));
    jm_json_w_init(&p->w, &p->b);
    jm_json_w_open(&p->w, '{');
    return JM_OK;
}

static enum jm_status pen_close(struct jm_jws_draft *out, struct pen *p, const char *typ,
                                const struct jm_point *jwk, const struct jm_bytes *x5c, size_t n)
{
    struct jm_bytes header;

    jm_json_w_close(&p->w, '}');
    JM_TRY(jm_json_w_end(&p->w));
    JM_TRY(jm_jws_header(&header, typ, jwk, x5c, n, p->mem));
    return jm_jws_begin(out, header, jm_written(p->b), p->mem);
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
    return pen_close(out, &p, "dpop+jwt", &s->key, NULL, 0);
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
    return pen_close(out, &p, "oauth-client-attestation+jwt", NULL, s->x5c, s->n_x5c);
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
    if (s->counter != 0)
        jm_json_w_mint(&p.w, "jumin_counter", s->counter);
    return pen_close(out, &p, "oauth-client-attestation-pop+jwt", NULL, NULL, 0);
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
    return pen_close(out, &p, "key-attestation+jwt", NULL, s->x5c, s->n_x5c);
}

enum jm_status jm_key_proof_begin(struct jm_jws_draft *out, const struct jm_key_proof_spec *s,
                                  struct jm_arena *mem)
{
    struct jm_bytes header;
    struct pen p, h;

    JM_TRY(pen_open(&h, mem, 512 + s->attestation.len));
    jm_json_w_mstr(&h.w, "alg", "ES256");
    jm_json_w_mstr(&h.w, "typ", "openid4vci-proof+jwt");
    jm_json_w_name(&h.w, "jwk");
    jm_jwk_write(&h.w, &s->key, jm_none(), NULL, NULL);
    opt_text(&h, "key_attestation", s->attestation);
    jm_json_w_close(&h.w, '}');
    JM_TRY(jm_json_w_end(&h.w));
    header = jm_written(h.b);
    JM_TRY(pen_open(&p, mem, 256 + 6 * (s->client_id.len + s->aud.len + s->nonce.len)));
    opt_text(&p, "iss", s->client_id);
    jm_json_w_mtext(&p.w, "aud", s->aud);
    jm_json_w_mint(&p.w, "iat", s->iat);
    opt_text(&p, "nonce", s->nonce);
    jm_json_w_close(&p.w, '}');
    JM_TRY(jm_json_w_end(&p.w));
    return jm_jws_begin(out, header, jm_written(p.b), mem);
}

enum jm_status jm_instance_proof_begin(struct jm_jws_draft *out,
                                       const struct jm_instance_proof_spec *s, struct jm_arena *mem)
{
    struct pen p;

    JM_TRY(pen_open(&p, mem,
                    512 + 6 * (s->aud.len + s->challenge.len + s->platform.len + s->nonce.len)));
    jm_json_w_mtext(&p.w, "aud", s->aud);
    jm_json_w_mtext(&p.w, "challenge", s->challenge);
    jm_json_w_mint(&p.w, "iat", s->iat);
    jm_json_w_mtext(&p.w, "platform", s->platform);
    opt_text(&p, "nonce", s->nonce);
    return pen_close(out, &p, "jumin-instance+jwt", &s->instance, NULL, 0);
}

enum jm_status jm_instance_key_proof_begin(struct jm_jws_draft *out, const struct jm_point *key,
                                           struct jm_bytes challenge, struct jm_bytes instance_jkt,
                                           struct jm_arena *mem)
{
    struct pen p;

    JM_TRY(pen_open(&p, mem, 256 + 6 * challenge.len));
    jm_json_w_mtext(&p.w, "challenge", challenge);
    jm_json_w_mtext(&p.w, "instance", instance_jkt);
    return pen_close(out, &p, "jumin-key+jwt", key, NULL, 0);
}

/* -- judging -- */

enum jm_status jm_token_read(struct jm_jws *out, struct jm_bytes token,
                             const struct jm_token_kind *kind, const struct jm_reading *r)
{
    struct jm_jws_unverified u;
    struct jm_diag inner = {0};
    struct jm_reading by = *r;
    enum jm_status st;

    memset(out, 0, sizeof *out);
    by.diag = &inner;
    if (jm_jws_split(&u, token, kind->typ, r->mem, &inner) != JM_OK)
        return jm_refuse(r->diag, kind->refusal, kind->form, (const char *)inner.detail.ptr);
    st = jm_jws_verify_x5c(out, &u, kind->use, &by);
    if (st == JM_OK || st == JM_E_PENDING || st == JM_E_NO_SPACE)
        return st;
    /* nobody could decide: that is not the sender's fault */
    if (jm_class_of(st) == JM_CLASS_UNAVAILABLE)
        return jm_refuse(r->diag, st, inner.code, (const char *)inner.detail.ptr);
    return jm_refuse(r->diag, kind->refusal, kind->chain, (const char *)inner.detail.ptr);
}

enum jm_status jm_token_times(const struct jm_json *claims, const struct jm_token_kind *kind,
                              const struct jm_reading *r)
{
    struct jm_diag inner = {0};

    if (jm_jwt_times(claims, r->now, true, r->mem, &inner) == JM_OK)
        return JM_OK;
    return jm_refuse(r->diag, kind->refusal,
                     inner.code == JM_JOSE_NOT_YET_VALID ? kind->early : kind->late,
                     (const char *)inner.detail.ptr);
}

/* Proofs made for the moment, most of them signed by the key in their own header. */
struct proof_kind {
    const char *typ;
    enum jm_code form, key, signature;
    /* where its iat is judged: the refusal, the code of a clock that is off, the age it may have */
    enum jm_status refusal;
    enum jm_code clock;
    int64_t past_s;
};

/* clang-format off */
static const struct proof_kind
    dpop_proof = {"dpop+jwt", JM_OAUTH_DPOP_FORM, JM_OAUTH_DPOP_KEY, JM_OAUTH_DPOP_SIGNATURE,
                  JM_OK, JM_CODE_NONE, 0},
    client_pop = {"oauth-client-attestation-pop+jwt", JM_OAUTH_POP_FORM, JM_OAUTH_POP_SIGNATURE,
                  JM_OAUTH_POP_SIGNATURE, JM_E_UNAUTHENTICATED, JM_OAUTH_POP_TIME, JM_CLOCK_SKEW_S},
    card_key = {"openid4vci-proof+jwt", JM_VCI_PROOF_FORM, JM_VCI_PROOF_FORM, JM_VCI_PROOF_FORM,
                JM_E_DENIED, JM_VCI_PROOF_TIME, JM_KEY_PROOF_PAST_S},
    instance_proof = {"jumin-instance+jwt", JM_PROVIDER_PROOF, JM_PROVIDER_PROOF, JM_PROVIDER_PROOF,
                      JM_E_DENIED, JM_PROVIDER_CLOCK, JM_CLOCK_SKEW_S},
    instance_key = {"jumin-key+jwt", JM_PROVIDER_PROOF, JM_PROVIDER_PROOF, JM_PROVIDER_PROOF,
                    JM_OK, JM_CODE_NONE, 0};

static const struct jm_token_kind
    client_attestation = {"oauth-client-attestation+jwt", JM_PATH_ATTESTATION, JM_E_UNAUTHENTICATED,
                          JM_OAUTH_ATTESTATION_FORM, JM_OAUTH_ATTESTATION_CHAIN,
                          JM_OAUTH_ATTESTATION_CLOCK, JM_OAUTH_ATTESTATION_EXPIRED},
    key_attestation = {"key-attestation+jwt", JM_PATH_ATTESTATION, JM_E_DENIED,
                       JM_VCI_KEY_ATTESTATION, JM_VCI_KEY_ATTESTATION_CHAIN,
                       JM_VCI_KEY_ATTESTATION_CLOCK, JM_VCI_KEY_ATTESTATION};
/* clang-format on */

static enum jm_status deny_it(const struct jm_reading *r, enum jm_code code, const char *why)
{
    return jm_refuse(r->diag, JM_E_DENIED, code, why);
}

static enum jm_status self_signed(struct jm_jws *out, struct jm_bytes token,
                                  const struct proof_kind *kind, const struct jm_reading *r)
{
    struct jm_jws_unverified u;
    struct jm_diag inner = {0};
    struct jm_jwk jwk;
    enum jm_status st;

    memset(out, 0, sizeof *out);
    if ((st = jm_jws_split(&u, token, kind->typ, r->mem, &inner)) != JM_OK)
        return jm_refuse(r->diag, st,
                         inner.code == JM_JOSE_SIGNATURE ? kind->signature : kind->form,
                         (const char *)inner.detail.ptr);
    if (jm_jwk_read(&jwk, jm_json_get(u.header, "jwk")) != JM_OK)
        return deny_it(r, kind->key, "jwk is no public P-256 key");
    st = jm_jws_verify(out, &u, &jwk.point, r->answers, r->mem, &inner);
    if (st == JM_OK || st == JM_E_PENDING || st == JM_E_NO_SPACE)
        return st;
    return jm_refuse(r->diag, st,
                     inner.code == JM_JOSE_KEY       ? kind->key
                     : inner.code == JM_JOSE_PAYLOAD ? kind->form
                                                     : kind->signature,
                     (const char *)inner.detail.ptr);
}

/* A missing iat is a fault of form, not of a clock. */
static enum jm_status just_made(int64_t *iat, const struct jm_json *claims,
                                const struct proof_kind *kind, const struct jm_reading *r)
{
    if (jm_json_time(iat, claims, "iat") != JM_OK)
        return jm_refuse(r->diag, kind->refusal, kind->form, "iat");
    if (*iat >= r->now - kind->past_s && *iat <= r->now + JM_CLOCK_SKEW_S)
        return JM_OK;
    return jm_refuse(r->diag, kind->refusal, kind->clock,
                     jm_clock_gap("iat", *iat, r->now, r->mem));
}

static bool is_for(const struct jm_json *claims, struct jm_bytes aud)
{
    struct jm_bytes v;

    return jm_json_str(&v, claims, "aud") == JM_OK && jm_bytes_eq(v, aud);
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
                             const struct jm_reading *r)
{
    struct jm_bytes v;
    struct jm_jws jws;
    uint8_t ath[32], got[32];

    memset(out, 0, sizeof *out);
    JM_TRY(self_signed(&jws, proof, &dpop_proof, r));
    const struct jm_json *cl = jm_jws_claims(&jws);
    if (jm_json_text(&out->jti, cl, "jti", JM_JTI_MAX) != JM_OK || out->jti.len == 0 ||
        jm_json_time(&out->iat, cl, "iat") != JM_OK ||
        jm_json_opt_text(&out->nonce, cl, "nonce", JM_NONCE_TEXT_MAX) != JM_OK)
        return jm_refuse(r->diag, JM_E_MALFORMED, JM_OAUTH_DPOP_FORM, "jti, iat or nonce");
    if (jm_json_str(&v, cl, "htm") != JM_OK || !jm_bytes_eq_str(v, htm))
        return deny_it(r, JM_OAUTH_DPOP_METHOD, "htm is another method");
    if (jm_json_str(&v, cl, "htu") != JM_OK || !same_target(v, htu))
        return deny_it(r, JM_OAUTH_DPOP_URI, "htu is another address");
    if (access_token.ptr != NULL) {
        JM_TRY(jm_sha256(r->crypto, access_token, ath));
        if (jm_json_str(&v, cl, "ath") != JM_OK || jm_b64url_exact(got, sizeof got, v) != JM_OK ||
            memcmp(ath, got, 32) != 0)
            return deny_it(r, JM_OAUTH_DPOP_TOKEN, "ath is not that of the token");
    }
    out->key = jws.key;
    return jm_jwk_thumbprint(out->jkt, r->crypto, &jws.key);
}

static enum jm_status refuse_client(const struct jm_reading *r, enum jm_code code, const char *why)
{
    return jm_refuse(r->diag, JM_E_UNAUTHENTICATED, code, why);
}

static enum jm_status check_pop(struct jm_client *out, struct jm_bytes pop,
                                const struct jm_reading *r)
{
    struct jm_jws_unverified u;
    struct jm_diag inner = {0};
    struct jm_bytes v;
    struct jm_jws jws;
    enum jm_status st;

    if (jm_jws_split(&u, pop, client_pop.typ, r->mem, &inner) != JM_OK)
        return refuse_client(r, JM_OAUTH_POP_FORM, (const char *)inner.detail.ptr);
    st = jm_jws_verify(&jws, &u, &out->instance, r->answers, r->mem, &inner);
    if (st == JM_E_PENDING || st == JM_E_NO_SPACE)
        return st;
    if (st != JM_OK)
        return refuse_client(r, JM_OAUTH_POP_SIGNATURE, "not signed by the attested instance key");
    const struct jm_json *cl = jm_jws_claims(&jws);
    if (!is_for(cl, r->aud))
        return refuse_client(r, JM_OAUTH_POP_AUDIENCE, "aud is not this issuer");
    JM_TRY(just_made(&out->iat, cl, &client_pop, r));
    if (jm_json_text(&out->jti, cl, "jti", JM_JTI_MAX) != JM_OK || out->jti.len == 0 ||
        jm_json_opt_text(&out->challenge, cl, "challenge", JM_NONCE_TEXT_MAX) != JM_OK)
        return refuse_client(r, JM_OAUTH_POP_FORM, "jti or challenge");
    const struct jm_json *counter = jm_json_get(cl, "jumin_counter");
    if (counter != NULL && (jm_json_int(&out->counter, counter) != JM_OK || out->counter <= 0))
        return refuse_client(r, JM_OAUTH_POP_FORM, "jumin_counter");
    if (jm_json_opt_str(&v, cl, "iss") != JM_OK || (v.ptr != NULL && !jm_bytes_eq(v, out->sub)))
        return refuse_client(r, JM_OAUTH_CLIENT_ID, "iss of the PoP is not sub of the attestation");
    return JM_OK;
}

enum jm_status jm_client_check(struct jm_client *out, struct jm_bytes attestation,
                               struct jm_bytes pop, const struct jm_reading *r)
{
    struct jm_jwk jwk;
    struct jm_jws jws;

    memset(out, 0, sizeof *out);
    if (attestation.len == 0 || pop.len == 0)
        return refuse_client(r, JM_OAUTH_ATTESTATION_MISSING,
                             "client attestation and PoP are required");
    JM_TRY(jm_token_read(&jws, attestation, &client_attestation, r));
    const struct jm_json *cl = jm_jws_claims(&jws);
    if (jm_json_text(&out->sub, cl, "sub", JM_CLIENT_SUB_MAX) != JM_OK || out->sub.len == 0)
        return refuse_client(r, JM_OAUTH_ATTESTATION_FORM, "sub is missing or too long");
    JM_TRY(jm_token_times(cl, &client_attestation, r));
    if (jm_json_time(&out->attested, cl, "iat") != JM_OK)
        out->attested = 0; /* not stated: jm_jwt_times() has refused what is no time */
    if (jm_jwk_read(&jwk, jm_json_get(jm_json_get(cl, "cnf"), "jwk")) != JM_OK)
        return refuse_client(r, JM_OAUTH_ATTESTATION_FORM, "cnf.jwk is no public P-256 key");
    out->instance = jwk.point;
    JM_TRY(check_pop(out, pop, r));
    return jm_jwk_thumbprint(out->jkt, r->crypto, &out->instance);
}

/* -- proofs of the credential endpoint -- */

struct gather {
    const struct jm_proofs_expect *x;
    const struct jm_reading *r;
    struct jm_point *key, *attested; /* attested: of the key attestation read last */
    size_t n, n_attested;
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

static enum jm_status add_key(struct gather *g, const struct jm_point *k)
{
    if (has_key(g->key, g->n, k))
        return JM_OK;
    if (g->n == g->x->max)
        return jm_refuse(g->r->diag, JM_E_LIMIT, JM_VCI_PROOF_COUNT,
                         "more keys than the batch size");
    g->key[g->n++] = *k;
    return JM_OK;
}

static enum jm_status same_nonce(struct gather *g, const struct jm_json *claims)
{
    struct jm_bytes n;

    if (jm_json_text(&n, claims, "nonce", JM_NONCE_TEXT_MAX) != JM_OK || n.len == 0)
        return deny_it(g->r, JM_VCI_PROOF_NONCE_MISSING, "a proof without nonce, or one too long");
    if (g->any_nonce && !jm_bytes_eq(n, g->nonce))
        return deny_it(g->r, JM_VCI_NONCE, "proofs of one request share one nonce");
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

static enum jm_status attested_keys(struct gather *g, const struct jm_json *list)
{
    g->n_attested = 0;
    if (list == NULL || list->type != JM_JSON_ARRAY || list->n == 0)
        return deny_it(g->r, JM_VCI_KEY_ATTESTATION, "attested_keys is empty");
    if (list->n > JM_PROOFS_MAX)
        return jm_refuse(g->r->diag, JM_E_LIMIT, JM_VCI_PROOF_COUNT,
                         "more keys than the batch size");
    for (const struct jm_json *e = list->child; e != NULL; e = e->next) {
        struct jm_jwk jwk;

        if (jm_jwk_read(&jwk, e) != JM_OK)
            return deny_it(g->r, JM_VCI_KEY_ATTESTATION, "an attested key is no public P-256 key");
        g->attested[g->n_attested++] = jwk.point;
    }
    return JM_OK;
}

static bool of_same_instance(const struct jm_proofs_expect *x, const struct jm_json *claims)
{
    struct jm_bytes v;
    uint8_t jkt[32];

    if (x->instance_optional && jm_json_get(claims, "instance_jkt") == NULL)
        return true;
    return jm_json_str(&v, claims, "instance_jkt") == JM_OK &&
           jm_b64url_exact(jkt, sizeof jkt, v) == JM_OK && memcmp(jkt, x->instance_jkt, 32) == 0;
}

static enum jm_status read_key_attestation(struct gather *g, struct jm_bytes token)
{
    struct jm_jws jws;

    JM_TRY(jm_token_read(&jws, token, &key_attestation, g->r));
    const struct jm_json *cl = jm_jws_claims(&jws);
    JM_TRY(jm_token_times(cl, &key_attestation, g->r));
    if ((g->level = level_of(jm_json_get(cl, "key_storage"))) == 0)
        return deny_it(g->r, JM_VCI_KEY_ATTESTATION_LEVEL,
                       "key_storage is none of the levels asked for");
    if (!of_same_instance(g->x, cl))
        return deny_it(g->r, JM_VCI_KEY_ATTESTATION_INSTANCE, "attested for another instance");
    JM_TRY(same_nonce(g, cl));
    return attested_keys(g, jm_json_get(cl, "attested_keys"));
}

static enum jm_status one_jwt_proof(struct gather *g, const struct jm_json *proof)
{
    struct jm_jws_unverified u;
    struct jm_bytes v;
    struct jm_jws jws;
    int64_t iat;

    if (proof->type != JM_JSON_STRING ||
        jm_jws_split(&u, proof->text, card_key.typ, g->r->mem, NULL) != JM_OK)
        return deny_it(g->r, JM_VCI_PROOF_FORM, "a proof is no ES256 JWS of its typ");
    if (jm_json_get(u.header, "kid") != NULL || jm_json_get(u.header, "x5c") != NULL)
        return deny_it(g->r, JM_VCI_PROOF_FORM, "exactly one of jwk, kid, x5c: jwk");
    JM_TRY(self_signed(&jws, proof->text, &card_key, g->r));
    const struct jm_json *cl = jm_jws_claims(&jws);
    if (!is_for(cl, g->r->aud))
        return deny_it(g->r, JM_VCI_PROOF_AUDIENCE, "aud is not the issuer");
    if (jm_json_opt_text(&v, cl, "iss", JM_CLIENT_SUB_MAX) != JM_OK ||
        (v.ptr != NULL && g->x->client_id.ptr != NULL && !jm_bytes_eq(v, g->x->client_id)))
        return deny_it(g->r, JM_VCI_PROOF_FORM, "iss is not the client");
    JM_TRY(just_made(&iat, cl, &card_key, g->r));
    JM_TRY(same_nonce(g, cl));
    if (jm_json_str(&v, u.header, "key_attestation") != JM_OK)
        return deny_it(g->r, JM_VCI_KEY_NOT_ATTESTED, "a key attestation is required");
    JM_TRY(read_key_attestation(g, v));
    if (!has_key(g->attested, g->n_attested, &jws.key))
        return deny_it(g->r, JM_VCI_KEY_NOT_ATTESTED,
                       "the proof's key is not among the attested ones");
    return add_key(g, &jws.key);
}

enum jm_status jm_proofs_check(struct jm_proofs *out, const struct jm_json *proofs,
                               const struct jm_proofs_expect *x, const struct jm_reading *r)
{
    struct gather g = {.x = x,
                       .r = r,
                       .key = JM_NEW_N(r->mem, struct jm_point, x->max),
                       .attested = JM_NEW_N(r->mem, struct jm_point, JM_PROOFS_MAX)};
    const struct jm_json *list;

    memset(out, 0, sizeof *out);
    if (g.key == NULL || g.attested == NULL)
        return JM_E_NO_SPACE;
    if (proofs == NULL)
        return jm_refuse(r->diag, JM_E_MISSING, JM_VCI_PROOF_MISSING, "proofs");
    if (proofs->type != JM_JSON_OBJECT || proofs->n != 1)
        return jm_refuse(r->diag, JM_E_MALFORMED, JM_VCI_PROOF_TYPES, "exactly one proof type");
    list = proofs->child;
    if (list->type != JM_JSON_ARRAY || list->n == 0 || list->n > JM_PROOFS_MAX)
        return jm_refuse(r->diag, JM_E_MALFORMED, JM_VCI_PROOF_COUNT,
                         "a non-empty array of proofs");
    if (jm_bytes_eq_str(list->name, "attestation")) {
        if (list->n != 1 || list->child->type != JM_JSON_STRING)
            return jm_refuse(r->diag, JM_E_MALFORMED, JM_VCI_PROOF_COUNT,
                             "exactly one key attestation");
        JM_TRY(read_key_attestation(&g, list->child->text));
    } else if (jm_bytes_eq_str(list->name, "jwt")) {
        for (const struct jm_json *e = list->child; e != NULL; e = e->next)
            JM_TRY(one_jwt_proof(&g, e));
    } else {
        return jm_refuse(r->diag, JM_E_UNSUPPORTED, JM_VCI_PROOF_TYPES,
                         "proof type is not jwt or attestation");
    }
    for (size_t i = 0; i < g.n_attested; i++)
        JM_TRY(add_key(&g, &g.attested[i]));
    *out = (struct jm_proofs){g.key, g.n, g.nonce, g.level};
    return JM_OK;
}

/* -- provider -- */

enum jm_status jm_instance_keys(struct jm_instance_proof *out, const struct jm_json *keys,
                                const struct jm_reading *r)
{
    if (keys == NULL)
        return JM_OK;
    if (keys->type != JM_JSON_ARRAY || keys->n == 0 || keys->n > JM_PROOFS_MAX)
        return jm_refuse(r->diag, JM_E_MALFORMED, JM_PROVIDER_KEYS, "keys is no array of 1 to 64");
    if ((out->key = JM_NEW_N(r->mem, struct jm_point, keys->n)) == NULL)
        return JM_E_NO_SPACE;
    for (const struct jm_json *e = keys->child; e != NULL; e = e->next) {
        struct jm_bytes challenge, instance;
        struct jm_jws jws;

        if (e->type != JM_JSON_STRING)
            return jm_refuse(r->diag, JM_E_MALFORMED, JM_PROVIDER_KEYS, "a key proof is no text");
        if (e->text.len > JM_KEY_PROOF_MAX)
            return jm_refuse(r->diag, JM_E_LIMIT, JM_PROVIDER_KEYS, "a key proof is too long");
        JM_TRY(self_signed(&jws, e->text, &instance_key, r));
        if (jm_json_str(&challenge, jm_jws_claims(&jws), "challenge") != JM_OK ||
            !jm_bytes_eq(challenge, out->challenge) ||
            jm_json_str(&instance, jm_jws_claims(&jws), "instance") != JM_OK ||
            !jm_bytes_eq_str(instance, out->jkt))
            return deny_it(r, JM_PROVIDER_PROOF, "a key proof is of another challenge or instance");
        if (has_key(out->key, out->n, &jws.key) || has_key(&out->instance, 1, &jws.key))
            return deny_it(r, JM_PROVIDER_KEYS, "a key stands twice, or is the instance's");
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
                                 const struct jm_reading *r)
{
    struct jm_jws jws;
    int64_t iat;

    memset(out, 0, sizeof *out);
    JM_TRY(self_signed(&jws, proof, &instance_proof, r));
    const struct jm_json *cl = jm_jws_claims(&jws);
    if (!is_for(cl, r->aud))
        return deny_it(r, JM_PROVIDER_PROOF, "aud is not this provider");
    JM_TRY(just_made(&iat, cl, &instance_proof, r));
    if (jm_json_text(&out->challenge, cl, "challenge", JM_NONCE_TEXT_MAX) != JM_OK ||
        jm_json_opt_str(&out->nonce, cl, "nonce") != JM_OK ||
        jm_json_opt_str(&out->platform, cl, "platform") != JM_OK)
        return jm_refuse(r->diag, JM_E_MALFORMED, JM_PROVIDER_PROOF,
                         "challenge, nonce or platform");
    if (out->nonce.len > JM_NONCE_TEXT_MAX || !short_ascii(out->platform, JM_PLATFORM_MAX))
        return jm_refuse(r->diag, JM_E_LIMIT, JM_PROVIDER_PROOF, "platform or nonce is too long");
    out->instance = jws.key;
    return jm_jwk_thumbprint_text(out->jkt, r->crypto, &jws.key);
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
