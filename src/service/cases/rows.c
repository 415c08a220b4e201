/* SPDX-License-Identifier: Apache-2.0 */
#include "service/cases/parts.h"

#include <string.h>

#include "service/sql.h"

#define COLUMNS                                                                                \
    "id, person, centre, clerk, route, serial, state, opened, scan_by, case_by, offer, code, " \
    "jti, ticket, jkt, sign, tx_mac, tries, "                                                  \
    "second, reason, card, type, keys, waits"

/* The states in which a case is open, as arguments. */
#define OPEN JM_I(JM_CASE_CREATED), JM_I(JM_CASE_SCANNED), JM_I(JM_CASE_CODE_OK)

static void read_optional(struct jm_rows *r, void *out, size_t len, bool *there,
                          struct jm_arena *mem)
{
    struct jm_bytes b = jm_col_blob(r, mem);

    *there = b.len == len;
    if (*there)
        memcpy(out, b.ptr, len);
}

static void read_columns(struct jm_rows *r, struct jm_case *c, struct jm_arena *mem)
{
    bool has_mac;

    memset(c, 0, sizeof *c);
    jm_col_id(r, &c->id);
    jm_col_id(r, &c->person);
    c->centre = jm_col_text(r, mem);
    c->clerk = jm_col_text(r, mem);
    c->route = jm_col_int(r);
    c->serial = jm_col_text(r, mem);
    c->state = jm_col_small(r);
    c->opened = jm_col_int(r);
    c->scan_by = jm_col_int(r);
    c->case_by = jm_col_int(r);
    jm_col_exact(r, c->offer, 32);
    jm_col_exact(r, c->grant_code, 32);
    c->jti = jm_col_text(r, mem);
    c->ticket = jm_col_text(r, mem);
    read_optional(r, c->jkt, 32, &c->has_jkt, mem);
    c->sign = jm_col_text(r, mem);
    read_optional(r, c->match_mac, 32, &has_mac, mem);
    c->tries = jm_col_int(r);
    c->second = jm_col_int(r) != 0;
    c->reason = jm_col_text(r, mem);
    read_optional(r, c->card.octets, 16, &c->has_card, mem);
    c->type = jm_col_text(r, mem);
    c->keys = jm_col_blob(r, mem);
    c->waits = jm_col_small(r);
}

static enum jm_status read_case(struct jm_rows *r, struct jm_case *c, struct jm_arena *mem)
{
    read_columns(r, c, mem);
    return jm_sql_end(r);
}

enum jm_status jm_case_add_in(struct jm_tx *tx, const struct jm_case *c)
{
    return jm_sql_run(
        tx,
        "INSERT INTO desk_case (id, person, centre, clerk, route, serial, state, "
        "opened, scan_by, case_by, offer, code, jti, ticket, tries, second, type, keys, "
        "waits) VALUES ($1,$2,$3,$4,$5,$6,$7,$8,$9,$10,$11,$12,$13,$14,0,0,$15,$16,$17)",
        JM_ARGS(JM_ID(&c->id), JM_ID(&c->person), JM_T(c->centre), JM_T(c->clerk), JM_I(c->route),
                JM_T(c->serial), JM_I(JM_CASE_CREATED), JM_I(c->opened), JM_I(c->scan_by),
                JM_I(c->case_by), JM_HASH(c->offer), JM_HASH(c->grant_code), JM_T(c->jti),
                JM_T(c->ticket), JM_T(c->type), JM_B_OR_NUL(c->keys), JM_I(c->waits)));
}

enum jm_status jm_case_in(struct jm_tx *tx, const struct jm_id *id, struct jm_case *out,
                          struct jm_arena *mem)
{
    struct jm_rows r;

    JM_TRY(
        jm_sql_one(&r, tx, "SELECT " COLUMNS " FROM desk_case WHERE id = $1", JM_ARGS(JM_ID(id))));
    return read_case(&r, out, mem);
}

enum jm_status jm_case_by_offer(struct jm_tx *tx, const uint8_t hash[32], struct jm_case *out,
                                struct jm_arena *mem)
{
    struct jm_rows r;

    JM_TRY(jm_sql_one(&r, tx, "SELECT " COLUMNS " FROM desk_case WHERE offer = $1",
                      JM_ARGS(JM_HASH(hash))));
    return read_case(&r, out, mem);
}

enum jm_status jm_case_by_grant_code(struct jm_tx *tx, const uint8_t hash[32], struct jm_case *out,
                                     struct jm_arena *mem)
{
    struct jm_rows r;

    JM_TRY(jm_sql_one(&r, tx, "SELECT " COLUMNS " FROM desk_case WHERE code = $1",
                      JM_ARGS(JM_HASH(hash))));
    return read_case(&r, out, mem);
}

enum jm_status jm_case_rows_open_of(struct jm_tx *tx, const struct jm_id *person,
                                    struct jm_case *out, struct jm_arena *mem)
{
    struct jm_rows r;

    JM_TRY(jm_sql_one(&r, tx,
                      "SELECT " COLUMNS
                      " FROM desk_case WHERE person = $1 AND state IN ($2, $3, $4)",
                      JM_ARGS(JM_ID(person), OPEN)));
    return read_case(&r, out, mem);
}

enum jm_status jm_case_rows_bind(struct jm_tx *tx, const struct jm_id *id, const uint8_t jkt[32],
                                 struct jm_bytes sign, int64_t case_by)
{
    return jm_sql_cas(tx,
                      "UPDATE desk_case SET jkt = $1, sign = $2, state = $3, case_by = $4 WHERE id "
                      "= $5 AND jkt IS NULL AND state = $6",
                      JM_ARGS(JM_HASH(jkt), JM_T(sign), JM_I(JM_CASE_SCANNED), JM_I(case_by),
                              JM_ID(id), JM_I(JM_CASE_CREATED)));
}

enum jm_status jm_case_note_second(struct jm_tx *tx, const struct jm_id *id)
{
    return jm_sql_run(tx, "UPDATE desk_case SET second = 1 WHERE id = $1", JM_ARGS(JM_ID(id)));
}

enum jm_status jm_case_set_match_code(struct jm_tx *tx, const struct jm_id *id,
                                      const uint8_t mac[32])
{
    return jm_sql_cas(tx, "UPDATE desk_case SET tx_mac = $1 WHERE id = $2 AND state = $3",
                      JM_ARGS(JM_HASH(mac), JM_ID(id), JM_I(JM_CASE_SCANNED)));
}

enum jm_status jm_case_rows_try(struct jm_tx *tx, const struct jm_id *id, int64_t *tries)
{
    JM_TRY(jm_sql_cas(tx, "UPDATE desk_case SET tries = tries + 1 WHERE id = $1 AND state = $2",
                      JM_ARGS(JM_ID(id), JM_I(JM_CASE_SCANNED))));
    return jm_sql_int(tries, tx, "SELECT tries FROM desk_case WHERE id = $1", JM_ARGS(JM_ID(id)));
}

enum jm_status jm_case_move(struct jm_tx *tx, const struct jm_id *id, enum jm_case_state from,
                            enum jm_case_state to)
{
    return jm_sql_cas(tx, "UPDATE desk_case SET state = $1 WHERE id = $2 AND state = $3",
                      JM_ARGS(JM_I(to), JM_ID(id), JM_I(from)));
}

enum jm_status jm_case_end(struct jm_tx *tx, const struct jm_id *id, enum jm_case_state from,
                           enum jm_case_state to, const char *reason)
{
    return jm_sql_cas(tx,
                      "UPDATE desk_case SET state = $1, reason = $2 WHERE id = $3 AND state = $4",
                      JM_ARGS(JM_I(to), JM_T(jm_str(reason)), JM_ID(id), JM_I(from)));
}

enum jm_status jm_case_set_card(struct jm_tx *tx, const struct jm_id *id, const struct jm_id *card)
{
    return jm_sql_cas(tx, "UPDATE desk_case SET card = $1 WHERE id = $2 AND card IS NULL",
                      JM_ARGS(JM_ID(card), JM_ID(id)));
}

enum jm_status jm_case_cancel_open(struct jm_tx *tx, const struct jm_id *person, const char *reason)
{
    return jm_sql_run(
        tx,
        "UPDATE desk_case SET state = $1, reason = $2 WHERE person = $3 AND state IN ($4, $5, $6)",
        JM_ARGS(JM_I(JM_CASE_CANCELLED), JM_T(jm_str(reason)), JM_ID(person), OPEN));
}

enum jm_status jm_case_refuse_open(struct jm_tx *tx, const struct jm_id *person,
                                   struct jm_bytes centre, const char *reason)
{
    return jm_sql_run(tx,
                      /* by the person's index, not by that of the centre's many cases */
                      "UPDATE desk_case SET state = $1, reason = $2 WHERE person = $3 AND centre "
                      "|| '' = $4 AND state IN ($5, $6, $7)",
                      JM_ARGS(JM_I(JM_CASE_REFUSED), JM_T(jm_str(reason)), JM_ID(person),
                              JM_T(centre), OPEN));
}

static enum jm_status open_list(struct jm_rows *r, struct jm_tx *tx, struct jm_bytes centre,
                                struct jm_bytes clerk, int64_t since)
{
    if (clerk.len == 0)
        return jm_sql_open(r, tx,
                           "SELECT " COLUMNS " FROM desk_case WHERE centre = $1 AND opened >= $2 "
                           "ORDER BY opened DESC, id",
                           JM_ARGS(JM_T(centre), JM_I(since)));
    return jm_sql_open(r, tx,
                       "SELECT " COLUMNS " FROM desk_case WHERE centre = $1 AND opened >= $2 AND "
                       "clerk = $3 ORDER BY opened DESC, id",
                       JM_ARGS(JM_T(centre), JM_I(since), JM_T(clerk)));
}

enum jm_status jm_cases_of(struct jm_tx *tx, struct jm_bytes centre, struct jm_bytes clerk,
                           int64_t since, struct jm_case *out, size_t *n, struct jm_arena *mem)
{
    struct jm_rows r;

    *n = 0;
    JM_TRY(open_list(&r, tx, centre, clerk, since));
    while (*n < JM_CASES_OF_MAX && jm_sql_next(&r))
        read_columns(&r, &out[(*n)++], mem);
    return jm_sql_end(&r);
}

enum jm_status jm_cases_cancel_all(struct jm_tx *tx, const char *reason, int64_t *n)
{
    JM_TRY(jm_sql_run(tx,
                      "UPDATE desk_case SET state = $1, reason = $2 WHERE state IN ($3, $4, $5)",
                      JM_ARGS(JM_I(JM_CASE_CANCELLED), JM_T(jm_str(reason)), OPEN)));
    *n = jm_sql_changed(tx);
    return JM_OK;
}

enum jm_status jm_cases_waiting(struct jm_tx *tx, struct jm_bytes municipality, struct jm_case *out,
                                size_t *n, struct jm_arena *mem)
{
    struct jm_rows r;

    *n = 0;
    JM_TRY(jm_sql_open(
        &r, tx,
        "SELECT " COLUMNS " FROM desk_case WHERE waits = $1 AND state IN ($2, $3) AND "
        "case_by > $4 AND EXISTS (SELECT 1 FROM address a WHERE a.person = desk_case.person AND "
        "a.until IS NULL AND substr(a.region10, 1, $5) = $6) ORDER BY opened, id",
        JM_ARGS(JM_I(JM_CASE_WAITS), JM_I(JM_CASE_SCANNED), JM_I(JM_CASE_CODE_OK),
                JM_I(jm_tx_now(tx)), JM_I(municipality.len), JM_T(municipality))));
    while (*n < JM_APPLICATIONS_MAX && jm_sql_next(&r))
        read_columns(&r, &out[(*n)++], mem);
    return jm_sql_end(&r);
}

enum jm_status jm_case_waited_in(struct jm_tx *tx, const struct jm_id *id)
{
    return jm_sql_cas(tx, "UPDATE desk_case SET waits = $1 WHERE id = $2 AND waits = $3",
                      JM_ARGS(JM_I(JM_CASE_WAITED), JM_ID(id), JM_I(JM_CASE_WAITS)));
}
