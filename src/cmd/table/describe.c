/* SPDX-License-Identifier: Apache-2.0 */
/* jumin describe: what the program can be asked for, out of the very tables that it runs by. Tests
 * and documents read it. */
#include "cmd/cli/commands.h"
#include "cmd/role/roles.h"
#include "host/http/http.h"
#include "jumin/json.h"
#include "service/msg.h"

#define ANSWER_MAX (256 * JM_KIB)

static void put_option(struct jm_json_w *w, const struct jm_option *o)
{
    jm_json_w_open(w, '{');
    jm_json_w_mstr(w, "name", o->name);
    if (o->arg != NULL)
        jm_json_w_mstr(w, "argument", o->arg);
    if (jm_option_kind(o) != NULL) {
        jm_json_w_mint(w, "max", (int64_t)jm_option_kind(o)->max);
        jm_json_w_mbool(w, "number", jm_option_kind(o)->is_number);
    }
    jm_json_w_mbool(w, "repeatable", (o->flags & JM_OPTION_REPEATABLE) != 0);
    jm_json_w_mbool(w, "required", (o->flags & JM_OPTION_REQUIRED) != 0);
    jm_json_w_close(w, '}');
}

static void put_options(struct jm_json_w *w, const char *name, const struct jm_option *o, size_t n)
{
    jm_json_w_name(w, name);
    jm_json_w_open(w, '[');
    for (size_t i = 0; i < n; i++)
        put_option(w, &o[i]);
    jm_json_w_close(w, ']');
}

static void put_command(struct jm_json_w *w, const struct jm_command *c)
{
    jm_json_w_open(w, '{');
    jm_json_w_mstr(w, "name", c->name);
    jm_json_w_mint(w, "operands_min", (int64_t)c->min_operands);
    jm_json_w_mint(w, "operands_max", (int64_t)c->max_operands);
    if (c->operands != NULL)
        jm_json_w_mstr(w, "operands", c->operands);
    put_options(w, "options", c->options, c->n_options);
    jm_json_w_close(w, '}');
}

static const char *method_name(enum jm_method m)
{
    static const char *const names[] =
        {[JM_GET] = "GET", [JM_POST] = "POST", [JM_PUT] = "PUT", [JM_DELETE] = "DELETE"};

    return names[m];
}

static const char *media_name(enum jm_media m)
{
    static const char *const names[] = {[JM_MEDIA_NONE] = "none",
                                        [JM_MEDIA_JSON] = "json",
                                        [JM_MEDIA_FORM] = "form",
                                        [JM_MEDIA_JSON_JWT] = "json or jwt",
                                        [JM_MEDIA_ANY] = "any"};

    return names[m];
}

static const char *auth_name(enum jm_auth a)
{
    static const char *const names[] = {[JM_AUTH_PUBLIC] = "public",
                                        [JM_AUTH_CLIENT_ATTESTATION] = "client attestation",
                                        [JM_AUTH_DPOP] = "dpop",
                                        [JM_AUTH_STAFF_SESSION] = "staff session",
                                        [JM_AUTH_SERVICE_KEY] = "service key",
                                        [JM_AUTH_LOCAL] = "local"};

    return names[a];
}

static const char *kind_name(enum jm_msg_kind k)
{
    static const char *const names[] =
        {[JM_MSG_STR] = "text",  [JM_MSG_INT] = "integer", [JM_MSG_BOOL] = "boolean",
         [JM_MSG_DATE] = "date", [JM_MSG_ID] = "id",       [JM_MSG_B64] = "base64url",
         [JM_MSG_JSON] = "json", [JM_MSG_RAW] = "octets"};

    return names[k];
}

/* max: octets of the decoded text; of an integer its greatest value. */
static void put_message(struct jm_json_w *w, const struct jm_msg *m)
{
    jm_json_w_name(w, "message");
    if (m == NULL) {
        jm_json_w_null(w);
        return;
    }
    jm_json_w_open(w, '{');
    jm_json_w_mbool(w, "unknown_ignored", m->ignore_unknown);
    jm_json_w_name(w, "members");
    jm_json_w_open(w, '[');
    for (size_t i = 0; i < m->n; i++) {
        jm_json_w_open(w, '{');
        jm_json_w_mstr(w, "name", m->field[i].name);
        jm_json_w_mstr(w, "kind", kind_name(m->field[i].kind));
        jm_json_w_mint(w, "max", (int64_t)m->field[i].max);
        jm_json_w_mbool(w, "required", (m->field[i].flags & JM_MSG_OPT) == 0);
        jm_json_w_close(w, '}');
    }
    jm_json_w_close(w, ']');
    jm_json_w_close(w, '}');
}

static void put_routes(struct jm_json_w *w, const char *role, bool control,
                       const struct jm_http_table *table)
{
    for (size_t i = 0; i < table->n; i++) {
        const struct jm_route *r = &table->rows[i];

        jm_json_w_open(w, '{');
        jm_json_w_mstr(w, "role", role);
        jm_json_w_mbool(w, "control", control);
        jm_json_w_mstr(w, "method", method_name(r->method));
        jm_json_w_mstr(w, "path", r->path);
        jm_json_w_mstr(w, "auth", auth_name(r->auth));
        jm_json_w_mstr(w, "media", media_name(r->media));
        jm_json_w_mint(w, "body_max", (int64_t)r->body_max);
        jm_json_w_mbool(w, "cors", (r->flags & JM_FLAG_CORS) != 0);
        jm_json_w_mstr(w, "metric", r->metric);
        put_message(w, r->message);
        jm_json_w_close(w, '}');
    }
}

static void put_role_routes(struct jm_json_w *w, bool control)
{
    struct jm_http_table table[JM_ROLE_TABLES];

    for (size_t i = 0; i < jm_n_roles; i++) {
        size_t n = jm_roles[i]->tables == NULL ? 0 : jm_roles[i]->tables(table, control);

        for (size_t k = 0; k < n; k++)
            put_routes(w, jm_roles[i]->name, control, &table[k]);
    }
}

static enum jm_status describe(struct jm_buf *out, const struct jm_cmd *cmd)
{
    struct jm_json_w w;

    jm_json_w_init(&w, out);
    jm_json_w_open(&w, '{');
    put_options(&w, "common_options", jm_common_options, jm_n_common_options);
    jm_json_w_name(&w, "commands");
    jm_json_w_open(&w, '[');
    for (const struct jm_command *const *c = cmd->table; *c != NULL; c++)
        put_command(&w, *c);
    jm_json_w_close(&w, ']');
    jm_json_w_name(&w, "routes");
    jm_json_w_open(&w, '[');
    put_role_routes(&w, false);
    put_role_routes(&w, true);
    jm_json_w_close(&w, ']');
    jm_json_w_close(&w, '}');
    return jm_json_w_end(&w);
}

static void print(const struct jm_cmd *cmd, struct jm_bytes json)
{
    const struct jm_json *j;

    if (jm_json_parse(&j, json, cmd->mem, NULL) != JM_OK)
        return;
    for (const struct jm_json *r = jm_json_get(j, "routes")->child; r != NULL; r = r->next)
        jm_say(cmd, "%-8s %-6s %-42s %s\n", jm_cstr(cmd, jm_json_get(r, "role")->text),
               jm_cstr(cmd, jm_json_get(r, "method")->text),
               jm_cstr(cmd, jm_json_get(r, "path")->text),
               jm_cstr(cmd, jm_json_get(r, "auth")->text));
}

static int run(const struct jm_cmd *cmd)
{
    struct jm_buf json;
    enum jm_status st = jm_alloc_buf(&json, cmd->mem, ANSWER_MAX);

    if (st == JM_OK)
        st = describe(&json, cmd);
    if (st != JM_OK)
        return jm_cmd_fail(cmd, st, NULL);
    if (cmd->common.json)
        return jm_cmd_json(jm_written(json));
    print(cmd, jm_written(json));
    return JM_EXIT_OK;
}

JM_COMMAND(describe, "describe", run, "describe", "describe --json", JM_PLAIN);
