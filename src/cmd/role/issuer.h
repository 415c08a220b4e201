/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file issuer.h  Room: cmd. An issuer out of its home: for the role, and for commands that open
 * its store themselves.
 */
#ifndef JUMIN_CMD_ISSUER_H
#define JUMIN_CMD_ISSUER_H

#include "cmd/role/roles.h"
#include "cmd/role/wire.h"
#include "host/http/http.h"
#include "service/issuance/issuer.h"

/** All of an issuer but its publisher and operator secret: for the role, and for commands that open
 * the store themselves. */
JM_MUST_CHECK enum jm_status jm_issuer_open(struct jm_issuer *is, const struct jm_home *home,
                                            struct jm_store *store, const struct jm_signer *signer,
                                            struct jm_diag *d);
/** @retval JM_E_DENIED JM_AUDIT_RESTORED the store is older than what its signer has signed */
JM_MUST_CHECK enum jm_status jm_issuer_is_newest(const struct jm_issuer *is,
                                                 const struct jm_home *home, struct jm_diag *d);
/** All tables of LOCAL routes, for the control socket and for the operator's commands. */
size_t jm_local_tables(struct jm_http_table out[JM_ROLE_TABLES]);

#endif
