/* SPDX-License-Identifier: Apache-2.0 */
/* What the commands of `jumin inspect` share: the reader's key, and the answer for people. */
#ifndef JUMIN_CMD_INSPECT_PRINT_H
#define JUMIN_CMD_INSPECT_PRINT_H

#include "cmd/cli/cmd.h"
#include "host/openssl/openssl.h"

/** The private key of --device-key: JWK, PEM (SEC1 or PKCS#8), or 32 octets; null where the option
 * is not given. */
JM_MUST_CHECK enum jm_status jm_inspect_load_key(struct jm_key **out, const struct jm_cmd *cmd,
                                                 struct jm_diag *d);
/** In the language of the command. */
struct jm_sentences jm_inspect_sentences(const struct jm_cmd *cmd);
/** Verdict, checks that did not pass, content; nothing with --json. */
void jm_inspect_print(const struct jm_cmd *cmd, struct jm_bytes json);

#endif
