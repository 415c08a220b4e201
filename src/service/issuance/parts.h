/* SPDX-License-Identifier: Apache-2.0 */
/** @file parts.h  Room: service/issuance. What its own files share. */
#ifndef JUMIN_SERVICE_ISSUANCE_PARTS_H
#define JUMIN_SERVICE_ISSUANCE_PARTS_H

#include "service/issuance/issuance.h"
#include "service/signer.h"

/** Keyed MAC of a match code of one case. @retval JM_E_MALFORMED not six octets */
JM_MUST_CHECK enum jm_status jm_tx_code_mac(uint8_t out[32], const struct jm_env *env,
                                            const struct jm_id *c, struct jm_bytes digits);
/** XXXXX-XXXXX-XXXXX-XXXXX-C and a NUL. */
JM_MUST_CHECK enum jm_status jm_loss_code_new(char out[26], const struct jm_env *env);
JM_MUST_CHECK enum jm_status jm_sign_one(const struct jm_env *env, enum jm_purpose purpose,
                                         struct jm_bytes octets, uint8_t sig[JM_SIG_LEN]);

#endif
