/* SPDX-License-Identifier: Apache-2.0 */
/* Each result code by its own cause, the order of the checks, numbers and times, references, nodes,
 * epochs. */
#include "unit/ledger/ltx_kit.h"

/* -- faults, in the order of the checks -- */

/* A transaction with any set of faults; each is the cause of one code. */
struct draft {
    struct jm_ltx x;
    const char *signers;
    uint64_t version;
    bool no_signature, bad_signature, trailing, long_one;
};

static struct jm_bytes rewrite_payload(const struct draft *d)
{
    struct jm_bytes payload, out;
    char version[24];

    CHECK_OK(jm_ltx_payload(&payload, &d->x, &lk_tx_mem));
    snprintf(version, sizeof version, "%u", (unsigned)d->version);
    out = lk_with(payload, 1, version);
    return d->long_one ? lk_with(out, 9, "#16384:01") : out;
}

static struct jm_bytes make_draft(const struct draft *d)
{
    struct jm_ltx_signature sig[JM_LTX_SIGNERS_MAX];
    struct jm_bytes payload, tx = jm_none();
    uint8_t *p;
    size_t n;

    jm_arena_reset(&lk_tx_mem);
    payload = rewrite_payload(d);
    n = d->no_signature ? 0 : lk_sign(sig, d->signers, &lk_ledger.genesis, payload);
    if (d->bad_signature)
        sig[0].sig.octets[40] ^= 1;
    CHECK_OK(jm_ltx_seal(&tx, payload, sig, n, &lk_tx_mem));
    p = test_malloc(tx.len + 1);
    memcpy(p, tx.ptr, tx.len);
    p[tx.len] = 0;
    return jm_bytes(p, tx.len + d->trailing);
}

static void fault_size(struct draft *d)
{
    d->long_one = true;
}

static void fault_cbor(struct draft *d)
{
    d->trailing = true;
}

static void fault_version(struct draft *d)
{
    d->version = 2;
}

static void fault_chain(struct draft *d)
{
    d->x.chain_id = JM_BYTES("kit-2");
}

static void fault_type(struct draft *d)
{
    d->x.type = 5;
}

static void fault_actor(struct draft *d)
{
    d->x.actor = JM_BYTES("ss");
}

static void fault_expired(struct draft *d)
{
    d->x.not_after = LK_NOW - 1;
}

static void fault_far(struct draft *d)
{
    if (d->x.not_after > LK_NOW)
        d->x.not_after = LK_NOW + 2592001;
}

static void fault_seq(struct draft *d)
{
    d->x.seq++;
}

static void fault_sigset(struct draft *d)
{
    d->no_signature = true;
}

static void fault_body(struct draft *d)
{
    d->x.body = lk_with(d->x.body, 60, "1");
}

static void fault_privacy(struct draft *d)
{
    d->x.body = lk_with(d->x.body, 3, "{'en' '000000-0000000'}");
}

static void fault_key(struct draft *d)
{
    d->signers = "zz r2 r1";
}

static void fault_sig(struct draft *d)
{
    d->bad_signature = true;
}

static void fault_auth(struct draft *d)
{
    if (d->signers[0] == 'r')
        d->signers = "r1 r3";
}

static void fault_rev(struct draft *d)
{
    d->x.body = lk_with(d->x.body, 2, "2");
}

static void fault_ref(struct draft *d)
{
    d->x.body = lk_with(d->x.body, 6, "'pub'");
}

static const struct {
    enum jm_ltx_code code;
    void (*make)(struct draft *);
} faults[] = {
    {JM_LTX_SIZE, fault_size},       {JM_LTX_CBOR, fault_cbor}, {JM_LTX_VERSION, fault_version},
    {JM_LTX_CHAIN, fault_chain},     {JM_LTX_TYPE, fault_type}, {JM_LTX_ACTOR, fault_actor},
    {JM_LTX_EXPIRED, fault_expired}, {JM_LTX_FAR, fault_far},   {JM_LTX_SEQ, fault_seq},
    {JM_LTX_SIGSET, fault_sigset},   {JM_LTX_BODY, fault_body}, {JM_LTX_PRIVACY, fault_privacy},
    {JM_LTX_KEY, fault_key},         {JM_LTX_SIG, fault_sig},   {JM_LTX_AUTH, fault_auth},
    {JM_LTX_REV, fault_rev},         {JM_LTX_REF, fault_ref},
};

static enum jm_ltx_code judge_faults(size_t a, size_t b)
{
    struct draft d = {.signers = "r1 r2", .version = 1};
    struct jm_hash32 root = lk_ledger.state_root, app = lk_ledger.app_hash;
    enum jm_ltx_code code;
    struct jm_block block;

    lk_begin(&block);
    d.x = lk_plain(&block, JM_LTX_ISSUER_PUT, lk_cbor(LK_ISSUER("bb")), "r1");
    faults[b].make(&d);
    faults[a].make(&d);
    CHECK_OK(jm_block_apply(&code, &block, make_draft(&d)));
    CHECK_OK(jm_block_end(&block));
    CHECK_EQ(block.n_entries, 0);
    CHECK_EQ(block.state.n, 0);
    CHECK(jm_hash32_eq(&block.state_root, &root) && jm_hash32_eq(&block.app_hash, &app));
    return code;
}

TEST(of_two_faults_the_earlier_check_speaks)
{
    char what[64];

    lk_country();
    for (size_t a = 0; a < JM_ARRAY_LEN(faults); a++)
        for (size_t b = a; b < JM_ARRAY_LEN(faults); b++) {
            snprintf(what, sizeof what, "%s before %s", jm_ltx_code_name(faults[a].code),
                     jm_ltx_code_name(faults[b].code));
            /* one not_after cannot be past and far: the earlier is what is made last */
            ROW(CHECK_EQ(judge_faults(a, b), faults[a].code), what);
        }
}

/* In the order of kids: whichever comes first speaks. */
TEST(signatures_are_judged_in_their_order)
{
    const struct lk_key *r1 = lk_key("r1"), *zz;
    enum jm_ltx_code want;
    struct jm_block b;
    struct draft d = {.signers = "r1 zz", .version = 1, .bad_signature = true};

    lk_country();
    zz = lk_key("zz");
    want = memcmp(r1->kid, zz->kid, JM_KID_LEN) < 0 ? JM_LTX_SIG : JM_LTX_KEY;
    lk_begin(&b);
    d.x = lk_plain(&b, JM_LTX_ISSUER_PUT, lk_cbor(LK_ISSUER("bb")), "r1");
    CHECK_EQ(lk_apply(&b, make_draft(&d)), want);
}

/* A signature moved to another position, doubled, cut. */
TEST(the_set_of_signatures)
{
    struct jm_block b;
    struct jm_ltx x, y;
    struct jm_bytes tx;
    uint8_t *p;

    lk_country();
    lk_begin(&b);
    x = lk_plain(&b, JM_LTX_ISSUER_PUT, lk_cbor(LK_ISSUER("bb")), "r1");
    tx = exact(lk_make(&x, "r1 r2", &lk_ledger.genesis));
    CHECK_OK(jm_ltx_read(&y, tx));
    p = test_malloc(tx.len);
    memcpy(p, tx.ptr, tx.len);
    size_t at = (size_t)(y.signatures.ptr - tx.ptr) + 1, each = (y.signatures.len - 1) / 2;
    memcpy(p + at, tx.ptr + at + each, each);
    memcpy(p + at + each, tx.ptr + at, each);
    CHECK_EQ(lk_apply(&b, jm_bytes(p, tx.len)), JM_LTX_SIGSET); /* descending */
    memcpy(p + at + each, tx.ptr + at + each, each);
    CHECK_EQ(lk_apply(&b, jm_bytes(p, tx.len)), JM_LTX_SIGSET); /* twice */
    memcpy(p, tx.ptr, tx.len);
    p[at + 3] ^= 1; /* the header's map */
    CHECK_EQ(lk_apply(&b, jm_bytes(p, tx.len)), JM_LTX_SIGSET);
    CHECK_EQ(lk_apply(&b, tx), JM_LTX_OK);
}

static bool is_accepted(struct jm_bytes tx)
{
    enum jm_ltx_code code;
    struct jm_block b;

    lk_begin(&b);
    return jm_block_apply(&code, &b, tx) == JM_OK && code == JM_LTX_OK;
}

TEST(whatever_is_changed_in_a_transaction)
{
    struct jm_block b;
    struct jm_ltx x;

    lk_country();
    lk_begin(&b);
    x = lk_plain(&b, JM_LTX_ISSUER_PUT, lk_cbor(LK_ISSUER("bb")), "r1");
    x.decision = exact(JM_BYTES("0123456789abcdef0123456789abcdef"));
    check_refuses_changes(exact(lk_make(&x, "r1 r2", &lk_ledger.genesis)), is_accepted, NULL, 0);
}

TEST(a_transaction_of_another_genesis)
{
    struct jm_hash32 other = {{1}};
    struct jm_block b;
    struct jm_ltx x;

    lk_country();
    lk_begin(&b);
    x = lk_plain(&b, JM_LTX_ISSUER_PUT, lk_cbor(LK_ISSUER("bb")), "r1");
    CHECK_EQ(lk_apply(&b, lk_make(&x, "r1 r2", &other)), JM_LTX_SIG);
}

/* -- times, numbers, lanes -- */

TEST(the_last_moment_and_the_window)
{
    static const struct {
        uint64_t not_after;
        enum jm_ltx_code code;
    } k[] = {{LK_NOW, JM_LTX_OK},
             {LK_NOW - 1, JM_LTX_EXPIRED},
             {LK_NOW + 2592000, JM_LTX_OK},
             {LK_NOW + 2592001, JM_LTX_FAR},
             {0, JM_LTX_EXPIRED}};

    lk_country();
    for (size_t i = 0; i < JM_ARRAY_LEN(k); i++) {
        struct jm_block b;
        struct jm_ltx x;

        lk_begin(&b);
        x = lk_plain(&b, JM_LTX_ISSUER_PUT, lk_cbor(LK_ISSUER("bb")), "r1");
        x.not_after = k[i].not_after;
        CHECK_EQ(lk_apply(&b, lk_make(&x, "r1 r2", &lk_ledger.genesis)), k[i].code);
    }
}

static enum jm_ltx_code flag_in(struct jm_block *b, const char *signer, uint64_t lane, uint64_t seq,
                                const char *body)
{
    struct jm_ltx x = lk_plain(b, JM_LTX_FLAG_PUT, lk_cbor(body), signer);

    x.lane = lane;
    x.seq = seq;
    return lk_apply(b, lk_make(&x, signer, &lk_ledger.genesis));
}

TEST(each_lane_of_each_actor_counts_by_itself)
{
    struct jm_block b;

    lk_country();
    lk_begin(&b);
    CHECK_EQ(flag_in(&b, "s1", 3, 0, LK_FLAG("2", "aa")), JM_LTX_SEQ);
    CHECK_EQ(flag_in(&b, "s1", 3, 2, LK_FLAG("2", "aa")), JM_LTX_SEQ);
    CHECK_EQ(flag_in(&b, "s1", 3, 1, LK_FLAG("2", "zz")), JM_LTX_REF); /* takes no number */
    CHECK_EQ(flag_in(&b, "s1", 3, 1, LK_FLAG("2", "aa")), JM_LTX_OK);
    CHECK_EQ(flag_in(&b, "s1", 3, 1, LK_FLAG("2", "ss")), JM_LTX_SEQ);
    CHECK_EQ(flag_in(&b, "s1", 3, 2, LK_FLAG("2", "ss")), JM_LTX_OK);
    CHECK_EQ(flag_in(&b, "s1", 7, 1, LK_FLAG("3", "aa")), JM_LTX_OK);
    CHECK_EQ(flag_in(&b, "r1", 3, 1, LK_FLAG("3", "ss")), JM_LTX_OK);
    CHECK_EQ(flag_in(&b, "r1", 8, 1, LK_FLAG("1", "ss")), JM_LTX_CBOR);
    lk_commit(&b);
    lk_begin(&b);
    CHECK_EQ(lk_seq(&b, "sup", 3), 3);
    CHECK_EQ(flag_in(&b, "s1", 3, 2, LK_FLAG("1", "ss")), JM_LTX_SEQ);
    CHECK_EQ(flag_in(&b, "s1", 3, 3, LK_FLAG("1", "ss")), JM_LTX_OK);
}

TEST(the_same_transaction_again)
{
    struct jm_bytes tx;
    struct jm_block b;
    struct jm_ltx x;

    lk_country();
    lk_begin(&b);
    x = lk_plain(&b, JM_LTX_ISSUER_PUT, lk_cbor(LK_ISSUER("bb")), "r1");
    tx = exact(lk_make(&x, "r1 r2", &lk_ledger.genesis));
    CHECK_EQ(lk_apply(&b, tx), JM_LTX_OK);
    CHECK_EQ(lk_apply(&b, tx), JM_LTX_SEQ);
    lk_commit(&b);
    lk_begin(&b);
    CHECK_EQ(lk_apply(&b, tx), JM_LTX_SEQ);
}

/* -- steps: one after the other in a block, each with its code -- */

struct step {
    enum jm_ltx_type type;
    const char *body, *signers;
    enum jm_ltx_code code;
};

static void walk(struct jm_block *b, const struct step *s, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        size_t was = b->n_accepted;

        ROW(CHECK_EQ(lk_do(b, s[i].type, s[i].body, s[i].signers), s[i].code), s[i].body);
        CHECK_EQ(b->n_accepted, was + (s[i].code == JM_LTX_OK));
    }
}

static void walk_fresh(const struct step *s, size_t n)
{
    struct jm_block b;

    lk_country();
    lk_begin(&b);
    walk(&b, s, n);
    lk_commit(&b);
}

TEST(keys_belong_to_one_actor)
{
    static const struct step s[] = {
        {JM_LTX_ACTOR_PUT, LK_ACTOR("new", "5", LK_KEY("r1", "1"), "1"), "g1 g2", JM_LTX_UNIQUE},
        {JM_LTX_ACTOR_PUT, LK_ACTOR("new", "5", LK_KEY("x1", "1") LK_KEY("a3", "2"), "1"),
         "g1 g2 x1", JM_LTX_UNIQUE},
        /* before the keys of who signs */
        {JM_LTX_ACTOR_PUT, LK_ACTOR("new", "5", LK_KEY("r1", "1"), "1"), "g1 zz", JM_LTX_UNIQUE},
        {JM_LTX_ACTOR_ROTATE, "{1 'pub' 2 2 5 [" LK_KEY("r1", "1") "]}", "u1", JM_LTX_UNIQUE},
        {JM_LTX_ACTOR_ROTATE, "{1 'pub' 2 2 5 [" LK_KEY("x1", "1") "]}", "u1 x1", JM_LTX_OK},
        {JM_LTX_ACTOR_PUT, LK_ACTOR("new", "5", LK_KEY("x1", "1"), "1"), "g1 g2", JM_LTX_UNIQUE},
        /* free again, but to be shown anew */
        {JM_LTX_ACTOR_PUT, LK_ACTOR("new", "5", LK_KEY("u1", "1"), "1"), "g1 g2", JM_LTX_AUTH},
        {JM_LTX_ACTOR_PUT, LK_ACTOR("new", "5", LK_KEY("u1", "1"), "1"), "g1 g2 u1", JM_LTX_OK},
    };

    walk_fresh(s, JM_ARRAY_LEN(s));
}

TEST(numbers_of_records)
{
    static const struct step s[] = {
        {JM_LTX_ISSUER_PUT, "{1 'bb' 2 2 3 {'en' 'X'} 4 'KR' 5 T 6 'iss' 7 [[1 'doc.a']]}", "r1 r2",
         JM_LTX_REV},
        {JM_LTX_ISSUER_PUT, LK_ISSUER("bb"), "r1 r2", JM_LTX_OK},
        {JM_LTX_ISSUER_PUT, LK_ISSUER("bb"), "r1 r2", JM_LTX_REV},
        {JM_LTX_ISSUER_PUT, "{1 'bb' 2 3 3 {'en' 'X'} 4 'KR' 5 T 6 'iss' 7 [[1 'doc.a']]}", "r1 r2",
         JM_LTX_REV},
        {JM_LTX_ISSUER_PUT, "{1 'bb' 2 2 3 {'en' 'X'} 4 'KR' 5 T 6 'iss' 7 [[1 'doc.a']]}", "r1 r2",
         JM_LTX_OK},
        {JM_LTX_ISSUER_STATE, LK_STATE("'bb'", "2"), "r1", JM_LTX_REV},
        {JM_LTX_ISSUER_STATE, LK_STATE3("'bb'", "2"), "r1", JM_LTX_OK},
        {JM_LTX_ISSUER_STATE, LK_STATE("'zz'", "2"), "r1", JM_LTX_REF},
        {JM_LTX_POLICY_PUT, "{1 1 2 #9:61}", "g1 g2", JM_LTX_REV},
        {JM_LTX_POLICY_PUT, "{1 3 2 #9:61}", "g1 g2", JM_LTX_REV},
        {JM_LTX_POLICY_PUT, "{1 2 2 #9:61}", "g1 g2", JM_LTX_OK},
        {JM_LTX_CRL_PUT, LK_CRL("^&131:0a", "7"), "i1", JM_LTX_OK}, /* any at first, then higher */
        {JM_LTX_CRL_PUT, LK_CRL("^&131:0a", "7"), "i1", JM_LTX_REV},
        {JM_LTX_CRL_PUT, LK_CRL("^&131:0a", "6"), "i1", JM_LTX_REV},
        {JM_LTX_CRL_PUT, LK_CRL("^&131:0a", "90"), "i1", JM_LTX_OK},
        {JM_LTX_DID_LOG, LK_DID("did:web:a", "2", "1", "aa"), "i1", JM_LTX_REV},
        {JM_LTX_DID_LOG, LK_DID("did:web:a", "1", "1", "aa"), "i1", JM_LTX_OK},
        {JM_LTX_DID_LOG, LK_DID("did:web:a", "1", "1", "aa"), "i1", JM_LTX_REV},
        {JM_LTX_DID_LOG, LK_DID("did:web:a", "2", "1", "aa"), "i1", JM_LTX_OK},
        {JM_LTX_GOV_PARAMS, LK_PARAMS, "g1 g2", JM_LTX_OK}, /* counted without being said */
        {JM_LTX_GOV_PARAMS, LK_PARAMS, "g1 g2", JM_LTX_OK},
    };

    walk_fresh(s, JM_ARRAY_LEN(s));
}

TEST(what_never_changes)
{
    static const struct step s[] = {
        {JM_LTX_GOV_PARAMS, "{1 'other/log' 2 16384 3 256 4 2592000 5 3600}", "g1 g2",
         JM_LTX_UNIQUE},
        {JM_LTX_NODE_PUT,
         "{1 'n1' 2 2 3 'ope' 4 1 5 #32:44 6 10 7 'c' 8 'l' 9 'https://n.example'}", "g1 g2 o1",
         JM_LTX_UNIQUE},
        {JM_LTX_NODE_PUT, LK_NODE("n7", "01"), "g1 g2 o1", JM_LTX_UNIQUE},
        {JM_LTX_SCHEMA_PUT, "{1 'doc.a' 2 2 3 1 4 1 5 #32:02 6 'https://s.example' 7 []}", "r1 r2",
         JM_LTX_UNIQUE},
        {JM_LTX_SCHEMA_PUT, "{1 'doc.a' 2 2 3 1 4 1 5 #32:01 6 'https://t.example' 7 []}", "r1 r2",
         JM_LTX_OK},
        {JM_LTX_SCHEMA_PUT, "{1 'doc.a' 2 1 3 2 4 1 5 #32:02 6 'https://s.example' 7 []}", "r1 r2",
         JM_LTX_OK},
        {JM_LTX_LIST_PUT,
         "{1 'aa' 2 2 3 'pub' 4 'ss' 5 3 6 1 7 10 8 'https://l.example' 9 4 10 60 11 3600}",
         "r1 r2 u1", JM_LTX_UNIQUE},
        {JM_LTX_LIST_PUT,
         "{1 'aa' 2 2 3 'pub' 4 'aa' 5 3 6 2 7 10 8 'https://l.example' 9 4 10 60 11 3600}",
         "r1 r2 u1", JM_LTX_UNIQUE},
        {JM_LTX_LIST_PUT,
         "{1 'aa' 2 2 3 'pub' 4 'aa' 5 3 6 1 7 11 8 'https://l.example' 9 4 10 60 11 3600}",
         "r1 r2 u1", JM_LTX_UNIQUE},
        {JM_LTX_ACTOR_PUT, LK_ACTOR("pu2", "6", LK_KEY("x2", "1"), "1"), "g1 g2 x2", JM_LTX_OK},
        {JM_LTX_LIST_PUT,
         "{1 'aa' 2 2 3 'pu2' 4 'aa' 5 3 6 1 7 10 8 'https://l.example' 9 4 10 60 11 3600}",
         "r1 r2 x2", JM_LTX_UNIQUE},
        {JM_LTX_LIST_PUT,
         "{1 'aa' 2 2 3 'pub' 4 'aa' 5 1 6 1 7 10 8 'https://m.example' 9 5 10 61 11 3601}",
         "r1 r2 u1", JM_LTX_OK},
        {JM_LTX_DID_LOG, LK_DID("did:web:a", "1", "1", "aa"), "i1", JM_LTX_OK},
        {JM_LTX_DID_LOG, LK_DID("did:web:a", "2", "2", "aa"), "p1", JM_LTX_UNIQUE},
        {JM_LTX_DID_LOG, LK_DID("did:web:a", "2", "1", "ss"), "i1", JM_LTX_UNIQUE},
    };

    walk_fresh(s, JM_ARRAY_LEN(s));
}

TEST(states_and_their_end)
{
    static const struct step s[] = {
        {JM_LTX_ISSUER_STATE, LK_STATE("'aa'", "1"), "r1 r2", JM_LTX_STATE},
        {JM_LTX_ISSUER_STATE, LK_STATE3("'ss'", "2"), "r1", JM_LTX_STATE},
        {JM_LTX_ACTOR_STATE, LK_STATE("'gov'", "2"), "g1", JM_LTX_STATE},
        {JM_LTX_ACTOR_STATE, LK_STATE("'gov'", "3"), "g1 g2", JM_LTX_STATE},
        /* a put keeps the state */
        {JM_LTX_ISSUER_PUT, "{1 'ss' 2 3 3 {'en' 'Y'} 4 'KR' 5 T 6 'iss' 7 [[1 'doc.a']]}", "r1 r2",
         JM_LTX_OK},
        {JM_LTX_ISSUER_STATE, "{1 'ss' 2 4 3 2 4 0}", "r1", JM_LTX_STATE},
        {JM_LTX_ISSUER_STATE, "{1 'ss' 2 4 3 1 4 0}", "r1 r2", JM_LTX_OK},
        {JM_LTX_ISSUER_STATE, "{1 'ss' 2 5 3 3 4 0}", "r1", JM_LTX_OK},
        {JM_LTX_ISSUER_STATE, "{1 'ss' 2 6 3 1 4 0}", "r1 r2", JM_LTX_STATE},
        {JM_LTX_ISSUER_STATE, "{1 'ss' 2 6 3 2 4 0}", "r1", JM_LTX_STATE},
        {JM_LTX_ISSUER_STATE, "{1 'ss' 2 6 3 3 4 0}", "r1", JM_LTX_STATE},
        {JM_LTX_ISSUER_STATE, "{1 'ss' 2 9 3 3 4 0}", "r1", JM_LTX_REV}, /* before STATE */
        {JM_LTX_ISSUER_PUT, "{1 'ss' 2 6 3 {'en' 'Y'} 4 'KR' 5 T 6 'iss' 7 [[1 'doc.a']]}", "r1 r2",
         JM_LTX_STATE},
        {JM_LTX_ISSUER_PUT, LK_ISSUER("ss"), "r1 r2", JM_LTX_STATE}, /* before REV */
        {JM_LTX_ACTOR_STATE, LK_STATE("'aa'", "3"), "g1 g2", JM_LTX_OK},
        {JM_LTX_ACTOR_PUT, "{1 'aa' 2 3 3 {'en' 'X'} 4 [5] 5 [" LK_KEY("a2", "1") "] 6 1}", "g1 g2",
         JM_LTX_STATE},
    };

    walk_fresh(s, JM_ARRAY_LEN(s));
}

TEST(flags_come_again)
{
    static const struct step s[] = {
        {JM_LTX_FLAG_PUT, "{1 1 2 2 3 'aa' 4 0 5 1}", "s1", JM_LTX_STATE}, /* twice */
        {JM_LTX_FLAG_STATE, LK_STATE5("1", "3", "'aa'"), "s1 s2", JM_LTX_OK},
        {JM_LTX_FLAG_STATE, LK_STATE53("1", "3", "'aa'"), "s1 s2", JM_LTX_STATE},
        {JM_LTX_FLAG_PUT, LK_FLAG("1", "aa"), "s1", JM_LTX_REV},
        {JM_LTX_FLAG_PUT, "{1 1 2 3 3 'aa' 4 0 5 1}", "s1", JM_LTX_OK},
        {JM_LTX_FLAG_PUT, "{1 1 2 4 3 'aa' 4 0 5 1}", "s1", JM_LTX_STATE},
        {JM_LTX_FLAG_STATE, "{1 1 2 4 3 3 4 0 5 'aa'}", "s1 s2", JM_LTX_OK},
        {JM_LTX_FLAG_STATE, LK_STATE5("2", "3", "'aa'"), "s1 s2", JM_LTX_REF},
        {JM_LTX_FLAG_PUT, LK_FLAG("1", "zz"), "s1", JM_LTX_REF},
        {JM_LTX_FLAG_PUT, LK_FLAG("2", "zz"), "s1", JM_LTX_REF},
        {JM_LTX_FLAG_PUT, LK_FLAG("3", "zz"), "s1", JM_LTX_REF},
    };

    walk_fresh(s, JM_ARRAY_LEN(s));
}

#define WITH_ACTOR(id, role) "{1 'bb' 2 1 3 {'en' 'X'} 4 'KR' 5 T 6 '" id "' 7 [[1 'doc.a']]}"

TEST(what_a_record_refers_to)
{
    static const struct step s[] = {
        {JM_LTX_ISSUER_PUT, WITH_ACTOR("pub", 6), "r1 r2", JM_LTX_REF},
        {JM_LTX_ISSUER_PUT, WITH_ACTOR("zz", 5), "r1 r2", JM_LTX_REF},
        {JM_LTX_CERT_PUT, "{1 1 2 1 3 'zz' 4 &131:0c 5 ['doc.a'] 6 1 7 2 8 #20:01}", "r1 r2",
         JM_LTX_REF},
        {JM_LTX_CERT_PUT, "{1 2 2 1 3 'zz' 4 &131:0c 6 1 7 2 8 #20:01}", "r1 r2", JM_LTX_REF},
        {JM_LTX_CERT_PUT, "{1 5 2 1 3 'pub' 4 &131:0c 6 1 7 2 8 #20:01}", "r1 r2", JM_LTX_REF},
        {JM_LTX_CERT_PUT, "{1 5 2 1 3 'aa' 4 &131:0c 6 1 7 2 8 #20:01}", "r1 r2", JM_LTX_OK},
        {JM_LTX_CERT_PUT, "{1 4 2 1 3 'pub' 4 &131:0d 6 1 7 2 8 #20:01}", "r1 r2", JM_LTX_OK},
        {JM_LTX_RPCERT_PUT, "{1 #32:0c 2 1 3 'zz' 4 #20:01 5 1}", "p1", JM_LTX_REF},
        {JM_LTX_RP_PUT, "{1 'bb' 2 1 3 {'en' 'X'} 5 [[1 'a']] 6 F 7 'KR' 9 0 10 'pub'}", "p1",
         JM_LTX_REF},
        {JM_LTX_RP_PUT,
         "{1 'bb' 2 1 3 {'en' 'X'} 5 [[1 'a']] 6 F 7 'KR' 9 0 10 'sup' 11 ['aa' 'zz']}", "p1",
         JM_LTX_REF},
        {JM_LTX_RP_PUT,
         "{1 'bb' 2 1 3 {'en' 'X'} 5 [[1 'a']] 6 F 7 'KR' 9 0 10 'sup' 11 ['aa' 'ss']}", "p1",
         JM_LTX_OK},
        {JM_LTX_USE_PUT,
         "{1 'zz' 2 1 3 'bb' 4 {'en' 'X'} 5 'https://r.example' 6 'law' 7 0 8 "
         "[[1 'doc.a' [['x']]]] 9 1 10 2 11 7}",
         "p1", JM_LTX_REF},
        {JM_LTX_USE_PUT, LK_USE("bb", "doc.z", "'x'"), "p1", JM_LTX_REF},
        {JM_LTX_USE_PUT, LK_USE("bb", "doc.s", "'x'"), "p1", JM_LTX_REF}, /* suspended */
        {JM_LTX_USE_PUT,
         "{1 'aa' 2 1 3 'bb' 4 {'en' 'X'} 5 'https://r.example' 6 'law' 7 0 8 "
         "[[2 'doc.a' [['x']]]] 9 1 10 2 11 7}",
         "p1", JM_LTX_REF}, /* another format */
        {JM_LTX_WALLET_PUT, "{1 'bb' 2 1 3 {'en' 'X'} 4 'zz' 6 []}", "r1 r2", JM_LTX_REF},
        {JM_LTX_LIST_PUT,
         "{1 'bb' 2 1 3 'pub' 4 'zz' 5 3 6 1 7 10 8 'https://l.example' 9 4 10 60 11 3600}",
         "r1 r2 u1", JM_LTX_REF},
        {JM_LTX_LIST_PUT,
         "{1 'bb' 2 1 3 'iss' 4 'aa' 5 3 6 1 7 10 8 'https://l.example' 9 4 10 60 11 3600}",
         "r1 r2 i1", JM_LTX_REF},
        {JM_LTX_NODE_PUT,
         "{1 'n7' 2 1 3 'pub' 4 1 5 #32:44 6 10 7 'c' 8 'l' 9 'https://n.example'}", "g1 g2 u1",
         JM_LTX_REF},
        /* what has ended is there no more */
        {JM_LTX_WALLET_STATE, LK_STATE("'aa'", "3"), "r1", JM_LTX_OK},
        {JM_LTX_CERT_PUT, "{1 5 2 1 3 'aa' 4 &131:0e 6 1 7 2 8 #20:01}", "r1 r2", JM_LTX_REF},
        {JM_LTX_FLAG_PUT, LK_FLAG("3", "aa"), "s1", JM_LTX_REF},
        {JM_LTX_RP_STATE, LK_STATE("'aa'", "3"), "p1", JM_LTX_OK},
        {JM_LTX_RPCERT_PUT, LK_RPCERT("0c"), "p1", JM_LTX_REF},
        {JM_LTX_DID_LOG, LK_DID("did:web:b", "1", "2", "aa"), "p1", JM_LTX_REF},
        {JM_LTX_CERT_STATE, LK_STATE("^&131:0a", "3"), "r1", JM_LTX_OK},
        {JM_LTX_CRL_PUT, LK_CRL("^&131:0a", "1"), "i1", JM_LTX_REF},
        {JM_LTX_LIST_STATE, LK_STATE("'aa'", "3"), "r1", JM_LTX_OK},
        {JM_LTX_STATUS_EPOCH, LK_EPOCH("aa"), "u1", JM_LTX_REF},
        {JM_LTX_ISSUER_STATE, LK_STATE("'aa'", "3"), "r1", JM_LTX_OK},
        {JM_LTX_DID_LOG, LK_DID("did:web:b", "1", "1", "aa"), "i1", JM_LTX_REF},
    };

    walk_fresh(s, JM_ARRAY_LEN(s));
}

/* Until the last version of a schema has ended, what it protects is protected. */
TEST(protection_ends_with_the_last_version)
{
    static const struct step s[] = {
        {JM_LTX_SCHEMA_PUT, "{1 'doc.a' 2 1 3 2 4 1 5 #32:02 6 'https://s.example' 7 []}", "r1 r2",
         JM_LTX_OK},
        {JM_LTX_USE_PUT, LK_USE("bb", "doc.a", "'secret'"), "p1", JM_LTX_AUTH},
        {JM_LTX_SCHEMA_STATE, LK_STATE5("'doc.a'", "2", "1"), "r1", JM_LTX_OK},
        {JM_LTX_USE_PUT, LK_USE("bb", "doc.a", "'secret'"), "p1", JM_LTX_AUTH},
        {JM_LTX_SCHEMA_STATE, LK_STATE53("'doc.a'", "3", "1"), "r1", JM_LTX_OK},
        {JM_LTX_USE_PUT, LK_USE("bb", "doc.a", "'secret'"), "p1", JM_LTX_OK},
    };

    walk_fresh(s, JM_ARRAY_LEN(s));
}

/* -- nodes -- */

/* One at a time, each in a block of its own. */
static void walk_blocks(const struct step *s, size_t n, const uint64_t *power)
{
    for (size_t i = 0; i < n; i++) {
        struct jm_block b;

        lk_begin(&b);
        walk(&b, &s[i], 1);
        CHECK_EQ(b.has_update, s[i].code == JM_LTX_OK && power[i] != UINT64_MAX);
        if (b.has_update)
            CHECK_EQ(b.update.power, power[i]);
        lk_commit(&b);
    }
}

TEST(four_nodes_stay_four_and_none_a_third)
{
    static const struct step s[] = {
        {JM_LTX_NODE_PUT, LK_POWER("n1", "2", "01", "20"), "g1 g2 o1",
         JM_LTX_NODESET}, /* 20 of 60 */
        {JM_LTX_NODE_PUT, LK_POWER("n1", "2", "01", "19"), "g1 g2 o1", JM_LTX_OK},
        {JM_LTX_NODE_PUT, LK_POWER("n1", "3", "01", "19"), "g1 g2 o1", JM_LTX_OK}, /* no update */
        {JM_LTX_NODE_STATE, LK_STATE("'n2'", "2"), "g1 g2", JM_LTX_NODESET},       /* 19 of 49 */
        {JM_LTX_NODE_PUT, LK_POWER("n1", "4", "01", "10"), "g1 g2 o1", JM_LTX_OK},
        {JM_LTX_NODE_STATE, LK_STATE("'n2'", "2"), "g1 g2", JM_LTX_OK},
        {JM_LTX_NODE_STATE, LK_STATE("'n3'", "2"), "g1 g2", JM_LTX_NODESET}, /* three */
        {JM_LTX_NODE_STATE, LK_STATE("'n3'", "3"), "g1 g2", JM_LTX_NODESET},
        {JM_LTX_NODE_PUT, LK_POWER("n2", "3", "02", "1000"), "g1 g2 o1", JM_LTX_OK}, /* suspended */
        {JM_LTX_NODE_STATE, "{1 'n2' 2 4 3 1 4 0}", "g1 g2", JM_LTX_NODESET},
        {JM_LTX_NODE_PUT, LK_POWER("n2", "4", "02", "10"), "g1 g2 o1", JM_LTX_OK},
        {JM_LTX_NODE_STATE, "{1 'n2' 2 5 3 1 4 0}", "g1 g2", JM_LTX_OK},
        {JM_LTX_NODE_STATE, "{1 'n2' 2 6 3 3 4 0}", "g1 g2", JM_LTX_OK},
    };
    static const uint64_t power[] = {0, 19,         UINT64_MAX, 0,          10, 0, 0,
                                     0, UINT64_MAX, 0,          UINT64_MAX, 10, 0};

    lk_country();
    walk_blocks(s, JM_ARRAY_LEN(s), power);
}

TEST(one_change_of_nodes_a_block)
{
    static const struct step s[] = {
        {JM_LTX_NODE_PUT, LK_POWER("n1", "2", "01", "11"), "g1 g2 o1", JM_LTX_OK},
        {JM_LTX_NODE_PUT, LK_POWER("n2", "2", "02", "11"), "g1 g2 o1", JM_LTX_NODESET},
        {JM_LTX_NODE_STATE, LK_STATE("'n3'", "2"), "g1 g2", JM_LTX_NODESET},
        {JM_LTX_NODE_PUT, LK_NODE("n7", "07"), "g1 g2 o1", JM_LTX_NODESET},
        {JM_LTX_NODE_PUT, LK_POWER("n3", "2", "03", "10"), "g1 g2 o1", JM_LTX_OK}, /* none */
    };
    struct jm_block b;

    lk_country();
    lk_begin(&b);
    walk(&b, s, JM_ARRAY_LEN(s));
    CHECK(b.has_update);
    CHECK_SAME(b.update.key, test_unhex(JM_BYTES("01010101010101010101010101010101"
                                                 "01010101010101010101010101010101"),
                                        "key"));
    CHECK_EQ(b.update.power, 11);
}

TEST(the_last_node_stays)
{
    static const struct step s[] = {
        {JM_LTX_NODE_STATE, LK_STATE("'n1'", "2"), "g1 g2", JM_LTX_OK},
        {JM_LTX_NODE_STATE, LK_STATE("'n2'", "2"), "g1 g2", JM_LTX_NODESET},
        {JM_LTX_NODE_STATE, LK_STATE("'n2'", "3"), "g1 g2", JM_LTX_NODESET},
        {JM_LTX_NODE_STATE, LK_STATE3("'n1'", "1"), "g1 g2", JM_LTX_OK},
        {JM_LTX_NODE_PUT, LK_POWER("n1", "4", "01", "1000"), "g1 g2 o1",
         JM_LTX_OK}, /* fewer than 4 */
    };
    static const uint64_t power[] = {0, 0, 0, 10, 1000};

    lk_found(LK_GENESIS_WITH(LK_PARAMS, LK_ACTORS, LK_NODE("n1", "01") LK_NODE("n2", "02")));
    walk_blocks(s, JM_ARRAY_LEN(s), power);
}

/* -- epochs -- */

/* The next one, chained to what stands. */
static struct jm_bytes epoch_body(const struct jm_block *b, const char *n, const char *iat)
{
    struct jm_bytes was = jm_block_value(b, JM_BYTES("epoch/aa")), body = lk_cbor(LK_EPOCH("aa"));
    struct jm_buf out = room(4096);
    struct jm_bytes chain;

    body = lk_with(lk_with(body, 2, n), 3, iat);
    if (was.ptr == NULL)
        return body;
    CHECK_OK(jm_buf_put(&out, lk_with(lk_with(body, 8, "#32:05"), 9, "1")));
    CHECK_OK(jm_cbor_find_int(&chain, jm_written(out), 7));
    CHECK_OK(jm_sha256(&jm_crypto_openssl, was, out.ptr + (chain.ptr - out.ptr) + 2));
    return jm_written(out);
}

static void expect_epoch(struct jm_block *b, struct jm_bytes body, enum jm_ltx_code want)
{
    CHECK_EQ(lk_give(b, JM_LTX_STATUS_EPOCH, body, "u1"), want);
}

TEST(epochs_are_a_chain)
{
    struct jm_block b;
    struct jm_bytes next;

    lk_country();
    lk_begin(&b);
    expect_epoch(&b, lk_with(epoch_body(&b, "1", "1900000000"), 7, "#32:01"), JM_LTX_EPOCH);
    expect_epoch(&b, lk_with(lk_with(epoch_body(&b, "2", "1900000000"), 8, "#32:05"), 9, "1"),
                 JM_LTX_EPOCH);
    expect_epoch(&b, lk_with(epoch_body(&b, "1", "1900000000"), 5, "5"), JM_LTX_EPOCH);
    expect_epoch(&b, epoch_body(&b, "1", "1900003601"), JM_LTX_EPOCH);
    expect_epoch(&b, epoch_body(&b, "1", "1899996399"), JM_LTX_EPOCH);
    expect_epoch(&b, epoch_body(&b, "1", "1899996400"), JM_LTX_OK);
    next = epoch_body(&b, "2", "1900003600");
    expect_epoch(&b, lk_with(next, 7, "#32:00"), JM_LTX_EPOCH);
    expect_epoch(&b, lk_with(next, 2, "3"), JM_LTX_EPOCH);
    expect_epoch(&b, lk_with(next, 3, "1899996400"), JM_LTX_EPOCH); /* does not rise */
    expect_epoch(&b, lk_with(next, 3, "1900003601"), JM_LTX_EPOCH);
    expect_epoch(&b, lk_with(next, 5, "5"), JM_LTX_EPOCH);
    expect_epoch(&b, lk_with(next, 8, NULL), JM_LTX_BODY);
    expect_epoch(&b, next, JM_LTX_OK);
    expect_epoch(&b, next, JM_LTX_EPOCH);
    lk_commit(&b);
    lk_begin(&b);
    expect_epoch(&b, next, JM_LTX_EPOCH);
}
