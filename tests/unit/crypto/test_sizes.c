/* SPDX-License-Identifier: Apache-2.0 */
/* Sizes belong to algorithms: a signature or a point of another length is none. */
#include "jumin/crypto.h"

#include "unit/test.h"

TEST(a_signature_is_as_long_as_its_algorithm_says)
{
    static const uint8_t octets[JM_SIG_MAX + 1] = {7};
    struct jm_sig sig;

    CHECK_EQ(jm_sig_len(JM_ALG_ES256), JM_SIG_LEN);
    CHECK_EQ(jm_sig_len(JM_ALG_EDDSA), JM_SIG_LEN);
    for (size_t len = 0; len <= sizeof octets; len++) {
        bool fits = len == JM_SIG_LEN;

        memset(&sig, 1, sizeof sig);
        CHECK_ST(jm_sig_set(&sig, JM_ALG_ES256, exact(jm_bytes(octets, len))),
                 fits ? JM_OK : JM_E_MALFORMED);
        CHECK_SAME(jm_sig_bytes(&sig), jm_bytes(octets, fits ? len : 0));
    }
}

TEST(who_does_not_sign_has_no_signature)
{
    static const enum jm_alg algs[] = {JM_ALG_NONE, JM_ALG_HMAC256, JM_ALG_ECDH_ES,
                                       (enum jm_alg)99};
    static const uint8_t octets[JM_SIG_LEN] = {7};
    struct jm_sig sig;

    for (size_t i = 0; i < JM_ARRAY_LEN(algs); i++) {
        CHECK_EQ(jm_sig_len(algs[i]), 0);
        CHECK_ST(jm_sig_set(&sig, algs[i], jm_bytes(octets, sizeof octets)), JM_E_MALFORMED);
        CHECK_ST(jm_sig_set(&sig, algs[i], jm_none()), JM_E_MALFORMED); /* nor an empty one */
    }
}

TEST(a_point_is_as_long_as_its_curve_says)
{
    static const uint8_t octets[JM_POINT_MAX + 1] = {4, 1, [JM_POINT_LEN - 1] = 2};
    struct jm_point p;

    for (size_t len = 0; len <= sizeof octets; len++) {
        bool fits = len == JM_POINT_LEN;

        memset(&p, 1, sizeof p);
        CHECK_ST(jm_point_set(&p, JM_CURVE_P256, exact(jm_bytes(octets, len))),
                 fits ? JM_OK : JM_E_MALFORMED);
        CHECK_SAME(jm_point_bytes(&p), jm_bytes(octets, fits ? len : 0));
        CHECK_EQ(p.curve, fits ? JM_CURVE_P256 : JM_CURVE_NONE);
    }
    CHECK_OK(jm_point_set(&p, JM_CURVE_P256, jm_bytes(octets, JM_POINT_LEN)));
    CHECK_SAME(jm_point_x(&p), jm_bytes(octets + 1, 32));
    CHECK_SAME(jm_point_y(&p), jm_bytes(octets + 33, 32));
    CHECK_EQ(jm_curve_len(JM_CURVE_P256), 32);
    CHECK_ST(jm_point_set(&p, JM_CURVE_NONE, jm_bytes(octets, 1)), JM_E_MALFORMED);
    CHECK_ST(jm_point_set(&p, (enum jm_curve)99, jm_bytes(octets, 1)), JM_E_MALFORMED);
}

TEST(a_point_that_is_set_is_uncompressed)
{
    uint8_t octets[JM_POINT_LEN] = {0};
    struct jm_point p;

    for (unsigned first = 0; first < 256; first++) {
        octets[0] = (uint8_t)first;
        CHECK_ST(jm_point_set(&p, JM_CURVE_P256, jm_bytes(octets, sizeof octets)),
                 first == 4 ? JM_OK : JM_E_MALFORMED);
    }
    const struct jm_point compressed = {JM_CURVE_P256, JM_POINT_COMPRESSED_LEN, {2, 9}};
    CHECK_EQ(jm_point_bytes(&compressed).len, JM_POINT_COMPRESSED_LEN);
    CHECK_SAME(jm_point_x(&compressed), jm_bytes(compressed.octets + 1, 32));
    CHECK_EQ(jm_point_y(&compressed).len, 0);
}

TEST(points_are_equal_in_all_they_are)
{
    const struct jm_point none = {.len = 0}, a = {JM_CURVE_P256, JM_POINT_LEN, {4, 1}};
    struct jm_point b = a;

    CHECK(jm_point_eq(&a, &b));
    CHECK(!jm_point_eq(&none, &none) && !jm_point_eq(&a, &none) && !jm_point_eq(&none, &a));
    b.octets[JM_POINT_LEN - 1] = 1;
    CHECK(!jm_point_eq(&a, &b));
    b = a;
    b.curve = JM_CURVE_NONE; /* another curve of this length */
    CHECK(!jm_point_eq(&a, &b));
    b = a;
    b.len = JM_POINT_COMPRESSED_LEN;
    CHECK(!jm_point_eq(&a, &b));
    b = a;
    b.octets[JM_POINT_LEN] = 1; /* beyond its length stands nothing */
    CHECK(jm_point_eq(&a, &b));
}
