/* SPDX-License-Identifier: Apache-2.0 */
#include <stddef.h>

#include "service/msg.h"
#include "service/provider/provider.h"
#include "service/web/fail.h"
#include "service/web/pages.h"
#include "service/web/routes.h"

struct challenge_res {
    struct jm_bytes nonce;
};
JM_MSG(challenge_res, challenge_res, false, JM_FIELD(challenge_res, nonce, "challenge", STR, 0, 0));

static enum jm_status challenge(struct jm_req *q, struct jm_res *s)
{
    struct jm_provider *p = q->svc;
    struct challenge_res *out = q->out;

    (void)s;
    return jm_nonce_make(&out->nonce, &p->nonces, &p->base.env, JM_NONCE_PROVIDER, q->mem);
}

JM_MSG(attest_req, jm_attest_req, false,
       JM_FIELD(jm_attest_req, proof, "proof", STR, JM_INSTANCE_PROOF_MAX, 0),
       JM_FIELD(jm_attest_req, keys, "keys", JSON, 2 + JM_PROOFS_MAX * (JM_KEY_PROOF_MAX + 3),
                JM_MSG_OPT));
JM_MSG(attest_res, jm_attest_res, false,
       JM_FIELD(jm_attest_res, client_attestation, "client_attestation", STR, 0, 0),
       JM_FIELD(jm_attest_res, key_attestation, "key_attestation", STR, 0, JM_MSG_OPT));

static enum jm_status attest(struct jm_req *q, struct jm_res *s)
{
    (void)s;
    return jm_provider_attest(q->svc, q->out, q->in, q->mem, &q->diag);
}

/* -- the operator's -- */

struct withdraw_req {
    struct jm_bytes jkt;
};
JM_MSG(withdraw_req, withdraw_req, false, JM_FIELD(withdraw_req, jkt, "jkt", B64, 43, 0));

static enum jm_status withdraw(struct jm_req *q, struct jm_res *s)
{
    const struct withdraw_req *in = q->in;

    if (in->jkt.len != 32)
        return jm_refuse(&q->diag, JM_E_RANGE, JM_API_FIELD_FORM, "jkt");
    JM_TRY(jm_provider_withdraw(jm_req_env(q), in->jkt.ptr, &q->diag));
    return jm_web_ok(q, s);
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
    JM_ROUTE_MSG(GET, "/healthz", PUBLIC, SELF, NONE, 0, HIGH, NONE, jm_web_health, HEALTH,
                 .answer = &jm_health_res),
    JM_ROUTE_MSG(POST, "/provider/challenge", PUBLIC, SELF, JSON, 1024, LOW, CORS_NO_STORE,
                 challenge, PROVIDER_CHALLENGE, .message = &jm_msg_none, .answer = &challenge_res),
    JM_ROUTE_MSG(POST, "/provider/attest", PUBLIC, SELF, JSON, 60 * JM_KIB, LOW, CORS_NO_STORE,
                 attest, PROVIDER_ATTEST, .message = &attest_req, .answer = &attest_res),
    JM_ROUTE(GET, "/wallet", PUBLIC, SELF, NONE, 0, HIGH, NONE, jm_web_wallet_page, WALLET_PAGE),
    /* beside the page, because a worker governs what lies below its own address */
    JM_ROUTE(GET, "/sw.js", PUBLIC, SELF, NONE, 0, HIGH, NONE, jm_web_page, WALLET_WORKER),
};
const size_t jm_provider_n_routes = JM_ARRAY_LEN(jm_provider_routes);

const struct jm_route jm_provider_local_routes[] = {
    /*       method path                  auth   act   media body max rate  flags     handler */
    JM_ROUTE_MSG(POST, "/local/ping", LOCAL, SELF, JSON, 64, HIGH, NO_STORE, jm_web_ok, LOCAL_PING,
                 .message = &jm_msg_none, .answer = &jm_ok_res),
    JM_ROUTE_MSG(POST, "/local/withdraw", LOCAL, SELF, JSON, 1024, HIGH, NO_STORE, withdraw,
                 LOCAL_WITHDRAW, .message = &withdraw_req, .answer = &jm_ok_res),
};
const size_t jm_provider_local_n_routes = JM_ARRAY_LEN(jm_provider_local_routes);
