/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One struct call per request. Its phases run on the connection's I/O thread but QUEUED, which is a worker's: between
 * suspend and resume libmicrohttpd does not touch the connection, and its mutex orders our fields.
 */
#include "host/http/http.h"

#include <arpa/inet.h>
#include <errno.h>
#include <microhttpd.h>
#include <netinet/in.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "host/http/parts.h"

#define CONNECTION_MEMORY (48 * JM_KIB) /* platform.md 1.1 */
#define DRAIN_MAX (64 * JM_KIB)         /* a refused body up to this is read and dropped, so that the answer arrives */
#define REFUSAL_ARENA (4 * JM_KIB)      /* what a fail hook has on an I/O thread */
#define STOP_WAIT_S 2
#define SWEEP_MS 100          /* how often the door looks whose time is over */
#define OCTETS_PER_S 16384    /* the slowest body that is waited for */
#define SPARE 256             /* connections that are being shown out, while others come */
#define FILES_MIN 4096        /* descriptors asked for, where the system lets us */

enum phase { NEW = 0, LOOKS, BODY, DROPS, QUEUED, DONE, ANSWERED };

struct call {
    struct jm_http *h;
    struct MHD_Connection *conn;
    enum phase phase;
    enum jm_web_fault fault;
    char *target;
    struct jm_field field[JM_GATE_FIELDS_MAX];
    size_t n_fields;
    struct jm_gate_pass pass;
    struct jm_match match;
    bool is_counted;
    bool has_looked; /* the library asks once more before the body, since it was suspended when it asked first */
    bool expects;    /* 100-continue */
    bool has_to_close;
    unsigned retry_after_s;
    uint8_t *body;
    size_t body_len, body_cap, dropped;
    struct jm_seat *seat; /* null: there is no door */
    char client[INET6_ADDRSTRLEN];
    struct sockaddr_storage named; /* by the proxy */
    struct MHD_Response *res;
    unsigned http;
    struct call *next;
};

enum { RESERVE, COMMON, N_QUEUES }; /* the first for reports of a loss */

struct queue {
    struct call *first, *last;
    size_t n;
};

struct worker {
    struct jm_http *h;
    pthread_t thread;
    struct jm_arena mem;
    void *room;
    int queues; /* of how many it takes */
};

struct jm_http {
    struct jm_http_config cfg;
    struct jm_router router;
    struct jm_rate_table *rate;
    struct MHD_Daemon *daemon;
    int fd;
    uint16_t port;
    bool owns_path;
    pthread_mutex_t lock;
    pthread_cond_t work, idle, quiet, swept;
    struct queue queue[N_QUEUES];
    size_t active, serving;
    bool is_stopping, is_paused;
    struct worker *workers;
    unsigned n_workers; /* started */
    struct jm_door *door; /* null: on a unix socket */
    pthread_t sweeper;
    bool has_sweeper;
};

static uint64_t monotonic_ms(void)
{
    struct timespec t = {0};

    (void)clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000u + (uint64_t)t.tv_nsec / 1000000u;
}

/* ---- answers ---- */

struct held {
    size_t len;
    uint8_t octets[];
};

static void held_free(void *cls)
{
    struct held *p = cls;

    jm_wipe(p->octets, p->len);
    free(p);
}

static struct MHD_Response *response_of(struct jm_bytes body)
{
    struct held *p = malloc(sizeof *p + body.len);
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

static void put(struct MHD_Response *r, const char *name, const char *value)
{
    (void)MHD_add_response_header(r, name, value); /* fails only without memory: the header is then missing */
}

static void put_date(struct MHD_Response *r, int64_t now_s)
{
    static const char day[] = "SunMonTueWedThuFriSat", month[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
    time_t t = (time_t)now_s;
    struct tm tm;
    char text[64];

    if (gmtime_r(&t, &tm) == NULL)
        return;
    (void)snprintf(text, sizeof text, "%.3s, %02d %.3s %04d %02d:%02d:%02d GMT", day + 3 * tm.tm_wday, tm.tm_mday,
                   month + 3 * tm.tm_mon, tm.tm_year + 1900, tm.tm_hour, tm.tm_min, tm.tm_sec);
    put(r, "Date", text);
}

static void put_cors(struct MHD_Response *r, const struct jm_match *m)
{
    if ((m->flags & JM_FLAG_CORS) == 0)
        return;
    put(r, "Access-Control-Allow-Origin", "*");
    put(r, "Access-Control-Expose-Headers",
        "dpop-nonce, oauth-client-attestation-challenge, www-authenticate, retry-after, etag, date");
}

/* What every answer carries, refusals included. */
static void put_common(struct MHD_Response *r, const struct call *c, int64_t now_s, const char *id)
{
    const struct jm_gate_facts facts = {.fields = c->field, .n_fields = c->n_fields};
    struct jm_bytes fapi = jm_gate_field(&facts, "x-fapi-interaction-id");
    char echo[65] = "";

    if (c->has_to_close)
        put(r, "Connection", "close"); /* before Date: afterwards 0.9.75 forgets that there is one and adds its own */
    put_date(r, now_s);
    put_cors(r, &c->match);
    if ((c->match.flags & JM_FLAG_NO_STORE) != 0)
        put(r, "Cache-Control", "no-store");
    put(r, "X-Content-Type-Options", "nosniff");
    if (id[0] != 0)
        put(r, "X-Request-Id", id);
    if (fapi.len != 0 && fapi.len < sizeof echo) {
        memcpy(echo, fapi.ptr, fapi.len);
        put(r, "X-FAPI-Interaction-Id", echo);
    }
}

static struct MHD_Response *render(const struct call *c, const struct jm_req *q, const struct jm_res *s)
{
    struct MHD_Response *r = response_of(s->body);

    if (r == NULL)
        return NULL;
    for (size_t i = 0; i < s->n_headers; i++)
        put(r, (const char *)s->header[i].name.ptr, (const char *)s->header[i].value.ptr); /* jm_dup ends them */
    if (s->body.len != 0)
        put(r, "Content-Type", s->media != NULL ? s->media : "application/json");
    put_common(r, c, q->now_s, q->id);
    return r;
}

static void fail(const struct jm_http *h, struct jm_req *q, struct jm_res *s, enum jm_status st)
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
        jm_door_answer(c->h->door, c->seat, monotonic_ms());
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

static void fill(struct jm_req *q, struct jm_res *s, const struct call *c, struct jm_arena *mem)
{
    static const char digits[] = "0123456789abcdef";
    uint8_t octets[8] = {0};

    memset(q, 0, sizeof *q);
    memset(s, 0, sizeof *s);
    if (getrandom(octets, sizeof octets, 0) != (ssize_t)sizeof octets)
        memset(octets, 0, sizeof octets); /* a trace id only */
    for (size_t i = 0; i < sizeof octets; i++) {
        q->id[2 * i] = digits[octets[i] >> 4];
        q->id[2 * i + 1] = digits[octets[i] & 15];
    }
    q->route = c->match.route;
    q->method = q->route != NULL ? q->route->method : JM_GET;
    q->path = c->match.path;
    q->query = c->pass.query;
    q->fields = c->field;
    q->n_fields = c->n_fields;
    q->content_type = jm_req_header(q, "content-type", NULL);
    q->body = jm_bytes(c->body, c->body_len);
    q->client = jm_str(c->client);
    q->mem = mem;
    q->now_s = now_s(c->h);
    q->svc = c->h->cfg.role;
    q->fault = c->fault;
    s->mem = mem;
}

static enum jm_status decode_args(struct jm_req *q, const struct call *c)
{
    for (size_t i = 0; i < JM_REQ_ARGS_MAX; i++)
        if (c->match.arg[i].len != 0 && jm_percent_decode(&q->arg[i], q->mem, c->match.arg[i], false) != JM_OK) {
            q->fault = JM_WEB_PATH;
            return JM_E_MALFORMED;
        }
    return JM_OK;
}

static enum jm_status judge(struct jm_req *q, struct jm_res *s, const struct call *c)
{
    JM_TRY(decode_args(q, c));
    if (c->h->cfg.auth != NULL)
        JM_TRY(c->h->cfg.auth(c->h->cfg.role, q, s));
    return c->match.route->handler(q, s);
}

/* On a worker: everything that may wait. */
static void serve(struct call *c, struct jm_arena *mem)
{
    struct jm_req q;
    struct jm_res s;

    fill(&q, &s, c, mem);
    enum jm_status st = judge(&q, &s, c);
    if (st == JM_OK && s.http != 0 && (s.http < 200 || s.http > 599))
        st = JM_E_BUG;
    if (st != JM_OK)
        fail(c->h, &q, &s, st);
    c->http = s.http == 0 ? 200 : (unsigned)s.http;
    c->res = render(c, &q, &s);
    jm_wipe(&q.who, sizeof q.who);
    jm_arena_reset(mem);
}

/* Before the body: what is refused here has its answer already, and its body is dropped as it comes. */
static void look(struct call *c, struct jm_arena *mem)
{
    struct jm_req q;
    struct jm_res s;

    fill(&q, &s, c, mem);
    enum jm_status st = decode_args(&q, c);
    if (st == JM_OK)
        st = c->match.route->look(&q, &s);
    if (st != JM_OK) {
        fail(c->h, &q, &s, st);
        c->http = (unsigned)s.http;
        c->res = render(c, &q, &s);
    }
    c->phase = st == JM_OK ? BODY : DROPS;
    c->has_looked = true;
    jm_arena_reset(mem);
}

/* The next request for a worker; null: there is none that it takes. */
static struct call *next_for(struct jm_http *h, const struct worker *w)
{
    for (int i = 0; i < w->queues; i++) {
        struct queue *q = &h->queue[i];
        struct call *c = q->first;

        if (c == NULL)
            continue;
        if ((q->first = c->next) == NULL)
            q->last = NULL;
        c->next = NULL;
        q->n--;
        return c;
    }
    return NULL;
}

static void *worker_main(void *arg)
{
    struct worker *w = arg;
    struct jm_http *h = w->h;

    pthread_mutex_lock(&h->lock);
    for (;;) {
        struct call *c = h->is_paused && !h->is_stopping ? NULL : next_for(h, w);
        if (c == NULL && h->is_stopping)
            break; /* nothing left to answer */
        if (c == NULL) {
            pthread_cond_wait(&h->work, &h->lock);
            continue;
        }
        h->serving++;
        pthread_mutex_unlock(&h->lock);
        if (c->phase == LOOKS) {
            look(c, &w->mem);
        } else {
            serve(c, &w->mem);
            c->phase = DONE;
        }
        MHD_resume_connection(c->conn); /* from here on c is the I/O thread's */
        pthread_mutex_lock(&h->lock);
        if (--h->serving == 0)
            pthread_cond_signal(&h->quiet);
    }
    pthread_mutex_unlock(&h->lock);
    return NULL;
}

/* ---- on I/O threads ---- */

static enum MHD_Result refuse(struct call *c, enum jm_web_fault fault)
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
    fill(&q, &s, c, &mem);
    enum jm_status st = jm_web_status(fault);
    if (fault == JM_WEB_METHOD) {
        jm_router_allow(text, &c->match);
        st = jm_res_header(&s, "Allow", jm_str(text)) == JM_OK ? st : JM_E_BUG;
    }
    if (c->retry_after_s != 0) {
        (void)snprintf(text, sizeof text, "%u", c->retry_after_s);
        st = jm_res_header(&s, "Retry-After", jm_str(text)) == JM_OK ? st : JM_E_BUG;
    }
    fail(c->h, &q, &s, st);
    struct MHD_Response *r = render(c, &q, &s);
    jm_arena_reset(&mem);
    free(room);
    return send_now(c, r, (unsigned)s.http);
}

/* The gate's own: no body, no routing, the end of the connection. */
static enum MHD_Result refuse_raw(struct call *c, enum jm_web_fault fault)
{
    struct MHD_Response *r = response_of(jm_none());

    if (r != NULL) {
        put(r, "Connection", "close");
        put_date(r, now_s(c->h));
    }
    return send_now(c, r, (unsigned)jm_web_http(fault));
}

static enum MHD_Result preflight(struct call *c)
{
    struct MHD_Response *r = response_of(jm_none());
    char methods[64];

    if (r == NULL)
        return MHD_NO;
    jm_router_allow(methods, &c->match);
    put(r, "Access-Control-Allow-Methods", methods);
    put(r, "Access-Control-Allow-Headers",
        "authorization, content-type, dpop, oauth-client-attestation, oauth-client-attestation-pop, if-none-match");
    put(r, "Access-Control-Max-Age", "600");
    put_common(r, c, now_s(c->h), "");
    return send_now(c, r, 204);
}

static enum MHD_Result enqueue(struct call *c, enum phase phase)
{
    struct jm_http *h = c->h;
    struct queue *q = &h->queue[c->match.route->rate == JM_RATE_LOSS ? RESERVE : COMMON];

    pthread_mutex_lock(&h->lock);
    if (h->is_stopping || q->n >= h->cfg.queue_max) {
        c->has_to_close = h->is_stopping;
        pthread_mutex_unlock(&h->lock);
        c->retry_after_s = 2;
        return refuse(c, JM_WEB_BUSY);
    }
    c->phase = phase;
    if (c->seat != NULL && phase == QUEUED)
        jm_door_works(h->door, c->seat, monotonic_ms());
    h->active += !c->is_counted;
    c->is_counted = true;
    MHD_suspend_connection(c->conn); /* before the job can be seen: resume must come second */
    c->next = NULL;
    if (q->last != NULL)
        q->last->next = c;
    else
        q->first = c;
    q->last = c;
    q->n++;
    pthread_cond_broadcast(&h->work); /* not every worker takes from every queue */
    pthread_mutex_unlock(&h->lock);
    return MHD_YES;
}

static enum MHD_Result gather(void *cls, enum MHD_ValueKind kind, const char *key, size_t key_len, const char *value,
                              size_t value_len)
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

/* The last address of the last X-Forwarded-For: what stands before it, the client may have written. */
static bool forwarded(struct sockaddr_storage *out, const struct call *c)
{
    struct sockaddr_in *v4 = (void *)out;
    struct sockaddr_in6 *v6 = (void *)out;
    struct jm_bytes v = jm_none();
    char text[INET6_ADDRSTRLEN];

    memset(out, 0, sizeof *out);
    for (size_t i = 0; i < c->n_fields; i++)
        if (jm_same_text(c->field[i].name, "x-forwarded-for"))
            v = c->field[i].value;
    for (size_t comma; (comma = jm_bytes_find(v, JM_BYTES(","))) != SIZE_MAX;)
        v = jm_slice(v, comma + 1, SIZE_MAX);
    while (v.len != 0 && v.ptr[0] == ' ')
        v = jm_slice(v, 1, SIZE_MAX);
    if (v.len == 0 || v.len >= sizeof text)
        return false;
    memcpy(text, v.ptr, v.len);
    text[v.len] = 0;
    out->ss_family = AF_INET;
    if (inet_pton(AF_INET, text, &v4->sin_addr) == 1)
        return true;
    out->ss_family = AF_INET6;
    return inet_pton(AF_INET6, text, &v6->sin6_addr) == 1;
}

bool jm_http_is_address(const char *text)
{
    char again[INET6_ADDRSTRLEN];
    uint8_t octets[16];

    return (inet_pton(AF_INET, text, octets) == 1 && inet_ntop(AF_INET, octets, again, sizeof again) != NULL && strcmp(again, text) == 0) ||
           (inet_pton(AF_INET6, text, octets) == 1 && inet_ntop(AF_INET6, octets, again, sizeof again) != NULL && strcmp(again, text) == 0);
}

static bool is_proxy(const struct call *c)
{
    return c->h->cfg.proxy != NULL && strcmp(c->client, c->h->cfg.proxy) == 0;
}

static struct jm_bytes address_key(struct call *c, const struct sockaddr *a);

/* Fills c->client; the rate key is the address, of IPv6 the /64; behind our proxy that of its client. */
static struct jm_bytes client_key(struct call *c)
{
    const union MHD_ConnectionInfo *info = MHD_get_connection_info(c->conn, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
    const struct sockaddr *a = info != NULL ? info->client_addr : NULL;
    struct jm_bytes key = address_key(c, a);

    if (!is_proxy(c) || !forwarded(&c->named, c))
        return key;
    return address_key(c, (const struct sockaddr *)(const void *)&c->named);
}

static struct jm_bytes address_key(struct call *c, const struct sockaddr *a)
{

    (void)snprintf(c->client, sizeof c->client, "%s", c->h->cfg.unix_path != NULL ? "unix" : "unknown");
    if (a != NULL && a->sa_family == AF_INET) {
        const struct sockaddr_in *v4 = (const void *)a;
        (void)inet_ntop(AF_INET, &v4->sin_addr, c->client, sizeof c->client);
        return jm_bytes(&v4->sin_addr, 4);
    }
    if (a != NULL && a->sa_family == AF_INET6) {
        const struct sockaddr_in6 *v6 = (const void *)a;
        (void)inet_ntop(AF_INET6, &v6->sin6_addr, c->client, sizeof c->client);
        return jm_bytes(&v6->sin6_addr, 8);
    }
    return jm_str(c->client);
}

/*
 * Refused before its body came. A small body is read and dropped: closing over unread octets could reset the answer.
 * Without a body the answer waits for the second call too, because the library closes after an answer in the first.
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
    return refuse(c, fault);
}

static enum MHD_Result begin(struct call *c, const char *method, const char *version)
{
    struct jm_http *h = c->h;
    enum jm_web_fault fault;

    (void)MHD_get_connection_values_n(c->conn, MHD_HEADER_KIND, gather, c);
    const struct jm_gate_facts facts = {jm_str(method), jm_str(version), jm_str(c->target), c->field, c->n_fields, h->cfg.origin};
    if ((fault = c->fault) != JM_WEB_OK || (fault = jm_gate(&c->pass, &facts)) != JM_WEB_OK)
        return refuse_raw(c, fault);
    struct jm_bytes key = client_key(c);
    c->expects = jm_gate_field(&facts, "expect").len != 0;
    jm_router_match(&c->match, &h->router, facts.method, c->pass.path);
    fault = c->match.fault;
    if (c->match.options && (c->pass.chunked || c->pass.length != 0))
        fault = JM_WEB_BODY_LIMIT;
    if (fault == JM_WEB_OK && h->rate != NULL && c->match.route != NULL &&
        (c->retry_after_s = jm_rate_take(h->rate, key, c->match.route->rate, monotonic_ms())) != 0)
        fault = JM_WEB_RATE;
    if (fault == JM_WEB_OK)
        fault = jm_router_admit(&c->match, &c->pass, &facts);
    if (c->seat != NULL)
        jm_door_body(h->door, c->seat, key, c->match.route != NULL && c->match.route->rate == JM_RATE_LOSS,
                     c->pass.chunked && c->match.route != NULL ? c->match.route->body_max : c->pass.length, monotonic_ms());
    if (fault != JM_WEB_OK)
        return refuse_early(c, fault);
    if (c->match.route != NULL && c->match.route->look != NULL)
        return enqueue(c, LOOKS);
    c->phase = BODY;
    return MHD_YES;
}

static bool grow(struct call *c, size_t need)
{
    size_t cap = c->body_cap * 2 + 4096; /* by what has come: an announced length costs nobody anything */

    if (need <= c->body_cap)
        return true;
    if (c->pass.has_length && cap > c->pass.length)
        cap = (size_t)c->pass.length;
    if (cap < need)
        cap = need;
    uint8_t *p = malloc(cap); /* not realloc: what it leaves behind is not wiped */
    if (p == NULL)
        return false;
    if (c->body_len != 0)
        memcpy(p, c->body, c->body_len);
    jm_wipe(c->body, c->body_len);
    free(c->body);
    c->body = p;
    c->body_cap = cap;
    return true;
}

static enum MHD_Result take(struct call *c, const char *data, size_t len)
{
    if (c->fault == JM_WEB_OK && len > c->match.route->body_max - c->body_len) {
        c->fault = JM_WEB_BODY_LIMIT;
        c->has_to_close = true;
    }
    if (c->fault != JM_WEB_OK) {
        c->dropped += len;
        return c->dropped <= DRAIN_MAX ? MHD_YES : MHD_NO;
    }
    if (!grow(c, c->body_len + len))
        return MHD_NO;
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

/* Of a body that is for nothing no more is read than the route would have taken; beyond, that is what is wrong with it. */
static enum MHD_Result drop(struct call *c, size_t len)
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

static enum MHD_Result on_request(void *cls, struct MHD_Connection *conn, const char *url, const char *method,
                                  const char *version, const char *data, size_t *len, void **state)
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
    case NEW:
        return begin(c, method, version);
    case BODY:
        if (*len != 0) {
            size_t n = *len;
            *len = 0;
            return take(c, data, n);
        }
        if (c->fault != JM_WEB_OK)
            return refuse(c, c->fault);
        return c->match.options ? preflight(c) : enqueue(c, QUEUED);
    case DROPS:
        if (*len != 0) {
            size_t n = *len;
            *len = 0;
            return drop(c, n);
        }
        return send_done(c);
    case DONE: return send_done(c);
    case LOOKS:
    case QUEUED:
    case ANSWERED:
    default:
        *len = 0;
        return MHD_YES;
    }
}

static struct jm_seat *seat_of(struct MHD_Connection *conn)
{
    const union MHD_ConnectionInfo *info = MHD_get_connection_info(conn, MHD_CONNECTION_INFO_SOCKET_CONTEXT);

    return info != NULL ? info->socket_context : NULL;
}

static void on_connection(void *cls, struct MHD_Connection *conn, void **seat, enum MHD_ConnectionNotificationCode what)
{
    struct jm_http *h = cls;

    if (what == MHD_CONNECTION_NOTIFY_STARTED) {
        const union MHD_ConnectionInfo *fd = MHD_get_connection_info(conn, MHD_CONNECTION_INFO_CONNECTION_FD);
        const union MHD_ConnectionInfo *info = MHD_get_connection_info(conn, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
        struct call who = {.h = h};
        struct jm_bytes key = address_key(&who, info != NULL ? info->client_addr : NULL);

        *seat = h->door == NULL || fd == NULL ? NULL : jm_door_enter(h->door, fd->connect_fd, key, is_proxy(&who), monotonic_ms());
    } else if (*seat != NULL) { /* before the library closes the socket */
        jm_door_leave(h->door, *seat);
        *seat = NULL;
    }
}

static void *sweep_main(void *arg)
{
    struct jm_http *h = arg;
    struct timespec until;

    pthread_mutex_lock(&h->lock);
    while (!h->is_stopping) {
        (void)clock_gettime(CLOCK_REALTIME, &until);
        until.tv_nsec += SWEEP_MS * 1000000L;
        until.tv_sec += until.tv_nsec / 1000000000L;
        until.tv_nsec %= 1000000000L;
        (void)pthread_cond_timedwait(&h->swept, &h->lock, &until);
        pthread_mutex_unlock(&h->lock);
        (void)jm_door_sweep(h->door, monotonic_ms());
        pthread_mutex_lock(&h->lock);
    }
    pthread_mutex_unlock(&h->lock);
    return NULL;
}

static void *on_target(void *cls, const char *uri, struct MHD_Connection *conn)
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
        jm_door_head(c->h->door, c->seat, monotonic_ms());
    return c;
}

static void on_completed(void *cls, struct MHD_Connection *conn, void **state, enum MHD_RequestTerminationCode why)
{
    struct jm_http *h = cls;
    struct call *c = *state;

    (void)conn;
    (void)why;
    if (c == NULL)
        return;
    *state = NULL;
    if (c->is_counted) {
        pthread_mutex_lock(&h->lock);
        if (--h->active == 0)
            pthread_cond_broadcast(&h->idle);
        pthread_mutex_unlock(&h->lock);
    }
    if (c->seat != NULL)
        jm_door_again(h->door, c->seat, monotonic_ms());
    if (c->res != NULL)
        MHD_destroy_response(c->res);
    jm_wipe(c->body, c->body_len);
    free(c->body);
    jm_wipe(c->target, strlen(c->target)); /* queries may carry codes */
    free(c->target);
    free(c);
}

/* ---- start and stop ---- */

static enum jm_status listen_unix(struct jm_http *h)
{
    struct sockaddr_un a = {.sun_family = AF_UNIX};
    struct stat info;

    if (strlen(h->cfg.unix_path) >= sizeof a.sun_path)
        return JM_E_USAGE;
    memcpy(a.sun_path, h->cfg.unix_path, strlen(h->cfg.unix_path));
    if (lstat(a.sun_path, &info) == 0) { /* left by a dead process? */
        int probe = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
        bool is_alive = probe >= 0 && connect(probe, (const struct sockaddr *)&a, sizeof a) == 0;
        bool is_dead = !is_alive && errno == ECONNREFUSED && S_ISSOCK(info.st_mode);
        if (probe >= 0)
            close(probe);
        if (!is_dead || unlink(a.sun_path) != 0)
            return JM_E_CONFLICT;
    }
    if ((h->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)) < 0)
        return JM_E_UNAVAILABLE;
    if (fchmod(h->fd, 0600) != 0) /* before bind: the file never has another mode */
        return JM_E_IO;
    if (bind(h->fd, (const struct sockaddr *)&a, sizeof a) != 0)
        return errno == EADDRINUSE ? JM_E_CONFLICT : JM_E_IO;
    h->owns_path = true;
    return chmod(a.sun_path, 0600) == 0 && listen(h->fd, SOMAXCONN) == 0 ? JM_OK : JM_E_IO;
}

static enum jm_status listen_tcp(struct jm_http *h)
{
    union {
        struct sockaddr any;
        struct sockaddr_in v4;
        struct sockaddr_in6 v6;
    } a;
    socklen_t len = sizeof a.v4;
    int on = 1;

    memset(&a, 0, sizeof a);
    if (inet_pton(AF_INET, h->cfg.address, &a.v4.sin_addr) == 1) {
        a.v4.sin_family = AF_INET;
        a.v4.sin_port = htons(h->cfg.port);
    } else if (inet_pton(AF_INET6, h->cfg.address, &a.v6.sin6_addr) == 1) {
        a.v6.sin6_family = AF_INET6;
        a.v6.sin6_port = htons(h->cfg.port);
        len = sizeof a.v6;
    } else {
        return JM_E_USAGE;
    }
    if ((h->fd = socket(a.any.sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)) < 0)
        return JM_E_UNAVAILABLE;
    (void)setsockopt(h->fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (a.any.sa_family == AF_INET6)
        (void)setsockopt(h->fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on);
    if (bind(h->fd, &a.any, len) != 0 || listen(h->fd, SOMAXCONN) != 0)
        return errno == EADDRINUSE ? JM_E_CONFLICT : JM_E_USAGE;
    if (getsockname(h->fd, &a.any, &len) != 0)
        return JM_E_IO;
    h->port = ntohs(a.any.sa_family == AF_INET ? a.v4.sin_port : a.v6.sin6_port);
    return JM_OK;
}

static int64_t system_now(void *ctx)
{
    struct timespec t = {0};

    (void)ctx;
    (void)clock_gettime(CLOCK_REALTIME, &t);
    return (int64_t)t.tv_sec;
}

static void defaults(struct jm_http_config *c)
{
    long cores = sysconf(_SC_NPROCESSORS_ONLN);

    if (c->address == NULL)
        c->address = "127.0.0.1";
    if (c->fail == NULL)
        c->fail = jm_web_fail;
    if (c->now_s == NULL)
        c->now_s = system_now;
    if (c->io_threads < 2)
        c->io_threads = cores > 2 && cores < 256 ? (unsigned)cores : 2;
    if (c->workers == 0)
        c->workers = 8;
    if (c->queue_max == 0)
        c->queue_max = 1024;
    if (c->arena_size == 0)
        c->arena_size = JM_MIB;
    if (c->connections_max == 0)
        c->connections_max = 1000;
    if (c->per_address_max == 0)
        c->per_address_max = 256;
    if (c->timeout_s == 0)
        c->timeout_s = 15;
    if (c->first_ms == 0)
        c->first_ms = 5000;
    if (c->head_ms == 0)
        c->head_ms = 10000;
    if (c->body_ms == 0)
        c->body_ms = 10000;
    if (c->answer_ms == 0)
        c->answer_ms = 60000;
}

/* Enough descriptors for all who may be connected: a server that cannot accept any more answers nobody. */
static void more_files(rlim_t n)
{
    struct rlimit r;

    if (getrlimit(RLIMIT_NOFILE, &r) != 0 || r.rlim_cur >= n)
        return;
    r.rlim_cur = r.rlim_max == RLIM_INFINITY || r.rlim_max >= n ? n : r.rlim_max;
    (void)setrlimit(RLIMIT_NOFILE, &r);
}

static enum jm_status open_door(struct jm_http *h)
{
    const struct jm_door_times t = {h->cfg.first_ms, h->cfg.head_ms, h->cfg.body_ms, h->cfg.answer_ms, h->cfg.timeout_s * 1000u, OCTETS_PER_S};

    if (h->cfg.unix_path != NULL)
        return JM_OK;
    more_files(h->cfg.connections_max + SPARE > FILES_MIN ? h->cfg.connections_max + SPARE : FILES_MIN);
    if ((h->door = jm_door_new(&t, h->cfg.per_address_max, h->cfg.connections_max)) == NULL)
        return JM_E_UNAVAILABLE;
    h->has_sweeper = pthread_create(&h->sweeper, NULL, sweep_main, h) == 0;
    return h->has_sweeper ? JM_OK : JM_E_UNAVAILABLE;
}

static enum jm_status start_workers(struct jm_http *h)
{
    bool has_reserve = false;

    for (size_t i = 0; i < h->cfg.n_tables; i++)
        for (size_t k = 0; k < h->cfg.tables[i].n; k++)
            has_reserve = has_reserve || h->cfg.tables[i].rows[k].rate == JM_RATE_LOSS;
    if ((h->workers = calloc(h->cfg.workers + 1u, sizeof *h->workers)) == NULL)
        return JM_E_UNAVAILABLE;
    for (unsigned i = 0; i < h->cfg.workers + has_reserve; i++) {
        struct worker *w = &h->workers[i];
        w->h = h;
        w->queues = i < h->cfg.workers ? N_QUEUES : RESERVE + 1;
        if ((w->room = malloc(h->cfg.arena_size)) == NULL)
            return JM_E_UNAVAILABLE;
        jm_arena_init(&w->mem, w->room, h->cfg.arena_size);
        if (pthread_create(&w->thread, NULL, worker_main, w) != 0) {
            free(w->room);
            return JM_E_UNAVAILABLE;
        }
        h->n_workers++;
    }
    return JM_OK;
}

static enum jm_status start_daemon(struct jm_http *h)
{
    h->daemon = MHD_start_daemon(
        MHD_USE_EPOLL_INTERNAL_THREAD | MHD_ALLOW_SUSPEND_RESUME, 0, NULL, NULL, on_request, h,
        MHD_OPTION_LISTEN_SOCKET, h->fd, MHD_OPTION_THREAD_POOL_SIZE, h->cfg.io_threads,
        MHD_OPTION_CONNECTION_LIMIT, h->cfg.io_threads * (h->cfg.connections_max + SPARE), /* the door's to keep; each thread has its share */
        MHD_OPTION_NOTIFY_CONNECTION, on_connection, h, MHD_OPTION_CONNECTION_TIMEOUT, h->cfg.timeout_s,
        MHD_OPTION_CONNECTION_MEMORY_LIMIT, CONNECTION_MEMORY, MHD_OPTION_STRICT_FOR_CLIENT, 1,
        MHD_OPTION_URI_LOG_CALLBACK, on_target, h, MHD_OPTION_NOTIFY_COMPLETED, on_completed, h, MHD_OPTION_END);
    return h->daemon != NULL ? JM_OK : JM_E_UNAVAILABLE;
}

enum jm_status jm_http_start(struct jm_http **out, const struct jm_http_config *config)
{
    enum jm_status st = JM_E_BUG;
    struct jm_http *h = calloc(1, sizeof *h);

    *out = NULL;
    if (h == NULL)
        return JM_E_UNAVAILABLE;
    h->cfg = *config;
    h->fd = -1;
    h->router = (struct jm_router){config->tables, config->n_tables, config->below};
    defaults(&h->cfg);
    (void)sigaction(SIGPIPE, &(const struct sigaction){.sa_handler = SIG_IGN}, NULL);
    pthread_mutex_init(&h->lock, NULL);
    pthread_cond_init(&h->work, NULL);
    pthread_cond_init(&h->idle, NULL);
    pthread_cond_init(&h->quiet, NULL);
    pthread_cond_init(&h->swept, NULL);
    if ((st = jm_router_check(&h->router, config->unix_path != NULL, config->auth != NULL)) != JM_OK)
        goto out;
    st = JM_E_UNAVAILABLE;
    if (!h->cfg.rate_off && config->unix_path == NULL && (h->rate = jm_rate_new()) == NULL)
        goto out;
    if ((st = config->unix_path != NULL ? listen_unix(h) : listen_tcp(h)) != JM_OK)
        goto out;
    if ((st = open_door(h)) != JM_OK || (st = start_workers(h)) != JM_OK || (st = start_daemon(h)) != JM_OK)
        goto out;
    *out = h;
    h = NULL;
out:
    jm_http_stop(&h);
    return st;
}

uint16_t jm_http_port(const struct jm_http *h)
{
    return h->port;
}

void jm_http_between(struct jm_http *h, void (*fn)(void *), void *arg)
{
    pthread_mutex_lock(&h->lock);
    h->is_paused = true;
    while (h->serving != 0)
        pthread_cond_wait(&h->quiet, &h->lock);
    pthread_mutex_unlock(&h->lock);
    fn(arg);
    pthread_mutex_lock(&h->lock);
    h->is_paused = false;
    pthread_cond_broadcast(&h->work);
    pthread_mutex_unlock(&h->lock);
}

static void wait_idle(struct jm_http *h)
{
    struct timespec until;

    (void)clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += STOP_WAIT_S;
    pthread_mutex_lock(&h->lock);
    while (h->active != 0 && pthread_cond_timedwait(&h->idle, &h->lock, &until) == 0)
        continue;
    pthread_mutex_unlock(&h->lock);
}

void jm_http_stop(struct jm_http **server)
{
    struct jm_http *h = *server;

    if (h == NULL)
        return;
    *server = NULL;
    if (h->daemon != NULL)
        (void)MHD_quiesce_daemon(h->daemon);
    pthread_mutex_lock(&h->lock);
    h->is_stopping = true;
    pthread_cond_broadcast(&h->work);
    pthread_cond_broadcast(&h->swept);
    pthread_mutex_unlock(&h->lock);
    if (h->has_sweeper)
        pthread_join(h->sweeper, NULL);
    for (unsigned i = 0; i < h->n_workers; i++) { /* they resume every suspended connection first */
        pthread_join(h->workers[i].thread, NULL);
        jm_arena_reset(&h->workers[i].mem);
        free(h->workers[i].room);
    }
    free(h->workers);
    wait_idle(h);
    if (h->daemon != NULL)
        MHD_stop_daemon(h->daemon);
    if (h->fd >= 0)
        close(h->fd);
    if (h->owns_path)
        (void)unlink(h->cfg.unix_path);
    jm_rate_free(&h->rate);
    jm_door_free(&h->door);
    pthread_cond_destroy(&h->idle);
    pthread_cond_destroy(&h->quiet);
    pthread_cond_destroy(&h->swept);
    pthread_cond_destroy(&h->work);
    pthread_mutex_destroy(&h->lock);
    free(h);
}
