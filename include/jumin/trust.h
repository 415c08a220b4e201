/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file trust.h  Room: ledger. The trust set as a file: records of organisations, certificates,
 * registered uses.
 *
 * A home pins the hash of the file until a ledger proves it; everything that asks "who is this and
 * what may it do" asks here, and will ask the ledger's bundle through the same functions. Nothing
 * about a holder stands in it.
 *
 * File: CBOR {0 "jumin-trust/1", 1 [[key, record]…], ?2 [[key, record]…], 3 synthetic, 4 issued at,
 * ?5 [clock.start, moment], 6 version, 7 next update}; records {0 rev, 1 state, 2 reason, 3
 * created, 4 updated, 5 body}. Not checked here: whether the octets are the pinned ones (the caller
 * compares the hash first).
 *
 * Spec: spec/ledger.md 2, 4, 5   Req: D-302, D-311
 */
#ifndef JUMIN_TRUST_H
#define JUMIN_TRUST_H

#include "jumin/claims.h"
#include "jumin/merkle.h"
#include "jumin/x509.h"

#define JM_TRUST_MAX (8 * JM_MIB)
#define JM_TRUST_ENTRIES_MAX 65536
#define JM_TRUST_PATH_MAX JM_SCHEMA_PATH_MAX /* steps of a registered path: spec/ledger.md 4 */

enum jm_cert_purpose {
    JM_CERT_IACA = 1,
    JM_CERT_READER_CA,
    JM_CERT_STATUS_SIGNER,
    JM_CERT_VICAL,
    JM_CERT_WALLET_CA,
    JM_CERT_SDJWT_CA,
    JM_CERT_METADATA_CA
};
enum jm_record_state { JM_RECORD_ACTIVE = 1, JM_RECORD_SUSPENDED, JM_RECORD_ENDED };
enum { JM_CHANNEL_PROXIMITY = 1, JM_CHANNEL_REMOTE = 2, JM_CHANNEL_KIOSK = 4 };

struct jm_i18n {
    struct jm_bytes ko, en; /* one of them at least */
};

struct jm_trust_entry {
    struct jm_bytes key, record;
};

struct jm_trust {
    struct jm_bytes octets;
    bool synthetic;
    int64_t issued_at, next_update, clock_start, clock_moment; /* clock_start 0: real time */
    uint64_t version; /* of a proven set: the size of its log */
    bool proven;      /* by a ledger: jumin/trust_proven.h */
    struct jm_hash32 log_root;
    const struct jm_trust_entry *entry; /* both lists, each ascending by key */
    size_t n, n_set;                    /* the first n_set are the trust set proper */
    /* parsed once, parallel to entry; version 0 where the entry is no certificate */
    struct jm_cert *cert;
    /* of active schema records: what is known of the types that issuers here make */
    const struct jm_schema *schema;
    size_t n_schemas;
};

/** @retval JM_OK | JM_E_MALFORMED | JM_E_LIMIT | JM_E_UNSUPPORTED (another format) | JM_E_NO_SPACE
 */
JM_MUST_CHECK enum jm_status jm_trust_open(struct jm_trust *out, struct jm_bytes octets,
                                           struct jm_arena *mem);
/** Deterministic CBOR of spec/ledger.md 2: shortest, definite, ascending unique keys, no tags,
 * floats, null. */
JM_MUST_CHECK enum jm_status jm_dcbor_check(struct jm_bytes in);
/** With at most @p entries in an array or map; above: JM_TRUST_ENTRIES_MAX. */
JM_MUST_CHECK enum jm_status jm_dcbor_check_to(struct jm_bytes in, size_t entries);

/** Body and state of a record. @retval JM_E_ABSENT there is none */
JM_MUST_CHECK enum jm_status jm_trust_find(struct jm_bytes *body, enum jm_record_state *state,
                                           const struct jm_trust *t, struct jm_bytes key);
bool jm_trust_is_stale(const struct jm_trust *t, int64_t now);

/** Usable certificates of a purpose: active, in validity, owner active and not flagged. @p owner:
 * null view, any.
 *  @p type: doctype that both the certificate (if it lists any) and the issuer serve; null view,
 * any. */
JM_MUST_CHECK enum jm_status jm_trust_anchors(struct jm_anchors *out, const struct jm_trust *t,
                                              enum jm_cert_purpose purpose, struct jm_bytes owner,
                                              struct jm_bytes type, int64_t now,
                                              struct jm_arena *mem);

struct jm_issuer_record {
    struct jm_bytes id, country;
    struct jm_i18n name;
    bool state_actor;
    struct jm_bytes identifier[8]; /* credential issuer identifiers */
    size_t n_identifiers;
    struct jm_bytes types; /* key 7, CBOR */
};
/** The active, unflagged issuer that has this credential issuer identifier. @retval JM_E_ABSENT
 * there is none */
JM_MUST_CHECK enum jm_status jm_trust_issuer_by_uri(struct jm_issuer_record *out,
                                                    const struct jm_trust *t, struct jm_bytes uri);
JM_MUST_CHECK enum jm_status jm_trust_issuer(struct jm_issuer_record *out, const struct jm_trust *t,
                                             struct jm_bytes id);
bool jm_issuer_serves(const struct jm_issuer_record *r, enum jm_fmt fmt, struct jm_bytes type);

struct jm_wallet_record {
    struct jm_bytes id, base;
    struct jm_bytes platforms; /* key 6, CBOR; null view when writing: none */
    struct jm_i18n name;
    /* key 8: its key attestations name no instance; the client attestation and the DPoP key bind */
    bool keys_unbound;
};
JM_MUST_CHECK enum jm_status jm_trust_wallet(struct jm_wallet_record *out, const struct jm_trust *t,
                                             struct jm_bytes id);
/** The record in whatever state, flagged or not. */
JM_MUST_CHECK enum jm_status jm_trust_wallet_in_any_state(struct jm_wallet_record *out,
                                                          enum jm_record_state *state,
                                                          const struct jm_trust *t,
                                                          struct jm_bytes id);
/** Whose attestations of a product count (`sub`): its own provider's where a record has that id,
 * and then nobody's unless it is active and not flagged; where there is no record, those of every
 * provider. */
JM_MUST_CHECK enum jm_status jm_trust_attesters(struct jm_anchors *out, const struct jm_trust *t,
                                                struct jm_bytes product, int64_t now,
                                                struct jm_arena *mem);
/** The first active wallet record with a provider base that speaks our protocol (no keys_unbound):
 * where our wallet is attested. */
JM_MUST_CHECK enum jm_status jm_trust_any_wallet(struct jm_wallet_record *out,
                                                 const struct jm_trust *t);

struct jm_rp_record {
    struct jm_bytes id;
    struct jm_i18n name;
    bool public_body;
    uint64_t sector;
    enum jm_record_state state;
    bool flagged;
    struct jm_bytes identifier; /* of the organisation: a business number */
};
JM_MUST_CHECK enum jm_status jm_trust_rp(struct jm_rp_record *out, const struct jm_trust *t,
                                         struct jm_bytes id);
/** The relying party that an access certificate belongs to, by the hash of its DER. @retval
 * JM_E_ABSENT there is none */
JM_MUST_CHECK enum jm_status jm_trust_rp_by_cert(struct jm_bytes *rp, const struct jm_trust *t,
                                                 const struct jm_crypto *c,
                                                 struct jm_bytes cert_der);

/** Has it an active access certificate over this key (subject key identifier)? */
bool jm_trust_rp_has_key(const struct jm_trust *t, struct jm_bytes rp, struct jm_bytes ski);

struct jm_use_record {
    struct jm_bytes rp, id;
    struct jm_i18n purpose;
    struct jm_bytes privacy_uri, legal_basis;
    uint64_t retention_days, channels;
    int64_t from, to;
    struct jm_bytes types; /* key 8: [[fmt, type, [path…]]…], CBOR */
    enum jm_record_state state;
};
JM_MUST_CHECK enum jm_status jm_trust_use(struct jm_use_record *out, const struct jm_trust *t,
                                          struct jm_bytes rp, struct jm_bytes id);
/** A use that stands at @p i or behind it in the set and is of @p rp. @p i goes on behind it.
 * @retval JM_E_ABSENT there is no other */
JM_MUST_CHECK enum jm_status jm_trust_next_use(struct jm_use_record *out, size_t *i,
                                               const struct jm_trust *t, struct jm_bytes rp);
/**
 * May this use ask for the claim? @p path: names from the top; a step that is none (an index, all
 * elements) is the null view, and is covered where a registered path ends before it. @p n 0: may it
 * ask for the type at all?
 */
bool jm_use_allows(const struct jm_use_record *u, enum jm_fmt fmt, struct jm_bytes type,
                   const struct jm_bytes *path, size_t n);

/** Is everything that @p u may ask, over every channel, allowed by @p by too? */
bool jm_use_covered(const struct jm_use_record *u, const struct jm_use_record *by);

/** How a set takes from another what that held: not there, not active, flagged, a use that may ask
 * less, other content. */
enum jm_trust_loss {
    JM_LOSS_GONE = 1,
    JM_LOSS_ENDED,
    JM_LOSS_FLAGGED,
    JM_LOSS_LESS,
    JM_LOSS_CHANGED
};
typedef void jm_trust_loss_fn(void *ctx, struct jm_bytes key, enum jm_trust_loss how);
/** Tells @p each of everything active in @p before that @p after takes away or changes; revocation
 * lists may change. @return how many */
size_t jm_trust_taken(const struct jm_trust *before, const struct jm_trust *after,
                      jm_trust_loss_fn *each, void *ctx);

struct jm_list_record {
    struct jm_bytes id, issuer, prefix;
    uint64_t bits, log2, max_shards, ttl, exp;
};
/** The family whose prefix and shard number @p uri is. @retval JM_E_ABSENT nobody gets a list of
 * his own */
JM_MUST_CHECK enum jm_status jm_trust_list(struct jm_list_record *out, const struct jm_trust *t,
                                           struct jm_bytes uri);

/** Who may sign lists of @p issuer: its status signers, and what the CAs issue that its copies come
 * from. */
JM_MUST_CHECK enum jm_status jm_trust_list_signers(struct jm_anchors *out, const struct jm_trust *t,
                                                   struct jm_bytes issuer, int64_t now,
                                                   struct jm_arena *mem);

struct jm_crl_record {
    uint64_t number;
    struct jm_bytes hash, uri;
    int64_t this_update, next_update;
};
JM_MUST_CHECK enum jm_status jm_trust_crl(struct jm_crl_record *out, const struct jm_trust *t,
                                          const struct jm_crypto *c, struct jm_bytes ca_der);

/* -- writing: init, rp register -- */

struct jm_trust_spec {
    bool synthetic;
    int64_t issued_at, next_update, clock_start, clock_moment;
    uint64_t version;
    /* any order; sorted in place; two of one key are JM_E_DUPLICATE */
    struct jm_trust_entry *entry;
    size_t n;
};
JM_MUST_CHECK enum jm_status jm_trust_write(struct jm_bytes *out, struct jm_trust_spec *spec,
                                            struct jm_arena *mem);
/** {0 rev, 1 state, 2 reason, 3 created, 4 updated, 5 body} */
JM_MUST_CHECK enum jm_status jm_record_write(struct jm_bytes *out, uint64_t rev,
                                             enum jm_record_state state, struct jm_bytes body,
                                             struct jm_arena *mem);

struct jm_type_paths {
    enum jm_fmt fmt;
    struct jm_bytes type;
    /* [ns, element] for mdoc, names from the top for SD-JWT; null view: the end */
    const struct jm_bytes (*path)[JM_TRUST_PATH_MAX];
    size_t n_paths;
};
JM_MUST_CHECK enum jm_status jm_body_issuer(struct jm_bytes *out, const struct jm_issuer_record *r,
                                            const struct jm_type_paths *types, size_t n,
                                            struct jm_arena *mem);
JM_MUST_CHECK enum jm_status jm_body_cert(struct jm_bytes *out, enum jm_cert_purpose purpose,
                                          struct jm_bytes owner, struct jm_bytes der,
                                          const struct jm_bytes *doctypes, size_t n,
                                          struct jm_arena *mem);
JM_MUST_CHECK enum jm_status jm_body_wallet(struct jm_bytes *out, const struct jm_wallet_record *r,
                                            struct jm_bytes actor, struct jm_arena *mem);
JM_MUST_CHECK enum jm_status jm_body_list(struct jm_bytes *out, const struct jm_list_record *r,
                                          struct jm_bytes actor, struct jm_arena *mem);
JM_MUST_CHECK enum jm_status jm_body_rp(struct jm_bytes *out, const struct jm_rp_record *r,
                                        struct jm_bytes country, struct jm_bytes identifier,
                                        struct jm_bytes supervisor, struct jm_arena *mem);
JM_MUST_CHECK enum jm_status jm_body_use(struct jm_bytes *out, const struct jm_use_record *r,
                                         const struct jm_type_paths *types, size_t n,
                                         struct jm_arena *mem);
/** schema/<hex H(type)>/1. @p uri: where the type's metadata is. */
JM_MUST_CHECK enum jm_status jm_body_schema(struct jm_bytes *out, const struct jm_schema *s,
                                            struct jm_bytes uri, const struct jm_crypto *c,
                                            struct jm_arena *mem);
JM_MUST_CHECK enum jm_status jm_body_rpcert(struct jm_bytes *out, struct jm_bytes cert_hash,
                                            struct jm_bytes rp, struct jm_bytes ski,
                                            int64_t not_after, struct jm_arena *mem);
JM_MUST_CHECK enum jm_status jm_body_crl(struct jm_bytes *out, struct jm_bytes ca_hash,
                                         const struct jm_crl_record *r, struct jm_arena *mem);
/** Does the trust set proper hold records of this key? The others a ledger proves one by one. */
bool jm_trust_set_has(struct jm_bytes key);
/** PREFIX + id, such as cert/<hex>. */
JM_MUST_CHECK enum jm_status jm_trust_key(struct jm_bytes *out, const char *prefix,
                                          struct jm_bytes id, struct jm_arena *mem);
/** PREFIX + hex of SHA-256(@p der). */
JM_MUST_CHECK enum jm_status jm_trust_key_hash(struct jm_bytes *out, const char *prefix,
                                               const struct jm_crypto *c, struct jm_bytes der,
                                               struct jm_arena *mem);

#endif
