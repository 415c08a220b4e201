/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file path.h  Room: cred. The one judge of certificate paths: mdoc, x5c headers, status lists,
 * requests, inspection.
 *
 * An engine: it holds at most one ask (a signature of a certificate or of a CRL, a CRL) and is
 * stepped with the answer. All anchors that may have issued a certificate are candidates; those
 * that nothing speaks against come first, and one that verifies decides: the verdict does not
 * depend on the order of anchors. Every rule has a result of its own; what was not looked at is
 * NOT_RUN with its reason.
 *
 * By default (all zero) a path is judged for no use and refused, demands a revocation list of each
 * issuing CA, and ends at a CA that may vouch for the type. Not processed, hence refused where
 * critical: name constraints, policies and what else is unknown.
 *
 * Spec: RFC 5280 6; ISO/IEC 18013-5:2021 9.3.3, B.1; spec/mdoc.md 14; spec/openid4vc.md 2 (x5c-H)
 */
#ifndef JUMIN_PATH_H
#define JUMIN_PATH_H

#include "jumin/ask.h"
#include "jumin/x509.h"

#define JM_PATH_CERTS_MAX 5
#define JM_PATH_CRL_SKEW_S 60 /* a list of the authority may begin so far ahead of this clock */

/** What the leaf signs: each use has its allow-list of extended key usages. */
enum jm_path_use {
    JM_PATH_UNSAID = 0, /* none: refused */
    /* an MSO; one of mdlDS, mdocDS must be there; no CA between leaf and anchor */
    JM_PATH_MDOC,
    JM_PATH_SDJWT,       /* an SD-JWT VC: none, or mdlDS, mdocDS */
    JM_PATH_STATUS,      /* status lists: none, or oauthStatusSigning */
    JM_PATH_REQUEST,     /* requests of verifiers: none, or mdlReaderAuth, mdocReaderAuth */
    JM_PATH_ATTESTATION, /* wallet and key attestations: none */
    JM_PATH_METADATA,    /* issuer metadata, desk tickets: none */
    /* security objects of resident cards: its own purpose must be there, and none of an MSO's */
    JM_PATH_CARD,
    JM_PATH_ANY, /* diagnosis: whatever it signs; never to act upon */
    /* diagnosis: a certificate alone, a CA's or a leaf's, among the anchors or below them */
    JM_PATH_CERTIFICATE
};

/** In the order in which the first failing one is named as the reason. */
enum jm_path_rule {
    JM_PATH_READ,       /* certificates can be read */
    JM_PATH_COUNT,      /* one to five */
    JM_PATH_SELF,       /* the leaf is not self-signed */
    JM_PATH_ROOT,       /* no anchor and no root stands among them (a notice for mdoc) */
    JM_PATH_LEAF_FROM,  /* leaf's notBefore */
    JM_PATH_LEAF_UNTIL, /* leaf's notAfter */
    JM_PATH_EKU,        /* purpose of the leaf */
    JM_PATH_KU,         /* digitalSignature */
    JM_PATH_IS_CA,      /* the leaf is no CA */
    JM_PATH_CRITICAL,   /* nothing critical that is not processed, in any certificate */
    JM_PATH_KEY,        /* of the leaf */
    JM_PATH_ANCHOR,     /* a trusted CA has issued it */
    JM_PATH_NAME,       /* issuer and subject are the same octets */
    JM_PATH_LENGTH,     /* pathLen, and no CA between where the use has none */
    JM_PATH_CA,         /* each issuer is a CA with keyCertSign and a key that can be used */
    JM_PATH_CA_FROM,    /* each issuer's notBefore */
    JM_PATH_CA_UNTIL,   /* each issuer's notAfter */
    JM_PATH_TYPE,       /* the anchor may vouch for the type */
    JM_PATH_COUNTRY,    /* mdoc: leaf and CA are of one country */
    JM_PATH_STATE,      /* mdoc: and of one state where both say it */
    JM_PATH_SIG_ALG,    /* ecdsa-with-SHA256 */
    JM_PATH_SIGNATURE,  /* each certificate's */
    JM_PATH_STALE,      /* the set of anchors is current */
    JM_PATH_REVOCATION, /* a list of each issuing CA is at hand, verified and current */
    JM_PATH_REVOKED,    /* and does not name the certificate */
    JM_PATH_PINNED,     /* a notice: this very certificate is trusted, no path was built */
    JM_PATH_RULES
};

struct jm_path_spec {
    /* null: none given, nothing is decided; n == 0: nobody is trusted */
    const struct jm_anchors *anchors;
    enum jm_path_use use;
    /* docType or vct the anchor must be allowed to vouch for; none: the use has no types */
    struct jm_bytes type;
    struct jm_bytes eku; /* CARD: its purpose, content of the OID; none: our own */
    int64_t now, skew_s; /* skew of certificates' times, usually 0 */
    bool waive_crl;      /* nobody asks whether certificates were revoked */
};

struct jm_path_finding {
    enum jm_result result;
    const char *detail; /* null for PASS */
};

/** In the caller's memory; no pointers into itself. */
struct jm_path {
    struct jm_path_spec spec;
    const struct jm_cert *chain; /* leaf first, as read */
    size_t n;
    struct jm_path_finding rule[JM_PATH_RULES];
    const struct jm_anchor *anchor; /* of the path found; null: there is none */
    bool pinned;                    /* the leaf itself is @p anchor */
    /* the run */
    enum jm_path_step {
        JM_PATH_DONE,
        JM_PATH_LINK,
        JM_PATH_END,
        JM_PATH_LIST,
        JM_PATH_LIST_SIG
    } step;
    struct jm_path_candidate {
        size_t at, anchor; /* chain[at] was issued by anchors->anchor[anchor] */
        unsigned rank;     /* of what speaks against it; JM_PATH_RULES: nothing */
        bool any;
    } trying, best;
    bool best_open; /* nobody could verify @p best */
    /* how many of the signatures inside the chain were verified */
    unsigned links;
    enum jm_result link[JM_PATH_CERTS_MAX]; /* of chain[i] by chain[i + 1] */
    size_t list;                            /* the certificate whose revocation is asked for */
    struct jm_crl crl;
    struct jm_find_ask find;
    struct jm_ask ask;
    uint32_t last_id;
    struct jm_arena *mem;
};

/**
 * Read the chain and make everything that needs nobody else.
 *
 * @param[in] der  leaf first; borrowed, as is @p spec's anchors
 * @param[in] mem  about 700 octets a certificate
 * @retval JM_OK (what is wrong is a finding) | JM_E_NO_SPACE
 */
JM_MUST_CHECK enum jm_status jm_path_begin(struct jm_path *p, const struct jm_path_spec *spec,
                                           const struct jm_bytes *der, size_t n,
                                           struct jm_arena *mem);
/** The open ask, or null: the path is judged. @p id of the ask is 1, 2, … of this path. */
const struct jm_ask *jm_path_ask(const struct jm_path *p);
/** @retval JM_OK | JM_E_BUG nothing is open, or the answer is to another kind of ask */
JM_MUST_CHECK enum jm_status jm_path_answer(struct jm_path *p, const struct jm_answer *a);
/** Begin, and pump with synchronous answers. @retval JM_OK | JM_E_NO_SPACE | JM_E_PENDING (inside
 * an engine) */
JM_MUST_CHECK enum jm_status jm_path_judge(struct jm_path *p, const struct jm_path_spec *spec,
                                           const struct jm_bytes *der, size_t n,
                                           const struct jm_answers *answers, struct jm_arena *mem);
/** FAIL if a rule failed; UNKNOWN if one is open; PASS if a path was found. A path that is not yet
 * judged is NOT_RUN. */
enum jm_result jm_path_result(const struct jm_path *p);
/** The first failing rule, or the first open one; JM_PATH_RULES: the path holds. */
enum jm_path_rule jm_path_reason(const struct jm_path *p);
/** The certificate that issued chain[@p i]: the next one, or the anchor's; null without a path, or
 * where the leaf is pinned. */
const struct jm_cert *jm_path_issuer(const struct jm_path *p, size_t i);
/** Is one of @p key_id the authority key identifier of a certificate of the path that was found?
 * What else stands in the chain vouches for nothing: a holder may add to it. Once the path is
 * judged. Spec: OpenID4VP 1.0 6.1.1.1 */
bool jm_path_vouched(const struct jm_path *p, const struct jm_bytes *key_id, size_t n);
/** Must it hold for the path to hold? Not a notice, nor what the use, a pin or a waiver leaves
 * nothing to look at. */
bool jm_path_needs(const struct jm_path *p, enum jm_path_rule rule);
/** How the rule is called in reports about tokens: JM_JOSE_…; JM_CODE_NONE where it has no name
 * there. */
enum jm_code jm_path_jose_code(enum jm_path_rule rule);
/** How in reports about documents: JM_MDOC_…. */
enum jm_code jm_path_mdoc_code(enum jm_path_rule rule);
/**
 * Whether it holds, for who wants nothing else. @retval JM_OK | JM_E_DENIED | JM_E_SIGNATURE |
 * JM_E_MALFORMED | JM_E_UNAVAILABLE (undecided); code and sentence in @p d
 */
JM_MUST_CHECK enum jm_status jm_path_refusal(const struct jm_path *p, struct jm_diag *d);
/** Every rule as a check of the name that @p code_of gives it, the worst where two share one. */
void jm_path_note(struct jm_findings *f, const struct jm_path *p,
                  enum jm_code (*code_of)(enum jm_path_rule rule), uint16_t object);

#endif
