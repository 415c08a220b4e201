/* SPDX-License-Identifier: Apache-2.0 */
#include "service/tap/tap.h"

#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "jumin/base64.h"
#include "service/msg.h"
#include "service/web/routes.h"

/* Every call is of the instance and the DPoP key that pushed the request. */
static enum jm_status call_of(struct jm_tap_call *c, struct jm_req *q, struct jm_res *s,
                              struct jm_dpop *dpop)
{
    JM_TRY(jm_dpop_of(q, s, jm_none(), dpop));
    *c = (struct jm_tap_call){q->svc, q->who.more, dpop, q->mem, &q->diag};
    return JM_OK;
}

/* When it is worth another try. */
static enum jm_status tell_wait(struct jm_res *s, int64_t wait_s, struct jm_arena *mem)
{
    char *text = jm_alloc(mem, 24, 1);

    if (text == NULL)
        return JM_E_NO_SPACE;
    (void)snprintf(text, 24, "%lld", (long long)wait_s);
    return jm_res_header(s, "Retry-After", jm_str(text));
}

static enum jm_status bad_form(struct jm_req *q, const char *what)
{
    return jm_refuse(&q->diag, JM_E_MALFORMED, JM_API_FIELD_FORM, what);
}

/* An array of texts, of base64url each. @p max of them. */
static enum jm_status read_list(struct jm_bytes **out, size_t *n, const struct jm_json *list,
                                size_t max, struct jm_req *q, const char *what)
{
    const struct jm_json *e = list->child;

    if (list->type != JM_JSON_ARRAY || list->n == 0 || list->n > max)
        return bad_form(q, what);
    if ((*out = JM_NEW_N(q->mem, struct jm_bytes, list->n)) == NULL)
        return JM_E_NO_SPACE;
    for (*n = 0; *n < list->n; (*n)++, e = e->next)
        if (e->type != JM_JSON_STRING || jm_b64url_decode(&(*out)[*n], q->mem, e->text) != JM_OK)
            return bad_form(q, what);
    return JM_OK;
}

/* -- another phone: what the person says -- */

JM_MSG(takeover_req, jm_takeover_word, false, JM_TAKEOVER_WORD);
JM_MSG(takeover_res, jm_takeover_told, false, JM_TAKEOVER_TOLD);

/* By the phone that has the card. */
static enum jm_status say_takeover(struct jm_req *q, struct jm_res *s)
{
    const struct jm_takeover_word *in = q->in;
    struct jm_id person;
    const struct jm_takeover_saying say = {q->svc,       &person,
                                           in->decision, {q->who.name, JM_BYTES("wallet")},
                                           q->out,       &q->diag};

    JM_TRY(jm_grant_holder(q->svc, q->who.more, &person, q->mem, &q->diag));
    JM_TRY(jm_takeover_say(&say));
    return jm_issuer_dpop_nonce(q, s);
}

struct tap_req {
    struct jm_bytes request_uri;
    const struct jm_json *keys;
};
JM_MSG(tap_req, tap_req, false, JM_FIELD(tap_req, request_uri, "request_uri", STR, 512, 0),
       JM_FIELD(tap_req, keys, "keys", JSON, 4096, 0));
struct tap_res {
    struct jm_tap_begun t;
    int64_t expires_in;
};
JM_MSG(tap_res, tap_res, false, JM_FIELD(tap_res, t.tap, "tap", STR, 0, 0),
       JM_FIELD(tap_res, t.nonce, "nonce", STR, 0, 0),
       JM_FIELD(tap_res, expires_in, "expires_in", INT, 0, 0));

static enum jm_status begin_tap(struct jm_req *q, struct jm_res *s)
{
    const struct tap_req *in = q->in;
    struct tap_res *out = q->out;
    struct jm_tap_call c;
    struct jm_dpop dpop;
    struct jm_bytes *key;
    struct jm_buf keys;
    enum jm_status st;
    size_t n;

    JM_TRY(call_of(&c, q, s, &dpop));
    /* no more than a batch has, as the metadata say */
    JM_TRY(read_list(&key, &n, in->keys, (size_t)jm_profile_of(&c.is->types, jm_none())->batch, q,
                     "keys"));
    JM_TRY(jm_alloc_buf(&keys, q->mem, 32 * n));
    for (size_t i = 0; i < n; i++)
        if (key[i].len != 32 || jm_buf_put(&keys, key[i]) != JM_OK)
            return bad_form(q, "keys");
    st = jm_tap_begin(&c, &out->t, in->request_uri, jm_written(keys));
    if (out->t.wait_s != 0)
        JM_TRY(tell_wait(s, out->t.wait_s, q->mem));
    out->expires_in = JM_TAP_TTL_S;
    return st;
}

struct open_req {
    struct jm_bytes nonce, dg14, sod;
};
JM_MSG(open_req, open_req, false, JM_FIELD(open_req, nonce, "nonce", STR, 43, 0),
       JM_FIELD(open_req, dg14, "dg14", B64, JM_CARD_DG14_MAX, 0),
       JM_FIELD(open_req, sod, "sod", B64, JM_CARD_SOD_MAX, 0));
struct open_res {
    struct jm_tap_opened o;
    struct jm_msg_list wrap, opaque;
};
JM_MSG(open_res, open_res, false, JM_FIELD(open_res, o.nonce, "nonce", STR, 0, 0),
       JM_FIELD(open_res, wrap, "wrap", TEXTS, 0, 0),
       JM_FIELD(open_res, opaque, "opaque", TEXTS, 0, 0));

static enum jm_status list_texts(struct jm_msg_list *out, const struct jm_bytes *octets, size_t n,
                                 struct jm_arena *mem)
{
    struct jm_bytes *text = JM_NEW_N(mem, struct jm_bytes, n);

    if (text == NULL)
        return JM_E_NO_SPACE;
    for (size_t i = 0; i < n; i++)
        JM_TRY(jm_b64url_encode(&text[i], mem, octets[i]));
    *out = (struct jm_msg_list){text, n};
    return JM_OK;
}

static enum jm_status open_tap(struct jm_req *q, struct jm_res *s)
{
    const struct open_req *in = q->in;
    struct open_res *out = q->out;
    struct jm_tap_call c;
    struct jm_dpop dpop;
    enum jm_status st;

    JM_TRY(call_of(&c, q, s, &dpop));
    st = jm_tap_open(&c, &out->o, q->arg[0], in->nonce, in->dg14, in->sod);
    if (out->o.wait_s != 0)
        JM_TRY(tell_wait(s, out->o.wait_s, q->mem));
    JM_TRY(st);
    JM_TRY(list_texts(&out->wrap, out->o.script.wrap, JM_ARRAY_LEN(out->o.script.wrap), q->mem));
    return list_texts(&out->opaque, out->o.script.opaque, out->o.script.n, q->mem);
}

struct finish_req {
    struct jm_bytes nonce;
    const struct jm_json *rapdus;
};
JM_MSG(finish_req, finish_req, false, JM_FIELD(finish_req, nonce, "nonce", STR, 43, 0),
       JM_FIELD(finish_req, rapdus, "rapdus", JSON, 32 * JM_KIB, 0));
struct finish_res {
    struct jm_tap_done f;
    struct jm_bytes iss;
};
JM_MSG(finish_res, finish_res, false, JM_FIELD(finish_res, f.code, "code", STR, 0, 0),
       JM_FIELD(finish_res, iss, "iss", STR, 0, 0),
       JM_FIELD(finish_res, f.state, "state", STR, 0, JM_MSG_OPT));

static enum jm_status finish_tap(struct jm_req *q, struct jm_res *s)
{
    const struct finish_req *in = q->in;
    struct finish_res *out = q->out;
    struct jm_tap_call c;
    struct jm_dpop dpop;
    struct jm_bytes *rapdu;
    enum jm_status st;
    size_t n;

    JM_TRY(call_of(&c, q, s, &dpop));
    JM_TRY(read_list(&rapdu, &n, in->rapdus, JM_CARD_SCRIPT_MAX, q, "rapdus"));
    out->iss = c.is->id;
    st = jm_tap_finish(&c, &out->f, q->arg[0], in->nonce, rapdu, n);
    if (out->f.wait_s != 0)
        JM_TRY(tell_wait(s, out->f.wait_s, q->mem));
    return st;
}

struct abort_req {
    struct jm_bytes reason;
};
JM_MSG(abort_req, abort_req, false, JM_FIELD(abort_req, reason, "reason", STR, 64, 0));

static enum jm_status abort_tap(struct jm_req *q, struct jm_res *s)
{
    const struct abort_req *in = q->in;
    struct jm_tap_call c;
    struct jm_dpop dpop;

    JM_TRY(call_of(&c, q, s, &dpop));
    JM_TRY(jm_tap_abort(&c, q->arg[0], in->reason));
    return jm_web_ok(q, s);
}

const struct jm_route jm_tap_routes[] = {
    JM_ROUTE_MSG(POST, "/takeover", DPOP, SELF, JSON, 256, LOW, CORS_NO_STORE, say_takeover,
                 TAKEOVER, .message = &takeover_req, .answer = &takeover_res),
    /*       method path                 auth                act   media body max rate flags handler
     */
    JM_ROUTE_MSG(POST, "/tap", CLIENT_ATTESTATION, SELF, JSON, 8 * JM_KIB, LOW, CORS_NO_STORE,
                 begin_tap, TAP, .message = &tap_req, .answer = &tap_res, .http = 201),
    JM_ROUTE_MSG(POST, "/tap/{id}/open", CLIENT_ATTESTATION, SELF, JSON, 8 * JM_KIB, LOW,
                 CORS_NO_STORE, open_tap, TAP_OPEN, .message = &open_req, .answer = &open_res),
    JM_ROUTE_MSG(POST, "/tap/{id}/finish", CLIENT_ATTESTATION, SELF, JSON, 40 * JM_KIB, LOW,
                 CORS_NO_STORE, finish_tap, TAP_FINISH, .message = &finish_req,
                 .answer = &finish_res),
    JM_ROUTE_MSG(POST, "/tap/{id}/abort", CLIENT_ATTESTATION, SELF, JSON, 256, LOW, CORS_NO_STORE,
                 abort_tap, TAP_ABORT, .message = &abort_req, .answer = &jm_ok_res),
};
const size_t jm_tap_n_routes = JM_ARRAY_LEN(jm_tap_routes);
