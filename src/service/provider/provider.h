/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file provider.h  Room: service/provider. The wallet provider: attests instances and their keys;
 * knows devices, never persons.
 *
 * POST /provider/challenge → {"challenge"}; POST /provider/attest {"proof", "keys"?} →
 * {"client_attestation", "key_attestation"?}. A challenge lives 60 s and is spent once; an instance
 * can be withdrawn.
 *
 * An instance's row says when it was seen first and last, on what platform, and that it was
 * withdrawn; unused ones end.
 *
 * Spec: spec/openid4vc.md 3.2; spec/domain.md D-016, D-244, D-106
 */
#ifndef JUMIN_SERVICE_PROVIDER_H
#define JUMIN_SERVICE_PROVIDER_H

#include "jumin/oauth.h"
#include "service/env.h"
#include "service/nonces/nonces.h"

#define JM_ATTESTATION_TTL_S (12 * 3600)
#define JM_KEY_ATTESTATION_TTL_S 600
/* an instance that was attested once and never again is forgotten */
#define JM_INSTANCE_ONCE_S (2 * 86400)
/* one that came back, unseen for so long; one that was withdrawn never is */
#define JM_INSTANCE_KEEP_S (400 * 86400)

struct jm_provider {
    struct jm_role_base base;
    struct jm_bytes id;      /* base URL: aud of instance proofs, iss of attestations */
    struct jm_bytes product; /* sub: the wallet product, shared by all its instances */
    struct jm_bytes x5c[3];
    size_t n_x5c;
    struct jm_nonces nonces;
    uint8_t operator_hash[32]; /* of the operator's secret, for LOCAL routes */
};

struct jm_attest_req {
    struct jm_bytes proof;
    const struct jm_json *keys;
};
struct jm_attest_res {
    struct jm_bytes client_attestation, key_attestation;
};
JM_MUST_CHECK enum jm_status jm_provider_attest(struct jm_provider *p, struct jm_attest_res *out,
                                                const struct jm_attest_req *in,
                                                struct jm_arena *mem, struct jm_diag *d);

/** D-106: spent challenges and rows of instances past their time are gone. */
JM_MUST_CHECK enum jm_status jm_provider_sweep(const struct jm_env *env);

/** The instance whose key has this thumbprint is attested no more; one that was withdrawn stays so.
 * @retval JM_E_ABSENT JM_PROVIDER_INSTANCE it was never attested, or is forgotten */
JM_MUST_CHECK enum jm_status jm_provider_withdraw(const struct jm_env *env, const uint8_t jkt[32],
                                                  struct jm_diag *d);

#endif
