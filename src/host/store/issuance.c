/* SPDX-License-Identifier: Apache-2.0 */
#include "service/issuance/store.h"

#include <string.h>

#include "host/store/store.h"

enum jm_status jm_token_store_add(struct jm_tx *tx, int kind, const uint8_t hash[32],
                                  const struct jm_grant *g, int64_t expires)
{
    return jm_sql_run(tx,
                      "INSERT INTO token (hash, kind, desk_case, card, instance, jkt, client, "
                      "created, expires) VALUES (?,?,?,?,?,?,?,?,?)",
                      JM_ARGS(JM_B(jm_bytes(hash, 32)), JM_I(kind),
                              g->has_case ? JM_ID(&g->desk_case) : JM_NUL,
                              g->has_card ? JM_ID(&g->card) : JM_NUL,
                              JM_B(jm_bytes(g->instance, 32)), JM_B(jm_bytes(g->jkt, 32)),
                              JM_T(g->client), JM_I(jm_tx_now(tx)), JM_I(expires)));
}

enum jm_status jm_token_store_find(struct jm_tx *tx, int kind, const uint8_t hash[32],
                                   struct jm_grant *out, struct jm_arena *mem)
{
    struct jm_bytes id;
    struct jm_rows r;

    memset(out, 0, sizeof *out);
    JM_TRY(jm_sql_one(&r, tx,
                      "SELECT desk_case, card, instance, jkt, client, expires FROM token WHERE "
                      "hash = ? AND kind = ? AND expires > ?",
                      JM_ARGS(JM_B(jm_bytes(hash, 32)), JM_I(kind), JM_I(jm_tx_now(tx)))));
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

enum jm_status jm_token_store_adopt(struct jm_tx *tx, const struct jm_id *desk_case,
                                    const struct jm_id *card)
{
    return jm_sql_run(tx, "UPDATE token SET card = ? WHERE desk_case = ?",
                      JM_ARGS(JM_ID(card), JM_ID(desk_case)));
}

enum jm_status jm_token_store_replace(struct jm_tx *tx, const struct jm_id *desk_case)
{
    return jm_sql_run(tx, "DELETE FROM token WHERE desk_case = ? AND card IS NULL",
                      JM_ARGS(JM_ID(desk_case)));
}

enum jm_status jm_token_store_prolong(struct jm_tx *tx, const uint8_t hash[32], int64_t expires)
{
    return jm_sql_cas(tx, "UPDATE token SET expires = ? WHERE hash = ? AND kind = 2",
                      JM_ARGS(JM_I(expires), JM_B(jm_bytes(hash, 32))));
}

enum jm_status jm_token_store_sweep(struct jm_tx *tx, int64_t now)
{
    return jm_sql_run(tx, "DELETE FROM token WHERE expires <= ?", JM_ARGS(JM_I(now)));
}

enum jm_status jm_tokens_end_in(struct jm_tx *tx, int64_t *n)
{
    JM_TRY(jm_sql_run(tx, "DELETE FROM token", JM_NO_ARGS));
    if (n != NULL)
        *n = jm_sql_changed(tx);
    return JM_OK;
}
