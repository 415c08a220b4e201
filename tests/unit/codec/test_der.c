/* SPDX-License-Identifier: Apache-2.0 */
#include "unit/test.h"

#include "jumin/der.h"

TEST(elements_accepted_and_refused)
{
    static const struct {
        const char *hex;
        enum jm_status st;
    } rows[] = {
        {"0500", JM_OK},
        {"020101", JM_OK},
        {"3003020101", JM_OK},
        {"", JM_E_TRUNCATED},
        {"02", JM_E_TRUNCATED},
        {"0201", JM_E_TRUNCATED},
        {"0281", JM_E_TRUNCATED},
        {"02810100", JM_E_MALFORMED},        /* 81 01 for 01 */
        {"0282007f", JM_E_MALFORMED},        /* leading zero in the length */
        {"3080020101 0000", JM_E_MALFORMED}, /* indefinite */
        {"0285010000000000", JM_E_MALFORMED},
        {"1f810100", JM_E_UNSUPPORTED},
        {"0000", JM_E_MALFORMED},
        {"05000500", JM_E_TRAILING},
    };

    for (size_t i = 0; i < JM_ARRAY_LEN(rows); i++) {
        struct jm_der r;
        unsigned tag;

        jm_der_init(&r, hex(rows[i].hex));
        (void)jm_der_any(&r, &tag, NULL);
        ROW(CHECK_ST(jm_der_end(&r), rows[i].st), rows[i].hex);
    }
}

TEST(long_lengths_both_ways)
{
    for (size_t n = 126; n <= 300; n += 29) {
        struct jm_buf b = room(n + 8), content = room(n);
        struct jm_bytes got;
        struct jm_der_w w;
        struct jm_der r;

        memset(content.ptr, 7, n);
        jm_der_w_init(&w, &b);
        jm_der_w_put(&w, JM_DER_OCTETS, jm_bytes(content.ptr, n));
        CHECK_OK(jm_der_w_end(&w));
        jm_der_init(&r, jm_written(b));
        got = jm_der_take(&r, JM_DER_OCTETS, NULL);
        CHECK_OK(jm_der_end(&r));
        CHECK_EQ(got.len, n);
        CHECK_EQ(b.len, n + (n < 128 ? 2 : n < 256 ? 3 : 4));
    }
}

TEST(reader_by_tag)
{
    struct jm_bytes in = hex("30 08 a0 03 020102 0101ff"), v;
    struct jm_der r, s;

    jm_der_init(&r, in);
    s = jm_der_enter(&r, JM_DER_SEQ);
    CHECK(!jm_der_opt(&s, JM_DER_CTX(1), &v));
    CHECK(jm_der_opt(&s, JM_DER_CTX(0), &v));
    CHECK_BYTES(v, "020102");
    CHECK_BYTES(jm_der_take(&s, JM_DER_BOOL, NULL), "ff");
    CHECK_OK(jm_der_end(&s));
    CHECK_OK(jm_der_end(&r));
    jm_der_init(&r, in);
    (void)jm_der_take(&r, JM_DER_SET, NULL);
    CHECK_ST(jm_der_end(&r), JM_E_TYPE);
    s = jm_der_enter(&r, JM_DER_SEQ); /* sticky */
    CHECK_ST(jm_der_end(&s), JM_E_TYPE);
}

TEST(unsigned_integers_are_minimal_and_positive)
{
    static const char *const rows[][2] = {{"00", "020100"},
                                          {"0000ff", "020200ff"},
                                          {"7f", "02017f"},
                                          {"80", "02020080"}};

    for (size_t i = 0; i < JM_ARRAY_LEN(rows); i++) {
        struct jm_buf b = room(16);
        struct jm_der_w w;

        jm_der_w_init(&w, &b);
        jm_der_w_uint(&w, hex(rows[i][0]));
        CHECK_OK(jm_der_w_end(&w));
        CHECK_BYTES(jm_written(b), rows[i][1]);
    }
}

TEST(times)
{
    static const char *const bad[] = {"2701010000Z",   "270101000000",  "270101000000+0000",
                                      "271301000000Z", "270230000000Z", "270101240000Z",
                                      "27010100000aZ", "270101006000Z"};
    int64_t t;

    CHECK_OK(jm_der_time(&t, JM_DER_UTC, JM_BYTES("270101000000Z")));
    CHECK_EQ(t, 1798761600);
    CHECK_OK(jm_der_time(&t, JM_DER_UTC, JM_BYTES("500101000000Z"))); /* 1950 */
    CHECK(t < 0);
    CHECK_OK(jm_der_time(&t, JM_DER_GENTIME, JM_BYTES("20500101000000Z")));
    CHECK_EQ(t, 2524608000);
    CHECK_ST(jm_der_time(&t, JM_DER_GENTIME, JM_BYTES("270101000000Z")), JM_E_MALFORMED);
    CHECK_ST(jm_der_time(&t, JM_DER_INT, JM_BYTES("270101000000Z")), JM_E_MALFORMED);
    for (size_t i = 0; i < JM_ARRAY_LEN(bad); i++)
        ROW(CHECK_ST(jm_der_time(&t, JM_DER_UTC, jm_str(bad[i])), JM_E_MALFORMED), bad[i]);
}

/* Four octets of length are the most that are written: nothing is moved or read before that is
 * known. */
TEST(an_element_has_less_than_4_gib)
{
    uint8_t octet = 0;
    struct jm_buf b = {&octet, UINT32_MAX, UINT32_MAX};
    struct jm_der_w w;

    jm_der_w_init(&w, &b);
    jm_der_w_close(&w, 0, JM_DER_SEQ);
    CHECK_ST(w.st, JM_E_NO_SPACE); /* a length that can be written, and no room for it */
#if SIZE_MAX > UINT32_MAX          /* there is nothing so long in a module */
    b.len = b.cap = (size_t)UINT32_MAX + 1;
    jm_der_w_init(&w, &b);
    jm_der_w_close(&w, 0, JM_DER_SEQ);
    CHECK_ST(w.st, JM_E_LIMIT);
#endif
}
