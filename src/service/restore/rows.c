/* SPDX-License-Identifier: Apache-2.0 */
#include "service/restore/parts.h"

#include "service/sql.h"

enum jm_status jm_restore_rows_add(struct jm_tx *tx, int64_t lost)
{
    return jm_sql_run(tx, "INSERT INTO restored (at, lost) VALUES ($1,$2)",
                      JM_ARGS(JM_I(jm_tx_now(tx)), JM_I(lost)));
}

enum jm_status jm_restore_rows_last(struct jm_tx *tx, int64_t *at)
{
    return jm_sql_int(at, tx, "SELECT COALESCE(MAX(at), 0) FROM restored", JM_NO_ARGS);
}
