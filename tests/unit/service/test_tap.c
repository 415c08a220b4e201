/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The tap of an IC resident card: a real chip in memory, a real reader, the issuer's rules, and
 * everybody who may stand between them (D-220 … D-226; spec/iccard.md 3, 8). What an open or a
 * finish was refused for stands in the audit log; its bearer hears one word.
 */
#include "unit/service/tap_kit.h"

/* The last refused tap, as the operator sees it. */
static bool was(enum jm_code why)
{
    struct jm_bytes row = office_text("SELECT reason FROM audit WHERE act = 'CARD_TAP' AND outcome "
                                      "= 'refused' ORDER BY n DESC LIMIT 1",
                                      JM_NO_ARGS),
                    name = jm_str(jm_code_info(why)->name);
    struct jm_bytes tap_row =
        office_text("SELECT reason FROM tap WHERE stands = 4 ORDER BY at DESC, rowid DESC LIMIT 1",
                    JM_NO_ARGS);

    return row.len > name.len && jm_bytes_eq(jm_slice(row, row.len - name.len, SIZE_MAX), name) &&
           jm_bytes_eq(tap_row, name);
}

/* Whose tap it was, as far as that row says: a keyed hash of the card, and the person. */
static struct jm_bytes card_of_row(struct jm_bytes *subject)
{
    struct jm_bytes row = office_text("SELECT reason FROM audit WHERE act = 'CARD_TAP' ORDER BY n "
                                      "DESC LIMIT 1",
                                      JM_NO_ARGS);
    size_t at = jm_bytes_find(row, JM_BYTES(" card:"));

    *subject = office_text("SELECT hex(subject) FROM audit WHERE act = 'CARD_TAP' ORDER BY n DESC "
                           "LIMIT 1",
                           JM_NO_ARGS);
    CHECK(jm_bytes_find(row, person.plastic.serial) == SIZE_MAX);
    return at == SIZE_MAX ? jm_none() : jm_slice(row, at + 6, 16);
}

static int64_t codes(void)
{
    return office_number("SELECT count(*) FROM desk_case", JM_NO_ARGS);
}

TEST(D_221_a_tap_gives_a_code)
{
    begin();
    answered();
    CHECK_EQ(n_rapdu, opened.script.n);
    CHECK_EQ(finish(), JM_CODE_NONE);
    CHECK_EQ(code.len, 43);
    CHECK_EQ(codes(), 1);
    CHECK_EQ(office_number("SELECT count(*) FROM desk_case WHERE route = $1 AND keys = $2",
                           JM_ARGS(JM_I(JM_ROUTE_TAP), JM_B(keys))),
             1);
    CHECK_EQ(office_number("SELECT count(*) FROM notice WHERE kind = 'CARD_TAPPED'", JM_NO_ARGS),
             1);
    /* finished twice: nothing more */
    CHECK_EQ(finish(), JM_CARD_SESSION_STATE);
    CHECK_EQ(codes(), 1);
    /* and the channel is gone */
    CHECK_EQ(office_number("SELECT count(*) FROM tap WHERE session IS NOT NULL", JM_NO_ARGS), 0);
    end();
}

TEST(D_222_a_tap_is_of_one_instance_its_dpop_key_and_its_nonces)
{
    struct jm_client product;
    struct jm_bytes first;

    begin();
    CHECK_EQ(start_by(&second, &dpop), JM_CARD_BINDING);
    CHECK_EQ(start_by(&phone, &other_dpop), JM_CARD_BINDING);
    CHECK_EQ(start(), JM_CODE_NONE);
    first = nonce;
    nonce = JM_BYTES("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA");
    CHECK_EQ(open_tap(), JM_CARD_NONCE);
    nonce = first;
    CHECK_OK(ck_open(CK_PIN, NULL, NULL, CK_TAP));
    CHECK_EQ(open_tap(), JM_CODE_NONE);
    CHECK_OK(run_script());
    CHECK_EQ(finish_by(&second, &dpop), JM_CARD_BINDING);
    CHECK_EQ(finish_by(&phone, &other_dpop), JM_CARD_BINDING);
    product = phone;
    product.sub = JM_BYTES("another-wallet"); /* that attests the same key */
    CHECK_EQ(finish_by(&product, &dpop), JM_CARD_BINDING);
    struct jm_bytes next = nonce;
    nonce = first;
    CHECK_EQ(finish(), JM_CARD_NONCE); /* stale */
    CHECK_EQ(open_tap(), JM_CARD_NONCE);
    nonce = next;
    CHECK_EQ(codes(), 0);
    CHECK_EQ(finish(), JM_CODE_NONE); /* nothing of that has ended it */
    end();
}

static enum jm_code redeem(const struct jm_dpop *p)
{
    const struct jm_token_req in = {.grant_type = JM_BYTES("authorization_code"),
                                    .code = code,
                                    .redirect_uri = JM_BYTES("https://wallet.example/back"),
                                    .verifier = JM_BYTES(VERIFIER)};
    struct jm_token_res got;

    d = (struct jm_diag){.code = JM_CODE_NONE};
    enum jm_status st = jm_token_redeem(&O->is, &got, &phone, p, &in, &O->mem, &d);
    CHECK_EQ(st == JM_OK, d.code == JM_CODE_NONE);
    return d.code;
}

/* I-05, spec/iccard.md 3.2: pushed without a proof, tapped with one. */
TEST(a_code_is_of_the_dpop_key_that_tapped)
{
    begin();
    push_with(NULL);
    answered();
    CHECK_EQ(finish(), JM_CODE_NONE);
    CHECK_EQ(redeem(&other_dpop), JM_OAUTH_CODE_BINDING);
    CHECK_EQ(redeem(&dpop), JM_CODE_NONE);
    end();
}

TEST(D_222_a_tap_ends)
{
    begin();
    answered();
    O->now += JM_TAP_TTL_S;
    CHECK_EQ(finish(), JM_CARD_SESSION_STATE);
    restart();
    CHECK_EQ(start(), JM_CODE_NONE);
    struct jm_bytes old = tap, old_nonce = nonce;
    CHECK_EQ(start(), JM_CODE_NONE); /* a new one of the same request ends the old */
    tap = old;
    nonce = old_nonce;
    CHECK_EQ(open_tap(), JM_CARD_SESSION_STATE);
    tap = JM_BYTES("00000000000000000000000000000000");
    CHECK_EQ(open_tap(), JM_CARD_SESSION_STATE);
    tap = JM_BYTES("x");
    CHECK_EQ(open_tap(), JM_CARD_SESSION_STATE);
    n_rapdu = 0;
    CHECK_EQ(start(), JM_CODE_NONE);
    CHECK_EQ(finish(), JM_CARD_SESSION_STATE); /* before it was opened */
    const struct jm_tap_call call = by(&phone, &dpop);
    CHECK_OK(jm_tap_abort(&call, tap, JM_BYTES("JM_CARD_REMOVED")));
    CHECK_EQ(open_tap(), JM_CARD_SESSION_STATE);
    CHECK(jm_bytes_eq_str(office_text("SELECT reason FROM tap WHERE stands = 5 ORDER BY rowid DESC",
                                      JM_NO_ARGS),
                          "JM_CARD_REMOVED"));
    const struct jm_tap_call other = by(&second, &dpop);
    CHECK_ST(jm_tap_abort(&other, tap, JM_BYTES("x")), JM_E_CONFLICT);
    end();
}

TEST(a_card_that_was_pulled_away_is_tapped_again)
{
    begin();
    CHECK_EQ(start(), JM_CODE_NONE);
    for (int i = 0; i < JM_TAP_OPENS_MAX; i++) {
        ck_power();
        CHECK_OK(ck_open(CK_PIN, NULL, NULL, CK_TAP));
        CHECK_EQ(open_tap(), JM_CODE_NONE);
        CK.dies_at = CK.apdus + 5;
        if (i < JM_TAP_OPENS_MAX - 1)
            CHECK(run_script() != JM_OK);
        CK.dies_at = 0;
    }
    CHECK_OK(run_script());
    CHECK_EQ(finish(), JM_CODE_NONE);
    restart();
    CHECK_EQ(start(), JM_CODE_NONE);
    for (int i = 0; i < JM_TAP_OPENS_MAX; i++)
        CHECK_EQ(open_tap(), JM_CODE_NONE);
    CHECK_EQ(open_tap(), JM_CARD_SESSION_STATE);
    end();
}

/* -- forged cards: each looks the same from outside -- */

static void look_alike(enum jm_code got, enum jm_code why)
{
    CHECK_EQ(got, JM_CARD_NOT_ACCEPTED);
    CHECK(d.detail.len == 0);
    CHECK(was(why));
    CHECK_EQ(codes(), 0);
}

TEST(D_226_copied_files_with_another_chip_key)
{
    begin();
    CK.lasting.key = ck_scalar(CK_ISSUER_KEY); /* an exact copy, but for what cannot be copied */
    ck_power();
    answered();
    look_alike(finish(), JM_CARD_CHIP_AUTH);
    /* and with the copy's own key in DG14: the security object does not say so */
    struct jm_secret32 own = ck_scalar(CK_ISSUER_KEY);
    struct jm_point point;
    struct jm_bytes dg14;
    MUST(CC->ec_map->public_of(&point, &own));
    MUST(jm_card_dg14_write(&dg14, &point, &O->mem));
    restart();
    CHECK_EQ(start(), JM_CODE_NONE);
    look_alike(open_with(dg14, CK.lasting.file[JM_EF_SOD]), JM_CARD_FORGED);
    end();
}

/* A whole card that somebody signed: by @p cert, with their key @p by. */
static void sign_card_as(struct jm_bytes cert, struct jm_key *by_key, const char *scalar,
                         const char *serial)
{
    struct jm_chip_spec spec = ck_spec();

    signer_der = cert;
    signer_key = by_key;
    spec.key = ck_scalar(scalar);
    spec.dg1.serial = jm_str(serial);
    spec.signed_at = O->now - KIT_DAY;
    MUST(jm_card_make(&CK.lasting, &spec, CC, &ck_answers, &CA.mem));
    restart();
    CHECK_EQ(start(), JM_CODE_NONE);
}

TEST(D_226_security_objects_of_others)
{
    struct jm_cert_spec spec;
    const char *serial;

    begin();
    serial = (const char *)person.plastic.serial.ptr;
    /* the right serial, the right key, and the authority's own signer: this one is accepted */
    sign_card_as(signer_der, O->key, CK_CHIP_KEY, serial);
    CHECK_EQ(open_tap(), JM_CODE_NONE);
    /* nobody knows that serial */
    sign_card_as(O->is.card.der[0], O->key, CK_CHIP_KEY, "KRJM99999999");
    look_alike(open_tap(), JM_CARD_FORGED);
    /* or another key stands in the register */
    sign_card_as(O->is.card.der[0], O->key, CK_ISSUER_KEY, serial);
    look_alike(open_tap(), JM_CARD_FORGED);
    /* a signer that signed itself */
    spec = signer_spec;
    spec.issuer_der = jm_none();
    sign_card_as(kit_cert(&CA, &spec, O->key), O->key, CK_CHIP_KEY, serial);
    look_alike(open_tap(), JM_CARD_FORGED);
    /* a document signer of mobile cards */
    sign_card_as(CA.dsc_der, CA.dsc_key, CK_CHIP_KEY, serial);
    look_alike(open_tap(), JM_CARD_FORGED);
    /* a signer that is over */
    spec = signer_spec;
    spec.not_after = O->now - 2 * KIT_DAY;
    spec.not_before = O->now - 40 * KIT_DAY;
    sign_card_as(kit_cert(&CA, &spec, CA.iaca_key), O->key, CK_CHIP_KEY, serial);
    look_alike(open_tap(), JM_CARD_FORGED);
    /* a signature that does not hold */
    sign_card_as(O->is.card.der[0], CA.other_key, CK_CHIP_KEY, serial);
    look_alike(open_tap(), JM_CARD_FORGED);
    end();
}

TEST(D_226_files_that_are_none)
{
    begin();
    CHECK_EQ(start(), JM_CODE_NONE);
    look_alike(open_with(CK.lasting.file[JM_EF_DG14], hex("7703010203")), JM_CARD_TLV);
    restart();
    CHECK_EQ(start(), JM_CODE_NONE);
    look_alike(open_with(jm_none(), CK.lasting.file[JM_EF_SOD]), JM_CARD_FORGED);
    /* after a refusal that tap is over */
    CHECK_EQ(open_tap(), JM_CARD_SESSION_STATE);
    end();
}

/* Who looks for whoever tries stolen cards finds which tries were of one card, refused ones, too.
 */
TEST(the_audit_log_tells_cards_apart)
{
    struct jm_bytes card, again, whose, nobody;

    begin();
    answered();
    CHECK_EQ(finish(), JM_CODE_NONE);
    card = card_of_row(&whose);
    CHECK_EQ(card.len, 16);
    CHECK_EQ(whose.len, 32);
    restart();
    CHECK_EQ(start(), JM_CODE_NONE); /* files that it signed, but another's key */
    CHECK_EQ(open_with(jm_none(), CK.lasting.file[JM_EF_SOD]), JM_CARD_NOT_ACCEPTED);
    again = card_of_row(&nobody);
    CHECK(jm_bytes_eq(card, again));
    CHECK_EQ(nobody.len, 0); /* what has not proven itself is nobody's */
    restart();
    CHECK_EQ(start(), JM_CODE_NONE); /* nothing that the authority signed */
    CHECK_EQ(open_with(CK.lasting.file[JM_EF_DG14], hex("7703010203")), JM_CARD_NOT_ACCEPTED);
    CHECK_EQ(card_of_row(&nobody).len, 0);
    restart();
    office_run("UPDATE physical_card SET state = 4", JM_NO_ARGS);
    answered();
    CHECK_EQ(finish(), JM_CARD_LOST);
    again = card_of_row(&nobody);
    CHECK(jm_bytes_eq(card, again));
    CHECK(jm_bytes_eq(whose, nobody)); /* that was its person's card */
    end();
}

TEST(D_226_opened_without_the_pin)
{
    begin();
    CHECK_EQ(start(), JM_CODE_NONE);
    CHECK_OK(ck_open(NULL, CK_CAN, NULL, CK_TAP)); /* the card as it was found in the street */
    CHECK_EQ(open_tap(), JM_CODE_NONE);
    CHECK_OK(run_script());
    look_alike(finish(), JM_CARD_PIN_REQUIRED);
    end();
}

TEST(D_226_answers_that_were_touched)
{
    struct jm_bytes all[JM_CARD_SCRIPT_MAX], swapped;
    size_t n;

    begin();
    /* of an earlier tap */
    answered();
    memcpy(all, rapdu, sizeof all);
    restart();
    answered();
    memcpy(rapdu, all, sizeof all);
    look_alike(finish(), JM_CARD_CHIP_AUTH);
    /* one bit, two that changed places, one that is missing, one too many */
    for (int i = 0; i < 4; i++) {
        O->now += JM_DAY_S; /* five a day */
        restart();
        answered();
        n = n_rapdu;
        swapped = rapdu[1];
        if (i == 0) {
            uint8_t *p = test_malloc(rapdu[0].len);
            memcpy(p, rapdu[0].ptr, rapdu[0].len);
            p[5] ^= 1;
            rapdu[0].ptr = p;
        } else if (i == 1) {
            rapdu[1] = rapdu[2];
            rapdu[2] = swapped;
        } else if (i == 2) {
            n_rapdu = n - 1;
        } else {
            rapdu[n] = rapdu[n - 1];
            n_rapdu = n + 1;
        }
        if (i < 2)
            look_alike(finish(), JM_CARD_CHIP_AUTH);
        else
            CHECK_EQ(finish(), JM_CARD_SESSION_STATE);
        CHECK_EQ(codes(), 0);
    }
    end();
}

/* Only of a card that has proven itself anybody hears what became of it. */
TEST(D_224_a_card_that_was_reported)
{
    static const struct {
        enum jm_plastic_state state;
        enum jm_code code;
    } rows[] = {{JM_PLASTIC_LOST, JM_CARD_LOST},
                {JM_PLASTIC_VOID, JM_CARD_VOID},
                {JM_PLASTIC_READY, JM_CARD_VOID},
                {JM_PLASTIC_VALID, JM_CODE_NONE}};

    begin();
    for (size_t i = 0; i < JM_ARRAY_LEN(rows); i++) {
        restart();
        office_run("UPDATE physical_card SET state = $1", JM_ARGS(JM_I(rows[i].state)));
        answered();
        CHECK_EQ(finish(), rows[i].code);
        CHECK_EQ(codes(), rows[i].code == JM_CODE_NONE ? 1 : 0);
    }
    end();
}

/* A hold of that kind on the person's card, as the loss code opens it; the plastic stays VALID. */
static void hold_card(const struct jm_id *card, int kind)
{
    office_run("UPDATE card SET state = 3", JM_NO_ARGS);
    office_run("INSERT INTO hold (card, kind, channel, actor, opened) VALUES ($1, $2, 'x', 'x', 1)",
               JM_ARGS(JM_ID(card), JM_I(kind)));
}

/* Whoever found it, with its PIN, must not be believed before its owner takes the report back. */
TEST(D_271_a_card_that_is_missed_by_loss_code_is_lost_for_the_tap)
{
    begin();
    struct jm_id card = office_issue(&person);

    hold_card(&card, JM_HOLD_LOST_PLASTIC);
    answered();
    CHECK_EQ(finish(), JM_CARD_LOST);
    CHECK_EQ(codes(), 0);
    office_run("UPDATE hold SET closed = 2", JM_NO_ARGS); /* taken back */
    restart();
    answered();
    CHECK_EQ(finish(), JM_CODE_NONE);
    end();
}

TEST(D_177_a_hold_of_fraud_or_law_is_told_of_at_the_tap)
{
    for (int kind = JM_HOLD_SELF_LOCK; kind < JM_HOLD_LOST_PLASTIC; kind++) {
        bool stays = kind == JM_HOLD_FRAUD || kind == JM_HOLD_LEGAL;

        begin();
        struct jm_id card = office_issue(&person);
        hold_card(&card, kind);
        answered();
        CHECK_EQ(finish(), stays ? JM_VCI_CARD_NOT_ACTIVE : JM_CODE_NONE);
        CHECK_EQ(codes(), stays ? 0 : 1);
        end();
    }
}

TEST(D_224_a_card_at_a_phone_that_has_somebody_elses)
{
    struct jm_person other;

    begin();
    other = office_citizen();
    office_add(&other);
    (void)office_issue(&other);
    answered();
    office_run("UPDATE device SET jkt = $1", JM_ARGS(JM_B(jm_bytes(phone.jkt, 32))));
    CHECK_EQ(finish(), JM_CARD_OTHER_PERSON);
    CHECK_EQ(codes(), 0);
    office_run("UPDATE card SET expires = $1", JM_ARGS(JM_I(O->now))); /* theirs has ended */
    restart();
    answered();
    CHECK_EQ(finish(), JM_CODE_NONE);
    end();
    begin();
    office_add(&other);
    (void)office_issue(&other);
    office_run("UPDATE device SET jkt = $1, state = 2", /* they had it once */
               JM_ARGS(JM_B(jm_bytes(phone.jkt, 32))));
    restart();
    answered();
    CHECK_EQ(finish(), JM_CODE_NONE);
    end();
    begin();
    (void)office_issue(&person); /* its own person's */
    office_run("UPDATE device SET jkt = $1", JM_ARGS(JM_B(jm_bytes(phone.jkt, 32))));
    answered();
    CHECK_EQ(finish(), JM_CODE_NONE);
    end();
}

TEST(D_224_a_card_whose_place_another_has_taken)
{
    begin();
    answered();
    office_run("UPDATE physical_card SET state = 5", JM_NO_ARGS);
    office_run("INSERT INTO physical_card (serial, person, kind, issued_on, authority, state) "
               "VALUES ('NEW', $1, 2, '2026-06-01', 'x', 3)",
               JM_ARGS(JM_ID(&person.id)));
    CHECK_EQ(finish(), JM_CARD_VOID);
    CHECK_EQ(codes(), 0);
    end();
}

TEST(whoever_may_not_have_a_card_does_not_get_one_by_tap)
{
    begin();
    office_run("UPDATE person SET birth = '2015-01-01'", JM_NO_ARGS);
    answered();
    CHECK_EQ(finish(), JM_ELIG_UNDER_17);
    CHECK(was(JM_ELIG_UNDER_17));
    CHECK_EQ(codes(), 0);
    end();
}

TEST(D_222_limits)
{
    begin();
    for (int i = 0; i < JM_TAP_CARD_DAY_MAX; i++) {
        push();
        CHECK_EQ(start(), JM_CODE_NONE);
        CHECK_EQ(open_tap(), JM_CODE_NONE);
    }
    push();
    CHECK_EQ(start(), JM_CODE_NONE);
    CHECK_EQ(open_tap(), JM_CARD_RATE);
    O->now += JM_DAY_S + 1;
    push();
    CHECK_EQ(start(), JM_CODE_NONE);
    CHECK_EQ(open_tap(), JM_CODE_NONE);
    for (int i = 1; i < JM_TAP_INSTANCE_HOUR_MAX; i++) {
        push();
        CHECK_EQ(start(), JM_CODE_NONE);
    }
    push();
    CHECK_EQ(start(), JM_CARD_RATE);
    O->now += 3601;
    push();
    CHECK_EQ(start(), JM_CODE_NONE);
    end();
}

/* The card of the fifth tap was pulled away: the same tap opens it once more. */
TEST(D_222_what_was_opened_is_opened_again_whatever_the_day_has_seen)
{
    begin();
    for (int i = 0; i < JM_TAP_CARD_DAY_MAX; i++) {
        push();
        CHECK_EQ(start(), JM_CODE_NONE);
        CHECK_EQ(open_tap(), JM_CODE_NONE);
    }
    CHECK_EQ(open_tap(), JM_CODE_NONE);
    push();
    CHECK_EQ(start(), JM_CODE_NONE);
    CHECK_EQ(open_tap(), JM_CARD_RATE);
    CHECK_EQ(opened.wait_s, JM_DAY_S);
    end();
}

/* One tap that is opened with two cards would count for the second alone. */
TEST(D_222_a_tap_is_of_one_card)
{
    struct jm_bytes dg14 = {NULL, 0}, sod = {NULL, 0};
    struct jm_person first;

    begin();
    first = person;
    dg14 = exact(CK.lasting.file[JM_EF_DG14]);
    sod = exact(CK.lasting.file[JM_EF_SOD]);
    person = office_citizen();
    person.plastic.kind = JM_PLASTIC_IC;
    office_add(&person);
    CHECK(!jm_bytes_eq(first.plastic.serial, person.plastic.serial));
    CHECK_EQ(make_chip(CK_ISSUER_KEY), JM_CODE_NONE);
    CHECK_EQ(start(), JM_CODE_NONE);
    CHECK_EQ(open_with(dg14, sod), JM_CODE_NONE);
    CHECK_EQ(open_tap(), JM_CARD_SESSION_STATE);
    CHECK(was(JM_CARD_SESSION_STATE));
    CHECK_EQ(open_with(dg14, sod), JM_CARD_SESSION_STATE); /* over */
    CHECK_EQ(office_number("SELECT count(*) FROM tap WHERE serial = $1",
                           JM_ARGS(JM_T(first.plastic.serial))),
             1);
    end();
}

TEST(of_two_phones_one_wins)
{
    struct jm_client first_phone;

    begin();
    answered();
    CHECK_EQ(finish(), JM_CODE_NONE);
    first_phone = phone;
    phone = second;
    restart();
    answered();
    CHECK_EQ(finish(), JM_CODE_NONE);
    /* the case of the first has ended: its code gives nothing */
    CHECK_EQ(office_number("SELECT count(*) FROM desk_case WHERE state = 2 AND jkt = $1",
                           JM_ARGS(JM_B(jm_bytes(phone.jkt, 32)))),
             1);
    CHECK_EQ(office_number("SELECT count(*) FROM desk_case WHERE state = 2 AND jkt = $1",
                           JM_ARGS(JM_B(jm_bytes(first_phone.jkt, 32)))),
             0);
    end();
}

TEST(chips_are_made_for_ic_cards_once)
{
    begin();
    CHECK_EQ(make_chip(CK_CHIP_KEY), JM_CARD_EXISTS);
    office_run("DELETE FROM chip", JM_NO_ARGS);
    office_run("UPDATE physical_card SET kind = 1", JM_NO_ARGS);
    CHECK_EQ(make_chip(CK_CHIP_KEY), JM_CARD_PLAIN);
    office_run("UPDATE physical_card SET kind = 2, state = 4", JM_NO_ARGS);
    CHECK_EQ(make_chip(CK_CHIP_KEY), JM_CARD_PLAIN);
    office_run("UPDATE physical_card SET state = 3", JM_NO_ARGS);
    CHECK_EQ(make_chip(CK_CHIP_KEY), JM_CODE_NONE);
    person.id.octets[0] ^= 1;
    CHECK_EQ(make_chip(CK_CHIP_KEY), JM_REGISTER_NOT_FOUND);
    O->is.card.n = 0;
    CHECK_EQ(make_chip(CK_CHIP_KEY), JM_CARD_NO_SIGNER);
    CHECK_EQ(start(), JM_CARD_NO_SIGNER);
    O->is.card.n = 1;
    O->behind = true;
    CHECK_EQ(start(), JM_VCI_CLOCK);
    end();
}

static enum jm_code tap_once(void)
{
    restart();
    answered();
    return finish();
}

static enum jm_code say(const char *decision, struct jm_takeover_told *told)
{
    d = (struct jm_diag){.code = JM_CODE_NONE};
    enum jm_status st = jm_takeover_say(
        &(const struct jm_takeover_saying){&O->is, &person.id, jm_str(decision), clerk, told, &d});

    CHECK_EQ(st == JM_OK, d.code == JM_CODE_NONE);
    return d.code;
}

static int64_t asked(void)
{
    return office_number("SELECT count(*) FROM notice WHERE kind = 'TAKEOVER_ASKED'", JM_NO_ARGS);
}

/* Another phone has the card: the new one waits, its owner hears of it, and may speak. */
TEST(D_223_a_new_phone_waits)
{
    struct jm_takeover_told told;

    begin();
    O->is.takeover_cooldown_s = 3600;
    CHECK_EQ(tap_once(), JM_CODE_NONE); /* nobody has it */
    (void)office_issue(&person);
    CHECK_EQ(say("", &told), JM_CODE_NONE);
    CHECK(!told.waiting && told.at == 0);
    CHECK_EQ(say("yes", &told), JM_TAKEOVER_NONE); /* before anybody asked */
    CHECK_EQ(tap_once(), JM_CARD_COOLDOWN);
    CHECK_EQ(asked(), 2); /* the phone, and the address */
    CHECK_EQ(say("", &told), JM_CODE_NONE);
    CHECK(told.waiting && told.at == O->now && told.until == O->now + 3600);
    CHECK_EQ(say("perhaps", &told), JM_API_FIELD_FORM);
    O->now += 3599;
    CHECK_EQ(tap_once(), JM_CARD_COOLDOWN);
    CHECK_EQ(asked(), 2);
    O->now += 1;
    CHECK_EQ(tap_once(), JM_CODE_NONE);
    end();
}

TEST(D_223_its_owner_says_yes_or_no)
{
    struct jm_takeover_told told;

    begin();
    O->is.takeover_cooldown_s = 3600;
    (void)office_issue(&person);
    CHECK_EQ(tap_once(), JM_CARD_COOLDOWN);
    CHECK_EQ(say("no", &told), JM_CODE_NONE);
    CHECK(!told.waiting);
    O->now += 3600; /* no time heals a no, for a day */
    CHECK_EQ(tap_once(), JM_CARD_COOLDOWN);
    CHECK_EQ(asked(), 2);
    CHECK_EQ(say("yes", &told), JM_CODE_NONE);
    CHECK_EQ(tap_once(), JM_CODE_NONE);
    CHECK_EQ(
        office_number("SELECT count(*) FROM audit WHERE act IN ('TAKEOVER_YES', 'TAKEOVER_NO')",
                      JM_NO_ARGS),
        2);
    end();
}

/* The word is for one phone; who comes later waits from the beginning. */
TEST(D_223_a_word_is_for_one_phone)
{
    struct jm_takeover_told told;

    begin();
    O->is.takeover_cooldown_s = 3600;
    (void)office_issue(&person);
    CHECK_EQ(tap_once(), JM_CARD_COOLDOWN);
    CHECK_EQ(say("yes", &told), JM_CODE_NONE);
    phone = second;
    CHECK_EQ(tap_once(), JM_CARD_COOLDOWN);
    CHECK_EQ(asked(), 4);
    O->now += JM_TAKEOVER_TTL_S;
    CHECK_EQ(tap_once(), JM_CARD_COOLDOWN); /* too late for what was asked yesterday */
    CHECK_EQ(asked(), 6);
    end();
}

TEST(D_223_nobody_waits_for_nothing)
{
    begin();
    O->is.takeover_cooldown_s = 3600;
    (void)office_issue(&person);
    office_run("UPDATE device SET jkt = $1", JM_ARGS(JM_B(jm_bytes(phone.jkt, 32))));
    CHECK_EQ(tap_once(), JM_CODE_NONE); /* its own phone */
    office_run("UPDATE device SET jkt = $1", JM_ARGS(JM_B(jm_bytes(second.jkt, 32))));
    office_run("UPDATE card SET state = 3", JM_NO_ARGS);
    CHECK_EQ(tap_once(), JM_CODE_NONE); /* D-177: the way out of a lost phone */
    office_run("UPDATE card SET state = 2", JM_NO_ARGS);
    CHECK_EQ(tap_once(), JM_CARD_COOLDOWN);
    O->is.takeover_cooldown_s = 0; /* where it is configured so */
    CHECK_EQ(tap_once(), JM_CODE_NONE);
    end();
}

/* A chip of a batch: its PIN is that of transport until a desk has set another. */
TEST(nobody_taps_before_a_PIN_was_set)
{
    struct jm_bytes serial, puk;

    bool waits;

    begin();
    CHECK_OK(jm_chip_is_transport(&O->is, &person.id, &waits, &O->mem));
    CHECK(!waits);
    office_run("UPDATE chip SET pin = 0", JM_NO_ARGS);
    CHECK_EQ(tap_once(), JM_CARD_TRANSPORT);
    CHECK_OK(jm_chip_is_transport(&O->is, &person.id, &waits, &O->mem));
    CHECK(waits);
    CHECK_OK(jm_chip_is_transport(&O->is, &(struct jm_id){{9}}, &waits, &O->mem));
    CHECK(!waits);
    d = (struct jm_diag){.code = JM_CODE_NONE};
    CHECK_ST(jm_chip_unlock(&O->is, &serial, &puk, &(struct jm_id){{9}}, &clerk, JM_BYTES("x"),
                            &O->mem, &d),
             JM_E_ABSENT);
    CHECK_EQ(d.code, JM_REGISTER_NOT_FOUND);
    CHECK_OK(jm_chip_unlock(&O->is, &serial, &puk, &person.id, &clerk, JM_BYTES("handed over"),
                            &O->mem, &d));
    CHECK_EQ(puk.len, JM_CARD_PUK_LEN);
    CHECK_OK(jm_chip_is_transport(&O->is, &person.id, &waits, &O->mem));
    CHECK(!waits);
    CHECK_EQ(office_number("SELECT count(*) FROM audit WHERE act = 'CHIP_UNLOCK'", JM_NO_ARGS), 1);
    CHECK_EQ(tap_once(), JM_CODE_NONE);
    office_run("DELETE FROM chip", JM_NO_ARGS);
    CHECK_ST(jm_chip_unlock(&O->is, &serial, &puk, &person.id, &clerk, JM_BYTES("x"), &O->mem, &d),
             JM_E_ABSENT);
    CHECK_EQ(d.code, JM_CARD_PLAIN);
    end();
}

static enum jm_code say_at_desk(const struct jm_staff *by, const char *decision)
{
    struct jm_takeover_told told;
    enum jm_status st;

    d = (struct jm_diag){.code = JM_CODE_NONE};
    st = jm_desk_takeover(DESK(by, &d), &told, &person.id, jm_str(decision));
    CHECK_EQ(st == JM_OK, d.code == JM_CODE_NONE);
    return d.code;
}

static enum jm_code chip_at_desk(const struct jm_staff *by)
{
    struct jm_bytes serial, puk;
    enum jm_status st;

    d = (struct jm_diag){.code = JM_CODE_NONE};
    st = jm_desk_chip(DESK(by, &d), &serial, &puk, &person.id, JM_BYTES("handed over"));
    CHECK_EQ(st == JM_OK, d.code == JM_CODE_NONE);
    return d.code;
}

/* D-422: nobody lets a phone of their own take the card, nor sets their own chip's PIN; nor of whom
 * they reported a loss for. */
TEST(D_422_nobody_serves_themselves_where_phones_and_PINs_change)
{
    struct jm_staff kim = {.name = JM_BYTES("kim"),
                           .centre = JM_BYTES(OFFICE_CENTRE),
                           .role = JM_ROLE_CLERK,
                           .has_person = true};

    begin();
    O->is.takeover_cooldown_s = 3600;
    (void)office_issue(&person);
    CHECK_EQ(tap_once(), JM_CARD_COOLDOWN);
    kim.person = person.id;
    CHECK_EQ(say_at_desk(&kim, ""), JM_DESK_OWN_CASE);
    CHECK_EQ(say_at_desk(&kim, "yes"), JM_DESK_OWN_CASE);
    CHECK_EQ(chip_at_desk(&kim), JM_DESK_OWN_CASE);
    CHECK_EQ(tap_once(), JM_CARD_COOLDOWN);
    kim.person = (struct jm_id){{9}};
    office_run("INSERT INTO loss_reporter (person, reporter, at) VALUES ($1, $2, 1)",
               JM_ARGS(JM_ID(&person.id), JM_ID(&kim.person)));
    CHECK_EQ(say_at_desk(&kim, "yes"), JM_DESK_OWN_CASE);
    CHECK_EQ(chip_at_desk(&kim), JM_DESK_OWN_CASE);
    CHECK_EQ(office_number("SELECT count(*) FROM audit WHERE act IN ('TAKEOVER_YES', "
                           "'CHIP_UNLOCK')",
                           JM_NO_ARGS),
             0);
    kim.person = (struct jm_id){{8}};
    CHECK_EQ(chip_at_desk(&kim), JM_CODE_NONE);
    CHECK_EQ(say_at_desk(&kim, "perhaps"), JM_API_FIELD_FORM);
    CHECK_EQ(say_at_desk(&kim, "yes"), JM_CODE_NONE);
    CHECK_EQ(tap_once(), JM_CODE_NONE);
    end();
}
