/* SPDX-License-Identifier: Apache-2.0 */
/* The wallet's presentation engine against our verifier, while the clock goes on between its questions. */
#include "unit/service/country.h"

#include "jumin/wallet.h"

#define ROOM (6 * JM_MIB)

static struct jm_key *ephemeral;

/* Key handles: "d" the copy's, "e" the ephemeral one. */
static const struct jm_key *key_of(struct jm_bytes handle)
{
    return jm_bytes_eq_str(handle, "d") ? C->k.device_key : ephemeral;
}

static struct jm_http_answer serve(const struct jm_http_ask *h)
{
    struct jm_http_answer out = {.status = 200};
    struct jm_form f;
    struct jm_diag d = {0};
    enum jm_status st;

    if (jm_bytes_starts(h->url, JM_BYTES(VERIFIER "/request/"))) {
        KIT_MUST(jm_form_parse(&f, h->body, &C->k.mem));
        st = jm_verification_fetch(&C->v, &out.body, jm_slice(h->url, sizeof VERIFIER "/request/" - 1, SIZE_MAX),
                                   jm_form_get(&f, "wallet_nonce"), &C->k.mem, &d);
    } else {
        st = post(jm_slice(h->url, sizeof VERIFIER "/response/" - 1, SIZE_MAX), h->body, NULL) == JM_CODE_NONE ? JM_OK : JM_E_DENIED;
        out.body = JM_BYTES("{}");
    }
    out.status = st == JM_OK ? 200 : 400;
    return out;
}

/* Every answer takes a second. */
static enum jm_status drive(struct jm_vp *e, enum jm_status st)
{
    const struct jm_ask *q;

    while (st == JM_OK && jm_vp_asks(e, &q) > 0) {
        struct jm_http_answer http;
        struct jm_answer a = {.kind = q->kind, .st = JM_E_BUG};
        uint8_t octets[64] = {0};

        if (q->kind == JM_ASK_VERIFY) {
            a.st = jm_openssl_verify(NULL, q->alg, q->key, q->data, q->sig);
        } else if (q->kind == JM_ASK_SIGN) {
            a.st = jm_key_sign(key_of(q->key), q->data, octets);
            a.octets = jm_bytes(octets, JM_SIG_LEN);
        } else if (q->kind == JM_ASK_AGREE) {
            a.st = jm_key_agree(key_of(q->key), q->data, octets);
            a.octets = jm_bytes(octets, 32);
        } else if (q->kind == JM_ASK_RANDOM) {
            a.st = country_random(NULL, octets, q->len);
            a.octets = jm_bytes(octets, q->len);
        } else if (q->kind == JM_ASK_HTTP) {
            http = serve(q->what);
            a.st = JM_OK;
            a.what = &http;
        }
        C->now++;
        st = jm_vp_answer(e, q->id, &a, C->now);
    }
    return st;
}

static struct jm_bytes sdjwt_copy(void)
{
    const struct jm_sdjwt_claim claims[] = {{JM_BYTES("age_over_19"), JM_BYTES("true")}, {JM_BYTES("full_name"), JM_BYTES("\"홍길동\"")}};
    struct jm_sdjwt_spec s = {.vct = JM_BYTES(VCT), .claim = claims, .n = 2, .iat = KIT_NOW - KIT_DAY, .nbf = KIT_NOW - KIT_DAY,
                              .exp = KIT_NOW + 20 * KIT_DAY, .status_uri = JM_BYTES(LIST_URI), .status_idx = LIST_IDX, .x5c = &C->sd,
                              .n_x5c = 1};
    struct jm_sdjwt_draft d;
    struct jm_bytes copy;
    uint8_t sig[JM_SIG_LEN];

    KIT_MUST(jm_key_point(&s.holder, C->k.device_key));
    KIT_MUST(jm_sdjwt_issue_begin(&d, &s, kit_random(&C->k, jm_sdjwt_random_len(&s)), &jm_crypto_openssl, &C->k.mem));
    KIT_MUST(jm_key_sign(C->sd_key, d.jws.to_sign, sig));
    KIT_MUST(jm_sdjwt_issue_finish(&copy, &d, sig, &C->k.mem));
    return copy;
}

static struct jm_bytes mdoc_copy(void)
{
    struct jm_mdoc_spec spec = kit_spec(&C->k);

    spec.status_uri = JM_BYTES(LIST_URI);
    spec.status_idx = LIST_IDX;
    return kit_issue(&C->k, &spec);
}

static void a_slow_wallet_shows(const char *service, enum jm_fmt fmt)
{
    struct jm_verification_res asked;
    struct jm_verification_result out;
    struct jm_vp_choice choice = {.fmt = fmt, .key = JM_BYTES("d")};
    struct jm_wallet_copy held = {.fmt = fmt, .type = fmt == JM_FMT_MDOC ? JM_BYTES(KIT_DOCTYPE) : JM_BYTES(VCT), .until = KIT_NOW + KIT_DAY};
    struct jm_wallet_card card = {.state = JM_WCARD_ACTIVE, .copy = &held, .n = 1};
    const struct jm_wallet w = {.card = &card, .n_cards = 1};
    struct jm_wallet_pick pick[JM_WALLET_PICKS_MAX];
    size_t n;
    struct jm_vp *e = (struct jm_vp *)(void *)test_malloc(sizeof *e);
    struct jm_vp_config c = {.trust = &C->v.trust, .crypto = &jm_crypto_openssl, .ephemeral = JM_BYTES("e")};

    KIT_MUST(jm_key_generate(&ephemeral));
    KIT_MUST(jm_key_point(&c.ephemeral_point, ephemeral));
    KIT_MUST(jm_verification_request(&C->v, &asked, jm_str(service), &C->k.mem, NULL));
    KIT_MUST(jm_vp_init(e, &c, test_malloc(ROOM), ROOM));
    CHECK_OK(drive(e, jm_vp_event(e, JM_EVENT_START, asked.invocation, C->now)));
    CHECK_EQ(jm_vp_state(e), JM_VP_JUDGED);
    held.octets = fmt == JM_FMT_MDOC ? mdoc_copy() : sdjwt_copy();
    KIT_MUST(jm_wallet_choose(pick, &n, &w, &jm_vp_request_of(e)->dcql, C->now, &jm_crypto_openssl, &C->k.mem, NULL));
    choice.query = pick[0].query->id;
    choice.copy = held.octets;
    choice.part = pick[0].part;
    choice.n = pick[0].n_parts;
    CHECK_OK(drive(e, jm_vp_agree(e, &choice, 1, C->now)));
    CHECK_EQ(jm_vp_state(e), JM_VP_READY);
    CHECK_OK(drive(e, jm_vp_event(e, JM_EVENT_MESSAGE, jm_none(), C->now)));
    CHECK_EQ(jm_vp_state(e), JM_VP_DONE);
    CHECK_OK(jm_verification_result(&C->v, &out, jm_str(service), &asked.id, &C->k.mem, NULL));
    CHECK_EQ(out.t.state, JM_V_ACCEPTED);
    jm_key_free(&ephemeral);
}

/* D-253: never one that was shown, has run out, or is of a card that ended. */
TEST(only_a_fresh_copy_of_a_living_card_goes)
{
    static const char query[] = "{\"credentials\":[{\"id\":\"a\",\"format\":\"dc+sd-jwt\",\"meta\":{\"vct_values\":[\"" VCT "\"]},"
                                "\"claims\":[{\"path\":[\"age_over_19\"]}]}]}";
    struct jm_wallet_pick pick[JM_WALLET_PICKS_MAX];
    const struct jm_json *json;
    struct jm_diag d = {0};
    struct jm_dcql q;
    size_t n;

    country_begin();
    struct jm_wallet_copy copy[3], *good = &copy[2];
    for (size_t i = 0; i < JM_ARRAY_LEN(copy); i++)
        copy[i] = (struct jm_wallet_copy){.fmt = JM_FMT_SDJWT, .type = JM_BYTES(VCT), .octets = sdjwt_copy(), .until = KIT_NOW + 20 * KIT_DAY};
    struct jm_wallet_copy ended = copy[0];
    struct jm_wallet_card cards[2] = {{.state = JM_WCARD_NOT_VALID, .copy = &ended, .n = 1}, {.state = JM_WCARD_ACTIVE, .copy = copy, .n = 3}};
    const struct jm_wallet w = {.card = cards, .n_cards = 2};
    copy[0].used = true;
    copy[1].until = KIT_NOW;
    KIT_MUST(jm_json_parse(&json, jm_str(query), &C->k.mem, NULL));
    KIT_MUST(jm_dcql_parse(&q, json, &C->k.mem, NULL));
    CHECK_OK(jm_wallet_choose(pick, &n, &w, &q, KIT_NOW, &jm_crypto_openssl, &C->k.mem, &d));
    CHECK(n == 1 && pick[0].copy == good);
    good->used = true;
    CHECK_ST(jm_wallet_choose(pick, &n, &w, &q, KIT_NOW, &jm_crypto_openssl, &C->k.mem, &d), JM_E_GONE);
    CHECK_EQ(d.code, JM_WALLET_COPIES_USED);
    copy[0].until = good->until = KIT_NOW; /* shown and over: nothing to hope for */
    d = (struct jm_diag){.code = JM_CODE_NONE};
    CHECK_ST(jm_wallet_choose(pick, &n, &w, &q, KIT_NOW, &jm_crypto_openssl, &C->k.mem, &d), JM_E_ABSENT);
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
