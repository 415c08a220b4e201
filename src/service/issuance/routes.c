/* SPDX-License-Identifier: Apache-2.0 */
#include <stddef.h>
#include <string.h>

#include "jumin/form.h"
#include "service/issuance/issuance.h"
#include "service/msg.h"
#include "service/web/fail.h"
#include "service/web/routes.h"

static enum jm_status raw_json(struct jm_res *s, struct jm_bytes json, const char *media)
{
    s->body = json;
    s->media = media;
    return JM_OK;
}

static enum jm_status issuer_metadata(struct jm_req *q, struct jm_res *s)
{
    struct jm_issuer *is = q->svc;
    struct jm_bytes accept = jm_req_header(q, "Accept", NULL);
    unsigned jwt = jm_accept_weight(accept, "application/jwt");

    JM_TRY(jm_res_header(s, "Vary", JM_BYTES("Accept")));
    if (jm_bytes_find(accept, JM_BYTES("jwt")) != SIZE_MAX && jwt > 0 &&
        jwt >= jm_accept_weight(accept, "application/json"))
        return raw_json(s, is->metadata_signed, "application/jwt");
    return raw_json(s, is->metadata_json, "application/json");
}

static enum jm_status as_metadata(struct jm_req *q, struct jm_res *s)
{
    return jm_issuance_as_metadata(q->svc, &s->body, q->mem);
}

static enum jm_status health(struct jm_req *q, struct jm_res *s)
{
    (void)q;
    return raw_json(s, JM_BYTES("{\"status\":\"ok\"}"), "application/json");
}

static enum jm_status offer(struct jm_req *q, struct jm_res *s)
{
    /* The authenticator has proven the client where both headers were there. */
    return jm_offer_read(q->svc, q->arg[0], q->who.more, &s->body, q->mem, &q->diag);
}

static enum jm_status nonce_reply(struct jm_req *q, struct jm_res *s, enum jm_nonce_kind kind,
                                  const char *member)
{
    struct jm_issuer *is = q->svc;
    struct jm_bytes nonce;
    struct jm_reply r;

    JM_TRY(jm_nonce_make(&nonce, &is->nonces, &is->base.env, kind, q->mem));
    JM_TRY(jm_reply_open(&r, q, 256));
    jm_json_w_mtext(&r.w, member, nonce);
    return jm_reply_send(&r, s, 200);
}

static enum jm_status challenge(struct jm_req *q, struct jm_res *s)
{
    return nonce_reply(q, s, JM_NONCE_CHALLENGE, "attestation_challenge");
}

static enum jm_status add_dpop_nonce(struct jm_req *q, struct jm_res *s)
{
    struct jm_issuer *is = q->svc;
    struct jm_bytes nonce;

    JM_TRY(jm_nonce_make(&nonce, &is->nonces, &is->base.env, JM_NONCE_DPOP, q->mem));
    return jm_res_header(s, "DPoP-Nonce", nonce);
}

static enum jm_status c_nonce(struct jm_req *q, struct jm_res *s)
{
    JM_TRY(add_dpop_nonce(q, s));
    return nonce_reply(q, s, JM_NONCE_C, "c_nonce");
}

/* -- token -- */

static const struct jm_msg_field token_req_fields[] = {
    JM_FIELD(jm_token_req, grant_type, "grant_type", STR, 128, 0),
    JM_FIELD(jm_token_req, code, "pre-authorized_code", STR, 128, JM_MSG_OPT),
    JM_FIELD(jm_token_req, tx_code, "tx_code", STR, 32, JM_MSG_OPT),
    JM_FIELD(jm_token_req, refresh_token, "refresh_token", STR, 128, JM_MSG_OPT),
    JM_FIELD(jm_token_req, client_id, "client_id", STR, JM_CLIENT_SUB_MAX, JM_MSG_OPT),
    JM_FIELD(jm_token_req, scope, "scope", STR, 512, JM_MSG_OPT),
};
static const struct jm_msg token_req = JM_MSG_DEF(token_req, true);

static enum jm_status token(struct jm_req *q, struct jm_res *s)
{
    struct jm_token_req in;
    struct jm_token_res out;
    struct jm_dpop dpop;
    struct jm_reply r;

    JM_TRY(jm_dpop_of(q, s, jm_none(), &dpop));
    JM_TRY(jm_msg_decode_form(&in, &token_req, q->body, q->mem, &q->diag));
    JM_TRY(jm_token_redeem(q->svc, &out, q->who.more, &dpop, &in, q->mem, &q->diag));
    JM_TRY(jm_reply_open(&r, q, 512));
    jm_json_w_mstr(&r.w, "access_token", out.access);
    jm_json_w_mstr(&r.w, "token_type", "DPoP");
    jm_json_w_mint(&r.w, "expires_in", JM_ACCESS_TTL_S);
    if (out.refresh[0] != 0)
        jm_json_w_mstr(&r.w, "refresh_token", out.refresh);
    JM_TRY(add_dpop_nonce(q, s));
    return jm_reply_send(&r, s, 200);
}

/* -- credential -- */

static const struct jm_msg_field credential_req_fields[] = {
    JM_FIELD(jm_credential_req, identifier, "credential_identifier", JSON, 256, JM_MSG_OPT),
    JM_FIELD(jm_credential_req, configuration, "credential_configuration_id", JSON, 256,
             JM_MSG_OPT),
    JM_FIELD(jm_credential_req, proofs, "proofs", JSON, 480 * JM_KIB, JM_MSG_OPT),
    JM_FIELD(jm_credential_req, encryption, "credential_response_encryption", JSON, 4096,
             JM_MSG_OPT),
    JM_FIELD(jm_credential_req, new_loss_code, "jumin_new_loss_code", BOOL, 1, JM_MSG_OPT),
};
static const struct jm_msg credential_req = JM_MSG_DEF(credential_req, true);

static enum jm_status credential(struct jm_req *q, struct jm_res *s)
{
    struct jm_credential_req in;
    struct jm_credential_res out;
    struct jm_reply r;
    size_t room = 1024;

    if (jm_msg_decode(&in, &credential_req, q->body, q->mem, &q->diag) != JM_OK) {
        q->diag.code = JM_VCI_REQUEST_FORM; /* the standard has one error for a body of no use */
        return JM_E_MALFORMED;
    }
    JM_TRY(jm_credential_issue(q->svc, &out, q->who.more, &in, q->mem, &q->diag));
    for (size_t i = 0; i < out.n; i++)
        room += out.credential[i].len + 32;
    JM_TRY(jm_reply_open(&r, q, room));
    jm_json_w_name(&r.w, "credentials");
    jm_json_w_open(&r.w, '[');
    for (size_t i = 0; i < out.n; i++) {
        jm_json_w_open(&r.w, '{');
        jm_json_w_mtext(&r.w, "credential", out.credential[i]);
        jm_json_w_close(&r.w, '}');
    }
    jm_json_w_close(&r.w, ']');
    if (out.loss_code.len != 0)
        jm_json_w_mtext(&r.w, "jumin_loss_code", out.loss_code);
    JM_TRY(add_dpop_nonce(q, s));
    return jm_reply_send(&r, s, 200);
}

/* -- deletion -- */

static enum jm_status deletion(struct jm_req *q, struct jm_res *s)
{
    JM_TRY(jm_msg_decode_none(q->body, q->mem, &q->diag));
    JM_TRY(jm_card_delete(q->svc, q->who.more, q->mem, &q->diag));
    JM_TRY(add_dpop_nonce(q, s));
    s->body = JM_BYTES("{\"state\":\"REVOKED\"}");
    return JM_OK;
}

const struct jm_route jm_issuance_routes[] = {
    /*       method path                                          auth                act   media
       body max     rate  flags         handler */
    JM_ROUTE(GET, "/healthz", PUBLIC, SELF, NONE, 0, HIGH, NONE, health, HEALTH),
    JM_ROUTE(GET, "/.well-known/openid-credential-issuer", PUBLIC, SELF, NONE, 0, HIGH, CORS,
             issuer_metadata, ISSUER_METADATA),
    JM_ROUTE(GET, "/.well-known/oauth-authorization-server", PUBLIC, SELF, NONE, 0, HIGH, CORS,
             as_metadata, AS_METADATA),
    JM_ROUTE(GET, "/offer/{id}", PUBLIC, SELF, NONE, 0, LOW, CORS_NO_STORE, offer, OFFER),
    JM_ROUTE(POST, "/challenge", PUBLIC, SELF, ANY, 1024, LOW, CORS_NO_STORE, challenge, CHALLENGE),
    JM_ROUTE(POST, "/nonce", PUBLIC, SELF, ANY, 1024, LOW, CORS_NO_STORE, c_nonce, NONCE),
    JM_ROUTE_MSG(POST, "/token", CLIENT_ATTESTATION, SELF, FORM, 16 * JM_KIB, LOW, CORS_NO_STORE,
                 token, TOKEN, NULL, token_req),
    JM_ROUTE_MSG(POST, "/credential", DPOP, SELF, JSON, 512 * JM_KIB, LOW, CORS_NO_STORE,
                 credential, CREDENTIAL, jm_issuer_look, credential_req),
    JM_ROUTE_MSG(POST, "/card/deletion", DPOP, SELF, JSON, 64, LOW, CORS_NO_STORE, deletion,
                 CARD_DELETION, NULL, jm_msg_none),
};
const size_t jm_issuance_n_routes = JM_ARRAY_LEN(jm_issuance_routes);
