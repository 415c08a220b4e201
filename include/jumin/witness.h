/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file witness.h  Room: ledger. What a witness answers to `POST /add-checkpoint`: it cosigns a
 * log's checkpoint if that continues the one it cosigned last.
 *
 * The host reads the request, looks up what it knows of the log by its origin, judges, stores what
 * is to be stored, durably and only if nobody else stored in between (else it begins again with
 * the lookup), and signs at last.
 *
 * Spec: C2SP tlog-witness; spec/ledger.md 7
 */
#ifndef JUMIN_WITNESS_H
#define JUMIN_WITNESS_H

#include "jumin/note.h"

#define JM_WITNESS_BODY_MAX (JM_NOTE_MAX + 4 * JM_KIB)
#define JM_WITNESS_PROOF_MAX 63
#define JM_WITNESS_SIZE_TYPE "text/x.tlog.size" /* media type of a body of 409 */

/** A request as it is written; views into it and its arena. */
struct jm_witness_request {
    uint64_t old;
    struct jm_proof proof;
    struct jm_bytes octets; /* of the checkpoint, signatures included */
    struct jm_signed_note note;
    struct jm_checkpoint cp;
};
/** `old N`, at most 63 hashes, a blank line, the checkpoint. @retval JM_OK | JM_E_MALFORMED,
 * JM_E_DUPLICATE, JM_E_LIMIT (all of them 400) | JM_E_NO_SPACE; @p out is zero then */
JM_MUST_CHECK enum jm_status jm_witness_read(struct jm_witness_request *out, struct jm_bytes body,
                                             struct jm_arena *mem);

/** What a witness knows of a log. */
struct jm_witness_log {
    const struct jm_vkey *key; /* trusted: any one suffices, and none of them may be wrong */
    size_t n;
    bool has; /* a checkpoint was stored: the members below */
    uint64_t size;
    struct jm_hash32 root;
};

enum jm_witness_evidence {
    JM_EVIDENCE_NONE = 0,
    JM_EVIDENCE_UNPROVEN, /* signed, and not shown to continue the log: perhaps the asker's fault */
    JM_EVIDENCE_EQUIVOCATION /* signed, and never true beside what was stored: keep it and alarm */
};

struct jm_witness_verdict {
    int status; /* HTTP */
    /* 409: the stored size and a newline, JM_WITNESS_SIZE_TYPE; else empty. Of 200 the body is the
     * line of jm_note_put_cosignature() */
    struct jm_bytes body;
    bool store; /* 200: size and root below are to be stored in the place of what @p log said */
    uint64_t size;
    struct jm_hash32 root;
    struct jm_bytes to_sign;           /* 200: by the cosigner's key */
    enum jm_witness_evidence evidence; /* of the request's checkpoint */
};
/**
 * Judge a request. What a verdict says is the host's to do.
 *
 * @param log  null: no log of that origin is known. Views of @p out live in the reading's memory;
 * its time is the cosignature's
 * @retval JM_OK | JM_E_RANGE the time is not above 0 | JM_E_PENDING (inside an engine) |
 * JM_E_NO_SPACE | what answerer and port say; @p out is zero then
 */
JM_MUST_CHECK enum jm_status jm_witness_judge(struct jm_witness_verdict *out,
                                              const struct jm_witness_request *q,
                                              const struct jm_witness_log *log,
                                              const struct jm_reading *r);

#endif
