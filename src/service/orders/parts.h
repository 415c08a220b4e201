/* SPDX-License-Identifier: Apache-2.0 */
/** @file parts.h  Room: service/orders, private. */
#ifndef JUMIN_SERVICE_ORDERS_PARTS_H
#define JUMIN_SERVICE_ORDERS_PARTS_H

#include "service/orders/orders.h"

/** 0: none of them. */
enum jm_fee_method jm_order_method(struct jm_bytes name);
/** D-422. @retval JM_E_DENIED JM_DESK_OWN_CASE */
JM_MUST_CHECK enum jm_status jm_order_not_own(struct jm_tx *tx, const struct jm_order_call *c,
                                              const struct jm_id *person);
/** What was taken for it, or that nothing was due: a receipt that has its id, and an audit row. */
JM_MUST_CHECK enum jm_status jm_order_receipt(struct jm_tx *tx, const struct jm_order_call *c,
                                              const struct jm_order *o, enum jm_fee_method method);
/** @p person null: whosever. @retval JM_E_ABSENT JM_ORDER_UNKNOWN also another's */
JM_MUST_CHECK enum jm_status jm_order_mine(struct jm_tx *tx, const struct jm_order_call *c,
                                           const struct jm_id *id, const struct jm_id *person,
                                           struct jm_order *out);

/* -- rows -- */

JM_MUST_CHECK enum jm_status jm_order_rows_add(struct jm_tx *tx, const struct jm_order *o);
/** @retval JM_E_ABSENT there is none */
JM_MUST_CHECK enum jm_status jm_order_rows_get(struct jm_tx *tx, const struct jm_id *id,
                                               struct jm_order *out, struct jm_arena *mem);
/** What lists are of; members that are zero or empty do not count. */
struct jm_order_of {
    const struct jm_id *person, *batch;
    struct jm_bytes centre;
    bool waiting;         /* ORDERED, and in no batch */
    int64_t ready_before; /* READY since before then */
};
/** At most JM_ORDERS_MAX, the oldest first; of a centre those that have not ended. */
JM_MUST_CHECK enum jm_status jm_order_rows_of(struct jm_tx *tx, const struct jm_order_of *of,
                                              struct jm_order *out, size_t *n,
                                              struct jm_arena *mem);
/** Is one of the person ORDERED or READY? */
JM_MUST_CHECK enum jm_status jm_order_rows_open(struct jm_tx *tx, const struct jm_id *person,
                                                bool *open);
/** Did they ever have plastic in hand? */
JM_MUST_CHECK enum jm_status jm_order_rows_had(struct jm_tx *tx, const struct jm_id *person,
                                               bool *had);
JM_MUST_CHECK enum jm_status jm_order_rows_batch(struct jm_tx *tx, const struct jm_id *id,
                                                 const struct jm_id *batch);
JM_MUST_CHECK enum jm_status jm_order_rows_end(struct jm_tx *tx, const struct jm_id *id,
                                               const char *why);
JM_MUST_CHECK enum jm_status jm_order_rows_taken(struct jm_tx *tx, const struct jm_id *id,
                                                 const struct jm_id *taker, struct jm_bytes proof);
#endif
