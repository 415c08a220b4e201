/* SPDX-License-Identifier: Apache-2.0 */
#include <stddef.h>
#include <string.h>

#include "jumin/base64.h"
#include "jumin/form.h"
#include "service/issuance/parts.h"
#include "service/msg.h"
#include "service/web/pages.h"
#include "service/web/routes.h"

static enum jm_status raw_json(struct jm_res *s, struct jm_bytes json, const char *media)
{
    s->body = json;
    s->media = media;
    return JM_OK;
}

static enum jm_status issuer_metadata(struct jm_req *q, struct jm_res *s)
{
    struct jm_issuer *is = q->svc;
    struct jm_bytes accept = jm_req_header(q, "Accept", NULL);
    unsigned jwt = jm_accept_weight(accept, "application/jwt");

    JM_TRY(jm_res_header(s, "Vary", JM_BYTES("Accept")));
    if (jm_bytes_find(accept, JM_BYTES("jwt")) != SIZE_MAX && jwt > 0 &&
        jwt >= jm_accept_weight(accept, "application/json"))
        return raw_json(s, is->metadata_signed, "application/jwt");
    return raw_json(s, is->metadata_json, "application/json");
}

static enum jm_status as_metadata(struct jm_req *q, struct jm_res *s)
{
    (void)s;
    return jm_issuance_as_metadata(q->out, q->svc, q->mem);
}

static enum jm_status read_offer(struct jm_req *q, struct jm_res *s)
{
    (void)s;
    /* The authenticator has proven the client where both headers were there. */
    return jm_offer_read(q->out, q->svc, q->arg[0], q->who.more, q->mem, &q->diag);
}

static enum jm_status read_open_offer(struct jm_req *q, struct jm_res *s)
{
    struct jm_bytes type = jm_none();
    enum jm_status st = jm_req_query(q, "type", &type);

    (void)s;
    if (st == JM_E_MISSING)
        q->fault = JM_WEB_OK;
    else
        JM_TRY(st);
    return jm_offer_open(q->out, q->svc, type, q->mem, &q->diag);
}

struct nonce_res {
    struct jm_bytes nonce;
};
JM_MSG(challenge_res, nonce_res, false,
       JM_FIELD(nonce_res, nonce, "attestation_challenge", STR, 0, 0));
JM_MSG(nonce_res, nonce_res, false, JM_FIELD(nonce_res, nonce, "c_nonce", STR, 0, 0));

static enum jm_status make_nonce(struct jm_req *q, enum jm_nonce_kind kind, struct jm_bytes *out)
{
    struct jm_issuer *is = q->svc;

    return jm_nonce_make(out, &is->nonces, &is->base.env, kind, q->mem);
}

static enum jm_status give_challenge(struct jm_req *q, struct jm_res *s)
{
    (void)s;
    return make_nonce(q, JM_NONCE_CHALLENGE, &((struct nonce_res *)q->out)->nonce);
}

static enum jm_status c_nonce(struct jm_req *q, struct jm_res *s)
{
    JM_TRY(jm_issuer_dpop_nonce(q, s));
    return make_nonce(q, JM_NONCE_C, &((struct nonce_res *)q->out)->nonce);
}

/* -- token -- */

#define TOKEN(member, wire, max, flags) JM_FIELD(jm_token_req, member, wire, STR, max, flags)
JM_MSG(token_req, jm_token_req, true, TOKEN(grant_type, "grant_type", 128, 0),
       TOKEN(grant_code, "pre-authorized_code", 128, JM_MSG_OPT),
       TOKEN(match_code, "tx_code", 32, JM_MSG_OPT),
       TOKEN(refresh_token, "refresh_token", 128, JM_MSG_OPT),
       TOKEN(client_id, "client_id", JM_CLIENT_SUB_MAX, JM_MSG_OPT),
       TOKEN(scope, "scope", 512, JM_MSG_OPT), TOKEN(code, "code", 128, JM_MSG_OPT),
       JM_FIELD(jm_token_req, redirect_uri, "redirect_uri", RAW, JM_URL_MAX, JM_MSG_OPT),
       TOKEN(verifier, "code_verifier", 128, JM_MSG_OPT));

struct detail {
    struct jm_bytes configuration;
    struct jm_msg_list identifiers;
};
JM_MSG(detail, detail, false, JM_FIXED("type", "\"openid_credential\""),
       JM_FIELD(detail, configuration, "credential_configuration_id", STR, 0, 0),
       JM_FIELD(detail, identifiers, "credential_identifiers", TEXTS, 0, 0));
struct token_res {
    struct jm_token_res t;
    const char *access, *type, *refresh;
    int64_t expires_in;
    struct jm_msg_list details;
};
JM_MSG(token_res, token_res, false, JM_FIELD(token_res, access, "access_token", WORD, 0, 0),
       JM_FIELD(token_res, type, "token_type", WORD, 0, 0),
       JM_FIELD(token_res, expires_in, "expires_in", INT, 0, 0),
       JM_FIELD(token_res, refresh, "refresh_token", WORD, 0, JM_MSG_OPT),
       {"authorization_details", JM_MSG_LIST, offsetof(struct token_res, details), 0, JM_MSG_OPT,
        &detail, NULL});

/* OpenID4VCI 1.0 6.2: each with the name under which its dataset is asked for. */
static enum jm_status list_details(struct jm_msg_list *out, struct jm_bytes list,
                                   struct jm_arena *mem)
{
    struct detail *d = JM_NEW_N(mem, struct detail, 2);
    struct jm_bytes *id = JM_NEW_N(mem, struct jm_bytes, 2);
    size_t n = 0;

    if (d == NULL || id == NULL)
        return JM_E_NO_SPACE;
    while (list.len > 0 && n < 2) {
        size_t end = jm_bytes_until(list, 0, ' ');
        const struct jm_bytes parts[] = {jm_slice(list, 0, end), JM_BYTES(JM_IDENTIFIER_END)};

        JM_TRY(jm_concat(&id[n], mem, parts, JM_ARRAY_LEN(parts)));
        d[n] = (struct detail){parts[0], {&id[n], 1}};
        n++;
        list = jm_slice(list, end + 1, SIZE_MAX);
    }
    *out = (struct jm_msg_list){d, n};
    return JM_OK;
}

static enum jm_status redeem_token(struct jm_req *q, struct jm_res *s)
{
    struct token_res *out = q->out;
    struct jm_token_req in;
    struct jm_dpop dpop;

    JM_TRY(jm_dpop_of(q, s, jm_none(), &dpop)); /* before a word of the body is heard */
    JM_TRY(jm_msg_decode_form(&in, &token_req, q->body, q->mem, &q->diag));
    JM_TRY(jm_token_redeem(q->svc, &out->t, q->who.more, &dpop, &in, q->mem, &q->diag));
    out->access = out->t.access;
    out->type = "DPoP";
    out->expires_in = JM_ACCESS_TTL_S;
    out->refresh = out->t.refresh;
    JM_TRY(list_details(&out->details, out->t.details, q->mem));
    return jm_issuer_dpop_nonce(q, s);
}

/* -- the front door -- */

#define PAR(member, wire, kind, max) JM_FIELD(jm_par_req, member, wire, kind, max, JM_MSG_OPT)
JM_MSG(par_req, jm_par_req, true, PAR(response_type, "response_type", STR, 64),
       JM_FIELD(jm_par_req, client_id, "client_id", STR, JM_CLIENT_SUB_MAX, 0),
       PAR(redirect_uri, "redirect_uri", RAW, JM_URL_MAX),
       PAR(challenge, "code_challenge", STR, 128), PAR(method, "code_challenge_method", STR, 16),
       PAR(scope, "scope", STR, 2048), PAR(details, "authorization_details", RAW, 8192),
       PAR(state, "state", RAW, 2048), PAR(dpop_jkt, "dpop_jkt", STR, 128),
       PAR(request_uri, "request_uri", STR, 512));
struct par_res {
    struct jm_bytes request_uri;
    int64_t expires_in;
};
JM_MSG(par_res, par_res, false, JM_FIELD(par_res, request_uri, "request_uri", STR, 0, 0),
       JM_FIELD(par_res, expires_in, "expires_in", INT, 0, 0));

static enum jm_status push_request(struct jm_req *q, struct jm_res *s)
{
    const bool proof = jm_req_header(q, "DPoP", NULL).len != 0;
    struct par_res *out = q->out;
    struct jm_par_req in;
    struct jm_dpop dpop;

    if (proof)
        JM_TRY(jm_dpop_of(q, s, jm_none(), &dpop));
    JM_TRY(jm_msg_decode_form(&in, &par_req, q->body, q->mem, &q->diag));
    JM_TRY(jm_par_push(q->svc, &out->request_uri, q->who.more, proof ? &dpop : NULL, &in, q->mem,
                       &q->diag));
    out->expires_in = JM_PUSHED_TTL_S;
    return jm_issuer_dpop_nonce(q, s);
}

struct renewal_req {
    struct jm_bytes request_uri;
};
JM_MSG(renewal_req, renewal_req, false,
       JM_FIELD(renewal_req, request_uri, "request_uri", STR, 512, 0));
struct renewal_res {
    struct jm_renewed r;
    struct jm_bytes iss;
};
JM_MSG(renewal_res, renewal_res, false, JM_FIELD(renewal_res, r.code, "code", STR, 0, 0),
       JM_FIELD(renewal_res, iss, "iss", STR, 0, 0),
       JM_FIELD(renewal_res, r.state, "state", STR, 0, JM_MSG_OPT));

static enum jm_status renew_card(struct jm_req *q, struct jm_res *s)
{
    const struct renewal_req *in = q->in;
    struct renewal_res *out = q->out;
    struct jm_issuer *is = q->svc;
    struct jm_dpop dpop;

    JM_TRY(jm_dpop_of(q, s, jm_none(), &dpop));
    out->iss = is->id;
    return jm_renew(is, &out->r, q->who.more, &dpop, in->request_uri, q->mem, &q->diag);
}

struct authorize_req {
    struct jm_authorize_req a;
    struct jm_bytes page, decision;
};
#define AUTHORIZE(member, wire, max, flags) JM_FIELD(authorize_req, member, wire, STR, max, flags)
JM_MSG(authorize_req, authorize_req, true,
       AUTHORIZE(a.client_id, "client_id", JM_CLIENT_SUB_MAX, 0),
       AUTHORIZE(a.request_uri, "request_uri", 512, 0), AUTHORIZE(page, "page", 43, 0),
       AUTHORIZE(a.login, "login", 64, JM_MSG_OPT),
       JM_FIELD(authorize_req, a.password, "password", RAW, 128, JM_MSG_OPT),
       AUTHORIZE(decision, "decision", 16, 0));

/* ?lang= of the links on the page, else what the browser prefers, else Korean. */
static bool wants_english(struct jm_req *q)
{
    struct jm_bytes lang, accept = jm_req_header(q, "Accept-Language", NULL);

    if (jm_req_query(q, "lang", &lang) == JM_OK)
        return jm_bytes_eq_str(lang, "en");
    q->fault = JM_WEB_OK;
    return jm_bytes_find(accept, JM_BYTES("en")) < jm_bytes_find(accept, JM_BYTES("ko"));
}

/* The query by which this page is opened again: in another language, or because of @p why. */
static enum jm_status again_query(struct jm_bytes *out, const struct jm_authorize_req *in,
                                  const char *lang, enum jm_code why, struct jm_arena *mem)
{
    struct jm_buf b;

    JM_TRY(jm_alloc_buf(&b, mem, 3 * (in->client_id.len + in->request_uri.len) + 128));
    JM_TRY(jm_form_put(&b, "client_id", in->client_id));
    JM_TRY(jm_form_put(&b, "request_uri", in->request_uri));
    if (lang != NULL)
        JM_TRY(jm_form_put(&b, "lang", jm_str(lang)));
    if (why != JM_CODE_NONE)
        JM_TRY(jm_form_put(&b, "wrong", jm_str(jm_code_info(why)->name)));
    *out = jm_written(b);
    return JM_OK;
}

/* What binds a form to the browser that was given it: of a random cookie and the request. */
static enum jm_status page_mark(struct jm_bytes *out, struct jm_req *q, struct jm_bytes cookie,
                                struct jm_bytes request_uri)
{
    const struct jm_bytes parts[] = {cookie, jm_bytes("", 1), request_uri};
    const struct jm_env *env = jm_req_env(q);
    struct jm_bytes all;
    uint8_t hash[32], mac[32];

    JM_TRY(jm_concat(&all, q->mem, parts, JM_ARRAY_LEN(parts)));
    JM_TRY(jm_sha256(env->crypto, all, hash));
    JM_TRY(jm_code_mac(mac, env, "page", jm_bytes(hash, sizeof hash)));
    return jm_b64url_encode(out, q->mem, jm_bytes(mac, sizeof mac));
}

/* The page, with why it is shown again, if it is; what is wrong with the request itself leaves the
 * reason alone, and no answer goes anywhere. */
static enum jm_status give_authorize(struct jm_req *q, struct jm_res *s,
                                     const struct jm_authorize_req *in, enum jm_code why)
{
    struct jm_issuer *is = q->svc;
    struct jm_authorize_look look;
    struct jm_bytes cookie, mark = jm_none(), query = jm_none();
    struct jm_diag d = {0};
    enum jm_status st = jm_authorize_read(is, &look, in, q->mem, &d);
    bool en = wants_english(q), open = st == JM_OK;
    const struct jm_bytes yes = JM_BYTES("1");

    if (st != JM_OK && st != JM_E_DENIED && st != JM_E_GONE)
        return st;
    if (!open)
        why = JM_OAUTH_REQUEST_URI;
    if (open) {
        JM_TRY(jm_random_text(&cookie, &is->base.env, 32, q->mem));
        JM_TRY(page_mark(&mark, q, cookie, in->request_uri));
        JM_TRY(again_query(&query, in, NULL, JM_CODE_NONE, q->mem));
        JM_TRY(jm_res_cookie(s, JM_AUTHORIZE_COOKIE, cookie));
    }
    const struct jm_place place[] = {
        {"open", open ? yes : jm_none()},
        {"login", open && is->base.env.synthetic ? yes : jm_none()},
        {"tap", open && !is->base.env.synthetic ? yes : jm_none()},
        {"wallet", en ? look.wallet_en : look.wallet_ko},
        {"card", en ? look.name_en : look.name_ko},
        {"goes_to", look.goes_to},
        {"client_id", in->client_id},
        {"request_uri", in->request_uri},
        {"page", mark},
        {"query", query},
        {"wrong", why != JM_CODE_NONE ? yes : jm_none()},
        {"code", why != JM_CODE_NONE ? jm_str(jm_code_info(why)->name) : jm_none()},
        {"trace", jm_str(q->id)},
        {why != JM_CODE_NONE ? jm_code_info(why)->name : "", yes},
    };
    s->http = open ? 200 : 400;
    return jm_web_form(q, s, en ? "authorize.en.html" : "authorize.ko.html", place,
                       JM_ARRAY_LEN(place), open ? look.redirect_uri : jm_none());
}

/* Why somebody was sent back here: what a person can do something about, and nothing else. */
static enum jm_code wrong_of(struct jm_req *q)
{
    const struct jm_code_info *info = NULL;
    struct jm_bytes name;

    if (jm_req_query(q, "wrong", &name) == JM_OK)
        info = jm_code_by_name(name);
    return info != NULL && (strcmp(info->oauth, "access_denied") == 0 ||
                            info->code == JM_OAUTH_PAGE || info->code == JM_VCI_CARD_NOT_ACTIVE)
               ? info->code
               : JM_CODE_NONE;
}

static enum jm_status open_authorize(struct jm_req *q, struct jm_res *s)
{
    struct jm_authorize_req in = {0};
    enum jm_code wrong = wrong_of(q);

    /* RFC 9126 4: all else was pushed, and what stands beside it here is not read */
    if (jm_req_query(q, "client_id", &in.client_id) != JM_OK ||
        jm_req_query(q, "request_uri", &in.request_uri) != JM_OK)
        in = (struct jm_authorize_req){0};
    q->fault = JM_WEB_OK;
    return give_authorize(q, s, &in, wrong);
}

/* 303, never 307, which would send the password on; and so "back" leads to a page, not to a form
 * that would be sent again. */
static enum jm_status send_on(struct jm_res *s, struct jm_bytes to)
{
    JM_TRY(jm_res_header(s, "Location", to));
    JM_TRY(jm_res_header(s, "Cache-Control", JM_BYTES("no-store")));
    JM_TRY(jm_res_header(s, "Referrer-Policy", JM_BYTES("no-referrer")));
    s->http = 303;
    return JM_OK;
}

static enum jm_status send_back(struct jm_req *q, struct jm_res *s,
                                const struct jm_authorize_req *in, enum jm_code why)
{
    struct jm_bytes query, to;

    JM_TRY(again_query(&query, in, wants_english(q) ? "en" : "ko", why, q->mem));
    const struct jm_bytes parts[] = {JM_BYTES("authorize?"), query};
    JM_TRY(jm_concat(&to, q->mem, parts, JM_ARRAY_LEN(parts)));
    return send_on(s, to);
}

static enum jm_status decide_authorize(struct jm_req *q, struct jm_res *s)
{
    struct authorize_req *in = q->in;
    struct jm_bytes cookie = jm_req_cookie(q, JM_AUTHORIZE_COOKIE), mark, to = jm_none();
    enum jm_status st;

    JM_TRY(page_mark(&mark, q, cookie, in->a.request_uri));
    in->a.approve = jm_bytes_eq_str(in->decision, "approve");
    st = cookie.len != 43 || !jm_bytes_eq_ct(mark, in->page)
             ? jm_refuse(&q->diag, JM_E_DENIED, JM_OAUTH_PAGE, NULL)
             : jm_authorize_decide(q->svc, &to, &in->a, q->mem, &q->diag);
    if (q->diag.code != JM_CODE_NONE && st == JM_E_DENIED)
        return send_back(q, s, &in->a, q->diag.code);
    JM_TRY(st);
    JM_TRY(jm_res_cookie(s, JM_AUTHORIZE_COOKIE, jm_none()));
    return send_on(s, to);
}

/* -- credential -- */

#define CREDENTIAL(member, wire, kind, max) \
    JM_FIELD(jm_credential_req, member, wire, kind, max, JM_MSG_OPT)
JM_MSG(credential_req, jm_credential_req, true,
       CREDENTIAL(identifier, "credential_identifier", JSON, 256),
       CREDENTIAL(configuration, "credential_configuration_id", JSON, 256),
       CREDENTIAL(proofs, "proofs", JSON, 480 * JM_KIB),
       CREDENTIAL(encryption, "credential_response_encryption", JSON, 4096),
       CREDENTIAL(new_loss_code, "jumin_new_loss_code", BOOL, 1));
struct one_credential {
    struct jm_bytes credential;
};
JM_MSG(one_credential, one_credential, false,
       JM_FIELD(one_credential, credential, "credential", STR, 0, 0));
struct credential_res {
    struct jm_credential_res c;
    struct jm_msg_list credentials;
};
JM_MSG(credential_res, credential_res, false,
       JM_FIELD_OF(credential_res, credentials, "credentials", LIST, one_credential),
       JM_FIELD(credential_res, c.notification_id, "notification_id", STR, 0, 0),
       JM_FIELD(credential_res, c.loss_code, "jumin_loss_code", STR, 0, JM_MSG_OPT));
/* With 202: not yet. */
JM_MSG(deferred_res, credential_res, false,
       JM_FIELD(credential_res, c.transaction_id, "transaction_id", STR, 0, 0),
       JM_FIELD(credential_res, c.interval_s, "interval", INT, 0, 0));

/* The answer is sealed where the request said so, also that it is not there yet; what is refused is
 * told plain. */
static enum jm_status give_credentials(struct jm_req *q, struct jm_res *s,
                                       const struct jm_response_key *key)
{
    struct credential_res *out = q->out;
    bool later = out->c.transaction_id.len != 0;
    struct jm_bytes plain;

    out->credentials = (struct jm_msg_list){out->c.copy, out->c.n};
    if (later)
        s->http = 202;
    if (!later && !key->wanted)
        return JM_OK;
    JM_TRY(jm_msg_text(&plain, later ? &deferred_res : &credential_res, q->out, q->mem));
    if (!key->wanted) {
        s->body = plain;
        return JM_OK;
    }
    JM_TRY(jm_response_seal(&s->body, q->svc, plain, key, q->mem));
    s->media = "application/jwt";
    return JM_OK;
}

/* A request, plain or sealed, as @p m; to whom its answer goes. */
static enum jm_status read_sealed(struct jm_req *q, void *in, const struct jm_msg *m,
                                  enum jm_code bad, bool *encrypted)
{
    struct jm_bytes body = q->body;

    *encrypted = jm_bytes_starts(q->content_type, JM_BYTES("application/jwt"));
    if (*encrypted)
        JM_TRY(jm_request_open(&body, q->svc, q->body, q->mem, &q->diag));
    if (jm_msg_decode(in, m, body, q->mem, &q->diag) == JM_OK)
        return JM_OK;
    q->diag.code = bad; /* the standard has one error for a body of no use */
    return JM_E_MALFORMED;
}

static enum jm_status issue_credential(struct jm_req *q, struct jm_res *s)
{
    struct credential_res *out = q->out;
    struct jm_credential_req in;
    struct jm_response_key key;
    uint8_t jkt[32];
    bool encrypted;
    enum jm_status st;

    JM_TRY(read_sealed(q, &in, &credential_req, JM_VCI_REQUEST_FORM, &encrypted));
    st = jm_response_key_agree(&key, q->svc, in.encryption, encrypted, &q->diag);
    if (st == JM_OK && key.wanted) {
        st = jm_jwk_thumbprint(jkt, jm_req_env(q)->crypto, &key.to.point);
        in.sealed_to = jkt;
    }
    if (st == JM_OK)
        st = jm_credential_issue(q->svc, &out->c, q->who.more, &in, q->mem, &q->diag);
    if (st == JM_OK)
        st = give_credentials(q, s, &key);
    jm_wipe(key.z, sizeof key.z);
    return st != JM_OK ? st : jm_issuer_dpop_nonce(q, s);
}

struct deferred_req {
    struct jm_bytes id;
    const struct jm_json *encryption;
};
JM_MSG(deferred_req, deferred_req, true, JM_FIELD(deferred_req, id, "transaction_id", STR, 128, 0),
       JM_FIELD(deferred_req, encryption, "credential_response_encryption", JSON, 4096,
                JM_MSG_OPT));

static enum jm_status issue_deferred(struct jm_req *q, struct jm_res *s)
{
    struct credential_res *out = q->out;
    struct deferred_req in;
    struct jm_response_key key;
    uint8_t jkt[32];
    bool encrypted;
    enum jm_status st;

    JM_TRY(read_sealed(q, &in, &deferred_req, JM_VCI_REQUEST_FORM, &encrypted));
    st = jm_response_key_agree(&key, q->svc, in.encryption, encrypted, &q->diag);
    if (st == JM_OK && key.wanted)
        st = jm_jwk_thumbprint(jkt, jm_req_env(q)->crypto, &key.to.point);
    if (st == JM_OK)
        st = jm_deferred_issue(q->svc, &out->c, q->who.more, in.id, key.wanted ? jkt : NULL, q->mem,
                               &q->diag);
    if (st == JM_OK)
        st = give_credentials(q, s, &key);
    jm_wipe(key.z, sizeof key.z);
    return st != JM_OK ? st : jm_issuer_dpop_nonce(q, s);
}

struct notification_req {
    struct jm_bytes id, event, description;
};
JM_MSG(notification_req, notification_req, true,
       JM_FIELD(notification_req, id, "notification_id", STR, 128, 0),
       JM_FIELD(notification_req, event, "event", STR, 64, 0),
       /* for a person's eyes, and nobody reads it here */
       JM_FIELD(notification_req, description, "event_description", RAW, 1024, JM_MSG_OPT));

static enum jm_status take_notification(struct jm_req *q, struct jm_res *s)
{
    struct notification_req in;

    if (jm_msg_decode(&in, &notification_req, q->body, q->mem, &q->diag) != JM_OK) {
        q->diag.code = JM_VCI_NOTIFICATION_FORM;
        return JM_E_MALFORMED;
    }
    JM_TRY(jm_notification_take(q->svc, q->who.more, in.id, in.event, &q->diag));
    return jm_issuer_dpop_nonce(q, s);
}

/* -- deletion -- */

struct deletion_res {
    const char *state;
};
JM_MSG(deletion_res, deletion_res, false, JM_FIELD(deletion_res, state, "state", WORD, 0, 0));

static enum jm_status delete_card(struct jm_req *q, struct jm_res *s)
{
    JM_TRY(jm_card_delete(q->svc, q->who.more, q->mem, &q->diag));
    ((struct deletion_res *)q->out)->state = "REVOKED";
    return jm_issuer_dpop_nonce(q, s);
}

const struct jm_route jm_issuance_routes[] = {
    /*       method path                                          auth                act   media
       body max     rate  flags         handler */
    JM_ROUTE_MSG(GET, "/healthz", PUBLIC, SELF, NONE, 0, HIGH, NONE, jm_web_health, HEALTH,
                 .answer = &jm_health_res),
    JM_ROUTE_MSG(GET, "/.well-known/openid-credential-issuer", PUBLIC, SELF, NONE, 0, HIGH, CORS,
                 issuer_metadata, ISSUER_METADATA, .answer = &jm_issuer_metadata_res),
    JM_ROUTE_MSG(GET, "/.well-known/oauth-authorization-server", PUBLIC, SELF, NONE, 0, HIGH, CORS,
                 as_metadata, AS_METADATA, .answer = &jm_as_metadata_res),
    JM_ROUTE_MSG(GET, "/offer", PUBLIC, SELF, NONE, 0, HIGH, CORS, read_open_offer, OPEN_OFFER,
                 .answer = &jm_open_offer_res),
    JM_ROUTE_MSG(GET, "/offer/{id}", PUBLIC, SELF, NONE, 0, LOW, CORS_NO_STORE, read_offer, OFFER,
                 .answer = &jm_offer_res),
    JM_ROUTE_MSG(POST, "/challenge", PUBLIC, SELF, ANY, 1024, LOW, CORS_NO_STORE, give_challenge,
                 CHALLENGE, .answer = &challenge_res),
    JM_ROUTE_MSG(POST, "/nonce", PUBLIC, SELF, ANY, 1024, LOW, CORS_NO_STORE, c_nonce, NONCE,
                 .answer = &nonce_res),
    JM_ROUTE_MSG(POST, "/par", CLIENT_ATTESTATION, SELF, FORM, 48 * JM_KIB, LOW, CORS_NO_STORE,
                 push_request, PAR, .message = &par_req, .reads_itself = true, .answer = &par_res,
                 .http = 201),
    JM_ROUTE_MSG(POST, "/renewal", CLIENT_ATTESTATION, SELF, JSON, 1024, LOW, CORS_NO_STORE,
                 renew_card, RENEWAL, .message = &renewal_req, .answer = &renewal_res),
    JM_ROUTE(GET, "/authorize", PUBLIC, SELF, NONE, 0, LOW, NONE, open_authorize, AUTHORIZE_PAGE),
    JM_ROUTE_MSG(POST, "/authorize", PUBLIC, SELF, FORM, 8 * JM_KIB, GUESS, NONE, decide_authorize,
                 AUTHORIZE, .message = &authorize_req),
    JM_ROUTE_MSG(POST, "/token", CLIENT_ATTESTATION, SELF, FORM, 16 * JM_KIB, LOW, CORS_NO_STORE,
                 redeem_token, TOKEN, .message = &token_req, .reads_itself = true,
                 .answer = &token_res),
    JM_ROUTE_MSG(POST, "/credential", DPOP, SELF, JSON_JWT, 512 * JM_KIB, LOW, CORS_NO_STORE,
                 issue_credential, CREDENTIAL, .look = jm_issuer_look, .message = &credential_req,
                 .reads_itself = true, .answer = &credential_res),
    JM_ROUTE_MSG(POST, "/deferred_credential", DPOP, SELF, JSON_JWT, 16 * JM_KIB, LOW,
                 CORS_NO_STORE, issue_deferred, DEFERRED_CREDENTIAL, .look = jm_issuer_look,
                 .message = &deferred_req, .reads_itself = true, .answer = &credential_res),
    JM_ROUTE_MSG(POST, "/notification", DPOP, SELF, JSON, 4096, LOW, CORS_NO_STORE,
                 take_notification, NOTIFICATION, .message = &notification_req,
                 .reads_itself = true, .http = 204),
    JM_ROUTE_MSG(POST, "/card/deletion", DPOP, SELF, JSON, 64, LOW, CORS_NO_STORE, delete_card,
                 CARD_DELETION, .message = &jm_msg_none, .answer = &deletion_res),
};
const size_t jm_issuance_n_routes = JM_ARRAY_LEN(jm_issuance_routes);
