/* SPDX-License-Identifier: Apache-2.0 */
/* Grammar and rules of ABCI, over an application that only notes what it is asked. */
#include "unit/test.h"

#include "host/abci/answer.h"

/* -- an application that notes -- */

struct noted {
    struct jm_abci_tip tip;
    char said[256]; /* a letter a call */
    struct jm_abci_start start;
    size_t n; /* transactions of the last block */
    uint64_t time;
    enum jm_status fails; /* what the next function gives */
    const char *fails_at; /* … of this letter */
};

static enum jm_status note(struct noted *a, const char *letter)
{
    size_t len = strlen(a->said);

    if (len + 1 < sizeof a->said)
        a->said[len] = *letter;
    return a->fails_at != NULL && *a->fails_at == *letter ? a->fails : JM_OK;
}

static enum jm_status app_tip(void *ctx, struct jm_abci_tip *out)
{
    struct noted *a = ctx;

    *out = a->tip;
    return note(a, "t");
}

static enum jm_status app_start(void *ctx, struct jm_hash32 *app_hash,
                                const struct jm_abci_start *in)
{
    struct noted *a = ctx;

    a->start = *in;
    memset(app_hash, 0xAA, sizeof *app_hash);
    return note(a, "s");
}

/* The first octet of a transaction is its code. */
static enum jm_ltx_code code_of(struct jm_bytes tx)
{
    return tx.len == 0 ? JM_LTX_CBOR : (enum jm_ltx_code)tx.ptr[0];
}

static enum jm_status app_check(void *ctx, enum jm_ltx_code *code, struct jm_bytes tx, bool again)
{
    *code = code_of(tx);
    return note(ctx, again ? "C" : "c");
}

static enum jm_status app_begin(void *ctx, uint64_t height, uint64_t time)
{
    struct noted *a = ctx;

    CHECK_EQ(height, a->tip.height + 1);
    a->time = time;
    return note(a, "b");
}

static enum jm_status app_attempt(void *ctx, enum jm_ltx_code *code, struct jm_bytes tx)
{
    *code = code_of(tx);
    return note(ctx, "a");
}

static void app_drop(void *ctx)
{
    (void)note(ctx, "d");
}

static const uint8_t key[32] = {9};

static enum jm_status app_finalize(void *ctx, struct jm_abci_outcome *out, enum jm_ltx_code *code,
                                   const struct jm_abci_block *block)
{
    struct noted *a = ctx;

    CHECK_EQ(block->height, a->tip.height + 1);
    a->n = block->n;
    a->time = block->time;
    for (size_t i = 0; i < block->n; i++)
        code[i] = code_of(block->tx[i]);
    memset(&out->app_hash, (int)block->height, sizeof out->app_hash);
    out->has_update = block->n == 3;
    out->update = (struct jm_validator_update){JM_ABCI_KEY_ED25519, 0, jm_bytes(key, sizeof key)};
    return note(a, "f");
}

static enum jm_status app_commit(void *ctx)
{
    struct noted *a = ctx;

    a->tip.height++;
    memset(&a->tip.app_hash, (int)a->tip.height, sizeof a->tip.app_hash);
    return note(a, "w");
}

/* -- asking it -- */

struct desk {
    struct noted app;
    struct jm_abci_app table;
    struct jm_abci_state state;
    struct jm_arena mem;
    const char *broken;
};

static void open_desk(struct desk *d, uint64_t height)
{
    *d = (struct desk){.mem = arena(1 << 20)};
    d->app.tip.height = height;
    d->table = (struct jm_abci_app){&d->app,     app_tip,  app_start,    app_check, app_begin,
                                    app_attempt, app_drop, app_finalize, app_commit};
    CHECK_OK(jm_abci_state_begin(&d->state, &d->table, "0.1.0"));
    memset(d->app.said, 0, sizeof d->app.said);
}

/* What comes back is written, as all of it is. */
static enum jm_status ask(struct desk *d, struct jm_abci_response *r, struct jm_abci_request q)
{
    struct jm_buf out = room(1 << 16);
    enum jm_status st;

    jm_arena_reset(&d->mem);
    st = jm_abci_answer(&d->state, r, &d->broken, &q, &d->mem);
    CHECK_OK(jm_abci_write_response(&out, r));
    CHECK_EQ(r->kind, st != JM_OK || d->broken != NULL ? JM_ABCI_EXCEPTION : q.kind);
    return st;
}

static struct jm_abci_request block_of(enum jm_abci_kind kind, int64_t height,
                                       const struct jm_bytes *tx, size_t n)
{
    struct jm_abci_request q = {.kind = kind};

    q.u.block.height = height;
    q.u.block.txs = (struct jm_abci_txs){tx, n};
    q.u.block.max_tx_bytes = 1000;
    q.u.block.time.s = 1900000060;
    q.u.block.time.ns = 123456789;
    return q;
}

/* app_state, consensus_params with ed25519 */
#define STATE JM_BYTES("{\"jumin_genesis\":\"AQID\"}")
#define PARAMS                                                                               \
    hex("0a1008 8080c00a 10ffffffffffffffffff01 120e08a08d06 12040880c60a 18808040 1a090a07" \
        "65643235353139 2200 2a00")

static struct jm_abci_request start_of(struct jm_abci_validator *v)
{
    struct jm_abci_request q = {.kind = JM_ABCI_INIT_CHAIN};

    *v = (struct jm_abci_validator){JM_ABCI_KEY_ED25519, jm_bytes(key, sizeof key), 1};
    q.u.init_chain.time.s = 1900000000;
    q.u.init_chain.chain_id = JM_BYTES("jumin-test-1");
    q.u.init_chain.initial_height = 1;
    q.u.init_chain.app_state = STATE;
    q.u.init_chain.consensus_params = PARAMS;
    q.u.init_chain.validators = (struct jm_abci_validators){v, 1};
    return q;
}

static void start_desk(struct desk *d)
{
    struct jm_abci_validator v;
    struct jm_abci_response r;

    open_desk(d, 0);
    CHECK_OK(ask(d, &r, start_of(&v)));
    CHECK(d->broken == NULL);
    memset(d->app.said, 0, sizeof d->app.said);
}

TEST(info)
{
    struct jm_abci_request q = {.kind = JM_ABCI_INFO};
    struct jm_abci_response r;
    struct desk d;

    open_desk(&d, 0);
    CHECK_OK(ask(&d, &r, q));
    CHECK_STR(r.u.info.data, "jumin");
    CHECK_STR(r.u.info.version, "0.1.0");
    CHECK_EQ(r.u.info.app_version, 1);
    CHECK_EQ(r.u.info.last_block_height, 0);
    CHECK_EQ(r.u.info.last_block_app_hash.len, 0);
    open_desk(&d, 7);
    memset(&d.app.tip.app_hash, 7, sizeof d.app.tip.app_hash);
    CHECK_OK(ask(&d, &r, q));
    CHECK_EQ(r.u.info.last_block_height, 7);
    CHECK_SAME(r.u.info.last_block_app_hash, jm_hash32_bytes(&d.app.tip.app_hash));
}

TEST(what_is_asked_at_any_time)
{
    struct jm_abci_response r;
    struct desk d;

    open_desk(&d, 0);
    CHECK_OK(
        ask(&d, &r, (struct jm_abci_request){.kind = JM_ABCI_ECHO, .u.echo = {JM_BYTES("hello")}}));
    CHECK_STR(r.u.echo.message, "hello");
    CHECK_OK(ask(&d, &r, (struct jm_abci_request){.kind = JM_ABCI_FLUSH}));
    CHECK_OK(ask(&d, &r, (struct jm_abci_request){.kind = JM_ABCI_QUERY}));
    CHECK_EQ(r.u.query.code, 1);
    CHECK_EQ(r.u.query.value.len, 0);
    CHECK_OK(ask(&d, &r, (struct jm_abci_request){.kind = JM_ABCI_LIST_SNAPSHOTS}));
    CHECK_OK(ask(&d, &r, (struct jm_abci_request){.kind = JM_ABCI_OFFER_SNAPSHOT}));
    CHECK_EQ(r.u.snapshot.result, JM_ABCI_SNAPSHOT_REJECT);
    CHECK_OK(ask(&d, &r, (struct jm_abci_request){.kind = JM_ABCI_LOAD_SNAPSHOT_CHUNK}));
    CHECK_EQ(r.u.snapshot.chunk.len, 0);
    CHECK_OK(ask(&d, &r, (struct jm_abci_request){.kind = JM_ABCI_APPLY_SNAPSHOT_CHUNK}));
    CHECK_EQ(r.u.snapshot.result, JM_ABCI_SNAPSHOT_ABORT);
    CHECK_OK(ask(&d, &r, (struct jm_abci_request){.kind = JM_ABCI_EXTEND_VOTE}));
    CHECK_EQ(r.u.vote.extension.len, 0);
    CHECK_OK(ask(&d, &r, (struct jm_abci_request){.kind = JM_ABCI_VERIFY_VOTE_EXTENSION}));
    CHECK_EQ(r.u.verdict.status, JM_ABCI_ACCEPT);
    CHECK_STR(jm_str(d.app.said), "");
    CHECK_ST(ask(&d, &r, (struct jm_abci_request){.kind = JM_ABCI_EXCEPTION}), JM_E_BUG);
}

TEST(init_chain_may_come_again)
{
    struct jm_abci_validator v;
    struct jm_abci_response r;
    struct desk d;

    open_desk(&d, 0);
    for (unsigned i = 0; i < 3; i++) {
        CHECK_OK(ask(&d, &r, start_of(&v)));
        CHECK(d.broken == NULL);
        CHECK_EQ(r.u.init_chain.app_hash.len, 32);
        CHECK_EQ(r.u.init_chain.app_hash.ptr[0], 0xAA);
        CHECK_EQ(r.u.init_chain.validators.n, 0);
        CHECK_BYTES(d.app.start.genesis, "010203");
        CHECK_EQ(d.app.start.time, 1900000000);
        CHECK_EQ(d.app.start.initial_height, 1);
        CHECK_STR(d.app.start.chain_id, "jumin-test-1");
        CHECK_EQ(d.app.start.n_validators, 1);
    }
    /* also between FinalizeBlock and the first Commit, where CometBFT began anew */
    CHECK_OK(ask(&d, &r, block_of(JM_ABCI_FINALIZE_BLOCK, 1, NULL, 0)));
    CHECK_OK(ask(&d, &r, start_of(&v)));
    CHECK_OK(ask(&d, &r, (struct jm_abci_request){.kind = JM_ABCI_COMMIT}));
    CHECK(d.broken != NULL); /* what was finalized then is forgotten */
    CHECK_OK(ask(&d, &r, block_of(JM_ABCI_FINALIZE_BLOCK, 1, NULL, 0)));
    CHECK_OK(ask(&d, &r, (struct jm_abci_request){.kind = JM_ABCI_COMMIT}));
    CHECK(d.broken == NULL);
    CHECK_OK(ask(&d, &r, start_of(&v)));
    CHECK(d.broken != NULL);
}

static void bad_height(struct jm_abci_request *q)
{
    q->u.init_chain.initial_height = 0;
}
static void bad_time(struct jm_abci_request *q)
{
    q->u.init_chain.time.s = -1;
}
static void bad_ns(struct jm_abci_request *q)
{
    q->u.init_chain.time.ns = 1;
}
static void no_state(struct jm_abci_request *q)
{
    q->u.init_chain.app_state = jm_none();
}
static void state_array(struct jm_abci_request *q)
{
    q->u.init_chain.app_state = JM_BYTES("[\"AQID\"]");
}
static void state_more(struct jm_abci_request *q)
{
    q->u.init_chain.app_state = JM_BYTES("{\"jumin_genesis\":\"AQID\",\"x\":1}");
}
static void state_other(struct jm_abci_request *q)
{
    q->u.init_chain.app_state = JM_BYTES("{\"genesis\":\"AQID\"}");
}
static void state_padded(struct jm_abci_request *q)
{
    q->u.init_chain.app_state = JM_BYTES("{\"jumin_genesis\":\"AQI=\"}");
}
static void state_too_long(struct jm_abci_request *q)
{
    struct jm_buf b = room(JM_MIB + 32);

    CHECK_OK(jm_buf_put(&b, STATE));
    memset(b.ptr + b.len, ' ', b.cap - b.len);
    b.len = b.cap;
    q->u.init_chain.app_state = jm_written(b);
}
static void no_params(struct jm_abci_request *q)
{
    q->u.init_chain.consensus_params = jm_none();
}
static void other_params(struct jm_abci_request *q)
{
    q->u.init_chain.consensus_params = hex("1a0b 0a09 736563703235366b31");
}
static void params_elsewhere(struct jm_abci_request *q)
{
    q->u.init_chain.consensus_params = hex("2209 0a07 65643235353139");
}
static void broken_params(struct jm_abci_request *q)
{
    q->u.init_chain.consensus_params = hex("1a09 0a07 65643235353139 1a");
}
static void broken_types(struct jm_abci_request *q)
{
    q->u.init_chain.consensus_params = hex("1a0a 0a07 65643235353139 0a");
}
static void unknown_key(struct jm_abci_request *q)
{
    ((struct jm_abci_validator *)(uintptr_t)q->u.init_chain.validators.at)->key_type = 2;
}
static void no_key(struct jm_abci_request *q)
{
    ((struct jm_abci_validator *)(uintptr_t)q->u.init_chain.validators.at)->key_type = 0;
}

TEST(init_chain_is_refused)
{
    static void (*const rows[])(
        struct jm_abci_request *q) = {bad_height,     bad_time,     bad_ns,       no_state,
                                      state_array,    state_more,   state_other,  state_padded,
                                      state_too_long, no_params,    other_params, params_elsewhere,
                                      broken_params,  broken_types, unknown_key,  no_key};

    for (size_t i = 0; i < JM_ARRAY_LEN(rows); i++) {
        struct jm_abci_validator v;
        struct jm_abci_response r;
        struct jm_abci_request q;
        struct desk d;

        open_desk(&d, 0);
        q = start_of(&v);
        rows[i](&q);
        CHECK_OK(ask(&d, &r, q));
        CHECK(d.broken != NULL);
        if (!CHECK_STR(jm_str(d.app.said), "t"))
            printf("    row %zu\n", i);
        CHECK_EQ(d.state.next, 0);
    }
}

TEST(another_genesis)
{
    struct jm_abci_validator v;
    struct jm_abci_response r;
    struct desk d;

    open_desk(&d, 0);
    d.app.fails_at = "s";
    d.app.fails = JM_E_DENIED;
    CHECK_OK(ask(&d, &r, start_of(&v)));
    CHECK(d.broken != NULL);
    CHECK_EQ(d.state.next, 0);
    d.app.fails = JM_E_IO;
    CHECK_ST(ask(&d, &r, start_of(&v)), JM_E_IO);
}

/* A height is rounds, a block, a commit; whatever stands elsewhere closes the connection and
 * changes nothing. i InitChain, p, q proposals of the next height, f F w */
static enum jm_abci_kind kind_of(char c)
{
    switch (c) {
    case 'p': return JM_ABCI_PREPARE_PROPOSAL;
    case 'q': return JM_ABCI_PROCESS_PROPOSAL;
    case 'f': return JM_ABCI_FINALIZE_BLOCK;
    case 'w': return JM_ABCI_COMMIT;
    case 'c': return JM_ABCI_CHECK_TX;
    default: return JM_ABCI_INIT_CHAIN;
    }
}

TEST(grammar)
{
    static const struct {
        uint64_t height; /* at the beginning */
        const char *calls;
        const char *ok; /* of each: + or - */
    } rows[] = {
        {0, "ipqfwpqfw", "+++++++++"},
        {0, "ifwfwfw", "+++++++"},           /* replayed: no rounds */
        {0, "iiipqpqqqpfw", "++++++++++++"}, /* many rounds */
        {7, "fwpqfw", "++++++"},             /* recovery */
        {7, "ffw", "+++"},                   /* CometBFT began anew and replays */
        {7, "ccfccwc", "+++++++"},           /* at any time */
        {0, "p", "-"},
        {0, "q", "-"},
        {0, "f", "-"},
        {0, "w", "-"},
        {0, "c", "-"},
        {7, "i", "-"},
        {7, "w", "-"},
        {7, "fww", "++-"},
        {7, "fp", "+-"},
        {7, "fq", "+-"},
        {7, "fpw", "+-+"}, /* what was refused changed nothing */
        {7, "fwi", "++-"},
    };

    for (size_t i = 0; i < JM_ARRAY_LEN(rows); i++) {
        struct jm_abci_validator v;
        struct jm_abci_response r;
        struct desk d;

        open_desk(&d, rows[i].height);
        for (size_t k = 0; rows[i].calls[k] != '\0'; k++) {
            char c = rows[i].calls[k];
            struct jm_abci_request q =
                c == 'i'   ? start_of(&v)
                : c == 'c' ? (struct jm_abci_request){.kind = JM_ABCI_CHECK_TX}
                           : block_of(kind_of(c), (int64_t)d.app.tip.height + 1, NULL, 0);

            CHECK_OK(ask(&d, &r, q));
            ROW(CHECK_EQ(d.broken == NULL, rows[i].ok[k] == '+'), rows[i].calls);
        }
    }
}

TEST(heights_that_are_not_the_next)
{
    static const int64_t heights[] = {-1, 0, 6, 7, 9, INT64_MIN};
    static const char *const kinds = "pqf";
    struct jm_abci_response r;
    struct desk d;

    for (size_t i = 0; i < JM_ARRAY_LEN(heights); i++)
        for (size_t k = 0; k < 3; k++) {
            open_desk(&d, 7);
            CHECK_OK(ask(&d, &r, block_of(kind_of(kinds[k]), heights[i], NULL, 0)));
            CHECK(d.broken != NULL);
            CHECK_STR(jm_str(d.app.said), "");
        }
    for (size_t k = 0; k < 3; k++) {
        struct jm_abci_request q = block_of(kind_of(kinds[k]), 8, NULL, 0);

        open_desk(&d, 7);
        q.u.block.time.s = -1;
        CHECK_OK(ask(&d, &r, q));
        CHECK(d.broken != NULL);
    }
}

TEST(check_tx)
{
    static const uint8_t zeros[JM_LTX_MAX + 1];
    const struct {
        struct jm_bytes tx;
        int64_t type;
        uint32_t code;
        const char *log, *said;
    } rows[] = {
        {jm_bytes(zeros, 1), JM_ABCI_CHECK_NEW, 0, "", "c"},
        {jm_bytes(zeros, 1), JM_ABCI_CHECK_AGAIN, 0, "", "C"},
        {jm_bytes(zeros, JM_LTX_MAX), JM_ABCI_CHECK_NEW, 0, "", "c"},
        {jm_bytes(zeros, JM_LTX_MAX + 1), JM_ABCI_CHECK_NEW, JM_LTX_SIZE, "SIZE", ""},
        {JM_BYTES("\x09"), JM_ABCI_CHECK_NEW, JM_LTX_SEQ, "SEQ", "c"},
    };

    for (size_t i = 0; i < JM_ARRAY_LEN(rows); i++) {
        struct jm_abci_request q = {.kind = JM_ABCI_CHECK_TX};
        struct jm_abci_response r;
        struct desk d;

        open_desk(&d, 3);
        q.u.check_tx.tx = rows[i].tx;
        q.u.check_tx.type = rows[i].type;
        CHECK_OK(ask(&d, &r, q));
        CHECK_EQ(r.u.check_tx.code, rows[i].code);
        CHECK_STR(r.u.check_tx.log, rows[i].log);
        CHECK_STR(r.u.check_tx.codespace, rows[i].code == 0 ? "" : "jumin");
        CHECK_EQ(r.u.check_tx.data.len, 0); /* part of the hash of results */
        CHECK_EQ(r.u.check_tx.gas_used, 0);
        CHECK_STR(jm_str(d.app.said), rows[i].said);
    }
}

TEST(prepare_leaves_out)
{
    static const uint8_t zeros[JM_LTX_MAX + 1], sig[200] = {JM_LTX_SIG};
    const struct jm_bytes txs[] = {jm_bytes(zeros, 200), jm_bytes(sig, 200), jm_bytes(zeros, 127),
                                   jm_bytes(zeros, JM_LTX_MAX + 1), jm_bytes(zeros, 10)};
    /* as they are listed: 203, (203), 129, (…), 12 */
    static const struct {
        int64_t room;
        size_t n;
        const char *said;
    } rows[] = {
        {1000, 3, "baaaad"}, {344, 3, "baaad"}, {343, 2, "baad"}, {332, 2, "baad"},
        {331, 2, "baad"},    {203, 1, "bad"},   {202, 2, "baad"}, {12, 1, "bad"},
        {11, 0, "bd"},       {0, 0, "bd"},      {-1, 0, "bd"},
    };

    for (size_t i = 0; i < JM_ARRAY_LEN(rows); i++) {
        struct jm_abci_request q = block_of(JM_ABCI_PREPARE_PROPOSAL, 4, txs, JM_ARRAY_LEN(txs));
        struct jm_abci_response r;
        uint64_t total = 0;
        struct desk d;

        open_desk(&d, 3);
        q.u.block.max_tx_bytes = rows[i].room;
        CHECK_OK(ask(&d, &r, q));
        CHECK_EQ(r.u.txs.n, rows[i].n);
        if (!CHECK_STR(jm_str(d.app.said), rows[i].said))
            printf("    room %d\n", (int)rows[i].room);
        for (size_t k = 0; k < r.u.txs.n; k++)
            total += r.u.txs.at[k].len + (r.u.txs.at[k].len > 127 ? 3u : 2u);
        CHECK((int64_t)total <= (rows[i].room < 0 ? 0 : rows[i].room));
        CHECK_EQ(d.app.time, 1900000060);
    }
}

TEST(prepare_takes_the_longest)
{
    static const uint8_t zeros[JM_LTX_MAX];
    struct jm_bytes tx = jm_bytes(zeros, sizeof zeros);
    struct jm_abci_request q = block_of(JM_ABCI_PREPARE_PROPOSAL, 4, &tx, 1);
    struct jm_abci_response r;
    struct desk d;

    open_desk(&d, 3);
    q.u.block.max_tx_bytes = JM_LTX_MAX + 4;
    CHECK_OK(ask(&d, &r, q));
    CHECK_EQ(r.u.txs.n, 1);
}

TEST(prepare_keeps_to_a_block)
{
    static struct jm_bytes txs[JM_BLOCK_TXS_MAX + 1];
    struct jm_abci_request q = block_of(JM_ABCI_PREPARE_PROPOSAL, 4, txs, JM_ARRAY_LEN(txs));
    struct jm_abci_response r;
    struct desk d;

    for (size_t i = 0; i < JM_ARRAY_LEN(txs); i++)
        txs[i] = jm_bytes("", 1);
    q.u.block.max_tx_bytes = JM_MIB;
    open_desk(&d, 3);
    CHECK_OK(ask(&d, &r, q));
    CHECK_EQ(r.u.txs.n, JM_BLOCK_TXS_MAX);
}

TEST(prepare_where_time_falls)
{
    struct jm_bytes tx = jm_bytes("", 1);
    struct jm_abci_response r;
    struct desk d;

    open_desk(&d, 3);
    d.app.fails_at = "b";
    d.app.fails = JM_E_RANGE;
    CHECK_OK(ask(&d, &r, block_of(JM_ABCI_PREPARE_PROPOSAL, 4, &tx, 1)));
    CHECK(d.broken == NULL);
    CHECK_EQ(r.u.txs.n, 0);
    CHECK_STR(jm_str(d.app.said), "b");
    d.app.fails = JM_E_NO_SPACE;
    CHECK_ST(ask(&d, &r, block_of(JM_ABCI_PREPARE_PROPOSAL, 4, &tx, 1)), JM_E_NO_SPACE);
    d.app.fails_at = "a";
    memset(d.app.said, 0, sizeof d.app.said);
    CHECK_ST(ask(&d, &r, block_of(JM_ABCI_PREPARE_PROPOSAL, 4, &tx, 1)), JM_E_NO_SPACE);
    CHECK_STR(jm_str(d.app.said), "bad"); /* the overlay is dropped all the same */
}

TEST(process_judges_shape_alone)
{
    static const uint8_t zeros[JM_LTX_MAX + 1];
    static struct jm_bytes txs[JM_BLOCK_TXS_MAX + 1];
    static const struct {
        size_t n, last;
        int64_t status;
    } rows[] = {
        {0, 0, JM_ABCI_ACCEPT},
        {1, 0, JM_ABCI_ACCEPT}, /* an empty one has its code in the block */
        {JM_BLOCK_TXS_MAX, JM_LTX_MAX, JM_ABCI_ACCEPT},
        {JM_BLOCK_TXS_MAX + 1, 1, JM_ABCI_REJECT},
        {1, JM_LTX_MAX + 1, JM_ABCI_REJECT},
        {JM_BLOCK_TXS_MAX, JM_LTX_MAX + 1, JM_ABCI_REJECT},
    };

    for (size_t i = 0; i < JM_ARRAY_LEN(rows); i++) {
        struct jm_abci_response r;
        struct desk d;

        for (size_t k = 0; k < rows[i].n; k++)
            txs[k] = jm_bytes(zeros, k + 1 == rows[i].n ? rows[i].last : 1);
        open_desk(&d, 3);
        CHECK_OK(ask(&d, &r, block_of(JM_ABCI_PROCESS_PROPOSAL, 4, txs, rows[i].n)));
        CHECK_EQ(r.u.verdict.status, rows[i].status);
        CHECK_STR(jm_str(d.app.said), "");
    }
}

TEST(process_does_not_look_beyond_what_is_kept)
{
    struct jm_abci_request q =
        block_of(JM_ABCI_PROCESS_PROPOSAL, 4, NULL, JM_ABCI_TXS_MAX + 1); /* at holds fewer */
    struct jm_abci_response r;
    struct desk d;

    open_desk(&d, 3);
    CHECK_OK(ask(&d, &r, q));
    CHECK_EQ(r.u.verdict.status, JM_ABCI_REJECT);
    q.kind = JM_ABCI_FINALIZE_BLOCK; /* decided all the same: more than a third are no more ours */
    CHECK_ST(ask(&d, &r, q), JM_E_LIMIT);
    CHECK_STR(jm_str(d.app.said), "");
}

TEST(finalize_and_commit)
{
    const struct jm_bytes txs[] = {jm_bytes("", 1), JM_BYTES("\x0d"), jm_none()};
    struct jm_abci_response r;
    struct desk d;

    start_desk(&d);
    CHECK_OK(ask(&d, &r, block_of(JM_ABCI_FINALIZE_BLOCK, 1, txs, 3)));
    CHECK_EQ(d.app.time, 1900000060); /* its seconds */
    CHECK_EQ(r.u.block.results.n, 3);
    CHECK_EQ(r.u.block.results.at[0].code, 0);
    CHECK_EQ(r.u.block.results.at[1].code, JM_LTX_AUTH);
    CHECK_STR(r.u.block.results.at[1].log, "AUTH");
    CHECK_STR(r.u.block.results.at[1].codespace, "jumin");
    CHECK_EQ(r.u.block.results.at[2].code, JM_LTX_CBOR);
    for (size_t i = 0; i < 3; i++) {
        CHECK_EQ(r.u.block.results.at[i].data.len, 0);
        CHECK_EQ(r.u.block.results.at[i].gas_wanted, 0);
        CHECK_EQ(r.u.block.results.at[i].gas_used, 0);
    }
    CHECK_EQ(r.u.block.app_hash.ptr[31], 1);
    CHECK_EQ(r.u.block.updates.n, 1);
    CHECK_EQ(r.u.block.updates.at[0].key_type, JM_ABCI_KEY_ED25519);
    CHECK_EQ(r.u.block.updates.at[0].power, 0);
    CHECK_STR(jm_str(d.app.said), "f"); /* nothing is written yet */
    CHECK_OK(ask(&d, &r, (struct jm_abci_request){.kind = JM_ABCI_COMMIT}));
    CHECK_EQ(r.u.commit.retain_height, 0);
    CHECK_STR(jm_str(d.app.said), "fw");
    CHECK_OK(ask(&d, &r, block_of(JM_ABCI_FINALIZE_BLOCK, 2, txs, 2)));
    CHECK_EQ(r.u.block.updates.n, 0);
}

TEST(an_application_that_fails_ends_it)
{
    static const char *const letters[] = {"t", "c", "f", "w"};
    static const enum jm_abci_kind kinds[] = {JM_ABCI_INFO, JM_ABCI_CHECK_TX,
                                              JM_ABCI_FINALIZE_BLOCK, JM_ABCI_COMMIT};

    for (size_t i = 0; i < JM_ARRAY_LEN(kinds); i++) {
        struct jm_abci_response r;
        struct desk d;

        open_desk(&d, 3);
        if (kinds[i] == JM_ABCI_COMMIT)
            CHECK_OK(ask(&d, &r, block_of(JM_ABCI_FINALIZE_BLOCK, 4, NULL, 0)));
        d.app.fails_at = letters[i];
        d.app.fails = JM_E_IO;
        CHECK_ST(ask(&d, &r,
                     kinds[i] == JM_ABCI_FINALIZE_BLOCK
                         ? block_of(kinds[i], 4, NULL, 0)
                         : (struct jm_abci_request){.kind = kinds[i]}),
                 JM_E_IO);
        CHECK_STR(r.u.exception.error, "the application stops");
        if (kinds[i] == JM_ABCI_FINALIZE_BLOCK) { /* what is not whole is not committed */
            d.app.fails_at = NULL;
            CHECK_OK(ask(&d, &r, (struct jm_abci_request){.kind = JM_ABCI_COMMIT}));
            CHECK(d.broken != NULL);
        }
    }
}

TEST(lists_need_room)
{
    static struct jm_bytes txs[4];
    const struct jm_abci_request q[] = {block_of(JM_ABCI_FINALIZE_BLOCK, 4, txs, 4),
                                        block_of(JM_ABCI_PREPARE_PROPOSAL, 4, txs, 4),
                                        {.kind = JM_ABCI_INFO}};

    for (size_t i = 0; i < JM_ARRAY_LEN(q); i++)
        for (size_t cap = 0; cap < 32; cap += 8) {
            struct jm_arena little = arena(cap);
            struct jm_abci_response r;
            const char *broken;
            struct desk d;

            open_desk(&d, 3);
            if (jm_abci_answer(&d.state, &r, &broken, &q[i], &little) != JM_OK)
                CHECK_EQ(r.kind, JM_ABCI_EXCEPTION);
            CHECK(i == 2 || r.kind == JM_ABCI_EXCEPTION);
        }
}
