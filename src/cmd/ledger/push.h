/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file push.h  Room: cmd. The ledger's checkpoints to its witnesses: a thread each, which offers
 * what is current and puts the cosignature that comes back under it.
 *
 * No transaction waits for a witness. One that is away is asked again, later and later, up to a
 * minute; a new checkpoint is offered at once.
 *
 * Spec: C2SP tlog-witness; spec/ledger.md 7
 */
#ifndef JUMIN_CMD_LEDGER_PUSH_H
#define JUMIN_CMD_LEDGER_PUSH_H

#include "host/ledger/chain.h"
#include "jumin/tlog_policy.h"

struct jm_push;

struct jm_push_config {
    struct jm_chain *chain;
    const struct jm_policy *policy; /* its witnesses that have a URL are asked */
    const struct jm_crypto *crypto;
    int64_t (*now_s)(void *ctx);
    void *now_ctx;
    bool allow_loopback;
    /* what became of an offer, where that is other than before; any thread; may be null */
    void (*say)(void *ctx, struct jm_bytes witness, const char *what);
    void *say_ctx;
};

/** @p out is null where there is nobody to ask. @retval JM_OK | JM_E_UNAVAILABLE no thread or
 * memory */
JM_MUST_CHECK enum jm_status jm_push_start(struct jm_push **out, const struct jm_push_config *c);
/** There is a new note; with the push as context, which may be null. */
void jm_push_told(void *push);
/** Until each witness was asked about what is current, or @p ms are over. */
void jm_push_wait(struct jm_push *p, unsigned ms);
void jm_push_stop(struct jm_push **p);

#endif
