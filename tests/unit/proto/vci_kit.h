/* SPDX-License-Identifier: Apache-2.0 */
/* An issuer and a wallet provider that a test makes err: one answer changed, all else as usual. On
 * top of the JOSE kit. */
#ifndef JM_TEST_VCI_KIT_H
#define JM_TEST_VCI_KIT_H

#include "jumin/form.h"
#include "jumin/oid4vci.h"
#include "jumin/sdjwt.h"
#include "unit/cred/jose_kit.h"

#define I "https://i.example"
#define W "https://w.example"
#define VCT "urn:x:1"
#define BATCH 2
#define OFFER_URL \
    "openid-credential-offer://?credential_offer_uri=https%3A%2F%2Fi.example%2Foffer%2Fx"

static struct jm_key *meta_key, *sd_key, *ticket_key, *card_key[BATCH * JM_VCI_ROUNDS_MAX];
static struct jm_vci_key keys[BATCH * JM_VCI_ROUNDS_MAX];
static struct jm_point foreign; /* of a key that no copy is bound to */
static struct jm_bytes meta_ca, sd_ca, ticket_leaf, sd_leaf;
static struct jm_trust trust;

/* What the outside answers otherwise than usual, at one address (its end), from the nth time on. */
static struct change {
    const char *at;
    int status; /* 0: nobody answers */
    const char *body;
    unsigned nth;
} change;
static unsigned seen, posted; /* requests at that address; batches so far */
static size_t stride = BATCH; /* keys from one batch to the next */
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

static void country_begin(void)
{
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
    KIT_MUST(jm_key_point(&foreign, K.device_key));
    make_trust();
    seen = posted = 0;
}

static void country_end(void)
{
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
    "/challenge\",\"pushed_authorization_request_endpoint\":\"" I                             \
    "/par\",\"jumin_renewal_endpoint\":\"" I "/renewal\"}"
#define TOKEN(more) \
    "{\"access_token\":\"t\",\"refresh_token\":\"r\",\"token_type\":\"DPoP\"" more "}"

static struct jm_bytes an_mdoc(size_t key)
{
    struct jm_mdoc_spec s = kit_spec(&K);
    struct jm_bytes text, octets;

    s.device_key = copies == FOREIGN_KEY || copies == ONE_FOREIGN
                       ? foreign
                       : keys[copies == ONE_KEY_TWICE ? posted * stride : key].point;
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
    struct jm_sig sig;

    s.holder = copies == FOREIGN_KEY || copies == ONE_FOREIGN
                   ? foreign
                   : keys[copies == ONE_KEY_TWICE ? posted * stride : key].point;
    KIT_MUST(jm_sdjwt_issue_begin(&d, &s, kit_random(&K, jm_sdjwt_random_len(&s)),
                                  &jm_crypto_openssl, &K.mem));
    KIT_MUST(jm_key_sign(copies == BAD_SIGNATURE ? K.dsc_key : K.other_key, d.jws.to_sign, &sig));
    KIT_MUST(jm_sdjwt_issue_finish(&out, &d, jm_sig_bytes(&sig), &K.mem));
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
        size_t key = posted * stride + i % BATCH;

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

/* What comes back, changed or as usual. */
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

static enum jm_status not_random(void *ctx, uint8_t *out, size_t len)
{
    (void)ctx;
    memset(out, 0, len);
    return JM_OK;
}

static int64_t kit_now(void *ctx)
{
    (void)ctx;
    return KIT_NOW;
}

static void usually(void)
{
    change = (struct change){NULL, 0, NULL, 0};
    copies = GOOD;
    ids = ticket_ids = "\"m\",\"s\"";
    known_provider = serves_sdjwt = true;
    own_id = told_id = I;
}

#endif
