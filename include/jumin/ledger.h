/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file ledger.h  Room: ledger. The state machine: signed transactions in blocks go in; result
 * codes, log entries, a state and its hash come out, the same octets on every engine.
 *
 * ltx: a transaction of the ledger, beside the store's jm_tx.
 *
 * It reads no clock, draws nothing, parses no certificate. A block is worked out on an overlay of
 * the committed state (jm_block_begin, jm_block_apply, jm_block_end); jm_block_commit() makes it
 * current, dropping it takes nothing. Overlays may live beside each other; a commit ends all
 * others. Not checked here: what stands inside a certificate, whether an address answers, whether a
 * height is the right one for its engine.
 *
 * Spec: spec/ledger.md 2-5
 */
#ifndef JUMIN_LEDGER_H
#define JUMIN_LEDGER_H

#include "jumin/ask.h"
#include "jumin/merkle.h"

#define JM_LTX_MAX 16384 /* octets of a transaction, whatever the parameters say */
#define JM_LTX_SIGNERS_MAX 16
#define JM_LTX_ITEMS_MAX 1024 /* of an array or map in a transaction */
#define JM_BLOCK_TXS_MAX 1024
#define JM_KID_LEN 16 /* the first octets of the hash of a SEC1 point */
#define JM_LEDGER_ENTRY_MAX 65535
#define JM_LEDGER_ID_MAX 63
#define JM_LEDGER_UINT_MAX ((UINT64_C(1) << 53) - 1)
#define JM_LEDGER_VERSION 1 /* of these rules */

/** Results: they are part of what all engines must agree on, like the order of the checks. */
enum jm_ltx_code {
    JM_LTX_OK = 0,
    JM_LTX_SIZE,
    JM_LTX_CBOR,
    JM_LTX_VERSION,
    JM_LTX_CHAIN,
    JM_LTX_TYPE,
    JM_LTX_ACTOR,
    JM_LTX_EXPIRED,
    JM_LTX_FAR,
    JM_LTX_SEQ,
    JM_LTX_SIGSET,
    JM_LTX_KEY,
    JM_LTX_SIG,
    JM_LTX_AUTH,
    JM_LTX_BODY,
    JM_LTX_REV,
    JM_LTX_STATE,
    JM_LTX_REF,
    JM_LTX_UNIQUE,
    JM_LTX_LIMIT,
    JM_LTX_PRIVACY,
    JM_LTX_NODESET,
    JM_LTX_EPOCH,
    JM_LTX_CODES
};

/** "OK", "SIZE" …; a static string. */
const char *jm_ltx_code_name(enum jm_ltx_code code);

enum jm_ltx_type {
    JM_LTX_GOV_PARAMS = 1,
    JM_LTX_ACTOR_PUT,
    JM_LTX_ACTOR_STATE,
    JM_LTX_ACTOR_ROTATE,
    JM_LTX_NODE_PUT = 6,
    JM_LTX_NODE_STATE,
    JM_LTX_POLICY_PUT,
    JM_LTX_ISSUER_PUT = 16,
    JM_LTX_ISSUER_STATE,
    JM_LTX_CERT_PUT,
    JM_LTX_CERT_STATE,
    JM_LTX_SCHEMA_PUT,
    JM_LTX_SCHEMA_STATE,
    JM_LTX_RPCERT_PUT,
    JM_LTX_RPCERT_STATE,
    JM_LTX_RP_PUT,
    JM_LTX_RP_STATE,
    JM_LTX_USE_PUT,
    JM_LTX_USE_STATE,
    JM_LTX_WALLET_PUT,
    JM_LTX_WALLET_STATE,
    JM_LTX_FLAG_PUT,
    JM_LTX_FLAG_STATE,
    JM_LTX_CRL_PUT,
    JM_LTX_DID_LOG = 34,
    JM_LTX_CIRCUIT_PUT = 36,
    JM_LTX_CIRCUIT_STATE,
    JM_LTX_LIST_PUT = 48,
    JM_LTX_LIST_STATE,
    JM_LTX_STATUS_EPOCH
};

enum jm_actor_role {
    JM_ACTOR_GOVERNANCE = 1,
    JM_ACTOR_REGISTRAR,
    JM_ACTOR_RP_REGISTRAR,
    JM_ACTOR_SUPERVISOR,
    JM_ACTOR_ISSUER,
    JM_ACTOR_PUBLISHER,
    JM_ACTOR_OPERATOR,
    JM_ACTOR_ROLES
};

/* -- a transaction -- */

/** A transaction as read. Views point into what was read. */
struct jm_ltx {
    struct jm_bytes octets, payload, signatures; /* whole; the payload; array of signatures, CBOR */
    struct jm_bytes chain_id, actor, body, decision;
    uint64_t version, type, lane, seq, not_after;
};
/** Envelope and payload; not the body, not the signatures.
 * @retval JM_OK | JM_E_MALFORMED | JM_E_LIMIT longer than JM_LTX_MAX */
JM_MUST_CHECK enum jm_status jm_ltx_read(struct jm_ltx *out, struct jm_bytes octets);
/** H("jumin/txid/1" ‖ 00 ‖ genesis hash ‖ payload). */
JM_MUST_CHECK enum jm_status jm_ltx_id(struct jm_hash32 *out, const struct jm_crypto *c,
                                       const struct jm_hash32 *genesis, struct jm_bytes payload);
/** First octets of the hash of a SEC1 point of 65 octets. */
JM_MUST_CHECK enum jm_status jm_ltx_kid(uint8_t kid[JM_KID_LEN], const struct jm_crypto *c,
                                        struct jm_bytes point);
/** Payload of a transaction. @p x: version 1 is written; decision: 32 octets, or empty.
 * @retval JM_OK | JM_E_NO_SPACE | JM_E_MALFORMED the body is no deterministic map */
JM_MUST_CHECK enum jm_status jm_ltx_payload(struct jm_bytes *out, const struct jm_ltx *x,
                                            struct jm_arena *mem);
/** What a signer signs with ES256. */
JM_MUST_CHECK enum jm_status jm_ltx_to_sign(struct jm_bytes *out, const uint8_t kid[JM_KID_LEN],
                                            const struct jm_hash32 *genesis,
                                            struct jm_bytes payload, struct jm_arena *mem);
struct jm_ltx_signature {
    uint8_t kid[JM_KID_LEN];
    struct jm_sig sig;
};
/** The signatures of a transaction that was read; their number in @p n, at most
 * JM_LTX_SIGNERS_MAX. @retval JM_OK | JM_E_MALFORMED | JM_E_NO_SPACE */
JM_MUST_CHECK enum jm_status jm_ltx_signatures(struct jm_ltx_signature *out, size_t *n,
                                               const struct jm_ltx *x);
/** Envelope with @p n signatures, which are put in order; none: a draft.
 * @retval JM_OK | JM_E_NO_SPACE | JM_E_DUPLICATE two of one key */
JM_MUST_CHECK enum jm_status jm_ltx_seal(struct jm_bytes *out, struct jm_bytes payload,
                                         struct jm_ltx_signature *sig, size_t n,
                                         struct jm_arena *mem);

/* -- state -- */

/** A map ordered by key; leaf: hash of [key, H(value)] where the map is hashed. */
struct jm_state_row {
    struct jm_bytes key, value;
    struct jm_hash32 leaf;
};
struct jm_state_map {
    struct jm_state_row *row;
    size_t n, cap;
};

struct jm_ledger_params {
    struct jm_bytes origin;
    uint64_t max_tx, max_block_txs, window, epoch_skew;
};

/** What a state machine asks of its host: pure functions. */
struct jm_ledger_port {
    const struct jm_crypto *crypto;
    /* ES256 with a SEC1 point; null: signatures were checked before, when this was first applied */
    enum jm_status (*verify)(void *ctx, enum jm_alg alg, struct jm_bytes key, struct jm_bytes data,
                             struct jm_bytes sig);
    void *ctx;
};

/** The committed state. Read its members; change it by the functions alone. */
struct jm_ledger {
    struct jm_ledger_port port;
    struct jm_arena *mem; /* grows with what is written; jm_ledger_copy() leaves behind what is not
                             needed any more */
    struct jm_bytes chain_id;
    struct jm_hash32 genesis; /* hash of its octets */
    struct jm_ledger_params params;
    struct jm_state_map state;
    struct jm_state_map keys; /* kid → actor; not part of the state's hash */
    struct jm_range log;
    uint64_t height, time;
    uint64_t trust_len;
    struct jm_hash32 trust_hash, state_root, log_root, app_hash;
};

/** One accepted transaction's or block's entry, as it stands in the log. */
struct jm_block_entry {
    struct jm_bytes octets;
    struct jm_hash32 leaf;
};
struct jm_validator_update {
    uint64_t key_type, power; /* power 0: removed */
    struct jm_bytes key;
};

/** A block being worked out over @p base. */
struct jm_block {
    const struct jm_ledger *base;
    struct jm_arena *mem;
    uint64_t height, time;
    struct jm_state_map state, keys; /* what changes; a null value takes a key away */
    struct jm_ledger_params params;  /* as they become; checks use those of the base */
    struct jm_bytes genesis;
    struct jm_range log;
    struct jm_block_entry *entry;
    size_t n_entries, n_accepted, cap;
    struct jm_validator_update update;
    bool has_update;
    bool unbounded; /* limits of a block do not count: CheckTx */
    bool trust_changed;
    uint64_t state_size, trust_len;
    struct jm_hash32 trust_hash, state_root, log_root, app_hash;
};

/**
 * An empty ledger, and its first block: the genesis as a block of height initial_height - 1 whose
 * two entries jm_block_end() gives. @p l lives in @p mem.
 *
 * @param genesis  borrowed until the commit
 * @retval JM_OK | JM_E_MALFORMED not what a genesis may be | JM_E_NO_SPACE
 */
JM_MUST_CHECK enum jm_status jm_ledger_genesis(struct jm_ledger *l, struct jm_block *b,
                                               struct jm_bytes genesis,
                                               const struct jm_ledger_port *port,
                                               struct jm_arena *mem, struct jm_arena *block_mem);
/** @retval JM_OK | JM_E_RANGE the height does not rise, or the time falls | JM_E_NO_SPACE */
JM_MUST_CHECK enum jm_status jm_block_begin(struct jm_block *b, const struct jm_ledger *l,
                                            uint64_t height, uint64_t time, struct jm_arena *mem);
/** One transaction; a refused one changes nothing. @p tx is borrowed until the commit.
 * @retval JM_OK @p code says | JM_E_NO_SPACE | JM_E_UNAVAILABLE the host could not verify: the
 * block is dead */
JM_MUST_CHECK enum jm_status jm_block_apply(enum jm_ltx_code *code, struct jm_block *b,
                                            struct jm_bytes tx);
/** Writes the block's entry and works out roots and app hash; where nothing was accepted they are
 * the base's, and there is no entry. */
JM_MUST_CHECK enum jm_status jm_block_end(struct jm_block *b);
/** After jm_block_end(). @retval JM_OK | JM_E_NO_SPACE @p l is as it was | JM_E_BUG of another base
 */
JM_MUST_CHECK enum jm_status jm_block_commit(struct jm_ledger *l, const struct jm_block *b);
/** The same ledger in @p mem, without what was overwritten. */
JM_MUST_CHECK enum jm_status jm_ledger_copy(struct jm_ledger *out, const struct jm_ledger *l,
                                            struct jm_arena *mem);

/** @retval JM_E_ABSENT there is none; where the key would stand in @p at, if given */
JM_MUST_CHECK enum jm_status jm_state_find(struct jm_bytes *value, size_t *at,
                                           const struct jm_state_map *m, struct jm_bytes key);
/** H("jumin/app/1" ‖ 00 ‖ u64 log size ‖ log root ‖ u64 state size ‖ state root). */
JM_MUST_CHECK enum jm_status jm_app_hash(struct jm_hash32 *out, const struct jm_crypto *c,
                                         uint64_t log_size, const struct jm_hash32 *log_root,
                                         uint64_t state_size, const struct jm_hash32 *state_root);
/** The trust set of a state: [[key, record]…]. */
JM_MUST_CHECK enum jm_status jm_ledger_trust_set(struct jm_bytes *out, const struct jm_ledger *l,
                                                 struct jm_arena *mem);

/** One entry of the log, read. */
struct jm_log_entry {
    uint64_t kind; /* 0 genesis, 1 transaction, 2 block */
    uint64_t height, n;
    struct jm_bytes chain_id, octets; /* octets: genesis or transaction */
    uint64_t time, accepted, state_size, trust_len;
    struct jm_hash32 state_root, trust_hash;
};
/** @retval JM_OK | JM_E_MALFORMED */
JM_MUST_CHECK enum jm_status jm_log_entry_read(struct jm_log_entry *out, struct jm_bytes octets);

#endif
