/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>

#include "host/store/engine.h"

struct fault_db {
    struct jm_db db;
    struct jm_db_ops ops; /* the words are the inner one's */
    struct jm_db *inner;
    struct jm_fault *fault;
};

static struct jm_db *inner_of(struct jm_db *db)
{
    return ((struct fault_db *)(void *)db)->inner;
}

static enum jm_status fault_due(struct jm_db *db)
{
    struct jm_fault *f = ((struct fault_db *)(void *)db)->fault;

    return atomic_load(&f->at) > 0 && atomic_fetch_sub(&f->at, 1) == 1 ? f->st : JM_OK;
}

static enum jm_status f_prepare(struct jm_db *db, const char *sql, struct jm_stmt **out)
{
    *out = NULL;
    JM_TRY(fault_due(db));
    return inner_of(db)->ops->prepare(inner_of(db), sql, out);
}

static enum jm_status f_bind(struct jm_db *db, struct jm_stmt *s, size_t i, const struct jm_arg *v)
{
    JM_TRY(fault_due(db));
    return inner_of(db)->ops->bind(inner_of(db), s, i, v);
}

static enum jm_status f_step(struct jm_db *db, struct jm_stmt *s, bool *has_row)
{
    *has_row = false;
    JM_TRY(fault_due(db));
    return inner_of(db)->ops->step(inner_of(db), s, has_row);
}

static enum jm_status f_column(struct jm_db *db, struct jm_stmt *s, size_t i, struct jm_arg *out)
{
    *out = (struct jm_arg){JM_VALUE_NULL, 0, {NULL, 0}};
    JM_TRY(fault_due(db));
    return inner_of(db)->ops->column(inner_of(db), s, i, out);
}

static void f_done(struct jm_db *db, struct jm_stmt *s)
{
    inner_of(db)->ops->done(inner_of(db), s);
}

static enum jm_status f_exec(struct jm_db *db, const char *sql)
{
    JM_TRY(fault_due(db));
    return inner_of(db)->ops->exec(inner_of(db), sql);
}

static enum jm_status f_define(struct jm_db *db, const char *text)
{
    JM_TRY(fault_due(db));
    return inner_of(db)->ops->define(inner_of(db), text);
}

static int64_t f_changes(struct jm_db *db)
{
    return inner_of(db)->ops->changes(inner_of(db));
}

static bool f_is_in_tx(struct jm_db *db)
{
    return inner_of(db)->ops->is_in_tx(inner_of(db));
}

static void f_settle(struct jm_db *db)
{
    inner_of(db)->ops->settle(inner_of(db));
}

static void f_deadline(struct jm_db *db, uint32_t ms)
{
    inner_of(db)->ops->deadline(inner_of(db), ms);
}

static const char *f_why(struct jm_db *db)
{
    return inner_of(db)->ops->why(inner_of(db));
}

static void f_close(struct jm_db *db)
{
    inner_of(db)->ops->close(inner_of(db));
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
