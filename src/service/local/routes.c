/* SPDX-License-Identifier: Apache-2.0 */
/* The operator's routes on the control socket: staff, register, audit. Never on a network listener.
 */
#include <stddef.h>

#include "jumin/base64.h"
#include "service/audit/audit.h"
#include "service/desk/desk.h"
#include "service/issuance/issuance.h"
#include "service/msg.h"
#include "service/orders/orders.h"
#include "service/staff/passkey.h"
#include "service/tap/tap.h"
#include "service/web/routes.h"

/* Two who approve, where the act needs them; "" and 0 where it does not say so. */
#define TWO                                                           \
    struct jm_bytes first, first_signature, second, second_signature; \
    int64_t first_at, second_at
#define TWO_FIELDS(type, flag)                                                \
    JM_FIELD(type, first, "first", STR, 64, flag),                            \
        JM_FIELD(type, first_signature, "first_signature", B64, 128, flag),   \
        JM_FIELD(type, first_at, "first_at", INT, JM_TIME_MAX, flag),         \
        JM_FIELD(type, second, "second", STR, 64, flag),                      \
        JM_FIELD(type, second_signature, "second_signature", B64, 128, flag), \
        JM_FIELD(type, second_at, "second_at", INT, JM_TIME_MAX, flag)
#define TWO_OF(in)                                             \
    (const struct jm_approver[2])                              \
    {                                                          \
        {(in).first, (in).first_signature, (in).first_at},     \
        {                                                      \
            (in).second, (in).second_signature, (in).second_at \
        }                                                      \
    }

struct staff_req {
    struct jm_bytes name, role, centre, key;
    struct jm_id person; /* zero: not said */
    TWO;
};
JM_MSG(staff_req, staff_req, false, JM_FIELD(staff_req, name, "name", STR, 64, 0),
       JM_FIELD(staff_req, role, "role", STR, 16, 0),
       JM_FIELD(staff_req, centre, "centre", STR, 10, 0),
       JM_FIELD(staff_req, key, "key", B64, 100, 0),
       JM_FIELD(staff_req, person, "person", ID, 32, JM_MSG_OPT),
       TWO_FIELDS(staff_req, JM_MSG_OPT));
struct name_res {
    struct jm_bytes name;
};
JM_MSG(added_res, name_res, false, JM_FIELD(name_res, name, "name", STR, 0, 0));
JM_MSG(removed_res, name_res, false, JM_FIELD(name_res, name, "removed", STR, 0, 0));
struct yes_res {
    bool yes;
};
JM_MSG(approved_res, yes_res, false, JM_FIELD(yes_res, yes, "approved", BOOL, 0, 0));
JM_MSG(kept_res, yes_res, false, JM_FIELD(yes_res, yes, "kept", BOOL, 0, 0));

static bool is_centre(struct jm_bytes code)
{
    for (size_t i = 0; i < code.len; i++)
        if (code.ptr[i] < '0' || code.ptr[i] > '9')
            return false;
    return code.len == 10;
}

static enum jm_status staff_add(struct jm_req *q, struct jm_res *s)
{
    struct jm_staff staff = {.state = JM_STAFF_ENROLLED};
    const struct staff_req *in = q->in;
    struct name_res *out = q->out;

    (void)s;
    staff.name = in->name;
    staff.centre = in->centre;
    staff.person = in->person;
    staff.has_person = !jm_id_is_zero(&in->person);
    staff.role = jm_staff_role_of(in->role);
    if ((int)staff.role == 0)
        return jm_refuse(&q->diag, JM_E_RANGE, JM_API_FIELD_FORM, "role");
    if (in->name.len == 0 || !is_centre(in->centre))
        return jm_refuse(&q->diag, JM_E_RANGE, JM_API_FIELD_FORM,
                         in->name.len == 0 ? "name" : "centre");
    if (jm_point_set(&staff.key, JM_CURVE_P256, in->key) != JM_OK)
        return jm_refuse(&q->diag, JM_E_RANGE, JM_API_FIELD_FORM, "key");
    JM_TRY(jm_staff_add(jm_req_env(q), &staff, in->first.len == 0 ? NULL : TWO_OF(*in), q->mem,
                        &q->diag));
    out->name = in->name;
    return JM_OK;
}

struct name_req {
    struct jm_bytes name;
    TWO;
};
JM_MSG(name_req, name_req, false, JM_FIELD(name_req, name, "name", STR, 64, 0),
       TWO_FIELDS(name_req, JM_MSG_OPT));

static enum jm_status staff_remove(struct jm_req *q, struct jm_res *s)
{
    const struct name_req *in = q->in;
    struct name_res *out = q->out;

    (void)s;
    out->name = in->name;
    return jm_staff_remove(jm_req_env(q), in->name, in->first.len == 0 ? NULL : TWO_OF(*in), q->mem,
                           &q->diag);
}

struct link_req {
    struct jm_bytes name;
    bool end_others;
};
JM_MSG(link_req, link_req, false, JM_FIELD(link_req, name, "name", STR, 64, 0),
       JM_FIELD(link_req, end_others, "end_others", BOOL, 1, JM_MSG_OPT));
struct link_res {
    struct jm_bytes link;
    int64_t expires;
};
JM_MSG(link_res, link_res, false, JM_FIELD(link_res, link, "link", STR, 0, 0),
       JM_FIELD(link_res, expires, "expires", TIME, 0, 0));

/* D-420: one link, by which one member of staff makes one passkey. */
static enum jm_status staff_link(struct jm_req *q, struct jm_res *s)
{
    const struct jm_issuer *is = q->svc;
    const struct link_req *in = q->in;
    struct link_res *out = q->out;
    struct jm_passkey_place at;
    char token[44];

    (void)s;
    JM_TRY(jm_passkey_place(&at, is->id, q->mem));
    JM_TRY(jm_passkey_link(jm_req_env(q), in->name, in->end_others, token, &out->expires, q->mem,
                           &q->diag));
    const struct jm_bytes parts[] = {at.base, JM_BYTES("/desk#enrol="), jm_str(token)};
    return jm_concat(&out->link, q->mem, parts, JM_ARRAY_LEN(parts));
}

struct approve_req {
    struct jm_bytes what;
    TWO;
};
JM_MSG(approve_req, approve_req, false, JM_FIELD(approve_req, what, "what", B64, 64, 0),
       TWO_FIELDS(approve_req, 0));

/* D-409: what one operator may not register alone. */
static enum jm_status approve_act(struct jm_req *q, struct jm_res *s)
{
    const struct approve_req *in = q->in;

    (void)s;
    if (in->what.len != 32)
        return jm_refuse(&q->diag, JM_E_RANGE, JM_API_FIELD_FORM, "what");
    ((struct yes_res *)q->out)->yes = true;
    return jm_staff_approve(jm_req_env(q), TWO_OF(*in), in->what.ptr, "RP_APPROVE", q->mem,
                            &q->diag);
}

struct trust_req {
    struct jm_bytes act, whom, set, outcome;
};
JM_MSG(trust_req, trust_req, false, JM_FIELD(trust_req, act, "act", STR, 32, 0),
       JM_FIELD(trust_req, whom, "whom", STR, 64, 0), JM_FIELD(trust_req, set, "set", B64, 64, 0),
       JM_FIELD(trust_req, outcome, "outcome", STR, 16, 0));

/* Who is trusted changes: the row stands before the set is pinned, and a second one where that
 * failed. */
static enum jm_status note_trust(struct jm_req *q, struct jm_res *s)
{
    static const char *const acts[] = {"RP_REGISTER",   "RP_REPLACE",  "RP_SUSPEND",
                                       "TRUST_IMPORT",  "TRUST_RENEW", "WALLET_ADMIT",
                                       "WALLET_SUSPEND"},
                             *const outcomes[] = {"done", "failed"};
    const struct jm_actor who = {q->who.name, JM_BYTES("local")};
    const char *act = NULL, *outcome = NULL;
    const struct trust_req *in = q->in;
    struct jm_bytes hex, reason;

    (void)s;
    for (size_t i = 0; i < JM_ARRAY_LEN(acts); i++)
        act = jm_bytes_eq_str(in->act, acts[i]) ? acts[i] : act;
    for (size_t i = 0; i < JM_ARRAY_LEN(outcomes); i++)
        outcome = jm_bytes_eq_str(in->outcome, outcomes[i]) ? outcomes[i] : outcome;
    if (act == NULL || outcome == NULL || in->set.len != 32)
        return jm_refuse(&q->diag, JM_E_RANGE, JM_API_FIELD_FORM,
                         act == NULL       ? "act"
                         : outcome == NULL ? "outcome"
                                           : "set");
    JM_TRY(jm_hex_encode(&hex, q->mem, in->set));
    const struct jm_bytes parts[] = {in->whom, JM_BYTES(" "), hex};
    JM_TRY(jm_concat(&reason, q->mem, parts, JM_ARRAY_LEN(parts)));
    ((struct yes_res *)q->out)->yes = true;
    return jm_audit(jm_req_env(q), &who, act, NULL, reason, outcome);
}

struct login_req {
    struct jm_id person;
    struct jm_bytes name, password;
    bool many_phones;
};
JM_MSG(login_req, login_req, false, JM_FIELD(login_req, person, "person", ID, 32, 0),
       JM_FIELD(login_req, name, "name", STR, 64, 0),
       JM_FIELD(login_req, password, "password", RAW, 128, 0),
       JM_FIELD(login_req, many_phones, "many_phones", BOOL, 1, JM_MSG_OPT));

struct chip_req {
    struct jm_chip_req c;
    struct jm_bytes key;
};
JM_MSG(chip_req, chip_req, false, JM_FIELD(chip_req, c.person, "person", ID, 32, 0),
       JM_FIELD(chip_req, c.serial, "serial", STR, 32, JM_MSG_OPT),
       JM_FIELD(chip_req, c.transport, "transport", BOOL, 1, JM_MSG_OPT),
       JM_FIELD(chip_req, key, "key", B64, 100, 0));
struct chip_res {
    struct jm_bytes serial, text[JM_EF_N];
    const char *puk;
};
#define CHIP_FILE(ef, wire) JM_FIELD(chip_res, text[ef], wire, STR, 0, 0)
JM_MSG(chip_res, chip_res, false, JM_FIELD(chip_res, serial, "serial", STR, 0, 0),
       JM_FIELD(chip_res, puk, "puk", WORD, 0, 0), CHIP_FILE(JM_EF_ACCESS, "access"),
       CHIP_FILE(JM_EF_DG1, "dg1"), CHIP_FILE(JM_EF_DG2, "dg2"), CHIP_FILE(JM_EF_DG11, "dg11"),
       CHIP_FILE(JM_EF_DG14, "dg14"), CHIP_FILE(JM_EF_SOD, "sod"));

/* The chip has made its key; it gets its files, and its PUK, which nobody sees again. */
static enum jm_status make_chip(struct jm_req *q, struct jm_res *s)
{
    struct jm_chip_made *made = JM_NEW(q->mem, struct jm_chip_made);
    const struct jm_actor who = {q->who.name, JM_BYTES("local")};
    struct chip_req *in = q->in;
    struct chip_res *out = q->out;

    (void)s;
    if (made == NULL)
        return JM_E_NO_SPACE;
    if (jm_point_set(&in->c.key, JM_CURVE_P256, in->key) != JM_OK)
        return jm_refuse(&q->diag, JM_E_RANGE, JM_API_FIELD_FORM, "key");
    JM_TRY(jm_chip_make(q->svc, made, &in->c, &who, q->mem, &q->diag));
    out->serial = made->serial;
    out->puk = made->puk;
    for (size_t i = 0; i < JM_EF_N; i++)
        JM_TRY(jm_b64url_encode(&out->text[i], q->mem, made->file[i]));
    return JM_OK;
}

/* -- plastic on order: what the printer takes, and gives -- */

struct batch_req {
    struct jm_id batch; /* zero: a new one */
};
JM_MSG(batch_req, batch_req, false, JM_FIELD(batch_req, batch, "batch", ID, 32, JM_MSG_OPT));
struct batch_row {
    struct jm_order o;
    const char *kind;
};
JM_MSG(batch_row, batch_row, false, JM_FIELD(batch_row, o.id, "order", ID, 0, 0),
       JM_FIELD(batch_row, o.person, "person", ID, 0, 0),
       JM_FIELD(batch_row, kind, "kind", WORD, 0, 0),
       JM_FIELD(batch_row, o.serial, "serial", STR, 0, 0),
       JM_FIELD(batch_row, o.centre, "centre", STR, 0, 0));
struct batch_res {
    struct jm_id batch;
    struct jm_msg_list orders;
};
JM_MSG(batch_res, batch_res, false, JM_FIELD(batch_res, batch, "batch", ID, 0, 0),
       JM_FIELD_OF(batch_res, orders, "orders", LIST, batch_row));
struct order_req {
    struct jm_id order;
};
JM_MSG(order_req, order_req, false, JM_FIELD(order_req, order, "order", ID, 32, 0));

static struct jm_order_call printer_of(struct jm_req *q)
{
    return (struct jm_order_call){.is = q->svc,
                                  .who = {q->who.name, JM_BYTES("local")},
                                  .mem = q->mem,
                                  .d = &q->diag};
}

static enum jm_status batch_orders(struct jm_req *q, struct jm_res *s)
{
    static const char *const kind[] = {"", "plain", "ic", "braille"};
    const struct jm_order_call c = printer_of(q);
    struct batch_res *out = q->out;
    struct batch_row *row;
    struct jm_order *o;
    size_t n;

    (void)s;
    out->batch = ((const struct batch_req *)q->in)->batch;
    JM_TRY(jm_orders_batch(&c, &out->batch, &o, &n));
    if ((row = JM_NEW_N(q->mem, struct batch_row, n + 1)) == NULL)
        return JM_E_NO_SPACE;
    for (size_t i = 0; i < n; i++)
        row[i] = (struct batch_row){o[i], kind[(unsigned)o[i].kind % JM_ARRAY_LEN(kind)]};
    out->orders = (struct jm_msg_list){row, n};
    return JM_OK;
}

static enum jm_status order_ready(struct jm_req *q, struct jm_res *s)
{
    const struct jm_order_call c = printer_of(q);

    JM_TRY(jm_order_ready(&c, &((const struct order_req *)q->in)->order));
    return jm_web_ok(q, s);
}

/* A practice country's test person, for wallets and suites that know no card. */
static enum jm_status put_login(struct jm_req *q, struct jm_res *s)
{
    const struct jm_actor who = {q->who.name, JM_BYTES("local")};
    const struct login_req *in = q->in;

    (void)s;
    if (in->name.len == 0 || in->password.len == 0)
        return jm_refuse(&q->diag, JM_E_RANGE, JM_API_FIELD_FORM,
                         in->name.len == 0 ? "name" : "password");
    ((struct name_res *)q->out)->name = in->name;
    return jm_login_put(q->svc, &in->person, in->name, in->password, in->many_phones, &who, q->mem,
                        &q->diag);
}

const struct jm_route jm_local_routes[] = {
    /*       method path                    auth   act    media body max  rate  flags     handler */
    JM_ROUTE_MSG(POST, "/local/ping", LOCAL, SELF, JSON, 64, HIGH, NO_STORE, jm_web_ok, LOCAL_PING,
                 .message = &jm_msg_none, .answer = &jm_ok_res),
    JM_ROUTE_MSG(POST, "/local/staff", LOCAL, D_413, JSON, 1024, HIGH, NO_STORE, staff_add,
                 LOCAL_STAFF_ADD, .message = &staff_req, .answer = &added_res, .http = 201),
    JM_ROUTE_MSG(POST, "/local/approve", LOCAL, D_409, JSON, 1024, HIGH, NO_STORE, approve_act,
                 LOCAL_APPROVE, .message = &approve_req, .answer = &approved_res),
    JM_ROUTE_MSG(POST, "/local/card/make", LOCAL, SELF, JSON, 512, HIGH, NO_STORE, make_chip,
                 LOCAL_CARD_MAKE, .message = &chip_req, .answer = &chip_res, .http = 201),
    JM_ROUTE_MSG(POST, "/local/orders/batch", LOCAL, SELF, JSON, 256, HIGH, NO_STORE, batch_orders,
                 LOCAL_BATCH, .message = &batch_req, .answer = &batch_res),
    JM_ROUTE_MSG(POST, "/local/orders/ready", LOCAL, SELF, JSON, 256, HIGH, NO_STORE, order_ready,
                 LOCAL_READY, .message = &order_req, .answer = &jm_ok_res),
    JM_ROUTE_MSG(POST, "/local/register/login", LOCAL, SELF, JSON, 1024, HIGH, NO_STORE, put_login,
                 LOCAL_LOGIN, .message = &login_req, .answer = &added_res, .http = 201),
    JM_ROUTE_MSG(POST, "/local/trust", LOCAL, D_409, JSON, 512, HIGH, NO_STORE, note_trust,
                 LOCAL_TRUST, .message = &trust_req, .answer = &kept_res, .http = 201),
    JM_ROUTE_MSG(POST, "/local/staff/enrol", LOCAL, D_413, JSON, 256, HIGH, NO_STORE, staff_link,
                 LOCAL_STAFF_ENROL, .message = &link_req, .answer = &link_res, .http = 201),
    JM_ROUTE_MSG(POST, "/local/staff/remove", LOCAL, D_413, JSON, 1024, HIGH, NO_STORE,
                 staff_remove, LOCAL_STAFF_REMOVE, .message = &name_req, .answer = &removed_res),
};
const size_t jm_local_n_routes = JM_ARRAY_LEN(jm_local_routes);
