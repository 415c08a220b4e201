/* SPDX-License-Identifier: Apache-2.0 */
/* The front door: what may be pushed, who signs in, whose code it is (I-05, I-06, I-07, I-08, I-19;
 * RFC 9126, RFC 7636, RFC 9207). */
#include "unit/service/office.h"

#include "jumin/oauth.h"
#include "service/issuance/parts.h"

#define VERIFIER "abcdefghijklmnopqrstuvwxyz-._~ABCDEFGHIJKLMNOP0123"
#define BACK "https://wallet.example/back?a=b"

static struct jm_person person;
static struct jm_client phone, second;
static struct jm_dpop dpop, other_dpop;
static struct jm_diag d;
static struct jm_par_req par;
static struct jm_authorize_req page;
static struct jm_bytes uri, sent_to;
static struct jm_token_req in;
static struct jm_token_res got;

static const struct jm_actor clerk = {{(const uint8_t *)"operator", 8},
                                      {(const uint8_t *)"local", 5}};

/* How many rows of the audit log say that, of the person or of nobody known. */
static int64_t audited(const char *act, const char *outcome, bool known, const char *reason)
{
    return office_number("SELECT count(*) FROM audit WHERE act = $1 AND outcome = $2 AND "
                         "COALESCE(subject, x'') = $3 AND reason = "
                         "$4",
                         JM_ARGS(JM_T(jm_str(act)), JM_T(jm_str(outcome)),
                                 known ? JM_ID(&person.id) : JM_B(JM_BYTES("")),
                                 JM_T(jm_str(reason))));
}

static void begin(void)
{
    uint8_t hash[32];

    office_begin("2025-04-15T10:00:00+09:00");
    person = office_citizen();
    office_add(&person);
    memset(&phone, 0, sizeof phone);
    memset(&second, 0, sizeof second);
    phone.sub = second.sub = JM_BYTES("kr-wallet");
    memset(phone.jkt, 1, 32);
    memset(second.jkt, 2, 32);
    memset(dpop.jkt, 3, 32);
    memset(other_dpop.jkt, 4, 32);
    MUST(jm_sha256(&jm_crypto_openssl, JM_BYTES(VERIFIER), hash));
    par = (struct jm_par_req){.response_type = JM_BYTES("code"),
                              .client_id = phone.sub,
                              .redirect_uri = JM_BYTES(BACK),
                              .method = JM_BYTES("S256"),
                              .scope = JM_BYTES("openid resident-sdjwt photoid-mdoc"),
                              .state = JM_BYTES("a b&c")};
    MUST(jm_b64url_encode(&par.challenge, &O->mem, jm_bytes(hash, 32)));
    MUST(jm_login_put(&O->is, &person.id, JM_BYTES("kim"), JM_BYTES("right one"), false, &clerk,
                      &O->mem, &d));
}

static enum jm_code push_with(const struct jm_dpop *proof)
{
    d = (struct jm_diag){.code = JM_CODE_NONE};
    enum jm_status st = jm_par_push(&O->is, &uri, &phone, proof, &par, &O->mem, &d);

    CHECK_EQ(st == JM_OK, d.code == JM_CODE_NONE);
    page = (struct jm_authorize_req){.client_id = phone.sub,
                                     .request_uri = uri,
                                     .login = JM_BYTES("kim"),
                                     .password = JM_BYTES("right one"),
                                     .approve = true};
    return d.code;
}

static enum jm_code push(void)
{
    return push_with(&dpop);
}

static enum jm_code look(void)
{
    struct jm_authorize_look out;

    d = (struct jm_diag){.code = JM_CODE_NONE};
    enum jm_status st = jm_authorize_read(&O->is, &out, &page, &O->mem, &d);
    CHECK_EQ(st == JM_OK, d.code == JM_CODE_NONE);
    return d.code;
}

static enum jm_code decide(void)
{
    size_t at;

    d = (struct jm_diag){.code = JM_CODE_NONE};
    sent_to = jm_none();
    enum jm_status st = jm_authorize_decide(&O->is, &sent_to, &page, &O->mem, &d);
    CHECK_EQ(st == JM_OK, d.code == JM_CODE_NONE);
    at = jm_bytes_find(sent_to, JM_BYTES("code="));
    in = (struct jm_token_req){.grant_type = JM_BYTES("authorization_code"),
                               .code = at == SIZE_MAX ? jm_none() : jm_slice(sent_to, at + 5, 43),
                               .redirect_uri = JM_BYTES(BACK),
                               .verifier = JM_BYTES(VERIFIER)};
    return d.code;
}

static enum jm_code redeem(const struct jm_client *c, const struct jm_dpop *by)
{
    d = (struct jm_diag){.code = JM_CODE_NONE};
    enum jm_status st = jm_token_redeem(&O->is, &got, c, by, &in, &O->mem, &d);

    CHECK_EQ(st == JM_OK, d.code == JM_CODE_NONE);
    return d.code;
}

static int64_t tokens(void)
{
    return office_number("SELECT count(*) FROM token", JM_NO_ARGS);
}

/* Pushed, signed in: a code is there. */
static void code(void)
{
    begin();
    CHECK_EQ(push(), JM_CODE_NONE);
    CHECK_EQ(look(), JM_CODE_NONE);
    CHECK_EQ(decide(), JM_CODE_NONE);
}

TEST(I_05_a_code_is_for_who_pushed_and_gives_tokens_once)
{
    struct jm_grant g;

    code();
    CHECK_EQ(redeem(&phone, &dpop), JM_CODE_NONE);
    CHECK_EQ(tokens(), 2);
    CHECK_OK(jm_grant_find(&O->is, jm_str(got.access), &g, &O->mem));
    CHECK(jm_bytes_eq_str(g.scope, "resident-sdjwt photoid-mdoc") && g.details.len == 0);
    CHECK(memcmp(g.instance, phone.jkt, 32) == 0 && memcmp(g.jkt, dpop.jkt, 32) == 0);
    CHECK(got.refresh[0] != 0 && got.details.len == 0);
    /* once more: what it gave ends */
    CHECK_EQ(redeem(&phone, &dpop), JM_OAUTH_CODE_USED);
    CHECK_EQ(tokens(), 0);
    office_end();
}

/* A request for copies that is under way finds its case ended; a card that is there stays. */
TEST(I_05_a_second_use_ends_the_case_that_has_no_card)
{
    code();
    CHECK_EQ(redeem(&phone, &dpop), JM_CODE_NONE);
    CHECK_EQ(redeem(&phone, &dpop), JM_OAUTH_CODE_USED);
    CHECK_EQ(office_number("SELECT count(*) FROM desk_case WHERE state = $1 AND reason = "
                           "'CODE_USED'",
                           JM_ARGS(JM_I(JM_CASE_CANCELLED))),
             1);
    CHECK_EQ(redeem(&phone, &dpop), JM_OAUTH_CODE); /* over */
    office_end();
    code();
    CHECK_EQ(redeem(&phone, &dpop), JM_CODE_NONE);
    office_run("UPDATE desk_case SET state = $1", JM_ARGS(JM_I(JM_CASE_ISSUED)));
    CHECK_EQ(redeem(&phone, &dpop), JM_OAUTH_CODE_USED);
    CHECK_EQ(redeem(&phone, &dpop), JM_OAUTH_CODE_USED);
    CHECK_EQ(office_number("SELECT state FROM desk_case", JM_NO_ARGS), JM_CASE_ISSUED);
    CHECK_EQ(tokens(), 0);
    office_end();
}

TEST(I_05_a_code_is_nobody_elses)
{
    const struct jm_bytes code_was = JM_BYTES("");
    struct jm_client other;

    code();
    CHECK_EQ(redeem(&second, &dpop), JM_OAUTH_CODE_BINDING); /* replay by another instance */
    CHECK_EQ(redeem(&phone, &other_dpop), JM_OAUTH_CODE_BINDING);
    other = phone;
    other.sub = JM_BYTES("another-wallet");
    CHECK_EQ(redeem(&other, &dpop), JM_OAUTH_CODE_BINDING);
    in.redirect_uri = JM_BYTES("https://wallet.example/back");
    CHECK_EQ(redeem(&phone, &dpop), JM_OAUTH_REDIRECT_OTHER);
    in.redirect_uri = code_was;
    CHECK_EQ(redeem(&phone, &dpop), JM_OAUTH_REDIRECT_OTHER);
    in.redirect_uri = jm_none();
    CHECK_EQ(redeem(&phone, &dpop), JM_OAUTH_PARAMETER);
    in.redirect_uri = JM_BYTES(BACK);
    in.verifier = jm_none(); /* PKCE left out */
    CHECK_EQ(redeem(&phone, &dpop), JM_OAUTH_PKCE_WRONG);
    in.verifier = par.challenge; /* as if it had been plain */
    CHECK_EQ(redeem(&phone, &dpop), JM_OAUTH_PKCE_WRONG);
    in.verifier = JM_BYTES(VERIFIER "x");
    CHECK_EQ(redeem(&phone, &dpop), JM_OAUTH_PKCE_WRONG);
    in.verifier = JM_BYTES(VERIFIER);
    in.match_code = JM_BYTES("123456"); /* I-03 */
    CHECK_EQ(redeem(&phone, &dpop), JM_OAUTH_PARAMETER);
    in.match_code = jm_none();
    in.refresh_token = JM_BYTES("x");
    CHECK_EQ(redeem(&phone, &dpop), JM_OAUTH_PARAMETER);
    in.refresh_token = jm_none();
    struct jm_token_req was = in;
    /* the other kind of code */
    in = (struct jm_token_req){.grant_type = JM_BYTES(JM_GRANT_PRE_AUTHORIZED),
                               .grant_code = was.code,
                               .match_code = JM_BYTES("123456")};
    CHECK_EQ(redeem(&phone, &dpop), JM_VCI_CODE_UNKNOWN);
    in = was;
    O->behind = true;
    CHECK_EQ(redeem(&phone, &dpop), JM_VCI_CLOCK);
    O->behind = false;
    CHECK_EQ(tokens(), 0);
    CHECK_EQ(redeem(&phone, &dpop), JM_CODE_NONE); /* and nothing of that has consumed it */
    office_end();
}

/* I-03: what belongs to another grant is refused, whichever of the two is named. */
TEST(I_03_one_grant_at_a_time)
{
    static const struct {
        const char *type;
        struct jm_token_req more;
    } rows[] = {
        {"authorization_code", {.grant_code = {(const uint8_t *)"x", 1}}},
        {"authorization_code", {.refresh_token = {(const uint8_t *)"x", 1}}},
        {"authorization_code", {.match_code = {(const uint8_t *)"123456", 6}}},
        {"refresh_token", {.grant_code = {(const uint8_t *)"x", 1}}},
        {"refresh_token", {.match_code = {(const uint8_t *)"123456", 6}}},
        {"refresh_token", {.code = {(const uint8_t *)"x", 1}}},
        {"refresh_token", {.redirect_uri = {(const uint8_t *)"x", 1}}},
        {"refresh_token", {.verifier = {(const uint8_t *)"x", 1}}},
        {JM_GRANT_PRE_AUTHORIZED, {.refresh_token = {(const uint8_t *)"x", 1}}},
        {JM_GRANT_PRE_AUTHORIZED, {.code = {(const uint8_t *)"x", 1}}},
        {JM_GRANT_PRE_AUTHORIZED, {.redirect_uri = {(const uint8_t *)"x", 1}}},
        {JM_GRANT_PRE_AUTHORIZED, {.verifier = {(const uint8_t *)"x", 1}}},
    };
    struct jm_bytes right, refresh;

    code();
    CHECK_EQ(redeem(&phone, &dpop), JM_CODE_NONE);
    MUST(jm_dup(&refresh, &O->mem, jm_str(got.refresh)));
    CHECK_EQ(push(), JM_CODE_NONE);
    CHECK_EQ(decide(), JM_CODE_NONE);
    right = in.code;
    for (size_t i = 0; i < JM_ARRAY_LEN(rows); i++) {
        in = rows[i].more;
        in.grant_type = jm_str(rows[i].type);
        if (strcmp(rows[i].type, "refresh_token") == 0) {
            in.refresh_token = refresh;
        } else if (strcmp(rows[i].type, "authorization_code") == 0) {
            in.code = right;
            in.redirect_uri = JM_BYTES(BACK);
            in.verifier = JM_BYTES(VERIFIER);
        } else {
            in.grant_code = JM_BYTES("none");
            in.match_code = JM_BYTES("123456");
        }
        CHECK_EQ(redeem(&phone, &dpop), JM_OAUTH_PARAMETER);
    }
    office_end();
}

TEST(I_05_a_code_lives_a_minute)
{
    code();
    O->now += JM_CODE_TTL_S - 1;
    CHECK_EQ(redeem(&phone, &dpop), JM_CODE_NONE);
    office_end();
    code();
    O->now += JM_CODE_TTL_S;
    CHECK_EQ(redeem(&phone, &dpop), JM_OAUTH_CODE);
    in.code = JM_BYTES("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA");
    CHECK_EQ(redeem(&phone, &dpop), JM_OAUTH_CODE);
    in.code = jm_none();
    CHECK_EQ(redeem(&phone, &dpop), JM_OAUTH_PARAMETER);
    office_end();
}

/* A code that was injected: of another person's request, into this wallet's answer. */
TEST(I_19_a_code_of_another_request_does_not_fit)
{
    struct jm_bytes theirs;

    code();
    theirs = in.code;
    phone.jkt[0] ^= 1; /* the attacker's code was bound to the attacker's wallet */
    CHECK_EQ(push(), JM_CODE_NONE);
    CHECK_EQ(decide(), JM_CODE_NONE);
    in.code = theirs;
    CHECK_EQ(redeem(&phone, &dpop), JM_OAUTH_CODE_BINDING);
    office_end();
}

TEST(I_06_what_was_pushed_is_one_clients_until_it_is_decided)
{
    struct jm_bytes was;

    begin();
    CHECK_EQ(push(), JM_CODE_NONE);
    CHECK(jm_bytes_starts(uri, JM_BYTES(JM_REQUEST_URI)));
    CHECK_EQ(uri.len, sizeof JM_REQUEST_URI - 1 + 43);
    was = page.request_uri;
    page.client_id = JM_BYTES("another-wallet");
    CHECK_EQ(look(), JM_OAUTH_REQUEST_URI);
    CHECK_EQ(decide(), JM_OAUTH_REQUEST_URI);
    page.client_id = phone.sub;
    page.request_uri = jm_slice(was, 0, was.len - 1);
    CHECK_EQ(look(), JM_OAUTH_REQUEST_URI);
    page.request_uri = jm_slice(was, 1, SIZE_MAX);
    CHECK_EQ(look(), JM_OAUTH_REQUEST_URI);
    page.request_uri = was;
    CHECK_EQ(look(), JM_CODE_NONE);
    CHECK_EQ(look(), JM_CODE_NONE); /* a reload */
    CHECK_EQ(decide(), JM_CODE_NONE);
    CHECK_EQ(look(), JM_OAUTH_REQUEST_URI); /* spent when it was decided */
    CHECK_EQ(decide(), JM_OAUTH_REQUEST_URI);
    page.approve = false;
    CHECK_EQ(decide(), JM_OAUTH_REQUEST_URI);
    office_end();
}

TEST(I_06_it_ends)
{
    begin();
    CHECK_EQ(push(), JM_CODE_NONE);
    O->now += JM_PUSHED_TTL_S;
    CHECK_EQ(look(), JM_OAUTH_REQUEST_URI);
    CHECK_EQ(push(), JM_CODE_NONE);
    CHECK_EQ(look(), JM_CODE_NONE); /* opened in its time: who reads has time to */
    O->now += JM_PUSHED_PAGE_TTL_S - 1;
    CHECK_EQ(look(), JM_CODE_NONE);
    O->now += 1;
    CHECK_EQ(look(), JM_OAUTH_REQUEST_URI);
    CHECK_EQ(decide(), JM_OAUTH_REQUEST_URI);
    office_end();
}

static int64_t waits_until(void)
{
    return office_number("SELECT max(expires) FROM pushed", JM_NO_ARGS);
}

static enum jm_status write_nothing(struct jm_store *s, struct jm_tx *tx, jm_tx_fn *fn, void *arg)
{
    (void)s, (void)tx, (void)fn, (void)arg;
    CHECK(false);
    return JM_E_UNAVAILABLE;
}

/* Anybody may open the page's address, as often as they like: that must not be as many writes. */
TEST(I_06_only_the_first_look_is_written)
{
    begin();
    CHECK_EQ(push(), JM_CODE_NONE);
    CHECK_EQ(waits_until(), O->now + JM_PUSHED_TTL_S);
    CHECK_EQ(look(), JM_CODE_NONE);
    CHECK_EQ(waits_until(), O->now + JM_PUSHED_PAGE_TTL_S);
    const struct jm_store_ops *all = O->store->ops;
    struct jm_store_ops readers = *all;
    readers.write = write_nothing;
    O->store->ops = &readers;
    CHECK_EQ(look(), JM_CODE_NONE);
    page.request_uri = JM_BYTES(JM_REQUEST_URI "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA");
    CHECK_EQ(look(), JM_OAUTH_REQUEST_URI);
    O->store->ops = all;
    office_end();
}

TEST(I_07_every_answer_says_whose_it_is)
{
    begin();
    CHECK_EQ(push(), JM_CODE_NONE);
    CHECK_EQ(decide(), JM_CODE_NONE);
    CHECK(jm_bytes_starts(sent_to, JM_BYTES(BACK "&code=")));
    CHECK(jm_bytes_find(sent_to, JM_BYTES("&iss=https%3A%2F%2Fissuer.example&state=a%20b%26c")) !=
          SIZE_MAX);
    par.redirect_uri = JM_BYTES("kr.example.wallet:/back");
    par.state = jm_none();
    CHECK_EQ(push(), JM_CODE_NONE);
    page.approve = false;
    page.login = page.password = jm_none(); /* who declines need not sign in */
    CHECK_EQ(decide(), JM_CODE_NONE);
    CHECK(jm_bytes_eq_str(sent_to, "kr.example.wallet:/back?error=access_denied&iss=https%3A%2F%2F"
                                   "issuer.example"));
    office_end();
}

TEST(who_signs_in_is_who_they_say)
{
    static const struct {
        const char *login, *password;
    } rows[] = {{"kim", "wrong one"}, {"kim", ""},         {"kin", "right one"}, {"", ""},
                {"kim", "right on"},  {"kimright", " one"}};

    for (size_t i = 0; i < JM_ARRAY_LEN(rows); i++) {
        begin();
        CHECK_EQ(push(), JM_CODE_NONE);
        page.login = jm_str(rows[i].login);
        page.password = jm_str(rows[i].password);
        ROW(CHECK_EQ(decide(), JM_OAUTH_LOGIN), rows[i].login);
        CHECK_EQ(office_number("SELECT count(*) FROM desk_case", JM_NO_ARGS), 0);
        ROW(CHECK_EQ(audited("SIGN_IN", "refused", strcmp(rows[i].login, "kim") == 0,
                             "JM_OAUTH_LOGIN"),
                     1),
            rows[i].login);
        page.login = JM_BYTES("kim");
        page.password = JM_BYTES("right one");
        CHECK_EQ(decide(), JM_CODE_NONE);
        office_end();
    }
    /* and nowhere but in a country of people who cannot exist */
    begin();
    CHECK_EQ(push(), JM_CODE_NONE);
    O->is.base.env.synthetic = false;
    CHECK_EQ(decide(), JM_OAUTH_LOGIN);
    d = (struct jm_diag){.code = JM_CODE_NONE};
    CHECK_ST(jm_login_put(&O->is, &person.id, JM_BYTES("kim"), JM_BYTES("x"), false, &clerk,
                          &O->mem, &d),
             JM_E_DENIED);
    CHECK_EQ(d.code, JM_REGISTER_SYNTHETIC);
    O->is.base.env.synthetic = true;
    person.id.octets[0] ^= 1;
    d = (struct jm_diag){.code = JM_CODE_NONE};
    CHECK_ST(jm_login_put(&O->is, &person.id, JM_BYTES("kim"), JM_BYTES("x"), false, &clerk,
                          &O->mem, &d),
             JM_E_ABSENT);
    CHECK_EQ(d.code, JM_REGISTER_NOT_FOUND);
    O->behind = true;
    CHECK_EQ(decide(), JM_VCI_CLOCK);
    office_end();
}

TEST(the_audit_log_tells_who_signed_in_and_who_may)
{
    begin();
    CHECK_EQ(audited("LOGIN_SET", "done", true, "kim"), 1);
    CHECK_EQ(push(), JM_CODE_NONE);
    CHECK_EQ(decide(), JM_CODE_NONE);
    CHECK_EQ(audited("SIGN_IN", "done", true, ""), 1);
    CHECK_EQ(decide(), JM_OAUTH_REQUEST_URI); /* of a stale address there is nothing to tell */
    CHECK_EQ(push(), JM_CODE_NONE);
    office_run("UPDATE person SET birth = '2020-01-01'", JM_NO_ARGS);
    CHECK_EQ(decide(), JM_ELIG_UNDER_17);
    CHECK_EQ(audited("SIGN_IN", "refused", true, "JM_ELIG_UNDER_17"), 1);
    page.approve = false; /* who declines has not signed in */
    CHECK_EQ(decide(), JM_CODE_NONE);
    CHECK_EQ(office_number("SELECT count(*) FROM audit WHERE act = 'SIGN_IN'", JM_NO_ARGS), 2);
    office_end();
}

TEST(who_may_not_have_a_card_gets_no_code)
{
    code(); /* a second one takes the place of the first */
    CHECK_EQ(push(), JM_CODE_NONE);
    CHECK_EQ(decide(), JM_CODE_NONE);
    CHECK_EQ(office_number("SELECT count(*) FROM desk_case WHERE state = 2", JM_NO_ARGS), 1);
    office_run("UPDATE desk_case SET centre = '3017000000'", JM_NO_ARGS); /* stands at a desk */
    CHECK_EQ(push(), JM_CODE_NONE);
    CHECK_EQ(decide(), JM_ELIG_CASE_OPEN);
    office_run("UPDATE desk_case SET state = 6", JM_NO_ARGS);
    CHECK_EQ(decide(), JM_CODE_NONE);
    CHECK_EQ(push(), JM_CODE_NONE);
    office_run("UPDATE physical_card SET state = 4", JM_NO_ARGS);
    CHECK_EQ(decide(), JM_ELIG_CARD_LOST);
    office_end();
}

static void hold_card(const struct jm_id *card, int kind)
{
    office_run("INSERT INTO hold (card, kind, channel, actor, opened) VALUES ($1, $2, 'x', 'x', 1)",
               JM_ARGS(JM_ID(card), JM_I(kind)));
}

/* D-271: nobody from afar sheds what the loss code said of the plastic. D-177: nor what the
 * authority said of the card. */
TEST(who_signs_in_sheds_no_hold_that_stays)
{
    static const struct {
        int kind;
        enum jm_code code;
    } rows[] = {{JM_HOLD_LOST_PLASTIC, JM_ELIG_CARD_LOST},
                {JM_HOLD_FRAUD, JM_VCI_CARD_NOT_ACTIVE},
                {JM_HOLD_LEGAL, JM_VCI_CARD_NOT_ACTIVE},
                {JM_HOLD_SELF_LOCK, JM_CODE_NONE},
                {JM_HOLD_LOST_PHONE, JM_CODE_NONE}};

    for (size_t i = 0; i < JM_ARRAY_LEN(rows); i++) {
        begin();
        struct jm_id card = office_issue(&person);
        office_run("UPDATE card SET state = 3", JM_NO_ARGS);
        hold_card(&card, rows[i].kind);
        CHECK_EQ(push(), JM_CODE_NONE);
        CHECK_EQ(decide(), rows[i].code);
        CHECK_EQ(office_number("SELECT count(*) FROM desk_case", JM_NO_ARGS),
                 rows[i].code == JM_CODE_NONE ? 1 : 0);
        /* one that is closed, or of a card that has ended, is none */
        office_run("UPDATE hold SET closed = 2", JM_NO_ARGS);
        CHECK_EQ(push(), JM_CODE_NONE);
        CHECK_EQ(decide(), JM_CODE_NONE);
        office_end();
    }
}

/* The phone's other card stays on it: what holds that one does not hold this one. */
TEST(D_177_a_hold_on_a_card_of_another_type_counts_where_it_would_end)
{
    begin();
    struct jm_id card = office_issue(&person);
    office_run("UPDATE card SET type = 'other'", JM_NO_ARGS);
    hold_card(&card, JM_HOLD_FRAUD);
    CHECK_EQ(push(), JM_CODE_NONE);
    CHECK_EQ(decide(), JM_VCI_CARD_NOT_ACTIVE);
    office_run("UPDATE device SET jkt = $1", JM_ARGS(JM_B(jm_bytes(phone.jkt, 32))));
    CHECK_EQ(decide(), JM_CODE_NONE);
    office_end();
}

static struct jm_bytes some(char c, size_t n)
{
    uint8_t *p = test_malloc(n);

    memset(p, c, n);
    return jm_bytes(p, n);
}

TEST(I_06_what_may_be_pushed)
{
    static const struct {
        const char *redirect_uri;
        enum jm_code code;
    } rows[] = {{"https://wallet.example/back", JM_CODE_NONE},
                {"https://wallet.example:8443/back?x=1,2", JM_CODE_NONE},
                {"http://127.0.0.1:4000/back", JM_CODE_NONE}, /* of a synthetic country */
                {"kr.example.wallet:/back", JM_CODE_NONE},
                {"http://wallet.example/back", JM_OAUTH_REDIRECT_URI},
                {"https://wallet.example/back#fragment", JM_OAUTH_REDIRECT_URI},
                {"https://user@wallet.example/back", JM_OAUTH_REDIRECT_URI},
                {"https://wallet.example;x/", JM_OAUTH_REDIRECT_URI},
                {"javascript:alert(1)", JM_OAUTH_REDIRECT_URI},
                {"data:text/html,x", JM_OAUTH_REDIRECT_URI},
                {"wallet:/back", JM_OAUTH_REDIRECT_URI},
                {"//wallet.example/back", JM_OAUTH_REDIRECT_URI},
                {"", JM_OAUTH_REDIRECT_URI},
                {"https://wallet.example/a b", JM_OAUTH_REDIRECT_URI},
                {"https://wallet.example/a\"b", JM_OAUTH_REDIRECT_URI}};

    begin();
    for (size_t i = 0; i < JM_ARRAY_LEN(rows); i++) {
        par.redirect_uri = jm_str(rows[i].redirect_uri);
        ROW(CHECK_EQ(push(), rows[i].code), rows[i].redirect_uri);
    }
    par.redirect_uri = jm_none();
    CHECK_EQ(push(), JM_OAUTH_REDIRECT_URI);
    par.redirect_uri = JM_BYTES("http://127.0.0.1:4000/back");
    O->is.base.env.synthetic = false;
    CHECK_EQ(push(), JM_OAUTH_REDIRECT_URI);
    par.redirect_uri = JM_BYTES(BACK);
    par.request_uri = uri;
    CHECK_EQ(push(), JM_OAUTH_REQUEST_PUSHED);
    par.request_uri = jm_none();
    par.client_id = JM_BYTES("another-wallet");
    CHECK_EQ(push(), JM_OAUTH_CLIENT_ID);
    par.client_id = jm_none();
    CHECK_EQ(push(), JM_OAUTH_CLIENT_ID);
    par.client_id = phone.sub;
    par.response_type = JM_BYTES("token");
    CHECK_EQ(push(), JM_OAUTH_RESPONSE_TYPE);
    par.response_type = jm_none();
    CHECK_EQ(push(), JM_OAUTH_RESPONSE_TYPE);
    office_end();
}

TEST(I_05_pkce_is_s256)
{
    struct jm_bytes was;

    begin();
    was = par.challenge;
    par.method = JM_BYTES("plain");
    CHECK_EQ(push(), JM_OAUTH_PKCE);
    par.method = jm_none();
    CHECK_EQ(push(), JM_OAUTH_PKCE);
    par.method = JM_BYTES("S256");
    par.challenge = jm_none();
    CHECK_EQ(push(), JM_OAUTH_PKCE);
    par.challenge = jm_slice(was, 0, 42);
    CHECK_EQ(push(), JM_OAUTH_PKCE);
    par.challenge = some('!', 43);
    CHECK_EQ(push(), JM_OAUTH_PKCE);
    office_end();
}

TEST(I_05_dpop_jkt_is_the_key_of_the_proof)
{
    begin();
    MUST(jm_b64url_encode(&par.dpop_jkt, &O->mem, jm_bytes(dpop.jkt, 32)));
    CHECK_EQ(push(), JM_CODE_NONE);
    MUST(jm_b64url_encode(&par.dpop_jkt, &O->mem, jm_bytes(other_dpop.jkt, 32)));
    CHECK_EQ(push(), JM_OAUTH_DPOP_JKT);
    par.dpop_jkt = JM_BYTES("short");
    CHECK_EQ(push(), JM_OAUTH_PARAMETER);
    par.dpop_jkt = jm_none();
    memcpy(dpop.jkt, phone.jkt, 32);
    CHECK_EQ(push(), JM_OAUTH_KEY_ROLE);
    office_end();
}

TEST(what_is_asked_for_is_issued_here)
{
    static const struct {
        const char *scope, *details;
        enum jm_code code;
    } rows[] = {
        {"resident-sdjwt", NULL, JM_CODE_NONE},
        {"a resident-sdjwt b", NULL, JM_CODE_NONE},
        {"a  b ", NULL, JM_OAUTH_SCOPE},
        {NULL, NULL, JM_OAUTH_SCOPE},
        {"RESIDENT-SDJWT", NULL, JM_OAUTH_SCOPE},
        {"x",
         "[{\"type\":\"openid_credential\",\"credential_configuration_id\":\"resident-sdjwt\","
         "\"locations\":[\"https://issuer.example\"]}]",
         JM_CODE_NONE},
        {NULL, "[{\"type\":\"openid_credential\",\"credential_configuration_id\":\"none\"}]",
         JM_OAUTH_DETAILS},
        {NULL, "[{\"type\":\"openid_credential\"}]", JM_OAUTH_DETAILS},
        {NULL, "[{\"type\":\"payment\",\"credential_configuration_id\":\"resident-sdjwt\"}]",
         JM_OAUTH_DETAILS},
        {"resident-sdjwt", "[]", JM_OAUTH_DETAILS},
        {"resident-sdjwt", "{}", JM_OAUTH_DETAILS},
        {"resident-sdjwt", "[1]", JM_OAUTH_DETAILS},
        {"resident-sdjwt", "[{\"type\":1}]", JM_OAUTH_DETAILS},
        {"resident-sdjwt", "x", JM_OAUTH_DETAILS},
        {"resident-sdjwt", "", JM_OAUTH_DETAILS},
    };

    begin();
    for (size_t i = 0; i < JM_ARRAY_LEN(rows); i++) {
        par.scope = rows[i].scope == NULL ? jm_none() : jm_str(rows[i].scope);
        par.details = rows[i].details == NULL ? jm_none() : jm_str(rows[i].details);
        ROW(CHECK_EQ(push(), rows[i].code), rows[i].details == NULL ? "scope" : rows[i].details);
    }
    office_end();
}

/* -- I-08: granted A, asked for B -- */

static enum jm_code ask(const char *identifier, const char *configuration)
{
    char text[2][64];
    const struct jm_json *j[2] = {NULL, NULL};
    struct jm_credential_req req = {.proofs = NULL};
    struct jm_credential_res out;
    struct jm_grant g;

    CHECK_OK(jm_grant_find(&O->is, jm_str(got.access), &g, &O->mem));
    snprintf(text[0], sizeof text[0], "\"%s\"", identifier == NULL ? "" : identifier);
    snprintf(text[1], sizeof text[1], "\"%s\"", configuration == NULL ? "" : configuration);
    for (size_t i = 0; i < 2; i++) {
        struct jm_bytes own;

        MUST(jm_dup(&own, &O->mem, jm_str(text[i])));
        MUST(jm_json_parse(&j[i], own, &O->mem, NULL));
    }
    req.identifier = identifier == NULL ? NULL : j[0];
    req.configuration = configuration == NULL ? NULL : j[1];
    d = (struct jm_diag){.code = JM_CODE_NONE};
    CHECK(jm_credential_issue(&O->is, &out, &g, &req, &O->mem, &d) != JM_OK);
    return d.code;
}

TEST(I_08_a_token_is_for_what_was_granted)
{
    begin();
    par.scope = JM_BYTES("resident-sdjwt");
    CHECK_EQ(push(), JM_CODE_NONE);
    CHECK_EQ(decide(), JM_CODE_NONE);
    CHECK_EQ(redeem(&phone, &dpop), JM_CODE_NONE);
    /* what is allowed gets as far as its proofs */
    CHECK_EQ(ask(NULL, "resident-sdjwt"), JM_VCI_PROOF_MISSING);
    CHECK_EQ(ask(NULL, "photoid-mdoc"), JM_OAUTH_NOT_GRANTED);
    CHECK_EQ(ask("photoid-mdoc:card", NULL), JM_OAUTH_NOT_GRANTED);
    CHECK_EQ(ask("resident-sdjwt:card", NULL), JM_VCI_REQUEST_FORM);
    CHECK_EQ(ask("resident-sdjwt", NULL), JM_VCI_IDENTIFIER_UNKNOWN);
    CHECK_EQ(ask("card", NULL), JM_VCI_IDENTIFIER_UNKNOWN);
    CHECK_EQ(ask(NULL, "none"), JM_VCI_CONFIGURATION_UNKNOWN);
    CHECK_EQ(ask("resident-sdjwt:card", "resident-sdjwt"), JM_VCI_REQUEST_FORM);
    CHECK_EQ(ask(NULL, NULL), JM_VCI_REQUEST_FORM);
    office_end();
    begin();
    par.details = JM_BYTES(
        "[{\"type\":\"openid_credential\",\"credential_configuration_id\":\"resident-sdjwt\"}]");
    CHECK_EQ(push(), JM_CODE_NONE);
    CHECK_EQ(decide(), JM_CODE_NONE);
    CHECK_EQ(redeem(&phone, &dpop), JM_CODE_NONE);
    CHECK(jm_bytes_eq_str(got.details, "resident-sdjwt"));
    CHECK_EQ(ask("resident-sdjwt:card", NULL), JM_VCI_PROOF_MISSING);
    CHECK_EQ(ask(NULL, "resident-sdjwt"), JM_VCI_REQUEST_FORM); /* the detail wins over the scope */
    CHECK_EQ(ask(NULL, "photoid-mdoc"), JM_VCI_PROOF_MISSING);
    CHECK_EQ(ask("photoid-mdoc:card", NULL), JM_VCI_REQUEST_FORM);
    office_end();
}

/* -- renewal: D-250 -- */

static struct jm_renewed renewed;

static enum jm_code renew(const struct jm_client *c, const struct jm_dpop *by)
{
    d = (struct jm_diag){.code = JM_CODE_NONE};
    enum jm_status st = jm_renew(&O->is, &renewed, c, by, uri, &O->mem, &d);

    CHECK_EQ(st == JM_OK, d.code == JM_CODE_NONE);
    in = (struct jm_token_req){.grant_type = JM_BYTES("authorization_code"),
                               .code = renewed.code,
                               .redirect_uri = JM_BYTES(BACK),
                               .verifier = JM_BYTES(VERIFIER)};
    return d.code;
}

/* RFC 9449 10: pushed without a proof, proven with one. */
TEST(I_05_a_code_of_a_renewal_is_of_the_dpop_key_that_asked)
{
    begin();
    (void)office_issue(&person);
    office_run("UPDATE device SET jkt = $1", JM_ARGS(JM_B(jm_bytes(phone.jkt, 32))));
    O->now = office_number("SELECT expires FROM card", JM_NO_ARGS) - JM_DAY_S;
    CHECK_EQ(push_with(NULL), JM_CODE_NONE);
    CHECK_EQ(renew(&phone, &dpop), JM_CODE_NONE);
    CHECK_EQ(redeem(&phone, &other_dpop), JM_OAUTH_CODE_BINDING);
    CHECK_EQ(redeem(&phone, &dpop), JM_CODE_NONE);
    office_end();
}

/* A page has no key to prove: the code is the instance's, whatever DPoP key it takes. */
TEST(I_05_a_code_of_a_page_is_of_the_key_that_pushed_or_of_the_instance)
{
    begin();
    CHECK_EQ(push_with(NULL), JM_CODE_NONE);
    CHECK_EQ(decide(), JM_CODE_NONE);
    CHECK_EQ(redeem(&second, &other_dpop), JM_OAUTH_CODE_BINDING);
    CHECK_EQ(redeem(&phone, &other_dpop), JM_CODE_NONE);
    office_end();
}

TEST(D_250_the_phone_that_has_the_card_renews_it_in_its_last_days)
{
    struct jm_id card;
    int64_t ends;

    begin();
    card = office_issue(&person);
    office_run("UPDATE device SET jkt = $1", JM_ARGS(JM_B(jm_bytes(phone.jkt, 32))));
    ends = office_number("SELECT expires FROM card", JM_NO_ARGS);
    CHECK_EQ(push(), JM_CODE_NONE);
    CHECK_EQ(renew(&phone, &dpop), JM_VCI_RENEW_EARLY);
    O->now = ends - JM_RENEW_DAYS * JM_DAY_S - 1;
    CHECK_EQ(push(), JM_CODE_NONE);
    CHECK_EQ(renew(&phone, &dpop), JM_VCI_RENEW_EARLY);
    O->now += 1;
    CHECK_EQ(renew(&second, &dpop), JM_OAUTH_CODE_BINDING);
    CHECK_EQ(renew(&phone, &other_dpop), JM_OAUTH_CODE_BINDING);
    office_run("UPDATE card SET state = 3", JM_NO_ARGS); /* suspended */
    CHECK_EQ(renew(&phone, &dpop), JM_VCI_CARD_NOT_ACTIVE);
    office_run("UPDATE card SET state = 2", JM_NO_ARGS);
    office_run("UPDATE device SET state = 2", JM_NO_ARGS); /* another phone has taken over */
    CHECK_EQ(renew(&phone, &dpop), JM_VCI_DEVICE_CLOSED);
    office_run("UPDATE device SET state = 1", JM_NO_ARGS);
    office_run("UPDATE physical_card SET state = 4", JM_NO_ARGS);
    CHECK_EQ(renew(&phone, &dpop), JM_ELIG_CARD_LOST);
    office_run("UPDATE physical_card SET state = 3", JM_NO_ARGS);
    office_run("UPDATE person SET kind = 3", JM_NO_ARGS); /* residence unknown: D-159 */
    CHECK_EQ(renew(&phone, &dpop), JM_ELIG_NOT_REGISTERED);
    office_run("UPDATE person SET kind = 1", JM_NO_ARGS);
    hold_card(&card, JM_HOLD_LOST_PLASTIC);
    CHECK_EQ(renew(&phone, &dpop), JM_ELIG_CARD_LOST); /* D-271 */
    office_run("DELETE FROM hold", JM_NO_ARGS);
    O->behind = true;
    CHECK_EQ(renew(&phone, &dpop), JM_VCI_CLOCK);
    O->behind = false;
    CHECK_EQ(renew(&phone, &dpop), JM_CODE_NONE);
    CHECK_EQ(audited("CARD_RENEWAL", "done", true, ""), 1);
    CHECK_EQ(renewed.code.len, 43);
    CHECK(jm_bytes_eq(renewed.state, par.state));
    CHECK_EQ(renew(&phone, &dpop), JM_OAUTH_REQUEST_URI); /* once */
    CHECK_EQ(redeem(&phone, &dpop), JM_CODE_NONE);
    /* until the next one's first batch, this one goes on */
    CHECK_EQ(office_number("SELECT count(*) FROM card WHERE state = 2 AND id = $1",
                           JM_ARGS(JM_ID(&card))),
             1);
    O->now = ends; /* over: it is a first issue again, by whatever route */
    CHECK_EQ(push(), JM_CODE_NONE);
    CHECK_EQ(renew(&phone, &dpop), JM_VCI_CARD_NOT_ACTIVE);
    office_end();
}
