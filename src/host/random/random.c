/* SPDX-License-Identifier: Apache-2.0 */
#include "host/random/random.h"

#include <errno.h>
#include <sys/random.h>

enum jm_status jm_random(void *ctx, uint8_t *out, size_t len)
{
    size_t at = 0;

    (void)ctx;
    while (at < len) {
        ssize_t n = getrandom(out + at, len - at, 0);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0) {
            jm_wipe(out, len);
            return JM_E_UNAVAILABLE;
        }
        at += (size_t)n;
    }
    return JM_OK;
}
