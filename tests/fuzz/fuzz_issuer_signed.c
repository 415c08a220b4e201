/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Target functions: jm_mdoc_copy_read, jm_mdoc_verify_issuer_signed, jm_mdoc_present_begin,
 * jm_cose_parse
 *
 * What a wallet can read it can present; what is presented is verified as the same elements.
 */
#include "fuzz/fuzz.h"

#include "fuzz/mdoc_context.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct jm_bytes in = jm_bytes(data, size), response;
    const struct jm_mdoc_verified *own, *shown;
    struct jm_mdoc_presentation p;
    struct jm_mdoc_copy copy;
    const uint8_t sig[JM_SIG_LEN] = {1};
    size_t mark;

    fuzz_begin();
    mark = jm_arena_mark(&fuzz_kit.mem);
    if (jm_mdoc_copy_read(&copy, in, &fuzz_kit.mem) == JM_OK && copy.n > 0) {
        const struct jm_mdoc_pick pick = {copy.item[0].ns, copy.item[0].id};

        MUST(jm_mdoc_present_begin(&p, in, &pick, 1, fuzz_kit.transcript, &fuzz_kit.mem) !=
             JM_E_ABSENT);
        if (jm_mdoc_verify_issuer_signed(&own, in, jm_none(), &fuzz_kit.ctx, &fuzz_kit.answers,
                                         &fuzz_kit.mem) == JM_OK &&
            jm_mdoc_claims(own, 0) != NULL && p.to_sign.ptr != NULL &&
            jm_mdoc_present_finish(&response, &p, jm_bytes(sig, sizeof sig), &fuzz_kit.mem) ==
                JM_OK &&
            jm_mdoc_verify(&shown, response, &fuzz_kit.ctx, &fuzz_kit.answers, &fuzz_kit.mem) ==
                JM_OK)
            MUST(jm_mdoc_claims(shown, 0) != NULL &&
                 jm_bytes_eq(jm_mdoc_claims(shown, 0)->claim[0].value, copy.item[0].value));
    }
    jm_arena_back(&fuzz_kit.mem, mark);
    return 0;
}
