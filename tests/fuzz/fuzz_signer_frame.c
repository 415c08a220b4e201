/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Target functions: jm_frame_request_read jm_frame_answer_read jm_frame_request_write
 *
 * What was read is written again and read again the same.
 */
#include "fuzz/fuzz.h"

#include <string.h>

#include "host/signer/frame.h"

static uint8_t memory[1 << 20], written[1 << 20];

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct jm_frame_request q, again;
    struct jm_frame_answer a;
    struct jm_arena mem;
    struct jm_buf b = jm_buf(written, sizeof written);

    if (size > 100000)
        return 0;
    jm_arena_init(&mem, memory, sizeof memory);
    (void)!jm_frame_answer_read(&a, jm_bytes(data, size), &mem);
    if (jm_frame_request_read(&q, jm_bytes(data, size), &mem) == JM_OK) {
        MUST(q.op <= JM_MAC && q.purpose <= JM_PURPOSE_LAST && q.in.n <= JM_FRAME_ITEMS_MAX);
        MUST(jm_frame_request_write(&b, &q) == JM_OK);
        MUST(jm_u32_be(b.ptr) == b.len - 4);
        MUST(jm_frame_request_read(&again, jm_slice(jm_written(b), 4, SIZE_MAX), &mem) == JM_OK);
        MUST(again.request == q.request && again.op == q.op && again.purpose == q.purpose &&
             jm_bytes_eq(again.key, q.key) && again.in.n == q.in.n);
        for (size_t i = 0; i < q.in.n; i++)
            MUST(jm_bytes_eq(q.in.items[i], again.in.items[i]));
    }
    jm_arena_reset(&mem);
    return 0;
}
