/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file log_key.h  Room: cmd. The private key of a log before its ledger is: made first, so that
 * witnesses know the log by the time it asks them.
 *
 * One line: `PRIVATE+KEY+<name>+<id>+<base64 of 1 ‖ seed>`, as tools for signed notes write it.
 */
#ifndef JUMIN_CMD_LEDGER_LOG_KEY_H
#define JUMIN_CMD_LEDGER_LOG_KEY_H

#include "cmd/cli/home.h"
#include "jumin/note.h"

struct jm_log_key {
    struct jm_secret32 seed; /* the caller wipes it */
    uint8_t public_key[JM_ED25519_KEY_LEN];
    struct jm_vkey vkey; /* a view of public_key */
};

/** Of a new key, for @p name. @retval JM_E_MALFORMED no name of a note's signer |
 * JM_E_UNAVAILABLE; the key is in place: @p out stays where it is */
JM_MUST_CHECK enum jm_status jm_log_key_new(struct jm_log_key *out, const char *name,
                                            enum jm_note_type type, const struct jm_crypto *c);
/** A file of its owner's alone. @retval JM_E_CONFLICT, JM_E_IO JM_CMD_FILE_WRITE */
JM_MUST_CHECK enum jm_status jm_log_key_write(const struct jm_log_key *key, const char *path,
                                              const struct jm_cmd *cmd, struct jm_diag *d);
/** @retval JM_E_DENIED JM_CMD_SECRET_OPEN | JM_E_MALFORMED JM_CMD_FILE_READ */
JM_MUST_CHECK enum jm_status jm_log_key_read(struct jm_log_key *out, const char *path,
                                             const struct jm_cmd *cmd, struct jm_diag *d);

#endif
