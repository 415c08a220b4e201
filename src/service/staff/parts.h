/* SPDX-License-Identifier: Apache-2.0 */
/** @file parts.h  Room: service/staff, private: its rows (rows.c). */
#ifndef JUMIN_SERVICE_STAFF_PARTS_H
#define JUMIN_SERVICE_STAFF_PARTS_H

#include "service/staff/staff.h"

JM_MUST_CHECK enum jm_status jm_staff_rows_add(struct jm_tx *tx, const struct jm_staff *s);
JM_MUST_CHECK enum jm_status jm_staff_rows_remove(struct jm_tx *tx, struct jm_bytes name);
JM_MUST_CHECK enum jm_status jm_staff_rows_get(struct jm_tx *tx, struct jm_bytes name,
                                               struct jm_staff *out, struct jm_arena *mem);
/** How many active ones have this role. */
JM_MUST_CHECK enum jm_status jm_staff_rows_count(struct jm_tx *tx, enum jm_staff_role role,
                                                 int64_t *n);
JM_MUST_CHECK enum jm_status jm_staff_rows_challenge(struct jm_tx *tx, const uint8_t hash[32],
                                                     struct jm_bytes name, int64_t expires);
/** Takes it away: once. @retval JM_E_CONFLICT not there, another's, or too late */
JM_MUST_CHECK enum jm_status jm_staff_rows_take(struct jm_tx *tx, const uint8_t hash[32],
                                                struct jm_bytes name);
JM_MUST_CHECK enum jm_status jm_staff_rows_session(struct jm_tx *tx, const uint8_t hash[32],
                                                   struct jm_bytes name);
/** Name of a live session, touched. @retval JM_E_ABSENT there is none */
JM_MUST_CHECK enum jm_status jm_staff_rows_touch(struct jm_tx *tx, const uint8_t hash[32],
                                                 int64_t idle_since, struct jm_bytes *name,
                                                 struct jm_arena *mem);
/** Sessions that idle since before @p idle_since, and challenges past their time, are gone. */
JM_MUST_CHECK enum jm_status jm_staff_rows_sweep(struct jm_tx *tx, int64_t idle_since);

#endif
