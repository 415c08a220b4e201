/* SPDX-License-Identifier: Apache-2.0 */
/* D-023, D-070, D-071, D-101, D-102: plastic is ordered, paid for by rule, produced, collected for
 * the old one; and who may not. */
#include "unit/service/office.h"

#include "service/orders/orders.h"
#include "service/tap/tap.h"

static struct jm_staff kim, far;
static struct jm_person p;
static struct jm_order o;
static struct jm_diag d;
static uint8_t last;

static void begin(void)
{
    office_begin("2025-05-01T10:00:00+09:00");
    MUST(jm_fees_load(&O->is.fees, read_file("data/fees.json"), &O->mem, NULL));
    kim = (struct jm_staff){.name = JM_BYTES("kim"),
                            .centre = JM_BYTES(OFFICE_CENTRE),
                            .role = JM_ROLE_CLERK};
    far = kim;
    far.centre = JM_BYTES("1111000000");
    p = office_citizen();
    office_add(&p);
    last = 0;
}

static struct jm_order_call call_of(const struct jm_staff *clerk)
{
    d = (struct jm_diag){.code = JM_CODE_NONE};
    return (struct jm_order_call){.is = &O->is,
                                  .clerk = clerk,
                                  .who = {clerk != NULL ? clerk->name : JM_BYTES("wallet"),
                                          clerk != NULL ? JM_BYTES("desk") : JM_BYTES("wallet")},
                                  .mem = &O->mem,
                                  .d = &d};
}

static struct jm_order_req want(const char *kind, const char *method, int64_t won)
{
    return (struct jm_order_req){.order = {{0x0d, ++last}},
                                 .person = p.id,
                                 .kind = jm_str(kind),
                                 .method = jm_str(method),
                                 .won = won};
}

static enum jm_code place(const struct jm_staff *by, const struct jm_order_req *in)
{
    const struct jm_order_call c = call_of(by);
    enum jm_status st = jm_order_place(&c, &o, in);

    CHECK_EQ(st == JM_OK, d.code == JM_CODE_NONE);
    return d.code;
}

static enum jm_code cancel(const struct jm_staff *by, const struct jm_id *person, int64_t *back)
{
    const struct jm_order_call c = call_of(by);
    const struct jm_id id = o.id;
    enum jm_status st = jm_order_cancel(&c, &id, person, JM_BYTES("no more"), back);

    CHECK_EQ(st == JM_OK, d.code == JM_CODE_NONE);
    return d.code;
}

static enum jm_code ready(void)
{
    const struct jm_order_call c = call_of(NULL);
    enum jm_status st = jm_order_ready(&c, &o.id);

    CHECK_EQ(st == JM_OK, d.code == JM_CODE_NONE);
    return d.code;
}

static size_t batch(struct jm_id *id)
{
    const struct jm_order_call c = call_of(NULL);
    struct jm_order *list;
    size_t n;

    MUST(jm_orders_batch(&c, id, &list, &n));
    return n;
}

static enum jm_code collect(const struct jm_staff *by, const struct jm_collect_req *in)
{
    const struct jm_order_call c = call_of(by);
    struct jm_collected got;
    const struct jm_id id = o.id;
    enum jm_status st = jm_order_collect(&c, &got, &id, in);

    CHECK_EQ(st == JM_OK, d.code == JM_CODE_NONE);
    if (st == JM_OK)
        o = got.order;
    return d.code;
}

static void produce(void)
{
    struct jm_id none = {{0}};

    CHECK_EQ(batch(&none), 1);
    CHECK_EQ(ready(), JM_CODE_NONE);
}

static int64_t receipts(void)
{
    return office_number("SELECT coalesce(sum(won), 0) FROM fee_receipt WHERE person = $1",
                         JM_ARGS(JM_ID(&p.id)));
}

static int64_t rows_of(const char *table, const char *column, const char *word)
{
    char sql[128];

    snprintf(sql, sizeof sql, "SELECT count(*) FROM %s WHERE %s = $1 AND %s = $2", table, column,
             table[0] == 'a' ? "subject" : "person");
    return office_number(sql, JM_ARGS(JM_T(jm_str(word)), JM_ID(&p.id)));
}

static enum jm_plastic_state plastic_of(struct jm_bytes serial)
{
    return (enum jm_plastic_state)office_number("SELECT state FROM physical_card WHERE serial = $1",
                                                JM_ARGS(JM_T(serial)));
}

TEST(D_023_ordered_paid_produced_collected_and_the_old_card_withdrawn)
{
    struct jm_id card, none = {{0}}, known;
    struct jm_order_req in;

    begin();
    card = office_issue(&p);
    in = want("plain", "cash", 5000);
    CHECK_EQ(place(&kim, &in), JM_CODE_NONE);
    CHECK_EQ(o.state, JM_ORDER_ORDERED);
    CHECK(o.paid);
    CHECK_EQ(receipts(), 5000);
    CHECK_STR(o.authority, OFFICE_AUTHORITY);
    CHECK_EQ(plastic_of(o.serial), JM_PLASTIC_ORDERED);
    CHECK_EQ(plastic_of(p.plastic.serial), JM_PLASTIC_VALID);
    CHECK_EQ(place(&kim, &in), JM_CODE_NONE); /* the answer was lost */
    CHECK_EQ(receipts(), 5000);

    CHECK_EQ(ready(), JM_ORDER_STATE);
    CHECK_EQ(collect(&kim, &(struct jm_collect_req){.won = 0}), JM_ORDER_STATE);
    CHECK_EQ(batch(&none), 1);
    known = none;
    none = (struct jm_id){{0}};
    CHECK_EQ(batch(&none), 0);
    CHECK_EQ(batch(&known), 1); /* where the printer broke down, it goes on */
    CHECK_EQ(ready(), JM_CODE_NONE);
    CHECK_EQ(ready(), JM_CODE_NONE);
    CHECK_EQ(batch(&known), 0);
    CHECK_EQ(rows_of("notice", "kind", "ORDER_READY"), 1);
    CHECK_EQ(office_card_state(&card), JM_CARD_ACTIVE);

    CHECK_EQ(collect(&far, &(struct jm_collect_req){.won = 0}), JM_ORDER_UNKNOWN);
    CHECK_EQ(collect(&kim, &(struct jm_collect_req){.method = JM_BYTES("cash"), .won = 5000}),
             JM_API_FIELD_FORM); /* it is paid */
    CHECK_EQ(plastic_of(o.serial), JM_PLASTIC_READY);
    CHECK_EQ(collect(&kim, &(struct jm_collect_req){.won = 0}), JM_CODE_NONE);
    CHECK_EQ(o.state, JM_ORDER_COLLECTED);
    CHECK_EQ(plastic_of(o.serial), JM_PLASTIC_VALID);
    CHECK_EQ(plastic_of(p.plastic.serial), JM_PLASTIC_RETURNED);
    CHECK_EQ(office_card_state(&card), JM_CARD_ACTIVE); /* D-162: it goes on with the new one */
    CHECK(jm_bytes_eq(office_text("SELECT serial FROM card WHERE id = $1", JM_ARGS(JM_ID(&card))),
                      o.serial));
    CHECK_EQ(collect(&kim, &(struct jm_collect_req){.won = 0}), JM_CODE_NONE); /* once */
    CHECK_EQ(rows_of("audit", "act", "ORDER_COLLECT"), 1);
    CHECK_EQ(receipts(), 5000);
    office_end();
}

TEST(D_070_an_order_costs_what_the_table_says)
{
    static const struct {
        const char *why, *kind, *reason, *relief;
        bool first;
        int64_t won;
        const char *rule;
    } rows[] = {
        {"F-2", "ic", "", "", true, 0, "F-2"},
        {"F-4", "plain", "", "", false, 5000, "F-4"},
        {"F-4 freed", "plain", "natural_wear", "", false, 0, "F-4"},
        {"F-5", "ic", "", "", false, 10000, "F-5"},
        {"F-6", "ic", "name_changed", "", false, 5000, "F-6"},
        {"F-7", "ic", "authority_mistake", "", false, 0, "F-7"},
        {"F-8, the register says so", "ic", "", "veteran", false, 5000, "F-8"},
        {"F-8, plain", "plain", "", "single_parent", false, 0, "F-8"},
    };

    for (size_t i = 0; i < JM_ARRAY_LEN(rows); i++) {
        struct jm_order_req in;

        begin();
        if (rows[i].first)
            office_run("DELETE FROM physical_card WHERE person = $1", JM_ARGS(JM_ID(&p.id)));
        office_run("UPDATE person SET relief = $1 WHERE id = $2",
                   JM_ARGS(JM_T(jm_str(rows[i].relief)), JM_ID(&p.id)));
        in = want(rows[i].kind, "", 0);
        in.reason = jm_str(rows[i].reason);
        ROW(CHECK(place(&kim, &in) == JM_CODE_NONE), rows[i].why);
        ROW(CHECK(o.won == rows[i].won), rows[i].why);
        ROW(CHECK(jm_bytes_eq_str(o.rule, rows[i].rule)), rows[i].why);
        CHECK_EQ(o.paid, o.won == 0);
        CHECK_EQ(rows_of("fee_receipt", "rule", rows[i].rule), o.won == 0 ? 1 : 0);
        office_end();
    }
}

static enum jm_code price(const struct jm_staff *by, const struct jm_order_req *in,
                          struct jm_fee *fee)
{
    const struct jm_order_call c = call_of(by);
    enum jm_status st = jm_order_price(&c, fee, in);

    CHECK_EQ(st == JM_OK, d.code == JM_CODE_NONE);
    return d.code;
}

/* Asked before it is paid for: by the facts of the register, and nothing is written. */
TEST(D_070_what_an_order_would_cost_is_what_it_costs)
{
    struct jm_order_req in;
    struct jm_fee fee;

    begin();
    in = want("ic", "", 0);
    in.order = (struct jm_id){{0}};
    CHECK_EQ(price(&kim, &in, &fee), JM_CODE_NONE);
    CHECK_STR(fee.rule, "F-5");
    CHECK(fee.won == 10000 && fee.card == 5000 && fee.chip == 5000);
    office_run("UPDATE person SET relief = 'veteran' WHERE id = $1", JM_ARGS(JM_ID(&p.id)));
    CHECK_EQ(price(&kim, &in, &fee), JM_CODE_NONE);
    CHECK_STR(fee.rule, "F-8");
    in.reason = JM_BYTES("bored");
    CHECK_EQ(price(&kim, &in, &fee), JM_API_FIELD_FORM);
    in.reason = JM_BYTES("natural_wear");
    CHECK_EQ(price(NULL, &in, &fee), JM_API_FIELD_FORM); /* somebody must see it */
    CHECK_EQ(price(&kim, &in, &fee), JM_CODE_NONE);
    CHECK_STR(fee.rule, "F-6");
    in.kind = JM_BYTES("gold");
    CHECK_EQ(price(&kim, &in, &fee), JM_API_FIELD_FORM);
    in.kind = JM_BYTES("ic");
    in.person = (struct jm_id){{9}};
    CHECK_EQ(price(&kim, &in, &fee), JM_DESK_PERSON_UNKNOWN);
    in.person = p.id;
    kim.has_person = true;
    kim.person = p.id;
    CHECK_EQ(price(&kim, &in, &fee), JM_DESK_OWN_CASE);
    kim.has_person = false;
    CHECK_EQ(office_number("SELECT count(*) FROM plastic_order", JM_NO_ARGS), 0);

    CHECK_EQ(price(&kim, &in, &fee), JM_CODE_NONE);
    in = want("ic", "cash", fee.won);
    in.reason = JM_BYTES("natural_wear");
    CHECK_EQ(place(&kim, &in), JM_CODE_NONE);
    CHECK_EQ(o.won, fee.won);
    CHECK_EQ(price(&kim, &in, &fee), JM_ORDER_OPEN);
    office_end();
}

TEST(what_cannot_be_ordered)
{
    struct jm_order_req in;
    struct jm_id first;

    begin();
    struct {
        const char *why;
        struct jm_order_req in;
        const struct jm_staff *by;
        enum jm_code code;
    } rows[] = {
        {"a kind", want("gold", "", 0), &kim, JM_API_FIELD_FORM},
        {"a method", want("ic", "cheque", 10000), &kim, JM_API_FIELD_FORM},
        {"an amount", want("ic", "cash", 5000), &kim, JM_FEE_AMOUNT},
        {"online, and paid", want("ic", "cash", 10000), NULL, JM_API_FIELD_FORM},
        {"nobody", want("ic", "cash", 10000), &kim, JM_DESK_PERSON_UNKNOWN},
        {"a reason that frees, online", want("ic", "", 0), NULL, JM_API_FIELD_FORM},
        {"a centre", want("ic", "", 0), &kim, JM_API_FIELD_FORM},
        {"a province that is none", want("ic", "", 0), &kim, JM_API_FIELD_FORM},
        {"no number", want("ic", "", 0), &kim, JM_API_FIELD_FORM},
        {"another reason", want("ic", "", 0), &kim, JM_API_FIELD_FORM},
    };
    rows[4].in.person = (struct jm_id){{9}};
    rows[5].in.reason = JM_BYTES("natural_wear");
    rows[6].in.centre = JM_BYTES("301700000x");
    rows[7].in.centre = JM_BYTES("9917000000");
    rows[8].in.order = (struct jm_id){{0}};
    rows[9].in.reason = JM_BYTES("bored");
    for (size_t i = 0; i < JM_ARRAY_LEN(rows); i++)
        ROW(CHECK(place(rows[i].by, &rows[i].in) == rows[i].code), rows[i].why);
    CHECK_EQ(office_number("SELECT count(*) FROM plastic_order", JM_NO_ARGS), 0);
    CHECK_EQ(receipts(), 0);

    in = want("ic", "", 0);
    CHECK_EQ(place(&kim, &in), JM_CODE_NONE);
    first = in.order;
    in = want("plain", "", 0);
    CHECK_EQ(place(NULL, &in), JM_ORDER_OPEN);
    in.order = first;
    CHECK_EQ(place(&kim, &in), JM_ORDER_USED);
    kim.has_person = true;
    kim.person = p.id;
    int64_t back;
    o.id = first;
    CHECK_EQ(cancel(&kim, NULL, &back), JM_DESK_OWN_CASE);
    office_end();
}

TEST(who_may_not_order)
{
    struct jm_order_req in;

    begin();
    office_run("UPDATE person SET state = 2 WHERE id = $1", JM_ARGS(JM_ID(&p.id)));
    in = want("ic", "", 0);
    CHECK_EQ(place(&kim, &in), JM_ELIG_DECEASED);
    office_run("UPDATE person SET state = 1, kind = 3 WHERE id = $1", JM_ARGS(JM_ID(&p.id)));
    CHECK_EQ(place(NULL, &in), JM_ELIG_NOT_REGISTERED);
    office_run("UPDATE person SET kind = 1, birth = '2008-05-02' WHERE id = $1",
               JM_ARGS(JM_ID(&p.id)));
    CHECK_EQ(place(&kim, &in), JM_ELIG_UNDER_17);
    office_run("UPDATE person SET birth = '2008-05-01' WHERE id = $1", JM_ARGS(JM_ID(&p.id)));
    CHECK_EQ(place(&kim, &in), JM_EVENT_EARLY); /* D-061: from the first of the next month */
    office_run("UPDATE person SET birth = '1990-05-02' WHERE id = $1", JM_ARGS(JM_ID(&p.id)));
    kim.has_person = true;
    kim.person = p.id;
    CHECK_EQ(place(&kim, &in), JM_DESK_OWN_CASE);
    kim.has_person = false;
    O->now = at("2024-12-26T23:59:59+09:00"); /* no chip before that day */
    CHECK_EQ(place(&kim, &in), JM_FEE_NO_RULE);
    O->now = at("2024-12-27T00:00:00+09:00");
    CHECK_EQ(place(&kim, &in), JM_CODE_NONE);
    office_end();
}

TEST(D_071_cancelled_before_it_is_produced_and_given_back_on_its_day)
{
    struct jm_order_req in;
    struct jm_id other = {{1}}, none = {{0}};
    int64_t back;

    begin();
    in = want("ic", "cash", 10000);
    CHECK_EQ(place(&kim, &in), JM_CODE_NONE);
    CHECK_EQ(cancel(&far, NULL, &back), JM_ORDER_UNKNOWN);
    CHECK_EQ(cancel(NULL, &other, &back), JM_ORDER_UNKNOWN);
    const struct jm_order_call c = call_of(&kim);
    CHECK_ST(jm_order_cancel(&c, &o.id, NULL, jm_none(), &back), JM_E_MISSING);
    CHECK_EQ(d.code, JM_API_FIELD_MISSING);
    CHECK_EQ(receipts(), 10000);
    O->now = at("2025-05-01T23:59:59+09:00");
    CHECK_EQ(cancel(&kim, NULL, &back), JM_CODE_NONE);
    CHECK_EQ(back, 10000);
    CHECK_EQ(receipts(), 0);
    CHECK_EQ(plastic_of(o.serial), JM_PLASTIC_VOID);
    CHECK_EQ(cancel(&kim, NULL, &back), JM_ORDER_STATE);
    CHECK_EQ(receipts(), 0);

    in = want("ic", "cash", 10000); /* another one may follow; a day later the money stays */
    CHECK_EQ(place(&kim, &in), JM_CODE_NONE);
    O->now = at("2025-05-02T00:00:00+09:00");
    CHECK_EQ(cancel(NULL, &p.id, &back), JM_CODE_NONE);
    CHECK_EQ(back, 0);
    CHECK_EQ(receipts(), 10000);

    in = want("plain", "", 0);
    CHECK_EQ(place(NULL, &in), JM_CODE_NONE);
    CHECK_EQ(batch(&none), 1);
    CHECK_EQ(cancel(NULL, &p.id, &back), JM_ORDER_STATE); /* it is being produced */
    office_end();
}

TEST(a_cancelled_order_is_no_card_that_one_had)
{
    struct jm_order_req in;
    int64_t back;

    begin();
    office_run("DELETE FROM physical_card WHERE person = $1", JM_ARGS(JM_ID(&p.id)));
    in = want("ic", "", 0);
    CHECK_EQ(place(&kim, &in), JM_CODE_NONE);
    CHECK_EQ(cancel(&kim, NULL, &back), JM_CODE_NONE);
    in = want("ic", "", 0);
    CHECK_EQ(place(&kim, &in), JM_CODE_NONE);
    CHECK_STR(o.rule, "F-2");
    office_end();
}

TEST(D_102_an_online_order_is_handed_to_the_person_alone)
{
    struct jm_person aunt;
    struct jm_order_req in;

    begin();
    aunt = office_citizen();
    office_add(&aunt);
    in = want("plain", "", 0);
    CHECK_EQ(place(NULL, &in), JM_CODE_NONE);
    CHECK_STR(o.centre, "3017010100"); /* the person's own */
    CHECK(!o.paid);
    CHECK_EQ(receipts(), 0);
    produce();
    kim.centre = JM_BYTES("3017010100");
    const struct jm_bytes cash = JM_BYTES("cash");
    struct {
        const char *why;
        struct jm_collect_req in;
        enum jm_code code;
    } rows[] = {
        {"not paid", {.won = 5000}, JM_API_FIELD_MISSING},
        {"too little", {.method = cash, .won = 1}, JM_FEE_AMOUNT},
        {"by cheque", {.method = JM_BYTES("cheque"), .won = 5000}, JM_API_FIELD_FORM},
        {"an aunt",
         {.method = cash, .won = 5000, .taker = aunt.id, .proof = JM_BYTES("family register")},
         JM_ORDER_TAKER},
    };
    for (size_t i = 0; i < JM_ARRAY_LEN(rows); i++)
        ROW(CHECK(collect(&kim, &rows[i].in) == rows[i].code), rows[i].why);
    CHECK_EQ(plastic_of(o.serial), JM_PLASTIC_READY);
    CHECK_EQ(plastic_of(p.plastic.serial), JM_PLASTIC_VALID);
    CHECK_EQ(receipts(), 0);
    CHECK_EQ(collect(&kim, &(struct jm_collect_req){.method = cash, .won = 5000, .taker = p.id}),
             JM_CODE_NONE);
    CHECK_EQ(receipts(), 5000);
    office_end();
}

TEST(D_102_a_relative_shows_a_proof)
{
    struct jm_person aunt;
    struct jm_order_req in;

    begin();
    aunt = office_citizen();
    office_add(&aunt);
    in = want("plain", "cash", 5000);
    CHECK_EQ(place(&kim, &in), JM_CODE_NONE);
    produce();
    CHECK_EQ(collect(&kim, &(struct jm_collect_req){.taker = aunt.id}), JM_API_FIELD_MISSING);
    CHECK_EQ(collect(&kim, &(struct jm_collect_req){.taker = {{7}}, .proof = JM_BYTES("x")}),
             JM_DESK_PERSON_UNKNOWN);
    kim.has_person = true;
    kim.person = p.id;
    CHECK_EQ(collect(&kim, &(struct jm_collect_req){.won = 0}), JM_DESK_OWN_CASE);
    kim.has_person = false;
    CHECK_EQ(collect(&kim, &(struct jm_collect_req){.taker = aunt.id,
                                                    .proof = JM_BYTES("family register")}),
             JM_CODE_NONE);
    CHECK_EQ(office_number("SELECT count(*) FROM plastic_order WHERE taker = $1",
                           JM_ARGS(JM_ID(&aunt.id))),
             1);
    office_end();
}

TEST(an_IC_card_is_ready_with_its_chip)
{
    struct jm_id none = {{0}};
    struct jm_order_req in;

    begin();
    in = want("ic", "card", 10000);
    CHECK_EQ(place(&kim, &in), JM_CODE_NONE);
    CHECK_EQ(batch(&none), 1);
    CHECK_EQ(ready(), JM_ORDER_CHIP);
    CHECK_EQ(plastic_of(o.serial), JM_PLASTIC_ORDERED);
    office_run("INSERT INTO chip (id, serial, person, key, puk, made, pin) VALUES "
               "(x'01', $1, $2, x'02', x'03', 0, 0)",
               JM_ARGS(JM_T(o.serial), JM_ID(&p.id)));
    CHECK_EQ(ready(), JM_CODE_NONE);
    office_end();
}

TEST(an_order_of_who_died_is_void)
{
    struct jm_actor who = {JM_BYTES("court"), JM_BYTES("local")};
    struct jm_life_event ev = {.kind = JM_LIFE_DEATH,
                               .source = JM_BYTES("court"),
                               .id = JM_BYTES("1")};
    struct jm_life_result out;
    struct jm_order_req in;

    begin();
    in = want("plain", "cash", 5000);
    CHECK_EQ(place(&kim, &in), JM_CODE_NONE);
    produce();
    ev.person = p.id;
    ev.at = O->now;
    CHECK_OK(jm_life_event_take(&O->is, &out, &ev, &who, &O->mem, NULL));
    CHECK_EQ(collect(&kim, &(struct jm_collect_req){.won = 0}), JM_ORDER_STATE);
    CHECK_EQ(plastic_of(o.serial), JM_PLASTIC_VOID);
    office_end();
}

TEST(D_101_nobody_came_for_three_years)
{
    struct jm_order_call c;
    struct jm_order_req in;
    struct jm_order *list;
    size_t n;

    begin();
    in = want("plain", "cash", 5000);
    CHECK_EQ(place(&kim, &in), JM_CODE_NONE);
    produce();
    O->now = at("2028-05-01T00:00:00+09:00");
    c = call_of(NULL);
    MUST(jm_orders_sweep(&c));
    CHECK_EQ(plastic_of(o.serial), JM_PLASTIC_READY);
    O->now = at("2028-05-02T00:00:00+09:00");
    MUST(jm_orders_sweep(&c));
    CHECK_EQ(plastic_of(o.serial), JM_PLASTIC_VOID);
    CHECK_EQ(rows_of("notice", "kind", "ORDER_VOID"), 1);
    CHECK_EQ(rows_of("audit", "act", "ORDER_VOID"), 1);
    MUST(jm_orders_of(&c, &p.id, &list, &n));
    CHECK_EQ(n, 1);
    CHECK_EQ(list[0].state, JM_ORDER_VOID);
    c = call_of(&kim);
    MUST(jm_orders_at(&c, NULL, &list, &n));
    CHECK_EQ(n, 0);
    office_end();
}

TEST(another_centre_and_another_person_see_none_of_it)
{
    struct jm_order_call c;
    struct jm_order_req in;
    struct jm_order *list;
    struct jm_id other = {{3}};
    size_t n;

    begin();
    in = want("plain", "cash", 5000);
    CHECK_EQ(place(&kim, &in), JM_CODE_NONE);
    c = call_of(&kim);
    MUST(jm_orders_at(&c, NULL, &list, &n));
    CHECK_EQ(n, 1);
    CHECK_STR(list[0].name, "김하늘");
    MUST(jm_orders_at(&c, &p.id, &list, &n));
    CHECK_EQ(n, 1);
    CHECK_ST(jm_orders_at(&c, &other, &list, &n), JM_E_ABSENT);
    CHECK_EQ(d.code, JM_DESK_PERSON_UNKNOWN);
    c = call_of(&far);
    MUST(jm_orders_at(&c, &p.id, &list, &n));
    CHECK_EQ(n, 0);
    MUST(jm_orders_at(&c, NULL, &list, &n));
    CHECK_EQ(n, 0);
    /* and whom a clerk has seen is known: D-620 */
    CHECK_EQ(office_number("SELECT count(*) FROM audit WHERE act = 'ORDER_SHOW'", JM_NO_ARGS), 2);
    CHECK_EQ(office_number("SELECT count(*) FROM audit WHERE act = 'ORDER_SHOW' AND subject = $1 "
                           "AND actor = 'kim'",
                           JM_ARGS(JM_ID(&p.id))),
             2);
    c = call_of(NULL);
    MUST(jm_orders_of(&c, &other, &list, &n));
    CHECK_EQ(n, 0);
    office_end();
}

/* What was never in anybody's hands does not stand for what is lost. */
TEST(a_cancelled_order_hides_no_loss)
{
    struct jm_order_req in;
    struct jm_person now;
    int64_t back;

    begin();
    in = want("ic", "", 0);
    CHECK_EQ(place(&kim, &in), JM_CODE_NONE);
    CHECK_EQ(cancel(&kim, NULL, &back), JM_CODE_NONE);
    office_run("UPDATE physical_card SET state = 4 WHERE serial = $1",
               JM_ARGS(JM_T(p.plastic.serial)));
    MUST(jm_person_get(&O->is.base.env, &p.id, &now, &O->mem));
    CHECK_EQ(now.plastic.state, JM_PLASTIC_LOST);
    in = want("ic", "", 0); /* nor does one that is on its way */
    CHECK_EQ(place(&kim, &in), JM_CODE_NONE);
    MUST(jm_person_get(&O->is.base.env, &p.id, &now, &O->mem));
    CHECK_EQ(now.plastic.state, JM_PLASTIC_LOST);
    office_end();
}
