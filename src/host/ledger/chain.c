/* SPDX-License-Identifier: Apache-2.0 */
#include "host/ledger/chain.h"

#include <pthread.h>
#include <stdlib.h>

#include "host/ledger/file.h"
#include "host/ledger/hashes.h"
#include "jumin/note.h"

#define STATE_ROOM (8 * JM_MIB) /* at first; twice as much whenever it is full */
#define BLOCK_ROOM (64 * JM_MIB)
#define JOIN_ROOM (4 * JM_NOTE_MAX)
#define IDS_FIRST 1024 /* a power of two */

struct room {
    struct jm_arena arena;
    void *octets;
};

/* Open addressing over the ids, which are hashes. */
struct ids {
    struct id {
        struct jm_hash32 id;
        struct jm_ledger_place at;
        bool used;
    } *slot;
    size_t n, cap;
};

struct jm_chain {
    pthread_rwlock_t lock;
    pthread_mutex_t proofs; /* state_tree */
    struct jm_ledger ledger;
    struct room state, scratch; /* scratch: of a replay */
    struct jm_jml file;
    struct jm_hashes log, state_tree;
    uint64_t state_tree_of; /* log size for which it was made */
    uint64_t *offset;       /* of each entry */
    size_t n_offsets, cap_offsets;
    struct ids ids;
    struct jm_buf note;                     /* over what is current; none: not signed yet */
    uint64_t held_at[JM_BLOCK_TXS_MAX + 2]; /* offsets of the block being written or read */
    /* while the file is read */
    struct jm_block block;
    struct jm_bytes held[JM_BLOCK_TXS_MAX + 2];
    size_t n_held;
};

/* -- memory -- */

static enum jm_status make_room(struct room *r, size_t len)
{
    if ((r->octets = malloc(len)) == NULL)
        return JM_E_NO_SPACE;
    jm_arena_init(&r->arena, r->octets, len);
    return JM_OK;
}

static void free_room(struct room *r)
{
    if (r->octets != NULL)
        jm_arena_reset(&r->arena);
    free(r->octets);
    r->octets = NULL;
}

/* The state moves to a room of twice what it needs, or of twice what it has. */
static enum jm_status grow_state(struct jm_chain *c)
{
    size_t len = 2 * c->state.arena.cap;
    struct room fresh;
    struct jm_ledger moved;
    enum jm_status st;

    JM_TRY(make_room(&fresh, len));
    st = jm_ledger_copy(&moved, &c->ledger, &fresh.arena);
    if (st != JM_OK) {
        free_room(&fresh);
        return st;
    }
    c->ledger = moved;
    c->ledger.mem = NULL;
    free_room(&c->state);
    c->state = fresh;
    c->ledger.mem = &c->state.arena;
    return JM_OK;
}

static enum jm_status put_offset(struct jm_chain *c, uint64_t at)
{
    if (c->n_offsets == c->cap_offsets) {
        size_t cap = c->cap_offsets == 0 ? IDS_FIRST : 2 * c->cap_offsets;
        uint64_t *more = realloc(c->offset, cap * sizeof *more);

        if (more == NULL)
            return JM_E_NO_SPACE;
        c->offset = more;
        c->cap_offsets = cap;
    }
    c->offset[c->n_offsets++] = at;
    return JM_OK;
}

/* -- ids -- */

static size_t slot_of(const struct ids *x, const struct jm_hash32 *id)
{
    size_t at = jm_u32_be(id->octets) & (x->cap - 1);

    while (x->slot[at].used && !jm_hash32_eq(&x->slot[at].id, id))
        at = (at + 1) & (x->cap - 1);
    return at;
}

static enum jm_status grow_ids(struct ids *x)
{
    struct ids more = {.cap = x->cap == 0 ? IDS_FIRST : 2 * x->cap, .n = x->n};

    if ((more.slot = calloc(more.cap, sizeof *more.slot)) == NULL)
        return JM_E_NO_SPACE;
    for (size_t i = 0; i < x->cap; i++)
        if (x->slot[i].used)
            more.slot[slot_of(&more, &x->slot[i].id)] = x->slot[i];
    free(x->slot);
    *x = more;
    return JM_OK;
}

static enum jm_status put_id(struct jm_chain *c, struct jm_bytes payload, uint64_t height,
                             uint64_t index)
{
    struct ids *x = &c->ids;
    struct jm_hash32 id;

    if (2 * x->n >= x->cap)
        JM_TRY(grow_ids(x));
    JM_TRY(jm_ltx_id(&id, c->ledger.port.crypto, &c->ledger.genesis, payload));
    x->slot[slot_of(x, &id)] = (struct id){id, {height, index}, true};
    x->n++;
    return JM_OK;
}

enum jm_status jm_chain_find(void *chain, struct jm_ledger_place *out, const struct jm_hash32 *id)
{
    const struct jm_chain *c = chain;
    const struct id *s;

    *out = (struct jm_ledger_place){0, 0};
    if (c->ids.cap == 0)
        return JM_E_ABSENT;
    s = &c->ids.slot[slot_of(&c->ids, id)];
    if (!s->used)
        return JM_E_ABSENT;
    *out = s->at;
    return JM_OK;
}

/* -- committing -- */

static enum jm_status remember_entries(struct jm_chain *c, const struct jm_block *b,
                                       const uint64_t *at)
{
    for (size_t i = 0; i < b->n_entries; i++) {
        uint64_t index = c->n_offsets;
        struct jm_log_entry e;
        struct jm_ltx x;

        JM_TRY(jm_hashes_push(&c->log, &b->entry[i].leaf));
        JM_TRY(put_offset(c, at[i]));
        JM_TRY(jm_log_entry_read(&e, b->entry[i].octets));
        if (e.kind == 1) {
            JM_TRY(jm_ltx_read(&x, e.octets));
            JM_TRY(put_id(c, x.payload, e.height, index));
        }
    }
    return JM_OK;
}

/* In memory: what the file says already. */
static enum jm_status make_current(struct jm_chain *c, const struct jm_block *b, const uint64_t *at)
{
    enum jm_status st = jm_block_commit(&c->ledger, b);

    while (st == JM_E_NO_SPACE) {
        JM_TRY(grow_state(c));
        st = jm_block_commit(&c->ledger, b);
    }
    JM_TRY(st);
    return remember_entries(c, b, at);
}

static enum jm_status make_note(struct jm_buf *note, const struct jm_chain_seal *seal,
                                uint64_t size, const struct jm_hash32 *root)
{
    enum jm_status st;

    *note = jm_buf(malloc(JM_NOTE_MAX), JM_NOTE_MAX);
    if (note->ptr == NULL)
        return JM_E_NO_SPACE;
    st = seal->sign(seal->ctx, note, size, root);
    if (st != JM_OK)
        note->len = 0;
    return st;
}

/* Takes the octets. */
static void set_note(struct jm_chain *c, struct jm_buf note)
{
    free(c->note.ptr);
    c->note = note;
}

enum jm_status jm_chain_commit(struct jm_chain *c, const struct jm_block *b,
                               const struct jm_chain_seal *seal)
{
    const struct jm_jml_commit commit = {b->height, b->time, b->log.size, b->app_hash};
    struct jm_buf note = {0};
    enum jm_status st;

    if (b->base != &c->ledger || b->n_entries > JM_ARRAY_LEN(c->held_at))
        return JM_E_BUG;
    JM_TRY(jm_jml_append(&c->file, b->entry, b->n_entries, &commit, c->held_at,
                         c->ledger.port.crypto));
    if (seal != NULL && b->n_entries != 0)
        (void)!make_note(&note, seal, b->log.size, &b->log_root);
    (void)pthread_rwlock_wrlock(&c->lock);
    st = make_current(c, b, c->held_at);
    if (b->n_entries != 0)
        set_note(c, note);
    (void)pthread_rwlock_unlock(&c->lock);
    return st;
}

/* The signatures that others had put under the present note, where @p note is over the same: they
 * hold as long as what they signed. */
static void keep_cosigners(const struct jm_chain *c, struct jm_buf *note, struct jm_arena *mem)
{
    struct jm_buf joined;
    size_t len = note->len;

    if (jm_alloc_buf(&joined, mem, JM_NOTE_MAX) != JM_OK ||
        jm_note_join(&joined, jm_written(*note), jm_written(c->note), mem) != JM_OK)
        return;
    note->len = 0;
    if (jm_buf_put(note, jm_written(joined)) != JM_OK)
        note->len = len;
}

enum jm_status jm_chain_sign(struct jm_chain *c, const struct jm_chain_seal *seal)
{
    struct room room = {.octets = NULL};
    struct jm_buf note;
    enum jm_status st = make_note(&note, seal, c->ledger.log.size, &c->ledger.log_root);

    if (st == JM_OK)
        st = make_room(&room, JOIN_ROOM);
    if (st != JM_OK) {
        free(note.ptr);
        return st;
    }
    (void)pthread_rwlock_wrlock(&c->lock);
    keep_cosigners(c, &note, &room.arena);
    set_note(c, note);
    (void)pthread_rwlock_unlock(&c->lock);
    free_room(&room);
    return JM_OK;
}

enum jm_status jm_chain_put_note(struct jm_chain *c, struct jm_bytes was, struct jm_bytes note)
{
    struct jm_buf b = jm_buf(malloc(JM_NOTE_MAX), JM_NOTE_MAX);
    enum jm_status st = b.ptr == NULL ? JM_E_NO_SPACE : jm_buf_put(&b, note);

    if (st == JM_OK) {
        (void)pthread_rwlock_wrlock(&c->lock);
        st = jm_bytes_eq(jm_written(c->note), was) ? JM_OK : JM_E_CONFLICT;
        if (st == JM_OK) {
            set_note(c, b);
            b.ptr = NULL;
        }
        (void)pthread_rwlock_unlock(&c->lock);
    }
    free(b.ptr);
    return st;
}

/* -- reading the file -- */

static enum jm_status hold_entry(void *ctx, uint64_t offset, struct jm_bytes octets)
{
    struct jm_chain *c = ctx;

    if (c->n_held == JM_ARRAY_LEN(c->held))
        return JM_E_MALFORMED;
    c->held[c->n_held] = octets;
    c->held_at[c->n_held++] = offset;
    return JM_OK;
}

/* The same transactions, accepted again, give the same entries. */
static enum jm_status play_held(struct jm_chain *c)
{
    for (size_t i = 0; i < c->n_held; i++) {
        struct jm_log_entry e;
        enum jm_ltx_code code;

        JM_TRY(jm_log_entry_read(&e, c->held[i]));
        if (e.kind != 1)
            continue;
        JM_TRY(jm_block_apply(&code, &c->block, e.octets));
        if (code != JM_LTX_OK)
            return JM_E_MALFORMED;
    }
    JM_TRY(jm_block_end(&c->block));
    if (c->block.n_entries != c->n_held)
        return JM_E_MALFORMED;
    for (size_t i = 0; i < c->n_held; i++)
        if (!jm_bytes_eq(c->block.entry[i].octets, c->held[i]))
            return JM_E_MALFORMED;
    return JM_OK;
}

static enum jm_status play_commit(void *ctx, const struct jm_jml_commit *commit)
{
    struct jm_chain *c = ctx;

    if (c->ledger.log.size != 0) {
        jm_arena_reset(&c->scratch.arena);
        if (jm_block_begin(&c->block, &c->ledger, commit->height, commit->time,
                           &c->scratch.arena) != JM_OK)
            return JM_E_MALFORMED;
    }
    JM_TRY(play_held(c));
    if (c->block.height != commit->height || c->block.time != commit->time ||
        c->block.log.size != commit->log_size ||
        !jm_hash32_eq(&c->block.app_hash, &commit->app_hash))
        return JM_E_MALFORMED;
    c->n_held = 0;
    return make_current(c, &c->block, c->held_at);
}

static enum jm_status write_genesis(struct jm_chain *c)
{
    JM_TRY(jm_block_end(&c->block));
    return jm_chain_commit(c, &c->block, NULL);
}

static enum jm_status open_chain(struct jm_chain *c, const struct jm_chain_config *config)
{
    const struct jm_jml_reader reader = {hold_entry, play_commit, c};
    struct jm_ledger_port port = config->port;

    JM_TRY(make_room(&c->state, STATE_ROOM));
    JM_TRY(make_room(&c->scratch, BLOCK_ROOM));
    if (!config->verifies_all)
        port.verify = NULL; /* what was accepted once was verified then */
    JM_TRY(jm_ledger_genesis(&c->ledger, &c->block, config->genesis, &port, &c->state.arena,
                             &c->scratch.arena));
    JM_TRY(jm_jml_open(&c->file, config->path, &c->ledger.genesis, &reader, config->port.crypto));
    if (c->ledger.log.size == 0)
        JM_TRY(write_genesis(c));
    c->ledger.port = config->port;
    free_room(&c->scratch);
    return JM_OK;
}

enum jm_status jm_chain_open(struct jm_chain **out, const struct jm_chain_config *config)
{
    struct jm_chain *c = calloc(1, sizeof *c);
    pthread_rwlockattr_t attr;
    enum jm_status st;

    *out = NULL;
    if (c == NULL)
        return JM_E_NO_SPACE;
    c->file.fd = -1;
    c->log.crypto = c->state_tree.crypto = config->port.crypto;
    (void)pthread_rwlockattr_init(&attr);
    /* who only reads must not keep a block from coming */
    (void)pthread_rwlockattr_setkind_np(&attr, PTHREAD_RWLOCK_PREFER_WRITER_NONRECURSIVE_NP);
    (void)pthread_rwlock_init(&c->lock, &attr);
    (void)pthread_rwlockattr_destroy(&attr);
    (void)pthread_mutex_init(&c->proofs, NULL);
    st = open_chain(c, config);
    if (st != JM_OK)
        jm_chain_close(&c);
    *out = c;
    return st;
}

void jm_chain_close(struct jm_chain **chain)
{
    struct jm_chain *c = *chain;

    *chain = NULL;
    if (c == NULL)
        return;
    jm_jml_close(&c->file);
    jm_hashes_free(&c->log);
    jm_hashes_free(&c->state_tree);
    free_room(&c->state);
    free_room(&c->scratch);
    free(c->offset);
    free(c->ids.slot);
    free(c->note.ptr);
    (void)pthread_rwlock_destroy(&c->lock);
    (void)pthread_mutex_destroy(&c->proofs);
    free(c);
}

/* -- readers -- */

const struct jm_ledger *jm_chain_ledger(const struct jm_chain *c)
{
    return &c->ledger;
}

void jm_chain_view(void *chain, struct jm_ledger_view *out)
{
    struct jm_chain *c = chain;

    (void)pthread_rwlock_rdlock(&c->lock);
    *out = (struct jm_ledger_view){&c->ledger, jm_hashes_nodes(&c->log), jm_written(c->note)};
}

void jm_chain_done(void *chain)
{
    struct jm_chain *c = chain;

    (void)pthread_rwlock_unlock(&c->lock);
}

enum jm_status jm_chain_entry(void *chain, struct jm_bytes *out, uint64_t index,
                              struct jm_arena *mem)
{
    const struct jm_chain *c = chain;

    *out = jm_none();
    return index >= c->n_offsets ? JM_E_RANGE : jm_jml_entry(out, &c->file, c->offset[index], mem);
}

/* Made when it is first asked for after a commit. */
static enum jm_status make_state_tree(struct jm_chain *c)
{
    if (c->state_tree_of == c->ledger.log.size)
        return JM_OK;
    c->state_tree_of = 0;
    jm_hashes_clear(&c->state_tree);
    for (size_t i = 0; i < c->ledger.state.n; i++)
        JM_TRY(jm_hashes_push(&c->state_tree, &c->ledger.state.row[i].leaf));
    c->state_tree_of = c->ledger.log.size;
    return JM_OK;
}

enum jm_status jm_chain_state_proof(void *chain, struct jm_proof *out, size_t at)
{
    struct jm_chain *c = chain;
    const struct jm_nodes nodes = jm_hashes_nodes(&c->state_tree);
    enum jm_status st;

    *out = (struct jm_proof){0};
    (void)pthread_mutex_lock(&c->proofs);
    st = make_state_tree(c);
    (void)pthread_mutex_unlock(&c->proofs);
    return st == JM_OK ? jm_inclusion_make(out, &nodes, at, c->ledger.state.n) : st;
}
