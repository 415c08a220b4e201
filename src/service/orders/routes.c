/* SPDX-License-Identifier: Apache-2.0 */
#include <stddef.h>

#include "service/msg.h"
#include "service/orders/orders.h"
#include "service/tap/tap.h"
#include "service/web/routes.h"

static struct jm_order_call call_of(struct jm_req *q)
{
    struct jm_order_call c = {.is = q->svc, .who.name = q->who.name, .mem = q->mem, .d = &q->diag};

    c.clerk = q->who.how == JM_AUTH_STAFF_SESSION ? q->who.more : NULL;
    c.who.channel = c.clerk != NULL ? JM_BYTES("desk") : JM_BYTES("wallet");
    return c;
}

static enum jm_status order_id(struct jm_req *q, struct jm_id *id)
{
    return jm_id_parse(id, q->arg[0]) == JM_OK
               ? JM_OK
               : jm_refuse(&q->diag, JM_E_ABSENT, JM_ORDER_UNKNOWN, NULL);
}

/* -- an order, as it is told -- */

struct order_row {
    struct jm_order o;
    const char *kind, *state;
    char day[11];
    const char *issued_on;
};
#define ORDER_ROW                                                                                \
    JM_FIELD(order_row, o.id, "order", ID, 0, 0), JM_FIELD(order_row, kind, "kind", WORD, 0, 0), \
        JM_FIELD(order_row, state, "state", WORD, 0, 0),                                         \
        JM_FIELD(order_row, o.reason, "reason", STR, 0, 0),                                      \
        JM_FIELD(order_row, o.rule, "rule", STR, 0, 0),                                          \
        JM_FIELD(order_row, o.won, "won", INT, 0, 0),                                            \
        JM_FIELD(order_row, o.paid, "paid", BOOL, 0, 0),                                         \
        JM_FIELD(order_row, o.channel, "channel", STR, 0, 0),                                    \
        JM_FIELD(order_row, o.centre, "centre", STR, 0, 0),                                      \
        JM_FIELD(order_row, o.at, "at", TIME, 0, 0),                                             \
        JM_FIELD(order_row, o.since, "since", TIME, 0, 0)
JM_MSG(order_res, order_row, false, ORDER_ROW);
/* A clerk also sees whose it is, and what is printed on it. */
JM_MSG(desk_order_res, order_row, false, ORDER_ROW,
       JM_FIELD(order_row, o.person, "person", ID, 0, 0),
       JM_FIELD(order_row, o.name, "name", STR, 0, 0),
       JM_FIELD(order_row, o.serial, "serial", STR, 0, 0),
       JM_FIELD(order_row, issued_on, "issue_date", WORD, 0, 0),
       JM_FIELD(order_row, o.authority, "authority", STR, 0, 0));
struct orders_res {
    struct jm_msg_list orders;
};
JM_MSG(orders_res, orders_res, false, JM_FIELD_OF(orders_res, orders, "orders", LIST, order_res));
JM_MSG(desk_orders_res, orders_res, false,
       JM_FIELD_OF(orders_res, orders, "orders", LIST, desk_order_res));
struct of_person_res {
    struct orders_res o;
    bool transport; /* the chip of the card that they have waits for a PIN */
};
JM_MSG(of_person_res, of_person_res, false,
       JM_FIELD_OF(of_person_res, o.orders, "orders", LIST, desk_order_res),
       JM_FIELD(of_person_res, transport, "transport_pin", BOOL, 0, 0));

static void put_order(struct order_row *out, const struct jm_order *o)
{
    static const char *const kind[] = {"", "plain", "ic", "braille"};

    *out = (struct order_row){.o = *o,
                              .kind = kind[(unsigned)o->kind % JM_ARRAY_LEN(kind)],
                              .state = jm_order_state_name(o->state)};
    jm_date_format(out->day, o->issued_on);
    out->issued_on = out->day;
}

static enum jm_status put_orders(struct jm_req *q, struct orders_res *out, const struct jm_order *o,
                                 size_t n)
{
    struct order_row *row = JM_NEW_N(q->mem, struct order_row, n + 1);

    if (row == NULL)
        return JM_E_NO_SPACE;
    for (size_t i = 0; i < n; i++) {
        put_order(&row[i], &o[i]);
        row[i].issued_on = row[i].day;
    }
    out->orders = (struct jm_msg_list){row, n};
    return JM_OK;
}

/* -- at a desk -- */

JM_MSG(desk_order_req, jm_order_req, false, JM_FIELD(jm_order_req, order, "order", ID, 32, 0),
       JM_FIELD(jm_order_req, person, "person", ID, 32, 0),
       JM_FIELD(jm_order_req, kind, "kind", STR, 16, 0),
       JM_FIELD(jm_order_req, reason, "reason", STR, 32, JM_MSG_OPT),
       JM_FIELD(jm_order_req, authority, "authority", STR, 120, JM_MSG_OPT),
       JM_FIELD(jm_order_req, centre, "centre", STR, 10, JM_MSG_OPT),
       JM_FIELD(jm_order_req, method, "method", STR, 8, JM_MSG_OPT),
       JM_FIELD(jm_order_req, won, "won", INT, 10000000, JM_MSG_OPT));

static enum jm_status place_order(struct jm_req *q, struct jm_res *s)
{
    const struct jm_order_call c = call_of(q);
    struct jm_order o;

    (void)s;
    JM_TRY(jm_order_place(&c, &o, q->in));
    put_order(q->out, &o);
    return JM_OK;
}

JM_MSG(order_price_req, jm_order_req, false, JM_FIELD(jm_order_req, person, "person", ID, 32, 0),
       JM_FIELD(jm_order_req, kind, "kind", STR, 16, 0),
       JM_FIELD(jm_order_req, reason, "reason", STR, 32, JM_MSG_OPT));
JM_MSG(order_price_res, jm_fee, false, JM_FEE_TOLD);

static enum jm_status price_order(struct jm_req *q, struct jm_res *s)
{
    const struct jm_order_call c = call_of(q);

    (void)s;
    return jm_order_price(&c, q->out, q->in);
}

static enum jm_status list_desk(struct jm_req *q, struct jm_res *s)
{
    const struct jm_order_call c = call_of(q);
    struct jm_order *o;
    size_t n;

    (void)s;
    JM_TRY(jm_orders_at(&c, NULL, &o, &n));
    return put_orders(q, q->out, o, n);
}

static enum jm_status list_of_person(struct jm_req *q, struct jm_res *s)
{
    const struct jm_order_call c = call_of(q);
    struct of_person_res *out = q->out;
    struct jm_order *o;
    struct jm_id person;
    size_t n;

    (void)s;
    if (jm_id_parse(&person, q->arg[0]) != JM_OK)
        return jm_refuse(&q->diag, JM_E_ABSENT, JM_DESK_PERSON_UNKNOWN, NULL);
    JM_TRY(jm_orders_at(&c, &person, &o, &n));
    JM_TRY(jm_chip_is_transport(q->svc, &person, &out->transport, q->mem));
    return put_orders(q, &out->o, o, n);
}

struct why_req {
    struct jm_bytes reason;
};
JM_MSG(why_req, why_req, false, JM_FIELD(why_req, reason, "reason", STR, 200, 0));
struct cancelled_res {
    const char *state;
    int64_t refunded;
};
JM_MSG(cancelled_res, cancelled_res, false, JM_FIELD(cancelled_res, state, "state", WORD, 0, 0),
       JM_FIELD(cancelled_res, refunded, "refunded_won", INT, 0, 0));

static enum jm_status cancel_at_desk(struct jm_req *q, struct jm_res *s)
{
    const struct jm_order_call c = call_of(q);
    const struct why_req *in = q->in;
    struct cancelled_res *out = q->out;
    struct jm_id id;

    (void)s;
    JM_TRY(order_id(q, &id));
    out->state = jm_order_state_name(JM_ORDER_CANCELLED);
    return jm_order_cancel(&c, &id, NULL, in->reason, &out->refunded);
}

JM_MSG(collect_req, jm_collect_req, false,
       JM_FIELD(jm_collect_req, method, "method", STR, 8, JM_MSG_OPT),
       JM_FIELD(jm_collect_req, won, "won", INT, 10000000, JM_MSG_OPT),
       JM_FIELD(jm_collect_req, taker, "taker", ID, 32, JM_MSG_OPT),
       JM_FIELD(jm_collect_req, proof, "proof", STR, 200, JM_MSG_OPT));

static enum jm_status collect_order(struct jm_req *q, struct jm_res *s)
{
    struct jm_collected *done = JM_NEW(q->mem, struct jm_collected);
    const struct jm_order_call c = call_of(q);
    struct jm_id id;

    (void)s;
    if (done == NULL)
        return JM_E_NO_SPACE;
    JM_TRY(order_id(q, &id));
    JM_TRY(jm_order_collect(&c, done, &id, q->in));
    put_order(q->out, &done->order);
    return JM_OK;
}

/* -- by the card on the phone -- */

JM_MSG(own_order_req, jm_order_req, false, JM_FIELD(jm_order_req, order, "order", ID, 32, 0),
       JM_FIELD(jm_order_req, kind, "kind", STR, 16, 0),
       JM_FIELD(jm_order_req, centre, "centre", STR, 10, JM_MSG_OPT));

static enum jm_status holder_of(struct jm_req *q, struct jm_id *person)
{
    return jm_grant_holder(q->svc, q->who.more, person, q->mem, &q->diag);
}

static enum jm_status place_own(struct jm_req *q, struct jm_res *s)
{
    const struct jm_order_call c = call_of(q);
    struct jm_order_req in = *(const struct jm_order_req *)q->in;
    struct jm_order o;

    JM_TRY(holder_of(q, &in.person));
    JM_TRY(jm_order_place(&c, &o, &in));
    put_order(q->out, &o);
    return jm_issuer_dpop_nonce(q, s);
}

JM_MSG(own_price_req, jm_order_req, false, JM_FIELD(jm_order_req, kind, "kind", STR, 16, 0));

static enum jm_status price_own(struct jm_req *q, struct jm_res *s)
{
    const struct jm_order_call c = call_of(q);
    struct jm_order_req in = *(const struct jm_order_req *)q->in;

    JM_TRY(holder_of(q, &in.person));
    JM_TRY(jm_order_price(&c, q->out, &in));
    return jm_issuer_dpop_nonce(q, s);
}

static enum jm_status list_own(struct jm_req *q, struct jm_res *s)
{
    const struct jm_order_call c = call_of(q);
    struct jm_order *o;
    struct jm_id person;
    size_t n;

    JM_TRY(holder_of(q, &person));
    JM_TRY(jm_orders_of(&c, &person, &o, &n));
    JM_TRY(put_orders(q, q->out, o, n));
    return jm_issuer_dpop_nonce(q, s);
}

struct own_req {
    struct jm_id order;
};
JM_MSG(own_req, own_req, false, JM_FIELD(own_req, order, "order", ID, 32, 0));

static enum jm_status cancel_own(struct jm_req *q, struct jm_res *s)
{
    const struct jm_order_call c = call_of(q);
    const struct own_req *in = q->in;
    struct cancelled_res *out = q->out;
    struct jm_id person;

    JM_TRY(holder_of(q, &person));
    out->state = jm_order_state_name(JM_ORDER_CANCELLED);
    JM_TRY(jm_order_cancel(&c, &in->order, &person, JM_BYTES("by the holder"), &out->refunded));
    return jm_issuer_dpop_nonce(q, s);
}

const struct jm_route jm_orders_routes[] = {
    /*       method path                     auth   act    media body max  rate  flags     handler
     */
    JM_ROUTE_MSG(POST, "/desk/orders", STAFF_SESSION, D_406, JSON, 2048, DESK, NO_STORE,
                 place_order, DESK_ORDER, .message = &desk_order_req, .answer = &desk_order_res,
                 .http = 201),
    JM_ROUTE_MSG(POST, "/desk/orders/price", STAFF_SESSION, D_406, JSON, 1024, DESK, NO_STORE,
                 price_order, DESK_ORDER_PRICE, .message = &order_price_req,
                 .answer = &order_price_res),
    JM_ROUTE_MSG(GET, "/desk/orders", STAFF_SESSION, D_406, NONE, 0, DESK, NO_STORE, list_desk,
                 DESK_ORDERS, .answer = &desk_orders_res),
    JM_ROUTE_MSG(GET, "/desk/persons/{id}/orders", STAFF_SESSION, D_406, NONE, 0, DESK, NO_STORE,
                 list_of_person, DESK_ORDERS_OF, .answer = &of_person_res),
    JM_ROUTE_MSG(POST, "/desk/orders/{id}/cancel", STAFF_SESSION, D_406, JSON, 1024, DESK, NO_STORE,
                 cancel_at_desk, DESK_ORDER_CANCEL, .message = &why_req, .answer = &cancelled_res),
    JM_ROUTE_MSG(POST, "/desk/orders/{id}/collect", STAFF_SESSION, D_406, JSON, 1024, DESK,
                 NO_STORE, collect_order, DESK_ORDER_COLLECT, .message = &collect_req,
                 .answer = &desk_order_res),
    JM_ROUTE_MSG(POST, "/orders", DPOP, SELF, JSON, 1024, LOW, CORS_NO_STORE, place_own, ORDER,
                 .message = &own_order_req, .answer = &order_res, .http = 201),
    JM_ROUTE_MSG(POST, "/orders/price", DPOP, SELF, JSON, 256, LOW, CORS_NO_STORE, price_own,
                 ORDER_PRICE, .message = &own_price_req, .answer = &order_price_res),
    JM_ROUTE_MSG(POST, "/orders/list", DPOP, SELF, JSON, 64, LOW, CORS_NO_STORE, list_own, ORDERS,
                 .message = &jm_msg_none, .answer = &orders_res),
    JM_ROUTE_MSG(POST, "/orders/cancel", DPOP, SELF, JSON, 256, LOW, CORS_NO_STORE, cancel_own,
                 ORDER_CANCEL, .message = &own_req, .answer = &cancelled_res),
};
const size_t jm_orders_n_routes = JM_ARRAY_LEN(jm_orders_routes);
