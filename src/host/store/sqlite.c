/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <fcntl.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "host/clock/clock.h"
#include "host/store/store.h"

#define CACHE 512 /* statements a connection; a full cache prepares anew each time */
#define TICK 2000 /* virtual machine steps between two looks at the clock */

struct jm_stmt {
    sqlite3_stmt *s;
    const char *sql; /* null: not in the cache */
    bool is_used;
    struct jm_stmt *next; /* of those outside the cache */
};

struct sqlite_db {
    struct jm_db db;
    sqlite3 *c;
    bool is_reader;
    uint64_t until_ms;
    struct jm_stmt cache[CACHE];
    size_t n_used; /* of the cache */
    struct jm_stmt *loose;
};

static struct sqlite_db *sqlite_of(struct jm_db *db)
{
    return (struct sqlite_db *)(void *)db;
}

static enum jm_status status_of(int rc)
{
    if (rc == SQLITE_CONSTRAINT_UNIQUE || rc == SQLITE_CONSTRAINT_PRIMARYKEY ||
        rc == SQLITE_CONSTRAINT_ROWID || rc == SQLITE_CONSTRAINT_FOREIGNKEY ||
        rc == SQLITE_CONSTRAINT_TRIGGER)
        return JM_E_CONFLICT;
    switch (rc & 0xFF) {
    case SQLITE_OK:
    case SQLITE_ROW:
    case SQLITE_DONE: return JM_OK;
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
    case SQLITE_INTERRUPT:
    case SQLITE_NOMEM: return JM_E_UNAVAILABLE;
    case SQLITE_ERROR:
    case SQLITE_CONSTRAINT:
    case SQLITE_MISUSE:
    case SQLITE_RANGE:
    case SQLITE_MISMATCH:
    case SQLITE_READONLY: return JM_E_BUG;
    default: return JM_E_IO;
    }
}

static struct jm_stmt *slot_for(struct sqlite_db *d, const char *sql)
{
    size_t h = (size_t)((uintptr_t)sql >> 3) * 2654435761u;

    for (size_t i = 0; i < 8; i++) {
        struct jm_stmt *s = &d->cache[(h + i) % CACHE];
        if (s->sql == sql && !s->is_used)
            return s;
        if (s->sql == NULL)
            return s;
    }
    return NULL;
}

/* Arguments are found by position here, by number elsewhere: one text serves both if they agree. */
static bool is_numbered(sqlite3_stmt *s)
{
    int n = sqlite3_bind_parameter_count(s);
    char name[8];

    for (int i = 1; i <= n; i++) {
        const char *is = sqlite3_bind_parameter_name(s, i);
        (void)snprintf(name, sizeof name, "$%d", i);
        if (is == NULL || strcmp(is, name) != 0)
            return false;
    }
    return true;
}

static enum jm_status sq_prepare(struct jm_db *db, const char *sql, struct jm_stmt **out)
{
    struct sqlite_db *d = sqlite_of(db);
    struct jm_stmt *s = slot_for(d, sql);
    const char *tail = NULL;

    *out = NULL;
    /* not static after all */
    if (s != NULL && s->sql != NULL && strcmp(sqlite3_sql(s->s), sql) != 0) {
        sqlite3_finalize(s->s);
        memset(s, 0, sizeof *s);
    }
    if (s == NULL || s->sql == NULL) {
        sqlite3_stmt *raw = NULL;
        int rc = sqlite3_prepare_v3(d->c, sql, -1, SQLITE_PREPARE_PERSISTENT, &raw, &tail);
        if (rc != SQLITE_OK)
            return status_of(rc);
        if (raw == NULL || tail[strspn(tail, " \n\t;")] != 0 || !is_numbered(raw)) {
            sqlite3_finalize(raw);
            return JM_E_BUG; /* none, or more than one, or not as other engines take it */
        }
        if (s != NULL) {
            s->sql = sql;
        } else if ((s = calloc(1, sizeof *s)) == NULL) {
            sqlite3_finalize(raw);
            return JM_E_UNAVAILABLE;
        } else {
            s->next = d->loose;
            d->loose = s;
        }
        s->s = raw;
    }
    s->is_used = true;
    d->n_used += s->sql != NULL;
    *out = s;
    return JM_OK;
}

static enum jm_status sq_bind(struct jm_db *db, struct jm_stmt *s, size_t i, const struct jm_arg *v)
{
    static const char empty[1] = "";
    const char *p = v->b.ptr != NULL ? (const char *)v->b.ptr : empty;
    int at = (int)i + 1, rc = SQLITE_ERROR;

    (void)db;
    if (v->b.len > 0x7FFFFFFF)
        return JM_E_LIMIT;
    if (v->kind == JM_VALUE_NULL)
        rc = sqlite3_bind_null(s->s, at);
    else if (v->kind == JM_VALUE_INT)
        rc = sqlite3_bind_int64(s->s, at, v->i);
    else if (v->kind == JM_VALUE_TEXT)
        rc = sqlite3_bind_text(s->s, at, p, (int)v->b.len, SQLITE_TRANSIENT);
    else if (v->kind == JM_VALUE_BLOB)
        rc = sqlite3_bind_blob(s->s, at, p, (int)v->b.len, SQLITE_TRANSIENT);
    return status_of(rc);
}

static enum jm_status sq_step(struct jm_db *db, struct jm_stmt *s, bool *has_row)
{
    int rc = sqlite3_step(s->s);

    (void)db;
    *has_row = rc == SQLITE_ROW;
    return status_of(rc);
}

static enum jm_status sq_column(struct jm_db *db, struct jm_stmt *s, size_t i, struct jm_arg *out)
{
    int at = (int)i;

    (void)db;
    memset(out, 0, sizeof *out);
    if (at >= sqlite3_data_count(s->s))
        return JM_E_BUG;
    switch (sqlite3_column_type(s->s, at)) {
    case SQLITE_NULL: out->kind = JM_VALUE_NULL; return JM_OK;
    case SQLITE_INTEGER:
        out->kind = JM_VALUE_INT;
        out->i = sqlite3_column_int64(s->s, at);
        return JM_OK;
    case SQLITE_TEXT: out->kind = JM_VALUE_TEXT; break;
    case SQLITE_BLOB: out->kind = JM_VALUE_BLOB; break;
    default: return JM_E_TYPE; /* no floating point in our tables */
    }
    const void *p = sqlite3_column_blob(s->s, at); /* of text: its octets, nothing is converted */
    out->b = jm_bytes(p, (size_t)sqlite3_column_bytes(s->s, at));
    return p == NULL && out->b.len != 0 ? JM_E_UNAVAILABLE : JM_OK;
}

static void sq_done(struct jm_db *db, struct jm_stmt *s)
{
    struct sqlite_db *d = sqlite_of(db);

    if (s->sql != NULL) {
        (void)sqlite3_reset(s->s); /* repeats the error of the step, which was told */
        (void)sqlite3_clear_bindings(s->s);
        s->is_used = false;
        d->n_used--;
        return;
    }
    for (struct jm_stmt **p = &d->loose; *p != NULL; p = &(*p)->next)
        if (*p == s) {
            *p = s->next;
            break;
        }
    sqlite3_finalize(s->s);
    free(s);
}

static void sq_settle(struct jm_db *db)
{
    struct sqlite_db *d = sqlite_of(db);

    for (size_t i = 0; i < CACHE && d->n_used != 0; i++)
        if (d->cache[i].is_used)
            sq_done(db, &d->cache[i]);
    while (d->loose != NULL)
        sq_done(db, d->loose);
}

/* BEGIN, COMMIT and the like come with every transaction: they are kept as others are. */
static enum jm_status sq_exec(struct jm_db *db, const char *sql)
{
    struct jm_stmt *s;
    bool has_row;

    JM_TRY(sq_prepare(db, sql, &s));
    enum jm_status st = sq_step(db, s, &has_row);
    sq_done(db, s);
    return st;
}

static enum jm_status exec_many(struct sqlite_db *d, const char *sql)
{
    return status_of(sqlite3_exec(d->c, sql, NULL, NULL, NULL));
}

/* -- migrations -- */

/* What a migration names, as SQLite says it: STRICT keeps types, WITHOUT ROWID a table in its key.
 */
static const struct {
    const char *name, *word;
} words[] = {{"{int}", "INTEGER"},
             {"{octets}", "BLOB"},
             {"{row}", "INTEGER PRIMARY KEY"},
             {"{}", " STRICT"},
             {"{keyed}", " STRICT, WITHOUT ROWID"}};

static const char *word_at(const char *text, size_t *len)
{
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        if (strncmp(text, words[i].name, *len = strlen(words[i].name)) == 0)
            return words[i].word;
    return NULL;
}

/* Malloced, or null: no memory, or a name that is none. */
static char *in_our_words(const char *text)
{
    size_t cap = 4 * strlen(text) + 1, n = 0, len = 1;
    char *out = malloc(cap);

    for (; out != NULL && *text != 0; text += len) {
        const char *word = *text == '{' ? word_at(text, &len) : NULL;
        size_t add = word == NULL ? 1 : strlen(word);

        if (word == NULL)
            len = 1;
        if ((*text == '{' && word == NULL) || n + add >= cap) {
            free(out);
            return NULL;
        }
        memcpy(out + n, word == NULL ? text : word, add);
        n += add;
    }
    if (out != NULL)
        out[n] = 0;
    return out;
}

static enum jm_status sq_define(struct jm_db *db, const char *text)
{
    static const char loose[] =
        "SELECT 1 FROM pragma_table_list WHERE schema = 'main' AND type = 'table' AND strict = 0"
        " AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\'";
    char *sql = in_our_words(text);
    sqlite3_stmt *s = NULL;
    enum jm_status st;
    int rc = SQLITE_DONE;

    if (sql == NULL)
        return JM_E_BUG;
    st = exec_many(sqlite_of(db), sql);
    free(sql);
    JM_TRY(st);
    if (sqlite3_prepare_v2(sqlite_of(db)->c, loose, -1, &s, NULL) != SQLITE_OK ||
        (rc = sqlite3_step(s)) != SQLITE_DONE)
        st = rc == SQLITE_ROW ? JM_E_BUG : JM_E_IO;
    sqlite3_finalize(s);
    return st;
}

static int64_t sq_changes(struct jm_db *db)
{
    return sqlite3_changes64(sqlite_of(db)->c);
}

static bool sq_is_in_tx(struct jm_db *db)
{
    return sqlite3_get_autocommit(sqlite_of(db)->c) == 0;
}

static int on_tick(void *db)
{
    const struct sqlite_db *d = db;

    return d->until_ms != 0 && jm_clock_monotonic_ms() > d->until_ms;
}

static void sq_deadline(struct jm_db *db, uint32_t ms)
{
    sqlite_of(db)->until_ms = ms == 0 ? 0 : jm_clock_monotonic_ms() + ms;
}

static const char *sq_why(struct jm_db *db)
{
    return sqlite3_errmsg(sqlite_of(db)->c);
}

static void sq_close(struct jm_db *db)
{
    struct sqlite_db *d = sqlite_of(db);

    sq_settle(db);
    for (size_t i = 0; i < CACHE; i++)
        sqlite3_finalize(d->cache[i].s);
    (void)sqlite3_close(d->c);
    free(d);
}

static const struct jm_db_ops ops = {sq_prepare,  sq_bind,    sq_step,     sq_column,
                                     sq_done,     sq_exec,    sq_define,   "BEGIN IMMEDIATE",
                                     "BEGIN",     sq_changes, sq_is_in_tx, sq_settle,
                                     sq_deadline, sq_why,     sq_close};

static enum jm_status apply_settings(struct sqlite_db *d)
{
    static const char common[] =
        "PRAGMA busy_timeout=5000; PRAGMA foreign_keys=ON; PRAGMA trusted_schema=OFF;"
        "PRAGMA cell_size_check=ON; PRAGMA synchronous=FULL; PRAGMA temp_store=MEMORY;";
    /* a page that changes again and again goes back to its place once in 16 MiB of changes */
    static const char writer[] = "PRAGMA journal_mode=WAL; PRAGMA wal_autocheckpoint=4000;";
    enum jm_status st = exec_many(d, common);

    if (st == JM_OK)
        st = exec_many(d, d->is_reader ? "PRAGMA query_only=ON;" : writer);
    (void)sqlite3_db_config(d->c, SQLITE_DBCONFIG_DEFENSIVE, 1, (int *)NULL);
    /* A plan is made once, not again for each value that a partial index could fit. */
    (void)sqlite3_db_config(d->c, SQLITE_DBCONFIG_ENABLE_QPSG, 1, (int *)NULL);
    /* "x" is never a string */
    (void)sqlite3_db_config(d->c, SQLITE_DBCONFIG_DQS_DML, 0, (int *)NULL);
    (void)sqlite3_db_config(d->c, SQLITE_DBCONFIG_DQS_DDL, 0, (int *)NULL);
    (void)sqlite3_extended_result_codes(d->c, 1);
    sqlite3_progress_handler(d->c, TICK, on_tick, d);
    return st == JM_OK ? JM_OK : JM_E_IO;
}

/*
 * WAL and shm take over its mode. One that is there is not opened here: closing it again would let
 * go of all locks that this process has on it (POSIX), and the next program that looks into the
 * store would take itself for the last one and remove the log.
 */
static bool make_file(const char *path)
{
    struct stat s;
    int fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);

    if (fd >= 0)
        (void)close(fd);
    return fd >= 0 || (errno == EEXIST && lstat(path, &s) == 0 && S_ISREG(s.st_mode));
}

enum jm_status jm_sqlite_open(struct jm_db **out, const char *path, enum jm_db_role role)
{
    struct sqlite_db *d = calloc(1, sizeof *d);

    *out = NULL;
    if (d == NULL)
        return JM_E_UNAVAILABLE;
    d->db.ops = &ops;
    d->is_reader = role == JM_DB_READER;
    if (!make_file(path) ||
        sqlite3_open_v2(path, &d->c,
                        SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_PRIVATECACHE,
                        NULL) != SQLITE_OK ||
        apply_settings(d) != JM_OK) {
        sq_close(&d->db);
        return JM_E_IO;
    }
    *out = &d->db;
    return JM_OK;
}

/* -- copies -- */

static bool is_whole(sqlite3 *c)
{
    sqlite3_stmt *s = NULL;
    bool ok = sqlite3_prepare_v2(c, "PRAGMA quick_check", -1, &s, NULL) == SQLITE_OK &&
              sqlite3_step(s) == SQLITE_ROW &&
              strcmp((const char *)sqlite3_column_text(s, 0), "ok") == 0;

    sqlite3_finalize(s);
    return ok;
}

/* All pages in one step, so of one snapshot: in WAL mode writers are not kept waiting. */
static enum jm_status copy_pages(sqlite3 *from, sqlite3 *to)
{
    sqlite3_backup *b = sqlite3_backup_init(to, "main", from, "main");
    int rc;

    if (b == NULL)
        return JM_E_IO;
    rc = sqlite3_backup_step(b, -1);
    (void)sqlite3_backup_finish(b);
    if (rc != SQLITE_DONE)
        return rc == SQLITE_BUSY || rc == SQLITE_LOCKED ? JM_E_UNAVAILABLE : JM_E_IO;
    return is_whole(to) ? JM_OK : JM_E_IO;
}

enum jm_status jm_store_copy(const char *from, const char *to)
{
    sqlite3 *in = NULL, *out = NULL;
    enum jm_status st = JM_E_IO;
    int fd;

    if (access(from, R_OK) != 0)
        return JM_E_ABSENT;
    if ((fd = open(to, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600)) < 0)
        return errno == EEXIST ? JM_E_CONFLICT : JM_E_IO;
    if (sqlite3_open_v2(from, &in, SQLITE_OPEN_READWRITE, NULL) == SQLITE_OK &&
        sqlite3_busy_timeout(in, 5000) == SQLITE_OK &&
        sqlite3_open_v2(to, &out, SQLITE_OPEN_READWRITE, NULL) == SQLITE_OK)
        st = copy_pages(in, out);
    (void)sqlite3_close(in);
    (void)sqlite3_close(out);
    if (st == JM_OK && fsync(fd) != 0)
        st = JM_E_IO;
    (void)close(fd);
    if (st != JM_OK)
        (void)unlink(to);
    return st;
}
