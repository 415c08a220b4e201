/* SPDX-License-Identifier: Apache-2.0 */
#include "unit/test.h"

#include "host/openssl/openssl.h"

static const struct jm_crypto *const both[] = {&jm_crypto_portable, &jm_crypto_openssl};

TEST(hashes_of_the_standards)
{
    static const struct {
        enum jm_hash h;
        const char *hex;
    } abc[] = {
        {JM_SHA1, "a9993e364706816aba3e25717850c26c9cd0d89d"},
        {JM_SHA256, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"},
        {JM_SHA384, "cb00753f45a35e8bb5a03d699ac65007272c32ab0eded1631a8b605a43ff5bed8086072ba1e7cc"
                    "2358baeca134c825a7"},
        {JM_SHA512, "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a2192992a274fc1"
                    "a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f"},
    };
    const struct jm_bytes parts[3] = {JM_BYTES("a"), jm_none(), JM_BYTES("bc")};
    uint8_t out[JM_HASH_MAX];

    CHECK_OK(jm_openssl_init());
    for (size_t c = 0; c < 2; c++)
        for (size_t i = 0; i < JM_ARRAY_LEN(abc); i++) {
            CHECK_OK(both[c]->hash(abc[i].h, parts, 3, out));
            CHECK_BYTES(jm_bytes(out, jm_hash_len(abc[i].h)), abc[i].hex);
        }
    CHECK_ST(jm_crypto_portable.hash((enum jm_hash)0, parts, 3, out), JM_E_BUG);
    CHECK_ST(jm_crypto_portable.hash((enum jm_hash)9, parts, 3, out), JM_E_BUG);
}

TEST(portable_equals_openssl_at_every_length)
{
    uint8_t in[300], a[JM_HASH_MAX], b[JM_HASH_MAX];

    CHECK_OK(jm_openssl_init());
    for (size_t i = 0; i < sizeof in; i++)
        in[i] = (uint8_t)(i * 7 + 1);
    for (size_t n = 0; n <= sizeof in; n++)
        for (int h = JM_SHA1; h <= JM_SHA512; h++) {
            const struct jm_bytes parts[2] = {jm_bytes(in, n / 3), jm_bytes(in + n / 3, n - n / 3)},
                                  key = jm_bytes(in, n);

            CHECK_OK(jm_crypto_portable.hash((enum jm_hash)h, parts, 2, a));
            CHECK_OK(jm_crypto_openssl.hash((enum jm_hash)h, parts, 2, b));
            CHECK(memcmp(a, b, jm_hash_len((enum jm_hash)h)) == 0);
            CHECK_OK(jm_crypto_portable.hmac((enum jm_hash)h, key, parts, 2, a));
            CHECK_OK(jm_crypto_openssl.hmac((enum jm_hash)h, key, parts, 2, b));
            CHECK(memcmp(a, b, jm_hash_len((enum jm_hash)h)) == 0);
        }
}

TEST(hkdf_of_rfc_5869)
{
    uint8_t out[82];

    CHECK_OK(
        jm_hkdf_sha256(&jm_crypto_portable, hex("0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b"),
                       hex("000102030405060708090a0b0c"), hex("f0f1f2f3f4f5f6f7f8f9"), out, 42));
    CHECK_BYTES(
        jm_bytes(out, 42),
        "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865");
    CHECK_OK(jm_hkdf_sha256(&jm_crypto_portable,
                            hex("0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b"), jm_none(),
                            jm_none(), out, 42));
    CHECK_BYTES(
        jm_bytes(out, 42),
        "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d9d201395faa4b61a96c8");
}

TEST(what_the_portable_port_cannot_do_it_says)
{
    struct jm_buf out = room(64);

    CHECK_ST(jm_crypto_portable.seal(JM_BYTES("0123456789abcdef"), JM_BYTES("0123456789ab"),
                                     jm_none(), jm_none(), &out),
             JM_E_UNSUPPORTED);
    CHECK_ST(jm_crypto_portable.open(JM_BYTES("0123456789abcdef"), JM_BYTES("0123456789ab"),
                                     jm_none(), jm_none(), &out),
             JM_E_UNSUPPORTED);
    CHECK_ST(jm_crypto_portable.deflate(jm_none(), &out), JM_E_UNSUPPORTED);
}
