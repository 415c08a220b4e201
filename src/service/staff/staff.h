/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file staff.h  Room: service/staff. People of the authority: keys, challenges, sessions, roles.
 *
 * Sign-in: a challenge (theirs alone, once, 60 s) is signed with the person's ES256 key over CBOR
 * ["jumin-staff/1", user, challenge, origin dialled]; the answer is an opaque session token, 15
 * minutes idle. By passkey: passkey.h; the session is the same. Roles by the table of domain.md 11.
 *
 * Spec: spec/domain.md D-400 … D-422; spec/cli.md 4
 */
#ifndef JUMIN_SERVICE_STAFF_H
#define JUMIN_SERVICE_STAFF_H

#include "jumin/code.h"
#include "jumin/crypto.h"
#include "service/env.h"

#define JM_CHALLENGE_TTL_S 60
#define JM_SESSION_IDLE_S 900
#define JM_STEP_UP_S 300
#define JM_APPROVAL_TTL_S 600 /* D-409: an approval ends */
#define JM_APPROVAL_SKEW_S 60 /* clocks of two machines */

enum jm_staff_role {
    JM_ROLE_CLERK = 1,
    JM_ROLE_SUPERVISOR,
    JM_ROLE_AGENT,
    JM_ROLE_OPERATOR,
    JM_ROLE_AUDITOR
};

enum jm_staff_state { JM_STAFF_ENROLLED = 1, JM_STAFF_REMOVED };

struct jm_staff {
    struct jm_bytes name, centre; /* centre: 10 digits */
    enum jm_staff_role role;
    struct jm_point key;
    int64_t state;  /* enum jm_staff_state */
    int64_t proven; /* of a session: when by passkey; 0: never */
    bool has_person;
    struct jm_id person; /* who it is in the register, where that was said: D-422 */
};

const char *jm_staff_role_name(enum jm_staff_role r);
/** 0: unknown. */
enum jm_staff_role jm_staff_role_of(struct jm_bytes name);
/** May a role do what a row of domain.md 11 names, alone? */
bool jm_staff_may(enum jm_staff_role role, enum jm_act act);
/** The same with step-up: proven by passkey at most JM_STEP_UP_S ago. */
bool jm_staff_may_proven(enum jm_staff_role role, enum jm_act act);

struct jm_approver;
/**
 * D-409: once there are two operators, a third is added and one removed by two of them (@p two,
 * over jm_staff_what()); for everybody else @p two may be null. What is done stands in the audit
 * with role, centre and key.
 * @retval JM_E_CONFLICT JM_STAFF_EXISTS the name is or was somebody's: it never gets another key |
 * JM_E_DENIED as jm_staff_approve
 */
JM_MUST_CHECK enum jm_status jm_staff_add(const struct jm_env *env, const struct jm_staff *s,
                                          const struct jm_approver *two, struct jm_arena *mem,
                                          struct jm_diag *d);
JM_MUST_CHECK enum jm_status jm_staff_remove(const struct jm_env *env, struct jm_bytes name,
                                             const struct jm_approver *two, struct jm_arena *mem,
                                             struct jm_diag *d);
/** What two operators approve: this person with this role, centre and key (@p add), or that one's
 * end (name alone). */
JM_MUST_CHECK enum jm_status jm_staff_what(uint8_t what[32], bool add, const struct jm_staff *s,
                                           const struct jm_crypto *c);
/** D-458: nobody is signed in any more, no challenge is good. */
JM_MUST_CHECK enum jm_status jm_staff_sign_out_all_in(struct jm_tx *tx);
/** A challenge is given to unknown names too. */
JM_MUST_CHECK enum jm_status jm_staff_challenge(const struct jm_env *env, struct jm_bytes name,
                                                char out[44]);
/** The octets that are signed. */
JM_MUST_CHECK enum jm_status jm_staff_to_sign(struct jm_bytes *out, struct jm_bytes name,
                                              struct jm_bytes challenge, struct jm_bytes origin,
                                              struct jm_arena *mem);
JM_MUST_CHECK enum jm_status jm_staff_session(const struct jm_env *env, struct jm_bytes name,
                                              struct jm_bytes challenge, struct jm_bytes origin,
                                              struct jm_bytes sig, char token[44],
                                              struct jm_arena *mem, struct jm_diag *d);
/** Octets that an operator signs at a time to approve @p what (32 octets: a hash of all that is
 * approved). */
JM_MUST_CHECK enum jm_status jm_staff_approval(struct jm_bytes *out, struct jm_bytes name,
                                               const uint8_t what[32], int64_t at,
                                               struct jm_arena *mem);
struct jm_approver {
    struct jm_bytes name, sig;
    int64_t at; /* when it was signed */
};
/**
 * Two operators approve the same thing: different people with different keys, each proven by a
 * signature over it. Two audit rows. A signature is good for this one thing, and for
 * JM_APPROVAL_TTL_S.
 * @retval JM_E_DENIED JM_RP_SECOND_APPROVER one person twice | JM_STAFF_ROLE no operator |
 * JM_STAFF_APPROVAL_TIME too old, or of the future | JM_E_UNAUTHENTICATED JM_STAFF_SIGNATURE
 */
JM_MUST_CHECK enum jm_status jm_staff_approve(const struct jm_env *env,
                                              const struct jm_approver two[2],
                                              const uint8_t what[32], const char *act,
                                              struct jm_arena *mem, struct jm_diag *d);
/** Who holds this session token; counts as activity. @retval JM_E_UNAUTHENTICATED there is none, or
 * it is over */
JM_MUST_CHECK enum jm_status jm_staff_of_session(const struct jm_env *env, struct jm_bytes token,
                                                 struct jm_staff *out, struct jm_arena *mem);
/** The same, looked at only: who waits does nothing, and comes to be idle. */
JM_MUST_CHECK enum jm_status jm_staff_still(const struct jm_env *env, struct jm_bytes token,
                                            struct jm_staff *out, struct jm_arena *mem);

#endif
