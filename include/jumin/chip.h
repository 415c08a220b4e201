/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file chip.h  Room: proto. The applet of an IC resident card in software: file system, rights,
 * retry counters, commands; and its personalisation.
 *
 * It keeps secrets in plain in its image: what a real chip's hardware protects, here the host does
 * (a file of mode 0600). One command at a time; a reset is jm_chip_reset().
 *
 * Spec: spec/iccard.md 1, 2   Req: D-220, D-221
 */
#ifndef JUMIN_CHIP_H
#define JUMIN_CHIP_H

#include "jumin/card.h"

#define JM_CHIP_PIN_TRIES 3
#define JM_CHIP_PUK_TRIES 10
#define JM_CHIP_CAN_FREE 3   /* wrong ones in a row before the chip waits */
#define JM_CHIP_WAIT_MS 1000 /* then, doubling */
#define JM_CHIP_WAIT_MAX_MS 16000
#define JM_CHIP_IMAGE_MAX (192 * JM_KIB)

/** What lasts without power. */
struct jm_chip_image {
    struct jm_bytes file[JM_EF_N]; /* whole EFs; borrowed */
    struct jm_secret32 key;        /* of chip authentication */
    uint8_t pin[JM_CARD_PIN_LEN], can[JM_CARD_PIN_LEN], puk[JM_CARD_PUK_LEN]; /* digits */
    uint8_t pin_tries, puk_tries;
    uint8_t can_wrong; /* in a row, at most 255 */
};

/** CBOR; lives in @p mem. @retval JM_OK | JM_E_NO_SPACE | JM_E_RANGE what a chip cannot hold */
JM_MUST_CHECK enum jm_status jm_chip_write(struct jm_bytes *out, const struct jm_chip_image *image,
                                           struct jm_arena *mem);
/** Views into @p octets; the caller wipes @p out. @retval JM_OK | JM_E_MALFORMED and kin |
 * JM_E_RANGE a counter or a password that cannot be | JM_E_LIMIT */
JM_MUST_CHECK enum jm_status jm_chip_read(struct jm_chip_image *out, struct jm_bytes octets);

/** In the caller's memory. */
struct jm_chip {
    struct jm_chip_image image;
    const struct jm_crypto *crypto;
    struct jm_answers by; /* random; keep: what is a const struct jm_chip_image */
    bool selected;
    bool has_file;
    enum jm_card_ef file;
    struct jm_card_sm sm;           /* open: there is a channel */
    enum jm_card_password password; /* of the channel */
    bool ca_set, ca_done;
    enum jm_card_password set; /* MSE:Set AT was for this one; none: not set */
    bool running;              /* PACE */
    struct jm_pace pace;
    struct jm_card_sm next; /* starts with the next command */
    enum jm_card_password next_password;
    bool has_next;
};

/** @p by: random and keep, and their ctx. The image is copied, its files are borrowed. @retval
 * JM_OK | JM_E_UNSUPPORTED a port without what PACE needs */
JM_MUST_CHECK enum jm_status jm_chip_init(struct jm_chip *c, const struct jm_chip_image *image,
                                          const struct jm_crypto *crypto,
                                          const struct jm_answers *by);
/** Power: channel, rights and selection are gone. */
void jm_chip_reset(struct jm_chip *c);
/** Wipes everything. */
void jm_chip_end(struct jm_chip *c);
/**
 * One command. A try is counted in lasting memory (keep) before the password is compared: where
 * that fails, nothing is compared.
 *
 * @param[out] rapdu    appended: data and status word; room for JM_CARD_RAPDU_MAX
 * @param[out] wait_ms  how long the host holds the answer back, before anything else is asked:
 *                      after wrong CANs, across resets; else 0
 * @retval JM_OK whatever the chip says | JM_E_NO_SPACE @p rapdu is too small, nothing was done
 */
JM_MUST_CHECK enum jm_status jm_chip_command(struct jm_chip *c, struct jm_bytes capdu,
                                             struct jm_buf *rapdu, uint32_t *wait_ms);

/* -- personalisation -- */

struct jm_chip_spec {
    struct jm_card_dg1 dg1;
    struct jm_bytes portrait;                  /* JPEG */
    struct jm_bytes name, birth_date, address; /* text; birth_date: YYYY-MM-DD */
    struct jm_bytes pin, can, puk;             /* digits */
    struct jm_secret32 key;                    /* of chip authentication, fresh; copied */
    int64_t signed_at, until;                  /* s UTC */
    const struct jm_bytes *x5chain;            /* of the card signer, leaf first */
    size_t n_x5chain;
    struct jm_bytes signer; /* handle of its key, for SIGN */
};
/** The files alone, for a chip that has made its own @p key and keeps its passwords: of @p spec
 * dg1, portrait, texts, times and signer. @retval as jm_card_make() */
JM_MUST_CHECK enum jm_status jm_card_files(struct jm_bytes file[JM_EF_N],
                                           const struct jm_point *key,
                                           const struct jm_chip_spec *spec,
                                           const struct jm_crypto *c,
                                           const struct jm_answers *answers, struct jm_arena *mem);
/** Everything that a new chip holds; files live in @p mem. @retval JM_OK | JM_E_RANGE a member that
 * is none | JM_E_LIMIT a file too long | JM_E_NO_SPACE | what SIGN answered */
JM_MUST_CHECK enum jm_status jm_card_make(struct jm_chip_image *out,
                                          const struct jm_chip_spec *spec,
                                          const struct jm_crypto *c,
                                          const struct jm_answers *answers, struct jm_arena *mem);

#endif
