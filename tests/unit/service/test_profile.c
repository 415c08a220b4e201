/* SPDX-License-Identifier: Apache-2.0 */
/* A card type as data: where its claims lie, and what of that is refused. */
#include "unit/test.h"

#include "service/issuance/profile.h"

static struct jm_arena mem;

#define PROFILE(elements)                                                                          \
    "{\"type\":\"t\",\"doctype\":\"d\",\"vct\":\"v\",\"mdoc_configuration\":\"m\",\"sdjwt_"        \
    "configuration\":\"s\",\"name\":{\"ko\":\"k\",\"en\":\"e\"},"                                  \
    "\"card_years\":3,\"copy_days\":28,\"batch\":5,\"namespaces\":[{\"ns\":\"n\",\"digests\":9}]," \
    "\"elements\":[" elements "]}"
#define EL(id, source, more) "{\"ns\":\"n\",\"id\":\"" id "\",\"source\":\"" source "\"" more "}"
#define PATH(p) ",\"path\":[" p "]"

TEST(where_claims_lie)
{
    static const struct {
        const char *name, *json;
        enum jm_status st;
    } rows[] = {
        {"at the top", PROFILE(EL("a", "surname", "")), JM_OK},
        {"two below one name",
         PROFILE(EL("a", "surname", PATH("\"x\",\"a\"")) "," EL("b", "given", PATH("\"x\",\"b\""))),
         JM_OK},
        {"six steps", PROFILE(EL("a", "surname", PATH("\"1\",\"2\",\"3\",\"4\",\"5\",\"6\""))),
         JM_OK},
        {"seven steps",
         PROFILE(EL("a", "surname", PATH("\"1\",\"2\",\"3\",\"4\",\"5\",\"6\",\"7\""))),
         JM_E_MALFORMED},
        {"one step", PROFILE(EL("a", "surname", PATH("\"x\""))), JM_E_MALFORMED},
        {"no array", PROFILE(EL("a", "surname", ",\"path\":\"x\"")), JM_E_MALFORMED},
        {"a step no text", PROFILE(EL("a", "surname", PATH("\"x\",1"))), JM_E_MALFORMED},
        {"an empty step", PROFILE(EL("a", "surname", PATH("\"x\",\"\""))), JM_E_MALFORMED},
        {"the same place twice",
         PROFILE(EL("a", "surname", PATH("\"x\",\"y\"")) "," EL("b", "given", PATH("\"x\",\"y\""))),
         JM_E_MALFORMED},
        {"through another",
         PROFILE(EL("x", "surname", "") "," EL("b", "given", PATH("\"x\",\"y\""))), JM_E_MALFORMED},
        {"another through it",
         PROFILE(EL("b", "given", PATH("\"x\",\"y\"")) "," EL("x", "surname", "")), JM_E_MALFORMED},
    };
    struct jm_profile p;

    mem = arena(1 << 18);
    for (size_t i = 0; i < JM_ARRAY_LEN(rows); i++)
        ROW(CHECK_ST(jm_profile_load(&p, jm_str(rows[i].json), &mem, NULL), rows[i].st),
            rows[i].name);
}

/* D-105 */
TEST(names_have_one_form)
{
    static const struct {
        const char *ko, *en, *read; /* null: refused */
    } rows[] = {{"주민등록증", "e", "주민등록증"},
                {"\xe1\x84\x80\xe1\x85\xa1", "e", "가"},
                {"주민\xe2\x80\x8b", "e", NULL},
                {"k",
                 "\xe2\x80\xae"
                 "e",
                 NULL},
                {" k", "e", NULL}};
    struct jm_profile p;
    struct jm_regions r;

    mem = arena(1 << 18);
    for (size_t i = 0; i < JM_ARRAY_LEN(rows); i++) {
        char profile[1024], region[256];
        struct jm_diag d = {0}, e = {0};

        snprintf(profile, sizeof profile,
                 "{\"type\":\"t\",\"doctype\":\"d\",\"vct\":\"v\",\"mdoc_configuration\":\"m\","
                 "\"sdjwt_configuration\":\"s\",\"name\":{\"ko\":\"%s\",\"en\":\"%s\"},"
                 "\"card_years\":3,\"copy_days\":28,\"batch\":5,\"namespaces\":[{\"ns\":\"n\","
                 "\"digests\":9}],\"elements\":[" EL("a", "surname", "") "]}",
                 rows[i].ko, rows[i].en);
        snprintf(
            region, sizeof region,
            "{\"provinces\":[{\"code\":\"11\",\"iso\":\"KR-11\",\"ko\":\"%s\",\"en\":\"%s\"}]}",
            rows[i].ko, rows[i].en);
        CHECK_EQ(jm_profile_load(&p, jm_str(profile), &mem, &d) == JM_OK, rows[i].read != NULL);
        CHECK_EQ(jm_regions_load(&r, jm_str(region), &mem, &e) == JM_OK, rows[i].read != NULL);
        CHECK_EQ(d.code, rows[i].read != NULL ? JM_CODE_NONE : JM_API_TEXT);
        CHECK_EQ(e.code, d.code);
        if (rows[i].read != NULL)
            ROW(CHECK_STR(p.name_ko, rows[i].read) && CHECK_STR(r.region[0].ko, rows[i].read),
                rows[i].ko);
    }
}

#define WITH(namespaces, elements)                                                          \
    "{\"type\":\"t\",\"doctype\":\"d\",\"vct\":\"v\",\"mdoc_configuration\":\"m\",\"sdjwt_" \
    "configuration\":\"s\",\"name\":{\"ko\":\"k\",\"en\":\"e\"},"                           \
    "\"card_years\":3,\"copy_days\":28,\"batch\":5,\"namespaces\":" namespaces              \
    ",\"elements\":" elements "}"
#define NS "[{\"ns\":\"n\",\"digests\":1}]"
#define ELS "[" EL("a", "surname", "") "]"

TEST(what_a_profile_must_say)
{
    static const struct {
        const char *name, *json;
        enum jm_status st;
    } rows[] = {
        {"enough", WITH(NS, ELS), JM_OK},
        {"no namespace", WITH("[]", ELS), JM_E_MALFORMED},
        {"namespaces no array", WITH("{}", ELS), JM_E_MALFORMED},
        {"no digest", WITH("[{\"ns\":\"n\",\"digests\":0}]", ELS), JM_E_MALFORMED},
        {"digests no number", WITH("[{\"ns\":\"n\",\"digests\":\"1\"}]", ELS), JM_E_MALFORMED},
        {"a namespace without name", WITH("[{\"digests\":1}]", ELS), JM_E_MALFORMED},
        {"no element", WITH(NS, "[]"), JM_E_MALFORMED},
        {"elements no array", WITH(NS, "{}"), JM_E_MALFORMED},
        {"an element without source", WITH(NS, "[{\"ns\":\"n\",\"id\":\"a\"}]"), JM_E_MALFORMED},
        {"an id in two namespaces",
         WITH(NS, "[" EL("a", "surname", "") ",{\"ns\":\"m\",\"id\":\"a\",\"source\":\"given\"}]"),
         JM_E_MALFORMED},
        {"an id twice at two places",
         WITH(NS, "[" EL("a", "surname", PATH("\"x\",\"a\"")) "," EL("a", "given",
                                                                     PATH("\"y\",\"a\"")) "]"),
         JM_E_MALFORMED},
        {"no JSON", "{", JM_E_MALFORMED},
    };
    struct jm_profile p;

    mem = arena(1 << 18);
    for (size_t i = 0; i < JM_ARRAY_LEN(rows); i++)
        ROW(CHECK_ST(jm_profile_load(&p, jm_str(rows[i].json), &mem, NULL), rows[i].st),
            rows[i].name);
}

TEST(provinces_by_their_first_two_digits)
{
    struct jm_regions r;

    mem = arena(1 << 18);
    if (!CHECK_OK(jm_regions_load(&r, read_file("data/regions.json"), &mem, NULL)))
        return;
    CHECK_STR(jm_region_of(&r, JM_BYTES("3611025000"))->iso, "KR-50");
    CHECK_STR(jm_region_of(&r, JM_BYTES("5011000000"))->iso, "KR-49");
    CHECK(jm_region_of(&r, JM_BYTES("9911000000")) == NULL);
    CHECK(jm_region_of(&r, jm_none()) == NULL);
}

/* Elements whose paths begin alike are one claim, issued nested; one that is not there leaves no
 * trace. */
TEST(claims_of_a_person)
{
    /* clang-format off */
    static const char json[] = PROFILE(
        EL("full_name", "full_name", "") ","
        EL("region", "region", PATH("\"address\",\"region\"")) ","
        EL("sex", "sex", "") ","
        EL("street", "address", PATH("\"address\",\"lines\",\"street\"")) ","
        EL("hanja", "hanja", PATH("\"address\",\"lines\",\"hanja\"") ",\"optional\":true") ","
        EL("postal", "postal", PATH("\"address\",\"lines\",\"postal\"")));
    /* clang-format on */
    const struct jm_person person = {.surname = JM_BYTES("김"),
                                     .birth = {2000, 1, 2},
                                     .given = JM_BYTES("하나"),
                                     .sex = 2,
                                     .region10 = JM_BYTES("3611025000"),
                                     .address = JM_BYTES("한누리대로 \"2130\""),
                                     .postal = JM_BYTES("30151")};
    struct jm_regions none = {.n = 0};
    const struct jm_dataset_facts f = {.person = &person,
                                       .regions = &none,
                                       .valid_from = 1798761600};
    struct jm_dataset d;
    struct jm_profile p;

    mem = arena(1 << 18);
    if (!CHECK_OK(jm_profile_load(&p, jm_str(json), &mem, NULL)) ||
        !CHECK_OK(jm_dataset_build(&d, &p, JM_FMT_MDOC, &f, &mem, NULL)))
        return;
    CHECK_EQ(d.n, 5); /* of the mdoc, where each is its own */
    CHECK_EQ(d.n_claims, 0);
    CHECK_STR(d.element[4].id, "postal");
    if (!CHECK_OK(jm_dataset_build(&d, &p, JM_FMT_SDJWT, &f, &mem, NULL)))
        return;
    CHECK_EQ(d.n, 0);
    if (!CHECK_EQ(d.n_claims, 3))
        return;
    CHECK_STR(d.claim[0].name, "full_name");
    CHECK_STR(d.claim[0].json, "\"김하나\"");
    CHECK(!d.nested[0] && d.nested[1] && !d.nested[2]);
    CHECK_STR(d.claim[1].name, "address");
    CHECK_STR(d.claim[1].json, "{\"region\":\"36\",\"lines\":{\"street\":\"한누리대로 "
                               "\\\"2130\\\"\",\"postal\":\"30151\"}}");
    CHECK_STR(d.claim[2].name, "sex");
    if (!CHECK_OK(
            jm_profile_load(&p,
                            JM_BYTES(PROFILE(EL("age_over_19", "age_over_19",
                                                "") "," EL("age_over_65", "age_over_65", ""))),
                            &mem, NULL)) ||
        !CHECK_OK(jm_dataset_build(&d, &p, JM_FMT_SDJWT, &f, &mem, NULL)))
        return;
    CHECK_STR(d.claim[0].json, "true");
    CHECK_STR(d.claim[1].json, "false");
    /* what is not optional must be there, and a source must be one */
    CHECK_OK(jm_profile_load(&p, JM_BYTES(PROFILE(EL("hanja", "hanja", ""))), &mem, NULL));
    CHECK_ST(jm_dataset_build(&d, &p, JM_FMT_SDJWT, &f, &mem, NULL), JM_E_MISSING);
    static const char *const unreadable[] = {PROFILE(EL("x", "made_up", "")),
                                             PROFILE(EL("x", "age_over_", "")),
                                             PROFILE(EL("x", "age_over_x", "")),
                                             PROFILE(EL("x", "age_over_151", ""))};
    for (size_t i = 0; i < JM_ARRAY_LEN(unreadable); i++)
        ROW(CHECK_ST(jm_profile_load(&p, jm_str(unreadable[i]), &mem, NULL), JM_E_MALFORMED),
            unreadable[i]);
}

/* Types are told apart by everything that names them, and one is meant where none is named. */
TEST(types_are_a_list)
{
    static const char one[] =
        PROFILE(EL("full_name", "full_name", ",\"protected\":true") "," EL("age", "age_over_19",
                                                                           ",\"open\":true"));
    struct jm_profile p[JM_PROFILES_MAX + 1];
    struct jm_profiles all = {p, 1};
    struct jm_schema *s;
    size_t n;

    mem = arena(1 << 18);
    for (size_t i = 0; i < JM_ARRAY_LEN(p); i++)
        if (!CHECK_OK(jm_profile_load(&p[i], jm_str(one), &mem, NULL)))
            return;
    if (!CHECK_OK(jm_profiles_check(&all, NULL))) /* the only one is meant */
        return;
    CHECK(jm_profile_of(&all, jm_none()) == &p[0] && jm_profile_of(&all, p[0].type) == &p[0]);
    CHECK(jm_profile_of(&all, JM_BYTES("other")) == NULL);
    if (CHECK_OK(jm_profile_schemas(&s, &n, &all, &mem)) && CHECK_EQ(n, 2)) {
        CHECK_EQ(s[0].fmt, JM_FMT_MDOC);
        CHECK_EQ(s[0].rule[0].n_path, 2);
        CHECK_EQ(s[0].rule[0].flags, JM_RULE_PROTECTED);
        CHECK_EQ(s[1].rule[1].kind, JM_RULE_BOOL);
        CHECK_EQ(s[1].rule[1].flags, JM_RULE_OPEN);
    }
    all.n = 2;
    CHECK_ST(jm_profiles_check(&all, NULL), JM_E_MALFORMED); /* the same twice */
    struct jm_bytes *const names[] = {&p[1].type, &p[1].doctype, &p[1].vct,
                                      &p[1].mdoc_configuration, &p[1].sdjwt_configuration};
    for (size_t i = 0; i < JM_ARRAY_LEN(names); i++) {
        CHECK_ST(jm_profiles_check(&all, NULL), JM_E_MALFORMED);
        *names[i] = JM_BYTES("another");
    }
    CHECK_OK(jm_profiles_check(&all, NULL));
    p[1].is_default = true;
    CHECK_ST(jm_profiles_check(&all, NULL), JM_E_MALFORMED);
    p[0].is_default = p[1].is_default = false;
    CHECK_ST(jm_profiles_check(&all, NULL), JM_E_MALFORMED);
    all.n = 0;
    CHECK_ST(jm_profiles_check(&all, NULL), JM_E_MALFORMED);
    all.n = JM_PROFILES_MAX + 1;
    CHECK_ST(jm_profiles_check(&all, NULL), JM_E_MALFORMED);
}
