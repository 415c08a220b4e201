/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file tap.h  Room: service/tap. The tap of an IC resident card in the place of a sign-in page,
 * and the chips that are made for it.
 *
 * The phone is a pipe: the issuer runs chip authentication with a key of its own, reads through
 * that channel, and believes nothing else. What an `open` is refused for is told to nobody but the
 * audit log: a bearer of copied files learns nothing of the card's state.
 *
 * Spec: spec/iccard.md 3   Req: D-220 … D-226
 */
#ifndef JUMIN_SERVICE_TAP_H
#define JUMIN_SERVICE_TAP_H

#include "jumin/chip.h"
#include "service/issuance/issuance.h"

#define JM_TAP_TTL_S 120
#define JM_TAP_OPENS_MAX 3    /* of one tap: a card may be pulled away */
#define JM_TAP_CARD_DAY_MAX 5 /* taps of a card that were opened, a day: D-222 */
#define JM_TAP_INSTANCE_HOUR_MAX 10

struct jm_tap_call {
    struct jm_issuer *is;
    const struct jm_client *client;
    const struct jm_dpop *dpop;
    struct jm_arena *mem;
    struct jm_diag *d;
};

struct jm_tap_begun {
    struct jm_bytes tap, nonce; /* text */
    int64_t wait_s;             /* of JM_CARD_RATE: until it is worth another try, at the latest */
};
/** @p keys: thumbprints of the first batch, one after another. A tap of the same request that was
 * begun before ends. @retval JM_E_DENIED JM_OAUTH_REQUEST_URI, JM_CARD_BINDING | JM_E_RATE
 * JM_CARD_RATE */
JM_MUST_CHECK enum jm_status jm_tap_begin(const struct jm_tap_call *c, struct jm_tap_begun *out,
                                          struct jm_bytes request_uri, struct jm_bytes keys);

struct jm_tap_opened {
    struct jm_bytes nonce;
    struct jm_card_script script;
    int64_t wait_s; /* as of struct jm_tap_begun */
};
/** One tap is of one card: another one ends it. @retval JM_E_CONFLICT JM_CARD_NONCE,
 * JM_CARD_SESSION_STATE | JM_E_DENIED JM_CARD_BINDING, JM_CARD_NOT_ACCEPTED | JM_E_RATE
 * JM_CARD_RATE */
JM_MUST_CHECK enum jm_status jm_tap_open(const struct jm_tap_call *c, struct jm_tap_opened *out,
                                         struct jm_bytes tap, struct jm_bytes nonce,
                                         struct jm_bytes dg14, struct jm_bytes sod);

struct jm_tap_done {
    struct jm_bytes code, state; /* state: null view where none was pushed */
    int64_t wait_s;              /* with JM_CARD_COOLDOWN: when it is worth another tap */
};
/** @retval as jm_tap_open() | JM_E_RATE JM_CARD_COOLDOWN (D-223) | JM_E_DENIED JM_CARD_LOST,
 * JM_CARD_VOID, JM_CARD_OTHER_PERSON the phone has somebody else's card, JM_VCI_CARD_NOT_ACTIVE,
 * JM_ELIG_… */
JM_MUST_CHECK enum jm_status jm_tap_finish(const struct jm_tap_call *c, struct jm_tap_done *out,
                                           struct jm_bytes tap, struct jm_bytes nonce,
                                           const struct jm_bytes *rapdu, size_t n);
/** The wallet has given up, or says why; best effort. */
JM_MUST_CHECK enum jm_status jm_tap_abort(const struct jm_tap_call *c, struct jm_bytes tap,
                                          struct jm_bytes reason);

/* -- another phone -- */

#define JM_TAKEOVER_COOLDOWN_S                                                                \
    3600                        /* where tap.cooldown is not configured; 0 in synthetic homes \
                                 */
#define JM_TAKEOVER_TTL_S 86400 /* within which the phone that asked may tap again */
struct jm_takeover_told {
    bool waiting;      /* for the time, or for somebody's word */
    int64_t at, until; /* asked, and over; 0: nobody asked */
};
/* yes, no, or empty: to look */
struct jm_takeover_word {
    struct jm_bytes decision;
};
/* members of their messages */
#define JM_TAKEOVER_WORD JM_FIELD(jm_takeover_word, decision, "decision", STR, 8, JM_MSG_OPT)
#define JM_TAKEOVER_TOLD                                        \
    JM_FIELD(jm_takeover_told, waiting, "waiting", BOOL, 0, 0), \
        JM_FIELD(jm_takeover_told, at, "at", TIME, 0, 0),       \
        JM_FIELD(jm_takeover_told, until, "until", TIME, 0, 0)
struct jm_takeover_saying {
    const struct jm_issuer *is;
    const struct jm_id *person;
    struct jm_bytes decision; /* "yes", "no", or empty: to look */
    struct jm_actor who;
    struct jm_takeover_told *out;
    struct jm_diag *d;
};
/** D-223: what the person says about a phone that wants their card. @retval JM_E_ABSENT
 * JM_TAKEOVER_NONE nobody asked | JM_E_RANGE JM_API_FIELD_FORM */
JM_MUST_CHECK enum jm_status jm_takeover_say(const struct jm_takeover_saying *s);
/** The same, in the caller's transaction. */
JM_MUST_CHECK enum jm_status jm_takeover_say_in(struct jm_tx *tx,
                                                const struct jm_takeover_saying *s);

/* -- chips -- */

struct jm_chip_req {
    struct jm_id person;
    struct jm_bytes serial; /* empty: the valid one */
    struct jm_point key;
    bool transport; /* nobody knows its PIN: a desk must set one before it can be tapped */
};
struct jm_chip_made {
    struct jm_bytes file[JM_EF_N];
    struct jm_bytes serial;
    char puk[JM_CARD_PUK_LEN + 1]; /* for whoever writes the chip, this once: the caller wipes it */
};
/**
 * The files of a chip whose key it has made, for the person's IC card of that serial that is
 * ordered, ready or valid.
 * @retval JM_E_ABSENT JM_REGISTER_NOT_FOUND, JM_CARD_PLAIN (no such card), JM_CARD_NO_SIGNER |
 * JM_E_CONFLICT JM_CARD_EXISTS its chip was made before
 */
JM_MUST_CHECK enum jm_status jm_chip_make(struct jm_issuer *is, struct jm_chip_made *out,
                                          const struct jm_chip_req *in, const struct jm_actor *who,
                                          struct jm_arena *mem, struct jm_diag *d);
JM_MUST_CHECK enum jm_status jm_chip_is_made_in(struct jm_tx *tx, struct jm_bytes serial,
                                                bool *made);
/** Has the chip of the person's valid card its transport PIN still? A desk must set one. */
JM_MUST_CHECK enum jm_status jm_chip_is_transport(const struct jm_issuer *is,
                                                  const struct jm_id *person, bool *is_so,
                                                  struct jm_arena *mem);
/**
 * A desk gives the chip of the person's valid card a PIN: its PUK, for the reader alone; the caller
 * wipes it. Audited under the reason. @retval JM_E_ABSENT JM_REGISTER_NOT_FOUND, JM_CARD_PLAIN |
 * JM_E_UNAVAILABLE no signer
 */
JM_MUST_CHECK enum jm_status jm_chip_unlock(struct jm_issuer *is, struct jm_bytes *serial,
                                            struct jm_bytes *puk, const struct jm_id *person,
                                            const struct jm_actor *who, struct jm_bytes reason,
                                            struct jm_arena *mem, struct jm_diag *d);
/** Taps that are over are gone after a day: limits look back as far. */
JM_MUST_CHECK enum jm_status jm_taps_sweep_in(struct jm_tx *tx, int64_t before);

#endif
