/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Typed reading of one value of a map that was judged. The status sticks: after the first fault
 * every call gives nothing. Private to the ledger room.
 */
#ifndef JM_LEDGER_GET_H
#define JM_LEDGER_GET_H

#include "jumin/cbor.h"
#include "jumin/trust.h"

/* The value as it is encoded. */
struct jm_bytes jm_get_raw(struct jm_bytes map, int64_t key, enum jm_status *st);
/* A reader in front of it, failed where there is none. */
struct jm_cbor jm_get_at(struct jm_bytes map, int64_t key, enum jm_status *st);
uint64_t jm_get_uint(struct jm_bytes map, int64_t key, enum jm_status *st);
int64_t jm_get_time(struct jm_bytes map, int64_t key, enum jm_status *st);
struct jm_bytes jm_get_string(struct jm_bytes map, int64_t key, bool text, enum jm_status *st);
bool jm_get_bool(struct jm_bytes map, int64_t key, enum jm_status *st);
struct jm_i18n jm_get_i18n(struct jm_bytes map, int64_t key, enum jm_status *st);

#endif
