/* SPDX-License-Identifier: Apache-2.0 */
/* Who asks, and may they (D-302, D-311); which copy answers (D-253). */
#include "unit/test.h"

#include "jumin/wallet.h"
#include "unit/cred/jose_kit.h"

static struct jm_trust t;
static unsigned name_channels = JM_CHANNEL_PROXIMITY; /* so that it does not count */
static struct jm_vp_request r;
static struct {
    enum jm_record_state state;
    unsigned channels;
    int64_t from, to;
} used_as = {JM_RECORD_ACTIVE, JM_CHANNEL_REMOTE, KIT_NOW - 10, KIT_NOW + 10};

static struct {
    const char *name, *purpose, *law, *claim;
    uint64_t days;
    bool public_body;
} registered = {"Bank", "Account", "", "age_over_19", 0, false};

/*
 * A relying party that owns the kit's signer certificate, with a use that may ask age_over_19,
 * another that may ask full_name (and a resident number), and a neighbour whose id begins with its
 * own.
 */
static void begin(enum jm_record_state state, bool known)
{
    const struct jm_bytes paths[1][JM_TRUST_PATH_MAX] = {{jm_str(registered.claim)}};
    const struct jm_bytes more[2][JM_TRUST_PATH_MAX] = {{JM_BYTES("full_name")},
                                                        {JM_BYTES("resident_registration_number")}};
    const struct jm_bytes others[1][JM_TRUST_PATH_MAX] = {{JM_BYTES("address")}};
    const struct jm_type_paths asked = {JM_FMT_SDJWT, JM_BYTES("urn:x"), paths, 1},
                               wide = {JM_FMT_SDJWT, JM_BYTES("urn:x"), more, 2},
                               foreign = {JM_FMT_SDJWT, JM_BYTES("urn:x"), others, 1};
    const struct jm_rp_record rp = {.id = JM_BYTES("bank"),
                                    .name = {{NULL, 0}, jm_str(registered.name)},
                                    .public_body = registered.public_body,
                                    .sector = 2};
    const struct jm_use_record use = {.rp = JM_BYTES("bank"),
                                      .id = JM_BYTES("open"),
                                      .purpose = {{NULL, 0}, jm_str(registered.purpose)},
                                      .legal_basis = jm_str(registered.law),
                                      .retention_days = registered.days,
                                      .privacy_uri = JM_BYTES("https://b"),
                                      .channels = used_as.channels,
                                      .from = used_as.from,
                                      .to = used_as.to};
    const struct jm_use_record name_use = {.rp = JM_BYTES("bank"),
                                           .id = JM_BYTES("name"),
                                           .purpose = {{NULL, 0}, JM_BYTES("Name")},
                                           .privacy_uri = JM_BYTES("https://b"),
                                           .channels = name_channels,
                                           .from = KIT_NOW - 10,
                                           .to = KIT_NOW + 10};
    struct jm_use_record neighbour = name_use;
    struct jm_bytes body[6], name, octets;
    uint8_t hash[32];
    struct jm_trust_entry e[6];
    struct jm_trust_spec s = {.issued_at = KIT_NOW,
                              .next_update = KIT_NOW + 100,
                              .version = 1,
                              .entry = e,
                              .n = 6};

#define RULE(name, flags) {{{(const uint8_t *)(name), sizeof(name) - 1}}, 1, JM_RULE_TEXT, flags}
    static const struct jm_rule rules[] = {
        RULE("resident_registration_number", JM_RULE_PROTECTED),
        RULE("portrait", JM_RULE_PROTECTED),
        RULE("full_name", 0),
        RULE("youth_act_adult", JM_RULE_OPEN),
        RULE("is_resident", JM_RULE_OPEN),
        RULE("resident_region", JM_RULE_OPEN),
        RULE("resident_municipality", JM_RULE_OPEN),
        RULE("resident_state", JM_RULE_OPEN),
    };
    const struct jm_schema schema = {JM_FMT_SDJWT, JM_BYTES("urn:x"), rules, JM_ARRAY_LEN(rules)};

    kit_begin(&K);
    KIT_MUST(jm_body_schema(&body[5], &schema, JM_BYTES("https://i"), &jm_crypto_openssl, &K.mem));
    KIT_MUST(jm_body_rp(&body[0], &rp, JM_BYTES("KR"), JM_BYTES("1"), JM_BYTES("kr-x"), &K.mem));
    KIT_MUST(jm_body_use(&body[1], &use, &asked, 1, &K.mem));
    neighbour.rp = JM_BYTES("bank2");
    KIT_MUST(jm_body_use(&body[3], &name_use, &wide, 1, &K.mem));
    KIT_MUST(jm_body_use(&body[4], &neighbour, &foreign, 1, &K.mem));
    KIT_MUST(jm_sha256(&jm_crypto_openssl, K.dsc_der, hash));
    KIT_MUST(jm_cert_parse(&r.leaf, K.dsc_der));
    KIT_MUST(jm_body_rpcert(&body[2], jm_bytes(hash, sizeof hash), JM_BYTES("bank"), r.leaf.ski,
                            r.leaf.not_after, &K.mem));
    KIT_MUST(jm_trust_key_hash(&name, "rpcert/", &jm_crypto_openssl, K.dsc_der, &K.mem));
    const struct jm_bytes keys[] = {JM_BYTES("rp/bank"),
                                    JM_BYTES("use/bank/open"),
                                    name,
                                    JM_BYTES("use/bank/name"),
                                    JM_BYTES("use/bank2/name"),
                                    JM_BYTES("schema/x/1")};
    for (size_t i = 0; i < 6; i++) {
        e[i].key = keys[i];
        KIT_MUST(jm_record_write(&e[i].record, 1,
                                 i == 0   ? state
                                 : i == 1 ? used_as.state
                                          : JM_RECORD_ACTIVE,
                                 body[i], &K.mem));
    }
    KIT_MUST(jm_trust_write(&octets, &s, &K.mem));
    KIT_MUST(jm_trust_open(&t, octets, &K.mem));
    r = (struct jm_vp_request){.known = known, .rp = JM_BYTES("bank"), .use = JM_BYTES("open")};
    KIT_MUST(jm_cert_parse(&r.leaf, K.dsc_der));
}

static enum jm_code judged_query(struct jm_consent *out, const char *query)
{
    struct jm_diag d = {0};

    KIT_MUST(jm_dcql_parse(&r.dcql, parsed(jm_str(text_of("{\"credentials\":[%s]}", query))),
                           &K.mem, NULL));
    enum jm_status st = jm_wallet_judge(out, &r, &t, &jm_crypto_openssl, KIT_NOW, &d);
    CHECK_EQ(st == JM_OK, d.code == JM_CODE_NONE);
    CHECK_EQ(st == JM_OK || d.code == JM_WALLET_RP_BLOCKED, out->over_asked.ptr == NULL);
    return d.code;
}

#define QUERY                                                                                     \
    "{\"id\":\"%s\",\"format\":\"dc+sd-jwt\",\"meta\":{\"vct_values\":[\"urn:x\"]},\"claims\":[{" \
    "\"path\":[\"%s\"]}]}"

static enum jm_code judged(struct jm_consent *out, const char *claim)
{
    return judged_query(out, text_of(QUERY, "a", claim));
}

TEST(registered_unknown_and_blocked)
{
    struct jm_consent c;

    begin(JM_RECORD_ACTIVE, true);
    if (CHECK_EQ(judged(&c, "age_over_19"), JM_CODE_NONE))
        CHECK_EQ(c.badge, JM_BADGE_REGISTERED);
    CHECK_EQ(judged(&c, "full_name"), JM_WALLET_OVER_ASKING);
    CHECK_STR(c.over_asked, "full_name");
    kit_end(&K);
    begin(JM_RECORD_SUSPENDED, true);
    CHECK_EQ(judged(&c, "age_over_19"), JM_WALLET_RP_BLOCKED);
    CHECK_EQ(c.badge, JM_BADGE_BLOCKED);
    kit_end(&K);
    begin(JM_RECORD_ACTIVE, false);
    CHECK_EQ(judged(&c, "age_over_19"), JM_CODE_NONE);
    CHECK_EQ(c.badge, JM_BADGE_UNKNOWN);
    CHECK_EQ(judged(&c, "full_name"), JM_WALLET_UNKNOWN_ASKS);
    kit_end(&K);
}

/* What nothing here answers asks for nothing; what stands beside it is judged as ever. */
TEST(a_query_of_an_unknown_format_stands_in_nobodys_way)
{
    static const char other[] =
        "{\"id\":\"o\",\"format\":\"ldp_vc\",\"meta\":{},\"claims\":[{\"path\":[\"full_name\"]}]},";
    struct jm_consent c;

    for (int known = 0; known < 2; known++) {
        begin(JM_RECORD_ACTIVE, known == 1);
        CHECK_EQ(judged_query(&c, text_of("%s" QUERY, other, "a", "age_over_19")), JM_CODE_NONE);
        CHECK_EQ(r.dcql.barred, 1);
        CHECK_EQ(judged_query(&c, text_of("%s" QUERY, other, "a", "full_name")),
                 known ? JM_WALLET_OVER_ASKING : JM_WALLET_UNKNOWN_ASKS);
        kit_end(&K);
    }
}

/* D-302: whoever is known is held to its uses, named or not; what it says of itself makes nothing
 * wider. */
TEST(a_known_one_is_held_to_its_uses_named_or_not)
{
    static const struct {
        const char *name, *rp, *use;
    } rows[] = {{"no use is named", NULL, NULL},
                {"one that does not exist", "bank", "loan"},
                {"another's use", "bank2", "name"},
                {"another's name, own use", "shop", "open"},
                {"one that does not count here", "bank", "name"}};
    struct jm_consent c;

    begin(JM_RECORD_ACTIVE, true);
    for (size_t i = 0; i < JM_ARRAY_LEN(rows); i++) {
        r.rp = jm_str(rows[i].rp);
        r.use = jm_str(rows[i].use);
        ROW(CHECK_EQ(judged(&c, "age_over_19"), JM_CODE_NONE) &&
                CHECK_EQ(c.badge, JM_BADGE_PURPOSE_UNKNOWN) && CHECK(c.use.ptr == NULL),
            rows[i].name);
        ROW(CHECK_EQ(judged(&c, "full_name"), JM_WALLET_OVER_ASKING) &&
                CHECK_EQ(judged(&c, "birth_date"), JM_WALLET_OVER_ASKING) &&
                CHECK_EQ(judged(&c, "address"), JM_WALLET_OVER_ASKING),
            rows[i].name);
    }
    kit_end(&K);
    name_channels = JM_CHANNEL_REMOTE;
    begin(JM_RECORD_ACTIVE, true);
    CHECK_EQ(judged(&c, "full_name"), JM_WALLET_OVER_ASKING); /* not of the use that it names */
    r.use = JM_BYTES("name");
    CHECK_EQ(judged(&c, "full_name"), JM_CODE_NONE);
    CHECK_EQ(c.badge, JM_BADGE_REGISTERED);
    CHECK_EQ(judged(&c, "resident_registration_number"), JM_CODE_NONE);
    /* what its uses allow together, but what is protected only where it is named */
    r.use = jm_none();
    CHECK_EQ(judged_query(&c, text_of(QUERY "," QUERY, "a", "full_name", "b", "age_over_19")),
             JM_CODE_NONE);
    CHECK_EQ(judged(&c, "resident_registration_number"), JM_WALLET_OVER_ASKING);
    CHECK_STR(c.over_asked, "resident_registration_number");
    CHECK_EQ(judged(&c, "address"), JM_WALLET_OVER_ASKING); /* a neighbour's */
    CHECK_EQ(judged_query(&c, text_of(QUERY "," QUERY, "a", "full_name", "b", "birth_date")),
             JM_WALLET_OVER_ASKING);
    CHECK_STR(c.over_asked, "birth_date");
    name_channels = JM_CHANNEL_PROXIMITY;
    kit_end(&K);
}

/* D-311: an unknown verifier may ask for age and region, and for nothing else. */
TEST(what_a_stranger_may_ask)
{
    static const struct {
        const char *claim;
        bool harmless;
    } rows[] = {{"age_over_19", true},
                {"age_over_100", true},
                {"youth_act_adult", true},
                {"is_resident", true},
                {"resident_region", true},
                {"resident_municipality", true},
                {"resident_state", true},
                {"age_over_1000", false},
                {"age_over_", false},
                {"age_over_+1", false},
                {"age", false},
                {"resident_address", false},
                {"resident_regions", false},
                {"full_name", false}};
    struct jm_consent c;

    begin(JM_RECORD_ACTIVE, false);
    for (size_t i = 0; i < JM_ARRAY_LEN(rows); i++)
        ROW(CHECK_EQ(judged(&c, rows[i].claim),
                     rows[i].harmless ? JM_CODE_NONE : JM_WALLET_UNKNOWN_ASKS) &&
                (rows[i].harmless || CHECK_STR(c.over_asked, rows[i].claim)),
            rows[i].claim);
    kit_end(&K);
}

#define TYPED(meta, more) "{\"id\":\"a\",\"format\":\"dc+sd-jwt\",\"meta\":{" meta "}" more "}"
#define AGE ",\"claims\":[{\"path\":[\"age_over_19\"]}]"
#define MDOC(meta, ns, id)                                                                   \
    "{\"id\":\"a\",\"format\":\"mso_mdoc\",\"meta\":{" meta "},\"claims\":[{\"path\":[\"" ns \
    "\",\"" id "\"]}]}"

TEST(the_type_itself_is_judged)
{
    static const struct {
        const char *name, *query, *over;
        enum jm_code known, unknown;
    } rows[] = {
        {"its type", TYPED("\"vct_values\":[\"urn:x\"]", AGE), NULL, JM_CODE_NONE, JM_CODE_NONE},
        {"its type, no claims", TYPED("\"vct_values\":[\"urn:x\"]", ""), "urn:x", JM_CODE_NONE,
         JM_WALLET_UNKNOWN_ASKS},
        {"another type, no claims", TYPED("\"vct_values\":[\"urn:y\"]", ""), "urn:y",
         JM_WALLET_OVER_ASKING, JM_WALLET_UNKNOWN_ASKS},
        {"another type beside its own", TYPED("\"vct_values\":[\"urn:x\",\"urn:y\"]", ""), "urn:x",
         JM_WALLET_OVER_ASKING, JM_WALLET_UNKNOWN_ASKS},
        {"any type, no claims", TYPED("", ""), "*", JM_WALLET_OVER_ASKING, JM_WALLET_UNKNOWN_ASKS},
        {"any type", TYPED("", AGE), "*", JM_WALLET_OVER_ASKING, JM_CODE_NONE},
        {"another type, its claim", TYPED("\"vct_values\":[\"urn:y\"]", AGE), "urn:y",
         JM_WALLET_OVER_ASKING, JM_CODE_NONE},
        {"what every copy says of itself",
         TYPED("\"vct_values\":[\"urn:x\"]", ",\"claims\":[{\"path\":[\"iss\"]}]"), "iss",
         JM_CODE_NONE, JM_WALLET_UNKNOWN_ASKS},
        {"the same of another type",
         TYPED("\"vct_values\":[\"urn:y\"]", ",\"claims\":[{\"path\":[\"iss\"]}]"), "urn:y",
         JM_WALLET_OVER_ASKING, JM_WALLET_UNKNOWN_ASKS},
        {"a path that begins with no name",
         TYPED("\"vct_values\":[\"urn:x\"]", ",\"claims\":[{\"path\":[null]}]"), "urn:x",
         JM_WALLET_OVER_ASKING, JM_WALLET_UNKNOWN_ASKS},
        {"mdoc: its name, not its type", MDOC("\"doctype_value\":\"urn:x\"", "ns", "age_over_19"),
         "urn:x", JM_WALLET_OVER_ASKING, JM_CODE_NONE},
        {"mdoc: no type", MDOC("", "ns", "age_over_19"), "*", JM_WALLET_OVER_ASKING, JM_CODE_NONE},
        {"no number behind age_over_",
         TYPED("\"vct_values\":[\"urn:x\"]", ",\"claims\":[{\"path\":[\"age_over_x\"]}]"),
         "age_over_x", JM_WALLET_OVER_ASKING, JM_WALLET_UNKNOWN_ASKS},
        {"a harmless name below another",
         TYPED("\"vct_values\":[\"urn:x\"]",
               ",\"claims\":[{\"path\":[\"full_name\",\"age_over_19\"]}]"),
         "full_name", JM_WALLET_OVER_ASKING, JM_WALLET_UNKNOWN_ASKS},
    };
    struct jm_consent c;

    for (size_t i = 0; i < 2 * JM_ARRAY_LEN(rows); i++) {
        enum jm_code want = i % 2 == 0 ? rows[i / 2].known : rows[i / 2].unknown;

        begin(JM_RECORD_ACTIVE, i % 2 == 0);
        ROW(CHECK_EQ(judged_query(&c, rows[i / 2].query), want) &&
                (want == JM_CODE_NONE || i % 2 == 1 ||
                 CHECK_SAME(c.over_asked, jm_str(rows[i / 2].over))),
            rows[i / 2].name);
        kit_end(&K);
    }
}

/* What is not registered for now and for this way of asking allows nothing: D-302. */
TEST(a_use_counts_while_it_runs_and_where_it_may)
{
    static const struct {
        const char *name;
        enum jm_record_state state;
        unsigned channels;
        int64_t from, to;
        bool counts;
    } rows[] = {
        {"it runs", JM_RECORD_ACTIVE, JM_CHANNEL_REMOTE, KIT_NOW, KIT_NOW + 1, true},
        {"a kiosk asks by QR, too", JM_RECORD_ACTIVE, JM_CHANNEL_KIOSK, KIT_NOW, KIT_NOW + 1, true},
        {"by proximity only", JM_RECORD_ACTIVE, JM_CHANNEL_PROXIMITY, KIT_NOW, KIT_NOW + 1, false},
        {"it begins later", JM_RECORD_ACTIVE, JM_CHANNEL_REMOTE, KIT_NOW + 1, KIT_NOW + 9, false},
        {"it is over", JM_RECORD_ACTIVE, JM_CHANNEL_REMOTE, KIT_NOW - 9, KIT_NOW, false},
        {"it is suspended", JM_RECORD_SUSPENDED, JM_CHANNEL_REMOTE, KIT_NOW, KIT_NOW + 1, false},
    };
    struct jm_consent c;

    for (size_t i = 0; i < JM_ARRAY_LEN(rows); i++) {
        used_as.state = rows[i].state;
        used_as.channels = rows[i].channels;
        used_as.from = rows[i].from;
        used_as.to = rows[i].to;
        begin(JM_RECORD_ACTIVE, true);
        ROW(CHECK_EQ(judged(&c, "age_over_19"),
                     rows[i].counts ? JM_CODE_NONE : JM_WALLET_OVER_ASKING) &&
                CHECK_EQ(c.badge, rows[i].counts ? JM_BADGE_REGISTERED : JM_BADGE_PURPOSE_UNKNOWN),
            rows[i].name);
        kit_end(&K);
    }
}

/* D-354: each part of what is registered makes another seal, and the same make the same. */
TEST(a_registration_has_a_seal)
{
    const struct {
        const char *name, *purpose, *law, *claim;
        uint64_t days;
        bool public_body;
    } rows[] = {{"Bank", "Account", "", "age_over_19", 0, false},
                {"Bank", "Loan", "", "age_over_19", 0, false},
                {"Bank2", "Account", "", "age_over_19", 0, false},
                {"Bank", "Account", "Act 3", "age_over_19", 0, false},
                {"Bank", "Account", "", "age_over_18", 0, false},
                {"Bank", "Account", "", "age_over_19", 30, false},
                {"Bank", "Account", "", "age_over_19", 0, true}};
    uint8_t seal[JM_ARRAY_LEN(rows) + 1][JM_WALLET_SEAL_LEN];
    struct jm_consent c;

    used_as.state = JM_RECORD_ACTIVE;
    used_as.channels = JM_CHANNEL_REMOTE;
    used_as.from = KIT_NOW - 10;
    used_as.to = KIT_NOW + 10;
    for (size_t i = 0; i <= JM_ARRAY_LEN(rows); i++) {
        memcpy(&registered, &rows[i % JM_ARRAY_LEN(rows)], sizeof registered);
        begin(JM_RECORD_ACTIVE, true);
        CHECK_EQ(judged(&c, registered.claim), JM_CODE_NONE);
        CHECK(c.sealed);
        memcpy(seal[i], c.seal, sizeof c.seal);
        for (size_t k = 0; k < i; k++)
            CHECK_EQ(memcmp(seal[i], seal[k], sizeof c.seal) == 0,
                     i == JM_ARRAY_LEN(rows) && k == 0);
        kit_end(&K);
    }
    begin(JM_RECORD_ACTIVE, false);
    CHECK_EQ(judged(&c, "age_over_19"), JM_CODE_NONE);
    CHECK(!c.sealed); /* nothing is registered of a stranger */
    kit_end(&K);
}

/* What the history knows of who asks: the newest entry that says anything counts. */
TEST(a_requester_that_is_not_what_it_was)
{
    const struct jm_wallet_event was = {.who = JM_BYTES("Bank"),
                                        .use = JM_BYTES("open"),
                                        .rp = JM_BYTES("bank"),
                                        .seal = JM_BYTES("12345678")};
    struct jm_consent c = {.who = {JM_BYTES("은행"), JM_BYTES("Bank")},
                           .rp = JM_BYTES("bank"),
                           .use = JM_BYTES("open"),
                           .seal = {'1', '2', '3', '4', '5', '6', '7', '8'},
                           .sealed = true};
    struct jm_wallet_event e[2] = {was, was};
    struct jm_wallet w = {.event = e, .n_events = 2};

    CHECK(!jm_wallet_is_changed(&w, &c));
    e[0].seal = JM_BYTES("12345679"); /* it was, and was shown since */
    CHECK(!jm_wallet_is_changed(&w, &c));
    e[1].seal = e[0].seal;
    CHECK(jm_wallet_is_changed(&w, &c));
    e[0] = was; /* asked twice, and refused the first time: it is told again */
    e[0].seal = JM_BYTES("12345679");
    e[1] = was;
    e[1].outcome = JM_BYTES("declined");
    CHECK(jm_wallet_is_changed(&w, &c));
    e[1].outcome = JM_BYTES("refused by wallet");
    CHECK(jm_wallet_is_changed(&w, &c));
    e[1].outcome = JM_BYTES("sent");
    CHECK(!jm_wallet_is_changed(&w, &c));
    e[1].seal = e[0].seal;
    c.sealed = false;
    CHECK(!jm_wallet_is_changed(&w, &c));
    c.sealed = true;
    e[0] = e[1] = was; /* another one of its name, in either language */
    e[1].rp = JM_BYTES("bank2");
    CHECK(jm_wallet_is_changed(&w, &c));
    e[1].who = JM_BYTES("은행");
    CHECK(jm_wallet_is_changed(&w, &c));
    e[1].who = JM_BYTES("Shop");
    CHECK(!jm_wallet_is_changed(&w, &c));
    e[0].seal = e[1].seal = JM_BYTES("12345679"); /* another use, and entries of before */
    e[1].rp = e[0].rp;
    e[0].use = e[1].use = JM_BYTES("name");
    CHECK(!jm_wallet_is_changed(&w, &c));
    e[0] = e[1] = was;
    e[0].seal = e[1].seal = jm_none();
    CHECK(!jm_wallet_is_changed(&w, &c));
    e[0].rp = e[1].rp = jm_none();
    CHECK(!jm_wallet_is_changed(&w, &c));
    w.n_events = 0;
    CHECK(!jm_wallet_is_changed(&w, &c));
}

TEST(a_wallet_without_an_answer)
{
    used_as.state = JM_RECORD_ACTIVE;
    used_as.from = KIT_NOW - 10;
    used_as.to = KIT_NOW + 10;
    const struct jm_wallet empty = {.n_cards = 0};
    struct jm_wallet_pick pick[JM_WALLET_PICKS_MAX];
    struct jm_diag d = {0};
    struct jm_consent c;
    size_t n = 9;

    begin(JM_RECORD_ACTIVE, true);
    CHECK_EQ(judged(&c, "age_over_19"), JM_CODE_NONE);
    CHECK_ST(jm_wallet_choose(pick, &n, &empty, &r.dcql, KIT_NOW, &jm_crypto_openssl, &K.mem, &d),
             JM_E_ABSENT);
    CHECK_EQ(d.code, JM_WALLET_NO_CREDENTIAL);
    CHECK_EQ(n, 0);
    kit_end(&K);
}
