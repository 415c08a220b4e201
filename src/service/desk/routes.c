/* SPDX-License-Identifier: Apache-2.0 */
#include <stddef.h>

#include "jumin/base64.h"
#include "service/desk/desk.h"
#include "service/msg.h"
#include "service/web/fail.h"
#include "service/web/routes.h"

/* -- sign-in -- */

struct challenge_req {
    struct jm_bytes user;
};
static const struct jm_msg_field challenge_req_fields[] = {
    JM_FIELD(challenge_req, user, "user", STR, 64, 0)};
static const struct jm_msg challenge_req = JM_MSG_DEF(challenge_req, false);

static enum jm_status challenge(struct jm_req *q, struct jm_res *s)
{
    struct jm_issuer *is = q->svc;
    struct challenge_req in;
    struct jm_reply r;
    char c[44];

    JM_TRY(jm_msg_decode(&in, &challenge_req, q->body, q->mem, &q->diag));
    JM_TRY(jm_staff_challenge(&is->base.env, in.user, c));
    JM_TRY(jm_reply_open(&r, q, 128));
    jm_json_w_mstr(&r.w, "challenge", c);
    return jm_reply_send(&r, s, 200);
}

struct session_req {
    struct jm_bytes user, challenge, signature;
};
static const struct jm_msg_field session_req_fields[] = {
    JM_FIELD(session_req, user, "user", STR, 64, 0),
    JM_FIELD(session_req, challenge, "challenge", STR, 64, 0),
    JM_FIELD(session_req, signature, "signature", B64, 128, 0),
};
static const struct jm_msg session_req = JM_MSG_DEF(session_req, false);

static enum jm_status session(struct jm_req *q, struct jm_res *s)
{
    struct jm_issuer *is = q->svc;
    struct session_req in;
    struct jm_reply r;
    char token[44];

    JM_TRY(jm_msg_decode(&in, &session_req, q->body, q->mem, &q->diag));
    JM_TRY(jm_staff_session(&is->base.env, in.user, in.challenge, is->id, in.signature, token,
                            q->mem, &q->diag));
    JM_TRY(jm_reply_open(&r, q, 256));
    jm_json_w_mstr(&r.w, "token", token);
    jm_json_w_mint(&r.w, "idle", JM_SESSION_IDLE_S);
    return jm_reply_send(&r, s, 200);
}

/* -- people -- */

static const struct jm_msg_field find_req_fields[] = {
    JM_FIELD(jm_desk_find_req, reason, "reason", STR, 200, 0),
    JM_FIELD(jm_desk_find_req, rrn, "rrn", STR, 14, JM_MSG_OPT),
    JM_FIELD(jm_desk_find_req, name, "name", STR, 640, JM_MSG_OPT),
    JM_FIELD(jm_desk_find_req, birth_date, "birth_date", DATE, 10, JM_MSG_OPT),
};
static const struct jm_msg find_req = JM_MSG_DEF(find_req, false);

static enum jm_status find_person(struct jm_req *q, struct jm_res *s)
{
    struct jm_register_found *found;
    struct jm_desk_find_req in;
    struct jm_reply r;
    size_t n;

    JM_TRY(jm_msg_decode(&in, &find_req, q->body, q->mem, &q->diag));
    JM_TRY(jm_desk_find(q->svc, &found, &n, q->who.more, &in, q->mem, &q->diag));
    JM_TRY(jm_reply_open(&r, q, 1024 + n * 1536));
    jm_json_w_name(&r.w, "found");
    jm_json_w_open(&r.w, '[');
    for (size_t i = 0; i < n; i++)
        jm_register_put(&r.w, &found[i], false);
    jm_json_w_close(&r.w, ']');
    return jm_reply_send(&r, s, 200);
}

/* -- cases -- */

static const struct jm_msg_field open_req_fields[] = {
    JM_FIELD(jm_desk_open_req, person, "person", ID, 32, 0),
    JM_FIELD(jm_desk_open_req, route, "route", STR, 8, 0),
    JM_FIELD(jm_desk_open_req, issue_date, "issue_date", DATE, 10, 0),
    JM_FIELD(jm_desk_open_req, authority, "authority", STR, 120, 0),
    JM_FIELD(jm_desk_open_req, desk, "desk", STR, 32, JM_MSG_OPT),
    JM_FIELD(jm_desk_open_req, card, "card", STR, 32, JM_MSG_OPT),
};
static const struct jm_msg open_req = JM_MSG_DEF(open_req, false);

static enum jm_status open_case(struct jm_req *q, struct jm_res *s)
{
    struct jm_desk_open_req in;
    struct jm_desk_open_res out;
    struct jm_eligibility *e = JM_NEW(q->mem, struct jm_eligibility);
    struct jm_reply r;
    enum jm_status st;
    char id[33];

    if (e == NULL)
        return JM_E_NO_SPACE;
    JM_TRY(jm_msg_decode(&in, &open_req, q->body, q->mem, &q->diag));
    st = jm_desk_open(q->svc, &out, q->who.more, &in, e, q->mem, &q->diag);
    q->codes = e->code;
    q->n_codes = st == JM_OK ? 0 : e->n;
    JM_TRY(st);
    jm_id_format(id, &out.c.id);
    JM_TRY(jm_reply_open(&r, q, 1024));
    jm_json_w_mstr(&r.w, "case", id);
    jm_json_w_mtext(&r.w, "credential_offer_uri", out.uri);
    jm_json_w_mtext(&r.w, "rule", out.rule);
    jm_json_w_mint(&r.w, "fee_won", out.fee_won);
    jm_json_w_mtext(&r.w, "fee_rule", out.fee_rule);
    jm_json_w_mint(&r.w, "scan_by", out.c.scan_by);
    return jm_reply_send(&r, s, 201);
}

static enum jm_status case_id(struct jm_req *q, struct jm_id *id)
{
    return jm_id_parse(id, q->arg[0]) == JM_OK
               ? JM_OK
               : jm_refuse(&q->diag, JM_E_ABSENT, JM_DESK_CASE_UNKNOWN, NULL);
}

static enum jm_status show_case(struct jm_req *q, struct jm_res *s)
{
    struct jm_reply r;
    struct jm_case c;
    struct jm_id id;

    JM_TRY(case_id(q, &id));
    JM_TRY(jm_desk_show(q->svc, q->who.more, &id, &c, q->mem, &q->diag));
    JM_TRY(jm_reply_open(&r, q, 512));
    jm_json_w_mstr(&r.w, "state", jm_case_state_name(c.state));
    if (c.sign.len != 0)
        jm_json_w_mtext(&r.w, "sign", c.sign);
    jm_json_w_mbool(&r.w, "second_phone", c.second);
    jm_json_w_mint(&r.w, "tries", c.tries);
    if (c.reason.len != 0)
        jm_json_w_mtext(&r.w, "reason", c.reason);
    return jm_reply_send(&r, s, 200);
}

static enum jm_status match_code(struct jm_req *q, struct jm_res *s)
{
    char digits[JM_TX_CODE_LEN + 1];
    struct jm_reply r;
    struct jm_id id;

    JM_TRY(jm_msg_decode_none(q->body, q->mem, &q->diag));
    JM_TRY(case_id(q, &id));
    JM_TRY(jm_desk_code(q->svc, q->who.more, &id, digits, q->mem, &q->diag));
    JM_TRY(jm_reply_open(&r, q, 64));
    jm_json_w_mstr(&r.w, "tx_code", digits);
    jm_wipe(digits, sizeof digits);
    return jm_reply_send(&r, s, 200);
}

static enum jm_status cancel(struct jm_req *q, struct jm_res *s)
{
    struct jm_reply r;
    struct jm_id id;

    JM_TRY(jm_msg_decode_none(q->body, q->mem, &q->diag));
    JM_TRY(case_id(q, &id));
    JM_TRY(jm_desk_cancel(q->svc, q->who.more, &id, q->mem, &q->diag));
    JM_TRY(jm_reply_open(&r, q, 64));
    jm_json_w_mstr(&r.w, "state", "CANCELLED");
    return jm_reply_send(&r, s, 200);
}

/* -- a person's card -- */

static const struct jm_msg_field empty_req_fields[] = {
    JM_FIELD(jm_desk_person_req, authority, "note", STR, 200, JM_MSG_OPT),
    JM_FIELD(jm_desk_person_req, reporter, "reporter", ID, 32, JM_MSG_OPT),
};
static const struct jm_msg empty_req = JM_MSG_DEF(empty_req, false);
static const struct jm_msg_field resume_req_fields[] = {
    JM_FIELD(jm_desk_person_req, issue_date, "issue_date", DATE, 10, 0),
    JM_FIELD(jm_desk_person_req, authority, "authority", STR, 120, 0),
};
static const struct jm_msg resume_req = JM_MSG_DEF(resume_req, false);

static enum jm_status on_person(struct jm_req *q, struct jm_res *s, enum jm_desk_act act)
{
    struct jm_desk_person_req in = {{0, 0, 0}, {NULL, 0}, {{0}}};
    struct jm_desk_person_res out;
    struct jm_reply r;
    struct jm_id id;

    JM_TRY(jm_msg_decode(&in, act == JM_DESK_RESUME ? &resume_req : &empty_req, q->body, q->mem,
                         &q->diag));
    if (jm_id_parse(&id, q->arg[0]) != JM_OK)
        return jm_refuse(&q->diag, JM_E_ABSENT, JM_DESK_PERSON_UNKNOWN, NULL);
    JM_TRY(jm_desk_person(q->svc, &out, q->who.more, &id, act, &in, q->mem, &q->diag));
    JM_TRY(jm_reply_open(&r, q, 128));
    jm_json_w_mstr(&r.w, "state", jm_card_state_name(out.state));
    return jm_reply_send(&r, s, 200);
}

static enum jm_status suspend(struct jm_req *q, struct jm_res *s)
{
    return on_person(q, s, JM_DESK_SUSPEND);
}

static enum jm_status resume(struct jm_req *q, struct jm_res *s)
{
    return on_person(q, s, JM_DESK_RESUME);
}

static enum jm_status plastic_lost(struct jm_req *q, struct jm_res *s)
{
    return on_person(q, s, JM_DESK_PLASTIC_LOST);
}

/* -- loss -- */

struct loss_req {
    struct jm_bytes loss_code, what;
};
static const struct jm_msg_field loss_req_fields[] = {
    JM_FIELD(loss_req, loss_code, "loss_code", STR, 64, 0),
    JM_FIELD(loss_req, what, "what", STR, 16, 0),
};
static const struct jm_msg loss_req = JM_MSG_DEF(loss_req, false);

static enum jm_status loss(struct jm_req *q, struct jm_res *s)
{
    char receipt[33];
    struct loss_req in;
    struct jm_reply r;
    bool paused;

    JM_TRY(jm_msg_decode(&in, &loss_req, q->body, q->mem, &q->diag));
    JM_TRY(jm_loss_report(q->svc, in.loss_code, in.what, receipt, &paused, q->mem, &q->diag));
    JM_TRY(jm_reply_open(&r, q, 128));
    jm_json_w_mstr(&r.w, "receipt", receipt);
    jm_json_w_mstr(&r.w, "effect", paused ? "paused" : "none");
    return jm_reply_send(&r, s, 200);
}

const struct jm_route jm_desk_routes[] = {
    /*       method path                               auth           act    media body max  rate
       flags     handler */
    JM_ROUTE_MSG(POST, "/staff/challenge", PUBLIC, SELF, JSON, 1024, GUESS, NO_STORE, challenge,
                 STAFF_CHALLENGE, NULL, challenge_req),
    JM_ROUTE_MSG(POST, "/staff/session", PUBLIC, SELF, JSON, 2048, GUESS, NO_STORE, session,
                 STAFF_SESSION, NULL, session_req),
    JM_ROUTE_MSG(POST, "/desk/persons/find", STAFF_SESSION, D_400, JSON, 2048, DESK, NO_STORE,
                 find_person, DESK_FIND, NULL, find_req),
    JM_ROUTE_MSG(POST, "/desk/cases", STAFF_SESSION, D_402, JSON, 4096, DESK, NO_STORE, open_case,
                 DESK_OPEN, NULL, open_req),
    JM_ROUTE(GET, "/desk/cases/{id}", STAFF_SESSION, D_402, NONE, 0, DESK, NO_STORE, show_case,
             DESK_SHOW),
    JM_ROUTE_MSG(POST, "/desk/cases/{id}/code", STAFF_SESSION, D_402, JSON, 1024, DESK, NO_STORE,
                 match_code, DESK_CODE, NULL, jm_msg_none),
    JM_ROUTE_MSG(POST, "/desk/cases/{id}/cancel", STAFF_SESSION, D_402, JSON, 1024, DESK, NO_STORE,
                 cancel, DESK_CANCEL, NULL, jm_msg_none),
    JM_ROUTE_MSG(POST, "/desk/persons/{id}/suspend", STAFF_SESSION, D_404, JSON, 4096, DESK,
                 NO_STORE, suspend, DESK_SUSPEND, NULL, empty_req),
    JM_ROUTE_MSG(POST, "/desk/persons/{id}/resume", STAFF_SESSION, D_405, JSON, 4096, DESK,
                 NO_STORE, resume, DESK_RESUME, NULL, resume_req),
    JM_ROUTE_MSG(POST, "/desk/persons/{id}/plastic-lost", STAFF_SESSION, D_406, JSON, 4096, DESK,
                 NO_STORE, plastic_lost, DESK_PLASTIC_LOST, NULL, empty_req),
    JM_ROUTE_MSG(POST, "/loss", PUBLIC, SELF, JSON, 1024, LOSS, NO_STORE, loss, LOSS, NULL,
                 loss_req),
};
const size_t jm_desk_n_routes = JM_ARRAY_LEN(jm_desk_routes);
