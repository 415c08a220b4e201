/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file witness_home.h  Room: cmd. What lies in a witness's home, under witness/: `vkey`, its own
 * key's text; `logs`, the key of each log that it watches, one a line; `last/`, the checkpoint of
 * each that it signed last; `evidence/`, what did not continue it.
 */
#ifndef JUMIN_CMD_LEDGER_WITNESS_HOME_H
#define JUMIN_CMD_LEDGER_WITNESS_HOME_H

#include "cmd/cli/home.h"
#include "service/signer/keys.h"
#include "service/witness/watching.h"

#define JM_WATCHED_MAX JM_SIGN_ORIGINS_MAX
#define JM_WATCHED_KEYS_MAX 64 /* of all logs */
/* pieces of evidence, and how many of them may be no more than unproven */
#define JM_EVIDENCE_MAX 1024
#define JM_EVIDENCE_UNPROVEN_MAX 256

struct jm_watched_logs {
    struct jm_watched log[JM_WATCHED_MAX];
    struct jm_vkey key[JM_WATCHED_KEYS_MAX];
    size_t n, n_keys;
};

/** Adds the log of a key's text (type 1); a second key of an origin stands beside the first. Views
 * into @p text. @retval JM_OK also: it is there already | JM_E_LIMIT | JM_E_TYPE of a cosigner | as
 * jm_vkey_read */
JM_MUST_CHECK enum jm_status jm_watched_add(struct jm_watched_logs *out, struct jm_bytes text,
                                            const struct jm_cmd *cmd);
/** Each log's keys, side by side; once all are added. */
JM_MUST_CHECK enum jm_status jm_watched_sort(struct jm_watched_logs *logs,
                                             const struct jm_cmd *cmd);
/** witness/logs and witness/vkey. @retval JM_E_USAGE JM_CMD_CONFIG the file's name in @p d | as
 * jm_cmd_read */
JM_MUST_CHECK enum jm_status jm_witness_home(struct jm_watched_logs *logs, struct jm_vkey *own,
                                             const struct jm_home *home, struct jm_diag *d);
/** The files of a home; @p home stays. */
struct jm_witness_files jm_witness_files_of(const struct jm_home *home);

#endif
