/* SPDX-License-Identifier: Apache-2.0 */
/* Our own documents: issued, kept, presented, verified strictly; sizes of the profile; every octet
 * counts. */
#include "unit/test.h"

#include "unit/cred/mdoc_kit.h"

static void print_fails(const struct jm_report *r)
{
    for (size_t i = 0; i < r->n; i++)
        if (r->checks[i].result == JM_FAIL || r->checks[i].result == JM_UNKNOWN)
            printf("    %s %.*s\n", jm_code_info(r->checks[i].code)->name,
                   (int)r->checks[i].detail.len, (const char *)r->checks[i].detail.ptr);
}

TEST(round_trip_with_strict_verification)
{
    const struct jm_mdoc_pick pick[] = {{JM_BYTES(KIT_NS_KR), JM_BYTES("resident_region")},
                                        {JM_BYTES(KIT_NS), JM_BYTES("age_over_19")}};
    const struct jm_mdoc_request q = {.doctype = JM_BYTES(KIT_DOCTYPE),
                                      .asked = pick,
                                      .n = 2,
                                      .n_required = 2};
    const struct jm_mdoc_verified *v;
    struct jm_mdoc_spec s;
    struct jm_mdoc_copy copy;
    struct jm_bytes is, response;
    struct kit k;

    kit_begin(&k);
    s = kit_spec(&k);
    is = kit_issue(&k, &s);
    k.ctx.policy.strict = true;
    CHECK_OK(jm_mdoc_verify_issuer_signed(&v, is, s.doctype, &k.ctx, &k.answers, &k.mem));
    CHECK_EQ(jm_mdoc_report(v)->verdict, JM_ACCEPTED);
    print_fails(jm_mdoc_report(v));

    CHECK_OK(jm_mdoc_copy_read(&copy, is, &k.mem));
    CHECK_EQ(copy.n, 6);
    CHECK_EQ(copy.status_idx, 412);
    CHECK_EQ(copy.valid_until_s, s.valid_until_s);
    CHECK_SAME(copy.doctype, s.doctype);
    CHECK_SAME(copy.x5chain[0], k.dsc_der);
    for (size_t i = 0; i < copy.n; i++) {
        CHECK_SAME(copy.item[i].value, s.element[i].value);
        CHECK_EQ(copy.item[i].random.len, s.element[i].exempt ? 32 : 16);
    }

    k.ctx.request = &q;
    response = kit_present(&k, is, pick, 2);
    k.have_list = true;
    k.list = (struct jm_status_list){.fault = JM_LIST_OK,
                                     .iat = KIT_NOW,
                                     .bits = 1,
                                     .raw = kit_random(&k, 64)};
    memset(k.mem.base + (k.list.raw.ptr - k.mem.base), 0, 64);
    k.ctx.policy.waive_status = false;
    CHECK_OK(jm_mdoc_verify(&v, exact(response), &k.ctx, &k.answers, &k.mem));
    CHECK_EQ(jm_mdoc_report(v)->verdict, JM_ACCEPTED);
    print_fails(jm_mdoc_report(v));
    if (CHECK(jm_mdoc_claims(v, 0) != NULL)) {
        const struct jm_mdoc_claims *c = jm_mdoc_claims(v, 0);

        CHECK_EQ(c->n, 2);
        CHECK_STR(c->claim[0].id, "age_over_19");
        CHECK_BYTES(c->claim[0].value, "f5");
        CHECK_STR(c->claim[1].id, "resident_region");
    }
    kit_end(&k);
}

TEST(what_is_not_in_the_copy_cannot_be_presented)
{
    const struct jm_mdoc_pick pick[] = {{JM_BYTES(KIT_NS), JM_BYTES("nothing")},
                                        {JM_BYTES(KIT_NS_KR), JM_BYTES("family_name")}};
    struct jm_mdoc_presentation p;
    struct jm_mdoc_spec s;
    struct jm_bytes is;
    struct kit k;

    kit_begin(&k);
    s = kit_spec(&k);
    is = kit_issue(&k, &s);
    CHECK_ST(jm_mdoc_present_begin(&p, is, &pick[0], 1, k.transcript, &k.mem), JM_E_ABSENT);
    CHECK_ST(jm_mdoc_present_begin(&p, is, &pick[1], 1, k.transcript, &k.mem), JM_E_ABSENT);
    CHECK_ST(jm_mdoc_present_begin(&p, jm_slice(is, 0, is.len - 1), pick, 0, k.transcript, &k.mem),
             JM_E_MALFORMED);
    CHECK_ST(jm_mdoc_present_begin(&p, is, pick, 0, JM_BYTES("\xf6"), &k.mem), JM_E_MALFORMED);
    kit_end(&k);
}

TEST(nothing_is_finished_with_a_signature_of_another_length)
{
    static const uint8_t octets[JM_SIG_MAX] = {1};
    const struct jm_mdoc_presentation p = {.to_sign = JM_BYTES("octets")};
    struct jm_mdoc_draft d;
    struct jm_mdoc_spec s;
    struct jm_bytes out;
    struct kit k;

    kit_begin(&k);
    s = kit_spec(&k);
    d = kit_draft(&k, &s);
    for (size_t len = 0; len <= JM_SIG_MAX; len++) {
        const struct jm_bytes sig = exact(jm_bytes(octets, len));
        enum jm_status st = len == JM_SIG_LEN ? JM_OK : JM_E_BUG;

        CHECK_ST(jm_mdoc_issue_finish(&out, &d, sig, &k.dsc_der, 1, &k.mem), st);
        CHECK_EQ(out.len == 0, st != JM_OK);
        CHECK_ST(jm_mdoc_present_finish(&out, &p, sig, &k.mem), st);
        CHECK_EQ(out.len == 0, st != JM_OK);
    }
    kit_end(&k);
}

TEST(sizes_of_the_profile)
{
    static const struct jm_mdoc_ns_count counts[] = {
        {{(const uint8_t *)"org.iso.23220.1", 15}, 28},
        {{(const uint8_t *)"org.iso.23220.photoid.1", 23}, 4},
        {{(const uint8_t *)"org.iso.23220.1.kr", 18}, 16},
    };
    struct jm_mdoc_spec s;
    struct jm_mdoc_draft d;
    struct kit k;

    kit_begin(&k);
    s = kit_spec(&k);
    s.counts = counts;
    s.n_counts = 3;
    s.status_uri = JM_BYTES("https://status.jumin.example/lists/000000042");
    s.status_idx = 1000000;
    CHECK_EQ(s.status_uri.len, 44);
    d = kit_draft(&k, &s);
    CHECK_EQ(d.payload.len, 2123);
    CHECK_EQ(d.payload.ptr[0], 0xD8);
    CHECK_EQ(d.payload.ptr[2], 0x59);
    kit_end(&k);
}

static enum jm_status begin_with(struct kit *k, struct jm_mdoc_spec *s)
{
    struct jm_mdoc_draft d;

    return jm_mdoc_issue_begin(&d, s, kit_random(k, jm_mdoc_random_len(s)), &jm_crypto_openssl,
                               &k->mem);
}

TEST(the_profile_refuses)
{
    struct jm_mdoc_element e[6];
    struct jm_mdoc_ns_count c[2];
    struct jm_mdoc_spec good, s;
    struct jm_mdoc_draft d;
    size_t n;
    struct kit k;

    kit_begin(&k);
    good = kit_spec(&k);
    memcpy(e, kit_elements(&n), sizeof e);
    memcpy(c, kit_counts(&n), sizeof c);
    good.element = e;
    good.counts = c;
    CHECK_OK(begin_with(&k, &good));
    /* value item: 64 octets fit an identifier that leaves room, 65 do not */
    e[0].value = JM_BYTES("\x78\x3e"
                          "12345678901234567890123456789012345678901234567890123456789012");
    CHECK_ST(begin_with(&k, &good), JM_E_RANGE);
    e[0].id = JM_BYTES("sex"); /* 119 - 69 - 1 - 4 = 45 octets of value */
    e[0].value = JM_BYTES("\x78\x2b"
                          "1234567890123456789012345678901234567890123");
    CHECK_OK(begin_with(&k, &good));
    e[0].value = JM_BYTES("\x78\x2c"
                          "12345678901234567890123456789012345678901234");
    CHECK_ST(begin_with(&k, &good), JM_E_RANGE);
    e[0].exempt = true;
    CHECK_OK(begin_with(&k, &good));
    e[0].exempt = false;
    e[0].value = JM_BYTES("\xf5");
    e[0].id = JM_BYTES("twenty_four_octets_long_");
    CHECK_ST(begin_with(&k, &good), JM_E_RANGE);
    e[0].id = JM_BYTES("resident_region"); /* of the other namespace */
    CHECK_ST(begin_with(&k, &good), JM_E_DUPLICATE);
    e[0].id = JM_BYTES("family_name");
    e[0].value = JM_BYTES("\xf5\xf5");
    CHECK_ST(begin_with(&k, &good), JM_E_MALFORMED);
    e[0].value = JM_BYTES("\xf5");
    e[0].ns = JM_BYTES("elsewhere");
    CHECK_ST(jm_mdoc_issue_begin(&d, &good, kit_random(&k, 1000), &jm_crypto_openssl, &k.mem),
             JM_E_MISSING);
    e[0].ns = JM_BYTES(KIT_NS);
    c[0].digests = 4;
    CHECK_ST(begin_with(&k, &good), JM_E_RANGE);
    c[0].digests = 60; /* 63 digests: over 2,531 octets? no: 36 each */
    CHECK_ST(begin_with(&k, &good), JM_E_RANGE);
    c[0].digests = 5;
    CHECK_OK(begin_with(&k, &good));
    s = good;
    s.valid_until_s = s.valid_from_s;
    CHECK_ST(begin_with(&k, &s), JM_E_RANGE);
    s = good;
    s.signed_s = s.valid_from_s + 1;
    CHECK_ST(begin_with(&k, &s), JM_E_RANGE);
    s = good;
    s.status_uri = kit_random(&k, 97);
    CHECK_ST(begin_with(&k, &s), JM_E_RANGE);
    CHECK_ST(jm_mdoc_issue_begin(&d, &good, kit_random(&k, jm_mdoc_random_len(&good) - 1),
                                 &jm_crypto_openssl, &k.mem),
             JM_E_USAGE);
    kit_end(&k);
}

/* At each bound and one beyond. */
TEST(the_profile_has_bounds)
{
    static struct jm_mdoc_element e[513];
    static struct jm_mdoc_ns_count c[33];
    static uint8_t names[513][3];
    char id[JM_MDOC_ID_MAX + 2];
    struct jm_mdoc_spec good, s;
    struct kit k;

    kit_begin(&k);
    memset(id, 'x', sizeof id);
    for (size_t i = 0; i < 513; i++) {
        memcpy(names[i],
               (const uint8_t[]){(uint8_t)('a' + i / 400), (uint8_t)('a' + i / 20 % 20),
                                 (uint8_t)('a' + i % 20)},
               3);
        e[i] = (struct jm_mdoc_element){JM_BYTES("aaa"), jm_bytes(names[i], 3), JM_BYTES("\xf5"),
                                        true};
        if (i < 33)
            c[i] = (struct jm_mdoc_ns_count){jm_bytes(names[i], 3), 1};
    }
    good = kit_spec(&k);
    good.element = e;
    good.counts = c;
    good.n = good.n_counts = 1;
    CHECK_OK(begin_with(&k, &good));
    s = good;
    s.n_counts = 0;
    s.n = 0;
    CHECK_ST(begin_with(&k, &s), JM_E_RANGE);
    s = good;
    /* so many digests are no card of the profile, which is another bound: at the count it is not
     * told */
    s.n_counts = 32;
    CHECK_OK(begin_with(&k, &s));
    s.n_counts = 33;
    CHECK_ST(begin_with(&k, &s), JM_E_RANGE);
    s = good;
    s.doctype = jm_none();
    CHECK_ST(begin_with(&k, &s), JM_E_RANGE);
    s.doctype = jm_bytes(id, JM_MDOC_ID_MAX);
    CHECK_OK(begin_with(&k, &s));
    s.doctype = jm_bytes(id, JM_MDOC_ID_MAX + 1);
    CHECK_ST(begin_with(&k, &s), JM_E_RANGE);
    s = good;
    memset(&s.device_key, 0, sizeof s.device_key);
    CHECK_ST(begin_with(&k, &s), JM_E_RANGE);
    s = good;
    c[1].ns = c[0].ns;
    s.n_counts = 2;
    CHECK_ST(begin_with(&k, &s), JM_E_DUPLICATE);
    c[1].ns = jm_none();
    CHECK_ST(begin_with(&k, &s), JM_E_RANGE);
    c[1].ns = jm_bytes(id, JM_MDOC_ID_MAX);
    CHECK_OK(begin_with(&k, &s));
    c[1].ns = jm_bytes(id, JM_MDOC_ID_MAX + 1);
    CHECK_ST(begin_with(&k, &s), JM_E_RANGE);
    c[1].ns = JM_BYTES("b");
    c[1].digests = 0;
    CHECK_ST(begin_with(&k, &s), JM_E_RANGE);
    e[0].id = jm_none();
    CHECK_ST(begin_with(&k, &good), JM_E_RANGE);
    e[0].id = JM_BYTES("\xff");
    CHECK_ST(begin_with(&k, &good), JM_E_RANGE);
    e[0].id = jm_bytes(id, JM_MDOC_ID_MAX + 1);
    CHECK_ST(begin_with(&k, &good), JM_E_RANGE);
    e[0].id = jm_bytes(id, JM_MDOC_ID_MAX);
    CHECK_OK(begin_with(&k, &good));
    kit_end(&k);
}

static struct kit *for_accepts;
static bool accepts(struct jm_bytes response)
{
    const struct jm_mdoc_verified *v;
    size_t mark = jm_arena_mark(&for_accepts->mem);
    bool ok = jm_mdoc_verify(&v, response, &for_accepts->ctx, &for_accepts->answers,
                             &for_accepts->mem) == JM_OK &&
              jm_mdoc_claims(v, 0) != NULL;

    jm_arena_back(&for_accepts->mem, mark);
    return ok;
}

TEST(every_octet_counts)
{
    const struct jm_mdoc_pick pick[] = {{JM_BYTES(KIT_NS), JM_BYTES("age_over_19")}};
    const struct jm_mdoc_request q = {.doctype = JM_BYTES(KIT_DOCTYPE),
                                      .asked = pick,
                                      .n = 1,
                                      .n_required = 1};
    struct jm_mdoc_spec s;
    struct jm_bytes r;
    size_t except[4], n = 0;
    struct kit k;

    kit_begin(&k);
    s = kit_spec(&k);
    s.status_uri = jm_none();
    r = kit_present(&k, kit_issue(&k, &s), pick, 1);
    /* the minor version of the response */
    except[n++] = jm_bytes_find(r, JM_BYTES("version\x63"
                                            "1.0")) +
                  10;
    k.ctx.request = &q; /* without one a renamed nameSpaces shows nothing, truthfully */
    for_accepts = &k;
    check_refuses_changes(r, accepts, except, n);
    kit_end(&k);
}

TEST(issuer_signed_octets_count_too)
{
    struct jm_mdoc_spec s;
    struct jm_bytes is;
    struct kit k;
    unsigned taken = 0;

    kit_begin(&k);
    s = kit_spec(&k);
    is = kit_issue(&k, &s);
    for (size_t i = 0; i < is.len; i++) {
        const struct jm_mdoc_verified *v;
        struct jm_bytes changed = exact(is);
        size_t mark = jm_arena_mark(&k.mem);

        ((uint8_t *)test_heap[test_heap_n - 1])[i] ^= 1;
        CHECK_OK(jm_mdoc_verify_issuer_signed(&v, changed, s.doctype, &k.ctx, &k.answers, &k.mem));
        if (jm_mdoc_claims(v, 0) != NULL) {
            /* a renamed nameSpaces is an unknown member: nothing is shown then */
            CHECK(jm_mdoc_claims(v, 0)->n == 0);
            taken++;
        }
        jm_arena_back(&k.mem, mark);
    }
    CHECK_EQ(taken, strlen("nameSpaces"));
    kit_end(&k);
}

TEST(engine_answers_in_any_order_and_once)
{
    const struct jm_mdoc_pick pick[] = {{JM_BYTES(KIT_NS), JM_BYTES("age_over_19")}};
    struct jm_mdoc_verifier v;
    const struct jm_mdoc_verified *out;
    const struct jm_ask *asks;
    struct jm_mdoc_spec s;
    struct jm_bytes r;
    size_t n_used = 0;
    struct kit k;

    kit_begin(&k);
    s = kit_spec(&k);
    r = kit_present(&k, kit_issue(&k, &s), pick, 1);
    CHECK_OK(jm_mdoc_verifier_init(&v, JM_MDOC_DEVICE_RESPONSE, r, jm_none(), &k.ctx, &k.mem));
    /* chain, issuer, device; the status list once these hold */
    CHECK_EQ(jm_mdoc_verifier_asks(&v, &asks), 3);
    CHECK_ST(jm_mdoc_verifier_answer(&v, 99,
                                     &(struct jm_answer){.kind = JM_ASK_VERIFY, .st = JM_OK}),
             JM_E_BUG);
    CHECK_ST(jm_mdoc_verifier_answer(&v, 0,
                                     &(struct jm_answer){.kind = JM_ASK_VERIFY, .st = JM_OK}),
             JM_E_BUG);
    for (size_t n; (n = jm_mdoc_verifier_asks(&v, &asks)) > 0;) {
        const struct jm_ask a = asks[n - 1]; /* the last one first */
        struct jm_answer answer = {.kind = a.kind, .st = JM_E_UNAVAILABLE};

        if (a.kind == JM_ASK_VERIFY)
            answer.st = jm_openssl_verify(NULL, a.alg, a.key, a.data, a.sig);
        n_used++;
        CHECK_OK(jm_mdoc_verifier_answer(&v, a.id, &answer));
        CHECK_ST(jm_mdoc_verifier_answer(&v, a.id, &answer), JM_E_BUG);
    }
    CHECK_EQ(n_used, 4);
    CHECK_OK(jm_mdoc_verifier_end(&v, &out));
    CHECK_EQ(jm_mdoc_report(out)->verdict, JM_ACCEPTED);
    CHECK_ST(jm_mdoc_verifier_end(&v, &out), JM_E_BUG);
    CHECK(out == NULL);
    /* nothing answered: nothing accepted */
    CHECK_OK(jm_mdoc_verifier_init(&v, JM_MDOC_DEVICE_RESPONSE, r, jm_none(), &k.ctx, &k.mem));
    CHECK_OK(jm_mdoc_verifier_end(&v, &out));
    CHECK_EQ(jm_mdoc_report(out)->verdict, JM_UNDECIDED);
    CHECK(jm_mdoc_claims(out, 0) == NULL);
    kit_end(&k);
}

TEST(memory_that_is_too_small_is_said)
{
    const struct jm_mdoc_pick pick[] = {{JM_BYTES(KIT_NS), JM_BYTES("age_over_19")}};
    const struct jm_mdoc_verified *v;
    struct jm_mdoc_spec s;
    struct jm_bytes r;
    bool done = false;
    struct kit k;

    kit_begin(&k);
    s = kit_spec(&k);
    r = kit_present(&k, kit_issue(&k, &s), pick, 1);
    for (size_t cap = 0; cap < 128 * JM_KIB && !done; cap += 512) {
        struct jm_arena small = arena(cap);
        enum jm_status st = jm_mdoc_verify(&v, r, &k.ctx, &k.answers, &small);

        done = st == JM_OK;
        if (!done)
            CHECK(st == JM_E_NO_SPACE && v == NULL);
        else
            printf("    one document of one element: %zu octets of arena\n", small.high);
    }
    CHECK(done);
    kit_end(&k);
}
