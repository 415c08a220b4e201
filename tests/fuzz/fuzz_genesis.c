/* SPDX-License-Identifier: Apache-2.0 */
/* Target functions: jm_ledger_genesis, jm_block_commit, jm_ledger_copy, jm_ledger_trust_set
 *
 * A genesis that is taken has gov, two entries, and hashes that a copy has, too. */
#include "fuzz/fuzz.h"

#include "fuzz/ltx_context.h"

static uint8_t room[1024 * 1024], block_room[1024 * 1024];

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct jm_arena mem, block_mem;
    struct jm_ledger l, copy;
    struct jm_bytes gov, set;
    struct jm_block b;

    jm_arena_init(&mem, room, sizeof room);
    jm_arena_init(&block_mem, block_room, sizeof block_room);
    if (jm_ledger_genesis(&l, &b, jm_bytes(data, size), &lx_port, &mem, &block_mem) == JM_OK &&
        jm_block_end(&b) == JM_OK && jm_block_commit(&l, &b) == JM_OK) {
        MUST(l.log.size == 2 && b.n_entries == 2);
        MUST(jm_state_find(&gov, NULL, &l.state, JM_BYTES("actor/gov")) == JM_OK);
        jm_arena_reset(&block_mem);
        if (jm_ledger_trust_set(&set, &l, &block_mem) == JM_OK)
            MUST(set.len == l.trust_len);
        if (jm_ledger_copy(&copy, &l, &block_mem) == JM_OK)
            MUST(jm_hash32_eq(&copy.app_hash, &l.app_hash) && copy.state.n == l.state.n);
    }
    jm_arena_reset(&block_mem);
    jm_arena_reset(&mem);
    return 0;
}
