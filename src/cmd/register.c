/* SPDX-License-Identifier: Apache-2.0 */
/* jumin register generate, find: the operator's hand on the register. */
#include "cmd/commands.h"
#include "cmd/operate.h"
#include "jumin/civil.h"

static enum jm_status number(int64_t *out, const struct jm_cmd *cmd, const char *option, int64_t otherwise, struct jm_diag *d)
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

static enum jm_status generate_work(const struct jm_cmd *cmd, struct jm_operate **o, const struct jm_json **answer, struct jm_diag *d)
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
    const struct jm_json *answer = NULL;
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
    return JM_EXIT_OK;
}

/* Born so that the age on that day is at least (at most) what is asked. */
static enum jm_status born(struct jm_operate_body *b, const struct jm_cmd *cmd, const char *option, const char *member, int64_t now,
                           int extra_years, int extra_days, struct jm_diag *d)
{
    struct jm_date day = jm_seoul_date(now);
    int64_t age;
    char text[11];

    if (jm_opt(cmd, option) == NULL)
        return JM_OK;
    JM_TRY(number(&age, cmd, option, 0, d));
    day = jm_date_add_years(day, -(int)age - extra_years);
    day = jm_civil_from_days(jm_days_from_civil(day) + extra_days);
    jm_date_format(text, day);
    jm_json_w_mstr(&b->w, member, text);
    return JM_OK;
}

static enum jm_status find_work(const struct jm_cmd *cmd, struct jm_operate **o, const struct jm_json **answer, struct jm_diag *d)
{
    struct jm_operate_body b;
    int64_t limit;

    JM_TRY(number(&limit, cmd, "limit", 20, d));
    JM_TRY(jm_operate_open(o, cmd, d));
    JM_TRY(jm_operate_body(&b, cmd));
    if (jm_opt(cmd, "person") != NULL)
        jm_json_w_mstr(&b.w, "person", jm_opt(cmd, "person"));
    if (jm_opt(cmd, "region") != NULL)
        jm_json_w_mstr(&b.w, "region", jm_opt(cmd, "region"));
    if (jm_opt(cmd, "plastic") != NULL)
        jm_json_w_mstr(&b.w, "plastic", jm_opt(cmd, "plastic"));
    JM_TRY(born(&b, cmd, "min-age", "born_to", jm_home_now(jm_operate_home(*o)), 0, 0, d));
    JM_TRY(born(&b, cmd, "max-age", "born_from", jm_home_now(jm_operate_home(*o)), 1, 1, d));
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
            jm_say(cmd, "%s  %s  %s  %s  %s\n", jm_cstr(cmd, jm_json_get(f, "person")->text), jm_cstr(cmd, jm_json_get(f, "birth_date")->text),
                   jm_cstr(cmd, jm_json_get(f, "region")->text), jm_cstr(cmd, jm_json_get(jm_json_get(f, "plastic"), "state")->text),
                   jm_cstr(cmd, jm_json_get(f, "name")->text));
    }
    return JM_EXIT_OK;
}

static const struct jm_option generate_options[] = {{"count", 0, "N", 0}, {"seed", 0, "S", 0}};
const struct jm_command jm_command_register_generate = {
    .name = "register generate",
    .options = generate_options,
    .n_options = JM_ARRAY_LEN(generate_options),
    .example = {"register generate --count 1000 --seed 1", "register generate --count 50 --seed 7 --json"},
    .run = run_generate,
};
static const struct jm_option find_options[] = {
    {"person", 0, "ID", 0}, {"region", 0, "PREFIX", 0}, {"plastic", 0, "STATE", 0}, {"min-age", 0, "N", 0}, {"max-age", 0, "N", 0}, {"limit", 0, "N", 0},
};
const struct jm_command jm_command_register_find = {
    .name = "register find",
    .options = find_options,
    .n_options = JM_ARRAY_LEN(find_options),
    .example = {"register find --region 3017 --min-age 30 --plastic valid", "register find --max-age 16 --json"},
    .run = run_find,
};
