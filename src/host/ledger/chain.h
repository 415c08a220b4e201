/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file chain.h  Room: host/ledger. A ledger on this machine: its file, its state in memory, and
 * what readers ask for. Both engines stand on it.
 *
 * One thread writes: begins blocks, commits them. Readers look at what is committed between
 * jm_chain_view() and jm_chain_done(); a commit waits for them, never they for the disk.
 *
 * Spec: spec/ledger.md 6
 */
#ifndef JUMIN_HOST_LEDGER_CHAIN_H
#define JUMIN_HOST_LEDGER_CHAIN_H

#include "service/ledger/engine.h"

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
/** What signs a checkpoint: appends the note over @p size and @p root. @retval other than JM_OK: it
 * goes unsigned for now */
struct jm_chain_seal {
    enum jm_status (*sign)(void *ctx, struct jm_buf *note, uint64_t size,
                           const struct jm_hash32 *root);
    void *ctx;
};
/**
 * Writes what jm_block_end() gave, durably, has it signed, and makes both current. A block without
 * entries is a commit alone; the note stays.
 *
 * @param seal  null: nobody signs here
 * @retval JM_OK done
 * @retval JM_E_IO  the process must end: what is on the disk is not known
 * @retval JM_E_NO_SPACE | JM_E_BUG
 */
JM_MUST_CHECK enum jm_status jm_chain_commit(struct jm_chain *c, const struct jm_block *b,
                                             const struct jm_chain_seal *seal);
/** Signs what is current, anew; others' signatures over the same stay. @retval what @p seal says
 */
JM_MUST_CHECK enum jm_status jm_chain_sign(struct jm_chain *c, const struct jm_chain_seal *seal);
/** A note with more signatures in the place of @p was. @retval JM_E_CONFLICT another is there by
 * now | JM_E_NO_SPACE */
JM_MUST_CHECK enum jm_status jm_chain_put_note(struct jm_chain *c, struct jm_bytes was,
                                               struct jm_bytes note);

/* -- readers: as struct jm_ledger_engine has them, with the chain as context -- */

void jm_chain_view(void *chain, struct jm_ledger_view *out);
void jm_chain_done(void *chain);
JM_MUST_CHECK enum jm_status jm_chain_entry(void *chain, struct jm_bytes *out, uint64_t index,
                                            struct jm_arena *mem);
JM_MUST_CHECK enum jm_status jm_chain_state_proof(void *chain, struct jm_proof *out, size_t at);
JM_MUST_CHECK enum jm_status jm_chain_find(void *chain, struct jm_ledger_place *out,
                                           const struct jm_hash32 *id);

#endif
