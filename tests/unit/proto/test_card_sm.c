/* SPDX-License-Identifier: Apache-2.0 */
/* Secure messaging: nothing passes but what the other side made for this place. D-226 */
#include "unit/proto/card_kit.h"

static struct jm_card_sm reader, chip;

static void pair(void)
{
    KIT_MUST(jm_openssl_init());
    KIT_MUST(jm_card_sm_begin(&reader, CC, JM_BYTES("a secret that both know ........")));
    chip = reader;
}

static struct jm_bytes wrapped(struct jm_bytes data, uint32_t le)
{
    const struct jm_apdu a = {.ins = 0xA4, .p1 = 2, .p2 = 0x0C, .data = data, .le = le};
    struct jm_buf out = room(JM_CARD_CAPDU_MAX);

    KIT_MUST(jm_card_sm_wrap(&reader, CC, &a, &out));
    return exact(jm_written(out));
}

static enum jm_status unwrapped(struct jm_bytes capdu, struct jm_apdu *inner)
{
    struct jm_buf data = room(JM_CARD_CAPDU_MAX);
    struct jm_apdu outer;

    memset(inner, 0, sizeof *inner);
    if (jm_apdu_read(&outer, capdu) != JM_OK)
        return JM_E_MALFORMED;
    return jm_card_sm_unwrap(&chip, CC, &outer, &data, inner);
}

static struct jm_bytes answered(struct jm_bytes data, uint16_t sw)
{
    struct jm_buf out = room(JM_CARD_RAPDU_MAX);

    KIT_MUST(jm_card_sm_answer(&chip, CC, data, sw, &out));
    return exact(jm_written(out));
}

static enum jm_status opened(struct jm_bytes rapdu, struct jm_bytes *data, uint16_t *sw)
{
    struct jm_buf out = room(JM_CARD_RAPDU_MAX);
    enum jm_status st = jm_card_sm_open(&reader, CC, rapdu, &out, sw);

    *data = exact(jm_written(out));
    return st;
}

TEST(every_length_goes_through_both_ways)
{
    uint8_t octets[JM_CARD_DATA_MAX];
    struct jm_apdu inner;
    struct jm_bytes data;
    uint16_t sw;

    for (size_t i = 0; i < sizeof octets; i++)
        octets[i] = (uint8_t)(i * 5);
    pair();
    for (size_t n = 0; n <= 600; n++) {
        const struct jm_bytes in = jm_bytes(octets, n);
        uint32_t le = n == 0 || n % 3 == 0 ? (uint32_t)(n % 2 == 0 ? 256 : 4096) : 0;

        CHECK_OK(unwrapped(wrapped(in, le), &inner));
        CHECK_SAME(inner.data, in);
        CHECK_EQ(inner.le, le);
        CHECK_EQ(inner.cla, 0);
        CHECK_EQ(inner.p2, 0x0C);
        CHECK_OK(opened(answered(in, 0x9000), &data, &sw));
        CHECK_SAME(data, in);
        CHECK_EQ(sw, 0x9000);
    }
    CHECK_OK(unwrapped(wrapped(JM_BYTES("x"), 0), &inner));
    CHECK_OK(opened(answered(jm_bytes(octets, sizeof octets), 0x6282), &data, &sw));
    CHECK_EQ(data.len, sizeof octets);
    CHECK_EQ(sw, 0x6282);
}

static bool takes_command(struct jm_bytes capdu)
{
    struct jm_card_sm keep = chip;
    size_t mark = test_heap_n;
    struct jm_apdu inner;
    enum jm_status st = unwrapped(capdu, &inner);

    CHECK((st == JM_OK || st == JM_E_MALFORMED) == chip.open); /* a fault ends it */
    chip = keep;
    ck_back(mark);
    return st == JM_OK;
}

static bool takes_answer(struct jm_bytes rapdu)
{
    struct jm_card_sm keep = reader;
    size_t mark = test_heap_n;
    struct jm_bytes data;
    uint16_t sw;
    bool ok = opened(rapdu, &data, &sw) == JM_OK;

    CHECK(ok == reader.open);
    CHECK(ok || (data.len == 0 && sw == 0));
    reader = keep;
    ck_back(mark);
    return ok;
}

TEST(no_octet_of_a_command_may_change)
{
    pair();
    check_refuses_changes(wrapped(JM_BYTES("\x01\x0e"), 0), takes_command, NULL, 0);
    pair();
    check_refuses_changes(wrapped(jm_none(), 223), takes_command, NULL, 0);
    pair();
    check_refuses_changes(wrapped(JM_BYTES("0123456789abcdef"), 256), takes_command, NULL, 0);
    pair();
    check_refuses_changes(wrapped(jm_none(), 4096), takes_command, NULL, 0);
}

TEST(no_octet_of_an_answer_may_change)
{
    struct jm_bytes command;

    pair();
    command = wrapped(JM_BYTES("x"), 0);
    CHECK(takes_command(command));
    chip.counter++;
    check_refuses_changes(answered(JM_BYTES("file"), 0x9000), takes_answer, NULL, 0);
    chip.counter--;
    check_refuses_changes(answered(jm_none(), 0x9000), takes_answer, NULL, 0);
    chip.counter--;
    check_refuses_changes(answered(jm_bytes(command.ptr, 16), 0x6282), takes_answer, NULL, 0);
}

TEST(replayed_and_out_of_turn_is_refused)
{
    struct jm_bytes first, second, answer, data;
    struct jm_apdu inner;
    uint16_t sw;

    pair();
    first = wrapped(JM_BYTES("a"), 0);
    CHECK_OK(unwrapped(first, &inner));
    answer = answered(JM_BYTES("b"), 0x9000);
    CHECK(takes_answer(answer));
    CHECK(!takes_command(first)); /* again */
    CHECK_OK(opened(answer, &data, &sw));
    CHECK(!takes_answer(answer));
    second = wrapped(JM_BYTES("a"), 0);
    CHECK(second.len == first.len && !jm_bytes_eq(second, first));
    CHECK(!takes_answer(answer));
    for (uint64_t off = 0; off < 8; off++) {
        uint64_t keep = chip.counter;

        chip.counter = off;
        CHECK(takes_command(second) == (off == keep));
        chip.counter = keep;
    }
}

/* The objects of a command, put together by hand with a MAC that holds. */
static struct jm_bytes forged(const char *objects, bool le)
{
    struct jm_bytes o = hex(objects);
    uint8_t counter[16] = {0}, header[16] = {0x0C, 0xB0, 0, 0, 0x80}, pad[16] = {0x80}, mac[16];
    const struct jm_bytes parts[] = {jm_bytes(counter, 16), jm_bytes(header, 16), o,
                                     jm_bytes(pad, 16 - o.len % 16)};
    struct jm_apdu a = {.cla = 0x0C, .ins = 0xB0, .le = le ? 256 : 0};
    struct jm_buf body = room(200), out = room(256);

    counter[15] = (uint8_t)(chip.counter + 1);
    KIT_MUST(jm_aes_cmac(CC, jm_bytes(chip.mac, 16), parts, 4, mac));
    KIT_MUST(jm_buf_put(&body, o));
    KIT_MUST(jm_buf_put(&body, JM_BYTES("\x8e\x08")));
    KIT_MUST(jm_buf_put(&body, jm_bytes(mac, 8)));
    a.data = jm_written(body);
    KIT_MUST(jm_apdu_write(&out, &a));
    return exact(jm_written(out));
}

TEST(objects_in_one_order_and_nothing_else)
{
    static const struct {
        const char *why, *objects;
        bool le, ok;
    } rows[] = {
        {"as it must be", "970104", true, true},
        {"no Le outside", "970104", false, false},
        {"nothing but a MAC", "", true, false},
        {"97 twice", "970104970104", true, false},
        {"97 of two octets in a short command", "97020104", true, false},
        {"97 of none", "9700", true, false},
        {"97 with a length that is not minimal", "97810104", true, false},
        {"a status word", "970104 99029000", true, false},
        {"an object that is not known", "970104 850100", true, false},
        {"87 of no block", "870101", true, false},
        {"87 of half a block", "870901 0011223344556677", true, false},
        {"87 with another padding", "871102 00112233445566778899aabbccddeeff", true, false},
        {"87 of nobody's plaintext", "871101 00112233445566778899aabbccddeeff", true, false},
    };

    for (size_t i = 0; i < JM_ARRAY_LEN(rows); i++) {
        pair();
        ROW(CHECK(takes_command(forged(rows[i].objects, rows[i].le)) == rows[i].ok), rows[i].why);
    }
}

/* 87 with a plaintext of our own choice, under a MAC that holds: is its padding looked at? */
static bool takes_plaintext_as(const char *plain, unsigned indicator)
{
    static const uint8_t zero[16];
    struct jm_bytes p = hex(plain);
    uint8_t iv[16] = {0}, data[32];
    char digits[128] = "";

    pair();
    iv[15] = 1;
    memcpy(data, p.ptr, p.len);
    KIT_MUST(CC->cbc(true, jm_bytes(chip.enc, 16), zero, iv, 16));
    KIT_MUST(CC->cbc(true, jm_bytes(chip.enc, 16), iv, data, p.len));
    snprintf(digits, sizeof digits, "87%02zx%02x", p.len + 1, indicator);
    for (size_t i = 0; i < p.len; i++)
        snprintf(digits + strlen(digits), 3, "%02x", data[i]);
    return takes_command(forged(digits, true));
}

static bool takes_plaintext(const char *plain)
{
    return takes_plaintext_as(plain, 1);
}

TEST(padding_without_80_is_refused)
{
    CHECK(takes_plaintext("01800000000000000000000000000000"));
    CHECK(takes_plaintext("0102030405060708090a0b0c0d0e0f80"));
    CHECK(takes_plaintext("0102030405060708090a0b0c0d0e0f1080000000000000000000000000000000"));
    CHECK(!takes_plaintext_as("01800000000000000000000000000000", 2)); /* another padding */
    CHECK(!takes_plaintext("80000000000000000000000000000000"));       /* of nothing */
    CHECK(!takes_plaintext("00000000000000000000000000000000"));
    CHECK(!takes_plaintext("0102030405060708090a0b0c0d0e0f10"));
    CHECK(!takes_plaintext("01020304050607080900000000000000"));
    CHECK(!takes_plaintext("0102030405060708090a0b0c0d0e800000000000000000000000000000000000"));
}

TEST(a_channel_has_an_end)
{
    const struct jm_apdu a = {.ins = 0xB0, .le = 4}, nothing = {.ins = 0xB0};
    struct jm_buf out = room(64);
    struct jm_apdu outer, inner;
    struct jm_bytes data;
    uint16_t sw;

    pair();
    CHECK_ST(jm_card_sm_wrap(&reader, CC, &nothing, &out), JM_E_BUG);
    CHECK(!reader.open);
    CHECK_ST(jm_card_sm_wrap(&reader, CC, &a, &out), JM_E_BUG);
    CHECK_ST(opened(JM_BYTES("\x90\x00"), &data, &sw), JM_E_BUG);
    pair();
    reader.counter = (UINT64_C(1) << 32) - 2;
    CHECK_OK(jm_card_sm_wrap(&reader, CC, &a, &out));
    out.len = 0;
    CHECK_ST(jm_card_sm_wrap(&reader, CC, &a, &out), JM_E_LIMIT);
    CHECK_EQ(out.len, 0);
    CHECK(!reader.open);
    /* room too small: nothing is left behind */
    pair();
    out = room(10);
    CHECK_ST(jm_card_sm_wrap(&reader, CC, &a, &out), JM_E_NO_SPACE);
    CHECK_EQ(out.len, 0);
    CHECK_ST(jm_card_sm_answer(&chip, CC, JM_BYTES("x"), 0x9000, &out), JM_E_NO_SPACE);
    CHECK_EQ(out.len, 0);
    memset(&chip, 0, sizeof chip);
    CHECK_OK(jm_apdu_read(&outer, hex("0cb000000d9701048e08000000000000000000")));
    CHECK_ST(jm_card_sm_unwrap(&chip, CC, &outer, &out, &inner), JM_E_BUG);
}

TEST(commands_of_iso_7816_3)
{
    static const struct {
        const char *octets;
        size_t data;
        uint32_t le;
        enum jm_status st;
    } rows[] = {
        {"00a4040c", 0, 0, JM_OK},
        {"00b0000000", 0, 256, JM_OK},
        {"00b00000df", 0, 223, JM_OK},
        {"00a4020c02010e", 2, 0, JM_OK},
        {"00a4020c02010e00", 2, 256, JM_OK},
        {"00b00000000000", 0, 65536, JM_OK},
        {"00b00000001000", 0, 4096, JM_OK},
        {"00a4020c000002010e", 2, 0, JM_OK},
        {"00a4020c000002010e0000", 2, 65536, JM_OK},
        {"00a4020c000002010e1000", 2, 4096, JM_OK},
        {"", 0, 0, JM_E_MALFORMED},
        {"00a404", 0, 0, JM_E_MALFORMED},
        {"00a4020c0201", 0, 0, JM_E_MALFORMED},
        {"00a4020c02010e0000", 0, 0, JM_E_MALFORMED},
        {"00b000000000", 0, 0, JM_E_MALFORMED},
        {"00b0000000000000", 0, 0, JM_E_MALFORMED},
        {"00a4020c000002010e00", 0, 0, JM_E_MALFORMED},
        {"00a4020c00000201", 0, 0, JM_E_MALFORMED},
    };
    struct jm_buf big = room(JM_CARD_CAPDU_MAX + 1);
    struct jm_apdu a;

    for (size_t i = 0; i < JM_ARRAY_LEN(rows); i++) {
        struct jm_buf out = room(32);

        ROW(CHECK_ST(jm_apdu_read(&a, hex(rows[i].octets)), rows[i].st), rows[i].octets);
        ROW(CHECK_EQ(a.data.len, rows[i].data), rows[i].octets);
        ROW(CHECK_EQ(a.le, rows[i].le), rows[i].octets);
        if (rows[i].st != JM_OK || (a.extended && a.le <= 256))
            continue;
        CHECK_OK(jm_apdu_write(&out, &a));
        CHECK_BYTES(jm_written(out), rows[i].octets);
    }
    memset(big.ptr, 0, big.cap);
    CHECK_ST(jm_apdu_read(&a, jm_bytes(big.ptr, big.cap)), JM_E_LIMIT);
    a = (struct jm_apdu){.le = 65537};
    CHECK_ST(jm_apdu_write(&big, &a), JM_E_NO_SPACE);
    a = (struct jm_apdu){.data = JM_BYTES("abc")};
    big = room(7);
    CHECK_ST(jm_apdu_write(&big, &a), JM_E_NO_SPACE);
    CHECK_EQ(big.len, 0);
}
