/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file wallet_run.h  Room: cmd. One operation of the holder's engine in a home. For wallet*.c.
 *
 * Commands ask (passphrase, code, consent) and print; what is done stands in jumin/holder.h.
 */
#ifndef JUMIN_CMD_WALLET_RUN_H
#define JUMIN_CMD_WALLET_RUN_H

#include "cmd/wallet/wallet_home.h"
#include "jumin/holder.h"

struct jm_wallet_run {
    struct jm_wallet_home h;
    struct jm_holder e;
    /* Asks the holder. What it refuses it explains in d. Octets of @p out live as cmd's arena. */
    enum jm_status (*ask)(struct jm_wallet_run *r, const struct jm_question *q,
                          struct jm_bytes *out);
    struct jm_diag d;
};

/** Null: there is no memory. */
struct jm_wallet_run *jm_wallet_run_new(const struct jm_cmd *cmd);
/** The engine over the opened home. @p agreed, @p hand_out: of a response */
JM_MUST_CHECK enum jm_status jm_wallet_run_begin(struct jm_wallet_run *r, bool agreed,
                                                 bool hand_out);
/** Drives to the operation's end; why it failed stands in r->d. */
JM_MUST_CHECK enum jm_status jm_wallet_run_drive(struct jm_wallet_run *r, enum jm_status begun);
/** Says what failed, wipes, closes. */
int jm_wallet_run_end(struct jm_wallet_run *r, enum jm_status st);
/** Says that a card came, and its loss code, this once. */
void jm_wallet_received(struct jm_wallet_run *r);
/** Opens the wallet, runs what only reads it, closes it. */
int jm_wallet_look(const struct jm_cmd *cmd, int (*look)(struct jm_wallet_run *r));

#endif
