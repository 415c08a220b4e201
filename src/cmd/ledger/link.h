/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file link.h  Room: cmd. The ledger of a home, for who administers it: the role where it runs,
 * else the file itself, opened in this process.
 */
#ifndef JUMIN_CMD_LEDGER_LINK_H
#define JUMIN_CMD_LEDGER_LINK_H

#include "cmd/ledger/ledger_keys.h"

struct jm_link;

/** @retval JM_E_UNAVAILABLE JM_LEDGER_OFFLINE nobody answers, JM_SIGNER_OFFLINE | JM_E_DENIED
 * JM_LEDGER_FILE */
JM_MUST_CHECK enum jm_status jm_link_open(struct jm_link **out, const struct jm_home *home,
                                          struct jm_diag *d);
void jm_link_close(struct jm_link **l);

struct jm_link_facts {
    struct jm_bytes chain_id;
    struct jm_hash32 genesis;
    struct jm_bytes actors; /* CBOR [[key, value]…] of actor/ and seq/ */
};
/** What a signer needs to know; views in the command's arena. */
JM_MUST_CHECK enum jm_status jm_link_facts(struct jm_link_facts *out, struct jm_link *l,
                                           struct jm_diag *d);
/** @retval JM_E_DENIED, JM_E_CONFLICT JM_LEDGER_REFUSED, the code's name in @p d */
JM_MUST_CHECK enum jm_status jm_link_submit(struct jm_link *l, struct jm_bytes tx,
                                            struct jm_diag *d);
/** The bundle of all records; waits a moment for witnesses that sign what was just written. */
JM_MUST_CHECK enum jm_status jm_link_bundle(struct jm_bytes *out, struct jm_link *l,
                                            struct jm_diag *d);

#endif
