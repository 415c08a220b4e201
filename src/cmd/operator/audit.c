/* SPDX-License-Identifier: Apache-2.0 */
/* jumin audit verify, who-saw: does the chain hold, and who looked at whose data. */
#include "cmd/cli/commands.h"
#include "cmd/operator/operate.h"

static enum jm_status put_person(struct jm_body *b, const struct jm_operate *o, const void *person,
                                 struct jm_diag *d)
{
    (void)o, (void)d;
    jm_json_w_mstr(&b->w, "person", person);
    return JM_OK;
}

static const char *count(const struct jm_cmd *cmd, const struct jm_json *answer, const char *member)
{
    int64_t v = 0;

    return jm_json_int(&v, jm_json_get(answer, member)) == JM_OK
               ? jm_format(cmd->mem, "%lld", (long long)v)
               : "?";
}

/* What the chain says against itself; what only could not be seen is undecided. */
static int found(const struct jm_cmd *cmd, const struct jm_json *answer)
{
    const struct jm_code_info *info;
    struct jm_bytes name;

    if (jm_json_str(&name, answer, "code") != JM_OK || (info = jm_code_by_name(name)) == NULL)
        return jm_cmd_fail(cmd, JM_E_BUG, NULL);
    if (info->severity != JM_SEV_U)
        return jm_cmd_refuse(cmd, JM_E_DENIED, info->code, count(cmd, answer, "at"));
    (void)jm_cmd_refuse(cmd, JM_E_UNAVAILABLE, info->code, count(cmd, answer, "at"));
    return JM_EXIT_UNDECIDED;
}

static int run_verify(const struct jm_cmd *cmd)
{
    const struct jm_json *answer = NULL, *intact;
    struct jm_diag d = {0};
    int64_t gaps = 0;
    enum jm_status st = jm_operate_ask(cmd, "/local/audit/verify", NULL, NULL, &answer, &d);

    if (st != JM_OK)
        return jm_cmd_fail(cmd, st, &d);
    intact = jm_json_get(answer, "intact");
    if (intact == NULL || intact->type != JM_JSON_TRUE)
        return found(cmd, answer);
    if (cmd->common.json)
        return jm_cmd_json(answer->raw);
    JM_SAY(cmd, "say.audit-intact", count(cmd, answer, "rows"), count(cmd, answer, "heads"),
           count(cmd, answer, "last_head"));
    if (jm_json_int(&gaps, jm_json_get(answer, "gaps")) == JM_OK && gaps != 0)
        JM_SAY(cmd, "say.audit-gaps", count(cmd, answer, "gaps"), count(cmd, answer, "lost"));
    return JM_EXIT_OK;
}

static enum jm_status run_who_saw(const struct jm_cmd *cmd, struct jm_diag *d)
{
    const struct jm_json *answer = NULL, *rows;

    JM_TRY(jm_operate_ask(cmd, "/local/audit/who-saw", put_person, cmd->operand[0], &answer, d));
    rows = jm_json_get(answer, "rows");
    for (const struct jm_json *r = rows == NULL ? NULL : rows->child; r != NULL; r = r->next) {
        static const char *const column[] = {"at", "act", "actor", "channel", "outcome", "reason"};

        if (cmd->common.json) {
            (void)jm_cmd_json(r->raw);
            continue;
        }
        for (size_t i = 0; i < JM_ARRAY_LEN(column); i++) {
            const struct jm_json *v = jm_json_get(r, column[i]);

            jm_say(cmd, i == 0 ? "%s" : "  %s", v == NULL ? "" : jm_cstr(cmd, v->text));
        }
        jm_say(cmd, "\n");
    }
    return JM_OK;
}

JM_COMMAND_RUN(audit_verify, "audit verify", run_verify, "audit verify", "audit verify --json",
               JM_PLAIN);
JM_COMMAND(audit_who_saw, "audit who-saw", run_who_saw,
           "audit who-saw 0123456789abcdef0123456789abcdef",
           "audit who-saw 0123456789abcdef0123456789abcdef --json", JM_OPERANDS("PERSON", 1, 1));
