/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file oauth.h  Room: proto. The proofs that travel in headers: DPoP, client attestation and its
 * PoP; key attestation; key proofs of OpenID4VCI. Writing them (wallet, provider) and judging them
 * (authority).
 *
 * Not checked here: whether a nonce or challenge is one of ours, whether a jti was seen before: the
 * caller keeps those.
 *
 * Spec: RFC 9449; draft-ietf-oauth-attestation-based-client-auth-07, -10; OpenID4VCI 1.0 8.2, D, F;
 * spec/openid4vc.md 3.2, 3.3, 4.5   Req: I-10, I-12, I-13, C-01
 */
#ifndef JUMIN_OAUTH_H
#define JUMIN_OAUTH_H

#include "jumin/jose.h"

/* OpenID4VCI 1.0 4.1.1 */
#define JM_GRANT_PRE_AUTHORIZED "urn:ietf:params:oauth:grant-type:pre-authorized_code"

#define JM_PROOFS_MAX 64
#define JM_JTI_MAX 128
/* octets of a jumin-instance+jwt: its longest members make about 4,000 */
#define JM_INSTANCE_PROOF_MAX 8192
#define JM_KEY_PROOF_MAX 768 /* octets of a jumin-key+jwt: the wallet's has 483 */
/* a c_nonce lives so long, and proofs are made with it at hand */
#define JM_KEY_PROOF_PAST_S (300 + JM_CLOCK_SKEW_S)
#define JM_CLIENT_SUB_MAX 512 /* octets of the name of a wallet product */
#define JM_PLATFORM_MAX 64    /* printable ASCII */
/* a nonce or challenge, ours or some issuer's: others make them JWTs and JWEs of 600 to 700 octets
 */
#define JM_NONCE_TEXT_MAX 2048
#define JM_KEY_STORAGES_MAX 16 /* ways in which a key is said to be kept */

/* -- tokens of a trusted signer -- */

/** A kind of token that a chain in x5c vouches for, and how each of its faults is called. */
struct jm_token_kind {
    const char *typ;
    enum jm_path_use use;
    enum jm_status refusal; /* of all four faults */
    enum jm_code form, chain, early, late;
};
/** Form and signature, by a chain that ends at one of the reading's anchors. @retval the kind's
 * refusal | what is UNAVAILABLE (nobody could decide) | JM_E_PENDING | JM_E_NO_SPACE */
JM_MUST_CHECK enum jm_status jm_token_read(struct jm_jws *out, struct jm_bytes token,
                                           const struct jm_token_kind *kind,
                                           const struct jm_reading *r);
/** exp, which must be there, nbf and iat. @retval the kind's refusal */
JM_MUST_CHECK enum jm_status jm_token_times(const struct jm_json *claims,
                                            const struct jm_token_kind *kind,
                                            const struct jm_reading *r);

/* -- DPoP -- */

struct jm_dpop_spec {
    struct jm_point key;
    const char *htm;
    struct jm_bytes htu, jti, nonce, access_token; /* nonce, access_token may be empty */
    int64_t iat;
};
JM_MUST_CHECK enum jm_status jm_dpop_begin(struct jm_jws_draft *out, const struct jm_dpop_spec *s,
                                           const struct jm_crypto *c, struct jm_arena *mem);

struct jm_dpop {
    struct jm_point key;
    uint8_t jkt[32];
    struct jm_bytes jti, nonce;
    int64_t iat;
};
/**
 * Form, typ, alg, jwk, signature, htm, htu (without query and fragment; scheme, host in any case;
 * default port), ath. The caller judges freshness: a nonce of its own, or iat ± 60 s, and the jti.
 * @param access_token  null view: none, ath is not asked for
 * @retval JM_E_DENIED | JM_E_MALFORMED | JM_E_SIGNATURE, code JM_OAUTH_DPOP_*
 */
JM_MUST_CHECK enum jm_status jm_dpop_check(struct jm_dpop *out, struct jm_bytes proof,
                                           const char *htm, struct jm_bytes htu,
                                           struct jm_bytes access_token,
                                           const struct jm_reading *r);

/* -- client attestation -- */

struct jm_attestation_spec {
    struct jm_bytes iss, sub; /* sub: the wallet product, shared by all instances */
    struct jm_point instance;
    int64_t iat, exp;
    const struct jm_bytes *x5c;
    size_t n_x5c;
};
JM_MUST_CHECK enum jm_status jm_attestation_begin(struct jm_jws_draft *out,
                                                  const struct jm_attestation_spec *s,
                                                  struct jm_arena *mem);

struct jm_pop_spec {
    struct jm_bytes sub, aud, jti, challenge;
    int64_t iat;
    int64_t counter; /* jumin_counter: D-244; 0: none */
};
JM_MUST_CHECK enum jm_status jm_pop_begin(struct jm_jws_draft *out, const struct jm_pop_spec *s,
                                          struct jm_arena *mem);

struct jm_client {
    struct jm_bytes sub; /* product */
    struct jm_point instance;
    uint8_t jkt[32]; /* of the instance key */
    struct jm_bytes jti, challenge;
    int64_t counter;  /* jumin_counter of the PoP; 0: none */
    int64_t iat;      /* of the PoP */
    int64_t attested; /* iat of the attestation, by a signer of the trust set; 0: not stated */
};
/** Both tokens in the order of spec/openid4vc.md 3.2, all but challenge and jti. The reading's aud:
 * issuer identifier of the AS. */
JM_MUST_CHECK enum jm_status jm_client_check(struct jm_client *out, struct jm_bytes attestation,
                                             struct jm_bytes pop, const struct jm_reading *r);

/* -- key attestation -- */

struct jm_key_attestation_spec {
    const struct jm_point *key;
    size_t n;
    struct jm_bytes nonce;       /* c_nonce */
    struct jm_bytes key_storage; /* urn:jumin:key-level:1 */
    uint8_t instance_jkt[32];
    int64_t iat, exp;
    const struct jm_bytes *x5c;
    size_t n_x5c;
};
JM_MUST_CHECK enum jm_status jm_key_attestation_begin(struct jm_jws_draft *out,
                                                      const struct jm_key_attestation_spec *s,
                                                      struct jm_arena *mem);

/** What the credential endpoint makes of `proofs`: the keys to bind, each once, in the order in
 * which they came. */
struct jm_proofs {
    const struct jm_point *key;
    size_t n;
    struct jm_bytes nonce;
    unsigned key_level; /* 1–3 from key_storage */
};
struct jm_proofs_expect {
    struct jm_bytes client_id; /* iss of a jwt proof, when there is one */
    uint8_t instance_jkt[32];  /* of the token: the key attestation must be of the same instance */
    /* its provider's record says that its attestations name none (jm_wallet_record): one that is
     * there must fit; without it the token binds, whose instance and DPoP key were proven */
    bool instance_optional;
    size_t max; /* batch size */
};
/**
 * Exactly one proof type, `jwt` or `attestation`; every key covered by a key attestation; all
 * proofs share one nonce. The reading's aud: credential issuer identifier.
 * @retval JM_E_MISSING (invalid_proof) | JM_E_DENIED | JM_E_MALFORMED | JM_E_LIMIT, code
 * JM_VCI_PROOF_* or JM_OAUTH_*
 */
JM_MUST_CHECK enum jm_status jm_proofs_check(struct jm_proofs *out, const struct jm_json *proofs,
                                             const struct jm_proofs_expect *x,
                                             const struct jm_reading *r);

struct jm_key_proof_spec {
    struct jm_point key;
    struct jm_bytes client_id, aud, nonce, attestation; /* all but aud may be empty */
    int64_t iat;
};
/** A key proof of the wallet, type `jwt`: typ openid4vci-proof+jwt. */
JM_MUST_CHECK enum jm_status jm_key_proof_begin(struct jm_jws_draft *out,
                                                const struct jm_key_proof_spec *s,
                                                struct jm_arena *mem);

/* -- provider: spec/openid4vc.md 3.2 -- */

struct jm_instance_proof_spec {
    struct jm_point instance;
    struct jm_bytes aud, challenge, platform, nonce; /* nonce may be empty */
    int64_t iat;
};
/** Instance proof typ jumin-instance+jwt, key proof typ jumin-key+jwt: drafts of the wallet. */
JM_MUST_CHECK enum jm_status jm_instance_proof_begin(struct jm_jws_draft *out,
                                                     const struct jm_instance_proof_spec *s,
                                                     struct jm_arena *mem);
JM_MUST_CHECK enum jm_status jm_instance_key_proof_begin(struct jm_jws_draft *out,
                                                         const struct jm_point *key,
                                                         struct jm_bytes challenge,
                                                         struct jm_bytes instance_jkt,
                                                         struct jm_arena *mem);
struct jm_instance_proof {
    struct jm_point instance;
    char jkt[44];
    struct jm_bytes challenge, platform, nonce;
    struct jm_point *key;
    size_t n;
};
/**
 * The instance's proof alone; whether its challenge is one of ours is the caller's to say, before
 * it looks at keys. The reading's aud: the provider. `platform` at most JM_PLATFORM_MAX, `nonce` at
 * most JM_NONCE_TEXT_MAX octets.
 * @retval JM_E_DENIED | JM_E_MALFORMED | JM_E_LIMIT | JM_E_SIGNATURE, code JM_PROVIDER_PROOF
 */
JM_MUST_CHECK enum jm_status jm_instance_check(struct jm_instance_proof *out, struct jm_bytes proof,
                                               const struct jm_reading *r);
/**
 * Proofs of its keys, a signature each: each key once, none of them the instance's. Null: there are
 * none.
 * @retval as above, code JM_PROVIDER_PROOF or JM_PROVIDER_KEYS
 */
JM_MUST_CHECK enum jm_status jm_instance_keys(struct jm_instance_proof *out,
                                              const struct jm_json *keys,
                                              const struct jm_reading *r);

/** D-210: two digits from SHA-256(jti ‖ 0x00 ‖ thumbprint text), first four octets mod 100. */
JM_MUST_CHECK enum jm_status jm_ticket_sign(char out[3], struct jm_bytes jti,
                                            struct jm_bytes jkt_text, const struct jm_crypto *c);

#endif
