/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file engine.h  Room: service/ledger. A running ledger as those who serve it see it: one writer
 * on this machine, or a validator among others. The host implements it.
 *
 * Spec: spec/ledger.md 6, 12
 */
#ifndef JUMIN_SERVICE_LEDGER_ENGINE_H
#define JUMIN_SERVICE_LEDGER_ENGINE_H

#include "jumin/ledger.h"

struct jm_ledger_place {
    uint64_t height, index; /* of the block; of the entry in the log */
};

/** What became of a transaction. */
struct jm_ledger_result {
    enum jm_ltx_code code;
    struct jm_ledger_place at; /* where the code is JM_LTX_OK */
};

/** What is committed; stays so between open and close. */
struct jm_ledger_view {
    const struct jm_ledger *state;
    struct jm_nodes log;
    struct jm_bytes checkpoint; /* the signed note over just this; empty: not signed yet */
};

struct jm_ledger_engine {
    void *ctx;
    /** Waits until it is durable, or refused. @retval JM_OK @p out says | JM_E_UNAVAILABLE the
     * engine ends, or its queue is full */
    JM_MUST_CHECK enum jm_status (*submit)(void *ctx, struct jm_ledger_result *out,
                                           struct jm_bytes tx);
    void (*open)(void *ctx, struct jm_ledger_view *out);
    void (*close)(void *ctx);
    /* between the two: */
    JM_MUST_CHECK enum jm_status (*entry)(void *ctx, struct jm_bytes *out, uint64_t index,
                                          struct jm_arena *mem);
    JM_MUST_CHECK enum jm_status (*state_proof)(void *ctx, struct jm_proof *out, size_t at);
    /** An accepted transaction by its id. @retval JM_E_ABSENT */
    JM_MUST_CHECK enum jm_status (*find)(void *ctx, struct jm_ledger_place *out,
                                         const struct jm_hash32 *id);
};

#endif
