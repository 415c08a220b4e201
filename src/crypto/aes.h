/* SPDX-License-Identifier: Apache-2.0 */
/** @file aes.h  Room: crypto, private. AES-CBC in plain C: the portable port's. */
#ifndef JUMIN_CRYPTO_AES_H
#define JUMIN_CRYPTO_AES_H

#include "jumin/crypto.h"

/** As struct jm_crypto has it. */
JM_MUST_CHECK enum jm_status jm_aes_cbc(bool encrypt, struct jm_bytes key,
                                        const uint8_t iv[JM_AES_BLOCK], uint8_t *data, size_t len);

#endif
