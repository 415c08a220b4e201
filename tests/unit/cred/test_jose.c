/* SPDX-License-Identifier: Apache-2.0 */
#include "unit/test.h"

#include "jumin/cose.h"
#include "unit/cred/jose_kit.h"

/* -- JWK -- */

TEST(thumbprint_is_that_of_openid4vp)
{
    struct jm_jwk jwk;
    uint8_t t[32];

    struct jm_bytes file = vector("openid4vc/derived/oid4vp-handover.json");
    kit_begin(&K);
    const struct jm_json *v = parsed(file);
    CHECK_OK(jm_jwk_read(&jwk, jm_json_get(v, "jwk")));
    CHECK_STR(jwk.kid, "1");
    CHECK_STR(jwk.use, "enc");
    CHECK_OK(jm_jwk_thumbprint(t, &jm_crypto_openssl, &jwk.point));
    CHECK_SAME(jm_bytes(t, 32), test_unhex(member(v, "jwk_thumbprint_sha256_hex"), "thumbprint"));
    kit_end(&K);
}

TEST(jwk_refusals)
{
#define X "\"x\":\"nUWAoAv3XZith8E7i19OdaxOLYFOwM-Z2EuM02TirT4\""
#define Y "\"y\":\"HskHU8BjUi1U9Xqi7Swmj8gwAK_0xkcDjEW_71SosEY\""
    static const struct {
        const char *name, *json;
        enum jm_status st;
    } rows[] = {
        {"a key", "{\"kty\":\"EC\",\"crv\":\"P-256\"," X "," Y ",\"made_up\":1}", JM_OK},
        {"I-10: private member", "{\"kty\":\"EC\",\"crv\":\"P-256\"," X "," Y ",\"d\":\"AA\"}",
         JM_E_DENIED},
        {"I-10: symmetric member", "{\"kty\":\"EC\",\"crv\":\"P-256\"," X "," Y ",\"k\":\"AA\"}",
         JM_E_DENIED},
        {"another curve", "{\"kty\":\"EC\",\"crv\":\"P-384\"," X "," Y "}", JM_E_UNSUPPORTED},
        {"another kind", "{\"kty\":\"OKP\",\"crv\":\"P-256\"," X "}", JM_E_UNSUPPORTED},
        {"no y", "{\"kty\":\"EC\",\"crv\":\"P-256\"," X "}", JM_E_MALFORMED},
        {"31 octets",
         "{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"nUWAoAv3XZith8E7i19OdaxOLYFOwM-Z2EuM02TirQ\"," Y
         "}",
         JM_E_MALFORMED},
        {"C-02: padded",
         "{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"nUWAoAv3XZith8E7i19OdaxOLYFOwM-Z2EuM02TirT4="
         "\"," Y "}",
         JM_E_MALFORMED},
        {"C-02: trailing bits",
         "{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"nUWAoAv3XZith8E7i19OdaxOLYFOwM-"
         "Z2EuM02TirT5\"," Y "}",
         JM_E_MALFORMED},
        {"C-02: standard alphabet",
         "{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"nUWAoAv3XZith8E7i19OdaxOLYFOwM+"
         "Z2EuM02TirT4\"," Y "}",
         JM_E_MALFORMED},
        {"no object", "[]", JM_E_MALFORMED},
    };
    struct jm_jwk jwk;

    kit_begin(&K);
    for (size_t i = 0; i < JM_ARRAY_LEN(rows); i++)
        ROW(CHECK_ST(jm_jwk_read(&jwk, parsed(jm_str(rows[i].json))), rows[i].st), rows[i].name);
    static const char *const members[] = {"kid", "alg", "use"};
    for (size_t i = 0; i < 2 * JM_ARRAY_LEN(members); i++) /* at its bound, and one beyond */
        ROW(CHECK_ST(jm_jwk_read(&jwk, parsed(jm_str(text_of("{\"kty\":\"EC\",\"crv\":\"P-256\"," X
                                                             "," Y ",\"%s\":\"%s\"}",
                                                             members[i / 2],
                                                             letters(JM_KID_MAX + i % 2))))),
                     i % 2 ? JM_E_MALFORMED : JM_OK),
            members[i / 2]);
    kit_end(&K);
}

/* -- JWS -- */

TEST(proof_of_openid4vci_verifies)
{
    struct jm_jws_unverified u;
    struct jm_jwk jwk;
    struct jm_jws jws;

    struct jm_bytes file = vector("openid4vc/derived/oid4vci-proof-jwt.json");
    kit_begin(&K);
    struct jm_bytes token = member(parsed(file), "proof_jwt");
    CHECK_OK(jm_jws_split(&u, token, "openid4vci-proof+jwt", &K.mem, NULL));
    CHECK_OK(jm_jwk_read(&jwk, jm_json_get(u.header, "jwk")));
    CHECK_OK(jm_jws_verify(&jws, &u, &jwk.point, &by_openssl, &K.mem, NULL));
    CHECK_STR(member(jm_jws_claims(&jws), "nonce"), "LarRGSbmUPYtRYO6BQ4yn8");
    jwk.point.octets[40] ^= 1;
    CHECK_ST(jm_jws_verify(&jws, &u, &jwk.point, &by_openssl, &K.mem, NULL), JM_E_DENIED);
    CHECK(jm_jws_claims(&jws) == NULL);
    kit_end(&K);
}

TEST(jws_form)
{
    static const struct {
        const char *name, *header, *payload, *typ;
        enum jm_code code;
    } rows[] = {
        {"a token", "{\"alg\":\"ES256\",\"typ\":\"a+jwt\"}", "{}", "a+jwt", JM_CODE_NONE},
        {"any typ", "{\"alg\":\"ES256\"}", "{}", NULL, JM_CODE_NONE},
        {"C-01: another typ", "{\"alg\":\"ES256\",\"typ\":\"b+jwt\"}", "{}", "a+jwt", JM_JOSE_TYP},
        {"C-01: no typ", "{\"alg\":\"ES256\"}", "{}", "a+jwt", JM_JOSE_TYP},
        {"none", "{\"alg\":\"none\",\"typ\":\"a+jwt\"}", "{}", "a+jwt", JM_JOSE_ALG},
        {"HS256", "{\"alg\":\"HS256\",\"typ\":\"a+jwt\"}", "{}", "a+jwt", JM_JOSE_ALG},
        {"es256", "{\"alg\":\"es256\",\"typ\":\"a+jwt\"}", "{}", "a+jwt", JM_JOSE_ALG},
        {"crit", "{\"alg\":\"ES256\",\"typ\":\"a+jwt\",\"crit\":[\"exp\"]}", "{}", "a+jwt",
         JM_JOSE_CRIT},
        {"C-02: alg twice", "{\"alg\":\"ES256\",\"alg\":\"ES256\",\"typ\":\"a+jwt\"}", "{}",
         "a+jwt", JM_JOSE_FORM},
        {"header no object", "[]", "{}", "a+jwt", JM_JOSE_FORM},
    };
    struct jm_jws_unverified u;

    kit_begin(&K);
    for (size_t i = 0; i < JM_ARRAY_LEN(rows); i++) {
        struct jm_diag d = {0};
        enum jm_status st =
            jm_jws_split(&u, token_of(rows[i].header, rows[i].payload, K.device_key), rows[i].typ,
                         &K.mem, &d);

        ROW(CHECK_EQ(st == JM_OK, rows[i].code == JM_CODE_NONE) && CHECK_EQ(d.code, rows[i].code),
            rows[i].name);
    }
    char *much = (char *)test_malloc(JM_JWT_MAX + 2);
    struct jm_diag d = {0};
    memset(much, 'A', JM_JWT_MAX + 1);
    CHECK_ST(jm_jws_split(&u, jm_bytes((uint8_t *)much, JM_JWT_MAX + 1), NULL, &K.mem, &d),
             JM_E_LIMIT);
    CHECK_EQ(d.code, JM_JOSE_LIMIT);
    static const char *const shapes[] = {"",        ".",        "..",          "a.b",
                                         "a.b.c.d", "e30.e30.", "e30=.e30.AA", "e30.e30 .AA"};
    for (size_t i = 0; i < JM_ARRAY_LEN(shapes); i++)
        ROW(CHECK(jm_jws_split(&u, jm_str(shapes[i]), NULL, &K.mem, NULL) != JM_OK), shapes[i]);
    kit_end(&K);
}

TEST(a_signature_of_another_length)
{
    const struct jm_jws_draft draft = {JM_BYTES("e30.e30")};
    struct jm_jws_unverified u;
    struct jm_bytes token, octets;

    kit_begin(&K);
    const char *header = b64(jm_str("{\"alg\":\"ES256\"}"));
    octets = kit_random(&K, JM_SIG_MAX);
    for (size_t len = 0; len <= JM_SIG_MAX; len++) {
        const struct jm_bytes sig = exact(jm_slice(octets, 0, len));
        struct jm_diag d = {0};
        bool fits = len == JM_SIG_LEN;

        CHECK_ST(jm_jws_split(&u, jm_str(text_of("%s.e30.%s", header, b64(sig))), NULL, &K.mem, &d),
                 fits ? JM_OK : JM_E_MALFORMED);
        CHECK_EQ(d.code, fits ? JM_CODE_NONE : JM_JOSE_SIGNATURE);
        CHECK_SAME(jm_sig_bytes(&u.sig), fits ? sig : jm_none());
        CHECK_ST(jm_jws_finish(&token, &draft, sig, &K.mem), fits ? JM_OK : JM_E_BUG);
    }
    kit_end(&K);
}

/* What stands between the dots is judged before what follows it, each with its own code. */
TEST(parts_of_a_token)
{
    static const char *const bad_payloads[] = {"e30=", "e3", "e30 ", "_", "e30+"};
    struct jm_jws_unverified u;

    kit_begin(&K);
    const char *header = b64(jm_str("{\"alg\":\"ES256\"}")), *sig = b64(kit_random(&K, JM_SIG_LEN));
    CHECK_OK(jm_jws_split(&u, jm_str(text_of("%s.e30.%s", header, sig)), NULL, &K.mem, NULL));
    for (size_t i = 0; i < JM_ARRAY_LEN(bad_payloads); i++) {
        struct jm_diag d = {0};

        CHECK_ST(jm_jws_split(&u, jm_str(text_of("%s.%s.%s", header, bad_payloads[i], sig)), NULL,
                              &K.mem, &d),
                 JM_E_MALFORMED);
        ROW(CHECK_EQ(d.code, JM_JOSE_FORM), bad_payloads[i]);
    }
    const char *const shapes[] = {text_of("%s.e30", header), text_of("%s.e30.%s.", header, sig),
                                  text_of("%s.e30.%s.x", header, sig), header};
    for (size_t i = 0; i < JM_ARRAY_LEN(shapes); i++) {
        struct jm_diag d = {0};

        CHECK_ST(jm_jws_split(&u, jm_str(shapes[i]), NULL, &K.mem, &d), JM_E_MALFORMED);
        ROW(CHECK_EQ(d.code, JM_JOSE_FORM), shapes[i]);
    }
    kit_end(&K);
}

TEST(a_jwe_has_five_parts)
{
    char dots[4097];
    struct jm_jwe_unopened u;

    memset(dots, '.', 4096);
    dots[4096] = '\0';
    kit_begin(&K);
    for (size_t n = 0; n <= 4096; n = n < 8 ? n + 1 : n * 2) {
        struct jm_diag d = {0};

        CHECK_ST(jm_jwe_split(&u, jm_bytes(dots, n), 4096, &K.mem, &d), JM_E_MALFORMED);
        CHECK_EQ(d.code, JM_JOSE_JWE_FORM);
    }
    kit_end(&K);
}

TEST(members_of_a_cose_key)
{
#define X32        \
    "\x21\x58\x20" \
    "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
#define Y32        \
    "\x22\x58\x20" \
    "yyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyy"
    static const struct {
        const char *name;
        struct jm_bytes key;
        enum jm_status st;
    } rows[] = {
#define B(lit) {(const uint8_t *)lit, sizeof(lit) - 1}
        {"whole", B("\xa4\x01\x02\x20\x01" X32 Y32), JM_OK},
        {"empty", B("\xa0"), JM_E_MALFORMED},
        {"no kty", B("\xa3\x20\x01" X32 Y32), JM_E_MALFORMED},
        {"no crv", B("\xa3\x01\x02" X32 Y32), JM_E_MALFORMED},
        {"no x", B("\xa3\x01\x02\x20\x01" Y32), JM_E_MALFORMED},
        {"no x of another curve", B("\xa3\x01\x02\x20\x02" Y32), JM_E_MALFORMED},
        {"no y", B("\xa3\x01\x02\x20\x01" X32), JM_E_MALFORMED},
        {"another kind", B("\xa4\x01\x01\x20\x01" X32 Y32), JM_E_UNSUPPORTED},
        {"another curve", B("\xa4\x01\x02\x20\x02" X32 Y32), JM_E_UNSUPPORTED},
#undef B
    };
    struct jm_point p;

    for (size_t i = 0; i < JM_ARRAY_LEN(rows); i++)
        ROW(CHECK_ST(jm_cose_key_parse(&p, exact(rows[i].key)), rows[i].st), rows[i].name);
}

static struct jm_point own;

static bool verifies(struct jm_bytes token)
{
    size_t mark = jm_arena_mark(&K.mem);
    struct jm_jws_unverified u;
    struct jm_jws jws;
    bool ok = jm_jws_split(&u, token, "a+jwt", &K.mem, NULL) == JM_OK &&
              jm_jws_verify(&jws, &u, &own, &by_openssl, &K.mem, NULL) == JM_OK;

    jm_arena_back(&K.mem, mark);
    return ok;
}

TEST(no_octet_of_a_token_may_change)
{
    kit_begin(&K);
    KIT_MUST(jm_key_point(&own, K.device_key));
    check_refuses_changes(token_of("{\"alg\":\"ES256\",\"typ\":\"a+jwt\"}", "{\"n\":1}",
                                   K.device_key),
                          verifies, NULL, 0);
    kit_end(&K);
}

TEST(x5c_H)
{
    struct jm_anchors none = {.n = 0};
    struct jm_jws_unverified u;
    struct jm_jws jws;

    kit_begin(&K);
    struct jm_bytes leaf = leaf_of(K.other_key, "Leaf"), old, self, forged, ca;
    struct jm_cert_spec s = K.dsc_spec;
    KIT_MUST(jm_key_point(&s.key, K.other_key));
    s.not_after = KIT_NOW - 1;
    old = kit_cert(&K, &s, K.iaca_key);
    s.not_after = KIT_NOW + KIT_DAY;
    s.issuer_der = s.authority_key_id = jm_none();
    self = kit_cert(&K, &s, K.other_key);
    s = K.dsc_spec;
    KIT_MUST(jm_key_point(&s.key, K.other_key));
    forged = kit_cert(&K, &s, K.other_key);
    s.ca = true;
    ca = kit_cert(&K, &s, K.iaca_key);
    const char *good = x5c_of(leaf);
    const struct {
        const char *name, *x5c;
        const struct jm_anchors *anchors;
        const struct jm_key *key;
        enum jm_code code;
    } rows[] = {
        {"a leaf", text_of("[\"%s\"]", good), &K.anchors, K.other_key, JM_CODE_NONE},
        {"none", "null", &K.anchors, K.other_key, JM_JOSE_X5C_FORM},
        {"empty", "[]", &K.anchors, K.other_key, JM_JOSE_X5C_FORM},
        {"anchor inside", text_of("[\"%s\",\"%s\"]", good, x5c_of(K.iaca_der)), &K.anchors,
         K.other_key, JM_JOSE_X5C_ANCHOR},
        {"self-signed", text_of("[\"%s\"]", x5c_of(self)), &K.anchors, K.other_key,
         JM_JOSE_X5C_SELF_SIGNED},
        {"no anchor", text_of("[\"%s\"]", good), &none, K.other_key, JM_JOSE_CHAIN_NO_ANCHOR},
        {"expired", text_of("[\"%s\"]", x5c_of(old)), &K.anchors, K.other_key,
         JM_JOSE_CHAIN_EXPIRED},
        {"another key", text_of("[\"%s\"]", good), &K.anchors, K.device_key, JM_JOSE_SIGNATURE},
        {"signed in the CA's name", text_of("[\"%s\"]", x5c_of(forged)), &K.anchors, K.other_key,
         JM_JOSE_CHAIN_SIGNATURE},
        {"a leaf that is a CA", text_of("[\"%s\"]", x5c_of(ca)), &K.anchors, K.other_key,
         JM_JOSE_CHAIN_CERTIFICATE},
        {"C-03: base64url", text_of("[\"%s\"]", b64(leaf)), &K.anchors, K.other_key,
         JM_JOSE_X5C_FORM},
        {"C-03: six",
         text_of("[\"%s\",\"%s\",\"%s\",\"%s\",\"%s\",\"%s\"]", good, good, good, good, good, good),
         &K.anchors, K.other_key, JM_JOSE_X5C_FORM},
        {"no text", "[1]", &K.anchors, K.other_key, JM_JOSE_X5C_FORM},
    };
    for (size_t i = 0; i < JM_ARRAY_LEN(rows); i++) {
        struct jm_diag d = {0};
        struct jm_bytes token =
            token_of(text_of("{\"alg\":\"ES256\",\"typ\":\"a+jwt\",\"x5c\":%s}", rows[i].x5c), "{}",
                     rows[i].key);
        bool ok = CHECK_OK(jm_jws_split(&u, token, "a+jwt", &K.mem, NULL));
        enum jm_status st =
            jm_jws_verify_x5c(&jws, &u, JM_PATH_SDJWT, READING_UNDER(rows[i].anchors, &d));

        ROW(CHECK_EQ(st == JM_OK, rows[i].code == JM_CODE_NONE) && CHECK_EQ(d.code, rows[i].code) &&
                ok,
            rows[i].name);
    }
    kit_end(&K);
}

TEST(times)
{
    static const struct {
        const char *name, *claims;
        bool need_exp, ok;
    } rows[] = {
        {"none", "{}", false, true},
        {"exp needed", "{}", true, false},
        {"ends now", "{\"exp\":1000}", true, true},
        {"within the skew", "{\"exp\":941,\"nbf\":1059,\"iat\":1060}", true, true},
        {"over", "{\"exp\":940}", true, false},
        {"not yet", "{\"nbf\":1061}", false, false},
        {"made tomorrow", "{\"iat\":1061}", false, false},
        {"a fraction", "{\"exp\":1000.5}", true, true},
        {"C-02: negative", "{\"exp\":-1}", true, false},
        {"C-02: beyond 2^53", "{\"exp\":9007199254740993}", true, false},
        {"a text", "{\"exp\":\"2000\"}", true, false},
    };

    kit_begin(&K);
    for (size_t i = 0; i < JM_ARRAY_LEN(rows); i++)
        ROW(CHECK_EQ(jm_jwt_times(parsed(jm_str(rows[i].claims)), 1000, rows[i].need_exp, &K.mem,
                                  NULL) == JM_OK,
                     rows[i].ok),
            rows[i].name);
    kit_end(&K);
}

/* -- JWE -- */

static struct jm_key *recipient;

static bool opens(struct jm_bytes token)
{
    size_t mark = jm_arena_mark(&K.mem);
    struct jm_jwe_unopened u;
    struct jm_bytes plain;
    uint8_t z[32];
    bool ok = jm_jwe_split(&u, token, 65536, &K.mem, NULL) == JM_OK &&
              jm_key_agree(recipient, jm_point_bytes(&u.epk), z) == JM_OK &&
              jm_jwe_open(&plain, &u, z, &jm_crypto_openssl, &K.mem) == JM_OK;

    jm_arena_back(&K.mem, mark);
    return ok;
}

TEST(response_of_openid4vp_opens)
{
    struct jm_secret32 d;
    struct jm_jwe_unopened u;
    struct jm_bytes plain;
    uint8_t z[32];

    struct jm_bytes file = vector("openid4vc/derived/oid4vp-jwe-response.json");
    kit_begin(&K);
    const struct jm_json *v = parsed(file);
    KIT_MUST(jm_b64url_exact(d.octets, 32, member(jm_json_get(v, "private_jwk"), "d")));
    KIT_MUST(jm_key_from_scalar(&recipient, &d));
    struct jm_bytes jwe = member(v, "jwe");
    CHECK_OK(jm_jwe_split(&u, jwe, 65536, &K.mem, NULL));
    CHECK_STR(u.kid, "ac");
    CHECK_OK(jm_key_agree(recipient, jm_point_bytes(&u.epk), z));
    CHECK_OK(jm_jwe_open(&plain, &u, z, &jm_crypto_openssl, &K.mem));
    CHECK(jm_json_get(jm_json_get(parsed(plain), "vp_token"), "example_credential_id") != NULL);
    check_refuses_changes(jwe, opens, NULL, 0);
    jm_key_free(&recipient);
    kit_end(&K);
}

TEST(jwe_both_ways_and_refusals)
{
    static const uint8_t iv[12] = {9};
    struct jm_jwe_unopened u;
    struct jm_bytes token, plain;
    struct jm_jwk to = {.kid = JM_BYTES("k")};
    struct jm_point epk;
    uint8_t z[32];

    kit_begin(&K);
    KIT_MUST(jm_key_point(&to.point, K.device_key));
    KIT_MUST(jm_key_point(&epk, K.other_key));
    KIT_MUST(jm_key_agree(K.other_key, jm_point_bytes(&to.point), z));
    for (int aes256 = 0; aes256 < 2; aes256++) {
        CHECK_OK(jm_jwe_seal(&token, JM_BYTES("words"),
                             &(const struct jm_jwe_spec){&to, aes256 != 0, &epk, z, iv, NULL},
                             &jm_crypto_openssl, &K.mem));
        CHECK_OK(jm_jwe_split(&u, token, 65536, &K.mem, NULL));
        CHECK_EQ(u.key_len, aes256 ? 32 : 16);
        CHECK_OK(jm_jwe_open(&plain, &u, z, &jm_crypto_openssl, &K.mem));
        CHECK_STR(plain, "words");
        CHECK_ST(jm_jwe_split(&u, token, token.len - 1, &K.mem, NULL), JM_E_LIMIT);
    }
    const char *epk_text = jwk_of(K.other_key);
    const struct {
        const char *name, *header, *key;
        enum jm_code code;
    } rows[] = {
        {"V-06: another enc",
         text_of("{\"alg\":\"ECDH-ES\",\"enc\":\"A128CBC-HS256\",\"epk\":%s}", epk_text), "",
         JM_JOSE_JWE_ALG},
        {"V-06: another alg",
         text_of("{\"alg\":\"ECDH-ES+A128KW\",\"enc\":\"A128GCM\",\"epk\":%s}", epk_text), "",
         JM_JOSE_JWE_ALG},
        {"I-14: RSA1_5", "{\"alg\":\"RSA1_5\",\"enc\":\"A128GCM\"}", "", JM_JOSE_JWE_ALG},
        {"compressed",
         text_of("{\"alg\":\"ECDH-ES\",\"enc\":\"A128GCM\",\"zip\":\"DEF\",\"epk\":%s}", epk_text),
         "", JM_JOSE_JWE_ALG},
        {"crit",
         text_of("{\"alg\":\"ECDH-ES\",\"enc\":\"A128GCM\",\"crit\":[],\"epk\":%s}", epk_text), "",
         JM_JOSE_JWE_ALG},
        {"no epk", "{\"alg\":\"ECDH-ES\",\"enc\":\"A128GCM\"}", "", JM_JOSE_JWE_FORM},
        {"a key where none belongs",
         text_of("{\"alg\":\"ECDH-ES\",\"enc\":\"A128GCM\",\"epk\":%s}", epk_text), "AAAA",
         JM_JOSE_JWE_FORM},
        {"no text", "{\"alg\":\"ECDH-ES\",\"enc\":1}", "", JM_JOSE_JWE_FORM},
    };
    for (size_t i = 0; i < JM_ARRAY_LEN(rows); i++) {
        struct jm_diag d = {0};
        const char *t = text_of("%s.%s.AAAAAAAAAAAAAAAA.AAAA.AAAAAAAAAAAAAAAAAAAAAA",
                                b64(jm_str(rows[i].header)), rows[i].key);

        ROW(CHECK(jm_jwe_split(&u, jm_str(t), 65536, &K.mem, &d) != JM_OK) &&
                CHECK_EQ(d.code, rows[i].code),
            rows[i].name);
    }
    static const struct {
        const char *name;
        size_t max, step; /* base64url of whole octets: no length is 1 more than four */
    } bounds[] = {{"kid", JM_KID_MAX, 1}, {"apu", JM_PARTY_MAX, 2}, {"apv", JM_PARTY_MAX, 2}};
    for (size_t i = 0; i < 2 * JM_ARRAY_LEN(bounds); i++) {
        char *of = (char *)test_malloc(JM_PARTY_MAX + 3);

        memset(of, 'A', JM_PARTY_MAX + 2);
        of[bounds[i / 2].max + i % 2 * bounds[i / 2].step] = 0;
        const char *header =
            text_of("{\"alg\":\"ECDH-ES\",\"enc\":\"A128GCM\",\"epk\":%s,\"%s\":\"%s\"}", epk_text,
                    bounds[i / 2].name, of);
        const char *t =
            text_of("%s..AAAAAAAAAAAAAAAA.AAAA.AAAAAAAAAAAAAAAAAAAAAA", b64(jm_str(header)));
        ROW(CHECK_ST(jm_jwe_split(&u, jm_str(t), 65536, &K.mem, NULL),
                     i % 2 ? JM_E_MALFORMED : JM_OK),
            bounds[i / 2].name);
    }
    kit_end(&K);
}
