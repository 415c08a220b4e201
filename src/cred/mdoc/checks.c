/* SPDX-License-Identifier: Apache-2.0 */
#include "base/record.h"
#include "cred/mdoc/document.h"

static size_t offset_of(const struct jm_mdoc_document *d, struct jm_bytes where)
{
    uintptr_t at = (uintptr_t)where.ptr, from = (uintptr_t)d->input.ptr;

    return where.ptr == NULL || at < from || at > from + d->input.len ? 0 : (size_t)(at - from);
}

static int rank_of(enum jm_result r)
{
    static const int of[] =
        {[JM_PASS] = 0, [JM_NOT_RUN] = 1, [JM_WARN] = 2, [JM_UNKNOWN] = 3, [JM_FAIL] = 4};

    return of[r];
}

static struct jm_mdoc_slot *slot_of(struct jm_mdoc_document *d, enum jm_code code)
{
    return &d->slot[code - JM_MDOC_FIRST];
}

void jm_mdoc_say_at(struct jm_mdoc_document *d, enum jm_code code, enum jm_result result,
                    struct jm_bytes where, struct jm_bytes ns, struct jm_bytes id,
                    const char *detail)
{
    struct jm_mdoc_slot *s = slot_of(d, code);

    jm_record(code, result);
    if (s->said && rank_of(result) <= rank_of(s->result))
        return;
    s->said = true;
    s->excused = false;
    s->result = result;
    s->detail = detail;
    s->offset = offset_of(d, where);
    s->path = ns;
    if (id.len != 0) {
        struct jm_bytes parts[3] = {ns, JM_BYTES("/"), id};

        if (jm_concat(&s->path, d->mem, parts, 3) != JM_OK)
            s->path = ns; /* the namespace will do */
    }
}

void jm_mdoc_say(struct jm_mdoc_document *d, enum jm_code code, enum jm_result result,
                 struct jm_bytes where, const char *detail)
{
    jm_mdoc_say_at(d, code, result, where, jm_none(), jm_none(), detail);
}

void jm_mdoc_fail(struct jm_mdoc_document *d, enum jm_code code, struct jm_bytes where,
                  const char *detail)
{
    jm_mdoc_say(d, code, JM_FAIL, where, detail);
}

void jm_mdoc_check(struct jm_mdoc_document *d, enum jm_code code, bool ok, struct jm_bytes where,
                   const char *detail)
{
    jm_mdoc_say(d, code, ok ? JM_PASS : JM_FAIL, where, ok ? NULL : detail);
}

void jm_mdoc_notice(struct jm_mdoc_document *d, enum jm_code code, bool issuer,
                    struct jm_bytes where, const char *detail)
{
    jm_mdoc_say(d, code, d->strict || (issuer && d->strict_issuer) ? JM_FAIL : JM_WARN, where,
                detail);
}

void jm_mdoc_held(struct jm_mdoc_document *d, enum jm_code code)
{
    jm_mdoc_say(d, code, JM_PASS, jm_none(), NULL);
}

void jm_mdoc_form(struct jm_mdoc_document *d, enum jm_code code, bool issuer, bool ok,
                  struct jm_bytes where, const char *detail)
{
    if (ok)
        jm_mdoc_held(d, code);
    else
        jm_mdoc_notice(d, code, issuer, where, detail);
}

void jm_mdoc_excuse(struct jm_mdoc_document *d, enum jm_code code, const char *why)
{
    struct jm_mdoc_slot *s = slot_of(d, code);

    if (s->said)
        return;
    s->excused = true;
    s->detail = why;
}

void jm_mdoc_unsaid(struct jm_mdoc_document *d, enum jm_code first, enum jm_code last,
                    const char *why)
{
    for (struct jm_mdoc_slot *s = slot_of(d, first); s <= slot_of(d, last); s++)
        if (!s->said && s->detail == NULL)
            s->detail = why;
}

bool jm_mdoc_failed(const struct jm_mdoc_document *d, enum jm_code code)
{
    const struct jm_mdoc_slot *s = &d->slot[code - JM_MDOC_FIRST];

    return s->said && s->result == JM_FAIL;
}

bool jm_mdoc_passed(const struct jm_mdoc_document *d, enum jm_code code)
{
    const struct jm_mdoc_slot *s = &d->slot[code - JM_MDOC_FIRST];

    return s->said && s->result == JM_PASS;
}

void jm_mdoc_say_cbor(struct jm_mdoc_document *d, const struct jm_cbor_fault *f,
                      struct jm_bytes where)
{
    static const enum jm_code code_of[] = {
        [JM_CBOR_OK] = JM_CODE_NONE,
        [JM_CBOR_TRUNCATED] = JM_MDOC_CBOR_TRUNCATED,
        [JM_CBOR_TRAILING] = JM_MDOC_CBOR_TRAILING,
        [JM_CBOR_RESERVED] = JM_MDOC_CBOR_RESERVED,
        [JM_CBOR_INDEFINITE] = JM_MDOC_CBOR_INDEFINITE,
        [JM_CBOR_UTF8] = JM_MDOC_CBOR_UTF8,
        [JM_CBOR_DEPTH] = JM_MDOC_CBOR_DEPTH,
        [JM_CBOR_LIMIT] = JM_MDOC_CBOR_LIMIT,
        [JM_CBOR_DUPLICATE_KEY] = JM_MDOC_CBOR_DUPLICATE_KEY,
    };

    if (f->kind != JM_CBOR_OK)
        jm_mdoc_fail(d, code_of[f->kind], jm_slice(where, f->at, 1),
                     "the CBOR at this octet cannot be accepted");
}

bool jm_mdoc_text(struct jm_bytes *out, struct jm_bytes item)
{
    struct jm_cbor r;

    jm_cbor_init(&r, item);
    *out = jm_cbor_text(&r);
    return jm_cbor_end(&r) == JM_OK;
}

bool jm_mdoc_bstr(struct jm_bytes *out, struct jm_bytes item)
{
    struct jm_cbor r;

    jm_cbor_init(&r, item);
    *out = jm_cbor_bytes(&r);
    return jm_cbor_end(&r) == JM_OK;
}

bool jm_mdoc_uint(uint64_t *out, struct jm_bytes item)
{
    struct jm_cbor r;

    jm_cbor_init(&r, item);
    *out = jm_cbor_uint(&r);
    return jm_cbor_end(&r) == JM_OK;
}

bool jm_mdoc_embedded(struct jm_bytes *out, struct jm_bytes item)
{
    struct jm_cbor r;

    jm_cbor_init(&r, item);
    *out = jm_cbor_embedded(&r, NULL);
    return jm_cbor_end(&r) == JM_OK;
}

bool jm_mdoc_is_map(struct jm_bytes item)
{
    struct jm_cbor r;

    jm_cbor_init(&r, item);
    return jm_cbor_peek(&r) == JM_CBOR_MAP;
}

bool jm_mdoc_version_ok(struct jm_bytes t)
{
    if (t.len < 3 || t.len > 16 || t.ptr[0] != '1' || t.ptr[1] != '.')
        return false;
    for (size_t i = 2; i < t.len; i++)
        if (t.ptr[i] < '0' || t.ptr[i] > '9')
            return false;
    return true;
}

static struct jm_bytes *place_of(const struct jm_mdoc_member *m, size_t n, struct jm_bytes key)
{
    for (size_t i = 0; i < n; i++)
        if (jm_bytes_eq(key, m[i].name))
            return m[i].value;
    return NULL;
}

bool jm_mdoc_members(struct jm_mdoc_document *d, struct jm_bytes map,
                     const struct jm_mdoc_member *m, size_t n)
{
    struct jm_cbor r;
    bool ok = true;

    for (size_t i = 0; i < n; i++)
        *m[i].value = jm_none();
    jm_cbor_init(&r, map);
    for (size_t left = jm_cbor_map(&r); left > 0 && r.st == JM_OK; left--) {
        struct jm_bytes *to = NULL;

        if (jm_cbor_peek(&r) == JM_CBOR_TEXT)
            to = place_of(m, n, jm_cbor_text(&r));
        else
            (void)jm_cbor_item(&r); /* RFU and private keys are no fault */
        bool null = jm_cbor_peek(&r) == JM_CBOR_NULL;
        struct jm_bytes v = jm_cbor_item(&r);
        if (to != NULL && !null)
            *to = v;
    }
    if (jm_cbor_end(&r) != JM_OK) {
        jm_mdoc_fail(d, JM_MDOC_TYPE, map, "a map is expected here");
        return false;
    }
    for (size_t i = 0; i < n; i++)
        if (m[i].required && m[i].value->ptr == NULL) {
            jm_mdoc_say_at(d, JM_MDOC_MISSING, JM_FAIL, map, m[i].name, jm_none(),
                           "a required member is absent");
            ok = false;
        }
    return ok;
}
