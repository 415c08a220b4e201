/* SPDX-License-Identifier: Apache-2.0 */
#include <stddef.h>

#include "service/msg.h"
#include "service/provider/provider.h"
#include "service/web/fail.h"
#include "service/web/routes.h"

static enum jm_status health(struct jm_req *q, struct jm_res *s)
{
    (void)q;
    s->body = JM_BYTES("{\"status\":\"ok\"}");
    return JM_OK;
}

static enum jm_status challenge(struct jm_req *q, struct jm_res *s)
{
    struct jm_provider *p = q->svc;
    struct jm_bytes nonce;
    struct jm_reply r;

    JM_TRY(jm_msg_decode_none(q->body, q->mem, &q->diag));
    JM_TRY(jm_nonce_make(&nonce, &p->nonces, &p->base.env, JM_NONCE_PROVIDER, q->mem));
    JM_TRY(jm_reply_open(&r, q, 256));
    jm_json_w_mtext(&r.w, "challenge", nonce);
    return jm_reply_send(&r, s, 200);
}

static const struct jm_msg_field attest_req_fields[] = {
    JM_FIELD(jm_attest_req, proof, "proof", STR, JM_INSTANCE_PROOF_MAX, 0),
    JM_FIELD(jm_attest_req, keys, "keys", JSON, 2 + JM_PROOFS_MAX * (JM_KEY_PROOF_MAX + 3),
             JM_MSG_OPT),
};
static const struct jm_msg attest_req = JM_MSG_DEF(attest_req, false);

static enum jm_status attest(struct jm_req *q, struct jm_res *s)
{
    struct jm_attest_req in;
    struct jm_attest_res out;
    struct jm_reply r;

    JM_TRY(jm_msg_decode(&in, &attest_req, q->body, q->mem, &q->diag));
    JM_TRY(jm_provider_attest(q->svc, &out, &in, q->mem, &q->diag));
    JM_TRY(jm_reply_open(&r, q, 256 + out.client_attestation.len + out.key_attestation.len));
    jm_json_w_mtext(&r.w, "client_attestation", out.client_attestation);
    if (out.key_attestation.len != 0)
        jm_json_w_mtext(&r.w, "key_attestation", out.key_attestation);
    return jm_reply_send(&r, s, 200);
}

/* -- the operator's -- */

struct withdraw_req {
    struct jm_bytes jkt;
};
static const struct jm_msg_field withdraw_req_fields[] = {
    JM_FIELD(withdraw_req, jkt, "jkt", B64, 43, 0),
};
static const struct jm_msg withdraw_req = JM_MSG_DEF(withdraw_req, false);

static enum jm_status ping(struct jm_req *q, struct jm_res *s)
{
    JM_TRY(jm_msg_decode_none(q->body, q->mem, &q->diag));
    s->body = JM_BYTES("{\"ok\":true}");
    return JM_OK;
}

static enum jm_status withdraw(struct jm_req *q, struct jm_res *s)
{
    struct jm_provider *p = q->svc;
    struct withdraw_req in;

    JM_TRY(jm_msg_decode(&in, &withdraw_req, q->body, q->mem, &q->diag));
    if (in.jkt.len != 32)
        return jm_refuse(&q->diag, JM_E_RANGE, JM_API_FIELD_FORM, "jkt");
    JM_TRY(jm_provider_withdraw(&p->base.env, in.jkt.ptr, &q->diag));
    s->body = JM_BYTES("{\"ok\":true}");
    return JM_OK;
}

enum jm_status jm_provider_auth(void *role, struct jm_req *q, struct jm_res *s)
{
    const struct jm_provider *p = role;

    (void)s;
    if (q->route->auth == JM_AUTH_LOCAL)
        return jm_operator_proven(q, p->operator_hash, JM_PROVIDER_OPERATOR);
    q->who.how = JM_AUTH_PUBLIC;
    return JM_OK;
}

const struct jm_route jm_provider_routes[] = {
    /*       method path                   auth    act   media body max      rate  flags handler */
    JM_ROUTE(GET, "/healthz", PUBLIC, SELF, NONE, 0, HIGH, NONE, health, HEALTH),
    JM_ROUTE_MSG(POST, "/provider/challenge", PUBLIC, SELF, JSON, 1024, LOW, CORS_NO_STORE,
                 challenge, PROVIDER_CHALLENGE, NULL, jm_msg_none),
    JM_ROUTE_MSG(POST, "/provider/attest", PUBLIC, SELF, JSON, 60 * JM_KIB, LOW, CORS_NO_STORE,
                 attest, PROVIDER_ATTEST, NULL, attest_req),
};
const size_t jm_provider_n_routes = JM_ARRAY_LEN(jm_provider_routes);

const struct jm_route jm_provider_local_routes[] = {
    /*       method path                  auth   act   media body max rate  flags     handler */
    JM_ROUTE_MSG(POST, "/local/ping", LOCAL, SELF, JSON, 64, HIGH, NO_STORE, ping, LOCAL_PING, NULL,
                 jm_msg_none),
    JM_ROUTE_MSG(POST, "/local/withdraw", LOCAL, SELF, JSON, 1024, HIGH, NO_STORE, withdraw,
                 LOCAL_WITHDRAW, NULL, withdraw_req),
};
const size_t jm_provider_local_n_routes = JM_ARRAY_LEN(jm_provider_local_routes);
