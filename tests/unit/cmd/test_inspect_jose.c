/* SPDX-License-Identifier: Apache-2.0 */
/* jumin inspect on what our own authority makes: tokens with x5c, lists, tickets, request objects,
 * revocation; long heads. */
#include "unit/test.h"

#include "unit/cred/jose_kit.h"

#include "cmd/inspect/inspect_core.h"
#include "jumin/base64.h"
#include "jumin/form.h"
#include "jumin/json.h"
#include "jumin/oid4vci.h"
#include "jumin/oid4vp.h"
#include "jumin/sdjwt.h"
#include "jumin/statuslist.h"

#define URI "https://status.example/l/0"

static struct jm_bytes leaf;

static void begin(void)
{
    kit_begin(&K);
    leaf = leaf_of(K.other_key, "Signer");
}

static const struct jm_json *last;

static int look(struct jm_inspect_in in)
{
    struct jm_buf out = room(256 * JM_KIB);
    int code = -1;

    last = NULL;
    if (in.now == 0)
        in.now = KIT_NOW;
    in.crypto = &jm_crypto_openssl;
    in.answers = &K.answers;
    if (CHECK_OK(jm_inspect(&in, &out, &code, &K.mem, NULL)))
        CHECK_OK(jm_json_parse(&last, jm_written(out), &K.mem, NULL));
    return code;
}

static int trusting(struct jm_bytes input)
{
    return look((struct jm_inspect_in){.input = input, .anchor = &K.iaca_der, .n_anchors = 1});
}

/* The list holds exactly this code, or nothing. */
static bool only(const char *list, enum jm_code code)
{
    const struct jm_json *l = jm_json_get(last, list);

    if (code == JM_CODE_NONE)
        return CHECK_EQ(l->n, 0);
    return CHECK_EQ(l->n, 1) && CHECK(jm_json_is_str(l->child, jm_code_info(code)->name));
}

/* These two and no other: a summary and what it stands on. */
static bool both(const char *list, enum jm_code a, enum jm_code b)
{
    const struct jm_json *l = jm_json_get(last, list);
    const char *x = jm_code_info(a)->name, *y = jm_code_info(b)->name;

    return CHECK_EQ(l->n, 2) &&
           CHECK((jm_json_is_str(l->child, x) && jm_json_is_str(l->child->next, y)) ||
                 (jm_json_is_str(l->child, y) && jm_json_is_str(l->child->next, x)));
}

static bool among(const char *list, enum jm_code code)
{
    for (const struct jm_json *e = jm_json_get(last, list)->child; e != NULL; e = e->next)
        if (jm_json_is_str(e, jm_code_info(code)->name))
            return true;
    return false;
}

/* -- made here -- */

static struct jm_bytes presentation(bool with_status)
{
    const struct jm_sdjwt_claim claims[] = {{JM_BYTES("age_over_19"), JM_BYTES("true")},
                                            {JM_BYTES("portrait"), JM_BYTES("\"AAAA\"")}};
    const struct jm_bytes show[] = {JM_BYTES("age_over_19"), JM_BYTES("portrait")};
    struct jm_sdjwt_spec s = {.vct = JM_BYTES("urn:x"),
                              .claim = claims,
                              .n = 2,
                              .iat = KIT_NOW,
                              .nbf = KIT_NOW,
                              .exp = KIT_NOW + 100,
                              .x5c = &leaf,
                              .n_x5c = 1,
                              .status_uri = with_status ? JM_BYTES(URI) : jm_none(),
                              .status_idx = 3};
    struct jm_sdjwt_presentation p;
    struct jm_sdjwt_draft d;
    struct jm_bytes out;
    struct jm_sig sig;

    KIT_MUST(jm_key_point(&s.holder, K.device_key));
    KIT_MUST(jm_sdjwt_issue_begin(&d, &s, kit_random(&K, jm_sdjwt_random_len(&s)),
                                  &jm_crypto_openssl, &K.mem));
    KIT_MUST(jm_key_sign(K.other_key, d.jws.to_sign, &sig));
    KIT_MUST(jm_sdjwt_issue_finish(&out, &d, jm_sig_bytes(&sig), &K.mem));
    KIT_MUST(jm_sdjwt_present_begin(&p, out, show, 2,
                                    &(const struct jm_sdjwt_binding){JM_BYTES("aud"), JM_BYTES("n"),
                                                                     KIT_NOW, &jm_crypto_openssl},
                                    &K.mem));
    KIT_MUST(jm_key_sign(K.device_key, p.kb.to_sign, &sig));
    KIT_MUST(jm_sdjwt_present_finish(&out, &p, jm_sig_bytes(&sig), &K.mem));
    return out;
}

static struct jm_bytes list_of(bool cwt, uint8_t first, const char *uri)
{
    uint8_t raw[16] = {first};
    struct jm_list_spec s = {.uri = jm_str(uri),
                             .raw = jm_bytes(raw, 16),
                             .bits = 1,
                             .iat = KIT_NOW,
                             .exp = KIT_NOW + 100,
                             .ttl = 50,
                             .x5c = &leaf,
                             .n_x5c = 1};
    struct jm_list_draft d;
    struct jm_bytes token;
    struct jm_sig sig;

    KIT_MUST(jm_statuslist_begin(&d, cwt, &s, &jm_crypto_openssl, &K.mem));
    KIT_MUST(jm_key_sign(K.other_key, d.to_sign, &sig));
    KIT_MUST(jm_statuslist_finish(&token, &d, jm_sig_bytes(&sig), &K.mem));
    return token;
}

/* A list whose lst is no zlib stream. */
static struct jm_bytes torn_list(void)
{
    return token_of(
        text_of("{\"alg\":\"ES256\",\"typ\":\"statuslist+jwt\",\"x5c\":[\"%s\"]}", x5c_of(leaf)),
        text_of("{\"sub\":\"" URI
                "\",\"iat\":%lld,\"exp\":%lld,\"status_list\":{\"bits\":1,\"lst\":\"AAAA\"}}",
                (long long)KIT_NOW, (long long)(KIT_NOW + 100)),
        K.other_key);
}

static struct jm_bytes crl_of(struct jm_bytes serial, int64_t from, const struct jm_key *key)
{
    struct jm_crl_spec s = {K.iaca.subject.der, K.iaca.ski, 1, from, from + KIT_DAY, &serial, 1};
    struct jm_bytes tbs;

    KIT_MUST(jm_crl_tbs(&tbs, &s, &K.mem));
    return kit_sign_der(&K, tbs, key);
}

/* -- SD-JWT -- */

static int presented(struct jm_bytes text, const char *aud, const char *nonce,
                     const struct jm_bytes *status)
{
    return look((struct jm_inspect_in){.input = text,
                                       .anchor = &K.iaca_der,
                                       .n_anchors = 1,
                                       .audience = jm_str(aud),
                                       .nonce = jm_str(nonce),
                                       .status = status,
                                       .n_status = status == NULL ? 0 : 1});
}

TEST(an_sd_jwt_and_what_it_stands_on)
{
    begin();
    struct jm_bytes p = presentation(true), good = list_of(false, 0, URI),
                    revoked = list_of(false, 8, URI), other = list_of(false, 0, URI "0"),
                    cwt = list_of(true, 0, URI);
    CHECK_EQ(presented(p, "aud", "n", NULL), 0);
    CHECK(jm_json_is_str(jm_json_get(last, "kind"), "sd-jwt") && only("warn", JM_CODE_NONE));
    const struct jm_json *claims = jm_json_get(jm_json_get(last, "content"), "claims");
    CHECK_EQ(jm_json_get(claims, "age_over_19")->type, JM_JSON_TRUE);
    CHECK(jm_json_is_str(jm_json_get(claims, "portrait"), "***"));
    CHECK(jm_json_get(jm_json_get(last, "content"), "signer") != NULL);
    CHECK_EQ(presented(p, "aud", "n", &good), 0);
    CHECK_EQ(presented(p, "aud", "n", &cwt), 0);
    CHECK(presented(p, "aud", "n", &revoked) == 1 && only("fail", JM_SDJWT_STATUS_REVOKED));
    CHECK(presented(p, "aud", "n", &other) == 5 && only("undecided", JM_SDJWT_STATUS_SUBJECT));
    struct jm_bytes torn = torn_list();
    CHECK(presented(p, "aud", "n", &torn) == 5 && only("undecided", JM_SDJWT_STATUS_BITS));
    CHECK(trusting(torn) == 1 && only("fail", JM_SDJWT_STATUS_BITS));
    CHECK(presented(presentation(false), "aud", "n", &good) == 1 &&
          only("fail", JM_SDJWT_STATUS_NONE));
    CHECK(presented(p, "aud", "m", NULL) == 1 && only("fail", JM_SDJWT_KB_NONCE));
    CHECK(look((struct jm_inspect_in){.input = p,
                                      .audience = JM_BYTES("aud"),
                                      .nonce = JM_BYTES("n")}) == 5 &&
          both("undecided", JM_SDJWT_ISSUER_CHAIN, JM_JOSE_CHAIN_NO_ANCHOR));
    CHECK_EQ(look((struct jm_inspect_in){.input = p,
                                         .pinned = &leaf,
                                         .n_pinned = 1,
                                         .audience = JM_BYTES("aud"),
                                         .nonce = JM_BYTES("n")}),
             0);
    CHECK(both("warn", JM_SDJWT_CHAIN_PINNED, JM_JOSE_CHAIN_PINNED));
    CHECK(look((struct jm_inspect_in){.input = p,
                                      .anchor = &K.dsc_der,
                                      .n_anchors = 1,
                                      .audience = JM_BYTES("aud"),
                                      .nonce = JM_BYTES("n")}) == 1 &&
          both("fail", JM_SDJWT_ISSUER_CHAIN, JM_JOSE_CHAIN_NO_ANCHOR));
    kit_end(&K);
}

TEST(revocation_of_a_tokens_signer)
{
    struct jm_cert c;

    begin();
    KIT_MUST(jm_cert_parse(&c, leaf));
    struct jm_bytes p = presentation(false),
                    jws = token_of(text_of("{\"alg\":\"ES256\",\"typ\":\"a+jwt\",\"x5c\":[\"%s\"]}",
                                           x5c_of(leaf)),
                                   "{}", K.other_key);
    const struct jm_bytes inputs[] = {p, jws};
    const struct {
        const char *name;
        struct jm_bytes crl;
        int exit_code;
        enum jm_code fail, undecided;
    } rows[] = {
        {"not listed", crl_of(JM_BYTES("\x11\x22"), KIT_NOW, K.iaca_key), 0, JM_CODE_NONE,
         JM_CODE_NONE},
        {"listed", crl_of(c.serial, KIT_NOW, K.iaca_key), 1, JM_JOSE_CHAIN_REVOKED, JM_CODE_NONE},
        {"old", crl_of(JM_BYTES("\x11\x22"), KIT_NOW - 3 * KIT_DAY, K.iaca_key), 5, JM_CODE_NONE,
         JM_JOSE_REVOCATION_UNKNOWN},
        {"B18: old, and lists it", crl_of(c.serial, KIT_NOW - 3 * KIT_DAY, K.iaca_key), 1,
         JM_JOSE_CHAIN_REVOKED, JM_CODE_NONE},
        {"of another key", crl_of(c.serial, KIT_NOW, K.other_key), 5, JM_CODE_NONE,
         JM_JOSE_REVOCATION_UNKNOWN},
        {"no list", JM_BYTES("\x30\x00"), 5, JM_CODE_NONE, JM_JOSE_REVOCATION_UNKNOWN},
    };
    for (size_t i = 0; i < JM_ARRAY_LEN(rows) * 2; i++) {
        size_t k = i / 2;
        struct jm_inspect_in in = {.input = inputs[i % 2],
                                   .anchor = &K.iaca_der,
                                   .n_anchors = 1,
                                   .audience = JM_BYTES("aud"),
                                   .nonce = JM_BYTES("n"),
                                   .crl = rows[k].crl};

        /* An SD-JWT has a summary of the path beside its rules. */
        bool ok = CHECK_EQ(look(in), rows[k].exit_code);
        ok = (i % 2 == 0 && rows[k].fail != JM_CODE_NONE
                  ? both("fail", rows[k].fail, JM_SDJWT_ISSUER_CHAIN)
                  : only("fail", rows[k].fail)) &&
             ok;
        ROW(ok && (i % 2 == 0 && rows[k].undecided != JM_CODE_NONE
                       ? both("undecided", rows[k].undecided, JM_SDJWT_ISSUER_CHAIN)
                       : only("undecided", rows[k].undecided)),
            rows[k].name);
    }
    kit_end(&K);
}

/* -- JWS -- */

TEST(tokens_by_chain)
{
    begin();
    const char *header =
        text_of("{\"alg\":\"ES256\",\"typ\":\"a+jwt\",\"x5c\":[\"%s\"]}", x5c_of(leaf));
    const struct {
        const char *name, *header, *claims;
        const struct jm_key *key;
        int exit_code;
        enum jm_code fail;
    } rows[] = {
        {"a token", header, "{}", K.other_key, 0, JM_CODE_NONE},
        {"another's signature", header, "{}", K.device_key, 1, JM_JOSE_SIGNATURE},
        {"no x5c", "{\"alg\":\"ES256\"}", "{}", K.other_key, 1, JM_JOSE_X5C_MISSING},
        {"no certificate", "{\"alg\":\"ES256\",\"x5c\":[\"AAAA\"]}", "{}", K.other_key, 1,
         JM_JOSE_X5C_FORM},
        {"over", header, "{\"exp\":1}", K.other_key, 1, JM_JOSE_EXPIRED},
        {"not yet", header, "{\"nbf\":99999999999}", K.other_key, 1, JM_JOSE_NOT_YET_VALID},
        {"no time", header, "{\"exp\":\"x\"}", K.other_key, 1, JM_JOSE_TIME},
        {"no object", header, "[]", K.other_key, 1, JM_JOSE_PAYLOAD},
    };
    for (size_t i = 0; i < JM_ARRAY_LEN(rows); i++)
        ROW(CHECK_EQ(trusting(token_of(rows[i].header, rows[i].claims, rows[i].key)),
                     rows[i].exit_code) &&
                only("fail", rows[i].fail),
            rows[i].name);
    /* a proof by its own key, and one whose key is none */
    CHECK_EQ(look((struct jm_inspect_in){
                 .input = token_of(text_of("{\"alg\":\"ES256\",\"typ\":\"dpop+jwt\",\"jwk\":%s}",
                                           jwk_of(K.device_key)),
                                   "{}", K.device_key)}),
             0);
    CHECK_EQ(look((struct jm_inspect_in){
                 .input =
                     token_of("{\"alg\":\"ES256\",\"typ\":\"dpop+jwt\"}", "{}", K.device_key)}),
             1);
    only("fail", JM_JOSE_KEY);
    CHECK_EQ(look((struct jm_inspect_in){
                 .input = token_of(
                     text_of("{\"alg\":\"ES256\",\"typ\":\"dpop+jwt\",\"jwk\":{\"d\":\"AA\",%s}",
                             jwk_of(K.device_key) + 1),
                     "{}", K.device_key)}),
             1);
    only("fail", JM_JOSE_PRIVATE_KEY);
    kit_end(&K);
}

/* -- lists -- */

TEST(lists_below_a_ca)
{
    for (int cwt = 0; cwt < 2; cwt++) {
        enum jm_code chain = cwt ? JM_MDOC_STATUS_CHAIN : JM_SDJWT_STATUS_CHAIN;

        begin();
        struct jm_bytes list = list_of(cwt != 0, 0xF1, URI);
        CHECK_EQ(trusting(list), 0);
        CHECK(jm_json_is_str(jm_json_get(last, "kind"),
                             cwt ? "status-list-cwt" : "status-list-token") &&
              only("warn", JM_CODE_NONE));
        CHECK_STR(jm_json_get(jm_json_get(last, "content"), "invalid")->text, "5");
        CHECK(look((struct jm_inspect_in){.input = list}) == 5 && only("undecided", chain));
        CHECK(look((struct jm_inspect_in){.input = list, .anchor = &K.dsc_der, .n_anchors = 1}) ==
                  1 &&
              only("fail", chain));
        struct jm_key *const other = K.other_key;
        leaf = K.dsc_der; /* a document signer may not */
        K.other_key = K.dsc_key;
        CHECK(trusting(list_of(cwt != 0, 0, URI)) == 1 && among("fail", chain));
        K.other_key = other;
        kit_end(&K);
    }
}

/* -- offers and requests -- */

static struct jm_bytes offer_with(const char *claims, const char *typ, const struct jm_key *key)
{
    struct jm_bytes t =
        token_of(text_of("{\"alg\":\"ES256\",\"typ\":\"%s\",\"x5c\":[\"%s\"]}", typ, x5c_of(leaf)),
                 claims, key);

    return jm_str(text_of("{\"credential_issuer\":\"https://"
                          "i.example\",\"credential_configuration_ids\":[\"a\"],\"grants\":{"
                          "\"urn:ietf:params:oauth:grant-type:pre-authorized_code\":{\"pre-"
                          "authorized_code\":\"c\"}},\"jumin_ticket\":\"%.*s\"}",
                          (int)t.len, (const char *)t.ptr));
}

TEST(desk_tickets)
{
#define TICKET(iss, ids, exp) \
    "{\"iss\":\"" iss "\",\"jti\":\"j\",\"credential_configuration_ids\":" ids ",\"exp\":" exp "}"
    static const struct {
        const char *name, *claims, *typ;
        int exit_code;
    } rows[] = {
        {"a ticket", TICKET("https://i.example", "[\"a\"]", "99999999999"), "jumin-desk-ticket+jwt",
         0},
        {"another issuer's", TICKET("https://j.example", "[\"a\"]", "99999999999"),
         "jumin-desk-ticket+jwt", 1},
        {"for another card", TICKET("https://i.example", "[\"b\"]", "99999999999"),
         "jumin-desk-ticket+jwt", 1},
        {"for more cards", TICKET("https://i.example", "[\"a\",\"b\"]", "99999999999"),
         "jumin-desk-ticket+jwt", 1},
        {"over", TICKET("https://i.example", "[\"a\"]", "1"), "jumin-desk-ticket+jwt", 1},
        {"C-01: another token in its place", TICKET("https://i.example", "[\"a\"]", "99999999999"),
         "statuslist+jwt", 1},
    };

    begin();
    for (size_t i = 0; i < JM_ARRAY_LEN(rows); i++)
        ROW(CHECK_EQ(trusting(offer_with(rows[i].claims, rows[i].typ, K.other_key)),
                     rows[i].exit_code) &&
                only("fail", rows[i].exit_code == 0 ? JM_CODE_NONE : JM_WALLET_TICKET_INVALID),
            rows[i].name);
    CHECK(trusting(offer_with(rows[0].claims, rows[0].typ, K.device_key)) == 1 &&
          only("fail", JM_WALLET_TICKET_INVALID));
    CHECK(look((struct jm_inspect_in){
              .input = offer_with(rows[0].claims, rows[0].typ, K.other_key)}) == 5 &&
          only("undecided", JM_WALLET_TICKET_INVALID));
    kit_end(&K);
}

static struct jm_bytes request_asking(const char *query, const char *more, const struct jm_key *key)
{
    struct jm_bytes id;

    KIT_MUST(jm_vp_client_id(&id, leaf, &jm_crypto_openssl, &K.mem));
    return token_of(text_of("{\"alg\":\"ES256\",\"typ\":\"oauth-authz-req+jwt\",\"x5c\":[\"%s\"]}",
                            x5c_of(leaf)),
                    text_of("{\"client_id\":\"%.*s\",\"response_type\":\"vp_token\",\"response_"
                            "mode\":\"direct_post.jwt\",\"nonce\":\"n\","
                            "\"dcql_query\":%s,"
                            "\"client_metadata\":{\"jwks\":{\"keys\":[{\"use\":\"enc\",\"alg\":"
                            "\"ECDH-ES\",%s]}}%s}",
                            (int)id.len, (const char *)id.ptr, query, jwk_of(K.device_key) + 1,
                            more),
                    key);
}

#define QUERY(format, meta) \
    "{\"credentials\":[{\"id\":\"a\",\"format\":\"" format "\",\"meta\":" meta "}]}"

static struct jm_bytes request_with(const char *more, const struct jm_key *key)
{
    return request_asking(QUERY("dc+sd-jwt", "{\"vct_values\":[\"urn:x\"]}"), more, key);
}

TEST(request_objects)
{
#define TO ",\"response_uri\":\"https://rp.example/r\""
    static const struct {
        const char *name, *more;
        enum jm_code fail;
    } rows[] = {
        {"a request", TO, JM_CODE_NONE},
        {"to nowhere", "", JM_VP_RESPONSE_URI},
        {"redirect_uri too", TO ",\"redirect_uri\":\"https://rp.example\"", JM_VP_RESPONSE_URI},
        {"another aud", TO ",\"aud\":\"x\"", JM_VP_AUDIENCE},
        {"transaction data", TO ",\"transaction_data\":[]", JM_VP_TRANSACTION_DATA},
        {"over", TO ",\"exp\":1", JM_JOSE_EXPIRED},
    };

    begin();
    for (size_t i = 0; i < JM_ARRAY_LEN(rows); i++)
        ROW(CHECK_EQ(trusting(request_with(rows[i].more, K.other_key)),
                     rows[i].fail == JM_CODE_NONE ? 0 : 1) &&
                only("fail", rows[i].fail),
            rows[i].name);
    CHECK(jm_json_is_str(jm_json_get(last, "kind"), "request-object"));
    /* every fault at once, each named */
    CHECK_EQ(trusting(request_with(",\"aud\":\"x\",\"exp\":1", K.device_key)), 1);
    CHECK(among("fail", JM_VP_REQUEST_SIGNATURE) && among("fail", JM_VP_AUDIENCE) &&
          among("fail", JM_VP_RESPONSE_URI) && among("fail", JM_JOSE_EXPIRED));
    CHECK(look((struct jm_inspect_in){.input = request_with(TO, K.other_key)}) == 5 &&
          both("undecided", JM_VP_REQUEST_CHAIN, JM_JOSE_CHAIN_NO_ANCHOR));
    CHECK(look((struct jm_inspect_in){.input = request_with(TO, K.other_key),
                                      .anchor = &K.dsc_der,
                                      .n_anchors = 1}) == 1 &&
          both("fail", JM_VP_REQUEST_CHAIN, JM_JOSE_CHAIN_NO_ANCHOR));
    kit_end(&K);
}

static bool was(enum jm_code code, const char *result)
{
    for (const struct jm_json *c = jm_json_get(last, "checks")->child; c != NULL; c = c->next)
        if (jm_json_is_str(jm_json_get(c, "code"), jm_code_info(code)->name))
            return jm_json_is_str(jm_json_get(c, "result"), result);
    return false;
}

/* What could not be read was not looked at: nothing is said of its formats. */
TEST(a_query_that_cannot_be_read_has_no_formats)
{
    static const struct {
        const char *name, *query, *more;
        enum jm_code fail;
    } rows[] = {
        {"no query", "1", TO, JM_VP_DCQL},
        {"no credentials", "{\"credentials\":[]}", TO, JM_VP_DCQL},
        {"no meta", "{\"credentials\":[{\"id\":\"a\",\"format\":\"dc+sd-jwt\"}]}", TO, JM_VP_DCQL},
        {"an id twice",
         "{\"credentials\":[{\"id\":\"a\",\"format\":\"dc+sd-jwt\",\"meta\":{\"vct_values\":[\"urn:"
         "x\"]}},"
         "{\"id\":\"a\",\"format\":\"dc+sd-jwt\",\"meta\":{\"vct_values\":[\"urn:x\"]}}]}",
         TO, JM_VP_DCQL},
        {"a format of others", QUERY("ldp_vc", "{}"), TO, JM_VP_FORMAT},
    };

    begin();
    for (size_t i = 0; i < JM_ARRAY_LEN(rows); i++)
        ROW(CHECK_EQ(trusting(request_asking(rows[i].query, rows[i].more, K.other_key)), 1) &&
                CHECK(only("fail", rows[i].fail)) &&
                CHECK(was(JM_VP_FORMAT, rows[i].fail == JM_VP_FORMAT ? "fail" : "skip")) &&
                CHECK(was(JM_VP_FORMATS, "skip")),
            rows[i].name);
    /* what does not hang on the query is said all the same */
    CHECK_EQ(trusting(request_asking("1", TO ",\"transaction_data\":[]", K.other_key)), 1);
    CHECK(both("fail", JM_VP_DCQL, JM_VP_TRANSACTION_DATA));
    kit_end(&K);
}

/* -- a foreign writer -- */

/* The heads of the response and of its document are outside of what is signed: longer ones hold,
 * with their notice. */
TEST(long_heads_hold_with_their_notice)
{
    const struct jm_mdoc_pick pick[] = {{JM_BYTES(KIT_NS), JM_BYTES("age_over_19")}};
    struct jm_mdoc_spec s;

    begin();
    s = kit_spec(&K);
    struct jm_bytes r = kit_present(&K, kit_issue(&K, &s), pick, 1);
    const struct {
        const char *name;
        size_t at;
    } rows[] = {{"the response's map", 0},
                {"a text of it", jm_bytes_find(r, JM_BYTES("\x67version"))},
                {"the documents", jm_bytes_find(r, JM_BYTES("documents")) + 9}};
    for (size_t i = 0; i < JM_ARRAY_LEN(rows); i++) {
        uint8_t head[2] = {(uint8_t)((r.ptr[rows[i].at] & 0xE0) | 24), r.ptr[rows[i].at] & 0x1F};
        const struct jm_bytes parts[] = {jm_slice(r, 0, rows[i].at), jm_bytes(head, 2),
                                         jm_slice(r, rows[i].at + 1, SIZE_MAX)};
        struct jm_inspect_in in = {.anchor = &K.iaca_der,
                                   .n_anchors = 1,
                                   .transcript = K.transcript};

        KIT_MUST(jm_concat(&in.input, &K.mem, parts, 3));
        ROW(CHECK_EQ(look(in), 0) && CHECK(among("warn", JM_MDOC_CBOR_NON_PREFERRED)),
            rows[i].name);
        in.strict = true;
        ROW(CHECK_EQ(look(in), 1) && CHECK(among("fail", JM_MDOC_CBOR_NON_PREFERRED)),
            rows[i].name);
    }
    CHECK_EQ(look((struct jm_inspect_in){.input = r,
                                         .anchor = &K.iaca_der,
                                         .n_anchors = 1,
                                         .transcript = K.transcript}),
             0);
    CHECK(!among("warn", JM_MDOC_CBOR_NON_PREFERRED));
    kit_end(&K);
}
