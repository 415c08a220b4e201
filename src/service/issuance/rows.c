/* SPDX-License-Identifier: Apache-2.0 */
#include "service/issuance/parts.h"

#include <string.h>

#include "service/sql.h"

enum jm_status jm_token_rows_add(struct jm_tx *tx, int kind, const uint8_t hash[32],
                                 const struct jm_grant *g, int64_t expires)
{
    return jm_sql_run(tx,
                      "INSERT INTO token (hash, kind, desk_case, card, instance, jkt, client, "
                      "scope, details, created, expires) VALUES "
                      "($1,$2,$3,$4,$5,$6,$7,$8,$9,$10,$11)",
                      JM_ARGS(JM_HASH(hash), JM_I(kind),
                              g->has_case ? JM_ID(&g->desk_case) : JM_NUL,
                              g->has_card ? JM_ID(&g->card) : JM_NUL, JM_HASH(g->instance),
                              JM_HASH(g->jkt), JM_T(g->client), JM_T(g->scope), JM_T(g->details),
                              JM_I(jm_tx_now(tx)), JM_I(expires)));
}

enum jm_status jm_token_rows_find(struct jm_tx *tx, int kind, const uint8_t hash[32],
                                  struct jm_grant *out, struct jm_arena *mem)
{
    struct jm_bytes id;
    struct jm_rows r;

    memset(out, 0, sizeof *out);
    JM_TRY(jm_sql_one(&r, tx,
                      "SELECT desk_case, card, instance, jkt, client, scope, details, expires "
                      "FROM token WHERE hash = $1 AND kind = $2 AND expires > $3",
                      JM_ARGS(JM_HASH(hash), JM_I(kind), JM_I(jm_tx_now(tx)))));
    id = jm_col_blob(&r, mem);
    if ((out->has_case = id.len == 16))
        memcpy(out->desk_case.octets, id.ptr, 16);
    id = jm_col_blob(&r, mem);
    if ((out->has_card = id.len == 16))
        memcpy(out->card.octets, id.ptr, 16);
    jm_col_exact(&r, out->instance, 32);
    jm_col_exact(&r, out->jkt, 32);
    out->client = jm_col_text(&r, mem);
    out->scope = jm_col_text(&r, mem);
    out->details = jm_col_text(&r, mem);
    out->expires = jm_col_int(&r);
    return jm_sql_end(&r);
}

enum jm_status jm_token_rows_adopt(struct jm_tx *tx, const struct jm_id *desk_case,
                                   const struct jm_id *card)
{
    return jm_sql_run(tx, "UPDATE token SET card = $1 WHERE desk_case = $2",
                      JM_ARGS(JM_ID(card), JM_ID(desk_case)));
}

enum jm_status jm_token_rows_replace(struct jm_tx *tx, const struct jm_id *desk_case)
{
    return jm_sql_run(tx, "DELETE FROM token WHERE desk_case = $1 AND card IS NULL",
                      JM_ARGS(JM_ID(desk_case)));
}

enum jm_status jm_token_rows_end_of(struct jm_tx *tx, const struct jm_id *desk_case)
{
    return jm_sql_run(tx, "DELETE FROM token WHERE desk_case = $1", JM_ARGS(JM_ID(desk_case)));
}

enum jm_status jm_token_rows_prolong(struct jm_tx *tx, const uint8_t hash[32], int64_t expires)
{
    return jm_sql_cas(tx, "UPDATE token SET expires = $1 WHERE hash = $2 AND kind = $3",
                      JM_ARGS(JM_I(expires), JM_HASH(hash), JM_I(JM_TOKEN_REFRESH)));
}

enum jm_status jm_token_rows_sweep(struct jm_tx *tx, int64_t now)
{
    return jm_sql_run(tx, "DELETE FROM token WHERE expires <= $1", JM_ARGS(JM_I(now)));
}

enum jm_status jm_tokens_end_in(struct jm_tx *tx, int64_t *n)
{
    JM_TRY(jm_sql_run(tx, "DELETE FROM token", JM_NO_ARGS));
    if (n != NULL)
        *n = jm_sql_changed(tx);
    return JM_OK;
}

/* -- pushed requests -- */

enum jm_status jm_pushed_rows_add(struct jm_tx *tx, const struct jm_pushed *p)
{
    return jm_sql_run(
        tx,
        "INSERT INTO pushed (uri, client, instance, jkt, redirect_uri, challenge, scope, details, "
        "state, stands, at, expires) VALUES ($1,$2,$3,$4,$5,$6,$7,$8,$9,$10,$11,$12)",
        JM_ARGS(JM_HASH(p->uri), JM_T(p->client), JM_HASH(p->instance),
                p->has_jkt ? JM_HASH(p->jkt) : JM_NUL, JM_T(p->redirect_uri), JM_HASH(p->challenge),
                JM_T(p->scope), JM_T(p->details), p->has_state ? JM_T(p->state) : JM_NUL,
                JM_I(JM_PUSHED_WAITS), JM_I(p->at), JM_I(p->expires)));
}

#define PUSHED                                                                                    \
    "SELECT uri, client, instance, jkt, redirect_uri, challenge, scope, details, state, stands, " \
    "at, expires, desk_case FROM pushed WHERE "

static enum jm_status read_pushed(struct jm_rows *r, struct jm_pushed *p, struct jm_arena *mem)
{
    memset(p, 0, sizeof *p);
    jm_col_exact(r, p->uri, 32);
    p->client = jm_col_text(r, mem);
    jm_col_exact(r, p->instance, 32);
    p->has_jkt = jm_col_maybe(r, p->jkt, 32);
    p->redirect_uri = jm_col_text(r, mem);
    jm_col_exact(r, p->challenge, 32);
    p->scope = jm_col_text(r, mem);
    p->details = jm_col_text(r, mem);
    p->has_state = !jm_col_is_null(r);
    p->state = jm_col_text(r, mem);
    p->stands = jm_col_small(r);
    p->at = jm_col_int(r);
    p->expires = jm_col_int(r);
    p->has_case = jm_col_maybe(r, p->desk_case.octets, 16);
    return jm_sql_end(r);
}

enum jm_status jm_pushed_rows_find(struct jm_tx *tx, const uint8_t uri[32], struct jm_pushed *out,
                                   struct jm_arena *mem)
{
    struct jm_rows r;

    JM_TRY(jm_sql_one(&r, tx, PUSHED "uri = $1", JM_ARGS(JM_HASH(uri))));
    return read_pushed(&r, out, mem);
}

enum jm_status jm_pushed_rows_of_case(struct jm_tx *tx, const struct jm_id *desk_case,
                                      struct jm_pushed *out, struct jm_arena *mem)
{
    struct jm_rows r;

    JM_TRY(jm_sql_one(&r, tx, PUSHED "desk_case = $1", JM_ARGS(JM_ID(desk_case))));
    return read_pushed(&r, out, mem);
}

enum jm_status jm_pushed_rows_prolong(struct jm_tx *tx, const uint8_t uri[32], int64_t expires)
{
    return jm_sql_run(tx, "UPDATE pushed SET expires = $1 WHERE uri = $2 AND stands = $3",
                      JM_ARGS(JM_I(expires), JM_HASH(uri), JM_I(JM_PUSHED_WAITS)));
}

enum jm_status jm_pushed_rows_end(struct jm_tx *tx, const uint8_t uri[32],
                                  const struct jm_id *desk_case, const uint8_t *jkt)
{
    return jm_sql_cas(
        tx,
        "UPDATE pushed SET stands = $1, desk_case = $2, jkt = COALESCE(jkt, $3) WHERE uri = $4 AND "
        "stands = $5",
        JM_ARGS(JM_I(desk_case != NULL ? JM_PUSHED_COMPLETED : JM_PUSHED_DENIED),
                desk_case != NULL ? JM_ID(desk_case) : JM_NUL, jkt != NULL ? JM_HASH(jkt) : JM_NUL,
                JM_HASH(uri), JM_I(JM_PUSHED_WAITS)));
}

enum jm_status jm_pushed_rows_sweep(struct jm_tx *tx, int64_t before)
{
    return jm_sql_run(tx, "DELETE FROM pushed WHERE expires <= $1", JM_ARGS(JM_I(before)));
}

/* -- people of synthetic homes -- */

enum jm_status jm_login_rows_put(struct jm_tx *tx, struct jm_bytes name, const struct jm_id *person,
                                 const uint8_t mac[32])
{
    JM_TRY(jm_sql_run(tx, "DELETE FROM login WHERE name = $1", JM_ARGS(JM_T(name))));
    return jm_sql_run(tx, "INSERT INTO login (name, person, mac) VALUES ($1, $2, $3)",
                      JM_ARGS(JM_T(name), JM_ID(person), JM_HASH(mac)));
}

enum jm_status jm_login_rows_find(struct jm_tx *tx, struct jm_bytes name, struct jm_id *person,
                                  uint8_t mac[32])
{
    struct jm_rows r;

    JM_TRY(
        jm_sql_one(&r, tx, "SELECT person, mac FROM login WHERE name = $1", JM_ARGS(JM_T(name))));
    jm_col_id(&r, person);
    jm_col_exact(&r, mac, 32);
    return jm_sql_end(&r);
}

/* -- what wallets say -- */

enum jm_status jm_notification_rows_add(struct jm_tx *tx, const uint8_t batch[32],
                                        struct jm_bytes event, bool *said)
{
    JM_TRY(jm_sql_any(said, tx, "SELECT count(*) FROM notification WHERE batch = $1 AND event = $2",
                      JM_ARGS(JM_HASH(batch), JM_T(event))));
    if (*said)
        return JM_OK;
    JM_TRY(jm_sql_run(tx, "DELETE FROM notification WHERE batch = $1", JM_ARGS(JM_HASH(batch))));
    return jm_sql_run(tx, "INSERT INTO notification (batch, event, at) VALUES ($1, $2, $3)",
                      JM_ARGS(JM_HASH(batch), JM_T(event), JM_I(jm_tx_now(tx))));
}

/* -- deferred -- */

enum jm_status jm_deferred_rows_put(struct jm_tx *tx, const struct jm_deferred *f)
{
    JM_TRY(jm_sql_run(tx, "DELETE FROM deferred WHERE desk_case = $1 AND configuration = $2",
                      JM_ARGS(JM_ID(&f->desk_case), JM_T(f->configuration))));
    return jm_sql_run(
        tx,
        "INSERT INTO deferred (id, desk_case, instance, jkt, client, configuration, keys, "
        "key_level, sealed_to, at, asked) VALUES ($1,$2,$3,$4,$5,$6,$7,$8,$9,$10,0)",
        JM_ARGS(JM_HASH(f->id), JM_ID(&f->desk_case), JM_HASH(f->instance), JM_HASH(f->jkt),
                JM_T(f->client), JM_T(f->configuration), JM_B(f->keys), JM_I(f->key_level),
                f->sealed ? JM_HASH(f->sealed_to) : JM_NUL, JM_I(f->at)));
}

enum jm_status jm_deferred_rows_get(struct jm_tx *tx, const uint8_t id[32], struct jm_deferred *out,
                                    struct jm_arena *mem)
{
    struct jm_rows r;

    memset(out, 0, sizeof *out);
    JM_TRY(jm_sql_one(&r, tx,
                      "SELECT desk_case, instance, jkt, client, configuration, keys, key_level, "
                      "sealed_to, at, asked FROM deferred WHERE id = $1",
                      JM_ARGS(JM_HASH(id))));
    memcpy(out->id, id, 32);
    jm_col_id(&r, &out->desk_case);
    jm_col_exact(&r, out->instance, 32);
    jm_col_exact(&r, out->jkt, 32);
    out->client = jm_col_text(&r, mem);
    out->configuration = jm_col_text(&r, mem);
    out->keys = jm_col_blob(&r, mem);
    out->key_level = jm_col_int(&r);
    out->sealed = jm_col_maybe(&r, out->sealed_to, 32);
    out->at = jm_col_int(&r);
    out->asked = jm_col_int(&r);
    return jm_sql_end(&r);
}

enum jm_status jm_deferred_rows_asked(struct jm_tx *tx, const uint8_t id[32])
{
    return jm_sql_run(tx, "UPDATE deferred SET asked = $1 WHERE id = $2",
                      JM_ARGS(JM_I(jm_tx_now(tx)), JM_HASH(id)));
}

enum jm_status jm_deferred_rows_end(struct jm_tx *tx, const uint8_t id[32])
{
    return jm_sql_cas(tx, "DELETE FROM deferred WHERE id = $1", JM_ARGS(JM_HASH(id)));
}

enum jm_status jm_deferred_rows_sweep(struct jm_tx *tx, int64_t before)
{
    return jm_sql_run(tx, "DELETE FROM deferred WHERE at <= $1", JM_ARGS(JM_I(before)));
}
