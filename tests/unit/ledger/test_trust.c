/* SPDX-License-Identifier: Apache-2.0 */
#include "unit/test.h"

#include "jumin/cbor.h"
#include "jumin/trust.h"
#include "unit/cred/mdoc_kit.h"

static struct kit K;

/* -- deterministic CBOR -- */

TEST(dcbor)
{
    static const struct {
        const char *name, *hex;
        bool ok;
    } rows[] = {
        {"a map", "a2 01 61 61 02 f5", true},
        {"nested", "a1 05 82 a1 01 02 43 000102", true},
        {"keys descend", "a2 02 01 01 02", false},
        {"a key twice", "a2 01 01 01 02", false},
        {"text after integer", "a2 01 02 61 61 03", true},
        {"integer after text", "a2 61 61 03 01 02", false},
        {"longer than needed", "a1 18 01 02", false},
        {"length longer than needed", "a1 01 78 01 61", false},
        {"negative", "a1 01 20", false},
        {"null", "a1 01 f6", false},
        {"a tag", "a1 01 c0 61 61", false},
        {"a float", "a1 01 f9 3c00", false},
        {"indefinite", "bf 01 02 ff", false},
        {"control character", "a1 01 61 0a", false},
        {"octets as key", "a1 41 00 01", false},
        {"truncated", "a2 01 02", false},
        {"trailing", "a1 01 02 00", false},
        {"eight deep", "81 81 81 81 81 81 81 81 00", true},
        {"nine deep", "81 81 81 81 81 81 81 81 81 00", false},
        {"too deep", "81 81 81 81 81 81 81 81 81 81 00", false},
    };

    for (size_t i = 0; i < JM_ARRAY_LEN(rows); i++)
        ROW(CHECK_EQ(jm_dcbor_check(hex(rows[i].hex)) == JM_OK, rows[i].ok), rows[i].name);
}

/* -- a trust set -- */

static struct jm_trust_entry e[16];
static size_t n;
static struct jm_trust t;

static void add(const char *name, struct jm_bytes body, enum jm_record_state state)
{
    e[n].key = jm_str(name);
    KIT_MUST(jm_record_write(&e[n++].record, 1, state, body, &K.mem));
}

static struct jm_bytes flag_body(void)
{
    return JM_BYTES("\xa1\x01\x01");
}

static enum jm_status written(struct jm_bytes *octets, int64_t clock_start, bool synthetic)
{
    struct jm_trust_spec s = {.synthetic = synthetic,
                              .issued_at = KIT_NOW,
                              .next_update = KIT_NOW + 100,
                              .version = 7,
                              .clock_start = clock_start,
                              .clock_moment = clock_start == 0 ? 0 : 5,
                              .entry = e,
                              .n = n};

    return jm_trust_write(octets, &s, &K.mem);
}

/* One issuer with IACA (kit) and lists, one relying party with a use; what a test adds stands
 * beside. */
static void begin(void)
{
    const struct jm_bytes doctype = JM_BYTES(KIT_DOCTYPE);
    const struct jm_bytes paths[1][JM_TRUST_PATH_MAX] = {{JM_BYTES("ns"), JM_BYTES("el")}};
    const struct jm_type_paths served[] = {{JM_FMT_MDOC, JM_BYTES(KIT_DOCTYPE), NULL, 0},
                                           {JM_FMT_SDJWT, JM_BYTES("urn:x"), NULL, 0}};
    const struct jm_type_paths asked = {JM_FMT_MDOC, JM_BYTES(KIT_DOCTYPE), paths, 1};
    struct jm_issuer_record issuer = {.id = JM_BYTES("kr-x"),
                                      .country = JM_BYTES("KR"),
                                      .name = {JM_BYTES("새벽"), {NULL, 0}},
                                      .state_actor = true,
                                      .identifier = {JM_BYTES("https://i.example"),
                                                     JM_BYTES("https://j.example")},
                                      .n_identifiers = 2};
    const struct jm_list_record list = {.id = JM_BYTES("l1"),
                                        .issuer = JM_BYTES("kr-x"),
                                        .prefix = JM_BYTES("https://s.example/l/"),
                                        .bits = 1,
                                        .log2 = 20,
                                        .max_shards = 4,
                                        .ttl = 900,
                                        .exp = 86400};
    const struct jm_rp_record rp = {.id = JM_BYTES("bank"),
                                    .name = {{NULL, 0}, JM_BYTES("Bank")},
                                    .sector = 2,
                                    .public_body = true};
    const struct jm_use_record use = {.rp = JM_BYTES("bank"),
                                      .id = JM_BYTES("open"),
                                      .purpose = {JM_BYTES("계좌"), JM_BYTES("Account")},
                                      .privacy_uri = JM_BYTES("https://b"),
                                      .legal_basis = JM_BYTES("법"),
                                      .retention_days = 3,
                                      .channels = 2,
                                      .from = 10,
                                      .to = 20};
    struct jm_bytes body, name;

    kit_begin(&K);
    n = 0;
    KIT_MUST(jm_body_use(&body, &use, &asked, 1, &K.mem));
    add("use/bank/open", body, JM_RECORD_ACTIVE);
    KIT_MUST(jm_body_rp(&body, &rp, JM_BYTES("KR"), JM_BYTES("1"), JM_BYTES("kr-x"), &K.mem));
    add("rp/bank", body, JM_RECORD_SUSPENDED);
    KIT_MUST(jm_body_list(&body, &list, JM_BYTES("kr-x"), &K.mem));
    add("list/l1", body, JM_RECORD_ACTIVE);
    KIT_MUST(jm_body_issuer(&body, &issuer, served, 2, &K.mem));
    add("issuer/kr-x", body, JM_RECORD_ACTIVE);
    KIT_MUST(jm_body_cert(&body, JM_CERT_IACA, JM_BYTES("kr-x"), K.iaca_der, &doctype, 1, &K.mem));
    KIT_MUST(jm_trust_key_hash(&name, "cert/", &jm_crypto_openssl, K.iaca_der, &K.mem));
    add((const char *)name.ptr, body, JM_RECORD_ACTIVE);
}

static void end(void)
{
    jm_key_free(&K.reader_key);
    kit_end(&K);
}

static void open_set(void)
{
    struct jm_bytes octets;

    CHECK_OK(written(&octets, 0, false));
    CHECK_OK(jm_trust_open(&t, octets, &K.mem));
}

static size_t anchors(enum jm_cert_purpose purpose, const char *owner, const char *type,
                      int64_t now)
{
    struct jm_anchors a;

    CHECK_OK(jm_trust_anchors(&a, &t, purpose, jm_str(owner), jm_str(type), now, &K.mem));
    return a.n;
}

TEST(reads_what_was_written)
{
    struct jm_issuer_record issuer;
    struct jm_rp_record rp;
    struct jm_use_record use;
    struct jm_wallet_record wallet;

    begin();
    open_set();
    CHECK_EQ(t.version, 7);
    CHECK(!t.synthetic && !jm_trust_is_stale(&t, KIT_NOW + 100) &&
          jm_trust_is_stale(&t, KIT_NOW + 101));
    CHECK_OK(jm_trust_issuer_by_uri(&issuer, &t, JM_BYTES("https://j.example")));
    CHECK_STR(issuer.id, "kr-x");
    CHECK(jm_issuer_serves(&issuer, JM_FMT_SDJWT, JM_BYTES("urn:x")) &&
          !jm_issuer_serves(&issuer, JM_FMT_MDOC, JM_BYTES("urn:x")));
    CHECK_ST(jm_trust_issuer_by_uri(&issuer, &t, JM_BYTES("https://j.example/")), JM_E_ABSENT);
    CHECK_ST(jm_trust_issuer(&issuer, &t, JM_BYTES("kr")), JM_E_ABSENT);
    CHECK_OK(jm_trust_rp(&rp, &t, JM_BYTES("bank")));
    CHECK_EQ(rp.state, JM_RECORD_SUSPENDED);
    CHECK(rp.public_body && !rp.flagged);
    CHECK_ST(jm_trust_rp(&rp, &t, JM_BYTES("ban")), JM_E_ABSENT);
    CHECK_OK(jm_trust_use(&use, &t, JM_BYTES("bank"), JM_BYTES("open")));
    CHECK_STR(use.purpose.en, "Account");
    CHECK_EQ(use.to, 20);
    CHECK_ST(jm_trust_use(&use, &t, JM_BYTES("bank"), JM_BYTES("close")), JM_E_ABSENT);
    CHECK_ST(jm_trust_any_wallet(&wallet, &t), JM_E_ABSENT);
    end();
}

/* A wallet provider from elsewhere says that its key attestations name no instance; it is nowhere
 * that our wallet goes. */
TEST(wallet_records_say_whether_keys_are_bound)
{
    struct jm_wallet_record ours = {.id = JM_BYTES("kr-wallet"),
                                    .base = JM_BYTES("https://p.example"),
                                    .name = {JM_BYTES("지갑"), JM_BYTES("Wallet")}},
                            got;
    struct jm_wallet_record theirs = {.id = JM_BYTES("eu-wallet"),
                                      .base = JM_BYTES("https://e.example"),
                                      .name = ours.name,
                                      .keys_unbound = true};
    struct jm_bytes body;

    begin();
    KIT_MUST(jm_body_wallet(&body, &theirs, JM_BYTES("eu"), &K.mem));
    add("wallet/eu-wallet", body, JM_RECORD_ACTIVE);
    open_set();
    CHECK_OK(jm_trust_wallet(&got, &t, theirs.id));
    CHECK(got.keys_unbound);
    CHECK_ST(jm_trust_any_wallet(&got, &t), JM_E_ABSENT);
    CHECK(!got.keys_unbound && got.base.len == 0);
    KIT_MUST(jm_body_wallet(&body, &ours, JM_BYTES("kr-x"), &K.mem));
    add("wallet/kr-wallet", body, JM_RECORD_ACTIVE);
    open_set();
    CHECK_OK(jm_trust_wallet(&got, &t, ours.id));
    CHECK(!got.keys_unbound);
    CHECK_OK(jm_trust_any_wallet(&got, &t));
    CHECK_STR(got.id, "kr-wallet");
    CHECK_EQ(got.platforms.len, 1); /* an empty array */
    end();
}

/* Who was suspended or ended is read as it was, by whoever asks for that. */
TEST(a_wallet_record_in_any_state)
{
    static const enum jm_record_state states[] = {JM_RECORD_ACTIVE, JM_RECORD_SUSPENDED,
                                                  JM_RECORD_ENDED};
    const struct jm_bytes platforms = JM_BYTES("\x81\x82\x61\x61\x61\x31"); /* [["a", "1"]] */
    const struct jm_wallet_record w = {.id = JM_BYTES("kr-wallet"),
                                       .base = JM_BYTES("https://p.example"),
                                       .platforms = platforms,
                                       .name = {JM_BYTES("지갑"), {NULL, 0}}};
    struct jm_wallet_record got;
    enum jm_record_state state;
    struct jm_bytes body;

    for (size_t i = 0; i < JM_ARRAY_LEN(states); i++) {
        begin();
        KIT_MUST(jm_body_wallet(&body, &w, JM_BYTES("kr-x"), &K.mem));
        add("wallet/kr-wallet", body, states[i]);
        open_set();
        CHECK_OK(jm_trust_wallet_in_any_state(&got, &state, &t, w.id));
        CHECK_EQ(state, states[i]);
        CHECK(jm_bytes_eq(got.platforms, platforms) && jm_bytes_eq(got.base, w.base));
        CHECK_ST(jm_trust_wallet(&got, &t, w.id),
                 states[i] == JM_RECORD_ACTIVE ? JM_OK : JM_E_ABSENT);
        CHECK_ST(jm_trust_wallet_in_any_state(&got, &state, &t, JM_BYTES("kr-walle")), JM_E_ABSENT);
        end();
    }
}

TEST(uses_cover_what_lies_under_them)
{
    const struct jm_bytes el[] = {JM_BYTES("ns"), JM_BYTES("el"), JM_BYTES("deeper")},
                          other[] = {JM_BYTES("ns"), JM_BYTES("other")};
    struct jm_use_record use;

    begin();
    open_set();
    CHECK_OK(jm_trust_use(&use, &t, JM_BYTES("bank"), JM_BYTES("open")));
    CHECK(jm_use_allows(&use, JM_FMT_MDOC, JM_BYTES(KIT_DOCTYPE), el, 2));
    CHECK(jm_use_allows(&use, JM_FMT_MDOC, JM_BYTES(KIT_DOCTYPE), el, 3));
    CHECK(!jm_use_allows(&use, JM_FMT_MDOC, JM_BYTES(KIT_DOCTYPE), el, 1));
    CHECK(!jm_use_allows(&use, JM_FMT_MDOC, JM_BYTES(KIT_DOCTYPE), other, 2));
    CHECK(!jm_use_allows(&use, JM_FMT_SDJWT, JM_BYTES(KIT_DOCTYPE), el, 2));
    CHECK(!jm_use_allows(&use, JM_FMT_MDOC, JM_BYTES("other"), el, 2));
    end();
}

TEST(lists_of_registered_families)
{
    static const struct {
        const char *uri;
        bool ok;
    } rows[] = {
        {"https://s.example/l/0", true},
        {"https://s.example/l/3", true},
        {"https://s.example/l/4", false},
        {"https://s.example/l/", false},
        {"https://s.example/l/00", false},
        {"https://s.example/l/+1", false},
        {"https://s.example/l/1/", false},
        {"https://s.example/l/x", false},
        {"https://s.example/m/1", false},
        {"http://s.example/l/1", false},
        {"", false},
        {"https://s.example/l/18446744073709551616", false},
    };
    struct jm_list_record r;

    begin();
    open_set();
    for (size_t i = 0; i < JM_ARRAY_LEN(rows); i++)
        ROW(CHECK_ST(jm_trust_list(&r, &t, jm_str(rows[i].uri)), rows[i].ok ? JM_OK : JM_E_ABSENT),
            rows[i].uri);
    end();
}

/* V-10: of that type, of that owner, valid now, owner active and not flagged. */
TEST(anchors_that_may_vouch)
{
    begin();
    open_set();
    CHECK_EQ(anchors(JM_CERT_IACA, NULL, NULL, KIT_NOW), 1);
    CHECK_EQ(anchors(JM_CERT_IACA, "kr-x", KIT_DOCTYPE, KIT_NOW), 1);
    CHECK_EQ(anchors(JM_CERT_IACA, "kr-y", KIT_DOCTYPE, KIT_NOW), 0);
    CHECK_EQ(anchors(JM_CERT_IACA, NULL, "org.iso.18013.5.1.mDL", KIT_NOW), 0);
    CHECK_EQ(anchors(JM_CERT_SDJWT_CA, NULL, NULL, KIT_NOW), 0);
    CHECK_EQ(anchors(JM_CERT_READER_CA, NULL, NULL, KIT_NOW), 0);
    CHECK_EQ(anchors(JM_CERT_IACA, NULL, NULL, K.iaca.not_after + 1), 0);
    CHECK_EQ(anchors(JM_CERT_IACA, NULL, NULL, K.iaca.not_before - 1), 0);
    end();

    begin();
    add("flag/2/kr-x", flag_body(), JM_RECORD_ACTIVE); /* the issuer is flagged */
    open_set();
    CHECK_EQ(anchors(JM_CERT_IACA, NULL, NULL, KIT_NOW), 0);
    struct jm_issuer_record issuer;
    CHECK_ST(jm_trust_issuer(&issuer, &t, JM_BYTES("kr-x")), JM_E_ABSENT);
    end();

    begin();
    /* the certificate has ended */
    KIT_MUST(jm_record_write(&e[n - 1].record, 2, JM_RECORD_ENDED, JM_BYTES("\xa0"), &K.mem));
    open_set();
    CHECK_EQ(anchors(JM_CERT_IACA, NULL, NULL, KIT_NOW), 0);
    end();
}

static bool opens(struct jm_bytes octets)
{
    size_t mark = jm_arena_mark(&K.mem);
    struct jm_trust x;
    bool ok = jm_trust_open(&x, octets, &K.mem) == JM_OK;

    jm_arena_back(&K.mem, mark);
    return ok;
}

TEST(files)
{
    struct jm_bytes octets, twice;

    begin();
    CHECK_OK(written(&octets, 0, false));
    for (size_t len = 0; len < octets.len; len++)
        CHECK(!opens(exact(jm_slice(octets, 0, len))));
    CHECK(opens(exact(octets)));
    CHECK_OK(written(&octets, 1000, true));
    CHECK(opens(octets));
    CHECK_OK(jm_trust_open(&t, octets, &K.mem));
    CHECK_EQ(t.clock_start, 1000);
    CHECK_EQ(t.clock_moment, 5);
    add("rp/bank", flag_body(), JM_RECORD_ACTIVE);
    CHECK_ST(written(&twice, 0, false), JM_E_DUPLICATE);
    CHECK(!opens(JM_BYTES("\xa0")));
    CHECK(!opens(jm_none()));
    end();
}

/* A file by hand: its label, the keys of two entries, the state of their records, its times and
 * version. */
struct by_hand {
    const char *label, *key[2];
    uint64_t state, issued, next;
    size_t pair, without; /* octets of an entry's array; a member that is left out */
};

static struct jm_bytes file_of(const struct by_hand *h)
{
    struct jm_bytes record;
    struct jm_cbor_w w;
    struct jm_buf b, rec;

    KIT_MUST(jm_alloc_buf(&rec, &K.mem, 64));
    jm_cbor_w_init(&w, &rec);
    jm_cbor_w_map(&w, 2);
    jm_cbor_w_uint(&w, 1);
    jm_cbor_w_uint(&w, h->state);
    jm_cbor_w_uint(&w, 5);
    jm_cbor_w_map(&w, 0);
    KIT_MUST(jm_cbor_w_end(&w));
    record = jm_written(rec);
    KIT_MUST(jm_alloc_buf(&b, &K.mem, 1024));
    jm_cbor_w_init(&w, &b);
    jm_cbor_w_map(&w, h->without != 0 ? 5 : 6);
    jm_cbor_w_uint(&w, 0);
    jm_cbor_w_str(&w, h->label);
    jm_cbor_w_uint(&w, 1);
    jm_cbor_w_array(&w, 2);
    for (size_t i = 0; i < 2; i++) {
        jm_cbor_w_array(&w, h->pair);
        jm_cbor_w_str(&w, h->key[i]);
        jm_cbor_w_bytes(&w, record);
        if (h->pair == 3)
            jm_cbor_w_uint(&w, 0);
    }
    if (h->without != 3) {
        jm_cbor_w_uint(&w, 3);
        jm_cbor_w_bool(&w, false);
    }
    jm_cbor_w_uint(&w, 4);
    jm_cbor_w_uint(&w, h->issued);
    if (h->without != 6) {
        jm_cbor_w_uint(&w, 6);
        jm_cbor_w_uint(&w, 1);
    }
    jm_cbor_w_uint(&w, 7);
    jm_cbor_w_uint(&w, h->next);
    KIT_MUST(jm_cbor_w_end(&w));
    return jm_written(b);
}

TEST(forms_of_a_file)
{
    static const struct {
        const char *name;
        struct by_hand h;
        enum jm_status st, found;
    } rows[] = {
        {"whole", {"jumin-trust/1", {"rp/a", "rp/b"}, 1, 5, 6, 2, 0}, JM_OK, JM_OK},
        {"another label",
         {"jumin-trust/2", {"rp/a", "rp/b"}, 1, 5, 6, 2, 0},
         JM_E_UNSUPPORTED,
         JM_OK},
        {"keys descend", {"jumin-trust/1", {"rp/b", "rp/a"}, 1, 5, 6, 2, 0}, JM_E_MALFORMED, JM_OK},
        {"a key twice", {"jumin-trust/1", {"rp/a", "rp/a"}, 1, 5, 6, 2, 0}, JM_E_MALFORMED, JM_OK},
        {"an entry of three", {"jumin-trust/1", {"rp/a", "rp/b"}, 1, 5, 6, 3, 0}, JM_E_TYPE, JM_OK},
        {"not synthetic, or is it",
         {"jumin-trust/1", {"rp/a", "rp/b"}, 1, 5, 6, 2, 3},
         JM_E_MALFORMED,
         JM_OK},
        {"no version", {"jumin-trust/1", {"rp/a", "rp/b"}, 1, 5, 6, 2, 6}, JM_E_MALFORMED, JM_OK},
        {"the last time",
         {"jumin-trust/1", {"rp/a", "rp/b"}, 1, INT64_MAX / 4, INT64_MAX / 4, 2, 0},
         JM_OK,
         JM_OK},
        {"no such time",
         {"jumin-trust/1", {"rp/a", "rp/b"}, 1, INT64_MAX / 4 + 1, INT64_MAX / 4, 2, 0},
         JM_E_MALFORMED,
         JM_OK},
        {"no such end",
         {"jumin-trust/1", {"rp/a", "rp/b"}, 1, 5, INT64_MAX / 4 + 1, 2, 0},
         JM_E_MALFORMED,
         JM_OK},
        {"state 3", {"jumin-trust/1", {"rp/a", "rp/b"}, 3, 5, 6, 2, 0}, JM_OK, JM_OK},
        {"state 0", {"jumin-trust/1", {"rp/a", "rp/b"}, 0, 5, 6, 2, 0}, JM_OK, JM_E_MALFORMED},
        {"state 4", {"jumin-trust/1", {"rp/a", "rp/b"}, 4, 5, 6, 2, 0}, JM_OK, JM_E_MALFORMED},
    };

    begin();
    for (size_t i = 0; i < JM_ARRAY_LEN(rows); i++) {
        enum jm_record_state state;
        struct jm_bytes body;
        struct jm_trust x;

        ROW(CHECK_ST(jm_trust_open(&x, exact(file_of(&rows[i].h)), &K.mem), rows[i].st),
            rows[i].name);
        if (rows[i].st == JM_OK)
            ROW(CHECK_ST(jm_trust_find(&body, &state, &x, JM_BYTES("rp/b")), rows[i].found),
                rows[i].name);
    }
    uint8_t *much = test_malloc(JM_TRUST_MAX + 1);
    struct jm_trust x;
    memset(much, 0, JM_TRUST_MAX + 1);
    CHECK_ST(jm_trust_open(&x, jm_bytes(much, JM_TRUST_MAX), &K.mem), JM_E_TRAILING);
    CHECK_ST(jm_trust_open(&x, jm_bytes(much, JM_TRUST_MAX + 1), &K.mem), JM_E_LIMIT);
    end();
}

/* -- what one set takes from another -- */

static struct losses {
    enum jm_trust_loss how[8];
    char key[8][32];
    size_t n;
} lost;

static void note(void *ctx, struct jm_bytes key, enum jm_trust_loss how)
{
    (void)ctx;
    snprintf(lost.key[lost.n], sizeof lost.key[0], "%.*s", (int)key.len, (const char *)key.ptr);
    lost.how[lost.n++] = how;
}

static struct jm_bytes party(const char *name, const char *identifier)
{
    const struct jm_rp_record rp = {.id = JM_BYTES("bank"),
                                    .name = {JM_BYTES("은행"), jm_str(name)},
                                    .sector = 2};
    struct jm_bytes body;

    KIT_MUST(jm_body_rp(&body, &rp, JM_BYTES("KR"), jm_str(identifier), JM_BYTES("kr-x"), &K.mem));
    return body;
}

static struct jm_bytes use_of(uint64_t channels, size_t claims)
{
    const struct jm_bytes paths[2][JM_TRUST_PATH_MAX] = {{JM_BYTES("full_name")},
                                                         {JM_BYTES("age_over_19")}};
    const struct jm_bytes elements[1][JM_TRUST_PATH_MAX] = {
        {JM_BYTES("ns"), JM_BYTES("age_over_19")}};
    const struct jm_type_paths types[JM_TRUST_PATH_MAX] = {{JM_FMT_SDJWT, JM_BYTES("urn:x:1"),
                                                            paths, claims == 0 ? 1 : 2},
                                                           {JM_FMT_MDOC, JM_BYTES("org.x"),
                                                            elements, 1}};
    const struct jm_use_record u = {.rp = JM_BYTES("bank"),
                                    .id = JM_BYTES("account"),
                                    .purpose = {JM_BYTES("계좌"), JM_BYTES("Account")},
                                    .privacy_uri = JM_BYTES("https://b.example"),
                                    .legal_basis = JM_BYTES("-"),
                                    .channels = channels,
                                    .from = 1,
                                    .to = 2};
    struct jm_bytes body;

    KIT_MUST(jm_body_use(&body, &u, types, claims == 1 ? 1 : 2, &K.mem));
    return body;
}

static void set_of(struct jm_trust *out, struct jm_bytes rp, enum jm_record_state state,
                   struct jm_bytes use, bool flag)
{
    struct jm_bytes octets;

    n = 0;
    if (rp.len != 0)
        add("rp/bank", rp, state);
    if (use.len != 0)
        add("use/bank/account", use, JM_RECORD_ACTIVE);
    if (flag)
        add("flag/1/bank", flag_body(), JM_RECORD_ACTIVE);
    CHECK_OK(written(&octets, 0, true));
    CHECK_OK(jm_trust_open(out, octets, &K.mem));
}

TEST(what_a_set_takes_away_is_named)
{
    begin();
    const struct jm_bytes rp = party("Bank", "1"), none = jm_none();
    const struct {
        const char *name;
        struct jm_bytes rp, use;
        enum jm_record_state state;
        bool flag;
        const char *key; /* null: nothing */
        enum jm_trust_loss how;
    } rows[] = {
        {"the same", rp, use_of(3, 2), JM_RECORD_ACTIVE, false, NULL, JM_LOSS_GONE},
        {"more channels", rp, use_of(7, 2), JM_RECORD_ACTIVE, false, NULL, JM_LOSS_GONE},
        {"the use is gone", rp, none, JM_RECORD_ACTIVE, false, "use/bank/account", JM_LOSS_GONE},
        {"a channel less", rp, use_of(1, 2), JM_RECORD_ACTIVE, false, "use/bank/account",
         JM_LOSS_LESS},
        {"a claim less", rp, use_of(3, 0), JM_RECORD_ACTIVE, false, "use/bank/account",
         JM_LOSS_LESS},
        {"a format less", rp, use_of(3, 1), JM_RECORD_ACTIVE, false, "use/bank/account",
         JM_LOSS_LESS},
        {"the party is gone", none, use_of(3, 2), JM_RECORD_ACTIVE, false, "rp/bank", JM_LOSS_GONE},
        {"suspended", rp, use_of(3, 2), JM_RECORD_SUSPENDED, false, "rp/bank", JM_LOSS_ENDED},
        {"flagged", rp, use_of(3, 2), JM_RECORD_ACTIVE, true, "flag/1/bank", JM_LOSS_FLAGGED},
        {"another number", party("Bank", "2"), use_of(3, 2), JM_RECORD_ACTIVE, false, "rp/bank",
         JM_LOSS_CHANGED},
        {"another name", party("Bonk", "1"), use_of(3, 2), JM_RECORD_ACTIVE, false, "rp/bank",
         JM_LOSS_CHANGED},
    };
    struct jm_trust before, after;

    for (size_t i = 0; i < JM_ARRAY_LEN(rows); i++) {
        set_of(&before, rp, JM_RECORD_ACTIVE, use_of(3, 2), false);
        set_of(&after, rows[i].rp, rows[i].state, rows[i].use, rows[i].flag);
        lost.n = 0;
        ROW(CHECK_EQ(jm_trust_taken(&before, &after, note, NULL), rows[i].key == NULL ? 0 : 1),
            rows[i].name);
        ROW(CHECK_EQ(lost.n, rows[i].key == NULL ? 0 : 1), rows[i].name);
        if (rows[i].key != NULL && lost.n == 1)
            ROW(CHECK(strcmp(lost.key[0], rows[i].key) == 0) && CHECK_EQ(lost.how[0], rows[i].how),
                rows[i].name);
    }
    /* what is suspended or flagged already is not taken again */
    set_of(&before, rp, JM_RECORD_SUSPENDED, none, true);
    set_of(&after, none, JM_RECORD_ACTIVE, none, true);
    CHECK_EQ(jm_trust_taken(&before, &after, note, NULL), 0);
}
