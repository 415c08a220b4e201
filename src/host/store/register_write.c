/* SPDX-License-Identifier: Apache-2.0 */
#include "service/register/store.h"

#include "host/store/store.h"

struct dates {
    char birth[11], since[11], taken[11], issued[11];
};

static enum jm_status add_person(struct jm_tx *tx, const struct jm_person *p, const struct dates *d)
{
    int64_t born = jm_seoul_midnight(p->birth); /* the history of a row made up begins where the row says, not today */

    JM_TRY(jm_sql_run(tx, "INSERT INTO person (id, kind, state, birth, sex, version) VALUES (?,?,?,?,?,1)",
                      JM_ARGS(JM_ID(&p->id), JM_I(p->kind), JM_I(p->state), JM_T(jm_str(d->birth)), JM_I(p->sex))));
    JM_TRY(jm_sql_run(tx, "INSERT INTO name (person, surname, given, hanja, surname_latin, given_latin, since) VALUES (?,?,?,?,?,?,?)",
                      JM_ARGS(JM_ID(&p->id), JM_T(p->surname), JM_T(p->given), JM_T_OR_NUL(p->hanja), JM_T_OR_NUL(p->surname_latin),
                              JM_T_OR_NUL(p->given_latin), JM_I(born))));
    return jm_sql_run(tx, "INSERT INTO address (person, region10, road12, postal, text, since, from_s) VALUES (?,?,?,?,?,?,?)",
                      JM_ARGS(JM_ID(&p->id), JM_T(p->region10), JM_T_OR_NUL(p->road12), JM_T_OR_NUL(p->postal), JM_T(p->address),
                              JM_T(jm_str(d->since)), JM_I(jm_seoul_midnight(p->address_since))));
}

enum jm_status jm_register_store_add(struct jm_tx *tx, const struct jm_new_person *n)
{
    const struct jm_person *p = &n->p;
    struct dates d;

    jm_date_format(d.birth, p->birth);
    jm_date_format(d.since, p->address_since);
    jm_date_format(d.taken, p->photo_taken);
    jm_date_format(d.issued, p->plastic.issued_on);
    JM_TRY(add_person(tx, p, &d));
    JM_TRY(jm_sql_run(tx, "INSERT INTO rrn (id, person, sealed, lookup, since, reason) VALUES (?,?,?,?,?,'GENERATED')",
                      JM_ARGS(JM_ID(&p->rrn_row), JM_ID(&p->id), JM_B(p->rrn_sealed), JM_B(jm_bytes(n->lookup, 32)), JM_I(jm_seoul_midnight(p->birth)))));
    if (p->photo_sealed.len != 0)
        JM_TRY(jm_sql_run(tx, "INSERT INTO photo (id, person, sealed, taken_on) VALUES (?,?,?,?)",
                          JM_ARGS(JM_ID(&p->photo_row), JM_ID(&p->id), JM_B(p->photo_sealed), JM_T(jm_str(d.taken)))));
    if ((int)p->plastic.state == 0)
        return JM_OK;
    return jm_sql_run(tx, "INSERT INTO physical_card (serial, person, kind, issued_on, authority, state) VALUES (?,?,?,?,?,?)",
                      JM_ARGS(JM_T(p->plastic.serial), JM_ID(&p->id), JM_I(p->plastic.kind), JM_T(jm_str(d.issued)), JM_T(p->plastic.authority),
                              JM_I(p->plastic.state)));
}
