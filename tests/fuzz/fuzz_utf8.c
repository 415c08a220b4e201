/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Target functions: jm_utf8_valid
 *
 * The offset of the first fault lies inside the text, what stands before it is valid, and valid texts stay valid when
 * they are put together.
 */
#include "fuzz/fuzz.h"

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
