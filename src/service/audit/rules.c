/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "jumin/ask.h"
#include "jumin/cbor.h"
#include "service/audit/store.h"
#include "service/signer.h"

#define LABEL "jumin-audit/1"

static enum jm_status hash_of(uint8_t out[32], const struct jm_audit_entry *e, const struct jm_crypto *c)
{
    uint8_t room[2048];
    struct jm_buf b = jm_buf(room, sizeof room);
    struct jm_cbor_w w;

    jm_cbor_w_init(&w, &b);
    jm_cbor_w_array(&w, 10);
    jm_cbor_w_str(&w, LABEL);
    jm_cbor_w_int(&w, e->n);
    jm_cbor_w_int(&w, e->at);
    jm_cbor_w_text(&w, e->actor);
    jm_cbor_w_text(&w, e->channel);
    jm_cbor_w_text(&w, e->act);
    jm_cbor_w_bytes(&w, e->subject);
    jm_cbor_w_text(&w, e->reason);
    jm_cbor_w_text(&w, e->outcome);
    jm_cbor_w_bytes(&w, jm_bytes(e->prev, 32));
    JM_TRY(jm_cbor_w_end(&w));
    return jm_sha256(c, jm_written(b), out);
}

enum jm_status jm_audit_in(struct jm_tx *tx, const struct jm_actor *who, const char *act, const struct jm_id *subject,
                           struct jm_bytes reason, const char *outcome, int64_t *n)
{
    struct jm_audit_entry e = {0};

    JM_TRY(jm_audit_store_last(tx, &e.n, e.prev));
    e.n++;
    e.at = jm_tx_now(tx);
    e.actor = jm_slice(who->name, 0, 200);
    e.channel = jm_slice(who->channel, 0, 40);
    e.act = jm_str(act);
    if (subject != NULL)
        e.subject = jm_bytes(subject->octets, sizeof subject->octets);
    e.reason = jm_slice(reason, 0, 400);
    e.outcome = jm_str(outcome);
    JM_TRY(hash_of(e.hash, &e, jm_tx_env(tx)->crypto));
    if (n != NULL)
        *n = e.n;
    return jm_audit_store_add(tx, &e);
}

struct single {
    const struct jm_actor *who;
    const char *act, *outcome;
    const struct jm_id *subject;
    struct jm_bytes reason;
};

static enum jm_status single_tx(struct jm_tx *tx, void *arg)
{
    const struct single *s = arg;

    return jm_audit_in(tx, s->who, s->act, s->subject, s->reason, s->outcome, NULL);
}

enum jm_status jm_audit(const struct jm_env *env, const struct jm_actor *who, const char *act, const struct jm_id *subject,
                        struct jm_bytes reason, const char *outcome)
{
    struct single s = {who, act, outcome, subject, reason};

    return jm_tx_run(env, single_tx, &s);
}

static enum jm_status head_octets(struct jm_bytes *out, const struct jm_audit_head *h, uint8_t *room, size_t cap)
{
    struct jm_buf b = jm_buf(room, cap);
    struct jm_cbor_w w;

    jm_cbor_w_init(&w, &b);
    jm_cbor_w_array(&w, 5);
    jm_cbor_w_str(&w, LABEL);
    jm_cbor_w_str(&w, "head");
    jm_cbor_w_int(&w, h->n);
    jm_cbor_w_int(&w, h->at);
    jm_cbor_w_bytes(&w, jm_bytes(h->hash, 32));
    *out = jm_written(b);
    return jm_cbor_w_end(&w);
}

struct heading {
    struct jm_audit_head head;
    int64_t signed_n;
};

static enum jm_status read_head(struct jm_tx *tx, void *arg)
{
    struct heading *h = arg;

    JM_TRY(jm_audit_store_last(tx, &h->head.n, h->head.hash));
    return jm_audit_store_head_last(tx, &h->signed_n);
}

static enum jm_status write_head(struct jm_tx *tx, void *arg)
{
    enum jm_status st = jm_audit_store_head_add(tx, arg);

    return st == JM_E_CONFLICT ? JM_OK : st; /* another thread signed the same head */
}

enum jm_status jm_audit_sign_head(const struct jm_env *env, struct jm_arena *mem)
{
    uint8_t room[128];
    struct jm_bytes in[1], out[1] = {{NULL, 0}};
    struct jm_list ins = {in, 1, 1}, outs = {out, 1, 1};
    struct heading h = {0};

    (void)mem;
    JM_TRY(jm_tx_read(env, read_head, &h));
    if (h.head.n == 0 || h.head.n == h.signed_n)
        return JM_OK;
    h.head.at = jm_env_now(env);
    JM_TRY(head_octets(&in[0], &h.head, room, sizeof room));
    JM_TRY(env->signer->call(env->signer->ctx, JM_SIGN, JM_PURPOSE_AUDIT, jm_none(), &ins, &outs));
    if (outs.items[0].len != JM_SIG_LEN)
        return JM_E_BUG;
    memcpy(h.head.sig, outs.items[0].ptr, JM_SIG_LEN);
    return jm_tx_run(env, write_head, &h.head);
}

struct walk {
    const struct jm_env *env;
    const struct jm_point *key;
    struct jm_audit_verdict *v;
    struct jm_arena *mem;
    uint8_t prev[32];
};

static bool head_holds(const struct walk *w, const struct jm_audit_head *h, const uint8_t hash[32])
{
    const struct jm_answers *a = w->env->answers;
    uint8_t room[128];
    struct jm_bytes octets;

    return memcmp(hash, h->hash, 32) == 0 && head_octets(&octets, h, room, sizeof room) == JM_OK &&
           a->verify(a->ctx, JM_ALG_ES256, jm_point_bytes(w->key), octets, jm_bytes(h->sig, JM_SIG_LEN)) == JM_OK;
}

static enum jm_status check_row(void *ctx, const struct jm_audit_entry *e, const struct jm_audit_head *head)
{
    struct walk *w = ctx;
    uint8_t h[32];

    w->v->rows++;
    JM_TRY(hash_of(h, e, w->env->crypto));
    if (w->v->bad_row == 0 && (e->n != w->v->rows || memcmp(e->prev, w->prev, 32) != 0 || memcmp(h, e->hash, 32) != 0))
        w->v->bad_row = w->v->rows;
    memcpy(w->prev, e->hash, 32);
    if (head != NULL) {
        w->v->heads++;
        if (w->v->bad_head == 0 && !head_holds(w, head, e->hash))
            w->v->bad_head = head->n;
    }
    return JM_OK;
}

static enum jm_status verify_tx(struct jm_tx *tx, void *arg)
{
    struct walk *w = arg;
    int64_t heads, highest;

    memset(w->v, 0, sizeof *w->v);
    memset(w->prev, 0, sizeof w->prev);
    JM_TRY(jm_audit_store_walk(tx, w->mem, check_row, w));
    JM_TRY(jm_audit_store_heads(tx, &heads, &highest));
    w->v->last_head = highest;
    if (w->v->bad_head == 0 && heads != w->v->heads)
        w->v->bad_head = highest; /* signed over a row that is gone */
    return JM_OK;
}

enum jm_status jm_audit_verify(const struct jm_env *env, const struct jm_point *key, struct jm_audit_verdict *out, struct jm_arena *mem)
{
    struct walk w = {.env = env, .key = key, .v = out, .mem = mem};

    return jm_tx_read(env, verify_tx, &w);
}
