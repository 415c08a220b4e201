/* SPDX-License-Identifier: Apache-2.0 */
/** @file store.h  Room: service/provider. Rows of wallet instances, implemented in
 * host/store/provider.c. */
#ifndef JUMIN_SERVICE_PROVIDER_STORE_H
#define JUMIN_SERVICE_PROVIDER_STORE_H

#include "service/env.h"

/** Notes the instance; @p withdrawn: it may not be attested any more. */
JM_MUST_CHECK enum jm_status jm_instance_store_see(struct jm_tx *tx, const uint8_t jkt[32],
                                                   struct jm_bytes platform, bool *withdrawn);
/** Ends rows that are not withdrawn: unseen since @p unseen, or seen once, before @p once. */
JM_MUST_CHECK enum jm_status jm_instance_store_sweep(struct jm_tx *tx, int64_t once,
                                                     int64_t unseen);
JM_MUST_CHECK enum jm_status jm_instance_store_withdraw(struct jm_tx *tx, const uint8_t jkt[32]);

#endif
