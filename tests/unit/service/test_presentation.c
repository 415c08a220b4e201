/* SPDX-License-Identifier: Apache-2.0 */
/* Presentations against wallets that lie, lists that are spoilt, and time that
 * passes: V-01 … V-12. */
#include "service/presentation/parts.h"
#include "service/web/routes.h"
#include "unit/service/country.h"

#include <pthread.h>

#include "jumin/wallet.h"

/* -- accepted -- */

TEST(accepts_and_hands_out_once)
{
    static const struct {
        const char *service, *query, *claims;
        struct lie lie;
    } rows[] = {
        {"mdoc", "mdoc", "{\"org.iso.23220.1\":{\"age_over_19\":true}}", {.aes128 = true}},
        {"sdjwt", "sdjwt", "{\"age_over_19\":true}", {.aes128 = false}},
        {"both", "mdoc", "{\"org.iso.23220.1\":{\"age_over_19\":true}}", {.aes128 = false}},
        {"both", "sdjwt", "{\"age_over_19\":true}", {.aes128 = true}},
        {"high", "sdjwt", "{\"key_level\":2,\"age_over_19\":true}", {.key_level = 2}},
        {"mdoc", "mdoc", "{\"org.iso.23220.1\":{\"age_over_19\":true}}", {.unrequested = true}},
        {"sdjwt", "sdjwt", "{\"age_over_19\":true}", {.unrequested = true}},
    };

    for (size_t i = 0; i < JM_ARRAY_LEN(rows); i++) {
        country_begin();
        struct asked a = ask(rows[i].service);
        bool ok =
            CHECK_EQ(post(a.id, body_of(&a, rows[i].query, &rows[i].lie), NULL), JM_CODE_NONE);
        struct jm_presentation_result r = result_of(&a, rows[i].service),
                                      again = result_of(&a, rows[i].service);

        ok = CHECK_EQ(r.p.state, JM_PRESENTATION_ACCEPTED) && CHECK_STR(r.claims, rows[i].claims) &&
             ok;
        ok = CHECK(again.claims.ptr == NULL) &&
             CHECK(says(r.p.report, "\"verdict\":\"accepted\"")) && ok;
        ok = CHECK(says(r.p.report, "NOT_REQUESTED\",\"check\"") == false ||
                   rows[i].lie.unrequested || says(r.p.report, "\"warn\":[]")) &&
             ok;
        ok = CHECK(!says(r.p.report, "true")) && ok; /* no values in the report */
        ROW(ok, rows[i].service);
        country_end();
    }
}

TEST(gives_the_presentation_as_it_came_and_once)
{
    const struct lie truth = {.aes128 = false};

    country_begin();
    struct asked a = ask("sdjwt");
    struct jm_bytes plain = plain_of(&a, "sdjwt", &truth);
    CHECK_EQ(post(a.id, form_of("response", sealed(&a, plain, &truth)), NULL), JM_CODE_NONE);
    struct jm_presentation_result r = result_of(&a, "sdjwt");
    CHECK(r.vp_token.len > 100 && jm_bytes_find(plain, r.vp_token) != SIZE_MAX);
    CHECK(result_of(&a, "sdjwt").vp_token.ptr == NULL);
    static const char *const both[] = {"sdjwt", "mdoc"};
    /* V-04: octets that say more than was asked are not handed out */
    for (size_t i = 0; i < JM_ARRAY_LEN(both); i++) {
        const struct lie more = {.unrequested = true};

        a = ask(both[i]);
        CHECK_EQ(post(a.id, body_of(&a, both[i], &more), NULL), JM_CODE_NONE);
        r = result_of(&a, both[i]);
        CHECK(r.claims.ptr != NULL && r.vp_token.ptr == NULL);
    }
    static const struct {
        const char *service;
        struct lie lie;
        const char *claims;
        bool whole; /* the octets say no more than was asked */
    } rows[] = {
        {"sdjwt",
         {.unrequested = true, .more = "resident_number"},
         "{\"age_over_19\":true}",
         false},
        /* the street leaves with the town */
        {"town", {.claim = "home"}, "{\"home\":{\"town\":\"대전\"}}", false},
        {"home",
         {.claim = "home"},
         "{\"home\":{\"town\":\"대전\",\"street\":\"둔산로 100\"}}",
         true},
    };
    for (size_t i = 0; i < JM_ARRAY_LEN(rows); i++) {
        a = ask(rows[i].service);
        ROW(CHECK_EQ(post(a.id, body_of(&a, "sdjwt", &rows[i].lie), NULL), JM_CODE_NONE),
            rows[i].service);
        r = result_of(&a, rows[i].service);
        ROW(CHECK_STR(r.claims, rows[i].claims) && CHECK_EQ(r.vp_token.ptr != NULL, rows[i].whole),
            rows[i].service);
    }
    a = ask("mdoc"); /* what was refused is evidence of nothing */
    const struct lie early = {.early = true};
    CHECK_EQ(post(a.id, body_of(&a, "mdoc", &early), NULL), JM_MDOC_MSO_NOT_YET_VALID);
    CHECK(result_of(&a, "mdoc").vp_token.ptr == NULL);
    country_end();
}

/* An empty trust set accepts nobody: no card, no relying party, no issuer, no list. */
TEST(an_empty_trust_set_accepts_nobody)
{
    struct jm_trust_spec none = {.issued_at = KIT_NOW - KIT_DAY,
                                 .next_update = KIT_NOW + 7 * KIT_DAY,
                                 .version = 2};
    static const struct {
        const char *service;
        enum jm_code code;
    } rows[] = {{"mdoc", JM_MDOC_CHAIN_NO_ANCHOR}, {"sdjwt", JM_SDJWT_ISSUER_CHAIN}};
    const struct lie truth = {.aes128 = false};
    struct jm_bytes octets;

    country_begin();
    KIT_MUST(jm_trust_write(&octets, &none, &C->k.mem));
    for (size_t i = 0; i < JM_ARRAY_LEN(rows); i++) {
        struct asked a = ask(rows[i].service);
        struct jm_trust was = C->v.trust;

        KIT_MUST(jm_trust_open(&C->v.trust, octets, &C->k.mem));
        ROW(CHECK_EQ(post(a.id, body_of(&a, rows[i].service, &truth), NULL), rows[i].code),
            rows[i].service);
        C->v.trust = was;
    }
    struct jm_consent consent;
    struct asked a = ask("sdjwt");
    struct jm_diag d = {0};
    struct jm_trust empty;

    KIT_MUST(jm_trust_open(&empty, octets, &C->k.mem));
    a.r.known = false; /* as jm_vp_request_read() says where no anchor fits */
    CHECK_ST(jm_wallet_judge(&consent, &a.r, &empty, &jm_crypto_openssl, C->now, &d), JM_E_DENIED);
    CHECK_EQ(consent.badge, JM_BADGE_UNKNOWN);
    CHECK_EQ(d.code, JM_WALLET_UNKNOWN_ASKS);
    C->v.trust = empty;
    d.code = JM_CODE_NONE;
    CHECK_ST(jm_verifier_init(&C->v, &C->k.mem, &d), JM_E_DENIED);
    CHECK_EQ(d.code, JM_RP_NOT_REGISTERED);
    country_end();
}

/* D-331: a limit that is reached refuses; it leaves nothing undecided. */
static struct jm_bytes documents(const struct asked *a, size_t n, struct jm_bytes document)
{
    struct jm_buf b, text;
    struct jm_cbor_w w;
    struct jm_bytes b64;

    KIT_MUST(jm_alloc_buf(&b, &C->k.mem, 64 + n * document.len));
    jm_cbor_w_init(&w, &b);
    jm_cbor_w_map(&w, 3);
    jm_cbor_w_str(&w, "version");
    jm_cbor_w_str(&w, "1.0");
    jm_cbor_w_str(&w, "documents");
    jm_cbor_w_array(&w, n);
    for (size_t i = 0; i < n; i++)
        jm_cbor_w_raw(&w, document);
    jm_cbor_w_str(&w, "status");
    jm_cbor_w_uint(&w, 0);
    KIT_MUST(jm_cbor_w_end(&w));
    KIT_MUST(jm_b64url_encode(&b64, &C->k.mem, jm_written(b)));
    KIT_MUST(jm_alloc_buf(&text, &C->k.mem, 256 + b64.len));
    text.len =
        (size_t)snprintf((char *)text.ptr, text.cap,
                         "{\"vp_token\":{\"mdoc\":[\"%.*s\"]},\"state\":\"%.*s\"}", (int)b64.len,
                         (const char *)b64.ptr, (int)a->r.state.len, (const char *)a->r.state.ptr);
    return jm_written(text);
}

TEST(more_than_one_document_is_refused_and_nothing_else_said)
{
    static const size_t counts[] = {2, 8, 9, 16, 17, 400};
    static const struct lie truth = {.aes128 = false};

    country_begin();
    for (size_t i = 0; i < JM_ARRAY_LEN(counts); i++) {
        struct asked a = ask("mdoc");
        struct jm_presentation_result r;
        enum jm_code code =
            post(a.id,
                 form_of("response",
                         sealed(&a, documents(&a, counts[i], JM_BYTES("\xa0")), &truth)),
                 NULL);

        CHECK(code == JM_VP_TOKEN_FORM || code == JM_MDOC_RESPONSE_LIMIT);
        CHECK_EQ(code, counts[i] <= 8 ? JM_VP_TOKEN_FORM : code);
        r = result_of(&a, "mdoc");
        CHECK_EQ(r.p.state, JM_PRESENTATION_REJECTED);
        CHECK(says(r.p.report, "\"verdict\":\"rejected\"") && r.p.report.len < 16384);
    }
    country_end();
}

TEST(a_flood_of_claims_is_dropped_and_told_in_part)
{
    const struct lie flood = {.flood = 200};

    country_begin();
    struct asked a = ask("sdjwt");
    CHECK_EQ(post(a.id, body_of(&a, "sdjwt", &flood), NULL), JM_CODE_NONE);
    struct jm_presentation_result r = result_of(&a, "sdjwt");
    size_t told = 0;
    for (struct jm_bytes t = r.p.report;
         (t = jm_slice(t, jm_bytes_find(t, JM_BYTES("sdjwt/more_")), SIZE_MAX)).len != 0;
         t = jm_slice(t, 1, SIZE_MAX))
        told++;
    CHECK_EQ(told, 8);
    CHECK_STR(r.claims, "{\"age_over_19\":true}");
    CHECK(r.vp_token.ptr == NULL);
    country_end();
}

TEST(a_verifier_whose_room_is_full_refuses)
{
    const struct lie flood = {.flood = 60};
    size_t limits = 0, taken = 0;

    country_begin();
    for (size_t size = 64 * JM_KIB; size < 1024 * JM_KIB; size += 128 * JM_KIB) {
        struct asked a = ask("sdjwt");
        struct jm_presentation_result r;
        enum jm_status st;
        enum jm_code code = post_within(size, a.id, body_of(&a, "sdjwt", &flood), &st);

        r = result_of(&a, "sdjwt");
        CHECK(r.p.state != JM_PRESENTATION_UNDECIDED);
        CHECK_EQ(r.p.state == JM_PRESENTATION_REJECTED, code == JM_VER_LIMIT);
        CHECK_EQ(r.p.state == JM_PRESENTATION_ACCEPTED, st == JM_OK);
        limits += code == JM_VER_LIMIT;
        taken += st == JM_OK;
        CHECK(code != JM_VER_LIMIT ||
              (r.claims.ptr == NULL && says(r.p.report, "\"fail\":[\"JM_VER_LIMIT\"]")));
    }
    CHECK(limits > 0 && taken > 0);
    country_end();
}

TEST(tells_a_copy_shown_twice)
{
    const struct lie truth = {.aes128 = false};

    country_begin();
    for (int i = 0; i < 2; i++) {
        struct asked a = ask("mdoc");

        CHECK_EQ(post(a.id, body_of(&a, "mdoc", &truth), NULL), JM_CODE_NONE);
        CHECK_EQ(says(result_of(&a, "mdoc").p.report, "\"warn\":[\"JM_MDOC_MSO_SEEN\"]"), i == 1);
    }
    country_end();
}

/* -- refused -- */

/* Each decrypts, so each ends its presentation: the truth sent afterwards comes too late. */
TEST(refuses_and_ends)
{
    static const struct {
        const char *name, *service, *query;
        struct lie lie;
        enum jm_code code;
    } rows[] = {
        {"V-03: another nonce", "mdoc", "mdoc", {.nonce = "other"}, JM_MDOC_DEVICE_SIGNATURE},
        {"V-03: another response_uri",
         "mdoc",
         "mdoc",
         {.response_uri = "https://evil.example/r"},
         JM_MDOC_DEVICE_SIGNATURE},
        {"V-02: made for another verifier",
         "mdoc",
         "mdoc",
         {.client_id = "x509_san_dns:evil.example"},
         JM_MDOC_DEVICE_SIGNATURE},
        {"V-03: another key's thumbprint",
         "mdoc",
         "mdoc",
         {.other_thumbprint = true},
         JM_MDOC_DEVICE_SIGNATURE},
        {"signed by another device",
         "mdoc",
         "mdoc",
         {.other_device = true},
         JM_MDOC_DEVICE_SIGNATURE},
        {"signed by another issuer",
         "mdoc",
         "mdoc",
         {.other_issuer = true},
         JM_MDOC_ISSUER_SIGNATURE},
        {"V-03: copy out of date", "mdoc", "mdoc", {.expired = true}, JM_MDOC_MSO_EXPIRED},
        {"V-03: copy not valid yet", "mdoc", "mdoc", {.early = true}, JM_MDOC_MSO_NOT_YET_VALID},
        {"required element not there", "mdoc", "mdoc", {.no_age = true}, JM_MDOC_ELEMENT_MISSING},
        {"copy without status", "mdoc", "mdoc", {.no_status = true}, JM_MDOC_STATUS_NONE},
        {"V-01: another nonce", "sdjwt", "sdjwt", {.nonce = "other"}, JM_SDJWT_KB_NONCE},
        {"V-02: audience without prefix",
         "sdjwt",
         "sdjwt",
         {.client_id = "bank.example"},
         JM_SDJWT_KB_AUDIENCE},
        {"V-04: KB-JWT stripped", "sdjwt", "sdjwt", {.no_kb = true}, JM_SDJWT_KB_MISSING},
        {"signed by another device",
         "sdjwt",
         "sdjwt",
         {.other_device = true},
         JM_SDJWT_KB_SIGNATURE},
        {"signed by another issuer",
         "sdjwt",
         "sdjwt",
         {.other_issuer = true},
         JM_SDJWT_ISSUER_SIGNATURE},
        {"KB-JWT made long ago", "sdjwt", "sdjwt", {.late_kb = true}, JM_SDJWT_KB_IAT},
        {"another type", "sdjwt", "sdjwt", {.vct = "urn:other:1"}, JM_SDJWT_VCT},
        {"copy out of date", "sdjwt", "sdjwt", {.expired = true}, JM_SDJWT_EXPIRED},
        {"copy not valid yet", "sdjwt", "sdjwt", {.early = true}, JM_SDJWT_NOT_YET_VALID},
        {"required claim not there",
         "sdjwt",
         "sdjwt",
         {.claim = "full_name"},
         JM_SDJWT_CLAIM_MISSING},
        {"copy without status", "sdjwt", "sdjwt", {.no_status = true}, JM_SDJWT_STATUS_NONE},
        {"V-05: answers what was not asked",
         "mdoc",
         "mdoc",
         {.name_in_token = "sdjwt"},
         JM_VP_TOKEN_QUERY},
        {"V-05: text for array", "mdoc", "mdoc", {.as_string = true}, JM_VP_TOKEN_FORM},
        {"V-05: two where one is asked", "sdjwt", "sdjwt", {.twice = true}, JM_VP_TOKEN_FORM},
        {"V-05: nothing", "both", "mdoc", {.empty = true}, JM_VP_TOKEN_FORM},
        {"an mdoc under the SD-JWT's name",
         "both",
         "mdoc",
         {.name_in_token = "sdjwt"},
         JM_SDJWT_FORM},
        {"V-09: another state", "mdoc", "mdoc", {.state = "somewhere"}, JM_VP_RESPONSE_STATE},
        {"D-310: key level too low", "high", "sdjwt", {.key_level = 1}, JM_VER_LEVEL},
        {"D-310: level not shown", "unshown", "sdjwt", {.aes128 = false}, JM_VER_LEVEL},
    };

    for (size_t i = 0; i < JM_ARRAY_LEN(rows); i++) {
        const struct lie truth = {.aes128 = false};
        enum jm_status st = JM_OK;

        country_begin();
        struct asked a = ask(rows[i].service);
        struct jm_bytes good = body_of(&a, rows[i].query, &truth),
                        bad = body_of(&a, rows[i].query, &rows[i].lie);
        bool ok = CHECK_EQ(post(a.id, bad, &st), rows[i].code);

        ok = CHECK_EQ(jm_class_of(st), JM_CLASS_DENIED) && ok;
        ok = CHECK_EQ(result_of(&a, rows[i].service).p.state, JM_PRESENTATION_REJECTED) && ok;
        ok = CHECK(result_of(&a, rows[i].service).claims.ptr == NULL) && ok;
        ok = CHECK_EQ(post(a.id, good, &st), JM_VER_ANSWERED) && CHECK_EQ(st, JM_E_CONFLICT) && ok;
        /* as the first time */
        ok = CHECK_EQ(post(a.id, bad, &st), rows[i].code) &&
             CHECK_EQ(jm_class_of(st), JM_CLASS_DENIED) && ok;
        /* V-11: nobody was told by a fetch, unless all else held */
        ok = CHECK(C->fetched == 0 || rows[i].code == JM_VER_LEVEL ||
                   rows[i].code == JM_MDOC_STATUS_NONE) &&
             ok;
        ROW(ok, rows[i].name);
        country_end();
    }
}

TEST(junk_leaves_it_open_five_times)
{
    const struct lie truth = {.aes128 = false}, kid = {.other_kid = true},
                     key = {.wrong_key = true}, no_kid = {.no_kid = true};

    country_begin();
    struct asked a = ask("mdoc");
    struct jm_bytes good = body_of(&a, "mdoc", &truth);
    const struct {
        const char *name;
        struct jm_bytes body;
        enum jm_code code;
    } rows[] = {
        {"V-06: another kid", body_of(&a, "mdoc", &kid), JM_VP_RESPONSE_KEY},
        {"V-06: another key", body_of(&a, "mdoc", &key), JM_JOSE_JWE_OPEN},
        {"V-06: not encrypted", form_of("vp_token", plain_of(&a, "mdoc", &truth)),
         JM_VP_RESPONSE_PLAIN},
        {"no JWE", form_of("response", JM_BYTES("a.b.c")), JM_JOSE_JWE_FORM},
    };
    for (size_t i = 0; i < JM_ARRAY_LEN(rows); i++)
        ROW(CHECK_EQ(post(a.id, rows[i].body, NULL), rows[i].code), rows[i].name);
    CHECK_EQ(post(a.id, good, NULL), JM_CODE_NONE);
    CHECK_EQ(result_of(&a, "mdoc").p.state, JM_PRESENTATION_ACCEPTED);

    a = ask("mdoc"); /* the request's key has a kid: so has the answer's header */
    CHECK_EQ(post(a.id, body_of(&a, "mdoc", &no_kid), NULL), JM_VP_RESPONSE_KID);
    CHECK_EQ(result_of(&a, "mdoc").p.state, JM_PRESENTATION_FETCHED);
    good = body_of(&a, "mdoc", &truth);
    CHECK_EQ(post(a.id, good, NULL), JM_CODE_NONE);

    a = ask("mdoc");
    good = body_of(&a, "mdoc", &truth);
    const struct jm_bytes junk[] = {form_of("response", jm_none()), form_of("x", JM_BYTES("y")),
                                    JM_BYTES("response=%zz"), form_of("error", JM_BYTES("\"")),
                                    form_of("response", JM_BYTES("...."))};
    for (size_t i = 0; i < JM_ARRAY_LEN(junk); i++)
        CHECK(post(a.id, junk[i], NULL) != JM_CODE_NONE);
    CHECK(says(result_of(&a, "mdoc").p.report, "\"fail\":[\"JM_VER_TRIES\"]"));
    CHECK_EQ(result_of(&a, "mdoc").p.state, JM_PRESENTATION_REJECTED);
    /* the holder's own answer: junk of others ends nothing */
    CHECK_EQ(post(a.id, good, NULL), JM_CODE_NONE);
    CHECK_EQ(result_of(&a, "mdoc").p.state, JM_PRESENTATION_ACCEPTED);
    country_end();
}

static bool may_answer(const struct asked *a)
{
    struct jm_presentation_result r = result_of(a, "sdjwt");

    return jm_presentation_answerable(&r.p, C->now);
}

/* Whoever sees the QR can fetch what it stands for, and say anything in the clear or encrypted: the
 * holder's answer counts. */
TEST(who_saw_the_qr_cancels_nothing)
{
    const struct lie truth = {.aes128 = false};
    struct jm_bytes token;
    struct jm_diag d = {0};

    country_begin();
    struct asked a = ask("sdjwt");
    CHECK_EQ(post(a.id, JM_BYTES("error=access_denied"), NULL), JM_CODE_NONE);
    CHECK_EQ(result_of(&a, "sdjwt").p.state, JM_PRESENTATION_CANCELLED);
    CHECK(may_answer(&a));
    /* who comes late can read it still */
    CHECK_OK(jm_presentation_fetch(&C->v, &token, a.id, jm_none(), &C->k.mem, &d));
    CHECK_EQ(post(a.id, JM_BYTES("error=server_error"), NULL), JM_CODE_NONE);
    CHECK_EQ(post(a.id, body_of(&a, "sdjwt", &truth), NULL), JM_CODE_NONE);
    struct jm_presentation_result r = result_of(&a, "sdjwt");
    CHECK_EQ(r.p.state, JM_PRESENTATION_ACCEPTED);
    CHECK(r.claims.ptr != NULL && !jm_presentation_answerable(&r.p, C->now));
    CHECK_EQ(post(a.id, JM_BYTES("error=access_denied"), NULL), JM_VER_ANSWERED);
    CHECK_EQ(result_of(&a, "sdjwt").p.state, JM_PRESENTATION_ACCEPTED);

    a = ask("sdjwt"); /* the service itself ends it for good */
    CHECK_EQ(post(a.id, JM_BYTES("error=access_denied"), NULL), JM_CODE_NONE);
    CHECK_OK(jm_presentation_cancel(&C->v, JM_BYTES("sdjwt"), &a.res.id, &C->k.mem, &d));
    CHECK(!may_answer(&a));
    CHECK_EQ(post(a.id, body_of(&a, "sdjwt", &truth), NULL), JM_VER_EXPIRED);
    CHECK_ST(jm_presentation_fetch(&C->v, &token, a.id, jm_none(), &C->k.mem, &d), JM_E_ABSENT);

    a = ask("sdjwt"); /* a refusal that was judged is one */
    CHECK_EQ(post(a.id, body_of(&a, "sdjwt", &(struct lie){.other_issuer = true}), NULL) !=
                 JM_CODE_NONE,
             true);
    CHECK(!may_answer(&a));
    CHECK_EQ(post(a.id, body_of(&a, "sdjwt", &truth), NULL), JM_VER_ANSWERED);

    a = ask("sdjwt"); /* and its time ends it */
    CHECK_EQ(post(a.id, JM_BYTES("error=access_denied"), NULL), JM_CODE_NONE);
    struct jm_bytes late = body_of(&a, "sdjwt", &truth);
    C->now += C->v.ttl_s;
    CHECK_EQ(post(a.id, late, NULL), JM_VER_EXPIRED);
    CHECK_OK(jm_presentation_sweep(&C->v));
    r = result_of(&a, "sdjwt");
    CHECK(r.p.state == JM_PRESENTATION_CANCELLED && r.p.nonce.ptr == NULL &&
          r.p.enc_sealed.ptr == NULL);
    country_end();
}

/* Every octet of the JWE stands under the tag, or is the tag, the key or the address of the key. */
TEST(no_tampered_answer_is_accepted)
{
    const struct lie truth = {.aes128 = false};

    country_begin();
    size_t mark = jm_arena_mark(&C->k.mem);
    unsigned tries = 0;
    struct asked a = ask("sdjwt");
    struct jm_bytes jwe = sealed(&a, plain_of(&a, "sdjwt", &truth), &truth);
    for (size_t i = 0; i < jwe.len; i += i < 420 || i + 40 > jwe.len ? 1 : 61) {
        struct jm_bytes changed = exact(jwe);
        uint8_t *p = test_heap[test_heap_n - 1];
        enum jm_status st;

        if (++tries % 4 == 0) { /* a fresh one before the fifth try */
            jm_arena_back(&C->k.mem, mark);
            a = ask("sdjwt");
            jwe = sealed(&a, plain_of(&a, "sdjwt", &truth), &truth);
            changed = exact(jwe);
            p = test_heap[test_heap_n - 1];
        }
        if (i >= jwe.len || jwe.ptr[i] == '.')
            continue;
        p[i] = jwe.ptr[i] == 'A' ? 'B' : 'A';
        enum jm_code code = post(a.id, form_of("response", changed), &st);
        if (!CHECK(st != JM_OK) || !CHECK(code == JM_JOSE_JWE_OPEN || code == JM_JOSE_JWE_FORM ||
                                          code == JM_JOSE_JWE_ALG || code == JM_VP_RESPONSE_KEY ||
                                          code == JM_VP_RESPONSE_KID))
            printf("    octet %zu of %zu: %s\n", i, jwe.len, jm_code_info(code)->name);
    }
    country_end();
}

/* -- time, replay, and who may know -- */

TEST(replays_are_conflicts_and_elsewhere_useless)
{
    const struct lie truth = {.aes128 = false};
    enum jm_status st;

    country_begin();
    struct asked a = ask("sdjwt"), b = ask("sdjwt");
    struct jm_bytes plain = plain_of(&a, "sdjwt", &truth),
                    body = form_of("response", sealed(&a, plain, &truth));
    CHECK_EQ(post(b.id, body, NULL), JM_VP_RESPONSE_KEY);
    CHECK_EQ(post(a.id, body, NULL), JM_CODE_NONE);
    /* the same in other octets */
    CHECK_EQ(post(a.id, form_of("response", sealed(&a, plain, &truth)), &st), JM_VER_ANSWERED);
    CHECK_EQ(st, JM_E_CONFLICT);
    /* V-01: the captured presentation, encrypted anew for another request, with its state */
    struct asked c = b;
    struct jm_bytes token = present_sdjwt(&a, &truth);
    char *fresh = (char *)test_malloc(token.len + 256);
    snprintf(fresh, token.len + 256, "{\"vp_token\":{\"sdjwt\":[\"%.*s\"]},\"state\":\"%.*s\"}",
             (int)token.len, (const char *)token.ptr, (int)c.r.state.len,
             (const char *)c.r.state.ptr);
    CHECK_EQ(post(c.id, form_of("response", sealed(&c, jm_str(fresh), &truth)), NULL),
             JM_SDJWT_KB_NONCE);
    country_end();
}

/* B01: clients send a POST again by themselves. The same octets hear the first outcome; nothing
 * happens a second time. */
TEST(the_same_answer_again_hears_the_first_outcome)
{
    static const struct {
        const char *name, *service;
        struct lie lie;
        enum jm_code code;
        enum jm_presentation_state state;
    } rows[] = {
        {"accepted", "sdjwt", {.client_id = NULL}, JM_CODE_NONE, JM_PRESENTATION_ACCEPTED},
        {"accepted, mdoc", "mdoc", {.client_id = NULL}, JM_CODE_NONE, JM_PRESENTATION_ACCEPTED},
        {"refused", "sdjwt", {.nonce = "x"}, JM_SDJWT_KB_NONCE, JM_PRESENTATION_REJECTED},
        {"undecided", "sdjwt", {.foreign_list = true}, JM_CODE_NONE, JM_PRESENTATION_UNDECIDED},
    };

    for (size_t i = 0; i < JM_ARRAY_LEN(rows); i++) {
        struct jm_diag first = {0}, again = {0}, over = {0};
        enum jm_status st;

        country_begin();
        struct asked a = ask(rows[i].service);
        struct jm_bytes body = body_of(&a, rows[i].service, &rows[i].lie), longer,
                        shorter = jm_slice(body, 0, body.len - 1);
        const struct jm_bytes parts[] = {body, JM_BYTES("&a=b")};
        KIT_MUST(jm_concat(&longer, &C->k.mem, parts, 2));
        st = jm_presentation_answer(&C->v, a.id, body, NULL, &C->k.mem, &first);
        unsigned fetched = C->fetched;
        /* values go out here */
        bool ok = CHECK_EQ(first.code, rows[i].code) &&
                  CHECK_EQ(result_of(&a, rows[i].service).p.state, rows[i].state);
        ok = CHECK_OK(jm_presentation_look(&C->v, a.id, &C->k.mem, &again)) && ok;
        for (int k = 0; k < 2; k++)
            ok = CHECK_ST(jm_presentation_answer(&C->v, a.id, body, NULL, &C->k.mem, &again), st) &&
                 CHECK_EQ(again.code, first.code) &&
                 CHECK(jm_bytes_eq(again.detail, first.detail)) && ok;
        struct jm_presentation_result r = result_of(&a, rows[i].service);
        ok = CHECK_EQ(r.p.state, rows[i].state) && CHECK(r.claims.ptr == NULL) &&
             CHECK_EQ(C->fetched, fetched) && ok;
        ok = CHECK_EQ(post(a.id, shorter, NULL), JM_VER_ANSWERED) &&
             CHECK_EQ(post(a.id, longer, NULL), JM_VER_ANSWERED) &&
             CHECK_EQ(post(a.id, jm_none(), NULL), JM_VER_ANSWERED) && ok;
        /* not longer than the request itself lives, and then the hash goes, too */
        C->now += C->v.ttl_s - 1;
        ok = CHECK_EQ(post(a.id, body, NULL), rows[i].code) && ok;
        C->now++;
        ok = CHECK_EQ(post(a.id, body, NULL), JM_VER_ANSWERED) &&
             CHECK_ST(jm_presentation_look(&C->v, a.id, &C->k.mem, &over), JM_E_CONFLICT) && ok;
        ok = CHECK_EQ(result_of(&a, rows[i].service).p.answer.len, 32) &&
             CHECK_OK(jm_presentation_sweep(&C->v)) &&
             CHECK(result_of(&a, rows[i].service).p.answer.ptr == NULL) && ok;
        ROW(ok, rows[i].name);
        country_end();
    }
}

/* A check that names a limit refuses as every check does, and so a second time, too; JM_VER_LIMIT
 * alone is told as one. */
TEST(a_limit_again_is_what_it_was)
{
    const struct lie truth = {.aes128 = false}, flood = {.flood = 60};
    struct jm_diag first = {0}, again = {0};
    enum jm_status st;

    country_begin();
    struct asked a = ask("sdjwt");
    char *plain = (char *)test_malloc(JM_JWT_MAX + 256);
    snprintf(plain, JM_JWT_MAX + 256,
             "{\"vp_token\":{\"sdjwt\":[\"a.b.%0*d~\"]},\"state\":\"%.*s\"}", (int)JM_JWT_MAX, 0,
             (int)a.r.state.len, (const char *)a.r.state.ptr);
    struct jm_bytes body = form_of("response", sealed(&a, jm_str(plain), &truth));
    CHECK_ST(jm_presentation_answer(&C->v, a.id, body, NULL, &C->k.mem, &first), JM_E_DENIED);
    CHECK_ST(jm_presentation_answer(&C->v, a.id, body, NULL, &C->k.mem, &again), JM_E_DENIED);
    CHECK(first.code == JM_JOSE_LIMIT && again.code == JM_JOSE_LIMIT &&
          jm_bytes_eq(again.detail, first.detail));
    a = ask("sdjwt");
    body = body_of(&a, "sdjwt", &flood);
    CHECK_EQ(post_within(64 * JM_KIB, a.id, body, &st), JM_VER_LIMIT);
    CHECK_EQ(st, JM_E_LIMIT);
    CHECK_EQ(post(a.id, body, &st), JM_VER_LIMIT);
    CHECK_EQ(st, JM_E_LIMIT);
    country_end();
}

static uint8_t taken_by[32];
static enum jm_status take_tx(struct jm_tx *tx, void *arg)
{
    return jm_presentation_rows_take(tx, arg, taken_by);
}

TEST(while_it_is_judged_the_same_answer_is_asked_to_wait)
{
    const struct lie truth = {.aes128 = false};
    enum jm_status st;

    country_begin();
    struct asked a = ask("sdjwt");
    struct jm_bytes body = body_of(&a, "sdjwt", &truth);
    KIT_MUST(jm_sha256(&jm_crypto_openssl, body, taken_by));
    CHECK_OK(jm_tx_run(&C->v.base.env, take_tx, &a.res.id));
    CHECK_EQ(post(a.id, body, &st), JM_VER_JUDGING);
    CHECK_EQ(st, JM_E_UNAVAILABLE); /* 503: worth another try */
    CHECK_EQ(post(a.id, body_of(&a, "sdjwt", &truth), &st), JM_VER_ANSWERED);
    C->now += JM_PRESENTATION_STUCK_S + 1;
    CHECK_OK(jm_presentation_sweep(&C->v));
    /* undecided, as who was interrupted would have heard */
    CHECK_EQ(post(a.id, body, &st), JM_CODE_NONE);
    country_end();
}

TEST(unknown_expired_and_withdrawn_look_alike)
{
    const struct lie truth = {.aes128 = false};
    struct jm_bytes token;
    struct jm_diag d[3] = {{0}, {0}, {0}};
    enum jm_status st[3];

    country_begin();
    struct asked late = ask("mdoc"), gone = ask("mdoc");
    struct jm_bytes body = body_of(&late, "mdoc", &truth);
    CHECK_OK(jm_presentation_cancel(&C->v, JM_BYTES("mdoc"), &gone.res.id, &C->k.mem, NULL));
    CHECK_EQ(result_of(&gone, "mdoc").p.state, JM_PRESENTATION_CANCELLED);
    C->now += JM_PRESENTATION_TTL_S;
    const struct jm_bytes ids[] = {late.id, gone.id,
                                   JM_BYTES("0123456789012345678901234567890123456789012")};
    for (size_t i = 0; i < 3; i++) {
        st[i] = jm_presentation_fetch(&C->v, &token, ids[i], jm_none(), &C->k.mem, &d[i]);
        CHECK_EQ(st[i], JM_E_ABSENT);
        CHECK_EQ(d[i].code, JM_VER_EXPIRED);
        CHECK_EQ(post(ids[i], body, &st[i]), JM_VER_EXPIRED);
        CHECK_EQ(st[i], JM_E_ABSENT);
    }
    CHECK_EQ(result_of(&late, "mdoc").p.state, JM_PRESENTATION_EXPIRED);
    CHECK_OK(jm_presentation_sweep(&C->v));
    CHECK_EQ(result_of(&late, "mdoc").p.state, JM_PRESENTATION_EXPIRED);
    CHECK(result_of(&late, "mdoc").p.enc_sealed.ptr == NULL);
    C->now += JM_PRESENTATION_KEEP_S;
    CHECK_OK(jm_presentation_sweep(&C->v));
    struct jm_presentation_result r;
    CHECK_ST(jm_presentation_result(&C->v, &r, JM_BYTES("mdoc"), &late.res.id, jm_none(), &C->k.mem,
                                    NULL),
             JM_E_ABSENT);
    country_end();
}

/* Before a body comes: what it could be for. The same words as afterwards. */
TEST(the_door_looks_first)
{
    const struct lie truth = {.aes128 = false};
    struct jm_diag diag = {0};

    country_begin();
    struct asked a = ask("mdoc");
    CHECK_OK(jm_presentation_look(&C->v, a.id, &C->k.mem, &diag));
    CHECK_OK(jm_presentation_look(&C->v, a.id, &C->k.mem, &diag)); /* it changes nothing */
    CHECK_ST(jm_presentation_look(&C->v, JM_BYTES("nobody-knows-this-one"), &C->k.mem, &diag),
             JM_E_ABSENT);
    CHECK_EQ(diag.code, JM_VER_EXPIRED);
    CHECK_EQ(post(a.id, body_of(&a, "mdoc", &truth), NULL), JM_CODE_NONE);
    diag.code = JM_CODE_NONE;
    CHECK_OK(jm_presentation_look(&C->v, a.id, &C->k.mem, &diag)); /* it may be the same again */
    C->now += C->v.ttl_s;
    CHECK_ST(jm_presentation_look(&C->v, a.id, &C->k.mem, &diag), JM_E_CONFLICT);
    CHECK_EQ(diag.code, JM_VER_ANSWERED);
    a = ask("mdoc");
    C->now += C->v.ttl_s;
    CHECK_ST(jm_presentation_look(&C->v, a.id, &C->k.mem, &diag), JM_E_ABSENT);
    country_end();
}

TEST(values_are_kept_for_five_minutes)
{
    const struct lie truth = {.aes128 = false};

    country_begin();
    struct asked a = ask("mdoc");
    CHECK_EQ(post(a.id, body_of(&a, "mdoc", &truth), NULL), JM_CODE_NONE);
    C->now += JM_PRESENTATION_RESULT_TTL_S;
    CHECK(result_of(&a, "mdoc").claims.ptr == NULL);
    CHECK_EQ(result_of(&a, "mdoc").p.state, JM_PRESENTATION_ACCEPTED);
    country_end();
}

/* In the clear or encrypted (OpenID4VP 1.0 8.3.1), whatever the code (RFC 6749 4.1.2.1): it ends
 * the request and is no junk. */
TEST(a_wallet_may_refuse)
{
    static const char sixty_four[] =
        "abcdefghijklmnopqrstuvwxyz_abcdefghijklmnopqrstuvwxyz_abcdefghij";
    static const struct {
        const char *error;
        bool taken;
    } rows[] = {
        {"access_denied", true}, {"server_error", true},      {"temporarily_unavailable", true},
        {"invalid_scope", true}, {"user_cancelled", true},    {"unsupported_response_type", true},
        {"made_up!", true},      {sixty_four, true},          {"", false},
        {"quote\"", false},      {"back\\slash", false},      {"line\nend", false},
        {"\x7f", false},         {"verboten\xc3\xa4", false},
    };
    const struct lie truth = {.aes128 = false};

    country_begin();
    for (size_t i = 0; i < 2 * JM_ARRAY_LEN(rows); i++) {
        bool encrypted = i % 2 == 1, ok;
        struct asked a = ask("mdoc");
        struct jm_json_w w;
        struct jm_bytes body;
        struct jm_buf b;

        KIT_MUST(jm_alloc_buf(&b, &C->k.mem, 512));
        if (encrypted) {
            jm_json_w_init(&w, &b);
            jm_json_w_open(&w, '{');
            jm_json_w_mtext(&w, "error", jm_str(rows[i / 2].error));
            jm_json_w_mtext(&w, "state", a.r.state);
            jm_json_w_close(&w, '}');
            body = form_of("response", sealed(&a, jm_written(b), &truth));
        } else {
            KIT_MUST(jm_form_put(&b, "error", jm_str(rows[i / 2].error)));
            KIT_MUST(jm_form_put(&b, "state", a.r.state));
            body = jm_written(b);
        }
        ok = CHECK_EQ(post(a.id, body, NULL),
                      rows[i / 2].taken ? JM_CODE_NONE : JM_VP_RESPONSE_FORM);
        ok = CHECK_EQ(result_of(&a, "mdoc").p.state,
                      rows[i / 2].taken ? JM_PRESENTATION_CANCELLED : JM_PRESENTATION_FETCHED) &&
             ok;
        if (rows[i / 2].taken)
            ok =
                CHECK(says(result_of(&a, "mdoc").p.report, rows[i / 2].error)) &&
                CHECK(says(result_of(&a, "mdoc").p.report, "\"fail\":[\"JM_VER_WALLET_ERROR\"]")) &&
                ok;
        ROW(ok, rows[i / 2].error);
    }
    struct asked a = ask("mdoc");
    char too_long[80];
    snprintf(too_long, sizeof too_long, "error=%sk", sixty_four);
    CHECK_EQ(post(a.id, jm_str(too_long), NULL), JM_VP_RESPONSE_FORM);
    CHECK_EQ(post(a.id, JM_BYTES("error=access_denied&state=other"), NULL), JM_VP_RESPONSE_FORM);
    CHECK_EQ(post(a.id,
                  form_of("response",
                          sealed(&a, JM_BYTES("{\"error\":\"access_denied\",\"state\":\"other\"}"),
                                 &truth)),
                  NULL),
             JM_VP_RESPONSE_FORM);
    CHECK_EQ(post(a.id, JM_BYTES("error=access_denied&error_description=no"), NULL), JM_CODE_NONE);
    CHECK_EQ(result_of(&a, "mdoc").p.state, JM_PRESENTATION_CANCELLED);
    /* what a wallet says of its error is read by nobody, so it may be of any length */
    static char much[20000];
    snprintf(much, sizeof much,
             "error=access_denied&error_description=%05000d&error_uri=https%%3A%%2F%%2Fw.example%%"
             "2F%05000d",
             0, 0);
    a = ask("mdoc");
    CHECK_EQ(post(a.id, jm_str(much), NULL), JM_CODE_NONE);
    CHECK_EQ(result_of(&a, "mdoc").p.state, JM_PRESENTATION_CANCELLED);
    a = ask("mdoc"); /* an error beside an answer is an answer, and one without state */
    CHECK_EQ(
        post(a.id,
             form_of("response",
                     sealed(&a,
                            JM_BYTES(
                                "{\"error\":\"access_denied\",\"vp_token\":{\"mdoc\":[\"AA\"]}}"),
                            &truth)),
             NULL),
        JM_VP_RESPONSE_STATE);
    CHECK_EQ(result_of(&a, "mdoc").p.state, JM_PRESENTATION_REJECTED);
    country_end();
}

/* V-08: off unless the service says so. */
TEST(cross_device_only_where_allowed)
{
    struct jm_presentation_res res;
    struct jm_diag d = {0};

    country_begin();
    CHECK_ST(jm_presentation_request(&C->v, &res, JM_BYTES("counter"), NULL, &C->k.mem, &d),
             JM_E_DENIED);
    CHECK_EQ(d.code, JM_VER_CROSS_DEVICE);
    d.code = JM_CODE_NONE;
    CHECK_ST(jm_presentation_request(&C->v, &res, JM_BYTES("loan"), NULL, &C->k.mem, &d),
             JM_E_ABSENT);
    CHECK_EQ(d.code, JM_VER_SERVICE_UNKNOWN);
    country_end();
}

static struct jm_bytes signed_part(struct jm_bytes jws)
{
    size_t payload = jm_bytes_find(jws, JM_BYTES(".")) + 1;

    return jm_slice(jws, 0,
                    payload + jm_bytes_find(jm_slice(jws, payload, SIZE_MAX), JM_BYTES(".")));
}

TEST(request_objects_are_stable_and_echo)
{
    struct jm_bytes t[3];
    struct jm_vp_request r;
    struct jm_anchors ca;
    struct jm_diag d = {0};

    country_begin();
    KIT_MUST(jm_trust_anchors(&ca, &C->v.trust, JM_CERT_READER_CA, jm_none(), jm_none(), C->now,
                              &C->k.mem));
    struct asked a = ask("both");
    CHECK_OK(jm_presentation_fetch(&C->v, &t[0], a.id, jm_none(), &C->k.mem, NULL));
    C->now += 5;
    CHECK_OK(jm_presentation_fetch(&C->v, &t[1], a.id, jm_none(), &C->k.mem, NULL));
    /* all but the signature: it is made when it is fetched, and no two are alike */
    CHECK_SAME(signed_part(t[0]), signed_part(t[1]));
    CHECK_OK(jm_presentation_fetch(&C->v, &t[2], a.id, JM_BYTES("mine"), &C->k.mem, NULL));
    CHECK_OK(read_back(&r, t[2], JM_BYTES("mine"), &ca, NULL));
    CHECK_SAME(r.nonce, a.r.nonce);
    CHECK_SAME(r.state, a.id);
    CHECK_STR(r.rp, "bank");
    CHECK_STR(r.use, "both");
    CHECK(r.known);
    CHECK_SAME(jm_point_bytes(&r.enc.point), jm_point_bytes(&a.r.enc.point));
    CHECK_EQ(r.dcql.n, 2);
    CHECK_ST(read_back(&r, t[0], JM_BYTES("mine"), &ca, &d), JM_E_DENIED);
    CHECK_EQ(d.code, JM_VP_WALLET_NONCE);
    CHECK_ST(jm_presentation_fetch(&C->v, &t[2], a.id, JM_BYTES("a b"), &C->k.mem, NULL),
             JM_E_DENIED);
    CHECK_EQ(result_of(&a, "both").p.state, JM_PRESENTATION_FETCHED);
    CHECK(jm_bytes_starts(a.res.invocation, JM_BYTES("openid4vp://?client_id=x509_hash%3A")));
    CHECK(!says(a.res.invocation, "nonce"));
    country_end();
}

TEST(queries_of_services)
{
    struct jm_bytes q;

    country_begin();
    CHECK_OK(jm_presentation_dcql(&q, jm_verifier_service(&C->v, JM_BYTES("mdoc")), &C->k.mem));
    CHECK_STR(q, "{\"credentials\":[{\"id\":\"mdoc\",\"format\":\"mso_mdoc\",\"meta\":{\"doctype_"
                 "value\":\"" KIT_DOCTYPE "\"},\"claims\":["
                 "{\"id\":\"c00\",\"path\":[\"org.iso.23220.1\",\"age_over_19\"],\"intent_to_"
                 "retain\":false},"
                 "{\"id\":\"c01\",\"path\":[\"org.iso.23220.1\",\"family_name\"],\"intent_to_"
                 "retain\":false}],"
                 "\"claim_sets\":[[\"c00\",\"c01\"],[\"c00\"]]}]}");
    CHECK_OK(jm_presentation_dcql(&q, jm_verifier_service(&C->v, JM_BYTES("both")), &C->k.mem));
    CHECK(says(q, "\"credential_sets\":[{\"options\":[[\"sdjwt\"],[\"mdoc\"]]}]"));
    country_end();
}

/* D-352: each optional claim by itself. Seven are more than D-305 likes: the last three go
 * together.
 */
TEST(claim_sets_of_services)
{
    static const struct {
        size_t required, optional, sets;
        const char *says;
    } rows[] = {
        {2, 0, 0, "\"claims\":[{\"path\""},
        {1, 1, 2, "[[\"c00\",\"c01\"],[\"c00\"]]"},
        {1, 2, 4, "[[\"c00\",\"c01\",\"c02\"],[\"c00\",\"c01\"],[\"c00\",\"c02\"],[\"c00\"]]"},
        {0, 2, 3, "[[\"c00\",\"c01\"],[\"c00\"],[\"c01\"]]"},
        {1, 5, 32, "[\"c00\",\"c05\"],[\"c00\"]]"},
        {1, 7, 32, "[\"c00\",\"c05\",\"c06\",\"c07\"],[\"c00\"]]"},
        {0, 64, 31, "[[\"c00\",\"c01\","},
    };

    country_begin();
    for (size_t i = 0; i < JM_ARRAY_LEN(rows); i++) {
        struct jm_rp_service s = *jm_verifier_service(&C->v, JM_BYTES("sdjwt"));
        uint8_t names[JM_RP_CLAIMS_MAX][2];
        const struct jm_json *parsed;
        struct jm_dcql dcql;
        struct jm_bytes q;

        s.n_claims = rows[i].required + rows[i].optional;
        for (size_t k = 0; k < s.n_claims; k++) {
            names[k][0] = (uint8_t)('a' + k / 10);
            names[k][1] = (uint8_t)('0' + k % 10);
            s.claim[k] = s.claim[0];
            s.claim[k].path[0] = jm_bytes(names[k], 2); /* no claim twice */
            s.claim[k].required = k < rows[i].required;
        }
        CHECK_OK(jm_presentation_dcql(&q, &s, &C->k.mem));
        CHECK(says(q, rows[i].says));
        CHECK_OK(jm_json_parse(&parsed, q, &C->k.mem, NULL));
        CHECK_OK(jm_dcql_parse(&dcql, parsed, &C->k.mem, NULL));
        CHECK_EQ(dcql.credential[0].claim_sets == NULL ? 0 : dcql.credential[0].claim_sets->n,
                 rows[i].sets);
    }
    country_end();
}

/* -- status: V-11 -- */

TEST(a_spoilt_list_is_never_valid)
{
    static const struct {
        enum list_mode mode;
        enum jm_code mdoc, sdjwt;
    } rows[] = {
        {LIST_AWAY, JM_MDOC_STATUS_UNAVAILABLE, JM_SDJWT_STATUS_UNAVAILABLE},
        {LIST_404, JM_MDOC_STATUS_UNAVAILABLE, JM_SDJWT_STATUS_UNAVAILABLE},
        {LIST_EMPTY, JM_MDOC_STATUS_UNAVAILABLE, JM_SDJWT_STATUS_UNAVAILABLE},
        {LIST_OTHER_TYPE, JM_MDOC_STATUS_TYPE, JM_SDJWT_STATUS_TYPE},
        {LIST_DS_SIGNED, JM_MDOC_STATUS_CHAIN, JM_SDJWT_STATUS_CHAIN},
        {LIST_STRANGER_SIGNED, JM_MDOC_STATUS_CHAIN, JM_SDJWT_STATUS_CHAIN},
        {LIST_BAD_SIGNATURE, JM_MDOC_STATUS_SIGNATURE, JM_SDJWT_STATUS_SIGNATURE},
        {LIST_OTHER_SUBJECT, JM_MDOC_STATUS_SUBJECT, JM_SDJWT_STATUS_SUBJECT},
        {LIST_EXPIRED, JM_MDOC_STATUS_EXPIRED, JM_SDJWT_STATUS_EXPIRED},
        {LIST_OLDER, JM_MDOC_STATUS_STALE, JM_SDJWT_STATUS_STALE},
        {LIST_AHEAD, JM_MDOC_STATUS_STALE, JM_SDJWT_STATUS_STALE},
        {LIST_TWO_BITS, JM_MDOC_STATUS_BITS, JM_CODE_NONE},
        {LIST_SHORT, JM_MDOC_STATUS_INDEX, JM_SDJWT_STATUS_INDEX},
    };
    const struct lie truth = {.aes128 = false};

    for (size_t i = 0; i < 2 * JM_ARRAY_LEN(rows); i++) {
        bool mdoc = i % 2 == 0;
        const char *service = mdoc ? "mdoc" : "sdjwt";
        enum jm_code code = mdoc ? rows[i / 2].mdoc : rows[i / 2].sdjwt;
        char want[80];

        if (code == JM_CODE_NONE)
            continue;
        country_begin();
        if (rows[i / 2].mode == LIST_OLDER) { /* a good one was seen */
            struct asked first = ask(service);
            CHECK_EQ(post(first.id, body_of(&first, service, &truth), NULL), JM_CODE_NONE);
        }
        C->list = rows[i / 2].mode;
        struct asked a = ask(service);
        /* the wallet is not at fault */
        bool ok = CHECK_EQ(post(a.id, body_of(&a, service, &truth), NULL), JM_CODE_NONE);
        struct jm_presentation_result r = result_of(&a, service);
        snprintf(want, sizeof want, "\"undecided\":[\"%s\"]", jm_code_info(code)->name);
        ok = CHECK_EQ(r.p.state, JM_PRESENTATION_UNDECIDED) && CHECK(r.claims.ptr == NULL) &&
             CHECK(says(r.p.report, want)) && ok;
        ROW(ok, want);
        country_end();
    }
}

TEST(revoked_is_refused_and_foreign_lists_are_not_fetched)
{
    const struct lie truth = {.aes128 = false}, foreign = {.foreign_list = true};
    static const char *const services[] = {"mdoc", "sdjwt"};

    for (size_t i = 0; i < 2; i++) {
        country_begin();
        C->list = LIST_REVOKED;
        struct asked a = ask(services[i]);
        CHECK_EQ(post(a.id, body_of(&a, services[i], &truth), NULL),
                 i == 0 ? JM_MDOC_STATUS_REVOKED : JM_SDJWT_STATUS_REVOKED);
        unsigned before = C->fetched;
        a = ask(services[i]);
        CHECK_EQ(post(a.id, body_of(&a, services[i], &foreign), NULL), JM_CODE_NONE);
        CHECK_EQ(result_of(&a, services[i]).p.state, JM_PRESENTATION_UNDECIDED);
        CHECK_EQ(C->fetched - before, 0);
        country_end();
    }
}

/* D-459: times that signers of the trust set have signed count, those of others do not. */
TEST(a_lists_time_is_told_to_the_clock)
{
    static const struct {
        enum list_mode mode;
        bool told;
    } rows[] = {{LIST_GOOD, true},
                {LIST_REVOKED, true},
                {LIST_STRANGER_SIGNED, false},
                {LIST_BAD_SIGNATURE, false},
                {LIST_AWAY, false}};
    const struct lie truth = {.aes128 = false};

    for (size_t i = 0; i < JM_ARRAY_LEN(rows); i++) {
        country_begin();
        C->list = rows[i].mode;
        struct asked a = ask("mdoc");
        (void)post(a.id, body_of(&a, "mdoc", &truth), NULL);
        CHECK_EQ(C->told, rows[i].told ? C->list_iat : 0);
        country_end();
    }
}

/* 0: asked each time, with what is kept as condition; 600: reused for so long, then asked again. */
TEST(lists_are_reused_as_the_service_allows)
{
    const struct lie truth = {.aes128 = false};

    country_begin();
    for (unsigned i = 0; i < 3; i++) {
        struct asked a = ask("mdoc");
        CHECK_EQ(post(a.id, body_of(&a, "mdoc", &truth), NULL), JM_CODE_NONE);
        CHECK_EQ(C->fetched, 2 + i); /* the CRL once */
        CHECK_EQ(C->fetched_304, i);
    }
    C->list = LIST_AWAY;
    C->now += 599;
    struct asked a = ask("patient");
    CHECK_EQ(post(a.id, body_of(&a, "mdoc", &truth), NULL), JM_CODE_NONE);
    CHECK_EQ(result_of(&a, "patient").p.state, JM_PRESENTATION_ACCEPTED);
    CHECK(says(result_of(&a, "patient").p.report, "\"status_age_s\":599"));
    CHECK_EQ(C->fetched, 4);
    C->now += 1;
    a = ask("patient");
    CHECK_EQ(post(a.id, body_of(&a, "mdoc", &truth), NULL), JM_CODE_NONE);
    CHECK_EQ(result_of(&a, "patient").p.state, JM_PRESENTATION_UNDECIDED);
    country_end();
}

static unsigned verified;

static enum jm_status count_verify(void *ctx, enum jm_alg alg, struct jm_bytes key,
                                   struct jm_bytes data, struct jm_bytes sig)
{
    verified++;
    return jm_openssl_verify(ctx, alg, key, data, sig);
}

/* What is known is looked at once: chain and its CRL, issuer's and device's signature. */
TEST(an_answer_is_judged_once_where_its_lists_are_known)
{
    const struct lie truth = {.aes128 = false};

    country_begin();
    C->answers.verify = count_verify;
    struct asked a = ask("mdoc"); /* brings the lists */
    CHECK_EQ(post(a.id, body_of(&a, "mdoc", &truth), NULL), JM_CODE_NONE);
    for (unsigned i = 0; i < 2; i++) {
        a = ask("patient");
        struct jm_bytes body = body_of(&a, "mdoc", &truth);
        verified = 0;
        CHECK_EQ(post(a.id, body, NULL), JM_CODE_NONE);
        CHECK_EQ(verified, 4);
        CHECK_EQ(result_of(&a, "patient").p.state, JM_PRESENTATION_ACCEPTED);
    }
    country_end();
}

TEST(undecided_without_crl_fresh_trust_or_clock)
{
    static const struct {
        const char *service, *code;
        int what;
    } rows[] = {
        {"mdoc", "JM_MDOC_DSC_REVOCATION_UNKNOWN", 0},
        {"mdoc", "JM_MDOC_DSC_REVOCATION_UNKNOWN", 1},
        {"mdoc", "JM_MDOC_TRUST_STALE", 2},
        {"sdjwt", "JM_TRUST_STALE", 2},
        {"mdoc", "JM_CMD_CLOCK_BACK", 3},
        {"sdjwt", "JM_CMD_CLOCK_BACK", 3},
        {"factors", "JM_VER_LEVEL", 4},
    };
    const struct lie truth = {.aes128 = false};

    for (size_t i = 0; i < JM_ARRAY_LEN(rows); i++) {
        const char *query = strcmp(rows[i].service, "mdoc") == 0 ? "mdoc" : "sdjwt";

        country_begin();
        C->crl_away = rows[i].what == 0;
        C->crl_other = rows[i].what == 1;
        C->behind = rows[i].what == 3;
        struct asked a = ask(rows[i].service);
        if (rows[i].what == 2) /* since then: the wallet's set was current when it was asked */
            C->v.trust.next_update = C->now - 1;
        bool ok = CHECK_EQ(post(a.id, body_of(&a, query, &truth), NULL), JM_CODE_NONE);
        struct jm_presentation_result r = result_of(&a, rows[i].service);
        ok = CHECK_EQ(r.p.state, JM_PRESENTATION_UNDECIDED) &&
             CHECK(says(r.p.report, rows[i].code)) && CHECK(r.claims.ptr == NULL) && ok;
        ROW(ok, rows[i].code);
        country_end();
    }
}

/* -- keys and routes -- */

static enum jm_status call(const char *authorization, enum jm_auth auth, struct jm_req *q)
{
    static struct jm_route route;
    static struct jm_field field;

    memset(q, 0, sizeof *q);
    route.auth = auth;
    field = (struct jm_field){JM_BYTES("authorization"), jm_str(authorization)};
    q->route = &route;
    q->fields = &field;
    q->n_fields = authorization != NULL;
    q->mem = &C->k.mem;
    q->svc = &C->v;
    return jm_verifier_auth(&C->v, q, NULL);
}

TEST(service_keys)
{
    uint8_t hash[32];
    struct jm_diag d = {0};
    struct jm_req q;

    country_begin();
    KIT_MUST(jm_sha256(&jm_crypto_openssl, JM_BYTES("secret-key"), hash));
    CHECK_OK(jm_service_key_add(&C->v.base.env, JM_BYTES("mdoc"), hash));
    CHECK_OK(call("Bearer secret-key", JM_AUTH_SERVICE_KEY, &q));
    CHECK_STR(q.who.name, "mdoc");
    CHECK_ST(call("Bearer secret-kez", JM_AUTH_SERVICE_KEY, &q), JM_E_UNAUTHENTICATED);
    CHECK_EQ(q.diag.code, JM_VER_KEY);
    CHECK_ST(call("DPoP secret-key", JM_AUTH_SERVICE_KEY, &q), JM_E_UNAUTHENTICATED);
    CHECK_ST(call("Bearex secret-key", JM_AUTH_SERVICE_KEY, &q), JM_E_UNAUTHENTICATED);
    CHECK_ST(call("Bearer ", JM_AUTH_SERVICE_KEY, &q), JM_E_UNAUTHENTICATED);
    CHECK_ST(call(NULL, JM_AUTH_SERVICE_KEY, &q), JM_E_UNAUTHENTICATED);
    CHECK_ST(call("Bearer secret-key", JM_AUTH_LOCAL, &q), JM_E_UNAUTHENTICATED);
    memcpy(C->v.operator_hash, hash, 32);
    CHECK_OK(call("Bearer secret-key", JM_AUTH_LOCAL, &q));
    CHECK_ST(call("Bearer secret-key", JM_AUTH_STAFF_SESSION, &q), JM_E_BUG);
    CHECK_ST(jm_service_key_remove(&C->v.base.env, JM_BYTES("sdjwt"), hash, &d), JM_E_ABSENT);
    CHECK_EQ(d.code, JM_VER_KEY_NONE);
    CHECK_OK(jm_service_key_remove(&C->v.base.env, JM_BYTES("mdoc"), NULL, NULL));
    CHECK_ST(call("Bearer secret-key", JM_AUTH_SERVICE_KEY, &q), JM_E_UNAUTHENTICATED);
    struct asked a = ask("mdoc");
    struct jm_presentation_result r;
    CHECK_ST(jm_presentation_result(&C->v, &r, JM_BYTES("sdjwt"), &a.res.id, jm_none(), &C->k.mem,
                                    &d),
             JM_E_ABSENT);
    country_end();
}

/* Somebody else's certificate, or a use that is not registered: the role does not start. */
TEST(a_verifier_is_what_was_registered)
{
    struct jm_diag d = {0};

    country_begin();
    C->v.access = C->stranger;
    CHECK_ST(jm_verifier_init(&C->v, &C->k.mem, &d), JM_E_DENIED);
    CHECK_EQ(d.code, JM_RP_NOT_REGISTERED);
    C->v.access = C->access;
    d.code = JM_CODE_NONE;
    C->v.app.service[0].claim[0].path[1] = JM_BYTES("portrait");
    CHECK_ST(jm_verifier_init(&C->v, &C->k.mem, &d), JM_E_DENIED);
    CHECK_EQ(d.code, JM_RP_BEYOND_USE);
    country_end();
}

/* The process died between the answer and the verdict: undecided, said by name, and never accepted
 * (D-331). */
TEST(what_a_dead_process_left_behind_is_undecided)
{
    country_begin();
    struct asked a = ask("mdoc");
    CHECK_OK(jm_tx_run(&C->v.base.env, take_tx, &a.res.id));
    CHECK_OK(jm_presentation_sweep(&C->v));
    CHECK(result_of(&a, "mdoc").p.report.len == 0);
    C->now += JM_PRESENTATION_STUCK_S + 1;
    CHECK_OK(jm_presentation_sweep(&C->v));
    CHECK_EQ(result_of(&a, "mdoc").p.state, JM_PRESENTATION_UNDECIDED);
    CHECK(says(result_of(&a, "mdoc").p.report, "\"undecided\":[\"JM_VER_INTERRUPTED\"]"));
    country_end();
}

/* -- two at once -- */

#define AT_ONCE 16

static struct {
    pthread_barrier_t together;
    pthread_mutex_t world; /* what the test's own world is not made for */
    struct jm_bytes id, body[AT_ONCE];
    const struct jm_id *presentation;
    enum jm_code code[AT_ONCE];
} race;

static enum jm_status locked_fetch(void *ctx, const struct jm_http_ask *ask,
                                   struct jm_http_answer *out, struct jm_arena *mem)
{
    pthread_mutex_lock(&race.world);
    enum jm_status st = country_fetch(ctx, ask, out, mem);
    pthread_mutex_unlock(&race.world);
    return st;
}

/* The country's signer answers in one room for all: here each thread has its own. */
static enum jm_status locked_sign(void *ctx, enum jm_sign_op op, enum jm_purpose purpose,
                                  struct jm_bytes key, const struct jm_list *in,
                                  struct jm_list *out)
{
    static _Thread_local uint8_t room[4096];
    enum jm_status st;

    pthread_mutex_lock(&race.world);
    st = country_sign(ctx, op, purpose, key, in, out);
    if (st == JM_OK && out->items[0].len <= sizeof room) {
        memcpy(room, out->items[0].ptr, out->items[0].len);
        out->items[0] = jm_bytes(room, out->items[0].len);
    }
    pthread_mutex_unlock(&race.world);
    return st;
}

static enum jm_status locked_random(void *ctx, uint8_t *out, size_t len)
{
    pthread_mutex_lock(&race.world);
    enum jm_status st = country_random(ctx, out, len);
    pthread_mutex_unlock(&race.world);
    return st;
}

static void *answers_too(void *arg)
{
    (void)pthread_barrier_wait(&race.together);
    *(enum jm_code *)arg = post(race.id, race.body[(enum jm_code *)arg - race.code], NULL);
    return NULL;
}

static void *fetches_too(void *arg)
{
    struct jm_presentation_result out;
    void *room = malloc(4 * JM_MIB);
    struct jm_arena mem;

    jm_arena_init(&mem, room, 4 * JM_MIB);
    (void)pthread_barrier_wait(&race.together);
    *(enum jm_code *)arg = jm_presentation_result(&C->v, &out, JM_BYTES("sdjwt"), race.presentation,
                                                  jm_none(), &mem, NULL) != JM_OK
                               ? JM_VER_UNKNOWN
                           : out.claims.len != 0 ? JM_CODE_NONE
                                                 : JM_VER_ANSWERED;
    jm_arena_reset(&mem);
    jm_arena_init(&mem, NULL, 0);
    free(room);
    return NULL;
}

/* How many of the sixteen won, and that all others heard JM_VER_ANSWERED, or that their very octets
 * are judged. */
static int winners(void *(*each)(void *))
{
    pthread_t t[AT_ONCE];
    int won = 0;

    (void)pthread_barrier_init(&race.together, NULL, AT_ONCE);
    for (int i = 0; i < AT_ONCE; i++)
        CHECK_EQ(pthread_create(&t[i], NULL, each, &race.code[i]), 0);
    for (int i = 0; i < AT_ONCE; i++) {
        (void)pthread_join(t[i], NULL);
        won += race.code[i] == JM_CODE_NONE;
        CHECK(race.code[i] == JM_CODE_NONE || race.code[i] == JM_VER_ANSWERED ||
              race.code[i] == JM_VER_JUDGING);
    }
    (void)pthread_barrier_destroy(&race.together);
    return won;
}

/* V-01: of answers that come at once one is judged; of services that ask at once one gets the
 * values. */
TEST(of_parallel_answers_one_wins_and_its_values_go_out_once)
{
    unsigned fetches = 0;

    country_begin();
    (void)pthread_mutex_init(&race.world, NULL);
    C->signer.call = locked_sign;
    C->v.base.env.random = locked_random;
    C->v.fetch = locked_fetch;
    C->v.cache = (struct jm_list_cache){forgets_get, NULL, forgets_put, forgets_same, NULL};
    for (int round = 0; round < 8; round++) {
        struct asked a = ask("sdjwt");

        race.id = a.id;
        for (int i = 0; i < AT_ONCE; i++)
            race.body[i] = round % 2 == 0 || i == 0
                               ? body_of(&a, "sdjwt", &(struct lie){.client_id = NULL})
                               : race.body[0];
        race.presentation = &a.res.id;
        unsigned before = C->fetched;
        if (round % 2 == 0)
            CHECK_EQ(winners(answers_too), 1);
        else
            CHECK(winners(answers_too) >= 1); /* of the same octets as many as come late enough */
        /* judged once */
        CHECK_EQ(C->fetched - before, round == 0 ? (fetches = C->fetched - before) : fetches);
        CHECK_EQ(winners(fetches_too), 1);
    }
    (void)pthread_mutex_destroy(&race.world);
    country_end();
}
