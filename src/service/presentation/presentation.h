/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file presentation.h  Room: service/presentation. A relying party's presentations: ask, receive,
 * judge, hand out once.
 *
 * REQUESTED → FETCHED → ANSWERED → ACCEPTED | REJECTED | UNDECIDED, or CANCELLED, EXPIRED; each
 * move is one compare and set. A request is asked for by its random id in the URL; its answer names
 * an encryption key that lives for this presentation only and is sealed by the signer. An answer
 * that was decrypted is the only one: key, nonce and request object are destroyed as it is decided,
 * and before the network is asked for anything. Claims stay sealed until they are fetched, once.
 * Across devices the relying party shows the request, the wallet answers, the result API tells
 * (V-08). On the same device the wallet sends the browser back with a response code, and claims go
 * out against it alone: to the service that keeps its visitor's session, or to the session of a
 * page of ours (V-07).
 *
 * Spec: spec/openid4vc.md 6; spec/domain.md 9   Req: D-330 to D-335, V-01 to V-12
 */
#ifndef JUMIN_SERVICE_PRESENTATION_H
#define JUMIN_SERVICE_PRESENTATION_H

#include "jumin/oid4vp.h"
#include "jumin/report.h"
#include "service/env.h"
#include "service/rp/rp.h"
#include "service/trust/trust.h"

#define JM_PRESENTATION_TTL_S 300 /* the default; openid4vc.md 6.1 */
#define JM_PRESENTATION_TTL_MAX_S 600
#define JM_PRESENTATION_RESULT_TTL_S 300 /* D-335 */
#define JM_PRESENTATION_CODE_TTL_S 120   /* openid4vc.md 6.4: a response code */
#define JM_PRESENTATION_RETURN_MAX 1024  /* octets of the address to come back to */
#define JM_PRESENTATION_TRIES_MAX 5      /* undecryptable answers, openid4vc.md 6.3 */
#define JM_PRESENTATION_KEEP_S 86400     /* a decided one, without its claims */
#define JM_PRESENTATION_STUCK_S 120      /* an answer that nobody is judging any more */
#define JM_PRESENTATION_WALLET_NONCE_MAX 256
#define JM_PRESENTATION_ERROR_MAX 64 /* octets of a wallet's error code */
/* the rest of the form is for what stands beside it */
#define JM_PRESENTATION_JWE_MAX (JM_VP_RESPONSE_MAX - 4 * JM_KIB)

enum jm_presentation_state {
    JM_PRESENTATION_REQUESTED = 1,
    JM_PRESENTATION_FETCHED,
    JM_PRESENTATION_ANSWERED,
    JM_PRESENTATION_ACCEPTED,
    JM_PRESENTATION_REJECTED,
    JM_PRESENTATION_UNDECIDED,
    JM_PRESENTATION_CANCELLED,
    JM_PRESENTATION_EXPIRED
};
const char *jm_presentation_state_name(enum jm_presentation_state s);

struct jm_presentation {
    struct jm_id id;         /* secret: for the result API */
    struct jm_bytes request; /* in URLs, and the state of the request object */
    struct jm_bytes service, client_id, dcql;
    /* null views after the answer: REJECTED or CANCELLED with them may be answered yet */
    struct jm_bytes nonce, kid, enc_sealed;
    struct jm_point enc;
    enum jm_presentation_state state;
    int64_t created, expires, decided;
    /* without values: as it lies in the row; of a jm_presentation_result a JSON object */
    struct jm_bytes report;
    struct jm_bytes claims; /* sealed; null view: none, or fetched */
    struct jm_bytes answer; /* SHA-256 of the one that was taken, until `expires`; else null view */
    int64_t claims_until;
    struct jm_bytes return_to;     /* null view: across devices */
    const uint8_t *session;        /* when it is added: SHA-256, or null */
    struct jm_bytes response_code; /* SHA-256; null view: there is none (any more) */
};
/** Will an answer be looked at? What only a stranger's word has ended, will: a wallet's error,
 * answers that nobody can read. */
bool jm_presentation_answerable(const struct jm_presentation *p, int64_t now);

struct jm_verifier {
    struct jm_role_base base;
    struct jm_trust trust;
    struct jm_rp_application app;
    int64_t ttl_s;             /* of a request */
    struct jm_bytes url;       /* base URL of the role */
    struct jm_bytes access;    /* DER of the request certificate */
    struct jm_bytes client_id; /* x509_hash:… of it */
    /* issuer record of the authority that made the trust set; null view: none is */
    struct jm_bytes authority;
    uint8_t operator_hash[32]; /* SHA-256 of the operator's secret, for LOCAL routes */
    struct jm_list_cache cache;
    struct jm_secret32 row_key; /* of what lies sealed in rows: jm_verifier_unlock() */
    /* Ephemeral keys and fetching: services see no OpenSSL and no network. */
    enum jm_status (*new_key)(void *ctx, struct jm_secret32 *scalar, struct jm_point *point);
    enum jm_status (*agree)(void *ctx, const struct jm_secret32 *scalar, struct jm_bytes peer,
                            uint8_t x[32]);
    jm_fetch_fn *fetch;
    bool (*clock_behind)(void *ctx); /* D-459: nothing is decided then */
    void *ctx;
};

/** From what cmd has filled: client_id, and who made the trust set. @retval JM_E_DENIED JM_RP_… the
 * certificate or a use is not registered */
JM_MUST_CHECK enum jm_status jm_verifier_init(struct jm_verifier *v, struct jm_arena *mem,
                                              struct jm_diag *d);
/** The key of sealed rows: asked of the signer, and made where there is none yet. Before anything
 * is asked or answered. @retval JM_E_SIGNATURE JM_SIGNER_KEY_FILE the row was changed, or another
 * signer sealed it | JM_E_UNAVAILABLE no signer | the store's */
JM_MUST_CHECK enum jm_status jm_verifier_unlock(struct jm_verifier *v, struct jm_arena *mem,
                                                struct jm_diag *d);
const struct jm_rp_service *jm_verifier_service(const struct jm_verifier *v, struct jm_bytes id);

/** The DCQL query of a service, JSON: one credential a format and type it registered, one of them
 * to be answered. */
JM_MUST_CHECK enum jm_status jm_presentation_dcql(struct jm_bytes *out,
                                                  const struct jm_rp_service *s,
                                                  struct jm_arena *mem);

struct jm_presentation_res {
    struct jm_id id;
    struct jm_bytes request_uri, invocation;
    int64_t expires;
};
/** Where the wallet sends the browser back. */
struct jm_return {
    struct jm_bytes to;     /* a URL of an origin of the service, without a fragment */
    const uint8_t *session; /* SHA-256 of the visitor's, of pages of our own; null: the service
                               keeps it */
};
/** @p back: on the same device; null: across devices.
 * @retval JM_E_ABSENT JM_VER_SERVICE_UNKNOWN | JM_E_DENIED JM_VER_CROSS_DEVICE, JM_VER_ORIGIN */
JM_MUST_CHECK enum jm_status jm_presentation_request(struct jm_verifier *v,
                                                     struct jm_presentation_res *out,
                                                     struct jm_bytes service,
                                                     const struct jm_return *back,
                                                     struct jm_arena *mem, struct jm_diag *d);
/** The request object; @p wallet_nonce: null view without. @retval JM_E_ABSENT JM_VER_EXPIRED
 * unknown, answered or over, all alike */
JM_MUST_CHECK enum jm_status jm_presentation_fetch(struct jm_verifier *v, struct jm_bytes *token,
                                                   struct jm_bytes request,
                                                   struct jm_bytes wallet_nonce,
                                                   struct jm_arena *mem, struct jm_diag *d);
/** May this request be answered (yet), or the same answer come again? Before the body comes.
 * @retval JM_E_ABSENT JM_VER_EXPIRED | JM_E_CONFLICT JM_VER_ANSWERED */
JM_MUST_CHECK enum jm_status jm_presentation_look(struct jm_verifier *v, struct jm_bytes request,
                                                  struct jm_arena *mem, struct jm_diag *d);
/**
 * A wallet's answer: the body of the form. A wallet may send it twice by itself when the reply is
 * lost: the same octets, while the request has not expired, hear the first outcome; nothing is
 * judged or given out again. @retval JM_OK accepted, undecided, or a wallet's error noted
 * @retval JM_E_DENIED … refused, the first failing code in @p d | JM_E_CONFLICT JM_VER_ANSWERED |
 * JM_E_ABSENT JM_VER_EXPIRED
 * @retval JM_E_UNAVAILABLE JM_VER_JUDGING the same octets are being judged
 * @p redirect, may be null: out, where the browser goes on; with the response code the first time
 * that it was accepted. Null view: across devices.
 */
JM_MUST_CHECK enum jm_status jm_presentation_answer(struct jm_verifier *v, struct jm_bytes request,
                                                    struct jm_bytes body, struct jm_bytes *redirect,
                                                    struct jm_arena *mem, struct jm_diag *d);
/** The form of a wallet's answer: spec/openid4vc.md 6.3. */
extern const struct jm_msg jm_vp_response_req;
JM_MUST_CHECK enum jm_status jm_presentation_cancel(struct jm_verifier *v, struct jm_bytes service,
                                                    const struct jm_id *id, struct jm_arena *mem,
                                                    struct jm_diag *d);

struct jm_presentation_result {
    struct jm_presentation p;
    struct jm_bytes claims; /* JSON object, the first time only; else null view */
    struct jm_bytes
        vp_token; /* JSON object as received, with the claims: evidence, for a service that may keep
                     it; null view where it shows what was not asked for */
};
/** @p response_code: null view without; the claims of a presentation on the same device go out by
 * the right one alone, and a wrong one erases them.
 * @retval JM_E_ABSENT JM_VER_UNKNOWN not of this service, or gone | JM_E_DENIED
 * JM_VER_RESPONSE_CODE */
JM_MUST_CHECK enum jm_status jm_presentation_result(struct jm_verifier *v,
                                                    struct jm_presentation_result *out,
                                                    struct jm_bytes service, const struct jm_id *id,
                                                    struct jm_bytes response_code,
                                                    struct jm_arena *mem, struct jm_diag *d);
/** The same for a visitor of a page of ours. @retval JM_E_ABSENT JM_VER_UNKNOWN | JM_E_DENIED
 * JM_VER_RESPONSE_CODE */
JM_MUST_CHECK enum jm_status jm_presentation_visited(struct jm_verifier *v,
                                                     struct jm_presentation_result *out,
                                                     const uint8_t session[32],
                                                     struct jm_bytes response_code,
                                                     struct jm_arena *mem, struct jm_diag *d);
JM_MUST_CHECK enum jm_status jm_presentation_sweep(struct jm_verifier *v);

/** Bearer keys of services: only hashes are kept. */
JM_MUST_CHECK enum jm_status jm_service_key_add(const struct jm_env *env, struct jm_bytes service,
                                                const uint8_t hash[32]);
/** @p hash null: all of the service. @retval JM_E_ABSENT JM_VER_KEY_NONE */
JM_MUST_CHECK enum jm_status jm_service_key_remove(const struct jm_env *env,
                                                   struct jm_bytes service, const uint8_t *hash,
                                                   struct jm_diag *d);
JM_MUST_CHECK enum jm_status jm_service_key_find(const struct jm_env *env, struct jm_bytes key,
                                                 struct jm_bytes *service, struct jm_arena *mem);

#endif
