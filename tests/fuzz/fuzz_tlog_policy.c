/* SPDX-License-Identifier: Apache-2.0 */
/* Target functions: jm_policy_read, jm_checkpoint_judge
 *
 * A policy that is read can be judged by: groups stand behind their members. */
#include "fuzz/fuzz.h"

#include "fuzz/ledger_context.h"

static uint8_t room[512 * 1024];

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct jm_judged_checkpoint j;
    struct jm_diag diag = {0};
    struct jm_arena mem;
    struct jm_policy p;

    fl_begin();
    jm_arena_init(&mem, room, sizeof room);
    struct jm_reading r = fl_reading(&mem);
    if (jm_policy_read(&p, jm_bytes(data, size), FL_CRYPTO, &mem, &diag) == JM_OK) {
        MUST(p.quorum <= p.n && p.n <= JM_POLICY_MEMBERS_MAX);
        for (size_t i = 0; i < p.n; i++) {
            const struct jm_policy_member *m = &p.member[i];

            MUST(m->group == 0 || (m->group > i + 1 && m->group <= p.n));
            MUST(m->is_group ? m->need >= 1 && m->need <= m->n : m->key.key.len != 0);
        }
        if (jm_checkpoint_judge(&j, fl.checkpoint, &p, &r) == JM_OK)
            MUST(p.n_logs > 0 && (p.quorum == 0) == (j.fresh == 0));
    } else {
        MUST(diag.code == JM_LEDGER_POLICY_FORM && p.n == 0);
    }
    jm_arena_reset(&mem);
    return 0;
}
