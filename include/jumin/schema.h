/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file schema.h  Room: cred. What is known of a card type: its claims, what kind of value each is,
 * and how carefully it is shown. A type is data: an issuer reads it from its profile, everybody
 * else from the trust set (jumin/trust.h); no type and no claim is named in code.
 *
 * Spec: spec/ledger.md 4 (schema.put), spec/mdoc.md 15
 */
#ifndef JUMIN_SCHEMA_H
#define JUMIN_SCHEMA_H

#include "jumin/bytes.h"

#define JM_SCHEMA_PATH_MAX 6 /* steps */
#define JM_SCHEMA_RULES_MAX 256

enum jm_fmt { JM_FMT_MDOC = 1, JM_FMT_SDJWT = 2 };

enum jm_rule_kind {
    JM_RULE_TEXT = 1,
    JM_RULE_DATE, /* #6.1004(text) in an mdoc */
    JM_RULE_BOOL,
    JM_RULE_UINT,
    JM_RULE_BYTES,
    JM_RULE_KINDS
};

enum {
    JM_RULE_OPEN = 1,        /* an age or a region, nothing that names anybody: D-302 */
    JM_RULE_PROTECTED = 2,   /* only where the purpose is registered: spec/ledger.md 4, 7 */
    JM_RULE_KEY_LEVEL = 4,   /* it says the level of the holder's key: D-310 */
    JM_RULE_ISSUE_LEVEL = 8, /* … of the issuance */
    JM_RULE_FLAGS = 15
};

struct jm_rule {
    struct jm_bytes path[JM_SCHEMA_PATH_MAX]; /* [ns, element] of an mdoc, names of an SD-JWT */
    size_t n_path;
    enum jm_rule_kind kind;
    unsigned flags;
};

struct jm_schema {
    enum jm_fmt fmt;
    struct jm_bytes type; /* doctype or vct */
    const struct jm_rule *rule;
    size_t n;
};

/** What is known of a type; null: nothing. */
static inline const struct jm_schema *jm_schema_of(const struct jm_schema *all, size_t n,
                                                   enum jm_fmt fmt, struct jm_bytes type)
{
    for (size_t i = 0; i < n; i++)
        if (all[i].fmt == fmt && jm_bytes_eq(all[i].type, type))
            return &all[i];
    return NULL;
}

/** The rule of a claim, or null. @p s may be null. */
const struct jm_rule *jm_schema_rule(const struct jm_schema *s, const struct jm_bytes *path,
                                     size_t n);
/** Does the path equal a protected one, lead to it or lie under it? A step that is the null view
 * stands for any. */
bool jm_schema_protects(const struct jm_schema *s, const struct jm_bytes *path, size_t n);

#endif
