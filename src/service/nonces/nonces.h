/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file nonces.h  Room: service/nonces. Nonces that need no row until they are spent:
 * base64url(time ‖ random ‖ MAC).
 *
 * The key of a kind and period comes from the signer (MAC over kind and period) and is kept for
 * that period. Valid for five minutes, current and previous period. What must be used once only is
 * written to the spent set on success.
 *
 * Spec: spec/openid4vc.md 3.3, 4.3   Req: I-09, C-04
 */
#ifndef JUMIN_SERVICE_NONCES_H
#define JUMIN_SERVICE_NONCES_H

#include <stdatomic.h>

#include "jumin/arena.h"
#include "service/env.h"

#define JM_NONCE_TTL_S 300
#define JM_PROVIDER_CHALLENGE_TTL_S 60 /* openid4vc.md 3.2 */

enum jm_nonce_kind {
    JM_NONCE_C = 1,
    JM_NONCE_DPOP,
    JM_NONCE_CHALLENGE,
    JM_NONCE_PROVIDER,
    JM_NONCE_KINDS
};
/** Kinds of the spent set: nonces of above, and jti of proofs. */
enum { JM_SPENT_JTI_POP = 16, JM_SPENT_JTI_DPOP };

struct jm_nonces {
    atomic_flag busy;
    int64_t since; /* D-458: what is older is nobody's: which of them were spent is not known */
    struct {
        int64_t period;
        uint8_t key[32];
    } slot[JM_NONCE_KINDS][2];
};

void jm_nonces_init(struct jm_nonces *n);
JM_MUST_CHECK enum jm_status jm_nonce_make(struct jm_bytes *out, struct jm_nonces *n,
                                           const struct jm_env *env, enum jm_nonce_kind kind,
                                           struct jm_arena *mem);
/** Ours and not older than JM_NONCE_TTL_S, a provider's challenge not older than
 * JM_PROVIDER_CHALLENGE_TTL_S. Says nothing about spent. @retval JM_E_DENIED no nonce of ours, or
 * too old */
JM_MUST_CHECK enum jm_status jm_nonce_check(struct jm_nonces *n, const struct jm_env *env,
                                            enum jm_nonce_kind kind, struct jm_bytes text);
/** In the caller's transaction: first use. @retval JM_E_CONFLICT it was used before */
JM_MUST_CHECK enum jm_status jm_spend_in(struct jm_tx *tx, unsigned kind, struct jm_bytes value,
                                         int64_t expires);
/** Forgets what has expired. */
JM_MUST_CHECK enum jm_status jm_spent_sweep_in(struct jm_tx *tx, int64_t now);
JM_MUST_CHECK enum jm_status jm_spend(const struct jm_env *env, unsigned kind,
                                      struct jm_bytes value, int64_t expires);

#endif
