/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file parts.h  Room: host/http, private. Gate, router, rate limit, door and bodies: functions
 * over facts, testable without a server.
 */
#ifndef JUMIN_HOST_HTTP_PARTS_H
#define JUMIN_HOST_HTTP_PARTS_H

#include "host/http/http.h"

#define JM_GATE_TARGET_MAX 8192        /* octets, platform.md 1.3 */
#define JM_GATE_HEAD_MAX (32 * JM_KIB) /* names and values, openid4vc.md 2 */
#define JM_GATE_FIELDS_MAX 64
#define JM_GATE_HOST_MAX 255

/** A request head as it came. */
struct jm_gate_facts {
    struct jm_bytes method, version, target;
    const struct jm_field *fields;
    size_t n_fields;
    struct jm_bytes origin; /* own scheme and host, for the absolute form; may be empty */
};

struct jm_gate_pass {
    struct jm_bytes path, query; /* views into the target */
    bool has_length, chunked;
    uint64_t length;
};

/** Every row of platform.md 1.3. JM_WEB_OK fills @p out; anything else: answer empty and close.
 * Field count is the caller's. */
enum jm_web_fault jm_gate(struct jm_gate_pass *out, const struct jm_gate_facts *facts);
struct jm_bytes jm_gate_field(const struct jm_gate_facts *facts, const char *name);

struct jm_router {
    const struct jm_http_table *tables;
    size_t n_tables;
    struct jm_bytes below; /* path of the base URL, "" or "/kr": every row's path lies below it */
};

struct jm_match {
    enum jm_web_fault fault;
    const struct jm_route *route;         /* null for OPTIONS and faults */
    struct jm_bytes path;                 /* as the rows have it: without the base's */
    struct jm_bytes arg[JM_REQ_ARGS_MAX]; /* raw */
    unsigned methods;                     /* bit 1 << enum jm_method of every row of this path */
    unsigned flags;                       /* of the route, else of all rows of this path */
    bool options;                         /* answer a CORS preflight */
};

/** Refuses rows that overlap, lack a part, have more than four names, or whose policy this listener
 * cannot keep. */
JM_MUST_CHECK enum jm_status jm_router_check(const struct jm_router *r, bool is_local,
                                             bool has_auth);
/** A literal path wins over one with names, whatever the order of rows. The base's path stands
 * before a row's; a well-known name may also stand before it (`/.well-known/NAME/kr`: RFC 8414 3.1,
 * OpenID4VCI 1.0 12.2.2). Nothing else answers. */
void jm_router_match(struct jm_match *out, const struct jm_router *r, struct jm_bytes method,
                     struct jm_bytes path);
/** Origin, media type, presence of a length, announced length: what can be judged before the body.
 */
enum jm_web_fault jm_router_admit(const struct jm_match *m, const struct jm_gate_pass *pass,
                                  const struct jm_gate_facts *facts);
/** "GET, HEAD, POST, OPTIONS" into @p out (64 octets). */
void jm_router_allow(char out[64], const struct jm_match *m);

struct jm_rate_table;
struct jm_rate_table *jm_rate_new(void);
void jm_rate_free(struct jm_rate_table **t);
/** One token of @p class for @p client (any octets). @retval 0 taken, else seconds until there is
 * one. Thread-safe. */
unsigned jm_rate_take(struct jm_rate_table *t, struct jm_bytes client, enum jm_rate rate,
                      uint64_t now_ms);

/* ---- the door: who is connected, and for how long yet ---- */

/** Milliseconds. */
struct jm_door_times {
    uint64_t first_ms; /* from the connection to the end of the first request line */
    uint64_t head_ms;  /* from there to the end of the head */
    /* from there to the end of the body, and a second more for each octets_per_s announced */
    uint64_t body_ms;
    uint64_t answer_ms; /* until the answer was taken */
    uint64_t idle_ms;   /* from there to the end of the next request line */
    uint64_t octets_per_s;
};
/** WAITS: has no request (yet); BODY: its body is coming; WORKS: it is being answered, and is never
 * shown out to make room. */
enum jm_seat_phase { JM_SEAT_WAITS = 1, JM_SEAT_BODY, JM_SEAT_WORKS };
struct jm_door;
struct jm_seat;
struct jm_door *jm_door_new(const struct jm_door_times *times, size_t per_address, size_t in_all);
void jm_door_free(struct jm_door **door);
/**
 * A connection. Beyond @p per_address of one key, or @p in_all, whoever has waited longest without
 * a request is shown out (of that key; of all), then whose body has taken longest, then the
 * newcomer. A proxy's own address has no limit: that of whoever it speaks for counts, from
 * jm_door_body() on. All functions are thread-safe. @retval NULL no memory
 */
struct jm_seat *jm_door_enter(struct jm_door *d, int fd, struct jm_bytes key, bool is_proxy,
                              uint64_t now_ms);
void jm_door_leave(struct jm_door *d, struct jm_seat *s);
/** Its request line is there. */
void jm_door_head(struct jm_door *d, struct jm_seat *s, uint64_t now_ms);
/** Its head is there: a request of @p key. @p has_reserve: it is not shown out to make room for
 * anybody. */
void jm_door_body(struct jm_door *d, struct jm_seat *s, struct jm_bytes key, bool has_reserve,
                  uint64_t octets, uint64_t now_ms);
void jm_door_works(struct jm_door *d, struct jm_seat *s, uint64_t now_ms);
void jm_door_answer(struct jm_door *d, struct jm_seat *s, uint64_t now_ms);
/** Answered: the connection may bring another request. */
void jm_door_again(struct jm_door *d, struct jm_seat *s, uint64_t now_ms);
/** Shows out whose time is over. @return how many */
size_t jm_door_sweep(struct jm_door *d, uint64_t now_ms);

/* ---- bodies: how much of what came is held ---- */

#define JM_BODY_SMALL (64 * JM_KIB)
#define JM_BODY_SHARE 8u /* a key has an eighth */
struct jm_bodies;
/** What one request holds; all zero: nothing. */
struct jm_holding {
    struct jm_holding *prev, *next;
    uint8_t key[16], key_len;
    bool is_large;
    size_t octets;
};
/** Half of @p octets is for bodies above JM_BODY_SMALL, half for the others: so small ones come
 * through when large ones hold all. */
struct jm_bodies *jm_bodies_new(size_t octets);
void jm_bodies_free(struct jm_bodies **b);
/**
 * From now on @p w holds @p octets, for @p key; 0 gives all back, and always can. A key has an
 * eighth of either half, the empty key as much as there is. All functions are thread-safe. @retval
 * false too much: it holds what it held before
 */
bool jm_bodies_hold(struct jm_bodies *b, struct jm_holding *w, struct jm_bytes key, size_t octets,
                    bool is_large);

#endif
