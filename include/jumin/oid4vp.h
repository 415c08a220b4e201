/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file oid4vp.h  Room: proto. OpenID4VP 1.0 by redirect under HAIP: request objects, responses,
 * and the wallet's engine.
 *
 * The engine fetches and judges a request, stops for the holder's agreement, signs, encrypts, stops
 * again (so that the copies can be noted as shown before the first octet leaves), and sends. What
 * the holder has and which copy is taken the room wallet decides; what a verifier concludes
 * service/presentation does.
 *
 * Spec: OpenID4VP 1.0; HAIP 1.0; spec/openid4vc.md 6, 7   Req: V-01, V-02, V-12
 */
#ifndef JUMIN_OID4VP_H
#define JUMIN_OID4VP_H

#include "jumin/book.h"
#include "jumin/dcql.h"
#include "jumin/drive.h"
#include "jumin/jose.h"
#include "jumin/report.h"
#include "jumin/trust.h"

#define JM_VP_REQUEST_MAX (64 * JM_KIB)
#define JM_VP_NONCE_MAX 512 /* octets of a nonce, and of our own state as it comes back */
/* octets of another's state, which may be all that it keeps of a session */
#define JM_VP_STATE_MAX 2048
#define JM_VP_REASON_MAX 1024 /* octets of what a verifier says of a refusal: more is not kept */
#define JM_VP_LIST_MAX 32     /* keys, encs, algorithms, remarks that a verifier may list */
#define JM_VP_USE_MAX 64      /* octets of the names of a relying party and its service */
#define JM_VP_RESPONSE_MAX (1 * JM_MIB)

/* -- request object: verifier -- */

struct jm_vp_request_spec {
    struct jm_bytes client_id, response_uri, nonce, state;
    struct jm_bytes dcql;         /* JSON */
    struct jm_bytes wallet_nonce; /* empty: none was sent */
    struct jm_bytes rp, use;      /* verifier_info, format jumin_use; empty: left out */
    struct jm_point enc;          /* fresh for this request */
    struct jm_bytes enc_kid;
    int64_t iat;
};
JM_MUST_CHECK enum jm_status jm_vp_request_payload(struct jm_bytes *out,
                                                   const struct jm_vp_request_spec *s,
                                                   struct jm_arena *mem);
/** "x509_hash:" + base64url(SHA-256(DER of the leaf)). */
JM_MUST_CHECK enum jm_status jm_vp_client_id(struct jm_bytes *out, struct jm_bytes leaf_der,
                                             const struct jm_crypto *c, struct jm_arena *mem);

/* -- request object: wallet -- */

struct jm_vp_request {
    struct jm_bytes client_id, response_uri, nonce, state, wallet_nonce;
    struct jm_dcql dcql;
    struct jm_bytes rp, use; /* as claimed in verifier_info; null views without */
    struct jm_jwk enc;
    bool aes256;
    struct jm_cert leaf;
    bool known; /* the chain ends at a registered access CA; else only the signature holds */
};
/** What a request must fit, and how it is taken. */
struct jm_vp_expect {
    struct jm_bytes client_id;    /* of the invocation URL: must be equal; null view: any */
    struct jm_bytes wallet_nonce; /* as sent, must come back; null view: none was sent */
    bool loopback_http;
    /* for who then judges strangers apart (D-311): one whose certificate merely nobody vouches for
     * is JM_OK with known false */
    bool strangers;
    bool demand_crl; /* the signer's revocation is looked at, too */
};
/**
 * typ, signature, x5c, prefix rule, mode, response_uri, nonce, query, encryption key. The reading's
 * anchors: access CAs.
 * @retval JM_E_DENIED (nobody registered has signed it, among others) | JM_E_MALFORMED |
 * JM_E_SIGNATURE, code JM_VP_*; with JM_VP_TRANSACTION_DATA, JM_VP_FORMAT or JM_VP_FORMATS all else
 * holds and @p out is whole: the request is good and cannot be answered
 * @retval JM_E_UNAVAILABLE nobody could decide: JM_TRUST_STALE, JM_VP_REQUEST_CHAIN
 */
JM_MUST_CHECK enum jm_status jm_vp_request_read(struct jm_vp_request *out, struct jm_bytes token,
                                                const struct jm_vp_expect *x,
                                                const struct jm_reading *r);
/**
 * The same for a linter: every check is noted in @p f, none ends the reading but an unreadable
 * form. What @p out then holds is verified only if nothing failed. No anchors: who asks stays
 * UNKNOWN.
 * @retval JM_OK | JM_E_NO_SPACE
 */
JM_MUST_CHECK enum jm_status jm_vp_request_judge(struct jm_vp_request *out, struct jm_findings *f,
                                                 struct jm_bytes token,
                                                 const struct jm_vp_expect *x,
                                                 const struct jm_reading *r);

/* -- response: verifier -- */

/** vp_token of a decrypted response: query id → presentations. */
struct jm_vp_token {
    struct jm_bytes state;
    /* object of non-empty arrays of texts, ids all in the query, one element each */
    const struct jm_json *vp_token;
};
JM_MUST_CHECK enum jm_status jm_vp_token_read(struct jm_vp_token *out, struct jm_bytes plain,
                                              const struct jm_dcql *query, struct jm_arena *mem,
                                              struct jm_diag *d);

/* -- the wallet's engine -- */

enum jm_vp_state {
    JM_VP_NEW = 1,  /* wants its START event: the invocation URL */
    JM_VP_FETCHING, /* asks are open */
    JM_VP_JUDGED,   /* jm_vp_request_of() is there: agree or decline */
    JM_VP_SIGNING,
    JM_VP_READY, /* jm_vp_body() is there: note the copies as shown, then MESSAGE event sends */
    JM_VP_SENDING,
    JM_VP_DONE,    /* accepted by the verifier; jm_vp_redirect() may name a page */
    JM_VP_REFUSED, /* by the verifier: reason; a page, too */
    /* diag says why; nothing was disclosed unless it was SENDING: then the outcome is unknown */
    JM_VP_FAILED,
    /* the request is good, diag says why it cannot be answered: decline, or forget it */
    JM_VP_UNANSWERABLE,
    JM_VP_DECLINING,
    /* the verifier has been told that there will be no answer; a page may be named */
    JM_VP_TOLD
};

struct jm_vp_config {
    const struct jm_trust *trust;
    const struct jm_crypto *crypto;
    struct jm_bytes ephemeral; /* handle of a fresh key for ECDH-ES */
    struct jm_point ephemeral_point;
};

/** One answer to one query: the copy, its key, and what of it is shown. Answers to one query follow
 * one another. */
struct jm_vp_choice {
    struct jm_bytes query;
    enum jm_fmt fmt;
    struct jm_bytes copy; /* IssuerSigned, or SD-JWT */
    struct jm_bytes key;  /* handle of the device key */
    const size_t *part;   /* disclosures or items, by their position in the copy */
    size_t n;
};

struct jm_vp {
    enum jm_vp_state state;
    struct jm_vp_config config;
    struct jm_arena keep, scratch;
    struct jm_book book;
    struct jm_bytes url, client_id, request_uri, wallet_nonce;
    bool post;
    struct jm_vp_request request;
    struct jm_bytes request_token;
    const struct jm_vp_choice *choice;
    size_t n_choices;
    struct jm_bytes body, redirect, reason;
    const char *error; /* of a decline */
    int http_status;
    int64_t at_s;
    struct jm_diag diag;
};

/** @p room: at least 1 MiB; a 20 kB portrait in two formats fits 2 MiB. @retval JM_E_NO_SPACE the
 * room is too small */
JM_MUST_CHECK enum jm_status jm_vp_init(struct jm_vp *e, const struct jm_vp_config *config,
                                        void *room, size_t len);
/** Wipes all that the engine holds: views of request, body and addresses end. */
void jm_vp_end(struct jm_vp *e);
struct jm_engine jm_vp_engine(struct jm_vp *e);
/** Of a scheme that requests have; what else stands in it is not judged. */
bool jm_vp_is_invocation(struct jm_bytes url);
/** START with the invocation URL; MESSAGE (empty) in READY: send; CANCEL: forgotten, nobody is
 * told. */
JM_MUST_CHECK enum jm_status jm_vp_event(struct jm_vp *e, enum jm_event ev, struct jm_bytes octets,
                                         int64_t at_s);
/** In JUDGED. Choices are borrowed until READY. */
JM_MUST_CHECK enum jm_status jm_vp_agree(struct jm_vp *e, const struct jm_vp_choice *choice,
                                         size_t n, int64_t at_s);
/**
 * In JUDGED or UNANSWERABLE, once the holder has answered and never before: tell the verifier,
 * encrypted, that there will be no answer. Nobody but a registered verifier is told anything. Spec:
 * OpenID4VP 1.0 8.3.1, 8.5, 15.6
 * @param error  such as access_denied; lives as long as @p e
 * @retval JM_E_CONFLICT another state, or a verifier that nobody knows
 */
JM_MUST_CHECK enum jm_status jm_vp_decline(struct jm_vp *e, const char *error, int64_t at_s);
/** Where the verifier wants the holder to go on; null view: nowhere, or to no address that is
 * allowed. */
struct jm_bytes jm_vp_redirect(const struct jm_vp *e);
enum jm_vp_state jm_vp_state(const struct jm_vp *e);
const struct jm_vp_request *jm_vp_request_of(const struct jm_vp *e);
struct jm_bytes jm_vp_body(const struct jm_vp *e);
const struct jm_diag *jm_vp_diag(const struct jm_vp *e);

#endif
