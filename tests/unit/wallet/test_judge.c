/* SPDX-License-Identifier: Apache-2.0 */
/* Who asks, and may they (D-302, D-311); which copy answers (D-253). */
#include "unit/test.h"

#include "jumin/wallet.h"
#include "unit/cred/jose_kit.h"

static struct jm_trust t;
static struct jm_vp_request r;
static struct {
    enum jm_record_state state;
    unsigned channels;
    int64_t from, to;
} used_as = {JM_RECORD_ACTIVE, JM_CHANNEL_REMOTE, KIT_NOW - 10, KIT_NOW + 10};

/* A relying party that owns the kit's signer certificate, with a use that may ask age_over_19. */
static void begin(enum jm_record_state state, bool known)
{
    const struct jm_bytes paths[1][2] = {{JM_BYTES("age_over_19")}};
    const struct jm_type_paths asked = {JM_FMT_SDJWT, JM_BYTES("urn:x"), paths, 1};
    const struct jm_rp_record rp = {.id = JM_BYTES("bank"), .name = {{NULL, 0}, JM_BYTES("Bank")}, .sector = 2};
    const struct jm_use_record use = {.rp = JM_BYTES("bank"), .id = JM_BYTES("open"), .purpose = {{NULL, 0}, JM_BYTES("Account")}, .privacy_uri = JM_BYTES("https://b"),
                                      .channels = used_as.channels, .from = used_as.from, .to = used_as.to};
    struct jm_bytes body[3], name, octets;
    uint8_t hash[32];
    struct jm_trust_entry e[3];
    struct jm_trust_spec s = {.issued_at = KIT_NOW, .next_update = KIT_NOW + 100, .version = 1, .entry = e, .n = 3};

    kit_begin(&K);
    KIT_MUST(jm_body_rp(&body[0], &rp, JM_BYTES("KR"), JM_BYTES("1"), JM_BYTES("kr-x"), &K.mem));
    KIT_MUST(jm_body_use(&body[1], &use, &asked, 1, &K.mem));
    KIT_MUST(jm_sha256(&jm_crypto_openssl, K.dsc_der, hash));
    KIT_MUST(jm_cert_parse(&r.leaf, K.dsc_der));
    KIT_MUST(jm_body_rpcert(&body[2], jm_bytes(hash, sizeof hash), JM_BYTES("bank"), r.leaf.ski, r.leaf.not_after, &K.mem));
    KIT_MUST(jm_trust_key_hash(&name, "rpcert/", &jm_crypto_openssl, K.dsc_der, &K.mem));
    const struct jm_bytes keys[] = {JM_BYTES("rp/bank"), JM_BYTES("use/bank/open"), name};
    for (size_t i = 0; i < 3; i++) {
        e[i].key = keys[i];
        KIT_MUST(jm_record_write(&e[i].record, 1, i == 0 ? state : i == 1 ? used_as.state : JM_RECORD_ACTIVE, body[i], &K.mem));
    }
    KIT_MUST(jm_trust_write(&octets, &s, &K.mem));
    KIT_MUST(jm_trust_open(&t, octets, &K.mem));
    r = (struct jm_vp_request){.known = known, .rp = JM_BYTES("bank"), .use = JM_BYTES("open")};
    KIT_MUST(jm_cert_parse(&r.leaf, K.dsc_der));
}

static enum jm_code judged(struct jm_consent *out, const char *claim)
{
    struct jm_diag d = {0};

    KIT_MUST(jm_dcql_parse(&r.dcql, parsed(jm_str(text_of("{\"credentials\":[{\"id\":\"a\",\"format\":\"dc+sd-jwt\",\"meta\":{\"vct_values\":[\"urn:x\"]},"
                                                          "\"claims\":[{\"path\":[\"%s\"]}]}]}", claim))), &K.mem, NULL));
    enum jm_status st = jm_wallet_judge(out, &r, &t, &jm_crypto_openssl, KIT_NOW, &d);
    CHECK_EQ(st == JM_OK, d.code == JM_CODE_NONE);
    return d.code;
}

TEST(registered_unknown_and_blocked)
{
    struct jm_consent c;

    begin(JM_RECORD_ACTIVE, true);
    if (CHECK_EQ(judged(&c, "age_over_19"), JM_CODE_NONE))
        CHECK_EQ(c.badge, JM_BADGE_REGISTERED);
    CHECK_EQ(judged(&c, "full_name"), JM_WALLET_OVER_ASKING);
    CHECK_STR(c.over_asked, "full_name");
    r.use = JM_BYTES("loan"); /* a use that is not its own */
    CHECK_EQ(judged(&c, "full_name"), JM_CODE_NONE);
    CHECK_EQ(c.badge, JM_BADGE_PURPOSE_UNKNOWN);
    CHECK_EQ(judged(&c, "resident_registration_number"), JM_WALLET_OVER_ASKING);
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

/* What is not registered for now and for this way of asking is no registered purpose: D-311. */
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
        ROW(CHECK_EQ(judged(&c, "age_over_19"), JM_CODE_NONE) && CHECK_EQ(c.badge, rows[i].counts ? JM_BADGE_REGISTERED : JM_BADGE_PURPOSE_UNKNOWN),
            rows[i].name);
        r.rp = JM_BYTES("shop"); /* another's use under one's own certificate */
        ROW(CHECK_EQ(judged(&c, "age_over_19"), JM_CODE_NONE) && CHECK_EQ(c.badge, JM_BADGE_PURPOSE_UNKNOWN), rows[i].name);
        kit_end(&K);
    }
}

TEST(a_wallet_without_an_answer)
{
    const struct jm_wallet empty = {.n_cards = 0};
    struct jm_wallet_pick pick[JM_DCQL_CREDENTIALS_MAX];
    struct jm_diag d = {0};
    struct jm_consent c;
    size_t n = 9;

    begin(JM_RECORD_ACTIVE, true);
    CHECK_EQ(judged(&c, "age_over_19"), JM_CODE_NONE);
    CHECK_ST(jm_wallet_choose(pick, &n, &empty, &r.dcql, KIT_NOW, &jm_crypto_openssl, &K.mem, &d), JM_E_ABSENT);
    CHECK_EQ(d.code, JM_WALLET_NO_CREDENTIAL);
    CHECK_EQ(n, 0);
    kit_end(&K);
}
