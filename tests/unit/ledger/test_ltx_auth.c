/* SPDX-License-Identifier: Apache-2.0 */
/* Who must have signed: each row of spec/ledger.md 4 with exactly what it needs, with one signature
 * less, with one of another role, with two keys of one person. */
#include "unit/ledger/ltx_kit.h"

struct row {
    enum jm_ltx_type type;
    const char *body;
    const char *good, *less, *wrong, *twin; /* several parted by | */
};

#define NEW_ACTOR LK_ACTOR("new", "5", LK_KEY("x1", "1"), "1")
#define ROTATED "{1 'iss' 2 2 5 [" LK_TRIO("i") LK_KEY("x1", "4") "]}"

#define GOV "g1 g2|g2 g4|g1 g2 g4 r1", "g1", "g1 r1|r1 r2|g1 i1", "g1 g3|g3 g1 r1"
#define REG2 "r1 r2|r2 r3|r2 r1 p1", "r1", "r1 p1|g1 g2|r1 s1|p1 p2|i1 r1", "r1 r3"
#define REG1 "r1|r3", NULL, "g1 g2|p1|s1|i1|u1|o1", NULL
#define RPR "p1|p3", NULL, "r1 r2|g1 g2|s1|i1", NULL
#define RPR_OR_SUP "p1|s1|s3", NULL, "r1 r2|g1 g2|i1|o1", NULL
#define RPR_AND_SUP "p1 s1|s2 p2", "p1|s1", "p1 r1|s1 r1|g1 g2", "p1 p2|s1 s2"

/* to: 2 and 3 from the active one, 1 from the suspended one */
#define STATES(type, aa, ss, less_trust, more_trust)                              \
    {type, LK_STATE(aa, "2"), less_trust}, {type, LK_STATE(aa, "3"), less_trust}, \
        {type, LK_STATE3(ss, "3"), less_trust},                                   \
    {                                                                             \
        type, LK_STATE3(ss, "1"), more_trust                                      \
    }

static const struct row rows[] = {
    {JM_LTX_GOV_PARAMS, LK_PARAMS, GOV},
    {JM_LTX_ACTOR_PUT, NEW_ACTOR, "g1 g2 x1|g2 g4 x1", "g1 x1|g1 g2", "g1 r1 x1|r1 r2 x1",
     "g1 g3 x1"},
    {JM_LTX_ACTOR_STATE, LK_STATE("'aa'", "2"), "g1|g3", NULL, "r1 r2|s1|a2", NULL},
    {JM_LTX_ACTOR_STATE, LK_STATE("'aa'", "3"), GOV},
    {JM_LTX_ACTOR_STATE, LK_STATE3("'ss'", "1"), GOV},
    {JM_LTX_ACTOR_STATE, LK_STATE3("'ss'", "3"), GOV},
    {JM_LTX_ACTOR_ROTATE, ROTATED, "i1 i2 x1|i2 i3 x1", "i1 x1|i1 i2|i2 x1", "i1 r1 x1|i1 g1 g2 x1",
     "i1 i3 x1"},
    {JM_LTX_NODE_PUT, LK_NODE("n7", "07"), "g1 g2 o1|o1 g1 g4 g2", "g1 o1|g1 g2",
     "g1 g2 r1|r1 r2 o1|g1 g2 u1", "g1 g3 o1"},
    {JM_LTX_NODE_STATE, LK_STATE("'n1'", "2"), GOV},
    {JM_LTX_NODE_STATE, LK_STATE("'n1'", "3"), GOV},
    {JM_LTX_NODE_STATE, LK_STATE3("'ss'", "1"), GOV},
    {JM_LTX_POLICY_PUT, "{1 2 2 #9:61}", GOV},
    {JM_LTX_ISSUER_PUT, LK_ISSUER("bb"), REG2},
    STATES(JM_LTX_ISSUER_STATE, "'aa'", "'ss'", REG1, REG2),
    {JM_LTX_CERT_PUT, LK_CERT("0c"), REG2},
    STATES(JM_LTX_CERT_STATE, "^&131:0a", "^&131:0b", REG1, REG2),
    {JM_LTX_SCHEMA_PUT, LK_SCHEMA("doc.b", ""), REG2},
    {JM_LTX_SCHEMA_STATE, LK_STATE5("'doc.a'", "2", "1"), REG1},
    {JM_LTX_SCHEMA_STATE, LK_STATE5("'doc.a'", "3", "1"), REG1},
    {JM_LTX_SCHEMA_STATE, LK_STATE53("'doc.s'", "1", "1"), REG2},
    {JM_LTX_RPCERT_PUT, LK_RPCERT("0c"), RPR},
    STATES(JM_LTX_RPCERT_STATE, "#32:0a", "#32:0b", RPR_OR_SUP, RPR_AND_SUP),
    {JM_LTX_RP_PUT, LK_RP("bb"), RPR},
    STATES(JM_LTX_RP_STATE, "'aa'", "'ss'", RPR_OR_SUP, RPR_AND_SUP),
    {JM_LTX_USE_PUT, LK_USE("bb", "doc.a", "'name'"), RPR},
    {JM_LTX_USE_PUT, LK_USE("bb", "doc.a", "'secret'"), RPR_AND_SUP},
    {JM_LTX_USE_PUT, LK_USE("bb", "doc.a", "'secret' 'x'"), RPR_AND_SUP},
    {JM_LTX_USE_PUT, LK_USE("bb", "doc.a", "'secret' 'x' 'y'"), RPR_AND_SUP},
    {JM_LTX_USE_PUT, LK_USE("bb", "doc.a", "'name'] ['secret'"), RPR_AND_SUP},
    {JM_LTX_USE_PUT, LK_USE("bb", "doc.a", "'secret' 'z'"), RPR},
    {JM_LTX_USE_PUT, LK_USE("bb", "doc.a", "'secre'"), RPR},
    {JM_LTX_USE_STATE, LK_STATE5("'aa'", "2", "'aa'"), RPR_OR_SUP},
    {JM_LTX_USE_STATE, LK_STATE5("'aa'", "3", "'aa'"), RPR_OR_SUP},
    {JM_LTX_USE_STATE, LK_STATE53("'aa'", "1", "'ss'"), RPR_AND_SUP},
    {JM_LTX_WALLET_PUT, LK_WALLET("bb"), REG2},
    STATES(JM_LTX_WALLET_STATE, "'aa'", "'ss'", REG1, REG2),
    {JM_LTX_FLAG_PUT, LK_FLAG("2", "aa"), "s1|r1|s3 p1", NULL, "p1 p2|g1 g2|i1|u1", NULL},
    {JM_LTX_FLAG_STATE, LK_STATE5("1", "3", "'aa'"), "s1 s2|r1 r2|s2 s3", "s1|r1",
     "s1 r1|p1 p2|g1 g2|s1 g1", "s1 s3|r1 r3|s1 s3 r1"},
    {JM_LTX_CRL_PUT, LK_CRL("^&131:0a", "7"), "i1|i3", NULL, "r1 r2|g1 g2|a1|u1", NULL},
    {JM_LTX_DID_LOG, LK_DID("did:web:a", "1", "1", "aa"), "i1|i2", NULL, "r1 r2|p1|a1|g1 g2", NULL},
    {JM_LTX_DID_LOG, LK_DID("did:web:b", "1", "2", "aa"), RPR},
    {JM_LTX_CIRCUIT_PUT, LK_CIRCUIT("0c"), REG2},
    STATES(JM_LTX_CIRCUIT_STATE, "#32:0a", "#32:0b", REG1, REG2),
    {JM_LTX_LIST_PUT, LK_LIST("bb"), "r1 r2 u1|u2 r2 r3", "r1 u1|r1 r2",
     "r1 r2 i1|r1 p1 u1|g1 g2 u1", "r1 r3 u1"},
    STATES(JM_LTX_LIST_STATE, "'aa'", "'ss'", REG1, REG2),
    {JM_LTX_STATUS_EPOCH, LK_EPOCH("aa"), "u1|u3", NULL, "r1 r2|i1|g1 g2|o1", NULL},
};

static bool take_signers(char out[64], const char **list)
{
    size_t n = *list == NULL ? 0 : strcspn(*list, "|");

    if (n == 0)
        return false;
    snprintf(out, 64, "%.*s", (int)n, *list);
    *list += n + ((*list)[n] == '|');
    return true;
}

static void expect_each(const struct row *r, const char *list, enum jm_ltx_code want)
{
    char signers[64];
    struct jm_block b;

    while (take_signers(signers, &list)) {
        struct jm_hash32 root;
        bool ok;

        lk_begin(&b);
        ok = CHECK_EQ(lk_do(&b, r->type, r->body, signers), want);
        ROW(ok, signers);
        ROW(ok, r->body);
        CHECK_EQ(b.n_accepted, want == JM_LTX_OK);
        root = lk_ledger.state_root;
        CHECK_OK(jm_block_end(&b));
        CHECK_EQ(jm_hash32_eq(&root, &b.state_root), want != JM_LTX_OK);
    }
}

TEST(every_row_with_just_what_it_needs)
{
    lk_country();
    for (size_t i = 0; i < JM_ARRAY_LEN(rows); i++)
        expect_each(&rows[i], rows[i].good, JM_LTX_OK);
}

TEST(every_row_with_one_signature_less)
{
    lk_country();
    for (size_t i = 0; i < JM_ARRAY_LEN(rows); i++)
        expect_each(&rows[i], rows[i].less, JM_LTX_AUTH);
}

TEST(every_row_with_a_signer_of_another_role)
{
    lk_country();
    for (size_t i = 0; i < JM_ARRAY_LEN(rows); i++)
        expect_each(&rows[i], rows[i].wrong, JM_LTX_AUTH);
}

TEST(every_row_with_two_keys_of_one_person)
{
    lk_country();
    for (size_t i = 0; i < JM_ARRAY_LEN(rows); i++)
        expect_each(&rows[i], rows[i].twin, JM_LTX_AUTH);
}

/* -- all types stand in the table -- */

TEST(no_type_is_left_out)
{
    for (unsigned type = 1; type <= JM_LTX_STATUS_EPOCH; type++) {
        bool is_type = type <= 4 || (type >= 6 && type <= 8) || (type >= 16 && type <= 32) ||
                       type == 34 || type == 36 || type == 37 || type >= 48;
        size_t n = 0;

        for (size_t i = 0; i < JM_ARRAY_LEN(rows); i++)
            n += (unsigned)rows[i].type == type;
        CHECK_EQ(n != 0, is_type);
    }
}

/* -- who acts, and whose keys count -- */

TEST(the_one_who_acts_is_among_the_signers)
{
    struct jm_block b;
    struct jm_ltx x;

    lk_country();
    lk_begin(&b);
    x = lk_plain(&b, JM_LTX_ISSUER_PUT, lk_cbor(LK_ISSUER("bb")), "i1");
    CHECK_EQ(lk_apply(&b, lk_make(&x, "r1 r2", &lk_ledger.genesis)), JM_LTX_AUTH);
    CHECK_EQ(lk_apply(&b, lk_make(&x, "r1 r2 i1", &lk_ledger.genesis)), JM_LTX_OK);
}

TEST(a_suspended_or_ended_actors_keys_do_not_count)
{
    struct jm_block b;

    lk_country();
    lk_begin(&b);
    CHECK_EQ(lk_do(&b, JM_LTX_ISSUER_PUT, LK_ISSUER("bb"), "r1 a3"), JM_LTX_KEY);
    CHECK_EQ(lk_do(&b, JM_LTX_ISSUER_PUT, LK_ISSUER("bb"), "a3 r1"), JM_LTX_ACTOR);
    CHECK_EQ(lk_do(&b, JM_LTX_ACTOR_STATE, LK_STATE("'sup'", "2"), "g1"), JM_LTX_OK);
    CHECK_EQ(lk_do(&b, JM_LTX_RP_STATE, LK_STATE3("'ss'", "1"), "p1 s1"), JM_LTX_KEY);
    CHECK_EQ(lk_do(&b, JM_LTX_ACTOR_STATE, LK_STATE3("'sup'", "1"), "g1 g2"), JM_LTX_OK);
    CHECK_EQ(lk_do(&b, JM_LTX_RP_STATE, LK_STATE3("'ss'", "1"), "p1 s1"), JM_LTX_OK);
    CHECK_EQ(lk_do(&b, JM_LTX_ACTOR_STATE, "{1 'sup' 2 4 3 3 4 5}", "g1 g2"), JM_LTX_OK);
    CHECK_EQ(lk_do(&b, JM_LTX_RP_STATE, LK_STATE("'aa'", "2"), "p1 s1"), JM_LTX_KEY);
}

TEST(a_rotated_key_is_gone_and_the_new_one_counts)
{
    struct jm_block b;

    lk_country();
    lk_begin(&b);
    CHECK_EQ(lk_do(&b, JM_LTX_ACTOR_ROTATE,
                   "{1 'reg' 2 2 5 [" LK_KEY("r2", "2") LK_KEY("x1", "1") "]}", "r1 x1"),
             JM_LTX_OK);
    CHECK_EQ(lk_do(&b, JM_LTX_ISSUER_PUT, LK_ISSUER("bb"), "r2 r1"), JM_LTX_KEY);
    CHECK_EQ(lk_do(&b, JM_LTX_ISSUER_PUT, LK_ISSUER("bb"), "r2 x1"), JM_LTX_OK);
}

TEST(a_key_outside_its_time)
{
    static const struct {
        const char *entry;
        enum jm_ltx_code code;
    } k[] = {
        {"[@x1 1 0 1900000000]", JM_LTX_OK},
        {"[@x1 1 1900000000 1900000001]", JM_LTX_OK},
        {"[@x1 1 0 1899999999]", JM_LTX_KEY},
        {"[@x1 1 1900000001 1900000002]", JM_LTX_KEY},
    };
    char body[256];

    lk_country();
    for (size_t i = 0; i < JM_ARRAY_LEN(k); i++) {
        struct jm_block b;

        lk_begin(&b);
        snprintf(body, sizeof body, "{1 'new' 2 1 3 {'en' 'X'} 4 [5] 5 [%s] 6 1}", k[i].entry);
        ROW(CHECK_EQ(lk_do(&b, JM_LTX_ACTOR_PUT, body, "g1 g2 x1"), k[i].code), k[i].entry);
    }
}

/* The CA's own actor: of purpose 2 the owner itself, of any other than 1, 2 and 6 nobody. */
TEST(the_signer_of_a_crl_is_found_through_its_ca)
{
    struct jm_block b;

    lk_country();
    lk_begin(&b);
    CHECK_EQ(lk_do(&b, JM_LTX_CERT_PUT, "{1 2 2 1 3 'acc' 4 &131:0c 6 1 7 2 8 #20:01}", "r1 r2"),
             JM_LTX_OK);
    CHECK_EQ(lk_do(&b, JM_LTX_CRL_PUT, LK_CRL("^&131:0c", "0"), "i1"), JM_LTX_AUTH);
    CHECK_EQ(lk_do(&b, JM_LTX_CRL_PUT, LK_CRL("^&131:0c", "0"), "a1"), JM_LTX_OK);
    CHECK_EQ(lk_do(&b, JM_LTX_CERT_PUT, "{1 6 2 1 3 'aa' 4 &131:0d 6 1 7 2 8 #20:01}", "r1 r2"),
             JM_LTX_OK);
    CHECK_EQ(lk_do(&b, JM_LTX_CRL_PUT, LK_CRL("^&131:0d", "1"), "i1"), JM_LTX_OK);
    CHECK_EQ(lk_do(&b, JM_LTX_CERT_PUT, "{1 3 2 1 3 'aa' 4 &131:0e 6 1 7 2 8 #20:01}", "r1 r2"),
             JM_LTX_OK);
    CHECK_EQ(lk_do(&b, JM_LTX_CRL_PUT, LK_CRL("^&131:0e", "1"), "i1"), JM_LTX_REF);
    CHECK_EQ(lk_do(&b, JM_LTX_CRL_PUT, LK_CRL("#32:55", "1"), "i1"), JM_LTX_REF);
    CHECK_EQ(lk_do(&b, JM_LTX_DID_LOG, LK_DID("did:web:a", "1", "1", "zz"), "i1"), JM_LTX_REF);
    CHECK_EQ(lk_do(&b, JM_LTX_DID_LOG, LK_DID("did:web:a", "1", "2", "zz"), "p1"), JM_LTX_REF);
    CHECK_EQ(lk_do(&b, JM_LTX_STATUS_EPOCH, LK_EPOCH("zz"), "u1"), JM_LTX_REF);
}
