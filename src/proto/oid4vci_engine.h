/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file oid4vci_engine.h  Room: proto. What the files of the wallet's issuance share. Private.
 *
 * Each file uses those before it: wire → provider, fetch, metadata, token → batch, which accept
 * serves → wallet, which runs the steps. Steps replay their book (jumin/book.h): they return
 * JM_E_PENDING until their last answer is there, and every function here hands that up.
 */
#ifndef JUMIN_PROTO_OID4VCI_ENGINE_H
#define JUMIN_PROTO_OID4VCI_ENGINE_H

#include "jumin/oid4vci.h"

/* -- wire -- */

struct jm_vci_wire {
    struct jm_http_ask h;
    struct jm_http_answer r;
    const struct jm_json *json; /* of the body, null if it is none */
};

enum jm_status jm_vci_refuse(struct jm_vci *e, enum jm_status st, enum jm_code code,
                             const char *what);
enum jm_status jm_vci_exchange(struct jm_vci *e, const struct jm_answers *a, struct jm_vci_wire *x,
                               enum jm_code unreachable);
/** Keeps what the server said, for the holder's eyes: error and description, or nothing. */
enum jm_status jm_vci_server_refused(struct jm_vci *e, const struct jm_vci_wire *x,
                                     enum jm_code code, const char *what);
/** The same of an endpoint whose code counts: token, credential, deletion. */
enum jm_status jm_vci_issuer_refused(struct jm_vci *e, const struct jm_vci_wire *x,
                                     enum jm_code code, const char *what);
/** What the answer's jumin_code names. */
enum jm_code jm_vci_code_of(const struct jm_vci_wire *x);
bool jm_vci_says(const struct jm_vci_wire *x, const char *error);
enum jm_status jm_vci_sign_jws(struct jm_vci *e, const struct jm_answers *a,
                               const struct jm_jws_draft *d, struct jm_bytes key,
                               struct jm_bytes *token);
/** OAuth-Client-Attestation and its PoP; a challenge of the server where it runs an endpoint for
 * them. */
enum jm_status jm_vci_add_client(struct jm_vci *e, const struct jm_answers *a,
                                 struct jm_vci_wire *to);
enum jm_status jm_vci_add_dpop(struct jm_vci *e, const struct jm_answers *a, struct jm_vci_wire *to,
                               struct jm_bytes access_token, struct jm_bytes nonce);
/** A POST with the access token; once more where the server wants a fresh nonce. */
enum jm_status jm_vci_post_with_token(struct jm_vci *e, const struct jm_answers *a,
                                      struct jm_bytes url, struct jm_bytes body,
                                      struct jm_vci_wire *x);

/** A POST as the attested instance with a DPoP proof; once more where the server wants a fresh
 * nonce or challenge. @p nonce: of DPoP, and the newest afterwards. */
enum jm_status jm_vci_post_as_client(struct jm_vci *e, const struct jm_answers *a,
                                     struct jm_bytes url, const char *type, struct jm_bytes body,
                                     struct jm_bytes *nonce, struct jm_vci_wire *x);
/** base64url of @p n ≤ 32 random octets. */
enum jm_status jm_vci_random_text(struct jm_vci *e, const struct jm_answers *a, size_t n,
                                  struct jm_bytes *out);

/* -- provider -- */

/** Keys of the configuration that are sent together. */
struct jm_vci_span {
    size_t first, n;
};

/** Attestations of the instance and of the keys sent; n 0: of the instance alone. */
enum jm_status jm_vci_attest(struct jm_vci *e, const struct jm_answers *a, struct jm_bytes nonce,
                             struct jm_vci_span sent, struct jm_bytes *client,
                             struct jm_bytes *keys);

/* -- fetch -- */

enum jm_status jm_vci_read_offer_uri(struct jm_vci *e);
/** @p bind: as this instance, which the issuer then remembers. */
enum jm_status jm_vci_fetch_offer(struct jm_vci *e, const struct jm_answers *a, bool bind,
                                  struct jm_vci_wire *x);
/** Form, and an issuer that is registered. */
enum jm_status jm_vci_read_known_offer(struct jm_vci *e, struct jm_vci_offer *o,
                                       const struct jm_json *json);
enum jm_status jm_vci_read_ticket(struct jm_vci *e, const struct jm_answers *a,
                                  const struct jm_vci_offer *offer);

/* -- saved -- */

/** Copies every view of the saved facts into memory that stays. */
enum jm_status jm_vci_keep_saved(struct jm_vci *e);

/* -- metadata, token, accept, batch -- */

enum jm_status jm_vci_fetch_metadata(struct jm_vci *e, const struct jm_answers *a);
/* -- tap -- */

/** Where no browser comes back to: the wallet itself takes the code. */
#define JM_VCI_READER_ROOM (64 * JM_KIB)
#define JM_VCI_TAP_REDIRECT "kr.jumin.wallet:/tap"

enum jm_status jm_vci_step_door(struct jm_vci *e, const struct jm_answers *a);
/** The chip has answered, or failed. */
enum jm_status jm_vci_step_card(struct jm_vci *e);
enum jm_status jm_vci_step_opening(struct jm_vci *e, const struct jm_answers *a);
enum jm_status jm_vci_step_finishing(struct jm_vci *e, const struct jm_answers *a);
void jm_vci_forget_pin(struct jm_vci *e);

enum jm_status jm_vci_step_token(struct jm_vci *e, const struct jm_answers *a);
/** A wallet keeps nothing that a verifier would refuse. */
enum jm_status jm_vci_accept(struct jm_vci *e, const struct jm_answers *asks,
                             const struct jm_vci_configuration *c, const struct jm_json *list,
                             struct jm_vci_span sent);
enum jm_status jm_vci_step_batch(struct jm_vci *e, const struct jm_answers *a);

#endif
