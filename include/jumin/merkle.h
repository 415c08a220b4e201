/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file merkle.h  Room: ledger. The log's Merkle tree: hashes, a compact range to append to, proofs
 * made and verified.
 *
 * Leaf H(00 ‖ entry), node H(01 ‖ left ‖ right), empty tree H(""), split at the largest power of
 * two below the size; H is SHA-256 of the port. Sizes are below 2^63. Who vouches for a root is not
 * known here (jumin/note.h).
 *
 * Spec: RFC 6962 2.1; RFC 9162 2.1.3, 2.1.4; spec/ledger.md 1
 */
#ifndef JUMIN_MERKLE_H
#define JUMIN_MERKLE_H

#include "jumin/crypto.h"

#define JM_LOG_SIZE_MAX ((uint64_t)INT64_MAX)
#define JM_PROOF_MAX 64      /* hashes of one proof: inclusion has 63 at most, consistency 64 */
#define JM_LEAF_PARTS_MAX 7  /* views of one leaf */
#define JM_LOG_LEVEL_MAX 62u /* of a full subtree: 2^62 leaves */

/** A SHA-256 value in public data; compared without care for time. */
struct jm_hash32 {
    uint8_t octets[32];
};

static inline struct jm_bytes jm_hash32_bytes(const struct jm_hash32 *h)
{
    return jm_bytes(h->octets, sizeof h->octets);
}

static inline bool jm_hash32_eq(const struct jm_hash32 *a, const struct jm_hash32 *b)
{
    return memcmp(a->octets, b->octets, sizeof a->octets) == 0;
}

/** @retval JM_OK | JM_E_LIMIT more than JM_LEAF_PARTS_MAX views | what the port says; @p out is
 * zero then */
JM_MUST_CHECK enum jm_status jm_merkle_leaf(struct jm_hash32 *out, const struct jm_crypto *c,
                                            const struct jm_bytes *parts, size_t n);
/** @p out may be one of the two. */
JM_MUST_CHECK enum jm_status jm_merkle_node(struct jm_hash32 *out, const struct jm_crypto *c,
                                            const struct jm_hash32 *left,
                                            const struct jm_hash32 *right);
/** Of the tree without leaves. */
JM_MUST_CHECK enum jm_status jm_merkle_empty(struct jm_hash32 *out, const struct jm_crypto *c);
/** Of @p n leaf hashes in memory. */
JM_MUST_CHECK enum jm_status jm_merkle_root(struct jm_hash32 *out, const struct jm_crypto *c,
                                            const struct jm_hash32 *leaf, size_t n);

/** What it takes to append: the roots of the full subtrees, the largest (leftmost) first. All zero:
 * the empty tree. */
struct jm_range {
    uint64_t size; /* leaves */
    unsigned n;    /* as many as @p size has bits */
    struct jm_hash32 node[JM_PROOF_MAX];
};

/** @retval JM_OK | JM_E_LIMIT the log is full | what the port says; @p r is unchanged then */
JM_MUST_CHECK enum jm_status jm_range_push(struct jm_range *r, const struct jm_crypto *c,
                                           const struct jm_hash32 *leaf);
JM_MUST_CHECK enum jm_status jm_range_root(struct jm_hash32 *out, const struct jm_range *r,
                                           const struct jm_crypto *c);

/**
 * Is the leaf at @p index of the tree? @p path from the leaf to the root.
 * @retval JM_OK it is | JM_E_RANGE no such index or size | JM_E_DENIED another root, or a node too
 * many or too few | what the port says
 */
JM_MUST_CHECK enum jm_status jm_inclusion_verify(const struct jm_crypto *c, uint64_t index,
                                                 uint64_t size, const struct jm_hash32 *leaf,
                                                 const struct jm_hash32 *path, size_t n,
                                                 const struct jm_hash32 *root);
/**
 * Does the tree of @p size2 begin with that of @p size1? Equal sizes need equal roots and an empty
 * path.
 * @retval JM_OK it does | JM_E_RANGE size1 is 0, or above size2, or size2 too large | JM_E_DENIED |
 * what the port says
 */
JM_MUST_CHECK enum jm_status jm_consistency_verify(const struct jm_crypto *c, uint64_t size1,
                                                   uint64_t size2, const struct jm_hash32 *root1,
                                                   const struct jm_hash32 *root2,
                                                   const struct jm_hash32 *path, size_t n);

/** Who has the tree: the root of the full subtree of leaves @p index · 2^@p level and following,
 * 2^@p level of them. Only such as the size in question has whole are asked for. */
struct jm_nodes {
    enum jm_status (*node)(void *ctx, struct jm_hash32 *out, unsigned level, uint64_t index);
    void *ctx;
    const struct jm_crypto *crypto;
};

struct jm_proof {
    size_t n;
    struct jm_hash32 hash[JM_PROOF_MAX];
};

/** @retval JM_OK | JM_E_RANGE no such index or size | what @p of says; @p out is empty then */
JM_MUST_CHECK enum jm_status jm_inclusion_make(struct jm_proof *out, const struct jm_nodes *of,
                                               uint64_t index, uint64_t size);
/** @retval JM_OK | JM_E_RANGE size1 is 0, or above size2 | what @p of says; @p out is empty then */
JM_MUST_CHECK enum jm_status jm_consistency_make(struct jm_proof *out, const struct jm_nodes *of,
                                                 uint64_t size1, uint64_t size2);

/** Leaf hashes in memory, as a tree: each node is made anew. */
struct jm_leaves {
    const struct jm_hash32 *leaf;
    size_t n;
    const struct jm_crypto *crypto;
};

/** Borrows @p l. Nodes beyond its end are JM_E_RANGE. */
struct jm_nodes jm_leaves_nodes(struct jm_leaves *l);

#endif
