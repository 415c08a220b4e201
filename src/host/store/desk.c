/* SPDX-License-Identifier: Apache-2.0 */
#include "service/desk/store.h"

#include "host/store/store.h"

enum jm_status jm_plastic_store_tries(struct jm_tx *tx, const struct jm_id *person,
                                      struct jm_bytes staff, int64_t since,
                                      struct jm_plastic_tries *out)
{
    *out = (struct jm_plastic_tries){INT64_MAX, INT64_MAX, INT64_MAX};
    JM_TRY(jm_sql_int(
        &out->clerks, tx,
        "SELECT count(*) FROM plastic_try WHERE person = ? AND supervisor = 0 AND at > ?",
        JM_ARGS(JM_ID(person), JM_I(since))));
    JM_TRY(jm_sql_int(&out->own, tx,
                      "SELECT count(*) FROM plastic_try WHERE person = ? AND staff = ? AND at > ?",
                      JM_ARGS(JM_ID(person), JM_T(staff), JM_I(since))));
    return jm_sql_int(&out->all, tx, "SELECT count(*) FROM plastic_try WHERE staff = ? AND at > ?",
                      JM_ARGS(JM_T(staff), JM_I(since)));
}

enum jm_status jm_plastic_store_try(struct jm_tx *tx, const struct jm_id *person,
                                    const struct jm_staff *staff, int64_t since)
{
    JM_TRY(jm_sql_run(tx, "DELETE FROM plastic_try WHERE at <= ?", JM_ARGS(JM_I(since))));
    return jm_sql_run(tx,
                      "INSERT INTO plastic_try (person, staff, supervisor, at) VALUES (?,?,?,?)",
                      JM_ARGS(JM_ID(person), JM_T(staff->name),
                              JM_I(staff->role == JM_ROLE_SUPERVISOR), JM_I(jm_tx_now(tx))));
}

enum jm_status jm_plastic_store_clear(struct jm_tx *tx, const struct jm_id *person)
{
    return jm_sql_run(tx, "DELETE FROM plastic_try WHERE person = ?", JM_ARGS(JM_ID(person)));
}
