/* SPDX-License-Identifier: Apache-2.0 */
#include <stddef.h>
#include <string.h>

#include "jumin/form.h"
#include "service/issuance/issuance.h"
#include "service/msg.h"
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
    (void)s;
    return jm_issuance_as_metadata(q->out, q->svc, q->mem);
}

static enum jm_status read_offer(struct jm_req *q, struct jm_res *s)
{
    (void)s;
    /* The authenticator has proven the client where both headers were there. */
    return jm_offer_read(q->out, q->svc, q->arg[0], q->who.more, q->mem, &q->diag);
}

struct nonce_res {
    struct jm_bytes nonce;
};
JM_MSG(challenge_res, nonce_res, false,
       JM_FIELD(nonce_res, nonce, "attestation_challenge", STR, 0, 0));
JM_MSG(nonce_res, nonce_res, false, JM_FIELD(nonce_res, nonce, "c_nonce", STR, 0, 0));

static enum jm_status make_nonce(struct jm_req *q, enum jm_nonce_kind kind, struct jm_bytes *out)
{
    struct jm_issuer *is = q->svc;

    return jm_nonce_make(out, &is->nonces, &is->base.env, kind, q->mem);
}

static enum jm_status give_challenge(struct jm_req *q, struct jm_res *s)
{
    (void)s;
    return make_nonce(q, JM_NONCE_CHALLENGE, &((struct nonce_res *)q->out)->nonce);
}

static enum jm_status add_dpop_nonce(struct jm_req *q, struct jm_res *s)
{
    struct jm_bytes nonce;

    JM_TRY(make_nonce(q, JM_NONCE_DPOP, &nonce));
    return jm_res_header(s, "DPoP-Nonce", nonce);
}

static enum jm_status c_nonce(struct jm_req *q, struct jm_res *s)
{
    JM_TRY(add_dpop_nonce(q, s));
    return make_nonce(q, JM_NONCE_C, &((struct nonce_res *)q->out)->nonce);
}

/* -- token -- */

#define TOKEN(member, wire, max, flags) JM_FIELD(jm_token_req, member, wire, STR, max, flags)
JM_MSG(token_req, jm_token_req, true, TOKEN(grant_type, "grant_type", 128, 0),
       TOKEN(grant_code, "pre-authorized_code", 128, JM_MSG_OPT),
       TOKEN(match_code, "tx_code", 32, JM_MSG_OPT),
       TOKEN(refresh_token, "refresh_token", 128, JM_MSG_OPT),
       TOKEN(client_id, "client_id", JM_CLIENT_SUB_MAX, JM_MSG_OPT),
       TOKEN(scope, "scope", 512, JM_MSG_OPT));
struct token_res {
    struct jm_token_res t;
    const char *access, *type, *refresh;
    int64_t expires_in;
};
JM_MSG(token_res, token_res, false, JM_FIELD(token_res, access, "access_token", WORD, 0, 0),
       JM_FIELD(token_res, type, "token_type", WORD, 0, 0),
       JM_FIELD(token_res, expires_in, "expires_in", INT, 0, 0),
       JM_FIELD(token_res, refresh, "refresh_token", WORD, 0, JM_MSG_OPT));

static enum jm_status redeem_token(struct jm_req *q, struct jm_res *s)
{
    struct token_res *out = q->out;
    struct jm_token_req in;
    struct jm_dpop dpop;

    JM_TRY(jm_dpop_of(q, s, jm_none(), &dpop)); /* before a word of the body is heard */
    JM_TRY(jm_msg_decode_form(&in, &token_req, q->body, q->mem, &q->diag));
    JM_TRY(jm_token_redeem(q->svc, &out->t, q->who.more, &dpop, &in, q->mem, &q->diag));
    out->access = out->t.access;
    out->type = "DPoP";
    out->expires_in = JM_ACCESS_TTL_S;
    out->refresh = out->t.refresh;
    return add_dpop_nonce(q, s);
}

/* -- credential -- */

#define CREDENTIAL(member, wire, kind, max) \
    JM_FIELD(jm_credential_req, member, wire, kind, max, JM_MSG_OPT)
JM_MSG(credential_req, jm_credential_req, true,
       CREDENTIAL(identifier, "credential_identifier", JSON, 256),
       CREDENTIAL(configuration, "credential_configuration_id", JSON, 256),
       CREDENTIAL(proofs, "proofs", JSON, 480 * JM_KIB),
       CREDENTIAL(encryption, "credential_response_encryption", JSON, 4096),
       CREDENTIAL(new_loss_code, "jumin_new_loss_code", BOOL, 1));
struct one_credential {
    struct jm_bytes credential;
};
JM_MSG(one_credential, one_credential, false,
       JM_FIELD(one_credential, credential, "credential", STR, 0, 0));
struct credential_res {
    struct jm_credential_res c;
    struct jm_msg_list credentials;
};
JM_MSG(credential_res, credential_res, false,
       JM_FIELD_OF(credential_res, credentials, "credentials", LIST, one_credential),
       JM_FIELD(credential_res, c.loss_code, "jumin_loss_code", STR, 0, JM_MSG_OPT));

static enum jm_status issue_credential(struct jm_req *q, struct jm_res *s)
{
    struct credential_res *out = q->out;
    struct jm_credential_req in;

    if (jm_msg_decode(&in, &credential_req, q->body, q->mem, &q->diag) != JM_OK) {
        q->diag.code = JM_VCI_REQUEST_FORM; /* the standard has one error for a body of no use */
        return JM_E_MALFORMED;
    }
    JM_TRY(jm_credential_issue(q->svc, &out->c, q->who.more, &in, q->mem, &q->diag));
    out->credentials = (struct jm_msg_list){out->c.copy, out->c.n};
    return add_dpop_nonce(q, s);
}

/* -- deletion -- */

struct deletion_res {
    const char *state;
};
JM_MSG(deletion_res, deletion_res, false, JM_FIELD(deletion_res, state, "state", WORD, 0, 0));

static enum jm_status delete_card(struct jm_req *q, struct jm_res *s)
{
    JM_TRY(jm_card_delete(q->svc, q->who.more, q->mem, &q->diag));
    ((struct deletion_res *)q->out)->state = "REVOKED";
    return add_dpop_nonce(q, s);
}

const struct jm_route jm_issuance_routes[] = {
    /*       method path                                          auth                act   media
       body max     rate  flags         handler */
    JM_ROUTE_MSG(GET, "/healthz", PUBLIC, SELF, NONE, 0, HIGH, NONE, jm_web_health, HEALTH,
                 .answer = &jm_health_res),
    JM_ROUTE_MSG(GET, "/.well-known/openid-credential-issuer", PUBLIC, SELF, NONE, 0, HIGH, CORS,
                 issuer_metadata, ISSUER_METADATA, .answer = &jm_issuer_metadata_res),
    JM_ROUTE_MSG(GET, "/.well-known/oauth-authorization-server", PUBLIC, SELF, NONE, 0, HIGH, CORS,
                 as_metadata, AS_METADATA, .answer = &jm_as_metadata_res),
    JM_ROUTE_MSG(GET, "/offer/{id}", PUBLIC, SELF, NONE, 0, LOW, CORS_NO_STORE, read_offer, OFFER,
                 .answer = &jm_offer_res),
    JM_ROUTE_MSG(POST, "/challenge", PUBLIC, SELF, ANY, 1024, LOW, CORS_NO_STORE, give_challenge,
                 CHALLENGE, .answer = &challenge_res),
    JM_ROUTE_MSG(POST, "/nonce", PUBLIC, SELF, ANY, 1024, LOW, CORS_NO_STORE, c_nonce, NONCE,
                 .answer = &nonce_res),
    JM_ROUTE_MSG(POST, "/token", CLIENT_ATTESTATION, SELF, FORM, 16 * JM_KIB, LOW, CORS_NO_STORE,
                 redeem_token, TOKEN, .message = &token_req, .reads_itself = true,
                 .answer = &token_res),
    JM_ROUTE_MSG(POST, "/credential", DPOP, SELF, JSON, 512 * JM_KIB, LOW, CORS_NO_STORE,
                 issue_credential, CREDENTIAL, .look = jm_issuer_look, .message = &credential_req,
                 .reads_itself = true, .answer = &credential_res),
    JM_ROUTE_MSG(POST, "/card/deletion", DPOP, SELF, JSON, 64, LOW, CORS_NO_STORE, delete_card,
                 CARD_DELETION, .message = &jm_msg_none, .answer = &deletion_res),
};
const size_t jm_issuance_n_routes = JM_ARRAY_LEN(jm_issuance_routes);
