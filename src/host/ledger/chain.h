/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file chain.h  Room: host/ledger. A ledger on this machine: its file, its state in memory, and
 * what readers ask for. Both engines stand on it.
 *
 * One thread writes: begins blocks, commits them. Readers look at what is committed between
 * jm_chain_read() and jm_chain_done(); a commit waits for them, never they for the disk.
 *
 * Spec: spec/ledger.md 6
 */
#ifndef JUMIN_HOST_LEDGER_CHAIN_H
#define JUMIN_HOST_LEDGER_CHAIN_H

#include "jumin/ledger.h"

struct jm_chain;

struct jm_chain_config {
    const char *path; /* ledger.jml */
    struct jm_bytes genesis;
    struct jm_ledger_port port;
    bool verifies_all; /* signatures of what was applied before, too */
};

/**
 * Reads the file, plays it through the state machine, compares every commit. An empty file gets the
 * genesis block.
 * @retval as jm_jml_open() | JM_E_MALFORMED also: its entries do not give its hashes
 */
JM_MUST_CHECK enum jm_status jm_chain_open(struct jm_chain **out, const struct jm_chain_config *c);
void jm_chain_close(struct jm_chain **c);

/** For who writes. */
const struct jm_ledger *jm_chain_ledger(const struct jm_chain *c);
/**
 * Writes what jm_block_end() gave, durably, and makes it current. A block without entries is a
 * commit alone.
 * @retval JM_OK
 * @retval JM_E_IO  the process must end: what is on the disk is not known
 * @retval JM_E_NO_SPACE | JM_E_BUG
 */
JM_MUST_CHECK enum jm_status jm_chain_commit(struct jm_chain *c, const struct jm_block *b);

/** What is committed stays so until jm_chain_done(). */
const struct jm_ledger *jm_chain_read(struct jm_chain *c);
void jm_chain_done(struct jm_chain *c);
/* between the two: */
JM_MUST_CHECK enum jm_status jm_chain_entry(struct jm_bytes *out, const struct jm_chain *c,
                                            uint64_t index, struct jm_arena *mem);
/** The log's tree. */
struct jm_nodes jm_chain_nodes(struct jm_chain *c);
/** Inclusion of the row at @p at of the state. */
JM_MUST_CHECK enum jm_status jm_chain_state_proof(struct jm_proof *out, struct jm_chain *c,
                                                  size_t at);
struct jm_chain_place {
    uint64_t height, index;
};
/** @retval JM_E_ABSENT no such transaction was accepted */
JM_MUST_CHECK enum jm_status jm_chain_find(struct jm_chain_place *out, const struct jm_chain *c,
                                           const struct jm_hash32 *id);

#endif
