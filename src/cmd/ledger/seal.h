/* SPDX-License-Identifier: Apache-2.0 */
/** @file seal.h  Room: cmd. Who signs the ledger's checkpoints here: its log key and its node's, by
 * a signer. */
#ifndef JUMIN_CMD_LEDGER_SEAL_H
#define JUMIN_CMD_LEDGER_SEAL_H

#include "cmd/cli/home.h"
#include "host/ledger/chain.h"
#include "jumin/tlog_policy.h"

struct jm_seal {
    const struct jm_signer *signer;
    struct jm_policy policy; /* its first log and its first witness are this node */
    int64_t (*now_s)(void *ctx);
    void *now_ctx;
};

/** Reads @p policy; views into it and @p mem. @retval JM_OK | JM_E_MALFORMED */
JM_MUST_CHECK enum jm_status jm_seal_open(struct jm_seal *s, struct jm_bytes policy,
                                          const struct jm_signer *signer, const struct jm_crypto *c,
                                          struct jm_arena *mem);
/** For a chain; lives as long as @p s. */
struct jm_chain_seal jm_seal_of(struct jm_seal *s);
/**
 * A log that is behind what was signed, or another one, must not be served: a copy was put back.
 * @retval JM_OK | JM_E_DENIED JM_LEDGER_FILE | JM_E_UNAVAILABLE the signer does not answer
 */
JM_MUST_CHECK enum jm_status jm_seal_follows(const struct jm_seal *s, struct jm_chain *chain,
                                             struct jm_diag *d);

#endif
