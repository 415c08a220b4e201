/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file devices.h  Room: service/devices. One registered phone per person.
 *
 * A device is one wallet instance of one person, known by the thumbprint of its instance key. Spec:
 * spec/domain.md D-030, D-240, D-180 (1)
 */
#ifndef JUMIN_SERVICE_DEVICES_H
#define JUMIN_SERVICE_DEVICES_H

#include "jumin/arena.h"
#include "service/env.h"

enum jm_device_state { JM_DEVICE_OPEN = 1, JM_DEVICE_CLOSED = 2 };

struct jm_device {
    struct jm_id id, person;
    uint8_t jkt[32];
    int64_t level;
    enum jm_device_state state;
    int64_t counter; /* of its last refresh: D-244; 0: it does not count */
    int64_t nth;     /* jm_nth_of(), or 0: the person's only one; to add alone */
};

/** Tells phones of one test person apart, and cards on them; not 0. */
int64_t jm_nth_of(const struct jm_id *device);

JM_MUST_CHECK enum jm_status jm_device_in(struct jm_tx *tx, const struct jm_id *id,
                                          struct jm_device *out);
/** The person's open device. @retval JM_E_ABSENT there is none */
JM_MUST_CHECK enum jm_status jm_device_open_of(struct jm_tx *tx, const struct jm_id *person,
                                               struct jm_device *out);
/** The open device with that instance key. @retval JM_E_ABSENT there is none */
JM_MUST_CHECK enum jm_status jm_device_of_key(struct jm_tx *tx, const uint8_t jkt[32],
                                              struct jm_device *out);
JM_MUST_CHECK enum jm_status jm_device_add_in(struct jm_tx *tx, const struct jm_device *d);
/** Is or was this the instance key of anybody's device? */
JM_MUST_CHECK enum jm_status jm_device_key_known_in(struct jm_tx *tx, const uint8_t jkt[32],
                                                    bool *known);
/** @retval JM_E_CONFLICT not open */
JM_MUST_CHECK enum jm_status jm_device_close_in(struct jm_tx *tx, const struct jm_id *id);
/** Compare and set of the counter. @retval JM_E_CONFLICT it moved on */
JM_MUST_CHECK enum jm_status jm_device_count_in(struct jm_tx *tx, const struct jm_id *id,
                                                int64_t from, int64_t to);

#endif
