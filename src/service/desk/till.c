/* SPDX-License-Identifier: Apache-2.0 */
/* D-407: what plastic cards cost, taken and given back at a desk, and what the till must hold. */
#include <stdio.h>
#include <string.h>

#include "service/audit/audit.h"
#include "service/desk/parts.h"

struct taking {
    const struct jm_desk *k;
    const struct jm_desk_fee_req *in;
    struct jm_fee_receipt *out;
    struct jm_bytes said;
};

static enum jm_fee_method method_of(struct jm_bytes name)
{
    return jm_bytes_eq_str(name, "cash")   ? JM_FEE_CASH
           : jm_bytes_eq_str(name, "card") ? JM_FEE_CARD
                                           : (enum jm_fee_method)0;
}

static enum jm_status wrong_field(const struct jm_desk *k, const char *name)
{
    return jm_refuse(k->d, JM_E_RANGE, JM_API_FIELD_FORM, name);
}

enum jm_status jm_desk_fee(const struct jm_desk *k, struct jm_fee *out,
                           const struct jm_desk_fee_req *in)
{
    const struct jm_env *env = &k->is->base.env;
    enum jm_fee_action action = jm_fee_action_of(in->action);
    enum jm_plastic_kind kind = jm_fee_kind_of(in->kind);
    enum jm_fee_reason reason = in->reason.len == 0 ? JM_FEE_LOST : jm_fee_reason_of(in->reason);
    struct jm_fee_facts f = {.relief = in->relief}; /* the clerk saw a proof */
    struct jm_person p;
    enum jm_status st;

    memset(out, 0, sizeof *out);
    if (action != JM_FEE_FIRST && action != JM_FEE_REPLACE)
        return wrong_field(k, "action");
    if ((int)kind == 0)
        return wrong_field(k, "kind");
    if ((int)reason == 0)
        return wrong_field(k, "reason");
    st = jm_person_get(env, &in->person, &p, k->mem);
    if (st == JM_E_ABSENT)
        return jm_refuse(k->d, st, JM_DESK_PERSON_UNKNOWN, NULL);
    JM_TRY(st);
    f.birth = p.birth;
    f.relief = f.relief || p.relief.len != 0;
    f.issued = p.plastic.issued_on;
    return jm_fee_of(out, &k->is->fees, action, kind, reason, &f, jm_seoul_date(jm_env_now(env)),
                     k->d);
}

/* -- taken -- */

static enum jm_status case_runs(struct jm_tx *tx, const struct taking *t)
{
    const struct jm_desk *k = t->k;
    struct jm_case c;
    enum jm_status st;

    if (jm_id_is_zero(&t->in->desk_case))
        return JM_OK;
    st = jm_case_in(tx, &t->in->desk_case, &c, k->mem);
    if (st == JM_E_ABSENT ||
        (st == JM_OK && (!jm_bytes_eq(c.centre, k->clerk->centre) ||
                         memcmp(&c.person, &t->in->person, sizeof c.person) != 0)))
        return jm_refuse(k->d, JM_E_ABSENT, JM_DESK_CASE_UNKNOWN, NULL);
    JM_TRY(st);
    return jm_case_waits_until(&c, jm_tx_now(tx)) != 0
               ? JM_OK
               : jm_refuse(k->d, JM_E_CONFLICT, JM_DESK_CASE_ENDED,
                           jm_case_state_name(jm_case_state_at(&c, jm_tx_now(tx))));
}

static bool is_same(const struct jm_fee_receipt *a, const struct jm_fee_receipt *b)
{
    return memcmp(&a->person, &b->person, sizeof a->person) == 0 && a->won == b->won &&
           a->method == b->method && jm_bytes_eq(a->rule, b->rule) &&
           jm_bytes_eq(a->clerk, b->clerk) && jm_bytes_eq(a->desk, b->desk);
}

static enum jm_status take_tx(struct jm_tx *tx, void *arg)
{
    const struct taking *t = arg;
    const struct jm_actor who = {t->k->clerk->name, JM_BYTES("desk")};
    struct jm_fee_receipt there;
    enum jm_status st = jm_fee_receipt_get(tx, &t->out->id, &there, t->k->mem);

    if (st == JM_OK && is_same(&there, t->out)) {
        *t->out = there; /* asked again: the answer was lost */
        return JM_OK;
    }
    if (st != JM_E_ABSENT)
        return st == JM_OK ? jm_refuse(t->k->d, JM_E_CONFLICT, JM_FEE_RECEIPT_USED, NULL) : st;
    JM_TRY(case_runs(tx, t));
    t->out->at = jm_tx_now(tx);
    JM_TRY(jm_fee_receipt_in(tx, t->out));
    return jm_audit_in(tx, &who, "FEE_TAKE", &t->out->person, t->said, "done", NULL);
}

enum jm_status jm_desk_fee_take(const struct jm_desk *k, struct jm_fee_receipt *out,
                                const struct jm_desk_fee_req *in)
{
    struct taking t = {.k = k, .in = in, .out = out};
    char won[24];
    struct jm_fee fee;

    memset(out, 0, sizeof *out);
    if (jm_id_is_zero(&in->receipt))
        return wrong_field(k, "receipt");
    JM_TRY(jm_desk_fee(k, &fee, in));
    if (in->won != fee.won)
        return jm_refuse(k->d, JM_E_DENIED, JM_FEE_AMOUNT, NULL);
    *out = (struct jm_fee_receipt){.id = in->receipt,
                                   .person = in->person,
                                   .desk_case = in->desk_case,
                                   .won = fee.won,
                                   .method = method_of(in->method),
                                   .rule = fee.rule,
                                   .desk = k->clerk->centre,
                                   .clerk = k->clerk->name};
    if (fee.won != 0 ? (int)out->method == 0 : in->method.len != 0)
        return wrong_field(k, "method");
    (void)snprintf(won, sizeof won, " %lld ", (long long)fee.won);
    const struct jm_bytes said[] = {fee.rule, jm_str(won),
                                    fee.won == 0 ? JM_BYTES("free") : in->method};
    JM_TRY(jm_concat(&t.said, k->mem, said, JM_ARRAY_LEN(said)));
    return jm_tx_run(&k->is->base.env, take_tx, &t);
}

/* -- given back -- */

struct voiding {
    const struct jm_desk *k;
    struct jm_id id, receipt; /* of the void, of what it takes back */
    struct jm_bytes reason;
    struct jm_fee_receipt *out;
};

static enum jm_status void_tx(struct jm_tx *tx, void *arg)
{
    const struct voiding *v = arg;
    const struct jm_desk *k = v->k;
    const struct jm_actor who = {k->clerk->name, JM_BYTES("desk")};
    struct jm_fee_receipt r;
    enum jm_status st = jm_fee_receipt_get(tx, &v->receipt, &r, k->mem);

    if (st == JM_E_ABSENT || (st == JM_OK && !jm_bytes_eq(r.desk, k->clerk->centre)))
        /* another centre's receipt is none: D-420 */
        return jm_refuse(k->d, JM_E_ABSENT, JM_FEE_RECEIPT_UNKNOWN, NULL);
    JM_TRY(st);
    if (r.won <= 0 || r.voided)
        return jm_refuse(k->d, JM_E_CONFLICT, JM_FEE_VOIDED, NULL);
    if (jm_date_cmp(jm_seoul_date(r.at), jm_seoul_date(jm_tx_now(tx))) != 0)
        return jm_refuse(k->d, JM_E_DENIED, JM_FEE_VOID_DAY, NULL);
    r.voids = r.id;
    r.id = v->id;
    r.won = -r.won; /* out of the till of who took it: who gave it back, the audit says */
    r.at = jm_tx_now(tx);
    JM_TRY(jm_fee_receipt_in(tx, &r));
    *v->out = r;
    return jm_audit_in(tx, &who, "FEE_VOID", &r.person, v->reason, "done", NULL);
}

enum jm_status jm_desk_fee_void(const struct jm_desk *k, struct jm_fee_receipt *out,
                                const struct jm_id *receipt, struct jm_bytes reason)
{
    struct voiding v = {.k = k, .receipt = *receipt, .reason = reason, .out = out};
    enum jm_status st;

    memset(out, 0, sizeof *out);
    if (reason.len == 0)
        return jm_refuse(k->d, JM_E_MISSING, JM_API_FIELD_MISSING, "reason");
    JM_TRY(jm_env_id(&k->is->base.env, &v.id));
    st = jm_tx_run(&k->is->base.env, void_tx, &v);
    /* two at once: the other was first */
    return st == JM_E_CONFLICT ? jm_refuse(k->d, st, JM_FEE_VOIDED, NULL) : st;
}

/* -- the till -- */

enum jm_status jm_desk_till(const struct jm_desk *k, struct jm_till *out)
{
    const struct jm_env *env = &k->is->base.env;
    int64_t since = jm_seoul_midnight(jm_seoul_date(jm_env_now(env)));
    const struct jm_till_of of = {k->clerk->centre,
                                  k->clerk->role == JM_ROLE_CLERK ? k->clerk->name : jm_none(),
                                  since, since + JM_DAY_S};
    enum jm_status st;

    JM_READ(st, tx, env, jm_fee_till_in(tx, &of, out, k->mem));
    return st;
}
