/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file openssl.h  Room: host. The crypto port, P-256 keys and verification by OpenSSL 3;
 * Ed25519 keys: host/openssl/ed25519.h.
 *
 * Everything is fetched once (jm_openssl_init). Public keys are made from octets without decoders
 * and kept in a small cache per thread; see spec/platform.md 3.1 for what decoders cost. All
 * functions may be called from any thread.
 */
#ifndef JUMIN_HOST_OPENSSL_H
#define JUMIN_HOST_OPENSSL_H

#include "jumin/ask.h"

/** Once, before threads are started. @retval JM_OK | JM_E_UNAVAILABLE (the library lacks something)
 */
JM_MUST_CHECK enum jm_status jm_openssl_init(void);

/** Before jm_openssl_init: a heap for secrets, locked where the limit allows and in no dump.
 * @retval JM_E_UNAVAILABLE there is none */
JM_MUST_CHECK enum jm_status jm_openssl_secret_heap(void);
/** Zeroed, on that heap where there is one. Null: no memory. */
void *jm_openssl_secret_room(size_t len);
/** Wipes the room of @p len octets. */
void jm_openssl_secret_room_free(void *room, size_t len);

extern const struct jm_crypto jm_crypto_openssl;
/** The same without zlib: inflate and deflate give JM_E_UNSUPPORTED. For the signer, which needs
 * neither. */
extern const struct jm_crypto jm_crypto_libcrypto;

/** RFC 1952, in @p mem. @retval JM_E_UNAVAILABLE zlib refuses */
JM_MUST_CHECK enum jm_status jm_gzip(struct jm_bytes *out, struct jm_bytes in,
                                     struct jm_arena *mem);

/** A private P-256 key. */
struct jm_key;
JM_MUST_CHECK enum jm_status jm_key_generate(struct jm_key **out);
/** @retval JM_E_RANGE zero or not below the order */
JM_MUST_CHECK enum jm_status jm_key_from_scalar(struct jm_key **out,
                                                const struct jm_secret32 *scalar);
JM_MUST_CHECK enum jm_status jm_key_scalar(struct jm_secret32 *out, const struct jm_key *key);
JM_MUST_CHECK enum jm_status jm_key_point(struct jm_point *out, const struct jm_key *key);
/** ES256 over @p data: r ‖ s. */
JM_MUST_CHECK enum jm_status jm_key_sign(const struct jm_key *key, struct jm_bytes data,
                                         struct jm_sig *sig);
/** A private key that is used once, as octets, and its point. @retval JM_E_UNAVAILABLE no
 * randomness or memory; both are zero then */
JM_MUST_CHECK enum jm_status jm_scalar_new(struct jm_secret32 *scalar, struct jm_point *point);
/** The same as jm_key_agree() for a key that is used once: its own point is not worked out. @retval
 * JM_E_RANGE zero or not below the order */
JM_MUST_CHECK enum jm_status jm_scalar_agree(const struct jm_secret32 *scalar, struct jm_bytes peer,
                                             uint8_t x[32]);
/** x of the shared point. @retval JM_E_MALFORMED the peer is no point of the curve */
JM_MUST_CHECK enum jm_status jm_key_agree(const struct jm_key *key, struct jm_bytes peer,
                                          uint8_t x[32]);
void jm_key_free(struct jm_key **key);

/** As jm_answers.verify, ES256 and Ed25519. @retval JM_OK | JM_E_SIGNATURE | JM_E_MALFORMED (no
 * point) | JM_E_UNSUPPORTED */
JM_MUST_CHECK enum jm_status jm_openssl_verify(void *ctx, enum jm_alg alg, struct jm_bytes key,
                                               struct jm_bytes data, struct jm_bytes sig);
/** As jm_answers.memo: one of each thread. */
struct jm_memo *jm_openssl_memo(void);
/** Kernel randomness through the library. */
JM_MUST_CHECK enum jm_status jm_openssl_random(void *ctx, uint8_t *out, size_t len);
/** scrypt (RFC 7914), N = 2^17, r = 8, p = 1: about 0.4 s and 128 MiB. */
JM_MUST_CHECK enum jm_status jm_openssl_scrypt(uint8_t out[32], struct jm_bytes passphrase,
                                               struct jm_bytes salt);

#endif
