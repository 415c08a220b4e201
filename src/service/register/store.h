/* SPDX-License-Identifier: Apache-2.0 */
/** @file store.h  Room: service/register. Its rows, implemented in host/store/register.c. */
#ifndef JUMIN_SERVICE_REGISTER_STORE_H
#define JUMIN_SERVICE_REGISTER_STORE_H

#include "service/register/register.h"

JM_MUST_CHECK enum jm_status jm_register_store_person(struct jm_tx *tx, const struct jm_id *id, struct jm_person *out, struct jm_arena *mem);
JM_MUST_CHECK enum jm_status jm_register_store_plastic_cas(struct jm_tx *tx, struct jm_bytes serial, enum jm_plastic_state from,
                                                           enum jm_plastic_state to);

#endif
