/* SPDX-License-Identifier: Apache-2.0 */
/** @file init_ledger.h  Room: cmd. The ledger of a new authority. Private to init*.c. */
#ifndef JUMIN_CMD_INIT_LEDGER_H
#define JUMIN_CMD_INIT_LEDGER_H

#include "cmd/init/make.h"

/** What the log is called: as the key of --log-key is; else host and port of @p base, a slash, the
 * home's id. @retval as jm_log_key_read | JM_E_USAGE JM_CMD_OPTION_REQUIRED --witness without
 * --log-key: a witness must know the log before it is asked */
JM_MUST_CHECK enum jm_status jm_init_origin(const char **out, const struct jm_making *m,
                                            const char *base);
/** Before anything is made: --log-key and each --witness. @retval as jm_init_origin | JM_E_USAGE
 * JM_CMD_OPTION_VALUE a witness is no name, key and URL */
JM_MUST_CHECK enum jm_status jm_init_ledger_check(const struct jm_making *m);
/**
 * Keys of log and node into the signer, keys of people into operator/ledger, genesis, and a ledger
 * that says what @p trust says (a plain set); that set as a ledger proves it in @p proven.
 */
JM_MUST_CHECK enum jm_status jm_init_ledger(struct jm_bytes *proven, struct jm_making *m,
                                            const char *base, struct jm_bytes trust);

#endif
