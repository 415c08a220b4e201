/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file ed25519.h  Room: host/openssl. Ed25519 (RFC 8032): keys of logs and their cosigners.
 *
 * A private key is its seed of 32 octets. What libraries disagree on (small order, cofactor) is as
 * OpenSSL has it: no replica's state hangs on it.
 */
#ifndef JUMIN_HOST_OPENSSL_ED25519_H
#define JUMIN_HOST_OPENSSL_ED25519_H

#include "jumin/crypto.h"

/** Once, before threads are started; jm_openssl_init() does. @retval JM_E_UNAVAILABLE the library
 * has none */
JM_MUST_CHECK enum jm_status jm_ed25519_init(void);
/** From the library's private randomness. @retval JM_E_UNAVAILABLE @p seed is zero then */
JM_MUST_CHECK enum jm_status jm_ed25519_new(struct jm_secret32 *seed);
/** @retval JM_E_UNAVAILABLE no memory */
JM_MUST_CHECK enum jm_status jm_ed25519_public(uint8_t out[JM_ED25519_KEY_LEN],
                                               const struct jm_secret32 *seed);
/** @retval JM_E_UNAVAILABLE no memory; @p sig is none then */
JM_MUST_CHECK enum jm_status jm_ed25519_sign(struct jm_sig *sig, const struct jm_secret32 *seed,
                                             struct jm_bytes data);
/** @retval JM_OK | JM_E_SIGNATURE | JM_E_MALFORMED not 32 octets of a key | JM_E_UNAVAILABLE */
JM_MUST_CHECK enum jm_status jm_ed25519_verify(struct jm_bytes key, struct jm_bytes data,
                                               struct jm_bytes sig);

#endif
