/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file restore.h  Room: service/restore. What ends when a store was brought back from a copy.
 *
 * Nothing issued since the copy is known. So: what stands published is merged bit by bit (INVALID
 * stays), a live card that the lists call INVALID is on hold until somebody looks, shards close for
 * allocation, refresh families, access tokens, running cases with their grant and match codes,
 * sessions and nonces end, and the audit chain goes on from the signer's head with a gap record.
 * Not known, and not mended: desk acts since the copy, of which only the lists tell (a new hold, a
 * register change).
 *
 * Spec: spec/domain.md D-458, D-421
 */
#ifndef JUMIN_SERVICE_RESTORE_H
#define JUMIN_SERVICE_RESTORE_H

#include "service/status/status.h"

struct jm_restored {
    /* INVALID bits that were new; live cards put on hold for them (whose other copies end by that:
     * not counted) */
    int64_t bits, held;
    int64_t tokens, cases; /* that ended */
    int64_t lost;          /* audit rows: 0, the chain is the signer's */
    uint32_t first_shard;  /* of copies to come */
};

/**
 * First: the audit chain goes on from the signer's head, with a gap record where rows are lost;
 * until then no row may be written.
 * @retval JM_E_UNAVAILABLE the signer was not to be had | JM_E_DENIED JM_AUDIT_TRUNCATED,
 * JM_AUDIT_REWRITTEN: this chain was changed, not brought back, or was written on since for longer
 * than what it lost
 */
JM_MUST_CHECK enum jm_status jm_restore_begin(const struct jm_env *env, struct jm_restored *out,
                                              struct jm_diag *d);
/** Then merges each published list; @p raw as jm_status_published() gave it. Adds to @p out. */
JM_MUST_CHECK enum jm_status jm_restore_merge(const struct jm_env *env, uint32_t shard,
                                              const uint8_t raw[JM_LIST_RAW_LEN],
                                              struct jm_restored *out, struct jm_arena *mem);
/** All the rest, in one transaction. @p next_shard: behind every shard that was ever published. All
 * of it again is harmless. */
JM_MUST_CHECK enum jm_status jm_restore_end(const struct jm_env *env, uint32_t next_shard,
                                            struct jm_restored *out);
/** When this store was last brought back; 0: never. Nonces of before are nobody's. */
JM_MUST_CHECK enum jm_status jm_restored_at(const struct jm_env *env, int64_t *at);

#endif
