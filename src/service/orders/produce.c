/* SPDX-License-Identifier: Apache-2.0 */
/* Batches for the printer, and what came back from it. */
#include <string.h>

#include "service/audit/audit.h"
#include "service/notices/notices.h"
#include "service/orders/parts.h"
#include "service/tap/tap.h"

struct batching {
    const struct jm_order_call *c;
    struct jm_id *batch;
    bool fresh;
    struct jm_order *order;
    size_t n;
};

static enum jm_status batch_tx(struct jm_tx *tx, void *arg)
{
    struct batching *b = arg;
    const struct jm_order_of of = {.batch = b->fresh ? NULL : b->batch, .waiting = b->fresh};

    JM_TRY(jm_order_rows_of(tx, &of, b->order, &b->n, b->c->mem));
    for (size_t i = 0; b->fresh && i < b->n; i++) {
        JM_TRY(jm_order_rows_batch(tx, &b->order[i].id, b->batch));
        JM_TRY(jm_audit_in(tx, &b->c->who, "ORDER_PRODUCE", &b->order[i].person, b->order[i].serial,
                           "done", NULL));
        b->order[i].batch = *b->batch;
        b->order[i].state = JM_ORDER_PRODUCING;
    }
    return JM_OK;
}

enum jm_status jm_orders_batch(const struct jm_order_call *c, struct jm_id *batch,
                               struct jm_order **out, size_t *n)
{
    struct batching b = {.c = c, .batch = batch, .fresh = jm_id_is_zero(batch)};

    *n = 0;
    if ((*out = b.order = JM_NEW_N(c->mem, struct jm_order, JM_ORDERS_MAX)) == NULL)
        return JM_E_NO_SPACE;
    if (b.fresh)
        JM_TRY(jm_env_id(&c->is->base.env, batch));
    JM_TRY(jm_tx_run(&c->is->base.env, batch_tx, &b));
    *n = b.n;
    return JM_OK;
}

struct readying {
    const struct jm_order_call *c;
    const struct jm_id *id;
};

static enum jm_status ready_tx(struct jm_tx *tx, void *arg)
{
    const struct readying *x = arg;
    const struct jm_order_call *c = x->c;
    struct jm_order o;
    bool chip;
    enum jm_status st = jm_order_rows_get(tx, x->id, &o, c->mem);

    if (st == JM_E_ABSENT)
        return jm_refuse(c->d, st, JM_ORDER_UNKNOWN, NULL);
    JM_TRY(st);
    if (o.state == JM_ORDER_READY)
        return JM_OK; /* told twice */
    if (o.state != JM_ORDER_PRODUCING)
        return jm_refuse(c->d, JM_E_CONFLICT, JM_ORDER_STATE, jm_order_state_name(o.state));
    JM_TRY(jm_chip_is_made_in(tx, o.serial, &chip));
    if (o.kind == JM_PLASTIC_IC && !chip)
        return jm_refuse(c->d, JM_E_CONFLICT, JM_ORDER_CHIP, NULL);
    JM_TRY(jm_plastic_move(tx, o.serial, JM_PLASTIC_ORDERED, JM_PLASTIC_READY));
    JM_TRY(jm_audit_in(tx, &c->who, "ORDER_READY", &o.person, o.serial, "done", NULL));
    return jm_notice_in(tx, &o.person, "ORDER_READY", o.centre);
}

enum jm_status jm_order_ready(const struct jm_order_call *c, const struct jm_id *id)
{
    struct readying x = {c, id};

    return jm_tx_run(&c->is->base.env, ready_tx, &x);
}

static enum jm_status sweep_tx(struct jm_tx *tx, void *arg)
{
    struct batching *b = arg;
    const struct jm_order_of of = {
        .ready_before = jm_seoul_midnight(
            jm_date_add_years(jm_seoul_date(jm_tx_now(tx)), -JM_ORDER_KEPT_YEARS))};

    JM_TRY(jm_order_rows_of(tx, &of, b->order, &b->n, b->c->mem));
    for (size_t i = 0; i < b->n; i++) {
        const struct jm_order *o = &b->order[i];

        JM_TRY(jm_plastic_move(tx, o->serial, JM_PLASTIC_READY, JM_PLASTIC_VOID));
        JM_TRY(jm_order_rows_end(tx, &o->id, "UNCOLLECTED"));
        JM_TRY(jm_audit_in(tx, &b->c->who, "ORDER_VOID", &o->person, o->serial, "done", NULL));
        JM_TRY(jm_notice_in(tx, &o->person, "ORDER_VOID", b->c->who.channel));
    }
    return JM_OK;
}

enum jm_status jm_orders_sweep(const struct jm_order_call *c)
{
    struct batching b = {.c = c, .order = JM_NEW_N(c->mem, struct jm_order, JM_ORDERS_MAX)};

    return b.order == NULL ? JM_E_NO_SPACE : jm_tx_run(&c->is->base.env, sweep_tx, &b);
}
