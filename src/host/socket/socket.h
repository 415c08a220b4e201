/* SPDX-License-Identifier: Apache-2.0 */
/** @file socket.h  Room: host/socket. Listening sockets, for the server of HTTP and the signer. */
#ifndef JUMIN_HOST_SOCKET_SOCKET_H
#define JUMIN_HOST_SOCKET_SOCKET_H

#include <stdint.h>

#include "jumin/status.h"

/**
 * Listens at @p path, a file that is its owner's alone from its first moment. A socket that a dead
 * process has left there is taken away; what answers, or is no socket, is not.
 * @retval JM_E_USAGE the path is too long | JM_E_CONFLICT the place is taken | JM_E_UNAVAILABLE |
 * JM_E_IO
 */
JM_MUST_CHECK enum jm_status jm_listen_unix(int *fd, const char *path);

/**
 * Listens at an address of IPv4 or IPv6 and @p port, 0: any; @p bound is the one it got.
 * @retval JM_E_USAGE no address of this machine | JM_E_CONFLICT taken | JM_E_UNAVAILABLE | JM_E_IO
 */
JM_MUST_CHECK enum jm_status jm_listen_tcp(int *fd, uint16_t *bound, const char *address,
                                           uint16_t port);

#endif
