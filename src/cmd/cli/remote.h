/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file remote.h  Room: cmd. JSON over HTTP to an issuer: its control socket, or its base URL;
 * errors become our codes.
 */
#ifndef JUMIN_CMD_REMOTE_H
#define JUMIN_CMD_REMOTE_H

#include "cmd/cli/home.h"
#include "host/fetch/fetch.h"

struct jm_remote {
    const struct jm_cmd *cmd;
    struct jm_fetch_rules rules;
    const char *base;      /* without '/' at the end */
    struct jm_bytes token; /* Authorization: Bearer; empty: none */
    /* of the last refusal: {"code","message",…,"reasons"}; else null */
    const struct jm_json *error;
};

/**
 * @p body: null view for GET. The tree lives in the command's arena.
 * @retval JM_E_UNAVAILABLE nobody answers (JM_HTTP_UNAVAILABLE); a refusal: the class of its code,
 * the code in @p d
 */
JM_MUST_CHECK enum jm_status jm_remote_call(struct jm_remote *r, const char *path,
                                            struct jm_bytes body, const struct jm_json **out,
                                            struct jm_diag *d);
/** Closes @p body and POSTs it. */
JM_MUST_CHECK enum jm_status jm_remote_post(struct jm_remote *r, const char *path,
                                            struct jm_body *body, const struct jm_json **out,
                                            struct jm_diag *d);
/** The control socket of a role of this home, with the operator's secret. @p is_there: false where
 * no process of the role answers. @retval as jm_cmd_secret, and what the role says to a ping */
JM_MUST_CHECK enum jm_status jm_remote_control(bool *is_there, struct jm_remote *r,
                                               const struct jm_home *home, const char *role,
                                               struct jm_diag *d);

#endif
