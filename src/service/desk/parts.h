/* SPDX-License-Identifier: Apache-2.0 */
/** @file parts.h  Room: service/desk, private. What was typed from the plastic card, compared and
 * counted. Rows: rows.c. */
#ifndef JUMIN_SERVICE_DESK_PARTS_H
#define JUMIN_SERVICE_DESK_PARTS_H

#include "service/desk/desk.h"
#include "service/staff/staff.h"

bool jm_plastic_matches(const struct jm_person *p, struct jm_date issued_on,
                        struct jm_bytes authority);

/**
 * D-423: compares what the clerk typed with the valid card of @p person, in a transaction of its
 * own that commits what it counted. JM_DESK_PLASTIC_TRIES wrong ones a day for a person, of all
 * clerks together, and only a supervisor may go on, who has as many of their own;
 * JM_DESK_PLASTIC_TRIES_ALL wrong ones a day for anybody, and a clerk is stopped for all. Reaching
 * either is a flag (audit) and a notice to the person. Who is stopped is not told whether this one
 * was right.
 * @retval JM_E_DENIED JM_DESK_PLASTIC_MISMATCH, JM_DESK_PLASTIC_LOCKED | JM_E_ABSENT
 * JM_DESK_PERSON_UNKNOWN
 */
JM_MUST_CHECK enum jm_status jm_plastic_typed(const struct jm_desk *k, const struct jm_id *person,
                                              struct jm_date issued_on, struct jm_bytes authority);

/* -- rows -- */

/** Wrong tries since @p since: of all clerks for this person, of this one (clerk or supervisor) for
 * this person, and of this one for anybody. */
struct jm_plastic_tries {
    int64_t clerks, own, all;
};
JM_MUST_CHECK enum jm_status jm_plastic_rows_tries(struct jm_tx *tx, const struct jm_id *person,
                                                   struct jm_bytes staff, int64_t since,
                                                   struct jm_plastic_tries *out);
/** Notes one, and forgets those before @p since. */
JM_MUST_CHECK enum jm_status jm_plastic_rows_try(struct jm_tx *tx, const struct jm_id *person,
                                                 const struct jm_staff *staff, int64_t since);
/** A supervisor had the card in hand: the person's are forgotten (the audit chain keeps them). */
JM_MUST_CHECK enum jm_status jm_plastic_rows_clear(struct jm_tx *tx, const struct jm_id *person);

#endif
