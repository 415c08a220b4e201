/* SPDX-License-Identifier: Apache-2.0 */
/* jumin register generate, find, event: the operator's hand on the register. */
#include <string.h>

#include "cmd/cli/ask.h"
#include "cmd/cli/commands.h"
#include "cmd/operator/operate.h"
#include "jumin/civil.h"

static enum jm_status read_number(int64_t *out, const struct jm_cmd *cmd, const char *option,
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

struct population {
    int64_t count, seed;
};

static enum jm_status put_population(struct jm_body *b, const struct jm_operate *o, const void *ctx,
                                     struct jm_diag *d)
{
    const struct population *p = ctx;

    (void)o, (void)d;
    jm_json_w_mint(&b->w, "count", p->count);
    jm_json_w_mint(&b->w, "seed", p->seed);
    return JM_OK;
}

static enum jm_status run_generate(const struct jm_cmd *cmd, struct jm_diag *d)
{
    const struct jm_json *answer = NULL, *categories;
    struct population p;
    int64_t made = 0;

    JM_TRY(read_number(&p.count, cmd, "count", 1000, d));
    JM_TRY(read_number(&p.seed, cmd, "seed", 1, d));
    JM_TRY(jm_operate_ask(cmd, "/local/register/generate", put_population, &p, &answer, d));
    if (jm_json_int(&made, jm_json_get(answer, "made")) == JM_OK)
        JM_SAY(cmd, "say.generated", jm_format(cmd->mem, "%lld", (long long)made));
    categories = jm_json_get(answer, "categories");
    for (const struct jm_json *c = categories == NULL ? NULL : categories->child; c != NULL;
         c = c->next)
        jm_say(cmd, "  %-18s %s\n", jm_cstr(cmd, c->name), jm_cstr(cmd, c->raw));
    return jm_answer(cmd, answer->raw);
}

/* Born so that the age on that day is at least (at most) what is asked. */
static void put_born(struct jm_body *b, const char *member, int64_t now, int64_t age,
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
static enum jm_status put_rrn(struct jm_body *b, const struct jm_cmd *cmd, struct jm_diag *d)
{
    const char *file = jm_opt(cmd, "rrn-file");
    struct jm_bytes number;

    if (file == NULL)
        return JM_OK;
    JM_TRY(jm_secret_file(&number, strcmp(file, "-") == 0 ? "/dev/stdin" : file, cmd, d));
    jm_json_w_mtext(&b->w, "rrn", number);
    return JM_OK;
}

struct wanted {
    struct ages ages;
    int64_t limit;
};

static enum jm_status put_wanted(struct jm_body *b, const struct jm_operate *o, const void *ctx,
                                 struct jm_diag *d)
{
    static const char *const plain[] = {"person", "region", "plastic", "kind", "reason"};
    const struct jm_cmd *cmd = jm_operate_home(o)->cmd;
    const struct wanted *w = ctx;
    int64_t now = jm_home_now(jm_operate_home(o));

    for (size_t i = 0; i < JM_ARRAY_LEN(plain); i++)
        jm_body_option(b, plain[i], cmd, plain[i]);
    if (w->ages.has_from)
        put_born(b, "born_to", now, w->ages.from, 0, 0);
    if (w->ages.has_to)
        put_born(b, "born_from", now, w->ages.to, 1, 1);
    if (jm_opt_has(cmd, "number"))
        jm_json_w_mbool(&b->w, "number", true);
    JM_TRY(put_rrn(b, cmd, d));
    jm_json_w_mint(&b->w, "limit", w->limit);
    return JM_OK;
}

static enum jm_status run_find(const struct jm_cmd *cmd, struct jm_diag *d)
{
    const struct jm_json *answer = NULL, *found;
    struct wanted w;

    JM_TRY(read_number(&w.limit, cmd, "limit", 20, d));
    JM_TRY(read_ages(&w.ages, cmd, d));
    JM_TRY(jm_operate_ask(cmd, "/local/register/find", put_wanted, &w, &answer, d));
    found = jm_json_get(answer, "found");
    if (found == NULL || found->n == 0)
        return jm_refuse(d, JM_E_ABSENT, JM_REGISTER_NOT_FOUND, NULL);
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
    return JM_OK;
}

JM_COMMAND(register_generate, "register generate", run_generate,
           "register generate --count 1000 --seed 1",
           "register generate --count 50 --seed 7 --json",
           JM_OPTIONS(JM_TAKES("count", "N"), JM_TAKES("seed", "S")));
JM_COMMAND(register_find, "register find", run_find,
           "register find --region 3017 --min-age 30 --plastic valid",
           "register find --age 17..19 --number --json",
           JM_OPTIONS(JM_TAKES("person", "ID"), JM_TAKES("region", "PREFIX"),
                      JM_TAKES("plastic", "STATE"), JM_TAKES("min-age", "N"),
                      JM_TAKES("max-age", "N"), JM_TAKES("limit", "N"), JM_TAKES("kind", "KIND"),
                      JM_TAKES("age", "AGES"), JM_TAKES("rrn-file", "FILE"), JM_SWITCH("number"),
                      JM_TAKES("reason", "TEXT")));

/* -- people of a practice country who sign in by name -- */

static enum jm_status put_login(struct jm_body *b, const struct jm_operate *o, const void *ctx,
                                struct jm_diag *d)
{
    const struct jm_cmd *cmd = jm_operate_home(o)->cmd;

    (void)d;
    jm_body_option(b, "person", cmd, "person");
    jm_body_option(b, "name", cmd, "name");
    jm_json_w_mtext(&b->w, "password", *(const struct jm_bytes *)ctx);
    if (jm_opt_has(cmd, "many-phones"))
        jm_json_w_mbool(&b->w, "many_phones", true);
    return JM_OK;
}

static enum jm_status run_login(const struct jm_cmd *cmd, struct jm_diag *d)
{
    const struct jm_json *answer = NULL;
    struct jm_bytes password;

    JM_TRY(jm_secret_file(&password, jm_opt(cmd, "password-file"), cmd, d));
    JM_TRY(jm_operate_ask(cmd, "/local/register/login", put_login, &password, &answer, d));
    jm_say_members(cmd, answer);
    return jm_answer(cmd, answer->raw);
}

JM_COMMAND(register_login, "register login", run_login,
           "register login --person ID --name NAME --password-file FILE",
           "register login --person ID --name NAME --password-file - --json",
           JM_OPTIONS(JM_NEEDS("person", "ID"), JM_NEEDS("name", "NAME"),
                      JM_NEEDS("password-file", "FILE"), JM_SWITCH("many-phones")));

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

static enum jm_status put_event(struct jm_body *b, const struct jm_operate *o, const void *sex,
                                struct jm_diag *d)
{
    const struct jm_cmd *cmd = jm_operate_home(o)->cmd;

    jm_json_w_mstr(&b->w, "kind", cmd->operand[0]);
    for (size_t i = 0; i < JM_ARRAY_LEN(event_texts); i++)
        jm_body_option(b, event_texts[i].member, cmd, event_texts[i].option);
    if (*(const int64_t *)sex != 0)
        jm_json_w_mint(&b->w, "sex", *(const int64_t *)sex);
    return put_rrn(b, cmd, d);
}

static enum jm_status run_event(const struct jm_cmd *cmd, struct jm_diag *d)
{
    const struct jm_json *answer = NULL;
    int64_t sex;

    JM_TRY(read_number(&sex, cmd, "sex", 0, d));
    JM_TRY(jm_operate_ask(cmd, "/local/register/event", put_event, &sex, &answer, d));
    jm_say_members(cmd, answer);
    return jm_answer(cmd, answer->raw);
}

JM_COMMAND(register_event, "register event", run_event,
           "register event move --person ID --region 3017010100 --address ADDRESS --at "
           "2025-02-20T00:00:00+09:00",
           "register event plastic-lost --person ID --source police --id 17 --json",
           JM_OPERANDS("KIND", 1, 1),
           JM_OPTIONS(JM_NEEDS("person", "ID"), JM_TAKES("at", "TIME"), JM_TAKES("source", "NAME"),
                      JM_TAKES("id", "ID"), JM_TAKES("region", "CODE"), JM_TAKES("address", "TEXT"),
                      JM_TAKES("road", "CODE"), JM_TAKES("postal", "CODE"),
                      JM_TAKES("surname", "NAME"), JM_TAKES("given", "NAME"),
                      JM_TAKES("hanja", "NAME"), JM_TAKES("surname-latin", "NAME"),
                      JM_TAKES("given-latin", "NAME"), JM_TAKES("rrn-file", "FILE"),
                      JM_TAKES("birth-date", "DATE"), JM_TAKES("sex", "N"),
                      JM_TAKES("serial", "SERIAL"), JM_TAKES("kind", "KIND"),
                      JM_TAKES("authority", "NAME"), JM_TAKES("reason", "REASON")));
