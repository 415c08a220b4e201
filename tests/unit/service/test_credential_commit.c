/* SPDX-License-Identifier: Apache-2.0 */
/* What happens between signing and committing: a register that changed meanwhile, a refresh after a
 * move, a nonce used twice. */
#include "unit/service/office.h"

#include "service/events/events.h"
#include "service/issuance/credential.c"

static struct jm_diag d;
static struct issue *x;

/* A refresh of that card, its facts read and its copies "signed". */
static enum jm_status read_now(struct issue *of)
{
    enum jm_status st;

    JM_READ(st, tx, &O->is.base.env, read_facts(tx, of));
    return st;
}

static void refresh(const struct jm_id *card, const char *nonce)
{
    struct jm_grant *grant = (struct jm_grant *)(void *)test_malloc(sizeof *grant);

    memset(grant, 0, sizeof *grant);
    grant->card = *card;
    grant->has_card = true;
    grant->client = JM_BYTES("wallet");
    struct jm_bytes
        device = office_text(
            "SELECT hex(d.jkt) FROM device d JOIN card c ON c.device = d.id WHERE c.id = $1",
            JM_ARGS(JM_ID(card))),
        octets;
    MUST(jm_hex_decode(&octets, &O->mem, device));
    memcpy(grant->instance, octets.ptr, 32);
    d = (struct jm_diag){.code = JM_CODE_NONE};
    x = (struct issue *)(void *)test_malloc(sizeof *x);
    *x = (struct issue){.is = &O->is,
                        .profile = O->is.types.profile,
                        .grant = grant,
                        .mem = &O->mem,
                        .d = &d,
                        .fmt = JM_FMT_MDOC,
                        .now = O->now};
    x->proofs.nonce = jm_str(nonce);
    x->proofs.n = 1;
    memset(grant->jkt, 0xD0, 32);
    x->index = (struct jm_index *)(void *)test_malloc(sizeof *x->index);
    x->copy = (struct jm_copy_row *)(void *)test_malloc(sizeof *x->copy);
    MUST(jm_status_take(&O->is.pool, &O->is.base.env, x->index, 1));
    *x->copy = (struct jm_copy_row){.fmt = JM_FMT_MDOC,
                                    .at = x->index[0],
                                    .issued = O->now,
                                    .until = O->now + JM_DAY_S};
    MUST(jm_env_random(&O->is.base.env, x->copy->jkt, 32));
    MUST(read_now(x));
    x->version = x->person.version;
}

static enum jm_status finish(void)
{
    return jm_tx_run(&O->is.base.env, commit_batch, x);
}

static void move_to(const struct jm_person *p, const char *address)
{
    static const struct jm_actor who = {{(const uint8_t *)"office", 6},
                                        {(const uint8_t *)"local", 5}};
    const struct jm_life_event ev = {.kind = JM_LIFE_MOVE,
                                     .source = JM_BYTES("x"),
                                     .id = jm_str(address),
                                     .person = p->id,
                                     .at = O->now,
                                     .region = JM_BYTES("1111010100"),
                                     .address = jm_str(address)};
    struct jm_life_result out;

    MUST(jm_life_event_take(&O->is, &out, &ev, &who, &O->mem, NULL));
    CHECK_EQ(out.outcome, JM_LIFE_APPLIED);
}

static struct jm_id begin(struct jm_person *p)
{
    office_begin("2025-05-01T12:00:00+09:00");
    *p = office_citizen();
    office_add(p);
    return office_issue(p);
}

TEST(a_register_that_changed_while_signing_is_not_committed)
{
    struct jm_person p;
    struct jm_id card = begin(&p);

    refresh(&card, "n1");
    move_to(&p, "somewhere else");
    CHECK_ST(finish(), JM_E_UNAVAILABLE);
    CHECK_EQ(d.code, JM_VCI_DATA_CHANGED);
    /* nothing of it is stored, not even the nonce */
    CHECK_EQ(office_number("SELECT count(*) FROM copy", JM_NO_ARGS), 4);
    CHECK_EQ(office_number("SELECT count(*) FROM spent", JM_NO_ARGS), 0);
    CHECK_EQ(office_valid_copies(&card), 4);
    refresh(&card, "n1"); /* again, with what is true now */
    CHECK_OK(finish());
    CHECK_EQ(office_number("SELECT count(*) FROM copy", JM_NO_ARGS), 5);
    CHECK_EQ(office_valid_copies(&card), 1); /* the old ones died at this refresh: D-152 */
    CHECK(office_text("SELECT refresh_due FROM card", JM_NO_ARGS).len == 0);
    refresh(&card, "n2"); /* the other format: the first one's copy stays */
    CHECK_OK(finish());
    CHECK_EQ(office_valid_copies(&card), 2);
    office_end();
}

TEST(a_nonce_is_spent_once)
{
    struct jm_person p;
    struct jm_id card = begin(&p);

    refresh(&card, "n1");
    CHECK_OK(finish());
    refresh(&card, "n1");
    CHECK_ST(finish(), JM_E_DENIED);
    CHECK_EQ(d.code, JM_VCI_NONCE);
    CHECK_EQ(office_valid_copies(&card), 5);
    office_end();
}

TEST(a_card_that_ended_while_signing_gets_no_copy)
{
    static const char *const ends[] = {"UPDATE card SET state = 4", "UPDATE card SET state = 3",
                                       "UPDATE card SET expires = 0"};

    for (size_t i = 0; i < JM_ARRAY_LEN(ends); i++) {
        struct jm_person p;
        struct jm_id card = begin(&p);

        refresh(&card, "n1");
        office_run(ends[i], JM_NO_ARGS);
        ROW(CHECK_ST(finish(), JM_E_DENIED) && CHECK_EQ(d.code, JM_VCI_CARD_NOT_ACTIVE), ends[i]);
        CHECK_EQ(office_number("SELECT count(*) FROM copy", JM_NO_ARGS), 4);
        office_end();
    }
    struct jm_person p;
    struct jm_id card = begin(&p);
    refresh(&card, "n1");
    /* another phone's by now */
    office_run("UPDATE device SET jkt = $1", JM_ARGS(JM_B(jm_bytes((const uint8_t[32]){1}, 32))));
    CHECK_ST(finish(), JM_E_DENIED);
    CHECK_EQ(d.code, JM_VCI_DEVICE_CLOSED);
    office_end();
    card = begin(&p);
    refresh(&card, "n1");
    office_run("UPDATE device SET state = 2", JM_NO_ARGS);
    CHECK_ST(finish(), JM_E_DENIED);
    CHECK_EQ(d.code, JM_VCI_DEVICE_CLOSED);
    office_end();
}

/* D-252: whatever no event has told. */
TEST(a_refresh_asks_again_who_may_hold_a_card)
{
    static const struct {
        const char *sql, *detail; /* null: the card goes on */
    } rows[] = {
        {"UPDATE person SET state = 2", "JM_ELIG_DECEASED"},
        {"UPDATE person SET state = 3", "JM_ELIG_NOT_REGISTERED"},
        {"UPDATE person SET kind = 2", "JM_ELIG_NOT_REGISTERED"},
        {"UPDATE person SET kind = 3", NULL}, /* residence unknown: D-159 */
        {"UPDATE physical_card SET state = 4", "JM_ELIG_CARD_LOST"},
        {"UPDATE physical_card SET state = 5", "JM_ELIG_CARD_NOT_CURRENT"},
        {"DELETE FROM physical_card", "JM_ELIG_NO_CARD"},
        {"UPDATE address SET region10 = '9999999999'", NULL}, /* no calendar ends a card */
    };

    for (size_t i = 0; i < JM_ARRAY_LEN(rows); i++) {
        struct jm_person p;
        struct jm_id card = begin(&p);

        refresh(&card, "n1");
        office_run(rows[i].sql, JM_NO_ARGS);
        ROW(CHECK_ST(finish(), rows[i].detail == NULL ? JM_OK : JM_E_DENIED), rows[i].sql);
        ROW(CHECK_EQ(d.code, rows[i].detail == NULL ? JM_CODE_NONE : JM_VCI_CARD_NOT_ACTIVE),
            rows[i].sql);
        if (rows[i].detail != NULL)
            ROW(CHECK_STR(d.detail, rows[i].detail), rows[i].sql);
        CHECK_EQ(office_number("SELECT count(*) FROM copy", JM_NO_ARGS),
                 rows[i].detail == NULL ? 5 : 4);
        office_end();
    }
}

/* A new row would have no hold: D-177. */
TEST(no_hold_of_fraud_or_law_is_shed_by_deleting_the_card)
{
    for (int kind = JM_HOLD_SELF_LOCK; kind <= JM_HOLD_LOST_PLASTIC; kind++) {
        bool stays = kind == JM_HOLD_FRAUD || kind == JM_HOLD_LEGAL;
        struct jm_person p;
        struct jm_id card = begin(&p);
        struct jm_grant grant = {.card = card, .has_card = true, .client = JM_BYTES("wallet")};

        office_run("UPDATE card SET state = 3", JM_NO_ARGS);
        office_run(
            "INSERT INTO hold (card, kind, channel, actor, opened) VALUES ($1, $2, 'x', 'x', 1)",
            JM_ARGS(JM_ID(&card), JM_I(kind)));
        d = (struct jm_diag){.code = JM_CODE_NONE};
        CHECK_ST(jm_card_delete(&O->is, &grant, &O->mem, &d), stays ? JM_E_DENIED : JM_OK);
        CHECK_EQ(d.code, stays ? JM_VCI_CARD_NOT_ACTIVE : JM_CODE_NONE);
        CHECK_EQ(office_card_state(&card), stays ? JM_CARD_SUSPENDED : JM_CARD_REVOKED);
        office_end();
    }
}

static enum jm_status find_by_loss(struct jm_tx *tx, void *arg)
{
    struct jm_card card;

    return jm_card_by_loss_code(tx, *(struct jm_bytes *)arg, &card, &O->mem);
}

/* Whoever holds the phone can ask for codes as often as he likes: the holder's paper stays good. */
TEST(a_further_loss_code_takes_none_away)
{
    struct jm_person p;
    struct jm_id card = begin(&p);
    uint8_t first[32], mac[32] = {9};
    struct jm_bytes asked = jm_bytes(first, 32);
    char nonce[8];

    memcpy(first, card.octets, 16);
    memcpy(first + 16, card.octets, 16);
    CHECK_OK(test_read(&O->is.base.env, find_by_loss, &asked));
    for (uint8_t i = 1; i <= 12; i++) {
        snprintf(nonce, sizeof nonce, "n%d", i);
        refresh(&card, nonce);
        x->new_loss_code = true;
        memset(x->loss_mac, i, 32);
        CHECK_OK(finish());
    }
    CHECK_OK(test_read(&O->is.base.env, find_by_loss, &asked));
    asked = jm_bytes(mac, 32);
    for (uint8_t i = 1; i <= 12; i++) { /* and they do not pile up */
        memset(mac, i, 32);
        CHECK_ST(test_read(&O->is.base.env, find_by_loss, &asked),
                 i > 12 - JM_LOSS_CODES_MORE ? JM_OK : JM_E_ABSENT);
    }
    CHECK_EQ(
        office_number("SELECT count(*) FROM notice WHERE person = $1 AND kind = 'LOSS_CODE_ADDED'",
                      JM_ARGS(JM_ID(&p.id))),
        12);
    office_end();
}

/* -- the first batch of a case: a device takes over -- */

static struct jm_id case_of(const struct jm_person *p, uint8_t instance)
{
    struct jm_desk_open_req in = {.person = p->id,
                                  .route = JM_BYTES("qr"),
                                  .issue_date = p->plastic.issued_on,
                                  .authority = p->plastic.authority};
    struct jm_staff kim = {.name = JM_BYTES("kim"),
                           .centre = JM_BYTES(OFFICE_CENTRE),
                           .role = JM_ROLE_CLERK,
                           .state = 1};
    struct jm_desk_open_res out;
    struct jm_eligibility e;
    uint8_t jkt[32];

    if (O->is.fees.n == 0)
        MUST(jm_fees_load(&O->is.fees, read_file("data/fees.json"), &O->mem, NULL));
    MUST(jm_desk_open(DESK(&kim, NULL), &out, &in, &e));
    memset(jkt, instance, sizeof jkt);
    office_run("UPDATE desk_case SET state = 3, jkt = $1, case_by = scan_by + 600 WHERE id = $2",
               JM_ARGS(JM_B(jm_bytes(jkt, 32)), JM_ID(&out.c.id)));
    office_run("INSERT INTO token (hash, kind, desk_case, instance, jkt, client, created, expires) "
               "VALUES ($1, 2, $2, $3, $4, 'w', 0, 9999999999)",
               JM_ARGS(JM_B(jm_bytes(out.c.id.octets, 16)), JM_ID(&out.c.id),
                       JM_B(jm_bytes(jkt, 32)), JM_B(jm_bytes(jkt, 32))));
    return out.c.id;
}

/* Facts read, a card drawn up, copies "signed": what is left is the commit. */
static struct issue *first_batch(const struct jm_id *desk_case, uint8_t instance, const char *nonce)
{
    struct jm_grant *grant = (struct jm_grant *)(void *)test_malloc(sizeof *grant);
    struct issue *y = (struct issue *)(void *)test_malloc(sizeof *y);

    memset(grant, 0, sizeof *grant);
    grant->desk_case = *desk_case;
    grant->has_case = true;
    grant->client = JM_BYTES("wallet");
    memset(grant->instance, instance, 32);
    *y = (struct issue){.is = &O->is,
                        .profile = O->is.types.profile,
                        .grant = grant,
                        .mem = &O->mem,
                        .d = &d,
                        .fmt = JM_FMT_MDOC,
                        .now = O->now};
    y->proofs.nonce = jm_str(nonce);
    y->proofs.n = 1;
    y->proofs.key_level = 1;
    d = (struct jm_diag){.code = JM_CODE_NONE};
    memset(grant->jkt, 0xD0, 32);
    y->index = (struct jm_index *)(void *)test_malloc(sizeof *y->index);
    y->copy = (struct jm_copy_row *)(void *)test_malloc(sizeof *y->copy);
    MUST(jm_status_take(&O->is.pool, &O->is.base.env, y->index, 1));
    *y->copy = (struct jm_copy_row){.fmt = JM_FMT_MDOC,
                                    .at = y->index[0],
                                    .issued = O->now,
                                    .until = O->now + JM_DAY_S};
    MUST(jm_env_random(&O->is.base.env, y->copy->jkt, 32));
    MUST(read_now(y));
    y->version = y->person.version;
    MUST(new_card(y));
    memset(y->loss_mac, instance, 32);
    return y;
}

/* D-240, D-177: old card and device end with the commit that makes the new ones, or nothing
 * changes. */
TEST(a_new_device_takes_over_but_sheds_no_fraud)
{
    for (int kind = 0; kind <= JM_HOLD_LOST_PLASTIC; kind++) {
        bool stays = kind == JM_HOLD_FRAUD || kind == JM_HOLD_LEGAL;
        struct jm_person p;
        struct jm_id old = begin(&p), desk_case = case_of(&p, 7);

        if (kind != 0) {
            office_run("UPDATE card SET state = 3", JM_NO_ARGS);
            office_run("INSERT INTO hold (card, kind, channel, actor, opened) VALUES ($1, $2, 'x', "
                       "'x', 1)",
                       JM_ARGS(JM_ID(&old), JM_I(kind)));
        }
        x = first_batch(&desk_case, 7, "n1");
        CHECK_ST(finish(), stays ? JM_E_DENIED : JM_OK);
        CHECK_EQ(d.code, stays ? JM_VCI_CARD_NOT_ACTIVE : JM_CODE_NONE);
        CHECK_EQ(office_card_state(&old), stays ? JM_CARD_SUSPENDED : JM_CARD_REVOKED);
        CHECK_EQ(office_number("SELECT count(*) FROM card WHERE state = 2", JM_NO_ARGS),
                 stays ? 0 : 1);
        /* one phone, the old or the new: D-030 */
        CHECK_EQ(office_number("SELECT count(*) FROM device WHERE state = 1", JM_NO_ARGS), 1);
        CHECK_EQ(office_number("SELECT count(*) FROM device WHERE state = 1 AND jkt = $1",
                               JM_ARGS(JM_B(jm_bytes(x->grant->instance, 32)))),
                 stays ? 0 : 1);
        CHECK_EQ(office_number("SELECT state FROM desk_case WHERE id = $1",
                               JM_ARGS(JM_ID(&desk_case))),
                 stays ? JM_CASE_CODE_OK : JM_CASE_ISSUED);
        /* tokens are the card's from now on */
        CHECK_EQ(office_number("SELECT count(*) FROM token WHERE card IS NOT NULL", JM_NO_ARGS),
                 stays ? 0 : 1);
        if (!stays)
            CHECK_EQ(office_valid_copies(&old), 0);
        office_end();
    }
}

static int64_t live_cards(void)
{
    int64_t n = office_number("SELECT count(*) FROM card WHERE state = 2", JM_NO_ARGS);

    CHECK_EQ(office_number("SELECT count(*) FROM device WHERE state = 1", JM_NO_ARGS), n);
    return n;
}

static void issued_to(const struct jm_person *p, uint8_t instance, unsigned n)
{
    char nonce[8];
    struct jm_id desk_case = case_of(p, instance);

    snprintf(nonce, sizeof nonce, "m%u", n);
    x = first_batch(&desk_case, instance, nonce);
    x->loss_mac[0] = (uint8_t)(0x80 + n);
    CHECK_OK(finish());
}

/* A practice country's, for suites that drive many wallets. */
TEST(a_test_person_may_have_a_card_on_each_of_many_phones)
{
    static const struct jm_actor who = {{(const uint8_t *)"office", 6},
                                        {(const uint8_t *)"local", 5}};
    struct jm_person p;
    struct jm_id first = begin(&p);
    unsigned n = 0;

    CHECK_OK(
        jm_login_put(&O->is, &p.id, JM_BYTES("kim"), JM_BYTES("word"), true, &who, &O->mem, &d));
    issued_to(&p, 7, n++);
    CHECK_EQ(office_card_state(&first), JM_CARD_ACTIVE);
    CHECK_EQ(live_cards(), 2);
    issued_to(&p, 7, n++); /* on one phone there is one */
    CHECK_EQ(office_card_state(&first), JM_CARD_ACTIVE);
    CHECK_EQ(live_cards(), 2);
    O->now++;
    for (uint8_t i = 8; i < 8 + JM_LIVE_MAX - 2; i++)
        issued_to(&p, i, n++);
    CHECK_EQ(live_cards(), JM_LIVE_MAX);
    CHECK_EQ(office_card_state(&first), JM_CARD_ACTIVE);
    issued_to(&p, 100, n++); /* there are that many: the first one ends */
    CHECK_EQ(live_cards(), JM_LIVE_MAX);
    CHECK_EQ(office_card_state(&first), JM_CARD_REVOKED);
    /* a login without it is everybody's again: one phone */
    CHECK_OK(
        jm_login_put(&O->is, &p.id, JM_BYTES("kim"), JM_BYTES("word"), false, &who, &O->mem, &d));
    issued_to(&p, 101, n++);
    CHECK_EQ(live_cards(), 1);
    office_end();
}

TEST(of_two_first_batches_one_makes_the_card)
{
    struct jm_person p;

    (void)begin(&p);
    struct jm_id desk_case = case_of(&p, 7);
    struct issue *one = first_batch(&desk_case, 7, "n1"), *two = first_batch(&desk_case, 7, "n2");
    x = one;
    CHECK_OK(finish());
    x = two;
    CHECK_ST(finish(), JM_E_CONFLICT);
    CHECK_EQ(d.code, JM_VCI_CASE_ENDED);
    CHECK_EQ(office_number("SELECT count(*) FROM card WHERE state = 2", JM_NO_ARGS), 1);
    CHECK_EQ(office_number("SELECT count(*) FROM copy", JM_NO_ARGS), 5);
    office_end();
}

/* What ends between signing and committing. */
TEST(a_case_that_ended_while_signing_gives_no_card)
{
    static const struct {
        const char *sql;
        enum jm_code code;
    } rows[] = {
        {"UPDATE desk_case SET state = 6", JM_VCI_CASE_ENDED}, /* a new QR somewhere */
        {"UPDATE desk_case SET case_by = 1", JM_VCI_CASE_ENDED},
        {"UPDATE physical_card SET state = 4", JM_ELIG_CARD_LOST},
        {"UPDATE person SET state = 2", JM_ELIG_DECEASED},
        /* a new card is another thing than a refresh: D-159 */
        {"UPDATE person SET kind = 3", JM_ELIG_NOT_REGISTERED},
    };

    for (size_t i = 0; i < JM_ARRAY_LEN(rows); i++) {
        struct jm_person p;

        (void)begin(&p);
        struct jm_id desk_case = case_of(&p, 7);
        x = first_batch(&desk_case, 7, "n1");
        office_run(rows[i].sql, JM_NO_ARGS);
        ROW(CHECK_ST(finish(), JM_E_DENIED) && CHECK_EQ(d.code, rows[i].code), rows[i].sql);
        CHECK_EQ(office_number("SELECT count(*) FROM card", JM_NO_ARGS), 1); /* the old one */
        CHECK_EQ(office_number("SELECT count(*) FROM device WHERE state = 1", JM_NO_ARGS), 1);
        office_end();
    }
}

/* What a request that has signed nothing yet would hear. */
static enum jm_status read_before_signing(void)
{
    struct issue early = *x;

    d.code = JM_CODE_NONE;
    return read_now(&early);
}

static void hold_plastic(const struct jm_id *card)
{
    office_run("UPDATE card SET state = 3", JM_NO_ARGS);
    office_run("INSERT INTO hold (card, kind, channel, actor, opened) VALUES ($1, $2, 'x', 'x', 1)",
               JM_ARGS(JM_ID(card), JM_I(JM_HOLD_LOST_PLASTIC)));
}

/* D-271: a report by loss code between the code and the batch; at a desk, where the plastic is in
 * a clerk's hand, it ends. */
TEST(a_loss_of_plastic_that_came_meanwhile_stops_the_front_door_alone)
{
    for (int door = 0; door < 2; door++) {
        struct jm_person p;
        struct jm_id old = begin(&p), desk_case = case_of(&p, 7);

        if (door)
            office_run("UPDATE desk_case SET centre = ''", JM_NO_ARGS);
        x = first_batch(&desk_case, 7, "n1");
        hold_plastic(&old);
        CHECK_EQ(read_before_signing() == JM_OK, !door);
        d.code = JM_CODE_NONE;
        CHECK_ST(finish(), door ? JM_E_DENIED : JM_OK);
        CHECK_EQ(d.code, door ? JM_ELIG_CARD_LOST : JM_CODE_NONE);
        CHECK_EQ(office_card_state(&old), door ? JM_CARD_SUSPENDED : JM_CARD_REVOKED);
        office_end();
    }
}

/* A renewal by the phone of instance 7, which has the card: its code is redeemed. */
static struct jm_id renewal_of(const struct jm_person *p)
{
    struct jm_id desk_case = case_of(p, 7);
    uint8_t jkt[32];

    memset(jkt, 7, sizeof jkt);
    office_run("UPDATE desk_case SET centre = '', route = $1", JM_ARGS(JM_I(JM_ROUTE_RENEWAL)));
    office_run("UPDATE device SET jkt = $1", JM_ARGS(JM_B(jm_bytes(jkt, 32))));
    return desk_case;
}

/* D-250, and what may come between its code and its batch. */
TEST(a_renewal_is_of_the_phone_that_has_the_living_card)
{
    static const struct {
        const char *sql;
        enum jm_code code;
    } rows[] = {
        {"UPDATE card SET state = 3", JM_VCI_CARD_NOT_ACTIVE}, /* a hold */
        {"UPDATE card SET state = 4", JM_VCI_CARD_NOT_ACTIVE},
        {"UPDATE card SET expires = 1", JM_VCI_CARD_NOT_ACTIVE},
        {"UPDATE card SET type = 'other'", JM_VCI_CARD_NOT_ACTIVE},
        {"UPDATE card SET device = NULL", JM_VCI_DEVICE_CLOSED},
        {"UPDATE device SET state = 2", JM_VCI_DEVICE_CLOSED},
        {"UPDATE device SET jkt = randomblob(32)", JM_VCI_DEVICE_CLOSED}, /* another phone's */
        {"UPDATE person SET kind = 3", JM_ELIG_NOT_REGISTERED},           /* D-159 */
        {"UPDATE physical_card SET state = 4", JM_ELIG_CARD_LOST},
        /* no calendar asks for a renewal */
        {"UPDATE address SET region10 = '9999999999'", JM_CODE_NONE},
    };

    for (size_t i = 0; i < JM_ARRAY_LEN(rows); i++) {
        bool done = rows[i].code == JM_CODE_NONE;
        struct jm_person p;
        struct jm_id old = begin(&p), desk_case = renewal_of(&p);

        x = first_batch(&desk_case, 7, "n1");
        office_run(rows[i].sql, JM_NO_ARGS);
        ROW(CHECK_EQ(read_before_signing() == JM_OK, done), rows[i].sql);
        d.code = JM_CODE_NONE;
        ROW(CHECK_ST(finish(), done ? JM_OK : JM_E_DENIED), rows[i].sql);
        ROW(CHECK_EQ(d.code, rows[i].code), rows[i].sql);
        CHECK_EQ(office_number("SELECT count(*) FROM card", JM_NO_ARGS), done ? 2 : 1);
        if (done)
            CHECK_EQ(office_card_state(&old), JM_CARD_REVOKED);
        office_end();
    }
}

/* D-310: nobody was looked at anew. */
TEST(a_renewed_card_says_how_its_holder_was_known_at_first)
{
    for (int64_t level = JM_LEVEL_TAP; level <= JM_LEVEL_PERSON; level++) {
        struct jm_person p;
        struct jm_id desk_case;

        (void)begin(&p);
        desk_case = renewal_of(&p);
        office_run("UPDATE card SET level = $1", JM_ARGS(JM_I(level)));
        x = first_batch(&desk_case, 7, "n1");
        CHECK_OK(finish());
        CHECK_EQ(office_number("SELECT level FROM card WHERE state = 2", JM_NO_ARGS), level);
        office_end();
    }
}

/* D-030: whoever takes over between code and batch, one phone is one person's. */
TEST(a_phone_with_another_persons_card_gets_none)
{
    for (int state = JM_DEVICE_OPEN; state <= JM_DEVICE_CLOSED; state++) {
        bool open = state == JM_DEVICE_OPEN;
        struct jm_person p, q = office_citizen();
        struct jm_id desk_case;

        (void)begin(&p);
        office_add(&q);
        (void)office_issue(&q);
        desk_case = case_of(&p, 7);
        x = first_batch(&desk_case, 7, "n1");
        office_run("UPDATE device SET jkt = $1, state = $2 WHERE person = $3",
                   JM_ARGS(JM_B(jm_bytes(x->grant->instance, 32)), JM_I(state), JM_ID(&q.id)));
        CHECK_EQ(read_before_signing() == JM_OK, !open);
        CHECK_EQ(d.code, open ? JM_VCI_DEVICE_OTHER_PERSON : JM_CODE_NONE);
        d.code = JM_CODE_NONE;
        CHECK_ST(finish(), open ? JM_E_DENIED : JM_OK);
        CHECK_EQ(d.code, open ? JM_VCI_DEVICE_OTHER_PERSON : JM_CODE_NONE);
        CHECK_EQ(office_number("SELECT count(*) FROM device WHERE state = 1 AND jkt = $1",
                               JM_ARGS(JM_B(jm_bytes(x->grant->instance, 32)))),
                 1);
        office_end();
    }
}

/* D-222: no other key takes the place of those that were announced with the tap. */
TEST(the_first_batch_binds_announced_keys_alone)
{
    static const struct {
        size_t announced[2]; /* which of the keys' octets; 0: none */
        enum jm_code code;
    } rows[] = {{{0, 0}, JM_CODE_NONE}, /* nothing was announced: not a tap */
                {{7, 0}, JM_CODE_NONE},
                {{9, 7}, JM_CODE_NONE},
                {{9, 0}, JM_CARD_BINDING},
                {{9, 8}, JM_CARD_BINDING}};

    for (size_t i = 0; i < JM_ARRAY_LEN(rows); i++) {
        uint8_t keys[64];
        struct jm_person p;
        size_t n = 0;

        (void)begin(&p);
        struct jm_id desk_case = case_of(&p, 7);
        for (size_t k = 0; k < 2 && rows[i].announced[k] != 0; k++, n += 32)
            memset(keys + n, (int)(0xA0 + rows[i].announced[k]), 32);
        x = first_batch(&desk_case, 7, "n1");
        memset(x->copy->jkt, 0xA7, 32);
        office_run("UPDATE desk_case SET keys = $1", JM_ARGS(JM_B(jm_bytes(keys, n))));
        CHECK_EQ(read_before_signing() == JM_OK, rows[i].code == JM_CODE_NONE);
        CHECK_EQ(d.code, rows[i].code);
        d.code = JM_CODE_NONE;
        CHECK_EQ(finish() == JM_OK, rows[i].code == JM_CODE_NONE);
        CHECK_EQ(d.code, rows[i].code);
        CHECK_EQ(office_number("SELECT count(*) FROM card", JM_NO_ARGS),
                 rows[i].code == JM_CODE_NONE ? 2 : 1);
        office_end();
    }
}

static enum jm_code tell(const struct jm_id *card, const char *id, const char *event)
{
    struct jm_grant grant = {.card = *card, .has_card = true};

    d = (struct jm_diag){.code = JM_CODE_NONE};
    enum jm_status st = jm_notification_take(&O->is, &grant, jm_str(id), jm_str(event), &d);
    CHECK_EQ(st == JM_OK, d.code == JM_CODE_NONE);
    return d.code;
}

/* I-16: whoever has somebody else's notification id ends none of their copies. */
TEST(a_batch_is_told_of_by_its_own_card_alone)
{
    struct jm_person p, q = office_citizen();
    struct jm_id card = begin(&p), other;
    uint8_t batch[32];

    office_add(&q);
    other = office_issue(&q);
    MUST(jm_sha256(&jm_crypto_openssl, JM_BYTES("theirs"), batch));
    refresh(&card, "n1");
    x->copy->batch = batch;
    CHECK_OK(finish());
    CHECK_EQ(office_valid_copies(&card), 5);
    CHECK_EQ(tell(&other, "theirs", "credential_deleted"), JM_VCI_NOTIFICATION_UNKNOWN);
    CHECK_EQ(tell(&card, "nobodys", "credential_deleted"), JM_VCI_NOTIFICATION_UNKNOWN);
    CHECK_EQ(office_valid_copies(&card), 5);
    CHECK_EQ(office_number("SELECT count(*) FROM notification", JM_NO_ARGS), 0);
    CHECK_EQ(tell(&card, "theirs", "credential_deleted"), JM_CODE_NONE);
    CHECK_EQ(office_valid_copies(&card), 4);
    office_end();
}

/* I-18: one key, one copy. */
TEST(a_key_is_bound_once_and_has_one_use)
{
    struct jm_person p, q = office_citizen();
    struct jm_id card = begin(&p), other;
    uint8_t used[32];

    office_add(&q);
    other = office_issue(&q);
    refresh(&card, "n1");
    memcpy(used, x->copy->jkt, 32);
    CHECK_OK(finish());
    refresh(&card, "n2"); /* another batch of the same card */
    memcpy(x->copy->jkt, used, 32);
    /* before anything is signed */
    CHECK_ST(read_now(x), JM_E_DENIED);
    CHECK_EQ(d.code, JM_VCI_KEY_USED);
    d.code = JM_CODE_NONE;
    CHECK_ST(finish(), JM_E_DENIED); /* two requests at once */
    CHECK_EQ(d.code, JM_VCI_KEY_USED);
    /* a dead card's key is no fresher */
    office_run("UPDATE card SET state = 4 WHERE id = $1", JM_ARGS(JM_ID(&card)));
    office_run("UPDATE device SET state = 2 WHERE person = $1", JM_ARGS(JM_ID(&p.id)));
    refresh(&other, "n3"); /* somebody else's card */
    memcpy(x->copy->jkt, used, 32);
    CHECK_ST(finish(), JM_E_DENIED);
    CHECK_EQ(d.code, JM_VCI_KEY_USED);
    refresh(&other, "n4"); /* the instance key of a device, closed or not */
    office_run("UPDATE device SET jkt = $1 WHERE state = 2",
               JM_ARGS(JM_B(jm_bytes(x->copy->jkt, 32))));
    CHECK_ST(finish(), JM_E_DENIED);
    CHECK_EQ(d.code, JM_VCI_KEY_ROLE);
    refresh(&other, "n5"); /* a DPoP key that is a copy's */
    memcpy(((struct jm_grant *)(uintptr_t)x->grant)->jkt, used, 32);
    CHECK_ST(finish(), JM_E_DENIED);
    CHECK_EQ(d.code, JM_VCI_KEY_ROLE);
    refresh(&other, "n6");
    CHECK_OK(finish());
    CHECK_EQ(office_number("SELECT count(*) FROM copy", JM_NO_ARGS), 10);
    office_end();
}

TEST(a_copys_key_is_neither_instance_nor_dpop_key)
{
    struct jm_point point[2];
    struct jm_grant grant;
    struct jm_person p;

    (void)begin(&p);
    for (int i = 0; i < 2; i++) {
        struct jm_key *k = NULL;

        MUST(jm_key_generate(&k));
        MUST(jm_key_point(&point[i], k));
        jm_key_free(&k);
    }
    for (int i = 0; i < 3; i++) { /* the second of two is the wrong one */
        memset(&grant, 0, sizeof grant);
        d = (struct jm_diag){.code = JM_CODE_NONE};
        x = (struct issue *)(void *)test_malloc(sizeof *x);
        *x = (struct issue){.is = &O->is,
                            .profile = O->is.types.profile,
                            .grant = &grant,
                            .mem = &O->mem,
                            .d = &d,
                            .proofs = {.key = point, .n = 2}};
        if (i < 2)
            MUST(jm_jwk_thumbprint(i == 0 ? grant.instance : grant.jkt, &jm_crypto_openssl,
                                   &point[1]));
        CHECK_EQ(prepare_keys(x) == JM_OK, i == 2);
        CHECK_EQ(d.code, i == 2 ? JM_CODE_NONE : JM_VCI_KEY_ROLE);
    }
    office_end();
}
