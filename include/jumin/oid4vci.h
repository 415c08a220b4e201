/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file oid4vci.h  Room: proto. OpenID4VCI 1.0, grant code with match code and refresh: the
 * wallet's engine.
 *
 * The engine fetches the offer without saying anything about itself, judges issuer and desk ticket
 * against the trust set, then binds with its attestation and shows its sign; with the match code it
 * takes a token and, per credential configuration, a batch of copies that it verifies before it
 * hands them out. Keys are handles of the caller.
 *
 * Spec: OpenID4VCI 1.0; HAIP 1.0; spec/openid4vc.md 4, 5   Req: D-202, D-204, D-205, D-210
 */
#ifndef JUMIN_OID4VCI_H
#define JUMIN_OID4VCI_H

#include "jumin/book.h"
#include "jumin/card.h"
#include "jumin/drive.h"
#include "jumin/jose.h"
#include "jumin/oauth.h"
#include "jumin/trust.h"

#define JM_VCI_CONFIGURATIONS_MAX 64 /* of one offer */
/* octets of a configuration's or dataset's name, a docType, a vct */
#define JM_VCI_ID_MAX 256
#define JM_VCI_CODE_MAX 4096        /* of a grant code: others make it a JWT */
#define JM_VCI_TOKEN_MAX 16384      /* of an access or refresh token: the same */
#define JM_VCI_LOSS_MAX 64          /* of a loss code */
#define JM_VCI_DESCRIPTION_MAX 1024 /* of what a server says of an error: more is not kept */
#define JM_VCI_ROUNDS_MAX 8         /* batches of one issuance */
#define JM_VCI_BATCH_MAX 16
#define JM_VCI_OFFER_MAX (16 * JM_KIB)
#define JM_VCI_METADATA_MAX (512 * JM_KIB)
#define JM_VCI_RESPONSE_MAX (4 * JM_MIB)

/* -- the offer -- */

struct jm_vci_offer {
    /* grant_code: null views without; match_code: one is wanted */
    struct jm_bytes issuer, grant_code, ticket;
    bool match_code, by_login; /* by_login: the authorization_code grant is offered */
    struct jm_bytes id[JM_VCI_CONFIGURATIONS_MAX];
    size_t n;
};
/** Of a scheme that offers have; what else stands in it is not judged. */
bool jm_vci_is_offer(struct jm_bytes url);
/** Where the offer is, or what it is: one of the two, the other null. @retval JM_E_MALFORMED
 * JM_WALLET_OFFER_URI */
JM_MUST_CHECK enum jm_status jm_vci_offer_uri(struct jm_bytes *reference, struct jm_bytes *value,
                                              struct jm_bytes url, struct jm_arena *mem,
                                              struct jm_diag *d);
/** Form only: whether the issuer is known is not asked. @retval JM_E_MALFORMED JM_WALLET_OFFER_FORM
 */
JM_MUST_CHECK enum jm_status jm_vci_offer_read(struct jm_vci_offer *out,
                                               const struct jm_json *offer, struct jm_diag *d);
/**
 * The offer's desk ticket: signed below the reading's anchors, alive, of the same issuer and for
 * the same cards. Spec: openid4vc.md 4.9
 * @param[out] jti  of the ticket, for its sign
 * @retval JM_E_DENIED JM_WALLET_TICKET_INVALID | JM_E_PENDING | JM_E_NO_SPACE
 */
JM_MUST_CHECK enum jm_status jm_vci_ticket_read(struct jm_bytes *jti,
                                                const struct jm_vci_offer *offer,
                                                const struct jm_reading *r);

enum jm_vci_state {
    JM_VCI_NEW = 1, /* wants START: the offer's URI, or jm_vci_refresh() */
    JM_VCI_OFFER,   /* asks are open */
    JM_VCI_BINDING,
    /* jm_vci_sign() is to be shown; wants MESSAGE: the match code; may be saved */
    JM_VCI_BOUND,
    JM_VCI_TOKEN,
    JM_VCI_ISSUING, /* a refresh token is there: saved now, the issuance survives */
    JM_VCI_DELETING,
    JM_VCI_ASKING,    /* about orders */
    JM_VCI_DOOR,      /* authorization-code flow: the request is pushed, a tap is begun */
    JM_VCI_TAP,       /* jm_vci_tap() wants the card's PIN; jm_vci_diag(): why it is asked again */
    JM_VCI_CARD,      /* the chip is asked (TRANSMIT), until its channel is open */
    JM_VCI_OPENING,   /* the issuer, with what was read */
    JM_VCI_SCRIPT,    /* the chip again, for the issuer */
    JM_VCI_FINISHING, /* the issuer judges its answers */
    JM_VCI_DONE,      /* jm_vci_result() */
    JM_VCI_FAILED     /* diag says why */
};

struct jm_vci_key {
    struct jm_bytes handle;
    struct jm_point point;
};

struct jm_vci_config {
    const struct jm_trust *trust;
    const struct jm_crypto *crypto;
    struct jm_vci_key instance, dpop;
    /* fresh device keys, batch × JM_VCI_ROUNDS_MAX; used in this order */
    const struct jm_vci_key *key;
    size_t n_keys, batch;
    struct jm_bytes platform;
    /* of a refresh, higher than of any before it, durable before it is sent: D-244; 0: none */
    int64_t counter;
    bool taps;          /* there is a card reader: offers of grant authorization_code are taken */
    bool new_loss_code; /* ask for another one with the first batch: the first never came */
};

/** One credential request: for a configuration, or for a dataset of it that the token names. */
struct jm_vci_round {
    size_t configuration;
    struct jm_bytes identifier; /* null view: by the configuration */
};

struct jm_vci_configuration {
    struct jm_bytes id, type;
    enum jm_fmt fmt;
    size_t batch_max;
};

struct jm_vci_copy {
    enum jm_fmt fmt;
    struct jm_bytes configuration, type, octets; /* IssuerSigned, or SD-JWT text */
    size_t key;                                  /* index into config.key */
};

struct jm_vci_result {
    struct jm_bytes issuer;
    struct jm_i18n issuer_name;
    struct jm_bytes refresh_token, loss_code; /* loss_code: shown once, at the first issue */
    const struct jm_vci_copy *copy;
    size_t n;
};

/** What survives between two runs of a wallet program: everything learnt from the offer and the
 * metadata. */
struct jm_vci_saved {
    struct jm_bytes issuer, grant_code, jti, offer_uri;
    struct jm_bytes token_endpoint, challenge_endpoint, nonce_endpoint, credential_endpoint;
    struct jm_bytes provider, attestation, refresh_token;
    struct jm_bytes deletion_endpoint; /* empty: the issuer has none */
    bool match_code;
    struct jm_vci_configuration configuration[JM_VCI_CONFIGURATIONS_MAX];
    size_t n;
    char sign[3];
};

/** A tap on its way; octets of the engine. */
struct jm_vci_door {
    struct jm_bytes par, tap, renewal; /* endpoints */
    bool renews;                       /* the phone itself in the place of a card */
    struct jm_bytes verifier, state;   /* of PKCE; of the request */
    struct jm_bytes at;                /* of this tap */
    struct jm_bytes nonce, code;
    struct jm_card_reader reader;
    void *reader_room;
    char pin[JM_CARD_PIN_LEN], can[JM_CARD_PIN_LEN]; /* until the channel is open, or fails */
};

struct jm_vci {
    enum jm_vci_state state, after_token; /* after_token: ISSUING, DELETING or ASKING */
    struct jm_vci_config config;
    struct jm_arena keep, scratch;
    struct jm_book book;
    struct jm_vci_door door;
    struct jm_bytes url, match_code, access_token, loss_code;
    struct jm_bytes orders_endpoint, takeover_endpoint;
    struct jm_bytes asked, told; /* ASKING: the request, the answer */
    unsigned act;                /* enum jm_card_act */
    struct jm_bytes dpop_nonce;  /* last one that a server gave */
    struct jm_vci_saved s;
    struct jm_issuer_record issuer;
    struct jm_vci_copy *copy;
    size_t n_copies;
    struct jm_vci_round round[JM_VCI_ROUNDS_MAX];
    size_t n_rounds, at_round;
    int64_t at_s;
    struct jm_diag diag;
    struct jm_bytes server_says; /* error and description of the server's refusal */
    enum jm_code refusal;        /* jumin_code of the issuer's refusal */
};

/** @p room: 16 MiB hold a batch of 2 × 5 copies with a 20 kB portrait. @retval JM_E_NO_SPACE the
 * room is too small */
JM_MUST_CHECK enum jm_status jm_vci_init(struct jm_vci *e, const struct jm_vci_config *config,
                                         void *room, size_t len);
/** Wipes all that the engine holds, copies that it received among it; nothing can be asked of it
 * then. */
void jm_vci_end(struct jm_vci *e);
struct jm_engine jm_vci_engine(struct jm_vci *e);
JM_MUST_CHECK enum jm_status jm_vci_event(struct jm_vci *e, enum jm_event ev,
                                          struct jm_bytes octets, int64_t at_s);
/** TAP: the PIN, and the CAN where the chip wants that first, or none; digits, copied and wiped
 * once the channel is open. Back in TAP, jm_vci_diag() says what was wrong: JM_CARD_PIN_WRONG,
 * …_REMOVED.
 * @retval JM_E_CONFLICT not in TAP | JM_E_RANGE no digits | of the first step */
JM_MUST_CHECK enum jm_status jm_vci_tap(struct jm_vci *e, struct jm_bytes pin, struct jm_bytes can,
                                        int64_t at_s);
/** Instead of START: the next card for one whose end is near (D-250), without a visit. That its
 * owner is there, is the caller's to have asked. */
JM_MUST_CHECK enum jm_status jm_vci_renew(struct jm_vci *e, const struct jm_vci_saved *saved,
                                          int64_t at_s);
/** Tries of the PIN that are left, where the chip has said it; -1. */
int jm_vci_tap_tries(const struct jm_vci *e);
/** Instead of START: fresh copies for a card that is held. Octets of @p saved are copied. */
JM_MUST_CHECK enum jm_status jm_vci_refresh(struct jm_vci *e, const struct jm_vci_saved *saved,
                                            int64_t at_s);
/** Instead of START: the holder ends the card (D-360). DONE: the issuer has ended it. @retval
 * JM_E_CONFLICT no such endpoint, or no refresh token */
JM_MUST_CHECK enum jm_status jm_vci_delete(struct jm_vci *e, const struct jm_vci_saved *saved,
                                           int64_t at_s);
/** What the holder asks the issuer by the card: about plastic on order (docs/protocol/orders.md),
 * about another phone (docs/protocol/tap.md). */
enum jm_card_act {
    JM_CARD_ACT_ORDER = 1,
    JM_CARD_ACT_PRICE, /* of an order, before it is one */
    JM_CARD_ACT_ORDERS,
    JM_CARD_ACT_CANCEL,
    JM_CARD_ACT_TAKEOVER /* D-223: {decision?}, about a phone that wants the card */
};
/** Instead of START: one request about orders. @p body: JSON, copied. DONE: jm_vci_told().
 * @retval JM_E_CONFLICT no refresh token */
JM_MUST_CHECK enum jm_status jm_vci_order(struct jm_vci *e, const struct jm_vci_saved *saved,
                                          enum jm_card_act act, struct jm_bytes body, int64_t at_s);
/** The issuer's answer, JSON. */
struct jm_bytes jm_vci_told(const struct jm_vci *e);
enum jm_vci_state jm_vci_state(const struct jm_vci *e);
const char *jm_vci_sign(const struct jm_vci *e);
const struct jm_diag *jm_vci_diag(const struct jm_vci *e);
/** For the holder's eyes: nothing is decided by it. */
struct jm_bytes jm_vci_server_says(const struct jm_vci *e);
/** The code by which the issuer's token, credential or deletion endpoint refused; JM_CODE_NONE
 * where it gave none, and whatever anybody else says. docs/protocol/errors.md */
enum jm_code jm_vci_refusal(const struct jm_vci *e);
JM_MUST_CHECK enum jm_status jm_vci_result(struct jm_vci_result *out, const struct jm_vci *e);
const struct jm_vci_saved *jm_vci_saved_of(const struct jm_vci *e);
/** CBOR of what is saved, and back; in BOUND the engine goes on from there. */
JM_MUST_CHECK enum jm_status jm_vci_save(struct jm_bytes *out, const struct jm_vci_saved *s,
                                         struct jm_arena *mem);
JM_MUST_CHECK enum jm_status jm_vci_saved_read(struct jm_vci_saved *out, struct jm_bytes octets);
JM_MUST_CHECK enum jm_status jm_vci_load(struct jm_vci *e, const struct jm_vci_saved *saved);

#endif
