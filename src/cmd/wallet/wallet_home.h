/* SPDX-License-Identifier: Apache-2.0 */
/** @file wallet_home.h  Room: cmd. A holder's home: the sealed container and the keys of one run.
 * For wallet*.c and init. */
#ifndef JUMIN_CMD_WALLET_HOME_H
#define JUMIN_CMD_WALLET_HOME_H

#include "cmd/cli/home.h"
#include "cmd/wallet/platform.h"
#include "jumin/wallet.h"

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

#endif
