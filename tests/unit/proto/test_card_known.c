/* SPDX-License-Identifier: Apache-2.0 */
/* The known answers of spec/iccard.md 7, octet by octet: keys, files, and a whole recorded tap of
 * both channels. D-220, D-221 */
#include "unit/proto/card_kit.h"

/* what the reader sends, what the chip says; the last three are the issuer's */
static const char *const tap[][2] =
    {{"00a4040c07f04a554d494e01", "9000"},
     {"0022c1a40f800a04007f00070202040202830103", "9000"},
     {"10860000027c0000", "7c1280103eb00ce404681922c40c58b43b017c959000"},
     {"10860000457c43814104fc6e9e46a0cbf68e4fe23c15756b6251fa87fbdbf1fe89c922f9e0afb2bc4c4070417624"
      "b545c81a6c2a88a81462e57f85d183cc578d5466ef419526ed8a49ee00",
      "7c43824104d92d72a65e8c8ae1f568fb230ae50cdc25d3a29b0e4fac465c01352cfcec06cdc4164419a4b45ff62c"
      "cb8d6409be567cf92fd2d953e3d31ca7aa22f58dd7a2d69000"},
     {"10860000457c4383410481775635bf29233d16b46724ef2153a6150e9fa89158b119b77ffaeb98aff27f40809741"
      "6a11fafd0780222ba53d995897777d8368c4f3ef2a84c28b29f5738800",
      "7c438441040e33f0b328a0cfb7d10b4be700b412890172eb9cc694bebafe00a8d9ecb61f15d7294f8222a0258464"
      "02eae896331af998f7d5e38c947b13225b2200e3e56e5c9000"},
     {"008600000c7c0a8508ceac38e6edaf1cdc00", "7c0a8608d271365811a9b4569000"},
     {"0c2241a41d871101536130d1dcf4e1f6df517bd3bbfa8bee8e0851d181c4ea16440b00",
      "990290008e085cfd7390a59343bc9000"},
     {"0c8600006087510131544de0f795535038d7b44466ea90f0091a160ff1b0d40f526a0e05e6b147d34dcb3ca7fc05"
      "8ac2cd55e63670b20bb8a5591065bb6303699c9b21d08fb2c5be935c94f6044bca525e75eb1b40d75f0a9701008e"
      "08f434e41b14a931da00",
      "871101a48d2fe03433123dd4f8f5b1728c6e5f990290008e080a0872e85ea5900c9000"},
     {"0cca01000d9701048e08350cbcd0f650bfb700",
      "871101227c4fe49d0ee8dcc7403a4a49fe3c6e990290008e08bb44db87ba3194069000"},
     {"0ca4020c1d871101ef05f078906c17f91ae8a5c24294d3528e0899f3ce4722f2c5b200",
      "990290008e088a30efaf64a361599000"},
     {"0cb000000d9701df8e08ec988a02fddd1b8900",
      "87310132fd208bd1b8c18e6df56d3bc0e0829f2265f592e49932b25c62b38fae9e53f127eb95990a5192d2b93a19"
      "70e95f0f81990262828e08add50daa6d04751c6282"}};

TEST(password_keys)
{
    uint8_t key[16];

    CHECK_OK(jm_openssl_init());
    CHECK_OK(jm_card_kdf(key, CC, JM_BYTES(CK_PIN), 3));
    CHECK_BYTES(jm_bytes(key, 16), "8ef708e558ff1450f65e135deba38381");
    CHECK_OK(jm_card_kdf(key, CC, JM_BYTES(CK_CAN), 3));
    CHECK_BYTES(jm_bytes(key, 16), "591468cda83d65219cccb8560233600f");
}

TEST(scalars_are_what_their_labels_hash_to)
{
    struct jm_secret32 key = ck_scalar(CK_CHIP_KEY);
    struct jm_arena mem = arena(4096);
    struct jm_point p, read;
    struct jm_bytes ef;
    uint8_t h[32];

    CHECK_OK(jm_openssl_init());
    CHECK_OK(jm_sha256(CC, JM_BYTES("jumin-iccard-kat/nonce"), h));
    CHECK_BYTES(jm_bytes(h, 16), CK_NONCE);
    CHECK_OK(CC->ec_map->public_of(&p, &key));
    CHECK_OK(jm_card_dg14_write(&ef, &p, &mem));
    CHECK_BYTES(ef, CK_DG14);
    CHECK_OK(jm_card_dg14_read(&read, ef));
    CHECK(jm_point_eq(&p, &read));
    CHECK_OK(jm_card_access_write(&ef, &mem));
    CHECK_BYTES(ef, CK_ACCESS);
    CHECK_OK(jm_card_access_read(ef));
}

TEST(identity_of_the_card)
{
    struct jm_card_dg1 dg1;
    struct jm_arena mem = arena(4096);
    struct jm_bytes ef;

    CHECK_OK(jm_card_dg1_read(&dg1, hex(CK_DG1)));
    CHECK_STR(dg1.serial, "KRJM00000001");
    CHECK_STR(dg1.authority, "1111051500");
    CHECK_STR(dg1.issued, "2026-01-02");
    CHECK_OK(jm_card_dg1_write(&ef, &dg1, &mem));
    CHECK_BYTES(ef, CK_DG1);
}

TEST(the_chip_answers_the_recorded_tap)
{
    ck_begin();
    CK.fixed = hex(CK_X2 CK_Y2 CK_NONCE);
    for (size_t i = 0; i < JM_ARRAY_LEN(tap); i++)
        ROW(CHECK_BYTES(ck_send(hex(tap[i][0])), tap[i][1]), tap[i][0]);
    CHECK_EQ(CK.lasting.pin_tries, 3);
    CHECK_EQ(CK.keeps, 2); /* counted, and restored */
}

static struct jm_bytes template_of(const char *capdu)
{
    struct jm_apdu a;

    KIT_MUST(jm_apdu_read(&a, hex(capdu)));
    return a.data;
}

TEST(the_reader_sends_the_recorded_tap)
{
    struct jm_secret32 x = ck_scalar(CK_X1), y = ck_scalar(CK_Y1);
    struct jm_buf out = room(JM_PACE_TEMPLATE_MAX), data = room(32);
    struct jm_card_sm sm;
    struct jm_pace p;
    uint16_t sw;

    CHECK_OK(jm_openssl_init());
    CHECK_OK(jm_pace_select(&data, JM_CARD_PIN));
    CHECK_SAME(jm_written(data), template_of(tap[1][0]));
    CHECK_OK(jm_pace_begin(&p, CC, JM_PACE_READER, JM_BYTES(CK_PIN), &x, &y, NULL));
    for (size_t i = 2; i <= 5; i++) {
        struct jm_bytes answer = hex(tap[i][1]);

        out.len = 0;
        CHECK_OK(jm_pace_step(&p, CC, jm_slice(answer, 0, answer.len - 2), &out, NULL));
        if (i < 5)
            CHECK_SAME(jm_written(out), template_of(tap[i + 1][0]));
    }
    CHECK_EQ(out.len, 0);
    CHECK_OK(jm_pace_finish(&p, &sm));
    CHECK_BYTES(jm_bytes(sm.enc, 16), "900401d52b790a677d790ca400752308");
    CHECK_BYTES(jm_bytes(sm.mac, 16), "90085b5a28011833995039348e0dc5c9");
    for (size_t i = 6; i <= 7; i++) {
        struct jm_buf capdu = room(256), plain = room(64);
        struct jm_apdu a = {.ins = 0x22, .p1 = 0x41, .p2 = 0xA4, .data = jm_card_ca_select()};

        if (i == 7) {
            struct jm_secret32 eph = ck_scalar(CK_ISSUER_KEY);
            struct jm_point point;

            CHECK_OK(CC->ec_map->public_of(&point, &eph));
            data = room(80);
            KIT_MUST(jm_buf_put(&data, hex("7c438041")));
            KIT_MUST(jm_buf_put(&data, jm_point_bytes(&point)));
            a = (struct jm_apdu){.ins = 0x86, .data = jm_written(data), .le = 256};
        }
        CHECK_OK(jm_card_sm_wrap(&sm, CC, &a, &capdu));
        CHECK_BYTES(jm_written(capdu), tap[i][0]);
        CHECK_OK(jm_card_sm_open(&sm, CC, hex(tap[i][1]), &plain, &sw));
        CHECK_EQ(sw, 0x9000);
        CHECK_BYTES(jm_written(plain), i == 6 ? "" : "7c00");
    }
}
