/* SPDX-License-Identifier: Apache-2.0 */
/** @file local.h  Room: service. The operator's routes, for the control socket alone (auth LOCAL).
 */
#ifndef JUMIN_SERVICE_LOCAL_H
#define JUMIN_SERVICE_LOCAL_H

#include "service/web.h"

extern const struct jm_route jm_local_routes[];
extern const size_t jm_local_n_routes;

#endif
