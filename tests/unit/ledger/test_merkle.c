/* SPDX-License-Identifier: Apache-2.0 */
#include "unit/ledger/ledger_kit.h"

#define SIZE_TRIED 70

/* The definition, by recursion. */
static struct jm_hash32 root_of(const struct jm_hash32 *leaf, size_t n)
{
    struct jm_hash32 h = {{0}}, l, r;
    size_t k = 1;

    if (n == 0)
        CHECK_OK(jm_sha256(CRYPTO, jm_none(), h.octets));
    if (n == 0 || n == 1)
        return n == 0 ? h : leaf[0];
    while (2 * k < n)
        k *= 2;
    l = root_of(leaf, k);
    r = root_of(leaf + k, n - k);
    CHECK_OK(jm_merkle_node(&h, CRYPTO, &l, &r));
    return h;
}

static struct jm_leaves some_leaves(struct jm_hash32 room[SIZE_TRIED])
{
    for (size_t i = 0; i < SIZE_TRIED; i++)
        room[i] = leaf_of(i);
    return (struct jm_leaves){room, SIZE_TRIED, CRYPTO};
}

/* Vectors have hashes of no octets: those are refused before anybody compares. */
static bool read_hash(struct jm_hash32 *out, struct jm_bytes text, struct jm_arena *mem)
{
    struct jm_bytes b = unb64(text, mem);

    memset(out, 0, sizeof *out);
    if (b.len == sizeof *out)
        memcpy(out, b.ptr, b.len);
    return b.len == sizeof *out;
}

static bool read_proof(struct jm_proof *p, const struct jm_json *row, struct jm_arena *mem)
{
    bool ok = true;

    memset(p, 0, sizeof *p);
    for (const struct jm_json *e = child_of(jm_json_get(row, "proof")); e != NULL; e = e->next)
        ok = read_hash(&p->hash[p->n++], e->text, mem) && ok;
    return ok;
}

TEST(foreign_inclusion_vectors)
{
    struct jm_arena mem = arena(1 << 20);
    const struct jm_json *rows = vector_json("ledger/merkle-inclusion.json", &mem);
    size_t n = 0, good = 0;

    for (const struct jm_json *row = child_of(rows); row != NULL; row = row->next, n++) {
        struct jm_proof p;
        struct jm_hash32 root, leaf;
        bool wrong = jm_json_is_true(row, "wantErr");
        bool ok = read_proof(&p, row, &mem) && read_hash(&root, text_of(row, "root"), &mem) &&
                  read_hash(&leaf, text_of(row, "leafHash"), &mem) &&
                  jm_inclusion_verify(CRYPTO, uint_of(row, "leafIdx"), uint_of(row, "treeSize"),
                                      &leaf, p.hash, p.n, &root) == JM_OK;

        good += ok;
        ROW(CHECK_EQ(ok, !wrong), (const char *)text_of(row, "name").ptr);
    }
    CHECK_EQ(n, 56);
    CHECK(good > 0);
}

TEST(foreign_consistency_vectors)
{
    struct jm_arena mem = arena(1 << 20);
    const struct jm_json *rows = vector_json("ledger/merkle-consistency.json", &mem);
    size_t n = 0, good = 0;

    for (const struct jm_json *row = child_of(rows); row != NULL; row = row->next, n++) {
        struct jm_proof p;
        struct jm_hash32 root1, root2;
        bool wrong = jm_json_is_true(row, "wantErr");
        bool ok = read_proof(&p, row, &mem) && read_hash(&root1, text_of(row, "root1"), &mem) &&
                  read_hash(&root2, text_of(row, "root2"), &mem) &&
                  jm_consistency_verify(CRYPTO, uint_of(row, "size1"), uint_of(row, "size2"),
                                        &root1, &root2, p.hash, p.n) == JM_OK;

        good += ok;
        ROW(CHECK_EQ(ok, !wrong), (const char *)text_of(row, "name").ptr);
    }
    CHECK_EQ(n, 49);
    CHECK(good > 0);
}

TEST(the_empty_tree_and_the_first_leaf)
{
    struct jm_range r = {0};
    struct jm_hash32 root, leaf;
    struct jm_bytes none = jm_none();

    CHECK_OK(jm_range_root(&root, &r, CRYPTO));
    CHECK_BYTES(jm_hash32_bytes(&root),
                "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    /* RFC 6962 2.1: a leaf is hashed behind an octet 00 */
    CHECK_OK(jm_merkle_leaf(&leaf, CRYPTO, &none, 1));
    CHECK_BYTES(jm_hash32_bytes(&leaf),
                "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d");
    CHECK_OK(jm_range_push(&r, CRYPTO, &leaf));
    CHECK_OK(jm_range_root(&root, &r, CRYPTO));
    CHECK(jm_hash32_eq(&root, &leaf));
}

TEST(a_leaf_of_parts_is_that_of_the_whole)
{
    const struct jm_bytes parts[JM_LEAF_PARTS_MAX + 1] = {JM_BYTES("ab"), JM_BYTES(""),
                                                          JM_BYTES("c")};
    struct jm_bytes whole = JM_BYTES("abc");
    struct jm_hash32 a, b;

    CHECK_OK(jm_merkle_leaf(&a, CRYPTO, parts, JM_LEAF_PARTS_MAX));
    CHECK_OK(jm_merkle_leaf(&b, CRYPTO, &whole, 1));
    CHECK(jm_hash32_eq(&a, &b));
    CHECK_ST(jm_merkle_leaf(&a, CRYPTO, parts, JM_LEAF_PARTS_MAX + 1), JM_E_LIMIT);
    CHECK(!jm_hash32_eq(&a, &b));
}

TEST(a_range_has_the_root_of_the_definition)
{
    struct jm_hash32 leaf[SIZE_TRIED], got, want;
    struct jm_range r = {0};

    (void)some_leaves(leaf);
    for (size_t n = 0; n < SIZE_TRIED; n++) {
        want = root_of(leaf, n);
        CHECK_OK(jm_range_root(&got, &r, CRYPTO));
        CHECK(jm_hash32_eq(&got, &want) && r.size == n);
        CHECK_OK(jm_merkle_root(&got, CRYPTO, leaf, n));
        CHECK(jm_hash32_eq(&got, &want));
        CHECK_OK(jm_range_push(&r, CRYPTO, &leaf[n]));
    }
}

TEST(a_full_log_takes_no_leaf)
{
    struct jm_range r = {.size = JM_LOG_SIZE_MAX, .n = 63};
    struct jm_hash32 leaf = leaf_of(0);

    CHECK_ST(jm_range_push(&r, CRYPTO, &leaf), JM_E_LIMIT);
    CHECK_EQ(r.n, 63);
    CHECK(r.size == JM_LOG_SIZE_MAX);
}

/* Each change of a proof that held. */
static void refuse_inclusion(uint64_t i, uint64_t n, const struct jm_hash32 *leaf,
                             struct jm_proof p, const struct jm_hash32 *root)
{
    struct jm_hash32 other = *leaf;

    CHECK_ST(jm_inclusion_verify(CRYPTO, n, n, leaf, p.hash, p.n, root), JM_E_RANGE);
    other.octets[31] ^= 1;
    CHECK_ST(jm_inclusion_verify(CRYPTO, i, n, &other, p.hash, p.n, root), JM_E_DENIED);
    CHECK_ST(jm_inclusion_verify(CRYPTO, i, n, leaf, p.hash, p.n, &other), JM_E_DENIED);
    for (size_t k = 0; k < p.n; k++) {
        CHECK_ST(jm_inclusion_verify(CRYPTO, i, n, leaf, p.hash, k, root), JM_E_DENIED);
        p.hash[k].octets[0] ^= 0x80;
        CHECK_ST(jm_inclusion_verify(CRYPTO, i, n, leaf, p.hash, p.n, root), JM_E_DENIED);
        p.hash[k].octets[0] ^= 0x80;
    }
    p.hash[p.n] = *root;
    CHECK_ST(jm_inclusion_verify(CRYPTO, i, n, leaf, p.hash, p.n + 1, root), JM_E_DENIED);
    for (uint64_t k = 0; k < n; k++)
        if (k != i)
            CHECK_ST(jm_inclusion_verify(CRYPTO, k, n, leaf, p.hash, p.n, root), JM_E_DENIED);
}

TEST(inclusion_proofs_made_here_hold)
{
    struct jm_hash32 leaf[SIZE_TRIED];
    struct jm_leaves all = some_leaves(leaf);
    struct jm_nodes of = jm_leaves_nodes(&all);
    struct jm_proof p;

    for (size_t n = 1; n < SIZE_TRIED; n++) {
        struct jm_hash32 root = root_of(leaf, n);

        for (size_t i = 0; i < n; i++) {
            CHECK_OK(jm_inclusion_make(&p, &of, i, n));
            CHECK_OK(jm_inclusion_verify(CRYPTO, i, n, &leaf[i], p.hash, p.n, &root));
            if (n < 20)
                refuse_inclusion(i, n, &leaf[i], p, &root);
        }
        CHECK_ST(jm_inclusion_make(&p, &of, n, n), JM_E_RANGE);
    }
}

static void refuse_consistency(uint64_t m, uint64_t n, const struct jm_hash32 *root1,
                               const struct jm_hash32 *root2, struct jm_proof p)
{
    struct jm_hash32 other = *root1;

    other.octets[5] ^= 4;
    CHECK_ST(jm_consistency_verify(CRYPTO, m, n, &other, root2, p.hash, p.n), JM_E_DENIED);
    CHECK_ST(jm_consistency_verify(CRYPTO, m, n, root1, &other, p.hash, p.n), JM_E_DENIED);
    CHECK_ST(jm_consistency_verify(CRYPTO, n + 1, n, root1, root2, p.hash, p.n), JM_E_RANGE);
    CHECK_ST(jm_consistency_verify(CRYPTO, 0, n, root1, root2, p.hash, p.n), JM_E_RANGE);
    for (size_t k = 0; k < p.n; k++) {
        CHECK_ST(jm_consistency_verify(CRYPTO, m, n, root1, root2, p.hash, k), JM_E_DENIED);
        p.hash[k].octets[31] ^= 1;
        CHECK_ST(jm_consistency_verify(CRYPTO, m, n, root1, root2, p.hash, p.n), JM_E_DENIED);
        p.hash[k].octets[31] ^= 1;
    }
    p.hash[p.n] = *root2;
    CHECK_ST(jm_consistency_verify(CRYPTO, m, n, root1, root2, p.hash, p.n + 1), JM_E_DENIED);
}

TEST(consistency_proofs_made_here_hold)
{
    struct jm_hash32 leaf[SIZE_TRIED];
    struct jm_leaves all = some_leaves(leaf);
    struct jm_nodes of = jm_leaves_nodes(&all);
    struct jm_proof p;

    for (size_t n = 1; n < SIZE_TRIED; n++) {
        struct jm_hash32 root2 = root_of(leaf, n);

        for (size_t m = 1; m <= n; m++) {
            struct jm_hash32 root1 = root_of(leaf, m);

            CHECK_OK(jm_consistency_make(&p, &of, m, n));
            CHECK_OK(jm_consistency_verify(CRYPTO, m, n, &root1, &root2, p.hash, p.n));
            if (n < 20)
                refuse_consistency(m, n, &root1, &root2, p);
        }
        CHECK_ST(jm_consistency_make(&p, &of, 0, n), JM_E_RANGE);
        CHECK_ST(jm_consistency_make(&p, &of, n + 1, n), JM_E_RANGE);
    }
}

TEST(proofs_of_the_largest_log)
{
    struct jm_proof p = {0};
    struct jm_hash32 h = leaf_of(0);

    CHECK_ST(jm_inclusion_verify(CRYPTO, 0, JM_LOG_SIZE_MAX, &h, p.hash, 63, &h), JM_E_DENIED);
    CHECK_ST(jm_inclusion_verify(CRYPTO, 0, JM_LOG_SIZE_MAX + 1, &h, p.hash, 63, &h), JM_E_RANGE);
    CHECK_ST(jm_consistency_verify(CRYPTO, 1, JM_LOG_SIZE_MAX, &h, &h, p.hash, 63), JM_E_DENIED);
    CHECK_ST(jm_consistency_verify(CRYPTO, 1, JM_LOG_SIZE_MAX + 1, &h, &h, p.hash, 63), JM_E_RANGE);
}

/* Any tree, as deep as it may be: no more is asked for than a proof has. */
static enum jm_status any_node(void *ctx, struct jm_hash32 *out, unsigned level, uint64_t index)
{
    (void)ctx;
    CHECK(level <= JM_LOG_LEVEL_MAX && index <= JM_LOG_SIZE_MAX >> level);
    *out = leaf_of(index + level);
    return JM_OK;
}

TEST(proofs_of_the_largest_log_fit)
{
    const struct jm_nodes of = {any_node, NULL, CRYPTO};
    static const uint64_t at[] = {0, 1, INT64_MAX / 2, JM_LOG_SIZE_MAX - 1};
    struct jm_proof p;

    for (size_t i = 0; i < JM_ARRAY_LEN(at); i++) {
        CHECK_OK(jm_inclusion_make(&p, &of, at[i], JM_LOG_SIZE_MAX));
        CHECK(p.n >= 62 && p.n <= 63);
        CHECK_OK(jm_consistency_make(&p, &of, at[i] + 1, JM_LOG_SIZE_MAX));
        CHECK(p.n <= JM_PROOF_MAX);
    }
    CHECK_ST(jm_inclusion_make(&p, &of, 0, JM_LOG_SIZE_MAX + 1), JM_E_RANGE);
    CHECK_ST(jm_consistency_make(&p, &of, 1, JM_LOG_SIZE_MAX + 1), JM_E_RANGE);
}

TEST(a_node_that_is_not_to_be_had_ends_the_proof)
{
    struct jm_hash32 leaf[SIZE_TRIED];
    struct jm_leaves few = some_leaves(leaf);
    struct jm_nodes of = jm_leaves_nodes(&few);
    struct jm_proof p;

    few.n = 10;
    CHECK_ST(jm_inclusion_make(&p, &of, 3, 20), JM_E_RANGE);
    CHECK_EQ(p.n, 0);
    CHECK_ST(jm_consistency_make(&p, &of, 9, 20), JM_E_RANGE);
    CHECK_EQ(p.n, 0);
    CHECK_ST(of.node(of.ctx, &p.hash[0], 63, 0), JM_E_RANGE);
    CHECK_ST(of.node(of.ctx, &p.hash[0], 1, UINT64_MAX / 2), JM_E_RANGE);
}

TEST(leaves_in_memory_end_where_they_end)
{
    static const struct {
        const char *name;
        unsigned level;
        uint64_t index;
        enum jm_status st;
    } rows[] = {{"the last leaf", 0, 9, JM_OK},
                {"the last pair", 1, 4, JM_OK},
                {"at the end", 0, 10, JM_E_RANGE},
                {"behind the end", 0, 11, JM_E_RANGE},
                {"across the end", 3, 1, JM_E_RANGE},
                {"a place that overflows", 1, UINT64_C(1) << 63, JM_E_RANGE},
                {"a level that there is not", 63, 0, JM_E_RANGE},
                {"a level that overflows", 64, 0, JM_E_RANGE}};
    struct jm_hash32 leaf[SIZE_TRIED], out;
    struct jm_leaves few = some_leaves(leaf);
    struct jm_nodes of = jm_leaves_nodes(&few);

    few.n = 10;
    for (size_t i = 0; i < JM_ARRAY_LEN(rows); i++)
        ROW(CHECK_ST(of.node(of.ctx, &out, rows[i].level, rows[i].index), rows[i].st),
            rows[i].name);
}

/* The nth node is not to be had. */
static unsigned nodes_left;

static enum jm_status scarce_node(void *ctx, struct jm_hash32 *out, unsigned level, uint64_t index)
{
    (void)ctx;
    *out = leaf_of(index + level);
    return nodes_left-- == 0 ? JM_E_IO : JM_OK;
}

TEST(a_proof_is_whole_or_none)
{
    static const struct jm_hash32 none;
    const struct jm_nodes of = {scarce_node, NULL, CRYPTO};
    struct jm_proof p;

    for (unsigned n = 0; n < 4; n++) {
        nodes_left = n;
        CHECK_ST(jm_inclusion_make(&p, &of, 3, 20), JM_E_IO);
        CHECK(p.n == 0 && jm_hash32_eq(&p.hash[0], &none));
        nodes_left = n;
        CHECK_ST(jm_consistency_make(&p, &of, 9, 20), JM_E_IO);
        CHECK(p.n == 0 && jm_hash32_eq(&p.hash[0], &none));
    }
}

/* A root that takes a node more: of a larger tree than the one that is said. */
TEST(a_node_too_many_is_refused_where_the_root_fits_it)
{
    struct jm_hash32 leaf[SIZE_TRIED], more = leaf_of(99), root1, root2, alone;
    struct jm_leaves all = some_leaves(leaf);
    struct jm_nodes of = jm_leaves_nodes(&all);
    struct jm_proof p;

    CHECK_OK(jm_merkle_node(&alone, CRYPTO, &more, &leaf[0]));
    CHECK_ST(jm_inclusion_verify(CRYPTO, 0, 1, &leaf[0], &more, 1, &alone), JM_E_DENIED);
    root1 = root_of(leaf, 3);
    root2 = root_of(leaf, 5);
    CHECK_OK(jm_consistency_make(&p, &of, 3, 5));
    CHECK_OK(jm_consistency_verify(CRYPTO, 3, 5, &root1, &root2, p.hash, p.n));
    CHECK_ST(jm_consistency_verify(CRYPTO, 3, 5, &root1, &root2, NULL, 0), JM_E_DENIED);
    p.hash[p.n++] = more;
    CHECK_OK(jm_merkle_node(&root1, CRYPTO, &more, &root1));
    CHECK_OK(jm_merkle_node(&root2, CRYPTO, &more, &root2));
    CHECK_ST(jm_consistency_verify(CRYPTO, 3, 5, &root1, &root2, p.hash, p.n), JM_E_DENIED);
}
