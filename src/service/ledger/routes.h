/* SPDX-License-Identifier: Apache-2.0 */
/** @file routes.h  Room: service/ledger. The role's open routes; its context is struct
 * jm_ledger_role. Spec: spec/ledger.md 1, 12 */
#ifndef JUMIN_SERVICE_LEDGER_ROUTES_H
#define JUMIN_SERVICE_LEDGER_ROUTES_H

#include "service/ledger/serve.h"
#include "service/web/web.h"

extern const struct jm_route jm_ledger_routes[];
extern const size_t jm_ledger_n_routes;

#endif
