/* SPDX-License-Identifier: Apache-2.0 */
/* Who hands in a transaction to a validator, and when he is told. The test is CometBFT: a mempool
 * that it may lose, blocks of its own making. */
#include "unit/test.h"

#include <pthread.h>
#include <stdatomic.h>

#include "host/abci/engine.h"
#include "host/ledger/chain.h"
#include "host/openssl/openssl.h"
#include "jumin/base64.h"
#include "jumin/cbor.h"
#include "jumin/json.h"
#include "support/abci.h"
#include "unit/folder.h"

#define VECTORS "ledger/statemachine-a.json"
#define WAIT_MS 300

enum broadcast { CHECKS, TAKES, LOSES, KNOWS, FAILS, REFUSES };

static struct world {
    char folder[64], file[96], socket[96];
    struct jm_bytes genesis, tx[8]; /* of block 1: ok, AUTH, ok, ok */
    struct jm_chain *chain;
    struct jm_abci_engine *engine;
    struct jm_ledger_engine e;
    struct abci_wire consensus, mempool;
    int64_t height;
    enum broadcast how[JM_ABCI_TRIES];
    atomic_uint asked; /* broadcasts */
    bool dies;
    _Atomic(int) ended;
    uint64_t agreed;
} W;

static const struct jm_ledger *world_ledger(void *ctx)
{
    (void)ctx;
    return jm_chain_ledger(W.chain);
}

static enum jm_status world_commit(void *ctx, const struct jm_block *b)
{
    (void)ctx;
    return W.dies ? JM_E_IO : jm_chain_commit(W.chain, b, NULL);
}

static enum jm_status world_agreed(void *ctx, uint64_t height)
{
    (void)ctx;
    W.agreed = height;
    return JM_OK;
}

static void world_ended(void *ctx, enum jm_status st)
{
    (void)ctx;
    atomic_store(&W.ended, (int)st);
}

static enum jm_status world_broadcast(void *ctx, enum jm_ltx_code *code, struct jm_bytes tx)
{
    struct jm_abci_request q = {.kind = JM_ABCI_CHECK_TX};
    struct jm_abci_response r;
    unsigned n = atomic_load(&W.asked);
    enum broadcast how = W.how[n < JM_ABCI_TRIES ? n : JM_ABCI_TRIES - 1];

    (void)ctx;
    *code = JM_LTX_OK;
    q.u.check_tx.tx = tx;
    if (how == CHECKS && CHECK(abci_call(&W.mempool, &r, &q)))
        *code = (enum jm_ltx_code)r.u.check_tx.code;
    if (how == REFUSES)
        *code = JM_LTX_SEQ;
    atomic_fetch_add(&W.asked, 1);
    return how == FAILS ? JM_E_UNAVAILABLE : how == KNOWS ? JM_E_CONFLICT : JM_OK;
}

/* -- CometBFT -- */

static struct jm_abci_request block_request(enum jm_abci_kind kind, const struct jm_bytes *tx,
                                            size_t n)
{
    struct jm_abci_request q = {.kind = kind};

    q.u.block.height = W.height + 1;
    q.u.block.time.s = 1900000060 + W.height;
    q.u.block.txs = (struct jm_abci_txs){tx, n};
    return q;
}

static void finalize(const struct jm_bytes *tx, size_t n)
{
    struct jm_abci_request q = block_request(JM_ABCI_FINALIZE_BLOCK, tx, n);
    struct jm_abci_response r;

    CHECK(abci_call(&W.consensus, &r, &q));
}

static void commit(void)
{
    struct jm_abci_request q = {.kind = JM_ABCI_COMMIT};
    struct jm_abci_response r;

    CHECK(abci_call(&W.consensus, &r, &q));
    W.height++;
}

static void decide(const struct jm_bytes *tx, size_t n)
{
    finalize(tx, n);
    commit();
}

static void start_chain(void)
{
    struct jm_abci_request q = {.kind = JM_ABCI_INIT_CHAIN};
    struct jm_abci_validator v[8] = {{0}};
    struct jm_buf state = room(16384);
    struct jm_abci_response r;
    struct jm_bytes nodes, key;
    struct jm_cbor c;
    size_t n;

    CHECK_OK(jm_cbor_find_int(&nodes, W.genesis, 6));
    jm_cbor_init(&c, nodes);
    n = jm_cbor_array(&c);
    for (size_t i = 0; i < n && i < 8; i++) {
        struct jm_cbor in;

        CHECK_OK(jm_cbor_find_int(&key, jm_cbor_item(&c), 5));
        jm_cbor_init(&in, key);
        v[i] = (struct jm_abci_validator){JM_ABCI_KEY_ED25519, jm_cbor_bytes(&in), 1};
    }
    CHECK_OK(jm_buf_put(&state, JM_BYTES("{\"jumin_genesis\":\"")));
    CHECK_OK(jm_b64url_put(&state, W.genesis));
    CHECK_OK(jm_buf_put(&state, JM_BYTES("\"}")));
    q.u.init_chain.app_state = jm_written(state);
    q.u.init_chain.time.s = 1900000000;
    q.u.init_chain.chain_id = JM_BYTES("jumin-test-1");
    q.u.init_chain.initial_height = 1;
    q.u.init_chain.consensus_params = hex("1a09 0a07 65643235353139");
    q.u.init_chain.validators = (struct jm_abci_validators){v, n};
    CHECK(abci_call(&W.consensus, &r, &q) && r.kind == JM_ABCI_INIT_CHAIN);
}

static void begin_world(void)
{
    static uint8_t memory[4 * JM_MIB];
    struct jm_bytes file = vector(VECTORS), digits;
    const struct jm_json *story, *t;
    struct jm_abci_engine_config c = {.version = "0.1.0",
                                      .machine = {.ledger = world_ledger,
                                                  .commit = world_commit,
                                                  .agreed = world_agreed},
                                      .broadcast = world_broadcast,
                                      .ended = world_ended,
                                      .wait_ms = WAIT_MS};
    struct jm_chain_config chain = {.port = {&jm_crypto_openssl, jm_openssl_verify, NULL}};
    struct jm_arena mem;
    size_t n = 0;

    memset(&W, 0, sizeof W);
    CHECK_OK(jm_openssl_init());
    jm_arena_init(&mem, memory, sizeof memory);
    CHECK_OK(jm_json_parse(&story, file, &mem, NULL));
    CHECK_OK(jm_json_str(&digits, story, "genesis"));
    W.genesis = test_unhex(digits, "genesis");
    for (t = jm_json_get(jm_json_get(story, "blocks")->child, "txs")->child; t != NULL;
         t = t->next) {
        CHECK_OK(jm_json_str(&digits, t, "tx"));
        W.tx[n++] = test_unhex(digits, "tx");
    }
    snprintf(W.folder, sizeof W.folder, "/tmp/jumin-engine-XXXXXX");
    CHECK(mkdtemp(W.folder) != NULL);
    snprintf(W.file, sizeof W.file, "%s/ledger.jml", W.folder);
    snprintf(W.socket, sizeof W.socket, "%s/abci.sock", W.folder);
    chain.path = W.file;
    chain.genesis = c.machine.genesis = W.genesis;
    CHECK_OK(jm_chain_open(&W.chain, &chain));
    c.path = W.socket;
    c.reads = (struct jm_ledger_engine){W.chain,       NULL,           jm_chain_view,
                                        jm_chain_done, jm_chain_entry, jm_chain_state_proof,
                                        jm_chain_find};
    CHECK_OK(jm_abci_engine_start(&W.engine, &c));
    W.e = jm_abci_engine_engine(W.engine);
    CHECK(abci_dial(&W.consensus, W.socket) && abci_dial(&W.mempool, W.socket));
    start_chain();
}

static void end_world(void)
{
    abci_hang_up(&W.consensus);
    abci_hang_up(&W.mempool);
    jm_abci_engine_stop(&W.engine);
    jm_chain_close(&W.chain);
    clear_away(W.folder);
}

/* -- one who hands in -- */

struct submitter {
    pthread_t thread;
    struct jm_bytes tx;
    struct jm_ledger_result out;
    enum jm_status st;
    atomic_bool done;
};

static void *submit_main(void *arg)
{
    struct submitter *s = arg;

    s->st = W.e.submit(W.e.ctx, &s->out, s->tx);
    atomic_store(&s->done, true);
    return NULL;
}

/* Until his transaction was broadcast @p asked times in all, or he was told. */
static void hand_in(struct submitter *s, struct jm_bytes tx, unsigned asked)
{
    const struct timespec nap = {0, 1000000};

    *s = (struct submitter){.tx = tx};
    CHECK_EQ(pthread_create(&s->thread, NULL, submit_main, s), 0);
    for (unsigned ms = 0; ms < 5000 && atomic_load(&W.asked) < asked && !atomic_load(&s->done);
         ms++)
        (void)nanosleep(&nap, NULL);
}

static void be_told(struct submitter *s)
{
    CHECK_EQ(pthread_join(s->thread, NULL), 0);
}

TEST(told_when_it_is_in_a_block)
{
    struct submitter s;

    begin_world();
    hand_in(&s, W.tx[0], 1);
    CHECK(!atomic_load(&s.done));
    finalize(W.tx, 1);
    CHECK(!atomic_load(&s.done)); /* decided, and not durable */
    commit();
    be_told(&s);
    CHECK_OK(s.st);
    CHECK_EQ(s.out.code, JM_LTX_OK);
    CHECK_EQ(s.out.at.height, 1);
    CHECK_EQ(s.out.at.index, 2);
    /* once more: its place, and nothing is broadcast */
    hand_in(&s, W.tx[0], 2);
    be_told(&s);
    CHECK_OK(s.st);
    CHECK_EQ(s.out.at.index, 2);
    CHECK_EQ(atomic_load(&W.asked), 1);
    /* refused by CheckTx */
    hand_in(&s, W.tx[1], 2);
    be_told(&s);
    CHECK_OK(s.st);
    CHECK_EQ(s.out.code, JM_LTX_AUTH);
    decide(NULL, 0);
    CHECK_EQ(W.agreed, 1);
    end_world();
}

TEST(refused_in_the_block)
{
    struct submitter s;

    begin_world();
    W.how[0] = TAKES;
    hand_in(&s, W.tx[1], 1);
    decide(W.tx, 2);
    be_told(&s);
    CHECK_OK(s.st);
    CHECK_EQ(s.out.code, JM_LTX_AUTH);
    end_world();
}

TEST(a_mempool_forgets)
{
    struct submitter s;

    begin_world();
    W.how[0] = LOSES;
    W.how[1] = KNOWS; /* another one has it */
    hand_in(&s, W.tx[0], 2);
    decide(W.tx, 1);
    be_told(&s);
    CHECK_OK(s.st);
    CHECK_EQ(s.out.code, JM_LTX_OK);
    CHECK_EQ(atomic_load(&W.asked), 2);
    end_world();
}

TEST(nobody_decides)
{
    struct submitter s;

    begin_world();
    hand_in(&s, W.tx[0], 1);
    be_told(&s);
    CHECK_ST(s.st, JM_E_UNAVAILABLE);
    /* the second try was SEQ, because the first one waits: no refusal */
    CHECK_EQ(atomic_load(&W.asked), 2);
    CHECK_EQ(s.out.code, JM_LTX_OK);
    W.how[0] = REFUSES;
    atomic_store(&W.asked, 0);
    hand_in(&s, W.tx[0], 1);
    be_told(&s);
    CHECK_OK(s.st);
    CHECK_EQ(s.out.code, JM_LTX_SEQ);
    end_world();
}

TEST(three_tries)
{
    struct submitter s;

    begin_world();
    W.how[0] = W.how[1] = W.how[2] = LOSES;
    hand_in(&s, W.tx[0], 3);
    be_told(&s);
    CHECK_ST(s.st, JM_E_UNAVAILABLE);
    CHECK_EQ(atomic_load(&W.asked), JM_ABCI_TRIES);
    end_world();
}

TEST(comet_does_not_answer)
{
    struct submitter s;

    begin_world();
    W.how[0] = FAILS;
    hand_in(&s, W.tx[0], 1);
    be_told(&s);
    CHECK_ST(s.st, JM_E_UNAVAILABLE);
    CHECK_EQ(atomic_load(&W.asked), 1);
    end_world();
}

/* A block decided in vain, and one in its place. */
TEST(decided_and_never_committed)
{
    struct submitter s;

    begin_world();
    hand_in(&s, W.tx[0], 1);
    finalize(W.tx, 1);
    decide(NULL, 0);
    CHECK(!atomic_load(&s.done));
    decide(W.tx, 1);
    be_told(&s);
    CHECK_OK(s.st);
    CHECK_EQ(s.out.at.height, 2);
    end_world();
}

TEST(what_is_no_transaction)
{
    static uint8_t zeros[JM_LTX_MAX + 1];
    struct jm_ledger_result out;

    begin_world();
    CHECK_OK(W.e.submit(W.e.ctx, &out, JM_BYTES("\x84")));
    CHECK_EQ(out.code, JM_LTX_CBOR);
    CHECK_OK(W.e.submit(W.e.ctx, &out, jm_bytes(zeros, sizeof zeros)));
    CHECK_EQ(out.code, JM_LTX_SIZE);
    CHECK_EQ(atomic_load(&W.asked), 0);
    end_world();
}

TEST(stopped_while_somebody_waits)
{
    struct submitter s;

    begin_world();
    hand_in(&s, W.tx[0], 1);
    W.dies = true;
    finalize(W.tx, 1);
    CHECK_EQ(atomic_load(&W.ended), 0);
    commit(); /* the disk is full */
    be_told(&s);
    CHECK_ST(s.st, JM_E_UNAVAILABLE);
    for (unsigned ms = 0; ms < 5000 && atomic_load(&W.ended) == 0; ms++) {
        const struct timespec nap = {0, 1000000};

        (void)nanosleep(&nap, NULL);
    }
    CHECK_EQ(atomic_load(&W.ended), JM_E_IO);
    /* nobody is taken in any more */
    hand_in(&s, W.tx[2], 2);
    be_told(&s);
    CHECK_ST(s.st, JM_E_UNAVAILABLE);
    CHECK_EQ(atomic_load(&W.asked), 1);
    end_world();
}

TEST(readers_see_the_ledger)
{
    struct jm_arena mem = arena(1 << 17);
    struct jm_ledger_view view;
    struct jm_bytes entry;
    struct jm_proof proof;

    begin_world();
    decide(W.tx, 1);
    W.e.open(W.e.ctx, &view);
    CHECK_EQ(view.state->height, 1);
    CHECK_OK(W.e.entry(W.e.ctx, &entry, 2, &mem));
    CHECK(jm_bytes_find(entry, W.tx[0]) != SIZE_MAX);
    CHECK_OK(W.e.state_proof(W.e.ctx, &proof, 0));
    W.e.close(W.e.ctx);
    end_world();
}
