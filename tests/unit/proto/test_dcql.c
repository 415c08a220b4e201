/* SPDX-License-Identifier: Apache-2.0 */
#include "unit/test.h"

#include "jumin/dcql.h"

static struct jm_arena mem;

static enum jm_status parse(struct jm_dcql *q, struct jm_bytes text)
{
    const struct jm_json *j = NULL;

    if (!CHECK_OK(jm_json_parse(&j, text, &mem, NULL)))
        return JM_E_BUG;
    return jm_dcql_parse(q, j, &mem, NULL);
}

TEST(examples_of_openid4vp_parse)
{
    static const struct {
        const char *name;
        size_t n, first_claims;
    } rows[] = {{"claims_alternatives", 1, 5},
                {"complex_mdoc", 4, 3},
                {"credentials_alternatives", 5, 3},
                {"multi_credentials", 2, 3},
                {"simple", 1, 3},
                {"simple_mdoc", 1, 2},
                {"value_matching_simple", 1, 4}};

    for (size_t i = 0; i < JM_ARRAY_LEN(rows); i++) {
        char path[128];
        struct jm_dcql q;

        snprintf(path, sizeof path, "openid4vc/openid4vp-1.0/examples/query_lang/%s.json",
                 rows[i].name);
        struct jm_bytes file = vector(path);
        mem = arena(1 << 18);
        ROW(CHECK_OK(parse(&q, file)) && CHECK_EQ(q.n, rows[i].n) &&
                CHECK_EQ(q.credential[0].n, rows[i].first_claims),
            rows[i].name);
    }
}

#define ID64 "abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyz_-0123456789"
#define SD(more)                                                                                \
    "{\"credentials\":[{\"id\":\"a\",\"format\":\"dc+sd-jwt\",\"meta\":{\"vct_values\":[\"urn:" \
    "x\"]}" more "}]}"
#define MD(more)                                                                           \
    "{\"credentials\":[{\"id\":\"a\",\"format\":\"mso_mdoc\",\"meta\":{\"doctype_value\":" \
    "\"d\"}" more "}]}"
#define SETS(s)                                                                            \
    "{\"credentials\":[{\"id\":\"a\",\"format\":\"dc+sd-jwt\",\"meta\":{}},{\"id\":\"b\"," \
    "\"format\":\"dc+sd-jwt\",\"meta\":{}}],\"credential_sets\":" s "}"

TEST(syntax)
{
    static const struct {
        const char *name, *json;
        enum jm_status st;
    } rows[] = {
        {"bare", SD(""), JM_OK},
        {"meta empty: unconstrained",
         "{\"credentials\":[{\"id\":\"a\",\"format\":\"mso_mdoc\",\"meta\":{}}]}", JM_OK},
        {"unknown members",
         "{\"x\":1,\"credentials\":[{\"id\":\"a\",\"format\":\"mso_mdoc\",\"meta\":{\"y\":1},\"z\":"
         "[]}]}",
         JM_OK},
        {"claim sets", SD(",\"claims\":[{\"id\":\"c\",\"path\":[\"x\"]}],\"claim_sets\":[[\"c\"]]"),
         JM_OK},
        {"a step null, an index", SD(",\"claims\":[{\"path\":[\"x\",null,0]}]"), JM_OK},
        {"sets",
         SETS("[{\"options\":[[\"a\"],[\"b\"]]},{\"options\":[[\"b\"]],\"required\":false}]"),
         JM_OK},
        {"no credentials", "{}", JM_E_MALFORMED},
        {"empty credentials", "{\"credentials\":[]}", JM_E_MALFORMED},
        {"no id", "{\"credentials\":[{\"format\":\"mso_mdoc\",\"meta\":{}}]}", JM_E_MALFORMED},
        {"id with a blank",
         "{\"credentials\":[{\"id\":\"a b\",\"format\":\"mso_mdoc\",\"meta\":{}}]}",
         JM_E_MALFORMED},
        {"id empty", "{\"credentials\":[{\"id\":\"\",\"format\":\"mso_mdoc\",\"meta\":{}}]}",
         JM_E_MALFORMED},
        {"id of 64",
         "{\"credentials\":[{\"id\":\"" ID64 "\",\"format\":\"mso_mdoc\",\"meta\":{}}]}", JM_OK},
        {"id of 65",
         "{\"credentials\":[{\"id\":\"" ID64 "5\",\"format\":\"mso_mdoc\",\"meta\":{}}]}",
         JM_E_MALFORMED},
        {"a claim id empty", SD(",\"claims\":[{\"id\":\"\",\"path\":[\"x\"]}]"), JM_E_MALFORMED},
        {"vct_values of a number",
         "{\"credentials\":[{\"id\":\"a\",\"format\":\"dc+sd-jwt\",\"meta\":{\"vct_values\":[\"urn:"
         "x\",1]}}]}",
         JM_E_MALFORMED},
        {"claim_sets empty", SD(",\"claims\":[{\"id\":\"c\",\"path\":[\"x\"]}],\"claim_sets\":[]"),
         JM_E_MALFORMED},
        {"claim_sets an object",
         SD(",\"claims\":[{\"id\":\"c\",\"path\":[\"x\"]}],\"claim_sets\":{}"), JM_E_MALFORMED},
        {"a claim set empty",
         SD(",\"claims\":[{\"id\":\"c\",\"path\":[\"x\"]}],\"claim_sets\":[[]]"), JM_E_MALFORMED},
        {"a claim set a text",
         SD(",\"claims\":[{\"id\":\"c\",\"path\":[\"x\"]}],\"claim_sets\":[\"c\"]"),
         JM_E_MALFORMED},
        {"a claim set of a number",
         SD(",\"claims\":[{\"id\":\"c\",\"path\":[\"x\"]}],\"claim_sets\":[[1]]"), JM_E_MALFORMED},
        {"an option of a number", SETS("[{\"options\":[[1]]}]"), JM_E_MALFORMED},
        {"options an object", SETS("[{\"options\":{}}]"), JM_E_MALFORMED},
        {"sets an object", SETS("{}"), JM_E_MALFORMED},
        {"an id twice",
         "{\"credentials\":[{\"id\":\"a\",\"format\":\"mso_mdoc\",\"meta\":{}},{\"id\":\"a\","
         "\"format\":\"mso_mdoc\",\"meta\":{}}]}",
         JM_E_MALFORMED},
        {"no meta", "{\"credentials\":[{\"id\":\"a\",\"format\":\"mso_mdoc\"}]}", JM_E_MALFORMED},
        {"another format: barred",
         "{\"credentials\":[{\"id\":\"a\",\"format\":\"ldp_vc\",\"meta\":{}}]}", JM_OK},
        {"vct_values empty",
         "{\"credentials\":[{\"id\":\"a\",\"format\":\"dc+sd-jwt\",\"meta\":{\"vct_values\":[]}}]}",
         JM_E_MALFORMED},
        {"multiple no boolean", SD(",\"multiple\":1"), JM_E_MALFORMED},
        {"claims empty", SD(",\"claims\":[]"), JM_E_MALFORMED},
        {"no path", SD(",\"claims\":[{\"id\":\"c\"}]"), JM_E_MALFORMED},
        {"path empty", SD(",\"claims\":[{\"path\":[]}]"), JM_E_MALFORMED},
        {"a step negative", SD(",\"claims\":[{\"path\":[\"x\",-1]}]"), JM_E_MALFORMED},
        {"a step true", SD(",\"claims\":[{\"path\":[true]}]"), JM_E_MALFORMED},
        {"a claim twice", SD(",\"claims\":[{\"path\":[\"x\"]},{\"path\":[\"x\"]}]"),
         JM_E_MALFORMED},
        {"a claim id twice",
         SD(",\"claims\":[{\"id\":\"c\",\"path\":[\"x\"]},{\"id\":\"c\",\"path\":[\"y\"]}]"),
         JM_E_MALFORMED},
        {"claim_sets without claims", SD(",\"claim_sets\":[[\"c\"]]"), JM_E_MALFORMED},
        {"claim_sets without ids", SD(",\"claims\":[{\"path\":[\"x\"]}],\"claim_sets\":[[\"c\"]]"),
         JM_E_MALFORMED},
        {"claim_sets of unknown id",
         SD(",\"claims\":[{\"id\":\"c\",\"path\":[\"x\"]}],\"claim_sets\":[[\"d\"]]"),
         JM_E_MALFORMED},
        {"mdoc path of three: matches nothing", MD(",\"claims\":[{\"path\":[\"n\",\"e\",\"x\"]}]"),
         JM_OK},
        {"values of a text, an integer, a boolean",
         SD(",\"claims\":[{\"path\":[\"x\"],\"values\":[\"a\",-1,true]}]"), JM_OK},
        {"values empty", SD(",\"claims\":[{\"path\":[\"x\"],\"values\":[]}]"), JM_E_MALFORMED},
        {"values no array", SD(",\"claims\":[{\"path\":[\"x\"],\"values\":\"a\"}]"),
         JM_E_MALFORMED},
        {"a value null", SD(",\"claims\":[{\"path\":[\"x\"],\"values\":[null]}]"), JM_E_MALFORMED},
        {"a value no integer", SD(",\"claims\":[{\"path\":[\"x\"],\"values\":[1.5]}]"),
         JM_E_MALFORMED},
        {"a value an array", SD(",\"claims\":[{\"path\":[\"x\"],\"values\":[[]]}]"),
         JM_E_MALFORMED},
        {"intent_to_retain no boolean",
         MD(",\"claims\":[{\"path\":[\"n\",\"e\"],\"intent_to_retain\":1}]"), JM_E_MALFORMED},
        {"a claim twice, by index", SD(",\"claims\":[{\"path\":[\"x\",1]},{\"path\":[\"x\",1]}]"),
         JM_E_MALFORMED},
        {"two indexes are two claims",
         SD(",\"claims\":[{\"path\":[\"x\",1]},{\"path\":[\"x\",2]},{\"path\":[\"x\",null]},{"
            "\"path\":[\"x\"]}]"),
         JM_OK},
        {"sets empty", SETS("[]"), JM_E_MALFORMED},
        {"no options", SETS("[{}]"), JM_E_MALFORMED},
        {"an option empty", SETS("[{\"options\":[[]]}]"), JM_E_MALFORMED},
        {"an option of unknown id", SETS("[{\"options\":[[\"c\"]]}]"), JM_E_MALFORMED},
        {"required no boolean", SETS("[{\"options\":[[\"a\"]],\"required\":\"no\"}]"),
         JM_E_MALFORMED},
        {"authorities of a kind not known",
         SD(",\"trusted_authorities\":[{\"type\":\"etsi_tl\",\"values\":[\"x\"]}]"), JM_OK},
        {"an authority without values", SD(",\"trusted_authorities\":[{\"type\":\"aki\"}]"),
         JM_E_MALFORMED},
        {"an authority with none",
         SD(",\"trusted_authorities\":[{\"type\":\"aki\",\"values\":[]}]"), JM_E_MALFORMED},
        {"an authority without type", SD(",\"trusted_authorities\":[{\"values\":[\"x\"]}]"),
         JM_E_MALFORMED},
        {"an authority no object", SD(",\"trusted_authorities\":[\"x\"]"), JM_E_MALFORMED},
        {"trusted_authorities empty", SD(",\"trusted_authorities\":[]"), JM_E_MALFORMED},
    };
    struct jm_dcql q;

    mem = arena(1 << 20);
    for (size_t i = 0; i < JM_ARRAY_LEN(rows); i++)
        ROW(CHECK_ST(parse(&q, jm_str(rows[i].json)), rows[i].st), rows[i].name);
}

/* At the bound, and one beyond: claims, credentials, steps of a path. */
TEST(bounds)
{
    static const struct {
        const char *name, *head, *each, *tail;
        size_t max;
    } rows[] = {
        {"steps",
         "{\"credentials\":[{\"id\":\"a\",\"format\":\"dc+sd-jwt\",\"meta\":{},\"claims\":[{"
         "\"path\":[",
         "\"x\"", "]}]}]}", JM_DCQL_PATH_MAX},
        {"claims",
         "{\"credentials\":[{\"id\":\"a\",\"format\":\"dc+sd-jwt\",\"meta\":{},\"claims\":[",
         "{\"path\":[%zu]}", "]}]}", JM_DCQL_CLAIMS_MAX},
        {"credentials", "{\"credentials\":[",
         "{\"id\":\"q%zu\",\"format\":\"mso_mdoc\",\"meta\":{}}", "]}", JM_DCQL_CREDENTIALS_MAX},
    };
    struct jm_dcql q;

    mem = arena(1 << 20);
    for (size_t i = 0; i < 2 * JM_ARRAY_LEN(rows); i++) {
        char *json = (char *)test_malloc(8192);
        size_t at = (size_t)snprintf(json, 8192, "%s", rows[i / 2].head),
               n = rows[i / 2].max + i % 2;

        for (size_t k = 0; k < n; k++) {
            at += (size_t)snprintf(json + at, 8192 - at, k == 0 ? "" : ",");
            const char *f = rows[i / 2].each, *p = strstr(f, "%zu");
            at += p == NULL ? (size_t)snprintf(json + at, 8192 - at, "%s", f)
                            : (size_t)snprintf(json + at, 8192 - at, "%.*s%zu%s", (int)(p - f), f,
                                               k, p + 3);
        }
        snprintf(json + at, 8192 - at, "%s", rows[i / 2].tail);
        ROW(CHECK_ST(parse(&q, jm_str(json)), i % 2 == 0 ? JM_OK : JM_E_MALFORMED),
            rows[i / 2].name);
    }
}

/* One tree of each format, of the same type: what fits by format, type and the form of its path. */
TEST(formats_types_and_forms)
{
    static const uint8_t yes[] = {0xf5};
    const struct jm_mdoc_claim element = {JM_BYTES("n"), JM_BYTES("e"), jm_bytes(yes, 1), false};
    const struct jm_mdoc_claims mdoc = {.doctype = JM_BYTES("d"), .claim = &element, .n = 1};
    static const struct {
        const char *name, *query;
        bool mdoc, sdjwt;
    } rows[] = {
        {"an mdoc of the type", MD(""), true, false},
        {"an SD-JWT of the type",
         "{\"credentials\":[{\"id\":\"a\",\"format\":\"dc+sd-jwt\",\"meta\":{\"vct_values\":[\"d\"]"
         "}}]}",
         false, true},
        {"one of several types",
         "{\"credentials\":[{\"id\":\"a\",\"format\":\"dc+sd-jwt\",\"meta\":{\"vct_values\":[\"x\","
         "\"d\"]}}]}",
         false, true},
        {"any mdoc", "{\"credentials\":[{\"id\":\"a\",\"format\":\"mso_mdoc\",\"meta\":{}}]}", true,
         false},
        {"any SD-JWT", "{\"credentials\":[{\"id\":\"a\",\"format\":\"dc+sd-jwt\",\"meta\":{}}]}",
         false, true},
        {"an mdoc of another type",
         "{\"credentials\":[{\"id\":\"a\",\"format\":\"mso_mdoc\",\"meta\":{\"doctype_value\":"
         "\"x\"}}]}",
         false, false},
        {"an SD-JWT of another type", SD(""), false, false},
        {"an element", MD(",\"claims\":[{\"path\":[\"n\",\"e\"]}]"), true, false},
        {"a namespace is no claim", MD(",\"claims\":[{\"path\":[\"n\"]}]"), false, false},
        {"all of a namespace neither", MD(",\"claims\":[{\"path\":[\"n\",null]}]"), false, false},
        {"an element of another namespace", MD(",\"claims\":[{\"path\":[\"m\",\"e\"]}]"), false,
         false},
    };
    struct jm_claims held[2];
    struct jm_sdjwt s;

    mem = arena(1 << 20);
    memset(&s, 0, sizeof s);
    if (!CHECK_OK(jm_claims_of_mdoc(&held[0], &mdoc, &mem)) ||
        !CHECK_OK(jm_json_parse(&s.payload, JM_BYTES("{\"vct\":\"d\",\"n\":{\"e\":true}}"), &mem,
                                NULL)) ||
        !CHECK_OK(jm_claims_of_sdjwt(&held[1], &s, &mem)))
        return;
    for (size_t i = 0; i < 2 * JM_ARRAY_LEN(rows); i++) {
        bool fits = i % 2 == 0 ? rows[i / 2].mdoc : rows[i / 2].sdjwt;
        struct jm_dcql_match m;
        struct jm_dcql q;

        ROW(CHECK_OK(parse(&q, jm_str(rows[i / 2].query))) &&
                CHECK_ST(jm_dcql_match(&m, &q.credential[0], &held[i % 2], &mem),
                         fits ? JM_OK : JM_E_ABSENT),
            rows[i / 2].name);
    }
}

TEST(choosing)
{
    static const struct {
        const char *name, *sets;
        bool can[2], send[2], ok;
    } rows[] = {
        {"without sets all are required", NULL, {true, true}, {true, true}, true},
        {"without sets one is missing", NULL, {true, false}, {false, false}, false},
        {"first whole option",
         "[{\"options\":[[\"a\"],[\"b\"]]}]",
         {true, true},
         {true, false},
         true},
        {"second option", "[{\"options\":[[\"a\"],[\"b\"]]}]", {false, true}, {false, true}, true},
        {"none", "[{\"options\":[[\"a\"],[\"b\"]]}]", {false, false}, {false, false}, false},
        {"half an option is none",
         "[{\"options\":[[\"a\",\"b\"]]}]",
         {true, false},
         {false, false},
         false},
        {"optional set given",
         "[{\"options\":[[\"a\"]]},{\"options\":[[\"b\"]],\"required\":false}]",
         {true, true},
         {true, true},
         true},
        {"optional set left out",
         "[{\"options\":[[\"a\"]]},{\"options\":[[\"b\"]],\"required\":false}]",
         {true, false},
         {true, false},
         true},
    };

    mem = arena(1 << 20);
    for (size_t i = 0; i < JM_ARRAY_LEN(rows); i++) {
        char *json = (char *)test_malloc(1024);
        bool send[2] = {false, false};
        struct jm_dcql q;

        snprintf(json, 1024,
                 "{\"credentials\":[{\"id\":\"a\",\"format\":\"dc+sd-jwt\",\"meta\":{}},{\"id\":"
                 "\"b\",\"format\":\"dc+sd-jwt\",\"meta\":{}}]%s%s}",
                 rows[i].sets == NULL ? "" : ",\"credential_sets\":",
                 rows[i].sets == NULL ? "" : rows[i].sets);
        bool ok = CHECK_OK(parse(&q, jm_str(json))) &&
                  CHECK_ST(jm_dcql_choose(send, rows[i].can, &q), rows[i].ok ? JM_OK : JM_E_ABSENT);
        ROW((!rows[i].ok ||
             (CHECK_EQ(send[0], rows[i].send[0]) && CHECK_EQ(send[1], rows[i].send[1]))) &&
                ok,
            rows[i].name);
    }
}
