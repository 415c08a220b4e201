/* SPDX-License-Identifier: Apache-2.0 */
/* A software chip in this process. What a real chip keeps without power lies in a file. */
#include <string.h>
#include <time.h>

#include "host/card/card.h"

struct software {
    struct jm_chip chip;
    const struct jm_card_tools *tools;
    const char *file;
    void *room; /* for one writing of the file */
    int lock;
};

#define ROOM (JM_CHIP_IMAGE_MAX + 4 * JM_KIB)

/* Durable before the chip compares anything: a try that was pulled away counts. */
static enum jm_status keep_image(void *ctx, const void *what)
{
    struct software *s = ctx;
    struct jm_arena mem;
    struct jm_bytes octets;
    enum jm_status st;

    jm_arena_init(&mem, s->room, ROOM);
    st = jm_chip_write(&octets, what, &mem);
    if (st == JM_OK)
        st = s->tools->write(s->file, octets, 0600);
    jm_arena_reset(&mem);
    return st;
}

static enum jm_status read_chip(struct jm_chip_image *image, const struct jm_card_link *l,
                                struct jm_diag *d)
{
    const struct software *s = l->own;
    struct jm_bytes octets;

    if (s->tools->read(&octets, s->file, JM_CHIP_IMAGE_MAX, l->mem) != JM_OK)
        return jm_refuse(d, JM_E_UNAVAILABLE, JM_CARD_NO_READER, s->file);
    return jm_chip_read(image, octets) == JM_OK
               ? JM_OK
               : jm_refuse(d, JM_E_MALFORMED, JM_CARD_NOT_RESIDENT, s->file);
}

/* Two at once would each count on from what it read, and the second give back what the first took.
 */
static enum jm_status hold_file(const struct jm_card_link *l, struct jm_diag *d)
{
    struct software *s = l->own;
    struct jm_bytes lock;
    enum jm_status st;

    JM_TRY(
        jm_concat(&lock, l->mem, (const struct jm_bytes[]){jm_str(s->file), JM_BYTES(".lock")}, 2));
    st = s->tools->lock(&s->lock, (const char *)lock.ptr);
    return st == JM_OK ? JM_OK
                       : jm_refuse(d, JM_E_UNAVAILABLE,
                                   st == JM_E_CONFLICT ? JM_CARD_BUSY : JM_CARD_NO_READER, s->file);
}

static enum jm_status open_file(struct jm_card_link *l, const char *file, struct jm_diag *d)
{
    struct software *s = JM_NEW(l->mem, struct software);
    struct jm_answers by = {.random = l->tools->random, .keep = keep_image, .ctx = s};
    struct jm_chip_image image = {.pin_tries = 0};
    enum jm_status st;

    if (s == NULL || (s->room = jm_alloc(l->mem, ROOM, 1)) == NULL)
        return JM_E_NO_SPACE;
    s->file = file;
    s->tools = l->tools;
    s->lock = -1;
    l->own = s;
    st = read_chip(&image, l, d); /* before the lock: nothing is written beside what is no chip */
    if (st == JM_OK)
        st = hold_file(l, d);
    if (st == JM_OK)
        st = read_chip(&image, l, d);
    if (st == JM_OK)
        st = jm_chip_init(&s->chip, &image, l->tools->crypto, &by);
    jm_wipe(&image, sizeof image);
    return st;
}

static enum jm_status reset_chip(struct jm_card_link *l)
{
    jm_chip_reset(&((struct software *)l->own)->chip);
    return JM_OK;
}

static enum jm_status ask_chip(struct jm_card_link *l, struct jm_bytes capdu, struct jm_buf *rapdu)
{
    struct software *s = l->own;
    uint32_t wait_ms = 0;

    JM_TRY(jm_chip_command(&s->chip, capdu, rapdu, &wait_ms));
    if (wait_ms > 0) {
        const struct timespec t = {(time_t)(wait_ms / 1000), (long)(wait_ms % 1000) * 1000000};

        (void)nanosleep(&t, NULL);
    }
    return JM_OK;
}

static void close_file(struct jm_card_link *l)
{
    struct software *s = l->own;

    if (s == NULL)
        return;
    jm_chip_end(&s->chip); /* each writing has wiped its room */
    s->tools->unlock(&s->lock);
}

const struct jm_card_link_ops jm_card_link_memory = {"memory", open_file, reset_chip, ask_chip,
                                                     close_file};
