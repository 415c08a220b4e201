/* SPDX-License-Identifier: Apache-2.0 */
/** @file parts.h  Room: service/provider, private: its rows (rows.c). */
#ifndef JUMIN_SERVICE_PROVIDER_PARTS_H
#define JUMIN_SERVICE_PROVIDER_PARTS_H

#include "service/env.h"

enum jm_instance_state { JM_INSTANCE_KNOWN = 1, JM_INSTANCE_WITHDRAWN };

/** Notes the instance; @p withdrawn: it may not be attested any more. */
JM_MUST_CHECK enum jm_status jm_instance_rows_see(struct jm_tx *tx, const uint8_t jkt[32],
                                                  struct jm_bytes platform, bool *withdrawn);
/** Ends rows that are not withdrawn: unseen since @p unseen, or seen once, before @p once. */
JM_MUST_CHECK enum jm_status jm_instance_rows_sweep(struct jm_tx *tx, int64_t once, int64_t unseen);
/** Attested no more. @retval JM_E_CONFLICT no such instance */
JM_MUST_CHECK enum jm_status jm_instance_rows_withdraw(struct jm_tx *tx, const uint8_t jkt[32]);

#endif
