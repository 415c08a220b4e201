/* SPDX-License-Identifier: Apache-2.0 */
/** @file inflate.h  Room: crypto, private. zlib in plain C: the portable port's. */
#ifndef JUMIN_CRYPTO_INFLATE_H
#define JUMIN_CRYPTO_INFLATE_H

#include "jumin/crypto.h"

/** As struct jm_crypto has it. */
JM_MUST_CHECK enum jm_status jm_inflate(struct jm_bytes in, struct jm_buf *out);

#endif
