/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file claims.h  Room: cred. What a copy says, as one tree for both formats, and what
 * carries each claim.
 *
 * An SD-JWT's payload with its disclosures put in their places; an mdoc's namespaces and elements.
 * A part is what leaves or stays as one: a disclosure, an item. Elements of an array that are not
 * disclosed keep their place (HIDDEN), so that an index means what it meant to the issuer. Not
 * checked here: any signature or digest of an mdoc; whoever shows or judges has verified the same
 * octets before.
 *
 * Spec: RFC 9901 7.1; ISO/IEC 18013-5:2021 8.3.2.1.2; OpenID4VP 1.0 7
 */
#ifndef JUMIN_CLAIMS_H
#define JUMIN_CLAIMS_H

#include "jumin/mdoc.h"
#include "jumin/sdjwt.h"

enum jm_claim_kind { JM_CLAIM_VALUE = 1, JM_CLAIM_OBJECT, JM_CLAIM_ARRAY, JM_CLAIM_HIDDEN };

struct jm_claim {
    enum jm_claim_kind kind;
    struct jm_bytes name;       /* of a member; null view: an element of an array, or the root */
    const struct jm_json *json; /* VALUE of an SD-JWT */
    struct jm_bytes cbor;       /* VALUE of an mdoc: one encoded item */
    struct jm_claim *up, *child, *next;
    size_t n; /* children, HIDDEN ones too */
    /* 1 + the position of the disclosure or item that carries it with all beneath; 0: no one of its
     * own */
    size_t part;
    size_t at; /* its number in the tree: the root is 0 */
};

struct jm_claims {
    enum jm_fmt fmt;
    struct jm_bytes type; /* doctype or vct */
    struct jm_claim *root;
    size_t n; /* of the tree */
    size_t n_parts;
    /* a holder's own copy: a claim that cannot be shown without another is not there */
    bool holder;
    const struct jm_json *x5c; /* the chain, in the one form or the other */
    const struct jm_bytes *der;
    size_t n_der;
};

/** The tree of an SD-JWT, over views into @p s. @retval JM_E_MALFORMED digests and disclosures do
 * not fit together | JM_E_LIMIT too deep | JM_E_NO_SPACE about 120 octets a value */
JM_MUST_CHECK enum jm_status jm_claims_of_sdjwt(struct jm_claims *out, const struct jm_sdjwt *s,
                                                struct jm_arena *mem);
/** The tree of a holder's mdoc, and of a verified one (issuer-signed elements only). @retval
 * JM_E_NO_SPACE @p mem is full */
JM_MUST_CHECK enum jm_status jm_claims_of_copy(struct jm_claims *out, const struct jm_mdoc_copy *c,
                                               struct jm_arena *mem);
JM_MUST_CHECK enum jm_status jm_claims_of_mdoc(struct jm_claims *out,
                                               const struct jm_mdoc_claims *c,
                                               struct jm_arena *mem);

/** Equal in type and value to @p v, a JSON text, integer or boolean; an mdoc's value first as RFC
 * 8949 6.1 has it. */
bool jm_claim_is(const struct jm_claim *c, const struct jm_json *v, struct jm_arena *mem);
/** Is @p key_id the authority key identifier of a certificate of the chain? */
bool jm_claims_vouched(const struct jm_claims *c, struct jm_bytes key_id, struct jm_arena *mem);

/** One step of a claims path pointer. Spec: OpenID4VP 1.0 7 */
enum jm_step_kind { JM_STEP_NAME = 1, JM_STEP_INDEX, JM_STEP_ALL };
struct jm_step {
    enum jm_step_kind kind;
    struct jm_bytes name;
    uint64_t index;
};
/**
 * What a path selects: @p out has room for all of @p c. A step that does not fit its container
 * selects nothing at all.
 * @return how many; 0: the path does not match
 */
size_t jm_claims_select(const struct jm_claim **out, const struct jm_claims *c,
                        const struct jm_step *step, size_t n, struct jm_arena *mem);

/** Which parts carry a claim: those of its ancestors, its own and those beneath. @p send:
 * c->n_parts flags, only ever set. */
void jm_claim_parts(bool *send, const struct jm_claim *of);
/** May these parts leave, and nothing but @p chosen (@p n of them), what lies beneath and the
 * containers around go with them? */
JM_MUST_CHECK enum jm_status jm_claims_exact(bool *exact, const struct jm_claims *c,
                                             const struct jm_claim *const *chosen, size_t n,
                                             struct jm_arena *mem);
/** "address.region", "nationalities[1]"; of an mdoc the element alone. In @p mem. */
JM_MUST_CHECK enum jm_status jm_claim_name(struct jm_bytes *out, const struct jm_claims *c,
                                           const struct jm_claim *of, struct jm_arena *mem);

#endif
