/* SPDX-License-Identifier: Apache-2.0 */
#include "ledger/state.h"

#include "jumin/cbor.h"
#include "ledger/get.h"

#define ROWS_FIRST 64
#define RECORD_ROOM 64 /* octets of a record around its body */

/* -- the map -- */

size_t jm_map_at(const struct jm_state_map *m, struct jm_bytes key)
{
    size_t lo = 0, hi = m->n;

    while (lo < hi) {
        size_t mid = lo + (hi - lo) / 2;

        if (jm_bytes_cmp(m->row[mid].key, key) < 0)
            lo = mid + 1;
        else
            hi = mid;
    }
    return lo;
}

static const struct jm_state_row *row_of(const struct jm_state_map *m, struct jm_bytes key)
{
    size_t at = jm_map_at(m, key);

    return at < m->n && jm_bytes_eq(m->row[at].key, key) ? &m->row[at] : NULL;
}

enum jm_status jm_state_find(struct jm_bytes *value, size_t *at, const struct jm_state_map *m,
                             struct jm_bytes key)
{
    size_t i = jm_map_at(m, key);

    *value = jm_none();
    if (at != NULL)
        *at = i;
    if (i >= m->n || !jm_bytes_eq(m->row[i].key, key))
        return JM_E_ABSENT;
    *value = m->row[i].value;
    return JM_OK;
}

static enum jm_status make_room(struct jm_state_map *m, struct jm_arena *mem)
{
    struct jm_state_row *row;
    size_t cap = m->cap == 0 ? ROWS_FIRST : 2 * m->cap;

    if (m->n < m->cap)
        return JM_OK;
    if ((row = JM_NEW_N(mem, struct jm_state_row, cap)) == NULL)
        return JM_E_NO_SPACE;
    if (m->n != 0)
        memcpy(row, m->row, m->n * sizeof *row);
    m->row = row;
    m->cap = cap;
    return JM_OK;
}

enum jm_status jm_map_put(struct jm_state_map *m, struct jm_bytes key, struct jm_bytes value,
                          struct jm_arena *mem)
{
    size_t at = jm_map_at(m, key);

    if (at < m->n && jm_bytes_eq(m->row[at].key, key)) {
        m->row[at].value = value;
        return JM_OK;
    }
    JM_TRY(make_room(m, mem));
    memmove(&m->row[at + 1], &m->row[at], (m->n - at) * sizeof m->row[0]);
    m->row[at] = (struct jm_state_row){.key = key, .value = value};
    m->n++;
    return JM_OK;
}

struct jm_map_walk jm_map_walk_from(const struct jm_state_map *upper,
                                    const struct jm_state_map *lower, struct jm_bytes from)
{
    return (struct jm_map_walk){upper, lower, jm_map_at(upper, from), jm_map_at(lower, from)};
}

const struct jm_state_row *jm_map_next(struct jm_map_walk *w)
{
    for (;;) {
        const struct jm_state_row *u = w->u < w->upper->n ? &w->upper->row[w->u] : NULL;
        const struct jm_state_row *l = w->l < w->lower->n ? &w->lower->row[w->l] : NULL;
        int c;

        if (u == NULL && l == NULL)
            return NULL;
        c = u == NULL ? 1 : l == NULL ? -1 : jm_bytes_cmp(u->key, l->key);
        w->u += c <= 0;
        w->l += c >= 0;
        if (c > 0)
            return l;
        if (u->value.ptr != NULL)
            return u;
    }
}

/* -- a block's view -- */

struct jm_bytes jm_block_value(const struct jm_block *b, struct jm_bytes key)
{
    const struct jm_state_row *r = row_of(&b->state, key);

    if (r == NULL)
        r = row_of(&b->base->state, key);
    return r == NULL ? jm_none() : r->value;
}

static enum jm_status set_in(struct jm_block *b, struct jm_state_map *m, struct jm_bytes key,
                             struct jm_bytes value)
{
    struct jm_bytes v = jm_none();
    struct jm_bytes k;

    if (value.ptr != NULL)
        JM_TRY(jm_dup(&v, b->mem, value));
    JM_TRY(jm_dup(&k, b->mem, key));
    return jm_map_put(m, k, v, b->mem);
}

enum jm_status jm_block_set(struct jm_block *b, struct jm_bytes key, struct jm_bytes value)
{
    b->trust_changed = b->trust_changed || jm_trust_set_has(key);
    return set_in(b, &b->state, key, value);
}

struct jm_bytes jm_block_key_owner(const struct jm_block *b, const uint8_t kid[JM_KID_LEN])
{
    struct jm_bytes key = jm_bytes(kid, JM_KID_LEN);
    const struct jm_state_row *r = row_of(&b->keys, key);

    if (r == NULL)
        r = row_of(&b->base->keys, key);
    return r == NULL ? jm_none() : r->value;
}

enum jm_status jm_block_own_key(struct jm_block *b, const uint8_t kid[JM_KID_LEN],
                                struct jm_bytes actor)
{
    return set_in(b, &b->keys, jm_bytes(kid, JM_KID_LEN), actor);
}

/* -- records -- */

void jm_record_read(struct jm_state_record *out, struct jm_bytes octets)
{
    enum jm_status st = JM_OK;

    *out = (struct jm_state_record){0};
    if (octets.ptr == NULL)
        return;
    out->octets = octets;
    out->rev = jm_get_uint(octets, 0, &st);
    out->state = jm_get_uint(octets, 1, &st);
    out->reason = jm_get_uint(octets, 2, &st);
    out->created = jm_get_uint(octets, 3, &st);
    out->updated = jm_get_uint(octets, 4, &st);
    out->body = jm_get_raw(octets, 5, &st);
    if (st != JM_OK)
        *out = (struct jm_state_record){0};
}

void jm_block_record(struct jm_state_record *out, const struct jm_block *b, const char *prefix,
                     struct jm_bytes id)
{
    uint8_t room[JM_STATE_KEY_MAX];
    struct jm_buf k = jm_buf(room, sizeof room);

    *out = (struct jm_state_record){0};
    if (jm_buf_put(&k, jm_str(prefix)) == JM_OK && jm_buf_put(&k, id) == JM_OK)
        jm_record_read(out, jm_block_value(b, jm_written(k)));
}

static void put_member(struct jm_cbor_w *w, uint64_t key, uint64_t v)
{
    jm_cbor_w_uint(w, key);
    jm_cbor_w_uint(w, v);
}

enum jm_status jm_block_put_record(struct jm_block *b, struct jm_bytes key,
                                   const struct jm_state_record *r)
{
    struct jm_bytes k, v;
    struct jm_cbor_w w;
    struct jm_buf out;

    JM_TRY(jm_alloc_buf(&out, b->mem, r->body.len + RECORD_ROOM));
    jm_cbor_w_init(&w, &out);
    jm_cbor_w_map(&w, 6);
    put_member(&w, 0, r->rev);
    put_member(&w, 1, r->state);
    put_member(&w, 2, r->reason);
    put_member(&w, 3, r->created);
    put_member(&w, 4, r->updated);
    jm_cbor_w_uint(&w, 5);
    jm_cbor_w_raw(&w, r->body);
    JM_TRY(jm_cbor_w_end(&w));
    v = jm_written(out);
    JM_TRY(jm_dup(&k, b->mem, key));
    b->trust_changed = b->trust_changed || jm_trust_set_has(key);
    return jm_map_put(&b->state, k, v, b->mem);
}

uint64_t jm_body_uint(struct jm_bytes body, int64_t key)
{
    enum jm_status st = JM_OK;

    return jm_get_uint(body, key, &st);
}

struct jm_bytes jm_body_text(struct jm_bytes body, int64_t key)
{
    enum jm_status st = JM_OK;

    return jm_get_string(body, key, true, &st);
}

struct jm_bytes jm_body_bytes(struct jm_bytes body, int64_t key)
{
    enum jm_status st = JM_OK;

    return jm_get_string(body, key, false, &st);
}

struct jm_bytes jm_body_raw(struct jm_bytes body, int64_t key)
{
    enum jm_status st = JM_OK;
    struct jm_bytes v = jm_get_raw(body, key, &st);

    return st == JM_OK ? v : jm_none();
}

bool jm_body_has(struct jm_bytes body, int64_t key)
{
    return jm_body_raw(body, key).ptr != NULL;
}

struct jm_cbor jm_body_list_at(struct jm_bytes body, int64_t key, size_t *n)
{
    struct jm_cbor r;

    jm_cbor_init(&r, jm_body_raw(body, key));
    *n = jm_cbor_array(&r);
    return r;
}
