/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file watching.h  Room: service/witness. A witness of logs: it cosigns a checkpoint that
 * continues the one before, keeps what does not, and shows what it signed last.
 *
 * What is compared is stored, durably, before it is signed, under one lock; what is signed is
 * stored again with the signature before the answer leaves. Who dies in between has stored what
 * the log may offer again, and has signed nothing else.
 *
 * Not known here: where files lie, how a lock is held, who asks.
 *
 * Spec: C2SP tlog-witness; spec/ledger.md 7
 */
#ifndef JUMIN_SERVICE_WITNESS_WATCHING_H
#define JUMIN_SERVICE_WITNESS_WATCHING_H

#include "jumin/witness.h"
#include "service/env.h"

#define JM_WITNESS_ID_LEN 64     /* hex of H(origin) */
#define JM_EVIDENCE_NAME_MAX 128 /* octets of a piece's name, its NUL included */

/** A log that is watched. */
struct jm_watched {
    struct jm_bytes origin;
    char id[JM_WITNESS_ID_LEN + 1];
    const struct jm_vkey *key; /* any one of them signs for it */
    size_t n;
};

/** What a witness keeps; the calls for one log come one at a time. */
struct jm_witness_files {
    void *ctx;
    /** The note stored last. @retval JM_OK; empty: none was | JM_E_IO | JM_E_NO_SPACE */
    JM_MUST_CHECK enum jm_status (*last)(void *ctx, struct jm_bytes *note, const char *id,
                                         struct jm_arena *mem);
    /** Durable when it returns. @retval JM_E_IO */
    JM_MUST_CHECK enum jm_status (*store)(void *ctx, const char *id, struct jm_bytes note);
    /** One piece, never over another; says so to who runs the witness. @retval JM_OK also: it is
     * there already, or there is no more room | JM_E_IO */
    JM_MUST_CHECK enum jm_status (*evidence)(void *ctx, const char *name,
                                             enum jm_witness_evidence kind, struct jm_bytes octets);
    void (*lock)(void *ctx, bool on);
};

struct jm_witness_role {
    struct jm_role_base base;
    struct jm_vkey own; /* of type 4; the signer has its private half */
    const struct jm_watched *log;
    size_t n;
    struct jm_witness_files files;
};

/** H(origin) in hex. @retval what the port says */
JM_MUST_CHECK enum jm_status jm_witness_id(char id[JM_WITNESS_ID_LEN + 1], struct jm_bytes origin,
                                           const struct jm_crypto *c);
/** What a stored note says. @retval JM_E_DENIED it is no checkpoint of @p origin | JM_E_NO_SPACE */
JM_MUST_CHECK enum jm_status jm_witness_stored(struct jm_checkpoint *out, struct jm_bytes note,
                                               struct jm_bytes origin, struct jm_arena *mem);

struct jm_witness_answer {
    int status;           /* 200, 409, 422 */
    struct jm_bytes body; /* of 200 the cosignature's line, of 409 the stored size; else empty */
};
/**
 * `POST /add-checkpoint`.
 *
 * @retval JM_OK @p out says | JM_E_ABSENT JM_LEDGER_UNKNOWN no such log | JM_E_DENIED
 * JM_LEDGER_WITNESS_KEY no trusted signature, or a wrong one | JM_E_MALFORMED
 * JM_LEDGER_WITNESS_FORM, JM_E_RANGE JM_LEDGER_WITNESS_OLD the old size is above the new one |
 * JM_E_DENIED JM_LEDGER_FILE what is stored cannot be read | JM_E_UNAVAILABLE JM_LEDGER_UNSIGNED
 * the signer does not sign | JM_E_IO | JM_E_NO_SPACE
 */
JM_MUST_CHECK enum jm_status jm_witness_add(struct jm_witness_answer *out,
                                            const struct jm_witness_role *w, struct jm_bytes body,
                                            int64_t now, struct jm_arena *mem, struct jm_diag *d);
/** The note stored last for the log of that id. @retval JM_E_ABSENT JM_LEDGER_UNKNOWN no such log,
 * or nothing yet | JM_E_IO | JM_E_NO_SPACE */
JM_MUST_CHECK enum jm_status jm_witness_last(struct jm_bytes *out, const struct jm_witness_role *w,
                                             struct jm_bytes id, struct jm_arena *mem,
                                             struct jm_diag *d);

#endif
