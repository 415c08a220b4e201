/* SPDX-License-Identifier: Apache-2.0 */
#include <stddef.h>

#include "service/audit/parts.h"
#include "service/msg.h"
#include "service/web/fail.h"
#include "service/web/routes.h"

#define SAW_MAX 1000
#define SAW_ROW 1024 /* octets of one row as JSON, escapes included, at most */

static enum jm_status verify(struct jm_req *q, struct jm_res *s)
{
    struct jm_audit_verdict v;
    struct jm_reply r;

    JM_TRY(jm_msg_decode_none(q->body, q->mem, &q->diag));
    JM_TRY(jm_audit_verify(jm_req_env(q), &jm_req_env(q)->audit_key, &v, q->mem));
    JM_TRY(jm_reply_open(&r, q, 256));
    jm_json_w_mbool(&r.w, "intact", v.code == JM_CODE_NONE);
    jm_json_w_mint(&r.w, "rows", v.rows);
    jm_json_w_mint(&r.w, "heads", v.heads);
    jm_json_w_mint(&r.w, "last_head", v.last_head);
    jm_json_w_mint(&r.w, "signed", (int64_t)v.count);
    jm_json_w_mint(&r.w, "gaps", v.gaps);
    jm_json_w_mint(&r.w, "lost", v.lost);
    if (v.code != JM_CODE_NONE) {
        jm_json_w_mstr(&r.w, "code", jm_code_info(v.code)->name);
        jm_json_w_mint(&r.w, "at", v.at);
    }
    return jm_reply_send(&r, s, 200);
}

struct saw_req {
    struct jm_id person;
};
static const struct jm_msg_field saw_req_fields[] = {
    JM_FIELD(saw_req, person, "person", ID, 32, 0)};
static const struct jm_msg saw_req = JM_MSG_DEF(saw_req, false);

struct seeing {
    struct jm_id person;
    struct jm_reply *r;
    struct jm_arena *mem;
};

static enum jm_status put_row(void *ctx, const struct jm_audit_entry *e,
                              const struct jm_signed_head *head)
{
    struct jm_reply *r = ctx;
    char at[21];

    (void)head;
    jm_tdate_format(at, e->at);
    jm_json_w_open(&r->w, '{');
    jm_json_w_mint(&r->w, "n", e->n);
    jm_json_w_mstr(&r->w, "at", at);
    jm_json_w_mtext(&r->w, "actor", e->actor);
    jm_json_w_mtext(&r->w, "channel", e->channel);
    jm_json_w_mtext(&r->w, "act", e->act);
    jm_json_w_mtext(&r->w, "reason", e->reason);
    jm_json_w_mtext(&r->w, "outcome", e->outcome);
    jm_json_w_close(&r->w, '}');
    return jm_json_w_end(&r->w);
}

/* Looking up who looked is a look of its own: it stands in the chain before the answer is given. */
static enum jm_status who_saw(struct jm_req *q, struct jm_res *s)
{
    const struct jm_actor who = {q->who.name, JM_BYTES("local")};
    struct seeing x = {.mem = q->mem};
    struct saw_req in;
    struct jm_reply r;
    enum jm_status st;

    JM_TRY(jm_msg_decode(&in, &saw_req, q->body, q->mem, &q->diag));
    x.person = in.person;
    JM_TRY(jm_audit(jm_req_env(q), &who, "AUDIT_WHO_SAW", &x.person, jm_none(), "done"));
    JM_TRY(jm_reply_open(&r, q, 256 + (size_t)SAW_MAX * SAW_ROW));
    x.r = &r;
    jm_json_w_name(&r.w, "rows");
    jm_json_w_open(&r.w, '[');
    JM_READ(st, tx, jm_req_env(q), jm_audit_rows_of(tx, &x.person, SAW_MAX, x.mem, put_row, x.r));
    JM_TRY(st);
    jm_json_w_close(&r.w, ']');
    return jm_reply_send(&r, s, 200);
}

const struct jm_route jm_audit_routes[] = {
    /*       method path                    auth   act    media body max  rate  flags     handler */
    JM_ROUTE_MSG(POST, "/local/audit/verify", LOCAL, SELF, JSON, 64, HIGH, NO_STORE, verify,
                 LOCAL_AUDIT_VERIFY, NULL, jm_msg_none),
    JM_ROUTE_MSG(POST, "/local/audit/who-saw", LOCAL, D_400, JSON, 256, HIGH, NO_STORE, who_saw,
                 LOCAL_AUDIT_WHO_SAW, NULL, saw_req),
};
const size_t jm_audit_n_routes = JM_ARRAY_LEN(jm_audit_routes);
