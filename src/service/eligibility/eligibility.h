/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file eligibility.h  Room: service/eligibility. Who may have a mobile card, when and where: one
 * pure function.
 *
 * The caller gathers the facts; desk, app and API get the same answer. The calendar is data
 * (data/rollout.json): rows with a moment at which they begin, cumulative.
 *
 * Spec: spec/domain.md D-060 … D-064
 */
#ifndef JUMIN_SERVICE_ELIGIBILITY_H
#define JUMIN_SERVICE_ELIGIBILITY_H

#include "jumin/arena.h"
#include "jumin/civil.h"
#include "jumin/code.h"

/* RENEWAL: of a card that is there; no calendar asks for it */
enum jm_route_kind { JM_ROUTE_QR = 1, JM_ROUTE_TAP, JM_ROUTE_RENEWAL };
enum jm_person_kind { JM_PERSON_RESIDENT = 1, JM_PERSON_OVERSEAS, JM_PERSON_UNKNOWN_RESIDENCE };
enum jm_person_state { JM_PERSON_ALIVE = 1, JM_PERSON_DEAD, JM_PERSON_CANCELLED };
enum jm_plastic_state {
    JM_PLASTIC_ORDERED = 1,
    JM_PLASTIC_READY,
    JM_PLASTIC_VALID,
    JM_PLASTIC_LOST,
    JM_PLASTIC_VOID,
    JM_PLASTIC_RETURNED
};
enum jm_plastic_kind { JM_PLASTIC_PLAIN = 1, JM_PLASTIC_IC, JM_PLASTIC_BRAILLE };

/* digits of the domestic region code that name a si, gun or gu; its wards share them */
#define JM_MUNICIPALITY_LEN 4

struct jm_phase {
    struct jm_bytes id;
    int64_t from, to;            /* s UTC; to 0: without end */
    const struct jm_bytes *area; /* prefixes of the region code; none: everywhere */
    size_t n_areas;
    unsigned routes;   /* bit set 1 << jm_route_kind */
    bool any_desk;     /* else the desk of the own municipality */
    int64_t daily_cap; /* 0: none */
    bool paused;
};

struct jm_rollout {
    const struct jm_phase *phase;
    size_t n;
};

/** data/rollout.json. @retval JM_E_MALFORMED with the fault's name in @p d */
JM_MUST_CHECK enum jm_status jm_rollout_load(struct jm_rollout *out, struct jm_bytes json,
                                             struct jm_arena *mem, struct jm_diag *d);

struct jm_eligibility_facts {
    int64_t now;
    enum jm_route_kind route;
    struct jm_bytes desk_region; /* 10 digits of the centre; null view: no desk */
    enum jm_person_kind kind;
    enum jm_person_state state;
    struct jm_date birth;
    struct jm_bytes region;        /* 10 digits of the registered address */
    enum jm_plastic_state plastic; /* 0: never had one */
    enum jm_plastic_kind plastic_kind;
    bool case_open, photo_mismatch, line_not_own, device_unfit;
    int64_t issued_today; /* under the phase with a cap */
};

#define JM_ELIGIBILITY_MAX 16
struct jm_eligibility {
    struct jm_bytes rule; /* id of the phase that opens the door, when n == 0 */
    enum jm_code code[JM_ELIGIBILITY_MAX];
    size_t n; /* every reason against; 0: eligible */
};

void jm_eligible(struct jm_eligibility *out, const struct jm_eligibility_facts *f,
                 const struct jm_rollout *rollout);
/** D-252, at every refresh: may the card that is there go on? Person and plastic as they are now;
 * no calendar, no desk and no address ends a card, and neither does unknown residence (D-159). */
void jm_eligible_to_hold(struct jm_eligibility *out, const struct jm_eligibility_facts *f);
/** May they have plastic made? Person alone: D-061, D-158. */
void jm_eligible_to_order(struct jm_eligibility *out, const struct jm_eligibility_facts *f);
/** D-250: may the card that ends be followed by a new one? Person and plastic as they are now, no
 * calendar and no desk; who is of unknown residence gets no new card (D-159). */
void jm_eligible_to_renew(struct jm_eligibility *out, const struct jm_eligibility_facts *f);

#endif
