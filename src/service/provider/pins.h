/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file pins.h  Room: service/provider. The provider's share of a wallet's PIN: counts tries, and
 * learns neither PIN nor use beyond that.
 *
 * The wallet has d (32 random octets) and v = PBKDF2(PIN, d); the provider has k, and answers
 * HMAC(k, v) once it has counted. Neither can try PINs alone. Requests carry a MAC under
 * HKDF(d, "auth"), so that strangers lock nobody out; the count falls back by a signature of a key
 * that only who opened the wallet has. k is the signer's MAC over the row's salt: the rows alone
 * answer nothing, and without the salt k is gone.
 *
 * Wire: docs/protocol/pin.md   Spec: spec/domain.md D-357
 */
#ifndef JUMIN_SERVICE_PROVIDER_PINS_H
#define JUMIN_SERVICE_PROVIDER_PINS_H

#include "service/provider/provider.h"

#define JM_PIN_TRIES_MAX 10 /* the tenth is answered, and the last */

struct jm_pin_set_req {
    struct jm_bytes proof, auth, key;
};
struct jm_pin_set_res {
    struct jm_id id;
};
/** A new PIN of an instance that proves itself. One that there was opens until this one first did
 * (jm_pin_right()), so that a change that breaks off leaves one that opens. @retval as
 * jm_provider_attest() | JM_E_DENIED JM_PROVIDER_PIN_PROOF the proof is of another auth or key */
JM_MUST_CHECK enum jm_status jm_pin_set(struct jm_provider *p, struct jm_pin_set_res *out,
                                        const struct jm_pin_set_req *in, struct jm_arena *mem,
                                        struct jm_diag *d);

struct jm_pin_try_req {
    struct jm_id id;
    struct jm_bytes challenge, v, mac;
};
struct jm_pin_try_res {
    struct jm_bytes share; /* as text */
    int64_t count;         /* tries since the last that was right, this one too */
    int64_t left;
    uint8_t octets[32]; /* of share */
};
/**
 * Counted before it is answered. @p wait_s: in how many seconds it may be tried again.
 * @retval JM_E_ABSENT JM_PROVIDER_PIN_UNKNOWN | JM_E_DENIED JM_PROVIDER_PIN_PROOF, _CHALLENGE,
 * _WITHDRAWN, _PIN_LOCKED | JM_E_RATE JM_PROVIDER_PIN_WAIT | JM_E_UNAVAILABLE JM_CMD_CLOCK_BACK
 */
JM_MUST_CHECK enum jm_status jm_pin_try(struct jm_provider *p, struct jm_pin_try_res *out,
                                        const struct jm_pin_try_req *in, int64_t *wait_s,
                                        struct jm_arena *mem, struct jm_diag *d);

struct jm_pin_right_req {
    struct jm_id id;
    struct jm_bytes challenge, signature;
    int64_t count;
};
/** It was right: the count falls back, and another PIN of the instance is gone. @retval as above |
 * JM_E_CONFLICT JM_PROVIDER_PIN_COUNT another count than was signed: somebody else tried */
JM_MUST_CHECK enum jm_status jm_pin_right(struct jm_provider *p, const struct jm_pin_right_req *in,
                                          struct jm_arena *mem, struct jm_diag *d);

/** D-357: seconds to wait after so many tries. */
int64_t jm_pin_delay_s(int64_t tries);

#endif
