/* SPDX-License-Identifier: Apache-2.0 */
#include "service/tap/parts.h"

#include <string.h>

#include "service/sql.h"

#define LIVE JM_I(JM_TAP_CREATED), JM_I(JM_TAP_OPENED)

enum jm_status jm_tap_rows_add(struct jm_tx *tx, const struct jm_tap *t)
{
    return jm_sql_run(tx,
                      "INSERT INTO tap (id, pushed, client, instance, jkt, keys, nonce, stands, "
                      "opens, serial, reason, at, expires) VALUES "
                      "($1,$2,$3,$4,$5,$6,$7,$8,0,'','',$9,$10)",
                      JM_ARGS(JM_ID(&t->id), JM_HASH(t->pushed), JM_T(t->client),
                              JM_HASH(t->instance), JM_HASH(t->jkt), JM_B(t->keys),
                              JM_HASH(t->nonce), JM_I(JM_TAP_CREATED), JM_I(t->at),
                              JM_I(t->expires)));
}

enum jm_status jm_tap_rows_in(struct jm_tx *tx, const struct jm_id *id, struct jm_tap *out,
                              struct jm_arena *mem)
{
    struct jm_rows r;

    memset(out, 0, sizeof *out);
    out->id = *id;
    JM_TRY(jm_sql_one(&r, tx,
                      "SELECT pushed, client, instance, jkt, keys, nonce, stands, opens, serial, "
                      "session, at, expires FROM tap WHERE id = $1",
                      JM_ARGS(JM_ID(id))));
    jm_col_exact(&r, out->pushed, 32);
    out->client = jm_col_text(&r, mem);
    jm_col_exact(&r, out->instance, 32);
    jm_col_exact(&r, out->jkt, 32);
    out->keys = jm_col_blob(&r, mem);
    jm_col_exact(&r, out->nonce, 32);
    out->stands = jm_col_small(&r);
    out->opens = jm_col_int(&r);
    out->serial = jm_col_text(&r, mem);
    out->session = jm_col_blob(&r, mem);
    out->at = jm_col_int(&r);
    out->expires = jm_col_int(&r);
    return jm_sql_end(&r);
}

enum jm_status jm_tap_rows_end_of(struct jm_tx *tx, const uint8_t pushed[32])
{
    return jm_sql_run(tx,
                      "UPDATE tap SET stands = $1, session = NULL, reason = 'ANOTHER' WHERE pushed "
                      "= $2 AND stands IN ($3, $4)",
                      JM_ARGS(JM_I(JM_TAP_ABANDONED), JM_HASH(pushed), LIVE));
}

enum jm_status jm_tap_rows_open(struct jm_tx *tx, const struct jm_tap *t, const uint8_t nonce[32],
                                struct jm_bytes serial, struct jm_bytes session)
{
    return jm_sql_cas(tx,
                      "UPDATE tap SET stands = $1, opens = opens + 1, nonce = $2, serial = $3, "
                      "session = $4 WHERE id = $5 AND nonce = $6 AND stands IN ($7, $8)",
                      JM_ARGS(JM_I(JM_TAP_OPENED), JM_HASH(nonce), JM_T(serial), JM_B(session),
                              JM_ID(&t->id), JM_HASH(t->nonce), LIVE));
}

enum jm_status jm_tap_rows_end(struct jm_tx *tx, const struct jm_tap *t, enum jm_tap_state to,
                               const char *reason)
{
    return jm_sql_cas(tx,
                      "UPDATE tap SET stands = $1, session = NULL, reason = $2 WHERE id = $3 AND "
                      "nonce = $4 AND stands IN ($5, $6)",
                      JM_ARGS(JM_I(to), JM_T(jm_str(reason)), JM_ID(&t->id), JM_HASH(t->nonce),
                              LIVE));
}

enum jm_status jm_tap_rows_of_card(struct jm_tx *tx, struct jm_bytes serial, int64_t since,
                                   int64_t *n)
{
    return jm_sql_int(n, tx, "SELECT count(*) FROM tap WHERE serial = $1 AND at >= $2",
                      JM_ARGS(JM_T(serial), JM_I(since)));
}

enum jm_status jm_tap_rows_of_instance(struct jm_tx *tx, const uint8_t instance[32], int64_t since,
                                       int64_t *n)
{
    return jm_sql_int(n, tx, "SELECT count(*) FROM tap WHERE instance = $1 AND at >= $2",
                      JM_ARGS(JM_HASH(instance), JM_I(since)));
}

enum jm_status jm_taps_sweep_in(struct jm_tx *tx, int64_t before)
{
    JM_TRY(jm_sql_run(tx, "DELETE FROM takeover WHERE at <= $1", JM_ARGS(JM_I(before))));
    return jm_sql_run(tx, "DELETE FROM tap WHERE expires <= $1", JM_ARGS(JM_I(before)));
}

enum jm_status jm_takeover_rows_get(struct jm_tx *tx, const struct jm_id *person,
                                    struct jm_takeover *out)
{
    struct jm_rows r;

    memset(out, 0, sizeof *out);
    JM_TRY(jm_sql_one(&r, tx, "SELECT instance, at, said FROM takeover WHERE person = $1",
                      JM_ARGS(JM_ID(person))));
    jm_col_exact(&r, out->instance, 32);
    out->at = jm_col_int(&r);
    out->said = jm_col_small(&r);
    return jm_sql_end(&r);
}

enum jm_status jm_takeover_rows_put(struct jm_tx *tx, const struct jm_id *person,
                                    const uint8_t instance[32])
{
    JM_TRY(jm_sql_run(tx, "DELETE FROM takeover WHERE person = $1", JM_ARGS(JM_ID(person))));
    return jm_sql_run(tx, "INSERT INTO takeover (person, instance, at, said) VALUES ($1,$2,$3,$4)",
                      JM_ARGS(JM_ID(person), JM_HASH(instance), JM_I(jm_tx_now(tx)),
                              JM_I(JM_TAKEOVER_OPEN)));
}

enum jm_status jm_takeover_rows_say(struct jm_tx *tx, const struct jm_id *person,
                                    enum jm_takeover_said said)
{
    return jm_sql_run(tx, "UPDATE takeover SET said = $1 WHERE person = $2",
                      JM_ARGS(JM_I(said), JM_ID(person)));
}

enum jm_status jm_chip_rows_add(struct jm_tx *tx, const struct jm_chip_row *c)
{
    return jm_sql_run(
        tx,
        "INSERT INTO chip (id, serial, person, key, puk, made, pin) VALUES ($1,$2,$3,$4,$5,$6,$7)",
        JM_ARGS(JM_ID(&c->id), JM_T(c->serial), JM_ID(&c->person),
                JM_B(jm_bytes(c->key, sizeof c->key)), JM_B(c->puk), JM_I(jm_tx_now(tx)),
                JM_I(c->pin)));
}

enum jm_status jm_chip_rows_of(struct jm_tx *tx, struct jm_bytes serial, struct jm_chip_row *out,
                               struct jm_arena *mem)
{
    struct jm_rows r;

    memset(out, 0, sizeof *out);
    JM_TRY(jm_sql_one(&r, tx,
                      "SELECT id, person, serial, key, puk, pin FROM chip WHERE serial = $1",
                      JM_ARGS(JM_T(serial))));
    jm_col_id(&r, &out->id);
    jm_col_id(&r, &out->person);
    out->serial = jm_col_text(&r, mem);
    jm_col_exact(&r, out->key, sizeof out->key);
    out->puk = jm_col_blob(&r, mem);
    out->pin = jm_col_int(&r) != 0;
    return jm_sql_end(&r);
}

enum jm_status jm_chip_rows_pin(struct jm_tx *tx, const struct jm_id *id)
{
    return jm_sql_cas(tx, "UPDATE chip SET pin = 1 WHERE id = $1", JM_ARGS(JM_ID(id)));
}

enum jm_status jm_chip_is_made_in(struct jm_tx *tx, struct jm_bytes serial, bool *made)
{
    return jm_sql_any(made, tx, "SELECT count(*) FROM chip WHERE serial = $1",
                      JM_ARGS(JM_T(serial)));
}
