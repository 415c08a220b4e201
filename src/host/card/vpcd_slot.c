/* SPDX-License-Identifier: Apache-2.0 */
/* The card's half of a virtual reader: a chip that goes to where the reader listens. */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "host/card/card.h"
#include "host/card/vpcd_frames.h"
#include "host/clock/clock.h"

#define AGAIN_MS 50 /* between two looks whether a reader listens */

static enum jm_status do_what_it_says(struct jm_card_link *l, int fd, struct jm_bytes said,
                                      struct jm_buf *rapdu)
{
    if (said.len == 0)
        return JM_OK;
    if (said.len == 1) {
        if (said.ptr[0] == JM_VPCD_ATR)
            return jm_vpcd_send(fd, JM_CARD_ATR);
        return said.ptr[0] <= JM_VPCD_RESET ? jm_card_link_reset(l) : JM_OK;
    }
    rapdu->len = 0;
    JM_TRY(jm_card_link_transmit(l, said, rapdu));
    return jm_vpcd_send(fd, jm_written(*rapdu));
}

enum jm_status jm_card_slot(struct jm_card_link *l, int fd)
{
    size_t mark = jm_arena_mark(l->mem);
    struct jm_buf said, rapdu;
    enum jm_status st;

    JM_TRY(jm_alloc_buf(&said, l->mem, JM_VPCD_MAX));
    JM_TRY(jm_alloc_buf(&rapdu, l->mem, JM_CARD_RAPDU_MAX));
    do {
        said.len = 0;
        st = jm_vpcd_receive(fd, &said, -1);
        if (st == JM_OK)
            st = do_what_it_says(l, fd, jm_written(said), &rapdu);
    } while (st == JM_OK);
    jm_arena_back(l->mem, mark);
    return st == JM_E_GONE ? JM_OK : st;
}

/* ADDRESS:PORT, of this machine alone: what goes there is readable for who stands in between. */
static bool read_place(struct sockaddr_in *out, const char *place)
{
    const char *colon = strrchr(place, ':');
    char address[INET_ADDRSTRLEN];
    size_t len = colon == NULL ? 0 : (size_t)(colon - place);
    uint64_t port;

    if (len == 0 || len >= sizeof address || jm_parse_u64(&port, jm_str(colon + 1)) != JM_OK ||
        port == 0 || port > UINT16_MAX)
        return false;
    memcpy(address, place, len);
    address[len] = '\0';
    *out = (struct sockaddr_in){.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    return inet_pton(AF_INET, address, &out->sin_addr) == 1 &&
           ntohl(out->sin_addr.s_addr) >> IN_CLASSA_NSHIFT == IN_LOOPBACKNET;
}

/* Where nobody listens at a port that the system also gives to who connects, one can meet oneself.
 */
static bool is_oneself(int fd, const struct sockaddr_in *place)
{
    struct sockaddr_in own;
    socklen_t len = sizeof own;

    return getsockname(fd, (struct sockaddr *)&own, &len) == 0 && own.sin_port == place->sin_port &&
           own.sin_addr.s_addr == place->sin_addr.s_addr;
}

static int go_there(const struct sockaddr_in *place, uint32_t wait_ms)
{
    uint64_t until = jm_clock_monotonic_ms() + wait_ms;

    for (;;) {
        int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

        if (fd < 0 || (connect(fd, (const struct sockaddr *)place, sizeof *place) == 0 &&
                       !is_oneself(fd, place)))
            return fd;
        (void)close(fd);
        if (jm_clock_monotonic_ms() >= until)
            return -1;
        (void)poll(NULL, 0, AGAIN_MS); /* nothing tells that somebody has begun to listen */
    }
}

enum jm_status jm_card_lend(struct jm_card_link *l, const char *place, uint32_t wait_ms,
                            struct jm_diag *d)
{
    struct sockaddr_in at;
    enum jm_status st;
    int fd;

    if (!read_place(&at, place))
        return jm_refuse(d, JM_E_USAGE, JM_CMD_OPTION_VALUE, "--vpcd 127.0.0.1:PORT");
    if ((fd = go_there(&at, wait_ms)) < 0)
        return jm_refuse(d, JM_E_UNAVAILABLE, JM_CARD_NO_READER, place);
    jm_vpcd_begin(fd);
    st = jm_card_slot(l, fd);
    (void)close(fd);
    return st;
}
