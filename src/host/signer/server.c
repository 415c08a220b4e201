/* SPDX-License-Identifier: Apache-2.0 */
/* One thread a connection: the callers are a handful of roles with a few pooled connections each.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE /* struct ucred */
#endif
#include "base/record.h"
#include "host/signer/signer.h"
#include "host/socket/socket.h"
#include "jumin/report.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#define CONNECTIONS_MAX 256
#define CONNECTIONS_DEFAULT 64
#define ARENA (24 * JM_MIB) /* decoding a frame, the answer's octets */
#define ROOM (JM_FRAME_MAX + 64)
#define HELLO_SECONDS 5 /* to prove oneself */

struct connection {
    struct jm_signer_server *server;
    pthread_t thread;
    int fd; /* -1: the place is free */
    bool ended;
    struct jm_bytes caller;
    uint8_t name[JM_CALLER_MAX];
    struct jm_arena mem;
    struct jm_buf in, out;
};

struct jm_signer_server {
    struct jm_signer_server_config cfg;
    char path[sizeof(((struct sockaddr_un *)0)->sun_path)];
    int listener, wake[2];
    pthread_t thread;
    pthread_mutex_t lock; /* of the places */
    struct connection place[CONNECTIONS_MAX];
    unsigned max;
};

static void log_refusal(const struct connection *c, unsigned purpose, enum jm_code code)
{
    jm_record(code, JM_FAIL);
    if (c->server->cfg.log != NULL)
        c->server->cfg.log(c->server->cfg.log_ctx, c->caller, purpose, code);
}

static enum jm_status answer_list(struct connection *c, uint64_t request, enum jm_status st,
                                  const struct jm_list *list)
{
    struct jm_frame_answer a = {request, st, list == NULL ? (struct jm_list){0} : *list};

    c->out.len = 0;
    if (jm_frame_answer_write(&c->out, &a) != JM_OK) {
        a = (struct jm_frame_answer){request, JM_E_LIMIT, {0}};
        JM_TRY(jm_frame_answer_write(&c->out, &a));
    }
    return jm_frame_send(c->fd, jm_written(c->out));
}

static enum jm_status refuse_request(struct connection *c, uint64_t request, enum jm_status st,
                                     enum jm_code code)
{
    uint8_t octets[4] = {0};
    struct jm_bytes item = jm_bytes(octets, sizeof octets);
    const struct jm_list list = {&item, 1, 1};

    jm_put_u32_be(octets, (uint32_t)code);
    return answer_list(c, request, st, &list);
}

static enum jm_status answer_one(struct connection *c, uint64_t request, struct jm_bytes octets)
{
    const struct jm_list list = {&octets, 1, 1};

    return answer_list(c, request, JM_OK, &list);
}

static enum jm_status next_request(struct connection *c, struct jm_frame_request *q)
{
    struct jm_bytes body;
    enum jm_status st;

    jm_arena_reset(&c->mem);
    JM_TRY(jm_frame_receive(&body, c->fd, &c->in));
    st = jm_frame_request_read(q, body, &c->mem);
    if (st == JM_OK)
        return JM_OK;
    log_refusal(c, 0, JM_SIGNER_FRAME);
    (void)refuse_request(c, 0, st, JM_SIGNER_FRAME);
    return st; /* what does not keep to the frame is not talked to any more */
}

/* -- hello -- */

static enum jm_status prove_self(struct connection *c, struct jm_bytes nonce_caller)
{
    const struct jm_signer_tools *t = c->server->cfg.tools;
    uint8_t nonce[JM_FRAME_NONCE], mac[32], theirs[JM_FRAME_NONCE];
    struct jm_secret32 secret;
    struct jm_frame_request q;
    bool known = jm_keys_caller(&secret, c->server->cfg.keys, c->caller) == JM_OK;
    enum jm_status st = JM_E_BUG;

    memcpy(theirs, nonce_caller.ptr, sizeof theirs); /* the frame's room is used again */
    /* a stranger sees the same steps as a liar */
    if ((st = t->random(NULL, nonce, sizeof nonce)) == JM_OK && !known)
        st = t->random(NULL, secret.octets, sizeof secret.octets);
    if (st == JM_OK)
        st = answer_one(c, 0, jm_bytes(nonce, sizeof nonce));
    if (st == JM_OK)
        st = next_request(c, &q);
    if (st == JM_OK)
        st = jm_frame_mac(mac, t->crypto, "caller", &secret, c->caller,
                          jm_bytes(theirs, sizeof theirs), jm_bytes(nonce, sizeof nonce));
    if (st == JM_OK && (q.op != JM_FRAME_HELLO || q.in.n != 1 ||
                        !jm_bytes_eq_ct(q.in.items[0], jm_bytes(mac, sizeof mac)) || !known)) {
        log_refusal(c, 0, JM_SIGNER_CALLER_UNKNOWN);
        (void)refuse_request(c, q.request, JM_E_UNAUTHENTICATED, JM_SIGNER_CALLER_UNKNOWN);
        st = JM_E_UNAUTHENTICATED;
    }
    if (st == JM_OK)
        st = jm_frame_mac(mac, t->crypto, "signer", &secret, c->caller,
                          jm_bytes(theirs, sizeof theirs), jm_bytes(nonce, sizeof nonce));
    if (st == JM_OK)
        st = answer_one(c, q.request, jm_bytes(mac, sizeof mac));
    jm_wipe(&secret, sizeof secret);
    return st;
}

static enum jm_status answer_hello(struct connection *c)
{
    struct jm_frame_request q;
    struct ucred peer;
    socklen_t len = sizeof peer;

    JM_TRY(next_request(c, &q));
    if (q.op != JM_FRAME_HELLO || q.in.n != 2 || q.in.items[0].len == 0 ||
        q.in.items[0].len > JM_CALLER_MAX || q.in.items[1].len != JM_FRAME_NONCE)
        return refuse_request(c, q.request, JM_E_UNAUTHENTICATED, JM_SIGNER_CALLER_UNKNOWN) == JM_OK
                   ? JM_E_UNAUTHENTICATED
                   : JM_E_UNAVAILABLE;
    memcpy(c->name, q.in.items[0].ptr, q.in.items[0].len);
    c->caller = jm_bytes(c->name, q.in.items[0].len);
    if (c->server->cfg.peer != NULL &&
        (getsockopt(c->fd, SOL_SOCKET, SO_PEERCRED, &peer, &len) != 0 ||
         !c->server->cfg.peer(c->server->cfg.peer_ctx, c->caller, peer.uid))) {
        log_refusal(c, 0, JM_SIGNER_CALLER_UNKNOWN);
        return refuse_request(c, q.request, JM_E_UNAUTHENTICATED, JM_SIGNER_CALLER_UNKNOWN) == JM_OK
                   ? JM_E_UNAUTHENTICATED
                   : JM_E_UNAVAILABLE;
    }
    return prove_self(c, q.in.items[1]);
}

/* -- calls -- */

static enum jm_status answer_call(struct connection *c)
{
    const struct jm_signer_server_config *cfg = &c->server->cfg;
    struct jm_frame_request q;
    struct jm_diag d = {0};
    struct jm_list out = {0};
    enum jm_status st;

    JM_TRY(next_request(c, &q));
    const struct jm_sign_request r =
        {c->caller, q.op, q.purpose, q.key, q.in.items, q.in.n, cfg->now_s(cfg->now_ctx)};

    out.cap = q.in.n < 2 ? 2 : q.in.n; /* JM_HEAD has no inputs and two outputs */
    if ((out.items = JM_NEW_N(&c->mem, struct jm_bytes, out.cap)) == NULL)
        return refuse_request(c, q.request, JM_E_NO_SPACE, JM_CODE_NONE);
    st = cfg->serve(cfg->service, &r, &out, &c->mem, &d);
    if (st == JM_OK)
        return answer_list(c, q.request, JM_OK, &out);
    log_refusal(c, q.purpose, d.code);
    return refuse_request(c, q.request, st, d.code);
}

static void limit_waiting(int fd, time_t seconds)
{
    const struct timeval t = {seconds, 0};

    (void)setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &t, sizeof t);
}

static void *serve_connection(void *arg)
{
    struct connection *c = arg;
    uint8_t *room = malloc(ARENA + 2 * ROOM);

    if (room != NULL) {
        jm_arena_init(&c->mem, room + 2 * ROOM, ARENA);
        c->in = jm_buf(room, ROOM);
        c->out = jm_buf(room + ROOM, ROOM);
        limit_waiting(c->fd, HELLO_SECONDS);
        if (answer_hello(c) == JM_OK) {
            limit_waiting(c->fd, 0);
            while (answer_call(c) == JM_OK)
                continue;
        }
        jm_arena_reset(&c->mem);
        free(room);
    }
    (void)pthread_mutex_lock(&c->server->lock);
    (void)shutdown(c->fd, SHUT_RDWR);
    c->ended = true;
    (void)pthread_mutex_unlock(&c->server->lock);
    return NULL;
}

/* -- places -- */

/* Joins those that have ended, so that their places are free. */
static void sweep_connections(struct jm_signer_server *s)
{
    for (unsigned i = 0; i < s->max; i++) {
        struct connection *c = &s->place[i];
        bool ended;

        (void)pthread_mutex_lock(&s->lock);
        ended = c->fd >= 0 && c->ended;
        (void)pthread_mutex_unlock(&s->lock);
        if (!ended)
            continue;
        (void)pthread_join(c->thread, NULL);
        (void)close(c->fd);
        c->fd = -1;
    }
}

static void take_in(struct jm_signer_server *s, int fd)
{
    sweep_connections(s);
    for (unsigned i = 0; i < s->max; i++) {
        struct connection *c = &s->place[i];

        if (c->fd >= 0)
            continue;
        *c = (struct connection){.server = s, .fd = fd};
        if (pthread_create(&c->thread, NULL, serve_connection, c) == 0)
            return;
        c->fd = -1;
        break;
    }
    (void)close(fd);
}

static void *listen_on(void *arg)
{
    struct jm_signer_server *s = arg;

    for (;;) {
        struct pollfd p[2] = {{s->listener, POLLIN, 0}, {s->wake[0], POLLIN, 0}};
        int fd;

        if (poll(p, 2, 1000) < 0 && errno != EINTR)
            break;
        if (p[1].revents != 0)
            break;
        if ((p[0].revents & POLLIN) == 0) {
            sweep_connections(s);
            continue;
        }
        fd = accept4(s->listener, NULL, NULL, SOCK_CLOEXEC);
        if (fd >= 0)
            take_in(s, fd);
    }
    return NULL;
}

enum jm_status jm_signer_server_start(struct jm_signer_server **out,
                                      const struct jm_signer_server_config *config)
{
    struct jm_signer_server *s = calloc(1, sizeof *s);
    enum jm_status st = JM_E_UNAVAILABLE;

    *out = NULL;
    if (s == NULL)
        return st;
    s->cfg = *config;
    s->max = config->connections_max == 0 ? CONNECTIONS_DEFAULT : config->connections_max;
    if (s->max > CONNECTIONS_MAX)
        s->max = CONNECTIONS_MAX;
    s->listener = s->wake[0] = s->wake[1] = -1;
    for (size_t i = 0; i < CONNECTIONS_MAX; i++)
        s->place[i].fd = -1;
    (void)pthread_mutex_init(&s->lock, NULL);
    if (strlen(config->path) >= sizeof s->path) {
        st = JM_E_LIMIT;
        goto out;
    }
    memcpy(s->path, config->path, strlen(config->path) + 1);
    if (pipe2(s->wake, O_CLOEXEC) != 0)
        goto out;
    if ((st = jm_listen_unix(&s->listener, s->path)) != JM_OK)
        goto out;
    if (pthread_create(&s->thread, NULL, listen_on, s) != 0) {
        st = JM_E_UNAVAILABLE;
        goto out;
    }
    *out = s;
    return JM_OK;
out:
    for (size_t i = 0; i < 2; i++)
        if (s->wake[i] >= 0)
            (void)close(s->wake[i]);
    if (s->listener >= 0)
        (void)close(s->listener);
    free(s);
    return st;
}

void jm_signer_server_stop(struct jm_signer_server **server)
{
    struct jm_signer_server *s = *server;

    *server = NULL;
    if (s == NULL)
        return;
    (void)!write(s->wake[1], "x", 1);
    (void)pthread_join(s->thread, NULL);
    (void)unlink(s->path);
    (void)close(s->listener);
    for (unsigned i = 0; i < s->max; i++) {
        struct connection *c = &s->place[i];

        if (c->fd < 0)
            continue;
        (void)shutdown(c->fd, SHUT_RDWR);
        (void)pthread_join(c->thread, NULL);
        (void)close(c->fd);
    }
    (void)close(s->wake[0]);
    (void)close(s->wake[1]);
    (void)pthread_mutex_destroy(&s->lock);
    free(s);
}
