/* SPDX-License-Identifier: Apache-2.0 */
#include "service/notices/notices.h"

#include "service/sql.h"

enum jm_status jm_notice_in(struct jm_tx *tx, const struct jm_id *person, const char *kind,
                            struct jm_bytes channel)
{
    return jm_sql_run(tx, "INSERT INTO notice (person, at, kind, channel) VALUES ($1,$2,$3,$4)",
                      JM_ARGS(JM_ID(person), JM_I(jm_tx_now(tx)), JM_T(jm_str(kind)),
                              JM_T(channel)));
}
