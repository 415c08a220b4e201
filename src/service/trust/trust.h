/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file trust.h  Room: service/trust. Status lists and revocation lists for a verifier, found by
 * the pinned trust set.
 *
 * A list is fetched only from a registered family (nobody gets a list of his own) and judged by the
 * signers of that family's issuer; it is asked for again when the last conditional GET is older
 * than its ttl or than the service allows. A CRL is the octets whose hash the trust set records, or
 * one that the same CA signed later: lists are issued anew before their time is over, and not
 * everybody has the newer trust set at once. Which addresses may be connected the fetch function
 * guards.
 *
 * Spec: spec/ledger.md 13; spec/openid4vc.md 10; spec/mdoc.md 14.2   Req: V-11
 */
#ifndef JUMIN_SERVICE_TRUST_H
#define JUMIN_SERVICE_TRUST_H

#include "jumin/ask.h"
#include "jumin/statuslist.h"
#include "jumin/trust.h"
#include "service/env.h"

#define JM_LOOK_TIMEOUT_MS 5000
#define JM_LOOK_CRL_MAX (1 * JM_MIB)

/** What is kept of one address. @p iat: of the newest list seen there; older ones are refused. */
struct jm_cached {
    struct jm_bytes body, etag;
    int64_t asked_s, iat, ttl;
    /* The body as it was judged, so that signature and unpacking are paid once: counts from
     * judged_s to list.until, and by the trust set of this version. Fault other than JM_LIST_OK:
     * there is none. */
    struct jm_status_list list;
    int64_t judged_s;
    uint64_t judged_by;
    void *held; /* of the cache, whose octets these are; null: of nobody */
};
/** Whether list stands for the body. */
bool jm_cached_holds(const struct jm_cached *c, int64_t now, uint64_t trust_version);

/** Shared by threads, bounded; the implementation locks. */
struct jm_list_cache {
    /** Views that live until let_go(): of the body, or where jm_cached_holds() of the list's raw
     * octets alone. False: nothing is kept, and nothing to let go. */
    bool (*get)(void *ctx, struct jm_bytes key, int64_t now, uint64_t trust_version,
                struct jm_cached *out);
    void (*let_go)(void *ctx, void *held);
    /** Keeps a copy, unless a newer one (by iat) stands there. */
    void (*put)(void *ctx, struct jm_bytes key, const struct jm_cached *c);
    /** What is kept was asked for, and has not changed. */
    void (*same)(void *ctx, struct jm_bytes key, int64_t asked_s);
    void *ctx;
};

typedef enum jm_status jm_fetch_fn(void *ctx, const struct jm_http_ask *ask,
                                   struct jm_http_answer *out, struct jm_arena *mem);

struct jm_held; /* what a look has taken from the cache */

/** One presentation's view. Filled by the caller, then given as the ctx of jm_look_find(); ended by
 * jm_look_end(), once what it found is not read any more and before its arena goes back. */
struct jm_look {
    const struct jm_env *env;
    const struct jm_trust *trust;
    jm_fetch_fn *fetch;
    void *fetch_ctx;
    const struct jm_list_cache *cache;
    int64_t now;
    int64_t max_age_s;    /* of the service; 0: ask each time */
    bool off;             /* nothing is looked up: JM_E_UNAVAILABLE */
    bool stays;           /* nothing is fetched: JM_E_UNAVAILABLE, and missed */
    bool missed;          /* out: something would have had to be fetched */
    int64_t status_age_s; /* out: age of the oldest list used; -1 none */
    struct jm_held *held;
};

/** `find` of struct jm_answers. @retval JM_OK (a list's fault stands in it) | JM_E_UNAVAILABLE |
 * JM_E_NO_SPACE */
enum jm_status jm_look_find(void *look, const struct jm_find_ask *ask, struct jm_answer *out,
                            struct jm_arena *mem);
void jm_look_end(struct jm_look *k);

#endif
