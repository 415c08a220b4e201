/* SPDX-License-Identifier: Apache-2.0 */
/* The wallet's issuance against an issuer and a provider that a test makes err: one answer changed,
 * one reason told. */
#include "unit/test.h"

#include "unit/proto/vci_kit.h"

#define ROOM (8 * JM_MIB)

static struct jm_vci engine, *const e = &engine;
static void *memory;

static void begin(void)
{
    struct jm_vci_config c = {.trust = &trust,
                              .crypto = &jm_crypto_openssl,
                              .key = keys,
                              .n_keys = JM_ARRAY_LEN(keys),
                              .batch = BATCH,
                              .platform = JM_BYTES("test"),
                              .instance = {.handle = JM_BYTES("i")},
                              .dpop = {.handle = JM_BYTES("d")}};

    country_begin();
    KIT_MUST(jm_key_point(&c.instance.point, K.device_key));
    KIT_MUST(jm_key_point(&c.dpop.point, K.reader_key));
    memory = malloc(ROOM);
    KIT_MUST(jm_vci_init(e, &c, memory, ROOM));
}

static void end(void)
{
    jm_vci_end(e);
    free(memory);
    country_end();
}

static const struct jm_key *key_of(struct jm_bytes handle)
{
    for (size_t i = 0; i < JM_ARRAY_LEN(keys); i++)
        if (jm_bytes_eq(handle, keys[i].handle))
            return card_key[i];
    return jm_bytes_eq_str(handle, "i") ? K.device_key : K.reader_key;
}

static enum jm_status sign(void *ctx, enum jm_alg alg, struct jm_bytes handle, struct jm_bytes data,
                           struct jm_sig *sig)
{
    (void)ctx, (void)alg;
    return jm_key_sign(key_of(handle), data, sig);
}

static enum jm_status drive(enum jm_status st)
{
    struct jm_arena mem = arena(4096);
    const struct jm_driver d =
        {.by = {.verify = jm_openssl_verify, .sign = sign, .random = not_random, .http = outside},
         .now = kit_now,
         .mem = &mem};

    return jm_drive(&d, jm_vci_engine(e), st);
}

/* From the offer to the cards, as far as it goes. */
static enum jm_code issued(void)
{
    enum jm_status st = drive(jm_vci_event(e, JM_EVENT_START, JM_BYTES(OFFER_URL), KIT_NOW));

    if (st == JM_OK && jm_vci_state(e) == JM_VCI_BOUND)
        st = drive(jm_vci_event(e, JM_EVENT_MESSAGE, JM_BYTES("123456"), KIT_NOW));
    CHECK_EQ(st == JM_OK, jm_vci_state(e) == JM_VCI_DONE);
    CHECK((st != JM_OK) == (jm_vci_state(e) == JM_VCI_FAILED || jm_vci_state(e) == JM_VCI_BOUND));
    return jm_vci_diag(e)->code;
}

TEST(cards_are_issued)
{
    struct jm_vci_result r;

    usually();
    begin();
    CHECK_ST(jm_vci_result(&r, e), JM_E_CONFLICT);
    CHECK_EQ(issued(), JM_CODE_NONE);
    CHECK_OK(jm_vci_result(&r, e));
    CHECK_EQ(r.n, 2 * BATCH);
    for (size_t i = 0; i < r.n; i++)
        CHECK_EQ(r.copy[i].key, i);
    CHECK_STR(r.refresh_token, "r");
    end();
    copies = ONE; /* fewer than asked for is what an issuer may give */
    begin();
    CHECK_EQ(issued(), JM_CODE_NONE);
    CHECK_OK(jm_vci_result(&r, e));
    CHECK_EQ(r.n, 2);
    end();
}

/* OpenID4VCI 1.0 12.2.2, RFC 8414 3.1: identifiers of others with a path, with and without a slash
 * at its end, compared octet for octet. */
TEST(an_issuer_whose_identifier_has_a_path)
{
    static const struct {
        const char *id, *told, *offered_at, *issuer_at, *server_at;
        enum jm_code code;
    } rows[] = {
        {I "/t", I "/t", "%2Ft%2Foffer%2Fx", I "/.well-known/openid-credential-issuer/t",
         I "/.well-known/oauth-authorization-server/t", JM_CODE_NONE},
        {I "/t/", I "/t/", "%2Ft%2Foffer%2Fx", I "/.well-known/openid-credential-issuer/t/",
         I "/.well-known/oauth-authorization-server/t", JM_CODE_NONE},
        {I "/", I "/", "%2Foffer%2Fx", I "/.well-known/openid-credential-issuer",
         I "/.well-known/oauth-authorization-server", JM_CODE_NONE},
        {I "/t", I "/t/", "%2Ft%2Foffer%2Fx", I "/.well-known/openid-credential-issuer/t", "",
         JM_WALLET_METADATA},
        {I "/t/", I "/t", "%2Ft%2Foffer%2Fx", I "/.well-known/openid-credential-issuer/t/", "",
         JM_WALLET_METADATA},
        /* beside its path */
        {I "/t", I "/t", "%2Ftt%2Foffer%2Fx", "", "", JM_WALLET_ISSUER_UNKNOWN},
        {I "/t", I "/t", "%2Foffer%2Fx", "", "", JM_WALLET_ISSUER_UNKNOWN},
    };

    for (size_t i = 0; i < JM_ARRAY_LEN(rows); i++) {
        usually();
        own_id = rows[i].id;
        told_id = rows[i].told;
        asked[0][0] = asked[1][0] = '\0';
        begin();
        enum jm_status st = drive(jm_vci_event(
            e, JM_EVENT_START,
            jm_str(text_of(
                "openid-credential-offer://?credential_offer_uri=https%%3A%%2F%%2Fi.example%s",
                rows[i].offered_at)),
            KIT_NOW));
        if (st == JM_OK)
            st = drive(jm_vci_event(e, JM_EVENT_MESSAGE, JM_BYTES("123456"), KIT_NOW));
        ROW(CHECK_EQ(jm_vci_diag(e)->code, rows[i].code) &&
                CHECK_EQ(jm_vci_state(e) == JM_VCI_DONE, rows[i].code == JM_CODE_NONE) &&
                CHECK_STR(jm_str(asked[0]), rows[i].issuer_at) &&
                CHECK_STR(jm_str(asked[1]), rows[i].server_at),
            rows[i].id);
        end();
    }
    usually();
}

TEST(one_answer_is_another)
{
    static const struct {
        const char *name;
        struct change change;
        enum jm_code code;
    } rows[] = {
        {"no offer", {"/offer/x", 0, NULL, 0}, JM_WALLET_OFFER_FETCH},
        {"offer unknown", {"/offer/x", 404, "{}", 0}, JM_WALLET_OFFER_GONE},
        {"offer ended", {"/offer/x", 410, "{}", 0}, JM_WALLET_OFFER_GONE},
        {"offer refused", {"/offer/x", 403, "{\"error\":\"no\"}", 0}, JM_WALLET_OFFER_FETCH},
        {"offer broken", {"/offer/x", 500, "{}", 0}, JM_WALLET_SERVER_UNAVAILABLE},
        {"offer no JSON", {"/offer/x", 200, "<html>", 0}, JM_WALLET_OFFER_FORM},
        {"offer of another kind",
         {"/offer/x", 200,
          "{\"credential_issuer\":\"" I "\",\"credential_configuration_ids\":[\"m\"]}", 0},
         JM_WALLET_OFFER_FORM},
        {"an unknown issuer",
         {"/offer/x", 200,
          "{\"credential_issuer\":\"https://"
          "j.example\",\"credential_configuration_ids\":[\"m\"],\"grants\":{"
          "\"urn:ietf:params:oauth:grant-type:pre-authorized_code\":{\"pre-authorized_code\":\"c\"}"
          "}}",
          0},
         JM_WALLET_ISSUER_UNKNOWN},
        {"no ticket",
         {"/offer/x", 200,
          "{\"credential_issuer\":\"" I "\",\"credential_configuration_ids\":[\"m\"],\"grants\":{"
          "\"urn:ietf:params:oauth:grant-type:pre-authorized_code\":{\"pre-authorized_code\":\"c\"}"
          "}}",
          0},
         JM_WALLET_TICKET_MISSING},
        {"taken by another phone", {"/offer/x", 409, "{}", 1}, JM_WALLET_TICKET_TAKEN},
        {"ended meanwhile", {"/offer/x", 410, "{}", 1}, JM_WALLET_OFFER_GONE},
        {"no metadata", {"/.well-known/openid-credential-issuer", 0, NULL, 0}, JM_WALLET_METADATA},
        {"metadata not found",
         {"/.well-known/openid-credential-issuer", 404, "{}", 0},
         JM_WALLET_METADATA},
        {"metadata not found, though well formed",
         {"/.well-known/openid-credential-issuer", 404, META(I, I "/credential", I "/nonce"), 0},
         JM_WALLET_METADATA},
        {"metadata no JSON",
         {"/.well-known/openid-credential-issuer", 200, "<html>", 0},
         JM_WALLET_METADATA},
        {"metadata an array",
         {"/.well-known/openid-credential-issuer", 200, "[]", 0},
         JM_WALLET_METADATA},
        {"metadata of another",
         {"/.well-known/openid-credential-issuer", 200,
          META("https://j.example", I "/credential", I "/nonce"), 0},
         JM_WALLET_METADATA},
        {"no credential endpoint",
         {"/.well-known/openid-credential-issuer", 200,
          "{\"credential_issuer\":\"" I "\",\"nonce_endpoint\":\"" I "/nonce\","
          "\"credential_configurations_supported\":{" CARDS "}}",
          0},
         JM_WALLET_METADATA},
        {"credential endpoint by http",
         {"/.well-known/openid-credential-issuer", 200,
          META(I, "http://i.example/credential", I "/nonce"), 0},
         JM_WALLET_METADATA},
        {"nonce endpoint by http",
         {"/.well-known/openid-credential-issuer", 200,
          META(I, I "/credential", "http://127.0.0.1/nonce"), 0},
         JM_WALLET_METADATA},
        {"no server",
         {"/.well-known/oauth-authorization-server", 200, "{}", 0},
         JM_WALLET_METADATA},
        {"another server",
         {"/.well-known/oauth-authorization-server", 200, SERVER("https://j.example", I "/token"),
          0},
         JM_WALLET_METADATA},
        {"token endpoint by http",
         {"/.well-known/oauth-authorization-server", 200, SERVER(I, "http://i.example/token"), 0},
         JM_WALLET_METADATA},
        {"no provider", {"/provider/challenge", 0, NULL, 0}, JM_WALLET_PROVIDER},
        {"no challenge of it", {"/provider/challenge", 200, "{}", 0}, JM_WALLET_PROVIDER},
        {"it does not attest", {"/provider/attest", 403, "{}", 0}, JM_WALLET_PROVIDER},
        {"its attestation is none",
         {"/provider/attest", 200, "{\"client_attestation\":\"x\",\"key_attestation\":\"k\"}", 0},
         JM_WALLET_PROVIDER},
        {"it attests no keys",
         {"/provider/attest", 200, "{\"client_attestation\":\"x\"}", 1},
         JM_WALLET_PROVIDER},
        {"no attestation challenge", {"example/challenge", 200, "{}", 0}, JM_WALLET_METADATA},
        {"token refused",
         {"/token", 400, "{\"error\":\"invalid_grant\"}", 0},
         JM_WALLET_TOKEN_REFUSED},
        {"wrong code",
         {"/token", 400, "{\"error\":\"invalid_grant\",\"jumin_code\":\"JM_VCI_TX_CODE_WRONG\"}",
          0},
         JM_WALLET_MATCH_CODE_WRONG},
        {"a sentence about a wrong code",
         {"/token", 400,
          "{\"error\":\"invalid_grant\",\"error_description\":\"JM_VCI_TX_CODE_WRONG\"}", 0},
         JM_WALLET_TOKEN_REFUSED},
        {"token: taken",
         {"/token", 400, "{\"error\":\"invalid_grant\",\"jumin_code\":\"JM_VCI_TICKET_TAKEN\"}", 0},
         JM_WALLET_TICKET_TAKEN},
        {"a sentence about a ticket",
         {"/token", 400, "{\"error\":\"invalid_grant\",\"error_description\":\"ticket_taken\"}", 0},
         JM_WALLET_TOKEN_REFUSED},
        {"token: defect", {"/token", 503, "{}", 0}, JM_WALLET_SERVER_UNAVAILABLE},
        {"no token", {"/token", 200, "{\"token_type\":\"DPoP\"}", 0}, JM_WALLET_TOKEN_REFUSED},
        {"token a number",
         {"/token", 200, "{\"access_token\":1,\"token_type\":\"DPoP\"}", 0},
         JM_WALLET_TOKEN_REFUSED},
        {"refresh token a number",
         {"/token", 200, "{\"access_token\":\"t\",\"refresh_token\":1,\"token_type\":\"DPoP\"}", 0},
         JM_WALLET_TOKEN_REFUSED},
        {"a bearer token",
         {"/token", 200, "{\"access_token\":\"t\",\"token_type\":\"Bearer\"}", 0},
         JM_WALLET_TOKEN_REFUSED},
        {"a type of token as long",
         {"/token", 200, "{\"access_token\":\"t\",\"token_type\":\"DPoX\"}", 0},
         JM_WALLET_TOKEN_REFUSED},
        {"a type of token that begins so",
         {"/token", 200, "{\"access_token\":\"t\",\"token_type\":\"DPoPs\"}", 0},
         JM_WALLET_TOKEN_REFUSED},
        {"a type of token that ends too soon",
         {"/token", 200, "{\"access_token\":\"t\",\"token_type\":\"DPo\"}", 0},
         JM_WALLET_TOKEN_REFUSED},
        {"no type of token",
         {"/token", 200, "{\"access_token\":\"t\"}", 0},
         JM_WALLET_TOKEN_REFUSED},
        {"details no array",
         {"/token", 200, TOKEN(",\"authorization_details\":{}"), 0},
         JM_WALLET_TOKEN_REFUSED},
        {"details an object of what it should list",
         {"/token", 200,
          TOKEN(",\"authorization_details\":{\"x\":{\"credential_configuration_id\":\"m\","
                "\"credential_identifiers\":[\"x\"]}}"),
          0},
         JM_WALLET_TOKEN_REFUSED},
        {"details of other cards",
         {"/token", 200,
          TOKEN(",\"authorization_details\":[{\"credential_configuration_id\":\"z\"}]"), 0},
         JM_WALLET_TOKEN_REFUSED},
        {"details without identifiers",
         {"/token", 200,
          TOKEN(",\"authorization_details\":[{\"credential_configuration_id\":\"m\"}]"), 0},
         JM_WALLET_TOKEN_REFUSED},
        {"identifiers no array",
         {"/token", 200,
          TOKEN(",\"authorization_details\":[{\"credential_configuration_id\":\"m\",\"credential_"
                "identifiers\":\"x\"}]"),
          0},
         JM_WALLET_TOKEN_REFUSED},
        {"identifiers empty",
         {"/token", 200,
          TOKEN(",\"authorization_details\":[{\"credential_configuration_id\":\"m\",\"credential_"
                "identifiers\":[]}]"),
          0},
         JM_WALLET_TOKEN_REFUSED},
        {"an identifier a number",
         {"/token", 200,
          TOKEN(",\"authorization_details\":[{\"credential_configuration_id\":\"m\",\"credential_"
                "identifiers\":[1]}]"),
          0},
         JM_WALLET_TOKEN_REFUSED},
        {"an identifier empty",
         {"/token", 200,
          TOKEN(",\"authorization_details\":[{\"credential_configuration_id\":\"m\",\"credential_"
                "identifiers\":[\"\"]}]"),
          0},
         JM_WALLET_TOKEN_REFUSED},
        {"an identifier",
         {"/token", 200,
          TOKEN(",\"authorization_details\":[{\"credential_configuration_id\":\"m\",\"credential_"
                "identifiers\":[\"x\"]}]"),
          0},
         JM_CODE_NONE},
        {"no nonce", {"/nonce", 200, "{}", 0}, JM_WALLET_METADATA},
        {"nonce endpoint away", {"/nonce", 0, NULL, 0}, JM_WALLET_SERVER_UNAVAILABLE},
        {"card refused",
         {"/credential", 403, "{\"error\":\"access_denied\"}", 0},
         JM_WALLET_CREDENTIAL_REFUSED},
        {"card refused, cards beside",
         {"/credential", 202, "{\"credentials\":[]}", 0},
         JM_WALLET_CREDENTIAL_REFUSED},
        {"card: defect", {"/credential", 500, "{}", 0}, JM_WALLET_SERVER_UNAVAILABLE},
        {"no card", {"/credential", 200, "{}", 0}, JM_WALLET_CREDENTIAL_INVALID},
    };

    for (size_t i = 0; i < JM_ARRAY_LEN(rows); i++) {
        usually();
        change = rows[i].change;
        begin();
        ROW(CHECK_EQ(issued(), rows[i].code), rows[i].name);
        end();
    }
}

/* I-23: each member that a server writes, at its bound and one beyond. */
TEST(members_of_answers_have_bounds)
{
    static const struct {
        const char *name, *at, *before, *after;
        size_t max;
        enum jm_code code;
        unsigned nth;
    } rows[] = {
        {"challenge of the provider", "/provider/challenge", "{\"challenge\":\"", "\"}",
         JM_NONCE_TEXT_MAX, JM_WALLET_PROVIDER, 0},
        {"attestation_challenge", "example/challenge", "{\"attestation_challenge\":\"", "\"}",
         JM_NONCE_TEXT_MAX, JM_WALLET_METADATA, 0},
        {"c_nonce", "/nonce", "{\"c_nonce\":\"", "\"}",
         2048 /* those of others are JWTs or JWEs of some 700 */, JM_WALLET_METADATA, 0},
        {"access_token", "/token", "{\"token_type\":\"DPoP\",\"access_token\":\"", "\"}", 16384,
         JM_WALLET_TOKEN_REFUSED, 0},
        {"refresh_token", "/token",
         "{\"token_type\":\"DPoP\",\"access_token\":\"t\",\"refresh_token\":\"", "\"}", 16384,
         JM_WALLET_TOKEN_REFUSED, 0},
        {"a credential identifier", "/token",
         "{\"token_type\":\"DPoP\",\"access_token\":\"t\",\"authorization_details\":[{\"credential_"
         "configuration_id\":\"m\","
         "\"credential_identifiers\":[\"",
         "\"]}]}", JM_VCI_ID_MAX, JM_WALLET_TOKEN_REFUSED, 0},
        {"token_endpoint", "/.well-known/oauth-authorization-server",
         "{\"issuer\":\"" I "\",\"challenge_endpoint\":\"" I "/challenge\",\"token_endpoint\":\"" I
         "/",
         "/token\"}", JM_URL_MAX - sizeof I "/token" + 1 - 1, JM_WALLET_METADATA, 0},
        {"credential_endpoint", "/.well-known/openid-credential-issuer",
         "{\"credential_issuer\":\"" I "\",\"nonce_endpoint\":\"" I
         "/nonce\",\"batch_credential_issuance\":{\"batch_size\":2},"
         "\"credential_configurations_supported\":{" CARDS "},"
         "\"credential_endpoint\":\"" I "/",
         "/credential\"}", JM_URL_MAX - sizeof I "/credential" + 1 - 1, JM_WALLET_METADATA, 0},
        {"key_attestation", "/provider/attest",
         "{\"client_attestation\":\"e30.eyJzdWIiOiJ3In0.AA\",\"key_attestation\":\"", "\"}",
         JM_JWT_MAX, JM_WALLET_PROVIDER, 1},
    };
    char *text = (char *)test_malloc(JM_JWT_MAX + 2048);

    for (size_t i = 0; i < JM_ARRAY_LEN(rows); i++)
        for (size_t over = 0; over < 2; over++) {
            size_t at = strlen(rows[i].before);

            memcpy(text, rows[i].before, at);
            memset(text + at, 'x', rows[i].max + over);
            memcpy(text + at + rows[i].max + over, rows[i].after, strlen(rows[i].after) + 1);
            usually();
            change = (struct change){rows[i].at, 200, text, rows[i].nth};
            begin();
            ROW(CHECK_EQ(issued(), over ? rows[i].code : JM_CODE_NONE), rows[i].name);
            end();
        }
}

/* A wrong match code ends nothing, and is not the end of a card that another phone has. */
TEST(a_wrong_code_may_be_typed_again)
{
    usually();
    change = (struct change){"/token", 400,
                             "{\"error\":\"invalid_grant\",\"error_description\":\"wrong\",\"jumin_"
                             "code\":\"JM_VCI_TX_CODE_"
                             "WRONG\"}",
                             0};
    begin();
    CHECK_EQ(issued(), JM_WALLET_MATCH_CODE_WRONG);
    CHECK_EQ(jm_vci_state(e), JM_VCI_BOUND);
    CHECK_STR(jm_vci_server_says(e), "invalid_grant: wrong");
    change.at = NULL;
    CHECK_OK(drive(jm_vci_event(e, JM_EVENT_MESSAGE, JM_BYTES("123456"), KIT_NOW)));
    CHECK_EQ(jm_vci_state(e), JM_VCI_DONE);
    end();
}

/* A wallet keeps nothing that a verifier would refuse, nor what is bound to no key of its own. */
TEST(cards_that_are_not_kept)
{
    static const enum copies bad[] = {FOREIGN_KEY,   ONE_FOREIGN, ONE_KEY_TWICE,
                                      BAD_SIGNATURE, NO_BASE64,   NO_TEXT,
                                      ONE_TOO_MANY,  NONE,        NO_ARRAY};

    for (int sd = 0; sd < 2; sd++)
        for (size_t i = 0; i < JM_ARRAY_LEN(bad); i++) {
            struct jm_vci_result r;

            usually();
            ids = ticket_ids = sd ? "\"s\"" : "\"m\"";
            copies = bad[i];
            begin();
            CHECK_EQ(issued(), JM_WALLET_CREDENTIAL_INVALID);
            CHECK_ST(jm_vci_result(&r, e), JM_E_CONFLICT);
            CHECK_EQ(e->n_copies, 0);
            if (bad[i] == NO_BASE64 && !sd)
                CHECK_STR(jm_vci_diag(e)->detail, "not base64url");
            end();
        }
}

TEST(cards_that_are_offered)
{
    static const struct {
        const char *name, *ids, *ticket;
        bool provider, sdjwt;
        enum jm_code code;
        const char *detail;
    } rows[] = {
        {"one of them unknown", "\"m\",\"f\"", NULL, true, true, JM_CODE_NONE, NULL},
        {"not in the metadata", "\"z\"", NULL, true, true, JM_WALLET_METADATA,
         "the offered card is not in the metadata"},
        {"another format", "\"f\"", NULL, true, true, JM_WALLET_METADATA,
         "the offered card is in a format that is not known"},
        {"without a type", "\"t\"", NULL, true, true, JM_WALLET_METADATA,
         "doctype or vct is missing"},
        {"not its issuer's", "\"s\"", NULL, true, false, JM_WALLET_ISSUER_UNKNOWN, NULL},
        {"another ticket", "\"m\"", "\"s\"", true, true, JM_WALLET_TICKET_INVALID, NULL},
        {"a ticket for fewer", "\"m\",\"s\"", "\"m\"", true, true, JM_WALLET_TICKET_INVALID, NULL},
        {"a ticket for more", "\"m\"", "\"m\",\"s\"", true, true, JM_WALLET_TICKET_INVALID, NULL},
        {"no provider registered", "\"m\"", NULL, false, true, JM_WALLET_PROVIDER, NULL},
        {"eight", "\"m\",\"a\",\"b\",\"c\",\"d\",\"g\",\"h\",\"j\"", NULL, true, true, JM_CODE_NONE,
         NULL},
        {"nine", "\"m\",\"a\",\"b\",\"c\",\"d\",\"g\",\"h\",\"j\",\"k\"", NULL, true, true,
         JM_WALLET_TOKEN_REFUSED, NULL},
    };

    for (size_t i = 0; i < JM_ARRAY_LEN(rows); i++) {
        usually();
        ids = rows[i].ids;
        ticket_ids = rows[i].ticket == NULL ? ids : rows[i].ticket;
        known_provider = rows[i].provider;
        serves_sdjwt = rows[i].sdjwt;
        begin();
        ROW(CHECK_EQ(issued(), rows[i].code), rows[i].name);
        if (rows[i].detail != NULL)
            ROW(CHECK_STR(jm_vci_diag(e)->detail, rows[i].detail), rows[i].name);
        end();
    }
}

/* A server that is away, or a page in its place, is not another issuer: what is told may pass. */
TEST(metadata_that_are_no_document)
{
    static const struct change rows[] = {{"/.well-known/openid-credential-issuer", 404, "{}", 0},
                                         {"/.well-known/openid-credential-issuer", 200, "<html>",
                                          0},
                                         {"/.well-known/openid-credential-issuer", 200, "[]", 0},
                                         {"/.well-known/oauth-authorization-server", 200, "\"x\"",
                                          0}};

    for (size_t i = 0; i < JM_ARRAY_LEN(rows); i++) {
        usually();
        change = rows[i];
        begin();
        CHECK_ST(drive(jm_vci_event(e, JM_EVENT_START, JM_BYTES(OFFER_URL), KIT_NOW)),
                 JM_E_UNAVAILABLE);
        CHECK_EQ(jm_vci_diag(e)->code, JM_WALLET_METADATA);
        end();
    }
}

TEST(a_stale_trust_set_decides_nothing)
{
    usually();
    begin();
    trust.next_update = KIT_NOW - 1;
    CHECK_ST(drive(jm_vci_event(e, JM_EVENT_START, JM_BYTES(OFFER_URL), KIT_NOW)),
             JM_E_UNAVAILABLE);
    CHECK_EQ(jm_vci_diag(e)->code, JM_TRUST_STALE);
    end();
}

TEST(an_offer_lies_at_its_issuer)
{
    static const struct {
        const char *url;
        enum jm_status st;
        enum jm_code code;
    } rows[] = {
        {"openid-credential-offer://"
         "?credential_offer_uri=https%3A%2F%2Felsewhere.example%2Foffer%2Fx",
         JM_E_DENIED, JM_WALLET_ISSUER_UNKNOWN},
        {"openid-credential-offer://?credential_offer_uri=https%3A%2F%2Fi.example.org%2Foffer%2Fx",
         JM_E_DENIED, JM_WALLET_ISSUER_UNKNOWN},
        {"openid-credential-offer://?credential_offer_uri=http%3A%2F%2Fi.example%2Foffer%2Fx",
         JM_E_DENIED, JM_WALLET_OFFER_FETCH},
        {"openid-credential-offer://?credential_offer=%7B%7D", JM_E_MALFORMED, JM_WALLET_OFFER_URI},
    };

    for (size_t i = 0; i < JM_ARRAY_LEN(rows); i++) {
        usually();
        begin();
        ROW(CHECK_ST(drive(jm_vci_event(e, JM_EVENT_START, jm_str(rows[i].url), KIT_NOW)),
                     rows[i].st) &&
                CHECK_EQ(jm_vci_diag(e)->code, rows[i].code) &&
                CHECK_EQ(jm_vci_state(e), JM_VCI_FAILED),
            rows[i].url);
        end();
    }
}

/* -- states, and what is saved -- */

static struct jm_vci_saved saved(void)
{
    return (struct jm_vci_saved){.issuer = JM_BYTES(I),
                                 .token_endpoint = JM_BYTES(I "/token"),
                                 .nonce_endpoint = JM_BYTES(I "/nonce"),
                                 .challenge_endpoint = JM_BYTES(I "/challenge"),
                                 .credential_endpoint = JM_BYTES(I "/credential"),
                                 .provider = JM_BYTES(W),
                                 .refresh_token = JM_BYTES("r"),
                                 .deletion_endpoint = JM_BYTES(I "/deletion"),
                                 .match_code = true,
                                 .sign = "ab",
                                 .configuration = {{JM_BYTES("m"), JM_BYTES(KIT_DOCTYPE),
                                                    JM_FMT_MDOC, 2}},
                                 .n = 1};
}

TEST(events_out_of_turn)
{
    struct jm_vci_saved s = saved();

    usually();
    begin();
    CHECK_ST(jm_vci_event(e, JM_EVENT_MESSAGE, JM_BYTES("123456"), KIT_NOW), JM_E_CONFLICT);
    CHECK_EQ(jm_vci_state(e), JM_VCI_NEW);
    CHECK_EQ(issued(), JM_CODE_NONE);
    CHECK_ST(jm_vci_event(e, JM_EVENT_START, JM_BYTES(OFFER_URL), KIT_NOW), JM_E_CONFLICT);
    CHECK_ST(jm_vci_event(e, JM_EVENT_MESSAGE, JM_BYTES("123456"), KIT_NOW), JM_E_CONFLICT);
    CHECK_ST(jm_vci_event(e, JM_EVENT_CANCEL, jm_none(), KIT_NOW), JM_E_CONFLICT);
    CHECK_ST(jm_vci_load(e, &s), JM_E_CONFLICT);
    CHECK_ST(jm_vci_refresh(e, &s, KIT_NOW), JM_E_CONFLICT);
    CHECK_ST(jm_vci_event(e, (enum jm_event)9, jm_none(), KIT_NOW), JM_E_BUG);
    CHECK_EQ(jm_vci_state(e), JM_VCI_DONE);
    end();
}

TEST(copies_again_and_an_end)
{
    struct jm_vci_saved s = saved();
    struct jm_vci_result r;

    usually();
    begin();
    CHECK_OK(drive(jm_vci_refresh(e, &s, KIT_NOW)));
    CHECK_OK(jm_vci_result(&r, e));
    CHECK_EQ(r.n, BATCH);
    end();
    begin();
    CHECK_OK(drive(jm_vci_delete(e, &s, KIT_NOW)));
    CHECK_EQ(jm_vci_state(e), JM_VCI_DONE);
    end();
    change = (struct change){"/deletion", 403, "{}", 0};
    begin();
    CHECK_ST(drive(jm_vci_delete(e, &s, KIT_NOW)), JM_E_DENIED);
    CHECK_EQ(jm_vci_diag(e)->code, JM_WALLET_DELETE_REFUSED);
    end();
    usually();
    begin();
    s.deletion_endpoint = jm_none();
    CHECK_ST(jm_vci_delete(e, &s, KIT_NOW), JM_E_CONFLICT);
    end();
    begin();
    s.refresh_token = jm_none();
    CHECK_ST(jm_vci_refresh(e, &s, KIT_NOW), JM_E_CONFLICT);
    end();
    begin();
    s = saved();
    s.issuer = JM_BYTES("https://j.example");
    CHECK_ST(jm_vci_refresh(e, &s, KIT_NOW), JM_E_DENIED);
    CHECK_EQ(jm_vci_diag(e)->code, JM_WALLET_ISSUER_UNKNOWN);
    CHECK_EQ(jm_vci_state(e), JM_VCI_NEW);
    end();
}

#define OFF                                                                        \
    "{\"error\":\"x\",\"error_description\":\"JM_VCI_CARD_NOT_ACTIVE: the card\"," \
    "\"jumin_code\":\"JM_VCI_CARD_NOT_ACTIVE\"}"

/* Only who decides about the card is heard about it: the issuer, at the endpoints that say so.
 * docs/protocol/errors.md */
TEST(whose_code_counts)
{
    static const struct {
        const char *name;
        struct change change;
        bool ends; /* by jm_vci_delete() */
        enum jm_code refusal;
    } rows[] = {
        {"token", {"/token", 400, OFF, 0}, false, JM_VCI_CARD_NOT_ACTIVE},
        {"token, at the end", {"/token", 400, OFF, 0}, true, JM_VCI_CARD_NOT_ACTIVE},
        {"credential", {"/credential", 403, OFF, 0}, false, JM_VCI_CARD_NOT_ACTIVE},
        {"deletion", {"/deletion", 400, OFF, 0}, true, JM_VCI_CARD_NOT_ACTIVE},
        {"the provider's challenge", {"/provider/challenge", 400, OFF, 0}, false, JM_CODE_NONE},
        {"the provider", {"/provider/attest", 400, OFF, 0}, false, JM_CODE_NONE},
        {"the provider, of the keys", {"/provider/attest", 400, OFF, 1}, false, JM_CODE_NONE},
        {"the provider, at the end", {"/provider/attest", 403, OFF, 0}, true, JM_CODE_NONE},
        {"challenge", {"example/challenge", 400, OFF, 0}, false, JM_CODE_NONE},
        {"nonce", {"/nonce", 400, OFF, 0}, false, JM_CODE_NONE},
        {"a defect", {"/token", 500, OFF, 0}, false, JM_CODE_NONE},
        {"a redirect", {"/token", 302, OFF, 0}, false, JM_CODE_NONE},
        {"a sentence",
         {"/token", 400, "{\"error\":\"x\",\"error_description\":\"JM_VCI_CARD_NOT_ACTIVE\"}", 0},
         false,
         JM_CODE_NONE},
        {"a number",
         {"/token", 400, "{\"error\":\"x\",\"jumin_code\":1823}", 0},
         false,
         JM_CODE_NONE},
        {"a name that is none",
         {"/token", 400, "{\"error\":\"x\",\"jumin_code\":\"JM_VCI_CARD_NOT_ACTIVE2\"}", 0},
         false,
         JM_CODE_NONE},
    };
    struct jm_vci_saved s = saved();

    for (size_t i = 0; i < JM_ARRAY_LEN(rows); i++) {
        usually();
        change = rows[i].change;
        begin();
        ROW(CHECK(drive(rows[i].ends ? jm_vci_delete(e, &s, KIT_NOW)
                                     : jm_vci_refresh(e, &s, KIT_NOW)) != JM_OK) &&
                CHECK_EQ(jm_vci_refusal(e), rows[i].refusal),
            rows[i].name);
        end();
    }
    usually();
}

TEST(what_is_saved_is_read)
{
    struct jm_vci_saved s = saved(), x;
    struct jm_bytes octets;

    usually();
    begin();
    CHECK_OK(jm_vci_save(&octets, &s, &K.mem));
    CHECK_OK(jm_vci_saved_read(&x, octets));
    CHECK_STR(x.issuer, I);
    CHECK_STR(x.configuration[0].type, KIT_DOCTYPE);
    CHECK(x.match_code && strcmp(x.sign, "ab") == 0 && x.n == 1 &&
          x.configuration[0].batch_max == 2);
    for (size_t len = 0; len < octets.len; len++)
        CHECK(jm_vci_saved_read(&x, exact(jm_slice(octets, 0, len))) != JM_OK);
    CHECK_ST(jm_vci_saved_read(&x, kit_splice(&K, octets,
                                              JM_BYTES("\x62"
                                                       "ab"),
                                              JM_BYTES("\x63"
                                                       "abc"))),
             JM_E_MALFORMED);
    CHECK_ST(jm_vci_saved_read(&x, kit_splice(&K, octets,
                                              JM_BYTES("\x62"
                                                       "ab"),
                                              JM_BYTES("\x61"
                                                       "a"))),
             JM_E_MALFORMED);
    CHECK_OK(jm_vci_saved_read(&x, kit_splice(&K, octets,
                                              JM_BYTES("\x62"
                                                       "ab"),
                                              JM_BYTES("\x60"))));
    CHECK_ST(jm_vci_saved_read(&x,
                               kit_splice(&K, octets, JM_BYTES("\x90\x01"), JM_BYTES("\x90\x02"))),
             JM_E_MALFORMED);
    CHECK_ST(jm_vci_saved_read(&x, kit_splice(&K, octets, JM_BYTES("\x90\x01"),
                                              JM_BYTES("\x91\x01\x60"))),
             JM_E_MALFORMED);
    CHECK_ST(jm_vci_saved_read(&x, kit_splice(&K, octets, JM_BYTES("\x84\x61m"),
                                              JM_BYTES("\x85\x00\x61m"))),
             JM_E_MALFORMED);
    s.n = JM_VCI_CONFIGURATIONS_MAX;
    for (size_t i = 1; i < s.n; i++)
        s.configuration[i] = s.configuration[0];
    CHECK_OK(jm_vci_save(&octets, &s, &K.mem));
    CHECK_OK(jm_vci_saved_read(&x, octets));
    struct jm_bytes one = JM_BYTES("\x84\x61m\x77" KIT_DOCTYPE "\x01\x02"), two[2] = {one, one},
                    both;
    KIT_MUST(jm_concat(&both, &K.mem, two, 2));
    octets = kit_splice(&K, octets, JM_BYTES("\x98\x40"), JM_BYTES("\x98\x41"));
    CHECK_ST(jm_vci_saved_read(&x, kit_splice(&K, octets, one, both)), JM_E_LIMIT);
    end();
}
