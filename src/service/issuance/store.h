/* SPDX-License-Identifier: Apache-2.0 */
/** @file store.h  Room: service/issuance. Token rows, implemented in host/store/issuance.c. */
#ifndef JUMIN_SERVICE_ISSUANCE_STORE_H
#define JUMIN_SERVICE_ISSUANCE_STORE_H

#include "service/issuance/issuance.h"

enum { JM_TOKEN_ACCESS = 1, JM_TOKEN_REFRESH = 2 };

JM_MUST_CHECK enum jm_status jm_token_store_add(struct jm_tx *tx, int kind, const uint8_t hash[32],
                                                const struct jm_grant *g, int64_t expires);
JM_MUST_CHECK enum jm_status jm_token_store_find(struct jm_tx *tx, int kind, const uint8_t hash[32],
                                                 struct jm_grant *out, struct jm_arena *mem);
/** Tokens of a case that has no card yet are gone: others take their place. */
JM_MUST_CHECK enum jm_status jm_token_store_replace(struct jm_tx *tx,
                                                    const struct jm_id *desk_case);
/** Tokens of the case become those of its card. */
JM_MUST_CHECK enum jm_status jm_token_store_adopt(struct jm_tx *tx, const struct jm_id *desk_case,
                                                  const struct jm_id *card);
/** A refresh token that was used lives on until @p expires. */
JM_MUST_CHECK enum jm_status jm_token_store_prolong(struct jm_tx *tx, const uint8_t hash[32],
                                                    int64_t expires);
/** Tokens past their time are gone. */
JM_MUST_CHECK enum jm_status jm_token_store_sweep(struct jm_tx *tx, int64_t now);

#endif
