/* SPDX-License-Identifier: Apache-2.0 */
/* What the signer signs and what it refuses, each refusal by its code (D-424). */
#include "unit/test.h"

#include <stdarg.h>

#include "host/openssl/openssl.h"
#include "jumin/base64.h"
#include "jumin/cbor.h"
#include "jumin/civil.h"
#include "jumin/jose.h"
#include "service/signer/signer.h"

#define NOW 1796083200LL
#define DAY 86400LL

static struct jm_arena mem;
static struct jm_key *ca_key;
static struct jm_held_key key, foreign;
static struct jm_bytes ca_cert, leaf_cert, foreign_cert;
static const struct jm_sign_own own = {.identifier = {(const uint8_t *)"https://id.example", 18},
                                       .provider = {(const uint8_t *)"https://wp.example", 18},
                                       .verifier = {(const uint8_t *)"https://rp.example", 18},
                                       .list_prefix = {(const uint8_t *)"https://st.example/l/",
                                                       21},
                                       .doctype = {{(const uint8_t *)"org.iso.23220.photoid.1",
                                                    23}},
                                       .n_doctypes = 1,
                                       .vct = {{(const uint8_t *)"urn:jumin:kr:resident:1", 23}},
                                       .n_vcts = 1};

static struct jm_bytes certify(const struct jm_point *point, const char *cn,
                               struct jm_bytes issuer_cert, int64_t from, int64_t until)
{
    struct jm_cert_spec spec = {.country = JM_BYTES("KR"),
                                .cn = jm_str(cn),
                                .not_before = from,
                                .not_after = until,
                                .key = *point,
                                .ku = JM_KU_DIGITAL_SIGNATURE,
                                .dns = JM_BYTES("rp.example")};
    struct jm_sig sig;
    struct jm_bytes tbs, der = jm_none();
    struct jm_cert ca;

    if (issuer_cert.len == 0) {
        spec.ca = true;
        spec.ku = JM_KU_KEY_CERT_SIGN | JM_KU_CRL_SIGN;
    } else {
        CHECK_OK(jm_cert_parse(&ca, issuer_cert));
        spec.issuer_der = ca.subject.der;
        spec.authority_key_id = ca.ski;
    }
    CHECK_OK(jm_openssl_random(NULL, spec.serial, sizeof spec.serial));
    CHECK_OK(jm_cert_tbs(&tbs, &jm_crypto_openssl, &spec, &mem));
    CHECK_OK(jm_key_sign(ca_key, tbs, &sig));
    CHECK_OK(jm_der_signed(&der, tbs, jm_sig_bytes(&sig), &mem));
    return der;
}

static void make(enum jm_purpose purpose)
{
    struct jm_key *k;

    CHECK_OK(jm_openssl_init());
    mem = arena(4 << 20);
    if (ca_key == NULL)
        CHECK_OK(jm_key_generate(&ca_key));
    memset(&key, 0, sizeof key);
    key.id = JM_BYTES("k-1");
    key.purpose = (unsigned)purpose;
    key.is_pair = true;
    foreign = key;
    struct jm_point ca;

    CHECK_OK(jm_key_point(&ca, ca_key));
    ca_cert = certify(&ca, "CA", jm_none(), NOW - 10 * DAY, NOW + 3000 * DAY);
    CHECK_OK(jm_key_generate(&k));
    CHECK_OK(jm_key_point(&key.point, k));
    jm_key_free(&k);
    leaf_cert = certify(&key.point, "leaf", ca_cert, NOW - 2 * DAY, NOW + 30 * DAY);
    CHECK_OK(jm_key_generate(&k));
    CHECK_OK(jm_key_point(&foreign.point, k));
    jm_key_free(&k);
    foreign_cert = certify(&foreign.point, "other", ca_cert, NOW - 2 * DAY, NOW + 30 * DAY);
    key.cert = purpose == JM_PURPOSE_RPCERT || purpose == JM_PURPOSE_CRL ? ca_cert : leaf_cert;
    if (key.cert.ptr == ca_cert.ptr)
        key.point = ca;
}

/* JM_CODE_NONE: it would be signed. */
static enum jm_code judge(struct jm_bytes octets)
{
    struct jm_diag d = {0};
    enum jm_status st = jm_sign_judge(&own, &key, octets, NOW, &jm_crypto_openssl, &mem, &d);

    CHECK((st == JM_OK) == (d.code == JM_CODE_NONE));
    CHECK(st == JM_OK || st == JM_E_DENIED);
    return d.code;
}

/* -- JOSE -- */

static const char *text(const char *format, ...) JM_PRINTF(1, 2);
static const char *text(const char *format, ...)
{
    char *out = (char *)test_malloc(4096);
    va_list args;

    va_start(args, format);
    vsnprintf(out, 4096, format, args);
    va_end(args);
    return out;
}

static struct jm_bytes jwt(const char *header, const char *claims)
{
    struct jm_jws_draft draft;

    CHECK_OK(jm_jws_begin(&draft, jm_str(header), jm_str(claims), &mem));
    return draft.to_sign;
}

static const char *header(const char *typ, struct jm_bytes x5c)
{
    struct jm_buf b = room(4096);

    CHECK_OK(jm_b64_put(&b, x5c));
    return x5c.len == 0 ? text("{\"alg\":\"ES256\",\"typ\":\"%s\"}", typ)
                        : text("{\"alg\":\"ES256\",\"typ\":\"%s\",\"x5c\":[\"%.*s\"]}", typ,
                               (int)b.len, (const char *)b.ptr);
}

struct row {
    const char *name, *typ, *claims; /* {N}, numbers of seconds from NOW: see expand() */
    enum jm_code code;
};

/* @+n and @-n become NOW plus or minus n. */
static const char *expand(const char *claims)
{
    char *out = (char *)test_malloc(4096);
    size_t n = 0;

    for (const char *c = claims; *c != '\0'; c++) {
        long long v = 0;
        bool minus;

        if (*c != '@') {
            out[n++] = *c;
            continue;
        }
        minus = *++c == '-';
        while (c[1] >= '0' && c[1] <= '9')
            v = v * 10 + *++c - '0';
        n += (size_t)snprintf(out + n, 32, "%lld", NOW + (minus ? -v : v));
    }
    out[n] = '\0';
    return out;
}

static void run(enum jm_purpose purpose, const struct row *rows, size_t n)
{
    make(purpose);
    for (size_t i = 0; i < n; i++)
        ROW(CHECK_EQ(judge(jwt(header(rows[i].typ, leaf_cert), expand(rows[i].claims))),
                     rows[i].code),
            rows[i].name);
}
#define RUN(purpose, rows) run((purpose), (rows), JM_ARRAY_LEN(rows))

TEST(sdjwt)
{
    static const struct row rows[] = {
        {"a copy of 28 days", "dc+sd-jwt",
         "{\"vct\":\"urn:jumin:kr:resident:1\",\"iat\":@-3600,\"exp\":@+2419200}", JM_CODE_NONE},
        {"with our own issuer", "dc+sd-jwt",
         "{\"vct\":\"urn:jumin:kr:resident:1\",\"iss\":\"https://id.example\",\"exp\":@+2419200}",
         JM_CODE_NONE},
        {"a foreign issuer", "dc+sd-jwt",
         "{\"vct\":\"urn:jumin:kr:resident:1\",\"iss\":\"https://evil.example\",\"exp\":@+2419200}",
         JM_SIGNER_NAME},
        {"a foreign type", "dc+sd-jwt", "{\"vct\":\"urn:evil\",\"exp\":@+2419200}", JM_SIGNER_VCT},
        {"no type", "dc+sd-jwt", "{\"exp\":@+2419200}", JM_SIGNER_VCT},
        {"a foreign typ", "statuslist+jwt",
         "{\"vct\":\"urn:jumin:kr:resident:1\",\"exp\":@+2419200}", JM_SIGNER_TYP},
        {"ten years", "dc+sd-jwt", "{\"vct\":\"urn:jumin:kr:resident:1\",\"exp\":@+315360000}",
         JM_SIGNER_LIFETIME},
        {"33 days", "dc+sd-jwt", "{\"vct\":\"urn:jumin:kr:resident:1\",\"exp\":@+2851200}",
         JM_SIGNER_LIFETIME},
        {"31 days, but the certificate ends after 30", "dc+sd-jwt",
         "{\"vct\":\"urn:jumin:kr:resident:1\",\"exp\":@+2678400}", JM_SIGNER_OUTLIVES_CERT},
        {"no end", "dc+sd-jwt", "{\"vct\":\"urn:jumin:kr:resident:1\"}", JM_SIGNER_TIME},
        {"ended", "dc+sd-jwt", "{\"vct\":\"urn:jumin:kr:resident:1\",\"exp\":@-1}", JM_SIGNER_TIME},
        {"issued last week", "dc+sd-jwt",
         "{\"vct\":\"urn:jumin:kr:resident:1\",\"iat\":@-604800,\"exp\":@+86400}", JM_SIGNER_TIME},
        {"issued tomorrow", "dc+sd-jwt",
         "{\"vct\":\"urn:jumin:kr:resident:1\",\"iat\":@+86400,\"exp\":@+172800}", JM_SIGNER_TIME},
    };

    RUN(JM_PURPOSE_SDJWT, rows);
    CHECK_EQ(judge(JM_BYTES("a.b")), JM_SIGNER_FORM);
    CHECK_EQ(judge(JM_BYTES("no dot at all here")), JM_SIGNER_FORM);
    CHECK_EQ(judge(jwt("{\"alg\":\"none\",\"typ\":\"dc+sd-jwt\"}", "{}")), JM_SIGNER_ALG);
    CHECK_EQ(judge(jwt("{\"alg\":\"ES256\",\"typ\":\"dc+sd-jwt\",\"crit\":[\"b64\"]}", "{}")),
             JM_SIGNER_ALG);
    CHECK_EQ(judge(jwt(header("dc+sd-jwt", foreign_cert), "{}")), JM_SIGNER_CERT_FOREIGN);
    CHECK_EQ(judge(jwt("{\"alg\":\"ES256\"}", "{}")), JM_SIGNER_TYP);
}

TEST(a_bare_digest_is_never_signed)
{
    for (enum jm_purpose p = JM_PURPOSE_MSO; p <= JM_PURPOSE_CRL; p++) {
        make(p);
        CHECK_EQ(judge(hex("00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff")),
                 JM_SIGNER_BARE_DIGEST);
        CHECK_EQ(judge(jm_none()), JM_SIGNER_BARE_DIGEST);
    }
    key.purpose = JM_PURPOSE_ROW;
    CHECK_EQ(judge(JM_BYTES("x")), JM_SIGNER_OPERATION);
    key.purpose = JM_PURPOSE_NONE;
    CHECK_EQ(judge(JM_BYTES("x")), JM_SIGNER_OPERATION);
}

TEST(status_jwt)
{
    static const struct row rows[] = {
        {"a list of ours", "statuslist+jwt",
         "{\"sub\":\"https://st.example/l/7\",\"iat\":@+0,\"exp\":@+86400,\"status_list\":{}}",
         JM_CODE_NONE},
        {"a foreign list", "statuslist+jwt",
         "{\"sub\":\"https://evil.example/l/7\",\"iat\":@+0,\"exp\":@+86400,\"status_list\":{}}",
         JM_SIGNER_LIST_URI},
        {"no shard number", "statuslist+jwt",
         "{\"sub\":\"https://st.example/l/../x\",\"iat\":@+0,\"exp\":@+86400,\"status_list\":{}}",
         JM_SIGNER_LIST_URI},
        {"a week", "statuslist+jwt",
         "{\"sub\":\"https://st.example/l/7\",\"iat\":@+0,\"exp\":@+604800,\"status_list\":{}}",
         JM_SIGNER_LIFETIME},
        {"issued yesterday", "statuslist+jwt",
         "{\"sub\":\"https://st.example/l/7\",\"iat\":@-86400,\"exp\":@+600,\"status_list\":{}}",
         JM_SIGNER_TIME},
        {"no list", "statuslist+jwt",
         "{\"sub\":\"https://st.example/l/7\",\"iat\":@+0,\"exp\":@+86400}", JM_SIGNER_FORM},
        {"a credential", "dc+sd-jwt", "{\"vct\":\"urn:jumin:kr:resident:1\",\"exp\":@+86400}",
         JM_SIGNER_TYP},
    };

    RUN(JM_PURPOSE_STATUS, rows);
}

TEST(metadata_and_ticket)
{
    static const struct row metadata[] = {
        {"ours", "openidvci-issuer-metadata+jwt",
         "{\"sub\":\"https://id.example\",\"iat\":@+0,\"exp\":@+86400}", JM_CODE_NONE},
        {"a foreign issuer's", "openidvci-issuer-metadata+jwt",
         "{\"sub\":\"https://evil.example\",\"iat\":@+0,\"exp\":@+86400}", JM_SIGNER_NAME},
        {"nobody's", "openidvci-issuer-metadata+jwt", "{\"iat\":@+0,\"exp\":@+86400}",
         JM_SIGNER_NAME},
        {"two days", "openidvci-issuer-metadata+jwt",
         "{\"sub\":\"https://id.example\",\"iat\":@+0,\"exp\":@+172800}", JM_SIGNER_LIFETIME},
        {"a ticket", "jumin-desk-ticket+jwt", "{\"iss\":\"https://id.example\",\"exp\":@+300}",
         JM_SIGNER_TYP},
    };
    static const struct row ticket[] = {
        {"ours", "jumin-desk-ticket+jwt",
         "{\"iss\":\"https://id.example\",\"iat\":@+0,\"exp\":@+600}", JM_CODE_NONE},
        {"an hour", "jumin-desk-ticket+jwt", "{\"iss\":\"https://id.example\",\"exp\":@+3600}",
         JM_SIGNER_LIFETIME},
        {"a foreign issuer's", "jumin-desk-ticket+jwt",
         "{\"iss\":\"https://evil.example\",\"exp\":@+300}", JM_SIGNER_NAME},
        {"metadata", "openidvci-issuer-metadata+jwt",
         "{\"sub\":\"https://id.example\",\"exp\":@+300}", JM_SIGNER_TYP},
    };

    RUN(JM_PURPOSE_METADATA, metadata);
    RUN(JM_PURPOSE_TICKET, ticket);
}

TEST(attestation)
{
    static const struct row rows[] = {
        {"of a wallet", "oauth-client-attestation+jwt",
         "{\"iss\":\"https://wp.example\",\"sub\":\"w\",\"iat\":@+0,\"exp\":@+86400}",
         JM_CODE_NONE},
        {"of a key", "key-attestation+jwt", "{\"iat\":@+0,\"exp\":@+3600}", JM_CODE_NONE},
        {"of a foreign provider", "oauth-client-attestation+jwt",
         "{\"iss\":\"https://evil.example\",\"exp\":@+3600}", JM_SIGNER_NAME},
        {"a month", "key-attestation+jwt", "{\"exp\":@+2592000}", JM_SIGNER_LIFETIME},
        {"a credential", "dc+sd-jwt", "{\"vct\":\"urn:jumin:kr:resident:1\",\"exp\":@+3600}",
         JM_SIGNER_TYP},
    };

    RUN(JM_PURPOSE_ATTESTATION, rows);
}

TEST(request)
{
    uint8_t hash[32];
    char id[64];
    struct jm_buf b = jm_buf(id, sizeof id - 1);

    make(JM_PURPOSE_REQUEST);
    CHECK_OK(jm_sha256(&jm_crypto_openssl, leaf_cert, hash));
    CHECK_OK(jm_b64url_put(&b, jm_bytes(hash, sizeof hash)));
    id[b.len] = '\0';

    const struct {
        const char *name, *claims;
        enum jm_code code;
    } rows[] = {
        {"by hash",
         text("{\"client_id\":\"x509_hash:%s\",\"response_uri\":\"https://rp.example/r/"
              "1\",\"iat\":%lld}",
              id, NOW),
         JM_CODE_NONE},
        {"by name",
         text("{\"client_id\":\"x509_san_dns:rp.example\",\"response_uri\":\"https://rp.example/"
              "r\",\"iat\":%lld,\"exp\":%lld}",
              NOW, NOW + 300),
         JM_CODE_NONE},
        {"another name", text("{\"client_id\":\"x509_san_dns:evil.example\",\"iat\":%lld}", NOW),
         JM_SIGNER_CLIENT_ID},
        {"another hash", text("{\"client_id\":\"x509_hash:AAAA\",\"iat\":%lld}", NOW),
         JM_SIGNER_CLIENT_ID},
        {"a prefix that is never ours",
         text("{\"client_id\":\"redirect_uri:https://rp.example/r\",\"iat\":%lld}", NOW),
         JM_SIGNER_CLIENT_ID},
        {"no client_id", text("{\"iat\":%lld}", NOW), JM_SIGNER_CLIENT_ID},
        {"redirect_uri",
         text("{\"client_id\":\"x509_hash:%s\",\"redirect_uri\":\"https://rp.example/"
              "r\",\"iat\":%lld}",
              id, NOW),
         JM_SIGNER_REDIRECT},
        {"answers elsewhere",
         text("{\"client_id\":\"x509_hash:%s\",\"response_uri\":\"https://evil.example/"
              "r\",\"iat\":%lld}",
              id, NOW),
         JM_SIGNER_REDIRECT},
        {"a host that begins alike",
         text("{\"client_id\":\"x509_hash:%s\",\"response_uri\":\"https://rp.example.evil/"
              "r\",\"iat\":%lld}",
              id, NOW),
         JM_SIGNER_REDIRECT},
        {"no iat", text("{\"client_id\":\"x509_hash:%s\"}", id), JM_SIGNER_TIME},
        {"of yesterday", text("{\"client_id\":\"x509_hash:%s\",\"iat\":%lld}", id, NOW - DAY),
         JM_SIGNER_TIME},
        {"asked for when the longest request began",
         text("{\"client_id\":\"x509_hash:%s\",\"iat\":%lld}", id, NOW - 600), JM_CODE_NONE},
        {"of a time to come", text("{\"client_id\":\"x509_hash:%s\",\"iat\":%lld}", id, NOW + 301),
         JM_SIGNER_TIME},
        {"a day long",
         text("{\"client_id\":\"x509_hash:%s\",\"iat\":%lld,\"exp\":%lld}", id, NOW, NOW + DAY),
         JM_SIGNER_LIFETIME},
    };

    for (size_t i = 0; i < JM_ARRAY_LEN(rows); i++)
        ROW(CHECK_EQ(judge(jwt(header("oauth-authz-req+jwt", leaf_cert), rows[i].claims)),
                     rows[i].code),
            rows[i].name);
    CHECK_EQ(judge(jwt(header("oauth-authz-req+jwt", jm_none()), rows[0].claims)),
             JM_SIGNER_CLIENT_ID);
    CHECK_EQ(judge(jwt(header("oauth-authz-req+jwt", foreign_cert), rows[0].claims)),
             JM_SIGNER_CERT_FOREIGN);
    CHECK_EQ(judge(jwt(header("kb+jwt", leaf_cert), rows[0].claims)), JM_SIGNER_TYP);
}

/* -- COSE -- */

struct mso {
    const char *head; /* hex of the protected header */
    const char *version, *doctype;
    int64_t signed_at, from, until;
    bool bare; /* the payload is not tag 24 */
};

static void tdate(struct jm_cbor_w *w, const char *name, int64_t at)
{
    char t[21];

    jm_tdate_format(t, at);
    jm_cbor_w_str(w, name);
    jm_cbor_w_tag(w, 0);
    jm_cbor_w_str(w, t);
}

static struct jm_bytes sig_structure(struct jm_bytes head, struct jm_bytes payload)
{
    struct jm_buf b = room(8192);
    struct jm_cbor_w w;

    jm_cbor_w_init(&w, &b);
    jm_cbor_w_array(&w, 4);
    jm_cbor_w_str(&w, "Signature1");
    jm_cbor_w_bytes(&w, head);
    jm_cbor_w_bytes(&w, jm_none());
    jm_cbor_w_bytes(&w, payload);
    CHECK_OK(jm_cbor_w_end(&w));
    return exact(jm_written(b));
}

static struct jm_bytes mso(const struct mso *m)
{
    struct jm_buf b = room(4096);
    struct jm_cbor_w w;
    size_t mark = 0;

    jm_cbor_w_init(&w, &b);
    if (!m->bare) {
        jm_cbor_w_tag(&w, 24);
        mark = jm_cbor_w_open(&w);
    }
    jm_cbor_w_map(&w, 6);
    jm_cbor_w_str(&w, "version");
    jm_cbor_w_str(&w, m->version);
    jm_cbor_w_str(&w, "digestAlgorithm");
    jm_cbor_w_str(&w, "SHA-256");
    jm_cbor_w_str(&w, "valueDigests");
    jm_cbor_w_map(&w, 0);
    jm_cbor_w_str(&w, "deviceKeyInfo");
    jm_cbor_w_map(&w, 0);
    jm_cbor_w_str(&w, "docType");
    jm_cbor_w_str(&w, m->doctype);
    jm_cbor_w_str(&w, "validityInfo");
    jm_cbor_w_map(&w, 3);
    tdate(&w, "signed", m->signed_at);
    tdate(&w, "validFrom", m->from);
    tdate(&w, "validUntil", m->until);
    if (!m->bare)
        jm_cbor_w_close(&w, mark);
    CHECK_OK(jm_cbor_w_end(&w));
    return sig_structure(hex(m->head), jm_written(b));
}

#define ISO "org.iso.23220.photoid.1"

TEST(mobile_security_object)
{
    static const struct {
        const char *name;
        struct mso m;
        enum jm_code code;
    } rows[] = {
        {"a copy", {"a10126", "1.0", ISO, NOW, NOW, NOW + 28 * DAY, false}, JM_CODE_NONE},
        {"rounded down to the day",
         {"a10126", "1.0", ISO, NOW - DAY, NOW - DAY, NOW + 27 * DAY, false},
         JM_CODE_NONE},
        {"another algorithm",
         {"a10127", "1.0", ISO, NOW, NOW, NOW + 28 * DAY, false},
         JM_SIGNER_ALG},
        {"more in the header",
         {"a2012618216100", "1.0", ISO, NOW, NOW, NOW + 28 * DAY, false},
         JM_SIGNER_ALG},
        {"another version",
         {"a10126", "2.0", ISO, NOW, NOW, NOW + 28 * DAY, false},
         JM_SIGNER_VERSION},
        {"a foreign docType",
         {"a10126", "1.0", "org.iso.18013.5.1.mDL", NOW, NOW, NOW + 28 * DAY, false},
         JM_SIGNER_DOCTYPE},
        {"ten years",
         {"a10126", "1.0", ISO, NOW, NOW, NOW + 3650 * DAY, false},
         JM_SIGNER_LIFETIME},
        {"from next year",
         {"a10126", "1.0", ISO, NOW, NOW + 365 * DAY, NOW + 370 * DAY, false},
         JM_SIGNER_LIFETIME},
        {"outlives the certificate",
         {"a10126", "1.0", ISO, NOW, NOW, NOW + 31 * DAY, false},
         JM_SIGNER_OUTLIVES_CERT},
        {"signed last month",
         {"a10126", "1.0", ISO, NOW - 30 * DAY, NOW, NOW + DAY, false},
         JM_SIGNER_TIME},
        {"signed tomorrow",
         {"a10126", "1.0", ISO, NOW + DAY, NOW + DAY, NOW + 2 * DAY, false},
         JM_SIGNER_TIME},
        {"over already",
         {"a10126", "1.0", ISO, NOW - DAY, NOW - DAY, NOW - 1, false},
         JM_SIGNER_TIME},
        {"ends before it begins",
         {"a10126", "1.0", ISO, NOW, NOW + DAY, NOW + DAY, false},
         JM_SIGNER_TIME},
        {"payload not tag 24",
         {"a10126", "1.0", ISO, NOW, NOW, NOW + 28 * DAY, true},
         JM_SIGNER_FORM},
    };

    make(JM_PURPOSE_MSO);
    for (size_t i = 0; i < JM_ARRAY_LEN(rows); i++)
        ROW(CHECK_EQ(judge(mso(&rows[i].m)), rows[i].code), rows[i].name);
    CHECK_EQ(judge(jwt(header("dc+sd-jwt", jm_none()), "{\"vct\":1}")), JM_SIGNER_FORM);
    CHECK_EQ(judge(sig_structure(hex("a10126"), hex("d81840"))), JM_SIGNER_FORM);
    /* external_aad */
    CHECK_EQ(judge(hex("846a5369676e61747572653143a1012641aa43d81840")), JM_SIGNER_FORM);
}

/* -- security objects of chip cards -- */

struct card {
    const char *head, *alg, *serial;
    uint64_t version;
    size_t digests;
    int64_t signed_at, until;
    unsigned left_out; /* a member, 0: none */
};

static struct jm_bytes card_object(const struct card *c)
{
    struct jm_buf b = room(1024);
    struct jm_cbor_w w;

    jm_cbor_w_init(&w, &b);
    jm_cbor_w_map(&w, c->left_out == 0 ? 6 : 5);
    for (unsigned i = 1; i <= 6; i++) {
        char t[21];

        if (i == c->left_out)
            continue;
        jm_cbor_w_uint(&w, i);
        if (i == 1)
            jm_cbor_w_uint(&w, c->version);
        if (i == 2)
            jm_cbor_w_str(&w, c->alg);
        if (i == 3)
            jm_cbor_w_map(&w, c->digests);
        for (size_t k = 0; i == 3 && k < c->digests; k++) {
            jm_cbor_w_uint(&w, k + 1);
            jm_cbor_w_bytes(&w, hex("00"));
        }
        if (i == 4)
            jm_cbor_w_str(&w, c->serial);
        if (i >= 5) {
            jm_tdate_format(t, i == 5 ? c->signed_at : c->until);
            jm_cbor_w_tag(&w, 0);
            jm_cbor_w_str(&w, t);
        }
    }
    CHECK_OK(jm_cbor_w_end(&w));
    return sig_structure(hex(c->head), exact(jm_written(b)));
}

TEST(security_object_of_a_card)
{
    static const struct {
        const char *name;
        struct card c;
        enum jm_code code;
    } rows[] = {
        {"a card", {"a10126", "SHA-256", "S", 1, 4, NOW, NOW + 20 * DAY, 0}, JM_CODE_NONE},
        {"another algorithm",
         {"a10127", "SHA-256", "S", 1, 4, NOW, NOW + 20 * DAY, 0},
         JM_SIGNER_ALG},
        {"another hash", {"a10126", "SHA-1", "S", 1, 4, NOW, NOW + 20 * DAY, 0}, JM_SIGNER_FORM},
        {"no serial", {"a10126", "SHA-256", "", 1, 4, NOW, NOW + 20 * DAY, 0}, JM_SIGNER_FORM},
        {"another version",
         {"a10126", "SHA-256", "S", 2, 4, NOW, NOW + 20 * DAY, 0},
         JM_SIGNER_VERSION},
        {"three files", {"a10126", "SHA-256", "S", 1, 3, NOW, NOW + 20 * DAY, 0}, JM_SIGNER_FORM},
        {"signed last month",
         {"a10126", "SHA-256", "S", 1, 4, NOW - 30 * DAY, NOW + 20 * DAY, 0},
         JM_SIGNER_TIME},
        {"over already", {"a10126", "SHA-256", "S", 1, 4, NOW, NOW - 1, 0}, JM_SIGNER_TIME},
        {"sixteen years",
         {"a10126", "SHA-256", "S", 1, 4, NOW, NOW + 16 * 366 * DAY, 0},
         JM_SIGNER_LIFETIME},
        {"outlives the certificate",
         {"a10126", "SHA-256", "S", 1, 4, NOW, NOW + 31 * DAY, 0},
         JM_SIGNER_OUTLIVES_CERT},
    };

    make(JM_PURPOSE_CARD);
    for (size_t i = 0; i < JM_ARRAY_LEN(rows); i++)
        ROW(CHECK_EQ(judge(card_object(&rows[i].c)), rows[i].code), rows[i].name);
    for (unsigned i = 1; i <= 6; i++) {
        struct card c = rows[0].c;

        c.left_out = i;
        CHECK_EQ(judge(card_object(&c)), JM_SIGNER_FORM);
    }
    /* and no document of another kind */
    CHECK_EQ(judge(mso(&(struct mso){"a10126", "1.0", ISO, NOW, NOW, NOW + DAY, false})),
             JM_SIGNER_FORM);
    make(JM_PURPOSE_MSO);
    CHECK_EQ(judge(card_object(&rows[0].c)), JM_SIGNER_FORM);
}

static bool mso_accepted(struct jm_bytes octets)
{
    struct jm_diag d = {0};

    return jm_sign_judge(&own, &key, octets, NOW, &jm_crypto_openssl, &mem, &d) == JM_OK;
}

TEST(no_prefix_of_an_mso_is_signed)
{
    const struct mso m = {"a10126", "1.0", ISO, NOW, NOW, NOW + 28 * DAY, false};

    make(JM_PURPOSE_MSO);
    struct jm_bytes valid = mso(&m);

    CHECK(mso_accepted(valid));
    for (size_t len = 0; len < valid.len; len++)
        CHECK(!mso_accepted(exact(jm_slice(valid, 0, len))));
}

static struct jm_bytes cwt(const char *type, int64_t alg, const char *sub, int64_t iat, int64_t exp)
{
    struct jm_buf h = room(512), p = room(512);
    struct jm_cbor_w w;

    jm_cbor_w_init(&w, &h);
    jm_cbor_w_map(&w, 2);
    jm_cbor_w_uint(&w, 1);
    jm_cbor_w_int(&w, alg);
    jm_cbor_w_uint(&w, 16);
    jm_cbor_w_str(&w, type);
    jm_cbor_w_init(&w, &p);
    jm_cbor_w_map(&w, 4);
    jm_cbor_w_uint(&w, 2);
    jm_cbor_w_str(&w, sub);
    jm_cbor_w_uint(&w, 4);
    jm_cbor_w_int(&w, exp);
    jm_cbor_w_uint(&w, 6);
    jm_cbor_w_int(&w, iat);
    jm_cbor_w_uint(&w, 65533);
    jm_cbor_w_map(&w, 0);
    return sig_structure(jm_written(h), jm_written(p));
}

TEST(status_cwt)
{
    static const char type[] = "application/statuslist+cwt", sub[] = "https://st.example/l/4095";

    make(JM_PURPOSE_STATUS);
    CHECK_EQ(judge(cwt(type, -7, sub, NOW, NOW + DAY)), JM_CODE_NONE);
    CHECK_EQ(judge(cwt(type, -257, sub, NOW, NOW + DAY)), JM_SIGNER_ALG);
    CHECK_EQ(judge(cwt("application/cwt", -7, sub, NOW, NOW + DAY)), JM_SIGNER_TYP);
    CHECK_EQ(judge(cwt(type, -7, "https://evil.example/l/1", NOW, NOW + DAY)), JM_SIGNER_LIST_URI);
    CHECK_EQ(judge(cwt(type, -7, sub, NOW - DAY, NOW + DAY)), JM_SIGNER_TIME);
    CHECK_EQ(judge(cwt(type, -7, sub, NOW, NOW + 2 * DAY)), JM_SIGNER_LIFETIME);
    const struct mso m = {"a10126", "1.0", ISO, NOW, NOW, NOW + 28 * DAY, false};

    CHECK_EQ(judge(mso(&m)), JM_SIGNER_TYP);
}

/* -- X.509, audit -- */

static struct jm_cert_spec reader_spec(void)
{
    struct jm_cert ca;

    CHECK_OK(jm_cert_parse(&ca, ca_cert));
    return (struct jm_cert_spec){.serial = {1, 2, 3},
                                 .issuer_der = ca.subject.der,
                                 .country = JM_BYTES("KR"),
                                 .cn = JM_BYTES("Bank"),
                                 .not_before = NOW - 3600,
                                 .not_after = NOW + 1000 * DAY,
                                 .key = foreign.point,
                                 .authority_key_id = ca.ski,
                                 .ku = JM_KU_DIGITAL_SIGNATURE,
                                 .eku = {JM_OID_EKU_MDL_READER},
                                 .eku_critical = true};
}

static struct jm_bytes tbs(const struct jm_cert_spec *s)
{
    struct jm_bytes out;

    CHECK_OK(jm_cert_tbs(&out, &jm_crypto_openssl, s, &mem));
    return out;
}

TEST(reader_certificate)
{
    struct jm_cert_spec s;

    make(JM_PURPOSE_RPCERT);
    s = reader_spec();
    CHECK_EQ(judge(tbs(&s)), JM_CODE_NONE);
    s.not_after = NOW + 1187 * DAY;
    CHECK_EQ(judge(tbs(&s)), JM_SIGNER_LIFETIME);
    s = reader_spec();
    s.not_before = NOW - 5 * DAY;
    CHECK_EQ(judge(tbs(&s)), JM_SIGNER_TIME);
    s = reader_spec();
    s.eku[0] = JM_OID_EKU_MDL_DS; /* a document signer by the relying parties' CA */
    CHECK_EQ(judge(tbs(&s)), JM_SIGNER_PROFILE);
    s = reader_spec();
    s.eku[1] = JM_OID_EKU_MDL_DS;
    CHECK_EQ(judge(tbs(&s)), JM_SIGNER_PROFILE);
    s = reader_spec();
    s.eku_critical = false;
    CHECK_EQ(judge(tbs(&s)), JM_SIGNER_PROFILE);
    s = reader_spec();
    s.ca = true;
    CHECK_EQ(judge(tbs(&s)), JM_SIGNER_PROFILE);
    s = reader_spec();
    s.ku |= JM_KU_KEY_CERT_SIGN;
    CHECK_EQ(judge(tbs(&s)), JM_SIGNER_PROFILE);
    s = reader_spec();
    s.authority_key_id = JM_BYTES("01234567890123456789");
    CHECK_EQ(judge(tbs(&s)), JM_SIGNER_NAME);
    s = reader_spec();
    s.issuer_der = jm_none();
    CHECK_EQ(judge(tbs(&s)), JM_SIGNER_NAME);
    struct jm_bytes csr;

    CHECK_OK(jm_csr_tbs(&csr, JM_BYTES("x"), &foreign.point, &mem));
    CHECK_EQ(judge(csr), JM_SIGNER_FORM);
}

TEST(revocation_list)
{
    struct jm_cert ca;
    struct jm_bytes out;

    make(JM_PURPOSE_CRL);
    CHECK_OK(jm_cert_parse(&ca, ca_cert));
    struct jm_crl_spec s = {ca.subject.der, ca.ski, 2, NOW, NOW + 90 * DAY, NULL, 0};

    CHECK_OK(jm_crl_tbs(&out, &s, &mem));
    CHECK_EQ(judge(out), JM_CODE_NONE);
    s.next_update += 1;
    CHECK_OK(jm_crl_tbs(&out, &s, &mem));
    CHECK_EQ(judge(out), JM_SIGNER_LIFETIME);
    s = (struct jm_crl_spec){ca.subject.der, ca.ski, 2, NOW - DAY, NOW + DAY, NULL, 0};
    CHECK_OK(jm_crl_tbs(&out, &s, &mem));
    CHECK_EQ(judge(out), JM_SIGNER_TIME);
    CHECK_OK(jm_cert_parse(&ca, foreign_cert));
    s = (struct jm_crl_spec){ca.subject.der, ca.ski, 2, NOW, NOW + DAY, NULL, 0};
    CHECK_OK(jm_crl_tbs(&out, &s, &mem));
    CHECK_EQ(judge(out), JM_SIGNER_CRL);
    struct jm_cert_spec cert = reader_spec();

    CHECK_EQ(judge(tbs(&cert)), JM_SIGNER_FORM); /* the IACA's key makes no certificates here */
}

static struct jm_bytes head_of(uint8_t room[JM_HEAD_MAX], uint64_t count, int64_t n, int64_t at,
                               const uint8_t hash[32])
{
    struct jm_signed_head h = {.count = count, .n = n, .at = at};
    struct jm_bytes out;

    memcpy(h.hash, hash, 32);
    CHECK_OK(jm_head_octets(&out, &h, room));
    return out;
}

TEST(audit_head)
{
    static const uint8_t hash[32] = {7};
    uint8_t room[JM_HEAD_MAX], more[JM_HEAD_MAX];
    struct jm_bytes head;

    make(JM_PURPOSE_AUDIT);
    CHECK_EQ(judge(head_of(room, 1, 7, NOW, hash)), JM_CODE_NONE);
    CHECK_EQ(judge(head_of(room, 0, 7, NOW, hash)), JM_SIGNER_FORM);
    for (uint64_t count = 1; count < 1u << 17;
         count = 2 * count + 1) /* also as long as a digest is */
        for (int64_t n = 1; n < 1 << 17; n = 2 * n + 1)
            CHECK_EQ(judge(head_of(room, count, n, NOW, hash)), JM_CODE_NONE);
    CHECK_EQ(judge(head_of(room, 1, 0, NOW, hash)), JM_SIGNER_FORM);
    CHECK_EQ(judge(head_of(room, 1, -7, NOW, hash)), JM_SIGNER_FORM);
    CHECK_EQ(judge(head_of(room, 1, 7, NOW + JM_SIGN_NEAR_S, hash)), JM_CODE_NONE);
    CHECK_EQ(judge(head_of(room, 1, 7, NOW - JM_SIGN_NEAR_S, hash)), JM_CODE_NONE);
    CHECK_EQ(judge(head_of(room, 1, 7, NOW + JM_SIGN_NEAR_S + 1, hash)), JM_SIGNER_TIME);
    CHECK_EQ(judge(head_of(room, 1, 7, NOW - JM_SIGN_NEAR_S - 1, hash)), JM_SIGNER_TIME);
    head = head_of(room, 1, 7, NOW, hash);
    memcpy(more, head.ptr, head.len);
    more[head.len] = 0;
    CHECK_EQ(judge(jm_bytes(more, head.len + 1)), JM_SIGNER_FORM);
    CHECK_EQ(judge(jm_bytes(more, head.len - 1)), JM_SIGNER_FORM);
    for (size_t i = 0; i < 21; i++) { /* array, label, "head" */
        more[i] ^= 1;
        ROW(CHECK(judge(jm_bytes(more, head.len)) == JM_SIGNER_FORM), "a changed octet");
        more[i] ^= 1;
    }
    CHECK_EQ(judge(hex("00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff")),
             JM_SIGNER_BARE_DIGEST);
}

/* Three rows after a head over row 4; each way not to continue it. */
TEST(a_head_continues_the_chain)
{
    static const uint8_t zero[32];
    struct jm_signed_head last = {.count = 2, .n = 4, .hash = {9}}, next;
    static uint8_t rows[3][64], room[JM_HEAD_MAX];
    struct jm_bytes in[5];
    uint8_t hash[3][32];

    for (size_t i = 0; i < 3; i++) {
        struct jm_buf b = jm_buf(rows[i], sizeof rows[i]);
        struct jm_cbor_w w;

        jm_cbor_w_init(&w, &b);
        jm_cbor_w_array(&w, 10);
        jm_cbor_w_str(&w, "jumin-audit/1");
        jm_cbor_w_int(&w, (int64_t)(5 + i));
        CHECK_OK(jm_cbor_w_end(&w));
        in[1 + i] = jm_written(b);
        CHECK_OK(
            jm_row_hash(hash[i], in[1 + i], i == 0 ? last.hash : hash[i - 1], &jm_crypto_openssl));
    }
    in[0] = head_of(room, 3, 7, NOW, hash[2]);
    CHECK_OK(jm_sign_chain(&next, &last, in, 4, &jm_crypto_openssl, NULL));
    CHECK(next.count == 3 && next.n == 7);
    const struct {
        const char *name;
        uint64_t count;
        int64_t n;
        const uint8_t *hash;
        size_t rows;
    } cases[] = {{"the same count", 2, 7, hash[2], 3},
                 {"a count left out", 4, 7, hash[2], 3},
                 {"another row's number", 3, 6, hash[2], 3},
                 {"another hash", 3, 7, zero, 3},
                 {"the hash of the row before", 3, 7, hash[1], 3},
                 {"a row is not shown", 3, 7, hash[2], 2},
                 {"no rows", 3, 4, last.hash, 0}};

    for (size_t i = 0; i < JM_ARRAY_LEN(cases); i++) {
        struct jm_diag d = {0};

        in[0] = head_of(room, cases[i].count, cases[i].n, NOW, cases[i].hash);
        CHECK_ST(jm_sign_chain(&next, &last, in, 1 + cases[i].rows, &jm_crypto_openssl, &d),
                 JM_E_DENIED);
        ROW(CHECK_EQ(d.code, JM_SIGNER_CHAIN), cases[i].name);
    }
    in[0] = head_of(room, 3, 7, NOW, hash[2]);
    CHECK_ST(jm_sign_chain(&next, &last, in, 0, &jm_crypto_openssl, NULL), JM_E_DENIED);
    last.hash[0] ^= 1;
    CHECK_ST(jm_sign_chain(&next, &last, in, 4, &jm_crypto_openssl, NULL), JM_E_DENIED);
    last.hash[0] ^= 1;
    last.n = 3;
    CHECK_ST(jm_sign_chain(&next, &last, in, 4, &jm_crypto_openssl, NULL), JM_E_DENIED);
    last.n = 4;
    struct jm_bytes first = in[1];

    in[1] = in[2];
    in[2] = first;
    CHECK_ST(jm_sign_chain(&next, &last, in, 4, &jm_crypto_openssl, NULL), JM_E_DENIED);
    in[1] = JM_BYTES("\x8a\x6d"
                     "jumin-audit/2\x05");
    in[2] = in[3];
    CHECK_ST(jm_sign_chain(&next, &last, in, 4, &jm_crypto_openssl, NULL), JM_E_DENIED);
}

TEST(a_row_has_a_label_a_number_and_an_end)
{
    static uint8_t long_row[JM_ROW_MAX + 1] = {0x8a, 0x6d, 'j', 'u', 'm', 'i', 'n', '-',
                                               'a',  'u',  'd', 'i', 't', '/', '1', 5};
    int64_t n;

    CHECK_OK(jm_row_number(&n, jm_bytes(long_row, JM_ROW_MAX)));
    CHECK_EQ(n, 5);
    CHECK_ST(jm_row_number(&n, jm_bytes(long_row, JM_ROW_MAX + 1)), JM_E_MALFORMED);
    CHECK_ST(jm_row_number(&n, jm_none()), JM_E_MALFORMED);
    long_row[0] = 0x89;
    CHECK_ST(jm_row_number(&n, jm_bytes(long_row, 20)), JM_E_MALFORMED);
    long_row[0] = 0x8a;
    long_row[15] = 0; /* row 0 is none */
    CHECK_ST(jm_row_number(&n, jm_bytes(long_row, 20)), JM_E_MALFORMED);
    CHECK_EQ(n, 0);
}

/* -- who, and how often -- */

TEST(each_caller_has_its_purposes)
{
    static const char *const callers[] = {"issuer", "provider", "verifier", "operator"};
    static const struct {
        enum jm_purpose purpose;
        const char *may; /* a letter for each of the callers */
    } rows[] = {{JM_PURPOSE_MSO, "y---"},     {JM_PURPOSE_SDJWT, "y---"},
                {JM_PURPOSE_STATUS, "y---"},  {JM_PURPOSE_METADATA, "y---"},
                {JM_PURPOSE_TICKET, "y---"},  {JM_PURPOSE_ATTESTATION, "-y--"},
                {JM_PURPOSE_REQUEST, "--y-"}, {JM_PURPOSE_AUDIT, "y--y"},
                {JM_PURPOSE_RPCERT, "---y"},  {JM_PURPOSE_CRL, "---y"},
                {JM_PURPOSE_ROW, "yyyy"},     {JM_PURPOSE_LOOKUP, "y---"},
                {JM_PURPOSE_CODE, "yy--"},    {JM_PURPOSE_NONCE, "yyyy"}};

    for (size_t i = 0; i < JM_ARRAY_LEN(rows); i++)
        for (size_t k = 0; k < 4; k++)
            CHECK_EQ(jm_sign_may(jm_str(callers[k]), rows[i].purpose), rows[i].may[k] == 'y');
    CHECK(!jm_sign_may(JM_BYTES("wallet"), JM_PURPOSE_ROW));
    CHECK(!jm_sign_may(jm_none(), JM_PURPOSE_ROW));
    CHECK(!jm_sign_may(JM_BYTES("issuer"), (enum jm_purpose)0));
    CHECK(!jm_sign_may(JM_BYTES("issuer"), (enum jm_purpose)(JM_PURPOSE_LAST + 1)));
}

static uint64_t counted, signed_n;

static enum jm_status t_find(void *ctx, const struct jm_held_key **out, enum jm_purpose purpose,
                             struct jm_bytes caller, struct jm_bytes id)
{
    (void)ctx;
    (void)caller;
    (void)id;
    *out = &key;
    return (unsigned)purpose == key.purpose ? JM_OK : JM_E_ABSENT;
}

static enum jm_status t_sign(void *ctx, const struct jm_held_key *k, struct jm_bytes data,
                             struct jm_sig *sig)
{
    (void)ctx;
    (void)k;
    (void)data;
    CHECK(counted > signed_n); /* counted before anything is signed */
    signed_n++;
    memset(sig->octets, 1, JM_SIG_LEN);
    sig->len = JM_SIG_LEN;
    return JM_OK;
}

static enum jm_status count_st;
static enum jm_status t_count(void *ctx, enum jm_purpose purpose, struct jm_bytes caller,
                              uint64_t n, int64_t at_s)
{
    (void)ctx;
    (void)purpose;
    (void)caller;
    (void)at_s;
    if (count_st == JM_OK)
        counted += n;
    return count_st;
}

TEST(a_ceiling_a_minute_and_a_count_before_each_signature)
{
    const struct jm_key_table table = {.find = t_find, .sign = t_sign, .count = t_count};
    struct jm_sign_own small = own;
    struct jm_bytes in[3], out[3];
    struct jm_list list = {out, 0, 3};
    struct jm_diag d = {0};

    make(JM_PURPOSE_SDJWT);
    counted = signed_n = 0;
    count_st = JM_OK;
    small.ceiling[JM_PURPOSE_SDJWT] = 4;
    struct jm_sign_service s = {.own = &small, .keys = &table, .crypto = &jm_crypto_openssl};

    struct jm_bytes token = jwt(header("dc+sd-jwt", leaf_cert),
                                expand("{\"vct\":\"urn:jumin:kr:resident:1\",\"exp\":@+2419200}"));

    for (size_t i = 0; i < 3; i++)
        in[i] = token;
    struct jm_sign_request q =
        {JM_BYTES("issuer"), JM_SIGN, JM_PURPOSE_SDJWT, {NULL, 0}, in, 3, NOW};

    CHECK_OK(jm_sign_serve(&s, &q, &list, &mem, &d));
    CHECK_EQ(list.n, 3);
    CHECK_ST(jm_sign_serve(&s, &q, &list, &mem, &d), JM_E_RATE);
    CHECK_EQ(d.code, JM_SIGNER_CEILING);
    CHECK_EQ(list.n, 0);
    q.n = 1;
    CHECK_OK(jm_sign_serve(&s, &q, &list, &mem, NULL));
    q.now = NOW - 3600; /* a clock that goes back opens no new minute */
    d = (struct jm_diag){0};
    CHECK_ST(jm_sign_serve(&s, &q, &list, &mem, &d), JM_E_RATE);
    q.now = NOW + 60;
    CHECK_OK(jm_sign_serve(&s, &q, &list, &mem, NULL));
    CHECK_EQ(counted, 5);
    in[0] = hex("00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff");
    CHECK_ST(jm_sign_serve(&s, &q, &list, &mem, NULL), JM_E_DENIED);
    CHECK_EQ(counted, 5);
    in[0] = in[1];
    count_st = JM_E_IO;
    d = (struct jm_diag){0};
    CHECK_ST(jm_sign_serve(&s, &q, &list, &mem, &d), JM_E_UNAVAILABLE);
    CHECK_EQ(d.code, JM_SIGNER_COUNT);
    CHECK_EQ(signed_n, 5);
    q.op = JM_SEAL;
    CHECK_ST(jm_sign_serve(&s, &q, &list, &mem, NULL), JM_E_DENIED);
    q.op = 9;
    CHECK_ST(jm_sign_serve(&s, &q, &list, &mem, NULL), JM_E_DENIED);
    jm_key_free(&ca_key);
}

/* What it kept is its own: where that is in doubt, no head is signed and none is told. */
static enum jm_status head_st;
static struct jm_signed_head kept;
static enum jm_status t_head(void *ctx, struct jm_signed_head *out)
{
    (void)ctx;
    *out = kept;
    return head_st;
}

static enum jm_status t_keep(void *ctx, const struct jm_signed_head *h)
{
    (void)ctx;
    CHECK_EQ(signed_n, 1); /* signed, and not handed out yet */
    if (head_st == JM_OK && count_st == JM_OK)
        kept = *h;
    return head_st;
}

static enum jm_status t_sign_head(void *ctx, const struct jm_held_key *k, struct jm_bytes data,
                                  struct jm_sig *sig)
{
    (void)ctx, (void)k, (void)data;
    signed_n++;
    memset(sig->octets, 1, JM_SIG_LEN);
    sig->len = JM_SIG_LEN;
    return JM_OK;
}

TEST(a_head_is_kept_before_it_is_handed_out)
{
    const struct jm_key_table table = {.find = t_find,
                                       .sign = t_sign_head,
                                       .count = t_count,
                                       .head = t_head,
                                       .head_keep = t_keep};
    static uint8_t row[20] = {0x8a, 0x6d, 'j', 'u', 'm', 'i', 'n', '-',
                              'a',  'u',  'd', 'i', 't', '/', '1', 1};
    struct jm_sign_service s = {.own = &own, .keys = &table, .crypto = &jm_crypto_openssl};
    uint8_t head_room[JM_HEAD_MAX], hash[32], zero[32] = {0};
    struct jm_bytes in[2], out[2];
    struct jm_list list = {out, 0, 2}, small = {out, 0, 1};
    struct jm_sign_request q =
        {JM_BYTES("issuer"), JM_SIGN, JM_PURPOSE_AUDIT, {NULL, 0}, in, 2, NOW};
    struct jm_sign_request ask =
        {JM_BYTES("operator"), JM_HEAD, JM_PURPOSE_AUDIT, {NULL, 0}, NULL, 0, NOW};
    struct jm_diag d = {0};

    make(JM_PURPOSE_AUDIT);
    counted = signed_n = 0;
    head_st = count_st = JM_OK;
    kept = (struct jm_signed_head){0};
    CHECK_OK(jm_sign_serve(&s, &ask, &list, &mem, &d));
    CHECK_EQ(list.n, 0);
    in[1] = jm_bytes(row, 16);
    CHECK_OK(jm_row_hash(hash, in[1], zero, &jm_crypto_openssl));
    in[0] = head_of(head_room, 1, 1, NOW, hash);
    CHECK_OK(jm_sign_serve(&s, &q, &list, &mem, &d));
    CHECK_EQ(list.n, 1);
    CHECK_EQ(kept.count, 1);
    CHECK_EQ(counted, 1);
    signed_n = 0;
    CHECK_ST(jm_sign_serve(&s, &q, &list, &mem, &d), JM_E_DENIED); /* never the same twice */
    CHECK_EQ(d.code, JM_SIGNER_CHAIN);
    CHECK_OK(jm_sign_serve(&s, &ask, &list, &mem, NULL));
    CHECK_EQ(list.n, 2);
    CHECK(jm_bytes_eq(list.items[0], in[0]));
    CHECK_ST(jm_sign_serve(&s, &ask, &small, &mem, NULL), JM_E_NO_SPACE);
    kept = (struct jm_signed_head){0};
    count_st = JM_E_IO;
    d = (struct jm_diag){0};
    CHECK_ST(jm_sign_serve(&s, &q, &list, &mem, &d), JM_E_UNAVAILABLE);
    CHECK_EQ(d.code, JM_SIGNER_COUNT);
    CHECK_EQ(list.n, 0);
    count_st = JM_OK;
    head_st = JM_E_DENIED;
    d = (struct jm_diag){0};
    CHECK_ST(jm_sign_serve(&s, &ask, &list, &mem, &d), JM_E_DENIED);
    CHECK_EQ(d.code, JM_SIGNER_HEAD_STATE);
    d = (struct jm_diag){0};
    CHECK_ST(jm_sign_serve(&s, &q, &list, &mem, &d), JM_E_DENIED);
    CHECK_EQ(d.code, JM_SIGNER_HEAD_STATE);
    key.purpose = ask.purpose = JM_PURPOSE_RPCERT; /* of other keys there is no head */
    d = (struct jm_diag){0};
    CHECK_ST(jm_sign_serve(&s, &ask, &list, &mem, &d), JM_E_DENIED);
    CHECK_EQ(d.code, JM_SIGNER_OPERATION);
    jm_key_free(&ca_key);
}

static bool t_behind(void *ctx)
{
    return *(const bool *)ctx;
}

/* D-459: a clock that fell back issues nothing; lists, revocation and the audit head go on. */
TEST(a_clock_that_fell_back_issues_nothing)
{
    static const struct {
        enum jm_purpose purpose;
        const char *caller;
        bool waits;
    } rows[] = {{JM_PURPOSE_MSO, "issuer", true},       {JM_PURPOSE_SDJWT, "issuer", true},
                {JM_PURPOSE_TICKET, "issuer", true},    {JM_PURPOSE_ATTESTATION, "provider", true},
                {JM_PURPOSE_REQUEST, "verifier", true}, {JM_PURPOSE_RPCERT, "operator", true},
                {JM_PURPOSE_STATUS, "issuer", false},   {JM_PURPOSE_METADATA, "issuer", false},
                {JM_PURPOSE_AUDIT, "issuer", false},    {JM_PURPOSE_CRL, "operator", false}};
    const struct jm_key_table table = {.find = t_find, .sign = t_sign, .count = t_count};
    struct jm_bytes in[1] = {JM_BYTES("x")}, out[1];
    struct jm_list list = {out, 0, 1};
    bool behind;
    struct jm_sign_service s = {.own = &own,
                                .keys = &table,
                                .crypto = &jm_crypto_openssl,
                                .behind = t_behind,
                                .behind_ctx = &behind};

    counted = signed_n = 0;
    count_st = JM_OK;
    for (size_t i = 0; i < JM_ARRAY_LEN(rows); i++) {
        struct jm_sign_request q =
            {jm_str(rows[i].caller), JM_SIGN, rows[i].purpose, {NULL, 0}, in, 1, NOW};
        struct jm_diag d = {0}, in_time = {0};

        make(rows[i].purpose);
        behind = true;
        enum jm_status st = jm_sign_serve(&s, &q, &list, &mem, &d);
        ROW(CHECK_EQ(d.code == JM_SIGNER_CLOCK, rows[i].waits) &&
                CHECK(!rows[i].waits || st == JM_E_UNAVAILABLE),
            jm_purpose_name(rows[i].purpose));
        behind = false;
        (void)!jm_sign_serve(&s, &q, &list, &mem, &in_time);
        ROW(CHECK(in_time.code != JM_SIGNER_CLOCK), jm_purpose_name(rows[i].purpose));
        jm_key_free(&ca_key);
    }
}
