/* SPDX-License-Identifier: Apache-2.0 */
/** @file store.h  Room: service/restore. Its rows, implemented in host/store/restore.c. */
#ifndef JUMIN_SERVICE_RESTORE_STORE_H
#define JUMIN_SERVICE_RESTORE_STORE_H

#include "service/restore/restore.h"

JM_MUST_CHECK enum jm_status jm_restore_store_add(struct jm_tx *tx, int64_t lost);
/** 0: never. */
JM_MUST_CHECK enum jm_status jm_restore_store_last(struct jm_tx *tx, int64_t *at);

#endif
