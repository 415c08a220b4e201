/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <string.h>

#include "host/http/parts.h"

/* One segment from the front of a path that starts with '/'; false at the end. */
static bool next_segment(struct jm_bytes *rest, struct jm_bytes *seg)
{
    if (rest->len == 0)
        return false;
    *seg = jm_slice(*rest, 1, SIZE_MAX);
    *seg = jm_slice(*seg, 0, jm_bytes_find(*seg, JM_BYTES("/")));
    *rest = jm_slice(*rest, seg->len + 1, SIZE_MAX);
    return true;
}

static bool is_name(struct jm_bytes seg)
{
    return seg.len > 2 && seg.ptr[0] == '{' && seg.ptr[seg.len - 1] == '}';
}

static bool is_rest(struct jm_bytes seg)
{
    return is_name(seg) && seg.ptr[seg.len - 2] == '*';
}

static bool has_name(const char *path)
{
    return strchr(path, '{') != NULL;
}

/* Two paths that some request would match both; names match each other, literals only themselves.
 */
static bool do_overlap(const char *a, const char *b)
{
    struct jm_bytes ra = jm_str(a), rb = jm_str(b), sa, sb;

    for (;;) {
        bool has_a = next_segment(&ra, &sa), has_b = next_segment(&rb, &sb);
        if (!has_a || !has_b)
            return has_a == has_b;
        if (is_rest(sa) || is_rest(sb))
            return true;
        if (!is_name(sa) && !is_name(sb) && !jm_bytes_eq(sa, sb))
            return false;
    }
}

static enum jm_status check_row(const struct jm_route *row, bool is_local, bool has_auth)
{
    struct jm_bytes rest = jm_str(row->path), seg;
    size_t names = 0;
    bool ended = false;

    if (row->handler == NULL || rest.len == 0 || rest.ptr[0] != '/' || row->auth == 0 ||
        row->act == 0 || row->rate == 0)
        return JM_E_USAGE;
    if ((row->media == JM_MEDIA_NONE) != (row->body_max == 0))
        return JM_E_USAGE;
    if ((row->auth == JM_AUTH_LOCAL && !is_local) || (row->auth != JM_AUTH_PUBLIC && !has_auth))
        return JM_E_USAGE;
    while (next_segment(&rest, &seg)) {
        names += is_name(seg);
        if (ended)
            return JM_E_USAGE; /* something behind {name*} */
        ended = is_rest(seg);
    }
    return names > JM_REQ_ARGS_MAX ? JM_E_USAGE : JM_OK;
}

static const struct jm_route *row_at(const struct jm_router *r, size_t i)
{
    for (size_t t = 0; t < r->n_tables; t++) {
        if (i < r->tables[t].n)
            return &r->tables[t].rows[i];
        i -= r->tables[t].n;
    }
    return NULL;
}

enum jm_status jm_router_check(const struct jm_router *r, bool is_local, bool has_auth)
{
    const struct jm_route *a, *b;

    for (size_t i = 0; (a = row_at(r, i)) != NULL; i++) {
        JM_TRY(check_row(a, is_local, has_auth));
        for (size_t k = 0; k < i && (b = row_at(r, k)) != NULL; k++)
            if (a->method == b->method && has_name(a->path) == has_name(b->path) &&
                do_overlap(a->path, b->path))
                return JM_E_CONFLICT;
    }
    return JM_OK;
}

static bool path_matches(const char *pattern, struct jm_bytes path,
                         struct jm_bytes arg[JM_REQ_ARGS_MAX])
{
    struct jm_bytes want = jm_str(pattern), rest = path, p, s;
    size_t n = 0;

    for (;;) {
        struct jm_bytes here = rest;
        bool more = next_segment(&want, &p), there = next_segment(&rest, &s);
        if (!more || !there)
            return more == there;
        if (is_rest(p)) {
            arg[n] = jm_slice(here, 1, SIZE_MAX);
            return arg[n].len != 0;
        }
        if (is_name(p)) {
            if (s.len == 0 || n == JM_REQ_ARGS_MAX)
                return false;
            arg[n++] = s;
        } else if (!jm_bytes_eq(p, s)) {
            return false;
        }
    }
}

static bool is_ambiguous(struct jm_bytes path)
{
    struct jm_bytes rest = path, seg;

    for (size_t i = 0; i + 2 < path.len; i++)
        if (path.ptr[i] == '%' && (jm_bytes_eq_nocase(jm_slice(path, i, 3), JM_BYTES("%2f")) ||
                                   jm_bytes_eq_nocase(jm_slice(path, i, 3), JM_BYTES("%5c"))))
            return true;
    while (next_segment(&rest, &seg))
        if (jm_bytes_eq_str(seg, ".") || jm_bytes_eq_str(seg, "..") ||
            (seg.len == 0 && rest.len != 0))
            return true;
    return false;
}

/* What is left of a path without the base's; nothing where it does not lie below it. */
static struct jm_bytes below_base(struct jm_bytes path, struct jm_bytes base)
{
    const struct jm_bytes well_known = JM_BYTES("/.well-known/");
    struct jm_bytes rest = jm_slice(path, base.len, SIZE_MAX), end;

    if (base.len == 0)
        return path;
    if (jm_bytes_starts(path, base) && rest.len != 0 && rest.ptr[0] == '/')
        return rest;
    end = jm_slice(path, path.len - (path.len < base.len ? path.len : base.len), SIZE_MAX);
    if (!jm_bytes_starts(path, well_known) || path.len <= well_known.len + base.len ||
        !jm_bytes_eq(end, base))
        return jm_none();
    return jm_slice(path, 0, path.len - base.len);
}

static enum jm_method method_of(struct jm_bytes m)
{
    if (jm_bytes_eq_str(m, "GET") || jm_bytes_eq_str(m, "HEAD"))
        return JM_GET;
    if (jm_bytes_eq_str(m, "POST"))
        return JM_POST;
    return jm_bytes_eq_str(m, "PUT") ? JM_PUT : JM_DELETE;
}

void jm_router_match(struct jm_match *out, const struct jm_router *r, struct jm_bytes method,
                     struct jm_bytes path)
{
    const bool is_options = jm_bytes_eq_str(method, "OPTIONS");
    const enum jm_method m = method_of(method);
    struct jm_bytes arg[JM_REQ_ARGS_MAX];
    const struct jm_route *row;
    unsigned flags = 0;

    memset(out, 0, sizeof *out);
    if (is_ambiguous(path)) {
        out->fault = JM_WEB_PATH;
        return;
    }
    path = out->path = below_base(path, r->below);
    for (size_t i = 0; path.len != 0 && (row = row_at(r, i)) != NULL; i++) {
        memset(arg, 0, sizeof arg);
        if (!path_matches(row->path, path, arg))
            continue;
        out->methods |= 1u << row->method;
        flags |= row->flags;
        if (is_options || row->method != m || (out->route != NULL && has_name(row->path)))
            continue;
        out->route = row;
        memcpy(out->arg, arg, sizeof arg);
    }
    out->flags = out->route != NULL ? out->route->flags : flags;
    out->options = is_options && (flags & JM_FLAG_ANYBODY) != 0;
    if (out->methods == 0)
        out->fault = JM_WEB_NOT_FOUND;
    else if (out->route == NULL && !out->options)
        out->fault = JM_WEB_METHOD;
}

void jm_router_allow(char out[64], const struct jm_match *m)
{
    static const char *const names[] =
        {[JM_GET] = "GET, HEAD", [JM_POST] = "POST", [JM_PUT] = "PUT", [JM_DELETE] = "DELETE"};
    size_t at = 0;

    out[0] = 0;
    for (unsigned i = JM_GET; i <= JM_DELETE; i++)
        if ((m->methods & 1u << i) != 0)
            at += (size_t)snprintf(out + at, 64 - at, "%s%s", at == 0 ? "" : ", ", names[i]);
    if ((m->flags & JM_FLAG_ANYBODY) != 0)
        (void)snprintf(out + at, 64 - at, "%sOPTIONS", at == 0 ? "" : ", ");
}

static bool media_fits(enum jm_media media, struct jm_bytes type)
{
    type = jm_slice(type, 0, jm_bytes_find(type, JM_BYTES(";")));
    while (type.len != 0 && (type.ptr[type.len - 1] == ' ' || type.ptr[type.len - 1] == '\t'))
        type.len--;
    switch (media) {
    case JM_MEDIA_JSON: return jm_bytes_eq_nocase(type, JM_BYTES("application/json"));
    case JM_MEDIA_JSON_JWT:
        return jm_bytes_eq_nocase(type, JM_BYTES("application/json")) ||
               jm_bytes_eq_nocase(type, JM_BYTES("application/jwt"));
    case JM_MEDIA_FORM:
        return jm_bytes_eq_nocase(type, JM_BYTES("application/x-www-form-urlencoded"));
    case JM_MEDIA_NONE:
    case JM_MEDIA_ANY: return true;
    default: return false;
    }
}

/* On loopback a browser may know this server by name, too: passkeys are of names. */
static bool is_own(struct jm_bytes origin, struct jm_bytes own)
{
    const struct jm_bytes number = JM_BYTES("http://127.0.0.1:"),
                          name = JM_BYTES("http://localhost:");

    return jm_bytes_eq(origin, own) ||
           (jm_bytes_starts(own, number) && jm_bytes_starts(origin, name) &&
            jm_bytes_eq(jm_slice(own, number.len, SIZE_MAX), jm_slice(origin, name.len, SIZE_MAX)));
}

enum jm_web_fault jm_router_admit(const struct jm_match *m, const struct jm_gate_pass *pass,
                                  const struct jm_gate_facts *facts)
{
    struct jm_bytes origin = jm_gate_field(facts, "origin");
    const struct jm_route *row = m->route;

    if (row == NULL)
        return JM_WEB_OK;
    if ((row->flags & JM_FLAG_ANYBODY) == 0 && origin.len != 0 && !is_own(origin, facts->origin))
        return JM_WEB_ORIGIN;
    /* Neither length nor coding is no body (RFC 9112 6.3): asked for where one is wanted. */
    if (row->media != JM_MEDIA_NONE && row->media != JM_MEDIA_ANY && !pass->has_length &&
        !pass->chunked && row->method != JM_GET && row->method != JM_DELETE)
        return JM_WEB_LENGTH_REQUIRED;
    if (pass->length > row->body_max)
        return JM_WEB_BODY_LIMIT;
    if ((pass->chunked || pass->length != 0) &&
        !media_fits(row->media, jm_gate_field(facts, "content-type")))
        return JM_WEB_MEDIA_TYPE;
    return JM_WEB_OK;
}
