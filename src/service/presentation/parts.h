/* SPDX-License-Identifier: Apache-2.0 */
/** @file parts.h  Room: service/presentation, private. Judging one answer and writing down what
 * came of it. Rows: rows.c. */
#ifndef JUMIN_SERVICE_PRESENTATION_PARTS_H
#define JUMIN_SERVICE_PRESENTATION_PARTS_H

#include "jumin/claims.h"
#include "service/presentation/presentation.h"
#include "service/report_msg.h"

#define JM_HOLDS_MAX 8
#define JM_PRESENTED_MAX 16 /* of one answer; more are refused */
/* checks of one presentation: an mdoc has one for each code, an SD-JWT VC fewer */
#define JM_PRESENTED_CHECKS 192
#define JM_PRESENTED_CHECKS_MAX ((JM_PRESENTED_MAX + 1) * JM_PRESENTED_CHECKS)

/** One presentation that was looked at; values only where its own report accepted it, and only
 * those that were asked for. */
struct jm_presented {
    const struct jm_dcql_credential *query;
    struct jm_bytes type;
    struct jm_claims claims; /* root null: not accepted */
    struct jm_dcql_match asked;
    uint8_t mso_hash[32];
    int64_t mso_until; /* 0: no mdoc */
};

struct jm_judging {
    struct jm_verifier *v;
    const struct jm_presentation *p;
    const struct jm_rp_service *service;
    struct jm_dcql dcql;
    struct jm_bytes transcript;
    struct jm_look look;
    struct jm_answers answers; /* ctx: this */
    struct {
        struct jm_bytes key, data, sig;
        /* signatures that were found good: an mdoc is read twice, first without lists */
    } holds[JM_HOLDS_MAX];
    size_t n_holds;
    struct jm_findings f;
    struct jm_presented presented[JM_PRESENTED_MAX];
    size_t n;
    struct jm_bytes vp_token;          /* JSON, as received */
    int64_t key_level, issuance_level; /* -1: not shown */
    int64_t now;
    struct jm_arena *mem;
};

/** Every check of one answer: findings in @p j. Only what is ours to have failed is a status. */
JM_MUST_CHECK enum jm_status jm_judge(struct jm_judging *j, struct jm_bytes plain);

extern const struct jm_msg jm_outcome_more;
/** What was found, without values, as it lies in a row. */
JM_MUST_CHECK enum jm_status jm_report_row(struct jm_bytes *out, const struct jm_judging *j,
                                           const struct jm_report *r, struct jm_bytes receipt);
/** A row of one check, for ends that nobody judged. */
JM_MUST_CHECK enum jm_status jm_report_single(struct jm_bytes *out, enum jm_code code,
                                              enum jm_result result, struct jm_bytes detail,
                                              struct jm_arena *mem);
/** Back from a row, views into it. @retval JM_E_TYPE it is none of ours | JM_E_NO_SPACE */
JM_MUST_CHECK enum jm_status jm_report_read(struct jm_report *out, struct jm_bytes row,
                                            struct jm_arena *mem);
/** As it is told: verdict, jm_outcome_more. @retval as above */
JM_MUST_CHECK enum jm_status jm_report_json(struct jm_bytes *out, struct jm_bytes row,
                                            struct jm_sentences say, struct jm_arena *mem);
/** What was accepted, JSON {"claims": names and values, "vp_token": as received, if it shows
 * nothing else}: sealed as one value. */
JM_MUST_CHECK enum jm_status jm_accepted_json(struct jm_bytes *out, const struct jm_judging *j);

/** One value of a row, sealed or opened by the verifier's own key; @p what: table and column. The
 * result lives in @p mem. @retval JM_E_SIGNATURE it was not sealed so, or for another place */
JM_MUST_CHECK enum jm_status jm_value_seal(struct jm_bytes *out, const struct jm_verifier *v,
                                           const char *what, const struct jm_id *row,
                                           struct jm_bytes plain, struct jm_arena *mem);
JM_MUST_CHECK enum jm_status jm_value_open(struct jm_bytes *out, const struct jm_verifier *v,
                                           const char *what, const struct jm_id *row,
                                           struct jm_bytes sealed, struct jm_arena *mem);

/* -- rows -- */

/** The verifier's own key, sealed by the signer. @retval JM_E_ABSENT there is none yet */
JM_MUST_CHECK enum jm_status jm_presentation_rows_key_kept(struct jm_tx *tx, struct jm_id *id,
                                                           struct jm_bytes *sealed,
                                                           struct jm_arena *mem);
JM_MUST_CHECK enum jm_status jm_presentation_rows_key_keep(struct jm_tx *tx, const struct jm_id *id,
                                                           struct jm_bytes sealed);

JM_MUST_CHECK enum jm_status jm_presentation_rows_add(struct jm_tx *tx,
                                                      const struct jm_presentation *p);
/** @retval JM_E_ABSENT there is none */
JM_MUST_CHECK enum jm_status jm_presentation_rows_by_request(struct jm_tx *tx,
                                                             struct jm_bytes request,
                                                             struct jm_presentation *out,
                                                             struct jm_arena *mem);
JM_MUST_CHECK enum jm_status jm_presentation_rows_by_id(struct jm_tx *tx, const struct jm_id *id,
                                                        struct jm_presentation *out,
                                                        struct jm_arena *mem);
/** REQUESTED → FETCHED; a request that was fetched before stays so. */
JM_MUST_CHECK enum jm_status jm_presentation_rows_fetched(struct jm_tx *tx, const struct jm_id *id);
/** One answer that could not be read. @p tries: how many now. @retval JM_E_CONFLICT it is open no
 * more */
JM_MUST_CHECK enum jm_status jm_presentation_rows_junk(struct jm_tx *tx, const struct jm_id *id,
                                                       int64_t *tries);
/** Open and not expired → ANSWERED by what has this hash; key, nonce and request object are
 * destroyed. @retval JM_E_CONFLICT it is in another state */
JM_MUST_CHECK enum jm_status jm_presentation_rows_take(struct jm_tx *tx, const struct jm_id *id,
                                                       const uint8_t answer[32]);
/** Open → @p to (CANCELLED, REJECTED), the rest as above. @retval JM_E_CONFLICT it is in another
 * state */
JM_MUST_CHECK enum jm_status jm_presentation_rows_end(struct jm_tx *tx, const struct jm_id *id,
                                                      enum jm_presentation_state to,
                                                      struct jm_bytes report);
/** A word that anybody who saw the QR could have said: state and report, but key and nonce stay,
 * and an answer may still come. */
JM_MUST_CHECK enum jm_status jm_presentation_rows_told(struct jm_tx *tx, const struct jm_id *id,
                                                       enum jm_presentation_state to,
                                                       struct jm_bytes report);
/** ANSWERED → @p to; with the hash of an @p answer open and not expired → @p to, as if it had been
 * taken before. @p response_code: its hash, or a null view. @retval JM_E_CONFLICT it is in another
 * state */
JM_MUST_CHECK enum jm_status jm_presentation_rows_decide(
    struct jm_tx *tx, const struct jm_id *id, enum jm_presentation_state to, const uint8_t *answer,
    struct jm_bytes report, struct jm_bytes claims_sealed, struct jm_bytes response_code);
/** Whose code has not come yet → REJECTED with @p report; values and code go. */
JM_MUST_CHECK enum jm_status jm_presentation_rows_erase(struct jm_tx *tx, const struct jm_id *id,
                                                        struct jm_bytes report);
/** @retval JM_E_ABSENT there is none */
JM_MUST_CHECK enum jm_status jm_presentation_rows_by_session(struct jm_tx *tx,
                                                             const uint8_t session[32],
                                                             struct jm_presentation *out,
                                                             struct jm_arena *mem);
/** The claims are handed out: once. @retval JM_E_CONFLICT they were, or are too old */
JM_MUST_CHECK enum jm_status jm_presentation_rows_claims_taken(struct jm_tx *tx,
                                                               const struct jm_id *id);
JM_MUST_CHECK enum jm_status jm_presentation_rows_seen(struct jm_tx *tx, const uint8_t hash[32],
                                                       bool *seen);
JM_MUST_CHECK enum jm_status jm_presentation_rows_see(struct jm_tx *tx, const uint8_t hash[32],
                                                      int64_t until);
/** Open ones past their end → EXPIRED; ANSWERED ones that a broken process left behind → UNDECIDED
 * with @p report; accepted ones whose response code did not come in time → REJECTED with
 * @p unclaimed; old rows go. */
JM_MUST_CHECK enum jm_status jm_presentation_rows_sweep(struct jm_tx *tx, struct jm_bytes report,
                                                        struct jm_bytes unclaimed);

JM_MUST_CHECK enum jm_status jm_presentation_rows_key_add(struct jm_tx *tx, const uint8_t hash[32],
                                                          struct jm_bytes service);
/** One key, or (@p hash null) all of a service. @retval JM_E_CONFLICT there was none */
JM_MUST_CHECK enum jm_status jm_presentation_rows_key_remove(struct jm_tx *tx, const uint8_t *hash,
                                                             struct jm_bytes service);
/** @retval JM_E_ABSENT there is none */
JM_MUST_CHECK enum jm_status jm_presentation_rows_key_find(struct jm_tx *tx, const uint8_t hash[32],
                                                           struct jm_bytes *service,
                                                           struct jm_arena *mem);

#endif
