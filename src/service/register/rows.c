/* SPDX-License-Identifier: Apache-2.0 */
#include "service/register/parts.h"

#include <string.h>

#include "service/sql.h"

static void col_date(struct jm_rows *r, struct jm_date *out, struct jm_arena *mem)
{
    struct jm_bytes t = jm_col_text(r, mem);

    memset(out, 0, sizeof *out);
    if (t.len != 0 && jm_date_parse(out, t) != JM_OK && r->st == JM_OK)
        r->st = JM_E_IO;
}

static enum jm_status read_person(struct jm_tx *tx, const struct jm_id *id, struct jm_person *p,
                                  struct jm_arena *mem)
{
    struct jm_rows r;

    JM_TRY(jm_sql_one(
        &r, tx,
        "SELECT p.kind, p.state, p.birth, p.sex, n.surname, n.given, n.hanja, n.surname_latin, "
        "n.given_latin, a.region10, a.road12, a.building, a.postal, a.text, a.supplement, a.since, "
        "p.version, n.since, a.from_s, p.relief, p.many FROM person p JOIN name n ON n.person = "
        "p.id AND "
        "n.until IS "
        "NULL JOIN address a ON a.person = p.id AND a.until IS NULL WHERE p.id = $1",
        JM_ARGS(JM_ID(id))));
    p->id = *id;
    p->kind = jm_col_small(&r);
    p->state = jm_col_small(&r);
    col_date(&r, &p->birth, mem);
    p->sex = jm_col_int(&r);
    p->surname = jm_col_text(&r, mem);
    p->given = jm_col_text(&r, mem);
    p->hanja = jm_col_text(&r, mem);
    p->surname_latin = jm_col_text(&r, mem);
    p->given_latin = jm_col_text(&r, mem);
    p->region10 = jm_col_text(&r, mem);
    p->road12 = jm_col_text(&r, mem);
    p->building = jm_col_text(&r, mem);
    p->postal = jm_col_text(&r, mem);
    p->address = jm_col_text(&r, mem);
    p->supplement = jm_col_text(&r, mem);
    col_date(&r, &p->address_since, mem);
    p->version = jm_col_int(&r);
    p->name_since = jm_col_int(&r);
    p->address_from = jm_col_int(&r);
    p->relief = jm_col_text(&r, mem);
    p->many = jm_col_int(&r) != 0;
    return jm_sql_end(&r);
}

static enum jm_status read_sealed(struct jm_tx *tx, const struct jm_id *id, struct jm_person *p,
                                  struct jm_arena *mem)
{
    struct jm_rows r;
    enum jm_status st;

    JM_TRY(jm_sql_one(&r, tx,
                      "SELECT id, sealed, since FROM rrn WHERE person = $1 AND until IS NULL",
                      JM_ARGS(JM_ID(id))));
    jm_col_id(&r, &p->rrn_row);
    p->rrn_sealed = jm_col_blob(&r, mem);
    p->rrn_since = jm_col_int(&r);
    JM_TRY(jm_sql_end(&r));
    st = jm_sql_one(&r, tx,
                    "SELECT id, sealed, taken_on FROM photo WHERE person = $1 AND until IS NULL",
                    JM_ARGS(JM_ID(id)));
    if (st == JM_E_ABSENT)
        return JM_OK;
    JM_TRY(st);
    jm_col_id(&r, &p->photo_row);
    p->photo_sealed = jm_col_blob(&r, mem);
    col_date(&r, &p->photo_taken, mem);
    return jm_sql_end(&r);
}

#define PLASTIC "serial, kind, issued_on, authority, state, since"

static enum jm_status read_plastic_row(struct jm_rows *r, struct jm_plastic *p,
                                       struct jm_arena *mem)
{
    p->serial = jm_col_text(r, mem);
    p->kind = jm_col_small(r);
    col_date(r, &p->issued_on, mem);
    p->authority = jm_col_text(r, mem);
    p->state = jm_col_small(r);
    p->since = jm_col_int(r);
    return jm_sql_end(r);
}

static enum jm_status read_plastic(struct jm_tx *tx, const struct jm_id *id, struct jm_person *p,
                                   struct jm_arena *mem)
{
    struct jm_rows r;
    enum jm_status st =
        jm_sql_one(&r, tx,
                   "SELECT " PLASTIC
                   " FROM physical_card WHERE person = $1 ORDER BY CASE WHEN state "
                   "= $2 THEN 0 WHEN state = $3 THEN 1 WHEN state < $2 THEN 2 ELSE "
                   "3 END, issued_on DESC, serial DESC LIMIT 1",
                   JM_ARGS(JM_ID(id), JM_I(JM_PLASTIC_VALID), JM_I(JM_PLASTIC_LOST)));

    if (st == JM_E_ABSENT)
        return JM_OK;
    JM_TRY(st);
    return read_plastic_row(&r, &p->plastic, mem);
}

enum jm_status jm_plastic_in_state(struct jm_tx *tx, const struct jm_id *person,
                                   enum jm_plastic_state state, struct jm_plastic *out,
                                   struct jm_arena *mem)
{
    struct jm_rows r;

    memset(out, 0, sizeof *out);
    JM_TRY(jm_sql_one(&r, tx,
                      "SELECT " PLASTIC " FROM physical_card WHERE person = $1 AND state = $2 "
                      "ORDER BY issued_on DESC, serial DESC LIMIT 1",
                      JM_ARGS(JM_ID(person), JM_I(state))));
    return read_plastic_row(&r, out, mem);
}

enum jm_status jm_register_rows_person(struct jm_tx *tx, const struct jm_id *id,
                                       struct jm_person *out, struct jm_arena *mem)
{
    memset(out, 0, sizeof *out);
    JM_TRY(read_person(tx, id, out, mem));
    JM_TRY(read_sealed(tx, id, out, mem));
    return read_plastic(tx, id, out, mem);
}

/* Each way to ask is a statement of its own, or an engine would read everybody. */
#define FOUND                                                                                    \
    "SELECT p.id, n.surname || n.given, p.birth, a.region10, c.issued_on, c.authority, "         \
    "coalesce(c.state, 0), p.kind, p.state, r.id, r.sealed FROM person p JOIN name n ON "        \
    "n.person = p.id AND n.until IS NULL JOIN address a ON a.person = p.id AND a.until IS NULL " \
    "JOIN rrn r ON r.person = p.id AND r.until IS NULL LEFT JOIN physical_card c ON c.serial = " \
    "(SELECT serial FROM physical_card WHERE person = p.id ORDER BY CASE WHEN state = $1 THEN "  \
    "0 WHEN state = $2 THEN 1 WHEN state < $1 THEN 2 ELSE 3 END, issued_on DESC, serial DESC "   \
    "LIMIT 1) WHERE p.birth >= $3 AND p.birth <= $4 AND substr(a.region10, 1, length($5)) = $5 " \
    "AND ($6 = 0 OR coalesce(c.state, 0) = $7) AND ($8 = 0 OR p.kind = $8) AND ($9 IS NULL OR "  \
    "n.surname || n.given = $9) AND "
#define FIRST_FOUND " ORDER BY p.birth, p.id LIMIT $11"

static enum jm_status open_found(struct jm_rows *r, struct jm_tx *tx,
                                 const struct jm_register_find *f)
{
    const char *said = f->has_lookup   ? FOUND "r.lookup = $10" FIRST_FOUND
                       : f->has_person ? FOUND "p.id = $10" FIRST_FOUND
                                       : FOUND "p.state = $10" FIRST_FOUND;
    struct jm_arg who = f->has_lookup   ? JM_HASH(f->lookup)
                        : f->has_person ? JM_ID(&f->person)
                                        : JM_I(JM_PERSON_ALIVE);

    return jm_sql_open(r, tx, said,
                       JM_ARGS(JM_I(JM_PLASTIC_VALID), JM_I(JM_PLASTIC_LOST), JM_T(f->born_from),
                               JM_T(f->born_to), JM_T(f->region), JM_I(f->has_plastic),
                               JM_I(f->plastic), JM_I(f->kind), JM_T_OR_NUL(f->name), who,
                               JM_I(f->limit)));
}

enum jm_status jm_register_rows_find(struct jm_tx *tx, const struct jm_register_find *f,
                                     jm_register_each *each, void *ctx, struct jm_arena *mem)
{
    struct jm_rows r;
    enum jm_status st = JM_OK;

    JM_TRY(open_found(&r, tx, f));
    while (st == JM_OK && jm_sql_next(&r)) {
        struct jm_register_found x = {0};

        jm_col_id(&r, &x.person);
        x.name = jm_col_text(&r, mem);
        x.birth = jm_col_text(&r, mem);
        x.region = jm_col_text(&r, mem);
        x.issued_on = jm_col_text(&r, mem);
        x.authority = jm_col_text(&r, mem);
        x.plastic = jm_col_int(&r);
        x.kind = jm_col_int(&r);
        x.state = jm_col_int(&r);
        jm_col_id(&r, &x.rrn_row);
        x.rrn_sealed = jm_col_blob(&r, mem);
        if (r.st != JM_OK || !f->has_person || memcmp(&x.person, &f->person, sizeof x.person) == 0)
            st = r.st == JM_OK ? each(ctx, &x) : r.st;
    }
    enum jm_status end = jm_sql_end(&r);
    return st != JM_OK ? st : end;
}

/* -- a new person -- */

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

static enum jm_status grow_version(struct jm_tx *tx, const struct jm_id *person)
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
    return grow_version(tx, &to->id);
}

enum jm_status jm_register_photo_in(struct jm_tx *tx, const struct jm_person *to, int64_t at)
{
    char taken[11];

    jm_date_format(taken, jm_seoul_date(at));
    JM_TRY(jm_sql_run(tx, "UPDATE photo SET until = $1 WHERE person = $2 AND until IS NULL",
                      JM_ARGS(JM_I(at), JM_ID(&to->id))));
    JM_TRY(jm_sql_run(tx, "INSERT INTO photo (id, person, sealed, taken_on) VALUES ($1,$2,$3,$4)",
                      JM_ARGS(JM_ID(&to->photo_row), JM_ID(&to->id), JM_B(to->photo_sealed),
                              JM_T(jm_str(taken)))));
    return grow_version(tx, &to->id);
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
    return grow_version(tx, &to->id);
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
    return grow_version(tx, &to->id);
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
    return grow_version(tx, person);
}

enum jm_status jm_register_status_in(struct jm_tx *tx, const struct jm_id *person,
                                     enum jm_person_kind kind, enum jm_person_state state)
{
    JM_TRY(jm_sql_cas(tx, "UPDATE person SET kind = $1, state = $2 WHERE id = $3",
                      JM_ARGS(JM_I(kind), JM_I(state), JM_ID(person))));
    return grow_version(tx, person);
}

enum jm_status jm_register_relief_in(struct jm_tx *tx, const struct jm_id *person,
                                     struct jm_bytes group)
{
    return jm_sql_cas(tx, "UPDATE person SET relief = $1 WHERE id = $2",
                      JM_ARGS(JM_T(group), JM_ID(person)));
}

enum jm_status jm_register_many_in(struct jm_tx *tx, const struct jm_id *person, bool many)
{
    return jm_sql_cas(tx, "UPDATE person SET many = $1 WHERE id = $2",
                      JM_ARGS(JM_I(many), JM_ID(person)));
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
    return grow_version(tx, person);
}
