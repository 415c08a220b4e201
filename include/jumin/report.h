/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file report.h  Room: base. Every check with its own code and result; the verdict is computed
 * from them by one function.
 *
 * Zero is NOT_RUN, and NOT_RUN is never a pass. Spec: spec/domain.md D-330, D-331; spec/mdoc.md 1
 * (5, 6)
 */
#ifndef JUMIN_REPORT_H
#define JUMIN_REPORT_H

#include "jumin/arena.h"
#include "jumin/code.h"

enum jm_result { JM_NOT_RUN, JM_PASS, JM_FAIL, JM_WARN, JM_UNKNOWN };
enum jm_verdict { JM_UNDECIDED, JM_ACCEPTED, JM_REJECTED };

struct jm_check {
    enum jm_code code;
    enum jm_result result;
    uint32_t offset;        /* octet in the input, 0 where none applies */
    uint16_t object;        /* which document, certificate, presentation */
    bool required;          /* ACCEPTED only if it passed (or warned) */
    bool said;              /* by the check itself; else it was only expected */
    struct jm_bytes path;   /* e.g. org.iso.23220.1/family_name */
    struct jm_bytes detail; /* reason for all but PASS */
};

struct jm_report {
    enum jm_verdict verdict;
    const struct jm_check *checks;
    size_t n;
};

#define JM_REPORT_MAX 1024 /* checks of one report; more is JM_E_LIMIT */

/**
 * Collects checks in an arena. A code may be noted once per object and path; the worst that was
 * said stays: FAIL, UNKNOWN, WARN, NOT_RUN, PASS. What belongs into a report is expected first: it
 * stands there as NOT_RUN until the check itself says more.
 */
struct jm_findings {
    struct jm_check *check;
    size_t n, cap, next;  /* next: where a search begins */
    enum jm_code highest; /* of all that stand here */
    enum jm_status st;
};

JM_MUST_CHECK enum jm_status jm_findings_init(struct jm_findings *f, struct jm_arena *mem,
                                              size_t cap);
void jm_note(struct jm_findings *f, enum jm_code code, enum jm_result result, bool required,
             uint16_t object, size_t offset, struct jm_bytes path, const char *detail);
/** A check that must appear: NOT_RUN for @p why until it is noted. @p required: acceptance needs
 * it. */
void jm_expect(struct jm_findings *f, enum jm_code code, bool required, uint16_t object,
               struct jm_bytes path, const char *why);
/** A check that turned out to have nothing to look at: NOT_RUN for @p why, and acceptance does not
 * need it. */
void jm_excuse(struct jm_findings *f, enum jm_code code, uint16_t object, const char *why);
/**
 * The one verdict: any FAIL → REJECTED; else a required check that is UNKNOWN or NOT_RUN, or any
 * UNKNOWN → UNDECIDED; else, if at least one required check passed → ACCEPTED.
 */
enum jm_verdict jm_verdict_of(const struct jm_check *checks, size_t n);
/** @retval the sticky status: JM_OK | JM_E_LIMIT */
JM_MUST_CHECK enum jm_status jm_report_of(struct jm_report *out, const struct jm_findings *f);
/** First failing code (then first unknown one), or JM_CODE_NONE. */
enum jm_code jm_report_reason(const struct jm_report *r);
/** Was it noted with this result? */
bool jm_report_has(const struct jm_report *r, enum jm_code code, enum jm_result result);

#endif
