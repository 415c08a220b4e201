/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file files.h  Room: host/files. Whole files, in and out, with the modes of spec/cli.md 1.
 *
 * Common: JM_E_ABSENT no such file, JM_E_DENIED the system or the mode forbids it, JM_E_IO the
 * rest.
 */
#ifndef JUMIN_HOST_FILES_H
#define JUMIN_HOST_FILES_H

#include <sys/types.h>

#include "jumin/arena.h"
#include "service/signer.h" /* struct jm_list */

/** The whole file in @p mem, NUL after it; "-" is stdin. @retval JM_E_LIMIT longer than @p max
 * @retval JM_E_NO_SPACE arena full */
JM_MUST_CHECK enum jm_status jm_file_read(struct jm_bytes *out, const char *path, size_t max,
                                          struct jm_arena *mem);
/** The same for secrets: a regular file or FIFO of ours or root's that nobody else can read, else
 * JM_E_DENIED. */
JM_MUST_CHECK enum jm_status jm_file_read_secret(struct jm_bytes *out, const char *path, size_t max,
                                                 struct jm_arena *mem);
/** Writes beside, syncs, renames over, syncs the folder: afterwards the old or the new octets are
 * there, never a mixture. */
JM_MUST_CHECK enum jm_status jm_file_write(const char *path, struct jm_bytes what, mode_t mode);
/** As jm_file_write, but JM_E_CONFLICT when the name is taken. */
JM_MUST_CHECK enum jm_status jm_file_create(const char *path, struct jm_bytes what, mode_t mode);
/** One folder of mode 0700; one that is there must be ours and closed to others. @retval
 * JM_E_DENIED it is not */
JM_MUST_CHECK enum jm_status jm_dir_make(const char *path);
#define JM_PLACE_MAX 64
/** Which file on which file system this is, as text: a copy of it has another one, a file that was
 * renamed the same. */
JM_MUST_CHECK enum jm_status jm_file_place(char out[JM_PLACE_MAX], const char *path);
/** Names in octet order without "." and "..", in @p mem; at most @p max. @retval JM_E_LIMIT more */
JM_MUST_CHECK enum jm_status jm_dir_list(struct jm_list *out, const char *path, size_t max,
                                         struct jm_arena *mem);
/** An exclusive lock on @p path (made 0600), held until jm_file_unlock or the process ends. @retval
 * JM_E_CONFLICT held */
JM_MUST_CHECK enum jm_status jm_file_lock(int *fd, const char *path);
void jm_file_unlock(int *fd);

#endif
