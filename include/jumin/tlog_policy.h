/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file tlog_policy.h  Room: ledger. Whose signatures under a checkpoint are enough: the policy
 * file and its quorum, judged with the time.
 *
 * Lines: `log <vkey> [url]`, `witness <name> <vkey> [url]`, `group <name> <k|any|all> <member>…`,
 * one `quorum <name|none>`; fields are separated by spaces and tabs; empty lines and those that
 * begin with `#` say nothing. Any one log key suffices. `quorum none` has no freshness: whoever
 * looks at that finds it stale.
 *
 * Spec: C2SP tlog-policy; spec/ledger.md 7
 */
#ifndef JUMIN_TLOG_POLICY_H
#define JUMIN_TLOG_POLICY_H

#include "jumin/note.h"

#define JM_POLICY_MAX 8192
#define JM_POLICY_MEMBERS_MAX 128 /* witnesses and groups; as many logs */
#define JM_QUORUM_AHEAD_S 600     /* a cosignature further ahead of the clock does not count */

struct jm_policy_log {
    struct jm_vkey key;
    struct jm_bytes url; /* null view: none */
};

struct jm_policy_member {
    struct jm_bytes name;
    bool is_group;
    struct jm_vkey key;  /* of a witness: a cosigner's */
    struct jm_bytes url; /* of a witness; null view: none */
    unsigned need, n;    /* of a group: how many of its members */
    size_t group;        /* the group that it is in, 1 for the first member of the list; 0: none */
};

struct jm_policy {
    const struct jm_policy_log *log;
    const struct jm_policy_member *member; /* in their order: a group behind its members */
    size_t n_logs, n;
    size_t quorum; /* 1 for the first member of the list; 0: none */
};

/** Views into @p text and @p mem. @retval JM_OK | JM_E_MALFORMED | JM_E_DUPLICATE a name or a key
 * twice, a member in two groups | JM_E_MISSING no quorum line | JM_E_ABSENT a member or quorum that
 * was not defined before | JM_E_RANGE k | JM_E_UNSUPPORTED a key's type | JM_E_LIMIT |
 * JM_E_NO_SPACE; @p out is empty then, and the line's number the offset in @p diag, if given */
JM_MUST_CHECK enum jm_status jm_policy_read(struct jm_policy *out, struct jm_bytes text,
                                            const struct jm_crypto *c, struct jm_arena *mem,
                                            struct jm_diag *diag);

/** A checkpoint that was judged. */
struct jm_judged_checkpoint {
    struct jm_checkpoint cp;
    struct jm_signed_note note;
    /* the largest t such that the cosignatures of t and later alone are enough, s UTC; 0: quorum
     * none */
    int64_t fresh;
};
/**
 * Judge a signed checkpoint: its form, each signature by a key of the policy, the origin (one of
 * the policy's logs of that name has signed), the quorum. Views into @p octets and the reading's
 * memory. How old it may be is the caller's to say.
 *
 * @retval JM_OK | JM_E_MALFORMED, JM_E_DUPLICATE, JM_E_LIMIT, JM_E_SIGNATURE with
 * JM_LEDGER_BUNDLE_NOTE | JM_E_DENIED with JM_LEDGER_BUNDLE_ORIGIN or JM_LEDGER_BUNDLE_QUORUM |
 * JM_E_PENDING (inside an engine) | JM_E_NO_SPACE | what the answerer says; @p out is empty then
 */
JM_MUST_CHECK enum jm_status jm_checkpoint_judge(struct jm_judged_checkpoint *out,
                                                 struct jm_bytes octets,
                                                 const struct jm_policy *policy,
                                                 const struct jm_reading *r);

#endif
