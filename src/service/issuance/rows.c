/* SPDX-License-Identifier: Apache-2.0 */
#include "service/issuance/parts.h"

#include <string.h>

#include "service/sql.h"

enum jm_status jm_token_rows_add(struct jm_tx *tx, int kind, const uint8_t hash[32],
                                 const struct jm_grant *g, int64_t expires)
{
    return jm_sql_run(tx,
                      "INSERT INTO token (hash, kind, desk_case, card, instance, jkt, client, "
                      "created, expires) VALUES ($1,$2,$3,$4,$5,$6,$7,$8,$9)",
                      JM_ARGS(JM_HASH(hash), JM_I(kind),
                              g->has_case ? JM_ID(&g->desk_case) : JM_NUL,
                              g->has_card ? JM_ID(&g->card) : JM_NUL, JM_HASH(g->instance),
                              JM_HASH(g->jkt), JM_T(g->client), JM_I(jm_tx_now(tx)),
                              JM_I(expires)));
}

enum jm_status jm_token_rows_find(struct jm_tx *tx, int kind, const uint8_t hash[32],
                                  struct jm_grant *out, struct jm_arena *mem)
{
    struct jm_bytes id;
    struct jm_rows r;

    memset(out, 0, sizeof *out);
    JM_TRY(jm_sql_one(&r, tx,
                      "SELECT desk_case, card, instance, jkt, client, expires FROM token WHERE "
                      "hash = $1 AND kind = $2 AND expires > $3",
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
