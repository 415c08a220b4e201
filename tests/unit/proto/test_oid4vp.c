/* SPDX-License-Identifier: Apache-2.0 */
#include "unit/test.h"

#include "jumin/form.h"
#include "jumin/oid4vp.h"
#include "unit/cred/jose_kit.h"

/* -- vectors -- */

TEST(handovers_of_openid4vp)
{
    struct jm_bytes file = vector("openid4vc/derived/oid4vp-handover.json"), t;
    struct jm_jwk jwk;
    uint8_t thumb[32];

    kit_begin(&K);
    const struct jm_json *v = parsed(file), *r = jm_json_get(v, "redirect"),
                         *dc = jm_json_get(v, "dc_api");
    KIT_MUST(jm_jwk_read(&jwk, jm_json_get(v, "jwk")));
    KIT_MUST(jm_jwk_thumbprint(thumb, &jm_crypto_openssl, &jwk.point));
    CHECK_OK(jm_transcript_oid4vp(&t, &jm_crypto_openssl, member(r, "client_id"),
                                  member(r, "nonce"), jm_bytes(thumb, 32),
                                  member(r, "response_uri"), &K.mem));
    CHECK_SAME(t, test_unhex(member(r, "SessionTranscript_hex"), "redirect"));
    CHECK_OK(jm_transcript_oid4vp(&t, &jm_crypto_openssl, member(r, "client_id"),
                                  member(r, "nonce"), jm_none(), member(r, "response_uri"),
                                  &K.mem));
    CHECK(!jm_bytes_eq(t, test_unhex(member(r, "SessionTranscript_hex"), "redirect")));
    CHECK_OK(jm_transcript_dcapi(&t, &jm_crypto_openssl, member(dc, "origin"), member(dc, "nonce"),
                                 jm_bytes(thumb, 32), &K.mem));
    CHECK_SAME(t, test_unhex(member(dc, "SessionTranscript_hex"), "dc_api"));
    kit_end(&K);
}

/* -- request objects -- */

#define GOOD_DCQL                                                                               \
    "{\"credentials\":[{\"id\":\"a\",\"format\":\"dc+sd-jwt\",\"meta\":{\"vct_values\":[\"urn:" \
    "x\"]}}]}"

#define MD_ "{\"id\":\"m\",\"format\":\"mso_mdoc\",\"meta\":{\"doctype_value\":\"d\"}}"
#define MD_DCQL "{\"credentials\":[" MD_ "]}"
#define OTHER_                                                                               \
    "{\"id\":\"o\",\"format\":\"ldp_vc\",\"meta\":{\"type_values\":[[\"x\"]]},\"claims\":[{" \
    "\"path\":[\"name\"]}]}"
#define BOTH_DCQL            \
    "{\"credentials\":[" MD_ \
    ",{\"id\":\"a\",\"format\":\"dc+sd-jwt\",\"meta\":{\"vct_values\":[\"urn:x\"]}}]}"
#define EITHER_DCQL                                                                    \
    "{\"credentials\":[" MD_                                                           \
    ",{\"id\":\"a\",\"format\":\"dc+sd-jwt\",\"meta\":{\"vct_values\":[\"urn:x\"]}}]," \
    "\"credential_sets\":[{\"options\":[[\"a\"],[\"m\"]]}]}"

static struct jm_bytes leaf, client_id;
static const char *enc_key;

#define EXPECT(...) (&(const struct jm_vp_expect){__VA_ARGS__})
#define INVOKED(...) EXPECT(.client_id = client_id, __VA_ARGS__)

static void begin(void)
{
    struct jm_cert_spec s;

    kit_begin(&K);
    s = K.dsc_spec;
    s.eku[0] = JM_OID_EKU_MDL_READER;
    s.eku[1] = jm_none();
    s.dns = JM_BYTES("rp.example");
    KIT_MUST(jm_key_point(&s.key, K.other_key));
    leaf = kit_cert(&K, &s, K.iaca_key);
    KIT_MUST(jm_vp_client_id(&client_id, leaf, &jm_crypto_openssl, &K.mem));
    enc_key =
        text_of("{\"use\":\"enc\",\"alg\":\"ECDH-ES\",\"kid\":\"k\",%s", jwk_of(K.device_key) + 1);
}

struct draft {
    const char *typ, *client_id, *type, *mode, *uri, *nonce, *dcql, *key, *more, *formats, *state,
        *encs;
};

static struct jm_bytes request_of(const struct draft *d, const struct jm_key *key)
{
#define OR(x, y) ((x) != NULL ? (x) : (y))
    const char *payload =
        text_of("{\"client_id\":\"%s\",\"response_type\":\"%s\",\"response_mode\":\"%s\","
                "\"response_uri\":\"%s\",\"nonce\":\"%s\","
                "\"state\":\"%s\",\"dcql_query\":%s,\"client_metadata\":{\"jwks\":{\"keys\":[%s]},"
                "\"encrypted_response_enc_values_supported\":[%s]%s}%s}",
                OR(d->client_id, (const char *)client_id.ptr), OR(d->type, "vp_token"),
                OR(d->mode, "direct_post.jwt"), OR(d->uri, "https://rp.example/r"),
                OR(d->nonce, "n-0_~."), OR(d->state, "s"), OR(d->dcql, GOOD_DCQL),
                OR(d->key, enc_key), OR(d->encs, "\"A128GCM\""),
                d->formats == NULL ? "" : text_of(",\"vp_formats_supported\":%s", d->formats),
                OR(d->more, ""));
    return token_of(text_of("{\"alg\":\"ES256\",\"typ\":\"%s\",\"x5c\":[\"%s\"]}",
                            OR(d->typ, "oauth-authz-req+jwt"), x5c_of(leaf)),
                    payload, key);
}

/* Of certificates alone: what begins like a token nobody verifies. */
static enum jm_status verify_certificates(void *ctx, enum jm_alg alg, struct jm_bytes pub,
                                          struct jm_bytes data, struct jm_bytes sig)
{
    return jm_bytes_starts(data, JM_BYTES("ey")) ? JM_E_UNAVAILABLE
                                                 : jm_openssl_verify(ctx, alg, pub, data, sig);
}

TEST(requests_as_wallets_read_them)
{
    struct jm_vp_request r;

    begin();
    const char *made_up =
        text_of("{\"kty\":\"AKP\",\"alg\":\"ML-KEM-768\",\"pub\":\"AA\"},{\"kty\":\"EC\"},%s",
                enc_key);
    const char *signing =
        text_of("{\"use\":\"sig\",\"alg\":\"ECDH-ES\",%s", jwk_of(K.device_key) + 1);
    const char *no_alg = jwk_of(K.device_key);
    const struct {
        const char *name;
        struct draft d;
        enum jm_code code;
    } rows[] = {
        {"a request", {.typ = NULL}, JM_CODE_NONE},
        /* the invocation said otherwise */
        {"by dNSName", {.client_id = "x509_san_dns:rp.example"}, JM_VP_CLIENT_ID},
        {"unknown members",
         {.more = ",\"x\":1,\"client_id_scheme\":\"x509_hash\",\"iss\":\"x\""},
         JM_CODE_NONE},
        {"keys of another kind are skipped", {.key = made_up}, JM_CODE_NONE},
        {"aud of this class", {.more = ",\"aud\":\"https://self-issued.me/v2\""}, JM_CODE_NONE},
        {"C-01: typ", {.typ = "jwt"}, JM_VP_REQUEST_TYP},
        {"V-02: another client_id", {.client_id = "x509_hash:AAAA"}, JM_VP_CLIENT_ID},
        {"response_type", {.type = "code"}, JM_VP_RESPONSE_MODE},
        {"not encrypted", {.mode = "direct_post"}, JM_VP_RESPONSE_MODE},
        {"bare http", {.uri = "http://rp.example/r"}, JM_VP_RESPONSE_URI},
        {"no address", {.uri = ""}, JM_VP_RESPONSE_URI},
        {"redirect_uri too",
         {.more = ",\"redirect_uri\":\"https://rp.example\""},
         JM_VP_RESPONSE_URI},
        {"no nonce", {.nonce = ""}, JM_VP_NONCE_FORM},
        {"nonce with a blank", {.nonce = "a b"}, JM_VP_NONCE_FORM},
        {"another aud", {.more = ",\"aud\":\"https://wallet.example\""}, JM_VP_AUDIENCE},
        {"V-14: transaction data are not understood: refused",
         {.more = ",\"transaction_data\":[\"AA\"]"},
         JM_VP_TRANSACTION_DATA},
        {"formats: ours",
         {.formats = "{\"dc+sd-jwt\":{\"sd-jwt_alg_values\":[\"ES384\",\"ES256\"],\"kb-jwt_alg_"
                     "values\":[\"ES256\"]}}"},
         JM_CODE_NONE},
        {"formats: ours, of whatever algorithm", {.formats = "{\"dc+sd-jwt\":{}}"}, JM_CODE_NONE},
        {"formats: another", {.formats = "{\"ldp_vc\":{}}"}, JM_VP_FORMATS},
        {"formats: none", {.formats = "{}"}, JM_VP_FORMATS},
        {"formats: no object", {.formats = "[]"}, JM_VP_FORMATS},
        {"formats: ours is no object", {.formats = "{\"dc+sd-jwt\":null}"}, JM_VP_FORMATS},
        {"formats: another algorithm of the card",
         {.formats = "{\"dc+sd-jwt\":{\"sd-jwt_alg_values\":[\"ES384\"]}}"},
         JM_VP_FORMATS},
        {"formats: another algorithm of the holder",
         {.formats = "{\"dc+sd-jwt\":{\"kb-jwt_alg_values\":[\"ES384\"]}}"},
         JM_VP_FORMATS},
        {"formats: an empty list",
         {.formats = "{\"dc+sd-jwt\":{\"sd-jwt_alg_values\":[]}}"},
         JM_VP_FORMATS},
        {"formats: the mdoc asked for is not among them",
         {.dcql = MD_DCQL, .formats = "{\"dc+sd-jwt\":{}}"},
         JM_VP_FORMATS},
        {"mdoc: ES256 by its number",
         {.dcql = MD_DCQL,
          .formats =
              "{\"mso_mdoc\":{\"issuerauth_alg_values\":[-7],\"deviceauth_alg_values\":[-7]}}"},
         JM_CODE_NONE},
        {"mdoc: by the one that names the curve",
         {.dcql = MD_DCQL,
          .formats =
              "{\"mso_mdoc\":{\"issuerauth_alg_values\":[-9],\"deviceauth_alg_values\":[-9]}}"},
         JM_CODE_NONE},
        {"mdoc: another algorithm of the card",
         {.dcql = MD_DCQL, .formats = "{\"mso_mdoc\":{\"issuerauth_alg_values\":[-35]}}"},
         JM_VP_FORMATS},
        {"mdoc: another algorithm of the device",
         {.dcql = MD_DCQL, .formats = "{\"mso_mdoc\":{\"deviceauth_alg_values\":[-65537]}}"},
         JM_VP_FORMATS},
        {"one of two that may answer",
         {.dcql = EITHER_DCQL, .formats = "{\"mso_mdoc\":{}}"},
         JM_CODE_NONE},
        {"one of two that must",
         {.dcql = BOTH_DCQL, .formats = "{\"mso_mdoc\":{}}"},
         JM_VP_FORMATS},
        {"no query", {.dcql = "null"}, JM_VP_DCQL},
        {"a format of others",
         {.dcql = "{\"credentials\":[{\"id\":\"a\",\"format\":\"ldp_vc\",\"meta\":{}}]}"},
         JM_VP_FORMAT},
        {"a format of others, or ours",
         {.dcql = "{\"credentials\":[" OTHER_ "," MD_
                  "],\"credential_sets\":[{\"options\":[[\"o\"],[\"m\"]]}]}"},
         JM_CODE_NONE},
        {"a format of others, and ours",
         {.dcql = "{\"credentials\":[" OTHER_ "," MD_ "]}"},
         JM_VP_FORMAT},
        {"a format of others, which it could read, or ours, which it could not",
         {.dcql = "{\"credentials\":[" OTHER_ "," MD_
                  "],\"credential_sets\":[{\"options\":[[\"o\"],[\"m\"]]}]}",
          .formats = "{\"ldp_vc\":{}}"},
         JM_VP_FORMATS},
        {"a format of others without meta",
         {.dcql = "{\"credentials\":[{\"id\":\"a\",\"format\":\"ldp_vc\"}]}"},
         JM_VP_DCQL},
        {"no usable key", {.key = ""}, JM_VP_ENCRYPTION_KEY},
        {"a signing key", {.key = signing}, JM_VP_ENCRYPTION_KEY},
        {"a key without alg", {.key = no_alg}, JM_VP_ENCRYPTION_KEY},
        {"over", {.more = ",\"exp\":1"}, JM_JOSE_EXPIRED},
        {"of a clock 60 s ahead",
         {.more = text_of(",\"iat\":%lld", (long long)KIT_NOW + 60)},
         JM_CODE_NONE},
        {"of a clock 61 s ahead",
         {.more = text_of(",\"iat\":%lld", (long long)KIT_NOW + 61)},
         JM_VP_REQUEST_CLOCK},
        {"of a clock 5 min ahead, by nbf",
         {.more = text_of(",\"nbf\":%lld", (long long)KIT_NOW + 300)},
         JM_VP_REQUEST_CLOCK},
        /* a request may wait */
        {"of a clock 5 min behind",
         {.more = text_of(",\"iat\":%lld", (long long)KIT_NOW - 300)},
         JM_CODE_NONE},
        {"C-02: a member twice", {.more = ",\"nonce\":\"x\""}, JM_VP_REQUEST_FORM},
    };
    for (size_t i = 0; i < JM_ARRAY_LEN(rows); i++) {
        size_t mark = jm_arena_mark(&K.mem);
        struct jm_diag d = {0};
        enum jm_status st =
            jm_vp_request_read(&r, request_of(&rows[i].d, K.other_key), INVOKED(), READING(&d));

        ROW(CHECK_EQ(st == JM_OK, rows[i].code == JM_CODE_NONE) && CHECK_EQ(d.code, rows[i].code) &&
                (st != JM_OK || CHECK(r.known)),
            rows[i].name);
        if (rows[i].code == JM_VP_REQUEST_CLOCK)
            ROW(CHECK(jm_bytes_find(d.detail, JM_BYTES(" s ahead of the clock here")) !=
                      SIZE_MAX) &&
                    CHECK_EQ(jm_code_info(d.code)->by, 'V'),
                rows[i].name);
        jm_arena_back(&K.mem, mark);
    }
    struct draft either = {.dcql = EITHER_DCQL, .formats = "{\"mso_mdoc\":{}}"};
    CHECK_OK(jm_vp_request_read(&r, request_of(&either, K.other_key), INVOKED(), READING(NULL)));
    CHECK_EQ(r.dcql.barred, 2); /* the SD-JWT, which it could not read */
    struct draft plain = {.typ = NULL};
    /* a line end is the transport's, a blank is not */
    struct jm_bytes line = request_of(&plain, K.other_key);
    CHECK_OK(jm_vp_request_read(&r,
                                jm_str(text_of("%.*s\r\n", (int)line.len, (const char *)line.ptr)),
                                INVOKED(), READING(NULL)));
    CHECK(jm_vp_request_read(&r, jm_str(text_of("%.*s ", (int)line.len, (const char *)line.ptr)),
                             INVOKED(), READING(NULL)) != JM_OK);
    struct draft good = {.typ = NULL}, dns = {.client_id = "x509_san_dns:rp.example"},
                 foreign = {.client_id = "x509_san_dns:rp.example",
                            .uri = "https://evil.example/r"};
    struct jm_diag d = {0};
    CHECK_OK(jm_vp_request_read(&r, request_of(&dns, K.other_key),
                                EXPECT(.client_id = JM_BYTES("x509_san_dns:rp.example")),
                                READING(&d)));
    CHECK_ST(jm_vp_request_read(&r, request_of(&foreign, K.other_key), EXPECT(.strangers = false),
                                READING(&d)),
             JM_E_DENIED);
    CHECK_EQ(d.code, JM_VP_CLIENT_ID);
    d.code = JM_CODE_NONE;
    CHECK_ST(jm_vp_request_read(&r, request_of(&good, K.device_key), INVOKED(), READING(&d)),
             JM_E_DENIED);
    CHECK_EQ(d.code, JM_VP_REQUEST_SIGNATURE);
    /* Another prefix of the same length as the one that is known: an address may not follow it. */
    struct draft uri = {.client_id = "x509_san_uri:rp.example"};
    d.code = JM_CODE_NONE;
    CHECK_ST(jm_vp_request_read(&r, request_of(&uri, K.other_key),
                                EXPECT(.client_id = JM_BYTES("x509_san_uri:rp.example")),
                                READING(&d)),
             JM_E_DENIED);
    CHECK_EQ(d.code, JM_VP_CLIENT_ID);
    /* Nobody can verify it: that says nothing about the request, and nothing is believed. */
    const struct jm_answers chains_only = {.verify = verify_certificates};
    struct jm_reading by_some = *READING(&d);
    by_some.answers = &chains_only;
    d.code = JM_CODE_NONE;
    CHECK_ST(jm_vp_request_read(&r, request_of(&good, K.other_key), INVOKED(), &by_some),
             JM_E_UNAVAILABLE);
    CHECK_EQ(d.code, JM_VP_REQUEST_SIGNATURE);
    /* Nobody knows the CA: readable, not known. */
    const struct jm_anchors none = {.n = 0};
    CHECK_ST(jm_vp_request_read(&r, request_of(&good, K.other_key), INVOKED(),
                                READING_UNDER(&none, NULL)),
             JM_E_DENIED);
    CHECK_OK(jm_vp_request_read(&r, request_of(&good, K.other_key), INVOKED(.strangers = true),
                                READING_UNDER(&none, NULL)));
    CHECK(!r.known);
    kit_end(&K);
}

/* I-23: each member that a verifier writes, at its bound and one beyond. */
TEST(members_of_a_request_have_bounds)
{
    struct jm_vp_request r;

    begin();
    for (size_t over = 0; over < 2; over++) {
        const char *uri = text_of("https://rp.example/%s", letters(JM_URL_MAX - 19 + over)),
                   *keys = text_of("%s,%s", listed("{}", JM_VP_LIST_MAX - 1 + over), enc_key);
        const char *algs = listed("\"x\"", JM_VP_LIST_MAX - 1 + over),
                   *numbers = listed("1", JM_VP_LIST_MAX - 1 + over),
                   *use = letters(JM_VP_USE_MAX + over);
        const char *kid = text_of("{\"use\":\"enc\",\"alg\":\"ECDH-ES\",\"kid\":\"%s\",%s",
                                  letters(JM_KID_MAX + over), jwk_of(K.device_key) + 1);
        const struct {
            const char *name;
            struct draft d;
            enum jm_code code;
        } drafts[] = {
            {"response_uri", {.uri = uri}, JM_VP_RESPONSE_URI},
            {"nonce", {.nonce = letters(JM_VP_NONCE_MAX + over)}, JM_VP_NONCE_FORM},
            {"state",
             {.state = letters(2048 + over) /* others keep a session in it */},
             JM_VP_REQUEST_FORM},
            {"jwks.keys", {.key = keys}, JM_VP_ENCRYPTION_KEY},
            {"kid", {.key = kid}, JM_VP_ENCRYPTION_KEY},
            {"encs", {.encs = text_of("%s,\"A128GCM\"", algs)}, JM_VP_ENCRYPTION_KEY},
            {"sd-jwt_alg_values",
             {.formats = text_of("{\"dc+sd-jwt\":{\"sd-jwt_alg_values\":[%s,\"ES256\"]}}", algs)},
             JM_VP_FORMATS},
            {"kb-jwt_alg_values",
             {.formats = text_of("{\"dc+sd-jwt\":{\"kb-jwt_alg_values\":[%s,\"ES256\"]}}", algs)},
             JM_VP_FORMATS},
            {"issuerauth_alg_values",
             {.dcql = MD_DCQL,
              .formats = text_of("{\"mso_mdoc\":{\"issuerauth_alg_values\":[%s,-7]}}", numbers)},
             JM_VP_FORMATS},
            {"deviceauth_alg_values",
             {.dcql = MD_DCQL,
              .formats = text_of("{\"mso_mdoc\":{\"deviceauth_alg_values\":[%s,-9]}}", numbers)},
             JM_VP_FORMATS},
            {"wallet_nonce",
             {.more = text_of(",\"wallet_nonce\":\"%s\"", letters(JM_VP_NONCE_MAX + over))},
             JM_VP_WALLET_NONCE},
            {"verifier_info",
             {.more = text_of(",\"verifier_info\":[%s]", listed("{}", JM_VP_LIST_MAX + over))},
             JM_VP_REQUEST_FORM},
        };
        for (size_t i = 0; i < JM_ARRAY_LEN(drafts); i++) {
            struct jm_diag d = {0};

            (void)!jm_vp_request_read(&r, request_of(&drafts[i].d, K.other_key), INVOKED(),
                                      READING(&d));
            ROW(CHECK_EQ(d.code, over ? drafts[i].code : JM_CODE_NONE), drafts[i].name);
        }
        /* Of names beyond the bound nothing is taken: such a verifier has named no use (D-302). */
        struct draft by = {.more = text_of(",\"verifier_info\":[{\"format\":\"jumin_use\",\"data\":"
                                           "{\"rp\":\"r\",\"use\":\"%s\"}}]",
                                           use)};
        CHECK_OK(jm_vp_request_read(&r, request_of(&by, K.other_key), INVOKED(), READING(NULL)));
        CHECK_EQ(r.use.len, over ? 0 : JM_VP_USE_MAX);
        by.more = text_of(",\"verifier_info\":[{\"format\":\"jumin_use\",\"data\":{\"rp\":\"%s\","
                          "\"use\":\"u\"}}]",
                          use);
        CHECK_OK(jm_vp_request_read(&r, request_of(&by, K.other_key), INVOKED(), READING(NULL)));
        CHECK_EQ(r.rp.len, over ? 0 : JM_VP_USE_MAX);
    }
    kit_end(&K);
}

/* D-311: nobody's that is known, and nothing else against it; what speaks against its certificates
 * refuses it, registered or not. */
TEST(a_stranger_is_merely_unknown)
{
    const struct jm_anchors none = {.n = 0};
    struct draft good = {.typ = NULL};

    for (int bad = 0; bad < 5; bad++) {
        struct jm_vp_request r;
        struct jm_diag d = {0};
        struct jm_cert_spec s;

        begin();
        s = K.dsc_spec;
        s.eku[0] = bad == 3 ? JM_OID_EKU_STATUS : JM_OID_EKU_MDL_READER;
        s.eku[1] = jm_none();
        s.dns = JM_BYTES("rp.example");
        if (bad == 1)
            s.not_after = KIT_NOW - JM_CLOCK_SKEW_S - 1;
        if (bad == 2)
            s.not_before = KIT_NOW + JM_CLOCK_SKEW_S + 1;
        if (bad == 4)
            s.ku = JM_KU_KEY_CERT_SIGN;
        KIT_MUST(jm_key_point(&s.key, K.other_key));
        leaf = kit_cert(&K, &s, K.iaca_key);
        KIT_MUST(jm_vp_client_id(&client_id, leaf, &jm_crypto_openssl, &K.mem));
        CHECK_EQ(jm_vp_request_read(&r, request_of(&good, K.other_key), INVOKED(.strangers = true),
                                    READING_UNDER(&none, &d)) == JM_OK,
                 bad == 0);
        CHECK_EQ(d.code, bad == 0 ? JM_CODE_NONE : JM_VP_REQUEST_CHAIN);
        kit_end(&K);
    }
}

TEST(our_own_request_reads_back)
{
    struct jm_vp_request_spec s = {.response_uri = JM_BYTES("https://rp.example/response/1"),
                                   .nonce = JM_BYTES("n"),
                                   .state = JM_BYTES("s"),
                                   .dcql = JM_BYTES(GOOD_DCQL),
                                   .wallet_nonce = JM_BYTES("w\"\\"),
                                   .rp = JM_BYTES("bank"),
                                   .use = JM_BYTES("account"),
                                   .enc_kid = JM_BYTES("k"),
                                   .iat = KIT_NOW};
    struct jm_bytes payload;
    struct jm_vp_request r;

    begin();
    s.client_id = client_id;
    KIT_MUST(jm_key_point(&s.enc, K.device_key));
    CHECK_OK(jm_vp_request_payload(&payload, &s, &K.mem));
    const char *text = text_of("%.*s", (int)payload.len, (const char *)payload.ptr);
    struct jm_bytes token =
        token_of(text_of("{\"alg\":\"ES256\",\"typ\":\"oauth-authz-req+jwt\",\"x5c\":[\"%s\"]}",
                         x5c_of(leaf)),
                 text, K.other_key);
    CHECK_OK(
        jm_vp_request_read(&r, token, INVOKED(.wallet_nonce = JM_BYTES("w\"\\")), READING(NULL)));
    CHECK_STR(r.rp, "bank");
    CHECK_STR(r.use, "account");
    CHECK_STR(r.enc.kid, "k");
    CHECK(r.aes256 && r.known);
    kit_end(&K);
}

TEST(the_seed_of_the_fuzzer_reaches_success)
{
    struct jm_vp_request r;

    kit_begin(&K);
    CHECK_OK(jm_vp_request_read(&r, read_file("tests/fuzz/corpus/request_object/ok-request"),
                                EXPECT(.strangers = false), READING(NULL)));
    kit_end(&K);
}

/* -- vp_token -- */

TEST(vp_tokens)
{
    static const char two[] =
        "{\"credentials\":[{\"id\":\"a\",\"format\":\"mso_mdoc\",\"meta\":{}},{\"id\":\"b\","
        "\"format\":\"mso_mdoc\",\"meta\":{},\"multiple\":true}]}";
    static const struct {
        const char *name, *plain;
        enum jm_code code;
    } rows[] = {
        {"both", "{\"vp_token\":{\"a\":[\"x\"],\"b\":[\"y\"]},\"state\":\"s\"}", JM_CODE_NONE},
        {"two where multiple", "{\"vp_token\":{\"a\":[\"x\"],\"b\":[\"y\",\"z\"]}}", JM_CODE_NONE},
        {"V-05: two where one", "{\"vp_token\":{\"a\":[\"x\",\"y\"],\"b\":[\"y\"]}}",
         JM_VP_TOKEN_FORM},
        {"V-05: unknown id", "{\"vp_token\":{\"a\":[\"x\"],\"b\":[\"y\"],\"c\":[\"z\"]}}",
         JM_VP_TOKEN_QUERY},
        {"V-05: one is missing", "{\"vp_token\":{\"a\":[\"x\"]}}", JM_VP_TOKEN_MISSING},
        {"V-05: text for array", "{\"vp_token\":{\"a\":\"x\",\"b\":[\"y\"]}}", JM_VP_TOKEN_FORM},
        {"V-05: empty array", "{\"vp_token\":{\"a\":[],\"b\":[\"y\"]}}", JM_VP_TOKEN_FORM},
        {"V-05: object in array", "{\"vp_token\":{\"a\":[{}],\"b\":[\"y\"]}}", JM_VP_TOKEN_FORM},
        {"V-05: object behind a text", "{\"vp_token\":{\"a\":[\"x\"],\"b\":[\"y\",{}]}}",
         JM_VP_TOKEN_FORM},
        {"V-05: {}", "{\"vp_token\":{}}", JM_VP_TOKEN_FORM},
        {"no vp_token", "{}", JM_VP_TOKEN_FORM},
        {"an array", "{\"vp_token\":[\"x\"]}", JM_VP_TOKEN_FORM},
        {"I-23: an id twice", "{\"vp_token\":{\"a\":[\"x\"],\"a\":[\"x\"],\"b\":[\"y\"]}}",
         JM_VP_TOKEN_FORM},
        {"no JSON", "vp_token", JM_VP_TOKEN_FORM},
        {"state no text", "{\"vp_token\":{\"a\":[\"x\"],\"b\":[\"y\"]},\"state\":1}",
         JM_VP_TOKEN_FORM},
    };
    struct jm_vp_token t;
    struct jm_dcql q;

    kit_begin(&K);
    KIT_MUST(jm_dcql_parse(&q, parsed(jm_str(two)), &K.mem, NULL));
    for (size_t i = 0; i < JM_ARRAY_LEN(rows); i++) {
        struct jm_diag d = {0};
        enum jm_status st = jm_vp_token_read(&t, jm_str(rows[i].plain), &q, &K.mem, &d);

        ROW(CHECK_EQ(st == JM_OK, rows[i].code == JM_CODE_NONE) && CHECK_EQ(d.code, rows[i].code),
            rows[i].name);
    }
    for (size_t over = 0; over < 2; over++)
        CHECK_ST(jm_vp_token_read(
                     &t,
                     jm_str(text_of("{\"vp_token\":{\"a\":[\"x\"],\"b\":[\"y\"]},\"state\":\"%s\"}",
                                    letters(JM_VP_NONCE_MAX + over))),
                     &q, &K.mem, NULL),
                 over ? JM_E_MALFORMED : JM_OK);
    kit_end(&K);
}

/* -- the engine: a holder who says no -- */

TEST(declining_ends_it_and_sends_nothing)
{
    static uint8_t room_of_engine[2 * JM_MIB];
    const struct jm_trust nobody = {.synthetic = true};
    const struct jm_vp_config config = {.trust = &nobody, .crypto = &jm_crypto_openssl};
    const struct jm_ask *asks;
    static struct jm_vp e;

    CHECK_OK(jm_vp_init(&e, &config, room_of_engine, sizeof room_of_engine));
    CHECK_OK(jm_vp_event(
        &e, JM_EVENT_START,
        JM_BYTES("openid4vp://?client_id=x509_hash%3Aa&request_uri=https%3A%2F%2Frp.example%2Fr"),
        KIT_NOW));
    CHECK_EQ(jm_book_asks(&e.book, &asks), 1);
    CHECK_OK(jm_vp_event(&e, JM_EVENT_CANCEL, jm_none(), KIT_NOW));
    CHECK_EQ(jm_vp_state(&e), JM_VP_FAILED);
    CHECK_EQ(jm_vp_diag(&e)->code, JM_VP_DECLINED);
    CHECK_EQ(jm_book_asks(&e.book, &asks), 0);
    CHECK_ST(jm_vp_event(&e, JM_EVENT_MESSAGE, jm_none(), KIT_NOW), JM_E_CONFLICT);
}

/* Who is registered for nothing says nothing of itself. */
TEST(what_a_verifier_says_of_itself)
{
    struct jm_vp_request_spec spec = {.client_id = JM_BYTES("c"),
                                      .response_uri = JM_BYTES("https://rp.example/r"),
                                      .nonce = JM_BYTES("n"),
                                      .state = JM_BYTES("s"),
                                      .dcql = JM_BYTES(GOOD_DCQL),
                                      .enc_kid = JM_BYTES("k"),
                                      .iat = KIT_NOW};
    struct jm_bytes payload;

    begin();
    KIT_MUST(jm_key_point(&spec.enc, K.device_key));
    CHECK_OK(jm_vp_request_payload(&payload, &spec, &K.mem));
    CHECK(jm_json_get(parsed(payload), "verifier_info") == NULL);
    spec.rp = JM_BYTES("bank");
    spec.use = JM_BYTES("open");
    CHECK_OK(jm_vp_request_payload(&payload, &spec, &K.mem));
    const struct jm_json *info = jm_json_get(parsed(payload), "verifier_info");
    CHECK(info != NULL && info->n == 1 &&
          jm_json_is_str(jm_json_get(jm_json_get(info->child, "data"), "use"), "open"));
    kit_end(&K);
}
