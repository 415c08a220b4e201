/* SPDX-License-Identifier: Apache-2.0 */
/* What a body may hold: closed key sets, the bound of each field and the value beyond it, texts
 * that look like a resident number. A body is judged before the keys of its signers, so that here a
 * stranger signs: KEY means that the body was good. */
#include "unit/ledger/ltx_kit.h"

#define LAST_KEY 63

static const struct {
    enum jm_ltx_type type;
    const char *body, *actor;
} good[] = {
    {JM_LTX_GOV_PARAMS, LK_PARAMS, "gov"},
    {JM_LTX_ACTOR_PUT, LK_ACTOR("new", "5", LK_KEY("x1", "1"), "1"), "gov"},
    {JM_LTX_ACTOR_STATE, LK_STATE("'aa'", "2"), "gov"},
    {JM_LTX_ACTOR_ROTATE, "{1 'iss' 2 2 5 [" LK_KEY("i1", "1") LK_KEY("i2", "2") "]}", "iss"},
    {JM_LTX_NODE_PUT, LK_NODE("n7", "07"), "gov"},
    {JM_LTX_NODE_STATE, LK_STATE("'n1'", "2"), "gov"},
    {JM_LTX_POLICY_PUT, "{1 2 2 #9:61}", "gov"},
    {JM_LTX_ISSUER_PUT, LK_ISSUER("bb"), "reg"},
    {JM_LTX_ISSUER_STATE, LK_STATE("'aa'", "2"), "reg"},
    {JM_LTX_CERT_PUT, LK_CERT("0c"), "reg"},
    {JM_LTX_CERT_STATE, LK_STATE("#32:0a", "2"), "reg"},
    {JM_LTX_SCHEMA_PUT, LK_SCHEMA("doc.b", "['x']"), "reg"},
    {JM_LTX_SCHEMA_STATE, LK_STATE5("'doc.a'", "2", "1"), "reg"},
    {JM_LTX_RPCERT_PUT, LK_RPCERT("0c"), "rpr"},
    {JM_LTX_RPCERT_STATE, LK_STATE("#32:0a", "2"), "rpr"},
    {JM_LTX_RP_PUT, LK_RP("bb"), "rpr"},
    {JM_LTX_RP_STATE, LK_STATE("'aa'", "2"), "rpr"},
    {JM_LTX_USE_PUT, LK_USE("bb", "doc.a", "'name'"), "rpr"},
    {JM_LTX_USE_STATE, LK_STATE5("'aa'", "2", "'aa'"), "rpr"},
    {JM_LTX_WALLET_PUT, LK_WALLET("bb"), "reg"},
    {JM_LTX_WALLET_STATE, LK_STATE("'aa'", "2"), "reg"},
    {JM_LTX_FLAG_PUT, LK_FLAG("2", "aa"), "sup"},
    {JM_LTX_FLAG_STATE, LK_STATE5("1", "3", "'aa'"), "sup"},
    {JM_LTX_CRL_PUT, LK_CRL("#32:0a", "7"), "iss"},
    {JM_LTX_DID_LOG, LK_DID("did:web:a", "1", "1", "aa"), "iss"},
    {JM_LTX_CIRCUIT_PUT, LK_CIRCUIT("0c"), "reg"},
    {JM_LTX_CIRCUIT_STATE, LK_STATE("#32:0a", "2"), "reg"},
    {JM_LTX_LIST_PUT, LK_LIST("bb"), "reg"},
    {JM_LTX_LIST_STATE, LK_STATE("'aa'", "2"), "reg"},
    {JM_LTX_STATUS_EPOCH, LK_EPOCH("aa"), "pub"},
};

/* With the signature of somebody whom nobody knows. */
static enum jm_ltx_code judge(enum jm_ltx_type type, struct jm_bytes body, const char *actor)
{
    struct jm_ltx_signature sig = {.sig = {.len = 64}};
    struct jm_bytes payload, tx = jm_none();
    enum jm_ltx_code code;
    struct jm_block b;
    struct jm_ltx x;

    lk_begin(&b);
    x = lk_plain(&b, type, body, "g1");
    x.actor = jm_str(actor);
    x.seq = lk_seq(&b, actor, 0);
    jm_arena_reset(&lk_tx_mem);
    CHECK_OK(jm_ltx_payload(&payload, &x, &lk_tx_mem));
    CHECK_OK(jm_ltx_seal(&tx, payload, &sig, 1, &lk_tx_mem));
    CHECK_OK(jm_block_apply(&code, &b, tx));
    CHECK_EQ(b.n_accepted + b.state.n, 0);
    return code;
}

static size_t row_of(enum jm_ltx_type type)
{
    for (size_t i = 0; i < JM_ARRAY_LEN(good); i++)
        if (good[i].type == type)
            return i;
    abort();
}

/* -- key sets -- */

static bool has_key(struct jm_bytes map, uint64_t key)
{
    struct jm_bytes v;

    return jm_cbor_find_int(&v, map, (int64_t)key) == JM_OK;
}

/* The members that a type may have beside those of its row, each with a value that it takes. */
static const struct {
    enum jm_ltx_type type;
    uint64_t key;
    const char *value;
} optional[] = {
    {JM_LTX_ISSUER_PUT, 8, "'https://d.example'"},
    {JM_LTX_ISSUER_PUT, 9, "['https://d.example']"},
    {JM_LTX_CERT_PUT, 9, "['profile']"},
    {JM_LTX_SCHEMA_PUT, 8, "[[['x'] 1 0]]"},
    {JM_LTX_RP_PUT, 4, "{'en' 'trade'}"},
    {JM_LTX_RP_PUT, 8, "'https://d.example'"},
    {JM_LTX_RP_PUT, 11, "['aa']"},
    {JM_LTX_RP_PUT, 12, "#32:01"},
    {JM_LTX_RP_PUT, 13, "['https://d.example']"},
    {JM_LTX_WALLET_PUT, 7, "'https://d.example'"},
    {JM_LTX_WALLET_PUT, 8, "T"},
    {JM_LTX_STATUS_EPOCH, 8, "#32:01"},
    {JM_LTX_STATUS_EPOCH, 9, "1"},
};

static bool is_optional(enum jm_ltx_type type, uint64_t key)
{
    for (size_t i = 0; i < JM_ARRAY_LEN(optional); i++)
        if (optional[i].type == type && optional[i].key == key)
            return true;
    return false;
}

/* No type has room for a holder, a credential, a device, a case or a person: whatever is added
 * under whatever key, and in whatever form, is refused. A field more must fail here. */
TEST(no_type_takes_a_member_more)
{
    static const char *const values[] = {"0", "'x'", "#32:01", "[]", "{}", "T"};

    lk_country();
    for (size_t i = 0; i < JM_ARRAY_LEN(good); i++) {
        struct jm_bytes body = lk_cbor(good[i].body);

        ROW(CHECK_EQ(judge(good[i].type, body, good[i].actor), JM_LTX_KEY), good[i].body);
        for (uint64_t key = 0; key <= LAST_KEY; key++) {
            if (has_key(body, key) || is_optional(good[i].type, key))
                continue;
            for (size_t v = 0; v < JM_ARRAY_LEN(values); v++)
                ROW(CHECK_EQ(judge(good[i].type, lk_with(body, key, values[v]), good[i].actor),
                             JM_LTX_BODY),
                    good[i].body);
        }
    }
}

TEST(no_type_does_without_a_member)
{
    lk_country();
    for (size_t i = 0; i < JM_ARRAY_LEN(good); i++) {
        struct jm_bytes body = lk_cbor(good[i].body);

        for (uint64_t key = 0; key <= LAST_KEY; key++)
            if (has_key(body, key))
                ROW(CHECK_EQ(judge(good[i].type, lk_with(body, key, NULL), good[i].actor),
                             JM_LTX_BODY),
                    good[i].body);
        ROW(CHECK_EQ(judge(good[i].type, lk_cbor("{}"), good[i].actor), JM_LTX_BODY), good[i].body);
        ROW(CHECK_EQ(judge(good[i].type, lk_cbor("{'holder' 'x'}"), good[i].actor), JM_LTX_BODY),
            good[i].body);
    }
}

/* Each member in each other form. */
TEST(no_member_takes_another_form)
{
    static const char *const values[] = {"'\xed\x99\x8d'", "#32:01", "[]", "{}", "[[]]", "#1:00"};

    lk_country();
    for (size_t i = 0; i < JM_ARRAY_LEN(good); i++) {
        struct jm_bytes body = lk_cbor(good[i].body);
        unsigned taken = 0;

        for (uint64_t key = 0; key <= LAST_KEY; key++)
            for (size_t v = 0; has_key(body, key) && v < JM_ARRAY_LEN(values); v++)
                taken += judge(good[i].type, lk_with(body, key, values[v]), good[i].actor) !=
                         JM_LTX_BODY;
        /* hashes and a key of 32 octets, a text of one letter, a list that may be empty */
        ROW(CHECK(taken <= 5), good[i].body);
    }
}

TEST(members_that_may_be_there)
{
    lk_country();
    for (size_t i = 0; i < JM_ARRAY_LEN(optional); i++) {
        size_t k = row_of(optional[i].type);
        struct jm_bytes body = lk_cbor(good[k].body);
        bool epoch = optional[i].type == JM_LTX_STATUS_EPOCH;

        if (epoch)
            body = lk_with(lk_with(lk_with(body, 8, "#32:01"), 9, "1"), 2, "2");
        body = lk_with(body, optional[i].key, optional[i].value);
        ROW(CHECK_EQ(judge(optional[i].type, body, good[k].actor), JM_LTX_KEY), good[k].body);
        if (epoch)
            CHECK_EQ(judge(optional[i].type, lk_with(body, optional[i].key, NULL), good[k].actor),
                     JM_LTX_BODY);
    }
}

/* -- bounds -- */

#define UINT_MAX_IN "9007199254740991"
#define UINT_MAX_OUT "9007199254740992"
#define URI_OF(n) "'https://x.example/" n "'"
#define TEN "0123456789"
#define FIFTY TEN TEN TEN TEN TEN
#define HUNDRED FIFTY FIFTY
#define A10 "aaaaaaaaaa"
#define A60 A10 A10 A10 A10 A10 A10
#define A300 A60 A60 A60 A60 A60

struct bound {
    enum jm_ltx_type type;
    uint64_t key;
    const char *in, *out; /* several parted by | */
};

#define NUMBER "1|" UINT_MAX_IN, "0|" UINT_MAX_OUT
#define ANY_UINT "0|" UINT_MAX_IN, UINT_MAX_OUT
#define ID \
    "'a0'|'a.-b'|'0a'|'" A60 "aaa'", "'a'|''|'" A60 "aaaa'|'-a'|'a-'|'.a'|'a.'|'aB'|'a b'|'a_b'"
#define HASH "#32:00", "#31:00|#33:00|#0:00"
#define SKI "#20:00|#32:00", "#19:00|#33:00"
#define NAME(max, over)                                                                    \
    "{'en' 'x'}|{'ko' ''}|{'en' ~" max "}|{'en' 'x' 'ko' 'x'}|{'ko' 'x' 'en-GB' 'x'}|"     \
    "{'en' 'a' 'fr' 'b' 'kor-xx' 'd' 'de-12345678' 'c'}",                                  \
        "{}|{'fr' 'x'}|{'en' ~" over                                                       \
        "}|{'en' 1}|{1 'x'}|{'e' 'x' 'en' 'x'}|{'EN' 'x' 'en' 'x'}|{'en' 'x' 'engl' 'x'}|" \
        "{'en' 'x' 'fr-' 'x'}|{'en' 'x' 'fr-a' 'x'}|{'en' 'x' 'fr-123456789' 'x'}|"        \
        "{'en' 'x' 'fr-a_b' 'x'}|{'en' 'x' 'fr+ab' 'x'}|"                                  \
        "{'de' 'b' 'en' 'a' 'fr' 'd' 'it' 'e' 'pl' 'e'}"
#define URI                                                                                \
    "'https://a'|'http://localhost'|'http://localhost:80/'|'http://127.0.0.1/x'|"          \
    "'http://[::1]?x'|'https://" A60 A60 A60 A60 A10 A10 A10 A10 A10 "aa'",                \
        "'https://'|'http://a.example'|'http://localhostx'|'http://127.0.0.10'|'ftp://a'|" \
        "'https://a b'|'https://\xc3\xa9'|''|'x'|"                                         \
        "'https://" A60 A60 A60 A60 A10 A10 A10 A10 A10 "aaa'"
#define COUNTRY "'KR'|'AZ'", "'K'|'KRX'|'kr'|'K1'|'@A'|'A['"
#define BOOL "T|F", "0|1|'T'"
#define FMT "1|2", "0|3"
#define REASON "0|255", "256"
#define MOVE "1|2|3", "0|4"
#define FMT_TYPES                                                                                \
    "[[1 'a']]|[[2 ~200]]|[[1 'a'][2 'a']]",                                                     \
        "[]|[[0 'a']]|[[3 'a']]|[[1 '']]|[[1 ~201]]|[[1 'a'][1 'a']]|[[1]]|[[1 'a' 1]]|[1 'a']|" \
        "[[1 'a'][1 'b'][1 'c'][1 'd'][1 'e'][1 'f'][1 'g'][1 'h'][1 'i'][1 'j'][1 'k'][1 'l']"  \
        "[1 'm'][1 'n'][1 'o'][1 'p'][1 'q']]"
#define PATHS_OUT "[['']['']]|[[]]|[['a' 'b' 'c' 'd' 'e' 'f' 'g']]|[[~65]]|[[1]]|['a']|[['a']['a']]"

static const struct bound bounds[] = {
    {JM_LTX_GOV_PARAMS, 1, "'a'|~100|'!~'", "''|~101|'a b'"},
    {JM_LTX_GOV_PARAMS, 2, "1024|16384", "1023|16385"},
    {JM_LTX_GOV_PARAMS, 3, "1|1024", "0|1025"},
    {JM_LTX_GOV_PARAMS, 4, "3600|2592000", "3599|2592001"},
    {JM_LTX_GOV_PARAMS, 5, "60|86400", "59|86401"},
    {JM_LTX_ACTOR_PUT, 1, ID},
    {JM_LTX_ACTOR_PUT, 2, NUMBER},
    {JM_LTX_ACTOR_PUT, 3, NAME("80", "81")},
    {JM_LTX_ACTOR_PUT, 4, "[2]|[2 3 4 5 6 7]", "[]|[0]|[8]|[2 2]|[1]|[1 2]|2|['2']"},
    {JM_LTX_ACTOR_PUT, 5, "[[@x1 1 0 1]]|[[@x1 255 0 " UINT_MAX_IN "]]",
     "[]|[[@x1 0 0 1]]|[[@x1 256 0 1]]|[[@x1 1 1 1]]|[[@x1 1 2 1]]|[[@x1 1 0 " UINT_MAX_OUT
     "]]|[[@x1 1 0]]|[[@x1 1 0 1 1]]|[[@x1 1 0 1][@x1 2 0 1]]|[[#65:04 1 0 1]]|[[#64:04 1 0 1]]|"
     "[[#66:04 1 0 1]]|[[#33:02 1 0 1]]|[[#0:00 1 0 1]]"},
    {JM_LTX_ACTOR_PUT, 6, "1", "0|2|33"},
    {JM_LTX_ACTOR_STATE, 1, ID},
    {JM_LTX_ACTOR_STATE, 2, NUMBER},
    {JM_LTX_ACTOR_STATE, 3, MOVE},
    {JM_LTX_ACTOR_STATE, 4, REASON},
    {JM_LTX_ACTOR_ROTATE, 1, "'iss'", "'reg'|'gov'|'nobody'"},
    {JM_LTX_ACTOR_ROTATE, 2, NUMBER},
    {JM_LTX_ACTOR_ROTATE, 5, "[[@i1 1 0 1][@x1 2 0 1]]",
     "[]|[[@i1 1 0 1]]|[[@i1 1 0 1][@i2 1 0 1]]|[[@i1 1 0 1][@i1 2 0 1]]|[[@i1 1 0 1][@i2 2 1 1]]"},
    {JM_LTX_NODE_PUT, 1, ID},
    {JM_LTX_NODE_PUT, 2, NUMBER},
    {JM_LTX_NODE_PUT, 3, ID},
    {JM_LTX_NODE_PUT, 4, "1", "0|2|3|4|5"},
    {JM_LTX_NODE_PUT, 5, "#32:0a", "#31:0a|#33:0a|#1952:0a"},
    {JM_LTX_NODE_PUT, 6, "1|1000", "0|1001"},
    {JM_LTX_NODE_PUT, 7, "'a'|~2048", "''|~2049|'a b'"},
    {JM_LTX_NODE_PUT, 8, "'a'|~2048", "''|~2049|'a b'"},
    {JM_LTX_NODE_PUT, 9, URI},
    {JM_LTX_POLICY_PUT, 1, NUMBER},
    {JM_LTX_POLICY_PUT, 2, "#1:00|#8192:61", "#0:00|#8193:61|'text'"},
    {JM_LTX_ISSUER_PUT, 1, ID},
    {JM_LTX_ISSUER_PUT, 3, NAME("80", "81")},
    {JM_LTX_ISSUER_PUT, 4, COUNTRY},
    {JM_LTX_ISSUER_PUT, 5, BOOL},
    {JM_LTX_ISSUER_PUT, 6, ID},
    {JM_LTX_ISSUER_PUT, 7, FMT_TYPES},
    {JM_LTX_ISSUER_PUT, 8, URI},
    {JM_LTX_ISSUER_PUT, 9, "['https://a']",
     "[]|['https://a' 'https://a']|['http://a']|[1]|['https://1' 'https://2' 'https://3' "
     "'https://4' 'https://5' 'https://6' 'https://7' 'https://8' 'https://9']"},
    {JM_LTX_CERT_PUT, 1, "1", "0|2|3|4|5|6|7|8"}, /* doctypes with purpose 1 alone */
    {JM_LTX_CERT_PUT, 3, ID},
    {JM_LTX_CERT_PUT, 4, "&131:00|&258:00|&260:00|&4096:00",
     "#131:30|#64:30|&63:00|&64:00|&130:00|&4097:00|&259:00|#4:30"},
    {JM_LTX_CERT_PUT, 5, "['a']|[~200]", "[]|['a' 'a']|['']|[~201]|[1]|['a b']"},
    {JM_LTX_CERT_PUT, 6, "0|1", "2|3|" UINT_MAX_OUT},
    {JM_LTX_CERT_PUT, 7, "2|" UINT_MAX_IN, "0|1|" UINT_MAX_OUT},
    {JM_LTX_CERT_PUT, 8, SKI},
    {JM_LTX_CERT_PUT, 9, "['a']|[~64]", "[]|[~65]|['']|['a' 'a']|['a b']"},
    {JM_LTX_CERT_STATE, 1, HASH},
    {JM_LTX_SCHEMA_PUT, 1, "'a'|~200", "''|~201|'a b'"},
    {JM_LTX_SCHEMA_PUT, 3, NUMBER},
    {JM_LTX_SCHEMA_PUT, 4, FMT},
    {JM_LTX_SCHEMA_PUT, 5, HASH},
    {JM_LTX_SCHEMA_PUT, 6, URI},
    {JM_LTX_SCHEMA_PUT, 7, "[]|[['a' 'b' 'c' 'd' 'e' 'f']]|[[~64]]", PATHS_OUT},
    {JM_LTX_SCHEMA_PUT, 8, "[]|[[['x'] 1 0]]|[[['x'] 63 255]]",
     "[[['x'] 0 0]]|[[['x'] 64 0]]|[[['x'] 1 256]]|[[[] 1 0]]|[[['x'] 1]]|[[['x'] 1 0][['x'] 1 "
     "0]]"},
    {JM_LTX_SCHEMA_STATE, 5, NUMBER},
    {JM_LTX_RPCERT_PUT, 1, HASH},
    {JM_LTX_RPCERT_PUT, 3, ID},
    {JM_LTX_RPCERT_PUT, 4, SKI},
    {JM_LTX_RPCERT_PUT, 5, ANY_UINT},
    {JM_LTX_RP_PUT, 1, ID},
    {JM_LTX_RP_PUT, 3, NAME("80", "81")},
    {JM_LTX_RP_PUT, 4, NAME("80", "81")},
    {JM_LTX_RP_PUT, 5, "[[1 'a']]|[[9 ~40]]|[[1 'a'][2 'a'][3 'a'][4 'a']]",
     "[]|[[0 'a']]|[[10 'a']]|[[1 '']]|[[1 ~41]]|[[1 'a'][1 'a']]|[[1 'a b']]|"
     "[[1 'a'][2 'a'][3 'a'][4 'a'][5 'a']]"},
    {JM_LTX_RP_PUT, 6, BOOL},
    {JM_LTX_RP_PUT, 7, COUNTRY},
    {JM_LTX_RP_PUT, 8, URI},
    {JM_LTX_RP_PUT, 9, "0|999", "1000"},
    {JM_LTX_RP_PUT, 10, ID},
    {JM_LTX_RP_PUT, 11, "['aa']|['aa' 'bb']", "[]|['aa' 'aa']|['a']|[1]"},
    {JM_LTX_RP_PUT, 12, HASH},
    {JM_LTX_RP_PUT, 13, "['https://a']", "[]|['a']|['https://a' 'https://a']"},
    {JM_LTX_USE_PUT, 1, ID},
    {JM_LTX_USE_PUT, 3, ID},
    {JM_LTX_USE_PUT, 4, NAME("300", "301")},
    {JM_LTX_USE_PUT, 5, URI},
    {JM_LTX_USE_PUT, 6, "''|~80|'a b'", "~81|1"},
    {JM_LTX_USE_PUT, 7, ANY_UINT},
    {JM_LTX_USE_PUT, 8, "[[1 'a' [['x']]]]|[[2 ~200 [['a' 'b' 'c' 'd' 'e' 'f']['x']]]]",
     "[]|[[0 'a' [['x']]]]|[[3 'a' [['x']]]]|[[1 '' [['x']]]]|[[1 'a' []]]|[[1 'a' [[]]]]|"
     "[[1 'a' [['x']['x']]]]|[[1 'a']]|[[1 'a' [['x']]][1 'a' [['x']]]]|[[1 'a' ['x']]]|"
     "[[1 'a' [['a' 'b' 'c' 'd' 'e' 'f' 'g']]]]|[[1 'a' [[~65]]]]"},
    {JM_LTX_USE_PUT, 9, "0|1", "2|3"},
    {JM_LTX_USE_PUT, 10, "2|" UINT_MAX_IN, "0|1|" UINT_MAX_OUT},
    {JM_LTX_USE_PUT, 11, "1|7", "0|8"},
    {JM_LTX_USE_STATE, 5, ID},
    {JM_LTX_WALLET_PUT, 4, ID},
    {JM_LTX_WALLET_PUT, 6, "[]|[['a' 'b']]|[[~16 ~16]]",
     "[['' 'b']]|[['a' '']]|[[~17 'b']]|[['a' ~17]]|[['a']]|[['a' 'b']['a' 'b']]"},
    {JM_LTX_WALLET_PUT, 7, URI},
    {JM_LTX_WALLET_PUT, 8, BOOL},
    {JM_LTX_FLAG_PUT, 1, "1|2|3", "0|4"},
    {JM_LTX_FLAG_PUT, 3, ID},
    {JM_LTX_FLAG_PUT, 4, REASON},
    {JM_LTX_FLAG_PUT, 5, ANY_UINT},
    {JM_LTX_FLAG_STATE, 1, "1|3", "0|4"},
    {JM_LTX_FLAG_STATE, 3, "3", "0|1|2|4"},
    {JM_LTX_FLAG_STATE, 5, ID},
    {JM_LTX_CRL_PUT, 1, HASH},
    {JM_LTX_CRL_PUT, 2, ANY_UINT},
    {JM_LTX_CRL_PUT, 3, HASH},
    {JM_LTX_CRL_PUT, 4, URI},
    {JM_LTX_CRL_PUT, 5, "0|1", "2|3"},
    {JM_LTX_CRL_PUT, 6, "2|" UINT_MAX_IN, "0|1|" UINT_MAX_OUT},
    {JM_LTX_DID_LOG, 1, "'a'|~300", "''|~301|'a b'"},
    {JM_LTX_DID_LOG, 2, "1", "0|2|" UINT_MAX_OUT},
    {JM_LTX_DID_LOG, 3, "'1-x'|'1--'", "'1-'|'1'|''|'2-x'|'-x'|'1x'|'01-x'|'+1-x'|'x-1'"},
    {JM_LTX_DID_LOG, 4, "1|2", "0|3"},
    {JM_LTX_DID_LOG, 5, ID},
    {JM_LTX_CIRCUIT_PUT, 1, HASH},
    {JM_LTX_CIRCUIT_PUT, 3, "'a'|~40", "''|~41|'a b'"},
    {JM_LTX_CIRCUIT_PUT, 4, NUMBER},
    {JM_LTX_CIRCUIT_PUT, 6, ANY_UINT},
    {JM_LTX_LIST_PUT, 3, ID},
    {JM_LTX_LIST_PUT, 4, ID},
    {JM_LTX_LIST_PUT, 5, "1|3", "0|4"},
    {JM_LTX_LIST_PUT, 6, "1|2", "0|3"},
    {JM_LTX_LIST_PUT, 7, "10|24", "9|25"},
    {JM_LTX_LIST_PUT, 8, URI},
    {JM_LTX_LIST_PUT, 9, "1|4096", "0|4097"},
    {JM_LTX_LIST_PUT, 10, "60|86400", "59|86401"},
    {JM_LTX_LIST_PUT, 11, "3600|604800", "3599|604801"},
    {JM_LTX_STATUS_EPOCH, 1, ID},
    {JM_LTX_STATUS_EPOCH, 2, "1", "0|2"}, /* from 2 on with a delta */
    {JM_LTX_STATUS_EPOCH, 3, ANY_UINT},
    {JM_LTX_STATUS_EPOCH, 4, ANY_UINT},
    {JM_LTX_STATUS_EPOCH, 5, ANY_UINT},
    {JM_LTX_STATUS_EPOCH, 6, HASH},
    {JM_LTX_STATUS_EPOCH, 7, HASH},
};

static void try_values(const struct bound *b, const char *list, enum jm_ltx_code want)
{
    size_t k = row_of(b->type);
    char value[8192];

    for (const char *at = list; *at != '\0'; at += strcspn(at, "|") + (strchr(at, '|') != NULL)) {
        struct jm_bytes body;
        bool ok;

        snprintf(value, sizeof value, "%.*s", (int)strcspn(at, "|"), at);
        body = lk_with(lk_cbor(good[k].body), b->key, value);
        ok = CHECK_EQ(judge(b->type, body, good[k].actor), want);
        ROW(ok, value);
        ROW(ok, good[k].body);
    }
}

TEST(each_member_up_to_its_bound)
{
    lk_country();
    for (size_t i = 0; i < JM_ARRAY_LEN(bounds); i++)
        try_values(&bounds[i], bounds[i].in, JM_LTX_KEY);
}

TEST(each_member_beyond_its_bound)
{
    lk_country();
    for (size_t i = 0; i < JM_ARRAY_LEN(bounds); i++)
        try_values(&bounds[i], bounds[i].out, JM_LTX_BODY);
}

/* -- one member against another -- */

TEST(an_actors_threshold_and_roles)
{
    static const struct {
        const char *body;
        enum jm_ltx_code code;
    } k[] = {
        {LK_ACTOR("new", "5", LK_KEY("x1", "1") LK_KEY("x2", "2"), "2"), JM_LTX_KEY},
        {LK_ACTOR("new", "5", LK_KEY("x1", "1") LK_KEY("x2", "2"), "3"), JM_LTX_BODY},
        {LK_ACTOR("new", "5", LK_KEY("x1", "1") LK_KEY("x2", "1"), "2"), JM_LTX_BODY},
        {LK_ACTOR("gov", "1", LK_KEY("g1", "1"), "1"), JM_LTX_KEY},
        {LK_ACTOR("gov", "1 2", LK_KEY("g1", "1"), "1"), JM_LTX_BODY},
        {LK_ACTOR("gov", "2", LK_KEY("g1", "1"), "1"), JM_LTX_BODY},
        {LK_ACTOR("new", "1", LK_KEY("x1", "1"), "1"), JM_LTX_BODY},
    };

    lk_country();
    for (size_t i = 0; i < JM_ARRAY_LEN(k); i++)
        ROW(CHECK_EQ(judge(JM_LTX_ACTOR_PUT, lk_cbor(k[i].body), "gov"), k[i].code), k[i].body);
}

TEST(a_certificate_names_types_just_as_an_issuing_authority)
{
    struct jm_bytes iaca = lk_cbor(LK_CERT("0c")), plain = lk_with(iaca, 5, NULL);
    static const char *const purposes[] = {"2", "3", "4", "5", "6", "7"};

    lk_country();
    CHECK_EQ(judge(JM_LTX_CERT_PUT, plain, "reg"), JM_LTX_BODY);
    for (size_t i = 0; i < JM_ARRAY_LEN(purposes); i++) {
        CHECK_EQ(judge(JM_LTX_CERT_PUT, lk_with(plain, 1, purposes[i]), "reg"), JM_LTX_KEY);
        CHECK_EQ(judge(JM_LTX_CERT_PUT, lk_with(iaca, 1, purposes[i]), "reg"), JM_LTX_BODY);
    }
}

TEST(a_long_node_key_is_of_type_4)
{
    struct jm_bytes node = lk_cbor(LK_NODE("n7", "07"));

    lk_country();
    CHECK_EQ(judge(JM_LTX_NODE_PUT, lk_with(lk_with(node, 4, "4"), 5, "#1952:01"), "gov"),
             JM_LTX_KEY);
    CHECK_EQ(judge(JM_LTX_NODE_PUT, lk_with(lk_with(node, 4, "4"), 5, "#1951:01"), "gov"),
             JM_LTX_BODY);
    CHECK_EQ(judge(JM_LTX_NODE_PUT, lk_with(node, 4, "4"), "gov"), JM_LTX_BODY);
}

/* -- texts that look like a person -- */

static const struct {
    const char *text;
    bool personal;
} texts[] = {
    {"0000000000000", true},     {"x0000000000000", true},     {"0000000000000x", true},
    {"x.0000000000000.y", true}, {"000000000000", false},      {"00000000000000", false},
    {"000000-0000000", true},    {"x000000-0000000x", true},   {"0000000-0000000", false},
    {"000000-00000000", false},  {"00000-0000000", false},     {"000000-000000", false},
    {"000000--0000000", false},  {"000000-", false},           {"000000.0000000", false},
    {"0-000000-0000000", true},  {"1-0000000000000-1", true},  {"000000-0000000-1", true},
    {"000000", false},           {"12-000000-0000000a", true}, {"000000-000000-0000000", true},
};

/* In a plain text, in each language, inside lists, in an address. */
static const struct {
    enum jm_ltx_type type;
    uint64_t key;
    const char *form;
} places[] = {
    {JM_LTX_USE_PUT, 6, "'*'"},
    {JM_LTX_USE_PUT, 4, "{'en' '*'}"},
    {JM_LTX_USE_PUT, 4, "{'en' 'x' 'ko' '*'}"},
    {JM_LTX_USE_PUT, 5, "'https://x.example/*'"},
    {JM_LTX_USE_PUT, 8, "[[1 'a' [['*']]]]"},
    {JM_LTX_USE_PUT, 8, "[[1 'a*' [['x']]]]"},
    {JM_LTX_ACTOR_PUT, 3, "{'en' '*'}"},
    {JM_LTX_RP_PUT, 5, "[[1 '*']]"},
    {JM_LTX_RP_PUT, 4, "{'ko' '*'}"},
    {JM_LTX_CIRCUIT_PUT, 3, "'*'"},
    {JM_LTX_SCHEMA_PUT, 7, "[['x' '*']]"},
    {JM_LTX_WALLET_PUT, 6, "[['android' '*']]"},
    {JM_LTX_RP_STATE, 1, "'a*a'"},
    {JM_LTX_DID_LOG, 1, "'did:*'"},
    {JM_LTX_CERT_PUT, 9, "['*']"},
    {JM_LTX_NODE_PUT, 7, "'*'"},
    {JM_LTX_GOV_PARAMS, 1, "'*'"},
};

/* In the place of the star. */
static void put_text(char *out, size_t cap, const char *form, const char *text)
{
    size_t lead = strcspn(form, "*");

    snprintf(out, cap, "%.*s%s%s", (int)lead, form, text, form + lead + 1);
}

TEST(no_text_looks_like_a_resident_number)
{
    char value[128];

    lk_country();
    for (size_t p = 0; p < JM_ARRAY_LEN(places); p++)
        for (size_t i = 0; i < JM_ARRAY_LEN(texts); i++) {
            size_t k = row_of(places[p].type);
            enum jm_ltx_code code;
            bool short_text = places[p].type == JM_LTX_WALLET_PUT;

            if (short_text && strlen(texts[i].text) > 16)
                continue;
            put_text(value, sizeof value, places[p].form, texts[i].text);
            code = judge(places[p].type, lk_with(lk_cbor(good[k].body), places[p].key, value),
                         good[k].actor);
            ROW(CHECK_EQ(code, texts[i].personal ? JM_LTX_PRIVACY : JM_LTX_KEY), value);
        }
}

/* Values in ascending order of keys: whichever fault stands first. */
TEST(the_first_fault_of_a_body)
{
    struct jm_bytes use = lk_cbor(LK_USE("bb", "doc.a", "'name'"));

    lk_country();
    use = lk_with(use, 6, "'000000-0000000'");
    CHECK_EQ(judge(JM_LTX_USE_PUT, lk_with(use, 7, "'x'"), "rpr"), JM_LTX_PRIVACY);
    CHECK_EQ(judge(JM_LTX_USE_PUT, lk_with(use, 5, "'x'"), "rpr"), JM_LTX_BODY);
    CHECK_EQ(judge(JM_LTX_USE_PUT, lk_with(use, 12, "1"), "rpr"), JM_LTX_BODY);
    CHECK_EQ(judge(JM_LTX_USE_PUT, lk_with(use, 9, "2"), "rpr"), JM_LTX_PRIVACY);
}
