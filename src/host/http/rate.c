/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Token buckets per client and class in one bounded table. A full neighbourhood forgets its longest
 * unused bucket: an attacker with many addresses can win back his own burst, never take somebody
 * else's tokens.
 */
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "host/http/parts.h"

#define SLOTS 8192u
#define PROBES 8u
#define KEY_MAX 40

/* Figures [P]. Many phones share one address behind a carrier's translator, so all but GUESS are
 * generous. */
static const struct {
    unsigned burst;
    unsigned per_s;
} classes[] = {
    [JM_RATE_GUESS] = {20, 1},
    [JM_RATE_LOW] = {120, 20},
    [JM_RATE_DESK] = {200, 40},
    [JM_RATE_HIGH] = {2000, 500},
    /* D-270: a hundred random bits are not guessed; nobody's neighbour stops a report */
    [JM_RATE_LOSS] = {2000, 500},
};

struct bucket {
    uint8_t key[KEY_MAX];
    uint8_t len, rate;
    uint64_t at_ms;
    uint64_t milli; /* thousandths of a token */
};

struct jm_rate_table {
    pthread_mutex_t lock;
    struct bucket slot[SLOTS];
};

struct jm_rate_table *jm_rate_new(void)
{
    struct jm_rate_table *t = calloc(1, sizeof *t);

    if (t != NULL && pthread_mutex_init(&t->lock, NULL) != 0) {
        free(t);
        t = NULL;
    }
    return t;
}

void jm_rate_free(struct jm_rate_table **t)
{
    if (*t == NULL)
        return;
    pthread_mutex_destroy(&(*t)->lock);
    free(*t);
    *t = NULL;
}

static struct bucket *find_bucket(struct jm_rate_table *t, struct jm_bytes key, uint8_t rate,
                                  uint64_t now_ms)
{
    uint64_t h = 0xcbf29ce484222325u ^ rate;
    struct bucket *oldest = NULL;

    for (size_t i = 0; i < key.len; i++)
        h = (h ^ key.ptr[i]) * 0x100000001b3u;
    for (size_t i = 0; i < PROBES; i++) {
        struct bucket *b = &t->slot[(h + i) % SLOTS];
        if (b->rate == rate && b->len == key.len && memcmp(b->key, key.ptr, key.len) == 0)
            return b;
        if (oldest == NULL || b->at_ms < oldest->at_ms)
            oldest = b;
    }
    memcpy(oldest->key, key.ptr, key.len);
    oldest->len = (uint8_t)key.len;
    oldest->rate = rate;
    oldest->at_ms = now_ms;
    oldest->milli = classes[rate].burst * 1000u;
    return oldest;
}

unsigned jm_rate_take(struct jm_rate_table *t, struct jm_bytes client, enum jm_rate rate,
                      uint64_t now_ms)
{
    unsigned wait = 0;

    if (client.len == 0 || (size_t)rate >= JM_ARRAY_LEN(classes) || classes[rate].per_s == 0)
        return 1;
    pthread_mutex_lock(&t->lock);
    struct bucket *b = find_bucket(t, jm_slice(client, 0, KEY_MAX), (uint8_t)rate, now_ms);
    uint64_t full = classes[rate].burst * 1000u;
    uint64_t gone = now_ms > b->at_ms ? now_ms - b->at_ms : 0;
    uint64_t grown = gone > full ? full : gone * classes[rate].per_s;
    b->milli = b->milli + grown > full ? full : b->milli + grown;
    if (now_ms > b->at_ms)
        b->at_ms = now_ms;
    if (b->milli >= 1000)
        b->milli -= 1000;
    else
        wait = (unsigned)((1000 - b->milli) / (classes[rate].per_s * 1000u)) + 1;
    pthread_mutex_unlock(&t->lock);
    return wait;
}
