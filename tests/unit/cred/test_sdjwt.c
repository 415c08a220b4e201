/* SPDX-License-Identifier: Apache-2.0 */
#include "unit/test.h"

#include "jumin/form.h"
#include "jumin/sdjwt.h"
#include "unit/cred/jose_kit.h"

static struct jm_point issuer;

static const struct jm_sdjwt_verified *judged(struct jm_bytes text,
                                              const struct jm_sdjwt_context *x)
{
    const struct jm_sdjwt_verified *v = NULL;

    CHECK_OK(jm_sdjwt_verify(&v, text, x, &by_openssl, &K.mem));
    return v;
}

static bool fails_with(const struct jm_sdjwt_verified *v, enum jm_code code)
{
    return v != NULL && jm_report_has(jm_sdjwt_report(v), code, JM_FAIL) &&
           jm_sdjwt_report(v)->verdict == JM_REJECTED && jm_sdjwt_claims(v) == NULL;
}

/* -- vectors -- */

TEST(disclosures_of_rfc9901)
{
    struct jm_bytes file = vector("openid4vc/derived/sd-jwt-disclosures.json");
    size_t n = 0;

    kit_begin(&K);
    for (const struct jm_json *c = jm_json_get(parsed(file), "cases")->child; c != NULL;
         c = c->next) {
        struct jm_sdjwt s;
        struct jm_bytes d = member(c, "disclosure"), text;
        const char *jwt =
            text_of("%s.%s.%s~%.*s~", b64(JM_BYTES("{\"alg\":\"ES256\",\"typ\":\"dc+sd-jwt\"}")),
                    b64(JM_BYTES("{}")),
                    "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
                    "AAAAAAAA",
                    (int)d.len, (const char *)d.ptr);
        bool ok = CHECK_OK(jm_sdjwt_split(&s, jm_str(jwt), &jm_crypto_openssl, &K.mem, NULL)) &&
                  CHECK_EQ(s.n, 1);

        KIT_MUST(jm_b64url_encode(&text, &K.mem, jm_bytes(s.disclosure[0].digest, 32)));
        ok = CHECK_SAME(text, member(c, "sha256_digest")) && ok;
        ok = CHECK_EQ(s.disclosure[0].name.ptr != NULL,
                      jm_json_is_str(jm_json_get(c, "kind"), "object")) &&
             ok;
        ROW(ok, jwt);
        n++;
    }
    CHECK_EQ(n, 8);
    kit_end(&K);
}

TEST(presentation_of_openid4vp)
{
    struct jm_bytes file = vector("openid4vc/derived/sd-jwt-kb.json");
    struct jm_sdjwt_context x = {.now = 1744743400,
                                 .vct =
                                     JM_BYTES("https://credentials.example.com/example_credential"),
                                 .waive_status = true,
                                 .waive_crl = true,
                                 .aud = JM_BYTES("https://verifier.example.org"),
                                 .nonce = JM_BYTES("1234567890"),
                                 .crypto = &jm_crypto_openssl,
                                 .issuer_key = &issuer};
    struct jm_jwk jwk;

    kit_begin(&K);
    const struct jm_json *v = parsed(file);
    KIT_MUST(jm_jwk_read(&jwk, jm_json_get(v, "issuer_jwk")));
    issuer = jwk.point;
    struct jm_bytes text = member(v, "presentation");
    const struct jm_sdjwt_verified *ok = judged(text, &x);
    CHECK_EQ(jm_sdjwt_report(ok)->verdict, JM_ACCEPTED);
    CHECK(jm_json_get(jm_json_get(jm_json_get(jm_sdjwt_claims(ok), "ld"), "credentialSubject"),
                      "_sd") == NULL);
    const struct {
        const char *name;
        struct jm_sdjwt_context x;
        enum jm_code code;
    } rows[] = {
        {"V-01",
         {.now = x.now,
          .waive_status = true,
          .waive_crl = true,
          .aud = x.aud,
          .nonce = JM_BYTES("x"),
          .crypto = x.crypto,
          .issuer_key = &issuer},
         JM_SDJWT_KB_NONCE},
        {"V-02",
         {.now = x.now,
          .waive_status = true,
          .waive_crl = true,
          .aud = JM_BYTES("verifier.example.org"),
          .nonce = x.nonce,
          .crypto = x.crypto,
          .issuer_key = &issuer},
         JM_SDJWT_KB_AUDIENCE},
        {"later",
         {.now = x.now + 400,
          .waive_status = true,
          .waive_crl = true,
          .aud = x.aud,
          .nonce = x.nonce,
          .crypto = x.crypto,
          .issuer_key = &issuer},
         JM_SDJWT_KB_IAT},
        {"over",
         {.now = 1883000060,
          .waive_status = true,
          .waive_crl = true,
          .aud = x.aud,
          .nonce = x.nonce,
          .crypto = x.crypto,
          .issuer_key = &issuer},
         JM_SDJWT_EXPIRED},
        {"vct",
         {.now = x.now,
          .vct = JM_BYTES("urn:x"),
          .waive_status = true,
          .waive_crl = true,
          .aud = x.aud,
          .nonce = x.nonce,
          .crypto = x.crypto,
          .issuer_key = &issuer},
         JM_SDJWT_VCT},
    };
    for (size_t i = 0; i < JM_ARRAY_LEN(rows); i++)
        ROW(CHECK(fails_with(judged(text, &rows[i].x), rows[i].code)), rows[i].name);
    /* V-04: stripped, and the issuance sent where a presentation is wanted */
    struct jm_bytes kb = member(v, "kb_jwt");
    CHECK(fails_with(judged(jm_slice(text, 0, text.len - kb.len), &x), JM_SDJWT_KB_MISSING));
    CHECK(fails_with(judged(member(v, "issuance"), &x), JM_SDJWT_KB_MISSING));
    kit_end(&K);
}

/* -- V-04 -- */

static const char *digest_of(const char *disclosure)
{
    uint8_t h[32];

    KIT_MUST(jm_sha256(&jm_crypto_openssl, jm_str(disclosure), h));
    return b64(jm_bytes(h, sizeof h));
}

static struct jm_bytes built(const char *claims, const char *tail)
{
    struct jm_bytes jwt =
        token_of("{\"alg\":\"ES256\",\"typ\":\"dc+sd-jwt\"}",
                 text_of("{\"vct\":\"urn:x\",\"exp\":%lld%s}", (long long)(KIT_NOW + 10), claims),
                 K.dsc_key);

    return jm_str(text_of("%.*s~%s", (int)jwt.len, (const char *)jwt.ptr, tail));
}

TEST(every_reject_of_section_8)
{
    struct jm_sdjwt_context x = {.now = KIT_NOW,
                                 .vct = JM_BYTES("urn:x"),
                                 .waive_kb = true,
                                 .waive_status = true,
                                 .waive_crl = true,
                                 .crypto = &jm_crypto_openssl,
                                 .issuer_key = &issuer};

    kit_begin(&K);
    KIT_MUST(jm_key_point(&issuer, K.dsc_key));
    const char *a = b64(JM_BYTES("[\"s\",\"a\",1]")), *da = digest_of(a);
    const char *e = b64(JM_BYTES("[\"s\",1]")), *de = digest_of(e);
    const char *sd = b64(JM_BYTES("[\"s\",\"_sd\",1]")), *dots = b64(JM_BYTES("[\"s\",\"...\",1]")),
               *vct = b64(JM_BYTES("[\"s\",\"vct\",1]")),
               *status = b64(JM_BYTES("[\"s\",\"status\",{}]"));
    const char *nested = b64(jm_str(text_of("[\"s\",\"o\",{\"_sd\":[\"%s\"]}]", da)));
    const struct {
        const char *name;
        struct jm_bytes text;
        enum jm_code code;
    } rows[] = {
        {"one claim", built(text_of(",\"_sd\":[\"%s\"]", da), text_of("%s~", a)), JM_CODE_NONE},
        {"a decoy", built(text_of(",\"_sd\":[\"%s\",\"%s\"]", da, de), text_of("%s~", a)),
         JM_CODE_NONE},
        {"an array element", built(text_of(",\"l\":[{\"...\":\"%s\"},2]", de), text_of("%s~", e)),
         JM_CODE_NONE},
        {"nested",
         built(text_of(",\"_sd\":[\"%s\"]", digest_of(nested)), text_of("%s~%s~", nested, a)),
         JM_CODE_NONE},
        {"_sd_alg sha-256",
         built(text_of(",\"_sd_alg\":\"sha-256\",\"_sd\":[\"%s\"]", da), text_of("%s~", a)),
         JM_CODE_NONE},
        {"_sd_alg unknown",
         built(text_of(",\"_sd_alg\":\"sha-512\",\"_sd\":[\"%s\"]", da), text_of("%s~", a)),
         JM_SDJWT_SD_ALG},
        {"_sd_alg nested", built(",\"o\":{\"_sd_alg\":\"sha-256\"}", ""), JM_SDJWT_SD_ALG},
        {"_sd no array", built(",\"_sd\":\"x\"", ""), JM_SDJWT_SD_FORM},
        {"_sd not of texts", built(",\"_sd\":[1]", ""), JM_SDJWT_SD_FORM},
        {"under _sd a pair", built(text_of(",\"_sd\":[\"%s\"]", de), text_of("%s~", e)),
         JM_SDJWT_DISCLOSURE_FORM},
        {"under ... a triple", built(text_of(",\"l\":[{\"...\":\"%s\"}]", da), text_of("%s~", a)),
         JM_SDJWT_DISCLOSURE_FORM},
        {"... with another member",
         built(text_of(",\"l\":[{\"...\":\"%s\",\"x\":1}]", de), text_of("%s~", e)),
         JM_SDJWT_SD_FORM},
        {"... as a member", built(text_of(",\"o\":{\"...\":\"%s\"}", de), ""), JM_SDJWT_SD_FORM},
        {"named _sd", built(text_of(",\"_sd\":[\"%s\"]", digest_of(sd)), text_of("%s~", sd)),
         JM_SDJWT_CLAIM_NAME},
        {"named ...", built(text_of(",\"_sd\":[\"%s\"]", digest_of(dots)), text_of("%s~", dots)),
         JM_SDJWT_CLAIM_NAME},
        {"name already there",
         built(text_of(",\"_sd\":[\"%s\"]", digest_of(vct)), text_of("%s~", vct)),
         JM_SDJWT_CLAIM_NAME},
        {"status behind a digest",
         built(text_of(",\"_sd\":[\"%s\"]", digest_of(status)), text_of("%s~", status)),
         JM_SDJWT_CLAIM_NAME},
        {"a digest twice", built(text_of(",\"_sd\":[\"%s\",\"%s\"]", da, da), text_of("%s~", a)),
         JM_SDJWT_DIGEST_TWICE},
        {"a digest twice, elsewhere",
         built(text_of(",\"_sd\":[\"%s\"],\"o\":{\"_sd\":[\"%s\"]}", da, da), text_of("%s~", a)),
         JM_SDJWT_DIGEST_TWICE},
        {"unreferenced", built(text_of(",\"_sd\":[\"%s\"]", de), text_of("%s~", a)),
         JM_SDJWT_DISCLOSURE_UNREFERENCED},
        {"sent twice", built(text_of(",\"_sd\":[\"%s\"]", da), text_of("%s~%s~", a, a)),
         JM_SDJWT_DISCLOSURE_TWICE},
        {"no array", built("", text_of("%s~", b64(JM_BYTES("{}")))), JM_SDJWT_DISCLOSURE_FORM},
        {"four members", built("", text_of("%s~", b64(JM_BYTES("[\"s\",\"a\",1,2]")))),
         JM_SDJWT_DISCLOSURE_FORM},
        {"name no text", built("", text_of("%s~", b64(JM_BYTES("[\"s\",1,2]")))),
         JM_SDJWT_DISCLOSURE_FORM},
        {"padded", built(text_of(",\"_sd\":[\"%s\"]", da), text_of("%s=~", a)),
         JM_SDJWT_DISCLOSURE_FORM},
        {"last part neither empty nor a KB-JWT", built("", "abc"), JM_SDJWT_KB_FORM},
        {"neither exp nor status",
         jm_str(text_of("%s~", (const char *)token_of("{\"alg\":\"ES256\",\"typ\":\"dc+sd-jwt\"}",
                                                      "{\"vct\":\"urn:x\"}", K.dsc_key)
                                   .ptr)),
         JM_SDJWT_EXPIRED},
        {"C-01: a KB-JWT in its place",
         jm_str(text_of("%s~", (const char *)token_of("{\"alg\":\"ES256\",\"typ\":\"kb+jwt\"}",
                                                      "{\"vct\":\"urn:x\"}", K.dsc_key)
                                   .ptr)),
         JM_SDJWT_TYP},
        {"another issuer's key",
         jm_str(text_of("%s~", (const char *)token_of("{\"alg\":\"ES256\",\"typ\":\"dc+sd-jwt\"}",
                                                      text_of("{\"vct\":\"urn:x\",\"exp\":%lld}",
                                                              (long long)(KIT_NOW + 10)),
                                                      K.other_key)
                                   .ptr)),
         JM_SDJWT_ISSUER_SIGNATURE},
        {"draft typ",
         jm_str(text_of("%s~", (const char *)token_of("{\"alg\":\"ES256\",\"typ\":\"vc+sd-jwt\"}",
                                                      text_of("{\"vct\":\"urn:x\",\"exp\":%lld}",
                                                              (long long)(KIT_NOW + 10)),
                                                      K.dsc_key)
                                   .ptr)),
         JM_CODE_NONE},
    };
    for (size_t i = 0; i < JM_ARRAY_LEN(rows); i++) {
        const struct jm_sdjwt_verified *v = judged(rows[i].text, &x);

        ROW(rows[i].code == JM_CODE_NONE ? CHECK_EQ(jm_sdjwt_report(v)->verdict, JM_ACCEPTED)
                                         : CHECK(fails_with(v, rows[i].code)),
            rows[i].name);
    }
    kit_end(&K);
}

/* -- ours, both ways -- */

static struct jm_bytes presented(const struct jm_bytes *names, size_t n, bool issuance_only)
{
    const struct jm_sdjwt_claim claims[] = {{JM_BYTES("a"), JM_BYTES("1")},
                                            {JM_BYTES("b"), JM_BYTES("\"x\"")},
                                            {JM_BYTES("c"), JM_BYTES("[1]")}};
    struct jm_bytes leaf = leaf_of(K.other_key, "Signer"), copy, out;
    struct jm_sdjwt_spec s = {.vct = JM_BYTES("urn:x"),
                              .issuer = JM_BYTES("https://i.example"),
                              .claim = claims,
                              .n = 3,
                              .iat = KIT_NOW,
                              .nbf = KIT_NOW,
                              .exp = KIT_NOW + 100,
                              .x5c = &leaf,
                              .n_x5c = 1};
    struct jm_sdjwt_presentation p;
    struct jm_sdjwt_draft d;
    struct jm_sig sig;

    KIT_MUST(jm_key_point(&s.holder, K.device_key));
    KIT_MUST(jm_sdjwt_issue_begin(&d, &s, kit_random(&K, jm_sdjwt_random_len(&s)),
                                  &jm_crypto_openssl, &K.mem));
    KIT_MUST(jm_key_sign(K.other_key, d.jws.to_sign, &sig));
    KIT_MUST(jm_sdjwt_issue_finish(&copy, &d, jm_sig_bytes(&sig), &K.mem));
    if (issuance_only)
        return copy;
    CHECK_ST(jm_sdjwt_present_begin(&p, copy, &(struct jm_bytes){(const uint8_t *)"z", 1}, 1,
                                    &(const struct jm_sdjwt_binding){JM_BYTES("aud"), JM_BYTES("n"),
                                                                     KIT_NOW, &jm_crypto_openssl},
                                    &K.mem),
             JM_E_ABSENT);
    KIT_MUST(jm_sdjwt_present_begin(&p, copy, names, n,
                                    &(const struct jm_sdjwt_binding){JM_BYTES("aud"), JM_BYTES("n"),
                                                                     KIT_NOW, &jm_crypto_openssl},
                                    &K.mem));
    KIT_MUST(jm_key_sign(K.device_key, p.kb.to_sign, &sig));
    KIT_MUST(jm_sdjwt_present_finish(&out, &p, jm_sig_bytes(&sig), &K.mem));
    return out;
}

static bool tells(const struct jm_sdjwt_verified *v, enum jm_code code, const char *detail)
{
    const struct jm_report *r = jm_sdjwt_report(v);

    for (size_t i = 0; i < r->n; i++)
        if (r->checks[i].code == code &&
            jm_bytes_find(r->checks[i].detail, jm_str(detail)) != SIZE_MAX)
            return true;
    return false;
}

static struct jm_sdjwt_context context_of(void)
{
    return (struct jm_sdjwt_context){.now = KIT_NOW,
                                     .anchors = &K.anchors,
                                     .vct = JM_BYTES("urn:x"),
                                     .waive_status = true,
                                     .waive_crl = true,
                                     .aud = JM_BYTES("aud"),
                                     .nonce = JM_BYTES("n"),
                                     .crypto = &jm_crypto_openssl};
}

static bool accepts(struct jm_bytes text)
{
    size_t mark = jm_arena_mark(&K.mem);
    struct jm_sdjwt_context x = context_of();
    const struct jm_sdjwt_verified *v;
    bool ok = jm_sdjwt_verify(&v, text, &x, &by_openssl, &K.mem) == JM_OK &&
              jm_sdjwt_report(v)->verdict == JM_ACCEPTED;

    jm_arena_back(&K.mem, mark);
    return ok;
}

TEST(no_octet_of_a_presentation_may_change)
{
    const struct jm_bytes names[] = {JM_BYTES("b")};

    kit_begin(&K);
    check_refuses_changes(presented(names, 1, false), accepts, NULL, 0);
    kit_end(&K);
}

/* The phone's clock and ours: a minute ahead is taken, five behind, since a proof may wait for its
 * sending (openid4vc.md 2, 8). */
TEST(the_clock_of_the_holders_proof)
{
    static const struct {
        int64_t later_s; /* our clock after the proof's */
        const char *detail;
    } rows[] = {{-60, NULL},
                {-45, NULL},
                {45, NULL},
                {JM_KB_IAT_PAST_S, NULL},
                {-61, "iat lies 61 s ahead of"},
                {-300, "iat lies 300 s ahead of"},
                {301, "iat lies 301 s behind"}};
    const struct jm_bytes names[] = {JM_BYTES("b")};
    struct jm_sdjwt_context x;

    kit_begin(&K);
    x = context_of();
    struct jm_bytes jwt = presented(NULL, 0, true), shown;
    struct jm_sdjwt_presentation p;
    struct jm_sig sig;
    for (size_t i = 0; i < JM_ARRAY_LEN(rows); i++) {
        KIT_MUST(
            jm_sdjwt_present_begin(&p, jwt, names, 1,
                                   &(const struct jm_sdjwt_binding){JM_BYTES("aud"), JM_BYTES("n"),
                                                                    KIT_NOW - rows[i].later_s,
                                                                    &jm_crypto_openssl},
                                   &K.mem));
        KIT_MUST(jm_key_sign(K.device_key, p.kb.to_sign, &sig));
        KIT_MUST(jm_sdjwt_present_finish(&shown, &p, jm_sig_bytes(&sig), &K.mem));
        const struct jm_sdjwt_verified *v = judged(shown, &x);
        if (rows[i].detail == NULL)
            CHECK_EQ(jm_sdjwt_report(v)->verdict, JM_ACCEPTED);
        else
            CHECK(fails_with(v, JM_SDJWT_KB_IAT) && tells(v, JM_SDJWT_KB_IAT, rows[i].detail));
    }
    CHECK_EQ(jm_code_info(JM_SDJWT_KB_IAT)->by, 'W');
    kit_end(&K);
}

/* 256 disclosures of 512 KiB altogether, and one more of each. */
TEST(a_text_has_bounds)
{
    char *text, *much = (char *)test_malloc(JM_SDJWT_MAX + 2);
    struct jm_sdjwt s;

    kit_begin(&K);
    text = jm_alloc(&K.mem, 64 * JM_KIB, 1);
    int at = snprintf(text, 64 * JM_KIB, "%s.%s.%s~",
                      b64(JM_BYTES("{\"alg\":\"ES256\",\"typ\":\"dc+sd-jwt\"}")),
                      b64(JM_BYTES("{}")), b64(kit_random(&K, JM_SIG_LEN)));
    for (int i = 0; i < JM_SDJWT_DISCLOSURES_MAX; i++) {
        size_t mark = jm_arena_mark(&K.mem);

        at += snprintf(text + at, 64 * JM_KIB - (size_t)at, "%s~",
                       b64(jm_str(text_of("[\"salt\",\"n%d\",%d]", i, i))));
        jm_arena_back(&K.mem, mark);
    }
    CHECK_OK(jm_sdjwt_split(&s, jm_str(text), &jm_crypto_openssl, &K.mem, NULL));
    CHECK_EQ(s.n, JM_SDJWT_DISCLOSURES_MAX);
    snprintf(text + at, 64 * JM_KIB - (size_t)at, "%s~", b64(jm_str("[\"salt\",\"more\",1]")));
    CHECK_ST(jm_sdjwt_split(&s, jm_str(text), &jm_crypto_openssl, &K.mem, NULL), JM_E_LIMIT);
    memset(much, 'A', JM_SDJWT_MAX);
    memcpy(much + JM_SDJWT_MAX - 1, "~~", 3);
    CHECK_ST(jm_sdjwt_split(&s, jm_bytes(much, JM_SDJWT_MAX + 1), &jm_crypto_openssl, &K.mem, NULL),
             JM_E_LIMIT);
    struct jm_diag d = {0};
    /* its JWT alone */
    CHECK_ST(jm_sdjwt_split(&s, jm_bytes(much, JM_SDJWT_MAX), &jm_crypto_openssl, &K.mem, &d),
             JM_E_LIMIT);
    CHECK_EQ(d.code, JM_JOSE_LIMIT);
    kit_end(&K);
}

TEST(only_what_was_asked_surfaces)
{
    const struct jm_bytes names[] = {JM_BYTES("a"), JM_BYTES("b")},
                          asked[] = {JM_BYTES("b"), JM_BYTES("c")},
                          more[] = {JM_BYTES("b"), JM_BYTES("d")};
    struct jm_sdjwt_context x;

    kit_begin(&K);
    x = context_of();
    x.judge_claims = true;
    x.asked = asked;
    x.n_asked = 2;
    x.n_required = 1;
    const struct jm_sdjwt_verified *v = judged(presented(names, 2, false), &x);
    CHECK_EQ(jm_sdjwt_report(v)->verdict, JM_ACCEPTED);
    CHECK(jm_report_has(jm_sdjwt_report(v), JM_SDJWT_CLAIM_NOT_REQUESTED, JM_WARN));
    CHECK(jm_json_get(jm_sdjwt_claims(v), "a") == NULL &&
          jm_json_get(jm_sdjwt_claims(v), "b") != NULL);
    x.n_required = 2;
    CHECK(fails_with(judged(presented(names, 2, false), &x), JM_SDJWT_CLAIM_MISSING));
    x.asked = more;
    CHECK(fails_with(judged(presented(names, 2, false), &x), JM_SDJWT_CLAIM_MISSING));
    kit_end(&K);
}

/* What binds nobody cannot be shown; a card that is over is over whatever its copy says. */
TEST(holders_and_cards)
{
    struct jm_sdjwt_context x = {.now = KIT_NOW,
                                 .waive_kb = true,
                                 .waive_status = true,
                                 .waive_crl = true,
                                 .crypto = &jm_crypto_openssl,
                                 .issuer_key = &issuer};

    kit_begin(&K);
    KIT_MUST(jm_key_point(&issuer, K.dsc_key));
    CHECK_EQ(jm_sdjwt_report(judged(built(",\"expiry_date\":\"2027-01-01\"", ""), &x))->verdict,
             JM_ACCEPTED);
    CHECK(fails_with(judged(built(",\"expiry_date\":\"2026-12-31\"", ""), &x),
                     JM_SDJWT_CARD_EXPIRED));
    x.waive_kb = false;
    CHECK(fails_with(judged(built("", ""), &x), JM_SDJWT_HOLDER_KEY));
    CHECK(fails_with(judged(built(",\"cnf\":{\"jwk\":{\"kty\":\"EC\"}}", ""), &x),
                     JM_SDJWT_HOLDER_KEY));
    kit_end(&K);
}

/* A wallet's own copy has no KB-JWT; where nothing is said about anchors or sessions it stays
 * undecided. */
TEST(what_is_not_given_is_not_decided)
{
    const struct jm_bytes names[] = {JM_BYTES("a")};
    struct jm_sdjwt_context x;

    kit_begin(&K);
    x = context_of();
    x.waive_kb = true;
    CHECK_EQ(jm_sdjwt_report(judged(presented(NULL, 0, true), &x))->verdict, JM_ACCEPTED);
    x.anchors = NULL;
    CHECK_EQ(jm_sdjwt_report(judged(presented(NULL, 0, true), &x))->verdict, JM_UNDECIDED);
    x = context_of();
    x.nonce = jm_none();
    CHECK_EQ(jm_sdjwt_report(judged(presented(names, 1, false), &x))->verdict, JM_UNDECIDED);
    x = context_of();
    x.waive_status = false;
    CHECK(fails_with(judged(presented(names, 1, false), &x), JM_SDJWT_STATUS_NONE));
    kit_end(&K);
}

/* -- what is malformed is never absent -- */

TEST(a_broken_member_is_not_a_missing_one)
{
    static const struct {
        const char *name, *claims;
        enum jm_code code;
    } rows[] = {
        {"status whole",
         ",\"exp\":1798761610,\"status\":{\"status_list\":{\"uri\":\"https://s/1\",\"idx\":0}}",
         JM_CODE_NONE},
        {"exp a text", ",\"exp\":\"1798761610\"", JM_SDJWT_TIME},
        {"exp null", ",\"exp\":null", JM_SDJWT_TIME},
        {"exp an array", ",\"exp\":[1798761610]", JM_SDJWT_TIME},
        {"exp 0", ",\"exp\":0", JM_SDJWT_EXPIRED},
        {"exp 0.5", ",\"exp\":0.5", JM_SDJWT_EXPIRED},
        {"exp negative", ",\"exp\":-1", JM_SDJWT_TIME},
        {"exp 0 beside a status",
         ",\"exp\":0,\"status\":{\"status_list\":{\"uri\":\"https://s/1\",\"idx\":0}}",
         JM_SDJWT_EXPIRED},
        {"B11: an exponent", ",\"exp\":1.79876161E9", JM_CODE_NONE},
        {"B11: long ago", ",\"exp\":1.7E9", JM_SDJWT_EXPIRED},
        {"B11: absurd", ",\"exp\":1.7e26", JM_SDJWT_TIME},
        {"B16: 60 s ago", ",\"exp\":1798761540", JM_SDJWT_EXPIRED},
        {"B16: 59 s ago", ",\"exp\":1798761541", JM_CODE_NONE},
        {"nbf a text", ",\"exp\":1798761610,\"nbf\":\"0\"", JM_SDJWT_TIME},
        {"nbf null", ",\"exp\":1798761610,\"nbf\":null", JM_SDJWT_TIME},
        {"iat an object", ",\"exp\":1798761610,\"iat\":{}", JM_SDJWT_TIME},
        {"iat tomorrow", ",\"exp\":1798761610,\"iat\":1798761661", JM_SDJWT_NOT_YET_VALID},
        {"status a text", ",\"exp\":1798761610,\"status\":\"x\"", JM_SDJWT_STATUS_FORM},
        {"status null", ",\"exp\":1798761610,\"status\":null", JM_SDJWT_STATUS_FORM},
        {"status empty", ",\"exp\":1798761610,\"status\":{}", JM_SDJWT_STATUS_FORM},
        {"status_list no object", ",\"exp\":1798761610,\"status\":{\"status_list\":[]}",
         JM_SDJWT_STATUS_FORM},
        {"status_list without uri", ",\"exp\":1798761610,\"status\":{\"status_list\":{\"idx\":0}}",
         JM_SDJWT_STATUS_FORM},
        {"an empty uri",
         ",\"exp\":1798761610,\"status\":{\"status_list\":{\"uri\":\"\",\"idx\":0}}",
         JM_SDJWT_STATUS_FORM},
        {"idx a text",
         ",\"exp\":1798761610,\"status\":{\"status_list\":{\"uri\":\"https://s/1\",\"idx\":\"0\"}}",
         JM_SDJWT_STATUS_FORM},
        {"idx negative",
         ",\"exp\":1798761610,\"status\":{\"status_list\":{\"uri\":\"https://s/1\",\"idx\":-1}}",
         JM_SDJWT_STATUS_FORM},
        {"status hidden below itself", ",\"exp\":1798761610,\"status\":{\"_sd\":[]}",
         JM_SDJWT_CLAIM_NAME},
        {"its list too",
         ",\"exp\":1798761610,\"status\":{\"status_list\":{\"uri\":\"https://s/1\",\"_sd\":[]}}",
         JM_SDJWT_CLAIM_NAME},
        {"cnf hidden below itself", ",\"exp\":1798761610,\"cnf\":{\"_sd\":[]}",
         JM_SDJWT_CLAIM_NAME},
        {"expiry_date a number", ",\"exp\":1798761610,\"expiry_date\":20291231",
         JM_SDJWT_CARD_EXPIRED},
        {"expiry_date no date", ",\"exp\":1798761610,\"expiry_date\":\"soon\"",
         JM_SDJWT_CARD_EXPIRED},
        {"vct a number", ",\"exp\":1798761610,\"vct\":1", JM_SDJWT_FORM},
    };
    struct jm_sdjwt_context x = {.now = KIT_NOW,
                                 .waive_kb = true,
                                 .waive_status = true,
                                 .waive_crl = true,
                                 .crypto = &jm_crypto_openssl,
                                 .issuer_key = &issuer};

    kit_begin(&K);
    KIT_MUST(jm_key_point(&issuer, K.dsc_key));
    for (size_t i = 0; i < JM_ARRAY_LEN(rows); i++) {
        struct jm_bytes jwt = token_of("{\"alg\":\"ES256\",\"typ\":\"dc+sd-jwt\"}",
                                       text_of("{\"vct\":\"urn:x\"%s}", rows[i].claims), K.dsc_key);
        const struct jm_sdjwt_verified *v =
            judged(jm_str(text_of("%.*s~", (int)jwt.len, (const char *)jwt.ptr)), &x);
        /* A member twice is refused before anybody reads it. */
        enum jm_code code =
            strstr(rows[i].claims, "\"vct\"") != NULL ? JM_JOSE_PAYLOAD : rows[i].code;

        ROW(code == JM_CODE_NONE ? CHECK_EQ(jm_sdjwt_report(v)->verdict, JM_ACCEPTED)
                                 : CHECK(fails_with(v, code)),
            rows[i].name);
    }
    kit_end(&K);
}

/* I-23: vct and the list's address at their bounds and one beyond; what the holder signs is
 * compared with what was asked for. */
TEST(members_of_a_credential_have_bounds)
{
    struct jm_sdjwt_context x = {.now = KIT_NOW,
                                 .waive_kb = true,
                                 .waive_status = true,
                                 .waive_crl = true,
                                 .crypto = &jm_crypto_openssl,
                                 .issuer_key = &issuer};

    kit_begin(&K);
    KIT_MUST(jm_key_point(&issuer, K.dsc_key));
    for (size_t over = 0; over < 2; over++) {
        const char *claims[] = {text_of("{\"exp\":1798761610,\"vct\":\"%s\"}",
                                        letters(JM_VCT_MAX + over)),
                                text_of("{\"exp\":1798761610,\"vct\":\"urn:x\",\"status\":{"
                                        "\"status_list\":{\"idx\":0,\"uri\":\"https://%s\"}}}",
                                        letters(JM_URL_MAX - 8 + over))};
        const enum jm_code code[] = {JM_SDJWT_VCT, JM_SDJWT_STATUS_FORM};

        for (size_t i = 0; i < 2; i++) {
            struct jm_bytes jwt =
                token_of("{\"alg\":\"ES256\",\"typ\":\"dc+sd-jwt\"}", claims[i], K.dsc_key);
            const struct jm_sdjwt_verified *v =
                judged(jm_str(text_of("%s~", (const char *)jwt.ptr)), &x);

            ROW(over ? CHECK(fails_with(v, code[i]))
                     : CHECK_EQ(jm_sdjwt_report(v)->verdict, JM_ACCEPTED),
                i == 0 ? "vct" : "uri");
        }
    }
    kit_end(&K);
}

/* What the holder's key signs: equal to what was asked for, in its time, each at its edge and one
 * beyond. */
TEST(members_of_a_key_binding_have_bounds)
{
    struct jm_sdjwt_context x = {.now = KIT_NOW,
                                 .waive_status = true,
                                 .waive_crl = true,
                                 .crypto = &jm_crypto_openssl,
                                 .issuer_key = &issuer};

    kit_begin(&K);
    KIT_MUST(jm_key_point(&issuer, K.dsc_key));
    const char *nonce = letters(512), *aud = letters(266),
               *sent =
                   (const char *)built(text_of(",\"cnf\":{\"jwk\":%s}", jwk_of(K.device_key)), "")
                       .ptr;
    const struct {
        const char *name, *nonce, *aud, *hash;
        int64_t iat;
        enum jm_code code;
    } rows[] = {
        {"as asked", nonce, aud, digest_of(sent), KIT_NOW, JM_CODE_NONE},
        {"nonce longer by one", letters(513), aud, digest_of(sent), KIT_NOW, JM_SDJWT_KB_NONCE},
        {"nonce shorter by one", letters(511), aud, digest_of(sent), KIT_NOW, JM_SDJWT_KB_NONCE},
        {"aud longer by one", nonce, letters(267), digest_of(sent), KIT_NOW, JM_SDJWT_KB_AUDIENCE},
        {"sd_hash longer by one", nonce, aud, text_of("%sA", digest_of(sent)), KIT_NOW,
         JM_SDJWT_KB_HASH},
        {"the oldest", nonce, aud, digest_of(sent), KIT_NOW - JM_KB_IAT_PAST_S, JM_CODE_NONE},
        {"older", nonce, aud, digest_of(sent), KIT_NOW - JM_KB_IAT_PAST_S - 1, JM_SDJWT_KB_IAT},
        {"the newest", nonce, aud, digest_of(sent), KIT_NOW + JM_KB_IAT_FUTURE_S, JM_CODE_NONE},
        {"newer", nonce, aud, digest_of(sent), KIT_NOW + JM_KB_IAT_FUTURE_S + 1, JM_SDJWT_KB_IAT},
    };
    x.nonce = jm_str(nonce);
    x.aud = jm_str(aud);
    for (size_t i = 0; i < JM_ARRAY_LEN(rows); i++) {
        struct jm_bytes kb =
            token_of("{\"alg\":\"ES256\",\"typ\":\"kb+jwt\"}",
                     text_of("{\"nonce\":\"%s\",\"aud\":\"%s\",\"sd_hash\":\"%s\",\"iat\":%lld}",
                             rows[i].nonce, rows[i].aud, rows[i].hash, (long long)rows[i].iat),
                     K.device_key);
        const struct jm_sdjwt_verified *v =
            judged(jm_str(text_of("%s%s", sent, (const char *)kb.ptr)), &x);

        ROW(rows[i].code == JM_CODE_NONE ? CHECK_EQ(jm_sdjwt_report(v)->verdict, JM_ACCEPTED)
                                         : CHECK(fails_with(v, rows[i].code)),
            rows[i].name);
    }
    kit_end(&K);
}

/* -- zero is safe -- */

static bool not_run(const struct jm_sdjwt_verified *v, enum jm_code code)
{
    return jm_report_has(jm_sdjwt_report(v), code, JM_NOT_RUN);
}

TEST(by_default_everything_is_demanded)
{
    const struct jm_bytes names[] = {JM_BYTES("a")};
    struct jm_sdjwt_context zero = {.crypto = &jm_crypto_openssl}, x;
    const struct jm_sdjwt_verified *v;

    kit_begin(&K);
    struct jm_bytes shown = presented(names, 1, false), bare = presented(NULL, 0, true);
    for (int i = 0; i < 2; i++) {
        v = judged(i == 0 ? shown : bare, &zero);
        CHECK(jm_sdjwt_report(v)->verdict != JM_ACCEPTED && jm_sdjwt_claims(v) == NULL);
    }
    CHECK(fails_with(judged(bare, &zero), JM_SDJWT_KB_MISSING));
    /* each waiver taken back alone */
    x = context_of();
    CHECK_EQ(jm_sdjwt_report(judged(shown, &x))->verdict, JM_ACCEPTED);
    x.waive_status = false;
    CHECK(fails_with(judged(shown, &x), JM_SDJWT_STATUS_NONE));
    x = context_of();
    x.waive_crl = false;
    CHECK_EQ(jm_sdjwt_report(judged(shown, &x))->verdict, JM_UNDECIDED);
    CHECK(
        jm_report_has(jm_sdjwt_report(judged(shown, &x)), JM_JOSE_REVOCATION_UNKNOWN, JM_UNKNOWN));
    x = context_of();
    K.anchor.any_type = false; /* an anchor of zeros */
    CHECK(fails_with(judged(shown, &x), JM_JOSE_CHAIN_TYPE));
    K.anchor.any_type = true;
    /* nobody answers: nothing is decided, nothing crashes */
    CHECK_OK(jm_sdjwt_verify(&v, shown, &x, NULL, &K.mem));
    CHECK_EQ(jm_sdjwt_report(v)->verdict, JM_UNDECIDED);
    CHECK_OK(jm_sdjwt_verify(&v, shown, &x, &(struct jm_answers){.ctx = NULL}, &K.mem));
    CHECK_EQ(jm_sdjwt_report(v)->verdict, JM_UNDECIDED);
    kit_end(&K);
}

/* After a fault of form all checks still stand in the report, none of them as passed. */
TEST(every_check_appears_in_every_report)
{
    const struct jm_bytes names[] = {JM_BYTES("a")};
    static const enum jm_code kb[] = {JM_SDJWT_KB_MISSING,    JM_SDJWT_KB_FORM,
                                      JM_SDJWT_KB_SIGNATURE,  JM_SDJWT_KB_NONCE,
                                      JM_SDJWT_KB_AUDIENCE,   JM_SDJWT_KB_IAT,
                                      JM_SDJWT_KB_HASH,       JM_SDJWT_ISSUER_SIGNATURE,
                                      JM_SDJWT_STATUS_REVOKED};
    struct jm_sdjwt_context x;

    kit_begin(&K);
    x = context_of();
    struct jm_bytes shown = presented(names, 1, false);
    const struct jm_sdjwt_verified *v = judged(shown, &x), *broken = judged(JM_BYTES("x~y~z"), &x);
    for (size_t i = 0; i < jm_sdjwt_report(v)->n; i++)
        CHECK(jm_sdjwt_report(v)->checks[i].result == JM_PASS ||
              jm_sdjwt_report(v)->checks[i].detail.len > 0);
    for (size_t i = 0; i < JM_ARRAY_LEN(kb); i++)
        CHECK(not_run(broken, kb[i]));
    CHECK_EQ(jm_sdjwt_report(broken)->verdict, JM_REJECTED);
    /* the KB-JWT spoilt */
    v = judged(jm_str(text_of("%.*sx", (int)shown.len, (const char *)shown.ptr)), &x);
    CHECK(fails_with(v, JM_SDJWT_KB_FORM) && not_run(v, JM_SDJWT_KB_SIGNATURE) &&
          not_run(v, JM_SDJWT_KB_HASH));
    kit_end(&K);
}

/* -- the issuer's name, and what its anchor may vouch for -- */

static struct jm_bytes issued(const char *more)
{
    struct jm_bytes leaf = leaf_of(K.other_key, "Signer");
    struct jm_bytes jwt =
        token_of(text_of("{\"alg\":\"ES256\",\"typ\":\"dc+sd-jwt\",\"x5c\":[\"%s\"]}",
                         x5c_of(leaf)),
                 text_of("{\"vct\":\"urn:x\",\"exp\":%lld%s}", (long long)(KIT_NOW + 10), more),
                 K.other_key);

    return jm_str(text_of("%.*s~", (int)jwt.len, (const char *)jwt.ptr));
}

TEST(issuers_are_who_their_certificates_say)
{
    static const struct jm_bytes y[1] = {{(const uint8_t *)"urn:y", 5}};
    struct jm_sdjwt_context x = {.now = KIT_NOW,
                                 .waive_kb = true,
                                 .waive_status = true,
                                 .waive_crl = true,
                                 .crypto = &jm_crypto_openssl,
                                 .anchors = &K.anchors};

    kit_begin(&K);
    CHECK_EQ(jm_sdjwt_report(judged(issued(",\"iss\":\"https://i.example\""), &x))->verdict,
             JM_ACCEPTED);
    CHECK_EQ(jm_sdjwt_report(judged(issued(""), &x))->verdict, JM_ACCEPTED);
    CHECK(fails_with(judged(issued(",\"iss\":\"https://j.example\""), &x), JM_SDJWT_ISSUER_NAME));
    CHECK(fails_with(judged(issued(",\"iss\":null"), &x), JM_SDJWT_ISSUER_NAME));
    K.anchor.any_type = false;
    K.anchor.types = y;
    K.anchor.n_types = 1;
    CHECK(fails_with(judged(issued(""), &x), JM_JOSE_CHAIN_TYPE));
    K.anchor.any_type = true;
    K.anchors.stale = true;
    CHECK_EQ(jm_sdjwt_report(judged(issued(""), &x))->verdict, JM_UNDECIDED);
    CHECK(jm_report_has(jm_sdjwt_report(judged(issued(""), &x)), JM_TRUST_STALE, JM_UNKNOWN));
    K.anchors.stale = false;
    x.authority = &K.iaca.ski;
    x.n_authorities = 1;
    CHECK_EQ(jm_sdjwt_report(judged(issued(""), &x))->verdict, JM_ACCEPTED);
    x.authority = y;
    CHECK(fails_with(judged(issued(""), &x), JM_SDJWT_ISSUER_NOT_ALLOWED));
    kit_end(&K);
}

/* -- no list is asked for by what nobody signed -- */

static unsigned asked_for;

static enum jm_status counting_find(void *ctx, const struct jm_find_ask *ask, struct jm_answer *out,
                                    struct jm_arena *mem)
{
    (void)ctx, (void)ask, (void)out, (void)mem;
    asked_for++;
    return JM_E_UNAVAILABLE;
}

TEST(an_unverified_credential_sends_nobody_anywhere)
{
    static const char status[] =
        ",\"status\":{\"status_list\":{\"uri\":\"https://evil.example/1\",\"idx\":0}}";
    const struct jm_answers answers = {.verify = jm_openssl_verify, .find = counting_find};
    struct jm_sdjwt_context x = {.now = KIT_NOW,
                                 .waive_kb = true,
                                 .waive_crl = true,
                                 .crypto = &jm_crypto_openssl,
                                 .anchors = &K.anchors};
    const struct jm_sdjwt_verified *v;

    kit_begin(&K);
    asked_for = 0;
    struct jm_bytes good = issued(status), forged;
    KIT_MUST(jm_dup(&forged, &K.mem, good));
    uint8_t *of_sig = &K.mem.base[(size_t)(forged.ptr - K.mem.base) + forged.len - 12];
    *of_sig = *of_sig == 'A' ? 'B' : 'A';
    CHECK_OK(jm_sdjwt_verify(&v, forged, &x, &answers, &K.mem));
    CHECK_EQ(asked_for, 0);
    x.anchors = NULL; /* nobody says whether it holds */
    CHECK_OK(jm_sdjwt_verify(&v, good, &x, &answers, &K.mem));
    CHECK_EQ(asked_for, 0);
    x.anchors = &K.anchors;
    CHECK_OK(jm_sdjwt_verify(&v, good, &x, &answers, &K.mem));
    CHECK_EQ(asked_for, 1);
    CHECK_EQ(jm_sdjwt_report(v)->verdict, JM_UNDECIDED);
    CHECK(jm_report_has(jm_sdjwt_report(v), JM_SDJWT_STATUS_UNAVAILABLE, JM_UNKNOWN));
    x.ask_whatever_failed = true;
    CHECK_OK(jm_sdjwt_verify(&v, forged, &x, &answers, &K.mem));
    CHECK_EQ(asked_for, 2);
    kit_end(&K);
}
