/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file machine.h  Room: host/abci. The state machine as an application of ABCI: overlays for
 * CheckTx, for a proposal and for the block that is decided. What keeps the ledger is the caller's.
 *
 * Spec: spec/ledger.md 9, rules 1, 2, 3, 5, 6
 */
#ifndef JUMIN_HOST_ABCI_MACHINE_H
#define JUMIN_HOST_ABCI_MACHINE_H

#include "host/abci/app.h"

struct jm_abci_machine;

struct jm_abci_machine_config {
    struct jm_bytes genesis; /* ours; borrowed */
    void *ctx;
    /** The committed ledger, its genesis block at least. */
    const struct jm_ledger *(*ledger)(void *ctx);
    /** Durable when it returns, and the ledger is the new one. @retval JM_OK | what ends us */
    enum jm_status (*commit)(void *ctx, const struct jm_block *b);
    /** May be null. CometBFT found our app hash of this height in a decided header. */
    enum jm_status (*agreed)(void *ctx, uint64_t height);
};

/** @retval JM_E_MALFORMED no genesis | JM_E_UNAVAILABLE no memory */
JM_MUST_CHECK enum jm_status jm_abci_machine_new(struct jm_abci_machine **out,
                                                 const struct jm_abci_machine_config *config);
/** For struct jm_abci_config; borrows @p m. */
struct jm_abci_app jm_abci_machine_app(struct jm_abci_machine *m);
void jm_abci_machine_free(struct jm_abci_machine **m);

#endif
