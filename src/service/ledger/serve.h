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

#include "service/env.h"
#include "service/ledger/engine.h"

/** Which records a bundle proves one by one, beside the trust set. */
enum jm_bundle_scope {
    JM_BUNDLE_EPOCHS = 1, /* the epochs of all lists: what every reader takes */
    JM_BUNDLE_PARTY,      /* and one relying party's: itself, its uses, its certificates */
    JM_BUNDLE_ALL         /* and all relying parties' and revocation lists': of a small country */
};

struct jm_bundle_wish {
    enum jm_bundle_scope scope;
    struct jm_bytes party; /* of JM_BUNDLE_PARTY: its id */
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

/* -- the role's routes -- */

struct jm_ledger_role {
    struct jm_role_base base;
    struct jm_ledger_engine engine;
};

#endif
