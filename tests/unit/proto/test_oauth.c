/* SPDX-License-Identifier: Apache-2.0 */
#include "unit/test.h"

#include "jumin/form.h"
#include "jumin/mdoc.h"
#include "jumin/oauth.h"
#include "jumin/oid4vp.h"
#include "jumin/sdjwt.h"
#include "unit/cred/jose_kit.h"

#define AS "https://as.example"
#define URL AS "/token"

static struct jm_bytes leaf;          /* of other_key, below the kit's CA: wallet provider */
static struct jm_point instance, key; /* device_key; reader_key */

static void begin(void)
{
    kit_begin(&K);
    leaf = leaf_of(K.other_key, "Provider");
    KIT_MUST(jm_key_point(&instance, K.device_key));
    KIT_MUST(jm_key_point(&key, K.reader_key));
}

static void end(void)
{
    jm_key_free(&K.reader_key);
    kit_end(&K);
}

static struct jm_bytes finished(const struct jm_jws_draft *d, const struct jm_key *by)
{
    struct jm_bytes out;
    struct jm_sig sig;

    KIT_MUST(jm_key_sign(by, d->to_sign, &sig));
    KIT_MUST(jm_jws_finish(&out, d, jm_sig_bytes(&sig), &K.mem));
    return out;
}

/* -- DPoP -- */

static struct jm_bytes dpop_of(const char *header, const char *claims)
{
    return token_of(header != NULL ? header
                                   : text_of("{\"alg\":\"ES256\",\"typ\":\"dpop+jwt\",\"jwk\":%s}",
                                             jwk_of(K.device_key)),
                    claims, K.device_key);
}

#define CLAIMS(htm, htu, more) \
    "{\"jti\":\"j\",\"htm\":\"" htm "\",\"htu\":\"" htu "\",\"iat\":1" more "}"

TEST(dpop_table)
{
    begin();
    /* SHA-256 of hello */
    const char *jwk = jwk_of(K.device_key),
               *ath = b64(
                   JM_BYTES("\x2c\xf2\x4d\xba\x5f\xb0\xa3\x0e\x26\xe8\x3b\x2a\xc5\xb9\xe2\x9e\x1b"
                            "\x16\x1e\x5c\x1f\xa7\x42\x5e\x73\x04\x33\x62\x93\x8b\x98\x24"));
    /* its last bit */
    const char *other_ath = b64(
        jm_bytes(test_unhex(JM_BYTES(
                                "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9825"),
                            "ath")
                     .ptr,
                 32));
    char long_jti[JM_JTI_MAX + 2];
    memset(long_jti, 'j', sizeof long_jti);
    const struct {
        const char *name, *header, *claims, *htu;
        bool with_token;
        enum jm_code code;
    } rows[] = {
        {"a proof", NULL, CLAIMS("POST", URL, ""), URL, false, JM_CODE_NONE},
        {"extra members",
         text_of("{\"alg\":\"ES256\",\"typ\":\"dpop+jwt\",\"x\":1,\"jwk\":%s}", jwk),
         CLAIMS("POST", URL, ",\"nbf\":1,\"exp\":2,\"y\":0"), URL, false, JM_CODE_NONE},
        {"htu with query and fragment", NULL, CLAIMS("POST", URL "?a=b#c", ""), URL, false,
         JM_CODE_NONE},
        {"htu in other case, default port", NULL,
         CLAIMS("POST", "HTTPS://AS.example:443/token", ""), URL, false, JM_CODE_NONE},
        {"htu: another path", NULL, CLAIMS("POST", AS "/Token", ""), URL, false, JM_OAUTH_DPOP_URI},
        {"htu: another port", NULL, CLAIMS("POST", "https://as.example:444/token", ""), URL, false,
         JM_OAUTH_DPOP_URI},
        {"htu: another scheme", NULL, CLAIMS("POST", "http://as.example/token", ""), URL, false,
         JM_OAUTH_DPOP_URI},
        {"htu: another host", NULL, CLAIMS("POST", "https://as.example.org/token", ""), URL, false,
         JM_OAUTH_DPOP_URI},
        {"htu: another host of the same length", NULL,
         CLAIMS("POST", "https://at.example/token", ""), URL, false, JM_OAUTH_DPOP_URI},
        {"htu: another scheme of the same length", NULL,
         CLAIMS("POST", "httpx://as.example/token", ""), URL, false, JM_OAUTH_DPOP_URI},
        {"no htu", NULL, "{\"jti\":\"j\",\"htm\":\"POST\",\"iat\":1}", URL, false,
         JM_OAUTH_DPOP_URI},
        {"htm: GET", NULL, CLAIMS("GET", URL, ""), URL, false, JM_OAUTH_DPOP_METHOD},
        {"htm: post", NULL, CLAIMS("post", URL, ""), URL, false, JM_OAUTH_DPOP_METHOD},
        {"no jti", NULL, "{\"htm\":\"POST\",\"htu\":\"" URL "\",\"iat\":1}", URL, false,
         JM_OAUTH_DPOP_FORM},
        {"empty jti", NULL, "{\"jti\":\"\",\"htm\":\"POST\",\"htu\":\"" URL "\",\"iat\":1}", URL,
         false, JM_OAUTH_DPOP_FORM},
        {"no iat", NULL, "{\"jti\":\"j\",\"htm\":\"POST\",\"htu\":\"" URL "\"}", URL, false,
         JM_OAUTH_DPOP_FORM},
        {"typ", text_of("{\"alg\":\"ES256\",\"typ\":\"jwt\",\"jwk\":%s}", jwk),
         CLAIMS("POST", URL, ""), URL, false, JM_OAUTH_DPOP_FORM},
        {"no typ", text_of("{\"alg\":\"ES256\",\"jwk\":%s}", jwk), CLAIMS("POST", URL, ""), URL,
         false, JM_OAUTH_DPOP_FORM},
        {"alg none", text_of("{\"alg\":\"none\",\"typ\":\"dpop+jwt\",\"jwk\":%s}", jwk),
         CLAIMS("POST", URL, ""), URL, false, JM_OAUTH_DPOP_FORM},
        {"no jwk", "{\"alg\":\"ES256\",\"typ\":\"dpop+jwt\"}", CLAIMS("POST", URL, ""), URL, false,
         JM_OAUTH_DPOP_KEY},
        {"private jwk",
         text_of("{\"alg\":\"ES256\",\"typ\":\"dpop+jwt\",\"jwk\":{\"d\":\"AA\",%s}", jwk + 1),
         CLAIMS("POST", URL, ""), URL, false, JM_OAUTH_DPOP_KEY},
        {"off the curve",
         "{\"alg\":\"ES256\",\"typ\":\"dpop+jwt\",\"jwk\":{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":"
         "\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAE\","
         "\"y\":\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAE\"}}",
         CLAIMS("POST", URL, ""), URL, false, JM_OAUTH_DPOP_KEY},
        {"another's key",
         text_of("{\"alg\":\"ES256\",\"typ\":\"dpop+jwt\",\"jwk\":%s}", jwk_of(K.other_key)),
         CLAIMS("POST", URL, ""), URL, false, JM_OAUTH_DPOP_SIGNATURE},
        {"with token", NULL, text_of(CLAIMS("POST", URL, ",\"ath\":\"%s\""), ath), URL, true,
         JM_CODE_NONE},
        {"no ath", NULL, CLAIMS("POST", URL, ""), URL, true, JM_OAUTH_DPOP_TOKEN},
        {"ath of another token", NULL, text_of(CLAIMS("POST", URL, ",\"ath\":\"%s\""), other_ath),
         URL, true, JM_OAUTH_DPOP_TOKEN},
        {"a jti of the longest", NULL,
         text_of("{\"jti\":\"%.*s\",\"htm\":\"POST\",\"htu\":\"" URL "\",\"iat\":1}", JM_JTI_MAX,
                 long_jti),
         URL, false, JM_CODE_NONE},
        {"a longer one", NULL,
         text_of("{\"jti\":\"%.*s\",\"htm\":\"POST\",\"htu\":\"" URL "\",\"iat\":1}",
                 JM_JTI_MAX + 1, long_jti),
         URL, false, JM_OAUTH_DPOP_FORM},
        {"wrong ath", NULL, text_of(CLAIMS("POST", URL, ",\"ath\":\"%s\""), b64(JM_BYTES("hello"))),
         URL, true, JM_OAUTH_DPOP_TOKEN},
    };
    for (size_t i = 0; i < JM_ARRAY_LEN(rows); i++) {
        struct jm_diag d = {0};
        struct jm_dpop out;
        enum jm_status st =
            jm_dpop_check(&out, dpop_of(rows[i].header, rows[i].claims), "POST",
                          jm_str(rows[i].htu), rows[i].with_token ? JM_BYTES("hello") : jm_none(),
                          READING(&d));

        ROW(CHECK_EQ(st == JM_OK, rows[i].code == JM_CODE_NONE) && CHECK_EQ(d.code, rows[i].code),
            rows[i].name);
    }
    end();
}

/* -- client attestation: I-13 -- */

static const char *attestation_header(void)
{
    return text_of("{\"alg\":\"ES256\",\"typ\":\"oauth-client-attestation+jwt\",\"x5c\":[\"%s\"]}",
                   x5c_of(leaf));
}

static struct jm_bytes attestation(const char *claims)
{
    return token_of(attestation_header(), claims, K.other_key);
}

static struct jm_bytes pop(const char *claims, const struct jm_key *by)
{
    return token_of("{\"alg\":\"ES256\",\"typ\":\"oauth-client-attestation-pop+jwt\"}", claims, by);
}

static struct jm_bytes good_attestation(void)
{
    const struct jm_attestation_spec s = {.sub = JM_BYTES("wallet"),
                                          .instance = instance,
                                          .iat = KIT_NOW,
                                          .exp = KIT_NOW + 100,
                                          .x5c = &leaf,
                                          .n_x5c = 1};
    struct jm_jws_draft d;

    KIT_MUST(jm_attestation_begin(&d, &s, &K.mem));
    return finished(&d, K.other_key);
}

static struct jm_bytes good_pop(void)
{
    const struct jm_pop_spec s = {JM_BYTES("wallet"), JM_BYTES(AS), JM_BYTES("j"),
                                  JM_BYTES("c"),      KIT_NOW,      0};
    struct jm_jws_draft d;

    KIT_MUST(jm_pop_begin(&d, &s, &K.mem));
    return finished(&d, K.device_key);
}

TEST(client_attestations)
{
    const struct jm_anchors none = {.n = 0};
    struct jm_client c;

    begin();
    const struct jm_anchors old = {.anchor = K.anchors.anchor, .n = 1, .stale = true};
    const struct jm_bytes of_state = leaf;
    struct jm_cert_spec reader = K.dsc_spec;
    reader.eku[0] = JM_OID_EKU_MDL_READER;
    reader.eku[1] = jm_none();
    KIT_MUST(jm_key_point(&reader.key, K.other_key));
    leaf = kit_cert(&K, &reader, K.iaca_key);
    const struct jm_bytes by_reader = good_attestation();
    leaf = of_state;
    const char *cnf = text_of("\"cnf\":{\"jwk\":%s}", jwk_of(K.device_key)),
               *now = text_of("%lld", (long long)KIT_NOW);
    const char *private_cnf =
        text_of("\"cnf\":{\"jwk\":{\"d\":\"AA\",%s}", jwk_of(K.device_key) + 1);
    const char *good = text_of("{\"aud\":\"" AS "\",\"jti\":\"j\",\"iat\":%s}", now);
    const struct {
        const char *name;
        struct jm_bytes attestation, pop;
        const struct jm_anchors *anchors;
        enum jm_code code;
    } rows[] = {
        {"ours (-10 with iss)", good_attestation(), good_pop(), &K.anchors, JM_CODE_NONE},
        {"-10: no iss", good_attestation(), pop(good, K.device_key), &K.anchors, JM_CODE_NONE},
        {"-07: iss in the attestation",
         attestation(text_of("{\"iss\":\"p\",\"sub\":\"wallet\",\"exp\":%lld,%s}",
                             (long long)KIT_NOW + 9, cnf)),
         good_pop(), &K.anchors, JM_CODE_NONE},
        {"no attestation", jm_none(), good_pop(), &K.anchors, JM_OAUTH_ATTESTATION_MISSING},
        {"no PoP", good_attestation(), jm_none(), &K.anchors, JM_OAUTH_ATTESTATION_MISSING},
        {"C-01: exchanged", good_pop(), good_attestation(), &K.anchors, JM_OAUTH_ATTESTATION_FORM},
        {"a verifier attests no wallet", by_reader, good_pop(), &K.anchors,
         JM_OAUTH_ATTESTATION_CHAIN},
        {"a stale trust set decides nothing", good_attestation(), good_pop(), &old, JM_TRUST_STALE},
        {"iat is no time",
         attestation(text_of("{\"sub\":\"wallet\",\"iat\":\"now\",\"exp\":%lld,%s}",
                             (long long)KIT_NOW + 9, cnf)),
         good_pop(), &K.anchors, JM_OAUTH_ATTESTATION_EXPIRED},
        {"nobody trusts the provider", good_attestation(), good_pop(), &none,
         JM_OAUTH_ATTESTATION_CHAIN},
        {"signed by another",
         token_of(attestation_header(),
                  text_of("{\"sub\":\"wallet\",\"exp\":%lld,%s}", (long long)KIT_NOW + 9, cnf),
                  K.device_key),
         good_pop(), &K.anchors, JM_OAUTH_ATTESTATION_CHAIN},
        {"expired",
         attestation(text_of("{\"sub\":\"wallet\",\"exp\":%lld,%s}", (long long)KIT_NOW - 61, cnf)),
         good_pop(), &K.anchors, JM_OAUTH_ATTESTATION_EXPIRED},
        {"no exp", attestation(text_of("{\"sub\":\"wallet\",%s}", cnf)), good_pop(), &K.anchors,
         JM_OAUTH_ATTESTATION_EXPIRED},
        {"no sub", attestation(text_of("{\"exp\":%lld,%s}", (long long)KIT_NOW + 9, cnf)),
         good_pop(), &K.anchors, JM_OAUTH_ATTESTATION_FORM},
        {"no cnf",
         attestation(text_of("{\"sub\":\"wallet\",\"exp\":%lld}", (long long)KIT_NOW + 9)),
         good_pop(), &K.anchors, JM_OAUTH_ATTESTATION_FORM},
        {"private cnf",
         attestation(
             text_of("{\"sub\":\"wallet\",\"exp\":%lld,%s}", (long long)KIT_NOW + 9, private_cnf)),
         good_pop(), &K.anchors, JM_OAUTH_ATTESTATION_FORM},
        {"PoP by another key", good_attestation(), pop(good, K.other_key), &K.anchors,
         JM_OAUTH_POP_SIGNATURE},
        {"aud: the token endpoint", good_attestation(),
         pop(text_of("{\"aud\":\"" URL "\",\"jti\":\"j\",\"iat\":%s}", now), K.device_key),
         &K.anchors, JM_OAUTH_POP_AUDIENCE},
        {"aud: with a slash", good_attestation(),
         pop(text_of("{\"aud\":\"" AS "/\",\"jti\":\"j\",\"iat\":%s}", now), K.device_key),
         &K.anchors, JM_OAUTH_POP_AUDIENCE},
        {"aud: an array", good_attestation(),
         pop(text_of("{\"aud\":[\"" AS "\"],\"jti\":\"j\",\"iat\":%s}", now), K.device_key),
         &K.anchors, JM_OAUTH_POP_AUDIENCE},
        {"iat: too old", good_attestation(),
         pop(text_of("{\"aud\":\"" AS "\",\"jti\":\"j\",\"iat\":%lld}", (long long)KIT_NOW - 61),
             K.device_key),
         &K.anchors, JM_OAUTH_POP_TIME},
        {"iat: tomorrow", good_attestation(),
         pop(text_of("{\"aud\":\"" AS "\",\"jti\":\"j\",\"iat\":%lld}", (long long)KIT_NOW + 61),
             K.device_key),
         &K.anchors, JM_OAUTH_POP_TIME},
        {"no iat", good_attestation(), pop("{\"aud\":\"" AS "\",\"jti\":\"j\"}", K.device_key),
         &K.anchors, JM_OAUTH_POP_FORM},
        {"no jti", good_attestation(),
         pop(text_of("{\"aud\":\"" AS "\",\"iat\":%s}", now), K.device_key), &K.anchors,
         JM_OAUTH_POP_FORM},
        {"D-244: a counter of nothing", good_attestation(),
         pop(text_of("{\"aud\":\"" AS "\",\"jti\":\"j\",\"iat\":%s,\"jumin_counter\":0}", now),
             K.device_key),
         &K.anchors, JM_OAUTH_POP_FORM},
        {"D-244: no number", good_attestation(),
         pop(text_of("{\"aud\":\"" AS "\",\"jti\":\"j\",\"iat\":%s,\"jumin_counter\":\"1\"}", now),
             K.device_key),
         &K.anchors, JM_OAUTH_POP_FORM},
        {"D-244", good_attestation(),
         pop(text_of("{\"aud\":\"" AS "\",\"jti\":\"j\",\"iat\":%s,\"jumin_counter\":7}", now),
             K.device_key),
         &K.anchors, JM_CODE_NONE},
        {"iss is not sub", good_attestation(),
         pop(text_of("{\"iss\":\"other\",\"aud\":\"" AS "\",\"jti\":\"j\",\"iat\":%s}", now),
             K.device_key),
         &K.anchors, JM_OAUTH_CLIENT_ID},
    };
    for (size_t i = 0; i < JM_ARRAY_LEN(rows); i++) {
        struct jm_diag d = {0};
        enum jm_status st = jm_client_check(&c, rows[i].attestation, rows[i].pop,
                                            READING_UNDER(rows[i].anchors, &d));

        ROW(CHECK_EQ(st == JM_OK, rows[i].code == JM_CODE_NONE) && CHECK_EQ(d.code, rows[i].code),
            rows[i].name);
        if (rows[i].code == JM_CODE_NONE)
            CHECK_EQ(c.counter, i > 2 ? 7 : 0);
        if (i < 2)
            CHECK_EQ(c.attested, KIT_NOW); /* iat of ours; where an attestation states none, 0 */
        if (i == 2)
            CHECK_EQ(c.attested, 0);
    }
    end();
}

/* The draft's own examples: the PoP of -10 holds under the attested key, that of -07 does not. */
TEST(client_attestations_of_the_drafts)
{
    struct jm_bytes file = vector("openid4vc/derived/client-attestation.json");
    static const char *const drafts[] = {"draft-10+", "draft-07"};
    struct jm_jws_unverified a, p;
    struct jm_jwk jwk;
    struct jm_jws jws;

    begin();
    for (size_t i = 0; i < 2; i++) {
        const struct jm_json *e = jm_json_get(jm_json_get(parsed(file), "examples"), drafts[i]);

        CHECK_OK(jm_jws_split(&a, member(e, "attestation"), "oauth-client-attestation+jwt", &K.mem,
                              NULL));
        CHECK_OK(
            jm_jws_split(&p, member(e, "pop"), "oauth-client-attestation-pop+jwt", &K.mem, NULL));
        CHECK_OK(jm_jwk_read(&jwk, jm_json_get(jm_json_get(parsed(a.payload), "cnf"), "jwk")));
        CHECK_ST(jm_jws_verify(&jws, &p, &jwk.point, &by_openssl, &K.mem, NULL),
                 i == 0 ? JM_OK : JM_E_SIGNATURE);
    }
    end();
}

/* -- key proofs: I-10, I-12 -- */

static uint8_t jkt[32];

static struct jm_bytes key_attestation(const struct jm_point *keys, size_t n, const char *nonce,
                                       const char *storage, int64_t exp, const struct jm_key *by)
{
    struct jm_key_attestation_spec s = {.key = keys,
                                        .n = n,
                                        .nonce = jm_str(nonce),
                                        .key_storage = jm_str(storage),
                                        .iat = KIT_NOW,
                                        .exp = exp,
                                        .x5c = &leaf,
                                        .n_x5c = 1};
    struct jm_jws_draft d;

    memcpy(s.instance_jkt, jkt, 32);
    KIT_MUST(jm_key_attestation_begin(&d, &s, &K.mem));
    return finished(&d, by);
}

static const char *proof_of(const char *header_more, const char *aud, const char *nonce,
                            int64_t iat, const struct jm_key *by, const char *jwk)
{
    struct jm_bytes t =
        token_of(text_of("{\"alg\":\"ES256\",\"typ\":\"openid4vci-proof+jwt\",\"jwk\":%s%s}", jwk,
                         header_more),
                 text_of("{\"aud\":\"%s\",\"iat\":%lld%s}", aud, (long long)iat, nonce), by);

    return text_of("%.*s", (int)t.len, (const char *)t.ptr);
}

TEST(key_proofs)
{
    begin();
    KIT_MUST(jm_jwk_thumbprint(jkt, &jm_crypto_openssl, &instance));
    const char *L1 = "urn:jumin:key-level:1", *jwk = jwk_of(K.reader_key);
    const struct jm_point two[2] = {key, instance};
    struct jm_bytes good = key_attestation(&key, 1, "n", L1, KIT_NOW + 100, K.other_key),
                    both = key_attestation(two, 2, "n", L1, KIT_NOW + 100, K.other_key);
    const char *ka =
        text_of(",\"key_attestation\":\"%.*s\"", (int)good.len, (const char *)good.ptr);
    const char *N = ",\"nonce\":\"n\"";
    struct jm_bytes other_instance, self;
    jkt[3] ^= 1;
    other_instance = key_attestation(&key, 1, "n", L1, KIT_NOW + 100, K.other_key);
    jkt[3] ^= 1;
    struct jm_cert_spec cs = K.dsc_spec;
    KIT_MUST(jm_key_point(&cs.key, K.other_key));
    cs.issuer_der = cs.authority_key_id = jm_none();
    cs.eku[0] = cs.eku[1] = jm_none();
    struct jm_bytes keep = leaf;
    leaf = kit_cert(&K, &cs, K.other_key);
    self = key_attestation(&key, 1, "n", L1, KIT_NOW + 100, K.other_key);
    leaf = keep;
#define JWT(p) text_of("{\"jwt\":[\"%s\"]}", p)
#define ATT(t) text_of("{\"attestation\":[\"%.*s\"]}", (int)(t).len, (const char *)(t).ptr)
    const struct {
        const char *name, *json;
        enum jm_code code;
        size_t n;
    } rows[] = {
        {"attestation alone", ATT(good), JM_CODE_NONE, 1},
        {"attestation of two", ATT(both), JM_CODE_NONE, 2},
        {"jwt with attestation", JWT(proof_of(ka, AS, N, KIT_NOW, K.reader_key, jwk)), JM_CODE_NONE,
         1},
        {"no proofs", NULL, JM_VCI_PROOF_MISSING, 0},
        {"two types", text_of("{\"jwt\":[\"x\"],\"attestation\":[\"y\"]}"), JM_VCI_PROOF_TYPES, 0},
        {"unknown type", "{\"di_vp\":[\"x\"]}", JM_VCI_PROOF_TYPES, 0},
        {"I-11: empty", "{\"jwt\":[]}", JM_VCI_PROOF_COUNT, 0},
        {"no array", "{\"jwt\":\"x\"}", JM_VCI_PROOF_COUNT, 0},
        {"two attestations", "{\"attestation\":[\"x\",\"y\"]}", JM_VCI_PROOF_COUNT, 0},
        {"I-09: aud with a slash", JWT(proof_of(ka, AS "/", N, KIT_NOW, K.reader_key, jwk)),
         JM_VCI_PROOF_AUDIENCE, 0},
        {"I-09: no nonce", JWT(proof_of(ka, AS, "", KIT_NOW, K.reader_key, jwk)),
         JM_VCI_PROOF_NONCE_MISSING, 0},
        {"another nonce than the attestation's",
         JWT(proof_of(ka, AS, ",\"nonce\":\"m\"", KIT_NOW, K.reader_key, jwk)), JM_VCI_NONCE, 0},
        {"old", JWT(proof_of(ka, AS, N, KIT_NOW - 361, K.reader_key, jwk)), JM_VCI_PROOF_TIME, 0},
        {"another's iss",
         JWT(proof_of(ka, AS, ",\"nonce\":\"n\",\"iss\":\"other\"", KIT_NOW, K.reader_key, jwk)),
         JM_VCI_PROOF_FORM, 0},
        {"I-10: private jwk",
         JWT(proof_of(ka, AS, N, KIT_NOW, K.reader_key, text_of("{\"d\":\"AA\",%s", jwk + 1))),
         JM_VCI_PROOF_FORM, 0},
        {"I-10: kid too",
         JWT(proof_of(text_of("%s,\"kid\":\"0\"", ka), AS, N, KIT_NOW, K.reader_key, jwk)),
         JM_VCI_PROOF_FORM, 0},
        {"I-10: x5c too",
         JWT(proof_of(text_of("%s,\"x5c\":[]", ka), AS, N, KIT_NOW, K.reader_key, jwk)),
         JM_VCI_PROOF_FORM, 0},
        {"I-10: signed by another", JWT(proof_of(ka, AS, N, KIT_NOW, K.other_key, jwk)),
         JM_VCI_PROOF_FORM, 0},
        {"I-12: no attestation", JWT(proof_of("", AS, N, KIT_NOW, K.reader_key, jwk)),
         JM_VCI_KEY_NOT_ATTESTED, 0},
        {"I-12: key not attested",
         JWT(proof_of(ka, AS, N, KIT_NOW, K.other_key, jwk_of(K.other_key))),
         JM_VCI_KEY_NOT_ATTESTED, 0},
        {"I-12: signed by another",
         ATT(key_attestation(&key, 1, "n", L1, KIT_NOW + 100, K.device_key)),
         JM_VCI_KEY_ATTESTATION_CHAIN, 0},
        {"I-12: self-signed leaf", ATT(self), JM_VCI_KEY_ATTESTATION_CHAIN, 0},
        {"I-12: expired", ATT(key_attestation(&key, 1, "n", L1, KIT_NOW - 61, K.other_key)),
         JM_VCI_KEY_ATTESTATION, 0},
        {"I-12: no keys", ATT(key_attestation(&key, 0, "n", L1, KIT_NOW + 100, K.other_key)),
         JM_VCI_KEY_ATTESTATION, 0},
        {"I-12: another level",
         ATT(key_attestation(&key, 1, "n", "iso_18045_high", KIT_NOW + 100, K.other_key)),
         JM_VCI_KEY_ATTESTATION_LEVEL, 0},
        {"I-12: another instance", ATT(other_instance), JM_VCI_KEY_ATTESTATION_INSTANCE, 0},
        {"I-12: no nonce", ATT(key_attestation(&key, 1, "", L1, KIT_NOW + 100, K.other_key)),
         JM_VCI_PROOF_NONCE_MISSING, 0},
        {"C-01: a client attestation", ATT(good_attestation()), JM_VCI_KEY_ATTESTATION, 0},
    };
    for (size_t i = 0; i < JM_ARRAY_LEN(rows); i++) {
        struct jm_proofs_expect x = {.client_id = JM_BYTES("wallet"), .max = 2};
        struct jm_diag d = {0};
        struct jm_proofs out;
        enum jm_status st;

        memcpy(x.instance_jkt, jkt, 32);
        st = jm_proofs_check(&out, rows[i].json == NULL ? NULL : parsed(jm_str(rows[i].json)), &x,
                             READING(&d));
        ROW(CHECK_EQ(st == JM_OK, rows[i].code == JM_CODE_NONE) && CHECK_EQ(d.code, rows[i].code) &&
                CHECK_EQ(out.n, rows[i].n),
            rows[i].name);
    }
    struct jm_proofs_expect one = {.max = 1};
    struct jm_diag d = {0};
    struct jm_proofs out;
    memcpy(one.instance_jkt, jkt, 32);
    /* a provider whose record says that its attestations name no instance: what is named must fit
     * all the same */
    struct jm_bytes unnamed =
        token_of(text_of("{\"alg\":\"ES256\",\"typ\":\"key-attestation+jwt\",\"x5c\":[\"%s\"]}",
                         x5c_of(leaf)),
                 text_of("{\"iat\":%lld,\"exp\":%lld,\"nonce\":\"n\",\"key_storage\":[\"%s\"],"
                         "\"attested_keys\":[%s]}",
                         (long long)KIT_NOW, (long long)KIT_NOW + 60, L1, jwk),
                 K.other_key);
    for (int optional = 0; optional < 2; optional++) {
        one.instance_optional = optional == 1;
        CHECK_ST(jm_proofs_check(&out, parsed(jm_str(ATT(unnamed))), &one, READING(&d)),
                 optional ? JM_OK : JM_E_DENIED);
        CHECK_EQ(d.code, JM_VCI_KEY_ATTESTATION_INSTANCE);
        CHECK_OK(jm_proofs_check(&out, parsed(jm_str(ATT(good))), &one, READING(&d)));
        one.instance_jkt[3] ^= 1;
        CHECK_ST(jm_proofs_check(&out, parsed(jm_str(ATT(good))), &one, READING(&d)), JM_E_DENIED);
        one.instance_jkt[3] ^= 1;
    }
    one.instance_optional = false;
    d.code = JM_CODE_NONE;
    /* I-11 */
    CHECK_ST(jm_proofs_check(&out, parsed(jm_str(ATT(both))), &one, READING(&d)), JM_E_LIMIT);
    CHECK_EQ(d.code, JM_VCI_PROOF_COUNT);
    /* As many keys as one attestation may have, and one more: whatever a batch may be. */
    struct jm_point many[JM_PROOFS_MAX + 1];
    for (size_t i = 0; i < JM_ARRAY_LEN(many); i++) {
        struct jm_key *k = kit_key((uint8_t)(100 + i));

        KIT_MUST(jm_key_point(&many[i], k));
        jm_key_free(&k);
    }
    one.max = 1000;
    for (size_t n = JM_PROOFS_MAX; n <= JM_PROOFS_MAX + 1; n++) {
        struct jm_bytes t = key_attestation(many, n, "n", L1, KIT_NOW + 100, K.other_key);

        d = (struct jm_diag){0};
        const struct jm_json *proofs = parsed(
            jm_str(text_of("{\"attestation\":[\"%.*s\"]}", (int)t.len, (const char *)t.ptr)));
        CHECK_ST(jm_proofs_check(&out, proofs, &one, READING(&d)),
                 n == JM_PROOFS_MAX ? JM_OK : JM_E_LIMIT);
        CHECK_EQ(d.code, n == JM_PROOFS_MAX ? JM_CODE_NONE : JM_VCI_PROOF_COUNT);
        CHECK_EQ(out.n, n == JM_PROOFS_MAX ? n : 0);
    }
    /* A stale trust set decides nothing: that is not the wallet's fault. */
    const struct jm_anchors old = {.anchor = K.anchors.anchor, .n = 1, .stale = true};
    d = (struct jm_diag){0};
    CHECK_ST(jm_proofs_check(&out, parsed(jm_str(ATT(good))), &one, READING_UNDER(&old, &d)),
             JM_E_UNAVAILABLE);
    CHECK_EQ(d.code, JM_TRUST_STALE);
    end();
}

/* -- the provider: an instance, and keys of its own -- */

static struct jm_bytes key_proof(const struct jm_key *of, const char *challenge,
                                 const char *of_instance)
{
    struct jm_jws_draft d;
    struct jm_point p;

    KIT_MUST(jm_key_point(&p, of));
    KIT_MUST(jm_instance_key_proof_begin(&d, &p, jm_str(challenge), jm_str(of_instance), &K.mem));
    return finished(&d, of);
}

TEST(keys_of_an_instance)
{
    struct jm_instance_proof out;
    struct jm_jws_draft draft;
    char own[44];

    begin();
    KIT_MUST(jm_jwk_thumbprint_text(own, &jm_crypto_openssl, &instance));
    const struct jm_instance_proof_spec made = {instance,      JM_BYTES(AS), JM_BYTES("c"),
                                                JM_BYTES("p"), jm_none(),    KIT_NOW};
    KIT_MUST(jm_instance_proof_begin(&draft, &made, &K.mem));
    struct jm_bytes proof = finished(&draft, K.device_key), one = key_proof(K.reader_key, "c", own);
    struct jm_buf list;
    KIT_MUST(jm_alloc_buf(&list, &K.mem, (JM_PROOFS_MAX + 2) * (one.len + 3)));
    KIT_MUST(jm_buf_put(&list, JM_BYTES("[")));
    for (size_t i = 0; i < JM_PROOFS_MAX; i++) { /* each key once */
        struct jm_key *fresh = NULL;

        KIT_MUST(jm_key_generate(&fresh));
        KIT_MUST(jm_buf_put(&list, i == 0 ? JM_BYTES("\"") : JM_BYTES(",\"")));
        KIT_MUST(jm_buf_put(&list, key_proof(fresh, "c", own)));
        KIT_MUST(jm_buf_put(&list, JM_BYTES("\"")));
        jm_key_free(&fresh);
    }
    const char *many = (const char *)list.ptr;
    int many_len = (int)list.len;
#define QUOTED(t) text_of("[\"%.*s\"]", (int)(t).len, (const char *)(t).ptr)
    struct jm_bytes most, more, parts[2] = {jm_bytes(many, (size_t)many_len), JM_BYTES("]")},
                                longer[4] = {parts[0], JM_BYTES(",\""), one, JM_BYTES("\"]")};
    KIT_MUST(jm_concat(&most, &K.mem, parts, 2));
    KIT_MUST(jm_concat(&more, &K.mem, longer, 4));
    const struct {
        const char *name;
        struct jm_bytes json;
        enum jm_code code;
    } rows[] = {
        {"none given", jm_none(), JM_CODE_NONE},
        {"one", jm_str(QUOTED(one)), JM_CODE_NONE},
        {"no array", JM_BYTES("{}"), JM_PROVIDER_KEYS},
        {"an object with one",
         jm_str(text_of("{\"a\":\"%.*s\"}", (int)one.len, (const char *)one.ptr)),
         JM_PROVIDER_KEYS},
        {"an empty array", JM_BYTES("[]"), JM_PROVIDER_KEYS},
        {"a number", JM_BYTES("[1]"), JM_PROVIDER_KEYS},
        {"an object in it", JM_BYTES("[{}]"), JM_PROVIDER_KEYS},
        {"64", most, JM_CODE_NONE},
        {"65", more, JM_PROVIDER_KEYS},
        {"one twice",
         jm_str(text_of("[\"%.*s\",\"%.*s\"]", (int)one.len, (const char *)one.ptr, (int)one.len,
                        (const char *)one.ptr)),
         JM_PROVIDER_KEYS},
        {"the instance's own", jm_str(QUOTED(key_proof(K.device_key, "c", own))), JM_PROVIDER_KEYS},
        {"of another challenge", jm_str(QUOTED(key_proof(K.reader_key, "d", own))),
         JM_PROVIDER_PROOF},
        {"of another instance", jm_str(QUOTED(key_proof(K.reader_key, "c", "other"))),
         JM_PROVIDER_PROOF},
        {"an instance's in its place", jm_str(QUOTED(proof)), JM_PROVIDER_PROOF},
    };
    for (size_t i = 0; i < JM_ARRAY_LEN(rows); i++) {
        struct jm_diag d = {0};
        enum jm_status st = jm_instance_check(&out, proof, READING(&d));

        CHECK_OK(st);
        st = jm_instance_keys(&out, rows[i].json.ptr == NULL ? NULL : parsed(rows[i].json),
                              READING(&d));

        ROW(CHECK_EQ(st == JM_OK, rows[i].code == JM_CODE_NONE) && CHECK_EQ(d.code, rows[i].code),
            rows[i].name);
    }
    end();
}

/* -- I-23: each member that a stranger writes, at its bound and one beyond -- */

static enum jm_code told(enum jm_status st, const struct jm_diag *d)
{
    return CHECK_EQ(st == JM_OK, d->code == JM_CODE_NONE) ? d->code : JM_CODE_NONE;
}

static enum jm_code of_dpop(const char *member)
{
    struct jm_diag d = {0};
    struct jm_dpop out;
    const char *claims = text_of("{\"htm\":\"POST\",\"iat\":1%s%s,%s}",
                                 strstr(member, "\"htu\"") ? "" : ",\"htu\":\"" URL "\"",
                                 strstr(member, "\"jti\"") ? "" : ",\"jti\":\"j\"", member);

    return told(jm_dpop_check(&out, dpop_of(NULL, claims), "POST", JM_BYTES(URL), jm_none(),
                              READING(&d)),
                &d);
}

static enum jm_code of_client(struct jm_bytes att, struct jm_bytes proof)
{
    struct jm_diag d = {0};
    struct jm_client out;

    return told(jm_client_check(&out, att, proof, READING(&d)), &d);
}

static enum jm_code of_attestation(const char *member)
{
    return of_client(attestation(text_of("{\"exp\":%lld,\"cnf\":{\"jwk\":%s},%s}",
                                         (long long)KIT_NOW + 9, jwk_of(K.device_key), member)),
                     pop(text_of("{\"aud\":\"" AS "\",\"jti\":\"j\",\"iat\":%lld}",
                                 (long long)KIT_NOW),
                         K.device_key));
}

static enum jm_code of_pop(const char *member)
{
    return of_client(good_attestation(),
                     pop(text_of("{\"aud\":\"" AS "\",\"iat\":%lld%s,%s}", (long long)KIT_NOW,
                                 strstr(member, "\"jti\"") ? "" : ",\"jti\":\"j\"", member),
                         K.device_key));
}

static enum jm_code of_proofs(const char *json)
{
    struct jm_proofs_expect x = {.max = JM_PROOFS_MAX};
    struct jm_diag d = {0};
    struct jm_proofs out;

    memcpy(x.instance_jkt, jkt, 32);
    return told(jm_proofs_check(&out, parsed(jm_str(json)), &x, READING(&d)), &d);
}

static const char *attested(const char *members)
{
    struct jm_bytes t = token_of(
        text_of("{\"alg\":\"ES256\",\"typ\":\"key-attestation+jwt\",\"x5c\":[\"%s\"]}",
                x5c_of(leaf)),
        text_of("{\"iat\":%lld,\"exp\":%lld,\"instance_jkt\":\"%s\",\"attested_keys\":[%s]%s%s,%s}",
                (long long)KIT_NOW, (long long)KIT_NOW + 60, b64(jm_bytes(jkt, 32)),
                jwk_of(K.reader_key),
                strstr(members, "\"key_storage\"") ? ""
                                                   : ",\"key_storage\":[\"urn:jumin:key-level:1\"]",
                strstr(members, "\"nonce\"") ? "" : ",\"nonce\":\"n\"", members),
        K.other_key);

    return (const char *)t.ptr;
}

static enum jm_code of_key_attestation(const char *member)
{
    return of_proofs(text_of("{\"attestation\":[\"%s\"]}", attested(member)));
}

static enum jm_code of_jwt_proof(const char *member)
{
    const char *ka = text_of(",\"key_attestation\":\"%s\"",
                             attested(strstr(member, "\"nonce\"") ? member : "\"nonce\":\"n\""));

    return of_proofs(
        text_of("{\"jwt\":[\"%s\"]}",
                proof_of(ka, AS,
                         text_of("%s,%s", strstr(member, "\"nonce\"") ? "" : ",\"nonce\":\"n\"",
                                 member),
                         KIT_NOW, K.reader_key, jwk_of(K.reader_key))));
}

static enum jm_code of_jwt_proofs(const char *list)
{
    return of_proofs(text_of("{\"jwt\":[%s]}", list));
}

static enum jm_code of_instance(const char *member)
{
    struct jm_bytes proof =
        token_of(text_of("{\"alg\":\"ES256\",\"typ\":\"jumin-instance+jwt\",\"jwk\":%s}",
                         jwk_of(K.device_key)),
                 text_of("{\"aud\":\"" AS "\",\"iat\":%lld%s,%s}", (long long)KIT_NOW,
                         strstr(member, "\"challenge\"") ? "" : ",\"challenge\":\"c\"", member),
                 K.device_key);
    struct jm_instance_proof out;
    struct jm_diag d = {0};

    return told(jm_instance_check(&out, proof, READING(&d)), &d);
}

static size_t b64_len(size_t n)
{
    return (4 * n + 2) / 3;
}

/* A key's proof, made as long by blanks. */
static enum jm_code of_key(const char *length)
{
    struct jm_instance_proof out;
    struct jm_jws_draft draft;
    struct jm_diag d = {0};
    char own[44];

    KIT_MUST(jm_jwk_thumbprint_text(own, &jm_crypto_openssl, &instance));
    const struct jm_instance_proof_spec made = {instance,      JM_BYTES(AS), JM_BYTES("c"),
                                                JM_BYTES("p"), jm_none(),    KIT_NOW};
    KIT_MUST(jm_instance_proof_begin(&draft, &made, &K.mem));
    const char *header =
        text_of("{\"alg\":\"ES256\",\"typ\":\"jumin-key+jwt\",\"jwk\":%s}", jwk_of(K.reader_key));
    const char *claims = text_of("{\"challenge\":\"c\",\"instance\":\"%s\"}", own);
    size_t want = strlen(length), h = 0, p = 0;
    while (b64_len(strlen(header) + h) + b64_len(strlen(claims) + p % want) + 2 +
                   b64_len(JM_SIG_LEN) !=
               want &&
           h < 3)
        h += ++p % want == 0;
    struct jm_bytes t = token_of(text_of("%s%*s", header, (int)h, ""),
                                 text_of("%s%*s", claims, (int)(p % want), ""), K.reader_key);
    CHECK_EQ(t.len, strlen(length));
    CHECK_OK(jm_instance_check(&out, finished(&draft, K.device_key), READING(&d)));
    return told(jm_instance_keys(&out, parsed(jm_str(text_of("[\"%s\"]", (const char *)t.ptr))),
                                 READING(&d)),
                &d);
}

TEST(members_have_bounds)
{
    static const struct {
        const char *name, *member; /* %s: as many letters */
        size_t max;
        enum jm_code (*read)(const char *member), code;
    } rows[] = {
        {"DPoP jti", "\"jti\":\"%s\"", JM_JTI_MAX, of_dpop, JM_OAUTH_DPOP_FORM},
        {"DPoP nonce", "\"nonce\":\"%s\"", JM_NONCE_TEXT_MAX, of_dpop, JM_OAUTH_DPOP_FORM},
        {"DPoP htu", "\"htu\":\"" URL "?%s\"", JM_URL_MAX - sizeof URL, of_dpop, JM_OAUTH_DPOP_URI},
        {"attestation sub", "\"sub\":\"%s\"", JM_CLIENT_SUB_MAX, of_attestation,
         JM_OAUTH_ATTESTATION_FORM},
        {"PoP jti", "\"jti\":\"%s\"", JM_JTI_MAX, of_pop, JM_OAUTH_POP_FORM},
        {"PoP challenge", "\"challenge\":\"%s\"", JM_NONCE_TEXT_MAX, of_pop, JM_OAUTH_POP_FORM},
        {"key attestation nonce", "\"nonce\":\"%s\"", 2048, of_key_attestation,
         JM_VCI_PROOF_NONCE_MISSING},
        {"jwt proof nonce", "\"nonce\":\"%s\"", JM_NONCE_TEXT_MAX, of_jwt_proof,
         JM_VCI_PROOF_NONCE_MISSING},
        {"jwt proof iss", "\"iss\":\"%s\"", JM_CLIENT_SUB_MAX, of_jwt_proof, JM_VCI_PROOF_FORM},
        {"instance challenge", "\"challenge\":\"%s\"", JM_NONCE_TEXT_MAX, of_instance,
         JM_PROVIDER_PROOF},
        {"instance nonce", "\"nonce\":\"%s\"", 2048, of_instance, JM_PROVIDER_PROOF},
        {"instance platform", "\"platform\":\"%s\"", JM_PLATFORM_MAX, of_instance,
         JM_PROVIDER_PROOF},
    };

    for (size_t i = 0; i < JM_ARRAY_LEN(rows); i++)
        for (size_t over = 0; over < 2; over++) {
            begin();
            KIT_MUST(jm_jwk_thumbprint(jkt, &jm_crypto_openssl, &instance));
            const char *at = strstr(rows[i].member, "%s");
            const char *member = text_of("%.*s%s%s", (int)(at - rows[i].member), rows[i].member,
                                         letters(rows[i].max + over), at + 2);
            ROW(CHECK_EQ(rows[i].read(member), over ? rows[i].code : JM_CODE_NONE), rows[i].name);
            end();
        }
    begin();
    KIT_MUST(jm_jwk_thumbprint(jkt, &jm_crypto_openssl, &instance));
    for (size_t over = 0; over < 2; over++) {
        const char *levels = listed("\"x\"", JM_KEY_STORAGES_MAX - 1 + over);

        CHECK_EQ(of_key_attestation(
                     text_of("\"key_storage\":[%s,\"urn:jumin:key-level:1\"]", levels)),
                 over ? JM_VCI_KEY_ATTESTATION_LEVEL : JM_CODE_NONE);
        CHECK_EQ(of_key(letters(JM_KEY_PROOF_MAX + over)), over ? JM_PROVIDER_KEYS : JM_CODE_NONE);
        CHECK_EQ(of_jwt_proofs(listed("\"x\"", JM_PROOFS_MAX + over)),
                 over ? JM_VCI_PROOF_COUNT : JM_VCI_PROOF_FORM);
    }
    end();
}

/* -- clocks that differ: openid4vc.md 2 -- */

enum clock_of { CLOCK_ATTESTATION, CLOCK_POP, CLOCK_KEY_ATTESTATION, CLOCK_KEY_PROOF, CLOCK_NBF };

/* One token made by a clock that is @p off seconds ahead of ours; all others are made now. */
static enum jm_code by_clock(enum clock_of which, int64_t off, struct jm_diag *d)
{
    long long now = (long long)KIT_NOW, at = (long long)(KIT_NOW + off);
    const char *cnf = text_of("\"cnf\":{\"jwk\":%s}", jwk_of(K.device_key));
    struct jm_proofs_expect x = {.max = 2};
    struct jm_proofs proofs;
    struct jm_client client;
    struct jm_bytes t;

    memset(d, 0, sizeof *d);
    if (which == CLOCK_ATTESTATION || which == CLOCK_NBF || which == CLOCK_POP) {
        t = which == CLOCK_POP
                ? good_attestation()
                : attestation(text_of("{\"sub\":\"wallet\",\"%s\":%lld,\"exp\":%lld,%s}",
                                      which == CLOCK_NBF ? "nbf" : "iat", at, now + 9000, cnf));
        (void)!jm_client_check(&client, t,
                               pop(text_of("{\"aud\":\"" AS "\",\"jti\":\"j\",\"iat\":%lld}",
                                           which == CLOCK_POP ? at : now),
                                   K.device_key),
                               READING(d));
        return d->code;
    }
    t = token_of(text_of("{\"alg\":\"ES256\",\"typ\":\"key-attestation+jwt\",\"x5c\":[\"%s\"]}",
                         x5c_of(leaf)),
                 text_of("{\"iat\":%lld,\"exp\":%lld,\"nonce\":\"n\",\"key_storage\":[\"urn:jumin:"
                         "key-level:1\"],\"instance_jkt\":\"%s\",\"attested_keys\":[%s]}",
                         which == CLOCK_KEY_ATTESTATION ? at : now, now + 9000,
                         b64(jm_bytes(jkt, 32)), jwk_of(K.reader_key)),
                 K.other_key);
    memcpy(x.instance_jkt, jkt, 32);
    (void)!jm_proofs_check(
        &proofs,
        parsed(jm_str(
            JWT(proof_of(text_of(",\"key_attestation\":\"%.*s\"", (int)t.len, (const char *)t.ptr),
                         AS, ",\"nonce\":\"n\"", which == CLOCK_KEY_PROOF ? KIT_NOW + off : KIT_NOW,
                         K.reader_key, jwk_of(K.reader_key))))),
        &x, READING(d));
    return d->code;
}

TEST(a_clock_that_differs)
{
    static const struct {
        const char *name;
        enum clock_of which;
        int64_t behind_s; /* how far behind is taken; -1: however far */
        enum jm_code code;
        char by;
    } rows[] = {
        {"client attestation, iat", CLOCK_ATTESTATION, -1, JM_OAUTH_ATTESTATION_CLOCK, 'I'},
        {"client attestation, nbf", CLOCK_NBF, -1, JM_OAUTH_ATTESTATION_CLOCK, 'I'},
        {"its PoP", CLOCK_POP, 60, JM_OAUTH_POP_TIME, 'W'},
        {"key attestation", CLOCK_KEY_ATTESTATION, -1, JM_VCI_KEY_ATTESTATION_CLOCK, 'I'},
        {"key proof", CLOCK_KEY_PROOF, JM_KEY_PROOF_PAST_S, JM_VCI_PROOF_TIME, 'W'},
    };

    begin();
    KIT_MUST(jm_jwk_thumbprint(jkt, &jm_crypto_openssl, &instance));
    for (size_t i = 0; i < JM_ARRAY_LEN(rows); i++) {
        enum clock_of w = rows[i].which;
        int64_t behind = rows[i].behind_s < 0 ? 86400 : rows[i].behind_s;
        size_t mark = jm_arena_mark(&K.mem);
        struct jm_diag d;
        bool ok =
            CHECK_EQ(by_clock(w, 0, &d), JM_CODE_NONE) &&
            CHECK_EQ(by_clock(w, 45, &d), JM_CODE_NONE) &&
            CHECK_EQ(by_clock(w, -45, &d), JM_CODE_NONE) &&
            CHECK_EQ(by_clock(w, 60, &d), JM_CODE_NONE) &&
            CHECK_EQ(by_clock(w, -behind, &d), JM_CODE_NONE) &&
            CHECK_EQ(by_clock(w, 61, &d), rows[i].code) &&
            CHECK(jm_bytes_find(d.detail, JM_BYTES(" 61 s ahead of the clock here")) != SIZE_MAX) &&
            CHECK_EQ(by_clock(w, 300, &d), rows[i].code) &&
            CHECK(jm_bytes_find(d.detail, JM_BYTES(" 300 s ahead of the clock here")) !=
                  SIZE_MAX) &&
            CHECK_EQ(jm_code_info(d.code)->by, rows[i].by);

        if (rows[i].behind_s >= 0)
            ok = ok && CHECK_EQ(by_clock(w, -behind - 1, &d), rows[i].code) &&
                 CHECK(jm_bytes_find(d.detail, JM_BYTES(" s behind the clock here")) != SIZE_MAX);
        ROW(ok, rows[i].name);
        jm_arena_back(&K.mem, mark);
    }
    end();
}

/* -- C-01: each kind of token in the place of every other -- */

enum { N_KINDS = 9 };
static const char *const kinds[N_KINDS] =
    {"proof",           "PoP",          "DPoP",     "KB-JWT",        "client attestation",
     "key attestation", "status token", "metadata", "request object"};

/* One payload and one header that would satisfy everybody but for typ: signed by one key that is
 * jwk, leaf and cnf at once. */
static struct jm_bytes any_token(const char *typ)
{
    const char *claims =
        text_of("{\"iss\":\"" AS "\",\"sub\":\"" AS "\",\"aud\":\"" AS
                "\",\"jti\":\"j\",\"iat\":%lld,\"exp\":%lld,\"htm\":\"POST\",\"htu\":\"" URL "\","
                "\"nonce\":\"n\",\"cnf\":{\"jwk\":%s},\"key_storage\":[\"urn:jumin:key-level:1\"],"
                "\"instance_jkt\":\"%s\",\"attested_keys\":[%s],"
                "\"status_list\":{\"bits\":1,\"lst\":\"eNrbuRgAAhcBXQ\"},\"client_id\":\"x\"}",
                (long long)KIT_NOW, (long long)KIT_NOW + 60, jwk_of(K.other_key),
                b64(jm_bytes(jkt, 32)), jwk_of(K.other_key));

    return token_of(text_of("{\"alg\":\"ES256\",\"typ\":\"%s\",\"jwk\":%s,\"x5c\":[\"%s\"]}", typ,
                            jwk_of(K.other_key), x5c_of(leaf)),
                    claims, K.other_key);
}

static enum jm_code code_at(size_t place, struct jm_bytes t)
{
    struct jm_proofs_expect x = {.max = 2};
    const struct jm_list_policy policy = {.all = false};
    struct jm_jws_unverified u;
    struct jm_diag d = {0};
    struct jm_status_list list;
    const struct jm_vp_expect any = {.strangers = false};
    struct jm_vp_request request;
    struct jm_client client;
    struct jm_proofs proofs;
    struct jm_dpop dpop;

    memcpy(x.instance_jkt, jkt, 32);
    switch (place) {
    case 0:
        (void)!jm_proofs_check(&proofs,
                               parsed(jm_str(text_of("{\"jwt\":[\"%s\"]}", (const char *)t.ptr))),
                               &x, READING(&d));
        break;
    case 1:
        (void)!jm_client_check(&client, any_token("oauth-client-attestation+jwt"), t, READING(&d));
        break;
    case 2: (void)!jm_dpop_check(&dpop, t, "POST", JM_BYTES(URL), jm_none(), READING(&d)); break;
    case 3: (void)!jm_jws_split(&u, t, "kb+jwt", &K.mem, &d); break;
    case 4:
        (void)!jm_client_check(&client, t, any_token("oauth-client-attestation-pop+jwt"),
                               READING(&d));
        break;
    case 5:
        (void)!jm_proofs_check(&proofs,
                               parsed(jm_str(
                                   text_of("{\"attestation\":[\"%s\"]}", (const char *)t.ptr))),
                               &x, READING(&d));
        break;
    case 6:
        CHECK_OK(jm_statuslist_open(&list, t, false, JM_BYTES(AS), &policy, READING(NULL)));
        return list.fault == JM_LIST_OK     ? JM_CODE_NONE
               : list.fault == JM_LIST_TYPE ? JM_JOSE_TYP
                                            : JM_JOSE_FORM;
    case 7: (void)!jm_jws_split(&u, t, "openidvci-issuer-metadata+jwt", &K.mem, &d); break;
    case 8: (void)!jm_vp_request_read(&request, t, &any, READING(&d)); break;
    default: break;
    }
    return d.code;
}

TEST(each_kind_is_refused_in_the_place_of_every_other)
{
    static const char *const typ[N_KINDS] = {"openid4vci-proof+jwt",
                                             "oauth-client-attestation-pop+jwt",
                                             "dpop+jwt",
                                             "kb+jwt",
                                             "oauth-client-attestation+jwt",
                                             "key-attestation+jwt",
                                             "statuslist+jwt",
                                             "openidvci-issuer-metadata+jwt",
                                             "oauth-authz-req+jwt"};
    static const enum jm_code refused[N_KINDS] =
        {JM_VCI_PROOF_FORM,         JM_OAUTH_POP_FORM,      JM_OAUTH_DPOP_FORM, JM_JOSE_TYP,
         JM_OAUTH_ATTESTATION_FORM, JM_VCI_KEY_ATTESTATION, JM_JOSE_TYP,        JM_JOSE_TYP,
         JM_VP_REQUEST_TYP};

    begin();
    KIT_MUST(jm_jwk_thumbprint(jkt, &jm_crypto_openssl, &instance));
    size_t mark = jm_arena_mark(&K.mem);
    for (size_t place = 0; place < N_KINDS; place++)
        for (size_t kind = 0; kind < N_KINDS; kind++) {
            char row[80];
            enum jm_code code = code_at(place, any_token(typ[kind]));

            snprintf(row, sizeof row, "%s in the place of %s", kinds[kind], kinds[place]);
            /* In its own place typ is no reason: the rest of that one token may be. */
            ROW(place == kind ? CHECK(code != refused[place] || place == 0)
                              : CHECK_EQ(code, refused[place]),
                row);
            jm_arena_back(&K.mem, mark);
        }
    end();
}
