/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file holder.h  Room: wallet. The holder's engine: receive, refresh, respond, check, delete,
 * report lost, each from its first question to a state that is durable.
 *
 * It runs the protocol engines (jumin/oid4vci.h, jumin/oid4vp.h) over the wallet's state and asks
 * (jumin/ask.h) for all that it cannot do: keys (NEW_KEY, SIGN, AGREE, FORGET), the outside (HTTP,
 * VERIFY), randomness, the holder (HOLDER, struct jm_question), and that the state be kept (KEEP,
 * of struct jm_wallet). One struct jm_holder runs one operation.
 *
 * What holds whatever happens in between:
 * - KEEP is answered before the first copy is asked for (the refresh token is durable), and before
 *   a copy is shown (it is used);
 * - keys are forgotten after the state that no longer names them is durable, never before;
 * - copies that go (replaced, ended, deleted, reported lost) and copies of an issuance that breaks
 *   off are wiped, octets and keys;
 * - the history stays, with names of claims and never values (D-356).
 *
 * Not checked: that the state is that of the newest container, that the time is right.
 *
 * Spec: spec/domain.md D-204, D-240, D-253, D-311, D-356, D-360, D-361
 */
#ifndef JUMIN_HOLDER_H
#define JUMIN_HOLDER_H

#include "jumin/wallet.h"

#define JM_HOLDER_BATCH 5 /* copies of one credential request */
#define JM_HOLDER_KEYS_MAX (JM_HOLDER_BATCH * JM_VCI_ROUNDS_MAX)
#define JM_HOLDER_ISSUE_ROOM (24 * JM_MIB) /* octets that an issuance takes of the arena */
#define JM_HOLDER_RESPOND_ROOM (6 * JM_MIB)
#define JM_HOLDER_LIST_MAX (512 * JM_KIB) /* octets of a status list that a wallet looks at */
#define JM_HOLDER_LOOK_ROOM (8 * JM_MIB)  /* check, and respond that looks */

enum jm_holder_state {
    JM_HOLDER_IDLE = 1, /* wants an operation */
    JM_HOLDER_WORKING,  /* asks are open */
    JM_HOLDER_DONE,
    JM_HOLDER_FAILED /* diag says why; without a code the answerer that refused knows */
};

enum jm_question_kind {
    JM_QUESTION_CODE = 1, /* show the sign; the match code is typed. JM_E_ABSENT: not now, the
                             issuance waits for jm_holder_continue() */
    /* who asks, why, and what may go: JM_OK, or nothing is sent. Typed: one of the ways, as it
       stands there; nothing: the first */
    JM_QUESTION_CONSENT,
    JM_QUESTION_TELL, /* a good request that cannot be answered: may its sender know? */
    JM_QUESTION_DELETE,
    JM_QUESTION_CARD /* hold the card to the reader and type its PIN, six digits; with a blank and
                        the CAN behind it where the chip wants that. why: what was wrong before */
};

#define JM_HOLDER_WAYS_MAX 64

/** What the holder is asked. Views live until the answer. */
struct jm_question {
    enum jm_question_kind kind;
    const char *sign;                 /* CODE: two digits, as the clerk sees them */
    const struct jm_consent *consent; /* CONSENT, and what follows it */
    struct jm_bytes client_id;
    /* What may go instead of each other, by names, comma-separated: first what its sender likes
     * best, last what gives least. At least one. */
    const struct jm_bytes *way;
    size_t n_ways;
    struct jm_bytes nonce; /* of the request: what is agreed to is this one */
    enum jm_code why;      /* TELL; CARD: JM_CODE_NONE at first */
    int tries;             /* CARD: of the PIN that are left, where the chip has said it; -1 */
};

struct jm_holder_config {
    const struct jm_trust *trust;
    const struct jm_crypto *crypto;
    struct jm_point instance, dpop; /* public keys of the wallet's handles of these names */
    struct jm_bytes platform;       /* as the provider is told */
    bool korean;                    /* language of the names in the history */
    bool agreed;                    /* respond: the holder has answered beforehand, so that the
                                       verifier may hear a no even if there is no card */
    bool looks;    /* respond: the card's own status is looked at before the holder is asked */
    bool hand_out; /* respond: jm_holder_shown().body is not sent but handed out */
};

/** Private to src/wallet: where an operation stands. */
enum jm_holder_step {
    JM_HSTEP_KEYS = 1,
    JM_HSTEP_ISSUING, /* the issuance engine asks */
    JM_HSTEP_CODE,
    JM_HSTEP_CARD,
    JM_HSTEP_AGREE_TO_DELETE,
    JM_HSTEP_DELETING,
    JM_HSTEP_ORDERING,
    JM_HSTEP_LOST,
    JM_HSTEP_JUDGING, /* the presentation engine asks, from here to TELLING */
    JM_HSTEP_LOOKING, /* what the issuer's lists say */
    JM_HSTEP_CONSENT,
    JM_HSTEP_SIGNING,
    JM_HSTEP_SEND,
    JM_HSTEP_SENDING,
    JM_HSTEP_TELL,
    JM_HSTEP_DECLINE,
    JM_HSTEP_TELLING,
    JM_HSTEP_KEEP,   /* then JM_HSTEP_… in after */
    JM_HSTEP_FORGET, /* then the end */
    JM_HSTEP_END
};
enum jm_holder_operation {
    JM_HOLDER_RECEIVE = 1,
    JM_HOLDER_CONTINUE,
    JM_HOLDER_REFRESH,
    JM_HOLDER_DELETE,
    JM_HOLDER_LOST,
    JM_HOLDER_CHECK,
    JM_HOLDER_RESPOND,
    JM_HOLDER_TAP,
    JM_HOLDER_RENEW,
    JM_HOLDER_ORDER
};

struct jm_holder {
    enum jm_holder_state state;
    enum jm_holder_operation operation;
    enum jm_holder_step step, after;
    struct jm_holder_config config;
    struct jm_wallet *w;
    struct jm_arena *mem;
    struct jm_arena look; /* of one run of LOOKING */
    struct jm_book book;
    struct jm_vci vci;
    struct jm_vp vp;
    enum jm_status inner; /* of the protocol engine's last step */
    enum jm_status end;   /* with what the operation will end */
    struct jm_bytes uri;
    struct jm_vci_key key[JM_HOLDER_KEYS_MAX];
    struct jm_handle fresh[JM_HOLDER_KEYS_MAX];
    size_t n_fresh;
    struct jm_handle *forget;
    size_t n_forget;
    bool token_kept;
    struct jm_bytes loss_code, asked, answer; /* asked, answer: about plastic on order */
    enum jm_card_act act;
    struct jm_consent consent;
    struct jm_bytes asker; /* who it is in the registry, or the client_id of a stranger */
    struct jm_wallet_pick pick[JM_WALLET_PICKS_MAX];
    struct jm_vp_choice choice[JM_WALLET_PICKS_MAX];
    size_t n_picks;
    struct jm_bytes names; /* of what goes */
    struct {
        struct jm_bytes names[JM_HOLDER_WAYS_MAX];
        size_t sets[JM_HOLDER_WAYS_MAX]; /* which of each query, as one number; 0: the first */
        size_t n;
    } way;
    const char *told;
    struct jm_question question;
    int64_t at_s, looked_at;
    struct jm_diag diag;
};

/**
 * @param w    what was read of the container; changed by the operation, and of no more use after a
 * KEEP that failed
 * @param mem  where @p w lives, with room for one operation; not the arena of a driver
 */
JM_MUST_CHECK enum jm_status jm_holder_init(struct jm_holder *h,
                                            const struct jm_holder_config *config,
                                            struct jm_wallet *w, struct jm_arena *mem);
/** Wipes what the protocol engines hold. Results and diag end here. */
void jm_holder_end(struct jm_holder *h);

/* Operations: one, in IDLE. @retval JM_E_CONFLICT there was one before, or JM_WALLET_PENDING (tap,
 * renew: an issuance waits and is finished first) | JM_E_ABSENT JM_WALLET_NO_CARD (check: none that
 * holds copies), JM_WALLET_PENDING_NONE | JM_E_MALFORMED JM_WALLET_CONTAINER | JM_E_NO_SPACE | of
 * the first step */

/** From the offer's URI to the card: offer, binding, match code, copies. */
JM_MUST_CHECK enum jm_status jm_holder_receive(struct jm_holder *h, struct jm_bytes uri,
                                               int64_t at_s);
/** From an offer of grant authorization_code to the card, by the tap of an IC resident card
 * (TRANSMIT); an offer of a desk is taken as jm_holder_receive() does. */
JM_MUST_CHECK enum jm_status jm_holder_tap(struct jm_holder *h, struct jm_bytes uri, int64_t at_s);
/** An issuance that waits for its match code, or that broke off. */
JM_MUST_CHECK enum jm_status jm_holder_continue(struct jm_holder *h, int64_t at_s);
/** Fresh copies of the newest card; where the issuer says that it is off, none:
 * JM_WALLET_CARD_ENDED.
 */
JM_MUST_CHECK enum jm_status jm_holder_refresh(struct jm_holder *h, int64_t at_s);
/** D-250: the next card in the place of the newest, in its last days. That its holder is there is
 * the caller's to have asked: whatever opened the wallet. */
JM_MUST_CHECK enum jm_status jm_holder_renew(struct jm_holder *h, int64_t at_s);
/** About plastic on order, by the newest card; @p body: JSON (docs/protocol/orders.md), copied.
 * That its holder is there is the caller's to have asked. jm_holder_told() has the answer. */
JM_MUST_CHECK enum jm_status jm_holder_order(struct jm_holder *h, enum jm_card_act act,
                                             struct jm_bytes body, int64_t at_s);
/** What the issuer answered, JSON; empty where nothing was asked. */
struct jm_bytes jm_holder_told(const struct jm_holder *h);
/** The holder ends the newest card, at the issuer first. */
JM_MUST_CHECK enum jm_status jm_holder_delete(struct jm_holder *h, int64_t at_s);
/** The newest card was reported lost, and the issuer knows: its copies go, here as everywhere. */
JM_MUST_CHECK enum jm_status jm_holder_lost(struct jm_holder *h, int64_t at_s);
/**
 * Does the newest card still hold, by the issuer's lists? One that does not has no copies then:
 * JM_WALLET_CARD_ENDED; jm_holder_refresh() learns why. That it was heard is kept, once an hour.
 * What cannot be asked changes nothing: JM_WALLET_STATUS_UNKNOWN.
 */
JM_MUST_CHECK enum jm_status jm_holder_check(struct jm_holder *h, int64_t at_s);
/** From the invocation URL to the verifier's answer. */
JM_MUST_CHECK enum jm_status jm_holder_respond(struct jm_holder *h, struct jm_bytes url,
                                               int64_t at_s);

size_t jm_holder_asks(const struct jm_holder *h, const struct jm_ask **asks);
/** @retval JM_E_BUG not asked, or of another id | why the operation failed */
JM_MUST_CHECK enum jm_status jm_holder_answer(struct jm_holder *h, uint32_t id,
                                              const struct jm_answer *a, int64_t at_s);
struct jm_engine jm_holder_engine(struct jm_holder *h);

enum jm_holder_state jm_holder_state(const struct jm_holder *h);
const struct jm_diag *jm_holder_diag(const struct jm_holder *h);
/** The card that was received, refreshed or reported; null: there is none. */
const struct jm_wallet_card *jm_holder_card(const struct jm_holder *h);
/** Of a first issue, or one that was asked for anew: to be shown once. */
struct jm_bytes jm_holder_loss_code(const struct jm_holder *h);

/** Of a response, whatever came of it; null views and 0 for what there is not. */
struct jm_holder_shown {
    enum jm_badge badge;
    struct jm_bytes names, response_uri, redirect, body;
    const char *told; /* the error that the verifier was told instead */
};
struct jm_holder_shown jm_holder_shown(const struct jm_holder *h);

#endif
