/* SPDX-License-Identifier: Apache-2.0 */
/** @file ask.h  Room: cmd. Questions to a person at a terminal, and secrets from files. */
#ifndef JUMIN_CMD_ASK_H
#define JUMIN_CMD_ASK_H

#include "cmd/cli/cmd.h"

#define JM_ASKED_MAX 1024

/** A line, echoed, without its end. @retval JM_E_ABSENT no terminal */
JM_MUST_CHECK enum jm_status jm_ask_line(struct jm_bytes *out, const struct jm_cmd *cmd,
                                         const char *key);
/** The same, not echoed. */
JM_MUST_CHECK enum jm_status jm_ask_secret(struct jm_bytes *out, const struct jm_cmd *cmd,
                                           const char *key);
/** y or yes (also 예, ㅇ). No terminal: no. */
bool jm_ask_yes(const struct jm_cmd *cmd, const char *key);
/** A secret of a file that nobody else can read (or a FIFO), without the last line end. */
JM_MUST_CHECK enum jm_status jm_secret_file(struct jm_bytes *out, const char *path,
                                            const struct jm_cmd *cmd, struct jm_diag *d);

/** @p n digits out of the file of @p option, without one asked for without echo. @retval JM_E_USAGE
 * JM_CMD_OPTION_REQUIRED nobody to ask | JM_CMD_OPTION_VALUE not @p n digits | as jm_secret_file */
JM_MUST_CHECK enum jm_status jm_digits(struct jm_bytes *out, const struct jm_cmd *cmd,
                                       const char *option, const char *question, size_t n,
                                       struct jm_diag *d);

#define JM_PASSPHRASE_MIN 8 /* octets, where one is given to something new */
/** A passphrase out of @p file, without line ends at its end; without one asked for (@p question:
 * the text's key, null: nobody is asked). @retval JM_E_USAGE JM_CMD_OPTION_REQUIRED |
 * JM_CMD_OPTION_VALUE empty, or too short where it is @p fresh | as jm_secret_file */
JM_MUST_CHECK enum jm_status jm_passphrase(struct jm_bytes *out, const struct jm_cmd *cmd,
                                           const char *file, const char *question, bool fresh,
                                           struct jm_diag *d);

#endif
