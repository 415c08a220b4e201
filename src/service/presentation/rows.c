/* SPDX-License-Identifier: Apache-2.0 */
#include "service/presentation/parts.h"

#include <string.h>

#include "service/sql.h"

#define COLUMNS                                                                         \
    "id, request, service, client, dcql, nonce, kid, enc, enc_sealed, state, created, " \
    "expires, decided, report, claims, claims_until, answer, return_to, response_code"
#define DESTROYED "nonce = NULL, kid = NULL, enc = NULL, enc_sealed = NULL"
/* Waiting, or ended by a word that anybody who saw the QR could have said: the key is there still.
 */
#define ANSWERABLE(a, b, c, d) "state IN (" a "," b "," c "," d ") AND nonce IS NOT NULL"
#define ANSWERABLES                                                 \
    JM_I(JM_PRESENTATION_REQUESTED), JM_I(JM_PRESENTATION_FETCHED), \
        JM_I(JM_PRESENTATION_REJECTED), JM_I(JM_PRESENTATION_CANCELLED)

#define DECIDED \
    "state = $1, decided = $2, report = $3, claims = $4, claims_until = $5, response_code = $6"
#define DECIDING                                                             \
    JM_I(to), JM_I(jm_tx_now(tx)), JM_B(report), JM_B_OR_NUL(claims_sealed), \
        JM_I(jm_tx_now(tx) + ttl), JM_B_OR_NUL(response_code)

enum jm_status jm_presentation_rows_add(struct jm_tx *tx, const struct jm_presentation *p)
{
    return jm_sql_run(tx,
                      "INSERT INTO presentation (id, request, service, client, dcql, nonce, kid, "
                      "enc, enc_sealed, state, tries, created, expires, return_to, "
                      "session) VALUES ($1,$2,$3,$4,$5,$6,$7,$8,$9,$10,0,$11,$12,$13,$14)",
                      JM_ARGS(JM_ID(&p->id), JM_T(p->request), JM_T(p->service), JM_T(p->client_id),
                              JM_T(p->dcql), JM_T(p->nonce), JM_T(p->kid),
                              JM_B(jm_point_bytes(&p->enc)), JM_B(p->enc_sealed),
                              JM_I(JM_PRESENTATION_REQUESTED), JM_I(p->created), JM_I(p->expires),
                              JM_T_OR_NUL(p->return_to),
                              JM_B_OR_NUL(p->session == NULL ? jm_none()
                                                             : jm_bytes(p->session, 32))));
}

static enum jm_status read_row(struct jm_rows *r, struct jm_presentation *p, struct jm_arena *mem)
{
    struct jm_bytes enc;

    memset(p, 0, sizeof *p);
    jm_col_id(r, &p->id);
    p->request = jm_col_text(r, mem);
    p->service = jm_col_text(r, mem);
    p->client_id = jm_col_text(r, mem);
    p->dcql = jm_col_text(r, mem);
    p->nonce = jm_col_text(r, mem);
    p->kid = jm_col_text(r, mem);
    enc = jm_col_blob(r, mem);
    p->enc_sealed = jm_col_blob(r, mem);
    p->state = jm_col_small(r);
    p->created = jm_col_int(r);
    p->expires = jm_col_int(r);
    p->decided = jm_col_int_or(r, 0);
    p->report = jm_col_blob(r, mem);
    p->claims = jm_col_blob(r, mem);
    p->claims_until = jm_col_int_or(r, 0);
    p->answer = jm_col_blob(r, mem);
    p->return_to = jm_col_text(r, mem);
    p->response_code = jm_col_blob(r, mem);
    JM_TRY(jm_sql_end(r));
    return enc.len == 0 || jm_point_set(&p->enc, JM_CURVE_P256, enc) == JM_OK ? JM_OK : JM_E_TYPE;
}

enum jm_status jm_presentation_rows_by_request(struct jm_tx *tx, struct jm_bytes request,
                                               struct jm_presentation *out, struct jm_arena *mem)
{
    struct jm_rows r;

    JM_TRY(jm_sql_one(&r, tx, "SELECT " COLUMNS " FROM presentation WHERE request = $1",
                      JM_ARGS(JM_T(request))));
    return read_row(&r, out, mem);
}

enum jm_status jm_presentation_rows_by_id(struct jm_tx *tx, const struct jm_id *id,
                                          struct jm_presentation *out, struct jm_arena *mem)
{
    struct jm_rows r;

    JM_TRY(jm_sql_one(&r, tx, "SELECT " COLUMNS " FROM presentation WHERE id = $1",
                      JM_ARGS(JM_ID(id))));
    return read_row(&r, out, mem);
}

enum jm_status jm_presentation_rows_by_session(struct jm_tx *tx, const uint8_t session[32],
                                               struct jm_presentation *out, struct jm_arena *mem)
{
    struct jm_rows r;

    JM_TRY(jm_sql_one(&r, tx, "SELECT " COLUMNS " FROM presentation WHERE session = $1",
                      JM_ARGS(JM_HASH(session))));
    return read_row(&r, out, mem);
}

enum jm_status jm_presentation_rows_fetched(struct jm_tx *tx, const struct jm_id *id)
{
    return jm_sql_run(tx, "UPDATE presentation SET state = $1 WHERE id = $2 AND state = $3",
                      JM_ARGS(JM_I(JM_PRESENTATION_FETCHED), JM_ID(id),
                              JM_I(JM_PRESENTATION_REQUESTED)));
}

enum jm_status jm_presentation_rows_junk(struct jm_tx *tx, const struct jm_id *id, int64_t *tries)
{
    JM_TRY(jm_sql_cas(tx,
                      "UPDATE presentation SET tries = tries + 1 WHERE id = $1 AND " ANSWERABLE(
                          "$2", "$3", "$4", "$5"),
                      JM_ARGS(JM_ID(id), ANSWERABLES)));
    return jm_sql_int(tries, tx, "SELECT tries FROM presentation WHERE id = $1",
                      JM_ARGS(JM_ID(id)));
}

enum jm_status jm_presentation_rows_take(struct jm_tx *tx, const struct jm_id *id,
                                         const uint8_t answer[32])
{
    return jm_sql_cas(
        tx,
        "UPDATE presentation SET state = $1, decided = $2, report = NULL, answer = $3, " DESTROYED
        " WHERE id = $4 AND expires > $2 AND " ANSWERABLE("$5", "$6", "$7", "$8"),
        JM_ARGS(JM_I(JM_PRESENTATION_ANSWERED), JM_I(jm_tx_now(tx)), JM_HASH(answer), JM_ID(id),
                ANSWERABLES));
}

enum jm_status jm_presentation_rows_end(struct jm_tx *tx, const struct jm_id *id,
                                        enum jm_presentation_state to, struct jm_bytes report)
{
    return jm_sql_cas(tx,
                      "UPDATE presentation SET state = $1, decided = $2, report = $3, " DESTROYED
                      " WHERE id = $4 AND " ANSWERABLE("$5", "$6", "$7", "$8"),
                      JM_ARGS(JM_I(to), JM_I(jm_tx_now(tx)), JM_B(report), JM_ID(id), ANSWERABLES));
}

enum jm_status jm_presentation_rows_told(struct jm_tx *tx, const struct jm_id *id,
                                         enum jm_presentation_state to, struct jm_bytes report)
{
    return jm_sql_cas(tx,
                      "UPDATE presentation SET state = $1, decided = $2, report = $3 WHERE id = $4 "
                      "AND " ANSWERABLE("$5", "$6", "$7", "$8"),
                      JM_ARGS(JM_I(to), JM_I(jm_tx_now(tx)), JM_B(report), JM_ID(id), ANSWERABLES));
}

enum jm_status jm_presentation_rows_decide(struct jm_tx *tx, const struct jm_id *id,
                                           enum jm_presentation_state to, const uint8_t *answer,
                                           struct jm_bytes report, struct jm_bytes claims_sealed,
                                           struct jm_bytes response_code)
{
    int64_t ttl =
        response_code.len != 0 ? JM_PRESENTATION_CODE_TTL_S : JM_PRESENTATION_RESULT_TTL_S;

    if (answer != NULL)
        return jm_sql_cas(tx,
                          "UPDATE presentation SET " DECIDED ", answer = $7, " DESTROYED
                          " WHERE id = $8 AND expires > $2 AND " ANSWERABLE("$9", "$10", "$11",
                                                                            "$12"),
                          JM_ARGS(DECIDING, JM_HASH(answer), JM_ID(id), ANSWERABLES));
    return jm_sql_cas(tx, "UPDATE presentation SET " DECIDED " WHERE id = $7 AND state = $8",
                      JM_ARGS(DECIDING, JM_ID(id), JM_I(JM_PRESENTATION_ANSWERED)));
}

enum jm_status jm_presentation_rows_erase(struct jm_tx *tx, const struct jm_id *id,
                                          struct jm_bytes report)
{
    return jm_sql_run(tx,
                      "UPDATE presentation SET state = $1, report = $2, claims = NULL, "
                      "response_code = NULL WHERE id = $3 AND response_code IS NOT NULL",
                      JM_ARGS(JM_I(JM_PRESENTATION_REJECTED), JM_B(report), JM_ID(id)));
}

enum jm_status jm_presentation_rows_claims_taken(struct jm_tx *tx, const struct jm_id *id)
{
    return jm_sql_cas(tx,
                      "UPDATE presentation SET claims = NULL, response_code = NULL WHERE id = $1 "
                      "AND claims IS NOT NULL AND claims_until > $2",
                      JM_ARGS(JM_ID(id), JM_I(jm_tx_now(tx))));
}

enum jm_status jm_presentation_rows_seen(struct jm_tx *tx, const uint8_t hash[32], bool *seen)
{
    return jm_sql_any(seen, tx, "SELECT count(*) FROM mso_seen WHERE hash = $1",
                      JM_ARGS(JM_HASH(hash)));
}

enum jm_status jm_presentation_rows_see(struct jm_tx *tx, const uint8_t hash[32], int64_t until)
{
    return jm_sql_run(
        tx,
        "INSERT INTO mso_seen (hash, first, until) VALUES ($1,$2,$3) ON CONFLICT (hash) DO NOTHING",
        JM_ARGS(JM_HASH(hash), JM_I(jm_tx_now(tx)), JM_I(until)));
}

enum jm_status jm_presentation_rows_sweep(struct jm_tx *tx, struct jm_bytes report,
                                          struct jm_bytes unclaimed)
{
    int64_t now = jm_tx_now(tx);

    JM_TRY(jm_sql_run(tx,
                      "UPDATE presentation SET state = $1, report = $2, claims = NULL, "
                      "response_code = NULL WHERE response_code IS NOT NULL AND claims_until <= $3",
                      JM_ARGS(JM_I(JM_PRESENTATION_REJECTED), JM_B(unclaimed), JM_I(now))));

    JM_TRY(jm_sql_run(tx,
                      "UPDATE presentation SET state = $1, decided = expires, " DESTROYED
                      " WHERE state IN ($2, $3) AND expires <= $4",
                      JM_ARGS(JM_I(JM_PRESENTATION_EXPIRED), JM_I(JM_PRESENTATION_REQUESTED),
                              JM_I(JM_PRESENTATION_FETCHED), JM_I(now))));
    JM_TRY(jm_sql_run(tx,
                      "UPDATE presentation SET " DESTROYED
                      " WHERE state IN ($1, $2) AND nonce IS NOT NULL AND expires <= $3",
                      JM_ARGS(JM_I(JM_PRESENTATION_REJECTED), JM_I(JM_PRESENTATION_CANCELLED),
                              JM_I(now))));
    JM_TRY(jm_sql_run(
        tx, "UPDATE presentation SET state = $1, report = $2 WHERE state = $3 AND decided < $4",
        JM_ARGS(JM_I(JM_PRESENTATION_UNDECIDED), JM_B(report), JM_I(JM_PRESENTATION_ANSWERED),
                JM_I(now - JM_PRESENTATION_STUCK_S))));
    JM_TRY(jm_sql_run(
        tx, "UPDATE presentation SET answer = NULL WHERE answer IS NOT NULL AND expires <= $1",
        JM_ARGS(JM_I(now))));
    JM_TRY(jm_sql_run(
        tx, "UPDATE presentation SET claims = NULL WHERE claims IS NOT NULL AND claims_until <= $1",
        JM_ARGS(JM_I(now))));
    JM_TRY(jm_sql_run(tx, "DELETE FROM presentation WHERE created < $1",
                      JM_ARGS(JM_I(now - JM_PRESENTATION_KEEP_S))));
    return jm_sql_run(tx, "DELETE FROM mso_seen WHERE until < $1", JM_ARGS(JM_I(now)));
}

enum jm_status jm_presentation_rows_key_add(struct jm_tx *tx, const uint8_t hash[32],
                                            struct jm_bytes service)
{
    return jm_sql_run(tx, "INSERT INTO service_key (hash, service, created) VALUES ($1,$2,$3)",
                      JM_ARGS(JM_HASH(hash), JM_T(service), JM_I(jm_tx_now(tx))));
}

enum jm_status jm_presentation_rows_key_remove(struct jm_tx *tx, const uint8_t *hash,
                                               struct jm_bytes service)
{
    if (hash == NULL)
        return jm_sql_cas(tx, "DELETE FROM service_key WHERE service = $1", JM_ARGS(JM_T(service)));
    return jm_sql_cas(tx, "DELETE FROM service_key WHERE service = $1 AND hash = $2",
                      JM_ARGS(JM_T(service), JM_HASH(hash)));
}

enum jm_status jm_presentation_rows_key_find(struct jm_tx *tx, const uint8_t hash[32],
                                             struct jm_bytes *service, struct jm_arena *mem)
{
    struct jm_rows r;

    *service = jm_none();
    JM_TRY(jm_sql_one(&r, tx, "SELECT service FROM service_key WHERE hash = $1",
                      JM_ARGS(JM_HASH(hash))));
    *service = jm_col_text(&r, mem);
    return jm_sql_end(&r);
}

enum jm_status jm_presentation_rows_key_kept(struct jm_tx *tx, struct jm_id *id,
                                             struct jm_bytes *sealed, struct jm_arena *mem)
{
    struct jm_rows r;

    JM_TRY(jm_sql_one(&r, tx, "SELECT id, sealed FROM row_key", JM_NO_ARGS));
    jm_col_id(&r, id);
    *sealed = jm_col_blob(&r, mem);
    return jm_sql_end(&r);
}

enum jm_status jm_presentation_rows_key_keep(struct jm_tx *tx, const struct jm_id *id,
                                             struct jm_bytes sealed)
{
    return jm_sql_run(tx, "INSERT INTO row_key (id, sealed) VALUES ($1,$2)",
                      JM_ARGS(JM_ID(id), JM_B(sealed)));
}
