/* SPDX-License-Identifier: Apache-2.0 */
/** @file trust_judge.h  Room: cmd. A trust set file against what is pinned: the hash of the file,
 * or of the root that a ledger's bundle is judged by. */
#ifndef JUMIN_CMD_TRUST_JUDGE_H
#define JUMIN_CMD_TRUST_JUDGE_H

#include "cmd/cli/cmd.h"
#include "host/clock/clock.h"
#include "jumin/trust_proven.h"

/** What a home would pin of this file. */
JM_MUST_CHECK enum jm_status jm_trust_pin_of(uint8_t pin[32], struct jm_bytes octets,
                                             const struct jm_crypto *c);
/** Room is taken from the command's arena. @retval JM_OK | JM_E_DENIED JM_TRUST_PIN |
 * JM_E_MALFORMED JM_TRUST_MALFORMED | as jm_trust_prove() */
JM_MUST_CHECK enum jm_status jm_trust_judge(struct jm_trust *out, struct jm_bytes octets,
                                            const uint8_t pin[32], const char *name,
                                            const struct jm_cmd *cmd, struct jm_diag *d);

#endif
