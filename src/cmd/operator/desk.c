/* SPDX-License-Identifier: Apache-2.0 */
/* jumin desk: a clerk's console without a browser, through the same API; and jumin lost. */
#include <string.h>

#include "cmd/cli/ask.h"
#include "cmd/cli/commands.h"
#include "cmd/cli/home.h"
#include "cmd/cli/keyfile.h"
#include "cmd/cli/remote.h"
#include "host/qr/qr.h"
#include "jumin/base64.h"
#include "jumin/form.h"
#include "service/staff/staff.h"

struct clerk {
    const struct jm_cmd *cmd;
    struct jm_remote r;
    const struct jm_json *answer;
    struct jm_buf b;
    struct jm_json_w w;
    struct jm_diag d;
};

static enum jm_status body(struct clerk *c)
{
    JM_TRY(jm_alloc_buf(&c->b, c->cmd->mem, 8 * JM_KIB));
    jm_json_w_init(&c->w, &c->b);
    jm_json_w_open(&c->w, '{');
    return JM_OK;
}

static enum jm_status send_body(struct clerk *c, const char *path)
{
    jm_json_w_close(&c->w, '}');
    JM_TRY(jm_json_w_end(&c->w));
    return jm_remote_call(&c->r, path, jm_written(c->b), &c->answer, &c->d);
}

/* The issuer's address: as given, or that of the home. Loopback only where that home is synthetic.
 */
static enum jm_status address(struct clerk *c)
{
    struct jm_home *home = JM_NEW(c->cmd->mem, struct jm_home);
    const char *given = jm_opt(c->cmd, "issuer");
    struct jm_url u;

    if (home == NULL)
        return JM_E_NO_SPACE;
    c->r.cmd = c->cmd;
    if (given != NULL) {
        c->r.base = given;
        c->r.rules.allow_loopback =
            jm_url_split(&u, jm_str(given)) == JM_OK && jm_url_is_loopback(&u);
        return JM_OK;
    }
    JM_TRY(jm_home_open(home, c->cmd, JM_HOME_CONF_ONLY, &c->d));
    c->r.base = home->issuer.base;
    c->r.rules.allow_loopback = home->synthetic;
    return home->issuer.base != NULL
               ? JM_OK
               : jm_refuse(&c->d, JM_E_USAGE, JM_CMD_OPTION_REQUIRED, "--issuer URL");
}

/* Without --user the name of the key file, up to its first dot. */
static const char *user(const struct jm_cmd *cmd)
{
    const char *given = jm_opt(cmd, "user"), *file = jm_opt(cmd, "as"), *slash, *dot;

    if (given != NULL)
        return given;
    slash = strrchr(file, '/');
    file = slash == NULL ? file : slash + 1;
    dot = strchr(file, '.');
    return dot == NULL ? file : jm_format(cmd->mem, "%.*s", (int)(dot - file), file);
}

static enum jm_status sign_in(struct clerk *c)
{
    struct jm_bytes challenge, octets, token;
    struct jm_key *key = NULL;
    uint8_t sig[JM_SIG_LEN];
    enum jm_status st;

    JM_TRY(address(c));
    JM_TRY(body(c));
    jm_json_w_mstr(&c->w, "user", user(c->cmd));
    JM_TRY(send_body(c, "/staff/challenge"));
    JM_TRY(jm_json_str(&challenge, c->answer, "challenge"));
    JM_TRY(
        jm_staff_to_sign(&octets, jm_str(user(c->cmd)), challenge, jm_str(c->r.base), c->cmd->mem));
    JM_TRY(jm_keyfile_read(&key, jm_opt(c->cmd, "as"), c->cmd, &c->d));
    st = jm_key_sign(key, octets, sig);
    jm_key_free(&key);
    JM_TRY(st);
    JM_TRY(body(c));
    jm_json_w_mstr(&c->w, "user", user(c->cmd));
    jm_json_w_mtext(&c->w, "challenge", challenge);
    jm_json_w_name(&c->w, "signature");
    jm_json_w_b64url(&c->w, jm_bytes(sig, sizeof sig));
    JM_TRY(send_body(c, "/staff/session"));
    JM_TRY(jm_json_str(&token, c->answer, "token"));
    c->r.token = token;
    return JM_OK;
}

static enum jm_status draw(struct clerk *c)
{
    const char *file = jm_opt(c->cmd, "qr");
    struct jm_bytes uri, png;
    struct jm_buf b;

    JM_TRY(jm_json_str(&uri, c->answer, "credential_offer_uri"));
    JM_TRY(jm_alloc_buf(&b, c->cmd->mem, 1024));
    JM_TRY(jm_buf_put(&b, JM_BYTES("openid-credential-offer://?")));
    JM_TRY(jm_form_put(&b, "credential_offer_uri", uri));
    JM_SAY(c->cmd, "say.case", jm_cstr(c->cmd, jm_json_get(c->answer, "case")->text),
           jm_cstr(c->cmd, jm_written(b)));
    if (file == NULL)
        return JM_OK;
    JM_TRY(jm_qr_png(&png, jm_written(b), c->cmd->mem));
    return jm_cmd_write(file, png, 0600, c->cmd, &c->d);
}

static enum jm_status work_open(struct clerk *c)
{
    JM_TRY(sign_in(c));
    JM_TRY(body(c));
    jm_json_w_mstr(&c->w, "person", jm_opt(c->cmd, "person"));
    jm_json_w_mstr(&c->w, "route",
                   jm_opt(c->cmd, "route") == NULL ? "qr" : jm_opt(c->cmd, "route"));
    jm_json_w_mstr(&c->w, "issue_date", jm_opt(c->cmd, "issue-date"));
    jm_json_w_mstr(&c->w, "authority", jm_opt(c->cmd, "authority"));
    JM_TRY(send_body(c, "/desk/cases"));
    return draw(c);
}

/* A number is a secret: from a file or stdin, never an argument (D-112). */
static enum jm_status work_find(struct clerk *c)
{
    const char *file = jm_opt(c->cmd, "rrn-file");
    struct jm_bytes number = {NULL, 0};

    if (file != NULL)
        JM_TRY(
            jm_secret_file(&number, strcmp(file, "-") == 0 ? "/dev/stdin" : file, c->cmd, &c->d));
    JM_TRY(sign_in(c));
    JM_TRY(body(c));
    jm_json_w_mstr(&c->w, "reason", jm_opt(c->cmd, "reason"));
    if (file != NULL)
        jm_json_w_mtext(&c->w, "rrn", number);
    if (jm_opt(c->cmd, "name") != NULL)
        jm_json_w_mstr(&c->w, "name", jm_opt(c->cmd, "name"));
    if (jm_opt(c->cmd, "birth-date") != NULL)
        jm_json_w_mstr(&c->w, "birth_date", jm_opt(c->cmd, "birth-date"));
    return send_body(c, "/desk/persons/find");
}

static enum jm_status on_case(struct clerk *c, const char *what)
{
    JM_TRY(sign_in(c));
    if (what == NULL)
        return jm_remote_call(&c->r, jm_format(c->cmd->mem, "/desk/cases/%s", c->cmd->operand[0]),
                              jm_none(), &c->answer, &c->d);
    JM_TRY(body(c));
    return send_body(c, jm_format(c->cmd->mem, "/desk/cases/%s/%s", c->cmd->operand[0], what));
}

static enum jm_status work_show(struct clerk *c)
{
    return on_case(c, NULL);
}

static enum jm_status work_code(struct clerk *c)
{
    return on_case(c, "code");
}

static enum jm_status work_cancel(struct clerk *c)
{
    return on_case(c, "cancel");
}

static enum jm_status on_person(struct clerk *c, const char *what)
{
    JM_TRY(sign_in(c));
    JM_TRY(body(c));
    if (jm_opt(c->cmd, "issue-date") != NULL)
        jm_json_w_mstr(&c->w, "issue_date", jm_opt(c->cmd, "issue-date"));
    if (jm_opt(c->cmd, "authority") != NULL)
        jm_json_w_mstr(&c->w, "authority", jm_opt(c->cmd, "authority"));
    if (jm_opt(c->cmd, "reporter") != NULL)
        jm_json_w_mstr(&c->w, "reporter", jm_opt(c->cmd, "reporter"));
    return send_body(c,
                     jm_format(c->cmd->mem, "/desk/persons/%s/%s", jm_opt(c->cmd, "person"), what));
}

static enum jm_status work_suspend(struct clerk *c)
{
    return on_person(c, "suspend");
}

static enum jm_status work_resume(struct clerk *c)
{
    return on_person(c, "resume");
}

static enum jm_status work_plastic_lost(struct clerk *c)
{
    return on_person(c, "plastic-lost");
}

static enum jm_status work_lost(struct clerk *c)
{
    struct jm_bytes code;

    JM_TRY(address(c));
    JM_TRY(jm_secret_file(&code, jm_opt(c->cmd, "loss-code-file"), c->cmd, &c->d));
    JM_TRY(body(c));
    jm_json_w_mtext(&c->w, "loss_code", code);
    jm_json_w_mstr(&c->w, "what", c->cmd->operand[0]);
    return send_body(c, "/loss");
}

/* What the API answered, member by member. */
static void say_answer(const struct clerk *c)
{
    for (const struct jm_json *m = c->answer == NULL ? NULL : c->answer->child; m != NULL;
         m = m->next)
        jm_say(c->cmd, "%s: %s\n", jm_cstr(c->cmd, m->name),
               jm_cstr(c->cmd, m->type == JM_JSON_STRING ? m->text : m->raw));
}

static int run(const struct jm_cmd *cmd, enum jm_status (*work)(struct clerk *c))
{
    struct clerk *c = JM_NEW(cmd->mem, struct clerk);
    enum jm_status st;

    if (c == NULL)
        return jm_cmd_fail(cmd, JM_E_NO_SPACE, NULL);
    c->cmd = cmd;
    if ((st = work(c)) != JM_OK) {
        /* every reason, not the first alone */
        const struct jm_json *codes = jm_json_get(c->r.error, "codes");

        return jm_cmd_fail_more(cmd, st, &c->d, "codes", codes == NULL ? jm_none() : codes->raw);
    }
    if (cmd->common.json)
        return jm_cmd_json(c->answer->raw);
    if (work != work_open)
        say_answer(c);
    return JM_EXIT_OK;
}

#define COMMON \
    {"as", 0, "KEYFILE", JM_OPTION_REQUIRED}, {"user", 0, "NAME", 0}, {"issuer", 0, "URL", 0}
static const struct jm_option open_options[] = {
    COMMON,
    {"person", 0, "ID", JM_OPTION_REQUIRED},
    {"route", 0, "ROUTE", 0},
    {"issue-date", 0, "DATE", JM_OPTION_REQUIRED},
    {"authority", 0, "NAME", JM_OPTION_REQUIRED},
    {"qr", 0, "FILE", 0},
};
static const struct jm_option find_options[] = {
    COMMON,
    {"reason", 0, "TEXT", JM_OPTION_REQUIRED},
    {"rrn-file", 0, "FILE", 0},
    {"name", 0, "NAME", 0},
    {"birth-date", 0, "DATE", 0},
};
static const struct jm_option case_options[] = {COMMON};
static const struct jm_option person_options[] = {COMMON,
                                                  {"person", 0, "ID", JM_OPTION_REQUIRED},
                                                  {"reporter", 0, "ID", 0}};
static const struct jm_option resume_options[] = {
    COMMON,
    {"person", 0, "ID", JM_OPTION_REQUIRED},
    {"issue-date", 0, "DATE", JM_OPTION_REQUIRED},
    {"authority", 0, "NAME", JM_OPTION_REQUIRED},
};
static const struct jm_option lost_options[] = {{"loss-code-file", 0, "FILE", JM_OPTION_REQUIRED},
                                                {"issuer", 0, "URL", 0}};

#define DESK(id, words, ops, opts, ex1, ex2)         \
    static int run_##id(const struct jm_cmd *cmd)    \
    {                                                \
        return run(cmd, work_##id);                  \
    }                                                \
    const struct jm_command jm_command_desk_##id = { \
        .name = words,                               \
        .operands = (ops) ? "CASE" : NULL,           \
        .min_operands = (ops),                       \
        .max_operands = (ops),                       \
        .options = opts,                             \
        .n_options = JM_ARRAY_LEN(opts),             \
        .example = {ex1, ex2},                       \
        .run = run_##id,                             \
    }
DESK(open, "desk open", 0, open_options,
     "desk open --as kim.key --person ID --route qr --issue-date 2024-03-05 --authority NAME --qr "
     "desk.png",
     "desk open --as kim.key --user kim --person ID --issue-date 2024-03-05 --authority NAME "
     "--json");
DESK(find, "desk find", 0, find_options,
     "desk find --as kim.key --reason 'mobile card' --name NAME --birth-date 1990-05-02",
     "desk find --as kim.key --reason 'mobile card' --rrn-file - --json");
DESK(show, "desk show", 1, case_options, "desk show --as kim.key CASE",
     "desk show --as kim.key CASE --json");
DESK(code, "desk code", 1, case_options, "desk code --as kim.key CASE",
     "desk code --as kim.key CASE --json");
DESK(cancel, "desk cancel", 1, case_options, "desk cancel --as kim.key CASE",
     "desk cancel --as kim.key CASE --json");
DESK(suspend, "desk suspend", 0, person_options, "desk suspend --as kim.key --person ID",
     "desk suspend --as kim.key --person ID --json");
DESK(resume, "desk resume", 0, resume_options,
     "desk resume --as kim.key --person ID --issue-date 2024-03-05 --authority NAME",
     "desk resume --as kim.key --person ID --issue-date 2024-03-05 --authority NAME --json");
DESK(plastic_lost, "desk plastic-lost", 0, person_options,
     "desk plastic-lost --as kim.key --person ID",
     "desk plastic-lost --as kim.key --person ID --json");
static int run_lost(const struct jm_cmd *cmd)
{
    return run(cmd, work_lost);
}
const struct jm_command jm_command_lost = {
    .name = "lost",
    .operands = "phone|card|plastic",
    .min_operands = 1,
    .max_operands = 1,
    .options = lost_options,
    .n_options = JM_ARRAY_LEN(lost_options),
    .example = {"lost --loss-code-file code --issuer URL phone",
                "lost --loss-code-file code --issuer URL plastic"},
    .run = run_lost,
};
