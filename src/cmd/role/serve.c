/* SPDX-License-Identifier: Apache-2.0 */
/* jumin serve ROLE…: one process a role, started in order, ended in reverse. */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "cmd/cli/commands.h"
#include "cmd/ledger/refresh.h"
#include "cmd/role/role_http.h"
#include "host/files/files.h"

#define READY_MS 60000 /* until a role accepts connections: scrypt, migrations */
#define END_MS 5000    /* spec/cli.md 1 */

/* The signer is a program of its own, linked with libcrypto alone: its functions are there. */
static const struct jm_role signer = {.name = "signer",
                                      .homes =
                                          JM_HOME_AUTHORITY | JM_HOME_VERIFIER | JM_HOME_WITNESS,
                                      .program = "jumin-signer",
                                      .reads_no_trust = true};

const struct jm_role *const jm_roles[] = {&signer,         &jm_role_issuer,   &jm_role_provider,
                                          &jm_role_status, &jm_role_verifier, &jm_role_ledger,
                                          &jm_role_witness};
const size_t jm_n_roles = JM_ARRAY_LEN(jm_roles);

/* It reads the same command line. */
static int exec_program(const struct jm_role *role, const struct jm_home *home)
{
    const char *program = jm_cmd_beside(home->cmd, role->program);

    (void)execve(program, home->cmd->argv, jm_role_environment(home->cmd->mem));
    return jm_cmd_refuse(home->cmd, JM_E_UNAVAILABLE, JM_CMD_FILE_READ, program);
}

static int run_role(const struct jm_role *role, const struct jm_home *home)
{
    return role->program != NULL ? exec_program(role, home) : jm_role_run(role, home);
}

/* -- processes -- */

struct child {
    pid_t pid; /* 0: has ended */
    const struct jm_role *role;
};

static bool start_child(const struct jm_home *home, const struct jm_role *role, struct child *c)
{
    int fds[2];
    struct pollfd p = {.events = POLLIN};
    char octet;

    *c = (struct child){.role = role};
    if (pipe(fds) != 0)
        return false;
    (void)fflush(NULL);
    if ((c->pid = fork()) == 0) {
        (void)close(fds[0]);
        /* a quota that is reached is a write that fails, not the end */
        (void)sigaction(SIGXFSZ, &(const struct sigaction){.sa_handler = SIG_IGN}, NULL);
        (void)prctl(PR_SET_PDEATHSIG, SIGTERM); /* a killed parent leaves no role behind */
        jm_role_parent(fds[1]);
        exit(run_role(role, home));
    }
    (void)close(fds[1]);
    p.fd = fds[0];
    bool ready = c->pid > 0 && poll(&p, 1, READY_MS) == 1 && read(fds[0], &octet, 1) == 1;

    (void)close(fds[0]);
    return ready;
}

static int code_of(int status)
{
    return WIFEXITED(status) ? WEXITSTATUS(status) : JM_EXIT_BUG;
}

static bool reap_child(struct child *c, unsigned ms, int *code)
{
    for (unsigned waited = 0;; waited += 10) {
        const struct timespec nap = {0, 10 * 1000000L};
        int status;

        if (waitpid(c->pid, &status, WNOHANG) == c->pid) {
            c->pid = 0;
            *code = code_of(status);
            return true;
        }
        if (waited >= ms)
            return false;
        (void)nanosleep(&nap, NULL);
    }
}

/* In reverse order: who asks ends before who answers. */
static int end_all(struct child *c, size_t n)
{
    int worst = JM_EXIT_OK;

    while (n-- > 0) {
        int code = JM_EXIT_OK, status;

        if (c[n].pid == 0)
            continue;
        (void)kill(c[n].pid, SIGTERM);
        if (!reap_child(&c[n], END_MS - 500, &code)) {
            (void)kill(c[n].pid, SIGKILL);
            (void)waitpid(c[n].pid, &status, 0);
            code = JM_EXIT_BUG;
        }
        if (worst == JM_EXIT_OK)
            worst = code;
    }
    return worst;
}

static bool somebody_ended(struct child *c, size_t n, int *code)
{
    for (size_t i = 0; i < n; i++)
        if (c[i].pid != 0 && reap_child(&c[i], 0, code))
            return true;
    return false;
}

/* Where a ledger proves the trust set, the roles get the newest; what fails is tried again. */
static bool refresh_trust(const struct jm_home *home)
{
    static struct jm_home fresh;
    size_t mark = jm_arena_mark(home->cmd->mem);
    struct jm_diag d = {0};
    bool newer = false;
    int lock = -1;
    enum jm_status st;

    if (!home->trust.proven)
        return false;
    st = jm_home_lock(&lock, home->cmd, &d);
    if (st == JM_OK)
        st = jm_home_open(&fresh, home->cmd, JM_HOME_ANY, &d);
    if (st == JM_OK)
        st = jm_trust_refresh(&fresh, &newer, &d);
    jm_file_unlock(&lock);
    if (st != JM_OK)
        jm_log(home, "serve", "the trust set stays as it is: %s",
               d.code == JM_CODE_NONE ? jm_status_name(st) : jm_code_info(d.code)->name);
    jm_arena_back(home->cmd->mem, mark);
    return st == JM_OK && newer;
}

/* @p all: also who reads nothing of the trust set, and keeps what was read before. */
static void hang_up(const struct child *c, size_t n, bool all)
{
    for (size_t i = 0; i < n; i++)
        if (c[i].pid != 0 && (all || !c[i].role->reads_no_trust))
            (void)kill(c[i].pid, SIGHUP);
}

static int watch_children(const struct jm_home *home, struct child *c, size_t n)
{
    const struct timespec often = {.tv_sec = JM_REFRESH_S};
    const sigset_t s = jm_role_signals();

    for (;;) {
        int code = JM_EXIT_OK, sig = sigtimedwait(&s, NULL, &often);

        if (sig < 0 && errno == EAGAIN && refresh_trust(home)) {
            hang_up(c, n, false);
            continue;
        }

        if (sig == SIGINT || sig == SIGTERM)
            return end_all(c, n);
        if (sig == SIGHUP)
            hang_up(c, n, true);
        if (sig == SIGCHLD && somebody_ended(c, n, &code)) {
            (void)end_all(c, n);
            return code == JM_EXIT_OK ? JM_EXIT_OUTSIDE : code; /* nobody had asked it to end */
        }
    }
}

static int run_all(const struct jm_home *home, const struct jm_role *const *which, size_t n)
{
    struct child c[JM_ROLES_MAX];

    for (size_t i = 0; i < n; i++) {
        int code = JM_EXIT_OUTSIDE;

        if (start_child(home, which[i], &c[i]))
            continue;
        if (c[i].pid > 0 && !reap_child(&c[i], 0, &code)) /* says why on stderr itself */
            i++;
        (void)end_all(c, i);
        return code;
    }
    jm_notify_systemd("READY=1");
    return watch_children(home, c, n);
}

/* -- the command -- */

static bool fits_home(const struct jm_home *home, const struct jm_role *role)
{
    unsigned kind = home->is_verifier  ? JM_HOME_VERIFIER
                    : home->is_witness ? JM_HOME_WITNESS
                                       : JM_HOME_AUTHORITY;

    return !home->is_wallet && (role->homes & kind) != 0;
}

/* A home without a ledger of its own has no such section. */
static bool has_place(const struct jm_home *home, const struct jm_role *role)
{
    const struct jm_home_role *place = jm_role_place(home, role);

    return place == NULL || place->base != NULL;
}

static const struct jm_role *find_role(const struct jm_home *home, const char *name)
{
    for (size_t i = 0; i < jm_n_roles; i++)
        if (strcmp(jm_roles[i]->name, name) == 0 && fits_home(home, jm_roles[i]))
            return jm_roles[i];
    return NULL;
}

/* The roles asked for, in the order of the table where "all" stands for them: a signer first, who
 * needs it after. */
static enum jm_status choose_roles(const struct jm_role *which[JM_ROLES_MAX], size_t *n,
                                   const struct jm_home *home, struct jm_diag *d)
{
    const struct jm_cmd *cmd = home->cmd;

    *n = 0;
    if (cmd->n_operands == 1 && strcmp(cmd->operand[0], "all") == 0) {
        for (size_t i = 0; i < jm_n_roles; i++)
            if (fits_home(home, jm_roles[i]) && has_place(home, jm_roles[i]))
                which[(*n)++] = jm_roles[i];
        return *n > 0 ? JM_OK : jm_refuse(d, JM_E_USAGE, JM_CMD_ROLE_UNKNOWN, "all");
    }
    for (size_t i = 0; i < cmd->n_operands; i++) {
        const struct jm_role *role = find_role(home, cmd->operand[i]);

        if (role == NULL)
            return jm_refuse(d, JM_E_USAGE, JM_CMD_ROLE_UNKNOWN, cmd->operand[i]);
        for (size_t k = 0; k < *n; k++)
            if (which[k] == role)
                return jm_refuse(d, JM_E_USAGE, JM_CMD_ROLE_UNKNOWN,
                                 jm_format(cmd->mem, "%s: twice", cmd->operand[i]));
        which[(*n)++] = role;
    }
    return JM_OK;
}

/* Before any process starts: what is in front of each role. */
static enum jm_status check_proxies(const struct jm_home *home, const struct jm_role *const *which,
                                    size_t n, struct jm_diag *d)
{
    const char *ignored;

    for (size_t i = 0; i < n; i++)
        JM_TRY(jm_role_proxy(&ignored, home, which[i], d));
    return JM_OK;
}

static int run_serve(const struct jm_cmd *cmd)
{
    static struct jm_home home;
    const struct jm_role *which[JM_ROLES_MAX];
    size_t n = 0;
    struct jm_diag d = {0};
    enum jm_status st = jm_home_open(&home, cmd, JM_HOME_SERVED, &d);
    const sigset_t s = jm_role_signals();

    if (st == JM_OK)
        st = choose_roles(which, &n, &home, &d);
    if (st == JM_OK)
        st = check_proxies(&home, which, n, &d);
    if (st != JM_OK)
        return jm_cmd_fail(cmd, st, &d);
    if (jm_opt_has(cmd, "check-config")) {
        jm_say(cmd, "%s\n", home.conf_file);
        return cmd->common.json ? jm_cmd_json(JM_BYTES("{\"ok\":true}")) : JM_EXIT_OK;
    }
    (void)sigprocmask(SIG_BLOCK, &s, NULL);
    return n == 1 ? run_role(which[0], &home) : run_all(&home, which, n);
}

JM_COMMAND_RUN(serve, "serve", run_serve, "serve all", "serve verifier --check-config",
               JM_OPERANDS("ROLE…|all", 1, JM_ROLES_MAX),
               JM_OPTIONS(JM_SWITCH("check-config"), JM_TAKES("passphrase-file", "FILE")));
