/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file comet.h  Room: host/comet. Homes of CometBFT for the validators of one ledger: made by its
 * own program, then written so that all of them are one chain.
 *
 * Keys are CometBFT's: drawn by it, read here only for their public halves. Every option that is
 * set must be in its config.toml already: another version that calls it otherwise is refused, not
 * passed over.
 *
 * Spec: spec/ledger.md 10
 */
#ifndef JUMIN_HOST_COMET_COMET_H
#define JUMIN_HOST_COMET_COMET_H

#include "jumin/arena.h"

#define JM_COMET_KEY_LEN 32     /* Ed25519 */
#define JM_COMET_ID_LEN 40      /* of a node: hexadecimal digits */
#define JM_COMET_NODES_MAX 32   /* of one net */
#define JM_COMET_PORT_STEP 10   /* from one node's ports to the next one's */
#define JM_COMET_P2P_PORT 26656 /* of node 0; its RPC has the next */

struct jm_comet_node {
    uint8_t key[JM_COMET_KEY_LEN]; /* it votes with */
    char id[JM_COMET_ID_LEN + 1];  /* others know it by */
    uint64_t power;
};

/** What all homes of a net have in common. Nodes in their order; node i has the i th ports. */
struct jm_comet_net {
    const struct jm_comet_node *node;
    size_t n;
    uint16_t port;              /* JM_COMET_P2P_PORT, or another one of node 0 */
    const char *timeout_commit; /* "1s"; in tests shorter */
    const char *empty_interval; /* between blocks without transactions: at most "60s" */
    struct jm_bytes genesis;    /* of the ledger, octets */
    struct jm_bytes chain_id;   /* all three: as in the genesis */
    uint64_t time, initial_height;
};

/**
 * Has @p program (cometbft) make a home with keys and its own configuration.
 * @retval JM_E_CONFLICT @p home is there already | JM_E_UNAVAILABLE the program does not start, or
 * fails
 */
JM_MUST_CHECK enum jm_status jm_comet_make(const char *program, const char *home,
                                           struct jm_arena *mem);
/* Files of its config/, as octets; results live in @p mem. */

/** Who it is, by priv_validator_key.json and node_key.json; power 1. @retval JM_E_MALFORMED | as
 * jm_json_parse() */
JM_MUST_CHECK enum jm_status jm_comet_read(struct jm_comet_node *out, struct jm_bytes voter,
                                           struct jm_bytes node, struct jm_arena *mem);
/** genesis.json, the same for all. @p made: as CometBFT made it, for its consensus parameters.
 * @retval JM_E_MALFORMED it has none | as jm_json_parse() | JM_E_NO_SPACE */
JM_MUST_CHECK enum jm_status jm_comet_genesis(struct jm_bytes *out, const struct jm_comet_net *net,
                                              struct jm_bytes made, struct jm_arena *mem);
/**
 * config.toml of node @p i. @p made: as CometBFT made it.
 * @param socket  where its application listens, an absolute path
 * @retval JM_E_UNSUPPORTED it has not all options that are set, each once | JM_E_RANGE no such
 * node, or a text with quotation marks | JM_E_LIMIT an interval that is none | JM_E_NO_SPACE
 */
JM_MUST_CHECK enum jm_status jm_comet_config(struct jm_bytes *out, const struct jm_comet_net *net,
                                             size_t i, const char *socket, struct jm_bytes made,
                                             struct jm_arena *mem);

#endif
