/* SPDX-License-Identifier: Apache-2.0 */
/* What the port takes for a signature and for a point, before the library sees either. */
#include <openssl/obj_mac.h>

#include "host/openssl/known.h"
#include "unit/cred/mdoc_kit.h"
#include "unit/test.h"

static struct kit K;

TEST(a_signature_has_64_octets)
{
    struct jm_point point;
    struct jm_sig sig;
    const struct jm_bytes data = JM_BYTES("octets");

    kit_begin(&K);
    CHECK_OK(jm_key_point(&point, K.device_key));
    CHECK_OK(jm_key_sign(K.device_key, data, &sig));
    const struct jm_bytes key = jm_point_bytes(&point);
    CHECK_EQ(sig.len, JM_SIG_LEN);
    for (size_t len = 0; len <= JM_SIG_MAX; len++)
        CHECK_ST(jm_openssl_verify(NULL, JM_ALG_ES256, key, data, exact(jm_bytes(sig.octets, len))),
                 len == JM_SIG_LEN ? JM_OK : JM_E_SIGNATURE);
    CHECK_ST(jm_openssl_verify(NULL, JM_ALG_ECDH_ES, key, data, jm_sig_bytes(&sig)),
             JM_E_UNSUPPORTED);
    sig.octets[0] ^= 1;
    CHECK_ST(jm_openssl_verify(NULL, JM_ALG_ES256, key, data, jm_sig_bytes(&sig)), JM_E_SIGNATURE);
    kit_end(&K);
}

TEST(what_is_sealed_has_a_tag_at_least)
{
    const uint8_t key[32] = {1}, iv[JM_GCM_IV] = {2}, zeros[JM_GCM_TAG] = {0};
    struct jm_buf out = room(64);

    CHECK_OK(jm_openssl_init());
    for (size_t n = 0; n <= JM_GCM_TAG; n++)
        CHECK_ST(jm_crypto_openssl.open(jm_bytes(key, 32), jm_bytes(iv, sizeof iv), jm_none(),
                                        exact(jm_bytes(zeros, n)), &out),
                 JM_E_SIGNATURE);
    CHECK_ST(jm_crypto_openssl.open(jm_bytes(key, 24), jm_bytes(iv, sizeof iv), jm_none(),
                                    jm_bytes(zeros, JM_GCM_TAG), &out),
             JM_E_BUG);
    CHECK_EQ(out.len, 0);
}

TEST(a_point_is_written_in_one_of_two_forms)
{
    struct jm_point point;
    uint8_t form[JM_POINT_MAX] = {0};
    struct jm_sig sig;
    const struct jm_bytes data = JM_BYTES("octets");

    kit_begin(&K);
    CHECK_OK(jm_key_point(&point, K.device_key));
    CHECK_OK(jm_key_sign(K.device_key, data, &sig));
    memcpy(form, point.octets, JM_POINT_LEN);
    uint8_t odd = form[JM_POINT_LEN - 1] & 1;
    static const struct {
        const char *name;
        uint8_t first;
        size_t len;
        bool flips;
        enum jm_status st;
    } rows[] = {{"compressed", 2, JM_POINT_COMPRESSED_LEN, false, JM_OK},
                {"compressed, of the other point", 2, JM_POINT_COMPRESSED_LEN, true,
                 JM_E_SIGNATURE},
                {"hybrid", 6, JM_POINT_LEN, false, JM_E_MALFORMED},
                {"one octet short", 4, JM_POINT_LEN - 1, false, JM_E_MALFORMED},
                {"one octet long", 4, JM_POINT_LEN + 1, false, JM_E_MALFORMED},
                {"of P-384", 4, 97, false, JM_E_MALFORMED},
                {"of P-521", 4, JM_POINT_MAX, false, JM_E_MALFORMED},
                {"none", 4, 0, false, JM_E_MALFORMED},
                {"infinity", 0, 1, false, JM_E_MALFORMED},
                {"compressed, called uncompressed", 4, JM_POINT_COMPRESSED_LEN, false,
                 JM_E_MALFORMED},
                {"uncompressed, called compressed", 2, JM_POINT_LEN, false, JM_E_MALFORMED}};

    for (size_t i = 0; i < JM_ARRAY_LEN(rows); i++) {
        form[0] = (uint8_t)(rows[i].first == 2 || rows[i].first == 6
                                ? rows[i].first + (odd ^ rows[i].flips)
                                : rows[i].first);
        ROW(CHECK_ST(jm_openssl_verify(NULL, JM_ALG_ES256, exact(jm_bytes(form, rows[i].len)), data,
                                       jm_sig_bytes(&sig)),
                     rows[i].st),
            rows[i].name);
    }
    kit_end(&K);
}

TEST(a_new_scalar_is_a_key_of_its_point)
{
    struct jm_secret32 scalar, last = {{0}};
    struct jm_point point, same;

    kit_begin(&K);
    for (int i = 0; i < 20; i++) {
        struct jm_key *key;

        CHECK_OK(jm_scalar_new(&scalar, &point));
        CHECK_OK(jm_key_from_scalar(&key, &scalar));
        CHECK_OK(jm_key_point(&same, key));
        CHECK(jm_bytes_eq(jm_point_bytes(&point), jm_point_bytes(&same)));
        CHECK_EQ(point.curve, JM_CURVE_P256);
        CHECK(memcmp(&scalar, &last, sizeof scalar) != 0);
        last = scalar;
        jm_key_free(&key);
    }
    kit_end(&K);
}

static const uint8_t order[32] = {0xff, 0xff, 0xff, 0xff, 0x00, 0x00, 0x00, 0x00, 0xff, 0xff, 0xff,
                                  0xff, 0xff, 0xff, 0xff, 0xff, 0xbc, 0xe6, 0xfa, 0xad, 0xa7, 0x17,
                                  0x9e, 0x84, 0xf3, 0xb9, 0xca, 0xc2, 0xfc, 0x63, 0x25, 0x51};

static EC_GROUP *curve;

/* Is there a table now, after @p uses more? */
static bool has_table(const struct jm_point *p, unsigned uses)
{
    EC_GROUP *by = jm_known_key(p->octets, uses, curve);

    EC_GROUP_free(by);
    return by != NULL;
}

TEST(a_key_that_comes_often_has_a_table)
{
    struct jm_point point[JM_KNOWN_MAX + 1];

    kit_begin(&K);
    curve = EC_GROUP_new_by_curve_name(NID_X9_62_prime256v1);
    for (size_t i = 0; i < JM_ARRAY_LEN(point); i++) {
        struct jm_secret32 scalar;

        CHECK_OK(jm_scalar_new(&scalar, &point[i]));
    }
    CHECK(!has_table(&point[0], 1));
    CHECK(!has_table(&point[0], JM_KNOWN_FROM - 2));
    CHECK(has_table(&point[0], 1));
    CHECK(has_table(&point[0], 1));
    /* a full house: who comes once displaces nobody, who comes more than half as often does */
    for (size_t i = 1; i < JM_KNOWN_MAX; i++)
        CHECK(has_table(&point[i], JM_KNOWN_FROM));
    CHECK(!has_table(&point[JM_KNOWN_MAX], 1));
    CHECK(has_table(&point[0], 1));
    CHECK(has_table(&point[JM_KNOWN_MAX], JM_KNOWN_FROM));
    /* no point of the curve has none */
    point[1].octets[40] ^= 1;
    CHECK(!has_table(&point[1], 2 * JM_KNOWN_FROM));
    /* and what nobody signed counts for nobody */
    struct jm_sig bad = {{0}, JM_SIG_LEN};
    struct jm_point stranger;
    struct jm_secret32 scalar;
    CHECK_OK(jm_scalar_new(&scalar, &stranger));
    memset(bad.octets, 1, JM_SIG_LEN);
    for (unsigned n = 0; n < JM_KNOWN_FROM + 2 * JM_KNOWN_EACH; n++)
        CHECK_ST(jm_openssl_verify(NULL, JM_ALG_ES256, jm_point_bytes(&stranger), JM_BYTES("x"),
                                   jm_sig_bytes(&bad)),
                 JM_E_SIGNATURE);
    CHECK(!has_table(&stranger, JM_KNOWN_EACH));
    EC_GROUP_free(curve);
    kit_end(&K);
}

static void take_away(uint8_t out[32], const uint8_t a[32], const uint8_t b[32])
{
    for (int i = 31, borrow = 0; i >= 0; i--) {
        int d = a[i] - b[i] - borrow;

        borrow = d < 0;
        out[i] = (uint8_t)(d + 256 * borrow);
    }
}

/* What a signature is must not depend on how often its key came: each change of a good one, and
 * numbers at the edges, first without a table, then with it. */
static void judge_all(struct jm_bytes key, struct jm_bytes data, const struct jm_sig *good)
{
    static const uint8_t one[32] = {[31] = 1};
    uint8_t sig[64], other[32];
    const struct jm_bytes is = jm_bytes(sig, sizeof sig);

    memcpy(sig, good->octets, sizeof sig);
    CHECK_OK(jm_openssl_verify(NULL, JM_ALG_ES256, key, data, is));
    CHECK_ST(jm_openssl_verify(NULL, JM_ALG_ES256, key, jm_slice(data, 1, SIZE_MAX), is),
             JM_E_SIGNATURE);
    for (size_t i = 0; i < sizeof sig; i++) {
        sig[i] ^= 1;
        CHECK_ST(jm_openssl_verify(NULL, JM_ALG_ES256, key, data, is), JM_E_SIGNATURE);
        sig[i] ^= 1;
    }
    for (size_t half = 0; half < 64; half += 32) {
        const uint8_t *edges[] = {(const uint8_t[32]){0}, one, order};

        for (size_t i = 0; i < JM_ARRAY_LEN(edges); i++) {
            memcpy(sig + half, edges[i], 32);
            CHECK_ST(jm_openssl_verify(NULL, JM_ALG_ES256, key, data, is), JM_E_SIGNATURE);
        }
        memcpy(sig, good->octets, sizeof sig);
    }
    /* -s holds as well: FIPS 186-5 asks for no lower half */
    take_away(other, order, sig + 32);
    memcpy(sig + 32, other, 32);
    CHECK_OK(jm_openssl_verify(NULL, JM_ALG_ES256, key, data, is));
}

/* The key is the generator, r its x, so that both multiples can be chosen: e = r makes them one
 * point (its double is found, not its sum), e = -r opposite ones (there is no sum). */
TEST(two_multiples_may_be_one_point_or_opposite)
{
    static const uint8_t x[32] = {0x6b, 0x17, 0xd1, 0xf2, 0xe1, 0x2c, 0x42, 0x47, 0xf8, 0xbc, 0xe6,
                                  0xe5, 0x63, 0xa4, 0x40, 0xf2, 0x77, 0x03, 0x7d, 0x81, 0x2d, 0xeb,
                                  0x33, 0xa0, 0xf4, 0xa1, 0x39, 0x45, 0xd8, 0x98, 0xc2, 0x96};
    uint8_t sig[64], minus[32], rest[32];

    curve = EC_GROUP_new_by_curve_name(NID_X9_62_prime256v1);
    take_away(minus, order, x);
    take_away(rest, minus, x); /* order - 2r; s is 2r */
    memcpy(sig, x, 32);
    take_away(sig + 32, order, rest);
    CHECK_OK(jm_known_verify(curve, curve, x, sig));
    CHECK_ST(jm_known_verify(curve, curve, minus, sig), JM_E_SIGNATURE);
    /* s is 5, e is 5 - r; s and the order together are as good a number, and none of a signature */
    memset(sig + 32, 0, 32);
    sig[63] = 5;
    minus[31] = (uint8_t)(minus[31] + 5);
    CHECK_OK(jm_known_verify(curve, curve, minus, sig));
    memcpy(sig + 32, order, 32);
    sig[63] = (uint8_t)(sig[63] + 5);
    CHECK_ST(jm_known_verify(curve, curve, minus, sig), JM_E_SIGNATURE);
    EC_GROUP_free(curve);
}

TEST(a_signature_is_judged_alike_with_a_table)
{
    kit_begin(&K);
    for (int round = 0; round < 20; round++) {
        struct jm_key *key;
        struct jm_point point;
        struct jm_sig sig;
        struct jm_bytes data = jm_bytes((const uint8_t[5]){1, 2, 3, 4, (uint8_t)round}, 5);

        CHECK_OK(jm_key_generate(&key));
        CHECK_OK(jm_key_point(&point, key));
        CHECK_OK(jm_key_sign(key, data, &sig));
        for (int i = 0; i < 6; i++) /* some 75 checks each: the last two with a table */
            judge_all(jm_point_bytes(&point), data, &sig);
        jm_key_free(&key);
    }
    kit_end(&K);
}

TEST(a_scalar_agrees_as_its_key_does)
{
    struct jm_secret32 mine, none = {{0}};
    struct jm_point other = {.len = 0};
    uint8_t x[32], again[32];

    kit_begin(&K);
    for (int i = 0; i < 20; i++) {
        struct jm_key *a, *b;

        KIT_MUST(jm_key_generate(&a));
        KIT_MUST(jm_key_generate(&b));
        KIT_MUST(jm_key_scalar(&mine, a));
        KIT_MUST(jm_key_point(&other, b));
        CHECK_OK(jm_key_agree(a, jm_point_bytes(&other), x));
        CHECK_OK(jm_scalar_agree(&mine, jm_point_bytes(&other), again));
        CHECK(memcmp(x, again, 32) == 0);
        jm_key_free(&a);
        jm_key_free(&b);
    }
    /* neither nought nor the order or more is a key */
    CHECK_ST(jm_scalar_agree(&none, jm_point_bytes(&other), x), JM_E_RANGE);
    memcpy(none.octets, order, 32);
    CHECK_ST(jm_scalar_agree(&none, jm_point_bytes(&other), x), JM_E_RANGE);
    none.octets[31]--;
    CHECK_OK(jm_scalar_agree(&none, jm_point_bytes(&other), x));
    /* a peer that is no point of the curve: no answer tells of a scalar */
    for (size_t i = 0; i < JM_POINT_LEN; i++) {
        struct jm_point bent = other;

        bent.octets[i] ^= 1;
        CHECK_ST(jm_scalar_agree(&mine, jm_point_bytes(&bent), x), JM_E_MALFORMED);
    }
    for (size_t len = 0; len < JM_POINT_LEN; len++)
        CHECK_ST(jm_scalar_agree(&mine, exact(jm_bytes(other.octets, len)), x), JM_E_MALFORMED);
    kit_end(&K);
}
