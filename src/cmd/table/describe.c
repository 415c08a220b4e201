/* SPDX-License-Identifier: Apache-2.0 */
/* jumin describe: what the program can be asked for, out of the very tables that it runs by. Tests
 * and documents read it. */
#include "cmd/table/openapi.h"
#include "cmd/table/words.h"
#include "service/staff/staff.h"

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
    jm_json_w_mopen(w, name, '[');
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

static const char *kind_name(enum jm_msg_kind k)
{
    static const char *const names[JM_MSG_KINDS] = {[JM_MSG_STR] = "text",
                                                    [JM_MSG_INT] = "integer",
                                                    [JM_MSG_BOOL] = "boolean",
                                                    [JM_MSG_DATE] = "date",
                                                    [JM_MSG_ID] = "id",
                                                    [JM_MSG_B64] = "base64url",
                                                    [JM_MSG_JSON] = "json",
                                                    [JM_MSG_RAW] = "octets",
                                                    [JM_MSG_WORD] = "text",
                                                    [JM_MSG_TIME] = "time",
                                                    [JM_MSG_VALUE] = "json",
                                                    [JM_MSG_NIL] = "text or null",
                                                    [JM_MSG_SPLICE] = "more",
                                                    [JM_MSG_OBJECT] = "object",
                                                    [JM_MSG_LIST] = "list",
                                                    [JM_MSG_MAP] = "map",
                                                    [JM_MSG_TEXTS] = "texts",
                                                    [JM_MSG_FIXED] = "fixed",
                                                    [JM_MSG_SAID] = "integer or null"};

    return names[k];
}

static void put_members(struct jm_json_w *w, const struct jm_msg *m);

/* max: octets of the decoded text; of an integer its greatest value. Answers have none. */
static void put_member(struct jm_json_w *w, const struct jm_msg_field *f)
{
    jm_json_w_open(w, '{');
    jm_json_w_mstr(w, "name", f->name);
    jm_json_w_mstr(w, "kind", kind_name(f->kind));
    jm_json_w_mint(w, "max", (int64_t)f->max);
    jm_json_w_mbool(w, "required", (f->flags & JM_MSG_OPT) == 0);
    if (f->of != NULL)
        put_members(w, f->of);
    jm_json_w_close(w, '}');
}

static void put_each(struct jm_json_w *w, const struct jm_msg *m)
{
    for (size_t i = 0; i < m->n; i++)
        if (m->field[i].kind == JM_MSG_PART)
            put_each(w, m->field[i].of);
        else
            put_member(w, &m->field[i]);
}

static void put_members(struct jm_json_w *w, const struct jm_msg *m)
{
    jm_json_w_mopen(w, "members", '[');
    put_each(w, m);
    jm_json_w_close(w, ']');
}

static void put_message(struct jm_json_w *w, const char *name, const struct jm_msg *m)
{
    jm_json_w_name(w, name);
    if (m == NULL) {
        jm_json_w_null(w);
        return;
    }
    jm_json_w_open(w, '{');
    jm_json_w_mbool(w, "unknown_ignored", m->ignore_unknown);
    put_members(w, m);
    jm_json_w_close(w, '}');
}

/* Who of the authority's people may: alone, or freshly proven. */
static void put_staff(struct jm_json_w *w, const char *name, const struct jm_route *r,
                      bool (*may)(enum jm_staff_role role, enum jm_act act))
{
    jm_json_w_mopen(w, name, '[');
    for (enum jm_staff_role role = JM_ROLE_CLERK; role <= JM_ROLE_AUDITOR; role++)
        if (may(role, r->act))
            jm_json_w_text(w, jm_str(jm_staff_role_name(role)));
    jm_json_w_close(w, ']');
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
        jm_json_w_mstr(w, "auth", jm_auth_word(r->auth));
        if (r->auth == JM_AUTH_STAFF_SESSION) {
            put_staff(w, "staff", r, jm_staff_may);
            put_staff(w, "staff_proven", r, jm_staff_may_proven);
        }
        jm_json_w_mstr(w, "media", media_name(r->media));
        jm_json_w_mint(w, "body_max", (int64_t)r->body_max);
        jm_json_w_mbool(w, "cors", (r->flags & JM_FLAG_ANYBODY) != 0);
        jm_json_w_mstr(w, "metric", r->metric);
        put_message(w, "message", r->message);
        put_message(w, "answer", r->answer);
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

static void put_codes(struct jm_json_w *w)
{
    static const enum jm_code all[] = {
#define JM_CODE(area, name, number, class, by, sev, oauth, rule) JM_##area##_##name,
#include "jumin/codes.def"
#undef JM_CODE
    };

    jm_json_w_mopen(w, "codes", '[');
    for (size_t i = 0; i < JM_ARRAY_LEN(all); i++) {
        const struct jm_code_info *info = jm_code_info(all[i]);

        jm_json_w_open(w, '{');
        jm_json_w_mstr(w, "name", info->name);
        jm_json_w_mtext(w, "by", jm_bytes(&info->by, 1));
        jm_json_w_mstr(w, "clause", info->rule);
        jm_json_w_mbool(w, "again", info->class_ == JM_CLASS_UNAVAILABLE);
        jm_json_w_close(w, '}');
    }
    jm_json_w_close(w, ']');
}

static enum jm_status describe_all(struct jm_body *b, const struct jm_cmd *cmd)
{
    JM_TRY(jm_body_open(b, cmd, ANSWER_MAX));
    put_options(&b->w, "common_options", jm_common_options, jm_n_common_options);
    jm_json_w_mopen(&b->w, "commands", '[');
    for (const struct jm_command *const *c = cmd->table; *c != NULL; c++)
        put_command(&b->w, *c);
    jm_json_w_close(&b->w, ']');
    jm_json_w_mopen(&b->w, "routes", '[');
    put_role_routes(&b->w, false);
    put_role_routes(&b->w, true);
    jm_json_w_close(&b->w, ']');
    put_codes(&b->w);
    return JM_OK;
}

static void say_routes(const struct jm_cmd *cmd)
{
    struct jm_http_table table[JM_ROLE_TABLES];

    for (size_t i = 0; i < 2 * jm_n_roles; i++) {
        const struct jm_role *role = jm_roles[i % jm_n_roles];
        size_t n = role->tables == NULL ? 0 : role->tables(table, i >= jm_n_roles);

        for (size_t k = 0; k < n; k++)
            for (size_t r = 0; r < table[k].n; r++)
                jm_say(cmd, "%-8s %-6s %-42s %s\n", role->name,
                       method_name(table[k].rows[r].method), table[k].rows[r].path,
                       jm_auth_word(table[k].rows[r].auth));
    }
}

static enum jm_status run_describe(const struct jm_cmd *cmd, struct jm_diag *d)
{
    struct jm_bytes json;
    struct jm_body b;

    (void)d;
    if (jm_opt_has(cmd, "openapi")) {
        JM_TRY(jm_body_open(&b, cmd, ANSWER_MAX));
        jm_openapi_put(&b.w, cmd);
        JM_TRY(jm_body_close(&json, &b));
        return jm_cmd_json(json) == JM_EXIT_OK ? JM_OK : JM_E_IO;
    }
    JM_TRY(describe_all(&b, cmd));
    say_routes(cmd);
    return jm_body_answer(cmd, &b);
}

JM_COMMAND(describe, "describe", run_describe, "describe --json", "describe --openapi",
           JM_OPTIONS(JM_SWITCH("openapi")));
