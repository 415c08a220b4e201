/* SPDX-License-Identifier: Apache-2.0 */
#include "service/nonces/store.h"

#include "host/store/store.h"

enum jm_status jm_spent_store_add(struct jm_tx *tx, unsigned kind, struct jm_bytes hash,
                                  int64_t expires)
{
    return jm_sql_run(tx, "INSERT INTO spent (kind, value, expires) VALUES (?,?,?)",
                      JM_ARGS(JM_I(kind), JM_B(hash), JM_I(expires)));
}

enum jm_status jm_spent_store_sweep(struct jm_tx *tx, int64_t now)
{
    return jm_sql_run(tx, "DELETE FROM spent WHERE expires < ?", JM_ARGS(JM_I(now)));
}
