/* SPDX-License-Identifier: Apache-2.0 */
/* The wallet's issuance against an issuer and a provider that a test makes err: one answer changed,
 * one reason told. */
#include "unit/test.h"

#include "jumin/form.h"
#include "jumin/oid4vci.h"
#include "jumin/sdjwt.h"
#include "unit/cred/jose_kit.h"

#define I "https://i.example"
#define W "https://w.example"
#define VCT "urn:x:1"
#define BATCH 2
#define ROOM (8 * JM_MIB)
#define OFFER_URL \
    "openid-credential-offer://?credential_offer_uri=https%3A%2F%2Fi.example%2Foffer%2Fx"

static struct jm_key *meta_key, *sd_key, *ticket_key, *card_key[BATCH * JM_VCI_ROUNDS_MAX];
static struct jm_vci_key keys[BATCH * JM_VCI_ROUNDS_MAX];
static struct jm_bytes meta_ca, sd_ca, ticket_leaf, sd_leaf;
static struct jm_trust trust;
static struct jm_vci engine, *const e = &engine;
static void *memory;

/* What the outside answers otherwise than usual, at one address (its end), from the nth time on. */
static struct change {
    const char *at;
    int status; /* 0: nobody answers */
    const char *body;
    unsigned nth;
} change;
static unsigned seen, posted; /* requests at that address; batches so far */
static enum copies {
    GOOD,
    FOREIGN_KEY,
    ONE_KEY_TWICE,
    BAD_SIGNATURE,
    NO_BASE64,
    NO_TEXT,
    ONE_TOO_MANY,
    NONE,
    NO_ARRAY,
    ONE,
    ONE_FOREIGN
} copies;
static const char *ids = "\"m\",\"s\"", *ticket_ids = "\"m\",\"s\"";
static bool known_provider, serves_sdjwt;
static const char *own_id = I, *told_id = I; /* as registered and offered; as its metadata say */
static char asked[2][128];                   /* where its metadata were looked for */

/* -- country -- */

static struct jm_bytes authority(const char *cn, const struct jm_key *own)
{
    struct jm_cert_spec s = K.iaca_spec;

    s.cn = jm_str(cn);
    KIT_MUST(jm_key_point(&s.key, own));
    return kit_cert(&K, &s, own);
}

static struct jm_bytes below(struct jm_bytes ca_der, const struct jm_key *ca, const char *cn,
                             const struct jm_key *own)
{
    struct jm_cert_spec s = K.dsc_spec;
    struct jm_cert up;

    KIT_MUST(jm_cert_parse(&up, ca_der));
    s.cn = jm_str(cn);
    s.issuer_der = up.subject.der;
    s.authority_key_id = up.ski;
    s.eku[0] = s.eku[1] = jm_none();
    s.eku_critical = false;
    s.uri = JM_BYTES(I);
    KIT_MUST(jm_key_point(&s.key, own));
    return kit_cert(&K, &s, ca);
}

static struct jm_trust_entry entry[8];
static size_t n_entries;

static void record(struct jm_bytes key, struct jm_bytes body)
{
    entry[n_entries].key = key;
    KIT_MUST(jm_record_write(&entry[n_entries++].record, 1, JM_RECORD_ACTIVE, body, &K.mem));
}

static void record_cert(enum jm_cert_purpose purpose, struct jm_bytes der)
{
    const struct jm_bytes doctype = JM_BYTES(KIT_DOCTYPE);
    struct jm_bytes key, body;

    KIT_MUST(jm_body_cert(&body, purpose, JM_BYTES("kr-x"), der, &doctype, purpose == JM_CERT_IACA,
                          &K.mem));
    KIT_MUST(jm_trust_key_hash(&key, "cert/", &jm_crypto_openssl, der, &K.mem));
    record(key, body);
}

static void make_trust(void)
{
    const struct jm_type_paths served[] = {{JM_FMT_MDOC, JM_BYTES(KIT_DOCTYPE), NULL, 0},
                                           {JM_FMT_SDJWT, JM_BYTES(VCT), NULL, 0}};
    const struct jm_issuer_record issuer = {.id = JM_BYTES("kr-x"),
                                            .country = JM_BYTES("KR"),
                                            .name = {{NULL, 0}, JM_BYTES("Issuer")},
                                            .identifier = {jm_str(own_id)},
                                            .n_identifiers = 1};
    const struct jm_wallet_record provider = {.id = JM_BYTES("kr-w"),
                                              .name = {{NULL, 0}, JM_BYTES("Provider")},
                                              .base = JM_BYTES(W)};
    struct jm_trust_spec s = {.issued_at = KIT_NOW - 1,
                              .next_update = KIT_NOW + 1000,
                              .version = 1,
                              .entry = entry};
    struct jm_bytes body, octets;

    n_entries = 0;
    KIT_MUST(jm_body_issuer(&body, &issuer, served, serves_sdjwt ? 2 : 1, &K.mem));
    record(JM_BYTES("issuer/kr-x"), body);
    record_cert(JM_CERT_IACA, K.iaca_der);
    record_cert(JM_CERT_SDJWT_CA, sd_ca);
    record_cert(JM_CERT_METADATA_CA, meta_ca);
    if (known_provider) {
        KIT_MUST(jm_body_wallet(&body, &provider, JM_BYTES("kr-x"), &K.mem));
        record(JM_BYTES("wallet/kr-w"), body);
    }
    s.n = n_entries;
    KIT_MUST(jm_trust_write(&octets, &s, &K.mem));
    KIT_MUST(jm_trust_open(&trust, octets, &K.mem));
}

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

    kit_begin(&K);
    meta_key = kit_key(11);
    sd_key = kit_key(12);
    ticket_key = kit_key(13);
    meta_ca = authority("Metadata", meta_key);
    sd_ca = authority("SD", sd_key);
    ticket_leaf = below(meta_ca, meta_key, "Tickets", ticket_key);
    sd_leaf = below(sd_ca, sd_key, "Issuer", K.other_key);
    for (size_t i = 0; i < JM_ARRAY_LEN(keys); i++) {
        card_key[i] = kit_key((uint8_t)(40 + i));
        keys[i].handle = jm_bytes(&"0123456789abcdef"[i], 1);
        KIT_MUST(jm_key_point(&keys[i].point, card_key[i]));
    }
    KIT_MUST(jm_key_point(&c.instance.point, K.device_key));
    KIT_MUST(jm_key_point(&c.dpop.point, K.reader_key));
    make_trust();
    memory = malloc(ROOM);
    KIT_MUST(jm_vci_init(e, &c, memory, ROOM));
    seen = posted = 0;
}

static void end(void)
{
    jm_arena_reset(&e->keep);
    jm_arena_reset(&e->scratch);
    jm_arena_reset(&e->booked);
    memset(e, 0, sizeof *e);
    free(memory);
    jm_key_free(&meta_key);
    jm_key_free(&sd_key);
    jm_key_free(&ticket_key);
    for (size_t i = 0; i < JM_ARRAY_LEN(card_key); i++)
        jm_key_free(&card_key[i]);
    kit_end(&K);
}

/* -- the outside -- */

static const char *offer(void)
{
    struct jm_bytes t =
        token_of(text_of("{\"alg\":\"ES256\",\"typ\":\"jumin-desk-ticket+jwt\",\"x5c\":[\"%s\"]}",
                         x5c_of(ticket_leaf)),
                 text_of("{\"iss\":\"%s\",\"jti\":\"j\",\"iat\":%lld,\"exp\":%lld,\"credential_"
                         "configuration_ids\":[%s]}",
                         own_id, (long long)KIT_NOW, (long long)KIT_NOW + 100, ticket_ids),
                 ticket_key);

    return text_of("{\"credential_issuer\":\"%s\",\"credential_configuration_ids\":[%s],\"jumin_"
                   "ticket\":\"%.*s\","
                   "\"grants\":{\"urn:ietf:params:oauth:grant-type:pre-authorized_code\":{\"pre-"
                   "authorized_code\":\"c\",\"tx_code\":{}}}}",
                   own_id, ids, (int)t.len, (const char *)t.ptr);
}

#define MDOC_OF(id) "\"" id "\":{\"format\":\"mso_mdoc\",\"doctype\":\"" KIT_DOCTYPE "\"}"
/* clang-format off */
#define CARDS \
    MDOC_OF("m") ",\"s\":{\"format\":\"dc+sd-jwt\",\"vct\":\"" VCT "\"}," \
    "\"f\":{\"format\":\"jwt_vc\",\"vct\":\"" VCT "\"},\"t\":{\"format\":\"mso_mdoc\"}," \
    MDOC_OF("a") "," MDOC_OF("b") "," MDOC_OF("c") "," MDOC_OF("d") "," MDOC_OF("g") "," \
    MDOC_OF("h") "," MDOC_OF("j") "," MDOC_OF("k") "," MDOC_OF("l")
/* clang-format on */
#define META(issuer, credential, nonce)                                                         \
    "{\"credential_issuer\":\"" issuer "\",\"credential_endpoint\":\"" credential               \
    "\",\"nonce_endpoint\":\"" nonce "\",\"jumin_deletion_endpoint\":\"" I                      \
    "/deletion\",\"batch_credential_issuance\":{\"batch_size\":2},\"credential_configurations_" \
    "supported\":{" CARDS "}}"
#define SERVER(issuer, token)                                                                 \
    "{\"issuer\":\"" issuer "\",\"token_endpoint\":\"" token "\",\"challenge_endpoint\":\"" I \
    "/challenge\"}"
#define TOKEN(more) \
    "{\"access_token\":\"t\",\"refresh_token\":\"r\",\"token_type\":\"DPoP\"" more "}"

static struct jm_bytes an_mdoc(size_t key)
{
    struct jm_mdoc_spec s = kit_spec(&K);
    struct jm_bytes text, octets;

    s.device_key = copies == FOREIGN_KEY || copies == ONE_FOREIGN
                       ? e->config.instance.point
                       : keys[copies == ONE_KEY_TWICE ? key - key % BATCH : key].point;
    octets = kit_issue(&K, &s);
    if (copies == BAD_SIGNATURE)
        octets = kit_swap(&K, octets, "Synth", "Xynth", 5);
    KIT_MUST(jm_b64url_encode(&text, &K.mem, octets));
    return text;
}

static struct jm_bytes an_sdjwt(size_t key)
{
    const struct jm_sdjwt_claim claim = {JM_BYTES("age_over_19"), JM_BYTES("true")};
    struct jm_sdjwt_spec s = {.vct = JM_BYTES(VCT),
                              .claim = &claim,
                              .n = 1,
                              .iat = KIT_NOW - 5,
                              .nbf = KIT_NOW - 5,
                              .exp = KIT_NOW + KIT_DAY,
                              .status_uri = JM_BYTES("https://status.example/1"),
                              .status_idx = 4,
                              .x5c = &sd_leaf,
                              .n_x5c = 1};
    struct jm_sdjwt_draft d;
    struct jm_bytes out;
    uint8_t sig[JM_SIG_LEN];

    s.holder = copies == FOREIGN_KEY || copies == ONE_FOREIGN
                   ? e->config.instance.point
                   : keys[copies == ONE_KEY_TWICE ? key - key % BATCH : key].point;
    KIT_MUST(jm_sdjwt_issue_begin(&d, &s, kit_random(&K, jm_sdjwt_random_len(&s)),
                                  &jm_crypto_openssl, &K.mem));
    KIT_MUST(jm_key_sign(copies == BAD_SIGNATURE ? K.dsc_key : K.other_key, d.jws.to_sign, sig));
    KIT_MUST(jm_sdjwt_issue_finish(&out, &d, sig, &K.mem));
    return out;
}

static struct jm_bytes batch(bool mdoc)
{
    size_t n = copies == ONE_TOO_MANY                   ? BATCH + 1
               : copies == ONE || copies == ONE_FOREIGN ? 1
               : copies == NONE                         ? 0
                                                        : BATCH;
    struct jm_json_w w;
    struct jm_buf b;

    KIT_MUST(jm_alloc_buf(&b, &K.mem, 32 * JM_KIB));
    jm_json_w_init(&w, &b);
    jm_json_w_open(&w, '{');
    jm_json_w_name(&w, "credentials");
    if (copies == NO_ARRAY)
        jm_json_w_text(&w, JM_BYTES("none"));
    else
        jm_json_w_open(&w, '[');
    for (size_t i = 0; i < n && copies != NO_ARRAY; i++) {
        size_t key = posted * BATCH + i % BATCH;

        jm_json_w_open(&w, '{');
        if (copies == NO_TEXT)
            jm_json_w_mint(&w, "credential", 1);
        else
            jm_json_w_mtext(&w, "credential",
                            copies == NO_BASE64 ? JM_BYTES("a+b=")
                            : mdoc              ? an_mdoc(key)
                                                : an_sdjwt(key));
        jm_json_w_close(&w, '}');
    }
    if (copies != NO_ARRAY)
        jm_json_w_close(&w, ']');
    jm_json_w_close(&w, '}');
    KIT_MUST(jm_json_w_end(&w));
    posted++;
    return jm_written(b);
}

static bool ends(struct jm_bytes url, const char *with)
{
    struct jm_bytes w = jm_str(with);

    return url.len >= w.len && jm_bytes_eq(jm_slice(url, url.len - w.len, SIZE_MAX), w);
}

/* An issuer whose identifier has a path answers where its identifier says, and nowhere else. */
static struct jm_bytes usual_elsewhere(const struct jm_http_ask *h)
{
    bool server = jm_bytes_find(h->url, JM_BYTES("oauth-authorization-server")) != SIZE_MAX;

    (void)snprintf(asked[server ? 1 : 0], sizeof asked[0], "%.*s", (int)h->url.len,
                   (const char *)h->url.ptr);
    return jm_str(server ? text_of("{\"issuer\":\"%s\",\"token_endpoint\":\"" I
                                   "/token\",\"challenge_endpoint\":\"" I "/challenge\"}",
                                   told_id)
                         : text_of("{\"credential_issuer\":\"%s\",\"credential_endpoint\":\"" I
                                   "/credential\",\"nonce_endpoint\":\"" I "/nonce\","
                                   "\"batch_credential_issuance\":{\"batch_size\":2},\"credential_"
                                   "configurations_supported\":{" CARDS "}}",
                                   told_id));
}

static struct jm_bytes usual(const struct jm_http_ask *h)
{
    if (strcmp(own_id, I) != 0 && jm_bytes_find(h->url, JM_BYTES("/.well-known/")) != SIZE_MAX)
        return usual_elsewhere(h);
    if (ends(h->url, "/offer/x"))
        return jm_str(offer());
    if (ends(h->url, "/.well-known/openid-credential-issuer"))
        return JM_BYTES(META(I, I "/credential", I "/nonce"));
    if (ends(h->url, "/.well-known/oauth-authorization-server"))
        return JM_BYTES(SERVER(I, I "/token"));
    if (ends(h->url, "/provider/attest"))
        return jm_str(text_of(
            "{\"client_attestation\":\"%.*s\",\"key_attestation\":\"k\"}",
            (int)token_of("{\"alg\":\"ES256\"}", "{\"sub\":\"w\"}", K.other_key).len,
            (const char *)token_of("{\"alg\":\"ES256\"}", "{\"sub\":\"w\"}", K.other_key).ptr));
    if (ends(h->url, "/provider/challenge"))
        return JM_BYTES("{\"challenge\":\"p\"}");
    if (ends(h->url, "/challenge"))
        return JM_BYTES("{\"attestation_challenge\":\"c\"}");
    if (ends(h->url, "/token"))
        return JM_BYTES(TOKEN(""));
    if (ends(h->url, "/nonce"))
        return JM_BYTES("{\"c_nonce\":\"n\"}");
    if (ends(h->url, "/credential"))
        return batch(jm_bytes_find(h->body, JM_BYTES("_id\":\"s\"")) == SIZE_MAX);
    return JM_BYTES("{}");
}

static const struct jm_key *key_of(struct jm_bytes handle)
{
    for (size_t i = 0; i < JM_ARRAY_LEN(keys); i++)
        if (jm_bytes_eq(handle, keys[i].handle))
            return card_key[i];
    return jm_bytes_eq_str(handle, "i") ? K.device_key : K.reader_key;
}

static enum jm_status sign(void *ctx, enum jm_alg alg, struct jm_bytes handle, struct jm_bytes data,
                           uint8_t sig[JM_SIG_LEN])
{
    (void)ctx, (void)alg;
    return jm_key_sign(key_of(handle), data, sig);
}

static enum jm_status not_random(void *ctx, uint8_t *out, size_t len)
{
    (void)ctx;
    memset(out, 0, len);
    return JM_OK;
}

static enum jm_status outside(void *ctx, const struct jm_http_ask *h, struct jm_http_answer *out,
                              struct jm_arena *mem)
{
    bool here = change.at != NULL && ends(h->url, change.at) && seen++ >= change.nth;

    (void)ctx, (void)mem;
    if (here && change.status == 0)
        return JM_E_UNAVAILABLE;
    out->status = here ? change.status : 200;
    out->body = here ? jm_str(change.body == NULL ? "" : change.body) : usual(h);
    return JM_OK;
}

static int64_t now(void *ctx)
{
    (void)ctx;
    return KIT_NOW;
}

static enum jm_status drive(enum jm_status st)
{
    struct jm_arena mem = arena(4096);
    const struct jm_driver d =
        {.by = {.verify = jm_openssl_verify, .sign = sign, .random = not_random, .http = outside},
         .now = now,
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

static void usually(void)
{
    change = (struct change){NULL, 0, NULL, 0};
    copies = GOOD;
    ids = ticket_ids = "\"m\",\"s\"";
    known_provider = serves_sdjwt = true;
    own_id = told_id = I;
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
        CHECK_EQ(r.credential[i].key, i);
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
            CHECK_EQ(e->n_credentials, 0);
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
                                 .tx_code = true,
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
    CHECK(x.tx_code && strcmp(x.sign, "ab") == 0 && x.n == 1 && x.configuration[0].batch_max == 2);
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
