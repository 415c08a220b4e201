/* SPDX-License-Identifier: Apache-2.0 */
/* jumin staff add, staff remove: who may sign in at the desks of an authority. */
#include "service/staff/staff.h"
#include "cmd/cli/commands.h"
#include "cmd/operator/operate.h"
#include "jumin/jose.h"

#define JWK_MAX (4 * JM_KIB)

static enum jm_status read_key(struct jm_point *out, const struct jm_cmd *cmd, struct jm_diag *d)
{
    const char *file = jm_opt(cmd, "key");
    const struct jm_json *j;
    struct jm_bytes text;
    struct jm_jwk jwk;

    JM_TRY(jm_cmd_read(&text, file, JWK_MAX, cmd, d));
    while (text.len > 0 && text.ptr[text.len - 1] <= ' ')
        text.len--;
    if (jm_json_parse(&j, text, cmd->mem, NULL) != JM_OK || jm_jwk_read(&jwk, j) != JM_OK)
        return jm_refuse(d, JM_E_MALFORMED, JM_CMD_FILE_READ, file);
    *out = jwk.point;
    return JM_OK;
}

/* Where the options are given: two operators, over exactly what is done. */
static enum jm_status put_two(struct jm_body *b, const struct jm_operate *o,
                              const struct jm_cmd *cmd, const struct jm_staff *added,
                              struct jm_diag *d)
{
    const struct jm_staff removed = {.name = jm_str(cmd->operand[0])};
    uint8_t what[32];

    if (!jm_approvers_given(cmd))
        return JM_OK;
    JM_TRY(jm_staff_what(what, added != NULL, added != NULL ? added : &removed, cmd->crypto));
    return jm_approvers_put(b, o, cmd, what, d);
}

static enum jm_status put_added(struct jm_body *b, const struct jm_operate *o, const void *key,
                                struct jm_diag *d)
{
    const struct jm_cmd *cmd = jm_operate_home(o)->cmd;
    const struct jm_staff s = {.name = jm_str(cmd->operand[0]),
                               .role = jm_staff_role_of(jm_str(jm_opt(cmd, "role"))),
                               .centre = jm_str(jm_opt(cmd, "centre")),
                               .key = *(const struct jm_point *)key};

    jm_json_w_mstr(&b->w, "name", cmd->operand[0]);
    jm_body_option(b, "role", cmd, "role");
    jm_body_option(b, "centre", cmd, "centre");
    jm_json_w_name(&b->w, "key");
    jm_json_w_b64url(&b->w, jm_point_bytes(key));
    jm_body_option(b, "person", cmd, "person");
    return put_two(b, o, cmd, &s, d);
}

static enum jm_status put_removed(struct jm_body *b, const struct jm_operate *o, const void *ctx,
                                  struct jm_diag *d)
{
    const struct jm_cmd *cmd = jm_operate_home(o)->cmd;

    (void)ctx;
    jm_json_w_mstr(&b->w, "name", cmd->operand[0]);
    return put_two(b, o, cmd, NULL, d);
}

static enum jm_status run_either(const struct jm_cmd *cmd, bool adds, struct jm_diag *d)
{
    const struct jm_json *answer = NULL;
    struct jm_point key = {0};

    JM_TRY(adds ? read_key(&key, cmd, d) : JM_OK);
    JM_TRY(jm_operate_ask(cmd, adds ? "/local/staff" : "/local/staff/remove",
                          adds ? put_added : put_removed, &key, &answer, d));
    jm_say(cmd, "%s\n", cmd->operand[0]);
    return jm_answer(cmd, answer->raw);
}

static enum jm_status run_add(const struct jm_cmd *cmd, struct jm_diag *d)
{
    return run_either(cmd, true, d);
}

static enum jm_status run_remove(const struct jm_cmd *cmd, struct jm_diag *d)
{
    return run_either(cmd, false, d);
}

static enum jm_status put_enrolled(struct jm_body *b, const struct jm_operate *o, const void *ctx,
                                   struct jm_diag *d)
{
    const struct jm_cmd *cmd = jm_operate_home(o)->cmd;

    (void)ctx, (void)d;
    jm_json_w_mstr(&b->w, "name", cmd->operand[0]);
    if (jm_opt_has(cmd, "end-others"))
        jm_json_w_mbool(&b->w, "end_others", true);
    return JM_OK;
}

/* The link is said once; who opens it first makes the passkey. */
static enum jm_status run_enrol(const struct jm_cmd *cmd, struct jm_diag *d)
{
    const struct jm_json *answer = NULL;
    struct jm_bytes link;

    JM_TRY(jm_operate_ask(cmd, "/local/staff/enrol", put_enrolled, NULL, &answer, d));
    JM_TRY(jm_json_str(&link, answer, "link"));
    jm_say(cmd, "%s\n", jm_cstr(cmd, link));
    return jm_answer(cmd, answer->raw);
}

JM_COMMAND(staff_enrol, "staff enrol", run_enrol, "staff enrol kim", "staff enrol kim --end-others",
           JM_OPERANDS("NAME", 1, 1), JM_OPTIONS(JM_SWITCH("end-others")));
JM_COMMAND(staff_add, "staff add", run_add,
           "staff add kim --role clerk --centre 3017010100 --key kim.jwk",
           "staff add lee --role supervisor --centre 3017010100 --key lee.jwk",
           JM_OPERANDS("NAME", 1, 1),
           JM_OPTIONS(JM_NEEDS("role", "ROLE"), JM_NEEDS("centre", "CODE"), JM_NEEDS("key", "FILE"),
                      JM_TAKES("person", "ID"), JM_APPROVERS));
JM_COMMAND(staff_remove, "staff remove", run_remove, "staff remove kim",
           "staff remove lee --as park.key --second-as yoon.key", JM_OPERANDS("NAME", 1, 1),
           JM_OPTIONS(JM_APPROVERS));
