/* SPDX-License-Identifier: Apache-2.0 */
#include <stddef.h>
#include <stdio.h>

#include "service/msg.h"
#include "service/provider/pins.h"
#include "service/provider/provider.h"
#include "service/web/fail.h"
#include "service/web/pages.h"
#include "service/web/routes.h"

struct challenge_res {
    struct jm_bytes nonce;
};
JM_MSG(challenge_res, challenge_res, false, JM_FIELD(challenge_res, nonce, "challenge", STR, 0, 0));

static enum jm_status give_challenge(struct jm_req *q, struct jm_res *s)
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

static enum jm_status attest_keys(struct jm_req *q, struct jm_res *s)
{
    (void)s;
    return jm_provider_attest(q->svc, q->out, q->in, q->mem, &q->diag);
}

/* -- PINs -- */

JM_MSG(pin_set_req, jm_pin_set_req, false,
       JM_FIELD(jm_pin_set_req, proof, "proof", STR, JM_INSTANCE_PROOF_MAX, 0),
       JM_FIELD(jm_pin_set_req, auth, "auth", B64, 43, 0),
       JM_FIELD(jm_pin_set_req, key, "key", B64, 87, 0));
JM_MSG(pin_set_res, jm_pin_set_res, false, JM_FIELD(jm_pin_set_res, id, "id", ID, 0, 0));

static enum jm_status pin_set(struct jm_req *q, struct jm_res *s)
{
    (void)s;
    return jm_pin_set(q->svc, q->out, q->in, q->mem, &q->diag);
}

JM_MSG(pin_try_req, jm_pin_try_req, false, JM_FIELD(jm_pin_try_req, id, "id", ID, 32, 0),
       JM_FIELD(jm_pin_try_req, challenge, "challenge", STR, JM_NONCE_TEXT_MAX, 0),
       JM_FIELD(jm_pin_try_req, v, "v", B64, 43, 0),
       JM_FIELD(jm_pin_try_req, mac, "mac", B64, 43, 0));
JM_MSG(pin_try_res, jm_pin_try_res, false, JM_FIELD(jm_pin_try_res, share, "share", STR, 0, 0),
       JM_FIELD(jm_pin_try_res, count, "count", INT, 0, 0),
       JM_FIELD(jm_pin_try_res, left, "left", INT, 0, 0));

static enum jm_status pin_try(struct jm_req *q, struct jm_res *s)
{
    int64_t wait_s = 0;
    enum jm_status st = jm_pin_try(q->svc, q->out, q->in, &wait_s, q->mem, &q->diag);
    char *text;

    if (wait_s == 0)
        return st;
    if ((text = jm_alloc(q->mem, 24, 1)) == NULL)
        return JM_E_NO_SPACE;
    (void)snprintf(text, 24, "%lld", (long long)wait_s);
    JM_TRY(jm_res_header(s, "Retry-After", jm_str(text)));
    return st;
}

JM_MSG(pin_right_req, jm_pin_right_req, false, JM_FIELD(jm_pin_right_req, id, "id", ID, 32, 0),
       JM_FIELD(jm_pin_right_req, challenge, "challenge", STR, JM_NONCE_TEXT_MAX, 0),
       JM_FIELD(jm_pin_right_req, count, "count", INT, JM_PIN_TRIES_MAX, 0),
       JM_FIELD(jm_pin_right_req, signature, "signature", B64, 86, 0));

static enum jm_status pin_right(struct jm_req *q, struct jm_res *s)
{
    JM_TRY(jm_pin_right(q->svc, q->in, q->mem, &q->diag));
    return jm_web_ok(q, s);
}

/* -- the operator's -- */

struct withdraw_req {
    struct jm_bytes jkt;
};
JM_MSG(withdraw_req, withdraw_req, false, JM_FIELD(withdraw_req, jkt, "jkt", B64, 43, 0));

static enum jm_status withdraw_instance(struct jm_req *q, struct jm_res *s)
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
                 give_challenge, PROVIDER_CHALLENGE, .message = &jm_msg_none,
                 .answer = &challenge_res),
    JM_ROUTE_MSG(POST, "/provider/attest", PUBLIC, SELF, JSON, 60 * JM_KIB, LOW, CORS_NO_STORE,
                 attest_keys, PROVIDER_ATTEST, .message = &attest_req, .answer = &attest_res),
    JM_ROUTE_MSG(POST, "/provider/pin", PUBLIC, SELF, JSON, 12 * JM_KIB, LOW, CORS_NO_STORE,
                 pin_set, PROVIDER_PIN, .message = &pin_set_req, .answer = &pin_set_res),
    JM_ROUTE_MSG(POST, "/provider/pin/try", PUBLIC, SELF, JSON, 4 * JM_KIB, LOW, CORS_NO_STORE,
                 pin_try, PROVIDER_PIN_TRY, .message = &pin_try_req, .answer = &pin_try_res),
    JM_ROUTE_MSG(POST, "/provider/pin/right", PUBLIC, SELF, JSON, 4 * JM_KIB, LOW, CORS_NO_STORE,
                 pin_right, PROVIDER_PIN_RIGHT, .message = &pin_right_req, .answer = &jm_ok_res),
    JM_ROUTE(GET, "/wallet", PUBLIC, SELF, NONE, 0, HIGH, NONE, jm_web_wallet_page, WALLET_PAGE),
    /* beside the page, because a worker governs what lies below its own address */
    JM_ROUTE(GET, "/sw.js", PUBLIC, SELF, NONE, 0, HIGH, NONE, jm_web_page, WALLET_WORKER),
};
const size_t jm_provider_n_routes = JM_ARRAY_LEN(jm_provider_routes);

const struct jm_route jm_provider_local_routes[] = {
    /*       method path                  auth   act   media body max rate  flags     handler */
    JM_ROUTE_MSG(POST, "/local/ping", LOCAL, SELF, JSON, 64, HIGH, NO_STORE, jm_web_ok, LOCAL_PING,
                 .message = &jm_msg_none, .answer = &jm_ok_res),
    JM_ROUTE_MSG(POST, "/local/withdraw", LOCAL, SELF, JSON, 1024, HIGH, NO_STORE,
                 withdraw_instance, LOCAL_WITHDRAW, .message = &withdraw_req, .answer = &jm_ok_res),
};
const size_t jm_provider_local_n_routes = JM_ARRAY_LEN(jm_provider_local_routes);
