/* SPDX-License-Identifier: Apache-2.0 */
/* One call of a proven caller: may he, is the octets' purpose kept, is there room under the
 * ceiling; then all or none. */
#include <string.h>

#include "service/signer/signer.h"

#define IV_AND_TAG (JM_GCM_IV + JM_GCM_TAG)

struct call {
    struct jm_sign_service *s;
    const struct jm_held_key *key;
    const struct jm_sign_request *q;
    struct jm_list *out;
    struct jm_arena *mem;
    struct jm_diag *d;
};

static bool is_log(unsigned purpose)
{
    return purpose == JM_PURPOSE_LOG || purpose == JM_PURPOSE_COSIGN;
}

static bool op_fits(unsigned op, const struct jm_held_key *key)
{
    switch (op) {
    case JM_SIGN:
        return key->is_pair && (!is_log(key->purpose) || key->point.curve == JM_CURVE_ED25519);
    case JM_SEAL:
    case JM_OPEN:
        return !key->is_pair && (key->purpose == JM_PURPOSE_ROW || key->purpose == JM_PURPOSE_CODE);
    case JM_MAC: return !key->is_pair && key->purpose != JM_PURPOSE_ROW;
    case JM_HEAD: return key->is_pair && (key->purpose == JM_PURPOSE_AUDIT || is_log(key->purpose));
    default: return false;
    }
}

static void lock_keys(struct jm_sign_service *s, bool on)
{
    if (s->lock != NULL)
        s->lock(s->lock_ctx, on);
}

/* The whole batch or nothing is counted; a clock that goes back does not open a new minute. */
static enum jm_status under_ceiling(struct jm_sign_service *s, enum jm_purpose purpose, uint64_t n,
                                    int64_t now, struct jm_diag *d)
{
    uint64_t ceiling =
        s->own->ceiling[purpose] != 0 ? s->own->ceiling[purpose] : jm_sign_ceiling(purpose);
    bool ok;

    lock_keys(s, true);
    if (now / 60 > s->minute) {
        s->minute = now / 60;
        memset(s->used, 0, sizeof s->used);
    }
    ok = s->used[purpose] + n <= ceiling;
    if (ok)
        s->used[purpose] += n;
    lock_keys(s, false);
    return ok ? JM_OK : jm_refuse(d, JM_E_RATE, JM_SIGNER_CEILING, jm_purpose_name(purpose));
}

static enum jm_status sign_all(const struct call *c)
{
    for (size_t i = 0; i < c->q->n; i++) {
        struct jm_sig *sig = JM_NEW(c->mem, struct jm_sig);

        if (sig == NULL)
            return JM_E_NO_SPACE;
        JM_TRY(c->s->keys->sign(c->s->keys->ctx, c->key, c->q->in[i], sig));
        c->out->items[i] = jm_sig_bytes(sig);
    }
    return JM_OK;
}

/* -- the audit chain -- */

static enum jm_status last_head(const struct jm_sign_service *s, struct jm_signed_head *out,
                                struct jm_diag *d)
{
    enum jm_status st = s->keys->head(s->keys->ctx, out);

    return st == JM_OK ? JM_OK : jm_refuse(d, st, JM_SIGNER_HEAD_STATE, NULL);
}

/* Octets and signature of the last head; nothing where there is none. */
static enum jm_status tell_head(const struct call *c)
{
    struct jm_signed_head *h = JM_NEW(c->mem, struct jm_signed_head);
    uint8_t *room = JM_NEW_N(c->mem, uint8_t, JM_HEAD_MAX);

    if (h == NULL || room == NULL || c->out->cap < 2)
        return JM_E_NO_SPACE;
    JM_TRY(last_head(c->s, h, c->d));
    if (h->count == 0)
        return JM_OK;
    JM_TRY(jm_head_octets(&c->out->items[0], h, room));
    c->out->items[1] = jm_sig_bytes(&h->sig);
    c->out->n = 2;
    return JM_OK;
}

/* One head after another: what the last one was is read, held against this one and replaced under
 * one lock. */
static enum jm_status sign_head(const struct call *c)
{
    struct jm_signed_head last, *next = JM_NEW(c->mem, struct jm_signed_head);

    if (next == NULL || c->out->cap < 1)
        return JM_E_NO_SPACE;
    JM_TRY(last_head(c->s, &last, c->d));
    JM_TRY(jm_sign_chain(next, &last, c->q->in, c->q->n, c->s->crypto, c->d));
    JM_TRY(c->s->keys->sign(c->s->keys->ctx, c->key, c->q->in[0], &next->sig));
    if (c->s->keys->head_keep(c->s->keys->ctx, next) != JM_OK ||
        c->s->keys->count(c->s->keys->ctx, JM_PURPOSE_AUDIT, c->q->caller, 1, c->q->now) != JM_OK)
        return jm_refuse(c->d, JM_E_UNAVAILABLE, JM_SIGNER_COUNT,
                         jm_purpose_name(JM_PURPOSE_AUDIT));
    c->out->items[0] = jm_sig_bytes(&next->sig);
    c->out->n = 1;
    return JM_OK;
}

static enum jm_status serve_head(const struct call *c)
{
    enum jm_status st;

    lock_keys(c->s, true);
    st = c->q->op == JM_HEAD ? tell_head(c) : sign_head(c);
    lock_keys(c->s, false);
    return st;
}

/* -- checkpoints -- */

static enum jm_status last_checkpoint(const struct call *c, enum jm_purpose purpose,
                                      struct jm_bytes origin, struct jm_buf *text)
{
    enum jm_status st;

    JM_TRY(jm_alloc_buf(text, c->mem, JM_CHECKPOINT_TEXT_MAX + 64));
    st = c->s->keys->kept(c->s->keys->ctx, purpose, origin, text);
    return st == JM_OK ? JM_OK
                       : jm_refuse(c->d, st, JM_SIGNER_HEAD_STATE, jm_purpose_name(purpose));
}

/* A log only grows, and has one root at one size. */
static enum jm_status goes_on(const struct call *c, enum jm_purpose purpose,
                              const struct jm_checkpoint *next)
{
    struct jm_checkpoint last;
    struct jm_buf text;
    int64_t time;

    JM_TRY(last_checkpoint(c, purpose, next->origin, &text));
    if (text.len == 0)
        return JM_OK;
    JM_TRY(jm_sign_checkpoint(&last, &time, purpose, jm_written(text)));
    if (next->size < last.size ||
        (next->size == last.size && !jm_hash32_eq(&next->root, &last.root)))
        return jm_refuse(c->d, JM_E_DENIED, JM_SIGNER_CHECKPOINT, NULL);
    return JM_OK;
}

/* Of the log whose origin is asked for. */
static enum jm_status tell_checkpoint(const struct call *c)
{
    struct jm_buf text;

    if (c->out->cap < 1)
        return JM_E_NO_SPACE;
    if (c->q->n != 1)
        return jm_refuse(c->d, JM_E_DENIED, JM_SIGNER_OPERATION, "one origin");
    JM_TRY(last_checkpoint(c, (enum jm_purpose)c->key->purpose, c->q->in[0], &text));
    if (text.len == 0)
        return JM_OK;
    c->out->items[0] = jm_written(text);
    c->out->n = 1;
    return JM_OK;
}

/* What was signed is kept before the signature leaves. */
static enum jm_status sign_checkpoint(const struct call *c)
{
    enum jm_purpose purpose = (enum jm_purpose)c->key->purpose;
    struct jm_sig *sig = JM_NEW(c->mem, struct jm_sig);
    struct jm_checkpoint next;
    int64_t time;

    if (sig == NULL)
        return JM_E_NO_SPACE;
    if (c->q->n != 1)
        return jm_refuse(c->d, JM_E_DENIED, JM_SIGNER_OPERATION, "one at a time");
    JM_TRY(jm_sign_checkpoint(&next, &time, purpose, c->q->in[0]));
    JM_TRY(goes_on(c, purpose, &next));
    JM_TRY(c->s->keys->sign(c->s->keys->ctx, c->key, c->q->in[0], sig));
    if (c->s->keys->keep(c->s->keys->ctx, purpose, next.origin, c->q->in[0]) != JM_OK ||
        c->s->keys->count(c->s->keys->ctx, purpose, c->q->caller, 1, c->q->now) != JM_OK)
        return jm_refuse(c->d, JM_E_UNAVAILABLE, JM_SIGNER_COUNT, jm_purpose_name(purpose));
    c->out->items[0] = jm_sig_bytes(sig);
    c->out->n = 1;
    return JM_OK;
}

static enum jm_status serve_checkpoint(const struct call *c)
{
    enum jm_status st;

    lock_keys(c->s, true);
    st = c->q->op == JM_HEAD ? tell_checkpoint(c) : sign_checkpoint(c);
    lock_keys(c->s, false);
    return st;
}

/* -- all else -- */

static enum jm_status mac_all(const struct call *c)
{
    for (size_t i = 0; i < c->q->n; i++) {
        uint8_t *mac = JM_NEW_N(c->mem, uint8_t, 32);

        if (mac == NULL)
            return JM_E_NO_SPACE;
        JM_TRY(c->s->keys->mac(c->s->keys->ctx, c->key, c->q->in[i], mac));
        c->out->items[i] = jm_bytes(mac, 32);
    }
    return JM_OK;
}

static enum jm_status cipher_all(const struct call *c)
{
    for (size_t i = 0; i + 1 < c->q->n; i += 2) {
        struct jm_bytes aad = c->q->in[i], in = c->q->in[i + 1];
        struct jm_buf b;

        JM_TRY(jm_alloc_buf(&b, c->mem, in.len + IV_AND_TAG));
        JM_TRY((c->q->op == JM_SEAL ? c->s->keys->seal : c->s->keys->open)(c->s->keys->ctx, c->key,
                                                                           aad, in, &b));
        c->out->items[i / 2] = jm_written(b);
    }
    return JM_OK;
}

static enum jm_status judge_all(const struct call *c)
{
    /* what follows a head are its rows */
    size_t n = c->key->purpose == JM_PURPOSE_AUDIT && c->q->n > 1 ? 1 : c->q->n;

    for (size_t i = 0; c->q->op == JM_SIGN && i < n; i++) {
        size_t mark = jm_arena_mark(c->mem);
        enum jm_status st =
            jm_sign_judge(c->s->own, c->key, c->q->in[i], c->q->now, c->s->crypto, c->mem, c->d);

        jm_arena_back(c->mem, mark);
        JM_TRY(st);
    }
    return JM_OK;
}

/* D-459: a clock that fell back issues nothing. Lists, revocation and the audit head go on: a loss
 * must reach everybody. */
static bool waits_for_clock(const struct jm_sign_service *s, enum jm_sign_op op,
                            enum jm_purpose purpose)
{
    static const unsigned issuing = 1u << JM_PURPOSE_MSO | 1u << JM_PURPOSE_SDJWT |
                                    1u << JM_PURPOSE_TICKET | 1u << JM_PURPOSE_ATTESTATION |
                                    1u << JM_PURPOSE_REQUEST | 1u << JM_PURPOSE_RPCERT |
                                    1u << JM_PURPOSE_CARD;

    return op == JM_SIGN && issuing & 1u << purpose && s->behind != NULL &&
           s->behind(s->behind_ctx);
}

enum jm_status jm_sign_serve(void *service, const struct jm_sign_request *q, struct jm_list *out,
                             struct jm_arena *mem, struct jm_diag *d)
{
    struct jm_sign_service *s = service;
    enum jm_purpose purpose = (enum jm_purpose)q->purpose;
    bool pairs = q->op == JM_SEAL || q->op == JM_OPEN;
    size_t n = pairs ? q->n / 2 : purpose == JM_PURPOSE_AUDIT ? 1 : q->n;
    const struct jm_held_key *key;
    enum jm_status st;

    out->n = 0;
    if (!jm_sign_may(q->caller, purpose))
        return jm_refuse(d, JM_E_DENIED, JM_SIGNER_PURPOSE_FOREIGN, NULL);
    if (s->keys->find(s->keys->ctx, &key, purpose, q->caller, q->key) != JM_OK)
        return jm_refuse(d, JM_E_DENIED, JM_SIGNER_KEY_UNKNOWN, jm_purpose_name(purpose));
    if (!op_fits(q->op, key) || (pairs && q->n % 2 != 0))
        return jm_refuse(d, JM_E_DENIED, JM_SIGNER_OPERATION, NULL);
    if (n > out->cap)
        return JM_E_NO_SPACE;
    if (waits_for_clock(s, q->op, purpose))
        return jm_refuse(d, JM_E_UNAVAILABLE, JM_SIGNER_CLOCK, jm_purpose_name(purpose));
    const struct call c = {s, key, q, out, mem, d};
    JM_TRY(judge_all(&c));
    JM_TRY(under_ceiling(s, purpose, n, q->now, d));
    if (purpose == JM_PURPOSE_AUDIT)
        return serve_head(&c);
    if (is_log((unsigned)purpose))
        return serve_checkpoint(&c);
    if (q->op == JM_SIGN && s->keys->count(s->keys->ctx, purpose, q->caller, n, q->now) != JM_OK)
        return jm_refuse(d, JM_E_UNAVAILABLE, JM_SIGNER_COUNT, jm_purpose_name(purpose));
    st = q->op == JM_SIGN ? sign_all(&c) : pairs ? cipher_all(&c) : mac_all(&c);
    if (st == JM_OK)
        out->n = n;
    return st;
}
