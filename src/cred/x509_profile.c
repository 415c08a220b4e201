/* SPDX-License-Identifier: Apache-2.0 */
#include "jumin/x509.h"

#include "jumin/civil.h"
#include "jumin/der.h"

/* never shorter than a year of the calendar: 20 y = 7,320 d at most */
#define YEAR_S ((int64_t)JM_DAY_S * 366)

/* One column of the table in spec/mdoc.md 5. */
struct rules {
    int64_t longest_s;
    unsigned ku;
    bool ca, country, ian, crldp, ec_only;
};

static const struct rules rules_of[] = {
    [JM_PROFILE_IACA] = {20 * YEAR_S, JM_KU_KEY_CERT_SIGN | JM_KU_CRL_SIGN, true, true, true, false,
                         true},
    [JM_PROFILE_DSC] = {(int64_t)457 * JM_DAY_S, JM_KU_DIGITAL_SIGNATURE, false, true, true, true,
                        false},
    [JM_PROFILE_READER] = {(int64_t)1187 * JM_DAY_S, JM_KU_DIGITAL_SIGNATURE, false, false, false,
                           true, false},
    [JM_PROFILE_STATUS] = {(int64_t)1187 * JM_DAY_S, JM_KU_DIGITAL_SIGNATURE, false, false, false,
                           false, true},
};

struct lint {
    struct jm_findings *f;
    const struct jm_cert *c, *issuer;
    const struct rules *rules;
    enum jm_x509_profile profile;
    uint16_t object;
    enum jm_result bad;
};

static void check_rule(const struct lint *l, enum jm_code code, bool ok, const char *what)
{
    jm_note(l->f, code, ok ? JM_PASS : l->bad, false, l->object, 0, jm_none(), ok ? NULL : what);
}

static void not_run(const struct lint *l, enum jm_code code, const char *why)
{
    jm_note(l->f, code, JM_NOT_RUN, false, l->object, 0, jm_none(), why);
}

/* A rule that has a subject only when @p applies. */
static void rule_if(const struct lint *l, enum jm_code code, bool applies, const char *why_not,
                    bool ok, const char *what)
{
    if (applies)
        check_rule(l, code, ok, what);
    else
        not_run(l, code, why_not);
}

enum jm_x509_profile jm_x509_profile_of(const struct jm_cert *c)
{
    if (jm_cert_has_eku(c, JM_OID_EKU_MDL_DS) || jm_cert_has_eku(c, JM_OID_EKU_MDOC_DS))
        return JM_PROFILE_DSC;
    if (jm_cert_has_eku(c, JM_OID_EKU_MDL_READER) || jm_cert_has_eku(c, JM_OID_EKU_MDOC_READER))
        return JM_PROFILE_READER;
    if (jm_cert_has_eku(c, JM_OID_EKU_STATUS))
        return JM_PROFILE_STATUS;
    return jm_chain_is_ca(c) ? JM_PROFILE_IACA : JM_PROFILE_DSC;
}

static bool upper_printable(const struct jm_name *n)
{
    if (n->country_tag != JM_DER_PRINTABLE || n->country.len != 2)
        return false;
    for (size_t i = 0; i < 2; i++)
        if (n->country.ptr[i] < 'A' || n->country.ptr[i] > 'Z')
            return false;
    return true;
}

static void lint_serial(const struct lint *l)
{
    struct jm_bytes s = l->c->serial;
    bool positive = s.len != 0 && (s.ptr[0] & 0x80) == 0 && !(s.len == 1 && s.ptr[0] == 0);

    check_rule(l, JM_X509_SERIAL, positive && s.len <= 20,
               "the serial number is not positive or exceeds 20 octets");
    check_rule(l, JM_X509_SERIAL_SHORT, s.len >= 8, "the serial number has under 8 octets");
}

static void lint_names(const struct lint *l)
{
    const struct jm_cert *c = l->c;
    bool state_ok = l->issuer != NULL && jm_bytes_eq(c->subject.state, l->issuer->subject.state);

    rule_if(l, JM_X509_SUBJECT_C_MISSING, l->rules->country, "this profile asks for no country",
            c->subject.country.len != 0, "the subject has no countryName");
    rule_if(l, JM_X509_COUNTRY_ENCODING, c->subject.country.len != 0, "there is no country",
            upper_printable(&c->subject),
            "countryName is not two capital letters in a PrintableString");
    check_rule(l, JM_X509_SUBJECT_CN_MISSING, c->subject.cn.len != 0,
               "the subject has no commonName");
    rule_if(l, JM_X509_STATE, l->profile == JM_PROFILE_DSC && l->issuer != NULL,
            "there is no IACA certificate to compare with", state_ok,
            "stateOrProvinceName is not that of the IACA certificate");
}

static void lint_name_order(const struct lint *l)
{
    const struct jm_cert *c = l->c;
    bool named = l->issuer != NULL && c->has_aki && l->issuer->has_ski &&
                 jm_bytes_eq(c->aki, l->issuer->ski);

    rule_if(l, JM_X509_NAME_ORDER_BYTES, named,
            "there is no issuer with this key identifier to compare with",
            named && jm_bytes_eq(c->issuer.der, l->issuer->subject.der),
            "the issuer field is not octet for octet the subject of the CA");
}

static void lint_usage(const struct lint *l)
{
    const struct jm_cert *c = l->c;

    check_rule(l, JM_X509_KU_MISSING, c->has_ku, "there is no keyUsage");
    rule_if(l, JM_X509_KU_VALUE, c->has_ku, "there is no keyUsage", c->ku == l->rules->ku,
            "keyUsage has other bits than its profile");
    rule_if(l, JM_X509_KU_NOT_CRITICAL, c->has_ku, "there is no keyUsage", c->ku_critical,
            "keyUsage is not critical");
}

static void lint_eku(const struct lint *l)
{
    const struct jm_cert *c = l->c;
    bool wanted = l->profile == JM_PROFILE_DSC || l->profile == JM_PROFILE_READER;
    bool value = l->profile == JM_PROFILE_DSC      ? jm_cert_has_eku(c, JM_OID_EKU_MDL_DS)
                 : l->profile == JM_PROFILE_READER ? jm_cert_has_eku(c, JM_OID_EKU_MDL_READER)
                                                   : jm_cert_has_eku(c, JM_OID_EKU_STATUS);

    rule_if(l, JM_X509_EKU_MISSING, wanted, "this profile asks for no extKeyUsage", c->has_eku,
            "there is no extKeyUsage");
    rule_if(l, JM_X509_EKU_VALUE, c->has_eku && l->profile != JM_PROFILE_IACA,
            "there is no extKeyUsage", value, "extKeyUsage lacks the purpose of its profile");
    rule_if(l, JM_X509_EKU_NOT_CRITICAL, c->has_eku && wanted, "there is no extKeyUsage",
            c->eku_critical, "extKeyUsage is not critical");
}

static void lint_constraints(const struct lint *l)
{
    const struct jm_cert *c = l->c;
    bool ca = l->rules->ca, self = jm_cert_is_self_signed(c),
         same_name = jm_bytes_eq(c->issuer.der, c->subject.der);

    rule_if(l, JM_X509_BC_MISSING, ca, "a leaf needs none", c->has_bc && c->is_ca,
            "there is no basicConstraints with CA:TRUE");
    rule_if(l, JM_X509_BC_NOT_CRITICAL, ca && c->has_bc, "a leaf needs none", c->bc_critical,
            "basicConstraints is not critical");
    rule_if(l, JM_X509_BC_PATHLEN, ca && c->has_bc, "a leaf needs none",
            c->has_path_len && c->path_len == 0, "pathLenConstraint is not 0");
    rule_if(l, JM_X509_BC_ON_LEAF, !ca, "a CA needs it",
            !(c->has_bc && !c->is_ca && c->bc_critical), "a leaf has a critical basicConstraints");
    rule_if(l, JM_X509_LEAF_IS_CA, !ca, "this is a CA", !c->is_ca, "a leaf says that it is a CA");
    rule_if(l, JM_X509_LEAF_SELF_SIGNED, !ca, "this is a CA", !self,
            "a leaf is signed by its own key");
    rule_if(l, JM_X509_LEAF_SELF_ISSUED, !ca, "this is a CA", self || !same_name,
            "subject and issuer of a leaf are the same name");
}

static void lint_key_ids(const struct lint *l, const struct jm_crypto *crypto)
{
    const struct jm_cert *c = l->c;
    bool known = l->issuer != NULL && l->issuer->has_ski && c->has_aki;
    uint8_t id[JM_HASH_MAX];
    bool hashed =
        crypto != NULL && c->has_ski && crypto->hash(JM_SHA1, &c->key_bits, 1, id) == JM_OK;

    rule_if(l, JM_X509_AKI_MISSING, l->profile != JM_PROFILE_IACA, "a root needs none",
            c->has_aki && c->aki.len != 0,
            "there is no authorityKeyIdentifier with a keyIdentifier");
    rule_if(l, JM_X509_AKI_VALUE, known, "there is no issuer to compare with",
            known && jm_bytes_eq(c->aki, l->issuer->ski),
            "authorityKeyIdentifier is not the issuer's subjectKeyIdentifier");
    check_rule(l, JM_X509_SKI_MISSING, c->has_ski, "there is no subjectKeyIdentifier");
    rule_if(l, JM_X509_SKI_VALUE, hashed,
            c->has_ski ? "no SHA-1 at hand" : "there is no subjectKeyIdentifier",
            hashed && jm_bytes_eq(c->ski, jm_bytes(id, JM_SKI_LEN)),
            "subjectKeyIdentifier is not SHA-1 of the key");
}

/* Every distribution point: a fullName of URIs, no reasons, no cRLIssuer. */
static void crldp_form(const struct jm_cert *c, bool *uri_only, bool *plain)
{
    struct jm_der r;

    *uri_only = !c->crldp_malformed;
    *plain = !c->crldp_malformed;
    jm_der_init(&r, c->crldp);
    while (jm_der_more(&r)) {
        struct jm_der dp = jm_der_enter(&r, JM_DER_SEQ);
        struct jm_der name = jm_der_enter(&dp, JM_DER_CTX(0));
        struct jm_der full = jm_der_enter(&name, JM_DER_CTX(0));

        if (full.st != JM_OK || !jm_der_more(&full))
            *uri_only = false;
        while (jm_der_more(&full)) {
            unsigned tag;

            (void)jm_der_any(&full, &tag, NULL);
            if (tag != JM_DER_CTX_P(6))
                *uri_only = false;
        }
        if (jm_der_more(&dp))
            *plain = false;
    }
    if (r.st != JM_OK)
        *uri_only = false;
}

static void lint_where(const struct lint *l)
{
    const struct jm_cert *c = l->c;
    bool uri, plain;

    crldp_form(c, &uri, &plain);
    rule_if(l, JM_X509_IAN_MISSING, l->rules->ian, "this profile asks for no issuerAltName",
            c->has_ian, "there is no issuerAltName");
    rule_if(l, JM_X509_IAN_MALFORMED, c->has_ian, "there is no issuerAltName", !c->ian_malformed,
            "issuerAltName is not GeneralNames");
    rule_if(l, JM_X509_CRLDP_MISSING, l->rules->crldp,
            "this profile asks for no cRLDistributionPoints", c->has_crldp,
            "there is no cRLDistributionPoints");
    rule_if(l, JM_X509_CRLDP_NOT_URI, c->has_crldp, "there is no cRLDistributionPoints", uri,
            "a distribution point is not a URI");
    rule_if(l, JM_X509_CRLDP_FIELDS, c->has_crldp, "there is no cRLDistributionPoints", plain,
            "a distribution point has reasons or cRLIssuer");
}

static void lint_algorithms(const struct lint *l)
{
    const struct jm_cert *c = l->c;
    bool ec = c->key_alg == JM_KEY_P256 || c->key_alg == JM_KEY_EC_OTHER;

    check_rule(l, JM_X509_EXT_FORBIDDEN, !c->ext_forbidden,
               "there is an extension that the profile forbids");
    check_rule(l, JM_X509_EXT_CRITICAL_UNKNOWN, !c->ext_critical_unknown,
               "an unknown extension is critical");
    check_rule(l, JM_X509_SIG_ALG, c->sig_alg != JM_SIG_OTHER && c->sig_alg_twice_equal,
               "the signature algorithm is not ECDSA with SHA-256, SHA-384 or SHA-512");
    check_rule(l, JM_X509_KEY_ALG, ec || (c->key_alg == JM_KEY_EDDSA && !l->rules->ec_only),
               "the public key is of another kind than the profile allows");
    rule_if(l, JM_X509_KEY_FORM, ec, "this is no elliptic curve point", c->key_uncompressed,
            "the point is not uncompressed");
}

void jm_x509_profile(struct jm_findings *f, const struct jm_cert *c, enum jm_x509_profile profile,
                     const struct jm_cert *issuer, const struct jm_crypto *crypto, uint16_t object,
                     bool strict)
{
    struct lint l = {f,
                     c,
                     issuer,
                     NULL,
                     profile == JM_PROFILE_AUTO ? jm_x509_profile_of(c) : profile,
                     object,
                     strict ? JM_FAIL : JM_WARN};

    l.rules = &rules_of[l.profile];
    check_rule(&l, JM_X509_LIFETIME,
               c->not_after >= c->not_before && c->not_after - c->not_before <= l.rules->longest_s,
               "the certificate is valid for longer than its profile allows");
    lint_serial(&l);
    lint_names(&l);
    lint_usage(&l);
    lint_eku(&l);
    lint_constraints(&l);
    lint_key_ids(&l, crypto);
    lint_where(&l);
    lint_algorithms(&l);
    lint_name_order(&l);
}
