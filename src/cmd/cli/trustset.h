/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file trustset.h  Room: cmd. The trust set of a home: which may come next, what that takes away,
 * and pinning it.
 */
#ifndef JUMIN_CMD_TRUSTSET_H
#define JUMIN_CMD_TRUSTSET_H

#include "cmd/cli/home.h"

/**
 * Pins a new trust set: beside first, then the hash in jumin.conf, then in its place; a crash
 * between leaves a home that opens with the one or the other. Writes the anchors as PEM, and
 * public/trust/set.cbor in an authority's home.
 */
JM_MUST_CHECK enum jm_status jm_home_pin(struct jm_home *home, struct jm_bytes octets,
                                         struct jm_diag *d);
/** The set after @p now with these entries: next version, valid from @p at for 90 days. */
JM_MUST_CHECK enum jm_status jm_trust_next(struct jm_bytes *octets, const struct jm_trust *now,
                                           struct jm_trust_entry *entry, size_t n, int64_t at,
                                           struct jm_arena *mem);
/** Does this entry fall with the one of that id? */
typedef bool jm_trust_falls_fn(const struct jm_trust *t, struct jm_bytes key, struct jm_bytes id);
/** The same records, that of @p id (`rp/`, `wallet/` and it) suspended, and each active one that @p
 * falls with it, if given: what belongs to it stays, and nobody may use it. */
JM_MUST_CHECK enum jm_status jm_trust_suspended(struct jm_bytes *octets, const struct jm_home *home,
                                                const char *kind, struct jm_bytes id,
                                                jm_trust_falls_fn *falls);
/** When the first of it is over: the set itself, unless a ledger proves it, or a revocation list
 * that it records. */
int64_t jm_trust_ends(const struct jm_trust *t, const struct jm_crypto *crypto);
#define JM_TRUST_DUE_S (14 * 86400) /* from here on the issuer and doctor say so */
/** Shows what @p next takes away, each on a line of stderr. @return how much that is */
size_t jm_trust_show(const struct jm_trust *now, const struct jm_trust *next,
                     const struct jm_cmd *cmd);
/** Shows it, and asks unless --yes was given. @retval JM_E_DENIED JM_TRUST_TAKES nobody said yes */
JM_MUST_CHECK enum jm_status jm_trust_agree(const struct jm_trust *now, const struct jm_trust *next,
                                            const struct jm_cmd *cmd, struct jm_diag *d);
/** The hash that was pinned, as `rp` prints it. @retval as jm_answer */
JM_MUST_CHECK enum jm_status jm_home_say_pin(const struct jm_home *home, const struct jm_cmd *cmd);
/** May @p next follow @p now? Version higher, and synthetic if and only if the old one was. @retval
 * JM_E_CONFLICT | JM_E_DENIED */
JM_MUST_CHECK enum jm_status jm_trust_may_follow(const struct jm_trust *now,
                                                 const struct jm_trust *next, struct jm_diag *d);
/** Reads and checks a trust set file against its pin (64 hexadecimal digits). @retval JM_E_DENIED
 * JM_TRUST_PIN … */
JM_MUST_CHECK enum jm_status jm_trust_from_file(struct jm_trust *out, const char *path,
                                                const char *pin, const struct jm_cmd *cmd,
                                                struct jm_diag *d);

/** Entries of a next set; @p cap of them have room. */
struct jm_trust_entries {
    struct jm_trust_entry *e;
    size_t n, cap;
    struct jm_arena *mem;
};
JM_MUST_CHECK enum jm_status jm_trust_entries_open(struct jm_trust_entries *x, size_t cap,
                                                   struct jm_arena *mem);
/** An active record, the first of its key. */
JM_MUST_CHECK enum jm_status jm_trust_entries_add(struct jm_trust_entries *x, struct jm_bytes key,
                                                  struct jm_bytes body);

#endif
