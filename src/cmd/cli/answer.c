/* SPDX-License-Identifier: Apache-2.0 */
#include "cmd/cli/cmd.h"

#include <stdarg.h>
#include <string.h>

#include "jumin/base64.h"

/* By the class alone (JM_E_USAGE: 2). */
static int exit_of(enum jm_status st)
{
    if (st == JM_E_USAGE)
        return JM_EXIT_USAGE;
    switch (jm_class_of(st)) {
    case JM_CLASS_OK: return JM_EXIT_OK;
    case JM_CLASS_INPUT: return JM_EXIT_INPUT;
    case JM_CLASS_DENIED:
    case JM_CLASS_ABSENT:
    case JM_CLASS_CONFLICT:
    case JM_CLASS_LIMIT: return JM_EXIT_NO;
    case JM_CLASS_UNAVAILABLE: return JM_EXIT_OUTSIDE;
    case JM_CLASS_BUG: break;
    }
    return JM_EXIT_BUG;
}

/* clang-format off */
#define STATUSES(X) \
    X(JM_OK) X(JM_E_MALFORMED) X(JM_E_TRUNCATED) X(JM_E_TRAILING) X(JM_E_TYPE) X(JM_E_MISSING) \
    X(JM_E_DUPLICATE) X(JM_E_RANGE) X(JM_E_UNSUPPORTED) X(JM_E_USAGE) X(JM_E_DENIED) \
    X(JM_E_UNAUTHENTICATED) X(JM_E_SIGNATURE) X(JM_E_ABSENT) X(JM_E_GONE) X(JM_E_CONFLICT) \
    X(JM_E_LIMIT) X(JM_E_NO_SPACE) X(JM_E_RATE) X(JM_E_UNAVAILABLE) X(JM_E_IO) X(JM_E_PENDING) \
    X(JM_E_BUG)
/* clang-format on */

const char *jm_status_name(enum jm_status st)
{
    switch (st) {
#define CASE(s) \
    case s: return #s;
        STATUSES(CASE)
#undef CASE
    }
    return "JM_E_BUG";
}

const char *jm_cmd_text(const struct jm_cmd *cmd, const char *key)
{
    return cmd->text == NULL ? key : jm_text(cmd->text, cmd->common.lang, key);
}

char *jm_format(struct jm_arena *mem, const char *format, ...)
{
    static char none[1];
    va_list args, again;
    char *out = NULL;
    int len;

    va_start(args, format);
    va_copy(again, args);
    len = vsnprintf(NULL, 0, format, args);
    if (len >= 0 && (out = JM_NEW_N(mem, char, (size_t)len + 1)) != NULL)
        (void)vsnprintf(out, (size_t)len + 1, format, again);
    va_end(again);
    va_end(args);
    none[0] = '\0';
    return out == NULL ? none : out;
}

static void json_error(const struct jm_cmd *cmd, const char *name, const char *sentence,
                       const char *next, char by, struct jm_bytes detail, const char *member,
                       struct jm_bytes more)
{
    struct jm_buf b = jm_buf_begin(cmd->mem);
    struct jm_json_w w;
    char who[2] = {by, '\0'};

    jm_json_w_init(&w, &b);
    jm_json_w_open(&w, '{');
    jm_json_w_mopen(&w, "error", '{');
    jm_json_w_mstr(&w, "code", name);
    jm_json_w_mstr(&w, "message", sentence);
    jm_json_w_mstr(&w, "next", next);
    jm_json_w_mstr(&w, "by", who);
    jm_json_w_mtext(&w, "detail", jm_utf8_valid(detail, NULL) ? detail : jm_none());
    if (more.len != 0) {
        jm_json_w_mraw(&w, member, more);
    }
    jm_json_w_close(&w, '}');
    jm_json_w_close(&w, '}');
    if (jm_json_w_end(&w) == JM_OK)
        (void)jm_cmd_json(jm_written(b));
}

int jm_cmd_fail(const struct jm_cmd *cmd, enum jm_status st, const struct jm_diag *d)
{
    return jm_cmd_fail_more(cmd, st, d, NULL, jm_none());
}

int jm_cmd_fail_more(const struct jm_cmd *cmd, enum jm_status st, const struct jm_diag *d,
                     const char *member, struct jm_bytes raw)
{
    enum jm_code code = d == NULL ? JM_CODE_NONE : d->code;
    const struct jm_code_info *info = jm_code_info(code);
    const char *name = code == JM_CODE_NONE ? jm_status_name(st) : info->name, *sentence = "",
               *next = "";
    struct jm_bytes detail = d == NULL ? jm_none() : d->detail;

    if (cmd->text != NULL) {
        sentence = jm_cmd_text(cmd, jm_format(cmd->mem, "code.%s", name));
        struct jm_bytes n =
            jm_text_view(cmd->text, cmd->common.lang, jm_format(cmd->mem, "next.%s", name));

        next = n.ptr == NULL ? "" : (const char *)n.ptr;
    }
    fprintf(stderr, "jumin: %s: %s%s", name, sentence, detail.len == 0 ? "" : ": ");
    jm_show(stderr, detail);
    fprintf(stderr, "%s%s%s\n", next[0] == '\0' ? "" : " (", next, next[0] == '\0' ? "" : ")");
    if (cmd->common.json)
        json_error(cmd, name, sentence, next, code == JM_CODE_NONE ? 'I' : info->by, detail, member,
                   raw);
    return exit_of(st);
}

int jm_cmd_refuse(const struct jm_cmd *cmd, enum jm_status st, enum jm_code code,
                  const char *detail)
{
    struct jm_diag d = {JM_CODE_NONE, 0, {NULL, 0}};

    (void)jm_refuse(&d, st, code, detail);
    return jm_cmd_fail(cmd, st, &d);
}

int jm_cmd_json(const struct jm_bytes json)
{
    (void)fwrite(json.ptr, 1, json.len, stdout);
    (void)fputc('\n', stdout);
    return fflush(stdout) == 0 ? JM_EXIT_OK : JM_EXIT_OUTSIDE;
}

enum jm_status jm_answer(const struct jm_cmd *cmd, struct jm_bytes json)
{
    return !cmd->common.json || jm_cmd_json(json) == JM_EXIT_OK ? JM_OK : JM_E_IO;
}

void jm_say_members(const struct jm_cmd *cmd, const struct jm_json *o)
{
    for (const struct jm_json *m = o == NULL ? NULL : o->child; m != NULL; m = m->next)
        jm_say(cmd, "%s: %s\n", jm_cstr(cmd, m->name),
               jm_cstr(cmd, m->type == JM_JSON_STRING ? m->text : m->raw));
}

const char *jm_hash_text(const struct jm_cmd *cmd, const uint8_t hash[32])
{
    struct jm_bytes hex;

    return jm_hex_encode(&hex, cmd->mem, jm_bytes(hash, 32)) == JM_OK ? jm_cstr(cmd, hex) : "";
}

void jm_say(const struct jm_cmd *cmd, const char *format, ...)
{
    va_list args;

    if (cmd->common.json)
        return;
    va_start(args, format);
    jm_show_format(stdout, format, args);
    va_end(args);
}

void jm_remark(const struct jm_cmd *cmd, const char *format, ...)
{
    va_list args;

    if (cmd->common.quiet)
        return;
    va_start(args, format);
    jm_show_format(stderr, format, args);
    va_end(args);
}

void jm_say_key(const struct jm_cmd *cmd, bool remark, const char *key, const char *const *args,
                size_t n)
{
    const char *t = jm_cmd_text(cmd, key);
    FILE *to = remark ? stderr : stdout;

    if (remark ? cmd->common.quiet : cmd->common.json)
        return;
    for (; *t != 0; t++) {
        const char *end = t[0] == '{' && t[1] >= '0' && t[1] <= '9' ? strchr(t, '}') : NULL;
        size_t i = end == NULL ? n : (size_t)(t[1] - '0');

        if (end == NULL) {
            (void)fputc(*t, to);
            continue;
        }
        if (i < n)
            jm_show(to, jm_str(args[i]));
        if (i < n && t[2] == ':') /* and its particle */
            jm_show(to, jm_particle(jm_str(args[i]),
                                    jm_bytes((const uint8_t *)t + 3, (size_t)(end - t - 3))));
        t = end;
    }
    (void)fputc('\n', to);
    (void)fflush(to);
}

const char *jm_cstr(const struct jm_cmd *cmd, struct jm_bytes b)
{
    struct jm_bytes copy;

    return jm_dup(&copy, cmd->mem, b) == JM_OK ? (const char *)copy.ptr : "";
}
