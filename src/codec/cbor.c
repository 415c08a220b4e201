/* SPDX-License-Identifier: Apache-2.0 */
#include "jumin/cbor.h"
#include "jumin/sort.h"

#include <string.h>

struct head {
    uint64_t arg;
    uint8_t major, info, len;
    bool shortest;
};

/* Behind a head's first octet. Indefinite lengths and reserved information are faults: we accept
 * neither. */
static enum jm_cbor_fault_kind read_argument(struct head *h, struct jm_bytes in, size_t at)
{
    static const uint64_t least[4] = {24, 0x100, 0x10000, UINT64_C(0x100000000)};
    size_t n;

    h->arg = 0;
    if (h->info == 31)
        return JM_CBOR_INDEFINITE;
    if (h->info > 27)
        return JM_CBOR_RESERVED;
    n = (size_t)1 << (h->info - 24);
    if (n > in.len - at - 1)
        return JM_CBOR_TRUNCATED;
    for (size_t i = 0; i < n; i++)
        h->arg = h->arg << 8 | in.ptr[at + 1 + i];
    h->len = (uint8_t)(1 + n);
    if (h->major == 7) {
        if (h->info == 24 && h->arg < 32)
            return JM_CBOR_RESERVED;
    } else {
        h->shortest = h->arg >= least[h->info - 24];
    }
    return JM_CBOR_OK;
}

/* Reads one head; most have one octet or two. */
static inline enum jm_cbor_fault_kind read_head(struct head *h, struct jm_bytes in, size_t at)
{
    unsigned first;

    if (at >= in.len) {
        *h = (struct head){0};
        return JM_CBOR_TRUNCATED;
    }
    first = in.ptr[at];
    *h = (struct head){first & 31u, (uint8_t)(first >> 5), first & 31u, 1, true};
    if (h->info < 24)
        return JM_CBOR_OK;
    if (h->info > 24 || h->major == 7 || in.len - at < 2)
        return read_argument(h, in, at);
    h->arg = in.ptr[at + 1];
    h->len = 2;
    h->shortest = h->arg >= 24;
    return JM_CBOR_OK;
}

static bool has_content(const struct head *h)
{
    return h->major == 2 || h->major == 3;
}

/* Offset behind the item at `at`. Only for octets whose structure was checked: no limits, no
 * recursion. */
static bool skip_item(struct jm_bytes in, size_t at, size_t *next)
{
    uint64_t left = 1;
    struct head h;

    while (left > 0) {
        if (read_head(&h, in, at) != JM_CBOR_OK)
            return false;
        at += h.len;
        left--;
        if (has_content(&h)) {
            if (h.arg > in.len - at)
                return false;
            at += (size_t)h.arg;
        } else if (h.major == 4 || h.major == 5) {
            if (h.arg > in.len)
                return false;
            left += h.major == 5 ? 2 * h.arg : h.arg;
        } else if (h.major == 6) {
            left++;
        }
    }
    *next = at;
    return true;
}

struct check {
    struct jm_bytes in;
    struct jm_cbor_limits lim;
    struct jm_cbor_fault *f;
    size_t at;
};

static bool fault_at(struct check *c, enum jm_cbor_fault_kind kind, size_t at)
{
    c->f->kind = kind;
    c->f->at = at;
    return false;
}

/*
 * Keys are compared as values where a longer head could hide that they are the same: integers and
 * strings. Others (arrays, maps, tags, simple values) as octets.
 */
struct key {
    struct head h;
    /* content of a string, the whole key of other kinds, none of an integer */
    struct jm_bytes octets;
};

static bool read_key(struct key *k, struct jm_bytes in, size_t at, size_t end)
{
    if (read_head(&k->h, in, at) != JM_CBOR_OK)
        return false;
    if (k->h.major > 3)
        k->octets = jm_slice(in, at, end - at);
    else
        k->octets =
            has_content(&k->h) ? jm_slice(in, at + k->h.len, end - at - k->h.len) : jm_none();
    return true;
}

/* Two whole keys. While all heads were the shortest, the same key is the same octets. */
static bool same_key(const struct check *c, struct jm_bytes a, struct jm_bytes b)
{
    struct key x, y;

    if (c->f->non_preferred == 0)
        return jm_bytes_eq(a, b);
    return read_key(&x, a, 0, a.len) && read_key(&y, b, 0, b.len) && x.h.major == y.h.major &&
           (x.h.major > 3 || x.h.arg == y.h.arg) && jm_bytes_eq(x.octets, y.octets);
}

static int compare_u64(uint64_t a, uint64_t b)
{
    return a < b ? -1 : a > b;
}

/* An order in which the same keys stand together: kind, value, octets. */
static int compare_keys(const void *list, uint32_t a, uint32_t b)
{
    const struct check *c = list;
    size_t end_a = 0, end_b = 0;
    struct key x = {{0}, {NULL, 0}}, y = x;
    int d;

    (void)skip_item(c->in, a, &end_a); /* both were walked before: they are there */
    (void)skip_item(c->in, b, &end_b);
    (void)read_key(&x, c->in, a, end_a);
    (void)read_key(&y, c->in, b, end_b);
    if ((d = compare_u64(x.h.major, y.h.major)) != 0)
        return d;
    if (x.h.major <= 3 && (d = compare_u64(x.h.arg, y.h.arg)) != 0)
        return d;
    return jm_bytes_cmp(x.octets, y.octets);
}

/* Duplicate keys of a map of many, whose keys do not ascend; its structure is known to be right. */
static bool keys_unique(struct check *c, size_t first, size_t n)
{
    uint32_t at[JM_CBOR_UNORDERED_MAX];
    size_t twin;

    if (n > JM_CBOR_UNORDERED_MAX || c->in.len > UINT32_MAX)
        return fault_at(c, JM_CBOR_LIMIT, first);
    for (size_t i = 0, next = first; i < n; i++) {
        at[i] = (uint32_t)next;
        if (!skip_item(c->in, next, &next) || !skip_item(c->in, next, &next))
            return fault_at(c, JM_CBOR_TRUNCATED, next);
    }
    jm_sort(at, n, compare_keys, c);
    twin = jm_sorted_twin(at, n, compare_keys, c);
    return twin == n ||
           fault_at(c, JM_CBOR_DUPLICATE_KEY, at[twin] > at[twin - 1] ? at[twin] : at[twin - 1]);
}

static bool check_item(struct check *c, unsigned depth);

static bool check_embedded(struct check *c, unsigned depth, size_t len)
{
    struct jm_bytes whole = c->in;
    bool ok;

    c->in = jm_bytes(whole.ptr, c->at + len); /* offsets stay those of the whole input */
    ok = check_item(c, depth);
    if (ok && c->at != c->in.len)
        ok = fault_at(c, JM_CBOR_TRAILING, c->at);
    c->in = whole;
    return ok;
}

static bool check_string(struct check *c, const struct head *h, size_t start)
{
    size_t bad = 0;

    if (h->arg > c->in.len - c->at)
        return fault_at(c, JM_CBOR_TRUNCATED, start);
    if (h->major == 3 && !jm_utf8_valid(jm_slice(c->in, c->at, (size_t)h->arg), &bad))
        return fault_at(c, JM_CBOR_UTF8, c->at + bad);
    c->at += (size_t)h->arg;
    return true;
}

static bool check_tag24(struct check *c, unsigned depth)
{
    struct head h;
    size_t start = c->at;
    enum jm_cbor_fault_kind k = read_head(&h, c->in, start);

    if (k != JM_CBOR_OK)
        return fault_at(c, k, start);
    if (h.major != 2)
        return check_item(c, depth); /* whoever expects a byte string there will say so */
    if (!h.shortest && c->f->non_preferred++ == 0)
        c->f->first_non_preferred = start;
    c->at += h.len;
    if (h.arg > c->in.len - c->at)
        return fault_at(c, JM_CBOR_TRUNCATED, start);
    return check_embedded(c, depth, (size_t)h.arg);
}

#define FEW_KEYS 16 /* of a map: compared pair by pair, without a second walk */

static bool check_map(struct check *c, unsigned depth, size_t n)
{
    struct jm_bytes few[FEW_KEYS], prev = jm_none();
    bool ascending = true;
    size_t first = c->at;

    for (size_t i = 0; i < n; i++) {
        size_t at = c->at, long_heads = c->f->non_preferred;

        if (!check_item(c, depth))
            return false;
        struct jm_bytes key = jm_slice(c->in, at, c->at - at);
        /* distinct, then */
        ascending = ascending && c->f->non_preferred == long_heads &&
                    (i == 0 || jm_bytes_cmp(prev, key) < 0);
        prev = key;
        for (size_t e = 0; n <= FEW_KEYS && !ascending && e < i; e++)
            if (same_key(c, few[e], key))
                return fault_at(c, JM_CBOR_DUPLICATE_KEY, at);
        if (n <= FEW_KEYS)
            few[i] = key;
        if (!check_item(c, depth))
            return false;
    }
    return n <= FEW_KEYS || ascending || keys_unique(c, first, n);
}

static bool check_item(struct check *c, unsigned depth)
{
    struct head h;
    size_t start = c->at;
    enum jm_cbor_fault_kind k = read_head(&h, c->in, start);

    if (k != JM_CBOR_OK)
        return fault_at(c, k, start);
    if (depth > c->lim.depth)
        return fault_at(c, JM_CBOR_DEPTH, start);
    if (!h.shortest && c->f->non_preferred++ == 0)
        c->f->first_non_preferred = start;
    c->at += h.len;
    if (has_content(&h))
        return check_string(c, &h, start);
    if (h.major == 6)
        return h.arg == 24 ? check_tag24(c, depth + 1) : check_item(c, depth + 1);
    if (h.major != 4 && h.major != 5)
        return true;
    if (h.arg > c->lim.entries)
        return fault_at(c, JM_CBOR_LIMIT, start);
    if (h.major == 5)
        return check_map(c, depth + 1, (size_t)h.arg);
    for (uint64_t i = 0; i < h.arg; i++)
        if (!check_item(c, depth + 1))
            return false;
    return true;
}

static enum jm_status kind_status(enum jm_cbor_fault_kind k)
{
    switch (k) {
    case JM_CBOR_OK: return JM_OK;
    case JM_CBOR_TRUNCATED: return JM_E_TRUNCATED;
    case JM_CBOR_TRAILING: return JM_E_TRAILING;
    case JM_CBOR_DUPLICATE_KEY: return JM_E_DUPLICATE;
    case JM_CBOR_DEPTH:
    case JM_CBOR_LIMIT: return JM_E_LIMIT;
    case JM_CBOR_RESERVED:
    case JM_CBOR_INDEFINITE:
    case JM_CBOR_UTF8: break;
    }
    return JM_E_MALFORMED;
}

enum jm_status jm_cbor_check(struct jm_bytes in, const struct jm_cbor_limits *limits,
                             struct jm_cbor_fault *f)
{
    struct jm_cbor_fault own;
    struct check c = {in, {JM_CBOR_DEPTH_MAX, JM_CBOR_ENTRIES_MAX}, f == NULL ? &own : f, 0};

    memset(c.f, 0, sizeof *c.f);
    if (limits != NULL)
        c.lim = *limits;
    if (check_item(&c, 1) && c.at != in.len)
        (void)fault_at(&c, JM_CBOR_TRAILING, c.at);
    return kind_status(c.f->kind);
}

/* -- reader -- */

void jm_cbor_init(struct jm_cbor *r, struct jm_bytes in)
{
    r->in = in;
    r->at = 0;
    r->st = JM_OK;
}

void jm_cbor_fail(struct jm_cbor *r, enum jm_status st)
{
    if (r->st == JM_OK)
        r->st = st;
}

enum jm_cbor_type jm_cbor_peek(const struct jm_cbor *r)
{
    static const enum jm_cbor_type by_major[7] = {JM_CBOR_UINT, JM_CBOR_NINT,  JM_CBOR_BYTES,
                                                  JM_CBOR_TEXT, JM_CBOR_ARRAY, JM_CBOR_MAP,
                                                  JM_CBOR_TAG};
    unsigned first;

    if (r->st != JM_OK || r->at >= r->in.len)
        return JM_CBOR_NONE;
    first = r->in.ptr[r->at];
    if (first >> 5 < 7)
        return by_major[first >> 5];
    return first == 0xF4   ? JM_CBOR_FALSE
           : first == 0xF5 ? JM_CBOR_TRUE
           : first == 0xF6 ? JM_CBOR_NULL
                           : JM_CBOR_SIMPLE;
}

static bool take_head(struct jm_cbor *r, unsigned major, struct head *h)
{
    enum jm_cbor_fault_kind k;

    *h = (struct head){0};
    if (r->st != JM_OK)
        return false;
    if ((k = read_head(h, r->in, r->at)) != JM_CBOR_OK) {
        r->st = kind_status(k);
        return false;
    }
    if (h->major != major) {
        r->st = JM_E_TYPE;
        return false;
    }
    r->at += h->len;
    return true;
}

uint64_t jm_cbor_uint(struct jm_cbor *r)
{
    struct head h;

    return take_head(r, 0, &h) ? h.arg : 0;
}

int64_t jm_cbor_int(struct jm_cbor *r)
{
    struct head h;
    bool neg = jm_cbor_peek(r) == JM_CBOR_NINT;

    if (!take_head(r, neg ? 1 : 0, &h))
        return 0;
    if (h.arg > INT64_MAX) {
        jm_cbor_fail(r, JM_E_RANGE);
        return 0;
    }
    return neg ? -1 - (int64_t)h.arg : (int64_t)h.arg;
}

static struct jm_bytes take_string(struct jm_cbor *r, unsigned major)
{
    struct head h;
    struct jm_bytes v;

    if (!take_head(r, major, &h))
        return jm_none();
    if (h.arg > r->in.len - r->at) {
        jm_cbor_fail(r, JM_E_TRUNCATED);
        return jm_none();
    }
    v = jm_slice(r->in, r->at, (size_t)h.arg);
    r->at += v.len;
    return v;
}

struct jm_bytes jm_cbor_bytes(struct jm_cbor *r)
{
    return take_string(r, 2);
}

struct jm_bytes jm_cbor_text(struct jm_cbor *r)
{
    return take_string(r, 3);
}

static size_t take_count(struct jm_cbor *r, unsigned major)
{
    struct head h;

    if (!take_head(r, major, &h))
        return 0;
    if (h.arg > r->in.len - r->at) { /* an element takes an octet at least */
        jm_cbor_fail(r, JM_E_TRUNCATED);
        return 0;
    }
    return (size_t)h.arg;
}

size_t jm_cbor_array(struct jm_cbor *r)
{
    return take_count(r, 4);
}

size_t jm_cbor_map(struct jm_cbor *r)
{
    return take_count(r, 5);
}

uint64_t jm_cbor_tag(struct jm_cbor *r)
{
    struct head h;

    return take_head(r, 6, &h) ? h.arg : 0;
}

bool jm_cbor_bool(struct jm_cbor *r)
{
    enum jm_cbor_type t = jm_cbor_peek(r);

    if (t != JM_CBOR_TRUE && t != JM_CBOR_FALSE) {
        jm_cbor_fail(r, t == JM_CBOR_NONE ? JM_E_TRUNCATED : JM_E_TYPE);
        return false;
    }
    r->at++;
    return t == JM_CBOR_TRUE;
}

void jm_cbor_null(struct jm_cbor *r)
{
    enum jm_cbor_type t = jm_cbor_peek(r);

    if (t != JM_CBOR_NULL)
        jm_cbor_fail(r, t == JM_CBOR_NONE ? JM_E_TRUNCATED : JM_E_TYPE);
    else
        r->at++;
}

struct jm_bytes jm_cbor_item(struct jm_cbor *r)
{
    size_t next;
    struct jm_bytes v;

    if (r->st != JM_OK)
        return jm_none();
    if (!skip_item(r->in, r->at, &next)) {
        jm_cbor_fail(r, JM_E_TRUNCATED);
        return jm_none();
    }
    v = jm_slice(r->in, r->at, next - r->at);
    r->at = next;
    return v;
}

struct jm_bytes jm_cbor_embedded(struct jm_cbor *r, struct jm_bytes *whole)
{
    size_t start = r->at;
    struct jm_bytes v;

    if (whole != NULL)
        *whole = jm_none();
    if (jm_cbor_tag(r) != 24)
        jm_cbor_fail(r, JM_E_TYPE);
    v = jm_cbor_bytes(r);
    if (r->st == JM_OK && whole != NULL)
        *whole = jm_slice(r->in, start, r->at - start);
    return v;
}

enum jm_status jm_cbor_end(const struct jm_cbor *r)
{
    if (r->st != JM_OK)
        return r->st;
    return r->at == r->in.len ? JM_OK : JM_E_TRAILING;
}

bool jm_cbor_has_text(struct jm_bytes array, struct jm_bytes text)
{
    struct jm_cbor r;

    jm_cbor_init(&r, array);
    for (size_t n = jm_cbor_array(&r); n > 0 && r.st == JM_OK; n--)
        if (jm_bytes_eq(jm_cbor_text(&r), text) && r.st == JM_OK)
            return true;
    return false;
}

enum jm_status jm_cbor_find_text(struct jm_bytes *value, struct jm_bytes map, const char *key)
{
    struct jm_cbor r;
    struct jm_bytes want = jm_str(key);

    *value = jm_none();
    jm_cbor_init(&r, map);
    for (size_t n = jm_cbor_map(&r); n > 0 && r.st == JM_OK; n--) {
        bool hit = false;

        if (jm_cbor_peek(&r) == JM_CBOR_TEXT)
            hit = jm_bytes_eq(jm_cbor_text(&r), want);
        else
            (void)jm_cbor_item(&r);
        struct jm_bytes v = jm_cbor_item(&r);
        if (hit && r.st == JM_OK) {
            *value = v;
            return JM_OK;
        }
    }
    return r.st == JM_OK ? JM_E_ABSENT : r.st;
}

enum jm_status jm_cbor_find_int(struct jm_bytes *value, struct jm_bytes map, int64_t key)
{
    struct jm_cbor r;

    *value = jm_none();
    jm_cbor_init(&r, map);
    for (size_t n = jm_cbor_map(&r); n > 0 && r.st == JM_OK; n--) {
        enum jm_cbor_type t = jm_cbor_peek(&r);
        struct jm_bytes k = jm_cbor_item(&r);
        struct jm_bytes v = jm_cbor_item(&r);

        if (r.st == JM_OK && (t == JM_CBOR_UINT || t == JM_CBOR_NINT)) {
            struct jm_cbor kr;

            jm_cbor_init(&kr, k);
            if (jm_cbor_int(&kr) == key && kr.st == JM_OK) {
                *value = v;
                return JM_OK;
            }
        }
    }
    return r.st == JM_OK ? JM_E_ABSENT : r.st;
}

/* -- writer -- */

static size_t put_head(uint8_t out[9], unsigned major, uint64_t arg)
{
    size_t n = arg < 24                      ? 0
               : arg < 0x100                 ? 1
               : arg < 0x10000               ? 2
               : arg < UINT64_C(0x100000000) ? 4
                                             : 8;
    static const uint8_t info[9] = {0, 24, 25, 0, 26, 0, 0, 0, 27};

    out[0] = (uint8_t)(major << 5 | (n == 0 ? (unsigned)arg : info[n]));
    for (size_t i = 0; i < n; i++)
        out[1 + i] = (uint8_t)(arg >> 8 * (n - 1 - i));
    return 1 + n;
}

size_t jm_cbor_head_len(uint64_t arg)
{
    uint8_t scratch[9];

    return put_head(scratch, 0, arg);
}

void jm_cbor_w_init(struct jm_cbor_w *w, struct jm_buf *out)
{
    w->out = out;
    w->st = JM_OK;
}

void jm_cbor_w_raw(struct jm_cbor_w *w, struct jm_bytes item)
{
    if (w->st == JM_OK)
        w->st = jm_buf_put(w->out, item);
}

static void write_head(struct jm_cbor_w *w, unsigned major, uint64_t arg)
{
    uint8_t h[9];
    size_t n = put_head(h, major, arg);

    jm_cbor_w_raw(w, jm_bytes(h, n));
}

void jm_cbor_w_uint(struct jm_cbor_w *w, uint64_t v)
{
    write_head(w, 0, v);
}

void jm_cbor_w_int(struct jm_cbor_w *w, int64_t v)
{
    if (v < 0)
        write_head(w, 1, (uint64_t)(-1 - v));
    else
        write_head(w, 0, (uint64_t)v);
}

void jm_cbor_w_bytes(struct jm_cbor_w *w, struct jm_bytes v)
{
    write_head(w, 2, v.len);
    jm_cbor_w_raw(w, v);
}

void jm_cbor_w_bytes_head(struct jm_cbor_w *w, size_t len)
{
    write_head(w, 2, len);
}

void jm_cbor_w_text(struct jm_cbor_w *w, struct jm_bytes v)
{
    write_head(w, 3, v.len);
    jm_cbor_w_raw(w, v);
}

void jm_cbor_w_str(struct jm_cbor_w *w, const char *v)
{
    jm_cbor_w_text(w, jm_str(v));
}

void jm_cbor_w_array(struct jm_cbor_w *w, size_t n)
{
    write_head(w, 4, n);
}

void jm_cbor_w_map(struct jm_cbor_w *w, size_t n)
{
    write_head(w, 5, n);
}

void jm_cbor_w_tag(struct jm_cbor_w *w, uint64_t tag)
{
    write_head(w, 6, tag);
}

void jm_cbor_w_bool(struct jm_cbor_w *w, bool v)
{
    write_head(w, 7, v ? 21 : 20);
}

void jm_cbor_w_null(struct jm_cbor_w *w)
{
    write_head(w, 7, 22);
}

size_t jm_cbor_w_open(struct jm_cbor_w *w)
{
    return w->out->len;
}

void jm_cbor_w_close(struct jm_cbor_w *w, size_t mark)
{
    uint8_t h[9];
    size_t len, n;

    if (w->st != JM_OK)
        return;
    len = w->out->len - mark;
    n = put_head(h, 2, len);
    if (n > w->out->cap - w->out->len) {
        w->st = JM_E_NO_SPACE;
        return;
    }
    if (len != 0)
        memmove(w->out->ptr + mark + n, w->out->ptr + mark, len);
    memcpy(w->out->ptr + mark, h, n);
    w->out->len += n;
}

enum jm_status jm_cbor_w_end(const struct jm_cbor_w *w)
{
    return w->st;
}
