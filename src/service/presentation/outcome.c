/* SPDX-License-Identifier: Apache-2.0 */
/* What came of an answer, as JSON: the report for whoever asks, the claims for the service alone.
 */
#include <string.h>

#include "base/record.h"
#include "jumin/cbor.h"
#include "service/presentation/parts.h"

/* -- the report -- */

struct assurance {
    int64_t key_level, issuance_level, status_age_s;
    const char *flow;
};
#define SAID(member) JM_FIELD(assurance, member, #member, SAID, 0, 0)
JM_MSG(assurance, assurance, false, SAID(key_level), SAID(issuance_level), SAID(status_age_s),
       JM_FIELD(assurance, flow, "flow", WORD, 0, 0));

struct presented {
    struct jm_bytes query, type;
    const char *format;
};
JM_MSG(presented, presented, false, JM_FIELD(presented, query, "query", STR, 0, 0),
       JM_FIELD(presented, format, "format", WORD, 0, 0),
       JM_FIELD(presented, type, "type", STR, 0, 0));

struct outcome {
    const char *verdict;
    struct jm_report_msg report;
    struct assurance assurance;
    struct jm_msg_list presented;
    struct jm_bytes receipt;
};
static const struct jm_msg_field jm_outcome_more_fields[] = {
    JM_FIELD_OF(outcome, report, "", PART, jm_report_msg),
    JM_FIELD_OF(outcome, assurance, "assurance", OBJECT, assurance),
    JM_FIELD_OF(outcome, presented, "presented", LIST, presented),
    JM_FIELD(outcome, receipt, "receipt", STR, 0, 0),
};
const struct jm_msg jm_outcome_more = JM_MSG_DEF(jm_outcome_more, outcome, false);
JM_MSG(judged_msg, outcome, false, JM_FIELD(outcome, verdict, "verdict", WORD, 0, 0),
       {"", JM_MSG_PART, 0, 0, 0, &jm_outcome_more, NULL});
JM_MSG(ended_msg, outcome, false, JM_FIELD(outcome, verdict, "verdict", WORD, 0, 0),
       JM_FIELD_OF(outcome, report, "", PART, jm_report_msg)); /* nothing was presented */

/*
 * A row has what was found, without the sentences, clauses and lists that its codes stand for: a
 * tenth of what is told. CBOR: [verdict, [[number of the code, result, offset, path, reason], …]],
 * and of an answer that was judged [key level, issuance level, age of lists, same device, receipt,
 * [[query, mdoc, type], …]].
 */
enum { OF_ENDED = 2, OF_JUDGED = 3, OF_CHECK = 5, OF_MORE = 6, OF_PRESENTED = 3 };
#define CHECK_ROOM 32 /* octets of a check but its path and reason */

static size_t room_of(const struct jm_report *r)
{
    size_t n = 512;

    for (size_t i = 0; i < r->n; i++)
        n += CHECK_ROOM + r->checks[i].path.len + r->checks[i].detail.len;
    return n;
}

static void put_report(struct jm_cbor_w *w, const struct jm_report *r, size_t members)
{
    jm_cbor_w_array(w, members);
    jm_cbor_w_uint(w, r->verdict);
    jm_cbor_w_array(w, r->n);
    for (size_t i = 0; i < r->n; i++) {
        const struct jm_check *c = &r->checks[i];

        jm_cbor_w_array(w, OF_CHECK);
        jm_cbor_w_uint(w, c->code);
        jm_cbor_w_uint(w, c->result);
        jm_cbor_w_uint(w, c->offset);
        jm_cbor_w_text(w, c->path);
        jm_cbor_w_text(w, c->detail);
    }
}

enum jm_status jm_report_row(struct jm_bytes *out, const struct jm_judging *j,
                             const struct jm_report *r, struct jm_bytes receipt)
{
    size_t room = room_of(r);
    struct jm_cbor_w w;
    struct jm_buf b;

    for (size_t i = 0; i < j->n; i++)
        room += 16 + j->presented[i].query->id.len + j->presented[i].type.len;
    JM_TRY(jm_alloc_buf(&b, j->mem, room));
    jm_cbor_w_init(&w, &b);
    put_report(&w, r, OF_JUDGED);
    jm_cbor_w_array(&w, OF_MORE);
    jm_cbor_w_int(&w, j->key_level);
    jm_cbor_w_int(&w, j->issuance_level);
    jm_cbor_w_int(&w, j->look.status_age_s);
    jm_cbor_w_bool(&w, j->p->return_to.len != 0);
    jm_cbor_w_text(&w, receipt);
    jm_cbor_w_array(&w, j->n);
    for (size_t i = 0; i < j->n; i++) {
        jm_cbor_w_array(&w, OF_PRESENTED);
        jm_cbor_w_text(&w, j->presented[i].query->id);
        jm_cbor_w_bool(&w, j->presented[i].query->fmt == JM_FMT_MDOC);
        jm_cbor_w_text(&w, j->presented[i].type);
    }
    JM_TRY(jm_cbor_w_end(&w));
    *out = jm_written(b);
    return JM_OK;
}

enum jm_status jm_report_single(struct jm_bytes *out, enum jm_code code, enum jm_result result,
                                struct jm_bytes detail, struct jm_arena *mem)
{
    const struct jm_check check = {.code = code,
                                   .result = result,
                                   .required = true,
                                   .detail = detail};
    const struct jm_report r = {jm_verdict_of(&check, 1), &check, 1};
    struct jm_cbor_w w;
    struct jm_buf b;

    jm_record(code, result);
    JM_TRY(jm_alloc_buf(&b, mem, room_of(&r)));
    jm_cbor_w_init(&w, &b);
    put_report(&w, &r, OF_ENDED);
    JM_TRY(jm_cbor_w_end(&w));
    *out = jm_written(b);
    return JM_OK;
}

/* What another program wrote by a number that is none of ours is left out. */
static enum jm_status read_report(struct jm_report *out, struct jm_cbor *r, struct jm_arena *mem)
{
    uint64_t verdict = jm_cbor_uint(r);
    size_t n = jm_cbor_array(r);
    struct jm_check *check =
        n > JM_PRESENTED_CHECKS_MAX ? NULL : JM_NEW_N(mem, struct jm_check, n + 1);

    if (check == NULL || verdict > JM_REJECTED)
        return check == NULL ? JM_E_NO_SPACE : JM_E_TYPE;
    *out = (struct jm_report){(enum jm_verdict)verdict, check, 0};
    for (size_t i = 0; i < n; i++) {
        struct jm_check *c = &check[out->n];
        uint64_t code, result, offset;

        if (jm_cbor_array(r) != OF_CHECK)
            return JM_E_TYPE;
        code = jm_cbor_uint(r);
        result = jm_cbor_uint(r);
        offset = jm_cbor_uint(r);
        c->path = jm_cbor_text(r);
        c->detail = jm_cbor_text(r);
        if (code > UINT16_MAX || result > JM_UNKNOWN || offset > UINT32_MAX)
            return JM_E_TYPE;
        c->code = jm_code_info((enum jm_code)code)->code;
        c->result = (enum jm_result)result;
        c->offset = (uint32_t)offset;
        out->n += c->code != JM_CODE_NONE;
    }
    return JM_OK;
}

static enum jm_status read_more(struct outcome *out, struct jm_cbor *r, struct jm_arena *mem)
{
    struct presented *p;
    size_t n;

    if (jm_cbor_array(r) != OF_MORE)
        return JM_E_TYPE;
    out->assurance.key_level = jm_cbor_int(r);
    out->assurance.issuance_level = jm_cbor_int(r);
    out->assurance.status_age_s = jm_cbor_int(r);
    out->assurance.flow = jm_cbor_bool(r) ? "same-device" : "cross-device";
    out->receipt = jm_cbor_text(r);
    n = jm_cbor_array(r);
    if (n > JM_PRESENTED_MAX || (p = JM_NEW_N(mem, struct presented, n + 1)) == NULL)
        return n > JM_PRESENTED_MAX ? JM_E_TYPE : JM_E_NO_SPACE;
    for (size_t i = 0; i < n; i++) {
        if (jm_cbor_array(r) != OF_PRESENTED)
            return JM_E_TYPE;
        p[i].query = jm_cbor_text(r);
        p[i].format = jm_cbor_bool(r) ? "mso_mdoc" : "dc+sd-jwt";
        p[i].type = jm_cbor_text(r);
    }
    out->presented = (struct jm_msg_list){p, n};
    return JM_OK;
}

enum jm_status jm_report_read(struct jm_report *out, struct jm_bytes row, struct jm_arena *mem)
{
    struct jm_cbor r;

    jm_cbor_init(&r, row);
    (void)jm_cbor_array(&r);
    return read_report(out, &r, mem);
}

enum jm_status jm_report_json(struct jm_bytes *out, struct jm_bytes row, struct jm_sentences say,
                              struct jm_arena *mem)
{
    static const char *const verdicts[] =
        {[JM_ACCEPTED] = "accepted", [JM_REJECTED] = "rejected", [JM_UNDECIDED] = "undecided"};
    struct outcome o = {.verdict = NULL};
    struct jm_check_msg *check;
    struct jm_report report;
    struct jm_cbor r;
    size_t n;

    jm_cbor_init(&r, row);
    n = jm_cbor_array(&r);
    JM_TRY(read_report(&report, &r, mem));
    if (n == OF_JUDGED)
        JM_TRY(read_more(&o, &r, mem));
    JM_TRY(jm_cbor_end(&r));
    o.verdict = verdicts[report.verdict];
    JM_TRY(jm_report_tell(&o.report, &check, &report, say, mem));
    return jm_msg_text(out, n == OF_JUDGED ? &judged_msg : &ended_msg, &o, mem);
}

/* -- the claims -- */

enum { ELSEWHERE, ON_THE_WAY, CHOSEN };

static void put_json(struct jm_json_w *w, const struct jm_json *v)
{
    switch (v->type) {
    case JM_JSON_NULL: jm_json_w_null(w); return;
    case JM_JSON_FALSE:
    case JM_JSON_TRUE: jm_json_w_bool(w, v->type == JM_JSON_TRUE); return;
    case JM_JSON_NUMBER: jm_json_w_raw(w, v->text); return;
    case JM_JSON_STRING: jm_json_w_text(w, v->text); return;
    case JM_JSON_ARRAY:
        jm_json_w_open(w, '[');
        for (const struct jm_json *e = v->child; e != NULL; e = e->next)
            put_json(w, e);
        jm_json_w_close(w, ']');
        return;
    case JM_JSON_OBJECT:
        jm_json_w_open(w, '{');
        for (const struct jm_json *m = v->child; m != NULL; m = m->next) {
            jm_json_w_name_b(w, m->name);
            put_json(w, m);
        }
        jm_json_w_close(w, '}');
        return;
    }
}

/* All beneath an asked claim; of what lies above it, the way alone. */
static void put_claim(struct jm_json_w *w, const struct jm_claim *c, const uint8_t *mark,
                      bool whole);

static void put_members(struct jm_json_w *w, const struct jm_claim *c, const uint8_t *mark,
                        bool whole)
{
    for (const struct jm_claim *m = c->child; m != NULL; m = m->next) {
        bool asked = whole || mark[m->at] == CHOSEN;

        if (m->kind == JM_CLAIM_HIDDEN || (!asked && mark[m->at] == ELSEWHERE))
            continue;
        if (c->kind == JM_CLAIM_OBJECT)
            jm_json_w_name_b(w, m->name);
        put_claim(w, m, mark, asked);
    }
}

static void put_claim(struct jm_json_w *w, const struct jm_claim *c, const uint8_t *mark,
                      bool whole)
{
    bool object = c->kind == JM_CLAIM_OBJECT;
    struct jm_cbor r;

    if (c->kind != JM_CLAIM_VALUE) {
        jm_json_w_open(w, object ? '{' : '[');
        put_members(w, c, mark, whole);
        jm_json_w_close(w, object ? '}' : ']');
    } else if (c->json != NULL) {
        put_json(w, c->json);
    } else {
        jm_cbor_init(&r, c->cbor);
        jm_json_w_cbor(w, &r);
    }
}

static enum jm_status mark_asked(uint8_t **out, const struct jm_presented *p, struct jm_arena *mem)
{
    uint8_t *mark = JM_NEW_N(mem, uint8_t, p->claims.n + 1);

    *out = mark;
    if (mark == NULL)
        return JM_E_NO_SPACE;
    for (size_t i = 0; i < p->asked.n; i++) {
        for (const struct jm_claim *up = p->asked.claim[i]->up; up != NULL; up = up->up)
            mark[up->at] = ON_THE_WAY;
        mark[p->asked.claim[i]->at] = CHOSEN;
    }
    return JM_OK;
}

/* Of two presentations that say the same the first counts: a name stands once. */
static void drop_repeated(const struct jm_judging *j, uint8_t *const *mark, size_t i)
{
    for (const struct jm_claim *m = j->presented[i].claims.root->child; m != NULL; m = m->next)
        for (size_t k = 0; k < i; k++)
            for (const struct jm_claim *o = j->presented[k].claims.root == NULL
                                                ? NULL
                                                : j->presented[k].claims.root->child;
                 o != NULL; o = o->next)
                if (mark[k][o->at] != ELSEWHERE && jm_bytes_eq(o->name, m->name))
                    mark[i][m->at] = ELSEWHERE;
}

/* What no SD-JWT VC goes without: it says nothing of the holder (spec/openid4vc.md 9; `sub` does).
 */
static bool is_frame(const struct jm_claim *c)
{
    static const char *const name[] = {"iss", "iat",           "nbf",      "exp",   "cnf",
                                       "vct", "vct#integrity", "aka_vcts", "status"};

    for (size_t i = 0; i < JM_ARRAY_LEN(name); i++)
        if (c->up->up == NULL && c->part == 0 && jm_bytes_eq_str(c->name, name[i]))
            return true;
    return false;
}

/* Is anything in sight that was neither asked for nor lies beneath or around what was? Disclosed or
 * always visible alike. */
static bool shows_more(const struct jm_claims *of, const struct jm_claim *c, const uint8_t *mark)
{
    for (const struct jm_claim *m = c->child; m != NULL; m = m->next) {
        if (m->kind == JM_CLAIM_HIDDEN || mark[m->at] == CHOSEN ||
            (of->fmt == JM_FMT_SDJWT && mark[m->at] == ELSEWHERE && is_frame(m)))
            continue;
        if (mark[m->at] == ELSEWHERE || shows_more(of, m, mark))
            return true;
    }
    return false;
}

/* Was nothing shown but what was asked for? Else the octets as received say more than the service
 * may know (V-04). */
static bool only_asked(const struct jm_judging *j, uint8_t *const *mark)
{
    for (size_t k = 0; k < j->f.n; k++) /* the device's own elements are not in the tree */
        if (j->f.check[k].code == JM_MDOC_ELEMENT_NOT_REQUESTED && j->f.check[k].result != JM_PASS)
            return false;
    for (size_t i = 0; i < j->n; i++)
        if (j->presented[i].claims.root == NULL ||
            shows_more(&j->presented[i].claims, j->presented[i].claims.root, mark[i]))
            return false;
    return true;
}

enum jm_status jm_accepted_json(struct jm_bytes *out, const struct jm_judging *j)
{
    uint8_t *mark[JM_PRESENTED_MAX];
    struct jm_json_w w;
    struct jm_buf b;
    bool only;

    for (size_t i = 0; i < j->n; i++)
        JM_TRY(mark_asked(&mark[i], &j->presented[i], j->mem));
    only = only_asked(j, mark);
    for (size_t i = 0; i < j->n; i++)
        if (j->presented[i].claims.root != NULL)
            drop_repeated(j, mark, i);
    b = jm_buf_begin(j->mem);
    jm_json_w_init(&w, &b);
    jm_json_w_open(&w, '{');
    jm_json_w_mopen(&w, "claims", '{');
    for (size_t i = 0; i < j->n; i++)
        if (j->presented[i].claims.root != NULL)
            put_members(&w, j->presented[i].claims.root, mark[i], false);
    jm_json_w_close(&w, '}');
    if (only) {
        jm_json_w_mraw(&w, "vp_token", j->vp_token);
    }
    jm_json_w_close(&w, '}');
    *out = jm_buf_keep(j->mem, b);
    return jm_json_w_end(&w);
}
