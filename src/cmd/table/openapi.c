/* SPDX-License-Identifier: Apache-2.0 */
/* jumin describe --openapi: OpenAPI 3.1 of all routes, out of the tables that decode and write
 * their messages. */
#include "cmd/table/openapi.h"

#include "cmd/table/words.h"
#include "service/web/fail.h"

static const char *type_name(enum jm_msg_kind k)
{
    static const char *const names[JM_MSG_KINDS] =
        {[JM_MSG_INT] = "integer", [JM_MSG_BOOL] = "boolean", [JM_MSG_OBJECT] = "object",
         [JM_MSG_MAP] = "object",  [JM_MSG_TEXTS] = "array",  [JM_MSG_LIST] = "array"};

    return names[k] == NULL ? "string" : names[k];
}

static const char *format_name(enum jm_msg_kind k)
{
    static const char *const names[JM_MSG_KINDS] = {[JM_MSG_INT] = "int64",
                                                    [JM_MSG_DATE] = "date",
                                                    [JM_MSG_TIME] = "date-time",
                                                    [JM_MSG_B64] = "base64url"};

    return names[k];
}

static void put_object(struct jm_json_w *w, const struct jm_msg *m);

static void put_property(struct jm_json_w *w, const struct jm_msg_field *f)
{
    bool any = f->kind == JM_MSG_JSON || f->kind == JM_MSG_VALUE || f->kind == JM_MSG_FIXED;

    jm_json_w_name(w, f->name);
    if (f->kind == JM_MSG_OBJECT) {
        put_object(w, f->of);
        return;
    }
    jm_json_w_open(w, '{');
    if (f->kind == JM_MSG_SAID || f->kind == JM_MSG_NIL)
        jm_json_w_mraw(w, "type",
                       f->kind == JM_MSG_SAID ? JM_BYTES("[\"integer\",\"null\"]")
                                              : JM_BYTES("[\"string\",\"null\"]"));
    else if (!any)
        jm_json_w_mstr(w, "type", type_name(f->kind));
    if (format_name(f->kind) != NULL)
        jm_json_w_mstr(w, "format", format_name(f->kind));
    if (f->kind == JM_MSG_LIST || f->kind == JM_MSG_MAP) {
        jm_json_w_name(w, f->kind == JM_MSG_LIST ? "items" : "additionalProperties");
        put_object(w, f->of);
    } else if (f->kind == JM_MSG_TEXTS) {
        jm_json_w_mraw(w, "items", JM_BYTES("{\"type\":\"string\"}"));
    } else if (f->kind == JM_MSG_FIXED) {
        jm_json_w_mraw(w, "const", jm_str(f->fixed));
    } else if (f->max != 0 && f->kind != JM_MSG_BOOL && !any) {
        jm_json_w_mint(w, f->kind == JM_MSG_INT ? "maximum" : "maxLength", (int64_t)f->max);
    }
    jm_json_w_close(w, '}');
}

/* Does it hold others that nobody has written down? */
static bool put_properties(struct jm_json_w *w, const struct jm_msg *m)
{
    bool open = false;

    for (size_t i = 0; i < m->n; i++) {
        const struct jm_msg_field *f = &m->field[i];

        if (f->kind != JM_MSG_SPLICE && f->kind != JM_MSG_PART)
            put_property(w, f);
        else if (f->of == NULL || put_properties(w, f->of))
            open = true;
    }
    return open;
}

static void put_required(struct jm_json_w *w, const struct jm_msg *m)
{
    for (size_t i = 0; i < m->n; i++)
        if (m->field[i].kind == JM_MSG_PART)
            put_required(w, m->field[i].of);
        else if ((m->field[i].flags & JM_MSG_OPT) == 0 && m->field[i].kind != JM_MSG_SPLICE)
            jm_json_w_text(w, jm_str(m->field[i].name));
}

static void put_object(struct jm_json_w *w, const struct jm_msg *m)
{
    bool open = m->ignore_unknown;

    jm_json_w_open(w, '{');
    jm_json_w_mstr(w, "type", "object");
    jm_json_w_mopen(w, "properties", '{');
    open = put_properties(w, m) || open;
    jm_json_w_close(w, '}');
    jm_json_w_mopen(w, "required", '[');
    put_required(w, m);
    jm_json_w_close(w, ']');
    jm_json_w_mbool(w, "additionalProperties", open);
    jm_json_w_close(w, '}');
}

static void put_content(struct jm_json_w *w, const char *media, const struct jm_msg *m)
{
    jm_json_w_mopen(w, "content", '{');
    jm_json_w_mopen(w, media, '{');
    jm_json_w_name(w, "schema");
    put_object(w, m);
    jm_json_w_close(w, '}');
    jm_json_w_close(w, '}');
}

static void put_parameters(struct jm_json_w *w, const char *path)
{
    jm_json_w_mopen(w, "parameters", '[');
    for (struct jm_bytes rest = jm_str(path); rest.len > 0;) {
        size_t from = jm_bytes_find(rest, JM_BYTES("{")), to = jm_bytes_find(rest, JM_BYTES("}"));

        if (from == SIZE_MAX || to == SIZE_MAX)
            break;
        jm_json_w_open(w, '{');
        jm_json_w_mtext(w, "name", jm_slice(rest, from + 1, to - from - 1));
        jm_json_w_mstr(w, "in", "path");
        jm_json_w_mbool(w, "required", true);
        jm_json_w_mraw(w, "schema", JM_BYTES("{\"type\":\"string\"}"));
        jm_json_w_close(w, '}');
        rest = jm_slice(rest, to + 1, SIZE_MAX);
    }
    jm_json_w_close(w, ']');
}

static void put_operation(struct jm_json_w *w, const char *role, const struct jm_route *r)
{
    char http[4] = {(char)('0' + (r->http == 0 ? 200 : r->http) / 100), '0',
                    (char)('0' + (r->http == 0 ? 200 : r->http) % 10), 0};

    jm_json_w_name(w, jm_method_word(r->method));
    jm_json_w_open(w, '{');
    jm_json_w_mstr(w, "operationId", r->metric);
    jm_json_w_mopen(w, "tags", '[');
    jm_json_w_text(w, jm_str(role));
    jm_json_w_close(w, ']');
    jm_json_w_mstr(w, "x-auth", jm_auth_word(r->auth));
    put_parameters(w, r->path);
    if (r->message != NULL) {
        jm_json_w_mopen(w, "requestBody", '{');
        put_content(w,
                    r->media == JM_MEDIA_FORM ? "application/x-www-form-urlencoded"
                                              : "application/json",
                    r->message);
        jm_json_w_close(w, '}');
    }
    jm_json_w_mopen(w, "responses", '{');
    jm_json_w_mopen(w, http, '{');
    jm_json_w_mstr(w, "description", "done");
    if (r->answer != NULL)
        put_content(w, "application/json", r->answer);
    jm_json_w_close(w, '}');
    jm_json_w_mopen(w, "default", '{');
    jm_json_w_mstr(w, "description", "refused");
    put_content(w, "application/json", jm_fail_msg(r));
    jm_json_w_close(w, '}');
    jm_json_w_close(w, '}');
    jm_json_w_close(w, '}');
}

/* Paths of one role; the same path of two roles is two servers, so a role is part of the key. */
static void put_paths(struct jm_json_w *w, const struct jm_cmd *cmd, const char *role,
                      const struct jm_http_table *t)
{
    for (size_t i = 0; i < t->n; i++) {
        bool first = true;

        for (size_t k = 0; k < i; k++)
            first = first && !jm_bytes_eq_str(jm_str(t->rows[k].path), t->rows[i].path);
        if (!first)
            continue;
        jm_json_w_name(w, jm_format(cmd->mem, "/%s%s", role, t->rows[i].path));
        jm_json_w_open(w, '{');
        for (size_t k = i; k < t->n; k++)
            if (jm_bytes_eq_str(jm_str(t->rows[k].path), t->rows[i].path))
                put_operation(w, role, &t->rows[k]);
        jm_json_w_close(w, '}');
    }
}

void jm_openapi_put(struct jm_json_w *w, const struct jm_cmd *cmd)
{
    struct jm_http_table table[JM_ROLE_TABLES];

    jm_json_w_mstr(w, "openapi", "3.1.0");
    jm_json_w_mopen(w, "info", '{');
    jm_json_w_mstr(w, "title", "jumin");
    jm_json_w_mstr(w, "version", JUMIN_VERSION);
    jm_json_w_mstr(w, "description",
                   "Paths begin with the role that answers them, or with its control socket's "
                   "name; on the wire they begin behind it.");
    jm_json_w_close(w, '}');
    jm_json_w_mopen(w, "paths", '{');
    for (size_t i = 0; i < 2 * jm_n_roles; i++) {
        const struct jm_role *role = jm_roles[i % jm_n_roles];
        bool control = i >= jm_n_roles;
        size_t n = role->tables == NULL ? 0 : role->tables(table, control);
        const char *name = control ? jm_format(cmd->mem, "%s-control", role->name) : role->name;

        for (size_t k = 0; k < n; k++)
            put_paths(w, cmd, name, &table[k]);
    }
    jm_json_w_close(w, '}');
}
