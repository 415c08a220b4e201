/* SPDX-License-Identifier: Apache-2.0 */
/*
 * V-07: on the same device session and response code belong together, once. The relay attack:
 * somebody starts at the shop, has another person answer, and would have what that person showed.
 * Whoever answered is sent to where the request says, with a code that the attacker does not have;
 * and a code that comes into another session opens nothing there.
 */
#include "unit/service/country.h"

#define BACK SHOP "/done?order=7"

static const struct lie truth = {.aes128 = false};
static const uint8_t session[32] = {1, 2, 3}, other_session[32] = {3, 2, 1};

/* Sends a truthful answer. The code, or a null view. */
static struct jm_bytes code_after(const struct asked *a, const char *back, const struct lie *lie)
{
    struct jm_bytes redirect = jm_none();
    struct jm_diag d = {0};
    size_t fixed = strlen(back) + strlen("#response_code=");

    if (jm_presentation_answer(&C->v, a->id, body_of(a, "sdjwt", lie), &redirect, &C->k.mem, &d) !=
        JM_OK)
        return jm_none();
    CHECK(jm_bytes_starts(redirect, jm_str(back)));
    return redirect.len > fixed ? jm_slice(redirect, fixed, SIZE_MAX) : jm_none();
}

static enum jm_code result_by(const struct asked *a, struct jm_bytes code,
                              struct jm_presentation_result *out)
{
    struct jm_diag d = {0};

    return jm_presentation_result(&C->v, out, JM_BYTES("shop"), &a->res.id, code, &C->k.mem, &d) ==
                   JM_OK
               ? JM_CODE_NONE
               : d.code;
}

TEST(values_go_out_by_the_code_once)
{
    const struct jm_return back = {JM_BYTES(BACK), NULL};
    struct jm_presentation_result r;

    country_begin();
    struct asked a = ask_back("shop", &back);
    CHECK_EQ(result_by(&a, jm_none(), &r), JM_CODE_NONE);
    CHECK_EQ(r.p.state, JM_PRESENTATION_FETCHED);
    struct jm_bytes code = code_after(&a, BACK, &truth);
    CHECK_EQ(code.len, 43);
    CHECK_EQ(result_by(&a, jm_none(), &r), JM_CODE_NONE); /* neither a value nor the word */
    CHECK_EQ(r.p.state, JM_PRESENTATION_ANSWERED);
    CHECK(r.claims.ptr == NULL && r.vp_token.ptr == NULL && r.p.report.ptr == NULL);
    CHECK_EQ(result_by(&a, code, &r), JM_CODE_NONE);
    CHECK_EQ(r.p.state, JM_PRESENTATION_ACCEPTED);
    CHECK(says(r.p.report, "\"flow\":\"same-device\""));
    CHECK(says(r.claims, "\"age_over_19\":true"));
    CHECK_EQ(result_by(&a, code, &r), JM_VER_RESPONSE_CODE);
    CHECK_EQ(result_by(&a, jm_none(), &r), JM_CODE_NONE); /* it was for this session */
    CHECK_EQ(r.p.state, JM_PRESENTATION_ACCEPTED);
    country_end();
}

TEST(a_wrong_code_erases_what_was_shown)
{
    const struct jm_return back = {JM_BYTES(BACK), NULL};
    struct jm_presentation_result r;

    country_begin();
    struct asked mine = ask_back("shop", &back), others = ask_back("shop", &back);
    struct jm_bytes code = code_after(&mine, BACK, &truth),
                    foreign = code_after(&others, BACK, &truth);
    CHECK_EQ(result_by(&mine, foreign, &r), JM_VER_RESPONSE_CODE);
    CHECK_EQ(result_by(&mine, code, &r), JM_VER_RESPONSE_CODE); /* too late now */
    CHECK_EQ(result_by(&mine, jm_none(), &r), JM_CODE_NONE);
    CHECK(r.p.claims.ptr == NULL && r.p.response_code.ptr == NULL);
    CHECK_EQ(r.p.state, JM_PRESENTATION_REJECTED);
    CHECK(says(r.p.report, "\"fail\":[\"JM_VER_RESPONSE_CODE\"]"));
    CHECK_EQ(result_by(&others, foreign, &r), JM_CODE_NONE); /* the other one is untouched */
    CHECK(r.claims.len != 0);
    country_end();
}

TEST(a_code_lives_for_two_minutes)
{
    const struct jm_return back = {JM_BYTES(BACK), NULL};
    struct jm_presentation_result r;

    country_begin();
    struct asked a = ask_back("shop", &back), b = ask_back("shop", &back);
    struct jm_bytes code_a = code_after(&a, BACK, &truth), code_b = code_after(&b, BACK, &truth);
    C->now += JM_PRESENTATION_CODE_TTL_S - 1;
    CHECK_EQ(result_by(&a, code_a, &r), JM_CODE_NONE);
    CHECK(r.claims.len != 0);
    C->now++;
    struct asked c = ask_back("shop", &back);
    (void)code_after(&c, BACK, &truth);
    CHECK_EQ(result_by(&b, code_b, &r), JM_VER_RESPONSE_CODE);
    C->now += JM_PRESENTATION_CODE_TTL_S;
    CHECK_OK(jm_presentation_sweep(&C->v)); /* nobody came back at all */
    CHECK_EQ(result_by(&c, jm_none(), &r), JM_CODE_NONE);
    CHECK_EQ(r.p.state, JM_PRESENTATION_REJECTED);
    CHECK(says(r.p.report, "\"fail\":[\"JM_VER_RESPONSE_CODE\"]"));
    country_end();
}

TEST(the_same_octets_again_hear_no_second_code)
{
    const struct jm_return back = {JM_BYTES(BACK), NULL};
    struct jm_presentation_result r;
    struct jm_bytes redirect = jm_none();
    struct jm_diag d = {0};

    country_begin();
    struct asked a = ask_back("shop", &back);
    struct jm_bytes body = body_of(&a, "sdjwt", &truth);
    CHECK_OK(jm_presentation_answer(&C->v, a.id, body, &redirect, &C->k.mem, &d));
    CHECK(says(redirect, "#response_code="));
    CHECK_OK(jm_presentation_answer(&C->v, a.id, body, &redirect, &C->k.mem, &d));
    CHECK_STR(redirect, BACK);
    CHECK_EQ(result_by(&a, jm_none(), &r), JM_CODE_NONE);
    CHECK(r.claims.ptr == NULL && r.p.state == JM_PRESENTATION_ANSWERED);
    country_end();
}

/* What is refused or declined has no values, and no code. */
TEST(without_values_there_is_no_code)
{
    const struct jm_return back = {JM_BYTES(BACK), NULL};
    const struct lie expired = {.expired = true};
    struct jm_presentation_result r;
    struct jm_bytes redirect = jm_none();
    struct jm_diag d = {0};

    country_begin();
    struct asked a = ask_back("shop", &back), b = ask_back("shop", &back);
    CHECK(code_after(&a, BACK, &expired).ptr == NULL);
    CHECK_EQ(result_by(&a, jm_none(), &r), JM_CODE_NONE);
    CHECK_EQ(r.p.state, JM_PRESENTATION_REJECTED);
    CHECK_OK(jm_presentation_answer(&C->v, b.id, JM_BYTES("error=access_denied"), &redirect,
                                    &C->k.mem, &d));
    CHECK_STR(redirect, BACK);
    CHECK_EQ(result_by(&b, jm_none(), &r), JM_CODE_NONE);
    CHECK_EQ(r.p.state, JM_PRESENTATION_CANCELLED);
    country_end();
}

/* D-301: the pages that may ask are named by the service. */
TEST(only_a_page_of_the_service_is_gone_back_to)
{
    static const struct {
        const char *name, *service, *to;
        enum jm_code code;
    } rows[] = {
        {"an origin of the service", "shop", SHOP, JM_CODE_NONE},
        {"a page of it", "shop", BACK, JM_CODE_NONE},
        {"a query at once", "shop", SHOP "?a=b", JM_CODE_NONE},
        {"our own", "shop", VERIFIER "/visit", JM_CODE_NONE},
        {"another host that begins alike", "shop", SHOP ".evil.example/", JM_VER_ORIGIN},
        {"another port", "shop", "https://shop.example/done", JM_VER_ORIGIN},
        {"a user before another host", "shop", SHOP "@evil.example/", JM_VER_ORIGIN},
        {"in the clear", "shop", "http://shop.example:8443/", JM_VER_ORIGIN},
        {"a fragment, where the code would stand", "shop", SHOP "/#x", JM_VER_ORIGIN},
        {"a line end", "shop", SHOP "/a\nb", JM_VER_ORIGIN},
        {"nothing", "shop", "", JM_VER_ORIGIN},
        {"a script", "shop", "javascript:alert(1)", JM_VER_ORIGIN},
        {"a service that names no page", "sdjwt", SHOP, JM_VER_ORIGIN},
        {"no service", "loan", SHOP, JM_VER_SERVICE_UNKNOWN},
    };

    country_begin();
    for (size_t i = 0; i < JM_ARRAY_LEN(rows); i++) {
        const struct jm_return back = {jm_str(rows[i].to), NULL};
        struct jm_presentation_res res;
        struct jm_diag d = {0};
        enum jm_status st =
            jm_presentation_request(&C->v, &res, jm_str(rows[i].service), &back, &C->k.mem, &d);

        ROW(CHECK_EQ(st == JM_OK ? JM_CODE_NONE : d.code, rows[i].code), rows[i].name);
    }
    uint8_t *longest = test_malloc(JM_PRESENTATION_RETURN_MAX + 1);
    memset(longest, 'a', JM_PRESENTATION_RETURN_MAX + 1);
    memcpy(longest, SHOP "/", sizeof SHOP);
    for (size_t more = 0; more < 2; more++) {
        const struct jm_return back = {jm_bytes(longest, JM_PRESENTATION_RETURN_MAX + more), NULL};
        struct jm_presentation_res res;

        CHECK_ST(jm_presentation_request(&C->v, &res, JM_BYTES("shop"), &back, &C->k.mem, NULL),
                 more == 0 ? JM_OK : JM_E_DENIED);
    }
    country_end();
}

/* Across devices nothing comes back: a code is a mistake of whoever asks. */
TEST(a_code_has_no_place_across_devices)
{
    struct jm_presentation_result r;
    struct jm_diag d = {0};

    country_begin();
    struct asked a = ask("sdjwt");
    CHECK_EQ(post(a.id, body_of(&a, "sdjwt", &truth), NULL), JM_CODE_NONE);
    CHECK_ST(jm_presentation_result(&C->v, &r, JM_BYTES("sdjwt"), &a.res.id, JM_BYTES("x"),
                                    &C->k.mem, &d),
             JM_E_RANGE);
    CHECK_EQ(d.code, JM_API_FIELD_FORM);
    CHECK(result_of(&a, "sdjwt").claims.len != 0);
    country_end();
}

/* A page of ours: the session is the browser's. */
TEST(a_visitor_has_his_own_and_nobody_elses)
{
    const struct jm_return mine = {JM_BYTES(VERIFIER "/visit"), session},
                           his = {JM_BYTES(VERIFIER "/visit"), other_session};
    const uint8_t stranger[32] = {9};
    struct jm_presentation_result r;
    struct jm_diag d = {0};

    country_begin();
    struct asked a = ask_back("shop", &mine), b = ask_back("shop", &his);
    struct jm_bytes code_a = code_after(&a, VERIFIER "/visit", &truth),
                    code_b = code_after(&b, VERIFIER "/visit", &truth);
    CHECK_ST(jm_presentation_visited(&C->v, &r, stranger, code_a, &C->k.mem, &d), JM_E_ABSENT);
    CHECK_EQ(d.code, JM_VER_UNKNOWN);
    CHECK_OK(jm_presentation_visited(&C->v, &r, session, jm_none(), &C->k.mem, &d));
    CHECK(r.p.state == JM_PRESENTATION_ANSWERED && r.claims.ptr == NULL);
    /* the relay: what another person showed comes into the attacker's session */
    d.code = JM_CODE_NONE;
    CHECK_ST(jm_presentation_visited(&C->v, &r, session, code_b, &C->k.mem, &d), JM_E_DENIED);
    CHECK_EQ(d.code, JM_VER_RESPONSE_CODE);
    CHECK_OK(jm_presentation_visited(&C->v, &r, other_session, code_b, &C->k.mem, &d));
    CHECK(says(r.claims, "\"age_over_19\":true"));
    country_end();
}
