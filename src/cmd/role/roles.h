/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file roles.h  Room: cmd. The roles that `jumin serve` runs, each in a process of its own.
 *
 * A role is a row: what it is called, where it belongs, and five functions over its own state,
 * which is one a process. jm_role_run() is the life of each. SIGINT, SIGTERM and SIGHUP are blocked
 * in all its threads: jm_role_run() takes them.
 */
#ifndef JUMIN_CMD_ROLES_H
#define JUMIN_CMD_ROLES_H

#include <signal.h>

#include "cmd/cli/home.h"
#include "host/http/http.h"

#define JM_ROLES_MAX 8
#define JM_ROLE_TABLES 8

struct jm_role {
    const char *name;
    unsigned homes; /* of which it is: JM_HOME_AUTHORITY, JM_HOME_VERIFIER, JM_HOME_WITNESS */
    size_t place;   /* of its address in struct jm_home; 0: it listens on no port */
    unsigned tick_s;
    const char *program; /* beside this one, which runs it; null: it is run here */
    const char *rereads; /* what SIGHUP reads beside the home */
    /* who is asked may look into what was read before: nothing of it goes */
    bool keeps_former;
    bool reads_no_trust; /* a newer trust set changes nothing of it */
    /** Its routes: open ones, or those of its control socket. @return how many tables */
    size_t (*tables)(struct jm_http_table out[JM_ROLE_TABLES], bool control);
    /** Keys, store, configuration: all that may be refused before anybody can ask. */
    enum jm_status (*open)(const struct jm_home *home, struct jm_diag *d);
    /** Accepts connections; says jm_role_ready(). */
    enum jm_status (*start)(const struct jm_home *home, struct jm_diag *d);
    /** SIGHUP: all anew from @p home, or as it was. */
    enum jm_status (*reload)(const struct jm_home *home, struct jm_diag *d);
    /** Each tick_s seconds, and after each reload; null: nothing to do. */
    void (*tick)(const struct jm_home *home, unsigned ticks);
    /** Whatever of the above was begun. */
    void (*stop)(void);
};

/* The row of a role that answers HTTP, whose functions are open_<role> and so on. */
#define JM_ROLE(role, home_kinds, seconds, each_tick)                               \
    const struct jm_role jm_role_##role = {.name = #role,                           \
                                           .homes = home_kinds,                     \
                                           .place = offsetof(struct jm_home, role), \
                                           .tick_s = seconds,                       \
                                           .tables = role##_tables,                 \
                                           .open = open_##role,                     \
                                           .start = start_##role,                   \
                                           .reload = reload_##role,                 \
                                           .tick = each_tick,                       \
                                           .stop = stop_##role}

/** All roles, in the order in which they start: who is needed first. */
extern const struct jm_role *const jm_roles[];
extern const size_t jm_n_roles;
extern const struct jm_role jm_role_signer, jm_role_issuer, jm_role_provider, jm_role_status,
    jm_role_verifier, jm_role_ledger, jm_role_witness;

/** From open to stop. @return enum jm_exit */
int jm_role_run(const struct jm_role *role, const struct jm_home *home);

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

#endif
