/* SPDX-License-Identifier: Apache-2.0 */
#include "cmd/operator/operate.h"
#include "cmd/cli/trustset.h"

#include <string.h>

#include "cmd/cli/remote.h"
#include "cmd/ledger/changes.h"
#include "host/files/files.h"
#include "jumin/base64.h"

#define BODY_MAX (64 * JM_KIB)

struct jm_operate {
    const struct jm_cmd *cmd;
    struct jm_home home;
    struct jm_remote remote;
    bool is_remote;
    struct jm_issuer is;
    struct jm_store *store;
    struct jm_signer *signer;
};

const struct jm_home *jm_operate_home(const struct jm_operate *o)
{
    return &o->home;
}

/* -- in this process -- */

static enum jm_status no_signer(void *ctx, enum jm_sign_op op, enum jm_purpose purpose,
                                struct jm_bytes key, const struct jm_list *in, struct jm_list *out)
{
    (void)ctx, (void)op, (void)purpose, (void)key, (void)in;
    out->n = 0;
    return JM_E_UNAVAILABLE;
}

static const struct jm_signer nobody = {.call = no_signer};

static enum jm_status open_here(struct jm_operate *o, struct jm_diag *d)
{
    struct jm_diag unheard = {0};
    enum jm_status st = jm_home_signer(&o->signer, &o->home, "issuer", &unheard);

    if (st != JM_OK && st != JM_E_UNAVAILABLE)
        return jm_refuse(d, st, unheard.code, "issuer");
    st = jm_wire_store(&o->store, &o->home, "issuer", d);
    if (st == JM_E_CONFLICT)
        return JM_E_UNAVAILABLE; /* trying again helps */
    JM_TRY(st);
    JM_TRY(jm_home_seen(&o->home, "issuer", d));
    JM_TRY(jm_issuer_open(&o->is, &o->home, o->store, o->signer != NULL ? o->signer : &nobody, d));
    return o->signer == NULL ? JM_OK : jm_issuer_is_newest(&o->is, &o->home, d);
}

static const struct jm_route *route_of(const char *path)
{
    struct jm_http_table table[JM_ROLE_TABLES];
    size_t n = jm_local_tables(table);

    for (size_t i = 0; i < n; i++)
        for (size_t k = 0; k < table[i].n; k++)
            if (strcmp(table[i].rows[k].path, path) == 0)
                return &table[i].rows[k];
    return NULL;
}

static enum jm_status call_here(struct jm_operate *o, const char *path, struct jm_bytes body,
                                const struct jm_json **out, struct jm_diag *d)
{
    const struct jm_route *route = route_of(path);
    struct jm_req *q = JM_NEW(o->cmd->mem, struct jm_req);
    struct jm_res *s = JM_NEW(o->cmd->mem, struct jm_res);
    enum jm_status st;

    if (q == NULL || s == NULL)
        return JM_E_NO_SPACE;
    if (route == NULL)
        return JM_E_BUG;
    q->method = JM_POST;
    q->path = jm_str(path);
    q->content_type = JM_BYTES("application/json");
    q->body = body;
    q->client = JM_BYTES("unix");
    q->mem = s->mem = o->cmd->mem;
    q->now_s = jm_home_now(&o->home);
    q->svc = &o->is;
    q->who.how = JM_AUTH_LOCAL; /* who may open the issuer's folder needs no further proof */
    q->who.name = JM_BYTES("operator");
    q->route = route;
    st = body.len > route->body_max ? jm_refuse(&q->diag, JM_E_LIMIT, JM_HTTP_BODY_LIMIT, NULL)
                                    : jm_route_run(q, s);
    if (st != JM_OK) {
        bool offline = o->signer == NULL && st == JM_E_UNAVAILABLE && q->diag.code == JM_CODE_NONE;

        *d = q->diag;
        return offline ? jm_refuse(d, st, JM_SIGNER_OFFLINE, "issuer") : st;
    }
    return jm_json_parse(out, s->body, o->cmd->mem, NULL);
}

/* -- both -- */

static void close_it(struct jm_operate **out)
{
    struct jm_operate *o = *out;

    *out = NULL;
    if (o == NULL)
        return;
    jm_store_close(&o->store);
    jm_signer_disconnect(&o->signer);
}

static enum jm_status open_either(struct jm_operate **out, const struct jm_cmd *cmd,
                                  struct jm_diag *d)
{
    static struct jm_operate one; /* large, keeps the home's clock, and one a process */
    struct jm_operate *o = &one;
    enum jm_status st;

    *out = NULL;
    o->cmd = cmd;
    JM_TRY(jm_home_open(&o->home, cmd, JM_HOME_AUTHORITY, d));
    st = jm_remote_control(&o->is_remote, &o->remote, &o->home, "issuer", d);
    if (st == JM_OK && !o->is_remote)
        st = open_here(o, d);
    *out = o;
    if (st != JM_OK)
        close_it(out);
    return st;
}

static enum jm_status send_body(struct jm_operate *o, const char *path, struct jm_body *b,
                                const struct jm_json **out, struct jm_diag *d)
{
    struct jm_bytes json;

    *out = NULL;
    JM_TRY(jm_body_close(&json, b));
    return o->is_remote ? jm_remote_call(&o->remote, path, json, out, d)
                        : call_here(o, path, json, out, d);
}

struct pinning {
    struct jm_operate *o;
    const char *act;
    struct jm_bytes whom;
    uint8_t set[32];
};

static enum jm_status put_row(const struct pinning *p, const char *outcome, struct jm_diag *d)
{
    const struct jm_json *answer;
    struct jm_body b;

    JM_TRY(jm_body_open(&b, p->o->cmd, BODY_MAX));
    jm_json_w_mstr(&b.w, "act", p->act);
    jm_json_w_mtext(&b.w, "whom", p->whom);
    jm_json_w_name(&b.w, "set");
    jm_json_w_b64url(&b.w, jm_bytes(p->set, sizeof p->set));
    jm_json_w_mstr(&b.w, "outcome", outcome);
    return send_body(p->o, "/local/trust", &b, &answer, d);
}

/* Where a ledger proves the set, what changes is said to the ledger first. */
static enum jm_status pin_set(struct jm_home *home, struct jm_bytes octets, struct jm_diag *d)
{
    struct jm_trust next;

    if (!home->trust.proven)
        return jm_home_pin(home, octets, d);
    JM_TRY(jm_trust_open(&next, octets, home->cmd->mem));
    JM_TRY(jm_ledger_follow(&octets, home, &next, d));
    return jm_home_pin(home, octets, d);
}

enum jm_status jm_operate_pin(struct jm_home *home, const char *act, struct jm_bytes whom,
                              struct jm_bytes octets, struct jm_diag *d)
{
    struct pinning p = {NULL, act, whom, {0}};
    struct jm_diag unheard = {0};
    enum jm_status st;

    JM_TRY(jm_sha256(home->cmd->crypto, octets, p.set));
    JM_TRY(open_either(&p.o, home->cmd, d));
    st = put_row(&p, "done", d);
    if (st == JM_OK && (st = pin_set(home, octets, d)) != JM_OK)
        (void)!put_row(&p, "failed", &unheard);
    close_it(&p.o);
    return st;
}

enum jm_status jm_operate_ask(const struct jm_cmd *cmd, const char *path, jm_operate_fill *fill,
                              const void *ctx, const struct jm_json **out, struct jm_diag *d)
{
    struct jm_operate *o;
    struct jm_body b;
    enum jm_status st = open_either(&o, cmd, d);

    *out = NULL;
    if (st == JM_OK)
        st = jm_body_open(&b, cmd, BODY_MAX);
    if (st == JM_OK && fill != NULL)
        st = fill(&b, o, ctx, d);
    if (st == JM_OK)
        st = send_body(o, path, &b, out, d);
    close_it(&o);
    return st;
}

/* -- suspending -- */

static enum jm_status suspend_in(struct jm_home *home, const struct jm_cmd *cmd,
                                 const struct jm_suspending *s, struct jm_diag *d)
{
    struct jm_bytes id = jm_str(cmd->operand[0]), octets;
    struct jm_trust next;

    JM_TRY(jm_home_open(home, cmd, JM_HOME_AUTHORITY, d));
    JM_TRY(s->may(home, id, d));
    JM_TRY(jm_trust_suspended(&octets, home, s->kind, id, s->falls));
    JM_TRY(jm_trust_open(&next, octets, cmd->mem));
    JM_TRY(jm_trust_agree(&home->trust, &next, cmd, d));
    return jm_operate_pin(home, s->act, id, octets, d);
}

enum jm_status jm_suspend(const struct jm_cmd *cmd, const struct jm_suspending *s,
                          struct jm_diag *d)
{
    static struct jm_home home;
    int lock = -1;
    enum jm_status st = jm_home_lock(&lock, cmd, d);

    if (st == JM_OK)
        st = suspend_in(&home, cmd, s, d);
    jm_file_unlock(&lock);
    return st == JM_OK ? jm_home_say_pin(&home, cmd) : st;
}
