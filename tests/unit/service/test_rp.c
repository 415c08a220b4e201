/* SPDX-License-Identifier: Apache-2.0 */
#include "unit/test.h"

#include "jumin/cbor.h"
#include "service/rp/rp.h"

static struct jm_arena mem;
static struct jm_trust registry;

static struct jm_trust_entry entry(const char *key, struct jm_bytes body)
{
    struct jm_trust_entry e = {jm_str(key), {NULL, 0}};

    CHECK_OK(jm_record_write(&e.record, 1, JM_RECORD_ACTIVE, body, &mem));
    return e;
}

/* An authority that serves urn:x:1, a registered bank with a use that may ask full_name and
 * age_over_19. */
static void make(void)
{
    const struct jm_type_paths served = {JM_FMT_SDJWT, JM_BYTES("urn:x:1"), NULL, 0};
    const struct jm_bytes paths[2][JM_TRUST_PATH_MAX] = {{JM_BYTES("full_name")},
                                                         {JM_BYTES("age_over_19")}};
    const struct jm_type_paths asked = {JM_FMT_SDJWT, JM_BYTES("urn:x:1"), paths, 2};
    struct jm_issuer_record issuer = {.id = JM_BYTES("kr-x"),
                                      .country = JM_BYTES("KR"),
                                      .name = {JM_BYTES("새벽시"), JM_BYTES("Saebyeol")}};
    const struct jm_rp_record rp = {.id = JM_BYTES("hana-bank"),
                                    .name = {JM_BYTES("하나은행"), JM_BYTES("Hana Bank")},
                                    .sector = 2};
    const struct jm_use_record use = {.rp = JM_BYTES("hana-bank"),
                                      .id = JM_BYTES("account"),
                                      .purpose = {JM_BYTES("계좌"), JM_BYTES("Account")},
                                      .privacy_uri = JM_BYTES("https://b.example"),
                                      .legal_basis = JM_BYTES("법"),
                                      .channels = JM_CHANNEL_REMOTE,
                                      .from = 1000,
                                      .to = 2000};
    struct jm_trust_entry e[3];
    struct jm_bytes body, octets;

    mem = arena(1 << 20);
    issuer.identifier[0] = JM_BYTES("https://i.example");
    issuer.n_identifiers = 1;
    CHECK_OK(jm_body_issuer(&body, &issuer, &served, 1, &mem));
    e[0] = entry("issuer/kr-x", body);
    CHECK_OK(jm_body_rp(&body, &rp, JM_BYTES("KR"), JM_BYTES("1"), JM_BYTES("kr-x"), &mem));
    e[1] = entry("rp/hana-bank", body);
    CHECK_OK(jm_body_use(&body, &use, &asked, 1, &mem));
    e[2] = entry("use/hana-bank/account", body);
    struct jm_trust_spec spec = {.issued_at = 1,
                                 .next_update = 5000,
                                 .version = 1,
                                 .entry = e,
                                 .n = 3};

    CHECK_OK(jm_trust_write(&octets, &spec, &mem));
    CHECK_OK(jm_trust_open(&registry, octets, &mem));
}

static const char *json(const char *id, const char *ko, const char *en, const char *sector,
                        const char *more, const char *claims)
{
    char *out = (char *)test_malloc(4096);

    snprintf(
        out, 4096,
        "{\"id\":\"%s\",\"name\":{\"ko\":\"%s\",\"en\":\"%s\"},\"identifier\":\"1\",\"sector\":\"%"
        "s\",\"services\":[{\"id\":\"account\","
        "\"purpose\":{\"ko\":\"계좌\"},\"privacy_uri\":\"https://b.example\"%s,\"claims\":[%s]}]}",
        id, ko, en, sector, more, claims);
    return out;
}

#define NAME_CLAIM "{\"format\":\"dc+sd-jwt\",\"type\":\"urn:x:1\",\"path\":[\"full_name\"]}"
#define RRN_CLAIM \
    "{\"format\":\"dc+sd-jwt\",\"type\":\"urn:x:1\",\"path\":[\"resident_registration_number\"]}"
#define BIRTH_CLAIM \
    "{\"format\":\"dc+sd-jwt\",\"type\":\"urn:x:1\",\"path\":[\"birth_date\"],\"required\":false}"
#define REMOTE ",\"channels\":[\"remote\"]"

TEST(services_are_judged)
{
    static const struct {
        const char *name, *id, *ko, *en, *sector, *more, *claims;
        enum jm_code code; /* NONE: registered */
    } rows[] = {
        {"a plain one", "kb", "국민은행", "Kookmin Bank", "FINANCE", REMOTE, NAME_CLAIM,
         JM_CODE_NONE},
        {"the same party anew", "hana-bank", "하나은행", "Hana Bank", "FINANCE", REMOTE, NAME_CLAIM,
         JM_CODE_NONE},
        {"D-304: resident number, not allowed", "kb", "국민은행", "Kookmin Bank", "FINANCE", REMOTE,
         RRN_CLAIM, JM_RP_RRN_NOT_ALLOWED},
        {"D-304: allowed without a law", "kb", "국민은행", "Kookmin Bank", "FINANCE",
         REMOTE ",\"rrn_allowed\":true,\"legal_basis\":\"consent\"", RRN_CLAIM, JM_RP_LAW_MISSING},
        {"D-304: allowed by a law", "kb", "국민은행", "Kookmin Bank", "FINANCE",
         REMOTE ",\"rrn_allowed\":true,\"legal_basis\":\"금융실명법 제3조\"", RRN_CLAIM,
         JM_RP_SECOND_APPROVER},
        {"D-304: police by a law", "po", "경찰청", "Police Agency", "POLICE",
         REMOTE ",\"legal_basis\":\"경찰법 제3조\"", NAME_CLAIM, JM_RP_SECOND_APPROVER},
        {"D-304: ten years by a law", "kb", "국민은행", "Kookmin Bank", "FINANCE",
         REMOTE ",\"retention_days\":3650,\"legal_basis\":\"금융실명법 제3조\"", NAME_CLAIM,
         JM_RP_SECOND_APPROVER},
        {"D-304: five years are not long", "kb", "국민은행", "Kookmin Bank", "FINANCE",
         REMOTE ",\"retention_days\":1825,\"legal_basis\":\"금융실명법 제3조\"", NAME_CLAIM,
         JM_CODE_NONE},
        {"D-304: police", "po", "경찰청", "Police Agency", "POLICE", REMOTE, NAME_CLAIM,
         JM_RP_LAW_MISSING},
        {"D-304: kept for ten years", "kb", "국민은행", "Kookmin Bank", "FINANCE",
         REMOTE ",\"retention_days\":3650,\"legal_basis\":\"consent\"", NAME_CLAIM,
         JM_RP_LAW_MISSING},
        {"D-305: kept without basis", "kb", "국민은행", "Kookmin Bank", "FINANCE",
         REMOTE ",\"retention_days\":1", NAME_CLAIM, JM_RP_RETENTION_BASIS},
        {"D-306: two scripts", "kb", "KB국민은행", "Kookmin Bank", "FINANCE", REMOTE, NAME_CLAIM,
         JM_RP_NAME},
        {"D-306: Cyrillic", "kb", "국민은행", "K\xd0\xbe\xd0\xbekmin", "FINANCE", REMOTE,
         NAME_CLAIM, JM_RP_NAME},
        {"D-306: invisible", "kb", "국민\xe2\x80\x8b은행", "Kookmin", "FINANCE", REMOTE, NAME_CLAIM,
         JM_API_TEXT},
        {"D-105: jamo that compose", "kb", "\xe1\x84\x80\xe1\x85\xa1", "Kookmin", "FINANCE", REMOTE,
         NAME_CLAIM, JM_CODE_NONE},
        {"D-105: jamo of a registered name", "hb",
         "\xe1\x84\x92\xe1\x85\xa1\xe1\x84\x82\xe1\x85\xa1은행", "Second", "FINANCE", REMOTE,
         NAME_CLAIM, JM_RP_NAME_TAKEN},
        {"D-105: a filler alone", "kb", "\xe3\x85\xa4", "Kookmin", "FINANCE", REMOTE, NAME_CLAIM,
         JM_API_TEXT},
        {"D-105: turned round", "kb", "국민은행", "\xe2\x80\xaeknaB", "FINANCE", REMOTE, NAME_CLAIM,
         JM_API_TEXT},
        {"D-105: an accent that combines", "kb", "국민은행", "Caf\x65\xcc\x81", "FINANCE", REMOTE,
         NAME_CLAIM, JM_API_TEXT},
        {"D-105: a blank at its end", "kb", "국민은행", "Kookmin ", "FINANCE", REMOTE, NAME_CLAIM,
         JM_API_TEXT},
        {"D-105: a law with what nobody sees", "kb", "국민은행", "Kookmin", "FINANCE",
         REMOTE ",\"legal_basis\":\"금융실명법\xe2\x80\x8b\"", NAME_CLAIM, JM_API_TEXT},
        {"D-306: near a registered name", "hb", "한나은행", "Second", "FINANCE", REMOTE, NAME_CLAIM,
         JM_RP_NAME_TAKEN},
        {"D-306: look-alikes", "hb", "둘째은행", "Hana 8ank", "FINANCE", REMOTE, NAME_CLAIM,
         JM_RP_NAME_TAKEN},
        {"D-306: the authority's", "hb", "둘째은행", "SAEBYE0L", "FINANCE", REMOTE, NAME_CLAIM,
         JM_RP_NAME_TAKEN},
        {"a type nobody issues", "kb", "국민은행", "Kookmin Bank", "FINANCE", REMOTE,
         "{\"format\":\"mso_mdoc\",\"type\":\"urn:x:1\",\"path\":[\"n\",\"e\"]}",
         JM_RP_CLAIM_UNKNOWN},
        {"D-300: no such sector", "kb", "국민은행", "Kookmin Bank", "MONEY", REMOTE, NAME_CLAIM,
         JM_RP_SECTOR},
        {"no such channel", "kb", "국민은행", "Kookmin Bank", "FINANCE", ",\"channels\":[\"fax\"]",
         NAME_CLAIM, JM_RP_CHANNEL},
        {"no channel", "kb", "국민은행", "Kookmin Bank", "FINANCE", "", NAME_CLAIM,
         JM_RP_SERVICES_FORM},
        {"an id of capitals", "KB", "국민은행", "Kookmin Bank", "FINANCE", REMOTE, NAME_CLAIM,
         JM_RP_SERVICES_FORM},
        {"six steps in an SD-JWT", "kb", "국민은행", "Kookmin Bank", "FINANCE", REMOTE,
         "{\"format\":\"dc+sd-jwt\",\"type\":\"urn:x:1\",\"path\":[\"a\",\"b\",\"c\",\"d\",\"e\","
         "\"f\"]}",
         JM_CODE_NONE},
        {"seven steps", "kb", "국민은행", "Kookmin Bank", "FINANCE", REMOTE,
         "{\"format\":\"dc+sd-jwt\",\"type\":\"urn:x:1\",\"path\":[\"a\",\"b\",\"c\",\"d\",\"e\","
         "\"f\",\"g\"]}",
         JM_RP_SERVICES_FORM},
        {"no step", "kb", "국민은행", "Kookmin Bank", "FINANCE", REMOTE,
         "{\"format\":\"dc+sd-jwt\",\"type\":\"urn:x:1\",\"path\":[]}", JM_RP_SERVICES_FORM},
        {"three steps in an mdoc", "kb", "국민은행", "Kookmin Bank", "FINANCE", REMOTE,
         "{\"format\":\"mso_mdoc\",\"type\":\"urn:x:1\",\"path\":[\"a\",\"b\",\"c\"]}",
         JM_RP_SERVICES_FORM},
        {"a resident number below another name", "kb", "국민은행", "Kookmin Bank", "FINANCE",
         REMOTE,
         "{\"format\":\"dc+sd-jwt\",\"type\":\"urn:x:1\",\"path\":[\"person\",\"resident_"
         "registration_number\"]}",
         JM_RP_RRN_NOT_ALLOWED},
    };

    make();
    for (size_t i = 0; i < JM_ARRAY_LEN(rows); i++) {
        struct jm_rp_application a;
        struct jm_rp_notices n;
        struct jm_diag d = {0};
        enum jm_status st = jm_rp_read(&a,
                                       jm_str(json(rows[i].id, rows[i].ko, rows[i].en,
                                                   rows[i].sector, rows[i].more, rows[i].claims)),
                                       &mem, &d);

        if (st == JM_OK)
            st = jm_rp_judge(&a, &registry, JM_BYTES("Saebyeol"), false, &n, &mem, &d);
        ROW(CHECK_EQ(d.code, rows[i].code) &&
                CHECK((st == JM_OK) == (rows[i].code == JM_CODE_NONE)),
            rows[i].name);
    }
}

/* Name, purpose, law and number stand in the trust set as they are read here, in one form (D-105).
 */
TEST(texts_of_an_application_are_read_in_one_form)
{
    static const char *const members[] = {"purpose", "name", "identifier", "legal_basis"};
    struct jm_rp_application a;

    make();
    for (size_t bad = 0; bad < 2; bad++)
        for (size_t i = 0; i < JM_ARRAY_LEN(members); i++) {
            const char *t = bad ? "계좌\xe2\x80\x8b" : "\xe1\x84\x80\xe1\x85\xa1";
            char in[1024];
            struct jm_diag d = {0};

            snprintf(in, sizeof in,
                     "{\"id\":\"kb\",\"name\":{\"ko\":\"%s\"},\"identifier\":\"%s\",\"sector\":"
                     "\"FINANCE\",\"services\":[{\"id\":\"account\",\"purpose\":{\"en\":\"%s\"},"
                     "\"legal_basis\":\"%s\",\"privacy_uri\":\"https://b.example\"" REMOTE
                     ",\"claims\":[" NAME_CLAIM "]}]}",
                     i == 1 ? t : "x", i == 2 ? t : "x", i == 0 ? t : "x", i == 3 ? t : "x");
            CHECK_EQ(jm_rp_read(&a, jm_str(in), &mem, &d) == JM_OK, bad == 0);
            if (bad) {
                ROW(CHECK_EQ(d.code, JM_API_TEXT) && CHECK_STR(d.detail, members[i]), members[i]);
                continue;
            }
            const struct jm_bytes got[] = {a.service[0].purpose.en, a.name.ko, a.identifier,
                                           a.service[0].legal_basis};
            ROW(CHECK_STR(got[i], "가"), members[i]);
        }
}

static bool noticed(const struct jm_rp_notices *n, enum jm_code code)
{
    for (size_t i = 0; i < n->n; i++)
        if (n->row[i].code == code)
            return true;
    return false;
}

/* D-305: asked for more than is needed is told, not refused. */
TEST(what_is_more_than_needed_is_noticed)
{
#define CLAIM(name) \
    "{\"format\":\"dc+sd-jwt\",\"type\":\"urn:x:1\",\"path\":[\"" name "\"],\"required\":false}"
    static const struct {
        const char *claims;
        enum jm_code code;
    } rows[] = {
        {BIRTH_CLAIM, JM_RP_BIRTH_DATE},
        {CLAIM("resident_address"), JM_RP_FULL_ADDRESS},
        {CLAIM("portrait"), JM_RP_PORTRAIT_ONLINE},
        {CLAIM("a") "," CLAIM("b") "," CLAIM("c") "," CLAIM("d") "," CLAIM("e") "," CLAIM("f"),
         JM_RP_OPTIONAL_MANY},
    };

    make();
    for (size_t i = 0; i < JM_ARRAY_LEN(rows); i++) {
        struct jm_rp_application a;
        struct jm_rp_notices n;

        CHECK_OK(jm_rp_read(&a,
                            jm_str(json("kb", "국민은행", "Kookmin Bank", "FINANCE", REMOTE,
                                        rows[i].claims)),
                            &mem, NULL));
        CHECK_OK(jm_rp_judge(&a, &registry, JM_BYTES("Saebyeol"), false, &n, &mem, NULL));
        ROW(CHECK_EQ(n.n, 1) && CHECK(noticed(&n, rows[i].code)), jm_code_info(rows[i].code)->name);
        CHECK_OK(jm_rp_read(&a,
                            jm_str(json("kb", "국민은행", "Kookmin Bank", "FINANCE", REMOTE,
                                        NAME_CLAIM)),
                            &mem, NULL));
        CHECK_OK(jm_rp_judge(&a, &registry, JM_BYTES("Saebyeol"), false, &n, &mem, NULL));
        CHECK_EQ(n.n, 0);
    }
}

TEST(purposes_and_addresses)
{
    char *long_one = (char *)test_malloc(512);
    struct jm_rp_application a;
    struct jm_diag d = {0};

    make();
    memset(long_one, 'x', 141);
    long_one[141] = '\0';
    CHECK_OK(
        jm_rp_read(&a,
                   jm_str(json("kb", "국민은행", "Kookmin Bank", "FINANCE", REMOTE, NAME_CLAIM)),
                   &mem, NULL));
    a.service[0].purpose.en = jm_str(long_one);
    CHECK_ST(jm_rp_judge(&a, &registry, JM_BYTES("Saebyeol"), false, NULL, &mem, &d), JM_E_DENIED);
    CHECK_EQ(d.code, JM_RP_PURPOSE);
    a.service[0].purpose.en = jm_slice(jm_str(long_one), 0, 140);
    CHECK_OK(jm_rp_judge(&a, &registry, JM_BYTES("Saebyeol"), false, NULL, &mem, NULL));
    a.service[0].privacy_uri = JM_BYTES("http://b.example");
    memset(&d, 0, sizeof d);
    CHECK_ST(jm_rp_judge(&a, &registry, JM_BYTES("Saebyeol"), false, NULL, &mem, &d), JM_E_DENIED);
    CHECK_EQ(d.code, JM_RP_PRIVACY_URI);
}

TEST(a_second_person_may_approve_a_name)
{
    struct jm_rp_application a;
    struct jm_diag d = {0};

    make();
    CHECK_OK(
        jm_rp_read(&a, jm_str(json("kb", "KB국민은행", "Hana Bank", "FINANCE", REMOTE, NAME_CLAIM)),
                   &mem, &d));
    CHECK_ST(jm_rp_judge(&a, &registry, JM_BYTES("Saebyeol"), false, NULL, &mem, &d), JM_E_DENIED);
    CHECK_OK(jm_rp_judge(&a, &registry, JM_BYTES("Saebyeol"), true, NULL, &mem, &d));
}

TEST(two_people_approve_what_D_304_names)
{
    static const struct {
        const char *sector, *more, *claims;
    } rows[] = {{"FINANCE", REMOTE ",\"rrn_allowed\":true,\"legal_basis\":\"금융실명법 제3조\"",
                 RRN_CLAIM},
                {"POLICE", REMOTE ",\"legal_basis\":\"경찰법 제3조\"", NAME_CLAIM},
                {"FINANCE", REMOTE ",\"retention_days\":3650,\"legal_basis\":\"금융실명법 제3조\"",
                 NAME_CLAIM}};

    make();
    for (size_t i = 0; i < JM_ARRAY_LEN(rows); i++) {
        struct jm_rp_application a;
        struct jm_diag d = {0};

        CHECK_OK(jm_rp_read(&a,
                            jm_str(json("kb", "국민은행", "Kookmin Bank", rows[i].sector,
                                        rows[i].more, rows[i].claims)),
                            &mem, &d));
        CHECK(jm_rp_needs_two(&a));
        CHECK_ST(jm_rp_judge(&a, &registry, JM_BYTES("Saebyeol"), false, NULL, &mem, &d),
                 JM_E_DENIED);
        CHECK_EQ(d.code, JM_RP_SECOND_APPROVER);
        CHECK_OK(jm_rp_judge(&a, &registry, JM_BYTES("Saebyeol"), true, NULL, &mem, &d));
    }
}

TEST(what_a_service_does_not_say)
{
    static const char bare[] = REMOTE,
                      loud[] = REMOTE ",\"cross_device\":true,\"status_max_age_s\":0";
    struct jm_rp_application a;

    make();
    CHECK_OK(jm_rp_read(&a,
                        jm_str(json("kb", "국민은행", "Kookmin Bank", "FINANCE", bare, NAME_CLAIM)),
                        &mem, NULL));
    CHECK(!a.service[0].cross_device);            /* V-08 */
    CHECK_EQ(a.service[0].status_max_age_s, 300); /* D-310 */
    CHECK_OK(jm_rp_read(&a,
                        jm_str(json("kb", "국민은행", "Kookmin Bank", "FINANCE", loud, NAME_CLAIM)),
                        &mem, NULL));
    CHECK(a.service[0].cross_device);
    CHECK_EQ(a.service[0].status_max_age_s, 0);
}

/* V-07: pages that may ask on the same device are origins, as a browser compares them. */
TEST(origins_of_a_service)
{
    static const struct {
        const char *name, *origins;
        size_t n; /* SIZE_MAX: refused */
    } rows[] = {
        {"none", "[]", 0},
        {"one", "[\"https://shop.example\"]", 1},
        {"with a port, and on this machine",
         "[\"https://shop.example:8443\",\"http://127.0.0.1:80\"]", 2},
        {"four", "[\"https://a.b\",\"https://b.b\",\"https://c.b\",\"https://d.b\"]", 4},
        {"five",
         "[\"https://a.b\",\"https://b.b\",\"https://c.b\",\"https://d.b\",\"https://e.b\"]",
         SIZE_MAX},
        {"no list", "\"https://shop.example\"", SIZE_MAX},
        {"no text", "[1]", SIZE_MAX},
        {"a path", "[\"https://shop.example/\"]", SIZE_MAX},
        {"a query", "[\"https://shop.example?\"]", SIZE_MAX},
        {"a fragment", "[\"https://shop.example#\"]", SIZE_MAX},
        {"a user", "[\"https://a@shop.example\"]", SIZE_MAX},
        {"in the clear", "[\"http://shop.example\"]", SIZE_MAX},
        {"another scheme", "[\"javascript://shop.example\"]", SIZE_MAX},
        {"no host", "[\"https://\"]", SIZE_MAX},
        {"nothing", "[\"\"]", SIZE_MAX},
        {"a blank", "[\"https://shop.example \"]", SIZE_MAX},
    };

    make();
    for (size_t i = 0; i < JM_ARRAY_LEN(rows); i++) {
        struct jm_rp_application a;
        struct jm_diag d = {0};
        char more[400];

        snprintf(more, sizeof more, REMOTE ",\"origins\":%s", rows[i].origins);
        enum jm_status st =
            jm_rp_read(&a,
                       jm_str(json("kb", "국민은행", "Kookmin Bank", "FINANCE", more, NAME_CLAIM)),
                       &mem, &d);
        ROW(rows[i].n == SIZE_MAX
                ? CHECK_ST(st, JM_E_MALFORMED) && CHECK_EQ(d.code, JM_RP_SERVICES_FORM)
                : CHECK_OK(st) && CHECK_EQ(a.service[0].n_origins, rows[i].n),
            rows[i].name);
    }
}

TEST(lint_notices_do_not_refuse)
{
    struct jm_rp_application a;
    struct jm_rp_notices n;
    struct jm_diag d = {0};

    make();
    CHECK_OK(
        jm_rp_read(&a,
                   jm_str(json("kb", "국민은행", "Kookmin Bank", "FINANCE", REMOTE, BIRTH_CLAIM)),
                   &mem, &d));
    CHECK_OK(jm_rp_judge(&a, &registry, JM_BYTES("Saebyeol"), false, &n, &mem, &d));
    CHECK_EQ(n.n, 1);
    CHECK_EQ(n.row[0].code, JM_RP_BIRTH_DATE);
}

TEST(never_more_than_the_registered_use)
{
    static const struct {
        const char *name, *id, *more, *claims;
        int64_t now;
        enum jm_code code;
    } rows[] = {
        {"within", "hana-bank", REMOTE, NAME_CLAIM, 1500, JM_CODE_NONE},
        {"D-302: another claim", "hana-bank", REMOTE, NAME_CLAIM "," RRN_CLAIM, 1500,
         JM_RP_BEYOND_USE},
        {"D-302: another channel", "hana-bank", ",\"channels\":[\"remote\",\"kiosk\"]", NAME_CLAIM,
         1500, JM_RP_BEYOND_USE},
        {"D-302: kept longer", "hana-bank", REMOTE ",\"retention_days\":1", NAME_CLAIM, 1500,
         JM_RP_BEYOND_USE},
        {"another party", "kb", REMOTE, NAME_CLAIM, 1500, JM_RP_NOT_REGISTERED},
        {"before its time", "hana-bank", REMOTE, NAME_CLAIM, 999, JM_RP_NOT_REGISTERED},
        {"after its time", "hana-bank", REMOTE, NAME_CLAIM, 2001, JM_RP_NOT_REGISTERED},
    };

    make();
    for (size_t i = 0; i < JM_ARRAY_LEN(rows); i++) {
        struct jm_rp_application a;
        struct jm_diag d = {0};

        CHECK_OK(jm_rp_read(&a,
                            jm_str(json(rows[i].id, "하나은행", "Hana Bank", "FINANCE",
                                        rows[i].more, rows[i].claims)),
                            &mem, &d));
        enum jm_status st =
            jm_rp_within(&a, &registry, JM_BYTES("hana-bank"), rows[i].now, &mem, &d);

        ROW(CHECK_EQ(d.code, rows[i].code) &&
                CHECK((st == JM_OK) == (rows[i].code == JM_CODE_NONE)),
            rows[i].name);
    }
}

TEST(claims_are_grouped_by_type)
{
    struct jm_rp_service *s = (struct jm_rp_service *)(void *)test_malloc(sizeof *s);
    struct jm_type_paths *t;
    size_t n;

    make();
    memset(s, 0, sizeof *s);
    s->claim[0] = (struct jm_rp_claim){JM_FMT_SDJWT, JM_BYTES("a"), {JM_BYTES("x")}, true};
    s->claim[1] =
        (struct jm_rp_claim){JM_FMT_MDOC, JM_BYTES("b"), {JM_BYTES("n"), JM_BYTES("y")}, true};
    s->claim[2] = (struct jm_rp_claim){JM_FMT_SDJWT, JM_BYTES("a"), {JM_BYTES("z")}, true};
    s->n_claims = 3;
    CHECK_OK(jm_rp_types(&t, &n, s, &mem));
    CHECK_EQ(n, 2);
    CHECK_EQ(t[0].n_paths, 2);
    CHECK_STR(t[0].path[1][0], "z");
    CHECK_STR(t[1].path[0][1], "y");
}

/* -- who it is -- */

static const uint8_t bank_ski[JM_SKI_LEN] = {1, 2, 3};

/* The registry with the bank's certificate beside, and the bank in this state. */
static void with_cert(enum jm_record_state state)
{
    const uint8_t hash[32] = {9};
    struct jm_trust_entry e[4];
    struct jm_bytes body, octets;
    enum jm_record_state was;

    make();
    for (size_t i = 0; i < 3; i++)
        e[i] = registry.entry[i];
    CHECK_OK(jm_trust_find(&body, &was, &registry, JM_BYTES("rp/hana-bank")));
    for (size_t i = 0; i < 3; i++)
        if (jm_bytes_eq_str(e[i].key, "rp/hana-bank"))
            CHECK_OK(jm_record_write(&e[i].record, 1, state, body, &mem));
    CHECK_OK(jm_body_rpcert(&body, jm_bytes(hash, sizeof hash), JM_BYTES("hana-bank"),
                            jm_bytes(bank_ski, sizeof bank_ski), 5000, &mem));
    e[3] = entry("rpcert/09", body);
    struct jm_trust_spec spec = {.issued_at = 1,
                                 .next_update = 5000,
                                 .version = 1,
                                 .entry = e,
                                 .n = 4};

    CHECK_OK(jm_trust_write(&octets, &spec, &mem));
    CHECK_OK(jm_trust_open(&registry, octets, &mem));
}

/* The bank's own services vanished without a word: whoever takes an id over needs two. */
TEST(who_a_party_is_changes_by_two)
{
    static const uint8_t other[JM_SKI_LEN] = {1, 2, 4};
    static const struct {
        const char *name, *id, *ko, *en, *sector, *identifier;
        bool other_key;
        enum jm_record_state state;
        const char *what; /* null: by one */
    } rows[] = {
        {"the same", "hana-bank", "하나은행", "Hana Bank", "FINANCE", "1", false, JM_RECORD_ACTIVE,
         NULL},
        {"a new party", "kb", "국민은행", "Kookmin Bank", "FINANCE", "1", true, JM_RECORD_ACTIVE,
         NULL},
        {"another key", "hana-bank", "하나은행", "Hana Bank", "FINANCE", "1", true,
         JM_RECORD_ACTIVE, "key"},
        {"another number", "hana-bank", "하나은행", "Hana Bank", "FINANCE", "2", false,
         JM_RECORD_ACTIVE, "identifier"},
        {"another sector", "hana-bank", "하나은행", "Hana Bank", "RETAIL", "1", false,
         JM_RECORD_ACTIVE, "sector"},
        {"another Korean name", "hana-bank", "국민은행", "Hana Bank", "FINANCE", "1", false,
         JM_RECORD_ACTIVE, "name"},
        {"another English name", "hana-bank", "하나은행", "Hana Bonk", "FINANCE", "1", false,
         JM_RECORD_ACTIVE, "name"},
        {"a suspended one", "hana-bank", "하나은행", "Hana Bank", "FINANCE", "1", false,
         JM_RECORD_SUSPENDED, "suspended"},
    };

    for (size_t i = 0; i < JM_ARRAY_LEN(rows); i++) {
        struct jm_rp_application a;
        struct jm_diag d = {0};
        struct jm_bytes ski = jm_bytes(rows[i].other_key ? other : bank_ski, JM_SKI_LEN);

        with_cert(rows[i].state);
        CHECK_OK(jm_rp_read(&a,
                            jm_str(json(rows[i].id, rows[i].ko, rows[i].en, rows[i].sector, REMOTE,
                                        NAME_CLAIM)),
                            &mem, NULL));
        a.identifier = jm_str(rows[i].identifier);
        enum jm_status st = jm_rp_replaces(&a, &registry, ski, false, &d);

        ROW(CHECK_EQ(st, rows[i].what == NULL ? JM_OK : JM_E_DENIED), rows[i].name);
        ROW(CHECK_EQ(d.code, rows[i].what == NULL ? JM_CODE_NONE : JM_RP_SECOND_APPROVER),
            rows[i].name);
        if (rows[i].what != NULL)
            ROW(CHECK_STR(d.detail, rows[i].what), rows[i].name);
        ROW(CHECK_OK(jm_rp_replaces(&a, &registry, ski, true, NULL)), rows[i].name);
        a.public_body = !a.public_body;
        ROW(CHECK_EQ(jm_rp_replaces(&a, &registry, ski, false, NULL),
                     jm_bytes_eq_str(a.id, "kb") ? JM_OK : JM_E_DENIED),
            rows[i].name);
    }
}
