/* SPDX-License-Identifier: Apache-2.0 */
/* The wallet's presentation engine against our verifier, while the clock goes on between its
 * questions. */
#include "unit/service/wallet_way.h"

#include "jumin/wallet.h"

#define ROOM (6 * JM_MIB)

static struct jm_key *ephemeral;

/* Key handles: "d" the copy's, "e" the ephemeral one. */
static const struct jm_key *key_of(struct jm_bytes handle)
{
    return jm_bytes_eq_str(handle, "d") ? C->k.device_key : ephemeral;
}

static enum jm_status sign(void *ctx, enum jm_alg alg, struct jm_bytes handle, struct jm_bytes data,
                           struct jm_sig *sig)
{
    (void)ctx, (void)alg;
    return jm_key_sign(key_of(handle), data, sig);
}

static enum jm_status agree(void *ctx, struct jm_bytes handle, struct jm_bytes peer, uint8_t x[32])
{
    (void)ctx;
    return jm_key_agree(key_of(handle), peer, x);
}

static enum jm_status outside(void *ctx, const struct jm_http_ask *h, struct jm_http_answer *out,
                              struct jm_arena *mem)
{
    (void)ctx, (void)mem;
    *out = serve(h);
    return (way.lost && way.posts > 0) || way.fetch < 0 ? JM_E_UNAVAILABLE : JM_OK;
}

/* Every answer takes a second. */
static int64_t later(void *ctx)
{
    (void)ctx;
    return ++C->now;
}

static enum jm_status drive(struct jm_vp *e, enum jm_status st)
{
    struct jm_arena mem = arena(1 << 16);
    const struct jm_driver d = {.by = {.verify = jm_openssl_verify,
                                       .sign = sign,
                                       .agree = agree,
                                       .random = country_random,
                                       .http = outside,
                                       .crypto = &jm_crypto_openssl},
                                .now = later,
                                .mem = &mem};

    return jm_drive(&d, jm_vp_engine(e), st);
}

static void a_slow_wallet_shows(const char *service, enum jm_fmt fmt)
{
    struct jm_presentation_res asked;
    struct jm_presentation_result out;
    struct jm_vp_choice choice = {.fmt = fmt, .key = JM_BYTES("d")};
    struct jm_wallet_copy held = {.fmt = fmt,
                                  .type =
                                      fmt == JM_FMT_MDOC ? JM_BYTES(KIT_DOCTYPE) : JM_BYTES(VCT),
                                  .until = KIT_NOW + KIT_DAY};
    struct jm_wallet_card card = {.state = JM_WCARD_ACTIVE, .copy = &held, .n = 1};
    const struct jm_wallet w = {.card = &card, .n_cards = 1};
    struct jm_wallet_pick pick[JM_WALLET_PICKS_MAX];
    size_t n;
    struct jm_vp *e = (struct jm_vp *)(void *)test_malloc(sizeof *e);
    struct jm_vp_config c = {.trust = &C->v.trust,
                             .crypto = &jm_crypto_openssl,
                             .ephemeral = JM_BYTES("e")};

    KIT_MUST(jm_key_generate(&ephemeral));
    KIT_MUST(jm_key_point(&c.ephemeral_point, ephemeral));
    KIT_MUST(jm_presentation_request(&C->v, &asked, jm_str(service), NULL, &C->k.mem, NULL));
    KIT_MUST(jm_vp_init(e, &c, test_malloc(ROOM), ROOM));
    CHECK_OK(drive(e, jm_vp_event(e, JM_EVENT_START, asked.invocation, C->now)));
    CHECK_EQ(jm_vp_state(e), JM_VP_JUDGED);
    held.octets = fmt == JM_FMT_MDOC ? mdoc_copy() : sdjwt_copy();
    KIT_MUST(jm_wallet_choose(pick, &n, &w, &jm_vp_request_of(e)->dcql, C->now, &jm_crypto_openssl,
                              &C->k.mem, NULL));
    choice.query = pick[0].query->id;
    choice.copy = held.octets;
    choice.part = pick[0].part;
    choice.n = pick[0].n_parts;
    CHECK_OK(drive(e, jm_vp_agree(e, &choice, 1, C->now)));
    CHECK_EQ(jm_vp_state(e), JM_VP_READY);
    CHECK_OK(drive(e, jm_vp_event(e, JM_EVENT_MESSAGE, jm_none(), C->now)));
    CHECK_EQ(jm_vp_state(e), JM_VP_DONE);
    CHECK_OK(jm_presentation_result(&C->v, &out, jm_str(service), &asked.id, jm_none(), &C->k.mem,
                                    NULL));
    CHECK_EQ(out.p.state, JM_PRESENTATION_ACCEPTED);
    jm_key_free(&ephemeral);
}

/* D-253: never one that was shown, has run out, or is of a card that ended. */
TEST(only_a_fresh_copy_of_a_living_card_goes)
{
    static const char query[] =
        "{\"credentials\":[{\"id\":\"a\",\"format\":\"dc+sd-jwt\",\"meta\":{\"vct_values\":[\"" VCT
        "\"]},"
        "\"claims\":[{\"path\":[\"age_over_19\"]}]}]}";
    struct jm_wallet_pick pick[JM_WALLET_PICKS_MAX];
    const struct jm_json *json;
    struct jm_diag d = {0};
    struct jm_dcql q;
    size_t n;

    country_begin();
    struct jm_wallet_copy copy[3], *good = &copy[2];
    for (size_t i = 0; i < JM_ARRAY_LEN(copy); i++)
        copy[i] = (struct jm_wallet_copy){.fmt = JM_FMT_SDJWT,
                                          .type = JM_BYTES(VCT),
                                          .octets = sdjwt_copy(),
                                          .until = KIT_NOW + 20 * KIT_DAY};
    struct jm_wallet_copy ended = copy[0];
    struct jm_wallet_card cards[2] = {{.state = JM_WCARD_NOT_VALID, .copy = &ended, .n = 1},
                                      {.state = JM_WCARD_ACTIVE, .copy = copy, .n = 3}};
    const struct jm_wallet w = {.card = cards, .n_cards = 2};
    copy[0].used = true;
    copy[1].until = KIT_NOW;
    KIT_MUST(jm_json_parse(&json, jm_str(query), &C->k.mem, NULL));
    KIT_MUST(jm_dcql_parse(&q, json, &C->k.mem, NULL));
    CHECK_OK(jm_wallet_choose(pick, &n, &w, &q, KIT_NOW, &jm_crypto_openssl, &C->k.mem, &d));
    CHECK(n == 1 && pick[0].copy == good);
    good->used = true;
    CHECK_ST(jm_wallet_choose(pick, &n, &w, &q, KIT_NOW, &jm_crypto_openssl, &C->k.mem, &d),
             JM_E_GONE);
    CHECK_EQ(d.code, JM_WALLET_COPIES_USED);
    copy[0].until = good->until = KIT_NOW; /* shown and over: nothing to hope for */
    d = (struct jm_diag){.code = JM_CODE_NONE};
    CHECK_ST(jm_wallet_choose(pick, &n, &w, &q, KIT_NOW, &jm_crypto_openssl, &C->k.mem, &d),
             JM_E_ABSENT);
    CHECK_EQ(d.code, JM_WALLET_NO_CREDENTIAL);
    country_end();
}

TEST(a_slow_wallet_shows_an_sdjwt)
{
    country_begin();
    a_slow_wallet_shows("sdjwt", JM_FMT_SDJWT);
    country_end();
}

TEST(a_slow_wallet_shows_an_mdoc)
{
    country_begin();
    a_slow_wallet_shows("mdoc", JM_FMT_MDOC);
    country_end();
}

/* -- what is told to a verifier, and what it tells -- */

static struct jm_vp *engine;
/* An engine in JUDGED or UNANSWERABLE; @p url null: as the verifier has it. */
static enum jm_status judged(const char *service, const char *url)
{
    struct jm_vp_config c = {.trust = &C->v.trust,
                             .crypto = &jm_crypto_openssl,
                             .ephemeral = JM_BYTES("e")};

    way.posts = 0;
    KIT_MUST(jm_key_generate(&ephemeral));
    KIT_MUST(jm_key_point(&c.ephemeral_point, ephemeral));
    if (url == NULL)
        KIT_MUST(
            jm_presentation_request(&C->v, &asked_for, jm_str(service), NULL, &C->k.mem, NULL));
    engine = (struct jm_vp *)(void *)test_malloc(sizeof *engine);
    KIT_MUST(jm_vp_init(engine, &c, test_malloc(ROOM), ROOM));
    return drive(engine, jm_vp_event(engine, JM_EVENT_START,
                                     url == NULL ? asked_for.invocation : jm_str(url), C->now));
}

/* B07: the clerk need not wait until the request expires. */
TEST(a_holder_who_declines_is_told_to_the_verifier)
{
    country_begin();
    memset(&way, 0, sizeof way);
    way.body = "{\"redirect_uri\":\"https://bank.example/back#response_code=1\"}";
    CHECK_OK(judged("sdjwt", NULL));
    CHECK_EQ(jm_vp_state(engine), JM_VP_JUDGED);
    CHECK_EQ(way.posts, 0);
    CHECK_OK(drive(engine, jm_vp_decline(engine, "access_denied", C->now)));
    CHECK_EQ(jm_vp_state(engine), JM_VP_TOLD);
    CHECK_EQ(way.posts, 1);
    CHECK_EQ(outcome("sdjwt").p.state, JM_PRESENTATION_CANCELLED);
    CHECK(says(outcome("sdjwt").p.report, "\"reason\":\"access_denied\""));
    CHECK_STR(jm_vp_redirect(engine), "https://bank.example/back#response_code=1");
    CHECK_ST(jm_vp_decline(engine, "access_denied", C->now), JM_E_CONFLICT); /* once */
    jm_key_free(&ephemeral);
    way.body = NULL;
    way.lost = true; /* nobody answers: the decline is lost, and nothing else is sent */
    CHECK_OK(judged("sdjwt", NULL));
    CHECK_ST(drive(engine, jm_vp_decline(engine, "access_denied", C->now)), JM_E_UNAVAILABLE);
    CHECK_EQ(jm_vp_diag(engine)->code, JM_VP_SEND);
    CHECK_EQ(way.posts, 1);
    jm_key_free(&ephemeral);
    country_end();
}

/* What is good and cannot be answered: nothing goes by itself, and a decline says why. */
TEST(an_unanswerable_request_may_be_declined)
{
    static const struct {
        struct jm_bytes (*change)(struct jm_bytes);
        const char *error;
        enum jm_code code;
    } rows[] = {{es384, "vp_formats_not_supported", JM_VP_FORMATS},
                {with_transaction_data, "invalid_transaction_data", JM_VP_TRANSACTION_DATA}};

    country_begin();
    for (size_t i = 0; i < JM_ARRAY_LEN(rows); i++) {
        memset(&way, 0, sizeof way);
        char *get = requested();
        way.request = resigned(rows[i].change, C->access_key, C->access);
        CHECK(judged("sdjwt", get) != JM_OK);
        CHECK_EQ(jm_vp_diag(engine)->code, rows[i].code);
        CHECK_EQ(jm_vp_state(engine), JM_VP_UNANSWERABLE);
        CHECK_ST(jm_vp_agree(engine, NULL, 0, C->now), JM_E_CONFLICT);
        CHECK_EQ(way.posts, 0);
        CHECK_OK(drive(engine, jm_vp_decline(engine, rows[i].error, C->now)));
        CHECK_EQ(outcome("sdjwt").p.state, JM_PRESENTATION_CANCELLED);
        CHECK(says(outcome("sdjwt").p.report, rows[i].error));
        jm_key_free(&ephemeral);
        /* Whoever is not known, or whose signature does not hold, is told nothing at all. */
        KIT_MUST(
            jm_presentation_request(&C->v, &asked_for, JM_BYTES("sdjwt"), NULL, &C->k.mem, NULL));
        way.request = resigned(rows[i].change, C->k.other_key, C->access);
        CHECK(judged("sdjwt", get) != JM_OK);
        CHECK_EQ(jm_vp_state(engine), JM_VP_FAILED);
        CHECK_ST(jm_vp_decline(engine, "access_denied", C->now), JM_E_CONFLICT);
        jm_key_free(&ephemeral);
    }
    country_end();
}

static struct jm_bytes as_it_is(struct jm_bytes payload)
{
    return payload;
}

/* The reason outlives the step that found it: by how much the clocks differ is told to the holder.
 */
TEST(a_wallet_whose_clock_is_behind_says_by_how_much)
{
    country_begin();
    memset(&way, 0, sizeof way);
    char *get = requested();
    way.request = resigned(as_it_is, C->access_key, C->access);
    C->now -= 301;
    CHECK(judged("sdjwt", get) != JM_OK);
    CHECK_EQ(jm_vp_diag(engine)->code, JM_VP_REQUEST_CLOCK);
    CHECK(says(jm_vp_diag(engine)->detail, "301 s"));
    jm_key_free(&ephemeral);
    country_end();
}

TEST(a_stranger_is_told_nothing)
{
    country_begin();
    memset(&way, 0, sizeof way);
    char *get = requested();
    CHECK_OK(judged("sdjwt", get));
    engine->request.known = false; /* as jm_vp_request_read() says of a chain that ends at nobody */
    CHECK_ST(jm_vp_decline(engine, "access_denied", C->now), JM_E_CONFLICT);
    CHECK_EQ(way.posts, 0);
    jm_key_free(&ephemeral);
    country_end();
}

/* What comes back: a page to go on at, a refusal, nothing at all, or somebody who is no verifier.
 */
/* A request judged, agreed to with the one copy there is, and sent: to a verifier that answers so.
 */
static enum jm_status respond(const char *body, int status, bool lost)
{
    struct jm_wallet_copy held = {.fmt = JM_FMT_SDJWT,
                                  .type = JM_BYTES(VCT),
                                  .until = KIT_NOW + KIT_DAY};
    struct jm_wallet_card card = {.state = JM_WCARD_ACTIVE, .copy = &held, .n = 1};
    const struct jm_wallet w = {.card = &card, .n_cards = 1};
    struct jm_wallet_pick pick[JM_WALLET_PICKS_MAX];
    size_t n;

    memset(&way, 0, sizeof way);
    CHECK_OK(judged("sdjwt", NULL));
    held.octets = sdjwt_copy();
    KIT_MUST(jm_wallet_choose(pick, &n, &w, &jm_vp_request_of(engine)->dcql, C->now,
                              &jm_crypto_openssl, &C->k.mem, NULL));
    const struct jm_vp_choice choice = {pick[0].query->id, JM_FMT_SDJWT, held.octets,
                                        JM_BYTES("d"),     pick[0].part, pick[0].n_parts};
    KIT_MUST(drive(engine, jm_vp_agree(engine, &choice, 1, C->now)));
    way.body = body;
    way.status = status;
    way.lost = lost;
    return drive(engine, jm_vp_event(engine, JM_EVENT_MESSAGE, jm_none(), C->now));
}

TEST(outcomes_of_a_response)
{
    static const struct {
        const char *name, *body, *redirect;
        int status;
        bool lost;
        enum jm_vp_state state;
    } rows[] = {
        {"accepted", "{}", "", 200, false, JM_VP_DONE},
        {"nothing in it", "", "", 200, false, JM_VP_DONE},
        {"a page", "{\"redirect_uri\":\"https://rp.example/cb#response_code=1\"}",
         "https://rp.example/cb#response_code=1", 200, false, JM_VP_DONE},
        {"a page after a refusal", "{\"error\":\"x\",\"redirect_uri\":\"https://rp.example/\"}",
         "https://rp.example/", 400, false, JM_VP_REFUSED},
        {"a page that is no https", "{\"redirect_uri\":\"http://rp.example/\"}", "", 200, false,
         JM_VP_DONE},
        {"a script", "{\"redirect_uri\":\"javascript:alert(1)\"}", "", 200, false, JM_VP_DONE},
        {"a line end behind the #", "{\"redirect_uri\":\"https://rp.example/#a\\nb\"}", "", 200,
         false, JM_VP_DONE},
        {"no text", "{\"redirect_uri\":1}", "", 200, false, JM_VP_DONE},
        {"refused", "{}", "", 400, false, JM_VP_REFUSED},
        {"HTML", "<html>log in</html>", "", 200, false, JM_VP_FAILED},
        {"an array", "[]", "", 200, false, JM_VP_FAILED},
        {"overloaded", "{}", "", 503, false, JM_VP_FAILED},
        {"lost", "{}", "", 200, true, JM_VP_FAILED},
    };

    country_begin();
    for (size_t i = 0; i < JM_ARRAY_LEN(rows); i++) {
        enum jm_status st = respond(rows[i].body, rows[i].status, rows[i].lost);

        ROW(CHECK_EQ(jm_vp_state(engine), rows[i].state) &&
                CHECK_STR(jm_vp_redirect(engine), rows[i].redirect) && CHECK_EQ(way.posts, 1) &&
                CHECK_ST(st, rows[i].state == JM_VP_FAILED ? JM_E_UNAVAILABLE : JM_OK) &&
                (rows[i].state != JM_VP_FAILED || CHECK_EQ(jm_vp_diag(engine)->code, JM_VP_SEND)),
            rows[i].name);
        jm_key_free(&ephemeral);
    }
    country_end();
}

/* I-23: where to go on, and why not, at their bounds and one beyond: what is beyond is not kept,
 * and changes nothing else. */
TEST(members_of_a_verifiers_answer_have_bounds)
{
    char *body = (char *)test_malloc(JM_URL_MAX + JM_VP_REASON_MAX + 100);

    country_begin();
    for (size_t over = 0; over < 2; over++) {
        snprintf(body, JM_URL_MAX + 100, "{\"redirect_uri\":\"https://rp.example/#%0*d\"}",
                 (int)(JM_URL_MAX - 20 + over), 0);
        CHECK_OK(respond(body, 200, false));
        CHECK_EQ(jm_vp_redirect(engine).len, over ? 0 : JM_URL_MAX);
        jm_key_free(&ephemeral);
        snprintf(body, JM_VP_REASON_MAX + 100, "{\"error\":\"x\",\"error_description\":\"%0*d\"}",
                 (int)(JM_VP_REASON_MAX + over), 0);
        CHECK_OK(respond(body, 400, false));
        CHECK_EQ(jm_vp_state(engine), JM_VP_REFUSED);
        CHECK_EQ(engine->reason.len, over ? 0 : JM_VP_REASON_MAX);
        jm_key_free(&ephemeral);
    }
    country_end();
}

static struct jm_bytes several(struct jm_bytes payload)
{
    size_t at = jm_bytes_find(payload, JM_BYTES("\"meta\":"));
    const struct jm_bytes parts[] = {jm_slice(payload, 0, at), JM_BYTES("\"multiple\":true,"),
                                     jm_slice(payload, at, SIZE_MAX)};
    struct jm_bytes out;

    KIT_MUST(jm_concat(&out, &C->k.mem, parts, 3));
    return out;
}

/* Where a query takes several, they stand in one array; a verifier that asked for one refuses two.
 */
TEST(several_answers_to_one_query)
{
    struct jm_wallet_copy held[2];
    struct jm_wallet_card card[2];
    const struct jm_wallet w = {.card = card, .n_cards = 2};
    struct jm_wallet_pick pick[JM_WALLET_PICKS_MAX];
    struct jm_vp_choice choice[2];
    char *get = (char *)test_malloc(512);
    size_t n;

    country_begin();
    memset(&way, 0, sizeof way);
    KIT_MUST(jm_presentation_request(&C->v, &asked_for, JM_BYTES("sdjwt"), NULL, &C->k.mem, NULL));
    snprintf(get, 512, "openid4vp://?client_id=%.*s&request_uri=%.*s", (int)C->v.client_id.len,
             (const char *)C->v.client_id.ptr, (int)asked_for.request_uri.len,
             (const char *)asked_for.request_uri.ptr);
    way.request = resigned(several, C->access_key, C->access);
    CHECK_OK(judged("sdjwt", get));
    for (size_t i = 0; i < 2; i++) {
        held[i] = (struct jm_wallet_copy){.fmt = JM_FMT_SDJWT,
                                          .type = JM_BYTES(VCT),
                                          .octets = sdjwt_copy(),
                                          .until = KIT_NOW + KIT_DAY};
        card[i] = (struct jm_wallet_card){.state = JM_WCARD_ACTIVE, .copy = &held[i], .n = 1};
    }
    KIT_MUST(jm_wallet_choose(pick, &n, &w, &jm_vp_request_of(engine)->dcql, C->now,
                              &jm_crypto_openssl, &C->k.mem, NULL));
    if (CHECK_EQ(n, 2)) {
        for (size_t i = 0; i < 2; i++)
            choice[i] = (struct jm_vp_choice){pick[i].query->id, JM_FMT_SDJWT, pick[i].copy->octets,
                                              JM_BYTES("d"),     pick[i].part, pick[i].n_parts};
        CHECK_OK(drive(engine, jm_vp_agree(engine, choice, 2, C->now)));
        CHECK_OK(drive(engine, jm_vp_event(engine, JM_EVENT_MESSAGE, jm_none(), C->now)));
        CHECK_EQ(jm_vp_state(engine), JM_VP_REFUSED);
        CHECK(says(outcome("sdjwt").p.report, "\"fail\":[\"JM_VP_TOKEN_FORM\"]"));
    }
    jm_key_free(&ephemeral);
    country_end();
}

/* B17: capitals from a QR code in alphanumeric mode, blanks from what was pasted. */
TEST(invocations_as_people_give_them)
{
    country_begin();
    memset(&way, 0, sizeof way);
    for (int i = 0; i < 3; i++) {
        char *url = (char *)test_malloc(1024);

        KIT_MUST(
            jm_presentation_request(&C->v, &asked_for, JM_BYTES("sdjwt"), NULL, &C->k.mem, NULL));
        struct jm_bytes rest = jm_slice(asked_for.invocation, 9, SIZE_MAX);
        snprintf(url, 1024, "%s%.*s%s",
                 i == 0   ? "OPENID4VP"
                 : i == 1 ? " \nopenid4vp"
                          : "haip-VP",
                 (int)rest.len, (const char *)rest.ptr, i == 1 ? "\r\n" : "");
        CHECK_OK(judged("sdjwt", url));
        CHECK_EQ(jm_vp_state(engine), JM_VP_JUDGED);
        jm_key_free(&ephemeral);
    }
    country_end();
}

TEST(invocations_that_lead_nowhere)
{
    static const char *const urls[] = {
        "openid4vp2://?client_id=a&request_uri=https://b.example",
        "openid4vp://client_id=a",
        "openid4vp://?client_id=a",
        "openid4vp://?request_uri=https://b.example",
        "openid4vp://?client_id=&request_uri=https://b.example",
        "openid4vp://?client_id=a&request_uri=https://b.example&request_uri_method=put",
        "openid4vp://?client_id=a&request_uri=http://b.example",
        /* the trust set is no synthetic one */
        "openid4vp://?client_id=a&request_uri=http://127.0.0.1/",
        "openid4vp://?client_id=a&request_uri=javascript:alert(1)",
        "openid4vp://?client_id=a&client_id=b&request_uri=https://b.example",
    };

    country_begin();
    memset(&way, 0, sizeof way);
    for (size_t i = 0; i < JM_ARRAY_LEN(urls); i++) {
        ROW(CHECK_ST(judged("sdjwt", urls[i]), JM_E_MALFORMED) &&
                CHECK_EQ(jm_vp_diag(engine)->code, JM_VP_INVOCATION) &&
                CHECK_EQ(jm_vp_state(engine), JM_VP_FAILED) &&
                CHECK(jm_vp_request_of(engine) == NULL),
            urls[i]);
        jm_key_free(&ephemeral);
    }
    country_end();
}

TEST(a_request_that_is_not_there)
{
    static const struct {
        int fetch;
        enum jm_status st;
    } rows[] = {{404, JM_E_ABSENT}, {410, JM_E_ABSENT}, {400, JM_E_DENIED},
                {500, JM_E_DENIED}, {302, JM_E_DENIED}, {-1, JM_E_UNAVAILABLE}};

    country_begin();
    for (size_t i = 0; i < JM_ARRAY_LEN(rows); i++) {
        memset(&way, 0, sizeof way);
        way.fetch = rows[i].fetch;
        CHECK_ST(judged("sdjwt", NULL), rows[i].st);
        CHECK_EQ(jm_vp_diag(engine)->code,
                 rows[i].st == JM_E_ABSENT ? JM_VP_REQUEST_GONE : JM_VP_REQUEST_FETCH);
        CHECK_EQ(jm_vp_state(engine), JM_VP_FAILED);
        jm_key_free(&ephemeral);
    }
    country_end();
}

/* What is chosen must be in the copy, in both formats. */
TEST(a_part_that_is_not_in_the_copy)
{
    static const size_t beyond = 64;

    country_begin();
    for (int i = 0; i < 2; i++) {
        const char *service = i == 0 ? "sdjwt" : "mdoc";

        memset(&way, 0, sizeof way);
        CHECK_OK(judged(service, NULL));
        const struct jm_vp_choice choice = {JM_BYTES("a"),
                                            i == 0 ? JM_FMT_SDJWT : JM_FMT_MDOC,
                                            i == 0 ? sdjwt_copy() : mdoc_copy(),
                                            JM_BYTES("d"),
                                            &beyond,
                                            1};
        CHECK_ST(drive(engine, jm_vp_agree(engine, &choice, 1, C->now)), JM_E_ABSENT);
        CHECK_EQ(jm_vp_state(engine), JM_VP_FAILED);
        CHECK_ST(jm_vp_event(engine, (enum jm_event)(JM_EVENT_TIMEOUT + 1), jm_none(), C->now),
                 JM_E_BUG);
        jm_key_free(&ephemeral);
    }
    country_end();
}
