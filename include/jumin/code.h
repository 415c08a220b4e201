/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file code.h  Room: base. Reasons: every code that anybody ever sees, from the one table
 * jumin/codes.def.
 */
#ifndef JUMIN_CODE_H
#define JUMIN_CODE_H

#include "jumin/bytes.h"

enum jm_code {
    JM_CODE_NONE = 0,
#define JM_CODE(area, name, number, class, by, sev, oauth, rule) JM_##area##_##name = (number),
#include "jumin/codes.def"
#undef JM_CODE
};

/** Rows of the table: that of JM_CODE_NONE is the first, and the others follow it, each one
 * further. */
enum {
    JM_CODE_ROWS = 1
#define JM_CODE(area, name, number, class, by, sev, oauth, rule) +1
#include "jumin/codes.def"
#undef JM_CODE
};

/** Severity: R rejects, N is a notice (rejects in strict mode), U leaves it undecided. */
enum jm_severity { JM_SEV_R = 1, JM_SEV_N, JM_SEV_U };

struct jm_code_info {
    enum jm_code code;
    const char *name; /* "JM_MDOC_ITEM_DIGEST_MISMATCH" */
    enum jm_class class_;
    char by; /* who must act: V verifier, W wallet, I issuer or infrastructure, P person */
    enum jm_severity severity;
    const char *oauth; /* OAuth / OpenID4VC error code */
    const char *rule;  /* clause or requirement */
};

/** Never null: unknown numbers give the row of JM_CODE_NONE. */
const struct jm_code_info *jm_code_info(enum jm_code code);
/** Row by full name, or null. */
const struct jm_code_info *jm_code_by_name(struct jm_bytes name);

/** Why a call failed, for whoever asked. The caller clears it; the first reason stays. */
struct jm_diag {
    enum jm_code code;
    size_t offset; /* octet in the input, where one applies */
    /* what exactly; static text or in the call's arena; never a secret or personal value */
    struct jm_bytes detail;
};

/** Notes the reason unless one stands there, and gives back @p st. @p d may be null. */
enum jm_status jm_refuse(struct jm_diag *d, enum jm_status st, enum jm_code code,
                         const char *detail);

#endif
