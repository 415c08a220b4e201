/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file abci.h  CometBFT's end of ABCI: connections, calls, each followed by a flush as its client
 * does. Include after unit/test.h.
 */
#ifndef JM_TEST_ABCI_H
#define JM_TEST_ABCI_H

#include <errno.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>

#include "jumin/abci.h"

#define ABCI_WAIT_S 20
#define ABCI_ROOM (1 << 20)

struct abci_wire {
    int fd;
    struct jm_buf in, out;
    struct jm_arena mem, flushed; /* the last response, the last flush */
    size_t at_once;               /* octets of one write, 0: all */
};

JM_UNUSED static bool abci_dial(struct abci_wire *w, const char *path)
{
    struct sockaddr_un a = {.sun_family = AF_UNIX};
    const struct timeval wait = {ABCI_WAIT_S, 0};

    *w = (struct abci_wire){.fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)};
    w->in = room(ABCI_ROOM);
    w->out = room(ABCI_ROOM);
    w->mem = arena(ABCI_ROOM);
    w->flushed = arena(4096);
    snprintf(a.sun_path, sizeof a.sun_path, "%s", path);
    return w->fd >= 0 && setsockopt(w->fd, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof wait) == 0 &&
           connect(w->fd, (const struct sockaddr *)&a, sizeof a) == 0;
}

JM_UNUSED static void abci_hang_up(struct abci_wire *w)
{
    if (w->fd >= 0)
        (void)close(w->fd);
    w->fd = -1;
}

JM_UNUSED static bool abci_send(struct abci_wire *w, struct jm_bytes octets)
{
    while (octets.len != 0) {
        size_t len = w->at_once != 0 && w->at_once < octets.len ? w->at_once : octets.len;
        ssize_t n = send(w->fd, octets.ptr, len, MSG_NOSIGNAL);

        if (n <= 0)
            return false;
        octets = jm_slice(octets, (size_t)n, octets.len);
    }
    return true;
}

/* The next response; false: the connection has ended, or there was none in time. */
JM_UNUSED static bool abci_receive(struct abci_wire *w, struct jm_abci_response *r,
                                   struct jm_arena *mem)
{
    struct jm_bytes body;
    size_t used;

    for (;;) {
        enum jm_status st = jm_abci_frame(&body, &used, jm_written(w->in));
        ssize_t n;

        if (st == JM_OK) {
            struct jm_bytes kept; /* views of the response live until the next one */

            jm_arena_reset(mem);
            CHECK_OK(jm_dup(&kept, mem, body));
            memmove(w->in.ptr, w->in.ptr + used, w->in.len - used);
            w->in.len -= used;
            return CHECK_OK(jm_abci_read_response(r, kept, mem));
        }
        if (!CHECK_ST(st, JM_E_TRUNCATED))
            return false;
        n = recv(w->fd, w->in.ptr + w->in.len, w->in.cap - w->in.len, 0);
        if (n < 0)
            CHECK(errno == ECONNRESET);
        if (n <= 0)
            return false;
        w->in.len += (size_t)n;
    }
}

/* A call with its flush: the response to it, of its kind or an exception. */
JM_UNUSED static bool abci_call(struct abci_wire *w, struct jm_abci_response *r,
                                const struct jm_abci_request *q)
{
    const struct jm_abci_request flush = {.kind = JM_ABCI_FLUSH};
    struct jm_abci_response flushed;

    *r = (struct jm_abci_response){0};
    w->out.len = 0;
    if (!CHECK_OK(jm_abci_write_request(&w->out, q)) ||
        !CHECK_OK(jm_abci_write_request(&w->out, &flush)) || !abci_send(w, jm_written(w->out)) ||
        !abci_receive(w, r, &w->mem))
        return false;
    if (r->kind == JM_ABCI_EXCEPTION)
        return true;
    CHECK(abci_receive(w, &flushed, &w->flushed) && flushed.kind == JM_ABCI_FLUSH);
    return CHECK_EQ(r->kind, q->kind);
}

#endif
