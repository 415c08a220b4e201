/* SPDX-License-Identifier: Apache-2.0 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE /* accept4 */
#endif
/* The reader's half of a virtual reader: we listen on loopback until a card comes. */
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "host/card/card.h"
#include "host/card/vpcd_frames.h"
#include "host/socket/socket.h"

#define ATR_MIN 2
#define ATR_MAX 33 /* octets; ISO/IEC 7816-3 8.2.1 */

struct virtual_reader {
    int listening, card;
};

static enum jm_status send_octet(const struct virtual_reader *r, uint8_t what)
{
    return jm_vpcd_send(r->card, jm_bytes(&what, 1));
}

/* Without power and with it again; it says who it is. */
static enum jm_status power_up(struct jm_card_link *l)
{
    const struct virtual_reader *r = l->own;
    uint8_t room[ATR_MAX];
    struct jm_buf atr = jm_buf(room, sizeof room);

    JM_TRY(send_octet(r, JM_VPCD_OFF));
    JM_TRY(send_octet(r, JM_VPCD_ON));
    JM_TRY(send_octet(r, JM_VPCD_ATR));
    JM_TRY(jm_vpcd_receive(r->card, &atr, l->wait_ms));
    return atr.len >= ATR_MIN ? JM_OK : JM_E_MALFORMED;
}

static enum jm_status take_card(struct jm_card_link *l, struct jm_diag *d)
{
    struct virtual_reader *r = l->own;
    struct pollfd p = {.fd = r->listening, .events = POLLIN};
    enum jm_status st;

    if (poll(&p, 1, l->wait_ms > INT32_MAX ? INT32_MAX : (int)l->wait_ms) <= 0)
        return jm_refuse(d, JM_E_UNAVAILABLE, JM_CARD_TIMEOUT, "no card came");
    if ((r->card = accept4(r->listening, NULL, NULL, SOCK_CLOEXEC)) < 0)
        return jm_refuse(d, JM_E_UNAVAILABLE, JM_CARD_REMOVED, "the card went at once");
    jm_vpcd_begin(r->card);
    st = power_up(l);
    if (st == JM_E_GONE)
        return jm_refuse(d, JM_E_UNAVAILABLE, JM_CARD_REMOVED, "the card went at once");
    if (st == JM_E_UNAVAILABLE)
        return jm_refuse(d, st, JM_CARD_TIMEOUT, "the card does not say who it is");
    return st == JM_OK ? JM_OK
                       : jm_refuse(d, JM_E_MALFORMED, JM_CARD_NOT_RESIDENT,
                                   "what the card says at first is of no card");
}

static enum jm_status listen_there(struct jm_card_link *l, const char *argument, struct jm_diag *d)
{
    struct virtual_reader *r = JM_NEW(l->mem, struct virtual_reader);
    uint16_t bound;
    uint64_t port;
    enum jm_status st;

    if (r == NULL)
        return JM_E_NO_SPACE;
    *r = (struct virtual_reader){-1, -1};
    l->own = r;
    if (jm_parse_u64(&port, jm_str(argument)) != JM_OK || port == 0 || port > UINT16_MAX)
        return jm_refuse(d, JM_E_USAGE, JM_CMD_OPTION_VALUE, "--reader vpcd:PORT");
    st = jm_listen_tcp(&r->listening, &bound, "127.0.0.1", (uint16_t)port);
    if (st != JM_OK)
        return jm_refuse(d, JM_E_UNAVAILABLE,
                         st == JM_E_CONFLICT ? JM_CARD_BUSY : JM_CARD_NO_READER, argument);
    return take_card(l, d);
}

static void drop_card(struct virtual_reader *r)
{
    if (r->card >= 0) {
        if (send_octet(r, JM_VPCD_OFF) != JM_OK)
            (void)shutdown(r->card, SHUT_RDWR);
        (void)close(r->card);
        r->card = -1;
    }
}

static enum jm_status reset_card(struct jm_card_link *l)
{
    struct virtual_reader *r = l->own;

    if (r->card >= 0 && power_up(l) == JM_OK)
        return JM_OK;
    drop_card(r);
    return take_card(l, NULL) == JM_OK ? JM_OK : JM_E_GONE;
}

/* What did not come in time could come later, in the place of another answer: such a card is out.
 */
static enum jm_status ask_card(struct jm_card_link *l, struct jm_bytes capdu, struct jm_buf *rapdu)
{
    struct virtual_reader *r = l->own;
    enum jm_status st;

    if (r->card < 0)
        return JM_E_GONE;
    st = jm_vpcd_send(r->card, capdu);
    if (st == JM_OK)
        st = jm_vpcd_receive(r->card, rapdu, l->wait_ms);
    if (st != JM_OK)
        drop_card(r);
    return st;
}

static void close_reader(struct jm_card_link *l)
{
    struct virtual_reader *r = l->own;

    if (r == NULL)
        return;
    drop_card(r);
    if (r->listening >= 0)
        (void)close(r->listening);
}

const struct jm_card_link_ops jm_card_link_vpcd = {"vpcd", listen_there, reset_card, ask_card,
                                                   close_reader};
