/* SPDX-License-Identifier: Apache-2.0 */
/* The operator's routes on the control socket: staff, register, audit. Never on a network listener. */
#include <stddef.h>

#include "jumin/base64.h"
#include "service/desk/desk.h"
#include "service/local.h"
#include "service/msg.h"

struct staff_req {
    struct jm_bytes name, role, centre, key;
    struct jm_id person; /* zero: not said */
};
static const struct jm_msg_field staff_req_fields[] = {
    JM_FIELD(staff_req, name, "name", STR, 64, 0),
    JM_FIELD(staff_req, role, "role", STR, 16, 0),
    JM_FIELD(staff_req, centre, "centre", STR, 10, 0),
    JM_FIELD(staff_req, key, "key", B64, 100, 0),
    JM_FIELD(staff_req, person, "person", ID, 32, JM_MSG_OPT),
};
static const struct jm_msg staff_req = JM_MSG_DEF(staff_req, false);

static bool is_centre(struct jm_bytes code)
{
    for (size_t i = 0; i < code.len; i++)
        if (code.ptr[i] < '0' || code.ptr[i] > '9')
            return false;
    return code.len == 10;
}

static enum jm_status staff_add(struct jm_req *q, struct jm_res *s)
{
    struct jm_issuer *is = q->svc;
    struct staff_req in;
    struct jm_staff staff = {.state = 1};
    struct jm_reply r;

    JM_TRY(jm_msg_decode(&in, &staff_req, q->body, q->mem, &q->diag));
    staff.name = in.name;
    staff.centre = in.centre;
    staff.person = in.person;
    staff.has_person = !jm_id_is_zero(&in.person);
    staff.role = jm_staff_role_of(in.role);
    if ((int)staff.role == 0)
        return jm_refuse(&q->diag, JM_E_RANGE, JM_API_FIELD_FORM, "role");
    if (in.name.len == 0 || !is_centre(in.centre))
        return jm_refuse(&q->diag, JM_E_RANGE, JM_API_FIELD_FORM, in.name.len == 0 ? "name" : "centre");
    if (in.key.len != JM_POINT_LEN || in.key.ptr[0] != 4)
        return jm_refuse(&q->diag, JM_E_RANGE, JM_API_FIELD_FORM, "key");
    for (size_t i = 0; i < JM_POINT_LEN; i++)
        staff.key.octets[i] = in.key.ptr[i];
    JM_TRY(jm_staff_add(&is->base.env, &staff, &q->diag));
    JM_TRY(jm_reply_open(&r, q, 256));
    jm_json_w_mtext(&r.w, "name", in.name);
    return jm_reply_send(&r, s, 201);
}

struct name_req {
    struct jm_bytes name;
};
static const struct jm_msg_field name_req_fields[] = {JM_FIELD(name_req, name, "name", STR, 64, 0)};
static const struct jm_msg name_req = JM_MSG_DEF(name_req, false);

static enum jm_status staff_remove(struct jm_req *q, struct jm_res *s)
{
    struct jm_issuer *is = q->svc;
    struct name_req in;
    struct jm_reply r;

    JM_TRY(jm_msg_decode(&in, &name_req, q->body, q->mem, &q->diag));
    JM_TRY(jm_staff_remove(&is->base.env, in.name, &q->diag));
    JM_TRY(jm_reply_open(&r, q, 256));
    jm_json_w_mtext(&r.w, "removed", in.name);
    return jm_reply_send(&r, s, 200);
}

struct approve_req {
    struct jm_bytes what, first, first_signature, second, second_signature;
};
static const struct jm_msg_field approve_req_fields[] = {
    JM_FIELD(approve_req, what, "what", B64, 64, 0),
    JM_FIELD(approve_req, first, "first", STR, 64, 0),
    JM_FIELD(approve_req, first_signature, "first_signature", B64, 128, 0),
    JM_FIELD(approve_req, second, "second", STR, 64, 0),
    JM_FIELD(approve_req, second_signature, "second_signature", B64, 128, 0),
};
static const struct jm_msg approve_req = JM_MSG_DEF(approve_req, false);

/* D-409: what one operator may not register alone. */
static enum jm_status approve(struct jm_req *q, struct jm_res *s)
{
    struct jm_issuer *is = q->svc;
    struct approve_req in;
    struct jm_reply r;

    JM_TRY(jm_msg_decode(&in, &approve_req, q->body, q->mem, &q->diag));
    if (in.what.len != 32)
        return jm_refuse(&q->diag, JM_E_RANGE, JM_API_FIELD_FORM, "what");
    const struct jm_approver two[2] = {{in.first, in.first_signature}, {in.second, in.second_signature}};
    JM_TRY(jm_staff_approve(&is->base.env, two, in.what.ptr, "RP_APPROVE", q->mem, &q->diag));
    JM_TRY(jm_reply_open(&r, q, 64));
    jm_json_w_mbool(&r.w, "approved", true);
    return jm_reply_send(&r, s, 200);
}

/* Is somebody there, and is this the operator? */
static enum jm_status ping(struct jm_req *q, struct jm_res *s)
{
    struct jm_reply r;

    JM_TRY(jm_msg_decode_none(q->body, q->mem, &q->diag));
    JM_TRY(jm_reply_open(&r, q, 64));
    jm_json_w_mbool(&r.w, "ok", true);
    return jm_reply_send(&r, s, 200);
}

const struct jm_route jm_local_routes[] = {
    /*       method path                    auth   act    media body max  rate  flags     handler */
    JM_ROUTE(POST, "/local/ping",           LOCAL, SELF,  JSON, 64,       HIGH, NO_STORE, ping,         LOCAL_PING),
    JM_ROUTE(POST, "/local/staff",          LOCAL, D_413, JSON, 1024,     HIGH, NO_STORE, staff_add,    LOCAL_STAFF_ADD),
    JM_ROUTE(POST, "/local/approve",        LOCAL, D_409, JSON, 1024,     HIGH, NO_STORE, approve,      LOCAL_APPROVE),
    JM_ROUTE(POST, "/local/staff/remove",   LOCAL, D_413, JSON, 1024,     HIGH, NO_STORE, staff_remove, LOCAL_STAFF_REMOVE),
};
const size_t jm_local_n_routes = JM_ARRAY_LEN(jm_local_routes);
