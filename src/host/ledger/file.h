/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file file.h  Room: host/ledger. ledger.jml, the only source of truth: an append-only file of log
 * entries and commits, and what is left of it after a crash.
 *
 *     header  "JMLEDG" 0001 ‖ genesis hash(32)
 *     record  u32 length ‖ u8 kind ‖ payload ‖ H(u64 offset ‖ u32 length ‖ kind ‖ payload)[:8]
 *
 * Kind 1 is a log entry, kind 2 a commit [height, time, log size, app hash]. A block's entries and
 * its commit are one write, then fdatasync. What stands behind the last commit is cut off, unless a
 * commit that holds stands further back: that is damage, and refused.
 *
 * Spec: spec/ledger.md 6
 */
#ifndef JUMIN_HOST_LEDGER_FILE_H
#define JUMIN_HOST_LEDGER_FILE_H

#include "jumin/ledger.h"

#define JM_JML_HEADER 40
#define JM_JML_OVERHEAD 13 /* octets of a record around its payload */
#define JM_JML_RECORD_MAX 65536

struct jm_jml {
    int fd;
    uint64_t end; /* of the last commit */
};

struct jm_jml_commit {
    uint64_t height, time, log_size;
    struct jm_hash32 app_hash;
};

/** What the file holds, in order, up to its last commit. Views live for the call.
 * @retval other than JM_OK ends the reading with it */
struct jm_jml_reader {
    enum jm_status (*entry)(void *ctx, uint64_t offset, struct jm_bytes octets);
    enum jm_status (*commit)(void *ctx, const struct jm_jml_commit *c);
    void *ctx;
};

/**
 * Opens or makes the file and tells @p r all of it; what is behind the last commit is cut off.
 *
 * @param genesis  hash that the header must bear
 * @retval JM_OK done
 * @retval JM_E_CONFLICT  somebody else has it open (flock)
 * @retval JM_E_UNSUPPORTED  another format, or of another chain
 * @retval JM_E_MALFORMED  damaged before a commit that holds: restore it from a peer or a backup
 * @retval JM_E_IO | JM_E_NO_SPACE | what @p r says
 */
JM_MUST_CHECK enum jm_status jm_jml_open(struct jm_jml *out, const char *path,
                                         const struct jm_hash32 *genesis,
                                         const struct jm_jml_reader *r, const struct jm_crypto *c);
/** One group, durable when it returns. The offsets of the entries in @p at. @retval JM_E_IO the
 * caller must end: what is on the disk is not known */
JM_MUST_CHECK enum jm_status jm_jml_append(struct jm_jml *f, const struct jm_block_entry *entry,
                                           size_t n, const struct jm_jml_commit *commit,
                                           uint64_t *at, const struct jm_crypto *c);
/** The entry that stands at @p offset. */
JM_MUST_CHECK enum jm_status jm_jml_entry(struct jm_bytes *out, const struct jm_jml *f,
                                          uint64_t offset, struct jm_arena *mem);
void jm_jml_close(struct jm_jml *f);

#endif
