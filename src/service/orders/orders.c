/* SPDX-License-Identifier: Apache-2.0 */
/* Orders: placed, cancelled, looked at. What happens to them afterwards: produce.c, collect.c. */
#include <stdio.h>
#include <string.h>

#include "service/audit/audit.h"
#include "service/notices/notices.h"
#include "service/orders/parts.h"

const char *jm_order_state_name(enum jm_order_state s)
{
    static const char *const name[] = {"",          "ORDERED",   "PRODUCING", "READY",
                                       "COLLECTED", "CANCELLED", "VOID"};

    return (unsigned)s < JM_ARRAY_LEN(name) ? name[s] : "";
}

struct placing {
    const struct jm_order_call *c;
    const struct jm_order_req *in;
    enum jm_plastic_kind kind;
    enum jm_fee_reason reason;
    enum jm_fee_method method;
    struct jm_bytes serial;
    struct jm_order *out;
};

static enum jm_status bad_field(const struct jm_order_call *c, const char *name)
{
    return jm_refuse(c->d, JM_E_RANGE, JM_API_FIELD_FORM, name);
}

static bool is_centre(struct jm_bytes code, const struct jm_regions *r)
{
    for (size_t i = 0; i < code.len; i++)
        if (code.ptr[i] < '0' || code.ptr[i] > '9')
            return false;
    return code.len == 10 && jm_region_of(r, code) != NULL;
}

enum jm_fee_method jm_order_method(struct jm_bytes name)
{
    return jm_bytes_eq_str(name, "cash")   ? JM_FEE_CASH
           : jm_bytes_eq_str(name, "card") ? JM_FEE_CARD
                                           : (enum jm_fee_method)0;
}

/* What is wanted, and why: what decides the price. */
static enum jm_status read_wish(struct placing *x)
{
    const struct jm_order_call *c = x->c;
    const struct jm_order_req *in = x->in;

    x->kind = jm_fee_kind_of(in->kind);
    if ((int)x->kind == 0)
        return bad_field(c, "kind");
    x->reason = in->reason.len == 0 ? JM_FEE_LOST : jm_fee_reason_of(in->reason);
    /* what frees a person of a fee somebody must see */
    if ((int)x->reason == 0 || (c->clerk == NULL && x->reason != JM_FEE_LOST))
        return bad_field(c, "reason");
    return JM_OK;
}

static enum jm_status read_request(struct placing *x)
{
    const struct jm_order_call *c = x->c;
    const struct jm_order_req *in = x->in;

    if (jm_id_is_zero(&in->order))
        return bad_field(c, "order");
    JM_TRY(read_wish(x));
    x->method = jm_order_method(in->method);
    if ((in->method.len != 0 && (int)x->method == 0) || (c->clerk == NULL && in->method.len != 0))
        return bad_field(c, "method");
    return in->centre.len == 0 || is_centre(in->centre, &c->is->regions) ? JM_OK
                                                                         : bad_field(c, "centre");
}

static enum jm_status draw_serial(struct placing *x)
{
    uint8_t *t = jm_alloc(x->c->mem, 13, 1), r[12];

    if (t == NULL)
        return JM_E_NO_SPACE;
    JM_TRY(jm_env_random(&x->c->is->base.env, r, sizeof r));
    t[0] = 'P';
    for (size_t i = 0; i < sizeof r; i++)
        t[i + 1] = (uint8_t)('0' + r[i] % 10);
    x->serial = jm_bytes(t, 13);
    return JM_OK;
}

enum jm_status jm_order_not_own(struct jm_tx *tx, const struct jm_order_call *c,
                                const struct jm_id *person)
{
    const struct jm_desk k = {c->is, c->clerk, c->mem, c->d};

    return c->clerk == NULL ? JM_OK : jm_desk_not_own(tx, &k, person);
}

/* Alive, a resident, old enough; and none on its way. */
static enum jm_status may_order(struct jm_tx *tx, struct placing *x, const struct jm_person *p)
{
    const struct jm_order_call *c = x->c;
    struct jm_eligibility_facts f = {.now = jm_tx_now(tx),
                                     .kind = p->kind,
                                     .state = p->state,
                                     .birth = p->birth};
    struct jm_eligibility e;
    bool open;

    jm_eligible_to_order(&e, &f);
    if (e.n != 0)
        return jm_refuse(c->d, JM_E_DENIED, e.code[0], NULL);
    if (jm_date_cmp(jm_seoul_date(f.now), jm_plastic_first(p->birth)) < 0)
        return jm_refuse(c->d, JM_E_DENIED, JM_EVENT_EARLY, NULL);
    JM_TRY(jm_order_not_own(tx, c, &p->id));
    JM_TRY(jm_order_rows_open(tx, &p->id, &open));
    return open ? jm_refuse(c->d, JM_E_CONFLICT, JM_ORDER_OPEN, NULL) : JM_OK;
}

static enum jm_status price_of(struct jm_tx *tx, struct placing *x, const struct jm_person *p,
                               struct jm_fee *fee)
{
    const struct jm_order_call *c = x->c;
    struct jm_fee_facts f = {.birth = p->birth,
                             .relief = p->relief.len != 0,
                             .issued = p->plastic.issued_on};
    bool had;

    JM_TRY(jm_order_rows_had(tx, &p->id, &had));
    JM_TRY(jm_fee_of(fee, &c->is->fees, had ? JM_FEE_REPLACE : JM_FEE_FIRST, x->kind, x->reason, &f,
                     jm_seoul_date(jm_tx_now(tx)), c->d));
    if ((int)x->method != 0 && x->in->won != fee->won)
        return jm_refuse(c->d, JM_E_DENIED, JM_FEE_AMOUNT, NULL);
    return (int)x->method != 0 && fee->won == 0 ? bad_field(c, "method") : JM_OK;
}

/* Whoever asks what it costs and whoever orders hear the same. */
static enum jm_status judge_order(struct jm_tx *tx, struct placing *x, struct jm_person *p,
                                  struct jm_fee *fee)
{
    enum jm_status st = jm_person_in(tx, &x->in->person, p, x->c->mem);

    if (st == JM_E_ABSENT)
        return jm_refuse(x->c->d, st, JM_DESK_PERSON_UNKNOWN, NULL);
    JM_TRY(st);
    JM_TRY(may_order(tx, x, p));
    return price_of(tx, x, p, fee);
}

/* What was paid, and that nothing was due. */
enum jm_status jm_order_receipt(struct jm_tx *tx, const struct jm_order_call *c,
                                const struct jm_order *o, enum jm_fee_method method)
{
    char won[24];
    struct jm_bytes said;
    const struct jm_fee_receipt r = {.id = o->id,
                                     .person = o->person,
                                     .won = o->won,
                                     .method = method,
                                     .rule = o->rule,
                                     .desk = c->clerk != NULL ? c->clerk->centre : o->channel,
                                     .clerk = c->clerk != NULL ? c->clerk->name : jm_none()};

    JM_TRY(jm_fee_receipt_in(tx, &r));
    (void)snprintf(won, sizeof won, " %lld", (long long)o->won);
    const struct jm_bytes parts[] = {o->rule, jm_str(won)};
    JM_TRY(jm_concat(&said, c->mem, parts, JM_ARRAY_LEN(parts)));
    return jm_audit_in(tx, &c->who, "FEE_TAKE", &o->person, said, "done", NULL);
}

static enum jm_status write_order(struct jm_tx *tx, struct placing *x, const struct jm_person *p)
{
    const struct jm_order_call *c = x->c;
    const struct jm_order_req *in = x->in;
    struct jm_order *o = x->out;
    struct jm_plastic card = {.serial = x->serial,
                              .kind = x->kind,
                              .state = JM_PLASTIC_ORDERED,
                              .issued_on = jm_seoul_date(jm_tx_now(tx)),
                              .since = jm_tx_now(tx)};

    card.authority =
        in->authority.len != 0 ? in->authority : jm_authority_of(&c->is->regions, p->region10);
    if (card.authority.len == 0)
        card.authority = p->plastic.authority;
    if (card.authority.len == 0)
        return jm_refuse(c->d, JM_E_MISSING, JM_API_FIELD_MISSING, "authority");
    o->id = in->order;
    o->person = p->id;
    o->serial = x->serial;
    o->reason = in->reason.len != 0 ? in->reason : JM_BYTES("lost");
    o->channel = c->clerk != NULL ? JM_BYTES("desk") : JM_BYTES("online");
    o->centre = in->centre.len != 0 ? in->centre
                : c->clerk != NULL  ? c->clerk->centre
                                    : p->region10;
    o->at = jm_tx_now(tx);
    JM_TRY(jm_plastic_add_in(tx, &p->id, &card));
    JM_TRY(jm_order_rows_add(tx, o));
    if ((int)x->method != 0 || o->won == 0)
        JM_TRY(jm_order_receipt(tx, c, o, x->method));
    JM_TRY(jm_audit_in(tx, &c->who, "ORDER_PLACE", &p->id, x->serial, "done", NULL));
    return jm_notice_in(tx, &p->id, "ORDER_PLACED", c->who.channel);
}

static bool is_same(const struct jm_order *o, const struct placing *x)
{
    return memcmp(&o->person, &x->in->person, sizeof o->person) == 0 && o->kind == x->kind &&
           jm_fee_reason_of(o->reason) == x->reason &&
           jm_bytes_eq_str(o->channel, x->c->clerk != NULL ? "desk" : "online");
}

static enum jm_status place_tx(struct jm_tx *tx, void *arg)
{
    struct placing *x = arg;
    const struct jm_order_call *c = x->c;
    struct jm_person p;
    struct jm_fee fee;
    enum jm_status st = jm_order_rows_get(tx, &x->in->order, x->out, c->mem);

    if (st == JM_OK) /* asked again: the answer was lost */
        return is_same(x->out, x) ? JM_OK : jm_refuse(c->d, JM_E_CONFLICT, JM_ORDER_USED, NULL);
    if (st != JM_E_ABSENT)
        return st;
    JM_TRY(judge_order(tx, x, &p, &fee));
    memset(x->out, 0, sizeof *x->out);
    x->out->rule = fee.rule;
    x->out->won = fee.won;
    st = write_order(tx, x, &p);
    if (st == JM_E_CONFLICT) /* a receipt of that number */
        return jm_refuse(c->d, st, JM_ORDER_USED, NULL);
    JM_TRY(st);
    return jm_order_rows_get(tx, &x->in->order, x->out, c->mem);
}

enum jm_status jm_order_place(const struct jm_order_call *c, struct jm_order *out,
                              const struct jm_order_req *in)
{
    struct placing x = {.c = c, .in = in, .out = out};

    memset(out, 0, sizeof *out);
    JM_TRY(read_request(&x));
    JM_TRY(draw_serial(&x));
    return jm_tx_run(&c->is->base.env, place_tx, &x);
}

enum jm_status jm_order_price(const struct jm_order_call *c, struct jm_fee *out,
                              const struct jm_order_req *in)
{
    struct placing x = {.c = c, .in = in};
    struct jm_person p;
    enum jm_status st;

    memset(out, 0, sizeof *out);
    JM_TRY(read_wish(&x));
    JM_READ(st, tx, &c->is->base.env, judge_order(tx, &x, &p, out));
    return st;
}

/* -- looked at -- */

static enum jm_status list_orders(const struct jm_order_call *c, const struct jm_order_of *of,
                                  struct jm_order **out, size_t *n)
{
    enum jm_status st;

    *n = 0;
    if ((*out = JM_NEW_N(c->mem, struct jm_order, JM_ORDERS_MAX)) == NULL)
        return JM_E_NO_SPACE;
    JM_READ(st, tx, &c->is->base.env, jm_order_rows_of(tx, of, *out, n, c->mem));
    return st;
}

enum jm_status jm_orders_of(const struct jm_order_call *c, const struct jm_id *person,
                            struct jm_order **out, size_t *n)
{
    return list_orders(c, &(const struct jm_order_of){.person = person}, out, n);
}

struct showing {
    const struct jm_order_call *c;
    const struct jm_order *order;
    size_t n;
};

/* D-620: whose name a clerk sees is told of, order by order. */
static enum jm_status audit_shown(struct jm_tx *tx, void *arg)
{
    const struct showing *x = arg;

    for (size_t i = 0; i < x->n; i++)
        JM_TRY(jm_audit_in(tx, &x->c->who, "ORDER_SHOW", &x->order[i].person, jm_none(), "done",
                           NULL));
    return JM_OK;
}

enum jm_status jm_orders_at(const struct jm_order_call *c, const struct jm_id *person,
                            struct jm_order **out, size_t *n)
{
    struct jm_person p;
    enum jm_status st;

    if (person != NULL) {
        JM_READ(st, tx, &c->is->base.env, jm_person_in(tx, person, &p, c->mem));
        if (st == JM_E_ABSENT)
            return jm_refuse(c->d, st, JM_DESK_PERSON_UNKNOWN, NULL);
        JM_TRY(st);
    }
    JM_TRY(list_orders(c, &(const struct jm_order_of){.person = person, .centre = c->clerk->centre},
                       out, n));
    return *n == 0 ? JM_OK
                   : jm_tx_run(&c->is->base.env, audit_shown, &(struct showing){c, *out, *n});
}

/* One that this caller may touch: another's, or another centre's, is none (D-420). */
enum jm_status jm_order_mine(struct jm_tx *tx, const struct jm_order_call *c,
                             const struct jm_id *id, const struct jm_id *person,
                             struct jm_order *out)
{
    enum jm_status st = jm_order_rows_get(tx, id, out, c->mem);

    if (st == JM_E_ABSENT ||
        (st == JM_OK && c->clerk != NULL && !jm_bytes_eq(out->centre, c->clerk->centre)) ||
        (st == JM_OK && person != NULL && memcmp(&out->person, person, sizeof *person) != 0))
        return jm_refuse(c->d, JM_E_ABSENT, JM_ORDER_UNKNOWN, NULL);
    return st;
}

/* -- cancelled -- */

struct cancelling {
    const struct jm_order_call *c;
    const struct jm_id *id, *person;
    struct jm_id back; /* the receipt that takes the other one back */
    struct jm_bytes reason;
    int64_t refunded;
};

/* D-071: on the day on which it was taken. */
static enum jm_status give_back(struct jm_tx *tx, struct cancelling *x)
{
    struct jm_fee_receipt r;
    enum jm_status st = jm_fee_receipt_get(tx, x->id, &r, x->c->mem);

    if (st == JM_E_ABSENT)
        return JM_OK;
    JM_TRY(st);
    if (r.won <= 0 || r.voided ||
        jm_date_cmp(jm_seoul_date(r.at), jm_seoul_date(jm_tx_now(tx))) != 0)
        return JM_OK;
    x->refunded = r.won;
    r.voids = r.id;
    r.id = x->back;
    r.won = -r.won;
    JM_TRY(jm_fee_receipt_in(tx, &r));
    return jm_audit_in(tx, &x->c->who, "FEE_VOID", &r.person, x->reason, "done", NULL);
}

static enum jm_status cancel_tx(struct jm_tx *tx, void *arg)
{
    struct cancelling *x = arg;
    const struct jm_order_call *c = x->c;
    struct jm_order o;

    x->refunded = 0;
    JM_TRY(jm_order_mine(tx, c, x->id, x->person, &o));
    if (o.state != JM_ORDER_ORDERED)
        return jm_refuse(c->d, JM_E_CONFLICT, JM_ORDER_STATE, jm_order_state_name(o.state));
    JM_TRY(jm_order_not_own(tx, c, &o.person));
    JM_TRY(jm_plastic_move(tx, o.serial, JM_PLASTIC_ORDERED, JM_PLASTIC_VOID));
    JM_TRY(jm_order_rows_end(tx, x->id, "CANCELLED"));
    JM_TRY(give_back(tx, x));
    JM_TRY(jm_audit_in(tx, &c->who, "ORDER_CANCEL", &o.person, x->reason, "done", NULL));
    return jm_notice_in(tx, &o.person, "ORDER_CANCELLED", c->who.channel);
}

enum jm_status jm_order_cancel(const struct jm_order_call *c, const struct jm_id *id,
                               const struct jm_id *person, struct jm_bytes reason,
                               int64_t *refunded)
{
    struct cancelling x = {.c = c, .id = id, .person = person, .reason = reason};

    *refunded = 0;
    if (reason.len == 0)
        return jm_refuse(c->d, JM_E_MISSING, JM_API_FIELD_MISSING, "reason");
    JM_TRY(jm_env_id(&c->is->base.env, &x.back));
    JM_TRY(jm_tx_run(&c->is->base.env, cancel_tx, &x));
    *refunded = x.refunded;
    return JM_OK;
}
