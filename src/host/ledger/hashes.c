/* SPDX-License-Identifier: Apache-2.0 */
#include "host/ledger/hashes.h"

#include <stdlib.h>

#define FIRST 256

static enum jm_status push_at(struct jm_hash_level *l, const struct jm_hash32 *hash)
{
    if (l->n == l->cap) {
        size_t cap = l->cap == 0 ? FIRST : 2 * l->cap;
        struct jm_hash32 *more = realloc(l->hash, cap * sizeof *more);

        if (more == NULL)
            return JM_E_NO_SPACE;
        l->hash = more;
        l->cap = cap;
    }
    l->hash[l->n++] = *hash;
    return JM_OK;
}

enum jm_status jm_hashes_push(struct jm_hashes *h, const struct jm_hash32 *leaf)
{
    JM_TRY(push_at(&h->level[0], leaf));
    for (unsigned l = 0; l < JM_LOG_LEVEL_MAX && h->level[l].n % 2 == 0; l++) {
        const struct jm_hash_level *below = &h->level[l];
        struct jm_hash32 node;

        JM_TRY(jm_merkle_node(&node, h->crypto, &below->hash[below->n - 2],
                              &below->hash[below->n - 1]));
        JM_TRY(push_at(&h->level[l + 1], &node));
    }
    return JM_OK;
}

static enum jm_status node_of(void *ctx, struct jm_hash32 *out, unsigned level, uint64_t index)
{
    const struct jm_hashes *h = ctx;

    if (level > JM_LOG_LEVEL_MAX || index >= h->level[level].n)
        return JM_E_RANGE;
    *out = h->level[level].hash[index];
    return JM_OK;
}

struct jm_nodes jm_hashes_nodes(struct jm_hashes *h)
{
    return (struct jm_nodes){node_of, h, h->crypto};
}

void jm_hashes_clear(struct jm_hashes *h)
{
    for (size_t i = 0; i < JM_ARRAY_LEN(h->level); i++)
        h->level[i].n = 0;
}

void jm_hashes_free(struct jm_hashes *h)
{
    for (size_t i = 0; i < JM_ARRAY_LEN(h->level); i++)
        free(h->level[i].hash);
    *h = (struct jm_hashes){.crypto = h->crypto};
}
