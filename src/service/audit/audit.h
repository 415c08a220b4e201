/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file audit.h  Room: service/audit. Who did what to whose data, in a hash chain.
 *
 * Row n: hash = SHA-256 of CBOR ["jumin-audit/1", n, at, actor, channel, act, subject, reason,
 * outcome, previous hash]. Heads are signed by the signer, which was shown every row since the head
 * before and keeps the last one itself (service/signer.h): what this store says is held against
 * that, so that a chain that was cut, rewritten or brought back from an older file is found. After
 * a restore the chain goes on from the signer's head with a row JM_AUDIT_GAP, which says what is
 * lost.
 *
 * Spec: spec/domain.md D-421, D-180 (8)
 */
#ifndef JUMIN_SERVICE_AUDIT_H
#define JUMIN_SERVICE_AUDIT_H

#include "jumin/code.h"
#include "jumin/crypto.h"
#include "service/env.h"
#include "service/signer.h"

#define JM_AUDIT_GAP "RESTORE_GAP"
#define JM_AUDIT_LATE_S 600 /* rows that stand for longer without a head are told */

/** Who acts, and through what: "desk", "wallet", "web", "local", "system". */
struct jm_actor {
    struct jm_bytes name, channel;
};

struct jm_audit_entry {
    int64_t n, at;
    struct jm_bytes actor, channel, act, subject /* 16 octets of a person, or empty */, reason,
        outcome;
    uint8_t prev[32], hash[32];
};

/** Appends in the caller's transaction. @p n, if given: the number of the row. */
JM_MUST_CHECK enum jm_status jm_audit_in(struct jm_tx *tx, const struct jm_actor *who,
                                         const char *act, const struct jm_id *subject,
                                         struct jm_bytes reason, const char *outcome, int64_t *n);
/** One transaction of its own: for look-ups and refusals. */
JM_MUST_CHECK enum jm_status jm_audit(const struct jm_env *env, const struct jm_actor *who,
                                      const char *act, const struct jm_id *subject,
                                      struct jm_bytes reason, const char *outcome);
/**
 * Does the chain in this store go on from the last head that the signer keeps? @p last, if given:
 * that head.
 * @retval JM_E_DENIED JM_AUDIT_RESTORED the store is older than the signer | JM_AUDIT_TRUNCATED,
 * JM_AUDIT_REWRITTEN the chain was changed | JM_E_UNAVAILABLE the signer was not to be had
 */
JM_MUST_CHECK enum jm_status jm_audit_continues(const struct jm_env *env,
                                                struct jm_signed_head *last, struct jm_diag *d);
/** Heads over all rows that have none yet, and the signer's last one where this store had missed
 * it. @retval as jm_audit_continues */
JM_MUST_CHECK enum jm_status jm_audit_sign_head(const struct jm_env *env, struct jm_arena *mem,
                                                struct jm_diag *d);
/** The chain of a restored store goes on after @p last, the signer's head, with a row that says
 * which rows are lost. */
JM_MUST_CHECK enum jm_status jm_audit_gap_in(struct jm_tx *tx, const struct jm_actor *who,
                                             const struct jm_signed_head *last, int64_t *lost);

struct jm_audit_verdict {
    enum jm_code code; /* the first finding; JM_CODE_NONE: intact */
    int64_t at;        /* the row it is at */
    int64_t rows, heads;
    int64_t last_head;  /* rows after it are chained, and not signed yet */
    uint64_t count;     /* of the signer's last head; 0: none, or it was not asked */
    int64_t gaps, lost; /* restores that the chain tells of, and rows that they cost */
};
/**
 * Recomputes the whole chain and every signed head, and holds both against the signer's last head.
 * @p key: of purpose AUDIT. Findings: JM_AUDIT_ROW changed | _MISSING a row is gone | _ORDER rows
 * changed places | _REWRITTEN not what was signed | _HEAD no signature of ours | _HEAD_MISSING |
 * _TRUNCATED | _RESTORED | _ANCHOR the signer's own folder is older than the chain | _HEAD_NONE
 * rows without a head for too long | _NO_ANCHOR the signer was not to be had: nothing is said of
 * the end.
 * @retval JM_OK looked at: the verdict is in @p out
 */
JM_MUST_CHECK enum jm_status jm_audit_verify(const struct jm_env *env, const struct jm_point *key,
                                             struct jm_audit_verdict *out, struct jm_arena *mem);

/** Routes of the operator: auth LOCAL. */
#endif
