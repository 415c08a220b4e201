/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file server.h  Room: host/abci. The application's end of ABCI 2.0: a unix socket, four
 * connections of one CometBFT, one thread.
 *
 * What a message may say, and when, is judged here; what it does is the application's (app.h). A
 * connection that breaks the protocol is answered with an exception and closed,
 * alone; a function that fails ends the server: the process stops, and begins again from what is
 * durable.
 *
 * CometBFT ends when one of its connections does. Run both under one supervisor, this one first.
 *
 * Spec: spec/ledger.md 9
 */
#ifndef JUMIN_HOST_ABCI_SERVER_H
#define JUMIN_HOST_ABCI_SERVER_H

#include "host/abci/app.h"

struct jm_abci_server;

struct jm_abci_config {
    const char *path;    /* of the socket */
    const char *version; /* of this program, for Info */
    struct jm_abci_app app;
    /** Why a connection was closed; may be null. @p detail: a static text */
    void (*log)(void *ctx, const char *detail);
    void *log_ctx;
};

/** Opens the socket: from now on CometBFT may come, so @p config's functions must be ready. Borrows
 * what @p config points at. @retval as jm_listen_unix() | JM_E_UNAVAILABLE */
JM_MUST_CHECK enum jm_status jm_abci_server_new(struct jm_abci_server **out,
                                                const struct jm_abci_config *config);
/** Serve in this thread until jm_abci_server_stop() or a function fails. @retval JM_OK it was
 * stopped | what the function gave back: nothing may be asked of the application any more */
JM_MUST_CHECK enum jm_status jm_abci_server_run(struct jm_abci_server *s);
/** From any thread or signal handler. */
void jm_abci_server_stop(struct jm_abci_server *s);
/** After run() came back. The socket's file is taken away. */
void jm_abci_server_free(struct jm_abci_server **s);

#endif
