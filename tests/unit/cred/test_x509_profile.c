/* SPDX-License-Identifier: Apache-2.0 */
/* The linter of certificates: each rule broken alone says so and no other; strictly it fails. Spec:
 * mdoc.md 5 */
#include "unit/test.h"

#include "unit/cred/mdoc_kit.h"

#define B(lit) JM_BYTES(lit)

/* What a certificate would say if its writer had erred. Extensions' contents are DER as they would
 * stand there. */
#define CHANGE(name, ...)               \
    static void name(struct jm_cert *c) \
    {                                   \
        __VA_ARGS__                     \
    }
CHANGE(nothing, (void)c;)
CHANGE(too_long, c->not_after = c->not_before + 20000 * (int64_t)KIT_DAY;)
CHANGE(backwards, c->not_after = c->not_before - 1;)
CHANGE(negative, c->serial = B("\x80\x01\x02\x03\x04\x05\x06\x07");)
CHANGE(zero, c->serial = B("\x00");)
CHANGE(long_serial,
       c->serial = B(
           "\x01\x02\x03\x04\x05\x06\x07\x08\x09\x0a\x0b\x0c\x0d\x0e\x0f\x10\x11\x12\x13\x14\x15");)
CHANGE(short_serial, c->serial = B("\x01\x02\x03\x04\x05\x06\x07");)
CHANGE(no_country, c->subject.country = jm_none();)
CHANGE(small_country, c->subject.country = B("kr");)
CHANGE(utf8_country, c->subject.country_tag = 0x0C;)
CHANGE(no_cn, c->subject.cn = jm_none();)
CHANGE(other_state, c->subject.state = B("Elsewhere");)
CHANGE(other_issuer, c->issuer.der = B("\x30\x00");)
CHANGE(no_ku, c->has_ku = false;)
CHANGE(more_ku, c->ku |= JM_KU_NON_REPUDIATION;)
CHANGE(soft_ku, c->ku_critical = false;)
CHANGE(no_eku, c->has_eku = false; c->eku = jm_none();)
CHANGE(other_eku, c->eku = B("\x06\x08\x2b\x06\x01\x05\x05\x07\x03\x01");)
CHANGE(soft_eku, c->eku_critical = false;)
CHANGE(no_bc, c->has_bc = false;)
CHANGE(soft_bc, c->bc_critical = false;)
CHANGE(path_1, c->path_len = 1;)
CHANGE(no_path, c->has_path_len = false;)
CHANGE(leaf_bc, c->has_bc = c->bc_critical = true;)
CHANGE(leaf_ca, c->has_bc = c->is_ca = true;)
CHANGE(self_signed, c->issuer = c->subject; c->aki = c->ski;)
CHANGE(self_issued, c->issuer = c->subject;)
CHANGE(no_aki, c->has_aki = false;)
CHANGE(other_aki, c->aki = c->ski;)
CHANGE(no_ski, c->has_ski = false;)
CHANGE(
    other_ski,
    c->ski = B("\x01\x02\x03\x04\x05\x06\x07\x08\x09\x0a\x0b\x0c\x0d\x0e\x0f\x10\x11\x12\x13\x14");)
CHANGE(no_ian, c->has_ian = false;)
CHANGE(bad_ian, c->ian_malformed = true;)
CHANGE(no_crldp, c->has_crldp = false;)
CHANGE(named_crldp, c->crldp = B("\x30\x08\xa0\x06\xa0\x04\x82\x02"
                                 "ab");)
CHANGE(empty_crldp, c->crldp = B("\x30\x04\xa0\x02\xa0\x00");)
CHANGE(reasons_crldp, c->crldp = B("\x30\x0b\xa0\x06\xa0\x04\x86\x02"
                                   "ab"
                                   "\x81\x01\x06");)
CHANGE(forbidden, c->ext_forbidden = true;)
CHANGE(unknown, c->ext_critical_unknown = true;)
CHANGE(other_sig, c->sig_alg = JM_SIG_OTHER;)
CHANGE(two_sigs, c->sig_alg_twice_equal = false;)
CHANGE(other_key, c->key_alg = JM_KEY_OTHER;)
CHANGE(eddsa, c->key_alg = JM_KEY_EDDSA;)
CHANGE(compressed, c->key_uncompressed = false;)

/* A second rule that the same fault breaks by its nature, or JM_CODE_NONE. */
static const struct {
    const char *name;
    void (*change)(struct jm_cert *c);
    bool ca;
    enum jm_code code, too;
} rows[] = {
    {"a signer's certificate", nothing, false, JM_CODE_NONE, JM_CODE_NONE},
    {"an IACA certificate", nothing, true, JM_CODE_NONE, JM_CODE_NONE},
    {"lifetime", too_long, false, JM_X509_LIFETIME, JM_CODE_NONE},
    {"lifetime of a CA", too_long, true, JM_X509_LIFETIME, JM_CODE_NONE},
    {"ends before it begins", backwards, false, JM_X509_LIFETIME, JM_CODE_NONE},
    {"serial negative", negative, false, JM_X509_SERIAL, JM_CODE_NONE},
    {"serial zero", zero, false, JM_X509_SERIAL, JM_X509_SERIAL_SHORT},
    {"serial of 21 octets", long_serial, false, JM_X509_SERIAL, JM_CODE_NONE},
    {"serial of 7 octets", short_serial, true, JM_X509_SERIAL_SHORT, JM_CODE_NONE},
    {"no country", no_country, true, JM_X509_SUBJECT_C_MISSING, JM_CODE_NONE},
    {"country in small letters", small_country, false, JM_X509_COUNTRY_ENCODING, JM_CODE_NONE},
    {"country in UTF-8", utf8_country, false, JM_X509_COUNTRY_ENCODING, JM_CODE_NONE},
    {"no common name", no_cn, false, JM_X509_SUBJECT_CN_MISSING, JM_CODE_NONE},
    {"another state", other_state, false, JM_X509_STATE, JM_CODE_NONE},
    {"issuer's name otherwise spelt", other_issuer, false, JM_X509_NAME_ORDER_BYTES, JM_CODE_NONE},
    {"no keyUsage", no_ku, false, JM_X509_KU_MISSING, JM_CODE_NONE},
    {"more bits", more_ku, false, JM_X509_KU_VALUE, JM_CODE_NONE},
    {"more bits of a CA", more_ku, true, JM_X509_KU_VALUE, JM_CODE_NONE},
    {"keyUsage not critical", soft_ku, true, JM_X509_KU_NOT_CRITICAL, JM_CODE_NONE},
    {"no extKeyUsage", no_eku, false, JM_X509_EKU_MISSING, JM_CODE_NONE},
    {"another purpose", other_eku, false, JM_X509_EKU_VALUE, JM_CODE_NONE},
    {"extKeyUsage not critical", soft_eku, false, JM_X509_EKU_NOT_CRITICAL, JM_CODE_NONE},
    {"a CA that does not say so", no_bc, true, JM_X509_BC_MISSING, JM_CODE_NONE},
    {"basicConstraints not critical", soft_bc, true, JM_X509_BC_NOT_CRITICAL, JM_CODE_NONE},
    {"path length 1", path_1, true, JM_X509_BC_PATHLEN, JM_CODE_NONE},
    {"no path length", no_path, true, JM_X509_BC_PATHLEN, JM_CODE_NONE},
    {"basicConstraints on a leaf", leaf_bc, false, JM_X509_BC_ON_LEAF, JM_CODE_NONE},
    {"a leaf that is a CA", leaf_ca, false, JM_X509_LEAF_IS_CA, JM_CODE_NONE},
    {"a leaf of its own key", self_signed, false, JM_X509_LEAF_SELF_SIGNED, JM_X509_AKI_VALUE},
    {"a leaf of its own name", self_issued, false, JM_X509_LEAF_SELF_ISSUED,
     JM_X509_NAME_ORDER_BYTES},
    {"no authority key", no_aki, false, JM_X509_AKI_MISSING, JM_CODE_NONE},
    {"another authority key", other_aki, false, JM_X509_AKI_VALUE, JM_CODE_NONE},
    {"no subject key", no_ski, false, JM_X509_SKI_MISSING, JM_CODE_NONE},
    {"another subject key", other_ski, false, JM_X509_SKI_VALUE, JM_CODE_NONE},
    {"no issuerAltName", no_ian, false, JM_X509_IAN_MISSING, JM_CODE_NONE},
    {"no GeneralNames", bad_ian, true, JM_X509_IAN_MALFORMED, JM_CODE_NONE},
    {"no distribution point", no_crldp, false, JM_X509_CRLDP_MISSING, JM_CODE_NONE},
    {"distribution point by dNSName", named_crldp, false, JM_X509_CRLDP_NOT_URI, JM_CODE_NONE},
    {"distribution point of nothing", empty_crldp, false, JM_X509_CRLDP_NOT_URI, JM_CODE_NONE},
    {"distribution point with reasons", reasons_crldp, false, JM_X509_CRLDP_FIELDS, JM_CODE_NONE},
    {"forbidden extension", forbidden, true, JM_X509_EXT_FORBIDDEN, JM_CODE_NONE},
    {"unknown critical extension", unknown, false, JM_X509_EXT_CRITICAL_UNKNOWN, JM_CODE_NONE},
    {"another signature", other_sig, false, JM_X509_SIG_ALG, JM_CODE_NONE},
    {"two signature algorithms", two_sigs, false, JM_X509_SIG_ALG, JM_CODE_NONE},
    {"another key", other_key, false, JM_X509_KEY_ALG, JM_CODE_NONE},
    {"an EdDSA CA", eddsa, true, JM_X509_KEY_ALG, JM_CODE_NONE},
    {"a compressed point", compressed, false, JM_X509_KEY_FORM, JM_CODE_NONE},
};

static bool only(const struct jm_findings *f, enum jm_result result, enum jm_code a, enum jm_code b)
{
    bool ok = true, seen_a = a == JM_CODE_NONE, seen_b = b == JM_CODE_NONE;

    for (size_t i = 0; i < f->n; i++) {
        const struct jm_check *c = &f->check[i];

        if (c->result == JM_PASS || c->result == JM_NOT_RUN)
            continue;
        seen_a = seen_a || c->code == a;
        seen_b = seen_b || c->code == b;
        ok = CHECK(c->code == a || c->code == b) && CHECK_EQ(c->result, result) &&
             CHECK(c->detail.len > 0) && ok;
    }
    return CHECK(seen_a) && CHECK(seen_b) && ok;
}

TEST(each_rule_alone)
{
    struct kit k;

    kit_begin(&k);
    for (size_t i = 0; i < JM_ARRAY_LEN(rows) * 2; i++) {
        bool strict = i % 2 != 0, ca = rows[i / 2].ca;
        struct jm_findings f;
        struct jm_cert c;

        KIT_MUST(jm_cert_parse(&c, ca ? k.iaca_der : k.dsc_der));
        rows[i / 2].change(&c);
        KIT_MUST(jm_findings_init(&f, &k.mem, 64));
        jm_x509_profile(&f, &c, ca ? JM_PROFILE_IACA : JM_PROFILE_DSC, ca ? NULL : &k.iaca,
                        &jm_crypto_openssl, 1, strict);
        ROW(only(&f, strict ? JM_FAIL : JM_WARN, rows[i / 2].code, rows[i / 2].too),
            rows[i / 2].name);
    }
    kit_end(&k);
}
