/* SPDX-License-Identifier: Apache-2.0 */
/** @file card_parts.h  Room: proto, private. What the files of the chip card share. */
#ifndef JUMIN_PROTO_CARD_PARTS_H
#define JUMIN_PROTO_CARD_PARTS_H

#include "jumin/card.h"

/* OID contents: id-PACE-ECDH-GM-AES-CBC-CMAC-128, id-CA-ECDH-AES-CBC-CMAC-128, id-PK-ECDH */
#define JM_OID_PACE JM_BYTES("\x04\x00\x7f\x00\x07\x02\x02\x04\x02\x02")
#define JM_OID_CA JM_BYTES("\x04\x00\x7f\x00\x07\x02\x02\x03\x02\x02")
#define JM_OID_PK_ECDH JM_BYTES("\x04\x00\x7f\x00\x07\x02\x02\x01\x02")

#define JM_CARD_STATUS_LEN 4 /* octets of a session's status */
#define JM_PACE_PARAMETER 12 /* P-256 among the standardized domain parameters */

enum { JM_INS_MSE = 0x22, JM_INS_RESET = 0x2C, JM_INS_AUTH = 0x86, JM_INS_SELECT = 0xA4 };
enum { JM_INS_READ = 0xB0, JM_INS_GET = 0xCA };

/** Appends one object: tag of an octet, shortest length, value. @retval JM_OK | JM_E_NO_SPACE */
JM_MUST_CHECK enum jm_status jm_card_put(struct jm_buf *out, unsigned tag, struct jm_bytes value);
/** Dynamic authentication data `7C { tag value }`; tag 0: empty. @retval JM_OK | JM_E_NO_SPACE */
JM_MUST_CHECK enum jm_status jm_card_put_template(struct jm_buf *out, unsigned tag,
                                                  struct jm_bytes value);
/** The one object of it. @retval JM_OK | JM_E_MALFORMED anything else */
JM_MUST_CHECK enum jm_status jm_card_template(struct jm_bytes *value, unsigned tag,
                                              struct jm_bytes in);
/** The CBOR that a file is, judged, with shortest heads. @retval JM_OK | JM_E_MALFORMED and kin |
 * JM_E_LIMIT */
JM_MUST_CHECK enum jm_status jm_card_cbor_of(struct jm_bytes *cbor, enum jm_card_ef ef,
                                             struct jm_bytes octets);
/** All tools of the port that the card needs. */
bool jm_card_can(const struct jm_crypto *c);
bool jm_card_is_password(struct jm_bytes digits, size_t len);

#endif
