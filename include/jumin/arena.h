/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file arena.h  Room: base. One arena per request or wallet operation, over memory of the caller.
 *
 * Nothing is freed but all at once. Reset wipes to the high-water mark, so that no secret outlives
 * its request. In AddressSanitizer builds the gaps and the unused tail are poisoned.
 */
#ifndef JUMIN_ARENA_H
#define JUMIN_ARENA_H

#include "jumin/bytes.h"

struct jm_arena {
    uint8_t *base;
    size_t cap;
    size_t used;
    size_t high;
};

void jm_arena_init(struct jm_arena *mem, void *room, size_t cap);
/** Wipes what was ever used and starts anew. Everything handed out is dead. */
void jm_arena_reset(struct jm_arena *mem);
/** Zeroed, aligned for any object; null when full or when @p n * @p size overflows. Zero octets
 * give a valid pointer. */
JM_MUST_CHECK void *jm_alloc(struct jm_arena *mem, size_t n, size_t size);
#define JM_NEW(mem, type) ((type *)jm_alloc((mem), 1, sizeof(type)))
#define JM_NEW_N(mem, type, n) ((type *)jm_alloc((mem), (n), sizeof(type)))

/** Mark and return to it: for scratch work inside a longer life. What was taken since is wiped. */
size_t jm_arena_mark(const struct jm_arena *mem);
void jm_arena_back(struct jm_arena *mem, size_t mark);

/** An empty room of @p cap octets, not zeroed. @retval JM_E_NO_SPACE the room is too small */
JM_MUST_CHECK enum jm_status jm_alloc_buf(struct jm_buf *out, struct jm_arena *mem, size_t cap);
/** A copy that lives in @p mem; one more octet, a NUL, follows the view. @retval JM_E_NO_SPACE the
 * room is too small */
JM_MUST_CHECK enum jm_status jm_dup(struct jm_bytes *out, struct jm_arena *mem,
                                    struct jm_bytes what);
/** The concatenation of @p n views, NUL after it. @retval JM_E_NO_SPACE the room is too small */
JM_MUST_CHECK enum jm_status jm_concat(struct jm_bytes *out, struct jm_arena *mem,
                                       const struct jm_bytes *parts, size_t n);
struct jm_diag;
/** The reason, out of an arena that is about to be wiped; without a reason where @p mem is full. */
void jm_diag_keep(struct jm_diag *d, struct jm_arena *mem);
/** The rest of the arena as a room; give back what was not used with jm_buf_keep(). Nothing else
 * may be taken from the arena before that: it would lie over the room. */
struct jm_buf jm_buf_begin(struct jm_arena *mem);
struct jm_bytes jm_buf_keep(struct jm_arena *mem, struct jm_buf b);

#endif
