/* SPDX-License-Identifier: Apache-2.0 */
/* The token, by match code or refresh token, and which requests it is good for. */
#include "proto/oid4vci_engine.h"

#include "jumin/form.h"

#define FORM_TYPE "application/x-www-form-urlencoded"

static enum jm_status token_form(struct jm_vci *e, struct jm_bytes *out)
{
    struct jm_buf b;

    JM_TRY(jm_alloc_buf(&b, &e->scratch,
                        1024 + 3 * (e->s.grant_code.len + e->s.refresh_token.len +
                                    e->match_code.len + e->door.code.len)));
    if (e->s.refresh_token.len != 0) {
        JM_TRY(jm_form_put(&b, "grant_type", JM_BYTES("refresh_token")));
        JM_TRY(jm_form_put(&b, "refresh_token", e->s.refresh_token));
    } else if (e->door.code.len != 0) {
        JM_TRY(jm_form_put(&b, "grant_type", JM_BYTES("authorization_code")));
        JM_TRY(jm_form_put(&b, "code", e->door.code));
        JM_TRY(jm_form_put(&b, "redirect_uri", JM_BYTES(JM_VCI_TAP_REDIRECT)));
        JM_TRY(jm_form_put(&b, "code_verifier", e->door.verifier));
    } else {
        JM_TRY(jm_form_put(&b, "grant_type", JM_BYTES(JM_GRANT_PRE_AUTHORIZED)));
        JM_TRY(jm_form_put(&b, "pre-authorized_code", e->s.grant_code));
        if (e->s.match_code)
            JM_TRY(jm_form_put(&b, "tx_code", e->match_code));
    }
    *out = jm_written(b);
    return JM_OK;
}

static enum jm_status token_refused(struct jm_vci *e, const struct jm_vci_wire *x)
{
    enum jm_code code = jm_vci_code_of(x);

    if (code == JM_VCI_TICKET_TAKEN)
        return jm_vci_issuer_refused(e, x, JM_WALLET_TICKET_TAKEN,
                                     "another phone has taken this ticket");
    if (code == JM_VCI_TX_CODE_WRONG)
        return jm_vci_issuer_refused(e, x, JM_WALLET_MATCH_CODE_WRONG, "the match code is wrong");
    return jm_vci_issuer_refused(e, x, JM_WALLET_TOKEN_REFUSED, "the token is refused");
}

static enum jm_status add_round(struct jm_vci *e, size_t configuration, struct jm_bytes identifier)
{
    struct jm_vci_round *r = &e->round[e->n_rounds];

    if (e->n_rounds == JM_VCI_ROUNDS_MAX)
        return jm_vci_refuse(e, JM_E_DENIED, JM_WALLET_TOKEN_REFUSED,
                             "more cards at once than this wallet takes");
    r->configuration = configuration;
    r->identifier = jm_none();
    if (identifier.ptr != NULL)
        JM_TRY(jm_dup(&r->identifier, &e->keep, identifier));
    e->n_rounds++;
    return JM_OK;
}

static enum jm_status add_identifiers(struct jm_vci *e, size_t configuration,
                                      const struct jm_json *ids)
{
    if (ids == NULL || ids->type != JM_JSON_ARRAY || ids->n == 0)
        return jm_vci_refuse(e, JM_E_MALFORMED, JM_WALLET_TOKEN_REFUSED,
                             "authorization_details without credential_identifiers");
    for (const struct jm_json *i = ids->child; i != NULL; i = i->next) {
        if (i->type != JM_JSON_STRING || i->text.len == 0 || i->text.len > JM_VCI_ID_MAX)
            return jm_vci_refuse(e, JM_E_MALFORMED, JM_WALLET_TOKEN_REFUSED,
                                 "a credential identifier is no text, or too long");
        JM_TRY(add_round(e, configuration, i->text));
    }
    return JM_OK;
}

/* OpenID4VCI 1.0 6.2, 8.2: a token that names datasets is asked by their names, one request each;
 * else by configuration. */
static enum jm_status plan_rounds(struct jm_vci *e, const struct jm_json *details)
{
    e->n_rounds = e->at_round = 0;
    for (size_t i = 0; i < e->s.n && details == NULL; i++)
        JM_TRY(add_round(e, i, jm_none()));
    if (details != NULL && details->type != JM_JSON_ARRAY)
        return jm_vci_refuse(e, JM_E_MALFORMED, JM_WALLET_TOKEN_REFUSED,
                             "authorization_details is no array");
    for (const struct jm_json *d = details == NULL ? NULL : details->child; d != NULL; d = d->next)
        for (size_t i = 0; i < e->s.n; i++) {
            const struct jm_json *id = jm_json_get(d, "credential_configuration_id");

            if (id != NULL && id->type == JM_JSON_STRING &&
                jm_bytes_eq(id->text, e->s.configuration[i].id))
                JM_TRY(add_identifiers(e, i, jm_json_get(d, "credential_identifiers")));
        }
    return e->n_rounds > 0 ? JM_OK
                           : jm_vci_refuse(e, JM_E_DENIED, JM_WALLET_TOKEN_REFUSED,
                                           "the token is for other cards");
}

enum jm_status jm_vci_step_token(struct jm_vci *e, const struct jm_answers *a)
{
    const struct jm_vci_span no_keys = {0, 0};
    struct jm_bytes form, nonce = e->dpop_nonce, token, refresh, type,
                          attestation = e->s.attestation, none;
    struct jm_vci_wire x;

    if (e->s.refresh_token.len != 0) { /* attestations live a day: a refresh takes a new one */
        JM_TRY(jm_vci_attest(e, a, jm_none(), no_keys, &attestation, &none));
        e->s.attestation = attestation;
    }
    JM_TRY(token_form(e, &form));
    JM_TRY(jm_vci_post_as_client(e, a, e->s.token_endpoint, FORM_TYPE, form, &nonce, &x));
    if (x.r.status != 200)
        return token_refused(e, &x);
    if (jm_json_text(&token, x.json, "access_token", JM_VCI_TOKEN_MAX) != JM_OK ||
        jm_json_opt_text(&refresh, x.json, "refresh_token", JM_VCI_TOKEN_MAX) != JM_OK)
        return jm_vci_refuse(e, JM_E_MALFORMED, JM_WALLET_TOKEN_REFUSED,
                             "no access token in the answer, or one too long");
    /* RFC 6749 7.1: not to be used then */
    if (jm_json_str(&type, x.json, "token_type") != JM_OK ||
        !jm_bytes_eq_nocase(type, JM_BYTES("DPoP")))
        return jm_vci_refuse(e, JM_E_DENIED, JM_WALLET_TOKEN_REFUSED, "token_type is not DPoP");
    if (e->after_token == JM_VCI_ISSUING)
        JM_TRY(plan_rounds(e, jm_json_get(x.json, "authorization_details")));
    JM_TRY(jm_dup(&e->access_token, &e->keep, token));
    JM_TRY(jm_dup(&e->dpop_nonce, &e->keep, nonce));
    JM_TRY(jm_dup(&e->s.attestation, &e->keep, e->s.attestation));
    if (refresh.len != 0)
        JM_TRY(jm_dup(&e->s.refresh_token, &e->keep, refresh));
    e->state = e->after_token;
    return JM_OK;
}
