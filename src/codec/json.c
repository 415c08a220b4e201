/* SPDX-License-Identifier: Apache-2.0 */
#include "jumin/json.h"

#include <string.h>

#include "jumin/base64.h"
#include "jumin/sort.h"

#define ELEMENTS_MAX 65536

struct parser {
    struct jm_bytes in;
    size_t at;
    struct jm_arena *mem;
};

static enum jm_status read_value(struct parser *p, struct jm_json *v, unsigned depth);

static void skip_blanks(struct parser *p)
{
    while (p->at < p->in.len) {
        uint8_t c = p->in.ptr[p->at];

        if (c != ' ' && c != '\t' && c != '\n' && c != '\r')
            return;
        p->at++;
    }
}

static bool eat_char(struct parser *p, char c)
{
    if (p->at >= p->in.len || p->in.ptr[p->at] != (uint8_t)c)
        return false;
    p->at++;
    return true;
}

static enum jm_status read_literal(struct parser *p, const char *word, enum jm_json_type type,
                                   struct jm_json *v)
{
    struct jm_bytes w = jm_str(word);

    if (!jm_bytes_starts(jm_slice(p->in, p->at, w.len), w))
        return JM_E_MALFORMED;
    p->at += w.len;
    v->type = type;
    return JM_OK;
}

static size_t skip_digits(struct parser *p)
{
    size_t n = 0;

    for (; p->at < p->in.len && p->in.ptr[p->at] >= '0' && p->in.ptr[p->at] <= '9'; p->at++)
        n++;
    return n;
}

static enum jm_status read_number(struct parser *p, struct jm_json *v)
{
    size_t start = p->at;
    bool zero;

    (void)eat_char(p, '-');
    zero = p->at < p->in.len && p->in.ptr[p->at] == '0';
    size_t n = skip_digits(p);
    if (n == 0 || (zero && n > 1))
        return JM_E_MALFORMED;
    if (eat_char(p, '.') && skip_digits(p) == 0)
        return JM_E_MALFORMED;
    if (eat_char(p, 'e') || eat_char(p, 'E')) {
        if (!eat_char(p, '+'))
            (void)eat_char(p, '-');
        if (skip_digits(p) == 0)
            return JM_E_MALFORMED;
    }
    v->type = JM_JSON_NUMBER;
    v->text = jm_slice(p->in, start, p->at - start);
    return JM_OK;
}

static bool read_hex4(struct parser *p, uint32_t *out)
{
    *out = 0;
    for (int i = 0; i < 4; i++, p->at++) {
        uint8_t c;
        if (p->at >= p->in.len)
            return false;
        c = p->in.ptr[p->at];
        if (c >= '0' && c <= '9')
            *out = *out << 4 | (uint32_t)(c - '0');
        else if ((c | 32) >= 'a' && (c | 32) <= 'f')
            *out = *out << 4 | (uint32_t)((c | 32) - 'a' + 10);
        else
            return false;
    }
    return true;
}

static size_t put_utf8(uint8_t *o, uint32_t cp)
{
    if (cp < 0x80) {
        o[0] = (uint8_t)cp;
        return 1;
    }
    if (cp < 0x800) {
        o[0] = (uint8_t)(0xC0 | cp >> 6);
        o[1] = (uint8_t)(0x80 | (cp & 63));
        return 2;
    }
    if (cp < 0x10000) {
        o[0] = (uint8_t)(0xE0 | cp >> 12);
        o[1] = (uint8_t)(0x80 | (cp >> 6 & 63));
        o[2] = (uint8_t)(0x80 | (cp & 63));
        return 3;
    }
    o[0] = (uint8_t)(0xF0 | cp >> 18);
    o[1] = (uint8_t)(0x80 | (cp >> 12 & 63));
    o[2] = (uint8_t)(0x80 | (cp >> 6 & 63));
    o[3] = (uint8_t)(0x80 | (cp & 63));
    return 4;
}

/* After the backslash. Writes at most 4 octets. */
static bool read_escape(struct parser *p, uint8_t *o, size_t *n)
{
    static const char from[] = "\"\\/bfnrt", to[] = "\"\\/\b\f\n\r\t";
    uint32_t cp, low;
    uint8_t c;

    if (p->at >= p->in.len)
        return false;
    c = p->in.ptr[p->at++];
    if (c != 'u') {
        for (size_t k = 0; k < sizeof from - 1; k++) {
            if ((uint8_t)from[k] == c) {
                o[0] = (uint8_t)to[k];
                *n = 1;
                return true;
            }
        }
        return false;
    }
    if (!read_hex4(p, &cp) || (cp >= 0xDC00 && cp <= 0xDFFF))
        return false;
    if (cp >= 0xD800 && cp <= 0xDBFF) {
        if (!eat_char(p, '\\') || !eat_char(p, 'u') || !read_hex4(p, &low) || low < 0xDC00 ||
            low > 0xDFFF)
            return false;
        cp = 0x10000 + ((cp - 0xD800) << 10 | (low - 0xDC00));
    }
    *n = put_utf8(o, cp);
    return true;
}

/* What a text may hold as it stands. */
static bool is_plain(uint8_t c)
{
    return c >= 0x20 && c != '"' && c != '\\';
}

/* High bits where an octet of eight is below 0x20, a quote or a backslash; others may be marked
 * behind the first right one. */
static bool any_special(uint64_t v)
{
    const uint64_t ones = UINT64_C(0x0101010101010101), high = UINT64_C(0x8080808080808080);
    uint64_t quote = v ^ ones * '"', slash = v ^ ones * '\\';

    return (((v - ones * 0x20) & ~v) | ((quote - ones) & ~quote) | ((slash - ones) & ~slash)) &
           high;
}

/* The first octet from @p at on that may not stand in a text as it is, or the end. */
static size_t plain_until(struct jm_bytes in, size_t at)
{
    for (uint64_t eight; at < in.len && in.len - at >= 8; at += 8) {
        memcpy(&eight, in.ptr + at, 8);
        if (any_special(eight))
            break;
    }
    while (at < in.len && is_plain(in.ptr[at]))
        at++;
    return at;
}

/* At the opening quote. Finds the end first, so that the copy of an escaped text has exact room. */
static enum jm_status read_string(struct parser *p, struct jm_bytes *out)
{
    size_t start, end;
    bool plain = true;
    uint8_t *o;
    size_t n = 0;

    *out = jm_none();
    if (!eat_char(p, '"'))
        return JM_E_MALFORMED;
    start = p->at;
    for (end = plain_until(p->in, start); end < p->in.len && p->in.ptr[end] != '"';
         end = plain_until(p->in, end + 2)) {
        if (p->in.ptr[end] < 0x20) {
            p->at = end;
            return JM_E_MALFORMED;
        }
        plain = false; /* a backslash, and what it stands before */
    }
    if (end >= p->in.len)
        return JM_E_MALFORMED;
    if (plain) {
        *out = jm_bytes(p->in.ptr + start, end - start);
        p->at = end + 1;
        return JM_OK;
    }
    if ((o = jm_alloc(p->mem, end - start + 1, 1)) == NULL)
        return JM_E_NO_SPACE;
    while (p->at < end) {
        uint8_t c = p->in.ptr[p->at++];
        size_t k = 1;
        if (c != '\\')
            o[n] = c;
        else if (!read_escape(p, o + n, &k))
            return JM_E_MALFORMED;
        n += k;
    }
    p->at = end + 1;
    *out = jm_bytes(o, n);
    return JM_OK;
}

#define FEW_MEMBERS 16 /* of an object: compared pair by pair as they come */

static bool has_name(const struct jm_json *first, struct jm_bytes name)
{
    for (const struct jm_json *m = first; m != NULL; m = m->next)
        if (jm_bytes_eq(m->name, name))
            return true;
    return false;
}

static int compare_names(const void *list, uint32_t a, uint32_t b)
{
    const struct jm_json *const *m = list;

    return jm_bytes_cmp(m[a]->name, m[b]->name);
}

/* Duplicate names of an object of many members, by their order. The room is given back. */
static enum jm_status names_unique(struct parser *p, const struct jm_json *v)
{
    size_t mark = jm_arena_mark(p->mem), n = 0, twin;
    const struct jm_json **m = JM_NEW_N(p->mem, const struct jm_json *, v->n);
    uint32_t *index = JM_NEW_N(p->mem, uint32_t, v->n);

    if (m == NULL || index == NULL)
        return JM_E_NO_SPACE;
    for (const struct jm_json *c = v->child; c != NULL; c = c->next, n++) {
        m[n] = c;
        index[n] = (uint32_t)n;
    }
    jm_sort(index, n, compare_names, m);
    twin = jm_sorted_twin(index, n, compare_names, m);
    jm_arena_back(p->mem, mark);
    return twin == n ? JM_OK : JM_E_DUPLICATE;
}

static enum jm_status member_name(struct parser *p, const struct jm_json *v, struct jm_json *m)
{
    skip_blanks(p);
    JM_TRY(read_string(p, &m->name));
    if (v->n < FEW_MEMBERS && has_name(v->child, m->name))
        return JM_E_DUPLICATE;
    skip_blanks(p);
    return eat_char(p, ':') ? JM_OK : JM_E_MALFORMED;
}

static enum jm_status read_container(struct parser *p, struct jm_json *v, unsigned depth)
{
    bool object = p->in.ptr[p->at++] == '{';
    const struct jm_json **tail = &v->child;
    char close = object ? '}' : ']';

    v->type = object ? JM_JSON_OBJECT : JM_JSON_ARRAY;
    skip_blanks(p);
    if (eat_char(p, close))
        return JM_OK;
    do {
        struct jm_json *m = JM_NEW(p->mem, struct jm_json);

        if (m == NULL)
            return JM_E_NO_SPACE;
        if (v->n == (object ? JM_JSON_MEMBERS_MAX : ELEMENTS_MAX))
            return JM_E_LIMIT;
        if (object)
            JM_TRY(member_name(p, v, m));
        JM_TRY(read_value(p, m, depth + 1));
        *tail = m;
        tail = &m->next;
        v->n++;
        skip_blanks(p);
    } while (eat_char(p, ','));
    if (!eat_char(p, close))
        return JM_E_MALFORMED;
    return object && v->n > FEW_MEMBERS ? names_unique(p, v) : JM_OK;
}

static enum jm_status read_value(struct parser *p, struct jm_json *v, unsigned depth)
{
    enum jm_status st;
    size_t start;

    if (depth > JM_JSON_DEPTH_MAX)
        return JM_E_LIMIT;
    skip_blanks(p);
    start = p->at;
    if (p->at >= p->in.len)
        return JM_E_MALFORMED;
    switch (p->in.ptr[p->at]) {
    case '{':
    case '[': st = read_container(p, v, depth); break;
    case '"':
        v->type = JM_JSON_STRING;
        st = read_string(p, &v->text);
        break;
    case 't': st = read_literal(p, "true", JM_JSON_TRUE, v); break;
    case 'f': st = read_literal(p, "false", JM_JSON_FALSE, v); break;
    case 'n': st = read_literal(p, "null", JM_JSON_NULL, v); break;
    default: st = read_number(p, v); break;
    }
    v->raw = jm_slice(p->in, start, p->at - start);
    return st;
}

enum jm_status jm_json_parse(const struct jm_json **out, struct jm_bytes in, struct jm_arena *mem,
                             size_t *at)
{
    struct parser p = {in, 0, mem};
    struct jm_json *root;
    enum jm_status st;
    size_t bad = 0;

    *out = NULL;
    if (!jm_utf8_valid(in, &bad)) {
        if (at != NULL)
            *at = bad;
        return JM_E_MALFORMED;
    }
    if ((root = JM_NEW(mem, struct jm_json)) == NULL)
        return JM_E_NO_SPACE;
    st = read_value(&p, root, 1);
    if (st == JM_OK) {
        skip_blanks(&p);
        if (p.at != in.len)
            st = JM_E_TRAILING;
    }
    if (at != NULL)
        *at = p.at;
    if (st == JM_OK)
        *out = root;
    return st;
}

const struct jm_json *jm_json_get_b(const struct jm_json *obj, struct jm_bytes name)
{
    if (obj == NULL || obj->type != JM_JSON_OBJECT)
        return NULL;
    for (const struct jm_json *m = obj->child; m != NULL; m = m->next)
        if (jm_bytes_eq(m->name, name))
            return m;
    return NULL;
}

const struct jm_json *jm_json_get(const struct jm_json *obj, const char *name)
{
    return jm_json_get_b(obj, jm_str(name));
}

enum jm_status jm_json_str(struct jm_bytes *out, const struct jm_json *obj, const char *name)
{
    const struct jm_json *v = jm_json_get(obj, name);

    *out = jm_none();
    if (v == NULL)
        return JM_E_MISSING;
    if (v->type != JM_JSON_STRING || jm_bytes_find(v->text, jm_bytes("", 1)) != SIZE_MAX)
        return JM_E_TYPE;
    *out = v->text;
    return JM_OK;
}

enum jm_status jm_json_opt_str(struct jm_bytes *out, const struct jm_json *obj, const char *name)
{
    enum jm_status st = jm_json_str(out, obj, name);

    return st == JM_E_MISSING ? JM_OK : st;
}

enum jm_status jm_json_text(struct jm_bytes *out, const struct jm_json *obj, const char *name,
                            size_t max)
{
    JM_TRY(jm_json_str(out, obj, name));
    if (out->len <= max)
        return JM_OK;
    *out = jm_none();
    return JM_E_LIMIT;
}

enum jm_status jm_json_opt_text(struct jm_bytes *out, const struct jm_json *obj, const char *name,
                                size_t max)
{
    enum jm_status st = jm_json_text(out, obj, name, max);

    return st == JM_E_MISSING ? JM_OK : st;
}

enum jm_status jm_json_int(int64_t *out, const struct jm_json *v)
{
    uint64_t u;
    bool neg;

    *out = 0;
    if (v == NULL)
        return JM_E_MISSING;
    if (v->type != JM_JSON_NUMBER)
        return JM_E_TYPE;
    neg = v->text.ptr[0] == '-';
    if (jm_parse_u64(&u, jm_slice(v->text, neg, SIZE_MAX)) != JM_OK || u > INT64_MAX)
        return JM_E_RANGE;
    *out = neg ? -(int64_t)u : (int64_t)u;
    return JM_OK;
}

/* A JSON number, as RFC 8259 6 spells it, in parts. */
struct number {
    struct jm_bytes whole, fraction;
    int exponent; /* beyond 1,000 either way it is kept at 1,000 */
};

static struct number number_of(struct jm_bytes t)
{
    struct number n = {t, {NULL, 0}, 0};
    size_t e = 0, dot;

    while (e < t.len && t.ptr[e] != 'e' && t.ptr[e] != 'E')
        e++;
    n.whole = jm_slice(t, 0, e);
    if ((dot = jm_bytes_find(n.whole, JM_BYTES("."))) != SIZE_MAX) {
        n.fraction = jm_slice(n.whole, dot + 1, SIZE_MAX);
        n.whole = jm_slice(n.whole, 0, dot);
    }
    for (size_t i = e + 1; i < t.len; i++)
        if (t.ptr[i] >= '0' && t.ptr[i] <= '9' && n.exponent < 1000)
            n.exponent = n.exponent * 10 + (t.ptr[i] - '0');
    if (n.exponent > 1000)
        n.exponent = 1000;
    if (e + 1 < t.len && t.ptr[e + 1] == '-')
        n.exponent = -n.exponent;
    return n;
}

static bool is_zero(struct jm_bytes digits)
{
    for (size_t i = 0; i < digits.len; i++)
        if (digits.ptr[i] != '0')
            return false;
    return true;
}

/* The floor, digit by digit: nothing is rounded. False beyond 2^53. */
static bool floor_of(uint64_t *out, const struct number *n)
{
    size_t have = n->whole.len + n->fraction.len;
    int64_t places = (int64_t)n->whole.len + n->exponent; /* digits before the point */

    *out = 0;
    if (is_zero(n->whole) && is_zero(n->fraction))
        return true;
    for (int64_t i = 0; i < places; i++) {
        size_t at = (size_t)i;
        uint8_t digit = at < n->whole.len ? n->whole.ptr[at]
                        : at < have       ? n->fraction.ptr[at - n->whole.len]
                                          : '0';

        *out = *out * 10 + (uint64_t)(digit - '0');
        if (*out > UINT64_C(1) << 53)
            return false;
    }
    return true;
}

enum jm_status jm_json_time(int64_t *out, const struct jm_json *obj, const char *name)
{
    const struct jm_json *v = jm_json_get(obj, name);
    struct number n;
    uint64_t u;

    *out = 0;
    if (v == NULL)
        return JM_E_MISSING;
    if (v->type != JM_JSON_NUMBER)
        return JM_E_TYPE;
    if (v->text.ptr[0] == '-')
        return JM_E_RANGE;
    n = number_of(v->text);
    if (!floor_of(&u, &n))
        return JM_E_RANGE;
    *out = (int64_t)u;
    return JM_OK;
}

bool jm_json_is_true(const struct jm_json *object, const char *name)
{
    const struct jm_json *v = jm_json_get(object, name);

    return v != NULL && v->type == JM_JSON_TRUE;
}

bool jm_json_is_str(const struct jm_json *v, const char *s)
{
    return v != NULL && v->type == JM_JSON_STRING && jm_bytes_eq_str(v->text, s);
}

/* -- writer -- */

void jm_json_w_init(struct jm_json_w *w, struct jm_buf *out)
{
    w->out = out;
    w->st = JM_OK;
    w->comma = false;
}

static void put_raw(struct jm_json_w *w, struct jm_bytes b)
{
    if (w->st == JM_OK)
        w->st = jm_buf_put(w->out, b);
}

static void put_comma(struct jm_json_w *w)
{
    if (w->comma)
        put_raw(w, JM_BYTES(","));
    w->comma = true;
}

void jm_json_w_open(struct jm_json_w *w, char bracket)
{
    put_comma(w);
    put_raw(w, jm_bytes(&bracket, 1));
    w->comma = false;
}

void jm_json_w_close(struct jm_json_w *w, char bracket)
{
    put_raw(w, jm_bytes(&bracket, 1));
    w->comma = true;
}

static void put_quoted(struct jm_json_w *w, struct jm_bytes v)
{
    static const char digit[] = "0123456789abcdef";

    put_raw(w, JM_BYTES("\""));
    for (size_t at = 0; at < v.len;) {
        size_t from = at;

        at = plain_until(v, at);
        put_raw(w, jm_slice(v, from, at - from));
        if (at == v.len)
            break;
        uint8_t c = v.ptr[at++];
        char esc[6] = {'\\', 'u', '0', '0', digit[c >> 4], digit[c & 15]};
        bool pair = c == '"' || c == '\\';

        if (pair)
            esc[1] = (char)c;
        put_raw(w, jm_bytes(esc, pair ? 2 : 6));
    }
    put_raw(w, JM_BYTES("\""));
}

void jm_json_w_name_b(struct jm_json_w *w, struct jm_bytes name)
{
    put_comma(w);
    put_quoted(w, name);
    put_raw(w, JM_BYTES(":"));
    w->comma = false;
}

void jm_json_w_name(struct jm_json_w *w, const char *name)
{
    jm_json_w_name_b(w, jm_str(name));
}

void jm_json_w_text(struct jm_json_w *w, struct jm_bytes v)
{
    put_comma(w);
    put_quoted(w, v);
}

void jm_json_w_int(struct jm_json_w *w, int64_t v)
{
    char d[20];
    size_t n = sizeof d;
    uint64_t u = v < 0 ? 0 - (uint64_t)v : (uint64_t)v;

    put_comma(w);
    do
        d[--n] = (char)('0' + u % 10);
    while ((u /= 10) != 0);
    if (v < 0)
        put_raw(w, JM_BYTES("-"));
    put_raw(w, jm_bytes(d + n, sizeof d - n));
}

void jm_json_w_bool(struct jm_json_w *w, bool v)
{
    put_comma(w);
    put_raw(w, jm_str(v ? "true" : "false"));
}

void jm_json_w_null(struct jm_json_w *w)
{
    put_comma(w);
    put_raw(w, JM_BYTES("null"));
}

void jm_json_w_raw(struct jm_json_w *w, struct jm_bytes json)
{
    put_comma(w);
    put_raw(w, json);
}

void jm_json_w_b64url(struct jm_json_w *w, struct jm_bytes octets)
{
    put_comma(w);
    put_raw(w, JM_BYTES("\""));
    if (w->st == JM_OK)
        w->st = jm_b64url_put(w->out, octets);
    put_raw(w, JM_BYTES("\""));
}

void jm_json_w_mstr(struct jm_json_w *w, const char *name, const char *v)
{
    jm_json_w_mtext(w, name, jm_str(v));
}

void jm_json_w_mtext(struct jm_json_w *w, const char *name, struct jm_bytes v)
{
    jm_json_w_name(w, name);
    jm_json_w_text(w, v);
}

void jm_json_w_mint(struct jm_json_w *w, const char *name, int64_t v)
{
    jm_json_w_name(w, name);
    jm_json_w_int(w, v);
}

void jm_json_w_mopen(struct jm_json_w *w, const char *name, char bracket)
{
    jm_json_w_name(w, name);
    jm_json_w_open(w, bracket);
}

void jm_json_w_mbool(struct jm_json_w *w, const char *name, bool v)
{
    jm_json_w_name(w, name);
    jm_json_w_bool(w, v);
}

enum jm_status jm_json_w_end(const struct jm_json_w *w)
{
    return w->st;
}

void jm_json_w_mraw(struct jm_json_w *w, const char *name, struct jm_bytes json)
{
    jm_json_w_name(w, name);
    jm_json_w_raw(w, json);
}
