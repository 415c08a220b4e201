/* SPDX-License-Identifier: Apache-2.0 */
/* jumin offer: the open offer of the issuer's front door, for a poster, a page or a wallet. */
#include "cmd/cli/commands.h"
#include "cmd/operator/clerk.h"
#include "host/qr/qr.h"
#include "jumin/form.h"

/* By reference, or the octets that stand there. */
static enum jm_status write_offer(struct jm_clerk *c, struct jm_bytes *uri)
{
    bool by_value = jm_opt_has(c->cmd, "by-value");
    const struct jm_bytes at[] = {jm_str(c->r.base), JM_BYTES("/offer")};
    struct jm_bytes where;
    struct jm_buf b;

    JM_TRY(jm_remote_call(&c->r, "/offer", jm_none(), &c->answer, &c->d));
    JM_TRY(jm_concat(&where, c->cmd->mem, at, JM_ARRAY_LEN(at)));
    JM_TRY(jm_alloc_buf(&b, c->cmd->mem, 256 + 3 * (where.len + c->answer->raw.len)));
    JM_TRY(jm_buf_put(&b, JM_BYTES("openid-credential-offer://?")));
    JM_TRY(by_value ? jm_form_put(&b, "credential_offer", c->answer->raw)
                    : jm_form_put(&b, "credential_offer_uri", where));
    *uri = jm_written(b);
    return JM_OK;
}

static enum jm_status work_offer(struct jm_clerk *c)
{
    const char *file = jm_opt(c->cmd, "qr");
    struct jm_bytes uri, png, json;

    JM_TRY(jm_clerk_find_issuer(c));
    JM_TRY(write_offer(c, &uri));
    if (file != NULL) {
        JM_TRY(jm_qr_png(&png, uri, c->cmd->mem));
        JM_TRY(jm_cmd_write(file, png, 0644, c->cmd, &c->d));
    }
    jm_say(c->cmd, "%s\n", jm_cstr(c->cmd, uri));
    JM_TRY(jm_clerk_body(c));
    jm_json_w_mtext(&c->body.w, "offer", uri);
    JM_TRY(jm_body_close(&json, &c->body));
    return jm_json_parse(&c->answer, json, c->cmd->mem, NULL);
}

static int run_offer(const struct jm_cmd *cmd)
{
    return jm_clerk_run(cmd, work_offer, true);
}

JM_COMMAND_RUN(offer, "offer", run_offer, "offer --qr poster.png",
               "offer --issuer https://issuer.example --by-value --json",
               JM_OPTIONS(JM_TAKES("issuer", "URL"), JM_SWITCH("by-value"),
                          JM_TAKES("qr", "FILE")));
