/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file profile.h  Room: service/issuance. A card type as data: its claims, their sources, and the
 * dataset of one person.
 *
 * Spec: spec/mdoc.md 15; spec/openid4vc.md 4.1
 */
#ifndef JUMIN_SERVICE_ISSUANCE_PROFILE_H
#define JUMIN_SERVICE_ISSUANCE_PROFILE_H

#include "jumin/mdoc.h"
#include "jumin/sdjwt.h"
#include "jumin/trust.h"
#include "service/register/register.h"

/** One claim with its place in an mdoc (namespace, element) and in an SD-JWT. */
struct jm_profile_claim {
    struct jm_bytes ns, id;
    unsigned source; /* profile.c's */
    int years;       /* of an age */
    enum jm_rule_kind kind;
    unsigned flags; /* JM_RULE_… */
    /* in the SD-JWT; [id] where the profile says none */
    struct jm_bytes path[JM_TRUST_PATH_MAX];
    size_t n_path;
    bool optional, exempt;
};

struct jm_profile {
    struct jm_bytes type, doctype, vct, mdoc_configuration, sdjwt_configuration, name_ko, name_en;
    int64_t card_years, copy_days, batch;
    const struct jm_mdoc_ns_count *ns;
    size_t n_ns;
    const struct jm_profile_claim *claim;
    size_t n;
    bool is_default; /* the type of a case that names none */
};
JM_MUST_CHECK enum jm_status jm_profile_load(struct jm_profile *out, struct jm_bytes json,
                                             struct jm_arena *mem, struct jm_diag *d);

#define JM_PROFILES_MAX 4 /* types of one issuer: what its signer may sign */

struct jm_profiles {
    struct jm_profile *profile;
    size_t n;
};
/** Types, doctypes, configurations apart; one default. @retval JM_E_MALFORMED JM_DATA_PROFILE */
JM_MUST_CHECK enum jm_status jm_profiles_check(struct jm_profiles *all, struct jm_diag *d);
/** The one of a type, of none: the default. Null: there is none. */
const struct jm_profile *jm_profile_of(const struct jm_profiles *all, struct jm_bytes type);
/** The one that a configuration is of, and its format. Null: there is none. */
const struct jm_profile *jm_profile_by_configuration(const struct jm_profiles *all,
                                                     struct jm_bytes id, enum jm_fmt *fmt);
/** What others may know of the type: for the trust set, and the issuer's look at its own work. */
JM_MUST_CHECK enum jm_status jm_profile_schema(struct jm_schema *out, const struct jm_profile *p,
                                               enum jm_fmt fmt, struct jm_arena *mem);
/** Of all types, both formats. */
JM_MUST_CHECK enum jm_status jm_profile_schemas(struct jm_schema **out, size_t *n,
                                                const struct jm_profiles *all,
                                                struct jm_arena *mem);

struct jm_region {
    struct jm_bytes code, iso, ko, en; /* code: 2 digits, domestic */
};
struct jm_municipality {
    struct jm_bytes code, authority; /* code: first digits of the region's; who issues plastic */
};
struct jm_regions {
    const struct jm_region *region;
    const struct jm_municipality *municipality;
    size_t n, n_municipalities;
};
JM_MUST_CHECK enum jm_status jm_regions_load(struct jm_regions *out, struct jm_bytes json,
                                             struct jm_arena *mem, struct jm_diag *d);
/** By the first two digits. @retval null there is none */
const struct jm_region *jm_region_of(const struct jm_regions *r, struct jm_bytes region10);
/** Who issues plastic to who lives there. @retval a null view: the data do not say */
struct jm_bytes jm_authority_of(const struct jm_regions *r, struct jm_bytes region10);

/** What a card is made of, besides the person. */
struct jm_dataset_facts {
    const struct jm_person *person;
    struct jm_bytes rrn, photo; /* opened */
    struct jm_bytes document_number, country;
    int64_t issued, expires; /* of the card, s UTC */
    int64_t valid_from;      /* of the copy: ages are true then (D-132) */
    int64_t key_level, issuance_level;
    const struct jm_regions *regions;
};

/** In the format asked for. */
struct jm_dataset {
    struct jm_mdoc_element *element; /* values as CBOR */
    size_t n;
    struct jm_sdjwt_claim *claim; /* values as JSON; those below one name are one */
    bool *nested;                 /* and that one is issued nested */
    size_t n_claims;
};
/** @retval JM_E_MISSING a source that is not optional is empty; its name in @p d */
JM_MUST_CHECK enum jm_status jm_dataset_build(struct jm_dataset *out, const struct jm_profile *p,
                                              enum jm_fmt fmt, const struct jm_dataset_facts *f,
                                              struct jm_arena *mem, struct jm_diag *d);

#endif
