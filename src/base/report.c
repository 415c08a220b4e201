/* SPDX-License-Identifier: Apache-2.0 */
#include "jumin/report.h"
#include "base/record.h"

enum jm_status jm_findings_init(struct jm_findings *f, struct jm_arena *mem, size_t cap)
{
    struct jm_buf room = {NULL, 0, 0};
    size_t len;

    *f = (struct jm_findings){.st = JM_E_NO_SPACE};
    if (!jm_mul_ok(cap, sizeof *f->check, &len) || jm_alloc_buf(&room, mem, len) != JM_OK)
        return JM_E_NO_SPACE;
    f->check = (struct jm_check *)(void *)room.ptr; /* filled before it is read */
    f->cap = cap;
    f->st = JM_OK;
    return JM_OK;
}

/* PASS is the least, FAIL the worst that can be said of a check. */
static int rank_of(enum jm_result r)
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

/* Checks mostly come in the order in which they were expected: the search begins behind the last
 * one found. */
static struct jm_check *find_check(struct jm_findings *f, enum jm_code code, uint16_t object,
                                   struct jm_bytes path)
{
    for (size_t k = 0, i = f->next; code <= f->highest && k < f->n; k++, i++) {
        i = i < f->n ? i : 0;
        if (f->check[i].code == code && f->check[i].object == object &&
            jm_bytes_eq(f->check[i].path, path)) {
            f->next = i + 1;
            return &f->check[i];
        }
    }
    return NULL;
}

static void append_check(struct jm_findings *f, const struct jm_check *c)
{
    if (f->n == f->cap) {
        if (f->st == JM_OK)
            f->st = JM_E_LIMIT;
        return;
    }
    f->check[f->n++] = *c;
    if (c->code > f->highest)
        f->highest = c->code;
}

void jm_expect(struct jm_findings *f, enum jm_code code, bool required, uint16_t object,
               struct jm_bytes path, const char *why)
{
    struct jm_check c = {code, JM_NOT_RUN, 0, object, required, false, path, jm_str(why)};
    struct jm_check *old = find_check(f, code, object, path);

    if (old == NULL)
        append_check(f, &c);
    else
        old->required |= required;
}

void jm_excuse(struct jm_findings *f, enum jm_code code, uint16_t object, const char *why)
{
    struct jm_check c = {code, JM_NOT_RUN, 0, object, false, false, {NULL, 0}, jm_str(why)};
    struct jm_check *old = find_check(f, code, object, jm_none());

    if (old == NULL)
        append_check(f, &c);
    else if (!old->said)
        *old = c;
}

/* A check that a part of an input fulfils is expected for the whole, and noted by its part. */
void jm_note(struct jm_findings *f, enum jm_code code, enum jm_result result, bool required,
             uint16_t object, size_t offset, struct jm_bytes path, const char *detail)
{
    struct jm_check c = {code,
                         result,
                         offset > UINT32_MAX ? UINT32_MAX : (uint32_t)offset,
                         object,
                         required,
                         true,
                         path,
                         jm_str(result == JM_PASS ? NULL : detail)};
    struct jm_check *old = find_check(f, code, object, path);

    jm_record(code, result);
    if (old == NULL) {
        append_check(f, &c);
        return;
    }
    c.required |= old->required;
    if (!old->said || rank_of(result) > rank_of(old->result))
        *old = c;
    old->required = c.required;
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
