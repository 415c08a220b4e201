/* SPDX-License-Identifier: Apache-2.0 */
#include "service/provider/pins.h"

#include <string.h>

#include "jumin/base64.h"
#include "service/nonces/nonces.h"
#include "service/provider/parts.h"
#include "service/signer.h"

#define SALT_LEN 32

int64_t jm_pin_delay_s(int64_t tries)
{
    return tries < 3 ? 0 : tries == 3 ? 30 : tries == 4 ? 90 : 300;
}

/* -- a new PIN -- */

struct set {
    struct jm_pin_row row;
    struct jm_bytes platform, challenge;
    bool withdrawn;
};

static enum jm_status set_tx(struct jm_tx *tx, void *arg)
{
    struct set *s = arg;

    JM_TRY(jm_spend_in(tx, JM_NONCE_PROVIDER, s->challenge, jm_tx_now(tx) + JM_NONCE_TTL_S));
    JM_TRY(jm_instance_rows_see(tx, s->row.jkt, s->platform, &s->withdrawn));
    return s->withdrawn ? JM_OK : jm_pin_rows_set(tx, &s->row);
}

/* The instance's proof names what it sets: nobody puts another key into its place. */
static enum jm_status check_binding(const struct jm_instance_proof *proof,
                                    const struct jm_pin_set_req *in, const struct jm_crypto *c,
                                    struct jm_arena *mem, struct jm_diag *d)
{
    const struct jm_bytes parts[] = {JM_BYTES("jumin-pin/1"), in->auth, in->key};
    struct jm_bytes expected;
    uint8_t hash[32];

    if (in->auth.len != 32)
        return jm_refuse(d, JM_E_DENIED, JM_PROVIDER_PIN_PROOF, "auth has another length");
    JM_TRY(c->hash(JM_SHA256, parts, JM_ARRAY_LEN(parts), hash));
    JM_TRY(jm_b64url_encode(&expected, mem, jm_bytes(hash, sizeof hash)));
    return jm_bytes_eq(proof->nonce, expected) ? JM_OK
                                               : jm_refuse(d, JM_E_DENIED, JM_PROVIDER_PIN_PROOF,
                                                           "the proof is of another auth or key");
}

enum jm_status jm_pin_set(struct jm_provider *p, struct jm_pin_set_res *out,
                          const struct jm_pin_set_req *in, struct jm_arena *mem, struct jm_diag *d)
{
    const struct jm_env *env = &p->base.env;
    const struct jm_reading r = {jm_env_now(env), env->answers, env->crypto, NULL, p->id, mem, d};
    struct jm_instance_proof proof;
    struct set s = {.withdrawn = false};
    enum jm_status st;

    if (jm_env_behind(env))
        return jm_refuse(d, JM_E_UNAVAILABLE, JM_CMD_CLOCK_BACK, NULL);
    JM_TRY(jm_instance_check(&proof, in->proof, &r));
    if (jm_nonce_check(&p->nonces, env, JM_NONCE_PROVIDER, proof.challenge) != JM_OK)
        return jm_refuse(d, JM_E_DENIED, JM_PROVIDER_CHALLENGE, "unknown or expired");
    JM_TRY(check_binding(&proof, in, env->crypto, mem, d));
    JM_TRY(jm_env_id(env, &s.row.id));
    JM_TRY(jm_env_random(env, s.row.salt, sizeof s.row.salt));
    JM_TRY(jm_jwk_thumbprint(s.row.jkt, env->crypto, &proof.instance));
    memcpy(s.row.auth, in->auth.ptr, sizeof s.row.auth);
    if (jm_point_set(&s.row.point, JM_CURVE_P256, in->key) != JM_OK)
        return jm_refuse(d, JM_E_DENIED, JM_PROVIDER_PIN_PROOF, "key is no point");
    s.platform = proof.platform;
    s.challenge = proof.challenge;
    st = jm_tx_run(env, set_tx, &s);
    if (st == JM_E_CONFLICT)
        return jm_refuse(d, JM_E_DENIED, JM_PROVIDER_CHALLENGE, "used before");
    JM_TRY(st);
    if (s.withdrawn)
        return jm_refuse(d, JM_E_DENIED, JM_PROVIDER_WITHDRAWN, NULL);
    out->id = s.row.id;
    return JM_OK;
}

/* -- a try -- */

/* What a transaction has to say beside its status. */
struct use {
    struct jm_provider *p;
    struct jm_pin_row row;
    const struct jm_pin_try_req *try;
    const struct jm_pin_right_req *right;
    enum jm_code why;
    int64_t wait_s;
};

static enum jm_status say_why(struct use *u, enum jm_status st, enum jm_code why)
{
    u->why = why;
    return st;
}

/* The same for each request: of a row that is there, of an instance that lives. */
static enum jm_status find_row(struct jm_tx *tx, struct use *u, const struct jm_id *id)
{
    bool withdrawn;
    enum jm_status st = jm_pin_rows_find(tx, &u->row, id, &withdrawn);

    if (st == JM_E_ABSENT)
        return say_why(u, st, JM_PROVIDER_PIN_UNKNOWN);
    JM_TRY(st);
    return withdrawn ? say_why(u, JM_E_DENIED, JM_PROVIDER_WITHDRAWN) : JM_OK;
}

static enum jm_status spend_challenge(struct jm_tx *tx, struct use *u, struct jm_bytes challenge)
{
    enum jm_status st =
        jm_spend_in(tx, JM_NONCE_PROVIDER, challenge, jm_tx_now(tx) + JM_NONCE_TTL_S);

    return st == JM_E_CONFLICT ? say_why(u, JM_E_DENIED, JM_PROVIDER_CHALLENGE) : st;
}

static enum jm_status check_mac(struct use *u)
{
    const struct jm_pin_try_req *in = u->try;
    const struct jm_bytes parts[] = {JM_BYTES("jumin-pin-try/1"),
                                     jm_bytes(in->id.octets, sizeof in->id.octets), in->challenge,
                                     in->v};
    uint8_t mac[32];

    JM_TRY(u->p->base.env.crypto->hmac(JM_SHA256, jm_bytes(u->row.auth, sizeof u->row.auth), parts,
                                       JM_ARRAY_LEN(parts), mac));
    return in->v.len == 32 && jm_bytes_eq_ct(jm_bytes(mac, sizeof mac), in->mac)
               ? JM_OK
               : say_why(u, JM_E_DENIED, JM_PROVIDER_PIN_PROOF);
}

static enum jm_status may_try(struct jm_tx *tx, struct use *u)
{
    int64_t now = jm_tx_now(tx);

    JM_TRY(find_row(tx, u, &u->try->id));
    JM_TRY(check_mac(u)); /* strangers count for nobody */
    if (!u->row.open)
        return say_why(u, JM_E_DENIED, JM_PROVIDER_PIN_LOCKED);
    if (now < u->row.next) {
        u->wait_s = u->row.next - now;
        return say_why(u, JM_E_RATE, JM_PROVIDER_PIN_WAIT);
    }
    return JM_OK;
}

/* Counted before it is answered; what is durable then is all that a crash leaves. */
static enum jm_status try_tx(struct jm_tx *tx, void *arg)
{
    struct use *u = arg;
    int64_t now = jm_tx_now(tx);

    JM_TRY(may_try(tx, u));
    JM_TRY(spend_challenge(tx, u, u->try->challenge));
    u->row.tries++;
    return jm_pin_rows_count(tx, &u->row.id, u->row.tries, now + jm_pin_delay_s(u->row.tries),
                             u->row.tries < JM_PIN_TRIES_MAX);
}

static enum jm_status check_asked(const struct use *u, struct jm_bytes challenge, struct jm_diag *d)
{
    const struct jm_env *env = &u->p->base.env;

    if (jm_env_behind(env))
        return jm_refuse(d, JM_E_UNAVAILABLE, JM_CMD_CLOCK_BACK, NULL);
    if (jm_nonce_check(&u->p->nonces, env, JM_NONCE_PROVIDER, challenge) != JM_OK)
        return jm_refuse(d, JM_E_DENIED, JM_PROVIDER_CHALLENGE, "unknown or expired");
    return JM_OK;
}

static enum jm_status tell_why(const struct use *u, enum jm_status st, struct jm_diag *d)
{
    return st != JM_OK && u->why != JM_CODE_NONE ? jm_refuse(d, st, u->why, NULL) : st;
}

static enum jm_status share_of(uint8_t out[32], const struct jm_env *env,
                               const struct jm_pin_row *row, struct jm_bytes v)
{
    uint8_t label[11 + SALT_LEN];
    struct jm_bytes in[1] = {jm_bytes(label, sizeof label)}, k[1];
    struct jm_list ins = {in, 1, 1}, outs = {k, 1, 1};

    memcpy(label, "jumin-pin/1", 11);
    memcpy(label + 11, row->salt, SALT_LEN);
    JM_TRY(env->signer->call(env->signer->ctx, JM_MAC, JM_PURPOSE_NONCE, jm_none(), &ins, &outs));
    return env->crypto->hmac(JM_SHA256, outs.items[0], &v, 1, out);
}

/* The share is at hand before the try is counted (a signer that is away costs nobody a try), and
 * told after it. */
static enum jm_status run_try(struct use *u, uint8_t share[32])
{
    const struct jm_env *env = &u->p->base.env;
    enum jm_status st;

    JM_READ(st, tx, env, may_try(tx, u));
    JM_TRY(st);
    JM_TRY(share_of(share, env, &u->row, u->try->v));
    return jm_tx_run(env, try_tx, u);
}

enum jm_status jm_pin_try(struct jm_provider *p, struct jm_pin_try_res *out,
                          const struct jm_pin_try_req *in, int64_t *wait_s, struct jm_arena *mem,
                          struct jm_diag *d)
{
    struct use u = {.p = p, .try = in};
    enum jm_status st;

    *wait_s = 0;
    JM_TRY(check_asked(&u, in->challenge, d));
    st = run_try(&u, out->octets);
    *wait_s = u.wait_s;
    if (st != JM_OK)
        jm_wipe(out->octets, sizeof out->octets);
    JM_TRY(tell_why(&u, st, d));
    JM_TRY(jm_b64url_encode(&out->share, mem, jm_bytes(out->octets, sizeof out->octets)));
    out->count = u.row.tries;
    out->left = JM_PIN_TRIES_MAX - u.row.tries;
    return JM_OK;
}

/* -- it was right -- */

static enum jm_status check_signature(const struct use *u)
{
    const struct jm_env *env = &u->p->base.env;
    const struct jm_pin_right_req *in = u->right;
    struct jm_buf b;
    uint8_t room[256], count[4];

    jm_put_u32_be(count, (uint32_t)in->count);
    b = jm_buf(room, sizeof room);
    JM_TRY(jm_buf_put(&b, JM_BYTES("jumin-pin-right/1")));
    JM_TRY(jm_buf_put(&b, jm_bytes(in->id.octets, sizeof in->id.octets)));
    JM_TRY(jm_buf_put(&b, in->challenge));
    JM_TRY(jm_buf_put(&b, jm_bytes(count, sizeof count)));
    return env->answers->verify(env->answers->ctx, JM_ALG_ES256, jm_point_bytes(&u->row.point),
                                jm_written(b), in->signature);
}

static enum jm_status right_tx(struct jm_tx *tx, void *arg)
{
    struct use *u = arg;

    JM_TRY(find_row(tx, u, &u->right->id));
    if (check_signature(u) != JM_OK)
        return say_why(u, JM_E_DENIED, JM_PROVIDER_PIN_PROOF);
    if (!u->row.open)
        return say_why(u, JM_E_DENIED, JM_PROVIDER_PIN_LOCKED);
    if (u->right->count != u->row.tries)
        return say_why(u, JM_E_CONFLICT, JM_PROVIDER_PIN_COUNT);
    JM_TRY(spend_challenge(tx, u, u->right->challenge));
    JM_TRY(jm_pin_rows_right(tx, &u->row));
    return jm_instance_rows_touch(tx, u->row.jkt);
}

enum jm_status jm_pin_right(struct jm_provider *p, const struct jm_pin_right_req *in,
                            struct jm_arena *mem, struct jm_diag *d)
{
    struct use u = {.p = p, .right = in};

    (void)mem;
    JM_TRY(check_asked(&u, in->challenge, d));
    return tell_why(&u, jm_tx_run(&p->base.env, right_tx, &u), d);
}
