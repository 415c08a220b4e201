/* SPDX-License-Identifier: Apache-2.0 */
/** @file parts.h  Room: service/audit. A row as octets, for appending, signing and verifying. Rows:
 * rows.c. */
#ifndef JUMIN_SERVICE_AUDIT_PARTS_H
#define JUMIN_SERVICE_AUDIT_PARTS_H

#include "service/audit/audit.h"

/** The row without its last member. @retval JM_E_NO_SPACE longer than a row may be */
JM_MUST_CHECK enum jm_status jm_audit_row(struct jm_bytes *out, const struct jm_audit_entry *e,
                                          uint8_t room[JM_ROW_MAX]);
JM_MUST_CHECK enum jm_status jm_audit_row_hash(uint8_t out[32], const struct jm_audit_entry *e,
                                               const struct jm_crypto *c);
/** The signer's last head; count 0: there is none. @retval JM_E_UNAVAILABLE | JM_E_DENIED the
 * signer does not trust its own */
JM_MUST_CHECK enum jm_status jm_audit_anchor(struct jm_signed_head *out,
                                             const struct jm_signer *signer);
/** Why the store's chain does not lead to @p last: RESTORED, TRUNCATED or REWRITTEN; JM_CODE_NONE:
 * it does. */
JM_MUST_CHECK enum jm_status jm_audit_breach_in(struct jm_tx *tx, const struct jm_signed_head *last,
                                                enum jm_code *out);

/* -- rows -- */

/** Number and hash of the last row; 0 and zeros when there is none. */
JM_MUST_CHECK enum jm_status jm_audit_rows_last(struct jm_tx *tx, int64_t *n, uint8_t hash[32]);
JM_MUST_CHECK enum jm_status jm_audit_rows_add(struct jm_tx *tx, const struct jm_audit_entry *e);
/** Rows in order, each to @p each with the head that was signed over it, if one was; views live
 * until it returns. */
typedef enum jm_status jm_audit_each(void *ctx, const struct jm_audit_entry *e,
                                     const struct jm_signed_head *head);
JM_MUST_CHECK enum jm_status jm_audit_rows_walk(struct jm_tx *tx, struct jm_arena *mem,
                                                jm_audit_each *each, void *ctx);
/** At most @p limit rows after number @p after, in order, without heads. */
JM_MUST_CHECK enum jm_status jm_audit_rows_after(struct jm_tx *tx, int64_t after, int64_t limit,
                                                 struct jm_arena *mem, jm_audit_each *each,
                                                 void *ctx);
/** The rows about one person, without heads; at most @p limit, the newest first. */
JM_MUST_CHECK enum jm_status jm_audit_rows_of(struct jm_tx *tx, const struct jm_id *subject,
                                              int64_t limit, struct jm_arena *mem,
                                              jm_audit_each *each, void *ctx);
/** Hash of row @p n. @retval JM_E_ABSENT there is none */
JM_MUST_CHECK enum jm_status jm_audit_rows_hash(struct jm_tx *tx, int64_t n, uint8_t hash[32]);
/** Numbers of the row with this hash, and of one that follows it (looked for row by row); 0: none.
 */
JM_MUST_CHECK enum jm_status jm_audit_rows_find(struct jm_tx *tx, const uint8_t hash[32],
                                                int64_t *n);
JM_MUST_CHECK enum jm_status jm_audit_rows_follower(struct jm_tx *tx, const uint8_t hash[32],
                                                    int64_t *n);
/** Is row @p n one that goes on after a restore, from this hash? */
JM_MUST_CHECK enum jm_status jm_audit_rows_is_gap(struct jm_tx *tx, int64_t n,
                                                  const uint8_t prev[32], bool *out);
/** Adds it and raises the mark. @retval JM_E_CONFLICT it is there */
JM_MUST_CHECK enum jm_status jm_audit_rows_head_add(struct jm_tx *tx,
                                                    const struct jm_signed_head *h);
/** The head over row @p n. @retval JM_E_ABSENT there is none */
JM_MUST_CHECK enum jm_status jm_audit_rows_head_at(struct jm_tx *tx, int64_t n,
                                                   struct jm_signed_head *out);
/** How many heads, and the highest number that one of them is over (0: none). */
JM_MUST_CHECK enum jm_status jm_audit_rows_heads(struct jm_tx *tx, int64_t *count,
                                                 int64_t *highest);
/** The highest count of a head that this store has ever seen; 0: none. */
JM_MUST_CHECK enum jm_status jm_audit_rows_mark(struct jm_tx *tx, uint64_t *count);

#endif
