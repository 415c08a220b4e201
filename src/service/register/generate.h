/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file generate.h  Room: service/register. A synthetic population: the same seed gives the same people, who cannot exist.
 *
 * Resident numbers have month + 20 (D-114); only a synthetic authority may generate. Spec: spec/domain.md D-110 … D-114
 */
#ifndef JUMIN_SERVICE_REGISTER_GENERATE_H
#define JUMIN_SERVICE_REGISTER_GENERATE_H

#include "jumin/json.h"
#include "service/issuer.h"
#include "service/register/store.h"

struct jm_generate {
    int64_t count, seed;
    struct jm_bytes names, regions; /* data/names.json, data/regions.json */
    enum jm_status (*portrait)(struct jm_bytes *jpeg, uint32_t seed, struct jm_arena *mem);
};
JM_MUST_CHECK enum jm_status jm_register_generate(struct jm_issuer *is, const struct jm_generate *g, int64_t *made, struct jm_arena *mem,
                                                  struct jm_diag *d);

extern const struct jm_route jm_register_routes[];
extern const size_t jm_register_n_routes;

#endif
