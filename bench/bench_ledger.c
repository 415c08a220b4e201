/* SPDX-License-Identifier: Apache-2.0 */
/* The embedded ledger, durable: transactions per second with 1, 16 and 64 who submit, beside what
 * their signatures alone cost, and a write with fdatasync alone; a proof made and checked, beside
 * its hashes. */
#include "unit/test.h"

#include <fcntl.h>
#include <pthread.h>

#include "../bench/rate.h"
#include "host/ledger/writer.h"
#include "unit/folder.h"
#include "unit/ledger/ltx_kit.h"

#define TXS 512
#define THREADS_MAX 64

static char folder[64], file[96];
static struct jm_bytes txs[TXS];
static struct jm_ledger_engine engine;

static double wall(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

/* A lane a thread, eight lanes an actor, each transaction signed once. */
static const char *const actors[] = {"rpr", "reg", "sup", "iss", "pub", "ope", "acc", "aa"};
static const char *const keys_of[] = {"p1", "r1", "s1", "i1", "u1", "o1", "a1", "a2"};

/* Relying parties need a registrar of theirs: here all actors are. */
#define MANY(id, l) LK_ACTOR(id, "3 4", LK_KEY(l, "1"), "1")
#define MANY_GENESIS                                                                     \
    LK_GENESIS_WITH("{1 'kit.example/log' 2 16384 3 256 4 2592000 5 3600}",              \
                    LK_ACTOR("gov", "1", LK_KEY("g1", "1"), "1") MANY("rpr", "p1")       \
                        MANY("reg", "r1") LK_ACTOR("sup", "3 4", LK_KEY("s1", "1"), "1") \
                            MANY("iss", "i1") MANY("pub", "u1") MANY("ope", "o1")        \
                                MANY("acc", "a1") MANY("aa", "a2"),                      \
                    "")

static void make_txs(unsigned threads)
{
    for (unsigned i = 0; i < TXS; i++) {
        unsigned t = i % threads;
        char body[256];
        struct jm_ltx x = {.chain_id = JM_BYTES(LK_CHAIN),
                           .type = JM_LTX_RP_PUT,
                           .actor = jm_str(actors[t / 8]),
                           .lane = t % 8,
                           .seq = i / threads + 1,
                           .not_after = LK_NOW + 3600};

        snprintf(body, sizeof body,
                 "{1 'rp%u' 2 1 3 {'en' 'X'} 5 [[1 '1']] 6 F 7 'KR' 9 0 10 'sup'}", i);
        x.body = lk_cbor(body);
        txs[i] = exact(lk_make(&x, keys_of[t / 8], &lk_ledger.genesis));
    }
}

static int64_t now_of_bench(void *ctx)
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

struct part {
    unsigned t, threads;
};

static void *submit_part(void *arg)
{
    const struct part *p = arg;

    for (unsigned i = p->t; i < TXS; i += p->threads) {
        struct jm_ledger_result out;

        CHECK_OK(engine.submit(engine.ctx, &out, txs[i]));
        CHECK_EQ(out.code, JM_LTX_OK);
    }
    return NULL;
}

static double submit_with(struct jm_chain *c, unsigned threads)
{
    const struct jm_ledger_writer_config config = {.chain = c,
                                                   .seal = {sign_nothing, NULL},
                                                   .now_s = now_of_bench,
                                                   .resign_s = 60};
    static struct part part[THREADS_MAX];
    pthread_t thread[THREADS_MAX];
    struct jm_ledger_writer *w;
    double from;

    CHECK_OK(jm_ledger_writer_start(&w, &config));
    engine = jm_ledger_writer_engine(w);
    from = wall();
    for (unsigned t = 0; t < threads; t++) {
        part[t] = (struct part){t, threads};
        CHECK(pthread_create(&thread[t], NULL, submit_part, &part[t]) == 0);
    }
    for (unsigned t = 0; t < threads; t++)
        CHECK(pthread_join(thread[t], NULL) == 0);
    from = wall() - from;
    jm_ledger_writer_stop(&w);
    return TXS / from;
}

static struct jm_chain *open_fresh(void)
{
    const struct jm_chain_config config = {file, lk_cbor(MANY_GENESIS), lk_port, false};
    struct jm_chain *c;

    (void)remove(file);
    CHECK_OK(jm_chain_open(&c, &config));
    return c;
}

/* One verification each, on one thread. */
static double verify_alone(void)
{
    double from = wall();

    for (unsigned i = 0; i < TXS; i++) {
        struct jm_ltx_signature sig[JM_LTX_SIGNERS_MAX];
        struct jm_bytes data;
        struct jm_ltx x;
        size_t n;

        jm_arena_reset(&lk_tx_mem);
        CHECK_OK(jm_ltx_read(&x, txs[i]));
        CHECK_OK(jm_ltx_signatures(sig, &n, &x));
        CHECK_OK(jm_ltx_to_sign(&data, sig[0].kid, &lk_ledger.genesis, x.payload, &lk_tx_mem));
        CHECK_OK(jm_openssl_verify(NULL, JM_ALG_ES256, jm_point_bytes(&lk_key("p1")->point), data,
                                   jm_sig_bytes(&sig[0].sig)));
    }
    return TXS / (wall() - from);
}

/* As many octets as a block of one transaction, appended and synced. */
static double sync_alone(void)
{
    static const uint8_t octets[700];
    char path[128];
    double from;
    int fd;

    snprintf(path, sizeof path, "%s/plain", folder);
    fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    from = wall();
    for (unsigned i = 0; i < TXS; i++)
        CHECK(write(fd, octets, sizeof octets) == (ssize_t)sizeof octets && fdatasync(fd) == 0);
    from = wall() - from;
    close(fd);
    return TXS / from;
}

/* -- proofs -- */

static struct jm_chain *proven;
static struct jm_ledger_view view;
static struct jm_proof proof;
static struct jm_hash32 leaf;

static void make_proof(void *ctx)
{
    (void)ctx;
    CHECK_OK(jm_inclusion_make(&proof, &view.log, 100, view.state->log.size));
}

static void check_proof(void *ctx)
{
    (void)ctx;
    CHECK_OK(jm_inclusion_verify(&jm_crypto_openssl, 100, view.state->log.size, &leaf, proof.hash,
                                 proof.n, &view.state->log_root));
}

static void hash_alone(void *ctx)
{
    struct jm_hash32 h = leaf;

    (void)ctx;
    for (size_t i = 0; i < proof.n; i++)
        CHECK_OK(jm_merkle_node(&h, &jm_crypto_openssl, &proof.hash[i], &h));
}

static void bench_proofs(void)
{
    double make, check, hashes;
    struct jm_bytes octets;

    jm_arena_reset(&lk_tx_mem);
    jm_chain_view(proven, &view);
    CHECK_OK(jm_chain_entry(proven, &octets, 100, &lk_tx_mem));
    CHECK_OK(jm_merkle_leaf(&leaf, &jm_crypto_openssl, &octets, 1));
    make_proof(NULL);
    make = rate(make_proof, NULL);
    check = rate(check_proof, NULL);
    hashes = rate(hash_alone, NULL);
    printf("proof of %zu hashes: made %.0f/s, checked %.0f/s, %.2f of its hashes alone (%.0f/s)\n",
           proof.n, make, check, hashes / check, hashes);
    jm_chain_done(proven);
}

TEST(rates)
{
    static const unsigned threads[] = {1, 16, 64};
    double verify, sync;

    lk_found(MANY_GENESIS);
    snprintf(folder, sizeof folder, "/tmp/jm-bench-ledger-XXXXXX");
    CHECK(mkdtemp(folder) != NULL);
    snprintf(file, sizeof file, "%s/ledger.jml", folder);
    make_txs(1);
    verify = verify_alone();
    sync = sync_alone();
    printf("signatures alone %.0f/s, fdatasync alone %.0f/s\n", verify, sync);
    for (size_t i = 0; i < JM_ARRAY_LEN(threads); i++) {
        struct jm_chain *c = open_fresh();
        double both, tx_s;

        make_txs(threads[i]);
        tx_s = submit_with(c, threads[i]);
        both = 1 / (1 / verify + 1 / sync);
        printf("%2u submit: %6.0f tx/s, %.2f of one signature and one fdatasync each (%.0f/s)\n",
               threads[i], tx_s, tx_s / both, both);
        if (i + 1 == JM_ARRAY_LEN(threads)) {
            proven = c;
            bench_proofs();
        }
        jm_chain_close(&c);
    }
    clear_away(folder);
}
