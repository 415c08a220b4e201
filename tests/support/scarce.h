/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Memory that ends: the n-th allocation of this thread gives nothing, alone or with all behind it.
 * For programs without a sanitizer, which has an allocator of its own. Include in one file of a
 * program.
 */
#ifndef JM_SCARCE_H
#define JM_SCARCE_H

#include "base/sanitized.h"

#ifndef JM_SANITIZED
#include <stdbool.h>
#include <stddef.h>

#define SCARCE 1
#define SCARCE_SEEN __attribute__((visibility("default"))) /* by the libraries as well */
void *__libc_malloc(size_t n);
void *__libc_calloc(size_t n, size_t size);
void *__libc_realloc(void *p, size_t n);

static _Thread_local long scarce_left = -1; /* below nought: no end */
static _Thread_local bool scarce_once;      /* the next one is given again */
static _Thread_local bool scarce_met;       /* somebody was given nothing */

static bool scarce_is_over(void)
{
    if (scarce_left < 0)
        return false;
    if (scarce_left > 0) {
        scarce_left--;
        return false;
    }
    if (scarce_once)
        scarce_left = -1;
    scarce_met = true;
    return true;
}

SCARCE_SEEN void *malloc(size_t n)
{
    return scarce_is_over() ? NULL : __libc_malloc(n);
}

SCARCE_SEEN void *calloc(size_t n, size_t size)
{
    return scarce_is_over() ? NULL : __libc_calloc(n, size);
}

SCARCE_SEEN void *realloc(void *p, size_t n)
{
    return scarce_is_over() ? NULL : __libc_realloc(p, n);
}

/* Once more for each allocation that @p op makes: @p ok looks at what came of it, whether memory
 * was short or not. */
static void scarce_each(void (*op)(void *), void (*ok)(void *, bool was_short), void *ctx)
{
    for (int once = 0; once < 2; once++) {
        scarce_once = once == 1;
        for (long n = 0; n == 0 || (scarce_met && n < 10000); n++) {
            scarce_met = false;
            scarce_left = n;
            op(ctx);
            scarce_left = -1;
            ok(ctx, scarce_met);
        }
    }
}
#endif

#endif
