/* SPDX-License-Identifier: Apache-2.0 */
#include "cmd/cli/conf.h"

#include <stdio.h>
#include <string.h>

#include "jumin/base64.h"

const struct jm_conf_rule jm_home_conf_rules[] = {
    {"home", "name id kind", JM_CONF_TEXT, 0},
    {"home", "synthetic", JM_CONF_BOOL, 0},
    {"trust", "pin", JM_CONF_HEX32, 0},
    {"issuer provider status verifier ledger witness", "base", JM_CONF_URL, 0},
    {"issuer provider status verifier ledger witness", "listen", JM_CONF_LISTEN, 0},
    {"issuer provider status verifier ledger witness", "workers", JM_CONF_UINT, 0},
    {"issuer provider status verifier ledger witness", "proxy", JM_CONF_TEXT, 0},
    {"issuer provider verifier operator ledger witness", "uid", JM_CONF_UINT, 0},
    {"issuer", "address.grace_days", JM_CONF_UINT, 0},
    {"issuer", "on_replacement", JM_CONF_TEXT, 0},
    {"issuer", "sign_in", JM_CONF_TEXT, 0},
    {"issuer", "tap.cooldown", JM_CONF_UINT, 0},
    {"verifier", "request_ttl", JM_CONF_UINT, 0},
};
const size_t jm_n_home_conf_rules = JM_ARRAY_LEN(jm_home_conf_rules);

bool jm_is_word_of(const char *words, struct jm_bytes word)
{
    for (size_t n; *words != '\0'; words += n + (words[n] == ' ')) {
        n = strcspn(words, " ");
        if (jm_bytes_eq(jm_bytes(words, n), word))
            return true;
    }
    return false;
}

struct parse {
    const char *file;
    unsigned line;
    struct jm_bytes section;
    const struct jm_conf_rule *rules;
    size_t n_rules;
    struct jm_arena *mem;
    struct jm_diag *d;
};

static enum jm_status fault_at(const struct parse *p, struct jm_bytes key, const char *what)
{
    size_t cap = strlen(p->file) + key.len + strlen(what) + 64;
    char *text = JM_NEW_N(p->mem, char, cap);

    if (text != NULL)
        (void)snprintf(text, cap, "%s:%u: %.*s%s%s", p->file, p->line, (int)key.len,
                       key.len == 0 ? "" : (const char *)key.ptr, key.len == 0 ? "" : ": ", what);
    return jm_refuse(p->d, JM_E_USAGE, JM_CMD_CONFIG, text);
}

static bool is_blank(uint8_t c)
{
    return c == ' ' || c == '\t' || c == '\r';
}

static struct jm_bytes trim_blanks(struct jm_bytes b)
{
    while (b.len > 0 && is_blank(b.ptr[0]))
        b = jm_slice(b, 1, SIZE_MAX);
    while (b.len > 0 && is_blank(b.ptr[b.len - 1]))
        b.len--;
    return b;
}

/* -- values -- */

static bool port_parse(uint16_t *port, struct jm_bytes digits)
{
    uint64_t v;

    *port = 0;
    if (jm_parse_u64(&v, digits) != JM_OK || v == 0 || v > 65535)
        return false;
    *port = (uint16_t)v;
    return true;
}

static size_t last_colon(struct jm_bytes b)
{
    size_t i = b.len;

    while (i > 0 && b.ptr[i - 1] != ':')
        i--;
    return i == 0 ? SIZE_MAX : i - 1;
}

bool jm_listen_parse(char address[64], uint16_t *port, struct jm_bytes text)
{
    size_t colon = last_colon(text);
    struct jm_bytes host;

    address[0] = '\0';
    if (colon == SIZE_MAX || !port_parse(port, jm_slice(text, colon + 1, SIZE_MAX)))
        return false;
    host = jm_slice(text, 0, colon);
    if (host.len > 2 && host.ptr[0] == '[' && host.ptr[host.len - 1] == ']')
        host = jm_slice(host, 1, host.len - 2);
    else if (jm_bytes_find(host, JM_BYTES(":")) != SIZE_MAX)
        return false;
    if (host.len == 0 || host.len >= 64)
        return false;
    memcpy(address, host.ptr, host.len);
    address[host.len] = '\0';
    return true;
}

/* The host of an authority, port cut off; false when the port is no port. */
static bool host_of(struct jm_bytes authority, struct jm_bytes *host)
{
    size_t colon = last_colon(authority);
    uint16_t port;

    *host = authority;
    if (colon == SIZE_MAX || (authority.len > 0 && authority.ptr[authority.len - 1] == ']'))
        return authority.len != 0;
    *host = jm_slice(authority, 0, colon);
    return host->len != 0 && port_parse(&port, jm_slice(authority, colon + 1, SIZE_MAX));
}

/* A path that a request can have as it is written: the gate and the router refuse the rest. */
static bool path_ok(struct jm_bytes path)
{
    struct jm_bytes seg;

    for (size_t i = 1, end; i < path.len; i = end + 1) {
        end = jm_bytes_until(path, i, '/');
        seg = jm_slice(path, i, end - i);
        if (seg.len == 0 || jm_bytes_eq_str(seg, ".") || jm_bytes_eq_str(seg, ".."))
            return false;
    }
    return true;
}

/* https, or http to a loopback host; no query, fragment, user information, no '/' at the end. */
static bool base_url_ok(struct jm_bytes url, bool *is_loopback_http)
{
    bool https = jm_bytes_starts(url, JM_BYTES("https://"));
    struct jm_bytes rest = jm_slice(url, https ? 8 : 7, SIZE_MAX), host;
    size_t slash;

    *is_loopback_http = false;
    if ((!https && !jm_bytes_starts(url, JM_BYTES("http://"))) || url.len > 200 || rest.len == 0 ||
        rest.ptr[rest.len - 1] == '/')
        return false;
    for (size_t i = 0; i < rest.len; i++)
        if (rest.ptr[i] <= 0x20 || rest.ptr[i] >= 0x7f ||
            strchr("?#@\\\"<>^{}|`%", rest.ptr[i]) != NULL)
            return false;
    slash = jm_bytes_find(rest, JM_BYTES("/"));
    if (!host_of(jm_slice(rest, 0, slash), &host) ||
        (slash != SIZE_MAX && !path_ok(jm_slice(rest, slash, SIZE_MAX))))
        return false;
    *is_loopback_http = !https;
    return https || jm_bytes_eq_str(host, "127.0.0.1") || jm_bytes_eq_str(host, "localhost") ||
           jm_bytes_eq_str(host, "[::1]");
}

enum jm_code jm_base_url_judge(struct jm_bytes url, bool *is_loopback_http)
{
    if (base_url_ok(url, is_loopback_http))
        return JM_CODE_NONE;
    if (url.len != 0 && url.ptr[url.len - 1] == '/' &&
        base_url_ok(jm_slice(url, 0, url.len - 1), is_loopback_http))
        return JM_CMD_BASE_SLASH;
    return JM_CMD_BASE_URL;
}

static const char *value_fault(enum jm_conf_kind kind, struct jm_bytes v, struct jm_arena *mem)
{
    struct jm_bytes octets;
    char address[64];
    uint16_t port;
    uint64_t number;
    bool http;

    switch (kind) {
    case JM_CONF_TEXT: return NULL;
    case JM_CONF_URL:
        return base_url_ok(v, &http) ? NULL
               : jm_base_url_judge(v, &http) == JM_CMD_BASE_SLASH
                   ? "must not have the slash at its end"
                   : "must be an https URL (http on loopback) without '/' at the end";
    case JM_CONF_LISTEN: return jm_listen_parse(address, &port, v) ? NULL : "must be ADDRESS:PORT";
    case JM_CONF_HEX32:
        return v.len == 64 && jm_hex_decode(&octets, mem, v) == JM_OK
                   ? NULL
                   : "must have 64 hexadecimal digits";
    case JM_CONF_UINT: return jm_parse_u64(&number, v) == JM_OK ? NULL : "must be a number";
    case JM_CONF_BOOL:
        return jm_bytes_eq_str(v, "yes") || jm_bytes_eq_str(v, "no") ? NULL : "must be yes or no";
    }
    return "has no kind";
}

/* -- lines -- */

static bool is_section(const struct parse *p, struct jm_bytes name)
{
    for (size_t i = 0; i < p->n_rules; i++)
        if (jm_is_word_of(p->rules[i].section, name))
            return true;
    return false;
}

static enum jm_status add_row(struct jm_conf *c, const struct parse *p,
                              const struct jm_conf_rule *rule, struct jm_bytes key,
                              struct jm_bytes value)
{
    struct jm_conf_row *row = &c->row[c->n];
    const char *wrong;
    unsigned seen = 0;

    for (size_t i = 0; i < c->n; i++)
        seen += jm_bytes_eq(c->row[i].section, p->section) && jm_bytes_eq(c->row[i].key, key);
    if (seen > 0 && seen >= rule->many)
        return fault_at(p, key, "occurs more often than it may");
    if (value.len == 0)
        return fault_at(p, key, "has no value");
    if (!jm_utf8_valid(value, NULL) || jm_bytes_find(value, JM_BYTES("\0")) != SIZE_MAX)
        return fault_at(p, key, "is no text");
    if ((wrong = value_fault(rule->kind, value, p->mem)) != NULL)
        return fault_at(p, key, wrong);
    if (c->n == JM_CONF_ROWS_MAX)
        return fault_at(p, key, "too many entries");
    JM_TRY(jm_dup(&row->section, p->mem, p->section));
    JM_TRY(jm_dup(&row->key, p->mem, key));
    JM_TRY(jm_dup(&row->value, p->mem, value));
    row->line = p->line;
    c->n++;
    return JM_OK;
}

static enum jm_status read_entry(struct jm_conf *c, const struct parse *p, struct jm_bytes line)
{
    size_t equals = jm_bytes_find(line, JM_BYTES("="));
    struct jm_bytes key = trim_blanks(jm_slice(line, 0, equals));

    if (equals == SIZE_MAX)
        return fault_at(p, key, "is no `key = value`");
    if (p->section.len == 0)
        return fault_at(p, key, "stands before the first section");
    for (size_t i = 0; i < p->n_rules; i++)
        if (jm_is_word_of(p->rules[i].section, p->section) && jm_is_word_of(p->rules[i].key, key))
            return add_row(c, p, &p->rules[i], key,
                           trim_blanks(jm_slice(line, equals + 1, SIZE_MAX)));
    return fault_at(p, key, "is not known here");
}

static enum jm_status line_read(struct jm_conf *c, struct parse *p, struct jm_bytes line)
{
    if (line.len == 0 || line.ptr[0] == '#')
        return JM_OK;
    if (line.ptr[0] != '[')
        return read_entry(c, p, line);
    p->section = trim_blanks(jm_slice(line, 1, line.len - 2));
    if (line.len < 3 || line.ptr[line.len - 1] != ']' || !is_section(p, p->section))
        return fault_at(p, line, "is no section");
    return JM_OK;
}

static struct jm_bytes next_line(struct jm_bytes *text)
{
    size_t end = jm_bytes_find(*text, JM_BYTES("\n"));
    struct jm_bytes line = jm_slice(*text, 0, end);

    *text = end == SIZE_MAX ? jm_none() : jm_slice(*text, end + 1, SIZE_MAX);
    return line;
}

enum jm_status jm_conf_parse(struct jm_conf *out, const char *file, struct jm_bytes text,
                             const struct jm_conf_rule *rules, size_t n_rules, struct jm_arena *mem,
                             struct jm_diag *d)
{
    struct parse p = {file, 0, {NULL, 0}, rules, n_rules, mem, d};

    out->n = 0;
    if ((out->row = JM_NEW_N(mem, struct jm_conf_row, JM_CONF_ROWS_MAX)) == NULL)
        return JM_E_NO_SPACE;
    while (text.len != 0) {
        struct jm_bytes line = next_line(&text);

        p.line++;
        JM_TRY(line_read(out, &p, trim_blanks(line)));
    }
    return JM_OK;
}

const char *jm_conf_at(const struct jm_conf *c, const char *section, const char *key, size_t i)
{
    for (size_t k = 0; k < c->n; k++)
        if (jm_bytes_eq_str(c->row[k].section, section) && jm_bytes_eq_str(c->row[k].key, key) &&
            i-- == 0)
            return (const char *)c->row[k].value.ptr;
    return NULL;
}

const char *jm_conf_get(const struct jm_conf *c, const char *section, const char *key)
{
    return jm_conf_at(c, section, key, 0);
}

uint64_t jm_conf_uint(const struct jm_conf *c, const char *section, const char *key,
                      uint64_t if_absent)
{
    const char *v = jm_conf_get(c, section, key);
    uint64_t number;

    return v != NULL && jm_parse_u64(&number, jm_str(v)) == JM_OK ? number : if_absent;
}

bool jm_conf_bool(const struct jm_conf *c, const char *section, const char *key)
{
    const char *v = jm_conf_get(c, section, key);

    return v != NULL && strcmp(v, "yes") == 0;
}

enum jm_status jm_conf_edit(struct jm_bytes *out, struct jm_bytes text, const char *section,
                            const char *key, const char *value, struct jm_arena *mem)
{
    struct jm_bytes rest = text, now = jm_none(), head = jm_none(), tail = jm_none();
    bool found = false;

    *out = jm_none();
    while (rest.len != 0) {
        struct jm_bytes at = rest, line = trim_blanks(next_line(&rest));

        if (line.len > 2 && line.ptr[0] == '[')
            now = trim_blanks(jm_slice(line, 1, line.len - 2));
        if (!jm_bytes_eq_str(now, section))
            continue;
        struct jm_bytes name = trim_blanks(jm_slice(line, 0, jm_bytes_find(line, JM_BYTES("="))));

        if (line.ptr != NULL && line.len != 0 &&
            (line.ptr[0] == '[' || jm_bytes_eq_str(name, key))) {
            found = true;
            head = jm_slice(text, 0, line.ptr[0] == '[' ? text.len - rest.len : text.len - at.len);
            tail = rest;
            if (line.ptr[0] != '[')
                break;
        }
    }
    if (!found)
        return JM_E_ABSENT;
    const struct jm_bytes parts[] = {
        head,          head.len == 0 || head.ptr[head.len - 1] == '\n' ? jm_none() : JM_BYTES("\n"),
        jm_str(key),   JM_BYTES(" = "),
        jm_str(value), JM_BYTES("\n"),
        tail};

    return jm_concat(out, mem, parts, JM_ARRAY_LEN(parts));
}
