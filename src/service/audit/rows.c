/* SPDX-License-Identifier: Apache-2.0 */
#include "service/audit/parts.h"

#include <string.h>

#include "service/sql.h"

enum jm_status jm_audit_rows_last(struct jm_tx *tx, int64_t *n, uint8_t hash[32])
{
    struct jm_rows r;
    enum jm_status st;

    *n = 0;
    for (size_t i = 0; i < 32; i++)
        hash[i] = 0;
    st = jm_sql_one(&r, tx, "SELECT n, hash FROM audit ORDER BY n DESC LIMIT 1", JM_NO_ARGS);
    if (st == JM_E_ABSENT)
        return JM_OK;
    JM_TRY(st);
    *n = jm_col_int(&r);
    jm_col_exact(&r, hash, 32);
    return jm_sql_end(&r);
}

enum jm_status jm_audit_rows_add(struct jm_tx *tx, const struct jm_audit_entry *e)
{
    return jm_sql_run(tx,
                      "INSERT INTO audit (n, at, actor, channel, act, subject, reason, outcome, "
                      "prev, hash) VALUES ($1,$2,$3,$4,$5,$6,$7,$8,$9,$10)",
                      JM_ARGS(JM_I(e->n), JM_I(e->at), JM_T(e->actor), JM_T(e->channel),
                              JM_T(e->act), JM_B_OR_NUL(e->subject), JM_T(e->reason),
                              JM_T(e->outcome), JM_HASH(e->prev), JM_HASH(e->hash)));
}

static void read_entry(struct jm_audit_entry *e, struct jm_rows *r, struct jm_arena *mem)
{
    memset(e, 0, sizeof *e);
    e->n = jm_col_int(r);
    e->at = jm_col_int(r);
    e->actor = jm_col_text(r, mem);
    e->channel = jm_col_text(r, mem);
    e->act = jm_col_text(r, mem);
    e->subject = jm_col_blob(r, mem);
    e->reason = jm_col_text(r, mem);
    e->outcome = jm_col_text(r, mem);
    jm_col_exact(r, e->prev, 32);
    jm_col_exact(r, e->hash, 32);
}

static void head_columns(struct jm_signed_head *h, struct jm_rows *r)
{
    h->count = (uint64_t)jm_col_int(r);
    h->at = jm_col_int(r);
    jm_col_exact(r, h->hash, 32);
    h->sig.len = (uint8_t)jm_sig_len(JM_ALG_ES256);
    jm_col_exact(r, h->sig.octets, h->sig.len);
}

static enum jm_status walk_rows(struct jm_rows *r, bool with_heads, struct jm_arena *mem,
                                jm_audit_each *each, void *ctx)
{
    enum jm_status st = JM_OK;

    while (st == JM_OK && jm_sql_next(r)) {
        size_t mark = jm_arena_mark(mem);
        struct jm_signed_head h = {0};
        struct jm_audit_entry e;

        read_entry(&e, r, mem);
        if (with_heads && (h.n = jm_col_int(r)) != 0)
            head_columns(&h, r);
        st = r->st == JM_OK ? each(ctx, &e, h.n != 0 ? &h : NULL) : r->st;
        jm_arena_back(mem, mark);
    }
    enum jm_status end = jm_sql_end(r);
    return st != JM_OK ? st : end;
}

#define ENTRY "a.n, a.at, a.actor, a.channel, a.act, a.subject, a.reason, a.outcome, a.prev, a.hash"

enum jm_status jm_audit_rows_walk(struct jm_tx *tx, struct jm_arena *mem, jm_audit_each *each,
                                  void *ctx)
{
    struct jm_rows r;

    JM_TRY(jm_sql_open(&r, tx,
                       "SELECT " ENTRY ", COALESCE(h.n, 0), h.count, h.at, h.hash, h.sig FROM "
                       "audit a LEFT JOIN audit_head h ON h.n = a.n ORDER BY a.n",
                       JM_NO_ARGS));
    return walk_rows(&r, true, mem, each, ctx);
}

enum jm_status jm_audit_rows_of(struct jm_tx *tx, const struct jm_id *subject, int64_t limit,
                                struct jm_arena *mem, jm_audit_each *each, void *ctx)
{
    struct jm_rows r;

    JM_TRY(jm_sql_open(&r, tx,
                       "SELECT " ENTRY
                       " FROM audit a WHERE a.subject = $1 ORDER BY a.n DESC LIMIT $2",
                       JM_ARGS(JM_ID(subject), JM_I(limit))));
    return walk_rows(&r, false, mem, each, ctx);
}

enum jm_status jm_audit_rows_after(struct jm_tx *tx, int64_t after, int64_t limit,
                                   struct jm_arena *mem, jm_audit_each *each, void *ctx)
{
    struct jm_rows r;

    JM_TRY(jm_sql_open(&r, tx, "SELECT " ENTRY " FROM audit a WHERE a.n > $1 ORDER BY a.n LIMIT $2",
                       JM_ARGS(JM_I(after), JM_I(limit))));
    return walk_rows(&r, false, mem, each, ctx);
}

enum jm_status jm_audit_rows_hash(struct jm_tx *tx, int64_t n, uint8_t hash[32])
{
    struct jm_rows r;

    JM_TRY(jm_sql_one(&r, tx, "SELECT hash FROM audit WHERE n = $1", JM_ARGS(JM_I(n))));
    jm_col_exact(&r, hash, 32);
    return jm_sql_end(&r);
}

enum jm_status jm_audit_rows_find(struct jm_tx *tx, const uint8_t hash[32], int64_t *n)
{
    return jm_sql_int(n, tx, "SELECT COALESCE(MAX(n), 0) FROM audit WHERE hash = $1",
                      JM_ARGS(JM_HASH(hash)));
}

enum jm_status jm_audit_rows_follower(struct jm_tx *tx, const uint8_t hash[32], int64_t *n)
{
    return jm_sql_int(n, tx, "SELECT COALESCE(MAX(n), 0) FROM audit WHERE prev = $1",
                      JM_ARGS(JM_HASH(hash)));
}

enum jm_status jm_audit_rows_is_gap(struct jm_tx *tx, int64_t n, const uint8_t prev[32], bool *out)
{
    int64_t found = 0;

    *out = false;
    JM_TRY(jm_sql_int(&found, tx,
                      "SELECT COUNT(*) FROM audit WHERE n = $1 AND prev = $2 AND act = $3",
                      JM_ARGS(JM_I(n), JM_HASH(prev), JM_T(JM_BYTES(JM_AUDIT_GAP)))));
    *out = found == 1;
    return JM_OK;
}

enum jm_status jm_audit_rows_head_add(struct jm_tx *tx, const struct jm_signed_head *h)
{
    JM_TRY(jm_sql_run(tx,
                      "INSERT INTO audit_head (n, count, at, hash, sig) VALUES ($1,$2,$3,$4,$5)",
                      JM_ARGS(JM_I(h->n), JM_I(h->count), JM_I(h->at), JM_HASH(h->hash),
                              JM_B(jm_sig_bytes(&h->sig)))));
    return jm_sql_run(tx,
                      "INSERT INTO audit_mark (one, count) VALUES (1, $1) ON CONFLICT (one) DO "
                      "UPDATE SET count = excluded.count WHERE excluded.count > audit_mark.count",
                      JM_ARGS(JM_I(h->count)));
}

enum jm_status jm_audit_rows_head_at(struct jm_tx *tx, int64_t n, struct jm_signed_head *out)
{
    struct jm_rows r;

    memset(out, 0, sizeof *out);
    JM_TRY(jm_sql_one(&r, tx, "SELECT count, at, hash, sig FROM audit_head WHERE n = $1",
                      JM_ARGS(JM_I(n))));
    out->n = n;
    head_columns(out, &r);
    return jm_sql_end(&r);
}

enum jm_status jm_audit_rows_heads(struct jm_tx *tx, int64_t *count, int64_t *highest)
{
    JM_TRY(jm_sql_int(count, tx, "SELECT COUNT(*) FROM audit_head", JM_NO_ARGS));
    return jm_sql_int(highest, tx, "SELECT COALESCE(MAX(n), 0) FROM audit_head", JM_NO_ARGS);
}

enum jm_status jm_audit_rows_mark(struct jm_tx *tx, uint64_t *count)
{
    int64_t v = 0;

    JM_TRY(jm_sql_int(&v, tx, "SELECT COALESCE(MAX(count), 0) FROM audit_mark", JM_NO_ARGS));
    *count = v > 0 ? (uint64_t)v : 0;
    return JM_OK;
}
