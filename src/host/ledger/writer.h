/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file writer.h  Room: host/ledger. The embedded engine: one thread that takes what was handed in
 * meanwhile into a block, makes it durable, and then answers.
 *
 * While one block is being synced the next gathers: nobody waits for a clock. No empty blocks.
 * Where the file cannot be written the process ends: what is on the disk is not known.
 *
 * Spec: spec/ledger.md 6
 */
#ifndef JUMIN_HOST_LEDGER_WRITER_H
#define JUMIN_HOST_LEDGER_WRITER_H

#include "host/ledger/chain.h"

#define JM_LEDGER_QUEUE_MAX 4096 /* transactions that wait */

struct jm_ledger_writer;

struct jm_ledger_writer_config {
    struct jm_chain *chain;
    struct jm_chain_seal seal;
    int64_t (*now_s)(void *ctx);
    void *now_ctx;
    unsigned resign_s; /* a checkpoint is signed again after so many seconds */
    /* called by the writer's thread when there is a new note, or one signed anew; may be null */
    void (*told)(void *ctx);
    void *told_ctx;
};

/** @retval JM_E_UNAVAILABLE no thread or memory */
JM_MUST_CHECK enum jm_status jm_ledger_writer_start(struct jm_ledger_writer **out,
                                                    const struct jm_ledger_writer_config *c);
/** What waits is refused; ends the thread. */
void jm_ledger_writer_stop(struct jm_ledger_writer **w);
/** The engine; lives as long as the writer. */
struct jm_ledger_engine jm_ledger_writer_engine(struct jm_ledger_writer *w);

#endif
