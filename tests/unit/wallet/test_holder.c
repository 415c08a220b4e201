/* SPDX-License-Identifier: Apache-2.0 */
/* The holder's engine over an issuer that errs: what is durable when, what is wiped, what is told.
 */
#include "unit/test.h"

#include "jumin/holder.h"
#include "unit/proto/vci_kit.h"

#define ROOM (112 * JM_MIB)
#define COPIES (2 * BATCH)
#define KEYS 512

static struct jm_arena mem;
static struct jm_wallet w;
static struct jm_holder engine, *const h = &engine;

/* -- a platform that remembers -- */

static struct {
    bool alive[KEYS]; /* by the number of the handle */
    size_t last;
    size_t made;                 /* by this operation */
    uint8_t index[KEYS];         /* into card_key */
    char trace[64];              /* k: kept, f: forgotten, c: a credential asked for, u: asked */
    enum jm_status keep, holder; /* what they answer */
    const char *typed;
    struct jm_bytes kept;     /* what was last made durable */
    struct jm_question asked; /* the last question */
    char sign[3];
    bool new_loss_code; /* was asked for */
} P;

static void trace(char c)
{
    size_t n = strlen(P.trace);

    if (n + 1 < sizeof P.trace && (n == 0 || P.trace[n - 1] != c))
        P.trace[n] = c;
}

static size_t number_of(struct jm_bytes handle)
{
    CHECK_EQ(handle.len, JM_HANDLE_LEN);
    for (size_t i = 1; i < KEYS; i++) {
        const struct jm_handle n = jm_wallet_handle(i);

        if (jm_bytes_eq(handle, jm_handle_bytes(&n)))
            return i;
    }
    return 0;
}

static enum jm_status sign(void *ctx, enum jm_alg alg, struct jm_bytes handle, struct jm_bytes data,
                           struct jm_sig *sig)
{
    size_t n = number_of(handle);

    (void)ctx, (void)alg;
    if (!P.alive[n])
        return JM_E_ABSENT;
    return jm_key_sign(n == 1   ? K.device_key
                       : n == 2 ? K.reader_key
                                : card_key[P.index[n]],
                       data, sig);
}

static enum jm_status new_key(void *ctx, struct jm_handle *handle, struct jm_point *point)
{
    size_t n = ++P.last, index = P.made++ % JM_ARRAY_LEN(card_key);

    (void)ctx;
    if (n >= KEYS)
        return JM_E_LIMIT;
    P.alive[n] = true;
    P.index[n] = (uint8_t)index;
    *handle = jm_wallet_handle(n);
    return jm_key_point(point, card_key[index]);
}

static enum jm_status forget(void *ctx, struct jm_bytes handles)
{
    (void)ctx;
    trace('f');
    for (size_t at = 0; at < handles.len; at += JM_HANDLE_LEN) {
        size_t n = number_of(jm_slice(handles, at, JM_HANDLE_LEN));

        CHECK(n > 2 && P.alive[n]); /* once, and never the instance */
        P.alive[n] = false;
    }
    return JM_OK;
}

/* Names a key that is gone: not written, and the test fails. */
static enum jm_status keep(void *ctx, const void *what)
{
    static const uint8_t octets[1] = {0x77};
    struct jm_wallet_key key[KEYS];
    struct jm_wallet_keys all = {key, 0};

    (void)ctx;
    trace('k');
    CHECK(what == &w);
    for (size_t i = 1; i <= P.last; i++)
        if (P.alive[i])
            key[all.n++] = (struct jm_wallet_key){jm_wallet_handle(i), jm_bytes(octets, 1)};
    if (P.keep == JM_OK)
        CHECK_OK(jm_wallet_write(&P.kept, what, &all, &K.mem));
    return P.keep;
}

static enum jm_status ask(void *ctx, const void *what, struct jm_bytes *out, struct jm_arena *to)
{
    (void)ctx;
    trace('u');
    P.asked = *(const struct jm_question *)what;
    if (P.asked.sign != NULL)
        memcpy(P.sign, P.asked.sign, sizeof P.sign);
    return P.holder == JM_OK ? jm_dup(out, to, jm_str(P.typed)) : P.holder;
}

/* The door to a renewal: what was pushed, and its code. Else nothing is changed. */
static bool door(const struct jm_http_ask *ask, struct jm_http_answer *out)
{
    static char state[64];

    if (ends(ask->url, "/par")) {
        size_t from = jm_bytes_find(ask->body, JM_BYTES("state=")) + 6;

        CHECK(from < ask->body.len);
        snprintf(state, sizeof state, "%.*s", (int)(ask->body.len - from),
                 (const char *)ask->body.ptr + from);
        *out = (struct jm_http_answer){.status = 201, .body = JM_BYTES("{\"request_uri\":\"u\"}")};
        return true;
    }
    if (!ends(ask->url, "/renewal"))
        return false;
    *out = (struct jm_http_answer){.status = 200,
                                   .body = jm_str(text_of("{\"code\":\"c\",\"iss\":\"" I
                                                          "\",\"state\":\"%s\"}",
                                                          state))};
    return true;
}

static enum jm_status web(void *ctx, const struct jm_http_ask *ask, struct jm_http_answer *out,
                          struct jm_arena *to)
{
    if (ends(ask->url, "/credential")) {
        trace('c');
        P.new_loss_code = jm_bytes_find(ask->body, JM_BYTES("jumin_new_loss_code")) != SIZE_MAX;
    }
    return door(ask, out) ? JM_OK : outside(ctx, ask, out, to);
}

static enum jm_status drive(enum jm_status begun)
{
    struct jm_arena answers = arena(4096);
    const struct jm_driver d = {.by = {.verify = jm_openssl_verify,
                                       .sign = sign,
                                       .random = not_random,
                                       .http = web,
                                       .new_key = new_key,
                                       .forget = forget,
                                       .keep = keep,
                                       .holder = ask},
                                .now = kit_now,
                                .mem = &answers};
    enum jm_status st = jm_drive(&d, jm_holder_engine(h), begun);

    CHECK_EQ(jm_holder_state(h), st == JM_OK ? JM_HOLDER_DONE : JM_HOLDER_FAILED);
    return st;
}

static void next(void)
{
    struct jm_holder_config c = {.trust = &trust,
                                 .crypto = &jm_crypto_openssl,
                                 .platform = JM_BYTES("test")};

    jm_holder_end(h);
    KIT_MUST(jm_key_point(&c.instance, K.device_key));
    KIT_MUST(jm_key_point(&c.dpop, K.reader_key));
    KIT_MUST(jm_holder_init(h, &c, &w, &mem));
    memset(P.trace, 0, sizeof P.trace);
    P.keep = P.holder = JM_OK;
    P.typed = "123456";
    P.kept = jm_none();
    P.made = 0;
    seen = posted = 0;
}

static void begin(void)
{
    usually();
    stride = JM_HOLDER_BATCH;
    country_begin();
    memset(&P, 0, sizeof P);
    memset(&w, 0, sizeof w);
    w.instance = jm_wallet_handle(1);
    w.dpop = jm_wallet_handle(2);
    P.alive[1] = P.alive[2] = true;
    P.last = 2;
    mem = arena(ROOM);
    next();
}

static void end(void)
{
    jm_holder_end(h);
    usually();
    country_end();
}

static enum jm_status receive(void)
{
    return drive(jm_holder_receive(h, JM_BYTES(OFFER_URL), KIT_NOW));
}

/* With a card, and the next operation to come. */
static void begin_with_card(void)
{
    begin();
    CHECK_OK(receive());
    next();
}

static size_t keys_alive(void)
{
    size_t n = 0;

    for (size_t i = 1; i < KEYS; i++)
        n += P.alive[i];
    return n;
}

static bool event_is(const char *outcome)
{
    return w.n_events > 0 && jm_bytes_eq_str(w.event[w.n_events - 1].outcome, outcome);
}

/* As they lie there, whatever a sanitizer thinks of reading them. */
#if defined(__clang__) || defined(__GNUC__)
__attribute__((no_sanitize("address")))
#endif
static size_t
count_in(const uint8_t *from, size_t len, struct jm_bytes what)
{
    size_t n = 0;

    for (size_t i = 0; i + what.len <= len; i++) {
        size_t k = 0;

        while (k < what.len && from[i + k] == what.ptr[k])
            k++;
        n += k == what.len;
    }
    return n;
}

static bool is_wiped(struct jm_bytes octets)
{
    static const uint8_t zero[64];

    return octets.len > sizeof zero &&
           count_in(octets.ptr, octets.len, jm_bytes(zero, 1)) == octets.len;
}

/* -- a card comes -- */

TEST(a_card_is_received)
{
    const struct jm_wallet_card *card;

    begin();
    CHECK_OK(receive());
    card = jm_holder_card(h);
    CHECK(card != NULL && card->n == COPIES && card->state == JM_WCARD_ACTIVE && w.n_cards == 1);
    CHECK_STR(card->issuer, I);
    CHECK_EQ(card->received, KIT_NOW);
    for (size_t i = 0; card != NULL && i < card->n; i++) {
        CHECK(!card->copy[i].used && card->copy[i].until > KIT_NOW);
        CHECK(P.alive[number_of(jm_handle_bytes(&card->copy[i].key))]);
    }
    CHECK_EQ(w.pending.len, 0);
    CHECK(event_is("received"));
    CHECK_EQ(P.asked.kind, JM_QUESTION_CODE);
    CHECK(P.sign[0] >= '0' && P.sign[0] <= '9' && P.sign[2] == 0);
    /* the token is durable before the first copy is asked for, the card before keys go */
    CHECK_STR(jm_str(P.trace), "kukckf");
    CHECK_EQ(keys_alive(), 2 + COPIES);
    end();
}

/* Whenever this is asked, the state that would fetch the copies again is durable. */
TEST(an_issuance_that_breaks_off_is_finished)
{
    static const struct change rows[] = {{"/credential", 0, NULL, 0},
                                         {"/credential", 503, "{}", 0},
                                         {"/credential", 0, NULL, 1},
                                         {"/nonce", 0, NULL, 0},
                                         {"/provider/attest", 0, NULL, 1}};

    for (size_t i = 0; i < JM_ARRAY_LEN(rows); i++) {
        struct jm_vci_saved saved;

        begin();
        change = rows[i];
        CHECK(receive() != JM_OK);
        CHECK_EQ(w.n_cards, 0);
        CHECK_EQ(w.n_events, 0);
        CHECK_EQ(keys_alive(), 2); /* fresh ones are of no use any more */
        CHECK_OK(jm_vci_saved_read(&saved, w.pending));
        CHECK_STR(saved.refresh_token, "r");
        CHECK(jm_bytes_find(P.kept, w.pending) != SIZE_MAX);
        change.at = NULL;
        next();
        CHECK_OK(drive(jm_holder_continue(h, KIT_NOW)));
        CHECK_EQ(w.card[0].n, COPIES);
        CHECK(P.new_loss_code == false); /* with the first batch alone */
        CHECK_EQ(w.pending.len, 0);
        end();
    }
}

/* Copies that came before it broke off lie nowhere: neither as they came nor as they are kept. */
TEST(copies_of_an_issuance_that_breaks_off_are_wiped)
{
    static const struct change rows[] = {{NULL, 0, NULL, 0},
                                         {"/credential", 500, "{}", 1},
                                         {"/credential", 0, NULL, 1},
                                         {"/credential", 200, "{\"credentials\":[]}", 1}};

    for (size_t i = 0; i < JM_ARRAY_LEN(rows); i++) {
        struct jm_mdoc_spec spec;
        struct jm_bytes text, marks[2];

        begin();
#ifdef __wasm__
        memset(mem.base, 0, mem.cap); /* its heap gives the room that earlier tests wrote */
#endif
        change = rows[i];
        spec = kit_spec(&K);
        spec.device_key = keys[0].point;
        /* the first of the first batch, which is the same whenever it is issued */
        marks[0] = kit_issue(&K, &spec);
        KIT_MUST(jm_b64url_encode(&text, &K.mem, marks[0]));
        marks[0] = jm_slice(marks[0], 30, 64);
        marks[1] = jm_slice(text, 40, 64);
        CHECK_EQ(receive() == JM_OK, i == 0);
        CHECK_EQ(count_in(mem.base, mem.cap, marks[0]) != 0, i == 0);
        CHECK_EQ(count_in(mem.base, mem.cap, marks[1]), 0);
        CHECK_EQ(keys_alive(), i == 0 ? 2 + COPIES : 2);
        end();
    }
}

TEST(a_code_that_is_not_there_yet)
{
    begin();
    P.holder = JM_E_ABSENT;
    CHECK_ST(receive(), JM_E_DENIED);
    CHECK_EQ(jm_holder_diag(h)->code, JM_WALLET_MATCH_CODE_NEEDED);
    CHECK(w.pending.len != 0 && jm_bytes_find(P.kept, w.pending) != SIZE_MAX);
    CHECK_EQ(keys_alive(), 2);
    next();
    CHECK_OK(drive(jm_holder_continue(h, KIT_NOW)));
    CHECK_EQ(w.card[0].n, COPIES);
    end();
}

TEST(a_wrong_code_is_typed_again)
{
    begin();
    change =
        (struct change){"/token", 400,
                        "{\"error\":\"invalid_grant\",\"jumin_code\":\"JM_VCI_TX_CODE_WRONG\"}", 0};
    CHECK_ST(receive(), JM_E_DENIED);
    CHECK_EQ(jm_holder_diag(h)->code, JM_WALLET_MATCH_CODE_WRONG);
    CHECK_STR(jm_holder_diag(h)->detail, "the match code is wrong: invalid_grant");
    CHECK(w.pending.len != 0 && P.kept.len != 0);
    change.at = NULL;
    next();
    CHECK_OK(drive(jm_holder_continue(h, KIT_NOW)));
    CHECK_STR(jm_str(P.trace), "ukckf");
    end();
}

#define OVER(code) "{\"error\":\"invalid_grant\",\"jumin_code\":\"" code "\"}"

/* What ends before this wallet is bound leaves nothing behind, nor does a case that is over; of one
 * that lives, what goes on is durable. */
TEST(nothing_comes_of_it)
{
    static const struct {
        const char *name;
        struct change change;
        enum jm_status holder;
        enum jm_code code;
        bool waits;
    } rows[] = {
        {"the holder does not want", {NULL, 0, NULL, 0}, JM_E_DENIED, JM_CODE_NONE, true},
        {"nobody asks the holder", {NULL, 0, NULL, 0}, JM_E_UNAVAILABLE, JM_CODE_NONE, true},
        {"the offer is gone", {"/offer/x", 404, "{}", 0}, JM_OK, JM_WALLET_OFFER_GONE, false},
        {"taken by another", {"/offer/x", 409, "{}", 1}, JM_OK, JM_WALLET_TICKET_TAKEN, false},
        {"no provider", {"/provider/challenge", 0, NULL, 0}, JM_OK, JM_WALLET_PROVIDER, false},
        {"no token", {"/token", 400, "{\"error\":\"x\"}", 0}, JM_OK, JM_WALLET_TOKEN_REFUSED, true},
        {"no answer", {"/token", 0, NULL, 0}, JM_OK, JM_WALLET_SERVER_UNAVAILABLE, true},
        {"cancelled",
         {"/token", 400, OVER("JM_VCI_CODE_EXPIRED"), 0},
         JM_OK,
         JM_WALLET_TOKEN_REFUSED,
         false},
        {"too many tries",
         {"/token", 400, OVER("JM_VCI_TX_CODE_EXHAUSTED"), 0},
         JM_OK,
         JM_WALLET_TOKEN_REFUSED,
         false},
    };

    for (size_t i = 0; i < JM_ARRAY_LEN(rows); i++) {
        begin();
        change = rows[i].change;
        P.holder = rows[i].holder;
        ROW(CHECK(receive() != JM_OK) && CHECK_EQ(jm_holder_diag(h)->code, rows[i].code) &&
                CHECK_EQ(w.n_cards + w.n_events, 0) &&
                CHECK_EQ(w.pending.len != 0, rows[i].waits) && CHECK_EQ(keys_alive(), 2),
            rows[i].name);
        if (rows[i].waits)
            ROW(CHECK(jm_bytes_find(P.kept, w.pending) != SIZE_MAX), rows[i].name);
        end();
    }
}

/* -- and is renewed -- */

TEST(fresh_copies_replace_the_old_ones)
{
    struct jm_handle old[COPIES];
    struct jm_bytes octets[COPIES];

    begin_with_card();
    for (size_t i = 0; i < COPIES; i++) {
        old[i] = w.card[0].copy[i].key;
        octets[i] = w.card[0].copy[i].octets;
        CHECK(!is_wiped(octets[i]));
    }
    w.card[0].copy[1].used = true;
    CHECK_OK(drive(jm_holder_refresh(h, KIT_NOW + 5)));
    CHECK_EQ(w.card[0].n, COPIES);
    for (size_t i = 0; i < COPIES; i++) {
        CHECK(is_wiped(octets[i]));
        CHECK(!P.alive[number_of(jm_handle_bytes(&old[i]))]);
        CHECK(!w.card[0].copy[i].used && w.card[0].copy[i].octets.len > 100);
    }
    CHECK(event_is("refreshed"));
    CHECK_EQ(w.n_events, 2);
    CHECK_STR(jm_str(P.trace),
              "kckf"); /* the counter; old keys live until the new copies are durable */
    CHECK_EQ(keys_alive(), 2 + COPIES);
    end();
}

#define SAYS(code) "{\"error\":\"x\",\"error_description\":\"why\",\"jumin_code\":\"" code "\"}"

/* D-240, D-361: what the issuer refuses for good or for now ends the copies, the history stays. */
TEST(a_card_that_is_off)
{
    static const struct change rows[] = {
        {"/token", 400, SAYS("JM_VCI_REFRESH_ENDED"), 0},
        {"/token", 400, SAYS("JM_VCI_DEVICE_CLOSED"), 0},
        {"/credential", 403, SAYS("JM_VCI_CARD_NOT_ACTIVE"), 0},
        {"/credential", 403, SAYS("JM_VCI_DEVICE_CLOSED"), 1}, /* half of the new copies came */
    };

    for (size_t i = 0; i < JM_ARRAY_LEN(rows); i++) {
        struct jm_bytes octets[COPIES];

        begin_with_card();
        for (size_t k = 0; k < COPIES; k++)
            octets[k] = w.card[0].copy[k].octets;
        change = rows[i];
        CHECK_ST(drive(jm_holder_refresh(h, KIT_NOW)), JM_E_DENIED);
        CHECK_EQ(jm_holder_diag(h)->code, JM_WALLET_CARD_ENDED);
        CHECK_SAME(jm_holder_diag(h)->detail, w.card[0].why);
        CHECK(w.n_cards == 1 && w.card[0].n == 0 && w.card[0].state == JM_WCARD_NOT_VALID);
        CHECK(jm_bytes_starts(w.card[0].why, JM_BYTES("JM_VCI_"))); /* for programs, then words */
        CHECK(jm_bytes_find(w.card[0].why, JM_BYTES(": x: why")) != SIZE_MAX);
        for (size_t k = 0; k < COPIES; k++)
            CHECK(is_wiped(octets[k]));
        CHECK(event_is("not valid now") && w.n_events == 2);
        CHECK_EQ(keys_alive(), 2);
        CHECK(P.kept.len != 0);
        end();
    }
}

TEST(a_card_is_renewed)
{
    begin_with_card();
    CHECK_OK(drive(jm_holder_renew(h, KIT_NOW)));
    CHECK(w.n_cards == 1 && w.card[0].n == COPIES && event_is("renewed"));
    CHECK_EQ(w.pending.len, 0);
    CHECK_EQ(keys_alive(), 2 + COPIES);
    end();
}

/* Its token had come, and then the card was off: nothing of it waits. */
TEST(a_renewal_of_a_card_that_is_off_leaves_nothing_behind)
{
    begin_with_card();
    change = (struct change){"/credential", 403, SAYS("JM_VCI_CARD_NOT_ACTIVE"), 0};
    CHECK_ST(drive(jm_holder_renew(h, KIT_NOW)), JM_E_DENIED);
    CHECK_EQ(jm_holder_diag(h)->code, JM_WALLET_CARD_ENDED);
    CHECK(P.trace[0] == 'k'); /* it was kept, to be finished */
    CHECK_EQ(w.pending.len, 0);
    CHECK(w.n_cards == 1 && w.card[0].n == 0);
    next();
    CHECK_ST(jm_holder_continue(h, KIT_NOW), JM_E_ABSENT);
    end();
}

/* With a card, and a ticket that is bound and waits for its match code. */
static struct jm_bytes begin_with_ticket(void)
{
    begin_with_card();
    P.holder = JM_E_ABSENT;
    CHECK_ST(receive(), JM_E_DENIED);
    CHECK(w.pending.len != 0 && w.n_cards == 1);
    next();
    return w.pending;
}

/* A ticket that is bound to this wallet is bound to no other: what would write over it waits. */
TEST(what_waits_is_finished_first)
{
    struct jm_bytes ticket = begin_with_ticket();

    CHECK_ST(jm_holder_tap(h, JM_BYTES(OFFER_URL), KIT_NOW), JM_E_CONFLICT);
    CHECK_EQ(jm_holder_diag(h)->code, JM_WALLET_PENDING);
    CHECK_EQ(jm_holder_state(h), JM_HOLDER_FAILED);
    next();
    CHECK_ST(jm_holder_renew(h, KIT_NOW), JM_E_CONFLICT);
    CHECK_EQ(jm_holder_diag(h)->code, JM_WALLET_PENDING);
    CHECK_SAME(w.pending, ticket);
    next();
    CHECK_OK(drive(jm_holder_continue(h, KIT_NOW)));
    CHECK_EQ(w.pending.len, 0);
    end();
}

TEST(a_card_that_is_off_takes_no_ticket_with_it)
{
    struct jm_bytes ticket = begin_with_ticket();

    change = (struct change){"/credential", 403, SAYS("JM_VCI_CARD_NOT_ACTIVE"), 0};
    CHECK_ST(drive(jm_holder_refresh(h, KIT_NOW)), JM_E_DENIED);
    CHECK_EQ(jm_holder_diag(h)->code, JM_WALLET_CARD_ENDED);
    CHECK_SAME(w.pending, ticket);
    end();
}

TEST(what_cannot_be_finished_keeps_nothing_waiting)
{
    begin_with_card();
    w.pending = JM_BYTES("\x81\x01");
    CHECK_OK(drive(jm_holder_renew(h, KIT_NOW)));
    CHECK_EQ(w.pending.len, 0);
    end();
}

#define SAYS_OFF                                                                                   \
    "{\"error\":\"JM_VCI_CARD_NOT_ACTIVE\",\"error_description\":\"JM_VCI_CARD_NOT_ACTIVE: off\"," \
    "\"jumin_code\":\"JM_VCI_CARD_NOT_ACTIVE\"}"

/* Cards of the container that was kept last; all of one are there. */
static size_t cards_kept(void)
{
    struct jm_wallet_keys of_it;
    struct jm_wallet x;

    if (P.kept.len == 0)
        return 1; /* that of before */
    KIT_MUST(jm_wallet_read(&x, &of_it, P.kept, &mem));
    CHECK(x.n_cards == 0 || x.card[0].n == COPIES);
    return x.n_cards;
}

/* Whoever else says so, and however it is said, the card stays as it is. */
TEST(nobody_else_ends_a_card)
{
    static const struct {
        const char *name;
        struct change change;
    } rows[] = {
        {"the provider's challenge", {"/provider/challenge", 400, SAYS_OFF, 0}},
        {"the provider", {"/provider/attest", 400, SAYS_OFF, 0}},
        {"the provider, of the new keys", {"/provider/attest", 403, SAYS_OFF, 1}},
        {"the attestation challenge", {"example/challenge", 400, SAYS_OFF, 0}},
        {"the nonce", {"/nonce", 400, SAYS_OFF, 0}},
        {"a defect", {"/token", 503, SAYS_OFF, 0}},
        {"a sentence",
         {"/token", 400,
          "{\"error\":\"x\",\"error_description\":\"JM_VCI_CARD_NOT_ACTIVE JM_VCI_REFRESH_ENDED\"}",
          0}},
        {"another code", {"/credential", 400, SAYS("JM_VCI_TX_CODE_WRONG"), 0}},
        {"nobody", {"/token", 0, NULL, 0}},
        {"copies that are none", {"/credential", 200, "{\"credentials\":[]}", 0}},
    };

    begin_with_card();
    jm_holder_end(h);
    size_t mark = jm_arena_mark(&mem); /* ten rooms are many */
    for (size_t i = 0; i < JM_ARRAY_LEN(rows); i++) {
        next();
        change = rows[i].change;
        ROW(CHECK(drive(jm_holder_refresh(h, KIT_NOW)) != JM_OK) &&
                CHECK(jm_holder_diag(h)->code != JM_WALLET_CARD_ENDED) &&
                CHECK(w.card[0].n == COPIES && w.card[0].state == JM_WCARD_ACTIVE) &&
                CHECK(!is_wiped(w.card[0].copy[0].octets)) && CHECK_EQ(w.n_events, 1) &&
                CHECK_EQ(cards_kept(), 1) && CHECK_EQ(keys_alive(), 2 + COPIES),
            rows[i].name);
        jm_holder_end(h);
        jm_arena_back(&mem, mark);
    }
    next();
    /* nor is it put away */
    change = (struct change){"/provider/attest", 400, SAYS_OFF, 0};
    CHECK(drive(jm_holder_delete(h, KIT_NOW)) != JM_OK);
    CHECK_EQ(w.n_cards, 1);
    end();
}

/* -- and goes -- */

TEST(the_holder_ends_a_card)
{
    static const struct {
        const char *name;
        struct change change;
        enum jm_status holder, st;
        enum jm_code code;
    } rows[] = {
        {"yes", {NULL, 0, NULL, 0}, JM_OK, JM_OK, JM_CODE_NONE},
        {"it has ended before",
         {"/deletion", 400, SAYS("JM_VCI_CARD_NOT_ACTIVE"), 0},
         JM_OK,
         JM_OK,
         JM_CODE_NONE},
        {"it has ended before, by its token",
         {"/token", 400, SAYS("JM_VCI_REFRESH_ENDED"), 0},
         JM_OK,
         JM_OK,
         JM_CODE_NONE},
        {"no", {NULL, 0, NULL, 0}, JM_E_DENIED, JM_E_DENIED, JM_CODE_NONE},
        {"refused",
         {"/deletion", 403, SAYS("JM_VCI_CODE_UNKNOWN"), 0},
         JM_OK,
         JM_E_DENIED,
         JM_WALLET_DELETE_REFUSED},
        {"nobody answers",
         {"/deletion", 0, NULL, 0},
         JM_OK,
         JM_E_UNAVAILABLE,
         JM_WALLET_SERVER_UNAVAILABLE},
        {"a sentence",
         {"/deletion", 400, "{\"error\":\"x\",\"error_description\":\"JM_VCI_CARD_NOT_ACTIVE\"}",
          0},
         JM_OK,
         JM_E_DENIED,
         JM_WALLET_DELETE_REFUSED},
    };

    for (size_t i = 0; i < JM_ARRAY_LEN(rows); i++) {
        bool gone = rows[i].st == JM_OK;
        struct jm_bytes octets;

        begin_with_card();
        octets = w.card[0].copy[COPIES - 1].octets;
        change = rows[i].change;
        P.holder = rows[i].holder;
        ROW(CHECK_ST(drive(jm_holder_delete(h, KIT_NOW)), rows[i].st) &&
                CHECK_EQ(jm_holder_diag(h)->code, rows[i].code) &&
                CHECK_EQ(P.asked.kind, JM_QUESTION_DELETE) && CHECK_EQ(w.n_cards, gone ? 0 : 1) &&
                CHECK_EQ(is_wiped(octets), gone) && CHECK_EQ(event_is("deleted"), gone) &&
                CHECK_EQ(cards_kept(), gone ? 0 : 1) &&
                CHECK_EQ(keys_alive(), gone ? 2 : 2 + COPIES),
            rows[i].name);
        end();
    }
}

TEST(an_issuer_without_deletion)
{
    struct jm_vci_saved saved;

    begin_with_card();
    KIT_MUST(jm_vci_saved_read(&saved, w.card[0].saved));
    saved.deletion_endpoint = jm_none();
    KIT_MUST(jm_vci_save(&w.card[0].saved, &saved, &mem));
    CHECK_ST(drive(jm_holder_delete(h, KIT_NOW)), JM_E_CONFLICT);
    CHECK_EQ(jm_holder_diag(h)->code, JM_WALLET_DELETE_REFUSED);
    CHECK_STR(jm_holder_diag(h)->detail, "the issuer offers no deletion");
    CHECK(w.n_cards == 1 && w.card[0].n == COPIES);
    end();
}

TEST(a_card_that_was_reported_lost)
{
    struct jm_bytes octets[COPIES];

    begin_with_card();
    for (size_t i = 0; i < COPIES; i++)
        octets[i] = w.card[0].copy[i].octets;
    CHECK_OK(drive(jm_holder_lost(h, KIT_NOW)));
    CHECK(w.n_cards == 1 && w.card[0].n == 0 && w.card[0].state == JM_WCARD_NOT_VALID);
    CHECK_STR(w.card[0].why, "reported lost");
    for (size_t i = 0; i < COPIES; i++)
        CHECK(is_wiped(octets[i]));
    CHECK(event_is("reported lost"));
    CHECK_STR(jm_str(P.trace), "kf");
    CHECK_EQ(keys_alive(), 2);
    end();
}

/* -- what cannot be kept, what is out of turn -- */

/* The container still names the keys of a state that could not be replaced: none is forgotten. */
TEST(a_state_that_cannot_be_kept)
{
    enum jm_status (*const operation[])(struct jm_holder *, int64_t) = {jm_holder_refresh,
                                                                        jm_holder_delete,
                                                                        jm_holder_lost};

    for (size_t i = 0; i < JM_ARRAY_LEN(operation); i++) {
        begin_with_card();
        P.keep = JM_E_IO;
        CHECK_ST(drive(operation[i](h, KIT_NOW)), JM_E_IO);
        CHECK(strchr(P.trace, 'f') == NULL && keys_alive() >= 2 + COPIES);
        end();
    }
    begin(); /* before the code is typed: nobody is asked */
    P.keep = JM_E_IO;
    CHECK_ST(receive(), JM_E_IO);
    CHECK_STR(jm_str(P.trace), "k");
    end();
    begin(); /* before the first copy is asked for: none is */
    P.holder = JM_E_ABSENT;
    CHECK_ST(receive(), JM_E_DENIED);
    next();
    P.holder = JM_OK;
    P.keep = JM_E_IO;
    CHECK_ST(drive(jm_holder_continue(h, KIT_NOW)), JM_E_IO);
    CHECK(strchr(P.trace, 'c') == NULL && w.n_cards == 0);
    end();
}

TEST(operations_out_of_turn)
{
    begin();
    CHECK_ST(jm_holder_refresh(h, KIT_NOW), JM_E_ABSENT);
    CHECK_EQ(jm_holder_diag(h)->code, JM_WALLET_NO_CARD);
    CHECK_EQ(jm_holder_state(h), JM_HOLDER_FAILED);
    CHECK_ST(jm_holder_refresh(h, KIT_NOW), JM_E_CONFLICT);
    next();
    CHECK_ST(jm_holder_delete(h, KIT_NOW), JM_E_ABSENT);
    next();
    CHECK_ST(jm_holder_lost(h, KIT_NOW), JM_E_ABSENT);
    next();
    CHECK_ST(jm_holder_continue(h, KIT_NOW), JM_E_ABSENT);
    CHECK_EQ(jm_holder_diag(h)->code, JM_WALLET_PENDING_NONE);
    next();
    w.pending = JM_BYTES("\x81\x01");
    CHECK_ST(drive(jm_holder_continue(h, KIT_NOW)), JM_E_ABSENT);
    CHECK_EQ(jm_holder_diag(h)->code, JM_WALLET_PENDING_NONE);
    CHECK_EQ(keys_alive(), 2);
    next();
    CHECK_OK(receive());
    CHECK_ST(jm_holder_receive(h, JM_BYTES(OFFER_URL), KIT_NOW), JM_E_CONFLICT);
    CHECK_ST(jm_holder_respond(h, JM_BYTES("haip-vp://?"), KIT_NOW), JM_E_CONFLICT);
    CHECK_ST(jm_holder_lost(h, KIT_NOW), JM_E_CONFLICT);
    CHECK_EQ(w.card[0].n, COPIES);
    next();
    w.card[0].saved = JM_BYTES("\x81\x01");
    CHECK_ST(drive(jm_holder_refresh(h, KIT_NOW)), JM_E_MALFORMED);
    CHECK_EQ(jm_holder_diag(h)->code, JM_WALLET_CONTAINER);
    CHECK_EQ(keys_alive(), 2 + COPIES);
    end();
}

TEST(answers_that_nobody_asked_for)
{
    struct jm_answer a = {.kind = JM_ASK_NEW_KEY, .st = JM_E_LIMIT};
    const struct jm_ask *q;

    begin();
    CHECK_EQ(jm_holder_asks(h, &q), 0);
    CHECK_ST(jm_holder_answer(h, 1, &a, KIT_NOW), JM_E_BUG);
    CHECK_OK(jm_holder_receive(h, JM_BYTES(OFFER_URL), KIT_NOW));
    CHECK_EQ(jm_holder_asks(h, &q), 1);
    CHECK_EQ(q->kind, JM_ASK_NEW_KEY);
    CHECK_ST(jm_holder_answer(h, q->id + 1, &a, KIT_NOW), JM_E_BUG);
    a.kind = JM_ASK_KEEP;
    CHECK_ST(jm_holder_answer(h, q->id, &a, KIT_NOW), JM_E_BUG);
    CHECK_EQ(jm_holder_state(h), JM_HOLDER_WORKING);
    a.kind = JM_ASK_NEW_KEY;
    CHECK_ST(jm_holder_answer(h, q->id, &a, KIT_NOW), JM_E_LIMIT); /* the platform has no more */
    CHECK_EQ(jm_holder_state(h), JM_HOLDER_FAILED);
    CHECK_EQ(jm_holder_asks(h, &q), 0);
    /* neither does a protocol engine take what it has not asked for */
    next();
    CHECK_OK(jm_holder_receive(h, JM_BYTES(OFFER_URL), KIT_NOW));
    while (jm_holder_asks(h, &q) > 0 && q->kind == JM_ASK_NEW_KEY) {
        const uint8_t octets[JM_HANDLE_LEN + JM_POINT_LEN] = {[JM_HANDLE_LEN] = 4};

        a = (struct jm_answer){.kind = JM_ASK_NEW_KEY, .octets = jm_bytes(octets, sizeof octets)};
        CHECK_OK(jm_holder_answer(h, q->id, &a, KIT_NOW));
    }
    CHECK_EQ(q->kind, JM_ASK_HTTP);
    a = (struct jm_answer){.kind = JM_ASK_HTTP, .st = JM_E_UNAVAILABLE};
    CHECK_ST(jm_holder_answer(h, q->id + 1, &a, KIT_NOW), JM_E_BUG);
    a.kind = JM_ASK_VERIFY;
    CHECK_ST(jm_holder_answer(h, q->id, &a, KIT_NOW), JM_E_BUG);
    CHECK_EQ(jm_holder_state(h), JM_HOLDER_WORKING);
    end();
}

TEST(memory_that_is_too_little)
{
    struct jm_holder_config c = {.trust = &trust, .crypto = &jm_crypto_openssl};

    begin();
    struct jm_arena little = arena(1024);
    CHECK_ST(jm_holder_init(h, &c, &w, &little), JM_E_NO_SPACE);
    little = arena(JM_MIB);
    KIT_MUST(jm_holder_init(h, &c, &w, &little));
    CHECK_ST(drive(jm_holder_receive(h, JM_BYTES(OFFER_URL), KIT_NOW)), JM_E_NO_SPACE);
    CHECK_EQ(keys_alive(), 2);
    end();
}
