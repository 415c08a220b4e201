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

static int end(const struct jm_cmd *cmd, struct jm_operate *o, enum jm_status st,
               const struct jm_json *answer, const struct jm_diag *d)
{
    jm_operate_close(&o);
    if (st != JM_OK)
        return jm_cmd_fail(cmd, st, d);
    jm_say(cmd, "%s\n", cmd->operand[0]);
    return cmd->common.json ? jm_cmd_json(answer->raw) : JM_EXIT_OK;
}

/* Where the options are given: two operators, over exactly what is done. */
static enum jm_status put_two(struct jm_operate_body *b, const struct jm_operate *o,
                              const struct jm_cmd *cmd, bool adds, const struct jm_point *key,
                              struct jm_diag *d)
{
    struct jm_staff s = {.name = jm_str(cmd->operand[0])};
    uint8_t what[32];

    if (!jm_approvers_given(cmd))
        return JM_OK;
    if (adds) {
        s.role = jm_staff_role_of(jm_str(jm_opt(cmd, "role")));
        s.centre = jm_str(jm_opt(cmd, "centre"));
        s.key = *key;
    }
    JM_TRY(jm_staff_what(what, adds, &s, cmd->crypto));
    return jm_approvers_put(b, o, cmd, what, d);
}

static int add(const struct jm_cmd *cmd)
{
    const struct jm_json *answer = NULL;
    struct jm_operate_body b;
    struct jm_operate *o = NULL;
    struct jm_diag d = {0};
    struct jm_point key;
    enum jm_status st = read_key(&key, cmd, &d);

    if (st == JM_OK)
        st = jm_operate_open(&o, cmd, &d);
    if (st == JM_OK && (st = jm_operate_body(&b, cmd)) == JM_OK) {
        jm_json_w_mstr(&b.w, "name", cmd->operand[0]);
        jm_json_w_mstr(&b.w, "role", jm_opt(cmd, "role"));
        jm_json_w_mstr(&b.w, "centre", jm_opt(cmd, "centre"));
        jm_json_w_name(&b.w, "key");
        jm_json_w_b64url(&b.w, jm_point_bytes(&key));
        if (jm_opt(cmd, "person") != NULL)
            jm_json_w_mstr(&b.w, "person", jm_opt(cmd, "person"));
        st = put_two(&b, o, cmd, true, &key, &d);
        if (st == JM_OK)
            st = jm_operate_send(o, "/local/staff", &b, &answer, &d);
    }
    return end(cmd, o, st, answer, &d);
}

static int take_away(const struct jm_cmd *cmd)
{
    const struct jm_json *answer = NULL;
    struct jm_operate_body b;
    struct jm_operate *o = NULL;
    struct jm_diag d = {0};
    enum jm_status st = jm_operate_open(&o, cmd, &d);

    if (st == JM_OK && (st = jm_operate_body(&b, cmd)) == JM_OK) {
        jm_json_w_mstr(&b.w, "name", cmd->operand[0]);
        st = put_two(&b, o, cmd, false, NULL, &d);
        if (st == JM_OK)
            st = jm_operate_send(o, "/local/staff/remove", &b, &answer, &d);
    }
    return end(cmd, o, st, answer, &d);
}

static const struct jm_option options[] = {
    {"role", 0, "ROLE", JM_OPTION_REQUIRED},
    {"centre", 0, "CODE", JM_OPTION_REQUIRED},
    {"key", 0, "FILE", JM_OPTION_REQUIRED},
    {"person", 0, "ID", 0},
    {"as", 0, "KEYFILE", 0},
    {"second-as", 0, "KEYFILE", 0},
    {"approved-by", 0, "NAME", 0},
};
static const struct jm_option remove_options[] = {{"as", 0, "KEYFILE", 0},
                                                  {"second-as", 0, "KEYFILE", 0},
                                                  {"approved-by", 0, "NAME", 0}};
const struct jm_command jm_command_staff_add = {
    .name = "staff add",
    .operands = "NAME",
    .min_operands = 1,
    .max_operands = 1,
    .options = options,
    .n_options = JM_ARRAY_LEN(options),
    .example = {"staff add kim --role clerk --centre 3017010100 --key kim.jwk",
                "staff add lee --role supervisor --centre 3017010100 --key lee.jwk"},
    .run = add,
};
const struct jm_command jm_command_staff_remove = {
    .name = "staff remove",
    .operands = "NAME",
    .min_operands = 1,
    .max_operands = 1,
    .options = remove_options,
    .n_options = JM_ARRAY_LEN(remove_options),
    .example = {"staff remove kim", "staff remove lee --as park.key --second-as yoon.key"},
    .run = take_away,
};
