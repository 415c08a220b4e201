/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file wire.h  Room: cmd. What the roles have in common: stores with their migrations,
 * certificates, answers.
 */
#ifndef JUMIN_CMD_WIRE_H
#define JUMIN_CMD_WIRE_H

#include "cmd/cli/home.h"
#include "host/store/store.h"
#include "jumin/ask.h"
#include "service/web/fail.h"

/** HOME/<role>/<role>.db with the numbered migrations <role>-*.sql. <role>/place says which file on
 *  this machine it is: one that was copied into its place is not opened (D-458). @retval
 * JM_E_CONFLICT JM_STORE_BUSY another process has it | JM_E_DENIED JM_STORE_COPIED */
JM_MUST_CHECK enum jm_status jm_wire_store(struct jm_store **out, const struct jm_home *home,
                                           const char *role, struct jm_diag *d);
/** The same, wherever its file came from: only for `restore`. */
JM_MUST_CHECK enum jm_status jm_wire_store_any(struct jm_store **out, const struct jm_home *home,
                                               const char *role, struct jm_diag *d);
/** This file is the role's store from here on. */
JM_MUST_CHECK enum jm_status jm_wire_place_keep(const struct jm_home *home, const char *role,
                                                struct jm_diag *d);
/** public/certs/NAME.der */
JM_MUST_CHECK enum jm_status jm_wire_cert(struct jm_bytes *out, const struct jm_home *home,
                                          const char *name, struct jm_diag *d);
/** Time, randomness, crypto, answers, sentences, store, signer of one role. */
void jm_wire_env(struct jm_env *env, const struct jm_home *home, struct jm_store *store,
                 const struct jm_signer *signer);

/** The role's store for a command, where the role does not run; env.store is the caller's to close.
 * @retval JM_E_UNAVAILABLE JM_STORE_BUSY it is starting or ending: trying again helps */
JM_MUST_CHECK enum jm_status jm_wire_here(struct jm_env *env, const struct jm_home *home,
                                          const char *role, struct jm_diag *d);

/** The family of the home's own status lists, in its trust set. @retval JM_E_ABSENT there is
 * none */
JM_MUST_CHECK enum jm_status jm_wire_list(struct jm_list_record *out, const struct jm_home *home);

/** The pages of the program, for a role on @p base; of this process, anew at each call. @p
 * with_trust: and the home's trust set, views into it, for wallets to begin with. */
JM_MUST_CHECK enum jm_status jm_wire_pages(struct jm_role_base *role, const struct jm_home *home,
                                           const char *base, bool with_trust);

/** Refusals of this role go to its log, with their trace; at most JM_LOG_A_SECOND lines, then how
 * many more there were. */
#define JM_LOG_A_SECOND 50
/** For the log: the code's name, or what the signer said last; "" where nobody said anything. */
const char *jm_wire_reason(const struct jm_diag *d);
void jm_wire_log(struct jm_role_base *base, const struct jm_home *home, const char *role);

#endif
