/* SPDX-License-Identifier: Apache-2.0 */
#include "unit/test.h"

#include "jumin/cose.h"
#include "jumin/statuslist.h"
#include "unit/cred/jose_kit.h"

#define BY(now, answers, ca, mem) \
    (&(const struct jm_reading){now, answers, &jm_crypto_openssl, ca, {NULL, 0}, mem, NULL})

#define URI "https://status.example/l/0"

/* -- vectors -- */

static void check_statuses(const struct jm_json *c, const struct jm_status_list *l)
{
    const struct jm_json *statuses = jm_json_get(c, "statuses");

    for (const struct jm_json *s = statuses->child; s != NULL; s = s->next) {
        uint64_t idx = 0;
        unsigned got;
        int64_t want;

        if (statuses->type == JM_JSON_ARRAY) {
            for (const struct jm_json *b = statuses->child; b != s; b = b->next)
                idx++;
        } else {
            CHECK_OK(jm_parse_u64(&idx, s->name));
        }
        CHECK_OK(jm_json_int(&want, s));
        CHECK_OK(jm_statuslist_get(&got, l, idx));
        CHECK_EQ(got, want);
    }
}

TEST(lists_of_the_draft)
{
    struct jm_bytes file = vector("openid4vc/derived/status-list.json");
    unsigned n = 0;

    kit_begin(&K);
    const struct jm_json *v = parsed(file);
    for (const struct jm_json *c = jm_json_get(v, "encodings")->child; c != NULL; c = c->next) {
        struct jm_status_list l = {.fault = JM_LIST_OK};
        size_t mark = jm_arena_mark(&K.mem);
        struct jm_bytes packed;
        struct jm_buf out;
        int64_t bits, size;
        uint8_t hash[32];
        unsigned value;

        CHECK_OK(jm_json_int(&bits, jm_json_get(c, "bits")));
        CHECK_OK(jm_json_int(&size, jm_json_get(c, "size")));
        KIT_MUST(jm_b64url_decode(&packed, &K.mem, member(c, "lst")));
        KIT_MUST(jm_alloc_buf(&out, &K.mem, 2 * JM_MIB));
        CHECK_OK(jm_crypto_openssl.inflate(packed, &out));
        l.bits = (unsigned)bits;
        l.raw = jm_written(out);
        CHECK_EQ(l.raw.len, size * bits / 8);
        if (jm_json_get(c, "raw_sha256") != NULL) {
            KIT_MUST(jm_sha256(&jm_crypto_openssl, l.raw, hash));
            CHECK_SAME(jm_bytes(hash, 32), test_unhex(member(c, "raw_sha256"), "raw_sha256"));
        }
        check_statuses(c, &l);
        CHECK_ST(jm_statuslist_get(&value, &l, (uint64_t)size), JM_E_RANGE);
        jm_arena_back(&K.mem, mark);
        n++;
    }
    CHECK_EQ(n, 6);
    /* Their token has a bare key: without x5c nobody is trusted. The pinned key holds its
     * signature. */
    struct jm_status_list l;
    const struct jm_list_policy policy = {.all = false};
    const struct jm_reading *then = BY(1700000000, &by_openssl, &K.anchors, &K.mem);
    CHECK_OK(jm_statuslist_open(&l, member(v, "status_list_jwt"), false,
                                JM_BYTES("https://example.com/statuslists/1"), &policy, then));
    CHECK_EQ(l.fault, JM_LIST_CHAIN);
    CHECK_OK(jm_statuslist_open(&l, test_unhex(member(v, "status_list_cwt_hex"), "cwt"), true,
                                JM_BYTES("https://example.com/statuslists/1"), &policy, then));
    CHECK_EQ(l.fault, JM_LIST_CHAIN);
    struct jm_jws_unverified u;
    struct jm_jwk jwk;
    struct jm_jws jws;
    CHECK_OK(jm_jws_split(&u, member(v, "status_list_jwt"), "statuslist+jwt", &K.mem, NULL));
    CHECK_OK(jm_jwk_read(&jwk, jm_json_get(v, "public_key")));
    CHECK_OK(jm_jws_verify(&jws, &u, &jwk.point, &by_openssl, &K.mem, NULL));
    kit_end(&K);
}

/* -- ours, both ways -- */

static struct jm_bytes leaf;

static struct jm_bytes list_of(bool cwt, unsigned bits, struct jm_bytes raw)
{
    struct jm_list_spec s = {.uri = JM_BYTES(URI),
                             .raw = raw,
                             .bits = bits,
                             .iat = KIT_NOW,
                             .exp = KIT_NOW + 100,
                             .ttl = 50,
                             .x5c = &leaf,
                             .n_x5c = 1};
    struct jm_list_draft d;
    struct jm_bytes token;
    struct jm_sig sig;

    KIT_MUST(jm_statuslist_begin(&d, cwt, &s, &jm_crypto_openssl, &K.mem));
    KIT_MUST(jm_key_sign(K.other_key, d.to_sign, &sig));
    KIT_MUST(jm_statuslist_finish(&token, &d, jm_sig_bytes(&sig), &K.mem));
    return token;
}

static enum jm_list_fault fault_of(struct jm_bytes token, bool cwt, const char *uri, int64_t now,
                                   int64_t not_before_iat)
{
    const struct jm_list_policy policy = {.not_before_iat = not_before_iat};
    size_t mark = jm_arena_mark(&K.mem);
    struct jm_status_list l;

    CHECK_OK(jm_statuslist_open(&l, token, cwt, jm_str(uri), &policy,
                                BY(now, &by_openssl, &K.anchors, &K.mem)));
    CHECK(l.fault == JM_LIST_OK || l.fault == JM_LIST_BITS || l.raw.len == 0);
    jm_arena_back(&K.mem, mark);
    return l.fault;
}

static void begin(void)
{
    kit_begin(&K);
    leaf = leaf_of(K.other_key, "Lists");
}

TEST(faults)
{
    static const uint8_t raw[16] = {0xB9, 0xA3};

    for (int cwt = 0; cwt < 2; cwt++) {
        begin();
        struct jm_bytes good = list_of(cwt != 0, 1, jm_bytes(raw, 16));
        CHECK_EQ(fault_of(good, cwt != 0, URI, KIT_NOW, 0), JM_LIST_OK);
        CHECK_EQ(fault_of(good, cwt != 0, URI, KIT_NOW, KIT_NOW), JM_LIST_OK);
        CHECK_EQ(fault_of(good, cwt != 0, URI, KIT_NOW + 99, 0), JM_LIST_OK);
        CHECK_EQ(fault_of(good, cwt != 0, URI, KIT_NOW + 100, 0), JM_LIST_EXPIRED);
        CHECK_EQ(fault_of(good, cwt != 0, URI, KIT_NOW - 61, 0), JM_LIST_STALE);
        CHECK_EQ(fault_of(good, cwt != 0, URI, KIT_NOW, KIT_NOW + 1), JM_LIST_STALE);
        CHECK_EQ(fault_of(good, cwt != 0, URI "0", KIT_NOW, 0), JM_LIST_SUBJECT);
        CHECK_EQ(fault_of(good, cwt == 0, URI, KIT_NOW, 0), JM_LIST_TYPE);
        CHECK_EQ(fault_of(jm_slice(good, 0, good.len - 1), cwt != 0, URI, KIT_NOW, 0),
                 cwt ? JM_LIST_TYPE : JM_LIST_SIGNATURE);
        CHECK_EQ(fault_of(jm_none(), cwt != 0, URI, KIT_NOW, 0), JM_LIST_TYPE);
        CHECK_EQ(fault_of(list_of(cwt != 0, 3, jm_bytes(raw, 16)), cwt != 0, URI, KIT_NOW, 0),
                 JM_LIST_BITS);
        leaf = K.dsc_der; /* a document signer below the same CA */
        struct jm_key *const other = K.other_key;
        K.other_key = K.dsc_key;
        CHECK_EQ(fault_of(list_of(cwt != 0, 1, jm_bytes(raw, 16)), cwt != 0, URI, KIT_NOW, 0),
                 JM_LIST_CHAIN);
        K.other_key = other;
        kit_end(&K);
    }
}

static enum jm_status yes(void *ctx, enum jm_alg alg, struct jm_bytes key, struct jm_bytes data,
                          struct jm_bytes sig)
{
    (void)ctx, (void)alg, (void)key, (void)data, (void)sig;
    return JM_OK;
}

/* Whoever verifies, lengths are judged before. */
static enum jm_list_fault fault_by_form(struct jm_bytes cwt)
{
    const struct jm_list_policy policy = {.all = false};
    const struct jm_answers anybody = {.verify = yes};
    struct jm_status_list l;

    CHECK_OK(jm_statuslist_open(&l, cwt, true, JM_BYTES(URI), &policy,
                                BY(KIT_NOW, &anybody, &K.anchors, &K.mem)));
    return l.fault;
}

TEST(a_signature_of_another_length)
{
    static const uint8_t raw[16] = {0};
    static const struct {
        size_t len;
        struct jm_bytes head; /* of the CBOR byte string */
    } rows[] = {{JM_SIG_LEN, {(const uint8_t *)"\x58\x40", 2}},
                {0, {(const uint8_t *)"\x40", 1}},
                {JM_SIG_LEN - 1, {(const uint8_t *)"\x58\x3f", 2}},
                {JM_SIG_LEN + 1, {(const uint8_t *)"\x58\x41", 2}},
                {JM_SIG_MAX, {(const uint8_t *)"\x58\x84", 2}}};

    begin();
    const struct jm_bytes jwt = list_of(false, 1, jm_bytes(raw, 16)),
                          cwt = list_of(true, 1, jm_bytes(raw, 16)), more = kit_random(&K, 132);
    size_t dot = jm_bytes_until(jwt, jm_bytes_until(jwt, 0, '.') + 1, '.');
    for (size_t i = 0; i < JM_ARRAY_LEN(rows); i++) {
        struct jm_bytes sig[2], text, token;
        const struct jm_list_draft d[2] = {{.to_sign = JM_BYTES("e30.e30")}, {.cwt = true}};

        KIT_MUST(jm_concat(&sig[1], &K.mem,
                           (const struct jm_bytes[]){jm_slice(cwt, cwt.len - 64, 64), more}, 2));
        sig[1].len = rows[i].len;
        CHECK_OK(jm_b64url_exact(&K.mem.base[(size_t)(more.ptr - K.mem.base)], 64,
                                 jm_slice(jwt, dot + 1, SIZE_MAX)));
        sig[0] = jm_slice(more, 0, rows[i].len);
        KIT_MUST(jm_b64url_encode(&text, &K.mem, sig[0]));
        KIT_MUST(jm_concat(&token, &K.mem,
                           (const struct jm_bytes[]){jm_slice(jwt, 0, dot + 1), text}, 2));
        CHECK_EQ(fault_of(token, false, URI, KIT_NOW, 0), i == 0 ? JM_LIST_OK : JM_LIST_SIGNATURE);
        KIT_MUST(jm_concat(&token, &K.mem,
                           (const struct jm_bytes[]){jm_slice(cwt, 0, cwt.len - 66), rows[i].head,
                                                     sig[1]},
                           3));
        CHECK_EQ(fault_of(token, true, URI, KIT_NOW, 0), i == 0 ? JM_LIST_OK : JM_LIST_SIGNATURE);
        CHECK_EQ(fault_by_form(token), i == 0 ? JM_LIST_OK : JM_LIST_SIGNATURE);
        for (int form = 0; form < 2; form++)
            CHECK_ST(jm_statuslist_finish(&token, &d[form], exact(sig[form]), &K.mem),
                     i == 0 ? JM_OK : JM_E_BUG);
    }
    kit_end(&K);
}

TEST(bits_both_ways)
{
    static const uint8_t raw[4] = {0xE4, 0x1B, 0x00, 0xFF};
    static const struct {
        unsigned bits;
        uint64_t idx;
        unsigned value;
    } rows[] = {{1, 0, 0}, {1, 2, 1},  {1, 31, 1}, {2, 0, 0},   {2, 1, 1},  {2, 3, 3},
                {4, 0, 4}, {4, 1, 14}, {4, 7, 15}, {8, 0, 228}, {8, 3, 255}};

    for (int cwt = 0; cwt < 2; cwt++)
        for (size_t i = 0; i < JM_ARRAY_LEN(rows); i++) {
            struct jm_status_list l;
            unsigned got = 99;

            begin();
            struct jm_list_policy policy = {.all = false};
            CHECK_OK(jm_statuslist_open(&l, list_of(cwt != 0, rows[i].bits, jm_bytes(raw, 4)),
                                        cwt != 0, JM_BYTES(URI), &policy,
                                        BY(KIT_NOW, &by_openssl, &K.anchors, &K.mem)));
            CHECK_EQ(l.fault, JM_LIST_OK);
            CHECK_EQ(l.ttl, 50);
            CHECK_OK(jm_statuslist_get(&got, &l, rows[i].idx));
            CHECK_EQ(got, rows[i].value);
            CHECK_ST(jm_statuslist_get(&got, &l, 32 / rows[i].bits), JM_E_RANGE);
            CHECK_ST(jm_statuslist_get(&got, &l, UINT64_MAX), JM_E_RANGE);
            kit_end(&K);
        }
}

static bool jwt_ok(struct jm_bytes token)
{
    return fault_of(token, false, URI, KIT_NOW, 0) == JM_LIST_OK;
}

TEST(no_octet_of_a_list_may_change)
{
    static const uint8_t raw[16] = {1};

    begin();
    check_refuses_changes(list_of(false, 1, jm_bytes(raw, 16)), jwt_ok, NULL, 0);
    kit_end(&K);
}

/* The list's clock and ours: 60 s, by iat and by nbf, and how far it is ahead is kept for whoever
 * tells it. */
TEST(a_list_of_a_clock_that_is_ahead)
{
    static const uint8_t raw[16] = {0};
    static const struct {
        int64_t ahead_s;
        enum jm_list_fault fault;
    } rows[] = {{45, JM_LIST_OK}, {60, JM_LIST_OK}, {61, JM_LIST_STALE}, {300, JM_LIST_STALE}};

    begin();
    for (int cwt = 0; cwt < 2; cwt++)
        for (size_t i = 0; i < JM_ARRAY_LEN(rows); i++) {
            const struct jm_list_policy policy = {.all = false};
            struct jm_status_list l;

            CHECK_OK(
                jm_statuslist_open(&l, list_of(cwt != 0, 1, jm_bytes(raw, 16)), cwt != 0,
                                   JM_BYTES(URI), &policy,
                                   BY(KIT_NOW - rows[i].ahead_s, &by_openssl, &K.anchors, &K.mem)));
            CHECK_EQ(l.fault, rows[i].fault);
            CHECK_EQ(l.ahead_s, rows[i].fault == JM_LIST_OK ? 0 : rows[i].ahead_s);
        }
    kit_end(&K);
}

/* -- what is malformed is never absent -- */

#define LST                                                                               \
    "\"status_list\":{\"bits\":1,\"lst\":\"eNrbuRgAAhcBXQ\"}" /* of the draft: 16 entries \
                                                               */

TEST(a_broken_member_of_a_token_is_not_a_missing_one)
{
    static const struct {
        const char *name, *claims;
        enum jm_list_fault fault;
    } rows[] = {
        {"whole", "\"iat\":1798761600,\"exp\":1798761700,\"ttl\":50," LST, JM_LIST_OK},
        {"without end", "\"iat\":1798761600," LST, JM_LIST_OK},
        {"no times at all", LST, JM_LIST_TYPE},
        {"iat a text", "\"iat\":\"1798761600\"," LST, JM_LIST_TYPE},
        {"exp a text", "\"iat\":1798761600,\"exp\":\"1798761700\"," LST, JM_LIST_TYPE},
        {"exp null", "\"iat\":1798761600,\"exp\":null," LST, JM_LIST_TYPE},
        {"exp 0", "\"iat\":1798761600,\"exp\":0," LST, JM_LIST_EXPIRED},
        {"exp 0.5", "\"iat\":1798761600,\"exp\":0.5," LST, JM_LIST_EXPIRED},
        {"nbf tomorrow", "\"iat\":1798761600,\"nbf\":1798848000," LST, JM_LIST_STALE},
        {"nbf in a minute", "\"iat\":1798761600,\"nbf\":1798761660," LST, JM_LIST_OK},
        {"nbf a text", "\"iat\":1798761600,\"nbf\":\"0\"," LST, JM_LIST_TYPE},
        {"ttl a text", "\"iat\":1798761600,\"ttl\":\"50\"," LST, JM_LIST_TYPE},
        {"ttl 0", "\"iat\":1798761600,\"ttl\":0," LST, JM_LIST_TYPE},
        {"ttl negative", "\"iat\":1798761600,\"ttl\":-1," LST, JM_LIST_TYPE},
        {"bits a text",
         "\"iat\":1798761600,\"status_list\":{\"bits\":\"1\",\"lst\":\"eNrbuRgAAhcBXQ\"}",
         JM_LIST_BITS},
        {"no list", "\"iat\":1798761600", JM_LIST_BITS},
    };

    begin();
    for (size_t i = 0; i < JM_ARRAY_LEN(rows); i++) {
        struct jm_bytes token =
            token_of(text_of("{\"alg\":\"ES256\",\"typ\":\"statuslist+jwt\",\"x5c\":[\"%s\"]}",
                             x5c_of(leaf)),
                     text_of("{\"sub\":\"" URI "\",%s}", rows[i].claims), K.other_key);

        ROW(CHECK_EQ(fault_of(token, false, URI, KIT_NOW, 0), rows[i].fault), rows[i].name);
    }
    kit_end(&K);
}

/* The CWT form from parts: @p head joins the protected header, @p claims the payload, both as
 * encoded pairs. */
static const char *cwt_type = "application/statuslist+cwt";
static size_t cwt_certs; /* 0: the leaf alone, no array */

static struct jm_bytes cwt_of(struct jm_bytes head, size_t n_head, struct jm_bytes claims,
                              size_t n_claims)
{
    struct jm_bytes to_sign, protected_bstr;
    struct jm_sig sig;
    struct jm_cbor_w w;
    struct jm_buf h, p, out;

    KIT_MUST(jm_alloc_buf(&h, &K.mem, 8192));
    jm_cbor_w_init(&w, &h);
    jm_cbor_w_map(&w, 3 + n_head);
    jm_cbor_w_int(&w, 1);
    jm_cbor_w_int(&w, -7);
    jm_cbor_w_int(&w, 16);
    jm_cbor_w_str(&w, cwt_type);
    jm_cbor_w_int(&w, 33);
    if (cwt_certs != 0)
        jm_cbor_w_array(&w, cwt_certs);
    jm_cbor_w_bytes(&w, leaf);
    for (size_t i = 1; i < cwt_certs; i++)
        jm_cbor_w_bytes(&w, K.iaca_der);
    KIT_MUST(jm_cbor_w_end(&w));
    KIT_MUST(jm_buf_put(&h, head));
    KIT_MUST(jm_alloc_buf(&p, &K.mem, 2048));
    jm_cbor_w_init(&w, &p);
    jm_cbor_w_map(&w, 2 + n_claims);
    jm_cbor_w_int(&w, 2);
    jm_cbor_w_str(&w, URI);
    jm_cbor_w_int(&w, 65533);
    jm_cbor_w_map(&w, 2);
    jm_cbor_w_str(&w, "bits");
    jm_cbor_w_uint(&w, 1);
    jm_cbor_w_str(&w, "lst");
    jm_cbor_w_bytes(&w, JM_BYTES("\x78\xda\xdb\xb9\x18\x00\x02\x17\x01\x5d"));
    KIT_MUST(jm_cbor_w_end(&w));
    KIT_MUST(jm_buf_put(&p, claims));
    protected_bstr = jm_written(h);
    KIT_MUST(jm_cose_sig_structure(&to_sign, &K.mem, protected_bstr, jm_written(p)));
    KIT_MUST(jm_key_sign(K.other_key, to_sign, &sig));
    KIT_MUST(jm_alloc_buf(&out, &K.mem, 16384));
    jm_cbor_w_init(&w, &out);
    jm_cbor_w_tag(&w, 18);
    jm_cbor_w_array(&w, 4);
    jm_cbor_w_bytes(&w, protected_bstr);
    jm_cbor_w_map(&w, 0);
    jm_cbor_w_bytes(&w, jm_written(p));
    jm_cbor_w_bytes(&w, jm_sig_bytes(&sig));
    KIT_MUST(jm_cbor_w_end(&w));
    return jm_written(out);
}

/* 1798761600 = 0x6b36ec80 */
#define IAT "\x06\x1a\x6b\x36\xec\x80"
#define EXP "\x04\x1a\x6b\x36\xec\xff"

TEST(nor_of_the_other_form)
{
    static const struct {
        const char *name;
        struct jm_bytes head;
        size_t n_head;
        struct jm_bytes claims;
        size_t n_claims;
        enum jm_list_fault fault;
    } rows[] = {
#define B(lit) {(const uint8_t *)lit, sizeof(lit) - 1}
        {"whole", B(""), 0, B(IAT EXP), 2, JM_LIST_OK},
        {"crit", B("\x02\x81\x18\x63"), 1, B(IAT EXP), 2, JM_LIST_TYPE},
        {"crit of what is understood", B("\x02\x81\x01"), 1, B(IAT EXP), 2, JM_LIST_TYPE},
        {"no times", B(""), 0, B(""), 0, JM_LIST_TYPE},
        {"no end", B(""), 0, B(IAT), 1, JM_LIST_TYPE},
        {"exp a text", B(""), 0, B(IAT "\x04\x61\x31"), 2, JM_LIST_TYPE},
        {"exp 0", B(""), 0, B(IAT "\x04\x00"), 2, JM_LIST_EXPIRED},
        {"exp negative", B(""), 0, B(IAT "\x04\x20"), 2, JM_LIST_TYPE},
        {"nbf late", B(""), 0, B(IAT EXP "\x05\x1a\x6f\x00\x00\x00"), 3, JM_LIST_STALE},
        {"nbf a text", B(""), 0, B(IAT EXP "\x05\x61\x31"), 3, JM_LIST_TYPE},
        {"ttl", B(""), 0, B(IAT EXP "\x19\xff\xfe\x18\x32"), 3, JM_LIST_OK},
        {"ttl 0", B(""), 0, B(IAT EXP "\x19\xff\xfe\x00"), 3, JM_LIST_TYPE},
        {"ttl a text", B(""), 0, B(IAT EXP "\x19\xff\xfe\x61\x31"), 3, JM_LIST_TYPE},
#undef B
    };

    begin();
    for (size_t i = 0; i < JM_ARRAY_LEN(rows); i++)
        ROW(CHECK_EQ(fault_of(cwt_of(rows[i].head, rows[i].n_head, rows[i].claims,
                                     rows[i].n_claims),
                              true, URI, KIT_NOW, 0),
                     rows[i].fault),
            rows[i].name);
    kit_end(&K);
}

TEST(type_and_chain_of_the_other_form)
{
    static const struct jm_bytes claims = {(const uint8_t *)IAT EXP, sizeof(IAT EXP) - 1};
    static const struct {
        const char *type;
        size_t certs;
        enum jm_list_fault fault;
    } rows[] = {
        {"application/statuslist+cwt", 0, JM_LIST_OK},
        {"statuslist+cwt", 0, JM_LIST_OK},
        {"statuslist+jwt", 0, JM_LIST_TYPE},
        {"application/cwt", 0, JM_LIST_TYPE},
        {"", 0, JM_LIST_TYPE},
        {"statuslist+cwt", 1, JM_LIST_OK},
        /* read; the root again and again is no path */
        {"statuslist+cwt", JM_PATH_CERTS_MAX, JM_LIST_CHAIN},
        {"statuslist+cwt", JM_PATH_CERTS_MAX + 1, JM_LIST_TYPE},
    };

    for (size_t i = 0; i < JM_ARRAY_LEN(rows); i++) {
        begin();
        cwt_type = rows[i].type;
        cwt_certs = rows[i].certs;
        ROW(CHECK_EQ(fault_of(cwt_of(jm_none(), 0, claims, 2), true, URI, KIT_NOW, 0),
                     rows[i].fault),
            rows[i].type);
        kit_end(&K);
    }
    cwt_type = "application/statuslist+cwt";
    cwt_certs = 0;
}

/* -- zero is safe -- */

TEST(nothing_is_read_of_a_list_that_does_not_hold)
{
    static const uint8_t raw[16] = {0};
    struct jm_status_list zero = {.bits = 1, .raw = {raw, 16}}, l;
    const struct jm_list_policy policy = {.all = false};
    unsigned value = 7;

    CHECK_ST(jm_statuslist_get(&value, &zero, 0), JM_E_DENIED);
    CHECK_EQ(value, 0);
    for (enum jm_list_fault k = JM_LIST_UNJUDGED; k < JM_LIST_OK; k++) {
        zero.fault = k;
        CHECK_ST(jm_statuslist_get(&value, &zero, 0), JM_E_DENIED);
    }
    zero.fault = JM_LIST_OK;
    CHECK_OK(jm_statuslist_get(&value, &zero, 0));
    for (int cwt = 0; cwt < 2; cwt++) {
        begin();
        struct jm_bytes good = list_of(cwt != 0, 1, jm_bytes(raw, 16)), bad;
        KIT_MUST(jm_dup(&bad, &K.mem, good));
        uint8_t *of_sig = &K.mem.base[(size_t)(bad.ptr - K.mem.base) + bad.len - 12];
        *of_sig = *of_sig == 'A' ? 'B' : 'A';
        CHECK_OK(jm_statuslist_open(&l, good, cwt != 0, JM_BYTES(URI), &policy,
                                    BY(KIT_NOW, &by_openssl, NULL, &K.mem)));
        CHECK_EQ(l.fault, JM_LIST_CHAIN);
        CHECK_OK(jm_statuslist_open(&l, good, cwt != 0, JM_BYTES(URI), &policy,
                                    BY(KIT_NOW, NULL, &K.anchors, &K.mem)));
        CHECK(l.fault != JM_LIST_OK && jm_statuslist_get(&value, &l, 0) == JM_E_DENIED);
        CHECK_OK(jm_statuslist_open(&l, bad, cwt != 0, JM_BYTES(URI), &policy,
                                    BY(KIT_NOW, &by_openssl, &K.anchors, &K.mem)));
        CHECK_EQ(l.fault, JM_LIST_SIGNATURE);
        CHECK_ST(jm_statuslist_get(&value, &l, 0), JM_E_DENIED);
        /* a linter hears the rest, and reads no bit */
        const struct jm_list_policy all = {.all = true};
        CHECK_OK(jm_statuslist_open(&l, bad, cwt != 0, JM_BYTES(URI), &all,
                                    BY(KIT_NOW, &by_openssl, &K.anchors, &K.mem)));
        CHECK(l.raw.len == 16 && jm_statuslist_get(&value, &l, 0) == JM_E_DENIED);
        kit_end(&K);
    }
}

/* -- no answer, no room -- */

static unsigned answers_left;

static enum jm_status verify_some(void *ctx, enum jm_alg alg, struct jm_bytes pub,
                                  struct jm_bytes data, struct jm_bytes sig)
{
    if (answers_left == 0)
        return JM_E_PENDING;
    answers_left--;
    return jm_openssl_verify(ctx, alg, pub, data, sig);
}

/* An answer that is still to come, or room that runs out, is no fault of the list: nothing is said
 * about it, nor left of it. */
TEST(a_list_that_is_not_read_to_its_end)
{
    static const uint8_t raw[65536] = {0};
    const struct jm_answers some = {.verify = verify_some};

    for (int cwt = 0; cwt < 2; cwt++) {
        begin();
        struct jm_list_policy policy = {.all = false}, bare = policy;
        struct jm_bytes token = list_of(cwt != 0, 1, jm_bytes(raw, sizeof raw));
        struct jm_status_list l;
        struct jm_point key;
        unsigned asked = 0;

        for (enum jm_status st = JM_E_PENDING; st == JM_E_PENDING && asked < 9; asked++) {
            answers_left = asked;
            st = jm_statuslist_open(&l, token, cwt != 0, JM_BYTES(URI), &policy,
                                    BY(KIT_NOW, &some, &K.anchors, &K.mem));
            CHECK(st == JM_E_PENDING ? l.fault == JM_LIST_UNJUDGED && l.judged == 0 &&
                                           l.faults == 0 && l.raw.len == 0
                                     : l.fault == JM_LIST_OK);
        }
        CHECK_EQ(asked, 3); /* of the path and of the token */
        KIT_MUST(jm_key_point(&key, K.other_key));
        bare.key = &key;
        for (answers_left = 0; answers_left < 2; answers_left = 1) {
            bool none = answers_left == 0;

            CHECK_ST(jm_statuslist_open(&l, token, cwt != 0, JM_BYTES(URI), &bare,
                                        BY(KIT_NOW, &some, &K.anchors, &K.mem)),
                     none ? JM_E_PENDING : JM_OK);
            CHECK_EQ(l.fault, none ? JM_LIST_UNJUDGED : JM_LIST_OK);
            if (!none)
                break;
        }
        enum jm_status last = JM_E_NO_SPACE;
        for (size_t room_len = 256; room_len <= 256 * JM_KIB;
             room_len += room_len < 8 * JM_KIB ? 16 : room_len / 8) {
            struct jm_arena mem = arena(room_len);

            last = jm_statuslist_open(&l, token, cwt != 0, JM_BYTES(URI), &policy,
                                      BY(KIT_NOW, &by_openssl, &K.anchors, &mem));
            CHECK(last == JM_OK
                      ? l.fault == JM_LIST_OK
                      : last == JM_E_NO_SPACE && l.fault == JM_LIST_UNJUDGED && l.faults == 0);
        }
        CHECK_OK(last);
        kit_end(&K);
    }
}

/* Whoever keeps a judgement must know when to judge anew: until the first of its own end, that of
 * each certificate of its signer's path, and that of the records that made them anchors. */
TEST(a_judgement_lives_no_longer_than_what_it_rests_on)
{
    static const struct {
        const char *name;
        int64_t anchors, until; /* from now */
    } rows[] = {
        {"the list ends first", 1000, 99},
        {"the anchors end first", 50, 50},
        {"nobody says how long the anchors count", -KIT_NOW, -KIT_NOW},
    };
    const uint8_t raw[4] = {0};
    struct jm_status_list l;

    begin();
    for (int cwt = 0; cwt < 2; cwt++) {
        struct jm_bytes token = list_of(cwt != 0, 1, jm_bytes(raw, sizeof raw));
        const struct jm_list_policy policy = {.not_before_iat = 0};

        for (size_t i = 0; i < JM_ARRAY_LEN(rows); i++) {
            K.anchors.until = KIT_NOW + rows[i].anchors;
            CHECK_OK(jm_statuslist_open(&l, token, cwt != 0, JM_BYTES(URI), &policy,
                                        BY(KIT_NOW, &by_openssl, &K.anchors, &K.mem)));
            ROW(CHECK_EQ(l.fault, JM_LIST_OK) && CHECK_EQ(l.until, KIT_NOW + rows[i].until),
                rows[i].name);
        }
        /* its last second is one before its end, and of what is over nothing is kept */
        CHECK_EQ(fault_of(token, cwt != 0, URI, KIT_NOW + 99, 0), JM_LIST_OK);
        CHECK_EQ(fault_of(token, cwt != 0, URI, KIT_NOW + 100, 0), JM_LIST_EXPIRED);
    }
    K.anchors.until = INT64_MAX;
    kit_end(&K);
}
