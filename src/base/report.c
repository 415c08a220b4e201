/* SPDX-License-Identifier: Apache-2.0 */
#include "jumin/report.h"

enum jm_status jm_findings_init(struct jm_findings *f, struct jm_arena *mem, size_t cap)
{
    f->check = JM_NEW_N(mem, struct jm_check, cap);
    f->cap = f->check == NULL ? 0 : cap;
    f->n = 0;
    f->st = f->check == NULL ? JM_E_NO_SPACE : JM_OK;
    return f->st;
}

/* PASS is the least, FAIL the worst that can be said of a check. */
static int rank(enum jm_result r)
{
    switch (r) {
    case JM_PASS: return 0;
    case JM_NOT_RUN: return 1;
    case JM_WARN: return 2;
    case JM_UNKNOWN: return 3;
    case JM_FAIL: break;
    }
    return 4;
}

void jm_note(struct jm_findings *f, enum jm_code code, enum jm_result result, bool required, uint16_t object,
             size_t offset, struct jm_bytes path, const char *detail)
{
    struct jm_check c = {code, result, required, object, offset > UINT32_MAX ? UINT32_MAX : (uint32_t)offset, path,
                         jm_str(detail)};

    for (size_t i = 0; i < f->n; i++) {
        struct jm_check *old = &f->check[i];

        if (old->code != code || old->object != object || !jm_bytes_eq(old->path, path))
            continue;
        if (rank(result) > rank(old->result)) {
            c.required |= old->required;
            *old = c;
        }
        return;
    }
    if (f->n == f->cap) {
        if (f->st == JM_OK)
            f->st = JM_E_LIMIT;
        return;
    }
    f->check[f->n++] = c;
}

enum jm_verdict jm_verdict_of(const struct jm_check *c, size_t n)
{
    bool open = false, proved = false;

    for (size_t i = 0; i < n; i++) {
        if (c[i].result == JM_FAIL)
            return JM_REJECTED;
        if (c[i].result == JM_UNKNOWN || (c[i].required && c[i].result == JM_NOT_RUN))
            open = true;
        if (c[i].required && c[i].result == JM_PASS)
            proved = true;
    }
    return open || !proved ? JM_UNDECIDED : JM_ACCEPTED;
}

enum jm_status jm_report_of(struct jm_report *out, const struct jm_findings *f)
{
    out->checks = f->check;
    out->n = f->n;
    out->verdict = f->st == JM_OK ? jm_verdict_of(f->check, f->n) : JM_REJECTED;
    return f->st;
}

enum jm_code jm_report_reason(const struct jm_report *r)
{
    for (size_t i = 0; i < r->n; i++)
        if (r->checks[i].result == JM_FAIL)
            return r->checks[i].code;
    for (size_t i = 0; i < r->n; i++)
        if (r->checks[i].result == JM_UNKNOWN)
            return r->checks[i].code;
    return JM_CODE_NONE;
}

bool jm_report_has(const struct jm_report *r, enum jm_code code, enum jm_result result)
{
    for (size_t i = 0; i < r->n; i++)
        if (r->checks[i].code == code && r->checks[i].result == result)
            return true;
    return false;
}
