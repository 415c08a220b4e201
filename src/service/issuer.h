/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file issuer.h  Room: service. What all services of the role issuer share: its identity,
 * certificates, data and pools.
 *
 * Filled once at start by cmd, constant afterwards but for the pools. Begins with struct
 * jm_role_base.
 */
#ifndef JUMIN_SERVICE_ISSUER_H
#define JUMIN_SERVICE_ISSUER_H

#include "jumin/trust.h"
#include "service/eligibility/eligibility.h"
#include "service/fail.h"
#include "service/fees/fees.h"
#include "service/nonces/nonces.h"
#include "service/profile.h"
#include "service/status/status.h"

struct jm_x5c {
    struct jm_bytes der[3];
    size_t n;
};

struct jm_issuer {
    struct jm_role_base base;
    struct jm_trust trust;
    struct jm_bytes id;        /* credential issuer identifier = base URL of the role */
    struct jm_bytes record_id; /* issuer/<id> of the trust set */
    struct jm_x5c ds, sdjwt, metadata, ticket;
    int64_t ds_not_after;
    struct jm_profile profile;
    struct jm_rollout rollout;
    struct jm_fees fees;
    struct jm_regions regions;
    struct jm_nonces nonces;
    struct jm_status_pool pool;
    struct jm_publication publication;
    struct jm_bytes metadata_json, metadata_signed; /* built once */
    struct jm_point audit_key;                      /* public half of purpose AUDIT */
    /* SHA-256 of the operator's secret, for LOCAL routes */
    uint8_t operator_hash[32];
    struct jm_bytes names_json, regions_json; /* data of the synthetic population */
    enum jm_status (*portrait)(struct jm_bytes *jpeg, uint32_t seed, size_t at_most,
                               struct jm_arena *mem);
    bool synthetic;
    int64_t address_grace_days;        /* D-152 */
    bool revoke_on_replacement;        /* D-162: on_replacement=REVOKE, else REBIND */
    void (*wake_publisher)(void *ctx); /* lists have changed */
    void *wake_ctx;
};

/** A caller of the credential endpoint: a token row, its DPoP key proven. */
struct jm_grant {
    struct jm_id desk_case, card;
    bool has_case, has_card;
    uint8_t instance[32], jkt[32];
    struct jm_bytes client;
    int64_t expires;
};

struct jm_dpop;
/** The DPoP proof of this request: single, proven, fresh by our nonce (else JM_OAUTH_DPOP_NONCE and
 * a DPoP-Nonce header), its jti unused. @p access_token: null view at the token endpoint. */
JM_MUST_CHECK enum jm_status jm_dpop_of(struct jm_req *q, struct jm_res *s,
                                        struct jm_bytes access_token, struct jm_dpop *out);

/** The authenticator of all routes of the role; fills q->who. `more`: struct jm_client
 * (attestation), struct jm_grant (DPoP). */
enum jm_status jm_issuer_auth(void *role, struct jm_req *q, struct jm_res *s);
/** For a row of auth DPOP, before its body comes: is there a token of ours? Whether it is the
 * caller's is asked later. */
jm_handler jm_issuer_look;

#endif
