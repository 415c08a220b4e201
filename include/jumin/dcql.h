/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file dcql.h  Room: proto. The query language of OpenID4VP: syntax, what of a copy answers,
 * choosing among queries.
 *
 * One judgement for both sides: the wallet asks it what of a copy to show, the verifier whether
 * what was shown answers, and what of it was asked for. Paths, values, claim sets, credential sets,
 * authorities (aki; of the other kinds none is known here, so that a query which names only those
 * is answered by nothing).
 *
 * Spec: OpenID4VP 1.0 6, 7; spec/openid4vc.md 6.2
 */
#ifndef JUMIN_DCQL_H
#define JUMIN_DCQL_H

#include "jumin/claims.h"
#include "jumin/code.h"
#include "jumin/json.h"

#define JM_DCQL_CREDENTIALS_MAX 16
#define JM_DCQL_CLAIMS_MAX 64
#define JM_DCQL_PATH_MAX JM_JSON_DEPTH_MAX /* no value lies deeper */

struct jm_dcql_claim {
    struct jm_bytes id;
    const struct jm_json *path; /* array */
    const struct jm_step *step;
    size_t n_steps;
    const struct jm_json *values;
    bool retain; /* intent_to_retain */
};

struct jm_dcql_credential {
    struct jm_bytes id;
    /* 0: one that is not known here: barred, and nothing answers it */
    enum jm_fmt fmt;
    struct jm_bytes type;             /* doctype_value */
    const struct jm_json *vct_values; /* SD-JWT: any of them */
    bool multiple, holder_binding;
    size_t set; /* of several claim sets the nth, from 1 on, and no other; 0: the first that can be
                   given */
    const struct jm_dcql_claim *claim;
    size_t n;
    const struct jm_json *claim_sets, *authorities;
};

struct jm_dcql {
    const struct jm_dcql_credential *credential;
    size_t n;
    const struct jm_json *sets;
    uint32_t barred; /* bit i: query i is not to be answered, whatever is held */
};

/** @retval JM_E_MALFORMED | JM_E_NO_SPACE; reason in @p d */
JM_MUST_CHECK enum jm_status jm_dcql_parse(struct jm_dcql *out, const struct jm_json *query,
                                           struct jm_arena *mem, struct jm_diag *d);
bool jm_dcql_type_fits(const struct jm_dcql_credential *q, enum jm_fmt fmt, struct jm_bytes type);

/** Key identifiers (aki) of the authorities that a query names; none of a query that names other
 * kinds alone.
 *  @retval JM_E_NO_SPACE @p mem is full */
JM_MUST_CHECK enum jm_status jm_dcql_key_ids(const struct jm_bytes **out, size_t *n,
                                             const struct jm_dcql_credential *q,
                                             struct jm_arena *mem);

/** What answers: the topmost of what was asked for, each once, none beneath another. */
struct jm_dcql_match {
    const struct jm_claim **claim;
    size_t n;
};
/**
 * Of a holder's tree (jm_claims.holder) a claim is there only if it can be shown without another.
 * @retval JM_E_ABSENT another type or authority, or it cannot give a whole set
 */
JM_MUST_CHECK enum jm_status jm_dcql_match(struct jm_dcql_match *out,
                                           const struct jm_dcql_credential *q,
                                           const struct jm_claims *claims, struct jm_arena *mem);
/** Given which queries can be answered: which are to be. @retval JM_E_ABSENT a required set has no
 * whole option: send nothing */
JM_MUST_CHECK enum jm_status jm_dcql_choose(bool *send, const bool *can, const struct jm_dcql *q);

#endif
