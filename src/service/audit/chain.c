/* SPDX-License-Identifier: Apache-2.0 */
/* The whole chain once more: each row by itself, each after the one before, each head, and the end
 * by the signer's own. */
#include <string.h>

#include "jumin/ask.h"
#include "service/audit/parts.h"

struct walk {
    const struct jm_env *env;
    const struct jm_point *key;
    struct jm_audit_verdict *v;
    struct jm_arena *mem;
    struct jm_tx *tx;
    struct jm_signed_head anchor;
    bool anchored;                   /* the signer told */
    uint8_t prev[32];                /* hash of the row before, */
    int64_t n;                       /* and its number */
    uint64_t count;                  /* of the head before */
    int64_t unsigned_n, unsigned_at; /* the first row after the last head */
};

static void found_fault(struct walk *w, enum jm_code code, int64_t at)
{
    struct jm_diag d = {.code = w->v->code};

    /* the first one stays */
    (void)!jm_refuse(&d, jm_code_info(code)->severity == JM_SEV_U ? JM_E_UNAVAILABLE : JM_E_DENIED,
                     code, NULL);
    if (w->v->code == JM_CODE_NONE)
        w->v->at = at;
    w->v->code = d.code;
}

static bool is_signed(const struct walk *w, const struct jm_signed_head *h)
{
    const struct jm_answers *a = w->env->answers;
    uint8_t room[JM_HEAD_MAX];
    struct jm_bytes octets;

    return jm_head_octets(&octets, h, room) == JM_OK &&
           a->verify(a->ctx, JM_ALG_ES256, jm_point_bytes(w->key), octets, jm_sig_bytes(&h->sig)) ==
               JM_OK;
}

/* -- rows -- */

static enum jm_status is_right_at(const struct walk *w, const struct jm_audit_entry *e, int64_t n,
                                  bool *out)
{
    struct jm_audit_entry there = *e;
    uint8_t hash[32];

    there.n = n;
    JM_TRY(jm_audit_row_hash(hash, &there, w->env->crypto));
    *out = *out || (n != e->n && memcmp(hash, e->hash, sizeof hash) == 0);
    return JM_OK;
}

/* A row that would be right after its predecessor, or before its follower, where those stand now:
 * two have changed places. */
static enum jm_status is_moved(const struct walk *w, const struct jm_audit_entry *e, bool *out)
{
    int64_t before, after;

    *out = false;
    JM_TRY(jm_audit_rows_find(w->tx, e->prev, &before));
    JM_TRY(is_right_at(w, e, before + 1, out));
    JM_TRY(jm_audit_rows_follower(w->tx, e->hash, &after));
    return is_right_at(w, e, after - 1, out);
}

/* D-458: after a restore the chain goes on from a head that only the signer had kept. */
static enum jm_status gap_holds(struct walk *w, const struct jm_audit_entry *e, bool *holds)
{
    struct jm_signed_head h;
    enum jm_status st = jm_audit_rows_head_at(w->tx, e->n - 1, &h);

    *holds = false;
    if (st == JM_E_ABSENT || !jm_bytes_eq_str(e->act, JM_AUDIT_GAP))
        return JM_OK;
    JM_TRY(st);
    if (!is_signed(w, &h) || memcmp(h.hash, e->prev, sizeof h.hash) != 0 || h.count <= w->count)
        return JM_OK;
    *holds = true;
    w->v->gaps++;
    w->v->heads++;
    w->v->lost += e->n - 1 - w->n;
    w->count = h.count;
    memcpy(w->prev, e->prev, sizeof w->prev);
    return JM_OK;
}

static enum jm_status check_place(struct walk *w, const struct jm_audit_entry *e)
{
    bool holds;

    if (e->n == w->n + 1)
        return JM_OK;
    JM_TRY(gap_holds(w, e, &holds));
    if (!holds)
        found_fault(w, JM_AUDIT_MISSING, w->n + 1);
    return JM_OK;
}

static enum jm_status check_content(struct walk *w, const struct jm_audit_entry *e)
{
    uint8_t hash[32];
    bool moved = false;

    JM_TRY(jm_audit_row_hash(hash, e, w->env->crypto));
    if (memcmp(hash, e->hash, sizeof hash) != 0) {
        JM_TRY(is_moved(w, e, &moved));
        found_fault(w, moved ? JM_AUDIT_ORDER : JM_AUDIT_ROW, e->n);
    } else if (memcmp(e->prev, w->prev, sizeof w->prev) != 0) {
        found_fault(w, JM_AUDIT_ROW, e->n);
    }
    return JM_OK;
}

static void check_head(struct walk *w, const struct jm_audit_entry *e,
                       const struct jm_signed_head *h)
{
    w->v->heads++;
    w->unsigned_n = 0;
    if (!is_signed(w, h))
        found_fault(w, JM_AUDIT_HEAD, h->n);
    else if (memcmp(h->hash, e->hash, sizeof h->hash) != 0)
        found_fault(w, JM_AUDIT_REWRITTEN, h->n);
    else if (h->count != w->count + 1)
        found_fault(w, JM_AUDIT_HEAD_MISSING, h->n);
    w->count = h->count;
}

static enum jm_status check_row(void *ctx, const struct jm_audit_entry *e,
                                const struct jm_signed_head *head)
{
    struct walk *w = ctx;

    w->v->rows++;
    JM_TRY(check_place(w, e));
    JM_TRY(check_content(w, e));
    w->n = e->n;
    memcpy(w->prev, e->hash, sizeof w->prev);
    if (w->unsigned_n == 0) {
        w->unsigned_n = e->n;
        w->unsigned_at = e->at;
    }
    if (head != NULL)
        check_head(w, e, head);
    return JM_OK;
}

/* -- the end -- */

/* What the signer kept: it is outside of the issuer's reach. Its last head may not have arrived
 * here yet: one, and no more. */
static enum jm_status check_anchor(struct walk *w)
{
    const struct jm_signed_head *a = &w->anchor;
    enum jm_code breach;

    JM_TRY(jm_audit_breach_in(w->tx, a, &breach));
    if (breach != JM_CODE_NONE)
        found_fault(w, breach, breach == JM_AUDIT_REWRITTEN ? a->n : w->n + 1);
    if (w->count > a->count)
        found_fault(w, JM_AUDIT_ANCHOR, w->v->last_head);
    if (w->count + 1 < a->count)
        found_fault(w, JM_AUDIT_HEAD_MISSING, a->n);
    if (w->unsigned_n != 0 && w->unsigned_n <= a->n)
        w->unsigned_n = 0; /* that one head covers it */
    return JM_OK;
}

static enum jm_status verify_tx(struct jm_tx *tx, struct walk *w)
{
    int64_t heads;

    w->tx = tx;
    JM_TRY(jm_audit_rows_walk(tx, w->mem, check_row, w));
    JM_TRY(jm_audit_rows_heads(tx, &heads, &w->v->last_head));
    if (w->anchored)
        JM_TRY(check_anchor(w));
    if (heads != w->v->heads)
        found_fault(w, JM_AUDIT_TRUNCATED, w->n + 1); /* signed over rows that are gone */
    if (!w->anchored)
        found_fault(w, JM_AUDIT_NO_ANCHOR, w->n);
    if (w->unsigned_n != 0 && w->unsigned_at + JM_AUDIT_LATE_S < jm_env_now(w->env))
        found_fault(w, JM_AUDIT_HEAD_NONE, w->unsigned_n);
    return JM_OK;
}

enum jm_status jm_audit_verify(const struct jm_env *env, const struct jm_point *key,
                               struct jm_audit_verdict *out, struct jm_arena *mem)
{
    struct walk w = {.env = env, .key = key, .v = out, .mem = mem};
    enum jm_status st;

    memset(out, 0, sizeof *out);
    out->code = JM_AUDIT_NO_ANCHOR; /* until looked at */
    w.anchored = jm_audit_anchor(&w.anchor, env->signer) == JM_OK &&
                 (w.anchor.count == 0 || is_signed(&w, &w.anchor));
    out->code = JM_CODE_NONE;
    out->count = w.anchored ? w.anchor.count : 0;
    JM_READ(st, tx, env, verify_tx(tx, &w));
    return st;
}
