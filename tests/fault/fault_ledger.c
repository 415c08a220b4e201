/* SPDX-License-Identifier: Apache-2.0 */
/* The embedded engine is killed at random points while four threads hand in transactions: what was
 * acknowledged is there, the file opens, and all of it verified gives the same hashes. Fifty times;
 * JUMIN_ROUNDS says how often else. */
#include "unit/test.h"

#include <pthread.h>
#include <signal.h>
#include <sys/wait.h>
#include <time.h>

#include "host/ledger/writer.h"
#include "unit/folder.h"
#include "unit/ledger/ltx_kit.h"

#define ROUNDS 50
#define THREADS 4
#define KILL_AFTER_NS 60000000 /* at most; half of the kills meet the start */

static char folder[64], file[96];
static struct jm_bytes genesis;

static struct jm_chain *open_chain(bool all)
{
    const struct jm_chain_config config = {file, genesis, lk_port, all};
    struct jm_chain *c;

    CHECK_OK(jm_chain_open(&c, &config));
    return c;
}

/* -- the child -- */

struct robot {
    struct jm_ledger_engine *e;
    uint64_t lane, seq;
    int tell;
    unsigned round;
};

static pthread_mutex_t making = PTHREAD_MUTEX_INITIALIZER; /* the kit has one arena */

static struct jm_bytes next_tx(struct robot *r, struct jm_hash32 *id)
{
    char name[64], body[256];
    struct jm_bytes tx;
    struct jm_ltx x, y;

    snprintf(name, sizeof name, "r%u.%u.%u", r->round, (unsigned)r->lane, (unsigned)r->seq);
    snprintf(body, sizeof body, "{1 '%s' 2 1 3 {'en' 'X'} 5 [[1 '1']] 6 F 7 'KR' 9 0 10 'sup'}",
             name);
    (void)pthread_mutex_lock(&making);
    x = (struct jm_ltx){.chain_id = JM_BYTES(LK_CHAIN),
                        .type = JM_LTX_RP_PUT,
                        .actor = JM_BYTES("rpr"),
                        .lane = r->lane,
                        .seq = r->seq,
                        .not_after = LK_NOW + 3600,
                        .body = lk_cbor(body)};
    tx = exact(lk_make(&x, "p1", &lk_ledger.genesis));
    if (jm_ltx_read(&y, tx) != JM_OK ||
        jm_ltx_id(id, &jm_crypto_openssl, &lk_ledger.genesis, y.payload) != JM_OK)
        _exit(3);
    (void)pthread_mutex_unlock(&making);
    return tx;
}

static void *robot_main(void *arg)
{
    struct robot *r = arg;

    for (;; r->seq++) {
        struct jm_ledger_result out;
        struct jm_hash32 id;
        struct jm_bytes tx = next_tx(r, &id);

        if (r->e->submit(r->e->ctx, &out, tx) != JM_OK || out.code != JM_LTX_OK)
            _exit(4);
        if (write(r->tell, id.octets, sizeof id.octets) != (ssize_t)sizeof id.octets)
            _exit(5);
    }
}

static int64_t now_of_test(void *ctx)
{
    (void)ctx;
    return (int64_t)LK_NOW;
}

static enum jm_status sign_nothing(void *ctx, struct jm_buf *note, uint64_t size,
                                   const struct jm_hash32 *root)
{
    (void)ctx;
    (void)size;
    (void)root;
    return jm_buf_put(note, JM_BYTES("a note"));
}

_Noreturn static void run_child(int tell, unsigned round)
{
    static struct robot r[THREADS];
    struct jm_chain *c = open_chain(false);
    const struct jm_ledger_writer_config config = {.chain = c,
                                                   .seal = {sign_nothing, NULL},
                                                   .now_s = now_of_test,
                                                   .resign_s = 60};
    const struct jm_block now = {.base = c == NULL ? &lk_ledger : jm_chain_ledger(c)};
    struct jm_ledger_writer *w;
    struct jm_ledger_engine e;
    pthread_t thread;

    if (c == NULL || jm_ledger_writer_start(&w, &config) != JM_OK)
        _exit(2);
    e = jm_ledger_writer_engine(w);
    for (unsigned i = 0; i < THREADS; i++) {
        r[i] = (struct robot){&e, i, lk_seq(&now, "rpr", i), tell, round};
        if (pthread_create(&thread, NULL, robot_main, &r[i]) != 0)
            _exit(6);
    }
    for (;;)
        (void)pause();
}

/* -- the killer -- */

static struct jm_hash32 *told;
static size_t n_told, cap_told;

static void remember(const struct jm_hash32 *id)
{
    if (n_told == cap_told) {
        cap_told = cap_told == 0 ? 4096 : 2 * cap_told;
        if ((told = realloc(told, cap_told * sizeof *told)) == NULL)
            abort();
    }
    told[n_told++] = *id;
}

static void one_round(unsigned round)
{
    struct jm_hash32 id;
    uint32_t random;
    int ends[2], status;
    pid_t child;

    CHECK(pipe(ends) == 0);
    fflush(stdout);
    if ((child = fork()) == 0)
        run_child(ends[1], round);
    close(ends[1]);
    CHECK_OK(jm_openssl_random(NULL, (uint8_t *)&random, sizeof random));
    (void)nanosleep(&(const struct timespec){0, (long)(random % KILL_AFTER_NS)}, NULL);
    CHECK(kill(child, SIGKILL) == 0);
    CHECK(waitpid(child, &status, 0) == child);
    CHECK(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
    while (read(ends[0], id.octets, sizeof id.octets) == (ssize_t)sizeof id.octets)
        remember(&id);
    close(ends[0]);
}

/* All that was ever acknowledged. */
static struct jm_hash32 check_all(bool all)
{
    struct jm_chain *c = open_chain(all);
    struct jm_hash32 app = {{0}};
    struct jm_ledger_place at;

    if (c == NULL)
        return app;
    for (size_t i = 0; i < n_told; i++)
        CHECK_OK(jm_chain_find(c, &at, &told[i]));
    app = jm_chain_ledger(c)->app_hash;
    jm_chain_close(&c);
    return app;
}

TEST(killed_at_random_points)
{
    const char *said = getenv("JUMIN_ROUNDS");
    uint64_t rounds = ROUNDS;
    struct jm_hash32 fast, whole;

    if (said != NULL)
        CHECK_OK(jm_parse_u64(&rounds, jm_str(said)));
    lk_found(LK_GENESIS);
    genesis = lk_cbor(LK_GENESIS);
    snprintf(folder, sizeof folder, "/tmp/jm-fault-ledger-XXXXXX");
    CHECK(mkdtemp(folder) != NULL);
    snprintf(file, sizeof file, "%s/ledger.jml", folder);
    for (unsigned i = 0; i < rounds && test_failures == 0; i++) {
        one_round(i);
        (void)check_all(false);
    }
    fast = check_all(false);
    whole = check_all(true);
    CHECK(jm_hash32_eq(&fast, &whole));
    CHECK(n_told > rounds);
    printf("%u kills, %zu transactions acknowledged\n", (unsigned)rounds, n_told);
    free(told);
    clear_away(folder);
}
