/* SPDX-License-Identifier: Apache-2.0 */
/** @file parts.h  Room: service/restore, private: its rows (rows.c). */
#ifndef JUMIN_SERVICE_RESTORE_PARTS_H
#define JUMIN_SERVICE_RESTORE_PARTS_H

#include "service/restore/restore.h"

JM_MUST_CHECK enum jm_status jm_restore_rows_add(struct jm_tx *tx, int64_t lost);
/** 0: never. */
JM_MUST_CHECK enum jm_status jm_restore_rows_last(struct jm_tx *tx, int64_t *at);

#endif
