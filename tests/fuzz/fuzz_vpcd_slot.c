/* SPDX-License-Identifier: Apache-2.0 */
/* Target functions: jm_card_slot. What a reader says to a chip in its slot, whole frames or torn:
 * a command is answered by one frame, an ATR by itself, nothing else by anything. */
#include "fuzz/fuzz.h"

#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "host/card/card.h"

#define SAID_MAX 2048 /* so that all answers fit between two sockets */

static unsigned commands;

static enum jm_status take_reset(struct jm_card_link *l)
{
    (void)l;
    return JM_OK;
}

static enum jm_status take_command(struct jm_card_link *l, struct jm_bytes capdu,
                                   struct jm_buf *rapdu)
{
    (void)l;
    MUST(capdu.len >= 2 && rapdu->len == 0);
    commands++;
    return jm_buf_put(rapdu, JM_BYTES("\x6d\x00"));
}

static size_t said_by_card(const uint8_t *data, size_t size, uint8_t *told, size_t cap)
{
    static const struct jm_card_link_ops ops = {"fuzz", NULL, take_reset, take_command, NULL};
    static uint8_t room[1 << 17];
    struct jm_arena mem;
    struct jm_card_link l = {&ops, NULL, &mem, 0, NULL};
    size_t n = 0;
    ssize_t got;
    int fd[2];

    jm_arena_init(&mem, room, sizeof room);
    MUST(socketpair(AF_UNIX, SOCK_STREAM, 0, fd) == 0);
    MUST(write(fd[0], data, size) == (ssize_t)size && shutdown(fd[0], SHUT_WR) == 0);
    MUST(jm_card_slot(&l, fd[1]) == JM_OK);
    close(fd[1]);
    while ((got = read(fd[0], told + n, cap - n)) > 0)
        n += (size_t)got;
    close(fd[0]);
    return n;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static uint8_t told[8 * SAID_MAX];
    size_t n, atrs = 0, at = 0;

    if (size > SAID_MAX)
        return 0;
    commands = 0;
    n = said_by_card(data, size, told, sizeof told);
    for (; at < n; at += 2 + (size_t)told[at + 1]) {
        MUST(n - at >= 2 && told[at] == 0 && n - at - 2 >= (size_t)told[at + 1]);
        if (told[at + 1] == 5) {
            MUST(memcmp(told + at + 2, JM_CARD_ATR.ptr, 5) == 0);
            atrs++;
        } else {
            MUST(told[at + 1] == 2);
            MUST(commands-- > 0);
        }
    }
    MUST(at == n && commands == 0 && 3 * atrs <= size);
    return 0;
}
