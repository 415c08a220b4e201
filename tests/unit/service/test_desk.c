/* SPDX-License-Identifier: Apache-2.0 */
/* What a desk refuses and why; a case from its QR to its end; losses and what opens the card again.
 */
#include "unit/service/office.h"

#include "service/issuance/parts.h"

static struct jm_desk_open_res opened;
static struct jm_eligibility reasons;
static struct jm_diag d;
static struct jm_staff kim, other;

static void begin(void)
{
    office_begin("2025-01-15T10:00:00+09:00");
    MUST(jm_fees_load(&O->is.fees, read_file("data/fees.json"), &O->mem, NULL));
    kim = (struct jm_staff){.name = JM_BYTES("kim"),
                            .centre = JM_BYTES(OFFICE_CENTRE),
                            .role = JM_ROLE_CLERK,
                            .state = 1};
    other = (struct jm_staff){.name = JM_BYTES("lee"),
                              .centre = JM_BYTES("1111000000"),
                              .role = JM_ROLE_CLERK,
                              .state = 1};
}

static struct jm_desk_open_req asking(const struct jm_person *p)
{
    return (struct jm_desk_open_req){.person = p->id,
                                     .route = JM_BYTES("qr"),
                                     .issue_date = p->plastic.issued_on,
                                     .authority = p->plastic.authority};
}

static enum jm_status open_as(const struct jm_staff *clerk, const struct jm_desk_open_req *in)
{
    d = (struct jm_diag){.code = JM_CODE_NONE};
    return jm_desk_open(DESK(clerk, &d), &opened, in, &reasons);
}

/* What a case of kim's is to whom: the centre's (D-402), on the day's list of its clerk and of
 * supervisors alone (D-400), and to another centre none (D-420). */
TEST(whose_case_it_is)
{
    static const struct {
        const char *who, *centre;
        enum jm_staff_role role;
        size_t listed;
        enum jm_code code;
    } rows[] = {{"kim", OFFICE_CENTRE, JM_ROLE_CLERK, 1, JM_CODE_NONE},
                {"park", OFFICE_CENTRE, JM_ROLE_CLERK, 0, JM_CODE_NONE},
                {"boss", OFFICE_CENTRE, JM_ROLE_SUPERVISOR, 1, JM_CODE_NONE},
                {"lee", "1111000000", JM_ROLE_CLERK, 0, JM_DESK_CASE_UNKNOWN},
                {"chief", "1111000000", JM_ROLE_SUPERVISOR, 0, JM_DESK_CASE_UNKNOWN}};
    const struct jm_desk_refuse_req why = {.reason = JM_BYTES("PLASTIC_DOUBT")};

    for (size_t i = 0; i < JM_ARRAY_LEN(rows); i++) {
        struct jm_person p = office_citizen();
        char digits[JM_MATCH_CODE_LEN + 1];
        struct jm_case c, *list;
        size_t n;

        begin();
        office_add(&p);
        const struct jm_desk_open_req in = asking(&p);
        CHECK_OK(open_as(&kim, &in));
        const struct jm_staff who = {.name = jm_str(rows[i].who),
                                     .centre = jm_str(rows[i].centre),
                                     .role = rows[i].role,
                                     .state = 1};
        const struct jm_id id = opened.c.id;
        d = (struct jm_diag){.code = JM_CODE_NONE};
        ROW(CHECK_EQ(jm_desk_cases(DESK(&who, &d), &list, &n), JM_OK) &&
                CHECK_EQ(n, rows[i].listed),
            rows[i].who);
#define TRIES(call)                                                               \
    (d = (struct jm_diag){.code = JM_CODE_NONE},                                  \
     ROW(CHECK((call) == (rows[i].code == JM_CODE_NONE ? JM_OK : JM_E_ABSENT)) && \
             CHECK_EQ(d.code, rows[i].code),                                      \
         rows[i].who))
        TRIES(jm_desk_show(DESK(&who, &d), &id, &c));
        d = (struct jm_diag){.code = JM_CODE_NONE};
        CHECK(jm_desk_match_code(DESK(&who, &d), &id, digits) != JM_OK);
        ROW(CHECK_EQ(d.code, rows[i].code == JM_CODE_NONE ? JM_DESK_NOT_BOUND : rows[i].code),
            rows[i].who);
        if (i % 2 == 0)
            TRIES(jm_desk_cancel(DESK(&who, &d), &id));
        else
            TRIES(jm_desk_refuse_case(DESK(&who, &d), &id, &why));
#undef TRIES
        office_end();
    }
}

static struct jm_register_found *found;
static size_t n_found;

static enum jm_status look(const struct jm_staff *clerk, const struct jm_desk_find_req *in)
{
    d = (struct jm_diag){.code = JM_CODE_NONE};
    return jm_desk_find(DESK(clerk, &d), &found, &n_found, in);
}

/* D-400: masked, with a reason, and who lives elsewhere only by number. */
TEST(a_clerk_finds_people_masked_and_with_a_reason)
{
    struct jm_person p = office_citizen();
    struct jm_bytes number, photo;

    begin();
    office_add(&p);
    MUST(jm_person_open(&O->is.base.env, &p, &number, &photo, &O->mem));
    const struct jm_desk_find_req named = {.reason = JM_BYTES("card"),
                                           .name = JM_BYTES("김하늘"),
                                           .birth_date = {1990, 5, 2}},
                                  by_number = {.reason = JM_BYTES("card"), .rrn = number};
    struct jm_desk_find_req in = named;
    CHECK_OK(look(&kim, &named));
    CHECK(n_found == 1 && memcmp(&found[0].person, &p.id, 16) == 0 &&
          strncmp(found[0].masked, "902502-2******", 14) == 0);
    CHECK_EQ(
        office_number("SELECT count(*) FROM audit WHERE act = 'REGISTER_FIND' AND subject = $1 "
                      "AND actor = 'kim' AND channel = 'desk' AND reason = 'card'",
                      JM_ARGS(JM_ID(&p.id))),
        1);
    CHECK_ST(look(&other, &named), JM_E_ABSENT); /* another municipality's, by name */
    CHECK_EQ(d.code, JM_REGISTER_NOT_FOUND);
    CHECK_EQ(office_number("SELECT count(*) FROM audit WHERE act = 'REGISTER_FIND' AND actor = "
                           "'lee' AND outcome = 'nobody'",
                           JM_NO_ARGS),
             1);
    CHECK_OK(look(&other, &by_number));
    CHECK_EQ(n_found, 1);
    in.birth_date.day = 3;
    CHECK_ST(look(&kim, &in), JM_E_ABSENT);
    in = named;
    in.name = JM_BYTES("김하");
    CHECK_ST(look(&kim, &in), JM_E_ABSENT);
    in = named;
    in.reason = jm_none();
    CHECK_ST(look(&kim, &in), JM_E_MISSING);
    CHECK_EQ(d.code, JM_API_FIELD_MISSING);
    in = named;
    in.birth_date.year = 0; /* a name alone is no question */
    CHECK_ST(look(&kim, &in), JM_E_MISSING);
    in = named;
    in.rrn = number; /* one or the other */
    CHECK_ST(look(&kim, &in), JM_E_MISSING);
    in = by_number;
    in.rrn = JM_BYTES("9001"
                      "02-1234567");
    CHECK_ST(look(&kim, &in), JM_E_DENIED);
    CHECK_EQ(d.code, JM_REGISTER_RRN_REAL);
    CHECK(jm_staff_may(JM_ROLE_CLERK, JM_ACT_D_400) &&
          jm_staff_may(JM_ROLE_SUPERVISOR, JM_ACT_D_400));
    CHECK(!jm_staff_may(JM_ROLE_AGENT, JM_ACT_D_400) &&
          !jm_staff_may(JM_ROLE_OPERATOR, JM_ACT_D_400));
    office_end();
}

/* D-402: a case, its QR, and the QR before it ended. */
TEST(a_case_opens_for_free_with_its_receipt)
{
    struct jm_person p = office_citizen();
    struct jm_case c;

    begin();
    office_add(&p);
    struct jm_desk_open_req in = asking(&p);
    CHECK_OK(open_as(&kim, &in));
    CHECK_STR(opened.rule, "PILOT");
    CHECK_STR(opened.fee_rule, "F-1");
    CHECK_EQ(opened.fee_won, 0);
    CHECK(opened.uri.len > 40 && opened.uri.len <= 200); /* D-202 */
    CHECK_EQ(
        office_number("SELECT count(*) FROM fee_receipt WHERE person = $1 AND rule = 'F-1' AND "
                      "won = 0 AND desk = '" OFFICE_CENTRE "'",
                      JM_ARGS(JM_ID(&p.id))),
        1);
    CHECK_EQ(
        office_number("SELECT count(*) FROM audit WHERE act = 'CASE_OPEN' AND subject = $1 AND "
                      "actor = 'kim' AND reason = 'PILOT'",
                      JM_ARGS(JM_ID(&p.id))),
        1);
    CHECK_EQ(office_number("SELECT count(*) FROM notice WHERE person = $1 AND kind = 'CASE_OPEN'",
                           JM_ARGS(JM_ID(&p.id))),
             1);
    struct jm_id first = opened.c.id;
    CHECK_OK(jm_desk_show(DESK(&kim, &d), &first, &c));
    CHECK_EQ(c.state, JM_CASE_CREATED);
    CHECK_OK(open_as(&kim, &in)); /* D-203: a new QR cancels the old */
    CHECK_OK(jm_desk_show(DESK(&kim, &d), &first, &c));
    CHECK_EQ(c.state, JM_CASE_CANCELLED);
    CHECK_STR(c.reason, "NEW_QR");
    O->now += JM_QR_TTL_S;
    CHECK_OK(jm_desk_show(DESK(&kim, &d), &opened.c.id, &c));
    CHECK_EQ(c.state, JM_CASE_EXPIRED);
    office_end();
}

TEST(every_reason_is_said_at_once)
{
    struct jm_person p = office_citizen();

    begin();
    p.birth = (struct jm_date){2010, 1, 1};
    p.region10 = JM_BYTES("1111010100");
    p.kind = JM_PERSON_OVERSEAS;
    p.plastic.state = (enum jm_plastic_state)0;
    office_add(&p);
    struct jm_desk_open_req in = asking(&p);
    CHECK_ST(open_as(&kim, &in), JM_E_DENIED);
    CHECK_EQ(d.code, JM_ELIG_NOT_REGISTERED);
    CHECK_STR(d.detail,
              "JM_ELIG_NOT_REGISTERED, JM_ELIG_UNDER_17, JM_ELIG_NO_CARD, JM_ELIG_REGION_NOT_OPEN");
    CHECK_EQ(reasons.n, 4);
    CHECK_EQ(office_number("SELECT count(*) FROM audit WHERE act = 'CASE_REFUSED' AND subject = $1 "
                           "AND reason = 'JM_ELIG_NOT_REGISTERED' AND outcome = 'refused'",
                           JM_ARGS(JM_ID(&p.id))),
             1);
    CHECK_EQ(office_number("SELECT count(*) FROM desk_case", JM_NO_ARGS), 0);
    CHECK_EQ(office_number("SELECT count(*) FROM fee_receipt", JM_NO_ARGS), 0);
    office_end();
}

TEST(desks_refuse)
{
    static const struct {
        const char *name;
        enum jm_plastic_state plastic;
        const char *region, *authority, *route;
        struct jm_date issued;
        enum jm_person_state state;
        enum jm_code code;
    } rows[] = {
        {"issue date typed wrong",
         JM_PLASTIC_VALID,
         "3017010100",
         OFFICE_AUTHORITY,
         "qr",
         {2020, 3, 5},
         JM_PERSON_ALIVE,
         JM_DESK_PLASTIC_MISMATCH},
        {"authority typed wrong",
         JM_PLASTIC_VALID,
         "3017010100",
         "대전광역시 중구청장",
         "qr",
         {2020, 3, 4},
         JM_PERSON_ALIVE,
         JM_DESK_PLASTIC_MISMATCH},
        {"authority cut short",
         JM_PLASTIC_VALID,
         "3017010100",
         "대전광역시 서구",
         "qr",
         {2020, 3, 4},
         JM_PERSON_ALIVE,
         JM_DESK_PLASTIC_MISMATCH},
        {"plastic reported lost",
         JM_PLASTIC_LOST,
         "3017010100",
         OFFICE_AUTHORITY,
         "qr",
         {2020, 3, 4},
         JM_PERSON_ALIVE,
         JM_ELIG_CARD_LOST},
        {"plastic void",
         JM_PLASTIC_VOID,
         "3017010100",
         OFFICE_AUTHORITY,
         "qr",
         {2020, 3, 4},
         JM_PERSON_ALIVE,
         JM_ELIG_CARD_NOT_CURRENT},
        {"plastic not collected",
         JM_PLASTIC_READY,
         "3017010100",
         OFFICE_AUTHORITY,
         "qr",
         {2020, 3, 4},
         JM_PERSON_ALIVE,
         JM_ELIG_NO_CARD},
        {"another municipality's resident",
         JM_PLASTIC_VALID,
         "3611010100",
         OFFICE_AUTHORITY,
         "qr",
         {2020, 3, 4},
         JM_PERSON_ALIVE,
         JM_ELIG_DESK_OUT_OF_SCOPE},
        {"an area not open yet",
         JM_PLASTIC_VALID,
         "3011010100",
         OFFICE_AUTHORITY,
         "qr",
         {2020, 3, 4},
         JM_PERSON_ALIVE,
         JM_ELIG_REGION_NOT_OPEN},
        {"dead",
         JM_PLASTIC_VALID,
         "3017010100",
         OFFICE_AUTHORITY,
         "qr",
         {2020, 3, 4},
         JM_PERSON_DEAD,
         JM_ELIG_DECEASED},
        {"tapped at a desk",
         JM_PLASTIC_VALID,
         "3017010100",
         OFFICE_AUTHORITY,
         "tap",
         {2020, 3, 4},
         JM_PERSON_ALIVE,
         JM_ELIG_ROUTE_CLOSED},
        {"no route",
         JM_PLASTIC_VALID,
         "3017010100",
         OFFICE_AUTHORITY,
         "",
         {2020, 3, 4},
         JM_PERSON_ALIVE,
         JM_ELIG_ROUTE_CLOSED},
    };

    begin();
    for (size_t i = 0; i < JM_ARRAY_LEN(rows); i++) {
        struct jm_person p = office_citizen();
        struct jm_desk_open_req in;

        p.plastic.state = rows[i].plastic;
        p.region10 = jm_str(rows[i].region);
        p.state = rows[i].state;
        office_add(&p);
        in = asking(&p);
        in.issue_date = rows[i].issued;
        in.authority = jm_str(rows[i].authority);
        in.route = jm_str(rows[i].route);
        ROW(CHECK(open_as(&kim, &in) != JM_OK) && CHECK_EQ(d.code, rows[i].code), rows[i].name);
        ROW(CHECK_EQ(office_number(
                         "SELECT count(*) FROM audit WHERE act = 'CASE_REFUSED' AND subject = $1",
                         JM_ARGS(JM_ID(&p.id))),
                     1),
            rows[i].name);
    }
    struct jm_person fine = office_citizen();
    office_add(&fine);
    O->behind = true; /* D-459 */
    struct jm_desk_open_req now = asking(&fine);
    CHECK_ST(open_as(&kim, &now), JM_E_UNAVAILABLE);
    CHECK_EQ(d.code, JM_VCI_CLOCK);
    O->behind = false;
    struct jm_person nobody = office_citizen();
    nobody.id.octets[0] = 1;
    struct jm_desk_open_req in = asking(&nobody);
    CHECK_ST(open_as(&kim, &in), JM_E_ABSENT);
    CHECK_EQ(d.code, JM_DESK_PERSON_UNKNOWN);
    CHECK_EQ(office_number("SELECT count(*) FROM desk_case", JM_NO_ARGS), 0);
    office_end();
}

TEST(a_case_is_its_own_centres_and_ends_once)
{
    struct jm_person p = office_citizen();
    char digits[JM_MATCH_CODE_LEN + 1];
    struct jm_case c;
    struct jm_id unknown = {{9}};

    begin();
    office_add(&p);
    struct jm_desk_open_req in = asking(&p);
    CHECK_OK(open_as(&kim, &in));
    struct jm_id id = opened.c.id;
    CHECK_ST(jm_desk_show(DESK(&other, &d), &id, &c), JM_E_ABSENT); /* D-420 */
    CHECK_EQ(d.code, JM_DESK_CASE_UNKNOWN);
    CHECK_ST(jm_desk_show(DESK(&kim, &d), &unknown, &c), JM_E_ABSENT);
    CHECK_ST(jm_desk_cancel(DESK(&other, &d), &id), JM_E_ABSENT);
    d.code = JM_CODE_NONE;
    /* nobody has scanned it */
    CHECK(jm_desk_match_code(DESK(&kim, &d), &id, digits) != JM_OK);
    CHECK_EQ(d.code, JM_DESK_NOT_BOUND);
    CHECK_OK(jm_desk_cancel(DESK(&kim, &d), &id));
    d.code = JM_CODE_NONE;
    CHECK_ST(jm_desk_cancel(DESK(&kim, &d), &id), JM_E_CONFLICT);
    CHECK_EQ(d.code, JM_DESK_CASE_ENDED);
    d.code = JM_CODE_NONE;
    CHECK_ST(jm_desk_match_code(DESK(&kim, &d), &id, digits), JM_E_CONFLICT);
    CHECK_EQ(d.code, JM_DESK_CASE_ENDED);
    office_end();
}

static enum jm_code refusing(const struct jm_staff *clerk, const struct jm_id *id, bool of_case,
                             const char *reason, const char *note)
{
    const struct jm_desk_refuse_req in = {jm_str(reason), jm_str(note)};

    d = (struct jm_diag){.code = JM_CODE_NONE};
    enum jm_status st = (of_case ? jm_desk_refuse_case : jm_desk_refuse)(DESK(clerk, &d), id, &in);
    CHECK_EQ(st == JM_OK, d.code == JM_CODE_NONE);
    return d.code;
}

static enum jm_case_state state_of(const struct jm_id *id)
{
    struct jm_case c;

    MUST(jm_desk_show(DESK(&kim, NULL), id, &c));
    return c.state;
}

/* D-402, D-208: with a reason; a case that runs ends with it, another centre's does not. */
TEST(a_clerk_refuses_with_a_reason)
{
    struct jm_person p = office_citizen();
    struct jm_id nobody = {{1}};

    begin();
    office_add(&p);
    const struct jm_desk_open_req in = asking(&p);
    MUST(open_as(&kim, &in));
    CHECK_EQ(refusing(&kim, &p.id, false, "FACE", ""), JM_API_FIELD_FORM);
    CHECK_STR(d.detail, "reason");
    CHECK_EQ(refusing(&kim, &p.id, false, "OTHER", ""), JM_API_FIELD_MISSING);
    CHECK_STR(d.detail, "note");
    CHECK_EQ(refusing(&kim, &nobody, false, "OTHER", "x"), JM_DESK_PERSON_UNKNOWN);
    CHECK_EQ(refusing(&other, &opened.c.id, true, "OTHER", "x"), JM_DESK_CASE_UNKNOWN);
    CHECK_EQ(refusing(&other, &p.id, false, "OTHER", "not here"), JM_CODE_NONE);
    CHECK_EQ(state_of(&opened.c.id), JM_CASE_CREATED);
    CHECK_EQ(refusing(&kim, &opened.c.id, true, "PHOTO_MISMATCH", ""), JM_CODE_NONE);
    CHECK_EQ(state_of(&opened.c.id), JM_CASE_REFUSED);
    CHECK_EQ(refusing(&kim, &opened.c.id, true, "PHOTO_MISMATCH", ""), JM_DESK_CASE_ENDED);
    CHECK_EQ(refusing(&kim, &p.id, false, "PLASTIC_DOUBT", "edge"), JM_CODE_NONE);
    CHECK_EQ(office_number("SELECT count(*) FROM audit WHERE act = 'CASE_REFUSED' AND subject = $1 "
                           "AND outcome = 'refused' AND reason IN ('PHOTO_MISMATCH', "
                           "'PLASTIC_DOUBT: edge', 'OTHER: not here')",
                           JM_ARGS(JM_ID(&p.id))),
             3);
    CHECK_EQ(office_number("SELECT count(*) FROM notice WHERE kind = 'CASE_REFUSED'", JM_NO_ARGS),
             3);
    office_end();
}

/* D-401: a clerk compares; audited before it is seen. */
TEST(a_photo_is_shown_for_a_reason)
{
    struct jm_person p = office_citizen();
    struct jm_id nobody = {{1}};
    struct jm_bytes photo;
    struct jm_date taken;

    begin();
    office_add(&p);
    CHECK_OK(jm_desk_photo(DESK(&kim, &d), &p.id, JM_BYTES("card"), &photo, &taken));
    CHECK_STR(photo, "\xff\xd8\xff jpeg");
    CHECK_EQ(jm_date_cmp(taken, p.photo_taken), 0);
    CHECK_EQ(office_number("SELECT count(*) FROM audit WHERE act = 'PHOTO_SHOW' AND actor = 'kim' "
                           "AND subject = $1 AND reason = 'card'",
                           JM_ARGS(JM_ID(&p.id))),
             1);
    d = (struct jm_diag){.code = JM_CODE_NONE};
    CHECK_ST(jm_desk_photo(DESK(&kim, &d), &p.id, JM_BYTES(""), &photo, &taken), JM_E_MISSING);
    CHECK_EQ(d.code, JM_API_FIELD_MISSING);
    d = (struct jm_diag){.code = JM_CODE_NONE};
    CHECK_ST(jm_desk_photo(DESK(&kim, &d), &nobody, JM_BYTES("card"), &photo, &taken), JM_E_ABSENT);
    CHECK_EQ(d.code, JM_DESK_PERSON_UNKNOWN);
    office_run("DELETE FROM photo", JM_NO_ARGS);
    d = (struct jm_diag){.code = JM_CODE_NONE};
    CHECK_ST(jm_desk_photo(DESK(&kim, &d), &p.id, JM_BYTES("card"), &photo, &taken), JM_E_ABSENT);
    CHECK_EQ(d.code, JM_DESK_PHOTO_NONE);
    O->signer_away = true;
    CHECK_ST(jm_desk_photo(DESK(&kim, &d), &p.id, JM_BYTES("card"), &photo, &taken),
             JM_E_UNAVAILABLE);
    CHECK_EQ(photo.len, 0);
    CHECK_EQ(office_number("SELECT count(*) FROM audit WHERE act = 'PHOTO_SHOW'", JM_NO_ARGS), 3);
    office_end();
}

static size_t listed(const struct jm_staff *clerk, enum jm_case_state first)
{
    struct jm_case *c;
    size_t n;

    MUST(jm_desk_cases(DESK(clerk, NULL), &c, &n));
    CHECK(n == 0 || c[0].state == first);
    return n;
}

/* D-400, D-420: one's own desk today; a supervisor's centre; nobody else's. */
TEST(a_desk_looks_at_its_own_day)
{
    struct jm_person p = office_citizen(), q = office_citizen();
    struct jm_staff lee, chief;

    begin();
    office_add(&p);
    office_add(&q);
    lee = kim;
    lee.name = JM_BYTES("lee2");
    chief = kim;
    chief.name = JM_BYTES("chief");
    chief.role = JM_ROLE_SUPERVISOR;
    const struct jm_desk_open_req one = asking(&p), two = asking(&q);
    MUST(open_as(&kim, &one));
    O->now++;
    MUST(open_as(&lee, &two));
    CHECK_EQ(jm_case_waits_until(&opened.c, O->now), O->now + JM_QR_TTL_S);
    CHECK(!jm_case_has_match_code(&opened.c));
    CHECK_EQ(listed(&kim, JM_CASE_CREATED), 1);
    CHECK_EQ(listed(&lee, JM_CASE_CREATED), 1);
    CHECK_EQ(listed(&chief, JM_CASE_CREATED), 2);
    CHECK_EQ(listed(&other, JM_CASE_CREATED), 0);
    O->now += JM_QR_TTL_S;
    CHECK_EQ(listed(&chief, JM_CASE_EXPIRED), 2);
    CHECK_EQ(jm_case_waits_until(&opened.c, O->now), 0);
    O->now = at("2025-01-15T23:59:59+09:00");
    CHECK_EQ(listed(&chief, JM_CASE_EXPIRED), 2);
    O->now++;
    CHECK_EQ(listed(&chief, JM_CASE_EXPIRED), 0);
    office_end();
}

static struct jm_desk_person_res done;

static enum jm_status act(const struct jm_person *p, enum jm_desk_act what, struct jm_date issued,
                          const char *authority)
{
    struct jm_desk_person_req in = {.issue_date = issued, .authority = jm_str(authority)};

    d = (struct jm_diag){.code = JM_CODE_NONE};
    return jm_desk_person(DESK(&kim, &d), &done, &p->id, what, &in);
}

/* D-404, D-405: paused at once; opened by the plastic in hand (R3), no hold of fraud with it. */
TEST(suspended_at_a_desk_and_opened_by_the_plastic)
{
    static const struct jm_date right = {2020, 3, 4}, wrong = {2020, 3, 5};
    struct jm_person p = office_citizen(), without = office_citizen();
    struct jm_id card;

    begin();
    office_add(&p);
    office_add(&without);
    card = office_issue(&p);
    CHECK_ST(act(&without, JM_DESK_SUSPEND, right, ""), JM_E_ABSENT);
    CHECK_EQ(d.code, JM_DESK_CARD_NONE);
    CHECK_ST(act(&p, JM_DESK_RESUME, right, OFFICE_AUTHORITY), JM_E_CONFLICT);
    CHECK_EQ(d.code, JM_DESK_NOT_SUSPENDED);
    CHECK_OK(act(&p, JM_DESK_SUSPEND, right, ""));
    CHECK_EQ(done.state, JM_CARD_SUSPENDED);
    CHECK_EQ(office_valid_copies(&card), 0);
    CHECK_EQ(O->woken, 1);
    CHECK_OK(act(&p, JM_DESK_SUSPEND, right, "")); /* reported twice */
    CHECK_ST(act(&p, JM_DESK_RESUME, wrong, OFFICE_AUTHORITY), JM_E_DENIED);
    CHECK_EQ(d.code, JM_DESK_PLASTIC_MISMATCH);
    CHECK_ST(act(&p, JM_DESK_RESUME, right, "x"), JM_E_DENIED);
    CHECK_EQ(d.code, JM_DESK_PLASTIC_MISMATCH);
    /* FRAUD */
    office_run("INSERT INTO hold (card, kind, channel, actor, opened) VALUES ($1, 4, 'x', 'x', 0)",
               JM_ARGS(JM_ID(&card)));
    CHECK_OK(act(&p, JM_DESK_RESUME, right, OFFICE_AUTHORITY));
    CHECK_EQ(done.state, JM_CARD_SUSPENDED); /* FRAUD stays */
    CHECK_ST(act(&p, JM_DESK_RESUME, right, OFFICE_AUTHORITY), JM_E_DENIED);
    CHECK_EQ(d.code, JM_DESK_HOLD_OTHER);
    office_run("UPDATE hold SET closed = 1, evidence = 'operator'", JM_NO_ARGS);
    office_run("UPDATE card SET state = 2", JM_NO_ARGS);
    CHECK_OK(act(&p, JM_DESK_SUSPEND, right, ""));
    CHECK_OK(act(&p, JM_DESK_RESUME, right, OFFICE_AUTHORITY));
    CHECK_EQ(done.state, JM_CARD_ACTIVE);
    CHECK_EQ(office_valid_copies(&card), 0); /* fresh ones come by refresh */
    office_end();
}

/* D-406 */
TEST(plastic_lost_at_a_desk_is_for_good)
{
    static const struct jm_date right = {2020, 3, 4};
    struct jm_person p = office_citizen(), without = office_citizen();
    struct jm_id card;

    begin();
    office_add(&p);
    office_add(&without);
    card = office_issue(&p);
    CHECK_OK(act(&p, JM_DESK_PLASTIC_LOST, right, ""));
    CHECK_EQ(done.state, JM_CARD_REVOKED);
    CHECK_EQ(office_valid_copies(&card), 0);
    CHECK_EQ(O->woken, 1);
    CHECK_STR(office_text("SELECT reason FROM card_event WHERE event = 'CARD_REVOKED'", JM_NO_ARGS),
              "PHYSICAL_LOST");
    CHECK_ST(act(&p, JM_DESK_PLASTIC_LOST, right, ""), JM_E_CONFLICT);
    CHECK_EQ(d.code, JM_ELIG_CARD_NOT_CURRENT);
    CHECK_ST(act(&p, JM_DESK_RESUME, right, OFFICE_AUTHORITY), JM_E_ABSENT);
    CHECK_EQ(d.code, JM_DESK_CARD_NONE);
    /* who has no mobile card loses plastic, too */
    CHECK_OK(act(&without, JM_DESK_PLASTIC_LOST, right, ""));
    CHECK_EQ(office_number("SELECT count(*) FROM physical_card WHERE state = 4", JM_NO_ARGS), 2);
    struct jm_desk_open_req in = asking(&p);
    CHECK_ST(open_as(&kim, &in), JM_E_DENIED);
    CHECK_EQ(d.code, JM_ELIG_CARD_LOST);
    office_end();
}

/* D-422, one person being the clerk. */
TEST(nobody_serves_themselves_or_whom_they_reported_for)
{
    struct jm_person me = office_citizen(), mother = office_citizen(), stranger = office_citizen();
    struct jm_desk_person_res out;
    char digits[JM_MATCH_CODE_LEN + 1];

    begin();
    mother.plastic.serial = JM_BYTES("P2");
    office_add(&me);
    office_add(&mother);
    office_add(&stranger);
    kim.has_person = true;
    kim.person = me.id;
    struct jm_desk_open_req mine = asking(&me), hers = asking(&mother), theirs = asking(&stranger);
    CHECK_ST(open_as(&kim, &mine), JM_E_DENIED);
    CHECK_EQ(d.code, JM_DESK_OWN_CASE);
    CHECK_EQ(office_number("SELECT count(*) FROM audit WHERE act = 'CASE_REFUSED' AND subject = $1 "
                           "AND reason = 'JM_DESK_OWN_CASE'",
                           JM_ARGS(JM_ID(&me.id))),
             1);
    CHECK_OK(open_as(&kim, &hers)); /* a relative alone is no reason */
    CHECK_OK(open_as(&kim, &theirs));

    struct jm_staff lee = kim; /* a colleague opens it: the match code is not mine to see */
    lee.name = JM_BYTES("lee");
    lee.has_person = false;
    CHECK_OK(open_as(&lee, &mine));
    CHECK_ST(jm_desk_match_code(DESK(&kim, &d), &opened.c.id, digits), JM_E_DENIED);
    CHECK_EQ(d.code, JM_DESK_OWN_CASE);

    /* A loss is taken from anybody, at once; what opens the card again is another's to do. */
    struct jm_id card = office_issue(&me), her_card = office_issue(&mother);
    struct jm_desk_person_req in = {.issue_date = me.plastic.issued_on,
                                    .authority = me.plastic.authority};
    d = (struct jm_diag){.code = JM_CODE_NONE};
    CHECK_OK(jm_desk_person(DESK(&kim, &d), &out, &me.id, JM_DESK_SUSPEND, &in));
    CHECK_ST(jm_desk_person(DESK(&kim, &d), &out, &me.id, JM_DESK_RESUME, &in), JM_E_DENIED);
    CHECK_EQ(d.code, JM_DESK_OWN_CASE);
    CHECK_EQ(office_card_state(&card), JM_CARD_SUSPENDED);
    CHECK_EQ(office_number("SELECT count(*) FROM audit WHERE act = 'RESUME_REFUSED' AND subject = "
                           "$1 AND reason = 'JM_DESK_OWN_CASE'",
                           JM_ARGS(JM_ID(&me.id))),
             1);
    CHECK_OK(jm_desk_person(DESK(&lee, &d), &out, &me.id, JM_DESK_RESUME, &in));

    in.reporter = me.id; /* kim, off duty, reported for the mother at lee's desk */
    CHECK_OK(jm_desk_person(DESK(&lee, &d), &out, &mother.id, JM_DESK_SUSPEND, &in));
    d = (struct jm_diag){.code = JM_CODE_NONE};
    CHECK_ST(jm_desk_person(DESK(&kim, &d), &out, &mother.id, JM_DESK_RESUME, &in), JM_E_DENIED);
    CHECK_EQ(d.code, JM_DESK_OWN_CASE);
    CHECK_ST(open_as(&kim, &hers), JM_E_DENIED);
    CHECK_EQ(d.code, JM_DESK_OWN_CASE);
    CHECK_OK(jm_desk_person(DESK(&lee, &d), &out, &mother.id, JM_DESK_RESUME, &in));
    CHECK_EQ(office_card_state(&her_card), JM_CARD_ACTIVE);
    MUST(jm_env_id(&O->is.base.env, &in.reporter));
    d = (struct jm_diag){.code = JM_CODE_NONE};
    /* nobody */
    CHECK_ST(jm_desk_person(DESK(&lee, &d), &out, &mother.id, JM_DESK_SUSPEND, &in), JM_E_ABSENT);
    CHECK_EQ(d.code, JM_DESK_PERSON_UNKNOWN);
    CHECK_EQ(office_card_state(&her_card), JM_CARD_ACTIVE);
    office_end();
}

/* D-421: typing dates until one fits leaves a trace. */
TEST(a_refused_resume_is_audited)
{
    struct jm_person p = office_citizen();
    struct jm_desk_person_res out;

    begin();
    office_add(&p);
    (void)office_issue(&p);
    struct jm_desk_person_req in = {.issue_date = {2020, 3, 5}, .authority = p.plastic.authority};
    d = (struct jm_diag){.code = JM_CODE_NONE};
    CHECK_OK(jm_desk_person(DESK(&kim, &d), &out, &p.id, JM_DESK_SUSPEND, &in));
    for (int i = 1; i <= 3; i++) {
        CHECK_ST(jm_desk_person(DESK(&kim, &d), &out, &p.id, JM_DESK_RESUME, &in), JM_E_DENIED);
        CHECK_EQ(office_number(
                     "SELECT count(*) FROM audit WHERE act = 'RESUME_REFUSED' AND subject = $1 "
                     "AND actor = 'kim' AND reason = 'JM_DESK_PLASTIC_MISMATCH'",
                     JM_ARGS(JM_ID(&p.id))),
                 i);
    }
    office_end();
}

/* -- D-423: the plastic is typed, not guessed -- */

static int64_t flags_of(const struct jm_person *p)
{
    return office_number("SELECT count(*) FROM audit WHERE act = 'PLASTIC_TRIES' AND subject = $1 "
                         "AND outcome = 'flag'",
                         JM_ARGS(JM_ID(&p->id)));
}

static enum jm_code typing(const struct jm_staff *clerk, const struct jm_person *p, bool right)
{
    struct jm_desk_open_req in = asking(p);

    in.issue_date.day += right ? 0 : 1;
    return open_as(clerk, &in) == JM_OK ? JM_CODE_NONE : d.code;
}

TEST(clerks_have_three_tries_then_a_supervisor)
{
    struct jm_person p = office_citizen(), q = office_citizen();
    struct jm_staff lee = kim, boss = kim, boss2;

    begin();
    lee = boss = kim;
    lee.name = JM_BYTES("lee");
    boss.name = JM_BYTES("boss");
    boss.role = JM_ROLE_SUPERVISOR;
    boss2 = boss;
    boss2.name = JM_BYTES("boss2");
    office_add(&p);
    office_add(&q);
    CHECK_EQ(typing(&kim, &p, false), JM_DESK_PLASTIC_MISMATCH);
    CHECK_EQ(typing(&kim, &p, false), JM_DESK_PLASTIC_MISMATCH);
    CHECK_EQ(typing(&kim, &p, true), JM_CODE_NONE); /* at the bound */
    CHECK_EQ(flags_of(&p), 0);
    CHECK_EQ(typing(&lee, &p, false), JM_DESK_PLASTIC_MISMATCH); /* a colleague's count, too */
    CHECK_EQ(flags_of(&p), 1);
    CHECK_EQ(
        office_number("SELECT count(*) FROM notice WHERE kind = 'PLASTIC_TRIES' AND person = $1",
                      JM_ARGS(JM_ID(&p.id))),
        1);
    CHECK_EQ(typing(&kim, &p, true), JM_DESK_PLASTIC_LOCKED); /* right or wrong, nobody is told */
    CHECK_EQ(typing(&lee, &p, true), JM_DESK_PLASTIC_LOCKED);
    CHECK_EQ(typing(&kim, &p, false), JM_DESK_PLASTIC_LOCKED);
    CHECK_EQ(flags_of(&p), 1);
    CHECK_EQ(typing(&kim, &q, true), JM_CODE_NONE); /* somebody else's card */
    CHECK_EQ(office_number("SELECT count(*) FROM audit WHERE act = 'CASE_REFUSED' AND reason = "
                           "'JM_DESK_PLASTIC_LOCKED'",
                           JM_NO_ARGS),
             3);
    for (int i = 0; i < JM_DESK_PLASTIC_TRIES; i++)
        CHECK_EQ(typing(&boss, &p, false), JM_DESK_PLASTIC_MISMATCH);
    /* a supervisor does not guess either */
    CHECK_EQ(typing(&boss, &p, true), JM_DESK_PLASTIC_LOCKED);
    CHECK_EQ(flags_of(&p), 2);
    CHECK_EQ(typing(&boss2, &p, true), JM_CODE_NONE);
    CHECK_EQ(typing(&kim, &p, true), JM_CODE_NONE); /* with that all is well again */
    office_end();
}

TEST(tries_end_with_the_day)
{
    struct jm_person p = office_citizen();

    begin();
    office_add(&p);
    for (int i = 0; i < JM_DESK_PLASTIC_TRIES; i++)
        CHECK_EQ(typing(&kim, &p, false), JM_DESK_PLASTIC_MISMATCH);
    O->now += 24 * 3600 - 1;
    CHECK_EQ(typing(&kim, &p, true), JM_DESK_PLASTIC_LOCKED);
    O->now += 1;
    CHECK_EQ(typing(&kim, &p, true), JM_CODE_NONE);
    CHECK_EQ(typing(&kim, &p, false), JM_DESK_PLASTIC_MISMATCH);
    /* older ones are gone */
    CHECK_EQ(office_number("SELECT count(*) FROM plastic_try", JM_NO_ARGS), 1);
    office_end();
}

TEST(a_clerk_who_guesses_for_many_is_stopped_for_all)
{
    struct jm_person p[JM_DESK_PLASTIC_TRIES_ALL], fresh = office_citizen();
    struct jm_staff lee;

    begin();
    lee = kim;
    lee.name = JM_BYTES("lee");
    office_add(&fresh);
    for (size_t i = 0; i < JM_ARRAY_LEN(p); i++) {
        p[i] = office_citizen();
        office_add(&p[i]);
        if (i == JM_ARRAY_LEN(p) - 1)
            CHECK_EQ(typing(&kim, &fresh, true), JM_CODE_NONE); /* one before */
        CHECK_EQ(typing(&kim, &p[i], false), JM_DESK_PLASTIC_MISMATCH);
    }
    CHECK_EQ(flags_of(&p[JM_ARRAY_LEN(p) - 1]), 1);
    CHECK_EQ(flags_of(&p[0]), 0);
    CHECK_EQ(typing(&kim, &fresh, true), JM_DESK_PLASTIC_LOCKED);
    CHECK_EQ(typing(&lee, &fresh, true), JM_CODE_NONE);
    office_end();
}

TEST(resuming_counts_whatever_state_the_card_is_in)
{
    static const struct jm_date right = {2020, 3, 4}, wrong = {2020, 3, 5};
    struct jm_person p = office_citizen(), without = office_citizen();

    begin();
    office_add(&p);
    office_add(&without);
    (void)office_issue(&p);
    CHECK_ST(act(&without, JM_DESK_RESUME, wrong, OFFICE_AUTHORITY), JM_E_ABSENT);
    CHECK_EQ(d.code, JM_DESK_CARD_NONE);
    for (int i = 0; i < JM_DESK_PLASTIC_TRIES; i++) { /* not suspended: a guess is a guess */
        CHECK_ST(act(&p, JM_DESK_RESUME, wrong, OFFICE_AUTHORITY), JM_E_DENIED);
        CHECK_EQ(d.code, JM_DESK_PLASTIC_MISMATCH);
    }
    CHECK_ST(act(&p, JM_DESK_RESUME, right, OFFICE_AUTHORITY), JM_E_DENIED);
    CHECK_EQ(d.code, JM_DESK_PLASTIC_LOCKED);
    CHECK_OK(act(&p, JM_DESK_SUSPEND, right, "")); /* a loss is taken all the same */
    CHECK_ST(act(&p, JM_DESK_RESUME, right, OFFICE_AUTHORITY), JM_E_DENIED);
    CHECK_EQ(d.code, JM_DESK_PLASTIC_LOCKED);
    CHECK_EQ(office_number("SELECT count(*) FROM audit WHERE act = 'RESUME_REFUSED' AND reason = "
                           "'JM_DESK_PLASTIC_LOCKED'",
                           JM_NO_ARGS),
             2);
    CHECK_EQ(office_number("SELECT count(*) FROM plastic_try WHERE person = $1",
                           JM_ARGS(JM_ID(&without.id))),
             0);
    office_end();
}

/* -- loss by loss code -- */

static struct jm_bytes code_of(const struct jm_id *card)
{
    char *loss_code = (char *)test_malloc(32);
    uint8_t mac[32];

    MUST(jm_loss_code_new(loss_code, &O->is.base.env));
    MUST(jm_loss_code_mac(&O->is.base.env, jm_str(loss_code), mac));
    office_run("UPDATE card SET loss = $1 WHERE id = $2",
               JM_ARGS(JM_B(jm_bytes(mac, 32)), JM_ID(card)));
    return jm_str(loss_code);
}

static struct jm_loss_res told;

static enum jm_status lose(struct jm_bytes loss_code, const char *what)
{
    d = (struct jm_diag){.code = JM_CODE_NONE};
    enum jm_status st = jm_loss_report(&O->is, loss_code, jm_str(what), &told, &O->mem, &d);
    CHECK_EQ(strlen(told.receipt), st == JM_OK ? 32 : 0);
    return st;
}

static void supersede(const struct jm_id *card)
{
    office_run("UPDATE card SET state = 4 WHERE id = $1", JM_ARGS(JM_ID(card)));
    office_run("UPDATE device SET state = 2 WHERE state = 1", JM_NO_ARGS);
}

TEST(the_paper_of_a_replaced_phone_stops_the_live_card)
{
    struct jm_person p = office_citizen(), q = office_citizen();

    begin();
    office_add(&p);
    office_add(&q);
    struct jm_id first = office_issue(&p);
    struct jm_bytes old = code_of(&first);
    supersede(&first);
    struct jm_id second = office_issue(&p), theirs = office_issue(&q);
    CHECK_OK(lose(old, "phone"));
    CHECK(told.paused);
    CHECK_EQ(office_card_state(&second), JM_CARD_SUSPENDED);
    CHECK_EQ(office_valid_copies(&second), 0);
    CHECK_EQ(O->woken, 1);
    CHECK_EQ(office_card_state(&first), JM_CARD_REVOKED);
    CHECK_EQ(office_card_state(&theirs), JM_CARD_ACTIVE);
    CHECK_EQ(office_number("SELECT count(*) FROM hold WHERE card = $1 AND kind = $2",
                           JM_ARGS(JM_ID(&second), JM_I(JM_HOLD_LOST_PHONE))),
             1);
    CHECK_OK(lose(old, "plastic")); /* told again, another way: a hold of its own */
    CHECK(told.paused);
    supersede(&second);
    CHECK_OK(lose(old, "phone")); /* nothing is left: no promise */
    CHECK(!told.paused);
    CHECK_EQ(O->woken, 2);
    struct jm_id third = office_issue(&p);
    O->now += 4 * 365 * (int64_t)JM_DAY_S;
    CHECK_OK(lose(old, "card")); /* live by its row, expired by the clock */
    CHECK(!told.paused);
    CHECK_EQ(office_card_state(&third), JM_CARD_ACTIVE);
    CHECK_ST(lose(JM_BYTES("AAAAA-AAAAA-AAAAA-AAAAA-A"), "phone"), JM_E_ABSENT);
    CHECK_EQ(d.code, JM_LOSS_CODE_UNKNOWN);
    CHECK_ST(lose(old, "everything"), JM_E_RANGE);
    CHECK_EQ(d.code, JM_LOSS_WHAT);
    CHECK(!told.paused);
    office_end();
}
