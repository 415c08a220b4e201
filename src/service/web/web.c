/* SPDX-License-Identifier: Apache-2.0 */
#include "service/web/web.h"
#include "base/record.h"
#include "jumin/report.h"

#include <stddef.h>
#include <string.h>

#include "service/msg.h"

static const struct {
    enum jm_code code;
    const char *name;
    int http;
    enum jm_status st;
} faults[] = {{JM_CODE_NONE, "JM_HTTP_OK", 200, JM_OK},
#define ROW(name, http, st) {JM_HTTP_##name, "JM_HTTP_" #name, http, st},
              JM_WEB_FAULTS(ROW)
#undef ROW
};

static size_t fault_index(enum jm_web_fault f)
{
    return (size_t)f < JM_ARRAY_LEN(faults) ? (size_t)f : (size_t)JM_WEB_BUG;
}

const char *jm_web_name(enum jm_web_fault f)
{
    return faults[fault_index(f)].name;
}

enum jm_code jm_web_code(enum jm_web_fault f)
{
    return faults[fault_index(f)].code;
}

int jm_web_http(enum jm_web_fault f)
{
    jm_record(faults[fault_index(f)].code, JM_FAIL);
    return faults[fault_index(f)].http;
}

enum jm_status jm_web_status(enum jm_web_fault f)
{
    return faults[fault_index(f)].st;
}

enum jm_web_fault jm_web_of_status(enum jm_status st)
{
    if (st == JM_E_UNAUTHENTICATED)
        return JM_WEB_UNAUTHENTICATED;
    if (st == JM_E_GONE)
        return JM_WEB_GONE;
    if (st == JM_E_RATE)
        return JM_WEB_RATE;
    switch (jm_class_of(st)) {
    case JM_CLASS_OK: return JM_WEB_OK;
    case JM_CLASS_INPUT: return JM_WEB_BAD_REQUEST;
    case JM_CLASS_DENIED: return JM_WEB_DENIED;
    case JM_CLASS_ABSENT: return JM_WEB_ABSENT;
    case JM_CLASS_CONFLICT: return JM_WEB_CONFLICT;
    case JM_CLASS_LIMIT: return JM_WEB_LIMIT;
    case JM_CLASS_UNAVAILABLE: return JM_WEB_UNAVAILABLE;
    case JM_CLASS_BUG:
    default: return JM_WEB_BUG;
    }
}

struct jm_bytes jm_req_header(const struct jm_req *q, const char *name, size_t *n_found)
{
    struct jm_bytes first = jm_none();
    size_t n = 0;

    for (size_t i = 0; i < q->n_fields; i++)
        if (jm_bytes_eq_nocase(q->fields[i].name, jm_str(name)) && n++ == 0)
            first = q->fields[i].value;
    if (n_found != NULL)
        *n_found = n;
    return first;
}

static int hex_of(uint8_t c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c = jm_lower(c);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

enum jm_status jm_percent_decode(struct jm_bytes *out, struct jm_arena *mem, struct jm_bytes in,
                                 bool plus)
{
    struct jm_buf b;

    *out = jm_none();
    JM_TRY(jm_alloc_buf(&b, mem, in.len + 1));
    for (size_t i = 0; i < in.len; i++) {
        uint8_t c = in.ptr[i];
        if (c == '%') {
            int hi = i + 2 < in.len ? hex_of(in.ptr[i + 1]) : -1;
            int lo = i + 2 < in.len ? hex_of(in.ptr[i + 2]) : -1;
            if (hi < 0 || lo < 0)
                return JM_E_MALFORMED;
            c = (uint8_t)(hi * 16 + lo);
            i += 2;
        } else if (c == '+' && plus) {
            c = ' ';
        }
        if (c == 0)
            return JM_E_MALFORMED;
        b.ptr[b.len++] = c;
    }
    if (!jm_utf8_valid(jm_written(b), NULL))
        return JM_E_MALFORMED;
    *out = jm_written(b);
    return JM_OK;
}

static enum jm_status query_find(struct jm_req *q, const char *name, struct jm_bytes *value)
{
    size_t n = 0;

    for (size_t at = 0; at < q->query.len;) {
        struct jm_bytes rest = jm_slice(q->query, at, SIZE_MAX);
        size_t end = jm_bytes_find(rest, JM_BYTES("&"));
        struct jm_bytes pair = jm_slice(rest, 0, end), key;
        size_t eq = jm_bytes_find(pair, JM_BYTES("="));

        at += pair.len + 1;
        JM_TRY(jm_percent_decode(&key, q->mem, jm_slice(pair, 0, eq), true));
        if (!jm_bytes_eq_str(key, name))
            continue;
        if (n++ != 0)
            return JM_E_DUPLICATE;
        JM_TRY(jm_percent_decode(value, q->mem,
                                 eq == SIZE_MAX ? jm_none() : jm_slice(pair, eq + 1, SIZE_MAX),
                                 true));
    }
    return n == 0 ? JM_E_MISSING : JM_OK;
}

enum jm_status jm_req_query(struct jm_req *q, const char *name, struct jm_bytes *value)
{
    *value = jm_none();
    enum jm_status st = query_find(q, name, value);
    if (st != JM_OK) {
        *value = jm_none();
        if (st != JM_E_MISSING && st != JM_E_NO_SPACE) {
            jm_record(JM_HTTP_QUERY, JM_FAIL);
            q->fault = JM_WEB_QUERY;
        }
    }
    return st;
}

struct jm_bytes jm_req_cookie(const struct jm_req *q, const char *name)
{
    struct jm_bytes rest = jm_req_header(q, "Cookie", NULL), found = jm_none();
    size_t n = 0, len = strlen(name);

    while (rest.len != 0) {
        struct jm_bytes one = jm_slice(rest, 0, jm_bytes_find(rest, JM_BYTES("; ")));

        rest = jm_slice(rest, one.len + 2, SIZE_MAX);
        if (one.len <= len || !jm_bytes_eq_str(jm_slice(one, 0, len), name) || one.ptr[len] != '=')
            continue;
        found = jm_slice(one, len + 1, SIZE_MAX);
        n++;
    }
    return n == 1 ? found : jm_none();
}

enum jm_status jm_res_cookie(struct jm_res *s, const char *name, struct jm_bytes value)
{
    const struct jm_bytes parts[] = {jm_str(name), JM_BYTES("="), value,
                                     JM_BYTES("; Path=/; Secure; HttpOnly; SameSite=Strict"),
                                     value.len == 0 ? JM_BYTES("; Max-Age=0") : jm_none()};
    struct jm_bytes cookie;

    JM_TRY(jm_concat(&cookie, s->mem, parts, JM_ARRAY_LEN(parts)));
    return jm_res_header(s, "Set-Cookie", cookie);
}

enum jm_status jm_res_header(struct jm_res *s, const char *name, struct jm_bytes value)
{
    for (size_t i = 0; i < value.len; i++)
        if ((value.ptr[i] < 0x20 && value.ptr[i] != '\t') || value.ptr[i] == 0x7F)
            return JM_E_MALFORMED;
    if (s->n_headers == JM_RES_HEADERS_MAX)
        return JM_E_NO_SPACE;
    struct jm_field f;
    JM_TRY(jm_dup(&f.name, s->mem, jm_str(name)));
    JM_TRY(jm_dup(&f.value, s->mem, value));
    s->header[s->n_headers++] = f;
    return JM_OK;
}

void jm_res_retry(struct jm_res *s)
{
    for (size_t i = 0; i < s->n_headers; i++)
        if (jm_bytes_eq_nocase(s->header[i].name, JM_BYTES("Retry-After")))
            return;
    if (jm_res_header(s, "Retry-After", JM_BYTES("2")) != JM_OK)
        return; /* a hint only */
}

void jm_web_fail(void *role, struct jm_req *q, struct jm_res *s, enum jm_status st)
{
    enum jm_web_fault f = q->fault != JM_WEB_OK ? q->fault : jm_web_of_status(st);
    const char *name = q->fault == JM_WEB_OK && q->diag.code != JM_CODE_NONE
                           ? jm_code_info(q->diag.code)->name
                           : jm_web_name(f);
    const struct jm_bytes parts[] = {JM_BYTES("{\"error\":{\"code\":\""), jm_str(name),
                                     JM_BYTES("\"}}")};

    (void)role;
    s->http = jm_web_http(f);
    s->media = "application/json";
    if (jm_concat(&s->body, s->mem, parts, 3) != JM_OK)
        s->body = JM_BYTES("{\"error\":{\"code\":\"JM_HTTP_BUG\"}}");
    if (s->http == 429 || s->http == 503)
        jm_res_retry(s);
}

/* -- routes -- */

enum jm_status jm_route_run(struct jm_req *q, struct jm_res *s)
{
    const struct jm_msg *in = q->route->message, *out = q->route->answer;

    if (in != NULL && !q->route->reads_itself) {
        if ((q->in = jm_alloc(q->mem, in->size + 1, 16)) == NULL)
            return JM_E_NO_SPACE;
        JM_TRY((q->route->media == JM_MEDIA_FORM
                    ? jm_msg_decode_form
                    : jm_msg_decode)(q->in, in, q->body, q->mem, &q->diag));
    }
    if (out != NULL) {
        if ((q->out = jm_alloc(q->mem, out->size, 16)) == NULL)
            return JM_E_NO_SPACE;
        memset(q->out, 0, out->size);
    }
    JM_TRY(q->route->handler(q, s));
    if (s->http == 0)
        s->http = q->route->http;
    if (out == NULL || s->body.len != 0) /* made before */
        return JM_OK;
    return jm_msg_text(&s->body, out, q->out, q->mem);
}

struct ok_res {
    bool ok;
};
static const struct jm_msg_field ok_fields[] = {JM_FIELD(ok_res, ok, "ok", BOOL, 1, 0)};
const struct jm_msg jm_ok_res = {"ok_res", ok_fields, 1, sizeof(struct ok_res), false};

enum jm_status jm_web_ok(struct jm_req *q, struct jm_res *s)
{
    (void)s;
    ((struct ok_res *)q->out)->ok = true;
    return JM_OK;
}

struct health_res {
    const char *status;
};
static const struct jm_msg_field health_fields[] = {
    JM_FIELD(health_res, status, "status", WORD, 8, 0)};
const struct jm_msg jm_health_res = {"health_res", health_fields, 1, sizeof(struct health_res),
                                     false};

enum jm_status jm_web_health(struct jm_req *q, struct jm_res *s)
{
    (void)s;
    ((struct health_res *)q->out)->status = "ok";
    return JM_OK;
}
