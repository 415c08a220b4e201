/* SPDX-License-Identifier: Apache-2.0 */
/** @file refresh.h  Room: cmd. The newest bundle of the ledger that a home follows. */
#ifndef JUMIN_CMD_LEDGER_REFRESH_H
#define JUMIN_CMD_LEDGER_REFRESH_H

#include "cmd/cli/home.h"

#define JM_REFRESH_S 900 /* spec/ledger.md 12: who is online looks so often */

#define JM_REFRESH_AGE_S (6 * 3600) /* so old a set is renewed though it says the same */

/**
 * Fetches it from where the pinned policy says the log is, judges it, keeps it. The home is open,
 * its lock held.
 *
 * @param[out] newer  false: what it has says the same, and is not old
 * @retval JM_OK | JM_E_USAGE JM_LEDGER_NONE no ledger proves this home's set | JM_E_UNAVAILABLE
 * JM_LEDGER_OFFLINE | as jm_trust_judge, jm_trust_may_follow, jm_home_pin
 */
JM_MUST_CHECK enum jm_status jm_trust_refresh(struct jm_home *home, bool *newer, struct jm_diag *d);

#endif
