/* SPDX-License-Identifier: Apache-2.0 */
/* Applications from afar that wait for a clerk's word. */
#include <string.h>

#include "service/audit/audit.h"
#include "service/desk/parts.h"
#include "service/notices/notices.h"

static struct jm_bytes municipality_of(const struct jm_desk *k)
{
    return jm_slice(k->clerk->centre, 0, JM_MUNICIPALITY_LEN);
}

enum jm_status jm_desk_applications(const struct jm_desk *k, struct jm_case **out, size_t *n)
{
    enum jm_status st;

    *n = 0;
    if ((*out = JM_NEW_N(k->mem, struct jm_case, JM_APPLICATIONS_MAX)) == NULL)
        return JM_E_NO_SPACE;
    JM_READ(st, tx, &k->is->base.env, jm_cases_waiting(tx, municipality_of(k), *out, n, k->mem));
    return st;
}

enum jm_status jm_desk_application(struct jm_tx *tx, const struct jm_desk *k,
                                   const struct jm_id *id, struct jm_case *c)
{
    struct jm_person p;
    enum jm_status st = jm_case_in(tx, id, c, k->mem);

    if (st == JM_OK && c->waits != JM_CASE_WAITS_NOT)
        st = jm_person_in(tx, &c->person, &p, k->mem);
    if (st == JM_E_ABSENT || (st == JM_OK && (c->waits == JM_CASE_WAITS_NOT ||
                                              !jm_bytes_starts(p.region10, municipality_of(k)))))
        return jm_refuse(k->d, JM_E_ABSENT, JM_DESK_CASE_UNKNOWN, NULL);
    JM_TRY(st);
    return c->waits == JM_CASE_WAITS && jm_case_waits_until(c, jm_tx_now(tx)) != 0
               ? JM_OK
               : jm_refuse(k->d, JM_E_CONFLICT, JM_DESK_CASE_ENDED,
                           jm_case_state_name(jm_case_state_at(c, jm_tx_now(tx))));
}

struct deciding {
    const struct jm_desk *k;
    const struct jm_id *id;
    bool yes;
    struct jm_bytes reason;
};

static enum jm_status decide_tx(struct jm_tx *tx, void *arg)
{
    const struct deciding *x = arg;
    const struct jm_desk *k = x->k;
    const struct jm_actor who = {k->clerk->name, JM_BYTES("desk")};
    struct jm_case c;

    JM_TRY(jm_desk_application(tx, k, x->id, &c));
    JM_TRY(jm_desk_not_own(tx, k, &c.person));
    JM_TRY(x->yes ? jm_case_waited_in(tx, x->id)
                  : jm_case_end(tx, x->id, c.state, JM_CASE_REFUSED, "REVIEW"));
    JM_TRY(jm_audit_in(tx, &who, x->yes ? "REVIEW_YES" : "REVIEW_NO", &c.person, x->reason, "done",
                       NULL));
    return jm_notice_in(tx, &c.person, x->yes ? "APPLICATION_GRANTED" : "APPLICATION_REFUSED",
                        JM_BYTES("post"));
}

enum jm_status jm_desk_decide(const struct jm_desk *k, const struct jm_id *id,
                              struct jm_bytes decision, struct jm_bytes reason)
{
    struct deciding x = {k, id, jm_bytes_eq_str(decision, "yes"), reason};

    if (!x.yes && !jm_bytes_eq_str(decision, "no"))
        return jm_refuse(k->d, JM_E_RANGE, JM_API_FIELD_FORM, "decision");
    if (reason.len == 0)
        return jm_refuse(k->d, JM_E_MISSING, JM_API_FIELD_MISSING, "reason");
    return jm_tx_run(&k->is->base.env, decide_tx, &x);
}
