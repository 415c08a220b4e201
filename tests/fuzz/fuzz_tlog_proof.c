/* SPDX-License-Identifier: Apache-2.0 */
/* Target functions: jm_tlog_proof_read, jm_tlog_proof_verify
 *
 * What is read is written again to the same octets. */
#include "fuzz/fuzz.h"

#include "fuzz/ledger_context.h"

static uint8_t room[512 * 1024], text[JM_TLOG_PROOF_MAX];

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct jm_bytes in = jm_bytes(data, size);
    struct jm_buf b = jm_buf(text, sizeof text);
    struct jm_judged_checkpoint j;
    struct jm_tlog_proof p;
    struct jm_arena mem;

    fl_begin();
    jm_arena_init(&mem, room, sizeof room);
    struct jm_reading r = fl_reading(&mem);
    if (jm_tlog_proof_read(&p, in, &mem) == JM_OK) {
        MUST(p.path.n <= JM_PROOF_MAX && p.checkpoint.len != 0);
        MUST(jm_tlog_proof_put(&b, &p) == JM_OK && jm_bytes_eq(jm_written(b), in));
        if (jm_tlog_proof_verify(&j, in, fl.block, &fl.policy, &r) == JM_OK)
            MUST(p.index < j.cp.size);
    }
    jm_arena_reset(&mem);
    return 0;
}
