/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Target functions: jm_statuslist_open (both forms), jm_statuslist_get
 *
 * Signatures count as good. A list without a fault has a width that divides an octet and a status
 * for each of its places, none beyond; a linter that hears every fault has the same first one.
 */
#include "fuzz/fuzz.h"

#include "fuzz/mdoc_context.h"
#include "jumin/statuslist.h"

#define URI "https://status.example/1"

static void open_as(struct jm_bytes in, bool cwt)
{
    struct jm_list_policy policy = {.all = false};
    struct jm_status_list l, all;
    unsigned v;

    MUST(jm_statuslist_open(&l, in, cwt, JM_BYTES(URI), &policy, FUZZ_READING("")) == JM_OK);
    policy.all = true;
    MUST(jm_statuslist_open(&all, in, cwt, JM_BYTES(URI), &policy, FUZZ_READING("")) == JM_OK);
    MUST(l.fault == all.fault && (l.fault == JM_LIST_OK) == (all.faults == 0));
    if (l.fault != JM_LIST_OK)
        return;
    MUST(l.bits != 0 && 8 % l.bits == 0 && l.raw.len <= JM_LIST_RAW_MAX);
    if (l.raw.len != 0)
        MUST(jm_statuslist_get(&v, &l, (uint64_t)l.raw.len * 8 / l.bits - 1) == JM_OK &&
             v < 1u << l.bits);
    MUST(jm_statuslist_get(&v, &l, (uint64_t)l.raw.len * 8 / l.bits) == JM_E_RANGE);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    size_t mark;

    fuzz_begin();
    mark = jm_arena_mark(&fuzz_kit.mem);
    open_as(jm_bytes(data, size), false);
    jm_arena_back(&fuzz_kit.mem, mark);
    open_as(jm_bytes(data, size), true);
    jm_arena_back(&fuzz_kit.mem, mark);
    return 0;
}
