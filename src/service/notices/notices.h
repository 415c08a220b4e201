/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file notices.h  Room: service/notices. What a person is told: a row per event and channel;
 * adapters carry it further.
 *
 * Spec: spec/domain.md D-270, D-423
 */
#ifndef JUMIN_SERVICE_NOTICES_H
#define JUMIN_SERVICE_NOTICES_H

#include "service/env.h"

/** Implemented in service/notices/rows.c. */
JM_MUST_CHECK enum jm_status jm_notice_in(struct jm_tx *tx, const struct jm_id *person,
                                          const char *kind, struct jm_bytes channel);

#endif
