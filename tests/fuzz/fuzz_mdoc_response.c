/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Target functions: jm_mdoc_verify, jm_mdoc_verifier_init, jm_mdoc_verifier_answer,
 * jm_mdoc_verifier_end
 *
 * There is always a report; what is accepted strictly gives the same elements as leniently.
 */
#include "fuzz/fuzz.h"

#include "fuzz/mdoc_context.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct jm_mdoc_verified *lenient, *strict;
    struct jm_mdoc_context ctx;
    size_t mark;

    fuzz_begin();
    mark = jm_arena_mark(&fuzz_kit.mem);
    ctx = fuzz_kit.ctx;
    if (jm_mdoc_verify(&lenient, jm_bytes(data, size), &ctx, &fuzz_kit.answers, &fuzz_kit.mem) ==
        JM_OK) {
        MUST(jm_mdoc_report(lenient)->n >= 18);
        ctx.policy.strict = true;
        if (jm_mdoc_verify(&strict, jm_bytes(data, size), &ctx, &fuzz_kit.answers, &fuzz_kit.mem) ==
            JM_OK)
            fuzz_compare(lenient, strict);
    } else {
        MUST(lenient == NULL);
    }
    jm_arena_back(&fuzz_kit.mem, mark);
    return 0;
}
