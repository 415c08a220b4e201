/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file ledger_keys.h  Room: cmd. Keys of people and robots who sign for an actor of the ledger:
 * key files, those of --ledger-key, else those in operator/ledger of the home.
 */
#ifndef JUMIN_CMD_LEDGER_KEYS_H
#define JUMIN_CMD_LEDGER_KEYS_H

#include "cmd/cli/home.h"
#include "host/openssl/openssl.h"
#include "jumin/ledger.h"

#define JM_LEDGER_KEYS_MAX 32

struct jm_ledger_key {
    struct jm_key *key;
    struct jm_point point;
    uint8_t kid[JM_KID_LEN];
};
struct jm_ledger_keys {
    struct jm_ledger_key key[JM_LEDGER_KEYS_MAX];
    size_t n;
};

#define JM_LEDGER_KEY_OPTION JM_MANY("ledger-key", "KEYFILE")

/** @retval JM_OK | JM_E_DENIED JM_LEDGER_KEYS there is none | as jm_keyfile_read */
JM_MUST_CHECK enum jm_status jm_ledger_keys_open(struct jm_ledger_keys *out,
                                                 const struct jm_home *home, struct jm_diag *d);
void jm_ledger_keys_close(struct jm_ledger_keys *k);
/** A transaction signed by all that @p wanted wants. @retval JM_OK | JM_E_DENIED JM_LEDGER_KEYS
 * nobody | JM_E_NO_SPACE */
JM_MUST_CHECK enum jm_status jm_ledger_sign(struct jm_bytes *tx, struct jm_bytes payload,
                                            const struct jm_hash32 *genesis,
                                            const struct jm_ledger_keys *k,
                                            bool (*wanted)(const void *ctx, const uint8_t *kid),
                                            const void *ctx, struct jm_arena *mem,
                                            struct jm_diag *d);

#endif
