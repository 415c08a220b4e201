/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "jumin/base64.h"
#include "jumin/crypto.h"
#include "service/nonces/parts.h"
#include "service/signer.h"

#define TIME 8
#define RANDOM 16
#define MAC 16
#define LEN (TIME + RANDOM + MAC)

void jm_nonces_init(struct jm_nonces *n)
{
    memset(n, 0, sizeof *n);
    atomic_flag_clear(&n->busy);
}

static bool cached_key(struct jm_nonces *n, enum jm_nonce_kind kind, int64_t period,
                       uint8_t key[32])
{
    bool hit = false;

    while (atomic_flag_test_and_set(&n->busy))
        ;
    for (size_t i = 0; i < 2 && !hit; i++)
        if (n->slot[kind][i].period == period) {
            memcpy(key, n->slot[kind][i].key, 32);
            hit = true;
        }
    atomic_flag_clear(&n->busy);
    return hit;
}

static enum jm_status key_of(struct jm_nonces *n, const struct jm_env *env, enum jm_nonce_kind kind,
                             int64_t period, uint8_t key[32])
{
    uint8_t name[9];
    struct jm_bytes in[1] = {{name, sizeof name}}, out[1] = {{NULL, 0}};
    struct jm_list ins = {in, 1, 1}, outs = {out, 1, 1};

    if (cached_key(n, kind, period, key))
        return JM_OK;
    name[0] = (uint8_t)kind;
    jm_put_u64_be(name + 1, (uint64_t)period);
    JM_TRY(env->signer->call(env->signer->ctx, JM_MAC, JM_PURPOSE_NONCE, jm_none(), &ins, &outs));
    if (outs.items[0].len != 32)
        return JM_E_BUG;
    memcpy(key, outs.items[0].ptr, 32);
    while (atomic_flag_test_and_set(&n->busy))
        ;
    size_t i = (size_t)(period & 1);
    n->slot[kind][i].period = period;
    memcpy(n->slot[kind][i].key, key, 32);
    atomic_flag_clear(&n->busy);
    return JM_OK;
}

static enum jm_status mac_of(uint8_t out[32], struct jm_nonces *n, const struct jm_env *env,
                             enum jm_nonce_kind kind, const uint8_t *octets, int64_t period)
{
    struct jm_bytes part = jm_bytes(octets, TIME + RANDOM);
    uint8_t key[32];
    enum jm_status st;

    JM_TRY(key_of(n, env, kind, period, key));
    st = env->crypto->hmac(JM_SHA256, jm_bytes(key, 32), &part, 1, out);
    jm_wipe(key, sizeof key);
    return st;
}

enum jm_status jm_nonce_make(struct jm_bytes *out, struct jm_nonces *n, const struct jm_env *env,
                             enum jm_nonce_kind kind, struct jm_arena *mem)
{
    int64_t now = jm_env_now(env);
    uint8_t o[TIME + RANDOM + 32];

    jm_put_u64_be(o, (uint64_t)now);
    JM_TRY(jm_env_random(env, o + TIME, RANDOM));
    JM_TRY(mac_of(o + TIME + RANDOM, n, env, kind, o, now / JM_NONCE_TTL_S));
    return jm_b64url_encode(out, mem, jm_bytes(o, LEN));
}

static uint64_t ttl_of(enum jm_nonce_kind kind)
{
    return kind == JM_NONCE_PROVIDER ? JM_PROVIDER_CHALLENGE_TTL_S : JM_NONCE_TTL_S;
}

enum jm_status jm_nonce_check(struct jm_nonces *n, const struct jm_env *env,
                              enum jm_nonce_kind kind, struct jm_bytes text)
{
    uint64_t now = (uint64_t)jm_env_now(env), at;
    uint8_t o[LEN], m[32];

    if (jm_b64url_exact(o, LEN, text) != JM_OK)
        return JM_E_DENIED;
    /* anybody's octets until the MAC is compared */
    at = (uint64_t)jm_u32_be(o) << 32 | jm_u32_be(o + 4);
    if (at > now || now - at > ttl_of(kind) || (n->since > 0 && at <= (uint64_t)n->since))
        return JM_E_DENIED;
    JM_TRY(mac_of(m, n, env, kind, o, (int64_t)at / JM_NONCE_TTL_S));
    return jm_bytes_eq_ct(jm_bytes(m, MAC), jm_bytes(o + TIME + RANDOM, MAC)) ? JM_OK : JM_E_DENIED;
}

enum jm_status jm_spend_in(struct jm_tx *tx, unsigned kind, struct jm_bytes value, int64_t expires)
{
    uint8_t hash[32];

    JM_TRY(jm_sha256(jm_tx_env(tx)->crypto, value, hash));
    return jm_spent_rows_add(tx, kind, jm_bytes(hash, sizeof hash), expires);
}

struct spend {
    unsigned kind;
    struct jm_bytes value;
    int64_t expires;
};

static enum jm_status spend_tx(struct jm_tx *tx, void *arg)
{
    const struct spend *s = arg;

    return jm_spend_in(tx, s->kind, s->value, s->expires);
}

enum jm_status jm_spend(const struct jm_env *env, unsigned kind, struct jm_bytes value,
                        int64_t expires)
{
    struct spend s = {kind, value, expires};

    return jm_tx_run(env, spend_tx, &s);
}

enum jm_status jm_spent_sweep_in(struct jm_tx *tx, int64_t now)
{
    return jm_spent_rows_sweep(tx, now);
}
