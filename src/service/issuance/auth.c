/* SPDX-License-Identifier: Apache-2.0 */
/* The authenticator of the role issuer: every route's policy, in one place. */
#include <string.h>

#include "jumin/oauth.h"
#include "service/issuance/issuance.h"
#include "service/staff/staff.h"
#include "service/web/fail.h"
#include "service/web/routes.h"

static struct jm_bytes header_once(struct jm_req *q, const char *name, bool *twice)
{
    size_t n = 0;
    struct jm_bytes v = jm_req_header(q, name, &n);

    if (n > 1)
        *twice = true;
    return n == 1 ? v : jm_none();
}

enum jm_status jm_issuer_dpop_nonce(struct jm_req *q, struct jm_res *s)
{
    struct jm_issuer *is = q->svc;
    struct jm_bytes nonce;

    JM_TRY(jm_nonce_make(&nonce, &is->nonces, &is->base.env, JM_NONCE_DPOP, q->mem));
    return jm_res_header(s, "DPoP-Nonce", nonce);
}

static enum jm_status own_url(struct jm_req *q, struct jm_bytes *out)
{
    const struct jm_issuer *is = q->svc;
    const struct jm_bytes parts[] = {is->id, q->path};

    return jm_concat(out, q->mem, parts, 2);
}

static struct jm_reading reading_of(struct jm_req *q, const struct jm_anchors *ca)
{
    const struct jm_issuer *is = q->svc;

    return (
        struct jm_reading){q->now_s, is->base.env.answers, is->base.env.crypto, ca, is->id, q->mem,
                           &q->diag};
}

enum jm_status jm_dpop_of(struct jm_req *q, struct jm_res *s, struct jm_bytes access_token,
                          struct jm_dpop *out)
{
    struct jm_issuer *is = q->svc;
    const struct jm_env *env = &is->base.env;
    const struct jm_reading r = reading_of(q, NULL);
    struct jm_bytes proof, url;
    bool twice = false;
    enum jm_status st;

    memset(out, 0, sizeof *out);
    proof = header_once(q, "DPoP", &twice);
    if (twice || proof.len == 0)
        return jm_refuse(&q->diag, JM_E_UNAUTHENTICATED, JM_OAUTH_DPOP_MISSING,
                         "exactly one DPoP header");
    JM_TRY(own_url(q, &url));
    JM_TRY(jm_dpop_check(out, proof, "POST", url, access_token, &r));
    if (out->nonce.ptr == NULL ||
        jm_nonce_check(&is->nonces, env, JM_NONCE_DPOP, out->nonce) != JM_OK) {
        JM_TRY(jm_issuer_dpop_nonce(q, s));
        return jm_refuse(&q->diag, JM_E_UNAUTHENTICATED, JM_OAUTH_DPOP_NONCE, "use the DPoP-Nonce");
    }
    const struct jm_bytes parts[] = {jm_bytes(out->jkt, 32), out->jti};
    struct jm_bytes seen;
    JM_TRY(jm_concat(&seen, q->mem, parts, 2));
    st = jm_spend(env, JM_SPENT_JTI_DPOP, seen, q->now_s + 2 * JM_NONCE_TTL_S);
    return st == JM_E_CONFLICT ? jm_refuse(&q->diag, JM_E_UNAUTHENTICATED, JM_OAUTH_DPOP_REPLAYED,
                                           "jti was used before")
                               : st;
}

/* A product that is registered is attested by its own provider: whose CA is trusted for one does
 * not speak for another. */
static enum jm_status by_own_provider(struct jm_req *q, struct jm_client *c,
                                      struct jm_bytes attestation, struct jm_bytes pop, size_t n_ca)
{
    const struct jm_issuer *is = q->svc;
    struct jm_anchors own;
    const struct jm_reading r = reading_of(q, &own);

    JM_TRY(jm_trust_attesters(&own, &is->trust, c->sub, q->now_s, q->mem));
    return own.n == n_ca ? JM_OK : jm_client_check(c, attestation, pop, &r);
}

static enum jm_status client_of(struct jm_req *q, struct jm_res *s, struct jm_bytes attestation,
                                struct jm_bytes pop)
{
    struct jm_issuer *is = q->svc;
    const struct jm_env *env = &is->base.env;
    struct jm_client *c = JM_NEW(q->mem, struct jm_client);
    struct jm_bytes seen, challenge;
    struct jm_anchors ca;
    const struct jm_reading r = reading_of(q, &ca);
    enum jm_status st;

    if (c == NULL)
        return JM_E_NO_SPACE;
    JM_TRY(jm_trust_anchors(&ca, &is->trust, JM_CERT_WALLET_CA, jm_none(), jm_none(), q->now_s,
                            q->mem));
    JM_TRY(jm_client_check(c, attestation, pop, &r));
    JM_TRY(by_own_provider(q, c, attestation, pop, ca.n));
    jm_env_told(env, c->attested);
    if (c->challenge.ptr == NULL ||
        jm_nonce_check(&is->nonces, env, JM_NONCE_CHALLENGE, c->challenge) != JM_OK) {
        JM_TRY(jm_nonce_make(&challenge, &is->nonces, env, JM_NONCE_CHALLENGE, q->mem));
        JM_TRY(jm_res_header(s, "OAuth-Client-Attestation-Challenge", challenge));
        return jm_refuse(&q->diag, JM_E_DENIED, JM_OAUTH_CHALLENGE,
                         "take a challenge of this server");
    }
    const struct jm_bytes parts[] = {jm_bytes(c->jkt, 32), c->jti};
    JM_TRY(jm_concat(&seen, q->mem, parts, 2));
    st = jm_spend(env, JM_SPENT_JTI_POP, seen, q->now_s + 2 * JM_CLOCK_SKEW_S + 60);
    if (st == JM_E_CONFLICT)
        return jm_refuse(&q->diag, JM_E_UNAUTHENTICATED, JM_OAUTH_POP_REPLAYED,
                         "jti was used before");
    JM_TRY(st);
    q->who.how = JM_AUTH_CLIENT_ATTESTATION;
    q->who.name = c->sub;
    q->who.key = jm_bytes(c->jkt, 32);
    q->who.more = c;
    return JM_OK;
}

/* Also on PUBLIC rows (the offer): both headers there mean that somebody wants to be known. */
static enum jm_status check_attested(struct jm_req *q, struct jm_res *s, bool required)
{
    bool twice = false;
    struct jm_bytes attestation = header_once(q, "OAuth-Client-Attestation", &twice);
    struct jm_bytes pop = header_once(q, "OAuth-Client-Attestation-PoP", &twice);

    if (twice)
        return jm_refuse(&q->diag, JM_E_UNAUTHENTICATED, JM_OAUTH_ATTESTATION_FORM,
                         "each attestation header once");
    if (!required && attestation.len == 0 && pop.len == 0)
        return JM_OK;
    return client_of(q, s, attestation, pop);
}

static struct jm_bytes scheme_token(struct jm_req *q, const char *scheme)
{
    struct jm_bytes v = jm_req_header(q, "Authorization", NULL), want = jm_str(scheme);

    if (v.len <= want.len + 1 || v.ptr[want.len] != ' ')
        return jm_none();
    for (size_t i = 0; i < want.len; i++)
        if ((v.ptr[i] | 32) != (want.ptr[i] | 32))
            return jm_none();
    return jm_slice(v, want.len + 1, SIZE_MAX);
}

static enum jm_status grant_of(struct jm_req *q, struct jm_grant *g, struct jm_bytes *token)
{
    enum jm_status st;

    *token = scheme_token(q, "DPoP");
    if (token->len == 0)
        return jm_refuse(&q->diag, JM_E_UNAUTHENTICATED,
                         scheme_token(q, "Bearer").len != 0 ? JM_OAUTH_TOKEN_SCHEME
                                                            : JM_OAUTH_TOKEN_MISSING,
                         "Authorization: DPoP");
    st = jm_grant_find(q->svc, *token, g, q->mem);
    return st == JM_OK ? st
                       : jm_refuse(&q->diag, JM_E_UNAUTHENTICATED, JM_OAUTH_TOKEN_UNKNOWN,
                                   "unknown or expired");
}

enum jm_status jm_issuer_look(struct jm_req *q, struct jm_res *s)
{
    struct jm_grant *g = JM_NEW(q->mem, struct jm_grant);
    struct jm_bytes token;

    (void)s;
    return g == NULL ? JM_E_NO_SPACE : grant_of(q, g, &token);
}

static enum jm_status token_bound(struct jm_req *q, struct jm_res *s)
{
    struct jm_grant *g = JM_NEW(q->mem, struct jm_grant);
    struct jm_bytes token;
    struct jm_dpop dpop;

    if (g == NULL)
        return JM_E_NO_SPACE;
    JM_TRY(grant_of(q, g, &token));
    JM_TRY(jm_dpop_of(q, s, token, &dpop));
    if (memcmp(dpop.jkt, g->jkt, 32) != 0)
        return jm_refuse(&q->diag, JM_E_UNAUTHENTICATED, JM_OAUTH_DPOP_BINDING,
                         "the token is bound to another key");
    q->who.how = JM_AUTH_DPOP;
    q->who.name = g->client;
    q->who.key = jm_bytes(g->jkt, 32);
    q->who.more = g;
    return JM_OK;
}

/* A browser adds its cookie to whatever asks: that it is our own page says its Origin, which the
 * router has compared where there is one. */
static enum jm_status session_token(struct jm_req *q, struct jm_bytes *token)
{
    *token = scheme_token(q, "Bearer");
    if (token->len != 0)
        return JM_OK;
    *token = jm_req_cookie(q, JM_DESK_COOKIE);
    return token->len != 0 && q->method != JM_GET && jm_req_header(q, "Origin", NULL).len == 0
               ? jm_refuse(&q->diag, JM_E_DENIED, JM_HTTP_ORIGIN, NULL)
               : JM_OK;
}

static enum jm_status may_act(struct jm_req *q, const struct jm_staff *staff)
{
    if (jm_staff_may(staff->role, q->route->act))
        return JM_OK;
    if (!jm_staff_may_proven(staff->role, q->route->act))
        return jm_refuse(&q->diag, JM_E_DENIED, JM_STAFF_ROLE, jm_staff_role_name(staff->role));
    return staff->proven != 0 && staff->proven >= q->now_s - JM_STEP_UP_S
               ? JM_OK
               : jm_refuse(&q->diag, JM_E_DENIED, JM_STAFF_STEP_UP, NULL);
}

/* Only what a person does is activity. */
static enum jm_status staff_of(struct jm_req *q, struct jm_bytes token, struct jm_staff *out)
{
    return q->route->unattended ? jm_staff_still(jm_req_env(q), token, out, q->mem)
                                : jm_staff_of_session(jm_req_env(q), token, out, q->mem);
}

static enum jm_status staff_session(struct jm_req *q)
{
    struct jm_staff *staff = JM_NEW(q->mem, struct jm_staff);
    struct jm_bytes token;

    if (staff == NULL)
        return JM_E_NO_SPACE;
    JM_TRY(session_token(q, &token));
    if (token.len == 0 || staff_of(q, token, staff) != JM_OK)
        return jm_refuse(&q->diag, JM_E_UNAUTHENTICATED, JM_STAFF_SESSION, NULL);
    JM_TRY(may_act(q, staff));
    q->who.how = JM_AUTH_STAFF_SESSION;
    q->who.name = staff->name;
    q->who.session = token;
    q->who.centre = staff->centre;
    q->who.roles = 1u << staff->role;
    q->who.step_up_s = staff->proven;
    q->who.more = staff;
    return JM_OK;
}

enum jm_status jm_issuer_auth(void *role, struct jm_req *q, struct jm_res *s)
{
    switch (q->route->auth) {
    case JM_AUTH_PUBLIC: q->who.how = JM_AUTH_PUBLIC; return check_attested(q, s, false);
    case JM_AUTH_CLIENT_ATTESTATION: return check_attested(q, s, true);
    case JM_AUTH_DPOP: return token_bound(q, s);
    case JM_AUTH_STAFF_SESSION: return staff_session(q);
    case JM_AUTH_LOCAL:
        return jm_operator_proven(q, ((const struct jm_issuer *)role)->operator_hash,
                                  JM_STAFF_SESSION);
    case JM_AUTH_SERVICE_KEY: break;
    }
    return JM_E_BUG;
}
