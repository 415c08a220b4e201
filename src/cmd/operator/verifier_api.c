/* SPDX-License-Identifier: Apache-2.0 */
/* jumin verifier key, request, result: a relying party's side through the result API. */
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "cmd/cli/ask.h"
#include "cmd/cli/commands.h"
#include "cmd/cli/remote.h"
#include "cmd/role/verifier.h"
#include "host/files/files.h"
#include "host/qr/qr.h"
#include "host/random/random.h"
#include "jumin/base64.h"

#define WAIT_MAX_S 86400
#define POLL_MS 200

struct run {
    const struct jm_cmd *cmd;
    struct jm_home home;
    struct jm_remote r;
    const struct jm_json *answer;
    struct jm_rp_application app;
    struct jm_body body;
    struct jm_diag *d;
};

static struct run *begin_run(const struct jm_cmd *cmd, struct jm_diag *d)
{
    static struct run one; /* keeps the home's clock */

    one.cmd = one.r.cmd = cmd;
    one.d = d;
    return &one;
}

static enum jm_status open_body(struct run *x)
{
    return jm_body_open(&x->body, x->cmd, 1024);
}

/* -- keys: over the control socket, or where no verifier runs in the store itself -- */

static enum jm_status key_here(struct run *x, bool add, struct jm_bytes service,
                               const uint8_t *hash)
{
    struct jm_env env;
    enum jm_status st;

    JM_TRY(jm_wire_here(&env, &x->home, "verifier", x->d));
    st = add ? jm_service_key_add(&env, service, hash)
             : jm_service_key_remove(&env, service, hash, x->d);
    jm_store_close(&env.store);
    return st;
}

static enum jm_status key_there(struct run *x, bool add, struct jm_bytes service,
                                const uint8_t *hash)
{
    JM_TRY(open_body(x));
    jm_json_w_mtext(&x->body.w, "service", service);
    if (hash != NULL) {
        jm_json_w_name(&x->body.w, "hash");
        jm_json_w_b64url(&x->body.w, jm_bytes(hash, 32));
    }
    return jm_remote_post(&x->r, add ? "/local/key" : "/local/key/remove", &x->body, &x->answer,
                          x->d);
}

static enum jm_status key_change(struct run *x, bool add, const uint8_t *hash)
{
    struct jm_bytes service = jm_str(jm_opt(x->cmd, "service"));
    bool is_remote;

    JM_TRY(jm_remote_control(&is_remote, &x->r, &x->home, "verifier", x->d));
    return is_remote ? key_there(x, add, service, hash) : key_here(x, add, service, hash);
}

static enum jm_status open_home(struct run *x)
{
    JM_TRY(jm_home_open(&x->home, x->cmd, JM_HOME_VERIFIER | JM_HOME_CONF_ONLY, x->d));
    return JM_OK;
}

static bool has_service(const struct jm_rp_application *app, struct jm_bytes id)
{
    for (size_t i = 0; i < app->n_services; i++)
        if (jm_bytes_eq(app->service[i].id, id))
            return true;
    return false;
}

static enum jm_status make_key(struct run *x, struct jm_bytes *token)
{
    const char *file = jm_opt(x->cmd, "key-file");
    uint8_t secret[32], hash[32];
    struct jm_bytes line;
    enum jm_status st;

    JM_TRY(open_home(x));
    JM_TRY(jm_verifier_read_services(&x->app, &x->home, x->d));
    if (!has_service(&x->app, jm_str(jm_opt(x->cmd, "service"))))
        return jm_refuse(x->d, JM_E_ABSENT, JM_VER_SERVICE_UNKNOWN, jm_opt(x->cmd, "service"));
    JM_TRY(jm_random(NULL, secret, sizeof secret));
    st = jm_b64url_encode(token, x->cmd->mem, jm_bytes(secret, sizeof secret));
    jm_wipe(secret, sizeof secret);
    JM_TRY(st);
    JM_TRY(jm_sha256(x->cmd->crypto, *token, hash));
    if (file != NULL) { /* first the file: a key that nobody has kept is of no use */
        const struct jm_bytes parts[] = {*token, JM_BYTES("\n")};

        JM_TRY(jm_concat(&line, x->cmd->mem, parts, JM_ARRAY_LEN(parts)));
        st = jm_file_create(file, line, 0600);
        if (st != JM_OK)
            return jm_refuse(x->d, st, JM_CMD_FILE_WRITE, file);
    }
    st = key_change(x, true, hash);
    if (st != JM_OK && file != NULL)
        (void)unlink(file);
    return st;
}

static enum jm_status run_key_add(const struct jm_cmd *cmd, struct jm_diag *d)
{
    const char *file = jm_opt(cmd, "key-file");
    struct run *x = begin_run(cmd, d);
    struct jm_bytes token;

    JM_TRY(make_key(x, &token));
    if (file == NULL)
        jm_say(cmd, "%.*s\n", (int)token.len, (const char *)token.ptr);
    else
        jm_say(cmd, "%s\n", file);
    if (open_body(x) != JM_OK)
        return JM_E_BUG;
    jm_json_w_mstr(&x->body.w, "service", jm_opt(cmd, "service"));
    if (file == NULL)
        jm_json_w_mtext(&x->body.w, "key", token);
    else
        jm_json_w_mstr(&x->body.w, "key_file", file);
    return jm_body_answer(cmd, &x->body);
}

static enum jm_status remove_key(struct run *x)
{
    const char *file = jm_opt(x->cmd, "key-file");
    struct jm_bytes token;
    uint8_t hash[32];

    JM_TRY(open_home(x));
    if (file == NULL)
        return key_change(x, false, NULL);
    JM_TRY(jm_secret_file(&token, file, x->cmd, x->d));
    JM_TRY(jm_sha256(x->cmd->crypto, token, hash));
    return key_change(x, false, hash);
}

static enum jm_status run_key_remove(const struct jm_cmd *cmd, struct jm_diag *d)
{
    struct run *x = begin_run(cmd, d);

    JM_TRY(remove_key(x));
    jm_say(cmd, "%s\n", jm_opt(cmd, "service"));
    if (open_body(x) != JM_OK)
        return JM_E_BUG;
    jm_json_w_mstr(&x->body.w, "removed", jm_opt(cmd, "service"));
    return jm_body_answer(cmd, &x->body);
}

/* -- the result API -- */

static enum jm_status dial_verifier(struct run *x)
{
    JM_TRY(open_home(x));
    x->r.base = x->home.verifier.base;
    x->r.rules.allow_loopback = x->home.synthetic;
    if (x->r.base == NULL)
        return jm_refuse(x->d, JM_E_USAGE, JM_CMD_CONFIG, "[verifier] base");
    return jm_secret_file(&x->r.token, jm_opt(x->cmd, "key-file"), x->cmd, x->d);
}

static enum jm_status new_request(struct run *x, struct jm_bytes *id, struct jm_bytes *invocation)
{
    const char *file = jm_opt(x->cmd, "qr");
    struct jm_bytes png;

    JM_TRY(dial_verifier(x));
    JM_TRY(open_body(x));
    jm_json_w_mstr(&x->body.w, "service", jm_opt(x->cmd, "service"));
    JM_TRY(jm_remote_post(&x->r, "/api/requests", &x->body, &x->answer, x->d));
    if (jm_json_str(id, x->answer, "id") != JM_OK ||
        jm_json_str(invocation, x->answer, "invocation") != JM_OK)
        return jm_refuse(x->d, JM_E_MALFORMED, JM_API_JSON, x->r.base);
    if (file == NULL)
        return JM_OK;
    if (jm_qr_png(&png, *invocation, x->cmd->mem) != JM_OK)
        return jm_refuse(x->d, JM_E_LIMIT, JM_CMD_FILE_WRITE, file);
    return jm_cmd_write(file, png, 0644, x->cmd, x->d);
}

static enum jm_status run_request(const struct jm_cmd *cmd, struct jm_diag *d)
{
    struct run *x = begin_run(cmd, d);
    struct jm_bytes id, invocation;

    JM_TRY(new_request(x, &id, &invocation));
    jm_say(cmd, "%.*s\n%.*s\n", (int)id.len, (const char *)id.ptr, (int)invocation.len,
           (const char *)invocation.ptr);
    return jm_answer(cmd, x->answer->raw);
}

static bool is_open(const struct jm_json *answer)
{
    const struct jm_json *state = jm_json_get(answer, "state");

    return jm_json_is_str(state, "REQUESTED") || jm_json_is_str(state, "FETCHED") ||
           jm_json_is_str(state, "ANSWERED");
}

/* The server answers at once; this end waits. A server that is just not there may come back within
 * the time. */
static enum jm_status ask_result(struct run *x, uint64_t wait_s)
{
    const char *path =
        jm_format(x->cmd->mem, "/api/requests/%s%s", x->cmd->operand[0],
                  jm_opt(x->cmd, "presentation") != NULL ? "?presentation=true" : "");
    const struct timespec nap = {0, POLL_MS * 1000000L};
    uint64_t until = jm_clock_monotonic_ms() + wait_s * 1000;
    size_t mark = jm_arena_mark(x->cmd->mem);

    for (;;) {
        JM_TRY(jm_remote_call(&x->r, path, jm_none(), &x->answer, x->d));
        if (!is_open(x->answer) || jm_clock_monotonic_ms() >= until)
            return JM_OK;
        jm_arena_back(x->cmd->mem, mark);
        (void)nanosleep(&nap, NULL);
    }
}

/* The presentation as it came goes into a file of its own, never onto the screen. */
static enum jm_status keep_presentation(struct run *x)
{
    const char *file = jm_opt(x->cmd, "presentation");
    const struct jm_json *token = jm_json_get(x->answer, "vp_token");

    return file == NULL || token == NULL ? JM_OK
                                         : jm_cmd_write(file, token->raw, 0600, x->cmd, x->d);
}

static enum jm_status get_result(struct run *x)
{
    const char *text = jm_opt(x->cmd, "wait");
    uint64_t wait_s = 0;

    for (const char *p = x->cmd->operand[0]; *p != '\0'; p++)
        if (strchr("0123456789abcdefABCDEF", *p) == NULL)
            return jm_refuse(x->d, JM_E_ABSENT, JM_VER_UNKNOWN, x->cmd->operand[0]);
    if (text != NULL && (jm_parse_u64(&wait_s, jm_str(text)) != JM_OK || wait_s > WAIT_MAX_S))
        return jm_refuse(x->d, JM_E_USAGE, JM_CMD_OPTION_VALUE, "--wait 0–86400");
    JM_TRY(dial_verifier(x));
    JM_TRY(ask_result(x, wait_s));
    return keep_presentation(x);
}

static void say_codes(struct run *x, const char *member)
{
    const struct jm_json *list = jm_json_get(x->answer, member);

    for (const struct jm_json *e = list == NULL ? NULL : list->child; e != NULL; e = e->next) {
        const char *name =
            jm_format(x->cmd->mem, "%.*s", (int)e->text.len, (const char *)e->text.ptr);

        jm_say(x->cmd, "%s: %s\n", name,
               jm_cmd_text(x->cmd, jm_format(x->cmd->mem, "code.%s", name)));
    }
}

static void say_result(struct run *x)
{
    const struct jm_json *claims = jm_json_get(x->answer, "claims");
    struct jm_bytes state;

    if (jm_json_str(&state, x->answer, "state") == JM_OK)
        jm_say(x->cmd, "%.*s\n", (int)state.len, (const char *)state.ptr);
    say_codes(x, "fail");
    say_codes(x, "undecided");
    say_codes(x, "warn");
    for (const struct jm_json *m = claims == NULL ? NULL : claims->child; m != NULL; m = m->next)
        jm_say(x->cmd, "%.*s = %.*s\n", (int)m->name.len, (const char *)m->name.ptr,
               (int)m->raw.len, (const char *)m->raw.ptr);
}

static int say_answer(struct run *x)
{
    struct jm_buf b;
    struct jm_json_w w;

    if (jm_alloc_buf(&b, x->cmd->mem, x->answer->raw.len + 16) != JM_OK)
        return JM_EXIT_BUG;
    jm_json_w_init(&w, &b);
    jm_json_w_open(&w, '{');
    for (const struct jm_json *m = x->answer->child; m != NULL; m = m->next) {
        if (jm_bytes_eq_str(m->name, "vp_token"))
            continue;
        jm_json_w_name_b(&w, m->name);
        jm_json_w_raw(&w, m->raw);
    }
    jm_json_w_close(&w, '}');
    return jm_json_w_end(&w) == JM_OK ? jm_cmd_json(jm_written(b)) : JM_EXIT_BUG;
}

static int run_result(const struct jm_cmd *cmd)
{
    struct jm_diag d = {0};
    struct run *x = begin_run(cmd, &d);
    enum jm_status st = get_result(x);

    if (st != JM_OK)
        return jm_cmd_fail(cmd, st, &d);
    say_result(x);
    if (cmd->common.json && say_answer(x) != JM_EXIT_OK)
        return JM_EXIT_BUG;
    if (jm_json_is_str(jm_json_get(x->answer, "state"), "ACCEPTED"))
        return JM_EXIT_OK;
    return is_open(x->answer) || jm_json_is_str(jm_json_get(x->answer, "state"), "UNDECIDED")
               ? JM_EXIT_UNDECIDED
               : JM_EXIT_NO;
}

static const struct jm_option key_options[] = {
    JM_NEEDS("service", "SERVICE"),
    JM_TAKES("key-file", "FILE"),
};
JM_COMMAND(verifier_key_add, "verifier key add", run_key_add,
           "verifier key add --service account --home bank",
           "verifier key add --service account --key-file account.key", .options = key_options,
           .n_options = JM_ARRAY_LEN(key_options));
JM_COMMAND(verifier_key_remove, "verifier key remove", run_key_remove,
           "verifier key remove --service account --home bank",
           "verifier key remove --service account --key-file account.key", .options = key_options,
           .n_options = JM_ARRAY_LEN(key_options));

JM_COMMAND(verifier_request, "verifier request", run_request,
           "verifier request --service account --key-file account.key --qr qr.png",
           "verifier request --service account --key-file account.key --json",
           JM_OPTIONS(JM_NEEDS("service", "SERVICE"), JM_NEEDS("key-file", "FILE"),
                      JM_TAKES("qr", "FILE")));

JM_COMMAND_RUN(verifier_result, "verifier result", run_result,
               "verifier result 00112233445566778899aabbccddeeff --key-file account.key --wait 60",
               "verifier result 00112233445566778899aabbccddeeff --key-file account.key --json",
               JM_OPERANDS("ID", 1, 1),
               JM_OPTIONS(JM_NEEDS("key-file", "FILE"), JM_TAKES("wait", "SECONDS"),
                          JM_TAKES("presentation", "FILE")));
