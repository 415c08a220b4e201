/* SPDX-License-Identifier: Apache-2.0 */
/* The authorization endpoint's rules: whose request a page is about, who signs in, the code. */
#include <string.h>

#include "service/devices/devices.h"
#include "service/issuance/parts.h"
#include "service/register/register.h"

static enum jm_status no_request(struct jm_diag *d)
{
    return jm_refuse(d, JM_E_DENIED, JM_OAUTH_REQUEST_URI, NULL);
}

enum jm_status jm_pushed_hash(uint8_t hash[32], struct jm_bytes request_uri,
                              const struct jm_issuer *is, struct jm_diag *d)
{
    const struct jm_bytes prefix = JM_BYTES(JM_REQUEST_URI);

    return jm_bytes_starts(request_uri, prefix)
               ? jm_sha256(is->base.env.crypto, jm_slice(request_uri, prefix.len, SIZE_MAX), hash)
               : no_request(d);
}

enum jm_status jm_pushed_in(struct jm_tx *tx, struct jm_pushed *out, const uint8_t hash[32],
                            struct jm_bytes client_id, struct jm_arena *mem, struct jm_diag *d)
{
    enum jm_status st = jm_pushed_rows_find(tx, hash, out, mem);

    if (st == JM_E_ABSENT)
        return no_request(d);
    JM_TRY(st);
    return jm_bytes_eq(out->client, client_id) && out->stands == JM_PUSHED_WAITS &&
                   jm_tx_now(tx) < out->expires
               ? JM_OK
               : no_request(d);
}

/* Until when it can wait, if somebody is at it until then. */
static int64_t kept_until(const struct jm_pushed *p, int64_t until)
{
    int64_t last = p->at + JM_PUSHED_PAGE_TTL_S;

    return until < last ? until : last;
}

enum jm_status jm_pushed_keep(struct jm_tx *tx, const struct jm_pushed *p, int64_t until)
{
    until = kept_until(p, until);
    return until > p->expires ? jm_pushed_rows_prolong(tx, p->uri, until) : JM_OK;
}

struct look {
    const struct jm_authorize_req *in;
    uint8_t hash[32];
    struct jm_arena *mem;
    struct jm_diag *d;
    struct jm_pushed p;
};

static enum jm_status find_look(struct jm_tx *tx, struct look *x)
{
    return jm_pushed_in(tx, &x->p, x->hash, x->in->client_id, x->mem, x->d);
}

/* Who reads the page has more time than a redirect; every reload begins at the same moment. */
static enum jm_status keep_look(struct jm_tx *tx, void *arg)
{
    struct look *x = arg;

    JM_TRY(find_look(tx, x));
    return jm_pushed_keep(tx, &x->p, INT64_MAX);
}

/* What it is about, in words: who asked, for which card, and where the answer goes. */
static enum jm_status tell_request(struct jm_authorize_look *out, const struct jm_issuer *is,
                                   const struct jm_pushed *p)
{
    struct jm_wallet_record wallet;
    struct jm_bytes first = p->scope.len != 0 ? p->scope : p->details;
    enum jm_fmt fmt;
    struct jm_url url;
    const struct jm_profile *of =
        jm_profile_by_configuration(&is->types, jm_slice(first, 0, jm_bytes_until(first, 0, ' ')),
                                    &fmt);

    if (of == NULL)
        return JM_E_GONE; /* issued no more */
    out->name_ko = of->name_ko;
    out->name_en = of->name_en;
    out->wallet_ko = out->wallet_en = p->client;
    if (jm_trust_wallet(&wallet, &is->trust, p->client) == JM_OK) {
        out->wallet_ko = wallet.name.ko;
        out->wallet_en = wallet.name.en;
    }
    out->redirect_uri = p->redirect_uri;
    out->goes_to = jm_url_split(&url, p->redirect_uri) == JM_OK
                       ? url.host
                       : jm_slice(p->redirect_uri, 0, jm_bytes_until(p->redirect_uri, 0, ':'));
    return JM_OK;
}

enum jm_status jm_authorize_read(struct jm_issuer *is, struct jm_authorize_look *out,
                                 const struct jm_authorize_req *in, struct jm_arena *mem,
                                 struct jm_diag *d)
{
    const struct jm_env *env = &is->base.env;
    struct look x = {.in = in, .mem = mem, .d = d};
    enum jm_status st;

    memset(out, 0, sizeof *out);
    JM_TRY(jm_pushed_hash(x.hash, in->request_uri, is, d));
    /* anybody may ask, with whatever address: only the first look at one that waits is written */
    JM_READ(st, tx, env, find_look(tx, &x));
    JM_TRY(st);
    if (kept_until(&x.p, INT64_MAX) > x.p.expires)
        JM_TRY(jm_tx_run(env, keep_look, &x));
    return tell_request(out, is, &x.p);
}

/* -- the code -- */

/* The cards that this one would end: those of its type, and all that are on another phone. A hold
 * that it would not shed is told of now, not after everything was signed (D-177). */
static enum jm_status judge_holds(struct jm_tx *tx, const struct jm_pushed *p,
                                  const struct jm_person *person, const struct jm_case *c,
                                  struct jm_arena *mem, struct jm_diag *d)
{
    struct jm_device device;
    struct jm_live live;
    bool had, own, bound;

    JM_TRY(jm_phone_before_in(tx, person, p->instance, &device, &had, &live, mem));
    own = had && memcmp(device.jkt, p->instance, sizeof device.jkt) == 0;
    for (size_t i = 0; i < live.n; i++) {
        if (own && !jm_bytes_eq(live.card[i].type, c->type))
            continue;
        JM_TRY(jm_card_has_hold(tx, &live.card[i].id, JM_HOLDS_NOT_SHED, &bound));
        if (bound)
            return jm_refuse(d, JM_E_DENIED, JM_VCI_CARD_NOT_ACTIVE, NULL);
    }
    return JM_OK;
}

enum jm_status jm_authorize_complete_in(struct jm_tx *tx, struct jm_issuer *is,
                                        const struct jm_pushed *p, const struct jm_proven *who,
                                        struct jm_arena *mem, struct jm_diag *d)
{
    struct jm_person person;
    struct jm_eligibility_facts f = {.now = jm_tx_now(tx), .route = who->route};
    struct jm_eligibility e;
    struct jm_bytes first = p->scope.len != 0 ? p->scope : p->details;
    struct jm_case c = {.id = who->desk_case,
                        .person = who->person,
                        .route = who->route,
                        .state = JM_CASE_CREATED,
                        .opened = jm_tx_now(tx),
                        .scan_by = jm_tx_now(tx) + JM_CODE_TTL_S,
                        .case_by = jm_tx_now(tx) + JM_CASE_TTL_S,
                        .centre = JM_BYTES(""), /* no desk, no clerk, no ticket */
                        .clerk = JM_BYTES(""),
                        .jti = JM_BYTES(""),
                        .ticket = JM_BYTES(""),
                        .keys = who->keys};
    struct jm_case open;
    enum jm_fmt fmt;
    enum jm_status st;
    bool missed;

    JM_TRY(jm_person_in(tx, &who->person, &person, mem));
    f.kind = person.kind;
    f.state = person.state;
    f.birth = person.birth;
    f.region = person.region10;
    JM_TRY(jm_plastic_missed_in(tx, &who->person, &missed));
    f.plastic = missed ? JM_PLASTIC_LOST : person.plastic.state;
    f.plastic_kind = person.plastic.kind;
    st = jm_case_open_of(tx, &who->person, &open, mem);
    if (st != JM_OK && st != JM_E_ABSENT)
        return st;
    f.case_open = st == JM_OK && open.centre.len != 0; /* somebody stands at a desk */
    if (who->route == JM_ROUTE_RENEWAL)
        jm_eligible_to_renew(&e, &f);
    else
        jm_eligible(&e, &f, &is->rollout);
    if (e.n != 0)
        return jm_refuse(d, JM_E_DENIED, e.code[0], NULL);
    c.type = jm_profile_by_configuration(&is->types,
                                         jm_slice(first, 0, jm_bytes_until(first, 0, ' ')), &fmt)
                 ->type;
    if (who->route == JM_ROUTE_QR && is->reviews_sign_in) {
        c.waits = JM_CASE_WAITS;
        c.case_by = jm_tx_now(tx) + JM_REVIEW_TTL_S;
    }
    JM_TRY(judge_holds(tx, p, &person, &c, mem, d));
    JM_TRY(jm_case_cancel_open(tx, &who->person, "SUPERSEDED"));
    c.serial = person.plastic.serial;
    memcpy(c.offer, who->code, 32); /* there is no offer: nothing hashes to that */
    c.offer[0] ^= 1;
    memcpy(c.grant_code, who->code, 32);
    JM_TRY(jm_case_add_in(tx, &c));
    JM_TRY(jm_case_bind_in(tx, &c, p->instance, JM_BYTES("")));
    st = jm_pushed_rows_end(tx, p->uri, &c.id, who->jkt);
    return st == JM_E_CONFLICT ? no_request(d) : st;
}

/* RFC 9207: iss in every answer, of errors too. */
static enum jm_status answer_uri(struct jm_bytes *out, const struct jm_issuer *is,
                                 const struct jm_pushed *p, struct jm_bytes code, const char *error,
                                 struct jm_arena *mem)
{
    struct jm_buf b;
    bool query = jm_bytes_until(p->redirect_uri, 0, '?') != p->redirect_uri.len;

    JM_TRY(jm_alloc_buf(&b, mem,
                        p->redirect_uri.len + 3 * (p->state.len + is->id.len) + code.len + 64));
    JM_TRY(jm_buf_put(&b, p->redirect_uri));
    if (!query)
        JM_TRY(jm_buf_put(&b, JM_BYTES("?")));
    JM_TRY(error != NULL ? jm_form_put(&b, "error", jm_str(error)) : jm_form_put(&b, "code", code));
    JM_TRY(jm_form_put(&b, "iss", is->id));
    if (p->has_state)
        JM_TRY(jm_form_put(&b, "state", p->state));
    *out = jm_written(b);
    return JM_OK;
}

struct sign_in {
    struct jm_issuer *is;
    const struct jm_authorize_req *in;
    struct jm_pushed p;
    struct jm_proven who;
    uint8_t mac[32], hash[32];
    bool asked, known; /* somebody tried to sign in; and there is somebody of that name */
    struct jm_arena *mem;
    struct jm_diag *d;
};

/* An unknown name costs what a wrong password costs, and is told as one. */
static enum jm_status log_in(struct jm_tx *tx, struct sign_in *x)
{
    uint8_t mac[32] = {0};
    enum jm_status st = jm_login_rows_find(tx, x->in->login, &x->who.person, mac);

    if (st != JM_OK && st != JM_E_ABSENT)
        return st;
    x->asked = true;
    x->known = st == JM_OK;
    return x->known && jm_bytes_eq_ct(jm_bytes(mac, 32), jm_bytes(x->mac, 32))
               ? JM_OK
               : jm_refuse(x->d, JM_E_DENIED, JM_OAUTH_LOGIN, NULL);
}

static enum jm_status audit_sign_in(struct jm_tx *tx, const struct sign_in *x)
{
    const struct jm_actor who = {x->p.client, JM_BYTES("web")};
    bool done = x->d->code == JM_CODE_NONE;

    return jm_audit_in(tx, &who, "SIGN_IN", x->known ? &x->who.person : NULL,
                       done ? jm_none() : jm_str(jm_code_info(x->d->code)->name),
                       done ? "done" : "refused", NULL);
}

static enum jm_status approve_tx(struct jm_tx *tx, void *arg)
{
    struct sign_in *x = arg;

    JM_TRY(jm_pushed_in(tx, &x->p, x->hash, x->in->client_id, x->mem, x->d));
    JM_TRY(log_in(tx, x));
    JM_TRY(jm_authorize_complete_in(tx, x->is, &x->p, &x->who, x->mem, x->d));
    return audit_sign_in(tx, x);
}

static enum jm_status refused_tx(struct jm_tx *tx, void *arg)
{
    return audit_sign_in(tx, arg);
}

/* Whoever tries names and passwords leaves a row each time; who only has a stale address, none. */
static enum jm_status sign_in(struct sign_in *x)
{
    const struct jm_env *env = &x->is->base.env;
    enum jm_status st = jm_tx_run(env, approve_tx, x);

    if (st != JM_OK && x->asked && x->d->code != JM_CODE_NONE)
        JM_TRY(jm_tx_run(env, refused_tx, x));
    return st;
}

static enum jm_status deny_tx(struct jm_tx *tx, void *arg)
{
    struct sign_in *x = arg;

    JM_TRY(jm_pushed_in(tx, &x->p, x->hash, x->in->client_id, x->mem, x->d));
    return jm_pushed_rows_end(tx, x->p.uri, NULL, NULL);
}

enum jm_status jm_login_mac(uint8_t out[32], const struct jm_env *env, struct jm_bytes name,
                            struct jm_bytes password, struct jm_arena *mem)
{
    const struct jm_bytes parts[] = {name, jm_bytes("", 1), password};
    struct jm_bytes all;
    uint8_t hash[32];

    JM_TRY(jm_concat(&all, mem, parts, JM_ARRAY_LEN(parts)));
    JM_TRY(jm_sha256(env->crypto, all, hash));
    return jm_code_mac(out, env, "login", jm_bytes(hash, sizeof hash));
}

enum jm_status jm_code_new(struct jm_bytes *code, struct jm_proven *who, const struct jm_env *env,
                           struct jm_arena *mem)
{
    JM_TRY(jm_env_id(env, &who->desk_case));
    JM_TRY(jm_random_text(code, env, 32, mem));
    return jm_sha256(env->crypto, *code, who->code);
}

enum jm_status jm_authorize_decide(struct jm_issuer *is, struct jm_bytes *redirect_to,
                                   const struct jm_authorize_req *in, struct jm_arena *mem,
                                   struct jm_diag *d)
{
    const struct jm_env *env = &is->base.env;
    struct sign_in *x = JM_NEW(mem, struct sign_in);
    struct jm_bytes code;

    if (x == NULL)
        return JM_E_NO_SPACE;
    *x = (struct sign_in){.is = is, .in = in, .mem = mem, .d = d};
    JM_TRY(jm_pushed_hash(x->hash, in->request_uri, is, d));
    if (!in->approve) {
        JM_TRY(jm_tx_run(env, deny_tx, x));
        return answer_uri(redirect_to, is, &x->p, jm_none(), "access_denied", mem);
    }
    if (!env->synthetic) /* a log-in by name and password is for people who cannot exist */
        return jm_refuse(d, JM_E_DENIED, JM_OAUTH_LOGIN, NULL);
    if (jm_env_behind(env))
        return jm_refuse(d, JM_E_UNAVAILABLE, JM_VCI_CLOCK, NULL);
    JM_TRY(jm_login_mac(x->mac, env, in->login, in->password, mem));
    JM_TRY(jm_code_new(&code, &x->who, env, mem));
    x->who.route = JM_ROUTE_QR;
    JM_TRY(sign_in(x));
    return answer_uri(redirect_to, is, &x->p, code, NULL, mem);
}

struct new_login {
    struct jm_bytes name;
    struct jm_id person;
    uint8_t mac[32];
    bool many;
    const struct jm_actor *who;
    struct jm_arena *mem;
    struct jm_diag *d;
};

static enum jm_status put_login(struct jm_tx *tx, void *arg)
{
    struct new_login *x = arg;
    struct jm_person p;
    enum jm_status st = jm_person_in(tx, &x->person, &p, x->mem);

    if (st == JM_E_ABSENT)
        return jm_refuse(x->d, st, JM_REGISTER_NOT_FOUND, NULL);
    JM_TRY(st);
    JM_TRY(jm_login_rows_put(tx, x->name, &x->person, x->mac));
    JM_TRY(jm_register_many_in(tx, &x->person, x->many));
    return jm_audit_in(tx, x->who, "LOGIN_SET", &x->person, x->name, "done", NULL);
}

enum jm_status jm_login_put(struct jm_issuer *is, const struct jm_id *person, struct jm_bytes name,
                            struct jm_bytes password, bool many, const struct jm_actor *who,
                            struct jm_arena *mem, struct jm_diag *d)
{
    struct new_login x =
        {.name = name, .person = *person, .many = many, .who = who, .mem = mem, .d = d};

    if (!is->base.env.synthetic)
        return jm_refuse(d, JM_E_DENIED, JM_REGISTER_SYNTHETIC, NULL);
    JM_TRY(jm_login_mac(x.mac, &is->base.env, name, password, mem));
    return jm_tx_run(&is->base.env, put_login, &x);
}
