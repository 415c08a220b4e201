/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "service/msg.h"
#include "service/verification/verification.h"
#include "service/web/fail.h"
#include "service/web/routes.h"

static enum jm_status health(struct jm_req *q, struct jm_res *s)
{
    (void)q;
    s->body = JM_BYTES("{\"status\":\"ok\"}");
    return JM_OK;
}

/* -- wallets -- */

static enum jm_status request_with(struct jm_req *q, struct jm_res *s, struct jm_bytes wallet_nonce)
{
    JM_TRY(jm_verification_fetch(q->svc, &s->body, q->arg[0], wallet_nonce, q->mem, &q->diag));
    s->media = "application/oauth-authz-req+jwt";
    return JM_OK;
}

static enum jm_status request_get(struct jm_req *q, struct jm_res *s)
{
    return request_with(q, s, jm_none());
}

struct fetch_req {
    struct jm_bytes wallet_nonce, wallet_metadata;
};
static const struct jm_msg_field fetch_req_fields[] = {
    JM_FIELD(fetch_req, wallet_nonce, "wallet_nonce", RAW, JM_VER_WALLET_NONCE_MAX, JM_MSG_OPT),
    /* not needed: the query is the same for all */
    JM_FIELD(fetch_req, wallet_metadata, "wallet_metadata", RAW, 20 * JM_KIB, JM_MSG_OPT),
};
static const struct jm_msg fetch_req = JM_MSG_DEF(fetch_req, true);

static enum jm_status request_post(struct jm_req *q, struct jm_res *s)
{
    struct fetch_req in;

    JM_TRY(jm_msg_decode_form(&in, &fetch_req, q->body, q->mem, &q->diag));
    return request_with(q, s, in.wallet_nonce);
}

static enum jm_status look(struct jm_req *q, struct jm_res *s)
{
    (void)s;
    return jm_verification_look(q->svc, q->arg[0], q->mem, &q->diag);
}

static enum jm_status response(struct jm_req *q, struct jm_res *s)
{
    JM_TRY(jm_verification_answer(q->svc, q->arg[0], q->body, q->mem, &q->diag));
    s->body = JM_BYTES("{}");
    return JM_OK;
}

/* -- the service -- */

struct request_req {
    struct jm_bytes service;
};
static const struct jm_msg_field request_req_fields[] = {
    JM_FIELD(request_req, service, "service", STR, 63, JM_MSG_OPT)};
static const struct jm_msg request_req = JM_MSG_DEF(request_req, false);

static void put_id(struct jm_json_w *w, const struct jm_id *id)
{
    char hex[33];

    jm_id_format(hex, id);
    jm_json_w_mstr(w, "id", hex);
}

static enum jm_status request_new(struct jm_req *q, struct jm_res *s)
{
    struct jm_verification_res out;
    struct request_req in;
    struct jm_reply r;

    JM_TRY(jm_msg_decode(&in, &request_req, q->body, q->mem, &q->diag));
    if (in.service.len != 0 && !jm_bytes_eq(in.service, q->who.name))
        return jm_refuse(&q->diag, JM_E_DENIED, JM_VER_SERVICE_FOREIGN, NULL);
    JM_TRY(jm_verification_request(q->svc, &out, q->who.name, q->mem, &q->diag));
    JM_TRY(jm_reply_open(&r, q, 512 + 2 * (out.request_uri.len + out.invocation.len)));
    put_id(&r.w, &out.id);
    jm_json_w_mtext(&r.w, "request_uri", out.request_uri);
    jm_json_w_mtext(&r.w, "invocation", out.invocation);
    jm_json_w_mint(&r.w, "expires", out.expires);
    return jm_reply_send(&r, s, 201);
}

static enum jm_status id_of(struct jm_req *q, struct jm_id *id)
{
    return jm_id_parse(id, q->arg[0]) == JM_OK
               ? JM_OK
               : jm_refuse(&q->diag, JM_E_ABSENT, JM_VER_UNKNOWN, NULL);
}

static enum jm_status wants_presentation(struct jm_req *q, bool *yes)
{
    struct jm_bytes v;
    enum jm_status st = jm_req_query(q, "presentation", &v);

    *yes = st == JM_OK && jm_bytes_eq_str(v, "true");
    if (st == JM_E_MISSING || *yes)
        return JM_OK;
    return st == JM_OK ? jm_refuse(&q->diag, JM_E_RANGE, JM_API_FIELD_FORM, "presentation") : st;
}

/* `wait` is the client's business: it asks again, no worker sleeps here. */
static enum jm_status result(struct jm_req *q, struct jm_res *s)
{
    const struct jm_json *report = NULL;
    struct jm_verification_result *out = JM_NEW(q->mem, struct jm_verification_result);
    struct jm_reply r;
    struct jm_id id;
    bool evidence;

    if (out == NULL)
        return JM_E_NO_SPACE;
    JM_TRY(id_of(q, &id));
    JM_TRY(wants_presentation(q, &evidence));
    JM_TRY(jm_verification_result(q->svc, out, q->who.name, &id, q->mem, &q->diag));
    if (out->t.report.len != 0)
        JM_TRY(jm_json_parse(&report, out->t.report, q->mem, NULL));
    JM_TRY(jm_reply_open(&r, q,
                         1024 + out->t.report.len + out->claims.len +
                             (evidence ? out->vp_token.len : 0)));
    put_id(&r.w, &id);
    jm_json_w_mtext(&r.w, "service", out->t.service);
    jm_json_w_mstr(&r.w, "state", jm_vstate_name(out->t.state));
    jm_json_w_mint(&r.w, "created", out->t.created);
    jm_json_w_mint(&r.w, "expires", out->t.expires);
    if (report == NULL) {
        jm_json_w_name(&r.w, "verdict");
        jm_json_w_null(&r.w);
    } else {
        jm_json_w_mint(&r.w, "decided", out->t.decided);
    }
    if (report != NULL && jm_vstate_answerable(&out->t, q->now_s))
        jm_json_w_mbool(&r.w, "open", true);
    for (const struct jm_json *m = report == NULL ? NULL : report->child; m != NULL; m = m->next) {
        jm_json_w_name_b(&r.w, m->name);
        jm_json_w_raw(&r.w, m->raw);
    }
    if (out->claims.len != 0) {
        jm_json_w_name(&r.w, "claims");
        jm_json_w_raw(&r.w, out->claims);
    }
    if (evidence && out->vp_token.len != 0) {
        jm_json_w_name(&r.w, "vp_token");
        jm_json_w_raw(&r.w, out->vp_token);
    }
    return jm_reply_send(&r, s, 200);
}

static enum jm_status cancel(struct jm_req *q, struct jm_res *s)
{
    struct jm_id id;

    JM_TRY(id_of(q, &id));
    JM_TRY(jm_verification_cancel(q->svc, q->who.name, &id, q->mem, &q->diag));
    s->body = JM_BYTES("{\"state\":\"CANCELLED\"}");
    return JM_OK;
}

const struct jm_route jm_verification_routes[] = {
    /*       method path                    auth         act   media body max          rate  flags
       handler */
    JM_ROUTE(GET, "/healthz", PUBLIC, SELF, NONE, 0, HIGH, NONE, health, HEALTH),
    JM_ROUTE(GET, "/request/{id}", PUBLIC, SELF, NONE, 0, LOW, CORS_NO_STORE, request_get,
             REQUEST_GET),
    JM_ROUTE_MSG(POST, "/request/{id}", PUBLIC, SELF, FORM, 64 * JM_KIB, LOW, CORS_NO_STORE,
                 request_post, REQUEST_POST, NULL, fetch_req),
    JM_ROUTE_MSG(POST, "/response/{id}", PUBLIC, SELF, FORM, JM_VP_RESPONSE_MAX, LOW, CORS_NO_STORE,
                 response, RESPONSE, look, jm_vp_response_req),
    JM_ROUTE_MSG(POST, "/api/requests", SERVICE_KEY, SELF, JSON, 1024, HIGH, NO_STORE, request_new,
                 API_REQUEST, NULL, request_req),
    JM_ROUTE(GET, "/api/requests/{id}", SERVICE_KEY, SELF, NONE, 0, HIGH, NO_STORE, result,
             API_RESULT),
    JM_ROUTE(DELETE, "/api/requests/{id}", SERVICE_KEY, SELF, NONE, 0, HIGH, NO_STORE, cancel,
             API_CANCEL),
};
const size_t jm_verification_n_routes = JM_ARRAY_LEN(jm_verification_routes);

/* -- the operator, over the control socket -- */

struct key_req {
    struct jm_bytes service, hash;
};
static const struct jm_msg_field key_req_fields[] = {
    JM_FIELD(key_req, service, "service", STR, 63, 0),
    JM_FIELD(key_req, hash, "hash", B64, 43, JM_MSG_OPT),
};
static const struct jm_msg key_req = JM_MSG_DEF(key_req, false);

static enum jm_status done(struct jm_res *s)
{
    s->body = JM_BYTES("{\"ok\":true}");
    return JM_OK;
}

static enum jm_status ping(struct jm_req *q, struct jm_res *s)
{
    JM_TRY(jm_msg_decode_none(q->body, q->mem, &q->diag));
    return done(s);
}

static enum jm_status key_of(struct jm_req *q, struct key_req *in, bool need_hash)
{
    JM_TRY(jm_msg_decode(in, &key_req, q->body, q->mem, &q->diag));
    if ((need_hash || in->hash.len != 0) && in->hash.len != 32)
        return jm_refuse(&q->diag, JM_E_RANGE, JM_API_FIELD_FORM, "hash");
    return JM_OK;
}

static enum jm_status key_add(struct jm_req *q, struct jm_res *s)
{
    struct jm_verifier *v = q->svc;
    struct key_req in;

    JM_TRY(key_of(q, &in, true));
    if (jm_verifier_service(v, in.service) == NULL)
        return jm_refuse(&q->diag, JM_E_ABSENT, JM_VER_SERVICE_UNKNOWN, NULL);
    JM_TRY(jm_service_key_add(&v->base.env, in.service, in.hash.ptr));
    s->http = 201;
    return done(s);
}

static enum jm_status key_remove(struct jm_req *q, struct jm_res *s)
{
    struct jm_verifier *v = q->svc;
    struct key_req in;

    JM_TRY(key_of(q, &in, false));
    JM_TRY(jm_service_key_remove(&v->base.env, in.service, in.hash.len == 0 ? NULL : in.hash.ptr,
                                 &q->diag));
    return done(s);
}

const struct jm_route jm_verification_local_routes[] = {
    /*       method path                  auth   act   media body max rate  flags     handler */
    JM_ROUTE_MSG(POST, "/local/ping", LOCAL, SELF, JSON, 64, HIGH, NO_STORE, ping, LOCAL_PING, NULL,
                 jm_msg_none),
    JM_ROUTE_MSG(POST, "/local/key", LOCAL, SELF, JSON, 1024, HIGH, NO_STORE, key_add,
                 LOCAL_KEY_ADD, NULL, key_req),
    JM_ROUTE_MSG(POST, "/local/key/remove", LOCAL, SELF, JSON, 1024, HIGH, NO_STORE, key_remove,
                 LOCAL_KEY_REMOVE, NULL, key_req),
};
const size_t jm_verification_local_n_routes = JM_ARRAY_LEN(jm_verification_local_routes);

/* -- the authenticator -- */

static struct jm_bytes bearer(struct jm_req *q)
{
    static const char scheme[] = "bearer ";
    struct jm_bytes v;
    size_t n = 0;

    v = jm_req_header(q, "Authorization", &n);
    if (n != 1 || v.len <= sizeof scheme - 1)
        return jm_none();
    for (size_t i = 0; i < sizeof scheme - 1; i++)
        if ((v.ptr[i] | 32) != (uint8_t)scheme[i])
            return jm_none();
    return jm_slice(v, sizeof scheme - 1, SIZE_MAX);
}

static enum jm_status service_key(struct jm_req *q)
{
    const struct jm_verifier *v = q->svc;
    struct jm_bytes key = bearer(q);
    enum jm_status st =
        key.len == 0 ? JM_E_ABSENT : jm_service_key_find(&v->base.env, key, &q->who.name, q->mem);

    if (st == JM_E_ABSENT)
        return jm_refuse(&q->diag, JM_E_UNAUTHENTICATED, JM_VER_KEY, NULL);
    JM_TRY(st);
    q->who.how = JM_AUTH_SERVICE_KEY;
    return JM_OK;
}

enum jm_status jm_verifier_auth(void *role, struct jm_req *q, struct jm_res *s)
{
    (void)s;
    switch (q->route->auth) {
    case JM_AUTH_PUBLIC: q->who.how = JM_AUTH_PUBLIC; return JM_OK;
    case JM_AUTH_SERVICE_KEY: return service_key(q);
    case JM_AUTH_LOCAL:
        return jm_operator_proven(q, ((const struct jm_verifier *)role)->operator_hash, JM_VER_KEY);
    case JM_AUTH_CLIENT_ATTESTATION:
    case JM_AUTH_DPOP:
    case JM_AUTH_STAFF_SESSION: break;
    }
    return JM_E_BUG;
}
