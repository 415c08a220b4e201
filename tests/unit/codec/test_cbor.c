/* SPDX-License-Identifier: Apache-2.0 */
#include "unit/test.h"

#include "jumin/cbor.h"

TEST(check_accepts_and_refuses)
{
    static const struct {
        const char *hex;
        enum jm_cbor_fault_kind kind;
        size_t at;
    } rows[] = {
        {"00", JM_CBOR_OK, 0},
        {"1bffffffffffffffff", JM_CBOR_OK, 0},
        {"3bffffffffffffffff", JM_CBOR_OK, 0},
        {"40", JM_CBOR_OK, 0},
        {"63e18480", JM_CBOR_OK, 0},
        {"80", JM_CBOR_OK, 0},
        {"a20001616101", JM_CBOR_OK, 0},
        {"a2010000 f6", JM_CBOR_OK, 0}, /* unsorted keys */
        {"d81841a0", JM_CBOR_OK, 0},
        {"d818 00", JM_CBOR_OK, 0}, /* tag 24 on something else: its user says so */
        {"c0 74 323032372d30312d30315430303a30303a30305a", JM_CBOR_OK, 0},
        {"f4", JM_CBOR_OK, 0},
        {"f7", JM_CBOR_OK, 0},
        {"f820", JM_CBOR_OK, 0},
        {"fb3ff0000000000000", JM_CBOR_OK, 0},
        {"1800", JM_CBOR_OK, 0}, /* a notice */
        {"", JM_CBOR_TRUNCATED, 0},
        {"18", JM_CBOR_TRUNCATED, 0},
        {"1b00000000000000", JM_CBOR_TRUNCATED, 0},
        {"4200", JM_CBOR_TRUNCATED, 0},
        {"8200", JM_CBOR_TRUNCATED, 2},
        {"a100", JM_CBOR_TRUNCATED, 2},
        {"c0", JM_CBOR_TRUNCATED, 1},
        {"5bffffffffffffffff00", JM_CBOR_TRUNCATED, 0},
        {"0000", JM_CBOR_TRAILING, 1},
        {"d81842a000", JM_CBOR_TRAILING, 4},
        {"d81840", JM_CBOR_TRUNCATED, 3},
        {"1c", JM_CBOR_RESERVED, 0},
        {"1e", JM_CBOR_RESERVED, 0},
        {"f800", JM_CBOR_RESERVED, 0},
        {"f81f", JM_CBOR_RESERVED, 0},
        {"5f4100ff", JM_CBOR_INDEFINITE, 0},
        {"9fff", JM_CBOR_INDEFINITE, 0},
        {"ff", JM_CBOR_INDEFINITE, 0},
        {"81bfff", JM_CBOR_INDEFINITE, 1},
        {"62c328", JM_CBOR_UTF8, 1},
        {"63eda080", JM_CBOR_UTF8, 1},
        {"a200000000", JM_CBOR_DUPLICATE_KEY, 3},
        {"a201000001 00", JM_CBOR_TRAILING, 5},
        {"a3010002000100", JM_CBOR_DUPLICATE_KEY, 5},
        /* the same integer with a longer head */
        {"a205001805f6", JM_CBOR_DUPLICATE_KEY, 3},
        {"a2616100780161f6", JM_CBOR_DUPLICATE_KEY, 4}, /* the same text */
        {"a24161006161f6", JM_CBOR_OK, 0},              /* bytes and text are two keys */
        {"a28100008100f6", JM_CBOR_DUPLICATE_KEY, 4},
        {"9a00100001", JM_CBOR_LIMIT, 0},
        {"bb7fffffffffffffff", JM_CBOR_LIMIT, 0},
    };

    for (size_t i = 0; i < JM_ARRAY_LEN(rows); i++) {
        struct jm_cbor_fault f;
        enum jm_status st = jm_cbor_check(hex(rows[i].hex), NULL, &f);

        ROW(CHECK_EQ(f.kind, rows[i].kind), rows[i].hex);
        ROW(CHECK_EQ(f.at, rows[i].at), rows[i].hex);
        ROW(CHECK((st == JM_OK) == (rows[i].kind == JM_CBOR_OK)), rows[i].hex);
    }
}

static struct jm_bytes nested(size_t levels, uint8_t octet)
{
    struct jm_buf b = room(levels + 1);

    memset(b.ptr, octet, levels);
    b.ptr[levels] = 0;
    return jm_bytes(b.ptr, levels + 1);
}

TEST(limits_at_their_edges)
{
    struct jm_cbor_fault f;
    struct jm_buf b = room(4 * 4097 + 8);
    struct jm_cbor_w w;

    CHECK_OK(jm_cbor_check(nested(15, 0x81), NULL, &f));
    CHECK_ST(jm_cbor_check(nested(16, 0x81), NULL, &f), JM_E_LIMIT);
    CHECK_EQ(f.kind, JM_CBOR_DEPTH);
    CHECK_ST(jm_cbor_check(nested(16, 0xC1), NULL, &f), JM_E_LIMIT);
    /* whose keys descend must be ordered first: fewer of them */
    for (int descending = 0; descending < 2; descending++)
        for (size_t most = descending ? JM_CBOR_UNORDERED_MAX : JM_CBOR_ENTRIES_MAX, n = most - 1;
             n <= most + 1; n++) {
            b.len = 0;
            jm_cbor_w_init(&w, &b);
            jm_cbor_w_map(&w, n);
            for (size_t i = 0; i < n; i++) {
                jm_cbor_w_uint(&w, descending ? n - i : i);
                jm_cbor_w_null(&w);
            }
            CHECK_OK(jm_cbor_w_end(&w));
            CHECK_ST(jm_cbor_check(jm_written(b), NULL, &f), n <= most ? JM_OK : JM_E_LIMIT);
        }
}

/* A long head elsewhere does not take their order from many keys; one among them does. */
TEST(a_long_head_before_many_keys)
{
    const size_t n = JM_CBOR_UNORDERED_MAX + 1;

    for (int among = 0; among < 2; among++) {
        struct jm_buf b = room(4 * n + 8);
        struct jm_cbor_fault f;
        struct jm_cbor_w w;

        jm_cbor_w_init(&w, &b);
        jm_cbor_w_array(&w, 2);
        jm_cbor_w_raw(&w, among ? JM_BYTES("\x01") : JM_BYTES("\x18\x01"));
        jm_cbor_w_map(&w, n);
        for (size_t i = 0; i < n; i++) {
            if (among && i == 1)
                jm_cbor_w_raw(&w, JM_BYTES("\x18\x01"));
            else
                jm_cbor_w_uint(&w, i);
            jm_cbor_w_null(&w);
        }
        CHECK_OK(jm_cbor_w_end(&w));
        CHECK_ST(jm_cbor_check(jm_written(b), NULL, &f), among ? JM_E_LIMIT : JM_OK);
        CHECK_EQ(f.non_preferred, 1);
    }
}

TEST(a_twin_among_many_keys_is_found)
{
    for (size_t n = 2; n <= 64; n++)
        for (size_t twin = 1; twin < n; twin += 7) {
            struct jm_buf b = room(4 * n + 8);
            struct jm_cbor_fault f;
            struct jm_cbor_w w;

            jm_cbor_w_init(&w, &b);
            jm_cbor_w_map(&w, n);
            for (size_t i = 0; i < n; i++) {
                jm_cbor_w_uint(&w, i == twin ? 1000 : 1000 - i);
                jm_cbor_w_null(&w);
            }
            CHECK_ST(jm_cbor_check(jm_written(b), NULL, &f), JM_E_DUPLICATE);
        }
}

TEST(reader_is_sticky_and_demands_its_end)
{
    struct jm_bytes in = hex("84 05 61 61 f5 42 0102"), whole;
    struct jm_cbor r;

    jm_cbor_init(&r, in);
    CHECK_EQ(jm_cbor_array(&r), 4);
    CHECK_EQ(jm_cbor_uint(&r), 5);
    CHECK_STR(jm_cbor_text(&r), "a");
    CHECK(jm_cbor_bool(&r));
    CHECK_ST(jm_cbor_end(&r), JM_E_TRAILING);
    CHECK_BYTES(jm_cbor_bytes(&r), "0102");
    CHECK_OK(jm_cbor_end(&r));
    CHECK_EQ(jm_cbor_peek(&r), JM_CBOR_NONE);
    CHECK_EQ(jm_cbor_uint(&r), 0);
    CHECK_ST(jm_cbor_end(&r), JM_E_TRUNCATED);

    jm_cbor_init(&r, in);
    CHECK_EQ(jm_cbor_map(&r), 0);
    CHECK_ST(jm_cbor_end(&r), JM_E_TYPE);
    CHECK_EQ(jm_cbor_array(&r), 0); /* after the first fault nothing is read */
    CHECK_ST(jm_cbor_end(&r), JM_E_TYPE);

    jm_cbor_init(&r, hex("d81843 820102"));
    CHECK_BYTES(jm_cbor_embedded(&r, &whole), "820102");
    CHECK_BYTES(whole, "d81843820102");
    CHECK_OK(jm_cbor_end(&r));
    jm_cbor_init(&r, hex("d81743 820102"));
    (void)jm_cbor_embedded(&r, &whole);
    CHECK_ST(jm_cbor_end(&r), JM_E_TYPE);
    jm_cbor_init(&r, hex("3bffffffffffffffff"));
    (void)jm_cbor_int(&r);
    CHECK_ST(jm_cbor_end(&r), JM_E_RANGE);
    jm_cbor_init(&r, hex("3b7fffffffffffffff"));
    CHECK_EQ(jm_cbor_int(&r), INT64_MIN);
    CHECK_OK(jm_cbor_end(&r));
}

TEST(members_by_key)
{
    struct jm_bytes v, map = hex("a3 6161 01 20 8102 02 f6");

    CHECK_OK(jm_cbor_find_text(&v, map, "a"));
    CHECK_BYTES(v, "01");
    CHECK_OK(jm_cbor_find_int(&v, map, -1));
    CHECK_BYTES(v, "8102");
    CHECK_ST(jm_cbor_find_text(&v, map, "b"), JM_E_ABSENT);
    CHECK_ST(jm_cbor_find_int(&v, map, 1), JM_E_ABSENT);
    CHECK_ST(jm_cbor_find_text(&v, hex("80"), "a"), JM_E_TYPE);
    CHECK(v.ptr == NULL);
}

TEST(writer_uses_shortest_heads)
{
    static const struct {
        uint64_t v;
        const char *hex;
    } rows[] = {{0, "00"},
                {23, "17"},
                {24, "1818"},
                {255, "18ff"},
                {256, "190100"},
                {65535, "19ffff"},
                {65536, "1a00010000"},
                {UINT32_MAX, "1affffffff"},
                {UINT64_C(1) << 32, "1b0000000100000000"},
                {UINT64_MAX, "1bffffffffffffffff"}};

    for (size_t i = 0; i < JM_ARRAY_LEN(rows); i++) {
        struct jm_buf b = room(9);
        struct jm_cbor_w w;

        jm_cbor_w_init(&w, &b);
        jm_cbor_w_uint(&w, rows[i].v);
        CHECK_OK(jm_cbor_w_end(&w));
        CHECK_BYTES(jm_written(b), rows[i].hex);
        CHECK_EQ(jm_cbor_head_len(rows[i].v), b.len);
    }
}

TEST(writer_inserts_heads_and_stays_full)
{
    struct jm_buf b = room(64);
    struct jm_cbor_w w;
    size_t mark;

    jm_cbor_w_init(&w, &b);
    jm_cbor_w_tag(&w, 24);
    mark = jm_cbor_w_open(&w);
    for (int i = 0; i < 12; i++)
        jm_cbor_w_int(&w, -500);
    jm_cbor_w_close(&w, mark);
    CHECK_OK(jm_cbor_w_end(&w));
    CHECK_EQ(b.len, 2 + 2 + 36);
    CHECK_EQ(b.ptr[2], 0x58);
    CHECK_EQ(b.ptr[4], 0x39);
    b = room(3);
    jm_cbor_w_init(&w, &b);
    jm_cbor_w_bytes(&w, JM_BYTES("abc"));
    CHECK_ST(jm_cbor_w_end(&w), JM_E_NO_SPACE);
    jm_cbor_w_null(&w);
    CHECK_ST(jm_cbor_w_end(&w), JM_E_NO_SPACE);
}

TEST(booleans_and_null_are_nothing_else)
{
    static const struct {
        const char *hex;
        enum jm_status as_bool, as_null;
    } rows[] = {{"f4", JM_OK, JM_E_TYPE},
                {"f5", JM_OK, JM_E_TYPE},
                {"f6", JM_E_TYPE, JM_OK},
                {"f7", JM_E_TYPE, JM_E_TYPE},
                {"00", JM_E_TYPE, JM_E_TYPE},
                {"01", JM_E_TYPE, JM_E_TYPE},
                {"", JM_E_TRUNCATED, JM_E_TRUNCATED}};

    for (size_t i = 0; i < JM_ARRAY_LEN(rows); i++) {
        struct jm_cbor r;

        jm_cbor_init(&r, hex(rows[i].hex));
        ROW(CHECK_EQ(jm_cbor_bool(&r), strcmp(rows[i].hex, "f5") == 0) &&
                CHECK_ST(jm_cbor_end(&r), rows[i].as_bool),
            rows[i].hex);
        jm_cbor_init(&r, hex(rows[i].hex));
        jm_cbor_null(&r);
        ROW(CHECK_ST(jm_cbor_end(&r), rows[i].as_null), rows[i].hex);
    }
}
