/* SPDX-License-Identifier: Apache-2.0 */
/** @file functions.h  Room: host/openssl. What libcrypto gives of struct jm_crypto; see there. */
#ifndef JUMIN_HOST_OPENSSL_FUNCTIONS_H
#define JUMIN_HOST_OPENSSL_FUNCTIONS_H

#include "jumin/crypto.h"

enum jm_status jm_openssl_hash(enum jm_hash h, const struct jm_bytes *parts, size_t n,
                               uint8_t *out);
enum jm_status jm_openssl_hmac(enum jm_hash h, struct jm_bytes key, const struct jm_bytes *parts,
                               size_t n, uint8_t *out);
enum jm_status jm_openssl_seal(struct jm_bytes key, struct jm_bytes iv, struct jm_bytes aad,
                               struct jm_bytes in, struct jm_buf *out);
enum jm_status jm_openssl_open(struct jm_bytes key, struct jm_bytes iv, struct jm_bytes aad,
                               struct jm_bytes in, struct jm_buf *out);

enum jm_status jm_openssl_cbc(bool encrypt, struct jm_bytes key, const uint8_t iv[JM_AES_BLOCK],
                              uint8_t *data, size_t len);
extern const struct jm_ec_map jm_openssl_ec_map;
/** Once, before threads are started. */
JM_MUST_CHECK enum jm_status jm_openssl_ec_map_init(void);

#endif
