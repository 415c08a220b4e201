/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file fail.h  Room: service/web. The one place that writes HTTP errors, and small helpers of all
 * routes.
 *
 * Wallet-facing rows (flag CORS) get the OAuth form {"error","error_description":"NAME:
 * sentence","jumin_code","trace"} with their RFC's status; everything else
 * {"error":{"code","message","by","trace"}}, with "codes" where every reason is named. Neither
 * carries anything of the request. docs/protocol/errors.md
 */
#ifndef JUMIN_SERVICE_WEB_FAIL_H
#define JUMIN_SERVICE_WEB_FAIL_H

#include "jumin/json.h"
#include "service/web/web.h"

/** The fail hook of all roles; @p role begins with struct jm_role_base. */
void jm_fail(void *role, struct jm_req *q, struct jm_res *s, enum jm_status st);

/** What that writes of a row. */
const struct jm_msg *jm_fail_msg(const struct jm_route *r);

/** Rows of auth LOCAL: the request bears the operator's secret, whose @p hash the role keeps.
 * @retval JM_E_UNAUTHENTICATED @p otherwise */
JM_MUST_CHECK enum jm_status jm_operator_proven(struct jm_req *q, const uint8_t hash[32],
                                                enum jm_code otherwise);

#endif
