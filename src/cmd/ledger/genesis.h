/* SPDX-License-Identifier: Apache-2.0 */
/** @file genesis.h  Room: cmd. The first block of a ledger, as `init` writes it. */
#ifndef JUMIN_CMD_LEDGER_GENESIS_H
#define JUMIN_CMD_LEDGER_GENESIS_H

#include "jumin/ledger.h"

#define JM_ACTOR_PEOPLE_MAX 4

struct jm_genesis_actor {
    struct jm_bytes id, name; /* name: in English */
    const enum jm_actor_role *role;
    size_t n_roles;
    struct jm_point person[JM_ACTOR_PEOPLE_MAX];
    size_t n_people;
    uint64_t threshold;
};

struct jm_genesis_spec {
    struct jm_bytes chain_id, origin, policy;
    int64_t now, keys_until;
    const struct jm_genesis_actor *actor;
    size_t n;
};

/** @retval JM_OK | JM_E_NO_SPACE */
JM_MUST_CHECK enum jm_status jm_genesis_write(struct jm_bytes *out, const struct jm_genesis_spec *s,
                                              struct jm_arena *mem);

#endif
