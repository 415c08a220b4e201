/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Target functions: jm_sdjwt_split, jm_sdjwt_verify, jm_sdjwt_facts, jm_sdjwt_present_begin
 *
 * Signatures count as good. What is accepted has an object of claims without any trace of digests
 * at its top, and none that was not wanted; a copy that can be split shows none of its claims when
 * none is asked for.
 */
#include "fuzz/fuzz.h"

#include "fuzz/mdoc_context.h"
#include "jumin/sdjwt.h"

static void verify(struct jm_bytes in, bool need_kb, struct jm_arena *mem)
{
    static const struct jm_bytes asked[] = {{(const uint8_t *)"age_over_19", 11}};
    const struct jm_answers answers = {.verify = fuzz_verify};
    const struct jm_sdjwt_context x = {.now = KIT_NOW,
                                       .anchors = &fuzz_kit.anchors,
                                       .waive_kb = !need_kb,
                                       .waive_status = true,
                                       .waive_crl = true,
                                       .aud = JM_BYTES("x509_hash:a"),
                                       .nonce = JM_BYTES("n"),
                                       .judge_claims = true,
                                       .asked = asked,
                                       .n_asked = 1,
                                       .crypto = &jm_crypto_openssl};
    const struct jm_sdjwt_verified *v;
    const struct jm_json *claims;

    if (jm_sdjwt_verify(&v, in, &x, &answers, mem) != JM_OK)
        return;
    claims = jm_sdjwt_claims(v);
    MUST((claims != NULL) == (jm_sdjwt_report(v)->verdict == JM_ACCEPTED));
    if (claims != NULL)
        MUST(jm_json_get(claims, "_sd") == NULL && jm_json_get(claims, "full_name") == NULL &&
             jm_json_get(claims, "vct") != NULL);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct jm_bytes in = jm_bytes(data, size);
    struct jm_sdjwt_presentation p;
    struct jm_sdjwt_facts facts;
    struct jm_sdjwt s;
    size_t mark;

    fuzz_begin();
    mark = jm_arena_mark(&fuzz_kit.mem);
    if (jm_sdjwt_split(&s, in, &jm_crypto_openssl, &fuzz_kit.mem, NULL) == JM_OK) {
        MUST(s.n <= JM_SDJWT_DISCLOSURES_MAX && s.presented.len + s.kb.len == in.len);
        (void)!jm_sdjwt_facts(&facts, s.payload);
    }
    if (jm_sdjwt_present_begin(&p, in, NULL, 0,
                               &(const struct jm_sdjwt_binding){JM_BYTES("a"), JM_BYTES("n"),
                                                                KIT_NOW, &jm_crypto_openssl},
                               &fuzz_kit.mem) == JM_OK)
        MUST(p.head.len <= in.len + 1 && p.head.ptr[p.head.len - 1] == '~' &&
             jm_bytes_find(p.head, JM_BYTES("~")) == p.head.len - 1);
    verify(in, true, &fuzz_kit.mem);
    verify(in, false, &fuzz_kit.mem);
    jm_arena_back(&fuzz_kit.mem, mark);
    return 0;
}
