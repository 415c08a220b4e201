/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One run of `jumin inspect`, shared by its files: inspect_judge.c guesses, loads and answers;
 * inspect_run.c decodes, inspect_mdoc.c judges what is CBOR or a certificate, inspect_jose.c what
 * is JSON or a token, inspect_list.c status lists; inspect_write.c writes.
 */
#ifndef JUMIN_CMD_INSPECT_RUN_H
#define JUMIN_CMD_INSPECT_RUN_H

#include "cmd/inspect/inspect_core.h"
#include "jumin/jose.h"
#include "jumin/oid4vci.h"
#include "jumin/oid4vp.h"
#include "jumin/sdjwt.h"
#include "jumin/statuslist.h"
#include "service/report_msg.h"

#define JM_INSPECT_KEYS_MAX 64

struct jm_inspect_run {
    const struct jm_inspect_in *in;
    struct jm_arena *mem;
    struct jm_bytes octets, crl, transcript; /* octets: decoded; of texts without blanks around */
    struct jm_anchors anchors;
    struct jm_point *keys; /* bare keys among the pinned */
    size_t n_keys;
    struct jm_mdoc_context ctx;
    struct jm_answers answers;
    struct jm_json_w w;
    const char *kind;
    struct jm_report report;
    bool malformed;
    size_t malformed_at;
    const struct jm_mdoc_verified *verified; /* of the mdoc kinds */
    struct jm_cert cert;
    /* of the kinds in JSON: unverified unless the verdict says so */
    const struct jm_json *header, *claims;
    struct jm_bytes reference; /* where an offer lies */
    struct jm_status_list list;
};

/** A row: what a kind is called, how it is judged, what its content is. */
struct jm_inspect_kind {
    const char *name;
    bool is_text; /* judged as it stands: base64url in it is its own */
    enum jm_status (*judge)(struct jm_inspect_run *r);
    void (*put)(struct jm_inspect_run *r); /* members of "content" */
};

/* inspect_run.c */
bool jm_inspect_is_blank(uint8_t c);
/** Letters, digits and @p more of ASCII, and at least one. */
bool jm_inspect_is_of(struct jm_bytes text, const char *more);
JM_MUST_CHECK enum jm_status jm_inspect_without_blanks(struct jm_bytes *out, struct jm_bytes text,
                                                       struct jm_arena *mem);
void jm_inspect_note(struct jm_findings *f, enum jm_code code, enum jm_result result,
                     const char *detail);
/* inspect_mdoc.c */
JM_MUST_CHECK enum jm_status jm_inspect_judge_mdoc(struct jm_inspect_run *r);
JM_MUST_CHECK enum jm_status jm_inspect_judge_certificate(struct jm_inspect_run *r);
JM_MUST_CHECK enum jm_status jm_inspect_judge_cbor(struct jm_inspect_run *r);
void jm_inspect_put_documents(struct jm_inspect_run *r);
void jm_inspect_put_certificate(struct jm_inspect_run *r);
void jm_inspect_put_transcript(struct jm_inspect_run *r);
void jm_inspect_put_mso(struct jm_inspect_run *r);
void jm_inspect_put_cert(struct jm_inspect_run *r, const struct jm_cert *c);
/* inspect_jose.c */
/** Name of the kind when it is JSON, a token or an address; else null. */
const char *jm_inspect_guess_text(struct jm_bytes text, struct jm_arena *mem);
/** The text that is judged: a token without any blanks, JSON as it stands. */
JM_MUST_CHECK enum jm_status jm_inspect_trim(struct jm_bytes *out, const char *kind,
                                             struct jm_bytes text, struct jm_arena *mem);
JM_MUST_CHECK enum jm_status jm_inspect_judge_sdjwt(struct jm_inspect_run *r);
JM_MUST_CHECK enum jm_status jm_inspect_judge_jws(struct jm_inspect_run *r);
JM_MUST_CHECK enum jm_status jm_inspect_judge_jwe(struct jm_inspect_run *r);
JM_MUST_CHECK enum jm_status jm_inspect_judge_offer(struct jm_inspect_run *r);
JM_MUST_CHECK enum jm_status jm_inspect_judge_request(struct jm_inspect_run *r);
void jm_inspect_put_token(struct jm_inspect_run *r);
void jm_inspect_put_offer(struct jm_inspect_run *r);
/* inspect_list.c */
bool jm_inspect_is_list_cwt(struct jm_bytes octets);
JM_MUST_CHECK enum jm_status jm_inspect_find_list(struct jm_inspect_run *r, struct jm_bytes uri,
                                                  struct jm_answer *out, struct jm_arena *mem);
JM_MUST_CHECK enum jm_status jm_inspect_judge_list(struct jm_inspect_run *r);
void jm_inspect_put_list(struct jm_inspect_run *r);
/* inspect_write.c */
bool jm_inspect_masked(const struct jm_inspect_run *r, struct jm_bytes id);
void jm_inspect_put_time(struct jm_json_w *w, const char *name, int64_t at_s);
void jm_inspect_put_hex(struct jm_inspect_run *r, const char *name, struct jm_bytes octets);
/** A value as it stands, with members masked and certificates of x5c left out. */
void jm_inspect_put_json(struct jm_inspect_run *r, const struct jm_json *v, unsigned depth);
/** Members of the report. */
JM_MUST_CHECK enum jm_status jm_inspect_put_report(struct jm_inspect_run *r);

#endif
