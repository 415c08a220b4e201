/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file db.h  Room: host/store. One database connection as a table of functions; SQLite is one, the
 * fault-injecting test engine wraps another. A connection belongs to one thread at a time.
 */
#ifndef JUMIN_HOST_STORE_DB_H
#define JUMIN_HOST_STORE_DB_H

#include <stdatomic.h>

#include "jumin/arena.h"

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
    /** @p sql: one statement of static storage, '?' placeholders; from the connection's cache by
     * its address. */
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
    int64_t (*changes)(struct jm_db *db); /* rows of the last INSERT, UPDATE, DELETE */
    bool (*is_in_tx)(struct jm_db *db);   /* false also after the engine rolled back by itself */
    void (*settle)(struct jm_db *db);     /* gives back every statement that somebody forgot */
    void (*deadline)(struct jm_db *db, uint32_t ms); /* of the work that follows; 0: none */
    const char *(*why)(struct jm_db *db); /* the engine's last words, for the operator's log */
    void (*close)(struct jm_db *db);
};

struct jm_db {
    const struct jm_db_ops *ops;
};

enum jm_db_role { JM_DB_WRITER = 1, JM_DB_READER };

/** @p path becomes a file of mode 0600. @retval JM_E_IO cannot be opened or is no database */
JM_MUST_CHECK enum jm_status jm_sqlite_open(struct jm_db **out, const char *path,
                                            enum jm_db_role role);

/** Tests: the @p at th call (1 = next) of prepare, bind, step, column or exec on any wrapped
 * connection gives @p st. */
struct jm_fault {
    atomic_long at; /* counts down; 0 and below: nothing fails */
    enum jm_status st;
};
/** Owns @p inner. @retval JM_E_UNAVAILABLE no memory; @p out as it was, @p inner still the caller's
 */
JM_MUST_CHECK enum jm_status jm_fault_wrap(struct jm_db **out, struct jm_db *inner,
                                           struct jm_fault *fault);

#endif
