/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file signer.h  Room: host/signer. Key files, the signer's server, and the client that implements
 * struct jm_signer.
 *
 * What of other host rooms is needed comes in a table of functions, filled by cmd. Key files:
 * <dir>/master (the master key, sealed under scrypt of the passphrase) and <dir>/keys/<id> (each
 * key sealed AES-256-GCM under the master key, all that stands in clear beside it is authenticated
 * with it). Counts: <dir>/count/<PURPOSE>, one line a batch, append only. <dir>/head: the last head
 * of the audit chain, sealed under a key of the master's.
 *
 * Spec: architecture.md 10; spec/cli.md 4   Req: D-424
 */
#ifndef JUMIN_HOST_SIGNER_SIGNER_H
#define JUMIN_HOST_SIGNER_SIGNER_H

#include <sys/types.h>

#include "host/signer/frame.h"
#include "service/signer/keys.h"

struct jm_key; /* host/openssl */

struct jm_signer_tools {
    const struct jm_crypto *crypto;
    enum jm_status (*random)(void *ctx, uint8_t *out, size_t len);
    enum jm_status (*scrypt)(uint8_t out[32], struct jm_bytes passphrase, struct jm_bytes salt);
    enum jm_status (*key_from_scalar)(struct jm_key **out, const struct jm_secret32 *scalar);
    enum jm_status (*key_point)(struct jm_point *out, const struct jm_key *key);
    enum jm_status (*key_sign)(const struct jm_key *key, struct jm_bytes data, struct jm_sig *sig);
    void (*key_free)(struct jm_key **key);
    /* Ed25519: a private key is its seed */
    enum jm_status (*ed25519_public)(uint8_t out[JM_ED25519_KEY_LEN],
                                     const struct jm_secret32 *seed);
    enum jm_status (*ed25519_sign)(struct jm_sig *sig, const struct jm_secret32 *seed,
                                   struct jm_bytes data);
    enum jm_status (*file_read)(struct jm_bytes *out, const char *path, size_t max,
                                struct jm_arena *mem);
    enum jm_status (*file_create)(const char *path, struct jm_bytes what, mode_t mode);
    enum jm_status (*file_write)(const char *path, struct jm_bytes what, mode_t mode);
    enum jm_status (*dir_list)(struct jm_list *out, const char *path, size_t max,
                               struct jm_arena *mem);
    /* zeroed; what stands there reaches no dump and, where it is allowed, no swap */
    void *(*secret_room)(size_t len);
    void (*secret_room_free)(void *room, size_t len); /* wipes it */
};

/* -- key files -- */

#define JM_KEYS_MAX 128
#define JM_KEY_FILE_MAX (16 * JM_KIB)

/** A new master key, sealed: writes <dir>/master. @retval JM_E_CONFLICT there is one */
JM_MUST_CHECK enum jm_status jm_keys_create(struct jm_secret32 *master, const char *dir,
                                            struct jm_bytes passphrase,
                                            const struct jm_signer_tools *tools,
                                            struct jm_arena *mem);
/** @retval JM_E_DENIED wrong passphrase, or the file was changed (JM_SIGNER_PASSPHRASE) |
 * JM_E_ABSENT | JM_E_MALFORMED */
JM_MUST_CHECK enum jm_status jm_keys_unlock(struct jm_secret32 *master, const char *dir,
                                            struct jm_bytes passphrase,
                                            const struct jm_signer_tools *tools,
                                            struct jm_arena *mem, struct jm_diag *d);
/** Writes <dir>/keys/<id>; @p secret: scalar or secret key. @retval JM_E_CONFLICT the id is taken
 * (unless @p replace) */
JM_MUST_CHECK enum jm_status jm_keys_add(const char *dir, const struct jm_secret32 *master,
                                         const struct jm_held_key *facts,
                                         const struct jm_secret32 *secret, bool replace,
                                         const struct jm_signer_tools *tools, struct jm_arena *mem);

struct jm_keys;
/** Opens every key file. @retval JM_E_DENIED one was changed (JM_SIGNER_KEY_FILE, its name in @p d)
 */
JM_MUST_CHECK enum jm_status jm_keys_open(struct jm_keys **out, const char *dir,
                                          const struct jm_secret32 *master,
                                          const struct jm_signer_tools *tools, struct jm_arena *mem,
                                          struct jm_diag *d);
/** The table for the service; lives as long as @p k. */
const struct jm_key_table *jm_keys_table(struct jm_keys *k);
/** The secret of a caller ("caller-NAME"). @retval JM_E_ABSENT there is none */
JM_MUST_CHECK enum jm_status jm_keys_caller(struct jm_secret32 *out, const struct jm_keys *k,
                                            struct jm_bytes name);
/** Signatures counted so far of a purpose, over all runs. */
uint64_t jm_keys_counted(const struct jm_keys *k, enum jm_purpose purpose);
void jm_keys_close(struct jm_keys **k);

/* -- server -- */

struct jm_signer_server;
struct jm_signer_server_config {
    const char *path; /* of the socket; made 0600, removed at the end */
    const struct jm_signer_tools *tools;
    struct jm_keys *keys; /* for callers' secrets */
    jm_sign_serve_fn *serve;
    void *service;
    int64_t (*now_s)(void *ctx);
    void *now_ctx;
    /** May be null: where jumin.conf lists uids, false closes the connection of any other. */
    bool (*peer)(void *ctx, struct jm_bytes caller, uid_t uid);
    void *peer_ctx;
    /** Refusals, for the operator's log: caller, purpose, code; no octets of the request. May be
     * null. */
    void (*log)(void *ctx, struct jm_bytes caller, unsigned purpose, enum jm_code code);
    void *log_ctx;
    unsigned connections_max; /* [64] one thread each */
};
/** Accepts when it returns. @retval JM_E_CONFLICT a signer answers there already | JM_E_UNAVAILABLE
 */
JM_MUST_CHECK enum jm_status jm_signer_server_start(struct jm_signer_server **out,
                                                    const struct jm_signer_server_config *config);
void jm_signer_server_stop(struct jm_signer_server **s);

/* -- client -- */

struct jm_signer_dial {
    const char *path;
    const char *caller;
    struct jm_secret32 secret;
    const struct jm_crypto *crypto;
    enum jm_status (*random)(void *ctx, uint8_t *out, size_t len);
    unsigned connections_max; /* [8] */
};
/**
 * Proves both ends on one connection, so that a wrong secret is seen here. Calls may come from any
 * thread; each takes a pooled connection, and dials once more where that has died.
 * @retval JM_E_UNAVAILABLE nobody answers | JM_E_DENIED the secret is not that caller's, or the
 * signer does not know it
 */
JM_MUST_CHECK enum jm_status jm_signer_connect(struct jm_signer **out,
                                               const struct jm_signer_dial *dial);
void jm_signer_disconnect(struct jm_signer **s);
/** Why this thread's last call was refused, as the signer told it. */
enum jm_code jm_signer_reason(void);

#endif
