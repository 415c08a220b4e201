/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file roles.h  Room: cmd. The roles that `jumin serve` runs, each in a process of its own.
 *
 * A role's function opens its own folder and the public ones, calls jm_role_ready() once it accepts
 * connections, then loops over jm_role_wait() until JM_ROLE_STOP, ends what it started and gives an
 * enum jm_exit. SIGINT, SIGTERM and SIGHUP are blocked in all its threads: jm_role_wait() takes
 * them.
 */
#ifndef JUMIN_CMD_ROLES_H
#define JUMIN_CMD_ROLES_H

#include <signal.h>

#include "cmd/cli/home.h"
#include "host/http/http.h"

#define JM_ROLES_MAX 8

enum jm_role_event { JM_ROLE_STOP = 1, JM_ROLE_RELOAD, JM_ROLE_TICK };

/** SIGINT, SIGTERM, SIGHUP, SIGCHLD. */
sigset_t jm_role_signals(void);
/** sd_notify(3), where systemd asked for it. Prepared first by who can open no socket later: the
 * signer in its sandbox. */
void jm_notify_prepare(void);
void jm_notify_systemd(const char *what);
/** In a child of `serve`: where an octet tells it that the role accepts connections. */
void jm_role_parent(int fd);
/** The environment for a program that takes the child's place: it finds the same descriptor there.
 */
char **jm_role_environment(struct jm_arena *mem);
/** `ready ROLE URL` on stdout, the word to `serve` and to sd_notify. */
void jm_role_ready(const struct jm_home *home, const char *role, const char *url);
/** D-459: feeds the clock with the highest time that any run of the role has seen. Where the clock
 * is more than 60 s behind it, that is said on stderr and jm_clock_behind() tells from here on.
 * @retval JM_E_USAGE JM_CMD_FILE_READ the file is no time */
JM_MUST_CHECK enum jm_status jm_role_clock(const struct jm_home *home, const char *role,
                                           struct jm_diag *d);
/** A signal, or JM_ROLE_TICK after @p seconds; each tick keeps <role>/seen and looks at the clock
 * (D-459). */
enum jm_role_event jm_role_wait(const struct jm_home *home, const char *role, unsigned seconds);
/** Address, port, clock and own origin of a role; tables, role and hooks are the caller's to fill.
 * Starts and says ready. */
JM_MUST_CHECK enum jm_status jm_role_http(struct jm_http **out, const struct jm_home *home,
                                          const char *name, const struct jm_home_role *where,
                                          struct jm_http_config *config, struct jm_diag *d);

/** What role `status` answers. */
extern const struct jm_http_table jm_status_table;

/** A home read once more, with memory of its own (SIGHUP). Clock, folders and addresses stay those
 * of the running role. */
struct jm_reread {
    struct jm_home home;
    struct jm_cmd cmd;
    struct jm_arena mem;
    void *room;
};
/** @retval JM_E_USAGE JM_CMD_CONFIG address or base of the role changed: that needs a start | as
 * jm_home_open */
JM_MUST_CHECK enum jm_status jm_reread_open(struct jm_reread **out, const struct jm_home *running,
                                            const char *role, struct jm_diag *d);
void jm_reread_free(struct jm_reread **r);
/** Says on stderr what became of it: read again, or why the role goes on with what it has. */
void jm_reread_say(const struct jm_home *home, const char *role, enum jm_status st,
                   const struct jm_diag *d);

int jm_role_signer(const struct jm_home *home);
int jm_role_issuer(const struct jm_home *home);
int jm_role_provider(const struct jm_home *home);
int jm_role_status(const struct jm_home *home);
int jm_role_verifier(const struct jm_home *home);

#endif
