/* SPDX-License-Identifier: Apache-2.0 */
#include "jumin/der.h"

#include <string.h>

#include "jumin/civil.h"

void jm_der_init(struct jm_der *r, struct jm_bytes in)
{
    r->in = in;
    r->at = 0;
    r->st = JM_OK;
}

void jm_der_fail(struct jm_der *r, enum jm_status st)
{
    if (r->st == JM_OK)
        r->st = st;
}

bool jm_der_more(const struct jm_der *r)
{
    return r->st == JM_OK && r->at < r->in.len;
}

unsigned jm_der_peek(const struct jm_der *r)
{
    return jm_der_more(r) ? r->in.ptr[r->at] : 0;
}

static enum jm_status read_length(struct jm_bytes in, size_t *at, size_t *len)
{
    size_t n;

    if (*at >= in.len)
        return JM_E_TRUNCATED;
    *len = in.ptr[(*at)++];
    if (*len < 0x80)
        return JM_OK;
    n = *len & 0x7F;
    if (n == 0 || n > 4)
        return JM_E_MALFORMED;
    if (n > in.len - *at)
        return JM_E_TRUNCATED;
    *len = 0;
    for (size_t i = 0; i < n; i++)
        *len = *len << 8 | in.ptr[(*at)++];
    /* DER: the shortest form only */
    return *len < 0x80 || (n > 1 && *len >> 8 * (n - 1) == 0) ? JM_E_MALFORMED : JM_OK;
}

struct jm_bytes jm_der_any(struct jm_der *r, unsigned *tag, struct jm_bytes *whole)
{
    size_t at = r->at + 1, len = 0;
    struct jm_bytes v;
    enum jm_status st;

    *tag = 0;
    if (whole != NULL)
        *whole = jm_none();
    if (r->st != JM_OK)
        return jm_none();
    if (r->at >= r->in.len) {
        jm_der_fail(r, JM_E_TRUNCATED);
        return jm_none();
    }
    if (r->in.ptr[r->at] == 0) { /* end-of-contents: not in DER, and zero means "no element" here */
        jm_der_fail(r, JM_E_MALFORMED);
        return jm_none();
    }
    if ((r->in.ptr[r->at] & 31) == 31) {
        jm_der_fail(r, JM_E_UNSUPPORTED);
        return jm_none();
    }
    if ((st = read_length(r->in, &at, &len)) != JM_OK || len > r->in.len - at) {
        jm_der_fail(r, st == JM_OK ? JM_E_TRUNCATED : st);
        return jm_none();
    }
    *tag = r->in.ptr[r->at];
    v = jm_slice(r->in, at, len);
    if (whole != NULL)
        *whole = jm_slice(r->in, r->at, at + len - r->at);
    r->at = at + len;
    return v;
}

struct jm_bytes jm_der_take(struct jm_der *r, unsigned tag, struct jm_bytes *whole)
{
    unsigned got;
    struct jm_bytes v;

    if (r->st == JM_OK && r->at < r->in.len && r->in.ptr[r->at] != tag) {
        r->st = JM_E_TYPE;
        if (whole != NULL)
            *whole = jm_none();
        return jm_none();
    }
    v = jm_der_any(r, &got, whole);
    return v;
}

bool jm_der_opt(struct jm_der *r, unsigned tag, struct jm_bytes *content)
{
    *content = jm_none();
    if (jm_der_peek(r) != tag)
        return false;
    *content = jm_der_take(r, tag, NULL);
    return r->st == JM_OK;
}

struct jm_der jm_der_enter(struct jm_der *r, unsigned tag)
{
    struct jm_der inner;

    jm_der_init(&inner, jm_der_take(r, tag, NULL));
    inner.st = r->st;
    return inner;
}

enum jm_status jm_der_end(const struct jm_der *r)
{
    if (r->st != JM_OK)
        return r->st;
    return r->at == r->in.len ? JM_OK : JM_E_TRAILING;
}

enum jm_status jm_der_time(int64_t *out, unsigned tag, struct jm_bytes t)
{
    size_t y = tag == JM_DER_UTC ? 2 : 4;
    int v[7] = {0};
    struct jm_time at;

    *out = 0;
    if ((tag != JM_DER_UTC && tag != JM_DER_GENTIME) || t.len != y + 11 || t.ptr[t.len - 1] != 'Z')
        return JM_E_MALFORMED;
    for (size_t i = 0; i + 1 < t.len; i += 2) {
        if (t.ptr[i] < '0' || t.ptr[i] > '9' || t.ptr[i + 1] < '0' || t.ptr[i + 1] > '9')
            return JM_E_MALFORMED;
        v[i / 2] = (t.ptr[i] - '0') * 10 + (t.ptr[i + 1] - '0');
    }
    const int *rest = v + y / 2;
    int year = tag == JM_DER_UTC ? v[0] + (v[0] < 50 ? 2000 : 1900) : v[0] * 100 + v[1];
    at = (struct jm_time){{year, rest[0], rest[1]}, rest[2], rest[3], rest[4]};
    if (!jm_date_valid(at.date) || at.hour > 23 || at.minute > 59 || at.second > 59)
        return JM_E_MALFORMED;
    *out = jm_utc_seconds(at);
    return JM_OK;
}

/* -- writer -- */

void jm_der_w_init(struct jm_der_w *w, struct jm_buf *out)
{
    w->out = out;
    w->st = JM_OK;
}

void jm_der_w_raw(struct jm_der_w *w, struct jm_bytes der)
{
    if (w->st == JM_OK)
        w->st = jm_buf_put(w->out, der);
}

static size_t put_length(uint8_t out[6], unsigned tag, size_t len)
{
    size_t n = 0;

    out[0] = (uint8_t)tag;
    if (len < 0x80) {
        out[1] = (uint8_t)len;
        return 2;
    }
    for (size_t v = len; v != 0; v >>= 8)
        n++;
    out[1] = (uint8_t)(0x80 | n);
    for (size_t i = 0; i < n; i++)
        out[2 + i] = (uint8_t)(len >> 8 * (n - 1 - i));
    return 2 + n;
}

void jm_der_w_put(struct jm_der_w *w, unsigned tag, struct jm_bytes content)
{
    size_t mark = jm_der_w_open(w);

    jm_der_w_raw(w, content);
    jm_der_w_close(w, mark, tag);
}

size_t jm_der_w_open(struct jm_der_w *w)
{
    return w->out->len;
}

void jm_der_w_close(struct jm_der_w *w, size_t mark, unsigned tag)
{
    uint8_t h[6];
    size_t len, n;

    if (w->st != JM_OK)
        return;
    len = w->out->len - mark;
    if (len > 0xFFFFFFFF) {
        w->st = JM_E_LIMIT;
        return;
    }
    n = put_length(h, tag, len);
    if (n > w->out->cap - w->out->len) {
        w->st = JM_E_NO_SPACE;
        return;
    }
    if (len != 0)
        memmove(w->out->ptr + mark + n, w->out->ptr + mark, len);
    memcpy(w->out->ptr + mark, h, n);
    w->out->len += n;
}

void jm_der_w_uint(struct jm_der_w *w, struct jm_bytes be)
{
    size_t mark = jm_der_w_open(w);

    while (be.len > 1 && be.ptr[0] == 0)
        be = jm_slice(be, 1, SIZE_MAX);
    if (be.len == 0 || be.ptr[0] & 0x80)
        jm_der_w_raw(w, jm_bytes("", 1));
    jm_der_w_raw(w, be);
    jm_der_w_close(w, mark, JM_DER_INT);
}

void jm_der_w_time(struct jm_der_w *w, int64_t at_s)
{
    char t[21], o[16];
    size_t n = 0;
    int year = jm_utc_time(at_s).date.year;

    jm_tdate_format(t, at_s);
    for (size_t i = year < 2050 ? 2 : 0; i < 20; i++)
        if ((t[i] >= '0' && t[i] <= '9') || t[i] == 'Z')
            o[n++] = t[i];
    jm_der_w_put(w, year < 2050 ? JM_DER_UTC : JM_DER_GENTIME, jm_bytes(o, n));
}

enum jm_status jm_der_w_end(const struct jm_der_w *w)
{
    return w->st;
}
