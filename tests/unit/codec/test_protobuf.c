/* SPDX-License-Identifier: Apache-2.0 */
#include "unit/test.h"

#include "jumin/protobuf.h"

TEST(varints)
{
    static const struct {
        const char *name, *in;
        uint64_t v;
        size_t len;
        enum jm_status st;
    } rows[] = {
        {"zero", "00", 0, 1, JM_OK},
        {"the largest of one octet", "7f", 127, 1, JM_OK},
        {"the smallest of two", "8001", 128, 2, JM_OK},
        {"300", "ac02", 300, 2, JM_OK},
        {"what follows is left", "01ff", 1, 1, JM_OK},
        {"minus one", "ffffffffffffffffff01", UINT64_MAX, 10, JM_OK},
        {"nothing", "", 0, 0, JM_E_TRUNCATED},
        {"goes on behind the end", "80", 0, 0, JM_E_TRUNCATED},
        {"nine octets that go on", "ffffffffffffffffff", 0, 0, JM_E_TRUNCATED},
        {"zero in two octets", "8000", 0, 0, JM_E_MALFORMED},
        {"one in two octets", "8100", 0, 0, JM_E_MALFORMED},
        {"65 bits", "ffffffffffffffffff02", 0, 0, JM_E_MALFORMED},
        {"eleven octets", "ffffffffffffffffff8101", 0, 0, JM_E_MALFORMED},
    };

    for (size_t i = 0; i < JM_ARRAY_LEN(rows); i++) {
        uint64_t v = 1;
        size_t len = 1;
        bool ok = CHECK_ST(jm_varint_read(&v, &len, hex(rows[i].in)), rows[i].st) &&
                  CHECK(v == rows[i].v) && CHECK_EQ(len, rows[i].len);

        ROW(ok, rows[i].name);
        if (rows[i].st == JM_OK)
            ROW(CHECK_EQ(jm_varint_len(rows[i].v), rows[i].len), rows[i].name);
    }
}

/* Field 1 a varint, 2 octets; others are passed over. */
static enum jm_status read_both(int64_t *v, struct jm_bytes *b, struct jm_bytes in)
{
    struct jm_pb r;

    *v = 0;
    *b = jm_none();
    jm_pb_init(&r, in);
    while (jm_pb_next(&r)) {
        if (r.field == 1)
            *v = jm_pb_int(&r);
        else if (r.field == 2)
            *b = jm_pb_bytes(&r);
    }
    return jm_pb_end(&r);
}

TEST(fields)
{
    static const struct {
        const char *name, *in;
        int64_t v;
        const char *b;
        enum jm_status st;
    } rows[] = {
        {"nothing", "", 0, "", JM_OK},
        {"both", "0805 1203616263", 5, "616263", JM_OK},
        {"both, in another order", "1203616263 0805", 5, "616263", JM_OK},
        {"minus one", "08ffffffffffffffffff01", -1, "", JM_OK},
        {"the least", "0880808080808080808001", INT64_MIN, "", JM_OK},
        {"empty octets", "1200", 0, "", JM_OK},
        {"unknown fields of every kind", "1801 2100000000000000ff 2a0161 3500000000 0807", 7, "",
         JM_OK},
        {"the largest field", "f8ffffff0f01", 0, "", JM_OK},
        {"field 0", "0001", 0, "", JM_E_MALFORMED},
        {"a field too large", "808080801001", 0, "", JM_E_MALFORMED},
        {"a group", "0b0c", 0, "", JM_E_UNSUPPORTED},
        {"the end of a group", "0c", 0, "", JM_E_UNSUPPORTED},
        {"wire type 6", "0e", 0, "", JM_E_UNSUPPORTED},
        {"wire type 7", "0f", 0, "", JM_E_UNSUPPORTED},
        {"octets where a number is asked", "0a00", 0, "", JM_E_TYPE},
        {"a number where octets are asked", "1000", 0, "", JM_E_TYPE},
        {"a fixed one where a number is asked", "090000000000000000", 0, "", JM_E_TYPE},
        {"key without value", "08", 0, "", JM_E_TRUNCATED},
        {"key that goes on", "88", 0, "", JM_E_TRUNCATED},
        {"octets longer than what is there", "1204616263", 0, "", JM_E_TRUNCATED},
        {"a length near 2^64", "12ffffffffffffffffff01", 0, "", JM_E_TRUNCATED},
        {"an unknown one longer than what is there", "1a0161 2202 61", 0, "", JM_E_TRUNCATED},
        {"unknown fixed64 cut", "2100000000000000", 0, "", JM_E_TRUNCATED},
        {"unknown fixed32 cut", "35000000", 0, "", JM_E_TRUNCATED},
        {"key not shortest", "888000 05", 0, "", JM_E_MALFORMED},
        {"value not shortest", "088500", 0, "", JM_E_MALFORMED},
        {"length not shortest", "12810061", 0, "", JM_E_MALFORMED},
    };

    for (size_t i = 0; i < JM_ARRAY_LEN(rows); i++) {
        struct jm_bytes b;
        int64_t v;
        bool ok = CHECK_ST(read_both(&v, &b, hex(rows[i].in)), rows[i].st);

        if (rows[i].st == JM_OK)
            ok = CHECK(v == rows[i].v) && CHECK_BYTES(b, rows[i].b) && ok;
        ROW(ok, rows[i].name);
    }
}

TEST(reader_is_sticky)
{
    struct jm_pb r;

    jm_pb_init(&r, hex("0801 1001"));
    CHECK_ST(jm_pb_end(&r), JM_E_TRAILING); /* not asked to the end */
    CHECK(jm_pb_next(&r));
    CHECK_ST(jm_pb_end(&r), JM_E_TRAILING);
    CHECK_EQ(jm_pb_varint(&r), 1);
    CHECK(jm_pb_next(&r) && r.field == 2);
    jm_pb_fail(&r, JM_E_DUPLICATE);
    jm_pb_fail(&r, JM_E_RANGE);
    CHECK_EQ(jm_pb_varint(&r), 0);
    CHECK(!jm_pb_next(&r));
    CHECK_ST(jm_pb_end(&r), JM_E_DUPLICATE);

    jm_pb_init(&r, hex("0801"));
    CHECK(jm_pb_next(&r) && jm_pb_varint(&r) == 1);
    CHECK_EQ(jm_pb_varint(&r), 0); /* no second value */
    CHECK_ST(jm_pb_end(&r), JM_E_TYPE);
    /* the last value unread */
    jm_pb_init(&r, hex("0801"));
    CHECK(jm_pb_next(&r) && !jm_pb_next(&r));
    CHECK_OK(jm_pb_end(&r));
}

TEST(octets_are_never_null)
{
    struct jm_pb r;

    jm_pb_init(&r, hex("1200"));
    CHECK(jm_pb_next(&r));
    struct jm_bytes b = jm_pb_bytes(&r);
    CHECK(b.ptr != NULL && b.len == 0);
    CHECK_OK(jm_pb_end(&r));
}

static enum jm_status write_all(struct jm_buf *out)
{
    struct jm_pb_w w;
    size_t frame, outer, inner;

    jm_pb_w_init(&w, out);
    frame = jm_pb_w_frame(&w);
    jm_pb_w_varint(&w, 1, 300);
    jm_pb_w_varint(&w, 2, 0);
    jm_pb_w_int(&w, 3, -1);
    jm_pb_w_int(&w, 4, 0);
    jm_pb_w_sfixed64(&w, 5, -2);
    jm_pb_w_sfixed64(&w, 6, 0);
    outer = jm_pb_w_open(&w, 16);
    jm_pb_w_bytes(&w, 1, JM_BYTES("ab"));
    jm_pb_w_bytes(&w, 2, jm_none());
    inner = jm_pb_w_open(&w, 3);
    jm_pb_w_close(&w, inner);
    jm_pb_w_close(&w, outer);
    jm_pb_w_bytes_always(&w, 17, jm_none());
    jm_pb_w_close(&w, frame);
    return jm_pb_w_end(&w);
}

static const char written[] = "23 08ac02 18ffffffffffffffffff01 29feffffffffffffff"
                              "820106 0a026162 1a00 8a0100";

TEST(writes_what_is_not_zero)
{
    struct jm_buf out = room(64);

    CHECK_OK(write_all(&out));
    CHECK_BYTES(jm_written(out), written);
}

TEST(room_to_the_octet)
{
    for (size_t cap = 0; cap <= hex(written).len; cap++) {
        struct jm_buf out = room(cap);

        CHECK_ST(write_all(&out), cap == hex(written).len ? JM_OK : JM_E_NO_SPACE);
    }
}

TEST(long_messages_have_long_lengths)
{
    struct jm_buf out = room(200);
    struct jm_pb_w w;
    size_t mark;
    uint8_t zeros[150] = {0};

    jm_pb_w_init(&w, &out);
    mark = jm_pb_w_open(&w, 1);
    jm_pb_w_bytes(&w, 1, jm_bytes(zeros, sizeof zeros));
    jm_pb_w_close(&w, mark);
    CHECK_OK(jm_pb_w_end(&w));
    CHECK_EQ(out.len, 1 + 2 + 1 + 2 + 150);
    CHECK_BYTES(jm_slice(jm_written(out), 0, 6), "0a9901 0a9601");
}
