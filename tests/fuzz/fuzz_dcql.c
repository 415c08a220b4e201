/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Target functions: jm_dcql_parse, jm_dcql_match, jm_dcql_choose
 *
 * A query that is read stays within its bounds and is matched against a holder's two copies: what
 * matches names claims that are held, none of them the whole. With nothing to give, nothing is sent
 * of what is required.
 */
#include "fuzz/fuzz.h"

#include <string.h>

#include "jumin/dcql.h"

static uint8_t memory[4 << 20];

static void hold(struct jm_claims held[2], struct jm_arena *mem)
{
    static const uint8_t yes[] = {0xf5};
    static const struct jm_mdoc_claim element = {{(const uint8_t *)"ns", 2},
                                                 {(const uint8_t *)"el", 2},
                                                 {yes, 1},
                                                 false};
    const struct jm_mdoc_claims mdoc = {.doctype = JM_BYTES("a"), .claim = &element, .n = 1};
    struct jm_sdjwt s;

    memset(&s, 0, sizeof s);
    MUST(jm_claims_of_mdoc(&held[0], &mdoc, mem) == JM_OK);
    MUST(jm_json_parse(
             &s.payload,
             JM_BYTES(
                 "{\"vct\":\"urn:x\",\"age_over_19\":true,\"a\":[{\"b\":[1,2]},[\"c\"]],\"n\":7}"),
             mem, NULL) == JM_OK);
    MUST(jm_claims_of_sdjwt(&held[1], &s, mem) == JM_OK);
    held[1].holder = true;
}

static void match(const struct jm_dcql *q, struct jm_arena *mem)
{
    bool can[JM_DCQL_CREDENTIALS_MAX] = {false}, send[JM_DCQL_CREDENTIALS_MAX];
    struct jm_claims held[2];
    struct jm_dcql_match m;

    hold(held, mem);
    for (size_t i = 0; i < q->n; i++)
        for (size_t k = 0; k < JM_ARRAY_LEN(held); k++)
            if (jm_dcql_match(&m, &q->credential[i], &held[k], mem) == JM_OK) {
                MUST(m.n < held[k].n &&
                     jm_dcql_type_fits(&q->credential[i], held[k].fmt, held[k].type));
                MUST(q->credential[i].authorities == NULL && (m.n > 0) == (q->credential[i].n > 0));
                for (size_t c = 0; c < m.n; c++)
                    MUST(m.claim[c]->at < held[k].n && m.claim[c]->up != NULL);
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
    if (jm_json_parse(&json, jm_bytes(data, size), &mem, NULL) == JM_OK &&
        jm_dcql_parse(&q, json, &mem, NULL) == JM_OK) {
        MUST(q.n > 0 && q.n <= JM_DCQL_CREDENTIALS_MAX);
        match(&q, &mem);
    }
    jm_arena_reset(&mem);
    return 0;
}
