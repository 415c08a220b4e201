/* SPDX-License-Identifier: Apache-2.0 */
/* D-407, D-071: a fee is what the table says, taken once, given back once and on its day by a
 * supervisor of that desk; the till is what is left. */
#include "unit/service/office.h"

#include "service/staff/staff.h"

static struct jm_staff kim, lee, boss, far;
static struct jm_person p;
static struct jm_fee_receipt r;
static struct jm_till till;
static struct jm_diag d;
static uint8_t last;

static struct jm_staff staff(const char *name, const char *centre, enum jm_staff_role role)
{
    return (struct jm_staff){.name = jm_str(name),
                             .centre = jm_str(centre),
                             .role = role,
                             .state = JM_STAFF_ENROLLED};
}

static void begin(void)
{
    office_begin("2025-01-15T10:00:00+09:00");
    MUST(jm_fees_load(&O->is.fees, read_file("data/fees.json"), &O->mem, NULL));
    kim = staff("kim", OFFICE_CENTRE, JM_ROLE_CLERK);
    lee = staff("lee", OFFICE_CENTRE, JM_ROLE_CLERK);
    boss = staff("boss", OFFICE_CENTRE, JM_ROLE_SUPERVISOR);
    far = staff("far", "1111000000", JM_ROLE_SUPERVISOR);
    p = office_citizen();
    office_add(&p);
    last = 0;
}

static struct jm_desk_fee_req fee(int64_t won)
{
    return (struct jm_desk_fee_req){.receipt = {{0xfe, ++last}},
                                    .person = p.id,
                                    .action = JM_BYTES("replace"),
                                    .kind = JM_BYTES("ic"),
                                    .method = JM_BYTES("cash"),
                                    .won = won};
}

static enum jm_code take_as(const struct jm_staff *by, const struct jm_desk_fee_req *in)
{
    d = (struct jm_diag){.code = JM_CODE_NONE};
    enum jm_status st = jm_desk_fee_take(DESK(by, &d), &r, in);
    CHECK_EQ(st == JM_OK, d.code == JM_CODE_NONE);
    return d.code;
}

static enum jm_code void_as(const struct jm_staff *by, const struct jm_id *receipt)
{
    struct jm_fee_receipt out;

    d = (struct jm_diag){.code = JM_CODE_NONE};
    enum jm_status st = jm_desk_fee_void(DESK(by, &d), &out, receipt, JM_BYTES("did not want it"));
    CHECK_EQ(st == JM_OK, d.code == JM_CODE_NONE);
    return d.code;
}

static int64_t till_of(const struct jm_staff *who)
{
    MUST(jm_desk_till(DESK(who, NULL), &till));
    CHECK_EQ(till.won, till.cash + till.card);
    return till.won;
}

static int64_t audited(const char *act)
{
    return office_number("SELECT count(*) FROM audit WHERE act = $1 AND subject = $2",
                         JM_ARGS(JM_T(jm_str(act)), JM_ID(&p.id)));
}

TEST(a_fee_is_what_the_table_says)
{
    static const struct {
        const char *why, *action, *kind, *reason, *method;
        bool relief;
        int64_t won;
        enum jm_code code;
    } rows[] = {
        {"F-5", "replace", "ic", "", "cash", false, 10000, JM_CODE_NONE},
        {"F-5, by card", "replace", "ic", "lost", "card", false, 10000, JM_CODE_NONE},
        {"F-6", "replace", "ic", "name_changed", "cash", false, 5000, JM_CODE_NONE},
        {"F-8", "replace", "ic", "", "cash", true, 5000, JM_CODE_NONE},
        {"F-4", "replace", "plain", "", "cash", false, 5000, JM_CODE_NONE},
        {"F-2: free, and a receipt says so", "first", "plain", "", "", false, 0, JM_CODE_NONE},
        {"half of it", "replace", "ic", "", "cash", false, 5000, JM_FEE_AMOUNT},
        {"more", "replace", "ic", "", "cash", false, 10001, JM_FEE_AMOUNT},
        {"nothing", "replace", "ic", "", "", false, 0, JM_FEE_AMOUNT},
        {"something for what is free", "first", "plain", "", "cash", false, 1, JM_FEE_AMOUNT},
        {"paid, and free", "first", "plain", "", "cash", false, 0, JM_API_FIELD_FORM},
        {"paid by nothing", "replace", "ic", "", "", false, 10000, JM_API_FIELD_FORM},
        {"by cheque", "replace", "ic", "", "cheque", false, 10000, JM_API_FIELD_FORM},
        {"the mobile card", "mobile", "ic", "", "", false, 0, JM_API_FIELD_FORM},
        {"another action", "gift", "ic", "", "cash", false, 10000, JM_API_FIELD_FORM},
        {"another kind", "replace", "gold", "", "cash", false, 10000, JM_API_FIELD_FORM},
        {"another reason", "replace", "ic", "whim", "cash", false, 10000, JM_API_FIELD_FORM},
    };
    int64_t due = 0;

    begin();
    for (size_t i = 0; i < JM_ARRAY_LEN(rows); i++) {
        struct jm_desk_fee_req in = fee(rows[i].won);

        in.action = jm_str(rows[i].action);
        in.kind = jm_str(rows[i].kind);
        in.reason = jm_str(rows[i].reason);
        in.method = jm_str(rows[i].method);
        in.relief = rows[i].relief;
        ROW(CHECK_EQ(take_as(&kim, &in), rows[i].code), rows[i].why);
        due += rows[i].code == JM_CODE_NONE ? rows[i].won : 0;
        ROW(CHECK_EQ(till_of(&kim), due), rows[i].why);
    }
    CHECK_EQ(till.card, 10000);
    CHECK_EQ(till.n, 5); /* what was free is no line of the till */
    CHECK_EQ(audited("FEE_TAKE"), 6);
    CHECK_EQ(
        office_number("SELECT count(*) FROM audit WHERE act = 'FEE_TAKE' AND actor = 'kim' AND "
                      "reason = 'F-5 10000 card'",
                      JM_NO_ARGS),
        1);
    struct jm_desk_fee_req in = fee(10000);
    in.person.octets[0] ^= 1;
    CHECK_EQ(take_as(&kim, &in), JM_DESK_PERSON_UNKNOWN);
    in = fee(10000);
    in.receipt = (struct jm_id){{0}};
    CHECK_EQ(take_as(&kim, &in), JM_API_FIELD_FORM);
    office_end();
}

/* Whoever asks twice because the answer was lost has taken it once. */
TEST(a_fee_is_taken_once)
{
    begin();
    struct jm_desk_fee_req in = fee(10000), again;

    CHECK_EQ(take_as(&kim, &in), JM_CODE_NONE);
    CHECK_EQ(take_as(&kim, &in), JM_CODE_NONE);
    CHECK(memcmp(&r.id, &in.receipt, sizeof r.id) == 0 && r.won == 10000);
    CHECK_EQ(till_of(&kim), 10000);
    CHECK_EQ(audited("FEE_TAKE"), 1);
    again = in;
    again.method = JM_BYTES("card");
    CHECK_EQ(take_as(&kim, &again), JM_FEE_RECEIPT_USED);
    CHECK_EQ(take_as(&lee, &in), JM_FEE_RECEIPT_USED);
    CHECK_EQ(till_of(&boss), 10000);
    office_end();
}

TEST(of_a_case_that_runs)
{
    struct jm_desk_open_res opened;
    struct jm_eligibility e;

    begin();
    const struct jm_desk_open_req ask = {.person = p.id,
                                         .route = JM_BYTES("qr"),
                                         .issue_date = p.plastic.issued_on,
                                         .authority = p.plastic.authority};
    MUST(jm_desk_open(DESK(&kim, &d), &opened, &ask, &e));
    CHECK_EQ(till_of(&kim), 0); /* D-201: the card by QR costs nothing, and nothing is asked */
    struct jm_desk_fee_req in = fee(10000);
    in.desk_case = opened.c.id;
    CHECK_EQ(take_as(&far, &in), JM_DESK_CASE_UNKNOWN);
    CHECK_EQ(take_as(&kim, &in), JM_CODE_NONE);
    struct jm_person other = office_citizen();
    other.id.octets[1] ^= 1;
    other.rrn_row.octets[1] ^= 1;
    other.photo_row.octets[1] ^= 1;
    other.plastic.serial = JM_BYTES("other");
    office_add(&other);
    in = fee(10000);
    in.desk_case = opened.c.id;
    in.person = other.id;
    CHECK_EQ(take_as(&kim, &in), JM_DESK_CASE_UNKNOWN);
    in.person = p.id;
    in.desk_case.octets[0] ^= 1;
    CHECK_EQ(take_as(&kim, &in), JM_DESK_CASE_UNKNOWN);
    in.desk_case.octets[0] ^= 1;
    MUST(jm_desk_cancel(DESK(&kim, &d), &opened.c.id));
    CHECK_EQ(take_as(&kim, &in), JM_DESK_CASE_ENDED);
    CHECK_EQ(till_of(&boss), 10000);
    office_end();
}

TEST(given_back_once_on_its_day)
{
    begin();
    struct jm_desk_fee_req in = fee(10000), free_one = fee(0);
    struct jm_fee_receipt out;
    struct jm_id nobody = {{9}};

    CHECK_EQ(take_as(&kim, &in), JM_CODE_NONE);
    free_one.action = JM_BYTES("first");
    free_one.method = jm_none();
    CHECK_EQ(take_as(&kim, &free_one), JM_CODE_NONE);
    CHECK_EQ(void_as(&far, &in.receipt), JM_FEE_RECEIPT_UNKNOWN);
    CHECK_EQ(void_as(&boss, &nobody), JM_FEE_RECEIPT_UNKNOWN);
    CHECK_EQ(void_as(&boss, &free_one.receipt), JM_FEE_VOIDED);
    CHECK_ST(jm_desk_fee_void(DESK(&boss, &d), &out, &in.receipt, jm_none()), JM_E_MISSING);
    CHECK_EQ(till_of(&boss), 10000);
    CHECK_EQ(void_as(&boss, &in.receipt), JM_CODE_NONE);
    CHECK_EQ(void_as(&boss, &in.receipt), JM_FEE_VOIDED);
    CHECK_EQ(till_of(&boss), 0);
    CHECK_EQ(till.n, 2);
    CHECK(till.receipt[0].won == -10000 && till.receipt[1].voided);
    CHECK_EQ(void_as(&boss, &till.receipt[0].id), JM_FEE_VOIDED); /* a void is not given back */
    CHECK_EQ(till_of(&kim), 0); /* out of the drawer of who took it */
    CHECK_EQ(audited("FEE_VOID"), 1);
    CHECK_EQ(
        office_number("SELECT count(*) FROM audit WHERE act = 'FEE_VOID' AND actor = 'boss' AND "
                      "reason = 'did not want it'",
                      JM_NO_ARGS),
        1);
    in = fee(5000);
    in.kind = JM_BYTES("plain");
    CHECK_EQ(take_as(&kim, &in), JM_CODE_NONE);
    O->now = at("2025-01-15T23:59:59+09:00");
    CHECK_EQ(till_of(&kim), 5000);
    O->now++;
    CHECK_EQ(void_as(&boss, &in.receipt), JM_FEE_VOID_DAY);
    CHECK_EQ(till_of(&boss), 0); /* another day, another till */
    office_end();
}

/* A clerk sees what they took, a supervisor the centre's, and nobody another centre's. */
TEST(whose_till_it_is)
{
    begin();
    struct jm_desk_fee_req by_kim = fee(10000), by_lee = fee(10000), elsewhere = fee(10000);

    by_lee.method = JM_BYTES("card");
    CHECK_EQ(take_as(&kim, &by_kim), JM_CODE_NONE);
    CHECK_EQ(take_as(&lee, &by_lee), JM_CODE_NONE);
    CHECK_EQ(take_as(&far, &elsewhere), JM_CODE_NONE);
    CHECK_EQ(till_of(&kim), 10000);
    CHECK(till.cash == 10000 && till.n == 1);
    CHECK_EQ(till_of(&lee), 10000);
    CHECK(till.card == 10000 && till.n == 1);
    CHECK_EQ(till_of(&boss), 20000);
    CHECK_EQ(till_of(&far), 10000);
    const struct jm_staff auditor = staff("eye", OFFICE_CENTRE, JM_ROLE_AUDITOR);
    CHECK_EQ(till_of(&auditor), 20000);
    office_end();
}

/* The list is short, the sums are not. */
TEST(a_long_day)
{
    begin();
    for (int i = 0; i < JM_TILL_LIST_MAX + 3; i++) {
        struct jm_desk_fee_req in = fee(10000);

        in.receipt.octets[2] = (uint8_t)(i / 200);
        CHECK_EQ(take_as(&kim, &in), JM_CODE_NONE);
    }
    CHECK_EQ(till_of(&kim), 10000 * (JM_TILL_LIST_MAX + 3));
    CHECK_EQ(till.n, JM_TILL_LIST_MAX);
    office_end();
}
