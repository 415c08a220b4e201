/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file report_msg.h  Room: service. A report (jumin/report.h) as a message: what the result API,
 * the stored outcome and `jumin inspect` all say of one.
 *
 * Spec: spec/domain.md D-330; spec/cli.md 3
 */
#ifndef JUMIN_SERVICE_REPORT_MSG_H
#define JUMIN_SERVICE_REPORT_MSG_H

#include "jumin/report.h"
#include "service/msg.h"

struct jm_check_msg {
    const char *code, *check, *clause, *result; /* check: the sentence of the code */
    struct jm_bytes path, by, reason;           /* reason: none of a pass */
    int64_t offset;                             /* 0: none applies */
};
struct jm_report_msg {
    struct jm_msg_list fail, warn, undecided; /* full names, each once, by the alphabet */
    struct jm_msg_list checks;                /* of struct jm_check_msg */
};
extern const struct jm_msg jm_report_msg;

/** Views into @p r. @p checks: the items of its list, for whoever knows more of their paths. */
JM_MUST_CHECK enum jm_status jm_report_tell(struct jm_report_msg *out, struct jm_check_msg **checks,
                                            const struct jm_report *r, struct jm_sentences say,
                                            struct jm_arena *mem);

#endif
