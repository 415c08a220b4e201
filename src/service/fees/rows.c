/* SPDX-License-Identifier: Apache-2.0 */
#include "service/fees/fees.h"

#include <string.h>

#include "service/sql.h"

#define COLUMNS                                                                              \
    "r.id, r.person, r.at, r.rule, r.won, r.desk, r.clerk, r.method, r.desk_case, r.voids, " \
    "(SELECT count(*) FROM fee_receipt v WHERE v.voids = r.id)"

static struct jm_arg id_or_null(const struct jm_id *id)
{
    return jm_id_is_zero(id) ? JM_NUL : JM_ID(id);
}

enum jm_status jm_fee_receipt_in(struct jm_tx *tx, const struct jm_fee_receipt *r)
{
    return jm_sql_run(tx,
                      "INSERT INTO fee_receipt (id, person, at, rule, won, desk, clerk, method, "
                      "desk_case, voids) "
                      "VALUES ($1,$2,$3,$4,$5,$6,$7,$8,$9,$10)",
                      JM_ARGS(id_or_null(&r->id), JM_ID(&r->person), JM_I(jm_tx_now(tx)),
                              JM_T(r->rule), JM_I(r->won), JM_T(r->desk), JM_T(r->clerk),
                              JM_I(r->method), id_or_null(&r->desk_case), id_or_null(&r->voids)));
}

static void read_receipt(struct jm_rows *r, struct jm_fee_receipt *out, struct jm_arena *mem)
{
    memset(out, 0, sizeof *out);
    (void)jm_col_maybe(r, out->id.octets, sizeof out->id.octets);
    jm_col_id(r, &out->person);
    out->at = jm_col_int(r);
    out->rule = jm_col_text(r, mem);
    out->won = jm_col_int(r);
    out->desk = jm_col_text(r, mem);
    out->clerk = jm_col_text(r, mem);
    out->method = jm_col_small(r);
    (void)jm_col_maybe(r, out->desk_case.octets, sizeof out->desk_case.octets);
    (void)jm_col_maybe(r, out->voids.octets, sizeof out->voids.octets);
    out->voided = jm_col_int(r) != 0;
}

enum jm_status jm_fee_receipt_get(struct jm_tx *tx, const struct jm_id *id,
                                  struct jm_fee_receipt *out, struct jm_arena *mem)
{
    struct jm_rows r;

    JM_TRY(jm_sql_one(&r, tx, "SELECT " COLUMNS " FROM fee_receipt r WHERE r.id = $1",
                      JM_ARGS(JM_ID(id))));
    read_receipt(&r, out, mem);
    return jm_sql_end(&r);
}

static enum jm_status open_till(struct jm_rows *r, struct jm_tx *tx, const struct jm_till_of *t)
{
    if (t->clerk.len == 0)
        return jm_sql_open(r, tx,
                           "SELECT " COLUMNS " FROM fee_receipt r WHERE r.desk = $1 AND r.at >= $2 "
                           "AND r.at < $3 AND r.won <> 0 ORDER BY r.n DESC",
                           JM_ARGS(JM_T(t->desk), JM_I(t->from), JM_I(t->to)));
    return jm_sql_open(r, tx,
                       "SELECT " COLUMNS " FROM fee_receipt r WHERE r.desk = $1 AND r.at >= $2 AND "
                       "r.at < $3 AND r.clerk = $4 AND r.won <> 0 ORDER BY r.n DESC",
                       JM_ARGS(JM_T(t->desk), JM_I(t->from), JM_I(t->to), JM_T(t->clerk)));
}

enum jm_status jm_fee_till_in(struct jm_tx *tx, const struct jm_till_of *t, struct jm_till *out,
                              struct jm_arena *mem)
{
    struct jm_fee_receipt *list = JM_NEW_N(mem, struct jm_fee_receipt, JM_TILL_LIST_MAX + 1);
    struct jm_rows r;

    *out = (struct jm_till){.receipt = list};
    if (list == NULL)
        return JM_E_NO_SPACE;
    JM_TRY(open_till(&r, tx, t));
    while (jm_sql_next(&r)) {
        struct jm_fee_receipt *one = &list[out->n];

        read_receipt(&r, one, mem);
        out->won += one->won;
        out->cash += one->method == JM_FEE_CASH ? one->won : 0;
        out->card += one->method == JM_FEE_CARD ? one->won : 0;
        out->n += out->n < JM_TILL_LIST_MAX;
    }
    return jm_sql_end(&r);
}
