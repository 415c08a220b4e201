/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file parts.h  Room: host/http, private. Gate, router and rate limit: functions over facts, testable without sockets.
 */
#ifndef JUMIN_HOST_HTTP_PARTS_H
#define JUMIN_HOST_HTTP_PARTS_H

#include "host/http/http.h"

#define JM_GATE_TARGET_MAX 8192              /* octets, platform.md 1.3 */
#define JM_GATE_HEAD_MAX (32 * JM_KIB)       /* names and values, openid4vc.md 2 */
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

/** Every row of platform.md 1.3. JM_WEB_OK fills @p out; anything else: answer empty and close. Field count is the caller's. */
enum jm_web_fault jm_gate(struct jm_gate_pass *out, const struct jm_gate_facts *facts);
struct jm_bytes jm_gate_field(const struct jm_gate_facts *facts, const char *name);
bool jm_same_text(struct jm_bytes a, const char *lower); /* ASCII, any case */

struct jm_router {
    const struct jm_http_table *tables;
    size_t n_tables;
};

struct jm_match {
    enum jm_web_fault fault;
    const struct jm_route *route;         /* null for OPTIONS and faults */
    struct jm_bytes arg[JM_REQ_ARGS_MAX]; /* raw */
    unsigned methods;                     /* bit 1 << enum jm_method of every row of this path */
    unsigned flags;                       /* of the route, else of all rows of this path */
    bool options;                         /* answer a CORS preflight */
};

/** Refuses rows that overlap, lack a part, have more than four names, or whose policy this listener cannot keep. */
JM_MUST_CHECK enum jm_status jm_router_check(const struct jm_router *r, bool is_local, bool has_auth);
/** A literal path wins over one with names, whatever the order of rows. */
void jm_router_match(struct jm_match *out, const struct jm_router *r, struct jm_bytes method, struct jm_bytes path);
/** Origin, media type, presence of a length, announced length: what can be judged before the body. */
enum jm_web_fault jm_router_admit(const struct jm_match *m, const struct jm_gate_pass *pass, const struct jm_gate_facts *facts);
/** "GET, HEAD, POST, OPTIONS" into @p out (64 octets). */
void jm_router_allow(char out[64], const struct jm_match *m);

struct jm_rate_table;
struct jm_rate_table *jm_rate_new(void);
void jm_rate_free(struct jm_rate_table **t);
/** One token of @p class for @p client (any octets). @retval 0 taken, else seconds until there is one. Thread-safe. */
unsigned jm_rate_take(struct jm_rate_table *t, struct jm_bytes client, enum jm_rate rate, uint64_t now_ms);

#endif
