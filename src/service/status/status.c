/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "service/signer.h"
#include "service/status/parts.h"

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
    struct jm_index *drawn;
    struct jm_index kept[BURN_AT_ONCE];
    size_t n_drawn, n_kept;
    uint32_t shards;
};

static enum jm_status burn_tx(struct jm_tx *tx, void *arg)
{
    struct burn *b = arg;

    uint32_t first;

    b->n_kept = 0;
    /* behind all that were closed: nobody knows what was given out there */
    JM_TRY(jm_status_rows_first_open(tx, &first));
    for (uint32_t s = 0; s < b->shards; s++)
        JM_TRY(jm_status_rows_open_shard(tx, first + s));
    for (size_t i = 0; i < b->n_drawn; i++) {
        const struct jm_index at = {first + b->drawn[i].shard, b->drawn[i].idx};
        bool fresh;

        JM_TRY(jm_status_rows_burn(tx, at, &fresh));
        if (fresh)
            b->kept[b->n_kept++] = at;
    }
    return JM_OK;
}

static enum jm_status burn_indices(struct jm_status_pool *pool, const struct jm_env *env)
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

enum jm_status jm_status_take(struct jm_status_pool *pool, const struct jm_env *env,
                              struct jm_index *out, size_t n)
{
    size_t got = 0;

    for (int tries = 0; tries < 64 && got < n; tries++) {
        while (atomic_flag_test_and_set(&pool->busy))
            ;
        while (got < n && pool->n > 0)
            out[got++] = pool->item[--pool->n];
        atomic_flag_clear(&pool->busy);
        if (got < n)
            JM_TRY(burn_indices(pool, env));
    }
    return got == n ? JM_OK : JM_E_UNAVAILABLE;
}

enum jm_status jm_copy_add_in(struct jm_tx *tx, const struct jm_copy_row *c)
{
    return jm_status_rows_copy(tx, c);
}

enum jm_status jm_copy_key_known_in(struct jm_tx *tx, const uint8_t jkt[32], bool *known)
{
    return jm_status_rows_key_known(tx, jkt, known);
}

enum jm_status jm_copies_invalidate_in(struct jm_tx *tx, const struct jm_id *card)
{
    return jm_status_rows_invalidate(tx, card, false);
}

enum jm_status jm_copies_stale_in(struct jm_tx *tx, const struct jm_id *card)
{
    return jm_status_rows_stale(tx, card);
}

enum jm_status jm_copies_stale_over_in(struct jm_tx *tx, const struct jm_id *card)
{
    return jm_status_rows_invalidate(tx, card, true);
}

static void set_bit(void *ctx, uint32_t idx)
{
    uint8_t *raw = ctx;

    raw[idx / 8] = (uint8_t)(raw[idx / 8] | 1u << idx % 8);
}

enum jm_status jm_status_raw_in(struct jm_tx *tx, uint32_t shard, uint8_t raw[JM_LIST_RAW_LEN])
{
    memset(raw, 0, JM_LIST_RAW_LEN);
    return jm_status_rows_invalid(tx, shard, set_bit, raw);
}

struct build {
    uint32_t shard[64];
    int64_t dirty[64];
    size_t n, i;
    uint8_t *raw;
    int64_t now;
};

static enum jm_status published_tx(struct jm_tx *tx, void *arg)
{
    struct build *b = arg;

    return jm_status_rows_published(tx, b->shard[b->i], b->dirty[b->i], b->now);
}

static enum jm_status shard_uri(struct jm_bytes *out, const struct jm_publication *p,
                                uint32_t shard, struct jm_arena *mem)
{
    char digits[10];
    size_t n = sizeof digits;

    do
        digits[--n] = (char)('0' + shard % 10);
    while ((shard /= 10) != 0);
    const struct jm_bytes parts[] = {p->prefix, jm_bytes(digits + n, sizeof digits - n)};
    return jm_concat(out, mem, parts, 2);
}

static enum jm_status publish_one(const struct jm_env *env, const struct jm_publication *p,
                                  struct build *b, struct jm_arena *mem)
{
    struct jm_list_spec s =
        {{NULL, 0}, jm_bytes(b->raw, JM_LIST_RAW_LEN), 1, b->now, b->now + p->exp, p->ttl, p->x5c,
         p->n_x5c};
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
        JM_TRY(jm_statuslist_finish(&token, &draft[form], outs.items[form], mem));
        JM_TRY(p->put(p->ctx, b->shard[b->i], form == 1, token));
    }
    return JM_OK;
}

/* D-458: what stands published may know what this store does not. Then it is older, and publishes
 * nothing. */
static enum jm_status not_behind(const struct jm_env *env, const struct jm_publication *p,
                                 const struct build *b, struct jm_arena *mem, struct jm_diag *d)
{
    uint8_t *there = jm_alloc(mem, JM_LIST_RAW_LEN, 1);
    struct jm_bytes token;
    enum jm_status st = p->get(p->ctx, b->shard[b->i], &token, mem);

    if (st == JM_E_ABSENT)
        return JM_OK;
    JM_TRY(st);
    if (there == NULL)
        return JM_E_NO_SPACE;
    JM_TRY(jm_status_published(there, env, p, b->shard[b->i], token, mem, d));
    for (size_t i = 0; i < JM_LIST_RAW_LEN; i++)
        if ((there[i] & (uint8_t)~b->raw[i]) != 0)
            return jm_refuse(d, JM_E_DENIED, JM_STATUS_AHEAD, NULL);
    return JM_OK;
}

static enum jm_status publish_shard(const struct jm_env *env, const struct jm_publication *p,
                                    struct build *b, struct jm_arena *mem, struct jm_diag *d)
{
    enum jm_status st;

    JM_READ(st, tx, env, jm_status_raw_in(tx, b->shard[b->i], b->raw));
    JM_TRY(st);
    JM_TRY(not_behind(env, p, b, mem, d));
    JM_TRY(publish_one(env, p, b, mem));
    return jm_tx_run(env, published_tx, b);
}

enum jm_status jm_status_publish(const struct jm_env *env, const struct jm_publication *p,
                                 size_t *n_published, struct jm_arena *mem, struct jm_diag *d)
{
    struct build b = {.now = jm_env_now(env)};
    enum jm_status first = JM_OK;

    if (n_published != NULL)
        *n_published = 0;
    if ((b.raw = jm_alloc(mem, JM_LIST_RAW_LEN, 1)) == NULL)
        return JM_E_NO_SPACE;
    JM_READ(first, tx, env,
            jm_status_rows_due(tx, b.now - JM_STATUS_RESIGN_S, b.shard, b.dirty, 64, &b.n));
    JM_TRY(first);
    for (b.i = 0; b.i < b.n; b.i++) {
        size_t mark = jm_arena_mark(mem);
        enum jm_status st = publish_shard(env, p, &b, mem, d);

        jm_arena_back(mem, mark);
        if (first == JM_OK)
            first = st;
        if (st == JM_OK && n_published != NULL)
            ++*n_published;
    }
    return first;
}

/* -- what stands published -- */

enum jm_status jm_status_published(uint8_t raw[JM_LIST_RAW_LEN], const struct jm_env *env,
                                   const struct jm_publication *p, uint32_t shard,
                                   struct jm_bytes token, struct jm_arena *mem, struct jm_diag *d)
{
    static const unsigned gone_by = 1u << JM_LIST_EXPIRED | 1u << JM_LIST_STALE;
    struct jm_list_policy policy = {.all = true};
    const struct jm_reading r = {.now = jm_env_now(env),
                                 .answers = env->answers,
                                 .crypto = env->crypto,
                                 .mem = mem};
    struct jm_status_list list;
    struct jm_bytes uri;
    struct jm_cert cert;

    memset(raw, 0, JM_LIST_RAW_LEN);
    if (p->n_x5c == 0 || jm_cert_parse(&cert, p->x5c[0]) != JM_OK)
        return JM_E_BUG;
    policy.key = &cert.point;
    JM_TRY(shard_uri(&uri, p, shard, mem));
    JM_TRY(jm_statuslist_open(&list, token, false, uri, &policy, &r));
    if ((list.faults & ~gone_by) != 0 || list.bits != 1 || list.raw.len != JM_LIST_RAW_LEN)
        return jm_refuse(d, JM_E_DENIED, JM_STATUS_UNREADABLE, NULL);
    memcpy(raw, list.raw.ptr, JM_LIST_RAW_LEN);
    return JM_OK;
}

enum jm_status jm_status_merge_in(struct jm_tx *tx, uint32_t shard,
                                  const uint8_t raw[JM_LIST_RAW_LEN], jm_merged *each, void *ctx)
{
    bool grown = false;

    JM_TRY(jm_status_rows_open_shard(tx, shard));
    for (uint32_t idx = 0; idx < JM_LIST_ENTRIES; idx++) {
        const struct jm_index at = {shard, idx};
        struct jm_id card;
        enum jm_status st;
        bool fresh;

        if ((raw[idx / 8] & 1u << idx % 8) == 0)
            continue;
        JM_TRY(jm_status_rows_set(tx, at, &fresh));
        if (!fresh)
            continue;
        grown = true;
        st = jm_status_rows_card_at(tx, at, &card);
        if (st != JM_OK && st != JM_E_ABSENT)
            return st;
        JM_TRY(each(ctx, tx, st == JM_OK ? &card : NULL));
    }
    return grown ? jm_status_rows_dirty(tx, shard) : JM_OK;
}

enum jm_status jm_status_close_in(struct jm_tx *tx, uint32_t shard)
{
    uint32_t next;

    JM_TRY(jm_status_rows_next_shard(tx, &next));
    for (uint32_t s = next; s < shard; s++)
        JM_TRY(jm_status_rows_open_shard(tx, s));
    return jm_status_rows_close(tx, next > shard ? next : shard);
}

enum jm_status jm_status_first_open_in(struct jm_tx *tx, uint32_t *first)
{
    return jm_status_rows_first_open(tx, first);
}
