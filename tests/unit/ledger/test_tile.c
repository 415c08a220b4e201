/* SPDX-License-Identifier: Apache-2.0 */
#include "unit/ledger/ledger_kit.h"

#include "jumin/tile.h"

TEST(names_both_ways)
{
    static const struct {
        const char *path;
        struct jm_tile t;
    } rows[] = {
        {"tile/0/000", {false, 0, 256, 0}},
        {"tile/0/x001/x234/067", {false, 0, 256, 1234067}},
        {"tile/1/000.p/1", {false, 1, 1, 0}},
        {"tile/0/999.p/255", {false, 0, 255, 999}},
        {"tile/0/x001/000", {false, 0, 256, 1000}},
        {"tile/7/000.p/127", {false, 7, 127, 0}},
        {"tile/entries/x008/254.p/69", {true, 0, 69, 8254}},
        {"tile/entries/000", {true, 0, 256, 0}},
        {"tile/0/x036/x028/x797/x018/x963/967", {false, 0, 256, JM_LOG_SIZE_MAX >> 8}},
    };

    for (size_t i = 0; i < JM_ARRAY_LEN(rows); i++) {
        struct jm_buf b = room(JM_TILE_PATH_MAX);
        struct jm_tile t;
        bool ok = CHECK_OK(jm_tile_path(&b, &rows[i].t)) &&
                  CHECK_STR(jm_written(b), rows[i].path) &&
                  CHECK_OK(jm_tile_parse(&t, exact(jm_str(rows[i].path)))) &&
                  CHECK(t.entries == rows[i].t.entries && t.level == rows[i].t.level &&
                        t.width == rows[i].t.width && t.n == rows[i].t.n);

        ROW(ok, rows[i].path);
        for (size_t cap = 0; cap < b.len; cap++) {
            struct jm_buf small = room(cap);
            CHECK_ST(jm_tile_path(&small, &rows[i].t), JM_E_NO_SPACE);
        }
    }
}

TEST(what_is_no_name)
{
    static const char *const rows[] = {
        "",
        "tile",
        "tile/",
        "tile/0",
        "tile/0/",
        "/tile/0/000",
        "Tile/0/000",
        "tile/00/000",
        "tile/8/000",
        "tile/-1/000",
        "tile/x/000",
        "tile/Entries/000",
        "tile//000",
        "tile/0/0",
        "tile/0/00",
        "tile/0/0000",
        "tile/0/x000/001",
        "tile/0/x001",
        "tile/0/001/000",
        "tile/0/x001x000",
        "tile/0/x001/x000/",
        "tile/0/X001/000",
        "tile/0/000.p",
        "tile/0/000.p/",
        "tile/0/000.p/0",
        "tile/0/000.p/01",
        "tile/0/000.p/256",
        "tile/0/000.p/257",
        "tile/0/000.p/65537",
        "tile/0/000.p/1.p/1",
        "tile/0/000.p/1/",
        "tile/0/000.q/1",
        "tile/0/000 ",
        "tile/0/../000",
        "tile/7/001",
        "tile/6/128",
        "tile/0/x036/x028/x797/x018/x963/968",
        "tile/0/x999/x999/x999/x999/x999/x999/999",
        "tile/0/x000/x000/x000/x000/x000/x000/x000/x000/x000/x000/x000/x000/001",
    };

    for (size_t i = 0; i < JM_ARRAY_LEN(rows); i++) {
        struct jm_tile t;

        ROW(CHECK_ST(jm_tile_parse(&t, exact(jm_str(rows[i]))), JM_E_MALFORMED) &&
                CHECK_EQ(t.width, 0),
            rows[i]);
    }
}

TEST(what_is_no_tile_has_no_name)
{
    static const struct jm_tile rows[] = {{false, 0, 0, 0},         {false, 0, 257, 0},
                                          {false, 8, 256, 0},       {true, 1, 256, 0},
                                          {false, 7, 256, 1},       {false, 6, 256, 128},
                                          {true, 0, 256, INT64_MAX}};

    for (size_t i = 0; i < JM_ARRAY_LEN(rows); i++) {
        struct jm_buf b = room(JM_TILE_PATH_MAX);

        CHECK_ST(jm_tile_path(&b, &rows[i]), JM_E_RANGE);
    }
}

TEST(how_wide_a_tile_is)
{
    static const struct {
        unsigned level;
        uint64_t n, size;
        unsigned want;
    } rows[] = {{0, 0, 0, 0},           {0, 0, 1, 1},         {0, 0, 255, 255},
                {0, 0, 256, 256},       {0, 1, 256, 0},       {0, 1, 257, 1},
                {0, 0, 70000, 256},     {0, 273, 70000, 112}, {0, 274, 70000, 0},
                {1, 0, 255, 0},         {1, 0, 256, 1},       {1, 0, 511, 1},
                {1, 1, 70000, 17},      {2, 0, 65536, 1},     {2, 0, 65535, 0},
                {7, 0, INT64_MAX, 127}, {8, 0, INT64_MAX, 0}, {0, UINT64_MAX, 5, 0}};

    for (size_t i = 0; i < JM_ARRAY_LEN(rows); i++)
        CHECK_EQ(jm_tile_width(rows[i].level, rows[i].n, rows[i].size), rows[i].want);
}

/* The tree of a log whose tiles lie in memory: leaves of level 0, roots of full tiles above. */
#define LOG 1000
static struct jm_hash32 hashes[2][LOG];

static enum jm_status tile_node(void *ctx, struct jm_hash32 *out, unsigned level, uint64_t index)
{
    struct jm_tile_place p = jm_tile_place(level, index);

    (void)ctx;
    if (p.level > 1 || !CHECK(jm_tile_width(p.level, p.n, LOG) >= p.first + p.count))
        return JM_E_RANGE;
    return jm_merkle_root(out, CRYPTO, &hashes[p.level][p.n * JM_TILE_WIDTH + p.first], p.count);
}

TEST(proofs_are_made_of_tiles)
{
    struct jm_leaves all = {hashes[0], LOG, CRYPTO};
    struct jm_nodes leaves = jm_leaves_nodes(&all), tiles = {tile_node, NULL, CRYPTO};
    struct jm_proof a, b;

    for (size_t i = 0; i < LOG; i++)
        hashes[0][i] = leaf_of(i);
    for (size_t i = 0; i < LOG / JM_TILE_WIDTH; i++)
        CHECK_OK(
            jm_merkle_root(&hashes[1][i], CRYPTO, &hashes[0][i * JM_TILE_WIDTH], JM_TILE_WIDTH));
    for (size_t i = 0; i < LOG; i += 37) {
        CHECK_OK(jm_inclusion_make(&a, &leaves, i, LOG));
        CHECK_OK(jm_inclusion_make(&b, &tiles, i, LOG));
        CHECK(a.n == b.n && memcmp(a.hash, b.hash, a.n * sizeof a.hash[0]) == 0);
        CHECK_OK(jm_consistency_make(&a, &leaves, i + 1, LOG));
        CHECK_OK(jm_consistency_make(&b, &tiles, i + 1, LOG));
        CHECK(a.n == b.n && memcmp(a.hash, b.hash, a.n * sizeof a.hash[0]) == 0);
    }
}

TEST(bundles_of_entries)
{
    struct jm_buf b = room(11 + 2 + JM_ENTRY_MAX);
    uint8_t *large = test_malloc(JM_ENTRY_MAX + 1);
    struct jm_bytes all, entry;

    memset(large, 7, JM_ENTRY_MAX + 1);
    CHECK_OK(jm_entry_put(&b, JM_BYTES("first")));
    CHECK_OK(jm_entry_put(&b, JM_BYTES("")));
    CHECK_ST(jm_entry_put(&b, jm_bytes(large, JM_ENTRY_MAX + 1)), JM_E_LIMIT);
    CHECK_OK(jm_entry_put(&b, jm_bytes(large, JM_ENTRY_MAX)));
    CHECK_ST(jm_entry_put(&b, JM_BYTES("x")), JM_E_NO_SPACE);
    CHECK_BYTES(jm_slice(jm_written(b), 0, 11), "0005 6669727374 0000 ffff");
    all = exact(jm_written(b));
    CHECK_OK(jm_entry_next(&entry, &all));
    CHECK_STR(entry, "first");
    CHECK_OK(jm_entry_next(&entry, &all));
    CHECK_EQ(entry.len, 0);
    CHECK_OK(jm_entry_next(&entry, &all));
    CHECK_SAME(entry, jm_bytes(large, JM_ENTRY_MAX));
    CHECK_ST(jm_entry_next(&entry, &all), JM_E_ABSENT);
}

TEST(bundles_that_end_too_early)
{
    static const char *const rows[] = {"00", "0001", "0002 00", "0100 00", "ffff"};

    for (size_t i = 0; i < JM_ARRAY_LEN(rows); i++) {
        struct jm_bytes all = exact(hex(rows[i])), entry;

        ROW(CHECK_ST(jm_entry_next(&entry, &all), JM_E_TRUNCATED) && CHECK_EQ(entry.len, 0),
            rows[i]);
    }
}
