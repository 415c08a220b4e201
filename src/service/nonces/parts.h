/* SPDX-License-Identifier: Apache-2.0 */
/** @file parts.h  Room: service/nonces, private: its rows (rows.c). */
#ifndef JUMIN_SERVICE_NONCES_PARTS_H
#define JUMIN_SERVICE_NONCES_PARTS_H

#include "service/nonces/nonces.h"

/** @retval JM_E_CONFLICT it stands there */
JM_MUST_CHECK enum jm_status jm_spent_rows_add(struct jm_tx *tx, unsigned kind,
                                               struct jm_bytes hash, int64_t expires);
JM_MUST_CHECK enum jm_status jm_spent_rows_sweep(struct jm_tx *tx, int64_t now);

#endif
