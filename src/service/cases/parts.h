/* SPDX-License-Identifier: Apache-2.0 */
/** @file parts.h  Room: service/cases, private: its rows (rows.c). */
#ifndef JUMIN_SERVICE_CASES_PARTS_H
#define JUMIN_SERVICE_CASES_PARTS_H

#include "service/cases/cases.h"

/** Only while nobody is bound. @retval JM_E_CONFLICT it is in another state */
JM_MUST_CHECK enum jm_status jm_case_rows_bind(struct jm_tx *tx, const struct jm_id *id,
                                               const uint8_t jkt[32], struct jm_bytes sign,
                                               int64_t case_by);
JM_MUST_CHECK enum jm_status jm_case_rows_try(struct jm_tx *tx, const struct jm_id *id,
                                              int64_t *tries);
/** The open case as it stands, past its time or not. */
JM_MUST_CHECK enum jm_status jm_case_rows_open_of(struct jm_tx *tx, const struct jm_id *person,
                                                  struct jm_case *out, struct jm_arena *mem);

#endif
