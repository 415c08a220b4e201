/* SPDX-License-Identifier: Apache-2.0 */
#include "service/register/parts.h"

#include "service/sql.h"

struct dates {
    char birth[11], since[11], taken[11];
};

static enum jm_status add_person(struct jm_tx *tx, const struct jm_person *p, const struct dates *d)
{
    /* the history of a row made up begins where the row says, not today */
    int64_t born = jm_seoul_midnight(p->birth);

    JM_TRY(jm_sql_run(
        tx, "INSERT INTO person (id, kind, state, birth, sex, version) VALUES ($1,$2,$3,$4,$5,1)",
        JM_ARGS(JM_ID(&p->id), JM_I(p->kind), JM_I(p->state), JM_T(jm_str(d->birth)),
                JM_I(p->sex))));
    JM_TRY(jm_sql_run(tx,
                      "INSERT INTO name (person, surname, given, hanja, surname_latin, "
                      "given_latin, since) VALUES ($1,$2,$3,$4,$5,$6,$7)",
                      JM_ARGS(JM_ID(&p->id), JM_T(p->surname), JM_T(p->given),
                              JM_T_OR_NUL(p->hanja), JM_T_OR_NUL(p->surname_latin),
                              JM_T_OR_NUL(p->given_latin), JM_I(born))));
    return jm_sql_run(tx,
                      "INSERT INTO address (person, region10, road12, postal, text, since, from_s) "
                      "VALUES ($1,$2,$3,$4,$5,$6,$7)",
                      JM_ARGS(JM_ID(&p->id), JM_T(p->region10), JM_T_OR_NUL(p->road12),
                              JM_T_OR_NUL(p->postal), JM_T(p->address), JM_T(jm_str(d->since)),
                              JM_I(jm_seoul_midnight(p->address_since))));
}

enum jm_status jm_register_rows_add(struct jm_tx *tx, const struct jm_new_person *n)
{
    const struct jm_person *p = &n->p;
    struct dates d;

    jm_date_format(d.birth, p->birth);
    jm_date_format(d.since, p->address_since);
    jm_date_format(d.taken, p->photo_taken);
    JM_TRY(add_person(tx, p, &d));
    JM_TRY(jm_sql_run(
        tx,
        "INSERT INTO rrn (id, person, sealed, lookup, since, reason) VALUES ($1,$2,$3,$4,$5,$6)",
        JM_ARGS(JM_ID(&p->rrn_row), JM_ID(&p->id), JM_B(p->rrn_sealed), JM_HASH(n->lookup),
                JM_I(jm_seoul_midnight(p->birth)), JM_T(JM_BYTES("GENERATED")))));
    if (p->photo_sealed.len != 0)
        JM_TRY(jm_sql_run(tx,
                          "INSERT INTO photo (id, person, sealed, taken_on) VALUES ($1,$2,$3,$4)",
                          JM_ARGS(JM_ID(&p->photo_row), JM_ID(&p->id), JM_B(p->photo_sealed),
                                  JM_T(jm_str(d.taken)))));
    if ((int)p->plastic.state == 0)
        return JM_OK;
    struct jm_plastic plastic = p->plastic;
    plastic.since = jm_seoul_midnight(plastic.issued_on);
    return jm_plastic_add_in(tx, &p->id, &plastic);
}

/* -- changes -- */

static enum jm_status grow(struct jm_tx *tx, const struct jm_id *person)
{
    return jm_sql_cas(tx, "UPDATE person SET version = version + 1 WHERE id = $1",
                      JM_ARGS(JM_ID(person)));
}

enum jm_status jm_register_move_in(struct jm_tx *tx, const struct jm_person *to, int64_t at)
{
    char since[11];

    jm_date_format(since, jm_seoul_date(at));
    JM_TRY(jm_sql_cas(
        tx, "UPDATE address SET until = $1 WHERE person = $2 AND until IS NULL AND from_s <= $3",
        JM_ARGS(JM_I(at), JM_ID(&to->id), JM_I(at))));
    JM_TRY(jm_sql_run(tx,
                      "INSERT INTO address (person, region10, road12, postal, text, since, from_s) "
                      "VALUES ($1,$2,$3,$4,$5,$6,$7)",
                      JM_ARGS(JM_ID(&to->id), JM_T(to->region10), JM_T_OR_NUL(to->road12),
                              JM_T_OR_NUL(to->postal), JM_T(to->address), JM_T(jm_str(since)),
                              JM_I(at))));
    return grow(tx, &to->id);
}

enum jm_status jm_register_name_in(struct jm_tx *tx, const struct jm_person *to, int64_t at)
{
    JM_TRY(
        jm_sql_cas(tx,
                   "UPDATE name SET until = $1 WHERE person = $2 AND until IS NULL AND since <= $3",
                   JM_ARGS(JM_I(at), JM_ID(&to->id), JM_I(at))));
    JM_TRY(jm_sql_run(tx,
                      "INSERT INTO name (person, surname, given, hanja, surname_latin, "
                      "given_latin, since) VALUES ($1,$2,$3,$4,$5,$6,$7)",
                      JM_ARGS(JM_ID(&to->id), JM_T(to->surname), JM_T(to->given),
                              JM_T_OR_NUL(to->hanja), JM_T_OR_NUL(to->surname_latin),
                              JM_T_OR_NUL(to->given_latin), JM_I(at))));
    return grow(tx, &to->id);
}

enum jm_status jm_register_rrn_in(struct jm_tx *tx, const struct jm_person *to,
                                  const uint8_t lookup[32], const char *reason, int64_t at)
{
    JM_TRY(
        jm_sql_cas(tx,
                   "UPDATE rrn SET until = $1 WHERE person = $2 AND until IS NULL AND since <= $3",
                   JM_ARGS(JM_I(at), JM_ID(&to->id), JM_I(at))));
    JM_TRY(jm_sql_run(
        tx,
        "INSERT INTO rrn (id, person, sealed, lookup, since, reason) VALUES ($1,$2,$3,$4,$5,$6)",
        JM_ARGS(JM_ID(&to->rrn_row), JM_ID(&to->id), JM_B(to->rrn_sealed), JM_HASH(lookup),
                JM_I(at), JM_T(jm_str(reason)))));
    return grow(tx, &to->id);
}

enum jm_status jm_rrn_known_in(struct jm_tx *tx, const uint8_t lookup[32], bool *known)
{
    return jm_sql_any(known, tx, "SELECT count(*) FROM rrn WHERE lookup = $1",
                      JM_ARGS(JM_HASH(lookup)));
}

enum jm_status jm_register_record_in(struct jm_tx *tx, const struct jm_id *person,
                                     struct jm_date birth, int64_t sex)
{
    char text[11];

    jm_date_format(text, birth);
    JM_TRY(jm_sql_cas(tx, "UPDATE person SET birth = $1, sex = $2 WHERE id = $3",
                      JM_ARGS(JM_T(jm_str(text)), JM_I(sex), JM_ID(person))));
    return grow(tx, person);
}

enum jm_status jm_register_status_in(struct jm_tx *tx, const struct jm_id *person,
                                     enum jm_person_kind kind, enum jm_person_state state)
{
    JM_TRY(jm_sql_cas(tx, "UPDATE person SET kind = $1, state = $2 WHERE id = $3",
                      JM_ARGS(JM_I(kind), JM_I(state), JM_ID(person))));
    return grow(tx, person);
}

enum jm_status jm_plastic_move_at(struct jm_tx *tx, struct jm_bytes serial,
                                  enum jm_plastic_state from, enum jm_plastic_state to, int64_t at)
{
    return jm_sql_cas(
        tx, "UPDATE physical_card SET state = $1, since = $2 WHERE serial = $3 AND state = $4",
        JM_ARGS(JM_I(to), JM_I(at), JM_T(serial), JM_I(from)));
}

enum jm_status jm_plastic_add_in(struct jm_tx *tx, const struct jm_id *person,
                                 const struct jm_plastic *p)
{
    char issued[11];

    jm_date_format(issued, p->issued_on);
    JM_TRY(jm_sql_run(tx,
                      "INSERT INTO physical_card (serial, person, kind, issued_on, authority, "
                      "state, since) VALUES ($1,$2,$3,$4,$5,$6,$7)",
                      JM_ARGS(JM_T(p->serial), JM_ID(person), JM_I(p->kind), JM_T(jm_str(issued)),
                              JM_T(p->authority), JM_I(p->state), JM_I(p->since))));
    return grow(tx, person);
}
