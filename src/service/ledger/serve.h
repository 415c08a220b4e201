/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file serve.h  Room: service/ledger. What readers of a ledger get: bundles and proofs, of what is
 * committed and signed.
 *
 * Nothing here knows who asks, and nothing is kept of it (spec/ledger.md 15).
 *
 * Spec: spec/ledger.md 8, 12
 */
#ifndef JUMIN_SERVICE_LEDGER_SERVE_H
#define JUMIN_SERVICE_LEDGER_SERVE_H

#include "jumin/claims.h"
#include "service/env.h"
#include "service/ledger/engine.h"

/** Which records a bundle proves one by one, beside the trust set. */
enum jm_bundle_scope {
    JM_BUNDLE_EPOCHS = 1, /* the epochs of all lists: what every reader takes */
    JM_BUNDLE_PARTY,      /* and one relying party's: itself, its uses, its certificates */
    JM_BUNDLE_KEY,        /* one record; where there is none, its neighbours */
    JM_BUNDLE_ALL         /* and all relying parties' and revocation lists': of a small country */
};

struct jm_bundle_wish {
    enum jm_bundle_scope scope;
    struct jm_bytes party; /* of JM_BUNDLE_PARTY: its id */
    struct jm_bytes key;   /* of JM_BUNDLE_KEY */
    bool without_set;      /* what a relying party sends with its request */
};

/**
 * @retval JM_OK | JM_E_UNAVAILABLE JM_LEDGER_UNSIGNED nobody has signed this state yet |
 * JM_E_ABSENT JM_LEDGER_UNKNOWN no such relying party | JM_E_LIMIT longer than a bundle may be |
 * JM_E_NO_SPACE | JM_E_IO
 */
JM_MUST_CHECK enum jm_status jm_ledger_bundle(struct jm_bytes *out,
                                              const struct jm_ledger_engine *e,
                                              const struct jm_bundle_wish *wish,
                                              struct jm_arena *mem, struct jm_diag *d);

/** What a signer needs to know, CBOR [chain id, genesis hash, [[key, value]…] of actor/ and seq/].
 * @retval JM_OK | JM_E_NO_SPACE */
JM_MUST_CHECK enum jm_status jm_ledger_actors(struct jm_bytes *out,
                                              const struct jm_ledger_engine *e,
                                              struct jm_arena *mem);

/** Which records a listing holds: those whose key begins with @p prefix, behind @p after, in one
 * state or (0) in any. */
struct jm_listing {
    struct jm_bytes prefix, after;
    uint64_t state;
    size_t limit;
};
/** JSON {"as_of":{"size","root"},"items":[{"key","state","rev","body"}…],"next"}. */
JM_MUST_CHECK enum jm_status jm_ledger_list(struct jm_bytes *out, const struct jm_ledger_engine *e,
                                            const struct jm_listing *l, struct jm_arena *mem);

struct jm_use_question {
    struct jm_bytes rp, use, type;
    enum jm_fmt fmt;
    struct jm_bytes path[8];
    size_t n_path;
    int64_t now;
};
/** JSON {"allowed","reason","as_of"}: may this use ask for that? Of what is committed. */
JM_MUST_CHECK enum jm_status jm_ledger_check_use(struct jm_bytes *out,
                                                 const struct jm_ledger_engine *e,
                                                 const struct jm_use_question *q,
                                                 struct jm_arena *mem);

/* -- the role's routes -- */

struct jm_ledger_role {
    struct jm_role_base base;
    struct jm_ledger_engine engine;
};

#endif
