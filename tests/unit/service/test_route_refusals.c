/* SPDX-License-Identifier: Apache-2.0 */
/* What handlers refuse themselves, before a rule is asked: the operator's routes, a desk's, and the
 * credential request. */
#include "unit/service/office.h"

#include "service/audit/audit.h"
#include "service/events/events.h"
#include "service/msg.h"
#include "service/web/routes.h"
#include "unit/service/call.h"

static const struct jm_principal operator_ = {.how = JM_AUTH_LOCAL,
                                              .name = {(const uint8_t *)"operator", 8}};

static enum jm_code local(const char *path, const char *body)
{
    return call(jm_local_routes, jm_local_n_routes, path, &O->is, &operator_, NULL, body, &O->mem);
}

static const char *with_key(const char *name, const char *role, const char *centre,
                            const uint8_t *key, size_t len)
{
    char *out = (char *)test_malloc(512);
    struct jm_bytes text;

    MUST(jm_b64url_encode(&text, &O->mem, jm_bytes(key, len)));
    snprintf(out, 512, "{\"name\":\"%s\",\"role\":\"%s\",\"centre\":\"%s\",\"key\":\"%.*s\"}", name,
             role, centre, (int)text.len, (const char *)text.ptr);
    return out;
}

/* D-413 */
TEST(staff_as_the_operator_enters_them)
{
    struct jm_point p;
    uint8_t key[JM_POINT_LEN + 1] = {0};

    office_begin("2025-01-15T10:00:00+09:00");
    MUST(jm_key_point(&p, O->key));
    memcpy(key, p.octets, JM_POINT_LEN);
    CHECK_EQ(local("/local/staff", with_key("kim", "clerk", "30170000", key, JM_POINT_LEN)),
             JM_API_FIELD_FORM);
    CHECK_STR(called.detail, "centre");
    CHECK_EQ(local("/local/staff", with_key("kim", "clerk", "301700000a", key, JM_POINT_LEN)),
             JM_API_FIELD_FORM);
    CHECK_STR(called.detail, "centre");
    CHECK_EQ(local("/local/staff", with_key("", "clerk", OFFICE_CENTRE, key, JM_POINT_LEN)),
             JM_API_FIELD_FORM);
    CHECK_STR(called.detail, "name");
    CHECK_EQ(local("/local/staff", with_key("kim", "king", OFFICE_CENTRE, key, JM_POINT_LEN)),
             JM_API_FIELD_FORM);
    CHECK_STR(called.detail, "role");
    CHECK_EQ(local("/local/staff", with_key("kim", "", OFFICE_CENTRE, key, JM_POINT_LEN)),
             JM_API_FIELD_FORM);
    CHECK_STR(called.detail, "role");
    CHECK_EQ(local("/local/staff", with_key("kim", "clerk", OFFICE_CENTRE, key, JM_POINT_LEN - 1)),
             JM_API_FIELD_FORM);
    CHECK_STR(called.detail, "key");
    CHECK_EQ(local("/local/staff", with_key("kim", "clerk", OFFICE_CENTRE, key, JM_POINT_LEN + 1)),
             JM_API_FIELD_FORM);
    CHECK_STR(called.detail, "key");
    key[0] = 3;
    CHECK_EQ(local("/local/staff", with_key("kim", "clerk", OFFICE_CENTRE, key, JM_POINT_LEN)),
             JM_API_FIELD_FORM);
    CHECK_STR(called.detail, "key");
    CHECK_EQ(office_number("SELECT count(*) FROM staff", JM_NO_ARGS), 0);
    key[0] = 4;
    CHECK_EQ(local("/local/staff", with_key("kim", "clerk", OFFICE_CENTRE, key, JM_POINT_LEN)),
             JM_CODE_NONE);
    CHECK_EQ(office_number("SELECT count(*) FROM staff", JM_NO_ARGS), 1);
    office_end();
}

#define B43 "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
#define TWO                                                                                 \
    ",\"first\":\"a\",\"first_signature\":\"AA\",\"first_at\":1,\"second\":\"b\",\"second_" \
    "signature\":\"AA\",\"second_at\":1"

TEST(what_is_approved_and_written_down)
{
    static const struct {
        const char *body, *field;
    } rows[] = {
        {"{\"act\":\"RP_REGISTER\",\"whom\":\"bank\",\"set\":\"" B43 "\",\"outcome\":\"done\"}",
         NULL},
        {"{\"act\":\"TRUST_RENEW\",\"whom\":\"\",\"set\":\"" B43 "\",\"outcome\":\"failed\"}",
         NULL},
        {"{\"act\":\"CASE_OPEN\",\"whom\":\"bank\",\"set\":\"" B43 "\",\"outcome\":\"done\"}",
         "act"},
        {"{\"act\":\"RP_REGISTER\",\"whom\":\"bank\",\"set\":\"" B43 "\",\"outcome\":\"perhaps\"}",
         "outcome"},
        {"{\"act\":\"RP_REGISTER\",\"whom\":\"bank\",\"set\":\"AAAA\",\"outcome\":\"done\"}",
         "set"},
        {"{\"act\":\"RP_REGISTER\",\"whom\":\"bank\",\"set\":\"" B43 "A\",\"outcome\":\"done\"}",
         "set"},
    };

    office_begin("2025-01-15T10:00:00+09:00");
    for (size_t i = 0; i < JM_ARRAY_LEN(rows); i++) {
        ROW(CHECK_EQ(local("/local/trust", rows[i].body),
                     rows[i].field == NULL ? JM_CODE_NONE : JM_API_FIELD_FORM),
            rows[i].body);
        if (rows[i].field != NULL)
            ROW(CHECK_STR(called.detail, rows[i].field), rows[i].body);
    }
    CHECK_EQ(office_number("SELECT count(*) FROM audit", JM_NO_ARGS), 2);
    CHECK_EQ(local("/local/approve", "{\"what\":\"AAAA\"" TWO "}"), JM_API_FIELD_FORM);
    CHECK_STR(called.detail, "what");
    CHECK_EQ(local("/local/approve", "{\"what\":\"" B43 "A\"" TWO "}"), JM_API_FIELD_FORM);
    CHECK_EQ(local("/local/approve", "{\"what\":\"" B43 "\"" TWO "}"), JM_STAFF_SIGNATURE);
    CHECK_EQ(local("/local/approve", "{\"what\":\"" B43 "\"}"), JM_API_FIELD_MISSING);
    office_end();
}

static enum jm_code find_in_register(const char *body)
{
    return call(jm_register_routes, jm_register_n_routes, "/local/register/find", &O->is,
                &operator_, NULL, body, &O->mem);
}

TEST(the_register_shows_numbers_of_made_up_people_alone)
{
    office_begin("2025-01-15T10:00:00+09:00");
    CHECK_EQ(find_in_register("{\"reason\":\"r\",\"kind\":\"any\",\"number\":true}"), JM_CODE_NONE);
    O->is.base.env.synthetic = false;
    CHECK_EQ(find_in_register("{\"reason\":\"r\",\"kind\":\"any\",\"number\":true}"),
             JM_REGISTER_SYNTHETIC);
    CHECK_EQ(find_in_register("{\"reason\":\"r\",\"kind\":\"any\",\"number\":false}"),
             JM_CODE_NONE);
    CHECK_EQ(find_in_register("{\"reason\":\"r\",\"kind\":\"any\",\"person\":\"0123\"}"),
             JM_API_FIELD_FORM);
    CHECK_STR(called.detail, "person");
    CHECK_EQ(
        find_in_register(
            "{\"reason\":\"r\",\"kind\":\"any\",\"person\":\"0123456789abcdef0123456789abcdeg\"}"),
        JM_API_FIELD_FORM);
    CHECK_EQ(
        find_in_register(
            "{\"reason\":\"r\",\"kind\":\"any\",\"person\":\"0123456789abcdef0123456789abcdef\"}"),
        JM_CODE_NONE);
    office_end();
}

static enum jm_code happens(const char *kind, const char *more)
{
    char *body = (char *)test_malloc(512);

    snprintf(body, 512, "{\"kind\":\"%s\",\"person\":\"0123456789abcdef0123456789abcdef\"%s}", kind,
             more);
    return call(jm_events_routes, jm_events_n_routes, "/local/register/event", &O->is, &operator_,
                NULL, body, &O->mem);
}

TEST(events_as_the_operator_enters_them)
{
    office_begin("2025-01-15T10:00:00+09:00");
    CHECK_EQ(happens("earthquake", ""), JM_EVENT_KIND);
    CHECK_EQ(happens("", ""), JM_EVENT_KIND);
    CHECK_EQ(happens("death", ",\"at\":\"yesterday\""), JM_API_FIELD_FORM);
    CHECK_STR(called.detail, "at");
    CHECK_EQ(happens("death", ",\"at\":\"2025-01-14\""), JM_API_FIELD_FORM);
    enum jm_code nobody = happens("death", ",\"at\":\"2025-01-14T10:00:00+09:00\"");
    /* read, and about nobody */
    CHECK(nobody != JM_CODE_NONE && nobody != JM_API_FIELD_FORM && nobody != JM_EVENT_KIND);
    office_end();
}

static enum jm_code at_desk(const char *path, const char *arg, const char *body)
{
    static struct jm_staff kim = {.centre = {(const uint8_t *)OFFICE_CENTRE, 10},
                                  .role = JM_ROLE_CLERK,
                                  .state = 1};
    struct jm_principal who = {.how = JM_AUTH_STAFF_SESSION, .more = &kim};

    kim.name = JM_BYTES("kim");
    return call(jm_desk_routes, jm_desk_n_routes, path, &O->is, &who, arg, body, &O->mem);
}

TEST(a_person_of_a_desks_path)
{
    struct jm_person p = office_citizen();
    char id[33];

    office_begin("2025-05-01T12:00:00+09:00");
    office_add(&p);
    struct jm_id card = office_issue(&p);
    jm_id_format(id, &p.id);
    CHECK_EQ(at_desk("/desk/persons/{id}/suspend", "", "{}"), JM_DESK_PERSON_UNKNOWN);
    CHECK_EQ(at_desk("/desk/persons/{id}/suspend", "0123", "{}"), JM_DESK_PERSON_UNKNOWN);
    id[31] = 'x';
    CHECK_EQ(at_desk("/desk/persons/{id}/suspend", id, "{}"), JM_DESK_PERSON_UNKNOWN);
    CHECK_EQ(office_card_state(&card), JM_CARD_ACTIVE);
    jm_id_format(id, &p.id);
    CHECK_EQ(at_desk("/desk/persons/{id}/suspend", id, "{}"), JM_CODE_NONE);
    CHECK_EQ(office_card_state(&card), JM_CARD_SUSPENDED);
    office_end();
}

/* -- the credential request -- */

static enum jm_code credential(const char *body)
{
    static struct jm_grant grant;
    const struct jm_principal who = {.how = JM_AUTH_DPOP, .more = &grant};

    return call(jm_issuance_routes, jm_issuance_n_routes, "/credential", &O->is, &who, NULL, body,
                &O->mem);
}

TEST(forms_of_a_credential_request)
{
    static const struct {
        const char *body;
        enum jm_code code;
    } rows[] = {
        {"", JM_VCI_REQUEST_FORM},
        {"[]", JM_VCI_REQUEST_FORM},
        {"{\"jumin_new_loss_code\":1}", JM_VCI_REQUEST_FORM},
        {"{\"proofs\":{},\"proofs\":{}}", JM_VCI_REQUEST_FORM},
        {"{}", JM_VCI_REQUEST_FORM},
        {"{\"credential_configuration_id\":\"a\",\"credential_identifier\":\"b\"}",
         JM_VCI_REQUEST_FORM},
        {"{\"credential_identifier\":\"b\"}", JM_VCI_IDENTIFIER_UNKNOWN},
        {"{\"credential_configuration_id\":1}", JM_VCI_REQUEST_FORM},
        {"{\"credential_configuration_id\":[\"a\"]}", JM_VCI_REQUEST_FORM},
        {"{\"credential_configuration_id\":\"a\"}", JM_VCI_CONFIGURATION_UNKNOWN},
        {"{\"credential_configuration_id\":\"a\",\"credential_response_encryption\":{}}",
         JM_VCI_ENCRYPTION},
    };

    office_begin("2025-05-01T12:00:00+09:00");
    for (size_t i = 0; i < JM_ARRAY_LEN(rows); i++)
        ROW(CHECK_EQ(credential(rows[i].body), rows[i].code), rows[i].body);
    char ours[160];
    snprintf(ours, sizeof ours, "{\"credential_configuration_id\":\"%.*s\"}",
             (int)O->profile.mdoc_configuration.len,
             (const char *)O->profile.mdoc_configuration.ptr);
    CHECK_EQ(credential(ours), JM_VCI_PROOF_MISSING);
    O->behind = true; /* D-459: nothing is dated by a clock that fell back */
    CHECK_EQ(credential(ours), JM_VCI_CLOCK);
    office_end();
}

TEST(a_card_that_is_not_there_is_not_ended)
{
    struct jm_grant grant = {.has_case = true};
    struct jm_diag d = {0};

    office_begin("2025-05-01T12:00:00+09:00");
    CHECK_ST(jm_card_delete(&O->is, &grant, &O->mem, &d), JM_E_DENIED);
    CHECK_EQ(d.code, JM_VCI_CARD_NOT_ACTIVE);
    office_end();
}
