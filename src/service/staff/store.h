/* SPDX-License-Identifier: Apache-2.0 */
/** @file store.h  Room: service/staff. Its rows, implemented in host/store/staff.c. */
#ifndef JUMIN_SERVICE_STAFF_STORE_H
#define JUMIN_SERVICE_STAFF_STORE_H

#include "service/staff/staff.h"

JM_MUST_CHECK enum jm_status jm_staff_store_add(struct jm_tx *tx, const struct jm_staff *s);
JM_MUST_CHECK enum jm_status jm_staff_store_remove(struct jm_tx *tx, struct jm_bytes name);
JM_MUST_CHECK enum jm_status jm_staff_store_get(struct jm_tx *tx, struct jm_bytes name,
                                                struct jm_staff *out, struct jm_arena *mem);
/** How many active ones have this role. */
JM_MUST_CHECK enum jm_status jm_staff_store_count(struct jm_tx *tx, enum jm_staff_role role,
                                                  int64_t *n);
JM_MUST_CHECK enum jm_status jm_staff_store_challenge(struct jm_tx *tx, const uint8_t hash[32],
                                                      struct jm_bytes name, int64_t expires);
/** Takes it away: once. @retval JM_E_CONFLICT not there, another's, or too late */
JM_MUST_CHECK enum jm_status jm_staff_store_take(struct jm_tx *tx, const uint8_t hash[32],
                                                 struct jm_bytes name);
JM_MUST_CHECK enum jm_status jm_staff_store_session(struct jm_tx *tx, const uint8_t hash[32],
                                                    struct jm_bytes name);
/** Name of a live session, touched. @retval JM_E_ABSENT there is none */
JM_MUST_CHECK enum jm_status jm_staff_store_touch(struct jm_tx *tx, const uint8_t hash[32],
                                                  int64_t idle_since, struct jm_bytes *name,
                                                  struct jm_arena *mem);
/** Sessions that idle since before @p idle_since, and challenges past their time, are gone. */
JM_MUST_CHECK enum jm_status jm_staff_store_sweep(struct jm_tx *tx, int64_t idle_since);

#endif
