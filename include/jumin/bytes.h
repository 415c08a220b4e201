/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file bytes.h  Room: base. Views, rooms with a fill mark, checked sizes, comparison, wiping.
 */
#ifndef JUMIN_BYTES_H
#define JUMIN_BYTES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "jumin/status.h"

#define JM_KIB ((size_t)1024)
#define JM_MIB ((size_t)1024 * 1024)

/** A const view. Whoever returns one says what it points into. ptr may be null only when len is 0.
 */
struct jm_bytes {
    const uint8_t *ptr;
    size_t len;
};

/** Room owned by the caller, filled from the front. */
struct jm_buf {
    uint8_t *ptr;
    size_t cap;
    size_t len;
};

/** A 32-octet secret: wiped by whoever filled it, compared by jm_bytes_eq_ct, never formatted. */
struct jm_secret32 {
    uint8_t octets[32];
};

#define JM_BYTES(lit) ((struct jm_bytes){(const uint8_t *)("" lit ""), sizeof(lit) - 1})
#define JM_ARRAY_LEN(a) (sizeof(a) / sizeof((a)[0]))

static inline struct jm_bytes jm_bytes(const void *ptr, size_t len)
{
    struct jm_bytes b = {(const uint8_t *)ptr, len};
    return b;
}

static inline struct jm_bytes jm_none(void)
{
    struct jm_bytes b = {NULL, 0};
    return b;
}

static inline struct jm_bytes jm_written(struct jm_buf b)
{
    struct jm_bytes v = {b.ptr, b.len};
    return v;
}

static inline struct jm_buf jm_buf(void *ptr, size_t cap)
{
    struct jm_buf b = {(uint8_t *)ptr, cap, 0};
    return b;
}

/** View of a NUL-terminated string, without the NUL; null gives the empty view. */
struct jm_bytes jm_str(const char *s);
/** @p b from @p from on, at most @p len octets; clipped, never beyond. */
static inline struct jm_bytes jm_slice(struct jm_bytes b, size_t from, size_t len)
{
    if (from > b.len)
        from = b.len;
    if (len > b.len - from)
        len = b.len - from;
    return jm_bytes(b.ptr == NULL ? NULL : b.ptr + from, len);
}

/* Names of one length mostly differ in their last octet. */
static inline bool jm_bytes_eq(struct jm_bytes a, struct jm_bytes b)
{
    return a.len == b.len && (a.len == 0 || (a.ptr[a.len - 1] == b.ptr[b.len - 1] &&
                                             memcmp(a.ptr, b.ptr, a.len) == 0));
}
bool jm_bytes_eq_str(struct jm_bytes a, const char *s);
bool jm_bytes_starts(struct jm_bytes a, struct jm_bytes prefix);
/** ASCII: a capital as its small letter. */
static inline uint8_t jm_lower(uint8_t c)
{
    return c >= 'A' && c <= 'Z' ? (uint8_t)(c | 0x20) : c;
}
/** In any case of ASCII letters. */
bool jm_bytes_eq_nocase(struct jm_bytes a, struct jm_bytes b);
/** No control characters of ASCII. */
bool jm_bytes_printable(struct jm_bytes t);
/** Octet order; a prefix sorts first. */
int jm_bytes_cmp(struct jm_bytes a, struct jm_bytes b);
/** Time depends on the lengths only. */
bool jm_bytes_eq_ct(struct jm_bytes a, struct jm_bytes b);
/** Offset of the first @p octet at or behind @p from, or the length. */
size_t jm_bytes_until(struct jm_bytes t, size_t from, uint8_t octet);
/** Offset of @p needle in @p hay, or SIZE_MAX. */
size_t jm_bytes_find(struct jm_bytes hay, struct jm_bytes needle);

/** @retval JM_E_NO_SPACE nothing was written */
JM_MUST_CHECK static inline enum jm_status jm_buf_put(struct jm_buf *b, struct jm_bytes what)
{
    if (what.len > b->cap - b->len)
        return JM_E_NO_SPACE;
    if (what.len != 0)
        memcpy(b->ptr + b->len, what.ptr, what.len);
    b->len += what.len;
    return JM_OK;
}

/** Overwrites in a way that no optimiser removes. */
void jm_wipe(void *ptr, size_t len);

/** Strict UTF-8 (no surrogates, no overlong forms, up to U+10FFFF). Octet offset of the first fault
 * in @p at. */
bool jm_utf8_valid(struct jm_bytes text, size_t *at);

/** Decimal, no sign, no leading zero but "0" itself. */
JM_MUST_CHECK enum jm_status jm_parse_u64(uint64_t *out, struct jm_bytes digits);

static inline bool jm_add_ok(size_t a, size_t b, size_t *sum)
{
    *sum = a + b;
    return *sum >= a;
}

static inline bool jm_mul_ok(size_t a, size_t b, size_t *product)
{
    if (b != 0 && a > SIZE_MAX / b) {
        *product = 0;
        return false;
    }
    *product = a * b;
    return true;
}

static inline uint32_t jm_u32_be(const uint8_t *p)
{
    return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

static inline void jm_put_u32_be(uint8_t *p, uint32_t v)
{
    p[0] = (uint8_t)(v >> 24);
    p[1] = (uint8_t)(v >> 16);
    p[2] = (uint8_t)(v >> 8);
    p[3] = (uint8_t)v;
}

static inline void jm_put_u64_be(uint8_t *p, uint64_t v)
{
    jm_put_u32_be(p, (uint32_t)(v >> 32));
    jm_put_u32_be(p + 4, (uint32_t)v);
}

#endif
