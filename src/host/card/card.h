/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file card.h  Room: host/card. What stands between a reader's engine and a chip: a row a kind of
 * reader, named `KIND:ARGUMENT`; and a slot that a chip in software is put into.
 *
 * `memory:FILE`   a software chip in this process, whose lasting memory is that file; FILE.lock
 *                 is held meanwhile, or a second one would give tries back
 * `vpcd:PORT`     a software chip in another process: we listen on loopback until it comes
 * `pcsc`, `pcsc:NAME`   a reader of the PC/SC service, the first with a card; whose name has NAME
 *
 * A reader is held by one process alone, from open to close, and the card has no power afterwards.
 *
 * Spec: spec/iccard.md 4, 5   Req: D-225
 */
#ifndef JUMIN_HOST_CARD_H
#define JUMIN_HOST_CARD_H

#include <sys/types.h>

#include "jumin/chip.h"

#define JM_CARD_PATIENCE_MS 30000 /* ms; a chip that holds back after wrong CANs takes 16 s */

struct jm_card_link;

/** What a software chip has of the machine: other rooms', joined by cmd. */
struct jm_card_tools {
    const struct jm_crypto *crypto;
    enum jm_status (*random)(void *ctx, uint8_t *out, size_t len);
    enum jm_status (*read)(struct jm_bytes *out, const char *path, size_t max,
                           struct jm_arena *mem);
    enum jm_status (*write)(const char *path, struct jm_bytes what, mode_t mode); /* durable */
    /* of one process alone; JM_E_CONFLICT: another has it */
    enum jm_status (*lock)(int *fd, const char *path);
    void (*unlock)(int *fd);
};

/** Connects to a chip; it lives in @p mem until it is closed.
 * @param wait_ms  how long for a card, and for each answer
 * @retval JM_E_USAGE JM_CMD_OPTION_VALUE no such kind, or no such argument | JM_E_UNAVAILABLE
 * JM_CARD_NO_READER, JM_CARD_BUSY somebody else holds it, JM_CARD_TIMEOUT no card came,
 * JM_CARD_REMOVED it went at once | JM_E_MALFORMED JM_CARD_NOT_RESIDENT a card that says nothing,
 * or a file that is no chip */
JM_MUST_CHECK enum jm_status jm_card_link_open(struct jm_card_link **out, const char *reader,
                                               uint32_t wait_ms, const struct jm_card_tools *tools,
                                               struct jm_arena *mem, struct jm_diag *d);
/** Out of the field and into it again: channel, rights and selection of the chip are gone. A card
 * that was taken away is waited for. @retval JM_E_GONE it did not come back */
JM_MUST_CHECK enum jm_status jm_card_link_reset(struct jm_card_link *l);
/** One command. @p ctx: the link. @retval JM_E_GONE the chip is no longer there | JM_E_UNAVAILABLE
 * it did not answer in time | JM_E_LIMIT an answer longer than the room | JM_E_UNSUPPORTED a
 * command that this reader cannot carry */
enum jm_status jm_card_link_transmit(void *ctx, struct jm_bytes capdu, struct jm_buf *rapdu);
/** Null is none. */
void jm_card_link_close(struct jm_card_link *l);
/** Names of the PC/SC service's readers, a comma between two, in @p mem. @retval JM_OK |
 * JM_E_ABSENT it has none | JM_E_UNAVAILABLE no such service runs | JM_E_NO_SPACE */
JM_MUST_CHECK enum jm_status jm_card_readers(struct jm_bytes *out, struct jm_arena *mem);

/* -- a slot for a chip -- */

#define JM_CARD_ATR JM_BYTES("\x3b\x80\x80\x01\x01")

/**
 * Puts a chip into the slot of a virtual reader (vpcd, or our `vpcd:PORT`): connects to @p place,
 * `ADDRESS:PORT` of loopback, and does what the reader says until it hangs up.
 *
 * @param wait_ms  how long the reader may be away at first
 * @retval JM_OK it hung up | JM_E_USAGE JM_CMD_OPTION_VALUE no place of loopback | JM_E_UNAVAILABLE
 * JM_CARD_NO_READER nobody is there
 */
JM_MUST_CHECK enum jm_status jm_card_lend(struct jm_card_link *l, const char *place,
                                          uint32_t wait_ms, struct jm_diag *d);
/** The same on a connected stream, which stays the caller's. @retval JM_OK it ended, or said what
 * cannot be | of the chip */
JM_MUST_CHECK enum jm_status jm_card_slot(struct jm_card_link *l, int fd);

/* -- rows -- */

struct jm_card_link_ops {
    const char *kind;
    JM_MUST_CHECK enum jm_status (*open)(struct jm_card_link *l, const char *argument,
                                         struct jm_diag *d);
    enum jm_status (*reset)(struct jm_card_link *l);
    enum jm_status (*transmit)(struct jm_card_link *l, struct jm_bytes capdu, struct jm_buf *rapdu);
    void (*close)(struct jm_card_link *l);
};
struct jm_card_link {
    const struct jm_card_link_ops *ops;
    const struct jm_card_tools *tools;
    struct jm_arena *mem;
    uint32_t wait_ms;
    void *own; /* of the row */
};
extern const struct jm_card_link_ops jm_card_link_memory, jm_card_link_vpcd, jm_card_link_pcsc;

/* -- T=0 -- */

/** Hands one TPDU to a card and appends its answer. */
typedef enum jm_status jm_card_exchange(void *ctx, struct jm_bytes tpdu, struct jm_buf *answer);
/**
 * A command over T=0, where data goes one way at a time: an answer is fetched (61xx), a length is
 * put right (6Cxx). @p rapdu has the whole answer, or nothing more than before.
 *
 * @retval JM_OK | JM_E_UNSUPPORTED no command of short length | JM_E_LIMIT an answer longer than
 * the room, or without end | of @p send
 */
JM_MUST_CHECK enum jm_status jm_card_t0(jm_card_exchange *send, void *ctx, struct jm_bytes capdu,
                                        struct jm_buf *rapdu);

#endif
