/* SPDX-License-Identifier: Apache-2.0 */
/** @file hashes.h  Room: host/ledger. All nodes of a tree that only grows, in memory. */
#ifndef JUMIN_HOST_LEDGER_HASHES_H
#define JUMIN_HOST_LEDGER_HASHES_H

#include "jumin/merkle.h"

struct jm_hash_level {
    struct jm_hash32 *hash;
    size_t n, cap;
};
struct jm_hashes {
    struct jm_hash_level level[JM_LOG_LEVEL_MAX + 1];
    const struct jm_crypto *crypto;
};

JM_MUST_CHECK enum jm_status jm_hashes_push(struct jm_hashes *h, const struct jm_hash32 *leaf);
struct jm_nodes jm_hashes_nodes(struct jm_hashes *h);
/** No leaf any more; the room stays. */
void jm_hashes_clear(struct jm_hashes *h);
void jm_hashes_free(struct jm_hashes *h);

#endif
