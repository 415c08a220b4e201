/* SPDX-License-Identifier: Apache-2.0 */
/** @file parts.h  Room: host/store, private. */
#ifndef JUMIN_HOST_STORE_PARTS_H
#define JUMIN_HOST_STORE_PARTS_H

#include "host/store/store.h"

struct jm_tx {
    struct jm_db *db;
    const struct jm_store *store;
    const struct jm_env *env;
    int64_t now_s;
};

/** Tells the log why, when @p st is our defect or the machine's; gives @p st back. */
enum jm_status jm_store_tell(const struct jm_store *s, struct jm_db *db, enum jm_status st);

#endif
