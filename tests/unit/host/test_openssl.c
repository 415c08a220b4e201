/* SPDX-License-Identifier: Apache-2.0 */
/* What the port takes for a signature and for a point, before the library sees either. */
#include "unit/test.h"

#include "unit/cred/mdoc_kit.h"

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

TEST(a_scalar_agrees_as_its_key_does)
{
    static const uint8_t order[32] = {0xff, 0xff, 0xff, 0xff, 0x00, 0x00, 0x00, 0x00,
                                      0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
                                      0xbc, 0xe6, 0xfa, 0xad, 0xa7, 0x17, 0x9e, 0x84,
                                      0xf3, 0xb9, 0xca, 0xc2, 0xfc, 0x63, 0x25, 0x51};
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
