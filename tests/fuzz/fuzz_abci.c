/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Target functions: jm_abci_frame, jm_abci_read_request, jm_abci_read_response,
 * jm_abci_write_request, jm_abci_write_response
 *
 * What was read is written, and what was written is read as the same.
 */
#include "fuzz/fuzz.h"

#include "jumin/abci.h"

static uint8_t memory[1 << 20], first[1 << 18], second[1 << 18];

static void requests(struct jm_bytes body)
{
    struct jm_buf a = jm_buf(first, sizeof first), b = jm_buf(second, sizeof second);
    struct jm_abci_request q;
    struct jm_bytes back;
    struct jm_arena mem;
    size_t used;

    jm_arena_init(&mem, memory, sizeof memory);
    if (jm_abci_read_request(&q, body, &mem) != JM_OK) {
        MUST(q.kind == JM_ABCI_NONE);
        return;
    }
    MUST(q.kind > JM_ABCI_EXCEPTION && q.kind < JM_ABCI_KINDS);
    if (jm_abci_write_request(&a, &q) != JM_OK)
        return; /* more transactions than are kept */
    MUST(jm_abci_frame(&back, &used, jm_written(a)) == JM_OK && used == a.len);
    MUST(jm_abci_read_request(&q, back, &mem) == JM_OK);
    MUST(jm_abci_write_request(&b, &q) == JM_OK);
    MUST(jm_bytes_eq(jm_written(a), jm_written(b)));
}

static void responses(struct jm_bytes body)
{
    struct jm_buf a = jm_buf(first, sizeof first), b = jm_buf(second, sizeof second);
    struct jm_abci_response s;
    struct jm_bytes back;
    struct jm_arena mem;
    size_t used;

    jm_arena_init(&mem, memory, sizeof memory);
    if (jm_abci_read_response(&s, body, &mem) != JM_OK) {
        MUST(s.kind == JM_ABCI_NONE);
        return;
    }
    if (jm_abci_write_response(&a, &s) != JM_OK)
        return;
    MUST(jm_abci_frame(&back, &used, jm_written(a)) == JM_OK && used == a.len);
    MUST(jm_abci_read_response(&s, back, &mem) == JM_OK);
    MUST(jm_abci_write_response(&b, &s) == JM_OK);
    MUST(jm_bytes_eq(jm_written(a), jm_written(b)));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct jm_bytes in = jm_bytes(data, size), body;
    size_t used;

    if (size > 16384)
        return 0;
    if (jm_abci_frame(&body, &used, in) != JM_OK)
        return 0;
    MUST(used <= size && body.len < used);
    requests(body);
    responses(body);
    return 0;
}
