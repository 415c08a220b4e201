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
JM_MUST_CHECK enum jm_status jm_case_rows_end(struct jm_tx *tx, const struct jm_id *id,
                                              enum jm_case_state from, enum jm_case_state to,
                                              const char *reason);

#endif
