/* SPDX-License-Identifier: Apache-2.0 */
/** @file store.h  Room: service/events. Its rows, implemented in host/store/events.c. */
#ifndef JUMIN_SERVICE_EVENTS_STORE_H
#define JUMIN_SERVICE_EVENTS_STORE_H

#include "service/events/events.h"

/** The hash of the event that came under this source and id. @retval JM_E_ABSENT there is none */
JM_MUST_CHECK enum jm_status jm_events_store_known(struct jm_tx *tx, struct jm_bytes source,
                                                   struct jm_bytes id, uint8_t hash[32]);
/** @p part: what of a person it is about; @p outcome by name. */
JM_MUST_CHECK enum jm_status jm_events_store_add(struct jm_tx *tx, const struct jm_life_event *ev,
                                                 const uint8_t hash[32], const char *part,
                                                 const char *outcome);
/** When the latest event of that part took effect that was not late; INT64_MIN: none did. */
JM_MUST_CHECK enum jm_status jm_events_store_latest(struct jm_tx *tx, const struct jm_id *person,
                                                    const char *part, int64_t *effective);

#endif
