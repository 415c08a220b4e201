/* SPDX-License-Identifier: Apache-2.0 */
/* Who is at the other end: the address of the connection, or what our proxy names. */
#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

#include "host/http/shared.h"

/* The last address of the last X-Forwarded-For: what stands before it, the client may have written.
 */
static bool forwarded(struct sockaddr_storage *out, const struct call *c)
{
    struct sockaddr_in *v4 = (void *)out;
    struct sockaddr_in6 *v6 = (void *)out;
    struct jm_bytes v = jm_none();
    char text[INET6_ADDRSTRLEN];

    memset(out, 0, sizeof *out);
    for (size_t i = 0; i < c->n_fields; i++)
        if (jm_bytes_eq_nocase(c->field[i].name, JM_BYTES("x-forwarded-for")))
            v = c->field[i].value;
    for (size_t comma; (comma = jm_bytes_find(v, JM_BYTES(","))) != SIZE_MAX;)
        v = jm_slice(v, comma + 1, SIZE_MAX);
    while (v.len != 0 && v.ptr[0] == ' ')
        v = jm_slice(v, 1, SIZE_MAX);
    if (v.len == 0 || v.len >= sizeof text)
        return false;
    memcpy(text, v.ptr, v.len);
    text[v.len] = 0;
    out->ss_family = AF_INET;
    if (inet_pton(AF_INET, text, &v4->sin_addr) == 1)
        return true;
    out->ss_family = AF_INET6;
    return inet_pton(AF_INET6, text, &v6->sin6_addr) == 1;
}

bool jm_http_is_address(const char *text)
{
    char again[INET6_ADDRSTRLEN];
    uint8_t octets[16];

    return (inet_pton(AF_INET, text, octets) == 1 &&
            inet_ntop(AF_INET, octets, again, sizeof again) != NULL && strcmp(again, text) == 0) ||
           (inet_pton(AF_INET6, text, octets) == 1 &&
            inet_ntop(AF_INET6, octets, again, sizeof again) != NULL && strcmp(again, text) == 0);
}

bool jm_call_is_proxy(const struct call *c)
{
    return c->h->cfg.proxy != NULL && strcmp(c->client, c->h->cfg.proxy) == 0;
}

struct jm_bytes jm_call_address(struct call *c, const struct sockaddr *a)
{
    (void)snprintf(c->client, sizeof c->client, "%s",
                   c->h->cfg.unix_path != NULL ? "unix" : "unknown");
    if (a != NULL && a->sa_family == AF_INET) {
        const struct sockaddr_in *v4 = (const void *)a;
        (void)inet_ntop(AF_INET, &v4->sin_addr, c->client, sizeof c->client);
        return jm_bytes(&v4->sin_addr, 4);
    }
    if (a != NULL && a->sa_family == AF_INET6) {
        const struct sockaddr_in6 *v6 = (const void *)a;
        (void)inet_ntop(AF_INET6, &v6->sin6_addr, c->client, sizeof c->client);
        return jm_bytes(&v6->sin6_addr, 8);
    }
    return jm_str(c->client);
}

/* Fills c->client; the rate key is the address, of IPv6 the /64; behind our proxy that of its
 * client. */
struct jm_bytes jm_call_client(struct call *c)
{
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(c->conn, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
    const struct sockaddr *a = info != NULL ? info->client_addr : NULL;
    struct jm_bytes key = jm_call_address(c, a);

    if (!jm_call_is_proxy(c) || !forwarded(&c->named, c))
        return key;
    return jm_call_address(c, (const struct sockaddr *)(const void *)&c->named);
}
