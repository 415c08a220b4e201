/* SPDX-License-Identifier: Apache-2.0 */
#include "jumin/arena.h"
#include "base/sanitized.h"
#include "jumin/code.h"

#include <string.h>

#ifdef JM_SANITIZED
void __asan_poison_memory_region(void const volatile *addr, size_t size);
void __asan_unpoison_memory_region(void const volatile *addr, size_t size);
#define POISON(p, n) __asan_poison_memory_region((p), (n))
#define UNPOISON(p, n) __asan_unpoison_memory_region((p), (n))
#define GAP 16 /* a poisoned gap after each object */
/* whoever reads a room before he has written shows */
#define STAIN(p, n) ((void)memset((p), 0xA5, (n)))
#else
#define POISON(p, n) ((void)0)
#define UNPOISON(p, n) ((void)0)
#define GAP 0
#define STAIN(p, n) ((void)0)
#endif

#define ALIGN 16

void jm_arena_init(struct jm_arena *mem, void *room, size_t cap)
{
    size_t skew = (size_t)(-(uintptr_t)room) & (ALIGN - 1);

    mem->base = (uint8_t *)room;
    mem->cap = 0;
    mem->used = 0;
    mem->high = 0;
    if (room == NULL || cap < skew)
        return;
    mem->base = (uint8_t *)room + skew;
    mem->cap = cap - skew;
    POISON(mem->base, mem->cap);
}

void jm_arena_reset(struct jm_arena *mem)
{
    UNPOISON(mem->base, mem->cap);
    jm_wipe(mem->base, mem->high);
    POISON(mem->base, mem->cap);
    mem->used = 0;
    mem->high = 0;
}

/* As it lies there: for rooms that are filled before they are read. */
static void *take_octets(struct jm_arena *mem, size_t n, size_t size)
{
    size_t len, room;
    uint8_t *p;

    if (!jm_mul_ok(n, size, &len) || !jm_add_ok(len, GAP + ALIGN - 1, &room))
        return NULL;
    room &= ~(size_t)(ALIGN - 1);
    if (room > mem->cap - mem->used)
        return NULL;
    p = mem->base + mem->used;
    UNPOISON(p, len);
    STAIN(p, len);
    mem->used += room;
    if (mem->used > mem->high)
        mem->high = mem->used;
    return p;
}

void *jm_alloc(struct jm_arena *mem, size_t n, size_t size)
{
    void *p = take_octets(mem, n, size);

    if (p != NULL)
        memset(p, 0, n * size);
    return p;
}

size_t jm_arena_mark(const struct jm_arena *mem)
{
    return mem->used;
}

void jm_arena_back(struct jm_arena *mem, size_t mark)
{
    if (mark >= mem->used)
        return;
    UNPOISON(mem->base + mark, mem->used - mark);
    jm_wipe(mem->base + mark, mem->used - mark);
    POISON(mem->base + mark, mem->used - mark);
    mem->used = mark;
}

enum jm_status jm_alloc_buf(struct jm_buf *out, struct jm_arena *mem, size_t cap)
{
    uint8_t *p = take_octets(mem, cap, 1);

    *out = jm_buf(p, p == NULL ? 0 : cap);
    return p == NULL ? JM_E_NO_SPACE : JM_OK;
}

enum jm_status jm_concat(struct jm_bytes *out, struct jm_arena *mem, const struct jm_bytes *parts,
                         size_t n)
{
    size_t len = 1, at = 0;
    uint8_t *p;

    *out = jm_none();
    for (size_t i = 0; i < n; i++)
        if (!jm_add_ok(len, parts[i].len, &len))
            return JM_E_NO_SPACE;
    if ((p = take_octets(mem, len, 1)) == NULL)
        return JM_E_NO_SPACE;
    p[len - 1] = 0;
    for (size_t i = 0; i < n; i++) {
        if (parts[i].len != 0)
            memcpy(p + at, parts[i].ptr, parts[i].len);
        at += parts[i].len;
    }
    *out = jm_bytes(p, at);
    return JM_OK;
}

enum jm_status jm_dup(struct jm_bytes *out, struct jm_arena *mem, struct jm_bytes what)
{
    return jm_concat(out, mem, &what, 1);
}

void jm_diag_keep(struct jm_diag *d, struct jm_arena *mem)
{
    struct jm_bytes kept;

    if (d->detail.ptr == NULL)
        return;
    d->detail = jm_dup(&kept, mem, d->detail) == JM_OK ? kept : jm_none();
}

struct jm_buf jm_buf_begin(struct jm_arena *mem)
{
    UNPOISON(mem->base + mem->used, mem->cap - mem->used);
    return jm_buf(mem->base + mem->used, mem->cap - mem->used);
}

struct jm_bytes jm_buf_keep(struct jm_arena *mem, struct jm_buf b)
{
    size_t room = (b.len + GAP + ALIGN - 1) & ~(size_t)(ALIGN - 1);

    if (room > mem->cap - mem->used)
        room = mem->cap - mem->used;
    mem->used += room;
    if (mem->used > mem->high)
        mem->high = mem->used;
    POISON(mem->base + mem->used, mem->cap - mem->used);
    return jm_written(b);
}
