/* SPDX-License-Identifier: Apache-2.0 */
/* The tree of a credential: what carries what, what a path selects, what may leave alone. */
#include "unit/test.h"

#include "unit/cred/jose_kit.h"

#include "jumin/claims.h"

/* An SD-JWT as a reader sees it, from its payload and disclosures in JSON; %s in the payload is a
 * digest, in their order. */
static struct jm_sdjwt split_of(const char *payload, const char *const *disclosure, size_t n)
{
    const char *digest[4] = {"", "", "", ""}, *text = payload;
    struct jm_buf b;
    struct jm_sdjwt s;
    size_t used = 0;

    KIT_MUST(jm_alloc_buf(&b, &K.mem, 8192));
    for (size_t i = 0; i < n; i++) {
        uint8_t hash[32];

        KIT_MUST(jm_sha256(&jm_crypto_openssl, jm_str(b64(jm_str(disclosure[i]))), hash));
        digest[i] = b64(jm_bytes(hash, 32));
    }
    for (const char *p; (p = strstr(text, "%s")) != NULL; text = p + 2) {
        KIT_MUST(jm_buf_put(&b, jm_bytes(text, (size_t)(p - text))));
        KIT_MUST(jm_buf_put(&b, jm_str(digest[used++ % (n == 0 ? 1 : n)])));
    }
    KIT_MUST(jm_buf_put(&b, jm_str(text)));
    struct jm_bytes jwt = token_of("{\"alg\":\"ES256\",\"typ\":\"dc+sd-jwt\"}",
                                   text_of("%.*s", (int)b.len, (const char *)b.ptr), K.dsc_key);
    const char *token = text_of("%.*s", (int)jwt.len, (const char *)jwt.ptr);
    for (size_t i = 0; i < n; i++)
        token = text_of("%s~%s", token, b64(jm_str(disclosure[i])));
    CHECK_OK(jm_sdjwt_split(&s, jm_str(text_of("%s~", token)), &jm_crypto_openssl, &K.mem, NULL));
    return s;
}

TEST(digests_and_disclosures_fit_or_there_is_no_tree)
{
    static const struct {
        const char *name, *payload, *disclosure[2];
        enum jm_status st;
        size_t n; /* of the tree */
    } rows[] = {
        {"a claim", "{\"vct\":\"v\",\"_sd\":[\"%s\"]}", {"[\"s\",\"a\",1]"}, JM_OK, 3},
        {"a decoy beside it",
         "{\"_sd\":[\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\",\"%s\"]}",
         {"[\"s\",\"a\",1]"},
         JM_OK,
         2},
        {"an element, one that is hidden keeps its place",
         "{\"a\":[{\"...\":\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\"},{\"...\":\"%s\"}]}",
         {"[\"s\",1]"},
         JM_OK,
         4},
        {"no digest for it: it stands nowhere", "{}", {"[\"s\",\"a\",1]"}, JM_OK, 1},
        {"the same digest twice",
         "{\"_sd\":[\"%s\"],\"b\":{\"_sd\":[\"%s\"]}}",
         {"[\"s\",\"a\",1]"},
         JM_E_MALFORMED,
         0},
        {"a name that is there already",
         "{\"a\":2,\"_sd\":[\"%s\"]}",
         {"[\"s\",\"a\",1]"},
         JM_E_MALFORMED,
         0},
        {"an element among members", "{\"_sd\":[\"%s\"]}", {"[\"s\",1]"}, JM_E_MALFORMED, 0},
        {"a member among elements",
         "{\"a\":[{\"...\":\"%s\"}]}",
         {"[\"s\",\"a\",1]"},
         JM_E_MALFORMED,
         0},
        {"_sd no array", "{\"_sd\":\"%s\"}", {"[\"s\",\"a\",1]"}, JM_E_MALFORMED, 0},
        {"a digest no text", "{\"_sd\":[1]}", {"[\"s\",\"a\",1]"}, JM_E_MALFORMED, 0},
        {"a digest of another length",
         "{\"_sd\":[\"AAAA\"]}",
         {"[\"s\",\"a\",1]"},
         JM_E_MALFORMED,
         0},
        {"vct no text", "{\"vct\":1,\"_sd\":[\"%s\"]}", {"[\"s\",\"a\",1]"}, JM_E_MALFORMED, 0},
    };

    kit_begin(&K);
    for (size_t i = 0; i < JM_ARRAY_LEN(rows); i++) {
        struct jm_sdjwt s = split_of(rows[i].payload, rows[i].disclosure, 1);
        struct jm_claims c;

        ROW(CHECK_ST(jm_claims_of_sdjwt(&c, &s, &K.mem), rows[i].st) &&
                (rows[i].st != JM_OK || CHECK_EQ(c.n, rows[i].n)),
            rows[i].name);
    }
    kit_end(&K);
}

/* A value as deep as JSON has them, and one deeper: through a disclosure, since no text alone
 * reaches there. */
TEST(the_tree_is_as_deep_as_json)
{
    kit_begin(&K);
    for (unsigned depth = JM_JSON_DEPTH_MAX; depth <= JM_JSON_DEPTH_MAX + 1; depth++) {
        const char *payload = "{\"_sd\":[\"%s\"]}", *value = "1";
        struct jm_claims c;

        for (unsigned i = 0; i < 10; i++)
            payload = text_of("{\"o\":%s}", payload);
        for (unsigned i = 11; i < depth; i++) /* the claim lies at 11 */
            value = text_of("[%s]", value);
        const char *d[] = {text_of("[\"s\",\"a\",%s]", value)};
        struct jm_sdjwt s = split_of(payload, d, 1);
        CHECK_ST(jm_claims_of_sdjwt(&c, &s, &K.mem),
                 depth <= JM_JSON_DEPTH_MAX ? JM_OK : JM_E_LIMIT);
    }
    kit_end(&K);
}

/* @p show: the path that is chosen, as names; does it go alone? */
static bool alone(const struct jm_sdjwt *s, const char *first, const char *second)
{
    const struct jm_step step[] = {{JM_STEP_NAME, jm_str(first), 0},
                                   {JM_STEP_NAME, jm_str(second), 0}};
    const struct jm_claim *found[64];
    struct jm_claims c;
    bool exact = false;
    size_t n;

    KIT_MUST(jm_claims_of_sdjwt(&c, s, &K.mem));
    n = jm_claims_select(found, &c, step, second == NULL ? 1 : 2, &K.mem);
    CHECK_EQ(n, 1);
    KIT_MUST(jm_claims_exact(&exact, &c, found, n, &K.mem));
    return exact;
}

TEST(what_goes_with_it_counts)
{
    static const char *const flat[] = {"[\"s\",\"a\",{\"b\":1,\"c\":2}]"};
    static const char *const single[] = {"[\"s\",\"a\",{\"b\":1}]"};
    struct jm_sdjwt s;

    kit_begin(&K);
    s = split_of("{\"vct\":\"v\",\"x\":{\"y\":1,\"z\":2},\"_sd\":[\"%s\"]}", flat, 1);
    CHECK(alone(&s, "a", NULL));
    CHECK(!alone(&s, "a", "b"));
    CHECK(alone(&s, "x", "y")); /* always visible: it and its neighbour go anyway */
    CHECK(alone(&s, "vct", NULL));
    s = split_of("{\"_sd\":[\"%s\"]}", single, 1);
    CHECK(alone(&s, "a", "b")); /* there is nothing else in it */
    kit_end(&K);
}

/* RFC 8949 6.1: tags fall away, octets are base64url. */
TEST(values_of_an_mdoc_as_json)
{
    static const struct {
        const char *name, *cbor, *json;
        bool same;
    } rows[] = {
        {"text", "614b", "\"K\"", true},
        {"another text", "614b", "\"k\"", false},
        {"a date", "d903ec6a323030312d30322d3033", "\"2001-02-03\"", true},
        {"a tag in a tag", "d903ecc0614b", "\"K\"", true},
        {"a number", "02", "2", true},
        {"no text of it", "02", "\"2\"", false},
        {"negative", "20", "-1", true},
        {"its absolute value", "20", "1", false},
        {"true", "f5", "true", true},
        {"true is not 1", "f5", "1", false},
        {"false", "f4", "false", true},
        {"false is not true", "f4", "true", false},
        {"octets", "420102", "\"AQI\"", true},
        {"other octets", "420103", "\"AQI\"", false},
        {"null is no value", "f6", "\"\"", false},
        {"an array", "8101", "1", false},
        {"beyond 64 bits", "1bffffffffffffffff", "-1", false},
    };

    kit_begin(&K);
    for (size_t i = 0; i < JM_ARRAY_LEN(rows); i++) {
        const struct jm_claim c = {.kind = JM_CLAIM_VALUE, .cbor = hex(rows[i].cbor)};

        ROW(CHECK_EQ(jm_claim_is(&c, parsed(jm_str(rows[i].json)), &K.mem), rows[i].same),
            rows[i].name);
    }
    kit_end(&K);
}

/* Equal in type and value, however spelt; a fraction is no integer that DCQL could name. */
TEST(values_of_an_sdjwt)
{
    static const struct {
        const char *name, *held, *asked;
        bool same;
    } rows[] = {{"a number", "172", "172", true},   {"zero, by another spelling", "-0", "0", true},
                {"another", "172", "173", false},   {"a fraction", "1.5", "1", false},
                {"a text", "\"1\"", "1", false},    {"texts", "\"a\"", "\"\\u0061\"", true},
                {"booleans", "true", "true", true}, {"the other", "true", "false", false},
                {"null", "null", "\"\"", false}};

    kit_begin(&K);
    for (size_t i = 0; i < JM_ARRAY_LEN(rows); i++) {
        const struct jm_claim c = {.kind = JM_CLAIM_VALUE, .json = parsed(jm_str(rows[i].held))};

        ROW(CHECK_EQ(jm_claim_is(&c, parsed(jm_str(rows[i].asked)), &K.mem), rows[i].same),
            rows[i].name);
    }
    const struct jm_claim object = {.kind = JM_CLAIM_OBJECT, .cbor = hex("f5")};
    CHECK(!jm_claim_is(&object, parsed(JM_BYTES("true")), &K.mem));
    kit_end(&K);
}

/* -- issuing nested -- */

static struct jm_bytes issued(const char *json, bool nested, enum jm_status want)
{
    const struct jm_sdjwt_claim claim = {JM_BYTES("a"), jm_str(json)};
    struct jm_sdjwt_spec s = {.vct = JM_BYTES("v"),
                              .claim = &claim,
                              .n = 1,
                              .nested = &nested,
                              .iat = KIT_NOW,
                              .nbf = KIT_NOW,
                              .exp = KIT_NOW + 9,
                              .x5c = &K.dsc_der,
                              .n_x5c = 1};
    struct jm_sdjwt_draft d;
    struct jm_bytes out = {NULL, 0};
    struct jm_sig sig;

    KIT_MUST(jm_key_point(&s.holder, K.device_key));
    size_t mark = jm_arena_mark(&K.mem);
    if (!CHECK_ST(jm_sdjwt_issue_begin(&d, &s, kit_random(&K, jm_sdjwt_random_len(&s)),
                                       &jm_crypto_openssl, &K.mem),
                  want) ||
        want != JM_OK) {
        jm_arena_back(&K.mem, mark);
        return out;
    }
    KIT_MUST(jm_key_sign(K.dsc_key, d.jws.to_sign, &sig));
    KIT_MUST(jm_sdjwt_issue_finish(&out, &d, jm_sig_bytes(&sig), &K.mem));
    return out;
}

TEST(a_nested_claim_is_disclosed_member_by_member)
{
    static const struct {
        const char *name, *json;
        bool nested;
        size_t n; /* disclosures */
    } rows[] = {
        {"flat", "{\"b\":1,\"c\":[2,3]}", false, 1},
        {"members", "{\"b\":1,\"c\":2}", true, 3},
        {"elements", "[1,\"x,y\",{\"d\":true}]", true, 5},
        {"a text with brackets", "\"{[,\"", true, 1},
        {"empty ones", "{\"b\":{},\"c\":[]}", true, 3},
        {"a number", "1", true, 1},
    };

    kit_begin(&K);
    for (size_t i = 0; i < JM_ARRAY_LEN(rows); i++) {
        struct jm_sdjwt s;
        struct jm_claims c;

        KIT_MUST(jm_sdjwt_split(&s, issued(rows[i].json, rows[i].nested, JM_OK), &jm_crypto_openssl,
                                &K.mem, NULL));
        ROW(CHECK_EQ(s.n, rows[i].n) && CHECK_OK(jm_claims_of_sdjwt(&c, &s, &K.mem)), rows[i].name);
        for (size_t k = 0; k < s.n; k++)
            for (size_t m = 0; m < k; m++)
                ROW(CHECK(!jm_bytes_eq(s.disclosure[k].text, s.disclosure[m].text)), rows[i].name);
    }
    CHECK(issued("{\"b\":", true, JM_E_MALFORMED).ptr == NULL);
    kit_end(&K);
}

TEST(as_many_disclosures_as_a_reader_takes)
{
    kit_begin(&K);
    /* elements, and the claim itself */
    for (size_t n = JM_SDJWT_DISCLOSURES_MAX - 1; n <= JM_SDJWT_DISCLOSURES_MAX; n++) {
        char *json = (char *)test_malloc(4096);
        struct jm_sdjwt s;
        size_t at = 0;

        for (size_t i = 0; i < n; i++)
            at += (size_t)snprintf(json + at, 4096 - at, "%s%zu", i == 0 ? "[" : ",", i);
        snprintf(json + at, 4096 - at, "]");
        bool fits = n < JM_SDJWT_DISCLOSURES_MAX;
        struct jm_bytes copy = issued(json, true, fits ? JM_OK : JM_E_LIMIT);
        if (fits)
            CHECK_OK(jm_sdjwt_split(&s, copy, &jm_crypto_openssl, &K.mem, NULL));
    }
    kit_end(&K);
}

/* Exactly the randomness that was asked for, and no more claims than leave room for decoys. */
TEST(what_issuing_wants)
{
    static struct jm_sdjwt_claim claim[JM_SDJWT_DISCLOSURES_MAX];
    struct jm_sdjwt_spec s = {.vct = JM_BYTES("v"),
                              .claim = claim,
                              .n = 1,
                              .iat = KIT_NOW,
                              .nbf = KIT_NOW,
                              .exp = KIT_NOW + 9};
    struct jm_sdjwt_draft d;

    kit_begin(&K);
    for (size_t i = 0; i < JM_ARRAY_LEN(claim); i++)
        claim[i] = (struct jm_sdjwt_claim){jm_str(text_of("c%zu", i)), JM_BYTES("1")};
    KIT_MUST(jm_key_point(&s.holder, K.device_key));
    s.x5c = &K.dsc_der;
    s.n_x5c = 1;
    size_t len = jm_sdjwt_random_len(&s);
    CHECK_OK(jm_sdjwt_issue_begin(&d, &s, kit_random(&K, len), &jm_crypto_openssl, &K.mem));
    CHECK_ST(jm_sdjwt_issue_begin(&d, &s, kit_random(&K, len - 1), &jm_crypto_openssl, &K.mem),
             JM_E_BUG);
    CHECK_ST(jm_sdjwt_issue_begin(&d, &s, kit_random(&K, len + 1), &jm_crypto_openssl, &K.mem),
             JM_E_BUG);
    for (s.n = JM_SDJWT_DISCLOSURES_MAX - 4; s.n <= JM_SDJWT_DISCLOSURES_MAX - 3; s.n++)
        CHECK_ST(jm_sdjwt_issue_begin(&d, &s, kit_random(&K, jm_sdjwt_random_len(&s)),
                                      &jm_crypto_openssl, &K.mem),
                 s.n == JM_SDJWT_DISCLOSURES_MAX - 4 ? JM_OK : JM_E_BUG);
    kit_end(&K);
}

TEST(presenting_by_part)
{
    const size_t part[] = {0, 3};
    struct jm_sdjwt_presentation p;
    struct jm_sdjwt s, shown;

    kit_begin(&K);
    struct jm_bytes copy = issued("{\"b\":1,\"c\":2}", true, JM_OK);
    KIT_MUST(jm_sdjwt_split(&s, copy, &jm_crypto_openssl, &K.mem, NULL));
    CHECK_ST(jm_sdjwt_present_parts_begin(&p, copy, part, 2,
                                          &(const struct jm_sdjwt_binding){JM_BYTES("a"),
                                                                           JM_BYTES("n"), KIT_NOW,
                                                                           &jm_crypto_openssl},
                                          &K.mem),
             JM_E_ABSENT);
    KIT_MUST(
        jm_sdjwt_present_parts_begin(&p, copy, part, 1,
                                     &(const struct jm_sdjwt_binding){JM_BYTES("a"), JM_BYTES("n"),
                                                                      KIT_NOW, &jm_crypto_openssl},
                                     &K.mem));
    KIT_MUST(jm_sdjwt_split(&shown, p.head, &jm_crypto_openssl, &K.mem, NULL));
    CHECK_EQ(shown.n, 1);
    CHECK_SAME(shown.disclosure[0].text, s.disclosure[0].text);
    const struct jm_bytes name = JM_BYTES("a"); /* by name: with all beneath */
    KIT_MUST(jm_sdjwt_present_begin(&p, copy, &name, 1,
                                    &(const struct jm_sdjwt_binding){JM_BYTES("a"), JM_BYTES("n"),
                                                                     KIT_NOW, &jm_crypto_openssl},
                                    &K.mem));
    CHECK_SAME(p.head, s.presented);
    kit_end(&K);
}
