/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file lifecycle.h  Room: service/lifecycle. A card's states, holds and events.
 *
 * Suspension is a set of holds; closing one never closes another. REVOKED is terminal, EXPIRED is
 * computed. Every change writes one card_event with actor, channel, reason and the number of its
 * audit row. Suspending and revoking set all copies INVALID in the same transaction; resuming
 * leaves them so.
 *
 * Spec: spec/domain.md D-170 … D-186
 */
#ifndef JUMIN_SERVICE_LIFECYCLE_H
#define JUMIN_SERVICE_LIFECYCLE_H

#include "jumin/arena.h"
#include "service/audit/audit.h"
#include "service/devices/devices.h"
#include "service/register/register.h"

enum jm_card_state {
    JM_CARD_PENDING = 1,
    JM_CARD_ACTIVE,
    JM_CARD_SUSPENDED,
    JM_CARD_REVOKED,
    JM_CARD_EXPIRED
};
enum jm_hold_kind {
    JM_HOLD_SELF_LOCK = 1,
    JM_HOLD_LOST_PHONE,
    JM_HOLD_LINE_CHANGED,
    JM_HOLD_FRAUD,
    JM_HOLD_MASS,
    JM_HOLD_LEGAL,
    JM_HOLD_LOST_PLASTIC /* by loss code only: pauses until the person confirms (D-271) */
};

/** D-310: by tap, or in person. */
enum { JM_LEVEL_TAP = 1, JM_LEVEL_PERSON = 2 };

/** No new device and no end of the card is a way out of these: D-177. */
#define JM_HOLDS_NOT_SHED (1u << JM_HOLD_FRAUD | 1u << JM_HOLD_LEGAL)

struct jm_card {
    struct jm_id id, person, device;
    bool has_device;
    struct jm_bytes type, serial, number, refresh_due;
    int64_t issued, expires;
    int64_t level;            /* of issuance: JM_LEVEL_… */
    enum jm_card_state state; /* as stored: never EXPIRED */
    int64_t nth;              /* of its device; to add alone */
};

/** What it is at @p now: REVOKED > EXPIRED > SUSPENDED > ACTIVE > PENDING. */
enum jm_card_state jm_card_state_at(const struct jm_card *c, int64_t now);
const char *jm_card_state_name(enum jm_card_state s);

JM_MUST_CHECK enum jm_status jm_card_in(struct jm_tx *tx, const struct jm_id *id,
                                        struct jm_card *out, struct jm_arena *mem);
#define JM_LIVE_MAX 16

/** A person's cards that are PENDING, ACTIVE or SUSPENDED: one a type at most; of a test person
 * without a limit of one phone one a type and phone. */
struct jm_live {
    struct jm_card card[JM_LIVE_MAX];
    size_t n;
};
/** @retval JM_OK also where there is none | JM_E_LIMIT */
JM_MUST_CHECK enum jm_status jm_cards_live_of(struct jm_tx *tx, const struct jm_id *person,
                                              struct jm_live *out, struct jm_arena *mem);
/** What a new card on the phone with this instance key comes after: the person's open device, if
 * @p had, and their live cards. Of a test person without a limit of one phone: the open device of
 * that key, what is on it, and, where there is no room for more, the card that was issued first. */
JM_MUST_CHECK enum jm_status jm_phone_before_in(struct jm_tx *tx, const struct jm_person *p,
                                                const uint8_t jkt[32], struct jm_device *device,
                                                bool *had, struct jm_live *live,
                                                struct jm_arena *mem);
JM_MUST_CHECK enum jm_status jm_card_by_loss_code(struct jm_tx *tx, struct jm_bytes loss_mac,
                                                  struct jm_card *out, struct jm_arena *mem);
/** @p loss_mac 32 octets. State PENDING. */
JM_MUST_CHECK enum jm_status jm_card_add_in(struct jm_tx *tx, const struct jm_card *c,
                                            struct jm_bytes loss_mac);
#define JM_LOSS_CODES_MORE 8
/** Another loss code. The first one works for ever, of those beside it the last JM_LOSS_CODES_MORE:
 * whoever holds the phone must not be able to take away the one that stands on the holder's paper.
 */
JM_MUST_CHECK enum jm_status jm_card_add_loss_code_in(struct jm_tx *tx, const struct jm_id *card,
                                                      struct jm_bytes loss_mac);
/** Compare and set. @retval JM_E_CONFLICT if not in @p from */
JM_MUST_CHECK enum jm_status jm_card_move(struct jm_tx *tx, const struct jm_id *card,
                                          enum jm_card_state from, enum jm_card_state to);

struct jm_change {
    const struct jm_actor *who;
    const char *reason; /* PHYSICAL_LOST, SUPERSEDED, LOST_PHONE … */
    struct jm_bytes evidence;
};

/** ACTIVE with its first batch. */
JM_MUST_CHECK enum jm_status jm_card_activate_in(struct jm_tx *tx, const struct jm_card *c,
                                                 const struct jm_change *why);
/** Opens a hold; an open one of the same kind is JM_OK without a change. @retval JM_E_CONFLICT
 * terminal or PENDING */
JM_MUST_CHECK enum jm_status jm_card_hold_in(struct jm_tx *tx, const struct jm_card *c,
                                             enum jm_hold_kind kind, const struct jm_change *why);
/** Closes the holds of the kinds in @p kinds (bit set 1 << kind); ACTIVE again when none is left,
 * refresh_due RESUMED.
 *  @retval JM_E_CONFLICT not suspended | JM_E_MISSING no evidence | JM_E_DENIED others stay open
 * (those named are closed) */
JM_MUST_CHECK enum jm_status jm_card_release_in(struct jm_tx *tx, const struct jm_card *c,
                                                unsigned kinds, const struct jm_change *why,
                                                bool *active);
/** Terminal. A card already REVOKED: JM_E_CONFLICT. Its device is closed where @p close_device. */
JM_MUST_CHECK enum jm_status jm_card_revoke_in(struct jm_tx *tx, const struct jm_card *c,
                                               bool close_device, const struct jm_change *why);
/** Is a hold of these kinds (bit set 1 << kind) open? */
JM_MUST_CHECK enum jm_status jm_card_has_hold(struct jm_tx *tx, const struct jm_id *card,
                                              unsigned kinds, bool *there);

/** D-271: did the person say by loss code that the plastic is gone, of whatever card of theirs that
 * lives, and has not taken it back? Until then the plastic proves nobody from afar. */
JM_MUST_CHECK enum jm_status jm_plastic_missed_in(struct jm_tx *tx, const struct jm_id *person,
                                                  bool *missed);

/** D-002, D-422: @p reporter reported a loss for @p person at a desk; once is enough. */
JM_MUST_CHECK enum jm_status jm_loss_reporter_in(struct jm_tx *tx, const struct jm_id *person,
                                                 const struct jm_id *reporter);
JM_MUST_CHECK enum jm_status jm_loss_reported_by(struct jm_tx *tx, const struct jm_id *person,
                                                 const struct jm_id *reporter, bool *did);

#define JM_ADDRESS_GRACE_DAYS 14 /* where address.grace_days is not configured: D-152 */

/** What a card shows has changed (ADDRESS, PORTRAIT): a refresh is due, and every copy that exists
 * now is stale from here on. A SUSPENDED card stays so and remembers it. @retval JM_E_CONFLICT
 * neither ACTIVE nor SUSPENDED */
JM_MUST_CHECK enum jm_status jm_card_due_in(struct jm_tx *tx, const struct jm_card *c,
                                            const char *due, const struct jm_change *why);
/** The first refresh: nothing is due any more, stale copies are INVALID for good. */
JM_MUST_CHECK enum jm_status jm_card_refreshed_in(struct jm_tx *tx, const struct jm_id *card);
/** Stale copies of cards whose address changed before @p before are INVALID; what is due stays due.
 * @p n: cards touched, may be null. */
JM_MUST_CHECK enum jm_status jm_card_grace_over_in(struct jm_tx *tx, int64_t before, int64_t *n);
/** Bound to other plastic of the same person (D-162). @retval JM_E_CONFLICT not live */
JM_MUST_CHECK enum jm_status jm_card_rebind_in(struct jm_tx *tx, const struct jm_id *card,
                                               struct jm_bytes serial);
/** Is a card of another person on the phone with that instance key, one that has not ended? */
JM_MUST_CHECK enum jm_status jm_device_of_another_in(struct jm_tx *tx, const uint8_t jkt[32],
                                                     const struct jm_id *person, bool *there);

#define JM_WARNINGS_AT_ONCE 200
/** D-250: whose card ends in 90, 30, 7 days or 1 is told once of each, on every channel that the
 * register has: the phone that has the card, and the registered address. @p n: how many cards were
 * told of, at most JM_WARNINGS_AT_ONCE; ask again while it is. */
JM_MUST_CHECK enum jm_status jm_cards_warn_in(struct jm_tx *tx, size_t *n, struct jm_arena *mem);

#endif
