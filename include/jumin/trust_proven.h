/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file trust_proven.h  Room: ledger. A trust set that a ledger proves, as a file: what a home pins
 * for ever, and a bundle that anybody may carry.
 *
 * File: CBOR {0 "jumin-trust/2", 1 root bstr, 2 bundle bstr}. Root: {0 "jumin-root/1", 1 policy
 * text bstr, 2 synthetic, ?3 [clock.start, moment]}: whose signatures are enough, and in which time
 * a practice country lives. A home pins the hash of the root; newer bundles need no other word.
 *
 * What comes out is read by the functions of jumin/trust.h. It is good for 24 hours from the moment
 * for which the quorum vouches (D-451).
 *
 * Spec: spec/ledger.md 7, 8
 */
#ifndef JUMIN_TRUST_PROVEN_H
#define JUMIN_TRUST_PROVEN_H

#include "jumin/bundle.h"
#include "jumin/trust.h"

/* octets of either file */
#define JM_TRUST_FILE_MAX (JM_TRUST_MAX + 32 * JM_KIB)

struct jm_trust_root {
    struct jm_bytes policy; /* text */
    bool synthetic;
    int64_t clock_start, clock_moment; /* clock_start 0: real time */
};

/** @retval JM_OK | JM_E_NO_SPACE */
JM_MUST_CHECK enum jm_status jm_trust_root_write(struct jm_bytes *out,
                                                 const struct jm_trust_root *root,
                                                 struct jm_arena *mem);
JM_MUST_CHECK enum jm_status jm_trust_proven_write(struct jm_bytes *out, struct jm_bytes root,
                                                   struct jm_bytes bundle, struct jm_arena *mem);
/** Is it such a file? Nothing of it is judged. Its root and bundle, views. */
bool jm_trust_proven_is(struct jm_bytes *root, struct jm_bytes *bundle, struct jm_bytes octets);
/** @retval JM_OK | JM_E_MALFORMED */
JM_MUST_CHECK enum jm_status jm_trust_root_read(struct jm_trust_root *out, struct jm_bytes octets);

/**
 * @param seen     what this reader has seen last, or null
 * @param pin      hash of the root, 32 octets
 * @retval JM_OK done
 * @retval JM_E_DENIED  JM_TRUST_PIN: another root; else as jm_bundle_open(), whose codes stand in
 * the reading's diag | JM_E_MALFORMED | JM_E_PENDING (inside an engine) | JM_E_NO_SPACE
 */
JM_MUST_CHECK enum jm_status jm_trust_prove(struct jm_trust *out, struct jm_bytes octets,
                                            const uint8_t pin[32],
                                            const struct jm_reader_memory *seen,
                                            const struct jm_reading *r);

#endif
