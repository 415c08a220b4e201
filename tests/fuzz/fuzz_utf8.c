/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Target functions: jm_utf8_valid, jm_text_read
 *
 * The offset of the first fault lies inside the text, what stands before it is valid, and valid
 * texts stay valid when they are put together. A text that was read is read again as it is, and
 * never longer than what came.
 */
#include "fuzz/fuzz.h"

#include "jumin/text.h"

static uint8_t room[1 << 20];

static void read_twice(struct jm_bytes text)
{
    struct jm_arena mem;
    struct jm_bytes once, twice;

    jm_arena_init(&mem, room, sizeof room);
    if (jm_text_read(&once, text, &mem) != JM_OK)
        return;
    MUST(once.len <= text.len && jm_utf8_valid(once, NULL));
    MUST(jm_text_read(&twice, once, &mem) == JM_OK && jm_bytes_eq(once, twice));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct jm_bytes text = jm_bytes(data, size);
    size_t at = SIZE_MAX;

    if (!jm_utf8_valid(text, &at)) {
        MUST(at < size);
        MUST(jm_utf8_valid(jm_slice(text, 0, at), NULL));
        return 0;
    }
    MUST(at == SIZE_MAX);
    read_twice(text);
    if (size > 0 && size < 4096) {
        uint8_t *twice = malloc(size * 2);

        MUST(twice != NULL);
        for (size_t i = 0; i < size; i++)
            twice[i] = twice[size + i] = data[i];
        MUST(jm_utf8_valid(jm_bytes(twice, size * 2), NULL));
        free(twice);
    }
    return 0;
}
