/* SPDX-License-Identifier: Apache-2.0 */
/* Operations per second of processor time: the best of some rounds on one core, whatever else runs
 * there. */
#ifndef JUMIN_BENCH_RATE_H
#define JUMIN_BENCH_RATE_H

#include <time.h>

#define ROUND_S 0.05 /* short ones: some fall between what else runs */
#define ROUNDS 40

static double now(void)
{
    struct timespec t;

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static double round_of(void (*op)(void *), void *ctx)
{
    double from = now(), spent;
    unsigned n = 0;

    do {
        for (int i = 0; i < 50; i++)
            op(ctx);
        n += 50;
        spent = now() - from;
    } while (spent < ROUND_S);
    return n / spent;
}

static void keep_best(double *best, double round)
{
    if (round > *best)
        *best = round;
}

static inline double rate(void (*op)(void *), void *ctx)
{
    double best = 0;

    for (int r = 0; r < ROUNDS; r++)
        keep_best(&best, round_of(op, ctx));
    return best;
}

/* Two turn by turn: what slows the one slows the other. */
static inline void rate_both(double *a, void (*op_a)(void *), double *b, void (*op_b)(void *))
{
    *a = *b = 0;
    for (int r = 0; r < ROUNDS; r++) {
        keep_best(a, round_of(op_a, NULL));
        keep_best(b, round_of(op_b, NULL));
    }
}

#endif
