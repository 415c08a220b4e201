/* SPDX-License-Identifier: Apache-2.0 */
#include "service/cases/store.h"

#include <string.h>

#include "host/store/store.h"

#define COLUMNS                                                                                \
    "id, person, centre, clerk, route, serial, state, opened, scan_by, case_by, offer, code, " \
    "jti, ticket, jkt, sign, tx_mac, tries, "                                                  \
    "second, reason, card"

static void optional(struct jm_rows *r, void *out, size_t len, bool *there, struct jm_arena *mem)
{
    struct jm_bytes b = jm_col_blob(r, mem);

    *there = b.len == len;
    if (*there)
        memcpy(out, b.ptr, len);
}

static enum jm_status read_case(struct jm_rows *r, struct jm_case *c, struct jm_arena *mem)
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
    jm_col_exact(r, c->code, 32);
    c->jti = jm_col_text(r, mem);
    c->ticket = jm_col_text(r, mem);
    optional(r, c->jkt, 32, &c->has_jkt, mem);
    c->sign = jm_col_text(r, mem);
    optional(r, c->tx_mac, 32, &has_mac, mem);
    c->tries = jm_col_int(r);
    c->second = jm_col_int(r) != 0;
    c->reason = jm_col_text(r, mem);
    optional(r, c->card.octets, 16, &c->has_card, mem);
    return jm_sql_end(r);
}

enum jm_status jm_case_add_in(struct jm_tx *tx, const struct jm_case *c)
{
    return jm_sql_run(tx,
                      "INSERT INTO desk_case (id, person, centre, clerk, route, serial, state, "
                      "opened, scan_by, case_by, offer, code, jti, "
                      "ticket, tries, second) VALUES (?,?,?,?,?,?,1,?,?,?,?,?,?,?,0,0)",
                      JM_ARGS(JM_ID(&c->id), JM_ID(&c->person), JM_T(c->centre), JM_T(c->clerk),
                              JM_I(c->route), JM_T(c->serial), JM_I(c->opened), JM_I(c->scan_by),
                              JM_I(c->case_by), JM_B(jm_bytes(c->offer, 32)),
                              JM_B(jm_bytes(c->code, 32)), JM_T(c->jti), JM_T(c->ticket)));
}

enum jm_status jm_case_in(struct jm_tx *tx, const struct jm_id *id, struct jm_case *out,
                          struct jm_arena *mem)
{
    struct jm_rows r;

    JM_TRY(
        jm_sql_one(&r, tx, "SELECT " COLUMNS " FROM desk_case WHERE id = ?", JM_ARGS(JM_ID(id))));
    return read_case(&r, out, mem);
}

enum jm_status jm_case_by_offer(struct jm_tx *tx, const uint8_t hash[32], struct jm_case *out,
                                struct jm_arena *mem)
{
    struct jm_rows r;

    JM_TRY(jm_sql_one(&r, tx, "SELECT " COLUMNS " FROM desk_case WHERE offer = ?",
                      JM_ARGS(JM_B(jm_bytes(hash, 32)))));
    return read_case(&r, out, mem);
}

enum jm_status jm_case_by_code(struct jm_tx *tx, const uint8_t hash[32], struct jm_case *out,
                               struct jm_arena *mem)
{
    struct jm_rows r;

    JM_TRY(jm_sql_one(&r, tx, "SELECT " COLUMNS " FROM desk_case WHERE code = ?",
                      JM_ARGS(JM_B(jm_bytes(hash, 32)))));
    return read_case(&r, out, mem);
}

enum jm_status jm_case_open_of(struct jm_tx *tx, const struct jm_id *person, struct jm_case *out,
                               struct jm_arena *mem)
{
    struct jm_rows r;
    enum jm_case_state at;

    JM_TRY(jm_sql_one(&r, tx,
                      "SELECT " COLUMNS " FROM desk_case WHERE person = ? AND state IN (1, 2, 3)",
                      JM_ARGS(JM_ID(person))));
    JM_TRY(read_case(&r, out, mem));
    at = jm_case_state_at(out, jm_tx_now(tx));
    return at == JM_CASE_EXPIRED ? JM_E_ABSENT : JM_OK;
}

enum jm_status jm_case_store_bind(struct jm_tx *tx, const struct jm_id *id, const uint8_t jkt[32],
                                  struct jm_bytes sign, int64_t case_by)
{
    return jm_sql_cas(tx,
                      "UPDATE desk_case SET jkt = ?, sign = ?, state = 2, case_by = ? WHERE id = ? "
                      "AND jkt IS NULL AND state = 1",
                      JM_ARGS(JM_B(jm_bytes(jkt, 32)), JM_T(sign), JM_I(case_by), JM_ID(id)));
}

enum jm_status jm_case_note_second(struct jm_tx *tx, const struct jm_id *id)
{
    return jm_sql_run(tx, "UPDATE desk_case SET second = 1 WHERE id = ?", JM_ARGS(JM_ID(id)));
}

enum jm_status jm_case_set_code(struct jm_tx *tx, const struct jm_id *id, const uint8_t mac[32])
{
    return jm_sql_cas(tx, "UPDATE desk_case SET tx_mac = ? WHERE id = ? AND state = 2",
                      JM_ARGS(JM_B(jm_bytes(mac, 32)), JM_ID(id)));
}

enum jm_status jm_case_store_try(struct jm_tx *tx, const struct jm_id *id, int64_t *tries)
{
    JM_TRY(jm_sql_cas(tx, "UPDATE desk_case SET tries = tries + 1 WHERE id = ? AND state = 2",
                      JM_ARGS(JM_ID(id))));
    return jm_sql_int(tries, tx, "SELECT tries FROM desk_case WHERE id = ?", JM_ARGS(JM_ID(id)));
}

enum jm_status jm_case_move(struct jm_tx *tx, const struct jm_id *id, enum jm_case_state from,
                            enum jm_case_state to)
{
    return jm_sql_cas(tx, "UPDATE desk_case SET state = ? WHERE id = ? AND state = ?",
                      JM_ARGS(JM_I(to), JM_ID(id), JM_I(from)));
}

enum jm_status jm_case_store_end(struct jm_tx *tx, const struct jm_id *id, enum jm_case_state from,
                                 enum jm_case_state to, const char *reason)
{
    return jm_sql_cas(tx, "UPDATE desk_case SET state = ?, reason = ? WHERE id = ? AND state = ?",
                      JM_ARGS(JM_I(to), JM_T(jm_str(reason)), JM_ID(id), JM_I(from)));
}

enum jm_status jm_case_set_card(struct jm_tx *tx, const struct jm_id *id, const struct jm_id *card)
{
    return jm_sql_cas(tx, "UPDATE desk_case SET card = ? WHERE id = ? AND card IS NULL",
                      JM_ARGS(JM_ID(card), JM_ID(id)));
}

enum jm_status jm_case_cancel_open(struct jm_tx *tx, const struct jm_id *person, const char *reason)
{
    return jm_sql_run(
        tx, "UPDATE desk_case SET state = 6, reason = ? WHERE person = ? AND state IN (1, 2, 3)",
        JM_ARGS(JM_T(jm_str(reason)), JM_ID(person)));
}

enum jm_status jm_cases_cancel_all(struct jm_tx *tx, const char *reason, int64_t *n)
{
    JM_TRY(jm_sql_run(tx, "UPDATE desk_case SET state = 6, reason = ? WHERE state IN (1, 2, 3)",
                      JM_ARGS(JM_T(jm_str(reason)))));
    *n = jm_sql_changed(tx);
    return JM_OK;
}
