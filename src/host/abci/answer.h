/* SPDX-License-Identifier: Apache-2.0 */
/** @file answer.h  Room: host/abci. One request, one response: the grammar and rules of ABCI,
 * without a socket. */
#ifndef JUMIN_HOST_ABCI_ANSWER_H
#define JUMIN_HOST_ABCI_ANSWER_H

#include "host/abci/app.h"

/** What all connections have in common. */
struct jm_abci_state {
    const struct jm_abci_app *app;
    const char *version; /* of this program */
    uint64_t next;  /* height of the block that may be decided; 0: InitChain has to come before */
    bool finalized; /* … is, and waits for Commit */
};

/** Borrows both. @retval JM_OK | what the application says */
JM_MUST_CHECK enum jm_status jm_abci_state_begin(struct jm_abci_state *s,
                                                 const struct jm_abci_app *app,
                                                 const char *version);
/**
 * The response to @p in, in @p mem.
 * @param[out] broken  why the connection is to be closed behind the response, which is an
 *                     exception; null: it goes on
 * @retval JM_OK | JM_E_NO_SPACE | what the application says: the response is an exception, the
 * server ends
 */
JM_MUST_CHECK enum jm_status jm_abci_answer(struct jm_abci_state *s, struct jm_abci_response *out,
                                            const char **broken, const struct jm_abci_request *in,
                                            struct jm_arena *mem);

#endif
