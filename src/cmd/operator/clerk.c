/* SPDX-License-Identifier: Apache-2.0 */
#include "cmd/operator/clerk.h"

#include "cmd/cli/home.h"
#include "cmd/cli/keyfile.h"
#include "jumin/form.h"
#include "service/staff/staff.h"

#define BODY_MAX (8 * JM_KIB)

enum jm_status jm_clerk_body(struct jm_clerk *c)
{
    return jm_body_open(&c->body, c->cmd, BODY_MAX);
}

enum jm_status jm_clerk_send(struct jm_clerk *c, const char *path)
{
    return jm_remote_post(&c->r, path, &c->body, &c->answer, &c->d);
}

/* The issuer's address: as given, or that of the home. Loopback only where that home is synthetic.
 */
enum jm_status jm_clerk_find_issuer(struct jm_clerk *c)
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

static const char *user_name(const struct jm_cmd *cmd)
{
    const char *given = jm_opt(cmd, "user");

    return given != NULL ? given : jm_cstr(cmd, jm_keyfile_staff(jm_opt(cmd, "as")));
}

enum jm_status jm_clerk_sign_in(struct jm_clerk *c)
{
    struct jm_bytes challenge, octets, token;
    struct jm_key *key = NULL;
    struct jm_sig sig;
    enum jm_status st;

    JM_TRY(jm_clerk_find_issuer(c));
    JM_TRY(jm_clerk_body(c));
    jm_json_w_mstr(&c->body.w, "user", user_name(c->cmd));
    JM_TRY(jm_clerk_send(c, "/staff/challenge"));
    JM_TRY(jm_json_str(&challenge, c->answer, "challenge"));
    JM_TRY(jm_staff_to_sign(&octets, jm_str(user_name(c->cmd)), challenge, jm_str(c->r.base),
                            c->cmd->mem));
    JM_TRY(jm_keyfile_read(&key, jm_opt(c->cmd, "as"), c->cmd, &c->d));
    st = jm_key_sign(key, octets, &sig);
    jm_key_free(&key);
    JM_TRY(st);
    JM_TRY(jm_clerk_body(c));
    jm_json_w_mstr(&c->body.w, "user", user_name(c->cmd));
    jm_json_w_mtext(&c->body.w, "challenge", challenge);
    jm_json_w_name(&c->body.w, "signature");
    jm_json_w_b64url(&c->body.w, jm_sig_bytes(&sig));
    JM_TRY(jm_clerk_send(c, "/staff/session"));
    JM_TRY(jm_json_str(&token, c->answer, "token"));
    c->r.token = token;
    return JM_OK;
}

int jm_clerk_run(const struct jm_cmd *cmd, enum jm_status (*work)(struct jm_clerk *c), bool quiet)
{
    struct jm_clerk *c = JM_NEW(cmd->mem, struct jm_clerk);
    enum jm_status st;

    if (c == NULL)
        return jm_cmd_fail(cmd, JM_E_NO_SPACE, NULL);
    c->cmd = cmd;
    if ((st = work(c)) != JM_OK) {
        /* every reason, not the first alone */
        const struct jm_json *codes = jm_json_get(c->r.error, "codes");

        return jm_cmd_fail_more(cmd, st, &c->d, "codes", codes == NULL ? jm_none() : codes->raw);
    }
    if (!quiet)
        jm_say_members(cmd, c->answer);
    return cmd->common.json && c->answer != NULL ? jm_cmd_json(c->answer->raw) : JM_EXIT_OK;
}
