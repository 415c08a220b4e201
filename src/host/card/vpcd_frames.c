/* SPDX-License-Identifier: Apache-2.0 */
#include "host/card/vpcd_frames.h"

#include <errno.h>
#include <limits.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include "host/clock/clock.h"

#define HEAD 2

/* No TCP (a test's socket pair): nothing is delayed there. */
static void set_now(int fd, int option)
{
    int on = 1;

    (void)setsockopt(fd, IPPROTO_TCP, option, &on, sizeof on);
}

void jm_vpcd_begin(int fd)
{
    set_now(fd, TCP_NODELAY);
}

enum jm_status jm_vpcd_send(int fd, struct jm_bytes payload)
{
    const uint8_t head[HEAD] = {(uint8_t)(payload.len >> 8), (uint8_t)payload.len};
    struct iovec part[2] = {{(void *)(uintptr_t)head, HEAD},
                            {(void *)(uintptr_t)payload.ptr, payload.len}};
    struct msghdr message = {.msg_iov = part, .msg_iovlen = 2};

    if (payload.len > JM_VPCD_MAX)
        return JM_E_LIMIT;
    while (part[1].iov_len > 0 || part[0].iov_len > 0) {
        ssize_t n = sendmsg(fd, &message, MSG_NOSIGNAL);

        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return JM_E_GONE;
        for (size_t i = 0, left = (size_t)n; i < 2; i++) {
            size_t took = left < part[i].iov_len ? left : part[i].iov_len;

            part[i].iov_base = (uint8_t *)part[i].iov_base + took;
            part[i].iov_len -= took;
            left -= took;
        }
    }
    return JM_OK;
}

static enum jm_status await_octets(int fd, int64_t wait_ms, uint64_t until)
{
    uint64_t now = jm_clock_monotonic_ms();
    struct pollfd p = {.fd = fd, .events = POLLIN};
    int n = -1;

    if (wait_ms >= 0)
        n = now >= until ? 0 : until - now > INT_MAX ? INT_MAX : (int)(until - now);
    n = poll(&p, 1, n);
    if (n == 0)
        return JM_E_UNAVAILABLE;
    return n > 0 || errno == EINTR ? JM_OK : JM_E_GONE;
}

static enum jm_status read_octets(int fd, uint8_t *to, size_t len, int64_t wait_ms, uint64_t until)
{
    while (len > 0) {
        ssize_t n;

        JM_TRY(await_octets(fd, wait_ms, until));
        /* Before each one, or the other side's second write waits 40 ms for our acknowledgement:
         * its system holds a small segment back (Nagle), ours the answer to the first. */
        set_now(fd, TCP_QUICKACK);
        n = recv(fd, to, len, MSG_DONTWAIT);
        if (n < 0 && (errno == EINTR || errno == EAGAIN))
            continue;
        if (n <= 0)
            return JM_E_GONE;
        to += n;
        len -= (size_t)n;
    }
    return JM_OK;
}

enum jm_status jm_vpcd_receive(int fd, struct jm_buf *out, int64_t wait_ms)
{
    uint64_t until = jm_clock_monotonic_ms() + (uint64_t)(wait_ms < 0 ? 0 : wait_ms);
    uint8_t head[HEAD];
    size_t len;

    JM_TRY(read_octets(fd, head, HEAD, wait_ms, until));
    len = (size_t)(head[0] << 8 | head[1]);
    if (len > out->cap - out->len)
        return JM_E_LIMIT;
    JM_TRY(read_octets(fd, out->ptr + out->len, len, wait_ms, until));
    out->len += len;
    return JM_OK;
}
