/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file role_http.h  Room: cmd. What the roles that answer HTTP have in common: signer, store, an
 * open address, a control socket.
 */
#ifndef JUMIN_CMD_ROLE_HTTP_H
#define JUMIN_CMD_ROLE_HTTP_H

#include "cmd/role/roles.h"
#include "cmd/role/wire.h"
#include "host/http/http.h"

struct jm_served {
    struct jm_signer *signer;
    struct jm_store *store;
    struct jm_http *http, *control; /* control: null where the role has no such routes */
    bool no_control;                /* its home has no place for them */
    struct jm_http_table open[JM_ROLE_TABLES], local[JM_ROLE_TABLES];
};

/** Where jumin.conf puts the role; null: it listens on no port. */
static inline const struct jm_home_role *jm_role_place(const struct jm_home *home,
                                                       const struct jm_role *role)
{
    return role->place == 0
               ? NULL
               : (const struct jm_home_role *)(const void *)((const char *)home + role->place);
}

/** Who stands before the role; null: nobody, or it has no address. @retval JM_E_USAGE JM_CMD_PROXY
 * nothing was said where TLS ends before us | JM_CMD_CONFIG no address */
JM_MUST_CHECK enum jm_status jm_role_proxy(const char **out, const struct jm_home *home,
                                           const struct jm_role *role, struct jm_diag *d);
/** Clock, signer, store of the role. */
JM_MUST_CHECK enum jm_status jm_served_open(struct jm_served *s, const struct jm_role *role,
                                            const struct jm_home *home, struct jm_diag *d);
/** The hash of the operator's secret, for the role's control socket. */
JM_MUST_CHECK enum jm_status jm_served_operator(uint8_t hash[32], const struct jm_role *role,
                                                const struct jm_home *home, struct jm_diag *d);
/** The control socket, then the open address, and says ready. @p c: role, hooks and sizes; the rest
 * is filled here. */
JM_MUST_CHECK enum jm_status jm_served_start(struct jm_served *s, const struct jm_role *role,
                                             const struct jm_home *home, struct jm_http_config c,
                                             struct jm_diag *d);
/** Runs @p fn while no handler of either runs. */
void jm_served_between(struct jm_served *s, void (*fn)(void *arg), void *arg);
/** Nobody is answered any more; then signer and store go. */
void jm_served_stop(struct jm_served *s);
void jm_served_close(struct jm_served *s);

#endif
