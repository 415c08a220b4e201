/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file engine.h  Room: host/abci. The engine of a validator among others: a thread that serves
 * CometBFT, and who hands in a transaction waits until it stands in a block.
 *
 * What keeps the ledger, and the way to CometBFT's RPC, are the caller's. Where the server ends by
 * itself the process must end, too: CometBFT has lost its application.
 *
 * Spec: spec/ledger.md 6, 9, 10
 */
#ifndef JUMIN_HOST_ABCI_ENGINE_H
#define JUMIN_HOST_ABCI_ENGINE_H

#include "host/abci/machine.h"
#include "service/ledger/engine.h"

#define JM_ABCI_WAITING_MAX 64 /* who wait at one time */
#define JM_ABCI_WAIT_S 10      /* for a block; then it is handed in once more: a mempool forgets */
#define JM_ABCI_TRIES 3

struct jm_abci_engine;

struct jm_abci_engine_config {
    const char *path;    /* of the socket */
    const char *version; /* of this program */
    struct jm_abci_machine_config machine;
    struct jm_ledger_engine reads; /* of who keeps the ledger; its submit is not called */
    /** Into CometBFT's mempool. @retval JM_OK what CheckTx said is in @p code | JM_E_CONFLICT it is
     * there already | JM_E_UNAVAILABLE */
    enum jm_status (*broadcast)(void *ctx, enum jm_ltx_code *code, struct jm_bytes tx);
    void *broadcast_ctx;
    /** The server ended by itself. Called in its thread. */
    void (*ended)(void *ctx, enum jm_status st);
    /** Why a connection was closed; may be null. */
    void (*log)(void *ctx, const char *detail);
    void *ctx;        /* of both */
    unsigned wait_ms; /* 0: JM_ABCI_WAIT_S */
};

/** @retval as jm_abci_machine_new(), jm_abci_server_new() | JM_E_UNAVAILABLE no thread or memory */
JM_MUST_CHECK enum jm_status jm_abci_engine_start(struct jm_abci_engine **out,
                                                  const struct jm_abci_engine_config *config);
/** Who waits is told JM_E_UNAVAILABLE; ends the thread. */
void jm_abci_engine_stop(struct jm_abci_engine **e);
/** Lives as long as @p e. Its submit() may be called from any thread. A transaction that is in the
 * log already is told its place, whatever CheckTx would say of it now. */
struct jm_ledger_engine jm_abci_engine_engine(struct jm_abci_engine *e);

#endif
