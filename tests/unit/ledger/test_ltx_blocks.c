/* SPDX-License-Identifier: Apache-2.0 */
/* Blocks: what one takes, two beside each other, copies, memory that does not reach; what a genesis
 * may not be; entries of the log. */
#include "unit/ledger/ltx_kit.h"

#define GOOD JM_LTX_ISSUER_PUT, LK_ISSUER("bb"), "r1 r2"

/* -- limits of a block -- */

TEST(a_block_takes_so_many)
{
    struct jm_block b;

    lk_country();
    lk_begin(&b);
    CHECK_EQ(lk_do(&b, JM_LTX_GOV_PARAMS, "{1 'kit.example/log' 2 1024 3 1 4 3600 5 60}", "g1 g2"),
             JM_LTX_OK);
    CHECK_EQ(lk_do(&b, JM_LTX_FLAG_PUT, LK_FLAG("2", "aa"), "s1"),
             JM_LTX_OK); /* from the next on */
    lk_commit(&b);
    CHECK_EQ(lk_ledger.params.max_block_txs, 1);
    lk_begin(&b);
    CHECK_EQ(lk_do(&b, JM_LTX_FLAG_PUT, LK_FLAG("3", "zz"), "s1"), JM_LTX_REF);
    CHECK_EQ(lk_do(&b, JM_LTX_FLAG_PUT, LK_FLAG("3", "aa"), "s1"), JM_LTX_OK);
    CHECK_EQ(lk_do(&b, JM_LTX_FLAG_PUT, LK_FLAG("3", "ss"), "s1"), JM_LTX_LIMIT);
    CHECK_EQ(lk_apply(&b, JM_BYTES("\xff")), JM_LTX_LIMIT); /* before everything else */
    lk_begin(&b);
    CHECK_EQ(lk_do(&b, JM_LTX_POLICY_PUT, "{1 2 2 #900:61}", "g1 g2"), JM_LTX_SIZE);
}

/* -- blocks -- */

TEST(blocks_rise_and_time_does_not_fall)
{
    struct jm_block b;

    lk_country();
    CHECK_ST(jm_block_begin(&b, &lk_ledger, lk_ledger.height, LK_NOW, &lk_block_mem), JM_E_RANGE);
    CHECK_ST(jm_block_begin(&b, &lk_ledger, lk_ledger.height + 1, LK_NOW - 1, &lk_block_mem),
             JM_E_RANGE);
    CHECK_OK(jm_block_begin(&b, &lk_ledger, lk_ledger.height + 9, LK_NOW, &lk_block_mem));
}

TEST(an_empty_block_changes_nothing)
{
    struct jm_hash32 app;
    struct jm_block b;

    lk_country();
    app = lk_ledger.app_hash;
    lk_begin(&b);
    CHECK_OK(jm_block_end(&b));
    CHECK_EQ(b.n_entries, 0);
    CHECK(jm_hash32_eq(&b.app_hash, &app));
    CHECK_OK(jm_block_commit(&lk_ledger, &b));
    CHECK(jm_hash32_eq(&lk_ledger.app_hash, &app));
}

TEST(two_blocks_beside_each_other)
{
    static uint8_t room_of_other[JM_MIB];
    struct jm_hash32 root;
    struct jm_block a, b;
    struct jm_arena mem;

    lk_country();
    root = lk_ledger.state_root;
    jm_arena_init(&mem, room_of_other, sizeof room_of_other);
    lk_begin(&a);
    CHECK_OK(jm_block_begin(&b, &lk_ledger, lk_ledger.height + 1, LK_NOW, &mem));
    CHECK_EQ(lk_do(&a, GOOD), JM_LTX_OK);
    CHECK_EQ(lk_do(&b, JM_LTX_ISSUER_PUT, LK_ISSUER("cc"), "r1 r2"), JM_LTX_OK);
    CHECK_EQ(lk_do(&a, JM_LTX_ISSUER_PUT, LK_ISSUER("bb"), "r1 r2"), JM_LTX_REV);
    CHECK_EQ(lk_do(&b, GOOD), JM_LTX_OK);
    CHECK_OK(jm_block_end(&b));
    CHECK_OK(jm_block_end(&a));
    CHECK(!jm_hash32_eq(&a.state_root, &b.state_root));
    CHECK(jm_hash32_eq(&root, &lk_ledger.state_root));
    CHECK_EQ(b.state_size, a.state_size + 1);
    CHECK_OK(jm_block_commit(&lk_ledger, &a));
    CHECK(jm_hash32_eq(&a.state_root, &lk_ledger.state_root));
    jm_arena_reset(&mem);
}

/* What is copied, and what is played again, has the same hashes. */
TEST(a_copy_is_the_same_and_goes_on)
{
    static uint8_t room_of_copy[2 * JM_MIB], room_of_block[JM_MIB];
    struct jm_arena mem, block_mem;
    struct jm_ledger copy;
    struct jm_block a, b;
    enum jm_ltx_code code;
    struct jm_bytes tx, set, same;
    struct jm_ltx x;

    lk_country();
    jm_arena_init(&mem, room_of_copy, sizeof room_of_copy);
    jm_arena_init(&block_mem, room_of_block, sizeof room_of_block);
    CHECK_OK(jm_ledger_copy(&copy, &lk_ledger, &mem));
    CHECK(jm_hash32_eq(&copy.app_hash, &lk_ledger.app_hash));
    lk_begin(&a);
    CHECK_OK(jm_block_begin(&b, &copy, copy.height + 1, LK_NOW, &block_mem));
    x = lk_plain(&a, JM_LTX_ISSUER_PUT, lk_cbor(LK_ISSUER("bb")), "r1");
    tx = exact(lk_make(&x, "r1 r2", &lk_ledger.genesis));
    CHECK_OK(jm_block_apply(&code, &a, tx));
    CHECK_OK(jm_block_apply(&code, &b, tx));
    CHECK_EQ(code, JM_LTX_OK);
    CHECK_OK(jm_block_end(&b));
    CHECK_ST(jm_block_commit(&lk_ledger, &b), JM_E_BUG); /* of another base */
    lk_commit(&a);
    CHECK_OK(jm_block_commit(&copy, &b));
    CHECK(jm_hash32_eq(&copy.app_hash, &lk_ledger.app_hash));
    CHECK(jm_hash32_eq(&copy.trust_hash, &lk_ledger.trust_hash));
    CHECK_OK(jm_ledger_trust_set(&set, &lk_ledger, &lk_tx_mem));
    CHECK_OK(jm_ledger_trust_set(&same, &copy, &lk_tx_mem));
    CHECK_SAME(set, same);
    CHECK_EQ(set.len, lk_ledger.trust_len);
    jm_arena_reset(&block_mem);
    jm_arena_reset(&mem);
}

static enum jm_status cannot_verify(void *ctx, enum jm_alg alg, struct jm_bytes key,
                                    struct jm_bytes data, struct jm_bytes sig)
{
    (void)ctx;
    (void)alg;
    (void)key;
    (void)data;
    (void)sig;
    return JM_E_UNAVAILABLE;
}

TEST(a_host_that_cannot_verify_refuses_nobody)
{
    struct jm_bytes tx;
    enum jm_ltx_code code;
    struct jm_block b;
    struct jm_ltx x;

    lk_country();
    lk_begin(&b);
    x = lk_plain(&b, JM_LTX_ISSUER_PUT, lk_cbor(LK_ISSUER("bb")), "r1");
    tx = exact(lk_make(&x, "r1 r2", &lk_ledger.genesis));
    lk_ledger.port.verify = cannot_verify;
    CHECK_ST(jm_block_apply(&code, &b, tx), JM_E_UNAVAILABLE);
    lk_ledger.port.verify = NULL; /* verified before */
    CHECK_OK(jm_block_apply(&code, &b, tx));
    CHECK_EQ(code, JM_LTX_OK);
}

/* Whatever does not fit, nothing is half done. */
TEST(memory_that_does_not_reach)
{
    static uint8_t small[64 * 1024];
    struct jm_bytes tx;
    enum jm_ltx_code code = JM_LTX_LIMIT;
    bool reached = false;
    struct jm_block b;
    struct jm_ltx x;

    lk_country();
    lk_begin(&b);
    x = lk_plain(&b, JM_LTX_ISSUER_PUT, lk_cbor(LK_ISSUER("bb")), "r1");
    tx = exact(lk_make(&x, "r1 r2", &lk_ledger.genesis));
    for (size_t len = 0; len <= sizeof small && !reached; len += 64) {
        struct jm_arena mem;
        enum jm_status st;

        jm_arena_init(&mem, small, len);
        CHECK_OK(jm_block_begin(&b, &lk_ledger, lk_ledger.height + 1, LK_NOW, &mem));
        st = jm_block_apply(&code, &b, tx);
        if (st == JM_OK)
            st = jm_block_end(&b);
        reached = st == JM_OK;
        CHECK(reached || st == JM_E_NO_SPACE);
        jm_arena_reset(&mem);
    }
    CHECK(reached && code == JM_LTX_OK);
}

/* -- genesis -- */

static enum jm_status found(struct jm_bytes genesis)
{
    struct jm_ledger l;
    struct jm_block b;
    enum jm_status st;

    jm_arena_reset(&lk_block_mem);
    jm_arena_reset(&lk_ledger_mem);
    st = jm_ledger_genesis(&l, &b, genesis, &lk_port, &lk_ledger_mem, &lk_block_mem);
    return st == JM_OK ? jm_block_end(&b) : st;
}

#define GOV_ONLY LK_ACTOR("gov", "1", LK_KEY("g1", "1"), "1")

TEST(what_a_genesis_may_not_be)
{
    static const struct {
        const char *genesis;
        enum jm_status st;
    } k[] = {
        {LK_GENESIS, JM_OK},
        {LK_GENESIS_WITH(LK_PARAMS, GOV_ONLY, ""), JM_OK},
        {LK_GENESIS_WITH(LK_PARAMS, "", ""), JM_E_MALFORMED},
        {LK_GENESIS_WITH(LK_PARAMS, LK_ACTOR("gov2", "2", LK_KEY("g1", "1"), "1"), ""),
         JM_E_MALFORMED},
        {LK_GENESIS_WITH(LK_PARAMS, LK_ACTOR("gov", "2", LK_KEY("g1", "1"), "1"), ""),
         JM_E_MALFORMED},
        {LK_GENESIS_WITH(LK_PARAMS, LK_ACTOR("gov", "1", LK_KEY("g1", "1"), "2"), ""),
         JM_E_MALFORMED},
        {LK_GENESIS_WITH(LK_PARAMS, GOV_ONLY LK_ACTOR("gov", "1", LK_KEY("g2", "1"), "1"), ""),
         JM_E_MALFORMED}, /* two of one name */
        {LK_GENESIS_WITH(LK_PARAMS, GOV_ONLY LK_ACTOR("new", "2", LK_KEY("g1", "1"), "1"), ""),
         JM_E_MALFORMED}, /* a key of two */
        {LK_GENESIS_WITH(LK_PARAMS,
                         GOV_ONLY LK_ACTOR("new", "2", LK_KEY("x1", "1") LK_KEY("x1", "2"), "1"),
                         ""),
         JM_E_MALFORMED},
        {LK_GENESIS_WITH(LK_PARAMS,
                         GOV_ONLY "{1 'new' 2 2 3 {'en' 'X'} 4 [2] 5 [" LK_KEY("x1", "1") "] 6 1}",
                         ""),
         JM_E_MALFORMED}, /* its first number is 1 */
        {LK_GENESIS_WITH(LK_PARAMS, GOV_ONLY LK_ACTOR("new", "1", LK_KEY("x1", "1"), "1"), ""),
         JM_E_MALFORMED},
        {LK_GENESIS_WITH(LK_PARAMS, GOV_ONLY, LK_NODE("n1", "01")), JM_E_MALFORMED},
        {LK_GENESIS_WITH(LK_PARAMS, LK_ACTORS, LK_NODE("n1", "01") LK_NODE("n1", "02")),
         JM_E_MALFORMED},
        {LK_GENESIS_WITH(LK_PARAMS, LK_ACTORS, LK_POWER("n1", "2", "01", "1")), JM_E_MALFORMED},
        {LK_GENESIS_WITH("{1 'a' 2 1023 3 1 4 3600 5 60}", GOV_ONLY, ""), JM_E_MALFORMED},
        {LK_GENESIS_WITH("{1 'a' 2 1024 3 1 4 3600}", GOV_ONLY, ""), JM_E_MALFORMED},
        {"{}", JM_E_MALFORMED},
        {"[]", JM_E_MALFORMED},
    };

    lk_found(LK_GENESIS);
    for (size_t i = 0; i < JM_ARRAY_LEN(k); i++)
        ROW(CHECK_ST(found(lk_cbor(k[i].genesis)), k[i].st), k[i].genesis);
}

TEST(each_member_of_a_genesis)
{
    static const struct {
        uint64_t key;
        const char *value;
    } k[] = {{1, "2"},
             {1, "0"},
             {2, "''"},
             {2, "~51"},
             {2, "'a b'"},
             {3, "'x'"},
             {7, "#0:00"},
             {7, "#8193:61"},
             {8, "0"},
             {9, "1"},
             {0, "1"},
             {2, "'000000-0000000'"},
             {8, "9007199254740992"}};
    struct jm_bytes genesis;

    lk_found(LK_GENESIS);
    genesis = lk_cbor(LK_GENESIS_WITH(LK_PARAMS, GOV_ONLY, ""));
    for (uint64_t key = 1; key <= 8; key++)
        CHECK_ST(found(lk_with(genesis, key, NULL)), JM_E_MALFORMED);
    for (size_t i = 0; i < JM_ARRAY_LEN(k); i++)
        ROW(CHECK_ST(found(lk_with(genesis, k[i].key, k[i].value)), JM_E_MALFORMED), k[i].value);
    CHECK_OK(found(lk_with(genesis, 8, "1000")));
}

TEST(a_genesis_cut_short_or_with_something_behind)
{
    struct jm_bytes genesis;
    uint8_t *p;

    lk_found(LK_GENESIS);
    genesis = lk_cbor(LK_GENESIS_WITH(LK_PARAMS, GOV_ONLY, ""));
    for (size_t len = 0; len < genesis.len; len++)
        CHECK_ST(found(exact(jm_slice(genesis, 0, len))), JM_E_MALFORMED);
    p = test_malloc(genesis.len + 1);
    memcpy(p, genesis.ptr, genesis.len);
    p[genesis.len] = 0;
    CHECK_ST(found(jm_bytes(p, genesis.len + 1)), JM_E_MALFORMED);
}

/* -- entries -- */

static bool reads_entry(struct jm_bytes octets)
{
    struct jm_log_entry e;

    return jm_log_entry_read(&e, octets) == JM_OK;
}

TEST(entries_of_the_log)
{
    static const char *const bad[] = {"[]",
                                      "[3]",
                                      "[0 'a']",
                                      "[0 'a' #1:00 1]",
                                      "[1 1 0]",
                                      "[1 1 0 #1:00 1]",
                                      "[1 1 0 'x']",
                                      "{0 1}",
                                      "[2 1 1 1 1 #31:00 1 #32:00]",
                                      "[2 1 1 1 1 #32:00 1 #33:00]",
                                      "[2 1 1 1 1 #32:00 1]"};
    struct jm_block b;

    lk_country();
    lk_begin(&b);
    CHECK_EQ(lk_do(&b, GOOD), JM_LTX_OK);
    CHECK_OK(jm_block_end(&b));
    CHECK_EQ(b.n_entries, 2);
    for (size_t i = 0; i < b.n_entries; i++)
        for (size_t len = 0; len <= b.entry[i].octets.len; len++)
            CHECK_EQ(reads_entry(exact(jm_slice(b.entry[i].octets, 0, len))),
                     len == b.entry[i].octets.len);
    for (size_t i = 0; i < JM_ARRAY_LEN(bad); i++)
        ROW(CHECK(!reads_entry(lk_cbor(bad[i]))), bad[i]);
}
