/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file orders.h  Room: service/orders. Plastic cards on order: asked for at a desk or online, paid
 * for by rule, produced in batches, collected at a desk where the old card is withdrawn.
 *
 * ORDERED → PRODUCING → READY → COLLECTED; ends CANCELLED (before it is produced), VOID (the person
 * may have it no more, or nobody came for it in JM_ORDER_KEPT_YEARS). What state an order is in,
 * its physical card says.
 *
 * Spec: spec/domain.md D-023, D-024, D-070, D-071, D-101, D-102
 */
#ifndef JUMIN_SERVICE_ORDERS_H
#define JUMIN_SERVICE_ORDERS_H

#include "service/desk/desk.h"
#include "service/events/events.h"

#define JM_ORDERS_MAX 100     /* of one answer; the oldest first */
#define JM_ORDER_KEPT_YEARS 3 /* D-101 */

enum jm_order_state {
    JM_ORDER_ORDERED = 1,
    JM_ORDER_PRODUCING,
    JM_ORDER_READY,
    JM_ORDER_COLLECTED,
    JM_ORDER_CANCELLED,
    JM_ORDER_VOID
};
const char *jm_order_state_name(enum jm_order_state s);

struct jm_order {
    struct jm_id id, person, batch; /* id: also of its receipt; batch zero: none yet */
    struct jm_bytes serial, name, reason, rule, channel, centre,
        authority; /* channel: desk, online */
    enum jm_plastic_kind kind;
    enum jm_order_state state;
    int64_t at, since, won;
    bool paid; /* or nothing was due */
    struct jm_date issued_on;
};

/** Who orders: a clerk for the person at the desk, or the person by the card on the phone. */
struct jm_order_call {
    struct jm_issuer *is;
    const struct jm_staff *clerk; /* null: the person */
    struct jm_actor who;
    struct jm_arena *mem;
    struct jm_diag *d;
};

struct jm_order_req {
    struct jm_id order, person;   /* order: drawn by who asks, so that asking twice orders once */
    struct jm_bytes kind, reason; /* of fees.h; reason empty: lost; online always */
    struct jm_bytes authority;    /* empty: that of the person's region */
    struct jm_bytes centre;       /* where it is collected; empty: the clerk's, else the region's */
    struct jm_bytes method;       /* cash, card; empty: it is free, or is paid when collected */
    int64_t won;                  /* what was taken, where there is a method */
};
/**
 * @retval JM_E_ABSENT  JM_DESK_PERSON_UNKNOWN, JM_FEE_NO_RULE
 * @retval JM_E_DENIED  JM_ELIG_…, JM_EVENT_EARLY, JM_DESK_OWN_CASE, JM_FEE_AMOUNT
 * @retval JM_E_CONFLICT JM_ORDER_OPEN one is on its way | JM_ORDER_USED its id is another's
 * @retval JM_E_RANGE, JM_E_MISSING JM_API_FIELD_FORM, JM_API_FIELD_MISSING
 */
JM_MUST_CHECK enum jm_status jm_order_place(const struct jm_order_call *c, struct jm_order *out,
                                            const struct jm_order_req *in);
/** What it would cost today: nothing is written. @p in: person, kind, reason. @retval as
 * jm_order_place of these */
JM_MUST_CHECK enum jm_status jm_order_price(const struct jm_order_call *c, struct jm_fee *out,
                                            const struct jm_order_req *in);
/** Those of the person, ended ones too. */
JM_MUST_CHECK enum jm_status jm_orders_of(const struct jm_order_call *c, const struct jm_id *person,
                                          struct jm_order **out, size_t *n);
/** Those of a centre that have not ended; @p person null: of everybody. Each is a row ORDER_SHOW.
 * @retval JM_E_ABSENT JM_DESK_PERSON_UNKNOWN */
JM_MUST_CHECK enum jm_status jm_orders_at(const struct jm_order_call *c, const struct jm_id *person,
                                          struct jm_order **out, size_t *n);
/**
 * Before it is produced: by the person, or by a clerk of its centre. What was paid today is given
 * back (D-071), what was paid before is not: @p refunded.
 * @retval JM_E_ABSENT JM_ORDER_UNKNOWN | JM_E_CONFLICT JM_ORDER_STATE | JM_E_MISSING "reason"
 */
JM_MUST_CHECK enum jm_status jm_order_cancel(const struct jm_order_call *c, const struct jm_id *id,
                                             const struct jm_id *person, struct jm_bytes reason,
                                             int64_t *refunded);

/** What is ordered goes into production: a new batch where @p batch is zero, else what of that one
 * is not ready. */
JM_MUST_CHECK enum jm_status jm_orders_batch(const struct jm_order_call *c, struct jm_id *batch,
                                             struct jm_order **out, size_t *n);
/** Produced, and sent to its centre; the person is told. @retval JM_E_ABSENT JM_ORDER_UNKNOWN |
 * JM_E_CONFLICT JM_ORDER_STATE, JM_ORDER_CHIP an IC card whose chip was not made */
JM_MUST_CHECK enum jm_status jm_order_ready(const struct jm_order_call *c, const struct jm_id *id);

struct jm_collect_req {
    struct jm_bytes method; /* of what is still due */
    int64_t won;
    struct jm_id taker;    /* D-102: a relative; zero: the person */
    struct jm_bytes proof; /* what the relative showed */
};
struct jm_collected {
    struct jm_order order;
    struct jm_life_result life;
};
/**
 * Handed over at its centre: what is due is paid, the old card withdrawn, mobile cards go on with
 * the new one.
 * @retval JM_E_ABSENT JM_ORDER_UNKNOWN, JM_DESK_PERSON_UNKNOWN (the taker) | JM_E_CONFLICT
 * JM_ORDER_STATE | JM_E_DENIED JM_ORDER_TAKER an online order is handed to the person alone,
 * JM_FEE_AMOUNT, JM_DESK_OWN_CASE | JM_E_MISSING, JM_E_RANGE
 */
JM_MUST_CHECK enum jm_status jm_order_collect(const struct jm_order_call *c,
                                              struct jm_collected *out, const struct jm_id *id,
                                              const struct jm_collect_req *in);
/** D-101: what nobody came for is VOID. */
JM_MUST_CHECK enum jm_status jm_orders_sweep(const struct jm_order_call *c);

#endif
