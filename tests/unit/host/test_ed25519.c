/* SPDX-License-Identifier: Apache-2.0 */
#include "unit/test.h"

#include "host/openssl/ed25519.h"
#include "host/openssl/openssl.h"

/* RFC 8032 7.1, tests 1 to 3 */
static const struct {
    const char *seed, *key, *data, *sig;
} known[] = {
    {"9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
     "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a", "",
     "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b"
     "4"
     "6bd25bf5f0595bbe24655141438e7a100b"},
    {"4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
     "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c", "72",
     "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11"
     "d"
     "8c387b2eaeb4302aeeb00d291612bb0c00"},
    {"c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
     "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025", "af82",
     "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc"
     "6"
     "594a7c15e9716ed28dc027beceea1ec40a"},
};

static struct jm_secret32 seed_of(const char *digits)
{
    struct jm_secret32 s;

    memcpy(s.octets, hex(digits).ptr, sizeof s.octets);
    return s;
}

TEST(known_signatures_both_ways)
{
    CHECK_OK(jm_openssl_init());
    for (size_t i = 0; i < JM_ARRAY_LEN(known); i++) {
        struct jm_secret32 seed = seed_of(known[i].seed);
        uint8_t key[JM_ED25519_KEY_LEN];
        struct jm_sig sig;

        CHECK_OK(jm_ed25519_public(key, &seed));
        CHECK_BYTES(jm_bytes(key, sizeof key), known[i].key);
        CHECK_OK(jm_ed25519_sign(&sig, &seed, hex(known[i].data)));
        CHECK_BYTES(jm_sig_bytes(&sig), known[i].sig);
        CHECK_OK(jm_openssl_verify(NULL, JM_ALG_EDDSA, hex(known[i].key), hex(known[i].data),
                                   hex(known[i].sig)));
    }
}

TEST(what_was_changed_is_refused)
{
    struct jm_bytes key = hex(known[1].key), data = hex(known[1].data), sig = hex(known[1].sig);
    uint8_t room[JM_SIG_LEN + 1] = {0};

    CHECK_OK(jm_openssl_init());
    for (size_t i = 0; i < sig.len; i++) {
        memcpy(room, sig.ptr, sig.len);
        room[i] ^= 1;
        CHECK_ST(jm_openssl_verify(NULL, JM_ALG_EDDSA, key, data, jm_bytes(room, sig.len)),
                 JM_E_SIGNATURE);
        CHECK_ST(jm_openssl_verify(NULL, JM_ALG_EDDSA, key, data, exact(jm_slice(sig, 0, i))),
                 JM_E_SIGNATURE);
    }
    memcpy(room, sig.ptr, sig.len);
    CHECK_ST(jm_openssl_verify(NULL, JM_ALG_EDDSA, key, data, jm_bytes(room, sizeof room)),
             JM_E_SIGNATURE);
    CHECK_ST(jm_openssl_verify(NULL, JM_ALG_EDDSA, key, JM_BYTES(""), sig), JM_E_SIGNATURE);
    CHECK_ST(jm_openssl_verify(NULL, JM_ALG_EDDSA, hex(known[0].key), data, sig), JM_E_SIGNATURE);
    for (size_t len = 0; len < key.len; len++)
        CHECK_ST(jm_openssl_verify(NULL, JM_ALG_EDDSA, exact(jm_slice(key, 0, len)), data, sig),
                 JM_E_MALFORMED);
}

TEST(s_above_the_order_is_refused)
{
    /* S + L: what a verifier that does not compare takes for the same signature */
    static const uint8_t order[32] = {0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58,       0xd6,
                                      0x9c, 0xf7, 0xa2, 0xde, 0xf9, 0xde, 0x14, [31] = 0x10};
    struct jm_bytes sig = hex(known[1].sig);
    uint8_t other[JM_SIG_LEN];
    unsigned carry = 0;

    CHECK_OK(jm_openssl_init());
    memcpy(other, sig.ptr, sizeof other);
    for (size_t i = 0; i < sizeof order; i++) {
        carry += (unsigned)other[32 + i] + order[i];
        other[32 + i] = (uint8_t)carry;
        carry >>= 8;
    }
    CHECK_EQ(carry, 0);
    CHECK_ST(jm_openssl_verify(NULL, JM_ALG_EDDSA, hex(known[1].key), hex(known[1].data),
                               jm_bytes(other, sizeof other)),
             JM_E_SIGNATURE);
}

TEST(one_algorithm_is_not_the_other)
{
    struct jm_bytes key = hex(known[1].key), data = hex(known[1].data), sig = hex(known[1].sig);
    struct jm_key *other = NULL;
    struct jm_point point;
    struct jm_sig es256;

    CHECK_OK(jm_openssl_init());
    CHECK_OK(jm_key_generate(&other));
    CHECK_OK(jm_key_point(&point, other));
    CHECK_OK(jm_key_sign(other, data, &es256));
    jm_key_free(&other);
    CHECK_ST(jm_openssl_verify(NULL, JM_ALG_ES256, key, data, sig), JM_E_MALFORMED);
    CHECK_ST(jm_openssl_verify(NULL, JM_ALG_EDDSA, jm_point_bytes(&point), data,
                               jm_sig_bytes(&es256)),
             JM_E_MALFORMED);
    CHECK_ST(jm_openssl_verify(NULL, JM_ALG_NONE, key, data, sig), JM_E_UNSUPPORTED);
}

TEST(keys_are_drawn)
{
    struct jm_secret32 a, b;
    struct jm_sig sig;
    uint8_t key[JM_ED25519_KEY_LEN];

    CHECK_OK(jm_openssl_init());
    CHECK_OK(jm_ed25519_new(&a));
    CHECK_OK(jm_ed25519_new(&b));
    CHECK(memcmp(&a, &b, sizeof a) != 0);
    CHECK_OK(jm_ed25519_public(key, &a));
    CHECK_OK(jm_ed25519_sign(&sig, &a, JM_BYTES("octets")));
    CHECK_OK(jm_ed25519_verify(jm_bytes(key, sizeof key), JM_BYTES("octets"), jm_sig_bytes(&sig)));
    CHECK_OK(jm_ed25519_public(key, &b));
    CHECK_ST(jm_ed25519_verify(jm_bytes(key, sizeof key), JM_BYTES("octets"), jm_sig_bytes(&sig)),
             JM_E_SIGNATURE);
}
