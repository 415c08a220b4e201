/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "jumin/base64.h"
#include "jumin/cbor.h"
#include "jumin/json.h"
#include "jumin/text.h"
#include "service/issuance/profile.h"

static enum jm_status bad(struct jm_diag *d, const char *what)
{
    return jm_refuse(d, JM_E_MALFORMED, JM_DATA_PROFILE, what);
}

static bool flag(const struct jm_json *j, const char *name)
{
    const struct jm_json *v = jm_json_get(j, name);

    return v != NULL && v->type == JM_JSON_TRUE;
}

static enum jm_status read_namespaces(struct jm_profile *p, const struct jm_json *list,
                                      struct jm_arena *mem, struct jm_diag *d)
{
    struct jm_mdoc_ns_count *ns;

    if (list == NULL || list->type != JM_JSON_ARRAY || list->n == 0)
        return bad(d, "namespaces");
    if ((ns = JM_NEW_N(mem, struct jm_mdoc_ns_count, list->n)) == NULL)
        return JM_E_NO_SPACE;
    for (const struct jm_json *e = list->child; e != NULL; e = e->next) {
        int64_t digests;

        if (jm_json_str(&ns[p->n_ns].ns, e, "ns") != JM_OK ||
            jm_json_int(&digests, jm_json_get(e, "digests")) != JM_OK || digests < 1)
            return bad(d, "namespaces");
        ns[p->n_ns++].digests = (size_t)digests;
    }
    p->ns = ns;
    return JM_OK;
}

/* "path": two to six names, where the claim lies deeper than the top. No path leads through
 * another's. */
static enum jm_status read_path(struct jm_profile_element *x, const struct jm_json *path,
                                const struct jm_profile_element *before, size_t n,
                                struct jm_diag *d)
{
    x->path[0] = x->id;
    x->n_path = 1;
    if (path != NULL) {
        x->n_path = 0;
        if (path->type != JM_JSON_ARRAY || path->n < 2 || path->n > JM_TRUST_PATH_MAX)
            return bad(d, "path");
        for (const struct jm_json *e = path->child; e != NULL; e = e->next) {
            if (e->type != JM_JSON_STRING || e->text.len == 0 || e->text.len > 64)
                return bad(d, "path");
            x->path[x->n_path++] = e->text;
        }
    }
    for (size_t i = 0; i < n; i++) {
        size_t k = 0;

        while (k < x->n_path && k < before[i].n_path && jm_bytes_eq(before[i].path[k], x->path[k]))
            k++;
        if (k == x->n_path || k == before[i].n_path)
            return bad(d, "a path leads through another");
    }
    return JM_OK;
}

static enum jm_status read_elements(struct jm_profile *p, const struct jm_json *list,
                                    struct jm_arena *mem, struct jm_diag *d)
{
    struct jm_profile_element *el;

    if (list == NULL || list->type != JM_JSON_ARRAY || list->n == 0)
        return bad(d, "elements");
    if ((el = JM_NEW_N(mem, struct jm_profile_element, list->n)) == NULL)
        return JM_E_NO_SPACE;
    for (const struct jm_json *e = list->child; e != NULL; e = e->next) {
        struct jm_profile_element *x = &el[p->n];

        if (jm_json_str(&x->ns, e, "ns") != JM_OK || jm_json_str(&x->id, e, "id") != JM_OK ||
            jm_json_str(&x->source, e, "source") != JM_OK)
            return bad(d, "elements");
        x->optional = flag(e, "optional");
        x->exempt = flag(e, "exempt");
        for (size_t i = 0; i < p->n; i++)
            if (jm_bytes_eq(el[i].id, x->id))
                return bad(d, "an id stands in two elements");
        JM_TRY(read_path(x, jm_json_get(e, "path"), el, p->n, d));
        p->n++;
    }
    p->element = el;
    return JM_OK;
}

/* D-105: what people read, and others compare, has one form. */
static enum jm_status reads(struct jm_bytes *text, const char *name, struct jm_arena *mem,
                            struct jm_diag *d)
{
    enum jm_status st = jm_text_read(text, *text, mem);

    return st == JM_OK || st == JM_E_NO_SPACE ? st : jm_refuse(d, st, JM_API_TEXT, name);
}

enum jm_status jm_profile_load(struct jm_profile *p, struct jm_bytes json, struct jm_arena *mem,
                               struct jm_diag *d)
{
    const struct jm_json *j;

    memset(p, 0, sizeof *p);
    if (jm_json_parse(&j, json, mem, NULL) != JM_OK)
        return bad(d, "not JSON");
    if (jm_json_str(&p->type, j, "type") != JM_OK ||
        jm_json_str(&p->doctype, j, "doctype") != JM_OK ||
        jm_json_str(&p->vct, j, "vct") != JM_OK ||
        jm_json_str(&p->mdoc_configuration, j, "mdoc_configuration") != JM_OK ||
        jm_json_str(&p->sdjwt_configuration, j, "sdjwt_configuration") != JM_OK ||
        jm_json_str(&p->name_ko, jm_json_get(j, "name"), "ko") != JM_OK ||
        jm_json_str(&p->name_en, jm_json_get(j, "name"), "en") != JM_OK)
        return bad(d, "type, doctype, vct, configurations or name");
    JM_TRY(reads(&p->name_ko, "name", mem, d));
    JM_TRY(reads(&p->name_en, "name", mem, d));
    if (jm_json_int(&p->card_years, jm_json_get(j, "card_years")) != JM_OK ||
        jm_json_int(&p->copy_days, jm_json_get(j, "copy_days")) != JM_OK ||
        jm_json_int(&p->batch, jm_json_get(j, "batch")) != JM_OK || p->card_years < 1 ||
        p->copy_days < 1 || p->batch < 1 || p->batch > 16)
        return bad(d, "card_years, copy_days or batch");
    JM_TRY(read_namespaces(p, jm_json_get(j, "namespaces"), mem, d));
    return read_elements(p, jm_json_get(j, "elements"), mem, d);
}

enum jm_status jm_regions_load(struct jm_regions *out, struct jm_bytes json, struct jm_arena *mem,
                               struct jm_diag *d)
{
    const struct jm_json *j, *list;
    struct jm_region *r;

    memset(out, 0, sizeof *out);
    if (jm_json_parse(&j, json, mem, NULL) != JM_OK ||
        (list = jm_json_get(j, "provinces")) == NULL || list->type != JM_JSON_ARRAY)
        return jm_refuse(d, JM_E_MALFORMED, JM_DATA_REGIONS, "provinces");
    if ((r = JM_NEW_N(mem, struct jm_region, list->n + 1)) == NULL)
        return JM_E_NO_SPACE;
    for (const struct jm_json *e = list->child; e != NULL; e = e->next) {
        struct jm_region *x = &r[out->n++];

        if (jm_json_str(&x->code, e, "code") != JM_OK || x->code.len != 2 ||
            jm_json_str(&x->iso, e, "iso") != JM_OK || jm_json_str(&x->ko, e, "ko") != JM_OK ||
            jm_json_str(&x->en, e, "en") != JM_OK)
            return jm_refuse(d, JM_E_MALFORMED, JM_DATA_REGIONS, "a province");
        JM_TRY(reads(&x->ko, "ko", mem, d));
        JM_TRY(reads(&x->en, "en", mem, d));
    }
    out->region = r;
    return JM_OK;
}

const struct jm_region *jm_region_of(const struct jm_regions *r, struct jm_bytes region10)
{
    for (size_t i = 0; i < r->n; i++)
        if (jm_bytes_starts(region10, r->region[i].code))
            return &r->region[i];
    return NULL;
}

/* -- the dataset -- */

enum kind { NOTHING, TEXT, DATE, BOOL, UINT, JPEG };
struct value {
    enum kind kind;
    struct jm_bytes text;
    struct jm_date date;
    uint64_t number;
};

static struct value text(struct jm_bytes t)
{
    struct value v = {t.len == 0 ? NOTHING : TEXT, t, {0, 0, 0}, 0};

    return v;
}

static struct value date(struct jm_date d)
{
    struct value v = {d.year == 0 ? NOTHING : DATE, {NULL, 0}, d, 0};

    return v;
}

static struct value boolean(bool b)
{
    struct value v = {BOOL, {NULL, 0}, {0, 0, 0}, b};

    return v;
}

static struct value number(int64_t n)
{
    struct value v = {UINT, {NULL, 0}, {0, 0, 0}, (uint64_t)n};

    return v;
}

/* Full name as registered: surname and given name without a blank, as a Korean card prints it. */
static struct value full_name(const struct jm_person *p, struct jm_arena *mem)
{
    const struct jm_bytes parts[] = {p->surname, p->given};
    struct jm_bytes t;

    return jm_concat(&t, mem, parts, 2) == JM_OK ? text(t) : text(jm_none());
}

static struct value source(struct jm_bytes name, const struct jm_dataset_facts *f,
                           struct jm_arena *mem)
{
    const struct jm_person *p = f->person;
    struct jm_date on = jm_seoul_date(f->valid_from);
    const struct jm_region *region = jm_region_of(f->regions, p->region10);
    uint64_t years;
    const struct {
        const char *name;
        struct value value;
    } table[] = {
        {"surname", text(p->surname)},
        {"given", text(p->given)},
        {"full_name", full_name(p, mem)},
        {"hanja", text(p->hanja)},
        {"surname_latin", text(p->surname_latin)},
        {"given_latin", text(p->given_latin)},
        {"birth", date(p->birth)},
        {"issued", date(jm_seoul_date(f->issued))},
        {"expires", date(jm_seoul_date(f->expires))},
        {"portrait", {f->photo.len == 0 ? NOTHING : JPEG, f->photo, {0, 0, 0}, 0}},
        {"photo_taken", date(p->photo_taken)},
        {"authority", text(p->plastic.authority)},
        {"country", text(JM_BYTES("KR"))},
        {"nationality", text(JM_BYTES("KR"))},
        {"sex", number(p->sex)},
        {"document_number", text(f->document_number)},
        {"address", text(p->address)},
        {"postal", text(p->postal)},
        {"state_iso", text(region == NULL ? jm_none() : region->iso)},
        {"rrn", text(f->rrn)},
        {"region", text(jm_slice(p->region10, 0, 2))},
        {"municipality", text(jm_slice(p->region10, 0, 5))},
        {"region10", text(p->region10)},
        {"road12", text(p->road12)},
        {"address_since", date(p->address_since)},
        {"plastic_issued", date(p->plastic.issued_on)},
        {"youth_act_adult", boolean(on.year >= p->birth.year + 19)},
        {"is_resident", boolean(p->kind == JM_PERSON_RESIDENT)},
        {"key_level", number(f->key_level)},
        {"issuance_level", number(f->issuance_level)},
    };

    for (size_t i = 0; i < JM_ARRAY_LEN(table); i++)
        if (jm_bytes_eq_str(name, table[i].name))
            return table[i].value;
    if (jm_bytes_starts(name, JM_BYTES("age_over_")) &&
        jm_parse_u64(&years, jm_slice(name, 9, SIZE_MAX)) == JM_OK)
        return boolean(jm_age(p->birth, on) >= (int)years);
    return text(jm_none());
}

static enum jm_status to_cbor(struct jm_bytes *out, const struct value *v, struct jm_arena *mem)
{
    struct jm_cbor_w w;
    struct jm_buf b;
    char d[11];

    JM_TRY(jm_alloc_buf(&b, mem, v->text.len + 32));
    jm_cbor_w_init(&w, &b);
    switch (v->kind) {
    case TEXT: jm_cbor_w_text(&w, v->text); break;
    case JPEG: jm_cbor_w_bytes(&w, v->text); break;
    case BOOL: jm_cbor_w_bool(&w, v->number != 0); break;
    case UINT: jm_cbor_w_uint(&w, v->number); break;
    case DATE:
        jm_date_format(d, v->date);
        jm_cbor_w_tag(&w, 1004);
        jm_cbor_w_str(&w, d);
        break;
    case NOTHING: return JM_E_BUG;
    }
    *out = jm_written(b);
    return jm_cbor_w_end(&w);
}

static enum jm_status to_json(struct jm_bytes *out, const struct value *v, struct jm_arena *mem)
{
    struct jm_json_w w;
    struct jm_buf b, uri;
    char d[11];

    JM_TRY(jm_alloc_buf(&b, mem, 6 * v->text.len + 64));
    jm_json_w_init(&w, &b);
    switch (v->kind) {
    case TEXT: jm_json_w_text(&w, v->text); break;
    case BOOL: jm_json_w_bool(&w, v->number != 0); break;
    case UINT: jm_json_w_int(&w, (int64_t)v->number); break;
    case DATE:
        jm_date_format(d, v->date);
        jm_json_w_text(&w, jm_str(d));
        break;
    case JPEG:
        JM_TRY(jm_alloc_buf(&uri, mem, 32 + (v->text.len + 2) / 3 * 4));
        JM_TRY(jm_buf_put(&uri, JM_BYTES("data:image/jpeg;base64,")));
        JM_TRY(jm_b64_put(&uri, v->text));
        jm_json_w_text(&w, jm_written(uri));
        break;
    case NOTHING: return JM_E_BUG;
    }
    *out = jm_written(b);
    return jm_json_w_end(&w);
}

/* -- claims: elements whose paths begin alike lie in one object -- */

/* An element that is there, and its value. */
struct leaf {
    const struct jm_profile_element *e;
    struct jm_bytes json;
    bool done;
};

static bool same_way(const struct leaf *a, const struct leaf *b, size_t depth)
{
    for (size_t i = 0; i <= depth; i++)
        if (i >= a->e->n_path || i >= b->e->n_path || !jm_bytes_eq(a->e->path[i], b->e->path[i]))
            return false;
    return true;
}

/* The value at @p depth of the way that @p first goes: its own, or an object of all that go the
 * same way. */
static void put_leaves(struct jm_json_w *w, struct leaf *leaf, size_t first, size_t n, size_t depth)
{
    struct leaf *x = &leaf[first];

    if (depth + 1 == x->e->n_path) {
        x->done = true;
        jm_json_w_raw(w, x->json);
        return;
    }
    jm_json_w_open(w, '{');
    for (size_t i = first; i < n; i++)
        if (!leaf[i].done && same_way(x, &leaf[i], depth)) {
            jm_json_w_name_b(w, leaf[i].e->path[depth + 1]);
            put_leaves(w, leaf, i, n, depth + 1);
        }
    jm_json_w_close(w, '}');
}

static enum jm_status put_claims(struct jm_dataset *out, struct leaf *leaf, size_t n,
                                 struct jm_arena *mem)
{
    for (size_t i = 0; i < n; i++) {
        struct jm_sdjwt_claim *c = &out->claim[out->n_claims];
        size_t room = 16;
        struct jm_json_w w;
        struct jm_buf b;

        if (leaf[i].done)
            continue;
        for (size_t k = i; k < n; k++)
            room +=
                same_way(&leaf[i], &leaf[k], 0) ? leaf[k].json.len + 400 * leaf[k].e->n_path : 0;
        JM_TRY(jm_alloc_buf(&b, mem, room));
        jm_json_w_init(&w, &b);
        put_leaves(&w, leaf, i, n, 0);
        JM_TRY(jm_json_w_end(&w));
        *c = (struct jm_sdjwt_claim){leaf[i].e->path[0], jm_written(b)};
        out->nested[out->n_claims++] = leaf[i].e->n_path > 1;
    }
    return JM_OK;
}

enum jm_status jm_dataset_build(struct jm_dataset *out, const struct jm_profile *p,
                                const struct jm_dataset_facts *f, struct jm_arena *mem,
                                struct jm_diag *d)
{
    struct leaf *leaf = JM_NEW_N(mem, struct leaf, p->n);

    out->n = out->n_claims = 0;
    out->element = JM_NEW_N(mem, struct jm_mdoc_element, p->n);
    out->claim = JM_NEW_N(mem, struct jm_sdjwt_claim, p->n);
    out->nested = JM_NEW_N(mem, bool, p->n);
    if (out->element == NULL || out->claim == NULL || out->nested == NULL || leaf == NULL)
        return JM_E_NO_SPACE;
    for (size_t i = 0; i < p->n; i++) {
        const struct jm_profile_element *e = &p->element[i];
        struct value v = source(e->source, f, mem);

        if (v.kind == NOTHING && e->optional)
            continue;
        if (v.kind == NOTHING)
            return jm_refuse(d, JM_E_MISSING, JM_DATA_PROFILE, "a source of the card is empty");
        out->element[out->n] = (struct jm_mdoc_element){e->ns, e->id, {NULL, 0}, e->exempt};
        leaf[out->n].e = e;
        JM_TRY(to_cbor(&out->element[out->n].value, &v, mem));
        JM_TRY(to_json(&leaf[out->n].json, &v, mem));
        out->n++;
    }
    return put_claims(out, leaf, out->n, mem);
}
