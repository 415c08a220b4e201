/* SPDX-License-Identifier: Apache-2.0 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE /* accept4, pipe2 */
#endif
#include "host/abci/server.h"

#include "host/abci/answer.h"
#include "host/socket/socket.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define CONNECTIONS_MAX 16 /* four of one CometBFT, and the next one's while they end */
#define ARENA (4 * JM_MIB) /* lists of one request and its response */
#define ROOM_LEAST (64 * JM_KIB)
#define FRAME_ROOM (JM_ABCI_FRAME_MAX + 16) /* with its length */
/* Responses that wait for the socket: beyond it no request is read. */
#define WAITING_MAX (256 * JM_KIB)

struct connection {
    int fd; /* -1: the place is free */
    struct jm_buf in, out;
    size_t taken, sent; /* of them */
    bool closing;       /* once all is sent */
};

struct jm_abci_server {
    struct jm_abci_config config;
    struct jm_abci_state state;
    char path[sizeof(((struct sockaddr_un *)0)->sun_path)];
    int listener, wake[2];
    struct connection place[CONNECTIONS_MAX];
    struct jm_arena mem;
    uint8_t *room;
};

static void log_line(const struct jm_abci_server *s, const char *what)
{
    if (s->config.log != NULL)
        s->config.log(s->config.log_ctx, what);
}

/* -- rooms that grow -- */

/* Room for @p more octets behind what is written, up to @p max in all. */
static enum jm_status grow_room(struct jm_buf *b, size_t more, size_t max)
{
    size_t cap = b->cap < ROOM_LEAST ? ROOM_LEAST : b->cap;
    uint8_t *p;

    if (more > max || b->len > max - more)
        return JM_E_LIMIT;
    while (cap - b->len < more)
        cap = cap > max / 2 ? max : 2 * cap;
    if (cap == b->cap)
        return JM_OK;
    if ((p = realloc(b->ptr, cap)) == NULL)
        return JM_E_UNAVAILABLE;
    b->ptr = p;
    b->cap = cap;
    return JM_OK;
}

/* What is done with goes; a large room is not kept for a small rest. */
static void shrink_room(struct jm_buf *b, size_t *done)
{
    if (*done == 0)
        return;
    b->len -= *done;
    if (b->len != 0)
        memmove(b->ptr, b->ptr + *done, b->len);
    *done = 0;
    if (b->len == 0 && b->cap > JM_MIB) {
        free(b->ptr);
        *b = jm_buf(NULL, 0);
    }
}

/* -- one connection -- */

static void close_connection(struct connection *c)
{
    if (c->fd >= 0)
        (void)close(c->fd);
    free(c->in.ptr);
    free(c->out.ptr);
    *c = (struct connection){.fd = -1};
}

static enum jm_status send_response(struct connection *c, const struct jm_abci_response *r)
{
    enum jm_status st = grow_room(&c->out, ROOM_LEAST, FRAME_ROOM + WAITING_MAX);

    while (st == JM_OK && (st = jm_abci_write_response(&c->out, r)) == JM_E_NO_SPACE)
        st = grow_room(&c->out, c->out.cap - c->out.len + 1, FRAME_ROOM + WAITING_MAX);
    return st;
}

/* The rest of the stream means nothing any more. */
static void break_connection(struct jm_abci_server *s, struct connection *c, const char *why)
{
    log_line(s, why);
    c->closing = true;
    c->taken = c->in.len;
}

static void refuse_frame(struct jm_abci_server *s, struct connection *c, const char *why)
{
    struct jm_abci_response r = {.kind = JM_ABCI_EXCEPTION};

    r.u.exception.error = jm_str(why);
    (void)send_response(c, &r);
    break_connection(s, c, why);
}

static enum jm_status answer_frame(struct jm_abci_server *s, struct connection *c,
                                   struct jm_bytes body)
{
    struct jm_abci_response response;
    struct jm_abci_request request;
    const char *broken;
    enum jm_status st, sent;

    jm_arena_reset(&s->mem);
    st = jm_abci_read_request(&request, body, &s->mem);
    if (st != JM_OK) {
        refuse_frame(s, c,
                     st == JM_E_UNSUPPORTED ? "a message that is not served"
                                            : "a message that cannot be read");
        return JM_OK;
    }
    st = jm_abci_answer(&s->state, &response, &broken, &request, &s->mem);
    sent = send_response(c, &response);
    if (broken != NULL || st != JM_OK)
        break_connection(s, c, broken != NULL ? broken : "the application failed");
    return st != JM_OK ? st : sent;
}

/* All whole frames, as long as what they are answered with can be sent. */
static enum jm_status answer_frames(struct jm_abci_server *s, struct connection *c)
{
    enum jm_status st = JM_OK;

    while (st == JM_OK && !c->closing && c->out.len - c->sent < WAITING_MAX) {
        struct jm_bytes rest = jm_slice(jm_written(c->in), c->taken, c->in.len), body;
        size_t used;

        st = jm_abci_frame(&body, &used, rest);
        if (st == JM_E_TRUNCATED) {
            st = JM_OK;
            break;
        }
        if (st != JM_OK) {
            refuse_frame(s, c, "a frame that is none");
            st = JM_OK;
            break;
        }
        st = answer_frame(s, c, body);
        if (!c->closing)
            c->taken += used;
    }
    shrink_room(&c->in, &c->taken);
    return st;
}

static enum jm_status read_connection(struct jm_abci_server *s, struct connection *c)
{
    ssize_t n;

    if (grow_room(&c->in, ROOM_LEAST, FRAME_ROOM + ROOM_LEAST) != JM_OK) {
        refuse_frame(s, c, "no room for a frame");
        return JM_OK;
    }
    n = recv(c->fd, c->in.ptr + c->in.len, c->in.cap - c->in.len, 0);
    if (n < 0 && (errno == EAGAIN || errno == EINTR))
        return JM_OK;
    if (n <= 0) {
        if (c->in.len != 0)
            log_line(s, "a connection ended inside of a frame");
        close_connection(c);
        return JM_OK;
    }
    c->in.len += (size_t)n;
    return answer_frames(s, c);
}

static void write_connection(struct connection *c)
{
    while (c->sent < c->out.len) {
        ssize_t n = send(c->fd, c->out.ptr + c->sent, c->out.len - c->sent, MSG_NOSIGNAL);

        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0 && errno == EAGAIN)
            return;
        if (n < 0) {
            close_connection(c);
            return;
        }
        c->sent += (size_t)n;
    }
    shrink_room(&c->out, &c->sent);
    if (c->closing)
        close_connection(c);
}

/* -- all of them -- */

static void take_connection(struct jm_abci_server *s)
{
    int fd = accept4(s->listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);

    if (fd < 0)
        return;
    for (size_t i = 0; i < CONNECTIONS_MAX; i++)
        if (s->place[i].fd < 0) {
            s->place[i] = (struct connection){.fd = fd};
            return;
        }
    log_line(s, "more connections than one CometBFT has");
    (void)close(fd);
}

static short events_of(const struct connection *c)
{
    short events = 0;

    if (c->fd < 0)
        return 0;
    if (c->sent < c->out.len)
        events |= POLLOUT;
    if (!c->closing && c->out.len - c->sent < WAITING_MAX)
        events |= POLLIN;
    return events;
}

static enum jm_status serve_connection(struct jm_abci_server *s, struct connection *c,
                                       short happened)
{
    enum jm_status st = JM_OK;

    if (c->fd < 0 || happened == 0)
        return JM_OK;
    if ((happened & (POLLIN | POLLHUP | POLLERR)) != 0 && !c->closing)
        st = read_connection(s, c);
    if (c->fd >= 0)
        write_connection(c);
    /* frames that waited until there was room for what they are answered with */
    if (st == JM_OK && c->fd >= 0 && c->in.len != 0 && !c->closing) {
        st = answer_frames(s, c);
        write_connection(c);
    }
    if (c->fd >= 0 && (happened & (POLLHUP | POLLERR)) != 0 && (happened & POLLIN) == 0)
        close_connection(c);
    return st;
}

static enum jm_status serve_once(struct jm_abci_server *s, bool *stopped)
{
    struct pollfd p[CONNECTIONS_MAX + 2];
    enum jm_status st = JM_OK;

    for (size_t i = 0; i < CONNECTIONS_MAX; i++)
        p[i] = (struct pollfd){s->place[i].fd, events_of(&s->place[i]), 0};
    p[CONNECTIONS_MAX] = (struct pollfd){s->listener, POLLIN, 0};
    p[CONNECTIONS_MAX + 1] = (struct pollfd){s->wake[0], POLLIN, 0};
    if (poll(p, CONNECTIONS_MAX + 2, -1) < 0)
        return errno == EINTR ? JM_OK : JM_E_UNAVAILABLE;
    *stopped = p[CONNECTIONS_MAX + 1].revents != 0;
    for (size_t i = 0; i < CONNECTIONS_MAX && st == JM_OK && !*stopped; i++)
        st = serve_connection(s, &s->place[i], p[i].revents);
    if ((p[CONNECTIONS_MAX].revents & POLLIN) != 0)
        take_connection(s);
    return st;
}

enum jm_status jm_abci_server_run(struct jm_abci_server *s)
{
    bool stopped = false;
    enum jm_status st = JM_OK;

    while (st == JM_OK && !stopped)
        st = serve_once(s, &stopped);
    for (size_t i = 0; i < CONNECTIONS_MAX; i++) {
        if (s->place[i].fd >= 0 && st != JM_OK)
            write_connection(&s->place[i]); /* the exception, as far as it goes */
        close_connection(&s->place[i]);
    }
    return st;
}

enum jm_status jm_abci_server_new(struct jm_abci_server **out, const struct jm_abci_config *config)
{
    struct jm_abci_server *s = calloc(1, sizeof *s);
    enum jm_status st = JM_E_UNAVAILABLE;

    *out = NULL;
    if (s == NULL)
        return st;
    s->config = *config;
    s->listener = s->wake[0] = s->wake[1] = -1;
    for (size_t i = 0; i < CONNECTIONS_MAX; i++)
        s->place[i].fd = -1;
    if ((s->room = malloc(ARENA)) == NULL || pipe2(s->wake, O_CLOEXEC | O_NONBLOCK) != 0)
        goto out;
    jm_arena_init(&s->mem, s->room, ARENA);
    if ((st = jm_abci_state_begin(&s->state, &s->config.app, config->version)) != JM_OK)
        goto out;
    if ((st = jm_listen_unix(&s->listener, config->path)) != JM_OK)
        goto out;
    memcpy(s->path, config->path, strlen(config->path) + 1); /* short enough: it listens */
    *out = s;
    s = NULL;
    st = JM_OK;
out:
    jm_abci_server_free(&s);
    return st;
}

void jm_abci_server_stop(struct jm_abci_server *s)
{
    int was = errno;

    (void)!write(s->wake[1], "", 1);
    errno = was;
}

void jm_abci_server_free(struct jm_abci_server **s)
{
    if (*s == NULL)
        return;
    for (size_t i = 0; i < CONNECTIONS_MAX; i++)
        close_connection(&(*s)->place[i]);
    for (size_t i = 0; i < 2; i++)
        if ((*s)->wake[i] >= 0)
            (void)close((*s)->wake[i]);
    if ((*s)->listener >= 0)
        (void)close((*s)->listener);
    if ((*s)->path[0] != '\0')
        (void)unlink((*s)->path);
    free((*s)->room);
    free(*s);
    *s = NULL;
}
