/* SPDX-License-Identifier: Apache-2.0 */
#include "service/staff/passkey.h"

#include <string.h>

#include "jumin/base64.h"
#include "jumin/cbor.h"
#include "jumin/form.h"
#include "jumin/json.h"
#include "service/audit/audit.h"
#include "service/staff/parts.h"

/* authenticatorData: rpIdHash, flags, counter; of a new one id, key, and extensions that were not
 * asked for (WebAuthn 6.1) */
#define AUTH_LEN 37
#define ID_AT (AUTH_LEN + 18)
enum { PRESENT = 1, VERIFIED = 4, ATTESTED = 64, EXTENDED = 128 };

static const char label_of_handle[] = "jumin-staff-handle/1";

enum jm_status jm_passkey_place(struct jm_passkey_place *out, struct jm_bytes base,
                                struct jm_arena *mem)
{
    struct jm_url u;

    memset(out, 0, sizeof *out);
    JM_TRY(jm_url_split(&u, base));
    out->rp_id = jm_bytes_eq_str(u.host, "127.0.0.1") ? JM_BYTES("localhost") : u.host;
    const struct jm_bytes parts[] = {u.scheme, JM_BYTES("://"), out->rp_id,
                                     u.port.len == 0 ? jm_none() : JM_BYTES(":"), u.port};
    JM_TRY(jm_concat(&out->origin, mem, parts, JM_ARRAY_LEN(parts)));
    return jm_concat(&out->base, mem, (const struct jm_bytes[]){out->origin, u.path}, 2);
}

/* -- links -- */

struct linking {
    struct jm_bytes name;
    bool ends_others;
    uint8_t hash[32], challenge[32];
    struct jm_staff staff;
    struct jm_arena *mem;
};

static enum jm_status link_tx(struct jm_tx *tx, void *arg)
{
    struct linking *l = arg;
    const struct jm_actor who = {JM_BYTES("operator"), JM_BYTES("local")};

    JM_TRY(jm_staff_rows_get(tx, l->name, &l->staff, l->mem));
    if (l->staff.state != JM_STAFF_ENROLLED)
        return JM_E_ABSENT;
    if (l->ends_others) {
        JM_TRY(jm_staff_rows_end_access(tx, l->name));
        JM_TRY(jm_audit_in(tx, &who, "STAFF_PASSKEYS_END", NULL, l->name, "done", NULL));
    }
    JM_TRY(jm_link_rows_add(tx, l->hash, l->name, jm_tx_now(tx) + JM_ENROL_TTL_S));
    return jm_audit_in(tx, &who, "STAFF_LINK", NULL, l->name, "done", NULL);
}

enum jm_status jm_passkey_link(const struct jm_env *env, struct jm_bytes name, bool ends_others,
                               char token[44], int64_t *expires, struct jm_arena *mem,
                               struct jm_diag *d)
{
    struct linking l = {.name = name, .ends_others = ends_others, .mem = mem};
    enum jm_status st;

    JM_TRY(jm_staff_token(env, token, l.hash));
    *expires = jm_env_now(env) + JM_ENROL_TTL_S;
    st = jm_tx_run(env, link_tx, &l);
    return st == JM_E_ABSENT ? jm_refuse(d, st, JM_STAFF_USER_UNKNOWN, NULL) : st;
}

static enum jm_status begin_tx(struct jm_tx *tx, void *arg)
{
    struct linking *l = arg;

    JM_TRY(jm_link_rows_get(tx, l->hash, &l->name, l->mem));
    return jm_staff_rows_challenge(tx, l->challenge, l->name, jm_tx_now(tx) + JM_PASSKEY_TTL_S);
}

enum jm_status jm_passkey_begin(const struct jm_env *env, struct jm_bytes token,
                                struct jm_passkey_begin *out, struct jm_arena *mem,
                                struct jm_diag *d)
{
    struct linking l = {.mem = mem};
    uint8_t hash[32];
    enum jm_status st;

    memset(out, 0, sizeof *out);
    JM_TRY(jm_sha256(env->crypto, token, l.hash));
    JM_TRY(jm_staff_token(env, out->challenge, l.challenge));
    st = jm_tx_run(env, begin_tx, &l);
    if (st == JM_E_ABSENT)
        return jm_refuse(d, JM_E_UNAUTHENTICATED, JM_STAFF_ENROL_LINK, NULL);
    JM_TRY(st);
    const struct jm_bytes parts[] = {jm_str(label_of_handle), l.name};
    struct jm_bytes both;
    JM_TRY(jm_concat(&both, mem, parts, JM_ARRAY_LEN(parts)));
    JM_TRY(jm_sha256(env->crypto, both, hash));
    memcpy(out->handle, hash, sizeof out->handle);
    out->name = l.name;
    return JM_OK;
}

/* -- what a browser says of a passkey -- */

struct saying {
    const struct jm_env *env;
    const struct jm_passkey_place *at;
    struct jm_bytes client_data, authenticator_data;
    const char *type; /* of the ceremony */
    struct jm_arena *mem;
    struct jm_diag *d;
};

struct challenged {
    struct jm_bytes name;
    uint8_t hash[32];
};

static enum jm_status take_tx(struct jm_tx *tx, void *arg)
{
    const struct challenged *c = arg;

    return jm_staff_rows_take(tx, c->hash, c->name);
}

/* clientDataJSON: type, challenge (spent whatever follows), origin. @p name: whose challenge. */
static enum jm_status check_client(const struct saying *s, struct jm_bytes name)
{
    struct challenged c = {.name = name};
    struct jm_bytes type, challenge, origin;
    const struct jm_json *j;
    enum jm_status st;

    if (jm_json_parse(&j, s->client_data, s->mem, NULL) != JM_OK ||
        jm_json_str(&type, j, "type") != JM_OK ||
        jm_json_str(&challenge, j, "challenge") != JM_OK ||
        jm_json_str(&origin, j, "origin") != JM_OK)
        return jm_refuse(s->d, JM_E_MALFORMED, JM_STAFF_PASSKEY_FORM, "client_data");
    JM_TRY(jm_sha256(s->env->crypto, challenge, c.hash));
    st = jm_tx_run(s->env, take_tx, &c);
    if (st == JM_E_CONFLICT)
        return jm_refuse(s->d, JM_E_UNAUTHENTICATED, JM_STAFF_CHALLENGE,
                         "unknown, used, another's or too old");
    JM_TRY(st);
    if (!jm_bytes_eq_str(type, s->type))
        return jm_refuse(s->d, JM_E_DENIED, JM_STAFF_PASSKEY_TYPE, s->type);
    /* in a frame of another site it is that site's page which somebody looks at */
    if (!jm_bytes_eq(origin, s->at->origin) || jm_json_is_true(j, "crossOrigin"))
        return jm_refuse(s->d, JM_E_DENIED, JM_STAFF_PASSKEY_ORIGIN, NULL);
    return JM_OK;
}

static enum jm_status check_authenticator(const struct saying *s)
{
    struct jm_bytes a = s->authenticator_data;
    uint8_t hash[32];

    if (a.len < AUTH_LEN)
        return jm_refuse(s->d, JM_E_TRUNCATED, JM_STAFF_PASSKEY_FORM, "authenticator_data");
    JM_TRY(jm_sha256(s->env->crypto, s->at->rp_id, hash));
    if (memcmp(a.ptr, hash, sizeof hash) != 0)
        return jm_refuse(s->d, JM_E_DENIED, JM_STAFF_PASSKEY_PLACE, NULL);
    return (a.ptr[32] & (PRESENT | VERIFIED)) == (PRESENT | VERIFIED)
               ? JM_OK
               : jm_refuse(s->d, JM_E_DENIED, JM_STAFF_PASSKEY_UNVERIFIED, NULL);
}

static int64_t counter_of(struct jm_bytes authenticator_data)
{
    const uint8_t *p = authenticator_data.ptr + 33;

    return (int64_t)p[0] << 24 | (int64_t)p[1] << 16 | (int64_t)p[2] << 8 | p[3];
}

/* A new one's: behind the key stands one map of extensions where a flag says so, and nothing else.
 */
static enum jm_status check_end(const struct saying *s)
{
    struct jm_bytes a = s->authenticator_data, rest;
    struct jm_cbor r;

    if (a.len < ID_AT || (a.ptr[32] & ATTESTED) == 0)
        return jm_refuse(s->d, JM_E_TRUNCATED, JM_STAFF_PASSKEY_FORM, "authenticator_data");
    rest = jm_slice(a, ID_AT + (size_t)(a.ptr[ID_AT - 2] << 8 | a.ptr[ID_AT - 1]), SIZE_MAX);
    jm_cbor_init(&r, rest);
    (void)jm_cbor_item(&r);
    if ((a.ptr[32] & EXTENDED) != 0)
        (void)jm_cbor_item(&r);
    enum jm_status st = jm_cbor_end(&r);
    if (st == JM_E_TRAILING)
        return jm_refuse(s->d, st, JM_STAFF_PASSKEY_TRAILING, "authenticator_data");
    return st == JM_OK ? st : jm_refuse(s->d, st, JM_STAFF_PASSKEY_FORM, "authenticator_data");
}

/* -- a new one -- */

struct enrolling {
    struct jm_passkey p;
    uint8_t link[32];
    struct jm_staff staff;
    struct jm_bytes reason;
    struct jm_arena *mem;
};

static enum jm_status link_name_tx(struct jm_tx *tx, struct enrolling *e)
{
    return jm_link_rows_get(tx, e->link, &e->p.name, e->mem);
}

static enum jm_status enrol_tx(struct jm_tx *tx, void *arg)
{
    struct enrolling *e = arg;
    const struct jm_actor who = {e->p.name, JM_BYTES("desk")};
    struct jm_passkey there;
    enum jm_status st;

    JM_TRY(jm_link_rows_take(tx, e->link));
    st = jm_passkey_rows_get(tx, e->p.id, &there, e->mem);
    if (st != JM_E_ABSENT)
        return st == JM_OK ? JM_E_DUPLICATE : st;
    JM_TRY(jm_passkey_rows_add(tx, &e->p));
    return jm_audit_in(tx, &who, "STAFF_ENROL", NULL, e->reason, "done", NULL);
}

static enum jm_status take_made(struct enrolling *e, const struct saying *s)
{
    enum jm_status st;
    uint8_t hash[32];

    JM_TRY(check_authenticator(s));
    JM_TRY(check_end(s));
    st = s->env->passkeys->made(&e->p.id, &e->p.key, s->authenticator_data, s->mem);
    if (jm_class_of(st) == JM_CLASS_INPUT)
        return jm_refuse(s->d, JM_E_MALFORMED, JM_STAFF_PASSKEY_KEY, NULL);
    JM_TRY(st);
    e->p.uses = counter_of(s->authenticator_data);
    JM_TRY(jm_sha256(s->env->crypto, jm_point_bytes(&e->p.key), hash));
    return jm_hex_encode(&e->reason, s->mem, jm_bytes(hash, 16));
}

enum jm_status jm_passkey_enrol(const struct jm_env *env, const struct jm_passkey_place *at,
                                const struct jm_passkey_made *in, struct jm_bytes *name,
                                struct jm_arena *mem, struct jm_diag *d)
{
    const struct saying s = {env, at, in->client_data, in->authenticator_data, "webauthn.create",
                             mem, d};
    struct enrolling e = {.mem = mem};
    enum jm_status st;

    *name = jm_none();
    JM_TRY(jm_sha256(env->crypto, in->token, e.link));
    JM_READ(st, tx, env, link_name_tx(tx, &e));
    if (st == JM_E_ABSENT)
        return jm_refuse(d, JM_E_UNAUTHENTICATED, JM_STAFF_ENROL_LINK, NULL);
    JM_TRY(st);
    JM_TRY(check_client(&s, e.p.name));
    JM_TRY(take_made(&e, &s));
    st = jm_tx_run(env, enrol_tx, &e);
    if (st == JM_E_CONFLICT) /* somebody else was first with it */
        return jm_refuse(d, JM_E_UNAUTHENTICATED, JM_STAFF_ENROL_LINK, NULL);
    if (st == JM_E_DUPLICATE)
        return jm_refuse(d, JM_E_CONFLICT, JM_STAFF_PASSKEY_TAKEN, NULL);
    *name = e.p.name;
    return st;
}

/* -- signing in -- */

static enum jm_status challenge_tx(struct jm_tx *tx, void *arg)
{
    return jm_staff_rows_challenge(tx, arg, JM_BYTES(""), jm_tx_now(tx) + JM_PASSKEY_TTL_S);
}

enum jm_status jm_passkey_challenge(const struct jm_env *env, char out[44])
{
    uint8_t hash[32];

    JM_TRY(jm_staff_token(env, out, hash));
    return jm_tx_run(env, challenge_tx, hash);
}

struct coming {
    struct jm_passkey p;
    struct jm_staff staff;
    struct jm_bytes id;
    int64_t uses;
    uint8_t session[32], before[32]; /* before: of no session where there was none */
    bool is_copied;
    struct jm_arena *mem;
};

static enum jm_status who_tx(struct jm_tx *tx, struct coming *c)
{
    JM_TRY(jm_passkey_rows_get(tx, c->id, &c->p, c->mem));
    JM_TRY(jm_staff_rows_get(tx, c->p.name, &c->staff, c->mem));
    return c->staff.state == JM_STAFF_ENROLLED ? JM_OK : JM_E_ABSENT;
}

/* One that counts has counted on. A count that did not rise is of a copy: nobody comes in, and that
 * stays in the chain. */
static enum jm_status session_tx(struct jm_tx *tx, void *arg)
{
    struct coming *c = arg;
    const struct jm_actor who = {c->staff.name, JM_BYTES("desk")};

    JM_TRY(who_tx(tx, c)); /* removed meanwhile, or used elsewhere */
    c->is_copied = c->uses <= c->p.uses && (c->uses != 0 || c->p.uses != 0);
    if (c->is_copied)
        return jm_audit_in(tx, &who, "PASSKEY_COUNTER", NULL, jm_none(), "flag", NULL);
    JM_TRY(jm_passkey_rows_used(tx, c->id, c->uses));
    JM_TRY(jm_staff_rows_leave(tx, c->before));
    JM_TRY(jm_staff_rows_session(tx, c->session, c->staff.name, jm_tx_now(tx)));
    return jm_audit_in(tx, &who, "STAFF_SIGN_IN", NULL, JM_BYTES("passkey"), "done", NULL);
}

static enum jm_status check_shown(const struct coming *c, const struct saying *s,
                                  struct jm_bytes signature)
{
    const struct jm_passkey_shown shown = {&c->p.key, s->at->rp_id, s->client_data,
                                           s->authenticator_data, signature};
    enum jm_status st;

    JM_TRY(check_authenticator(s));
    if (s->authenticator_data.len != AUTH_LEN) /* signed, and for nothing that was asked */
        return jm_refuse(s->d, JM_E_TRAILING, JM_STAFF_PASSKEY_TRAILING, "authenticator_data");
    st = s->env->passkeys->shown(&shown);
    return st == JM_E_SIGNATURE
               ? jm_refuse(s->d, JM_E_UNAUTHENTICATED, JM_STAFF_PASSKEY_SIGNATURE, NULL)
               : st;
}

enum jm_status jm_passkey_session(const struct jm_env *env, const struct jm_passkey_place *at,
                                  const struct jm_passkey_answer *in, char token[44],
                                  struct jm_staff *who, struct jm_arena *mem, struct jm_diag *d)
{
    const struct saying s = {env, at, in->client_data, in->authenticator_data, "webauthn.get",
                             mem, d};
    struct coming c = {.id = in->id, .mem = mem};
    enum jm_status st;

    JM_TRY(check_client(&s, JM_BYTES("")));
    JM_READ(st, tx, env, who_tx(tx, &c));
    if (st == JM_E_ABSENT)
        return jm_refuse(d, JM_E_UNAUTHENTICATED, JM_STAFF_PASSKEY_UNKNOWN, NULL);
    JM_TRY(st);
    JM_TRY(check_shown(&c, &s, in->signature));
    c.uses = counter_of(in->authenticator_data);
    JM_TRY(jm_staff_token(env, token, c.session));
    JM_TRY(jm_sha256(env->crypto, in->before, c.before));
    st = jm_tx_run(env, session_tx, &c);
    if (st == JM_E_ABSENT)
        return jm_refuse(d, JM_E_UNAUTHENTICATED, JM_STAFF_PASSKEY_UNKNOWN, NULL);
    JM_TRY(st);
    if (c.is_copied)
        return jm_refuse(d, JM_E_UNAUTHENTICATED, JM_STAFF_PASSKEY_COUNTER, NULL);
    *who = c.staff;
    return JM_OK;
}

/* -- signing out -- */

struct leaving {
    uint8_t session[32];
    struct jm_bytes name;
};

static enum jm_status leave_tx(struct jm_tx *tx, void *arg)
{
    const struct leaving *l = arg;
    const struct jm_actor who = {l->name, JM_BYTES("desk")};

    JM_TRY(jm_staff_rows_leave(tx, l->session));
    return jm_audit_in(tx, &who, "STAFF_SIGN_OUT", NULL, jm_none(), "done", NULL);
}

enum jm_status jm_staff_sign_out(const struct jm_env *env, struct jm_bytes token,
                                 struct jm_bytes name)
{
    struct leaving l = {.name = name};

    JM_TRY(jm_sha256(env->crypto, token, l.session));
    return jm_tx_run(env, leave_tx, &l);
}
