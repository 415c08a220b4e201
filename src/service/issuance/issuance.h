/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file issuance.h  Room: service/issuance. OpenID4VCI, the authority's side: offers, tokens,
 * batches of copies.
 *
 * Every precondition is checked again in the transaction that commits a batch; nothing is visible
 * if any part fails, no signature is awaited inside it. The dataset comes from the case or the
 * card, never from the wallet.
 *
 * Spec: spec/openid4vc.md 3, 4   Req: I-01 … I-24, D-186, D-202 … D-207, D-240
 */
#ifndef JUMIN_SERVICE_ISSUANCE_H
#define JUMIN_SERVICE_ISSUANCE_H

#include "jumin/oauth.h"
#include "service/cases/cases.h"
#include "service/issuance/issuer.h"
#include "service/lifecycle/lifecycle.h"
#include "service/msg.h"

#define JM_ACCESS_TTL_S 300
#define JM_REFRESH_TTL_S (365 * 86400)
#define JM_MATCH_CODE_LEN 6

/** A key of its own; once a process, before the metadata. */
JM_MUST_CHECK enum jm_status jm_exchange_begin(struct jm_exchange *x, const struct jm_crypto *c);
/** The metadata, plain and signed; once at start. */
JM_MUST_CHECK enum jm_status jm_issuance_metadata(struct jm_issuer *is, struct jm_arena *mem);
struct jm_as_metadata {
    struct jm_bytes issuer, authorization, par, token, challenge;
    struct jm_bytes renewal;
    struct jm_bytes tap; /* null view: this home signs no chip cards */
    struct jm_msg_list scopes;
};
JM_MUST_CHECK enum jm_status jm_issuance_as_metadata(struct jm_as_metadata *out,
                                                     const struct jm_issuer *is,
                                                     struct jm_arena *mem);
extern const struct jm_msg jm_issuer_metadata_res, jm_as_metadata_res, jm_offer_res,
    jm_open_offer_res;

/** Offer URI, grant code and ticket of a new case: fills offer, grant_code, jti, ticket; @p uri
 * lives in @p mem. Not in a transaction. */
JM_MUST_CHECK enum jm_status jm_offer_make(struct jm_issuer *is, struct jm_case *c,
                                           struct jm_bytes desk, struct jm_bytes *uri,
                                           struct jm_arena *mem);
struct jm_offer_grant {
    struct jm_bytes grant_code;
};
struct jm_offer {
    struct jm_bytes issuer, ticket;
    struct jm_msg_list configurations;
    struct jm_offer_grants {
        struct jm_offer_grant pre_authorized;
    } grants;
};
/** The offer of grant authorization_code, the same for everybody: it is for nobody in particular.
 * @p type of card, empty: the default. @retval JM_E_ABSENT JM_VCI_OFFER_UNKNOWN */
JM_MUST_CHECK enum jm_status jm_offer_open(struct jm_offer *out, const struct jm_issuer *is,
                                           struct jm_bytes type, struct jm_arena *mem,
                                           struct jm_diag *d);
/** @p client null: an unattested look, binds nothing. */
JM_MUST_CHECK enum jm_status jm_offer_read(struct jm_offer *out, struct jm_issuer *is,
                                           struct jm_bytes id, const struct jm_client *client,
                                           struct jm_arena *mem, struct jm_diag *d);
/** A new match code for the clerk's own screen: 6 digits. */
JM_MUST_CHECK enum jm_status jm_match_code_new(struct jm_issuer *is, const struct jm_id *c,
                                               char digits[JM_MATCH_CODE_LEN + 1],
                                               struct jm_diag *d);

/* -- the front door: RFC 9126, RFC 6749 4.1 -- */

#define JM_REQUEST_URI "urn:ietf:params:oauth:request_uri:"
#define JM_PUSHED_TTL_S 90       /* until somebody opens it */
#define JM_PUSHED_PAGE_TTL_S 600 /* until it is decided */
#define JM_CODE_TTL_S 60

enum jm_pushed_state { JM_PUSHED_WAITS = 1, JM_PUSHED_COMPLETED, JM_PUSHED_DENIED };

/** What a wallet pushed. The row outlives its code, so that a second use is seen. */
struct jm_pushed {
    uint8_t uri[32], instance[32], jkt[32], challenge[32]; /* uri: hash of its random part */
    struct jm_bytes client, redirect_uri, scope, details, state;
    bool has_jkt, has_state, has_case;
    enum jm_pushed_state stands;
    int64_t at, expires;
    struct jm_id desk_case;
};

struct jm_par_req {
    struct jm_bytes response_type, client_id, redirect_uri, challenge, method, scope, details;
    struct jm_bytes state, dpop_jkt, request_uri;
};
/** @p dpop null: no proof came with it; the code is bound to dpop_jkt or to the instance alone. */
JM_MUST_CHECK enum jm_status jm_par_push(struct jm_issuer *is, struct jm_bytes *request_uri,
                                         const struct jm_client *client, const struct jm_dpop *dpop,
                                         const struct jm_par_req *in, struct jm_arena *mem,
                                         struct jm_diag *d);
/** By what a request is known: the hash of its address. @retval JM_E_DENIED JM_OAUTH_REQUEST_URI */
JM_MUST_CHECK enum jm_status jm_pushed_hash(uint8_t hash[32], struct jm_bytes request_uri,
                                            const struct jm_issuer *is, struct jm_diag *d);
/** The pushed request, while it waits. @retval JM_E_DENIED JM_OAUTH_REQUEST_URI unknown, ended,
 * another client's: not told apart */
JM_MUST_CHECK enum jm_status jm_pushed_in(struct jm_tx *tx, struct jm_pushed *out,
                                          const uint8_t hash[32], struct jm_bytes client_id,
                                          struct jm_arena *mem, struct jm_diag *d);
/** Somebody is at it: it waits until then, JM_PUSHED_PAGE_TTL_S at most. */
JM_MUST_CHECK enum jm_status jm_pushed_keep(struct jm_tx *tx, const struct jm_pushed *p,
                                            int64_t until);

struct jm_authorize_req {
    struct jm_bytes client_id, request_uri, login, password;
    bool approve;
};
/** What a page says before somebody decides: the card, the wallet, where the answer goes. */
struct jm_authorize_look {
    struct jm_bytes name_ko, name_en, wallet_ko, wallet_en, goes_to, redirect_uri;
};
JM_MUST_CHECK enum jm_status jm_authorize_read(struct jm_issuer *is, struct jm_authorize_look *out,
                                               const struct jm_authorize_req *in,
                                               struct jm_arena *mem, struct jm_diag *d);
/** "Yes" with name and password (synthetic homes alone), or "no": the address to send the browser
 * to, with code or error, iss and state. */
JM_MUST_CHECK enum jm_status jm_authorize_decide(struct jm_issuer *is, struct jm_bytes *redirect_to,
                                                 const struct jm_authorize_req *in,
                                                 struct jm_arena *mem, struct jm_diag *d);

/** Who was proven to be there, by whatever method. */
struct jm_proven {
    struct jm_id person, desk_case; /* the case that this becomes */
    uint8_t code[32];               /* hash of the code */
    const uint8_t *jkt; /* the DPoP key that proved it, 32 octets; null: a page, without one */
    enum jm_route_kind route;
    struct jm_bytes keys; /* as of struct jm_case */
};
/** Code and case of @p who are drawn. */
JM_MUST_CHECK enum jm_status jm_code_new(struct jm_bytes *code, struct jm_proven *who,
                                         const struct jm_env *env, struct jm_arena *mem);
/** The request is completed: a case of the person, bound to the instance that pushed it.
 * Where it was pushed without a DPoP key, the code is bound to that of @p who (I-05).
 * @retval JM_E_DENIED JM_OAUTH_REQUEST_URI completed before | JM_ELIG_… the person may not have it
 */
JM_MUST_CHECK enum jm_status jm_authorize_complete_in(struct jm_tx *tx, struct jm_issuer *is,
                                                      const struct jm_pushed *p,
                                                      const struct jm_proven *who,
                                                      struct jm_arena *mem, struct jm_diag *d);
#define JM_RENEW_DAYS 90 /* D-250 */
struct jm_renewed {
    struct jm_bytes code, state; /* state: null view where none was pushed */
};
/** A code for the phone that has the card, in its last JM_RENEW_DAYS. @retval JM_E_DENIED
 * JM_OAUTH_REQUEST_URI, JM_OAUTH_CODE_BINDING, JM_VCI_DEVICE_CLOSED, JM_VCI_CARD_NOT_ACTIVE,
 * JM_VCI_RENEW_EARLY, JM_ELIG_… */
JM_MUST_CHECK enum jm_status jm_renew(struct jm_issuer *is, struct jm_renewed *out,
                                      const struct jm_client *client, const struct jm_dpop *dpop,
                                      struct jm_bytes request_uri, struct jm_arena *mem,
                                      struct jm_diag *d);
/** A person who cannot exist signs in by this name and password from now on, and has a card on one
 * phone, or on each of @p many. @retval JM_E_DENIED
 * JM_REGISTER_SYNTHETIC | JM_E_ABSENT JM_REGISTER_NOT_FOUND */
JM_MUST_CHECK enum jm_status jm_login_put(struct jm_issuer *is, const struct jm_id *person,
                                          struct jm_bytes name, struct jm_bytes password, bool many,
                                          const struct jm_actor *who, struct jm_arena *mem,
                                          struct jm_diag *d);

struct jm_token_req {
    struct jm_bytes grant_type, grant_code, match_code, refresh_token, client_id, scope;
    struct jm_bytes code, redirect_uri, verifier; /* of authorization_code */
};
struct jm_token_res {
    char access[44], refresh[44];
    struct jm_bytes details; /* configurations that were granted by authorization_details */
};
/** @p dpop: proven; its key is what the tokens are bound to. */
JM_MUST_CHECK enum jm_status jm_token_redeem(struct jm_issuer *is, struct jm_token_res *out,
                                             const struct jm_client *client,
                                             const struct jm_dpop *dpop,
                                             const struct jm_token_req *in, struct jm_arena *mem,
                                             struct jm_diag *d);
/** Row of an access token. @retval JM_E_UNAUTHENTICATED there is none, or it is over */
JM_MUST_CHECK enum jm_status jm_grant_find(struct jm_issuer *is, struct jm_bytes access_token,
                                           struct jm_grant *out, struct jm_arena *mem);

/** A credential_identifier is its configuration with this at its end: of a person there is one
 * dataset. */
#define JM_IDENTIFIER_END ":card"
struct jm_credential_req {
    const struct jm_json *identifier, *configuration, *proofs, *encryption;
    bool new_loss_code;       /* one more: for a wallet to which the first answer never came */
    const uint8_t *sealed_to; /* thumbprint of the key that the answer is encrypted to, or null */
};
struct jm_credential_res {
    enum jm_fmt fmt;
    struct jm_bytes *copy; /* as they stand in the JSON: base64url, or SD-JWT */
    size_t n;
    struct jm_bytes loss_code; /* at the first issue, or one more where it was asked for */
    struct jm_bytes notification_id;
    /* instead of all that: it waits for a clerk (OpenID4VCI 1.0 9) */
    struct jm_bytes transaction_id;
    int64_t interval_s;
};
#define JM_REVIEW_TTL_S (7 * 86400) /* a clerk decides within */
#define JM_DEFERRED_INTERVAL_S 5    /* asked sooner, nothing is looked at */
/** credential_accepted, credential_failure or credential_deleted of a batch. @retval
 * JM_E_MALFORMED JM_VCI_NOTIFICATION_FORM | JM_E_DENIED JM_VCI_NOTIFICATION_UNKNOWN */
JM_MUST_CHECK enum jm_status jm_notification_take(struct jm_issuer *is,
                                                  const struct jm_grant *grant, struct jm_bytes id,
                                                  struct jm_bytes event, struct jm_diag *d);
JM_MUST_CHECK enum jm_status jm_credential_issue(struct jm_issuer *is,
                                                 struct jm_credential_res *out,
                                                 const struct jm_grant *grant,
                                                 const struct jm_credential_req *in,
                                                 struct jm_arena *mem, struct jm_diag *d);

/**
 * What was deferred, once it was decided; before, the same transaction_id again. The keys are those
 * of the first request. @p sealed_to: thumbprint of the key that the answer is encrypted to, null:
 * plain; another than the first's is noted (I-15).
 * @retval JM_E_DENIED JM_VCI_TRANSACTION unknown, used, or another's; as jm_credential_issue()
 */
JM_MUST_CHECK enum jm_status jm_deferred_issue(struct jm_issuer *is, struct jm_credential_res *out,
                                               const struct jm_grant *grant, struct jm_bytes id,
                                               const uint8_t *sealed_to, struct jm_arena *mem,
                                               struct jm_diag *d);

/** Whose ACTIVE card a token is of, on the phone that has it. @retval JM_E_DENIED
 * JM_VCI_CARD_NOT_ACTIVE, JM_VCI_DEVICE_CLOSED */
JM_MUST_CHECK enum jm_status jm_grant_holder(const struct jm_issuer *is,
                                             const struct jm_grant *grant, struct jm_id *person,
                                             struct jm_arena *mem, struct jm_diag *d);
/** D-360: the holder ends the card. @retval JM_E_DENIED JM_VCI_CARD_NOT_ACTIVE it has ended, or
 * there is none yet */
JM_MUST_CHECK enum jm_status jm_card_delete(struct jm_issuer *is, const struct jm_grant *grant,
                                            struct jm_arena *mem, struct jm_diag *d);

/** HMAC under the issuer's CODE key over LABEL ‖ 00 ‖ octets, 128 at most together. */
JM_MUST_CHECK enum jm_status jm_code_mac(uint8_t out[32], const struct jm_env *env,
                                         const char *label, struct jm_bytes octets);
/** Keyed MAC of a loss code as stored; @p loss_code as typed, blanks, hyphens and case ignored.
 * @retval JM_E_MALFORMED check character */
JM_MUST_CHECK enum jm_status jm_loss_code_mac(const struct jm_env *env, struct jm_bytes loss_code,
                                              uint8_t mac[32]);

/** D-458: no token lives on, and no family of refresh tokens. @p n, if given: how many there were
 */
JM_MUST_CHECK enum jm_status jm_tokens_end_in(struct jm_tx *tx, int64_t *n);

#endif
