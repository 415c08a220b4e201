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

/** The metadata, plain and signed; once at start. */
JM_MUST_CHECK enum jm_status jm_issuance_metadata(struct jm_issuer *is, struct jm_arena *mem);
struct jm_as_metadata {
    struct jm_bytes issuer, token, challenge;
    struct jm_msg_list scopes;
};
JM_MUST_CHECK enum jm_status jm_issuance_as_metadata(struct jm_as_metadata *out,
                                                     const struct jm_issuer *is,
                                                     struct jm_arena *mem);
extern const struct jm_msg jm_issuer_metadata_res, jm_as_metadata_res, jm_offer_res;

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
/** @p client null: an unattested look, binds nothing. */
JM_MUST_CHECK enum jm_status jm_offer_read(struct jm_offer *out, struct jm_issuer *is,
                                           struct jm_bytes id, const struct jm_client *client,
                                           struct jm_arena *mem, struct jm_diag *d);
/** A new match code for the clerk's own screen: 6 digits. */
JM_MUST_CHECK enum jm_status jm_match_code_new(struct jm_issuer *is, const struct jm_id *c,
                                               char digits[JM_MATCH_CODE_LEN + 1],
                                               struct jm_diag *d);

struct jm_token_req {
    struct jm_bytes grant_type, grant_code, match_code, refresh_token, client_id, scope;
};
struct jm_token_res {
    char access[44], refresh[44];
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

struct jm_credential_req {
    const struct jm_json *identifier, *configuration, *proofs, *encryption;
    bool new_loss_code; /* one more: for a wallet to which the first answer never came */
};
struct jm_credential_res {
    enum jm_fmt fmt;
    struct jm_bytes *copy; /* as they stand in the JSON: base64url, or SD-JWT */
    size_t n;
    struct jm_bytes loss_code; /* at the first issue, or one more where it was asked for */
};
JM_MUST_CHECK enum jm_status jm_credential_issue(struct jm_issuer *is,
                                                 struct jm_credential_res *out,
                                                 const struct jm_grant *grant,
                                                 const struct jm_credential_req *in,
                                                 struct jm_arena *mem, struct jm_diag *d);

/** D-360: the holder ends the card. @retval JM_E_DENIED JM_VCI_CARD_NOT_ACTIVE it has ended, or
 * there is none yet */
JM_MUST_CHECK enum jm_status jm_card_delete(struct jm_issuer *is, const struct jm_grant *grant,
                                            struct jm_arena *mem, struct jm_diag *d);

/** Keyed MAC of a loss code as stored; @p loss_code as typed, blanks, hyphens and case ignored.
 * @retval JM_E_MALFORMED check character */
JM_MUST_CHECK enum jm_status jm_loss_code_mac(const struct jm_env *env, struct jm_bytes loss_code,
                                              uint8_t mac[32]);

/** D-458: no token lives on, and no family of refresh tokens. @p n, if given: how many there were
 */
JM_MUST_CHECK enum jm_status jm_tokens_end_in(struct jm_tx *tx, int64_t *n);

#endif
