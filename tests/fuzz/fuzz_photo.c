/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Target functions: jm_photo_check
 *
 * What is taken begins and ends as a JPEG, fits on a card, and stays good where only its picture
 * differs; a reason stands beside each refusal, and nothing is read beyond the end.
 */
#include "fuzz/fuzz.h"

#include "service/register/register.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct jm_diag d = {.code = JM_CODE_NONE};
    struct jm_bytes in = jm_bytes(data, size);

    if (jm_photo_check(in, &d) != JM_OK) {
        MUST(d.code == JM_REGISTER_PHOTO_FORM);
        return 0;
    }
    MUST(d.code == JM_CODE_NONE);
    MUST(size <= JM_PHOTO_MAX && data[0] == 0xFF && data[1] == 0xD8);
    MUST(data[size - 2] == 0xFF && data[size - 1] == 0xD9);
    MUST(jm_photo_check(jm_slice(in, 0, size - 1), &d) != JM_OK);
    return 0;
}
