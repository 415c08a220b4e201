/* SPDX-License-Identifier: Apache-2.0 */
#include "host/signer/signer.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define POOL_MAX 64
#define POOL_DEFAULT 8
#define ROOM (JM_FRAME_MAX + 64)
#define ARENA (JM_FRAME_ITEMS_MAX * sizeof(struct jm_bytes) + 64 * JM_KIB)
#define ANSWER_SECONDS 30

struct client {
    struct jm_signer signer; /* first: what the caller holds */
    struct jm_signer_dial dial;
    char path[sizeof(((struct sockaddr_un *)0)->sun_path)];
    char caller[JM_CALLER_MAX + 1];
    pthread_mutex_t lock;
    pthread_cond_t freed;
    int fd[POOL_MAX];  /* idle connections; -1: none */
    unsigned out, max; /* in use */
    uint64_t request;
};

/* What a thread's last answer stands in. */
struct scratch {
    struct jm_arena mem;
    struct jm_buf frame, ask; /* apart, because inputs may be views of the last answer */
    enum jm_code reason;
};

static pthread_key_t scratch_key;
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void scratch_free(void *p)
{
    struct scratch *s = p;

    jm_arena_reset(&s->mem);
    jm_wipe(s->frame.ptr, s->frame.len);
    jm_wipe(s->ask.ptr, s->ask.len);
    free(s);
}

static void make_key(void)
{
    (void)pthread_key_create(&scratch_key, scratch_free);
}

static struct scratch *scratch_here(void)
{
    struct scratch *s;

    (void)pthread_once(&once, make_key);
    if ((s = pthread_getspecific(scratch_key)) != NULL)
        return s;
    if ((s = malloc(sizeof *s + 2 * ROOM + ARENA)) == NULL)
        return NULL;
    uint8_t *room = (uint8_t *)(s + 1);

    s->frame = jm_buf(room, ROOM);
    s->ask = jm_buf(room + ROOM, ROOM);
    jm_arena_init(&s->mem, room + 2 * ROOM, ARENA);
    s->reason = JM_CODE_NONE;
    if (pthread_setspecific(scratch_key, s) != 0) {
        free(s);
        return NULL;
    }
    return s;
}

enum jm_code jm_signer_reason(void)
{
    const struct scratch *s = scratch_here();

    return s == NULL ? JM_CODE_NONE : s->reason;
}

/* -- one exchange -- */

static enum jm_status reason_of(struct scratch *s, const struct jm_frame_answer *a)
{
    if (a->out.n == 1 && a->out.items[0].len == 4) {
        uint32_t number = jm_u32_be(a->out.items[0].ptr);

        s->reason = jm_code_info((enum jm_code)number)->code; /* an unknown number is no reason */
    }
    switch (jm_class_of(a->st)) {
    case JM_CLASS_OK: return JM_E_BUG;
    case JM_CLASS_INPUT:
    case JM_CLASS_DENIED:
    case JM_CLASS_ABSENT:
    case JM_CLASS_CONFLICT:
    case JM_CLASS_LIMIT:
    case JM_CLASS_UNAVAILABLE: return a->st;
    case JM_CLASS_BUG: break;
    }
    return JM_E_BUG;
}

/* JM_E_IO: the connection is not usable any more, nothing is known about the request. */
static enum jm_status exchange_frames(int fd, const struct jm_frame_request *q,
                                      struct jm_frame_answer *a, struct scratch *s)
{
    struct jm_bytes body;

    s->ask.len = 0;
    JM_TRY(jm_frame_request_write(&s->ask, q));
    jm_arena_reset(&s->mem);
    if (jm_frame_send(fd, jm_written(s->ask)) != JM_OK ||
        jm_frame_receive(&body, fd, &s->frame) != JM_OK ||
        jm_frame_answer_read(a, body, &s->mem) != JM_OK ||
        (a->request != q->request && a->st == JM_OK))
        return JM_E_IO;
    return a->st == JM_OK ? JM_OK : reason_of(s, a);
}

static enum jm_status say_hello(const struct client *c, int fd, struct scratch *s)
{
    uint8_t mine[JM_FRAME_NONCE], theirs[JM_FRAME_NONCE], mac[32];
    struct jm_bytes name = jm_str(c->caller), items[2] = {name, jm_bytes(mine, sizeof mine)};
    struct jm_frame_request q = {0, JM_FRAME_HELLO, JM_PURPOSE_NONE, {NULL, 0}, {items, 2, 2}};
    struct jm_frame_answer a;

    JM_TRY(c->dial.random(NULL, mine, sizeof mine));
    JM_TRY(exchange_frames(fd, &q, &a, s));
    if (a.out.n != 1 || a.out.items[0].len != sizeof theirs)
        return JM_E_DENIED;
    memcpy(theirs, a.out.items[0].ptr, sizeof theirs);
    JM_TRY(jm_frame_mac(mac, c->dial.crypto, "caller", &c->dial.secret, name,
                        jm_bytes(mine, sizeof mine), jm_bytes(theirs, sizeof theirs)));
    items[0] = jm_bytes(mac, sizeof mac);
    q.request = 1;
    q.in.n = 1;
    JM_TRY(exchange_frames(fd, &q, &a, s));
    JM_TRY(jm_frame_mac(mac, c->dial.crypto, "signer", &c->dial.secret, name,
                        jm_bytes(mine, sizeof mine), jm_bytes(theirs, sizeof theirs)));
    if (a.out.n != 1 || !jm_bytes_eq_ct(a.out.items[0], jm_bytes(mac, sizeof mac)))
        return JM_E_DENIED; /* somebody else sits at the socket */
    return JM_OK;
}

static enum jm_status dial_signer(const struct client *c, int *fd, struct scratch *s)
{
    struct sockaddr_un a = {.sun_family = AF_UNIX};
    const struct timeval patience = {ANSWER_SECONDS, 0};
    enum jm_status st;

    memcpy(a.sun_path, c->path, sizeof a.sun_path);
    if ((*fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)) < 0)
        return JM_E_UNAVAILABLE;
    (void)setsockopt(*fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    st = connect(*fd, (const struct sockaddr *)&a, sizeof a) == 0 ? say_hello(c, *fd, s) : JM_E_IO;
    if (st == JM_OK)
        return JM_OK;
    (void)close(*fd);
    *fd = -1;
    if (st != JM_E_IO)
        return st;
    s->reason = JM_SIGNER_OFFLINE;
    return JM_E_UNAVAILABLE;
}

/* -- the pool -- */

static int take_connection(struct client *c)
{
    int fd = -1;

    (void)pthread_mutex_lock(&c->lock);
    while (c->out >= c->max)
        (void)pthread_cond_wait(&c->freed, &c->lock);
    c->out++;
    for (unsigned i = 0; i < c->max && fd < 0; i++) {
        fd = c->fd[i];
        c->fd[i] = -1;
    }
    (void)pthread_mutex_unlock(&c->lock);
    return fd;
}

static void give_back(struct client *c, int fd)
{
    (void)pthread_mutex_lock(&c->lock);
    c->out--;
    for (unsigned i = 0; i < c->max && fd >= 0; i++)
        if (c->fd[i] < 0) {
            c->fd[i] = fd;
            fd = -1;
        }
    (void)pthread_cond_signal(&c->freed);
    (void)pthread_mutex_unlock(&c->lock);
    if (fd >= 0)
        (void)close(fd);
}

static uint64_t next_request(struct client *c)
{
    uint64_t n;

    (void)pthread_mutex_lock(&c->lock);
    n = ++c->request + 1; /* 0 and 1 are the hello's */
    (void)pthread_mutex_unlock(&c->lock);
    return n;
}

static enum jm_status hand_out(struct jm_list *out, const struct jm_frame_answer *a, size_t want)
{
    if (a->out.n != want)
        return JM_E_BUG;
    for (size_t i = 0; i < want; i++)
        out->items[i] = a->out.items[i];
    out->n = want;
    return JM_OK;
}

static enum jm_status call_signer(void *ctx, enum jm_sign_op op, enum jm_purpose purpose,
                                  struct jm_bytes key, const struct jm_list *in,
                                  struct jm_list *out)
{
    struct client *c = ctx;
    size_t want = op == JM_HEAD ? (purpose == JM_PURPOSE_AUDIT ? 2 : 1)
                  : op == JM_SIGN && purpose == JM_PURPOSE_AUDIT ? 1
                  : op == JM_SEAL || op == JM_OPEN               ? in->n / 2
                                                                 : in->n;
    struct jm_frame_request q = {next_request(c), (unsigned)op, (unsigned)purpose, key, *in};
    struct scratch *s = scratch_here();
    struct jm_frame_answer a;
    enum jm_status st = JM_E_IO;
    int fd;

    out->n = 0;
    if (s == NULL || out->cap < want)
        return s == NULL ? JM_E_UNAVAILABLE : JM_E_NO_SPACE;
    s->reason = JM_CODE_NONE;
    fd = take_connection(c);
    if (fd >= 0 && (st = exchange_frames(fd, &q, &a, s)) == JM_E_IO) {
        (void)close(fd); /* the signer was started anew: dial once more */
        fd = -1;
    }
    if (fd < 0 && (st = dial_signer(c, &fd, s)) == JM_OK &&
        (st = exchange_frames(fd, &q, &a, s)) == JM_E_IO) {
        (void)close(fd);
        fd = -1;
        s->reason = JM_SIGNER_OFFLINE;
        st = JM_E_UNAVAILABLE;
    }
    give_back(c, fd);
    /* there may be no head yet */
    return st == JM_OK ? hand_out(out, &a, op == JM_HEAD && a.out.n == 0 ? 0 : want) : st;
}

enum jm_status jm_signer_connect(struct jm_signer **out, const struct jm_signer_dial *how)
{
    struct scratch *s = scratch_here();
    struct client *c = calloc(1, sizeof *c);
    enum jm_status st = JM_E_UNAVAILABLE;
    int fd;

    *out = NULL;
    if (s == NULL || c == NULL) {
        free(c);
        return st;
    }
    s->reason = JM_CODE_NONE;
    c->dial = *how;
    c->max = how->connections_max == 0         ? POOL_DEFAULT
             : how->connections_max > POOL_MAX ? POOL_MAX
                                               : how->connections_max;
    for (size_t i = 0; i < POOL_MAX; i++)
        c->fd[i] = -1;
    if (strlen(how->path) >= sizeof c->path || strlen(how->caller) >= sizeof c->caller) {
        free(c);
        return JM_E_LIMIT;
    }
    memcpy(c->path, how->path, strlen(how->path) + 1);
    memcpy(c->caller, how->caller, strlen(how->caller) + 1);
    (void)pthread_mutex_init(&c->lock, NULL);
    (void)pthread_cond_init(&c->freed, NULL);
    c->signer = (struct jm_signer){call_signer, c};
    struct jm_signer *handle = &c->signer;

    if ((st = dial_signer(c, &fd, s)) != JM_OK) {
        jm_signer_disconnect(&handle);
        return st;
    }
    c->fd[0] = fd;
    *out = handle;
    return JM_OK;
}

void jm_signer_disconnect(struct jm_signer **signer)
{
    struct client *c = *signer == NULL ? NULL : (*signer)->ctx;

    *signer = NULL;
    if (c == NULL)
        return;
    for (size_t i = 0; i < POOL_MAX; i++)
        if (c->fd[i] >= 0)
            (void)close(c->fd[i]);
    (void)pthread_cond_destroy(&c->freed);
    (void)pthread_mutex_destroy(&c->lock);
    jm_wipe(c, sizeof *c);
    free(c);
}
