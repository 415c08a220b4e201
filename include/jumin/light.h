/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file light.h  Room: ledger. A light client of CometBFT for auditors: from a header that is
 * trusted to a later one, and from there to a checkpoint of our log.
 *
 * Readers never need this: they trust cosignatures (jumin/note.h). An auditor asks whether the
 * chain of validators stands behind the same state. A header that was fetched is a jm_light_block;
 * jm_light_step() alone, and jm_light_trust() for the first, make a jm_light_trusted of it. Every
 * signature for the block is verified, not only as many as it takes, and each must stand under its
 * validator's address. Not checked here: whether two nodes tell of two headers of one height (ask
 * several), evidence, votes for nil.
 *
 * Spec: spec/ledger.md 11; CometBFT 0.38 light/verifier.go, types/block.go
 */
#ifndef JUMIN_LIGHT_H
#define JUMIN_LIGHT_H

#include "jumin/json.h"
#include "jumin/merkle.h"
#include "jumin/note.h"

#define JM_LIGHT_VALIDATORS_MAX 1024
#define JM_LIGHT_POWER_MAX (INT64_MAX / 8) /* of a whole set */
#define JM_LIGHT_CHAIN_ID_MAX 50
#define JM_LIGHT_KEY_LEN 32 /* Ed25519 */
#define JM_LIGHT_SIG_LEN 64
#define JM_LIGHT_ADDRESS_LEN 20
#define JM_LIGHT_SIGN_BYTES_MAX 256
#define JM_LIGHT_YEAR_ONE (-INT64_C(62135596800)) /* Go's zero time */

struct jm_light_time {
    int64_t s; /* since 1970 */
    int32_t ns;
};

/** Hashes have 32 octets, or none where there is none. */
struct jm_light_block_id {
    struct jm_bytes hash;
    uint64_t parts;
    struct jm_bytes parts_hash;
};

struct jm_light_header {
    uint64_t block_version, app_version;
    struct jm_bytes chain_id;
    int64_t height;
    struct jm_light_time time;
    struct jm_light_block_id last_block;
    struct jm_bytes last_commit_hash, data_hash, validators_hash, next_validators_hash,
        consensus_hash, app_hash, last_results_hash, evidence_hash, proposer;
};

struct jm_light_validator {
    struct jm_bytes key; /* Ed25519 */
    int64_t power;
    uint8_t address[JM_LIGHT_ADDRESS_LEN]; /* by jm_light_set_make() */
};

/** By power descending, then address; made by jm_light_set_make(). */
struct jm_light_set {
    const struct jm_light_validator *at;
    size_t n;
    int64_t power; /* of all */
};

enum { JM_LIGHT_ABSENT = 1, JM_LIGHT_FOR_BLOCK = 2, JM_LIGHT_FOR_NIL = 3 };

struct jm_light_sig {
    int64_t flag;
    struct jm_bytes address;
    struct jm_light_time time;
    struct jm_bytes sig;
};

struct jm_light_commit {
    int64_t height, round;
    struct jm_light_block_id block;
    const struct jm_light_sig *at; /* one a validator, in their order */
    size_t n;
};

/** As fetched: nothing of it is known to be true. */
struct jm_light_block {
    struct jm_light_header header;
    struct jm_light_commit commit;
    struct jm_light_set set, next; /* of this height and of the next */
};

/** Views into what it was made of. */
struct jm_light_trusted {
    struct jm_light_header header;
    struct jm_light_set next;
};

struct jm_light_port {
    const struct jm_crypto *crypto;
    /** Ed25519. @retval JM_OK | JM_E_SIGNATURE | JM_E_UNAVAILABLE */
    enum jm_status (*verify)(void *ctx, struct jm_bytes key, struct jm_bytes data,
                             struct jm_bytes sig);
    void *ctx;
};

struct jm_light_policy {
    struct jm_light_time now;
    int64_t trusting_s; /* how long a header is trusted, from its own time */
    int64_t drift_s;    /* how far a header may be ahead of `now` */
};

enum jm_light_verdict {
    JM_LIGHT_INVALID = 0,
    JM_LIGHT_NOT_ENOUGH_TRUST, /* try a height between the two */
    JM_LIGHT_SUCCESS
};

/** Why a step was not a success. */
enum jm_light_fault {
    JM_LIGHT_FINE = 0,
    JM_LIGHT_FORM,          /* a header or commit as none can be */
    JM_LIGHT_CHAIN,         /* of another chain */
    JM_LIGHT_EXPIRED,       /* the trusted header is too old to vouch */
    JM_LIGHT_HEIGHT,        /* not above the trusted one */
    JM_LIGHT_TIME,          /* not behind the trusted one */
    JM_LIGHT_FUTURE,        /* ahead of the clock */
    JM_LIGHT_COMMIT_HEIGHT, /* the commit is of another height */
    JM_LIGHT_COMMIT_HASH,   /* … of another header */
    JM_LIGHT_SET,           /* not the validators that the header names */
    JM_LIGHT_NEXT_SET,
    JM_LIGHT_ADJACENT, /* not those that the trusted header names as the next */
    JM_LIGHT_SIGNERS,  /* the commit does not fit its validators */
    JM_LIGHT_SIGNATURE,
    JM_LIGHT_TRUST, /* not more than a third of the trusted ones signed */
    JM_LIGHT_POWER  /* not more than two thirds of its own ones signed */
};

struct jm_light_result {
    enum jm_light_verdict verdict;
    enum jm_light_fault fault;
};

/** @retval JM_OK | what the port says; @p out is zero then */
JM_MUST_CHECK enum jm_status jm_light_header_hash(struct jm_hash32 *out, const struct jm_crypto *c,
                                                  const struct jm_light_header *h);
/**
 * Order and addresses of @p n validators, in @p mem; empty is a set.
 * @retval JM_E_LIMIT more than JM_LIGHT_VALIDATORS_MAX | JM_E_RANGE a power below 1, or all
 * together above JM_LIGHT_POWER_MAX | JM_E_MALFORMED a key not of 32 octets | JM_E_DUPLICATE |
 * JM_E_NO_SPACE | what the port says
 */
JM_MUST_CHECK enum jm_status jm_light_set_make(struct jm_light_set *out, const struct jm_crypto *c,
                                               const struct jm_light_validator *v, size_t n,
                                               struct jm_arena *mem);
JM_MUST_CHECK enum jm_status jm_light_set_hash(struct jm_hash32 *out, const struct jm_crypto *c,
                                               const struct jm_light_set *set);

struct jm_light_vote {
    int64_t type; /* 2: precommit */
    int64_t height, round;
    struct jm_light_block_id block; /* without a hash: nil */
    struct jm_light_time time;
};
/** What a validator signs, appended. @retval JM_OK | JM_E_NO_SPACE | JM_E_RANGE the chain id */
JM_MUST_CHECK enum jm_status jm_light_sign_bytes(struct jm_buf *out, struct jm_bytes chain_id,
                                                 const struct jm_light_vote *vote);

/** The first trusted header, of whom somebody has told the hash.
 * @retval JM_OK | JM_E_DENIED it has another hash, or @p next is not what it names | JM_E_MALFORMED
 * | what the port says */
JM_MUST_CHECK enum jm_status jm_light_trust(struct jm_light_trusted *out, const struct jm_crypto *c,
                                            const struct jm_light_header *header,
                                            const struct jm_light_set *next,
                                            struct jm_bytes header_hash);
/**
 * May @p b be trusted because @p from is?
 * @param[out] out     the new trusted header where the verdict is SUCCESS; else all zero
 * @param[out] result  the verdict, and the first fault in the order of the enum
 * @retval JM_OK there is a verdict | JM_E_RANGE a policy that is none, or nothing is trusted |
 * JM_E_UNAVAILABLE | what the port says
 */
JM_MUST_CHECK enum jm_status jm_light_step(struct jm_light_trusted *out,
                                           struct jm_light_result *result,
                                           const struct jm_light_trusted *from,
                                           const struct jm_light_block *b,
                                           const struct jm_light_policy *policy,
                                           const struct jm_light_port *port);

/**
 * Does a trusted header carry the state that a checkpoint stands for? Header h + 1 has the app hash
 * of block h, and those behind it the same until a block accepts something again.
 *
 * @param entry  the block entry at the log's end, index size - 1; @p path proves it, leaf to root
 * @retval JM_OK it does | JM_E_MALFORMED the entry is no block's, or the checkpoint is of nothing |
 * JM_E_DENIED the entry is not of that checkpoint, or the header has another app hash | JM_E_RANGE
 * the header is of the entry's height or before: ask for a later one | what the port says
 */
JM_MUST_CHECK enum jm_status jm_light_anchor(const struct jm_light_trusted *t,
                                             const struct jm_crypto *c,
                                             const struct jm_checkpoint *cp, struct jm_bytes entry,
                                             const struct jm_hash32 *path, size_t n);

/* -- what CometBFT's RPC says: /commit (result.signed_header), /validators (result.validators) --
 */

/** @retval JM_E_MISSING | JM_E_TYPE | JM_E_MALFORMED | JM_E_RANGE | JM_E_LIMIT | JM_E_NO_SPACE;
 * views live in @p mem and in what @p o was read from */
JM_MUST_CHECK enum jm_status jm_light_read_signed_header(struct jm_light_header *header,
                                                         struct jm_light_commit *commit,
                                                         const struct jm_json *o,
                                                         struct jm_arena *mem);
/** An array of validators. @retval JM_E_DENIED an address that is not its key's |
 * JM_E_UNSUPPORTED a key that is not Ed25519 | what the two above say */
JM_MUST_CHECK enum jm_status jm_light_read_set(struct jm_light_set *out, const struct jm_crypto *c,
                                               const struct jm_json *array, struct jm_arena *mem);
/** RFC 3339 in UTC, with up to nine digits of a second. @retval JM_E_MALFORMED another form */
JM_MUST_CHECK enum jm_status jm_light_read_time(struct jm_light_time *out, struct jm_bytes text);

#endif
