/* SPDX-License-Identifier: Apache-2.0 */
/** @file clerk.h  Room: cmd/operator. A clerk's call of the issuer: signed in with the staff key, a
 * body, an answer. */
#ifndef JUMIN_CMD_OPERATOR_CLERK_H
#define JUMIN_CMD_OPERATOR_CLERK_H

#include "cmd/cli/remote.h"

#define JM_CLERK_OPTIONS \
    JM_NEEDS("as", "KEYFILE"), JM_TAKES("user", "NAME"), JM_TAKES("issuer", "URL")

struct jm_clerk {
    const struct jm_cmd *cmd;
    struct jm_remote r;
    const struct jm_json *answer;
    struct jm_body body;
    struct jm_diag d;
};

/** The issuer's address: of --issuer, or of the home. */
JM_MUST_CHECK enum jm_status jm_clerk_find_issuer(struct jm_clerk *c);
/** With the key of --as, a session. @retval as the issuer refuses it */
JM_MUST_CHECK enum jm_status jm_clerk_sign_in(struct jm_clerk *c);
/** A body is begun. */
JM_MUST_CHECK enum jm_status jm_clerk_body(struct jm_clerk *c);
/** It is sent; the answer stands in @p c. */
JM_MUST_CHECK enum jm_status jm_clerk_send(struct jm_clerk *c, const char *path);
/** One command: its work, then what was answered, or every reason against. @p quiet: the work has
 * told a person itself; without an answer left, programs too. */
int jm_clerk_run(const struct jm_cmd *cmd, enum jm_status (*work)(struct jm_clerk *c), bool quiet);

#endif
