/* SPDX-License-Identifier: Apache-2.0 */
/* A JSON object being written, for an answer or a request. */
#include "cmd/cli/cmd.h"

enum jm_status jm_body_open(struct jm_body *b, const struct jm_cmd *cmd, size_t max)
{
    JM_TRY(jm_alloc_buf(&b->b, cmd->mem, max));
    jm_json_w_init(&b->w, &b->b);
    jm_json_w_open(&b->w, '{');
    return JM_OK;
}

void jm_body_option(struct jm_body *b, const char *member, const struct jm_cmd *cmd,
                    const char *option)
{
    if (jm_opt(cmd, option) != NULL)
        jm_json_w_mstr(&b->w, member, jm_opt(cmd, option));
}

enum jm_status jm_body_close(struct jm_bytes *out, struct jm_body *b)
{
    jm_json_w_close(&b->w, '}');
    *out = jm_written(b->b);
    return jm_json_w_end(&b->w);
}

enum jm_status jm_body_answer(const struct jm_cmd *cmd, struct jm_body *b)
{
    struct jm_bytes json;

    return jm_body_close(&json, b) == JM_OK ? jm_answer(cmd, json) : JM_E_BUG;
}
