/* SPDX-License-Identifier: Apache-2.0 */
/* D-070: F-1 to F-8 as a golden table, with the days on which they begin; both readings of the
 * cohort (D-072). */
#include "unit/service/office.h"

#include "service/fees/fees.h"

static struct jm_fees fees;
static struct jm_arena mem;

static void load(void)
{
    mem = arena(1 << 20);
    CHECK_OK(jm_fees_load(&fees, read_file("data/fees.json"), &mem, NULL));
}

static struct jm_date day(const char *text)
{
    struct jm_date d = {0, 0, 0};

    MUST(jm_date_parse(&d, jm_str(text)));
    return d;
}

struct golden {
    const char *rule; /* null: no rule */
    int64_t card, chip;
    enum jm_fee_action action;
    enum jm_plastic_kind kind;
    const char *reason, *on, *born, *issued;
    bool relief;
};

static void check(const struct golden *g)
{
    struct jm_fee_facts f = {.birth = day(g->born == NULL ? "1990-05-02" : g->born),
                             .relief = g->relief};
    struct jm_diag d = {0};
    struct jm_fee fee;
    char name[128];

    if (g->issued != NULL)
        f.issued = day(g->issued);
    snprintf(name, sizeof name, "%s %d kind %d %s %s", g->rule == NULL ? "none" : g->rule,
             (int)g->action, (int)g->kind, g->reason, g->on);
    enum jm_status st = jm_fee_of(&fee, &fees, g->action, g->kind,
                                  jm_fee_reason_of(jm_str(g->reason)), &f, day(g->on), &d);
    if (g->rule == NULL) {
        ROW(CHECK_ST(st, JM_E_ABSENT) && CHECK_EQ(d.code, JM_FEE_NO_RULE) && CHECK_EQ(fee.won, 0),
            name);
        return;
    }
    ROW(CHECK_OK(st) && CHECK_STR(fee.rule, g->rule) && CHECK_EQ(fee.card, g->card) &&
            CHECK_EQ(fee.chip, g->chip) && CHECK_EQ(fee.won, g->card + g->chip),
        name);
}

#define MOBILE JM_FEE_MOBILE, JM_PLASTIC_PLAIN, "lost"
#define FIRST(kind) JM_FEE_FIRST, JM_PLASTIC_##kind, "lost"
#define AGAIN(kind, reason) JM_FEE_REPLACE, JM_PLASTIC_##kind, reason

TEST(the_table_of_the_law)
{
    static const struct golden rows[] = {
        /* F-1: mobile, from the first day of the pilot */
        {"F-1", 0, 0, MOBILE, "2024-12-27", NULL, NULL, false},
        {"F-1", 0, 0, MOBILE, "2030-01-01", NULL, NULL, false},
        {NULL, 0, 0, MOBILE, "2024-12-26", NULL, NULL, false},
        /* F-2: the first card of one's life */
        {"F-2", 0, 0, FIRST(PLAIN), "2020-01-01", NULL, NULL, false},
        {"F-2", 0, 0, FIRST(IC), "2025-01-01", NULL, NULL, false},
        {"F-2", 0, 0, FIRST(BRAILLE), "2025-01-01", NULL, NULL, false},
        /* F-3: the announced cohort, chip, from 27 December 2024 */
        {"F-3", 0, 0, FIRST(IC), "2024-12-27", "2008-01-01", NULL, false},
        {"F-3", 0, 0, FIRST(IC), "2025-06-01", "2008-12-31", NULL, false},
        {"F-2", 0, 0, FIRST(IC), "2024-12-26", "2008-01-01", NULL, false},
        {"F-2", 0, 0, FIRST(IC), "2025-06-01", "2007-12-31", NULL, false},
        {"F-2", 0, 0, FIRST(IC), "2026-06-01", "2009-01-01", NULL, false},
        {"F-2", 0, 0, FIRST(PLAIN), "2025-06-01", "2008-01-01", NULL, false},
        /* F-4: plain again, 5,000; 0 where the law frees it */
        {"F-4", 5000, 0, AGAIN(PLAIN, "lost"), "2020-01-01", NULL, NULL, false},
        {"F-4", 5000, 0, AGAIN(BRAILLE, "lost"), "2025-01-01", NULL, NULL, false},
        {"F-4", 0, 0, AGAIN(PLAIN, "name_changed"), "2025-01-01", NULL, NULL, false},
        {"F-4", 0, 0, AGAIN(PLAIN, "birth_or_sex_changed"), "2025-01-01", NULL, NULL, false},
        {"F-4", 0, 0, AGAIN(PLAIN, "natural_wear"), "2025-01-01", NULL, NULL, false},
        {"F-4", 0, 0, AGAIN(PLAIN, "annotation_full"), "2025-01-01", NULL, NULL, false},
        {"F-4", 0, 0, AGAIN(PLAIN, "return_from_emigration"), "2025-01-01", NULL, NULL, false},
        {"F-4", 0, 0, AGAIN(PLAIN, "disaster"), "2020-01-01", NULL, NULL, false},
        /* F-5: chip again, 5,000 + 5,000 */
        {"F-5", 5000, 5000, AGAIN(IC, "lost"), "2024-12-27", NULL, NULL, false},
        {NULL, 0, 0, AGAIN(IC, "lost"), "2024-12-26", NULL, NULL, false},
        /* F-6: the freed reasons, chip: the chip's part */
        {"F-6", 0, 5000, AGAIN(IC, "name_changed"), "2024-12-27", NULL, NULL, false},
        {"F-6", 0, 5000, AGAIN(IC, "disaster"), "2025-01-01", NULL, NULL, false},
        {NULL, 0, 0, AGAIN(IC, "name_changed"), "2024-12-26", NULL, NULL, false},
        /* F-7: not the holder's doing */
        {"F-7", 0, 0, AGAIN(PLAIN, "authority_mistake"), "2020-01-01", NULL, NULL, false},
        {"F-7", 0, 0, AGAIN(IC, "authority_mistake"), "2025-01-01", NULL, NULL, false},
        {"F-7", 0, 0, AGAIN(IC, "chip_defect"), "2026-01-10", NULL, "2025-01-10", false},
        {"F-5", 5000, 5000, AGAIN(IC, "chip_defect"), "2026-01-11", NULL, "2025-01-10", false},
        {"F-5", 5000, 5000, AGAIN(IC, "chip_defect"), "2026-01-11", NULL, NULL, false},
        {"F-7", 0, 0, AGAIN(IC, "chip_defect"), "2029-03-01", NULL, "2028-02-29", false},
        {"F-4", 5000, 0, AGAIN(PLAIN, "chip_defect"), "2026-01-10", NULL, "2025-01-10", false},
        /* F-8: relief groups */
        {"F-8", 0, 0, AGAIN(PLAIN, "lost"), "2024-12-27", NULL, NULL, true},
        {"F-8", 0, 5000, AGAIN(IC, "lost"), "2024-12-27", NULL, NULL, true},
        {"F-4", 5000, 0, AGAIN(PLAIN, "lost"), "2024-12-26", NULL, NULL, true},
        {"F-4", 0, 0, AGAIN(PLAIN, "name_changed"), "2025-01-01", NULL, NULL, true},
        {"F-7", 0, 0, AGAIN(IC, "authority_mistake"), "2025-01-01", NULL, NULL, true},
    };

    load();
    for (size_t i = 0; i < JM_ARRAY_LEN(rows); i++)
        check(&rows[i]);
}

/* "468,000 15-year-olds": born 2008, as the press has it, or fifteen in 2024, as the words have it.
 * The price is 0 in both. */
TEST(both_readings_of_the_cohort)
{
    static const struct {
        const char *cohort, *born;
        bool offered;
    } rows[] = {
        {"{\"birth_year\":2008}", "2008-07-01", true},
        {"{\"birth_year\":2008}", "2009-07-01", false},
        {"{\"birth_year\":2008}", "2007-12-31", false},
        {"{\"age\":15,\"in\":2024}", "2009-07-01", true},
        {"{\"age\":15,\"in\":2024}", "2008-07-01", false},
        {"{\"age\":15,\"in\":2024}", "2010-01-01", false},
    };

    for (size_t i = 0; i < JM_ARRAY_LEN(rows); i++) {
        char json[512];
        struct jm_fee_facts f = {.birth = day(rows[i].born)};
        struct jm_fee fee;

        mem = arena(1 << 18);
        snprintf(json, sizeof json,
                 "{\"cohort\":%s,\"fees\":[{\"rule\":\"F-3\",\"action\":\"first\",\"kinds\":["
                 "\"ic\"],\"cohort\":true,\"from\":\"2024-12-27\","
                 "\"card\":0,\"chip\":0},{\"rule\":\"F-2\",\"action\":\"first\",\"card\":0,"
                 "\"chip\":0}]}",
                 rows[i].cohort);
        CHECK_OK(jm_fees_load(&fees, exact(jm_str(json)), &mem, NULL));
        CHECK_OK(jm_fee_of(&fee, &fees, JM_FEE_FIRST, JM_PLASTIC_PLAIN, JM_FEE_LOST, &f,
                           day("2025-09-01"), NULL));
        ROW(CHECK_EQ(fee.offer_chip, rows[i].offered) && CHECK_EQ(fee.won, 0) &&
                CHECK_STR(fee.rule, "F-2"),
            rows[i].born);
        CHECK_OK(jm_fee_of(&fee, &fees, JM_FEE_FIRST, JM_PLASTIC_IC, JM_FEE_LOST, &f,
                           day("2025-09-01"), NULL));
        ROW(CHECK_STR(fee.rule, rows[i].offered ? "F-3" : "F-2") && CHECK_EQ(fee.won, 0),
            rows[i].born);
        CHECK_OK(jm_fee_of(&fee, &fees, JM_FEE_FIRST, JM_PLASTIC_IC, JM_FEE_LOST, &f,
                           day("2024-12-26"), NULL));
        ROW(CHECK_STR(fee.rule, "F-2") && CHECK(!fee.offer_chip), rows[i].born);
    }
}

TEST(faulty_tables_are_refused)
{
    static const char *const rows[] = {
        "",
        "{}",
        "[]",
        "{\"fees\":[]}",
        "{\"fees\":{}}",
        "{\"fees\":[{}]}",
        "{\"fees\":[{\"rule\":\"\",\"action\":\"first\",\"card\":0,\"chip\":0}]}",
        "{\"fees\":[{\"rule\":\"F\",\"action\":\"gift\",\"card\":0,\"chip\":0}]}",
        "{\"fees\":[{\"rule\":\"F\",\"action\":\"first\",\"chip\":0}]}",
        "{\"fees\":[{\"rule\":\"F\",\"action\":\"first\",\"card\":-1,\"chip\":0}]}",
        "{\"fees\":[{\"rule\":\"F\",\"action\":\"first\",\"card\":\"0\",\"chip\":0}]}",
        "{\"fees\":[{\"rule\":\"F\",\"action\":\"first\",\"kinds\":[\"gold\"],\"card\":0,\"chip\":"
        "0}]}",
        "{\"fees\":[{\"rule\":\"F\",\"action\":\"first\",\"kinds\":[],\"card\":0,\"chip\":0}]}",
        "{\"fees\":[{\"rule\":\"F\",\"action\":\"first\",\"reasons\":\"lost\",\"card\":0,\"chip\":"
        "0}]}",
        "{\"fees\":[{\"rule\":\"F\",\"action\":\"first\",\"from\":\"2025-02-30\",\"card\":0,"
        "\"chip\":0}]}",
        "{\"cohort\":{},\"fees\":[{\"rule\":\"F\",\"action\":\"first\",\"card\":0,\"chip\":0}]}",
        "{\"cohort\":{\"age\":15},\"fees\":[{\"rule\":\"F\",\"action\":\"first\",\"card\":0,"
        "\"chip\":0}]}",
    };

    mem = arena(1 << 18);
    for (size_t i = 0; i < JM_ARRAY_LEN(rows); i++) {
        struct jm_diag d = {0};

        ROW(CHECK_ST(jm_fees_load(&fees, jm_str(rows[i]), &mem, &d), JM_E_MALFORMED) &&
                CHECK_EQ(d.code, JM_DATA_FEES),
            rows[i]);
    }
    CHECK_EQ(jm_fee_reason_of(JM_BYTES("whim")), 0);
    CHECK_EQ(jm_fee_reason_of(JM_BYTES("")), 0);
}
