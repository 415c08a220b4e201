/* SPDX-License-Identifier: Apache-2.0 */
/* The chip's commands: no right without its password, no try that comes back, no answer that says
 * too much. D-220, D-226 */
#include "unit/proto/card_kit.h"

#define SELECT "00a4040c07f04a554d494e01"
#define MSE_PIN "0022c1a40f800a04007f00070202040202830103"
#define MSE_CAN "0022c1a40f800a04007f00070202040202830102"
#define STATUS "00ca010004"

TEST(clear_commands_and_their_answers)
{
    static const struct {
        const char *why, *before, *capdu;
        unsigned sw;
    } rows[] = {
        {"not selected", "", "00a4020c02011c", 0x6985},
        {"another applet", "", "00a4040c07a0000002471001", 0x6A82},
        {"another applet ends ours",
         SELECT ","
                "00a4040c07a0000002471001",
         "00b0000000", 0x6985},
        {"ours with another P2", "", "00a4040007f04a554d494e01", 0x6A82},
        {"no such file", SELECT,
         "00a4020c020102"
         "",
         0x9000},
        {"a file nobody has", SELECT, "00a4020c02ffff", 0x6A82},
        {"a name too short", SELECT, "00a4020c0101", 0x6700},
        {"another way to select", SELECT, "00a4000c020101", 0x6D00},
        {"no file", SELECT, "00b0000000", 0x6986},
        {"no right: DG1", SELECT ",00a4020c020101", "00b0000000", 0x6982},
        {"no right: DG14", SELECT ",00a4020c02010e", "00b0000000", 0x6982},
        {"no right: SOD", SELECT ",00a4020c02011d", "00b0000000", 0x6982},
        {"no right: DG2", SELECT ",00a4020c020102", "00b0000000", 0x6982},
        {"no right: DG11", SELECT ",00a4020c02010b", "00b0000000", 0x6982},
        {"EF.CardAccess", SELECT ",00a4020c02011c", "00b0000016", 0x9000},
        {"fewer octets than asked", SELECT ",00a4020c02011c", "00b0000000", 0x6282},
        {"its last octet", SELECT ",00a4020c02011c", "00b0001501", 0x9000},
        {"beyond the end", SELECT ",00a4020c02011c", "00b0001601", 0x6B00},
        {"no Le", SELECT ",00a4020c02011c", "00b00000", 0x6700},
        {"data to read with", SELECT ",00a4020c02011c", "00b00000010100", 0x6700},
        {"a short file identifier", SELECT ",00a4020c02011c", "00b0800000", 0x6D00},
        {"unknown command", SELECT, "0020000306313233343536", 0x6D00},
        {"class", SELECT, "80b0000000", 0x6E00},
        {"half of secure messaging", SELECT, "04b0000000", 0x6E00},
        {"chaining where there is none", SELECT ",00a4020c02011c", "10b0000000", 0x6D00},
        {"no command", SELECT, "00b0", 0x6700},
        {"protected without a channel", SELECT, "0cb000000d9701df8e08000000000000000000", 0x6988},
        {"status without a channel", SELECT, STATUS, 0x6982},
        {"new PIN without a channel", SELECT, "002c020306313233343536", 0x6982},
        {"chip authentication without a channel", SELECT, "002241a40c800a04007f00070202030202",
         0x6D00},
        {"GENERAL AUTHENTICATE before MSE", SELECT, "10860000027c0000", 0x6D00},
        {"PACE", SELECT, MSE_PIN, 0x9000},
        {"PACE with its parameter", SELECT, "0022c1a412800a04007f0007020204020283010384010c",
         0x9000},
        {"PACE with another parameter", SELECT, "0022c1a412800a04007f0007020204020283010384010d",
         0x6A80},
        {"PACE, another OID", SELECT, "0022c1a40f800a04007f00070202040204830103", 0x6A80},
        {"PACE, without a password", SELECT, "0022c1a40c800a04007f00070202040202", 0x6A80},
        {"PACE, something behind", SELECT, "0022c1a411800a04007f000702020402028301038500", 0x6A80},
        {"PACE, MRZ", SELECT, "0022c1a40f800a04007f00070202040202830101", 0x6A88},
        {"PACE, a fifth password", SELECT, "0022c1a40f800a04007f00070202040202830105", 0x6A88},
        {"MSE for something else", SELECT, "0022c1b60f800a04007f00070202040202830103", 0x6D00},
        {"a nonce", SELECT "," MSE_PIN, "10860000027c0000", 0x9000},
        {"a nonce, not chained", SELECT "," MSE_PIN, "00860000027c0000", 0x6D00},
        {"a nonce, another parameter", SELECT "," MSE_PIN, "10860100027c0000", 0x6D00},
        {"a point before the nonce", SELECT "," MSE_PIN,
         "10860000457c438141046b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c2964fe34"
         "2"
         "e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f500",
         0x6A80},
        {"the nonce twice", SELECT "," MSE_PIN ",10860000027c0000", "10860000027c0000", 0x6A80},
        {"something between the steps", SELECT "," MSE_PIN ",00a4020c02011c", "10860000027c0000",
         0x6D00},
        {"a token in the place of a point", SELECT "," MSE_PIN ",10860000027c0000",
         "008600000c7c0a8508010203040506070800", 0x6D00},
    };

    for (size_t i = 0; i < JM_ARRAY_LEN(rows); i++) {
        const char *p = rows[i].before;
        char one[600];

        ck_begin();
        while (*p != '\0') {
            size_t len = strcspn(p, ",");

            memcpy(one, p, len);
            one[len] = '\0';
            (void)ck_say(one);
            p += len + (p[len] == ',');
        }
        ROW(CHECK_EQ(ck_say(rows[i].capdu), rows[i].sw), rows[i].why);
        CHECK_EQ(CK.lasting.pin_tries, 3);
    }
}

/* What each password may read; in a channel and nowhere else. */
TEST(rights_of_each_password)
{
    static const char *const select[] =
        {[JM_EF_ACCESS] = "00a4020c02011c", [JM_EF_DG1] = "00a4020c020101",
         [JM_EF_DG14] = "00a4020c02010e",   [JM_EF_SOD] = "00a4020c02011d",
         [JM_EF_DG2] = "00a4020c020102",    [JM_EF_DG11] = "00a4020c02010b"};
    static const struct {
        enum jm_card_password p;
        const char *value;
        unsigned pin_only, new_pin;
    } rows[] = {{JM_CARD_CAN, CK_CAN, 0x6982, 0x6982},
                {JM_CARD_PIN, CK_PIN, 0x6282, 0x9000},
                {JM_CARD_PUK, CK_PUK, 0x6982, 0x9000}};
    struct jm_card_sm sm;
    struct jm_bytes data;

    for (size_t i = 0; i < JM_ARRAY_LEN(rows); i++) {
        ck_begin();
        (void)ck_say(SELECT);
        CHECK_EQ(ck_pace(&sm, rows[i].p, rows[i].value), 0x9000);
        for (unsigned ef = 0; ef < JM_EF_N; ef++) {
            CHECK_EQ(ck_through(&sm, select[ef], NULL), 0x9000);
            CHECK_EQ(ck_through(&sm, "00b00000df", &data),
                     ef >= JM_EF_DG2 ? rows[i].pin_only : 0x6282u);
            if (ef < JM_EF_DG2)
                CHECK_SAME(data, CK.lasting.file[ef]);
        }
        CHECK_EQ(ck_through(&sm, STATUS, &data), 0x9000);
        CHECK_EQ(data.len, 4);
        CHECK_EQ(data.ptr[0], 1);
        CHECK_EQ(data.ptr[1], rows[i].p);
        CHECK_EQ(data.ptr[2], 3);
        CHECK_EQ(data.ptr[3], 0);
        CHECK_EQ(ck_through(&sm, "00ca010003", NULL), 0x6700);
        CHECK_EQ(ck_through(&sm, "00ca020004", NULL), 0x6D00);
        CHECK_EQ(ck_through(&sm, "002c020305313233343500", NULL),
                 rows[i].new_pin == 0x9000 ? 0x6A80u : 0x6982u);
        for (size_t k = 0; rows[i].new_pin == 0x9000 && k < 3; k++) {
            static const char *const no_pins[] = {"002c020306313233343561",
                                                  "002c02030731323334353637",
                                                  "002c02030631323334352f"};

            CHECK_EQ(ck_through(&sm, no_pins[k], NULL), 0x6A80);
        }
        CHECK_EQ(ck_through(&sm, "002c020306313233343536", NULL), rows[i].new_pin);
        CHECK(memcmp(CK.lasting.pin, rows[i].new_pin == 0x9000 ? "123456" : CK_PIN, 6) == 0);
    }
}

TEST(a_new_pin_that_is_not_kept_does_not_count)
{
    struct jm_card_sm sm;

    ck_begin();
    (void)ck_say(SELECT);
    CHECK_EQ(ck_pace(&sm, JM_CARD_PIN, CK_PIN), 0x9000);
    CK.keep_fails_at = 1;
    CHECK_EQ(ck_through(&sm, "002c020306313233343536", NULL), 0x6581);
    CHECK(memcmp(CK.chip.image.pin, CK_PIN, 6) == 0);
}

TEST(a_clear_command_in_a_channel_ends_it)
{
    static const char *const clear[] = {"00b0000000",       "00a4020c020101", MSE_PIN, STATUS,
                                        "10860000027c0000", "80b0000000",     "00"};
    struct jm_card_sm sm;

    for (size_t i = 0; i < JM_ARRAY_LEN(clear); i++) {
        unsigned sw;

        ck_begin();
        (void)ck_say(SELECT);
        CHECK_EQ(ck_pace(&sm, JM_CARD_PIN, CK_PIN), 0x9000);
        CHECK_EQ(ck_through(&sm, "00a4020c020101", NULL), 0x9000);
        sw = ck_say(clear[i]);
        CHECK_EQ(sw, i == 5 ? 0x6E00u : i == 6 ? 0x6700u : 0x6982u);
        CHECK_EQ(ck_through(&sm, "00b00000df", NULL), 0);
        CHECK(!CK.chip.sm.open && CK.chip.password == JM_CARD_NO_PASSWORD);
        CHECK_EQ(ck_say("00b0000000"), 0x6982); /* still selected, without a right */
    }
    /* and so does a protected one that is not right, an old one, and SELECT */
    ck_begin();
    (void)ck_say(SELECT);
    CHECK_EQ(ck_pace(&sm, JM_CARD_PIN, CK_PIN), 0x9000);
    CHECK_EQ(ck_say("0cb000000d9701df8e08000000000000000000"), 0x6988);
    CHECK_EQ(ck_through(&sm, STATUS, NULL), 0);
    (void)ck_say(SELECT);
    CHECK_EQ(ck_pace(&sm, JM_CARD_PIN, CK_PIN), 0x9000);
    CHECK_EQ(ck_say(SELECT), 0x9000);
    CHECK_EQ(ck_through(&sm, STATUS, NULL), 0);
}

TEST(pace_in_a_channel_only_from_can_to_pin)
{
    struct jm_card_sm sm;

    ck_begin();
    (void)ck_say(SELECT);
    CHECK_EQ(ck_pace(&sm, JM_CARD_CAN, CK_CAN), 0x9000);
    CHECK_EQ(ck_through(&sm, MSE_CAN, NULL), 0x6D00);
    CHECK_EQ(ck_through(&sm, "0022c1a40f800a04007f00070202040202830104", NULL), 0x6D00);
    CHECK_EQ(ck_through(&sm, MSE_PIN, NULL), 0x9000);
    (void)ck_say(SELECT);
    CHECK_EQ(ck_pace(&sm, JM_CARD_PIN, CK_PIN), 0x9000);
    CHECK_EQ(ck_through(&sm, MSE_PIN, NULL), 0x6D00);
    CHECK_EQ(ck_through(&sm, STATUS, NULL), 0x9000); /* the channel stays */
}

#define CA_SET "002241a40c800a04007f00070202030202"

static const char *ca_auth(void)
{
    static char digits[200] = "00860000457c438041";
    struct jm_secret32 eph = ck_scalar(CK_ISSUER_KEY);
    struct jm_point p;

    KIT_MUST(CC->ec_map->public_of(&p, &eph));
    digits[18] = '\0';
    for (size_t i = 0; i < p.len; i++)
        snprintf(digits + strlen(digits), 3, "%02x", p.octets[i]);
    snprintf(digits + strlen(digits), 3, "00");
    return digits;
}

TEST(chip_authentication_once_a_channel)
{
    struct jm_card_sm sm, ca;
    struct jm_secret32 eph = ck_scalar(CK_ISSUER_KEY);
    struct jm_point key, shared;
    struct jm_bytes data;

    ck_begin();
    (void)ck_say(SELECT);
    CHECK_EQ(ck_pace(&sm, JM_CARD_PIN, CK_PIN), 0x9000);
    CHECK_EQ(ck_through(&sm, ca_auth(), NULL), 0x6D00); /* not set */
    CHECK_EQ(ck_through(&sm, "002241a40c800a04007f00070202030204", NULL), 0x6A80);
    CHECK_EQ(ck_through(&sm, CA_SET, NULL), 0x9000);
    CHECK_EQ(ck_through(&sm, "00860000057c0380010000", NULL), 0x6A80); /* no point */
    CHECK_EQ(ck_through(&sm, ca_auth(), NULL), 0x6D00);                /* set anew */
    CHECK_EQ(ck_through(&sm, CA_SET, NULL), 0x9000);
    CHECK_EQ(ck_through(&sm, STATUS, &data), 0x9000);
    CHECK_EQ(data.ptr[3], 0);
    CHECK_EQ(ck_through(&sm, ca_auth(), NULL), 0x6D00); /* something came between */
    CHECK_EQ(ck_through(&sm, CA_SET, NULL), 0x9000);
    CHECK_EQ(ck_through(&sm, ca_auth(), &data), 0x9000);
    CHECK_BYTES(data, "7c00");
    KIT_MUST(jm_card_dg14_read(&key, CK.lasting.file[JM_EF_DG14]));
    KIT_MUST(CC->ec_map->multiply(&shared, &eph, jm_point_bytes(&key)));
    KIT_MUST(jm_card_sm_begin(&ca, CC, jm_point_x(&shared)));
    CHECK_EQ(ck_through(&ca, STATUS, &data), 0x9000);
    CHECK_BYTES(data, "01030301");
    CHECK_EQ(ck_through(&ca, CA_SET, NULL), 0x6D00);
    CHECK_EQ(ck_through(&ca, "00a4020c020102", NULL), 0x9000);
    CHECK_EQ(ck_through(&ca, "00b00000df", NULL), 0x6282); /* the PIN's right stays */
    CHECK_EQ(ck_through(&sm, STATUS, NULL), 0);            /* the old channel is over */
    CHECK(!CK.chip.ca_done);
}

/* Whoever opens it anew has not authenticated the chip yet. */
TEST(another_password_forgets_the_chip_authentication)
{
    struct jm_secret32 eph = ck_scalar(CK_ISSUER_KEY), x = ck_scalar(CK_X1), y = ck_scalar(CK_Y1);
    struct jm_point key, shared;
    struct jm_card_sm sm, ca;
    struct jm_bytes data;
    struct jm_pace p;

    ck_begin();
    (void)ck_say(SELECT);
    CHECK_EQ(ck_pace(&sm, JM_CARD_CAN, CK_CAN), 0x9000);
    CHECK_EQ(ck_through(&sm, CA_SET, NULL), 0x9000);
    CHECK_EQ(ck_through(&sm, ca_auth(), NULL), 0x9000);
    KIT_MUST(jm_card_dg14_read(&key, CK.lasting.file[JM_EF_DG14]));
    KIT_MUST(CC->ec_map->multiply(&shared, &eph, jm_point_bytes(&key)));
    KIT_MUST(jm_card_sm_begin(&ca, CC, jm_point_x(&shared)));
    CHECK_EQ(ck_through(&ca, STATUS, &data), 0x9000);
    CHECK_BYTES(data, "01020301");
    CHECK_EQ(ck_through(&ca, MSE_PIN, NULL), 0x9000);
    KIT_MUST(jm_pace_begin(&p, CC, JM_PACE_READER, JM_BYTES(CK_PIN), &x, &y, NULL));
    data = hex("7c00");
    for (unsigned i = 0; i < JM_PACE_STEPS; i++) {
        struct jm_apdu a = {.cla = i < 3 ? 0x10 : 0, .ins = 0x86, .data = data, .le = 256};
        struct jm_buf capdu = room(256), plain = room(256), out = room(JM_PACE_TEMPLATE_MAX);
        uint16_t sw;

        KIT_MUST(jm_card_sm_wrap(&ca, CC, &a, &capdu));
        KIT_MUST(jm_card_sm_open(&ca, CC, ck_send(jm_written(capdu)), &plain, &sw));
        CHECK_EQ(sw, 0x9000);
        KIT_MUST(jm_pace_step(&p, CC, jm_written(plain), &out, NULL));
        data = jm_written(out);
    }
    KIT_MUST(jm_pace_finish(&p, &sm));
    CHECK_EQ(ck_through(&sm, STATUS, &data), 0x9000);
    CHECK_BYTES(data, "01030300");
    CHECK_EQ(ck_through(&sm, CA_SET, NULL), 0x9000);
}

/* -- tries -- */

TEST(tries_are_gone_before_the_token_is_looked_at)
{
    struct jm_card_sm sm;

    /* the memory fails: nothing is compared, the right PIN opens nothing */
    ck_begin();
    CK.keep_fails_at = 1;
    (void)ck_say(SELECT);
    CHECK_EQ(ck_pace(&sm, JM_CARD_PIN, CK_PIN), 0x6581);
    CHECK(!CK.chip.sm.open && !CK.chip.has_next);
    /* it fails when the counter is restored: the try is gone, and no channel */
    ck_begin();
    CK.keep_fails_at = 2;
    (void)ck_say(SELECT);
    CHECK_EQ(ck_pace(&sm, JM_CARD_PIN, CK_PIN), 0x6581);
    CHECK_EQ(CK.lasting.pin_tries, 2);
    CHECK(!CK.chip.sm.open && !CK.chip.has_next);
    /* power is lost between the two: pulled out of the field by its answer */
    ck_begin();
    (void)ck_say(SELECT);
    CHECK_EQ(ck_pace(&sm, JM_CARD_PIN, "000000"), 0x63C2);
    CHECK_EQ(CK.lasting.pin_tries, 2);
    CHECK_EQ(CK.keeps, 1);
    /* a token that is none costs one, too */
    CHECK_EQ(ck_say(MSE_PIN), 0x63C2);
}

TEST(the_last_try_wants_the_can_in_the_same_session)
{
    struct jm_card_sm sm;

    ck_begin();
    CK.lasting.pin_tries = 1;
    ck_power();
    (void)ck_say(SELECT);
    CHECK_EQ(ck_say(MSE_PIN), 0x63C1);
    CHECK_EQ(ck_say("10860000027c0000"), 0x6985);
    CHECK_EQ(ck_pace(&sm, JM_CARD_CAN, CK_CAN), 0x9000);
    jm_chip_reset(&CK.chip); /* another session */
    (void)ck_say(SELECT);
    CHECK_EQ(ck_pace(&sm, JM_CARD_PIN, CK_PIN), 0x6985);
    CHECK_EQ(CK.lasting.pin_tries, 1);
    CHECK_EQ(ck_pace(&sm, JM_CARD_CAN, CK_CAN), 0x9000);
    CHECK_EQ(ck_through(&sm, MSE_PIN, NULL), 0x63C1);
    CHECK_EQ(ck_through(&sm, "10860000027c0000", NULL), 0x9000);
}

TEST(three_wrong_cans_make_it_wait_across_resets)
{
    static const uint32_t waits[] = {0, 0, 0, 1000, 2000, 4000, 8000, 16000, 16000, 16000};
    struct jm_card_sm sm;

    ck_begin();
    for (size_t i = 0; i < JM_ARRAY_LEN(waits); i++) {
        CK.waited_ms = 0;
        ck_power();
        (void)ck_say(SELECT);
        CHECK_EQ(ck_pace(&sm, JM_CARD_CAN, "000000"), 0x6300);
        CHECK_EQ(CK.waited_ms, waits[i]);
    }
    CK.lasting.can_wrong = 255; /* no way round */
    ck_power();
    (void)ck_say(SELECT);
    CHECK_EQ(ck_pace(&sm, JM_CARD_CAN, "000000"), 0x6300);
    CHECK_EQ(CK.lasting.can_wrong, 255);
    CK.waited_ms = 0;
    CHECK_EQ(ck_pace(&sm, JM_CARD_CAN, CK_CAN), 0x9000);
    CHECK_EQ(CK.waited_ms, 16000);
    CHECK_EQ(CK.lasting.can_wrong, 0);
    (void)ck_say(SELECT);
    CK.waited_ms = 0;
    CHECK_EQ(ck_pace(&sm, JM_CARD_CAN, CK_CAN), 0x9000);
    CHECK_EQ(CK.waited_ms, 0);
}

/* 1,000 taps that break off anywhere, with the right and with wrong PINs: a wrong one never leaves
 * as many tries as there were, and nothing but the right one ever gives any back. */
TEST(torn_taps_never_gain_a_try)
{
    unsigned opened = 0, torn = 0;

    ck_begin();
    for (unsigned tap = 0; tap < 1000; tap++) {
        uint8_t dice[4], before = CK.lasting.pin_tries;
        bool right;
        enum jm_status st;
        size_t mark = test_heap_n;

        (void)ck_random(NULL, dice, sizeof dice);
        right = dice[0] % 2 == 0;
        if (before == 0) { /* a desk */
            CK.lasting.pin_tries = before = 3;
        }
        ck_power();
        CK.dies_at = 1u + dice[1] % 20u;
        CK.dies_before = dice[2] % 2 == 0;
        st = ck_open(right ? CK_PIN : "000000", before == 1 ? CK_CAN : NULL, NULL, 0);
        CHECK(st != JM_OK || right);
        CHECK(CK.lasting.pin_tries <= before || (right && CK.lasting.pin_tries == 3));
        /* a token that was compared and wrong is a try less, whoever heard of it */
        if (!right && CK.lasting.pin_tries == before)
            CHECK_EQ(jm_card_reader_diag(&R)->code, JM_CARD_REMOVED);
        opened += st == JM_OK;
        torn += jm_card_reader_diag(&R)->code == JM_CARD_REMOVED;
        ck_back(mark);
    }
    CHECK(opened > 100 && torn > 100);
}

/* -- whatever is said -- */

static unsigned dice(unsigned n)
{
    uint8_t b[2];

    (void)ck_random(NULL, b, sizeof b);
    return (unsigned)(b[0] << 8 | b[1]) % n;
}

/* Commands at random, well formed for the most part, from who does not know a password. */
TEST(no_right_without_pace)
{
    static const char *const some[] = {SELECT,
                                       MSE_PIN,
                                       MSE_CAN,
                                       "10860000027c0000",
                                       "008600000c7c0a8508010203040506070800",
                                       "00a4020c020101",
                                       "00a4020c020102",
                                       "00a4020c02011c",
                                       "00b00000df",
                                       "0cb000000d9701df8e08000000000000000000",
                                       STATUS,
                                       CA_SET,
                                       "002c020306313233343536"};

    ck_begin();
    for (unsigned i = 0; i < 20000; i++) {
        struct jm_bytes capdu, r;
        size_t mark = test_heap_n;

        if (CK.lasting.pin_tries == 0 || CK.lasting.puk_tries == 0)
            CK.lasting.pin_tries = 3;
        capdu = hex(i % 40 == 0 ? ca_auth() : some[dice(JM_ARRAY_LEN(some))]);
        if (dice(4) == 0)
            ((uint8_t *)(uintptr_t)capdu.ptr)[dice((unsigned)capdu.len)] ^=
                (uint8_t)(1u << dice(8));
        r = ck_send(capdu);
        CHECK(!CK.chip.sm.open && !CK.chip.has_next);
        CHECK_EQ(CK.chip.password, JM_CARD_NO_PASSWORD);
        CHECK(jm_bytes_find(r, jm_slice(hex(CK_DG1), 4, 20)) == SIZE_MAX);
        CHECK(jm_bytes_find(r, JM_BYTES("\xff\xd8")) == SIZE_MAX);
        ck_back(mark);
    }
    CHECK(memcmp(CK.lasting.pin, CK_PIN, 6) == 0);
}

TEST(an_answer_needs_its_room)
{
    struct jm_buf out = room(JM_CARD_RAPDU_MAX - 1);
    uint32_t wait;

    ck_begin();
    CHECK_ST(jm_chip_command(&CK.chip, hex(SELECT), &out, &wait), JM_E_NO_SPACE);
    CHECK(!CK.chip.selected);
    CHECK_EQ(out.len, 0);
}

/* -- what lasts -- */

static bool is_same(const struct jm_chip_image *a, const struct jm_chip_image *b)
{
    bool same = memcmp(&a->key, &b->key, sizeof a->key) == 0 && memcmp(a->pin, b->pin, 6) == 0 &&
                memcmp(a->can, b->can, 6) == 0 && memcmp(a->puk, b->puk, 8) == 0 &&
                a->pin_tries == b->pin_tries && a->puk_tries == b->puk_tries &&
                a->can_wrong == b->can_wrong;

    for (unsigned ef = 0; ef < JM_EF_N; ef++)
        same = same && jm_bytes_eq(a->file[ef], b->file[ef]);
    return same;
}

TEST(an_image_is_written_and_read)
{
    struct jm_arena mem = arena(64 * JM_KIB);
    struct jm_chip_image read, bad;
    struct jm_bytes octets;

    ck_begin();
    CK.lasting.can_wrong = 7;
    CK.lasting.pin_tries = 1;
    CHECK_OK(jm_chip_write(&octets, &CK.lasting, &mem));
    CHECK_OK(jm_chip_read(&read, octets));
    CHECK(is_same(&read, &CK.lasting));
    for (size_t len = 0; len < octets.len; len++)
        CHECK(jm_chip_read(&read, exact(jm_slice(octets, 0, len))) != JM_OK);
    CHECK_EQ(read.pin[0], 0); /* nothing is left of it */
    bad = CK.lasting;
    bad.pin_tries = 4;
    CHECK_ST(jm_chip_write(&octets, &bad, &mem), JM_E_RANGE);
    bad = CK.lasting;
    bad.puk_tries = 11;
    CHECK_ST(jm_chip_write(&octets, &bad, &mem), JM_E_RANGE);
    bad = CK.lasting;
    bad.pin[3] = 'x';
    CHECK_ST(jm_chip_write(&octets, &bad, &mem), JM_E_RANGE);
    bad = CK.lasting;
    bad.file[JM_EF_DG1] = hex("6101");
    CHECK_ST(jm_chip_write(&octets, &bad, &mem), JM_E_RANGE);
    bad.file[JM_EF_DG1] = hex("62020000");
    CHECK_ST(jm_chip_write(&octets, &bad, &mem), JM_E_RANGE);
}

TEST(a_chip_without_what_it_needs_is_none)
{
    const struct jm_crypto poor = {.hash = CC->hash, .cbc = CC->cbc};
    struct jm_answers by = ck_answers;

    ck_begin();
    CHECK_ST(jm_chip_init(&CK.chip, &CK.lasting, &poor, &by), JM_E_UNSUPPORTED);
    by.keep = NULL;
    CHECK_ST(jm_chip_init(&CK.chip, &CK.lasting, CC, &by), JM_E_UNSUPPORTED);
    by = ck_answers;
    by.random = NULL;
    CHECK_ST(jm_chip_init(&CK.chip, &CK.lasting, CC, &by), JM_E_UNSUPPORTED);
    by = ck_answers;
    CHECK_OK(jm_chip_init(&CK.chip, &CK.lasting, CC, &by));
    jm_chip_end(&CK.chip);
    CHECK_EQ(CK.chip.image.pin[0], 0);
}
