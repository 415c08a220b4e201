/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file drive.h  Room: crypto. The driver: one loop that answers the asks of any engine from one
 * table of answerers.
 *
 * Whoever can answer at once (threads, tests) fills a struct jm_answers and drives; whoever answers
 * by promises (a browser) steps the engine itself. What an answerer does, and with which library or
 * lie, is not known here.
 */
#ifndef JUMIN_DRIVE_H
#define JUMIN_DRIVE_H

#include "jumin/ask.h"

#define JM_DRIVE_RANDOM_MAX 256 /* octets of one ask */

/** An engine, whichever: jm_vci_engine(), jm_vp_engine(), jm_holder_engine(). */
struct jm_engine {
    void *self;
    size_t (*asks)(const void *self, const struct jm_ask **asks);
    enum jm_status (*answer)(void *self, uint32_t id, const struct jm_answer *a, int64_t at_s);
};

struct jm_driver {
    struct jm_answers by;         /* null members: JM_E_UNAVAILABLE is the answer */
    int64_t (*now)(void *by_ctx); /* s UTC, of each answer */
    struct jm_arena *mem;         /* for answers; as full afterwards as before */
};

/**
 * Answers until nothing is asked any more, or a step of the engine fails.
 *
 * @param begun  what the call returned that set the engine going: nothing is answered after a fault
 * @retval of the engine's last step | JM_E_NO_SPACE
 */
JM_MUST_CHECK enum jm_status jm_drive(const struct jm_driver *d, struct jm_engine e,
                                      enum jm_status begun);

#endif
