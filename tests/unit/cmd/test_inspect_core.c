/* SPDX-License-Identifier: Apache-2.0 */
#include "unit/test.h"

#include "unit/cred/mdoc_kit.h"

#include "cmd/inspect/inspect_core.h"
#include "jumin/base64.h"
#include "jumin/form.h"
#include "jumin/json.h"

struct seen {
    const struct jm_json *json;
    int exit_code;
};

static struct seen look(struct kit *k, struct jm_inspect_in in)
{
    struct jm_buf out = room(256 * JM_KIB);
    struct seen s = {NULL, -1};

    if (in.now == 0)
        in.now = KIT_NOW;
    in.crypto = &jm_crypto_openssl;
    in.answers = &k->answers;
    if (CHECK_OK(jm_inspect(&in, &out, &s.exit_code, &k->mem, NULL)))
        CHECK_OK(jm_json_parse(&s.json, jm_written(out), &k->mem, NULL));
    return s;
}

/* What is said of a check that was not run. */
static bool was_skipped(const struct jm_json *json, const char *name)
{
    for (const struct jm_json *c = jm_json_get(json, "checks")->child; c != NULL; c = c->next)
        if (jm_json_is_str(jm_json_get(c, "code"), name))
            return jm_json_is_str(jm_json_get(c, "result"), "skip");
    return false;
}

static bool lists(const struct jm_json *obj, const char *list, const char *name)
{
    const struct jm_json *l = jm_json_get(obj, list);

    for (const struct jm_json *e = l == NULL ? NULL : l->child; e != NULL; e = e->next)
        if (jm_json_is_str(e, name))
            return true;
    return false;
}

#define WORD(s, name, want) CHECK(jm_json_is_str(jm_json_get((s).json, name), want))

static struct jm_bytes response_of(struct kit *k)
{
    const struct jm_mdoc_pick pick[] = {{JM_BYTES(KIT_NS), JM_BYTES("family_name")},
                                        {JM_BYTES(KIT_NS), JM_BYTES("portrait")}};
    struct jm_mdoc_spec s = kit_spec(k);

    return kit_present(k, kit_issue(k, &s), pick, 2);
}

TEST(a_response_accepted_undecided_rejected_malformed)
{
    struct jm_bytes r, changed;
    struct seen s;
    struct kit k;

    kit_begin(&k);
    r = response_of(&k);
    s = look(&k, (struct jm_inspect_in){.input = r,
                                        .anchor = &k.iaca_der,
                                        .n_anchors = 1,
                                        .transcript = k.transcript});
    CHECK_EQ(s.exit_code, 0);
    WORD(s, "kind", "device-response");
    WORD(s, "verdict", "accepted");
    WORD(s, "at", "2027-01-01T00:00:00Z");
    CHECK_EQ(jm_json_get(s.json, "fail")->n, 0);
    /* issuers are limited by the anchors given */
    CHECK(was_skipped(s.json, "JM_MDOC_ISSUER_NOT_ALLOWED"));
    const struct jm_json *doc = jm_json_get(jm_json_get(s.json, "content"), "documents")->child;
    const struct jm_json *name = jm_json_get(doc, "elements")->child, *portrait = name->next;
    CHECK(jm_json_is_str(jm_json_get(name, "value"), "Synth"));
    CHECK(jm_json_is_str(jm_json_get(portrait, "value"), "***"));
    for (const struct jm_json *c = jm_json_get(s.json, "checks")->child; c != NULL; c = c->next)
        CHECK(jm_json_is_str(jm_json_get(c, "result"), "pass") ||
              jm_json_get(c, "reason")->text.len > 0);

    s = look(&k, (struct jm_inspect_in){.input = r});
    CHECK_EQ(s.exit_code, 5);
    WORD(s, "verdict", "undecided");
    CHECK(lists(s.json, "undecided", "JM_MDOC_CHAIN_NO_ANCHOR"));
    CHECK(lists(s.json, "undecided", "JM_MDOC_TRANSCRIPT_NOT_GIVEN"));

    changed = kit_swap(&k, r, "Synth", "Xynth", 5);
    s = look(&k, (struct jm_inspect_in){.input = changed,
                                        .anchor = &k.iaca_der,
                                        .n_anchors = 1,
                                        .transcript = k.transcript});
    CHECK_EQ(s.exit_code, 1);
    WORD(s, "verdict", "rejected");
    CHECK(lists(s.json, "fail", "JM_MDOC_ITEM_DIGEST_MISMATCH"));
    CHECK_EQ(jm_json_get(s.json, "fail")->n, 1);

    s = look(&k,
             (struct jm_inspect_in){.input = jm_slice(r, 0, r.len - 1), .kind = "device-response"});
    CHECK_EQ(s.exit_code, 3);
    WORD(s, "verdict", "malformed");
    CHECK(lists(s.json, "fail", "JM_MDOC_CBOR_TRUNCATED"));
    kit_end(&k);
}

TEST(every_encoding)
{
    struct jm_bytes r, text;
    struct jm_buf b;
    struct kit k;

    kit_begin(&k);
    r = response_of(&k);
    KIT_MUST(jm_hex_encode(&text, &k.mem, r));
    CHECK_EQ(look(&k, (struct jm_inspect_in){.input = text}).exit_code, 5);
    KIT_MUST(jm_b64url_encode(&text, &k.mem, r));
    CHECK_EQ(look(&k, (struct jm_inspect_in){.input = text}).exit_code, 5);
    b = room(8192);
    KIT_MUST(jm_b64_put(&b, r));
    KIT_MUST(jm_buf_put(&b, JM_BYTES("\n")));
    CHECK_EQ(look(&k, (struct jm_inspect_in){.input = jm_written(b)}).exit_code, 5);
    b = room(8192);
    KIT_MUST(jm_buf_put(&b, JM_BYTES("-----BEGIN CERTIFICATE-----\n")));
    KIT_MUST(jm_b64_put(&b, k.iaca_der));
    KIT_MUST(jm_buf_put(&b, JM_BYTES("\n-----END CERTIFICATE-----\n")));
    struct seen s = look(&k, (struct jm_inspect_in){.input = jm_written(b),
                                                    .anchor = &k.iaca_der,
                                                    .n_anchors = 1,
                                                    .strict = true});
    WORD(s, "kind", "certificate");
    WORD(s, "verdict", "accepted");
    kit_end(&k);
}

TEST(certificates)
{
    struct seen s;
    struct kit k;

    kit_begin(&k);
    s = look(&k, (struct jm_inspect_in){.input = k.dsc_der});
    CHECK_EQ(s.exit_code, 5);
    s = look(&k, (struct jm_inspect_in){.input = k.dsc_der,
                                        .anchor = &k.iaca_der,
                                        .n_anchors = 1,
                                        .strict = true});
    CHECK_EQ(s.exit_code, 0);
    s = look(&k, (struct jm_inspect_in){.input = k.dsc_der, .anchor = &k.dsc_der, .n_anchors = 1});
    CHECK_EQ(s.exit_code, 1);
    CHECK(lists(s.json, "fail", "JM_MDOC_CHAIN_NO_ANCHOR"));
    s = look(&k, (struct jm_inspect_in){.input = k.dsc_der,
                                        .anchor = &k.iaca_der,
                                        .n_anchors = 1,
                                        .now = KIT_NOW + 4000 * KIT_DAY});
    CHECK_EQ(s.exit_code, 1);
    CHECK(lists(s.json, "fail", "JM_MDOC_DSC_EXPIRED"));
    k.dsc_spec.not_after += 1000 * KIT_DAY;
    kit_certify(&k);
    s = look(&k, (struct jm_inspect_in){.input = k.dsc_der, .anchor = &k.iaca_der, .n_anchors = 1});
    CHECK_EQ(s.exit_code, 0);
    CHECK(lists(s.json, "warn", "JM_X509_LIFETIME"));
    s = look(&k, (struct jm_inspect_in){.input = k.dsc_der,
                                        .anchor = &k.iaca_der,
                                        .n_anchors = 1,
                                        .strict = true});
    CHECK_EQ(s.exit_code, 1);
    CHECK(lists(s.json, "fail", "JM_X509_LIFETIME"));
    s = look(&k, (struct jm_inspect_in){.input = jm_slice(k.dsc_der, 0, 40)});
    CHECK_EQ(s.exit_code, 3);
    kit_end(&k);
}

TEST(issuer_signed_transcript_and_strangers)
{
    struct jm_mdoc_spec spec;
    struct jm_bytes is;
    struct jm_buf out = room(65536);
    struct jm_inspect_in in = {.input = JM_BYTES("hello, world!"),
                               .now = KIT_NOW,
                               .crypto = &jm_crypto_openssl};
    struct seen s;
    int code;
    struct kit k;

    kit_begin(&k);
    spec = kit_spec(&k);
    is = kit_issue(&k, &spec);
    s = look(&k, (struct jm_inspect_in){.input = is,
                                        .anchor = &k.iaca_der,
                                        .n_anchors = 1,
                                        .strict = true});
    WORD(s, "kind", "issuer-signed");
    CHECK_EQ(s.exit_code, 0);
    s = look(&k, (struct jm_inspect_in){.input = is, .pinned = &k.dsc_der, .n_pinned = 1});
    CHECK_EQ(s.exit_code, 0);
    CHECK(lists(s.json, "warn", "JM_MDOC_CHAIN_PINNED"));
    s = look(&k, (struct jm_inspect_in){.input = k.transcript});
    WORD(s, "kind", "session-transcript");
    CHECK_EQ(s.exit_code, 0);
    in.answers = &k.answers;
    CHECK_ST(jm_inspect(&in, &out, &code, &k.mem, NULL), JM_E_UNSUPPORTED);
    in.input = is;
    in.transcript = JM_BYTES("\x01");
    CHECK_ST(jm_inspect(&in, &out, &code, &k.mem, NULL), JM_E_USAGE);
    in.transcript = jm_none();
    in.anchor = &in.input;
    in.n_anchors = 1;
    CHECK_ST(jm_inspect(&in, &out, &code, &k.mem, NULL), JM_E_USAGE);
    kit_end(&k);
}
