/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file jose.h  Room: cred. JWK, JWS and JWE in compact form: ES256; ECDH-ES with A128GCM, A256GCM.
 *
 * What was verified has a type of its own: only jm_jws_verify() and jm_jws_verify_x5c() make a
 * struct jm_jws, and only that has claims. Times, audiences and nonces are the caller's to check
 * (jm_jwt_times() helps).
 *
 * Spec: RFC 7515, 7516, 7517, 7518, 7638; spec/openid4vc.md 2   Req: C-01, C-02, C-03
 */
#ifndef JUMIN_JOSE_H
#define JUMIN_JOSE_H

#include "jumin/ask.h"
#include "jumin/code.h"
#include "jumin/json.h"
#include "jumin/path.h"

#define JM_JWT_MAX (64 * JM_KIB)
#define JM_KID_MAX 256     /* octets of a key's name */
#define JM_PARTY_MAX 512   /* of apu and apv, as they are written */
#define JM_CLOCK_SKEW_S 60 /* for others' iat, nbf, exp */

/**
 * What every judgement of a token takes: when, by whose answers, whom to trust, who we are. Filled
 * by the caller, who owns all of it and keeps it for the call alone; views in what a call gives out
 * live as @p mem and as the token's own octets do.
 */
struct jm_reading {
    int64_t now;
    const struct jm_answers *answers;
    const struct jm_crypto *crypto;   /* hashes and thumbprints */
    const struct jm_anchors *anchors; /* as in struct jm_path_spec; unread where no chain is */
    struct jm_bytes aud;              /* the reader, as tokens for it say; unread without one */
    struct jm_arena *mem;
    struct jm_diag *diag; /* null: nobody asks for the reason */
};

/** The path below its anchors; nobody asks whether a certificate was revoked. */
static inline struct jm_path_spec jm_path_of(const struct jm_reading *r, enum jm_path_use use)
{
    return (
        struct jm_path_spec){.anchors = r->anchors, .use = use, .now = r->now, .waive_crl = true};
}

struct jm_jwk {
    struct jm_point point;
    struct jm_bytes kid, alg, use; /* null views when absent */
};

/** A public P-256 key; extra members are ignored, private ones refused. Whether it lies on the
 * curve the first use says.
 *  @retval JM_E_MALFORMED | JM_E_UNSUPPORTED (other kty or crv) | JM_E_DENIED (private member) */
JM_MUST_CHECK enum jm_status jm_jwk_read(struct jm_jwk *out, const struct jm_json *jwk);
/** {"kty","crv","x","y"} and, where given, kid, use, alg. */
void jm_jwk_write(struct jm_json_w *w, const struct jm_point *key, struct jm_bytes kid,
                  const char *use, const char *alg);
/** RFC 7638, SHA-256. */
JM_MUST_CHECK enum jm_status jm_jwk_thumbprint(uint8_t out[32], const struct jm_crypto *c,
                                               const struct jm_point *key);
/** The same as 43 characters of base64url and a NUL. */
JM_MUST_CHECK enum jm_status jm_jwk_thumbprint_text(char out[44], const struct jm_crypto *c,
                                                    const struct jm_point *key);

struct jm_jws_unverified {
    struct jm_bytes signing_input;
    const struct jm_json *header; /* readable for finding the key, nothing else */
    struct jm_bytes payload;      /* octets, unverified */
    struct jm_sig sig;
};

/** Split and judge the form: three parts, ES256, no crit, @p typ equal (null: any).
 *  @retval JM_E_MALFORMED | JM_E_LIMIT | JM_E_DENIED (alg, typ, crit); reason in @p d */
JM_MUST_CHECK enum jm_status jm_jws_split(struct jm_jws_unverified *out, struct jm_bytes token,
                                          const char *typ, struct jm_arena *mem, struct jm_diag *d);
/** The same for tokens longer than JM_JWT_MAX: status lists. */
JM_MUST_CHECK enum jm_status jm_jws_split_long(struct jm_jws_unverified *out, struct jm_bytes token,
                                               size_t max, const char *typ, struct jm_arena *mem,
                                               struct jm_diag *d);

struct jm_jws {
    const struct jm_json *header;
    const struct jm_json *claims_; /* take them from jm_jws_claims() */
    struct jm_bytes payload_;
    struct jm_point key;
    const struct jm_cert *leaf; /* of x5c, when verified that way; else null */
};

/** The signature alone, for who has read the payload already. @retval JM_E_SIGNATURE | JM_E_DENIED
 * (no point) | what the answers say */
JM_MUST_CHECK enum jm_status jm_jws_holds(const struct jm_jws_unverified *u,
                                          const struct jm_point *key,
                                          const struct jm_answers *answers, struct jm_diag *d);
/** @retval JM_E_SIGNATURE | JM_E_MALFORMED (payload is no JSON object) */
JM_MUST_CHECK enum jm_status jm_jws_verify(struct jm_jws *out, const struct jm_jws_unverified *u,
                                           const struct jm_point *key,
                                           const struct jm_answers *answers, struct jm_arena *mem,
                                           struct jm_diag *d);
/**
 * By the x5c header, rule x5c-H: standard base64, leaf first, one to five certificates, and the one
 * path judge.
 * @retval JM_E_DENIED | JM_E_SIGNATURE | JM_E_MALFORMED | JM_E_UNAVAILABLE (nobody could decide) |
 * JM_E_NO_SPACE | JM_E_PENDING
 */
JM_MUST_CHECK enum jm_status jm_jws_verify_x5c(struct jm_jws *out,
                                               const struct jm_jws_unverified *u,
                                               enum jm_path_use use, const struct jm_reading *r);
const struct jm_json *jm_jws_claims(const struct jm_jws *jws);

/** The path of the x5c header alone, for reports: JM_OK says that it was judged, not how.
 *  @retval JM_OK | JM_E_DENIED (no x5c) | JM_E_MALFORMED (x5c is none) | JM_E_NO_SPACE |
 * JM_E_PENDING */
JM_MUST_CHECK enum jm_status jm_jws_path(struct jm_path *p, const struct jm_jws_unverified *u,
                                         const struct jm_path_spec *spec,
                                         const struct jm_answers *answers, struct jm_arena *mem,
                                         struct jm_diag *d);

/** exp, nbf, iat where present, with the skew for others' clocks; @p need_exp: must be there.
 *  @retval JM_E_DENIED (JM_JOSE_NOT_YET_VALID says by how much the clocks differ, in @p mem) |
 * JM_E_MALFORMED */
JM_MUST_CHECK enum jm_status jm_jwt_times(const struct jm_json *claims, int64_t now, bool need_exp,
                                          struct jm_arena *mem, struct jm_diag *d);

/** Octets to sign, kept for the end. */
struct jm_jws_draft {
    struct jm_bytes to_sign;
};
/** @p header and @p payload are JSON texts. */
JM_MUST_CHECK enum jm_status jm_jws_begin(struct jm_jws_draft *out, struct jm_bytes header,
                                          struct jm_bytes payload, struct jm_arena *mem);
/** The same with a header that is base64url already: one signer's is the same for all that it
 * signs. */
JM_MUST_CHECK enum jm_status jm_jws_begin_with(struct jm_jws_draft *out,
                                               struct jm_bytes header_text, struct jm_bytes payload,
                                               struct jm_arena *mem);
JM_MUST_CHECK enum jm_status jm_jws_finish(struct jm_bytes *token, const struct jm_jws_draft *draft,
                                           struct jm_bytes sig, struct jm_arena *mem);
/** {"alg":"ES256","typ":TYP} with "jwk" (if @p jwk) and "x5c" (if @p n). */
JM_MUST_CHECK enum jm_status jm_jws_header(struct jm_bytes *out, const char *typ,
                                           const struct jm_point *jwk, const struct jm_bytes *x5c,
                                           size_t n, struct jm_arena *mem);

struct jm_jwe_unopened {
    const struct jm_json *header;
    struct jm_bytes protected_text, iv, ciphertext, tag, kid, enc, apu, apv;
    struct jm_point epk;
    size_t key_len; /* 16 or 32 */
};
/** @retval JM_E_MALFORMED | JM_E_UNSUPPORTED (alg, enc, zip) | JM_E_LIMIT */
JM_MUST_CHECK enum jm_status jm_jwe_split(struct jm_jwe_unopened *out, struct jm_bytes token,
                                          size_t max, struct jm_arena *mem, struct jm_diag *d);
/** @p z: x of the agreement between the key named by kid and epk. @retval JM_E_SIGNATURE the tag is
 * wrong */
JM_MUST_CHECK enum jm_status jm_jwe_open(struct jm_bytes *plain, const struct jm_jwe_unopened *u,
                                         const uint8_t z[32], const struct jm_crypto *c,
                                         struct jm_arena *mem);
/** For whom, and by what is fresh for this message alone. */
struct jm_jwe_spec {
    const struct jm_jwk *to;
    bool aes256;
    const struct jm_point *epk;
    const uint8_t *z;  /* 32: agreement of epk's key with the recipient's; the caller wipes it */
    const uint8_t *iv; /* 12 */
    /* whose seal() is asked, for engines; null, or without one: the port's */
    const struct jm_answers *by;
};
/** Compact JWE. @retval JM_E_PENDING inside an engine: the answer is still to come */
JM_MUST_CHECK enum jm_status jm_jwe_seal(struct jm_bytes *token, struct jm_bytes plain,
                                         const struct jm_jwe_spec *s, const struct jm_crypto *c,
                                         struct jm_arena *mem);

#endif
