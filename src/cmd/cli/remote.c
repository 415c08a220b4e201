/* SPDX-License-Identifier: Apache-2.0 */
#include "cmd/cli/remote.h"

#include <string.h>
#include <unistd.h>

#include "jumin/base64.h"

#define ANSWER_MAX (8 * JM_MIB)
#define PATIENCE_MS 60000

static enum jm_status status_of(enum jm_class c)
{
    switch (c) {
    case JM_CLASS_OK: return JM_OK;
    case JM_CLASS_INPUT: return JM_E_MALFORMED;
    case JM_CLASS_DENIED: return JM_E_DENIED;
    case JM_CLASS_ABSENT: return JM_E_ABSENT;
    case JM_CLASS_CONFLICT: return JM_E_CONFLICT;
    case JM_CLASS_LIMIT: return JM_E_LIMIT;
    case JM_CLASS_UNAVAILABLE: return JM_E_UNAVAILABLE;
    case JM_CLASS_BUG: break;
    }
    return JM_E_BUG;
}

/* "sentence (detail)": the sentence is said in our own language, the detail is kept. */
static const char *detail_of(const struct jm_cmd *cmd, struct jm_bytes message)
{
    size_t open = message.len;

    if (message.len == 0 || message.ptr[message.len - 1] != ')')
        return NULL;
    while (open > 0 && !(message.ptr[open - 1] == '(' && open > 1 && message.ptr[open - 2] == ' '))
        open--;
    return open == 0 ? NULL
                     : jm_format(cmd->mem, "%.*s", (int)(message.len - open - 1),
                                 (const char *)message.ptr + open);
}

static enum jm_status refusal_of(struct jm_remote *r, const struct jm_http_answer *a,
                                 const struct jm_json *j, struct jm_diag *d)
{
    struct jm_bytes name, trace, message = {NULL, 0};
    const struct jm_code_info *info;

    r->error = jm_json_get(j, "error");
    if (jm_json_str(&name, r->error, "code") != JM_OK || (info = jm_code_by_name(name)) == NULL)
        return jm_refuse(d, a->status >= 500 ? JM_E_UNAVAILABLE : JM_E_DENIED,
                         a->status >= 500 ? JM_HTTP_UNAVAILABLE : JM_HTTP_DENIED,
                         jm_format(r->cmd->mem, "HTTP %d", a->status));
    if (jm_json_str(&message, r->error, "message") != JM_OK)
        message = jm_none();
    /* what its operator finds it by */
    if (a->status >= 500 && jm_json_str(&trace, r->error, "trace") == JM_OK)
        return jm_refuse(d, status_of(info->class_), info->code,
                         jm_format(r->cmd->mem, "trace %s", jm_cstr(r->cmd, trace)));
    return jm_refuse(d, status_of(info->class_), info->code, detail_of(r->cmd, message));
}

enum jm_status jm_remote_call(struct jm_remote *r, const char *path, struct jm_bytes body,
                              const struct jm_json **out, struct jm_diag *d)
{
    struct jm_http_ask ask = {.verb = body.ptr == NULL ? JM_HTTP_GET : JM_HTTP_POST,
                              .url = jm_str(jm_format(r->cmd->mem, "%s%s", r->base, path)),
                              .content_type = body.ptr == NULL ? NULL : "application/json",
                              .accept = "application/json",
                              .body = body,
                              .max_len = ANSWER_MAX,
                              .timeout_ms = PATIENCE_MS};
    struct jm_http_answer answer;
    const struct jm_json *j = NULL;
    enum jm_status st;

    *out = r->error = NULL;
    if (r->token.len != 0) {
        ask.headers[0].name = "Authorization";
        ask.headers[0].value = jm_str(
            jm_format(r->cmd->mem, "Bearer %.*s", (int)r->token.len, (const char *)r->token.ptr));
        ask.n_headers = 1;
    }
    st = jm_fetch(&r->rules, &ask, &answer, r->cmd->mem);
    if (st != JM_OK)
        return jm_refuse(d, st, JM_HTTP_UNAVAILABLE,
                         r->rules.unix_path != NULL ? r->rules.unix_path : r->base);
    st = jm_json_parse(&j, answer.body, r->cmd->mem, NULL);
    if (answer.status < 200 || answer.status > 299)
        return refusal_of(r, &answer, st == JM_OK ? j : NULL, d);
    if (st != JM_OK)
        return jm_refuse(d, JM_E_MALFORMED, JM_API_JSON, r->base);
    *out = j;
    return JM_OK;
}

enum jm_status jm_remote_post(struct jm_remote *r, const char *path, struct jm_body *body,
                              const struct jm_json **out, struct jm_diag *d)
{
    struct jm_bytes json;

    JM_TRY(jm_body_close(&json, body));
    return jm_remote_call(r, path, json, out, d);
}

enum jm_status jm_remote_control(bool *is_there, struct jm_remote *r, const struct jm_home *home,
                                 const char *role, struct jm_diag *d)
{
    const char *path = jm_home_path(home, jm_format(home->cmd->mem, "run/%s/%s.sock", role, role));
    struct jm_diag unheard = {0};
    const struct jm_json *answer;
    struct jm_bytes secret;
    enum jm_status st;

    *is_there = false;
    if (access(path, F_OK) != 0)
        return JM_OK;
    JM_TRY(jm_cmd_secret(&secret, jm_home_path(home, "operator/signer.secret"), 64, home->cmd,
                         JM_OK, d));
    JM_TRY(jm_b64url_encode(&r->token, home->cmd->mem, secret));
    r->cmd = home->cmd;
    r->base = "http://localhost";
    r->rules.unix_path = path;
    st = jm_remote_call(r, "/local/ping", JM_BYTES("{}"), &answer, &unheard);
    *is_there = st != JM_E_UNAVAILABLE; /* a socket that a dead process left behind is nobody's */
    return !*is_there || st == JM_OK ? JM_OK : jm_refuse(d, st, unheard.code, path);
}
