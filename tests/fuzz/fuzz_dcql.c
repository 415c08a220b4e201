/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Target functions: jm_dcql_parse, jm_dcql_match, jm_dcql_choose
 *
 * A query that is read stays within its bounds and is matched against a holder's two copies: what matches names claims
 * that are held. With nothing to give, nothing is sent of what is required.
 */
#include "fuzz/fuzz.h"

#include "jumin/dcql.h"

static uint8_t memory[4 << 20];

static void match(const struct jm_dcql *q, struct jm_arena *mem)
{
    static const struct jm_held_claim mdoc[] = {{{{(const uint8_t *)"ns", 2}, {(const uint8_t *)"el", 2}}, 2, NULL}};
    static const struct jm_held_claim sdjwt[] = {{{{(const uint8_t *)"age_over_19", 11}}, 1, NULL}};
    const struct jm_held held[] = {{JM_FMT_MDOC, JM_BYTES("a"), mdoc, 1}, {JM_FMT_SDJWT, JM_BYTES("urn:x"), sdjwt, 1}};
    bool can[JM_DCQL_CREDENTIALS_MAX] = {false}, send[JM_DCQL_CREDENTIALS_MAX];
    struct jm_dcql_match m;

    for (size_t i = 0; i < q->n; i++)
        for (size_t k = 0; k < JM_ARRAY_LEN(held); k++)
            if (jm_dcql_match(&m, &q->credential[i], &held[k], mem) == JM_OK) {
                MUST(m.n <= held[k].n && jm_dcql_type_fits(&q->credential[i], held[k].fmt, held[k].type));
                for (size_t c = 0; c < m.n; c++)
                    MUST(m.claim[c] < held[k].n);
                can[i] = true;
            }
    if (jm_dcql_choose(send, can, q) == JM_OK)
        for (size_t i = 0; i < q->n; i++)
            MUST(!send[i] || can[i]);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct jm_json *json;
    struct jm_dcql q;
    struct jm_arena mem;

    jm_arena_init(&mem, memory, sizeof memory);
    if (jm_json_parse(&json, jm_bytes(data, size), &mem, NULL) == JM_OK && jm_dcql_parse(&q, json, &mem, NULL) == JM_OK) {
        MUST(q.n > 0 && q.n <= JM_DCQL_CREDENTIALS_MAX);
        match(&q, &mem);
    }
    jm_arena_reset(&mem);
    return 0;
}
