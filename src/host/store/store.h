/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file store.h  Room: host/store. Transactions over a database, and the helpers that each
 * service's SQL file uses.
 *
 * One writer thread takes queued jobs, at most 200 or 2 ms of them, runs each in a savepoint,
 * commits once and then answers; a failed job rolls back alone. Reads run on the caller's thread
 * over connections that cannot write. jm_tx_run() and jm_tx_read() of service/env.h are implemented
 * here. Statements are of static storage; constraints must not be deferred, or one job would fail
 * its whole group at the commit.
 *
 * Spec: platform.md 5.1
 */
#ifndef JUMIN_HOST_STORE_STORE_H
#define JUMIN_HOST_STORE_STORE_H

#include "host/store/db.h"
#include "service/env.h"

#define JM_STORE_GROUP_MAX 200 /* jobs a commit */
#define JM_STORE_GROUP_MS 2    /* of running jobs before the commit */
#define JM_STORE_READ_MS 5000  /* deadline of a read, waiting included twice at most */
#define JM_STORE_READERS 4

/** Forward only, in order, for ever: add rows at the end, never change one. A row may hold many
 * statements; tables STRICT. */
struct jm_migration {
    const char *name;
    const char *sql;
};

struct jm_store_config {
    const char *path;
    const struct jm_migration *migrations;
    size_t n_migrations;
    unsigned readers;       /* 0: JM_STORE_READERS */
    struct jm_fault *fault; /* tests; else null. Migrations are not counted. */
    /* engine's words on JM_E_BUG and JM_E_IO: no values, may be null */
    void (*log)(void *ctx, const char *what);
    void *log_ctx;
};

/**
 * Locks `<path>.lock`, opens, migrates, starts the writer.
 * @retval JM_E_CONFLICT     another process, or this one, has it open; or its migrations are not a
 * prefix of ours by name
 * @retval JM_E_UNSUPPORTED  the file is of a newer program
 * @retval JM_E_BUG          a migration is wrong, or a table is not STRICT
 * @retval JM_E_IO           cannot be opened   @retval JM_E_UNAVAILABLE no memory or threads
 */
JM_MUST_CHECK enum jm_status jm_store_open(struct jm_store **out,
                                           const struct jm_store_config *config);
/** Runs what is queued, refuses what comes later, closes. No transaction may be waiting in another
 * thread's read. */
void jm_store_close(struct jm_store **s);

/**
 * A copy of the database @p from as it is at one moment, by SQLite's own online backup, to the new
 * file @p to (mode 0600), read through once to see that it is whole. Whoever writes to @p from goes
 * on meanwhile.
 * @retval JM_E_ABSENT there is no @p from | JM_E_CONFLICT there is a @p to | JM_E_UNAVAILABLE busy
 * for too long | JM_E_IO
 */
JM_MUST_CHECK enum jm_status jm_store_copy(const char *from, const char *to);

#define JM_I(v) ((struct jm_arg){JM_VALUE_INT, (int64_t)(v), {NULL, 0}})
#define JM_T(v) ((struct jm_arg){JM_VALUE_TEXT, 0, (v)})
#define JM_B(v) ((struct jm_arg){JM_VALUE_BLOB, 0, (v)})
#define JM_NUL ((struct jm_arg){JM_VALUE_NULL, 0, {NULL, 0}})
#define JM_ID(p) JM_B(jm_bytes((p)->octets, sizeof(p)->octets))
/* Empty view as NULL. */
#define JM_T_OR_NUL(v) ((v).len != 0 ? JM_T(v) : JM_NUL)
#define JM_B_OR_NUL(v) ((v).len != 0 ? JM_B(v) : JM_NUL)
/* The last two arguments of the functions below: jm_sql_run(tx, sql, JM_ARGS(JM_I(1), JM_T(name))).
 */
#define JM_ARGS(...)                      \
    (const struct jm_arg[]){__VA_ARGS__}, \
        sizeof((const struct jm_arg[]){__VA_ARGS__}) / sizeof(struct jm_arg)
#define JM_NO_ARGS NULL, 0

/** Runs to the end. Wrong number of arguments is JM_E_BUG. Values are copied. */
JM_MUST_CHECK enum jm_status jm_sql_run(struct jm_tx *tx, const char *sql,
                                        const struct jm_arg *args, size_t n);
/** Compare and set: JM_E_CONFLICT when no row was changed. */
JM_MUST_CHECK enum jm_status jm_sql_cas(struct jm_tx *tx, const char *sql,
                                        const struct jm_arg *args, size_t n);
/** Rows that the last jm_sql_run changed. */
int64_t jm_sql_changed(const struct jm_tx *tx);

/**
 * A cursor. Columns are read from the left, one call each; a wrong kind is remembered, the rest
 * reads as zero, and jm_sql_end() tells: act on nothing before it.
 */
struct jm_rows {
    struct jm_tx *tx;
    struct jm_stmt *stmt;
    size_t column;
    enum jm_status st;
};

/**
 * Stands before the first row:
 *     JM_TRY(jm_sql_open(&r, tx, sql, JM_ARGS(...)));
 *     while (jm_sql_next(&r)) { ... jm_col_int(&r) ... }
 *     return jm_sql_end(&r);
 */
JM_MUST_CHECK enum jm_status jm_sql_open(struct jm_rows *r, struct jm_tx *tx, const char *sql,
                                         const struct jm_arg *args, size_t n);
bool jm_sql_next(struct jm_rows *r);
/** Gives the statement back, also after leaving the loop early. @retval the first error of next or
 * a column */
JM_MUST_CHECK enum jm_status jm_sql_end(struct jm_rows *r);
/** Stands on the only wanted row. Unless JM_OK the cursor has ended. @retval JM_E_ABSENT no row */
JM_MUST_CHECK enum jm_status jm_sql_one(struct jm_rows *r, struct jm_tx *tx, const char *sql,
                                        const struct jm_arg *args, size_t n);

bool jm_col_is_null(struct jm_rows *r); /* of the next column, does not move on */
int64_t jm_col_int(struct jm_rows *r);
int64_t jm_col_int_or(struct jm_rows *r, int64_t if_null);
/** For enumerations: what fits an int. */
static inline unsigned jm_col_small(struct jm_rows *r)
{
    int64_t v = jm_col_int(r);

    return v >= 0 && v <= INT32_MAX ? (unsigned)v : 0;
}
/** Copies in @p mem; NULL gives the null view. */
struct jm_bytes jm_col_text(struct jm_rows *r, struct jm_arena *mem);
struct jm_bytes jm_col_blob(struct jm_rows *r, struct jm_arena *mem);
/** A blob of exactly @p len octets. */
void jm_col_exact(struct jm_rows *r, void *out, size_t len);
void jm_col_id(struct jm_rows *r, struct jm_id *out);

/** One integer, such as a count. @retval JM_E_ABSENT no row; JM_E_TYPE also for NULL */
JM_MUST_CHECK enum jm_status jm_sql_int(int64_t *out, struct jm_tx *tx, const char *sql,
                                        const struct jm_arg *args, size_t n);

#endif
