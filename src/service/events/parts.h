/* SPDX-License-Identifier: Apache-2.0 */
/** @file parts.h  Room: service/events, private. One event on its way through the transaction.
 * Rows: rows.c. */
#ifndef JUMIN_SERVICE_EVENTS_PARTS_H
#define JUMIN_SERVICE_EVENTS_PARTS_H

#include "service/events/events.h"

struct jm_life {
    struct jm_issuer *is;
    const struct jm_life_event *ev;
    const struct jm_actor *who;
    jm_tx_fn *also;
    void *also_arg;
    struct jm_life_result *out;
    struct jm_arena *mem;
    struct jm_diag *d;
    uint8_t hash[32], lookup[32];
    struct jm_id rrn_row;
    struct jm_bytes rrn_sealed, serial;
    enum jm_fee_reason reason;
    enum jm_plastic_kind plastic_kind;
    /* read in the transaction */
    struct jm_person person;
    struct jm_live live; /* cards, and none that has expired */
    bool lists;          /* bits were set */
};

/** What the kind does to register, plastic and mobile card; sets the outcome. */
JM_MUST_CHECK enum jm_status jm_life_apply_in(struct jm_tx *tx, struct jm_life *l);
/** Is it a group that is relieved of fees, or "none"? */
bool jm_life_relief(struct jm_bytes group);
/** What of a person the kind is about: "address", "status", "plastic" … */
const char *jm_life_part(enum jm_life_kind kind);

/* -- rows -- */

/** The hash of the event that came under this source and id. @retval JM_E_ABSENT there is none */
JM_MUST_CHECK enum jm_status jm_events_rows_known(struct jm_tx *tx, struct jm_bytes source,
                                                  struct jm_bytes id, uint8_t hash[32]);
/** @p part: what of a person it is about; @p outcome by name. */
JM_MUST_CHECK enum jm_status jm_events_rows_add(struct jm_tx *tx, const struct jm_life_event *ev,
                                                const uint8_t hash[32], const char *part,
                                                const char *outcome);
/** When the latest event of that part took effect that was not late; INT64_MIN: none did. */
JM_MUST_CHECK enum jm_status jm_events_rows_latest(struct jm_tx *tx, const struct jm_id *person,
                                                   const char *part, int64_t *effective);

#endif
