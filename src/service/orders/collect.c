/* SPDX-License-Identifier: Apache-2.0 */
/* D-101, D-102: the new card for the old one, over the desk. */
#include <string.h>

#include "service/audit/audit.h"
#include "service/orders/parts.h"

struct collecting {
    const struct jm_order_call *c;
    const struct jm_collect_req *in;
    struct jm_order *o;
};

/* Who stands there may have it. */
static enum jm_status judge_taker(struct jm_tx *tx, const struct collecting *x)
{
    const struct jm_order_call *c = x->c;
    struct jm_person taker;
    enum jm_status st;

    if (jm_id_is_zero(&x->in->taker) ||
        memcmp(&x->in->taker, &x->o->person, sizeof x->in->taker) == 0)
        return JM_OK;
    if (jm_bytes_eq_str(x->o->channel, "online"))
        return jm_refuse(c->d, JM_E_DENIED, JM_ORDER_TAKER, NULL);
    if (x->in->proof.len == 0)
        return jm_refuse(c->d, JM_E_MISSING, JM_API_FIELD_MISSING, "proof");
    st = jm_person_in(tx, &x->in->taker, &taker, c->mem);
    return st == JM_E_ABSENT ? jm_refuse(c->d, st, JM_DESK_PERSON_UNKNOWN, NULL) : st;
}

static enum jm_status settle_fee(struct jm_tx *tx, const struct collecting *x)
{
    enum jm_fee_method method = jm_order_method(x->in->method);

    if (x->o->paid)
        return x->in->method.len == 0 ? JM_OK
                                      : jm_refuse(x->c->d, JM_E_RANGE, JM_API_FIELD_FORM, "method");
    if ((int)method == 0)
        return x->in->method.len == 0
                   ? jm_refuse(x->c->d, JM_E_MISSING, JM_API_FIELD_MISSING, "method")
                   : jm_refuse(x->c->d, JM_E_RANGE, JM_API_FIELD_FORM, "method");
    if (x->in->won != x->o->won)
        return jm_refuse(x->c->d, JM_E_DENIED, JM_FEE_AMOUNT, NULL);
    return jm_order_receipt(tx, x->c, x->o, method);
}

/* In the transaction of the life event. */
static enum jm_status collect_in(struct jm_tx *tx, void *arg)
{
    const struct collecting *x = arg;
    const struct jm_id *taker = jm_id_is_zero(&x->in->taker) ? &x->o->person : &x->in->taker;

    JM_TRY(jm_order_not_own(tx, x->c, &x->o->person));
    JM_TRY(judge_taker(tx, x));
    JM_TRY(settle_fee(tx, x));
    JM_TRY(jm_order_rows_taken(tx, &x->o->id, taker, x->in->proof));
    return jm_audit_in(tx, &x->c->who, "ORDER_COLLECT", &x->o->person, x->in->proof, "done", NULL);
}

enum jm_status jm_order_collect(const struct jm_order_call *c, struct jm_collected *out,
                                const struct jm_id *id, const struct jm_collect_req *in)
{
    const struct jm_env *env = &c->is->base.env;
    struct collecting x = {.c = c, .in = in, .o = &out->order};
    struct jm_life_event ev = {.kind = JM_LIFE_PLASTIC_COLLECTED,
                               .source = JM_BYTES("order"),
                               .at_is_now = true};
    char hex[33];
    enum jm_status st;

    memset(out, 0, sizeof *out);
    JM_READ(st, tx, env, jm_order_mine(tx, c, id, NULL, &out->order));
    JM_TRY(st);
    if (out->order.state != JM_ORDER_READY && out->order.state != JM_ORDER_COLLECTED)
        return jm_refuse(c->d, JM_E_CONFLICT, JM_ORDER_STATE,
                         jm_order_state_name(out->order.state));
    jm_id_format(hex, id);
    ev.id = jm_str(hex);
    ev.person = out->order.person;
    ev.serial = out->order.serial;
    ev.at = jm_env_now(env);
    st = jm_life_event_take_with(c->is, &out->life, &ev, &c->who, collect_in, &x, c->mem, c->d);
    if (st == JM_E_CONFLICT &&
        c->d->code == JM_EVENT_PLASTIC) /* of two at once one hands it over */
        return jm_refuse(c->d, st, JM_ORDER_STATE, NULL);
    JM_TRY(st);
    JM_READ(st, tx, env, jm_order_mine(tx, c, id, NULL, &out->order));
    return st;
}
