/* SPDX-License-Identifier: Apache-2.0 */
/** @file store.h  Room: service/verification. Rows of transactions and service keys, implemented in
 * host/store/verification.c. */
#ifndef JUMIN_SERVICE_VERIFICATION_STORE_H
#define JUMIN_SERVICE_VERIFICATION_STORE_H

#include "service/verification/verification.h"

JM_MUST_CHECK enum jm_status jm_verification_store_add(struct jm_tx *tx,
                                                       const struct jm_transaction *t);
/** @retval JM_E_ABSENT there is none */
JM_MUST_CHECK enum jm_status jm_verification_store_by_request(struct jm_tx *tx,
                                                              struct jm_bytes request,
                                                              struct jm_transaction *out,
                                                              struct jm_arena *mem);
JM_MUST_CHECK enum jm_status jm_verification_store_by_id(struct jm_tx *tx, const struct jm_id *id,
                                                         struct jm_transaction *out,
                                                         struct jm_arena *mem);
/** REQUESTED → FETCHED; a request that was fetched before stays so. */
JM_MUST_CHECK enum jm_status jm_verification_store_fetched(struct jm_tx *tx,
                                                           const struct jm_id *id);
/** One answer that could not be read. @p tries: how many now. @retval JM_E_CONFLICT it is open no
 * more */
JM_MUST_CHECK enum jm_status jm_verification_store_junk(struct jm_tx *tx, const struct jm_id *id,
                                                        int64_t *tries);
/** Open and not expired → ANSWERED by what has this hash; key, nonce and request object are
 * destroyed. @retval JM_E_CONFLICT it is in another state */
JM_MUST_CHECK enum jm_status jm_verification_store_take(struct jm_tx *tx, const struct jm_id *id,
                                                        const uint8_t answer[32]);
/** Open → @p to (CANCELLED, REJECTED), the rest as above. @retval JM_E_CONFLICT it is in another
 * state */
JM_MUST_CHECK enum jm_status jm_verification_store_end(struct jm_tx *tx, const struct jm_id *id,
                                                       enum jm_vstate to, struct jm_bytes report);
/** A word that anybody who saw the QR could have said: state and report, but key and nonce stay,
 * and an answer may still come. */
JM_MUST_CHECK enum jm_status jm_verification_store_told(struct jm_tx *tx, const struct jm_id *id,
                                                        enum jm_vstate to, struct jm_bytes report);
/** ANSWERED → @p to. @retval JM_E_CONFLICT it is in another state */
JM_MUST_CHECK enum jm_status jm_verification_store_decide(struct jm_tx *tx, const struct jm_id *id,
                                                          enum jm_vstate to, struct jm_bytes report,
                                                          struct jm_bytes claims_sealed);
/** The claims are handed out: once. @retval JM_E_CONFLICT they were, or are too old */
JM_MUST_CHECK enum jm_status jm_verification_store_claims_taken(struct jm_tx *tx,
                                                                const struct jm_id *id);
JM_MUST_CHECK enum jm_status jm_verification_store_seen(struct jm_tx *tx, const uint8_t hash[32],
                                                        bool *seen);
JM_MUST_CHECK enum jm_status jm_verification_store_see(struct jm_tx *tx, const uint8_t hash[32],
                                                       int64_t until);
/** Open ones past their end → EXPIRED; ANSWERED ones that a broken process left behind → UNDECIDED
 * with @p report; old rows go. */
JM_MUST_CHECK enum jm_status jm_verification_store_sweep(struct jm_tx *tx, struct jm_bytes report);

JM_MUST_CHECK enum jm_status jm_verification_store_key_add(struct jm_tx *tx, const uint8_t hash[32],
                                                           struct jm_bytes service);
/** One key, or (@p hash null) all of a service. @retval JM_E_CONFLICT there was none */
JM_MUST_CHECK enum jm_status jm_verification_store_key_remove(struct jm_tx *tx, const uint8_t *hash,
                                                              struct jm_bytes service);
/** @retval JM_E_ABSENT there is none */
JM_MUST_CHECK enum jm_status jm_verification_store_key_find(struct jm_tx *tx,
                                                            const uint8_t hash[32],
                                                            struct jm_bytes *service,
                                                            struct jm_arena *mem);

#endif
