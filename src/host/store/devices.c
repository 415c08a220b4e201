/* SPDX-License-Identifier: Apache-2.0 */
/* The service has no rules beyond its constraints: one open device a person is an index of the
 * table. */
#include "service/devices/devices.h"

#include <string.h>

#include "host/store/store.h"

static enum jm_status read_device(struct jm_rows *r, struct jm_device *out)
{
    jm_col_id(r, &out->id);
    jm_col_id(r, &out->person);
    jm_col_exact(r, out->jkt, 32);
    out->level = jm_col_int(r);
    out->state = jm_col_small(r);
    return jm_sql_end(r);
}

enum jm_status jm_device_in(struct jm_tx *tx, const struct jm_id *id, struct jm_device *out)
{
    struct jm_rows r;

    memset(out, 0, sizeof *out);
    JM_TRY(jm_sql_one(&r, tx, "SELECT id, person, jkt, level, state FROM device WHERE id = ?",
                      JM_ARGS(JM_ID(id))));
    return read_device(&r, out);
}

enum jm_status jm_device_open_of(struct jm_tx *tx, const struct jm_id *person,
                                 struct jm_device *out)
{
    struct jm_rows r;

    memset(out, 0, sizeof *out);
    JM_TRY(jm_sql_one(
        &r, tx, "SELECT id, person, jkt, level, state FROM device WHERE person = ? AND state = 1",
        JM_ARGS(JM_ID(person))));
    return read_device(&r, out);
}

enum jm_status jm_device_add_in(struct jm_tx *tx, const struct jm_device *d)
{
    return jm_sql_run(
        tx, "INSERT INTO device (id, person, jkt, level, state, opened) VALUES (?,?,?,?,1,?)",
        JM_ARGS(JM_ID(&d->id), JM_ID(&d->person), JM_B(jm_bytes(d->jkt, 32)), JM_I(d->level),
                JM_I(jm_tx_now(tx))));
}

enum jm_status jm_device_close_in(struct jm_tx *tx, const struct jm_id *id)
{
    return jm_sql_cas(tx, "UPDATE device SET state = 2, closed = ? WHERE id = ? AND state = 1",
                      JM_ARGS(JM_I(jm_tx_now(tx)), JM_ID(id)));
}

enum jm_status jm_device_key_known_in(struct jm_tx *tx, const uint8_t jkt[32], bool *known)
{
    int64_t n;

    *known = true;
    JM_TRY(jm_sql_int(&n, tx, "SELECT EXISTS (SELECT 1 FROM device WHERE jkt = ?)",
                      JM_ARGS(JM_B(jm_bytes(jkt, 32)))));
    *known = n != 0;
    return JM_OK;
}
