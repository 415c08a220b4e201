/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file rp.h  Room: service/rp. What a relying party applies for, and whether that may be
 * registered.
 *
 * One JSON object for the authority and, with a few members more, for the relying party itself
 * (levels, channels …). Not checked: whether the organisation is who it says; a person does that
 * before `rp register`.
 *
 * Spec: spec/domain.md D-300 to D-306; spec/ledger.md 4
 */
#ifndef JUMIN_SERVICE_RP_RP_H
#define JUMIN_SERVICE_RP_RP_H

#include "jumin/code.h"
#include "jumin/json.h"
#include "jumin/trust.h"

#define JM_RP_SERVICES_MAX 16
#define JM_RP_CLAIMS_MAX 64
#define JM_RP_PURPOSE_MAX 140 /* characters, D-301 */
#define JM_RP_OPTIONAL_MAX 5
#define JM_RP_ORIGINS_MAX 4
#define JM_RP_NOTICES_MAX 64
#define JM_RP_STATUS_MAX_AGE_S 300 /* D-310, where a service says nothing */

struct jm_rp_claim {
    enum jm_fmt fmt;
    struct jm_bytes type;
    /* [ns, element], or names from the top; null view: the end */
    struct jm_bytes path[JM_TRUST_PATH_MAX];
    bool required; /* [true] */
};

struct jm_rp_service {
    struct jm_bytes id, legal_basis, privacy_uri;
    struct jm_i18n purpose;
    uint64_t retention_days, channels, status_max_age_s;
    bool rrn_allowed;
    bool cross_device;                  /* [false] V-08 */
    unsigned level_k, level_u, level_i; /* D-310: 0 not stated */
    /* scheme://host[:port] of pages that may ask on the same device; V-07 */
    struct jm_bytes origin[JM_RP_ORIGINS_MAX];
    size_t n_origins;
    struct jm_rp_claim claim[JM_RP_CLAIMS_MAX];
    size_t n_claims;
};

struct jm_rp_application {
    struct jm_bytes id, identifier, domain; /* domain: dNSName for the certificate, may be empty */
    struct jm_i18n name;
    uint64_t sector; /* 1 PUBLIC … 9 OTHER */
    bool public_body;
    struct jm_rp_service *service;
    size_t n_services;
};

struct jm_rp_notice {
    enum jm_code code;
    struct jm_bytes service;
};
struct jm_rp_notices {
    struct jm_rp_notice row[JM_RP_NOTICES_MAX];
    size_t n;
};

/** @retval JM_OK | JM_E_MALFORMED (JM_RP_SERVICES_FORM, _SECTOR, _CHANNEL …; the detail names the
 * member) | JM_E_NO_SPACE */
JM_MUST_CHECK enum jm_status jm_rp_read(struct jm_rp_application *out, struct jm_bytes json,
                                        struct jm_arena *mem, struct jm_diag *d);
/** D-304: a resident number, police, or retention beyond five years: two operators must approve. */
bool jm_rp_needs_two(const struct jm_rp_application *a);
/**
 * D-301 to D-306 against the registry. @p authority: name of the authority itself. @p approved: two
 * operators have proven that they approve: names that the lint doubts, and what D-304 names.
 * Notices (D-305) do not refuse.
 * @retval JM_OK | JM_E_DENIED, JM_RP_SECOND_APPROVER where nothing but that is missing
 */
JM_MUST_CHECK enum jm_status jm_rp_judge(const struct jm_rp_application *a,
                                         const struct jm_trust *registry, struct jm_bytes authority,
                                         bool approved, struct jm_rp_notices *notices,
                                         struct jm_arena *mem, struct jm_diag *d);
/**
 * D-409: does the application change who a registered relying party is (its key, its identifier,
 * sector, kind, name), or bring one back that was suspended? Two operators must approve that. @p
 * ski: subject key identifier of the key in the request.
 * @retval JM_OK nobody of that id, the same one again, or @p approved | JM_E_DENIED
 * JM_RP_SECOND_APPROVER, what changes as detail
 */
JM_MUST_CHECK enum jm_status jm_rp_replaces(const struct jm_rp_application *a,
                                            const struct jm_trust *registry, struct jm_bytes ski,
                                            bool approved, struct jm_diag *d);
/** What a relying party wants to ask, against what was registered for it: each service a use, never
 * more. D-302. */
JM_MUST_CHECK enum jm_status jm_rp_within(const struct jm_rp_application *a,
                                          const struct jm_trust *registry, struct jm_bytes rp,
                                          int64_t now, struct jm_arena *mem, struct jm_diag *d);
/** Steps of its path. */
size_t jm_rp_claim_steps(const struct jm_rp_claim *c);
/** One script plus digits and plain punctuation, nothing invisible (D-306). */
bool jm_rp_name_ok(struct jm_bytes name);
/** An id of the registry: [a-z0-9][a-z0-9.-]{0,61}[a-z0-9], spec/ledger.md 4. */
bool jm_rp_id_ok(struct jm_bytes id);
/** At most one letter apart after folding case and look-alikes. */
bool jm_rp_name_near(struct jm_bytes a, struct jm_bytes b);
/** Claims as the registry's bodies want them, grouped by format and type. */
JM_MUST_CHECK enum jm_status jm_rp_types(struct jm_type_paths **out, size_t *n,
                                         const struct jm_rp_service *s, struct jm_arena *mem);

#endif
