/* SPDX-License-Identifier: Apache-2.0 */
#include <stddef.h>

#include "service/audit/parts.h"
#include "service/msg.h"
#include "service/web/routes.h"

#define SAW_MAX 1000

struct verify_res {
    bool intact;
    int64_t rows, heads, last_head, count, gaps, lost, at;
    const char *code;
};
JM_MSG(verify_res, verify_res, false, JM_FIELD(verify_res, intact, "intact", BOOL, 1, 0),
       JM_FIELD(verify_res, rows, "rows", INT, 0, 0),
       JM_FIELD(verify_res, heads, "heads", INT, 0, 0),
       JM_FIELD(verify_res, last_head, "last_head", INT, 0, 0),
       JM_FIELD(verify_res, count, "signed", INT, 0, 0),
       JM_FIELD(verify_res, gaps, "gaps", INT, 0, 0), JM_FIELD(verify_res, lost, "lost", INT, 0, 0),
       JM_FIELD(verify_res, code, "code", WORD, 0, JM_MSG_OPT),
       JM_FIELD(verify_res, at, "at", INT, 0, JM_MSG_OPT));

static enum jm_status verify_chain(struct jm_req *q, struct jm_res *s)
{
    struct verify_res *out = q->out;
    struct jm_audit_verdict v;

    (void)s;
    JM_TRY(jm_audit_verify(jm_req_env(q), &jm_req_env(q)->audit_key, &v, q->mem));
    *out = (struct verify_res){v.code == JM_CODE_NONE,
                               v.rows,
                               v.heads,
                               v.last_head,
                               (int64_t)v.count,
                               v.gaps,
                               v.lost,
                               0,
                               NULL};
    if (out->intact)
        return JM_OK;
    out->code = jm_code_info(v.code)->name;
    out->at = v.at;
    return JM_OK;
}

struct saw_req {
    struct jm_id person;
};
JM_MSG(saw_req, saw_req, false, JM_FIELD(saw_req, person, "person", ID, 32, 0));

JM_MSG(saw_row, jm_audit_entry, false, JM_FIELD(jm_audit_entry, n, "n", INT, 0, 0),
       JM_FIELD(jm_audit_entry, at, "at", TIME, 0, 0),
       JM_FIELD(jm_audit_entry, actor, "actor", STR, 0, 0),
       JM_FIELD(jm_audit_entry, channel, "channel", STR, 0, 0),
       JM_FIELD(jm_audit_entry, act, "act", STR, 0, 0),
       JM_FIELD(jm_audit_entry, reason, "reason", STR, 0, 0),
       JM_FIELD(jm_audit_entry, outcome, "outcome", STR, 0, 0));
struct saw_res {
    struct jm_msg_list rows;
};
JM_MSG(saw_res, saw_res, false, JM_FIELD_OF(saw_res, rows, "rows", LIST, saw_row));

struct seeing {
    struct jm_audit_entry *row;
    size_t n;
    struct jm_arena *mem;
};

static enum jm_status keep_row(void *ctx, const struct jm_audit_entry *e,
                               const struct jm_signed_head *head)
{
    struct seeing *x = ctx;

    struct jm_audit_entry *row = &x->row[x->n];
    struct jm_bytes *const texts[] = {&row->actor, &row->channel, &row->act, &row->reason,
                                      &row->outcome};

    (void)head;
    if (x->n++ == SAW_MAX)
        return JM_E_LIMIT;
    *row = *e; /* whose views end with this call */
    for (size_t i = 0; i < JM_ARRAY_LEN(texts); i++)
        JM_TRY(jm_dup(texts[i], x->mem, *texts[i]));
    return JM_OK;
}

/* Looking up who looked is a look of its own: it stands in the chain before the answer is given. */
static enum jm_status who_saw(struct jm_req *q, struct jm_res *s)
{
    const struct jm_actor who = {q->who.name, JM_BYTES("local")};
    const struct saw_req *in = q->in;
    struct seeing x = {.row = JM_NEW_N(q->mem, struct jm_audit_entry, SAW_MAX), .mem = q->mem};
    void *room = jm_alloc(q->mem, 2 * JM_ROW_MAX, 16);
    struct jm_arena one;
    enum jm_status st;

    (void)s;
    if (x.row == NULL || room == NULL)
        return JM_E_NO_SPACE;
    jm_arena_init(&one, room, 2 * (size_t)JM_ROW_MAX);
    JM_TRY(jm_audit(jm_req_env(q), &who, "AUDIT_WHO_SAW", &in->person, jm_none(), "done"));
    JM_READ(st, tx, jm_req_env(q), jm_audit_rows_of(tx, &in->person, SAW_MAX, &one, keep_row, &x));
    JM_TRY(st);
    ((struct saw_res *)q->out)->rows = (struct jm_msg_list){x.row, x.n};
    return JM_OK;
}

const struct jm_route jm_audit_routes[] = {
    /*       method path                    auth   act    media body max  rate  flags     handler */
    JM_ROUTE_MSG(POST, "/local/audit/verify", LOCAL, SELF, JSON, 64, HIGH, NO_STORE, verify_chain,
                 LOCAL_AUDIT_VERIFY, .message = &jm_msg_none, .answer = &verify_res),
    JM_ROUTE_MSG(POST, "/local/audit/who-saw", LOCAL, D_400, JSON, 256, HIGH, NO_STORE, who_saw,
                 LOCAL_AUDIT_WHO_SAW, .message = &saw_req, .answer = &saw_res),
};
const size_t jm_audit_n_routes = JM_ARRAY_LEN(jm_audit_routes);
