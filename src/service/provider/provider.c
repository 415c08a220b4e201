/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "service/nonces/nonces.h"
#include "service/provider/parts.h"
#include "service/provider/provider.h"
#include "service/signer.h"

struct see {
    uint8_t jkt[32];
    struct jm_bytes platform, challenge;
    bool withdrawn;
};

static enum jm_status see_tx(struct jm_tx *tx, void *arg)
{
    struct see *s = arg;

    JM_TRY(jm_spend_in(tx, JM_NONCE_PROVIDER, s->challenge, jm_tx_now(tx) + JM_NONCE_TTL_S));
    return jm_instance_rows_see(tx, s->jkt, s->platform, &s->withdrawn);
}

static enum jm_status sign_drafts(struct jm_provider *p, const struct jm_jws_draft *draft, size_t n,
                                  struct jm_bytes *token[2], struct jm_arena *mem)
{
    struct jm_bytes in[2], out[2] = {{NULL, 0}, {NULL, 0}};
    struct jm_list ins = {in, n, 2}, outs = {out, n, 2};

    for (size_t i = 0; i < n; i++)
        in[i] = draft[i].to_sign;
    JM_TRY(p->base.env.signer->call(p->base.env.signer->ctx, JM_SIGN, JM_PURPOSE_ATTESTATION,
                                    jm_none(), &ins, &outs));
    for (size_t i = 0; i < n; i++)
        JM_TRY(jm_jws_finish(token[i], &draft[i], outs.items[i], mem));
    return JM_OK;
}

enum jm_status jm_provider_attest(struct jm_provider *p, struct jm_attest_res *out,
                                  const struct jm_attest_req *in, struct jm_arena *mem,
                                  struct jm_diag *d)
{
    const struct jm_env *env = &p->base.env;
    int64_t now = jm_env_now(env), minute = now / 60 * 60;
    const struct jm_reading r = {now, env->answers, env->crypto, NULL, p->id, mem, d};
    struct jm_instance_proof proof;
    struct jm_jws_draft draft[2];
    struct jm_bytes *token[2] = {&out->client_attestation, &out->key_attestation};
    struct see s = {.withdrawn = false};
    enum jm_status st;

    memset(out, 0, sizeof *out);
    if (jm_env_behind(env))
        return jm_refuse(d, JM_E_UNAVAILABLE, JM_CMD_CLOCK_BACK, NULL);
    JM_TRY(jm_instance_check(&proof, in->proof, &r));
    if (jm_nonce_check(&p->nonces, env, JM_NONCE_PROVIDER, proof.challenge) != JM_OK)
        return jm_refuse(d, JM_E_DENIED, JM_PROVIDER_CHALLENGE, "unknown or expired");
    /* 64 signatures: for nobody who has no challenge of ours */
    JM_TRY(jm_instance_keys(&proof, in->keys, &r));
    JM_TRY(jm_jwk_thumbprint(s.jkt, env->crypto, &proof.instance));
    s.platform = proof.platform;
    s.challenge = proof.challenge;
    st = jm_tx_run(env, see_tx, &s);
    if (st == JM_E_CONFLICT)
        return jm_refuse(d, JM_E_DENIED, JM_PROVIDER_CHALLENGE, "used before");
    JM_TRY(st);
    if (s.withdrawn)
        return jm_refuse(d, JM_E_DENIED, JM_PROVIDER_WITHDRAWN, NULL);
    struct jm_attestation_spec a =
        {p->id,  p->product, proof.instance, minute, minute + JM_ATTESTATION_TTL_S,
         p->x5c, p->n_x5c};
    JM_TRY(jm_attestation_begin(&draft[0], &a, mem));
    if (proof.n > 0) {
        /* A key in this program's container is software: level 1, and nothing more is claimed. */
        struct jm_key_attestation_spec k = {.key = proof.key,
                                            .n = proof.n,
                                            .nonce = proof.nonce,
                                            .key_storage = JM_BYTES("urn:jumin:key-level:1"),
                                            .iat = minute,
                                            .exp = minute + JM_KEY_ATTESTATION_TTL_S,
                                            .x5c = p->x5c,
                                            .n_x5c = p->n_x5c};
        memcpy(k.instance_jkt, s.jkt, 32);
        JM_TRY(jm_key_attestation_begin(&draft[1], &k, mem));
    }
    return sign_drafts(p, draft, proof.n > 0 ? 2 : 1, token, mem);
}

static enum jm_status sweep_tx(struct jm_tx *tx, void *arg)
{
    int64_t now = jm_tx_now(tx);

    (void)arg;
    JM_TRY(jm_spent_sweep_in(tx, now));
    JM_TRY(jm_instance_rows_sweep(tx, now - JM_INSTANCE_ONCE_S, now - JM_INSTANCE_KEEP_S));
    return jm_pin_rows_sweep(tx);
}

enum jm_status jm_provider_sweep(const struct jm_env *env)
{
    return jm_tx_run(env, sweep_tx, NULL);
}

static enum jm_status withdraw_tx(struct jm_tx *tx, void *jkt)
{
    return jm_instance_rows_withdraw(tx, jkt);
}

enum jm_status jm_provider_withdraw(const struct jm_env *env, const uint8_t jkt[32],
                                    struct jm_diag *d)
{
    uint8_t own[32];
    enum jm_status st;

    memcpy(own, jkt, sizeof own);
    st = jm_tx_run(env, withdraw_tx, own);
    return st == JM_E_CONFLICT ? jm_refuse(d, JM_E_ABSENT, JM_PROVIDER_INSTANCE, NULL) : st;
}
