/* SPDX-License-Identifier: Apache-2.0 */
/* The relay between a wallet and a reader elsewhere (spec/iccard.md 3.4). */
#include "service/bridge/bridge.h"

#include <stdio.h>
#include <string.h>

#include "jumin/base64.h"
#include "service/msg.h"

void jm_bridges_init(struct jm_bridges *b)
{
    memset(b, 0, sizeof *b);
    atomic_flag_clear(&b->busy);
}

static void lock_all(struct jm_bridges *b)
{
    while (atomic_flag_test_and_set(&b->busy))
        ;
}

static void unlock_all(struct jm_bridges *b)
{
    atomic_flag_clear(&b->busy);
}

static void forget_bridge(struct jm_bridge *x)
{
    jm_wipe(x, sizeof *x);
}

static bool is_free(const struct jm_bridge *x)
{
    return jm_id_is_zero(&x->id);
}

/* Those whose time is over go: there is no other sweep. The lock is held. */
static void forget_old(struct jm_bridges *b, int64_t now)
{
    for (size_t i = 0; i < JM_BRIDGES_MAX; i++)
        if (!is_free(&b->all[i]) && now >= b->all[i].expires)
            forget_bridge(&b->all[i]);
}

static enum jm_status refuse_call(const struct jm_bridge_call *c, enum jm_status st,
                                  enum jm_code code)
{
    return jm_refuse(c->d, st, code, NULL);
}

static enum jm_status hash_of(const struct jm_bridge_call *c, uint8_t out[32], struct jm_bytes text)
{
    return jm_sha256(c->env->crypto, text, out);
}

/* -- opened -- */

static struct jm_bridge *place_for(struct jm_bridges *b, struct jm_bytes client)
{
    struct jm_bridge *place = NULL;
    size_t same = 0;

    for (size_t i = 0; i < JM_BRIDGES_MAX; i++) {
        struct jm_bridge *x = &b->all[i];

        if (is_free(x))
            place = place == NULL ? x : place;
        else
            same += jm_bytes_eq_str(client, x->client);
    }
    return same < JM_BRIDGES_EACH_MAX ? place : NULL;
}

/* 0 … 99, each as likely. */
static enum jm_status draw_sign(const struct jm_bridge_call *c, char sign[3])
{
    uint8_t octet;

    do
        JM_TRY(jm_env_random(c->env, &octet, 1));
    while (octet >= 200);
    (void)snprintf(sign, 3, "%02u", octet % 100u);
    return JM_OK;
}

enum jm_status jm_bridge_open(const struct jm_bridge_call *c, struct jm_bridge_opened *out,
                              struct jm_bytes client)
{
    struct jm_bridge *place;
    uint8_t code[32], secret[32];
    char sign[3], hex[33];
    struct jm_id id;

    memset(out, 0, sizeof *out);
    if (client.len >= sizeof place->client)
        return JM_E_BUG;
    JM_TRY(jm_env_id(c->env, &id));
    JM_TRY(draw_sign(c, sign));
    JM_TRY(jm_random_text(&out->secret, c->env, 32, c->mem));
    JM_TRY(jm_random_text(&out->code, c->env, 16, c->mem));
    JM_TRY(hash_of(c, secret, out->secret));
    JM_TRY(hash_of(c, code, out->code));
    jm_id_format(hex, &id);
    JM_TRY(jm_dup(&out->bridge, c->mem, jm_str(hex)));
    lock_all(c->all);
    forget_old(c->all, jm_env_now(c->env));
    if ((place = place_for(c->all, client)) != NULL) {
        place->id = id;
        memcpy(place->secret[JM_BRIDGE_READER], secret, 32);
        memcpy(place->code, code, 32);
        memcpy(place->sign, sign, sizeof sign);
        if (client.len != 0)
            memcpy(place->client, client.ptr, client.len);
        place->expires = jm_env_now(c->env) + JM_BRIDGE_CODE_TTL_S;
        place->reason = "";
    }
    unlock_all(c->all);
    return place != NULL ? JM_OK : refuse_call(c, JM_E_RATE, JM_CARD_BRIDGE_MANY);
}

/* -- joined -- */

static struct jm_bridge *of_code(struct jm_bridges *b, const uint8_t code[32])
{
    struct jm_bridge *found = NULL;

    for (size_t i = 0; i < JM_BRIDGES_MAX; i++)
        if (!is_free(&b->all[i]) &&
            jm_bytes_eq_ct(jm_bytes(b->all[i].code, 32), jm_bytes(code, 32)))
            found = &b->all[i];
    return found;
}

/* The lock is held. */
static enum jm_status join_one(const struct jm_bridge_call *c, struct jm_bridge_joined *out,
                               struct jm_bridge *x, const uint8_t secret[32], int64_t now)
{
    char hex[33];

    if (x == NULL || x->is_over)
        return refuse_call(c, JM_E_ABSENT, JM_CARD_BRIDGE_OVER);
    if (x->is_joined)
        return refuse_call(c, JM_E_CONFLICT, JM_CARD_BRIDGE_TAKEN);
    jm_id_format(hex, &x->id);
    JM_TRY(jm_dup(&out->bridge, c->mem, jm_str(hex)));
    JM_TRY(jm_dup(&out->sign, c->mem, jm_str(x->sign)));
    x->is_joined = true;
    x->expires = now + JM_BRIDGE_PAIR_TTL_S;
    memcpy(x->secret[JM_BRIDGE_WALLET], secret, 32);
    return JM_OK;
}

enum jm_status jm_bridge_join(const struct jm_bridge_call *c, struct jm_bridge_joined *out,
                              struct jm_bytes code)
{
    const int64_t now = jm_env_now(c->env);
    uint8_t hash[32], secret[32];
    enum jm_status st;

    memset(out, 0, sizeof *out);
    JM_TRY(jm_random_text(&out->secret, c->env, 32, c->mem));
    JM_TRY(hash_of(c, secret, out->secret));
    JM_TRY(hash_of(c, hash, code));
    lock_all(c->all);
    forget_old(c->all, now);
    st = join_one(c, out, of_code(c->all, hash), secret, now);
    unlock_all(c->all);
    return st;
}

/* -- what both sides' calls have in common -- */

/* The bridge of the call, if its secret is that of @p side; the lock is held. */
static enum jm_status find_bridge(const struct jm_bridge_call *c, struct jm_bridge **out,
                                  const struct jm_id *id, const uint8_t hash[32],
                                  enum jm_bridge_side side)
{
    *out = NULL;
    forget_old(c->all, jm_env_now(c->env));
    for (size_t i = 0; i < JM_BRIDGES_MAX; i++) {
        struct jm_bridge *x = &c->all->all[i];

        if (is_free(x) || memcmp(&x->id, id, sizeof *id) != 0)
            continue;
        if ((side == JM_BRIDGE_WALLET && !x->is_joined) ||
            !jm_bytes_eq_ct(jm_bytes(x->secret[side], 32), jm_bytes(hash, 32)))
            return refuse_call(c, JM_E_DENIED, JM_CARD_BRIDGE_SECRET);
        *out = x;
        return JM_OK;
    }
    return refuse_call(c, JM_E_ABSENT, JM_CARD_BRIDGE_OVER);
}

typedef enum jm_status step(const struct jm_bridge_call *c, struct jm_bridge *x, void *arg);

static enum jm_status run_step(const struct jm_bridge_call *c, enum jm_bridge_side side, step *fn,
                               void *arg)
{
    struct jm_bridge *x;
    struct jm_id id;
    uint8_t hash[32];
    enum jm_status st;

    if (jm_id_parse(&id, c->id) != JM_OK)
        return refuse_call(c, JM_E_ABSENT, JM_CARD_BRIDGE_OVER);
    JM_TRY(hash_of(c, hash, c->secret));
    lock_all(c->all);
    st = find_bridge(c, &x, &id, hash, side);
    if (st == JM_OK)
        st = fn(c, x, arg);
    unlock_all(c->all);
    return st;
}

/* Too many, too long, or none that could be one. */
static enum jm_status judge_octets(const struct jm_bridge_call *c,
                                   const struct jm_bridge_octets *in)
{
    size_t all = 0;

    for (size_t i = 0; i < in->n && i < JM_BRIDGE_BATCH_MAX; i++)
        all += in->part[i].len;
    return in->n <= JM_BRIDGE_BATCH_MAX && all <= JM_BRIDGE_OCTETS_MAX
               ? JM_OK
               : refuse_call(c, JM_E_LIMIT, JM_CARD_BRIDGE_SIZE);
}

static void put_octets(struct jm_bridge *x, const struct jm_bridge_octets *in)
{
    struct jm_buf b = jm_buf(x->octets, sizeof x->octets);

    jm_wipe(x->octets, sizeof x->octets);
    for (x->n = 0; x->n < in->n; x->n++) {
        x->len[x->n] = in->part[x->n].len;
        (void)!jm_buf_put(&b, in->part[x->n]); /* judged before */
    }
}

static enum jm_status get_octets(const struct jm_bridge_call *c, struct jm_bridge_octets *out,
                                 const struct jm_bridge *x)
{
    struct jm_bytes *part = JM_NEW_N(c->mem, struct jm_bytes, x->n + 1);
    size_t at = 0;

    if (part == NULL)
        return JM_E_NO_SPACE;
    for (size_t i = 0; i < x->n; at += x->len[i++])
        JM_TRY(jm_dup(&part[i], c->mem, jm_bytes(x->octets + at, x->len[i])));
    *out = (struct jm_bridge_octets){x->seq, x->resets, part, x->n};
    return JM_OK;
}

/* -- the reader's side -- */

struct looking {
    struct jm_bridge_work *out;
    bool is_new;
};

static enum jm_status next_step(const struct jm_bridge_call *c, struct jm_bridge *x, void *arg)
{
    struct looking *l = arg;
    struct jm_bridge_work *out = l->out;

    if (x->is_joined)
        JM_TRY(jm_dup(&out->sign, c->mem, jm_str(x->sign)));
    out->is_over = x->is_over;
    out->batch.seq = x->seq;
    if (x->is_over) {
        JM_TRY(jm_dup(&out->reason, c->mem, jm_str(x->reason)));
        forget_bridge(x); /* both know */
        return JM_OK;
    }
    if (x->batch == JM_BATCH_ASKED)
        return get_octets(c, &out->batch, x);
    out->waits = !(l->is_new && x->is_joined);
    return JM_OK;
}

enum jm_status jm_bridge_next(const struct jm_bridge_call *c, struct jm_bridge_work *out,
                              bool is_new)
{
    struct looking l = {out, is_new};

    memset(out, 0, sizeof *out);
    return run_step(c, JM_BRIDGE_READER, next_step, &l);
}

struct octets_arg {
    const struct jm_bridge_octets *in;
    struct jm_bridge_heard *out;
    uint8_t hash[32];
};

static enum jm_status answer_step(const struct jm_bridge_call *c, struct jm_bridge *x, void *arg)
{
    const struct jm_bridge_octets *in = ((const struct octets_arg *)arg)->in;

    if (x->is_over)
        return refuse_call(c, JM_E_ABSENT, JM_CARD_BRIDGE_OVER);
    if (x->batch != JM_BATCH_ASKED || in->seq != x->seq)
        return refuse_call(c, JM_E_CONFLICT, JM_CARD_BRIDGE_SEQ);
    if (in->n != 0 && in->n != x->n)
        return jm_refuse(c->d, JM_E_MALFORMED, JM_API_FIELD_FORM, "rapdus");
    put_octets(x, in);
    x->batch = in->n == 0 ? JM_BATCH_REMOVED : JM_BATCH_ANSWERED;
    return JM_OK;
}

enum jm_status jm_bridge_answer(const struct jm_bridge_call *c, const struct jm_bridge_octets *in)
{
    struct octets_arg a = {.in = in};

    JM_TRY(judge_octets(c, in));
    return run_step(c, JM_BRIDGE_READER, answer_step, &a);
}

/* -- the wallet's side -- */

static enum jm_status hear_batch(const struct jm_bridge_call *c, struct jm_bridge *x,
                                 struct jm_bridge_heard *out)
{
    if (x->batch == JM_BATCH_ASKED && jm_env_now(c->env) >= x->asked_at + JM_BRIDGE_BATCH_S)
        x->batch = JM_BATCH_NONE; /* whatever comes now is too late */
    if (x->batch == JM_BATCH_NONE)
        return refuse_call(c, JM_E_UNAVAILABLE, JM_CARD_TIMEOUT);
    out->batch.seq = x->seq;
    out->removed = x->batch == JM_BATCH_REMOVED;
    out->waits = x->batch == JM_BATCH_ASKED;
    return x->batch == JM_BATCH_ANSWERED ? get_octets(c, &out->batch, x) : JM_OK;
}

static enum jm_status ask_step(const struct jm_bridge_call *c, struct jm_bridge *x, void *arg)
{
    const struct octets_arg *a = arg;
    bool is_again = a->in->seq == x->seq && memcmp(a->hash, x->asked, 32) == 0;

    if (x->is_over)
        return refuse_call(c, JM_E_ABSENT, JM_CARD_BRIDGE_OVER);
    if (x->seq > 0 && is_again)
        return hear_batch(c, x, a->out);
    if (a->in->seq != x->seq + 1 || x->batch == JM_BATCH_ASKED)
        return refuse_call(c, JM_E_CONFLICT, JM_CARD_BRIDGE_SEQ);
    put_octets(x, a->in);
    memcpy(x->asked, a->hash, 32);
    x->seq = a->in->seq;
    x->resets = a->in->resets;
    x->asked_at = jm_env_now(c->env);
    x->batch = JM_BATCH_ASKED;
    a->out->is_new = true;
    return hear_batch(c, x, a->out);
}

/* Over what is asked, each with its length before it. */
static enum jm_status hash_octets(const struct jm_bridge_call *c, uint8_t out[32],
                                  const struct jm_bridge_octets *in)
{
    struct jm_buf b;

    JM_TRY(jm_alloc_buf(&b, c->mem, 1 + JM_BRIDGE_OCTETS_MAX + 4 * JM_BRIDGE_BATCH_MAX));
    JM_TRY(jm_buf_put(&b, in->resets ? JM_BYTES("r") : JM_BYTES("-")));
    for (size_t i = 0; i < in->n; i++) {
        uint8_t len[4];

        jm_put_u32_be(len, (uint32_t)in->part[i].len);
        JM_TRY(jm_buf_put(&b, jm_bytes(len, sizeof len)));
        JM_TRY(jm_buf_put(&b, in->part[i]));
    }
    return hash_of(c, out, jm_written(b));
}

enum jm_status jm_bridge_ask(const struct jm_bridge_call *c, struct jm_bridge_heard *out,
                             const struct jm_bridge_octets *in)
{
    struct octets_arg a = {.in = in, .out = out};

    memset(out, 0, sizeof *out);
    JM_TRY(judge_octets(c, in));
    JM_TRY(hash_octets(c, a.hash, in));
    return run_step(c, JM_BRIDGE_WALLET, ask_step, &a);
}

/* -- over -- */

/* The reader's side is gone with its word. */
static enum jm_status leave_step(const struct jm_bridge_call *c, struct jm_bridge *x, void *arg)
{
    (void)c, (void)arg;
    forget_bridge(x);
    return JM_OK;
}

static enum jm_status end_step(const struct jm_bridge_call *c, struct jm_bridge *x, void *arg)
{
    const struct jm_bytes *reason = arg;
    const struct jm_code_info *code = jm_code_by_name(*reason); /* and no free text */

    (void)c;
    if (x->is_over)
        return JM_OK;
    x->is_over = true;
    x->reason = code == NULL ? "" : code->name;
    x->batch = JM_BATCH_NONE;
    jm_wipe(x->octets, sizeof x->octets);
    return JM_OK;
}

enum jm_status jm_bridge_end(const struct jm_bridge_call *c, enum jm_bridge_side *by,
                             struct jm_bytes reason)
{
    enum jm_status st = run_step(c, JM_BRIDGE_WALLET, end_step, &reason);

    *by = JM_BRIDGE_WALLET;
    if (st != JM_E_DENIED)
        return st;
    *c->d = (struct jm_diag){0};
    *by = JM_BRIDGE_READER;
    return run_step(c, JM_BRIDGE_READER, leave_step, NULL);
}

uint64_t jm_bridge_bell(const struct jm_bridge_call *c, enum jm_bridge_side side)
{
    uint64_t bell = 0;
    struct jm_id id;

    if (jm_id_parse(&id, c->id) == JM_OK)
        bell = (uint64_t)jm_u32_be(id.octets) << 32 | jm_u32_be(id.octets + 4);
    return (bell & ~(uint64_t)3) | 2 | (side == JM_BRIDGE_WALLET);
}
