/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file bundle.h  Room: ledger. What a reader gets of the ledger, from whatever hands: a proof of
 * one entry (tlog-proof), and the bundle: checkpoint, block entry, trust set, records.
 *
 * Nothing here is believed before the policy's quorum vouches for the checkpoint. The block entry
 * must be the last of the log that the checkpoint names, as each checkpoint is made at the end of a
 * block: else a fresh checkpoint would carry an old state. What is derived of the trust set says
 * jumin/trust.h.
 *
 * Bundle: CBOR {1: 1, 2: checkpoint, 3: index, 4: block entry, 5: [hash…], ?6: trust set, 7: [[key,
 * value, position, [hash…]]…]}.
 *
 * Spec: C2SP tlog-proof; spec/ledger.md 1, 5, 7, 8
 */
#ifndef JUMIN_BUNDLE_H
#define JUMIN_BUNDLE_H

#include "jumin/tlog_policy.h"

#define JM_BUNDLE_MAX (8 * JM_MIB)
#define JM_BUNDLE_RECORDS_MAX 65536
#define JM_STATE_KEY_LEN_MAX 255
#define JM_TLOG_PROOF_MAX (2 * JM_NOTE_MAX)
#define JM_FRESH_GOOD_S (24 * 3600) /* D-451 */
#define JM_FRESH_WARN_S (72 * 3600)

/* -- one entry: tlog-proof -- */

struct jm_tlog_proof {
    struct jm_bytes extra; /* proven by nobody; null view: none */
    uint64_t index;
    struct jm_proof path;
    struct jm_bytes checkpoint;
};
/** Views into @p text; extra in @p mem. @retval JM_OK | JM_E_MALFORMED | JM_E_LIMIT |
 * JM_E_NO_SPACE;
 * @p out is zero then */
JM_MUST_CHECK enum jm_status jm_tlog_proof_read(struct jm_tlog_proof *out, struct jm_bytes text,
                                                struct jm_arena *mem);
/** Appends the text. @retval JM_OK | JM_E_NO_SPACE */
JM_MUST_CHECK enum jm_status jm_tlog_proof_put(struct jm_buf *out, const struct jm_tlog_proof *p);
/** Is @p entry in the log that the policy vouches for, where the proof says? @retval JM_OK |
 * JM_E_DENIED with JM_LEDGER_PROOF_INCLUSION | JM_E_MALFORMED, JM_E_LIMIT with
 * JM_LEDGER_PROOF_FORM | as jm_checkpoint_judge; @p out is empty then */
JM_MUST_CHECK enum jm_status jm_tlog_proof_verify(struct jm_judged_checkpoint *out,
                                                  struct jm_bytes text, struct jm_bytes entry,
                                                  const struct jm_policy *policy,
                                                  const struct jm_reading *r);

/* -- the bundle -- */

/** The entry that ends a block: [2, height, time, n_accepted, state_size, state_root, trust_len,
 * trust_hash]. */
struct jm_log_block {
    uint64_t height, n_accepted, state_size, trust_len;
    int64_t time; /* s UTC */
    struct jm_hash32 state_root, trust_hash;
};
/** @retval JM_OK | JM_E_TYPE an entry of another kind | JM_E_MALFORMED */
JM_MUST_CHECK enum jm_status jm_log_block_read(struct jm_log_block *out, struct jm_bytes entry);

/** A record of the state, where it stands among its sorted keys. */
struct jm_proven {
    struct jm_bytes key, value;
    uint64_t position;
    const struct jm_hash32 *path;
    size_t n;
};

/** What a reader keeps for ever; all zero: it has seen nothing. */
struct jm_reader_memory {
    uint64_t size;
    struct jm_hash32 root;
    uint64_t policy_version;
};

struct jm_bundle_rules {
    const struct jm_policy *policy;
    const struct jm_reader_memory *memory; /* null: none is kept */
    /* how old the checkpoint may be, s: good until the first, with a warning until the second (a
     * declared incident; 0: there is none). Both 0: age is not judged (an older policy's bundle, on
     * the way to the present one) */
    int64_t good_s, warn_s;
};

enum jm_bundle_age { JM_AGE_UNJUDGED = 0, JM_AGE_GOOD, JM_AGE_WARN };

struct jm_bundle {
    struct jm_judged_checkpoint checkpoint;
    uint64_t index; /* of the block entry */
    struct jm_log_block block;
    struct jm_bytes trust; /* the trust set, CBOR; null view: not in the bundle */
    const struct jm_proven *record;
    size_t n;
    enum jm_bundle_age age;
    struct jm_reader_memory memory; /* to be kept in the place of what was given */
};

/**
 * Judge a bundle, in this order: form, checkpoint (note, origin, quorum), rollback, fork,
 * inclusion, block entry, trust set, records, age. Views into @p octets and the reading's memory.
 *
 * The version of the policy in memory stays; jm_bundle_policy() tells of another one.
 *
 * @retval JM_OK | JM_E_MALFORMED, JM_E_LIMIT with JM_LEDGER_BUNDLE_FORM | as jm_checkpoint_judge |
 * JM_E_CONFLICT with _ROLLBACK or _FORK (keep both, alarm) | JM_E_DENIED with _INCLUSION,
 * _NOTBLOCK, _TRUSTSET, _STATE | JM_E_UNAVAILABLE with _STALE | JM_E_PENDING (inside an engine) |
 * JM_E_NO_SPACE; @p out is empty then
 *
 * Spec: spec/ledger.md 8   Req: D-451
 */
JM_MUST_CHECK enum jm_status jm_bundle_open(struct jm_bundle *out, struct jm_bytes octets,
                                            const struct jm_bundle_rules *rules,
                                            const struct jm_reading *r);

/** The value of a proven record. @retval JM_OK | JM_E_ABSENT the bundle does not prove it */
JM_MUST_CHECK enum jm_status jm_bundle_find(struct jm_bytes *value, const struct jm_bundle *b,
                                            struct jm_bytes key);
/** Do two neighbours prove that the state has no such key (the first or last alone, before or
 * behind all)? */
bool jm_bundle_proves_absent(const struct jm_bundle *b, struct jm_bytes key);

/** The policy that the proven trust set holds: its version and its text. A reader takes it where
 * the version is above its own. @retval JM_OK | JM_E_ABSENT there is none, or no trust set |
 * JM_E_MALFORMED */
JM_MUST_CHECK enum jm_status jm_bundle_policy(uint64_t *version, struct jm_bytes *text,
                                              const struct jm_bundle *b);

struct jm_bundle_spec {
    struct jm_bytes checkpoint, block, trust; /* trust null: left out */
    uint64_t index;
    const struct jm_proof *path; /* of the block entry */
    const struct jm_proven *record;
    size_t n;
};
/** Appends. @retval JM_OK | JM_E_NO_SPACE | JM_E_LIMIT too many records */
JM_MUST_CHECK enum jm_status jm_bundle_put(struct jm_buf *out, const struct jm_bundle_spec *spec);

/** The leaf of a state: [key, H(value)]. @retval JM_OK | JM_E_LIMIT the key is too long | what the
 * port says */
JM_MUST_CHECK enum jm_status jm_state_leaf(struct jm_hash32 *out, const struct jm_crypto *c,
                                           struct jm_bytes key, struct jm_bytes value);

#endif
