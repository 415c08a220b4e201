/* SPDX-License-Identifier: Apache-2.0 */
/** @file parts.h  Room: service/register, private: its rows (rows.c). */
#ifndef JUMIN_SERVICE_REGISTER_PARTS_H
#define JUMIN_SERVICE_REGISTER_PARTS_H

#include "service/register/register.h"

JM_MUST_CHECK enum jm_status jm_register_rows_person(struct jm_tx *tx, const struct jm_id *id,
                                                     struct jm_person *out, struct jm_arena *mem);
/** One row a person, the oldest first, to @p each; plastic is the VALID one, else the latest. Views
 * live in @p mem. */
typedef enum jm_status jm_register_each(void *ctx, const struct jm_register_found *f);

struct jm_new_person {
    struct jm_person p; /* rrn_sealed, photo_sealed filled */
    uint8_t lookup[32];
};
JM_MUST_CHECK enum jm_status jm_register_rows_add(struct jm_tx *tx, const struct jm_new_person *n);
JM_MUST_CHECK enum jm_status jm_register_rows_find(struct jm_tx *tx,
                                                   const struct jm_register_find *f,
                                                   jm_register_each *each, void *ctx,
                                                   struct jm_arena *mem);

#endif
