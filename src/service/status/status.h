/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file status.h  Room: service/status. Indices of copies, burnt before they are handed out, and
 * the lists that say which hold.
 *
 * A list has 2^20 entries whatever is issued. An index is a row from the moment it is burnt, and
 * for ever; what was burnt and not handed out when a process ends is lost on purpose. Bits are only
 * ever set. Lists are built from rows alone: twice from the same rows gives the same octets.
 *
 * Spec: spec/domain.md D-175, D-180 (3, 5, 12), D-185, D-186; spec/ledger.md 13
 */
#ifndef JUMIN_SERVICE_STATUS_H
#define JUMIN_SERVICE_STATUS_H

#include <stdatomic.h>

#include "jumin/code.h"
#include "jumin/statuslist.h"
#include "service/env.h"

#define JM_LIST_LOG2 20
#define JM_LIST_ENTRIES (1u << JM_LIST_LOG2)
#define JM_LIST_RAW_LEN (JM_LIST_ENTRIES / 8)
#define JM_POOL_MAX 1024
#define JM_POOL_LOW 256
#define JM_STATUS_RESIGN_S (6 * 3600) /* tokens older than this are signed again */

struct jm_index {
    uint32_t shard, idx;
};

/** In the issuer's memory: burnt indices that wait to be handed out, in random order. */
struct jm_status_pool {
    atomic_flag busy;
    struct jm_index item[JM_POOL_MAX];
    size_t n;
    uint32_t open_shards;
};

void jm_status_pool_init(struct jm_status_pool *pool, uint32_t open_shards);
/** A uniform index over @p shards × 2^20 from 8 random octets; false: draw again. */
bool jm_status_draw(struct jm_index *out, const uint8_t random[8], uint32_t shards);
/** @p n indices, burning more first where too few are left. Not inside a transaction. */
JM_MUST_CHECK enum jm_status jm_status_take(struct jm_status_pool *pool, const struct jm_env *env,
                                            struct jm_index *out, size_t n);

struct jm_copy_row {
    struct jm_id card;
    int64_t fmt; /* enum jm_fmt */
    struct jm_index at;
    uint8_t jkt[32];
    int64_t issued, until;
    const uint8_t *batch; /* 32 octets: hash of its notification_id; null: of none */
};
/** Are there copies of that batch, and are they the card's? */
JM_MUST_CHECK enum jm_status jm_copies_of_batch_in(struct jm_tx *tx, const struct jm_id *card,
                                                   const uint8_t batch[32], bool *known);
/** They are INVALID, for good; touched shards are dirty then. */
JM_MUST_CHECK enum jm_status jm_copies_batch_over_in(struct jm_tx *tx, const uint8_t batch[32]);
JM_MUST_CHECK enum jm_status jm_copy_add_in(struct jm_tx *tx, const struct jm_copy_row *c);
/** Was a copy ever bound to the key with this thumbprint? */
JM_MUST_CHECK enum jm_status jm_copy_key_known_in(struct jm_tx *tx, const uint8_t jkt[32],
                                                  bool *known);
/** Every copy of the card INVALID, for good; touched shards are dirty then. */
JM_MUST_CHECK enum jm_status jm_copies_invalidate_in(struct jm_tx *tx, const struct jm_id *card);

/** The copies that exist now show what is no longer true; their bits stay as they are. */
JM_MUST_CHECK enum jm_status jm_copies_stale_in(struct jm_tx *tx, const struct jm_id *card);
/** The stale copies of the card INVALID, for good; touched shards are dirty then. */
JM_MUST_CHECK enum jm_status jm_copies_stale_over_in(struct jm_tx *tx, const struct jm_id *card);

/** Where built lists go, and what they are signed as. */
struct jm_publication {
    struct jm_bytes prefix;     /* uri = prefix + shard number */
    const struct jm_bytes *x5c; /* status signer's chain */
    size_t n_x5c;
    int64_t ttl, exp;
    /* whole and at once, or not */
    enum jm_status (*put)(void *ctx, uint32_t shard, bool cwt, struct jm_bytes token);
    /* the JWT as it stands published; JM_E_ABSENT: none */
    enum jm_status (*get)(void *ctx, uint32_t shard, struct jm_bytes *token, struct jm_arena *mem);
    void *ctx;
};
/**
 * Builds, signs and puts every dirty or old shard, each after what stands published was read: a
 * list is never replaced by one that knows fewer INVALID bits (D-458). The other shards go on; the
 * first refusal is returned. @p n_published, if given.
 * @retval JM_E_DENIED JM_STATUS_AHEAD the published list has a bit that this store does not know:
 * it is older than what it published | JM_STATUS_UNREADABLE what stands there is no list of ours
 */
JM_MUST_CHECK enum jm_status jm_status_publish(const struct jm_env *env,
                                               const struct jm_publication *p, size_t *n_published,
                                               struct jm_arena *mem, struct jm_diag *d);
/** The raw array of a published token of this publication, whose signature is ours; its end may
 * have passed.
 *  @retval JM_E_DENIED JM_STATUS_UNREADABLE */
JM_MUST_CHECK enum jm_status jm_status_published(uint8_t raw[JM_LIST_RAW_LEN],
                                                 const struct jm_env *env,
                                                 const struct jm_publication *p, uint32_t shard,
                                                 struct jm_bytes token, struct jm_arena *mem,
                                                 struct jm_diag *d);

/** Told of each bit that was new, with the card whose live copy it is of; null: of none that this
 * store knows. */
typedef enum jm_status jm_merged(void *ctx, struct jm_tx *tx, const struct jm_id *card);
/** After a restore: every bit of @p raw is set in the rows too; bits only ever grow. */
JM_MUST_CHECK enum jm_status jm_status_merge_in(struct jm_tx *tx, uint32_t shard,
                                                const uint8_t raw[JM_LIST_RAW_LEN], jm_merged *each,
                                                void *ctx);
/** The first shard that copies to come stand in. */
JM_MUST_CHECK enum jm_status jm_status_first_open_in(struct jm_tx *tx, uint32_t *first);
/** No index below @p shard is given out any more: which of them were is not known. What is issued
 * there lives on. */
JM_MUST_CHECK enum jm_status jm_status_close_in(struct jm_tx *tx, uint32_t shard);
/** The raw array of a shard, from rows. */
JM_MUST_CHECK enum jm_status jm_status_raw_in(struct jm_tx *tx, uint32_t shard,
                                              uint8_t raw[JM_LIST_RAW_LEN]);

#endif
