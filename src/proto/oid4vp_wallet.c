/* SPDX-License-Identifier: Apache-2.0 */
/* The wallet's engine: two steps that ask (fetch and judge; sign and encrypt), and one that sends.
 */
#include <string.h>

#include "jumin/base64.h"
#include "jumin/form.h"
#include "jumin/mdoc.h"
#include "jumin/oid4vp.h"
#include "jumin/sdjwt.h"

enum jm_status jm_vp_init(struct jm_vp *e, const struct jm_vp_config *config, void *room,
                          size_t len)
{
    size_t third = len / 3 & ~(size_t)15;

    memset(e, 0, sizeof *e);
    if (len < 256 * JM_KIB)
        return JM_E_NO_SPACE;
    e->config = *config;
    jm_arena_init(&e->keep, room, third);
    jm_arena_init(&e->scratch, (uint8_t *)room + third, third);
    jm_book_init(&e->book, (uint8_t *)room + 2 * third, third);
    e->state = JM_VP_NEW;
    return JM_OK;
}

static bool loopback_http(const struct jm_vp *e)
{
    return e->config.trust->synthetic;
}

bool jm_vp_is_invocation(struct jm_bytes url)
{
    return jm_url_scheme_is(url, "openid4vp") || jm_url_scheme_is(url, "haip-vp");
}

static enum jm_status read_invocation(struct jm_vp *e)
{
    size_t q = jm_bytes_find(e->url, JM_BYTES("?"));
    struct jm_bytes method;
    struct jm_form f;

    if (q == SIZE_MAX || !jm_vp_is_invocation(e->url) ||
        jm_form_parse(&f, jm_slice(e->url, q + 1, SIZE_MAX), &e->keep) != JM_OK)
        return jm_refuse(&e->diag, JM_E_MALFORMED, JM_VP_INVOCATION,
                         "not an openid4vp: address with parameters");
    e->client_id = jm_form_get(&f, "client_id");
    e->request_uri = jm_form_get(&f, "request_uri");
    method = jm_form_get(&f, "request_uri_method");
    e->post = jm_bytes_eq_str(method, "post");
    if (e->client_id.len == 0 || e->request_uri.len == 0)
        return jm_refuse(&e->diag, JM_E_MALFORMED, JM_VP_INVOCATION,
                         "client_id or request_uri is missing");
    if (method.len != 0 && !e->post && !jm_bytes_eq_str(method, "get"))
        return jm_refuse(&e->diag, JM_E_MALFORMED, JM_VP_INVOCATION,
                         "request_uri_method is not get or post");
    if (!jm_url_allowed(e->request_uri, loopback_http(e)))
        return jm_refuse(&e->diag, JM_E_DENIED, JM_VP_INVOCATION,
                         "request_uri is no https address");
    return JM_OK;
}

/* -- step 1: fetch the request object and judge it -- */

static enum jm_status fetch_request(struct jm_vp *e, const struct jm_answers *a,
                                    struct jm_bytes *token, struct jm_bytes *wn)
{
    struct jm_http_ask h = {.verb = e->post ? JM_HTTP_POST : JM_HTTP_GET,
                            .url = e->request_uri,
                            .accept = "application/oauth-authz-req+jwt",
                            .max_len = JM_VP_REQUEST_MAX};
    struct jm_http_answer r;
    struct jm_buf form;
    uint8_t nonce[32];

    *wn = jm_none();
    if (e->post) {
        JM_TRY(a->random(a->ctx, nonce, sizeof nonce));
        JM_TRY(jm_b64url_encode(wn, &e->scratch, jm_bytes(nonce, sizeof nonce)));
        JM_TRY(jm_alloc_buf(&form, &e->scratch, 256));
        JM_TRY(jm_form_put(&form, "wallet_nonce", *wn));
        h.content_type = "application/x-www-form-urlencoded";
        h.body = jm_written(form);
    }
    enum jm_status st = a->http(a->ctx, &h, &r, &e->scratch);
    if (st == JM_E_PENDING || st == JM_E_NO_SPACE)
        return st;
    if (st != JM_OK)
        return jm_refuse(&e->diag, st, JM_VP_REQUEST_FETCH, "the verifier does not answer");
    if (r.status == 404 || r.status == 410)
        return jm_refuse(&e->diag, JM_E_ABSENT, JM_VP_REQUEST_GONE, NULL);
    if (r.status != 200)
        return jm_refuse(&e->diag, JM_E_DENIED, JM_VP_REQUEST_FETCH,
                         "the verifier gives no request");
    return jm_dup(token, &e->scratch, r.body);
}

static bool is_good_but_unanswerable(const struct jm_vp *e)
{
    return e->request.known && (e->diag.code == JM_VP_TRANSACTION_DATA ||
                                e->diag.code == JM_VP_FORMATS || e->diag.code == JM_VP_FORMAT);
}

static enum jm_status step_judge(struct jm_vp *e, const struct jm_answers *a)
{
    struct jm_bytes token, wn;
    struct jm_anchors ca;
    struct jm_reading r = {e->at_s, a, e->config.crypto, &ca, jm_none(), &e->scratch, &e->diag};
    struct jm_vp_expect x = {.client_id = e->client_id,
                             .loopback_http = loopback_http(e),
                             .strangers = true};
    enum jm_status st;

    JM_TRY(jm_trust_anchors(&ca, e->config.trust, JM_CERT_READER_CA, jm_none(), jm_none(), e->at_s,
                            &e->scratch));
    JM_TRY(fetch_request(e, a, &token, &wn));
    x.wallet_nonce = wn;
    st = jm_vp_request_read(&e->request, token, &x, &r);
    if (st != JM_OK && !is_good_but_unanswerable(e))
        return st;
    /* Everything holds: once more over octets that stay, now that all answers are in the book. */
    JM_TRY(jm_dup(&e->request_token, &e->keep, token));
    JM_TRY(jm_dup(&e->wallet_nonce, &e->keep, wn));
    jm_book_rewind(&e->book);
    JM_TRY(fetch_request(e, a, &token, &wn));
    x.wallet_nonce = wn;
    r.mem = &e->keep;
    st = jm_vp_request_read(&e->request, e->request_token, &x, &r);
    e->state = st == JM_OK                   ? JM_VP_JUDGED
               : is_good_but_unanswerable(e) ? JM_VP_UNANSWERABLE
                                             : JM_VP_FAILED;
    return st;
}

/* -- step 2: sign and encrypt -- */

static enum jm_status present_mdoc(struct jm_vp *e, const struct jm_answers *a,
                                   const struct jm_vp_choice *c, struct jm_json_w *w)
{
    struct jm_mdoc_pick *pick = JM_NEW_N(&e->scratch, struct jm_mdoc_pick, c->n + 1);
    struct jm_mdoc_presentation p;
    struct jm_mdoc_copy copy;
    struct jm_bytes transcript, response;
    struct jm_sig sig;
    uint8_t thumb[32];

    if (pick == NULL)
        return JM_E_NO_SPACE;
    JM_TRY(jm_mdoc_copy_read(&copy, c->copy, &e->scratch));
    for (size_t i = 0; i < c->n; i++) {
        if (c->part[i] >= copy.n)
            return JM_E_ABSENT;
        pick[i] = (struct jm_mdoc_pick){copy.item[c->part[i]].ns, copy.item[c->part[i]].id};
    }
    JM_TRY(jm_jwk_thumbprint(thumb, e->config.crypto, &e->request.enc.point));
    JM_TRY(jm_transcript_oid4vp(&transcript, e->config.crypto, e->request.client_id,
                                e->request.nonce, jm_bytes(thumb, sizeof thumb),
                                e->request.response_uri, &e->scratch));
    JM_TRY(jm_mdoc_present_begin(&p, c->copy, pick, c->n, transcript, &e->scratch));
    JM_TRY(a->sign(a->ctx, JM_ALG_ES256, c->key, p.to_sign, &sig));
    JM_TRY(jm_mdoc_present_finish(&response, &p, jm_sig_bytes(&sig), &e->scratch));
    jm_json_w_b64url(w, response);
    return JM_OK;
}

static enum jm_status present_sdjwt(struct jm_vp *e, const struct jm_answers *a,
                                    const struct jm_vp_choice *c, struct jm_json_w *w)
{
    struct jm_sdjwt_presentation p;
    struct jm_bytes out;
    struct jm_sig sig;

    JM_TRY(jm_sdjwt_present_parts_begin(&p, c->copy, c->part, c->n,
                                        &(const struct jm_sdjwt_binding){e->request.client_id,
                                                                         e->request.nonce, e->at_s,
                                                                         e->config.crypto},
                                        &e->scratch));
    JM_TRY(a->sign(a->ctx, JM_ALG_ES256, c->key, p.kb.to_sign, &sig));
    JM_TRY(jm_sdjwt_present_finish(&out, &p, jm_sig_bytes(&sig), &e->scratch));
    jm_json_w_text(w, out);
    return JM_OK;
}

static enum jm_status write_token(struct jm_vp *e, const struct jm_answers *a,
                                  struct jm_bytes *plain)
{
    size_t room = 1024 + e->request.state.len * 6;
    struct jm_json_w w;
    struct jm_buf b;

    for (size_t i = 0; i < e->n_choices; i++)
        room += 4096 + e->choice[i].copy.len * 2;
    JM_TRY(jm_alloc_buf(&b, &e->scratch, room));
    jm_json_w_init(&w, &b);
    jm_json_w_open(&w, '{');
    jm_json_w_name(&w, "vp_token");
    jm_json_w_open(&w, '{');
    for (size_t i = 0; i < e->n_choices; i++) {
        const struct jm_vp_choice *c = &e->choice[i];

        if (i == 0 || !jm_bytes_eq(c->query, e->choice[i - 1].query)) {
            jm_json_w_name_b(&w, c->query);
            jm_json_w_open(&w, '[');
        }
        JM_TRY(c->fmt == JM_FMT_MDOC ? present_mdoc(e, a, c, &w) : present_sdjwt(e, a, c, &w));
        if (i + 1 == e->n_choices || !jm_bytes_eq(c->query, e->choice[i + 1].query))
            jm_json_w_close(&w, ']');
    }
    jm_json_w_close(&w, '}');
    if (e->request.state.ptr != NULL)
        jm_json_w_mtext(&w, "state", e->request.state);
    jm_json_w_close(&w, '}');
    JM_TRY(jm_json_w_end(&w));
    *plain = jm_written(b);
    return JM_OK;
}

/* The form that goes to response_uri: @p plain encrypted to the key of the request. */
static enum jm_status seal_form(struct jm_vp *e, const struct jm_answers *a, struct jm_bytes plain,
                                struct jm_arena *mem, struct jm_bytes *out)
{
    struct jm_bytes jwe;
    struct jm_buf form;
    uint8_t z[32], iv[JM_GCM_IV];
    const struct jm_jwe_spec spec =
        {&e->request.enc, e->request.aes256, &e->config.ephemeral_point, z, iv, a};
    enum jm_status st;

    JM_TRY(a->agree(a->ctx, e->config.ephemeral, jm_point_bytes(&e->request.enc.point), z));
    JM_TRY(a->random(a->ctx, iv, sizeof iv));
    st = jm_jwe_seal(&jwe, plain, &spec, e->config.crypto, &e->scratch);
    jm_wipe(z, sizeof z);
    JM_TRY(st);
    JM_TRY(jm_alloc_buf(&form, mem, jwe.len + 64));
    JM_TRY(jm_form_put(&form, "response", jwe)); /* base64url and dots: nothing is escaped */
    *out = jm_written(form);
    return JM_OK;
}

static enum jm_status step_sign(struct jm_vp *e, const struct jm_answers *a)
{
    struct jm_bytes plain;

    JM_TRY(write_token(e, a, &plain));
    JM_TRY(seal_form(e, a, plain, &e->keep, &e->body));
    e->state = JM_VP_READY;
    return JM_OK;
}

/* -- step 3: send -- */

/* @p json null: there is none. */
static enum jm_status post_form(struct jm_vp *e, const struct jm_answers *a, struct jm_bytes body,
                                const struct jm_json **json)
{
    struct jm_http_ask h = {.verb = JM_HTTP_POST,
                            .url = e->request.response_uri,
                            .content_type = "application/x-www-form-urlencoded",
                            .accept = "application/json",
                            .body = body,
                            .max_len = 64 * JM_KIB};
    struct jm_http_answer r;
    enum jm_status st = a->http(a->ctx, &h, &r, &e->scratch);

    *json = NULL;
    if (st == JM_E_PENDING || st == JM_E_NO_SPACE)
        return st;
    if (st != JM_OK || r.status >= 500)
        return jm_refuse(&e->diag, JM_E_UNAVAILABLE, JM_VP_SEND,
                         "the verifier does not answer: it may have taken what was sent");
    e->http_status = r.status;
    if (jm_json_parse(json, r.body, &e->scratch, NULL) != JM_OK || (*json)->type != JM_JSON_OBJECT)
        *json = NULL;
    if (r.status == 200 && *json == NULL && r.body.len != 0)
        return jm_refuse(&e->diag, JM_E_UNAVAILABLE, JM_VP_SEND,
                         "what answers is no verifier: it may have taken what was sent");
    return JM_OK;
}

/* Wherever the verifier wants the holder to go on, also after a refusal. Spec: OpenID4VP 1.0 8.2 */
static enum jm_status keep_redirect(struct jm_vp *e, const struct jm_json *json)
{
    struct jm_bytes v;

    if (jm_json_text(&v, json, "redirect_uri", JM_URL_MAX) != JM_OK ||
        !jm_url_allowed(jm_slice(v, 0, jm_bytes_find(v, JM_BYTES("#"))), loopback_http(e)))
        return JM_OK;
    for (size_t i = 0; i < v.len; i++)
        if (v.ptr[i] <= 0x20 || v.ptr[i] >= 0x7F)
            return JM_OK; /* also behind the # */
    return jm_dup(&e->redirect, &e->keep, v);
}

static enum jm_status step_send(struct jm_vp *e, const struct jm_answers *a)
{
    const struct jm_json *j;
    struct jm_bytes v;

    JM_TRY(post_form(e, a, e->body, &j));
    JM_TRY(keep_redirect(e, j));
    if (e->http_status != 200 &&
        jm_json_text(&v, j, "error_description", JM_VP_REASON_MAX) == JM_OK)
        JM_TRY(jm_dup(&e->reason, &e->keep, v));
    e->state = e->http_status == 200 ? JM_VP_DONE : JM_VP_REFUSED;
    return JM_OK;
}

/* -- instead: decline -- */

static enum jm_status step_decline(struct jm_vp *e, const struct jm_answers *a)
{
    const struct jm_json *j;
    struct jm_bytes form;
    struct jm_json_w w;
    struct jm_buf b;

    JM_TRY(jm_alloc_buf(&b, &e->scratch, 256 + e->request.state.len * 6));
    jm_json_w_init(&w, &b);
    jm_json_w_open(&w, '{');
    jm_json_w_mstr(&w, "error", e->error);
    if (e->request.state.ptr != NULL)
        jm_json_w_mtext(&w, "state", e->request.state);
    jm_json_w_close(&w, '}');
    JM_TRY(jm_json_w_end(&w));
    JM_TRY(seal_form(e, a, jm_written(b), &e->scratch, &form));
    JM_TRY(post_form(e, a, form, &j));
    JM_TRY(keep_redirect(e, j));
    e->state = JM_VP_TOLD;
    return JM_OK;
}

/* -- driving -- */

static enum jm_status run_step(struct jm_vp *e)
{
    const struct jm_answers a = jm_book_answers(&e->book);
    enum jm_status st = JM_E_BUG;

    jm_book_rewind(&e->book);
    if (e->state == JM_VP_FETCHING)
        st = step_judge(e, &a);
    else if (e->state == JM_VP_SIGNING)
        st = step_sign(e, &a);
    else if (e->state == JM_VP_SENDING)
        st = step_send(e, &a);
    else if (e->state == JM_VP_DECLINING)
        st = step_decline(e, &a);
    if (st == JM_E_PENDING)
        return JM_OK;
    jm_diag_keep(&e->diag, &e->keep);
    jm_arena_reset(&e->scratch);
    jm_book_clear(&e->book);
    if (st != JM_OK && e->state != JM_VP_UNANSWERABLE)
        e->state = JM_VP_FAILED;
    return st;
}

void jm_vp_end(struct jm_vp *e)
{
    if (e->keep.base == NULL)
        return;
    jm_arena_reset(&e->keep);
    jm_arena_reset(&e->scratch);
    jm_book_clear(&e->book);
    memset(e, 0, sizeof *e);
    e->state = JM_VP_FAILED;
}

static size_t engine_asks(const void *self, const struct jm_ask **asks)
{
    const struct jm_vp *e = self;

    return jm_book_asks(&e->book, asks);
}

/* A step keeps the time at which it began: what it signs must not differ when it is replayed. */
static enum jm_status engine_answer(void *self, uint32_t id, const struct jm_answer *a,
                                    int64_t at_s)
{
    struct jm_vp *e = self;

    (void)at_s;
    JM_TRY(jm_book_answer(&e->book, id, a));
    jm_arena_reset(&e->scratch);
    return run_step(e);
}

struct jm_engine jm_vp_engine(struct jm_vp *e)
{
    return (struct jm_engine){e, engine_asks, engine_answer};
}

/* What each state makes of each event; 0: refused. */
static const uint8_t next_state[JM_VP_TOLD + 1][JM_EVENT_TIMEOUT + 1] = {
    /*                 -  START           MESSAGE        CANCEL        TIMEOUT */
    [JM_VP_NEW] = {0, JM_VP_FETCHING, 0, JM_VP_FAILED, JM_VP_FAILED},
    [JM_VP_FETCHING] = {0, 0, 0, JM_VP_FAILED, JM_VP_FAILED},
    [JM_VP_JUDGED] = {0, 0, 0, JM_VP_FAILED, JM_VP_FAILED},
    [JM_VP_SIGNING] = {0, 0, 0, JM_VP_FAILED, JM_VP_FAILED},
    [JM_VP_READY] = {0, 0, JM_VP_SENDING, JM_VP_FAILED, JM_VP_FAILED},
    [JM_VP_SENDING] = {0, 0, 0, 0, JM_VP_FAILED},
    [JM_VP_DONE] = {0, 0, 0, 0, 0},
    [JM_VP_REFUSED] = {0, 0, 0, 0, 0},
    [JM_VP_FAILED] = {0, 0, 0, 0, 0},
    [JM_VP_UNANSWERABLE] = {0, 0, 0, JM_VP_FAILED, JM_VP_FAILED},
    [JM_VP_DECLINING] = {0, 0, 0, 0, JM_VP_FAILED},
    [JM_VP_TOLD] = {0, 0, 0, 0, 0},
};

enum jm_status jm_vp_event(struct jm_vp *e, enum jm_event ev, struct jm_bytes octets, int64_t at_s)
{
    enum jm_vp_state to;

    if ((unsigned)e->state > JM_VP_TOLD || (unsigned)ev > JM_EVENT_TIMEOUT)
        return JM_E_BUG;
    to = (enum jm_vp_state)next_state[e->state][ev];
    if ((int)to == 0)
        return JM_E_CONFLICT;
    e->at_s = at_s;
    if (to == JM_VP_FAILED) {
        (void)jm_refuse(&e->diag, JM_E_DENIED, JM_VP_DECLINED, "the holder declined");
        jm_book_clear(&e->book);
        e->state = to;
        return JM_OK;
    }
    if (ev == JM_EVENT_START) {
        JM_TRY(jm_dup(&e->url, &e->keep, jm_url_trim(octets)));
        if (read_invocation(e) != JM_OK) {
            e->state = JM_VP_FAILED;
            return JM_E_MALFORMED;
        }
    }
    e->state = to;
    return run_step(e);
}

enum jm_status jm_vp_agree(struct jm_vp *e, const struct jm_vp_choice *choice, size_t n,
                           int64_t at_s)
{
    if (e->state != JM_VP_JUDGED)
        return JM_E_CONFLICT;
    e->choice = choice;
    e->n_choices = n;
    e->at_s = at_s;
    e->state = JM_VP_SIGNING;
    return run_step(e);
}

enum jm_status jm_vp_decline(struct jm_vp *e, const char *error, int64_t at_s)
{
    if ((e->state != JM_VP_JUDGED && e->state != JM_VP_UNANSWERABLE) || !e->request.known)
        return JM_E_CONFLICT;
    e->error = error;
    e->at_s = at_s;
    e->state = JM_VP_DECLINING;
    memset(&e->diag, 0, sizeof e->diag);
    return run_step(e);
}

struct jm_bytes jm_vp_redirect(const struct jm_vp *e)
{
    return e->redirect;
}

enum jm_vp_state jm_vp_state(const struct jm_vp *e)
{
    return e->state;
}

const struct jm_vp_request *jm_vp_request_of(const struct jm_vp *e)
{
    return e->state >= JM_VP_JUDGED && e->state != JM_VP_FAILED ? &e->request : NULL;
}

struct jm_bytes jm_vp_body(const struct jm_vp *e)
{
    return e->body;
}

const struct jm_diag *jm_vp_diag(const struct jm_vp *e)
{
    return &e->diag;
}
