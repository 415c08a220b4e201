/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>

#include "service/audit/audit.h"
#include "service/cases/cases.h"
#include "service/issuance/issuance.h"
#include "service/lifecycle/lifecycle.h"
#include "service/restore/parts.h"
#include "service/staff/staff.h"

/* -- the chain -- */

struct going_on {
    struct jm_signed_head last;
    int64_t lost;
};

static enum jm_status gap_tx(struct jm_tx *tx, void *arg)
{
    const struct jm_actor who = {JM_BYTES("operator"), JM_BYTES("local")};
    struct going_on *g = arg;

    return jm_audit_gap_in(tx, &who, &g->last, &g->lost);
}

enum jm_status jm_restore_begin(const struct jm_env *env, struct jm_restored *out,
                                struct jm_diag *d)
{
    struct going_on g = {.lost = 0};
    struct jm_diag why = {0};
    enum jm_status st = jm_audit_continues(env, &g.last, &why);

    if (st == JM_OK)
        return JM_OK;
    if (st != JM_E_DENIED || why.code != JM_AUDIT_RESTORED)
        return why.code == JM_CODE_NONE ? st : jm_refuse(d, st, why.code, NULL);
    st = jm_tx_run(env, gap_tx, &g);
    out->lost += g.lost;
    return st == JM_E_CONFLICT ? jm_refuse(d, JM_E_DENIED, JM_AUDIT_REWRITTEN, NULL) : st;
}

/* -- lists -- */

struct merging {
    uint32_t shard;
    const uint8_t *raw;
    struct jm_restored found;
    struct jm_arena *mem;
};

/* The card of a copy that was ended after the backup: revoked, paused or refreshed, nobody knows.
 * It waits for somebody who looks. */
static enum jm_status on_hold(void *ctx, struct jm_tx *tx, const struct jm_id *id)
{
    const struct jm_actor who = {JM_BYTES("operator"), JM_BYTES("local")};
    const struct jm_change why = {.who = &who, .reason = "RESTORED"};
    struct merging *m = ctx;
    struct jm_card card;
    enum jm_status st;

    m->found.bits++;
    if (id == NULL)
        return JM_OK;
    JM_TRY(jm_card_in(tx, id, &card, m->mem));
    if (jm_card_state_at(&card, jm_tx_now(tx)) != JM_CARD_ACTIVE)
        return JM_OK;
    st = jm_card_hold_in(tx, &card, JM_HOLD_MASS, &why);
    m->found.held += st == JM_OK;
    return st;
}

static enum jm_status merge_tx(struct jm_tx *tx, void *arg)
{
    struct merging *m = arg;

    m->found = (struct jm_restored){0};
    return jm_status_merge_in(tx, m->shard, m->raw, on_hold, m);
}

enum jm_status jm_restore_merge(const struct jm_env *env, uint32_t shard,
                                const uint8_t raw[JM_LIST_RAW_LEN], struct jm_restored *out,
                                struct jm_arena *mem)
{
    struct merging m = {.shard = shard, .raw = raw, .mem = mem};

    JM_TRY(jm_tx_run(env, merge_tx, &m));
    out->bits += m.found.bits;
    out->held += m.found.held;
    return JM_OK;
}

/* -- all the rest -- */

struct ending {
    uint32_t next_shard;
    struct jm_restored *out;
};

static enum jm_status end_tx(struct jm_tx *tx, void *arg)
{
    const struct jm_actor who = {JM_BYTES("operator"), JM_BYTES("local")};
    const struct ending *e = arg;
    struct jm_restored *o = e->out;
    char text[128];

    JM_TRY(jm_status_close_in(tx, e->next_shard));
    JM_TRY(jm_tokens_end_in(tx, &o->tokens));
    JM_TRY(jm_cases_cancel_all(tx, "RESTORED", &o->cases));
    JM_TRY(jm_staff_sign_out_all_in(tx));
    JM_TRY(jm_restore_rows_add(tx, o->lost));
    (void)snprintf(text, sizeof text, "bits %lld, held %lld, tokens %lld, cases %lld, lost %lld",
                   (long long)o->bits, (long long)o->held, (long long)o->tokens,
                   (long long)o->cases, (long long)o->lost);
    JM_TRY(jm_audit_in(tx, &who, "RESTORE", NULL, jm_str(text), "done", NULL));
    return jm_status_first_open_in(tx, &o->first_shard);
}

enum jm_status jm_restore_end(const struct jm_env *env, uint32_t next_shard,
                              struct jm_restored *out)
{
    struct ending e = {.next_shard = next_shard, .out = out};

    return jm_tx_run(env, end_tx, &e);
}

enum jm_status jm_restored_at(const struct jm_env *env, int64_t *at)
{
    enum jm_status st;

    *at = 0;
    JM_READ(st, tx, env, jm_restore_rows_last(tx, at));
    return st;
}
