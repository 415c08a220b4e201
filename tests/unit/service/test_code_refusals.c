/* SPDX-License-Identifier: Apache-2.0 */
/* An offer and its two codes: who may take it, with what, how often, until when (D-202 … D-205,
 * D-455); loss codes (D-271). */
#include "unit/service/office.h"

#include "jumin/oauth.h"
#include "service/issuance/parts.h"

#define PRE "urn:ietf:params:oauth:grant-type:pre-authorized_code"

static struct jm_staff kim;
static struct jm_person person;
static struct jm_desk_open_res opened;
static struct jm_client phone, second;
static struct jm_dpop dpop;
static struct jm_diag d;
static struct jm_bytes offer, grant_code;
static char digits[JM_MATCH_CODE_LEN + 1];
static struct jm_token_res got;
static struct jm_token_req in;

static void of_key(struct jm_client *c, const char *sub)
{
    struct jm_key *k = NULL;

    memset(c, 0, sizeof *c);
    MUST(jm_key_generate(&k));
    MUST(jm_key_point(&c->instance, k));
    jm_key_free(&k);
    MUST(jm_jwk_thumbprint(c->jkt, &jm_crypto_openssl, &c->instance));
    c->sub = jm_str(sub);
}

static enum jm_code look(const struct jm_client *c)
{
    struct jm_offer out = {.issuer = {NULL, 0}};
    enum jm_status st;

    d = (struct jm_diag){.code = JM_CODE_NONE};
    st = jm_offer_read(&out, &O->is, offer, c, &O->mem, &d);
    CHECK_EQ(st == JM_OK, d.code == JM_CODE_NONE);
    if (st == JM_OK)
        in.grant_code = grant_code = out.grants.pre_authorized.grant_code;
    return d.code;
}

static enum jm_code redeem(const struct jm_client *c)
{
    d = (struct jm_diag){.code = JM_CODE_NONE};
    enum jm_status st = jm_token_redeem(&O->is, &got, c, &dpop, &in, &O->mem, &d);

    CHECK_EQ(st == JM_OK, d.code == JM_CODE_NONE);
    return d.code;
}

static enum jm_code new_code(void)
{
    d = (struct jm_diag){.code = JM_CODE_NONE};
    (void)!jm_match_code_new(&O->is, &opened.c.id, digits, &d);
    in.match_code = jm_str(digits);
    return d.code;
}

/* A case is open, its QR on the screen, nobody has looked yet. */
static void begin(void)
{
    struct jm_eligibility reasons;

    office_begin("2025-01-15T10:00:00+09:00");
    MUST(jm_fees_load(&O->is.fees, read_file("data/fees.json"), &O->mem, NULL));
    kim = (struct jm_staff){.name = JM_BYTES("kim"),
                            .centre = JM_BYTES(OFFICE_CENTRE),
                            .role = JM_ROLE_CLERK,
                            .state = 1};
    person = office_citizen();
    office_add(&person);
    const struct jm_desk_open_req req = {.person = person.id,
                                         .route = JM_BYTES("qr"),
                                         .issue_date = person.plastic.issued_on,
                                         .authority = person.plastic.authority};
    MUST(jm_desk_open(DESK(&kim, &d), &opened, &req, &reasons));
    offer = jm_slice(opened.uri, jm_bytes_find(opened.uri, JM_BYTES("%2Foffer%2F")) + 11, SIZE_MAX);
    if (jm_bytes_find(opened.uri, JM_BYTES("%2Foffer%2F")) == SIZE_MAX)
        offer = jm_slice(opened.uri, jm_bytes_find(opened.uri, JM_BYTES("/offer/")) + 7, SIZE_MAX);
    of_key(&phone, "wallet");
    of_key(&second, "wallet");
    memset(&dpop, 0, sizeof dpop);
    memset(dpop.jkt, 2, 32);
    in = (struct jm_token_req){.grant_type = JM_BYTES(PRE)};
}

/* ... and the phone has taken it, with a match code on the clerk's screen. */
static void begin_bound(void)
{
    begin();
    CHECK_EQ(look(&phone), JM_CODE_NONE);
    CHECK_EQ(new_code(), JM_CODE_NONE);
}

static int64_t tokens(void)
{
    return office_number("SELECT count(*) FROM token", JM_NO_ARGS);
}

static bool clerk_hears_of_a_second(void)
{
    return office_number("SELECT second FROM desk_case WHERE id = $1",
                         JM_ARGS(JM_ID(&opened.c.id))) != 0;
}

TEST(an_offer_is_one_phones)
{
    begin();
    CHECK_EQ(look(NULL), JM_CODE_NONE); /* looking binds nothing */
    CHECK_EQ(look(&phone), JM_CODE_NONE);
    CHECK_EQ(look(&phone), JM_CODE_NONE);
    CHECK(!clerk_hears_of_a_second());
    CHECK_EQ(look(&second), JM_VCI_TICKET_TAKEN);
    CHECK(clerk_hears_of_a_second());
    offer = JM_BYTES("another");
    CHECK_EQ(look(NULL), JM_VCI_OFFER_UNKNOWN);
    CHECK_EQ(look(&phone), JM_VCI_OFFER_UNKNOWN);
    office_end();
}

TEST(an_offer_ends)
{
    begin();
    O->now += JM_QR_TTL_S - 1;
    CHECK_EQ(look(NULL), JM_CODE_NONE);
    O->now++;
    CHECK_EQ(look(NULL), JM_VCI_OFFER_GONE);
    CHECK_EQ(look(&phone), JM_VCI_OFFER_GONE);
    office_end();
    begin();
    MUST(jm_desk_cancel(DESK(&kim, &d), &opened.c.id));
    CHECK_EQ(look(NULL), JM_VCI_OFFER_GONE);
    CHECK_EQ(look(&phone), JM_VCI_OFFER_GONE);
    office_end();
    begin_bound();
    CHECK_EQ(redeem(&phone), JM_CODE_NONE);
    CHECK_EQ(look(NULL), JM_VCI_OFFER_GONE); /* taken up */
    office_end();
}

/* A case that ended binds nobody, whoever asks. */
TEST(a_case_that_ended_binds_nobody)
{
    static const int64_t ended[] = {JM_CASE_ISSUED, JM_CASE_CANCELLED, JM_CASE_CODE_EXHAUSTED,
                                    JM_CASE_REFUSED};

    for (size_t i = 0; i < JM_ARRAY_LEN(ended); i++) {
        begin_bound();
        office_run("UPDATE desk_case SET state = $1", JM_ARGS(JM_I(ended[i])));
        CHECK_EQ(look(&phone), JM_VCI_OFFER_GONE);
        CHECK_EQ(redeem(&phone), ended[i] == JM_CASE_ISSUED           ? JM_VCI_CODE_USED
                                 : ended[i] == JM_CASE_CODE_EXHAUSTED ? JM_VCI_TX_CODE_EXHAUSTED
                                                                      : JM_VCI_CODE_EXPIRED);
        CHECK_EQ(tokens(), 0);
        office_end();
    }
}

static enum jm_status bind_tx(struct jm_tx *tx, void *arg)
{
    struct jm_case c;

    JM_TRY(jm_case_in(tx, &opened.c.id, &c, &O->mem));
    return jm_case_bind_in(tx, &c, arg, JM_BYTES("ab"));
}

TEST(a_case_binds_one_while_it_runs)
{
    static const struct {
        enum jm_case_state state;
        enum jm_status st;
    } rows[] = {{JM_CASE_CREATED, JM_OK},
                {JM_CASE_SCANNED, JM_OK},
                {JM_CASE_CODE_OK, JM_OK},
                {JM_CASE_ISSUED, JM_E_GONE},
                {JM_CASE_EXPIRED, JM_E_GONE},
                {JM_CASE_CANCELLED, JM_E_GONE},
                {JM_CASE_CODE_EXHAUSTED, JM_E_GONE},
                {JM_CASE_REFUSED, JM_E_GONE},
                {JM_CASE_ABANDONED, JM_E_GONE}};

    for (size_t i = 0; i < JM_ARRAY_LEN(rows); i++) {
        begin();
        office_run("UPDATE desk_case SET state = $1", JM_ARGS(JM_I(rows[i].state)));
        if (rows[i].state != JM_CASE_CREATED)
            office_run("UPDATE desk_case SET jkt = $1", JM_ARGS(JM_B(jm_bytes(phone.jkt, 32))));
        CHECK_ST(jm_tx_run(&O->is.base.env, bind_tx, phone.jkt), rows[i].st);
        office_end();
    }
}

TEST(codes_of_a_token_request)
{
    struct jm_grant g;

    begin();
    CHECK_EQ(look(&phone), JM_CODE_NONE);
    in.match_code = JM_BYTES("123456");
    /* nobody asked for one yet: and no try is counted */
    CHECK_EQ(redeem(&phone), JM_VCI_TX_CODE_NOT_READY);
    CHECK_EQ(office_number("SELECT tries FROM desk_case", JM_NO_ARGS), 0);
    CHECK_EQ(new_code(), JM_CODE_NONE);
    in.grant_type = JM_BYTES("password");
    CHECK_EQ(redeem(&phone), JM_OAUTH_GRANT_TYPE);
    in.grant_type = jm_none();
    CHECK_EQ(redeem(&phone), JM_OAUTH_GRANT_TYPE);
    in.grant_type = JM_BYTES("refresh_token");
    in.grant_code = in.match_code = jm_none();
    CHECK_EQ(redeem(&phone), JM_OAUTH_PARAMETER);
    in.grant_type = JM_BYTES(PRE);
    in.match_code = jm_str(digits);
    in.grant_code = jm_none();
    CHECK_EQ(redeem(&phone), JM_OAUTH_PARAMETER);
    in.grant_code = grant_code;
    in.match_code = jm_none();
    CHECK_EQ(redeem(&phone), JM_VCI_TX_CODE_MISSING);
    in.match_code = jm_str(digits);
    in.grant_code = JM_BYTES("another");
    CHECK_EQ(redeem(&phone), JM_VCI_CODE_UNKNOWN);
    CHECK_EQ(tokens(), 0);
    in.grant_code = grant_code;
    CHECK_EQ(redeem(&second), JM_VCI_TICKET_TAKEN);
    CHECK_EQ(tokens(), 0);
    CHECK_EQ(redeem(&phone), JM_CODE_NONE);
    CHECK_EQ(tokens(), 2);
    CHECK_OK(jm_grant_find(&O->is, jm_str(got.access), &g, &O->mem));
    CHECK(g.has_case && memcmp(&g.desk_case, &opened.c.id, 16) == 0);
    office_end();
}

/* I-02: whatever was wrong with them; the right one comes too late then. */
TEST(five_wrong_codes_end_it)
{
    begin_bound();
    const struct jm_bytes right = jm_str(digits);
    static const char *const wrong[] = {"1234567", "12345", "", "abcdef"};
    for (int i = 0; i < JM_MATCH_TRIES_MAX; i++) {
        in.match_code = i < 4 ? jm_str(wrong[i]) : JM_BYTES("x");
        CHECK_EQ(redeem(&phone),
                 i + 1 < JM_MATCH_TRIES_MAX ? JM_VCI_TX_CODE_WRONG : JM_VCI_TX_CODE_EXHAUSTED);
    }
    in.match_code = right;
    CHECK_EQ(redeem(&phone), JM_VCI_TX_CODE_EXHAUSTED);
    CHECK_EQ(tokens(), 0);
    office_end();
}

TEST(a_code_ends_with_its_case)
{
    begin_bound();
    O->now += JM_CASE_TTL_S - 1;
    CHECK_EQ(redeem(&phone), JM_CODE_NONE);
    office_end();
    begin_bound();
    O->now += JM_CASE_TTL_S;
    CHECK_EQ(redeem(&phone), JM_VCI_CODE_EXPIRED);
    CHECK_EQ(tokens(), 0);
    office_end();
    begin_bound();
    MUST(jm_desk_cancel(DESK(&kim, &d), &opened.c.id));
    CHECK_EQ(redeem(&phone), JM_VCI_CODE_EXPIRED);
    office_end();
}

/* D-455: its answer was lost on the way: the same phone with the same codes, until it has a card;
 * nobody else, ever. */
TEST(once_more_for_the_same_phone_alone)
{
    struct jm_grant g;

    begin_bound();
    CHECK_EQ(redeem(&phone), JM_CODE_NONE);
    const struct jm_bytes first = exact(jm_str(got.access));
    CHECK_EQ(redeem(&second), JM_VCI_TICKET_TAKEN);
    CHECK(clerk_hears_of_a_second());
    CHECK_OK(jm_grant_find(&O->is, first, &g, &O->mem));
    in.match_code = JM_BYTES("x");
    CHECK_EQ(redeem(&phone), JM_VCI_CODE_USED);
    CHECK_OK(jm_grant_find(&O->is, first, &g, &O->mem));
    in.match_code = jm_str(digits);
    CHECK_EQ(redeem(&phone), JM_CODE_NONE);
    /* its first tokens end */
    CHECK_ST(jm_grant_find(&O->is, first, &g, &O->mem), JM_E_UNAUTHENTICATED);
    office_run("UPDATE desk_case SET state = 4", JM_NO_ARGS);
    CHECK_EQ(redeem(&phone), JM_VCI_CODE_USED);
    CHECK_EQ(redeem(&second), JM_VCI_TICKET_TAKEN);
    office_end();
}

/* A case that goes between the look at it and the transaction: the grant code is unknown, as if it
 * had never been. */
static enum jm_status sign_and_drop(void *ctx, enum jm_sign_op op, enum jm_purpose purpose,
                                    struct jm_bytes key, const struct jm_list *list,
                                    struct jm_list *out)
{
    if (op == JM_MAC)
        office_run("DELETE FROM desk_case", JM_NO_ARGS);
    return office_sign(ctx, op, purpose, key, list, out);
}

TEST(a_case_that_goes_meanwhile)
{
    begin_bound();
    O->signer.call = sign_and_drop;
    CHECK_EQ(redeem(&phone), JM_VCI_CODE_UNKNOWN);
    CHECK_EQ(tokens(), 0);
    office_end();
}

TEST(a_match_code_is_six_digits)
{
    uint8_t mac[32];

    begin();
    CHECK_EQ(new_code(), JM_DESK_NOT_BOUND);
    CHECK_OK(jm_match_code_mac(mac, &O->is.base.env, &opened.c.id, JM_BYTES("123456")));
    CHECK_ST(jm_match_code_mac(mac, &O->is.base.env, &opened.c.id, JM_BYTES("12345")),
             JM_E_MALFORMED);
    CHECK_ST(jm_match_code_mac(mac, &O->is.base.env, &opened.c.id, JM_BYTES("1234567")),
             JM_E_MALFORMED);
    CHECK_ST(jm_match_code_mac(mac, &O->is.base.env, &opened.c.id, jm_none()), JM_E_MALFORMED);
    office_end();
}

/* -- loss codes -- */

static enum jm_code report(const char *typed, const char *what)
{
    struct jm_loss_res told;

    d = (struct jm_diag){.code = JM_CODE_NONE};
    enum jm_status st = jm_loss_report(&O->is, jm_str(typed), jm_str(what), &told, &O->mem, &d);
    CHECK_EQ(st == JM_OK, d.code == JM_CODE_NONE);
    return d.code;
}

TEST(loss_codes_as_they_are_typed)
{
    uint8_t mac[32], again[32];
    char text[26], typed[64];

    office_begin("2025-05-01T12:00:00+09:00");
    const struct jm_env *env = &O->is.base.env;
    MUST(jm_loss_code_new(text, env));
    CHECK_OK(jm_loss_code_mac(env, jm_str(text), mac));
    snprintf(typed, sizeof typed, " %.5s %.19s", text, text + 6);
    CHECK_OK(jm_loss_code_mac(env, jm_str(typed), again));
    CHECK(memcmp(mac, again, 32) == 0);
    /* one short, one long, one changed */
    CHECK_ST(jm_loss_code_mac(env, jm_slice(jm_str(text), 0, 24), again), JM_E_MALFORMED);
    snprintf(typed, sizeof typed, "%s%c", text, text[24]);
    CHECK_ST(jm_loss_code_mac(env, jm_str(typed), again), JM_E_MALFORMED);
    memset(typed, text[0], sizeof typed);
    CHECK_ST(jm_loss_code_mac(env, jm_bytes(typed, sizeof typed), again), JM_E_MALFORMED);
    for (size_t i = 0; i < 25; i++) {
        if (text[i] == '-')
            continue;
        snprintf(typed, sizeof typed, "%s", text);
        typed[i] = typed[i] == '7' ? '8' : '7';
        CHECK_ST(jm_loss_code_mac(env, jm_str(typed), again), JM_E_MALFORMED);
        typed[i] = 'U'; /* not of the alphabet */
        CHECK_ST(jm_loss_code_mac(env, jm_str(typed), again), JM_E_MALFORMED);
    }
    CHECK_ST(jm_loss_code_mac(env, jm_none(), again), JM_E_MALFORMED);
    CHECK_EQ(report("nonsense", "phone"), JM_LOSS_CODE_UNKNOWN);
    CHECK_EQ(report(text, "phone"), JM_LOSS_CODE_UNKNOWN); /* well formed, and nobody's */
    CHECK_EQ(report(text, "shoe"), JM_LOSS_WHAT);
    office_end();
}
