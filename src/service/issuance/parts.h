/* SPDX-License-Identifier: Apache-2.0 */
/** @file parts.h  Room: service/issuance. What its own files share. Rows: rows.c. */
#ifndef JUMIN_SERVICE_ISSUANCE_PARTS_H
#define JUMIN_SERVICE_ISSUANCE_PARTS_H

#include "service/devices/devices.h"
#include "service/issuance/issuance.h"
#include "service/signer.h"

/** What an encrypted credential request says. @retval JM_E_DENIED | JM_E_MALFORMED
 * JM_VCI_ENCRYPTION */
JM_MUST_CHECK enum jm_status jm_request_open(struct jm_bytes *plain, const struct jm_issuer *is,
                                             struct jm_bytes jwe, struct jm_arena *mem,
                                             struct jm_diag *d);
/** To whom the answer goes sealed, and by what. @c z is the caller's to wipe. */
struct jm_response_key {
    bool wanted, aes256;
    struct jm_jwk to;
    struct jm_point epk;
    uint8_t z[32], iv[12];
};
/** @p encryption: credential_response_encryption, or null; known to be fit before anything is
 * issued. @retval JM_E_DENIED | JM_E_UNSUPPORTED JM_VCI_ENCRYPTION */
JM_MUST_CHECK enum jm_status jm_response_key_agree(struct jm_response_key *out,
                                                   const struct jm_issuer *is,
                                                   const struct jm_json *encryption, bool encrypted,
                                                   struct jm_diag *d);
JM_MUST_CHECK enum jm_status jm_response_seal(struct jm_bytes *jwe, const struct jm_issuer *is,
                                              struct jm_bytes plain,
                                              const struct jm_response_key *key,
                                              struct jm_arena *mem);
/** Keyed MAC of a match code of one case. @retval JM_E_MALFORMED not six octets */
JM_MUST_CHECK enum jm_status jm_match_code_mac(uint8_t out[32], const struct jm_env *env,
                                               const struct jm_id *c, struct jm_bytes digits);
/** XXXXX-XXXXX-XXXXX-XXXXX-C and a NUL. */
JM_MUST_CHECK enum jm_status jm_loss_code_new(char out[26], const struct jm_env *env);
JM_MUST_CHECK enum jm_status jm_sign_one(const struct jm_env *env, enum jm_purpose purpose,
                                         struct jm_bytes octets, struct jm_sig *sig);

/** One redemption at the token endpoint; what it says in @p refusal its transaction has committed.
 */
struct jm_redeem {
    struct jm_issuer *is;
    const struct jm_client *client;
    const struct jm_dpop *dpop;
    const struct jm_token_req *in;
    uint8_t secret_hash[32], match_mac[32], access_hash[32], refresh_hash[32];
    struct jm_case c;
    struct jm_grant grant;
    struct jm_arena *mem;
    enum jm_code refusal;
    bool lists; /* bits were set */
};
/** grant_type authorization_code. @retval JM_OK also where r->refusal says why not */
JM_MUST_CHECK enum jm_status jm_redeem_code(struct jm_redeem *r, struct jm_diag *d);
/** D-244. Sets r->refusal where it repeats, falls, or is not there any more. */
JM_MUST_CHECK enum jm_status jm_refresh_counter_in(struct jm_tx *tx, struct jm_redeem *r,
                                                   const struct jm_card *card,
                                                   const struct jm_device *dev);
/** The tokens of r->grant, bound to who redeems. */
JM_MUST_CHECK enum jm_status jm_redeem_tokens_in(struct jm_tx *tx, struct jm_redeem *r,
                                                 bool refresh);
/** Does a grant's list (configurations with a blank between them) hold that one? */
bool jm_grant_lists(struct jm_bytes list, struct jm_bytes configuration);
JM_MUST_CHECK enum jm_status jm_login_mac(uint8_t out[32], const struct jm_env *env,
                                          struct jm_bytes name, struct jm_bytes password,
                                          struct jm_arena *mem);

struct jm_deferred {
    struct jm_id desk_case;
    uint8_t id[32], instance[32], jkt[32], sealed_to[32]; /* id: a hash */
    bool sealed;
    struct jm_bytes client, configuration, keys; /* keys: points of 65 octets */
    int64_t key_level, at, asked;
};

/* -- rows -- */

/** In the place of one of that case and configuration. */
JM_MUST_CHECK enum jm_status jm_deferred_rows_put(struct jm_tx *tx, const struct jm_deferred *f);
JM_MUST_CHECK enum jm_status jm_deferred_rows_get(struct jm_tx *tx, const uint8_t id[32],
                                                  struct jm_deferred *out, struct jm_arena *mem);
JM_MUST_CHECK enum jm_status jm_deferred_rows_asked(struct jm_tx *tx, const uint8_t id[32]);
/** Once. @retval JM_E_CONFLICT it is gone */
JM_MUST_CHECK enum jm_status jm_deferred_rows_end(struct jm_tx *tx, const uint8_t id[32]);
JM_MUST_CHECK enum jm_status jm_deferred_rows_sweep(struct jm_tx *tx, int64_t before);

enum { JM_TOKEN_ACCESS = 1, JM_TOKEN_REFRESH = 2 };

JM_MUST_CHECK enum jm_status jm_token_rows_add(struct jm_tx *tx, int kind, const uint8_t hash[32],
                                               const struct jm_grant *g, int64_t expires);
JM_MUST_CHECK enum jm_status jm_token_rows_find(struct jm_tx *tx, int kind, const uint8_t hash[32],
                                                struct jm_grant *out, struct jm_arena *mem);
/** Tokens of a case that has no card yet are gone: others take their place. */
JM_MUST_CHECK enum jm_status jm_token_rows_replace(struct jm_tx *tx, const struct jm_id *desk_case);
/** Tokens of the case become those of its card. */
JM_MUST_CHECK enum jm_status jm_token_rows_adopt(struct jm_tx *tx, const struct jm_id *desk_case,
                                                 const struct jm_id *card);
/** All tokens of the case are gone, those of its card, too. */
JM_MUST_CHECK enum jm_status jm_token_rows_end_of(struct jm_tx *tx, const struct jm_id *desk_case);
/** A refresh token that was used lives on until @p expires. */
JM_MUST_CHECK enum jm_status jm_token_rows_prolong(struct jm_tx *tx, const uint8_t hash[32],
                                                   int64_t expires);
/** Tokens past their time are gone. */
JM_MUST_CHECK enum jm_status jm_token_rows_sweep(struct jm_tx *tx, int64_t now);

JM_MUST_CHECK enum jm_status jm_pushed_rows_add(struct jm_tx *tx, const struct jm_pushed *p);
JM_MUST_CHECK enum jm_status jm_pushed_rows_find(struct jm_tx *tx, const uint8_t uri[32],
                                                 struct jm_pushed *out, struct jm_arena *mem);
JM_MUST_CHECK enum jm_status jm_pushed_rows_of_case(struct jm_tx *tx, const struct jm_id *desk_case,
                                                    struct jm_pushed *out, struct jm_arena *mem);
JM_MUST_CHECK enum jm_status jm_pushed_rows_prolong(struct jm_tx *tx, const uint8_t uri[32],
                                                    int64_t expires);
/** COMPLETED with its case, DENIED without. @p jkt, if given, is its DPoP key where it has none
 * yet.
 * @retval JM_E_CONFLICT it waits no more */
JM_MUST_CHECK enum jm_status jm_pushed_rows_end(struct jm_tx *tx, const uint8_t uri[32],
                                                const struct jm_id *desk_case, const uint8_t *jkt);
JM_MUST_CHECK enum jm_status jm_pushed_rows_sweep(struct jm_tx *tx, int64_t before);

/** One of that name takes the place of another. */
JM_MUST_CHECK enum jm_status jm_login_rows_put(struct jm_tx *tx, struct jm_bytes name,
                                               const struct jm_id *person, const uint8_t mac[32]);
JM_MUST_CHECK enum jm_status jm_login_rows_find(struct jm_tx *tx, struct jm_bytes name,
                                                struct jm_id *person, uint8_t mac[32]);

/** The last word of a batch. @p said: it was said before */
JM_MUST_CHECK enum jm_status jm_notification_rows_add(struct jm_tx *tx, const uint8_t batch[32],
                                                      struct jm_bytes event, bool *said);

#endif
