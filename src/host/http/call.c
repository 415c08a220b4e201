/* SPDX-License-Identifier: Apache-2.0 */
/* A request: its head, its body as it comes, its answer. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "host/clock/clock.h"
#include "host/http/shared.h"

/* a refused body up to this is read and dropped, so that the answer arrives */
#define DRAIN_MAX (64 * JM_KIB)
#define REFUSAL_ARENA (4 * JM_KIB) /* what a fail hook has on an I/O thread */

/* ---- answers ---- */

struct sent_body {
    size_t len;
    uint8_t octets[];
};

static void held_free(void *cls)
{
    struct sent_body *p = cls;

    jm_wipe(p->octets, p->len);
    free(p);
}

static struct MHD_Response *response_of(struct jm_bytes body)
{
    struct sent_body *p = malloc(sizeof *p + body.len);
    struct MHD_Response *r;

    if (p == NULL)
        return NULL;
    p->len = body.len;
    if (body.len != 0)
        memcpy(p->octets, body.ptr, body.len);
    r = MHD_create_response_from_buffer_with_free_callback_cls(body.len, p->octets, held_free, p);
    if (r == NULL)
        held_free(p);
    return r;
}

static void put_header(struct MHD_Response *r, const char *name, const char *value)
{
    /* fails only without memory: the header is then missing */
    (void)MHD_add_response_header(r, name, value);
}

/* Of the last second that this thread wrote: one of many answers. */
static void put_date(struct MHD_Response *r, int64_t now_s)
{
    static const char day[] = "SunMonTueWedThuFriSat",
                      month[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
    static _Thread_local int64_t written = INT64_MIN;
    static _Thread_local char text[64];
    time_t t = (time_t)now_s;
    struct tm tm;

    if (written != now_s) {
        if (gmtime_r(&t, &tm) == NULL)
            return;
        (void)snprintf(text, sizeof text, "%.3s, %02d %.3s %04d %02d:%02d:%02d GMT",
                       day + 3 * tm.tm_wday, tm.tm_mday, month + 3 * tm.tm_mon, tm.tm_year + 1900,
                       tm.tm_hour, tm.tm_min, tm.tm_sec);
        written = now_s;
    }
    put_header(r, "Date", text);
}

static void put_cors(struct MHD_Response *r, const struct jm_match *m)
{
    if ((m->flags & JM_FLAG_ANYBODY) == 0)
        return;
    put_header(r, "Access-Control-Allow-Origin", "*");
    put_header(
        r, "Access-Control-Expose-Headers",
        "dpop-nonce, oauth-client-attestation-challenge, www-authenticate, retry-after, etag, "
        "date");
}

/* What every answer carries, refusals included. */
static void put_common(struct MHD_Response *r, const struct call *c, int64_t now_s, const char *id)
{
    const struct jm_gate_facts facts = {.fields = c->field, .n_fields = c->n_fields};
    struct jm_bytes fapi = jm_gate_field(&facts, "x-fapi-interaction-id");
    char echo[65] = "";

    if (c->has_to_close)
        /* before Date: afterwards 0.9.75 forgets that there is one and adds its own */
        put_header(r, "Connection", "close");
    put_date(r, now_s);
    put_cors(r, &c->match);
    if ((c->match.flags & JM_FLAG_NO_STORE) != 0)
        put_header(r, "Cache-Control", "no-store");
    put_header(r, "X-Content-Type-Options", "nosniff");
    if (id[0] != 0)
        put_header(r, "X-Request-Id", id);
    if (fapi.len != 0 && fapi.len < sizeof echo) {
        memcpy(echo, fapi.ptr, fapi.len);
        put_header(r, "X-FAPI-Interaction-Id", echo);
    }
}

static void put_headers(struct MHD_Response *r, const struct call *c, const struct jm_req *q,
                        const struct jm_res *s)
{
    for (size_t i = 0; i < s->n_headers; i++)
        /* jm_dup ends them */
        put_header(r, (const char *)s->header[i].name.ptr, (const char *)s->header[i].value.ptr);
    if (s->body.len != 0)
        put_header(r, "Content-Type", s->media != NULL ? s->media : "application/json");
    put_common(r, c, q->now_s, q->id);
}

static struct MHD_Response *render_answer(const struct call *c, const struct jm_req *q,
                                          const struct jm_res *s)
{
    struct MHD_Response *r = response_of(s->body);

    if (r != NULL)
        put_headers(r, c, q, s);
    return r;
}

/* An answer that goes on; null: there is no room for one more. */
static struct MHD_Response *render_stream(struct call *c, const struct jm_req *q, struct jm_res *s)
{
    struct MHD_Response *r = jm_stream_begin(c, s);

    s->media = "text/event-stream";
    s->body = JM_BYTES(" "); /* it has one, whatever it is now */
    if (r != NULL)
        put_headers(r, c, q, s);
    return r;
}

static void fail_call(const struct jm_http *h, struct jm_req *q, struct jm_res *s,
                      enum jm_status st)
{
    s->body = jm_none();
    s->media = NULL;
    s->http = jm_web_http(q->fault != JM_WEB_OK ? q->fault : jm_web_of_status(st));
    h->cfg.fail(h->cfg.role, q, s, st);
}

static enum MHD_Result send_now(struct call *c, struct MHD_Response *r, unsigned http)
{
    enum MHD_Result ok;

    c->phase = ANSWERED;
    if (c->seat != NULL)
        jm_door_answer(c->h->door, c->seat, jm_clock_monotonic_ms());
    if (r == NULL)
        return MHD_NO;
    ok = MHD_queue_response(c->conn, http, r);
    MHD_destroy_response(r);
    return ok;
}

/* ---- a request as services see it ---- */

static int64_t now_s(const struct jm_http *h)
{
    return h->cfg.now_s(h->cfg.now_ctx);
}

static enum jm_status decode_args(struct jm_req *q, const struct call *c)
{
    for (size_t i = 0; i < JM_REQ_ARGS_MAX; i++)
        if (c->match.arg[i].len != 0 &&
            jm_percent_decode(&q->arg[i], q->mem, c->match.arg[i], false) != JM_OK) {
            q->fault = JM_WEB_PATH;
            return JM_E_MALFORMED;
        }
    return JM_OK;
}

static enum jm_status judge_request(struct jm_req *q, struct jm_res *s, const struct call *c)
{
    JM_TRY(decode_args(q, c));
    if (c->h->cfg.auth != NULL)
        JM_TRY(c->h->cfg.auth(c->h->cfg.role, q, s));
    return jm_route_run(q, s);
}

/* The body, wiped and given back: as soon as nobody reads it any more. */
static void let_go(struct call *c)
{
    jm_wipe(c->body, c->body_len);
    free(c->body);
    if (c->holds.octets != 0)
        (void)jm_bodies_hold(c->h->bodies, &c->holds, jm_none(), 0, false);
    c->body = NULL;
    c->body_len = c->body_cap = 0;
}

/* Everything that may wait. @retval HELD the answer is held back, and @p c no longer ours | RUNG
 * once more */
static enum hold serve_call(struct call *c, struct jm_arena *mem)
{
    const uint64_t rung = jm_held_rung(c->h);
    struct jm_req q;
    struct jm_res s;

    jm_call_request(&q, &s, c, mem);
    enum jm_status st = judge_request(&q, &s, c);
    if (st == JM_OK && s.http != 0 && (s.http < 200 || s.http > 599))
        st = JM_E_BUG;
    if (st == JM_OK && s.bells.rings != 0)
        jm_held_ring(c->h, s.bells.rings);
    if (st == JM_OK && s.bells.waits != 0) {
        enum hold how = q.is_last ? NOT_HELD : jm_held_keep(c, &s.bells, rung);

        if (how != NOT_HELD) {
            jm_arena_reset(mem);
            return how;
        }
        q.fault = JM_WEB_BUSY;
        st = jm_web_status(q.fault);
    }
    if (st == JM_OK && s.stream.again != NULL && (c->res = render_stream(c, &q, &s)) == NULL) {
        q.fault = JM_WEB_BUSY;
        st = jm_web_status(q.fault);
    }
    if (st != JM_OK)
        fail_call(c->h, &q, &s, st);
    c->http = s.http == 0 ? 200 : (unsigned)s.http;
    if (c->res == NULL)
        c->res = render_answer(c, &q, &s);
    jm_wipe(&q.who, sizeof q.who);
    jm_arena_reset(mem);
    let_go(c); /* the answer has octets of its own */
    c->phase = DONE;
    return NOT_HELD;
}

/* Before the body: what is refused here has its answer already, and its body is dropped as it
 * comes. */
static void look_at(struct call *c, struct jm_arena *mem)
{
    struct jm_req q;
    struct jm_res s;

    jm_call_request(&q, &s, c, mem);
    enum jm_status st = decode_args(&q, c);
    if (st == JM_OK)
        st = c->match.route->look(&q, &s);
    if (st != JM_OK) {
        fail_call(c->h, &q, &s, st);
        c->http = (unsigned)s.http;
        c->res = render_answer(c, &q, &s);
    }
    c->phase = st == JM_OK ? BODY : DROPS;
    c->has_looked = true;
    jm_arena_reset(mem);
}

bool jm_call_work(struct call *c, struct jm_arena *mem)
{
    if (c->phase == STREAMS)
        return jm_stream_work(c, mem);
    enum hold how = NOT_HELD;

    if (c->phase == LOOKS)
        look_at(c, mem);
    else
        do
            how = serve_call(c, mem);
        while (how == RUNG);
    return how != HELD;
}

/* ---- on I/O threads ---- */

static enum MHD_Result refuse_call(struct call *c, enum jm_web_fault fault)
{
    void *room = malloc(REFUSAL_ARENA);
    struct jm_arena mem;
    struct jm_req q;
    struct jm_res s;
    char text[64];

    if (room == NULL)
        return MHD_NO;
    c->fault = fault;
    jm_arena_init(&mem, room, REFUSAL_ARENA);
    jm_call_request(&q, &s, c, &mem);
    enum jm_status st = jm_web_status(fault);
    if (fault == JM_WEB_METHOD) {
        jm_router_allow(text, &c->match);
        st = jm_res_header(&s, "Allow", jm_str(text)) == JM_OK ? st : JM_E_BUG;
    }
    if (c->retry_after_s != 0) {
        (void)snprintf(text, sizeof text, "%u", c->retry_after_s);
        st = jm_res_header(&s, "Retry-After", jm_str(text)) == JM_OK ? st : JM_E_BUG;
    }
    fail_call(c->h, &q, &s, st);
    struct MHD_Response *r = render_answer(c, &q, &s);
    jm_arena_reset(&mem);
    free(room);
    return send_now(c, r, (unsigned)s.http);
}

static enum MHD_Result queue_up(struct call *c, enum phase phase)
{
    if (jm_pool_take(c, phase))
        return MHD_YES;
    c->retry_after_s = 2;
    return refuse_call(c, JM_WEB_BUSY);
}

/* The gate's own: no body, no routing, the end of the connection. */
static enum MHD_Result refuse_raw(struct call *c, enum jm_web_fault fault)
{
    struct MHD_Response *r = response_of(jm_none());

    if (r != NULL) {
        put_header(r, "Connection", "close");
        put_date(r, now_s(c->h));
    }
    return send_now(c, r, (unsigned)jm_web_http(fault));
}

static enum MHD_Result answer_preflight(struct call *c)
{
    struct MHD_Response *r = response_of(jm_none());
    char methods[64];

    if (r == NULL)
        return MHD_NO;
    jm_router_allow(methods, &c->match);
    put_header(r, "Access-Control-Allow-Methods", methods);
    put_header(r, "Access-Control-Allow-Headers",
               "authorization, content-type, dpop, oauth-client-attestation, "
               "oauth-client-attestation-pop, if-none-match");
    put_header(r, "Access-Control-Max-Age", "600");
    put_common(r, c, now_s(c->h), "");
    return send_now(c, r, 204);
}

static enum MHD_Result gather_field(void *cls, enum MHD_ValueKind kind, const char *key,
                                    size_t key_len, const char *value, size_t value_len)
{
    struct call *c = cls;

    (void)kind;
    if (c->n_fields == JM_GATE_FIELDS_MAX) {
        c->fault = JM_WEB_HEADER_LIMIT;
        return MHD_NO;
    }
    c->field[c->n_fields].name = jm_bytes(key, key_len);
    c->field[c->n_fields++].value = jm_bytes(value, value_len);
    return MHD_YES;
}

/*
 * Refused before its body came. A small body is read and dropped: closing over unread octets could
 * reset the answer. Without a body the answer waits for the second call too, because the library
 * closes after an answer in the first.
 */
static enum MHD_Result refuse_early(struct call *c, enum jm_web_fault fault)
{
    bool has_body = c->pass.chunked || c->pass.length != 0;

    if ((!has_body || !c->expects) && c->pass.length <= DRAIN_MAX) {
        c->fault = fault;
        c->has_to_close = fault == JM_WEB_BODY_LIMIT;
        c->phase = BODY;
        return MHD_YES;
    }
    c->has_to_close = true;
    return refuse_call(c, fault);
}

/* Reading it costs less than a look at what it could be for. */
static bool is_small(const struct call *c)
{
    return c->pass.has_length && c->pass.length <= JM_BODY_SMALL;
}

static enum MHD_Result begin_call(struct call *c, const char *method, const char *version)
{
    struct jm_http *h = c->h;
    enum jm_web_fault fault;

    (void)MHD_get_connection_values_n(c->conn, MHD_HEADER_KIND, gather_field, c);
    const struct jm_gate_facts facts = {jm_str(method), jm_str(version), jm_str(c->target),
                                        c->field,       c->n_fields,     h->cfg.origin};
    if ((fault = c->fault) != JM_WEB_OK || (fault = jm_gate(&c->pass, &facts)) != JM_WEB_OK)
        return refuse_raw(c, fault);
    c->key = jm_call_client(c);
    c->expects = jm_gate_field(&facts, "expect").len != 0;
    jm_router_match(&c->match, &h->router, facts.method, c->pass.path);
    fault = c->match.fault;
    if (c->match.options && (c->pass.chunked || c->pass.length != 0))
        fault = JM_WEB_BODY_LIMIT;
    if (fault == JM_WEB_OK && h->rate != NULL && c->match.route != NULL &&
        (c->retry_after_s =
             jm_rate_take(h->rate, c->key, c->match.route->rate, jm_clock_monotonic_ms())) != 0)
        fault = JM_WEB_RATE;
    if (fault == JM_WEB_OK)
        fault = jm_router_admit(&c->match, &c->pass, &facts);
    if (c->seat != NULL)
        jm_door_body(h->door, c->seat, c->key,
                     c->match.route != NULL && c->match.route->rate == JM_RATE_LOSS,
                     c->pass.chunked && c->match.route != NULL ? c->match.route->body_max
                                                               : c->pass.length,
                     jm_clock_monotonic_ms());
    if (fault != JM_WEB_OK)
        return refuse_early(c, fault);
    if (c->match.route != NULL && c->match.route->look != NULL && !is_small(c))
        return queue_up(c, LOOKS);
    c->phase = BODY;
    return MHD_YES;
}

/* A report of a loss is always taken, and takes no other's place. On the control socket there is
 * one client, its owner. */
static bool hold_body(struct call *c, size_t octets)
{
    bool is_large =
        octets > JM_BODY_SMALL || (c->pass.has_length && c->pass.length > JM_BODY_SMALL);

    return c->match.route->rate == JM_RATE_LOSS ||
           jm_bodies_hold(c->h->bodies, &c->holds, c->h->door != NULL ? c->key : jm_none(), octets,
                          is_large);
}

/* False: no memory, or none that is ours to give. */
static bool grow_body(struct call *c, size_t need)
{
    /* by what has come: an announced length costs nobody anything */
    size_t cap = c->body_cap * 2 + 4096;

    if (need <= c->body_cap)
        return true;
    if (c->pass.has_length && cap > c->pass.length)
        cap = (size_t)c->pass.length;
    if (cap < need)
        cap = need;
    if (!hold_body(c, cap))
        return false;
    uint8_t *p = malloc(cap); /* not realloc: what it leaves behind is not wiped */
    if (p == NULL)
        return false; /* all of it is given back: see take() */
    if (c->body_len != 0)
        memcpy(p, c->body, c->body_len);
    jm_wipe(c->body, c->body_len);
    free(c->body);
    c->body = p;
    c->body_cap = cap;
    return true;
}

static enum MHD_Result take_body(struct call *c, const char *data, size_t len)
{
    if (c->fault == JM_WEB_OK && len > c->match.route->body_max - c->body_len) {
        c->fault = JM_WEB_BODY_LIMIT;
        c->has_to_close = true;
    }
    if (c->fault == JM_WEB_OK && !grow_body(c, c->body_len + len))
        c->fault = JM_WEB_BUSY;
    if (c->fault != JM_WEB_OK) {
        let_go(c);
        c->dropped += len;
        return c->dropped <= (c->fault == JM_WEB_BUSY ? c->match.route->body_max : DRAIN_MAX)
                   ? MHD_YES
                   : MHD_NO;
    }
    memcpy(c->body + c->body_len, data, len);
    c->body_len += len;
    return MHD_YES;
}

static enum MHD_Result send_done(struct call *c)
{
    struct MHD_Response *r = c->res;

    c->res = NULL;
    return send_now(c, r, c->http);
}

/* Of a body that is for nothing no more is read than the route would have taken; beyond, that is
 * what is wrong with it. */
static enum MHD_Result drop_body(struct call *c, size_t len)
{
    c->dropped += len;
    if (c->dropped <= c->match.route->body_max)
        return MHD_YES;
    MHD_destroy_response(c->res);
    c->res = NULL;
    c->fault = JM_WEB_BODY_LIMIT;
    c->has_to_close = true;
    c->phase = BODY;
    c->dropped = 0;
    return MHD_YES;
}

enum MHD_Result jm_call_step(void *cls, struct MHD_Connection *conn, const char *url,
                             const char *method, const char *version, const char *data, size_t *len,
                             void **state)
{
    struct call *c = *state;

    (void)cls;
    (void)url;
    if (c == NULL)
        return MHD_NO; /* no memory when the request line came */
    c->conn = conn;
    if (c->has_looked && *len == 0) {
        c->has_looked = false;
        if (c->phase == BODY || !c->expects)
            return MHD_YES;
    }
    switch (c->phase) {
    case NEW: return begin_call(c, method, version);
    case BODY:
        if (*len != 0) {
            size_t n = *len;
            *len = 0;
            return take_body(c, data, n);
        }
        if (c->fault != JM_WEB_OK)
            return refuse_call(c, c->fault);
        return c->match.options ? answer_preflight(c) : queue_up(c, QUEUED);
    case DROPS:
        if (*len != 0) {
            size_t n = *len;
            *len = 0;
            return drop_body(c, n);
        }
        return send_done(c);
    case DONE: return send_done(c);
    case LOOKS:
    case QUEUED:
    case ANSWERED:
    case STREAMS:
    default: *len = 0; return MHD_YES;
    }
}

static struct jm_seat *seat_of(struct MHD_Connection *conn)
{
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(conn, MHD_CONNECTION_INFO_SOCKET_CONTEXT);

    return info != NULL ? info->socket_context : NULL;
}

void *jm_call_begin(void *cls, const char *uri, struct MHD_Connection *conn)
{
    struct call *c = calloc(1, sizeof *c);

    if (c == NULL)
        return NULL;
    c->h = cls;
    c->conn = conn;
    c->target = strdup(uri);
    if (c->target == NULL) {
        free(c);
        return NULL;
    }
    c->seat = seat_of(conn);
    if (c->seat != NULL)
        jm_door_head(c->h->door, c->seat, jm_clock_monotonic_ms());
    return c;
}

void jm_call_end(void *cls, struct MHD_Connection *conn, void **state,
                 enum MHD_RequestTerminationCode why)
{
    struct jm_http *h = cls;
    struct call *c = *state;

    (void)conn;
    (void)why;
    if (c == NULL)
        return;
    *state = NULL;
    jm_stream_leave(c);
    if (c->is_counted) {
        pthread_mutex_lock(&h->lock);
        if (--h->active == 0)
            pthread_cond_broadcast(&h->idle);
        pthread_mutex_unlock(&h->lock);
    }
    if (c->seat != NULL)
        jm_door_again(h->door, c->seat, jm_clock_monotonic_ms());
    if (c->res != NULL)
        MHD_destroy_response(c->res);
    let_go(c);
    jm_wipe(c->target, strlen(c->target)); /* queries may carry codes */
    free(c->target);
    free(c);
}
