/* SPDX-License-Identifier: Apache-2.0 */
/** @file store.h  Room: service/status. Its rows, implemented in host/store/status.c. */
#ifndef JUMIN_SERVICE_STATUS_STORE_H
#define JUMIN_SERVICE_STATUS_STORE_H

#include "service/status/status.h"

/** @p taken: false when the index was burnt before. */
JM_MUST_CHECK enum jm_status jm_status_store_burn(struct jm_tx *tx, struct jm_index at, bool *taken);
JM_MUST_CHECK enum jm_status jm_status_store_open_shard(struct jm_tx *tx, uint32_t shard);
JM_MUST_CHECK enum jm_status jm_status_store_burnt(struct jm_tx *tx, int64_t *n);
JM_MUST_CHECK enum jm_status jm_status_store_copy(struct jm_tx *tx, const struct jm_copy_row *c);
/** @p stale: only those that are marked so. */
JM_MUST_CHECK enum jm_status jm_status_store_invalidate(struct jm_tx *tx, const struct jm_id *card, bool stale);
JM_MUST_CHECK enum jm_status jm_status_store_stale(struct jm_tx *tx, const struct jm_id *card);
typedef void jm_index_each(void *ctx, uint32_t idx);
JM_MUST_CHECK enum jm_status jm_status_store_invalid(struct jm_tx *tx, uint32_t shard, jm_index_each *each, void *ctx);
/** Shards that are dirty or were published before @p older_than; at most @p max. */
JM_MUST_CHECK enum jm_status jm_status_store_due(struct jm_tx *tx, int64_t older_than, uint32_t *shard, int64_t *dirty, size_t max, size_t *n);
/** Clean, unless it became dirtier than @p dirty meanwhile. */
JM_MUST_CHECK enum jm_status jm_status_store_published(struct jm_tx *tx, uint32_t shard, int64_t dirty, int64_t at);

#endif
