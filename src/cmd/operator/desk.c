/* SPDX-License-Identifier: Apache-2.0 */
/* jumin desk: a clerk's console without a browser, through the same API; and jumin lost. */
#include <string.h>

#include "cmd/cli/ask.h"
#include "cmd/cli/commands.h"
#include "cmd/operator/clerk.h"
#include "host/qr/qr.h"
#include "host/random/random.h"
#include "jumin/base64.h"
#include "jumin/form.h"
#include "service/msg.h"

static enum jm_status draw_offer(struct jm_clerk *c)
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

static enum jm_status work_open(struct jm_clerk *c)
{
    JM_TRY(jm_clerk_sign_in(c));
    JM_TRY(jm_clerk_body(c));
    jm_json_w_mstr(&c->body.w, "person", jm_opt(c->cmd, "person"));
    jm_json_w_mstr(&c->body.w, "route",
                   jm_opt(c->cmd, "route") == NULL ? "qr" : jm_opt(c->cmd, "route"));
    jm_json_w_mstr(&c->body.w, "issue_date", jm_opt(c->cmd, "issue-date"));
    jm_json_w_mstr(&c->body.w, "authority", jm_opt(c->cmd, "authority"));
    jm_body_option(&c->body, "card", c->cmd, "card");
    JM_TRY(jm_clerk_send(c, "/desk/cases"));
    return draw_offer(c);
}

/* A number is a secret: from a file or stdin, never an argument (D-112). */
static enum jm_status work_find(struct jm_clerk *c)
{
    const char *file = jm_opt(c->cmd, "rrn-file");
    struct jm_bytes number = {NULL, 0};

    if (file != NULL)
        JM_TRY(
            jm_secret_file(&number, strcmp(file, "-") == 0 ? "/dev/stdin" : file, c->cmd, &c->d));
    JM_TRY(jm_clerk_sign_in(c));
    JM_TRY(jm_clerk_body(c));
    jm_json_w_mstr(&c->body.w, "reason", jm_opt(c->cmd, "reason"));
    if (file != NULL)
        jm_json_w_mtext(&c->body.w, "rrn", number);
    jm_body_option(&c->body, "name", c->cmd, "name");
    jm_body_option(&c->body, "birth_date", c->cmd, "birth-date");
    return jm_clerk_send(c, "/desk/persons/find");
}

/* The last word of a command's name is what its route is called, too. */
static const char *verb_of(const struct jm_clerk *c)
{
    return strrchr(c->cmd->row->name, ' ') + 1;
}

static enum jm_status work_case(struct jm_clerk *c)
{
    const char *path = jm_format(c->cmd->mem, "/desk/cases/%s", c->cmd->operand[0]);

    JM_TRY(jm_clerk_sign_in(c));
    if (strcmp(verb_of(c), "show") == 0)
        return jm_remote_call(&c->r, path, jm_none(), &c->answer, &c->d);
    JM_TRY(jm_clerk_body(c));
    return jm_clerk_send(c, jm_format(c->cmd->mem, "%s/%s", path, verb_of(c)));
}

static enum jm_status work_person(struct jm_clerk *c)
{
    JM_TRY(jm_clerk_sign_in(c));
    JM_TRY(jm_clerk_body(c));
    jm_body_option(&c->body, "issue_date", c->cmd, "issue-date");
    jm_body_option(&c->body, "authority", c->cmd, "authority");
    jm_body_option(&c->body, "reporter", c->cmd, "reporter");
    return jm_clerk_send(c, jm_format(c->cmd->mem, "/desk/persons/%s/%s", jm_opt(c->cmd, "person"),
                                      verb_of(c)));
}

/* What stands at the desk today. */
static enum jm_status work_list(struct jm_clerk *c)
{
    JM_TRY(jm_clerk_sign_in(c));
    return jm_remote_call(&c->r, jm_format(c->cmd->mem, "/desk/%s", verb_of(c)), jm_none(),
                          &c->answer, &c->d);
}

/* A case that runs, or a person who has none. */
static enum jm_status work_refuse(struct jm_clerk *c)
{
    const char *person = jm_opt(c->cmd, "person");

    if ((person == NULL) != (c->cmd->n_operands == 1))
        return jm_refuse(&c->d, JM_E_USAGE, JM_CMD_OPTION_REQUIRED, "--person ID, or CASE");
    JM_TRY(jm_clerk_sign_in(c));
    JM_TRY(jm_clerk_body(c));
    jm_json_w_mstr(&c->body.w, "reason", jm_opt(c->cmd, "reason"));
    jm_body_option(&c->body, "note", c->cmd, "note");
    return jm_clerk_send(c,
                         person != NULL
                             ? jm_format(c->cmd->mem, "/desk/persons/%s/refuse", person)
                             : jm_format(c->cmd->mem, "/desk/cases/%s/refuse", c->cmd->operand[0]));
}

static enum jm_status work_photo(struct jm_clerk *c)
{
    const char *out = jm_opt(c->cmd, "out");
    struct jm_bytes photo, taken, said;

    JM_TRY(jm_clerk_sign_in(c));
    JM_TRY(jm_clerk_body(c));
    jm_json_w_mstr(&c->body.w, "reason", jm_opt(c->cmd, "reason"));
    JM_TRY(jm_clerk_send(c, jm_format(c->cmd->mem, "/desk/persons/%s/photo%s",
                                      jm_opt(c->cmd, "person"), out == NULL ? "/ask" : "")));
    if (out == NULL)
        return JM_OK;
    JM_TRY(jm_json_str(&said, c->answer, "photo"));
    JM_TRY(jm_json_str(&taken, c->answer, "taken_on"));
    JM_TRY(jm_b64url_decode(&photo, c->cmd->mem, said));
    JM_TRY(jm_cmd_write(out, photo, 0600, c->cmd, &c->d));
    /* the picture lies in the file, and nowhere else */
    JM_TRY(jm_clerk_body(c));
    jm_json_w_mtext(&c->body.w, "taken_on", taken);
    JM_TRY(jm_body_close(&said, &c->body));
    return jm_json_parse(&c->answer, said, c->cmd->mem, NULL);
}

static enum jm_status fee_of(struct jm_clerk *c)
{
    JM_TRY(jm_clerk_body(c));
    jm_json_w_mstr(&c->body.w, "person", jm_opt(c->cmd, "person"));
    jm_json_w_mstr(&c->body.w, "action", jm_opt(c->cmd, "action"));
    jm_json_w_mstr(&c->body.w, "kind", jm_opt(c->cmd, "kind"));
    jm_body_option(&c->body, "reason", c->cmd, "reason");
    if (jm_opt_has(c->cmd, "relief"))
        jm_json_w_mbool(&c->body.w, "relief", true);
    return JM_OK;
}

/* What it costs; with --won: that it was taken. */
static enum jm_status work_fee(struct jm_clerk *c)
{
    const char *taken = jm_opt(c->cmd, "won");
    struct jm_id receipt;
    char text[33];
    uint64_t won;

    JM_TRY(jm_clerk_sign_in(c));
    JM_TRY(fee_of(c));
    if (taken == NULL)
        return jm_clerk_send(c, "/desk/fees/price");
    JM_TRY(jm_parse_u64(&won, jm_str(taken)));
    JM_TRY(jm_random(NULL, receipt.octets, sizeof receipt.octets));
    jm_id_format(text, &receipt);
    jm_json_w_mstr(&c->body.w, "receipt", text);
    jm_json_w_mint(&c->body.w, "won", (int64_t)won);
    jm_body_option(&c->body, "method", c->cmd, "method");
    return jm_clerk_send(c, "/desk/fees");
}

static enum jm_status work_void(struct jm_clerk *c)
{
    JM_TRY(jm_clerk_sign_in(c));
    JM_TRY(jm_clerk_body(c));
    jm_json_w_mstr(&c->body.w, "reason", jm_opt(c->cmd, "reason"));
    return jm_clerk_send(c, jm_format(c->cmd->mem, "/desk/fees/%s/void", c->cmd->operand[0]));
}

static enum jm_status work_lost(struct jm_clerk *c)
{
    struct jm_bytes loss_code;

    JM_TRY(jm_clerk_find_issuer(c));
    JM_TRY(jm_secret_file(&loss_code, jm_opt(c->cmd, "loss-code-file"), c->cmd, &c->d));
    JM_TRY(jm_clerk_body(c));
    jm_json_w_mtext(&c->body.w, "loss_code", loss_code);
    jm_json_w_mstr(&c->body.w, "what", c->cmd->operand[0]);
    return jm_clerk_send(c, "/loss");
}

#define RUNS(which)                                                        \
    static int run_##which(const struct jm_cmd *cmd)                       \
    {                                                                      \
        return jm_clerk_run(cmd, work_##which, work_##which == work_open); \
    }
RUNS(open)
RUNS(find)
RUNS(case)
RUNS(person)
RUNS(list)
RUNS(refuse)
RUNS(photo)
RUNS(fee)
RUNS(void)
RUNS(lost)

#define CLERK JM_CLERK_OPTIONS
#define PLASTIC JM_NEEDS("issue-date", "DATE"), JM_NEEDS("authority", "NAME")

JM_COMMAND_RUN(desk_open, "desk open", run_open,
               "desk open --as kim.key --person ID --route qr --issue-date 2024-03-05 --authority "
               "NAME --qr desk.png",
               "desk open --as kim.key --user kim --person ID --issue-date 2024-03-05 --authority "
               "NAME --json",
               JM_OPTIONS(CLERK, JM_NEEDS("person", "ID"), JM_TAKES("route", "ROUTE"),
                          JM_TAKES("card", "TYPE"), PLASTIC, JM_TAKES("qr", "FILE")));
JM_COMMAND_RUN(desk_find, "desk find", run_find,
               "desk find --as kim.key --reason 'mobile card' --name NAME --birth-date 1990-05-02",
               "desk find --as kim.key --reason 'mobile card' --rrn-file - --json",
               JM_OPTIONS(CLERK, JM_NEEDS("reason", "TEXT"), JM_TAKES("rrn-file", "FILE"),
                          JM_TAKES("name", "NAME"), JM_TAKES("birth-date", "DATE")));
#define ON_CASE(id)                                                                    \
    JM_COMMAND_RUN(desk_##id, "desk " #id, run_case, "desk " #id " --as kim.key CASE", \
                   "desk " #id " --as kim.key CASE --json", JM_OPERANDS("CASE", 1, 1), \
                   JM_OPTIONS(CLERK))
ON_CASE(show);
ON_CASE(code);
ON_CASE(cancel);
#define ON_PERSON(id, word, more, ...)                                      \
    JM_COMMAND_RUN(desk_##id, "desk " word, run_person,                     \
                   "desk " word " --as kim.key --person ID" more,           \
                   "desk " word " --as kim.key --person ID" more " --json", \
                   JM_OPTIONS(CLERK, JM_NEEDS("person", "ID"), __VA_ARGS__))
ON_PERSON(suspend, "suspend", "", JM_TAKES("reporter", "ID"));
ON_PERSON(resume, "resume", " --issue-date 2024-03-05 --authority NAME", PLASTIC);
ON_PERSON(plastic_lost, "plastic-lost", "", JM_TAKES("reporter", "ID"));
#define OF_TODAY(id, word)                                                          \
    JM_COMMAND_RUN(desk_##id, "desk " word, run_list, "desk " word " --as kim.key", \
                   "desk " word " --as kim.key --json", JM_OPTIONS(CLERK))
OF_TODAY(cases, "cases");
OF_TODAY(till, "till");
OF_TODAY(photo_asks, "photo-asks");
JM_COMMAND_RUN(desk_refuse, "desk refuse", run_refuse,
               "desk refuse --as kim.key --person ID --reason PHOTO_MISMATCH",
               "desk refuse --as kim.key CASE --reason OTHER --note 'came without the plastic'",
               JM_OPERANDS("CASE", 0, 1),
               JM_OPTIONS(CLERK, JM_TAKES("person", "ID"), JM_NEEDS("reason", "KIND"),
                          JM_TAKES("note", "REASON")));
JM_COMMAND_RUN(desk_photo, "desk photo", run_photo,
               "desk photo --as kim.key --person ID --reason 'mobile card' --out photo.jpg",
               "desk photo --as kim.key --person ID --reason 'mobile card' --out photo.jpg --json",
               JM_OPTIONS(CLERK, JM_NEEDS("person", "ID"), JM_NEEDS("reason", "REASON"),
                          JM_NEEDS("out", "FILE")));
JM_COMMAND_RUN(desk_photo_ask, "desk photo-ask", run_photo,
               "desk photo-ask --as kim.key --person ID --reason 'twelve years old'",
               "desk photo-ask --as kim.key --person ID --reason 'twelve years old' --json",
               JM_OPTIONS(CLERK, JM_NEEDS("person", "ID"), JM_NEEDS("reason", "REASON")));
JM_COMMAND_RUN(desk_fee, "desk fee", run_fee,
               "desk fee --as kim.key --person ID --action replace --kind ic",
               "desk fee --as kim.key --person ID --action replace --kind ic --won 10000 --method "
               "cash",
               JM_OPTIONS(CLERK, JM_NEEDS("person", "ID"), JM_NEEDS("action", "KIND"),
                          JM_NEEDS("kind", "KIND"), JM_TAKES("reason", "KIND"), JM_SWITCH("relief"),
                          JM_TAKES("won", "WON"), JM_TAKES("method", "KIND")));
JM_COMMAND_RUN(desk_void, "desk void", run_void,
               "desk void --as boss.key RECEIPT --reason 'taken by mistake'",
               "desk void --as boss.key RECEIPT --reason 'taken by mistake' --json",
               JM_OPERANDS("RECEIPT", 1, 1), JM_OPTIONS(CLERK, JM_NEEDS("reason", "REASON")));
JM_COMMAND_RUN(lost, "lost", run_lost, "lost --loss-code-file code --issuer URL phone",
               "lost --loss-code-file code --issuer URL plastic",
               JM_OPERANDS("phone|card|plastic", 1, 1),
               JM_OPTIONS(JM_NEEDS("loss-code-file", "FILE"), JM_TAKES("issuer", "URL")));
