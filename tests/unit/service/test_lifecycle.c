/* SPDX-License-Identifier: Apache-2.0 */
/* D-170 to D-186: holds, terminal states, and the invariants of D-180 over random sequences of
 * events. */
#include "unit/service/office.h"

#include "service/events/events.h"

static const struct jm_actor desk = {{(const uint8_t *)"kim", 3}, {(const uint8_t *)"desk", 4}};

struct job {
    struct jm_id card, person;
    enum jm_hold_kind hold;
    unsigned kinds;
    const char *reason, *due;
    struct jm_bytes evidence;
    bool close_device, active;
    enum jm_status (*what)(struct jm_tx *tx, struct job *j, const struct jm_card *c,
                           const struct jm_change *why);
};

static enum jm_status job_tx(struct jm_tx *tx, void *arg)
{
    struct job *j = arg;
    struct jm_change why = {&desk, j->reason == NULL ? "TEST" : j->reason, j->evidence};
    struct jm_card c;

    JM_TRY(jm_card_in(tx, &j->card, &c, &O->mem));
    return j->what(tx, j, &c, &why);
}

static enum jm_status do_hold(struct jm_tx *tx, struct job *j, const struct jm_card *c,
                              const struct jm_change *why)
{
    return jm_card_hold_in(tx, c, j->hold, why);
}

static enum jm_status do_release(struct jm_tx *tx, struct job *j, const struct jm_card *c,
                                 const struct jm_change *why)
{
    return jm_card_release_in(tx, c, j->kinds, why, &j->active);
}

static enum jm_status do_revoke(struct jm_tx *tx, struct job *j, const struct jm_card *c,
                                const struct jm_change *why)
{
    return jm_card_revoke_in(tx, c, j->close_device, why);
}

static enum jm_status do_due(struct jm_tx *tx, struct job *j, const struct jm_card *c,
                             const struct jm_change *why)
{
    return jm_card_due_in(tx, c, j->due, why);
}

static enum jm_status do_refresh(struct jm_tx *tx, struct job *j, const struct jm_card *c,
                                 const struct jm_change *why)
{
    (void)j, (void)why;
    return jm_card_refreshed_in(tx, &c->id);
}

static enum jm_status run(struct job *j)
{
    return jm_tx_run(&O->is.base.env, job_tx, j);
}

static enum jm_status hold(const struct jm_id *card, enum jm_hold_kind kind)
{
    struct job j = {.card = *card, .hold = kind, .what = do_hold};

    return run(&j);
}

static bool active_again;

static enum jm_status release(const struct jm_id *card, unsigned kinds, const char *evidence)
{
    struct job j = {.card = *card,
                    .kinds = kinds,
                    .evidence = jm_str(evidence),
                    .what = do_release};
    enum jm_status st = run(&j);

    active_again = j.active;
    return st;
}

static enum jm_status revoke_card(const struct jm_id *card, bool close_device)
{
    struct job j = {.card = *card,
                    .close_device = close_device,
                    .reason = "SUPERSEDED",
                    .what = do_revoke};

    return run(&j);
}

static struct jm_id begin(struct jm_person *p)
{
    office_begin("2025-05-01T12:00:00+09:00");
    MUST(jm_fees_load(&O->is.fees, read_file("data/fees.json"), &O->mem, NULL));
    *p = office_citizen();
    office_add(p);
    return office_issue(p);
}

TEST(closing_one_hold_never_closes_another)
{
    struct jm_person p;
    struct jm_id card = begin(&p);

    CHECK_EQ(office_valid_copies(&card), 4);
    CHECK_OK(hold(&card, JM_HOLD_LOST_PHONE));
    CHECK_EQ(office_card_state(&card), JM_CARD_SUSPENDED);
    CHECK_EQ(office_valid_copies(&card), 0);
    CHECK_OK(hold(&card, JM_HOLD_FRAUD));
    CHECK_OK(hold(&card, JM_HOLD_FRAUD)); /* again: no second one */
    CHECK_EQ(office_number("SELECT count(*) FROM hold WHERE closed IS NULL", JM_NO_ARGS), 2);
    CHECK_EQ(office_number("SELECT count(*) FROM card_event WHERE event = 'CARD_SUSPENDED'",
                           JM_NO_ARGS),
             2);
    CHECK_ST(release(&card, 1u << JM_HOLD_LOST_PHONE, ""), JM_E_MISSING); /* D-180 (11) */
    CHECK_ST(release(&card, 1u << JM_HOLD_LEGAL, "R3"), JM_E_DENIED);
    CHECK_OK(release(&card, 1u << JM_HOLD_LOST_PHONE, "R3"));
    CHECK(!active_again);
    CHECK_EQ(office_card_state(&card), JM_CARD_SUSPENDED);
    CHECK_OK(release(&card, 1u << JM_HOLD_FRAUD, "operator"));
    CHECK(active_again);
    CHECK_EQ(office_card_state(&card), JM_CARD_ACTIVE);
    CHECK_EQ(office_valid_copies(&card), 0); /* D-175: for good */
    CHECK_STR(office_text("SELECT refresh_due FROM card", JM_NO_ARGS), "RESUMED");
    CHECK_ST(release(&card, 1u << JM_HOLD_FRAUD, "again"), JM_E_CONFLICT);
    office_end();
}

TEST(terminal_states_never_change)
{
    struct jm_person p;
    struct jm_id card = begin(&p);
    int64_t events;

    CHECK_OK(hold(&card, JM_HOLD_LOST_PHONE));
    CHECK_OK(revoke_card(&card, false)); /* from SUSPENDED, too */
    CHECK_EQ(office_number("SELECT count(*) FROM device WHERE state = 1", JM_NO_ARGS), 1);
    events = office_number("SELECT count(*) FROM card_event", JM_NO_ARGS);
    CHECK_ST(revoke_card(&card, true), JM_E_CONFLICT);
    CHECK_ST(hold(&card, JM_HOLD_FRAUD), JM_E_CONFLICT);
    CHECK_ST(release(&card, 1u << JM_HOLD_LOST_PHONE, "R3"), JM_E_CONFLICT);
    struct job due = {.card = card, .due = "ADDRESS", .what = do_due};
    CHECK_ST(run(&due), JM_E_CONFLICT);
    CHECK_EQ(office_card_state(&card), JM_CARD_REVOKED);
    CHECK_EQ(office_number("SELECT count(*) FROM card_event", JM_NO_ARGS), events);
    CHECK_EQ(office_number("SELECT count(*) FROM device WHERE state = 1", JM_NO_ARGS), 1);
    office_end();
}

TEST(expired_is_computed_and_terminal)
{
    static const struct {
        enum jm_card_state stored;
        int64_t now;
        enum jm_card_state is;
    } rows[] = {{JM_CARD_ACTIVE, 99, JM_CARD_ACTIVE},
                {JM_CARD_ACTIVE, 100, JM_CARD_EXPIRED},
                {JM_CARD_SUSPENDED, 99, JM_CARD_SUSPENDED},
                {JM_CARD_SUSPENDED, 100, JM_CARD_EXPIRED},
                {JM_CARD_REVOKED, 99, JM_CARD_REVOKED},
                {JM_CARD_REVOKED, 100, JM_CARD_REVOKED},
                {JM_CARD_PENDING, 99, JM_CARD_PENDING},
                {JM_CARD_PENDING, 100, JM_CARD_EXPIRED}};
    struct jm_person p;
    struct jm_id card = begin(&p);

    for (size_t i = 0; i < JM_ARRAY_LEN(rows); i++) {
        struct jm_card c = {.state = rows[i].stored, .expires = 100};

        CHECK_EQ(jm_card_state_at(&c, rows[i].now), rows[i].is);
    }
    CHECK_OK(hold(&card, JM_HOLD_SELF_LOCK));
    O->now += 4 * 365 * (int64_t)JM_DAY_S;
    CHECK_ST(hold(&card, JM_HOLD_FRAUD), JM_E_CONFLICT);
    CHECK_ST(release(&card, 1u << JM_HOLD_SELF_LOCK, "R1"), JM_E_CONFLICT);
    CHECK_STR(jm_str(jm_card_state_name(JM_CARD_EXPIRED)), "EXPIRED");
    CHECK_STR(jm_str(jm_card_state_name((enum jm_card_state)77)), "NONE");
    office_end();
}

TEST(one_live_card_and_one_open_device)
{
    struct jm_person p;
    struct jm_id card = begin(&p);
    struct office_card x = {.c = {.person = p.id,
                                  .type = JM_BYTES("resident"),
                                  .serial = p.plastic.serial,
                                  .number = JM_BYTES("N-2"),
                                  .issued = O->now,
                                  .expires = O->now + 1,
                                  .state = JM_CARD_PENDING},
                            .d = {.person = p.id, .level = 1}};

    x.c.id.octets[0] = x.d.id.octets[0] = 7;
    CHECK_ST(jm_tx_run(&O->is.base.env, office_card_tx, &x), JM_E_CONFLICT);
    CHECK_EQ(office_number("SELECT count(*) FROM card", JM_NO_ARGS), 1);
    CHECK_EQ(office_number("SELECT count(*) FROM device", JM_NO_ARGS), 1);
    CHECK_OK(revoke_card(&card, false)); /* the device is still open */
    CHECK_ST(jm_tx_run(&O->is.base.env, office_card_tx, &x), JM_E_CONFLICT);
    office_end();
}

/* -- D-180 as a property -- */

#define PEOPLE 3
#define STEPS 220

static uint32_t dice;

static uint32_t roll(uint32_t sides)
{
    dice = dice * 1664525u + 1013904223u;
    return (dice >> 8) % sides;
}

static void none(const char *what, const char *sql)
{
    int64_t n = office_number(sql, JM_NO_ARGS);

    ROW(CHECK_EQ(n, 0), what);
}

static void invariants(void)
{
    none("(1) one live card", "SELECT count(*) FROM (SELECT person FROM card WHERE state IN (1, 2, "
                              "3) GROUP BY person, type HAVING count(*) > 1)");
    none("(1) one open device", "SELECT count(*) FROM (SELECT person FROM device WHERE state = 1 "
                                "GROUP BY person HAVING count(*) > 1)");
    none("(2) VALID plastic", "SELECT count(*) FROM card c WHERE c.state IN (1, 2, 3) AND NOT "
                              "EXISTS (SELECT 1 FROM physical_card f WHERE f.person = "
                              "c.person AND f.serial = c.serial AND f.state = 3)");
    none("(3) bits", "SELECT count(*) FROM copy k JOIN card c ON c.id = k.card JOIN status_index s "
                     "ON s.shard = k.shard AND s.idx = k.idx "
                     "WHERE c.state <> 2 AND s.invalid = 0");
    none("(5) indices", "SELECT count(*) - count(DISTINCT shard * 10000000 + idx) FROM copy");
    none("(5) burnt first", "SELECT count(*) FROM copy k LEFT JOIN status_index s ON s.shard = "
                            "k.shard AND s.idx = k.idx WHERE s.idx IS NULL");
    none("(7) the dead",
         "SELECT count(*) FROM person p WHERE p.state = 2 AND (EXISTS (SELECT 1 FROM card c WHERE "
         "c.person = p.id AND c.state IN (1, 2, 3)) "
         "OR EXISTS (SELECT 1 FROM device d WHERE d.person = p.id AND d.state = 1))");
    none("(8) audit",
         "SELECT count(*) FROM card_event e LEFT JOIN audit a ON a.n = e.audit JOIN card c ON c.id "
         "= e.card "
         "WHERE a.n IS NULL OR a.act <> e.event OR a.actor <> e.actor OR a.subject <> c.person");
    none("(8) one each", "SELECT count(*) - count(DISTINCT audit) FROM card_event");
    none("(11) evidence", "SELECT count(*) FROM hold WHERE closed IS NOT NULL AND (evidence IS "
                          "NULL OR evidence = '')");
    none("SUSPENDED is a set of holds",
         "SELECT count(*) FROM card c WHERE (c.state = 3) <> EXISTS (SELECT 1 FROM hold h WHERE "
         "h.card = c.id AND h.closed IS NULL) AND c.state IN (2, 3)");
}

struct lists {
    uint8_t *raw;
    uint32_t shard;
};

static enum jm_status raw_tx(struct jm_tx *tx, void *arg)
{
    const struct lists *l = arg;

    return jm_status_raw_in(tx, l->shard, l->raw);
}

static int64_t bits(const uint8_t *raw)
{
    int64_t n = 0;

    for (size_t i = 0; i < JM_LIST_RAW_LEN; i++)
        for (unsigned b = raw[i]; b != 0; b >>= 1)
            n += b & 1;
    return n;
}

/* One event of any kind to somebody; the card's state before and after must be a row of D-175. */
static void step(struct jm_person *people)
{
    static const char *const life[] = {"move",          "unknown-residence", "plastic-lost",
                                       "plastic-found", "plastic-replaced",  "plastic-issued",
                                       "death"};
    static const struct jm_actor who = {{(const uint8_t *)"office", 6},
                                        {(const uint8_t *)"local", 5}};
    struct jm_person *p = &people[roll(PEOPLE)];
    struct jm_bytes id =
        office_text("SELECT hex(id) FROM card WHERE person = $1 ORDER BY rowid DESC",
                    JM_ARGS(JM_ID(&p->id)));
    struct jm_bytes octets;
    struct jm_id card = {{0}};
    uint32_t what = roll(20);

    if (what < 8) { /* a life event; death is rare */
        struct jm_life_event ev = {.kind = jm_life_kind_of(
                                       jm_str(life[what == 7 && roll(60) == 0 ? 6 : what % 6])),
                                   .source = JM_BYTES("x"),
                                   .person = p->id,
                                   .at = O->now - (int64_t)roll(3)};
        char *name = (char *)test_malloc(16);
        struct jm_life_result out;

        snprintf(name, 16, "%u", O->counter++);
        ev.id = jm_str(name);
        if (ev.kind == JM_LIFE_MOVE) {
            ev.region = roll(2) == 0 ? JM_BYTES("1111010100") : JM_BYTES("2611010100");
            ev.address = ev.region;
        } else if (ev.kind == JM_LIFE_PLASTIC_REPLACED || ev.kind == JM_LIFE_PLASTIC_ISSUED) {
            ev.authority = JM_BYTES("x");
        }
        (void)!jm_life_event_take(&O->is, &out, &ev, &who, &O->mem, NULL);
        return;
    }
    if (id.len != 0) {
        MUST(jm_hex_decode(&octets, &O->mem, id));
        memcpy(card.octets, octets.ptr, sizeof card.octets);
    }
    if (what < 11 && id.len != 0)
        (void)!hold(&card, (enum jm_hold_kind)(1 + roll(7)));
    else if (what < 15 && id.len != 0)
        (void)!release(&card, roll(256), roll(4) == 0 ? "" : "R3");
    else if (what == 15 && id.len != 0)
        (void)!revoke_card(&card, true);
    else if (what < 18 && id.len != 0) {
        struct job j = {.card = card, .what = do_refresh};

        MUST(run(&j));
    } else {
        struct jm_person now;

        /* A new phone at a desk: the old card is superseded, its device closed, by the rules of
         * eligibility. */
        MUST(jm_person_get(&O->is.base.env, &p->id, &now, &O->mem));
        if (now.state != JM_PERSON_ALIVE || now.kind != JM_PERSON_RESIDENT ||
            now.plastic.state != JM_PLASTIC_VALID)
            return;
        if (id.len != 0)
            (void)!revoke_card(&card, true);
        office_run("UPDATE device SET state = 2 WHERE person = $1", JM_ARGS(JM_ID(&p->id)));
        (void)office_issue(&now);
    }
}

TEST(invariants_hold_over_random_events)
{
    for (uint32_t seed = 1; seed <= 6; seed++) {
        struct jm_person people[PEOPLE];
        uint8_t *raw = test_malloc(JM_LIST_RAW_LEN), *again = test_malloc(JM_LIST_RAW_LEN);
        struct lists l = {raw, 0};
        int64_t set = 0, revoked = 0;

        dice = seed;
        (void)begin(&people[0]);
        for (size_t i = 1; i < PEOPLE; i++) {
            people[i] = office_citizen();
            office_add(&people[i]);
        }
        O->now = at("2025-06-01T12:00:00+09:00");
        for (int i = 0; i < STEPS; i++) {
            O->now += 60 * (int64_t)roll(60);
            step(people);
            invariants();
            int64_t n = office_number("SELECT count(*) FROM card WHERE state = 4", JM_NO_ARGS);
            CHECK(n >= revoked); /* (4) */
            revoked = n;
            n = office_number("SELECT count(*) FROM status_index WHERE invalid = 1", JM_NO_ARGS);
            CHECK(n >= set); /* bits are only ever set */
            set = n;
        }
        CHECK_OK(test_read(&O->is.base.env, raw_tx, &l));
        l.raw = again;
        CHECK_OK(test_read(&O->is.base.env, raw_tx, &l));
        CHECK(memcmp(raw, again, JM_LIST_RAW_LEN) == 0); /* (12) */
        CHECK_EQ(bits(raw),
                 office_number("SELECT count(*) FROM status_index WHERE invalid = 1 AND shard = 0",
                               JM_NO_ARGS));
        CHECK(revoked > 3 && set > 20); /* something happened */
        office_end();
    }
}

static int64_t told(const struct jm_person *p, const char *kind)
{
    return office_number("SELECT count(*) FROM notice WHERE person = $1 AND kind = $2",
                         JM_ARGS(JM_ID(&p->id), JM_T(jm_str(kind))));
}

static enum jm_status warn_tx(struct jm_tx *tx, void *arg)
{
    return jm_cards_warn_in(tx, arg, &O->mem);
}

static size_t warned(void)
{
    size_t n;

    MUST(jm_tx_run(&O->is.base.env, warn_tx, &n));
    return n;
}

/* Once of each, on each channel; never of what has ended; the nearest, where several are due. */
TEST(D_250_holders_are_told_in_time)
{
    static const struct {
        int64_t left; /* s */
        const char *kind;
    } rows[] = {{90 * JM_DAY_S + 1, NULL},
                {90 * JM_DAY_S, "CARD_ENDS_90"},
                {60 * JM_DAY_S, NULL},
                {30 * JM_DAY_S, "CARD_ENDS_30"},
                {7 * JM_DAY_S + 1, NULL},
                {7 * JM_DAY_S, "CARD_ENDS_7"},
                {JM_DAY_S, "CARD_ENDS_1"},
                {1, NULL},
                {0, NULL},
                {-JM_DAY_S, NULL}};
    struct jm_person p = office_citizen(), late = p, gone = p;
    struct jm_id card;
    int64_t ends;

    office_begin("2025-05-01T10:00:00+09:00");
    office_add(&p);
    card = office_issue(&p);
    ends = office_number("SELECT expires FROM card WHERE id = $1", JM_ARGS(JM_ID(&card)));
    for (size_t i = 0; i < JM_ARRAY_LEN(rows); i++) {
        O->now = ends - rows[i].left;
        CHECK_EQ(warned(), rows[i].kind != NULL ? 1 : 0);
        CHECK_EQ(warned(), 0);
        if (rows[i].kind != NULL)
            CHECK_EQ(told(&p, rows[i].kind), 2); /* the phone, and the address */
    }
    CHECK_EQ(office_number("SELECT count(*) FROM notice WHERE person = $1 AND kind LIKE "
                           "'CARD_ENDS%' AND channel = 'post'",
                           JM_ARGS(JM_ID(&p.id))),
             4);
    O->now = at("2025-05-01T10:00:00+09:00");
    office_add(&late);
    office_add(&gone);
    card = office_issue(&late);
    office_run("UPDATE card SET device = NULL WHERE id = $1", JM_ARGS(JM_ID(&card)));
    card = office_issue(&gone);
    office_run("UPDATE card SET state = 4 WHERE id = $1", JM_ARGS(JM_ID(&card)));
    O->now = ends - 5 * JM_DAY_S;
    (void)warned();
    CHECK_EQ(told(&late, "CARD_ENDS_7"), 1); /* no phone has it */
    CHECK_EQ(told(&late, "CARD_ENDS_30") + told(&late, "CARD_ENDS_90"), 0);
    CHECK_EQ(told(&gone, "CARD_ENDS_7"), 0);
    office_end();
}
