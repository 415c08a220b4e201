/* SPDX-License-Identifier: Apache-2.0 */
#include "service/verification/store.h"

#include <string.h>

#include "host/store/store.h"

#define COLUMNS                                                                                \
    "id, request, service, client, dcql, nonce, kid, enc, enc_sealed, token, state, created, " \
    "expires, decided, report, claims, claims_until, answer"
#define DESTROYED "nonce = NULL, kid = NULL, enc = NULL, enc_sealed = NULL, token = NULL"
/* Waiting, or ended by a word that anybody who saw the QR could have said: the key is there still.
 */
#define ANSWERABLE "(state IN (1, 2) OR (state IN (5, 7) AND nonce IS NOT NULL))"

enum jm_status jm_verification_store_add(struct jm_tx *tx, const struct jm_transaction *t)
{
    return jm_sql_run(tx,
                      "INSERT INTO presentation (id, request, service, client, dcql, nonce, kid, "
                      "enc, enc_sealed, token, state, tries, created, "
                      "expires) VALUES (?,?,?,?,?,?,?,?,?,?,1,0,?,?)",
                      JM_ARGS(JM_ID(&t->id), JM_T(t->request), JM_T(t->service), JM_T(t->client_id),
                              JM_T(t->dcql), JM_T(t->nonce), JM_T(t->kid),
                              JM_B(jm_point_bytes(&t->enc)), JM_B(t->enc_sealed), JM_T(t->token),
                              JM_I(t->created), JM_I(t->expires)));
}

static enum jm_status read_row(struct jm_rows *r, struct jm_transaction *t, struct jm_arena *mem)
{
    struct jm_bytes enc;

    memset(t, 0, sizeof *t);
    jm_col_id(r, &t->id);
    t->request = jm_col_text(r, mem);
    t->service = jm_col_text(r, mem);
    t->client_id = jm_col_text(r, mem);
    t->dcql = jm_col_text(r, mem);
    t->nonce = jm_col_text(r, mem);
    t->kid = jm_col_text(r, mem);
    enc = jm_col_blob(r, mem);
    if (enc.len == JM_POINT_LEN)
        memcpy(t->enc.octets, enc.ptr, JM_POINT_LEN);
    t->enc_sealed = jm_col_blob(r, mem);
    t->token = jm_col_text(r, mem);
    t->state = jm_col_small(r);
    t->created = jm_col_int(r);
    t->expires = jm_col_int(r);
    t->decided = jm_col_int_or(r, 0);
    t->report = jm_col_text(r, mem);
    t->claims = jm_col_blob(r, mem);
    t->claims_until = jm_col_int_or(r, 0);
    t->answer = jm_col_blob(r, mem);
    return jm_sql_end(r);
}

enum jm_status jm_verification_store_by_request(struct jm_tx *tx, struct jm_bytes request,
                                                struct jm_transaction *out, struct jm_arena *mem)
{
    struct jm_rows r;

    JM_TRY(jm_sql_one(&r, tx, "SELECT " COLUMNS " FROM presentation WHERE request = ?",
                      JM_ARGS(JM_T(request))));
    return read_row(&r, out, mem);
}

enum jm_status jm_verification_store_by_id(struct jm_tx *tx, const struct jm_id *id,
                                           struct jm_transaction *out, struct jm_arena *mem)
{
    struct jm_rows r;

    JM_TRY(jm_sql_one(&r, tx, "SELECT " COLUMNS " FROM presentation WHERE id = ?",
                      JM_ARGS(JM_ID(id))));
    return read_row(&r, out, mem);
}

enum jm_status jm_verification_store_fetched(struct jm_tx *tx, const struct jm_id *id)
{
    return jm_sql_run(tx, "UPDATE presentation SET state = 2 WHERE id = ? AND state = 1",
                      JM_ARGS(JM_ID(id)));
}

enum jm_status jm_verification_store_junk(struct jm_tx *tx, const struct jm_id *id, int64_t *tries)
{
    JM_TRY(jm_sql_cas(tx, "UPDATE presentation SET tries = tries + 1 WHERE id = ? AND " ANSWERABLE,
                      JM_ARGS(JM_ID(id))));
    return jm_sql_int(tries, tx, "SELECT tries FROM presentation WHERE id = ?", JM_ARGS(JM_ID(id)));
}

enum jm_status jm_verification_store_take(struct jm_tx *tx, const struct jm_id *id,
                                          const uint8_t answer[32])
{
    return jm_sql_cas(
        tx,
        "UPDATE presentation SET state = 3, decided = ?, report = NULL, answer = ?, " DESTROYED
        " WHERE id = ? AND " ANSWERABLE " AND expires > ?",
        JM_ARGS(JM_I(jm_tx_now(tx)), JM_B(jm_bytes(answer, 32)), JM_ID(id), JM_I(jm_tx_now(tx))));
}

enum jm_status jm_verification_store_end(struct jm_tx *tx, const struct jm_id *id,
                                         enum jm_vstate to, struct jm_bytes report)
{
    return jm_sql_cas(tx,
                      "UPDATE presentation SET state = ?, decided = ?, report = ?, " DESTROYED
                      " WHERE id = ? AND " ANSWERABLE,
                      JM_ARGS(JM_I(to), JM_I(jm_tx_now(tx)), JM_T(report), JM_ID(id)));
}

enum jm_status jm_verification_store_told(struct jm_tx *tx, const struct jm_id *id,
                                          enum jm_vstate to, struct jm_bytes report)
{
    return jm_sql_cas(
        tx,
        "UPDATE presentation SET state = ?, decided = ?, report = ? WHERE id = ? AND " ANSWERABLE,
        JM_ARGS(JM_I(to), JM_I(jm_tx_now(tx)), JM_T(report), JM_ID(id)));
}

enum jm_status jm_verification_store_decide(struct jm_tx *tx, const struct jm_id *id,
                                            enum jm_vstate to, struct jm_bytes report,
                                            struct jm_bytes claims_sealed)
{
    return jm_sql_cas(tx,
                      "UPDATE presentation SET state = ?, decided = ?, report = ?, claims = ?, "
                      "claims_until = ? WHERE id = ? AND state = 3",
                      JM_ARGS(JM_I(to), JM_I(jm_tx_now(tx)), JM_T(report),
                              JM_B_OR_NUL(claims_sealed), JM_I(jm_tx_now(tx) + JM_VER_RESULT_TTL_S),
                              JM_ID(id)));
}

enum jm_status jm_verification_store_claims_taken(struct jm_tx *tx, const struct jm_id *id)
{
    return jm_sql_cas(tx,
                      "UPDATE presentation SET claims = NULL WHERE id = ? AND claims IS NOT NULL "
                      "AND claims_until > ?",
                      JM_ARGS(JM_ID(id), JM_I(jm_tx_now(tx))));
}

enum jm_status jm_verification_store_seen(struct jm_tx *tx, const uint8_t hash[32], bool *seen)
{
    int64_t n;

    *seen = true;
    JM_TRY(jm_sql_int(&n, tx, "SELECT count(*) FROM mso_seen WHERE hash = ?",
                      JM_ARGS(JM_B(jm_bytes(hash, 32)))));
    *seen = n != 0;
    return JM_OK;
}

enum jm_status jm_verification_store_see(struct jm_tx *tx, const uint8_t hash[32], int64_t until)
{
    return jm_sql_run(
        tx,
        "INSERT INTO mso_seen (hash, first, until) VALUES (?,?,?) ON CONFLICT (hash) DO NOTHING",
        JM_ARGS(JM_B(jm_bytes(hash, 32)), JM_I(jm_tx_now(tx)), JM_I(until)));
}

enum jm_status jm_verification_store_sweep(struct jm_tx *tx, struct jm_bytes report)
{
    int64_t now = jm_tx_now(tx);

    JM_TRY(jm_sql_run(tx,
                      "UPDATE presentation SET state = 8, decided = expires, " DESTROYED
                      " WHERE state IN (1, 2) AND expires <= ?",
                      JM_ARGS(JM_I(now))));
    JM_TRY(jm_sql_run(tx,
                      "UPDATE presentation SET " DESTROYED
                      " WHERE state IN (5, 7) AND nonce IS NOT NULL AND expires <= ?",
                      JM_ARGS(JM_I(now))));
    JM_TRY(
        jm_sql_run(tx,
                   "UPDATE presentation SET state = 6, report = ? WHERE state = 3 AND decided < ?",
                   JM_ARGS(JM_T(report), JM_I(now - JM_VER_STUCK_S))));
    JM_TRY(jm_sql_run(
        tx, "UPDATE presentation SET answer = NULL WHERE answer IS NOT NULL AND expires <= ?",
        JM_ARGS(JM_I(now))));
    JM_TRY(jm_sql_run(
        tx, "UPDATE presentation SET claims = NULL WHERE claims IS NOT NULL AND claims_until <= ?",
        JM_ARGS(JM_I(now))));
    JM_TRY(jm_sql_run(tx, "DELETE FROM presentation WHERE created < ?",
                      JM_ARGS(JM_I(now - JM_VER_KEEP_S))));
    return jm_sql_run(tx, "DELETE FROM mso_seen WHERE until < ?", JM_ARGS(JM_I(now)));
}

enum jm_status jm_verification_store_key_add(struct jm_tx *tx, const uint8_t hash[32],
                                             struct jm_bytes service)
{
    return jm_sql_run(tx, "INSERT INTO service_key (hash, service, created) VALUES (?,?,?)",
                      JM_ARGS(JM_B(jm_bytes(hash, 32)), JM_T(service), JM_I(jm_tx_now(tx))));
}

enum jm_status jm_verification_store_key_remove(struct jm_tx *tx, const uint8_t *hash,
                                                struct jm_bytes service)
{
    if (hash == NULL)
        return jm_sql_cas(tx, "DELETE FROM service_key WHERE service = ?", JM_ARGS(JM_T(service)));
    return jm_sql_cas(tx, "DELETE FROM service_key WHERE service = ? AND hash = ?",
                      JM_ARGS(JM_T(service), JM_B(jm_bytes(hash, 32))));
}

enum jm_status jm_verification_store_key_find(struct jm_tx *tx, const uint8_t hash[32],
                                              struct jm_bytes *service, struct jm_arena *mem)
{
    struct jm_rows r;

    *service = jm_none();
    JM_TRY(jm_sql_one(&r, tx, "SELECT service FROM service_key WHERE hash = ?",
                      JM_ARGS(JM_B(jm_bytes(hash, 32)))));
    *service = jm_col_text(&r, mem);
    return jm_sql_end(&r);
}
