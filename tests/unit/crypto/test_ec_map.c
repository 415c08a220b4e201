/* SPDX-License-Identifier: Apache-2.0 */
/* What the chip card needs of the port: CBC, CMAC, and points of P-256; the portable one against
 * the library. */
#include "unit/test.h"

#include "host/openssl/openssl.h"

#define G                                                                \
    "046b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296" \
    "4fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5"
#define MINUS_G                                                          \
    "046b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296" \
    "b01cbd1c01e58065711814b583f061e9d431cca994cea1313449bf97c840ae0a"
#define TWO_G                                                            \
    "047cf27b188d034f7e8a52380304b51ac3c08969e277f21b35a60b48fc47669978" \
    "07775510db8ed040293d9ac69f7430dbba7dade63ce982299e04b79d227873d1"
#define ORDER "ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551"

static const struct jm_crypto *C = &jm_crypto_openssl;
static const struct jm_crypto *const both[] = {&jm_crypto_openssl, &jm_crypto_portable};

static struct jm_secret32 scalar(const char *digits)
{
    struct jm_bytes b = hex(digits);
    struct jm_secret32 s = {{0}};

    memcpy(s.octets + sizeof s.octets - b.len, b.ptr, b.len);
    return s;
}

static void check_cmac_of_rfc_4493(void)
{
    static const struct {
        size_t len;
        const char *mac;
    } rows[] = {{0, "bb1d6929e95937287fa37d129b756746"},
                {16, "070a16b46b4d4144f79bdd9dd04a287c"},
                {40, "dfa66747de9ae63030ca32611497c827"},
                {64, "51f0bebf7e3b9d92fc49741779363cfe"}};
    struct jm_bytes key = hex("2b7e151628aed2a6abf7158809cf4f3c"),
                    message =
                        hex("6bc1bee22e409f96e93d7e117393172aae2d8a571e03ac9c9eb76fac45af8e51"
                            "30c81c46a35ce411e5fbc1191a0a52eff69f2445df4f9b17ad2b417be66c3710");
    uint8_t mac[JM_AES_BLOCK];

    for (size_t i = 0; i < JM_ARRAY_LEN(rows); i++)
        for (size_t cut = 0; cut <= rows[i].len; cut++) {
            const struct jm_bytes parts[2] = {jm_slice(message, 0, cut),
                                              jm_slice(message, cut, rows[i].len - cut)};

            CHECK_OK(jm_aes_cmac(C, key, parts, 2, mac));
            CHECK_BYTES(jm_bytes(mac, sizeof mac), rows[i].mac);
        }
}

static void check_cmac_in_pieces_is_that_of_the_whole(void)
{
    struct jm_bytes key = hex("2b7e151628aed2a6abf7158809cf4f3c");
    uint8_t in[600], whole[JM_AES_BLOCK], cut[JM_AES_BLOCK];

    for (size_t i = 0; i < sizeof in; i++)
        in[i] = (uint8_t)(i * 11 + 3);
    for (size_t n = 0; n <= sizeof in; n++) {
        const struct jm_bytes one = jm_bytes(in, n),
                              parts[3] = {jm_bytes(in, n / 5), jm_bytes(in + n / 5, n / 2),
                                          jm_bytes(in + n / 5 + n / 2, n - n / 5 - n / 2)};

        CHECK_OK(jm_aes_cmac(C, key, &one, 1, whole));
        CHECK_OK(jm_aes_cmac(C, key, parts, 3, cut));
        CHECK(memcmp(whole, cut, sizeof whole) == 0);
    }
    CHECK_ST(jm_aes_cmac(C, jm_slice(key, 0, 15), NULL, 0, whole), JM_E_BUG);
    CHECK_BYTES(jm_bytes(whole, 4), "00000000");
}

static void check_cbc_of_sp_800_38a(void)
{
    struct jm_bytes key = hex("2b7e151628aed2a6abf7158809cf4f3c"),
                    iv = hex("000102030405060708090a0b0c0d0e0f");
    uint8_t data[32];

    memcpy(data, hex("6bc1bee22e409f96e93d7e117393172aae2d8a571e03ac9c9eb76fac45af8e51").ptr, 32);
    CHECK_OK(C->cbc(true, key, iv.ptr, data, 32));
    CHECK_BYTES(jm_bytes(data, 32),
                "7649abac8119b246cee98e9b12e9197d5086cb9b507219ee95db113a917678b2");
    CHECK_OK(C->cbc(false, key, iv.ptr, data, 32));
    CHECK_BYTES(jm_bytes(data, 32),
                "6bc1bee22e409f96e93d7e117393172aae2d8a571e03ac9c9eb76fac45af8e51");
    CHECK_OK(C->cbc(true, key, iv.ptr, data, 0));
    CHECK_ST(C->cbc(true, key, iv.ptr, data, 17), JM_E_BUG);
    CHECK_ST(C->cbc(true, jm_slice(key, 0, 8), iv.ptr, data, 16), JM_E_BUG);
}

static void check_points_are_added_and_multiplied(void)
{
    struct jm_secret32 one = scalar("01"), two = scalar("02");
    struct jm_point p;

    CHECK_OK(C->ec_map->public_of(&p, &one));
    CHECK_BYTES(jm_point_bytes(&p), G);
    CHECK_OK(C->ec_map->public_of(&p, &two));
    CHECK_BYTES(jm_point_bytes(&p), TWO_G);
    CHECK_OK(C->ec_map->multiply(&p, &two, hex(G)));
    CHECK_BYTES(jm_point_bytes(&p), TWO_G);
    CHECK_OK(C->ec_map->combine(&p, &one, hex(G))); /* a doubling */
    CHECK_BYTES(jm_point_bytes(&p), TWO_G);
    CHECK_OK(C->ec_map->combine(&p, &two, hex(MINUS_G)));
    CHECK_BYTES(jm_point_bytes(&p), G);
}

static void check_scalars_out_of_range_and_what_is_no_point_are_refused(void)
{
    static const struct {
        const char *why, *octets;
    } points[] =
        {{"infinity", "00"},
         {"compressed", "036b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296"},
         {"off the curve", "046b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c297"
                           "4fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5"},
         {"y not below p", "046b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296"
                           "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff"},
         {"all zero", "0400000000000000000000000000000000000000000000000000000000000000000"
                      "000000000000000000000000000000000000000000000000000000000000000"},
         {"hybrid", "076b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296"
                    "4fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5"},
         {"too short", "046b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296"}};
    struct jm_secret32 bad[] = {scalar("00"), scalar(ORDER),
                                scalar("ffffffffffffffffffffffffffffffff"
                                       "ffffffffffffffffffffffffffffffff")},
                       one = scalar("01");
    struct jm_point p;

    for (size_t i = 0; i < JM_ARRAY_LEN(bad); i++) {
        CHECK_ST(C->ec_map->public_of(&p, &bad[i]), JM_E_RANGE);
        CHECK_EQ(p.len, 0);
        CHECK_ST(C->ec_map->multiply(&p, &bad[i], hex(G)), JM_E_RANGE);
        CHECK_ST(C->ec_map->combine(&p, &bad[i], hex(G)), JM_E_RANGE);
    }
    for (size_t i = 0; i < JM_ARRAY_LEN(points); i++) {
        ROW(CHECK_ST(C->ec_map->multiply(&p, &one, hex(points[i].octets)), JM_E_MALFORMED),
            points[i].why);
        ROW(CHECK_ST(C->ec_map->combine(&p, &one, hex(points[i].octets)), JM_E_MALFORMED),
            points[i].why);
        CHECK_EQ(p.len, 0);
    }
    CHECK_ST(C->ec_map->combine(&p, &one, hex(MINUS_G)), JM_E_DENIED);
    CHECK_EQ(p.len, 0);
}

static void with_both(void (*check)(void))
{
    CHECK_OK(jm_openssl_init());
    for (size_t i = 0; i < JM_ARRAY_LEN(both); i++) {
        C = both[i];
        check();
    }
}

TEST(cmac_of_rfc_4493)
{
    with_both(check_cmac_of_rfc_4493);
}

TEST(cmac_in_pieces_is_that_of_the_whole)
{
    with_both(check_cmac_in_pieces_is_that_of_the_whole);
}

TEST(cbc_of_sp_800_38a)
{
    with_both(check_cbc_of_sp_800_38a);
}

TEST(points_are_added_and_multiplied)
{
    with_both(check_points_are_added_and_multiplied);
}

TEST(scalars_out_of_range_and_what_is_no_point_are_refused)
{
    with_both(check_scalars_out_of_range_and_what_is_no_point_are_refused);
}

/* -- the portable one against the library -- */

static uint64_t seed;

static void draw(uint8_t *out, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        seed = seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
        out[i] = (uint8_t)(seed >> 56);
    }
}

static void same_point(enum jm_status a, const struct jm_point *p, enum jm_status b,
                       const struct jm_point *q)
{
    CHECK_ST(a, b);
    CHECK(a == JM_OK ? jm_point_eq(p, q) : p->len == 0 && q->len == 0);
}

/* Scalars at the edges of windows and limbs, and small and large ones: each against each. */
static const char *const edges[] =
    {"01",
     "02",
     "03",
     "0f",
     "10",
     "11",
     "ff",
     "0100",
     "ffffffff",
     "0100000000",
     "00000000ffffffff00000000ffffffff",
     "ffffffffffffffffffffffffffffffff",
     "8000000000000000000000000000000000000000000000000000000000000000",
     "7fffffff800000007fffffffffffffffde737d56d38bcf4279dce5617e3192a8",
     "7fffffff800000007fffffffffffffffde737d56d38bcf4279dce5617e3192a9",
     "ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632550",
     "ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc63254f",
     "fffffffe00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551",
     "f0f0f0f00f0f0f0ff0f0f0f00f0f0f0ff0f0f0f00f0f0f0ff0f0f0f00f0f0f0f"};

TEST(edge_scalars_give_what_the_library_gives)
{
    const struct jm_ec_map *o = jm_crypto_openssl.ec_map, *p = jm_crypto_portable.ec_map;
    struct jm_point a, b, base;

    CHECK_OK(jm_openssl_init());
    for (size_t i = 0; i < JM_ARRAY_LEN(edges); i++) {
        struct jm_secret32 k = scalar(edges[i]);

        CHECK_OK(o->public_of(&base, &k));
        same_point(p->public_of(&a, &k), &a, JM_OK, &base);
        for (size_t j = 0; j < JM_ARRAY_LEN(edges); j++) {
            struct jm_secret32 l = scalar(edges[j]);
            struct jm_bytes octets = jm_point_bytes(&base);
            enum jm_status st = p->multiply(&a, &l, octets);

            same_point(st, &a, o->multiply(&b, &l, octets), &b);
            st = p->combine(&a, &l, octets);
            same_point(st, &a, o->combine(&b, &l, octets), &b);
        }
    }
}

/* In a browser's engine the same code is ten times as slow, and node asks the same library. */
#ifdef __wasm__
#define OFTEN 300
#else
#define OFTEN 5000
#endif

TEST(random_scalars_give_what_the_library_gives)
{
    const struct jm_ec_map *o = jm_crypto_openssl.ec_map, *p = jm_crypto_portable.ec_map;
    struct jm_point a, b, base;
    enum jm_status st;

    CHECK_OK(jm_openssl_init());
    seed = 7;
    for (int i = 0; i < OFTEN / 10 * 3; i++) {
        struct jm_secret32 k, l;

        draw(k.octets, sizeof k.octets);
        draw(l.octets, sizeof l.octets);
        st = p->public_of(&base, &k);
        same_point(st, &base, o->public_of(&b, &k), &b);
        st = p->multiply(&a, &l, jm_point_bytes(&base));
        same_point(st, &a, o->multiply(&b, &l, jm_point_bytes(&base)), &b);
        st = p->combine(&a, &l, jm_point_bytes(&base));
        same_point(st, &a, o->combine(&b, &l, jm_point_bytes(&base)), &b);
        base.octets[1 + i % 64] ^= (uint8_t)(1u << i % 8); /* off the curve, nearly always */
        st = p->multiply(&a, &l, jm_point_bytes(&base));
        same_point(st, &a, o->multiply(&b, &l, jm_point_bytes(&base)), &b);
    }
}

TEST(random_blocks_give_what_the_library_gives)
{
    uint8_t key[32], iv[16], a[160], b[160], plain[160];

    CHECK_OK(jm_openssl_init());
    seed = 9;
    for (int i = 0; i < OFTEN; i++) {
        struct jm_bytes k = jm_bytes(key, i % 2 == 0 ? 16 : 32);
        size_t len = (size_t)(i % 11) * 16;

        draw(key, sizeof key);
        draw(iv, sizeof iv);
        draw(plain, sizeof plain);
        memcpy(a, plain, sizeof a);
        memcpy(b, plain, sizeof b);
        CHECK_OK(jm_crypto_portable.cbc(true, k, iv, a, len));
        CHECK_OK(jm_crypto_openssl.cbc(true, k, iv, b, len));
        CHECK(memcmp(a, b, sizeof a) == 0);
        CHECK_OK(jm_crypto_portable.cbc(false, k, iv, a, len));
        CHECK(memcmp(a, plain, sizeof a) == 0);
    }
}
