/* SPDX-License-Identifier: Apache-2.0 */
#include "service/provider/parts.h"

#include "service/sql.h"

enum jm_status jm_instance_rows_see(struct jm_tx *tx, const uint8_t jkt[32],
                                    struct jm_bytes platform, bool *withdrawn)
{
    int64_t state;

    JM_TRY(jm_sql_run(tx,
                      "INSERT INTO instance (jkt, platform, first, seen, state) VALUES "
                      "($1,$2,$3,$3,$4) ON CONFLICT (jkt) DO UPDATE SET seen = excluded.seen",
                      JM_ARGS(JM_HASH(jkt), JM_T(platform), JM_I(jm_tx_now(tx)),
                              JM_I(JM_INSTANCE_KNOWN))));
    JM_TRY(
        jm_sql_int(&state, tx, "SELECT state FROM instance WHERE jkt = $1", JM_ARGS(JM_HASH(jkt))));
    *withdrawn = state != JM_INSTANCE_KNOWN;
    return JM_OK;
}

enum jm_status jm_instance_rows_withdraw(struct jm_tx *tx, const uint8_t jkt[32])
{
    return jm_sql_cas(tx, "UPDATE instance SET state = $1 WHERE jkt = $2",
                      JM_ARGS(JM_I(JM_INSTANCE_WITHDRAWN), JM_HASH(jkt)));
}

enum jm_status jm_instance_rows_sweep(struct jm_tx *tx, int64_t once, int64_t unseen)
{
    return jm_sql_run(
        tx,
        "DELETE FROM instance WHERE state = $1 AND (seen <= $2 OR (seen = first AND seen <= $3))",
        JM_ARGS(JM_I(JM_INSTANCE_KNOWN), JM_I(unseen), JM_I(once)));
}
