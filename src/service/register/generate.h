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

struct jm_generate {
    int64_t count, seed;
    struct jm_bytes names, regions; /* data/names.json, data/regions.json */
    enum jm_status (*portrait)(struct jm_bytes *jpeg, uint32_t seed, struct jm_arena *mem);
};
JM_MUST_CHECK enum jm_status jm_register_generate(struct jm_issuer *is, const struct jm_generate *g, int64_t *made, struct jm_arena *mem,
                                                  struct jm_diag *d);

/** What `find` asks; zero and null views: no condition. */
struct jm_register_find {
    struct jm_id person;
    bool has_person, has_plastic;
    struct jm_bytes born_from, born_to; /* YYYY-MM-DD, inclusive */
    struct jm_bytes region;             /* prefix */
    int64_t plastic;                    /* enum jm_plastic_state; 0: none at all */
    int64_t limit;
};
struct jm_register_found {
    struct jm_id person;
    struct jm_bytes name, birth, region, issued_on, authority;
    int64_t plastic;
};
typedef enum jm_status jm_register_each(void *ctx, const struct jm_register_found *f);

/* Rows, implemented in host/store/register_write.c. */
struct jm_new_person {
    struct jm_person p; /* rrn_sealed, photo_sealed filled */
    uint8_t lookup[32];
};
JM_MUST_CHECK enum jm_status jm_register_store_add(struct jm_tx *tx, const struct jm_new_person *n);
JM_MUST_CHECK enum jm_status jm_register_store_find(struct jm_tx *tx, const struct jm_register_find *f, jm_register_each *each, void *ctx,
                                                    struct jm_arena *mem);

extern const struct jm_route jm_register_routes[];
extern const size_t jm_register_n_routes;

#endif
