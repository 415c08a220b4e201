/* SPDX-License-Identifier: Apache-2.0 */
/** @file keyfile.h  Room: cmd. A person's P-256 key in a file of mode 0600: "JUMIN STAFF KEY"
 * around the scalar in base64. */
#ifndef JUMIN_CMD_KEYFILE_H
#define JUMIN_CMD_KEYFILE_H

#include "cmd/cli/cmd.h"
#include "host/openssl/openssl.h"

/** Refused when others can read the file. @retval JM_E_DENIED JM_CMD_SECRET_OPEN | JM_E_MALFORMED
 * JM_CMD_FILE_READ */
JM_MUST_CHECK enum jm_status jm_keyfile_read(struct jm_key **out, const char *path,
                                             const struct jm_cmd *cmd, struct jm_diag *d);
/** @retval JM_E_CONFLICT the name is taken */
JM_MUST_CHECK enum jm_status jm_keyfile_write(const char *path, const struct jm_key *key,
                                              const struct jm_cmd *cmd, struct jm_diag *d);

/** Whose it is where nobody says so: its name up to the first dot. */
struct jm_bytes jm_keyfile_staff(const char *path);

#endif
