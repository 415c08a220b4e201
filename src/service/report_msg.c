/* SPDX-License-Identifier: Apache-2.0 */
#include "service/report_msg.h"

#include <string.h>

#define CHECK(member, wire, kind, flags) JM_FIELD(jm_check_msg, member, wire, kind, 0, flags)
JM_MSG(check_msg, jm_check_msg, false, CHECK(code, "code", WORD, 0), CHECK(check, "check", WORD, 0),
       CHECK(clause, "clause", WORD, 0), CHECK(result, "result", WORD, 0),
       CHECK(path, "path", STR, 0), CHECK(by, "by", STR, 0),
       CHECK(reason, "reason", STR, JM_MSG_OPT), CHECK(offset, "offset", INT, JM_MSG_OPT));
static const struct jm_msg_field jm_report_msg_fields[] = {
    JM_FIELD(jm_report_msg, fail, "fail", TEXTS, 0, 0),
    JM_FIELD(jm_report_msg, warn, "warn", TEXTS, 0, 0),
    JM_FIELD(jm_report_msg, undecided, "undecided", TEXTS, 0, 0),
    JM_FIELD_OF(jm_report_msg, checks, "checks", LIST, check_msg),
};
const struct jm_msg jm_report_msg = JM_MSG_DEF(jm_report_msg, jm_report_msg, false);

static struct jm_check_msg check_told(const struct jm_check *c, struct jm_sentences say)
{
    static const char *const results[] = {[JM_NOT_RUN] = "skip",
                                          [JM_PASS] = "pass",
                                          [JM_FAIL] = "fail",
                                          [JM_WARN] = "warn",
                                          [JM_UNKNOWN] = "unknown"};
    const struct jm_code_info *info = jm_code_info(c->code);
    const char *sentence = say.of == NULL ? NULL : say.of(say.ctx, info);

    return (struct jm_check_msg){.code = info->name,
                                 .check = sentence == NULL ? info->name : sentence,
                                 .clause = info->rule,
                                 .result = results[c->result],
                                 .path = c->path,
                                 .by = jm_bytes(&info->by, 1),
                                 .reason = c->result == JM_PASS ? jm_none() : c->detail,
                                 .offset = c->offset};
}

/* Nothing is sorted in place: reports are short. */
static enum jm_status list_names(struct jm_msg_list *out, const struct jm_report *r,
                                 enum jm_result result, struct jm_arena *mem)
{
    struct jm_bytes *name = JM_NEW_N(mem, struct jm_bytes, r->n + 1);
    const char *last = "", *next;

    if (name == NULL)
        return JM_E_NO_SPACE;
    *out = (struct jm_msg_list){name, 0};
    for (;; last = next) {
        next = NULL;
        for (size_t i = 0; i < r->n; i++) {
            const char *this = jm_code_info(r->checks[i].code)->name;

            if (r->checks[i].result == result && strcmp(this, last) > 0 &&
                (next == NULL || strcmp(this, next) < 0))
                next = this;
        }
        if (next == NULL)
            return JM_OK;
        name[out->n++] = jm_str(next);
    }
}

enum jm_status jm_report_tell(struct jm_report_msg *out, struct jm_check_msg **checks,
                              const struct jm_report *r, struct jm_sentences say,
                              struct jm_arena *mem)
{
    if ((*checks = JM_NEW_N(mem, struct jm_check_msg, r->n + 1)) == NULL)
        return JM_E_NO_SPACE;
    for (size_t i = 0; i < r->n; i++)
        (*checks)[i] = check_told(&r->checks[i], say);
    out->checks = (struct jm_msg_list){*checks, r->n};
    JM_TRY(list_names(&out->fail, r, JM_FAIL, mem));
    JM_TRY(list_names(&out->warn, r, JM_WARN, mem));
    return list_names(&out->undecided, r, JM_UNKNOWN, mem);
}
