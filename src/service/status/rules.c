/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "service/signer.h"
#include "service/status/store.h"

#define BURN_AT_ONCE 256

void jm_status_pool_init(struct jm_status_pool *pool, uint32_t open_shards)
{
    memset(pool, 0, sizeof *pool);
    atomic_flag_clear(&pool->busy);
    pool->open_shards = open_shards;
}

bool jm_status_draw(struct jm_index *out, const uint8_t random[8], uint32_t shards)
{
    uint32_t high = jm_u32_be(random), limit = UINT32_MAX - UINT32_MAX % shards;

    out->idx = jm_u32_be(random + 4) & (JM_LIST_ENTRIES - 1);
    out->shard = high % shards;
    return high < limit; /* the rest would favour the first shards */
}

struct burn {
    const struct jm_index *drawn;
    struct jm_index kept[BURN_AT_ONCE];
    size_t n_drawn, n_kept;
    uint32_t shards;
};

static enum jm_status burn_tx(struct jm_tx *tx, void *arg)
{
    struct burn *b = arg;

    b->n_kept = 0;
    for (uint32_t s = 0; s < b->shards; s++)
        JM_TRY(jm_status_store_open_shard(tx, s));
    for (size_t i = 0; i < b->n_drawn; i++) {
        bool fresh;

        JM_TRY(jm_status_store_burn(tx, b->drawn[i], &fresh));
        if (fresh)
            b->kept[b->n_kept++] = b->drawn[i];
    }
    return JM_OK;
}

static enum jm_status burn(struct jm_status_pool *pool, const struct jm_env *env)
{
    struct jm_index drawn[BURN_AT_ONCE];
    uint8_t random[8 * BURN_AT_ONCE];
    struct burn b = {drawn, {{0, 0}}, 0, 0, pool->open_shards};

    JM_TRY(jm_env_random(env, random, sizeof random));
    for (size_t i = 0; i < BURN_AT_ONCE; i++)
        if (jm_status_draw(&drawn[b.n_drawn], random + 8 * i, pool->open_shards))
            b.n_drawn++;
    JM_TRY(jm_tx_run(env, burn_tx, &b)); /* durable before the first one is handed out */
    while (atomic_flag_test_and_set(&pool->busy))
        ;
    for (size_t i = 0; i < b.n_kept && pool->n < JM_POOL_MAX; i++)
        pool->item[pool->n++] = b.kept[i];
    atomic_flag_clear(&pool->busy);
    return JM_OK;
}

enum jm_status jm_status_take(struct jm_status_pool *pool, const struct jm_env *env, struct jm_index *out, size_t n)
{
    size_t got = 0;

    for (int tries = 0; tries < 64 && got < n; tries++) {
        while (atomic_flag_test_and_set(&pool->busy))
            ;
        while (got < n && pool->n > 0)
            out[got++] = pool->item[--pool->n];
        atomic_flag_clear(&pool->busy);
        if (got < n)
            JM_TRY(burn(pool, env));
    }
    return got == n ? JM_OK : JM_E_UNAVAILABLE;
}

enum jm_status jm_copy_add_in(struct jm_tx *tx, const struct jm_copy_row *c)
{
    return jm_status_store_copy(tx, c);
}

enum jm_status jm_copies_invalidate_in(struct jm_tx *tx, const struct jm_id *card)
{
    return jm_status_store_invalidate(tx, card, false);
}

enum jm_status jm_copies_stale_in(struct jm_tx *tx, const struct jm_id *card)
{
    return jm_status_store_stale(tx, card);
}

enum jm_status jm_copies_stale_over_in(struct jm_tx *tx, const struct jm_id *card)
{
    return jm_status_store_invalidate(tx, card, true);
}

static void set_bit(void *ctx, uint32_t idx)
{
    uint8_t *raw = ctx;

    raw[idx / 8] = (uint8_t)(raw[idx / 8] | 1u << idx % 8);
}

enum jm_status jm_status_raw_in(struct jm_tx *tx, uint32_t shard, uint8_t raw[JM_LIST_RAW_LEN])
{
    memset(raw, 0, JM_LIST_RAW_LEN);
    return jm_status_store_invalid(tx, shard, set_bit, raw);
}

struct build {
    uint32_t shard[64];
    int64_t dirty[64];
    size_t n, i;
    uint8_t *raw;
    int64_t now;
};

static enum jm_status due_tx(struct jm_tx *tx, void *arg)
{
    struct build *b = arg;

    return jm_status_store_due(tx, b->now - JM_STATUS_RESIGN_S, b->shard, b->dirty, 64, &b->n);
}

static enum jm_status raw_tx(struct jm_tx *tx, void *arg)
{
    struct build *b = arg;

    return jm_status_raw_in(tx, b->shard[b->i], b->raw);
}

static enum jm_status published_tx(struct jm_tx *tx, void *arg)
{
    struct build *b = arg;

    return jm_status_store_published(tx, b->shard[b->i], b->dirty[b->i], b->now);
}

static enum jm_status shard_uri(struct jm_bytes *out, const struct jm_publication *p, uint32_t shard, struct jm_arena *mem)
{
    char digits[10];
    size_t n = sizeof digits;

    do
        digits[--n] = (char)('0' + shard % 10);
    while ((shard /= 10) != 0);
    const struct jm_bytes parts[] = {p->prefix, jm_bytes(digits + n, sizeof digits - n)};
    return jm_concat(out, mem, parts, 2);
}

static enum jm_status publish_one(const struct jm_env *env, const struct jm_publication *p, struct build *b, struct jm_arena *mem)
{
    struct jm_list_spec s = {{NULL, 0}, jm_bytes(b->raw, JM_LIST_RAW_LEN), 1, b->now, b->now + p->exp, p->ttl, p->x5c, p->n_x5c};
    struct jm_list_draft draft[2];
    struct jm_bytes in[2], out[2] = {{NULL, 0}, {NULL, 0}}, token;
    struct jm_list ins = {in, 2, 2}, outs = {out, 2, 2};

    JM_TRY(shard_uri(&s.uri, p, b->shard[b->i], mem));
    for (size_t form = 0; form < 2; form++) {
        JM_TRY(jm_statuslist_begin(&draft[form], form == 1, &s, env->crypto, mem));
        in[form] = draft[form].to_sign;
    }
    JM_TRY(env->signer->call(env->signer->ctx, JM_SIGN, JM_PURPOSE_STATUS, jm_none(), &ins, &outs));
    for (size_t form = 0; form < 2; form++) {
        if (outs.items[form].len != JM_SIG_LEN)
            return JM_E_BUG;
        JM_TRY(jm_statuslist_finish(&token, &draft[form], outs.items[form].ptr, mem));
        JM_TRY(p->put(p->ctx, b->shard[b->i], form == 1, token));
    }
    return JM_OK;
}

enum jm_status jm_status_publish(const struct jm_env *env, const struct jm_publication *p, size_t *n_published, struct jm_arena *mem)
{
    struct build b = {.now = jm_env_now(env)};

    if (n_published != NULL)
        *n_published = 0;
    if ((b.raw = jm_alloc(mem, JM_LIST_RAW_LEN, 1)) == NULL)
        return JM_E_NO_SPACE;
    JM_TRY(jm_tx_read(env, due_tx, &b));
    for (b.i = 0; b.i < b.n; b.i++) {
        size_t mark = jm_arena_mark(mem);

        JM_TRY(jm_tx_read(env, raw_tx, &b));
        JM_TRY(publish_one(env, p, &b, mem));
        JM_TRY(jm_tx_run(env, published_tx, &b));
        jm_arena_back(mem, mark);
        if (n_published != NULL)
            ++*n_published;
    }
    return JM_OK;
}
