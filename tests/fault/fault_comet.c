/* SPDX-License-Identifier: Apache-2.0 */
/* Four real validators: some killed, one that lies, a validator more and less, a light client. */
#include "fault/net.h"

#include "jumin/light.h"

#define KILLS 20

static uint64_t top(void)
{
    uint64_t h = 0;

    for (size_t i = 0; i < NODES; i++) {
        uint64_t own = app_height_of(i);

        h = own > h ? own : h;
    }
    return h;
}

static bool all_reach(uint64_t height)
{
    bool ok = true;

    for (size_t i = 0; i < NODES; i++)
        ok = CHECK(wait_height(i, height, PATIENCE_MS)) && ok;
    return ok;
}

static void submit_all(size_t i, uint64_t lane, uint64_t first, uint64_t n)
{
    for (uint64_t seq = first; seq < first + n; seq++)
        CHECK_EQ(submit_tx(i, rp_tx(lane, seq)), JM_LTX_OK);
    CHECK(wait_quiet(i, PATIENCE_MS));
}

/* What waits, or came just now, is known. */
static void check_twice(void)
{
    const struct jm_comet_rpc at = {(uint16_t)(N.port + 1)};
    struct jm_bytes tx = rp_tx(3, 1);
    uint32_t code;

    CHECK_OK(jm_comet_broadcast(&at, &code, tx));
    CHECK_EQ(code, JM_LTX_OK);
    CHECK_ST(jm_comet_broadcast(&at, &code, tx), JM_E_CONFLICT);
    CHECK(wait_quiet(0, PATIENCE_MS));
}

TEST(one_dies_two_die)
{
    uint64_t before;

    begin_net();
    submit_all(0, 1, 1, 10);
    CHECK_EQ(submit_tx(1, rp_tx(2, 2)), JM_LTX_SEQ);
    N.n_sent--; /* refused */
    check_twice();
    kill_node(3); /* goes on */
    submit_all(1, 1, 11, 10);
    before = top();
    kill_node(2); /* stops */
    CHECK_EQ(submit_tx(0, rp_tx(1, 21)), JM_LTX_OK);
    nap(4000);
    CHECK(top() <= before + 1); /* one may have been on its way */
    start_node(2);              /* resumes */
    CHECK(wait_quiet(0, PATIENCE_MS));
    start_node(3);
    CHECK(all_reach(top()));
    submit_all(3, 1, 22, 5);
    before = top() + 1; /* the empty block that proves it */
    CHECK(all_reach(before));
    for (size_t i = 0; i < NODES; i++)
        kill_node(i);
    check_same(0, 27);
    end_net();
}

/* Under load, at random points: application and CometBFT, or the application alone, which ends
 * CometBFT. Nothing that was taken in a block is lost. */
TEST(killed_at_random)
{
    uint64_t seq[NODES] = {1, 1, 1, 1}, last;
    unsigned random = (unsigned)getpid();

    begin_net();
    for (unsigned k = 0; k < KILLS; k++) {
        size_t victim = k % NODES, other = (victim + 1) % NODES;

        /* each node has a lane of its own, so that order does not matter */
        for (unsigned t = 0; t < 3; t++)
            if (submit_tx(other, rp_tx(1 + other, seq[other])) == JM_LTX_OK)
                seq[other]++;
            else
                N.n_sent--;
        random = random * 1103515245 + 12345;
        nap(random >> 16 & 127);
        kill_one(&N.node[victim].app);
        nap(random >> 23 & 31);
        kill_node(victim);
        start_node(victim);
        CHECK(wait_height(victim, 1, PATIENCE_MS));
        CHECK(wait_quiet(other, PATIENCE_MS));
    }
    last = top() + 1;
    CHECK(all_reach(last));
    for (size_t i = 0; i < NODES; i++)
        kill_node(i);
    check_same(0, N.n_sent);
    CHECK(N.n_sent >= KILLS);
    end_net();
}

/* 9, rule 10: its consensus stops, the others go on; the repair keeps what it has signed. */
TEST(one_that_lies)
{
    uint64_t stands;
    char path[160];

    begin_net();
    submit_all(1, 1, 1, 2);
    CHECK(all_reach(top()));
    kill_node(0);
    N.lies = 0;
    start_node(0);
    CHECK(wait_height(0, 1, PATIENCE_MS));
    submit_all(1, 1, 3, 5);
    nap(2000);
    stands = app_height_of(0);
    submit_all(1, 1, 8, 5);
    CHECK(app_height_of(0) <= stands);
    CHECK(stands < app_height_of(1));
    CHECK(height_of(0) != 0); /* it answers as if nothing was */
    /* what it is wrong about it would not have cosigned */
    CHECK_EQ(agreed_of(0), app_height_of(0) - 1);
    CHECK(agreed_of(1) > app_height_of(0));
    kill_node(0);
    N.lies = -1;
    CHECK(unlink(N.node[0].file) == 0);
    for (size_t i = 0; i < 5; i++) {
        static const char *const databases[] = {"blockstore.db", "state.db", "evidence.db",
                                                "tx_index.db", "cs.wal"};

        snprintf(path, sizeof path, "%s/data/%s", N.node[0].home, databases[i]);
        clear_away(path);
    }
    start_node(0);
    CHECK(wait_height(0, top(), PATIENCE_MS));
    submit_all(0, 1, 13, 3);
    CHECK(all_reach(top() + 1));
    for (size_t i = 0; i < NODES; i++)
        kill_node(i);
    check_same(0, 15);
    end_net();
}

/* Codes of the transactions of a block, as the node tells them: a digit each. */
static void codes_of(char *out, size_t max, size_t i, uint64_t height)
{
    const struct jm_json *r;
    char path[64];
    size_t n = 0;

    snprintf(path, sizeof path, "/block_results?height=%llu", (unsigned long long)height);
    r = jm_json_get(rpc(i, path), "txs_results");
    for (r = r == NULL ? NULL : r->child; r != NULL && n + 1 < max; r = r->next) {
        int64_t code = -1;

        CHECK_OK(jm_json_int(&code, jm_json_get(r, "code")));
        out[n++] = (char)('0' + code);
    }
    out[n] = '\0';
}

/* A proposer that leaves nothing out: what fails has its code in the block, on every node, and
 * changes nothing. */
TEST(one_that_takes_everything)
{
    char all[64] = "", codes[32];
    uint64_t first, last, good;

    begin_net();
    kill_node(0);
    N.takes = 0;
    start_node(0);
    CHECK(wait_height(0, 1, PATIENCE_MS));
    first = top() + 1;
    CHECK_EQ(submit_tx(0, rp_tx(1, 7)), JM_LTX_OK);
    CHECK_EQ(submit_tx(0, rp_tx(1, 1)), JM_LTX_OK);
    CHECK_EQ(submit_tx(0, JM_BYTES("no transaction")), JM_LTX_OK);
    /* the others have nothing to propose of these: blocks until it is its turn */
    for (good = 1; good <= 3 * NODES && !wait_quiet(0, 20); good++)
        submit_all(1, 2, good, 1);
    CHECK(wait_quiet(0, PATIENCE_MS));
    last = top() + 1;
    CHECK(all_reach(last));
    for (uint64_t h = first; h <= last; h++) {
        codes_of(codes, sizeof codes, 1, h);
        if (CHECK(strlen(all) + strlen(codes) < sizeof all))
            memcpy(all + strlen(all), codes, strlen(codes) + 1);
    }
    CHECK(strchr(all, '0' + JM_LTX_SEQ) != NULL && strchr(all, '0' + JM_LTX_CBOR) != NULL);
    for (size_t i = 0; i < NODES; i++)
        kill_node(i);
    check_same(0, good); /* one less of lane 2, and one of lane 1 */
    end_net();
}

/* -- a light client on the real chain -- */

static enum jm_status verify(void *ctx, struct jm_bytes key, struct jm_bytes data,
                             struct jm_bytes sig)
{
    (void)ctx;
    return jm_openssl_verify(NULL, JM_ALG_EDDSA, key, data, sig);
}

static struct jm_light_set fetch_set(uint64_t height, struct jm_arena *mem)
{
    struct jm_light_set set = {0};
    struct jm_bytes kept = jm_none();
    const struct jm_json *v, *o;
    char path[64];

    snprintf(path, sizeof path, "/validators?height=%llu&per_page=100", (unsigned long long)height);
    if (CHECK((v = jm_json_get(rpc(1, path), "validators")) != NULL))
        CHECK_OK(jm_dup(&kept, mem, v->raw));
    CHECK_OK(jm_json_parse(&o, kept, mem, NULL));
    CHECK_OK(jm_light_read_set(&set, &jm_crypto_openssl, o, mem));
    return set;
}

static void fetch_block(struct jm_light_block *b, uint64_t height, struct jm_arena *mem)
{
    struct jm_bytes kept = jm_none();
    const struct jm_json *v, *o;
    char path[64];

    snprintf(path, sizeof path, "/commit?height=%llu", (unsigned long long)height);
    if (CHECK((v = jm_json_get(rpc(1, path), "signed_header")) != NULL))
        CHECK_OK(jm_dup(&kept, mem, v->raw));
    CHECK_OK(jm_json_parse(&o, kept, mem, NULL));
    CHECK_OK(jm_light_read_signed_header(&b->header, &b->commit, o, mem));
    b->set = fetch_set(height, mem);
    b->next = fetch_set(height + 1, mem);
}

static const struct jm_light_port light = {&jm_crypto_openssl, verify, NULL};

static void put_text(struct jm_cbor_w *w, uint64_t key, const char *text)
{
    jm_cbor_w_uint(w, key);
    jm_cbor_w_str(w, text);
}

static void put_uint(struct jm_cbor_w *w, uint64_t key, uint64_t v)
{
    jm_cbor_w_uint(w, key);
    jm_cbor_w_uint(w, v);
}

/* A fifth validator, who never votes, and its end. */
static struct jm_bytes fifth_tx(bool ends, uint64_t seq)
{
    static const char *const by[] = {"gov1", "gov2", "op0a"};
    struct jm_ltx x = {.type = ends ? JM_LTX_NODE_STATE : JM_LTX_NODE_PUT,
                       .actor = JM_BYTES("gov"),
                       .seq = seq};
    static const uint8_t key[JM_COMET_KEY_LEN] = {1, 2, 3};
    struct jm_buf body = room(512);
    struct jm_cbor_w w;

    jm_cbor_w_init(&w, &body);
    jm_cbor_w_map(&w, ends ? 4 : 9);
    put_text(&w, 1, "node4");
    put_uint(&w, 2, ends ? 2 : 1);
    if (ends) {
        put_uint(&w, 3, 3);
        put_uint(&w, 4, 5);
    } else {
        put_text(&w, 3, "op0");
        put_uint(&w, 4, 1);
        jm_cbor_w_uint(&w, 5);
        jm_cbor_w_bytes(&w, jm_bytes(key, sizeof key));
        put_uint(&w, 6, 1);
        put_text(&w, 7,
                 "ledger.example.kr/jumin-test/"
                 "node3+ac88e7f9+BDfYF157eZxPuFnx8mh16sUBMkOS1FNjGGvPC0Y+UJqb");
        put_text(
            &w, 8,
            "ledger.example.kr/jumin-test+427c4d82+AYuCXePGkkPwfF9XZJTvNedUdn52V706DPUYDqV+WinK");
        put_text(&w, 9, "https://node4.example.kr");
    }
    CHECK_OK(jm_cbor_w_end(&w));
    x.body = jm_written(body);
    return make_tx(x, by, ends ? 2 : 3);
}

/* Every height from the one before, and the last from the first. */
static void follow_chain(uint64_t last, struct jm_light_trusted *end)
{
    static uint8_t room_[32 * JM_MIB];
    struct jm_light_policy policy = {{net_now(), 0}, 86400, 10};
    struct jm_light_trusted first, from, out;
    struct jm_light_result r;
    static struct jm_arena mem;
    struct jm_light_block b;
    struct jm_hash32 h;

    jm_arena_init(&mem, room_, sizeof room_);
    fetch_block(&b, 1, &mem);
    CHECK_OK(jm_light_header_hash(&h, light.crypto, &b.header));
    CHECK_OK(jm_light_trust(&first, light.crypto, &b.header, &b.next, jm_hash32_bytes(&h)));
    CHECK_EQ(b.header.app_version, JM_LEDGER_VERSION);
    from = first;
    for (uint64_t height = 2; height <= last; height++) {
        fetch_block(&b, height, &mem);
        CHECK_OK(jm_light_step(&out, &r, &from, &b, &policy, &light));
        if (!CHECK_EQ(r.verdict, JM_LIGHT_SUCCESS))
            printf("    height %d: fault %d\n", (int)height, (int)r.fault);
        from = out;
    }
    CHECK_OK(jm_light_step(&out, &r, &first, &b, &policy, &light));
    CHECK_EQ(r.verdict, JM_LIGHT_SUCCESS);
    *end = out;
}

static void check_anchor(const struct jm_light_trusted *end)
{
    const struct jm_chain_config config = {.path = N.node[1].file,
                                           .genesis = N.genesis,
                                           .port = net_port};
    struct jm_arena mem = arena(1 << 18);
    struct jm_checkpoint cp = {JM_BYTES("o"), 0, {{0}}};
    struct jm_bytes entry = jm_none();
    struct jm_ledger_view view;
    struct jm_proof path;
    struct jm_chain *c;

    if (!CHECK_OK(jm_chain_open(&c, &config)))
        return;
    jm_chain_view(c, &view);
    cp.size = view.state->log.size;
    cp.root = view.state->log_root;
    CHECK_OK(jm_chain_entry(c, &entry, cp.size - 1, &mem));
    CHECK_OK(jm_inclusion_make(&path, &view.log, cp.size - 1, cp.size));
    CHECK_OK(jm_light_anchor(end, light.crypto, &cp, entry, path.hash, path.n));
    jm_chain_done(c);
    jm_chain_close(&c);
}

TEST(a_validator_more_and_less)
{
    struct jm_light_trusted end = {0};
    struct jm_arena mem;

    begin_net();
    mem = arena(1 << 20);
    submit_all(0, 1, 1, 3);
    CHECK_EQ(submit_tx(0, fifth_tx(false, 1)), JM_LTX_OK);
    CHECK(wait_quiet(0, PATIENCE_MS));
    for (uint64_t seq = 4; seq < 7; seq++) /* acts at H + 2 */
        submit_all(1, 1, seq, 1);
    CHECK(all_reach(top() + 1));
    CHECK_EQ(fetch_set(top(), &mem).n, NODES + 1);
    CHECK_EQ(submit_tx(2, fifth_tx(true, 2)), JM_LTX_OK);
    CHECK(wait_quiet(2, PATIENCE_MS));
    for (uint64_t seq = 7; seq < 10; seq++)
        submit_all(3, 1, seq, 1);
    CHECK(all_reach(top() + 1));
    CHECK_EQ(fetch_set(top(), &mem).n, NODES);
    follow_chain(top(), &end);
    for (size_t i = 0; i < NODES; i++)
        kill_node(i);
    check_same(0, 11);
    check_anchor(&end);
    end_net();
}
