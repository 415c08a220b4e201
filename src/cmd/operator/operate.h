/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file operate.h  Room: cmd. The operator's commands on an authority's rows, both ways of
 * spec/cli.md 4.
 *
 * Where an issuer runs, the request goes to its control socket with the operator's secret. Where
 * none runs, the store is opened here, under its lock, and the same route's handler runs in this
 * process: there is one implementation. The signer is used where it runs; without it what needs a
 * sealed row ends JM_E_UNAVAILABLE, JM_SIGNER_OFFLINE.
 */
#ifndef JUMIN_CMD_OPERATE_H
#define JUMIN_CMD_OPERATE_H

#include "cmd/role/issuer.h"
#include "jumin/json.h"

struct jm_operate;

/** @retval JM_E_UNAVAILABLE JM_STORE_BUSY another process has the store and answers on no socket;
 * else as jm_home_open */
JM_MUST_CHECK enum jm_status jm_operate_open(struct jm_operate **out, const struct jm_cmd *cmd,
                                             struct jm_diag *d);
const struct jm_home *jm_operate_home(const struct jm_operate *o);
void jm_operate_close(struct jm_operate **o);

/** A body being written: open, members, then the call closes it. */
struct jm_operate_body {
    struct jm_buf b;
    struct jm_json_w w;
};
JM_MUST_CHECK enum jm_status jm_operate_body(struct jm_operate_body *b, const struct jm_cmd *cmd);
/** POSTs it to a LOCAL route; the answer's tree lives in the command's arena. */
JM_MUST_CHECK enum jm_status jm_operate_send(struct jm_operate *o, const char *path,
                                             struct jm_operate_body *b, const struct jm_json **out,
                                             struct jm_diag *d);

/** Were both options given? One alone is nobody. */
bool jm_approvers_given(const struct jm_cmd *cmd);
/** The members first, second with their signatures and times over @p what, from the key files --as
 * and --second-as (--approved-by: the second one's name). @retval as jm_keyfile_read */
JM_MUST_CHECK enum jm_status jm_approvers_put(struct jm_operate_body *b, const struct jm_operate *o,
                                              const struct jm_cmd *cmd, const uint8_t what[32],
                                              struct jm_diag *d);
/** Two operators approve @p what: proven at the issuer, with an audit row each. @retval JM_E_DENIED
 * JM_RP_SECOND_APPROVER one or none was given | as jm_staff_approve */
JM_MUST_CHECK enum jm_status jm_approve(const struct jm_cmd *cmd, const uint8_t what[32],
                                        struct jm_diag *d);
/** The audit row of an act that changes who is trusted, before @p octets are pinned; then they are,
 * or a second row says "failed".
 *  @p act: of /local/trust; @p whom: the id it is about. @retval as jm_operate_send, jm_home_pin */
JM_MUST_CHECK enum jm_status jm_operate_pin(struct jm_home *home, const char *act,
                                            struct jm_bytes whom, struct jm_bytes octets,
                                            struct jm_diag *d);

#endif
