/* SPDX-License-Identifier: Apache-2.0 */
#include "service/events/parts.h"

#include "service/sql.h"

enum jm_status jm_events_rows_known(struct jm_tx *tx, struct jm_bytes source, struct jm_bytes id,
                                    uint8_t hash[32])
{
    struct jm_rows r;

    JM_TRY(jm_sql_one(&r, tx, "SELECT hash FROM life_event WHERE source = $1 AND event = $2",
                      JM_ARGS(JM_T(source), JM_T(id))));
    jm_col_exact(&r, hash, 32);
    return jm_sql_end(&r);
}

enum jm_status jm_events_rows_add(struct jm_tx *tx, const struct jm_life_event *ev,
                                  const uint8_t hash[32], const char *part, const char *outcome)
{
    return jm_sql_run(tx,
                      "INSERT INTO life_event (source, event, at, hash, person, kind, part, "
                      "effective, outcome) VALUES ($1,$2,$3,$4,$5,$6,$7,$8,$9)",
                      JM_ARGS(JM_T(ev->source), JM_T(ev->id), JM_I(jm_tx_now(tx)), JM_HASH(hash),
                              JM_ID(&ev->person), JM_T(jm_str(jm_life_kind_name(ev->kind))),
                              JM_T(jm_str(part)), JM_I(ev->at), JM_T(jm_str(outcome))));
}

enum jm_status jm_events_rows_latest(struct jm_tx *tx, const struct jm_id *person, const char *part,
                                     int64_t *effective)
{
    struct jm_rows r;

    *effective = INT64_MIN;
    JM_TRY(jm_sql_one(
        &r, tx,
        "SELECT max(effective) FROM life_event WHERE person = $1 AND part = $2 AND outcome <> $3",
        JM_ARGS(JM_ID(person), JM_T(jm_str(part)),
                JM_T(jm_str(jm_life_outcome_name(JM_LIFE_LATE))))));
    *effective = jm_col_int_or(&r, INT64_MIN);
    return jm_sql_end(&r);
}
