/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file issuer.h  Room: service/issuance. What services of the role issuer share: its identity,
 * certificates, data and pools.
 *
 * Filled once at start by cmd, constant afterwards but for the pools. Begins with struct
 * jm_role_base.
 */
#ifndef JUMIN_SERVICE_ISSUANCE_ISSUER_H
#define JUMIN_SERVICE_ISSUANCE_ISSUER_H

#include "jumin/trust.h"
#include "service/eligibility/eligibility.h"
#include "service/fees/fees.h"
#include "service/issuance/profile.h"
#include "service/nonces/nonces.h"
#include "service/status/status.h"

struct jm_x5c {
    struct jm_bytes der[3];
    size_t n;
};

/** The key to which credential requests may be encrypted, and who reckons with it. */
struct jm_exchange {
    enum jm_status (*new_key)(void *ctx, struct jm_secret32 *scalar, struct jm_point *point);
    /* JM_E_MALFORMED: the peer is no point */
    enum jm_status (*agree)(void *ctx, const struct jm_secret32 *scalar, struct jm_bytes peer,
                            uint8_t x[32]);
    void *ctx;
    struct jm_secret32 scalar;
    struct jm_point point;
    char kid[44];
};

struct jm_issuer {
    struct jm_role_base base;
    struct jm_trust trust;
    struct jm_bytes id;        /* credential issuer identifier = base URL of the role */
    struct jm_bytes record_id; /* issuer/<id> of the trust set */
    struct jm_x5c ds, sdjwt, metadata, ticket;
    struct jm_x5c card;        /* n 0: a home from before there were chip cards */
    struct jm_anchors card_ca; /* who vouches for card signers */
    int64_t ds_not_after;
    struct jm_profiles types;
    const struct jm_schema *schema; /* of them */
    size_t n_schemas;
    struct jm_bytes country;
    struct jm_rollout rollout;
    struct jm_fees fees;
    struct jm_regions regions;
    struct jm_exchange exchange;
    struct jm_nonces nonces;
    struct jm_status_pool pool;
    struct jm_bridges *bridges; /* service/bridge */
    struct jm_publication publication;
    struct jm_bytes metadata_json, metadata_signed; /* built once */
    /* SHA-256 of the operator's secret, for LOCAL routes */
    uint8_t operator_hash[32];
    int64_t address_grace_days;        /* D-152 */
    bool reviews_sign_in;              /* who signs in waits for a clerk: sign_in=REVIEW */
    int64_t takeover_cooldown_s;       /* D-223; 0: none */
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
    /* configurations with a blank between them, by scope and by authorization_details; both empty:
     * what the case or card is of */
    struct jm_bytes scope, details;
    int64_t expires;
};

#endif
