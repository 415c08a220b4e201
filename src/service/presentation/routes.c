/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "service/msg.h"
#include "service/presentation/parts.h"
#include "service/web/fail.h"
#include "service/web/pages.h"
#include "service/web/routes.h"

/* -- wallets -- */

static enum jm_status request_with(struct jm_req *q, struct jm_res *s, struct jm_bytes wallet_nonce)
{
    JM_TRY(jm_presentation_fetch(q->svc, &s->body, q->arg[0], wallet_nonce, q->mem, &q->diag));
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
JM_MSG(fetch_req, fetch_req, true,
       JM_FIELD(fetch_req, wallet_nonce, "wallet_nonce", RAW, JM_PRESENTATION_WALLET_NONCE_MAX,
                JM_MSG_OPT),
       /* not needed: the query is the same for all */
       JM_FIELD(fetch_req, wallet_metadata, "wallet_metadata", RAW, 20 * JM_KIB, JM_MSG_OPT));

static enum jm_status request_post(struct jm_req *q, struct jm_res *s)
{
    return request_with(q, s, ((const struct fetch_req *)q->in)->wallet_nonce);
}

static enum jm_status look_ahead(struct jm_req *q, struct jm_res *s)
{
    (void)s;
    return jm_presentation_look(q->svc, q->arg[0], q->mem, &q->diag);
}

struct response_res {
    struct jm_bytes redirect_uri;
};
JM_MSG(response_res, response_res, false,
       JM_FIELD(response_res, redirect_uri, "redirect_uri", STR, 0, JM_MSG_OPT));

static enum jm_status take_response(struct jm_req *q, struct jm_res *s)
{
    struct response_res *out = q->out;

    (void)s;
    return jm_presentation_answer(q->svc, q->arg[0], q->body, &out->redirect_uri, q->mem, &q->diag);
}

/* -- the service -- */

struct request_req {
    struct jm_bytes service, return_to;
};
JM_MSG(request_req, request_req, false,
       JM_FIELD(request_req, service, "service", STR, 63, JM_MSG_OPT),
       JM_FIELD(request_req, return_to, "return_to", STR, JM_PRESENTATION_RETURN_MAX, JM_MSG_OPT));
JM_MSG(request_res, jm_presentation_res, false, JM_FIELD(jm_presentation_res, id, "id", ID, 0, 0),
       JM_FIELD(jm_presentation_res, request_uri, "request_uri", STR, 0, 0),
       JM_FIELD(jm_presentation_res, invocation, "invocation", STR, 0, 0),
       JM_FIELD(jm_presentation_res, expires, "expires", INT, 0, 0));

/* What the bearer of a key may ask, as it was registered: for a counter's screen. */
struct both_res {
    struct jm_bytes ko, en;
};
JM_MSG(both_res, both_res, false, JM_FIELD(both_res, ko, "ko", STR, 0, JM_MSG_OPT),
       JM_FIELD(both_res, en, "en", STR, 0, JM_MSG_OPT));
struct service_res {
    struct jm_bytes service;
    struct both_res name, purpose;
    struct jm_msg_list claims;
    int64_t retention_days;
};
JM_MSG(service_res, service_res, false, JM_FIELD(service_res, service, "service", STR, 0, 0),
       JM_FIELD_OF(service_res, name, "name", OBJECT, both_res),
       JM_FIELD_OF(service_res, purpose, "purpose", OBJECT, both_res),
       JM_FIELD(service_res, claims, "claims", TEXTS, 0, 0),
       JM_FIELD(service_res, retention_days, "retention_days", INT, 0, 0));

static enum jm_status tell_service(struct service_res *out, const struct jm_verifier *v,
                                   const struct jm_rp_service *s, struct jm_arena *mem)
{
    struct jm_bytes *name = JM_NEW_N(mem, struct jm_bytes, s->n_claims + 1);

    if (name == NULL)
        return JM_E_NO_SPACE;
    for (size_t i = 0; i < s->n_claims; i++)
        name[i] = s->claim[i].path[jm_rp_claim_steps(&s->claim[i]) - 1];
    *out = (struct service_res){.service = s->id,
                                .name = {v->app.name.ko, v->app.name.en},
                                .purpose = {s->purpose.ko, s->purpose.en},
                                .claims = {name, s->n_claims},
                                .retention_days = (int64_t)s->retention_days};
    return JM_OK;
}

static enum jm_status give_service(struct jm_req *q, struct jm_res *res)
{
    const struct jm_verifier *v = q->svc;
    const struct jm_rp_service *s = jm_verifier_service(v, q->who.name);

    (void)res;
    return s == NULL ? jm_refuse(&q->diag, JM_E_ABSENT, JM_VER_SERVICE_UNKNOWN, NULL)
                     : tell_service(q->out, v, s, q->mem);
}

static enum jm_status request_new(struct jm_req *q, struct jm_res *s)
{
    const struct request_req *in = q->in;
    const struct jm_return back = {in->return_to, NULL};

    (void)s;
    if (in->service.len != 0 && !jm_bytes_eq(in->service, q->who.name))
        return jm_refuse(&q->diag, JM_E_DENIED, JM_VER_SERVICE_FOREIGN, NULL);
    return jm_presentation_request(q->svc, q->out, q->who.name,
                                   in->return_to.ptr == NULL ? NULL : &back, q->mem, &q->diag);
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

/* Of what came back to the service's visitor. */
static enum jm_status code_of(struct jm_req *q, struct jm_bytes *code)
{
    enum jm_status st = jm_req_query(q, "response_code", code);

    return st == JM_E_MISSING ? JM_OK : st;
}

struct result_res {
    struct jm_presentation_result r;
    struct jm_id id;
    const char *state, *verdict; /* verdict: null, where no report says one yet */
    const struct jm_json *report;
    bool open;
};
JM_MSG(result_res, result_res, false, JM_FIELD(result_res, id, "id", ID, 0, 0),
       JM_FIELD(result_res, r.p.service, "service", STR, 0, 0),
       JM_FIELD(result_res, state, "state", WORD, 0, 0),
       JM_FIELD(result_res, r.p.created, "created", INT, 0, 0),
       JM_FIELD(result_res, r.p.expires, "expires", INT, 0, 0),
       JM_FIELD(result_res, verdict, "verdict", NIL, 0, JM_MSG_OPT),
       JM_FIELD(result_res, r.p.decided, "decided", INT, 0, JM_MSG_NONE),
       JM_FIELD(result_res, open, "open", BOOL, 0, JM_MSG_OPT),
       JM_FIELD_OF(result_res, report, "report", SPLICE, jm_outcome_more),
       JM_FIELD(result_res, r.claims, "claims", VALUE, 0, JM_MSG_OPT),
       JM_FIELD(result_res, r.vp_token, "vp_token", VALUE, 0, JM_MSG_OPT));
JM_MSG(visit_res, result_res, false, JM_FIELD(result_res, r.p.service, "service", STR, 0, 0),
       JM_FIELD(result_res, state, "state", WORD, 0, 0),
       JM_FIELD(result_res, verdict, "verdict", NIL, 0, JM_MSG_OPT),
       JM_FIELD_OF(result_res, report, "report", SPLICE, jm_outcome_more),
       JM_FIELD(result_res, r.claims, "claims", VALUE, 0, JM_MSG_OPT));

static enum jm_status tell_result(struct jm_req *q, struct result_res *out)
{
    out->state = jm_presentation_state_name(out->r.p.state);
    if (out->r.p.report.len != 0)
        JM_TRY(jm_json_parse(&out->report, out->r.p.report, q->mem, NULL));
    if (out->report == NULL) {
        out->verdict = "null";
        out->r.p.decided = JM_MSG_NO_INT;
    }
    out->open = out->report != NULL && jm_presentation_answerable(&out->r.p, q->now_s);
    return JM_OK;
}

/* `wait` is the service's business: it asks again, no worker sleeps here. */
static enum jm_status give_result(struct jm_req *q, struct jm_res *s)
{
    struct result_res *out = q->out;
    struct jm_bytes code;
    bool evidence;

    (void)s;
    JM_TRY(id_of(q, &out->id));
    JM_TRY(wants_presentation(q, &evidence));
    JM_TRY(code_of(q, &code));
    JM_TRY(jm_presentation_result(q->svc, &out->r, q->who.name, &out->id, code, q->mem, &q->diag));
    JM_TRY(tell_result(q, out));
    if (!evidence)
        out->r.vp_token = jm_none();
    return JM_OK;
}

struct cancel_res {
    const char *state;
};
JM_MSG(cancel_res, cancel_res, false, JM_FIELD(cancel_res, state, "state", WORD, 0, 0));

static enum jm_status cancel_request(struct jm_req *q, struct jm_res *s)
{
    struct jm_id id;

    (void)s;
    JM_TRY(id_of(q, &id));
    JM_TRY(jm_presentation_cancel(q->svc, q->who.name, &id, q->mem, &q->diag));
    ((struct cancel_res *)q->out)->state = "CANCELLED";
    return JM_OK;
}

/* -- a page of ours, on the visitor's own device (V-07) -- */

struct visit_req {
    struct jm_bytes service;
};
JM_MSG(visit_req, visit_req, false, JM_FIELD(visit_req, service, "service", STR, 63, 0));
struct wallet_res {
    struct both_res name;
    struct jm_bytes link;
};
JM_MSG(wallet_res, wallet_res, false, JM_FIELD_OF(wallet_res, name, "name", OBJECT, both_res),
       JM_FIELD(wallet_res, link, "link", STR, 0, 0));
struct visited_res {
    struct service_res service;
    struct jm_presentation_res asked;
    struct jm_msg_list wallets;
};
JM_MSG(visited_res, visited_res, false,
       JM_FIELD_OF(visited_res, service, "service", OBJECT, service_res),
       JM_FIELD(visited_res, asked.invocation, "invocation", STR, 0, 0),
       JM_FIELD(visited_res, asked.expires, "expires", INT, 0, 0),
       JM_FIELD_OF(visited_res, wallets, "wallets", LIST, wallet_res));

/* A wallet's page needs a passkey, and those are of names: on loopback it is opened by one. */
static struct jm_bytes by_name(struct jm_bytes base, const char **before)
{
    const struct jm_bytes number = JM_BYTES("http://127.0.0.1:");
    bool is_number = jm_bytes_starts(base, number);

    *before = is_number ? "http://localhost:" : "";
    return is_number ? jm_slice(base, number.len, SIZE_MAX) : base;
}

/* Registered wallets that have an address: the invocation stands behind its #, which is sent to
 * nobody. */
static enum jm_status list_wallets(struct jm_msg_list *out, const struct jm_trust *t,
                                   struct jm_bytes invocation, struct jm_arena *mem)
{
    struct wallet_res *all = JM_NEW_N(mem, struct wallet_res, t->n_set + 1);

    *out = (struct jm_msg_list){all, 0};
    if (all == NULL)
        return JM_E_NO_SPACE;
    for (size_t i = 0; i < t->n_set; i++) {
        struct jm_wallet_record r;

        if (!jm_bytes_starts(t->entry[i].key, JM_BYTES("wallet/")) ||
            jm_trust_wallet(&r, t, jm_slice(t->entry[i].key, 7, SIZE_MAX)) != JM_OK ||
            r.base.len == 0)
            continue;
        const char *before;
        struct jm_bytes rest = by_name(r.base, &before);
        const struct jm_bytes parts[] = {jm_str(before), rest, JM_BYTES("/wallet#"), invocation};
        JM_TRY(jm_concat(&all[out->n].link, mem, parts, JM_ARRAY_LEN(parts)));
        all[out->n++].name = (struct both_res){r.name.ko, r.name.en};
    }
    return JM_OK;
}

static enum jm_status visit_start(struct jm_req *q, struct jm_res *s)
{
    const struct visit_req *in = q->in;
    struct jm_verifier *v = q->svc;
    const struct jm_bytes parts[] = {v->url, JM_BYTES("/visit")};
    struct visited_res *out = q->out;
    uint8_t session[32];
    struct jm_return back = {.session = session};
    struct jm_bytes token;

    JM_TRY(jm_concat(&back.to, q->mem, parts, JM_ARRAY_LEN(parts)));
    JM_TRY(jm_random_text(&token, &v->base.env, 32, q->mem));
    JM_TRY(jm_sha256(v->base.env.crypto, token, session));
    JM_TRY(jm_presentation_request(v, &out->asked, in->service, &back, q->mem, &q->diag));
    JM_TRY(tell_service(&out->service, v, jm_verifier_service(v, in->service), q->mem));
    JM_TRY(list_wallets(&out->wallets, &v->trust, out->asked.invocation, q->mem));
    return jm_res_cookie(s, JM_VISIT_COOKIE, token);
}

struct visit_end_req {
    struct jm_bytes response_code;
};
JM_MSG(visit_end_req, visit_end_req, false,
       JM_FIELD(visit_end_req, response_code, "response_code", STR, 43, JM_MSG_OPT));

/* The session ends with the code, whatever becomes of it. */
static enum jm_status visit_end(struct jm_req *q, struct jm_res *s)
{
    const struct visit_end_req *in = q->in;
    const struct jm_verifier *v = q->svc;
    struct jm_bytes token = jm_req_cookie(q, JM_VISIT_COOKIE);
    struct result_res *out = q->out;
    uint8_t session[32];
    enum jm_status st;

    if (token.len == 0)
        return jm_refuse(&q->diag, JM_E_ABSENT, JM_VER_UNKNOWN, NULL);
    JM_TRY(jm_sha256(v->base.env.crypto, token, session));
    st = jm_presentation_visited(q->svc, &out->r, session, in->response_code, q->mem, &q->diag);
    if (in->response_code.len != 0 && (st == JM_OK || st == JM_E_DENIED))
        JM_TRY(jm_res_cookie(s, JM_VISIT_COOKIE, jm_none()));
    return st == JM_OK ? tell_result(q, out) : st;
}

const struct jm_route jm_presentation_routes[] = {
    /*       method path                    auth         act   media body max          rate  flags
       handler */
    JM_ROUTE_MSG(GET, "/healthz", PUBLIC, SELF, NONE, 0, HIGH, NONE, jm_web_health, HEALTH,
                 .answer = &jm_health_res),
    JM_ROUTE(GET, "/request/{id}", PUBLIC, SELF, NONE, 0, LOW, CORS_NO_STORE, request_get,
             REQUEST_GET),
    JM_ROUTE_MSG(POST, "/request/{id}", PUBLIC, SELF, FORM, 64 * JM_KIB, LOW, CORS_NO_STORE,
                 request_post, REQUEST_POST, .message = &fetch_req),
    JM_ROUTE_MSG(POST, "/response/{id}", PUBLIC, SELF, FORM, JM_VP_RESPONSE_MAX, LOW, CORS_NO_STORE,
                 take_response, RESPONSE, .look = look_ahead, .message = &jm_vp_response_req,
                 .answer = &response_res, .reads_itself = true),
    JM_ROUTE_MSG(POST, "/api/requests", SERVICE_KEY, SELF, JSON, 4096, HIGH, NO_STORE, request_new,
                 API_REQUEST, .message = &request_req, .answer = &request_res, .http = 201),
    JM_ROUTE_MSG(GET, "/api/service", SERVICE_KEY, SELF, NONE, 0, HIGH, NO_STORE, give_service,
                 API_SERVICE, .answer = &service_res),
    JM_ROUTE(GET, "/check", PUBLIC, SELF, NONE, 0, HIGH, NONE, jm_web_page, CHECK_PAGE),
    JM_ROUTE(GET, "/visit", PUBLIC, SELF, NONE, 0, HIGH, NONE, jm_web_page, VISIT_PAGE),
    JM_ROUTE_MSG(POST, "/visit/start", PUBLIC, SELF, JSON, 1024, LOW, NO_STORE, visit_start,
                 VISIT_START, .message = &visit_req, .answer = &visited_res, .http = 201),
    JM_ROUTE_MSG(POST, "/visit/end", PUBLIC, SELF, JSON, 1024, LOW, NO_STORE, visit_end, VISIT_END,
                 .message = &visit_end_req, .answer = &visit_res),
    JM_ROUTE_MSG(GET, "/api/requests/{id}", SERVICE_KEY, SELF, NONE, 0, HIGH, NO_STORE, give_result,
                 API_RESULT, .answer = &result_res),
    JM_ROUTE_MSG(DELETE, "/api/requests/{id}", SERVICE_KEY, SELF, NONE, 0, HIGH, NO_STORE,
                 cancel_request, API_CANCEL, .answer = &cancel_res),
};
const size_t jm_presentation_n_routes = JM_ARRAY_LEN(jm_presentation_routes);

/* -- the operator, over the control socket -- */

struct key_req {
    struct jm_bytes service, hash;
};
JM_MSG(key_req, key_req, false, JM_FIELD(key_req, service, "service", STR, 63, 0),
       JM_FIELD(key_req, hash, "hash", B64, 43, JM_MSG_OPT));

static enum jm_status check_hash(struct jm_req *q, const struct key_req *in, bool needed)
{
    return (needed || in->hash.len != 0) && in->hash.len != 32
               ? jm_refuse(&q->diag, JM_E_RANGE, JM_API_FIELD_FORM, "hash")
               : JM_OK;
}

static enum jm_status key_add(struct jm_req *q, struct jm_res *s)
{
    const struct key_req *in = q->in;

    JM_TRY(check_hash(q, in, true));
    if (jm_verifier_service(q->svc, in->service) == NULL)
        return jm_refuse(&q->diag, JM_E_ABSENT, JM_VER_SERVICE_UNKNOWN, NULL);
    JM_TRY(jm_service_key_add(jm_req_env(q), in->service, in->hash.ptr));
    return jm_web_ok(q, s);
}

static enum jm_status key_remove(struct jm_req *q, struct jm_res *s)
{
    const struct key_req *in = q->in;

    JM_TRY(check_hash(q, in, false));
    JM_TRY(jm_service_key_remove(jm_req_env(q), in->service,
                                 in->hash.len == 0 ? NULL : in->hash.ptr, &q->diag));
    return jm_web_ok(q, s);
}

const struct jm_route jm_presentation_local_routes[] = {
    /*       method path                  auth   act   media body max rate  flags     handler */
    JM_ROUTE_MSG(POST, "/local/ping", LOCAL, SELF, JSON, 64, HIGH, NO_STORE, jm_web_ok, LOCAL_PING,
                 .message = &jm_msg_none, .answer = &jm_ok_res),
    JM_ROUTE_MSG(POST, "/local/key", LOCAL, SELF, JSON, 1024, HIGH, NO_STORE, key_add,
                 LOCAL_KEY_ADD, .message = &key_req, .answer = &jm_ok_res, .http = 201),
    JM_ROUTE_MSG(POST, "/local/key/remove", LOCAL, SELF, JSON, 1024, HIGH, NO_STORE, key_remove,
                 LOCAL_KEY_REMOVE, .message = &key_req, .answer = &jm_ok_res),
};
const size_t jm_presentation_local_n_routes = JM_ARRAY_LEN(jm_presentation_local_routes);

/* -- the authenticator -- */

static struct jm_bytes bearer_key(struct jm_req *q)
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
    struct jm_bytes key = bearer_key(q);
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
