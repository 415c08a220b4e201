/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file abci.h  Room: ledger. The messages of ABCI 2.0 between CometBFT and its application, as
 * they stand on the socket: a frame is a varint and so many octets, one Request or Response.
 *
 * One table of fields a message serves both directions: the application reads requests and writes
 * responses; who plays CometBFT does the reverse. Fields that nobody here reads are passed over;
 * what only its own reader understands (consensus parameters, votes, misbehaviour) is kept as the
 * octets of its message. A field that occurs twice is refused, except repeated ones; what a message
 * means is not judged here.
 *
 * Spec: spec/ledger.md 9; CometBFT 0.38 proto/tendermint/abci/types.proto
 */
#ifndef JUMIN_ABCI_H
#define JUMIN_ABCI_H

#include "jumin/arena.h"

#define JM_ABCI_FRAME_MAX (64 * JM_MIB) /* octets of a message, without its length */
/* transactions of one message that are kept; `n` counts them all */
#define JM_ABCI_TXS_MAX 4096
#define JM_ABCI_VALIDATORS_MAX 1024 /* more is JM_E_LIMIT */

/** In the order of the table of spec/ledger.md 9. */
enum jm_abci_kind {
    JM_ABCI_NONE = 0,
    JM_ABCI_EXCEPTION, /* a response only */
    JM_ABCI_ECHO,
    JM_ABCI_FLUSH,
    JM_ABCI_INFO,
    JM_ABCI_INIT_CHAIN,
    JM_ABCI_QUERY,
    JM_ABCI_CHECK_TX,
    JM_ABCI_COMMIT,
    JM_ABCI_LIST_SNAPSHOTS,
    JM_ABCI_OFFER_SNAPSHOT,
    JM_ABCI_LOAD_SNAPSHOT_CHUNK,
    JM_ABCI_APPLY_SNAPSHOT_CHUNK,
    JM_ABCI_PREPARE_PROPOSAL,
    JM_ABCI_PROCESS_PROPOSAL,
    JM_ABCI_EXTEND_VOTE,
    JM_ABCI_VERIFY_VOTE_EXTENSION,
    JM_ABCI_FINALIZE_BLOCK,
    JM_ABCI_KINDS
};

enum { JM_ABCI_CHECK_NEW = 0, JM_ABCI_CHECK_AGAIN = 1 }; /* check_tx.type */
enum { JM_ABCI_ACCEPT = 1, JM_ABCI_REJECT = 2 };         /* a proposal, a vote extension */
enum { JM_ABCI_SNAPSHOT_ABORT = 2, JM_ABCI_SNAPSHOT_REJECT = 3 };
enum { JM_ABCI_KEY_ED25519 = 1, JM_ABCI_KEY_MLDSA65 = 4 }; /* jm_abci_validator.key_type */

struct jm_abci_time {
    int64_t s;
    int64_t ns;
};

/** Views into the frame; @p at holds the first JM_ABCI_TXS_MAX of @p n. */
struct jm_abci_txs {
    const struct jm_bytes *at;
    size_t n;
};

struct jm_abci_validator {
    uint32_t key_type; /* member of the oneof of keys, 0: none */
    struct jm_bytes key;
    int64_t power; /* of an update 0: removed */
};

struct jm_abci_validators {
    const struct jm_abci_validator *at;
    size_t n;
};

/** Of one transaction: check_tx, finalize_block. Code, data and gas go into the hash of results. */
struct jm_abci_result {
    uint32_t code; /* 0: accepted */
    struct jm_bytes data, log, info;
    int64_t gas_wanted, gas_used;
    struct jm_bytes codespace;
};

struct jm_abci_results {
    const struct jm_abci_result *at;
    size_t n;
};

/* A view whose pointer is null is a message that is absent; with no octets, one without fields. */

struct jm_abci_request {
    enum jm_abci_kind kind;
    union {
        struct {
            struct jm_bytes message;
        } echo;
        struct {
            struct jm_bytes version;
            uint64_t block_version, p2p_version;
            struct jm_bytes abci_version;
        } info;
        struct {
            struct jm_abci_time time;
            struct jm_bytes chain_id;
            struct jm_bytes consensus_params; /* message */
            struct jm_abci_validators validators;
            struct jm_bytes app_state;
            int64_t initial_height;
        } init_chain;
        struct {
            struct jm_bytes data, path;
            int64_t height;
            uint64_t prove; /* bool */
        } query;
        struct {
            struct jm_bytes tx;
            int64_t type;
        } check_tx;
        struct {
            struct jm_bytes snapshot; /* message */
            struct jm_bytes app_hash;
        } offer_snapshot;
        struct {
            uint64_t height, format, chunk;
        } load_chunk;
        struct {
            uint64_t index;
            struct jm_bytes chunk, sender;
        } apply_chunk;
        /* prepare_proposal, process_proposal, finalize_block: one shape */
        struct {
            int64_t max_tx_bytes; /* prepare_proposal alone */
            struct jm_abci_txs txs;
            struct jm_bytes last_commit;    /* message */
            struct jm_abci_txs misbehavior; /* messages */
            struct jm_bytes hash;           /* not in prepare_proposal */
            int64_t height;
            struct jm_abci_time time;
            struct jm_bytes next_validators_hash, proposer;
        } block;
        struct {
            struct jm_bytes hash, address; /* address, extension: of a peer's alone */
            int64_t height;
            struct jm_bytes extension;
        } vote;
    } u;
};

struct jm_abci_response {
    enum jm_abci_kind kind;
    union {
        struct {
            struct jm_bytes error;
        } exception;
        struct {
            struct jm_bytes message;
        } echo;
        struct {
            struct jm_bytes data, version;
            uint64_t app_version;
            int64_t last_block_height;
            struct jm_bytes last_block_app_hash;
        } info;
        struct {
            struct jm_bytes consensus_params; /* message */
            struct jm_abci_validators validators;
            struct jm_bytes app_hash;
        } init_chain;
        struct {
            uint32_t code;
            struct jm_bytes log, info;
            int64_t index;
            struct jm_bytes key, value;
            int64_t height;
            struct jm_bytes codespace;
        } query;
        struct jm_abci_result check_tx;
        struct {
            int64_t retain_height;
        } commit;
        struct {
            int64_t result;        /* offer, apply: JM_ABCI_SNAPSHOT_… */
            struct jm_bytes chunk; /* load */
        } snapshot;
        struct jm_abci_txs txs; /* prepare_proposal */
        struct {
            int64_t status; /* JM_ABCI_ACCEPT or JM_ABCI_REJECT: 0 stops the node */
        } verdict;          /* process_proposal, verify_vote_extension */
        struct {
            struct jm_bytes extension;
        } vote; /* extend_vote */
        struct {
            struct jm_abci_results results;
            struct jm_abci_validators updates;
            struct jm_bytes param_updates; /* message */
            struct jm_bytes app_hash;
        } block; /* finalize_block */
    } u;
};

/**
 * The first frame of what a stream has brought so far.
 * @param[out] body  the message; a view into @p in
 * @param[out] used  octets of the frame with its length
 * @retval JM_E_TRUNCATED there is no whole frame yet | JM_E_LIMIT more than JM_ABCI_FRAME_MAX |
 * JM_E_MALFORMED its length is no varint: nothing of this stream can be read any more
 */
JM_MUST_CHECK enum jm_status jm_abci_frame(struct jm_bytes *body, size_t *used, struct jm_bytes in);

/**
 * The body of a frame. Lists stand in @p mem, views go into @p body.
 * @retval JM_E_UNSUPPORTED a message that is none of the table, or a group | JM_E_DUPLICATE two
 * messages, or a field twice | JM_E_MISSING none | JM_E_LIMIT too many validators | JM_E_RANGE |
 * JM_E_TYPE | JM_E_TRUNCATED | JM_E_MALFORMED | JM_E_NO_SPACE @p mem is full
 */
JM_MUST_CHECK enum jm_status jm_abci_read_request(struct jm_abci_request *out, struct jm_bytes body,
                                                  struct jm_arena *mem);
JM_MUST_CHECK enum jm_status jm_abci_read_response(struct jm_abci_response *out,
                                                   struct jm_bytes body, struct jm_arena *mem);

/**
 * Append a frame, its length included.
 * @retval JM_E_UNSUPPORTED there is no such message of that kind | JM_E_LIMIT a list longer than
 * what is kept of it, or a frame of more than JM_ABCI_FRAME_MAX | JM_E_NO_SPACE; on each @p out is
 * as it was
 */
JM_MUST_CHECK enum jm_status jm_abci_write_request(struct jm_buf *out,
                                                   const struct jm_abci_request *in);
JM_MUST_CHECK enum jm_status jm_abci_write_response(struct jm_buf *out,
                                                    const struct jm_abci_response *in);

#endif
