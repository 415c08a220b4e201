/* SPDX-License-Identifier: Apache-2.0 */
#include "host/store/store.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <semaphore.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <time.h>
#include <unistd.h>

#include "host/clock/clock.h"

/* One thread that waits: kept by the store, since whoever wakes it may come after its job has gone.
 * It waits for nothing else: not for the store's lock, which others hold when they are woken too.
 */
struct waiter {
    sem_t done;
    struct waiter *next; /* of the free ones */
};

struct job { /* on the waiting caller's stack */
    jm_tx_fn *fn;
    void *arg;
    struct jm_tx *tx;
    enum jm_status st;
    bool leads; /* woken to run it, and what has come since: it is not done */
    struct waiter *waiter;
    struct job *next;
};

struct store {
    struct jm_store base;
    struct jm_store_config cfg;
    int lock_fd;
    struct jm_db *writer;
    struct jm_db **reader; /* free ones, a stack */
    unsigned n_readers, n_free;
    pthread_mutex_t lock;
    pthread_cond_t reader_free, quiet;
    struct job *first, *last;
    struct waiter *idle;
    bool is_stopping;
    bool is_led, has_leader; /* some thread has the writer; we know which */
    pthread_t leader;
    size_t writing; /* threads inside write_tx() */
};

static struct store *store_of(struct jm_store *s)
{
    return (struct store *)(void *)s;
}

/* A rollback that fails too (tests make it) is tried again; should it never work, every later BEGIN
 * fails and says so. */
static void undo_tx(struct jm_db *db)
{
    for (int i = 0; i < 3; i++) {
        db->ops->settle(db);
        if (!db->ops->is_in_tx(db) || db->ops->exec(db, "ROLLBACK") == JM_OK)
            return;
    }
}

/* ---- the writer ---- */

/* The lock is held. */
static struct job *take_job(struct store *s)
{
    struct job *j = s->first;

    if (j != NULL) {
        s->first = j->next;
        if (s->first == NULL)
            s->last = NULL;
        j->next = NULL;
    }
    return j;
}

/* One more for the group: what is there, or comes from those who could run meanwhile. */
static struct job *gather_job(struct store *s)
{
    struct job *j;

    for (int i = 0;; i++) {
        pthread_mutex_lock(&s->lock);
        j = take_job(s);
        pthread_mutex_unlock(&s->lock);
        if (j != NULL || i == 1)
            return j;
        (void)sched_yield();
    }
}

/* JM_OK: the group may go on, whatever became of the job. */
static enum jm_status run_one(struct store *s, struct job *j)
{
    struct jm_db *db = s->writer;

    if ((j->st = db->ops->exec(db, "SAVEPOINT job")) != JM_OK)
        return j->st;
    j->tx->db = db;
    j->st = j->fn(j->tx, j->arg);
    db->ops->settle(db);
    if (!db->ops->is_in_tx(db)) /* disk full and the like: the engine has rolled all back */
        return JM_E_IO;
    if (j->st != JM_OK && db->ops->exec(db, "ROLLBACK TO job") != JM_OK)
        return JM_E_IO;
    return db->ops->exec(db, "RELEASE job");
}

/* @p first is the leader's own: it does not wait. */
static void answer_jobs(struct job *first, enum jm_status st)
{
    for (struct job *j = first, *next; j != NULL; j = next) {
        struct waiter *w = j->waiter;

        next = j->next; /* once told, the job is its caller's stack again */
        if (st != JM_OK && j->st == JM_OK)
            j->st = st;
        if (j != first)
            (void)sem_post(&w->done);
    }
}

static void run_group(struct store *s, struct job *first)
{
    struct jm_db *db = s->writer;
    struct job *group = first, *last = first;
    uint64_t start = jm_clock_monotonic_ms();
    enum jm_status st = db->ops->exec(db, db->ops->begin_write);

    for (size_t n = 1; st == JM_OK; n++) {
        if ((st = run_one(s, last)) != JM_OK || n >= JM_STORE_GROUP_MAX ||
            jm_clock_monotonic_ms() - start >= JM_STORE_GROUP_MS)
            break;
        struct job *j = gather_job(s);
        if (j == NULL)
            break;
        last->next = j;
        last = j;
    }
    if (st == JM_OK)
        st = db->ops->exec(db, "COMMIT");
    (void)jm_db_tell(db, st);
    undo_tx(db);
    answer_jobs(group, st == JM_OK || jm_class_of(st) == JM_CLASS_UNAVAILABLE ? st : JM_E_IO);
}

/* Runs a group that begins with the caller's own job, then leaves the writer to whoever has come
 * first meanwhile: no thread but the callers', so who is alone wakes nobody and is woken by nobody.
 */
static void lead_group(struct store *s, struct job *own)
{
    struct job *next;

    run_group(s, own);
    pthread_mutex_lock(&s->lock);
    s->has_leader = false;
    next = take_job(s);
    s->is_led = next != NULL;
    pthread_mutex_unlock(&s->lock);
    if (next == NULL)
        return;
    next->leads = true;
    (void)sem_post(&next->waiter->done);
}

/* The lock is held. Inside a job, which would wait for itself. */
static bool is_inside(const struct store *s)
{
    return s->has_leader && pthread_equal(pthread_self(), s->leader);
}

static void become_leader(struct store *s)
{
    s->is_led = s->has_leader = true;
    s->leader = pthread_self();
}

/* The lock is held. Null: no memory. */
static struct waiter *take_waiter(struct store *s)
{
    struct waiter *w = s->idle;

    if (w != NULL)
        s->idle = w->next;
    else if ((w = malloc(sizeof *w)) != NULL)
        (void)sem_init(&w->done, 0, 0);
    return w;
}

/* The lock is held, and is again when it returns. */
static void wait_turn(struct store *s, struct job *j)
{
    if (s->last != NULL)
        s->last->next = j;
    else
        s->first = j;
    s->last = j;
    pthread_mutex_unlock(&s->lock);
    while (sem_wait(&j->waiter->done) != 0)
        continue; /* a signal */
    pthread_mutex_lock(&s->lock);
    j->waiter->next = s->idle;
    s->idle = j->waiter;
}

static enum jm_status write_tx(struct jm_store *base, struct jm_tx *tx, jm_tx_fn *fn, void *arg)
{
    struct store *s = store_of(base);
    struct job j = {.fn = fn, .arg = arg, .tx = tx, .st = JM_E_BUG};

    pthread_mutex_lock(&s->lock);
    if (is_inside(s)) {
        pthread_mutex_unlock(&s->lock);
        return JM_E_BUG;
    }
    s->writing++;
    if (s->is_stopping || (s->is_led && (j.waiter = take_waiter(s)) == NULL)) {
        j.st = JM_E_UNAVAILABLE;
    } else {
        j.leads = !s->is_led;
        if (!j.leads)
            wait_turn(s, &j);
        if (j.leads) {
            become_leader(s);
            pthread_mutex_unlock(&s->lock);
            lead_group(s, &j);
            pthread_mutex_lock(&s->lock);
        }
    }
    if (--s->writing == 0 && s->is_stopping)
        pthread_cond_signal(&s->quiet);
    pthread_mutex_unlock(&s->lock);
    return j.st;
}

/* ---- readers ---- */

/* Null: none in time, or @p inside a job. */
static struct jm_db *reader_take(struct store *s, bool *inside)
{
    struct timespec until;
    struct jm_db *db = NULL;
    int rc = 0;

    (void)clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += JM_STORE_READ_MS / 1000;
    pthread_mutex_lock(&s->lock);
    *inside = is_inside(s);
    while (!*inside && s->n_free == 0 && !s->is_stopping && rc == 0)
        rc = pthread_cond_timedwait(&s->reader_free, &s->lock, &until);
    if (!*inside && s->n_free != 0 && !s->is_stopping)
        db = s->reader[--s->n_free];
    pthread_mutex_unlock(&s->lock);
    return db;
}

static void reader_give(struct store *s, struct jm_db *db)
{
    pthread_mutex_lock(&s->lock);
    s->reader[s->n_free++] = db;
    pthread_mutex_unlock(&s->lock);
    pthread_cond_signal(&s->reader_free);
}

static void end_read(struct jm_store *base, struct jm_tx *tx)
{
    tx->db->ops->deadline(tx->db, 0);
    undo_tx(tx->db);
    reader_give(store_of(base), tx->db);
}

static enum jm_status begin_read(struct jm_store *base, struct jm_tx *tx)
{
    struct store *s = store_of(base);
    enum jm_status st;
    bool inside;

    if ((tx->db = reader_take(s, &inside)) == NULL)
        return inside ? JM_E_BUG : JM_E_UNAVAILABLE;
    tx->db->ops->deadline(tx->db, JM_STORE_READ_MS);
    if ((st = tx->db->ops->exec(tx->db, tx->db->ops->begin_read)) != JM_OK)
        end_read(base, tx);
    return st;
}

static const struct jm_store_ops ops = {write_tx, begin_read, end_read};

/* ---- open ---- */

static enum jm_status lock_file(struct store *s)
{
    size_t len = strlen(s->cfg.path) + sizeof ".lock";
    char *path = malloc(len);

    if (path == NULL)
        return JM_E_UNAVAILABLE;
    (void)snprintf(path, len, "%s.lock", s->cfg.path);
    s->lock_fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    free(path);
    if (s->lock_fd < 0)
        return JM_E_IO;
    if (flock(s->lock_fd, LOCK_EX | LOCK_NB) != 0)
        return errno == EWOULDBLOCK ? JM_E_CONFLICT : JM_E_IO;
    return JM_OK;
}

static enum jm_status migrate_one(struct jm_tx *tx, size_t version, const struct jm_migration *m)
{
    JM_TRY(jm_db_tell(tx->db, tx->db->ops->define(tx->db, m->sql)));
    return jm_sql_run(tx, "INSERT INTO schema_version (version, name) VALUES ($1, $2)",
                      JM_ARGS(JM_I(version), JM_T(jm_str(m->name))));
}

/* What stands in the file must be the beginning of our list. */
static enum jm_status check_history(struct jm_tx *tx, const struct jm_store_config *cfg, size_t *n)
{
    enum jm_status st = JM_OK;
    struct jm_rows r;

    *n = 0;
    JM_TRY(jm_sql_open(&r, tx, "SELECT version, name FROM schema_version ORDER BY version",
                       JM_NO_ARGS));
    while (st == JM_OK && jm_sql_next(&r)) {
        struct jm_arg name = JM_NUL;
        int64_t version = jm_col_int(&r);
        if (*n == cfg->n_migrations)
            st = JM_E_UNSUPPORTED;
        else if ((st = tx->db->ops->column(tx->db, r.stmt, 1, &name)) == JM_OK &&
                 (version != (int64_t)*n + 1 || !jm_bytes_eq_str(name.b, cfg->migrations[*n].name)))
            st = JM_E_CONFLICT;
        ++*n;
    }
    JM_TRY(jm_sql_end(&r));
    return st;
}

static enum jm_status migrate_schema(struct store *s)
{
    struct jm_db *db = s->writer;
    struct jm_tx tx = {db, NULL, 0};
    enum jm_status st;
    size_t n;

    JM_TRY(jm_db_tell(db, db->ops->define(db, "CREATE TABLE IF NOT EXISTS schema_version"
                                              " (version {row}, name TEXT NOT NULL){};")));
    JM_TRY(check_history(&tx, &s->cfg, &n));
    for (; n < s->cfg.n_migrations; n++) {
        JM_TRY(db->ops->exec(db, db->ops->begin_write));
        st = migrate_one(&tx, n + 1, &s->cfg.migrations[n]);
        if (st == JM_OK)
            st = db->ops->exec(db, "COMMIT");
        if (st != JM_OK) {
            undo_tx(db);
            return st;
        }
    }
    return JM_OK;
}

static enum jm_status dress_db(struct store *s, struct jm_db **db)
{
    if (s->cfg.fault != NULL)
        JM_TRY(jm_fault_wrap(db, *db, s->cfg.fault));
    (*db)->log = s->cfg.log;
    (*db)->log_ctx = s->cfg.log_ctx;
    return JM_OK;
}

static enum jm_status open_all(struct store *s)
{
    JM_TRY(lock_file(s));
    JM_TRY(jm_sqlite_open(&s->writer, s->cfg.path, JM_DB_WRITER));
    s->writer->log = s->cfg.log;
    s->writer->log_ctx = s->cfg.log_ctx;
    JM_TRY(migrate_schema(s));
    if ((s->reader = calloc(s->n_readers, sizeof(struct jm_db *))) == NULL)
        return JM_E_UNAVAILABLE;
    while (s->n_free < s->n_readers) {
        JM_TRY(jm_sqlite_open(&s->reader[s->n_free], s->cfg.path, JM_DB_READER));
        JM_TRY(dress_db(s, &s->reader[s->n_free++]));
    }
    return dress_db(s, &s->writer);
}

enum jm_status jm_store_open(struct jm_store **out, const struct jm_store_config *config)
{
    struct store *s = calloc(1, sizeof *s);

    *out = NULL;
    if (s == NULL)
        return JM_E_UNAVAILABLE;
    s->base.ops = &ops;
    s->cfg = *config;
    s->lock_fd = -1;
    s->n_readers = config->readers != 0 ? config->readers : JM_STORE_READERS;
    pthread_mutex_init(&s->lock, NULL);
    pthread_cond_init(&s->reader_free, NULL);
    pthread_cond_init(&s->quiet, NULL);
    *out = &s->base;
    enum jm_status st = open_all(s);
    if (st != JM_OK)
        jm_store_close(out);
    return st;
}

void jm_store_close(struct jm_store **store)
{
    struct store *s = store_of(*store);

    if (s == NULL)
        return;
    *store = NULL;
    pthread_mutex_lock(&s->lock);
    s->is_stopping = true;
    pthread_cond_broadcast(&s->reader_free);
    while (s->writing != 0)
        pthread_cond_wait(&s->quiet, &s->lock);
    pthread_mutex_unlock(&s->lock);
    for (unsigned i = 0; i < s->n_free; i++)
        s->reader[i]->ops->close(s->reader[i]);
    free(s->reader);
    if (s->writer != NULL)
        s->writer->ops->close(s->writer);
    if (s->lock_fd >= 0)
        close(s->lock_fd);
    for (struct waiter *w = s->idle, *next; w != NULL; w = next) {
        next = w->next;
        (void)sem_destroy(&w->done);
        free(w);
    }
    pthread_cond_destroy(&s->reader_free);
    pthread_cond_destroy(&s->quiet);
    pthread_mutex_destroy(&s->lock);
    free(s);
}
