/* SPDX-License-Identifier: Apache-2.0 */
#include "ledger/shape.h"

#include "jumin/cbor.h"

#define RUN_WHOLE 13 /* digits of a resident number */
#define RUN_FRONT 6
#define RUN_BACK 7
#define ID_MIN 2
#define LANGUAGES_MAX 4

static bool is_digit(uint8_t c)
{
    return c >= '0' && c <= '9';
}

static bool is_small(uint8_t c)
{
    return c >= 'a' && c <= 'z';
}

static size_t run_at(struct jm_bytes t, size_t at)
{
    size_t n = 0;

    while (at + n < t.len && is_digit(t.ptr[at + n]))
        n++;
    return n;
}

bool jm_text_is_personal(struct jm_bytes t)
{
    for (size_t at = 0; at < t.len; at++) {
        size_t n = run_at(t, at);

        if (n == RUN_WHOLE)
            return true;
        if (n == RUN_FRONT && at + n < t.len && t.ptr[at + n] == '-' &&
            run_at(t, at + n + 1) == RUN_BACK)
            return true;
        at += n;
    }
    return false;
}

static bool is_ascii(struct jm_bytes t)
{
    for (size_t i = 0; i < t.len; i++)
        if (t.ptr[i] < 0x21 || t.ptr[i] > 0x7e)
            return false;
    return true;
}

static bool is_id(struct jm_bytes t)
{
    if (t.len < ID_MIN || t.len > JM_LEDGER_ID_MAX)
        return false;
    for (size_t i = 0; i < t.len; i++) {
        bool inside = i > 0 && i + 1 < t.len;
        uint8_t c = t.ptr[i];

        if (!is_small(c) && !is_digit(c) && !(inside && (c == '.' || c == '-')))
            return false;
    }
    return true;
}

static bool is_country(struct jm_bytes t)
{
    return t.len == 2 && t.ptr[0] >= 'A' && t.ptr[0] <= 'Z' && t.ptr[1] >= 'A' && t.ptr[1] <= 'Z';
}

/* The host's name or number ends at a port, a path, a question or the end. */
static bool is_uri(struct jm_bytes t)
{
    static const char *const here[] = {"http://localhost", "http://127.0.0.1", "http://[::1]"};

    if (!is_ascii(t))
        return false;
    if (jm_bytes_starts(t, JM_BYTES("https://")))
        return t.len > sizeof "https://" - 1;
    for (size_t i = 0; i < JM_ARRAY_LEN(here); i++) {
        struct jm_bytes h = jm_str(here[i]);

        if (jm_bytes_starts(t, h) &&
            (t.len == h.len || t.ptr[h.len] == ':' || t.ptr[h.len] == '/' || t.ptr[h.len] == '?'))
            return true;
    }
    return false;
}

/* [a-z]{2,3}(-[A-Za-z0-9]{2,8})? */
static bool is_language(struct jm_bytes t)
{
    size_t n = 0, more;

    while (n < t.len && is_small(t.ptr[n]))
        n++;
    if (n < 2 || n > 3)
        return false;
    if (n == t.len)
        return true;
    more = t.len - n - 1;
    if (t.ptr[n] != '-' || more < 2 || more > 8)
        return false;
    for (n++; n < t.len; n++)
        if (!is_digit(t.ptr[n]) && !is_small(jm_lower(t.ptr[n])))
            return false;
    return true;
}

static enum jm_ltx_code judge_text(const struct jm_shape *s, struct jm_cbor *r)
{
    struct jm_bytes t;
    bool good = true;

    if (jm_cbor_peek(r) != JM_CBOR_TEXT)
        return JM_LTX_BODY;
    t = jm_cbor_text(r);
    if (s->kind == JM_SHAPE_ID)
        good = is_id(t);
    else if (s->kind == JM_SHAPE_COUNTRY)
        good = is_country(t);
    else if (t.len < s->lo || t.len > s->hi)
        good = false;
    else if (s->kind == JM_SHAPE_URI)
        good = is_uri(t);
    else if (s->kind == JM_SHAPE_ASCII)
        good = is_ascii(t);
    if (!good)
        return JM_LTX_BODY;
    return jm_text_is_personal(t) ? JM_LTX_PRIVACY : JM_LTX_OK;
}

static enum jm_ltx_code judge_i18n(const struct jm_shape *s, struct jm_cbor *r)
{
    bool known = false;
    size_t n;

    if (jm_cbor_peek(r) != JM_CBOR_MAP)
        return JM_LTX_BODY;
    n = jm_cbor_map(r);
    if (n < 1 || n > LANGUAGES_MAX)
        return JM_LTX_BODY;
    for (size_t i = 0; i < n; i++) {
        struct jm_bytes language, text;

        if (jm_cbor_peek(r) != JM_CBOR_TEXT)
            return JM_LTX_BODY;
        language = jm_cbor_text(r);
        if (!is_language(language) || jm_cbor_peek(r) != JM_CBOR_TEXT)
            return JM_LTX_BODY;
        known = known || jm_bytes_eq_str(language, "ko") || jm_bytes_eq_str(language, "en");
        text = jm_cbor_text(r);
        if (text.len > s->hi)
            return JM_LTX_BODY;
        if (jm_text_is_personal(text))
            return JM_LTX_PRIVACY;
    }
    return known ? JM_LTX_OK : JM_LTX_BODY;
}

/* 30 8x, as many octets as it says. */
static bool is_der(struct jm_bytes d)
{
    size_t n, len = 0;

    if (d.len < 4 || d.ptr[0] != 0x30 || d.ptr[1] < 0x81 || d.ptr[1] > 0x82)
        return false;
    n = (size_t)d.ptr[1] - 0x80;
    for (size_t i = 0; i < n; i++)
        len = len << 8 | d.ptr[2 + i];
    return len == d.len - 2 - n && len >= (n == 1 ? 0x80u : 0x100u);
}

static enum jm_ltx_code judge_bytes(const struct jm_shape *s, struct jm_cbor *r)
{
    struct jm_bytes b;

    if (jm_cbor_peek(r) != JM_CBOR_BYTES)
        return JM_LTX_BODY;
    b = jm_cbor_bytes(r);
    if (s->kind == JM_SHAPE_POINT)
        return jm_point_on_curve(b) ? JM_LTX_OK : JM_LTX_BODY;
    if (b.len < s->lo || b.len > s->hi || (s->kind == JM_SHAPE_DER && !is_der(b)))
        return JM_LTX_BODY;
    return JM_LTX_OK;
}

static enum jm_ltx_code judge_in(const struct jm_shape *s, struct jm_cbor *r);

/* One of a list is the same as none before it. */
static bool is_new(struct jm_bytes list, size_t i, struct jm_bytes item)
{
    struct jm_cbor r;

    jm_cbor_init(&r, list);
    (void)jm_cbor_array(&r);
    for (; i > 0; i--)
        if (jm_bytes_eq(jm_cbor_item(&r), item))
            return false;
    return true;
}

static enum jm_ltx_code judge_list(const struct jm_shape *s, struct jm_cbor *r)
{
    struct jm_bytes list;
    size_t n;

    if (jm_cbor_peek(r) != JM_CBOR_ARRAY)
        return JM_LTX_BODY;
    list = jm_slice(r->in, r->at, SIZE_MAX);
    n = jm_cbor_array(r);
    if (s->kind == JM_SHAPE_TUPLE ? n != s->hi : n < s->lo || n > s->hi)
        return JM_LTX_BODY;
    for (size_t i = 0; i < n; i++) {
        const struct jm_shape *of = s->kind == JM_SHAPE_TUPLE ? &s->of[i] : s->of;
        size_t at = r->at;
        enum jm_ltx_code code = judge_in(of, r);

        if (code != JM_LTX_OK)
            return code;
        if (s->kind == JM_SHAPE_LIST && !is_new(list, i, jm_slice(r->in, at, r->at - at)))
            return JM_LTX_BODY;
    }
    return JM_LTX_OK;
}

static const struct jm_field *field_of(const struct jm_shape *s, uint64_t key)
{
    for (size_t i = 0; i < s->hi; i++)
        if (s->field[i].key == key)
            return &s->field[i];
    return NULL;
}

/* The key set first, then the values in their order. */
static enum jm_ltx_code judge_keys(const struct jm_shape *s, struct jm_cbor r)
{
    size_t n = jm_cbor_map(&r), required = 0;

    for (size_t i = 0; i < s->hi; i++)
        required += !s->field[i].optional;
    for (; n > 0; n--) {
        const struct jm_field *f;

        if (jm_cbor_peek(&r) != JM_CBOR_UINT || (f = field_of(s, jm_cbor_uint(&r))) == NULL)
            return JM_LTX_BODY;
        required -= !f->optional;
        (void)jm_cbor_item(&r);
    }
    return required == 0 ? JM_LTX_OK : JM_LTX_BODY;
}

static enum jm_ltx_code judge_map(const struct jm_shape *s, struct jm_cbor *r)
{
    enum jm_ltx_code code;

    if (jm_cbor_peek(r) != JM_CBOR_MAP)
        return JM_LTX_BODY;
    code = judge_keys(s, *r);
    if (code != JM_LTX_OK)
        return code;
    for (size_t n = jm_cbor_map(r); n > 0; n--) {
        const struct jm_field *f = field_of(s, jm_cbor_uint(r));

        code = f == NULL ? JM_LTX_BODY : judge_in(f->shape, r);
        if (code != JM_LTX_OK)
            return code;
    }
    return JM_LTX_OK;
}

static enum jm_ltx_code judge_in(const struct jm_shape *s, struct jm_cbor *r)
{
    uint64_t u;

    switch (s->kind) {
    case JM_SHAPE_UINT:
        if (jm_cbor_peek(r) != JM_CBOR_UINT)
            return JM_LTX_BODY;
        u = jm_cbor_uint(r);
        return u >= s->lo && u <= s->hi ? JM_LTX_OK : JM_LTX_BODY;
    case JM_SHAPE_BOOL:
        if (jm_cbor_peek(r) != JM_CBOR_TRUE && jm_cbor_peek(r) != JM_CBOR_FALSE)
            return JM_LTX_BODY;
        (void)jm_cbor_bool(r);
        return JM_LTX_OK;
    case JM_SHAPE_BYTES:
    case JM_SHAPE_POINT:
    case JM_SHAPE_DER: return judge_bytes(s, r);
    case JM_SHAPE_TEXT:
    case JM_SHAPE_ASCII:
    case JM_SHAPE_URI:
    case JM_SHAPE_ID:
    case JM_SHAPE_COUNTRY: return judge_text(s, r);
    case JM_SHAPE_I18N: return judge_i18n(s, r);
    case JM_SHAPE_LIST:
    case JM_SHAPE_TUPLE: return judge_list(s, r);
    case JM_SHAPE_MAP: return judge_map(s, r);
    }
    return JM_LTX_BODY;
}

enum jm_ltx_code jm_shape_judge(const struct jm_shape *s, struct jm_bytes value)
{
    struct jm_cbor r;
    enum jm_ltx_code code;

    jm_cbor_init(&r, value);
    code = judge_in(s, &r);
    return code == JM_LTX_OK && jm_cbor_end(&r) != JM_OK ? JM_LTX_BODY : code;
}
