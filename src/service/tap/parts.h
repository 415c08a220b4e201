/* SPDX-License-Identifier: Apache-2.0 */
/** @file parts.h  Room: service/tap, private: its rows (rows.c). */
#ifndef JUMIN_SERVICE_TAP_PARTS_H
#define JUMIN_SERVICE_TAP_PARTS_H

#include "service/tap/tap.h"

enum jm_tap_state {
    JM_TAP_CREATED = 1,
    JM_TAP_OPENED,
    JM_TAP_SPENT,
    JM_TAP_REFUSED,
    JM_TAP_ABANDONED
};

struct jm_tap {
    struct jm_id id;
    uint8_t pushed[32], instance[32], jkt[32], nonce[32]; /* pushed, nonce: hashes */
    struct jm_bytes client, keys, serial, session;        /* session: sealed */
    enum jm_tap_state stands;
    int64_t opens, at, expires;
};
JM_MUST_CHECK enum jm_status jm_tap_rows_add(struct jm_tx *tx, const struct jm_tap *t);
JM_MUST_CHECK enum jm_status jm_tap_rows_in(struct jm_tx *tx, const struct jm_id *id,
                                            struct jm_tap *out, struct jm_arena *mem);
/** Those of one request that live end. */
JM_MUST_CHECK enum jm_status jm_tap_rows_end_of(struct jm_tx *tx, const uint8_t pushed[32]);
/** Compare and set: from the state and nonce of @p t. @retval JM_E_CONFLICT it has moved on */
JM_MUST_CHECK enum jm_status jm_tap_rows_open(struct jm_tx *tx, const struct jm_tap *t,
                                              const uint8_t nonce[32], struct jm_bytes serial,
                                              struct jm_bytes session);
JM_MUST_CHECK enum jm_status jm_tap_rows_end(struct jm_tx *tx, const struct jm_tap *t,
                                             enum jm_tap_state to, const char *reason);
JM_MUST_CHECK enum jm_status jm_tap_rows_of_card(struct jm_tx *tx, struct jm_bytes serial,
                                                 int64_t since, int64_t *n);
JM_MUST_CHECK enum jm_status jm_tap_rows_of_instance(struct jm_tx *tx, const uint8_t instance[32],
                                                     int64_t since, int64_t *n);

enum jm_takeover_said { JM_TAKEOVER_OPEN, JM_TAKEOVER_YES, JM_TAKEOVER_NO };
struct jm_takeover {
    uint8_t instance[32];
    int64_t at;
    enum jm_takeover_said said;
};
/** D-223: how long must that phone wait, without a word? 0: it need not. */
JM_MUST_CHECK enum jm_status jm_takeover_judge_in(struct jm_tx *tx, const struct jm_issuer *is,
                                                  const struct jm_id *person,
                                                  const uint8_t instance[32], int64_t *wait_s,
                                                  struct jm_arena *mem);
/** It asked; the person is told. One that asked before goes on waiting. */
JM_MUST_CHECK enum jm_status jm_takeover_ask_in(struct jm_tx *tx, const struct jm_id *person,
                                                const uint8_t instance[32]);
JM_MUST_CHECK enum jm_status jm_takeover_rows_get(struct jm_tx *tx, const struct jm_id *person,
                                                  struct jm_takeover *out);
/** Now, in the place of one of before. */
JM_MUST_CHECK enum jm_status jm_takeover_rows_put(struct jm_tx *tx, const struct jm_id *person,
                                                  const uint8_t instance[32]);
JM_MUST_CHECK enum jm_status jm_takeover_rows_say(struct jm_tx *tx, const struct jm_id *person,
                                                  enum jm_takeover_said said);

struct jm_chip_row {
    struct jm_id id, person;
    struct jm_bytes serial, puk; /* puk: sealed */
    uint8_t key[65];
    bool pin; /* its holder's; else that of transport */
};
/** @retval JM_E_CONFLICT there is one of that serial */
JM_MUST_CHECK enum jm_status jm_chip_rows_add(struct jm_tx *tx, const struct jm_chip_row *c);
JM_MUST_CHECK enum jm_status jm_chip_rows_of(struct jm_tx *tx, struct jm_bytes serial,
                                             struct jm_chip_row *out, struct jm_arena *mem);
JM_MUST_CHECK enum jm_status jm_chip_rows_pin(struct jm_tx *tx, const struct jm_id *id);

#endif
