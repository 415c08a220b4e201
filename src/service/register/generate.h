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

/** Who is in a population, and what that is called in answers; one person may be counted in
 * several.
 */
#define JM_GENERATED_KINDS_OF(X)              \
    X(CHILD, "under_16")                      \
    X(SIXTEEN, "age_16")                      \
    X(NO_PLASTIC, "no_plastic")               \
    X(ORDERED, "plastic_ordered")             \
    X(READY, "plastic_ready")                 \
    X(VALID, "plastic_valid")                 \
    X(LOST, "plastic_lost")                   \
    X(CHIP, "chip")                           \
    X(OVERSEAS, "overseas")                   \
    X(UNKNOWN_RESIDENCE, "unknown_residence") \
    X(DEAD, "dead")                           \
    X(CANCELLED, "cancelled")                 \
    X(LEAP_DAY, "leap_day")                   \
    X(RARE_HANJA, "rare_hanja")               \
    X(LONG_NAME, "name_80")                   \
    X(LARGE_PORTRAIT, "portrait_20k")

#define JM_GENERATED_ENUM_(id, wire) JM_GENERATED_##id,
enum jm_generated_kind { JM_GENERATED_KINDS_OF(JM_GENERATED_ENUM_) JM_GENERATED_KINDS };
#undef JM_GENERATED_ENUM_

struct jm_generated {
    int64_t made, of[JM_GENERATED_KINDS];
};

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
