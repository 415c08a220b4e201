/* SPDX-License-Identifier: Apache-2.0 */
#include "service/sql.h"

#include <string.h>

enum jm_status jm_db_tell(struct jm_db *db, enum jm_status st)
{
    if ((st == JM_E_BUG || st == JM_E_IO) && db->log != NULL)
        db->log(db->log_ctx, db->ops->why(db));
    return st;
}

enum jm_status jm_tx_run(const struct jm_env *env, jm_tx_fn *fn, void *arg)
{
    struct jm_tx tx = {NULL, env, jm_env_now(env)};

    return env->store->ops->write(env->store, &tx, fn, arg);
}

enum jm_status jm_tx_open(struct jm_tx *tx, const struct jm_env *env)
{
    *tx = (struct jm_tx){NULL, env, jm_env_now(env)};
    return env->store->ops->open(env->store, tx);
}

void jm_tx_close(struct jm_tx *tx)
{
    tx->env->store->ops->close(tx->env->store, tx);
}

enum jm_status jm_sql_open(struct jm_rows *r, struct jm_tx *tx, const char *sql,
                           const struct jm_arg *args, size_t n)
{
    struct jm_db *db = tx->db;
    enum jm_status st;

    memset(r, 0, sizeof *r);
    r->tx = tx;
    r->st = JM_E_BUG;
    if ((st = db->ops->prepare(db, sql, &r->stmt)) != JM_OK)
        return jm_db_tell(db, st);
    for (size_t i = 0; i < n && st == JM_OK; i++)
        st = db->ops->bind(db, r->stmt, i, &args[i]);
    r->st = jm_db_tell(db, st);
    return st == JM_OK ? JM_OK : jm_sql_end(r);
}

bool jm_sql_next(struct jm_rows *r)
{
    struct jm_db *db = r->tx->db;
    bool has_row = false;

    if (r->st != JM_OK || r->stmt == NULL)
        return false;
    r->st = jm_db_tell(db, db->ops->step(db, r->stmt, &has_row));
    r->column = 0;
    return r->st == JM_OK && has_row;
}

enum jm_status jm_sql_end(struct jm_rows *r)
{
    if (r->stmt != NULL)
        r->tx->db->ops->done(r->tx->db, r->stmt);
    r->stmt = NULL;
    return r->st;
}

enum jm_status jm_sql_one(struct jm_rows *r, struct jm_tx *tx, const char *sql,
                          const struct jm_arg *args, size_t n)
{
    JM_TRY(jm_sql_open(r, tx, sql, args, n));
    if (jm_sql_next(r))
        return JM_OK;
    if (r->st == JM_OK)
        r->st = JM_E_ABSENT;
    return jm_sql_end(r);
}

enum jm_status jm_sql_run(struct jm_tx *tx, const char *sql, const struct jm_arg *args, size_t n)
{
    struct jm_rows r;

    JM_TRY(jm_sql_open(&r, tx, sql, args, n));
    while (jm_sql_next(&r))
        continue; /* RETURNING nobody asked for */
    return jm_sql_end(&r);
}

int64_t jm_sql_changed(const struct jm_tx *tx)
{
    return tx->db->ops->changes(tx->db);
}

enum jm_status jm_sql_cas(struct jm_tx *tx, const char *sql, const struct jm_arg *args, size_t n)
{
    JM_TRY(jm_sql_run(tx, sql, args, n));
    return jm_sql_changed(tx) == 0 ? JM_E_CONFLICT : JM_OK;
}

static struct jm_arg peek_column(struct jm_rows *r)
{
    struct jm_arg v = JM_NUL;

    if (r->st == JM_OK && r->stmt == NULL)
        r->st = JM_E_BUG;
    if (r->st == JM_OK)
        r->st = r->tx->db->ops->column(r->tx->db, r->stmt, r->column, &v);
    return r->st == JM_OK ? v : JM_NUL;
}

static struct jm_arg take_column(struct jm_rows *r, enum jm_value_kind want, bool may_be_null)
{
    struct jm_arg v = peek_column(r);

    if (r->st == JM_OK && v.kind != want && !(may_be_null && v.kind == JM_VALUE_NULL)) {
        r->st = JM_E_TYPE;
        v = JM_NUL;
    }
    r->column++;
    return v;
}

bool jm_col_is_null(struct jm_rows *r)
{
    return peek_column(r).kind == JM_VALUE_NULL;
}

int64_t jm_col_int(struct jm_rows *r)
{
    return take_column(r, JM_VALUE_INT, false).i;
}

int64_t jm_col_int_or(struct jm_rows *r, int64_t if_null)
{
    struct jm_arg v = take_column(r, JM_VALUE_INT, true);

    return v.kind == JM_VALUE_INT ? v.i : if_null;
}

static struct jm_bytes copy_column(struct jm_rows *r, struct jm_arena *mem, enum jm_value_kind kind)
{
    struct jm_arg v = take_column(r, kind, true);
    struct jm_bytes out = jm_none();

    if (v.kind == kind)
        r->st = jm_dup(&out, mem, v.b);
    return out;
}

struct jm_bytes jm_col_text(struct jm_rows *r, struct jm_arena *mem)
{
    return copy_column(r, mem, JM_VALUE_TEXT);
}

struct jm_bytes jm_col_blob(struct jm_rows *r, struct jm_arena *mem)
{
    return copy_column(r, mem, JM_VALUE_BLOB);
}

void jm_col_exact(struct jm_rows *r, void *out, size_t len)
{
    struct jm_arg v = take_column(r, JM_VALUE_BLOB, false);

    memset(out, 0, len);
    if (r->st == JM_OK && v.b.len != len)
        r->st = JM_E_TYPE;
    if (r->st == JM_OK && len != 0)
        memcpy(out, v.b.ptr, len);
}

void jm_col_id(struct jm_rows *r, struct jm_id *out)
{
    jm_col_exact(r, out->octets, sizeof out->octets);
}

enum jm_status jm_sql_int(int64_t *out, struct jm_tx *tx, const char *sql,
                          const struct jm_arg *args, size_t n)
{
    struct jm_rows r;

    *out = 0;
    JM_TRY(jm_sql_one(&r, tx, sql, args, n));
    int64_t v = jm_col_int(&r);
    JM_TRY(jm_sql_end(&r));
    *out = v;
    return JM_OK;
}

bool jm_col_maybe(struct jm_rows *r, void *out, size_t len)
{
    memset(out, 0, len);
    if (jm_col_is_null(r)) {
        r->column++;
        return false;
    }
    jm_col_exact(r, out, len);
    return r->st == JM_OK;
}

enum jm_status jm_sql_any(bool *out, struct jm_tx *tx, const char *sql, const struct jm_arg *args,
                          size_t n)
{
    int64_t v = 1;
    enum jm_status st = jm_sql_int(&v, tx, sql, args, n);

    *out = st != JM_OK || v > 0;
    return st;
}
