/* SPDX-License-Identifier: Apache-2.0 */
#include "service/desk/parts.h"

#include "service/sql.h"

enum jm_status jm_plastic_rows_tries(struct jm_tx *tx, const struct jm_id *person,
                                     struct jm_bytes staff, int64_t since,
                                     struct jm_plastic_tries *out)
{
    *out = (struct jm_plastic_tries){INT64_MAX, INT64_MAX, INT64_MAX};
    JM_TRY(jm_sql_int(
        &out->clerks, tx,
        "SELECT count(*) FROM plastic_try WHERE person = $1 AND supervisor = 0 AND at > $2",
        JM_ARGS(JM_ID(person), JM_I(since))));
    JM_TRY(
        jm_sql_int(&out->own, tx,
                   "SELECT count(*) FROM plastic_try WHERE person = $1 AND staff = $2 AND at > $3",
                   JM_ARGS(JM_ID(person), JM_T(staff), JM_I(since))));
    return jm_sql_int(&out->all, tx,
                      "SELECT count(*) FROM plastic_try WHERE staff = $1 AND at > $2",
                      JM_ARGS(JM_T(staff), JM_I(since)));
}

enum jm_status jm_plastic_rows_try(struct jm_tx *tx, const struct jm_id *person,
                                   const struct jm_staff *staff, int64_t since)
{
    JM_TRY(jm_sql_run(tx, "DELETE FROM plastic_try WHERE at <= $1", JM_ARGS(JM_I(since))));
    return jm_sql_run(
        tx, "INSERT INTO plastic_try (person, staff, supervisor, at) VALUES ($1,$2,$3,$4)",
        JM_ARGS(JM_ID(person), JM_T(staff->name), JM_I(staff->role == JM_ROLE_SUPERVISOR),
                JM_I(jm_tx_now(tx))));
}

enum jm_status jm_plastic_rows_clear(struct jm_tx *tx, const struct jm_id *person)
{
    return jm_sql_run(tx, "DELETE FROM plastic_try WHERE person = $1", JM_ARGS(JM_ID(person)));
}
