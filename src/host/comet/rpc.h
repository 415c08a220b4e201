/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file rpc.h  Room: host/comet. What is asked of the CometBFT beside us, over its RPC on this
 * machine: that it takes a transaction.
 *
 * Spec: spec/ledger.md 10
 */
#ifndef JUMIN_HOST_COMET_RPC_H
#define JUMIN_HOST_COMET_RPC_H

#include "jumin/bytes.h"

#define JM_COMET_RPC_S 5      /* for an answer */
#define JM_COMET_TX_MAX 16384 /* octets of a transaction */

struct jm_comet_rpc {
    uint16_t port; /* of 127.0.0.1 */
};

/**
 * broadcast_tx_sync.
 * @param[out] code  what CheckTx said
 * @retval JM_OK | JM_E_CONFLICT it is in the mempool already | JM_E_LIMIT longer than
 * JM_COMET_TX_MAX | JM_E_UNAVAILABLE nobody answers, or not in time, or the mempool is full
 */
JM_MUST_CHECK enum jm_status jm_comet_broadcast(const struct jm_comet_rpc *rpc, uint32_t *code,
                                                struct jm_bytes tx);

#endif
