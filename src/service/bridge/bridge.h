/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file bridge.h  Room: service/bridge. A reader elsewhere: commands of a wallet that has none are
 * carried to one that stands beside it, and the answers back.
 *
 * Nothing is judged here, and nothing kept: one batch is on its way at a time, its answers take its
 * place, and all of it is in memory. What passes is ciphertext but for SELECT, EF.CardAccess and
 * the steps of PACE. A process that ends takes its bridges with it: the card is tapped again. Who
 * may call is who has the side's secret.
 *
 * Spec: spec/iccard.md 3.4   Req: D-220
 */
#ifndef JUMIN_SERVICE_BRIDGE_H
#define JUMIN_SERVICE_BRIDGE_H

#include <stdatomic.h>

#include "service/env.h"

#define JM_BRIDGE_CODE_TTL_S 120           /* from the code's making to its scan */
#define JM_BRIDGE_PAIR_TTL_S 300           /* from there to the end: a PIN may be typed twice */
#define JM_BRIDGE_BATCH_S 30               /* for a batch; a chip that holds back takes 16 s */
#define JM_BRIDGE_WAIT_MS 25000            /* for which an answer is held back */
#define JM_BRIDGE_BATCH_MAX 16             /* commands at once */
#define JM_BRIDGE_OCTETS_MAX (16 * JM_KIB) /* of a batch, and of its answers */
#define JM_BRIDGES_MAX 128                 /* in all */
#define JM_BRIDGES_EACH_MAX 16             /* of one address: readers side by side */
#define JM_BRIDGE_SECRET_LEN 43            /* base64url of 256 bits */
#define JM_BRIDGE_CODE_LEN 22              /* base64url of 128 bits */

enum jm_bridge_side { JM_BRIDGE_READER, JM_BRIDGE_WALLET, JM_BRIDGE_SIDES };

/** ASKED: the reader has it to do; ANSWERED, REMOVED: the wallet has it to hear; NONE: no batch
 * yet, or one that took too long. */
enum jm_bridge_batch { JM_BATCH_NONE, JM_BATCH_ASKED, JM_BATCH_ANSWERED, JM_BATCH_REMOVED };

struct jm_bridge {
    struct jm_id id;                               /* zero: free */
    uint8_t code[32], secret[JM_BRIDGE_SIDES][32]; /* hashes */
    uint8_t asked[32];                             /* hash of the batch, to know it again */
    char client[48];                               /* address of the reader's side */
    char sign[3];                                  /* two digits, seen on both screens */
    bool is_joined, is_over, resets;
    int64_t expires, asked_at;
    int64_t seq; /* of the newest batch, from 1 */
    enum jm_bridge_batch batch;
    const char *reason; /* of is_over: the name of a code; empty: all is well */
    size_t n, len[JM_BRIDGE_BATCH_MAX];
    uint8_t octets[JM_BRIDGE_OCTETS_MAX];
};
/** The role's, one for its whole life; all zero but for the lock: jm_bridges_init(). */
struct jm_bridges {
    atomic_flag busy;
    struct jm_bridge all[JM_BRIDGES_MAX];
};
void jm_bridges_init(struct jm_bridges *b);

/** One call. */
struct jm_bridge_call {
    struct jm_bridges *all;
    const struct jm_env *env;
    struct jm_bytes id, secret; /* as they came */
    struct jm_arena *mem;
    struct jm_diag *d;
};

struct jm_bridge_opened {
    struct jm_bytes bridge, secret, code;
};
/** @p client: its address. @retval JM_E_RATE JM_CARD_BRIDGE_MANY of this address, or of all */
JM_MUST_CHECK enum jm_status jm_bridge_open(const struct jm_bridge_call *c,
                                            struct jm_bridge_opened *out, struct jm_bytes client);
struct jm_bridge_joined {
    struct jm_bytes bridge, secret, sign;
};
/** By the code alone, once. @retval JM_E_ABSENT JM_CARD_BRIDGE_OVER no such code, or too late |
 * JM_E_CONFLICT JM_CARD_BRIDGE_TAKEN it was scanned before */
JM_MUST_CHECK enum jm_status jm_bridge_join(const struct jm_bridge_call *c,
                                            struct jm_bridge_joined *out, struct jm_bytes code);

/* From here on also: JM_E_ABSENT JM_CARD_BRIDGE_OVER | JM_E_DENIED JM_CARD_BRIDGE_SECRET: not the
 * side's. */

struct jm_bridge_octets {
    int64_t seq;
    bool resets; /* the chip loses its power first: channel and rights are gone */
    const struct jm_bytes *part;
    size_t n;
};
/** What the reader has to do. */
struct jm_bridge_work {
    struct jm_bridge_octets batch; /* n 0: nothing yet */
    struct jm_bytes sign;          /* once somebody has joined */
    bool is_over;                  /* with the wallet's reason: the name of a code, or empty */
    struct jm_bytes reason;
    bool waits; /* nothing has happened: @p out of the call says what stands */
};
/** @p is_new: it does not know yet that somebody has joined, and is told at once; else a batch, or
 * the end, is waited for. */
JM_MUST_CHECK enum jm_status jm_bridge_next(const struct jm_bridge_call *c,
                                            struct jm_bridge_work *out, bool is_new);
/** Its answers. n 0: the card was taken away. @retval JM_E_CONFLICT JM_CARD_BRIDGE_SEQ no such
 * batch waits | JM_E_LIMIT JM_CARD_BRIDGE_SIZE | JM_E_MALFORMED JM_API_FIELD_FORM not one for each
 */
JM_MUST_CHECK enum jm_status jm_bridge_answer(const struct jm_bridge_call *c,
                                              const struct jm_bridge_octets *in);

/** What the wallet hears. */
struct jm_bridge_heard {
    struct jm_bridge_octets batch;
    bool removed, waits;
    bool is_new; /* the reader does not know of it yet */
};
/** The next batch, or the newest again: who asks twice hears the same answer. @retval JM_E_CONFLICT
 * JM_CARD_BRIDGE_SEQ another number, or other commands under the same | JM_E_LIMIT
 * JM_CARD_BRIDGE_SIZE | JM_E_UNAVAILABLE JM_CARD_TIMEOUT the reader did not answer */
JM_MUST_CHECK enum jm_status jm_bridge_ask(const struct jm_bridge_call *c,
                                           struct jm_bridge_heard *out,
                                           const struct jm_bridge_octets *in);
/** By either side, which is told in @p by. @p reason, of the wallet's: the name of a code (else it
 * is none), or empty; kept until the reader has heard it. */
JM_MUST_CHECK enum jm_status jm_bridge_end(const struct jm_bridge_call *c, enum jm_bridge_side *by,
                                           struct jm_bytes reason);

/** The bell that a side waits at; never 0. */
uint64_t jm_bridge_bell(const struct jm_bridge_call *c, enum jm_bridge_side side);

#endif
