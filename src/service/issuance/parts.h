/* SPDX-License-Identifier: Apache-2.0 */
/** @file parts.h  Room: service/issuance. What its own files share. Rows: rows.c. */
#ifndef JUMIN_SERVICE_ISSUANCE_PARTS_H
#define JUMIN_SERVICE_ISSUANCE_PARTS_H

#include "service/issuance/issuance.h"
#include "service/signer.h"

/** Keyed MAC of a match code of one case. @retval JM_E_MALFORMED not six octets */
JM_MUST_CHECK enum jm_status jm_match_code_mac(uint8_t out[32], const struct jm_env *env,
                                               const struct jm_id *c, struct jm_bytes digits);
/** XXXXX-XXXXX-XXXXX-XXXXX-C and a NUL. */
JM_MUST_CHECK enum jm_status jm_loss_code_new(char out[26], const struct jm_env *env);
JM_MUST_CHECK enum jm_status jm_sign_one(const struct jm_env *env, enum jm_purpose purpose,
                                         struct jm_bytes octets, struct jm_sig *sig);

/* -- rows -- */

enum { JM_TOKEN_ACCESS = 1, JM_TOKEN_REFRESH = 2 };

JM_MUST_CHECK enum jm_status jm_token_rows_add(struct jm_tx *tx, int kind, const uint8_t hash[32],
                                               const struct jm_grant *g, int64_t expires);
JM_MUST_CHECK enum jm_status jm_token_rows_find(struct jm_tx *tx, int kind, const uint8_t hash[32],
                                                struct jm_grant *out, struct jm_arena *mem);
/** Tokens of a case that has no card yet are gone: others take their place. */
JM_MUST_CHECK enum jm_status jm_token_rows_replace(struct jm_tx *tx, const struct jm_id *desk_case);
/** Tokens of the case become those of its card. */
JM_MUST_CHECK enum jm_status jm_token_rows_adopt(struct jm_tx *tx, const struct jm_id *desk_case,
                                                 const struct jm_id *card);
/** A refresh token that was used lives on until @p expires. */
JM_MUST_CHECK enum jm_status jm_token_rows_prolong(struct jm_tx *tx, const uint8_t hash[32],
                                                   int64_t expires);
/** Tokens past their time are gone. */
JM_MUST_CHECK enum jm_status jm_token_rows_sweep(struct jm_tx *tx, int64_t now);

#endif
