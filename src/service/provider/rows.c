/* SPDX-License-Identifier: Apache-2.0 */
#include "service/provider/parts.h"

#include "service/sql.h"

enum jm_status jm_instance_rows_see(struct jm_tx *tx, const uint8_t jkt[32],
                                    struct jm_bytes platform, bool *withdrawn)
{
    int64_t state;

    JM_TRY(jm_sql_run(tx,
                      "INSERT INTO instance (jkt, platform, first, seen, state) VALUES "
                      "($1,$2,$3,$3,$4) ON CONFLICT (jkt) DO UPDATE SET seen = excluded.seen",
                      JM_ARGS(JM_HASH(jkt), JM_T(platform), JM_I(jm_tx_now(tx)),
                              JM_I(JM_INSTANCE_KNOWN))));
    JM_TRY(
        jm_sql_int(&state, tx, "SELECT state FROM instance WHERE jkt = $1", JM_ARGS(JM_HASH(jkt))));
    *withdrawn = state != JM_INSTANCE_KNOWN;
    return JM_OK;
}

enum jm_status jm_instance_rows_withdraw(struct jm_tx *tx, const uint8_t jkt[32])
{
    return jm_sql_cas(tx, "UPDATE instance SET state = $1 WHERE jkt = $2",
                      JM_ARGS(JM_I(JM_INSTANCE_WITHDRAWN), JM_HASH(jkt)));
}

enum jm_status jm_instance_rows_sweep(struct jm_tx *tx, int64_t once, int64_t unseen)
{
    JM_TRY(jm_sql_run(
        tx,
        "DELETE FROM pin WHERE jkt IN (SELECT jkt FROM instance WHERE state = $1 AND seen <= $2)",
        JM_ARGS(JM_I(JM_INSTANCE_KNOWN), JM_I(unseen))));
    return jm_sql_run(
        tx,
        "DELETE FROM instance WHERE state = $1 AND (seen <= $2 OR (seen = first AND seen <= $3 AND "
        "jkt NOT IN (SELECT jkt FROM pin)))",
        JM_ARGS(JM_I(JM_INSTANCE_KNOWN), JM_I(unseen), JM_I(once)));
}

enum jm_status jm_instance_rows_touch(struct jm_tx *tx, const uint8_t jkt[32])
{
    return jm_sql_run(tx, "UPDATE instance SET seen = $1 WHERE jkt = $2",
                      JM_ARGS(JM_I(jm_tx_now(tx)), JM_HASH(jkt)));
}

/* -- PINs -- */

enum jm_status jm_pin_rows_set(struct jm_tx *tx, const struct jm_pin_row *row)
{
    JM_TRY(
        jm_sql_run(tx, "DELETE FROM pin WHERE jkt = $1 AND live = 0", JM_ARGS(JM_HASH(row->jkt))));
    return jm_sql_run(tx,
                      "INSERT INTO pin (id, jkt, auth, point, salt, tries, next, live) VALUES "
                      "($1,$2,$3,$4,$5,0,0,0)",
                      JM_ARGS(JM_ID(&row->id), JM_HASH(row->jkt), JM_HASH(row->auth),
                              JM_B(jm_point_bytes(&row->point)), JM_HASH(row->salt)));
}

enum jm_status jm_pin_rows_find(struct jm_tx *tx, struct jm_pin_row *out, const struct jm_id *id,
                                bool *withdrawn)
{
    uint8_t point[1 + 2 * 32]; /* uncompressed */
    struct jm_rows r;

    JM_TRY(jm_sql_one(&r, tx,
                      "SELECT p.jkt, p.auth, p.point, p.salt, p.tries, p.next, i.state FROM pin p "
                      "JOIN instance i ON i.jkt = p.jkt WHERE p.id = $1",
                      JM_ARGS(JM_ID(id))));
    out->id = *id;
    jm_col_exact(&r, out->jkt, sizeof out->jkt);
    jm_col_exact(&r, out->auth, sizeof out->auth);
    jm_col_exact(&r, point, sizeof point);
    out->open = jm_col_maybe(&r, out->salt, sizeof out->salt);
    out->tries = jm_col_int(&r);
    out->next = jm_col_int(&r);
    *withdrawn = jm_col_int(&r) != JM_INSTANCE_KNOWN;
    JM_TRY(jm_sql_end(&r));
    return jm_point_set(&out->point, JM_CURVE_P256, jm_bytes(point, sizeof point));
}

enum jm_status jm_pin_rows_count(struct jm_tx *tx, const struct jm_id *id, int64_t tries,
                                 int64_t next, bool open)
{
    JM_TRY(jm_sql_cas(tx, "UPDATE pin SET tries = $1, next = $2 WHERE id = $3",
                      JM_ARGS(JM_I(tries), JM_I(next), JM_ID(id))));
    return open ? JM_OK
                : jm_sql_run(tx, "UPDATE pin SET salt = NULL WHERE id = $1", JM_ARGS(JM_ID(id)));
}

enum jm_status jm_pin_rows_right(struct jm_tx *tx, const struct jm_pin_row *row)
{
    JM_TRY(jm_sql_run(tx, "DELETE FROM pin WHERE jkt = $1 AND id <> $2",
                      JM_ARGS(JM_HASH(row->jkt), JM_ID(&row->id))));
    return jm_sql_cas(tx, "UPDATE pin SET tries = 0, next = 0, live = 1 WHERE id = $1",
                      JM_ARGS(JM_ID(&row->id)));
}

enum jm_status jm_pin_rows_sweep(struct jm_tx *tx)
{
    return jm_sql_run(tx,
                      "DELETE FROM pin WHERE jkt IN (SELECT jkt FROM instance WHERE state = $1)",
                      JM_ARGS(JM_I(JM_INSTANCE_WITHDRAWN)));
}
