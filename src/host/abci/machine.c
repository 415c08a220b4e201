/* SPDX-License-Identifier: Apache-2.0 */
#include "host/abci/machine.h"

#include <stdlib.h>

#include "jumin/cbor.h"

#define ROOM (64 * JM_MIB) /* a block of the largest transactions, with what they change */
#define KEY_GENESIS_HEIGHT 8
#define KEY_RECORD_BODY 5

enum { NODE_KEY_TYPE = 4, NODE_KEY = 5, NODE_POWER = 6 };

/* A block over the committed state that may be dropped at any time. */
struct overlay {
    struct jm_arena mem;
    void *room;
    struct jm_block block;
    bool begun;
};

struct jm_abci_machine {
    struct jm_abci_machine_config config;
    uint64_t initial_height;
    struct overlay check, proposal, decided;
};

/* -- overlays -- */

static enum jm_status begin_overlay(struct jm_abci_machine *m, struct overlay *o, uint64_t height,
                                    uint64_t time)
{
    enum jm_status st;

    jm_arena_reset(&o->mem);
    st = jm_block_begin(&o->block, m->config.ledger(m->config.ctx), height, time, &o->mem);
    o->begun = st == JM_OK;
    return st;
}

static void drop_overlay(struct overlay *o)
{
    jm_arena_reset(&o->mem);
    o->begun = false;
}

static enum jm_status apply_copy(enum jm_ltx_code *code, struct overlay *o, struct jm_bytes tx)
{
    struct jm_bytes copy; /* the frame will be gone */

    JM_TRY(jm_dup(&copy, &o->mem, tx));
    return jm_block_apply(code, &o->block, copy);
}

/* -- functions of the application -- */

static enum jm_status get_tip(void *ctx, struct jm_abci_tip *out)
{
    const struct jm_abci_machine *m = ctx;
    const struct jm_ledger *l = m->config.ledger(m->config.ctx);

    *out = (struct jm_abci_tip){0};
    if (l->height >= m->initial_height)
        *out = (struct jm_abci_tip){l->height, l->app_hash};
    return JM_OK;
}

/* Is a node's record this validator? */
static bool is_validator(struct jm_bytes record, const struct jm_abci_validator *v)
{
    struct jm_bytes body, type, key, power;
    struct jm_cbor r;

    if (jm_cbor_find_int(&body, record, KEY_RECORD_BODY) != JM_OK ||
        jm_cbor_find_int(&type, body, NODE_KEY_TYPE) != JM_OK ||
        jm_cbor_find_int(&key, body, NODE_KEY) != JM_OK ||
        jm_cbor_find_int(&power, body, NODE_POWER) != JM_OK)
        return false;
    jm_cbor_init(&r, type);
    if (jm_cbor_uint(&r) != v->key_type)
        return false;
    jm_cbor_init(&r, power);
    if (v->power < 1 || jm_cbor_uint(&r) != (uint64_t)v->power)
        return false;
    jm_cbor_init(&r, key);
    return jm_bytes_eq(jm_cbor_bytes(&r), v->key);
}

static bool is_named(struct jm_bytes record, const struct jm_abci_start *in)
{
    for (size_t k = 0; k < in->n_validators; k++)
        if (is_validator(record, &in->validator[k]))
            return true;
    return false;
}

/* The nodes of the genesis, whose keys differ: as many are named, and each of them is. */
static bool has_validators(const struct jm_ledger *l, const struct jm_abci_start *in)
{
    size_t nodes = 0;

    for (size_t i = 0; i < l->state.n; i++) {
        if (!jm_bytes_starts(l->state.row[i].key, JM_BYTES("node/")))
            continue;
        if (!is_named(l->state.row[i].value, in))
            return false;
        nodes++;
    }
    return nodes == in->n_validators;
}

/* Rule 1. The genesis block was made from our own octets; CometBFT must have been given the same.
 */
static enum jm_status start_chain(void *ctx, struct jm_hash32 *app_hash,
                                  const struct jm_abci_start *in)
{
    struct jm_abci_machine *m = ctx;
    const struct jm_ledger *l = m->config.ledger(m->config.ctx);

    *app_hash = (struct jm_hash32){{0}};
    if (!jm_bytes_eq(in->genesis, m->config.genesis) || !jm_bytes_eq(in->chain_id, l->chain_id) ||
        in->time != l->time || in->initial_height != m->initial_height || !has_validators(l, in))
        return JM_E_DENIED;
    *app_hash = l->app_hash;
    return JM_OK;
}

/* Rule 2. What was admitted stays, so that another may build on it; where the room is full, all of
 * it goes. */
static enum jm_status check_tx(void *ctx, enum jm_ltx_code *code, struct jm_bytes tx, bool again)
{
    struct jm_abci_machine *m = ctx;
    const struct jm_ledger *l = m->config.ledger(m->config.ctx);
    enum jm_status st = JM_E_NO_SPACE;

    (void)again; /* the overlay was dropped at the commit, and they come in order */
    if (m->check.begun)
        st = apply_copy(code, &m->check, tx);
    if (st != JM_E_NO_SPACE)
        return st;
    JM_TRY(begin_overlay(m, &m->check, l->height + 1, l->time));
    m->check.block.unbounded = true;
    return apply_copy(code, &m->check, tx);
}

static enum jm_status begin_proposal(void *ctx, uint64_t height, uint64_t time)
{
    struct jm_abci_machine *m = ctx;

    return begin_overlay(m, &m->proposal, height, time);
}

static enum jm_status attempt_tx(void *ctx, enum jm_ltx_code *code, struct jm_bytes tx)
{
    struct jm_abci_machine *m = ctx;

    return jm_block_apply(code, &m->proposal.block, tx);
}

static void drop_proposal(void *ctx)
{
    struct jm_abci_machine *m = ctx;

    drop_overlay(&m->proposal);
}

static enum jm_status finalize_block(void *ctx, struct jm_abci_outcome *out, enum jm_ltx_code *code,
                                     const struct jm_abci_block *block)
{
    struct jm_abci_machine *m = ctx;
    struct overlay *o = &m->decided;

    *out = (struct jm_abci_outcome){0};
    if (m->config.agreed != NULL && block->height > m->initial_height)
        JM_TRY(m->config.agreed(m->config.ctx, block->height - 1));
    JM_TRY(begin_overlay(m, o, block->height, block->time));
    o->begun = false; /* until it is whole */
    for (size_t i = 0; i < block->n; i++)
        JM_TRY(apply_copy(&code[i], o, block->tx[i]));
    JM_TRY(jm_block_end(&o->block));
    o->begun = true;
    out->app_hash = o->block.app_hash;
    out->has_update = o->block.has_update;
    out->update = o->block.update;
    return JM_OK;
}

static enum jm_status commit_block(void *ctx)
{
    struct jm_abci_machine *m = ctx;

    if (!m->decided.begun)
        return JM_E_BUG;
    JM_TRY(m->config.commit(m->config.ctx, &m->decided.block));
    drop_overlay(&m->decided);
    drop_overlay(&m->check);
    return JM_OK;
}

/* -- life -- */

static enum jm_status make_overlay(struct overlay *o)
{
    if ((o->room = malloc(ROOM)) == NULL)
        return JM_E_UNAVAILABLE;
    jm_arena_init(&o->mem, o->room, ROOM);
    return JM_OK;
}

enum jm_status jm_abci_machine_new(struct jm_abci_machine **out,
                                   const struct jm_abci_machine_config *config)
{
    struct jm_abci_machine *m;
    struct jm_bytes height;
    struct jm_cbor r;
    enum jm_status st;

    *out = NULL;
    if (jm_cbor_find_int(&height, config->genesis, KEY_GENESIS_HEIGHT) != JM_OK)
        return JM_E_MALFORMED;
    if ((m = calloc(1, sizeof *m)) == NULL)
        return JM_E_UNAVAILABLE;
    m->config = *config;
    jm_cbor_init(&r, height);
    m->initial_height = jm_cbor_uint(&r);
    st = jm_cbor_end(&r) != JM_OK || m->initial_height == 0 ? JM_E_MALFORMED : JM_OK;
    if (st == JM_OK)
        st = make_overlay(&m->check);
    if (st == JM_OK)
        st = make_overlay(&m->proposal);
    if (st == JM_OK)
        st = make_overlay(&m->decided);
    if (st == JM_OK)
        *out = m;
    else
        jm_abci_machine_free(&m);
    return st;
}

struct jm_abci_app jm_abci_machine_app(struct jm_abci_machine *m)
{
    return (struct jm_abci_app){.ctx = m,
                                .tip = get_tip,
                                .start = start_chain,
                                .check = check_tx,
                                .begin = begin_proposal,
                                .attempt = attempt_tx,
                                .drop = drop_proposal,
                                .finalize = finalize_block,
                                .commit = commit_block};
}

static void free_overlay(struct overlay *o)
{
    if (o->room != NULL)
        jm_arena_reset(&o->mem);
    free(o->room);
}

void jm_abci_machine_free(struct jm_abci_machine **m)
{
    if (*m == NULL)
        return;
    free_overlay(&(*m)->check);
    free_overlay(&(*m)->proposal);
    free_overlay(&(*m)->decided);
    free(*m);
    *m = NULL;
}
