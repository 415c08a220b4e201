/* SPDX-License-Identifier: Apache-2.0 */
/* What the mdoc targets judge with: the kit's authority, and every signature taken for good, so
 * that mutations get deeper. */
#ifndef JM_FUZZ_MDOC_CONTEXT_H
#define JM_FUZZ_MDOC_CONTEXT_H

#include <stdio.h>

#include "unit/cred/mdoc_kit.h"

static struct kit fuzz_kit;

static enum jm_status fuzz_verify(void *ctx, enum jm_alg alg, struct jm_bytes key,
                                  struct jm_bytes data, struct jm_bytes sig)
{
    (void)ctx;
    return alg == JM_ALG_ES256 && key.len == JM_POINT_LEN && data.len > 0 && sig.len == JM_SIG_LEN
               ? JM_OK
               : JM_E_BUG;
}

/* Who reads the tokens of a target. */
#define FUZZ_READING(me)                                                                      \
    (&(const struct jm_reading){.now = KIT_NOW,                                               \
                                .answers = &(const struct jm_answers){.verify = fuzz_verify}, \
                                .crypto = &jm_crypto_openssl,                                 \
                                .anchors = &fuzz_kit.anchors,                                 \
                                .aud = JM_BYTES(me),                                          \
                                .mem = &fuzz_kit.mem})

static void fuzz_begin(void)
{
    if (fuzz_kit.room != NULL)
        return;
    kit_begin(&fuzz_kit);
    fuzz_kit.answers.verify = fuzz_verify;
}

/* Accepted strictly: the same elements as leniently, and nothing that the report does not know. */
JM_UNUSED static void fuzz_compare(const struct jm_mdoc_verified *lenient,
                                   const struct jm_mdoc_verified *strict)
{
    const struct jm_mdoc_claims *a = jm_mdoc_claims(lenient, 0), *b = jm_mdoc_claims(strict, 0);

    if (b == NULL)
        return;
    if (a == NULL || a->n != b->n || jm_mdoc_report(lenient)->verdict != JM_ACCEPTED)
        abort();
    for (size_t i = 0; i < a->n; i++)
        if (a->claim[i].value.ptr != b->claim[i].value.ptr ||
            a->claim[i].value.len != b->claim[i].value.len)
            abort();
}

#endif
