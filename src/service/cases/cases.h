/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file cases.h  Room: service/cases. One desk case: from the clerk's "yes" to the card on the
 * phone.
 *
 * CREATED → SCANNED → CODE_OK → ISSUED; ends EXPIRED, CANCELLED, CODE_EXHAUSTED, REFUSED,
 * ABANDONED. Everything that was learnt is in the row: any process goes on from there. Every step
 * is one compare-and-set.
 *
 * Spec: spec/domain.md D-203 … D-207, D-210
 */
#ifndef JUMIN_SERVICE_CASES_H
#define JUMIN_SERVICE_CASES_H

#include "jumin/arena.h"
#include "jumin/code.h"
#include "service/env.h"

#define JM_QR_TTL_S 180
#define JM_CASE_TTL_S 600
#define JM_MATCH_TRIES_MAX 5

enum jm_case_state {
    JM_CASE_CREATED = 1,
    JM_CASE_SCANNED,
    JM_CASE_CODE_OK,
    JM_CASE_ISSUED,
    JM_CASE_EXPIRED,
    JM_CASE_CANCELLED,
    JM_CASE_CODE_EXHAUSTED,
    JM_CASE_REFUSED,
    JM_CASE_ABANDONED
};
const char *jm_case_state_name(enum jm_case_state s);

/** For a clerk's word, before anything is issued. */
enum jm_case_waits { JM_CASE_WAITS_NOT, JM_CASE_WAITS, JM_CASE_WAITED };

struct jm_case {
    struct jm_id id, person, card;
    bool has_card, has_jkt, second; /* second: another phone tried */
    /* of one that came through the front door centre, clerk, jti and ticket are empty; keys:
     * thumbprints that its first batch may bind, one after another, empty: any */
    struct jm_bytes type, centre, clerk, serial, jti, ticket, sign, reason, keys;
    int64_t route, opened, scan_by, case_by, tries;
    enum jm_case_waits waits;
    enum jm_case_state state;
    /* hashes; match_mac all zero: no match code was asked for yet */
    uint8_t offer[32], grant_code[32], jkt[32], match_mac[32];
};

#define JM_APPLICATIONS_MAX 100
/** Cases that wait for a clerk's word, the oldest first; of people of a municipality (the first
 * digits of a region's code). */
JM_MUST_CHECK enum jm_status jm_cases_waiting(struct jm_tx *tx, struct jm_bytes municipality,
                                              struct jm_case *out, size_t *n, struct jm_arena *mem);
/** It waits no more. @retval JM_E_CONFLICT it did not */
JM_MUST_CHECK enum jm_status jm_case_waited_in(struct jm_tx *tx, const struct jm_id *id);
JM_MUST_CHECK enum jm_status jm_case_add_in(struct jm_tx *tx, const struct jm_case *c);
JM_MUST_CHECK enum jm_status jm_case_in(struct jm_tx *tx, const struct jm_id *id,
                                        struct jm_case *out, struct jm_arena *mem);
JM_MUST_CHECK enum jm_status jm_case_by_offer(struct jm_tx *tx, const uint8_t hash[32],
                                              struct jm_case *out, struct jm_arena *mem);
JM_MUST_CHECK enum jm_status jm_case_by_grant_code(struct jm_tx *tx, const uint8_t hash[32],
                                                   struct jm_case *out, struct jm_arena *mem);
/** An open case of the person, not past its time. @retval JM_E_ABSENT there is none */
JM_MUST_CHECK enum jm_status jm_case_open_of(struct jm_tx *tx, const struct jm_id *person,
                                             struct jm_case *out, struct jm_arena *mem);
/** What the case is at @p now: a running one past its time has EXPIRED. */
enum jm_case_state jm_case_state_at(const struct jm_case *c, int64_t now);

/**
 * The first attested instance owns the ticket; the same one again is JM_OK. Another one is noted
 * for the clerk.
 * @retval JM_E_CONFLICT taken by another (the note is the caller's to commit) | JM_E_GONE ended
 */
JM_MUST_CHECK enum jm_status jm_case_bind_in(struct jm_tx *tx, struct jm_case *c,
                                             const uint8_t jkt[32], struct jm_bytes sign);
JM_MUST_CHECK enum jm_status jm_case_note_second(struct jm_tx *tx, const struct jm_id *id);
/** A new match code; the count of tries stays. */
JM_MUST_CHECK enum jm_status jm_case_set_match_code(struct jm_tx *tx, const struct jm_id *id,
                                                    const uint8_t mac[32]);
/** One more wrong try, atomically; at the fifth the case ends. */
JM_MUST_CHECK enum jm_status jm_case_wrong_match_code(struct jm_tx *tx, const struct jm_id *id,
                                                      int64_t *tries);
/** Compare and set. @retval JM_E_CONFLICT it is in another state */
JM_MUST_CHECK enum jm_status jm_case_move(struct jm_tx *tx, const struct jm_id *id,
                                          enum jm_case_state from, enum jm_case_state to);
JM_MUST_CHECK enum jm_status jm_case_end(struct jm_tx *tx, const struct jm_id *id,
                                         enum jm_case_state from, enum jm_case_state to,
                                         const char *reason);
/** Running cases of the person end CANCELLED for @p reason; none is JM_OK. */
JM_MUST_CHECK enum jm_status jm_case_cancel_open(struct jm_tx *tx, const struct jm_id *person,
                                                 const char *reason);
/** The same of one centre (another's case is no case: D-420), REFUSED by its clerk. */
JM_MUST_CHECK enum jm_status jm_case_refuse_open(struct jm_tx *tx, const struct jm_id *person,
                                                 struct jm_bytes centre, const char *reason);
#define JM_CASES_OF_MAX 100
/** Of a centre since @p since, the newest first; @p clerk empty: of all its clerks. At most
 * JM_CASES_OF_MAX of @p out. */
JM_MUST_CHECK enum jm_status jm_cases_of(struct jm_tx *tx, struct jm_bytes centre,
                                         struct jm_bytes clerk, int64_t since, struct jm_case *out,
                                         size_t *n, struct jm_arena *mem);
/** Has a match code been asked for? */
bool jm_case_has_match_code(const struct jm_case *c);
/** Until when it waits for what comes next; 0 where nothing is waited for. */
int64_t jm_case_waits_until(const struct jm_case *c, int64_t now);
/** D-458: all running cases end so: their offers, grant and match codes are nobody's any more. */
JM_MUST_CHECK enum jm_status jm_cases_cancel_all(struct jm_tx *tx, const char *reason, int64_t *n);
JM_MUST_CHECK enum jm_status jm_case_set_card(struct jm_tx *tx, const struct jm_id *id,
                                              const struct jm_id *card);

#endif
