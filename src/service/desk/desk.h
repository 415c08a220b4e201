/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file desk.h  Room: service/desk. What a clerk does: open a case, ask for the match code,
 * suspend, resume, record losses.
 *
 * The plastic's issue date and authority are typed from the card in hand and never shown
 * beforehand; every step is audited.
 *
 * Spec: spec/domain.md 7.1, 8, D-201 … D-207, D-423
 */
#ifndef JUMIN_SERVICE_DESK_H
#define JUMIN_SERVICE_DESK_H

#include "service/staff/staff.h"
#include "service/tap/tap.h"

/* wrong ones a day for a person, then a supervisor's as many */
#define JM_DESK_PLASTIC_TRIES 3
#define JM_DESK_PLASTIC_TRIES_ALL 10 /* wrong ones a day of one clerk, for anybody */

/** Who serves, who asks, and where results and the reason of a refusal go: one call of a clerk. */
struct jm_desk {
    struct jm_issuer *is;
    const struct jm_staff *clerk;
    struct jm_arena *mem;
    struct jm_diag *d;
};

/** D-422: nobody issues to themselves or to a person they reported for. @retval JM_E_DENIED
 * JM_DESK_OWN_CASE */
JM_MUST_CHECK enum jm_status jm_desk_not_own(struct jm_tx *tx, const struct jm_desk *k,
                                             const struct jm_id *person);

/** D-223: what the person who stands there says about another phone that wants their card. Nobody
 * lets a phone of their own take it. @retval as jm_takeover_say | JM_E_DENIED JM_DESK_OWN_CASE */
JM_MUST_CHECK enum jm_status jm_desk_takeover(const struct jm_desk *k, struct jm_takeover_told *out,
                                              const struct jm_id *person, struct jm_bytes decision);
/** The PUK of the person's chip, for the desk's reader, which sets a PIN that its holder types;
 * nobody sets their own. @retval as jm_chip_unlock | JM_E_DENIED JM_DESK_OWN_CASE */
JM_MUST_CHECK enum jm_status jm_desk_chip(const struct jm_desk *k, struct jm_bytes *serial,
                                          struct jm_bytes *puk, const struct jm_id *person,
                                          struct jm_bytes reason);

struct jm_desk_open_req {
    struct jm_id person;
    struct jm_bytes route, authority, desk;
    struct jm_bytes card; /* type; empty: the default */
    struct jm_date issue_date;
};
struct jm_desk_open_res {
    struct jm_case c;
    struct jm_bytes uri, rule;
    int64_t fee_won;
    struct jm_bytes fee_rule;
};
/** @retval JM_E_DENIED with the first reason against as code; all of them in @p e, and by name in
 * the detail; JM_DESK_OWN_CASE (D-422) JM_DESK_PLASTIC_MISMATCH, JM_DESK_PLASTIC_LOCKED (D-423)
 *  @retval JM_E_UNAVAILABLE JM_VCI_CLOCK the clock fell back (D-459) */
JM_MUST_CHECK enum jm_status jm_desk_open(const struct jm_desk *k, struct jm_desk_open_res *out,
                                          const struct jm_desk_open_req *in,
                                          struct jm_eligibility *e);
JM_MUST_CHECK enum jm_status jm_desk_show(const struct jm_desk *k, const struct jm_id *id,
                                          struct jm_case *out);
JM_MUST_CHECK enum jm_status jm_desk_match_code(const struct jm_desk *k, const struct jm_id *id,
                                                char digits[JM_MATCH_CODE_LEN + 1]);
JM_MUST_CHECK enum jm_status jm_desk_cancel(const struct jm_desk *k, const struct jm_id *id);

/** D-400: of one's own desk today; a supervisor's are the centre's. Nothing of a person. @p *out in
 * the call's memory, states as they are now. */
JM_MUST_CHECK enum jm_status jm_desk_cases(const struct jm_desk *k, struct jm_case **out,
                                           size_t *n);

/** Those of people of the clerk's municipality that wait for a word: [issuer] sign_in=REVIEW. */
JM_MUST_CHECK enum jm_status jm_desk_applications(const struct jm_desk *k, struct jm_case **out,
                                                  size_t *n);
/** @p decision "yes" or "no", under a reason; the person is told. @retval JM_E_RANGE, JM_E_MISSING
 * | JM_E_ABSENT JM_DESK_CASE_UNKNOWN also of another municipality | JM_E_CONFLICT
 * JM_DESK_CASE_ENDED | JM_E_DENIED JM_DESK_OWN_CASE */
JM_MUST_CHECK enum jm_status jm_desk_decide(const struct jm_desk *k, const struct jm_id *id,
                                            struct jm_bytes decision, struct jm_bytes reason);

/** Why a clerk refuses: one of these, and what else there is to say. */
struct jm_desk_refuse_req {
    struct jm_bytes reason; /* PHOTO_MISMATCH (D-208), PLASTIC_DOUBT, OTHER: with a note */
    struct jm_bytes note;
};
/**
 * D-402: a person is sent away; a case of theirs that runs is REFUSED. Audited, and the person is
 * told.
 * @retval JM_E_RANGE JM_API_FIELD_FORM "reason" | JM_E_MISSING JM_API_FIELD_MISSING "note" |
 * JM_E_ABSENT JM_DESK_PERSON_UNKNOWN
 */
JM_MUST_CHECK enum jm_status jm_desk_refuse(const struct jm_desk *k, const struct jm_id *person,
                                            const struct jm_desk_refuse_req *in);
/** The same of a running case. @retval JM_E_CONFLICT JM_DESK_CASE_ENDED | JM_E_ABSENT
 * JM_DESK_CASE_UNKNOWN */
JM_MUST_CHECK enum jm_status jm_desk_refuse_case(const struct jm_desk *k, const struct jm_id *id,
                                                 const struct jm_desk_refuse_req *in);

/** D-401: the register's photo (JPEG) and when it was taken, to compare with who stands there:
 * audited under the reason. @retval JM_E_ABSENT JM_DESK_PERSON_UNKNOWN, JM_DESK_PHOTO_NONE |
 * JM_E_UNAVAILABLE no signer
 */
JM_MUST_CHECK enum jm_status jm_desk_photo(const struct jm_desk *k, const struct jm_id *person,
                                           struct jm_bytes reason, struct jm_bytes *photo,
                                           struct jm_date *taken);

/* -- a photo that does not agree: D-208, D-403 -- */

#define JM_PHOTO_ASK_TTL_S 3600 /* the person stands there */
#define JM_PHOTO_ASKS_MAX 50
struct jm_photo_ask {
    struct jm_id id, person;
    struct jm_bytes centre, clerk, reason;
    int64_t at;
    struct jm_bytes by; /* the supervisor who granted it; empty: it is open */
};
/** A clerk asks that a supervisor take a fresh photo of who stands there: audited.
 * @retval JM_E_ABSENT JM_DESK_PERSON_UNKNOWN | JM_E_DENIED JM_DESK_OWN_CASE | JM_E_MISSING */
JM_MUST_CHECK enum jm_status jm_desk_photo_ask(const struct jm_desk *k, struct jm_id *out,
                                               const struct jm_id *person, struct jm_bytes reason);
/** Of the last hour: of a clerk their own, of a supervisor the centre's. */
JM_MUST_CHECK enum jm_status jm_desk_photo_asks(const struct jm_desk *k, struct jm_photo_ask **out,
                                                size_t *n);
/**
 * A supervisor, another than who asked, has taken @p photo (JPEG): it is the register's from now
 * on, live cards are due to be fetched anew, the person is told.
 * @retval JM_E_ABSENT JM_DESK_PHOTO_ASK_UNKNOWN | JM_E_CONFLICT JM_DESK_PHOTO_ASK_ENDED granted, or
 * too old | JM_E_DENIED JM_DESK_PHOTO_SECOND, JM_DESK_OWN_CASE | JM_E_MALFORMED
 * JM_REGISTER_PHOTO_FORM | JM_E_MISSING | JM_E_UNAVAILABLE no signer
 */
JM_MUST_CHECK enum jm_status jm_desk_photo_grant(const struct jm_desk *k, const struct jm_id *id,
                                                 struct jm_bytes photo, struct jm_bytes reason);

/* -- fees of plastic cards, and the till -- */

/** The mobile card's is 0 and its receipt is that of its case. */
struct jm_desk_fee_req {
    struct jm_id receipt, person; /* receipt: of whoever asks, so that asking twice takes it once */
    struct jm_id desk_case;       /* zero: none; else a running one of this centre and person */
    struct jm_bytes action, kind, reason; /* of fees.h; reason empty: lost */
    struct jm_bytes method;               /* cash, card; empty where it is free */
    int64_t won;                          /* what was taken */
    bool relief;
};
/** D-070: what it costs today. @retval JM_E_ABSENT JM_DESK_PERSON_UNKNOWN, JM_FEE_NO_RULE |
 * JM_E_RANGE JM_API_FIELD_FORM */
JM_MUST_CHECK enum jm_status jm_desk_fee(const struct jm_desk *k, struct jm_fee *out,
                                         const struct jm_desk_fee_req *in);
/**
 * D-407: it was paid: a receipt and an audit row.
 * @retval as jm_desk_fee | JM_E_DENIED JM_FEE_AMOUNT not what it costs | JM_E_CONFLICT
 * JM_FEE_RECEIPT_USED, JM_DESK_CASE_ENDED | JM_E_ABSENT JM_DESK_CASE_UNKNOWN
 */
JM_MUST_CHECK enum jm_status jm_desk_fee_take(const struct jm_desk *k, struct jm_fee_receipt *out,
                                              const struct jm_desk_fee_req *in);
/**
 * D-071: given back, on the day on which it was taken. By a supervisor (D-407) of that centre.
 * @retval JM_E_ABSENT JM_FEE_RECEIPT_UNKNOWN also of another centre | JM_E_CONFLICT JM_FEE_VOIDED
 * it was, or there is nothing to give back | JM_E_DENIED JM_FEE_VOID_DAY | JM_E_MISSING
 */
JM_MUST_CHECK enum jm_status jm_desk_fee_void(const struct jm_desk *k, struct jm_fee_receipt *out,
                                              const struct jm_id *receipt, struct jm_bytes reason);
/** Today's: of a clerk their own, else the centre's. Nothing of a person. */
JM_MUST_CHECK enum jm_status jm_desk_till(const struct jm_desk *k, struct jm_till *out);

#define JM_DESK_FIND_MAX 20
struct jm_desk_find_req {
    /* by number, as people write it; or by name and birth date; or whom a fresh photo is asked for;
     * or whose application waits */
    struct jm_bytes reason, rrn, name;
    struct jm_date birth_date;
    struct jm_id ask, application;
};
/**
 * D-201, D-400: a person, masked, with a reason; each one shown is audited under it. By number
 * anywhere; by name and birth date in the centre's own municipality. Plastic's issue date and
 * authority are not shown (D-423).
 * @retval JM_E_MALFORMED JM_API_FIELD_MISSING, JM_REGISTER_RRN_FORM | JM_E_DENIED
 * JM_REGISTER_RRN_REAL, JM_REGISTER_RRN_SYNTHETIC
 * @retval JM_E_ABSENT JM_REGISTER_NOT_FOUND, audited too | JM_E_UNAVAILABLE no signer
 */
JM_MUST_CHECK enum jm_status jm_desk_find(const struct jm_desk *k, struct jm_register_found **out,
                                          size_t *n, const struct jm_desk_find_req *in);

enum jm_desk_act { JM_DESK_SUSPEND = 1, JM_DESK_RESUME, JM_DESK_PLASTIC_LOST };
struct jm_desk_person_req {
    struct jm_date issue_date; /* RESUME: typed from the plastic, evidence R3 */
    struct jm_bytes authority;
    /* SUSPEND, PLASTIC_LOST: who reported it for the person; zero: the person */
    struct jm_id reporter;
};
struct jm_desk_person_res {
    enum jm_card_state state;
    struct jm_id card;
};
JM_MUST_CHECK enum jm_status jm_desk_person(const struct jm_desk *k, struct jm_desk_person_res *out,
                                            const struct jm_id *person, enum jm_desk_act act,
                                            const struct jm_desk_person_req *in);

struct jm_loss_res {
    char receipt[33];
    bool paused; /* else the card has ended or expired, and only the receipt is given */
};
/**
 * D-271 by loss code: phone and card pause, plastic pauses too until the person confirms. The
 * person's live card is held, whichever of theirs the loss code came with.
 * @retval JM_E_ABSENT JM_LOSS_CODE_UNKNOWN | JM_E_RANGE JM_LOSS_WHAT
 */
JM_MUST_CHECK enum jm_status jm_loss_report(struct jm_issuer *is, struct jm_bytes loss_code,
                                            struct jm_bytes what, struct jm_loss_res *out,
                                            struct jm_arena *mem, struct jm_diag *d);

#endif
