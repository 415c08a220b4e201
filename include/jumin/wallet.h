/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file wallet.h  Room: wallet. The holder's rules: what is kept and how it is sealed, who may ask
 * for what, which copy goes.
 *
 * One code for command line, browser and shells. Nothing here touches files, network or screens.
 * Private keys are handles; what the platform wants kept of each goes through the sealed container
 * and is opaque here.
 *
 * Spec: spec/domain.md D-253, D-302, D-311, D-352, D-356, D-358
 */
#ifndef JUMIN_WALLET_H
#define JUMIN_WALLET_H

#include "jumin/claims.h"
#include "jumin/oid4vci.h"
#include "jumin/oid4vp.h"

#define JM_WALLET_CARDS_MAX 16
#define JM_WALLET_COPIES_MAX 512
#define JM_WALLET_HISTORY_MAX 4096
#define JM_WALLET_KEPT_MAX 128
#define JM_WALLET_MAX (32 * JM_MIB) /* octets of a container: a box of this label */
#define JM_WALLET_LABEL "jumin-wallet/1"
/* octets of an event: who (a name of the registry, or an address), use, names of claims, outcome */
#define JM_WALLET_WHO_MAX 2048
#define JM_WALLET_USE_MAX JM_VP_USE_MAX
#define JM_WALLET_CLAIMS_MAX (64 * JM_KIB)
#define JM_WALLET_OUTCOME_MAX 32
#define JM_WALLET_RP_MAX 512
#define JM_WALLET_SEAL_LEN 8
#define JM_WALLET_HISTORY_OCTETS_MAX                            \
    (4 * JM_MIB) /* of all events together: the oldest go first \
                  */

struct jm_wallet_copy {
    enum jm_fmt fmt;
    struct jm_bytes type, octets;
    struct jm_handle key;
    bool used;
    int64_t until;
};

enum jm_wallet_card_state { JM_WCARD_ACTIVE = 1, JM_WCARD_NOT_VALID };

struct jm_wallet_card {
    struct jm_bytes issuer;
    struct jm_i18n issuer_name;
    struct jm_bytes saved;     /* jm_vci_save(): refresh token and endpoints */
    struct jm_bytes loss_code; /* so that this wallet can report, too; sealed like all else */
    int64_t received;
    enum jm_wallet_card_state state;
    struct jm_bytes why; /* what the issuer said when it ended or paused */
    bool locked;         /* by its holder, here: it answers nobody */
    int64_t contact; /* when the issuer, or its list, was last heard, to the hour; 0: not noted */
    /* names of claims whose values are others since the last refresh, until its holder has seen
     * them */
    struct jm_bytes changed;
    struct jm_wallet_copy *copy;
    size_t n;
};

/** Claim names only, never values: D-356. */
struct jm_wallet_event {
    int64_t at;
    struct jm_bytes who, use, claims, outcome;
    int64_t badge;
    struct jm_bytes rp;   /* who it was in the registry, or the client_id of a stranger */
    struct jm_bytes seal; /* of the registration as it was then: jm_consent.seal; empty: none */
};

struct jm_wallet {
    struct jm_handle instance, dpop;
    struct jm_wallet_card *card;
    size_t n_cards;
    struct jm_wallet_event *event;
    size_t n_events;
    struct jm_bytes pending; /* jm_vci_save() of an issuance that waits for its match code */
    bool no_history;         /* its holder wants none: D-356 */
    int64_t counter;         /* of the last refresh: D-244 */
};

/** What the platform wants kept of one private key: the scalar of one in software (level K1), or
 * what finds it again. 1 to JM_WALLET_KEPT_MAX octets. */
struct jm_wallet_key {
    struct jm_handle handle;
    struct jm_bytes kept;
};
struct jm_wallet_keys {
    struct jm_wallet_key *key;
    size_t n;
};
/** The @p n th handle, from 1 on: as reading gives them to the keys of a container. */
struct jm_handle jm_wallet_handle(uint64_t n);
/**
 * Plaintext of the container, and back; views into @p octets. What would not be read is not
 * written.
 *
 * @param keys  written: of every key that @p w names, others are left out; read: all keys of @p
 * out, under handles 1, 2 … n. Whoever has taken them over wipes them in @p octets
 * @retval JM_E_MALFORMED | JM_E_LIMIT a count, an event's length, or all together | JM_E_NO_SPACE |
 * JM_E_BUG @p w names a key that is not among @p keys
 */
JM_MUST_CHECK enum jm_status jm_wallet_write(struct jm_bytes *out, const struct jm_wallet *w,
                                             const struct jm_wallet_keys *keys,
                                             struct jm_arena *mem);
JM_MUST_CHECK enum jm_status jm_wallet_read(struct jm_wallet *out, struct jm_wallet_keys *keys,
                                            struct jm_bytes octets, struct jm_arena *mem);
/** The card has no copies then. Wiped are their octets, which stand in memory of the wallet's own
 * (what was opened or received) and nowhere else, and the names of their keys. */
void jm_wallet_wipe_copies(struct jm_wallet_card *card);
/** The holder wants one event gone. @retval JM_E_RANGE there is no such event */
JM_MUST_CHECK enum jm_status jm_wallet_drop_event(struct jm_wallet *w, size_t at);
/** Room for one more card or event; the arrays move, the oldest events make room. @retval
 * JM_E_LIMIT a seventeenth card, or an event beyond its bounds: nothing is changed | JM_E_NO_SPACE
 */
JM_MUST_CHECK enum jm_status jm_wallet_add_card(struct jm_wallet *w,
                                                const struct jm_wallet_card *card,
                                                struct jm_arena *mem);
JM_MUST_CHECK enum jm_status jm_wallet_add_event(struct jm_wallet *w,
                                                 const struct jm_wallet_event *e,
                                                 struct jm_arena *mem);

/* -- what its holder sees of it: D-350, D-351 -- */

enum jm_face_state {
    JM_FACE_ACTIVE = 1,
    JM_FACE_RENEW, /* the last 90 days */
    JM_FACE_LOW,   /* two copies of a kind are left, or fewer */
    JM_FACE_SPENT, /* none of a kind is: it cannot be shown everywhere */
    JM_FACE_EXPIRED,
    JM_FACE_OFF,    /* paused or ended: card->why */
    JM_FACE_LOCKED, /* by its holder */
    JM_FACE_CHANGED /* card->changed */
};
#define JM_FACE_RENEW_DAYS 90
#define JM_FACE_COPIES_LOW 2

struct jm_wallet_face {
    enum jm_face_state state;
    size_t left;      /* showings: unused copies that hold, of the kind that has the fewest */
    char expires[11]; /* the card's last day; empty: it says none */
    int64_t days;     /* until then */
    bool refresh_due; /* copies are low, or past the half of their life: D-253 */
};
/** @retval JM_E_NO_SPACE @p mem is full */
JM_MUST_CHECK enum jm_status jm_wallet_face(struct jm_wallet_face *out,
                                            const struct jm_wallet_card *card, int64_t now,
                                            const struct jm_crypto *crypto, struct jm_arena *mem);
/** What the copy says, to its own holder. @retval of the reader of its format */
JM_MUST_CHECK enum jm_status jm_wallet_claims(struct jm_claims *out, const struct jm_wallet_copy *c,
                                              const struct jm_crypto *crypto, struct jm_arena *mem);

/**
 * Names of the claims whose value is another than it was, that came or that went, comma-separated;
 * null view: none. Both copies of one format.
 * @retval of the reader of the format
 */
JM_MUST_CHECK enum jm_status jm_wallet_changed(struct jm_bytes *out,
                                               const struct jm_wallet_copy *was,
                                               const struct jm_wallet_copy *is,
                                               const struct jm_crypto *crypto,
                                               struct jm_arena *mem);

/** The day that a claim of this name says, as YYYY-MM-DD; null view: it says none. @retval
 * JM_E_NO_SPACE @p mem is full */
JM_MUST_CHECK enum jm_status jm_wallet_day(struct jm_bytes *out, const struct jm_claims *claims,
                                           const char *name, struct jm_arena *mem);

/* -- its PIN: D-357 -- */

enum jm_pin_fault {
    JM_PIN_GOOD = 0,
    JM_PIN_FORM,   /* not six digits */
    JM_PIN_REPEAT, /* one digit, a pair or a triple again and again */
    JM_PIN_RUN,    /* up or down by one */
    JM_PIN_BIRTH   /* the holder's day of birth, however written */
};
/** @p birth: YYYY-MM-DD of the card; empty: unknown. Nothing else is known here, such as a
 * telephone number. */
enum jm_pin_fault jm_wallet_pin(struct jm_bytes pin, struct jm_bytes birth);

/* -- a reader elsewhere: spec/iccard.md 3.4 -- */

/** What its code says: whose bridge it is, the right to join it once, and the offer of that
 * authority (grant authorization_code) that jm_holder_tap() takes. */
struct jm_wallet_bridge {
    struct jm_bytes issuer, code, offer;
};
/** Does it begin as one does (jumin-bridge:)? */
bool jm_wallet_is_bridge(struct jm_bytes text);
/** jumin-bridge:HOST[:PORT][/PATH]/CODE, CODE of 22 characters of base64url. Views of @p text, and
 * in @p mem. @retval JM_E_MALFORMED another form | JM_E_DENIED JM_CARD_BRIDGE_ISSUER of no issuer
 * of
 * @p t | JM_E_NO_SPACE */
JM_MUST_CHECK enum jm_status jm_wallet_bridge(struct jm_wallet_bridge *out, struct jm_bytes text,
                                              const struct jm_trust *t, struct jm_arena *mem,
                                              struct jm_diag *d);

/* -- who asks, and may they: D-302, D-311 -- */

enum jm_badge {
    JM_BADGE_OFFICIAL = 1,
    JM_BADGE_REGISTERED,
    JM_BADGE_PURPOSE_UNKNOWN,
    JM_BADGE_UNKNOWN,
    JM_BADGE_BLOCKED
};

struct jm_consent {
    enum jm_badge badge;
    struct jm_i18n who, purpose; /* empty for the unknown */
    struct jm_bytes rp, use, legal_basis, privacy_uri;
    int64_t retention_days;
    struct jm_bytes over_asked; /* first claim beyond the registered use; null view: none */
    /* of what is registered of it and of the use that it names: another registration, another seal
     */
    uint8_t seal[JM_WALLET_SEAL_LEN];
    bool sealed;  /* false: nothing is registered */
    bool changed; /* jm_wallet_is_changed(), by whoever has the history */
};
/**
 * A known relying party is held to the use it names, where that is its own and runs now; else to
 * what its running uses allow together, and no resident number or portrait. The type counts as much
 * as its claims, also where none is asked for.
 * @retval JM_OK the holder may be asked | JM_E_DENIED JM_WALLET_RP_BLOCKED, _OVER_ASKING,
 * _UNKNOWN_ASKS: refused locally
 */
JM_MUST_CHECK enum jm_status jm_wallet_judge(struct jm_consent *out, const struct jm_vp_request *r,
                                             const struct jm_trust *t, const struct jm_crypto *c,
                                             int64_t now, struct jm_diag *d);

/** D-354: does the history know the requester by another registration, or another one by its name?
 * @p use: what was registered for it, as in the consent */
bool jm_wallet_is_changed(const struct jm_wallet *w, const struct jm_consent *c);

/* -- what goes: D-253 -- */

struct jm_wallet_pick {
    const struct jm_dcql_credential *query;
    struct jm_wallet_copy *copy;
    const size_t *part; /* disclosures or items of the copy, by position */
    size_t n_parts;
    /* names of all that is asked for and goes; of a query without claims: the type */
    const struct jm_bytes *shown;
    size_t n_shown;
};
#define JM_WALLET_PICKS_MAX (JM_DCQL_CREDENTIALS_MAX * JM_WALLET_CARDS_MAX)
/**
 * One unused copy per query that is to be answered; of each card that fits, where the query takes
 * several. Nothing that was not asked for goes with it: a copy whose claim cannot be shown without
 * another is passed over.
 * @p out: room for JM_WALLET_PICKS_MAX.
 * @retval JM_E_ABSENT JM_WALLET_NO_CREDENTIAL nothing fits | JM_E_GONE JM_WALLET_COPIES_USED it
 * would fit, but all copies were shown | JM_E_ABSENT JM_WALLET_CARD_LOCKED, but it is locked
 */
JM_MUST_CHECK enum jm_status jm_wallet_choose(struct jm_wallet_pick *out, size_t *n,
                                              const struct jm_wallet *w, const struct jm_dcql *q,
                                              int64_t now, const struct jm_crypto *c,
                                              struct jm_arena *mem, struct jm_diag *d);
/** Everything that goes, by name, comma-separated, whole: for the holder's eyes and for the
 * history. @retval JM_E_NO_SPACE @p mem is full */
JM_MUST_CHECK enum jm_status jm_wallet_shown(struct jm_bytes *out,
                                             const struct jm_wallet_pick *pick, size_t n,
                                             struct jm_arena *mem);

#endif
