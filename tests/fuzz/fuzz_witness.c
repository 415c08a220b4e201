/* SPDX-License-Identifier: Apache-2.0 */
/* Target functions: jm_witness_read, jm_witness_judge
 *
 * Nothing is stored but what continues what was stored. */
#include "fuzz/fuzz.h"

#include "fuzz/ledger_context.h"

static uint8_t room[512 * 1024];

static void judge_against(const struct jm_witness_request *q, const struct jm_witness_log *log,
                          struct jm_arena *mem)
{
    struct jm_reading r = fl_reading(mem);
    struct jm_witness_verdict v;

    if (jm_witness_judge(&v, q, log, &r) != JM_OK)
        return;
    MUST(v.status == 200 || v.status == 400 || v.status == 403 || v.status == 404 ||
         v.status == 409 || v.status == 422);
    MUST(v.store == (v.status == 200) && (v.to_sign.len != 0) == v.store);
    MUST(v.status != 422 || v.evidence != JM_EVIDENCE_NONE);
    MUST((v.status != 404 && v.status != 403 && v.status != 200) || v.evidence == JM_EVIDENCE_NONE);
    MUST((log == NULL) == (v.status == 404));
    if (v.store && log->has)
        MUST(v.size >= log->size && q->old == log->size);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct jm_witness_request q;
    struct jm_witness_log log;
    struct jm_arena mem;

    fl_begin();
    jm_arena_init(&mem, room, sizeof room);
    if (jm_witness_read(&q, jm_bytes(data, size), &mem) == JM_OK) {
        MUST(q.proof.n <= JM_WITNESS_PROOF_MAX && q.note.n >= 1);
        judge_against(&q, NULL, &mem);
        log = (struct jm_witness_log){&fl.log, 1, false, 0, {{0}}};
        judge_against(&q, &log, &mem);
        log = (struct jm_witness_log){&fl.log, 1, true, 2, fl.two};
        judge_against(&q, &log, &mem);
    }
    jm_arena_reset(&mem);
    return 0;
}
