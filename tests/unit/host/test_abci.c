/* SPDX-License-Identifier: Apache-2.0 */
/* The server on its socket, over the state machine and its file; the test is CometBFT. */
#include "unit/test.h"

#include <pthread.h>

#include "host/abci/machine.h"
#include "host/abci/server.h"
#include "host/ledger/chain.h"
#include "host/openssl/openssl.h"
#include "jumin/base64.h"
#include "jumin/cbor.h"
#include "jumin/json.h"
#include "support/abci.h"
#include "unit/folder.h"

#define VECTORS "ledger/statemachine-a.json"
#define CONNECTIONS 4 /* query, snapshot, mempool, consensus */

/* -- a node: what one process would be -- */

struct node {
    char folder[64], file[96], socket[96];
    struct jm_bytes genesis;
    struct jm_chain *chain;
    struct jm_abci_machine *machine;
    struct jm_abci_server *server;
    pthread_t thread;
    bool running;
    enum jm_status ended; /* what run() gave */
    unsigned logged;
    uint64_t agreed;
    /* crashes: after the write, before the answer */
    bool dies_written, dies_unwritten;
};

static const struct jm_json *story;

static uint64_t number(const struct jm_json *o, const char *name)
{
    int64_t v = -1;

    CHECK_OK(jm_json_int(&v, jm_json_get(o, name)));
    return (uint64_t)v;
}

static struct jm_bytes octets(const struct jm_json *o, const char *name)
{
    struct jm_bytes t;

    CHECK_OK(jm_json_str(&t, o, name));
    return test_unhex(t, name);
}

static const struct jm_ledger *node_ledger(void *ctx)
{
    return jm_chain_ledger(((struct node *)ctx)->chain);
}

static enum jm_status node_commit(void *ctx, const struct jm_block *b)
{
    struct node *n = ctx;

    if (n->dies_unwritten)
        return JM_E_IO;
    JM_TRY(jm_chain_commit(n->chain, b, NULL));
    return n->dies_written ? JM_E_IO : JM_OK;
}

static enum jm_status node_agreed(void *ctx, uint64_t height)
{
    struct node *n = ctx;

    CHECK_EQ(jm_chain_ledger(n->chain)->height, height);
    n->agreed = height;
    return JM_OK;
}

static void node_log(void *ctx, const char *detail)
{
    (void)detail;
    ((struct node *)ctx)->logged++;
}

static void *run_node(void *ctx)
{
    struct node *n = ctx;

    n->ended = jm_abci_server_run(n->server);
    return NULL;
}

static void start_node(struct node *n)
{
    const struct jm_chain_config chain = {.path = n->file,
                                          .genesis = n->genesis,
                                          .port = {&jm_crypto_openssl, jm_openssl_verify, NULL}};
    const struct jm_abci_machine_config machine = {n->genesis, n, node_ledger, node_commit,
                                                   node_agreed};
    struct jm_abci_config config = {.path = n->socket,
                                    .version = "0.1.0",
                                    .log = node_log,
                                    .log_ctx = n};

    n->dies_written = n->dies_unwritten = false;
    CHECK_OK(jm_chain_open(&n->chain, &chain));
    CHECK_OK(jm_abci_machine_new(&n->machine, &machine));
    config.app = jm_abci_machine_app(n->machine);
    CHECK_OK(jm_abci_server_new(&n->server, &config));
    n->running = CHECK_EQ(pthread_create(&n->thread, NULL, run_node, n), 0);
}

/* What stays is what is durable. */
static void end_node(struct node *n)
{
    if (n->running) {
        jm_abci_server_stop(n->server);
        (void)pthread_join(n->thread, NULL);
    }
    n->running = false;
    jm_abci_server_free(&n->server);
    jm_abci_machine_free(&n->machine);
    jm_chain_close(&n->chain);
}

static void new_node(struct node *n)
{
    static struct jm_arena mem;
    static uint8_t memory[4 * JM_MIB];
    struct jm_bytes file = vector(VECTORS);

    CHECK_OK(jm_openssl_init());
    jm_arena_init(&mem, memory, sizeof memory);
    CHECK_OK(jm_json_parse(&story, file, &mem, NULL));
    *n = (struct node){.genesis = octets(story, "genesis")};
    snprintf(n->folder, sizeof n->folder, "/tmp/jumin-abci-XXXXXX");
    CHECK(mkdtemp(n->folder) != NULL);
    snprintf(n->file, sizeof n->file, "%s/ledger.jml", n->folder);
    snprintf(n->socket, sizeof n->socket, "%s/abci.sock", n->folder);
    start_node(n);
}

static void remove_node(struct node *n)
{
    end_node(n);
    clear_away(n->folder);
}

/* -- CometBFT -- */

static struct abci_wire dial(struct node *n)
{
    struct abci_wire w;

    CHECK(abci_dial(&w, n->socket));
    return w;
}

static struct jm_abci_response call(struct abci_wire *w, struct jm_abci_request q)
{
    struct jm_abci_response r;

    CHECK(abci_call(w, &r, &q));
    return r;
}

static int64_t info(struct abci_wire *w, struct jm_bytes *app_hash)
{
    struct jm_abci_response r = call(w, (struct jm_abci_request){.kind = JM_ABCI_INFO});

    if (app_hash != NULL)
        *app_hash = r.u.info.last_block_app_hash;
    return r.u.info.last_block_height;
}

/* The genesis nodes, found as the machine does not: in the vectors' own octets. */
static size_t genesis_validators(struct jm_abci_validator *v, size_t max)
{
    struct jm_bytes genesis = octets(story, "genesis"), nodes, item;
    struct jm_cbor r;
    size_t n = 0;

    CHECK_OK(jm_cbor_find_int(&nodes, genesis, 6));
    jm_cbor_init(&r, nodes);
    for (size_t left = jm_cbor_array(&r); left > 0 && n < max; left--, n++) {
        struct jm_cbor in;

        item = jm_cbor_item(&r);
        CHECK_OK(jm_cbor_find_int(&nodes, item, 5));
        jm_cbor_init(&in, nodes);
        v[n] = (struct jm_abci_validator){JM_ABCI_KEY_ED25519, jm_cbor_bytes(&in), 1};
        CHECK_OK(jm_cbor_find_int(&nodes, item, 6));
        jm_cbor_init(&in, nodes);
        v[n].power = (int64_t)jm_cbor_uint(&in);
    }
    return n;
}

static struct jm_abci_request start_request(struct jm_abci_validator v[8])
{
    struct jm_abci_request q = {.kind = JM_ABCI_INIT_CHAIN};
    struct jm_buf state = room(16384);

    CHECK_OK(jm_buf_put(&state, JM_BYTES("{\"jumin_genesis\":\"")));
    CHECK_OK(jm_b64url_put(&state, octets(story, "genesis")));
    CHECK_OK(jm_buf_put(&state, JM_BYTES("\"}")));
    q.u.init_chain.app_state = jm_written(state);
    q.u.init_chain.time.s = 1900000000;
    q.u.init_chain.chain_id = JM_BYTES("jumin-test-1");
    q.u.init_chain.initial_height = 1;
    q.u.init_chain.consensus_params = hex("1a09 0a07 65643235353139");
    q.u.init_chain.validators.at = v;
    q.u.init_chain.validators.n = genesis_validators(v, 8);
    return q;
}

static void start_chain(struct abci_wire *w)
{
    struct jm_abci_validator v[8];
    struct jm_abci_response r = call(w, start_request(v));

    CHECK_SAME(r.u.init_chain.app_hash, octets(jm_json_get(story, "after_genesis"), "app_hash"));
}

/* The transactions of a block of the story. */
static size_t txs_of(struct jm_bytes tx[16], const struct jm_json *block)
{
    size_t n = 0;

    for (const struct jm_json *t = jm_json_get(block, "txs")->child; t != NULL; t = t->next)
        tx[n++] = octets(t, "tx");
    return n;
}

static struct jm_abci_request block_request(enum jm_abci_kind kind, const struct jm_json *block,
                                            const struct jm_bytes *tx, size_t n)
{
    struct jm_abci_request q = {.kind = kind};

    q.u.block.height = (int64_t)number(block, "height");
    q.u.block.time.s = (int64_t)number(block, "time");
    q.u.block.time.ns = 999999999;
    q.u.block.txs = (struct jm_abci_txs){tx, n};
    q.u.block.max_tx_bytes = 1 << 20;
    return q;
}

/* What is proposed: the accepted ones of the story, as far as there is room. */
static void propose(struct abci_wire *w, const struct jm_json *block, int64_t room_len)
{
    struct jm_bytes tx[16];
    size_t n = txs_of(tx, block), k = 0;
    struct jm_abci_request q = block_request(JM_ABCI_PREPARE_PROPOSAL, block, tx, n);
    struct jm_abci_response r;
    int64_t total = 0;

    q.u.block.max_tx_bytes = room_len;
    r = call(w, q);
    for (size_t i = 0; i < r.u.txs.n; i++) {
        total += 1 + 2 + (int64_t)r.u.txs.at[i].len;
        while (k < n && !jm_bytes_eq(tx[k], r.u.txs.at[i]))
            k++;
        CHECK(k < n); /* in order */
    }
    CHECK(total <= room_len);
    if (room_len == 1 << 20) {
        size_t accepted = 0;

        for (const struct jm_json *t = jm_json_get(block, "txs")->child; t != NULL; t = t->next)
            accepted += number(t, "code") == 0;
        CHECK_EQ(r.u.txs.n, accepted);
    }
    r = call(w, block_request(JM_ABCI_PROCESS_PROPOSAL, block, tx, n));
    CHECK_EQ(r.u.verdict.status, JM_ABCI_ACCEPT);
}

static void finalize(struct abci_wire *w, const struct jm_json *block)
{
    struct jm_bytes tx[16];
    size_t n = txs_of(tx, block), i = 0;
    struct jm_abci_response r = call(w, block_request(JM_ABCI_FINALIZE_BLOCK, block, tx, n));

    CHECK_EQ(r.u.block.results.n, n);
    for (const struct jm_json *t = jm_json_get(block, "txs")->child; t != NULL; t = t->next, i++)
        CHECK_EQ(r.u.block.results.at[i].code, number(t, "code"));
    CHECK_SAME(r.u.block.app_hash, octets(block, "app_hash"));
    CHECK_EQ(r.u.block.updates.n, jm_json_get(block, "validator_updates")->n);
}

static void commit(struct abci_wire *w)
{
    (void)call(w, (struct jm_abci_request){.kind = JM_ABCI_COMMIT});
}

static const struct jm_json *block_at(uint64_t height)
{
    const struct jm_json *b = jm_json_get(story, "blocks")->child;

    while (b != NULL && number(b, "height") != height)
        b = b->next;
    return b;
}

TEST(the_story_over_four_connections)
{
    struct abci_wire w[CONNECTIONS];
    struct jm_bytes app_hash;
    struct node n;
    uint64_t last = 0;

    new_node(&n);
    for (size_t i = 0; i < CONNECTIONS; i++) {
        w[i] = dial(&n);
        (void)call(&w[i],
                   (struct jm_abci_request){.kind = JM_ABCI_ECHO, .u.echo = {JM_BYTES("hello")}});
    }
    CHECK_EQ(info(&w[0], NULL), 0);
    start_chain(&w[3]);
    start_chain(&w[3]);
    for (const struct jm_json *b = jm_json_get(story, "blocks")->child; b != NULL; b = b->next) {
        last = number(b, "height");
        propose(&w[3], b, 500);
        propose(&w[3], b, 1 << 20);
        propose(&w[3], b, 0);
        finalize(&w[3], b);
        CHECK_EQ(n.agreed, last - 1);
        CHECK_EQ(info(&w[0], NULL), last - 1); /* not durable yet */
        commit(&w[3]);
        CHECK_EQ(info(&w[0], &app_hash), last);
        CHECK_SAME(app_hash, octets(b, "app_hash"));
    }
    for (size_t i = 0; i < CONNECTIONS; i++)
        abci_hang_up(&w[i]);
    end_node(&n);
    CHECK_OK(n.ended);
    CHECK_EQ(n.logged, 0);
    /* recovery: Info, no InitChain */
    start_node(&n);
    w[0] = dial(&n);
    CHECK_EQ(info(&w[0], &app_hash), last);
    CHECK_SAME(app_hash, octets(block_at(last), "app_hash"));
    abci_hang_up(&w[0]);
    remove_node(&n);
}

TEST(octet_by_octet)
{
    struct abci_wire w;
    struct node n;

    new_node(&n);
    w = dial(&n);
    w.at_once = 1;
    CHECK_EQ(info(&w, NULL), 0);
    start_chain(&w);
    for (uint64_t height = 1; height <= 3; height++) {
        propose(&w, block_at(height), 1 << 20);
        finalize(&w, block_at(height));
        commit(&w);
    }
    CHECK_EQ(info(&w, NULL), 3);
    abci_hang_up(&w);
    remove_node(&n);
}

/* Many calls before any response is read: they are answered in order. */
TEST(calls_in_a_row)
{
    struct jm_abci_request q = {.kind = JM_ABCI_ECHO};
    struct jm_buf all = room(1 << 19);
    static uint8_t message[300];
    struct jm_abci_response r;
    struct abci_wire w;
    struct node n;
    unsigned calls = 0;

    new_node(&n);
    w = dial(&n);
    for (; all.cap - all.len > 512; calls++) {
        memset(message, (int)(calls % 251), sizeof message);
        q.u.echo.message = jm_bytes(message, 1 + calls % sizeof message);
        CHECK_OK(jm_abci_write_request(&all, &q));
    }
    CHECK(abci_send(&w, jm_written(all)));
    for (unsigned i = 0; i < calls; i++) {
        if (!CHECK(abci_receive(&w, &r, &w.mem)))
            break;
        CHECK(r.u.echo.message.len == 1 + i % sizeof message && r.u.echo.message.ptr[0] == i % 251);
    }
    abci_hang_up(&w);
    remove_node(&n);
}

/* Who does not read what it is answered with is not read from, and keeps nobody from going on. */
TEST(one_that_does_not_read)
{
    struct jm_abci_request q = {.kind = JM_ABCI_ECHO};
    static uint8_t message[1 << 18];
    struct abci_wire deaf, w;
    struct node n;
    struct jm_buf all = room(1 << 19);

    new_node(&n);
    deaf = dial(&n);
    w = dial(&n);
    q.u.echo.message = jm_bytes(message, sizeof message);
    CHECK_OK(jm_abci_write_request(&all, &q));
    for (unsigned i = 0; i < 64; i++)
        if (send(deaf.fd, all.ptr, all.len, MSG_NOSIGNAL | MSG_DONTWAIT) < (ssize_t)all.len)
            break;
    CHECK_EQ(info(&w, NULL), 0);
    abci_hang_up(&deaf);
    CHECK_EQ(info(&w, NULL), 0);
    abci_hang_up(&w);
    remove_node(&n);
}

TEST(a_broken_connection_hurts_itself_alone)
{
    static const struct {
        const char *name, *octets;
    } rows[] = {
        {"a frame too long", "81808020"},
        {"no varint", "ffffffffffffffffff02"},
        {"an empty frame", "00"},
        {"a message of another version", "03aa0100"},
        {"a response", "04c2000801"},
        {"two messages", "0412001200"},
        {"a field cut off", "03 0a0105"},
        {"a commit that nobody asked for", "025a00"},
        {"InitChain of nothing", "022a00"},
        {"FinalizeBlock of nothing", "03a20100"},
        {"CheckTx before InitChain", "024200"},
    };
    struct abci_wire good, bad;
    struct node n;

    new_node(&n);
    good = dial(&n);
    for (size_t i = 0; i < JM_ARRAY_LEN(rows); i++) {
        struct jm_buf both = room(32);
        struct jm_abci_response r;

        bad = dial(&n);
        CHECK_OK(jm_buf_put(&both, hex(rows[i].octets)));
        CHECK_OK(jm_buf_put(&both, hex("021200"))); /* not looked at any more */
        CHECK(abci_send(&bad, jm_written(both)));
        ROW(CHECK(abci_receive(&bad, &r, &bad.mem)), rows[i].name);
        ROW(CHECK_EQ(r.kind, JM_ABCI_EXCEPTION), rows[i].name);
        ROW(CHECK(!abci_receive(&bad, &r, &bad.mem)), rows[i].name);
        abci_hang_up(&bad);
        CHECK_EQ(info(&good, NULL), 0);
    }
    /* one that ends inside of a frame */
    bad = dial(&n);
    CHECK(abci_send(&bad, hex("0b0a")));
    abci_hang_up(&bad);
    start_chain(&good);
    finalize(&good, block_at(1));
    commit(&good);
    CHECK_EQ(info(&good, NULL), 1);
    abci_hang_up(&good);
    end_node(&n);
    CHECK_EQ(n.logged, JM_ARRAY_LEN(rows) + 1);
    remove_node(&n);
}

TEST(more_connections_than_one_has)
{
    struct abci_wire w[17];
    struct jm_abci_response r;
    struct node n;

    new_node(&n);
    for (size_t i = 0; i < 17; i++) {
        w[i] = dial(&n);
        if (i < 16)
            CHECK_EQ(info(&w[i], NULL), 0);
    }
    CHECK(!abci_receive(&w[16], &r, &w[16].mem));
    abci_hang_up(&w[0]);
    abci_hang_up(&w[16]);
    CHECK_EQ(info(&w[1], NULL), 0);
    for (size_t i = 1; i < 16; i++)
        abci_hang_up(&w[i]);
    remove_node(&n);
}

static void other_chain_id(struct jm_abci_request *q)
{
    q->u.init_chain.chain_id = JM_BYTES("jumin-test-2");
}
static void other_time(struct jm_abci_request *q)
{
    q->u.init_chain.time.s++;
}
static void other_initial_height(struct jm_abci_request *q)
{
    q->u.init_chain.initial_height++;
}
static void other_octets(struct jm_abci_request *q)
{
    struct jm_buf b = room(q->u.init_chain.app_state.len);

    CHECK_OK(jm_buf_put(&b, q->u.init_chain.app_state));
    b.ptr[b.len / 2] = b.ptr[b.len / 2] == 'A' ? 'B' : 'A';
    q->u.init_chain.app_state = jm_written(b);
}
static void validator_left_out(struct jm_abci_request *q)
{
    q->u.init_chain.validators.n--;
}
static struct jm_abci_validator *first_of(struct jm_abci_request *q)
{
    return (struct jm_abci_validator *)(uintptr_t)q->u.init_chain.validators.at;
}
static void validator_twice(struct jm_abci_request *q)
{
    first_of(q)[0] = first_of(q)[1];
}
static void other_power(struct jm_abci_request *q)
{
    first_of(q)->power++;
}
static void no_power(struct jm_abci_request *q)
{
    first_of(q)->power = 0;
}
static void other_key(struct jm_abci_request *q)
{
    first_of(q)->key = hex("00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff");
}
static void other_key_type(struct jm_abci_request *q)
{
    q->u.init_chain.consensus_params = hex("1a12 0a07 65643235353139 0a07 6d6c6473613635");
    first_of(q)->key_type = JM_ABCI_KEY_MLDSA65;
}

TEST(another_genesis_is_refused)
{
    static void (*const rows[])(
        struct jm_abci_request *q) = {other_chain_id, other_time,         other_initial_height,
                                      other_octets,   validator_left_out, validator_twice,
                                      other_power,    no_power,           other_key,
                                      other_key_type};
    struct node n;

    new_node(&n);
    for (size_t i = 0; i < JM_ARRAY_LEN(rows); i++) {
        struct jm_abci_validator v[8];
        struct jm_abci_request q = start_request(v);
        struct jm_abci_response r;
        struct abci_wire w = dial(&n);

        rows[i](&q);
        r = call(&w, q);
        if (!CHECK_EQ(r.kind, JM_ABCI_EXCEPTION))
            printf("    row %zu\n", i);
        abci_hang_up(&w);
    }
    remove_node(&n);
}

static uint32_t check_tx(struct abci_wire *w, struct jm_bytes tx, int64_t type)
{
    struct jm_abci_request q = {.kind = JM_ABCI_CHECK_TX};

    q.u.check_tx.tx = tx;
    q.u.check_tx.type = type;
    return call(w, q).u.check_tx.code;
}

/* Transactions of block 1: (ok, AUTH, ok, ok), all of one actor's lanes. */
TEST(check_tx_builds_on_what_waits)
{
    struct jm_bytes tx[16];
    struct abci_wire w, mempool;
    struct node n;

    new_node(&n);
    w = dial(&n);
    mempool = dial(&n);
    start_chain(&w);
    CHECK_EQ(txs_of(tx, block_at(1)), 4);
    CHECK_EQ(check_tx(&mempool, tx[0], JM_ABCI_CHECK_NEW), JM_LTX_OK);
    CHECK_EQ(check_tx(&mempool, tx[0], JM_ABCI_CHECK_NEW), JM_LTX_SEQ);
    CHECK_EQ(check_tx(&mempool, tx[1], JM_ABCI_CHECK_NEW), JM_LTX_AUTH);
    CHECK_EQ(check_tx(&mempool, tx[2], JM_ABCI_CHECK_NEW), JM_LTX_OK); /* seq 2 */
    CHECK_EQ(check_tx(&mempool, tx[3], JM_ABCI_CHECK_NEW), JM_LTX_OK);
    CHECK_EQ(check_tx(&mempool, JM_BYTES("\x84"), JM_ABCI_CHECK_NEW), JM_LTX_CBOR);
    /* a proposal and a block do not see what waits */
    propose(&w, block_at(1), 1 << 20);
    finalize(&w, block_at(1));
    CHECK_EQ(check_tx(&mempool, tx[3], JM_ABCI_CHECK_NEW), JM_LTX_SEQ);
    commit(&w);
    /* nor is what waited there any more: each is checked again over the new state */
    CHECK_EQ(check_tx(&mempool, tx[0], JM_ABCI_CHECK_AGAIN), JM_LTX_SEQ);
    CHECK_EQ(txs_of(tx, block_at(2)), 7);
    CHECK_EQ(check_tx(&mempool, tx[0], JM_ABCI_CHECK_AGAIN), JM_LTX_OK);
    abci_hang_up(&w);
    abci_hang_up(&mempool);
    remove_node(&n);
}

TEST(a_proposal_leaves_nothing)
{
    struct jm_bytes tx[16];
    struct abci_wire w;
    struct node n;
    size_t len;

    new_node(&n);
    w = dial(&n);
    start_chain(&w);
    len = txs_of(tx, block_at(1));
    /* a block without what was proposed */
    propose(&w, block_at(1), 1 << 20);
    CHECK_SAME(call(&w, block_request(JM_ABCI_FINALIZE_BLOCK, block_at(1), tx, 0)).u.block.app_hash,
               octets(jm_json_get(story, "after_genesis"), "app_hash"));
    /* and the one that is decided in the end, without the first */
    CHECK_EQ(call(&w, block_request(JM_ABCI_FINALIZE_BLOCK, block_at(1), tx, len))
                 .u.block.results.n,
             len);
    finalize(&w, block_at(1));
    commit(&w);
    abci_hang_up(&w);
    remove_node(&n);
}

/* -- spec/ledger.md 9, rule 7 -- */

TEST(killed_before_and_between)
{
    struct abci_wire w;
    struct node n;

    new_node(&n);
    w = dial(&n);
    start_chain(&w);
    end_node(&n); /* during InitChain: it comes again */
    start_node(&n);
    w = dial(&n);
    CHECK_EQ(info(&w, NULL), 0);
    start_chain(&w);
    for (uint64_t height = 1; height <= 4; height++) {
        propose(&w, block_at(height), 1 << 20);
        end_node(&n); /* before FinalizeBlock */
        start_node(&n);
        w = dial(&n);
        CHECK_EQ(info(&w, NULL), (int64_t)height - 1);
        if (height == 1)
            start_chain(&w);
        finalize(&w, block_at(height));
        end_node(&n); /* between FinalizeBlock and Commit */
        start_node(&n);
        w = dial(&n);
        CHECK_EQ(info(&w, NULL), (int64_t)height - 1);
        if (height == 1)
            start_chain(&w);
        finalize(&w, block_at(height)); /* replayed: no round */
        commit(&w);
    }
    CHECK_EQ(info(&w, NULL), 4);
    abci_hang_up(&w);
    remove_node(&n);
}

static void die_in_commit(struct node *n, struct abci_wire *w, bool written)
{
    struct jm_abci_response r;

    n->dies_written = written;
    n->dies_unwritten = !written;
    r = call(w, (struct jm_abci_request){.kind = JM_ABCI_COMMIT});
    CHECK_EQ(r.kind, JM_ABCI_EXCEPTION);
    CHECK(!abci_receive(w, &r, &w->mem));
    (void)pthread_join(n->thread, NULL);
    n->running = false;
    CHECK_ST(n->ended, JM_E_IO);
    end_node(n);
    abci_hang_up(w);
    start_node(n);
    *w = dial(n);
}

TEST(killed_in_the_commit)
{
    struct jm_bytes app_hash;
    struct abci_wire w;
    struct node n;

    new_node(&n);
    w = dial(&n);
    start_chain(&w);
    finalize(&w, block_at(1));
    die_in_commit(&n, &w, false); /* the disk was full: nothing is there */
    CHECK_EQ(info(&w, NULL), 0);
    start_chain(&w);
    finalize(&w, block_at(1));
    die_in_commit(&n, &w, true); /* after the write, before the answer */
    CHECK_EQ(info(&w, &app_hash), 1);
    CHECK_SAME(app_hash, octets(block_at(1), "app_hash"));
    finalize(&w, block_at(2)); /* CometBFT replays 1 with the result it kept */
    commit(&w);
    CHECK_EQ(info(&w, NULL), 2);
    abci_hang_up(&w);
    remove_node(&n);
}

TEST(heights_come_one_after_another)
{
    struct jm_abci_response r;
    struct abci_wire w;
    struct node n;

    new_node(&n);
    w = dial(&n);
    start_chain(&w);
    r = call(&w, block_request(JM_ABCI_FINALIZE_BLOCK, block_at(2), NULL, 0));
    CHECK_EQ(r.kind, JM_ABCI_EXCEPTION);
    abci_hang_up(&w);
    remove_node(&n);
}

TEST(no_machine_without_a_genesis)
{
    static const char *const rows[] = {"", "a0", "a10800", "a1084101", "80"};
    struct node n = {0};

    for (size_t i = 0; i < JM_ARRAY_LEN(rows); i++) {
        const struct jm_abci_machine_config config = {hex(rows[i]), &n, node_ledger, node_commit,
                                                      NULL};
        struct jm_abci_machine *m;

        CHECK_ST(jm_abci_machine_new(&m, &config), JM_E_MALFORMED);
        CHECK(m == NULL);
    }
}

TEST(a_place_that_is_taken)
{
    struct jm_abci_server *second;
    struct jm_abci_config config;
    struct node n;

    new_node(&n);
    config = (struct jm_abci_config){.path = n.socket, .version = "0.1.0"};
    config.app = jm_abci_machine_app(n.machine);
    CHECK_ST(jm_abci_server_new(&second, &config), JM_E_CONFLICT);
    CHECK(second == NULL);
    remove_node(&n);
}
