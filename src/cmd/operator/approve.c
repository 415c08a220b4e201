/* SPDX-License-Identifier: Apache-2.0 */
/* --as and --second-as: two operators sign what is approved, at this time. */
#include "cmd/cli/keyfile.h"
#include "cmd/operator/operate.h"
#include "service/staff/staff.h"

#define PARTS_MAX 8

struct approver {
    const char *option, *said, *member;
};

static enum jm_status put_approver(struct jm_body *b, const struct jm_cmd *cmd,
                                   const struct approver *a, const uint8_t what[32], int64_t at,
                                   struct jm_diag *d)
{
    struct jm_bytes name = a->said != NULL ? jm_str(a->said)
                                           : jm_keyfile_staff(jm_opt(cmd, a->option)),
                    octets;
    struct jm_key *key = NULL;
    struct jm_sig sig;
    enum jm_status st;

    JM_TRY(jm_staff_approval(&octets, name, what, at, cmd->mem));
    JM_TRY(jm_keyfile_read(&key, jm_opt(cmd, a->option), cmd, d));
    st = jm_key_sign(key, octets, &sig);
    jm_key_free(&key);
    JM_TRY(st);
    jm_json_w_mtext(&b->w, a->member, name);
    jm_json_w_name(&b->w, jm_format(cmd->mem, "%s_signature", a->member));
    jm_json_w_b64url(&b->w, jm_sig_bytes(&sig));
    jm_json_w_mint(&b->w, jm_format(cmd->mem, "%s_at", a->member), at);
    return JM_OK;
}

bool jm_approvers_given(const struct jm_cmd *cmd)
{
    return jm_opt_has(cmd, "as") && jm_opt_has(cmd, "second-as");
}

enum jm_status jm_approvers_put(struct jm_body *b, const struct jm_operate *o,
                                const struct jm_cmd *cmd, const uint8_t what[32], struct jm_diag *d)
{
    const struct approver first = {"as", NULL, "first"},
                          second = {"second-as", jm_opt(cmd, "approved-by"), "second"};
    int64_t at = jm_home_now(jm_operate_home(o));

    JM_TRY(put_approver(b, cmd, &first, what, at, d));
    return put_approver(b, cmd, &second, what, at, d);
}

static enum jm_status put_both(struct jm_body *b, const struct jm_operate *o, const void *what,
                               struct jm_diag *d)
{
    jm_json_w_name(&b->w, "what");
    jm_json_w_b64url(&b->w, jm_bytes(what, 32));
    return jm_approvers_put(b, o, jm_operate_home(o)->cmd, what, d);
}

enum jm_status jm_approve(const struct jm_cmd *cmd, const uint8_t what[32], struct jm_diag *d)
{
    const struct jm_json *answer;

    if (!jm_approvers_given(cmd))
        return jm_refuse(d, JM_E_DENIED, JM_RP_SECOND_APPROVER, "--as and --second-as");
    return jm_operate_ask(cmd, "/local/approve", put_both, what, &answer, d);
}

enum jm_status jm_approve_parts(const struct jm_cmd *cmd, const struct jm_bytes *part, size_t n,
                                struct jm_diag *d)
{
    uint8_t hash[PARTS_MAX][32], what[32];

    if (n > PARTS_MAX)
        return JM_E_BUG;
    for (size_t i = 0; i < n; i++)
        JM_TRY(jm_sha256(cmd->crypto, part[i], hash[i]));
    JM_TRY(jm_sha256(cmd->crypto, jm_bytes(hash, 32 * n), what));
    return jm_approve(cmd, what, d);
}
