/* SPDX-License-Identifier: Apache-2.0 */
/** @file parts.h  Room: service/status, private: its rows (rows.c). */
#ifndef JUMIN_SERVICE_STATUS_PARTS_H
#define JUMIN_SERVICE_STATUS_PARTS_H

#include "service/status/status.h"

/** The first shard behind all that are closed, and the number behind all that there are. */
JM_MUST_CHECK enum jm_status jm_status_rows_first_open(struct jm_tx *tx, uint32_t *first);
JM_MUST_CHECK enum jm_status jm_status_rows_next_shard(struct jm_tx *tx, uint32_t *next);
JM_MUST_CHECK enum jm_status jm_status_rows_close(struct jm_tx *tx, uint32_t below);
/** Burns and ends one index. @p fresh: it was not INVALID before */
JM_MUST_CHECK enum jm_status jm_status_rows_set(struct jm_tx *tx, struct jm_index at, bool *fresh);
/** The card whose copy, not a stale one, has this index. @retval JM_E_ABSENT there is none */
JM_MUST_CHECK enum jm_status jm_status_rows_card_at(struct jm_tx *tx, struct jm_index at,
                                                    struct jm_id *card);
JM_MUST_CHECK enum jm_status jm_status_rows_dirty(struct jm_tx *tx, uint32_t shard);
/** @p taken: false when the index was burnt before. */
JM_MUST_CHECK enum jm_status jm_status_rows_burn(struct jm_tx *tx, struct jm_index at, bool *taken);
JM_MUST_CHECK enum jm_status jm_status_rows_open_shard(struct jm_tx *tx, uint32_t shard);
JM_MUST_CHECK enum jm_status jm_status_rows_copy(struct jm_tx *tx, const struct jm_copy_row *c);
JM_MUST_CHECK enum jm_status jm_status_rows_key_known(struct jm_tx *tx, const uint8_t jkt[32],
                                                      bool *known);
/** @p stale: only those that are marked so. */
JM_MUST_CHECK enum jm_status jm_status_rows_invalidate(struct jm_tx *tx, const struct jm_id *card,
                                                       bool stale);
JM_MUST_CHECK enum jm_status jm_status_rows_stale(struct jm_tx *tx, const struct jm_id *card);
typedef void jm_index_each(void *ctx, uint32_t idx);
JM_MUST_CHECK enum jm_status jm_status_rows_invalid(struct jm_tx *tx, uint32_t shard,
                                                    jm_index_each *each, void *ctx);
/** Shards that are dirty or were published before @p older_than; at most @p max. */
JM_MUST_CHECK enum jm_status jm_status_rows_due(struct jm_tx *tx, int64_t older_than,
                                                uint32_t *shard, int64_t *dirty, size_t max,
                                                size_t *n);
/** Clean, unless it became dirtier than @p dirty meanwhile. */
JM_MUST_CHECK enum jm_status jm_status_rows_published(struct jm_tx *tx, uint32_t shard,
                                                      int64_t dirty, int64_t at);

#endif
