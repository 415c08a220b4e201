/* SPDX-License-Identifier: Apache-2.0 */
#include "service/lifecycle/parts.h"

#include <string.h>

#include "jumin/civil.h"
#include "service/devices/devices.h"
#include "service/sql.h"

#define COLUMNS \
    "id, person, device, type, serial, number, refresh_due, issued, expires, level, state"

/* The states of a card that is live, as arguments. */
#define LIVE JM_I(JM_CARD_PENDING), JM_I(JM_CARD_ACTIVE), JM_I(JM_CARD_SUSPENDED)

static void card_columns(struct jm_rows *r, struct jm_card *c, struct jm_arena *mem)
{
    struct jm_bytes device;

    memset(c, 0, sizeof *c);
    jm_col_id(r, &c->id);
    jm_col_id(r, &c->person);
    device = jm_col_blob(r, mem);
    if (device.len == sizeof c->device.octets) {
        memcpy(c->device.octets, device.ptr, device.len);
        c->has_device = true;
    }
    c->type = jm_col_text(r, mem);
    c->serial = jm_col_text(r, mem);
    c->number = jm_col_text(r, mem);
    c->refresh_due = jm_col_text(r, mem);
    c->issued = jm_col_int(r);
    c->expires = jm_col_int(r);
    c->level = jm_col_int(r);
    c->state = jm_col_small(r);
}

static enum jm_status read_card(struct jm_rows *r, struct jm_card *c, struct jm_arena *mem)
{
    card_columns(r, c, mem);
    return jm_sql_end(r);
}

/* Which of the seven kinds of hold a set has, as arguments; 0 is none of them. */
#define KIND(set, k) JM_I(((set) >> (k) & 1) != 0 ? (int)(k) : 0)
#define KINDS(set)                                                                                \
    KIND(set, JM_HOLD_SELF_LOCK), KIND(set, JM_HOLD_LOST_PHONE), KIND(set, JM_HOLD_LINE_CHANGED), \
        KIND(set, JM_HOLD_FRAUD), KIND(set, JM_HOLD_MASS), KIND(set, JM_HOLD_LEGAL),              \
        KIND(set, JM_HOLD_LOST_PLASTIC)

enum jm_status jm_card_in(struct jm_tx *tx, const struct jm_id *id, struct jm_card *out,
                          struct jm_arena *mem)
{
    struct jm_rows r;

    JM_TRY(jm_sql_one(&r, tx, "SELECT " COLUMNS " FROM card WHERE id = $1", JM_ARGS(JM_ID(id))));
    return read_card(&r, out, mem);
}

enum jm_status jm_cards_live_of(struct jm_tx *tx, const struct jm_id *person, struct jm_live *out,
                                struct jm_arena *mem)
{
    struct jm_rows r;

    out->n = 0;
    JM_TRY(jm_sql_open(&r, tx,
                       "SELECT " COLUMNS " FROM card WHERE person = $1 AND state IN ($2, $3, $4) "
                       "ORDER BY type",
                       JM_ARGS(JM_ID(person), LIVE)));
    while (jm_sql_next(&r)) {
        if (out->n == JM_LIVE_MAX)
            r.st = JM_E_LIMIT;
        else
            card_columns(&r, &out->card[out->n++], mem);
    }
    return jm_sql_end(&r);
}

enum jm_status jm_card_by_loss_code(struct jm_tx *tx, struct jm_bytes mac, struct jm_card *out,
                                    struct jm_arena *mem)
{
    struct jm_rows r;

    JM_TRY(
        jm_sql_one(&r, tx,
                   "SELECT " COLUMNS
                   " FROM card WHERE loss = $1 OR id = (SELECT card FROM loss_code WHERE mac = $2)",
                   JM_ARGS(JM_B(mac), JM_B(mac))));
    return read_card(&r, out, mem);
}

enum jm_status jm_card_add_loss_code_in(struct jm_tx *tx, const struct jm_id *card,
                                        struct jm_bytes loss_mac)
{
    int64_t n;

    JM_TRY(jm_sql_int(&n, tx, "SELECT coalesce(max(n), 0) FROM loss_code WHERE card = $1",
                      JM_ARGS(JM_ID(card))));
    JM_TRY(jm_sql_run(tx, "DELETE FROM loss_code WHERE card = $1 AND n <= $2",
                      JM_ARGS(JM_ID(card), JM_I(n + 1 - JM_LOSS_CODES_MORE))));
    return jm_sql_run(tx, "INSERT INTO loss_code (mac, card, n) VALUES ($1,$2,$3)",
                      JM_ARGS(JM_B(loss_mac), JM_ID(card), JM_I(n + 1)));
}

enum jm_status jm_card_add_in(struct jm_tx *tx, const struct jm_card *c, struct jm_bytes loss_mac)
{
    return jm_sql_run(tx,
                      "INSERT INTO card (id, person, device, type, serial, number, issued, "
                      "expires, level, state, loss, nth) VALUES "
                      "($1,$2,$3,$4,$5,$6,$7,$8,$9,$10,$11,$12)",
                      JM_ARGS(JM_ID(&c->id), JM_ID(&c->person),
                              c->has_device ? JM_ID(&c->device) : JM_NUL, JM_T(c->type),
                              JM_T(c->serial), JM_T(c->number), JM_I(c->issued), JM_I(c->expires),
                              JM_I(c->level), JM_I(JM_CARD_PENDING), JM_B_OR_NUL(loss_mac),
                              JM_I(c->nth)));
}

enum jm_status jm_card_move(struct jm_tx *tx, const struct jm_id *card, enum jm_card_state from,
                            enum jm_card_state to)
{
    return jm_sql_cas(tx, "UPDATE card SET state = $1 WHERE id = $2 AND state = $3",
                      JM_ARGS(JM_I(to), JM_ID(card), JM_I(from)));
}

enum jm_status jm_lifecycle_rows_event(struct jm_tx *tx, const struct jm_id *card,
                                       const char *event, const char *reason,
                                       const struct jm_actor *who, int64_t audit)
{
    return jm_sql_run(tx,
                      "INSERT INTO card_event (card, at, event, reason, actor, channel, audit) "
                      "VALUES ($1,$2,$3,$4,$5,$6,$7)",
                      JM_ARGS(JM_ID(card), JM_I(jm_tx_now(tx)), JM_T(jm_str(event)),
                              JM_T(jm_str(reason)), JM_T(who->name), JM_T(who->channel),
                              JM_I(audit)));
}

enum jm_status jm_lifecycle_rows_hold(struct jm_tx *tx, const struct jm_id *card,
                                      enum jm_hold_kind kind, const struct jm_actor *who,
                                      bool *opened)
{
    int64_t n;

    *opened = false;
    JM_TRY(jm_sql_int(&n, tx,
                      "SELECT count(*) FROM hold WHERE card = $1 AND kind = $2 AND closed IS NULL",
                      JM_ARGS(JM_ID(card), JM_I(kind))));
    if (n > 0)
        return JM_OK;
    *opened = true;
    return jm_sql_run(
        tx, "INSERT INTO hold (card, kind, channel, actor, opened) VALUES ($1,$2,$3,$4,$5)",
        JM_ARGS(JM_ID(card), JM_I(kind), JM_T(who->channel), JM_T(who->name), JM_I(jm_tx_now(tx))));
}

enum jm_status jm_lifecycle_rows_release(struct jm_tx *tx, const struct jm_id *card, unsigned kinds,
                                         struct jm_bytes evidence, int64_t *closed, int64_t *left)
{
    JM_TRY(jm_sql_run(tx,
                      "UPDATE hold SET closed = $1, evidence = $2 WHERE card = $3 AND closed IS "
                      "NULL AND kind IN ($4, $5, $6, $7, $8, $9, $10)",
                      JM_ARGS(JM_I(jm_tx_now(tx)), JM_T(evidence), JM_ID(card), KINDS(kinds))));
    *closed = jm_sql_changed(tx);
    return jm_sql_int(left, tx, "SELECT count(*) FROM hold WHERE card = $1 AND closed IS NULL",
                      JM_ARGS(JM_ID(card)));
}

enum jm_status jm_lifecycle_rows_due(struct jm_tx *tx, const struct jm_id *card, const char *due)
{
    return jm_sql_run(tx, "UPDATE card SET refresh_due = $1, due_since = $2 WHERE id = $3",
                      JM_ARGS(due == NULL ? JM_NUL : JM_T(jm_str(due)),
                              due == NULL ? JM_NUL : JM_I(jm_tx_now(tx)), JM_ID(card)));
}

enum jm_status jm_lifecycle_rows_overdue(struct jm_tx *tx, int64_t before, struct jm_id *card,
                                         size_t max, size_t *n)
{
    struct jm_rows r;

    *n = 0;
    JM_TRY(jm_sql_open(
        &r, tx,
        "SELECT id FROM card WHERE refresh_due = 'ADDRESS' AND due_since < $1 AND state IN ($2, "
        "$3) AND EXISTS (SELECT 1 FROM copy c JOIN status_index s ON s.shard = c.shard AND s.idx = "
        "c.idx WHERE c.card = card.id AND c.stale = 1 AND s.invalid = 0)",
        JM_ARGS(JM_I(before), JM_I(JM_CARD_ACTIVE), JM_I(JM_CARD_SUSPENDED))));
    while (*n < max && jm_sql_next(&r))
        jm_col_id(&r, &card[(*n)++]);
    return jm_sql_end(&r);
}

enum jm_status jm_card_rebind_in(struct jm_tx *tx, const struct jm_id *card, struct jm_bytes serial)
{
    return jm_sql_cas(tx, "UPDATE card SET serial = $1 WHERE id = $2 AND state IN ($3, $4, $5)",
                      JM_ARGS(JM_T(serial), JM_ID(card), LIVE));
}

enum jm_status jm_card_has_hold(struct jm_tx *tx, const struct jm_id *card, unsigned kinds,
                                bool *there)
{
    return jm_sql_any(there, tx,
                      "SELECT count(*) FROM hold WHERE card = $1 AND closed IS NULL AND kind IN "
                      "($2, $3, $4, $5, $6, $7, $8)",
                      JM_ARGS(JM_ID(card), KINDS(kinds)));
}

enum jm_status jm_plastic_missed_in(struct jm_tx *tx, const struct jm_id *person, bool *missed)
{
    return jm_sql_any(missed, tx,
                      "SELECT count(*) FROM hold h JOIN card c ON c.id = h.card WHERE c.person = "
                      "$1 AND c.state IN ($2, $3, $4) AND h.closed IS NULL AND h.kind = $5",
                      JM_ARGS(JM_ID(person), LIVE, JM_I(JM_HOLD_LOST_PLASTIC)));
}

enum jm_status jm_loss_reporter_in(struct jm_tx *tx, const struct jm_id *person,
                                   const struct jm_id *reporter)
{
    return jm_sql_run(
        tx,
        "INSERT INTO loss_reporter (person, reporter, at) VALUES ($1,$2,$3) ON CONFLICT DO NOTHING",
        JM_ARGS(JM_ID(person), JM_ID(reporter), JM_I(jm_tx_now(tx))));
}

enum jm_status jm_loss_reported_by(struct jm_tx *tx, const struct jm_id *person,
                                   const struct jm_id *reporter, bool *did)
{
    return jm_sql_any(did, tx,
                      "SELECT count(*) FROM loss_reporter WHERE person = $1 AND reporter = $2",
                      JM_ARGS(JM_ID(person), JM_ID(reporter)));
}

enum jm_status jm_lifecycle_rows_ending(struct jm_tx *tx, int64_t days, struct jm_warning *out,
                                        size_t max, size_t *n)
{
    struct jm_rows r;

    *n = 0;
    JM_TRY(
        jm_sql_open(&r, tx,
                    "SELECT id, person, device IS NOT NULL FROM card WHERE state IN ($1, $2) AND "
                    "expires > $3 AND expires <= $4 AND (told_days = 0 OR told_days > $5) ORDER "
                    "BY expires",
                    JM_ARGS(JM_I(JM_CARD_ACTIVE), JM_I(JM_CARD_SUSPENDED), JM_I(jm_tx_now(tx)),
                            JM_I(jm_tx_now(tx) + days * JM_DAY_S), JM_I(days))));
    while (*n < max && jm_sql_next(&r)) {
        struct jm_warning *w = &out[(*n)++];

        jm_col_id(&r, &w->card);
        jm_col_id(&r, &w->person);
        w->device = jm_col_int(&r) != 0;
    }
    return jm_sql_end(&r);
}

enum jm_status jm_lifecycle_rows_told(struct jm_tx *tx, const struct jm_id *card, int64_t days)
{
    return jm_sql_run(tx, "UPDATE card SET told_days = $1 WHERE id = $2",
                      JM_ARGS(JM_I(days), JM_ID(card)));
}

enum jm_status jm_device_of_another_in(struct jm_tx *tx, const uint8_t jkt[32],
                                       const struct jm_id *person, bool *there)
{
    return jm_sql_any(
        there, tx,
        "SELECT count(*) FROM device d JOIN card c ON c.person = d.person AND c.device = d.id "
        "WHERE d.jkt = $1 AND "
        "d.state = $2 AND d.person <> $3 AND c.state IN ($4, $5, $6) AND c.expires > $7",
        JM_ARGS(JM_HASH(jkt), JM_I(JM_DEVICE_OPEN), JM_ID(person), LIVE, JM_I(jm_tx_now(tx))));
}
