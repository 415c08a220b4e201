/* SPDX-License-Identifier: Apache-2.0 */
/* What goes out and what comes back: one exchange, the proofs in its headers, what the server said.
 */
#include "proto/oid4vci_engine.h"

#include <string.h>

#include "jumin/base64.h"
#include "jumin/form.h"

enum jm_status jm_vci_refuse(struct jm_vci *e, enum jm_status st, enum jm_code code,
                             const char *what)
{
    return jm_refuse(&e->diag, st, code, what);
}

enum jm_status jm_vci_exchange(struct jm_vci *e, const struct jm_answers *a, struct jm_vci_wire *x,
                               enum jm_code unreachable)
{
    enum jm_status st;

    if (!jm_url_allowed(x->h.url, e->config.trust->synthetic))
        return jm_vci_refuse(e, JM_E_DENIED, unreachable, "the address is not https");
    st = a->http(a->ctx, &x->h, &x->r, &e->scratch);
    if (st == JM_E_PENDING || st == JM_E_NO_SPACE)
        return st;
    if (st != JM_OK)
        return jm_vci_refuse(e, JM_E_UNAVAILABLE, unreachable, "the server does not answer");
    if (jm_json_parse(&x->json, x->r.body, &e->scratch, NULL) != JM_OK)
        x->json = NULL;
    return JM_OK;
}

static void add_header(struct jm_vci_wire *x, const char *name, struct jm_bytes v)
{
    x->h.headers[x->h.n_headers].name = name;
    x->h.headers[x->h.n_headers++].value = v;
}

/* Keeps what the server said, for the holder's eyes: error and description, or nothing. */
enum jm_status jm_vci_server_refused(struct jm_vci *e, const struct jm_vci_wire *x,
                                     enum jm_code code, const char *what)
{
    struct jm_bytes error, text;

    if (x->r.status >= 500)
        return jm_vci_refuse(e, JM_E_UNAVAILABLE, JM_WALLET_SERVER_UNAVAILABLE,
                             "the server has a defect or is overloaded");
    if (jm_json_text(&error, x->json, "error", JM_VCI_ID_MAX) == JM_OK) {
        if (jm_json_opt_text(&text, x->json, "error_description", JM_VCI_DESCRIPTION_MAX) != JM_OK)
            text = jm_none();
        const struct jm_bytes parts[] = {error, JM_BYTES(": "), text};
        JM_TRY(jm_concat(&e->server_says, &e->keep, parts, text.len == 0 ? 1 : 3));
    }
    return jm_vci_refuse(e, JM_E_DENIED, code, what);
}

enum jm_code jm_vci_code_of(const struct jm_vci_wire *x)
{
    const struct jm_code_info *info = NULL;
    struct jm_bytes name;

    if (jm_json_text(&name, x->json, "jumin_code", JM_VCI_ID_MAX) == JM_OK)
        info = jm_code_by_name(name);
    return info == NULL ? JM_CODE_NONE : info->code;
}

enum jm_status jm_vci_issuer_refused(struct jm_vci *e, const struct jm_vci_wire *x,
                                     enum jm_code code, const char *what)
{
    if (x->r.status >= 400 && x->r.status < 500)
        e->refusal = jm_vci_code_of(x);
    return jm_vci_server_refused(e, x, code, what);
}

bool jm_vci_says(const struct jm_vci_wire *x, const char *error)
{
    return jm_json_is_str(jm_json_get(x->json, "error"), error);
}

enum jm_status jm_vci_random_text(struct jm_vci *e, const struct jm_answers *a, size_t n,
                                  struct jm_bytes *out)
{
    uint8_t r[32];

    if (n > sizeof r)
        return JM_E_BUG;
    JM_TRY(a->random(a->ctx, r, n));
    return jm_b64url_encode(out, &e->scratch, jm_bytes(r, n));
}

enum jm_status jm_vci_sign_jws(struct jm_vci *e, const struct jm_answers *a,
                               const struct jm_jws_draft *d, struct jm_bytes key,
                               struct jm_bytes *token)
{
    struct jm_sig sig;

    JM_TRY(a->sign(a->ctx, JM_ALG_ES256, key, d->to_sign, &sig));
    return jm_jws_finish(token, d, jm_sig_bytes(&sig), &e->scratch);
}

/* OAuth-Client-Attestation and its PoP; a challenge of the server where it runs an endpoint for
 * them. */
enum jm_status jm_vci_add_client(struct jm_vci *e, const struct jm_answers *a,
                                 struct jm_vci_wire *to)
{
    struct jm_vci_wire c = {
        .h = {.verb = JM_HTTP_POST, .url = e->s.challenge_endpoint, .max_len = 16 * JM_KIB}};
    struct jm_bytes challenge = jm_none(), jti, pop;
    struct jm_jws_unverified u;
    const struct jm_json *own;
    struct jm_jws_draft d;
    struct jm_bytes sub;

    if (e->s.challenge_endpoint.len != 0) {
        JM_TRY(jm_vci_exchange(e, a, &c, JM_WALLET_SERVER_UNAVAILABLE));
        if (c.r.status != 200 ||
            jm_json_text(&challenge, c.json, "attestation_challenge", JM_NONCE_TEXT_MAX) != JM_OK)
            return jm_vci_server_refused(e, &c, JM_WALLET_METADATA, "no attestation challenge");
    }
    JM_TRY(jm_vci_random_text(e, a, 16, &jti));
    /* Our own attestation: read for its sub, which names the product. */
    if (jm_jws_split(&u, e->s.attestation, NULL, &e->scratch, NULL) != JM_OK ||
        jm_json_parse(&own, u.payload, &e->scratch, NULL) != JM_OK ||
        jm_json_text(&sub, own, "sub", JM_CLIENT_SUB_MAX) != JM_OK)
        return jm_vci_refuse(e, JM_E_DENIED, JM_WALLET_PROVIDER, "the attestation cannot be read");
    const struct jm_pop_spec pop_spec = {sub,       e->s.issuer, jti,
                                         challenge, e->at_s,     e->config.counter};
    JM_TRY(jm_pop_begin(&d, &pop_spec, &e->scratch));
    JM_TRY(jm_vci_sign_jws(e, a, &d, e->config.instance.handle, &pop));
    add_header(to, "OAuth-Client-Attestation", e->s.attestation);
    add_header(to, "OAuth-Client-Attestation-PoP", pop);
    return JM_OK;
}

enum jm_status jm_vci_add_dpop(struct jm_vci *e, const struct jm_answers *a, struct jm_vci_wire *to,
                               struct jm_bytes access_token, struct jm_bytes nonce)
{
    struct jm_dpop_spec s = {e->config.dpop.point, "POST", to->h.url, {NULL, 0}, nonce,
                             access_token,         e->at_s};
    struct jm_bytes proof;
    struct jm_jws_draft d;

    JM_TRY(jm_vci_random_text(e, a, 16, &s.jti));
    JM_TRY(jm_dpop_begin(&d, &s, e->config.crypto, &e->scratch));
    JM_TRY(jm_vci_sign_jws(e, a, &d, e->config.dpop.handle, &proof));
    add_header(to, "DPoP", proof);
    return JM_OK;
}

/* A POST with the access token; once more where the server wants a fresh nonce. */
enum jm_status jm_vci_post_with_token(struct jm_vci *e, const struct jm_answers *a,
                                      struct jm_bytes url, struct jm_bytes body,
                                      struct jm_vci_wire *x)
{
    const struct jm_bytes parts[] = {JM_BYTES("DPoP "), e->access_token};
    struct jm_bytes nonce = e->dpop_nonce, authorization;

    JM_TRY(jm_concat(&authorization, &e->scratch, parts, 2));
    for (int tries = 0;; tries++) {
        *x = (struct jm_vci_wire){.h = {.verb = JM_HTTP_POST,
                                        .url = url,
                                        .content_type = "application/json",
                                        .accept = "application/json",
                                        .body = body,
                                        .max_len = JM_VCI_RESPONSE_MAX}};
        add_header(x, "Authorization", authorization);
        JM_TRY(jm_vci_add_dpop(e, a, x, e->access_token, nonce));
        JM_TRY(jm_vci_exchange(e, a, x, JM_WALLET_SERVER_UNAVAILABLE));
        bool stale = x->r.status == 401 && x->r.dpop_nonce.len != 0 &&
                     jm_bytes_find(x->r.www_authenticate, JM_BYTES("use_dpop_nonce")) != SIZE_MAX;
        if (tries > 0 || !stale)
            return JM_OK;
        nonce = x->r.dpop_nonce;
    }
}

enum jm_status jm_vci_post_as_client(struct jm_vci *e, const struct jm_answers *a,
                                     struct jm_bytes url, const char *type, struct jm_bytes body,
                                     struct jm_bytes *nonce, struct jm_vci_wire *x)
{
    for (int tries = 0;; tries++) {
        bool stale;

        *x = (struct jm_vci_wire){.h = {.verb = JM_HTTP_POST,
                                        .url = url,
                                        .content_type = type,
                                        .accept = "application/json",
                                        .body = body,
                                        .max_len = 64 * JM_KIB}};
        JM_TRY(jm_vci_add_client(e, a, x));
        JM_TRY(jm_vci_add_dpop(e, a, x, jm_none(), *nonce));
        JM_TRY(jm_vci_exchange(e, a, x, JM_WALLET_SERVER_UNAVAILABLE));
        stale = jm_vci_says(x, "use_dpop_nonce") && x->r.dpop_nonce.len != 0;
        if (x->r.dpop_nonce.len != 0)
            *nonce = x->r.dpop_nonce;
        if (tries > 0 || (!stale && !jm_vci_says(x, "use_attestation_challenge")))
            return JM_OK;
    }
}
