/* SPDX-License-Identifier: Apache-2.0 */
#include "jumin/merkle.h"

enum jm_status jm_merkle_leaf(struct jm_hash32 *out, const struct jm_crypto *c,
                              const struct jm_bytes *parts, size_t n)
{
    struct jm_bytes all[1 + JM_LEAF_PARTS_MAX] = {JM_BYTES("\x00")};

    memset(out, 0, sizeof *out);
    if (n > JM_LEAF_PARTS_MAX)
        return JM_E_LIMIT;
    for (size_t i = 0; i < n; i++)
        all[1 + i] = parts[i];
    return c->hash(JM_SHA256, all, 1 + n, out->octets);
}

enum jm_status jm_merkle_node(struct jm_hash32 *out, const struct jm_crypto *c,
                              const struct jm_hash32 *left, const struct jm_hash32 *right)
{
    const struct jm_hash32 l = *left, r = *right;
    const struct jm_bytes all[] = {JM_BYTES("\x01"), jm_hash32_bytes(&l), jm_hash32_bytes(&r)};

    memset(out, 0, sizeof *out);
    return c->hash(JM_SHA256, all, JM_ARRAY_LEN(all), out->octets);
}

enum jm_status jm_merkle_empty(struct jm_hash32 *out, const struct jm_crypto *c)
{
    memset(out, 0, sizeof *out);
    return jm_sha256(c, jm_none(), out->octets);
}

enum jm_status jm_merkle_root(struct jm_hash32 *out, const struct jm_crypto *c,
                              const struct jm_hash32 *leaf, size_t n)
{
    struct jm_range r = {0};

    memset(out, 0, sizeof *out);
    for (size_t i = 0; i < n; i++)
        JM_TRY(jm_range_push(&r, c, &leaf[i]));
    return jm_range_root(out, &r, c);
}

/* -- the compact range -- */

enum jm_status jm_range_push(struct jm_range *r, const struct jm_crypto *c,
                             const struct jm_hash32 *leaf)
{
    struct jm_hash32 h = *leaf;
    unsigned n = r->n;

    if (r->size >= JM_LOG_SIZE_MAX)
        return JM_E_LIMIT;
    for (uint64_t full = r->size; (full & 1) != 0; full >>= 1)
        JM_TRY(jm_merkle_node(&h, c, &r->node[--n], &h));
    r->node[n] = h;
    r->n = n + 1;
    r->size++;
    return JM_OK;
}

enum jm_status jm_range_root(struct jm_hash32 *out, const struct jm_range *r,
                             const struct jm_crypto *c)
{
    struct jm_hash32 h;

    memset(out, 0, sizeof *out);
    if (r->n == 0)
        return jm_merkle_empty(out, c);
    h = r->node[r->n - 1];
    for (unsigned i = r->n - 1; i > 0; i--)
        JM_TRY(jm_merkle_node(&h, c, &r->node[i - 1], &h));
    *out = h;
    return JM_OK;
}

/* -- verifying -- */

enum jm_status jm_inclusion_verify(const struct jm_crypto *c, uint64_t index, uint64_t size,
                                   const struct jm_hash32 *leaf, const struct jm_hash32 *path,
                                   size_t n, const struct jm_hash32 *root)
{
    struct jm_hash32 r = *leaf;
    uint64_t fn = index, sn;

    if (index >= size || size > JM_LOG_SIZE_MAX)
        return JM_E_RANGE;
    sn = size - 1;
    /* RFC 9162 2.1.3.2 */
    for (size_t i = 0; i < n; i++) {
        if (sn == 0)
            return JM_E_DENIED;
        if ((fn & 1) != 0 || fn == sn) {
            JM_TRY(jm_merkle_node(&r, c, &path[i], &r));
            while ((fn & 1) == 0 && fn != 0) {
                fn >>= 1;
                sn >>= 1;
            }
        } else {
            JM_TRY(jm_merkle_node(&r, c, &r, &path[i]));
        }
        fn >>= 1;
        sn >>= 1;
    }
    return sn == 0 && jm_hash32_eq(&r, root) ? JM_OK : JM_E_DENIED;
}

/* Both roots as the path makes them: fr of the first tree, sr of the second. RFC 9162 2.1.4.2 */
static enum jm_status walk_both(const struct jm_crypto *c, struct jm_hash32 *fr,
                                struct jm_hash32 *sr, uint64_t fn, uint64_t sn,
                                const struct jm_hash32 *path, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (sn == 0)
            return JM_E_DENIED;
        if ((fn & 1) != 0 || fn == sn) {
            JM_TRY(jm_merkle_node(fr, c, &path[i], fr));
            JM_TRY(jm_merkle_node(sr, c, &path[i], sr));
            while ((fn & 1) == 0 && fn != 0) {
                fn >>= 1;
                sn >>= 1;
            }
        } else {
            JM_TRY(jm_merkle_node(sr, c, sr, &path[i]));
        }
        fn >>= 1;
        sn >>= 1;
    }
    return sn == 0 ? JM_OK : JM_E_DENIED;
}

enum jm_status jm_consistency_verify(const struct jm_crypto *c, uint64_t size1, uint64_t size2,
                                     const struct jm_hash32 *root1, const struct jm_hash32 *root2,
                                     const struct jm_hash32 *path, size_t n)
{
    struct jm_hash32 fr, sr;
    uint64_t fn, sn;

    if (size1 == 0 || size1 > size2 || size2 > JM_LOG_SIZE_MAX)
        return JM_E_RANGE;
    if (size1 == size2)
        return n == 0 && jm_hash32_eq(root1, root2) ? JM_OK : JM_E_DENIED;
    if (n == 0)
        return JM_E_DENIED;
    for (fn = size1 - 1, sn = size2 - 1; (fn & 1) != 0; fn >>= 1)
        sn >>= 1;
    if ((size1 & (size1 - 1)) == 0) { /* the first tree is whole: its root begins the path */
        fr = *root1;
    } else {
        fr = *path++;
        n--;
    }
    sr = fr;
    JM_TRY(walk_both(c, &fr, &sr, fn, sn, path, n));
    return jm_hash32_eq(&fr, root1) && jm_hash32_eq(&sr, root2) ? JM_OK : JM_E_DENIED;
}

/* -- making -- */

/* The largest power of two below n; n > 1. */
static uint64_t split_of(uint64_t n)
{
    uint64_t k = 1;

    while (k < n - k)
        k <<= 1;
    return k;
}

static unsigned level_of(uint64_t power)
{
    unsigned level = 0;

    for (; power > 1; power >>= 1)
        level++;
    return level;
}

/* Root of leaves [from, from + n), from a multiple of every power of two up to n: full subtrees,
 * the largest first. */
static enum jm_status subtree_root(struct jm_hash32 *out, const struct jm_nodes *of, uint64_t from,
                                   uint64_t n)
{
    struct jm_range r = {0};

    for (uint64_t power = UINT64_C(1) << JM_LOG_LEVEL_MAX; power != 0; power >>= 1) {
        unsigned level = level_of(power);

        if ((n & power) == 0)
            continue;
        JM_TRY(of->node(of->ctx, &r.node[r.n++], level, from >> level));
        from += power;
    }
    return jm_range_root(out, &r, of->crypto);
}

static void reverse_proof(struct jm_proof *p)
{
    for (size_t i = 0; i < p->n / 2; i++) {
        struct jm_hash32 h = p->hash[i];

        p->hash[i] = p->hash[p->n - 1 - i];
        p->hash[p->n - 1 - i] = h;
    }
}

/* Towards the leaf: PATH of RFC 6962 2.1.1, root first. */
static enum jm_status descend_to(struct jm_proof *out, const struct jm_nodes *of, uint64_t index,
                                 uint64_t size)
{
    uint64_t from = 0, n = size;

    while (n > 1) {
        uint64_t k = split_of(n);
        bool left = index - from < k;

        JM_TRY(subtree_root(&out->hash[out->n], of, left ? from + k : from, left ? n - k : k));
        out->n++;
        from = left ? from : from + k;
        n = left ? k : n - k;
    }
    return JM_OK;
}

enum jm_status jm_inclusion_make(struct jm_proof *out, const struct jm_nodes *of, uint64_t index,
                                 uint64_t size)
{
    enum jm_status st;

    memset(out, 0, sizeof *out);
    if (index >= size || size > JM_LOG_SIZE_MAX)
        return JM_E_RANGE;
    st = descend_to(out, of, index, size);
    if (st != JM_OK)
        memset(out, 0, sizeof *out);
    reverse_proof(out);
    return st;
}

/* Towards the end of the first tree: SUBPROOF of RFC 6962 2.1.2, root first. */
static enum jm_status descend_between(struct jm_proof *out, const struct jm_nodes *of, uint64_t m,
                                      uint64_t size)
{
    uint64_t from = 0, n = size;

    while (m < n) {
        uint64_t k = split_of(n);
        bool left = m <= k;

        JM_TRY(subtree_root(&out->hash[out->n], of, left ? from + k : from, left ? n - k : k));
        out->n++;
        from = left ? from : from + k;
        m = left ? m : m - k;
        n = left ? k : n - k;
    }
    if (from == 0) /* the first tree is this one: who verifies has its root */
        return JM_OK;
    JM_TRY(subtree_root(&out->hash[out->n], of, from, n));
    out->n++;
    return JM_OK;
}

enum jm_status jm_consistency_make(struct jm_proof *out, const struct jm_nodes *of, uint64_t size1,
                                   uint64_t size2)
{
    enum jm_status st;

    memset(out, 0, sizeof *out);
    if (size1 == 0 || size1 > size2 || size2 > JM_LOG_SIZE_MAX)
        return JM_E_RANGE;
    st = descend_between(out, of, size1, size2);
    if (st != JM_OK)
        memset(out, 0, sizeof *out);
    reverse_proof(out);
    return st;
}

static enum jm_status leaves_node(void *ctx, struct jm_hash32 *out, unsigned level, uint64_t index)
{
    const struct jm_leaves *l = ctx;
    uint64_t n, from;

    memset(out, 0, sizeof *out);
    if (level > JM_LOG_LEVEL_MAX || index > JM_LOG_SIZE_MAX >> level)
        return JM_E_RANGE;
    n = UINT64_C(1) << level;
    from = index << level;
    if (from > l->n || n > l->n - from)
        return JM_E_RANGE;
    return jm_merkle_root(out, l->crypto, l->leaf + from, (size_t)n);
}

struct jm_nodes jm_leaves_nodes(struct jm_leaves *l)
{
    return (struct jm_nodes){leaves_node, l, l->crypto};
}
