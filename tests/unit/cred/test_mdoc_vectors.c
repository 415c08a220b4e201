/* SPDX-License-Identifier: Apache-2.0 */
/* Public documents of other issuers: exactly the failures that their index files expect, and at
 * least the notices. */
#include "unit/test.h"

#include "host/openssl/openssl.h"
#include "jumin/base64.h"
#include "jumin/civil.h"
#include "jumin/json.h"
#include "jumin/mdoc.h"

static struct jm_key *reader_key;

static enum jm_status agree(void *ctx, struct jm_bytes key, struct jm_bytes peer, uint8_t x[32])
{
    (void)ctx;
    return jm_bytes_eq_str(key, "reader") && reader_key != NULL ? jm_key_agree(reader_key, peer, x)
                                                                : JM_E_ABSENT;
}

static const struct jm_answers answers = {.verify = jm_openssl_verify, .agree = agree};

static bool in_array(const struct jm_json *array, const char *name)
{
    for (const struct jm_json *e = array == NULL ? NULL : array->child; e != NULL; e = e->next)
        if (jm_bytes_eq_str(e->text, name))
            return true;
    return false;
}

static void check_report(const struct jm_report *r, const struct jm_json *fail,
                         const struct jm_json *expected)
{
    static const char *const lists[] = {"warn", "x509"};

    for (size_t i = 0; i < r->n; i++) {
        const struct jm_check *c = &r->checks[i];
        const char *name = jm_code_info(c->code)->name;

        if (c->result == JM_FAIL && !in_array(fail, name)) {
            printf("    %s of object %u at %u: %.*s\n", name, c->object, c->offset,
                   (int)c->detail.len, (const char *)c->detail.ptr);
            CHECK(false && "an unexpected failure");
        }
        CHECK(c->result == JM_PASS || c->detail.len > 0);
    }
    for (const struct jm_json *e = fail->child; e != NULL; e = e->next) {
        const struct jm_code_info *info = jm_code_by_name(e->text);

        if (!CHECK(info != NULL && jm_report_has(r, info->code, JM_FAIL)))
            printf("    %.*s\n", (int)e->text.len, (const char *)e->text.ptr);
    }
    for (size_t k = 0; k < 2 && expected != NULL; k++) {
        const struct jm_json *list = jm_json_get(expected, lists[k]);

        for (const struct jm_json *e = list == NULL ? NULL : list->child; e != NULL; e = e->next) {
            const struct jm_code_info *info = jm_code_by_name(e->text);

            if (!CHECK(info != NULL && jm_report_has(r, info->code, JM_WARN)))
                printf("    no notice %.*s\n", (int)e->text.len, (const char *)e->text.ptr);
        }
    }
    CHECK_EQ(r->verdict, fail->child != NULL ? JM_REJECTED : JM_ACCEPTED);
}

static struct jm_bytes pem(struct jm_bytes text, struct jm_arena *mem)
{
    size_t from = jm_bytes_find(text, JM_BYTES("-----\n")),
           to = jm_bytes_find(text, JM_BYTES("-----END"));
    struct jm_buf b = room(text.len);
    struct jm_bytes der;

    for (size_t i = from + 6; i < to; i++)
        if (text.ptr[i] != '\n' && text.ptr[i] != '\r')
            b.ptr[b.len++] = text.ptr[i];
    CHECK_OK(jm_b64_decode(&der, mem, jm_written(b)));
    return der;
}

struct run {
    struct jm_arena mem;
    struct jm_anchors anchors;
    struct jm_anchor anchor;
    struct jm_cert cert;
    struct jm_mdoc_context ctx;
};

static void begin(struct run *t, struct jm_bytes anchor_der, bool pinned)
{
    memset(t, 0, sizeof *t);
    t->mem = arena(512 * JM_KIB);
    CHECK_OK(jm_openssl_init());
    CHECK_OK(jm_cert_parse(&t->cert, anchor_der));
    t->anchor = (struct jm_anchor){.cert = &t->cert, .any_type = true, .pinned = pinned};
    t->anchors = (struct jm_anchors){.anchor = &t->anchor, .n = 1};
    t->ctx.anchors = &t->anchors;
    t->ctx.policy = JM_MDOC_POLICY_WAIVED;
    t->ctx.crypto = &jm_crypto_openssl;
}

static void at(struct run *t, const struct jm_json *expected)
{
    struct jm_bytes now = jm_none();
    bool plain;

    CHECK_OK(jm_json_str(&now, expected, "now"));
    CHECK_OK(jm_rfc3339_parse(&t->ctx.now, &plain, now));
}

static const struct jm_json *json(const char *name, struct jm_arena *mem)
{
    const struct jm_json *j = NULL;

    CHECK_OK(jm_json_parse(&j, vector(name), mem, NULL));
    return j;
}

static struct jm_bytes leaf_of(struct jm_bytes response, struct jm_arena *mem)
{
    struct jm_mdoc_copy copy;
    struct jm_bytes v = response, docs, first, is;
    struct jm_cbor r;

    CHECK_OK(jm_cbor_find_text(&docs, v, "documents"));
    jm_cbor_init(&r, docs);
    (void)jm_cbor_array(&r);
    first = jm_cbor_item(&r);
    CHECK_OK(jm_cbor_find_text(&is, first, "issuerSigned"));
    CHECK_OK(jm_mdoc_copy_read(&copy, is, mem));
    return copy.x5chain[0];
}

static void verify(struct run *t, struct jm_bytes response, const struct jm_json *fail,
                   const struct jm_json *expected)
{
    const struct jm_mdoc_verified *v;

    if (!CHECK_OK(jm_mdoc_verify(&v, exact(response), &t->ctx, &answers, &t->mem)))
        return;
    check_report(jm_mdoc_report(v), fail, expected);
    CHECK((jm_mdoc_claims(v, 0) != NULL) == (fail->child == NULL));
    CHECK(jm_mdoc_claims(v, 1) == NULL);
}

TEST(annex_d_three_times)
{
    struct jm_arena mem = arena(64 * JM_KIB);
    const struct jm_json *derived = json("iso18013-5-annex-d/derived.json", &mem),
                         *list = jm_json_get(derived, "expected");
    struct jm_bytes response = vector_hex("iso18013-5-annex-d/device_response.hex"), bare,
                    d = vector_hex("iso18013-5-annex-d/ephemeral_reader_key_d.hex");
    struct jm_secret32 secret;
    unsigned n = 0;

    CHECK_EQ(d.len, 32);
    memcpy(secret.octets, d.ptr, 32);
    CHECK_OK(jm_openssl_init());
    CHECK_OK(jm_key_from_scalar(&reader_key, &secret));
    CHECK_OK(
        jm_transcript_bare(&bare, vector_hex("iso18013-5-annex-d/session_transcript_bytes.hex")));
    for (const struct jm_json *e = list->child; e != NULL; e = e->next, n++) {
        struct run t;

        begin(&t, vector_hex("iso18013-5-annex-d/iaca_root_cert.hex"), false);
        at(&t, e);
        t.ctx.transcript = bare;
        t.ctx.reader_key = JM_BYTES("reader");
        verify(&t, response, jm_json_get(e, "fail"), e);
    }
    CHECK_EQ(n, 3);
    jm_key_free(&reader_key);
}

TEST(annex_d_salt)
{
    struct jm_bytes bare;
    uint8_t salt[32];

    CHECK_OK(jm_openssl_init());
    CHECK_OK(
        jm_transcript_bare(&bare, vector_hex("iso18013-5-annex-d/session_transcript_bytes.hex")));
    CHECK_OK(jm_transcript_salt(salt, &jm_crypto_openssl, bare));
    CHECK_BYTES(jm_bytes(salt, 32),
                "f823ac566e22b2106c9b7c02fadc7482e559a1de8a809b56c828779e6d67570e");
}

TEST(auth0_four)
{
    struct jm_arena mem = arena(64 * JM_KIB);
    const struct jm_json *list = json("auth0-examples/index.json", &mem);
    unsigned n = 0;

    for (const struct jm_json *e = list->child; e != NULL; e = e->next) {
        const struct jm_json *expected = jm_json_get(e, "expected");
        char name[80];
        struct run t;

        n++;
        begin(&t, pem(vector("auth0-examples/issuer.pem"), &mem), true);
        at(&t, expected);
        snprintf(name, sizeof name, "auth0-examples/example%u.encodedSessionTranscript.hex", n);
        CHECK_OK(jm_transcript_bare(&t.ctx.transcript, vector_hex(name)));
        snprintf(name, sizeof name, "auth0-examples/example%u.deviceResponse.hex", n);
        verify(&t, vector_hex(name), jm_json_get(expected, "fail"), expected);
    }
    CHECK_EQ(n, 4);
}

TEST(longfellow_eight)
{
    struct jm_arena mem = arena(256 * JM_KIB);
    const struct jm_json *list = json("longfellow-mdoc/index.json", &mem);
    unsigned n = 0;

    for (const struct jm_json *e = list->child; e != NULL; e = e->next, n++) {
        const struct jm_json *expected = jm_json_get(e, "expected");
        struct jm_bytes response;
        int64_t id = -1;
        char name[80];
        struct run t;

        CHECK_OK(jm_json_int(&id, jm_json_get(e, "id")));
        snprintf(name, sizeof name, "longfellow-mdoc/%02d.device_response.hex", (int)id);
        response = vector_hex(name);
        begin(&t, leaf_of(response, &mem), true);
        at(&t, expected);
        snprintf(name, sizeof name, "longfellow-mdoc/%02d.session_transcript.hex", (int)id);
        t.ctx.transcript = vector_hex(name);
        verify(&t, response, jm_json_get(expected, "fail"), expected);
    }
    CHECK_EQ(n, 8);
}

static struct jm_bytes unhex_member(const struct jm_json *e, const char *name)
{
    struct jm_bytes text = jm_none();

    CHECK_OK(jm_json_str(&text, e, name));
    return test_unhex(text, name);
}

TEST(wallets_two_and_an_unrelated_anchor)
{
    struct jm_arena mem = arena(64 * JM_KIB);
    const struct jm_json *list = json("wallets/index.json", &mem), *animo = list->child,
                         *google = animo->next;
    struct run t;

    begin(&t, pem(vector("wallets/animo.iaca.pem"), &mem), false);
    at(&t, jm_json_get(animo, "expected"));
    t.ctx.transcript = unhex_member(animo, "session_transcript");
    verify(&t, vector_hex("wallets/animo.deviceResponse.hex"),
           jm_json_get(jm_json_get(animo, "expected"), "fail"), jm_json_get(animo, "expected"));

    begin(&t, pem(vector("wallets/google.dsc.pem"), &mem), true);
    at(&t, jm_json_get(google, "expected"));
    t.ctx.transcript = unhex_member(google, "session_transcript");
    verify(&t, vector_hex("wallets/google.deviceResponse.hex"),
           jm_json_get(jm_json_get(google, "expected"), "fail"), jm_json_get(google, "expected"));

    begin(&t, pem(vector("wallets/google.unrelated-anchor.pem"), &mem), false);
    at(&t, jm_json_get(google, "expected"));
    t.ctx.transcript = unhex_member(google, "session_transcript");
    verify(&t, vector_hex("wallets/google.deviceResponse.hex"),
           jm_json_get(google, "expected_with_unrelated_anchor"), NULL);
}

TEST(status_in_an_issuer_auth)
{
    struct jm_arena mem = arena(64 * JM_KIB);
    struct jm_bytes auth = vector_hex("mso-status/issuer_auth_status_list.hex");
    const struct jm_mdoc_verified *v;
    struct jm_cose_sign1 c;
    struct run t;

    CHECK_OK(jm_cose_parse(&c, auth, JM_COSE_TAG_SIGN1));
    if (!CHECK(c.n_x5chain > 0))
        return;
    begin(&t, c.x5chain[0], true);
    t.ctx.now = t.cert.not_before + 1;
    CHECK_OK(jm_mdoc_verify_issuer_auth(&v, auth, &t.ctx, &answers, &mem));
    CHECK(jm_report_has(jm_mdoc_report(v), JM_MDOC_ISSUER_SIGNATURE, JM_PASS));
    if (CHECK(jm_mdoc_unverified(v, 0) != NULL)) {
        CHECK_EQ(jm_mdoc_unverified(v, 0)->status_idx, 412);
        CHECK_STR(jm_mdoc_unverified(v, 0)->status_uri, "https://example.com/statuslists/1");
    }
}

TEST(transcripts_of_every_row)
{
    struct jm_arena mem = arena(64 * JM_KIB);
    const struct jm_json *list = json("session-transcripts/vectors.json", &mem);
    const struct jm_json *e = list->child, *in;
    struct jm_bytes a, b, c, out;

    CHECK_OK(jm_openssl_init());
    in = jm_json_get(e, "inputs");
    CHECK_OK(jm_json_str(&a, in, "client_id"));
    CHECK_OK(jm_json_str(&b, in, "nonce"));
    CHECK_OK(jm_json_str(&c, in, "response_uri"));
    CHECK_OK(jm_transcript_oid4vp(&out, &jm_crypto_openssl, a, b,
                                  unhex_member(in, "jwk_thumbprint"), c, &mem));
    CHECK_SAME(out, unhex_member(e, "session_transcript"));
    e = e->next;
    in = jm_json_get(e, "inputs");
    CHECK_OK(jm_json_str(&a, in, "origin"));
    CHECK_OK(jm_transcript_dcapi(&out, &jm_crypto_openssl, a, b, unhex_member(in, "jwk_thumbprint"),
                                 &mem));
    CHECK_SAME(out, unhex_member(e, "session_transcript"));
    e = e->next;
    in = jm_json_get(e, "inputs");
    CHECK_OK(jm_json_str(&a, in, "interactive_authorization_endpoint"));
    CHECK_OK(jm_transcript_iae(&out, &jm_crypto_openssl, a, b, unhex_member(in, "jwk_thumbprint"),
                               &mem));
    CHECK_SAME(out, unhex_member(e, "session_transcript"));
    e = e->next;
    in = jm_json_get(e, "inputs");
    CHECK_OK(jm_json_str(&a, in, "encryptionInfo_b64u"));
    CHECK_OK(jm_json_str(&b, in, "origin"));
    CHECK_OK(jm_transcript_iso_dcapi(&out, &jm_crypto_openssl, a, b, &mem));
    CHECK_SAME(out, unhex_member(e, "session_transcript"));
    CHECK_ST(jm_transcript_oid4vp(&out, &jm_crypto_openssl, a, b, JM_BYTES("short"), c, &mem),
             JM_E_USAGE);
    CHECK_ST(jm_transcript_bare(&out, hex("d8184100")), JM_E_MALFORMED);
    CHECK_ST(jm_transcript_bare(&out, hex("82f6f6")), JM_E_MALFORMED);
    CHECK_ST(jm_transcript_bare(&out, hex("83f6f6f600")), JM_E_MALFORMED);
}

/* One octet changed at a time: the check that it breaks says so, and no other. */
TEST(annex_d_ten_changes)
{
    static const struct {
        const char *name, *before; /* the octet behind this text, at */
        size_t at;
        uint8_t flip;
        enum jm_code fail[3];
    } rows[] = {
        {"value",
         "elementValue\x63"
         "Doe",
         13,
         1,
         {JM_MDOC_ITEM_DIGEST_MISMATCH}},
        {"identifier", "family_name", 0, 1, {JM_MDOC_ITEM_DIGEST_MISMATCH}},
        {"key of an item", "elementIdentifier", 0, 1, {JM_MDOC_ITEM_FORM}},
        {"digest in the MSO",
         "valueDigests\xa2\x71org.iso.18013.5.1\xad\x00\x58\x20",
         36,
         1,
         {JM_MDOC_ISSUER_SIGNATURE, JM_MDOC_ITEM_DIGEST_MISMATCH}},
        {"docType", "docType\x75org.iso", 8, 1, {JM_MDOC_MSO_DOCTYPE, JM_MDOC_DEVICE_MAC}},
        {"version",
         "version\x63"
         "1.0",
         8,
         3,
         {JM_MDOC_VERSION}},
        {"status", "status", 6, 1, {JM_MDOC_RESPONSE_STATUS, JM_MDOC_RESPONSE_STATUS_DOCUMENTS}},
        {"name of the signer", "utopia ds", 0, 1, {JM_MDOC_CHAIN_SIGNATURE}},
        {"MAC", "deviceMac\x84\x43\xa1\x01\x05\xa0\xf6\x58\x20", 18, 1, {JM_MDOC_DEVICE_MAC}},
        {"validUntil",
         "validUntil\xc0\x74"
         "2021",
         12,
         4,
         {JM_MDOC_ISSUER_SIGNATURE}},
    };
    struct jm_bytes response = vector_hex("iso18013-5-annex-d/device_response.hex"), bare,
                    d = vector_hex("iso18013-5-annex-d/ephemeral_reader_key_d.hex");
    struct jm_secret32 secret;

    memcpy(secret.octets, d.ptr, 32);
    CHECK_OK(jm_openssl_init());
    CHECK_OK(jm_key_from_scalar(&reader_key, &secret));
    CHECK_OK(
        jm_transcript_bare(&bare, vector_hex("iso18013-5-annex-d/session_transcript_bytes.hex")));
    for (size_t i = 0; i < JM_ARRAY_LEN(rows); i++) {
        size_t at = jm_bytes_find(response, jm_str(rows[i].before)), len = strlen(rows[i].before),
               failed = 0;
        const struct jm_mdoc_verified *v;
        struct jm_bytes changed = exact(response);
        struct run t;

        if (rows[i].at == 36) { /* the text holds a zero octet */
            at = jm_bytes_find(response, jm_bytes(rows[i].before, 35));
            len = 36;
        }
        if (!CHECK(at != SIZE_MAX && rows[i].at <= len)) {
            printf("    in row: %s\n", rows[i].name);
            continue;
        }
        ((uint8_t *)test_heap[test_heap_n - 1])[at + rows[i].at] ^= rows[i].flip;
        begin(&t, vector_hex("iso18013-5-annex-d/iaca_root_cert.hex"), false);
        t.ctx.now = INT64_C(1601596800);
        t.ctx.transcript = bare;
        t.ctx.reader_key = JM_BYTES("reader");
        if (!CHECK_OK(jm_mdoc_verify(&v, changed, &t.ctx, &answers, &t.mem)))
            continue;
        for (size_t n = 0; n < jm_mdoc_report(v)->n; n++) {
            const struct jm_check *c = &jm_mdoc_report(v)->checks[n];
            bool expected = false;

            for (size_t e = 0; e < 3; e++)
                expected = expected || c->code == rows[i].fail[e];
            if (c->result == JM_FAIL && !CHECK(expected))
                printf("    %s in row: %s\n", jm_code_info(c->code)->name, rows[i].name);
            failed += c->result == JM_FAIL;
        }
        ROW(CHECK(failed >= 1 && jm_report_has(jm_mdoc_report(v), rows[i].fail[0], JM_FAIL)),
            rows[i].name);
    }
    jm_key_free(&reader_key);
}

static struct jm_bytes hashed_head;
static enum jm_status heads_only(enum jm_hash alg, const struct jm_bytes *parts, size_t n,
                                 uint8_t out[JM_HASH_MAX])
{
    (void)alg;
    memset(out, 0, 32);
    hashed_head = n == 2 ? exact(parts[0]) : jm_none();
    return JM_OK;
}

/* The head of a byte string under tag 24, of each length; none of a length that has none of five
 * octets. */
TEST(heads_of_a_salt)
{
    static const struct {
        uint64_t len;
        const char *head;
    } rows[] = {{0, "d81840"},
                {23, "d81857"},
                {24, "d8185818"},
                {255, "d81858ff"},
                {256, "d818590100"},
                {65535, "d81859ffff"},
                {65536, "d8185a00010000"},
                {UINT32_MAX, "d8185affffffff"}};
    const struct jm_crypto c = {.hash = heads_only};
    uint8_t salt[32];

    for (size_t i = 0; i < JM_ARRAY_LEN(rows); i++) {
        CHECK_OK(jm_transcript_salt(salt, &c, jm_bytes("", (size_t)rows[i].len)));
        CHECK_BYTES(hashed_head, rows[i].head);
    }
#if SIZE_MAX > UINT32_MAX
    CHECK_ST(jm_transcript_salt(salt, &c, jm_bytes("", (size_t)UINT32_MAX + 1)), JM_E_LIMIT);
#endif
}
