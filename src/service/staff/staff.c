/* SPDX-License-Identifier: Apache-2.0 */
#include "service/staff/staff.h"

#include <string.h>

#include "jumin/ask.h"
#include "jumin/base64.h"
#include "jumin/cbor.h"
#include "service/audit/audit.h"
#include "service/staff/parts.h"

static const char *const role_name[] = {"", "clerk", "supervisor", "agent", "operator", "auditor"};

const char *jm_staff_role_name(enum jm_staff_role r)
{
    return (unsigned)r < JM_ARRAY_LEN(role_name) ? role_name[r] : "";
}

enum jm_staff_role jm_staff_role_of(struct jm_bytes name)
{
    int found = 0;

    for (int i = 1; i < (int)JM_ARRAY_LEN(role_name); i++)
        if (jm_bytes_eq_str(name, role_name[i]))
            found = i;
    return (enum jm_staff_role)found;
}

#define R(role) (1u << JM_ROLE_##role)

/* domain.md 11, what one person may do alone without step-up; an agent never resumes (D-173). */
static const unsigned may[] = {
    [JM_ACT_SELF] = R(CLERK) | R(SUPERVISOR) | R(AGENT) | R(OPERATOR) | R(AUDITOR),
    [JM_ACT_D_400] = R(CLERK) | R(SUPERVISOR),
    [JM_ACT_D_401] = R(CLERK),
    [JM_ACT_D_402] = R(CLERK) | R(SUPERVISOR),
    [JM_ACT_D_403] = R(CLERK) | R(SUPERVISOR), /* to ask */
    [JM_ACT_D_403_CHIP] = R(SUPERVISOR),       /* a clerk proven by passkey, too */
    [JM_ACT_D_404] = R(CLERK) | R(SUPERVISOR) | R(AGENT),
    [JM_ACT_D_405] = R(CLERK) | R(SUPERVISOR),
    [JM_ACT_D_406] = R(CLERK) | R(SUPERVISOR),
    [JM_ACT_D_407] = R(CLERK) | R(SUPERVISOR),
    [JM_ACT_D_407_VOID] = R(SUPERVISOR),
    [JM_ACT_D_407_TILL] = R(CLERK) | R(SUPERVISOR) | R(AUDITOR),
    [JM_ACT_D_411] = R(OPERATOR),
    [JM_ACT_D_413] = R(SUPERVISOR),
};

bool jm_staff_may(enum jm_staff_role role, enum jm_act act)
{
    return (unsigned)act < JM_ARRAY_LEN(may) && (may[act] & 1u << role) != 0;
}

bool jm_staff_may_proven(enum jm_staff_role role, enum jm_act act)
{
    if (act == JM_ACT_D_403_CHIP)
        return role == JM_ROLE_CLERK;
    return (act == JM_ACT_D_401 || act == JM_ACT_D_403_GRANT) && role == JM_ROLE_SUPERVISOR;
}

/* -- who is staff -- */

enum jm_status jm_staff_what(uint8_t what[32], bool add, const struct jm_staff *s,
                             const struct jm_crypto *c)
{
    uint8_t room[512];
    struct jm_buf b = jm_buf(room, sizeof room);
    struct jm_cbor_w w;

    jm_cbor_w_init(&w, &b);
    jm_cbor_w_array(&w, add ? 5 : 2);
    jm_cbor_w_str(&w, add ? "staff add" : "staff remove");
    jm_cbor_w_text(&w, s->name);
    if (add) {
        jm_cbor_w_str(&w, jm_staff_role_name(s->role));
        jm_cbor_w_text(&w, s->centre);
        jm_cbor_w_bytes(&w, jm_point_bytes(&s->key));
    }
    JM_TRY(jm_cbor_w_end(&w));
    return jm_sha256(c, jm_written(b), what);
}

struct changing {
    struct jm_staff staff;
    struct jm_arena *mem;
    int64_t operators; /* active ones */
    bool two;          /* two of them have approved */
    struct jm_bytes reason;
};

/* "kim operator 3017000000 <hash of the key>": whom the row is about, and with which key. */
static enum jm_status describe_change(struct changing *x, const struct jm_crypto *c)
{
    const struct jm_staff *s = &x->staff;
    struct jm_bytes hex;
    uint8_t hash[32];

    JM_TRY(jm_sha256(c, jm_point_bytes(&s->key), hash));
    JM_TRY(jm_hex_encode(&hex, x->mem, jm_bytes(hash, 16)));
    const struct jm_bytes parts[] = {s->name,
                                     JM_BYTES(" "),
                                     jm_str(jm_staff_role_name(s->role)),
                                     JM_BYTES(" "),
                                     s->centre,
                                     JM_BYTES(" "),
                                     hex};
    return jm_concat(&x->reason, x->mem, parts, JM_ARRAY_LEN(parts));
}

static enum jm_status look_tx(struct jm_tx *tx, struct changing *x)
{
    struct jm_staff there;
    enum jm_status st = jm_staff_rows_get(tx, x->staff.name, &there, x->mem);

    if (st == JM_OK)
        x->staff = there;
    else if (st != JM_E_ABSENT)
        return st;
    return jm_staff_rows_count(tx, JM_ROLE_OPERATOR, &x->operators);
}

/* With two operators there, nobody makes or ends an operator alone: two keys of one person would be
 * two operators. */
static enum jm_status two_for(const struct jm_env *env, struct changing *x, bool add,
                              const struct jm_approver *two, struct jm_diag *d)
{
    uint8_t what[32];

    if (x->staff.role != JM_ROLE_OPERATOR || x->operators < 2)
        return JM_OK;
    if (two == NULL)
        return jm_refuse(d, JM_E_DENIED, JM_RP_SECOND_APPROVER, "operator");
    JM_TRY(jm_staff_what(what, add, &x->staff, env->crypto));
    JM_TRY(jm_staff_approve(env, two, what, "STAFF_APPROVE", x->mem, d));
    x->two = true;
    return JM_OK;
}

/* Counted once more where it is done: two of these at once are not one alone each. */
static enum jm_status may_in(struct jm_tx *tx, const struct changing *x)
{
    int64_t n;

    JM_TRY(jm_staff_rows_count(tx, JM_ROLE_OPERATOR, &n));
    return x->staff.role == JM_ROLE_OPERATOR && n >= 2 && !x->two ? JM_E_DENIED : JM_OK;
}

static enum jm_status add_tx(struct jm_tx *tx, void *arg)
{
    const struct changing *x = arg;
    struct jm_actor who = {JM_BYTES("operator"), JM_BYTES("local")};

    JM_TRY(may_in(tx, x));
    JM_TRY(jm_staff_rows_add(tx, &x->staff));
    return jm_audit_in(tx, &who, "STAFF_ADD", NULL, x->reason, "done", NULL);
}

enum jm_status jm_staff_add(const struct jm_env *env, const struct jm_staff *s,
                            const struct jm_approver *two, struct jm_arena *mem, struct jm_diag *d)
{
    struct changing x = {.staff = *s, .mem = mem};
    enum jm_status st;

    JM_READ(st, tx, env, look_tx(tx, &x));
    JM_TRY(st);
    x.staff = *s;
    JM_TRY(describe_change(&x, env->crypto));
    JM_TRY(two_for(env, &x, true, two, d));
    st = jm_tx_run(env, add_tx, &x);
    return st == JM_E_CONFLICT ? jm_refuse(d, st, JM_STAFF_EXISTS, NULL) : st;
}

static enum jm_status remove_tx(struct jm_tx *tx, void *arg)
{
    const struct changing *x = arg;
    struct jm_actor who = {JM_BYTES("operator"), JM_BYTES("local")};

    JM_TRY(may_in(tx, x));
    JM_TRY(jm_staff_rows_remove(tx, x->staff.name));
    return jm_audit_in(tx, &who, "STAFF_REMOVE", NULL, x->reason, "done", NULL);
}

enum jm_status jm_staff_remove(const struct jm_env *env, struct jm_bytes name,
                               const struct jm_approver *two, struct jm_arena *mem,
                               struct jm_diag *d)
{
    struct changing x = {.staff = {.name = name}, .mem = mem};
    enum jm_status st;

    JM_READ(st, tx, env, look_tx(tx, &x));
    JM_TRY(st);
    if (x.staff.state != JM_STAFF_ENROLLED)
        return jm_refuse(d, JM_E_ABSENT, JM_STAFF_USER_UNKNOWN, NULL);
    JM_TRY(describe_change(&x, env->crypto));
    JM_TRY(two_for(env, &x, false, two, d));
    st = jm_tx_run(env, remove_tx, &x);
    return st == JM_E_CONFLICT ? jm_refuse(d, JM_E_ABSENT, JM_STAFF_USER_UNKNOWN, NULL) : st;
}

/* -- signing in -- */

struct sign_in {
    struct jm_bytes name;
    uint8_t challenge[32], session[32];
    struct jm_staff staff;
    struct jm_arena *mem;
};

enum jm_status jm_staff_token(const struct jm_env *env, char out[44], uint8_t hash[32])
{
    struct jm_buf b = jm_buf(out, 43);
    uint8_t r[32];

    out[43] = 0;
    JM_TRY(jm_env_random(env, r, sizeof r));
    JM_TRY(jm_b64url_put(&b, jm_bytes(r, sizeof r)));
    return jm_sha256(env->crypto, jm_bytes(out, 43), hash);
}

static enum jm_status challenge_tx(struct jm_tx *tx, void *arg)
{
    const struct sign_in *s = arg;

    return jm_staff_rows_challenge(tx, s->challenge, s->name, jm_tx_now(tx) + JM_CHALLENGE_TTL_S);
}

enum jm_status jm_staff_challenge(const struct jm_env *env, struct jm_bytes name, char out[44])
{
    struct sign_in s = {.name = name};

    JM_TRY(jm_staff_token(env, out, s.challenge));
    return jm_tx_run(env, challenge_tx, &s);
}

enum jm_status jm_staff_to_sign(struct jm_bytes *out, struct jm_bytes name,
                                struct jm_bytes challenge, struct jm_bytes origin,
                                struct jm_arena *mem)
{
    struct jm_cbor_w w;
    struct jm_buf b;

    *out = jm_none();
    JM_TRY(jm_alloc_buf(&b, mem, 64 + name.len + challenge.len + origin.len));
    jm_cbor_w_init(&w, &b);
    jm_cbor_w_array(&w, 4);
    jm_cbor_w_str(&w, "jumin-staff/1");
    jm_cbor_w_text(&w, name);
    jm_cbor_w_text(&w, challenge);
    jm_cbor_w_text(&w, origin);
    *out = jm_written(b);
    return jm_cbor_w_end(&w);
}

static enum jm_status take_tx(struct jm_tx *tx, void *arg)
{
    struct sign_in *s = arg;

    JM_TRY(jm_staff_rows_take(tx, s->challenge, s->name));
    return JM_OK;
}

static enum jm_status session_tx(struct jm_tx *tx, void *arg)
{
    const struct sign_in *s = arg;
    struct jm_actor who = {s->name, JM_BYTES("desk")};

    JM_TRY(jm_staff_rows_session(tx, s->session, s->name, 0));
    return jm_audit_in(tx, &who, "STAFF_SIGN_IN", NULL, jm_none(), "done", NULL);
}

enum jm_status jm_staff_session(const struct jm_env *env, struct jm_bytes name,
                                struct jm_bytes challenge, struct jm_bytes origin,
                                struct jm_bytes sig, char token[44], struct jm_arena *mem,
                                struct jm_diag *d)
{
    struct sign_in s = {.name = name, .mem = mem};
    struct jm_bytes octets;
    enum jm_status st;

    JM_TRY(jm_sha256(env->crypto, challenge, s.challenge));
    st = jm_tx_run(env, take_tx, &s); /* spent whatever follows */
    if (st == JM_E_CONFLICT)
        return jm_refuse(d, JM_E_UNAUTHENTICATED, JM_STAFF_CHALLENGE,
                         "unknown, used, another's or too old");
    JM_TRY(st);
    JM_READ(st, tx, env, jm_staff_rows_get(tx, name, &s.staff, mem));
    if (st == JM_E_ABSENT || (st == JM_OK && s.staff.state != JM_STAFF_ENROLLED))
        /* the same as a wrong signature */
        return jm_refuse(d, JM_E_UNAUTHENTICATED, JM_STAFF_SIGNATURE, NULL);
    JM_TRY(st);
    JM_TRY(jm_staff_to_sign(&octets, name, challenge, origin, mem));
    if (env->answers->verify(env->answers->ctx, JM_ALG_ES256, jm_point_bytes(&s.staff.key), octets,
                             sig) != JM_OK)
        return jm_refuse(d, JM_E_UNAUTHENTICATED, JM_STAFF_SIGNATURE, NULL);
    JM_TRY(jm_staff_token(env, token, s.session));
    return jm_tx_run(env, session_tx, &s);
}

static enum jm_status sitting_tx(struct jm_tx *tx, struct sign_in *s,
                                 const struct jm_staff_sitting *at)
{
    JM_TRY(jm_staff_rows_get(tx, at->name, &s->staff, s->mem));
    s->staff.proven = at->proven;
    return JM_OK;
}

static enum jm_status touch_tx(struct jm_tx *tx, void *arg)
{
    struct sign_in *s = arg;
    struct jm_staff_sitting at;

    JM_TRY(jm_staff_rows_touch(tx, s->session, jm_tx_now(tx) - JM_SESSION_IDLE_S, &at, s->mem));
    return sitting_tx(tx, s, &at);
}

enum jm_status jm_staff_of_session(const struct jm_env *env, struct jm_bytes token,
                                   struct jm_staff *out, struct jm_arena *mem)
{
    struct sign_in s = {.mem = mem};
    enum jm_status st;

    JM_TRY(jm_sha256(env->crypto, token, s.session));
    st = jm_tx_run(env, touch_tx, &s);
    if (st == JM_E_ABSENT || (st == JM_OK && s.staff.state != JM_STAFF_ENROLLED))
        return JM_E_UNAUTHENTICATED;
    *out = s.staff;
    return st;
}

static enum jm_status still_tx(struct jm_tx *tx, struct sign_in *s)
{
    struct jm_staff_sitting at;

    JM_TRY(
        jm_staff_rows_session_of(tx, s->session, jm_tx_now(tx) - JM_SESSION_IDLE_S, &at, s->mem));
    return sitting_tx(tx, s, &at);
}

enum jm_status jm_staff_still(const struct jm_env *env, struct jm_bytes token, struct jm_staff *out,
                              struct jm_arena *mem)
{
    struct sign_in s = {.mem = mem};
    enum jm_status st;

    JM_TRY(jm_sha256(env->crypto, token, s.session));
    JM_READ(st, tx, env, still_tx(tx, &s));
    if (st == JM_E_ABSENT || (st == JM_OK && s.staff.state != JM_STAFF_ENROLLED))
        return JM_E_UNAUTHENTICATED;
    *out = s.staff;
    return st;
}

/* -- two people -- */

enum jm_status jm_staff_approval(struct jm_bytes *out, struct jm_bytes name, const uint8_t what[32],
                                 int64_t at, struct jm_arena *mem)
{
    struct jm_cbor_w w;
    struct jm_buf b;

    *out = jm_none();
    JM_TRY(jm_alloc_buf(&b, mem, 96 + name.len));
    jm_cbor_w_init(&w, &b);
    jm_cbor_w_array(&w, 4);
    jm_cbor_w_str(&w, "jumin-approval/1"); /* another label than a sign-in has */
    jm_cbor_w_text(&w, name);
    jm_cbor_w_bytes(&w, jm_bytes(what, 32));
    jm_cbor_w_int(&w, at);
    *out = jm_written(b);
    return jm_cbor_w_end(&w);
}

struct approving {
    struct jm_staff staff[2];
    const struct jm_approver *two;
    struct jm_bytes what;
    const char *act;
    struct jm_arena *mem;
};

static enum jm_status approvers_tx(struct jm_tx *tx, struct approving *a)
{
    for (size_t i = 0; i < 2; i++) {
        enum jm_status st = jm_staff_rows_get(tx, a->two[i].name, &a->staff[i], a->mem);

        if (st != JM_OK && st != JM_E_ABSENT)
            return st;
        if (st == JM_E_ABSENT)
            a->staff[i].state = 0;
    }
    return JM_OK;
}

static enum jm_status approved_tx(struct jm_tx *tx, void *arg)
{
    const struct approving *a = arg;

    for (size_t i = 0; i < 2; i++) {
        struct jm_actor who = {a->two[i].name, JM_BYTES("local")};

        JM_TRY(jm_audit_in(tx, &who, a->act, NULL, a->what, "done", NULL));
    }
    return JM_OK;
}

static enum jm_status prove_approval(const struct jm_env *env, const struct jm_staff *staff,
                                     const struct jm_approver *by, const uint8_t what[32],
                                     struct jm_arena *mem, struct jm_diag *d)
{
    int64_t now = jm_env_now(env);
    struct jm_bytes octets;

    JM_TRY(jm_staff_approval(&octets, by->name, what, by->at, mem));
    if (staff->state != JM_STAFF_ENROLLED || by->sig.len != jm_sig_len(JM_ALG_ES256) ||
        env->answers->verify(env->answers->ctx, JM_ALG_ES256, jm_point_bytes(&staff->key), octets,
                             by->sig) != JM_OK)
        return jm_refuse(d, JM_E_UNAUTHENTICATED, JM_STAFF_SIGNATURE, NULL);
    if (by->at > now + JM_APPROVAL_SKEW_S || by->at < now - JM_APPROVAL_TTL_S)
        return jm_refuse(d, JM_E_DENIED, JM_STAFF_APPROVAL_TIME, NULL);
    return staff->role == JM_ROLE_OPERATOR
               ? JM_OK
               : jm_refuse(d, JM_E_DENIED, JM_STAFF_ROLE, jm_staff_role_name(staff->role));
}

enum jm_status jm_staff_approve(const struct jm_env *env, const struct jm_approver two[2],
                                const uint8_t what[32], const char *act, struct jm_arena *mem,
                                struct jm_diag *d)
{
    struct approving *a = JM_NEW(mem, struct approving);
    enum jm_status st;

    if (a == NULL)
        return JM_E_NO_SPACE;
    a->two = two;
    a->act = act;
    a->mem = mem;
    JM_TRY(jm_hex_encode(&a->what, mem, jm_bytes(what, 32)));
    JM_READ(st, tx, env, approvers_tx(tx, a));
    JM_TRY(st);
    for (size_t i = 0; i < 2; i++)
        JM_TRY(prove_approval(env, &a->staff[i], &two[i], what, mem, d));
    if (jm_bytes_eq(two[0].name, two[1].name) || jm_point_eq(&a->staff[0].key, &a->staff[1].key))
        return jm_refuse(d, JM_E_DENIED, JM_RP_SECOND_APPROVER, "one person twice");
    return jm_tx_run(env, approved_tx, a);
}
