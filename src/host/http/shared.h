/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file shared.h  Room: host/http, private. One request on its way, and the server that it is a
 * request of.
 *
 * One struct call per request. Its phases run on the connection's I/O thread but LOOKS and QUEUED,
 * which are a worker's: between suspend and resume libmicrohttpd does not touch the connection, and
 * its mutex orders our fields.
 */
#ifndef JUMIN_HOST_HTTP_SHARED_H
#define JUMIN_HOST_HTTP_SHARED_H

#include <microhttpd.h>
#include <netinet/in.h>
#include <pthread.h>
#include <semaphore.h>
#include <sys/socket.h>

#include "host/http/parts.h"

enum phase { NEW = 0, LOOKS, BODY, DROPS, QUEUED, DONE, ANSWERED, STREAMS };

/* Of a request whose answer is held back; by h->lock. */
struct held {
    struct call *prev, *next;
    uint64_t bell;     /* 0: it does not wait */
    uint64_t until_ms; /* 0: it never waited */
    bool is_rung;      /* and there was no room in the queue */
    bool is_last;
};

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
    /* the library asks once more before the body, since it was suspended when it asked first */
    bool has_looked;
    bool expects; /* 100-continue */
    bool has_to_close;
    unsigned retry_after_s;
    uint8_t *body;
    size_t body_len, body_cap, dropped;
    struct jm_holding holds; /* what of body_cap counts, and for whom */
    /* of whoever it is for; a view into the connection's address or into `named` */
    struct jm_bytes key;
    struct jm_seat *seat; /* null: there is no door */
    char client[INET6_ADDRSTRLEN];
    struct sockaddr_storage named; /* by the proxy */
    struct MHD_Response *res;
    struct stream *stream; /* null: the answer ends by itself */
    struct held held;      /* back, or not */
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
    int queues;          /* of how many it takes */
    sem_t wake;          /* once for each time that it is taken out of the idle ones */
    struct worker *next; /* of the idle ones */
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
    pthread_cond_t idle, quiet, swept;
    struct queue queue[N_QUEUES];
    size_t active, serving;
    bool is_stopping, is_paused;
    struct worker *workers, *resting; /* the last to come to rest first */
    unsigned n_workers;               /* started */
    struct jm_door *door;             /* null: on a unix socket */
    struct jm_bodies *bodies;
    bool (*work_on)(struct call *c, struct jm_arena *mem); /* what a worker does: jm_call_work */
    struct stream *streams;
    struct call *held; /* the oldest first */
    size_t n_held;
    uint64_t n_rung; /* times that any bell rang */
    pthread_t sweeper;
    bool has_sweeper;
};

/* -- address.c: who is at the other end -- */

bool jm_call_is_proxy(const struct call *c);
/** Fills c->client; the key of rate and door is the address, of IPv6 the /64. */
struct jm_bytes jm_call_address(struct call *c, const struct sockaddr *a);
/** The same of the connection; behind our proxy that of its client. */
struct jm_bytes jm_call_client(struct call *c);

/* -- request.c -- */

/** A request as services see it. */
void jm_call_request(struct jm_req *q, struct jm_res *s, const struct call *c,
                     struct jm_arena *mem);

/* -- pool.c: queues, and the workers that empty them -- */

/** Suspends the connection until a worker is through with it. @retval false the queue is full, or
 * the server stops: has_to_close is set */
JM_MUST_CHECK bool jm_pool_take(struct call *c, enum phase phase);
/** A stream is due, or a bell rang: its connection is suspended already. h->lock is held. @retval
 * false no room: at the next tick */
JM_MUST_CHECK bool jm_pool_again(struct call *c, enum phase phase);
/** Whoever rests looks again: the server stops, or goes on. h->lock is held. */
void jm_pool_wake(struct jm_http *h);
JM_MUST_CHECK enum jm_status jm_pool_start(struct jm_http *h);
/** Answers what is queued, and ends the workers. */
void jm_pool_stop(struct jm_http *h);

/* -- call.c: a request from its target to its answer -- */

/** On a worker, by its phase: look at it before its body comes (what is refused has its answer
 * then, and its body is dropped as it comes), or serve it: everything that may wait; or ask a
 * stream for more. @retval false it sleeps on */
bool jm_call_work(struct call *c, struct jm_arena *mem);
/* libmicrohttpd's hooks; @p cls is the server. */
void *jm_call_begin(void *cls, const char *uri, struct MHD_Connection *conn);
enum MHD_Result jm_call_step(void *cls, struct MHD_Connection *conn, const char *url,
                             const char *method, const char *version, const char *data, size_t *len,
                             void **state);
void jm_call_end(void *cls, struct MHD_Connection *conn, void **state,
                 enum MHD_RequestTerminationCode why);

/* -- held.c: answers that are held back -- */

enum hold { NOT_HELD, HELD, RUNG };
/** How often anybody rang: to be asked before the handler is. */
uint64_t jm_held_rung(struct jm_http *h);
/** On a worker. @p rung: see above. @retval HELD it is suspended, and no longer the caller's | RUNG
 * somebody rang meanwhile, or its time is over: once more | NOT_HELD there is no room */
enum hold jm_held_keep(struct call *c, const struct jm_bells *bells, uint64_t rung);
void jm_held_ring(struct jm_http *h, uint64_t bell);
/** Queues whoever is due. */
void jm_held_sweep(struct jm_http *h, uint64_t now_ms);
/** All are answered 503. After the workers have ended. */
void jm_held_stop(struct jm_http *h);

/* -- stream.c: answers that go on -- */

/** On a worker, once the handler has answered; views of @p res are copied. @retval NULL no room */
struct MHD_Response *jm_stream_begin(struct call *c, const struct jm_res *res);
/** Queues whoever is due. */
void jm_stream_sweep(struct jm_http *h, uint64_t now_ms);
bool jm_stream_work(struct call *c, struct jm_arena *mem);
/** Its request has ended. */
void jm_stream_leave(struct call *c);
/** All end. After the workers have. */
void jm_stream_stop(struct jm_http *h);

#endif
