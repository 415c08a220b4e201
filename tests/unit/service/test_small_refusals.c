/* SPDX-License-Identifier: Apache-2.0 */
/* One refusal here and there that no story of the services comes by. */
#include "unit/service/office.h"

#include "service/desk/parts.h"
#include "service/events/events.h"

static struct jm_diag d;

static enum jm_status happens(const struct jm_person *p, const char *kind,
                              struct jm_bytes authority)
{
    static const struct jm_actor reporter = {{(const uint8_t *)"operator", 8},
                                             {(const uint8_t *)"local", 5}};
    const struct jm_life_event ev = {.kind = jm_life_kind_of(jm_str(kind)),
                                     .source = JM_BYTES("x"),
                                     .id = jm_str(kind),
                                     .person = p->id,
                                     .at = O->now,
                                     .authority = authority};
    struct jm_life_result out;

    d = (struct jm_diag){.code = JM_CODE_NONE};
    return jm_life_event_take(&O->is, &out, &ev, &reporter, &O->mem, &d);
}

/* D-150: who issues a plastic card stands on it; and there is one at a time. */
TEST(plastic_is_issued_by_somebody_and_once)
{
    struct jm_person p = office_citizen();

    office_begin("2025-06-01T12:00:00+09:00");
    MUST(jm_fees_load(&O->is.fees, read_file("data/fees.json"), &O->mem, NULL));
    office_add(&p);
    CHECK_ST(happens(&p, "plastic-issued", JM_BYTES(OFFICE_AUTHORITY)), JM_E_CONFLICT);
    CHECK_EQ(d.code, JM_EVENT_PLASTIC);
    CHECK_STR(d.detail, "there is one already: plastic-replaced");
    office_run("DELETE FROM physical_card", JM_NO_ARGS);
    CHECK_ST(happens(&p, "plastic-issued", jm_none()), JM_E_MALFORMED);
    CHECK_EQ(d.code, JM_EVENT_DETAIL);
    CHECK_STR(d.detail, "authority");
    CHECK_EQ(office_number("SELECT count(*) FROM physical_card", JM_NO_ARGS), 0);
    CHECK_OK(happens(&p, "plastic-issued", JM_BYTES(OFFICE_AUTHORITY)));
    CHECK_EQ(office_number("SELECT count(*) FROM physical_card", JM_NO_ARGS), 1);
    office_end();
}

/* Who has been removed is nobody: two operators are not asked about that. */
TEST(nobody_is_removed_twice)
{
    struct jm_staff s = {.name = JM_BYTES("kim"),
                         .centre = JM_BYTES(OFFICE_CENTRE),
                         .role = JM_ROLE_OPERATOR,
                         .state = 1};

    office_begin("2025-01-15T10:00:00+09:00");
    for (int i = 0; i < 2; i++) {
        struct jm_key *k = NULL;

        MUST(jm_key_generate(&k));
        MUST(jm_key_point(&s.key, k));
        jm_key_free(&k);
        s.name = i == 0 ? JM_BYTES("kim") : JM_BYTES("lee");
        MUST(jm_staff_add(&O->is.base.env, &s, NULL, &O->mem, NULL));
    }
    d = (struct jm_diag){.code = JM_CODE_NONE};
    office_run("UPDATE staff SET state = 2 WHERE name = 'lee'", JM_NO_ARGS);
    s.name = JM_BYTES("choi");
    MUST(jm_key_point(&s.key, O->key));
    /* one of the two is no operator any more */
    MUST(jm_staff_add(&O->is.base.env, &s, NULL, &O->mem, NULL));
    CHECK_ST(jm_staff_remove(&O->is.base.env, JM_BYTES("kim"), NULL, &O->mem, NULL), JM_E_DENIED);
    CHECK_ST(jm_staff_remove(&O->is.base.env, JM_BYTES("lee"), NULL, &O->mem, &d), JM_E_ABSENT);
    CHECK_EQ(d.code, JM_STAFF_USER_UNKNOWN);
    d = (struct jm_diag){.code = JM_CODE_NONE};
    CHECK_ST(jm_staff_remove(&O->is.base.env, JM_BYTES("park"), NULL, &O->mem, &d), JM_E_ABSENT);
    CHECK_EQ(d.code, JM_STAFF_USER_UNKNOWN);
    office_end();
}

TEST(a_phase_has_areas_or_none)
{
#define PHASES(areas)                                                                  \
    "{\"phases\":[{\"id\":\"P\",\"from\":\"2024-12-27\",\"routes\":[\"QR\"],\"desk\":" \
    "\"OWN\"" areas "}]}"
    static const struct {
        const char *json;
        bool ok;
    } rows[] = {{PHASES(""), true},
                {PHASES(",\"areas\":[\"11\"]"), true},
                {PHASES(",\"areas\":[]"), false},
                {PHASES(",\"areas\":{}"), false},
                {PHASES(",\"areas\":{\"a\":\"11\"}"), false},
                {PHASES(",\"areas\":\"11\""), false},
                {PHASES(",\"areas\":null"), false},
                {PHASES(",\"areas\":[11]"), false},
                {PHASES(",\"areas\":[\"1\"]"), false},
                {PHASES(",\"areas\":[\"12345678901\"]"), false},
                {PHASES(",\"areas\":[\"1x\"]"), false}};
    struct jm_rollout r;

    for (size_t i = 0; i < JM_ARRAY_LEN(rows); i++) {
        struct jm_arena mem = arena(65536);

        ROW(CHECK_EQ(jm_rollout_load(&r, jm_str(rows[i].json), &mem, NULL) == JM_OK, rows[i].ok),
            rows[i].json);
    }
}

TEST(a_desk_pauses_no_card_that_has_run_out)
{
    struct jm_staff kim = {.name = JM_BYTES("kim"),
                           .centre = JM_BYTES(OFFICE_CENTRE),
                           .role = JM_ROLE_CLERK,
                           .state = 1};
    const struct jm_desk_person_req in = {.authority = {NULL, 0}};
    struct jm_desk_person_res out;
    struct jm_person p = office_citizen();

    office_begin("2025-05-01T12:00:00+09:00");
    office_add(&p);
    (void)office_issue(&p);
    d = (struct jm_diag){.code = JM_CODE_NONE};
    O->now = office_number("SELECT expires FROM card", JM_NO_ARGS);
    CHECK_ST(jm_desk_person(DESK(&kim, &d), &out, &p.id, JM_DESK_SUSPEND, &in), JM_E_CONFLICT);
    CHECK_EQ(d.code, JM_DESK_CARD_ENDED);
    CHECK_EQ(office_number("SELECT count(*) FROM hold", JM_NO_ARGS), 0);
    O->now--;
    CHECK_OK(jm_desk_person(DESK(&kim, &d), &out, &p.id, JM_DESK_SUSPEND, &in));
    CHECK_EQ(out.state, JM_CARD_SUSPENDED);
    office_end();
}

/* D-423: what is typed from plastic is of somebody, and once it was wrong too often, who goes on is
 * told. */
TEST(plastic_typed_at_a_desk)
{
    struct jm_staff kim = {.name = JM_BYTES("kim"),
                           .centre = JM_BYTES(OFFICE_CENTRE),
                           .role = JM_ROLE_CLERK,
                           .state = 1};
    struct jm_person p = office_citizen();
    const struct jm_date wrong = {2020, 3, 5};
    enum jm_status st = JM_OK;
    struct jm_id nobody = {{9}};

    office_begin("2025-05-01T12:00:00+09:00");
    office_add(&p);
    d = (struct jm_diag){.code = JM_CODE_NONE};
    CHECK_ST(jm_plastic_typed(DESK(&kim, &d), &nobody, p.plastic.issued_on, p.plastic.authority),
             JM_E_ABSENT);
    CHECK_EQ(d.code, JM_DESK_PERSON_UNKNOWN);
    for (int i = 0; i < 20 && d.code != JM_DESK_PLASTIC_LOCKED; i++) {
        d = (struct jm_diag){.code = JM_CODE_NONE};
        st = jm_plastic_typed(DESK(&kim, &d), &p.id, wrong, p.plastic.authority);
        CHECK(d.code == JM_DESK_PLASTIC_MISMATCH || d.code == JM_DESK_PLASTIC_LOCKED);
    }
    CHECK_ST(st, JM_E_DENIED);
    CHECK_EQ(d.code, JM_DESK_PLASTIC_LOCKED);
    CHECK_STR(d.detail, "a supervisor with the card in hand goes on");
    office_end();
}
