/* SPDX-License-Identifier: Apache-2.0 */
#include "unit/test.h"

#include "jumin/abci.h"
#include "jumin/json.h"

static const char *const names[JM_ABCI_KINDS] = {
    [JM_ABCI_EXCEPTION] = "exception",
    [JM_ABCI_ECHO] = "echo",
    [JM_ABCI_FLUSH] = "flush",
    [JM_ABCI_INFO] = "info",
    [JM_ABCI_INIT_CHAIN] = "init_chain",
    [JM_ABCI_QUERY] = "query",
    [JM_ABCI_CHECK_TX] = "check_tx",
    [JM_ABCI_COMMIT] = "commit",
    [JM_ABCI_LIST_SNAPSHOTS] = "list_snapshots",
    [JM_ABCI_OFFER_SNAPSHOT] = "offer_snapshot",
    [JM_ABCI_LOAD_SNAPSHOT_CHUNK] = "load_snapshot_chunk",
    [JM_ABCI_APPLY_SNAPSHOT_CHUNK] = "apply_snapshot_chunk",
    [JM_ABCI_PREPARE_PROPOSAL] = "prepare_proposal",
    [JM_ABCI_PROCESS_PROPOSAL] = "process_proposal",
    [JM_ABCI_EXTEND_VOTE] = "extend_vote",
    [JM_ABCI_VERIFY_VOTE_EXTENSION] = "verify_vote_extension",
    [JM_ABCI_FINALIZE_BLOCK] = "finalize_block",
};

static struct jm_bytes member_hex(const struct jm_json *o, const char *name)
{
    struct jm_bytes digits;

    CHECK_OK(jm_json_str(&digits, o, name));
    return test_unhex(digits, name);
}

/* Read, and write again. */
static enum jm_status again(struct jm_buf *out, enum jm_abci_kind *kind, struct jm_bytes frame,
                            bool response)
{
    struct jm_arena mem = arena(65536 + 16 * frame.len);
    struct jm_abci_response res;
    struct jm_abci_request req;
    struct jm_bytes body;
    size_t used;

    *kind = JM_ABCI_NONE;
    JM_TRY(jm_abci_frame(&body, &used, frame));
    if (used != frame.len)
        return JM_E_TRAILING;
    if (response) {
        JM_TRY(jm_abci_read_response(&res, body, &mem));
        *kind = res.kind;
        return jm_abci_write_response(out, &res);
    }
    JM_TRY(jm_abci_read_request(&req, body, &mem));
    *kind = req.kind;
    return jm_abci_write_request(out, &req);
}

/* Whatever changes in a message, it is refused or read as one that can be written. */
static void check_changes(struct jm_bytes frame, bool response)
{
    for (size_t i = 0; i < frame.len; i++)
        for (unsigned bit = 0; bit < 8; bit++) {
            struct jm_bytes changed = exact(frame);
            struct jm_buf out = room(frame.len + 64);
            enum jm_abci_kind kind;

            ((uint8_t *)test_heap[test_heap_n - 2])[i] ^= (uint8_t)(1u << bit);
            if (again(&out, &kind, changed, response) == JM_OK)
                CHECK(kind != JM_ABCI_NONE && out.len > 0);
        }
}

TEST(vectors_are_read_and_written_again)
{
    struct jm_bytes text = vector("ledger/abci-frames.json");
    struct jm_arena mem = arena(1 << 20);
    const struct jm_json *all;
    size_t n = 0;

    if (!CHECK_OK(jm_json_parse(&all, text, &mem, NULL)))
        return;
    for (const struct jm_json *v = all->child; v != NULL; v = v->next, n++) {
        struct jm_bytes frame = member_hex(v, "frame"), name;
        bool response = jm_json_is_str(jm_json_get(v, "kind"), "response");
        struct jm_buf out = room(frame.len + 10);
        enum jm_abci_kind kind;
        bool ok = CHECK_OK(again(&out, &kind, frame, response));

        CHECK_OK(jm_json_str(&name, v, "message"));
        ok = CHECK_STR(name, names[kind]) && CHECK_SAME(jm_written(out), frame) && ok;
        ROW(ok, names[kind]);
        for (size_t len = 0; len < frame.len; len++) {
            struct jm_buf no = room(frame.len);

            CHECK_ST(again(&no, &kind, exact(jm_slice(frame, 0, len)), response), JM_E_TRUNCATED);
        }
        if (frame.len < 512)
            check_changes(frame, response);
    }
    CHECK_EQ(n, 20);
}

static enum jm_status read_hex(struct jm_abci_request *out, const char *digits)
{
    static uint8_t octets[65536];
    struct jm_arena mem;

    jm_arena_init(&mem, octets, sizeof octets);
    return jm_abci_read_request(out, hex(digits), &mem);
}

TEST(init_chain)
{
    struct jm_abci_request q;

    CHECK_OK(read_hex(&q,
                      "2a8b010a060880e6fe8907120c6a756d696e2d746573742d311a310a10088080c00a10ff"
                      "ffffffffffffffff01120e08a08d0612040880c60a188080401a090a07656432353531"
                      "3922002a0022260a220a200000000000000000000000000000000000000000000000000"
                      "00000000000000010012a167b226a756d696e5f67656e65736973223a227141227d3001"));
    CHECK_EQ(q.kind, JM_ABCI_INIT_CHAIN);
    CHECK_EQ(q.u.init_chain.time.s, 1900000000);
    CHECK_EQ(q.u.init_chain.time.ns, 0);
    CHECK_STR(q.u.init_chain.chain_id, "jumin-test-1");
    CHECK_EQ(q.u.init_chain.consensus_params.len, 49);
    CHECK_EQ(q.u.init_chain.validators.n, 1);
    CHECK_EQ(q.u.init_chain.validators.at[0].key_type, JM_ABCI_KEY_ED25519);
    CHECK_EQ(q.u.init_chain.validators.at[0].key.len, 32);
    CHECK_EQ(q.u.init_chain.validators.at[0].power, 1);
    CHECK_STR(q.u.init_chain.app_state, "{\"jumin_genesis\":\"qA\"}");
    CHECK_EQ(q.u.init_chain.initial_height, 1);
}

TEST(prepare_proposal)
{
    struct jm_abci_request q;

    CHECK_OK(read_hex(&q, "820111 08f403 12020102 1200 1a00 2807 32020805"));
    CHECK_EQ(q.kind, JM_ABCI_PREPARE_PROPOSAL);
    CHECK_EQ(q.u.block.max_tx_bytes, 500);
    CHECK_EQ(q.u.block.txs.n, 2);
    CHECK_BYTES(q.u.block.txs.at[0], "0102");
    CHECK_BYTES(q.u.block.txs.at[1], "");
    CHECK(q.u.block.last_commit.ptr != NULL && q.u.block.last_commit.len == 0);
    CHECK_EQ(q.u.block.height, 7);
    CHECK_EQ(q.u.block.time.s, 5);
}

TEST(refuses)
{
    static const struct {
        const char *name, *in;
        enum jm_status st;
    } rows[] = {
        {"a request: flush", "1200", JM_OK},
        {"an unknown field inside", "0a05 0a0161 5001", JM_OK},
        {"two last commits among transactions", "82010a 1201 61 1a00 120162 1a00", JM_E_DUPLICATE},
        {"no message", "", JM_E_MISSING},
        {"two messages", "1200 1200", JM_E_DUPLICATE},
        {"two kinds", "1200 1a00", JM_E_DUPLICATE},
        {"a message of another version: insert_tx", "aa0100", JM_E_UNSUPPORTED},
        {"set_option, of ABCI 0", "2200", JM_E_UNSUPPORTED},
        {"exception is no request", "f20700", JM_E_UNSUPPORTED},
        {"a group", "13", JM_E_UNSUPPORTED},
        {"a number instead of a message", "1001", JM_E_TYPE},
        {"a field twice", "0a06 0a0161 0a0162", JM_E_DUPLICATE},
        {"a number twice", "4204 1001 1001", JM_E_DUPLICATE},
        {"a key twice in a oneof", "2a0a 2208 0a06 0a0161 220162", JM_E_DUPLICATE},
        {"octets where a number stands", "1a02 1200", JM_E_TYPE},
        {"a number where octets stand", "1a02 0801", JM_E_TYPE},
        {"a number where a transaction stands", "8201 02 1001", JM_E_TYPE},
        {"a number where a validator stands", "2a02 2001", JM_E_TYPE},
        {"cut inside", "0a03 0a0561", JM_E_TRUNCATED},
        {"cut inside of a validator", "2a06 2204 0a03 0a02", JM_E_TRUNCATED},
        {"cut behind the last", "0a04 0a0161", JM_E_TRUNCATED},
        {"the beginning of another", "1200 88", JM_E_TRUNCATED},
        {"field 0", "1202 0001", JM_E_MALFORMED},
    };

    for (size_t i = 0; i < JM_ARRAY_LEN(rows); i++) {
        struct jm_abci_request q;
        bool ok = CHECK_ST(read_hex(&q, rows[i].in), rows[i].st) &&
                  CHECK_EQ(q.kind == JM_ABCI_NONE, rows[i].st != JM_OK);

        ROW(ok, rows[i].name);
    }
}

TEST(refuses_a_code_beyond_32_bits)
{
    struct jm_arena mem = arena(1024);
    struct jm_abci_response s;

    CHECK_OK(jm_abci_read_response(&s, hex("4a06 08ffffffff0f"), &mem));
    CHECK_EQ(s.u.check_tx.code, UINT32_MAX);
    CHECK_ST(jm_abci_read_response(&s, hex("4a06 088080808010"), &mem), JM_E_RANGE);
    CHECK_EQ(s.kind, JM_ABCI_NONE);
}

TEST(frames)
{
    static const struct {
        const char *name, *in;
        size_t used;
        enum jm_status st;
    } rows[] = {
        {"whole", "021200", 3, JM_OK},
        {"what follows is left", "02120002", 3, JM_OK},
        {"empty", "00", 1, JM_OK},
        {"nothing yet", "", 0, JM_E_TRUNCATED},
        {"not all of the length", "80", 0, JM_E_TRUNCATED},
        {"not all of the message", "0212", 0, JM_E_TRUNCATED},
        {"64 MiB may come", "80808020", 0, JM_E_TRUNCATED},
        {"an octet more may not", "81808020", 0, JM_E_LIMIT},
        {"2^64 - 1", "ffffffffffffffffff01", 0, JM_E_LIMIT},
        {"no varint", "ffffffffffffffffff02", 0, JM_E_MALFORMED},
        {"a length not shortest", "820012", 0, JM_E_MALFORMED},
    };

    for (size_t i = 0; i < JM_ARRAY_LEN(rows); i++) {
        struct jm_bytes body;
        size_t used = 1;
        bool ok = CHECK_ST(jm_abci_frame(&body, &used, hex(rows[i].in)), rows[i].st) &&
                  CHECK_EQ(used, rows[i].used);

        ROW(ok, rows[i].name);
    }
}

TEST(lists_beyond_what_is_kept)
{
    struct jm_arena mem = arena(1 << 20);
    struct jm_buf in = room(2 * (JM_ABCI_TXS_MAX + 1) + 16), out = room(1 << 16);
    struct jm_bytes tx[JM_ABCI_TXS_MAX + 1] = {{NULL, 0}}, body;
    struct jm_abci_request q = {.kind = JM_ABCI_PROCESS_PROPOSAL};
    size_t used;

    q.u.block.txs = (struct jm_abci_txs){tx, JM_ABCI_TXS_MAX};
    CHECK_OK(jm_abci_write_request(&out, &q));
    q.u.block.txs.n++;
    CHECK_ST(jm_abci_write_request(&out, &q), JM_E_LIMIT);
    /* 8a01 len: the message; 0a00: one of its transactions */
    CHECK_OK(jm_buf_put(&in, hex("8640 8a01 8240")));
    for (size_t i = 0; i < JM_ABCI_TXS_MAX + 1; i++)
        CHECK_OK(jm_buf_put(&in, hex("0a00")));
    in.ptr[0] = 0x87; /* 2 + 2 + 2 * 4097 + ... */
    in.ptr[0] = (uint8_t)((in.len - 2) & 0x7F) | 0x80;
    in.ptr[1] = (uint8_t)((in.len - 2) >> 7);
    in.ptr[4] = (uint8_t)((in.len - 6) & 0x7F) | 0x80;
    in.ptr[5] = (uint8_t)((in.len - 6) >> 7);
    CHECK_OK(jm_abci_frame(&body, &used, jm_written(in)));
    CHECK_OK(jm_abci_read_request(&q, body, &mem));
    CHECK_EQ(q.u.block.txs.n, JM_ABCI_TXS_MAX + 1);
}

TEST(too_many_validators)
{
    for (size_t n = JM_ABCI_VALIDATORS_MAX; n <= JM_ABCI_VALIDATORS_MAX + 1; n++) {
        struct jm_arena mem = arena(1 << 17);
        struct jm_abci_validator v[JM_ABCI_VALIDATORS_MAX + 1] = {{0}};
        struct jm_abci_response s = {.kind = JM_ABCI_INIT_CHAIN}, back;
        struct jm_buf out = room(1 << 14);
        struct jm_bytes body;
        size_t used;

        s.u.init_chain.validators = (struct jm_abci_validators){v, n};
        CHECK_OK(jm_abci_write_response(&out, &s));
        CHECK_OK(jm_abci_frame(&body, &used, jm_written(out)));
        CHECK_ST(jm_abci_read_response(&back, body, &mem),
                 n > JM_ABCI_VALIDATORS_MAX ? JM_E_LIMIT : JM_OK);
    }
}

TEST(rooms_that_are_too_small)
{
    struct jm_bytes frame = hex("0f 82010c 12020102 1200 1a00 32020805"), body;
    size_t used;

    CHECK_OK(jm_abci_frame(&body, &used, frame));
    for (size_t cap = 0; cap < 64; cap++) {
        struct jm_arena mem = arena(cap);
        struct jm_abci_request q;
        enum jm_status st = jm_abci_read_request(&q, body, &mem);

        CHECK(st == JM_OK || st == JM_E_NO_SPACE);
        CHECK(st == JM_OK || q.kind == JM_ABCI_NONE);
        CHECK(cap >= 2 * sizeof(struct jm_bytes) || st == JM_E_NO_SPACE);
    }
    for (size_t cap = 0; cap <= frame.len; cap++) {
        struct jm_buf out = room(cap + 1);
        enum jm_abci_kind kind;

        out.ptr[0] = 0xAA;
        out.len = 1;
        CHECK_ST(again(&out, &kind, frame, false), cap < frame.len ? JM_E_NO_SPACE : JM_OK);
        CHECK_EQ(out.len, cap < frame.len ? 1 : 1 + frame.len);
        CHECK_EQ(out.ptr[0], 0xAA);
    }
}

TEST(writes_no_message_that_is_none)
{
    struct jm_abci_response s = {.kind = JM_ABCI_NONE};
    struct jm_abci_request q = {.kind = JM_ABCI_EXCEPTION};
    struct jm_buf out = room(16);

    CHECK_ST(jm_abci_write_request(&out, &q), JM_E_UNSUPPORTED);
    CHECK_ST(jm_abci_write_response(&out, &s), JM_E_UNSUPPORTED);
    q.kind = JM_ABCI_KINDS;
    s.kind = JM_ABCI_KINDS;
    CHECK_ST(jm_abci_write_request(&out, &q), JM_E_UNSUPPORTED);
    CHECK_ST(jm_abci_write_response(&out, &s), JM_E_UNSUPPORTED);
    CHECK_EQ(out.len, 0);
}

TEST(every_field_is_written_and_read)
{
    static const struct jm_bytes a = {(const uint8_t *)"a", 1}, b = {(const uint8_t *)"b", 1};
    const struct jm_abci_result result = {7, a, b, a, 1, -2, b};
    const struct jm_abci_validator v = {JM_ABCI_KEY_MLDSA65, b, 9};
    struct jm_abci_response all[] = {
        {.kind = JM_ABCI_QUERY, .u.query = {1, a, b, -1, a, b, 5, a}},
        {.kind = JM_ABCI_CHECK_TX, .u.check_tx = result},
        {.kind = JM_ABCI_COMMIT, .u.commit = {3}},
        {.kind = JM_ABCI_LOAD_SNAPSHOT_CHUNK, .u.snapshot = {.chunk = a}},
        {.kind = JM_ABCI_APPLY_SNAPSHOT_CHUNK, .u.snapshot = {.result = JM_ABCI_SNAPSHOT_ABORT}},
        {.kind = JM_ABCI_PREPARE_PROPOSAL, .u.txs = {&a, 1}},
        {.kind = JM_ABCI_VERIFY_VOTE_EXTENSION, .u.verdict = {JM_ABCI_ACCEPT}},
        {.kind = JM_ABCI_FINALIZE_BLOCK, .u.block = {{&result, 1}, {&v, 1}, a, b}},
    };
    static const char *const want[] = {
        "20 3a1e 0801 1a0161 220162 28ffffffffffffffffff01 320161 3a0162 4805 520161",
        "1d 4a1b 0807 120161 1a0162 220161 2801 30feffffffffffffffff01 420162",
        "04 62021803",
        "05 7a030a0161",
        "05 8201020802",
        "06 8a01030a0161",
        "05 a201020801",
        ("2f aa012c 121b 0807 120161 1a0162 220161 2801 30feffffffffffffffff01 420162 1a07 "
         "0a03220162"
         " 1009 220161 2a0162"),
    };

    for (size_t i = 0; i < JM_ARRAY_LEN(all); i++) {
        struct jm_buf out = room(64), twice = room(64);
        enum jm_abci_kind kind;

        CHECK_OK(jm_abci_write_response(&out, &all[i]));
        ROW(CHECK_BYTES(jm_written(out), want[i]), names[all[i].kind]);
        CHECK_OK(again(&twice, &kind, jm_written(out), true));
        CHECK_SAME(jm_written(twice), jm_written(out));
    }
}
