/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file cose.h  Room: cred. COSE_Sign1 and COSE_Mac0 as mdoc and status lists use them: reading,
 * and what is signed.
 *
 * Not checked here: signatures, which algorithm fits which key, who vouches for x5chain. Both
 * headers are read; where a parameter may stand is the caller's rule, so it is told where it stood.
 *
 * Spec: RFC 9052; RFC 9360; spec/mdoc.md 3
 */
#ifndef JUMIN_COSE_H
#define JUMIN_COSE_H

#include "jumin/cbor.h"
#include "jumin/crypto.h"

#define JM_X5CHAIN_MAX 4
#define JM_X5CHAIN_CERT_MAX (8 * JM_KIB)

#define JM_COSE_ES256 (-7)
#define JM_COSE_ESP256 (-9) /* fully specified ES256 with P-256 */
#define JM_COSE_EDDSA (-8)
#define JM_COSE_ES384 (-35)
#define JM_COSE_ES512 (-36)
#define JM_COSE_HMAC256 5

#define JM_COSE_TAG_SIGN1 18
#define JM_COSE_TAG_MAC0 17

struct jm_cose_sign1 {
    struct jm_bytes protected_bstr; /* content */
    struct jm_bytes payload;        /* content of the byte string; ptr null where nil stood */
    struct jm_bytes sig;            /* signature, or tag of a Mac0 */
    struct jm_bytes type;           /* label 16 in protected, one encoded item; status lists */
    struct jm_bytes x5chain[JM_X5CHAIN_MAX];
    size_t n_x5chain;
    int64_t alg;
    bool has_alg;         /* in protected */
    bool alg_unprotected; /* stands in the unprotected header */
    bool tagged;          /* a tag stood before the array */
    bool has_x5chain;     /* in either header, even if empty */
    bool x5chain_protected;
    bool x5chain_conflict; /* in both headers and not octet for octet the same */
    bool x5chain_array_of_one;
    bool x5chain_limit; /* more than JM_X5CHAIN_MAX, or one over JM_X5CHAIN_CERT_MAX */
    /* crit names what is not understood here, is malformed, or is not protected */
    bool crit_unknown;
    bool has_x5t;
    int64_t x5t_alg;
    struct jm_bytes x5t;
    struct jm_cbor_fault fault; /* of the protected header, when that is why */
};

/**
 * Read one structure out of octets that jm_cbor_check() has judged; the protected header is judged
 * here.
 *
 * @param[in] item  one encoded item, untagged or under @p tag; views in @p out point into it
 * @param[in] tag   JM_COSE_TAG_SIGN1 or JM_COSE_TAG_MAC0
 * @retval JM_OK | JM_E_TYPE (shape, another tag) | JM_E_MALFORMED | JM_E_DUPLICATE | JM_E_LIMIT |
 * JM_E_TRUNCATED | JM_E_TRAILING
 */
JM_MUST_CHECK enum jm_status jm_cose_parse(struct jm_cose_sign1 *out, struct jm_bytes item,
                                           uint64_t tag);

/** ["Signature1", protected, h'', payload]; lives in @p mem. @retval JM_OK | JM_E_NO_SPACE */
JM_MUST_CHECK enum jm_status jm_cose_sig_structure(struct jm_bytes *out, struct jm_arena *mem,
                                                   struct jm_bytes protected_bstr,
                                                   struct jm_bytes payload);
/** ["MAC0", protected, h'', payload]; lives in @p mem. @retval JM_OK | JM_E_NO_SPACE */
JM_MUST_CHECK enum jm_status jm_cose_mac_structure(struct jm_bytes *out, struct jm_arena *mem,
                                                   struct jm_bytes protected_bstr,
                                                   struct jm_bytes payload);
/** Appends {} or {33: x5chain}: one certificate as a byte string, more as an array, leaf first. */
void jm_cose_w_x5chain(struct jm_cbor_w *w, const struct jm_bytes *x5chain, size_t n);

/** EC2 P-256 key: {1: 2, -1: 1, -2: x, -3: y}, other parameters ignored. @retval JM_E_TYPE |
 * JM_E_UNSUPPORTED (other key or curve, compressed) | JM_E_MALFORMED */
JM_MUST_CHECK enum jm_status jm_cose_key_parse(struct jm_point *out, struct jm_bytes item);
/** In the order of labels above and with nothing else. */
void jm_cose_w_key(struct jm_cbor_w *w, const struct jm_point *key);

#endif
