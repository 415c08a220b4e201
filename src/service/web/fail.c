/* SPDX-License-Identifier: Apache-2.0 */
#include "service/web/fail.h"

#include <string.h>

#include "base/record.h"
#include "jumin/report.h"
#include "service/msg.h"

/* RFC 6749 5.2, RFC 6750, RFC 9449 allow %x20-21 %x23-5B %x5D-7E only. */
static void put_plain(struct jm_buf *b, struct jm_bytes t)
{
    for (size_t i = 0; i < t.len && b->len < b->cap; i++) {
        uint8_t c = t.ptr[i];

        b->ptr[b->len++] = c < 0x20 || c > 0x7E || c == '"' || c == '\\' ? '\'' : c;
    }
}

static const struct jm_code_info *code_of(const struct jm_req *q, enum jm_status st)
{
    const struct jm_code_info *info = jm_code_info(q->diag.code);

    if (q->fault == JM_WEB_OK && info->code != JM_CODE_NONE)
        return info;
    if (q->fault == JM_WEB_OK && st == JM_E_IO)
        /* a disk that is full, and its like: it is nobody's address that is wrong */
        return jm_code_info(JM_API_STORE);
    info = jm_code_by_name(
        jm_str(jm_web_name(q->fault != JM_WEB_OK ? q->fault : jm_web_of_status(st))));
    return info == NULL ? jm_code_info(JM_CODE_NONE) : info;
}

static int http_of(const struct jm_req *q, const struct jm_res *s, const struct jm_code_info *info)
{
    bool oauth = q->route != NULL && q->route->flags & JM_FLAG_OAUTH;

    if (!oauth || q->fault != JM_WEB_OK)
        return s->http;
    if (strcmp(info->oauth, "invalid_client") == 0)
        return 401;
    if (strcmp(info->oauth, "insufficient_scope") == 0)
        return 403;
    if (strcmp(info->oauth, "invalid_grant") == 0 && info->code != JM_VCI_TICKET_TAKEN)
        return 400;
    if (q->route->auth == JM_AUTH_DPOP &&
        (strcmp(info->oauth, "invalid_token") == 0 || strcmp(info->oauth, "use_dpop_nonce") == 0 ||
         strcmp(info->oauth, "invalid_dpop_proof") == 0))
        return 401;
    if (info->class_ == JM_CLASS_INPUT || info->class_ == JM_CLASS_DENIED ||
        (info->class_ == JM_CLASS_CONFLICT && info->code == JM_VCI_TICKET_TAKEN &&
         q->method == JM_POST))
        return 400;
    return s->http;
}

static void put_challenge(struct jm_res *s, const struct jm_code_info *info)
{
    uint8_t room[96];
    struct jm_buf b = jm_buf(room, sizeof room);

    if (jm_buf_put(&b, JM_BYTES("DPoP error=\"")) == JM_OK &&
        jm_buf_put(&b, jm_str(info->oauth)) == JM_OK &&
        jm_buf_put(&b, JM_BYTES("\", algs=\"ES256\"")) == JM_OK &&
        jm_res_header(s, "WWW-Authenticate", jm_written(b)) != JM_OK)
        s->http = 401; /* no room for the header: the status still tells */
}

/* spec/cli.md 1 */
struct refusal {
    const char *code;
    struct jm_bytes message, by, trace;
    struct jm_msg_list codes;
};
struct fail_res {
    struct refusal error;
};
JM_MSG(refusal, refusal, false, JM_FIELD(refusal, code, "code", WORD, 0, 0),
       JM_FIELD(refusal, message, "message", STR, 0, 0), JM_FIELD(refusal, by, "by", STR, 0, 0),
       JM_FIELD(refusal, codes, "codes", TEXTS, 0, JM_MSG_OPT),
       JM_FIELD(refusal, trace, "trace", STR, 0, 0));
JM_MSG(fail_res, fail_res, false, JM_FIELD_OF(fail_res, error, "error", OBJECT, refusal));

/* RFC 6749 5.2. Members that a client does not know are ignored (5.1): ours decides by jumin_code,
 * never by the sentence. */
struct oauth_res {
    const char *error, *jumin_code;
    struct jm_bytes description, trace;
};
JM_MSG(oauth_res, oauth_res, false, JM_FIELD(oauth_res, error, "error", WORD, 0, 0),
       JM_FIELD(oauth_res, description, "error_description", STR, 0, 0),
       JM_FIELD(oauth_res, jumin_code, "jumin_code", WORD, 0, JM_MSG_OPT),
       JM_FIELD(oauth_res, trace, "trace", STR, 0, 0));

const struct jm_msg *jm_fail_msg(const struct jm_route *r)
{
    return (r->flags & JM_FLAG_OAUTH) != 0 ? &oauth_res : &fail_res;
}

static enum jm_status list_codes(struct jm_msg_list *out, const struct jm_req *q,
                                 struct jm_arena *mem)
{
    struct jm_bytes *name = JM_NEW_N(mem, struct jm_bytes, q->n_codes + 1);

    if (name == NULL)
        return JM_E_NO_SPACE;
    for (size_t i = 0; i < q->n_codes; i++)
        name[i] = jm_str(jm_code_info(q->codes[i])->name);
    *out = (struct jm_msg_list){name, q->n_codes};
    return JM_OK;
}

static enum jm_status fail_text(struct jm_bytes *out, const struct jm_req *q,
                                const struct jm_code_info *info, struct jm_bytes text, bool oauth,
                                struct jm_arena *mem)
{
    struct fail_res f = {.error = {.code = info->name,
                                   .message = text,
                                   .by = jm_bytes(&info->by, 1),
                                   .trace = jm_str(q->id)}};
    const struct oauth_res o = {.error = info->code == JM_CODE_NONE ? "server_error" : info->oauth,
                                .jumin_code = info->code == JM_CODE_NONE ? NULL : info->name,
                                .description = text,
                                .trace = jm_str(q->id)};

    if (oauth)
        return jm_msg_text(out, &oauth_res, &o, mem);
    if (q->fault == JM_WEB_OK)
        JM_TRY(list_codes(&f.error.codes, q, mem));
    return jm_msg_text(out, &fail_res, &f, mem);
}

static void tell_log(const struct jm_role_base *role, const struct jm_req *q,
                     const struct jm_res *s, const char *code)
{
    const struct jm_refusal what = {q->id,
                                    code,
                                    s->http,
                                    q->route == NULL ? jm_none() : jm_str(q->route->path),
                                    q->client,
                                    q->diag.detail};

    if (role->refused != NULL)
        role->refused(role->refused_ctx, &what);
}

void jm_fail(void *role, struct jm_req *q, struct jm_res *s, enum jm_status st)
{
    const struct jm_env *env = &((const struct jm_role_base *)role)->env;
    const struct jm_code_info *info = code_of(q, st);
    const char *sentence = env->say.of == NULL ? NULL : env->say.of(env->say.ctx, info);
    bool oauth = q->route != NULL && q->route->flags & JM_FLAG_OAUTH && q->fault == JM_WEB_OK;
    struct jm_buf text;

    jm_record(info->code, JM_FAIL);
    s->http = http_of(q, s, info);
    tell_log(role, q, s, info->name);
    if (s->http == 401 && q->route != NULL && q->route->auth == JM_AUTH_DPOP)
        put_challenge(s, info);
    if (s->http == 503 || s->http == 429)
        jm_res_retry(s);
    if (jm_alloc_buf(&text, s->mem, 900) != JM_OK)
        return;
    if (oauth) {
        put_plain(&text, jm_str(info->name));
        put_plain(&text, JM_BYTES(": "));
    }
    put_plain(&text, jm_slice(jm_str(sentence), 0, 400));
    if (q->diag.detail.len != 0 && q->fault == JM_WEB_OK) {
        put_plain(&text, JM_BYTES(" ("));
        put_plain(&text, jm_slice(q->diag.detail, 0, 400));
        put_plain(&text, JM_BYTES(")"));
    }
    if (fail_text(&s->body, q, info, jm_written(text), oauth, s->mem) != JM_OK)
        s->body = jm_none(); /* the status still tells */
}

enum jm_status jm_operator_proven(struct jm_req *q, const uint8_t hash[32], enum jm_code otherwise)
{
    static const char scheme[] = "bearer ";
    size_t n = 0, len = sizeof scheme - 1;
    struct jm_bytes v = jm_req_header(q, "Authorization", &n);
    uint8_t got[32];
    bool is_bearer = n == 1 && v.len > len;

    for (size_t i = 0; is_bearer && i < len; i++)
        is_bearer = (v.ptr[i] | 32) == (uint8_t)scheme[i];
    if (is_bearer)
        JM_TRY(jm_sha256(jm_req_env(q)->crypto, jm_slice(v, len, SIZE_MAX), got));
    if (!is_bearer || !jm_bytes_eq_ct(jm_bytes(got, sizeof got), jm_bytes(hash, 32)))
        return jm_refuse(&q->diag, JM_E_UNAUTHENTICATED, otherwise, "the operator's secret");
    q->who.how = JM_AUTH_LOCAL;
    q->who.name = JM_BYTES("operator");
    return JM_OK;
}
