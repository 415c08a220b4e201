/* SPDX-License-Identifier: Apache-2.0 */
/** @file changes.h  Room: cmd. From one trust set to the next as transactions of the ledger. */
#ifndef JUMIN_CMD_LEDGER_CHANGES_H
#define JUMIN_CMD_LEDGER_CHANGES_H

#include "cmd/ledger/link.h"

/** Who acts, and what of the ledger he needs to know. */
struct jm_ledger_acting {
    const struct jm_cmd *cmd;
    const struct jm_ledger_keys *keys;
    struct jm_bytes actor;
    struct jm_link_facts facts;
    int64_t now;
    enum jm_status (*submit)(void *ctx, struct jm_bytes tx, struct jm_diag *d);
    void *ctx;
    uint64_t seq; /* of the next transaction; 0: as the facts say */
};

/** Everything by which @p next differs from @p now (null: from nothing), in an order in which each
 * finds what it refers to. @retval as the submits | JM_E_DENIED JM_LEDGER_KEYS | JM_E_NO_SPACE */
JM_MUST_CHECK enum jm_status jm_ledger_change(struct jm_ledger_acting *a,
                                              const struct jm_trust *now,
                                              const struct jm_trust *next, struct jm_diag *d);
/** A home's trust set after the changes that make it say what @p next says: submitted, proven,
 * as a file. */
JM_MUST_CHECK enum jm_status jm_ledger_follow(struct jm_bytes *octets, const struct jm_home *home,
                                              const struct jm_trust *next, struct jm_diag *d);

#endif
