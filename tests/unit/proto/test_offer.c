/* SPDX-License-Identifier: Apache-2.0 */
/* Offers as wallets are handed them: addresses, and what stands in them. */
#include "unit/test.h"

#include "jumin/form.h"
#include "jumin/oid4vci.h"

static struct jm_arena mem;

TEST(addresses_of_offers)
{
    static const struct {
        const char *url;
        enum jm_status st;
        const char *reference, *value;
    } rows[] = {
        {"openid-credential-offer://?credential_offer_uri=https%3A%2F%2Fi.example%2Fo", JM_OK,
         "https://i.example/o", ""},
        {"OPENID-CREDENTIAL-OFFER://?credential_offer_uri=https://i.example/o", JM_OK,
         "https://i.example/o", ""},
        {" haip-VCI://?credential_offer=%7B%7D\r\n", JM_OK, "", "{}"},
        {"openid-credential-offers://?credential_offer=%7B%7D", JM_E_MALFORMED, "", ""},
        {"openid4vp://?credential_offer=%7B%7D", JM_E_MALFORMED, "", ""},
        {"openid-credential-offer://", JM_E_MALFORMED, "", ""},
        {"openid-credential-offer://?x=y", JM_E_MALFORMED, "", ""},
        {"openid-credential-offer://?credential_offer=%7B%7D&credential_offer_uri=https://"
         "i.example/o",
         JM_E_MALFORMED, "", ""},
    };
    struct jm_bytes reference, value;

    mem = arena(1 << 14);
    for (size_t i = 0; i < JM_ARRAY_LEN(rows); i++)
        ROW(CHECK_ST(jm_vci_offer_uri(&reference, &value, jm_str(rows[i].url), &mem, NULL),
                     rows[i].st) &&
                CHECK_STR(reference, rows[i].reference) && CHECK_STR(value, rows[i].value),
            rows[i].url);
}

static enum jm_status read_ids(struct jm_vci_offer *o, size_t n, bool twice)
{
    char *text = (char *)test_malloc(2048);
    const struct jm_json *j;
    size_t at = (size_t)snprintf(
        text, 2048,
        "{\"credential_issuer\":\"https://i.example/kr/\",\"credential_configuration_ids\":[");

    for (size_t i = 0; i < n; i++)
        at += (size_t)snprintf(text + at, 2048 - at, "%s\"c%zu\"", i == 0 ? "" : ",",
                               twice && i == n - 1 ? 0 : i);
    snprintf(text + at, 2048 - at, "]}");
    return CHECK_OK(jm_json_parse(&j, jm_str(text), &mem, NULL)) ? jm_vci_offer_read(o, j, NULL)
                                                                 : JM_E_BUG;
}

/* OpenID4VCI 1.0 4.1.1 has no bound; ours is far beyond what an issuer has. */
TEST(configurations_of_an_offer)
{
    struct jm_vci_offer o;

    mem = arena(1 << 16);
    CHECK_OK(read_ids(&o, 5, false));
    CHECK_EQ(o.n, 5);
    CHECK_STR(o.id[4], "c4");
    CHECK_STR(o.issuer, "https://i.example/kr/");
    CHECK_OK(read_ids(&o, JM_VCI_CONFIGURATIONS_MAX, false));
    CHECK_ST(read_ids(&o, JM_VCI_CONFIGURATIONS_MAX + 1, false), JM_E_MALFORMED);
    CHECK_ST(read_ids(&o, 5, true), JM_E_MALFORMED);
    CHECK_ST(read_ids(&o, 0, false), JM_E_MALFORMED);
}

/* I-23: each member of an offer, at its bound and one beyond. */
TEST(members_of_an_offer_have_bounds)
{
    static const struct {
        const char *name, *before, *after;
        size_t max;
    } rows[] = {
        {"credential_issuer", "{\"credential_configuration_ids\":[\"a\"],\"credential_issuer\":\"",
         "\"}", JM_URL_MAX},
        {"a configuration id", "{\"credential_issuer\":\"i\",\"credential_configuration_ids\":[\"",
         "\"]}", JM_VCI_ID_MAX},
        {"pre-authorized_code",
         "{\"credential_issuer\":\"i\",\"credential_configuration_ids\":[\"a\"],\"grants\":{"
         "\"urn:ietf:params:oauth:grant-type:pre-authorized_code\":{\"pre-authorized_code\":\"",
         "\"}}}", 4096 /* of others a JWT */},
        {"jumin_ticket",
         "{\"credential_issuer\":\"i\",\"credential_configuration_ids\":[\"a\"],\"jumin_ticket\":"
         "\"",
         "\"}", JM_JWT_MAX},
    };
    char *text = (char *)test_malloc(JM_JWT_MAX + 512);

    for (size_t i = 0; i < JM_ARRAY_LEN(rows); i++)
        for (size_t over = 0; over < 2; over++) {
            struct jm_vci_offer o;
            const struct jm_json *j;
            size_t at = strlen(rows[i].before);

            mem = arena(1 << 18);
            memcpy(text, rows[i].before, at);
            memset(text + at, 'x', rows[i].max + over);
            memcpy(text + at + rows[i].max + over, rows[i].after, strlen(rows[i].after) + 1);
            ROW(CHECK_OK(jm_json_parse(&j, jm_str(text), &mem, NULL)) &&
                    CHECK_ST(jm_vci_offer_read(&o, j, NULL), over ? JM_E_MALFORMED : JM_OK),
                rows[i].name);
        }
}

#define OFFER(more) \
    "{\"credential_issuer\":\"https://i.example\",\"credential_configuration_ids\":[\"a\"]" more "}"
#define PRE(grant) \
    OFFER(",\"grants\":{\"urn:ietf:params:oauth:grant-type:pre-authorized_code\":" grant "}")

TEST(forms_of_offers)
{
    static const struct {
        const char *name, *json;
        enum jm_status st;
    } rows[] = {
        {"no grants", OFFER(""), JM_OK},
        {"a code", PRE("{\"pre-authorized_code\":\"c\"}"), JM_OK},
        {"with a match code", PRE("{\"pre-authorized_code\":\"c\",\"tx_code\":{}}"), JM_OK},
        {"by login", OFFER(",\"grants\":{\"authorization_code\":{}}"), JM_OK},
        {"no object", "[]", JM_E_MALFORMED},
        {"no issuer", "{\"credential_configuration_ids\":[\"a\"]}", JM_E_MALFORMED},
        {"no configurations", "{\"credential_issuer\":\"https://i.example\"}", JM_E_MALFORMED},
        {"configurations no array",
         "{\"credential_issuer\":\"https://i.example\",\"credential_configuration_ids\":\"a\"}",
         JM_E_MALFORMED},
        {"a configuration no text",
         "{\"credential_issuer\":\"https://i.example\",\"credential_configuration_ids\":[1]}",
         JM_E_MALFORMED},
        {"grants no object", OFFER(",\"grants\":[]"), JM_E_MALFORMED},
        {"no code", PRE("{}"), JM_E_MALFORMED},
        {"an empty code", PRE("{\"pre-authorized_code\":\"\"}"), JM_E_MALFORMED},
        {"a code no text", PRE("{\"pre-authorized_code\":1}"), JM_E_MALFORMED},
        {"tx_code no object", PRE("{\"pre-authorized_code\":\"c\",\"tx_code\":true}"),
         JM_E_MALFORMED},
        {"a ticket no text", OFFER(",\"jumin_ticket\":{}"), JM_E_MALFORMED},
    };
    struct jm_vci_offer o;

    mem = arena(1 << 16);
    for (size_t i = 0; i < JM_ARRAY_LEN(rows); i++) {
        const struct jm_json *j;

        ROW(CHECK_OK(jm_json_parse(&j, jm_str(rows[i].json), &mem, NULL)) &&
                CHECK_ST(jm_vci_offer_read(&o, j, NULL), rows[i].st),
            rows[i].name);
    }
}
