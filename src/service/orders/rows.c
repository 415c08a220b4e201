/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "service/orders/parts.h"
#include "service/sql.h"

enum jm_status jm_order_rows_add(struct jm_tx *tx, const struct jm_order *o)
{
    return jm_sql_run(tx,
                      "INSERT INTO plastic_order (id, person, serial, reason, rule, won, channel, "
                      "centre, at) VALUES ($1,$2,$3,$4,$5,$6,$7,$8,$9)",
                      JM_ARGS(JM_ID(&o->id), JM_ID(&o->person), JM_T(o->serial), JM_T(o->reason),
                              JM_T(o->rule), JM_I(o->won), JM_T(o->channel), JM_T(o->centre),
                              JM_I(o->at)));
}

#define ORDER                                                                                    \
    "SELECT o.id, o.person, o.serial, o.reason, o.rule, o.won, o.channel, o.centre, o.at, "      \
    "o.batch, o.ended, c.kind, c.state, c.since, c.issued_on, c.authority, n.surname, n.given, " \
    "(SELECT count(*) FROM fee_receipt r WHERE r.id = o.id) FROM plastic_order o JOIN "          \
    "physical_card c ON c.serial = o.serial JOIN name n ON n.person = o.person AND n.until IS "  \
    "NULL WHERE "

static enum jm_order_state state_of(enum jm_plastic_state plastic, bool batch,
                                    struct jm_bytes ended)
{
    switch (plastic) {
    case JM_PLASTIC_ORDERED: return batch ? JM_ORDER_PRODUCING : JM_ORDER_ORDERED;
    case JM_PLASTIC_READY: return JM_ORDER_READY;
    case JM_PLASTIC_VALID:
    case JM_PLASTIC_LOST:
    case JM_PLASTIC_RETURNED: return JM_ORDER_COLLECTED;
    case JM_PLASTIC_VOID:
    default: break;
    }
    return jm_bytes_eq_str(ended, "COLLECTED")   ? JM_ORDER_COLLECTED
           : jm_bytes_eq_str(ended, "CANCELLED") ? JM_ORDER_CANCELLED
                                                 : JM_ORDER_VOID;
}

static void read_order(struct jm_rows *r, struct jm_order *o, struct jm_arena *mem)
{
    struct jm_bytes ended, issued, name[2];
    enum jm_plastic_state plastic;
    bool batch;

    memset(o, 0, sizeof *o);
    jm_col_id(r, &o->id);
    jm_col_id(r, &o->person);
    o->serial = jm_col_text(r, mem);
    o->reason = jm_col_text(r, mem);
    o->rule = jm_col_text(r, mem);
    o->won = jm_col_int(r);
    o->channel = jm_col_text(r, mem);
    o->centre = jm_col_text(r, mem);
    o->at = jm_col_int(r);
    batch = jm_col_maybe(r, o->batch.octets, sizeof o->batch.octets);
    ended = jm_col_text(r, mem);
    o->kind = jm_col_small(r);
    plastic = jm_col_small(r);
    o->since = jm_col_int(r);
    issued = jm_col_text(r, mem);
    o->authority = jm_col_text(r, mem);
    name[0] = jm_col_text(r, mem);
    name[1] = jm_col_text(r, mem);
    o->paid = jm_col_int(r) != 0 || o->won == 0;
    o->state = state_of(plastic, batch, ended);
    if (r->st == JM_OK && jm_date_parse(&o->issued_on, issued) != JM_OK)
        r->st = JM_E_IO;
    if (r->st == JM_OK)
        r->st = jm_concat(&o->name, mem, name, 2);
}

enum jm_status jm_order_rows_get(struct jm_tx *tx, const struct jm_id *id, struct jm_order *out,
                                 struct jm_arena *mem)
{
    struct jm_rows r;

    JM_TRY(jm_sql_one(&r, tx, ORDER "o.id = $1", JM_ARGS(JM_ID(id))));
    read_order(&r, out, mem);
    return jm_sql_end(&r);
}

static enum jm_status open_list(struct jm_rows *r, struct jm_tx *tx, const struct jm_order_of *of)
{
    if (of->person != NULL && of->centre.len != 0)
        return jm_sql_open(r, tx,
                           ORDER
                           "o.person = $1 AND o.centre = $2 AND c.state < $3 ORDER BY o.at, o.id",
                           JM_ARGS(JM_ID(of->person), JM_T(of->centre), JM_I(JM_PLASTIC_VALID)));
    if (of->person != NULL)
        return jm_sql_open(r, tx, ORDER "o.person = $1 ORDER BY o.at, o.id",
                           JM_ARGS(JM_ID(of->person)));
    if (of->batch != NULL)
        return jm_sql_open(r, tx,
                           ORDER
                           "o.ended = '' AND c.state = $1 AND o.batch = $2 ORDER BY o.at, o.id",
                           JM_ARGS(JM_I(JM_PLASTIC_ORDERED), JM_ID(of->batch)));
    if (of->waiting)
        return jm_sql_open(r, tx,
                           ORDER
                           "o.ended = '' AND c.state = $1 AND o.batch IS NULL ORDER BY o.at, o.id",
                           JM_ARGS(JM_I(JM_PLASTIC_ORDERED)));
    if (of->ready_before != 0)
        return jm_sql_open(r, tx,
                           ORDER
                           "o.ended = '' AND c.state = $1 AND c.since < $2 ORDER BY o.at, o.id",
                           JM_ARGS(JM_I(JM_PLASTIC_READY), JM_I(of->ready_before)));
    return jm_sql_open(r, tx,
                       ORDER "o.ended = '' AND o.centre = $1 AND c.state < $2 ORDER BY o.at, o.id",
                       JM_ARGS(JM_T(of->centre), JM_I(JM_PLASTIC_VALID)));
}

enum jm_status jm_order_rows_of(struct jm_tx *tx, const struct jm_order_of *of,
                                struct jm_order *out, size_t *n, struct jm_arena *mem)
{
    struct jm_rows r;

    *n = 0;
    JM_TRY(open_list(&r, tx, of));
    while (*n < JM_ORDERS_MAX && jm_sql_next(&r))
        read_order(&r, &out[(*n)++], mem);
    return jm_sql_end(&r);
}

enum jm_status jm_order_rows_open(struct jm_tx *tx, const struct jm_id *person, bool *open)
{
    return jm_sql_any(open, tx,
                      "SELECT count(*) FROM physical_card WHERE person = $1 AND state < $2",
                      JM_ARGS(JM_ID(person), JM_I(JM_PLASTIC_VALID)));
}

enum jm_status jm_order_rows_had(struct jm_tx *tx, const struct jm_id *person, bool *had)
{
    return jm_sql_any(had, tx,
                      "SELECT count(*) FROM physical_card c WHERE c.person = $1 AND c.state >= $2 "
                      "AND NOT EXISTS (SELECT 1 FROM plastic_order o WHERE o.serial = c.serial AND "
                      "c.state = $3 AND o.ended <> 'COLLECTED')",
                      JM_ARGS(JM_ID(person), JM_I(JM_PLASTIC_VALID), JM_I(JM_PLASTIC_VOID)));
}

enum jm_status jm_order_rows_batch(struct jm_tx *tx, const struct jm_id *id,
                                   const struct jm_id *batch)
{
    return jm_sql_cas(tx, "UPDATE plastic_order SET batch = $1 WHERE id = $2 AND batch IS NULL",
                      JM_ARGS(JM_ID(batch), JM_ID(id)));
}

enum jm_status jm_order_rows_end(struct jm_tx *tx, const struct jm_id *id, const char *why)
{
    return jm_sql_cas(tx, "UPDATE plastic_order SET ended = $1 WHERE id = $2 AND ended = ''",
                      JM_ARGS(JM_T(jm_str(why)), JM_ID(id)));
}

enum jm_status jm_order_rows_taken(struct jm_tx *tx, const struct jm_id *id,
                                   const struct jm_id *taker, struct jm_bytes proof)
{
    return jm_sql_cas(
        tx, "UPDATE plastic_order SET ended = 'COLLECTED', taker = $1, proof = $2 WHERE id = $3",
        JM_ARGS(JM_ID(taker), JM_T(proof), JM_ID(id)));
}
