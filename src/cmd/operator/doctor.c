/* SPDX-License-Identifier: Apache-2.0 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE /* struct ucred */
#endif
/* jumin doctor: looks at the machine and, where there is one, at the home; each problem with the
 * command that mends it. */
#include <arpa/inet.h>
#include <inttypes.h>
#include <netinet/in.h>
#include <openssl/crypto.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "cmd/cli/commands.h"
#include "cmd/cli/trustset.h"
#include "cmd/role/role_http.h"
#include "host/card/card.h"
#include "host/files/files.h"
#include "host/sandbox/sandbox.h"

struct doctor {
    const struct jm_cmd *cmd;
    struct jm_json_w w;
    unsigned problems;
};

/* One finding: id names the sentence doctor.<id>; fix is a command, or null for a mere notice. */
static void tell_finding(struct doctor *x, const char *id, const char *detail, const char *fix)
{
    const char *text = jm_cmd_text(x->cmd, jm_format(x->cmd->mem, "doctor.%s", id));

    x->problems += fix != NULL;
    jm_say(x->cmd, "%s %s%s%s\n", fix == NULL ? "-" : "!", text, detail == NULL ? "" : ": ",
           detail == NULL ? "" : detail);
    if (fix != NULL)
        jm_say(x->cmd, "    %s\n", fix);
    jm_json_w_open(&x->w, '{');
    jm_json_w_mstr(&x->w, "id", id);
    jm_json_w_mbool(&x->w, "problem", fix != NULL);
    jm_json_w_mstr(&x->w, "message", text);
    jm_json_w_mstr(&x->w, "detail", detail == NULL ? "" : detail);
    jm_json_w_mstr(&x->w, "fix", fix == NULL ? "" : fix);
    jm_json_w_close(&x->w, '}');
}

/* -- machine -- */

static bool on_path(const char *name)
{
    const char *path = getenv("PATH");
    char file[4096];

    while (path != NULL && *path != '\0') {
        size_t len = strcspn(path, ":");
        int n = snprintf(file, sizeof file, "%.*s/%s", (int)len, path, name);

        if (n > 0 && (size_t)n < sizeof file && access(file, X_OK) == 0)
            return true;
        path += len + (path[len] == ':');
    }
    return false;
}

static void look_at_machine(struct doctor *x)
{
    static const struct {
        const char *tool, *package;
    } tools[] = {{"cmake", "cmake"},       {"ninja", "ninja-build"}, {"gcc", "gcc"},
                 {"clang-19", "clang-19"}, {"node", "nodejs"},       {"python3", "python3"}};
    unsigned major = OPENSSL_version_major();
    struct jm_clock real;

    tell_finding(x, "openssl", OpenSSL_version(OPENSSL_VERSION),
                 major >= 3 ? NULL : "apt-get install libssl-dev");
    for (size_t i = 0; i < JM_ARRAY_LEN(tools); i++)
        if (!on_path(tools[i].tool))
            tell_finding(x, "tool", tools[i].tool,
                         jm_format(x->cmd->mem, "apt-get install %s", tools[i].package));
    jm_clock_init(&real, 0, 0);
    if (jm_clock_now(&real) < 1735689600) /* 2025: a machine whose clock was never set */
        tell_finding(x, "clock", NULL, "timedatectl set-ntp true");
}

/* Only what opens a card needs one. */
static void look_at_readers(struct doctor *x)
{
    struct jm_bytes names;
    enum jm_status st = jm_card_readers(&names, x->cmd->mem);

    if (st == JM_OK)
        tell_finding(x, "reader", jm_cstr(x->cmd, names), NULL);
    else
        tell_finding(x, st == JM_E_ABSENT ? "reader-none" : "reader-off", NULL, NULL);
}

/* -- home -- */

static bool is_free(const struct jm_home_role *r)
{
    struct sockaddr_in a = {.sin_family = AF_INET, .sin_port = htons(r->port)};
    int on = 1, fd;
    bool ok;

    if (inet_pton(AF_INET, r->address, &a.sin_addr) != 1 ||
        (fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) < 0)
        return true;
    (void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    ok = bind(fd, (const struct sockaddr *)&a, sizeof a) == 0;
    (void)close(fd);
    return ok;
}

static void look_at_ports(struct doctor *x, const struct jm_home *h)
{
    for (size_t i = 0; i < jm_n_roles; i++) {
        const struct jm_home_role *r = jm_role_place(h, jm_roles[i]);

        if (r != NULL && r->port != 0 && !is_free(r))
            tell_finding(x, "port",
                         jm_format(x->cmd->mem, "%s %s:%u", jm_roles[i]->name, r->address,
                                   (unsigned)r->port),
                         NULL);
    }
}

static void look_at_modes(struct doctor *x, const struct jm_home *h)
{
    static const char *const names[] = {"signer", "issuer", "provider", "verifier", "operator"};
    struct stat info;

    for (size_t i = 0; i < JM_ARRAY_LEN(names); i++) {
        const char *path = jm_home_path(h, names[i]);

        if (stat(path, &info) == 0 && (info.st_mode & 077) != 0)
            tell_finding(x, "mode", path, jm_format(x->cmd->mem, "chmod 700 %s", path));
    }
}

/* The process that answers on the signer's socket; 0: none does. */
static pid_t signer_of(const char *path)
{
    struct sockaddr_un a = {.sun_family = AF_UNIX};
    struct ucred peer = {0};
    socklen_t len = sizeof peer;
    int fd;

    if (strlen(path) >= sizeof a.sun_path ||
        (fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)) < 0)
        return 0;
    memcpy(a.sun_path, path, strlen(path));
    if (connect(fd, (const struct sockaddr *)&a, sizeof a) != 0 ||
        getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &len) != 0)
        peer.pid = 0;
    (void)close(fd);
    return peer.pid;
}

/* What the signer gave away: each of them, as the system tells it of the process that answers. */
static void signer_limits(struct doctor *x, const struct jm_home *h)
{
    pid_t pid = signer_of(jm_home_path(h, "run/signer/signer.sock"));
    struct jm_limits l;

    if (pid == 0) {
        tell_finding(x, "signer-off", NULL, NULL);
        return;
    }
    if (jm_limits_of(&l, pid) != JM_OK)
        return;
    bool kept = l.no_new_privileges && l.filtered && l.core == 0;

    tell_finding(x, "signer",
                 jm_format(x->cmd->mem,
                           "pid %ld, no_new_privs %s, seccomp %s, core %s, locked %" PRIu64
                           " of %" PRIu64 " kB",
                           (long)pid, l.no_new_privileges ? "yes" : "no", l.filtered ? "yes" : "no",
                           l.core == 0 ? "0" : "not 0", l.locked_kb, l.size_kb),
                 kept ? NULL : "jumin serve signer");
    if (l.locked_kb == 0)
        tell_finding(x, "signer-memory", NULL,
                     "ulimit -l unlimited (systemd: LimitMEMLOCK=infinity)");
}

static void look_at_home(struct doctor *x)
{
    static struct jm_home h;
    struct jm_diag d = {0};
    enum jm_status st = jm_home_open(&h, x->cmd, JM_HOME_SERVED, &d);

    if (st == JM_E_ABSENT) {
        tell_finding(x, "no-home", x->cmd->common.home,
                     jm_format(x->cmd->mem, "jumin --home %s init --synthetic",
                               x->cmd->common.home));
        return;
    }
    if (st != JM_OK) {
        tell_finding(x, "home",
                     jm_format(x->cmd->mem, "%s %.*s", jm_code_info(d.code)->name,
                               (int)d.detail.len,
                               d.detail.len == 0 ? "" : (const char *)d.detail.ptr),
                     "jumin serve signer --check-config");
        return;
    }
    tell_finding(x, "home-is",
                 jm_format(x->cmd->mem, "%s, %s", h.dir,
                           h.is_verifier  ? "verifier"
                           : h.is_witness ? "witness"
                                          : "authority"),
                 NULL);
    if (h.synthetic && access(jm_home_path(&h, "signer/passphrase"), F_OK) == 0)
        tell_finding(x, "passphrase", jm_home_path(&h, "signer/passphrase"), NULL);
    if (h.is_witness) {
        look_at_modes(x, &h);
        signer_limits(x, &h);
        look_at_ports(x, &h);
        return;
    }
    if (jm_trust_is_stale(&h.trust, jm_home_now(&h)))
        tell_finding(x, "stale", NULL,
                     h.trust.proven  ? "jumin trust refresh"
                     : h.is_verifier ? "jumin trust import FILE --pin HASH"
                                     : "jumin trust renew");
    else if (jm_trust_ends(&h.trust, x->cmd->crypto) < jm_home_now(&h) + JM_TRUST_DUE_S)
        tell_finding(x, "due", NULL,
                     h.is_verifier ? "jumin trust import FILE --pin HASH" : "jumin trust renew");
    if (h.is_verifier && access(jm_home_path(&h, "verifier/access.der"), F_OK) != 0)
        tell_finding(x, "not-enrolled", NULL, "jumin verifier enroll CERT --services FILE");
    look_at_modes(x, &h);
    if (!h.is_wallet)
        signer_limits(x, &h);
    look_at_ports(x, &h);
}

static int run_doctor(const struct jm_cmd *cmd)
{
    struct doctor x = {.cmd = cmd};
    struct jm_buf b;

    if (jm_alloc_buf(&b, cmd->mem, 64 * JM_KIB) != JM_OK)
        return jm_cmd_fail(cmd, JM_E_NO_SPACE, NULL);
    jm_json_w_init(&x.w, &b);
    jm_json_w_open(&x.w, '{');
    jm_json_w_mopen(&x.w, "findings", '[');
    look_at_machine(&x);
    look_at_readers(&x);
    look_at_home(&x);
    jm_json_w_close(&x.w, ']');
    jm_json_w_mint(&x.w, "problems", x.problems);
    jm_json_w_close(&x.w, '}');
    if (jm_json_w_end(&x.w) != JM_OK)
        return JM_EXIT_BUG;
    if (cmd->common.json)
        (void)jm_cmd_json(jm_written(b));
    return x.problems == 0 ? JM_EXIT_OK : JM_EXIT_NO;
}

JM_COMMAND_RUN(doctor, "doctor", run_doctor, "doctor", "doctor --json", JM_PLAIN);
