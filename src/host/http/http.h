/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file http.h  Room: host/http. The HTTP/1.1 server: libmicrohttpd's I/O threads, a strict gate, a
 * router, a worker pool.
 *
 * I/O threads never block: a request that passed gate, route, origin, rate, media type and body
 * limit is suspended, queued for a worker, and resumed with its answer; a full queue is 503.
 * Handlers run on workers, each with one arena that is wiped after every request. Not done here:
 * TLS (in front).
 *
 * Spec: platform.md 1; openid4vc.md 2
 */
#ifndef JUMIN_HOST_HTTP_H
#define JUMIN_HOST_HTTP_H

#include "service/web/web.h"

struct jm_http;

struct jm_http_table {
    const struct jm_route *rows;
    size_t n;
};

/** Zero means the default in brackets. Everything pointed to must outlive the server. */
struct jm_http_config {
    const char *address; /* literal IPv4 or IPv6 ["127.0.0.1"] */
    uint16_t port;       /* 0: ephemeral, read back with jm_http_port() */
    /* instead of address and port: a control socket, mode 0600, at most 107 octets */
    const char *unix_path;
    const struct jm_http_table *tables;
    size_t n_tables;
    void *role;                  /* q->svc, and the hooks' first argument */
    jm_auth_hook *auth;          /* may be null only if every route is PUBLIC */
    jm_fail_hook *fail;          /* [jm_web_fail] */
    int64_t (*now_s)(void *ctx); /* [the system's clock] also the Date header */
    void *now_ctx;
    /* own "https://host[:port]"; any other Origin is refused on routes without CORS */
    struct jm_bytes origin;
    struct jm_bytes below; /* path of the base URL: every route lies below it ["": at the root] */
    unsigned io_threads;   /* [cores, at least 2] */
    unsigned workers;      /* [16] as many as may wait for one commit */
    /* requests waiting for a worker [1024]; reports of a loss have a queue and one worker more of
     * their own */
    size_t queue_max;
    size_t bodies_max; /* octets of all bodies that are held at one time [64 MiB], half of them for
                          bodies up to 64 KiB; of either half a client has an eighth; beyond, a body
                          is answered 503; reports of a loss are not counted */
    size_t arena_size; /* octets per worker [1 MiB]; bounds a response body */
    /* [1000] beyond, whoever has waited longest without a request is shown out */
    unsigned connections_max;
    /* connections of one address, of IPv6 one /64 [256]; the same beyond; not the proxy's */
    unsigned per_address_max;
    unsigned timeout_s; /* silence on a connection [15] */
    unsigned first_ms;  /* from a connection to its first request line [5000] */
    unsigned head_ms;   /* from there to the whole head [10000] */
    /* from there to the whole body, and one second more for each 16 KiB [10000] */
    unsigned body_ms;
    unsigned answer_ms; /* until an answer was taken [60000] */
    /* literal address of the TLS proxy in front: the client is who it named last in X-Forwarded-For
     * [none] */
    const char *proxy;
    bool rate_off; /* no rate limit: tests */
};

/**
 * Accepts connections when it returns. Ignores SIGPIPE for the process.
 * @retval JM_E_USAGE        bad address, a LOCAL route off a unix socket, protected routes without
 * an authenticator
 * @retval JM_E_CONFLICT     two rows answer the same requests, or the address is taken (also by a
 * living unix socket)
 * @retval JM_E_UNAVAILABLE  the system has no threads, sockets or memory left
 */
JM_MUST_CHECK enum jm_status jm_http_start(struct jm_http **out,
                                           const struct jm_http_config *config);
/** An IPv4 or IPv6 address as the system writes it: what `proxy` is compared with. */
bool jm_http_is_address(const char *text);
uint16_t jm_http_port(const struct jm_http *h); /* 0 on a unix socket */
/** Runs @p fn while no handler runs: those that run end first, what comes meanwhile waits. So that
 * a role may change what it holds. Not from a handler; one thread at a time, and not beside
 * jm_http_stop(). */
void jm_http_between(struct jm_http *h, void (*fn)(void *), void *arg);
/** Stops accepting, answers what is queued, gives clients 2 s to read, then ends everything and
 * clears @p h. */
void jm_http_stop(struct jm_http **h);

#endif
