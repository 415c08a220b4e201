/* SPDX-License-Identifier: Apache-2.0 */
/* RFC 5280 6 as the one path judge has it. */
#include "unit/test.h"

#include "jumin/path.h"
#include "unit/cred/mdoc_kit.h"

static struct kit K;
static const struct jm_answers by_openssl = {.verify = jm_openssl_verify};

/* What a test may bend: a leaf, a CA between, a root, further anchors around it. */
struct made {
    struct jm_cert_spec leaf, mid, root;
    struct jm_cert roots[4];
    struct jm_anchor anchor[4];
    struct jm_anchors anchors;
    struct jm_path_spec spec;
    struct jm_bytes der[6];
    size_t n;
    bool with_mid, nc_leaf, nc_root;
};

static struct made M;

/* Its critical extKeyUsage becomes critical name constraints. */
static struct jm_bytes constrained(const struct jm_cert_spec *s, const struct jm_key *by)
{
    struct jm_cert_spec with = *s;
    struct jm_bytes tbs;

    with.eku[0] = JM_OID_EKU_MDL_DS;
    with.eku_critical = true;
    KIT_MUST(jm_cert_tbs(&tbs, &jm_crypto_openssl, &with, &K.mem));
    return kit_sign_der(&K, kit_swap(&K, tbs, "\x06\x03\x55\x1d\x25", "\x06\x03\x55\x1d\x1e", 5),
                        by);
}

static void prepare(void)
{
    memset(&M, 0, sizeof M);
    M.root = K.iaca_spec;
    M.root.path_len = 1;
    M.mid = K.iaca_spec;
    M.mid.cn = JM_BYTES("Between");
    KIT_MUST(jm_key_point(&M.mid.key, K.other_key));
    M.leaf = K.dsc_spec;
    M.leaf.eku[0] = M.leaf.eku[1] = M.leaf.issuer_der = M.leaf.authority_key_id = jm_none();
    M.leaf.eku_critical = false;
    M.anchor[0].any_type = true;
    M.anchors = (struct jm_anchors){.anchor = M.anchor, .n = 1};
    M.spec = (struct jm_path_spec){.anchors = &M.anchors,
                                   .use = JM_PATH_SDJWT,
                                   .now = KIT_NOW,
                                   .waive_crl = true};
}

static void certify(void)
{
    struct jm_bytes root =
        M.nc_root ? constrained(&M.root, K.iaca_key) : kit_cert(&K, &M.root, K.iaca_key);
    struct jm_cert mid;

    KIT_MUST(jm_cert_parse(&M.roots[0], root));
    M.anchor[0].cert = &M.roots[0];
    M.mid.issuer_der = M.roots[0].subject.der;
    M.mid.authority_key_id = M.roots[0].ski;
    M.der[1] = kit_cert(&K, &M.mid, K.iaca_key);
    KIT_MUST(jm_cert_parse(&mid, M.der[1]));
    if (M.leaf.issuer_der.ptr == NULL)
        M.leaf.issuer_der = M.with_mid ? mid.subject.der : M.roots[0].subject.der;
    if (M.leaf.authority_key_id.ptr == NULL)
        M.leaf.authority_key_id = M.with_mid ? mid.ski : M.roots[0].ski;
    const struct jm_key *by = M.with_mid ? K.other_key : K.iaca_key;
    M.der[0] = M.nc_leaf ? constrained(&M.leaf, by) : kit_cert(&K, &M.leaf, by);
    if (M.n == 0)
        M.n = M.with_mid ? 2 : 1;
}

static enum jm_path_rule judged(const struct jm_answers *answers, enum jm_result *result)
{
    struct jm_path p;
    struct jm_diag d = {0};

    CHECK_OK(jm_path_judge(&p, &M.spec, M.der, M.n, answers, &K.mem));
    *result = jm_path_result(&p);
    CHECK_EQ(jm_path_refusal(&p, &d) == JM_OK, *result == JM_PASS);
    for (enum jm_path_rule r = 0; r < JM_PATH_RULES; r++) /* what did not run says why */
        CHECK((p.rule[r].result == JM_PASS) == (p.rule[r].detail == NULL));
    if (*result != JM_PASS)
        CHECK_EQ(d.code, jm_path_jose_code(jm_path_reason(&p)));
    return jm_path_reason(&p);
}

#define BEND(name) static void name(void)

BEND(nothing)
{
}
BEND(no_use)
{
    M.spec.use = JM_PATH_UNSAID;
}
BEND(eku_reader)
{
    M.leaf.eku[0] = JM_OID_EKU_MDL_READER;
}
BEND(eku_status)
{
    M.leaf.eku[0] = JM_OID_EKU_STATUS;
}
BEND(eku_tls)
{
    M.leaf.eku[0] = JM_BYTES("\x2b\x06\x01\x05\x05\x07\x03\x01");
}
BEND(eku_ds)
{
    M.leaf.eku[0] = JM_OID_EKU_MDL_DS;
}
BEND(for_mdoc)
{
    M.spec.use = JM_PATH_MDOC;
}
BEND(mdoc_with_ds)
{
    for_mdoc();
    eku_ds();
}
BEND(mdoc_with_reader)
{
    for_mdoc();
    eku_reader();
}
BEND(for_request)
{
    M.spec.use = JM_PATH_REQUEST;
}
BEND(request_with_reader)
{
    for_request();
    eku_reader();
}
BEND(request_with_tls)
{
    for_request();
    eku_tls();
}
BEND(request_with_ds)
{
    for_request();
    eku_ds();
}
BEND(for_status)
{
    M.spec.use = JM_PATH_STATUS;
}
BEND(status_with_status)
{
    for_status();
    eku_status();
}
BEND(status_with_ds)
{
    for_status();
    eku_ds();
}
BEND(status_with_reader)
{
    for_status();
    eku_reader();
}
BEND(for_attestation)
{
    M.spec.use = JM_PATH_ATTESTATION;
}
BEND(attestation_with_reader)
{
    for_attestation();
    eku_reader();
}
BEND(attestation_with_tls)
{
    for_attestation();
    eku_tls();
}
BEND(for_metadata)
{
    M.spec.use = JM_PATH_METADATA;
}
BEND(metadata_with_status)
{
    for_metadata();
    eku_status();
}
BEND(any_with_tls)
{
    M.spec.use = JM_PATH_ANY;
    eku_tls();
}
BEND(leaf_early)
{
    M.leaf.not_before = KIT_NOW + 1;
}
BEND(leaf_on_time)
{
    M.leaf.not_before = M.leaf.not_after = KIT_NOW;
}
BEND(leaf_late)
{
    M.leaf.not_after = KIT_NOW - 1;
}
BEND(leaf_late_in_skew)
{
    leaf_late();
    M.spec.skew_s = 1;
}
BEND(root_early)
{
    M.root.not_before = KIT_NOW + 1;
}
BEND(root_late)
{
    M.root.not_after = KIT_NOW - 1;
}
BEND(mid)
{
    M.with_mid = true;
    M.mid.path_len = 0;
}
BEND(mid_mdoc)
{
    mid();
    mdoc_with_ds();
}
BEND(mid_too_deep)
{
    mid();
    M.root.path_len = 0;
}
BEND(mid_late)
{
    mid();
    M.mid.not_after = KIT_NOW - 1;
}
BEND(mid_no_ca)
{
    mid();
    M.mid.ca = false;
}
BEND(mid_may_not_sign)
{
    mid();
    M.mid.ku = JM_KU_CRL_SIGN;
}
BEND(mid_missing)
{
    mid();
    M.n = 1;
}
BEND(constrained_leaf)
{
    M.nc_leaf = true;
}
BEND(constrained_root)
{
    M.nc_root = true;
}
BEND(leaf_is_ca)
{
    M.leaf.ca = true;
}
BEND(leaf_may_not_sign)
{
    M.leaf.ku = JM_KU_CRL_SIGN;
}
BEND(no_anchors)
{
    M.anchors.n = 0;
}
BEND(nobody_given)
{
    M.spec.anchors = NULL;
}
BEND(stale)
{
    M.anchors.stale = true;
}
BEND(anchor_of_zeros)
{
    M.anchor[0].any_type = false;
    M.spec.type = JM_BYTES("urn:x");
}
BEND(crl_demanded)
{
    M.spec.waive_crl = false;
}
BEND(none_at_all)
{
    M.n = 7;
}
BEND(other_name)
{
    KIT_MUST(jm_name_der(&M.leaf.issuer_der, &K.mem, JM_BYTES("KR"), jm_none(), jm_none(),
                         JM_BYTES("Another")));
}

TEST(each_rule)
{
    static const struct {
        const char *name;
        void (*bend)(void);
        enum jm_result result;
        enum jm_path_rule reason;
    } rows[] = {
        {"a leaf below its CA", nothing, JM_PASS, JM_PATH_RULES},
        {"no use is no use", no_use, JM_FAIL, JM_PATH_EKU},
        {"an SD-JWT by a reader", eku_reader, JM_FAIL, JM_PATH_EKU},
        {"by a status signer", eku_status, JM_FAIL, JM_PATH_EKU},
        {"by a TLS server", eku_tls, JM_FAIL, JM_PATH_EKU},
        {"by a document signer", eku_ds, JM_PASS, JM_PATH_RULES},
        {"an MSO by whom nobody named", for_mdoc, JM_FAIL, JM_PATH_EKU},
        {"by a document signer", mdoc_with_ds, JM_PASS, JM_PATH_RULES},
        {"by a reader", mdoc_with_reader, JM_FAIL, JM_PATH_EKU},
        {"a request", for_request, JM_PASS, JM_PATH_RULES},
        {"by a reader", request_with_reader, JM_PASS, JM_PATH_RULES},
        {"by a TLS server", request_with_tls, JM_FAIL, JM_PATH_EKU},
        {"by a document signer", request_with_ds, JM_FAIL, JM_PATH_EKU},
        {"a list", for_status, JM_PASS, JM_PATH_RULES},
        {"by a status signer", status_with_status, JM_PASS, JM_PATH_RULES},
        {"by a document signer", status_with_ds, JM_FAIL, JM_PATH_EKU},
        {"by a reader", status_with_reader, JM_FAIL, JM_PATH_EKU},
        {"an attestation", for_attestation, JM_PASS, JM_PATH_RULES},
        {"by a reader", attestation_with_reader, JM_FAIL, JM_PATH_EKU},
        {"by a TLS server", attestation_with_tls, JM_FAIL, JM_PATH_EKU},
        {"metadata", for_metadata, JM_PASS, JM_PATH_RULES},
        {"by a status signer", metadata_with_status, JM_FAIL, JM_PATH_EKU},
        {"diagnosis takes any", any_with_tls, JM_PASS, JM_PATH_RULES},
        {"leaf not valid yet", leaf_early, JM_FAIL, JM_PATH_LEAF_FROM},
        {"leaf valid for this second", leaf_on_time, JM_PASS, JM_PATH_RULES},
        {"leaf expired", leaf_late, JM_FAIL, JM_PATH_LEAF_UNTIL},
        {"leaf expired, within the skew", leaf_late_in_skew, JM_PASS, JM_PATH_RULES},
        {"CA not valid yet", root_early, JM_FAIL, JM_PATH_CA_FROM},
        {"more 3: CA expired, its leaf not", root_late, JM_FAIL, JM_PATH_CA_UNTIL},
        {"a CA between", mid, JM_PASS, JM_PATH_RULES},
        {"a CA between signer and IACA", mid_mdoc, JM_FAIL, JM_PATH_LENGTH},
        {"RFC 5280 6.1.4 (l): pathLen", mid_too_deep, JM_FAIL, JM_PATH_LENGTH},
        {"CA between expired", mid_late, JM_FAIL, JM_PATH_CA_UNTIL},
        {"RFC 5280 6.1.4 (k): between stands no CA", mid_no_ca, JM_FAIL, JM_PATH_CA},
        {"RFC 5280 6.1.4 (n): it may not sign", mid_may_not_sign, JM_FAIL, JM_PATH_CA},
        {"the CA between was not sent", mid_missing, JM_FAIL, JM_PATH_ANCHOR},
        {"critical name constraints on the leaf", constrained_leaf, JM_FAIL, JM_PATH_CRITICAL},
        {"and on the CA", constrained_root, JM_FAIL, JM_PATH_CRITICAL},
        {"leaf is a CA", leaf_is_ca, JM_FAIL, JM_PATH_IS_CA},
        {"leaf may not sign", leaf_may_not_sign, JM_FAIL, JM_PATH_KU},
        {"nobody is trusted", no_anchors, JM_FAIL, JM_PATH_ANCHOR},
        {"nobody was given", nobody_given, JM_UNKNOWN, JM_PATH_ANCHOR},
        {"a stale set decides nothing", stale, JM_UNKNOWN, JM_PATH_STALE},
        {"an anchor of zeros vouches for nothing", anchor_of_zeros, JM_FAIL, JM_PATH_TYPE},
        {"a list that nobody has", crl_demanded, JM_UNKNOWN, JM_PATH_REVOCATION},
        {"RFC 5280 6.1.3 (a)(4): another name, the same key identifier", other_name, JM_FAIL,
         JM_PATH_NAME},
        {"too many", none_at_all, JM_FAIL, JM_PATH_COUNT},
    };

    for (size_t i = 0; i < JM_ARRAY_LEN(rows); i++) {
        enum jm_result result;
        enum jm_path_rule reason;

        kit_begin(&K);
        prepare();
        rows[i].bend();
        certify();
        reason = judged(&by_openssl, &result);
        ROW(CHECK_EQ(result, rows[i].result) && CHECK_EQ(reason, rows[i].reason), rows[i].name);
        kit_end(&K);
    }
}

TEST(nobody_who_verifies_is_not_a_false_signature)
{
    static const struct jm_answers none = {.verify = NULL};
    enum jm_result result;

    kit_begin(&K);
    prepare();
    certify();
    CHECK_EQ(judged(NULL, &result), JM_PATH_SIGNATURE);
    CHECK_EQ(result, JM_UNKNOWN);
    CHECK_EQ(judged(&none, &result), JM_PATH_SIGNATURE);
    CHECK_EQ(result, JM_UNKNOWN);
    M.der[0] = kit_cert(&K, &M.leaf, K.device_key);
    CHECK_EQ(judged(&by_openssl, &result), JM_PATH_SIGNATURE);
    CHECK_EQ(result, JM_FAIL);
    kit_end(&K);
}

/* Four CAs of one name and no key identifier to tell them apart: one of another key, one expired,
 * one that vouches for another type, and the right one. Whatever their order, the leaf is good;
 * without the right one it is told why not. */
TEST(the_order_of_anchors_does_not_matter)
{
    static const struct jm_bytes other[1] = {{(const uint8_t *)"urn:other", 9}};
    static const int orders[][4] = {{0, 1, 2, 3},
                                    {3, 2, 1, 0},
                                    {1, 3, 0, 2},
                                    {2, 0, 3, 1},
                                    {1, 2, 3, 0}};
    enum jm_result result;

    for (size_t i = 0; i < JM_ARRAY_LEN(orders); i++) {
        struct jm_anchor all[4];
        struct jm_cert_spec s;

        kit_begin(&K);
        prepare();
        M.spec.type = JM_BYTES("urn:x");
        M.leaf.authority_key_id = (struct jm_bytes){(const uint8_t *)"", 0};
        certify();
        s = M.root;
        s.not_after = KIT_NOW - 1; /* the same key in an older certificate */
        KIT_MUST(jm_cert_parse(&M.roots[1], kit_cert(&K, &s, K.iaca_key)));
        KIT_MUST(jm_cert_parse(&M.roots[3], kit_cert(&K, &M.root, K.iaca_key)));
        s = M.root;
        KIT_MUST(jm_key_point(&s.key, K.other_key));
        KIT_MUST(jm_cert_parse(&M.roots[2], kit_cert(&K, &s, K.other_key)));
        all[0] = M.anchor[0];
        all[1] = (struct jm_anchor){.cert = &M.roots[1], .any_type = true};
        all[2] = (struct jm_anchor){.cert = &M.roots[2], .any_type = true};
        all[3] = (struct jm_anchor){.cert = &M.roots[3], .types = other, .n_types = 1};
        for (size_t k = 0; k < 4; k++)
            M.anchor[k] = all[orders[i][k]];
        M.anchors.n = 4;
        CHECK_EQ(judged(&by_openssl, &result), JM_PATH_RULES);
        CHECK_EQ(result, JM_PASS);
        /* Without the good one: of those that its key has signed under, the one that comes furthest
         * is told. */
        for (size_t k = 0; k < 4; k++)
            if (M.anchor[k].cert == &M.roots[0])
                M.anchor[k] = all[2];
        CHECK_EQ(judged(&by_openssl, &result), JM_PATH_TYPE);
        CHECK_EQ(result, JM_FAIL);
        kit_end(&K);
    }
}

/* -- revocation -- */

static struct jm_bytes crl_of(const struct jm_cert *ca, const struct jm_key *by,
                              struct jm_bytes serial, int64_t from, int64_t until)
{
    struct jm_crl_spec s = {ca->subject.der,        ca->ski, 1, from, until, &serial,
                            serial.len == 0 ? 0 : 1};
    struct jm_bytes tbs;

    KIT_MUST(jm_crl_tbs(&tbs, &s, &K.mem));
    return kit_sign_der(&K, tbs, by);
}

TEST(B18_lists_and_clocks)
{
    static const struct {
        const char *name;
        int64_t from, until;
        bool lists, other_key, may_not;
        enum jm_result result;
        enum jm_path_rule reason;
    } rows[] = {
        {"current", -10, 10, false, false, false, JM_PASS, JM_PATH_RULES},
        {"names it", -10, 10, true, false, false, JM_FAIL, JM_PATH_REVOKED},
        {"begins a minute ahead", 60, 100, false, false, false, JM_PASS, JM_PATH_RULES},
        {"begins 61 s ahead", 61, 100, false, false, false, JM_UNKNOWN, JM_PATH_REVOCATION},
        {"late", -100, -1, false, false, false, JM_UNKNOWN, JM_PATH_REVOCATION},
        {"late, and names it", -100, -1, true, false, false, JM_FAIL, JM_PATH_REVOKED},
        {"ahead, and names it", 300, 400, true, false, false, JM_FAIL, JM_PATH_REVOKED},
        {"signed by another, and names it", -10, 10, true, true, false, JM_UNKNOWN,
         JM_PATH_REVOCATION},
        {"of a CA that may not sign lists", -10, 10, true, false, true, JM_UNKNOWN,
         JM_PATH_REVOCATION},
    };
    enum jm_result result;

    for (size_t i = 0; i < JM_ARRAY_LEN(rows); i++) {
        struct jm_cert leaf;

        kit_begin(&K);
        prepare();
        M.spec.waive_crl = false;
        if (rows[i].may_not)
            M.root.ku = JM_KU_KEY_CERT_SIGN;
        certify();
        KIT_MUST(jm_cert_parse(&leaf, M.der[0]));
        K.crl = crl_of(&M.roots[0], rows[i].other_key ? K.other_key : K.iaca_key,
                       rows[i].lists ? leaf.serial : jm_none(), KIT_NOW + rows[i].from,
                       KIT_NOW + rows[i].until);
        enum jm_path_rule reason = judged(&K.answers, &result);
        ROW(CHECK_EQ(result, rows[i].result) && CHECK_EQ(reason, rows[i].reason), rows[i].name);
        kit_end(&K);
    }
}

TEST(a_revoked_ca_between_revokes)
{
    struct jm_cert between, c;
    struct jm_path p;

    kit_begin(&K);
    prepare();
    mid();
    M.spec.waive_crl = false;
    certify();
    KIT_MUST(jm_cert_parse(&between, M.der[1]));
    KIT_MUST(jm_cert_parse(&c, M.der[0]));
    for (int bad = 0; bad < 2; bad++) {
        const struct jm_ask *ask;

        CHECK_OK(jm_path_begin(&p, &M.spec, M.der, M.n, &K.mem));
        while ((ask = jm_path_ask(&p)) != NULL) {
            struct jm_answer a = {.kind = ask->kind, .st = JM_OK};

            if (ask->kind == JM_ASK_VERIFY) {
                a.st = jm_openssl_verify(NULL, ask->alg, ask->key, ask->data, ask->sig);
            } else {
                const struct jm_find_ask *f = ask->what;
                bool of_mid = jm_bytes_eq(f->name, between.subject.der);

                a.octets = of_mid
                               ? crl_of(&between, K.other_key, jm_none(), KIT_NOW - 1, KIT_NOW + 1)
                               : crl_of(&M.roots[0], K.iaca_key, bad ? between.serial : jm_none(),
                                        KIT_NOW - 1, KIT_NOW + 1);
            }
            CHECK_OK(jm_path_answer(&p, &a));
        }
        CHECK_EQ(jm_path_result(&p), bad ? JM_FAIL : JM_PASS);
    }
    kit_end(&K);
}

/* trusted_authorities: the chain names who issued each of its certificates, its anchor alone names
 * nobody. */
TEST(who_vouches_for_a_chain)
{
    struct jm_cert between, leaf;
    struct jm_path p;

    kit_begin(&K);
    prepare();
    mid();
    certify();
    KIT_MUST(jm_cert_parse(&between, M.der[1]));
    KIT_MUST(jm_cert_parse(&leaf, M.der[0]));
    const struct jm_bytes by[] = {between.ski, M.roots[0].ski, leaf.ski, jm_none()};
    CHECK_OK(jm_path_judge(&p, &M.spec, M.der, M.n, &K.answers, &K.mem));
    CHECK(jm_path_vouched(&p, &by[0], 1));
    CHECK(jm_path_vouched(&p, &by[1], 1));
    CHECK(jm_path_vouched(&p, by, 4));
    CHECK(!jm_path_vouched(&p, &by[2], 1));
    CHECK(!jm_path_vouched(&p, &by[3], 1));
    CHECK(!jm_path_vouched(&p, by, 0));
    /* no path, nobody who vouches */
    CHECK_OK(jm_path_judge(&p, &M.spec, M.der, 1, &K.answers, &K.mem));
    CHECK(!jm_path_vouched(&p, by, 4));
    kit_end(&K);

    /* A stray certificate behind the path: whoever added it vouches for nothing. */
    kit_begin(&K);
    prepare();
    certify();
    struct jm_cert_spec stray = M.leaf;
    const struct jm_bytes x[] = {JM_BYTES("another authority's "), M.roots[0].ski};
    stray.authority_key_id = x[0];
    M.der[1] = kit_cert(&K, &stray, K.other_key);
    CHECK_OK(jm_path_judge(&p, &M.spec, M.der, 2, &K.answers, &K.mem));
    CHECK_EQ(jm_path_result(&p), JM_PASS);
    CHECK_EQ(p.n, 2);
    CHECK(!jm_path_vouched(&p, &x[0], 1));
    CHECK(jm_path_vouched(&p, &x[1], 1));
    CHECK_OK(jm_path_begin(&p, &M.spec, M.der, 1, &K.mem)); /* not judged yet */
    CHECK(!jm_path_vouched(&p, &x[1], 1));
    kit_end(&K);
}

/* An answer of zeros is no answer, one to another ask neither. */
TEST(answers_say_what_they_answer)
{
    const struct jm_answer zero = {.st = JM_OK}, other = {.kind = JM_ASK_FIND, .st = JM_OK};
    struct jm_path p;

    kit_begin(&K);
    prepare();
    certify();
    CHECK_OK(jm_path_begin(&p, &M.spec, M.der, M.n, &K.mem));
    CHECK(jm_path_ask(&p) != NULL);
    CHECK_EQ(jm_path_result(&p), JM_NOT_RUN);
    CHECK_ST(jm_path_refusal(&p, NULL), JM_E_BUG);
    CHECK_ST(jm_path_answer(&p, &zero), JM_E_BUG);
    CHECK_ST(jm_path_answer(&p, &other), JM_E_BUG);
    CHECK_OK(jm_path_answer(&p, &(struct jm_answer){.kind = JM_ASK_VERIFY, .st = JM_OK}));
    CHECK_EQ(jm_path_result(&p), JM_PASS);
    CHECK_ST(jm_path_answer(&p, &(struct jm_answer){.kind = JM_ASK_VERIFY, .st = JM_OK}), JM_E_BUG);
    struct jm_path fresh = {.n = 0};
    CHECK(jm_path_result(&fresh) != JM_PASS);
    kit_end(&K);
}

TEST(malformed_extensions_are_not_absent)
{
    static const struct {
        const char *name, *from, *to;
        size_t len;
    } rows[] = {
        {"extKeyUsage no sequence", "\x06\x03\x55\x1d\x25\x04\x0b\x30",
         "\x06\x03\x55\x1d\x25\x04\x0b\x31", 8},
        {"subjectKeyIdentifier no octets", "\x06\x03\x55\x1d\x0e\x04\x16\x04",
         "\x06\x03\x55\x1d\x0e\x04\x16\x05", 8},
        {"authorityKeyIdentifier no sequence", "\x06\x03\x55\x1d\x23\x04\x18\x30",
         "\x06\x03\x55\x1d\x23\x04\x18\x31", 8},
        {"subjectAltName no names", "\x86\x09urn:names", "\x8f\x09urn:names", 11},
    };
    struct jm_cert c;

    for (size_t i = 0; i < JM_ARRAY_LEN(rows); i++) {
        kit_begin(&K);
        prepare();
        M.leaf.eku[0] = JM_OID_EKU_MDL_DS;
        M.leaf.uri = JM_BYTES("urn:names");
        certify();
        CHECK_OK(jm_cert_parse(&c, M.der[0]));
        ROW(CHECK(jm_cert_parse(&c, kit_swap(&K, M.der[0], rows[i].from, rows[i].to,
                                             rows[i].len)) != JM_OK),
            rows[i].name);
        kit_end(&K);
    }
}

TEST(names_of_an_issuer)
{
    struct jm_cert c;

    kit_begin(&K);
    prepare();
    M.leaf.uri = JM_BYTES("https://i.example/kr");
    M.leaf.dns = JM_BYTES("d.example");
    certify();
    KIT_MUST(jm_cert_parse(&c, M.der[0]));
    CHECK(jm_cert_names_uri(&c, JM_BYTES("https://i.example/kr")));
    CHECK(jm_cert_names_uri(&c, JM_BYTES("https://d.example/anything")));
    CHECK(!jm_cert_names_uri(&c, JM_BYTES("https://i.example")));
    CHECK(!jm_cert_names_uri(&c, JM_BYTES("http://d.example/")));
    CHECK(!jm_cert_names_uri(&c, JM_BYTES("d.example")));
    CHECK(!jm_cert_names_uri(&c, JM_BYTES("")));
    kit_end(&K);
}

/* What a report calls a rule, reached by an input that deserves it. */
TEST(rules_are_told_by_name)
{
    static const struct {
        void (*bend)(void);
        enum jm_code jose, mdoc;
    } rows[] = {
        {leaf_early, JM_JOSE_CHAIN_NOT_YET_VALID, JM_MDOC_DSC_NOT_YET_VALID},
        {root_early, JM_JOSE_CHAIN_NOT_YET_VALID, JM_MDOC_IACA_NOT_YET_VALID},
        {leaf_late, JM_JOSE_CHAIN_EXPIRED, JM_MDOC_DSC_EXPIRED},
        {root_late, JM_JOSE_CHAIN_EXPIRED, JM_MDOC_IACA_EXPIRED},
        {eku_tls, JM_JOSE_CHAIN_PURPOSE, JM_MDOC_DSC_EKU},
        {constrained_root, JM_JOSE_CHAIN_CRITICAL, JM_MDOC_DSC_CRITICAL_EXT},
        {mid_too_deep, JM_JOSE_CHAIN_LENGTH, JM_MDOC_CHAIN_LENGTH},
        {mid_no_ca, JM_JOSE_CHAIN_CERTIFICATE, JM_MDOC_CHAIN_CA},
        {anchor_of_zeros, JM_JOSE_CHAIN_TYPE, JM_MDOC_VICAL_DOCTYPE},
        {stale, JM_TRUST_STALE, JM_MDOC_TRUST_STALE},
        {other_name, JM_JOSE_CHAIN_NAME, JM_MDOC_CHAIN_NAME},
        {crl_demanded, JM_JOSE_REVOCATION_UNKNOWN, JM_MDOC_DSC_REVOCATION_UNKNOWN},
    };

    for (size_t i = 0; i < JM_ARRAY_LEN(rows); i++) {
        struct jm_report r;
        struct jm_findings f;
        struct jm_path p;

        for (int mdoc = 0; mdoc < 2; mdoc++) {
            enum jm_code code = mdoc ? rows[i].mdoc : rows[i].jose;

            kit_begin(&K);
            prepare();
            rows[i].bend();
            certify();
            CHECK_OK(jm_path_judge(&p, &M.spec, M.der, M.n, &by_openssl, &K.mem));
            CHECK_OK(jm_findings_init(&f, &K.mem, 64));
            jm_path_note(&f, &p, mdoc ? jm_path_mdoc_code : jm_path_jose_code, 0);
            CHECK_OK(jm_report_of(&r, &f));
            ROW(CHECK_EQ(jm_report_reason(&r), code), jm_code_info(code)->name);
            kit_end(&K);
        }
    }
}

/* A certificate that is pinned is trusted as the signer that it is, and vouches for nobody below
 * it, not even as a CA. */
TEST(a_pinned_ca_vouches_for_itself_alone)
{
    enum jm_result result;

    kit_begin(&K);
    prepare();
    certify();
    CHECK_EQ(judged(&by_openssl, &result), JM_PATH_RULES);
    CHECK_EQ(result, JM_PASS);
    M.anchor[0].pinned = true;
    CHECK_EQ(judged(&by_openssl, &result), JM_PATH_ANCHOR);
    CHECK_EQ(result, JM_FAIL);
    kit_end(&K);
}

/* Anchors that hold no certificate, pinned or not: as if they were not there. */
TEST(an_anchor_without_a_certificate)
{
    enum jm_result result;

    for (int pinned = 0; pinned < 2; pinned++) {
        kit_begin(&K);
        prepare();
        certify();
        M.anchor[1] = M.anchor[0];
        M.anchor[0] = (struct jm_anchor){.pinned = pinned != 0, .any_type = true};
        M.anchors.n = 1;
        CHECK_EQ(judged(&by_openssl, &result), JM_PATH_ANCHOR);
        CHECK_EQ(result, JM_FAIL);
        M.anchors.n = 2;
        CHECK_EQ(judged(&by_openssl, &result), JM_PATH_RULES);
        CHECK_EQ(result, JM_PASS);
        M.der[0] = M.roots[0].der; /* a root looked at alone is the anchor that it is itself */
        M.spec.use = JM_PATH_CERTIFICATE;
        CHECK_EQ(judged(&by_openssl, &result), JM_PATH_RULES);
        CHECK_EQ(result, JM_PASS);
        M.anchors.n = 1;
        (void)judged(&by_openssl, &result);
        CHECK(result != JM_PASS);
        kit_end(&K);
    }
}
