/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file platform.h  Room: cmd. What a holder's engine finds here when it asks: private keys in
 * memory, OpenSSL, the system's randomness, HTTP by libcurl.
 *
 * It stands in cmd because it joins three host rooms (openssl, random, fetch), which do not know
 * each other; the loop that asks it is jm_drive(). The only place outside host/openssl that knows a
 * scalar of a holder's key: whoever uses a key names its handle.
 */
#ifndef JUMIN_CMD_PLATFORM_H
#define JUMIN_CMD_PLATFORM_H

#include "cmd/cli/home.h"
#include "host/card/card.h"
#include "host/fetch/fetch.h"
#include "jumin/drive.h"
#include "jumin/wallet.h"

#define JM_PLATFORM_NEW_MAX 64 /* fresh keys beside those that were taken over */

struct jm_platform {
    struct jm_fetch_rules fetch;
    const struct jm_home *home; /* its clock */
    struct jm_arena *mem;       /* of the driver: for what comes by HTTP */
    struct jm_platform_key {
        struct jm_handle handle;
        struct jm_secret32 scalar;
    } *key;
    size_t n, cap;
    uint64_t last; /* number of the last handle given */
    /* the rest of what is asked; null: JM_E_UNAVAILABLE */
    enum jm_status (*holder)(void *ctx, const void *what, struct jm_bytes *out,
                             struct jm_arena *mem);
    enum jm_status (*keep)(void *ctx, const void *what);
    void *ctx;
    struct jm_card_link *card; /* of a tap; null: there is no reader */
};

/**
 * Takes over the keys that a container kept, and wipes them there.
 * @param mem  of the keys and of the driver: room for one answer by HTTP is taken from it
 * @retval JM_E_MALFORMED what was kept is no scalar | JM_E_NO_SPACE
 */
JM_MUST_CHECK enum jm_status jm_platform_init(struct jm_platform *p, const struct jm_home *home,
                                              const struct jm_wallet_keys *keys,
                                              struct jm_arena *mem);
/** All keys are wiped. */
void jm_platform_end(struct jm_platform *p);
/** @p point null: not wanted. @retval JM_E_LIMIT more than JM_PLATFORM_NEW_MAX are there */
JM_MUST_CHECK enum jm_status jm_platform_new_key(struct jm_platform *p, struct jm_handle *handle,
                                                 struct jm_point *point);
JM_MUST_CHECK enum jm_status jm_platform_point(struct jm_point *out, const struct jm_platform *p,
                                               const struct jm_handle *h);
/** What is to be kept of all keys: views into @p p, not longer good than its keys. */
JM_MUST_CHECK enum jm_status jm_platform_keys(struct jm_wallet_keys *out,
                                              const struct jm_platform *p, struct jm_arena *mem);
struct jm_driver jm_platform_driver(struct jm_platform *p);

#endif
