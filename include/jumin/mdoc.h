/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file mdoc.h  Room: cred. ISO/IEC 18013-5 documents: issuing, keeping, presenting, verifying.
 *
 * What was received is never re-encoded: readers give slices of the input, and those are hashed,
 * kept and sent on. ES256 with P-256 everywhere, HMAC 256/256 for device MACs; other pairs are
 * named by their code, not verified. Not checked here: whether a status list or CRL is fresh enough
 * to be fetched again, whether an MSO was seen before, whether a reader may ask for what it asks
 * (spec/domain.md).
 *
 * Spec: ISO/IEC 18013-5:2021; spec/mdoc.md 2-5, 7, 10, 13-16
 */
#ifndef JUMIN_MDOC_H
#define JUMIN_MDOC_H

#include "jumin/ask.h"
#include "jumin/cose.h"
#include "jumin/report.h"
#include "jumin/schema.h"
#include "jumin/statuslist.h"
#include "jumin/x509.h"

#define JM_MDOC_RESPONSE_MAX (4 * JM_MIB)
#define JM_MDOC_DOCUMENTS_MAX 16
#define JM_MDOC_NAMESPACES_MAX 32 /* of one document */
#define JM_MDOC_ITEMS_MAX 512     /* of one document */
#define JM_MDOC_ID_MAX 256        /* octets of docType, namespace, element identifier */
#define JM_MDOC_MSO_MAX (64 * JM_KIB)
#define JM_MDOC_DIGESTS_MAX 4096 /* of one MSO */

/* The profile that anonymous proofs need: spec/mdoc.md 15.3 */
#define JM_ZK_ITEM_MAX 119 /* octets of an item with tag and head */
#define JM_ZK_ID_MAX 23
#define JM_ZK_VALUE_MAX 64
#define JM_ZK_MSO_MIN 256
#define JM_ZK_MSO_MAX 2531 /* tagged MSO; JM_ZK_MSO_OLD_MAX for older circuits */
#define JM_ZK_MSO_OLD_MAX 2211
#define JM_ZK_STATUS_URI_MAX 96

/* -- issuing -- */

struct jm_mdoc_element {
    struct jm_bytes ns, id;
    struct jm_bytes value; /* one encoded CBOR item */
    /* may exceed the sizes above; has a salt of 32 octets and cannot be proven anonymously */
    bool exempt;
};

struct jm_mdoc_ns_count {
    struct jm_bytes ns;
    size_t digests; /* elements and decoys together */
};

struct jm_mdoc_spec {
    struct jm_bytes doctype;
    const struct jm_mdoc_element *element;
    size_t n;
    /* every namespace of the card, in the order of the MSO */
    const struct jm_mdoc_ns_count *counts;
    size_t n_counts;
    int64_t signed_s, valid_from_s, valid_until_s;
    struct jm_point device_key;
    struct jm_bytes status_uri; /* empty: no status */
    uint64_t status_idx;
};

/** Octets of fresh randomness that jm_mdoc_issue_begin() wants: salts, permutations, decoys. 0: the
 * spec is no good. */
size_t jm_mdoc_random_len(const struct jm_mdoc_spec *spec);

struct jm_mdoc_draft {
    struct jm_bytes to_sign;     /* Sig_structure, for the document signer */
    struct jm_bytes payload;     /* tagged MSO */
    struct jm_bytes name_spaces; /* encoded map of items */
};

/**
 * Build one copy up to the signature: items in the order given, digest ids a fresh permutation of
 * 0…N-1 per namespace, decoys in the places left.
 *
 * @param[in] random  exactly jm_mdoc_random_len() octets, never used before
 * @param[in] mem     about 10 KiB and the values
 * @retval JM_OK | JM_E_USAGE (length of @p random) | JM_E_MALFORMED (a value is not one CBOR item)
 * | JM_E_RANGE (times, sizes of the profile, more elements than digests) | JM_E_MISSING (namespace
 * without count) | JM_E_DUPLICATE (an id twice, in whatever namespace) | JM_E_NO_SPACE Spec:
 * spec/mdoc.md 4, 15.3
 */
JM_MUST_CHECK enum jm_status jm_mdoc_issue_begin(struct jm_mdoc_draft *out,
                                                 const struct jm_mdoc_spec *spec,
                                                 struct jm_bytes random,
                                                 const struct jm_crypto *crypto,
                                                 struct jm_arena *mem);
/** IssuerSigned. @p x5chain: leaf first, root left out. @retval JM_OK | JM_E_USAGE | JM_E_NO_SPACE
 */
JM_MUST_CHECK enum jm_status jm_mdoc_issue_finish(struct jm_bytes *issuer_signed,
                                                  const struct jm_mdoc_draft *draft,
                                                  struct jm_bytes sig,
                                                  const struct jm_bytes *x5chain, size_t n,
                                                  struct jm_arena *mem);

/* -- a stored copy, for wallets and for inspection: read, not verified -- */

struct jm_mdoc_item {
    struct jm_bytes ns, id;
    struct jm_bytes value; /* encoded item */
    struct jm_bytes item;  /* whole #6.24 slice: what the digest covers */
    struct jm_bytes random;
    uint64_t digest_id;
};

struct jm_mdoc_copy {
    struct jm_bytes doctype;
    const struct jm_mdoc_item *item;
    size_t n;
    struct jm_point device_key;
    int64_t signed_s, valid_from_s, valid_until_s;
    struct jm_bytes status_uri;
    uint64_t status_idx;
    bool has_status;
    struct jm_bytes x5chain[JM_X5CHAIN_MAX];
    size_t n_x5chain;
    struct jm_bytes issuer_auth; /* encoded COSE_Sign1 */
    struct jm_bytes digest_alg;  /* as spelt */
    struct jm_bytes mso;         /* encoded MSO map */
};

/** Views into @p issuer_signed. @retval JM_OK | JM_E_MALFORMED (a check of form fails) | JM_E_LIMIT
 * | JM_E_NO_SPACE */
JM_MUST_CHECK enum jm_status jm_mdoc_copy_read(struct jm_mdoc_copy *out,
                                               struct jm_bytes issuer_signed, struct jm_arena *mem);

/* -- presenting -- */

struct jm_mdoc_pick {
    struct jm_bytes ns, id;
};

struct jm_mdoc_presentation {
    /* Sig_structure over DeviceAuthenticationBytes, for the device key of the copy */
    struct jm_bytes to_sign;
    struct jm_bytes doctype, name_spaces, issuer_auth;
    struct jm_point device_key;
};

/**
 * Choose items of a copy and bind them to one session. Stored slices are sent as they were
 * received.
 *
 * @param[in] transcript  SessionTranscript, bare array
 * @retval JM_OK | JM_E_ABSENT (an element is not in the copy) | JM_E_MALFORMED (copy or transcript)
 * | JM_E_NO_SPACE
 */
JM_MUST_CHECK enum jm_status jm_mdoc_present_begin(struct jm_mdoc_presentation *out,
                                                   struct jm_bytes issuer_signed,
                                                   const struct jm_mdoc_pick *pick, size_t n,
                                                   struct jm_bytes transcript,
                                                   struct jm_arena *mem);
/** DeviceResponse with one document. @retval JM_OK | JM_E_NO_SPACE */
JM_MUST_CHECK enum jm_status jm_mdoc_present_finish(struct jm_bytes *device_response,
                                                    const struct jm_mdoc_presentation *p,
                                                    struct jm_bytes sig, struct jm_arena *mem);

/* -- transcripts: bare arrays in @p mem; texts as this side stored them -- */

/** One member of the array whose hash a handover carries: a text, or octets, of which none means
 * null. */
struct jm_info_item {
    struct jm_bytes v;
    bool octets;
};
/** That array, for whoever wants to see it. @retval JM_OK | JM_E_NO_SPACE */
JM_MUST_CHECK enum jm_status jm_transcript_info(struct jm_bytes *info,
                                                const struct jm_info_item *item, size_t n,
                                                struct jm_arena *mem);
/** [null, null, [label, SHA-256(info)]]. @retval JM_OK | JM_E_NO_SPACE */
JM_MUST_CHECK enum jm_status jm_transcript_hashed(struct jm_bytes *bare,
                                                  const struct jm_crypto *crypto, const char *label,
                                                  struct jm_bytes info, struct jm_arena *mem);

/** OpenID4VP 1.0 redirect. @p jwk_thumbprint: 32 octets, or none when the response is not
 * encrypted. @retval JM_E_USAGE another length */
JM_MUST_CHECK enum jm_status jm_transcript_oid4vp(struct jm_bytes *bare,
                                                  const struct jm_crypto *crypto,
                                                  struct jm_bytes client_id, struct jm_bytes nonce,
                                                  struct jm_bytes jwk_thumbprint,
                                                  struct jm_bytes response_uri,
                                                  struct jm_arena *mem);
/** OpenID4VP 1.0 over the Digital Credentials API. @p origin without `origin:`. */
JM_MUST_CHECK enum jm_status jm_transcript_dcapi(struct jm_bytes *bare,
                                                 const struct jm_crypto *crypto,
                                                 struct jm_bytes origin, struct jm_bytes nonce,
                                                 struct jm_bytes jwk_thumbprint,
                                                 struct jm_arena *mem);
/** OpenID4VCI interactive authorization. */
JM_MUST_CHECK enum jm_status jm_transcript_iae(struct jm_bytes *bare,
                                               const struct jm_crypto *crypto,
                                               struct jm_bytes endpoint, struct jm_bytes nonce,
                                               struct jm_bytes jwk_thumbprint,
                                               struct jm_arena *mem);
/** org-iso-mdoc over the Digital Credentials API. @p encryption_info: the base64url text as sent.
 */
JM_MUST_CHECK enum jm_status jm_transcript_iso_dcapi(struct jm_bytes *bare,
                                                     const struct jm_crypto *crypto,
                                                     struct jm_bytes encryption_info,
                                                     struct jm_bytes origin, struct jm_arena *mem);
/** [DeviceEngagementBytes | null, EReaderKeyBytes | null, handover | null], each given as an
 * encoded item or none. */
JM_MUST_CHECK enum jm_status jm_transcript_session(struct jm_bytes *bare,
                                                   struct jm_bytes engagement,
                                                   struct jm_bytes reader_key,
                                                   struct jm_bytes handover, struct jm_arena *mem);
/** The bare array of a SessionTranscript or SessionTranscriptBytes. @retval JM_E_MALFORMED another
 * form */
JM_MUST_CHECK enum jm_status jm_transcript_bare(struct jm_bytes *bare, struct jm_bytes transcript);
/** Sig_structure input of device authentication: DeviceAuthenticationBytes. */
JM_MUST_CHECK enum jm_status jm_mdoc_device_auth(struct jm_bytes *out, struct jm_bytes transcript,
                                                 struct jm_bytes doctype,
                                                 struct jm_bytes device_name_spaces,
                                                 struct jm_arena *mem);
/** SHA-256(SessionTranscriptBytes): salt of the session keys and of EMacKey. */
JM_MUST_CHECK enum jm_status jm_transcript_salt(uint8_t out[32], const struct jm_crypto *crypto,
                                                struct jm_bytes transcript);

/* -- verifying -- */

/** All zero: lenient about form by the closed list of spec/mdoc.md 14.3, no skew, status and
 * revocation list demanded. */
struct jm_mdoc_policy {
    bool strict; /* every notice about form rejects */
    /* so do those on IssuerSigned and certificates: documents of our own authority */
    bool strict_issuer_form;
    int64_t mso_skew_s;  /* usually 60 */
    int64_t cert_skew_s; /* usually 0 */
    bool waive_status;   /* nobody asks whether the copy still holds. Else a document without status
                            is refused, and a list   that is not to be had leaves it undecided */
    bool waive_crl;      /* nobody asks whether the signer's certificate still holds */
    int64_t status_max_age_s; /* 0: a list of this very second */
    bool ask_whatever_failed; /* diagnosis: lists are looked for although nothing may have been
                                 signed by anybody. Never together with answers that fetch: the
                                 address would be an unverified document's */
};

#define JM_MDOC_ANY_AGE INT64_MAX /* of a status list: how old is left to whoever gives it */
/** What a verifier demands who trusts and asks for everything: 60 s of skew for the MSO. */
#define JM_MDOC_POLICY_DEFAULT \
    ((struct jm_mdoc_policy){.mso_skew_s = 60, .status_max_age_s = JM_MDOC_ANY_AGE})
/** For who looks at a copy that cannot be in a list yet, or only at its form: an issuer's check of
 * its own, receipt in a wallet. */
#define JM_MDOC_POLICY_WAIVED                      \
    ((struct jm_mdoc_policy){.mso_skew_s = 60,     \
                             .waive_status = true, \
                             .waive_crl = true,    \
                             .status_max_age_s = JM_MDOC_ANY_AGE})

struct jm_mdoc_request {
    struct jm_bytes doctype;
    const struct jm_mdoc_pick *asked;
    size_t n;
    size_t n_required; /* the first ones */
    /* key identifiers of CAs, one of which must have issued a certificate of the chain */
    const struct jm_bytes *authority;
    size_t n_authorities; /* 0: whoever is trusted */
};

struct jm_mdoc_context {
    int64_t now;
    /* bare array as this verifier built it; none: device authentication stays UNKNOWN */
    struct jm_bytes transcript;
    const struct jm_mdoc_request *request; /* null: nothing asked, no Q checks */
    /* null: none given, the chain stays UNKNOWN; n == 0: CHAIN_NO_ANCHOR */
    const struct jm_anchors *anchors;
    struct jm_mdoc_policy policy;
    /* what is known of types: kinds of values are compared with these, and with nothing else */
    const struct jm_schema *schema;
    size_t n_schemas;
    const struct jm_crypto *crypto;
    struct jm_bytes reader_key; /* handle for AGREE: device MACs */
};

struct jm_mdoc_claim {
    struct jm_bytes ns, id, value; /* value: one encoded CBOR item */
    bool device_signed;
};

struct jm_mdoc_claims {
    struct jm_bytes doctype;
    const struct jm_mdoc_claim *claim; /* without what was not requested */
    size_t n;
    struct jm_bytes status_uri; /* none: no status */
    uint64_t status_idx;
    int64_t signed_s, valid_from_s, valid_until_s;
    struct jm_point device_key;
    /* tagged MSO as signed: its hash tells whether this copy was seen before */
    struct jm_bytes mso;
    const struct jm_cert *dsc;
    const struct jm_anchor *anchor; /* null in the report of a document whose chain was not built */
};

struct jm_mdoc_verified;

const struct jm_report *jm_mdoc_report(const struct jm_mdoc_verified *v);
size_t jm_mdoc_documents(const struct jm_mdoc_verified *v);
/** Null unless the report says ACCEPTED. Documents count from 0; in the report they are objects 1,
 * 2, …; 0 is the response. */
const struct jm_mdoc_claims *jm_mdoc_claims(const struct jm_mdoc_verified *v, size_t document);
/** What stands in the document, whatever the verdict: for display beside the report, never to act
 * upon. */
const struct jm_mdoc_claims *jm_mdoc_unverified(const struct jm_mdoc_verified *v, size_t document);

/**
 * Judge a DeviceResponse against one session: every check of spec/mdoc.md §14 that can run, runs.
 *
 * @param[out] out       set on JM_OK only, else NULL; lives in @p mem, views into @p response
 * @param[in]  response  CBOR octets, at most 4 MiB; borrowed, must outlive @p out
 * @param[in]  context   transcript as this verifier built it, request, anchors already parsed,
 * policy, time (s UTC); borrowed
 * @param[in]  answers   verification of signatures, key agreement, status lists and CRLs at hand;
 * never fetches
 * @param[in]  mem       about 36 KiB for one document with one element, 20 KiB for each further
 * one, 200 octets an element
 * @retval JM_OK           there is a report; ACCEPTED, REJECTED or UNDECIDED stands in it
 * @retval JM_E_NO_SPACE   @p mem is full
 * @retval JM_E_USAGE      the context's transcript is not one CBOR array
 * @note A malformed response is JM_OK with a REJECTED report (code and offset): the report is the
 * only verdict.
 *
 * Spec: ISO/IEC 18013-5:2021 9.1.2, 9.1.3, 9.3.1   Req: D-330, V-03
 */
JM_MUST_CHECK enum jm_status jm_mdoc_verify(const struct jm_mdoc_verified **out,
                                            struct jm_bytes response,
                                            const struct jm_mdoc_context *context,
                                            const struct jm_answers *answers, struct jm_arena *mem);
/**
 * The same for IssuerSigned alone: an issuer's check of its own output, a wallet's on receipt.
 * Device checks are not applicable. @p doctype: what it must be, or none.
 */
JM_MUST_CHECK enum jm_status jm_mdoc_verify_issuer_signed(
    const struct jm_mdoc_verified **out, struct jm_bytes issuer_signed, struct jm_bytes doctype,
    const struct jm_mdoc_context *context, const struct jm_answers *answers, struct jm_arena *mem);
/** And for an IssuerAuth (COSE_Sign1) alone: for inspection. */
JM_MUST_CHECK enum jm_status jm_mdoc_verify_issuer_auth(const struct jm_mdoc_verified **out,
                                                        struct jm_bytes issuer_auth,
                                                        const struct jm_mdoc_context *context,
                                                        const struct jm_answers *answers,
                                                        struct jm_arena *mem);

/* -- the engine behind them -- */

enum jm_mdoc_kind { JM_MDOC_DEVICE_RESPONSE = 1, JM_MDOC_ISSUER_SIGNED, JM_MDOC_ISSUER_AUTH };

#define JM_MDOC_ASKS_MAX 5 /* open ones of one document */

struct jm_mdoc_document; /* one document under judgement, in the arena */

/** In the caller's memory; holds no pointer into itself. */
struct jm_mdoc_verifier {
    const struct jm_mdoc_context *context;
    struct jm_arena *mem;
    struct jm_bytes input;
    enum jm_mdoc_kind kind;
    struct jm_mdoc_document *top; /* the response itself */
    struct jm_mdoc_document *document;
    size_t n_documents;
    struct jm_ask *ask;
    size_t n_asks, cap_asks;
    uint32_t next_id;
    bool ended;
};

/** Parses, hashes, and opens the asks: VERIFY, AGREE, FIND. The time is the context's. @retval as
 * jm_mdoc_verify */
JM_MUST_CHECK enum jm_status jm_mdoc_verifier_init(struct jm_mdoc_verifier *v,
                                                   enum jm_mdoc_kind kind, struct jm_bytes input,
                                                   struct jm_bytes doctype,
                                                   const struct jm_mdoc_context *context,
                                                   struct jm_arena *mem);
/** Open asks, all independent; the array is good until the next answer. An answer may open another
 * one. */
size_t jm_mdoc_verifier_asks(const struct jm_mdoc_verifier *v, const struct jm_ask **asks);
/** @retval JM_OK | JM_E_BUG (not asked, or answered before) | JM_E_NO_SPACE */
JM_MUST_CHECK enum jm_status jm_mdoc_verifier_answer(struct jm_mdoc_verifier *v, uint32_t id,
                                                     const struct jm_answer *answer);
/** The report. What is still open stays UNKNOWN. @retval JM_OK | JM_E_BUG (a second time) |
 * JM_E_NO_SPACE */
JM_MUST_CHECK enum jm_status jm_mdoc_verifier_end(struct jm_mdoc_verifier *v,
                                                  const struct jm_mdoc_verified **out);

#endif
