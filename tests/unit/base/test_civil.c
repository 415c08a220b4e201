/* SPDX-License-Identifier: Apache-2.0 */
#include "unit/test.h"

#include "jumin/civil.h"

TEST(days_both_ways_over_eight_centuries)
{
    int64_t from = jm_days_from_civil((struct jm_date){1600, 1, 1}),
            to = jm_days_from_civil((struct jm_date){2400, 12, 31});
    struct jm_date last = {1599, 12, 31};

    CHECK_EQ(jm_days_from_civil((struct jm_date){1970, 1, 1}), 0);
    for (int64_t d = from; d <= to; d++) {
        struct jm_date c = jm_civil_from_days(d);

        if (!jm_date_valid(c) || jm_days_from_civil(c) != d || jm_date_cmp(c, last) <= 0) {
            CHECK(false && "a day is lost");
            return;
        }
        last = c;
    }
}

TEST(dates_read_and_refused)
{
    static const char *const bad[] = {"",           "2027-1-01",  "2027-13-01", "2027-00-10",
                                      "2027-02-29", "2027-04-31", "20270101",   "2027-01-01 ",
                                      "2027/01/01", "-027-01-01", "0000-01-01"};
    struct jm_date d;
    char text[11];

    CHECK_OK(jm_date_parse(&d, JM_BYTES("2028-02-29")));
    jm_date_format(text, d);
    CHECK_STR(jm_str(text), "2028-02-29");
    for (size_t i = 0; i < JM_ARRAY_LEN(bad); i++)
        ROW(CHECK_ST(jm_date_parse(&d, exact(jm_str(bad[i]))), JM_E_MALFORMED), bad[i]);
}

TEST(tdates)
{
    static const char *const bad[] = {"2027-01-01T00:00:00",    "2027-01-01t00:00:00Z",
                                      "2027-01-01T00:00:00.0Z", "2027-01-01T09:00:00+09:00",
                                      "2027-01-01T24:00:00Z",   "2027-01-01 00:00:00Z",
                                      "2027-01-01T00:60:00Z"};
    char text[21];
    int64_t t;
    bool plain;

    CHECK_OK(jm_tdate_parse(&t, JM_BYTES("2027-01-01T00:00:00Z")));
    CHECK_EQ(t, 1798761600);
    jm_tdate_format(text, t);
    CHECK_STR(jm_str(text), "2027-01-01T00:00:00Z");
    for (size_t i = 0; i < JM_ARRAY_LEN(bad); i++)
        ROW(CHECK_ST(jm_tdate_parse(&t, exact(jm_str(bad[i]))), JM_E_MALFORMED), bad[i]);
    CHECK_OK(jm_rfc3339_parse(&t, &plain, JM_BYTES("2027-01-01T09:00:00+09:00")));
    CHECK(t == 1798761600 && !plain);
    CHECK_OK(jm_rfc3339_parse(&t, &plain, JM_BYTES("2027-01-01T00:00:00.999Z")));
    CHECK(t == 1798761600 && !plain);
    CHECK_OK(jm_rfc3339_parse(&t, &plain, JM_BYTES("2027-01-01T00:00:00Z")));
    CHECK(t == 1798761600 && plain);
    CHECK_ST(jm_rfc3339_parse(&t, &plain, JM_BYTES("2027-01-01T00:00:00.Z")), JM_E_MALFORMED);
    CHECK_ST(jm_rfc3339_parse(&t, &plain, JM_BYTES("2027-01-01T00:00:00+9:00")), JM_E_MALFORMED);
    CHECK_ST(jm_rfc3339_parse(&t, &plain, JM_BYTES("2027-01-01T00:00:00")), JM_E_MALFORMED);
}

TEST(ages_and_seoul)
{
    const struct jm_date leap = {2008, 2, 29};

    CHECK_EQ(jm_age(leap, (struct jm_date){2027, 2, 28}), 18);
    CHECK_EQ(jm_age(leap, (struct jm_date){2027, 3, 1}), 19);
    CHECK_EQ(jm_age(leap, (struct jm_date){2028, 2, 29}), 20);
    CHECK_EQ(jm_date_cmp(jm_date_add_years(leap, 1), (struct jm_date){2009, 3, 1}), 0);
    /* 14:59:59Z */
    CHECK_EQ(jm_date_cmp(jm_seoul_date(1798729199), (struct jm_date){2026, 12, 31}), 0);
    CHECK_EQ(jm_date_cmp(jm_seoul_date(1798729200), (struct jm_date){2027, 1, 1}), 0);
    CHECK_EQ(jm_seoul_midnight((struct jm_date){2027, 1, 1}), 1798729200);
}

TEST(offsets_have_a_sign)
{
    bool plain;
    int64_t at;

    CHECK_OK(jm_rfc3339_parse(&at, &plain, JM_BYTES("2027-01-01T00:00:00+09:00")));
    CHECK_OK(jm_rfc3339_parse(&at, &plain, JM_BYTES("2027-01-01T00:00:00-09:00")));
    CHECK_ST(jm_rfc3339_parse(&at, &plain, JM_BYTES("2027-01-01T00:00:00*09:00")), JM_E_MALFORMED);
    CHECK_ST(jm_rfc3339_parse(&at, &plain, JM_BYTES("2027-01-01T00:00:00 09:00")), JM_E_MALFORMED);
}

TEST(a_gap_between_clocks_is_told_in_seconds)
{
    uint8_t room[256];
    struct jm_arena mem;

    jm_arena_init(&mem, room, sizeof room);
    CHECK_STR(jm_str(jm_clock_gap("iat", 1300, 1000, &mem)),
              "iat lies 300 s ahead of the clock here");
    CHECK_STR(jm_str(jm_clock_gap("iat", 700, 1000, &mem)), "iat lies 300 s behind the clock here");
    CHECK_STR(jm_str(jm_clock_gap("nbf", INT64_MAX, INT64_MIN, &mem)),
              "nbf lies 18446744073709551615 s ahead of the clock here");
    jm_arena_init(&mem, room, 8);
    CHECK_STR(jm_str(jm_clock_gap("iat", 1, 0, &mem)), "the clocks differ");
}
