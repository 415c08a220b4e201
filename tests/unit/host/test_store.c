/* SPDX-License-Identifier: Apache-2.0 */
/* The SQLite store: group commit, savepoints, compare-and-set, migrations, lock, faults. */
#include "support/read.h"
#include "unit/test.h"

#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "host/store/store.h"

static const struct jm_migration migrations[] = {
    {"0001-account", "CREATE TABLE account (id BLOB PRIMARY KEY, name TEXT, n INTEGER NOT NULL "
                     "CHECK (n >= 0), seq INTEGER) STRICT;"
                     "CREATE TABLE part (id INTEGER PRIMARY KEY, account BLOB NOT NULL REFERENCES "
                     "account (id)) STRICT;"},
    {"0002-index", "CREATE INDEX account_n ON account (n);"},
};

static char dir[32], path[64];
static struct jm_fault fault;
static char last_log[256];

static int64_t now(void *ctx)
{
    (void)ctx;
    return 1800000000;
}

static void note(void *ctx, const char *what)
{
    (void)ctx;
    snprintf(last_log, sizeof last_log, "%s", what);
}

static struct jm_env env = {.now_s = now};

static struct jm_store_config config(void)
{
    return (struct jm_store_config){.path = path,
                                    .migrations = migrations,
                                    .n_migrations = 2,
                                    .readers = 2,
                                    .fault = &fault,
                                    .log = note};
}

static struct jm_store *start(void)
{
    struct jm_store *s = NULL;
    struct jm_store_config c = config();

    snprintf(dir, sizeof dir, "/tmp/jmXXXXXX");
    CHECK(mkdtemp(dir) != NULL);
    snprintf(path, sizeof path, "%s/s.db", dir);
    atomic_store(&fault.at, 0);
    CHECK_OK(jm_store_open(&s, &c));
    env.store = s;
    return s;
}

static void end(struct jm_store *s)
{
    static const char *const tails[] = {"", "-wal", "-shm", ".lock"};
    char name[80];

    jm_store_close(&s);
    for (size_t i = 0; i < JM_ARRAY_LEN(tails); i++) {
        snprintf(name, sizeof name, "%s%s", path, tails[i]);
        (void)unlink(name);
    }
    CHECK(rmdir(dir) == 0);
}

struct put {
    struct jm_id id;
    int64_t n;
    enum jm_status then; /* what the job says after its insert */
    unsigned runs;
};

static enum jm_status put(struct jm_tx *tx, void *arg)
{
    struct put *p = arg;

    p->runs++;
    JM_TRY(jm_sql_run(tx, "INSERT INTO account (id, name, n, seq) VALUES ($1, $2, $3, $4)",
                      JM_ARGS(JM_ID(&p->id), JM_T(JM_BYTES("a")), JM_I(p->n), JM_NUL)));
    return p->then;
}

static enum jm_status count(struct jm_tx *tx, void *arg)
{
    return jm_sql_int(arg, tx, "SELECT count(*) FROM account", JM_NO_ARGS);
}

static int64_t rows(void)
{
    int64_t n = -1;

    CHECK_OK(test_read(&env, count, &n));
    return n;
}

TEST(a_failed_job_leaves_nothing)
{
    struct jm_store *s = start();
    struct put good = {.id = {{1}}, .n = 1}, bad = {.id = {{2}}, .n = 1, .then = JM_E_DENIED},
               same = {.id = {{1}}, .n = 1}, negative = {.id = {{3}}, .n = -1};

    CHECK_OK(jm_tx_run(&env, put, &good));
    CHECK_ST(jm_tx_run(&env, put, &bad), JM_E_DENIED);
    CHECK_ST(jm_tx_run(&env, put, &same), JM_E_CONFLICT);
    last_log[0] = 0;
    CHECK_ST(jm_tx_run(&env, put, &negative), JM_E_BUG); /* a CHECK is no business rule */
    CHECK(strstr(last_log, "CHECK") != NULL);
    CHECK_EQ(rows(), 1);
    end(s);
}

struct one {
    pthread_t thread;
    struct put put;
    enum jm_status st;
};

static void *run(void *arg)
{
    struct one *o = arg;

    o->st = jm_tx_run(&env, put, &o->put);
    return NULL;
}

/* Two hundred at once, one in five failing after its insert: exactly the others are there. */
TEST(groups_commit_and_fail_one_by_one)
{
    enum { N = 200 };
    static struct one ones[N];
    struct jm_store *s = start();

    memset(ones, 0, sizeof ones);
    for (unsigned i = 0; i < N; i++) {
        ones[i].put =
            (struct put){.id = {{7, (uint8_t)i}}, .n = i, .then = i % 5 == 0 ? JM_E_DENIED : JM_OK};
        CHECK(pthread_create(&ones[i].thread, NULL, run, &ones[i]) == 0);
    }
    for (unsigned i = 0; i < N; i++) {
        pthread_join(ones[i].thread, NULL);
        CHECK_ST(ones[i].st, ones[i].put.then);
        CHECK_EQ(ones[i].put.runs, 1);
    }
    CHECK_EQ(rows(), N - N / 5);
    end(s);
}

struct held {
    struct put put;
    sem_t is_inside, may_end;
};

static enum jm_status put_and_wait(struct jm_tx *tx, void *arg)
{
    struct held *h = arg;
    enum jm_status st = put(tx, &h->put);

    sem_post(&h->is_inside);
    sem_wait(&h->may_end);
    return st;
}

static void *run_held(void *arg)
{
    CHECK_OK(jm_tx_run(&env, put_and_wait, arg));
    return NULL;
}

TEST(nobody_reads_what_is_not_durable_yet)
{
    struct held h = {.put = {.id = {{9}}, .n = 1}};
    struct jm_store *s = start();
    pthread_t thread;

    sem_init(&h.is_inside, 0, 0);
    sem_init(&h.may_end, 0, 0);
    CHECK(pthread_create(&thread, NULL, run_held, &h) == 0);
    sem_wait(&h.is_inside);
    CHECK_EQ(rows(), 0);
    sem_post(&h.may_end);
    pthread_join(thread, NULL);
    CHECK_EQ(rows(), 1);
    end(s);
}

/* Eight at once while a call of the database fails, be it one's own or the commit of all: who was
 * told JM_OK has a row, who was told else has none. */
static unsigned fail_together(long at)
{
    enum { N = 8 };
    struct one ones[N] = {{0}};
    int64_t before = rows();
    unsigned failed = 0;

    atomic_store(&fault.at, at);
    for (unsigned i = 0; i < N; i++) {
        ones[i].put = (struct put){.id = {{10, (uint8_t)at, (uint8_t)i}}, .n = 1};
        CHECK(pthread_create(&ones[i].thread, NULL, run, &ones[i]) == 0);
    }
    for (unsigned i = 0; i < N; i++) {
        pthread_join(ones[i].thread, NULL);
        failed += ones[i].st != JM_OK;
    }
    atomic_store(&fault.at, 0);
    CHECK_EQ(rows(), before + N - failed);
    return failed;
}

TEST(a_commit_that_fails_is_told_to_all_of_its_group)
{
    struct jm_store *s = start();
    unsigned most = 0;

    fault.st = JM_E_UNAVAILABLE;
    for (long at = 1; at <= 200 && (at <= 60 || most < 2); at++) {
        unsigned failed = fail_together(at);

        most = failed > most ? failed : most;
    }
    CHECK(most >= 2);
    end(s);
}

struct move {
    int64_t from, to;
};

static enum jm_status move(struct jm_tx *tx, void *arg)
{
    const struct move *m = arg;

    return jm_sql_cas(tx, "UPDATE account SET n = $1 WHERE n = $2",
                      JM_ARGS(JM_I(m->to), JM_I(m->from)));
}

TEST(compare_and_set)
{
    struct jm_store *s = start();
    struct put p = {.id = {{1}}, .n = 1};
    struct move m = {1, 2};

    CHECK_OK(jm_tx_run(&env, put, &p));
    CHECK_OK(jm_tx_run(&env, move, &m));
    CHECK_ST(jm_tx_run(&env, move, &m), JM_E_CONFLICT);
    end(s);
}

static enum jm_status columns(struct jm_tx *tx, void *arg)
{
    struct jm_arena mem = arena(1024);
    struct jm_rows r;
    struct jm_id id;
    int64_t n = 0;

    (void)arg;
    CHECK_EQ(jm_tx_now(tx), 1800000000);
    CHECK(jm_tx_env(tx) == &env);
    CHECK_OK(jm_sql_one(&r, tx,
                        "SELECT id, name, n, seq, seq, name, x'' FROM account WHERE id = $1",
                        JM_ARGS(JM_ID(&(struct jm_id){{1}}))));
    jm_col_id(&r, &id);
    CHECK_EQ(id.octets[0], 1);
    CHECK_STR(jm_col_text(&r, &mem), "a");
    CHECK_EQ(jm_col_int(&r), 5);
    CHECK(jm_col_is_null(&r));
    CHECK_EQ(jm_col_int_or(&r, -1), -1);
    CHECK(jm_col_text(&r, &mem).ptr == NULL);
    CHECK(!jm_col_is_null(&r));
    CHECK_EQ(jm_col_int(&r), 0); /* a text */
    CHECK_EQ(jm_col_blob(&r, &mem).len, 0);
    CHECK_ST(jm_sql_end(&r), JM_E_TYPE);
    CHECK_ST(jm_sql_one(&r, tx, "SELECT n FROM account WHERE n = $1", JM_ARGS(JM_I(77))),
             JM_E_ABSENT);
    CHECK_ST(jm_sql_int(&n, tx, "SELECT seq FROM account", JM_NO_ARGS), JM_E_TYPE);
    CHECK_ST(jm_sql_int(&n, tx, "SELECT nothing FROM account", JM_NO_ARGS), JM_E_BUG);
    CHECK_ST(jm_sql_int(&n, tx, "SELECT n FROM account WHERE n = $1", JM_ARGS(JM_I(1), JM_I(2))),
             JM_E_BUG);
    CHECK_ST(jm_sql_run(tx, "SELECT 1; SELECT 2", JM_NO_ARGS), JM_E_BUG);
    /* a reader cannot write */
    CHECK_ST(jm_sql_run(tx, "DELETE FROM account", JM_NO_ARGS), JM_E_BUG);
    JM_TRY(jm_sql_open(&r, tx, "SELECT n FROM account", JM_NO_ARGS));
    CHECK(jm_sql_next(&r));
    struct jm_rows again; /* the same statement while it is in use */
    CHECK_OK(jm_sql_open(&again, tx, "SELECT n FROM account", JM_NO_ARGS));
    CHECK(jm_sql_next(&again) && !jm_sql_next(&again));
    CHECK_OK(jm_sql_end(&again));
    return JM_OK; /* r is left open: the store settles it */
}

TEST(columns_and_misuse)
{
    struct jm_store *s = start();
    struct put p = {.id = {{1}}, .n = 5};

    CHECK_OK(jm_tx_run(&env, put, &p));
    for (int i = 0; i < 5; i++)
        CHECK_OK(test_read(&env, columns, NULL));
    CHECK_EQ(rows(), 1);
    end(s);
}

static enum jm_status nested(struct jm_tx *tx, void *arg)
{
    (void)tx;
    return jm_tx_run(&env, put, arg);
}

static enum jm_status orphan(struct jm_tx *tx, void *arg)
{
    (void)arg;
    return jm_sql_run(tx, "INSERT INTO part (id, account) VALUES (1, $1)",
                      JM_ARGS(JM_B(JM_BYTES("none"))));
}

static enum jm_status spoil(struct jm_tx *tx, void *arg)
{
    (void)arg;
    JM_TRY(jm_sql_run(tx, "INSERT OR ROLLBACK INTO account (id, n) VALUES (x'09', 1)", JM_NO_ARGS));
    return jm_sql_run(tx, "INSERT OR ROLLBACK INTO account (id, n) VALUES (x'09', 1)", JM_NO_ARGS);
}

TEST(refuses_what_would_hang_or_lose)
{
    struct jm_store *s = start();
    struct put p = {.id = {{1}}, .n = 5};

    CHECK_ST(jm_tx_run(&env, nested, &p), JM_E_BUG);
    CHECK_ST(jm_tx_run(&env, orphan, NULL), JM_E_CONFLICT);
    CHECK_ST(jm_tx_run(&env, spoil, NULL), JM_E_CONFLICT); /* ended the whole group's transaction */
    CHECK_OK(jm_tx_run(&env, put, &p));
    CHECK_EQ(rows(), 1);
    end(s);
}

TEST(one_opener)
{
    struct jm_store *s = start(), *second = NULL;
    struct jm_store_config c = config();
    struct stat info;
    int status = 0;

    CHECK_ST(jm_store_open(&second, &c), JM_E_CONFLICT);
    CHECK(second == NULL);
    pid_t child = fork();
    if (child == 0) {
        enum jm_status st = jm_store_open(&second, &c);
        _exit(st == JM_E_CONFLICT ? 7 : 1);
    }
    CHECK(waitpid(child, &status, 0) == child && WIFEXITED(status) && WEXITSTATUS(status) == 7);
    CHECK(stat(path, &info) == 0 && (info.st_mode & 0777) == 0600);
    end(s);
}

TEST(migrations_go_forward_only)
{
    static const struct jm_migration other[] = {{"0001-other",
                                                 "CREATE TABLE x (a INTEGER) STRICT;"},
                                                {"0002-index", ""}};
    static const struct jm_migration more[] =
        {migrations[0],
         migrations[1],
         {"0003-bad", "CREATE TABLE y (a INTEGER) STRICT; CREATE TABLE z (;"}};
    static const struct jm_migration loose[] = {migrations[0],
                                                migrations[1],
                                                {"0003-loose", "CREATE TABLE y (a INTEGER);"}};
    struct jm_store *s = start();
    struct put p = {.id = {{1}}, .n = 5};
    struct jm_store_config c = config();

    CHECK_OK(jm_tx_run(&env, put, &p));
    jm_store_close(&s);
    c.n_migrations = 1;
    CHECK_ST(jm_store_open(&s, &c), JM_E_UNSUPPORTED);
    c.n_migrations = 2;
    c.migrations = other;
    CHECK_ST(jm_store_open(&s, &c), JM_E_CONFLICT);
    c.n_migrations = 3;
    c.migrations = more;
    CHECK_ST(jm_store_open(&s, &c), JM_E_BUG);
    c = config();
    CHECK_OK(jm_store_open(&s, &c)); /* the bad one left nothing */
    env.store = s;
    CHECK_EQ(rows(), 1);
    jm_store_close(&s);
    c.n_migrations = 3;
    c.migrations = loose;
    CHECK_ST(jm_store_open(&s, &c), JM_E_BUG);
    end(s);
}

/* The nth call of the database fails: either all of the job is there and it was told JM_OK, or
 * nothing. */
TEST(every_call_may_fail)
{
    static const enum jm_status kinds[] = {JM_E_IO, JM_E_UNAVAILABLE};
    struct jm_store *s = start();
    int64_t before = 0, n;
    unsigned failed = 0;

    for (long at = 1; at <= 24; at++) {
        struct put p = {.id = {{8, (uint8_t)at}},
                        .n = 1,
                        .then = at % 3 == 0 ? JM_E_DENIED : JM_OK};
        fault.st = kinds[at % 2];
        atomic_store(&fault.at, at);
        enum jm_status st = jm_tx_run(&env, put, &p);
        atomic_store(&fault.at, 0);
        failed += st != JM_OK;
        n = rows();
        CHECK_EQ(n, before + (st == JM_OK));
        before = n;
    }
    CHECK(failed >= 8 && failed < 24);
    atomic_store(&fault.at, 2);
    fault.st = JM_E_UNAVAILABLE;
    CHECK_ST(test_read(&env, count, &n), JM_E_UNAVAILABLE);
    CHECK_EQ(rows(), before);
    end(s);
}

/* A process that dies at once after an answer: everything answered is there. */
TEST(answered_is_durable)
{
    struct jm_store *s = start();
    struct jm_store_config c = config();
    int pipe_fd[2], status = 0;
    uint8_t told = 0, last = 0;

    jm_store_close(&s);
    CHECK(pipe(pipe_fd) == 0);
    pid_t child = fork();
    if (child == 0) {
        if (jm_store_open(&s, &c) != JM_OK)
            _exit(1);
        env.store = s;
        for (uint8_t i = 1; i <= 50; i++) {
            struct put p = {.id = {{i}}, .n = i};
            if (jm_tx_run(&env, put, &p) != JM_OK || write(pipe_fd[1], &i, 1) != 1)
                _exit(1);
        }
        raise(9);
    }
    close(pipe_fd[1]);
    while (read(pipe_fd[0], &told, 1) == 1)
        last = told;
    close(pipe_fd[0]);
    CHECK(waitpid(child, &status, 0) == child && WIFSIGNALED(status));
    CHECK_OK(jm_store_open(&s, &c));
    env.store = s;
    CHECK_EQ(last, 50);
    CHECK_EQ(rows(), 50);
    end(s);
}
