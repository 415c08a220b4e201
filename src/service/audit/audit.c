/* SPDX-License-Identifier: Apache-2.0 */
/* Rows of the chain, one after another; and the one that goes on after a restore. */
#include <stdio.h>
#include <string.h>

#include "jumin/cbor.h"
#include "service/audit/parts.h"

enum jm_status jm_audit_row(struct jm_bytes *out, const struct jm_audit_entry *e,
                            uint8_t room[JM_ROW_MAX])
{
    struct jm_buf b = jm_buf(room, JM_ROW_MAX);
    struct jm_cbor_w w;

    jm_cbor_w_init(&w, &b);
    jm_cbor_w_array(&w, 10); /* the tenth is the hash before: jm_row_hash() */
    jm_cbor_w_str(&w, "jumin-audit/1");
    jm_cbor_w_int(&w, e->n);
    jm_cbor_w_int(&w, e->at);
    jm_cbor_w_text(&w, e->actor);
    jm_cbor_w_text(&w, e->channel);
    jm_cbor_w_text(&w, e->act);
    jm_cbor_w_bytes(&w, e->subject);
    jm_cbor_w_text(&w, e->reason);
    jm_cbor_w_text(&w, e->outcome);
    *out = jm_written(b);
    return jm_cbor_w_end(&w);
}

enum jm_status jm_audit_row_hash(uint8_t out[32], const struct jm_audit_entry *e,
                                 const struct jm_crypto *c)
{
    uint8_t room[JM_ROW_MAX];
    struct jm_bytes row;

    JM_TRY(jm_audit_row(&row, e, room));
    return jm_row_hash(out, row, e->prev, c);
}

static enum jm_status append_entry(struct jm_tx *tx, struct jm_audit_entry *e,
                                   const struct jm_actor *who, const char *act)
{
    e->at = jm_tx_now(tx);
    e->actor = jm_slice(who->name, 0, 200);
    e->channel = jm_slice(who->channel, 0, 40);
    e->act = jm_str(act);
    JM_TRY(jm_audit_row_hash(e->hash, e, jm_tx_env(tx)->crypto));
    return jm_audit_rows_add(tx, e);
}

enum jm_status jm_audit_in(struct jm_tx *tx, const struct jm_actor *who, const char *act,
                           const struct jm_id *subject, struct jm_bytes reason, const char *outcome,
                           int64_t *n)
{
    struct jm_audit_entry e = {0};

    JM_TRY(jm_audit_rows_last(tx, &e.n, e.prev));
    e.n++;
    if (subject != NULL)
        e.subject = jm_bytes(subject->octets, sizeof subject->octets);
    e.reason = jm_slice(reason, 0, 400);
    e.outcome = jm_str(outcome);
    if (n != NULL)
        *n = e.n;
    return append_entry(tx, &e, who, act);
}

enum jm_status jm_audit_gap_in(struct jm_tx *tx, const struct jm_actor *who,
                               const struct jm_signed_head *last, int64_t *lost)
{
    struct jm_audit_entry e = {.n = last->n + 1};
    char reason[64];
    uint8_t hash[32];
    int64_t n;

    JM_TRY(jm_audit_rows_last(tx, &n, hash));
    if (n >= last->n)
        return JM_E_CONFLICT;
    *lost = last->n - n;
    (void)snprintf(reason, sizeof reason, "rows %lld to %lld are lost", (long long)n + 1,
                   (long long)last->n);
    memcpy(e.prev, last->hash, sizeof e.prev);
    e.reason = jm_str(reason);
    e.outcome = JM_BYTES("done");
    JM_TRY(jm_audit_rows_head_add(tx, last));
    return append_entry(tx, &e, who, JM_AUDIT_GAP);
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

enum jm_status jm_audit(const struct jm_env *env, const struct jm_actor *who, const char *act,
                        const struct jm_id *subject, struct jm_bytes reason, const char *outcome)
{
    struct single s = {who, act, outcome, subject, reason};

    return jm_tx_run(env, single_tx, &s);
}
