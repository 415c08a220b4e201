/* SPDX-License-Identifier: Apache-2.0 */
/* D-150 to D-163: what each event does to register, plastic and mobile card; twice, late, and in
 * any order. */
#include "unit/service/office.h"

#include "service/events/events.h"

#define NOW "2025-06-01T12:00:00+09:00"
#define DAY (int64_t)JM_DAY_S

static struct jm_life_result out;
static struct jm_diag diag;
static unsigned number;

static const struct jm_actor reporter = {{(const uint8_t *)"operator", 8},
                                         {(const uint8_t *)"local", 5}};

/* An event of the day @p days from now. */
static struct jm_life_event event(const char *kind, const struct jm_person *p, int64_t days)
{
    char *id = (char *)test_malloc(16);

    snprintf(id, 16, "e%u", ++number);
    return (struct jm_life_event){.kind = jm_life_kind_of(jm_str(kind)),
                                  .source = JM_BYTES("court"),
                                  .id = jm_str(id),
                                  .person = p->id,
                                  .at = at(NOW) + days * DAY};
}

static enum jm_status take(const struct jm_life_event *ev)
{
    diag = (struct jm_diag){.code = JM_CODE_NONE};
    return jm_life_event_take(&O->is, &out, ev, &reporter, &O->mem, &diag);
}

static struct jm_life_event full(const char *kind, const struct jm_person *p, int64_t days)
{
    struct jm_life_event ev = event(kind, p, days);

    if (ev.kind == JM_LIFE_MOVE) {
        ev.region = JM_BYTES("1111010100");
        ev.address = JM_BYTES("서울특별시 종로구 중앙로 1");
    } else if (ev.kind == JM_LIFE_NAME) {
        ev.surname = JM_BYTES("이");
        ev.given = JM_BYTES("서율");
        ev.hanja = JM_BYTES("李𣵀律");
    } else if (ev.kind == JM_LIFE_RRN) {
        ev.rrn = JM_BYTES("902502-2987654");
    } else if (ev.kind == JM_LIFE_RECORD) {
        ev.sex = 1;
    } else if (ev.kind == JM_LIFE_PLASTIC_REPLACED || ev.kind == JM_LIFE_PLASTIC_ISSUED) {
        ev.authority = JM_BYTES("서울특별시 종로구청장");
    } else if (ev.kind == JM_LIFE_RELIEF) {
        ev.reason = JM_BYTES("veteran");
    }
    return ev;
}

static enum jm_status happen(const char *kind, const struct jm_person *p, int64_t days)
{
    struct jm_life_event ev = full(kind, p, days);

    return take(&ev);
}

static struct jm_person now_of(const struct jm_person *p)
{
    struct jm_person out_;

    MUST(jm_person_get(&O->is.base.env, &p->id, &out_, &O->mem));
    return out_;
}

static int64_t audited(const struct jm_person *p, const char *act, const char *outcome)
{
    return office_number(
        "SELECT count(*) FROM audit WHERE subject = $1 AND act = $2 AND outcome = $3",
        JM_ARGS(JM_ID(&p->id), JM_T(jm_str(act)), JM_T(jm_str(outcome))));
}

static void begin(void)
{
    office_begin("2025-05-01T12:00:00+09:00");
    MUST(jm_fees_load(&O->is.fees, read_file("data/fees.json"), &O->mem, NULL));
    number = 0;
}

/* Somebody with plastic of 2020, and a mobile card of 1 May; it is 1 June. */
static struct jm_id citizen(struct jm_person *p)
{
    struct jm_id card;

    *p = office_citizen();
    O->now = at("2025-05-01T12:00:00+09:00");
    office_add(p);
    card = office_issue(p);
    O->now = at(NOW);
    return card;
}

TEST(every_row_of_the_table)
{
    static const struct {
        const char *kind, *act, *reason; /* of the card's end; null: it lives */
        enum jm_plastic_state plastic;
        enum jm_person_kind person;
        enum jm_person_state state;
        bool due;
    } rows[] = {
        {"move", "EVENT_MOVE", NULL, JM_PLASTIC_VALID, JM_PERSON_RESIDENT, JM_PERSON_ALIVE, true},
        {"name", "EVENT_NAME", "NAME_CHANGED", JM_PLASTIC_VOID, JM_PERSON_RESIDENT, JM_PERSON_ALIVE,
         false},
        {"rrn", "EVENT_RRN", "RRN_CHANGED", JM_PLASTIC_VOID, JM_PERSON_RESIDENT, JM_PERSON_ALIVE,
         false},
        {"record", "EVENT_RECORD", "RECORD_CORRECTED", JM_PLASTIC_VOID, JM_PERSON_RESIDENT,
         JM_PERSON_ALIVE, false},
        {"death", "EVENT_DEATH", "DECEASED", JM_PLASTIC_RETURNED, JM_PERSON_RESIDENT,
         JM_PERSON_DEAD, false},
        {"emigration", "EVENT_EMIGRATION", "EMIGRATED", JM_PLASTIC_VOID, JM_PERSON_OVERSEAS,
         JM_PERSON_ALIVE, false},
        {"cancelled", "EVENT_CANCELLED", "REGISTRATION_CANCELLED", JM_PLASTIC_VOID,
         JM_PERSON_RESIDENT, JM_PERSON_CANCELLED, false},
        {"unknown-residence", "EVENT_UNKNOWN_RESIDENCE", NULL, JM_PLASTIC_VALID,
         JM_PERSON_UNKNOWN_RESIDENCE, JM_PERSON_ALIVE, true},
        {"plastic-lost", "EVENT_PLASTIC_LOST", "PHYSICAL_LOST", JM_PLASTIC_LOST, JM_PERSON_RESIDENT,
         JM_PERSON_ALIVE, false},
        {"plastic-replaced", "EVENT_PLASTIC_REPLACED", NULL, JM_PLASTIC_VALID, JM_PERSON_RESIDENT,
         JM_PERSON_ALIVE, true},
        {"plastic-confiscated", "EVENT_PLASTIC_CONFISCATED", "PHYSICAL_VOID", JM_PLASTIC_VOID,
         JM_PERSON_RESIDENT, JM_PERSON_ALIVE, false},
        {"relief", "EVENT_RELIEF", NULL, JM_PLASTIC_VALID, JM_PERSON_RESIDENT, JM_PERSON_ALIVE,
         false},
        {"turns-17", "EVENT_TURNS_17", NULL, JM_PLASTIC_VALID, JM_PERSON_RESIDENT, JM_PERSON_ALIVE,
         false},
    };

    begin();
    for (size_t i = 0; i < JM_ARRAY_LEN(rows); i++) {
        struct jm_person p, after;
        struct jm_id card = citizen(&p);
        unsigned woken = O->woken;

        ROW(CHECK_OK(happen(rows[i].kind, &p, -1)) && CHECK_EQ(out.outcome, JM_LIFE_APPLIED),
            rows[i].kind);
        after = now_of(&p);
        ROW(CHECK_EQ(after.plastic.state, rows[i].plastic) &&
                CHECK_EQ(after.kind, rows[i].person) && CHECK_EQ(after.state, rows[i].state),
            rows[i].kind);
        ROW(CHECK_EQ(office_card_state(&card),
                     rows[i].reason != NULL ? JM_CARD_REVOKED : JM_CARD_ACTIVE),
            rows[i].kind);
        ROW(CHECK_EQ(office_valid_copies(&card), rows[i].reason != NULL ? 0 : 4), rows[i].kind);
        ROW(CHECK_EQ(O->woken - woken, rows[i].reason != NULL), rows[i].kind);
        ROW(CHECK_EQ(
                office_number("SELECT count(*) FROM card WHERE id = $1 AND refresh_due IS NOT NULL",
                              JM_ARGS(JM_ID(&card))),
                rows[i].due),
            rows[i].kind);
        if (rows[i].reason != NULL)
            ROW(CHECK_STR(
                    office_text(
                        "SELECT reason FROM card_event WHERE card = $1 AND event = 'CARD_REVOKED'",
                        JM_ARGS(JM_ID(&card))),
                    rows[i].reason),
                rows[i].kind);
        ROW(CHECK_EQ(audited(&p, rows[i].act, "applied"), 1), rows[i].kind);
        ROW(CHECK_EQ(office_number("SELECT count(*) FROM notice WHERE person = $1 AND kind = $2",
                                   JM_ARGS(JM_ID(&p.id), JM_T(jm_str(rows[i].act)))),
                     1),
            rows[i].kind);
        /* D-180 (2): a live card has VALID plastic */
        ROW(CHECK_EQ(office_number("SELECT count(*) FROM card c WHERE c.state IN (1, 2, 3) AND NOT "
                                   "EXISTS (SELECT 1 FROM physical_card f WHERE f.serial = "
                                   "c.serial AND f.person = c.person AND f.state = 3)",
                                   JM_NO_ARGS),
                     0),
            rows[i].kind);
        /* the same number for the next */
        office_run("UPDATE rrn SET lookup = randomblob(32)", JM_NO_ARGS);
    }
    office_end();
}

static enum jm_status refresh_tx(struct jm_tx *tx, void *arg)
{
    return jm_card_refreshed_in(tx, arg);
}

static enum jm_status grace_tx(struct jm_tx *tx, void *arg)
{
    return jm_card_grace_over_in(tx, jm_tx_now(tx) - JM_ADDRESS_GRACE_DAYS * DAY, arg);
}

TEST(old_copies_die_at_the_first_refresh_or_when_the_grace_is_over)
{
    struct jm_person p, q;
    struct jm_id card, other;
    int64_t n = -1;

    begin();
    card = citizen(&p);
    other = citizen(&q);
    CHECK_OK(happen("move", &p, 0));
    CHECK_OK(happen("move", &q, 0));
    CHECK_STR(now_of(&p).region10, "1111010100");
    CHECK_STR(office_text("SELECT refresh_due FROM card WHERE id = $1", JM_ARGS(JM_ID(&card))),
              "ADDRESS");
    CHECK_STR(office_text("SELECT event FROM card_event WHERE card = $1 ORDER BY n DESC",
                          JM_ARGS(JM_ID(&card))),
              "REFRESH_DUE");
    CHECK_EQ(office_valid_copies(&card), 4); /* D-334: they pass */
    office_run("INSERT INTO status_index (shard, idx, invalid) VALUES (7, 7, 0)", JM_NO_ARGS);
    office_run("INSERT INTO copy (card, fmt, shard, idx, jkt, issued, until) VALUES "
               "($1, 1, 7, 7, x'00', 0, 0)",
               JM_ARGS(JM_ID(&card)));
    /* a refresh: what was made after the move stays */
    CHECK_OK(jm_tx_run(&O->is.base.env, refresh_tx, &card));
    CHECK_EQ(office_valid_copies(&card), 1);
    CHECK(office_text("SELECT refresh_due FROM card WHERE id = $1", JM_ARGS(JM_ID(&card))).len ==
          0);
    CHECK_EQ(office_valid_copies(&other), 4);
    O->now = at(NOW) + JM_ADDRESS_GRACE_DAYS * DAY;
    CHECK_OK(jm_tx_run(&O->is.base.env, grace_tx, &n));
    CHECK_EQ(n, 0);
    CHECK_EQ(office_valid_copies(&other), 4);
    O->now++;
    CHECK_OK(jm_tx_run(&O->is.base.env, grace_tx, &n));
    CHECK_EQ(n, 1);
    CHECK_EQ(office_valid_copies(&other), 0);
    CHECK_EQ(office_card_state(&other), JM_CARD_ACTIVE);
    CHECK_STR(office_text("SELECT refresh_due FROM card WHERE id = $1", JM_ARGS(JM_ID(&other))),
              "ADDRESS");
    CHECK_OK(jm_tx_run(&O->is.base.env, grace_tx, &n));
    CHECK_EQ(n, 0);
    office_end();
}

TEST(twice_is_once_and_other_content_is_refused)
{
    struct jm_person p;
    struct jm_life_event ev;
    int64_t rows;

    begin();
    (void)citizen(&p);
    ev = full("move", &p, -1);
    CHECK_OK(take(&ev));
    rows = office_number("SELECT (SELECT count(*) FROM audit) + (SELECT count(*) FROM card_event) "
                         "+ (SELECT count(*) FROM notice) + (SELECT count(*) FROM address)",
                         JM_NO_ARGS);
    CHECK_OK(take(&ev));
    CHECK_EQ(out.outcome, JM_LIFE_REPLAYED);
    CHECK_EQ(
        office_number("SELECT (SELECT count(*) FROM audit) + (SELECT count(*) FROM card_event) + "
                      "(SELECT count(*) FROM notice) + (SELECT count(*) FROM address)",
                      JM_NO_ARGS),
        rows);
    ev.address = JM_BYTES("서울특별시 종로구 중앙로 2");
    CHECK_ST(take(&ev), JM_E_CONFLICT);
    CHECK_EQ(diag.code, JM_EVENT_OTHER_CONTENT);
    ev.source = JM_BYTES("another"); /* its own numbers */
    CHECK_OK(take(&ev));
    CHECK_EQ(out.outcome, JM_LIFE_APPLIED);
    /* sent without a time, and again an hour later */
    ev = full("plastic-lost", &p, 0);
    ev.at_is_now = true;
    ev.at = O->now;
    CHECK_OK(take(&ev));
    CHECK_EQ(out.outcome, JM_LIFE_APPLIED);
    ev.at = O->now += 3600;
    CHECK_OK(take(&ev));
    CHECK_EQ(out.outcome, JM_LIFE_REPLAYED);
    office_end();
}

TEST(what_is_in_force_since_later_stays)
{
    struct jm_person p;

    begin();
    (void)citizen(&p);
    CHECK_OK(happen("move", &p, -2));
    struct jm_life_event older = full("move", &p, -3);
    older.address = JM_BYTES("서울특별시 종로구 중앙로 99");
    CHECK_OK(take(&older));
    CHECK_EQ(out.outcome, JM_LIFE_LATE);
    CHECK_STR(now_of(&p).address, "서울특별시 종로구 중앙로 1");
    CHECK_EQ(audited(&p, "EVENT_MOVE", "late"), 1);
    CHECK_EQ(office_number("SELECT count(*) FROM notice WHERE kind = 'EVENT_MOVE'", JM_NO_ARGS), 1);
    CHECK_OK(happen("move", &p, -1)); /* the same place again */
    CHECK_EQ(out.outcome, JM_LIFE_UNCHANGED);
    CHECK_OK(happen("name", &p, -2));
    struct jm_life_event name = full("name", &p, -3);
    name.given = JM_BYTES("보라");
    CHECK_OK(take(&name));
    CHECK_EQ(out.outcome, JM_LIFE_LATE);
    CHECK_STR(now_of(&p).given, "서율");
    CHECK_OK(happen("unknown-residence", &p, -3)); /* has moved in since */
    CHECK_EQ(out.outcome, JM_LIFE_LATE);
    CHECK_EQ(now_of(&p).kind, JM_PERSON_RESIDENT);
    CHECK_OK(happen("record", &p, -2));
    struct jm_life_event record = full("record", &p, -3);
    record.birth = (struct jm_date){1991, 1, 1};
    CHECK_OK(take(&record));
    CHECK_EQ(out.outcome, JM_LIFE_LATE);
    CHECK_EQ(now_of(&p).birth.year, 1990);
    office_end();
}

TEST(nothing_happens_to_the_dead)
{
    static const char *const kinds[] = {"move",
                                        "name",
                                        "rrn",
                                        "record",
                                        "death",
                                        "emigration",
                                        "cancelled",
                                        "unknown-residence",
                                        "plastic-lost",
                                        "plastic-found",
                                        "plastic-replaced",
                                        "plastic-issued",
                                        "plastic-confiscated",
                                        "turns-17"};
    struct jm_person p, before, after;

    begin();
    (void)citizen(&p);
    CHECK_OK(happen("death", &p, -2));
    CHECK_EQ(office_number("SELECT count(*) FROM device WHERE person = $1 AND state = 1",
                           JM_ARGS(JM_ID(&p.id))),
             0);
    before = now_of(&p);
    for (size_t i = 0; i < JM_ARRAY_LEN(kinds); i++)
        for (int days = -3; days <= -1; days += 2) {
            ROW(CHECK_OK(happen(kinds[i], &p, days)) && CHECK_EQ(out.outcome, JM_LIFE_LATE),
                kinds[i]);
        }
    after = now_of(&p);
    CHECK_EQ(after.version, before.version);
    CHECK_EQ(after.state, JM_PERSON_DEAD);
    CHECK_EQ(audited(&p, "EVENT_NAME", "late"), 2);
    /* whose registration was cancelled can still die */
    (void)citizen(&p);
    CHECK_OK(happen("cancelled", &p, -2));
    CHECK_OK(happen("move", &p, -1));
    CHECK_EQ(out.outcome, JM_LIFE_LATE);
    CHECK_OK(happen("death", &p, -3));
    CHECK_EQ(out.outcome, JM_LIFE_APPLIED);
    CHECK_EQ(now_of(&p).state, JM_PERSON_DEAD);
    office_end();
}

/* Each event of a set, each order: the end is the same. */
static void orders(const char *const *kinds, const int *days, size_t n,
                   enum jm_plastic_state plastic, enum jm_card_state card)
{
    const size_t order[3] = {0, 1, 2}, count = n == 2 ? 2 : 6;

    for (size_t k = 0; k < count; k++) {
        struct jm_person p;
        struct jm_id id = citizen(&p);
        size_t left[3], m = n, code = k;

        memcpy(left, order, sizeof left);
        for (size_t i = 0; i < n; i++) {
            size_t pick = code % m, which = left[pick];

            code /= m;
            memmove(&left[pick], &left[pick + 1], (m - pick - 1) * sizeof left[0]);
            m--;
            CHECK_OK(happen(kinds[which], &p, days[which]));
        }
        bool same = CHECK_EQ(now_of(&p).plastic.state, plastic);
        if (!CHECK_EQ(office_card_state(&id), card) || !same)
            printf("    in order %zu of %s …\n", k, kinds[0]);
    }
}

TEST(any_order_of_arrival_ends_the_same)
{
    static const char *const lost[] = {"plastic-lost", "plastic-found", "move"};
    static const char *const again[] = {"plastic-lost", "plastic-found", "plastic-lost"};
    static const char *const residence[] = {"unknown-residence", "move"};
    static const char *const end[] = {"move", "unknown-residence", "death"};
    static const int days[] = {-4, -3, -2};

    begin();
    orders(lost, days, 3, JM_PLASTIC_VALID, JM_CARD_REVOKED); /* D-161 */
    orders(again, days, 3, JM_PLASTIC_LOST, JM_CARD_REVOKED);
    orders(residence, days, 2, JM_PLASTIC_VALID, JM_CARD_ACTIVE);
    orders(end, days, 3, JM_PLASTIC_RETURNED, JM_CARD_REVOKED);
    office_end();
}

/* on_replacement=REVOKE: D-162 */
TEST(new_plastic_ends_the_card_where_it_is_configured)
{
    struct jm_person p;
    struct jm_id card;

    begin();
    O->is.revoke_on_replacement = true;
    card = citizen(&p);
    CHECK_OK(happen("plastic-replaced", &p, -2));
    CHECK_EQ(office_card_state(&card), JM_CARD_REVOKED);
    CHECK_EQ(office_valid_copies(&card), 0);
    CHECK_STR(office_text("SELECT reason FROM card_event WHERE event = 'CARD_REVOKED'", JM_NO_ARGS),
              "PHYSICAL_VOID");
    CHECK_EQ(now_of(&p).plastic.state, JM_PLASTIC_VALID);
    office_end();
}

TEST(a_late_loss_report_does_not_touch_a_card_on_new_plastic)
{
    struct jm_person p;
    struct jm_id card;

    begin();
    card = citizen(&p);
    CHECK_OK(happen("plastic-replaced", &p, -2));
    CHECK_STR(out.fee.rule, "F-4");
    CHECK_EQ(out.fee.won, 5000);
    CHECK_SAME(office_text("SELECT serial FROM card WHERE id = $1", JM_ARGS(JM_ID(&card))),
               out.serial);
    CHECK_STR(office_text("SELECT refresh_due FROM card WHERE id = $1", JM_ARGS(JM_ID(&card))),
              "PORTRAIT");
    CHECK_EQ(
        office_number(
            "SELECT count(*) FROM fee_receipt WHERE person = $1 AND won = 5000 AND rule = 'F-4'",
            JM_ARGS(JM_ID(&p.id))),
        1);
    CHECK_OK(happen("plastic-lost", &p, -3)); /* the old one, before it was replaced */
    CHECK_EQ(out.outcome, JM_LIFE_LATE);
    CHECK_EQ(office_card_state(&card), JM_CARD_ACTIVE);
    CHECK_EQ(now_of(&p).plastic.state, JM_PLASTIC_VALID);
    office_end();
}

TEST(a_move_before_the_residence_became_unknown_finds_nobody)
{
    struct jm_person p, q;

    begin();
    (void)citizen(&p);
    CHECK_OK(happen("unknown-residence", &p, -2));
    CHECK_OK(happen("move", &p, -3));
    CHECK_EQ(out.outcome, JM_LIFE_APPLIED); /* the address is newer than the one in force */
    CHECK_STR(now_of(&p).region10, "1111010100");
    CHECK_EQ(now_of(&p).kind, JM_PERSON_UNKNOWN_RESIDENCE);
    CHECK_OK(happen("move", &p, -1)); /* the same place, reported anew */
    CHECK_EQ(now_of(&p).kind, JM_PERSON_RESIDENT);
    (void)citizen(&q);
    CHECK_OK(happen("move", &q, -3));
    CHECK_OK(happen("unknown-residence", &q, -2));
    CHECK_EQ(now_of(&q).kind, JM_PERSON_UNKNOWN_RESIDENCE);
    office_end();
}

TEST(a_second_report_of_an_old_loss_does_not_touch_a_newer_card)
{
    struct jm_person p;
    struct jm_id old, young;

    begin();
    old = citizen(&p);
    CHECK_OK(happen("plastic-lost", &p, -4));
    CHECK_OK(happen("plastic-found", &p, -3));
    office_run("UPDATE device SET state = 2", JM_NO_ARGS);
    young = office_issue(&p); /* now, on the same plastic */
    CHECK_OK(happen("plastic-lost", &p, -4));
    CHECK_EQ(out.outcome, JM_LIFE_LATE);
    CHECK_EQ(office_card_state(&old), JM_CARD_REVOKED);
    CHECK_EQ(office_card_state(&young), JM_CARD_ACTIVE);
    CHECK_EQ(office_valid_copies(&young), 4);
    office_end();
}

TEST(what_ends_a_card_ends_a_case_under_way)
{
    static const char *const kinds[] = {"name",
                                        "record",
                                        "death",
                                        "emigration",
                                        "cancelled",
                                        "plastic-lost",
                                        "plastic-confiscated"};
    static const char *const reasons[] = {"NAME_CHANGED", "RECORD_CORRECTED",       "DECEASED",
                                          "EMIGRATED",    "REGISTRATION_CANCELLED", "PHYSICAL_LOST",
                                          "PHYSICAL_VOID"};
    const struct jm_staff kim = {.name = JM_BYTES("kim"),
                                 .centre = JM_BYTES(OFFICE_CENTRE),
                                 .role = JM_ROLE_CLERK,
                                 .state = 1};

    begin();
    O->now = at(NOW);
    for (size_t i = 0; i < JM_ARRAY_LEN(kinds); i++) {
        struct jm_person p = office_citizen();
        struct jm_desk_open_res opened;
        struct jm_eligibility e;

        office_add(&p);
        struct jm_desk_open_req in = {.person = p.id,
                                      .route = JM_BYTES("qr"),
                                      .issue_date = p.plastic.issued_on,
                                      .authority = p.plastic.authority};
        CHECK_OK(jm_desk_open(DESK(&kim, NULL), &opened, &in, &e));
        ROW(CHECK_OK(happen(kinds[i], &p, 0)), kinds[i]);
        ROW(CHECK_STR(office_text("SELECT reason FROM desk_case WHERE id = $1 AND state = 6",
                                  JM_ARGS(JM_ID(&opened.c.id))),
                      reasons[i]),
            kinds[i]);
    }
    office_end();
}

/* D-180 (7) */
TEST(the_dead_have_no_open_device_even_without_a_card)
{
    struct jm_person p;

    begin();
    (void)citizen(&p);
    office_run("UPDATE card SET state = 4", JM_NO_ARGS);
    CHECK_EQ(office_number("SELECT count(*) FROM device WHERE state = 1", JM_NO_ARGS), 1);
    CHECK_OK(happen("death", &p, 0));
    CHECK_EQ(office_number("SELECT count(*) FROM device WHERE state = 1", JM_NO_ARGS), 0);
    office_end();
}

TEST(plastic_from_nothing_and_from_an_order)
{
    struct jm_person p = office_citizen(), young = office_citizen();

    begin();
    O->now = at(NOW);
    p.plastic.state = (enum jm_plastic_state)0;
    office_add(&p);
    CHECK_ST(happen("plastic-replaced", &p, -1), JM_E_CONFLICT);
    CHECK_EQ(diag.code, JM_EVENT_PLASTIC);
    CHECK_ST(happen("plastic-lost", &p, -1), JM_E_CONFLICT);
    CHECK_EQ(diag.code, JM_EVENT_PLASTIC);
    CHECK_OK(happen("plastic-issued", &p, -1));
    CHECK_STR(out.fee.rule, "F-2");
    CHECK_EQ(now_of(&p).plastic.state, JM_PLASTIC_VALID);
    CHECK_ST(happen("plastic-issued", &p, 0), JM_E_CONFLICT);
    CHECK_EQ(diag.code, JM_EVENT_PLASTIC);
    young.plastic.state = (enum jm_plastic_state)0;
    young.birth = (struct jm_date){2008, 5, 31};
    office_add(&young);
    /* 31 May, in Seoul: a day before */
    CHECK_ST(happen("plastic-issued", &young, -1), JM_E_DENIED);
    CHECK_EQ(diag.code, JM_EVENT_EARLY);
    CHECK_OK(happen("plastic-issued", &young, 0));
    CHECK_OK(happen("turns-17", &young, 0));
    CHECK_ST(happen("turns-17", &young, -2), JM_E_DENIED);
    CHECK_EQ(diag.code, JM_EVENT_EARLY);
    struct jm_person ready = office_citizen();
    ready.plastic.state = JM_PLASTIC_READY;
    office_add(&ready);
    struct jm_life_event ev = event("plastic-issued", &ready, 0);
    CHECK_OK(take(&ev));
    CHECK_EQ(now_of(&ready).plastic.state, JM_PLASTIC_VALID);
    CHECK_EQ(out.fee.rule.len, 0);
    CHECK(jm_bytes_eq(out.serial, ready.plastic.serial));
    office_end();
}

TEST(new_plastic_after_a_name_change_and_after_a_loss)
{
    struct jm_person p;

    begin();
    (void)citizen(&p);
    CHECK_OK(happen("name", &p, -3));
    struct jm_life_event ev = full("plastic-issued", &p, -2);
    ev.reason = JM_BYTES("name_changed");
    CHECK_OK(take(&ev));
    CHECK_STR(out.fee.rule, "F-4");
    CHECK_EQ(out.fee.won, 0);
    CHECK_OK(happen("plastic-lost", &p, -1));
    ev = full("plastic-replaced", &p, 0);
    ev.plastic_kind = JM_BYTES("ic");
    CHECK_OK(take(&ev));
    CHECK_STR(out.fee.rule, "F-5");
    CHECK_EQ(out.fee.won, 10000);
    CHECK_EQ(now_of(&p).plastic.kind, JM_PLASTIC_IC);
    CHECK_EQ(office_number("SELECT count(*) FROM physical_card WHERE person = $1 AND state = 5",
                           JM_ARGS(JM_ID(&p.id))),
             2);
    office_end();
}

TEST(a_suspended_card_moves_and_remembers_an_expired_one_is_left_alone)
{
    struct jm_person p;
    struct jm_id card;

    begin();
    card = citizen(&p);
    office_run("UPDATE card SET state = 3 WHERE id = $1", JM_ARGS(JM_ID(&card)));
    CHECK_OK(happen("move", &p, -1));
    CHECK_EQ(office_card_state(&card), JM_CARD_SUSPENDED);
    CHECK_STR(office_text("SELECT refresh_due FROM card WHERE id = $1", JM_ARGS(JM_ID(&card))),
              "ADDRESS");
    office_run("UPDATE card SET expires = 0 WHERE id = $1", JM_ARGS(JM_ID(&card)));
    CHECK_OK(happen("plastic-lost", &p, -1));
    CHECK_EQ(office_card_state(&card), JM_CARD_SUSPENDED); /* EXPIRED is computed, and terminal */
    CHECK_EQ(now_of(&p).plastic.state, JM_PLASTIC_LOST);
    office_end();
}

TEST(numbers_of_events)
{
    static const struct {
        const char *number;
        enum jm_code code;
    } rows[] = {{"9001"
                 "02-2987654",
                 JM_REGISTER_RRN_REAL},
                {"902502-298765", JM_REGISTER_RRN_FORM},
                {"", JM_EVENT_DETAIL}};
    struct jm_person p, q;
    struct jm_bytes before, after, photo;

    begin();
    (void)citizen(&p);
    (void)citizen(&q);
    struct jm_life_event ev = full("rrn", &p, -1);
    for (size_t i = 0; i < JM_ARRAY_LEN(rows); i++) {
        ev.rrn = jm_str(rows[i].number);
        ROW(CHECK(take(&ev) != JM_OK) && CHECK_EQ(diag.code, rows[i].code), rows[i].number);
    }
    MUST(jm_person_open(&O->is.base.env, &q, &before, &photo, &O->mem));
    ev.rrn = before; /* somebody else's */
    CHECK_ST(take(&ev), JM_E_CONFLICT);
    CHECK_EQ(diag.code, JM_EVENT_RRN_TAKEN);
    ev = full("rrn", &p, -1);
    O->signer_away = true;
    CHECK_ST(take(&ev), JM_E_UNAVAILABLE);
    O->signer_away = false;
    CHECK_OK(take(&ev));
    struct jm_person now = now_of(&p);
    MUST(jm_person_open(&O->is.base.env, &now, &after, &photo, &O->mem));
    CHECK_STR(after, "9025022987654");
    CHECK_EQ(office_number("SELECT count(*) FROM rrn WHERE person = $1", JM_ARGS(JM_ID(&p.id))), 2);
    CHECK_OK(take(&ev));
    CHECK_EQ(out.outcome, JM_LIFE_REPLAYED);
    ev.rrn = JM_BYTES("902502-2987655");
    CHECK_ST(take(&ev), JM_E_CONFLICT);
    CHECK_EQ(diag.code, JM_EVENT_OTHER_CONTENT);
    /* neither the number nor a plain hash of it stands in the event's row */
    uint8_t plain[32];
    MUST(jm_sha256(&jm_crypto_openssl, after, plain));
    CHECK_EQ(office_number("SELECT count(*) FROM life_event WHERE hash = $1",
                           JM_ARGS(JM_B(jm_bytes(plain, 32)))),
             0);
    office_end();
}

TEST(events_are_refused)
{
    static const struct {
        const char *name, *kind;
        struct jm_life_event more;
        enum jm_code code;
    } rows[] = {
        {"a move needs an address",
         "move",
         {.region = {(const uint8_t *)"1111010100", 10}},
         JM_EVENT_DETAIL},
        {"ten digits",
         "move",
         {.region = {(const uint8_t *)"11110101", 8}, .address = {(const uint8_t *)"x", 1}},
         JM_EVENT_DETAIL},
        {"no such province",
         "move",
         {.region = {(const uint8_t *)"4211010100", 10}, .address = {(const uint8_t *)"x", 1}},
         JM_EVENT_DETAIL},
        {"a name needs both", "name", {.surname = {(const uint8_t *)"x", 1}}, JM_EVENT_DETAIL},
        {"a correction needs something", "record", {.sex = 0}, JM_EVENT_DETAIL},
        {"no third sex digit", "record", {.sex = 3}, JM_EVENT_DETAIL},
        {"not born yet", "record", {.birth = {2026, 1, 1}}, JM_EVENT_DETAIL},
        {"no such day", "record", {.birth = {1990, 2, 30}}, JM_EVENT_DETAIL},
        {"death takes no address",
         "death",
         {.address = {(const uint8_t *)"x", 1}},
         JM_EVENT_DETAIL},
        {"a loss takes no name",
         "plastic-lost",
         {.surname = {(const uint8_t *)"x", 1}},
         JM_EVENT_DETAIL},
        {"replacement needs an authority", "plastic-replaced", {.sex = 0}, JM_EVENT_DETAIL},
        {"no such kind of plastic",
         "plastic-replaced",
         {.authority = {(const uint8_t *)"x", 1}, .plastic_kind = {(const uint8_t *)"gold", 4}},
         JM_EVENT_DETAIL},
        {"no such reason",
         "plastic-replaced",
         {.authority = {(const uint8_t *)"x", 1}, .reason = {(const uint8_t *)"whim", 4}},
         JM_EVENT_DETAIL},
        {"no such kind", "marriage", {.sex = 0}, JM_EVENT_KIND},
    };
    struct jm_person p, nobody;
    struct jm_life_event ev;

    begin();
    (void)citizen(&p);
    for (size_t i = 0; i < JM_ARRAY_LEN(rows); i++) {
        struct jm_life_event e = event(rows[i].kind, &p, -1), m = rows[i].more;

        m.kind = e.kind;
        m.source = e.source;
        m.id = e.id;
        m.person = e.person;
        m.at = e.at;
        ROW(CHECK(take(&m) != JM_OK) && CHECK_EQ(diag.code, rows[i].code), rows[i].name);
    }
    ev = full("death", &p, 1);
    CHECK_ST(take(&ev), JM_E_RANGE);
    CHECK_EQ(diag.code, JM_EVENT_FUTURE);
    ev = full("death", &p, 0);
    ev.at += 60;
    ev.id = jm_none();
    CHECK_ST(take(&ev), JM_E_MALFORMED);
    CHECK_EQ(diag.code, JM_EVENT_DETAIL);
    nobody = p;
    nobody.id.octets[0] ^= 1;
    CHECK_ST(happen("death", &nobody, 0), JM_E_ABSENT);
    CHECK_EQ(diag.code, JM_EVENT_PERSON_UNKNOWN);
    ev = full("plastic-replaced", &p, 0);
    ev.serial = p.plastic.serial;
    CHECK_ST(take(&ev), JM_E_CONFLICT);
    CHECK_EQ(diag.code, JM_EVENT_PLASTIC);
    ev = full("plastic-replaced", &p, 0);
    ev.at = at("2024-12-26T10:00:00+09:00");
    ev.plastic_kind = JM_BYTES("ic");
    CHECK_ST(take(&ev), JM_E_ABSENT);
    CHECK_EQ(diag.code, JM_FEE_NO_RULE);
    /* nothing of all that is stored */
    CHECK_EQ(office_number("SELECT count(*) FROM life_event", JM_NO_ARGS), 0);
    CHECK_EQ(now_of(&p).plastic.state, JM_PLASTIC_VALID);
    office_end();
}
