/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file wallet.h  Room: cmd. A holder's home, and one operation of the holder's engine in it.
 * Private to cmd/wallet.
 *
 * Commands ask (passphrase, code, consent) and print; what is done stands in jumin/holder.h.
 */
#ifndef JUMIN_CMD_WALLET_H
#define JUMIN_CMD_WALLET_H

#include "cmd/cli/home.h"
#include "cmd/wallet/platform.h"
#include "jumin/holder.h"

struct jm_wallet_home {
    const struct jm_cmd *cmd;
    struct jm_home home;
    struct jm_wallet w;
    struct jm_secret32 kek;
    struct jm_bytes salt;
    struct jm_platform platform;
};

/** Opens home and container; asks for the passphrase where no file names it. @retval
 * JM_E_UNAVAILABLE JM_CMD_CLOCK_BACK (D-459) */
JM_MUST_CHECK enum jm_status jm_wallet_home_open(struct jm_wallet_home *h, const struct jm_cmd *cmd,
                                                 struct jm_diag *d);
/** The same whatever the clock says: to look, and to report a loss, which nothing may block
 * (D-270). */
JM_MUST_CHECK enum jm_status jm_wallet_home_open_any_time(struct jm_wallet_home *h,
                                                          const struct jm_cmd *cmd,
                                                          struct jm_diag *d);
/** Seals and writes beside, then renames. */
JM_MUST_CHECK enum jm_status jm_wallet_home_save(struct jm_wallet_home *h, struct jm_diag *d);
void jm_wallet_home_close(struct jm_wallet_home *h);
/** A new container under the passphrase: fresh instance and DPoP keys. */
JM_MUST_CHECK enum jm_status jm_wallet_home_create(struct jm_wallet_home *h, struct jm_diag *d);

/** URI as given, or read from a PNG picture of a QR code. @p scheme: expected beginning, for the
 * error. */
JM_MUST_CHECK enum jm_status jm_wallet_uri(struct jm_bytes *out, const struct jm_cmd *cmd,
                                           struct jm_diag *d);

/* -- one run of the engine -- */

struct jm_wallet_run {
    struct jm_wallet_home h;
    struct jm_holder e;
    /* Asks the holder. What it refuses it explains in d. Octets of @p out live as cmd's arena. */
    enum jm_status (*user)(struct jm_wallet_run *r, const struct jm_question *q,
                           struct jm_bytes *out);
    struct jm_diag d;
};

/** Null: there is no memory, and that was said. */
struct jm_wallet_run *jm_wallet_run_new(const struct jm_cmd *cmd);
/** The engine over the opened home. @p agreed, @p hand_out: of a response */
JM_MUST_CHECK enum jm_status jm_wallet_run_begin(struct jm_wallet_run *r, bool agreed,
                                                 bool hand_out);
/** Drives to the operation's end; why it failed stands in r->d. */
JM_MUST_CHECK enum jm_status jm_wallet_run_drive(struct jm_wallet_run *r, enum jm_status begun);
/** Says what failed, wipes, closes. */
int jm_wallet_run_end(struct jm_wallet_run *r, enum jm_status st);
/** Opens the wallet, runs what only reads it, closes it. */
int jm_wallet_look(const struct jm_cmd *cmd, int (*look)(struct jm_wallet_run *r));

#endif
