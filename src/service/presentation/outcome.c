/* SPDX-License-Identifier: Apache-2.0 */
/* What came of an answer, as JSON: the report for whoever asks, the claims for the service alone.
 */
#include <string.h>

#include "base/record.h"
#include "jumin/cbor.h"
#include "service/presentation/parts.h"

/* -- the report -- */

static const char *result_name(enum jm_result r)
{
    switch (r) {
    case JM_NOT_RUN: return "skip";
    case JM_PASS: return "pass";
    case JM_FAIL: return "fail";
    case JM_WARN: return "warn";
    case JM_UNKNOWN: break;
    }
    return "unknown";
}

static const char *verdict_name(enum jm_verdict v)
{
    return v == JM_ACCEPTED ? "accepted" : v == JM_REJECTED ? "rejected" : "undecided";
}

static void put_check(struct jm_json_w *w, const struct jm_env *env, const struct jm_check *c)
{
    const struct jm_code_info *info = jm_code_info(c->code);
    const char *sentence =
        env->sentence == NULL ? NULL : env->sentence(env->sentence_ctx, info->name);

    jm_json_w_open(w, '{');
    jm_json_w_mstr(w, "code", info->name);
    jm_json_w_mstr(w, "check", sentence == NULL ? info->name : sentence);
    jm_json_w_mstr(w, "clause", info->rule);
    jm_json_w_mstr(w, "result", result_name(c->result));
    jm_json_w_mtext(w, "path", c->path);
    jm_json_w_mtext(w, "by", jm_bytes(&info->by, 1));
    if (c->result != JM_PASS)
        jm_json_w_mtext(w, "reason", c->detail);
    jm_json_w_close(w, '}');
}

static bool said_before(const struct jm_report *r, size_t at)
{
    for (size_t i = 0; i < at; i++)
        if (r->checks[i].code == r->checks[at].code && r->checks[i].result == r->checks[at].result)
            return true;
    return false;
}

/* Full names, each once, in the order of the alphabet: nothing is sorted in place, the reports are
 * short. */
static void put_codes(struct jm_json_w *w, const char *member, const struct jm_report *r,
                      enum jm_result result)
{
    const char *last = "";

    jm_json_w_mopen(w, member, '[');
    for (;;) {
        const char *next = NULL;

        for (size_t i = 0; i < r->n; i++) {
            const char *name = jm_code_info(r->checks[i].code)->name;

            if (r->checks[i].result == result && !said_before(r, i) && strcmp(name, last) > 0 &&
                (next == NULL || strcmp(name, next) < 0))
                next = name;
        }
        if (next == NULL)
            break;
        jm_json_w_text(w, jm_str(next));
        last = next;
    }
    jm_json_w_close(w, ']');
}

static void put_level(struct jm_json_w *w, const char *name, int64_t v)
{
    jm_json_w_name(w, name);
    if (v < 0)
        jm_json_w_null(w);
    else
        jm_json_w_int(w, v);
}

static void put_assurance(struct jm_json_w *w, const struct jm_judging *j)
{
    jm_json_w_mopen(w, "assurance", '{');
    put_level(w, "key_level", j->key_level);
    put_level(w, "issuance_level", j->issuance_level);
    put_level(w, "status_age_s", j->look.status_age_s);
    jm_json_w_mstr(w, "flow", "cross-device");
    jm_json_w_close(w, '}');
    jm_json_w_mopen(w, "presented", '[');
    for (size_t i = 0; i < j->n; i++) {
        jm_json_w_open(w, '{');
        jm_json_w_mtext(w, "query", j->presented[i].query->id);
        jm_json_w_mstr(w, "format",
                       j->presented[i].query->fmt == JM_FMT_MDOC ? "mso_mdoc" : "dc+sd-jwt");
        jm_json_w_mtext(w, "type", j->presented[i].type);
        jm_json_w_close(w, '}');
    }
    jm_json_w_close(w, ']');
}

static void put_report(struct jm_json_w *w, const struct jm_env *env, const struct jm_report *r)
{
    jm_json_w_mstr(w, "verdict", verdict_name(r->verdict));
    put_codes(w, "fail", r, JM_FAIL);
    put_codes(w, "warn", r, JM_WARN);
    put_codes(w, "undecided", r, JM_UNKNOWN);
    jm_json_w_mopen(w, "checks", '[');
    for (size_t i = 0; i < r->n; i++)
        put_check(w, env, &r->checks[i]);
    jm_json_w_close(w, ']');
}

enum jm_status jm_report_json(struct jm_bytes *out, const struct jm_judging *j,
                              const struct jm_report *r, struct jm_bytes receipt)
{
    struct jm_buf b = jm_buf_begin(j->mem);
    struct jm_json_w w;

    jm_json_w_init(&w, &b);
    jm_json_w_open(&w, '{');
    put_report(&w, &j->v->base.env, r);
    put_assurance(&w, j);
    jm_json_w_mtext(&w, "receipt", receipt);
    jm_json_w_close(&w, '}');
    *out = jm_buf_keep(j->mem, b);
    return jm_json_w_end(&w);
}

enum jm_status jm_report_single(struct jm_bytes *out, struct jm_verifier *v, enum jm_code code,
                                enum jm_result result, struct jm_bytes detail, struct jm_arena *mem)
{
    const struct jm_check check = {.code = code,
                                   .result = result,
                                   .required = true,
                                   .detail = detail};
    const struct jm_report r = {jm_verdict_of(&check, 1), &check, 1};
    struct jm_json_w w;
    struct jm_buf b;

    jm_record(code, result);
    JM_TRY(jm_alloc_buf(&b, mem, 4096 + 6 * detail.len));
    jm_json_w_init(&w, &b);
    jm_json_w_open(&w, '{');
    put_report(&w, &v->base.env, &r);
    jm_json_w_close(&w, '}');
    *out = jm_written(b);
    return jm_json_w_end(&w);
}

/* -- the claims -- */

/* RFC 8949 6.1: octets become base64url, tags fall away. The item was judged whole before. */
static void put_cbor(struct jm_json_w *w, struct jm_cbor *r, unsigned depth)
{
    enum jm_cbor_type t = depth > JM_CBOR_DEPTH_MAX ? JM_CBOR_NONE : jm_cbor_peek(r);

    switch (t) {
    case JM_CBOR_UINT:
    case JM_CBOR_NINT: jm_json_w_int(w, jm_cbor_int(r)); return;
    case JM_CBOR_BYTES: jm_json_w_b64url(w, jm_cbor_bytes(r)); return;
    case JM_CBOR_TEXT: jm_json_w_text(w, jm_cbor_text(r)); return;
    case JM_CBOR_TRUE:
    case JM_CBOR_FALSE: jm_json_w_bool(w, jm_cbor_bool(r)); return;
    case JM_CBOR_TAG:
        (void)jm_cbor_tag(r);
        put_cbor(w, r, depth + 1);
        return;
    case JM_CBOR_ARRAY:
        jm_json_w_open(w, '[');
        for (size_t n = jm_cbor_array(r); n > 0 && r->st == JM_OK; n--)
            put_cbor(w, r, depth + 1);
        jm_json_w_close(w, ']');
        return;
    case JM_CBOR_MAP:
        jm_json_w_open(w, '{');
        for (size_t n = jm_cbor_map(r); n > 0 && r->st == JM_OK; n--) {
            if (jm_cbor_peek(r) == JM_CBOR_TEXT) {
                jm_json_w_name_b(w, jm_cbor_text(r));
                put_cbor(w, r, depth + 1);
            } else { /* JSON has no name for it */
                (void)jm_cbor_item(r);
                (void)jm_cbor_item(r);
            }
        }
        jm_json_w_close(w, '}');
        return;
    case JM_CBOR_NULL:
    case JM_CBOR_SIMPLE:
    case JM_CBOR_NONE: break;
    }
    (void)jm_cbor_item(r);
    jm_json_w_null(w);
}

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
        put_cbor(w, &r, 0);
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
