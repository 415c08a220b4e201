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

struct jm_photo_asking {
    const struct jm_desk *k;
    struct jm_photo_ask ask;
};
/** One of this centre that is still open. @retval JM_E_ABSENT JM_DESK_PHOTO_ASK_UNKNOWN |
 * JM_E_CONFLICT JM_DESK_PHOTO_ASK_ENDED */
JM_MUST_CHECK enum jm_status jm_desk_photo_asked(struct jm_tx *tx, const struct jm_desk *k,
                                                 const struct jm_id *id, struct jm_photo_ask *out);

/** An application that waits, of a person of the clerk's own municipality. @retval JM_E_ABSENT
 * JM_DESK_CASE_UNKNOWN also another's (D-420) | JM_E_CONFLICT JM_DESK_CASE_ENDED */
JM_MUST_CHECK enum jm_status jm_desk_application(struct jm_tx *tx, const struct jm_desk *k,
                                                 const struct jm_id *id, struct jm_case *c);

/* -- rows -- */

/** Notes one at the transaction's time, in the place of one of that person that is open there. */
JM_MUST_CHECK enum jm_status jm_photo_rows_ask(struct jm_tx *tx, const struct jm_photo_ask *a);
/** Those of before are gone; the audit chain keeps that they were asked for. */
JM_MUST_CHECK enum jm_status jm_photo_rows_sweep(struct jm_tx *tx, int64_t before);
/** @retval JM_E_ABSENT there is none */
JM_MUST_CHECK enum jm_status jm_photo_rows_get(struct jm_tx *tx, const struct jm_id *id,
                                               struct jm_photo_ask *out, struct jm_arena *mem);
/** Of a centre from @p since on, the newest first; @p clerk empty: of all. At most
 * JM_PHOTO_ASKS_MAX. */
JM_MUST_CHECK enum jm_status jm_photo_rows_of(struct jm_tx *tx, struct jm_bytes centre,
                                              struct jm_bytes clerk, int64_t since,
                                              struct jm_photo_ask *out, size_t *n,
                                              struct jm_arena *mem);
/** Once. @retval JM_E_CONFLICT it was */
JM_MUST_CHECK enum jm_status jm_photo_rows_grant(struct jm_tx *tx, const struct jm_id *id,
                                                 struct jm_bytes by);

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
