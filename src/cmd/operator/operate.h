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

#include "cmd/cli/trustset.h"
#include "cmd/role/issuer.h"
#include "jumin/json.h"

struct jm_operate;

const struct jm_home *jm_operate_home(const struct jm_operate *o);
/** Writes the members of a request; null: there are none. */
typedef enum jm_status jm_operate_fill(struct jm_body *b, const struct jm_operate *o,
                                       const void *ctx, struct jm_diag *d);
/** One request to a LOCAL route: opened, filled, sent, closed; the answer's tree lives in the
 * command's arena. @retval JM_E_UNAVAILABLE JM_STORE_BUSY another process has the store and answers
 * on no socket; else as jm_home_open, and what the route says */
JM_MUST_CHECK enum jm_status jm_operate_ask(const struct jm_cmd *cmd, const char *path,
                                            jm_operate_fill *fill, const void *ctx,
                                            const struct jm_json **out, struct jm_diag *d);

/** Were both options given? One alone is nobody. */
bool jm_approvers_given(const struct jm_cmd *cmd);
/** The members first, second with their signatures and times over @p what, from the key files --as
 * and --second-as (--approved-by: the second one's name). @retval as jm_keyfile_read */
JM_MUST_CHECK enum jm_status jm_approvers_put(struct jm_body *b, const struct jm_operate *o,
                                              const struct jm_cmd *cmd, const uint8_t what[32],
                                              struct jm_diag *d);
/** Two operators approve @p what: proven at the issuer, with an audit row each. @retval JM_E_DENIED
 * JM_RP_SECOND_APPROVER one or none was given | as jm_staff_approve */
JM_MUST_CHECK enum jm_status jm_approve(const struct jm_cmd *cmd, const uint8_t what[32],
                                        struct jm_diag *d);
/** The same of @p n parts: the hash of their hashes. */
JM_MUST_CHECK enum jm_status jm_approve_parts(const struct jm_cmd *cmd, const struct jm_bytes *part,
                                              size_t n, struct jm_diag *d);
/** The audit row of an act that changes who is trusted, before @p octets are pinned; then they are,
 * or a second row says "failed".
 *  @p act: of /local/trust; @p whom: the id it is about. @retval as jm_operate_ask, jm_home_pin */
JM_MUST_CHECK enum jm_status jm_operate_pin(struct jm_home *home, const char *act,
                                            struct jm_bytes whom, struct jm_bytes octets,
                                            struct jm_diag *d);

/** What is suspended: the record @p kind and its id, and what falls with it. */
struct jm_suspending {
    const char *act, *kind; /* act: of /local/trust */
    enum jm_status (*may)(const struct jm_home *home, struct jm_bytes id, struct jm_diag *d);
    jm_trust_falls_fn *falls;
};
/** `… suspend ID`: shown, agreed to, audited, pinned, said. */
JM_MUST_CHECK enum jm_status jm_suspend(const struct jm_cmd *cmd, const struct jm_suspending *s,
                                        struct jm_diag *d);

#endif
