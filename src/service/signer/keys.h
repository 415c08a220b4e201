/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file keys.h  Room: service/signer. The keys as the signer's rules see them; host/signer (files)
 * implements the table.
 *
 * Purpose numbers and operations: service/signer.h. Frames between signer and callers:
 * host/signer/frame.h.
 */
#ifndef JUMIN_SERVICE_SIGNER_KEYS_H
#define JUMIN_SERVICE_SIGNER_KEYS_H

#include "jumin/code.h"
#include "jumin/crypto.h"
#include "service/signer.h"

#define JM_PURPOSE_NONE 0 /* of no caller: offline CAs, callers' own secrets */
#define JM_PURPOSE_LAST JM_PURPOSE_COSIGN
#define JM_SIGN_ORIGINS_MAX 16 /* logs */
#define JM_CALLER_MAX 16       /* octets of a caller's name */

/** One key; views live as long as the table. */
struct jm_held_key {
    struct jm_bytes id;     /* "mso-1" */
    unsigned purpose;       /* enum jm_purpose, or JM_PURPOSE_NONE */
    struct jm_bytes caller; /* whose key it is; empty: everybody's who may use the purpose */
    bool is_pair;           /* P-256, or Ed25519; else a secret of 32 octets */
    struct jm_point point;  /* of a pair */
    struct jm_bytes cert;   /* DER, may be empty */
};

struct jm_key_table {
    /** The current key of a purpose for a caller, or the one named by @p id. @retval JM_E_ABSENT */
    JM_MUST_CHECK enum jm_status (*find)(void *ctx, const struct jm_held_key **out,
                                         enum jm_purpose purpose, struct jm_bytes caller,
                                         struct jm_bytes id);
    JM_MUST_CHECK enum jm_status (*sign)(void *ctx, const struct jm_held_key *key,
                                         struct jm_bytes data, struct jm_sig *sig);
    /** AES-256-GCM: IV(12) ‖ ciphertext ‖ tag, appended. */
    JM_MUST_CHECK enum jm_status (*seal)(void *ctx, const struct jm_held_key *key,
                                         struct jm_bytes aad, struct jm_bytes in,
                                         struct jm_buf *out);
    JM_MUST_CHECK enum jm_status (*open)(void *ctx, const struct jm_held_key *key,
                                         struct jm_bytes aad, struct jm_bytes in,
                                         struct jm_buf *out);
    /** HMAC-SHA-256, 32 octets. */
    JM_MUST_CHECK enum jm_status (*mac)(void *ctx, const struct jm_held_key *key,
                                        struct jm_bytes in, uint8_t out[32]);
    /** Adds to the append-only count before anything is handed out. */
    JM_MUST_CHECK enum jm_status (*count)(void *ctx, enum jm_purpose purpose,
                                          struct jm_bytes caller, uint64_t n, int64_t at_s);
    /** The last head of the audit chain that was signed; zeros where none was. @retval JM_E_DENIED
     * what is kept is not what was written */
    JM_MUST_CHECK enum jm_status (*head)(void *ctx, struct jm_signed_head *out);
    /** Durable before it returns, and before the signature is handed out. */
    JM_MUST_CHECK enum jm_status (*head_keep)(void *ctx, const struct jm_signed_head *h);
    /** The text kept last for a purpose and a log's origin, sealed; empty: none. @retval
     * JM_E_DENIED what is kept was changed | JM_E_IO */
    JM_MUST_CHECK enum jm_status (*kept)(void *ctx, enum jm_purpose purpose, struct jm_bytes origin,
                                         struct jm_buf *out);
    /** Durable when it returns. */
    JM_MUST_CHECK enum jm_status (*keep)(void *ctx, enum jm_purpose purpose, struct jm_bytes origin,
                                         struct jm_bytes text);
    void *ctx;
};

/** What a home calls its own: the names that may stand in what it signs. Empty: nothing of that
 * kind is signed. */
struct jm_sign_own {
    struct jm_bytes identifier;  /* credential issuer identifier */
    struct jm_bytes provider;    /* base URL of the wallet provider */
    struct jm_bytes verifier;    /* base URL of the relying party */
    struct jm_bytes list_prefix; /* status lists stand under it */
    struct jm_bytes doctype[4], vct[4];
    size_t n_doctypes, n_vcts;
    struct jm_bytes origin[JM_SIGN_ORIGINS_MAX]; /* of the ledger; of a witness's logs */
    size_t n_origins;
    uint32_t ceiling[JM_PURPOSE_LAST + 1]; /* items a minute; 0: the default of policy.c */
};

/** One call, as a frame brought it: a proven caller, an operation, a purpose, octets. */
struct jm_sign_request {
    struct jm_bytes caller;
    unsigned op, purpose; /* as received, unchecked */
    struct jm_bytes key;
    const struct jm_bytes *in;
    size_t n;
    int64_t now;
};

/** Answers all inputs or none; @p out has room for n items, octets in @p mem. */
typedef enum jm_status jm_sign_serve_fn(void *ctx, const struct jm_sign_request *q,
                                        struct jm_list *out, struct jm_arena *mem,
                                        struct jm_diag *d);

#endif
