/* SPDX-License-Identifier: Apache-2.0 */
#include "jumin/tile.h"

#define GROUPS_MAX 7 /* of three digits: what a u64 has */
#define BITS_OF_TILE 8

static bool tile_exists(const struct jm_tile *t)
{
    unsigned shift = BITS_OF_TILE * (t->level + 1u);

    return t->level <= (t->entries ? 0 : JM_TILE_LEVEL_MAX) && t->width >= 1 &&
           t->width <= JM_TILE_WIDTH && t->n <= (shift < 64 ? JM_LOG_SIZE_MAX >> shift : 0);
}

static enum jm_status put_decimal(struct jm_buf *out, unsigned v, unsigned digits)
{
    uint8_t text[8];

    for (unsigned i = 0; i < digits; i++, v /= 10)
        text[digits - 1 - i] = (uint8_t)('0' + v % 10);
    return jm_buf_put(out, jm_bytes(text, digits));
}

static enum jm_status put_small(struct jm_buf *out, unsigned v)
{
    return put_decimal(out, v, v < 10 ? 1 : v < 100 ? 2 : 3);
}

/* 1234067 is x001/x234/067. */
static enum jm_status put_groups(struct jm_buf *out, uint64_t n)
{
    unsigned group[GROUPS_MAX], k = 0;

    do {
        group[k++] = (unsigned)(n % 1000);
        n /= 1000;
    } while (n != 0);
    while (k > 1) {
        JM_TRY(jm_buf_put(out, JM_BYTES("x")));
        JM_TRY(put_decimal(out, group[--k], 3));
        JM_TRY(jm_buf_put(out, JM_BYTES("/")));
    }
    return put_decimal(out, group[0], 3);
}

enum jm_status jm_tile_path(struct jm_buf *out, const struct jm_tile *t)
{
    if (!tile_exists(t))
        return JM_E_RANGE;
    JM_TRY(jm_buf_put(out, JM_BYTES("tile/")));
    if (t->entries)
        JM_TRY(jm_buf_put(out, JM_BYTES("entries")));
    else
        JM_TRY(put_small(out, t->level));
    JM_TRY(jm_buf_put(out, JM_BYTES("/")));
    JM_TRY(put_groups(out, t->n));
    if (t->width == JM_TILE_WIDTH)
        return JM_OK;
    JM_TRY(jm_buf_put(out, JM_BYTES(".p/")));
    return put_small(out, t->width);
}

/* What may be a name; whether it is the one of its tile is seen by writing that. */
static enum jm_status read_path(struct jm_tile *out, struct jm_bytes path)
{
    size_t at = sizeof "tile/" - 1, end = jm_bytes_until(path, at, '/'), part;
    struct jm_bytes level = jm_slice(path, at, end - at);
    uint64_t v = 0;

    if (path.len > JM_TILE_PATH_MAX || !jm_bytes_starts(path, JM_BYTES("tile/")))
        return JM_E_MALFORMED;
    out->entries = jm_bytes_eq_str(level, "entries");
    if (!out->entries && (jm_parse_u64(&v, level) != JM_OK || v > JM_TILE_LEVEL_MAX))
        return JM_E_MALFORMED;
    out->level = (uint8_t)v;
    path = jm_slice(path, end + 1, SIZE_MAX);
    part = jm_bytes_find(path, JM_BYTES(".p/"));
    v = JM_TILE_WIDTH;
    if (part != SIZE_MAX &&
        (jm_parse_u64(&v, jm_slice(path, part + 3, SIZE_MAX)) != JM_OK || v >= JM_TILE_WIDTH))
        return JM_E_MALFORMED;
    out->width = (uint16_t)v;
    path = jm_slice(path, 0, part);
    for (size_t i = 0; i < path.len; i++) {
        if (path.ptr[i] == 'x' || path.ptr[i] == '/')
            continue;
        if (path.ptr[i] < '0' || path.ptr[i] > '9' || out->n > JM_LOG_SIZE_MAX / 10 - 1)
            return JM_E_MALFORMED;
        out->n = out->n * 10 + (uint64_t)(path.ptr[i] - '0');
    }
    return JM_OK;
}

enum jm_status jm_tile_parse(struct jm_tile *out, struct jm_bytes path)
{
    uint8_t room[JM_TILE_PATH_MAX];
    struct jm_buf again = jm_buf(room, sizeof room);
    struct jm_tile t = {0};

    memset(out, 0, sizeof *out);
    if (read_path(&t, path) != JM_OK || jm_tile_path(&again, &t) != JM_OK ||
        !jm_bytes_eq(jm_written(again), path))
        return JM_E_MALFORMED;
    *out = t;
    return JM_OK;
}

unsigned jm_tile_width(unsigned level, uint64_t n, uint64_t size)
{
    uint64_t hashes = level <= JM_TILE_LEVEL_MAX ? size >> BITS_OF_TILE * level : 0;

    if (n >= hashes / JM_TILE_WIDTH + 1 || hashes - n * JM_TILE_WIDTH == 0)
        return 0;
    hashes -= n * JM_TILE_WIDTH;
    return hashes < JM_TILE_WIDTH ? (unsigned)hashes : JM_TILE_WIDTH;
}

struct jm_tile_place jm_tile_place(unsigned level, uint64_t index)
{
    unsigned above = level % BITS_OF_TILE;
    uint64_t first = index << above;
    struct jm_tile_place p = {(uint8_t)(level / BITS_OF_TILE), first / JM_TILE_WIDTH,
                              (unsigned)(first % JM_TILE_WIDTH), 1u << above};

    return p;
}

enum jm_status jm_entry_put(struct jm_buf *out, struct jm_bytes entry)
{
    uint8_t head[2] = {(uint8_t)(entry.len >> 8), (uint8_t)entry.len};

    if (entry.len > JM_ENTRY_MAX)
        return JM_E_LIMIT;
    if (entry.len + sizeof head > out->cap - out->len)
        return JM_E_NO_SPACE;
    JM_TRY(jm_buf_put(out, jm_bytes(head, sizeof head)));
    return jm_buf_put(out, entry);
}

enum jm_status jm_entry_next(struct jm_bytes *out, struct jm_bytes *bundle)
{
    size_t len;

    *out = jm_none();
    if (bundle->len == 0)
        return JM_E_ABSENT;
    if (bundle->len < 2)
        return JM_E_TRUNCATED;
    len = (size_t)bundle->ptr[0] << 8 | bundle->ptr[1];
    if (len > bundle->len - 2)
        return JM_E_TRUNCATED;
    *out = jm_slice(*bundle, 2, len);
    *bundle = jm_slice(*bundle, 2 + len, SIZE_MAX);
    return JM_OK;
}
