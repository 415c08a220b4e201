/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file sql.h  Room: service. Rows as a service's rows.c sees them, and no engine: a store, its
 * connections, and the helpers that statements are run by. The engines are the host's.
 *
 * SQL stands in rows.c alone (lint.sql), and is plain enough for SQLite and PostgreSQL both:
 * arguments are numbered, states are arguments too, a truth is a count. What the engines differ in
 * stands in the migrations by name and is the engine's to say.
 *
 * Spec: architecture.md 10; platform.md 5.1
 */
#ifndef JUMIN_SERVICE_SQL_H
#define JUMIN_SERVICE_SQL_H

#include "jumin/arena.h"
#include "service/env.h"

/* -- what an engine is -- */

enum jm_value_kind { JM_VALUE_NULL = 1, JM_VALUE_INT, JM_VALUE_TEXT, JM_VALUE_BLOB };

/** A parameter or a column. The view of a column lives until the next step or done. */
struct jm_arg {
    enum jm_value_kind kind;
    int64_t i;
    struct jm_bytes b;
};

struct jm_stmt;
struct jm_db;

/*
 * Statuses: JM_E_CONFLICT a unique, primary or foreign key is violated; JM_E_UNAVAILABLE busy or
 * over its deadline; JM_E_BUG the statement is wrong (syntax, names, CHECK, NOT NULL, type, writing
 * on a reader); JM_E_IO all else.
 */
struct jm_db_ops {
    /** @p sql: one statement of static storage, arguments $1 … $n, each named first in this order;
     * from the connection's cache by its address. */
    JM_MUST_CHECK enum jm_status (*prepare)(struct jm_db *db, const char *sql,
                                            struct jm_stmt **out);
    JM_MUST_CHECK enum jm_status (*bind)(struct jm_db *db, struct jm_stmt *s, size_t index_from_0,
                                         const struct jm_arg *value);
    JM_MUST_CHECK enum jm_status (*step)(struct jm_db *db, struct jm_stmt *s, bool *has_row);
    JM_MUST_CHECK enum jm_status (*column)(struct jm_db *db, struct jm_stmt *s, size_t index_from_0,
                                           struct jm_arg *out);
    void (*done)(struct jm_db *db, struct jm_stmt *s); /* resets and gives the statement back */
    /* any number of statements, no results */
    JM_MUST_CHECK enum jm_status (*exec)(struct jm_db *db, const char *sql);
    /**
     * The same of a migration's text, in which {int}, {octets}, {row} (a number that counts
     * itself),
     * {} (the end of a table) and {keyed} (of one that is its key) stand for the engine's words.
     * @retval JM_E_BUG also for another name, or where a table is looser than the engine can have
     * it
     */
    JM_MUST_CHECK enum jm_status (*define)(struct jm_db *db, const char *text);
    const char *begin_write, *begin_read; /* what begins a transaction */
    int64_t (*changes)(struct jm_db *db); /* rows of the last INSERT, UPDATE, DELETE */
    bool (*is_in_tx)(struct jm_db *db);   /* false also after the engine rolled back by itself */
    void (*settle)(struct jm_db *db);     /* gives back every statement that somebody forgot */
    void (*deadline)(struct jm_db *db, uint32_t ms); /* of the work that follows; 0: none */
    const char *(*why)(struct jm_db *db); /* the engine's last words, for the operator's log */
    void (*close)(struct jm_db *db);
};

struct jm_db {
    const struct jm_db_ops *ops;
    void (*log)(void *ctx,
                const char *what); /* words on JM_E_BUG and JM_E_IO: no values; or null */
    void *log_ctx;
};

/** Tells the log why, when @p st is our defect or the machine's; gives @p st back. */
enum jm_status jm_db_tell(struct jm_db *db, enum jm_status st);

/** A store: the first member of the host's. */
struct jm_store_ops {
    /** Runs @p fn in a write transaction, durable when it returns; fills tx->db. */
    JM_MUST_CHECK enum jm_status (*write)(struct jm_store *s, struct jm_tx *tx, jm_tx_fn *fn,
                                          void *arg);
    JM_MUST_CHECK enum jm_status (*open)(struct jm_store *s, struct jm_tx *tx);
    void (*close)(struct jm_store *s, struct jm_tx *tx);
};
struct jm_store {
    const struct jm_store_ops *ops;
};

/* -- statements -- */

#define JM_I(v) ((struct jm_arg){JM_VALUE_INT, (int64_t)(v), {NULL, 0}})
#define JM_T(v) ((struct jm_arg){JM_VALUE_TEXT, 0, (v)})
#define JM_B(v) ((struct jm_arg){JM_VALUE_BLOB, 0, (v)})
#define JM_NUL ((struct jm_arg){JM_VALUE_NULL, 0, {NULL, 0}})
#define JM_ID(p) JM_B(jm_bytes((p)->octets, sizeof(p)->octets))
#define JM_HASH(p) JM_B(jm_bytes((p), 32))
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

/** A blob of @p len octets that may be NULL. @retval true it was there */
bool jm_col_maybe(struct jm_rows *r, void *out, size_t len);

/** One integer, such as a count. @retval JM_E_ABSENT no row; JM_E_TYPE also for NULL */
JM_MUST_CHECK enum jm_status jm_sql_int(int64_t *out, struct jm_tx *tx, const char *sql,
                                        const struct jm_arg *args, size_t n);

/** Is there a row? "SELECT count(*) …". True unless the store says no. */
JM_MUST_CHECK enum jm_status jm_sql_any(bool *out, struct jm_tx *tx, const char *sql,
                                        const struct jm_arg *args, size_t n);

#endif
