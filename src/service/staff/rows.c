/* SPDX-License-Identifier: Apache-2.0 */
#include "service/staff/parts.h"

#include <string.h>

#include "service/sql.h"

enum jm_status jm_staff_rows_add(struct jm_tx *tx, const struct jm_staff *s)
{
    return jm_sql_run(
        tx, "INSERT INTO staff (name, role, centre, key, person, state) VALUES ($1,$2,$3,$4,$5,$6)",
        JM_ARGS(JM_T(s->name), JM_I(s->role), JM_T(s->centre), JM_B(jm_point_bytes(&s->key)),
                s->has_person ? JM_ID(&s->person) : JM_NUL, JM_I(JM_STAFF_ENROLLED)));
}

enum jm_status jm_staff_rows_end_access(struct jm_tx *tx, struct jm_bytes name)
{
    JM_TRY(jm_sql_run(tx, "DELETE FROM staff_session WHERE name = $1", JM_ARGS(JM_T(name))));
    JM_TRY(jm_sql_run(tx, "DELETE FROM staff_passkey WHERE name = $1", JM_ARGS(JM_T(name))));
    return jm_sql_run(tx, "DELETE FROM staff_link WHERE name = $1", JM_ARGS(JM_T(name)));
}

enum jm_status jm_staff_rows_remove(struct jm_tx *tx, struct jm_bytes name)
{
    JM_TRY(jm_staff_rows_end_access(tx, name));
    return jm_sql_cas(tx, "UPDATE staff SET state = $1 WHERE name = $2 AND state = $3",
                      JM_ARGS(JM_I(JM_STAFF_REMOVED), JM_T(name), JM_I(JM_STAFF_ENROLLED)));
}

enum jm_status jm_staff_rows_get(struct jm_tx *tx, struct jm_bytes name, struct jm_staff *out,
                                 struct jm_arena *mem)
{
    struct jm_bytes key, person;
    struct jm_rows r;

    memset(out, 0, sizeof *out);
    JM_TRY(jm_sql_one(&r, tx,
                      "SELECT name, role, centre, key, state, person FROM staff WHERE name = $1",
                      JM_ARGS(JM_T(name))));
    out->name = jm_col_text(&r, mem);
    out->role = jm_col_small(&r);
    out->centre = jm_col_text(&r, mem);
    key = jm_col_blob(&r, mem);
    out->state = jm_col_int(&r);
    person = jm_col_blob(&r, mem);
    if ((out->has_person = person.len == sizeof out->person.octets))
        memcpy(out->person.octets, person.ptr, person.len);
    JM_TRY(jm_sql_end(&r));
    return jm_point_set(&out->key, JM_CURVE_P256, key) == JM_OK ? JM_OK : JM_E_TYPE;
}

enum jm_status jm_staff_rows_count(struct jm_tx *tx, enum jm_staff_role role, int64_t *n)
{
    return jm_sql_int(n, tx, "SELECT COUNT(*) FROM staff WHERE role = $1 AND state = $2",
                      JM_ARGS(JM_I(role), JM_I(JM_STAFF_ENROLLED)));
}

enum jm_status jm_staff_rows_challenge(struct jm_tx *tx, const uint8_t hash[32],
                                       struct jm_bytes name, int64_t expires)
{
    JM_TRY(jm_sql_run(tx, "DELETE FROM staff_challenge WHERE expires < $1",
                      JM_ARGS(JM_I(jm_tx_now(tx)))));
    return jm_sql_run(tx, "INSERT INTO staff_challenge (hash, name, expires) VALUES ($1,$2,$3)",
                      JM_ARGS(JM_HASH(hash), JM_T(name), JM_I(expires)));
}

enum jm_status jm_staff_rows_take(struct jm_tx *tx, const uint8_t hash[32], struct jm_bytes name)
{
    return jm_sql_cas(tx,
                      "DELETE FROM staff_challenge WHERE hash = $1 AND name = $2 AND expires >= $3",
                      JM_ARGS(JM_HASH(hash), JM_T(name), JM_I(jm_tx_now(tx))));
}

enum jm_status jm_staff_rows_session(struct jm_tx *tx, const uint8_t hash[32], struct jm_bytes name,
                                     int64_t proven)
{
    return jm_sql_run(
        tx, "INSERT INTO staff_session (hash, name, seen, created, proven) VALUES ($1,$2,$3,$4,$5)",
        JM_ARGS(JM_HASH(hash), JM_T(name), JM_I(jm_tx_now(tx)), JM_I(jm_tx_now(tx)), JM_I(proven)));
}

enum jm_status jm_staff_rows_session_of(struct jm_tx *tx, const uint8_t hash[32],
                                        int64_t idle_since, struct jm_staff_sitting *out,
                                        struct jm_arena *mem)
{
    struct jm_rows r;

    JM_TRY(jm_sql_one(&r, tx,
                      "SELECT name, proven FROM staff_session WHERE hash = $1 AND seen >= $2",
                      JM_ARGS(JM_HASH(hash), JM_I(idle_since))));
    out->name = jm_col_text(&r, mem);
    out->proven = jm_col_int(&r);
    return jm_sql_end(&r);
}

enum jm_status jm_staff_rows_touch(struct jm_tx *tx, const uint8_t hash[32], int64_t idle_since,
                                   struct jm_staff_sitting *out, struct jm_arena *mem)
{
    JM_TRY(jm_staff_rows_session_of(tx, hash, idle_since, out, mem));
    return jm_sql_run(tx, "UPDATE staff_session SET seen = $1 WHERE hash = $2",
                      JM_ARGS(JM_I(jm_tx_now(tx)), JM_HASH(hash)));
}

enum jm_status jm_staff_rows_sweep(struct jm_tx *tx, int64_t idle_since)
{
    JM_TRY(jm_sql_run(tx, "DELETE FROM staff_challenge WHERE expires < $1",
                      JM_ARGS(JM_I(jm_tx_now(tx)))));
    JM_TRY(
        jm_sql_run(tx, "DELETE FROM staff_link WHERE expires < $1", JM_ARGS(JM_I(jm_tx_now(tx)))));
    return jm_sql_run(tx, "DELETE FROM staff_session WHERE seen < $1", JM_ARGS(JM_I(idle_since)));
}

enum jm_status jm_staff_rows_leave(struct jm_tx *tx, const uint8_t hash[32])
{
    return jm_sql_run(tx, "DELETE FROM staff_session WHERE hash = $1", JM_ARGS(JM_HASH(hash)));
}

enum jm_status jm_staff_sign_out_all_in(struct jm_tx *tx)
{
    JM_TRY(jm_sql_run(tx, "DELETE FROM staff_session", JM_NO_ARGS));
    JM_TRY(jm_sql_run(tx, "DELETE FROM staff_link", JM_NO_ARGS));
    return jm_sql_run(tx, "DELETE FROM staff_challenge", JM_NO_ARGS);
}

/* -- passkeys -- */

enum jm_status jm_link_rows_add(struct jm_tx *tx, const uint8_t hash[32], struct jm_bytes name,
                                int64_t expires)
{
    JM_TRY(jm_sql_run(tx, "DELETE FROM staff_link WHERE name = $1", JM_ARGS(JM_T(name))));
    return jm_sql_run(tx, "INSERT INTO staff_link (hash, name, expires) VALUES ($1,$2,$3)",
                      JM_ARGS(JM_HASH(hash), JM_T(name), JM_I(expires)));
}

enum jm_status jm_link_rows_get(struct jm_tx *tx, const uint8_t hash[32], struct jm_bytes *name,
                                struct jm_arena *mem)
{
    struct jm_rows r;

    JM_TRY(jm_sql_one(&r, tx, "SELECT name FROM staff_link WHERE hash = $1 AND expires >= $2",
                      JM_ARGS(JM_HASH(hash), JM_I(jm_tx_now(tx)))));
    *name = jm_col_text(&r, mem);
    return jm_sql_end(&r);
}

enum jm_status jm_link_rows_take(struct jm_tx *tx, const uint8_t hash[32])
{
    return jm_sql_cas(tx, "DELETE FROM staff_link WHERE hash = $1 AND expires >= $2",
                      JM_ARGS(JM_HASH(hash), JM_I(jm_tx_now(tx))));
}

enum jm_status jm_passkey_rows_add(struct jm_tx *tx, const struct jm_passkey *p)
{
    return jm_sql_run(
        tx,
        "INSERT INTO staff_passkey (id, name, key, uses, created, seen) VALUES ($1,$2,$3,$4,$5,$6)",
        JM_ARGS(JM_B(p->id), JM_T(p->name), JM_B(jm_point_bytes(&p->key)), JM_I(p->uses),
                JM_I(jm_tx_now(tx)), JM_I(jm_tx_now(tx))));
}

enum jm_status jm_passkey_rows_get(struct jm_tx *tx, struct jm_bytes id, struct jm_passkey *out,
                                   struct jm_arena *mem)
{
    struct jm_bytes key;
    struct jm_rows r;

    memset(out, 0, sizeof *out);
    JM_TRY(jm_sql_one(&r, tx, "SELECT name, key, uses FROM staff_passkey WHERE id = $1",
                      JM_ARGS(JM_B(id))));
    out->id = id;
    out->name = jm_col_text(&r, mem);
    key = jm_col_blob(&r, mem);
    out->uses = jm_col_int(&r);
    JM_TRY(jm_sql_end(&r));
    return jm_point_set(&out->key, JM_CURVE_P256, key) == JM_OK ? JM_OK : JM_E_TYPE;
}

enum jm_status jm_passkey_rows_used(struct jm_tx *tx, struct jm_bytes id, int64_t uses)
{
    return jm_sql_cas(tx, "UPDATE staff_passkey SET uses = $1, seen = $2 WHERE id = $3",
                      JM_ARGS(JM_I(uses), JM_I(jm_tx_now(tx)), JM_B(id)));
}
