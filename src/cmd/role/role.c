/* SPDX-License-Identifier: Apache-2.0 */
/* What every role needs, the signer too: so nothing here knows HTTP or a store. */
#include <errno.h>
#include <signal.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "cmd/role/roles.h"

/* in the environment of a program that `serve` starts: see jm_role_parent */
#define READY_FD "JUMIN_READY_FD"

extern char **environ;

static int notify_fd = -1;

void jm_notify_prepare(void)
{
    if (notify_fd < 0 && getenv("NOTIFY_SOCKET") != NULL)
        notify_fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
}

void jm_notify_systemd(const char *what)
{
    const char *path = getenv("NOTIFY_SOCKET");
    struct sockaddr_un a = {.sun_family = AF_UNIX};

    if (path == NULL || (path[0] != '/' && path[0] != '@') || strlen(path) >= sizeof a.sun_path)
        return;
    memcpy(a.sun_path, path, strlen(path));
    if (path[0] == '@')
        a.sun_path[0] = '\0';
    jm_notify_prepare();
    if (notify_fd >= 0)
        (void)sendto(notify_fd, what, strlen(what), MSG_NOSIGNAL, (const struct sockaddr *)&a,
                     (socklen_t)(offsetof(struct sockaddr_un, sun_path) + strlen(path)));
}

static int parent_fd = -1;

void jm_role_parent(int fd)
{
    parent_fd = fd;
}

char **jm_role_environment(struct jm_arena *mem)
{
    char **out;
    size_t n = 0;

    while (environ[n] != NULL)
        n++;
    if (parent_fd < 0 || (out = JM_NEW_N(mem, char *, n + 2)) == NULL)
        return environ;
    memcpy(out, environ, n * sizeof *out);
    out[n] = jm_format(mem, READY_FD "=%d", parent_fd);
    out[n + 1] = NULL;
    return out;
}

static int ready_fd(void)
{
    const char *given = getenv(READY_FD);
    uint64_t fd;

    return parent_fd >= 0 || given == NULL || jm_parse_u64(&fd, jm_str(given)) != JM_OK ||
                   fd > INT32_MAX
               ? parent_fd
               : (int)fd;
}

static bool tell_parent(void)
{
    int fd = ready_fd();

    if (fd < 0 || write(fd, "r", 1) != 1)
        return false;
    (void)close(fd);
    return true;
}

void jm_role_ready(const struct jm_home *home, const char *role, const char *url)
{
    (void)home;
    printf("ready %s %s\n", role, url);
    (void)fflush(stdout);
    if (!tell_parent())
        jm_notify_systemd("READY=1");
}

sigset_t jm_role_signals(void)
{
    sigset_t s;

    (void)sigemptyset(&s);
    (void)sigaddset(&s, SIGINT);
    (void)sigaddset(&s, SIGTERM);
    (void)sigaddset(&s, SIGHUP);
    (void)sigaddset(&s, SIGCHLD);
    return s;
}

enum jm_status jm_role_clock(const struct jm_home *home, const char *role, struct jm_diag *d)
{
    static bool said; /* a role has a process of its own */
    struct jm_diag why = {0};
    size_t mark = jm_arena_mark(home->cmd->mem);
    /* only its clock is fed */
    enum jm_status st = jm_home_seen((struct jm_home *)(uintptr_t)home, role, &why);

    if (st == JM_E_UNAVAILABLE && !said)
        jm_remark(
            home->cmd,
            "%s: JM_CMD_CLOCK_BACK: nothing is issued or decided until this clock has caught up\n",
            role);
    said = st == JM_E_UNAVAILABLE;
    st = said ? JM_OK : st;
    if (st != JM_OK)
        return jm_refuse(d, st, why.code, role);
    jm_arena_back(home->cmd->mem, mark);
    return JM_OK;
}

enum event { STOP = 1, RELOAD, TICK };

/* Each tick keeps <role>/seen and looks at the clock (D-459). */
static enum event wait_for(const struct jm_home *home, const char *role, unsigned seconds)
{
    const struct timespec t = {(time_t)seconds, 0};
    const sigset_t s = jm_role_signals();

    for (;;) {
        int sig = sigtimedwait(&s, NULL, &t);

        if (sig == SIGINT || sig == SIGTERM) {
            (void)!jm_home_saw(home, role);
            return STOP;
        }
        if (sig == SIGHUP)
            return RELOAD;
        if (sig < 0 && errno == EAGAIN) {
            (void)!jm_home_saw(home, role);
            (void)!jm_role_clock(home, role, NULL);
            return TICK;
        }
    }
}

/* -- SIGHUP -- */

#define REREAD_ROOM (32 * JM_MIB) /* taken lazily from the system */

#define REREADS_MAX 1000

/* A home read once more, with memory of its own. Clock, folders and addresses stay those of the
 * running role. */
struct reread {
    struct jm_home home;
    struct jm_cmd cmd;
    struct jm_arena mem;
    void *room;
    struct reread *before;
    unsigned n; /* with those before */
};

static bool same_place(const struct jm_home *a, const struct jm_home *b, const char *role)
{
    const char *const keys[] = {"base", "listen"};

    for (size_t i = 0; i < JM_ARRAY_LEN(keys); i++) {
        const char *x = jm_conf_get(&a->conf, role, keys[i]),
                   *y = jm_conf_get(&b->conf, role, keys[i]);

        if ((x == NULL) != (y == NULL) || (x != NULL && strcmp(x, y) != 0))
            return false;
    }
    return true;
}

static enum jm_status read_again(struct reread *r, const struct jm_home *running, const char *role,
                                 struct jm_diag *d)
{
    struct jm_diag why = {0};
    enum jm_status st;

    jm_arena_init(&r->mem, r->room, REREAD_ROOM);
    r->cmd = *running->cmd;
    r->cmd.mem = &r->mem;
    st = jm_home_open(&r->home, &r->cmd, JM_HOME_SERVED, &why);
    if (st == JM_OK && !same_place(running, &r->home, role))
        st = jm_refuse(&why, JM_E_USAGE, JM_CMD_CONFIG, "base or listen");
    if (st != JM_OK)
        return jm_refuse(d, st, why.code, role); /* its detail lies in memory that goes */
    jm_clock_told((void *)(uintptr_t)&running->clock, r->home.trust.issued_at);
    return JM_OK;
}

static void free_rereads(struct reread **last)
{
    while (*last != NULL) {
        struct reread *r = *last;

        *last = r->before;
        if (r->room != NULL)
            jm_arena_reset(&r->mem);
        free(r->room);
        free(r);
    }
}

/* What the role has is what it had, or all of it anew. */
static enum jm_status reload_role(const struct jm_role *role, const struct jm_home *home,
                                  struct reread **kept, struct jm_diag *d)
{
    struct reread *r = calloc(1, sizeof *r);
    struct jm_diag why = {0};
    enum jm_status st = JM_E_UNAVAILABLE;

    if (*kept != NULL && (*kept)->n == REREADS_MAX)
        st = jm_refuse(d, JM_E_LIMIT, JM_CMD_CONFIG, "start anew");
    else if (r != NULL && (r->room = malloc(REREAD_ROOM)) != NULL)
        st = read_again(r, home, role->name, d);
    if (st == JM_OK && (st = role->reload(&r->home, &why)) != JM_OK)
        st = jm_refuse(d, st, why.code, role->rereads);
    if (st != JM_OK) {
        free_rereads(&r);
        return st;
    }
    if (!role->keeps_former)
        free_rereads(kept); /* nobody looks into it any more */
    r->before = *kept;
    r->n = r->before == NULL ? 1 : r->before->n + 1;
    *kept = r;
    return JM_OK;
}

static void reload_and_say(const struct jm_role *role, const struct jm_home *home,
                           struct reread **kept)
{
    struct jm_diag d = {0};
    enum jm_status st = reload_role(role, home, kept, &d);

    if (st == JM_OK)
        jm_remark(home->cmd, "%s: configuration and certificates were read again\n", role->name);
    else
        jm_remark(home->cmd, "%s: goes on as before: %s %.*s\n", role->name,
                  d.code == JM_CODE_NONE ? jm_status_name(st) : jm_code_info(d.code)->name,
                  (int)d.detail.len, d.detail.len == 0 ? "" : (const char *)d.detail.ptr);
}

/* -- a role's life -- */

int jm_role_run(const struct jm_role *role, const struct jm_home *home)
{
    struct reread *kept = NULL;
    struct jm_diag d = {0};
    enum event e;
    enum jm_status st = role->open(home, &d);
    int code = JM_EXIT_OK;

    if (st == JM_OK)
        st = role->start(home, &d);
    if (st != JM_OK)
        code = jm_cmd_fail(home->cmd, st, &d);
    for (unsigned n = 0; st == JM_OK && (e = wait_for(home, role->name, role->tick_s)) != STOP;
         n++) {
        if (e == RELOAD)
            reload_and_say(role, home, &kept);
        if (role->tick != NULL)
            role->tick(home, n);
    }
    role->stop();
    free_rereads(&kept);
    return code;
}
