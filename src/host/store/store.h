/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file store.h  Room: host/store. Transactions over a database: the store of service/sql.h.
 *
 * Who writes while nobody does runs the own job and those that are queued meanwhile, at most 200 or
 * 2 ms of them, each in a savepoint, commits once and then answers; a failed job rolls back alone,
 * a failed commit fails all. There is no thread of the store's: a job may run on another caller's.
 * Reads run on the caller's thread
 * over connections that cannot write. Statements are of static storage; constraints must not be
 * deferred, or one job would fail its whole group at the commit.
 *
 * Spec: platform.md 5.1
 */
#ifndef JUMIN_HOST_STORE_STORE_H
#define JUMIN_HOST_STORE_STORE_H

#include "host/store/engine.h"

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
 * Locks `<path>.lock`, opens, migrates.
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

#endif
