/* SPDX-License-Identifier: Apache-2.0 */
/** @file parts.h  Room: service/lifecycle, private: its rows (rows.c). */
#ifndef JUMIN_SERVICE_LIFECYCLE_PARTS_H
#define JUMIN_SERVICE_LIFECYCLE_PARTS_H

#include "service/lifecycle/lifecycle.h"

JM_MUST_CHECK enum jm_status jm_lifecycle_rows_event(struct jm_tx *tx, const struct jm_id *card,
                                                     const char *event, const char *reason,
                                                     const struct jm_actor *who, int64_t audit);
JM_MUST_CHECK enum jm_status jm_lifecycle_rows_hold(struct jm_tx *tx, const struct jm_id *card,
                                                    enum jm_hold_kind kind,
                                                    const struct jm_actor *who, bool *opened);
/** @p closed: how many; @p left: how many stay open. */
JM_MUST_CHECK enum jm_status jm_lifecycle_rows_release(struct jm_tx *tx, const struct jm_id *card,
                                                       unsigned kinds, struct jm_bytes evidence,
                                                       int64_t *closed, int64_t *left);
/** @p due null: nothing is due. */
JM_MUST_CHECK enum jm_status jm_lifecycle_rows_due(struct jm_tx *tx, const struct jm_id *card,
                                                   const char *due);
/** Cards with ADDRESS due since before @p before that still have stale copies with VALID bits: at
 * most @p max. */
JM_MUST_CHECK enum jm_status jm_lifecycle_rows_overdue(struct jm_tx *tx, int64_t before,
                                                       struct jm_id *card, size_t max, size_t *n);
struct jm_warning {
    struct jm_id card, person;
    bool device; /* there is a phone with it */
};
/** Live cards that end in at most @p days days, of which their holders were not told yet; at most
 * @p max, those that end first. */
JM_MUST_CHECK enum jm_status jm_lifecycle_rows_ending(struct jm_tx *tx, int64_t days,
                                                      struct jm_warning *out, size_t max,
                                                      size_t *n);
JM_MUST_CHECK enum jm_status jm_lifecycle_rows_told(struct jm_tx *tx, const struct jm_id *card,
                                                    int64_t days);

#endif
