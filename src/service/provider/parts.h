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

/** It was in use now. */
JM_MUST_CHECK enum jm_status jm_instance_rows_touch(struct jm_tx *tx, const uint8_t jkt[32]);

/* -- PINs -- */

struct jm_pin_row {
    struct jm_id id;
    uint8_t jkt[32], auth[32], salt[32];
    struct jm_point point;
    bool open; /* it has its salt */
    int64_t tries, next;
};
/** Beside the one that the instance has, in the place of another new one. */
JM_MUST_CHECK enum jm_status jm_pin_rows_set(struct jm_tx *tx, const struct jm_pin_row *row);
/** @retval JM_E_ABSENT no such PIN */
JM_MUST_CHECK enum jm_status jm_pin_rows_find(struct jm_tx *tx, struct jm_pin_row *out,
                                              const struct jm_id *id, bool *withdrawn);
/** @p open false: the salt goes. */
JM_MUST_CHECK enum jm_status jm_pin_rows_count(struct jm_tx *tx, const struct jm_id *id,
                                               int64_t tries, int64_t next, bool open);
/** It opened: it is the instance's one PIN, and its count falls back. */
JM_MUST_CHECK enum jm_status jm_pin_rows_right(struct jm_tx *tx, const struct jm_pin_row *row);
/** PINs of instances that are gone or withdrawn go. */
JM_MUST_CHECK enum jm_status jm_pin_rows_sweep(struct jm_tx *tx);

#endif
