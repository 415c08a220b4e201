/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file clock.h  Room: host/clock. The real clock, and one that starts at a chosen moment (synthetic homes: clock.start).
 *
 * A clock never shows less than it has shown, or than it was told was seen (D-459); the caller keeps that highest time.
 */
#ifndef JUMIN_HOST_CLOCK_H
#define JUMIN_HOST_CLOCK_H

#include <stdatomic.h>
#include <stdint.h>

struct jm_clock {
    int64_t offset_s;         /* added to the system's clock */
    _Atomic int64_t seen_s;   /* highest time shown or told */
};

/** @p start_s: what the clock shows at @p moment_s of the system's; both 0 for the real time. */
void jm_clock_init(struct jm_clock *c, int64_t start_s, int64_t moment_s);
/** For struct jm_env and the server: s UTC since 1970; @p clock is a struct jm_clock. Thread-safe. */
int64_t jm_clock_now(void *clock);
/** What the clock would show without its memory: more than 60 s below jm_clock_now() is a clock that fell back. */
int64_t jm_clock_unheld(const struct jm_clock *c);
/** A time seen elsewhere, or persisted by an earlier run. */
void jm_clock_saw(struct jm_clock *c, int64_t at_s);
/** Milliseconds that only ever grow; of no calendar. */
uint64_t jm_clock_monotonic_ms(void);

#endif
