/* SPDX-License-Identifier: Apache-2.0 */
/* What a verifier of documents demands by default, what it never asks for, and what must not be
 * empty. */
#include "unit/test.h"

#include "unit/cred/mdoc_kit.h"

static struct kit K;

static struct jm_bytes shown(void)
{
    const struct jm_mdoc_spec s = kit_spec(&K);
    const struct kit_parts p = kit_parts(&K, &s);

    return kit_build(&K, &p);
}

static const struct jm_report *judged(struct jm_bytes response, const struct jm_mdoc_context *x,
                                      const struct jm_answers *answers)
{
    const struct jm_mdoc_verified *v = NULL;

    CHECK_OK(jm_mdoc_verify(&v, response, x, answers, &K.mem));
    CHECK_EQ(jm_mdoc_claims(v, 0) != NULL, jm_mdoc_report(v)->verdict == JM_ACCEPTED);
    for (size_t i = 0; i < jm_mdoc_report(v)->n; i++)
        CHECK(jm_mdoc_report(v)->checks[i].result == JM_PASS ||
              jm_mdoc_report(v)->checks[i].detail.len > 0);
    return jm_mdoc_report(v);
}

static void give_list(void)
{
    K.list = (struct jm_status_list){.fault = JM_LIST_OK,
                                     .iat = KIT_NOW,
                                     .bits = 1,
                                     .raw = kit_random(&K, 64)};
    memset(K.mem.base + (K.list.raw.ptr - K.mem.base), 0, 64);
    K.have_list = true;
}

static void give_crl(void)
{
    struct jm_crl_spec s = {K.iaca.subject.der, K.iaca.ski, 1, KIT_NOW - 1, KIT_NOW + 1, NULL, 0};
    struct jm_bytes tbs;

    KIT_MUST(jm_crl_tbs(&tbs, &s, &K.mem));
    K.crl = kit_sign_der(&K, tbs, K.iaca_key);
}

TEST(by_default_everything_is_demanded)
{
    struct jm_mdoc_context x = {.crypto = &jm_crypto_openssl};

    kit_begin(&K);
    struct jm_bytes r = shown();
    CHECK(judged(r, &x, NULL)->verdict != JM_ACCEPTED);
    x = (struct jm_mdoc_context){.now = KIT_NOW,
                                 .transcript = K.transcript,
                                 .anchors = &K.anchors,
                                 .crypto = &jm_crypto_openssl};
    CHECK_EQ(judged(r, &x, &K.answers)->verdict, JM_UNDECIDED);
    CHECK(jm_report_has(judged(r, &x, &K.answers), JM_MDOC_DSC_REVOCATION_UNKNOWN, JM_UNKNOWN));
    /* not asked: the signer is not settled */
    CHECK(jm_report_has(judged(r, &x, &K.answers), JM_MDOC_STATUS_UNAVAILABLE, JM_NOT_RUN));
    give_crl();
    CHECK(jm_report_has(judged(r, &x, &K.answers), JM_MDOC_STATUS_UNAVAILABLE, JM_UNKNOWN));
    CHECK_EQ(judged(r, &x, &K.answers)->verdict, JM_UNDECIDED);
    give_list();
    CHECK_EQ(judged(r, &x, &K.answers)->verdict, JM_ACCEPTED);
    /* each of them alone taken away again */
    K.have_list = false;
    CHECK_EQ(judged(r, &x, &K.answers)->verdict, JM_UNDECIDED);
    x.policy.waive_status = true;
    CHECK_EQ(judged(r, &x, &K.answers)->verdict, JM_ACCEPTED);
    K.crl = jm_none();
    CHECK_EQ(judged(r, &x, &K.answers)->verdict, JM_UNDECIDED);
    x.policy.waive_crl = true;
    CHECK_EQ(judged(r, &x, &K.answers)->verdict, JM_ACCEPTED);
    x.transcript = jm_none();
    CHECK_EQ(judged(r, &x, &K.answers)->verdict, JM_UNDECIDED);
    x.transcript = K.transcript;
    x.anchors = NULL;
    CHECK_EQ(judged(r, &x, &K.answers)->verdict, JM_UNDECIDED);
    x.anchors = &K.anchors;
    K.anchor.any_type = false;
    CHECK_EQ(judged(r, &x, &K.answers)->verdict, JM_REJECTED);
    K.anchor.any_type = true;
    CHECK_EQ(judged(r, &x, NULL)->verdict, JM_UNDECIDED);
    CHECK_EQ(judged(r, &x, &(struct jm_answers){.ctx = NULL})->verdict, JM_UNDECIDED);
    kit_end(&K);
}

/* All zero is an age of no second; any age is said by name. */
TEST(a_list_of_this_second_by_default)
{
    kit_begin(&K);
    struct jm_bytes r = shown();
    give_list();
    K.list.iat = KIT_NOW - 1;
    K.ctx.policy.waive_status = false;
    CHECK_EQ(judged(r, &K.ctx, &K.answers)->verdict, JM_ACCEPTED);
    K.ctx.policy.status_max_age_s = 1;
    CHECK_EQ(judged(r, &K.ctx, &K.answers)->verdict, JM_ACCEPTED);
    K.ctx.policy.status_max_age_s = 0;
    CHECK(jm_report_has(judged(r, &K.ctx, &K.answers), JM_MDOC_STATUS_STALE, JM_UNKNOWN));
    K.list.fault = JM_LIST_UNJUDGED; /* a list of zeros */
    K.ctx.policy.status_max_age_s = JM_MDOC_ANY_AGE;
    CHECK(jm_report_has(judged(r, &K.ctx, &K.answers), JM_MDOC_STATUS_UNAVAILABLE, JM_UNKNOWN));
    kit_end(&K);
}

/* Whatever of a document does not hold, its list is not asked for; nor while something is open. */
TEST(an_unverified_document_sends_nobody_anywhere)
{
    const struct jm_ask *asks;
    struct jm_mdoc_verifier v;

    kit_begin(&K);
    struct jm_bytes r = shown(), forged = kit_swap(&K, r, "Synth", "Xynth", 5);
    for (int bad = 0; bad < 5; bad++) {
        unsigned found = 0, seen = 0;

        CHECK_OK(jm_mdoc_verifier_init(&v, JM_MDOC_DEVICE_RESPONSE, bad == 4 ? forged : r,
                                       jm_none(), &K.ctx, &K.mem));
        while (jm_mdoc_verifier_asks(&v, &asks) > 0) {
            struct jm_answer a = {.kind = asks[0].kind, .st = JM_E_UNAVAILABLE};

            if (asks[0].kind == JM_ASK_FIND) {
                found++;
                CHECK_EQ(jm_mdoc_verifier_asks(&v, &asks), 1);
            } else {
                seen++;
                a.st = (int)seen == bad ? (bad == 3 ? JM_E_UNAVAILABLE : JM_E_SIGNATURE)
                                        : jm_openssl_verify(NULL, asks[0].alg, asks[0].key,
                                                            asks[0].data, asks[0].sig);
            }
            CHECK_OK(jm_mdoc_verifier_answer(&v, asks[0].id, &a));
        }
        CHECK_EQ(seen, 3);
        CHECK_EQ(found, bad == 0 ? 1 : 0);
    }
    /* a linter over lists at hand asks at once */
    K.ctx.policy.ask_whatever_failed = true;
    CHECK_OK(jm_mdoc_verifier_init(&v, JM_MDOC_DEVICE_RESPONSE, forged, jm_none(), &K.ctx, &K.mem));
    CHECK_EQ(jm_mdoc_verifier_asks(&v, &asks), 4);
    /* an answer of zeros, or to another ask, is none */
    CHECK_ST(jm_mdoc_verifier_answer(&v, asks[0].id, &(struct jm_answer){.st = JM_OK}), JM_E_BUG);
    CHECK_ST(jm_mdoc_verifier_answer(&v, asks[0].id,
                                     &(struct jm_answer){.kind = JM_ASK_RANDOM, .st = JM_OK}),
             JM_E_BUG);
    kit_end(&K);
}

/* -- more 2: what needs a member -- */

static struct jm_bytes with_errors(struct jm_bytes response, const char *value, size_t len)
{
    const struct jm_bytes parts[] = {JM_BYTES("\xa4"), jm_slice(response, 1, SIZE_MAX),
                                     JM_BYTES("\x6e"
                                              "documentErrors"),
                                     jm_bytes(value, len)};
    struct jm_bytes out;

    KIT_MUST(jm_concat(&out, &K.mem, parts, JM_ARRAY_LEN(parts)));
    return out;
}

TEST(more_2_empty_maps_and_arrays)
{
    static const struct {
        const char *name, *value;
        size_t len;
        enum jm_result empty;
        bool type;
    } rows[] = {
        {"one error", "\x81\xa1\x61x\x00", 5, JM_PASS, false},
        {"an empty map", "\xa0", 1, JM_WARN, false},
        {"an empty array", "\x80", 1, JM_WARN, false},
        {"an empty map inside", "\x81\xa0", 2, JM_WARN, false},
        {"a number", "\x01", 1, JM_PASS, true},
        {"numbers", "\x82\x01\x02", 3, JM_PASS, true},
        {"null is as absent", "\xf6", 1, JM_PASS, false},
    };

    for (size_t i = 0; i < JM_ARRAY_LEN(rows); i++)
        for (int strict = 0; strict < 2; strict++) {
            kit_begin(&K);
            K.ctx.policy.strict = strict != 0;
            struct jm_mdoc_spec s = kit_spec(&K);
            const struct kit_parts p = kit_parts(&K, &s);
            const struct jm_report *r =
                judged(with_errors(kit_build(&K, &p), rows[i].value, rows[i].len), &K.ctx,
                       &K.answers);
            enum jm_result empty = rows[i].empty == JM_WARN && strict ? JM_FAIL : rows[i].empty;
            bool seen = false;

            for (size_t k = 0; k < r->n; k++)
                seen = seen || (r->checks[k].code == JM_MDOC_EMPTY && r->checks[k].object == 0 &&
                                r->checks[k].result == empty);
            ROW(CHECK(seen) && CHECK_EQ(jm_report_has(r, JM_MDOC_TYPE, JM_FAIL), rows[i].type),
                rows[i].name);
            kit_end(&K);
        }
}

TEST(more_2_name_spaces_without_members)
{
    kit_begin(&K);
    struct jm_mdoc_spec s = kit_spec(&K);
    struct kit_parts p = kit_parts(&K, &s);
    p.name_spaces = JM_BYTES("\xa0");
    CHECK(jm_report_has(judged(kit_build(&K, &p), &K.ctx, &K.answers), JM_MDOC_EMPTY, JM_WARN));
    p.name_spaces = JM_BYTES("\xa1\x61x\x80");
    CHECK(jm_report_has(judged(kit_build(&K, &p), &K.ctx, &K.answers), JM_MDOC_EMPTY, JM_WARN));
    K.ctx.policy.strict = true;
    CHECK(jm_report_has(judged(kit_build(&K, &p), &K.ctx, &K.answers), JM_MDOC_EMPTY, JM_FAIL));
    kit_end(&K);
}

/* -- trusted_authorities -- */

TEST(cards_of_other_authorities_were_not_asked_for)
{
    struct jm_mdoc_pick pick[] = {{JM_BYTES(KIT_NS), JM_BYTES("family_name")}};
    struct jm_mdoc_request q = {.doctype = JM_BYTES(KIT_DOCTYPE),
                                .asked = pick,
                                .n = 1,
                                .n_required = 1};
    struct jm_bytes keys[2] = {JM_BYTES("another"), {NULL, 0}};

    kit_begin(&K);
    struct jm_bytes r = shown();
    keys[1] = K.iaca.ski;
    K.ctx.request = &q;
    CHECK(jm_report_has(judged(r, &K.ctx, &K.answers), JM_MDOC_ISSUER_NOT_ALLOWED, JM_NOT_RUN));
    CHECK_EQ(judged(r, &K.ctx, &K.answers)->verdict, JM_ACCEPTED);
    q.authority = keys;
    q.n_authorities = 2;
    CHECK(jm_report_has(judged(r, &K.ctx, &K.answers), JM_MDOC_ISSUER_NOT_ALLOWED, JM_PASS));
    K.ctx.anchors = NULL; /* nobody to compare with: not looked at, and not false */
    CHECK(jm_report_has(judged(r, &K.ctx, &K.answers), JM_MDOC_ISSUER_NOT_ALLOWED, JM_NOT_RUN));
    CHECK_EQ(judged(r, &K.ctx, &K.answers)->verdict, JM_UNDECIDED);
    K.ctx.anchors = &K.anchors;
    q.n_authorities = 1;
    CHECK(jm_report_has(judged(r, &K.ctx, &K.answers), JM_MDOC_ISSUER_NOT_ALLOWED, JM_FAIL));
    CHECK_EQ(judged(r, &K.ctx, &K.answers)->verdict, JM_REJECTED);
    kit_end(&K);
}
