/* SPDX-License-Identifier: Apache-2.0 */
#include "service/nonces/parts.h"

#include "service/sql.h"

enum jm_status jm_spent_rows_add(struct jm_tx *tx, unsigned kind, struct jm_bytes hash,
                                 int64_t expires)
{
    return jm_sql_run(tx, "INSERT INTO spent (kind, value, expires) VALUES ($1,$2,$3)",
                      JM_ARGS(JM_I(kind), JM_B(hash), JM_I(expires)));
}

enum jm_status jm_spent_rows_sweep(struct jm_tx *tx, int64_t now)
{
    return jm_sql_run(tx, "DELETE FROM spent WHERE expires < $1", JM_ARGS(JM_I(now)));
}
