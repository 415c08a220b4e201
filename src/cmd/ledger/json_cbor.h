/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file json_cbor.h  Room: cmd. JSON that a person wrote, as the deterministic CBOR of a
 * transaction's body: numbers not below zero, texts, true and false, arrays; an object whose names
 * are all numbers has numbers as keys; `"h'00ff'"` is octets, `"b64'…'"` base64.
 */
#ifndef JUMIN_CMD_LEDGER_JSON_CBOR_H
#define JUMIN_CMD_LEDGER_JSON_CBOR_H

#include "jumin/json.h"

/** @retval JM_OK | JM_E_MALFORMED what cannot be said so | JM_E_NO_SPACE */
JM_MUST_CHECK enum jm_status jm_json_to_cbor(struct jm_bytes *out, const struct jm_json *tree,
                                             struct jm_arena *mem);

#endif
