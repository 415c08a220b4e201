/* SPDX-License-Identifier: Apache-2.0 */
/* The service has no rules beyond its constraints: one open device a person is an index of the
 * table. */
#include "service/devices/devices.h"

#include <string.h>

#include "service/sql.h"

static enum jm_status read_device(struct jm_rows *r, struct jm_device *out)
{
    jm_col_id(r, &out->id);
    jm_col_id(r, &out->person);
    jm_col_exact(r, out->jkt, 32);
    out->level = jm_col_int(r);
    out->state = jm_col_small(r);
    out->counter = jm_col_int(r);
    return jm_sql_end(r);
}

int64_t jm_nth_of(const struct jm_id *device)
{
    int64_t n = 1;

    for (size_t i = 0; i < 6; i++)
        n = n << 8 | device->octets[i];
    return n;
}

enum jm_status jm_device_in(struct jm_tx *tx, const struct jm_id *id, struct jm_device *out)
{
    struct jm_rows r;

    memset(out, 0, sizeof *out);
    JM_TRY(jm_sql_one(&r, tx,
                      "SELECT id, person, jkt, level, state, counter FROM device WHERE id = $1",
                      JM_ARGS(JM_ID(id))));
    return read_device(&r, out);
}

enum jm_status jm_device_open_of(struct jm_tx *tx, const struct jm_id *person,
                                 struct jm_device *out)
{
    struct jm_rows r;

    memset(out, 0, sizeof *out);
    JM_TRY(jm_sql_one(&r, tx,
                      "SELECT id, person, jkt, level, state, counter FROM device WHERE person = $1 "
                      "AND state = $2",
                      JM_ARGS(JM_ID(person), JM_I(JM_DEVICE_OPEN))));
    return read_device(&r, out);
}

enum jm_status jm_device_of_key(struct jm_tx *tx, const uint8_t jkt[32], struct jm_device *out)
{
    struct jm_rows r;

    memset(out, 0, sizeof *out);
    JM_TRY(jm_sql_one(
        &r, tx,
        "SELECT id, person, jkt, level, state, counter FROM device WHERE jkt = $1 AND state = $2",
        JM_ARGS(JM_HASH(jkt), JM_I(JM_DEVICE_OPEN))));
    return read_device(&r, out);
}

enum jm_status jm_device_add_in(struct jm_tx *tx, const struct jm_device *d)
{
    return jm_sql_run(tx,
                      "INSERT INTO device (id, person, jkt, level, state, opened, nth) VALUES "
                      "($1,$2,$3,$4,$5,$6,$7)",
                      JM_ARGS(JM_ID(&d->id), JM_ID(&d->person), JM_HASH(d->jkt), JM_I(d->level),
                              JM_I(JM_DEVICE_OPEN), JM_I(jm_tx_now(tx)), JM_I(d->nth)));
}

enum jm_status jm_device_close_in(struct jm_tx *tx, const struct jm_id *id)
{
    return jm_sql_cas(tx, "UPDATE device SET state = $1, closed = $2 WHERE id = $3 AND state = $4",
                      JM_ARGS(JM_I(JM_DEVICE_CLOSED), JM_I(jm_tx_now(tx)), JM_ID(id),
                              JM_I(JM_DEVICE_OPEN)));
}

enum jm_status jm_device_key_known_in(struct jm_tx *tx, const uint8_t jkt[32], bool *known)
{
    return jm_sql_any(known, tx, "SELECT count(*) FROM device WHERE jkt = $1",
                      JM_ARGS(JM_HASH(jkt)));
}

enum jm_status jm_device_count_in(struct jm_tx *tx, const struct jm_id *id, int64_t from,
                                  int64_t to)
{
    return jm_sql_cas(tx, "UPDATE device SET counter = $1 WHERE id = $2 AND counter = $3",
                      JM_ARGS(JM_I(to), JM_ID(id), JM_I(from)));
}
