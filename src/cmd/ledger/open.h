/* SPDX-License-Identifier: Apache-2.0 */
/** @file open.h  Room: cmd. The ledger of a home opened in this process: its file, the embedded
 * engine, the signer of its checkpoints. */
#ifndef JUMIN_CMD_LEDGER_OPEN_H
#define JUMIN_CMD_LEDGER_OPEN_H

#include "cmd/ledger/push.h"
#include "cmd/ledger/seal.h"
#include "host/ledger/writer.h"

struct jm_ledger_here {
    struct jm_chain *chain;
    struct jm_ledger_writer *writer;
    struct jm_push *push; /* null: no witness is asked */
    struct jm_seal seal;
    struct jm_ledger_engine engine;
};

#define JM_LEDGER_RESIGN_S 300 /* freshness needs no traffic: spec/ledger.md 7 */

/** @p out is kept in place. @p says: what witnesses answer goes to the role's log. @retval
 * JM_E_CONFLICT another process has it | JM_E_DENIED JM_LEDGER_FILE | JM_E_UNAVAILABLE */
JM_MUST_CHECK enum jm_status jm_ledger_open_here(struct jm_ledger_here *out,
                                                 const struct jm_home *home,
                                                 const struct jm_signer *signer, bool says,
                                                 struct jm_diag *d);
/** The threads that ask the witnesses of the seal's policy, then the writer over both. */
JM_MUST_CHECK enum jm_status jm_ledger_start(struct jm_ledger_here *h,
                                             struct jm_ledger_writer_config *w,
                                             struct jm_push_config *p);
void jm_ledger_close_here(struct jm_ledger_here *h);

#endif
