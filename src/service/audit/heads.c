/* SPDX-License-Identifier: Apache-2.0 */
/* Heads: the signer is shown the rows since its last one, and signs none over a chain that does not
 * continue it. */
#include <string.h>

#include "service/audit/parts.h"

enum jm_status jm_audit_anchor(struct jm_signed_head *out, const struct jm_signer *signer)
{
    struct jm_bytes items[2] = {{NULL, 0}, {NULL, 0}};
    struct jm_list none = {NULL, 0, 0}, got = {items, 0, 2};

    memset(out, 0, sizeof *out);
    JM_TRY(signer->call(signer->ctx, JM_HEAD, JM_PURPOSE_AUDIT, jm_none(), &none, &got));
    if (got.n == 0)
        return JM_OK;
    if (got.n != 2 || jm_head_read(out, items[0]) != JM_OK ||
        jm_sig_set(&out->sig, JM_ALG_ES256, items[1]) != JM_OK)
        return JM_E_BUG;
    return JM_OK;
}

enum jm_status jm_audit_breach_in(struct jm_tx *tx, const struct jm_signed_head *last,
                                  enum jm_code *out)
{
    uint8_t hash[32];
    uint64_t mark;
    enum jm_status st;
    bool is_gap;

    *out = JM_CODE_NONE;
    if (last->count == 0)
        return JM_OK;
    st = jm_audit_rows_hash(tx, last->n, hash);
    if (st == JM_OK && memcmp(hash, last->hash, sizeof hash) == 0)
        return JM_OK;
    if (st != JM_OK && st != JM_E_ABSENT)
        return st;
    JM_TRY(jm_audit_rows_is_gap(tx, last->n + 1, last->hash, &is_gap));
    if (st == JM_E_ABSENT && is_gap)
        return JM_OK;
    JM_TRY(jm_audit_rows_mark(tx, &mark));
    *out = mark < last->count  ? JM_AUDIT_RESTORED
           : st == JM_E_ABSENT ? JM_AUDIT_TRUNCATED
                               : JM_AUDIT_REWRITTEN;
    return JM_OK;
}

struct heading {
    struct jm_signed_head last, next;
    struct jm_list in; /* a head, then its rows */
    enum jm_code breach;
    bool missed; /* the store has not got the signer's last head */
    struct jm_arena *mem;
};

static enum jm_status put_row(void *ctx, const struct jm_audit_entry *e,
                              const struct jm_signed_head *head)
{
    struct heading *h = ctx;
    uint8_t room[JM_ROW_MAX];
    struct jm_bytes row, kept;

    (void)head;
    JM_TRY(jm_audit_row(&row, e, room));
    kept = jm_bytes((uint8_t *)(uintptr_t)h->in.items[h->in.n].ptr, row.len);
    memcpy((uint8_t *)(uintptr_t)kept.ptr, row.ptr, row.len);
    h->in.items[h->in.n++] = kept;
    h->next.n = e->n;
    memcpy(h->next.hash, e->hash, sizeof h->next.hash);
    return JM_OK;
}

static enum jm_status gather_rows(struct jm_tx *tx, struct heading *h)
{
    struct jm_signed_head there;
    enum jm_status st;

    h->in.n = 1;
    h->next.n = h->last.n;
    JM_TRY(jm_audit_breach_in(tx, &h->last, &h->breach));
    if (h->breach != JM_CODE_NONE)
        return JM_OK;
    st = h->last.count == 0 ? JM_OK : jm_audit_rows_head_at(tx, h->last.n, &there);
    h->missed = st == JM_E_ABSENT;
    if (st != JM_OK && st != JM_E_ABSENT)
        return st;
    return jm_audit_rows_after(tx, h->last.n, JM_HEAD_ROWS_MAX, h->mem, put_row, h);
}

static enum jm_status keep_head(struct jm_tx *tx, void *arg)
{
    enum jm_status st = jm_audit_rows_head_add(tx, arg);

    return st == JM_E_CONFLICT ? JM_OK : st; /* another thread kept the same head */
}

static enum jm_status sign_head(struct heading *h, const struct jm_env *env)
{
    struct jm_bytes out[1] = {{NULL, 0}};
    struct jm_list outs = {out, 0, 1};
    uint8_t room[JM_HEAD_MAX];

    h->next.count = h->last.count + 1;
    h->next.at = jm_env_now(env);
    JM_TRY(jm_head_octets(&h->in.items[0], &h->next, room));
    JM_TRY(
        env->signer->call(env->signer->ctx, JM_SIGN, JM_PURPOSE_AUDIT, jm_none(), &h->in, &outs));
    if (outs.n != 1 || jm_sig_set(&h->next.sig, JM_ALG_ES256, out[0]) != JM_OK)
        return JM_E_BUG;
    return jm_tx_run(env, keep_head, &h->next);
}

/* Room for the largest head, once: rows of 2 KiB would fill the arena where each was kept beside
 * what the store reads into it. */
static enum jm_status make_room(struct heading *h, struct jm_arena *mem)
{
    uint8_t *rows = jm_alloc(mem, JM_HEAD_ROWS_MAX, JM_ROW_MAX);

    h->mem = mem;
    h->in.cap = 1 + JM_HEAD_ROWS_MAX;
    h->in.items = JM_NEW_N(mem, struct jm_bytes, h->in.cap);
    if (rows == NULL || h->in.items == NULL)
        return JM_E_NO_SPACE;
    for (size_t i = 0; i < JM_HEAD_ROWS_MAX; i++)
        h->in.items[1 + i] = jm_bytes(rows + i * JM_ROW_MAX, 0);
    return JM_OK;
}

static enum jm_status sign_all(struct heading *h, const struct jm_env *env, struct jm_diag *d)
{
    for (;;) {
        enum jm_status st;

        JM_READ(st, tx, env, gather_rows(tx, h));
        JM_TRY(st);
        if (h->breach != JM_CODE_NONE)
            return jm_refuse(d, JM_E_DENIED, h->breach, NULL);
        if (h->missed)
            JM_TRY(jm_tx_run(env, keep_head, &h->last));
        if (h->next.n == h->last.n)
            return JM_OK;
        JM_TRY(sign_head(h, env));
        h->last = h->next;
    }
}

enum jm_status jm_audit_sign_head(const struct jm_env *env, struct jm_arena *mem, struct jm_diag *d)
{
    struct heading *h = JM_NEW(mem, struct heading);

    if (h == NULL)
        return JM_E_NO_SPACE;
    JM_TRY(make_room(h, mem));
    JM_TRY(jm_audit_anchor(&h->last, env->signer));
    return sign_all(h, env, d);
}

enum jm_status jm_audit_continues(const struct jm_env *env, struct jm_signed_head *last,
                                  struct jm_diag *d)
{
    enum jm_code breach = JM_CODE_NONE;
    struct jm_signed_head anchor;
    enum jm_status st;

    JM_TRY(jm_audit_anchor(&anchor, env->signer));
    if (last != NULL)
        *last = anchor;
    JM_READ(st, tx, env, jm_audit_breach_in(tx, &anchor, &breach));
    JM_TRY(st);
    return breach == JM_CODE_NONE ? JM_OK : jm_refuse(d, JM_E_DENIED, breach, NULL);
}
