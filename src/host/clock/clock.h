/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file clock.h  Room: host/clock. The real clock, and one that starts at a chosen moment
 * (synthetic homes: clock.start).
 *
 * A clock never shows less than it has shown, or than it was told was seen (D-459); the caller
 * keeps that highest time.
 */
#ifndef JUMIN_HOST_CLOCK_H
#define JUMIN_HOST_CLOCK_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#define JM_CLOCK_AHEAD_S 60  /* a signed time that far ahead of our own is still believed */
#define JM_CLOCK_BEHIND_S 60 /* a clock that far behind the highest time seen is not relied on */

struct jm_clock {
    int64_t offset_s;       /* added to the system's clock */
    _Atomic int64_t seen_s; /* highest time shown or told: it shows no less */
    /* highest time that any run has seen; may be far ahead where a clock was wrong once */
    _Atomic int64_t highest_s;
};

/** @p start_s: what the clock shows at @p moment_s of the system's; both 0 for the real time. */
void jm_clock_init(struct jm_clock *c, int64_t start_s, int64_t moment_s);
/** For struct jm_env and the server: s UTC since 1970; @p clock is a struct jm_clock. Thread-safe.
 */
int64_t jm_clock_now(void *clock);
/** What the clock would show without its memory: more than 60 s below jm_clock_now() is a clock
 * that fell back. */
int64_t jm_clock_unheld(const struct jm_clock *c);
/** A time of our own, persisted by an earlier run. More than JM_CLOCK_BEHIND_S ahead it is not
 * shown, but jm_clock_behind() tells. */
void jm_clock_saw(struct jm_clock *c, int64_t at_s);
/** A time that a signer of the trust set has signed; @p clock is a struct jm_clock. What is more
 * than JM_CLOCK_AHEAD_S ahead of our own is not believed: no signer can wind us on. */
void jm_clock_told(void *clock, int64_t at_s);
/** Has the clock fallen back more than JM_CLOCK_BEHIND_S behind the highest time seen? */
bool jm_clock_behind(void *clock);
/** Milliseconds that only ever grow; of no calendar. */
uint64_t jm_clock_monotonic_ms(void);

#endif
