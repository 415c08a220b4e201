/* SPDX-License-Identifier: Apache-2.0 */
/* The reader's engine against a chip in memory: each way that a tap can end has its code, and the
 * issuer's script runs behind it. D-220, D-221, D-224, D-226 */
#include "unit/proto/card_kit.h"

static enum jm_code why(void)
{
    return jm_card_reader_diag(&R)->code;
}

TEST(a_tap_reads_what_it_is_for)
{
    ck_authority();
    ck_made();
    CHECK_OK(ck_open(CK_PIN, NULL, NULL, CK_TAP));
    CHECK_EQ(jm_card_reader_state(&R), JM_READER_READY);
    CHECK_SAME(jm_card_reader_file(&R, JM_EF_DG14), CK.lasting.file[JM_EF_DG14]);
    CHECK_SAME(jm_card_reader_file(&R, JM_EF_SOD), CK.lasting.file[JM_EF_SOD]);
    CHECK_EQ(jm_card_reader_file(&R, JM_EF_DG2).len, 0);
    CHECK_OK(ck_drive(jm_card_reader_read(&R, JM_EF_DG2)));
    CHECK_SAME(jm_card_reader_file(&R, JM_EF_DG2), CK.lasting.file[JM_EF_DG2]);
    CHECK_OK(ck_drive(jm_card_reader_read(&R, JM_EF_DG11)));
    CHECK_SAME(jm_card_reader_file(&R, JM_EF_DG11), CK.lasting.file[JM_EF_DG11]);
    jm_card_reader_end(&R);
    kit_end(&CA);
}

TEST(the_can_opens_no_portrait)
{
    ck_authority();
    ck_made();
    CHECK_OK(ck_open(NULL, CK_CAN, NULL, 1u << JM_EF_DG1));
    CHECK_SAME(jm_card_reader_file(&R, JM_EF_DG1), CK.lasting.file[JM_EF_DG1]);
    CHECK_ST(ck_drive(jm_card_reader_read(&R, JM_EF_DG2)), JM_E_MALFORMED);
    CHECK_EQ(why(), JM_CARD_SW);
    CHECK_EQ(jm_card_reader_state(&R), JM_READER_FAILED);
    CHECK_ST(jm_card_reader_read(&R, JM_EF_DG1), JM_E_CONFLICT);
    jm_card_reader_end(&R);
    kit_end(&CA);
}

TEST(three_wrong_pins_with_and_without_the_can)
{
    ck_begin();
    CHECK_ST(ck_open("000000", NULL, NULL, 0), JM_E_DENIED);
    CHECK_EQ(why(), JM_CARD_PIN_WRONG);
    CHECK_EQ(jm_card_reader_tries(&R), 2);
    ck_power();
    CHECK_ST(ck_open("000001", NULL, NULL, 0), JM_E_DENIED);
    CHECK_EQ(jm_card_reader_tries(&R), 1);
    ck_power();
    /* even the right one does not count without the digits on the card */
    CHECK_ST(ck_open(CK_PIN, NULL, NULL, 0), JM_E_DENIED);
    CHECK_EQ(why(), JM_CARD_PIN_NEEDS_CAN);
    CHECK_EQ(CK.lasting.pin_tries, 1);
    ck_power();
    CHECK_ST(ck_open(CK_PIN, "000000", NULL, 0), JM_E_DENIED);
    CHECK_EQ(why(), JM_CARD_CAN_WRONG);
    CHECK_EQ(CK.lasting.pin_tries, 1);
    ck_power();
    CHECK_OK(ck_open(CK_PIN, CK_CAN, NULL, 1u << JM_EF_DG2));
    CHECK_EQ(R.opened, JM_CARD_PIN);
    CHECK_EQ(CK.lasting.pin_tries, 3);
    CK.lasting.pin_tries = 1;
    ck_power();
    CHECK_ST(ck_open("000002", CK_CAN, NULL, 0), JM_E_DENIED);
    CHECK_EQ(why(), JM_CARD_PIN_BLOCKED);
    CHECK_EQ(CK.lasting.pin_tries, 0);
    ck_power();
    CHECK_ST(ck_open(CK_PIN, CK_CAN, NULL, 0), JM_E_DENIED);
    CHECK_EQ(why(), JM_CARD_PIN_BLOCKED);
    CHECK_EQ(jm_card_reader_tries(&R), 0);
}

TEST(a_desk_sets_a_new_pin_with_the_puk)
{
    ck_begin();
    CK.lasting.pin_tries = 0;
    ck_power();
    CHECK_ST(ck_open(NULL, NULL, "00000000", 0), JM_E_DENIED);
    CHECK_EQ(why(), JM_CARD_PIN_WRONG);
    CHECK_EQ(CK.lasting.puk_tries, 9);
    ck_power();
    CHECK_OK(ck_open(NULL, NULL, CK_PUK, 0));
    CHECK_EQ(CK.lasting.puk_tries, 10);
    CHECK_ST(jm_card_reader_set_pin(&R, JM_BYTES("12345")), JM_E_RANGE);
    CHECK_ST(jm_card_reader_set_pin(&R, JM_BYTES("12345a")), JM_E_RANGE);
    CHECK_OK(ck_drive(jm_card_reader_set_pin(&R, JM_BYTES("771122"))));
    CHECK_EQ(CK.lasting.pin_tries, 3);
    ck_power();
    CHECK_OK(ck_open("771122", NULL, NULL, 0));
    CHECK_OK(ck_drive(jm_card_reader_set_pin(&R, JM_BYTES("771123")))); /* by the holder */
    ck_power();
    CHECK_ST(ck_open("771122", NULL, NULL, 0), JM_E_DENIED);
    ck_power();
    CHECK_OK(ck_open(NULL, CK_CAN, NULL, 0));
    CHECK_ST(jm_card_reader_set_pin(&R, JM_BYTES("771124")), JM_E_CONFLICT);
}

TEST(a_puk_that_is_used_up_kills_the_chip)
{
    ck_begin();
    for (int i = 0; i < 10; i++) {
        ck_power();
        CHECK_ST(ck_open(NULL, NULL, "00000000", 0), JM_E_DENIED);
        CHECK_EQ(why(), i < 9 ? JM_CARD_PIN_WRONG : JM_CARD_PIN_BLOCKED);
    }
    ck_power();
    CHECK_ST(ck_open(NULL, NULL, CK_PUK, 0), JM_E_DENIED);
    CHECK_EQ(why(), JM_CARD_PIN_BLOCKED);
    ck_power();
    CHECK_ST(ck_open(NULL, CK_CAN, NULL, 0), JM_E_DENIED);
    CHECK_EQ(why(), JM_CARD_PIN_BLOCKED);
}

/* -- chips that are none, or lie -- */

static unsigned spoil_at, spoil_sw;
static struct jm_bytes spoil_with;

static void say_sw(struct jm_buf *rapdu, unsigned n)
{
    if (n == spoil_at) {
        rapdu->len = 0;
        KIT_MUST(jm_buf_put(rapdu, spoil_with));
        rapdu->ptr[rapdu->len++] = (uint8_t)(spoil_sw >> 8);
        rapdu->ptr[rapdu->len++] = (uint8_t)spoil_sw;
    }
}

static void say_one_octet(struct jm_buf *rapdu, unsigned n)
{
    if (n == spoil_at)
        rapdu->len = 1;
}

/* The reader's commands: 1 SELECT, 2 3 CardAccess, 4 MSE, 5 nonce, 6 map, 7 agree, 8 token, 9
 * SELECT of a file, 10 READ. */
static void spoiled(unsigned at, unsigned sw, const char *data, enum jm_code code)
{
    ck_begin();
    spoil_at = at;
    spoil_sw = sw;
    spoil_with = hex(data);
    CK.spoil_answer = say_sw;
    CHECK(ck_open(CK_PIN, NULL, NULL, 1u << JM_EF_DG1) != JM_OK);
    if (!CHECK_EQ(why(), code))
        printf("    command %u, %04x %s\n", at, sw, data);
    CHECK_EQ(jm_card_reader_state(&R), JM_READER_FAILED);
    CHECK(!R.sm.open);
}

TEST(each_answer_that_does_not_fit_has_its_code)
{
    static const char far[] = "7c43824104"
                              "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff"
                              "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
                      compressed[] = "7c238221"
                                     "036b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d8"
                                     "98c296";

    spoiled(1, 0x6A82, "", JM_CARD_NOT_RESIDENT);
    spoiled(2, 0x6A82, "", JM_CARD_ACCESS_INFO);
    spoiled(3, 0x9000, "31143012060a04007f0007020204020202010202010d", JM_CARD_ACCESS_INFO);
    spoiled(3, 0x9000, "31143012060a04007f0007020204020402010202010c", JM_CARD_ACCESS_INFO);
    spoiled(3, 0x9000, "3000", JM_CARD_TLV);
    spoiled(3, 0x9000, "3181", JM_CARD_TLV);
    spoiled(3, 0x9000, "", JM_CARD_TLV);
    spoiled(3, 0x9000, "3182020f", JM_CARD_SIZE);
    spoiled(3, 0x9000, "310000", JM_CARD_LENGTH);
    spoiled(3, 0x6B00, "", JM_CARD_SW);
    spoiled(4, 0x6A80, "", JM_CARD_ACCESS_INFO);
    spoiled(4, 0x6A88, "", JM_CARD_ACCESS_INFO);
    spoiled(4, 0x6983, "", JM_CARD_PIN_BLOCKED);
    spoiled(4, 0x63C1, "", JM_CARD_PIN_NEEDS_CAN);
    spoiled(4, 0x6D00, "", JM_CARD_SW);
    spoiled(5, 0x6985, "", JM_CARD_PIN_NEEDS_CAN);
    spoiled(5, 0x9000, "", JM_CARD_PACE_PROTOCOL);
    spoiled(5, 0x9000, "7c128010000102030405060708090a0b0c0d0e", JM_CARD_PACE_PROTOCOL);
    spoiled(5, 0x9000, "7c11800f000102030405060708090a0b0c0d0e", JM_CARD_PACE_PROTOCOL);
    spoiled(5, 0x9000, "7c138011000102030405060708090a0b0c0d0e0f10", JM_CARD_PACE_PROTOCOL);
    spoiled(6, 0x9000, far, JM_CARD_POINT);
    spoiled(6, 0x9000, compressed, JM_CARD_POINT);
    spoiled(6, 0x9000, "7c03820100", JM_CARD_POINT);
    spoiled(6, 0x9000, "7c00", JM_CARD_PACE_PROTOCOL);
    spoiled(6, 0x6A80, "", JM_CARD_SW);
    spoiled(7, 0x9000, "7c03840100", JM_CARD_POINT);
    spoiled(8, 0x9000, "7c0a86080102030405060708", JM_CARD_PACE_PROTOCOL);
    spoiled(8, 0x9000, "7c0986070102030405060700", JM_CARD_PACE_PROTOCOL);
    spoiled(8, 0x6300, "", JM_CARD_CAN_WRONG);
    spoiled(8, 0x63C2, "", JM_CARD_PIN_WRONG);
    spoiled(8, 0x63C0, "", JM_CARD_PIN_BLOCKED);
    spoiled(9, 0x9000, "", JM_CARD_SM);
    spoiled(9, 0x6982, "", JM_CARD_SM);
    spoiled(10, 0x6988, "", JM_CARD_SM);
    ck_begin();
    spoil_at = 1;
    CK.spoil_answer = say_one_octet;
    CHECK_ST(ck_open(CK_PIN, NULL, NULL, 0), JM_E_MALFORMED);
    CHECK_EQ(why(), JM_CARD_LENGTH);
}

TEST(the_status_is_the_channels)
{
    ck_begin();
    CK.lasting.pin_tries = 2;
    ck_power();
    CHECK_OK(ck_open(NULL, CK_CAN, NULL, 1u << JM_EF_DG1));
    CHECK_EQ(jm_card_reader_status(&R)->password, JM_CARD_NO_PASSWORD);
    CHECK_OK(ck_drive(jm_card_reader_ask_status(&R)));
    CHECK_EQ(jm_card_reader_status(&R)->password, JM_CARD_CAN);
    CHECK_EQ(jm_card_reader_status(&R)->pin_tries, 2);
    CHECK(!jm_card_reader_status(&R)->chip_authenticated);
    CHECK_OK(ck_drive(jm_card_reader_read(&R, JM_EF_DG14))); /* and the channel goes on */
    CHECK_OK(jm_card_reader_event(&R, JM_EVENT_CANCEL));
    CHECK_ST(jm_card_reader_ask_status(&R), JM_E_CONFLICT);
}

static struct jm_bytes status_said;
static uint16_t status_sw;

/* The chip says something else, in its own channel. */
static void say_status(struct jm_buf *rapdu, unsigned n)
{
    (void)n;
    rapdu->len = 0;
    CK.chip.sm.counter--;
    KIT_MUST(jm_card_sm_answer(&CK.chip.sm, CC, status_said, status_sw, rapdu));
}

TEST(a_status_that_is_none_has_its_code)
{
    static const struct {
        const char *said;
        uint16_t sw;
        enum jm_code code;
    } rows[] = {{"01020300", 0x9000, JM_CODE_NONE},     {"02020300", 0x9000, JM_CARD_TLV},
                {"01030300", 0x9000, JM_CARD_TLV},      {"01021000", 0x9000, JM_CARD_TLV},
                {"01020302", 0x9000, JM_CARD_TLV},      {"010203", 0x9000, JM_CARD_LENGTH},
                {"0102030000", 0x9000, JM_CARD_LENGTH}, {"01020300", 0x6982, JM_CARD_SW}};

    for (size_t i = 0; i < JM_ARRAY_LEN(rows); i++) {
        ck_begin();
        CHECK_OK(ck_open(NULL, CK_CAN, NULL, 0));
        status_said = hex(rows[i].said);
        status_sw = rows[i].sw;
        CK.spoil_answer = say_status;
        CHECK_EQ(ck_drive(jm_card_reader_ask_status(&R)) == JM_OK, rows[i].code == JM_CODE_NONE);
        if (!CHECK_EQ(why(), rows[i].code))
            printf("    %s\n", rows[i].said);
        CHECK_EQ(jm_card_reader_status(&R)->password,
                 rows[i].code == JM_CODE_NONE ? JM_CARD_CAN : JM_CARD_NO_PASSWORD);
    }
}

TEST(what_a_reader_says_of_its_card_has_its_code)
{
    static const struct {
        enum jm_status st;
        enum jm_code code;
    } rows[] = {{JM_E_GONE, JM_CARD_REMOVED},        {JM_E_IO, JM_CARD_REMOVED},
                {JM_E_UNAVAILABLE, JM_CARD_TIMEOUT}, {JM_E_LIMIT, JM_CARD_LENGTH},
                {JM_E_UNSUPPORTED, JM_CARD_LENGTH},  {JM_E_BUG, JM_CARD_TIMEOUT}};

    for (size_t i = 0; i < JM_ARRAY_LEN(rows); i++)
        for (unsigned at = 1; at <= 10; at++) {
            ck_begin();
            CK.dies_at = at;
            CK.dies_as = rows[i].st;
            CHECK(ck_open(CK_PIN, NULL, NULL, 1u << JM_EF_DG1) != JM_OK);
            CHECK_EQ(why(), rows[i].code);
        }
}

/* Our own point, echoed. */
static struct jm_bytes echoed;

static void remember_point(struct jm_buf *capdu, unsigned n)
{
    if (n == spoil_at)
        echoed = exact(jm_slice(jm_written(*capdu), 9, 65));
}

static void say_echo(struct jm_buf *rapdu, unsigned n)
{
    if (n == spoil_at)
        memcpy(rapdu->ptr + 4, echoed.ptr, echoed.len);
}

TEST(an_echoed_point_is_refused)
{
    for (spoil_at = 6; spoil_at <= 7; spoil_at++) {
        ck_begin();
        CK.spoil_command = remember_point;
        CK.spoil_answer = say_echo;
        CHECK_ST(ck_open(CK_PIN, NULL, NULL, 0), JM_E_DENIED);
        CHECK_EQ(why(), JM_CARD_POINT);
    }
}

TEST(a_card_that_leaves_says_so)
{
    for (unsigned at = 1; at <= 11; at++) {
        ck_begin();
        CK.dies_at = at;
        CHECK_ST(ck_open(CK_PIN, NULL, NULL, 1u << JM_EF_DG1), at <= 10 ? JM_E_UNAVAILABLE : JM_OK);
        if (at <= 10)
            CHECK_EQ(why(), JM_CARD_REMOVED);
    }
}

static enum jm_status no_answer(void *ctx, struct jm_bytes capdu, struct jm_buf *rapdu)
{
    (void)ctx, (void)capdu, (void)rapdu;
    return JM_E_UNAVAILABLE;
}

TEST(a_card_that_is_too_slow_says_so)
{
    const struct jm_card_reader_config config = {.crypto = CC, .pin = JM_BYTES(CK_PIN)};
    struct jm_answers by = ck_answers;
    struct jm_arena mem = arena(16 * JM_KIB);
    const struct jm_ask *ask;

    ck_begin();
    by.transmit = no_answer;
    CHECK_OK(jm_card_reader_init(&R, &config, ck_room, sizeof ck_room));
    CHECK_ST(jm_drive(&(struct jm_driver){.by = by, .now = ck_now, .mem = &mem},
                      jm_card_reader_engine(&R), jm_card_reader_event(&R, JM_EVENT_START)),
             JM_E_UNAVAILABLE);
    CHECK_EQ(why(), JM_CARD_TIMEOUT);
    CHECK_ST(jm_card_reader_event(&R, JM_EVENT_START), JM_E_CONFLICT);
    CHECK_EQ(jm_card_reader_engine(&R).asks(&R, &ask), 0);
    /* ended by its caller */
    jm_card_reader_end(&R);
    CHECK_OK(jm_card_reader_init(&R, &config, ck_room, sizeof ck_room));
    CHECK_OK(jm_card_reader_event(&R, JM_EVENT_START));
    CHECK_EQ(jm_card_reader_engine(&R).asks(&R, &ask), 1);
    CHECK_ST(jm_card_reader_engine(&R).answer(&R, ask->id + 1,
                                              &(struct jm_answer){.kind = JM_ASK_TRANSMIT}, 0),
             JM_E_BUG);
    CHECK_ST(jm_card_reader_engine(&R).answer(&R, ask->id,
                                              &(struct jm_answer){.kind = JM_ASK_RANDOM}, 0),
             JM_E_BUG);
    CHECK_OK(jm_card_reader_event(&R, JM_EVENT_CANCEL));
    CHECK_EQ(jm_card_reader_state(&R), JM_READER_FAILED);
}

TEST(what_is_no_password_is_refused)
{
    static const struct {
        const char *pin, *can, *puk;
        enum jm_status st;
    } rows[] = {{NULL, NULL, NULL, JM_E_RANGE},           {"12345", NULL, NULL, JM_E_RANGE},
                {"1234567", NULL, NULL, JM_E_RANGE},      {"12345x", NULL, NULL, JM_E_RANGE},
                {NULL, "12345", NULL, JM_E_RANGE},        {NULL, NULL, "1234567", JM_E_RANGE},
                {"123456", NULL, "12345678", JM_E_RANGE}, {NULL, "123456", "12345678", JM_E_RANGE},
                {"123456", "123456", NULL, JM_OK},        {NULL, NULL, "12345678", JM_OK}};

    ck_begin();
    for (size_t i = 0; i < JM_ARRAY_LEN(rows); i++) {
        struct jm_card_reader_config config = {.crypto = CC,
                                               .pin = jm_str(rows[i].pin),
                                               .can = jm_str(rows[i].can),
                                               .puk = jm_str(rows[i].puk)};

        CHECK_ST(jm_card_reader_init(&R, &config, ck_room, sizeof ck_room), rows[i].st);
        config.crypto = &(const struct jm_crypto){.hash = CC->hash};
        CHECK_ST(jm_card_reader_init(&R, &config, ck_room, sizeof ck_room), JM_E_UNSUPPORTED);
        config.crypto = CC;
        CHECK(jm_card_reader_init(&R, &config, ck_room, 100) != JM_OK);
    }
}

/* -- the issuer's script behind it -- */

static struct jm_card_script script;
static struct jm_card_session session;

/* The tap up to the script; what the issuer makes of `open`. */
static void tap_to_script(struct jm_arena *mem, const char *pin, const char *can)
{
    struct jm_secret32 eph = ck_scalar(CK_ISSUER_KEY);
    const struct jm_card_trust trust = ck_trust();
    struct jm_card_sod sod;
    struct jm_point key;

    KIT_MUST(ck_open(pin, can, NULL, CK_TAP));
    KIT_MUST(jm_card_sod_judge(&sod, jm_card_reader_file(&R, JM_EF_SOD), &trust, mem, NULL));
    KIT_MUST(jm_card_dg14_read(&key, jm_card_reader_file(&R, JM_EF_DG14)));
    CHECK(jm_card_sod_covers(&sod, JM_EF_DG14, jm_card_reader_file(&R, JM_EF_DG14), CC));
    CHECK_OK(jm_card_script(&script, &session, &sod, &key, &eph, CC, mem, NULL));
}

static enum jm_status run_script(void)
{
    return ck_drive(jm_card_reader_script(&R, script.wrap, 2, script.opaque, script.n));
}

static enum jm_status finish(struct jm_card_proof *proof, enum jm_card_password want,
                             struct jm_arena *mem, struct jm_diag *d)
{
    size_t n;
    const struct jm_bytes *rapdu = jm_card_reader_rapdus(&R, &n);

    *d = (struct jm_diag){0};
    return jm_card_finish(proof, &session, want, rapdu, n, CC, mem, d);
}

TEST(the_issuer_learns_which_card_and_that_its_pin_was_typed)
{
    struct jm_arena mem = arena(64 * JM_KIB);
    struct jm_card_session read;
    struct jm_card_proof proof;
    struct jm_bytes row;
    struct jm_diag d;

    ck_authority();
    ck_made();
    tap_to_script(&mem, CK_PIN, NULL);
    CHECK_OK(run_script());
    CHECK_EQ(jm_card_reader_state(&R), JM_READER_DONE);
    CHECK(!R.sm.open);
    CHECK_OK(jm_card_session_write(&row, &session, &mem));
    CHECK_OK(jm_card_session_read(&read, row));
    CHECK(memcmp(&read, &session, sizeof read) == 0);
    CHECK_OK(finish(&proof, JM_CARD_PIN, &mem, &d));
    CHECK_EQ(proof.password, JM_CARD_PIN);
    CHECK_EQ(proof.pin_tries, 3);
    CHECK(proof.chip_authenticated);
    CHECK_STR(proof.dg1.serial, "KRJM00000001");
    CHECK_SAME(proof.sod, CK.lasting.file[JM_EF_SOD]);
    printf("    %u APDUs, %zu octets to the chip, %zu back, SOD %zu\n", CK.apdus, CK.octets_in,
           CK.octets_out, proof.sod.len);
    kit_end(&CA);
}

TEST(the_script_of_the_known_answers)
{
    struct jm_secret32 eph = ck_scalar(CK_ISSUER_KEY);
    struct jm_arena mem = arena(64 * JM_KIB);
    struct jm_card_sod sod = {.ef = JM_BYTES("x"), .serial = JM_BYTES("KRJM00000001")};
    struct jm_point key;

    CHECK_OK(jm_openssl_init());
    CHECK_OK(jm_card_dg14_read(&key, hex(CK_DG14)));
    CHECK_OK(jm_card_script(&script, &session, &sod, &key, &eph, CC, &mem, NULL));
    CHECK_BYTES(script.opaque[0], "0cca01000d9701048e08350cbcd0f650bfb700");
    CHECK_BYTES(script.opaque[1],
                "0ca4020c1d871101ef05f078906c17f91ae8a5c24294d3528e0899f3ce4722f2c5b200");
    CHECK_BYTES(script.opaque[2], "0cb000000d9701df8e08ec988a02fddd1b8900");
    CHECK_BYTES(jm_bytes(session.enc, 16), "a4b8cab6fdd35ce3d9b02e5e6d6dfcdd");
    CHECK_BYTES(jm_bytes(session.mac, 16), "ee1c6f7d7afb15dcd987a26247737f93");
    CHECK_EQ(script.n, 5);
    /* a key that is no point, and a scalar that is none */
    key.octets[64] ^= 1;
    CHECK_ST(jm_card_script(&script, &session, &sod, &key, &eph, CC, &mem, NULL), JM_E_DENIED);
    CHECK_EQ(session.n, 0);
    memset(&eph, 0xff, sizeof eph);
    CHECK_ST(jm_card_script(&script, &session, &sod, &key, &eph, CC, &mem, NULL), JM_E_RANGE);
}

TEST(a_channel_of_the_can_is_not_one_of_the_pin)
{
    struct jm_arena mem = arena(64 * JM_KIB);
    struct jm_card_proof proof;
    struct jm_diag d;

    ck_authority();
    ck_made();
    tap_to_script(&mem, NULL, CK_CAN);
    CHECK_OK(run_script());
    CHECK_ST(finish(&proof, JM_CARD_PIN, &mem, &d), JM_E_DENIED);
    CHECK_EQ(d.code, JM_CARD_PIN_REQUIRED);
    CHECK_EQ(proof.dg1.serial.len, 0);
    CHECK_OK(finish(&proof, JM_CARD_CAN, &mem, &d)); /* a desk's look */
    CHECK_EQ(proof.password, JM_CARD_CAN);
    kit_end(&CA);
}

TEST(a_copy_without_the_key_fails)
{
    struct jm_arena mem = arena(64 * JM_KIB);
    struct jm_card_proof proof;
    struct jm_diag d;

    ck_authority();
    ck_made();
    CK.lasting.key.octets[31] ^= 1;
    ck_power();
    tap_to_script(&mem, CK_PIN, NULL);
    CHECK_OK(run_script()); /* the phone sees nothing but octets */
    CHECK_ST(finish(&proof, JM_CARD_PIN, &mem, &d), JM_E_SIGNATURE);
    CHECK_EQ(d.code, JM_CARD_CHIP_AUTH);
    kit_end(&CA);
}

TEST(files_of_another_card_on_a_genuine_chip_fail)
{
    struct jm_chip_spec other = ck_spec();
    struct jm_arena mem = arena(64 * JM_KIB);
    struct jm_card_proof proof;
    struct jm_bytes dg1;
    struct jm_diag d;

    ck_authority();
    ck_made();
    other.dg1.serial = JM_BYTES("KRJM00000002");
    CHECK_OK(jm_card_dg1_write(&dg1, &other.dg1, &CA.mem));
    CK.lasting.file[JM_EF_DG1] = dg1;
    ck_power();
    tap_to_script(&mem, CK_PIN, NULL);
    CHECK_OK(run_script());
    CHECK_ST(finish(&proof, JM_CARD_PIN, &mem, &d), JM_E_DENIED);
    CHECK_EQ(d.code, JM_CARD_FORGED);
    /* this card's, with another date */
    other = ck_spec();
    other.dg1.issued = JM_BYTES("2026-01-03");
    ck_made();
    CHECK_OK(jm_card_dg1_write(&dg1, &other.dg1, &CA.mem));
    CK.lasting.file[JM_EF_DG1] = dg1;
    ck_power();
    tap_to_script(&mem, CK_PIN, NULL);
    CHECK_OK(run_script());
    CHECK_ST(finish(&proof, JM_CARD_PIN, &mem, &d), JM_E_DENIED);
    CHECK_EQ(d.code, JM_CARD_FORGED);
    /* a SOD that changes between open and the script */
    ck_made();
    tap_to_script(&mem, CK_PIN, NULL);
    CK.chip.image.file[JM_EF_SOD] = exact(CK.lasting.file[JM_EF_SOD]);
    ((uint8_t *)(uintptr_t)CK.chip.image.file[JM_EF_SOD].ptr)[100] ^= 1;
    CHECK_OK(run_script());
    CHECK_ST(finish(&proof, JM_CARD_PIN, &mem, &d), JM_E_DENIED);
    CHECK_EQ(d.code, JM_CARD_FORGED);
    kit_end(&CA);
}

TEST(answers_flipped_swapped_missing_added_or_of_an_earlier_tap_fail)
{
    static struct jm_bytes told[JM_CARD_SCRIPT_MAX], earlier[JM_CARD_SCRIPT_MAX];
    struct jm_arena mem = arena(512 * JM_KIB), tmp = arena(64 * JM_KIB);
    struct jm_card_proof proof;
    struct jm_diag d;
    const struct jm_bytes *r;
    size_t n = 0;

    ck_authority();
    ck_made();
    for (int tap = 0; tap < 2; tap++) {
        ck_power();
        tap_to_script(&mem, CK_PIN, NULL);
        if (tap == 1) { /* the issuer's key is another each time */
            struct jm_secret32 eph = ck_scalar(CK_X1);
            const struct jm_card_trust trust = ck_trust();
            struct jm_card_sod sod;
            struct jm_point key;

            KIT_MUST(
                jm_card_sod_judge(&sod, jm_card_reader_file(&R, JM_EF_SOD), &trust, &mem, NULL));
            KIT_MUST(jm_card_dg14_read(&key, jm_card_reader_file(&R, JM_EF_DG14)));
            CHECK_OK(jm_card_script(&script, &session, &sod, &key, &eph, CC, &mem, NULL));
        }
        CHECK_OK(run_script());
        r = jm_card_reader_rapdus(&R, &n);
        for (size_t i = 0; i < n; i++)
            *(tap == 0 ? &earlier[i] : &told[i]) = exact(r[i]);
    }
    CHECK_OK(jm_card_finish(&proof, &session, JM_CARD_PIN, told, n, CC, &tmp, NULL));
    for (size_t i = 0; i < n; i++)
        for (size_t k = 0; k < told[i].len; k++) {
            ((uint8_t *)(uintptr_t)told[i].ptr)[k] ^= 1;
            d = (struct jm_diag){0};
            jm_arena_reset(&tmp);
            CHECK_ST(jm_card_finish(&proof, &session, JM_CARD_PIN, told, n, CC, &tmp, &d),
                     JM_E_SIGNATURE);
            CHECK_EQ(d.code, JM_CARD_CHIP_AUTH);
            ((uint8_t *)(uintptr_t)told[i].ptr)[k] ^= 1;
        }
    for (size_t i = 0; i + 1 < n; i++) {
        struct jm_bytes keep = told[i];

        jm_arena_reset(&tmp);
        told[i] = told[i + 1];
        told[i + 1] = keep;
        CHECK_ST(jm_card_finish(&proof, &session, JM_CARD_PIN, told, n, CC, &tmp, NULL),
                 JM_E_SIGNATURE);
        told[i + 1] = told[i];
        told[i] = earlier[i];
        CHECK_ST(jm_card_finish(&proof, &session, JM_CARD_PIN, told, n, CC, &tmp, NULL),
                 JM_E_SIGNATURE);
        told[i] = keep;
    }
    jm_arena_reset(&tmp);
    for (size_t m = 0; m < JM_CARD_SCRIPT_MAX; m++) {
        d = (struct jm_diag){0};
        if (m != n)
            CHECK_ST(jm_card_finish(&proof, &session, JM_CARD_PIN, told, m, CC, &tmp, &d),
                     JM_E_CONFLICT);
        CHECK_EQ(d.code, m == n ? JM_CODE_NONE : JM_CARD_SESSION_STATE);
    }
    CHECK_OK(jm_card_finish(&proof, &session, JM_CARD_PIN, told, n, CC, &tmp, NULL));
    kit_end(&CA);
}

TEST(a_reset_between_pin_and_script_fails)
{
    struct jm_arena mem = arena(64 * JM_KIB);

    ck_authority();
    ck_made();
    tap_to_script(&mem, CK_PIN, NULL);
    jm_chip_reset(&CK.chip);
    CHECK_ST(run_script(), JM_E_SIGNATURE);
    CHECK_EQ(why(), JM_CARD_SM);
    kit_end(&CA);
}

/* Whoever gives the script may authenticate the chip in this channel, and nothing else. */
TEST(the_script_cannot_change_the_pin)
{
    const struct jm_bytes reset = hex("002c020306313131313131"), mse = hex("0022c1a403830103");

    ck_begin();
    KIT_MUST(ck_open(CK_PIN, NULL, NULL, 0));
    CHECK_ST(jm_card_reader_script(&R, &reset, 1, NULL, 0), JM_E_DENIED);
    CHECK_ST(jm_card_reader_script(&R, &mse, 1, NULL, 0), JM_E_DENIED);
    CHECK_ST(jm_card_reader_script(&R, &mse, JM_CARD_SCRIPT_MAX + 1, NULL, 0), JM_E_LIMIT);
    CHECK_ST(jm_card_reader_script(&R, &mse, 0, &mse, JM_CARD_SCRIPT_MAX + 1), JM_E_LIMIT);
    CHECK_EQ(jm_card_reader_state(&R), JM_READER_READY);
}

TEST(a_command_of_the_script_that_the_chip_refuses_ends_it)
{
    const struct jm_bytes other = hex("002241a40c800a04007f00070202030204");

    ck_begin();
    KIT_MUST(ck_open(CK_PIN, NULL, NULL, 0));
    CHECK_ST(ck_drive(jm_card_reader_script(&R, &other, 1, NULL, 0)), JM_E_MALFORMED);
    CHECK_EQ(why(), JM_CARD_SW);
}

static void say_nothing_more(struct jm_buf *rapdu, unsigned n)
{
    if (n < 3)
        return;
    rapdu->len = 0;
    KIT_MUST(jm_buf_put(rapdu, n == 3 ? JM_BYTES("\x31\x14\x90\x00") : JM_BYTES("\x90\x00")));
}

TEST(a_file_that_stops_is_not_waited_for)
{
    ck_begin();
    CK.spoil_answer = say_nothing_more;
    CHECK_ST(ck_open(CK_PIN, NULL, NULL, 0), JM_E_MALFORMED);
    CHECK_EQ(why(), JM_CARD_LENGTH);
    CHECK_EQ(CK.apdus, 4);
}

TEST(a_session_that_cannot_be_read_back)
{
    struct jm_arena mem = arena(4096);
    struct jm_card_session s = {.sod_len = 500, .n = 7, .serial_len = 3}, read;
    struct jm_bytes row;

    CHECK_OK(jm_card_session_write(&row, &s, &mem));
    CHECK_OK(jm_card_session_read(&read, row));
    for (size_t len = 0; len < row.len; len++)
        CHECK(jm_card_session_read(&read, exact(jm_slice(row, 0, len))) != JM_OK);
    s.n = 8;
    CHECK_OK(jm_card_session_write(&row, &s, &mem));
    CHECK_ST(jm_card_session_read(&read, row), JM_E_RANGE);
    s.sod_len = 4097;
    s.n = 4 + 19;
    CHECK_OK(jm_card_session_write(&row, &s, &mem));
    CHECK_ST(jm_card_session_read(&read, row), JM_E_RANGE);
}

/* -- a chip that has the key of DG14, and lies -- */

static struct lie {
    const char *why, *status;
    unsigned sw_at, sw; /* of that answer */
    int dg1, sod;       /* octets more or fewer than there are */
    enum jm_card_password want;
    enum jm_status st;
    enum jm_code code;
} const lies[] =
    {{"none", "01030301", 0, 0x9000, 0, 0, JM_CARD_PIN, JM_OK, JM_CODE_NONE},
     {"none, fewer tries", "01030101", 0, 0x9000, 0, 0, JM_CARD_PIN, JM_OK, JM_CODE_NONE},
     {"another version", "02030301", 0, 0x9000, 0, 0, JM_CARD_PIN, JM_E_MALFORMED, JM_CARD_TLV},
     {"a short status", "010303", 0, 0x9000, 0, 0, JM_CARD_PIN, JM_E_MALFORMED, JM_CARD_TLV},
     {"the CAN", "01020301", 0, 0x9000, 0, 0, JM_CARD_PIN, JM_E_DENIED, JM_CARD_PIN_REQUIRED},
     {"the PUK", "01040301", 0, 0x9000, 0, 0, JM_CARD_PIN, JM_E_DENIED, JM_CARD_PIN_REQUIRED},
     {"no password", "01000301", 0, 0x9000, 0, 0, JM_CARD_CAN, JM_E_DENIED, JM_CARD_PIN_REQUIRED},
     {"a fifth", "01050301", 0, 0x9000, 0, 0, JM_CARD_CAN, JM_E_DENIED, JM_CARD_PIN_REQUIRED},
     {"no chip authentication", "01030300", 0, 0x9000, 0, 0, JM_CARD_PIN, JM_E_DENIED,
      JM_CARD_CHIP_AUTH},
     {"no status", "01030301", 0, 0x6982, 0, 0, JM_CARD_PIN, JM_E_MALFORMED, JM_CARD_SW},
     {"fewer octets of a status", "01030301", 0, 0x6282, 0, 0, JM_CARD_PIN, JM_E_MALFORMED,
      JM_CARD_SW},
     {"no DG1", "01030301", 1, 0x6A82, 0, 0, JM_CARD_PIN, JM_E_MALFORMED, JM_CARD_SW},
     {"no right to DG1", "01030301", 2, 0x6982, 0, 0, JM_CARD_PIN, JM_E_MALFORMED, JM_CARD_SW},
     {"no SOD", "01030301", 3, 0x6A82, 0, 0, JM_CARD_PIN, JM_E_MALFORMED, JM_CARD_SW},
     {"DG1 shorter", "01030301", 0, 0x9000, -1, 0, JM_CARD_PIN, JM_E_DENIED, JM_CARD_FORGED},
     {"DG1 longer", "01030301", 0, 0x9000, 1, 0, JM_CARD_PIN, JM_E_DENIED, JM_CARD_FORGED},
     {"SOD shorter", "01030301", 0, 0x9000, 0, -1, JM_CARD_PIN, JM_E_DENIED, JM_CARD_FORGED},
     {"SOD longer", "01030301", 0, 0x9000, 0, 1, JM_CARD_PIN, JM_E_DENIED, JM_CARD_FORGED}};

/* An EF with one octet more or fewer. */
static struct jm_bytes changed(enum jm_card_ef ef, int by)
{
    struct jm_bytes in = CK.lasting.file[ef];
    struct jm_buf out = room(in.len + 1);

    KIT_MUST(jm_buf_put(&out, in));
    out.ptr[in.len] = 0;
    return jm_bytes(out.ptr, in.len + 1 - (by < 0 ? 2 : by == 0 ? 1 : 0));
}

TEST(a_genuine_key_does_not_excuse_a_lie)
{
    struct jm_arena mem = arena(256 * JM_KIB);

    ck_authority();
    ck_made();
    tap_to_script(&mem, CK_PIN, NULL);
    for (size_t i = 0; i < JM_ARRAY_LEN(lies); i++) {
        const struct lie *l = &lies[i];
        struct jm_bytes dg1 = changed(JM_EF_DG1, l->dg1), sod = changed(JM_EF_SOD, l->sod);
        struct jm_card_sm sm = {.open = true};
        struct jm_bytes told[JM_CARD_SCRIPT_MAX];
        struct jm_card_proof proof;
        struct jm_diag d = {0};

        memcpy(sm.enc, session.enc, 16);
        memcpy(sm.mac, session.mac, 16);
        for (size_t k = 0; k < session.n; k++) {
            struct jm_buf out = room(JM_CARD_RAPDU_MAX);
            bool last = k + 1 == session.n;
            struct jm_bytes data =
                k == 0   ? hex(l->status)
                : k == 2 ? dg1
                : k >= 4 ? jm_slice(sod, (k - 4) * JM_CARD_BLOCK, last ? SIZE_MAX : JM_CARD_BLOCK)
                         : jm_none();

            sm.counter++;
            KIT_MUST(jm_card_sm_answer(&sm, CC, data,
                                       l->sw_at == k && l->sw != 0x9000 ? (uint16_t)l->sw
                                       : k == 2 || last                 ? 0x6282
                                                                        : 0x9000,
                                       &out));
            told[k] = jm_written(out);
        }
        ROW(CHECK_ST(jm_card_finish(&proof, &session, l->want, told, session.n, CC, &mem, &d),
                     l->st),
            l->why);
        ROW(CHECK_EQ(d.code, l->code), l->why);
        CHECK(proof.chip_authenticated == (l->st == JM_OK));
    }
    kit_end(&CA);
}

/* DG1 that the signer signed, but which names another card than the SOD. */
TEST(dg1_and_sod_of_two_cards_signed_together_fail)
{
    struct jm_chip_spec spec = ck_spec(), other = ck_spec();
    struct jm_card_sod_spec sod = {.serial = spec.dg1.serial,
                                   .signed_at = spec.signed_at,
                                   .until = spec.until,
                                   .x5chain = &signer_der,
                                   .n_x5chain = 1,
                                   .signer = spec.signer};
    struct jm_arena mem = arena(64 * JM_KIB);
    struct jm_card_proof proof;
    struct jm_diag d;

    ck_authority();
    ck_made();
    other.dg1.serial = JM_BYTES("KRJM00000002");
    KIT_MUST(jm_card_dg1_write(&CK.lasting.file[JM_EF_DG1], &other.dg1, &CA.mem));
    memcpy(sod.ef, CK.lasting.file, sizeof sod.ef);
    KIT_MUST(jm_card_sod_write(&CK.lasting.file[JM_EF_SOD], &sod, CC, &ck_answers, &CA.mem));
    ck_power();
    tap_to_script(&mem, CK_PIN, NULL);
    CHECK_OK(run_script());
    CHECK_ST(finish(&proof, JM_CARD_PIN, &mem, &d), JM_E_DENIED);
    CHECK_EQ(d.code, JM_CARD_FORGED);
    kit_end(&CA);
}
