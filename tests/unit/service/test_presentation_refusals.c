/* SPDX-License-Identifier: Apache-2.0 */
/* What the verifier refuses beside the cards themselves: forms, services, keys, and what is over.
 */
#include "service/web/routes.h"
#include "unit/service/country.h"

#include "unit/service/call.h"

static const struct lie truth = {.aes128 = false};
static struct jm_diag d;

static enum jm_status answer(struct jm_bytes id, struct jm_bytes body)
{
    d = (struct jm_diag){.code = JM_CODE_NONE};
    return jm_presentation_answer(&C->v, id, body, NULL, &C->k.mem, &d);
}

TEST(forms_of_an_answer)
{
    static const struct {
        const char *body;
        enum jm_code code;
    } rows[] = {
        {"", JM_VP_RESPONSE_FORM},
        {"response=", JM_VP_RESPONSE_FORM},
        {"state=s", JM_VP_RESPONSE_FORM},
        {"response=%zz", JM_VP_RESPONSE_FORM},
        {"response=a&response=b", JM_VP_RESPONSE_FORM},
        {"vp_token=x", JM_VP_RESPONSE_PLAIN},
    };

    for (size_t i = 0; i < JM_ARRAY_LEN(rows); i++) {
        country_begin();
        struct asked a = ask("mdoc");
        ROW(CHECK(answer(a.id, jm_str(rows[i].body)) != JM_OK) && CHECK_EQ(d.code, rows[i].code),
            rows[i].body);
        country_end();
    }
}

/* A refusal says what its report says, in words. */
TEST(a_refusal_has_its_reason)
{
    const struct lie early = {.early = true};

    country_begin();
    struct asked a = ask("mdoc");
    CHECK_ST(answer(a.id, body_of(&a, "mdoc", &early)), JM_E_DENIED);
    CHECK_EQ(d.code, JM_MDOC_MSO_NOT_YET_VALID);
    CHECK(d.detail.len > 5);
    CHECK(says(result_of(&a, "mdoc").p.report, "\"verdict\":\"rejected\""));
    country_end();
}

static enum jm_status enc_tx(struct jm_tx *tx, void *enc)
{
    return jm_sql_run(tx, "UPDATE presentation SET enc = $1",
                      JM_ARGS(JM_B(*(const struct jm_bytes *)enc)));
}

/* No wallet is asked to encrypt to what is no point. */
TEST(a_row_holds_a_whole_key)
{
    static const size_t lens[] = {JM_POINT_LEN, JM_POINT_LEN - 1, JM_POINT_LEN + 1,
                                  JM_POINT_COMPRESSED_LEN, JM_POINT_MAX};
    static const uint8_t octets[JM_POINT_MAX] = {4};
    struct jm_bytes token;

    country_begin();
    struct asked a = ask("mdoc");
    for (size_t i = 0; i < JM_ARRAY_LEN(lens); i++) {
        struct jm_bytes enc = jm_bytes(octets, lens[i]);

        CHECK_OK(jm_tx_run(&C->v.base.env, enc_tx, &enc));
        CHECK_ST(jm_presentation_fetch(&C->v, &token, a.id, jm_none(), &C->k.mem, &d),
                 i == 0 ? JM_OK : JM_E_TYPE);
    }
    country_end();
}

/* No level is reported on where the service asks for none. */
TEST(levels_where_they_are_asked)
{
    country_begin();
    struct asked a = ask("sdjwt");
    CHECK_OK(answer(a.id, body_of(&a, "sdjwt", &truth)));
    CHECK(!says(result_of(&a, "sdjwt").p.report, "JM_VER_LEVEL"));
    a = ask("high");
    const struct lie two = {.key_level = 2};
    CHECK_OK(answer(a.id, body_of(&a, "sdjwt", &two)));
    CHECK(says(result_of(&a, "high").p.report, "JM_VER_LEVEL"));
    country_end();
}

/* A service that is gone when its answer comes: nobody judges by another's rules, and nothing is
 * accepted. */
TEST(a_service_that_is_gone)
{
    country_begin();
    struct asked a = ask("mdoc");
    struct jm_bytes body = body_of(&a, "mdoc", &truth);
    const size_t n = C->v.app.n_services;
    C->v.app.n_services = 0;
    (void)answer(a.id, body);
    C->v.app.n_services = n;
    CHECK_EQ(result_of(&a, "mdoc").p.state, JM_PRESENTATION_UNDECIDED);
    CHECK(result_of(&a, "mdoc").claims.ptr == NULL);
    country_end();
}

TEST(what_is_over_is_not_cancelled)
{
    country_begin();
    struct asked a = ask("mdoc"), b = ask("mdoc");
    C->now += JM_PRESENTATION_TTL_S - 1;
    CHECK_OK(jm_presentation_cancel(&C->v, JM_BYTES("mdoc"), &a.res.id, &C->k.mem, &d));
    C->now++;
    CHECK_ST(jm_presentation_cancel(&C->v, JM_BYTES("mdoc"), &b.res.id, &C->k.mem, &d),
             JM_E_ABSENT);
    CHECK_EQ(d.code, JM_VER_EXPIRED);
    CHECK_EQ(result_of(&b, "mdoc").p.state, JM_PRESENTATION_EXPIRED);
    country_end();
}

/* -- handlers -- */

static enum jm_code of_service(const char *path, const char *arg, const char *body)
{
    const struct jm_principal who = {.how = JM_AUTH_SERVICE_KEY,
                                     .name = {(const uint8_t *)"mdoc", 4}};

    return call(jm_presentation_routes, jm_presentation_n_routes, path, &C->v, &who, arg, body,
                &C->k.mem);
}

static enum jm_code local(const char *path, const char *body)
{
    const struct jm_principal who = {.how = JM_AUTH_LOCAL};

    return call(jm_presentation_local_routes, jm_presentation_local_n_routes, path, &C->v, &who,
                NULL, body, &C->k.mem);
}

#define B43 "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"

TEST(a_service_asks_for_itself)
{
    country_begin();
    CHECK_EQ(of_service("/api/requests", NULL, "{}"), JM_CODE_NONE);
    CHECK_EQ(of_service("/api/requests", NULL, "{\"service\":\"mdoc\"}"), JM_CODE_NONE);
    CHECK_EQ(of_service("/api/requests", NULL, "{\"service\":\"sdjwt\"}"), JM_VER_SERVICE_FOREIGN);
    CHECK_EQ(of_service("/api/requests", NULL, "{\"service\":\"mdocx\"}"), JM_VER_SERVICE_FOREIGN);
    country_end();
}

TEST(a_wallets_form)
{
    char id[64];

    country_begin();
    struct asked a = ask("mdoc");
    snprintf(id, sizeof id, "%.*s", (int)a.id.len, (const char *)a.id.ptr);
    CHECK_EQ(of_service("/request/{id}", id, "wallet_nonce=n"), JM_CODE_NONE);
    CHECK_EQ(of_service("/request/{id}", id, ""), JM_CODE_NONE);
    CHECK_EQ(of_service("/request/{id}", id, "wallet_nonce=%zz"), JM_API_FORM);
    CHECK_EQ(of_service("/request/{id}", id, "wallet_nonce=a&wallet_nonce=b"), JM_API_FIELD_TWICE);
    country_end();
}

/* A wallet's nonce is echoed: printable, of a length. */
TEST(nonces_of_wallets)
{
    char long_nonce[JM_PRESENTATION_WALLET_NONCE_MAX + 2];
    struct jm_bytes token;

    memset(long_nonce, 'n', sizeof long_nonce);
    country_begin();
    struct asked a = ask("mdoc");
    CHECK_OK(jm_presentation_fetch(&C->v, &token, a.id,
                                   jm_bytes(long_nonce, JM_PRESENTATION_WALLET_NONCE_MAX),
                                   &C->k.mem, &d));
    CHECK(jm_presentation_fetch(&C->v, &token, a.id,
                                jm_bytes(long_nonce, JM_PRESENTATION_WALLET_NONCE_MAX + 1),
                                &C->k.mem, &d) != JM_OK);
    CHECK(jm_presentation_fetch(&C->v, &token, a.id, JM_BYTES("a b"), &C->k.mem, &d) != JM_OK);
    CHECK(jm_presentation_fetch(&C->v, &token, a.id, JM_BYTES("a\x7f"), &C->k.mem, &d) != JM_OK);
    CHECK(jm_presentation_fetch(&C->v, &token, a.id, JM_BYTES(""), &C->k.mem, &d) != JM_OK);
    country_end();
}

TEST(keys_of_services)
{
    static const struct {
        const char *path, *body;
        enum jm_code code;
    } rows[] = {
        {"/local/key", "{\"service\":\"mdoc\"}", JM_API_FIELD_FORM},
        {"/local/key", "{\"service\":\"mdoc\",\"hash\":\"AAAA\"}", JM_API_FIELD_FORM},
        {"/local/key", "{\"service\":\"mdoc\",\"hash\":\"\"}", JM_API_FIELD_FORM},
        {"/local/key", "{\"service\":\"nobody\",\"hash\":\"" B43 "\"}", JM_VER_SERVICE_UNKNOWN},
        {"/local/key", "{\"service\":\"mdoc\",\"hash\":\"" B43 "\"}", JM_CODE_NONE},
        {"/local/key/remove", "{\"service\":\"mdoc\",\"hash\":\"AAAA\"}", JM_API_FIELD_FORM},
        {"/local/key/remove", "{\"service\":\"mdoc\",\"hash\":\"" B43 "\"}", JM_CODE_NONE},
    };

    country_begin();
    for (size_t i = 0; i < JM_ARRAY_LEN(rows); i++)
        ROW(CHECK_EQ(local(rows[i].path, rows[i].body), rows[i].code), rows[i].body);
    country_end();
}
