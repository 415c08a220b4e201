/* SPDX-License-Identifier: Apache-2.0 */
#include "unit/test.h"

TEST(str_of_null_is_the_empty_view)
{
    CHECK(jm_str(NULL).ptr == NULL);
    CHECK_EQ(jm_str(NULL).len, 0);
    CHECK_EQ(jm_str("abc").len, 3);
}

TEST(slice_never_leaves_the_view)
{
    struct jm_bytes b = exact(JM_BYTES("abcdef"));

    CHECK_STR(jm_slice(b, 0, 6), "abcdef");
    CHECK_STR(jm_slice(b, 2, 3), "cde");
    CHECK_STR(jm_slice(b, 4, 9), "ef");
    CHECK_STR(jm_slice(b, 4, SIZE_MAX), "ef");
    CHECK_EQ(jm_slice(b, 6, 1).len, 0);
    CHECK_EQ(jm_slice(b, 7, 1).len, 0);
    CHECK_EQ(jm_slice(b, SIZE_MAX, SIZE_MAX).len, 0);
    CHECK(jm_slice(jm_none(), 3, 3).ptr == NULL);
}

TEST(equality_is_of_length_and_octets)
{
    struct jm_bytes abc = exact(JM_BYTES("abc"));

    CHECK(jm_bytes_eq(abc, JM_BYTES("abc")));
    CHECK(jm_bytes_eq(jm_none(), JM_BYTES("")));
    CHECK(!jm_bytes_eq(abc, JM_BYTES("ab")));
    CHECK(!jm_bytes_eq(JM_BYTES("ab"), abc));
    CHECK(!jm_bytes_eq(abc, JM_BYTES("abd")));
    CHECK(!jm_bytes_eq(abc, jm_none()));
    CHECK(jm_bytes_eq_str(abc, "abc"));
    CHECK(!jm_bytes_eq_str(abc, "abcd"));
    CHECK(!jm_bytes_eq_str(abc, NULL));
    CHECK(!jm_bytes_eq_str(JM_BYTES("abc\0"), "abc"));
}

TEST(constant_time_equality_agrees_with_the_plain_one)
{
    struct jm_bytes a = exact(hex("00ff10"));

    CHECK(jm_bytes_eq_ct(a, hex("00ff10")));
    CHECK(jm_bytes_eq_ct(jm_none(), jm_none()));
    CHECK(!jm_bytes_eq_ct(a, hex("01ff10")));
    CHECK(!jm_bytes_eq_ct(a, hex("00ff11")));
    CHECK(!jm_bytes_eq_ct(a, hex("00ff")));
    CHECK(!jm_bytes_eq_ct(hex("00ff"), a));
    CHECK(!jm_bytes_eq_ct(a, jm_none()));
    for (unsigned bit = 0; bit < 24; bit++) {
        struct jm_bytes b = exact(a);
        uint8_t *p = test_heap[test_heap_n - 1];

        p[bit / 8] = (uint8_t)(p[bit / 8] ^ 1u << bit % 8);
        CHECK(!jm_bytes_eq_ct(a, b));
    }
}

TEST(prefixes)
{
    CHECK(jm_bytes_starts(JM_BYTES("abc"), JM_BYTES("ab")));
    CHECK(jm_bytes_starts(JM_BYTES("abc"), jm_none()));
    CHECK(!jm_bytes_starts(exact(JM_BYTES("ab")), JM_BYTES("abc")));
    CHECK(!jm_bytes_starts(JM_BYTES("abc"), JM_BYTES("b")));
    CHECK(!jm_bytes_starts(jm_none(), JM_BYTES("a")));
}

TEST(order_is_of_unsigned_octets_and_prefixes_come_first)
{
    CHECK_EQ(jm_bytes_cmp(JM_BYTES("a"), JM_BYTES("a")), 0);
    CHECK_EQ(jm_bytes_cmp(jm_none(), jm_none()), 0);
    CHECK(jm_bytes_cmp(JM_BYTES("a"), JM_BYTES("ab")) < 0);
    CHECK(jm_bytes_cmp(JM_BYTES("ab"), JM_BYTES("a")) > 0);
    CHECK(jm_bytes_cmp(hex("7f"), hex("80")) < 0);
    CHECK(jm_bytes_cmp(hex("ff"), hex("00ff")) > 0);
    CHECK(jm_bytes_cmp(jm_none(), hex("00")) < 0);
}

TEST(find)
{
    struct jm_bytes hay = exact(JM_BYTES("abcabd"));

    CHECK_EQ(jm_bytes_find(hay, JM_BYTES("abd")), 3);
    CHECK_EQ(jm_bytes_find(hay, JM_BYTES("abcabd")), 0);
    CHECK_EQ(jm_bytes_find(hay, jm_none()), 0);
    CHECK(jm_bytes_find(hay, JM_BYTES("abe")) == SIZE_MAX);
    CHECK(jm_bytes_find(hay, JM_BYTES("abcabda")) == SIZE_MAX);
    CHECK(jm_bytes_find(hay, JM_BYTES("bdx")) == SIZE_MAX);
    CHECK(jm_bytes_find(jm_none(), JM_BYTES("a")) == SIZE_MAX);
}

TEST(a_full_buffer_takes_nothing)
{
    struct jm_buf b = room(4);

    CHECK_OK(jm_buf_put(&b, JM_BYTES("abc")));
    CHECK_ST(jm_buf_put(&b, JM_BYTES("de")), JM_E_NO_SPACE);
    CHECK_STR(jm_written(b), "abc");
    CHECK_OK(jm_buf_put(&b, JM_BYTES("d")));
    CHECK_OK(jm_buf_put(&b, jm_none()));
    CHECK_ST(jm_buf_put(&b, JM_BYTES("e")), JM_E_NO_SPACE);
    CHECK_STR(jm_written(b), "abcd");
    b = jm_buf(NULL, 0);
    CHECK_OK(jm_buf_put(&b, jm_none()));
    CHECK_ST(jm_buf_put(&b, JM_BYTES("x")), JM_E_NO_SPACE);
    CHECK_ST(jm_buf_put(&b, jm_bytes("x", SIZE_MAX)), JM_E_NO_SPACE);
}

TEST(wipe)
{
    struct jm_secret32 secret;

    memset(&secret, 0xA5, sizeof secret);
    jm_wipe(&secret, sizeof secret);
    for (size_t i = 0; i < sizeof secret.octets; i++)
        CHECK_EQ(secret.octets[i], 0);
    jm_wipe(NULL, 0);
}

TEST(utf8)
{
    static const struct {
        const char *rule, *octets;
        long at; /* of the first fault; -1: valid */
    } rows[] = {
        {"empty", "", -1},
        {"NUL is a character", "00", -1},
        {"ASCII to 7f", "20 7f", -1},
        {"Hangul syllable", "ed 99 8d", -1},
        {"first of two octets U+0080", "c2 80", -1},
        {"first of three octets U+0800", "e0 a0 80", -1},
        {"last before the surrogates U+D7FF", "ed 9f bf", -1},
        {"first after the surrogates U+E000", "ee 80 80", -1},
        {"first of four octets U+10000", "f0 90 80 80", -1},
        {"last of all U+10FFFF", "f4 8f bf bf", -1},
        {"lone continuation octet", "41 80", 1},
        {"overlong NUL", "c0 80", 0},
        {"overlong 7f", "c1 bf", 0},
        {"overlong U+07FF", "e0 9f bf", 0},
        {"overlong U+FFFF", "f0 8f bf bf", 0},
        {"high surrogate U+D800", "ed a0 80", 0},
        {"low surrogate U+DFFF", "ed bf bf", 0},
        {"beyond U+10FFFF", "f4 90 80 80", 0},
        {"f5 begins nothing", "f5 80 80 80", 0},
        {"ff begins nothing", "61 62 ff", 2},
        {"two octets cut short", "61 c2", 1},
        {"three octets cut short", "e0 a0", 0},
        {"four octets cut short", "f0 90 80", 0},
        {"second octet no continuation", "c2 41", 0},
        {"third octet no continuation", "ed 99 0d", 0},
        {"fourth octet no continuation", "f0 90 80 c0", 0},
    };

    for (size_t i = 0; i < JM_ARRAY_LEN(rows); i++) {
        size_t at = 99;
        bool valid = jm_utf8_valid(hex(rows[i].octets), &at);

        ROW(CHECK_EQ(valid, rows[i].at < 0), rows[i].rule);
        ROW(CHECK_EQ(at, valid ? 99 : rows[i].at), rows[i].rule);
    }
    CHECK(!jm_utf8_valid(hex("80"), NULL));
}

TEST(parse_u64)
{
    static const struct {
        const char *text;
        enum jm_status st;
        uint64_t value;
    } rows[] = {
        {"0", JM_OK, 0},
        {"7", JM_OK, 7},
        {"10", JM_OK, 10},
        {"18446744073709551615", JM_OK, UINT64_MAX},
        {"", JM_E_MALFORMED, 0},
        {"00", JM_E_MALFORMED, 0},
        {"01", JM_E_MALFORMED, 0},
        {"+1", JM_E_MALFORMED, 0},
        {"-1", JM_E_MALFORMED, 0},
        {" 1", JM_E_MALFORMED, 0},
        {"1 ", JM_E_MALFORMED, 0},
        {"1.0", JM_E_MALFORMED, 0},
        {"0x1", JM_E_MALFORMED, 0},
        {"1a", JM_E_MALFORMED, 0},
        {"18446744073709551616", JM_E_RANGE, 0},
        {"99999999999999999999", JM_E_RANGE, 0},
        {"184467440737095516150", JM_E_RANGE, 0},
    };

    for (size_t i = 0; i < JM_ARRAY_LEN(rows); i++) {
        uint64_t v = 42;

        ROW(CHECK_ST(jm_parse_u64(&v, exact(jm_str(rows[i].text))), rows[i].st), rows[i].text);
        ROW(CHECK(v == rows[i].value), rows[i].text);
    }
}

TEST(checked_sizes)
{
    size_t r = 1;

    CHECK(jm_add_ok(2, 3, &r) && r == 5);
    CHECK(jm_add_ok(SIZE_MAX, 0, &r) && r == SIZE_MAX);
    CHECK(!jm_add_ok(SIZE_MAX, 1, &r));
    CHECK(!jm_add_ok(SIZE_MAX, SIZE_MAX, &r));
    CHECK(jm_mul_ok(6, 7, &r) && r == 42);
    CHECK(jm_mul_ok(SIZE_MAX, 0, &r) && r == 0);
    CHECK(jm_mul_ok(SIZE_MAX, 1, &r) && r == SIZE_MAX);
    CHECK(!jm_mul_ok(SIZE_MAX, 2, &r));
    CHECK(!jm_mul_ok(SIZE_MAX / 2 + 1, 2, &r) && r == 0);
}

TEST(big_endian)
{
    uint8_t out[8];

    CHECK_EQ(jm_u32_be(hex("80010203").ptr), 0x80010203);
    jm_put_u32_be(out, 0xDEADBEEF);
    CHECK_BYTES(jm_bytes(out, 4), "deadbeef");
    jm_put_u64_be(out, 0x0102030405060708);
    CHECK_BYTES(jm_bytes(out, 8), "0102030405060708");
}

TEST(only_the_class_of_a_status_decides)
{
    CHECK_EQ(jm_class_of(JM_OK), JM_CLASS_OK);
    CHECK_EQ(jm_class_of(JM_E_MALFORMED), JM_CLASS_INPUT);
    CHECK_EQ(jm_class_of(JM_E_SIGNATURE), JM_CLASS_DENIED);
    CHECK_EQ(jm_class_of(JM_E_GONE), JM_CLASS_ABSENT);
    CHECK_EQ(jm_class_of(JM_E_CONFLICT), JM_CLASS_CONFLICT);
    CHECK_EQ(jm_class_of(JM_E_RATE), JM_CLASS_LIMIT);
    CHECK_EQ(jm_class_of(JM_E_IO), JM_CLASS_UNAVAILABLE);
    CHECK_EQ(jm_class_of(JM_E_BUG), JM_CLASS_BUG);
}
