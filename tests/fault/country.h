/* SPDX-License-Identifier: Apache-2.0 */
/* A real authority as child processes, a clerk who speaks HTTP, and wallets in this process: for
 * tests that break things. */
#ifndef JUMIN_TESTS_FAULT_COUNTRY_H
#define JUMIN_TESTS_FAULT_COUNTRY_H

#include "unit/test.h"

#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cmd/cli/cmd.h"
#include "cmd/wallet/platform.h"
#include "host/clock/clock.h"
#include "host/openssl/openssl.h"
#include "host/random/random.h"
#include "jumin/base64.h"
#include "jumin/form.h"
#include "jumin/json.h"
#include "jumin/mdoc.h"
#include "jumin/sdjwt.h"
#include "service/staff/staff.h"
#include "unit/folder.h"

#define BATCH 5
#define KEYS (2 * BATCH)
#define ENGINE_ROOM (12 * JM_MIB)
#define PATIENCE_MS 60000

static struct country {
    char dir[32], issuer[64], session[64];
    const char *program;
    pid_t others, issuer_pid;
    struct jm_key *clerk;
    struct jm_trust trust;
    struct jm_home home; /* for the driver: clock and arena */
    struct jm_cmd cmd;
    struct jm_arena mem;
} C;

#define KIT(call)            \
    do {                     \
        if ((call) != JM_OK) \
            give_up(#call);  \
    } while (0)

static void nap(unsigned ms)
{
    const struct timespec t = {ms / 1000, (long)(ms % 1000) * 1000000L};

    (void)nanosleep(&t, NULL);
}

static void give_up(const char *what)
{
    fprintf(stderr, "fault: %s\n", what);
    abort();
}

/* -- processes -- */

/* The piece before the next @p c; *at stands behind it, null at the end. */
static char *cut(char **at, char c)
{
    char *piece = *at, *end = strchr(piece, c);

    if (end != NULL)
        *end = '\0';
    *at = end == NULL ? NULL : end + 1;
    return piece;
}

static pid_t start(const char *line, char *out, size_t cap, unsigned lines)
{
    const char *argv[24] = {C.program};
    static char words[1024];
    size_t n = 1, len = 0;
    unsigned seen = 0;
    int fds[2];
    pid_t pid;

    snprintf(words, sizeof words, "%s", line);
    for (char *w = words; w != NULL && n < 23;)
        argv[n++] = cut(&w, ' ');
    argv[n] = NULL;
    if (pipe(fds) != 0 || (pid = fork()) < 0)
        give_up("fork");
    if (pid == 0) {
        char name[64];
        int log;

        snprintf(name, sizeof name, "%s/log", C.dir);
        log = open(name, O_WRONLY | O_CREAT | O_APPEND, 0600);

        (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
        (void)dup2(fds[1], STDOUT_FILENO);
        if (log >= 0)
            (void)dup2(log, STDERR_FILENO);
        for (int fd = 3; fd < 256; fd++)
            (void)close(fd);
        (void)execv(C.program, (char *const *)(uintptr_t)argv);
        _exit(127);
    }
    (void)close(fds[1]);
    while (len + 1 < cap && seen < lines && read(fds[0], out + len, 1) == 1)
        seen += out[len++] == '\n';
    out[len] = '\0';
    (void)close(fds[0]);
    return pid;
}

/* Runs to the end; its last line. */
static const char *run(const char *format, ...)
{
    static char out[8192], line[1024], *last;
    int status;
    va_list ap;

    va_start(ap, format);
    (void)vsnprintf(line, sizeof line, format, ap);
    va_end(ap);
    pid_t pid = start(line, out, sizeof out, UINT32_MAX);
    (void)waitpid(pid, &status, 0);
    if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
        give_up(line);
    for (size_t n = strlen(out); n > 0 && out[n - 1] == '\n';)
        out[--n] = '\0';
    last = strrchr(out, '\n');
    return last == NULL ? out : last + 1;
}

static void start_issuer(void)
{
    char line[128], out[256];

    snprintf(line, sizeof line, "--home %s/a serve issuer", C.dir);
    C.issuer_pid = start(line, out, sizeof out, 1);
    if (strncmp(out, "ready issuer ", 13) != 0)
        give_up("the issuer does not start");
    snprintf(C.issuer, sizeof C.issuer, "%.*s", (int)strcspn(out + 13, "\n"), out + 13);
}

static void kill_issuer(void)
{
    (void)kill(C.issuer_pid, SIGKILL);
    (void)waitpid(C.issuer_pid, NULL, 0);
}

/* -- a clerk -- */

struct call {
    struct jm_arena mem;
    const struct jm_json *answer;
    int status;
};

static enum jm_status post(struct call *c, const char *path, const char *bearer, const char *body)
{
    const struct jm_fetch_rules here = {.allow_loopback = true};
    struct jm_http_ask ask = {.verb = JM_HTTP_POST,
                              .content_type = "application/json",
                              .accept = "application/json",
                              .body = jm_str(body),
                              .max_len = JM_MIB,
                              .timeout_ms = 10000};
    struct jm_http_answer a;
    enum jm_status st;

    jm_arena_reset(&c->mem);
    ask.url = jm_str(jm_format(&c->mem, "%s%s", C.issuer, path));
    if (bearer != NULL) {
        ask.headers[0] = (struct jm_http_header){"Authorization",
                                                 jm_str(jm_format(&c->mem, "Bearer %s", bearer))};
        ask.n_headers = 1;
    }
    st = jm_fetch(&here, &ask, &a, &c->mem);
    c->status = st == JM_OK ? a.status : 0;
    if (st == JM_OK && jm_json_parse(&c->answer, a.body, &c->mem, NULL) != JM_OK)
        st = JM_E_MALFORMED;
    return st;
}

static struct jm_bytes member(const struct call *c, const char *name)
{
    struct jm_bytes v = jm_none();

    return jm_json_str(&v, c->answer, name) == JM_OK ? v : jm_none();
}

/* Until there is an answer: who serves may die at any moment. */
static void must_post(struct call *c, const char *path, const char *bearer, const char *body)
{
    for (uint64_t until = jm_clock_monotonic_ms() + PATIENCE_MS; jm_clock_monotonic_ms() < until;
         nap(5))
        if (post(c, path, bearer, body) == JM_OK && c->status < 500)
            return;
    give_up(path);
}

static void sign_in(void)
{
    struct call c = {.mem = arena(JM_MIB)};
    struct jm_bytes octets, text;
    struct jm_sig sig;
    struct jm_bytes challenge;
    char body[512];

    must_post(&c, "/staff/challenge", NULL, "{\"user\":\"kim\"}");
    challenge = member(&c, "challenge");
    KIT(jm_staff_to_sign(&octets, JM_BYTES("kim"), challenge, jm_str(C.issuer), &c.mem));
    KIT(jm_key_sign(C.clerk, octets, &sig));
    KIT(jm_b64url_encode(&text, &c.mem, jm_sig_bytes(&sig)));
    snprintf(body, sizeof body, "{\"user\":\"kim\",\"challenge\":\"%.*s\",\"signature\":\"%.*s\"}",
             (int)challenge.len, (const char *)challenge.ptr, (int)text.len,
             (const char *)text.ptr);
    must_post(&c, "/staff/session", NULL, body);
    snprintf(C.session, sizeof C.session, "%.*s", (int)member(&c, "token").len,
             (const char *)member(&c, "token").ptr);
    if (C.session[0] == '\0')
        give_up("sign in");
}

struct citizen {
    char id[40], date[16], authority[64], uri[512], desk_case[40];
};

/* What a QR would show. */
static void open_case(struct citizen *p, struct call *c)
{
    struct jm_buf b = jm_buf(p->uri, sizeof p->uri - 1);
    char body[512];

    snprintf(body, sizeof body,
             "{\"person\":\"%s\",\"route\":\"qr\",\"issue_date\":\"%s\",\"authority\":\"%s\"}",
             p->id, p->date, p->authority);
    must_post(c, "/desk/cases", C.session, body);
    if (c->status != 201 && c->status != 200)
        give_up("no case");
    snprintf(p->desk_case, sizeof p->desk_case, "%.*s", (int)member(c, "case").len,
             (const char *)member(c, "case").ptr);
    KIT(jm_buf_put(&b, JM_BYTES("openid-credential-offer://?")));
    KIT(jm_form_put(&b, "credential_offer_uri", member(c, "credential_offer_uri")));
    p->uri[b.len] = '\0';
}

static void match_code(const struct citizen *p, struct call *c, char code[8])
{
    char path[96];

    snprintf(path, sizeof path, "/desk/cases/%s/code", p->desk_case);
    must_post(c, path, C.session, "{}");
    snprintf(code, 8, "%.*s", (int)member(c, "tx_code").len,
             (const char *)member(c, "tx_code").ptr);
}

/* -- the country -- */

static size_t read_citizens(struct citizen *p, size_t max)
{
    static char out[512 * 1024];
    char line[256];
    size_t n = 0;
    int status;

    snprintf(line, sizeof line,
             "--home %s/a register find --min-age 19 --plastic valid --limit %zu --json", C.dir,
             max);
    pid_t pid = start(line, out, sizeof out, UINT32_MAX);
    (void)waitpid(pid, &status, 0);
    for (char *at = out; at != NULL && *at != '\0' && n < max;) {
        const char *l = cut(&at, '\n');
        size_t mark = jm_arena_mark(&C.mem);
        const struct jm_json *j, *plastic;

        KIT(jm_json_parse(&j, jm_str(l), &C.mem, NULL));
        plastic = jm_json_get(j, "plastic");
        snprintf(p[n].id, sizeof p[n].id, "%.*s", 32,
                 (const char *)jm_json_get(j, "person")->text.ptr);
        snprintf(p[n].date, sizeof p[n].date, "%.*s", 10,
                 (const char *)jm_json_get(plastic, "issue_date")->text.ptr);
        snprintf(p[n].authority, sizeof p[n].authority, "%.*s",
                 (int)jm_json_get(plastic, "authority")->text.len,
                 (const char *)jm_json_get(plastic, "authority")->text.ptr);
        n++;
        jm_arena_back(&C.mem, mark);
    }
    return n;
}

static void hire_clerk(void)
{
    char name[96];
    struct jm_point point;
    struct jm_json_w w;
    struct jm_buf b;

    KIT(jm_key_generate(&C.clerk));
    KIT(jm_key_point(&point, C.clerk));
    KIT(jm_alloc_buf(&b, &C.mem, 512));
    jm_json_w_init(&w, &b);
    jm_jwk_write(&w, &point, jm_none(), NULL, NULL);
    snprintf(name, sizeof name, "%s/kim.jwk", C.dir);
    KIT(jm_file_write(name, jm_written(b), 0600));
    (void)run("--home %s/a staff add kim --role clerk --centre 3017000000 --key %s", C.dir, name);
}

static void country_begin(unsigned residents)
{
    char line[160], out[512], name[96];
    struct jm_bytes set;

    memset(&C, 0, sizeof C);
    KIT(jm_openssl_init());
    C.mem = arena(64 * JM_MIB);
    C.program = getenv("JUMIN");
    if (C.program == NULL)
        give_up("JUMIN names no program");
    snprintf(C.dir, sizeof C.dir, "/tmp/jmXXXXXX");
    if (mkdtemp(C.dir) == NULL)
        give_up("mkdtemp");
    (void)run("--home %s/a init --synthetic --name Saebyeol", C.dir);
    snprintf(line, sizeof line, "--home %s/a serve signer provider status", C.dir);
    C.others = start(line, out, sizeof out, 3);
    start_issuer();
    (void)run("--home %s/a register generate --count %u --seed 1", C.dir, residents);
    hire_clerk();
    sign_in();
    snprintf(name, sizeof name, "%s/a/trust/set.cbor", C.dir);
    KIT(jm_file_read(&set, name, JM_TRUST_MAX, &C.mem));
    KIT(jm_trust_open(&C.trust, set, &C.mem));
    jm_clock_init(&C.home.clock, 0, 0);
    C.cmd.mem = &C.mem;
}

static void country_stop(void)
{
    kill_issuer();
    (void)kill(C.others, SIGTERM);
    (void)waitpid(C.others, NULL, 0);
}

static void country_end(void)
{
    jm_key_free(&C.clerk);
    clear_away(C.dir);
}

/* -- wallets -- */

struct phone {
    struct jm_secret32 instance, dpop;
    struct jm_platform platform;
    struct jm_vci e;
    struct jm_vci_key key[KEYS];
    struct jm_handle handle[KEYS];
    struct jm_home home; /* its own arena, so that phones may run side by side */
    struct jm_cmd cmd;
    struct jm_arena mem;
    void *room;
    uint8_t saved_room[65536];
    struct jm_bytes saved; /* as a container would hold it */
};

int64_t jm_home_now(const struct jm_home *home)
{
    return jm_clock_now((void *)(uintptr_t)&home->clock);
}

static struct phone *new_phone(void)
{
    struct phone *p = calloc(1, sizeof *p);
    struct jm_key *key[2];

    if (p == NULL || (p->room = malloc(ENGINE_ROOM)) == NULL)
        give_up("memory");
    for (size_t i = 0; i < 2; i++) {
        KIT(jm_key_generate(&key[i]));
        KIT(jm_key_scalar(i == 0 ? &p->instance : &p->dpop, key[i]));
        jm_key_free(&key[i]);
    }
    jm_arena_init(&p->mem, malloc(8 * JM_MIB), 8 * JM_MIB);
    jm_clock_init(&p->home.clock, 0, 0);
    p->cmd.mem = &p->mem;
    p->home.cmd = &p->cmd;
    return p;
}

static void end_phone(struct phone *p)
{
    jm_platform_end(&p->platform);
    free(p->mem.base);
    free(p->room);
    free(p);
}

static void save(struct phone *p)
{
    struct jm_arena mem;

    jm_arena_init(&mem, p->saved_room, sizeof p->saved_room);
    KIT(jm_vci_save(&p->saved, jm_vci_saved_of(&p->e), &mem));
}

static size_t phone_asks(const void *self, const struct jm_ask **asks)
{
    return jm_book_asks(&((const struct phone *)self)->e.book, asks);
}

/* As the wallet does: durable before the first copy is asked for. */
static enum jm_status phone_answer(void *self, uint32_t id, const struct jm_answer *a, int64_t at_s)
{
    struct phone *p = self;
    struct jm_engine e = jm_vci_engine(&p->e);
    enum jm_status st = e.answer(e.self, id, a, at_s);

    if (st == JM_OK && jm_vci_state(&p->e) == JM_VCI_ISSUING)
        save(p);
    return st;
}

static void wake_up(struct phone *p, bool new_loss_code)
{
    struct jm_vci_config c = {.trust = &C.trust,
                              .crypto = &jm_crypto_openssl,
                              .key = p->key,
                              .n_keys = KEYS,
                              .batch = BATCH,
                              .platform = JM_BYTES("test"),
                              .new_loss_code = new_loss_code};
    static const struct jm_handle first = {{0, 0, 0, 0, 0, 0, 0, 1}},
                                  second = {{0, 0, 0, 0, 0, 0, 0, 2}};
    struct jm_secret32 own[2] = {p->instance, p->dpop}; /* taking over wipes */
    struct jm_wallet_key key[2] = {{first, {own[0].octets, 32}}, {second, {own[1].octets, 32}}};
    const struct jm_wallet_keys keys = {key, 2};

    jm_platform_end(&p->platform);
    jm_arena_reset(&p->mem);
    p->home.trust.synthetic = true;
    KIT(jm_platform_init(&p->platform, &p->home, &keys, &p->mem));
    c.instance.handle = jm_handle_bytes(&first);
    c.dpop.handle = jm_handle_bytes(&second);
    KIT(jm_platform_point(&c.instance.point, &p->platform, &first));
    KIT(jm_platform_point(&c.dpop.point, &p->platform, &second));
    for (size_t i = 0; i < KEYS; i++) {
        KIT(jm_platform_new_key(&p->platform, &p->handle[i], &p->key[i].point));
        p->key[i].handle = jm_handle_bytes(&p->handle[i]);
    }
    KIT(jm_vci_init(&p->e, &c, p->room, ENGINE_ROOM));
}

static enum jm_status go_on(struct phone *p, enum jm_status st)
{
    const struct jm_driver d = jm_platform_driver(&p->platform);
    struct jm_engine e = {p, phone_asks, phone_answer};

    return jm_drive(&d, e, st);
}

/* Scans until it is bound, whatever happens to the issuer meanwhile. */
static enum jm_code scan(struct phone *p, const char *uri)
{
    for (uint64_t until = jm_clock_monotonic_ms() + PATIENCE_MS; jm_clock_monotonic_ms() < until;
         nap(5)) {
        wake_up(p, false);
        enum jm_status st =
            go_on(p, jm_vci_event(&p->e, JM_EVENT_START, jm_str(uri), jm_home_now(&p->home)));

        if (st == JM_OK && jm_vci_state(&p->e) == JM_VCI_BOUND) {
            save(p);
            return JM_CODE_NONE;
        }
        if (jm_class_of(st) != JM_CLASS_UNAVAILABLE &&
            jm_vci_diag(&p->e)->code != JM_WALLET_SERVER_UNAVAILABLE)
            return jm_vci_diag(&p->e)->code;
    }
    give_up("never bound");
    return JM_CODE_NONE;
}

#endif
