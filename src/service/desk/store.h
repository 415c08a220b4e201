/* SPDX-License-Identifier: Apache-2.0 */
/** @file store.h  Room: service/desk. Its rows, implemented in host/store/desk.c. */
#ifndef JUMIN_SERVICE_DESK_STORE_H
#define JUMIN_SERVICE_DESK_STORE_H

#include "service/staff/staff.h"

/** Wrong tries since @p since: of all clerks for this person, of this one (clerk or supervisor) for
 * this person, and of this one for anybody. */
struct jm_plastic_tries {
    int64_t clerks, own, all;
};
JM_MUST_CHECK enum jm_status jm_plastic_store_tries(struct jm_tx *tx, const struct jm_id *person,
                                                    struct jm_bytes staff, int64_t since,
                                                    struct jm_plastic_tries *out);
/** Notes one, and forgets those before @p since. */
JM_MUST_CHECK enum jm_status jm_plastic_store_try(struct jm_tx *tx, const struct jm_id *person,
                                                  const struct jm_staff *staff, int64_t since);
/** A supervisor had the card in hand: the person's are forgotten (the audit chain keeps them). */
JM_MUST_CHECK enum jm_status jm_plastic_store_clear(struct jm_tx *tx, const struct jm_id *person);

#endif
