/* SPDX-License-Identifier: Apache-2.0 */
/** @file parts.h  Room: service/staff, private: its rows (rows.c). */
#ifndef JUMIN_SERVICE_STAFF_PARTS_H
#define JUMIN_SERVICE_STAFF_PARTS_H

#include "service/staff/staff.h"

/** 256 random bits as text, and the hash by which they are kept. */
JM_MUST_CHECK enum jm_status jm_staff_token(const struct jm_env *env, char out[44],
                                            uint8_t hash[32]);

/* -- rows -- */

JM_MUST_CHECK enum jm_status jm_staff_rows_add(struct jm_tx *tx, const struct jm_staff *s);
/** Sessions, passkeys and links of theirs are gone. */
JM_MUST_CHECK enum jm_status jm_staff_rows_end_access(struct jm_tx *tx, struct jm_bytes name);
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
/** @p proven: when by passkey; 0: never */
JM_MUST_CHECK enum jm_status jm_staff_rows_session(struct jm_tx *tx, const uint8_t hash[32],
                                                   struct jm_bytes name, int64_t proven);
/** Whose, of a live session, and when they were proven. @retval JM_E_ABSENT there is none */
struct jm_staff_sitting {
    struct jm_bytes name;
    int64_t proven;
};
JM_MUST_CHECK enum jm_status jm_staff_rows_session_of(struct jm_tx *tx, const uint8_t hash[32],
                                                      int64_t idle_since,
                                                      struct jm_staff_sitting *out,
                                                      struct jm_arena *mem);
/** The same, touched. */
JM_MUST_CHECK enum jm_status jm_staff_rows_touch(struct jm_tx *tx, const uint8_t hash[32],
                                                 int64_t idle_since, struct jm_staff_sitting *out,
                                                 struct jm_arena *mem);
JM_MUST_CHECK enum jm_status jm_staff_rows_leave(struct jm_tx *tx, const uint8_t hash[32]);
/** Sessions that idle since before @p idle_since, and challenges and links past their time, are
 * gone. */
JM_MUST_CHECK enum jm_status jm_staff_rows_sweep(struct jm_tx *tx, int64_t idle_since);

/* -- passkeys -- */

struct jm_passkey {
    struct jm_bytes id, name;
    struct jm_point key;
    int64_t uses; /* its counter, as it was seen last; 0: it does not count */
};
/** In place of any other link of theirs. */
JM_MUST_CHECK enum jm_status jm_link_rows_add(struct jm_tx *tx, const uint8_t hash[32],
                                              struct jm_bytes name, int64_t expires);
/** Whose it is. @retval JM_E_ABSENT there is none, or its time is over */
JM_MUST_CHECK enum jm_status jm_link_rows_get(struct jm_tx *tx, const uint8_t hash[32],
                                              struct jm_bytes *name, struct jm_arena *mem);
/** Once. @retval JM_E_CONFLICT it is gone */
JM_MUST_CHECK enum jm_status jm_link_rows_take(struct jm_tx *tx, const uint8_t hash[32]);
JM_MUST_CHECK enum jm_status jm_passkey_rows_add(struct jm_tx *tx, const struct jm_passkey *p);
/** @retval JM_E_ABSENT there is none */
JM_MUST_CHECK enum jm_status jm_passkey_rows_get(struct jm_tx *tx, struct jm_bytes id,
                                                 struct jm_passkey *out, struct jm_arena *mem);
JM_MUST_CHECK enum jm_status jm_passkey_rows_used(struct jm_tx *tx, struct jm_bytes id,
                                                  int64_t uses);

#endif
