/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file events.h  Room: service/events. Life events: what a registry office, a court or a clerk
 * reports about a person.
 *
 * One event is one transaction over register, physical card, mobile card, audit and notice.
 * Idempotent by (source, id). Safe out of order: what took effect later is never overwritten by
 * what took effect earlier, and an event of somebody who is dead, or whose registration was
 * cancelled, is only audited.
 *
 * Spec: spec/domain.md D-150 … D-163
 */
#ifndef JUMIN_SERVICE_EVENTS_H
#define JUMIN_SERVICE_EVENTS_H

#include "service/fees/fees.h"
#include "service/issuance/issuer.h"
#include "service/lifecycle/lifecycle.h"

enum jm_life_kind {
    JM_LIFE_MOVE = 1,            /* D-152 */
    JM_LIFE_NAME,                /* D-153 */
    JM_LIFE_RRN,                 /* D-154 */
    JM_LIFE_RECORD,              /* D-155: birth date or sex corrected */
    JM_LIFE_DEATH,               /* D-156 */
    JM_LIFE_EMIGRATION,          /* D-157 */
    JM_LIFE_CANCELLED,           /* D-158 */
    JM_LIFE_UNKNOWN_RESIDENCE,   /* D-159 */
    JM_LIFE_PLASTIC_LOST,        /* D-160 */
    JM_LIFE_PLASTIC_FOUND,       /* D-161: the report is withdrawn */
    JM_LIFE_PLASTIC_REPLACED,    /* D-162: new plastic for old, handed over */
    JM_LIFE_PLASTIC_ISSUED,      /* D-101: handed over, where there is none that could be used */
    JM_LIFE_PLASTIC_CONFISCATED, /* D-163 */
    JM_LIFE_PLASTIC_COLLECTED, /* D-101: what was ordered is handed over, the old card withdrawn */
    JM_LIFE_RELIEF,            /* D-070: in a relief group, or in none any more */
    JM_LIFE_TURNS_17           /* D-151: told, nothing else */
};
/** "move", "plastic-lost" and so on. 0: unknown. */
enum jm_life_kind jm_life_kind_of(struct jm_bytes name);
const char *jm_life_kind_name(enum jm_life_kind kind);

struct jm_life_event {
    enum jm_life_kind kind;
    struct jm_bytes source, id; /* who says so, and its number there */
    struct jm_id person;
    int64_t at;     /* when it took effect, s UTC */
    bool at_is_now; /* its source did not say: sent again later, it is the same event */
    struct jm_bytes region, address, road, postal;                     /* move */
    struct jm_bytes surname, given, hanja, surname_latin, given_latin; /* name */
    /* rrn: as people write it */
    struct jm_bytes rrn;
    /* record; year 0: as it is */
    struct jm_date birth;
    int64_t sex; /* record; 0: as it is */
    /* plastic-replaced, plastic-issued; serial may be empty */
    struct jm_bytes serial, authority;
    /* plain, ic, braille; of fees.h, for plastic-replaced; the group, or "none", for relief */
    struct jm_bytes plastic_kind, reason;
};

enum jm_life_outcome {
    JM_LIFE_APPLIED = 1,
    JM_LIFE_UNCHANGED, /* it was so already */
    JM_LIFE_LATE,      /* something later is in force: audited only */
    JM_LIFE_REPLAYED   /* this very event came before: nothing was done, nothing written */
};
const char *jm_life_outcome_name(enum jm_life_outcome outcome);

struct jm_life_result {
    enum jm_life_outcome outcome;
    bool has_card;
    enum jm_card_state card; /* of the mobile card that was live before */
    struct jm_fee fee;       /* rule empty: none was due */
    struct jm_bytes serial;  /* of plastic handed over */
};

/**
 * Takes one event.
 * @retval JM_E_MALFORMED   JM_EVENT_DETAIL what the kind needs is missing or does not belong to it
 * (detail: which), JM_EVENT_FUTURE, JM_REGISTER_RRN_FORM
 * @retval JM_E_DENIED      JM_EVENT_EARLY plastic before it may be, JM_REGISTER_RRN_REAL,
 * JM_REGISTER_RRN_SYNTHETIC
 * @retval JM_E_ABSENT      JM_EVENT_PERSON_UNKNOWN, JM_FEE_NO_RULE
 * @retval JM_E_CONFLICT    JM_EVENT_OTHER_CONTENT, JM_EVENT_PLASTIC, JM_EVENT_RRN_TAKEN
 * @retval JM_E_UNAVAILABLE no signer, for kind rrn
 * @note Lists are published by whoever wakes: is->wake_publisher.
 */
JM_MUST_CHECK enum jm_status jm_life_event_take(struct jm_issuer *is, struct jm_life_result *out,
                                                const struct jm_life_event *ev,
                                                const struct jm_actor *who, struct jm_arena *mem,
                                                struct jm_diag *d);
/** The same, and @p also in its transaction, once, where it was applied. What that refuses, nothing
 * of it happens. */
JM_MUST_CHECK enum jm_status jm_life_event_take_with(
    struct jm_issuer *is, struct jm_life_result *out, const struct jm_life_event *ev,
    const struct jm_actor *who, jm_tx_fn *also, void *arg, struct jm_arena *mem, struct jm_diag *d);

#endif
