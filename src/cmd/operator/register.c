/* SPDX-License-Identifier: Apache-2.0 */
/* jumin register generate, find, event: the operator's hand on the register. */
#include <string.h>

#include "cmd/cli/ask.h"
#include "cmd/cli/commands.h"
#include "cmd/operator/operate.h"
#include "jumin/civil.h"

static enum jm_status number(int64_t *out, const struct jm_cmd *cmd, const char *option,
                             int64_t otherwise, struct jm_diag *d)
{
    const char *text = jm_opt(cmd, option);
    uint64_t v;

    *out = otherwise;
    if (text == NULL)
        return JM_OK;
    if (jm_parse_u64(&v, jm_str(text)) != JM_OK || v > INT32_MAX)
        return jm_refuse(d, JM_E_USAGE, JM_CMD_OPTION_VALUE, jm_format(cmd->mem, "--%s", option));
    *out = (int64_t)v;
    return JM_OK;
}

static enum jm_status generate_work(const struct jm_cmd *cmd, struct jm_operate **o,
                                    const struct jm_json **answer, struct jm_diag *d)
{
    struct jm_operate_body b;
    int64_t count, seed;

    JM_TRY(number(&count, cmd, "count", 1000, d));
    JM_TRY(number(&seed, cmd, "seed", 1, d));
    JM_TRY(jm_operate_open(o, cmd, d));
    JM_TRY(jm_operate_body(&b, cmd));
    jm_json_w_mint(&b.w, "count", count);
    jm_json_w_mint(&b.w, "seed", seed);
    return jm_operate_send(*o, "/local/register/generate", &b, answer, d);
}

static int run_generate(const struct jm_cmd *cmd)
{
    const struct jm_json *answer = NULL, *categories;
    struct jm_operate *o = NULL;
    struct jm_diag d = {0};
    int64_t made = 0;
    enum jm_status st = generate_work(cmd, &o, &answer, &d);

    jm_operate_close(&o);
    if (st != JM_OK)
        return jm_cmd_fail(cmd, st, &d);
    if (cmd->common.json)
        return jm_cmd_json(answer->raw);
    if (jm_json_int(&made, jm_json_get(answer, "made")) == JM_OK)
        JM_SAY(cmd, "say.generated", jm_format(cmd->mem, "%lld", (long long)made));
    categories = jm_json_get(answer, "categories");
    for (const struct jm_json *c = categories == NULL ? NULL : categories->child; c != NULL;
         c = c->next)
        jm_say(cmd, "  %-18s %s\n", jm_cstr(cmd, c->name), jm_cstr(cmd, c->raw));
    return JM_EXIT_OK;
}

/* Born so that the age on that day is at least (at most) what is asked. */
static void born(struct jm_operate_body *b, const char *member, int64_t now, int64_t age,
                 int extra_years, int extra_days)
{
    struct jm_date day = jm_date_add_years(jm_seoul_date(now), -(int)age - extra_years);
    char text[11];

    jm_date_format(text, jm_civil_from_days(jm_days_from_civil(day) + extra_days));
    jm_json_w_mstr(&b->w, member, text);
}

#define AGE_MAX 200
struct ages {
    int64_t from, to;
    bool has_from, has_to;
};

static enum jm_status read_age(int64_t *out, const char *option, struct jm_bytes text,
                               struct jm_diag *d)
{
    uint64_t v;

    if (jm_parse_u64(&v, text) != JM_OK || v > AGE_MAX)
        return jm_refuse(d, JM_E_USAGE, JM_CMD_OPTION_VALUE, option);
    *out = (int64_t)v;
    return JM_OK;
}

/* --min-age N, --max-age M, or both in one: --age N, --age N..M. */
static enum jm_status read_ages(struct ages *a, const struct jm_cmd *cmd, struct jm_diag *d)
{
    struct jm_bytes age = jm_str(jm_opt(cmd, "age"));
    size_t dots = jm_bytes_find(age, JM_BYTES(".."));

    *a = (struct ages){0, 0, jm_opt_has(cmd, "min-age"), jm_opt_has(cmd, "max-age")};
    if (age.len != 0 && (a->has_from || a->has_to))
        return jm_refuse(d, JM_E_USAGE, JM_CMD_OPTION_VALUE, "--age with --min-age or --max-age");
    if (a->has_from)
        JM_TRY(read_age(&a->from, "--min-age", jm_str(jm_opt(cmd, "min-age")), d));
    if (a->has_to)
        JM_TRY(read_age(&a->to, "--max-age", jm_str(jm_opt(cmd, "max-age")), d));
    if (age.len == 0)
        return JM_OK;
    a->has_from = a->has_to = true;
    JM_TRY(read_age(&a->from, "--age", jm_slice(age, 0, dots), d));
    JM_TRY(
        read_age(&a->to, "--age", dots == SIZE_MAX ? age : jm_slice(age, dots + 2, SIZE_MAX), d));
    return a->from <= a->to ? JM_OK : jm_refuse(d, JM_E_USAGE, JM_CMD_OPTION_VALUE, "--age N..M");
}

/* A number is a secret: from a file or stdin, never an argument (D-112). */
static enum jm_status put_rrn(struct jm_operate_body *b, const struct jm_cmd *cmd,
                              struct jm_diag *d)
{
    const char *file = jm_opt(cmd, "rrn-file");
    struct jm_bytes number;

    if (file == NULL)
        return JM_OK;
    JM_TRY(jm_secret_file(&number, strcmp(file, "-") == 0 ? "/dev/stdin" : file, cmd, d));
    jm_json_w_mtext(&b->w, "rrn", number);
    return JM_OK;
}

static enum jm_status find_work(const struct jm_cmd *cmd, struct jm_operate **o,
                                const struct jm_json **answer, struct jm_diag *d)
{
    static const char *const plain[] = {"person", "region", "plastic", "kind", "reason"};
    struct jm_operate_body b;
    int64_t limit, now;
    struct ages a;

    JM_TRY(number(&limit, cmd, "limit", 20, d));
    JM_TRY(read_ages(&a, cmd, d));
    JM_TRY(jm_operate_open(o, cmd, d));
    now = jm_home_now(jm_operate_home(*o));
    JM_TRY(jm_operate_body(&b, cmd));
    for (size_t i = 0; i < JM_ARRAY_LEN(plain); i++)
        if (jm_opt(cmd, plain[i]) != NULL)
            jm_json_w_mstr(&b.w, plain[i], jm_opt(cmd, plain[i]));
    if (a.has_from)
        born(&b, "born_to", now, a.from, 0, 0);
    if (a.has_to)
        born(&b, "born_from", now, a.to, 1, 1);
    if (jm_opt_has(cmd, "number"))
        jm_json_w_mbool(&b.w, "number", true);
    JM_TRY(put_rrn(&b, cmd, d));
    jm_json_w_mint(&b.w, "limit", limit);
    return jm_operate_send(*o, "/local/register/find", &b, answer, d);
}

static int run_find(const struct jm_cmd *cmd)
{
    const struct jm_json *answer = NULL, *found;
    struct jm_operate *o = NULL;
    struct jm_diag d = {0};
    enum jm_status st = find_work(cmd, &o, &answer, &d);

    jm_operate_close(&o);
    if (st != JM_OK)
        return jm_cmd_fail(cmd, st, &d);
    found = jm_json_get(answer, "found");
    if (found == NULL || found->n == 0)
        return jm_cmd_refuse(cmd, JM_E_ABSENT, JM_REGISTER_NOT_FOUND, NULL);
    for (const struct jm_json *f = found->child; f != NULL; f = f->next) {
        if (cmd->common.json)
            (void)jm_cmd_json(f->raw);
        else
            jm_say(cmd, "%s  %s%s%s  %s  %s  %s\n", jm_cstr(cmd, jm_json_get(f, "person")->text),
                   jm_cstr(cmd, jm_json_get(f, "birth_date")->text),
                   jm_json_get(f, "number") == NULL ? "" : "  ",
                   jm_json_get(f, "number") == NULL ? ""
                                                    : jm_cstr(cmd, jm_json_get(f, "number")->text),
                   jm_cstr(cmd, jm_json_get(f, "region")->text),
                   jm_cstr(cmd, jm_json_get(jm_json_get(f, "plastic"), "state")->text),
                   jm_cstr(cmd, jm_json_get(f, "name")->text));
    }
    return JM_EXIT_OK;
}

static const struct jm_option generate_options[] = {{"count", 0, "N", 0}, {"seed", 0, "S", 0}};
const struct jm_command jm_command_register_generate = {
    .name = "register generate",
    .options = generate_options,
    .n_options = JM_ARRAY_LEN(generate_options),
    .example = {"register generate --count 1000 --seed 1",
                "register generate --count 50 --seed 7 --json"},
    .run = run_generate,
};
static const struct jm_option find_options[] = {
    {"person", 0, "ID", 0}, {"region", 0, "PREFIX", 0}, {"plastic", 0, "STATE", 0},
    {"min-age", 0, "N", 0}, {"max-age", 0, "N", 0},     {"limit", 0, "N", 0},
    {"kind", 0, "KIND", 0}, {"age", 0, "AGES", 0},      {"rrn-file", 0, "FILE", 0},
    {"number", 0, NULL, 0}, {"reason", 0, "TEXT", 0},
};
const struct jm_command jm_command_register_find = {
    .name = "register find",
    .options = find_options,
    .n_options = JM_ARRAY_LEN(find_options),
    .example = {"register find --region 3017 --min-age 30 --plastic valid",
                "register find --age 17..19 --number --json"},
    .run = run_find,
};

/* -- events -- */

static const struct {
    const char *option, *member;
} event_texts[] = {{"person", "person"},
                   {"at", "at"},
                   {"source", "source"},
                   {"id", "id"},
                   {"region", "region"},
                   {"address", "address"},
                   {"road", "road"},
                   {"postal", "postal"},
                   {"surname", "surname"},
                   {"given", "given"},
                   {"hanja", "hanja"},
                   {"surname-latin", "surname_latin"},
                   {"given-latin", "given_latin"},
                   {"birth-date", "birth_date"},
                   {"serial", "serial"},
                   {"kind", "plastic_kind"},
                   {"authority", "authority"},
                   {"reason", "reason"}};

static enum jm_status event_work(const struct jm_cmd *cmd, struct jm_operate **o,
                                 const struct jm_json **answer, struct jm_diag *d)
{
    struct jm_operate_body b;
    int64_t sex;

    JM_TRY(number(&sex, cmd, "sex", 0, d));
    JM_TRY(jm_operate_open(o, cmd, d));
    JM_TRY(jm_operate_body(&b, cmd));
    jm_json_w_mstr(&b.w, "kind", cmd->operand[0]);
    for (size_t i = 0; i < JM_ARRAY_LEN(event_texts); i++)
        if (jm_opt(cmd, event_texts[i].option) != NULL)
            jm_json_w_mstr(&b.w, event_texts[i].member, jm_opt(cmd, event_texts[i].option));
    if (sex != 0)
        jm_json_w_mint(&b.w, "sex", sex);
    JM_TRY(put_rrn(&b, cmd, d));
    return jm_operate_send(*o, "/local/register/event", &b, answer, d);
}

static int run_event(const struct jm_cmd *cmd)
{
    const struct jm_json *answer = NULL;
    struct jm_operate *o = NULL;
    struct jm_diag d = {0};
    enum jm_status st = event_work(cmd, &o, &answer, &d);

    jm_operate_close(&o);
    if (st != JM_OK)
        return jm_cmd_fail(cmd, st, &d);
    if (cmd->common.json)
        return jm_cmd_json(answer->raw);
    for (const struct jm_json *m = answer->child; m != NULL; m = m->next)
        jm_say(cmd, "%s: %s\n", jm_cstr(cmd, m->name),
               jm_cstr(cmd, m->type == JM_JSON_STRING ? m->text : m->raw));
    return JM_EXIT_OK;
}

static const struct jm_option event_options[] = {
    {"person", 0, "ID", JM_OPTION_REQUIRED},
    {"at", 0, "TIME", 0},
    {"source", 0, "NAME", 0},
    {"id", 0, "ID", 0},
    {"region", 0, "CODE", 0},
    {"address", 0, "TEXT", 0},
    {"road", 0, "CODE", 0},
    {"postal", 0, "CODE", 0},
    {"surname", 0, "NAME", 0},
    {"given", 0, "NAME", 0},
    {"hanja", 0, "NAME", 0},
    {"surname-latin", 0, "NAME", 0},
    {"given-latin", 0, "NAME", 0},
    {"rrn-file", 0, "FILE", 0},
    {"birth-date", 0, "DATE", 0},
    {"sex", 0, "N", 0},
    {"serial", 0, "SERIAL", 0},
    {"kind", 0, "KIND", 0},
    {"authority", 0, "NAME", 0},
    {"reason", 0, "REASON", 0},
};
const struct jm_command jm_command_register_event = {
    .name = "register event",
    .operands = "KIND",
    .min_operands = 1,
    .max_operands = 1,
    .options = event_options,
    .n_options = JM_ARRAY_LEN(event_options),
    .example = {"register event move --person ID --region 3017010100 --address ADDRESS --at "
                "2025-02-20T00:00:00+09:00",
                "register event plastic-lost --person ID --source police --id 17 --json"},
    .run = run_event,
};
