/* SPDX-License-Identifier: Apache-2.0 */
/* Who may have a card, when and where: each reason alone, the calendar's edges, and what the calendar's file may not say. */
#include "unit/test.h"

#include "service/eligibility/eligibility.h"

#define NOON 1749960000 /* 2025-06-15, 13:00 in Seoul */

static struct jm_rollout rollout_of(const char *json, enum jm_code want)
{
    static struct jm_arena mem;
    struct jm_rollout r = {NULL, 0};
    struct jm_diag d = {0};

    mem = arena(1 << 16);
    CHECK_EQ(jm_rollout_load(&r, jm_str(json), &mem, &d) == JM_OK, want == JM_CODE_NONE);
    CHECK_EQ(d.code, want);
    return r;
}

static struct jm_eligibility_facts facts(void)
{
    return (struct jm_eligibility_facts){.now = NOON, .route = JM_ROUTE_QR, .desk_region = JM_BYTES("3017000000"), .kind = JM_PERSON_RESIDENT,
                                         .state = JM_PERSON_ALIVE, .birth = {1990, 1, 1}, .region = JM_BYTES("3017012345"),
                                         .plastic = JM_PLASTIC_VALID, .plastic_kind = JM_PLASTIC_IC};
}

#define CALENDAR                                                                                                               \
    "{\"phases\":[{\"id\":\"OWN\",\"from\":\"2025-06-01\",\"routes\":[\"QR\"],\"desk\":\"OWN\",\"areas\":[\"3017\"]},"        \
    "{\"id\":\"CAP\",\"from\":\"2025-06-01\",\"routes\":[\"QR\",\"TAP\"],\"desk\":\"ANY\",\"areas\":[\"11\"],\"daily_cap\":10}]}"

#define WITH(change)                         \
    {                                        \
        struct jm_eligibility_facts f = facts(); \
        change;                              \
        jm_eligible(&e, &f, &r);             \
    }
#define AGAINST(code_, change)                                                      \
    do {                                                                            \
        WITH(change);                                                               \
        ROW(CHECK_EQ(e.n, 1) && CHECK_EQ(e.code[0], code_) && CHECK_EQ(e.rule.len, 0), #code_); \
    } while (0)

TEST(each_reason_alone)
{
    const struct jm_rollout r = rollout_of(CALENDAR, JM_CODE_NONE);
    struct jm_eligibility e;

    WITH((void)0);
    CHECK_EQ(e.n, 0);
    CHECK_STR(e.rule, "OWN");
    AGAINST(JM_ELIG_UNDER_17, f.birth = ((struct jm_date){2008, 6, 16}));
    AGAINST(JM_ELIG_DECEASED, f.state = JM_PERSON_DEAD);
    AGAINST(JM_ELIG_NOT_REGISTERED, f.state = JM_PERSON_CANCELLED);
    AGAINST(JM_ELIG_NOT_REGISTERED, f.kind = JM_PERSON_OVERSEAS);
    AGAINST(JM_ELIG_CARD_LOST, f.plastic = JM_PLASTIC_LOST);
    AGAINST(JM_ELIG_NO_CARD, memset(&f.plastic, 0, sizeof f.plastic));
    AGAINST(JM_ELIG_NO_CARD, f.plastic = JM_PLASTIC_READY);
    AGAINST(JM_ELIG_CARD_NOT_CURRENT, f.plastic = JM_PLASTIC_VOID);
    AGAINST(JM_ELIG_CARD_NOT_CURRENT, f.plastic = JM_PLASTIC_RETURNED);
    AGAINST(JM_ELIG_REGION_NOT_OPEN, f.region = JM_BYTES("5011012345"));
    AGAINST(JM_ELIG_REGION_NOT_OPEN, f.now = 1748703599); /* a second before Seoul's first of June */
    AGAINST(JM_ELIG_ROUTE_CLOSED, f.route = JM_ROUTE_TAP);
    AGAINST(JM_ELIG_DESK_OUT_OF_SCOPE, f.desk_region = JM_BYTES("3011000000"));
    AGAINST(JM_ELIG_CAP_REACHED, (f.region = JM_BYTES("1101012345"), f.issued_today = 10));
    AGAINST(JM_ELIG_NOT_IC_CARD, (f.region = JM_BYTES("1101012345"), f.route = JM_ROUTE_TAP, f.plastic_kind = JM_PLASTIC_PLAIN));
    AGAINST(JM_ELIG_LINE_NOT_OWN, f.line_not_own = true);
    AGAINST(JM_ELIG_DEVICE_UNFIT, f.device_unfit = true);
    AGAINST(JM_ELIG_CASE_OPEN, f.case_open = true);
    AGAINST(JM_ELIG_PHOTO_MISMATCH, f.photo_mismatch = true);
}

TEST(the_edges_of_the_calendar)
{
    const struct jm_rollout r = rollout_of(CALENDAR, JM_CODE_NONE);
    struct jm_eligibility e;

    WITH(f.now = 1748703600);
    CHECK_EQ(e.n, 0);
    WITH(f.birth = ((struct jm_date){2008, 6, 15}));
    CHECK_EQ(e.n, 0); /* seventeen today */
    WITH((f.region = JM_BYTES("1101012345"), f.issued_today = 9));
    CHECK_STR(e.rule, "CAP");
    WITH((f.state = JM_PERSON_DEAD, f.plastic = JM_PLASTIC_LOST, f.photo_mismatch = true));
    CHECK_EQ(e.n, 3); /* all reasons, not the first */
}

TEST(what_the_file_may_not_say)
{
    static const char *const files[] = {
        "{",
        "[]",
        "{\"phases\":{}}",
        "{\"phases\":[{\"from\":\"2025-06-01\",\"routes\":[\"QR\"],\"desk\":\"ANY\"}]}",
        "{\"phases\":[{\"id\":\"A\",\"from\":\"June\",\"routes\":[\"QR\"],\"desk\":\"ANY\"}]}",
        "{\"phases\":[{\"id\":\"A\",\"from\":\"2025-06-01\",\"routes\":[\"POST\"],\"desk\":\"ANY\"}]}",
        "{\"phases\":[{\"id\":\"A\",\"from\":\"2025-06-01\",\"routes\":[],\"desk\":\"ANY\"}]}",
        "{\"phases\":[{\"id\":\"A\",\"from\":\"2025-06-01\",\"routes\":[\"QR\"],\"desk\":\"SOME\"}]}",
        "{\"phases\":[{\"id\":\"A\",\"from\":\"2025-06-01\",\"routes\":[\"QR\"],\"desk\":\"ANY\",\"areas\":[7]}]}",
        "{\"phases\":[{\"id\":\"A\",\"from\":\"2025-06-01\",\"routes\":[\"QR\"],\"desk\":\"ANY\",\"daily_cap\":\"many\"}]}",
    };

    for (size_t i = 0; i < JM_ARRAY_LEN(files); i++)
        rollout_of(files[i], JM_DATA_ROLLOUT);
}
