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

/* -- asked for a fresh photo -- */

#define ASK "id, person, centre, clerk, reason, at, by"

static void read_ask(struct jm_rows *r, struct jm_photo_ask *out, struct jm_arena *mem)
{
    jm_col_id(r, &out->id);
    jm_col_id(r, &out->person);
    out->centre = jm_col_text(r, mem);
    out->clerk = jm_col_text(r, mem);
    out->reason = jm_col_text(r, mem);
    out->at = jm_col_int(r);
    out->by = jm_col_text(r, mem);
}

enum jm_status jm_photo_rows_sweep(struct jm_tx *tx, int64_t before)
{
    return jm_sql_run(tx, "DELETE FROM photo_ask WHERE at < $1", JM_ARGS(JM_I(before)));
}

enum jm_status jm_photo_rows_ask(struct jm_tx *tx, const struct jm_photo_ask *a)
{
    JM_TRY(jm_sql_run(tx, "DELETE FROM photo_ask WHERE person = $1 AND centre = $2 AND by IS NULL",
                      JM_ARGS(JM_ID(&a->person), JM_T(a->centre))));
    return jm_sql_run(
        tx,
        "INSERT INTO photo_ask (id, person, centre, clerk, reason, at) VALUES ($1,$2,$3,$4,$5,$6)",
        JM_ARGS(JM_ID(&a->id), JM_ID(&a->person), JM_T(a->centre), JM_T(a->clerk), JM_T(a->reason),
                JM_I(jm_tx_now(tx))));
}

enum jm_status jm_photo_rows_get(struct jm_tx *tx, const struct jm_id *id, struct jm_photo_ask *out,
                                 struct jm_arena *mem)
{
    struct jm_rows r;

    JM_TRY(jm_sql_one(&r, tx, "SELECT " ASK " FROM photo_ask WHERE id = $1", JM_ARGS(JM_ID(id))));
    read_ask(&r, out, mem);
    return jm_sql_end(&r);
}

enum jm_status jm_photo_rows_of(struct jm_tx *tx, struct jm_bytes centre, struct jm_bytes clerk,
                                int64_t since, struct jm_photo_ask *out, size_t *n,
                                struct jm_arena *mem)
{
    struct jm_rows r;

    *n = 0;
    JM_TRY(jm_sql_open(&r, tx,
                       "SELECT " ASK " FROM photo_ask WHERE centre = $1 AND at >= $2 AND (clerk = "
                       "$3 OR $3 = '') ORDER BY at DESC, id",
                       JM_ARGS(JM_T(centre), JM_I(since), JM_T(clerk))));
    while (*n < JM_PHOTO_ASKS_MAX && jm_sql_next(&r))
        read_ask(&r, &out[(*n)++], mem);
    return jm_sql_end(&r);
}

enum jm_status jm_photo_rows_grant(struct jm_tx *tx, const struct jm_id *id, struct jm_bytes by)
{
    return jm_sql_cas(tx, "UPDATE photo_ask SET by = $1 WHERE id = $2 AND by IS NULL",
                      JM_ARGS(JM_T(by), JM_ID(id)));
}
