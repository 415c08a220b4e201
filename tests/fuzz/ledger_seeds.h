/* SPDX-License-Identifier: Apache-2.0 */
/* The seeds of the ledger's targets; included by make_seeds.c alone. */
#ifndef JM_FUZZ_LEDGER_SEEDS_H
#define JM_FUZZ_LEDGER_SEEDS_H

#include <unistd.h>

#include "fuzz/ledger_context.h"
#include "fuzz/ltx_context.h"
#include "host/ledger/chain.h"

typedef void ledger_seed_fn(const char *root, const char *target, const char *name,
                            struct jm_bytes what);

static struct jm_bytes ledger_bundle_seed(void)
{
    struct jm_leaves log = {fl.leaf, 3, FL_CRYPTO}, state = {fl.state, 3, FL_CRYPTO};
    struct jm_nodes log_nodes = jm_leaves_nodes(&log), state_nodes = jm_leaves_nodes(&state);
    struct jm_proof path, of[3];
    struct jm_proven proven[3];
    struct jm_buf b = fl_room(4096);

    FL_MUST(jm_inclusion_make(&path, &log_nodes, 2, 3));
    for (size_t i = 0; i < 3; i++) {
        FL_MUST(jm_inclusion_make(&of[i], &state_nodes, i, 3));
        proven[i] = (struct jm_proven){fl.key[i], fl.value[i], i, of[i].hash, of[i].n};
    }
    FL_MUST(jm_bundle_put(&b, &(const struct jm_bundle_spec){fl.checkpoint, fl.block, fl.trust, 2,
                                                             &path, proven, 3}));
    return jm_written(b);
}

static struct jm_bytes ledger_proof_seed(void)
{
    struct jm_leaves log = {fl.leaf, 3, FL_CRYPTO};
    struct jm_nodes nodes = jm_leaves_nodes(&log);
    struct jm_tlog_proof p = {.extra = JM_BYTES("\x01\x02"),
                              .index = 2,
                              .checkpoint = fl.checkpoint};
    struct jm_buf b = fl_room(4096);

    FL_MUST(jm_inclusion_make(&p.path, &nodes, 2, 3));
    FL_MUST(jm_tlog_proof_put(&b, &p));
    return jm_written(b);
}

static struct jm_bytes ledger_witness_seed(uint64_t old)
{
    struct jm_leaves log = {fl.leaf, 3, FL_CRYPTO};
    struct jm_nodes nodes = jm_leaves_nodes(&log);
    struct jm_proof p = {.n = 0};
    struct jm_buf b = fl_room(4096);

    if (old != 0)
        FL_MUST(jm_consistency_make(&p, &nodes, old, 3));
    FL_MUST(jm_buf_put(&b, old == 0 ? JM_BYTES("old 0\n") : JM_BYTES("old 2\n")));
    for (size_t i = 0; i < p.n; i++) {
        FL_MUST(jm_b64_put(&b, jm_hash32_bytes(&p.hash[i])));
        FL_MUST(jm_buf_put(&b, JM_BYTES("\n")));
    }
    FL_MUST(jm_buf_put(&b, JM_BYTES("\n")));
    FL_MUST(jm_buf_put(&b, fl.checkpoint));
    return jm_written(b);
}

/* The engine's file of a genesis and a block, without its header. */
static struct jm_bytes ledger_file_seed(struct jm_bytes tx)
{
    static uint8_t own[64 * 1024], room[JM_MIB];
    char path[] = "/tmp/jumin-seed-XXXXXX";
    const struct jm_chain_config config = {path, lx_octets, lx_port, true};
    int fd = mkstemp(path);
    enum jm_ltx_code code;
    struct jm_chain *c;
    struct jm_arena mem;
    struct jm_block b;
    ssize_t n;

    jm_arena_init(&mem, room, sizeof room);
    FL_MUST(jm_chain_open(&c, &config));
    FL_MUST(jm_block_begin(&b, jm_chain_ledger(c), 1, LX_NOW, &mem));
    FL_MUST(jm_block_apply(&code, &b, tx));
    FL_MUST(jm_block_end(&b));
    FL_MUST(jm_chain_commit(c, &b, NULL));
    jm_chain_close(&c);
    n = pread(fd, own, sizeof own, 40);
    if (n <= 0 || code != JM_LTX_OK || unlink(path) != 0)
        abort();
    close(fd);
    return jm_bytes(own, (size_t)n);
}

static void machine_seeds(const char *root, ledger_seed_fn *put)
{
    struct jm_bytes tx, file;

    lx_begin();
    tx = lx_params_tx(&lx_mem);
    file = ledger_file_seed(tx);
    put(root, "ltx", "ok-params", tx);
    put(root, "genesis", "ok-three-actors", lx_octets);
    put(root, "jml", "ok-two-blocks", file);
    put(root, "jml", "cut", jm_slice(file, 0, file.len - 20));
}

static void ledger_seeds(const char *root, ledger_seed_fn *put)
{
    struct jm_buf key = jm_buf((uint8_t[JM_NOTE_LINE_MAX]){0}, JM_NOTE_LINE_MAX);

    fl_begin();
    FL_MUST(jm_vkey_put(&key, &fl.cosigner[0]));
    machine_seeds(root, put);
    put(root, "note", "ok-checkpoint", fl.checkpoint);
    put(root, "note", "ok-key", jm_written(key));
    put(root, "tlog_policy", "ok-group", fl.policy_text);
    put(root, "tlog_policy", "ok-none", JM_BYTES("quorum none\n"));
    put(root, "tlog_proof", "ok-last", ledger_proof_seed());
    put(root, "bundle", "ok-whole", ledger_bundle_seed());
    put(root, "witness", "ok-first", ledger_witness_seed(0));
    put(root, "witness", "ok-grown", ledger_witness_seed(2));
    put(root, "tile", "ok-partial", JM_BYTES("tile/0/x001/x234/067.p/7"));
    put(root, "tile", "ok-entries", JM_BYTES("tile/entries/000"));
    put(root, "tile", "entries",
        JM_BYTES("\x00\x05"
                 "first"
                 "\x00\x00\x00\x01"
                 "b"));
}

#endif
