/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file card.h  Room: host/card. What stands between a reader's engine and a chip: a row a kind of
 * reader, named `KIND:ARGUMENT`.
 *
 * `memory:FILE`: a software chip in this process, whose lasting memory is that file.
 *
 * Spec: spec/iccard.md 4, 5   Req: D-225
 */
#ifndef JUMIN_HOST_CARD_H
#define JUMIN_HOST_CARD_H

#include <sys/types.h>

#include "jumin/chip.h"

struct jm_card_link;

/** What a software chip has of the machine: other rooms', joined by cmd. */
struct jm_card_tools {
    const struct jm_crypto *crypto;
    enum jm_status (*random)(void *ctx, uint8_t *out, size_t len);
    enum jm_status (*read)(struct jm_bytes *out, const char *path, size_t max,
                           struct jm_arena *mem);
    enum jm_status (*write)(const char *path, struct jm_bytes what, mode_t mode); /* durable */
};

/** Connects to a chip; it lives in @p mem until it is closed. @retval JM_E_USAGE
 * JM_CMD_OPTION_VALUE no such kind | JM_E_UNAVAILABLE JM_CARD_NO_READER | of reading its file */
JM_MUST_CHECK enum jm_status jm_card_link_open(struct jm_card_link **out, const char *reader,
                                               const struct jm_card_tools *tools,
                                               struct jm_arena *mem, struct jm_diag *d);
/** Out of the field and into it again: channel, rights and selection of the chip are gone. */
JM_MUST_CHECK enum jm_status jm_card_link_reset(struct jm_card_link *l);
/** One command. @p ctx: the link. @retval JM_E_GONE the chip is no longer there */
enum jm_status jm_card_link_transmit(void *ctx, struct jm_bytes capdu, struct jm_buf *rapdu);
/** Null is none. */
void jm_card_link_close(struct jm_card_link *l);

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
    void *own; /* of the row */
};
extern const struct jm_card_link_ops jm_card_link_memory;

#endif
