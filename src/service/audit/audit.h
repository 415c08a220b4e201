/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file audit.h  Room: service/audit. Who did what to whose data, in a hash chain.
 *
 * Row n: hash = SHA-256 of CBOR ["jumin-audit/1", n, at, actor, channel, act, subject, reason, outcome, previous hash]. A
 * signed head (purpose AUDIT, CBOR ["jumin-audit/1", "head", n, at, hash]) is kept every minute in which something was written.
 *
 * Spec: spec/domain.md D-421, D-180 (8)
 */
#ifndef JUMIN_SERVICE_AUDIT_H
#define JUMIN_SERVICE_AUDIT_H

#include "jumin/code.h"
#include "jumin/crypto.h"
#include "service/web.h"

/** Who acts, and through what: "desk", "wallet", "web", "local", "system". */
struct jm_actor {
    struct jm_bytes name, channel;
};

struct jm_audit_entry {
    int64_t n, at;
    struct jm_bytes actor, channel, act, subject /* 16 octets of a person, or empty */, reason, outcome;
    uint8_t prev[32], hash[32];
};

/** Appends in the caller's transaction. @p n, if given: the number of the row. */
JM_MUST_CHECK enum jm_status jm_audit_in(struct jm_tx *tx, const struct jm_actor *who, const char *act, const struct jm_id *subject,
                                         struct jm_bytes reason, const char *outcome, int64_t *n);
/** One transaction of its own: for look-ups and refusals. */
JM_MUST_CHECK enum jm_status jm_audit(const struct jm_env *env, const struct jm_actor *who, const char *act, const struct jm_id *subject,
                                      struct jm_bytes reason, const char *outcome);
/** Signs the head if it has moved. */
JM_MUST_CHECK enum jm_status jm_audit_sign_head(const struct jm_env *env, struct jm_arena *mem);

struct jm_audit_verdict {
    int64_t rows, heads;
    int64_t bad_row, bad_head; /* the first that does not hold; 0: none */
    int64_t last_head;         /* rows after it are chained, and not signed yet */
};
/** Recomputes the whole chain and every signed head. @p key: of purpose AUDIT. @retval JM_OK looked at: the verdict is in @p out */
JM_MUST_CHECK enum jm_status jm_audit_verify(const struct jm_env *env, const struct jm_point *key, struct jm_audit_verdict *out,
                                             struct jm_arena *mem);

/** Routes of the operator: auth LOCAL. */
extern const struct jm_route jm_audit_routes[];
extern const size_t jm_audit_n_routes;

#endif
