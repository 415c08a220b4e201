/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file signer.h  Room: service/signer. Which caller may have what signed, and what the octets must
 * be (D-424).
 *
 * The signer is nobody's pen: it parses what it signs and holds it against its purpose's
 * invariants. Not checked: whether what stands in a copy is true; that is the issuer's to
 * answer for, and the audit's to compare with the count.
 *
 * Spec: spec/domain.md D-424; architecture.md 10; spec/mdoc.md 5; spec/openid4vc.md 6.1, 10
 */
#ifndef JUMIN_SERVICE_SIGNER_SIGNER_H
#define JUMIN_SERVICE_SIGNER_SIGNER_H

#include "jumin/note.h"
#include "service/signer/keys.h"

#define JM_SIGN_COPY_MAX_S (32 * 86400)         /* a copy: 28 days (D-185) and what rounding adds */
#define JM_SIGN_CARD_MAX_S (15LL * 366 * 86400) /* of a chip card: spec/iccard.md 1.1 */
#define JM_SIGN_BACK_MAX_S (2 * 86400)          /* issue times are rounded down against linking */
/* spec/ledger.md 13: exp 24 h, one hour for rounding */
#define JM_SIGN_STATUS_MAX_S (25 * 3600)
#define JM_SIGN_DAY_MAX_S (24 * 3600) /* metadata, attestations */
#define JM_SIGN_TICKET_MAX_S 600
#define JM_SIGN_REQUEST_MAX_S 3600
#define JM_SIGN_READER_MAX_S (1187LL * 86400) /* ISO/IEC 18013-5 Annex B.1.7 */
#define JM_SIGN_CRL_MAX_S (90LL * 86400)
#define JM_SIGN_NEAR_S 300 /* "now", of times that are not rounded */

/** May this caller use that purpose? */
bool jm_sign_may(struct jm_bytes caller, enum jm_purpose purpose);
/** Default ceiling of a purpose, items a minute. */
uint32_t jm_sign_ceiling(enum jm_purpose purpose);
const char *jm_purpose_name(enum jm_purpose purpose);

/**
 * The invariants of one signing purpose over @p octets.
 * @retval JM_OK | JM_E_DENIED (JM_SIGNER_… in @p d) | JM_E_NO_SPACE
 */
JM_MUST_CHECK enum jm_status jm_sign_judge(const struct jm_sign_own *own,
                                           const struct jm_held_key *key, struct jm_bytes octets,
                                           int64_t now, const struct jm_crypto *crypto,
                                           struct jm_arena *mem, struct jm_diag *d);

/**
 * Does the head in @p in[0] continue the chain from @p last, over the rows @p in[1] …: the next
 * count, and rows whose numbers follow and whose hashes lead to its own?
 * @retval JM_OK | JM_E_DENIED JM_SIGNER_CHAIN
 */
JM_MUST_CHECK enum jm_status jm_sign_chain(struct jm_signed_head *next,
                                           const struct jm_signed_head *last,
                                           const struct jm_bytes *in, size_t n,
                                           const struct jm_crypto *crypto, struct jm_diag *d);

/** What a signature of purpose LOG or COSIGN is over; @p time: of COSIGN. @retval JM_E_MALFORMED
 * it is neither */
JM_MUST_CHECK enum jm_status jm_sign_checkpoint(struct jm_checkpoint *out, int64_t *time,
                                                enum jm_purpose purpose, struct jm_bytes octets);

/** State of one signer; calls of jm_sign_serve are serialised by the caller or by @p lock. */
struct jm_sign_service {
    /* what it points to stays: another may be put in its place while calls run */
    _Atomic(const struct jm_sign_own *) own;
    const struct jm_key_table *keys;
    const struct jm_crypto *crypto;
    int64_t minute;
    uint64_t used[JM_PURPOSE_LAST + 1];
    void (*lock)(void *ctx, bool on); /* around the ceiling's figures; may be null */
    void *lock_ctx;
    bool (*behind)(void *ctx); /* D-459: this clock cannot be relied on; may be null */
    void *behind_ctx;
};
JM_MUST_CHECK enum jm_status jm_sign_serve(void *service, const struct jm_sign_request *q,
                                           struct jm_list *out, struct jm_arena *mem,
                                           struct jm_diag *d);

#endif
