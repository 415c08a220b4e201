/* SPDX-License-Identifier: Apache-2.0 */
#include "host/socket/socket.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

static enum jm_status clear_path(const struct sockaddr_un *a)
{
    struct stat info;
    bool is_alive, is_dead;
    int probe;

    if (lstat(a->sun_path, &info) != 0)
        return JM_OK;
    probe = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    is_alive = probe >= 0 && connect(probe, (const struct sockaddr *)a, sizeof *a) == 0;
    is_dead = !is_alive && errno == ECONNREFUSED && S_ISSOCK(info.st_mode);
    if (probe >= 0)
        (void)close(probe);
    return is_dead && unlink(a->sun_path) == 0 ? JM_OK : JM_E_CONFLICT;
}

enum jm_status jm_listen_unix(int *fd, const char *path)
{
    struct sockaddr_un a = {.sun_family = AF_UNIX};

    *fd = -1;
    if (strlen(path) >= sizeof a.sun_path)
        return JM_E_USAGE;
    memcpy(a.sun_path, path, strlen(path));
    JM_TRY(clear_path(&a));
    if ((*fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)) < 0)
        return JM_E_UNAVAILABLE;
    if (fchmod(*fd, 0600) != 0) /* before bind: the file never has another mode */
        return JM_E_IO;
    if (bind(*fd, (const struct sockaddr *)&a, sizeof a) != 0)
        return errno == EADDRINUSE ? JM_E_CONFLICT : JM_E_IO;
    return chmod(a.sun_path, 0600) == 0 && listen(*fd, SOMAXCONN) == 0 ? JM_OK : JM_E_IO;
}

enum jm_status jm_listen_tcp(int *fd, uint16_t *bound, const char *address, uint16_t port)
{
    union {
        struct sockaddr any;
        struct sockaddr_in v4;
        struct sockaddr_in6 v6;
    } a;
    socklen_t len = sizeof a.v4;
    int on = 1;

    *fd = -1;
    memset(&a, 0, sizeof a);
    if (inet_pton(AF_INET, address, &a.v4.sin_addr) == 1) {
        a.v4.sin_family = AF_INET;
        a.v4.sin_port = htons(port);
    } else if (inet_pton(AF_INET6, address, &a.v6.sin6_addr) == 1) {
        a.v6.sin6_family = AF_INET6;
        a.v6.sin6_port = htons(port);
        len = sizeof a.v6;
    } else {
        return JM_E_USAGE;
    }
    if ((*fd = socket(a.any.sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)) < 0)
        return JM_E_UNAVAILABLE;
    (void)setsockopt(*fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (a.any.sa_family == AF_INET6)
        (void)setsockopt(*fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on);
    if (bind(*fd, &a.any, len) != 0 || listen(*fd, SOMAXCONN) != 0)
        return errno == EADDRINUSE ? JM_E_CONFLICT : JM_E_USAGE;
    if (getsockname(*fd, &a.any, &len) != 0)
        return JM_E_IO;
    *bound = ntohs(a.any.sa_family == AF_INET ? a.v4.sin_port : a.v6.sin6_port);
    return JM_OK;
}
