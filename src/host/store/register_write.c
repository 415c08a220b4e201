/* SPDX-License-Identifier: Apache-2.0 */
#include "service/register/store.h"

#include "host/store/store.h"

struct dates {
    char birth[11], since[11], taken[11], issued[11];
};

static enum jm_status add_person(struct jm_tx *tx, const struct jm_person *p, const struct dates *d)
{
    int64_t now = jm_tx_now(tx);

    JM_TRY(jm_sql_run(tx, "INSERT INTO person (id, kind, state, birth, sex, version) VALUES (?,?,?,?,?,1)",
                      JM_ARGS(JM_ID(&p->id), JM_I(p->kind), JM_I(p->state), JM_T(jm_str(d->birth)), JM_I(p->sex))));
    JM_TRY(jm_sql_run(tx, "INSERT INTO name (person, surname, given, hanja, surname_latin, given_latin, since) VALUES (?,?,?,?,?,?,?)",
                      JM_ARGS(JM_ID(&p->id), JM_T(p->surname), JM_T(p->given), JM_T_OR_NUL(p->hanja), JM_T_OR_NUL(p->surname_latin),
                              JM_T_OR_NUL(p->given_latin), JM_I(now))));
    return jm_sql_run(tx, "INSERT INTO address (person, region10, road12, postal, text, since, from_s) VALUES (?,?,?,?,?,?,?)",
                      JM_ARGS(JM_ID(&p->id), JM_T(p->region10), JM_T_OR_NUL(p->road12), JM_T_OR_NUL(p->postal), JM_T(p->address),
                              JM_T(jm_str(d->since)), JM_I(now)));
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
                      JM_ARGS(JM_ID(&p->rrn_row), JM_ID(&p->id), JM_B(p->rrn_sealed), JM_B(jm_bytes(n->lookup, 32)), JM_I(jm_tx_now(tx)))));
    JM_TRY(jm_sql_run(tx, "INSERT INTO photo (id, person, sealed, taken_on) VALUES (?,?,?,?)",
                      JM_ARGS(JM_ID(&p->photo_row), JM_ID(&p->id), JM_B(p->photo_sealed), JM_T(jm_str(d.taken)))));
    if ((int)p->plastic.state == 0)
        return JM_OK;
    return jm_sql_run(tx, "INSERT INTO physical_card (serial, person, kind, issued_on, authority, state) VALUES (?,?,?,?,?,?)",
                      JM_ARGS(JM_T(p->plastic.serial), JM_ID(&p->id), JM_I(p->plastic.kind), JM_T(jm_str(d.issued)), JM_T(p->plastic.authority),
                              JM_I(p->plastic.state)));
}

enum jm_status jm_register_store_find(struct jm_tx *tx, const struct jm_register_find *f, jm_register_each *each, void *ctx, struct jm_arena *mem)
{
    struct jm_rows r;
    enum jm_status st = JM_OK;

    JM_TRY(jm_sql_open(&r, tx,
                       "SELECT p.id, n.surname || n.given, p.birth, a.region10, c.issued_on, c.authority, coalesce(c.state, 0) FROM person p "
                       "JOIN name n ON n.person = p.id AND n.until IS NULL JOIN address a ON a.person = p.id AND a.until IS NULL "
                       "LEFT JOIN physical_card c ON c.person = p.id WHERE p.state = 1 AND (?1 IS NULL OR p.id = ?1) AND p.birth >= ?2 AND "
                       "p.birth <= ?3 AND substr(a.region10, 1, length(?4)) = ?4 AND (?5 = 0 OR coalesce(c.state, 0) = ?6) "
                       "ORDER BY p.birth, p.id LIMIT ?7",
                       JM_ARGS(f->has_person ? JM_ID(&f->person) : JM_NUL, JM_T(f->born_from), JM_T(f->born_to), JM_T(f->region),
                               JM_I(f->has_plastic), JM_I(f->plastic), JM_I(f->limit))));
    while (st == JM_OK && jm_sql_next(&r)) {
        struct jm_register_found x = {0};

        jm_col_id(&r, &x.person);
        x.name = jm_col_text(&r, mem);
        x.birth = jm_col_text(&r, mem);
        x.region = jm_col_text(&r, mem);
        x.issued_on = jm_col_text(&r, mem);
        x.authority = jm_col_text(&r, mem);
        x.plastic = jm_col_int(&r);
        st = r.st == JM_OK ? each(ctx, &x) : r.st;
    }
    enum jm_status end = jm_sql_end(&r);
    return st != JM_OK ? st : end;
}
