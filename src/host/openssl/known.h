/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file known.h  Room: host/openssl. Signatures of keys that come again and again.
 *
 * Half of what a check costs is the multiple of the public key. For a key that signs a country's
 * cards a table of its multiples, made once, makes that as cheap as the multiple of the generator,
 * for which the library has one.
 *
 * Spec: FIPS 186-5 6.4.2
 */
#ifndef JUMIN_HOST_OPENSSL_KNOWN_H
#define JUMIN_HOST_OPENSSL_KNOWN_H

#include <openssl/ec.h>

#include "jumin/ask.h"

#define JM_KNOWN_EACH 16u  /* checks between two notes of a key */
#define JM_KNOWN_FROM 256u /* checks, of all threads; a table pays from 700 on */
#define JM_KNOWN_MAX 16u   /* keys that are counted, tables that a thread holds; each is 150 KiB */

/**
 * Notes that a signature of @p point, uncompressed and on the curve, was right @p uses times more.
 * Makes its table (20 ms) where it has come often enough. @return a group of the caller's, whose
 * generator is the point and which shares the table, or null: none yet, none any more, or @p curve
 * is of a method that has no use for tables (other than nistz256). Thread-safe.
 */
EC_GROUP *jm_known_key(const uint8_t point[65], unsigned uses, const EC_GROUP *curve);

/** ECDSA with SHA-256 by such a group: as EVP_PKEY_verify() has it. @p sig: r ‖ s. @retval JM_OK |
 * JM_E_SIGNATURE | JM_E_UNAVAILABLE no memory */
JM_MUST_CHECK enum jm_status jm_known_verify(const EC_GROUP *curve, const EC_GROUP *by,
                                             const uint8_t digest[32], const uint8_t sig[64]);

#endif
