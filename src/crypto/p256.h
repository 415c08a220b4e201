/* SPDX-License-Identifier: Apache-2.0 */
/** @file p256.h  Room: crypto, private. Points of P-256 in plain C: the portable port's. */
#ifndef JUMIN_CRYPTO_P256_H
#define JUMIN_CRYPTO_P256_H

#include "jumin/crypto.h"

extern const struct jm_ec_map jm_portable_ec_map;

#endif
