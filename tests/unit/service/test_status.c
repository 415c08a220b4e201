/* SPDX-License-Identifier: Apache-2.0 */
/* D-175, D-180 (5), D-186: indices are random, never twice, burnt before they are handed out; bits
 * are only ever set. */
#include "unit/service/rows.h"

#include "service/status/status.h"

#define DRAWS 10000
#define SHARDS 2
#define CELLS 128

static int64_t ask_int(const char *sql);

struct ask {
    const char *sql;
    int64_t v;
};

static enum jm_status ask_tx(struct jm_tx *tx, void *arg)
{
    struct ask *a = arg;

    return jm_sql_int(&a->v, tx, a->sql, JM_NO_ARGS);
}

static int64_t ask_int(const char *sql)
{
    struct ask a = {sql, -1};

    CHECK_OK(test_read(&R.env, ask_tx, &a));
    return a.v;
}

static int by_place(const void *a, const void *b)
{
    const struct jm_index *x = a, *y = b;

    return x->shard != y->shard ? (x->shard < y->shard ? -1 : 1)
           : x->idx < y->idx    ? -1
                                : x->idx > y->idx;
}

/* 2 × 128 cells of 39 draws each: chi-square with 255 degrees stays below 380 in all but one run of
 * a million. Serial correlation: the same for the differences of neighbours. */
static double chi_square(const uint32_t *cell, size_t n, double expected)
{
    double sum = 0;

    for (size_t i = 0; i < n; i++)
        sum += ((double)cell[i] - expected) * ((double)cell[i] - expected) / expected;
    return sum;
}

TEST(ten_thousand_draws)
{
    struct jm_index *x = (struct jm_index *)(void *)test_malloc(DRAWS * sizeof *x);
    uint32_t place[SHARDS * CELLS] = {0}, step[CELLS] = {0};
    struct jm_status_pool pool;

    rows_begin();
    jm_status_pool_init(&pool, SHARDS);
    for (size_t i = 0; i < DRAWS; i += 10)
        CHECK_OK(jm_status_take(&pool, &R.env, x + i, 10));
    for (size_t i = 0; i < DRAWS; i++) {
        CHECK(x[i].shard < SHARDS && x[i].idx < JM_LIST_ENTRIES);
        place[x[i].shard * CELLS + x[i].idx / (JM_LIST_ENTRIES / CELLS)]++;
        if (i > 0)
            step[((x[i].idx - x[i - 1].idx) & (JM_LIST_ENTRIES - 1)) / (JM_LIST_ENTRIES / CELLS)]++;
    }
    CHECK(chi_square(place, JM_ARRAY_LEN(place), (double)DRAWS / (SHARDS * CELLS)) < 380);
    CHECK(chi_square(step, JM_ARRAY_LEN(step), (double)(DRAWS - 1) / CELLS) < 215);
    /* each was burnt, and durable, before it came */
    CHECK(ask_int("SELECT count(*) FROM status_index") >= DRAWS);
    qsort(x, DRAWS, sizeof *x, by_place);
    for (size_t i = 1; i < DRAWS; i++)
        CHECK(by_place(&x[i - 1], &x[i]) != 0);
    rows_end();
}

TEST(what_a_dead_process_had_burnt_is_never_handed_out)
{
    struct jm_index first[20], second[200];
    struct jm_status_pool pool;

    rows_begin();
    jm_status_pool_init(&pool, SHARDS);
    CHECK_OK(jm_status_take(&pool, &R.env, first, 20));
    int64_t burnt = ask_int("SELECT count(*) FROM status_index");
    CHECK(burnt > 20);
    jm_status_pool_init(&pool, SHARDS); /* a new process knows nothing of the pool */
    CHECK_OK(jm_status_take(&pool, &R.env, second, 200));
    CHECK(ask_int("SELECT count(*) FROM status_index") > burnt);
    for (size_t i = 0; i < 20; i++)
        for (size_t k = 0; k < 200; k++)
            CHECK(by_place(&first[i], &second[k]) != 0);
    rows_end();
}

static enum jm_status no_random(void *ctx, uint8_t *out, size_t len)
{
    (void)ctx, (void)out, (void)len;
    return JM_E_UNAVAILABLE;
}

TEST(without_randomness_there_is_no_index)
{
    struct jm_index x[1];
    struct jm_status_pool pool;

    rows_begin();
    R.env.random = no_random;
    jm_status_pool_init(&pool, SHARDS);
    CHECK_ST(jm_status_take(&pool, &R.env, x, 1), JM_E_UNAVAILABLE);
    CHECK_EQ(ask_int("SELECT count(*) FROM status_index"), 0);
    rows_end();
}

/* -- bits -- */

struct bits {
    uint8_t *raw;
    const struct jm_copy_row *copy;
    const struct jm_id *card;
};

static enum jm_status add_tx(struct jm_tx *tx, void *arg)
{
    return jm_copy_add_in(tx, ((const struct bits *)arg)->copy);
}

static enum jm_status end_tx(struct jm_tx *tx, void *arg)
{
    return jm_copies_invalidate_in(tx, ((const struct bits *)arg)->card);
}

static enum jm_status raw_tx(struct jm_tx *tx, void *arg)
{
    return jm_status_raw_in(tx, 0, ((const struct bits *)arg)->raw);
}

static size_t bits_set(const uint8_t *raw)
{
    size_t n = 0;

    for (size_t i = 0; i < JM_LIST_RAW_LEN; i++)
        for (uint8_t b = raw[i]; b != 0; b &= (uint8_t)(b - 1))
            n++;
    return n;
}

TEST(a_card_ends_with_all_its_copies_and_no_other)
{
    uint8_t *raw = test_malloc(JM_LIST_RAW_LEN), *again = test_malloc(JM_LIST_RAW_LEN);
    struct jm_id card[2] = {{{1}}, {{2}}};
    struct jm_index x[20];
    struct jm_status_pool pool;

    rows_begin();
    jm_status_pool_init(&pool, 1);
    CHECK_OK(jm_status_take(&pool, &R.env, x, 20));
    for (size_t i = 0; i < 20; i++) {
        struct jm_copy_row row = {.card = card[i % 2],
                                  .fmt = 1,
                                  .at = x[i],
                                  .issued = R.now,
                                  .until = R.now + 100};
        struct bits b = {.copy = &row};

        CHECK_OK(jm_tx_run(&R.env, add_tx, &b));
        row.at = x[0];
        /* D-180 (5): an index has one copy */
        CHECK_ST(jm_tx_run(&R.env, add_tx, &b), JM_E_CONFLICT);
    }
    struct bits b = {.raw = raw, .card = &card[0]};
    CHECK_OK(test_read(&R.env, raw_tx, &b));
    CHECK_EQ(bits_set(raw), 0);
    CHECK_OK(jm_tx_run(&R.env, end_tx, &b));
    CHECK_OK(test_read(&R.env, raw_tx, &b));
    CHECK_EQ(bits_set(raw), 10);
    for (size_t i = 0; i < 20; i++)
        CHECK(((raw[x[i].idx / 8] >> x[i].idx % 8 & 1) != 0) == (i % 2 == 0));
    CHECK_OK(jm_tx_run(&R.env, end_tx, &b)); /* once more changes nothing */
    b.raw = again;
    CHECK_OK(test_read(&R.env, raw_tx, &b));
    CHECK(memcmp(raw, again, JM_LIST_RAW_LEN) == 0); /* D-180 (12) */
    rows_end();
}

/* -- publishing -- */

static struct put {
    size_t n, len[4];
    uint32_t shard[4];
} P;

static enum jm_status put(void *ctx, uint32_t shard, bool cwt, struct jm_bytes token)
{
    (void)ctx, (void)cwt;
    if (P.n == 4)
        return JM_E_UNAVAILABLE;
    P.shard[P.n] = shard;
    P.len[P.n++] = token.len;
    return JM_OK;
}

static enum jm_status put_nothing(void *ctx, uint32_t shard, bool cwt, struct jm_bytes token)
{
    (void)ctx, (void)shard, (void)cwt, (void)token;
    return JM_E_IO;
}

static enum jm_status get_none(void *ctx, uint32_t shard, struct jm_bytes *token,
                               struct jm_arena *mem)
{
    (void)ctx, (void)shard, (void)token, (void)mem;
    return JM_E_ABSENT;
}

static enum jm_status sign_pair(void *ctx, enum jm_sign_op op, enum jm_purpose purpose,
                                struct jm_bytes key, const struct jm_list *in, struct jm_list *out)
{
    static struct jm_sig sig[2];

    (void)ctx, (void)key, (void)op;
    CHECK_EQ(purpose, JM_PURPOSE_STATUS);
    for (size_t i = 0; i < in->n && i < 2; i++) {
        CHECK_OK(jm_key_sign(R.key, in->items[i], &sig[i]));
        out->items[i] = jm_sig_bytes(&sig[i]);
    }
    out->n = in->n;
    return JM_OK;
}

TEST(lists_are_whole_whatever_is_issued)
{
    struct jm_bytes der = JM_BYTES("certificate");
    struct jm_publication p = {.prefix = JM_BYTES("https://s.example/l/"),
                               .x5c = &der,
                               .n_x5c = 1,
                               .ttl = 60,
                               .exp = 3600,
                               .put = put_nothing,
                               .get = get_none};
    struct jm_index x[1];
    struct jm_status_pool pool;
    size_t n = 9;

    memset(&P, 0, sizeof P);
    rows_begin();
    R.signer.call = sign_pair;
    jm_status_pool_init(&pool, 1);
    CHECK_OK(jm_status_take(&pool, &R.env, x, 1)); /* opens the shard */
    CHECK_ST(jm_status_publish(&R.env, &p, &n, &R.mem, NULL), JM_E_IO);
    CHECK_EQ(n, 0);
    p.put = put;
    CHECK_OK(jm_status_publish(&R.env, &p, &n, &R.mem, NULL)); /* what was not put is due still */
    CHECK_EQ(n, 1);
    CHECK_EQ(P.n, 2);
    CHECK_OK(jm_status_publish(&R.env, &p, &n, &R.mem, NULL));
    CHECK_EQ(n, 0);
    R.now += JM_STATUS_RESIGN_S + 1;
    CHECK_OK(jm_status_publish(&R.env, &p, &n, &R.mem, NULL));
    CHECK_EQ(n, 1);
    CHECK(P.len[0] == P.len[2]); /* nothing ended: the list is as it was, but for its times */
    rows_end();
}
