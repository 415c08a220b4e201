/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file generate.h  Room: service/register. A synthetic population: the same seed gives the same
 * people, who cannot exist.
 *
 * Resident numbers have month + 20 (D-114); only a synthetic authority may generate. Spec:
 * spec/domain.md D-110 … D-114
 */
#ifndef JUMIN_SERVICE_REGISTER_GENERATE_H
#define JUMIN_SERVICE_REGISTER_GENERATE_H

#include "jumin/json.h"
#include "service/env.h"
#include "service/register/parts.h"

struct jm_generate {
    int64_t count, seed;
};

/** What people are made of: env->population. */
struct jm_population {
    struct jm_bytes names, regions; /* data/names.json, data/regions.json */
    enum jm_status (*portrait)(struct jm_bytes *jpeg, uint32_t seed, size_t at_most,
                               struct jm_arena *mem);
};

/** Who is in a population; one person may be counted in several. */
enum jm_generated_kind {
    JM_GENERATED_CHILD,
    JM_GENERATED_SIXTEEN,
    JM_GENERATED_NO_PLASTIC,
    JM_GENERATED_ORDERED,
    JM_GENERATED_READY,
    JM_GENERATED_VALID,
    JM_GENERATED_LOST,
    JM_GENERATED_CHIP,
    JM_GENERATED_OVERSEAS,
    JM_GENERATED_UNKNOWN_RESIDENCE,
    JM_GENERATED_DEAD,
    JM_GENERATED_CANCELLED,
    JM_GENERATED_LEAP_DAY,
    JM_GENERATED_RARE_HANJA,
    JM_GENERATED_LONG_NAME,
    JM_GENERATED_LARGE_PORTRAIT,
    JM_GENERATED_KINDS
};
struct jm_generated {
    int64_t made, of[JM_GENERATED_KINDS];
};
/** "under_16" and so on: the member's name in answers. */
const char *jm_generated_name(size_t kind);

/**
 * People 0 … count - 1 of a seed, a hundred a transaction. Ids, numbers, serials and draws are
 * SHA-256 over context, seed and the person's number; ages are counted from today, so the same seed
 * on the same day gives the same rows.
 * @retval JM_E_DENIED JM_REGISTER_SYNTHETIC | JM_E_MALFORMED JM_DATA_REGIONS | JM_E_CONFLICT
 * JM_REGISTER_EXISTS: the batches before stay
 */
JM_MUST_CHECK enum jm_status jm_register_generate(const struct jm_env *env,
                                                  const struct jm_generate *g,
                                                  struct jm_generated *made, struct jm_arena *mem,
                                                  struct jm_diag *d);

#endif
