/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The ordered map, and a block's view of it: what the block changed, else what is committed.
 * Private to the ledger room.
 */
#ifndef JM_LEDGER_STATE_H
#define JM_LEDGER_STATE_H

#include "jumin/ledger.h"
#include "jumin/trust.h"

#define JM_STATE_KEY_MAX 192

/** @p key and @p value are kept as views. @retval JM_OK | JM_E_NO_SPACE */
JM_MUST_CHECK enum jm_status jm_map_put(struct jm_state_map *m, struct jm_bytes key,
                                        struct jm_bytes value, struct jm_arena *mem);
/** Where @p key stands, or would. */
size_t jm_map_at(const struct jm_state_map *m, struct jm_bytes key);

/** Two maps in their order, the upper one before the lower; what it takes away is left out. */
struct jm_map_walk {
    const struct jm_state_map *upper, *lower;
    size_t u, l;
};
/** The next row, or null. */
const struct jm_state_row *jm_map_next(struct jm_map_walk *w);
/** Begins at the first key not before @p from. */
struct jm_map_walk jm_map_walk_from(const struct jm_state_map *upper,
                                    const struct jm_state_map *lower, struct jm_bytes from);

/** The value that a block sees; a null view: there is none. */
struct jm_bytes jm_block_value(const struct jm_block *b, struct jm_bytes key);
/** Copies both. */
JM_MUST_CHECK enum jm_status jm_block_set(struct jm_block *b, struct jm_bytes key,
                                          struct jm_bytes value);
/** The actor of a key; null: nobody's. */
struct jm_bytes jm_block_key_owner(const struct jm_block *b, const uint8_t kid[JM_KID_LEN]);
JM_MUST_CHECK enum jm_status jm_block_own_key(struct jm_block *b, const uint8_t kid[JM_KID_LEN],
                                              struct jm_bytes actor);

/** A record, read. All zero: there is none. */
struct jm_state_record {
    uint64_t rev, state, reason, created, updated;
    struct jm_bytes body, octets;
};
void jm_record_read(struct jm_state_record *out, struct jm_bytes octets);
/** The record PREFIX id, or one that is none. */
void jm_block_record(struct jm_state_record *out, const struct jm_block *b, const char *prefix,
                     struct jm_bytes id);
JM_MUST_CHECK enum jm_status jm_block_put_record(struct jm_block *b, struct jm_bytes key,
                                                 const struct jm_state_record *r);

/** Members of a body that was judged: no faults any more. */
uint64_t jm_body_uint(struct jm_bytes body, int64_t key);
struct jm_bytes jm_body_text(struct jm_bytes body, int64_t key);
struct jm_bytes jm_body_bytes(struct jm_bytes body, int64_t key);
bool jm_body_has(struct jm_bytes body, int64_t key);
/** The member as it is encoded, or null. */
struct jm_bytes jm_body_raw(struct jm_bytes body, int64_t key);
/** A reader behind an array's head; @p n elements follow. */
struct jm_cbor jm_body_list_at(struct jm_bytes body, int64_t key, size_t *n);

#endif
