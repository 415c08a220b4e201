/* SPDX-License-Identifier: Apache-2.0 */
/* The HTTP client against our own server, and its guard as a function. */
#include "unit/test.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "host/fetch/fetch.h"
#include "host/http/http.h"
#include "support/scarce.h"

static enum jm_status echo(struct jm_req *q, struct jm_res *s)
{
    s->body = q->body;
    s->media = "text/plain";
    JM_TRY(jm_res_header(s, "X-Client", q->client));
    JM_TRY(jm_res_header(s, "WWW-Authenticate", jm_req_header(q, "dpop", NULL)));
    return jm_res_header(s, "DPoP-Nonce", q->content_type);
}

static enum jm_status redirect(struct jm_req *q, struct jm_res *s)
{
    (void)q;
    s->http = 302;
    return jm_res_header(s, "Location", JM_BYTES("/big"));
}

/* Where ?to= says. */
static enum jm_status moved(struct jm_req *q, struct jm_res *s)
{
    struct jm_bytes to;

    JM_TRY(jm_req_query(q, "to", &to));
    s->http = 308;
    return jm_res_header(s, "Location", to);
}

/* "gzip", compressed whatever the client said. */
static enum jm_status zipped(struct jm_req *q, struct jm_res *s)
{
    static const uint8_t zip[] = {0x1F, 0x8B, 8, 0, 0,    0,    0,    0,    2, 3, 0x4B, 0xAF,
                                  0xCA, 0x2C, 0, 0, 0xF2, 0x5C, 0xE9, 0x3A, 4, 0, 0,    0};

    (void)q;
    s->body = jm_bytes(zip, sizeof zip);
    s->media = "text/plain";
    return jm_res_header(s, "Content-Encoding", JM_BYTES("gzip"));
}

/* 38 octets, and 4,096 of them. */
static enum jm_status bomb(struct jm_req *q, struct jm_res *s)
{
    static const uint8_t zip[] = {0x1F, 0x8B, 8,    0,    0,    0,    0, 0,    2,    0xFF,
                                  0xED, 0xC1, 1,    0x0D, 0,    0,    0, 0xC2, 0xA0, 0xDA,
                                  0x8F, 0x6F, 0x0F, 7,    0x14, 0,    0, 0,    0xF0, 0x6E,
                                  0xC1, 0x77, 0x10, 0x3E, 0,    0x10, 0, 0};

    (void)q;
    s->body = jm_bytes(zip, sizeof zip);
    s->media = "text/plain";
    return jm_res_header(s, "Content-Encoding", JM_BYTES("gzip"));
}

static enum jm_status big(struct jm_req *q, struct jm_res *s)
{
    struct jm_buf b;

    JM_TRY(jm_alloc_buf(&b, q->mem, 5000));
    memset(b.ptr, 'x', b.cap);
    b.len = b.cap;
    s->body = jm_written(b);
    return jm_res_header(s, "ETag", JM_BYTES("\"e\""));
}

static enum jm_status absent(struct jm_req *q, struct jm_res *s)
{
    (void)q;
    (void)s;
    return JM_E_ABSENT;
}

static int64_t now(void *ctx)
{
    (void)ctx;
    return 784111777;
}

static const struct jm_route routes[] = {
    JM_ROUTE(POST, "/echo", PUBLIC, SELF, ANY, 1000, HIGH, NONE, echo, ECHO),
    JM_ROUTE(GET, "/redirect", PUBLIC, SELF, NONE, 0, HIGH, NONE, redirect, REDIRECT),
    JM_ROUTE(GET, "/moved", PUBLIC, SELF, NONE, 0, HIGH, NONE, moved, MOVED),
    JM_ROUTE(GET, "/zipped", PUBLIC, SELF, NONE, 0, HIGH, NONE, zipped, ZIPPED),
    JM_ROUTE(GET, "/bomb", PUBLIC, SELF, NONE, 0, HIGH, NONE, bomb, BOMB),
    JM_ROUTE(GET, "/big", PUBLIC, SELF, NONE, 0, HIGH, NONE, big, BIG),
    JM_ROUTE(GET, "/absent", PUBLIC, SELF, NONE, 0, HIGH, NONE, absent, ABSENT),
};
static const struct jm_http_table tables[] = {{routes, JM_ARRAY_LEN(routes)}};
static const struct jm_fetch_rules loopback = {.allow_loopback = true};

static struct jm_http *start(const char *unix_path)
{
    const struct jm_http_config c = {.tables = tables,
                                     .n_tables = 1,
                                     .now_s = now,
                                     .unix_path = unix_path};
    struct jm_http *h = NULL;

    CHECK_OK(jm_http_start(&h, &c));
    return h;
}

static struct jm_bytes url(const struct jm_http *h, const char *host, const char *path)
{
    char text[128];

    snprintf(text, sizeof text, "http://%s:%u%s", host, jm_http_port(h), path);
    return exact(jm_str(text));
}

TEST(an_exchange)
{
    struct jm_http *h = start(NULL);
    struct jm_arena mem = arena(64 * JM_KIB);
    struct jm_http_answer a;
    struct jm_http_ask ask = {.verb = JM_HTTP_POST,
                              .url = url(h, "127.0.0.1", "/echo"),
                              .content_type = "text/x",
                              .body = JM_BYTES("ab\0c"),
                              .headers = {{"DPoP", JM_BYTES("proof")}},
                              .n_headers = 1};

    for (int i = 0; i < 3; i++) {
        CHECK_OK(jm_fetch(&loopback, &ask, &a, &mem));
        CHECK_EQ(a.status, 200);
        CHECK_SAME(a.body, JM_BYTES("ab\0c"));
        CHECK_STR(a.content_type, "text/plain");
        CHECK_STR(a.dpop_nonce, "text/x");
        CHECK_STR(a.www_authenticate, "proof");
        CHECK_EQ(a.date_s, 784111777);
    }
    ask = (struct jm_http_ask){.verb = JM_HTTP_GET, .url = url(h, "localhost", "/absent")};
    CHECK_OK(jm_fetch(&loopback, &ask, &a, &mem));
    CHECK_EQ(a.status, 404);
    ask.headers[0] = (struct jm_http_header){"X", JM_BYTES("a\r\nY: b")};
    ask.n_headers = 1;
    CHECK_ST(jm_fetch(&loopback, &ask, &a, &mem), JM_E_MALFORMED);
    jm_http_stop(&h);
}

/* Answers the first request of all and keeps the connection; takes each further one and closes
 * without a word. */
struct mute {
    int listening;
    unsigned port, taken;
    pthread_t thread;
};

static bool take_request(struct mute *m, int c)
{
    static const char reply[] = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
    char text[4096];
    size_t n = 0;

    while (n < sizeof text - 1 && (n < 4 || strstr(text, "\r\n\r\n") == NULL)) {
        ssize_t got = recv(c, text + n, sizeof text - 1 - n, 0);

        if (got <= 0)
            return false;
        n += (size_t)got;
        text[n] = '\0';
    }
    return m->taken++ == 0 &&
           send(c, reply, sizeof reply - 1, MSG_NOSIGNAL) == (ssize_t)sizeof reply - 1;
}

static void *be_mute(void *arg)
{
    struct mute *m = arg;
    struct pollfd fd[8] = {{m->listening, POLLIN, 0}};
    nfds_t n = 1;

    while (poll(fd, n, -1) > 0 && (fd[0].revents & ~POLLIN) == 0) {
        for (nfds_t i = n - 1; i > 0; i--)
            if (fd[i].revents != 0 && !take_request(m, fd[i].fd)) {
                close(fd[i].fd);
                fd[i] = fd[--n];
            }
        if (fd[0].revents != 0 && n < JM_ARRAY_LEN(fd))
            fd[n++] = (struct pollfd){accept(m->listening, NULL, NULL), POLLIN, 0};
    }
    for (nfds_t i = 1; i < n; i++)
        close(fd[i].fd);
    return NULL;
}

static void mute_start(struct mute *m)
{
    struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof a;

    memset(m, 0, sizeof *m);
    m->listening = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    CHECK(bind(m->listening, (struct sockaddr *)&a, sizeof a) == 0 &&
          listen(m->listening, 8) == 0 &&
          getsockname(m->listening, (struct sockaddr *)&a, &len) == 0);
    m->port = ntohs(a.sin_port);
    CHECK_EQ(pthread_create(&m->thread, NULL, be_mute, m), 0);
}

static void mute_end(struct mute *m)
{
    shutdown(m->listening, SHUT_RDWR);
    close(m->listening);
    pthread_join(m->thread, NULL);
}

/* B01: what is sent once, a form or a proof that is good for one use, goes out once, also where the
 * reply is lost. */
TEST(nothing_is_sent_twice_by_itself)
{
    static const struct {
        const char *name;
        enum jm_http_verb verb;
        bool proof;
    } rows[] = {{"a form", JM_HTTP_POST, false},
                {"a form with a proof", JM_HTTP_POST, true},
                {"a proof alone", JM_HTTP_GET, true}};

    for (size_t i = 0; i < JM_ARRAY_LEN(rows); i++) {
        struct jm_arena mem = arena(64 * JM_KIB);
        struct jm_http_answer a;
        struct mute m;
        char text[64];

        mute_start(&m);
        snprintf(text, sizeof text, "http://127.0.0.1:%u/", m.port);
        struct jm_http_ask ask = {.verb = rows[i].verb,
                                  .url = jm_str(text),
                                  .body = rows[i].verb == JM_HTTP_POST ? JM_BYTES("x") : jm_none(),
                                  .headers = {{"DPoP", JM_BYTES("proof")}},
                                  .n_headers = rows[i].proof};
        bool ok = CHECK_OK(jm_fetch(&loopback, &ask, &a, &mem)) && CHECK_STR(a.body, "ok");
        ok = CHECK_ST(jm_fetch(&loopback, &ask, &a, &mem), JM_E_UNAVAILABLE) && ok;
        mute_end(&m);
        ROW(CHECK_EQ(m.taken, 2) && ok, rows[i].name);
    }
}

TEST(redirects_are_not_followed)
{
    struct jm_http *h = start(NULL);
    struct jm_arena mem = arena(64 * JM_KIB);
    struct jm_http_ask ask = {.verb = JM_HTTP_GET, .url = url(h, "127.0.0.1", "/redirect")};
    struct jm_http_answer a;

    CHECK_OK(jm_fetch(&loopback, &ask, &a, &mem));
    CHECK_EQ(a.status, 302);
    CHECK_EQ(a.body.len, 0);
    jm_http_stop(&h);
}

/* B12: GETs that allow it, each address under the rules of the first, a bounded number of times. */
TEST(what_has_moved_is_followed_where_that_is_asked)
{
    struct jm_http *h = start(NULL);
    struct jm_arena mem = arena(64 * JM_KIB);
    struct jm_http_answer a;
    static const struct {
        const char *path;
        enum jm_http_verb verb;
        uint8_t moves;
        int status;
        size_t len;
        enum jm_status st;
    } rows[] = {{"/redirect", JM_HTTP_GET, 3, 200, 5000, JM_OK},
                {"/moved?to=/redirect", JM_HTTP_GET, 2, 200, 5000, JM_OK},
                {"/moved?to=/redirect", JM_HTTP_GET, 1, 302, 0, JM_OK},
                {"/moved?to=/moved%3Fto%3D/redirect", JM_HTTP_GET, 2, 302, 0, JM_OK},
                {"/moved?to=/absent", JM_HTTP_GET, 3, 404, 0, JM_OK},
                {"/moved?to=http://10.1.2.3/", JM_HTTP_GET, 3, 0, 0, JM_E_DENIED},
                {"/moved?to=https://127.0.0.1.example/%40", JM_HTTP_GET, 0, 308, 0, JM_OK},
                {"/moved?to=http://a:b%40127.0.0.1/", JM_HTTP_GET, 3, 0, 0, JM_E_DENIED},
                {"/moved?to=file:///etc/passwd", JM_HTTP_GET, 3, 0, 0, JM_E_MALFORMED},
                {"/moved?to=ftp://127.0.0.1/", JM_HTTP_GET, 3, 0, 0, JM_E_DENIED}};

    for (size_t i = 0; i < JM_ARRAY_LEN(rows); i++) {
        struct jm_http_ask ask = {.verb = rows[i].verb,
                                  .url = url(h, "127.0.0.1", rows[i].path),
                                  .moves = rows[i].moves};
        bool ok = CHECK_ST(jm_fetch(&loopback, &ask, &a, &mem), rows[i].st) &&
                  CHECK_EQ(a.status, rows[i].status);

        ROW(ok && (rows[i].status == 404 || CHECK_EQ(a.body.len, rows[i].len)), rows[i].path);
        jm_arena_reset(&mem);
    }
    jm_http_stop(&h);
}

TEST(what_comes_compressed_is_read_under_the_same_cap)
{
    struct jm_http *h = start(NULL);
    struct jm_arena mem = arena(64 * JM_KIB);
    struct jm_http_ask ask = {.verb = JM_HTTP_GET,
                              .url = url(h, "127.0.0.1", "/zipped"),
                              .max_len = 64};
    struct jm_http_answer a;

    CHECK_OK(jm_fetch(&loopback, &ask, &a, &mem));
    CHECK_STR(a.body, "gzip");
    ask.max_len = 3;
    CHECK_ST(jm_fetch(&loopback, &ask, &a, &mem), JM_E_LIMIT);
    /* what goes over the wire is small enough, what it becomes is what counts */
    ask.url = url(h, "127.0.0.1", "/bomb");
    ask.max_len = 4096;
    CHECK_OK(jm_fetch(&loopback, &ask, &a, &mem));
    CHECK_EQ(a.body.len, 4096);
    ask.max_len = 4095;
    CHECK_ST(jm_fetch(&loopback, &ask, &a, &mem), JM_E_LIMIT);
    jm_http_stop(&h);
}

TEST(the_size_is_capped)
{
    struct jm_http *h = start(NULL);
    struct jm_arena mem = arena(64 * JM_KIB), small = arena(2048);
    struct jm_http_ask ask = {.verb = JM_HTTP_GET,
                              .url = url(h, "127.0.0.1", "/big"),
                              .max_len = 5000};
    struct jm_http_answer a;

    CHECK_OK(jm_fetch(&loopback, &ask, &a, &mem));
    CHECK_EQ(a.body.len, 5000);
    CHECK_STR(a.etag, "\"e\"");
    ask.max_len = 4999;
    CHECK_ST(jm_fetch(&loopback, &ask, &a, &mem), JM_E_LIMIT);
    CHECK(a.body.ptr == NULL && a.status == 0);
    ask.max_len = 5000;
    CHECK_ST(jm_fetch(&loopback, &ask, &a, &small), JM_E_NO_SPACE);
    jm_http_stop(&h);
}

TEST(refused_before_connecting)
{
    static const struct {
        const char *url;
        bool loose;
        enum jm_status want;
    } rows[] = {
        {"http://127.0.0.1:1/", false, JM_E_DENIED},
        {"http://localhost:1/", false, JM_E_DENIED},
        {"https://127.0.0.1:1/", false, JM_E_DENIED},
        {"https://localhost:1/", false, JM_E_DENIED},
        {"https://0x7f.1:1/", false, JM_E_DENIED},
        {"https://2130706433:1/", false, JM_E_DENIED},
        {"https://127.1:1/", false, JM_E_DENIED},
        {"https://[::1]:1/", false, JM_E_DENIED},
        {"https://[::ffff:7f00:1]:1/", false, JM_E_DENIED},
        {"https://[::ffff:7f00:1]:1/", true, JM_E_DENIED},
        {"https://10.0.0.1:1/", true, JM_E_DENIED},
        {"https://169.254.169.254/", true, JM_E_DENIED},
        {"https://u@localhost:1/", true, JM_E_DENIED},
        {"https://u:p@localhost:1/", true, JM_E_DENIED},
        {"http://10.0.0.1:1/", true, JM_E_DENIED},
        {"http://127.0.0.1.example.com/", true, JM_E_DENIED},
        {"http://localhost.example.com/", true, JM_E_DENIED},
        {"ftp://localhost/", true, JM_E_DENIED},
        {"file:///etc/passwd", true, JM_E_DENIED},
        {"gopher://localhost/", true, JM_E_DENIED},
        {"localhost", true, JM_E_MALFORMED},
        {"", true, JM_E_MALFORMED},
        {"https://", true, JM_E_MALFORMED},
        {"http://127.0.0.1:1/", true, JM_E_UNAVAILABLE}, /* allowed, but nobody listens */
    };
    struct jm_http_answer a;

    for (size_t i = 0; i < JM_ARRAY_LEN(rows); i++) {
        struct jm_arena mem = arena(4096);
        const struct jm_http_ask ask = {.verb = JM_HTTP_GET, .url = jm_str(rows[i].url)};
        enum jm_status st = jm_fetch(rows[i].loose ? &loopback : NULL, &ask, &a, &mem);
        /* not the address before it */
        const struct jm_http_ask cut = {.verb = JM_HTTP_GET,
                                        .url = JM_BYTES("http://127.0.0.1:1/\0x")};
        if (i == 0)
            CHECK_ST(jm_fetch(&loopback, &cut, &a, &mem), JM_E_MALFORMED);
        if (rows[i].want == JM_E_DENIED && strstr(rows[i].url, "file:") != NULL)
            ROW(CHECK(st == JM_E_DENIED || st == JM_E_MALFORMED), rows[i].url);
        else
            ROW(CHECK_ST(st, rows[i].want), rows[i].url);
    }
}

/* A kept connection to loopback must not serve somebody with strict rules. */
TEST(rules_do_not_leak_between_calls)
{
    struct jm_http *h = start(NULL);
    struct jm_arena mem = arena(64 * JM_KIB);
    struct jm_http_ask ask = {.verb = JM_HTTP_GET, .url = url(h, "127.0.0.1", "/big")};
    struct jm_http_answer a;

    CHECK_OK(jm_fetch(&loopback, &ask, &a, &mem));
    CHECK_ST(jm_fetch(NULL, &ask, &a, &mem), JM_E_DENIED);
    jm_http_stop(&h);
}

TEST(over_the_control_socket)
{
    char dir[] = "/tmp/jmXXXXXX", path[64];

    CHECK(mkdtemp(dir) != NULL);
    snprintf(path, sizeof path, "%s/c.sock", dir);
    struct jm_http *h = start(path);
    struct jm_arena mem = arena(64 * JM_KIB);
    const struct jm_fetch_rules rules = {.unix_path = path};
    struct jm_http_ask ask = {.verb = JM_HTTP_POST,
                              .url = JM_BYTES("http://issuer/echo"),
                              .body = JM_BYTES("x")};
    struct jm_http_answer a;

    CHECK_OK(jm_fetch(&rules, &ask, &a, &mem));
    CHECK_STR(a.body, "x");
    ask.url = JM_BYTES("https://issuer/echo");
    CHECK_ST(jm_fetch(&rules, &ask, &a, &mem), JM_E_DENIED);
    jm_http_stop(&h);
    ask.url = JM_BYTES("http://issuer/echo");
    CHECK_ST(jm_fetch(&rules, &ask, &a, &mem), JM_E_UNAVAILABLE);
    rmdir(dir);
}

#ifdef SCARCE
struct short_of_memory {
    struct jm_http_ask ask;
    struct jm_http_answer a;
    struct jm_arena mem;
    enum jm_status st;
};

static void fetch(void *ctx)
{
    struct short_of_memory *s = ctx;
    size_t mark = jm_arena_mark(&s->mem);

    s->st = jm_fetch(&loopback, &s->ask, &s->a, &s->mem);
    jm_arena_back(&s->mem, mark);
}

static void with_all_headers_or_not(void *ctx, bool was_short)
{
    struct short_of_memory *s = ctx;

    if (CHECK(s->st == JM_OK || (was_short && jm_class_of(s->st) == JM_CLASS_UNAVAILABLE)) &&
        s->st == JM_OK)
        CHECK(s->a.status == 200 && s->a.www_authenticate.len == 5 && s->a.dpop_nonce.len == 6);
}

/* Not a request that lacks a header, where the proof or the type of the body is one. */
TEST(a_request_that_memory_is_too_short_for_is_not_sent_in_part)
{
    struct jm_http *h = start(NULL);
    struct short_of_memory s = {.mem = arena(64 * JM_KIB)};

    s.ask = (struct jm_http_ask){.verb = JM_HTTP_POST,
                                 .url = url(h, "127.0.0.1", "/echo"),
                                 .content_type = "text/x",
                                 .accept = "a/b",
                                 .body = JM_BYTES("abc"),
                                 .headers = {{"DPoP", JM_BYTES("proof")}},
                                 .n_headers = 1};
    scarce_each(fetch, with_all_headers_or_not, &s);
    CHECK_OK(s.st);
    jm_http_stop(&h);
}
#endif

/* A server behind TLS whose certificate nobody trusts: `openssl s_server`, which says where it
 * listens. */
static pid_t untrusted(const char *dir, unsigned *port)
{
    static const char accepts[] = "ACCEPT 127.0.0.1:";
    char cmd[1024], line[256];
    uint64_t n = 0;
    int out[2];
    pid_t pid;

    snprintf(cmd, sizeof cmd,
             "cd %s && openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes "
             "-keyout k.pem -out c.pem -subj /CN=localhost "
             "-addext subjectAltName=IP:127.0.0.1 -days 2 2>/dev/null && "
             "exec openssl s_server -accept 127.0.0.1:0 -key k.pem -cert c.pem -www 2>&1",
             dir);
    CHECK(pipe(out) == 0);
    if ((pid = fork()) == 0) {
        (void)dup2(out[1], STDOUT_FILENO);
        (void)close(out[0]);
        (void)execl("/bin/sh", "sh", "-c", cmd, (char *)NULL);
        _exit(127);
    }
    (void)close(out[1]);
    FILE *f = fdopen(out[0], "r");
    while (n == 0 && f != NULL && fgets(line, sizeof line, f) != NULL)
        if (strncmp(line, accepts, sizeof accepts - 1) == 0) {
            const char *digits = line + sizeof accepts - 1;

            if (jm_parse_u64(&n, jm_bytes(digits, strspn(digits, "0123456789"))) != JM_OK)
                break;
        }
    if (f != NULL)
        (void)fclose(f);
    *port = (unsigned)n;
    return pid;
}

/* Not "nobody answers": trying again later would not help. */
TEST(a_server_whose_certificate_nobody_trusts_is_refused)
{
    char dir[] = "/tmp/jumin-tls.XXXXXX", url[64];
    struct jm_arena mem = arena(1 << 16);
    struct jm_http_answer a;
    unsigned port;

    CHECK(mkdtemp(dir) != NULL);
    pid_t pid = untrusted(dir, &port);
    snprintf(url, sizeof url, "https://127.0.0.1:%u/", port);
    const struct jm_http_ask ask = {.verb = JM_HTTP_GET, .url = jm_str(url)};
    if (CHECK(port != 0))
        CHECK_ST(jm_fetch(&loopback, &ask, &a, &mem), JM_E_DENIED);
    CHECK(kill(pid, SIGTERM) == 0 && waitpid(pid, NULL, 0) == pid);
    static const char *const files[] = {"k.pem", "c.pem"};
    for (size_t i = 0; i < JM_ARRAY_LEN(files); i++) {
        snprintf(url, sizeof url, "%s/%s", dir, files[i]);
        CHECK_EQ(unlink(url), 0);
    }
    CHECK_EQ(rmdir(dir), 0);
}

TEST(the_guard_knows_addresses)
{
    static const struct {
        const char *text;
        bool strict, loose;
    } rows[] = {
        {"8.8.8.8", true, true},
        {"1.1.1.1", true, true},
        {"100.63.255.255", true, true},
        {"172.32.0.1", true, true},
        {"198.17.0.1", true, true},
        {"2606:4700::1111", true, true},
        {"2a00::1", true, true},
        {"127.0.0.1", false, true},
        {"127.255.255.254", false, true},
        {"::1", false, true},
        {"0.0.0.0", false, false},
        {"10.1.2.3", false, false},
        {"100.64.0.1", false, false},
        {"100.127.255.255", false, false},
        {"169.254.169.254", false, false},
        {"172.16.0.1", false, false},
        {"172.31.255.255", false, false},
        {"192.0.0.8", false, false},
        {"192.0.2.1", false, false},
        {"192.88.99.1", false, false},
        {"192.168.1.1", false, false},
        {"198.18.0.1", false, false},
        {"198.19.255.255", false, false},
        {"198.51.100.1", false, false},
        {"203.0.113.1", false, false},
        {"224.0.0.1", false, false},
        {"240.0.0.1", false, false},
        {"255.255.255.255", false, false},
        {"::", false, false},
        {"::ffff:8.8.8.8", false, false},
        {"::ffff:127.0.0.1", false, false},
        {"64:ff9b::808:808", false, false},
        {"100::1", false, false},
        {"2001::1", false, false},
        {"2001:2::1", false, false},
        {"2001:10::1", false, false},
        {"2001:db8::1", false, false},
        {"2002:808:808::1", false, false},
        {"3fff::1", false, false},
        {"fc00::1", false, false},
        {"fe80::1", false, false},
        {"ff02::1", false, false},
    };
    for (size_t i = 0; i < JM_ARRAY_LEN(rows); i++) {
        struct sockaddr_in v4 = {.sin_family = AF_INET};
        struct sockaddr_in6 v6 = {.sin6_family = AF_INET6};
        const struct sockaddr *a = (const struct sockaddr *)&v4;
        if (inet_pton(AF_INET, rows[i].text, &v4.sin_addr) != 1) {
            CHECK_EQ(inet_pton(AF_INET6, rows[i].text, &v6.sin6_addr), 1);
            a = (const struct sockaddr *)&v6;
        }
        ROW(CHECK_EQ(jm_fetch_address_ok(a, false), rows[i].strict), rows[i].text);
        ROW(CHECK_EQ(jm_fetch_address_ok(a, true), rows[i].loose), rows[i].text);
    }
    CHECK(!jm_fetch_address_ok(&(const struct sockaddr){.sa_family = AF_UNIX}, true));
}
