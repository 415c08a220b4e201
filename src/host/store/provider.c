/* SPDX-License-Identifier: Apache-2.0 */
#include "service/provider/store.h"

#include "host/store/store.h"

enum jm_status jm_instance_store_see(struct jm_tx *tx, const uint8_t jkt[32],
                                     struct jm_bytes platform, bool *withdrawn)
{
    int64_t state;

    JM_TRY(jm_sql_run(tx,
                      "INSERT INTO instance (jkt, platform, first, seen, state) VALUES (?,?,?,?,1) "
                      "ON CONFLICT (jkt) DO UPDATE SET seen = excluded.seen",
                      JM_ARGS(JM_B(jm_bytes(jkt, 32)), JM_T(platform), JM_I(jm_tx_now(tx)),
                              JM_I(jm_tx_now(tx)))));
    JM_TRY(jm_sql_int(&state, tx, "SELECT state FROM instance WHERE jkt = ?",
                      JM_ARGS(JM_B(jm_bytes(jkt, 32)))));
    *withdrawn = state != 1;
    return JM_OK;
}

enum jm_status jm_instance_store_withdraw(struct jm_tx *tx, const uint8_t jkt[32])
{
    return jm_sql_cas(tx, "UPDATE instance SET state = 2 WHERE jkt = ? AND state = 1",
                      JM_ARGS(JM_B(jm_bytes(jkt, 32))));
}

enum jm_status jm_instance_store_sweep(struct jm_tx *tx, int64_t once, int64_t unseen)
{
    return jm_sql_run(
        tx, "DELETE FROM instance WHERE state = 1 AND (seen <= ? OR (seen = first AND seen <= ?))",
        JM_ARGS(JM_I(unseen), JM_I(once)));
}
