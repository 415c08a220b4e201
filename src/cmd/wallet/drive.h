/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file drive.h  Room: cmd. The driver of the core's engines for threads: keys in a table,
 * randomness, verification, fetching.
 *
 * It stands in cmd because it joins three host rooms (openssl, random, fetch), which do not know
 * each other.
 */
#ifndef JUMIN_CMD_DRIVE_H
#define JUMIN_CMD_DRIVE_H

#include "cmd/cli/home.h"
#include "host/fetch/fetch.h"
#include "jumin/oid4vci.h"
#include "jumin/oid4vp.h"

#define JM_DRIVE_KEYS_MAX 64

struct jm_drive {
    struct jm_fetch_rules fetch;
    struct jm_key *key[JM_DRIVE_KEYS_MAX];
    uint8_t handle[JM_DRIVE_KEYS_MAX]; /* a handle is a view of one octet: the index */
    size_t n;
    /* after each answer to jm_drive_vci(): a place to keep what has come; null: none */
    enum jm_status (*between)(void *ctx);
    void *ctx;
};

void jm_drive_init(struct jm_drive *d, bool loopback);
void jm_drive_end(struct jm_drive *d);
/** A fresh key, or the one of a scalar. Handle and point in @p out. */
JM_MUST_CHECK enum jm_status jm_drive_new_key(struct jm_drive *d, struct jm_vci_key *out,
                                              struct jm_secret32 *scalar);
JM_MUST_CHECK enum jm_status jm_drive_add_key(struct jm_drive *d, struct jm_vci_key *out,
                                              const struct jm_secret32 *scalar);
/** Answers until the engine asks no more. @retval of the engine's last step; @p now of the home's
 * clock */
JM_MUST_CHECK enum jm_status jm_drive_vci(struct jm_drive *d, struct jm_vci *e,
                                          const struct jm_home *home);
JM_MUST_CHECK enum jm_status jm_drive_vp(struct jm_drive *d, struct jm_vp *e,
                                         const struct jm_home *home);

#endif
