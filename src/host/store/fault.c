/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>

#include "host/store/engine.h"

struct fault_db {
    struct jm_db db;
    struct jm_db_ops ops; /* the words are the inner one's */
    struct jm_db *inner;
    struct jm_fault *fault;
};

static struct jm_db *inner(struct jm_db *db)
{
    return ((struct fault_db *)(void *)db)->inner;
}

static enum jm_status due(struct jm_db *db)
{
    struct jm_fault *f = ((struct fault_db *)(void *)db)->fault;

    return atomic_load(&f->at) > 0 && atomic_fetch_sub(&f->at, 1) == 1 ? f->st : JM_OK;
}

static enum jm_status f_prepare(struct jm_db *db, const char *sql, struct jm_stmt **out)
{
    *out = NULL;
    JM_TRY(due(db));
    return inner(db)->ops->prepare(inner(db), sql, out);
}

static enum jm_status f_bind(struct jm_db *db, struct jm_stmt *s, size_t i, const struct jm_arg *v)
{
    JM_TRY(due(db));
    return inner(db)->ops->bind(inner(db), s, i, v);
}

static enum jm_status f_step(struct jm_db *db, struct jm_stmt *s, bool *has_row)
{
    *has_row = false;
    JM_TRY(due(db));
    return inner(db)->ops->step(inner(db), s, has_row);
}

static enum jm_status f_column(struct jm_db *db, struct jm_stmt *s, size_t i, struct jm_arg *out)
{
    *out = (struct jm_arg){JM_VALUE_NULL, 0, {NULL, 0}};
    JM_TRY(due(db));
    return inner(db)->ops->column(inner(db), s, i, out);
}

static void f_done(struct jm_db *db, struct jm_stmt *s)
{
    inner(db)->ops->done(inner(db), s);
}

static enum jm_status f_exec(struct jm_db *db, const char *sql)
{
    JM_TRY(due(db));
    return inner(db)->ops->exec(inner(db), sql);
}

static enum jm_status f_define(struct jm_db *db, const char *text)
{
    JM_TRY(due(db));
    return inner(db)->ops->define(inner(db), text);
}

static int64_t f_changes(struct jm_db *db)
{
    return inner(db)->ops->changes(inner(db));
}

static bool f_is_in_tx(struct jm_db *db)
{
    return inner(db)->ops->is_in_tx(inner(db));
}

static void f_settle(struct jm_db *db)
{
    inner(db)->ops->settle(inner(db));
}

static void f_deadline(struct jm_db *db, uint32_t ms)
{
    inner(db)->ops->deadline(inner(db), ms);
}

static const char *f_why(struct jm_db *db)
{
    return inner(db)->ops->why(inner(db));
}

static void f_close(struct jm_db *db)
{
    inner(db)->ops->close(inner(db));
    free(db);
}

enum jm_status jm_fault_wrap(struct jm_db **out, struct jm_db *db, struct jm_fault *fault)
{
    struct fault_db *d = calloc(1, sizeof *d);

    if (d == NULL)
        return JM_E_UNAVAILABLE;
    d->ops = (struct jm_db_ops){f_prepare,
                                f_bind,
                                f_step,
                                f_column,
                                f_done,
                                f_exec,
                                f_define,
                                db->ops->begin_write,
                                db->ops->begin_read,
                                f_changes,
                                f_is_in_tx,
                                f_settle,
                                f_deadline,
                                f_why,
                                f_close};
    d->db.ops = &d->ops;
    d->inner = db;
    d->fault = fault;
    *out = &d->db;
    return JM_OK;
}
