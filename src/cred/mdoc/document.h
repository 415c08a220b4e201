/* SPDX-License-Identifier: Apache-2.0 */
/* One document while it is read and judged. Private to src/cred/mdoc. */
#ifndef JM_MDOC_DOCUMENT_H
#define JM_MDOC_DOCUMENT_H

#include "jumin/mdoc.h"
#include "jumin/path.h"

#define JM_MDOC_FIRST JM_MDOC_CBOR_TRUNCATED
#define JM_MDOC_LAST JM_MDOC_CHAIN_CA
#define JM_MDOC_N_CODES (JM_MDOC_LAST - JM_MDOC_FIRST + 1)

/* The state of one check of one document: the worst that was said of it. */
struct jm_mdoc_slot {
    enum jm_result result;
    bool said;    /* by the check itself, where it is made; else it did not run */
    bool excused; /* it has nothing to look at here: ACCEPTED does not need it */
    const char *detail;
    struct jm_bytes path;
    size_t offset;
};

struct jm_mdoc_digest {
    size_t ns; /* index into mso.ns */
    uint64_t id;
    struct jm_bytes value;
};

struct jm_mdoc_mso {
    struct jm_bytes version, digest_alg, doctype, status;
    enum jm_hash hash; /* 0: unknown */
    struct jm_bytes ns[JM_MDOC_NAMESPACES_MAX];
    size_t n_ns;
    struct jm_mdoc_digest *digest;
    size_t n_digests;
    struct jm_point device_key;
    enum jm_status device_key_st;
    int64_t device_key_crv;                 /* 0: not P-256 or unreadable */
    struct jm_bytes auth_ns, auth_elements; /* keyAuthorizations: [+ ns], {+ ns => [+ id]} */
    int64_t signed_s, valid_from_s, valid_until_s;
    bool has_status;
    struct jm_bytes status_uri;
    uint64_t status_idx;
};

struct jm_mdoc_document {
    struct jm_mdoc_slot slot[JM_MDOC_N_CODES];
    struct jm_arena *mem;
    struct jm_bytes input; /* offsets count from here */
    bool strict, strict_issuer;
    uint16_t object;
    /* read */
    struct jm_bytes doctype, issuer_signed, issuer_auth, name_spaces;
    struct jm_bytes device_ns; /* whole #6.24 slice of DeviceNameSpaces */
    struct jm_bytes device_ns_map;
    struct jm_bytes device_sig, device_mac; /* encoded COSE structures */
    struct jm_cose_sign1 issuer, device;
    struct jm_bytes mso_map;
    struct jm_mdoc_mso mso;
    struct jm_mdoc_item *item;
    size_t n_items;
    struct jm_mdoc_claim *device_item;
    size_t n_device_items;
    bool issuer_ok, payload_ok, mso_ok, items_ok, device_ok; /* could be read */
    /* judged */
    const struct jm_cert *dsc;
    struct jm_path path; /* of x5chain; its findings are said of this document when it is judged */
    bool has_path;
    struct jm_find_ask find_status;
    uint32_t ask_issuer, ask_path, ask_device, ask_agree, ask_status;
    bool *keep; /* of items, then device items: was it asked for */
    struct jm_mdoc_claims claims;
};

/* A finding. The worst of a code stays, with the first place where it was seen. */
void jm_mdoc_say(struct jm_mdoc_document *d, enum jm_code code, enum jm_result result,
                 struct jm_bytes where, const char *detail);
void jm_mdoc_say_at(struct jm_mdoc_document *d, enum jm_code code, enum jm_result result,
                    struct jm_bytes where, struct jm_bytes ns, struct jm_bytes id,
                    const char *detail);
void jm_mdoc_fail(struct jm_mdoc_document *d, enum jm_code code, struct jm_bytes where,
                  const char *detail);
/* A notice about form: rejects where the policy is strict. @p issuer: it stands in what the issuer
 * made. */
void jm_mdoc_notice(struct jm_mdoc_document *d, enum jm_code code, bool issuer,
                    struct jm_bytes where, const char *detail);
/* What was looked at and holds; a finding of the same code stays. */
void jm_mdoc_held(struct jm_mdoc_document *d, enum jm_code code);
/* Holds, or not. */
void jm_mdoc_check(struct jm_mdoc_document *d, enum jm_code code, bool ok, struct jm_bytes where,
                   const char *detail);
/* The same of a notice. */
void jm_mdoc_form(struct jm_mdoc_document *d, enum jm_code code, bool issuer, bool ok,
                  struct jm_bytes where, const char *detail);
/* Nothing here to look at: NOT_RUN, and nothing is missing by it. Of what was said before nothing
 * changes. */
void jm_mdoc_excuse(struct jm_mdoc_document *d, enum jm_code code, const char *why);
/* Every check from @p first to @p last of which nobody has said a thing gets this reason; it stays
 * NOT_RUN and required. */
void jm_mdoc_unsaid(struct jm_mdoc_document *d, enum jm_code first, enum jm_code last,
                    const char *why);
bool jm_mdoc_failed(const struct jm_mdoc_document *d, enum jm_code code);
bool jm_mdoc_passed(const struct jm_mdoc_document *d, enum jm_code code);
/* The fault of a CBOR check becomes its code. @p where: what was checked. */
void jm_mdoc_say_cbor(struct jm_mdoc_document *d, const struct jm_cbor_fault *f,
                      struct jm_bytes where);

/* A map with text keys: each known member's value as a slice; null for an absent optional one is as
 * absent. */
struct jm_mdoc_member {
    struct jm_bytes name;
    struct jm_bytes *value;
    bool required;
};
/* false: TYPE or MISSING was said */
bool jm_mdoc_members(struct jm_mdoc_document *d, struct jm_bytes map,
                     const struct jm_mdoc_member *m, size_t n);

bool jm_mdoc_text(struct jm_bytes *out, struct jm_bytes item);
bool jm_mdoc_bstr(struct jm_bytes *out, struct jm_bytes item);
bool jm_mdoc_uint(uint64_t *out, struct jm_bytes item);
bool jm_mdoc_embedded(struct jm_bytes *out, struct jm_bytes item);
bool jm_mdoc_is_map(struct jm_bytes item);
/* "1.0", "1.9": this major version */
bool jm_mdoc_version_ok(struct jm_bytes text);

/* Reading; what is wrong is said of @p d. JM_E_NO_SPACE alone fails. */
enum jm_status jm_mdoc_read_response(struct jm_mdoc_document *response,
                                     struct jm_bytes documents[JM_MDOC_DOCUMENTS_MAX], size_t *n);
enum jm_status jm_mdoc_read_document(struct jm_mdoc_document *d, struct jm_bytes item);
enum jm_status jm_mdoc_read_issuer_signed(struct jm_mdoc_document *d, struct jm_bytes item);
enum jm_status jm_mdoc_read_issuer_auth(struct jm_mdoc_document *d, struct jm_bytes item);
enum jm_status jm_mdoc_read_mso(struct jm_mdoc_document *d);

/* Checks that need nobody else. */
enum jm_status jm_mdoc_check_items(struct jm_mdoc_document *d, const struct jm_crypto *crypto);
void jm_mdoc_check_mso_times(struct jm_mdoc_document *d, const struct jm_mdoc_context *ctx);
enum jm_status jm_mdoc_check_request(struct jm_mdoc_document *d, const struct jm_mdoc_context *ctx,
                                     bool duplicate);
void jm_mdoc_check_issuing(struct jm_mdoc_document *d);

#endif
