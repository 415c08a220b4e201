/* SPDX-License-Identifier: Apache-2.0 */
#include <stddef.h>
#include <string.h>

#include "jumin/base64.h"
#include "service/bridge/bridge.h"
#include "service/issuance/issuance.h"
#include "service/msg.h"
#include "service/web/routes.h"

#define LIST_MAX (22 * JM_KIB + 64) /* JM_BRIDGE_OCTETS_MAX as base64url, in an array */
#define BODY_MAX (24 * JM_KIB)

/* Whoever has the secret: it stands in the head, where no log has it. */
static struct jm_bridge_call call_of(struct jm_req *q)
{
    const struct jm_issuer *is = q->svc;
    struct jm_bytes secret = jm_req_header(q, "authorization", NULL);
    const struct jm_bytes scheme = JM_BYTES("Bearer ");

    secret = jm_bytes_starts(secret, scheme) ? jm_slice(secret, scheme.len, SIZE_MAX) : jm_none();
    return (struct jm_bridge_call){is->bridges, &is->base.env, q->arg[0], secret, q->mem, &q->diag};
}

static void wait_at(struct jm_res *s, const struct jm_bridge_call *c, enum jm_bridge_side side)
{
    s->bells.waits = jm_bridge_bell(c, side);
    s->bells.wait_ms = JM_BRIDGE_WAIT_MS;
}

static void ring_at(struct jm_res *s, const struct jm_bridge_call *c, enum jm_bridge_side side)
{
    s->bells.rings = jm_bridge_bell(c, side);
}

/* -- opened and joined -- */

struct bridge_res {
    struct jm_bridge_opened o;
    struct jm_bytes code;
    int64_t expires_in;
};
JM_MSG(bridge_res, bridge_res, false, JM_FIELD(bridge_res, o.bridge, "bridge", STR, 0, 0),
       JM_FIELD(bridge_res, o.secret, "secret", STR, 0, 0),
       JM_FIELD(bridge_res, code, "code", STR, 0, 0),
       JM_FIELD(bridge_res, expires_in, "expires_in", INT, 0, 0));

/* jumin-bridge:HOST[:PORT][/PATH]/CODE: where, and the right to join. */
static enum jm_status write_code(struct jm_bytes *out, struct jm_req *q, struct jm_bytes code)
{
    struct jm_bytes base = ((const struct jm_issuer *)q->svc)->id;
    size_t at = jm_bytes_find(base, JM_BYTES("://"));
    const struct jm_bytes parts[] = {JM_BYTES("jumin-bridge:"),
                                     at == SIZE_MAX ? base : jm_slice(base, at + 3, SIZE_MAX),
                                     JM_BYTES("/"), code};

    return jm_concat(out, q->mem, parts, JM_ARRAY_LEN(parts));
}

static enum jm_status open_bridge(struct jm_req *q, struct jm_res *s)
{
    const struct jm_bridge_call c = call_of(q);
    struct bridge_res *out = q->out;

    (void)s;
    JM_TRY(jm_bridge_open(&c, &out->o, q->client));
    out->expires_in = JM_BRIDGE_CODE_TTL_S;
    return write_code(&out->code, q, out->o.code);
}

struct join_req {
    struct jm_bytes code;
};
JM_MSG(join_req, join_req, false, JM_FIELD(join_req, code, "code", STR, 64, 0));
JM_MSG(join_res, jm_bridge_joined, false, JM_FIELD(jm_bridge_joined, bridge, "bridge", STR, 0, 0),
       JM_FIELD(jm_bridge_joined, secret, "secret", STR, 0, 0),
       JM_FIELD(jm_bridge_joined, sign, "sign", STR, 0, 0));

static enum jm_status join_bridge(struct jm_req *q, struct jm_res *s)
{
    struct jm_bridge_call c = call_of(q);
    struct jm_bridge_joined *out = q->out;

    JM_TRY(jm_bridge_join(&c, out, ((const struct join_req *)q->in)->code));
    c.id = out->bridge;
    ring_at(s, &c, JM_BRIDGE_READER);
    return JM_OK;
}

/* -- octets -- */

struct octets_req {
    int64_t seq;
    bool reset;
    const struct jm_json *list;
};
JM_MSG(apdu_req, octets_req, false, JM_FIELD(octets_req, seq, "seq", INT, 1000000, 0),
       JM_FIELD(octets_req, reset, "reset", BOOL, 1, JM_MSG_OPT),
       JM_FIELD(octets_req, list, "capdus", JSON, LIST_MAX, 0));
JM_MSG(rapdus_req, octets_req, false, JM_FIELD(octets_req, seq, "seq", INT, 1000000, 0),
       JM_FIELD(octets_req, list, "rapdus", JSON, LIST_MAX, 0));
JM_MSG(removed_req, octets_req, false, JM_FIELD(octets_req, seq, "seq", INT, 1000000, 0));

struct octets_res {
    int64_t seq;
    bool reset, joined, over, removed, pending;
    struct jm_bytes sign, reason;
    struct jm_msg_list list;
};
JM_MSG(next_res, octets_res, false, JM_FIELD(octets_res, seq, "seq", INT, 0, 0),
       JM_FIELD(octets_res, sign, "sign", STR, 0, JM_MSG_OPT),
       JM_FIELD(octets_res, reset, "reset", BOOL, 0, 0),
       JM_FIELD(octets_res, list, "capdus", TEXTS, 0, 0),
       JM_FIELD(octets_res, over, "over", BOOL, 0, 0),
       JM_FIELD(octets_res, reason, "reason", STR, 0, JM_MSG_OPT));
JM_MSG(apdu_res, octets_res, false, JM_FIELD(octets_res, seq, "seq", INT, 0, 0),
       JM_FIELD(octets_res, list, "rapdus", TEXTS, 0, 0),
       JM_FIELD(octets_res, removed, "removed", BOOL, 0, 0),
       JM_FIELD(octets_res, pending, "pending", BOOL, 0, 0));

/* An array of texts, of base64url each. */
static enum jm_status read_octets(struct jm_bridge_octets *out, struct jm_req *q, const char *what)
{
    const struct octets_req *in = q->in;
    const struct jm_json *list = in->list;
    struct jm_bytes *part;

    *out = (struct jm_bridge_octets){.seq = in->seq, .resets = in->reset};
    if (list->type != JM_JSON_ARRAY || list->n == 0)
        return jm_refuse(&q->diag, JM_E_MALFORMED, JM_API_FIELD_FORM, what);
    if ((part = JM_NEW_N(q->mem, struct jm_bytes, list->n)) == NULL)
        return JM_E_NO_SPACE;
    for (const struct jm_json *e = list->child; e != NULL; e = e->next)
        if (e->type != JM_JSON_STRING ||
            jm_b64url_decode(&part[out->n++], q->mem, e->text) != JM_OK)
            return jm_refuse(&q->diag, JM_E_MALFORMED, JM_API_FIELD_FORM, what);
    out->part = part;
    return JM_OK;
}

static enum jm_status write_octets(struct octets_res *out, const struct jm_bridge_octets *in,
                                   struct jm_arena *mem)
{
    struct jm_bytes *text = JM_NEW_N(mem, struct jm_bytes, in->n + 1);

    if (text == NULL)
        return JM_E_NO_SPACE;
    for (size_t i = 0; i < in->n; i++)
        JM_TRY(jm_b64url_encode(&text[i], mem, in->part[i]));
    out->seq = in->seq;
    out->reset = in->resets;
    out->list = (struct jm_msg_list){text, in->n};
    return JM_OK;
}

/* ?new: the reader's side does not know yet whether somebody has scanned. */
static enum jm_status next_of_bridge(struct jm_req *q, struct jm_res *s)
{
    const struct jm_bridge_call c = call_of(q);
    struct octets_res *out = q->out;
    struct jm_bridge_work work;
    struct jm_bytes is_new;

    JM_TRY(jm_bridge_next(&c, &work, jm_req_query(q, "new", &is_new) == JM_OK));
    q->fault = JM_WEB_OK; /* of a query that is not there */
    if (work.waits && !q->is_last)
        wait_at(s, &c, JM_BRIDGE_READER);
    out->sign = work.sign;
    out->over = work.is_over;
    out->reason = work.reason;
    return write_octets(out, &work.batch, q->mem);
}

static enum jm_status hear_rapdus(struct jm_req *q, struct jm_res *s)
{
    const struct jm_bridge_call c = call_of(q);
    struct jm_bridge_octets in;

    JM_TRY(read_octets(&in, q, "rapdus"));
    JM_TRY(jm_bridge_answer(&c, &in));
    ring_at(s, &c, JM_BRIDGE_WALLET);
    return jm_web_ok(q, s);
}

static enum jm_status hear_removed(struct jm_req *q, struct jm_res *s)
{
    const struct jm_bridge_call c = call_of(q);
    const struct jm_bridge_octets in = {.seq = ((const struct octets_req *)q->in)->seq};

    JM_TRY(jm_bridge_answer(&c, &in));
    ring_at(s, &c, JM_BRIDGE_WALLET);
    return jm_web_ok(q, s);
}

static enum jm_status carry_apdu(struct jm_req *q, struct jm_res *s)
{
    const struct jm_bridge_call c = call_of(q);
    struct octets_res *out = q->out;
    struct jm_bridge_octets in;
    struct jm_bridge_heard heard;

    JM_TRY(read_octets(&in, q, "capdus"));
    JM_TRY(jm_bridge_ask(&c, &heard, &in));
    if (heard.is_new)
        ring_at(s, &c, JM_BRIDGE_READER);
    if (heard.waits && !q->is_last)
        wait_at(s, &c, JM_BRIDGE_WALLET);
    out->removed = heard.removed;
    out->pending = heard.waits;
    return write_octets(out, &heard.batch, q->mem);
}

struct end_req {
    struct jm_bytes reason;
};
JM_MSG(end_req, end_req, false, JM_FIELD(end_req, reason, "reason", STR, 64, JM_MSG_OPT));

static enum jm_status end_bridge(struct jm_req *q, struct jm_res *s)
{
    const struct jm_bridge_call c = call_of(q);
    enum jm_bridge_side by;

    JM_TRY(jm_bridge_end(&c, &by, ((const struct end_req *)q->in)->reason));
    ring_at(s, &c, by == JM_BRIDGE_WALLET ? JM_BRIDGE_READER : JM_BRIDGE_WALLET);
    return jm_web_ok(q, s);
}

const struct jm_route jm_bridge_routes[] = {
    /* the reader's side */
    JM_ROUTE_MSG(POST, "/bridge", PUBLIC, SELF, JSON, 256, LOW, NO_STORE, open_bridge, BRIDGE,
                 .message = &jm_msg_none, .answer = &bridge_res, .http = 201),
    JM_ROUTE_MSG(GET, "/bridge/{id}/next", PUBLIC, SELF, NONE, 0, DESK, NO_STORE, next_of_bridge,
                 BRIDGE_NEXT, .answer = &next_res),
    JM_ROUTE_MSG(POST, "/bridge/{id}/rapdus", PUBLIC, SELF, JSON, BODY_MAX, DESK, NO_STORE,
                 hear_rapdus, BRIDGE_RAPDUS, .message = &rapdus_req, .answer = &jm_ok_res),
    JM_ROUTE_MSG(POST, "/bridge/{id}/removed", PUBLIC, SELF, JSON, 256, DESK, NO_STORE,
                 hear_removed, BRIDGE_REMOVED, .message = &removed_req, .answer = &jm_ok_res),
    /* the wallet's, and the end, which is either's */
    JM_ROUTE_MSG(POST, "/bridge/join", PUBLIC, SELF, JSON, 256, GUESS, ANYBODY_NO_STORE,
                 join_bridge, BRIDGE_JOIN, .message = &join_req, .answer = &join_res),
    JM_ROUTE_MSG(POST, "/bridge/{id}/apdu", PUBLIC, SELF, JSON, BODY_MAX, DESK, ANYBODY_NO_STORE,
                 carry_apdu, BRIDGE_APDU, .message = &apdu_req, .answer = &apdu_res),
    JM_ROUTE_MSG(POST, "/bridge/{id}/end", PUBLIC, SELF, JSON, 256, DESK, ANYBODY_NO_STORE,
                 end_bridge, BRIDGE_END, .message = &end_req, .answer = &jm_ok_res),
};
const size_t jm_bridge_n_routes = JM_ARRAY_LEN(jm_bridge_routes);
