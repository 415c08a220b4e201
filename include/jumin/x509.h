/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file x509.h  Room: cred. Certificates, requests and CRLs: reading what a profile needs, writing
 * our own.
 *
 * Reading is tolerant of what a profile forbids (so that the linter can name it) and strict in DER.
 * Views point into the certificate's octets. Not checked here: signatures (ask VERIFY), validity at
 * a moment, the path, the profile; see jm_x509_profile() and jumin/path.h. P-256 and
 * ecdsa-with-SHA256 only; other keys are parsed and marked.
 *
 * Spec: RFC 5280; ISO/IEC 18013-5:2021 Annex B; spec/mdoc.md 5
 */
#ifndef JUMIN_X509_H
#define JUMIN_X509_H

#include "jumin/crypto.h"
#include "jumin/report.h"

#define JM_CERT_MAX (8 * JM_KIB)
#define JM_SKI_LEN 20

enum jm_sig_oid { JM_SIG_OTHER = 0, JM_SIG_ECDSA_SHA256, JM_SIG_ECDSA_SHA384, JM_SIG_ECDSA_SHA512 };
enum jm_key_oid { JM_KEY_OTHER = 0, JM_KEY_P256, JM_KEY_EC_OTHER, JM_KEY_EDDSA };

/* keyUsage bits as RFC 5280 numbers them: bit n is 1 << n */
#define JM_KU_DIGITAL_SIGNATURE (1u << 0)
#define JM_KU_NON_REPUDIATION (1u << 1)
#define JM_KU_KEY_CERT_SIGN (1u << 5)
#define JM_KU_CRL_SIGN (1u << 6)

struct jm_name {
    struct jm_bytes der; /* whole, compared as octets */
    struct jm_bytes country, state, org, cn;
    unsigned country_tag;
};

struct jm_cert {
    struct jm_bytes der, tbs;
    int version;
    struct jm_bytes serial; /* content of the INTEGER, as encoded */
    enum jm_sig_oid sig_alg;
    bool sig_alg_twice_equal; /* inside and outside of the TBS */
    struct jm_sig sig;        /* r ‖ s, when sig_ok */
    bool sig_ok;
    struct jm_name issuer, subject;
    int64_t not_before, not_after;
    enum jm_key_oid key_alg;
    bool key_uncompressed;
    struct jm_point point; /* when key_alg is P-256 and uncompressed */
    struct jm_bytes key_bits;
    /* extensions */
    bool has_ski, has_aki, has_ku, ku_critical, has_eku, eku_critical, has_bc, bc_critical, is_ca,
        has_path_len;
    bool has_ian, ian_malformed, has_crldp, crldp_malformed, ext_forbidden, ext_critical_unknown,
        ext_duplicate;
    struct jm_bytes ski, aki;
    unsigned ku, path_len;
    struct jm_bytes eku;             /* content of the SEQUENCE of OIDs */
    struct jm_bytes ian, san, crldp; /* content of the extension's SEQUENCE */
};

/** @retval JM_OK | JM_E_MALFORMED | JM_E_TRUNCATED | JM_E_TRAILING | JM_E_LIMIT (over JM_CERT_MAX)
 */
JM_MUST_CHECK enum jm_status jm_cert_parse(struct jm_cert *out, struct jm_bytes der);
/** DER of an OID given as content octets. */
bool jm_cert_has_eku(const struct jm_cert *c, struct jm_bytes oid);
/** Self-issued by name and, where both are there, by key identifiers: a self-signed certificate. */
bool jm_cert_is_self_signed(const struct jm_cert *c);
/** First dNSName of the subjectAltName, or the null view. */
struct jm_bytes jm_cert_dns(const struct jm_cert *c);
/** Does the subjectAltName name this issuer: @p uri itself as a URI, or the host of the https
 * address @p uri as a dNSName? */
bool jm_cert_names_uri(const struct jm_cert *c, struct jm_bytes uri);

/** A trusted certificate, parsed once. All zero: vouches for no type. */
struct jm_anchor {
    const struct jm_cert *cert;
    const struct jm_bytes *types; /* docTypes and vcts that it may vouch for */
    size_t n_types;
    /* vouches for whatever type: files given by hand, sets that were chosen for one type already */
    bool any_type;
    bool pinned; /* this very signer is trusted: no path is built (diagnosis and tests) */
};

struct jm_anchors {
    const struct jm_anchor *anchor;
    size_t n;
    bool stale; /* the trust set is past its next update */
    /* the last second in which all of them count; 0 where nobody says */
    int64_t until;
};

/* OID contents */
#define JM_OID_EKU_MDL_DS JM_BYTES("\x28\x81\x8c\x5d\x05\x01\x02")
#define JM_OID_EKU_MDL_READER JM_BYTES("\x28\x81\x8c\x5d\x05\x01\x06")
#define JM_OID_EKU_MDL_VICAL JM_BYTES("\x28\x81\x8c\x5d\x05\x01\x08")
#define JM_OID_EKU_MDOC_DS JM_BYTES("\x28\x81\xb5\x34\x04\x01\x02")     /* 1.0.23220.4.1.2 */
#define JM_OID_EKU_MDOC_READER JM_BYTES("\x28\x81\xb5\x34\x04\x01\x06") /* 1.0.23220.4.1.6 */
#define JM_OID_EKU_STATUS JM_BYTES("\x2b\x06\x01\x05\x05\x07\x03\x1e")  /* oauthStatusSigning */

/* 2.25.122352910292976876652190526756012853534: signs security objects of resident cards */
#define JM_OID_EKU_CARD_SIGNER                          \
    JM_BYTES("\x69\x81\xb8\x8c\xa8\x8e\xa3\xf4\xf2\x87" \
             "\xe7\xa6\xf0\xc5\xe6\xd4\xd4\xaa\x92\x1e")

/* -- profile and path -- */

enum jm_x509_profile {
    JM_PROFILE_AUTO,
    JM_PROFILE_IACA,
    JM_PROFILE_DSC,
    JM_PROFILE_READER,
    JM_PROFILE_STATUS
};

/** Whose key identifiers are EKU values of spec/mdoc.md 5: which profile AUTO means for this
 * certificate. */
enum jm_x509_profile jm_x509_profile_of(const struct jm_cert *c);
/**
 * The linter: every rule JM_X509_* once, PASS, WARN (FAIL when @p strict) or NOT_RUN where it does
 * not apply.
 *
 * @param[in] issuer  the certificate above, or null: what compares the two is not run
 * @param[in] crypto  SHA-1 of the key identifier; null: not run
 * Spec: ISO/IEC 18013-5:2021 Annex B; spec/mdoc.md 5
 */
void jm_x509_profile(struct jm_findings *f, const struct jm_cert *c, enum jm_x509_profile profile,
                     const struct jm_cert *issuer, const struct jm_crypto *crypto, uint16_t object,
                     bool strict);

/** May it vouch for others: a CA whose key usage, where stated, signs certificates. */
bool jm_chain_is_ca(const struct jm_cert *c);
/** The anchor that pins this very certificate, or null. */
const struct jm_anchor *jm_chain_pinned(const struct jm_anchors *anchors,
                                        const struct jm_cert *leaf);

/** What our own certificates are made of. Empty views and zero mean: leave the extension or
 * attribute out. */
struct jm_cert_spec {
    uint8_t serial[20]; /* random; the first octet's top bit is cleared, the next one set */
    struct jm_bytes issuer_der;
    struct jm_bytes country, state, org, cn; /* of the subject; used when subject_der is empty */
    struct jm_bytes subject_der;
    int64_t not_before, not_after;
    struct jm_point key;
    struct jm_bytes authority_key_id;
    unsigned ku;
    bool ca;
    unsigned path_len;
    struct jm_bytes eku[2];
    bool eku_critical;
    struct jm_bytes issuer_alt_uri, crl_uri, dns, uri; /* dns, uri: of the subjectAltName */
};

/** A Name: C PrintableString, the rest UTF8String. */
JM_MUST_CHECK enum jm_status jm_name_der(struct jm_bytes *out, struct jm_arena *mem,
                                         struct jm_bytes country, struct jm_bytes state,
                                         struct jm_bytes org, struct jm_bytes cn);
/** The TBSCertificate to be signed with ES256. */
JM_MUST_CHECK enum jm_status jm_cert_tbs(struct jm_bytes *tbs, const struct jm_crypto *c,
                                         const struct jm_cert_spec *spec, struct jm_arena *mem);
/** tbs + algorithm + signature (r ‖ s): certificate, request or CRL. */
JM_MUST_CHECK enum jm_status jm_der_signed(struct jm_bytes *out, struct jm_bytes tbs,
                                           struct jm_bytes sig, struct jm_arena *mem);
/** SHA-1 of the subjectPublicKey bits. */
JM_MUST_CHECK enum jm_status jm_key_id(uint8_t out[JM_SKI_LEN], const struct jm_crypto *c,
                                       const struct jm_point *key);

/** PKCS#10, as far as it carries a name and a P-256 key. Proof of possession: ask VERIFY {point,
 * tbs, sig}. */
struct jm_csr {
    struct jm_bytes tbs;
    struct jm_name subject;
    struct jm_point point;
    struct jm_sig sig;
};
JM_MUST_CHECK enum jm_status jm_csr_parse(struct jm_csr *out, struct jm_bytes der);
JM_MUST_CHECK enum jm_status jm_csr_tbs(struct jm_bytes *tbs, struct jm_bytes cn,
                                        const struct jm_point *key, struct jm_arena *mem);

struct jm_crl {
    struct jm_bytes tbs, issuer, aki;
    int64_t this_update, next_update;
    struct jm_sig sig;
    struct jm_bytes revoked; /* content of the list, may be empty */
};
JM_MUST_CHECK enum jm_status jm_crl_parse(struct jm_crl *out, struct jm_bytes der);
/** Is it the list of @p ca, by name and key identifier? Its signature is the caller's to verify. */
bool jm_crl_is_of(const struct jm_crl *crl, const struct jm_cert *ca);
/** Why it says nothing of certificates that it does not name: too early or too late at @p now; or
 * null. */
const char *jm_crl_late(const struct jm_crl *crl, int64_t now, int64_t skew_s);
bool jm_crl_lists(const struct jm_crl *crl, struct jm_bytes serial);
struct jm_crl_spec {
    struct jm_bytes issuer_der, authority_key_id;
    uint64_t number;
    int64_t this_update, next_update;
    const struct jm_bytes *serials; /* contents of INTEGERs */
    size_t n;
};
JM_MUST_CHECK enum jm_status jm_crl_tbs(struct jm_bytes *tbs, const struct jm_crl_spec *spec,
                                        struct jm_arena *mem);

#endif
