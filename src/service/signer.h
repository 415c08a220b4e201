/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file signer.h  Room: service. What services see of the signer: purposes, operations, one call.
 *
 * Keys live only in the signer role (file or PKCS#11). A caller sends the octets to be signed with their purpose, never a
 * bare digest, in batches: one call answers all its inputs or none. Never called inside a transaction.
 *
 * Spec: architecture.md 10   Req: D-424
 */
#ifndef JUMIN_SERVICE_SIGNER_H
#define JUMIN_SERVICE_SIGNER_H

#include "jumin/bytes.h"

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
    JM_PURPOSE_NONCE /* MAC over caller, kind, period gives the key of c_nonce, DPoP and challenge nonces */
};

enum jm_sign_op { JM_SIGN = 1, JM_SEAL, JM_OPEN, JM_MAC };

/** A list of views; room for @p cap items. Whoever hands one out says how long the octets live. */
struct jm_list {
    struct jm_bytes *items;
    size_t n;
    size_t cap;
};

struct jm_signer {
    /**
     * @param[in]     key  key id; empty: the purpose's current key
     * @param[out]    out  room (cap) for in->n items; out->n is set on JM_OK only. The octets are the implementation's
     *                     and live until the same thread's next call: copy what must live longer
     * @retval JM_E_DENIED       purpose not this caller's, or its invariants do not hold
     * @retval JM_E_RATE         over the purpose's ceiling
     * @retval JM_E_UNAVAILABLE  no signer; JM_E_SIGNATURE: OPEN of octets that were not sealed so
     */
    JM_MUST_CHECK enum jm_status (*call)(void *ctx, enum jm_sign_op op, enum jm_purpose purpose, struct jm_bytes key,
                                         const struct jm_list *in, struct jm_list *out);
    void *ctx;
};

#endif
