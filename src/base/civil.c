/* SPDX-License-Identifier: Apache-2.0 */
#include "jumin/civil.h"

/* Days since 1970-01-01 of the proleptic Gregorian calendar, by eras of 400 years that begin on 1
 * March. */
int64_t jm_days_from_civil(struct jm_date d)
{
    int64_t y = d.month <= 2 ? (int64_t)d.year - 1 : d.year;
    int64_t era = (y >= 0 ? y : y - 399) / 400;
    int64_t yoe = y - era * 400;
    int64_t doy = (153 * (d.month + (d.month > 2 ? -3 : 9)) + 2) / 5 + d.day - 1;
    int64_t doe = yoe * 365 + yoe / 4 - yoe / 100 + doy;

    return era * 146097 + doe - 719468;
}

struct jm_date jm_civil_from_days(int64_t z)
{
    int64_t era, doe, yoe, doy, mp;
    struct jm_date d;

    z += 719468;
    era = (z >= 0 ? z : z - 146096) / 146097;
    doe = z - era * 146097;
    yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
    doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
    mp = (5 * doy + 2) / 153;
    d.day = (int)(doy - (153 * mp + 2) / 5 + 1);
    d.month = (int)(mp < 10 ? mp + 3 : mp - 9);
    d.year = (int)(yoe + era * 400 + (d.month <= 2));
    return d;
}

static bool is_leap(int y)
{
    return (y % 4 == 0 && y % 100 != 0) || y % 400 == 0;
}

bool jm_date_valid(struct jm_date d)
{
    static const int days[12] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};

    if (d.year < 1 || d.year > 9999 || d.month < 1 || d.month > 12 || d.day < 1)
        return false;
    return d.day <= days[d.month - 1] + (d.month == 2 && is_leap(d.year));
}

int jm_date_cmp(struct jm_date a, struct jm_date b)
{
    if (a.year != b.year)
        return a.year < b.year ? -1 : 1;
    if (a.month != b.month)
        return a.month < b.month ? -1 : 1;
    return (a.day > b.day) - (a.day < b.day);
}

static int64_t floor_div(int64_t a, int64_t b)
{
    return a / b - (a % b < 0);
}

struct jm_date jm_seoul_date(int64_t at_s)
{
    return jm_civil_from_days(floor_div(at_s + JM_SEOUL_OFFSET_S, JM_DAY_S));
}

int64_t jm_seoul_midnight(struct jm_date d)
{
    return jm_days_from_civil(d) * JM_DAY_S - JM_SEOUL_OFFSET_S;
}

struct jm_time jm_utc_time(int64_t at_s)
{
    int64_t days = floor_div(at_s, JM_DAY_S);
    int s = (int)(at_s - days * JM_DAY_S);
    struct jm_time t = {jm_civil_from_days(days), s / 3600, s / 60 % 60, s % 60};

    return t;
}

int64_t jm_utc_seconds(struct jm_time t)
{
    return jm_days_from_civil(t.date) * JM_DAY_S + t.hour * 3600 + t.minute * 60 + t.second;
}

int jm_age(struct jm_date birth, struct jm_date on)
{
    int years = on.year - birth.year;

    /* 29 February sorts between 28 February and 1 March: the plain comparison already gives 1
     * March. */
    if (on.month < birth.month || (on.month == birth.month && on.day < birth.day))
        years--;
    return years;
}

struct jm_date jm_date_add_years(struct jm_date d, int years)
{
    d.year += years;
    if (d.month == 2 && d.day == 29 && !is_leap(d.year)) {
        d.month = 3;
        d.day = 1;
    }
    return d;
}

static bool two_digits(struct jm_bytes t, size_t at, int *out)
{
    if (at + 2 > t.len || t.ptr[at] < '0' || t.ptr[at] > '9' || t.ptr[at + 1] < '0' ||
        t.ptr[at + 1] > '9')
        return false;
    *out = (t.ptr[at] - '0') * 10 + (t.ptr[at + 1] - '0');
    return true;
}

enum jm_status jm_date_parse(struct jm_date *out, struct jm_bytes t)
{
    int hi, lo;

    *out = (struct jm_date){0, 0, 0};
    if (t.len != 10 || t.ptr[4] != '-' || t.ptr[7] != '-' || !two_digits(t, 0, &hi) ||
        !two_digits(t, 2, &lo) || !two_digits(t, 5, &out->month) || !two_digits(t, 8, &out->day))
        return JM_E_MALFORMED;
    out->year = hi * 100 + lo;
    return jm_date_valid(*out) ? JM_OK : JM_E_MALFORMED;
}

static void put_two(char *o, int v)
{
    o[0] = (char)('0' + v / 10 % 10);
    o[1] = (char)('0' + v % 10);
}

void jm_date_format(char o[11], struct jm_date d)
{
    put_two(o, d.year / 100);
    put_two(o + 2, d.year % 100);
    o[4] = '-';
    put_two(o + 5, d.month);
    o[7] = '-';
    put_two(o + 8, d.day);
    o[10] = 0;
}

enum jm_status jm_rfc3339_parse(int64_t *out, bool *plain, struct jm_bytes t)
{
    struct jm_time v = {{0, 0, 0}, 0, 0, 0};
    size_t at = 19;
    int oh = 0, om = 0, sign = 0;

    *out = 0;
    *plain = t.len == 20 && t.ptr[19] == 'Z';
    if (t.len < 20 || jm_date_parse(&v.date, jm_slice(t, 0, 10)) != JM_OK ||
        (t.ptr[10] != 'T' && t.ptr[10] != 't') || !two_digits(t, 11, &v.hour) || t.ptr[13] != ':' ||
        !two_digits(t, 14, &v.minute) || t.ptr[16] != ':' || !two_digits(t, 17, &v.second) ||
        v.hour > 23 || v.minute > 59 || v.second > 60)
        return JM_E_MALFORMED;
    if (t.ptr[10] != 'T')
        *plain = false;
    if (t.ptr[at] == '.') {
        size_t digits = ++at;

        while (at < t.len && t.ptr[at] >= '0' && t.ptr[at] <= '9')
            at++;
        if (at == digits)
            return JM_E_MALFORMED;
    }
    if (at + 1 == t.len && (t.ptr[at] == 'Z' || t.ptr[at] == 'z')) {
        *out = jm_utc_seconds(v);
        return JM_OK;
    }
    if (at + 6 != t.len || !two_digits(t, at + 1, &oh) || t.ptr[at + 3] != ':' ||
        !two_digits(t, at + 4, &om) || oh > 23 || om > 59)
        return JM_E_MALFORMED;
    sign = t.ptr[at] == '+' ? 1 : t.ptr[at] == '-' ? -1 : 0;
    if (sign == 0)
        return JM_E_MALFORMED;
    *out = jm_utc_seconds(v) - sign * (oh * 3600 + om * 60);
    return JM_OK;
}

enum jm_status jm_tdate_parse(int64_t *out, struct jm_bytes t)
{
    bool plain;

    JM_TRY(jm_rfc3339_parse(out, &plain, t));
    return plain ? JM_OK : JM_E_MALFORMED;
}

void jm_tdate_format(char o[21], int64_t at_s)
{
    struct jm_time t = jm_utc_time(at_s);

    jm_date_format(o, t.date);
    o[10] = 'T';
    put_two(o + 11, t.hour);
    o[13] = ':';
    put_two(o + 14, t.minute);
    o[16] = ':';
    put_two(o + 17, t.second);
    o[19] = 'Z';
    o[20] = 0;
}

const char *jm_clock_gap(const char *what, int64_t at_s, int64_t now_s, struct jm_arena *mem)
{
    uint64_t gap =
        at_s > now_s ? (uint64_t)at_s - (uint64_t)now_s : (uint64_t)now_s - (uint64_t)at_s;
    uint8_t digits[20], *first = digits + sizeof digits;
    struct jm_bytes text;

    do {
        *--first = (uint8_t)('0' + gap % 10);
        gap /= 10;
    } while (gap != 0);
    const struct jm_bytes parts[] = {jm_str(what),
                                     JM_BYTES(" lies "),
                                     jm_bytes(first, (size_t)(digits + sizeof digits - first)),
                                     JM_BYTES(" s "),
                                     jm_str(at_s > now_s ? "ahead of" : "behind"),
                                     JM_BYTES(" the clock here")};

    return jm_concat(&text, mem, parts, JM_ARRAY_LEN(parts)) == JM_OK ? (const char *)text.ptr
                                                                      : "the clocks differ";
}
