/* SPDX-License-Identifier: Apache-2.0 */
#include "jumin/dcql.h"

#include <string.h>

#include "jumin/base64.h"

static enum jm_status bad_query(struct jm_diag *d, const char *what)
{
    return jm_refuse(d, JM_E_MALFORMED, JM_VP_DCQL, what);
}

static bool id_ok(struct jm_bytes id)
{
    if (id.len == 0 || id.len > 64)
        return false;
    for (size_t i = 0; i < id.len; i++) {
        uint8_t c = id.ptr[i];

        if (!((c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
              c == '_' || c == '-'))
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

static enum jm_status parse_path(struct jm_dcql_claim *c, struct jm_arena *mem, struct jm_diag *d)
{
    struct jm_step *step;
    int64_t index;

    if (c->path == NULL || c->path->type != JM_JSON_ARRAY || c->path->n == 0 ||
        c->path->n > JM_DCQL_PATH_MAX)
        return bad_query(d, "claim: path");
    if ((step = JM_NEW_N(mem, struct jm_step, c->path->n)) == NULL)
        return JM_E_NO_SPACE;
    c->step = step;
    for (const struct jm_json *e = c->path->child; e != NULL; e = e->next) {
        struct jm_step *s = &step[c->n_steps++];

        if (e->type == JM_JSON_STRING)
            *s = (struct jm_step){JM_STEP_NAME, e->text.ptr == NULL ? JM_BYTES("") : e->text, 0};
        else if (e->type == JM_JSON_NULL)
            *s = (struct jm_step){JM_STEP_ALL, {NULL, 0}, 0};
        else if (e->type == JM_JSON_NUMBER && jm_json_int(&index, e) == JM_OK && index >= 0)
            *s = (struct jm_step){JM_STEP_INDEX, {NULL, 0}, (uint64_t)index};
        else
            return bad_query(d, "claim: a step of path");
    }
    return JM_OK;
}

static bool values_ok(const struct jm_json *values)
{
    int64_t n;

    if (values->type != JM_JSON_ARRAY || values->n == 0)
        return false;
    for (const struct jm_json *v = values->child; v != NULL; v = v->next)
        if (v->type != JM_JSON_STRING && v->type != JM_JSON_TRUE && v->type != JM_JSON_FALSE &&
            (v->type != JM_JSON_NUMBER || jm_json_int(&n, v) != JM_OK))
            return false;
    return true;
}

static bool read_flag(const struct jm_json *j, const char *name, bool absent, bool *ok)
{
    const struct jm_json *v = jm_json_get(j, name);

    if (v == NULL)
        return absent;
    if (v->type != JM_JSON_TRUE && v->type != JM_JSON_FALSE)
        *ok = false;
    return v->type == JM_JSON_TRUE;
}

/* Whether an mdoc's path has two names is a matter of matching, as for every other path that finds
 * nothing. */
static enum jm_status parse_claim(struct jm_dcql_claim *c, const struct jm_json *j,
                                  struct jm_arena *mem, struct jm_diag *d)
{
    bool ok = true;

    if (j->type != JM_JSON_OBJECT || jm_json_opt_str(&c->id, j, "id") != JM_OK ||
        (c->id.ptr != NULL && !id_ok(c->id)))
        return bad_query(d, "claim: id");
    c->path = jm_json_get(j, "path");
    JM_TRY(parse_path(c, mem, d));
    c->values = jm_json_get(j, "values");
    if (c->values != NULL && !values_ok(c->values))
        return bad_query(d, "claim: values");
    c->retain = read_flag(j, "intent_to_retain", false, &ok);
    return ok ? JM_OK : bad_query(d, "claim: intent_to_retain");
}

static bool same_path(const struct jm_dcql_claim *a, const struct jm_dcql_claim *b)
{
    size_t i = 0;

    while (i < a->n_steps && i < b->n_steps && a->step[i].kind == b->step[i].kind &&
           a->step[i].index == b->step[i].index && jm_bytes_eq(a->step[i].name, b->step[i].name))
        i++;
    return i == a->n_steps && i == b->n_steps;
}

static const struct jm_dcql_claim *claim_by_id(const struct jm_dcql_credential *c,
                                               const struct jm_json *id)
{
    for (size_t i = 0; i < c->n; i++)
        if (id->type == JM_JSON_STRING && c->claim[i].id.ptr != NULL &&
            jm_bytes_eq(c->claim[i].id, id->text))
            return &c->claim[i];
    return NULL;
}

static enum jm_status parse_claim_sets(const struct jm_dcql_credential *c, struct jm_diag *d)
{
    if (c->claim_sets == NULL)
        return JM_OK;
    if (c->n == 0 || c->claim_sets->type != JM_JSON_ARRAY || c->claim_sets->n == 0)
        return bad_query(d, "claim_sets without claims, or empty");
    for (size_t i = 0; i < c->n; i++)
        if (c->claim[i].id.ptr == NULL)
            return bad_query(d, "claim_sets need claim ids");
    for (const struct jm_json *s = c->claim_sets->child; s != NULL; s = s->next) {
        if (!text_array(s))
            return bad_query(d, "claim_sets");
        for (const struct jm_json *e = s->child; e != NULL; e = e->next)
            if (claim_by_id(c, e) == NULL)
                return bad_query(d, "claim_sets: unknown id");
    }
    return JM_OK;
}

static enum jm_status parse_claims(struct jm_dcql_credential *c, const struct jm_json *list,
                                   struct jm_arena *mem, struct jm_diag *d)
{
    struct jm_dcql_claim *claim;

    if (list == NULL)
        return JM_OK;
    if (list->type != JM_JSON_ARRAY || list->n == 0 || list->n > JM_DCQL_CLAIMS_MAX)
        return bad_query(d, "claims");
    if ((claim = JM_NEW_N(mem, struct jm_dcql_claim, list->n)) == NULL)
        return JM_E_NO_SPACE;
    for (const struct jm_json *e = list->child; e != NULL; e = e->next) {
        struct jm_dcql_claim *x = &claim[c->n];

        JM_TRY(parse_claim(x, e, mem, d));
        for (size_t i = 0; i < c->n; i++)
            if (same_path(x, &claim[i]) || (x->id.ptr != NULL && jm_bytes_eq(x->id, claim[i].id)))
                return bad_query(d, "a claim or claim id occurs twice");
        c->n++;
    }
    c->claim = claim;
    return JM_OK;
}

static enum jm_status parse_meta(struct jm_dcql_credential *c, const struct jm_json *j,
                                 struct jm_diag *d)
{
    const struct jm_json *meta = jm_json_get(j, "meta");
    struct jm_bytes format;

    if (jm_json_str(&format, j, "format") != JM_OK)
        return bad_query(d, "credential: format");
    if (meta == NULL || meta->type != JM_JSON_OBJECT)
        return bad_query(d, "credential: meta");
    if (jm_bytes_eq_str(format, "mso_mdoc")) {
        c->fmt = JM_FMT_MDOC;
        return jm_json_opt_str(&c->type, meta, "doctype_value") == JM_OK
                   ? JM_OK
                   : bad_query(d, "meta: doctype_value");
    }
    if (!jm_bytes_eq_str(format, "dc+sd-jwt"))
        return JM_OK; /* nothing answers it; what stands beside it may be answered */
    c->fmt = JM_FMT_SDJWT;
    c->vct_values = jm_json_get(meta, "vct_values");
    return c->vct_values == NULL || text_array(c->vct_values) ? JM_OK
                                                              : bad_query(d, "meta: vct_values");
}

static bool authorities_ok(const struct jm_json *list)
{
    struct jm_bytes type;

    if (list->type != JM_JSON_ARRAY || list->n == 0)
        return false;
    for (const struct jm_json *a = list->child; a != NULL; a = a->next)
        if (a->type != JM_JSON_OBJECT || jm_json_str(&type, a, "type") != JM_OK ||
            !text_array(jm_json_get(a, "values")))
            return false;
    return true;
}

static enum jm_status parse_credential(struct jm_dcql_credential *c, const struct jm_json *j,
                                       struct jm_arena *mem, struct jm_diag *d)
{
    bool ok = true;

    if (j->type != JM_JSON_OBJECT || jm_json_str(&c->id, j, "id") != JM_OK || !id_ok(c->id))
        return bad_query(d, "credential: id");
    JM_TRY(parse_meta(c, j, d));
    c->multiple = read_flag(j, "multiple", false, &ok);
    c->holder_binding = read_flag(j, "require_cryptographic_holder_binding", true, &ok);
    if (!ok)
        return bad_query(d, "credential: a flag is no boolean");
    c->authorities = jm_json_get(j, "trusted_authorities");
    if (c->authorities != NULL && !authorities_ok(c->authorities))
        return bad_query(d, "trusted_authorities");
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
        return bad_query(d, "credential_sets");
    for (const struct jm_json *s = q->sets->child; s != NULL; s = s->next) {
        const struct jm_json *options = jm_json_get(s, "options");

        (void)read_flag(s, "required", true, &ok);
        if (!ok || options == NULL || options->type != JM_JSON_ARRAY || options->n == 0)
            return bad_query(d, "credential_sets: options");
        for (const struct jm_json *o = options->child; o != NULL; o = o->next) {
            if (!text_array(o))
                return bad_query(d, "credential_sets: an option");
            for (const struct jm_json *e = o->child; e != NULL; e = e->next)
                if (by_id(q, e) == NULL)
                    return bad_query(d, "credential_sets: unknown id");
        }
    }
    return JM_OK;
}

enum jm_status jm_dcql_parse(struct jm_dcql *out, const struct jm_json *query, struct jm_arena *mem,
                             struct jm_diag *d)
{
    const struct jm_json *list = jm_json_get(query, "credentials");
    struct jm_dcql_credential *c;

    memset(out, 0, sizeof *out);
    if (list == NULL || list->type != JM_JSON_ARRAY || list->n == 0 ||
        list->n > JM_DCQL_CREDENTIALS_MAX)
        return bad_query(d, "credentials");
    if ((c = JM_NEW_N(mem, struct jm_dcql_credential, list->n)) == NULL)
        return JM_E_NO_SPACE;
    out->credential = c;
    for (const struct jm_json *e = list->child; e != NULL; e = e->next) {
        JM_TRY(parse_credential(&c[out->n], e, mem, d));
        out->barred |= (uint32_t)(c[out->n].fmt == 0) << out->n;
        for (size_t i = 0; i < out->n; i++)
            if (jm_bytes_eq(c[i].id, c[out->n].id))
                return bad_query(d, "a credential id occurs twice");
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

enum jm_status jm_dcql_key_ids(const struct jm_bytes **out, size_t *n,
                               const struct jm_dcql_credential *q, struct jm_arena *mem)
{
    const struct jm_json *first = q->authorities == NULL ? NULL : q->authorities->child;
    struct jm_bytes *id;
    size_t room = 1;

    for (const struct jm_json *a = first; a != NULL; a = a->next)
        room += jm_json_get(a, "values")->n;
    *n = 0;
    if ((*out = id = JM_NEW_N(mem, struct jm_bytes, room)) == NULL)
        return JM_E_NO_SPACE;
    for (const struct jm_json *a = first; a != NULL; a = a->next)
        for (const struct jm_json *v = jm_json_is_str(jm_json_get(a, "type"), "aki")
                                           ? jm_json_get(a, "values")->child
                                           : NULL;
             v != NULL; v = v->next) {
            enum jm_status st = jm_b64url_decode(&id[*n], mem, v->text);

            if (st == JM_E_NO_SPACE)
                return st;
            *n += st == JM_OK && id[*n].len != 0;
        }
    return JM_OK;
}

/* At least one of them names the issuer. Spec: OpenID4VP 1.0 6.1.1 */
static enum jm_status authority_fits(bool *fits, const struct jm_dcql_credential *q,
                                     const struct jm_claims *claims, struct jm_arena *mem)
{
    size_t mark = jm_arena_mark(mem), n;
    const struct jm_bytes *id;

    *fits = q->authorities == NULL;
    JM_TRY(jm_dcql_key_ids(&id, &n, q, mem));
    for (size_t i = 0; i < n && !*fits; i++)
        *fits = jm_claims_vouched(claims, id[i], mem);
    jm_arena_back(mem, mark);
    return JM_OK;
}

/* -- matching -- */

/* What one claim of the query selects; n 0: it is not there. */
struct selected {
    const struct jm_claim **claim;
    size_t n;
};

static bool value_fits(const struct jm_json *values, const struct jm_claim *c, struct jm_arena *mem)
{
    for (const struct jm_json *v = values == NULL ? NULL : values->child; v != NULL; v = v->next)
        if (jm_claim_is(c, v, mem))
            return true;
    return values == NULL;
}

/* @p found: scratch for the whole tree. */
static enum jm_status select_claim(struct selected *out, const struct jm_claim **found,
                                   const struct jm_dcql_claim *c, const struct jm_claims *claims,
                                   struct jm_arena *mem)
{
    bool exact = true;
    size_t n, kept = 0;

    *out = (struct selected){NULL, 0};
    if (claims->fmt == JM_FMT_MDOC && c->n_steps != 2)
        return JM_OK; /* [namespace, element] */
    n = jm_claims_select(found, claims, c->step, c->n_steps, mem);
    for (size_t i = 0; i < n; i++)
        if (value_fits(c->values, found[i], mem))
            found[kept++] = found[i];
    if (claims->holder && kept > 0)
        JM_TRY(jm_claims_exact(&exact, claims, found, kept, mem));
    if (!exact || kept == 0)
        return JM_OK;
    if ((out->claim = (const struct jm_claim **)jm_alloc(mem, kept, sizeof *found)) == NULL)
        return JM_E_NO_SPACE;
    memcpy(out->claim, found, kept * sizeof *found);
    out->n = kept;
    return JM_OK;
}

static bool set_there(const struct jm_dcql_credential *q, const struct jm_json *set,
                      const struct selected *sel)
{
    for (const struct jm_json *e = set->child; e != NULL; e = e->next)
        if (sel[claim_by_id(q, e) - q->claim].n == 0)
            return false;
    return true;
}

/* The first set that is whole, which its sender likes best; or the one that is named. */
static const struct jm_json *choose_set(const struct jm_dcql_credential *q,
                                        const struct selected *sel)
{
    size_t at = 1;

    for (const struct jm_json *s = q->claim_sets->child; s != NULL; s = s->next, at++)
        if ((q->set == 0 || q->set == at) && set_there(q, s, sel))
            return s;
    return NULL;
}

/* Which claims of the query are to be answered: all, or those of one set. */
static enum jm_status choose_claims(bool *take, const struct jm_dcql_credential *q,
                                    const struct selected *sel)
{
    const struct jm_json *set = q->claim_sets == NULL ? NULL : choose_set(q, sel);

    for (size_t i = 0; i < q->n && q->claim_sets == NULL; i++) {
        if (sel[i].n == 0)
            return JM_E_ABSENT;
        take[i] = true;
    }
    if (q->claim_sets != NULL && set == NULL)
        return JM_E_ABSENT;
    for (const struct jm_json *e = set == NULL ? NULL : set->child; e != NULL; e = e->next)
        take[claim_by_id(q, e) - q->claim] = true;
    return JM_OK;
}

static bool beneath_another(const struct jm_claim *c, const bool *chosen)
{
    for (c = c->up; c != NULL; c = c->up)
        if (chosen[c->at])
            return true;
    return false;
}

/* In the order of the query, each claim once. */
static void mark_topmost(struct jm_dcql_match *out, const struct jm_dcql_credential *q,
                         const bool *take, const struct selected *sel, bool *chosen)
{
    for (size_t i = 0; i < q->n; i++)
        for (size_t k = 0; take[i] && k < sel[i].n; k++)
            chosen[sel[i].claim[k]->at] = true;
    for (size_t i = 0; i < q->n; i++)
        for (size_t k = 0; take[i] && k < sel[i].n; k++) {
            const struct jm_claim *c = sel[i].claim[k];

            if (chosen[c->at] && !beneath_another(c, chosen))
                out->claim[out->n++] = c;
        }
}

static enum jm_status select_all(struct selected *sel, const struct jm_dcql_credential *q,
                                 const struct jm_claims *claims, struct jm_arena *mem)
{
    const struct jm_claim **found =
        (const struct jm_claim **)jm_alloc(mem, claims->n, sizeof *found);

    if (found == NULL)
        return JM_E_NO_SPACE;
    for (size_t i = 0; i < q->n; i++)
        JM_TRY(select_claim(&sel[i], found, &q->claim[i], claims, mem));
    return JM_OK;
}

static void once_each(struct jm_dcql_match *out, bool *chosen)
{
    size_t n = 0;

    for (size_t i = 0; i < out->n; i++)
        if (chosen[out->claim[i]->at]) {
            chosen[out->claim[i]->at] = false;
            out->claim[n++] = out->claim[i];
        }
    out->n = n;
}

enum jm_status jm_dcql_match(struct jm_dcql_match *out, const struct jm_dcql_credential *q,
                             const struct jm_claims *claims, struct jm_arena *mem)
{
    struct selected *sel = JM_NEW_N(mem, struct selected, q->n + 1);
    bool fits, take[JM_DCQL_CLAIMS_MAX] = {false}, *chosen = JM_NEW_N(mem, bool, claims->n);
    size_t room = 0;

    *out = (struct jm_dcql_match){NULL, 0};
    if (sel == NULL || chosen == NULL)
        return JM_E_NO_SPACE;
    if (!jm_dcql_type_fits(q, claims->fmt, claims->type))
        return JM_E_ABSENT;
    JM_TRY(authority_fits(&fits, q, claims, mem));
    if (!fits)
        return JM_E_ABSENT;
    JM_TRY(select_all(sel, q, claims, mem));
    JM_TRY(choose_claims(take, q, sel));
    for (size_t i = 0; i < q->n; i++)
        room += sel[i].n;
    if ((out->claim = (const struct jm_claim **)jm_alloc(mem, room + 1, sizeof *out->claim)) ==
        NULL)
        return JM_E_NO_SPACE;
    mark_topmost(out, q, take, sel, chosen);
    once_each(out, chosen);
    return JM_OK;
}

static bool is_whole(const struct jm_json *option, const bool *can, const struct jm_dcql *q)
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
    for (const struct jm_json *s = q->sets == NULL ? NULL : q->sets->child; s != NULL;
         s = s->next) {
        const struct jm_json *o = jm_json_get(s, "options")->child;

        while (o != NULL && !is_whole(o, can, q))
            o = o->next;
        if (o == NULL && read_flag(s, "required", true, &ok))
            return JM_E_ABSENT;
        for (const struct jm_json *e = o == NULL ? NULL : o->child; e != NULL; e = e->next)
            send[by_id(q, e) - q->credential] = true;
    }
    return JM_OK;
}
