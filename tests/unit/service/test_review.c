/* SPDX-License-Identifier: Apache-2.0 */
/* Applications from afar that wait for a clerk's word: whose they are, and who may say it. */
#include "unit/service/office.h"

static struct jm_staff kim, boss, far;
static struct jm_person p;
static struct jm_id application;
static struct jm_diag d;

static void begin(void)
{
    office_begin("2025-05-01T10:00:00+09:00");
    kim = (struct jm_staff){.name = JM_BYTES("kim"),
                            .centre = JM_BYTES(OFFICE_CENTRE),
                            .role = JM_ROLE_CLERK};
    boss = kim;
    boss.name = JM_BYTES("boss");
    far = kim;
    far.centre = JM_BYTES("1111000000");
    p = office_citizen();
    office_add(&p);
}

static enum jm_status apply_tx(struct jm_tx *tx, void *arg)
{
    struct jm_case c = {.id = application,
                        .person = p.id,
                        .type = JM_BYTES("resident"),
                        .state = JM_CASE_CREATED,
                        .opened = O->now,
                        .scan_by = O->now + 600,
                        .case_by = O->now + 3600,
                        .waits = JM_CASE_WAITS,
                        .offer = {application.octets[0]},
                        .grant_code = {application.octets[0], 1}};
    static const uint8_t jkt[32] = {7};

    (void)arg;
    JM_TRY(jm_case_add_in(tx, &c));
    return jm_case_bind_in(tx, &c, jkt, jm_none());
}

static void apply(void)
{
    static uint8_t last;

    application = (struct jm_id){{0xa9, ++last}};
    application.octets[0] = (uint8_t)(0xa0 + last);
    MUST(jm_tx_run(&O->is.base.env, apply_tx, NULL));
}

static enum jm_code find_as(const struct jm_staff *by, struct jm_register_found **found)
{
    const struct jm_desk_find_req in = {.reason = JM_BYTES("application"),
                                        .application = application};
    size_t n = 0;
    enum jm_status st;

    d = (struct jm_diag){.code = JM_CODE_NONE};
    st = jm_desk_find(DESK(by, &d), found, &n, &in);
    CHECK_EQ(st == JM_OK, n == 1);
    return d.code;
}

static enum jm_code decide_as(const struct jm_staff *by, const char *decision, const char *reason)
{
    d = (struct jm_diag){.code = JM_CODE_NONE};
    enum jm_status st =
        jm_desk_decide(DESK(by, &d), &application, jm_str(decision), jm_str(reason));

    CHECK_EQ(st == JM_OK, d.code == JM_CODE_NONE);
    return d.code;
}

static size_t listed(const struct jm_staff *by)
{
    struct jm_case *list;
    size_t n;

    MUST(jm_desk_applications(DESK(by, &d), &list, &n));
    CHECK(n == 0 || jm_bytes_eq_str(list[0].type, "resident"));
    return n;
}

static int64_t looks(const char *actor)
{
    return office_number(
        "SELECT count(*) FROM audit WHERE act = 'REGISTER_FIND' AND actor = $1 AND subject = $2",
        JM_ARGS(JM_T(jm_str(actor)), JM_ID(&p.id)));
}

/* By its number, masked, and that is written down. */
TEST(D_400_whose_application_waits)
{
    struct jm_register_found *found;

    begin();
    apply();
    CHECK_EQ(listed(&kim), 1);
    CHECK_EQ(listed(&far), 0);
    CHECK_EQ(looks("kim"), 0); /* the list alone shows nobody */
    CHECK_EQ(find_as(&far, &found), JM_DESK_CASE_UNKNOWN);
    CHECK_EQ(find_as(&kim, &found), JM_CODE_NONE);
    CHECK(memcmp(&found[0].person, &p.id, sizeof p.id) == 0);
    CHECK(strchr(found[0].masked, '*') != NULL);
    CHECK_EQ(looks("kim"), 1);
    CHECK_EQ(decide_as(&kim, "yes", "known here"), JM_CODE_NONE);
    CHECK_EQ(find_as(&kim, &found), JM_DESK_CASE_ENDED);
    CHECK_EQ(looks("kim"), 1);
    office_end();
}

TEST(a_word_about_an_application)
{
    struct jm_register_found *found;

    begin();
    apply();
    CHECK_EQ(decide_as(&kim, "perhaps", "x"), JM_API_FIELD_FORM);
    CHECK_EQ(decide_as(&kim, "yes", ""), JM_API_FIELD_MISSING);
    CHECK_EQ(decide_as(&far, "yes", "x"), JM_DESK_CASE_UNKNOWN);
    kim.has_person = true;
    kim.person = p.id;
    CHECK_EQ(decide_as(&kim, "yes", "it is me"), JM_DESK_OWN_CASE);
    CHECK_EQ(listed(&boss), 1);
    CHECK_EQ(decide_as(&boss, "no", "nobody knows them"), JM_CODE_NONE);
    CHECK_EQ(decide_as(&boss, "yes", "after all"), JM_DESK_CASE_ENDED);
    CHECK_EQ(listed(&boss), 0);
    apply();
    O->now += 3599; /* a clerk has longer than who stands at a desk */
    CHECK_EQ(listed(&boss), 1);
    O->now += 1; /* past its time */
    CHECK_EQ(listed(&boss), 0);
    CHECK_EQ(find_as(&boss, &found), JM_DESK_CASE_ENDED);
    CHECK_EQ(decide_as(&boss, "yes", "too late"), JM_DESK_CASE_ENDED);
    application = (struct jm_id){{9}};
    CHECK_EQ(decide_as(&boss, "yes", "x"), JM_DESK_CASE_UNKNOWN);
    CHECK_EQ(office_number("SELECT count(*) FROM audit WHERE act = 'REVIEW_NO'", JM_NO_ARGS), 1);
    CHECK_EQ(office_number("SELECT count(*) FROM audit WHERE act = 'REVIEW_YES'", JM_NO_ARGS), 0);
    office_end();
}
