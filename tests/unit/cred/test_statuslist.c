/* SPDX-License-Identifier: Apache-2.0 */
#include "unit/test.h"

#include "jumin/statuslist.h"
#include "unit/cred/jose_kit.h"

#define URI "https://status.example/l/0"

/* -- vectors ------------------------------------------------------------------------------------------------------- */

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
    /* Their token has a bare key: without x5c nobody is trusted. The pinned key holds its signature. */
    struct jm_status_list l;
    struct jm_list_policy policy = {.ca = &K.anchors, .now = 1700000000};
    CHECK_OK(jm_statuslist_open(&l, member(v, "status_list_jwt"), false, JM_BYTES("https://example.com/statuslists/1"), &policy, &jm_crypto_openssl,
                                &by_openssl, &K.mem));
    CHECK_EQ(l.fault, JM_LIST_CHAIN);
    CHECK_OK(jm_statuslist_open(&l, test_unhex(member(v, "status_list_cwt_hex"), "cwt"), true, JM_BYTES("https://example.com/statuslists/1"), &policy,
                                &jm_crypto_openssl, &by_openssl, &K.mem));
    CHECK_EQ(l.fault, JM_LIST_CHAIN);
    struct jm_jws_unverified u;
    struct jm_jwk jwk;
    struct jm_jws jws;
    CHECK_OK(jm_jws_split(&u, member(v, "status_list_jwt"), "statuslist+jwt", &K.mem, NULL));
    CHECK_OK(jm_jwk_read(&jwk, jm_json_get(v, "public_key")));
    CHECK_OK(jm_jws_verify(&jws, &u, &jwk.point, &by_openssl, &K.mem, NULL));
    kit_end(&K);
}

/* -- ours, both ways ----------------------------------------------------------------------------------------------- */

static struct jm_bytes leaf;

static struct jm_bytes list_of(bool cwt, unsigned bits, struct jm_bytes raw)
{
    struct jm_list_spec s = {.uri = JM_BYTES(URI), .raw = raw, .bits = bits, .iat = KIT_NOW, .exp = KIT_NOW + 100, .ttl = 50, .x5c = &leaf, .n_x5c = 1};
    struct jm_list_draft d;
    struct jm_bytes token;
    uint8_t sig[JM_SIG_LEN];

    KIT_MUST(jm_statuslist_begin(&d, cwt, &s, &jm_crypto_openssl, &K.mem));
    KIT_MUST(jm_key_sign(K.other_key, d.to_sign, sig));
    KIT_MUST(jm_statuslist_finish(&token, &d, sig, &K.mem));
    return token;
}

static enum jm_list_fault fault_of(struct jm_bytes token, bool cwt, const char *uri, int64_t now, int64_t not_before_iat)
{
    struct jm_list_policy policy = {.ca = &K.anchors, .now = now, .not_before_iat = not_before_iat};
    size_t mark = jm_arena_mark(&K.mem);
    struct jm_status_list l;

    CHECK_OK(jm_statuslist_open(&l, token, cwt, jm_str(uri), &policy, &jm_crypto_openssl, &by_openssl, &K.mem));
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
        CHECK_EQ(fault_of(jm_slice(good, 0, good.len - 1), cwt != 0, URI, KIT_NOW, 0), cwt ? JM_LIST_TYPE : JM_LIST_SIGNATURE);
        CHECK_EQ(fault_of(jm_none(), cwt != 0, URI, KIT_NOW, 0), JM_LIST_TYPE);
        CHECK_EQ(fault_of(list_of(cwt != 0, 3, jm_bytes(raw, 16)), cwt != 0, URI, KIT_NOW, 0), JM_LIST_BITS);
        leaf = K.dsc_der; /* a document signer below the same CA */
        struct jm_key *const other = K.other_key;
        K.other_key = K.dsc_key;
        CHECK_EQ(fault_of(list_of(cwt != 0, 1, jm_bytes(raw, 16)), cwt != 0, URI, KIT_NOW, 0), JM_LIST_CHAIN);
        K.other_key = other;
        kit_end(&K);
    }
}

TEST(bits_both_ways)
{
    static const uint8_t raw[4] = {0xE4, 0x1B, 0x00, 0xFF};
    static const struct {
        unsigned bits;
        uint64_t idx;
        unsigned value;
    } rows[] = {{1, 0, 0}, {1, 2, 1}, {1, 31, 1}, {2, 0, 0}, {2, 1, 1}, {2, 3, 3}, {4, 0, 4}, {4, 1, 14}, {4, 7, 15}, {8, 0, 228}, {8, 3, 255}};

    for (int cwt = 0; cwt < 2; cwt++)
        for (size_t i = 0; i < JM_ARRAY_LEN(rows); i++) {
            struct jm_status_list l;
            unsigned got = 99;

            begin();
            struct jm_list_policy policy = {.ca = &K.anchors, .now = KIT_NOW};
            CHECK_OK(jm_statuslist_open(&l, list_of(cwt != 0, rows[i].bits, jm_bytes(raw, 4)), cwt != 0, JM_BYTES(URI), &policy, &jm_crypto_openssl,
                                        &by_openssl, &K.mem));
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
