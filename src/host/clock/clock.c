/* SPDX-License-Identifier: Apache-2.0 */
#include "host/clock/clock.h"

#include <time.h>

void jm_clock_init(struct jm_clock *c, int64_t start_s, int64_t moment_s)
{
    c->offset_s = start_s - moment_s;
    atomic_init(&c->seen_s, 0);
    atomic_init(&c->highest_s, 0);
}

static void raise_to(_Atomic int64_t *mark, int64_t at_s)
{
    int64_t seen = atomic_load(mark);

    while (at_s > seen && !atomic_compare_exchange_weak(mark, &seen, at_s))
        continue;
}

int64_t jm_clock_unheld(const struct jm_clock *c)
{
    struct timespec t = {0};

    (void)clock_gettime(CLOCK_REALTIME, &t);
    return (int64_t)t.tv_sec + c->offset_s;
}

void jm_clock_saw(struct jm_clock *c, int64_t at_s)
{
    raise_to(&c->highest_s, at_s);
    if (at_s <= jm_clock_unheld(c) + JM_CLOCK_BEHIND_S)
        raise_to(&c->seen_s, at_s);
}

void jm_clock_told(void *clock, int64_t at_s)
{
    if (at_s <= jm_clock_unheld(clock) + JM_CLOCK_AHEAD_S)
        jm_clock_saw(clock, at_s);
}

bool jm_clock_behind(void *clock)
{
    struct jm_clock *c = clock;

    return atomic_load(&c->highest_s) - jm_clock_unheld(c) > JM_CLOCK_BEHIND_S;
}

int64_t jm_clock_now(void *clock)
{
    struct jm_clock *c = clock;

    jm_clock_saw(c, jm_clock_unheld(c));
    return atomic_load(&c->seen_s);
}

uint64_t jm_clock_monotonic_ms(void)
{
    struct timespec t = {0};

    (void)clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000u + (uint64_t)t.tv_nsec / 1000000u;
}
