/* SPDX-License-Identifier: Apache-2.0 */
#include "service/status/parts.h"

#include "service/sql.h"

enum jm_status jm_status_rows_burn(struct jm_tx *tx, struct jm_index at, bool *taken)
{
    JM_TRY(jm_sql_run(
        tx,
        "INSERT INTO status_index (shard, idx, invalid) VALUES ($1,$2,0) ON CONFLICT DO NOTHING",
        JM_ARGS(JM_I(at.shard), JM_I(at.idx))));
    *taken = jm_sql_changed(tx) == 1;
    return JM_OK;
}

enum jm_status jm_status_rows_open_shard(struct jm_tx *tx, uint32_t shard)
{
    return jm_sql_run(
        tx, "INSERT INTO shard (shard, dirty, published) VALUES ($1,1,0) ON CONFLICT DO NOTHING",
        JM_ARGS(JM_I(shard)));
}

enum jm_status jm_status_rows_copy(struct jm_tx *tx, const struct jm_copy_row *c)
{
    return jm_sql_run(tx,
                      "INSERT INTO copy (card, fmt, shard, idx, jkt, issued, until, batch) "
                      "VALUES ($1,$2,$3,$4,$5,$6,$7,$8)",
                      JM_ARGS(JM_ID(&c->card), JM_I(c->fmt), JM_I(c->at.shard), JM_I(c->at.idx),
                              JM_HASH(c->jkt), JM_I(c->issued), JM_I(c->until),
                              c->batch != NULL ? JM_HASH(c->batch) : JM_NUL));
}

enum jm_status jm_copies_of_batch_in(struct jm_tx *tx, const struct jm_id *card,
                                     const uint8_t batch[32], bool *known)
{
    return jm_sql_any(known, tx, "SELECT count(*) FROM copy WHERE batch = $1 AND card = $2",
                      JM_ARGS(JM_HASH(batch), JM_ID(card)));
}

enum jm_status jm_copies_batch_over_in(struct jm_tx *tx, const uint8_t batch[32])
{
    JM_TRY(jm_sql_run(tx,
                      "UPDATE shard SET dirty = dirty + 1 WHERE shard IN (SELECT c.shard FROM copy "
                      "c JOIN status_index s ON s.shard = c.shard AND s.idx = c.idx WHERE c.batch "
                      "= $1 AND s.invalid = 0)",
                      JM_ARGS(JM_HASH(batch))));
    return jm_sql_run(tx,
                      "UPDATE status_index SET invalid = 1 WHERE invalid = 0 AND (shard, idx) IN "
                      "(SELECT shard, idx FROM copy WHERE batch = $1)",
                      JM_ARGS(JM_HASH(batch)));
}

enum jm_status jm_status_rows_key_known(struct jm_tx *tx, const uint8_t jkt[32], bool *known)
{
    return jm_sql_any(known, tx, "SELECT count(*) FROM copy WHERE jkt = $1", JM_ARGS(JM_HASH(jkt)));
}

enum jm_status jm_status_rows_invalidate(struct jm_tx *tx, const struct jm_id *card, bool stale)
{
    JM_TRY(jm_sql_run(tx,
                      "UPDATE shard SET dirty = dirty + 1 WHERE shard IN (SELECT c.shard FROM copy "
                      "c JOIN status_index s ON s.shard = c.shard AND s.idx = c.idx WHERE c.card = "
                      "$1 AND c.stale >= $2 AND s.invalid = 0)",
                      JM_ARGS(JM_ID(card), JM_I(stale))));
    return jm_sql_run(tx,
                      "UPDATE status_index SET invalid = 1 WHERE invalid = 0 AND (shard, idx) IN "
                      "(SELECT shard, idx FROM copy WHERE card = $1 AND stale >= $2)",
                      JM_ARGS(JM_ID(card), JM_I(stale)));
}

enum jm_status jm_status_rows_stale(struct jm_tx *tx, const struct jm_id *card)
{
    return jm_sql_run(tx, "UPDATE copy SET stale = 1 WHERE card = $1", JM_ARGS(JM_ID(card)));
}

enum jm_status jm_status_rows_invalid(struct jm_tx *tx, uint32_t shard, jm_index_each *each,
                                      void *ctx)
{
    struct jm_rows r;

    JM_TRY(jm_sql_open(&r, tx, "SELECT idx FROM status_index WHERE shard = $1 AND invalid = 1",
                       JM_ARGS(JM_I(shard))));
    while (jm_sql_next(&r)) {
        int64_t idx = jm_col_int(&r);

        if (r.st == JM_OK && idx >= 0 && idx < JM_LIST_ENTRIES)
            each(ctx, (uint32_t)idx);
    }
    return jm_sql_end(&r);
}

enum jm_status jm_status_rows_due(struct jm_tx *tx, int64_t older_than, uint32_t *shard,
                                  int64_t *dirty, size_t max, size_t *n)
{
    struct jm_rows r;

    *n = 0;
    JM_TRY(jm_sql_open(
        &r, tx, "SELECT shard, dirty FROM shard WHERE dirty > 0 OR published < $1 ORDER BY shard",
        JM_ARGS(JM_I(older_than))));
    while (*n < max && jm_sql_next(&r)) {
        shard[*n] = jm_col_small(&r);
        dirty[*n] = jm_col_int(&r);
        ++*n;
    }
    return jm_sql_end(&r);
}

enum jm_status jm_status_rows_published(struct jm_tx *tx, uint32_t shard, int64_t dirty, int64_t at)
{
    return jm_sql_run(tx, "UPDATE shard SET dirty = dirty - $1, published = $2 WHERE shard = $3",
                      JM_ARGS(JM_I(dirty), JM_I(at), JM_I(shard)));
}

enum jm_status jm_status_rows_first_open(struct jm_tx *tx, uint32_t *first)
{
    int64_t v = 0;

    JM_TRY(jm_sql_int(&v, tx, "SELECT COALESCE(MAX(shard) + 1, 0) FROM shard WHERE closed = 1",
                      JM_NO_ARGS));
    *first = (uint32_t)v;
    return JM_OK;
}

enum jm_status jm_status_rows_next_shard(struct jm_tx *tx, uint32_t *next)
{
    int64_t v = 0;

    JM_TRY(jm_sql_int(&v, tx, "SELECT COALESCE(MAX(shard) + 1, 0) FROM shard", JM_NO_ARGS));
    *next = (uint32_t)v;
    return JM_OK;
}

enum jm_status jm_status_rows_close(struct jm_tx *tx, uint32_t below)
{
    return jm_sql_run(tx, "UPDATE shard SET closed = 1 WHERE shard < $1", JM_ARGS(JM_I(below)));
}

enum jm_status jm_status_rows_set(struct jm_tx *tx, struct jm_index at, bool *fresh)
{
    JM_TRY(jm_sql_run(tx,
                      "INSERT INTO status_index (shard, idx, invalid) VALUES ($1,$2,1) ON CONFLICT "
                      "(shard, idx) DO UPDATE SET invalid = 1 WHERE status_index.invalid = 0",
                      JM_ARGS(JM_I(at.shard), JM_I(at.idx))));
    *fresh = jm_sql_changed(tx) == 1;
    return JM_OK;
}

enum jm_status jm_status_rows_card_at(struct jm_tx *tx, struct jm_index at, struct jm_id *card)
{
    struct jm_rows r;

    JM_TRY(jm_sql_one(&r, tx, "SELECT card FROM copy WHERE shard = $1 AND idx = $2 AND stale = 0",
                      JM_ARGS(JM_I(at.shard), JM_I(at.idx))));
    jm_col_id(&r, card);
    return jm_sql_end(&r);
}

enum jm_status jm_status_rows_dirty(struct jm_tx *tx, uint32_t shard)
{
    return jm_sql_run(tx, "UPDATE shard SET dirty = dirty + 1 WHERE shard = $1",
                      JM_ARGS(JM_I(shard)));
}
