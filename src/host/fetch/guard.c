/* SPDX-License-Identifier: Apache-2.0 */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>

#include "host/fetch/fetch.h"

/* IANA's special-purpose registry, IPv4: network, prefix length. */
static const struct {
    uint32_t net;
    unsigned bits;
} refused4[] = {
    {0x00000000, 8},  /* this network */
    {0x0A000000, 8},  /* private */
    {0x64400000, 10}, /* carrier-grade NAT */
    {0x7F000000, 8},  /* loopback */
    {0xA9FE0000, 16}, /* link-local, cloud metadata */
    {0xAC100000, 12}, /* private */
    {0xC0000000, 24}, /* protocol assignments */
    {0xC0000200, 24}, /* documentation */
    {0xC0586300, 24}, /* 6to4 relays */
    {0xC0A80000, 16}, /* private */
    {0xC6120000, 15}, /* benchmarking */
    {0xC6336400, 24}, /* documentation */
    {0xCB007100, 24}, /* documentation */
    {0xE0000000, 4},  /* multicast */
    {0xF0000000, 4},  /* reserved, broadcast */
};

static bool is_ok4(uint32_t a, bool allow_loopback)
{
    if (a >> 24 == 127)
        return allow_loopback;
    for (size_t i = 0; i < JM_ARRAY_LEN(refused4); i++)
        if ((a ^ refused4[i].net) >> (32 - refused4[i].bits) == 0)
            return false;
    return true;
}

static bool is_ok6(const uint8_t a[16], bool allow_loopback)
{
    static const uint8_t loopback[16] = {[15] = 1};

    if (memcmp(a, loopback, 16) == 0)
        return allow_loopback;
    if (a[0] >> 5 != 1) /* outside 2000::/3: mapped, ULA, link-local, NAT64, multicast */
        return false;
    if (a[0] == 0x20 && a[1] == 0x02) /* 6to4 carries an IPv4 address */
        return false;
    if (a[0] == 0x20 && a[1] == 0x01 && a[2] < 0x02) /* 2001::/23: Teredo, benchmarking, ORCHID */
        return false;
    if (a[0] == 0x20 && a[1] == 0x01 && a[2] == 0x0D && a[3] == 0xB8) /* documentation */
        return false;
    return !(a[0] == 0x3F && a[1] == 0xFF && a[2] < 0x10); /* 3fff::/20 documentation */
}

bool jm_fetch_address_ok(const struct sockaddr *a, bool allow_loopback)
{
    struct sockaddr_in v4;
    struct sockaddr_in6 v6;

    if (a->sa_family == AF_INET) {
        memcpy(&v4, a, sizeof v4);
        return is_ok4(ntohl(v4.sin_addr.s_addr), allow_loopback);
    }
    if (a->sa_family == AF_INET6) {
        memcpy(&v6, a, sizeof v6);
        return is_ok6(v6.sin6_addr.s6_addr, allow_loopback);
    }
    return false;
}
