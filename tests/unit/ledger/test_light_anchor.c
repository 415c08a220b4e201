/* SPDX-License-Identifier: Apache-2.0 */
/* From a header of the chain to a checkpoint of the log: the story of the vectors. */
#include "unit/test.h"

#include "host/openssl/openssl.h"
#include "jumin/json.h"
#include "jumin/ledger.h"
#include "jumin/light.h"

#define LEAVES_MAX 64

static const struct jm_crypto *crypto = &jm_crypto_portable;
static const struct jm_ledger_port port = {&jm_crypto_portable, jm_openssl_verify, NULL};

/* The log while it grows: its leaves, its last entry, and what a header of the next height has. */
struct told {
    struct jm_hash32 leaf[LEAVES_MAX];
    size_t n;
    struct jm_bytes last;
    struct jm_checkpoint cp;
    struct jm_light_trusted header;
    struct jm_proof path;
    uint8_t room[256];
};

static void follow_block(struct told *t, const struct jm_block *b)
{
    struct jm_leaves leaves;
    struct jm_nodes nodes;

    for (size_t i = 0; i < b->n_entries; i++)
        t->leaf[t->n++] = b->entry[i].leaf;
    if (b->n_entries != 0) {
        t->last = b->entry[b->n_entries - 1].octets;
        CHECK(t->last.len <= sizeof t->room);
        memcpy(t->room, t->last.ptr, t->last.len);
        t->last.ptr = t->room;
    }
    t->cp = (struct jm_checkpoint){JM_BYTES("o"), t->n, b->log_root};
    leaves = (struct jm_leaves){t->leaf, t->n, crypto};
    nodes = jm_leaves_nodes(&leaves);
    CHECK_OK(jm_inclusion_make(&t->path, &nodes, t->n - 1, t->n));
}

static enum jm_status anchor(const struct told *t)
{
    return jm_light_anchor(&t->header, crypto, &t->cp, exact(t->last), t->path.hash, t->path.n);
}

static void check_refusals(const struct told *right)
{
    struct told t = *right;

    t.last.ptr = t.room;
    CHECK_OK(anchor(&t));
    t.header.header.height += 3; /* a block that accepted nothing, and its proof */
    CHECK_OK(anchor(&t));
    t.header.header.height -= 4;
    CHECK_ST(anchor(&t), JM_E_RANGE);
    t.header.header.height = -1;
    CHECK_ST(anchor(&t), JM_E_RANGE);
    t.header = right->header;
    t.header.header.app_hash.len--;
    CHECK_ST(anchor(&t), JM_E_DENIED);
    t.header.header.app_hash = jm_hash32_bytes(&right->cp.root);
    CHECK_ST(anchor(&t), JM_E_DENIED);
    t.header = right->header;
    for (size_t i = 0; i < t.last.len; i++) {
        t.room[i] ^= 1;
        CHECK_ST(anchor(&t), JM_E_DENIED);
        t.room[i] ^= 1;
    }
    t.cp.root.octets[0] ^= 1;
    CHECK_ST(anchor(&t), JM_E_DENIED);
    t.cp.root = right->cp.root;
    t.cp.size++;
    CHECK(anchor(&t) != JM_OK);
    t.cp.size = 0;
    CHECK_ST(anchor(&t), JM_E_MALFORMED);
    t.cp.size = right->cp.size;
    t.path.n++;
    CHECK_ST(anchor(&t), JM_E_DENIED);
}

/* The entry before the last is a transaction's: no state stands in it. */
static void check_no_block(const struct told *right, const struct jm_block *b)
{
    struct jm_leaves leaves = {right->leaf, right->n - 1, crypto};
    struct jm_nodes nodes = jm_leaves_nodes(&leaves);
    struct told t = *right;

    if (b->n_entries < 2)
        return;
    t.last = b->entry[b->n_entries - 2].octets;
    t.cp.size--;
    CHECK_OK(jm_merkle_root(&t.cp.root, crypto, t.leaf, t.n - 1));
    CHECK_OK(jm_inclusion_make(&t.path, &nodes, t.cp.size - 1, t.cp.size));
    CHECK_ST(anchor(&t), JM_E_MALFORMED);
}

static uint64_t number(const struct jm_json *o, const char *name)
{
    int64_t v = -1;

    CHECK_OK(jm_json_int(&v, jm_json_get(o, name)));
    return (uint64_t)v;
}

static struct jm_bytes octets(const struct jm_json *o, const char *name)
{
    struct jm_bytes t;

    CHECK_OK(jm_json_str(&t, o, name));
    return test_unhex(t, name);
}

static void check_anchor(struct told *t, const struct jm_json *o, const struct jm_block *b)
{
    follow_block(t, b);
    t->header.header.height = (int64_t)b->height + 1;
    t->header.header.app_hash = octets(o, "app_hash");
    if (b->n_entries == 0) {
        CHECK_OK(anchor(t)); /* still the block before */
        return;
    }
    check_refusals(t);
    check_no_block(t, b);
}

TEST(the_story_is_anchored)
{
    static uint8_t ledger_room[4 * JM_MIB], block_room[4 * JM_MIB];
    struct jm_arena json_mem = arena(1 << 20), ledger_mem, block_mem;
    struct jm_bytes file = vector("ledger/statemachine-a.json");
    const struct jm_json *story;
    struct jm_ledger ledger;
    struct told t = {.n = 0};
    struct jm_block b;

    CHECK_OK(jm_openssl_init());
    jm_arena_init(&ledger_mem, ledger_room, sizeof ledger_room);
    jm_arena_init(&block_mem, block_room, sizeof block_room);
    if (!CHECK_OK(jm_json_parse(&story, file, &json_mem, NULL)))
        return;
    CHECK_OK(
        jm_ledger_genesis(&ledger, &b, octets(story, "genesis"), &port, &ledger_mem, &block_mem));
    CHECK_OK(jm_block_end(&b));
    check_anchor(&t, jm_json_get(story, "after_genesis"), &b);
    CHECK_OK(jm_block_commit(&ledger, &b));
    for (const struct jm_json *j = jm_json_get(story, "blocks")->child; j != NULL; j = j->next) {
        jm_arena_reset(&block_mem);
        CHECK_OK(jm_block_begin(&b, &ledger, number(j, "height"), number(j, "time"), &block_mem));
        for (const struct jm_json *x = jm_json_get(j, "txs")->child; x != NULL; x = x->next) {
            enum jm_ltx_code code;

            CHECK_OK(jm_block_apply(&code, &b, octets(x, "tx")));
        }
        CHECK_OK(jm_block_end(&b));
        check_anchor(&t, j, &b);
        CHECK_OK(jm_block_commit(&ledger, &b));
    }
}
