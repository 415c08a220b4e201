/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "base/record.h"
#include "host/http/parts.h"
#include "jumin/report.h"

static size_t count_fields(const struct jm_gate_facts *f, const char *name, struct jm_bytes *first)
{
    size_t n = 0;

    *first = jm_none();
    for (size_t i = 0; i < f->n_fields; i++)
        if (jm_bytes_eq_nocase(f->fields[i].name, jm_str(name)) && n++ == 0)
            *first = f->fields[i].value;
    return n;
}

struct jm_bytes jm_gate_field(const struct jm_gate_facts *facts, const char *name)
{
    struct jm_bytes v;

    (void)count_fields(facts, name, &v);
    return v;
}

static bool is_alnum(uint8_t c)
{
    return (c >= '0' && c <= '9') || (jm_lower(c) >= 'a' && jm_lower(c) <= 'z');
}

static bool is_hex(uint8_t c)
{
    return (c >= '0' && c <= '9') || (jm_lower(c) >= 'a' && jm_lower(c) <= 'f');
}

static bool is_in(uint8_t c, const char *set)
{
    return c != 0 && strchr(set, c) != NULL;
}

static enum jm_web_fault judge_target(struct jm_gate_pass *out, const struct jm_gate_facts *f)
{
    struct jm_bytes t = f->target;

    if (t.len > JM_GATE_TARGET_MAX)
        return JM_WEB_TARGET;
    /* absolute form, scheme and host ours */
    if (f->origin.len != 0 && jm_bytes_starts(t, f->origin))
        t = jm_slice(t, f->origin.len, SIZE_MAX);
    if (t.len == 0 || t.ptr[0] != '/')
        return JM_WEB_TARGET;
    for (size_t i = 0; i < t.len; i++) {
        if (t.ptr[i] <= 0x20 || t.ptr[i] >= 0x7F || is_in(t.ptr[i], "\"<>\\^{}#|`"))
            return JM_WEB_TARGET;
        if (t.ptr[i] != '%')
            continue;
        if (t.len - i < 3 || !is_hex(t.ptr[i + 1]) || !is_hex(t.ptr[i + 2]))
            return JM_WEB_TARGET;
        if (t.ptr[i + 1] == '0' && t.ptr[i + 2] == '0')
            return JM_WEB_TARGET;
    }
    size_t mark = jm_bytes_find(t, JM_BYTES("?"));
    out->path = jm_slice(t, 0, mark);
    out->query = mark == SIZE_MAX ? jm_none() : jm_slice(t, mark + 1, SIZE_MAX);
    return JM_WEB_OK;
}

static enum jm_web_fault judge_host(const struct jm_gate_facts *f, bool is_11)
{
    struct jm_bytes v;
    size_t n = count_fields(f, "host", &v);

    if (n > 1 || (is_11 && n == 0))
        return JM_WEB_HOST;
    if (n == 1 && (v.len == 0 || v.len > JM_GATE_HOST_MAX))
        return JM_WEB_HOST;
    for (size_t i = 0; i < v.len; i++)
        if (!is_alnum(v.ptr[i]) && !is_in(v.ptr[i], ".-:[]"))
            return JM_WEB_HOST;
    return JM_WEB_OK;
}

static enum jm_web_fault judge_framing(struct jm_gate_pass *out, const struct jm_gate_facts *f,
                                       bool is_11)
{
    struct jm_bytes len, te;
    size_t n_len = count_fields(f, "content-length", &len),
           n_te = count_fields(f, "transfer-encoding", &te);

    if (n_len > 1 || (n_len == 1 && (len.len < 1 || len.len > 15)))
        return JM_WEB_CONTENT_LENGTH;
    for (size_t i = 0; i < len.len; i++) {
        if (len.ptr[i] < '0' || len.ptr[i] > '9')
            return JM_WEB_CONTENT_LENGTH;
        out->length = out->length * 10 + (uint64_t)(len.ptr[i] - '0');
    }
    if (n_te > 1 ||
        (n_te == 1 && (!is_11 || n_len != 0 || !jm_bytes_eq_nocase(te, JM_BYTES("chunked")))))
        return JM_WEB_TRANSFER_ENCODING;
    out->has_length = n_len == 1;
    out->chunked = n_te == 1;
    return JM_WEB_OK;
}

static enum jm_web_fault judge_fields(const struct jm_gate_facts *f)
{
    static const char *const once[] = {"authorization",
                                       "dpop",
                                       "oauth-client-attestation",
                                       "oauth-client-attestation-pop",
                                       "content-type",
                                       "cookie",
                                       "origin"};
    struct jm_bytes v;
    size_t total = 0;

    for (size_t i = 0; i < f->n_fields; i++) {
        struct jm_bytes name = f->fields[i].name, value = f->fields[i].value;
        total += name.len + value.len + 4;
        if (name.len == 0)
            return JM_WEB_HEADER_NAME;
        for (size_t k = 0; k < name.len; k++)
            if (!is_alnum(name.ptr[k]) && !is_in(name.ptr[k], "!#$%&'*+-.^_`|~"))
                return JM_WEB_HEADER_NAME;
        for (size_t k = 0; k < value.len; k++)
            if ((value.ptr[k] < 0x20 && value.ptr[k] != '\t') || value.ptr[k] == 0x7F)
                return JM_WEB_HEADER_VALUE;
    }
    if (f->n_fields > JM_GATE_FIELDS_MAX || total > JM_GATE_HEAD_MAX)
        return JM_WEB_HEADER_LIMIT;
    for (size_t i = 0; i < JM_ARRAY_LEN(once); i++)
        if (count_fields(f, once[i], &v) > 1)
            return JM_WEB_HEADER_DUPLICATE;
    return JM_WEB_OK;
}

static enum jm_web_fault judge_facts(struct jm_gate_pass *out, const struct jm_gate_facts *f)
{
    static const char *const methods[] = {"GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS"};
    struct jm_gate_pass pass = {.length = 0};
    struct jm_bytes expect;
    bool known = false, is_11 = jm_bytes_eq_str(f->version, "HTTP/1.1");
    enum jm_web_fault e;

    memset(out, 0, sizeof *out);
    for (size_t i = 0; i < JM_ARRAY_LEN(methods); i++)
        known = known || jm_bytes_eq_str(f->method, methods[i]);
    if (!known)
        return JM_WEB_METHOD_UNKNOWN;
    if (!is_11 && !jm_bytes_eq_str(f->version, "HTTP/1.0"))
        return JM_WEB_VERSION;
    if ((e = judge_target(&pass, f)) != JM_WEB_OK || (e = judge_fields(f)) != JM_WEB_OK ||
        (e = judge_host(f, is_11)) != JM_WEB_OK ||
        (e = judge_framing(&pass, f, is_11)) != JM_WEB_OK)
        return e;
    size_t n = count_fields(f, "expect", &expect);
    if (n > 1 || (n == 1 && !jm_bytes_eq_nocase(expect, JM_BYTES("100-continue"))))
        return JM_WEB_EXPECT;
    *out = pass;
    return JM_WEB_OK;
}

enum jm_web_fault jm_gate(struct jm_gate_pass *out, const struct jm_gate_facts *f)
{
    enum jm_web_fault fault = judge_facts(out, f);

    jm_record(jm_web_code(fault), JM_FAIL);
    return fault;
}
