/* SPDX-License-Identifier: Apache-2.0 */
#include "service/fees/fees.h"

#include "service/sql.h"

enum jm_status jm_fee_receipt_in(struct jm_tx *tx, const struct jm_id *person, struct jm_bytes rule,
                                 int64_t won, struct jm_bytes desk)
{
    return jm_sql_run(
        tx, "INSERT INTO fee_receipt (person, at, rule, won, desk) VALUES ($1,$2,$3,$4,$5)",
        JM_ARGS(JM_ID(person), JM_I(jm_tx_now(tx)), JM_T(rule), JM_I(won), JM_T(desk)));
}

enum jm_status jm_fee_till_in(struct jm_tx *tx, struct jm_bytes desk, int64_t from, int64_t to,
                              int64_t *won)
{
    return jm_sql_int(
        won, tx,
        "SELECT coalesce(sum(won), 0) FROM fee_receipt WHERE desk = $1 AND at >= $2 AND at < $3",
        JM_ARGS(JM_T(desk), JM_I(from), JM_I(to)));
}
