/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file app.h  Room: host/abci. What an application of ABCI is asked: a table of functions, called
 * one at a time, in the order of the grammar.
 *
 * CometBFT decides the order of transactions, the application what they do: InitChain where there
 * is no block yet, then heights, each with any number of proposals, one finalize, one commit.
 * Nothing is kept from a proposal.
 *
 * Spec: spec/ledger.md 9
 */
#ifndef JUMIN_HOST_ABCI_APP_H
#define JUMIN_HOST_ABCI_APP_H

#include "jumin/abci.h"
#include "jumin/ledger.h"

/** What is durable. */
struct jm_abci_tip {
    uint64_t height; /* of the last commit, 0: none */
    struct jm_hash32 app_hash;
};

/** InitChain: the genesis that CometBFT was given. The application compares all with its own. */
struct jm_abci_start {
    struct jm_bytes genesis; /* octets of ours, from app_state */
    struct jm_bytes chain_id;
    uint64_t time; /* s */
    uint64_t initial_height;
    const struct jm_abci_validator *validator;
    size_t n_validators;
};

/** A block that is decided. */
struct jm_abci_block {
    uint64_t height, time; /* s */
    const struct jm_bytes *tx;
    size_t n;
};

struct jm_abci_outcome {
    struct jm_hash32 app_hash;
    struct jm_validator_update update; /* views live until the next call */
    bool has_update;
};

/** Each but drop() may fail, and what it gives back other than JM_OK ends the server; refusing a
 * transaction is a code. */
struct jm_abci_app {
    void *ctx;
    enum jm_status (*tip)(void *ctx, struct jm_abci_tip *out);
    /** May come again until the first commit, and gives the same. @retval JM_E_DENIED it is not
     * our genesis: the connection is told so, and the server goes on */
    enum jm_status (*start)(void *ctx, struct jm_hash32 *app_hash, const struct jm_abci_start *in);
    /** CheckTx, over the committed state and what was admitted since; @p again: after a commit,
     * in order. */
    enum jm_status (*check)(void *ctx, enum jm_ltx_code *code, struct jm_bytes tx, bool again);
    /** A proposal: one overlay, begun, tried transaction by transaction, dropped. @retval
     * JM_E_RANGE the time falls: nothing is proposed */
    enum jm_status (*begin)(void *ctx, uint64_t height, uint64_t time);
    enum jm_status (*attempt)(void *ctx, enum jm_ltx_code *code, struct jm_bytes tx);
    void (*drop)(void *ctx);
    /** Works the block out and keeps it for commit(); persists nothing. It takes the place of
     * one that was not committed. @p code: one a transaction. That this is asked for height H + 1
     * means that CometBFT found our app hash of H in the decided header: cosign H then, not
     * before. */
    enum jm_status (*finalize)(void *ctx, struct jm_abci_outcome *out, enum jm_ltx_code *code,
                               const struct jm_abci_block *block);
    /** What was finalized is durable when this returns. */
    enum jm_status (*commit)(void *ctx);
};

#endif
