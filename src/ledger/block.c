/* SPDX-License-Identifier: Apache-2.0 */
/* Blocks: an overlay begun, ended with its entries and roots, committed. */
#include "jumin/bundle.h"
#include "jumin/cbor.h"
#include "ledger/ltx_apply.h"

#define ENTRY_ROOM 192 /* octets of an entry around what it carries */
#define ENTRIES_FIRST 4
#define GENESIS_MAX 60000

enum { ENTRY_GENESIS, ENTRY_TX, ENTRY_BLOCK };

/* -- entries -- */

static enum jm_status add_entry(struct jm_block *b, struct jm_bytes octets)
{
    struct jm_block_entry *e;

    if (octets.len > JM_LEDGER_ENTRY_MAX)
        return JM_E_LIMIT;
    if (b->n_entries == b->cap) {
        size_t cap = b->cap == 0 ? ENTRIES_FIRST : 2 * b->cap;

        if ((e = JM_NEW_N(b->mem, struct jm_block_entry, cap)) == NULL)
            return JM_E_NO_SPACE;
        if (b->n_entries != 0)
            memcpy(e, b->entry, b->n_entries * sizeof *e);
        b->entry = e;
        b->cap = cap;
    }
    e = &b->entry[b->n_entries];
    e->octets = octets;
    JM_TRY(jm_merkle_leaf(&e->leaf, b->base->port.crypto, &octets, 1));
    JM_TRY(jm_range_push(&b->log, b->base->port.crypto, &e->leaf));
    b->n_entries++;
    return JM_OK;
}

static enum jm_status add_transaction(struct jm_block *b, struct jm_bytes tx)
{
    struct jm_cbor_w w;
    struct jm_buf out;

    JM_TRY(jm_alloc_buf(&out, b->mem, tx.len + 32));
    jm_cbor_w_init(&w, &out);
    jm_cbor_w_array(&w, 4);
    jm_cbor_w_uint(&w, ENTRY_TX);
    jm_cbor_w_uint(&w, b->height);
    jm_cbor_w_uint(&w, b->n_accepted);
    jm_cbor_w_bytes(&w, tx);
    JM_TRY(jm_cbor_w_end(&w));
    JM_TRY(add_entry(b, jm_written(out)));
    b->n_accepted++;
    return JM_OK;
}

static enum jm_status add_block(struct jm_block *b)
{
    struct jm_cbor_w w;
    struct jm_buf out;

    JM_TRY(jm_alloc_buf(&out, b->mem, ENTRY_ROOM));
    jm_cbor_w_init(&w, &out);
    jm_cbor_w_array(&w, 8);
    jm_cbor_w_uint(&w, ENTRY_BLOCK);
    jm_cbor_w_uint(&w, b->height);
    jm_cbor_w_uint(&w, b->time);
    jm_cbor_w_uint(&w, b->n_accepted);
    jm_cbor_w_uint(&w, b->state_size);
    jm_cbor_w_bytes(&w, jm_hash32_bytes(&b->state_root));
    jm_cbor_w_uint(&w, b->trust_len);
    jm_cbor_w_bytes(&w, jm_hash32_bytes(&b->trust_hash));
    JM_TRY(jm_cbor_w_end(&w));
    return add_entry(b, jm_written(out));
}

static enum jm_status read_block_entry(struct jm_log_entry *e, struct jm_bytes octets)
{
    struct jm_log_block b;

    if (jm_log_block_read(&b, octets) != JM_OK)
        return JM_E_MALFORMED;
    e->height = b.height;
    e->time = (uint64_t)b.time;
    e->accepted = b.n_accepted;
    e->state_size = b.state_size;
    e->trust_len = b.trust_len;
    e->state_root = b.state_root;
    e->trust_hash = b.trust_hash;
    return JM_OK;
}

enum jm_status jm_log_entry_read(struct jm_log_entry *out, struct jm_bytes octets)
{
    struct jm_log_entry e = {0};
    struct jm_cbor r;
    size_t n;

    *out = e;
    if (octets.len > JM_LEDGER_ENTRY_MAX || jm_dcbor_check_to(octets, JM_LTX_ITEMS_MAX) != JM_OK)
        return JM_E_MALFORMED;
    jm_cbor_init(&r, octets);
    n = jm_cbor_array(&r);
    e.kind = jm_cbor_uint(&r);
    if (e.kind == ENTRY_GENESIS && n == 3) {
        e.chain_id = jm_cbor_text(&r);
        e.octets = jm_cbor_bytes(&r);
    } else if (e.kind == ENTRY_TX && n == 4) {
        e.height = jm_cbor_uint(&r);
        e.n = jm_cbor_uint(&r);
        e.octets = jm_cbor_bytes(&r);
    } else if (e.kind == ENTRY_BLOCK && n == 8) {
        JM_TRY(read_block_entry(&e, octets));
        *out = e;
        return JM_OK;
    } else {
        return JM_E_MALFORMED;
    }
    if (jm_cbor_end(&r) != JM_OK)
        return JM_E_MALFORMED;
    *out = e;
    return JM_OK;
}

/* -- roots -- */

static enum jm_status hash_state(struct jm_block *b)
{
    const struct jm_crypto *c = b->base->port.crypto;
    struct jm_map_walk w = jm_map_walk_from(&b->state, &b->base->state, jm_none());
    struct jm_range r = {0};
    const struct jm_state_row *row;

    for (size_t i = 0; i < b->state.n; i++)
        JM_TRY(jm_state_leaf(&b->state.row[i].leaf, c, b->state.row[i].key, b->state.row[i].value));
    while ((row = jm_map_next(&w)) != NULL)
        JM_TRY(jm_range_push(&r, c, &row->leaf));
    b->state_size = r.size;
    return jm_range_root(&b->state_root, &r, c);
}

/* [[key, record]…] of two maps, one over the other. */
static enum jm_status write_trust_set(struct jm_bytes *out, const struct jm_state_map *upper,
                                      const struct jm_state_map *lower, struct jm_arena *mem)
{
    struct jm_map_walk w = jm_map_walk_from(upper, lower, jm_none());
    const struct jm_state_row *row;
    struct jm_cbor_w cw;
    size_t n = 0, room = 16;
    struct jm_buf b;

    while ((row = jm_map_next(&w)) != NULL)
        if (jm_trust_set_has(row->key)) {
            n++;
            room += row->key.len + row->value.len + 16;
        }
    JM_TRY(jm_alloc_buf(&b, mem, room));
    jm_cbor_w_init(&cw, &b);
    jm_cbor_w_array(&cw, n);
    w = jm_map_walk_from(upper, lower, jm_none());
    while ((row = jm_map_next(&w)) != NULL)
        if (jm_trust_set_has(row->key)) {
            jm_cbor_w_array(&cw, 2);
            jm_cbor_w_text(&cw, row->key);
            jm_cbor_w_bytes(&cw, row->value);
        }
    *out = jm_written(b);
    return jm_cbor_w_end(&cw);
}

static enum jm_status hash_trust_set(struct jm_block *b)
{
    size_t mark = jm_arena_mark(b->mem);
    struct jm_bytes set;

    if (!b->trust_changed)
        return JM_OK;
    JM_TRY(write_trust_set(&set, &b->state, &b->base->state, b->mem));
    b->trust_len = set.len;
    JM_TRY(jm_sha256(b->base->port.crypto, set, b->trust_hash.octets));
    jm_arena_back(b->mem, mark);
    return JM_OK;
}

enum jm_status jm_ledger_trust_set(struct jm_bytes *out, const struct jm_ledger *l,
                                   struct jm_arena *mem)
{
    const struct jm_state_map none = {0};

    *out = jm_none();
    return write_trust_set(out, &none, &l->state, mem);
}

enum jm_status jm_app_hash(struct jm_hash32 *out, const struct jm_crypto *c, uint64_t log_size,
                           const struct jm_hash32 *log_root, uint64_t state_size,
                           const struct jm_hash32 *state_root)
{
    uint8_t log[8], state[8];
    const struct jm_bytes parts[] = {
        JM_BYTES("jumin/app/1\0"),     jm_bytes(log, sizeof log),   jm_hash32_bytes(log_root),
        jm_bytes(state, sizeof state), jm_hash32_bytes(state_root),
    };

    jm_put_u64_be(log, log_size);
    jm_put_u64_be(state, state_size);
    return c->hash(JM_SHA256, parts, JM_ARRAY_LEN(parts), out->octets);
}

/* -- a block -- */

static void open_block(struct jm_block *b, const struct jm_ledger *l, uint64_t height,
                       uint64_t time, struct jm_arena *mem)
{
    *b = (struct jm_block){.base = l,
                           .mem = mem,
                           .height = height,
                           .time = time,
                           .params = l->params,
                           .log = l->log,
                           .state_size = l->state.n,
                           .trust_len = l->trust_len,
                           .trust_hash = l->trust_hash,
                           .state_root = l->state_root,
                           .log_root = l->log_root,
                           .app_hash = l->app_hash};
}

enum jm_status jm_block_begin(struct jm_block *b, const struct jm_ledger *l, uint64_t height,
                              uint64_t time, struct jm_arena *mem)
{
    open_block(b, l, height, time, mem);
    return height > l->height && time >= l->time ? JM_OK : JM_E_RANGE;
}

enum jm_status jm_block_apply(enum jm_ltx_code *code, struct jm_block *b, struct jm_bytes tx)
{
    *code = JM_LTX_LIMIT;
    if (!b->unbounded && b->n_accepted >= b->base->params.max_block_txs)
        return JM_OK;
    JM_TRY(jm_ltx_judge(code, b, tx, b->log.size));
    return *code == JM_LTX_OK ? add_transaction(b, tx) : JM_OK;
}

enum jm_status jm_block_end(struct jm_block *b)
{
    const struct jm_crypto *c = b->base->port.crypto;

    if (b->n_accepted == 0 && b->genesis.ptr == NULL)
        return JM_OK;
    JM_TRY(hash_state(b));
    JM_TRY(hash_trust_set(b));
    JM_TRY(add_block(b));
    JM_TRY(jm_range_root(&b->log_root, &b->log, c));
    return jm_app_hash(&b->app_hash, c, b->log.size, &b->log_root, b->state_size, &b->state_root);
}

/* -- genesis -- */

static enum jm_status put_first(struct jm_block *b, const char *prefix, struct jm_bytes id,
                                struct jm_bytes body)
{
    const struct jm_state_record r = {.rev = 1, .state = 1, .body = body};
    uint8_t room[JM_STATE_KEY_MAX];
    struct jm_buf key = jm_buf(room, sizeof room);

    JM_TRY(jm_buf_put(&key, jm_str(prefix)));
    JM_TRY(jm_buf_put(&key, id));
    if (jm_block_value(b, jm_written(key)).ptr != NULL)
        return JM_E_MALFORMED; /* two of one name */
    return jm_block_put_record(b, jm_written(key), &r);
}

static enum jm_status own_keys(struct jm_block *b, struct jm_bytes actor)
{
    size_t n;
    struct jm_cbor r = jm_body_list_at(actor, 5, &n);

    for (; n > 0; n--) {
        uint8_t kid[JM_KID_LEN];

        (void)jm_cbor_array(&r);
        JM_TRY(jm_ltx_kid(kid, b->base->port.crypto, jm_cbor_bytes(&r)));
        for (int i = 0; i < 3; i++)
            (void)jm_cbor_uint(&r);
        if (jm_block_key_owner(b, kid).ptr != NULL)
            return JM_E_MALFORMED; /* one key of two */
        JM_TRY(jm_block_own_key(b, kid, jm_body_text(actor, 1)));
    }
    return JM_OK;
}

static enum jm_status put_actors(struct jm_block *b, struct jm_bytes genesis)
{
    size_t n;
    struct jm_cbor r = jm_body_list_at(genesis, 5, &n);

    for (; n > 0; n--) {
        struct jm_bytes actor = jm_cbor_item(&r);

        if (jm_body_uint(actor, 2) != 1 || jm_actor_cross(actor) != JM_LTX_OK)
            return JM_E_MALFORMED;
        JM_TRY(put_first(b, "actor/", jm_body_text(actor, 1), actor));
        JM_TRY(own_keys(b, actor));
    }
    return jm_block_value(b, JM_BYTES("actor/gov")).ptr != NULL ? JM_OK : JM_E_MALFORMED;
}

static enum jm_status put_nodes(struct jm_block *b, struct jm_bytes genesis)
{
    size_t n;
    struct jm_cbor r = jm_body_list_at(genesis, 6, &n);

    for (; n > 0; n--) {
        struct jm_bytes node = jm_cbor_item(&r);
        struct jm_state_record operator_actor;
        struct jm_judging j = {.b = b, .body = node};

        if (jm_body_uint(node, 2) != 1 || jm_cross_node(&j) != JM_LTX_OK ||
            !jm_rule_stands(&operator_actor, b, "actor/", jm_body_text(node, 3)))
            return JM_E_MALFORMED;
        JM_TRY(put_first(b, "node/", jm_body_text(node, 1), node));
    }
    return JM_OK;
}

static enum jm_status put_policy(struct jm_block *b, struct jm_bytes text)
{
    struct jm_cbor_w w;
    struct jm_buf out;

    JM_TRY(jm_alloc_buf(&out, b->mem, text.len + 16));
    jm_cbor_w_init(&w, &out);
    jm_cbor_w_map(&w, 2);
    jm_cbor_w_uint(&w, 1);
    jm_cbor_w_uint(&w, 1);
    jm_cbor_w_uint(&w, 2);
    jm_cbor_w_bytes(&w, text);
    JM_TRY(jm_cbor_w_end(&w));
    return put_first(b, "policy", jm_none(), jm_written(out));
}

static enum jm_status add_genesis(struct jm_block *b, struct jm_bytes chain_id)
{
    struct jm_cbor_w w;
    struct jm_buf out;

    JM_TRY(jm_alloc_buf(&out, b->mem, b->genesis.len + ENTRY_ROOM));
    jm_cbor_w_init(&w, &out);
    jm_cbor_w_array(&w, 3);
    jm_cbor_w_uint(&w, ENTRY_GENESIS);
    jm_cbor_w_text(&w, chain_id);
    jm_cbor_w_bytes(&w, b->genesis);
    JM_TRY(jm_cbor_w_end(&w));
    return add_entry(b, jm_written(out));
}

enum jm_status jm_ledger_genesis(struct jm_ledger *l, struct jm_block *b, struct jm_bytes genesis,
                                 const struct jm_ledger_port *port, struct jm_arena *mem,
                                 struct jm_arena *block_mem)
{
    *l = (struct jm_ledger){.port = *port, .mem = mem};
    open_block(b, l, 0, 0, block_mem);
    if (genesis.len > GENESIS_MAX || jm_dcbor_check_to(genesis, JM_LTX_ITEMS_MAX) != JM_OK ||
        jm_shape_judge(&jm_genesis_shape, genesis) != JM_LTX_OK)
        return JM_E_MALFORMED;
    JM_TRY(jm_dup(&l->chain_id, mem, jm_body_text(genesis, 2)));
    JM_TRY(jm_sha256(port->crypto, genesis, l->genesis.octets));
    b->genesis = genesis;
    b->height = jm_body_uint(genesis, 8) - 1;
    b->time = jm_body_uint(genesis, 3);
    jm_params_read(&b->params, jm_body_raw(genesis, 4));
    JM_TRY(put_first(b, "param", jm_none(), jm_body_raw(genesis, 4)));
    JM_TRY(put_actors(b, genesis));
    JM_TRY(put_nodes(b, genesis));
    JM_TRY(put_policy(b, jm_body_bytes(genesis, 7)));
    return add_genesis(b, l->chain_id);
}

/* -- commit -- */

static size_t count_new(const struct jm_state_map *m, const struct jm_state_map *changes)
{
    size_t n = 0;

    for (size_t i = 0; i < changes->n; i++) {
        struct jm_bytes was;

        n += changes->row[i].value.ptr != NULL &&
             jm_state_find(&was, NULL, m, changes->row[i].key) != JM_OK;
    }
    return n;
}

/* Room for @p more rows; nothing is changed where it fails. */
static enum jm_status reserve_rows(struct jm_state_map *m, size_t more, struct jm_arena *mem)
{
    size_t cap = m->cap == 0 ? 64 : m->cap;
    struct jm_state_row *row;

    while (cap < m->n + more)
        cap *= 2;
    if (cap == m->cap)
        return JM_OK;
    if ((row = JM_NEW_N(mem, struct jm_state_row, cap)) == NULL)
        return JM_E_NO_SPACE;
    if (m->n != 0)
        memcpy(row, m->row, m->n * sizeof *row);
    m->row = row;
    m->cap = cap;
    return JM_OK;
}

/* The changes, their octets copied; rows that go have a null value. */
static enum jm_status copy_changes(struct jm_state_row *out, const struct jm_state_map *changes,
                                   struct jm_arena *mem)
{
    for (size_t i = 0; i < changes->n; i++) {
        out[i] = changes->row[i];
        JM_TRY(jm_dup(&out[i].key, mem, changes->row[i].key));
        if (out[i].value.ptr != NULL)
            JM_TRY(jm_dup(&out[i].value, mem, changes->row[i].value));
    }
    return JM_OK;
}

/* From the back, so that each row moves once; then what went is closed up. */
static void merge_changes(struct jm_state_map *m, const struct jm_state_row *in, size_t n,
                          size_t added)
{
    size_t from = m->n, to = m->n + added, kept = 0;
    bool goes = false;

    m->n = to;
    while (n > 0) {
        int c = from == 0 ? -1 : jm_bytes_cmp(m->row[from - 1].key, in[n - 1].key);

        if (c > 0) {
            m->row[--to] = m->row[--from];
            continue;
        }
        n--;
        if (c == 0) {
            struct jm_bytes key = m->row[--from].key;

            m->row[--to] = in[n];
            m->row[to].key = key;
            goes = goes || in[n].value.ptr == NULL;
        } else if (in[n].value.ptr != NULL) {
            m->row[--to] = in[n];
        }
    }
    for (size_t i = 0; goes && i < m->n; i++)
        if (m->row[i].value.ptr != NULL)
            m->row[kept++] = m->row[i];
    if (goes)
        m->n = kept;
}

struct merging {
    struct jm_state_row *in;
    size_t added;
};

static enum jm_status prepare_merge(struct merging *x, struct jm_state_map *m,
                                    const struct jm_state_map *changes, struct jm_arena *mem)
{
    x->added = count_new(m, changes);
    if ((x->in = JM_NEW_N(mem, struct jm_state_row, changes->n + 1)) == NULL)
        return JM_E_NO_SPACE;
    JM_TRY(copy_changes(x->in, changes, mem));
    return reserve_rows(m, x->added, mem);
}

enum jm_status jm_block_commit(struct jm_ledger *l, const struct jm_block *b)
{
    struct merging state, keys;
    struct jm_bytes param;

    if (b->base != l)
        return JM_E_BUG;
    JM_TRY(prepare_merge(&state, &l->state, &b->state, l->mem));
    JM_TRY(prepare_merge(&keys, &l->keys, &b->keys, l->mem));
    merge_changes(&l->state, state.in, b->state.n, state.added);
    merge_changes(&l->keys, keys.in, b->keys.n, keys.added);
    l->log = b->log;
    l->height = b->height;
    l->time = b->time;
    l->trust_len = b->trust_len;
    l->trust_hash = b->trust_hash;
    l->state_root = b->state_root;
    l->log_root = b->log_root;
    l->app_hash = b->app_hash;
    JM_TRY(jm_state_find(&param, NULL, &l->state, JM_BYTES("param")));
    jm_params_read(&l->params, jm_body_raw(param, 5));
    return JM_OK;
}

static enum jm_status copy_map(struct jm_state_map *out, const struct jm_state_map *m,
                               struct jm_arena *mem)
{
    size_t cap = m->n + m->n / 2 + 64;

    if ((out->row = JM_NEW_N(mem, struct jm_state_row, cap)) == NULL)
        return JM_E_NO_SPACE;
    out->cap = cap;
    JM_TRY(copy_changes(out->row, m, mem));
    out->n = m->n;
    return JM_OK;
}

enum jm_status jm_ledger_copy(struct jm_ledger *out, const struct jm_ledger *l,
                              struct jm_arena *mem)
{
    struct jm_bytes param;

    *out = *l;
    out->mem = mem;
    JM_TRY(jm_dup(&out->chain_id, mem, l->chain_id));
    JM_TRY(copy_map(&out->state, &l->state, mem));
    JM_TRY(copy_map(&out->keys, &l->keys, mem));
    JM_TRY(jm_state_find(&param, NULL, &out->state, JM_BYTES("param")));
    jm_params_read(&out->params, jm_body_raw(param, 5));
    return JM_OK;
}
