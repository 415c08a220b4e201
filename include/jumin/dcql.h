/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file dcql.h  Room: proto. The query language of OpenID4VP: syntax, matching a holder's credentials, choosing.
 *
 * Spec: OpenID4VP 1.0 6; spec/openid4vc.md 6.2
 */
#ifndef JUMIN_DCQL_H
#define JUMIN_DCQL_H

#include "jumin/code.h"
#include "jumin/json.h"
#include "jumin/trust.h"

#define JM_DCQL_CREDENTIALS_MAX 16
#define JM_DCQL_CLAIMS_MAX 64
#define JM_DCQL_PATH_MAX 8

struct jm_dcql_claim {
    struct jm_bytes id;
    const struct jm_json *path; /* array */
    struct jm_bytes step[2];    /* the first steps, when they are texts */
    size_t n_steps;             /* length of the path */
    const struct jm_json *values;
    bool retain; /* intent_to_retain */
};

struct jm_dcql_credential {
    struct jm_bytes id;
    enum jm_fmt fmt;
    struct jm_bytes type;              /* doctype_value */
    const struct jm_json *vct_values;  /* SD-JWT: any of them */
    bool multiple, holder_binding;
    const struct jm_dcql_claim *claim;
    size_t n;
    const struct jm_json *claim_sets, *authorities;
};

struct jm_dcql {
    const struct jm_dcql_credential *credential;
    size_t n;
    const struct jm_json *sets;
};

/** @retval JM_E_MALFORMED | JM_E_LIMIT | JM_E_UNSUPPORTED (a format we do not know); reason in @p d */
JM_MUST_CHECK enum jm_status jm_dcql_parse(struct jm_dcql *out, const struct jm_json *query, struct jm_arena *mem, struct jm_diag *d);
bool jm_dcql_type_fits(const struct jm_dcql_credential *q, enum jm_fmt fmt, struct jm_bytes type);

/** A claim that the holder has: mdoc [ns, id], SD-JWT [name]; value as JSON for `values`, may be null. */
struct jm_held_claim {
    struct jm_bytes step[2];
    size_t n_steps;
    const struct jm_json *value;
};

struct jm_held {
    enum jm_fmt fmt;
    struct jm_bytes type;
    const struct jm_held_claim *claim;
    size_t n;
};

/** Which held claims answer the query: indexes into held->claim. */
struct jm_dcql_match {
    size_t *claim;
    size_t n;
};
/** @retval JM_E_ABSENT this credential cannot give a whole set */
JM_MUST_CHECK enum jm_status jm_dcql_match(struct jm_dcql_match *out, const struct jm_dcql_credential *q, const struct jm_held *held,
                                           struct jm_arena *mem);
/** Given which queries can be answered: which are to be. @retval JM_E_ABSENT a required set has no whole option: send nothing */
JM_MUST_CHECK enum jm_status jm_dcql_choose(bool *send, const bool *can, const struct jm_dcql *q);

#endif
