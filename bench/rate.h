/* SPDX-License-Identifier: Apache-2.0 */
/* Operations per second of processor time: the best of some rounds on one core, whatever else runs there. */
#ifndef JUMIN_BENCH_RATE_H
#define JUMIN_BENCH_RATE_H

#include <time.h>

#define ROUND_S 0.7
#define ROUNDS 3

static double now(void)
{
    struct timespec t;

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static double rate(void (*op)(void *), void *ctx)
{
    double best = 0;

    for (int r = 0; r < ROUNDS; r++) {
        double from = now(), spent;
        unsigned n = 0;

        do {
            for (int i = 0; i < 50; i++)
                op(ctx);
            n += 50;
            spent = now() - from;
        } while (spent < ROUND_S);
        if (n / spent > best)
            best = n / spent;
    }
    return best;
}

#endif
