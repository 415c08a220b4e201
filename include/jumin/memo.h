/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file memo.h  Room: crypto. Signatures that were verified before, so that a chain is not verified
 * again with each document.
 *
 * What is kept is that a signature by a key over octets holds: that never changes. Validity,
 * revocation, anchors and purposes are judged anew each time, so nothing outlives a certificate or
 * a list. Bounded; the newest displaces one of four. Of one thread. Only what an engine marks
 * (struct jm_ask, keeps) goes in: certificates and revocation lists, never what a holder signs.
 */
#ifndef JUMIN_MEMO_H
#define JUMIN_MEMO_H

#include "jumin/crypto.h"

#define JM_MEMO_SETS 32
#define JM_MEMO_WAYS 4

/** All zero: empty. */
struct jm_memo {
    /* SHA-256(lengths ‖ key ‖ signature ‖ octets); zero: none */
    uint8_t held[JM_MEMO_SETS][JM_MEMO_WAYS][32];
    uint8_t next[JM_MEMO_SETS];
};

/** The name of a question, for the two below. @retval JM_OK | JM_E_LIMIT (a key or signature of
 * over 255 octets is not remembered) | what the port says */
JM_MUST_CHECK enum jm_status jm_memo_name(uint8_t name[32], const struct jm_crypto *c,
                                          struct jm_bytes key, struct jm_bytes data,
                                          struct jm_bytes sig);
bool jm_memo_has(const struct jm_memo *m, const uint8_t name[32]);
void jm_memo_keep(struct jm_memo *m, const uint8_t name[32]);

#endif
