/* SPDX-License-Identifier: Apache-2.0 */
/* D-423: issue date and authority are typed from the card, never guessed. */
#include "service/desk/parts.h"
#include "service/notices/notices.h"

#define WINDOW_S (24 * 3600)

struct typed {
    const struct jm_desk *k;
    const struct jm_id *person;
    struct jm_date issued_on;
    struct jm_bytes authority;
    enum jm_code refusal; /* what the committed rows say */
};

bool jm_plastic_matches(const struct jm_person *p, struct jm_date issued_on,
                        struct jm_bytes authority)
{
    return p->plastic.state == JM_PLASTIC_VALID &&
           jm_date_cmp(p->plastic.issued_on, issued_on) == 0 &&
           jm_bytes_eq(p->plastic.authority, authority);
}

static bool is_stopped(const struct typed *t, const struct jm_plastic_tries *n)
{
    bool supervisor = t->k->clerk->role == JM_ROLE_SUPERVISOR;

    return (supervisor ? n->own : n->clerks) >= JM_DESK_PLASTIC_TRIES ||
           n->all >= JM_DESK_PLASTIC_TRIES_ALL;
}

static enum jm_status flag(struct jm_tx *tx, const struct typed *t)
{
    const struct jm_actor who = {t->k->clerk->name, JM_BYTES("desk")};

    JM_TRY(jm_audit_in(tx, &who, "PLASTIC_TRIES", t->person,
                       JM_BYTES("issue date or authority typed wrong too often"), "flag", NULL));
    return jm_notice_in(tx, t->person, "PLASTIC_TRIES", who.channel);
}

static enum jm_status typed_tx(struct jm_tx *tx, void *arg)
{
    struct typed *t = arg;
    int64_t since = jm_tx_now(tx) - WINDOW_S;
    struct jm_plastic_tries n;
    struct jm_person p;

    t->refusal = JM_CODE_NONE;
    JM_TRY(jm_person_in(tx, t->person, &p, t->k->mem));
    JM_TRY(jm_plastic_rows_tries(tx, t->person, t->k->clerk->name, since, &n));
    if (is_stopped(t, &n)) {
        t->refusal = JM_DESK_PLASTIC_LOCKED;
        return JM_OK;
    }
    if (jm_plastic_matches(&p, t->issued_on, t->authority))
        return t->k->clerk->role == JM_ROLE_SUPERVISOR ? jm_plastic_rows_clear(tx, t->person)
                                                       : JM_OK;
    t->refusal = JM_DESK_PLASTIC_MISMATCH;
    JM_TRY(jm_plastic_rows_try(tx, t->person, t->k->clerk, since));
    JM_TRY(jm_plastic_rows_tries(tx, t->person, t->k->clerk->name, since, &n));
    return is_stopped(t, &n) ? flag(tx, t) : JM_OK;
}

enum jm_status jm_plastic_typed(const struct jm_desk *k, const struct jm_id *person,
                                struct jm_date issued_on, struct jm_bytes authority)
{
    struct typed t = {k, person, issued_on, authority, JM_CODE_NONE};
    enum jm_status st = jm_tx_run(&k->is->base.env, typed_tx, &t);

    if (st == JM_E_ABSENT)
        return jm_refuse(k->d, st, JM_DESK_PERSON_UNKNOWN, NULL);
    JM_TRY(st);
    if (t.refusal == JM_DESK_PLASTIC_LOCKED)
        return jm_refuse(k->d, JM_E_DENIED, t.refusal,
                         "a supervisor with the card in hand goes on");
    return t.refusal == JM_CODE_NONE
               ? JM_OK
               : jm_refuse(k->d, JM_E_DENIED, t.refusal,
                           "issue date or authority is not that of the valid card");
}
