/* SPDX-License-Identifier: Apache-2.0 */
/* Refresh tokens: whose they are, how long they live, with what they end (I-17, D-250). */
#include "unit/service/office.h"

#include "jumin/oauth.h"
#include "service/issuance/parts.h"
#include "service/staff/parts.h"

#define DAY ((int64_t)JM_DAY_S)

#define SECRET "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
static struct jm_client client;
static struct jm_dpop dpop;
static struct jm_diag d;
static struct jm_token_res got;
static struct jm_token_req in;

static struct jm_id begin(void)
{
    struct jm_person p = office_citizen();
    uint8_t hash[32];

    office_begin("2025-05-01T12:00:00+09:00");
    office_add(&p);
    struct jm_id card = office_issue(&p);
    memset(&client, 0, sizeof client);
    memset(&dpop, 0, sizeof dpop);
    client.sub = JM_BYTES("kr-wallet");
    memset(client.jkt, 1, 32);
    memset(dpop.jkt, 2, 32);
    in = (struct jm_token_req){.grant_type = JM_BYTES("refresh_token"),
                               .refresh_token = JM_BYTES(SECRET)};
    MUST(jm_sha256(&jm_crypto_openssl, in.refresh_token, hash));
    office_run("INSERT INTO token (hash, kind, card, instance, jkt, client, created, expires) "
               "VALUES ($1, 2, $2, $3, $4, 'kr-wallet', $5, $6)",
               JM_ARGS(JM_B(jm_bytes(hash, 32)), JM_ID(&card), JM_B(jm_bytes(client.jkt, 32)),
                       JM_B(jm_bytes(dpop.jkt, 32)), JM_I(O->now),
                       JM_I(O->now + JM_REFRESH_TTL_S)));
    return card;
}

static enum jm_code redeem(void)
{
    d = (struct jm_diag){.code = JM_CODE_NONE};
    enum jm_status st = jm_token_redeem(&O->is, &got, &client, &dpop, &in, &O->mem, &d);

    CHECK_EQ(st == JM_OK, d.code == JM_CODE_NONE);
    return d.code;
}

TEST(a_refresh_token_is_one_instances_and_one_keys)
{
    struct jm_grant g;

    (void)begin();
    CHECK_EQ(redeem(), JM_CODE_NONE);
    CHECK(got.refresh[0] == 0); /* no rotation */
    CHECK_OK(jm_grant_find(&O->is, jm_str(got.access), &g, &O->mem));
    CHECK(g.has_card && memcmp(g.jkt, dpop.jkt, 32) == 0 &&
          memcmp(g.instance, client.jkt, 32) == 0);
    /* no access token */
    CHECK_ST(jm_grant_find(&O->is, JM_BYTES(SECRET), &g, &O->mem), JM_E_UNAUTHENTICATED);
    client.jkt[5] ^= 1;
    CHECK_EQ(redeem(), JM_VCI_REFRESH_KEY);
    client.jkt[5] ^= 1;
    dpop.jkt[5] ^= 1;
    CHECK_EQ(redeem(), JM_VCI_REFRESH_KEY);
    dpop.jkt[5] ^= 1;
    in.client_id = JM_BYTES("another-wallet");
    CHECK_EQ(redeem(), JM_OAUTH_CLIENT_ID);
    in.client_id = client.sub;
    in.refresh_token = jm_str(got.access); /* an access token refreshes nothing */
    CHECK_EQ(redeem(), JM_VCI_REFRESH_UNKNOWN);
    in.refresh_token = JM_BYTES(SECRET);
    O->behind = true;
    CHECK_EQ(redeem(), JM_VCI_CLOCK);
    O->behind = false;
    CHECK_EQ(redeem(), JM_CODE_NONE); /* the old one again: a reply may have been lost */
    O->now += JM_ACCESS_TTL_S;
    CHECK_ST(jm_grant_find(&O->is, jm_str(got.access), &g, &O->mem), JM_E_UNAUTHENTICATED);
    office_end();
}

TEST(it_dies_with_wallet_or_card)
{
    static const struct {
        const char *sql;
        enum jm_code code;
    } rows[] = {
        /* plastic lost: the device stays open */
        {"UPDATE card SET state = 4", JM_VCI_REFRESH_ENDED},
        {"UPDATE card SET expires = 1", JM_VCI_REFRESH_ENDED},
        {"UPDATE card SET device = NULL", JM_VCI_REFRESH_ENDED},
        {"UPDATE device SET state = 2", JM_VCI_REFRESH_ENDED},
        /* suspended: what it may have is the credential endpoint's to say */
        {"UPDATE card SET state = 3", JM_CODE_NONE},
    };

    for (size_t i = 0; i < JM_ARRAY_LEN(rows); i++) {
        (void)begin();
        office_run(rows[i].sql, JM_NO_ARGS);
        ROW(CHECK_EQ(redeem(), rows[i].code), rows[i].sql);
        CHECK_EQ(office_number("SELECT count(*) FROM token WHERE kind = 1", JM_NO_ARGS),
                 rows[i].code == JM_CODE_NONE ? 1 : 0);
        office_end();
    }
}

TEST(used_it_lives_as_long_as_the_card)
{
    int64_t begun, ends;

    (void)begin();
    begun = O->now;
    ends = office_number("SELECT expires FROM card", JM_NO_ARGS);
    for (int64_t days = 300; begun + days * DAY < ends; days += 300) {
        O->now = begun + days * DAY;
        CHECK_EQ(redeem(), JM_CODE_NONE);
    }
    /* and not longer */
    CHECK_EQ(office_number("SELECT expires FROM token WHERE kind = 2", JM_NO_ARGS), ends);
    O->now = ends - 1;
    CHECK_EQ(redeem(), JM_CODE_NONE);
    O->now = ends;
    CHECK_EQ(redeem(), JM_VCI_REFRESH_UNKNOWN);
    office_end();

    (void)begin();
    O->now += JM_REFRESH_TTL_S; /* a year without a use */
    CHECK_EQ(redeem(), JM_VCI_REFRESH_UNKNOWN);
    office_end();
}

/* A token that came before the first copy is worth what its case is. */
TEST(before_the_first_copy_the_case_must_run)
{
    static const struct {
        const char *sql;
        enum jm_code code;
    } rows[] = {
        {"UPDATE desk_case SET state = 3", JM_CODE_NONE},
        {"UPDATE desk_case SET state = 2", JM_VCI_REFRESH_UNKNOWN},
        {"UPDATE desk_case SET state = 6", JM_VCI_REFRESH_UNKNOWN},
        {"UPDATE desk_case SET case_by = 1", JM_VCI_REFRESH_UNKNOWN},
    };

    for (size_t i = 0; i < JM_ARRAY_LEN(rows); i++) {
        struct jm_id id = {{7}};

        (void)begin();
        office_run("INSERT INTO desk_case (id, person, centre, clerk, route, serial, state, "
                   "opened, scan_by, case_by, offer, code, jti, ticket, tries, second) "
                   "VALUES ($1, $2, 'c', 'k', 1, 's', 3, 1, 2, 9999999999, zeroblob(32), "
                   "zeroblob(32), 'j', 't', 0, 0)",
                   JM_ARGS(JM_ID(&id), JM_ID(&id)));
        office_run("UPDATE token SET card = NULL, desk_case = $1", JM_ARGS(JM_ID(&id)));
        office_run(rows[i].sql, JM_NO_ARGS);
        ROW(CHECK_EQ(redeem(), rows[i].code), rows[i].sql);
        office_end();
    }
}

static enum jm_status sweep(struct jm_tx *tx, void *arg)
{
    (void)arg;
    JM_TRY(jm_token_rows_sweep(tx, jm_tx_now(tx)));
    return jm_staff_rows_sweep(tx, jm_tx_now(tx) - JM_SESSION_IDLE_S);
}

TEST(what_has_run_out_does_not_pile_up)
{
    (void)begin();
    for (int i = 0; i < 5; i++)
        CHECK_EQ(redeem(), JM_CODE_NONE);
    office_run(
        "INSERT INTO staff_session (hash, name, seen, created) VALUES (x'01', 'kim', $1, 0), "
        "(x'02', 'kim', $2, 0)",
        JM_ARGS(JM_I(O->now), JM_I(O->now - JM_SESSION_IDLE_S)));
    MUST(jm_tx_run(&O->is.base.env, sweep, NULL));
    CHECK_EQ(office_number("SELECT count(*) FROM token", JM_NO_ARGS), 6);
    CHECK_EQ(office_number("SELECT count(*) FROM staff_session", JM_NO_ARGS), 2);
    O->now += JM_ACCESS_TTL_S;
    MUST(jm_tx_run(&O->is.base.env, sweep, NULL));
    CHECK_EQ(office_number("SELECT count(*) FROM token", JM_NO_ARGS), 1);
    CHECK_EQ(office_number("SELECT count(*) FROM staff_session", JM_NO_ARGS), 1);
    CHECK_EQ(redeem(), JM_CODE_NONE);
    office_end();
}

/* I-03: what is not expected is not overlooked. */
TEST(a_grant_takes_its_own_parameters_only)
{
    (void)begin();
    in.match_code = JM_BYTES("123456");
    CHECK_EQ(redeem(), JM_OAUTH_PARAMETER);
    in.match_code = JM_BYTES(""); /* there, and empty */
    CHECK_EQ(redeem(), JM_OAUTH_PARAMETER);
    in.match_code = jm_none();
    in.grant_code = JM_BYTES("x");
    CHECK_EQ(redeem(), JM_OAUTH_PARAMETER);
    in.grant_code = jm_none();
    in.scope = JM_BYTES("photoid-mdoc");
    CHECK_EQ(redeem(), JM_OAUTH_SCOPE);
    in.scope = JM_BYTES("");
    CHECK_EQ(redeem(), JM_OAUTH_SCOPE);
    in.scope = jm_none();
    CHECK_EQ(redeem(), JM_CODE_NONE);
    in = (struct jm_token_req){.grant_type =
                                   JM_BYTES("urn:ietf:params:oauth:grant-type:pre-authorized_code"),
                               .grant_code = JM_BYTES("x"),
                               .match_code = JM_BYTES("123456"),
                               .refresh_token = JM_BYTES(SECRET)};
    CHECK_EQ(redeem(), JM_OAUTH_PARAMETER);
    in.refresh_token = jm_none();
    CHECK_EQ(redeem(), JM_VCI_CODE_UNKNOWN);
    office_end();
}

TEST(the_dpop_key_is_not_the_instance_key)
{
    (void)begin();
    memcpy(dpop.jkt, client.jkt, 32);
    office_run("UPDATE token SET jkt = instance", JM_NO_ARGS);
    CHECK_EQ(redeem(), JM_OAUTH_KEY_ROLE);
    CHECK_EQ(office_number("SELECT count(*) FROM token WHERE kind = 1", JM_NO_ARGS), 0);
    office_end();
}

/* D-244: a number that repeats or falls came from a copy of the wallet: FRAUD, and the holder is
 * told; whoever counted once counts for ever. */
TEST(D_244_a_counter_only_rises)
{
    static const struct {
        const char *why;
        int64_t counter;
        enum jm_code code;
        bool held;
    } rows[] = {{"a wallet that does not count", 0, JM_CODE_NONE, false},
                {"it begins", 3, JM_CODE_NONE, false},
                {"some were lost on the way", 9, JM_CODE_NONE, false},
                {"not counted any more", 0, JM_VCI_REFRESH_COUNTER, false},
                {"the next", 10, JM_CODE_NONE, false},
                {"repeated", 10, JM_VCI_REFRESH_COUNTER, true},
                {"fallen", 4, JM_VCI_REFRESH_COUNTER, true}};
    struct jm_id card = begin();

    for (size_t i = 0; i < JM_ARRAY_LEN(rows); i++) {
        client.counter = rows[i].counter;
        ROW(CHECK_EQ(redeem(), rows[i].code), rows[i].why);
        ROW(CHECK_EQ(office_card_state(&card) == JM_CARD_SUSPENDED, rows[i].held), rows[i].why);
        CHECK_EQ(O->woken, rows[i].held ? 1 + (i == 6) : 0);
    }
    CHECK_EQ(office_number("SELECT count(*) FROM hold WHERE kind = 4 AND closed IS NULL",
                           JM_NO_ARGS),
             1);
    CHECK_EQ(office_number("SELECT count(*) FROM notice WHERE kind = 'CLONE_SUSPECTED'",
                           JM_NO_ARGS),
             4); /* twice, on two channels */
    CHECK_EQ(office_valid_copies(&card), 0);
    office_end();
}
