/* SPDX-License-Identifier: Apache-2.0 */
/* A population that cannot exist, the same for the same seed; finding people; what a number may
 * look like. */
#include "unit/service/office.h"

#define MANY 1000

static struct jm_generated made;

static enum jm_status generate(int64_t count, int64_t seed, struct jm_diag *d)
{
    struct jm_generate g = {count, seed};

    return jm_register_generate(&O->is.base.env, &g, &made, &O->mem, d);
}

/* Every table of the register as text, in an order of its own. */
static struct jm_bytes everything(void)
{
    return office_text("SELECT group_concat(hex(p.id) || p.birth || p.sex || p.kind || p.state || "
                       "n.surname || n.given || a.region10 || a.text || "
                       "a.since || hex(r.id) || hex(r.lookup) || hex(r.sealed) || "
                       "coalesce(c.serial || c.issued_on || c.kind || c.state, '-') || "
                       "coalesce(hex(f.sealed), '-'), '|') FROM (SELECT * FROM person ORDER BY id) "
                       "p JOIN name n ON n.person = p.id JOIN address a "
                       "ON a.person = p.id JOIN rrn r ON r.person = p.id LEFT JOIN physical_card c "
                       "ON c.person = p.id LEFT JOIN photo f ON "
                       "f.person = p.id",
                       JM_NO_ARGS);
}

TEST(the_same_seed_gives_the_same_people)
{
    struct jm_bytes first, second, third;

    office_begin("2025-01-15T10:00:00+09:00");
    CHECK_OK(generate(200, 7, NULL));
    first = exact(everything());
    office_end();
    /* the same day, another hour, other random numbers */
    office_begin("2025-01-15T18:00:00+09:00");
    O->counter = 12345;
    CHECK_OK(generate(200, 7, NULL));
    second = exact(everything());
    office_end();
    CHECK(first.len > 10000);
    CHECK(jm_bytes_eq(first, second));
    office_begin("2025-01-15T10:00:00+09:00");
    CHECK_OK(generate(200, 8, NULL));
    third = everything();
    CHECK(!jm_bytes_eq(first, third));
    office_end();
}

TEST(a_thousand_people_have_everybody_the_demo_needs)
{
    static const int64_t least[JM_GENERATED_KINDS] =
        {[JM_GENERATED_CHILD] = 50,      [JM_GENERATED_SIXTEEN] = 10,
         [JM_GENERATED_NO_PLASTIC] = 10, [JM_GENERATED_ORDERED] = 5,
         [JM_GENERATED_READY] = 5,       [JM_GENERATED_VALID] = 700,
         [JM_GENERATED_LOST] = 5,        [JM_GENERATED_CHIP] = 10,
         [JM_GENERATED_OVERSEAS] = 5,    [JM_GENERATED_UNKNOWN_RESIDENCE] = 5,
         [JM_GENERATED_DEAD] = 5,        [JM_GENERATED_CANCELLED] = 5,
         [JM_GENERATED_LEAP_DAY] = 5,    [JM_GENERATED_RARE_HANJA] = 5,
         [JM_GENERATED_LONG_NAME] = 5,   [JM_GENERATED_LARGE_PORTRAIT] = 5};

    office_begin("2025-01-15T10:00:00+09:00");
    CHECK_OK(generate(MANY, 1, NULL));
    CHECK_EQ(made.made, MANY);
    for (size_t i = 0; i < JM_GENERATED_KINDS; i++)
        ROW(CHECK(made.of[i] >= least[i] && (made.of[i] <= MANY / 10 || i == JM_GENERATED_VALID)),
            "a kind of nobody");
    /* and they are rows, not only a count */
    CHECK_EQ(office_number("SELECT count(*) FROM person", JM_NO_ARGS), MANY);
    CHECK_EQ(office_number("SELECT count(*) FROM physical_card WHERE state = 3", JM_NO_ARGS),
             made.of[JM_GENERATED_VALID]);
    CHECK_EQ(office_number("SELECT count(*) FROM name WHERE length(surname || given) = 80",
                           JM_NO_ARGS),
             made.of[JM_GENERATED_LONG_NAME]);
    CHECK_EQ(office_number("SELECT count(*) FROM name WHERE length(surname || given) > 80",
                           JM_NO_ARGS),
             0);
    CHECK_EQ(office_number("SELECT count(*) FROM person WHERE substr(birth, 6) = '02-29'",
                           JM_NO_ARGS),
             made.of[JM_GENERATED_LEAP_DAY]);
    /* plastic in an area that is open on that day, and in one that is not */
    CHECK(office_number("SELECT count(*) FROM physical_card c JOIN address a ON a.person = "
                        "c.person WHERE c.state = 3 AND a.region10 LIKE '3017%'",
                        JM_NO_ARGS) >= 5);
    CHECK(office_number("SELECT count(*) FROM physical_card c JOIN address a ON a.person = "
                        "c.person WHERE c.state = 3 AND a.region10 LIKE '11%'",
                        JM_NO_ARGS) >= 5);
    office_end();
}

TEST(plastic_is_never_older_than_its_holder_may_be)
{
    office_begin("2025-01-15T10:00:00+09:00");
    CHECK_OK(generate(MANY, 3, NULL));
    /* D-061: first of the month after turning 17 */
    CHECK_EQ(office_number("SELECT count(*) FROM physical_card c JOIN person p ON p.id = c.person "
                           "WHERE c.issued_on < "
                           "date(p.birth, 'start of month', '+17 years', '+1 month')",
                           JM_NO_ARGS),
             0);
    CHECK_EQ(office_number("SELECT count(*) FROM physical_card WHERE issued_on > '2025-01-15'",
                           JM_NO_ARGS),
             0);
    CHECK_EQ(office_number(
                 "SELECT count(*) FROM physical_card WHERE kind = 2 AND issued_on < '2024-12-27'",
                 JM_NO_ARGS),
             0);
    CHECK_EQ(office_number("SELECT count(*) FROM address a JOIN person p ON p.id = a.person WHERE "
                           "a.since < p.birth OR a.since > '2025-01-15'",
                           JM_NO_ARGS),
             0);
    CHECK_EQ(
        office_number("SELECT count(*) FROM photo f JOIN physical_card c ON c.person = f.person "
                      "WHERE julianday(c.issued_on) - julianday(f.taken_on) NOT BETWEEN 0 AND 180",
                      JM_NO_ARGS),
        0);
    CHECK_EQ(
        office_number(
            "SELECT count(*) FROM photo WHERE person NOT IN (SELECT person FROM physical_card)",
            JM_NO_ARGS),
        0);
    office_end();
}

TEST(the_first_day_of_plastic)
{
    static const struct {
        const char *name;
        struct jm_date birth, first;
    } rows[] = {
        {"D-061: the specification's own", {2008, 3, 15}, {2025, 4, 1}},
        {"born on the first", {2008, 3, 1}, {2025, 4, 1}},
        {"born on the last", {2008, 3, 31}, {2025, 4, 1}},
        {"over the new year", {2008, 12, 2}, {2026, 1, 1}},
        {"29 February: 17 on 1 March", {2008, 2, 29}, {2025, 4, 1}},
    };

    for (size_t i = 0; i < JM_ARRAY_LEN(rows); i++)
        ROW(CHECK_EQ(jm_date_cmp(jm_plastic_first(rows[i].birth), rows[i].first), 0), rows[i].name);
}

TEST(generating_is_refused)
{
    struct jm_diag d = {0};

    office_begin("2025-01-15T10:00:00+09:00");
    O->is.base.env.synthetic = false;
    CHECK_ST(generate(1, 1, &d), JM_E_DENIED);
    CHECK_EQ(d.code, JM_REGISTER_SYNTHETIC);
    O->is.base.env.synthetic = true;
    CHECK_OK(generate(3, 1, NULL));
    d.code = JM_CODE_NONE;
    CHECK_ST(generate(5, 1, &d), JM_E_CONFLICT);
    CHECK_EQ(d.code, JM_REGISTER_EXISTS);
    CHECK_OK(generate(5, 2, NULL));
    d.code = JM_CODE_NONE;
    O->people.names = JM_BYTES("{\"surnames\":[]}");
    CHECK_ST(generate(1, 3, &d), JM_E_MALFORMED);
    CHECK_EQ(d.code, JM_DATA_REGIONS);
    CHECK_EQ(office_number("SELECT count(*) FROM person", JM_NO_ARGS), 8);
    office_end();
}

TEST(numbers_by_D_110_and_D_114)
{
    static const struct {
        const char *name, *text;
        bool synthetic;
        enum jm_code code; /* NONE: taken */
    } rows[] = {
        {"thirteen digits", "9025021234567", true, JM_CODE_NONE},
        {"with a hyphen", "902502-1234567", true, JM_CODE_NONE},
        {"month 21", "902102-1234567", true, JM_CODE_NONE},
        {"month 32, digit 7 is 9", "903202-9000000", true, JM_CODE_NONE},
        {"nothing but the month is judged", "002199-0000000", true, JM_CODE_NONE},
        {"a real month",
         "9001"
         "02-1234567",
         true, JM_REGISTER_RRN_REAL},
        {"December",
         "9012"
         "02-1234567",
         true, JM_REGISTER_RRN_REAL},
        {"a real month where people are real",
         "9012"
         "02-1234567",
         false, JM_CODE_NONE},
        {"month 13 where people are real", "901302-1234567", false, JM_REGISTER_RRN_SYNTHETIC},
        {"a synthetic one where people are real", "902502-1234567", false,
         JM_REGISTER_RRN_SYNTHETIC},
        {"twelve digits", "902502123456", true, JM_REGISTER_RRN_FORM},
        {"fourteen digits", "90250212345678", true, JM_REGISTER_RRN_FORM},
        {"hyphen elsewhere", "90250-21234567", true, JM_REGISTER_RRN_FORM},
        {"two hyphens", "902502--234567", true, JM_REGISTER_RRN_FORM},
        {"a letter", "902502-123456x", true, JM_REGISTER_RRN_FORM},
        {"a line end", "9025021234567\n", true, JM_REGISTER_RRN_FORM},
        {"nothing", "", true, JM_REGISTER_RRN_FORM},
    };

    for (size_t i = 0; i < JM_ARRAY_LEN(rows); i++) {
        uint8_t digits[JM_RRN_LEN];
        struct jm_diag d = {0};
        enum jm_status st = jm_rrn_read(digits, exact(jm_str(rows[i].text)), rows[i].synthetic, &d);

        ROW(CHECK_EQ(d.code, rows[i].code) && CHECK_EQ(st == JM_OK, rows[i].code == JM_CODE_NONE),
            rows[i].name);
    }
}

TEST(a_number_is_masked)
{
    char text[JM_RRN_MASKED_LEN + 1];

    jm_rrn_mask(text, JM_BYTES("9025021234567"));
    CHECK_STR(jm_str(text), "902502-1******");
    jm_rrn_mask(text, JM_BYTES("902502"));
    CHECK_STR(jm_str(text), "");
}

static struct jm_register_found *found;
static size_t n_found;

static enum jm_status find(const struct jm_register_find *f, bool masked)
{
    struct jm_actor who = {JM_BYTES("operator"), JM_BYTES("local")};
    struct jm_register_find all = *f;

    all.born_from = all.born_from.len == 0 ? JM_BYTES("0000") : all.born_from;
    all.born_to = all.born_to.len == 0 ? JM_BYTES("9999") : all.born_to;
    all.limit = all.limit == 0 ? 100 : all.limit;
    return jm_register_find(&O->is.base.env, &found, &n_found, &all, masked, &who, JM_BYTES("test"),
                            &O->mem);
}

TEST(one_row_a_person_and_one_audit_row_for_each)
{
    struct jm_person a = office_citizen(), b = office_citizen();

    office_begin("2025-01-15T10:00:00+09:00");
    office_add(&a);
    b.birth = (struct jm_date){1991, 1, 1};
    office_add(&b);
    office_run("INSERT INTO physical_card (serial, person, kind, issued_on, authority, state) "
               "VALUES ('PX', $1, 1, '2024-01-01', 'x', 5)",
               JM_ARGS(JM_ID(&a.id)));
    office_run("INSERT INTO physical_card (serial, person, kind, issued_on, authority, state) "
               "VALUES ('PY', $1, 1, '2010-01-01', 'x', 5)",
               JM_ARGS(JM_ID(&b.id)));
    CHECK_OK(find(&(struct jm_register_find){.limit = 10}, false));
    CHECK_EQ(n_found, 2);
    for (size_t i = 0; i < n_found; i++)
        CHECK_EQ(found[i].plastic, JM_PLASTIC_VALID); /* the VALID one, though another is younger */
    CHECK_STR(jm_str(found[0].masked), "");
    CHECK_EQ(office_number("SELECT count(*) FROM audit WHERE act = 'REGISTER_FIND' AND subject IN "
                           "($1, $2) AND reason = 'test'",
                           JM_ARGS(JM_ID(&a.id), JM_ID(&b.id))),
             2);
    CHECK_OK(find(&(struct jm_register_find){.born_from = JM_BYTES("1991-01-01"),
                                             .born_to = JM_BYTES("1991-01-01")},
                  true));
    CHECK_EQ(n_found, 1);
    CHECK(strncmp(found[0].masked, "902502-2*", 9) == 0);
    CHECK_EQ(office_number("SELECT count(*) FROM audit", JM_NO_ARGS), 3);
    CHECK_OK(find(&(struct jm_register_find){.region = JM_BYTES("99")}, false));
    CHECK_EQ(n_found, 0);
    CHECK_EQ(
        office_number("SELECT count(*) FROM audit WHERE outcome = 'nobody' AND subject IS NULL",
                      JM_NO_ARGS),
        1);
    office_end();
}

TEST(by_number_and_the_dead_by_id_or_number_only)
{
    struct jm_person a = office_citizen();
    struct jm_register_find f = {.has_lookup = true};
    uint8_t digits[JM_RRN_LEN];
    struct jm_bytes rrn, photo;

    office_begin("2025-01-15T10:00:00+09:00");
    office_add(&a);
    CHECK_OK(jm_person_open(&O->is.base.env, &a, &rrn, &photo, &O->mem));
    CHECK_OK(jm_rrn_read(digits, rrn, true, NULL));
    CHECK_OK(jm_rrn_lookup(&O->is.base.env, f.lookup, digits));
    CHECK_OK(find(&f, false));
    CHECK_EQ(n_found, 1);
    CHECK(n_found == 1 && memcmp(&found[0].person, &a.id, 16) == 0);
    office_run("UPDATE person SET state = 2", JM_NO_ARGS);
    CHECK_OK(find(&f, false));
    CHECK_EQ(n_found, 1);
    CHECK_OK(find(&(struct jm_register_find){.has_person = true, .person = a.id}, false));
    CHECK_EQ(n_found, 1);
    CHECK_OK(find(&(struct jm_register_find){.limit = 5}, false));
    CHECK_EQ(n_found, 0);
    f.lookup[0] ^= 1;
    CHECK_OK(find(&f, false));
    CHECK_EQ(n_found, 0);
    O->signer_away = true; /* nothing is shown, and nothing was looked at without a trace */
    CHECK_ST(find(&(struct jm_register_find){.has_person = true, .person = a.id}, true),
             JM_E_UNAVAILABLE);
    CHECK(found == NULL && n_found == 0);
    office_end();
}
