/* SPDX-License-Identifier: Apache-2.0 */
/* Target functions: jm_bundle_open, jm_bundle_find, jm_bundle_proves_absent, jm_bundle_policy,
 * jm_log_block_read
 *
 * What is taken has the last entry of its log, and never less than what was seen before. */
#include "fuzz/fuzz.h"

#include "fuzz/ledger_context.h"

static uint8_t room[4 * 1024 * 1024];

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct jm_bytes in = jm_bytes(data, size), value;
    struct jm_reader_memory seen = {0};
    struct jm_bundle b, any = {.trust = in};
    struct jm_log_block block;
    struct jm_arena mem;
    uint64_t version;

    fl_begin();
    jm_arena_init(&mem, room, sizeof room);
    struct jm_reading r = fl_reading(&mem);
    seen.size = 3;
    seen.root = fl.root;
    struct jm_bundle_rules rules = {&fl.policy, &seen, JM_FRESH_GOOD_S, JM_FRESH_WARN_S};
    if (jm_bundle_open(&b, in, &rules, &r) == JM_OK) {
        MUST(b.index == b.checkpoint.cp.size - 1 && b.memory.size >= seen.size);
        MUST(b.trust.ptr == NULL || b.trust.len == b.block.trust_len);
        for (size_t i = 0; i < b.n; i++)
            MUST(b.record[i].position < b.block.state_size &&
                 jm_bundle_find(&value, &b, b.record[i].key) == JM_OK &&
                 !jm_bundle_proves_absent(&b, b.record[i].key));
        (void)!jm_bundle_policy(&version, &value, &b);
    } else {
        MUST(b.n == 0 && b.trust.ptr == NULL && mem.used == 0);
    }
    if (size != 0 && jm_bundle_policy(&version, &value, &any) != JM_OK)
        MUST(version == 0 && value.ptr == NULL);
    (void)!jm_log_block_read(&block, in);
    jm_arena_reset(&mem);
    return 0;
}
