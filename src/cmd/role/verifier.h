/* SPDX-License-Identifier: Apache-2.0 */
/** @file verifier.h  Room: cmd. What the role verifier and its commands share. */
#ifndef JUMIN_CMD_VERIFIER_H
#define JUMIN_CMD_VERIFIER_H

#include "cmd/role/wire.h"
#include "service/presentation/presentation.h"

#define JM_SERVICES_MAX (256 * JM_KIB)

/** verifier/services.json. @retval JM_E_USAGE JM_VER_NOT_ENROLLED | as jm_rp_read */
JM_MUST_CHECK enum jm_status jm_verifier_read_services(struct jm_rp_application *out,
                                                       const struct jm_home *home,
                                                       struct jm_diag *d);

#endif
