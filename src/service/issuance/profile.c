/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "jumin/base64.h"
#include "jumin/cbor.h"
#include "jumin/json.h"
#include "jumin/text.h"
#include "service/issuance/profile.h"

static enum jm_status bad_profile(struct jm_diag *d, const char *what)
{
    return jm_refuse(d, JM_E_MALFORMED, JM_DATA_PROFILE, what);
}

static enum jm_status read_namespaces(struct jm_profile *p, const struct jm_json *list,
                                      struct jm_arena *mem, struct jm_diag *d)
{
    struct jm_mdoc_ns_count *ns;

    if (list == NULL || list->type != JM_JSON_ARRAY || list->n == 0)
        return bad_profile(d, "namespaces");
    if ((ns = JM_NEW_N(mem, struct jm_mdoc_ns_count, list->n)) == NULL)
        return JM_E_NO_SPACE;
    for (const struct jm_json *e = list->child; e != NULL; e = e->next) {
        int64_t digests;

        if (jm_json_str(&ns[p->n_ns].ns, e, "ns") != JM_OK ||
            jm_json_int(&digests, jm_json_get(e, "digests")) != JM_OK || digests < 1)
            return bad_profile(d, "namespaces");
        ns[p->n_ns++].digests = (size_t)digests;
    }
    p->ns = ns;
    return JM_OK;
}

/* "path": two to six names, where the claim lies deeper than the top. No path leads through
 * another's. */
static enum jm_status read_path(struct jm_profile_claim *x, const struct jm_json *path,
                                const struct jm_profile_claim *before, size_t n, struct jm_diag *d)
{
    x->path[0] = x->id;
    x->n_path = 1;
    if (path != NULL) {
        x->n_path = 0;
        if (path->type != JM_JSON_ARRAY || path->n < 2 || path->n > JM_TRUST_PATH_MAX)
            return bad_profile(d, "path");
        for (const struct jm_json *e = path->child; e != NULL; e = e->next) {
            if (e->type != JM_JSON_STRING || e->text.len == 0 || e->text.len > 64)
                return bad_profile(d, "path");
            x->path[x->n_path++] = e->text;
        }
    }
    for (size_t i = 0; i < n; i++) {
        size_t k = 0;

        while (k < x->n_path && k < before[i].n_path && jm_bytes_eq(before[i].path[k], x->path[k]))
            k++;
        if (k == x->n_path || k == before[i].n_path)
            return bad_profile(d, "a path leads through another");
    }
    return JM_OK;
}

/* -- where values come from -- */

/* clang-format off */
enum source {
    SURNAME, GIVEN, FULL_NAME, HANJA, SURNAME_LATIN, GIVEN_LATIN, BIRTH, ISSUED, EXPIRES, PORTRAIT,
    PHOTO_TAKEN, AUTHORITY, COUNTRY, NATIONALITY, SEX, DOCUMENT_NUMBER, ADDRESS, POSTAL, STATE_ISO,
    RRN, REGION, MUNICIPALITY, REGION10, ROAD12, ADDRESS_SINCE, PLASTIC_ISSUED, YOUTH_ACT_ADULT,
    IS_RESIDENT, KEY_LEVEL, ISSUANCE_LEVEL, AGE_OVER, N_SOURCES
};
/* clang-format on */

static const struct {
    const char *name;
    enum jm_rule_kind kind;
} sources[N_SOURCES] = {
    [SURNAME] = {"surname", JM_RULE_TEXT},
    [GIVEN] = {"given", JM_RULE_TEXT},
    [FULL_NAME] = {"full_name", JM_RULE_TEXT},
    [HANJA] = {"hanja", JM_RULE_TEXT},
    [SURNAME_LATIN] = {"surname_latin", JM_RULE_TEXT},
    [GIVEN_LATIN] = {"given_latin", JM_RULE_TEXT},
    [BIRTH] = {"birth", JM_RULE_DATE},
    [ISSUED] = {"issued", JM_RULE_DATE},
    [EXPIRES] = {"expires", JM_RULE_DATE},
    [PORTRAIT] = {"portrait", JM_RULE_BYTES},
    [PHOTO_TAKEN] = {"photo_taken", JM_RULE_DATE},
    [AUTHORITY] = {"authority", JM_RULE_TEXT},
    [COUNTRY] = {"country", JM_RULE_TEXT},
    [NATIONALITY] = {"nationality", JM_RULE_TEXT},
    [SEX] = {"sex", JM_RULE_UINT},
    [DOCUMENT_NUMBER] = {"document_number", JM_RULE_TEXT},
    [ADDRESS] = {"address", JM_RULE_TEXT},
    [POSTAL] = {"postal", JM_RULE_TEXT},
    [STATE_ISO] = {"state_iso", JM_RULE_TEXT},
    [RRN] = {"rrn", JM_RULE_TEXT},
    [REGION] = {"region", JM_RULE_TEXT},
    [MUNICIPALITY] = {"municipality", JM_RULE_TEXT},
    [REGION10] = {"region10", JM_RULE_TEXT},
    [ROAD12] = {"road12", JM_RULE_TEXT},
    [ADDRESS_SINCE] = {"address_since", JM_RULE_DATE},
    [PLASTIC_ISSUED] = {"plastic_issued", JM_RULE_DATE},
    [YOUTH_ACT_ADULT] = {"youth_act_adult", JM_RULE_BOOL},
    [IS_RESIDENT] = {"is_resident", JM_RULE_BOOL},
    [KEY_LEVEL] = {"key_level", JM_RULE_UINT},
    [ISSUANCE_LEVEL] = {"issuance_level", JM_RULE_UINT},
    [AGE_OVER] = {"age_over_", JM_RULE_BOOL}, /* and the years */
};

static bool read_source(struct jm_profile_claim *x, struct jm_bytes name)
{
    struct jm_bytes age = jm_str(sources[AGE_OVER].name);
    uint64_t years;

    x->source = 0;
    while (x->source < AGE_OVER && !jm_bytes_eq_str(name, sources[x->source].name))
        x->source++;
    x->kind = sources[x->source].kind;
    x->flags = x->source == KEY_LEVEL        ? JM_RULE_KEY_LEVEL
               : x->source == ISSUANCE_LEVEL ? JM_RULE_ISSUE_LEVEL
                                             : 0;
    if (x->source < AGE_OVER)
        return true;
    if (!jm_bytes_starts(name, age) ||
        jm_parse_u64(&years, jm_slice(name, age.len, SIZE_MAX)) != JM_OK || years > 150)
        return false;
    x->years = (int)years;
    return true;
}

static enum jm_status read_claims(struct jm_profile *p, const struct jm_json *list,
                                  struct jm_arena *mem, struct jm_diag *d)
{
    struct jm_profile_claim *claim;

    if (list == NULL || list->type != JM_JSON_ARRAY || list->n == 0)
        return bad_profile(d, "elements");
    if ((claim = JM_NEW_N(mem, struct jm_profile_claim, list->n)) == NULL)
        return JM_E_NO_SPACE;
    for (const struct jm_json *e = list->child; e != NULL; e = e->next) {
        struct jm_profile_claim *x = &claim[p->n];
        struct jm_bytes source;

        if (jm_json_str(&x->ns, e, "ns") != JM_OK || jm_json_str(&x->id, e, "id") != JM_OK ||
            jm_json_str(&source, e, "source") != JM_OK)
            return bad_profile(d, "elements");
        if (!read_source(x, source))
            return bad_profile(d, "source");
        x->optional = jm_json_is_true(e, "optional");
        x->exempt = jm_json_is_true(e, "exempt");
        x->flags |= (jm_json_is_true(e, "open") ? JM_RULE_OPEN : 0u) |
                    (jm_json_is_true(e, "protected") ? JM_RULE_PROTECTED : 0u);
        for (size_t i = 0; i < p->n; i++)
            if (jm_bytes_eq(claim[i].id, x->id))
                return bad_profile(d, "an id stands in two claims");
        JM_TRY(read_path(x, jm_json_get(e, "path"), claim, p->n, d));
        p->n++;
    }
    p->claim = claim;
    return JM_OK;
}

/* D-105: what people read, and others compare, has one form. */
enum jm_status jm_profile_load(struct jm_profile *p, struct jm_bytes json, struct jm_arena *mem,
                               struct jm_diag *d)
{
    const struct jm_json *j;

    memset(p, 0, sizeof *p);
    if (jm_json_parse(&j, json, mem, NULL) != JM_OK)
        return bad_profile(d, "not JSON");
    if (jm_json_str(&p->type, j, "type") != JM_OK ||
        jm_json_str(&p->doctype, j, "doctype") != JM_OK ||
        jm_json_str(&p->vct, j, "vct") != JM_OK ||
        jm_json_str(&p->mdoc_configuration, j, "mdoc_configuration") != JM_OK ||
        jm_json_str(&p->sdjwt_configuration, j, "sdjwt_configuration") != JM_OK ||
        jm_json_str(&p->name_ko, jm_json_get(j, "name"), "ko") != JM_OK ||
        jm_json_str(&p->name_en, jm_json_get(j, "name"), "en") != JM_OK)
        return bad_profile(d, "type, doctype, vct, configurations or name");
    p->is_default = jm_json_is_true(j, "default");
    JM_TRY(jm_msg_text_read(&p->name_ko, "name", mem, d));
    JM_TRY(jm_msg_text_read(&p->name_en, "name", mem, d));
    if (jm_json_int(&p->card_years, jm_json_get(j, "card_years")) != JM_OK ||
        jm_json_int(&p->copy_days, jm_json_get(j, "copy_days")) != JM_OK ||
        jm_json_int(&p->batch, jm_json_get(j, "batch")) != JM_OK || p->card_years < 1 ||
        p->copy_days < 1 || p->batch < 1 || p->batch > 16)
        return bad_profile(d, "card_years, copy_days or batch");
    JM_TRY(read_namespaces(p, jm_json_get(j, "namespaces"), mem, d));
    return read_claims(p, jm_json_get(j, "elements"), mem, d);
}

static enum jm_status read_municipalities(struct jm_regions *out, const struct jm_json *list,
                                          struct jm_arena *mem, struct jm_diag *d)
{
    struct jm_municipality *m;

    if (list == NULL)
        return JM_OK;
    if (list->type != JM_JSON_ARRAY)
        return jm_refuse(d, JM_E_MALFORMED, JM_DATA_REGIONS, "municipalities");
    if ((m = JM_NEW_N(mem, struct jm_municipality, list->n + 1)) == NULL)
        return JM_E_NO_SPACE;
    for (const struct jm_json *e = list->child; e != NULL; e = e->next) {
        struct jm_municipality *x = &m[out->n_municipalities++];

        if (jm_json_str(&x->code, e, "code") != JM_OK || x->code.len < 2 ||
            jm_json_str(&x->authority, e, "authority") != JM_OK || x->authority.len == 0)
            return jm_refuse(d, JM_E_MALFORMED, JM_DATA_REGIONS, "a municipality");
    }
    out->municipality = m;
    return JM_OK;
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
        JM_TRY(jm_msg_text_read(&x->ko, "ko", mem, d));
        JM_TRY(jm_msg_text_read(&x->en, "en", mem, d));
    }
    out->region = r;
    return read_municipalities(out, jm_json_get(j, "municipalities"), mem, d);
}

struct jm_bytes jm_authority_of(const struct jm_regions *r, struct jm_bytes region10)
{
    for (size_t i = 0; i < r->n_municipalities; i++)
        if (jm_bytes_starts(region10, r->municipality[i].code))
            return r->municipality[i].authority;
    return jm_none();
}

const struct jm_region *jm_region_of(const struct jm_regions *r, struct jm_bytes region10)
{
    for (size_t i = 0; i < r->n; i++)
        if (jm_bytes_starts(region10, r->region[i].code))
            return &r->region[i];
    return NULL;
}

/* -- the dataset -- */

struct value {
    struct jm_bytes text; /* TEXT, BYTES */
    struct jm_date date;
    int64_t number; /* UINT, BOOL */
};

static bool is_there(enum jm_rule_kind kind, const struct value *v)
{
    return kind == JM_RULE_DATE                            ? v->date.year != 0
           : kind == JM_RULE_TEXT || kind == JM_RULE_BYTES ? v->text.len != 0
                                                           : true;
}

/* Every value once; ages are told from the date they are true on. */
static enum jm_status read_values(struct value v[N_SOURCES], const struct jm_dataset_facts *f,
                                  struct jm_arena *mem)
{
    const struct jm_person *p = f->person;
    const struct jm_region *region = jm_region_of(f->regions, p->region10);
    /* as registered: surname and given name without a blank, as a Korean card prints it */
    const struct jm_bytes full[] = {p->surname, p->given};

    memset(v, 0, N_SOURCES * sizeof *v);
    JM_TRY(jm_concat(&v[FULL_NAME].text, mem, full, JM_ARRAY_LEN(full)));
    v[SURNAME].text = p->surname;
    v[GIVEN].text = p->given;
    v[HANJA].text = p->hanja;
    v[SURNAME_LATIN].text = p->surname_latin;
    v[GIVEN_LATIN].text = p->given_latin;
    v[BIRTH].date = p->birth;
    v[ISSUED].date = jm_seoul_date(f->issued);
    v[EXPIRES].date = jm_seoul_date(f->expires);
    v[PORTRAIT].text = f->photo;
    v[PHOTO_TAKEN].date = p->photo_taken;
    v[AUTHORITY].text = p->plastic.authority;
    v[COUNTRY].text = v[NATIONALITY].text = f->country;
    v[SEX].number = p->sex;
    v[DOCUMENT_NUMBER].text = f->document_number;
    v[ADDRESS].text = p->address;
    v[POSTAL].text = p->postal;
    v[STATE_ISO].text = region == NULL ? jm_none() : region->iso;
    v[RRN].text = f->rrn;
    v[REGION].text = jm_slice(p->region10, 0, 2);
    v[MUNICIPALITY].text = jm_slice(p->region10, 0, 5);
    v[REGION10].text = p->region10;
    v[ROAD12].text = p->road12;
    v[ADDRESS_SINCE].date = p->address_since;
    v[PLASTIC_ISSUED].date = p->plastic.issued_on;
    v[YOUTH_ACT_ADULT].number = jm_seoul_date(f->valid_from).year >= p->birth.year + 19;
    v[IS_RESIDENT].number = p->kind == JM_PERSON_RESIDENT;
    v[KEY_LEVEL].number = f->key_level;
    v[ISSUANCE_LEVEL].number = f->issuance_level;
    v[AGE_OVER].number = jm_age(p->birth, jm_seoul_date(f->valid_from));
    return JM_OK;
}

static enum jm_status to_cbor(struct jm_bytes *out, enum jm_rule_kind kind, const struct value *v,
                              struct jm_arena *mem)
{
    struct jm_cbor_w w;
    struct jm_buf b;
    char d[11];

    JM_TRY(jm_alloc_buf(&b, mem, v->text.len + 32));
    jm_cbor_w_init(&w, &b);
    switch (kind) {
    case JM_RULE_TEXT: jm_cbor_w_text(&w, v->text); break;
    case JM_RULE_BYTES: jm_cbor_w_bytes(&w, v->text); break;
    case JM_RULE_BOOL: jm_cbor_w_bool(&w, v->number != 0); break;
    case JM_RULE_UINT: jm_cbor_w_uint(&w, (uint64_t)v->number); break;
    case JM_RULE_DATE:
        jm_date_format(d, v->date);
        jm_cbor_w_tag(&w, 1004);
        jm_cbor_w_str(&w, d);
        break;
    case JM_RULE_KINDS: return JM_E_BUG;
    }
    *out = jm_written(b);
    return jm_cbor_w_end(&w);
}

static enum jm_status to_json(struct jm_bytes *out, enum jm_rule_kind kind, const struct value *v,
                              struct jm_arena *mem)
{
    struct jm_json_w w;
    struct jm_buf b, uri;
    char d[11];

    JM_TRY(jm_alloc_buf(&b, mem, 6 * v->text.len + 64));
    jm_json_w_init(&w, &b);
    switch (kind) {
    case JM_RULE_TEXT: jm_json_w_text(&w, v->text); break;
    case JM_RULE_BOOL: jm_json_w_bool(&w, v->number != 0); break;
    case JM_RULE_UINT: jm_json_w_int(&w, v->number); break;
    case JM_RULE_DATE:
        jm_date_format(d, v->date);
        jm_json_w_text(&w, jm_str(d));
        break;
    case JM_RULE_BYTES: /* a picture */
        JM_TRY(jm_alloc_buf(&uri, mem, 32 + (v->text.len + 2) / 3 * 4));
        JM_TRY(jm_buf_put(&uri, JM_BYTES("data:image/jpeg;base64,")));
        JM_TRY(jm_b64_put(&uri, v->text));
        jm_json_w_text(&w, jm_written(uri));
        break;
    case JM_RULE_KINDS: return JM_E_BUG;
    }
    *out = jm_written(b);
    return jm_json_w_end(&w);
}

/* -- claims of an SD-JWT: those whose paths begin alike lie in one object -- */

/* A claim that is there, and its value. */
struct leaf {
    const struct jm_profile_claim *c;
    struct jm_bytes json;
    bool done;
};

static bool same_way(const struct leaf *a, const struct leaf *b, size_t depth)
{
    for (size_t i = 0; i <= depth; i++)
        if (i >= a->c->n_path || i >= b->c->n_path || !jm_bytes_eq(a->c->path[i], b->c->path[i]))
            return false;
    return true;
}

/* The value at @p depth of the way that @p first goes: its own, or an object of all that go the
 * same way. */
static void put_leaves(struct jm_json_w *w, struct leaf *leaf, size_t first, size_t n, size_t depth)
{
    struct leaf *x = &leaf[first];

    if (depth + 1 == x->c->n_path) {
        x->done = true;
        jm_json_w_raw(w, x->json);
        return;
    }
    jm_json_w_open(w, '{');
    for (size_t i = first; i < n; i++)
        if (!leaf[i].done && same_way(x, &leaf[i], depth)) {
            jm_json_w_name_b(w, leaf[i].c->path[depth + 1]);
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
                same_way(&leaf[i], &leaf[k], 0) ? leaf[k].json.len + 400 * leaf[k].c->n_path : 0;
        JM_TRY(jm_alloc_buf(&b, mem, room));
        jm_json_w_init(&w, &b);
        put_leaves(&w, leaf, i, n, 0);
        JM_TRY(jm_json_w_end(&w));
        *c = (struct jm_sdjwt_claim){leaf[i].c->path[0], jm_written(b)};
        out->nested[out->n_claims++] = leaf[i].c->n_path > 1;
    }
    return JM_OK;
}

enum jm_status jm_dataset_build(struct jm_dataset *out, const struct jm_profile *p, enum jm_fmt fmt,
                                const struct jm_dataset_facts *f, struct jm_arena *mem,
                                struct jm_diag *d)
{
    struct leaf *leaf = JM_NEW_N(mem, struct leaf, p->n);
    struct value values[N_SOURCES];
    size_t n = 0;

    *out = (struct jm_dataset){.element = JM_NEW_N(mem, struct jm_mdoc_element, p->n),
                               .claim = JM_NEW_N(mem, struct jm_sdjwt_claim, p->n),
                               .nested = JM_NEW_N(mem, bool, p->n)};
    if (out->element == NULL || out->claim == NULL || out->nested == NULL || leaf == NULL)
        return JM_E_NO_SPACE;
    JM_TRY(read_values(values, f, mem));
    for (size_t i = 0; i < p->n; i++) {
        const struct jm_profile_claim *c = &p->claim[i];
        struct value v = values[c->source];

        if (c->source == AGE_OVER)
            v.number = v.number >= c->years;
        if (!is_there(c->kind, &v) && c->optional)
            continue;
        if (!is_there(c->kind, &v))
            return jm_refuse(d, JM_E_MISSING, JM_DATA_PROFILE, "a source of the card is empty");
        leaf[n].c = c;
        out->element[n] = (struct jm_mdoc_element){c->ns, c->id, {NULL, 0}, c->exempt};
        JM_TRY(fmt == JM_FMT_MDOC ? to_cbor(&out->element[n].value, c->kind, &v, mem)
                                  : to_json(&leaf[n].json, c->kind, &v, mem));
        n++;
    }
    if (fmt == JM_FMT_SDJWT)
        return put_claims(out, leaf, n, mem);
    out->n = n;
    return JM_OK;
}

/* -- types as a list, and what others know of them -- */

const struct jm_profile *jm_profile_of(const struct jm_profiles *all, struct jm_bytes type)
{
    for (size_t i = 0; i < all->n; i++)
        if (type.len == 0 ? all->profile[i].is_default : jm_bytes_eq(all->profile[i].type, type))
            return &all->profile[i];
    return NULL;
}

const struct jm_profile *jm_profile_by_configuration(const struct jm_profiles *all,
                                                     struct jm_bytes id, enum jm_fmt *fmt)
{
    for (const struct jm_profile *p = all->profile; p < all->profile + all->n; p++) {
        *fmt = jm_bytes_eq(id, p->mdoc_configuration) ? JM_FMT_MDOC : JM_FMT_SDJWT;
        if (*fmt == JM_FMT_MDOC || jm_bytes_eq(id, p->sdjwt_configuration))
            return p;
    }
    return NULL;
}

static bool are_apart(const struct jm_profile *a, const struct jm_profile *b)
{
    return !jm_bytes_eq(a->type, b->type) && !jm_bytes_eq(a->doctype, b->doctype) &&
           !jm_bytes_eq(a->vct, b->vct) &&
           !jm_bytes_eq(a->mdoc_configuration, b->mdoc_configuration) &&
           !jm_bytes_eq(a->sdjwt_configuration, b->sdjwt_configuration);
}

enum jm_status jm_profiles_check(struct jm_profiles *all, struct jm_diag *d)
{
    size_t defaults = 0;

    if (all->n == 0 || all->n > JM_PROFILES_MAX)
        return bad_profile(d, "one to four types");
    if (all->n == 1)
        all->profile[0].is_default = true;
    for (size_t i = 0; i < all->n; i++) {
        defaults += all->profile[i].is_default;
        for (size_t k = 0; k < i; k++)
            if (!are_apart(&all->profile[i], &all->profile[k]))
                return bad_profile(d, "two profiles of one type, doctype, vct or configuration");
    }
    return defaults == 1 ? JM_OK : bad_profile(d, "one of several types is the default");
}

enum jm_status jm_profile_schema(struct jm_schema *out, const struct jm_profile *p, enum jm_fmt fmt,
                                 struct jm_arena *mem)
{
    struct jm_rule *rule = JM_NEW_N(mem, struct jm_rule, p->n);

    *out = (struct jm_schema){fmt, fmt == JM_FMT_MDOC ? p->doctype : p->vct, rule, p->n};
    if (rule == NULL)
        return JM_E_NO_SPACE;
    for (size_t i = 0; i < p->n; i++) {
        const struct jm_profile_claim *c = &p->claim[i];

        rule[i].kind = c->kind;
        rule[i].flags = c->flags;
        rule[i].n_path = fmt == JM_FMT_MDOC ? 2 : c->n_path;
        for (size_t k = 0; k < rule[i].n_path; k++)
            rule[i].path[k] = fmt == JM_FMT_SDJWT ? c->path[k] : k == 0 ? c->ns : c->id;
    }
    return JM_OK;
}

enum jm_status jm_profile_schemas(struct jm_schema **out, size_t *n, const struct jm_profiles *all,
                                  struct jm_arena *mem)
{
    *n = 0;
    if ((*out = JM_NEW_N(mem, struct jm_schema, 2 * all->n)) == NULL)
        return JM_E_NO_SPACE;
    for (size_t i = 0; i < all->n; i++) {
        JM_TRY(jm_profile_schema(&(*out)[(*n)++], &all->profile[i], JM_FMT_MDOC, mem));
        JM_TRY(jm_profile_schema(&(*out)[(*n)++], &all->profile[i], JM_FMT_SDJWT, mem));
    }
    return JM_OK;
}
