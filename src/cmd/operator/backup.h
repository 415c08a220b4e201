/* SPDX-License-Identifier: Apache-2.0 */
/** @file backup.h  Room: cmd. What `backup` writes and `restore` reads: files of a home, and a list
 * of them with their hashes. */
#ifndef JUMIN_CMD_BACKUP_H
#define JUMIN_CMD_BACKUP_H

#include "cmd/cli/home.h"
#include "jumin/json.h"

#define JM_BACKUP_FORMAT "jumin-backup/1"
#define JM_BACKUP_LIST "backup.json"
#define JM_BACKUP_LIST_MAX (2 * JM_MIB)

/** SHA-256 of a regular file of any size. @retval JM_E_ABSENT | JM_E_IO */
JM_MUST_CHECK enum jm_status jm_backup_hash(uint8_t out[32], const char *path,
                                            const struct jm_crypto *crypto);
/** Octet by octet to a new file with the same mode, synced. @retval JM_E_ABSENT | JM_E_IO */
JM_MUST_CHECK enum jm_status jm_backup_copy(const char *from, const char *to);

#endif
