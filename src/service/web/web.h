/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file web.h  Room: service/web. What services see of HTTP: route rows, request, response, faults.
 * No server library.
 *
 * routes.c include this, rules may not see it. The header gate, routing, origin, media type, body
 * limit and rate are checked before a handler runs; the role's authenticator has filled q->who. Not
 * checked here: anything inside the body.
 *
 * Spec: architecture.md 3, 10; openid4vc.md 2; platform.md 1.3
 */
#ifndef JUMIN_SERVICE_WEB_WEB_H
#define JUMIN_SERVICE_WEB_WEB_H

#include "jumin/arena.h"
#include "jumin/code.h"
#include "service/env.h"

/* HEAD arrives as GET; OPTIONS never arrives */
enum jm_method { JM_GET = 1, JM_POST, JM_PUT, JM_DELETE };

/** What a body may be: NONE no body; JSON_JWT application/json or application/jwt; ANY is the
 * handler's business. */
enum jm_media { JM_MEDIA_NONE = 1, JM_MEDIA_JSON, JM_MEDIA_FORM, JM_MEDIA_JSON_JWT, JM_MEDIA_ANY };

/** Rate class per client address; figures in host/http/rate.c. GUESS: where a secret could be tried
 * out. */
enum jm_rate {
    JM_RATE_GUESS = 1,
    JM_RATE_LOW,
    JM_RATE_DESK,
    JM_RATE_HIGH,
    JM_RATE_LOSS /* with queue and worker of its own: D-270 */
};

enum jm_flag {
    JM_FLAG_NONE = 0,
    JM_FLAG_OAUTH = 1,    /* errors have the OAuth form (fail.h); without: those of our API */
    JM_FLAG_NO_STORE = 2, /* Cache-Control: no-store on every answer, errors too */
    JM_FLAG_ANYBODY = 4,  /* any origin may call it, OPTIONS answered; without: a foreign Origin is
                             refused */
    JM_FLAG_CORS = JM_FLAG_ANYBODY | JM_FLAG_OAUTH, /* because wallets call it */
    JM_FLAG_CORS_NO_STORE = JM_FLAG_CORS | JM_FLAG_NO_STORE,
    JM_FLAG_ANYBODY_NO_STORE = JM_FLAG_ANYBODY | JM_FLAG_NO_STORE
};

struct jm_req;
struct jm_res;
struct jm_msg;
typedef enum jm_status jm_handler(struct jm_req *q, struct jm_res *s);

struct jm_route {
    enum jm_method method;
    /* "/desk/cases/{id}": a {name} takes one segment, a last {name*} takes all the rest */
    const char *path;
    enum jm_auth auth;
    enum jm_act act;
    enum jm_media media;
    size_t body_max; /* octets */
    enum jm_rate rate;
    unsigned flags;
    jm_handler *handler;
    const char *metric; /* its name, upper case: in documents now, of a metric when there is one */
    /*
     * Null, or asked before a body of over 64 KiB or of unknown length comes, with the head alone
     * and nobody authenticated: is there anything that this body could be for? What it refuses is
     * answered when the body has been read and dropped; nothing of it is kept. It changes nothing.
     */
    jm_handler *look;
    /* what the body says, in q->in when the handler runs; null where there is none, or nobody reads
     * it */
    const struct jm_msg *message;
    bool reads_itself; /* the handler decodes: what comes first is another's standard */
    /* what q->out says when the handler is through, unless it has set the body; null: the answer is
     * no JSON of ours */
    const struct jm_msg *answer;
    int http; /* of a good answer; 0: 200 */
    /* a page asks it by itself, while somebody waits or is gone: it keeps no session awake (D-420)
     */
    bool unattended;
};

/* An empty string has no element of that size: the row does not compile. */
#define JM_SAID(lit) (&("" lit "")[0 * sizeof(char[sizeof(lit) > 1 ? 1 : -1])])
#define JM_ROUTE(m, p, au, ac, me, max, ra, fl, fn, metr) \
    {.method = JM_##m,                                    \
     .path = JM_SAID(p),                                  \
     .auth = JM_AUTH_##au,                                \
     .act = JM_ACT_##ac,                                  \
     .media = JM_MEDIA_##me,                              \
     .body_max = (size_t)(max),                           \
     .rate = JM_RATE_##ra,                                \
     .flags = JM_FLAG_##fl,                               \
     .handler = fn,                                       \
     .metric = JM_SAID(#metr)}
/** The same, and of its last members: .message, .answer, .http … */
#define JM_ROUTE_MSG(m, p, au, ac, me, max, ra, fl, fn, metr, ...) \
    {.method = JM_##m,                                             \
     .path = JM_SAID(p),                                           \
     .auth = JM_AUTH_##au,                                         \
     .act = JM_ACT_##ac,                                           \
     .media = JM_MEDIA_##me,                                       \
     .body_max = (size_t)(max),                                    \
     .rate = JM_RATE_##ra,                                         \
     .flags = JM_FLAG_##fl,                                        \
     .handler = fn,                                                \
     .metric = JM_SAID(#metr),                                     \
     __VA_ARGS__}

/*
 * What the gate, the router and the server refuse, and how a bare status is called. For codes.def:
 * JM_HTTP_<name>. The gate's refusals (first block) are answered with an empty body and a closed
 * connection. name                 http status               */
#define JM_WEB_FAULTS(X)                          \
    X(METHOD_UNKNOWN, 501, JM_E_UNSUPPORTED)      \
    X(VERSION, 400, JM_E_UNSUPPORTED)             \
    X(TARGET, 400, JM_E_MALFORMED)                \
    X(HOST, 400, JM_E_MALFORMED)                  \
    X(CONTENT_LENGTH, 400, JM_E_MALFORMED)        \
    X(TRANSFER_ENCODING, 400, JM_E_MALFORMED)     \
    X(HEADER_NAME, 400, JM_E_MALFORMED)           \
    X(HEADER_VALUE, 400, JM_E_MALFORMED)          \
    X(HEADER_DUPLICATE, 400, JM_E_DUPLICATE)      \
    X(EXPECT, 417, JM_E_UNSUPPORTED)              \
    X(HEADER_LIMIT, 431, JM_E_LIMIT)              \
    X(PATH, 400, JM_E_MALFORMED)                  \
    X(QUERY, 400, JM_E_MALFORMED)                 \
    X(NOT_FOUND, 404, JM_E_ABSENT)                \
    X(METHOD, 405, JM_E_UNSUPPORTED)              \
    X(ORIGIN, 403, JM_E_DENIED)                   \
    X(LENGTH_REQUIRED, 411, JM_E_MISSING)         \
    X(BODY_LIMIT, 413, JM_E_LIMIT)                \
    X(MEDIA_TYPE, 415, JM_E_UNSUPPORTED)          \
    X(RATE, 429, JM_E_RATE)                       \
    X(BUSY, 503, JM_E_UNAVAILABLE)                \
    X(BAD_REQUEST, 400, JM_E_MALFORMED)           \
    X(UNAUTHENTICATED, 401, JM_E_UNAUTHENTICATED) \
    X(DENIED, 403, JM_E_DENIED)                   \
    X(ABSENT, 404, JM_E_ABSENT)                   \
    X(GONE, 410, JM_E_GONE)                       \
    X(CONFLICT, 409, JM_E_CONFLICT)               \
    X(LIMIT, 413, JM_E_LIMIT)                     \
    X(UNAVAILABLE, 503, JM_E_UNAVAILABLE)         \
    X(BUG, 500, JM_E_BUG)

#define JM_WEB_ENUM_(name, http, st) JM_WEB_##name,
enum jm_web_fault { JM_WEB_OK = 0, JM_WEB_FAULTS(JM_WEB_ENUM_) JM_WEB_FAULT_END };
#undef JM_WEB_ENUM_

/** "JM_HTTP_NOT_FOUND" and so on; HTTP status; class. JM_WEB_OK is 200 "JM_HTTP_OK". */
const char *jm_web_name(enum jm_web_fault f);
enum jm_code jm_web_code(enum jm_web_fault f);
int jm_web_http(enum jm_web_fault f);
enum jm_status jm_web_status(enum jm_web_fault f);
/** The fault that names a bare status by its class: INPUT 400, DENIED 403 (UNAUTHENTICATED 401) ...
 * BUG 500. */
enum jm_web_fault jm_web_of_status(enum jm_status st);

struct jm_field {
    struct jm_bytes name, value;
};

#define JM_STREAM_WHO_MAX 64
#define JM_STREAM_WHAT_MAX 128
#define JM_STREAM_LAST_MAX 32
/**
 * An answer that goes on: text/event-stream (HTML 9.2). A handler that sets res.stream.again
 * answers with what there is now, and @p again is asked, by a worker and without anybody's head or
 * principal, whether there is more: it puts that into the body, or nothing. The stream ends where
 * it says so or fails, and in any case within the time that an answer has; a client comes back with
 * Last-Event-ID.
 */
struct jm_stream {
    jm_handler *again;
    struct jm_bytes who;  /* for whom it counts: of one, the oldest ends for a fifth */
    struct jm_bytes what; /* all that @p again knows of the request */
    struct jm_bytes last; /* id of the event that was sent last */
    bool ends;
};

/**
 * An answer that is held back until somebody rings. A handler that has nothing to say yet names a
 * bell, and is run again, with the whole request, when it rings; with q->is_last, when it must
 * answer: its time is over, the server stops, or a later request waits at the same bell. Meanwhile
 * nobody holds a thread. For rows of auth PUBLIC: what an authenticator proves may be good once.
 */
struct jm_bells {
    uint64_t waits, rings; /* 0: none; numbers are the services' own */
    unsigned wait_ms;      /* at most; from the first time on */
};

#define JM_REQ_ARGS_MAX 4

struct jm_req {
    enum jm_method method;
    struct jm_bytes path;                 /* as sent, checked, without query */
    struct jm_bytes query;                /* raw, without the question mark */
    struct jm_bytes arg[JM_REQ_ARGS_MAX]; /* path segments, percent-decoded */
    const struct jm_field *fields;
    size_t n_fields;
    struct jm_bytes content_type; /* as sent; the route's media type has been checked */
    struct jm_bytes body;
    struct jm_bytes client; /* peer address as text, "unix" on a control socket */
    struct jm_arena *mem;   /* ends with the request; response bodies live here or are static */
    int64_t now_s;          /* one moment for the whole request, s UTC */
    char id[17];            /* 16 hex digits: the trace id of logs and errors */
    void *svc;              /* the role's context */
    struct jm_principal who;
    const struct jm_route *route;   /* null when no route was found */
    enum jm_web_fault fault;        /* what the server refused, for the fail hook; else JM_WEB_OK */
    bool is_last;                   /* it answers now: struct jm_bells */
    const struct jm_stream *stream; /* of one that goes on, when it is asked again; else null */
    void *in, *out;                 /* structs of the route's messages; zero before the handler */
    struct jm_diag diag;            /* why the handler refused */
    const enum jm_code *codes;      /* every reason, where there may be several; in mem */
    size_t n_codes;
};

#define JM_RES_HEADERS_MAX 16

/** Starts zeroed with mem set. http 0 = 200. */
struct jm_res {
    int http;
    struct jm_bytes body;
    const char *media; /* null: application/json when there is a body */
    struct jm_field header[JM_RES_HEADERS_MAX];
    size_t n_headers;
    struct jm_stream stream;
    struct jm_bells bells;
    struct jm_arena *mem;
};

/** The role's: every role's context begins with a struct jm_role_base. */
static inline const struct jm_env *jm_req_env(const struct jm_req *q)
{
    return &((const struct jm_role_base *)q->svc)->env;
}

/** First value of a header, name in any case; @p n_found, may be null, is how often it occurs.
 * Empty if it does not. */
struct jm_bytes jm_req_header(const struct jm_req *q, const char *name, size_t *n_found);

/**
 * One query parameter, percent-decoded ('+' is a blank) into q->mem; @p value empty unless JM_OK.
 * Sets q->fault on a fault.
 * @retval JM_E_MISSING    not there
 * @retval JM_E_DUPLICATE  more than once
 * @retval JM_E_MALFORMED  '%' without two hex digits, NUL, or not UTF-8
 */
JM_MUST_CHECK enum jm_status jm_req_query(struct jm_req *q, const char *name,
                                          struct jm_bytes *value);

/** The value of a cookie; nothing where it stands twice. RFC 6265 4.2.1 */
struct jm_bytes jm_req_cookie(const struct jm_req *q, const char *name);
/** A cookie of this host alone, for our own pages alone: its name begins with __Host-. @p value
 * empty: it goes. */
JM_MUST_CHECK enum jm_status jm_res_cookie(struct jm_res *s, const char *name,
                                           struct jm_bytes value);

/** Copies the value. @retval JM_E_NO_SPACE 16 headers or the arena are full  @retval JM_E_MALFORMED
 * would split the head */
JM_MUST_CHECK enum jm_status jm_res_header(struct jm_res *s, const char *name,
                                           struct jm_bytes value);

/** "Retry-After: 2", unless the answer says already when. */
void jm_res_retry(struct jm_res *s);

/** @retval JM_E_MALFORMED bad escape, NUL, not UTF-8  @retval JM_E_NO_SPACE arena full */
JM_MUST_CHECK enum jm_status jm_percent_decode(struct jm_bytes *out, struct jm_arena *mem,
                                               struct jm_bytes in, bool plus);

/** The handler of q->route, its body decoded before, its answer written after. */
JM_MUST_CHECK enum jm_status jm_route_run(struct jm_req *q, struct jm_res *s);

/** {"status":"ok"} for /healthz, {"ok":true} for what has nothing to say; their messages. */
jm_handler jm_web_health, jm_web_ok;
extern const struct jm_msg jm_health_res, jm_ok_res;

/** Proves q->who for q->route->auth, before the handler; runs for PUBLIC routes too. May read
 * q->body. */
typedef enum jm_status jm_auth_hook(void *role, struct jm_req *q, struct jm_res *s);
/**
 * Writes the answer for a status that is not JM_OK. s->http is preset (from q->fault or the class),
 * headers stay as set. Runs on an I/O thread with 4 KiB of arena for the server's own refusals: no
 * store, no signer, no wait.
 */
typedef void jm_fail_hook(void *role, struct jm_req *q, struct jm_res *s, enum jm_status st);

/** The default: {"error":{"code":"JM_HTTP_..."}}, Retry-After with 429 and 503. */
jm_fail_hook jm_web_fail;

#endif
