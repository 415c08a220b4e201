/* SPDX-License-Identifier: Apache-2.0 */
/* The holder's engine against our verifier: what goes, what is noted, and that it is noted first.
 */
#include "unit/service/wallet_way.h"

#include "jumin/holder.h"

#define ROOM (32 * JM_MIB)
#define COPY 3      /* handle of the copies' key */
#define EPHEMERAL 4 /* the first one that the engine makes */
#define BOTH "age_over_19,full_name"

static struct jm_arena mem;
static struct jm_wallet_copy copy[2];
static struct jm_wallet_card card;
static struct jm_wallet w;
static struct jm_holder *h;
static struct jm_holder_config config;

static struct {
    struct jm_key *ephemeral;
    bool forgotten, goes;
    enum jm_status keep, holder;
    unsigned kept, asked;
    bool used_when_kept;  /* a copy was marked as used in the state that was made durable */
    unsigned posts_then;  /* what had been sent by then */
    struct jm_question q; /* the last one */
    char ways[512];       /* one a line */
    const char *said;     /* what is typed */
} P;

/* -- a platform -- */

static struct jm_key *key_of(struct jm_bytes handle)
{
    const struct jm_handle own = jm_wallet_handle(COPY), fresh = jm_wallet_handle(EPHEMERAL);

    if (jm_bytes_eq(handle, jm_handle_bytes(&own)))
        return C->k.device_key;
    return jm_bytes_eq(handle, jm_handle_bytes(&fresh)) && !P.forgotten ? P.ephemeral : NULL;
}

static enum jm_status sign(void *ctx, enum jm_alg alg, struct jm_bytes handle, struct jm_bytes data,
                           struct jm_sig *sig)
{
    const struct jm_key *key = key_of(handle);

    (void)ctx, (void)alg;
    return key == NULL ? JM_E_ABSENT : jm_key_sign(key, data, sig);
}

static enum jm_status agree(void *ctx, struct jm_bytes handle, struct jm_bytes peer, uint8_t x[32])
{
    const struct jm_key *key = key_of(handle);

    (void)ctx;
    return key == NULL ? JM_E_ABSENT : jm_key_agree(key, peer, x);
}

static enum jm_status new_key(void *ctx, struct jm_handle *handle, struct jm_point *point)
{
    (void)ctx;
    CHECK(P.ephemeral == NULL); /* one a response */
    KIT_MUST(jm_key_generate(&P.ephemeral));
    *handle = jm_wallet_handle(EPHEMERAL);
    return jm_key_point(point, P.ephemeral);
}

static enum jm_status forget(void *ctx, struct jm_bytes handles)
{
    const struct jm_handle fresh = jm_wallet_handle(EPHEMERAL);

    (void)ctx;
    if (P.goes) { /* with the card */
        P.forgotten = true;
        return JM_OK;
    }
    CHECK_SAME(handles, jm_handle_bytes(&fresh)); /* that of a copy that was shown stays: it may not
                                                     be shown again, and goes with the card */
    P.forgotten = true;
    return JM_OK;
}

static enum jm_status keep(void *ctx, const void *what)
{
    (void)ctx;
    CHECK(what == &w);
    P.kept++;
    P.used_when_kept = copy[0].used || copy[1].used;
    P.posts_then = way.posts;
    return P.keep;
}

static enum jm_status ask_holder(void *ctx, const void *what, struct jm_bytes *out,
                                 struct jm_arena *to)
{
    (void)ctx, (void)to;
    *out = jm_str(P.said);
    P.asked++;
    P.q = *(const struct jm_question *)what;
    P.ways[0] = 0;
    for (size_t i = 0; i < P.q.n_ways; i++)
        (void)snprintf(P.ways + strlen(P.ways), sizeof P.ways - strlen(P.ways), "%.*s\n",
                       (int)P.q.way[i].len, (const char *)P.q.way[i].ptr);
    CHECK_EQ(way.posts, 0); /* nothing goes before the holder has answered */
    return P.holder;
}

static enum jm_status web(void *ctx, const struct jm_http_ask *a, struct jm_http_answer *out,
                          struct jm_arena *to)
{
    (void)ctx;
    if (jm_bytes_eq_str(a->url, LIST_URI))
        return country_fetch(NULL, a, out, to);
    *out = serve(a);
    return (way.lost && way.posts > 0) || way.fetch < 0 ? JM_E_UNAVAILABLE : JM_OK;
}

static int64_t later(void *ctx)
{
    (void)ctx;
    return ++C->now;
}

static void begin(void)
{
    country_begin();
    memset(&way, 0, sizeof way);
    memset(&P, 0, sizeof P);
    P.said = "";
    mem = arena(ROOM);
    h = (struct jm_holder *)(void *)test_malloc(sizeof *h);
    for (size_t i = 0; i < 2; i++)
        copy[i] = (struct jm_wallet_copy){.fmt = JM_FMT_SDJWT,
                                          .type = JM_BYTES(VCT),
                                          .octets = sdjwt_copy(),
                                          .key = jm_wallet_handle(COPY),
                                          .until = KIT_NOW + KIT_DAY};
    card = (struct jm_wallet_card){.state = JM_WCARD_ACTIVE, .copy = copy, .n = 2};
    w = (struct jm_wallet){.instance = jm_wallet_handle(1),
                           .dpop = jm_wallet_handle(2),
                           .card = &card,
                           .n_cards = 1};
    config = (struct jm_holder_config){.trust = &C->v.trust, .crypto = &jm_crypto_openssl};
}

static void end(void)
{
    CHECK(P.forgotten || P.keep != JM_OK || P.ephemeral == NULL);
    jm_holder_end(h);
    jm_key_free(&P.ephemeral);
    country_end();
}

/* @p url null: what the verifier asks. */
static enum jm_status respond(const char *url)
{
    struct jm_arena answers = arena(1 << 16);
    const struct jm_driver d = {.by = {.verify = jm_openssl_verify,
                                       .sign = sign,
                                       .agree = agree,
                                       .random = country_random,
                                       .http = web,
                                       .holder = ask_holder,
                                       .new_key = new_key,
                                       .forget = forget,
                                       .keep = keep,
                                       .crypto = &jm_crypto_openssl},
                                .now = later,
                                .mem = &answers};
    enum jm_status st;

    if (url == NULL)
        KIT_MUST(
            jm_presentation_request(&C->v, &asked_for, JM_BYTES("sdjwt"), NULL, &C->k.mem, NULL));
    KIT_MUST(jm_holder_init(h, &config, &w, &mem));
    st = jm_drive(&d, jm_holder_engine(h),
                  jm_holder_respond(h, url == NULL ? asked_for.invocation : jm_str(url), C->now));
    CHECK_EQ(jm_holder_state(h), st == JM_OK ? JM_HOLDER_DONE : JM_HOLDER_FAILED);
    return st;
}

static bool noted(const char *outcome_is)
{
    return w.n_events == 1 && jm_bytes_eq_str(w.event[0].outcome, outcome_is);
}

static size_t n_used(void)
{
    return (size_t)copy[0].used + copy[1].used;
}

/* D-253, D-356: used, and durably so, before the first octet leaves. */
TEST(a_copy_is_shown)
{
    begin();
    way.body = "{\"redirect_uri\":\"https://bank.example/on\"}";
    CHECK_OK(respond(NULL));
    CHECK_EQ(outcome("sdjwt").p.state, JM_PRESENTATION_ACCEPTED);
    CHECK_EQ(n_used(), 1);
    CHECK(P.kept == 1 && P.used_when_kept && P.posts_then == 0 && way.posts == 1);
    CHECK(P.asked == 1 && P.q.kind == JM_QUESTION_CONSENT);
    CHECK(noted("sent"));
    CHECK_STR(w.event[0].claims, BOTH);
    CHECK(w.event[0].badge == (int64_t)jm_holder_shown(h).badge && w.event[0].badge != 0);
    CHECK(w.event[0].at >= KIT_NOW && w.event[0].who.len != 0);
    CHECK_STR(jm_holder_shown(h).redirect, "https://bank.example/on");
    CHECK(jm_holder_shown(h).told == NULL);
    end();
}

/* D-352: what need not go goes only if its holder wants that, and what went is what is noted. */
TEST(no_more_than_must)
{
    static const struct {
        const char *said, *went;
    } rows[] = {{"", BOTH}, {BOTH, BOTH}, {"age_over_19", "age_over_19"}};

    for (size_t i = 0; i < JM_ARRAY_LEN(rows); i++) {
        begin();
        P.said = rows[i].said;
        CHECK_OK(respond(NULL));
        CHECK_STR(jm_str(P.ways), BOTH "\nage_over_19\n");
        CHECK_STR(w.event[0].claims, rows[i].went);
        CHECK_EQ(outcome("sdjwt").p.state, JM_PRESENTATION_ACCEPTED);
        CHECK_EQ(n_used(), 1);
        end();
    }
}

/* Nothing goes that was not offered. */
TEST(another_way_is_none)
{
    static const char *const said[] = {"full_name", "age_over_19,birth_date", "age_over_1", ",",
                                       "full_name,age_over_19"};

    for (size_t i = 0; i < JM_ARRAY_LEN(said); i++) {
        begin();
        P.said = said[i];
        CHECK_ST(respond(NULL), JM_E_RANGE);
        CHECK(way.posts == 0 && n_used() == 0 && w.n_events == 0);
        end();
    }
}

/* D-354, D-356: who it was is noted, and told where that is another by then; without a history
 * nothing is. */
TEST(what_is_noted_of_who_asks)
{
    begin();
    CHECK_OK(respond(NULL));
    CHECK(!P.q.consent->changed);
    CHECK_STR(w.event[0].rp, "bank");
    CHECK_EQ(w.event[0].seal.len, JM_WALLET_SEAL_LEN);
    char use[32];
    (void)snprintf(use, sizeof use, "%.*s", (int)w.event[0].use.len,
                   (const char *)w.event[0].use.ptr);
    end();

    begin();
    struct jm_wallet_event before = {.at = 1,
                                     .who = JM_BYTES("Bank"),
                                     .use = jm_str(use),
                                     .rp = JM_BYTES("bank"),
                                     .seal = JM_BYTES("another!")};
    w.event = &before;
    w.n_events = 1;
    CHECK_OK(respond(NULL));
    CHECK(P.q.consent->changed);
    CHECK_EQ(w.n_events, 2);
    end();

    begin();
    w.no_history = true;
    CHECK_OK(respond(NULL));
    CHECK(w.n_events == 0 && P.kept == 1 && n_used() == 1);
    end();
}

TEST(a_response_is_handed_out)
{
    begin();
    config.hand_out = true;
    CHECK_OK(respond(NULL));
    CHECK_EQ(way.posts, 0);
    CHECK(jm_bytes_starts(jm_holder_shown(h).body, JM_BYTES("response=")));
    CHECK(noted("written") && P.used_when_kept);
    CHECK_EQ(n_used(), 1);
    end();
}

/* What cannot be noted is not shown. */
TEST(a_state_that_cannot_be_kept)
{
    begin();
    P.keep = JM_E_IO;
    CHECK_ST(respond(NULL), JM_E_IO);
    CHECK_EQ(way.posts, 0);
    CHECK(!P.forgotten);
    end();
    begin(); /* nor is it handed out */
    P.keep = JM_E_IO;
    config.hand_out = true;
    CHECK_ST(respond(NULL), JM_E_IO);
    end();
}

TEST(a_holder_declines)
{
    static const enum jm_status no[] = {JM_E_DENIED, JM_E_UNAVAILABLE, JM_E_ABSENT};

    for (size_t i = 0; i < JM_ARRAY_LEN(no); i++) {
        begin();
        P.holder = no[i];
        CHECK_ST(respond(NULL), no[i]);
        CHECK_EQ(jm_holder_diag(h)->code, JM_CODE_NONE); /* who refused knows why */
        CHECK_EQ(n_used(), 0);
        CHECK(noted("declined") && P.kept == 1 && P.posts_then == 0);
        CHECK_STR(w.event[0].claims, BOTH); /* what was asked for */
        CHECK_EQ(way.posts, 1);
        CHECK_EQ(outcome("sdjwt").p.state, JM_PRESENTATION_CANCELLED);
        CHECK(strcmp(jm_holder_shown(h).told, "access_denied") == 0);
        end();
    }
    begin(); /* it may not be heard: the answer is the same */
    P.holder = JM_E_DENIED;
    way.lost = true;
    CHECK_ST(respond(NULL), JM_E_DENIED);
    CHECK(jm_holder_shown(h).told == NULL && noted("declined"));
    end();
}

/* A "no" and "no such card" sound alike, and only after the holder has answered. */
TEST(no_card_answers)
{
    static const struct {
        bool used, expired, off, locked, agreed;
        enum jm_status st;
        enum jm_code code;
    } rows[] = {
        {true, false, false, false, false, JM_E_GONE, JM_WALLET_COPIES_USED},
        {true, false, false, false, true, JM_E_GONE, JM_WALLET_COPIES_USED},
        {false, true, false, false, false, JM_E_ABSENT, JM_WALLET_NO_CREDENTIAL},
        {false, true, false, false, true, JM_E_ABSENT, JM_WALLET_NO_CREDENTIAL},
        {false, false, true, false, true, JM_E_ABSENT, JM_WALLET_NO_CREDENTIAL},
        {false, false, false, true, false, JM_E_ABSENT, JM_WALLET_CARD_LOCKED},
        {false, false, false, true, true, JM_E_ABSENT, JM_WALLET_CARD_LOCKED},
        {true, false, false, true, false, JM_E_ABSENT, JM_WALLET_CARD_LOCKED},
    };

    for (size_t i = 0; i < JM_ARRAY_LEN(rows); i++) {
        begin();
        for (size_t k = 0; k < 2; k++) {
            copy[k].used = rows[i].used;
            copy[k].until = rows[i].expired ? KIT_NOW : copy[k].until;
        }
        card.locked = rows[i].locked;
        card.state = rows[i].off ? JM_WCARD_NOT_VALID : JM_WCARD_ACTIVE;
        config.agreed = rows[i].agreed;
        CHECK_ST(respond(NULL), rows[i].st);
        CHECK_EQ(jm_holder_diag(h)->code, rows[i].code);
        CHECK_EQ(way.posts, rows[i].agreed ? 1 : 0);
        CHECK_EQ(jm_holder_shown(h).told != NULL, rows[i].agreed);
        CHECK(P.asked == 0 && P.kept == 0 && w.n_events == 0);
        end();
    }
}

TEST(a_verifier_refuses)
{
    begin();
    way.status = 400;
    way.body = "{\"error\":\"invalid_request\",\"error_description\":\"too late\","
               "\"redirect_uri\":\"https://bank.example/sorry\"}";
    CHECK_ST(respond(NULL), JM_E_DENIED);
    CHECK_EQ(jm_holder_diag(h)->code, JM_WALLET_VERIFIER_REFUSED);
    CHECK_STR(jm_holder_diag(h)->detail, "too late");
    CHECK_EQ(n_used(), 1); /* it was seen */
    CHECK_STR(jm_holder_shown(h).redirect, "https://bank.example/sorry");
    CHECK(noted("refused by verifier") && P.kept == 2);
    end();
    begin();
    way.status = 400;
    w.no_history = true;
    CHECK_ST(respond(NULL), JM_E_DENIED);
    CHECK(w.n_events == 0 && P.kept == 1);
    end();
    begin();
    way.lost = true;
    CHECK_ST(respond(NULL), JM_E_UNAVAILABLE);
    CHECK_EQ(jm_holder_diag(h)->code, JM_VP_SEND);
    CHECK_EQ(n_used(), 1); /* it may have been */
    CHECK(noted("unanswered") && P.kept == 2);
    end();
}

TEST(a_request_that_is_not_there)
{
    static const int fetch[] = {-1, 404, 500};

    for (size_t i = 0; i < JM_ARRAY_LEN(fetch); i++) {
        begin();
        way.fetch = fetch[i];
        CHECK(respond(NULL) != JM_OK);
        CHECK_EQ(jm_holder_diag(h)->code,
                 fetch[i] == 404 ? JM_VP_REQUEST_GONE : JM_VP_REQUEST_FETCH);
        CHECK(P.asked == 0 && P.kept == 0 && w.n_events == 0 && way.posts == 0);
        end();
    }
    begin();
    CHECK_ST(respond("https://bank.example/"), JM_E_MALFORMED);
    CHECK_EQ(jm_holder_diag(h)->code, JM_VP_INVOCATION);
    end();
}

static struct jm_bytes more_than_registered(struct jm_bytes payload)
{
    return kit_splice(&C->k, payload, JM_BYTES("\"full_name\""), JM_BYTES("\"portrait\""));
}

/* D-311: refused here, by what the registry says; the holder finds it in the history. */
/* 200 sets of a stranger's making, of which the last gives least: that one is always offered. */
static struct jm_bytes many_sets(struct jm_bytes payload)
{
    static const char was[] = "[[\"c00\",\"c01\"],[\"c00\"]]";
    size_t at = jm_bytes_find(payload, jm_str(was));
    struct jm_buf b;

    KIT_MUST(jm_alloc_buf(&b, &C->k.mem, payload.len + 4096));
    KIT_MUST(jm_buf_put(&b, jm_slice(payload, 0, at + 1)));
    for (size_t i = 0; i < 200; i++)
        KIT_MUST(jm_buf_put(&b, JM_BYTES("[\"c00\",\"c01\"],")));
    KIT_MUST(jm_buf_put(&b, jm_slice(payload, at + sizeof was - sizeof "[\"c00\"]]", SIZE_MAX)));
    return jm_written(b);
}

TEST(too_many_sets)
{
    begin();
    char *get = requested();

    way.request = resigned(many_sets, C->access_key, C->access);
    P.said = "age_over_19";
    CHECK_OK(respond(get));
    CHECK_STR(jm_str(P.ways), BOTH "\nage_over_19\n");
    CHECK_STR(w.event[0].claims, "age_over_19");
    end();
}

TEST(a_verifier_that_asks_too_much)
{
    begin();
    char *get = requested();
    way.request = resigned(more_than_registered, C->access_key, C->access);
    CHECK_ST(respond(get), JM_E_DENIED);
    CHECK_EQ(jm_holder_diag(h)->code, JM_WALLET_OVER_ASKING);
    CHECK(noted("refused by wallet") && P.kept == 1 && P.asked == 0 && way.posts == 0);
    CHECK_EQ(n_used(), 0);
    end();
}

/* A good request that cannot be answered: its sender hears of it if the holder wants that. */
TEST(an_unanswerable_request)
{
    for (int yes = 0; yes < 2; yes++) {
        begin();
        char *get = requested();
        way.request = resigned(with_transaction_data, C->access_key, C->access);
        P.holder = yes ? JM_OK : JM_E_DENIED;
        CHECK(respond(get) != JM_OK);
        CHECK_EQ(jm_holder_diag(h)->code, JM_VP_TRANSACTION_DATA);
        CHECK(P.asked == 1 && P.q.kind == JM_QUESTION_TELL && P.q.why == JM_VP_TRANSACTION_DATA);
        CHECK_EQ(way.posts, yes ? 1 : 0);
        CHECK_EQ(jm_holder_shown(h).told != NULL, yes);
        CHECK(P.kept == 0 && n_used() == 0);
        end();
    }
    begin(); /* nobody vouches for this one: the holder is not even asked */
    char *get = requested();
    way.request = resigned(es384, C->k.other_key, C->access);
    CHECK(respond(get) != JM_OK);
    CHECK(P.asked == 0 && way.posts == 0);
    end();
}

/* -- its own status: D-361 -- */

static enum jm_status look(void)
{
    struct jm_arena answers = arena(1 << 20);
    const struct jm_driver d = {.by = {.verify = jm_openssl_verify,
                                       .http = web,
                                       .forget = forget,
                                       .keep = keep,
                                       .crypto = &jm_crypto_openssl},
                                .now = later,
                                .mem = &answers};

    KIT_MUST(jm_holder_init(h, &config, &w, &mem));
    return jm_drive(&d, jm_holder_engine(h), jm_holder_check(h, C->now));
}

static void begin_looking(enum list_mode list)
{
    begin();
    C->list = list;
    config.looks = true;
    P.goes = true;
    for (size_t i = 0; i < 2; i++) /* wiped where they stand */
        copy[i].octets = exact(copy[i].octets);
}

TEST(a_wallet_looks)
{
    begin_looking(LIST_GOOD);
    CHECK_OK(look());
    CHECK(C->fetched == 1 && P.kept == 1 && w.n_events == 0 && card.n == 2);
    CHECK(card.contact >= KIT_NOW);
    end();

    for (int64_t ago = 3500; ago <= 3700; ago += 200) { /* not written again within the hour */
        begin_looking(LIST_GOOD);
        card.contact = C->now - ago;
        CHECK_OK(look());
        CHECK_EQ(P.kept, ago < 3600 ? 0 : 1);
        CHECK_EQ(card.contact < C->now - 3000, ago < 3600);
        end();
    }

    begin_looking(LIST_REVOKED);
    CHECK_ST(look(), JM_E_DENIED);
    CHECK_EQ(jm_holder_diag(h)->code, JM_WALLET_CARD_ENDED);
    CHECK(card.n == 0 && card.state == JM_WCARD_NOT_VALID && card.why.len != 0);
    CHECK(noted("not valid now") && P.kept == 1);
    end();

    begin_looking(LIST_GOOD);
    card.n = 0;
    CHECK_ST(look(), JM_E_ABSENT);
    CHECK(jm_holder_diag(h)->code == JM_WALLET_NO_CARD && C->fetched == 0);
    end();
}

/* A list that is not one says nothing: the card stays as it is. */
TEST(a_wallet_looks_at_what_it_cannot_believe)
{
    static const enum list_mode lists[] = {LIST_AWAY,
                                           LIST_404,
                                           LIST_EMPTY,
                                           LIST_OTHER_TYPE,
                                           LIST_DS_SIGNED,
                                           LIST_BAD_SIGNATURE,
                                           LIST_STRANGER_SIGNED,
                                           LIST_OTHER_SUBJECT,
                                           LIST_EXPIRED,
                                           LIST_AHEAD,
                                           LIST_SHORT};

    for (size_t i = 0; i < JM_ARRAY_LEN(lists); i++) {
        begin_looking(lists[i]);
        CHECK_ST(look(), JM_E_UNAVAILABLE);
        CHECK_EQ(jm_holder_diag(h)->code, JM_WALLET_STATUS_UNKNOWN);
        CHECK(card.n == 2 && card.state == JM_WCARD_ACTIVE && P.kept == 0 && card.contact == 0);
        end();
    }
}

/* Known bad, it is not shown: nobody is asked, nothing goes. Not known, the holder is asked. */
TEST(looked_at_before_the_holder_is_asked)
{
    static const struct {
        enum list_mode list;
        bool looks, shown;
    } rows[] = {{LIST_GOOD, true, true},
                {LIST_AWAY, true, true},
                {LIST_REVOKED, false, true},
                {LIST_REVOKED, true, false}};

    for (size_t i = 0; i < JM_ARRAY_LEN(rows); i++) {
        begin_looking(rows[i].list);
        config.looks = rows[i].looks;
        /* who is shown a card that is off refuses it */
        CHECK_EQ(respond(NULL) == JM_OK, rows[i].list != LIST_REVOKED);
        CHECK_EQ(P.asked, rows[i].shown ? 1 : 0);
        CHECK_EQ(way.posts, rows[i].shown ? 1 : 0);
        CHECK_EQ(card.n, rows[i].shown ? 2 : 0);
        CHECK(noted(!rows[i].shown                 ? "not valid now"
                    : rows[i].list == LIST_REVOKED ? "refused by verifier"
                                                   : "sent"));
        if (!rows[i].shown)
            CHECK_EQ(jm_holder_diag(h)->code, JM_WALLET_CARD_ENDED);
        end();
    }
}
