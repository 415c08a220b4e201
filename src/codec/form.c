/* SPDX-License-Identifier: Apache-2.0 */
#include "jumin/form.h"

#include <string.h>

static int nibble_of(uint8_t c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c |= 32;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* At a '+' or '%': the octet that it stands for, and how many octets stand for it; 0: none. */
static size_t read_escape(uint8_t *out, struct jm_bytes in, size_t at)
{
    int hi = -1, lo = -1;

    *out = ' ';
    if (in.ptr[at] == '+')
        return 1;
    if (in.len - at > 2) {
        hi = nibble_of(in.ptr[at + 1]);
        lo = nibble_of(in.ptr[at + 2]);
    }
    *out = (uint8_t)((unsigned)hi << 4 | (unsigned)lo);
    return hi < 0 || lo < 0 ? 0 : 3;
}

/* What stands between two escapes is copied at once; each kind is looked for once. */
static enum jm_status unescape_value(struct jm_bytes *out, struct jm_bytes in, struct jm_arena *mem)
{
    size_t n = 0, at = 0, plus = jm_bytes_until(in, 0, '+'), percent = jm_bytes_until(in, 0, '%');
    struct jm_buf b;

    *out = jm_none();
    JM_TRY(jm_alloc_buf(&b, mem, in.len + 1));
    while (at < in.len) {
        size_t next = plus < percent ? plus : percent, k;

        memcpy(b.ptr + n, in.ptr + at, next - at);
        n += next - at;
        at = next;
        if (at == in.len)
            break;
        if ((k = read_escape(b.ptr + n++, in, at)) == 0)
            return JM_E_MALFORMED;
        at += k;
        if (next == plus)
            plus = jm_bytes_until(in, at, '+');
        else
            percent = jm_bytes_until(in, at, '%');
    }
    b.ptr[n] = 0;
    *out = jm_bytes(b.ptr, n);
    return jm_utf8_valid(*out, NULL) ? JM_OK : JM_E_MALFORMED;
}

static struct jm_bytes slice_until(struct jm_bytes in, size_t from, char stop)
{
    return jm_slice(in, from, jm_bytes_until(in, from, (uint8_t)stop) - from);
}

enum jm_status jm_form_parse(struct jm_form *out, struct jm_bytes in, struct jm_arena *mem)
{
    size_t at = 0;

    out->n = 0;
    if ((out->field = JM_NEW_N(mem, struct jm_form_field, JM_FORM_FIELDS_MAX)) == NULL)
        return JM_E_NO_SPACE;
    while (at < in.len) {
        struct jm_bytes pair = slice_until(in, at, '&');
        struct jm_bytes name = slice_until(pair, 0, '=');
        struct jm_form_field *f = &out->field[out->n];

        at += pair.len + 1;
        if (pair.len == 0)
            continue;
        if (out->n == JM_FORM_FIELDS_MAX)
            return JM_E_LIMIT;
        JM_TRY(unescape_value(&f->name, name, mem));
        JM_TRY(unescape_value(&f->value, jm_slice(pair, name.len + 1, SIZE_MAX), mem));
        for (size_t i = 0; i < out->n; i++)
            if (jm_bytes_eq(out->field[i].name, f->name))
                return JM_E_DUPLICATE;
        out->n++;
    }
    return JM_OK;
}

struct jm_bytes jm_form_get(const struct jm_form *f, const char *name)
{
    for (size_t i = 0; i < f->n; i++)
        if (jm_bytes_eq_str(f->field[i].name, name))
            return f->field[i].value;
    return jm_none();
}

static bool is_unreserved(uint8_t c)
{
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '.' || c == '_' || c == '~';
}

enum jm_status jm_form_put(struct jm_buf *out, const char *name, struct jm_bytes v)
{
    static const char digit[] = "0123456789ABCDEF";

    if (out->len > 0 && out->ptr[out->len - 1] != '?')
        JM_TRY(jm_buf_put(out, JM_BYTES("&")));
    JM_TRY(jm_buf_put(out, jm_str(name)));
    JM_TRY(jm_buf_put(out, JM_BYTES("=")));
    for (size_t i = 0; i < v.len; i++) {
        char e[3] = {'%', digit[v.ptr[i] >> 4], digit[v.ptr[i] & 15]};
        bool plain = is_unreserved(v.ptr[i]);

        JM_TRY(jm_buf_put(out, plain ? jm_slice(v, i, 1) : jm_bytes(e, 3)));
    }
    return JM_OK;
}

static enum jm_status split_authority(struct jm_url *u, struct jm_bytes auth)
{
    size_t host_len = 0;

    if (auth.len > 0 && auth.ptr[0] == '[') {
        host_len = slice_until(auth, 0, ']').len + 1;
        if (host_len > auth.len)
            return JM_E_MALFORMED;
    } else {
        host_len = slice_until(auth, 0, ':').len;
    }
    u->host = jm_slice(auth, 0, host_len);
    if (host_len == auth.len)
        return JM_OK;
    if (auth.ptr[host_len] != ':')
        return JM_E_MALFORMED;
    u->port = jm_slice(auth, host_len + 1, SIZE_MAX);
    uint64_t port;
    return jm_parse_u64(&port, u->port) == JM_OK && port >= 1 && port <= 65535 ? JM_OK
                                                                               : JM_E_MALFORMED;
}

enum jm_status jm_url_split(struct jm_url *u, struct jm_bytes url)
{
    size_t colon = jm_bytes_find(url, JM_BYTES("://")), at;
    struct jm_bytes auth;

    *u = (struct jm_url){0};
    if (url.len > JM_URL_MAX)
        return JM_E_LIMIT;
    if (colon == SIZE_MAX || colon == 0)
        return JM_E_MALFORMED;
    for (size_t i = 0; i < url.len; i++)
        if (url.ptr[i] <= 0x20 || url.ptr[i] >= 0x7F || url.ptr[i] == '#' || url.ptr[i] == '\\')
            return JM_E_MALFORMED;
    u->scheme = jm_slice(url, 0, colon);
    at = colon + 3;
    while (at < url.len && url.ptr[at] != '/' && url.ptr[at] != '?')
        at++;
    auth = jm_slice(url, colon + 3, at - colon - 3);
    if (auth.len == 0 || jm_bytes_find(auth, JM_BYTES("@")) != SIZE_MAX)
        return JM_E_MALFORMED;
    JM_TRY(split_authority(u, auth));
    if (u->host.len == 0)
        return JM_E_MALFORMED;
    u->path = slice_until(jm_slice(url, at, SIZE_MAX), 0, '?');
    u->query = jm_slice(url, at + u->path.len + 1, SIZE_MAX);
    return JM_OK;
}

bool jm_url_is_loopback(const struct jm_url *u)
{
    struct jm_bytes h = u->host;
    unsigned parts = 0;

    if (jm_bytes_eq_str(h, "localhost") || jm_bytes_eq_str(h, "[::1]"))
        return true;
    if (!jm_bytes_starts(h, JM_BYTES("127.")))
        return false;
    for (size_t at = 0; at <= h.len; parts++) {
        struct jm_bytes p = slice_until(h, at, '.');
        uint64_t v;

        if (p.len > 3 || jm_parse_u64(&v, p) != JM_OK || v > 255)
            return false;
        at += p.len + 1;
    }
    return parts == 4;
}

bool jm_url_allowed(struct jm_bytes url, bool loopback_http)
{
    struct jm_url u;

    if (jm_url_split(&u, url) != JM_OK)
        return false;
    if (jm_bytes_eq_str(u.scheme, "https"))
        return true;
    return loopback_http && jm_bytes_eq_str(u.scheme, "http") && jm_url_is_loopback(&u);
}

bool jm_url_scheme_is(struct jm_bytes url, const char *scheme)
{
    struct jm_bytes s = jm_str(scheme);

    if (url.len <= s.len || url.ptr[s.len] != ':')
        return false;
    for (size_t i = 0; i < s.len; i++) {
        uint8_t c = url.ptr[i];

        if ((c >= 'A' && c <= 'Z' ? (uint8_t)(c + 32) : c) != s.ptr[i])
            return false;
    }
    return true;
}

static bool is_blank(uint8_t c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

struct jm_bytes jm_url_trim(struct jm_bytes url)
{
    while (url.len > 0 && is_blank(url.ptr[0]))
        url = jm_slice(url, 1, SIZE_MAX);
    while (url.len > 0 && is_blank(url.ptr[url.len - 1]))
        url.len--;
    return url;
}

enum jm_status jm_url_well_known(struct jm_bytes *out, struct jm_arena *mem, struct jm_bytes id,
                                 const char *name)
{
    struct jm_url u;
    struct jm_bytes origin, path;

    *out = jm_none();
    JM_TRY(jm_url_split(&u, id));
    if (u.query.len != 0)
        return JM_E_MALFORMED;
    origin = jm_slice(id, 0, id.len - u.path.len);
    path = jm_bytes_eq_str(u.path, "/") ? jm_none() : u.path;
    if (path.len > 0 && path.ptr[path.len - 1] == '/' &&
        jm_bytes_eq_str(jm_str(name), "oauth-authorization-server"))
        path.len--;
    const struct jm_bytes parts[] = {origin, JM_BYTES("/.well-known/"), jm_str(name), path};
    return jm_concat(out, mem, parts, JM_ARRAY_LEN(parts));
}

/* -- Accept -- */

static struct jm_bytes trim_blanks(struct jm_bytes t)
{
    while (t.len > 0 && (t.ptr[0] == ' ' || t.ptr[0] == '\t'))
        t = jm_slice(t, 1, SIZE_MAX);
    while (t.len > 0 && (t.ptr[t.len - 1] == ' ' || t.ptr[t.len - 1] == '\t'))
        t.len--;
    return t;
}

/* Takes what stands before @p c, or all. */
static struct jm_bytes cut_at(struct jm_bytes *rest, uint8_t c)
{
    size_t n = 0;
    struct jm_bytes head;

    while (n < rest->len && rest->ptr[n] != c)
        n++;
    head = jm_slice(*rest, 0, n);
    *rest = jm_slice(*rest, n + 1, SIZE_MAX);
    return trim_blanks(head);
}

/* "0.750" → 750; what is no weight takes nothing. */
static unsigned read_qvalue(struct jm_bytes v)
{
    unsigned w, unit = 100;

    if (v.len == 0 || v.len > 5 || (v.ptr[0] != '0' && v.ptr[0] != '1') ||
        (v.len > 1 && v.ptr[1] != '.'))
        return 0;
    w = v.ptr[0] == '1' ? 1000 : 0;
    for (size_t i = 2; i < v.len; i++, unit /= 10) {
        if (v.ptr[i] < '0' || v.ptr[i] > '9')
            return 0;
        w += unit * (unsigned)(v.ptr[i] - '0');
    }
    return w > 1000 ? 0 : w;
}

static unsigned weight_of(struct jm_bytes parameters)
{
    while (parameters.len > 0) {
        struct jm_bytes p = cut_at(&parameters, ';');

        if (p.len >= 2 && jm_lower(p.ptr[0]) == 'q' && p.ptr[1] == '=')
            return read_qvalue(jm_slice(p, 2, SIZE_MAX));
    }
    return 1000;
}

/* How close a range comes: 3 the form, 2 its type, 1 anything, 0 another. */
static unsigned closeness_of(struct jm_bytes range, struct jm_bytes form)
{
    struct jm_bytes subtype = form, type = cut_at(&subtype, '/'), other = range,
                    of = cut_at(&other, '/');

    if (jm_bytes_eq_nocase(range, form))
        return 3;
    if (jm_bytes_eq_str(other, "*") && jm_bytes_eq_nocase(of, type))
        return 2;
    return jm_bytes_eq_str(range, "*/*") || jm_bytes_eq_str(range, "*") ? 1 : 0;
}

unsigned jm_accept_weight(struct jm_bytes field, const char *form)
{
    unsigned best = 0, out = 0;

    if (trim_blanks(field).len == 0)
        return 1000;
    while (field.len > 0) {
        struct jm_bytes parameters = cut_at(&field, ','), range = cut_at(&parameters, ';');
        unsigned close = closeness_of(range, jm_str(form));

        if (close > best) {
            best = close;
            out = weight_of(parameters);
        }
    }
    return out;
}
