/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file sdjwt.h  Room: cred. SD-JWT (RFC 9901) and SD-JWT VC: issuing, presenting with KB-JWT,
 * verifying.
 *
 * Each claim is selectively disclosable; where it says so, so is each member and element below it.
 * Not checked here: whether the vct was asked for (jm_sdjwt_context does), DCQL beyond that.
 *
 * Spec: RFC 9901; draft-ietf-oauth-sd-jwt-vc-13; spec/openid4vc.md 8, 9   Req: V-04
 */
#ifndef JUMIN_SDJWT_H
#define JUMIN_SDJWT_H

#include "jumin/jose.h"
#include "jumin/report.h"

#define JM_SDJWT_DISCLOSURES_MAX 256
#define JM_SDJWT_MAX (512 * JM_KIB)
#define JM_VCT_MAX 256 /* octets */
#define JM_KB_IAT_PAST_S 300
#define JM_KB_IAT_FUTURE_S 60

/* -- issuing -- */

struct jm_sdjwt_claim {
    struct jm_bytes name, json; /* value as JSON */
};

struct jm_sdjwt_spec {
    struct jm_bytes vct, issuer;        /* issuer empty: no iss */
    const struct jm_sdjwt_claim *claim; /* all selectively disclosable */
    size_t n;
    /* n flags: each member and element below is a disclosure of its own, too (RFC 9901 4.2.6);
     * null: of none */
    const bool *nested;
    int64_t iat, nbf, exp;
    struct jm_point holder;
    struct jm_bytes status_uri;
    uint64_t status_idx;
    const struct jm_bytes *x5c; /* DER, leaf first */
    size_t n_x5c;
    /* of jm_sdjwt_header(), made once for many copies; none: made from x5c here */
    struct jm_bytes header;
};

/** 16 octets a claim and a decoy; for a nested claim as many again as it can have disclosures. */
size_t jm_sdjwt_random_len(const struct jm_sdjwt_spec *spec);
struct jm_sdjwt_draft {
    struct jm_jws_draft jws;
    struct jm_bytes disclosures; /* ~d1~d2~…~ */
};
/** @retval JM_E_LIMIT more than JM_SDJWT_DISCLOSURES_MAX disclosures | JM_E_BUG length of @p random
 * | JM_E_MALFORMED a nested claim is no JSON | JM_E_NO_SPACE */
/** base64url of the protected header of one signer's copies. @retval JM_OK | JM_E_NO_SPACE */
JM_MUST_CHECK enum jm_status jm_sdjwt_header(struct jm_bytes *text, const struct jm_bytes *x5c,
                                             size_t n, struct jm_arena *mem);
JM_MUST_CHECK enum jm_status jm_sdjwt_issue_begin(struct jm_sdjwt_draft *out,
                                                  const struct jm_sdjwt_spec *spec,
                                                  struct jm_bytes random, const struct jm_crypto *c,
                                                  struct jm_arena *mem);
JM_MUST_CHECK enum jm_status jm_sdjwt_issue_finish(struct jm_bytes *sdjwt,
                                                   const struct jm_sdjwt_draft *draft,
                                                   struct jm_bytes sig, struct jm_arena *mem);

/* -- a stored copy -- */

struct jm_sdjwt_disclosure {
    struct jm_bytes text; /* as received, base64url */
    struct jm_bytes name; /* null view for an array element */
    const struct jm_json *value;
    uint8_t digest[32];
};

struct jm_sdjwt {
    struct jm_bytes jwt, kb;   /* kb: null view without */
    struct jm_bytes presented; /* jwt~d1~…~ : what sd_hash covers */
    struct jm_jws_unverified jws;
    const struct jm_json *payload; /* unverified */
    struct jm_sdjwt_disclosure *disclosure;
    size_t n;
};

/** Split, no verification. @retval JM_E_MALFORMED | JM_E_LIMIT | JM_E_DENIED (typ, alg) |
 * JM_E_NO_SPACE */
JM_MUST_CHECK enum jm_status jm_sdjwt_split(struct jm_sdjwt *out, struct jm_bytes text,
                                            const struct jm_crypto *c, struct jm_arena *mem,
                                            struct jm_diag *d);
/** What a wallet wants to know of its own copy: times, key, status reference. */
struct jm_sdjwt_facts {
    struct jm_bytes vct;
    struct jm_point holder;
    int64_t iat, nbf, exp;
    struct jm_bytes status_uri;
    uint64_t status_idx;
    bool has_exp, has_status;
};
/** @retval JM_OK | JM_E_MISSING | JM_E_TYPE | JM_E_RANGE: a member of these is not there or no such
 * thing | as jm_jwk_read() */
JM_MUST_CHECK enum jm_status jm_sdjwt_facts(struct jm_sdjwt_facts *out,
                                            const struct jm_json *claims);

/* -- presenting -- */

struct jm_sdjwt_presentation {
    struct jm_bytes head; /* jwt~d…~ */
    struct jm_jws_draft kb;
};
/** What a key binding says beside the hash of what is shown. */
struct jm_sdjwt_binding {
    struct jm_bytes aud, nonce;
    int64_t iat;
    const struct jm_crypto *crypto;
};
/** The disclosures at these positions of the copy, in its order (jumin/claims.h says which belong
 * together).
 *  @retval JM_E_ABSENT there is none at one | JM_E_MALFORMED | JM_E_NO_SPACE */
JM_MUST_CHECK enum jm_status jm_sdjwt_present_parts_begin(struct jm_sdjwt_presentation *out,
                                                          struct jm_bytes sdjwt, const size_t *part,
                                                          size_t n,
                                                          const struct jm_sdjwt_binding *b,
                                                          struct jm_arena *mem);
/** Discloses the named claims of the top level only, each with what lies beneath. @retval
 * JM_E_ABSENT one is not in the copy */
JM_MUST_CHECK enum jm_status jm_sdjwt_present_begin(struct jm_sdjwt_presentation *out,
                                                    struct jm_bytes sdjwt,
                                                    const struct jm_bytes *names, size_t n,
                                                    const struct jm_sdjwt_binding *b,
                                                    struct jm_arena *mem);
JM_MUST_CHECK enum jm_status jm_sdjwt_present_finish(struct jm_bytes *out,
                                                     const struct jm_sdjwt_presentation *p,
                                                     struct jm_bytes sig, struct jm_arena *mem);

/* -- verifying -- */

/**
 * What is demanded. All zero: nobody is trusted, a key binding and a status list are demanded, and
 * for want of audience and nonce nothing is accepted.
 */
struct jm_sdjwt_context {
    int64_t now;
    const struct jm_anchors *anchors; /* null: none given, undecided */
    struct jm_bytes vct;              /* null view: any that its issuer's anchor may vouch for */
    /* nobody asks who shows it: receipt in a wallet, inspection. By policy, not by what came */
    bool waive_kb;
    bool waive_status;        /* nobody asks whether it still holds */
    bool waive_crl;           /* nobody asks whether the signer's certificate still holds */
    bool ask_whatever_failed; /* diagnosis: a list is looked for although nothing may have been
                                 signed by anybody. Never together with answers that fetch */
    /* null view: not given, undecided when a KB-JWT is there or needed */
    struct jm_bytes aud, nonce;
    const struct jm_bytes *asked; /* claims; the first n_required must be there */
    size_t n_asked, n_required;
    bool judge_claims; /* false: nothing was asked, all disclosed claims surface */
    /* key identifiers of CAs, one of which must have issued a certificate of the chain */
    const struct jm_bytes *authority;
    size_t n_authorities; /* 0: whoever is trusted */
    const struct jm_crypto *crypto;
    /* instead of anchors: a bare key that is trusted (diagnosis) */
    const struct jm_point *issuer_key;
};

struct jm_sdjwt_verified;
/** A malformed presentation is JM_OK with a REJECTED report. @retval JM_OK | JM_E_NO_SPACE */
JM_MUST_CHECK enum jm_status jm_sdjwt_verify(const struct jm_sdjwt_verified **out,
                                             struct jm_bytes presentation,
                                             const struct jm_sdjwt_context *context,
                                             const struct jm_answers *answers,
                                             struct jm_arena *mem);
const struct jm_report *jm_sdjwt_report(const struct jm_sdjwt_verified *v);
/** The processed payload: an object whose members are those of the JWT and the disclosed ones. NULL
 * unless ACCEPTED. */
const struct jm_json *jm_sdjwt_claims(const struct jm_sdjwt_verified *v);
/** The same whatever the verdict, for a linter that says so. */
const struct jm_json *jm_sdjwt_unverified(const struct jm_sdjwt_verified *v);

#endif
