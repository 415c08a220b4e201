/* SPDX-License-Identifier: Apache-2.0 */
#include "jumin/dcql.h"

#include <string.h>

static enum jm_status bad(struct jm_diag *d, const char *what)
{
    return jm_refuse(d, JM_E_MALFORMED, JM_VP_DCQL, what);
}

static bool id_ok(struct jm_bytes id)
{
    if (id.len == 0 || id.len > 64)
        return false;
    for (size_t i = 0; i < id.len; i++) {
        uint8_t c = id.ptr[i];

        if (!((c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '-'))
            return false;
    }
    return true;
}

static bool text_array(const struct jm_json *a)
{
    if (a == NULL || a->type != JM_JSON_ARRAY || a->n == 0)
        return false;
    for (const struct jm_json *e = a->child; e != NULL; e = e->next)
        if (e->type != JM_JSON_STRING)
            return false;
    return true;
}

static enum jm_status parse_claim(struct jm_dcql_claim *c, const struct jm_json *j, enum jm_fmt fmt, struct jm_diag *d)
{
    const struct jm_json *e, *retain = jm_json_get(j, "intent_to_retain");
    size_t i = 0;
    int64_t index;

    if (j->type != JM_JSON_OBJECT || jm_json_opt_str(&c->id, j, "id") != JM_OK || (c->id.ptr != NULL && !id_ok(c->id)))
        return bad(d, "claim: id");
    c->path = jm_json_get(j, "path");
    if (c->path == NULL || c->path->type != JM_JSON_ARRAY || c->path->n == 0 || c->path->n > JM_DCQL_PATH_MAX)
        return bad(d, "claim: path");
    c->n_steps = c->path->n;
    for (e = c->path->child; e != NULL; e = e->next, i++) {
        bool number = e->type == JM_JSON_NUMBER && jm_json_int(&index, e) == JM_OK && index >= 0;

        if (e->type != JM_JSON_STRING && (fmt == JM_FMT_MDOC || (e->type != JM_JSON_NULL && !number)))
            return bad(d, "claim: a step of path");
        if (i < 2 && e->type == JM_JSON_STRING)
            c->step[i] = e->text.ptr == NULL ? JM_BYTES("") : e->text;
    }
    if (fmt == JM_FMT_MDOC && c->n_steps != 2)
        return bad(d, "claim: an mdoc path is [namespace, element]");
    c->values = jm_json_get(j, "values");
    if (c->values != NULL && (c->values->type != JM_JSON_ARRAY || c->values->n == 0))
        return bad(d, "claim: values");
    c->retain = retain != NULL && retain->type == JM_JSON_TRUE;
    return JM_OK;
}

static bool same_path(const struct jm_dcql_claim *a, const struct jm_dcql_claim *b)
{
    const struct jm_json *x = a->path->child, *y = b->path->child;

    for (; x != NULL && y != NULL; x = x->next, y = y->next)
        if (x->type != y->type || !jm_bytes_eq(x->text, y->text))
            return false;
    return x == y;
}

static const struct jm_dcql_claim *claim_by_id(const struct jm_dcql_credential *c, const struct jm_json *id)
{
    for (size_t i = 0; i < c->n; i++)
        if (id->type == JM_JSON_STRING && c->claim[i].id.ptr != NULL && jm_bytes_eq(c->claim[i].id, id->text))
            return &c->claim[i];
    return NULL;
}

static enum jm_status parse_claim_sets(const struct jm_dcql_credential *c, struct jm_diag *d)
{
    if (c->claim_sets == NULL)
        return JM_OK;
    if (c->n == 0 || c->claim_sets->type != JM_JSON_ARRAY || c->claim_sets->n == 0)
        return bad(d, "claim_sets without claims, or empty");
    for (size_t i = 0; i < c->n; i++)
        if (c->claim[i].id.ptr == NULL)
            return bad(d, "claim_sets need claim ids");
    for (const struct jm_json *s = c->claim_sets->child; s != NULL; s = s->next) {
        if (!text_array(s))
            return bad(d, "claim_sets");
        for (const struct jm_json *e = s->child; e != NULL; e = e->next)
            if (claim_by_id(c, e) == NULL)
                return bad(d, "claim_sets: unknown id");
    }
    return JM_OK;
}

static enum jm_status parse_claims(struct jm_dcql_credential *c, const struct jm_json *list, struct jm_arena *mem, struct jm_diag *d)
{
    struct jm_dcql_claim *claim;

    if (list == NULL)
        return JM_OK;
    if (list->type != JM_JSON_ARRAY || list->n == 0 || list->n > JM_DCQL_CLAIMS_MAX)
        return bad(d, "claims");
    if ((claim = JM_NEW_N(mem, struct jm_dcql_claim, list->n)) == NULL)
        return JM_E_NO_SPACE;
    for (const struct jm_json *e = list->child; e != NULL; e = e->next) {
        struct jm_dcql_claim *x = &claim[c->n];

        JM_TRY(parse_claim(x, e, c->fmt, d));
        for (size_t i = 0; i < c->n; i++)
            if (same_path(x, &claim[i]) || (x->id.ptr != NULL && jm_bytes_eq(x->id, claim[i].id)))
                return bad(d, "a claim or claim id occurs twice");
        c->n++;
    }
    c->claim = claim;
    return JM_OK;
}

static enum jm_status parse_meta(struct jm_dcql_credential *c, const struct jm_json *j, struct jm_diag *d)
{
    const struct jm_json *meta = jm_json_get(j, "meta");
    struct jm_bytes format;

    if (jm_json_str(&format, j, "format") != JM_OK)
        return bad(d, "credential: format");
    if (meta == NULL || meta->type != JM_JSON_OBJECT)
        return bad(d, "credential: meta");
    if (jm_bytes_eq_str(format, "mso_mdoc")) {
        c->fmt = JM_FMT_MDOC;
        return jm_json_opt_str(&c->type, meta, "doctype_value") == JM_OK ? JM_OK : bad(d, "meta: doctype_value");
    }
    if (!jm_bytes_eq_str(format, "dc+sd-jwt"))
        return jm_refuse(d, JM_E_UNSUPPORTED, JM_VP_FORMAT, "credential: format is not known");
    c->fmt = JM_FMT_SDJWT;
    c->vct_values = jm_json_get(meta, "vct_values");
    return c->vct_values == NULL || text_array(c->vct_values) ? JM_OK : bad(d, "meta: vct_values");
}

static bool flag(const struct jm_json *j, const char *name, bool absent, bool *ok)
{
    const struct jm_json *v = jm_json_get(j, name);

    if (v == NULL)
        return absent;
    if (v->type != JM_JSON_TRUE && v->type != JM_JSON_FALSE)
        *ok = false;
    return v->type == JM_JSON_TRUE;
}

static enum jm_status parse_credential(struct jm_dcql_credential *c, const struct jm_json *j, struct jm_arena *mem, struct jm_diag *d)
{
    bool ok = true;

    if (j->type != JM_JSON_OBJECT || jm_json_str(&c->id, j, "id") != JM_OK || !id_ok(c->id))
        return bad(d, "credential: id");
    JM_TRY(parse_meta(c, j, d));
    c->multiple = flag(j, "multiple", false, &ok);
    c->holder_binding = flag(j, "require_cryptographic_holder_binding", true, &ok);
    if (!ok)
        return bad(d, "credential: a flag is no boolean");
    c->authorities = jm_json_get(j, "trusted_authorities");
    if (c->authorities != NULL && (c->authorities->type != JM_JSON_ARRAY || c->authorities->n == 0))
        return bad(d, "trusted_authorities");
    JM_TRY(parse_claims(c, jm_json_get(j, "claims"), mem, d));
    c->claim_sets = jm_json_get(j, "claim_sets");
    return parse_claim_sets(c, d);
}

static const struct jm_dcql_credential *by_id(const struct jm_dcql *q, const struct jm_json *id)
{
    for (size_t i = 0; i < q->n; i++)
        if (id->type == JM_JSON_STRING && jm_bytes_eq(q->credential[i].id, id->text))
            return &q->credential[i];
    return NULL;
}

static enum jm_status parse_sets(const struct jm_dcql *q, struct jm_diag *d)
{
    bool ok = true;

    if (q->sets == NULL)
        return JM_OK;
    if (q->sets->type != JM_JSON_ARRAY || q->sets->n == 0)
        return bad(d, "credential_sets");
    for (const struct jm_json *s = q->sets->child; s != NULL; s = s->next) {
        const struct jm_json *options = jm_json_get(s, "options");

        (void)flag(s, "required", true, &ok);
        if (!ok || options == NULL || options->type != JM_JSON_ARRAY || options->n == 0)
            return bad(d, "credential_sets: options");
        for (const struct jm_json *o = options->child; o != NULL; o = o->next) {
            if (!text_array(o))
                return bad(d, "credential_sets: an option");
            for (const struct jm_json *e = o->child; e != NULL; e = e->next)
                if (by_id(q, e) == NULL)
                    return bad(d, "credential_sets: unknown id");
        }
    }
    return JM_OK;
}

enum jm_status jm_dcql_parse(struct jm_dcql *out, const struct jm_json *query, struct jm_arena *mem, struct jm_diag *d)
{
    const struct jm_json *list = jm_json_get(query, "credentials");
    struct jm_dcql_credential *c;

    memset(out, 0, sizeof *out);
    if (list == NULL || list->type != JM_JSON_ARRAY || list->n == 0 || list->n > JM_DCQL_CREDENTIALS_MAX)
        return bad(d, "credentials");
    if ((c = JM_NEW_N(mem, struct jm_dcql_credential, list->n)) == NULL)
        return JM_E_NO_SPACE;
    out->credential = c;
    for (const struct jm_json *e = list->child; e != NULL; e = e->next) {
        JM_TRY(parse_credential(&c[out->n], e, mem, d));
        for (size_t i = 0; i < out->n; i++)
            if (jm_bytes_eq(c[i].id, c[out->n].id))
                return bad(d, "a credential id occurs twice");
        out->n++;
    }
    out->sets = jm_json_get(query, "credential_sets");
    return parse_sets(out, d);
}

bool jm_dcql_type_fits(const struct jm_dcql_credential *q, enum jm_fmt fmt, struct jm_bytes type)
{
    if (q->fmt != fmt)
        return false;
    if (fmt == JM_FMT_MDOC)
        return q->type.ptr == NULL || jm_bytes_eq(q->type, type);
    if (q->vct_values == NULL)
        return true;
    for (const struct jm_json *v = q->vct_values->child; v != NULL; v = v->next)
        if (jm_bytes_eq(v->text, type))
            return true;
    return false;
}

static bool value_fits(const struct jm_dcql_claim *c, const struct jm_json *value)
{
    if (c->values == NULL)
        return true;
    if (value == NULL)
        return false;
    for (const struct jm_json *v = c->values->child; v != NULL; v = v->next)
        if (v->type == value->type && jm_bytes_eq(v->text, value->text))
            return true;
    return false;
}

/* A path that goes deeper than a held top-level claim discloses that claim whole. */
static bool answers(const struct jm_dcql_claim *c, const struct jm_held_claim *h, enum jm_fmt fmt)
{
    if (!jm_bytes_eq(c->step[0], h->step[0]))
        return false;
    if (fmt == JM_FMT_MDOC && !jm_bytes_eq(c->step[1], h->step[1]))
        return false;
    return c->n_steps > h->n_steps ? c->values == NULL : value_fits(c, h->value);
}

static enum jm_status take(struct jm_dcql_match *m, const struct jm_dcql_claim *c, const struct jm_held *held)
{
    for (size_t i = 0; i < held->n; i++) {
        bool twice = false;

        if (!answers(c, &held->claim[i], held->fmt))
            continue;
        for (size_t k = 0; k < m->n; k++)
            twice = twice || m->claim[k] == i;
        if (!twice)
            m->claim[m->n++] = i;
        return JM_OK;
    }
    return JM_E_ABSENT;
}

enum jm_status jm_dcql_match(struct jm_dcql_match *out, const struct jm_dcql_credential *q, const struct jm_held *held,
                             struct jm_arena *mem)
{
    enum jm_status st = JM_OK;

    out->n = 0;
    if ((out->claim = JM_NEW_N(mem, size_t, held->n + 1)) == NULL)
        return JM_E_NO_SPACE;
    if (!jm_dcql_type_fits(q, held->fmt, held->type))
        return JM_E_ABSENT;
    if (q->claim_sets == NULL) {
        for (size_t i = 0; i < q->n; i++)
            JM_TRY(take(out, &q->claim[i], held));
        return JM_OK;
    }
    for (const struct jm_json *s = q->claim_sets->child; s != NULL; s = s->next) {
        out->n = 0;
        st = JM_OK;
        for (const struct jm_json *e = s->child; e != NULL && st == JM_OK; e = e->next)
            st = take(out, claim_by_id(q, e), held);
        if (st == JM_OK)
            return JM_OK;
    }
    return st;
}

static bool whole(const struct jm_json *option, const bool *can, const struct jm_dcql *q)
{
    for (const struct jm_json *e = option->child; e != NULL; e = e->next)
        if (!can[by_id(q, e) - q->credential])
            return false;
    return true;
}

enum jm_status jm_dcql_choose(bool *send, const bool *can, const struct jm_dcql *q)
{
    bool ok = true;

    for (size_t i = 0; i < q->n; i++) {
        send[i] = q->sets == NULL;
        if (q->sets == NULL && !can[i])
            return JM_E_ABSENT;
    }
    for (const struct jm_json *s = q->sets == NULL ? NULL : q->sets->child; s != NULL; s = s->next) {
        const struct jm_json *o = jm_json_get(s, "options")->child;

        while (o != NULL && !whole(o, can, q))
            o = o->next;
        if (o == NULL && flag(s, "required", true, &ok))
            return JM_E_ABSENT;
        for (const struct jm_json *e = o == NULL ? NULL : o->child; e != NULL; e = e->next)
            send[by_id(q, e) - q->credential] = true;
    }
    return JM_OK;
}
