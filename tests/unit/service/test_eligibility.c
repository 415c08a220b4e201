/* SPDX-License-Identifier: Apache-2.0 */
/* D-060 to D-063 over the real calendar: each boundary to the second, each code. */
#include "unit/service/office.h"

static struct jm_rollout calendar;

static struct jm_eligibility_facts someone(const char *region, const char *now)
{
    return (struct jm_eligibility_facts){.now = at(now),
                                         .route = JM_ROUTE_QR,
                                         .desk_region = jm_str(region),
                                         .kind = JM_PERSON_RESIDENT,
                                         .state = JM_PERSON_ALIVE,
                                         .birth = {1990, 5, 2},
                                         .region = jm_str(region),
                                         .plastic = JM_PLASTIC_VALID,
                                         .plastic_kind = JM_PLASTIC_PLAIN};
}

static void load(struct jm_arena *mem)
{
    *mem = arena(1 << 20);
    CHECK_OK(jm_rollout_load(&calendar, read_file("data/rollout.json"), mem, NULL));
}

TEST(each_phase_begins_at_midnight_in_seoul)
{
    static const struct {
        const char *day, *before, *region, *rule; /* before: the evening that is too early */
    } rows[] = {
        {"2024-12-27", "2024-12-26", "3611010100", "PILOT"},
        {"2024-12-27", "2024-12-26", "4128110100", "PILOT"},
        {"2024-12-27", "2024-12-26", "4128510100", "PILOT"},
        {"2024-12-27", "2024-12-26", "5172010100", "PILOT"},
        {"2024-12-27", "2024-12-26", "4888010100", "PILOT"},
        {"2024-12-27", "2024-12-26", "3017010100", "PILOT"},
        {"2024-12-27", "2024-12-26", "2772010100", "PILOT"},
        {"2024-12-27", "2024-12-26", "3171010100", "PILOT"},
        {"2024-12-27", "2024-12-26", "4613010100", "PILOT"},
        {"2024-12-27", "2024-12-26", "4683010100", "PILOT"},
        {"2025-02-14", "2025-02-13", "2711010100", "P1"},
        {"2025-02-14", "2025-02-13", "3011010100", "P1"},
        {"2025-02-14", "2025-02-13", "3114010100", "P1"},
        {"2025-02-14", "2025-02-13", "5111010100", "P1"},
        {"2025-02-14", "2025-02-13", "5211110100", "P1"},
        {"2025-02-14", "2025-02-13", "4611010100", "P1"},
        {"2025-02-14", "2025-02-13", "4713010100", "P1"},
        {"2025-02-14", "2025-02-13", "4817010100", "P1"},
        {"2025-02-14", "2025-02-13", "5011010100", "P1"},
        {"2025-02-28", "2025-02-27", "2823710100", "P2"},
        {"2025-02-28", "2025-02-27", "4111110100", "P2"},
        {"2025-02-28", "2025-02-27", "4313010100", "P2"},
        {"2025-02-28", "2025-02-27", "4420010100", "P2"},
        {"2025-03-14", "2025-03-13", "1111010100", "P3"},
        {"2025-03-14", "2025-03-13", "2623010100", "P3"},
        {"2025-03-14", "2025-03-13", "2911010100", "P3"},
    };
    struct jm_arena mem;

    load(&mem);
    for (size_t i = 0; i < JM_ARRAY_LEN(rows); i++) {
        char moment[32];
        struct jm_eligibility e;

        snprintf(moment, sizeof moment, "%sT00:00:00+09:00", rows[i].day);
        struct jm_eligibility_facts f = someone(rows[i].region, moment);
        jm_eligible(&e, &f, &calendar);
        ROW(CHECK_EQ(e.n, 0) && CHECK_STR(e.rule, rows[i].rule), rows[i].region);
        snprintf(moment, sizeof moment, "%sT23:59:59+09:00", rows[i].before);
        f.now = at(moment);
        jm_eligible(&e, &f, &calendar);
        ROW(CHECK_EQ(e.n, 1) && CHECK_EQ(e.code[0], JM_ELIG_REGION_NOT_OPEN) &&
                CHECK_EQ(e.rule.len, 0),
            rows[i].region);
    }
}

TEST(the_specifications_own_examples)
{
    struct jm_arena mem;
    struct jm_eligibility e;
    /* Ilsanseo-gu, Goyang */
    struct jm_eligibility_facts f = someone("4128710100", "2025-02-20T10:00:00+09:00");

    load(&mem);
    jm_eligible(&e, &f, &calendar);
    CHECK_EQ(e.n, 0);
    CHECK_STR(e.rule, "PILOT");
    f.desk_region = JM_BYTES("4128110100"); /* another ward of the same city */
    jm_eligible(&e, &f, &calendar);
    CHECK_EQ(e.n, 0);
    f = someone("4111310100", "2025-02-27T23:59:59+09:00"); /* Suwon */
    jm_eligible(&e, &f, &calendar);
    CHECK_EQ(e.code[0], JM_ELIG_REGION_NOT_OPEN);
    f.now++;
    jm_eligible(&e, &f, &calendar);
    CHECK_EQ(e.n, 0);
}

TEST(own_desk_until_the_country_is_open)
{
    static const struct {
        const char *region, *desk, *now;
        enum jm_code code;
    } rows[] = {
        {"3017010100", "3011010100", "2025-01-15T10:00:00+09:00", JM_ELIG_DESK_OUT_OF_SCOPE},
        {"3017010100", "3017099900", "2025-01-15T10:00:00+09:00", JM_CODE_NONE},
        {"1111010100", "3017010100", "2025-03-27T23:59:59+09:00", JM_ELIG_DESK_OUT_OF_SCOPE},
        {"1111010100", "3017010100", "2025-03-28T00:00:00+09:00", JM_CODE_NONE},
        /* the address is what is missing */
        {"1111010100", "3017010100", "2025-03-13T10:00:00+09:00", JM_ELIG_REGION_NOT_OPEN},
        {"3017010100", "301", "2025-01-15T10:00:00+09:00", JM_ELIG_DESK_OUT_OF_SCOPE},
    };
    struct jm_arena mem;

    load(&mem);
    for (size_t i = 0; i < JM_ARRAY_LEN(rows); i++) {
        struct jm_eligibility_facts f = someone(rows[i].region, rows[i].now);
        struct jm_eligibility e;

        f.desk_region = jm_str(rows[i].desk);
        jm_eligible(&e, &f, &calendar);
        ROW(CHECK_EQ(e.n, rows[i].code != JM_CODE_NONE) &&
                CHECK_EQ(e.n == 0 ? JM_CODE_NONE : e.code[0], rows[i].code),
            rows[i].now);
    }
    struct jm_eligibility_facts app = someone("1111010100", "2025-03-14T10:00:00+09:00");
    struct jm_eligibility e;
    app.desk_region = jm_none(); /* no desk: nothing to be out of the scope of */
    app.route = JM_ROUTE_TAP;
    app.plastic_kind = JM_PLASTIC_IC;
    jm_eligible(&e, &app, &calendar);
    CHECK_EQ(e.n, 0);
}

TEST(seventeen_on_the_birthday)
{
    static const struct {
        struct jm_date birth;
        const char *now;
        bool young;
    } rows[] = {
        {{2008, 4, 10}, "2025-04-09T23:59:59+09:00", true},
        {{2008, 4, 10}, "2025-04-10T00:00:00+09:00", false},
        {{2008, 4, 10}, "2025-04-09T15:00:00Z", false},
        {{2008, 2, 29}, "2025-02-28T23:59:59+09:00", true},
        {{2008, 2, 29}, "2025-03-01T00:00:00+09:00", false},
    };
    struct jm_arena mem;

    load(&mem);
    for (size_t i = 0; i < JM_ARRAY_LEN(rows); i++) {
        struct jm_eligibility_facts f = someone("3017010100", rows[i].now);
        struct jm_eligibility e;

        f.birth = rows[i].birth;
        jm_eligible(&e, &f, &calendar);
        ROW(CHECK_EQ(e.n, rows[i].young) && CHECK(!rows[i].young || e.code[0] == JM_ELIG_UNDER_17),
            rows[i].now);
    }
}

TEST(each_code_alone)
{
    const char *now = "2025-04-01T10:00:00+09:00";
    struct {
        const char *name;
        struct jm_eligibility_facts f;
        enum jm_code code;
    } rows[] = {
        {"never had plastic", someone("3017010100", now), JM_ELIG_NO_CARD},
        {"ordered", someone("3017010100", now), JM_ELIG_NO_CARD},
        {"ready", someone("3017010100", now), JM_ELIG_NO_CARD},
        {"lost", someone("3017010100", now), JM_ELIG_CARD_LOST},
        {"void", someone("3017010100", now), JM_ELIG_CARD_NOT_CURRENT},
        {"returned", someone("3017010100", now), JM_ELIG_CARD_NOT_CURRENT},
        {"plain plastic, tapped", someone("3017010100", now), JM_ELIG_NOT_IC_CARD},
        {"overseas national", someone("3017010100", now), JM_ELIG_NOT_REGISTERED},
        {"unknown residence: D-159", someone("3017010100", now), JM_ELIG_NOT_REGISTERED},
        {"cancelled", someone("3017010100", now), JM_ELIG_NOT_REGISTERED},
        {"dead", someone("3017010100", now), JM_ELIG_DECEASED},
        {"line of somebody else", someone("3017010100", now), JM_ELIG_LINE_NOT_OWN},
        {"phone unfit", someone("3017010100", now), JM_ELIG_DEVICE_UNFIT},
        {"a case is open", someone("3017010100", now), JM_ELIG_CASE_OPEN},
        {"not the face of the photo", someone("3017010100", now), JM_ELIG_PHOTO_MISMATCH},
    };
    struct jm_arena mem;

    load(&mem);
    rows[0].f.plastic = (enum jm_plastic_state)0;
    rows[1].f.plastic = JM_PLASTIC_ORDERED;
    rows[2].f.plastic = JM_PLASTIC_READY;
    rows[3].f.plastic = JM_PLASTIC_LOST;
    rows[4].f.plastic = JM_PLASTIC_VOID;
    rows[5].f.plastic = JM_PLASTIC_RETURNED;
    rows[6].f.route = JM_ROUTE_TAP;
    rows[7].f.kind = JM_PERSON_OVERSEAS;
    rows[8].f.kind = JM_PERSON_UNKNOWN_RESIDENCE;
    rows[9].f.state = JM_PERSON_CANCELLED;
    rows[10].f.state = JM_PERSON_DEAD;
    rows[11].f.line_not_own = true;
    rows[12].f.device_unfit = true;
    rows[13].f.case_open = true;
    rows[14].f.photo_mismatch = true;
    for (size_t i = 0; i < JM_ARRAY_LEN(rows); i++) {
        struct jm_eligibility e;

        jm_eligible(&e, &rows[i].f, &calendar);
        ROW(CHECK_EQ(e.n, 1) && CHECK_EQ(e.code[0], rows[i].code) && CHECK_EQ(e.rule.len, 0),
            rows[i].name);
    }
}

TEST(every_reason_is_named)
{
    struct jm_eligibility_facts f = someone("1111010100", "2025-01-15T10:00:00+09:00");
    static const enum jm_code want[] = {JM_ELIG_NOT_REGISTERED, JM_ELIG_UNDER_17,
                                        JM_ELIG_NO_CARD,        JM_ELIG_REGION_NOT_OPEN,
                                        JM_ELIG_LINE_NOT_OWN,   JM_ELIG_DEVICE_UNFIT,
                                        JM_ELIG_CASE_OPEN,      JM_ELIG_PHOTO_MISMATCH};
    struct jm_arena mem;
    struct jm_eligibility e;

    load(&mem);
    f.kind = JM_PERSON_OVERSEAS;
    f.birth = (struct jm_date){2010, 1, 1};
    f.plastic = (enum jm_plastic_state)0;
    f.line_not_own = f.device_unfit = f.case_open = f.photo_mismatch = true;
    jm_eligible(&e, &f, &calendar);
    CHECK_EQ(e.n, JM_ARRAY_LEN(want));
    for (size_t i = 0; i < JM_ARRAY_LEN(want); i++)
        CHECK_EQ(e.code[i], want[i]);
}

TEST(caps_pauses_routes_and_ends)
{
    static const char rows[] =
        "{\"phases\":["
        "{\"id\":\"A\",\"from\":\"2025-01-01\",\"to\":\"2025-02-01\",\"routes\":[\"QR\"],\"desk\":"
        "\"ANY\",\"areas\":[\"30\"],\"daily_cap\":2},"
        "{\"id\":\"B\",\"from\":\"2025-01-01\",\"routes\":[\"QR\"],\"desk\":\"ANY\",\"areas\":["
        "\"11\"],\"paused\":true}]}";
    struct jm_arena mem = arena(1 << 18);
    struct jm_eligibility_facts f = someone("3017010100", "2025-01-15T10:00:00+09:00");
    struct jm_eligibility e;

    CHECK_OK(jm_rollout_load(&calendar, jm_str(rows), &mem, NULL));
    f.issued_today = 1;
    jm_eligible(&e, &f, &calendar);
    CHECK_EQ(e.n, 0);
    f.issued_today = 2;
    jm_eligible(&e, &f, &calendar);
    CHECK(e.n == 1 && e.code[0] == JM_ELIG_CAP_REACHED);
    f.issued_today = 0;
    f.route = JM_ROUTE_TAP;
    f.plastic_kind = JM_PLASTIC_IC;
    jm_eligible(&e, &f, &calendar);
    CHECK(e.n == 1 && e.code[0] == JM_ELIG_ROUTE_CLOSED);
    f = someone("1111010100", "2025-01-15T10:00:00+09:00");
    jm_eligible(&e, &f, &calendar);
    CHECK(e.n == 1 && e.code[0] == JM_ELIG_REGION_NOT_OPEN);
    f = someone("3017010100", "2025-01-31T23:59:59+09:00");
    jm_eligible(&e, &f, &calendar);
    CHECK_EQ(e.n, 0);
    f.now++;
    jm_eligible(&e, &f, &calendar);
    CHECK(e.n == 1 && e.code[0] == JM_ELIG_REGION_NOT_OPEN);
}

TEST(faulty_calendars_are_refused)
{
    static const char *const rows[] = {
        "",
        "[]",
        "{}",
        "{\"phases\":{}}",
        "{\"phases\":[{}]}",
        "{\"phases\":[{\"id\":\"A\",\"from\":\"2025-13-01\",\"routes\":[\"QR\"],\"desk\":\"ANY\"}]"
        "}",
        "{\"phases\":[{\"id\":\"A\",\"from\":\"2025-01-01\",\"routes\":[\"FAX\"],\"desk\":\"ANY\"}]"
        "}",
        "{\"phases\":[{\"id\":\"A\",\"from\":\"2025-01-01\",\"routes\":[\"QR\"],\"desk\":\"SOME\"}]"
        "}",
        "{\"phases\":[{\"id\":\"A\",\"from\":\"2025-01-01\",\"routes\":[\"QR\"],\"desk\":\"ANY\","
        "\"areas\":[\"3x\"]}]}",
    };
    struct jm_arena mem = arena(1 << 18);

    for (size_t i = 0; i < JM_ARRAY_LEN(rows); i++) {
        struct jm_diag d = {0};

        ROW(CHECK_ST(jm_rollout_load(&calendar, jm_str(rows[i]), &mem, &d), JM_E_MALFORMED) &&
                CHECK_EQ(d.code, JM_DATA_ROLLOUT),
            rows[i]);
    }
}
