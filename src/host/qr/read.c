/* SPDX-License-Identifier: Apache-2.0 */
/* Reading a QR code: jumin-picture does it, a process that holds nothing. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE /* pipe2 */
#endif
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "host/qr/qr.h"

#define WAIT_MS 20000 /* a picture of 4096 × 4096 takes about one second */

/* Feeds the picture and takes the text at the same time: neither pipe is ever full on both sides.
 */
static enum jm_status talk_to(int to, int from, struct jm_bytes png, struct jm_buf *text)
{
    while (from >= 0) {
        struct pollfd p[2] = {{from, POLLIN, 0}, {to, POLLOUT, 0}};
        ssize_t n;

        if (poll(p, to < 0 ? 1 : 2, WAIT_MS) <= 0)
            return JM_E_UNAVAILABLE;
        if (to >= 0 && p[1].revents != 0) {
            n = png.len == 0 ? 0 : write(to, png.ptr, png.len);
            if (n > 0)
                png = jm_slice(png, (size_t)n, SIZE_MAX);
            if (png.len == 0 || (n < 0 && errno != EAGAIN && errno != EINTR)) {
                (void)close(to);
                to = -1;
            }
        }
        if (p[0].revents == 0)
            continue;
        n = text->len == text->cap ? -1 : read(from, text->ptr + text->len, text->cap - text->len);
        if (n <= 0)
            break;
        text->len += (size_t)n;
    }
    if (to >= 0)
        (void)close(to);
    return JM_OK;
}

static enum jm_status start_program(pid_t *pid, const char *program, int in, int out)
{
    char *const argv[] = {(char *)(uintptr_t)"jumin-picture", NULL}, *const nothing[] = {NULL};
    posix_spawn_file_actions_t a;
    enum jm_status st = JM_E_UNAVAILABLE;

    if (posix_spawn_file_actions_init(&a) != 0)
        return st;
    if (posix_spawn_file_actions_adddup2(&a, in, STDIN_FILENO) == 0 &&
        posix_spawn_file_actions_adddup2(&a, out, STDOUT_FILENO) == 0 &&
        posix_spawn(pid, program, &a, NULL, argv, nothing) == 0)
        st = JM_OK;
    (void)posix_spawn_file_actions_destroy(&a);
    return st;
}

static enum jm_status verdict_of(pid_t pid)
{
    int status;

    while (waitpid(pid, &status, 0) < 0)
        if (errno != EINTR)
            return JM_E_UNAVAILABLE;
    if (!WIFEXITED(status))
        return JM_E_MALFORMED; /* it broke on this picture */
    switch (WEXITSTATUS(status)) {
    case 0: return JM_OK;
    case 1: return JM_E_ABSENT;
    case 3: return JM_E_MALFORMED;
    default: return JM_E_UNAVAILABLE;
    }
}

enum jm_status jm_qr_read(struct jm_bytes *text, const char *program, struct jm_bytes png,
                          struct jm_arena *mem)
{
    struct sigaction before, ignore = {.sa_handler = SIG_IGN};
    int in[2], out[2];
    enum jm_status st, talked;
    struct jm_buf b;
    pid_t pid;

    *text = jm_none();
    JM_TRY(jm_alloc_buf(&b, mem, JM_QR_READ_MAX + 1));
    if (pipe2(in, O_CLOEXEC | O_NONBLOCK) != 0)
        return JM_E_UNAVAILABLE;
    if (pipe2(out, O_CLOEXEC) != 0) {
        (void)close(in[0]);
        (void)close(in[1]);
        return JM_E_UNAVAILABLE;
    }
    (void)fcntl(in[0], F_SETFL, 0); /* our end alone does not wait */
    (void)sigaction(SIGPIPE, &ignore, &before);
    st = start_program(&pid, program, in[0], out[1]);
    (void)close(in[0]);
    (void)close(out[1]);
    if (st == JM_OK) {
        talked = talk_to(in[1], out[0], png, &b);
        if (talked != JM_OK)
            (void)kill(pid, SIGKILL);
        st = verdict_of(pid);
        st = talked != JM_OK ? talked : st;
    } else {
        (void)close(in[1]);
    }
    (void)close(out[0]);
    (void)sigaction(SIGPIPE, &before, NULL);
    if (st == JM_OK)
        *text = jm_written(b);
    return st;
}
