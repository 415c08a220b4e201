/* SPDX-License-Identifier: Apache-2.0 */
/* Processes and requests of the story. */
#define _GNU_SOURCE /* pipe2 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "demo/demo.h"
#include "host/clock/clock.h"
#include "host/fetch/fetch.h"
#include "host/files/files.h"

#define WORDS_MAX 32
#define OUT_MAX (2 * JM_MIB)
#define FILE_MAX (2 * JM_MIB)
#define READY_S 60
#define STOP_MS 6000

const char *demo_path(const struct demo *d, const char *name)
{
    return jm_format(d->cmd->mem, "%s/%s", d->dir, name);
}

uint64_t demo_ms(void)
{
    return jm_clock_monotonic_ms();
}

void demo_nap(void)
{
    const struct timespec t = {0, 10 * 1000000L};

    (void)nanosleep(&t, NULL);
}

/* What the child prints on stderr goes to DIR/log: for a reader who wants to know why. */
static pid_t spawn_program(const struct demo *d, const char *const *argv, int *out, bool server)
{
    int fds[2], log;
    pid_t pid;

    if (pipe2(fds, O_CLOEXEC) != 0)
        return -1;
    log = open(demo_path(d, "log"), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    if ((pid = fork()) == 0) {
        int null = open("/dev/null", O_RDONLY);

        (void)dup2(null, STDIN_FILENO);
        (void)dup2(fds[1], STDOUT_FILENO);
        (void)dup2(log, STDERR_FILENO);
        if (!server || !d->keep)
            (void)prctl(PR_SET_PDEATHSIG, SIGTERM);
        else
            (void)setsid(); /* stays when the terminal goes */
        (void)execv(jm_cmd_beside(d->cmd, "jumin"), (char *const *)(uintptr_t)argv);
        _exit(127);
    }
    (void)close(fds[1]);
    if (log >= 0)
        (void)close(log);
    *out = fds[0];
    if (pid < 0)
        (void)close(fds[0]);
    return pid;
}

static bool is_served(const struct demo *d, const char *home)
{
    for (size_t i = 0; i < d->n_servers; i++)
        if (strcmp(d->server[i].home, home) == 0)
            return true;
    return false;
}

/* A folder that shows of a home what everybody may see, and what @p own names. */
static bool make_view(const struct demo *d, const char *home, const char *who,
                      const char *const *own)
{
    static const char *const shared[] = {"jumin.conf", "trust", "public", "run", NULL};
    const char *const *const lists[] = {shared, own};
    const char *view = demo_path(d, jm_format(d->cmd->mem, "%s-%s", home, who));

    if (mkdir(view, 0700) != 0)
        return false;
    for (size_t k = 0; k < JM_ARRAY_LEN(lists); k++)
        for (const char *const *name = lists[k]; *name != NULL; name++) {
            const char *there = demo_path(d, jm_format(d->cmd->mem, "%s/%s", home, *name));

            if (access(there, F_OK) == 0 &&
                symlink(there, jm_format(d->cmd->mem, "%s/%s", view, *name)) != 0)
                return false;
        }
    return true;
}

static size_t command_line(const char **argv, const struct demo *d, const char *home,
                           const char *const *words)
{
    size_t n = 0;

    argv[n++] = "jumin";
    argv[n++] = "--home";
    argv[n++] = demo_path(d, home);
    for (; *words != NULL && n < WORDS_MAX - 2; words++)
        argv[n++] = *words;
    return n;
}

static struct jm_bytes read_all(const struct demo *d, int fd)
{
    uint8_t *room = jm_alloc(d->cmd->mem, OUT_MAX, 1);
    size_t len = 0;
    ssize_t n = 1;

    while (room != NULL && len < OUT_MAX && n > 0) {
        n = read(fd, room + len, OUT_MAX - len);
        if (n > 0)
            len += (size_t)n;
        else if (n < 0 && errno == EINTR)
            n = 1;
    }
    (void)close(fd);
    return jm_bytes(room, len);
}

static struct jm_bytes first_line(struct jm_bytes out)
{
    size_t n = 0;

    while (n < out.len && out.ptr[n] != '\n')
        n++;
    return jm_slice(out, 0, n);
}

static struct jm_bytes last_line(struct jm_bytes out)
{
    size_t from;

    while (out.len > 0 && out.ptr[out.len - 1] <= ' ')
        out.len--;
    for (from = out.len; from > 0 && out.ptr[from - 1] != '\n'; from--)
        continue;
    return jm_slice(out, from, SIZE_MAX);
}

static const struct jm_json *parse_json(const struct demo *d, struct jm_bytes text)
{
    static const struct jm_json nothing = {.type = JM_JSON_OBJECT};
    const struct jm_json *j;

    return jm_json_parse(&j, text, d->cmd->mem, NULL) == JM_OK ? j : &nothing;
}

/* The object of cli.md 1, or the OAuth form with its member for programs. */
static const char *code_of(const struct demo *d)
{
    const struct jm_json *e = jm_json_get(d->answer, "error");
    struct jm_bytes code;

    if (e == NULL)
        return "JM_OK";
    if (jm_json_str(&code, e, "code") == JM_OK)
        return jm_cstr(d->cmd, code);
    return jm_json_str(&code, d->answer, "jumin_code") == JM_OK ? jm_cstr(d->cmd, code)
                                                                : "JM_E_BUG";
}

/* Only the text is kept of what a command printed: the room for it is large. */
static void keep_answer(struct demo *d, struct jm_bytes printed, size_t mark)
{
    static uint8_t kept[OUT_MAX];
    struct jm_bytes text;

    if (printed.len != 0)
        memcpy(kept, printed.ptr, printed.len);
    text = jm_bytes(kept, printed.len);
    jm_arena_back(d->cmd->mem, mark);
    if (jm_dup(&text, d->cmd->mem, text) != JM_OK)
        text = jm_none();
    d->first = parse_json(d, first_line(text));
    d->answer = parse_json(d, last_line(text));
    d->code = code_of(d);
}

bool demo_run(struct demo *d, const char *home, const char *const *words)
{
    size_t mark = jm_arena_mark(d->cmd->mem), n;
    const char *argv[WORDS_MAX];
    int out, status = 0;
    pid_t pid;

    n = command_line(argv, d,
                     d->apart && is_served(d, home) ? jm_format(d->cmd->mem, "%s-operator", home)
                                                    : home,
                     words);
    argv[n++] = "--json";
    argv[n] = NULL;
    if ((pid = spawn_program(d, argv, &out, false)) < 0) {
        d->code = "JM_E_UNAVAILABLE";
        return false;
    }
    keep_answer(d, read_all(d, out), mark);
    while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
        continue;
    d->rc = WIFEXITED(status) ? WEXITSTATUS(status) : JM_EXIT_BUG;
    if (d->rc != 0 && strcmp(d->code, "JM_OK") == 0)
        d->code = jm_format(d->cmd->mem, "exit %d", d->rc);
    return d->rc == 0;
}

/* -- servers -- */

static bool read_ready(struct demo *d, struct demo_server *s, int fd, size_t roles)
{
    static char room[DEMO_SERVERS_MAX][4096];
    char *text = room[s - d->server];
    uint64_t until = demo_ms() + READY_S * 1000;
    size_t len = 0, lines = 0;

    while (lines < roles && len + 1 < sizeof room[0] && demo_ms() < until) {
        struct pollfd p = {.fd = fd, .events = POLLIN};

        if (poll(&p, 1, 100) != 1)
            continue;
        if (read(fd, text + len, 1) != 1)
            return false;
        lines += text[len++] == '\n';
    }
    text[len] = '\0';
    s->urls = text;
    return lines == roles;
}

static bool serve_roles(struct demo *d, const char *home, const char *where,
                        const char *const *roles)
{
    struct demo_server *s = &d->server[d->n_servers];
    const char *argv[WORDS_MAX], *words[DEMO_SERVERS_MAX + 2] = {"serve"};
    size_t n = 0;
    bool ready;
    int out;

    for (; roles[n] != NULL && n < DEMO_SERVERS_MAX; n++)
        words[n + 1] = roles[n];
    words[n + 1] = NULL;
    argv[command_line(argv, d, where, words)] = NULL;
    s->home = home;
    if (d->n_servers == DEMO_SERVERS_MAX || (s->pid = spawn_program(d, argv, &out, true)) < 0)
        return false;
    d->n_servers++;
    ready = read_ready(d, s, out, n);
    (void)close(out);
    d->code = ready ? "JM_OK" : "JM_E_UNAVAILABLE";
    return ready;
}

bool demo_serve(struct demo *d, const char *home, const char *const *roles)
{
    /* of a relying party: its services stand in verifier/ */
    static const char *const operators[] = {"operator", "verifier", NULL};

    if (!d->apart)
        return serve_roles(d, home, home, roles);
    if (!make_view(d, home, "operator", operators))
        return false;
    for (; *roles != NULL; roles++) {
        const char *const one[] = {*roles, NULL};

        if (!make_view(d, home, *roles, one) ||
            !serve_roles(d, home, jm_format(d->cmd->mem, "%s-%s", home, *roles), one))
            return false;
    }
    return true;
}

void demo_stop(struct demo *d)
{
    while (d->n_servers > 0) {
        struct demo_server *s = &d->server[--d->n_servers];
        uint64_t until = demo_ms() + STOP_MS;

        (void)kill(s->pid, SIGTERM);
        while (waitpid(s->pid, NULL, WNOHANG) == 0) {
            if (demo_ms() > until)
                (void)kill(s->pid, SIGKILL);
            demo_nap();
        }
    }
}

const char *demo_url(const struct demo *d, const char *home, const char *role)
{
    const char *line = jm_format(d->cmd->mem, "ready %s ", role);

    for (size_t i = 0; i < d->n_servers; i++) {
        const char *at =
            strcmp(d->server[i].home, home) == 0 ? strstr(d->server[i].urls, line) : NULL;

        if (at != NULL) {
            at += strlen(line);
            return jm_format(d->cmd->mem, "%.*s", (int)strcspn(at, "\n"), at);
        }
    }
    return "";
}

/* -- answers and files -- */

const char *demo_text(const struct demo *d, const char *of, const char *name)
{
    struct jm_bytes v;

    const struct jm_json *o = of == NULL ? d->answer : jm_json_get(d->answer, of);

    if (jm_json_str(&v, o, name) == JM_OK)
        return jm_cstr(d->cmd, v);
    /* a namespace of an mdoc */
    for (const struct jm_json *m = o == NULL ? NULL : o->child; of != NULL && m != NULL;
         m = m->next)
        if (jm_json_str(&v, m, name) == JM_OK)
            return jm_cstr(d->cmd, v);
    return "";
}

bool demo_is(const struct demo *d, const char *name, const char *value)
{
    return jm_json_is_str(jm_json_get(d->answer, name), value);
}

bool demo_write(struct demo *d, const char *name, const char *text)
{
    return jm_file_write(demo_path(d, name), jm_str(text), 0600) == JM_OK;
}

struct jm_bytes demo_read(struct demo *d, const char *name)
{
    struct jm_bytes b;

    return jm_file_read(&b, demo_path(d, name), FILE_MAX, d->cmd->mem) == JM_OK ? b : jm_none();
}

/* -- requests -- */

static bool request_here(struct demo *d, const struct jm_http_ask *ask, struct jm_bytes *body)
{
    const struct jm_fetch_rules here = {.allow_loopback = true};
    struct jm_http_answer a;

    *body = jm_none();
    if (jm_fetch(&here, ask, &a, d->cmd->mem) != JM_OK) {
        d->code = "JM_E_UNAVAILABLE";
        return false;
    }
    *body = a.body;
    return a.status >= 200 && a.status <= 299;
}

bool demo_post(struct demo *d, const char *url, const char *file)
{
    const struct jm_http_ask ask = {.verb = JM_HTTP_POST,
                                    .url = jm_str(url),
                                    .content_type = "application/x-www-form-urlencoded",
                                    .body = demo_read(d, file),
                                    .max_len = OUT_MAX,
                                    .timeout_ms = 20000};
    struct jm_bytes body;
    bool ok = request_here(d, &ask, &body);

    if (body.len != 0) {
        d->answer = parse_json(d, body);
        d->code = code_of(d);
    }
    return ok;
}

struct jm_bytes demo_get(struct demo *d, const char *url, const char *accept)
{
    const struct jm_http_ask ask = {.verb = JM_HTTP_GET,
                                    .url = jm_str(url),
                                    .accept = accept,
                                    .max_len = OUT_MAX,
                                    .timeout_ms = 10000};
    struct jm_bytes body;

    return request_here(d, &ask, &body) ? body : jm_none();
}
