/* SPDX-License-Identifier: Apache-2.0 */
/** @file store.h  Room: service/audit. Its rows, implemented in host/store/audit.c. */
#ifndef JUMIN_SERVICE_AUDIT_STORE_H
#define JUMIN_SERVICE_AUDIT_STORE_H

#include "service/audit/audit.h"

/** Number and hash of the last row; 0 and zeros when there is none. */
JM_MUST_CHECK enum jm_status jm_audit_store_last(struct jm_tx *tx, int64_t *n, uint8_t hash[32]);
JM_MUST_CHECK enum jm_status jm_audit_store_add(struct jm_tx *tx, const struct jm_audit_entry *e);
struct jm_audit_head {
    int64_t n, at;
    uint8_t hash[32], sig[JM_SIG_LEN];
};
/** Rows in order, each to @p each with the head that was signed over it, if one was; views live until it returns. */
typedef enum jm_status jm_audit_each(void *ctx, const struct jm_audit_entry *e, const struct jm_audit_head *head);
JM_MUST_CHECK enum jm_status jm_audit_store_walk(struct jm_tx *tx, struct jm_arena *mem, jm_audit_each *each, void *ctx);
/** The rows about one person, without heads; at most @p limit, the newest first. */
JM_MUST_CHECK enum jm_status jm_audit_store_of(struct jm_tx *tx, const struct jm_id *subject, int64_t limit, struct jm_arena *mem,
                                               jm_audit_each *each, void *ctx);
JM_MUST_CHECK enum jm_status jm_audit_store_head_add(struct jm_tx *tx, const struct jm_audit_head *h);
JM_MUST_CHECK enum jm_status jm_audit_store_head_last(struct jm_tx *tx, int64_t *n);
/** How many heads, and the highest number that one of them is over (0: none). */
JM_MUST_CHECK enum jm_status jm_audit_store_heads(struct jm_tx *tx, int64_t *count, int64_t *highest);

#endif
