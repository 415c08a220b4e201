/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file signer.h  Room: service. What services see of the signer: purposes, operations, one call.
 *
 * Keys live only in the signer role (file or PKCS#11). A caller sends the octets to be signed with
 * their purpose, never a bare digest, in batches: one call answers all its inputs or none. Never
 * called inside a transaction.
 *
 * Spec: architecture.md 10   Req: D-424
 */
#ifndef JUMIN_SERVICE_SIGNER_H
#define JUMIN_SERVICE_SIGNER_H

#include "service/env.h"

enum jm_purpose {
    JM_PURPOSE_MSO = 1,
    JM_PURPOSE_SDJWT,
    JM_PURPOSE_STATUS,
    JM_PURPOSE_METADATA,
    JM_PURPOSE_TICKET,
    JM_PURPOSE_ATTESTATION,
    JM_PURPOSE_REQUEST,
    JM_PURPOSE_AUDIT,
    JM_PURPOSE_RPCERT,
    JM_PURPOSE_CRL,
    JM_PURPOSE_ROW, /* from here on secret keys */
    JM_PURPOSE_LOOKUP,
    JM_PURPOSE_CODE,
    /* MAC over caller, kind, period gives the key of c_nonce, DPoP and challenge nonces */
    JM_PURPOSE_NONCE,
    JM_PURPOSE_CARD, /* a pair: security objects of IC resident cards */
    /* Ed25519 pairs: checkpoints of the ledger, as its log and as one of its nodes. Of a log that
     * gets shorter, or has two roots at one size, nothing is signed. JM_HEAD with the
     * log's origin: the text signed last of it, or nothing */
    JM_PURPOSE_LOG,
    JM_PURPOSE_COSIGN
};

enum jm_sign_op { JM_SIGN = 1, JM_SEAL, JM_OPEN, JM_MAC, JM_HEAD };
#define JM_OP_LAST JM_HEAD

/** A list of views; room for @p cap items. Whoever hands one out says how long the octets live. */
struct jm_list {
    struct jm_bytes *items;
    size_t n;
    size_t cap;
};

struct jm_signer {
    /**
     * JM_SIGN of purpose AUDIT is one head: in is the head's octets and then every row since the
     * last head, out is one signature. JM_HEAD (of AUDIT, no inputs): octets and signature of
     * the last head, two items, or none.
     *
     * @param[in]     key  key id; empty: the purpose's current key
     * @param[out]    out  room (cap) for in->n items (JM_HEAD: 2); out->n is set on JM_OK only. The
     * octets are the implementation's and live until the same thread's next call: copy what must
     * live longer
     * @retval JM_E_DENIED       purpose not this caller's, or its invariants do not hold
     * @retval JM_E_RATE         over the purpose's ceiling
     * @retval JM_E_UNAVAILABLE  no signer; JM_E_SIGNATURE: OPEN of octets that were not sealed so
     */
    JM_MUST_CHECK enum jm_status (*call)(void *ctx, enum jm_sign_op op, enum jm_purpose purpose,
                                         struct jm_bytes key, const struct jm_list *in,
                                         struct jm_list *out);
    void *ctx;
};

/* -- values that lie sealed in rows (purpose ROW) -- */

/** `table/column/hex of the row`: the AAD of a sealed value. */
JM_MUST_CHECK enum jm_status jm_row_aad(struct jm_bytes *out, const char *table_column,
                                        const struct jm_id *row, struct jm_arena *mem);
/** Seal or open one value of a row (@p what: "transaction/enc" …). The result lives in @p mem. */
JM_MUST_CHECK enum jm_status jm_row_cipher(struct jm_bytes *out, const struct jm_env *env,
                                           bool seal, const char *what, const struct jm_id *row,
                                           struct jm_bytes in, struct jm_arena *mem);

/* -- the audit chain, as signer and issuer both see it (D-421) -- */

#define JM_ROW_MAX 2048 /* octets of one row, without its last member */
/* rows that one head may be over, beyond the head before: a frame holds them all */
#define JM_HEAD_ROWS_MAX 1000
#define JM_HEAD_MAX 128

/**
 * A head: CBOR ["jumin-audit/2", "head", count, n, at, hash] and its signature. @p count is the
 * signer's own, from 1, never the same twice: a head that is missing leaves a gap in it. n and
 * hash: the row that the head is over.
 */
struct jm_signed_head {
    uint64_t count;
    int64_t n, at;
    uint8_t hash[32];
    struct jm_sig sig;
};
/** What is signed, in @p room. */
JM_MUST_CHECK enum jm_status jm_head_octets(struct jm_bytes *out, const struct jm_signed_head *h,
                                            uint8_t room[JM_HEAD_MAX]);
/** Back from its octets; the signature is left zero. @retval JM_E_MALFORMED anything but what
 * jm_head_octets writes */
JM_MUST_CHECK enum jm_status jm_head_read(struct jm_signed_head *out, struct jm_bytes octets);
/** Hash of a row: SHA-256 over @p row (a CBOR array of ten without its last item) and that item,
 * the hash of the row before. */
JM_MUST_CHECK enum jm_status jm_row_hash(uint8_t out[32], struct jm_bytes row,
                                         const uint8_t prev[32], const struct jm_crypto *c);
/** The number of a row. @retval JM_E_MALFORMED it is no row */
JM_MUST_CHECK enum jm_status jm_row_number(int64_t *out, struct jm_bytes row);

#endif
