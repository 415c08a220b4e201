/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file civil.h  Room: base. Dates and times as numbers; texts of RFC 3339. The time of day is
 * always an argument.
 *
 * The civil dates of this country are those of Asia/Seoul: UTC+9, no daylight saving (D-130).
 */
#ifndef JUMIN_CIVIL_H
#define JUMIN_CIVIL_H

#include "jumin/arena.h"

#define JM_DAY_S 86400
#define JM_SEOUL_OFFSET_S (9 * 3600)

struct jm_date {
    int year, month, day; /* month 1–12 */
};

struct jm_time {
    struct jm_date date;
    int hour, minute, second;
};

int64_t jm_days_from_civil(struct jm_date d);
struct jm_date jm_civil_from_days(int64_t days);
bool jm_date_valid(struct jm_date d);
int jm_date_cmp(struct jm_date a, struct jm_date b);
/** The civil date in Seoul at a moment. */
struct jm_date jm_seoul_date(int64_t at_s);
/** The moment at which a civil date begins in Seoul. */
int64_t jm_seoul_midnight(struct jm_date d);
struct jm_time jm_utc_time(int64_t at_s);
int64_t jm_utc_seconds(struct jm_time t);
/** Full years reached on @p on: born on 29 February counts from 1 March in common years (D-130). */
int jm_age(struct jm_date birth, struct jm_date on);
/** The same day @p years later; 29 February becomes 1 March in a common year. */
struct jm_date jm_date_add_years(struct jm_date d, int years);

/** `YYYY-MM-DD`, 10 characters. @retval JM_E_MALFORMED another form */
JM_MUST_CHECK enum jm_status jm_date_parse(struct jm_date *out, struct jm_bytes text);
void jm_date_format(char out[11], struct jm_date d);
/** `YYYY-MM-DDTHH:MM:SSZ`, exactly 20 characters. @retval JM_E_MALFORMED another form */
JM_MUST_CHECK enum jm_status jm_tdate_parse(int64_t *out, struct jm_bytes text);
void jm_tdate_format(char out[21], int64_t at_s);
/** RFC 3339 with fraction (floored) and offset; @p plain: it had the form of jm_tdate_parse.
 * @retval JM_E_MALFORMED another form */
JM_MUST_CHECK enum jm_status jm_rfc3339_parse(int64_t *out, bool *plain, struct jm_bytes text);

/** Two clocks differ, and by how much: "iat lies 301 s ahead of the clock here", "… behind …". In
 * @p mem, static where that is full. */
const char *jm_clock_gap(const char *what, int64_t at_s, int64_t now_s, struct jm_arena *mem);

#endif
