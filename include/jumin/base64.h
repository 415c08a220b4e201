/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file base64.h  Room: codec. base64url without padding, base64 with padding, hexadecimal: strict
 * both ways.
 *
 * Refused on reading: white space, padding where none belongs or is missing, non-zero trailing
 * bits, other alphabets. Spec: RFC 4648 3.5, 4, 5; spec/openid4vc.md 2
 */
#ifndef JUMIN_BASE64_H
#define JUMIN_BASE64_H

#include "jumin/arena.h"

#define JM_B64_LEN(n) (((n) * 4 + 2) / 3) /* characters of base64url for n octets */

/** Appends. @retval JM_E_NO_SPACE the room is too small */
JM_MUST_CHECK enum jm_status jm_b64url_put(struct jm_buf *out, struct jm_bytes octets);
JM_MUST_CHECK enum jm_status jm_b64_put(struct jm_buf *out, struct jm_bytes octets);
JM_MUST_CHECK enum jm_status jm_hex_put(struct jm_buf *out, struct jm_bytes octets);
/** Result lives in @p mem. @retval JM_E_MALFORMED | JM_E_NO_SPACE */
JM_MUST_CHECK enum jm_status jm_b64url_decode(struct jm_bytes *out, struct jm_arena *mem,
                                              struct jm_bytes text);
JM_MUST_CHECK enum jm_status jm_b64_decode(struct jm_bytes *out, struct jm_arena *mem,
                                           struct jm_bytes text);
/** Lower or upper case. */
JM_MUST_CHECK enum jm_status jm_hex_decode(struct jm_bytes *out, struct jm_arena *mem,
                                           struct jm_bytes text);
JM_MUST_CHECK enum jm_status jm_b64url_encode(struct jm_bytes *out, struct jm_arena *mem,
                                              struct jm_bytes octets);
JM_MUST_CHECK enum jm_status jm_hex_encode(struct jm_bytes *out, struct jm_arena *mem,
                                           struct jm_bytes octets);
/** Exactly @p len octets, else JM_E_MALFORMED; @p out wiped then. */
JM_MUST_CHECK enum jm_status jm_b64url_exact(uint8_t *out, size_t len, struct jm_bytes text);

#endif
