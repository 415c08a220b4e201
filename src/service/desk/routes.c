/* SPDX-License-Identifier: Apache-2.0 */
#include <stddef.h>

#include "jumin/base64.h"
#include "service/desk/desk.h"
#include "service/msg.h"
#include "service/staff/passkey.h"
#include "service/web/pages.h"
#include "service/web/routes.h"

/* -- sign-in -- */

struct challenge_req {
    struct jm_bytes staff;
};
JM_MSG(challenge_req, challenge_req, false, JM_FIELD(challenge_req, staff, "user", STR, 64, 0));
struct word_res {
    struct jm_bytes word;
};
#define WORD_RES(id, wire) JM_MSG(id, word_res, false, JM_FIELD(word_res, word, wire, STR, 0, 0))
WORD_RES(challenge_res, "challenge");
WORD_RES(state_res, "state");
WORD_RES(match_code_res, "tx_code");

static enum jm_status say_word(struct jm_req *q, const char *word)
{
    struct word_res *out = q->out;

    return jm_dup(&out->word, q->mem, jm_str(word));
}

static enum jm_status give_challenge(struct jm_req *q, struct jm_res *s)
{
    const struct challenge_req *in = q->in;
    char c[44];

    (void)s;
    JM_TRY(jm_staff_challenge(jm_req_env(q), in->staff, c));
    return say_word(q, c);
}

struct session_req {
    struct jm_bytes staff, challenge, signature;
};
JM_MSG(session_req, session_req, false, JM_FIELD(session_req, staff, "user", STR, 64, 0),
       JM_FIELD(session_req, challenge, "challenge", STR, 64, 0),
       JM_FIELD(session_req, signature, "signature", B64, 128, 0));
struct session_res {
    char token[44];
    const char *word;
    int64_t idle;
};
JM_MSG(session_res, session_res, false, JM_FIELD(session_res, word, "token", WORD, 0, 0),
       JM_FIELD(session_res, idle, "idle", INT, 0, 0));

static enum jm_status open_session(struct jm_req *q, struct jm_res *s)
{
    const struct jm_issuer *is = q->svc;
    const struct session_req *in = q->in;
    struct session_res *out = q->out;

    (void)s;
    out->word = out->token;
    out->idle = JM_SESSION_IDLE_S;
    return jm_staff_session(&is->base.env, in->staff, in->challenge, is->id, in->signature,
                            out->token, q->mem, &q->diag);
}

/* -- sign-in by passkey: a browser's -- */

struct link_req {
    struct jm_bytes token;
};
JM_MSG(link_req, link_req, false, JM_FIELD(link_req, token, "token", STR, 43, 0));
struct begin_res {
    struct jm_bytes name, handle, challenge, rp_id;
};
JM_MSG(begin_res, begin_res, false, JM_FIELD(begin_res, name, "user", STR, 0, 0),
       JM_FIELD(begin_res, handle, "user_handle", STR, 0, 0),
       JM_FIELD(begin_res, challenge, "challenge", STR, 0, 0),
       JM_FIELD(begin_res, rp_id, "rp_id", STR, 0, 0));
JM_MSG(asked_res, begin_res, false, JM_FIELD(begin_res, challenge, "challenge", STR, 0, 0),
       JM_FIELD(begin_res, rp_id, "rp_id", STR, 0, 0));
JM_MSG(enrolled_res, begin_res, false, JM_FIELD(begin_res, name, "user", STR, 0, 0));

static enum jm_status place_of(struct jm_req *q, struct jm_passkey_place *at)
{
    return jm_passkey_place(at, ((const struct jm_issuer *)q->svc)->id, q->mem);
}

static enum jm_status begin_enrolment(struct jm_req *q, struct jm_res *s)
{
    const struct link_req *in = q->in;
    struct begin_res *out = q->out;
    struct jm_passkey_begin b;
    struct jm_passkey_place at;

    (void)s;
    JM_TRY(place_of(q, &at));
    JM_TRY(jm_passkey_begin(jm_req_env(q), in->token, &b, q->mem, &q->diag));
    out->name = b.name;
    out->rp_id = at.rp_id;
    JM_TRY(jm_b64url_encode(&out->handle, q->mem, jm_bytes(b.handle, sizeof b.handle)));
    return jm_dup(&out->challenge, q->mem, jm_str(b.challenge));
}

JM_MSG(enrol_req, jm_passkey_made, false, JM_FIELD(jm_passkey_made, token, "token", STR, 43, 0),
       JM_FIELD(jm_passkey_made, client_data, "client_data", B64, JM_CLIENT_DATA_MAX, 0),
       JM_FIELD(jm_passkey_made, authenticator_data, "authenticator_data", B64,
                JM_AUTHENTICATOR_DATA_MAX, 0));

static enum jm_status enrol_passkey(struct jm_req *q, struct jm_res *s)
{
    struct begin_res *out = q->out;
    struct jm_passkey_place at;

    (void)s;
    JM_TRY(place_of(q, &at));
    return jm_passkey_enrol(jm_req_env(q), &at, q->in, &out->name, q->mem, &q->diag);
}

static enum jm_status ask_passkey(struct jm_req *q, struct jm_res *s)
{
    struct begin_res *out = q->out;
    struct jm_passkey_place at;
    char c[44];

    (void)s;
    JM_TRY(place_of(q, &at));
    JM_TRY(jm_passkey_challenge(jm_req_env(q), c));
    out->rp_id = at.rp_id;
    return jm_dup(&out->challenge, q->mem, jm_str(c));
}

JM_MSG(passkey_req, jm_passkey_answer, false,
       JM_FIELD(jm_passkey_answer, id, "id", B64, JM_PASSKEY_ID_MAX, 0),
       JM_FIELD(jm_passkey_answer, client_data, "client_data", B64, JM_CLIENT_DATA_MAX, 0),
       JM_FIELD(jm_passkey_answer, authenticator_data, "authenticator_data", B64,
                JM_AUTHENTICATOR_DATA_MAX, 0),
       JM_FIELD(jm_passkey_answer, signature, "signature", B64, 128, 0));
struct signed_in_res {
    struct jm_bytes name, centre;
    const char *role;
    int64_t idle;
};
JM_MSG(signed_in_res, signed_in_res, false, JM_FIELD(signed_in_res, name, "user", STR, 0, 0),
       JM_FIELD(signed_in_res, role, "role", WORD, 0, 0),
       JM_FIELD(signed_in_res, centre, "centre", STR, 0, 0),
       JM_FIELD(signed_in_res, idle, "idle", INT, 0, 0));

static enum jm_status say_who(struct jm_req *q, const struct jm_staff *who)
{
    struct signed_in_res *out = q->out;

    *out = (struct signed_in_res){who->name, who->centre, jm_staff_role_name(who->role),
                                  JM_SESSION_IDLE_S};
    return JM_OK;
}

static enum jm_status open_by_passkey(struct jm_req *q, struct jm_res *s)
{
    struct jm_passkey_answer in = *(const struct jm_passkey_answer *)q->in;
    struct jm_passkey_place at;
    struct jm_staff who;
    char token[44];

    JM_TRY(place_of(q, &at));
    in.before = jm_req_cookie(q, JM_DESK_COOKIE);
    JM_TRY(jm_passkey_session(jm_req_env(q), &at, &in, token, &who, q->mem, &q->diag));
    JM_TRY(jm_res_cookie(s, JM_DESK_COOKIE, jm_str(token)));
    jm_wipe(token, sizeof token);
    return say_who(q, &who);
}

static enum jm_status show_session(struct jm_req *q, struct jm_res *s)
{
    (void)s;
    return say_who(q, q->who.more);
}

static enum jm_status sign_out(struct jm_req *q, struct jm_res *s)
{
    JM_TRY(jm_staff_sign_out(jm_req_env(q), q->who.session, q->who.name));
    JM_TRY(jm_res_cookie(s, JM_DESK_COOKIE, jm_none()));
    return jm_web_ok(q, s);
}

static struct jm_desk desk_of(struct jm_req *q)
{
    return (struct jm_desk){q->svc, q->who.more, q->mem, &q->diag};
}

/* -- people -- */

JM_MSG(find_req, jm_desk_find_req, false, JM_FIELD(jm_desk_find_req, reason, "reason", STR, 200, 0),
       JM_FIELD(jm_desk_find_req, rrn, "rrn", STR, 14, JM_MSG_OPT),
       JM_FIELD(jm_desk_find_req, name, "name", STR, 640, JM_MSG_OPT),
       JM_FIELD(jm_desk_find_req, birth_date, "birth_date", DATE, 10, JM_MSG_OPT),
       JM_FIELD(jm_desk_find_req, ask, "ask", ID, 32, JM_MSG_OPT),
       JM_FIELD(jm_desk_find_req, application, "application", ID, 32, JM_MSG_OPT));

static enum jm_status find_person(struct jm_req *q, struct jm_res *s)
{
    const struct jm_desk k = desk_of(q);
    struct jm_register_found *found;
    size_t n;

    (void)s;
    JM_TRY(jm_desk_find(&k, &found, &n, q->in));
    return jm_register_put(q->out, found, n, false, q->mem);
}

/* -- cases -- */

JM_MSG(open_req, jm_desk_open_req, false, JM_FIELD(jm_desk_open_req, person, "person", ID, 32, 0),
       JM_FIELD(jm_desk_open_req, route, "route", STR, 8, 0),
       JM_FIELD(jm_desk_open_req, issue_date, "issue_date", DATE, 10, 0),
       JM_FIELD(jm_desk_open_req, authority, "authority", STR, 120, 0),
       JM_FIELD(jm_desk_open_req, desk, "desk", STR, 32, JM_MSG_OPT),
       JM_FIELD(jm_desk_open_req, card, "card", STR, 32, JM_MSG_OPT));
JM_MSG(open_res, jm_desk_open_res, false, JM_FIELD(jm_desk_open_res, c.id, "case", ID, 0, 0),
       JM_FIELD(jm_desk_open_res, uri, "credential_offer_uri", STR, 0, 0),
       JM_FIELD(jm_desk_open_res, rule, "rule", STR, 0, 0),
       JM_FIELD(jm_desk_open_res, fee_won, "fee_won", INT, 0, 0),
       JM_FIELD(jm_desk_open_res, fee_rule, "fee_rule", STR, 0, 0),
       JM_FIELD(jm_desk_open_res, c.scan_by, "scan_by", INT, 0, 0));

static enum jm_status open_case(struct jm_req *q, struct jm_res *s)
{
    const struct jm_desk k = desk_of(q);
    struct jm_eligibility *e = JM_NEW(q->mem, struct jm_eligibility);
    enum jm_status st;

    (void)s;
    if (e == NULL)
        return JM_E_NO_SPACE;
    st = jm_desk_open(&k, q->out, q->in, e);
    q->codes = e->code;
    q->n_codes = st == JM_OK ? 0 : e->n;
    return st;
}

static enum jm_status case_id(struct jm_req *q, struct jm_id *id)
{
    return jm_id_parse(id, q->arg[0]) == JM_OK
               ? JM_OK
               : jm_refuse(&q->diag, JM_E_ABSENT, JM_DESK_CASE_UNKNOWN, NULL);
}

struct case_res {
    struct jm_case c;
    const char *state;
    bool has_code;
    int64_t left; /* seconds: whoever waits may have another clock */
};
JM_MSG(case_res, case_res, false, JM_FIELD(case_res, state, "state", WORD, 0, 0),
       JM_FIELD(case_res, c.sign, "sign", STR, 0, JM_MSG_OPT),
       JM_FIELD(case_res, c.second, "second_phone", BOOL, 0, 0),
       JM_FIELD(case_res, c.tries, "tries", INT, 0, 0),
       JM_FIELD(case_res, has_code, "code_asked", BOOL, 0, 0),
       JM_FIELD(case_res, left, "left", INT, 0, 0),
       JM_FIELD(case_res, c.reason, "reason", STR, 0, JM_MSG_OPT));
struct day_case {
    struct jm_id id;
    const char *state;
    struct jm_bytes clerk;
    int64_t opened;
    bool second;
};
JM_MSG(day_case, day_case, false, JM_FIELD(day_case, id, "case", ID, 0, 0),
       JM_FIELD(day_case, state, "state", WORD, 0, 0),
       JM_FIELD(day_case, clerk, "clerk", STR, 0, 0),
       JM_FIELD(day_case, opened, "opened", TIME, 0, 0),
       JM_FIELD(day_case, second, "second_phone", BOOL, 0, 0));
struct day_res {
    struct jm_msg_list cases;
};
JM_MSG(day_res, day_res, false, JM_FIELD_OF(day_res, cases, "cases", LIST, day_case));

static enum jm_status list_cases(struct jm_req *q, struct jm_res *s)
{
    const struct jm_desk k = desk_of(q);
    struct jm_case *c;
    struct day_case *row;
    size_t n;

    (void)s;
    JM_TRY(jm_desk_cases(&k, &c, &n));
    if ((row = JM_NEW_N(q->mem, struct day_case, n + 1)) == NULL)
        return JM_E_NO_SPACE;
    for (size_t i = 0; i < n; i++)
        row[i] = (struct day_case){c[i].id, jm_case_state_name(c[i].state), c[i].clerk, c[i].opened,
                                   c[i].second};
    ((struct day_res *)q->out)->cases = (struct jm_msg_list){row, n};
    return JM_OK;
}

struct application {
    struct jm_id id, person;
    struct jm_bytes type; /* of card */
    int64_t opened, until;
};
JM_MSG(application, application, false, JM_FIELD(application, id, "case", ID, 0, 0),
       JM_FIELD(application, person, "person", ID, 0, 0),
       JM_FIELD(application, type, "card", STR, 0, 0),
       JM_FIELD(application, opened, "at", TIME, 0, 0),
       JM_FIELD(application, until, "until", TIME, 0, 0));
struct applications_res {
    struct jm_msg_list applications;
};
JM_MSG(applications_res, applications_res, false,
       JM_FIELD_OF(applications_res, applications, "applications", LIST, application));

static enum jm_status list_applications(struct jm_req *q, struct jm_res *s)
{
    const struct jm_desk k = desk_of(q);
    struct application *row;
    struct jm_case *c;
    size_t n;

    (void)s;
    JM_TRY(jm_desk_applications(&k, &c, &n));
    if ((row = JM_NEW_N(q->mem, struct application, n + 1)) == NULL)
        return JM_E_NO_SPACE;
    for (size_t i = 0; i < n; i++)
        row[i] = (struct application){c[i].id, c[i].person, c[i].type, c[i].opened, c[i].case_by};
    ((struct applications_res *)q->out)->applications = (struct jm_msg_list){row, n};
    return JM_OK;
}

struct decide_req {
    struct jm_bytes decision, reason;
};
JM_MSG(decide_req, decide_req, false, JM_FIELD(decide_req, decision, "decision", STR, 8, 0),
       JM_FIELD(decide_req, reason, "reason", STR, 200, 0));

static enum jm_status decide_application(struct jm_req *q, struct jm_res *s)
{
    const struct jm_desk k = desk_of(q);
    const struct decide_req *in = q->in;
    struct jm_id id;

    JM_TRY(case_id(q, &id));
    JM_TRY(jm_desk_decide(&k, &id, in->decision, in->reason));
    return jm_web_ok(q, s);
}

static enum jm_status tell_case(struct case_res *out, const struct jm_desk *k,
                                const struct jm_id *id, int64_t now)
{
    JM_TRY(jm_desk_show(k, id, &out->c));
    out->state = jm_case_state_name(out->c.state);
    out->has_code = jm_case_has_match_code(&out->c);
    out->left = jm_case_waits_until(&out->c, now);
    out->left = out->left > now ? out->left - now : 0;
    return JM_OK;
}

static enum jm_status show_case(struct jm_req *q, struct jm_res *s)
{
    const struct jm_desk k = desk_of(q);
    struct jm_id id;

    (void)s;
    JM_TRY(case_id(q, &id));
    return tell_case(q->out, &k, &id, q->now_s);
}

/* -- a case as it goes on: text/event-stream -- */

#define ID_DIGITS 32

/* One event where it is another than the last: its id says what a clerk would see change. */
static enum jm_status put_event(struct jm_res *s, const struct case_res *c, struct jm_arena *mem)
{
    const uint8_t parts[] = {(uint8_t)('0' + c->c.state), c->c.second ? 's' : '-',
                             c->has_code ? 'c' : '-', (uint8_t)('0' + c->c.tries % 10)};
    struct jm_bytes id = jm_bytes(parts, sizeof parts), json;

    s->stream.ends = c->left == 0;
    if (jm_bytes_eq(id, s->stream.last))
        return JM_OK;
    JM_TRY(jm_msg_text(&json, &case_res, c, mem));
    JM_TRY(jm_dup(&s->stream.last, mem, id));
    const struct jm_bytes event[] = {JM_BYTES("id: "), s->stream.last, JM_BYTES("\ndata: "), json,
                                     JM_BYTES("\n\n")};
    return jm_concat(&s->body, mem, event, JM_ARRAY_LEN(event));
}

/* Whose session has ended meanwhile hears no more. */
static enum jm_status follow_again(struct jm_req *q, struct jm_res *s)
{
    struct jm_bytes token = jm_slice(q->stream->what, ID_DIGITS, SIZE_MAX);
    struct jm_staff clerk;
    const struct jm_desk k = {q->svc, &clerk, q->mem, &q->diag};
    struct case_res c = {.state = NULL};
    struct jm_id id;

    JM_TRY(jm_id_parse(&id, jm_slice(q->stream->what, 0, ID_DIGITS)));
    JM_TRY(jm_staff_still(jm_req_env(q), token, &clerk, q->mem));
    JM_TRY(tell_case(&c, &k, &id, q->now_s));
    return put_event(s, &c, q->mem);
}

static enum jm_status follow_case(struct jm_req *q, struct jm_res *s)
{
    const struct jm_desk k = desk_of(q);
    const struct jm_bytes what[] = {q->arg[0], q->who.session};
    struct case_res c = {.state = NULL};
    struct jm_id id;

    JM_TRY(case_id(q, &id));
    JM_TRY(tell_case(&c, &k, &id, q->now_s));
    s->stream.again = follow_again;
    s->stream.who = q->who.session;
    s->stream.last = jm_slice(jm_req_header(q, "Last-Event-ID", NULL), 0, JM_STREAM_LAST_MAX);
    JM_TRY(jm_concat(&s->stream.what, q->mem, what, JM_ARRAY_LEN(what)));
    /* a proxy in front passes on what there is (nginx) */
    JM_TRY(jm_res_header(s, "X-Accel-Buffering", JM_BYTES("no")));
    return put_event(s, &c, q->mem);
}

static enum jm_status match_code(struct jm_req *q, struct jm_res *s)
{
    const struct jm_desk k = desk_of(q);
    char digits[JM_MATCH_CODE_LEN + 1];
    enum jm_status st;
    struct jm_id id;

    (void)s;
    JM_TRY(case_id(q, &id));
    JM_TRY(jm_desk_match_code(&k, &id, digits));
    st = say_word(q, digits);
    jm_wipe(digits, sizeof digits);
    return st;
}

static enum jm_status cancel_case(struct jm_req *q, struct jm_res *s)
{
    const struct jm_desk k = desk_of(q);
    struct jm_id id;

    (void)s;
    JM_TRY(case_id(q, &id));
    JM_TRY(jm_desk_cancel(&k, &id));
    return say_word(q, "CANCELLED");
}

JM_MSG(refuse_req, jm_desk_refuse_req, false,
       JM_FIELD(jm_desk_refuse_req, reason, "reason", STR, 32, 0),
       JM_FIELD(jm_desk_refuse_req, note, "note", STR, 200, JM_MSG_OPT));

static enum jm_status refuse_case(struct jm_req *q, struct jm_res *s)
{
    const struct jm_desk k = desk_of(q);
    struct jm_id id;

    (void)s;
    JM_TRY(case_id(q, &id));
    JM_TRY(jm_desk_refuse_case(&k, &id, q->in));
    return say_word(q, "REFUSED");
}

/* -- a person -- */

static enum jm_status person_id(struct jm_req *q, struct jm_id *id)
{
    return jm_id_parse(id, q->arg[0]) == JM_OK
               ? JM_OK
               : jm_refuse(&q->diag, JM_E_ABSENT, JM_DESK_PERSON_UNKNOWN, NULL);
}

static enum jm_status refuse_person(struct jm_req *q, struct jm_res *s)
{
    const struct jm_desk k = desk_of(q);
    struct jm_id id;

    (void)s;
    JM_TRY(person_id(q, &id));
    JM_TRY(jm_desk_refuse(&k, &id, q->in));
    return say_word(q, "REFUSED");
}

struct photo_req {
    struct jm_bytes reason;
};
JM_MSG(photo_req, photo_req, false, JM_FIELD(photo_req, reason, "reason", STR, 200, 0));
struct photo_res {
    struct jm_bytes photo;
    char taken[11];
    const char *taken_on;
};
JM_MSG(photo_res, photo_res, false, JM_FIELD(photo_res, photo, "photo", STR, 0, 0),
       JM_FIELD(photo_res, taken_on, "taken_on", WORD, 0, 0));

static enum jm_status show_photo(struct jm_req *q, struct jm_res *s)
{
    const struct jm_desk k = desk_of(q);
    const struct photo_req *in = q->in;
    struct photo_res *out = q->out;
    struct jm_bytes jpeg;
    struct jm_date taken;
    struct jm_id id;

    (void)s;
    JM_TRY(person_id(q, &id));
    JM_TRY(jm_desk_photo(&k, &id, in->reason, &jpeg, &taken));
    jm_date_format(out->taken, taken);
    out->taken_on = out->taken;
    return jm_b64url_encode(&out->photo, q->mem, jpeg);
}

/* -- a fresh photo in the place of the register's -- */

struct ask_res {
    struct jm_id ask;
};
JM_MSG(ask_res, ask_res, false, JM_FIELD(ask_res, ask, "ask", ID, 0, 0));
JM_MSG(photo_ask, jm_photo_ask, false, JM_FIELD(jm_photo_ask, id, "ask", ID, 0, 0),
       JM_FIELD(jm_photo_ask, clerk, "clerk", STR, 0, 0),
       JM_FIELD(jm_photo_ask, at, "at", TIME, 0, 0),
       JM_FIELD(jm_photo_ask, reason, "reason", STR, 0, 0),
       JM_FIELD(jm_photo_ask, by, "by", STR, 0, JM_MSG_OPT));
struct asks_res {
    struct jm_msg_list asks;
};
JM_MSG(asks_res, asks_res, false, JM_FIELD_OF(asks_res, asks, "asks", LIST, photo_ask));
struct grant_req {
    struct jm_bytes photo, reason;
};
JM_MSG(grant_req, grant_req, false,
       JM_FIELD(grant_req, photo, "photo", B64, (JM_PHOTO_MAX + 2) / 3 * 4, 0),
       JM_FIELD(grant_req, reason, "reason", STR, 200, 0));

static enum jm_status ask_photo(struct jm_req *q, struct jm_res *s)
{
    const struct jm_desk k = desk_of(q);
    const struct photo_req *in = q->in;
    struct jm_id id;

    (void)s;
    JM_TRY(person_id(q, &id));
    return jm_desk_photo_ask(&k, &((struct ask_res *)q->out)->ask, &id, in->reason);
}

static enum jm_status list_asks(struct jm_req *q, struct jm_res *s)
{
    const struct jm_desk k = desk_of(q);
    struct jm_photo_ask *a;
    size_t n;

    (void)s;
    JM_TRY(jm_desk_photo_asks(&k, &a, &n));
    ((struct asks_res *)q->out)->asks = (struct jm_msg_list){a, n};
    return JM_OK;
}

static enum jm_status grant_photo(struct jm_req *q, struct jm_res *s)
{
    const struct jm_desk k = desk_of(q);
    const struct grant_req *in = q->in;
    struct jm_id id;

    if (jm_id_parse(&id, q->arg[0]) != JM_OK)
        return jm_refuse(&q->diag, JM_E_ABSENT, JM_DESK_PHOTO_ASK_UNKNOWN, NULL);
    JM_TRY(jm_desk_photo_grant(&k, &id, in->photo, in->reason));
    return jm_web_ok(q, s);
}

/* -- a person's card -- */

JM_MSG(person_req, jm_desk_person_req, false,
       JM_FIELD(jm_desk_person_req, authority, "note", STR, 200, JM_MSG_OPT),
       JM_FIELD(jm_desk_person_req, reporter, "reporter", ID, 32, JM_MSG_OPT));
JM_MSG(resume_req, jm_desk_person_req, false,
       JM_FIELD(jm_desk_person_req, issue_date, "issue_date", DATE, 10, 0),
       JM_FIELD(jm_desk_person_req, authority, "authority", STR, 120, 0));

static enum jm_status on_person(struct jm_req *q, enum jm_desk_act act)
{
    const struct jm_desk k = desk_of(q);
    struct jm_desk_person_res out;
    struct jm_id id;

    JM_TRY(person_id(q, &id));
    JM_TRY(jm_desk_person(&k, &out, &id, act, q->in));
    return say_word(q, jm_card_state_name(out.state));
}

static enum jm_status suspend_person(struct jm_req *q, struct jm_res *s)
{
    (void)s;
    return on_person(q, JM_DESK_SUSPEND);
}

static enum jm_status resume_person(struct jm_req *q, struct jm_res *s)
{
    (void)s;
    return on_person(q, JM_DESK_RESUME);
}

static enum jm_status plastic_lost(struct jm_req *q, struct jm_res *s)
{
    (void)s;
    return on_person(q, JM_DESK_PLASTIC_LOST);
}

struct unlocked_res {
    struct jm_bytes serial, puk;
};
JM_MSG(unlocked_res, unlocked_res, false, JM_FIELD(unlocked_res, serial, "serial", STR, 0, 0),
       JM_FIELD(unlocked_res, puk, "puk", STR, 0, 0));

/* The desk's reader gives the chip a PIN that its holder types (spec/iccard.md 1.3). */
static enum jm_status unlock_chip(struct jm_req *q, struct jm_res *s)
{
    const struct jm_desk k = desk_of(q);
    const struct photo_req *in = q->in;
    struct unlocked_res *out = q->out;
    struct jm_id id;

    (void)s;
    JM_TRY(person_id(q, &id));
    return jm_desk_chip(&k, &out->serial, &out->puk, &id, in->reason);
}

/* -- another phone wants the card -- */

JM_MSG(takeover_req, jm_takeover_word, false, JM_TAKEOVER_WORD);
JM_MSG(takeover_res, jm_takeover_told, false, JM_TAKEOVER_TOLD);

static enum jm_status say_takeover(struct jm_req *q, struct jm_res *s)
{
    const struct jm_desk k = desk_of(q);
    const struct jm_takeover_word *in = q->in;
    struct jm_id id;

    (void)s;
    if (jm_id_parse(&id, q->arg[0]) != JM_OK)
        return jm_refuse(&q->diag, JM_E_ABSENT, JM_TAKEOVER_NONE, NULL);
    return jm_desk_takeover(&k, q->out, &id, in->decision);
}

/* -- fees and the till -- */

#define FEE_OF                                                            \
    JM_FIELD(jm_desk_fee_req, person, "person", ID, 32, 0),               \
        JM_FIELD(jm_desk_fee_req, action, "action", STR, 16, 0),          \
        JM_FIELD(jm_desk_fee_req, kind, "kind", STR, 16, 0),              \
        JM_FIELD(jm_desk_fee_req, reason, "reason", STR, 32, JM_MSG_OPT), \
        JM_FIELD(jm_desk_fee_req, relief, "relief", BOOL, 1, JM_MSG_OPT)
JM_MSG(price_req, jm_desk_fee_req, false, FEE_OF);
JM_MSG(fee_req, jm_desk_fee_req, false, FEE_OF,
       JM_FIELD(jm_desk_fee_req, receipt, "receipt", ID, 32, 0),
       JM_FIELD(jm_desk_fee_req, desk_case, "case", ID, 32, JM_MSG_OPT),
       JM_FIELD(jm_desk_fee_req, won, "won", INT, 10000000, 0),
       JM_FIELD(jm_desk_fee_req, method, "method", STR, 8, JM_MSG_OPT));
JM_MSG(price_res, jm_fee, false, JM_FEE_TOLD);
struct till_row {
    struct jm_fee_receipt r;
    const char *method;
    struct jm_bytes voids; /* hexadecimal, or empty */
};
#define RECEIPT                                                                                \
    JM_FIELD(till_row, r.id, "receipt", ID, 0, 0), JM_FIELD(till_row, r.at, "at", TIME, 0, 0), \
        JM_FIELD(till_row, r.rule, "rule", STR, 0, 0),                                         \
        JM_FIELD(till_row, r.won, "won", INT, 0, 0),                                           \
        JM_FIELD(till_row, method, "method", WORD, 0, 0),                                      \
        JM_FIELD(till_row, r.clerk, "clerk", STR, 0, 0),                                       \
        JM_FIELD(till_row, voids, "voids", STR, 0, JM_MSG_OPT),                                \
        JM_FIELD(till_row, r.voided, "voided", BOOL, 0, 0)
JM_MSG(receipt_res, till_row, false, RECEIPT);
struct till_res {
    struct jm_till t;
    struct jm_msg_list receipts;
};
JM_MSG(till_res, till_res, false, JM_FIELD(till_res, t.won, "won", INT, 0, 0),
       JM_FIELD(till_res, t.cash, "cash_won", INT, 0, 0),
       JM_FIELD(till_res, t.card, "card_won", INT, 0, 0),
       JM_FIELD_OF(till_res, receipts, "receipts", LIST, receipt_res));
struct void_req {
    struct jm_bytes reason;
};
JM_MSG(void_req, void_req, false, JM_FIELD(void_req, reason, "reason", STR, 200, 0));

static enum jm_status put_receipt(struct till_row *out, const struct jm_fee_receipt *r,
                                  struct jm_arena *mem)
{
    static const char *const method[] = {"none", "cash", "card"};
    char voids[33];

    *out = (struct till_row){.r = *r, .method = method[r->method % JM_ARRAY_LEN(method)]};
    if (jm_id_is_zero(&r->voids))
        return JM_OK;
    jm_id_format(voids, &r->voids);
    return jm_dup(&out->voids, mem, jm_str(voids));
}

static enum jm_status price_fee(struct jm_req *q, struct jm_res *s)
{
    const struct jm_desk k = desk_of(q);

    (void)s;
    return jm_desk_fee(&k, q->out, q->in);
}

static enum jm_status take_fee(struct jm_req *q, struct jm_res *s)
{
    const struct jm_desk k = desk_of(q);
    struct jm_fee_receipt r;

    (void)s;
    JM_TRY(jm_desk_fee_take(&k, &r, q->in));
    return put_receipt(q->out, &r, q->mem);
}

static enum jm_status void_fee(struct jm_req *q, struct jm_res *s)
{
    const struct jm_desk k = desk_of(q);
    const struct void_req *in = q->in;
    struct jm_fee_receipt r;
    struct jm_id id;

    (void)s;
    if (jm_id_parse(&id, q->arg[0]) != JM_OK)
        return jm_refuse(&q->diag, JM_E_ABSENT, JM_FEE_RECEIPT_UNKNOWN, NULL);
    JM_TRY(jm_desk_fee_void(&k, &r, &id, in->reason));
    return put_receipt(q->out, &r, q->mem);
}

static enum jm_status show_till(struct jm_req *q, struct jm_res *s)
{
    const struct jm_desk k = desk_of(q);
    struct till_res *out = q->out;
    struct till_row *row;

    (void)s;
    JM_TRY(jm_desk_till(&k, &out->t));
    if ((row = JM_NEW_N(q->mem, struct till_row, out->t.n + 1)) == NULL)
        return JM_E_NO_SPACE;
    for (size_t i = 0; i < out->t.n; i++)
        JM_TRY(put_receipt(&row[i], &out->t.receipt[i], q->mem));
    out->receipts = (struct jm_msg_list){row, out->t.n};
    return JM_OK;
}

/* -- loss -- */

struct loss_req {
    struct jm_bytes loss_code, what;
};
JM_MSG(loss_req, loss_req, false, JM_FIELD(loss_req, loss_code, "loss_code", STR, 64, 0),
       JM_FIELD(loss_req, what, "what", STR, 16, 0));
struct loss_res {
    struct jm_loss_res r;
    const char *receipt, *effect;
};
JM_MSG(loss_res, loss_res, false, JM_FIELD(loss_res, receipt, "receipt", WORD, 0, 0),
       JM_FIELD(loss_res, effect, "effect", WORD, 0, 0));

static enum jm_status report_loss(struct jm_req *q, struct jm_res *s)
{
    const struct loss_req *in = q->in;
    struct loss_res *out = q->out;

    (void)s;
    JM_TRY(jm_loss_report(q->svc, in->loss_code, in->what, &out->r, q->mem, &q->diag));
    out->receipt = out->r.receipt;
    out->effect = out->r.paused ? "paused" : "none";
    return JM_OK;
}

const struct jm_route jm_desk_routes[] = {
    /*       method path                               auth           act    media body max  rate
       flags     handler */
    JM_ROUTE_MSG(POST, "/staff/challenge", PUBLIC, SELF, JSON, 1024, GUESS, NO_STORE,
                 give_challenge, STAFF_CHALLENGE, .message = &challenge_req,
                 .answer = &challenge_res),
    JM_ROUTE_MSG(POST, "/staff/session", PUBLIC, SELF, JSON, 2048, GUESS, NO_STORE, open_session,
                 STAFF_SESSION, .message = &session_req, .answer = &session_res),
    JM_ROUTE_MSG(POST, "/staff/enrol/challenge", PUBLIC, SELF, JSON, 256, GUESS, NO_STORE,
                 begin_enrolment, STAFF_ENROL_CHALLENGE, .message = &link_req,
                 .answer = &begin_res),
    JM_ROUTE_MSG(POST, "/staff/enrol", PUBLIC, SELF, JSON, 8192, GUESS, NO_STORE, enrol_passkey,
                 STAFF_ENROL, .message = &enrol_req, .answer = &enrolled_res, .http = 201),
    JM_ROUTE_MSG(POST, "/staff/passkey/challenge", PUBLIC, SELF, JSON, 64, GUESS, NO_STORE,
                 ask_passkey, STAFF_PASSKEY_CHALLENGE, .message = &jm_msg_none,
                 .answer = &asked_res),
    JM_ROUTE_MSG(POST, "/staff/passkey", PUBLIC, SELF, JSON, 8192, GUESS, NO_STORE, open_by_passkey,
                 STAFF_PASSKEY, .message = &passkey_req, .answer = &signed_in_res),
    JM_ROUTE_MSG(GET, "/desk/session", STAFF_SESSION, SELF, NONE, 0, DESK, NO_STORE, show_session,
                 DESK_SESSION, .answer = &signed_in_res),
    JM_ROUTE_MSG(POST, "/desk/sign-out", STAFF_SESSION, SELF, JSON, 64, DESK, NO_STORE, sign_out,
                 DESK_SIGN_OUT, .message = &jm_msg_none, .answer = &jm_ok_res),
    JM_ROUTE_MSG(POST, "/desk/persons/find", STAFF_SESSION, D_400, JSON, 2048, DESK, NO_STORE,
                 find_person, DESK_FIND, .message = &find_req, .answer = &jm_register_rows_res),
    JM_ROUTE_MSG(POST, "/desk/cases", STAFF_SESSION, D_402, JSON, 4096, DESK, NO_STORE, open_case,
                 DESK_OPEN, .message = &open_req, .answer = &open_res, .http = 201),
    JM_ROUTE_MSG(GET, "/desk/cases", STAFF_SESSION, D_400, NONE, 0, DESK, NO_STORE, list_cases,
                 DESK_DAY, .answer = &day_res),
    JM_ROUTE_MSG(GET, "/desk/applications", STAFF_SESSION, D_402, NONE, 0, DESK, NO_STORE,
                 list_applications, DESK_APPLICATIONS, .answer = &applications_res),
    JM_ROUTE_MSG(POST, "/desk/applications/{id}", STAFF_SESSION, D_402, JSON, 1024, DESK, NO_STORE,
                 decide_application, DESK_DECIDE, .message = &decide_req, .answer = &jm_ok_res),
    JM_ROUTE_MSG(GET, "/desk/cases/{id}", STAFF_SESSION, D_402, NONE, 0, DESK, NO_STORE, show_case,
                 DESK_SHOW, .answer = &case_res, .unattended = true),
    JM_ROUTE_MSG(GET, "/desk/cases/{id}/events", STAFF_SESSION, D_402, NONE, 0, DESK, NO_STORE,
                 follow_case, DESK_EVENTS, .unattended = true),
    JM_ROUTE_MSG(POST, "/desk/cases/{id}/code", STAFF_SESSION, D_402, JSON, 1024, DESK, NO_STORE,
                 match_code, DESK_CODE, .message = &jm_msg_none, .answer = &match_code_res),
    JM_ROUTE_MSG(POST, "/desk/cases/{id}/cancel", STAFF_SESSION, D_402, JSON, 1024, DESK, NO_STORE,
                 cancel_case, DESK_CANCEL, .message = &jm_msg_none, .answer = &state_res),
    JM_ROUTE_MSG(POST, "/desk/cases/{id}/refuse", STAFF_SESSION, D_402, JSON, 1024, DESK, NO_STORE,
                 refuse_case, DESK_REFUSE_CASE, .message = &refuse_req, .answer = &state_res),
    JM_ROUTE_MSG(POST, "/desk/persons/{id}/refuse", STAFF_SESSION, D_402, JSON, 1024, DESK,
                 NO_STORE, refuse_person, DESK_REFUSE, .message = &refuse_req,
                 .answer = &state_res),
    JM_ROUTE_MSG(POST, "/desk/persons/{id}/photo", STAFF_SESSION, D_401, JSON, 1024, DESK, NO_STORE,
                 show_photo, DESK_PHOTO, .message = &photo_req, .answer = &photo_res),
    JM_ROUTE_MSG(POST, "/desk/persons/{id}/photo/ask", STAFF_SESSION, D_403, JSON, 1024, DESK,
                 NO_STORE, ask_photo, DESK_PHOTO_ASK, .message = &photo_req, .answer = &ask_res,
                 .http = 201),
    JM_ROUTE_MSG(GET, "/desk/photo-asks", STAFF_SESSION, D_403, NONE, 0, DESK, NO_STORE, list_asks,
                 DESK_PHOTO_ASKS, .answer = &asks_res),
    JM_ROUTE_MSG(POST, "/desk/photo-asks/{id}/grant", STAFF_SESSION, D_403_GRANT, JSON, 32 * JM_KIB,
                 DESK, NO_STORE, grant_photo, DESK_PHOTO_GRANT, .message = &grant_req,
                 .answer = &jm_ok_res),
    JM_ROUTE_MSG(POST, "/desk/persons/{id}/chip", STAFF_SESSION, D_403_CHIP, JSON, 1024, DESK,
                 NO_STORE, unlock_chip, DESK_CHIP, .message = &photo_req, .answer = &unlocked_res),
    JM_ROUTE_MSG(POST, "/desk/persons/{id}/takeover", STAFF_SESSION, D_405, JSON, 256, DESK,
                 NO_STORE, say_takeover, DESK_TAKEOVER, .message = &takeover_req,
                 .answer = &takeover_res),
    JM_ROUTE_MSG(POST, "/desk/persons/{id}/suspend", STAFF_SESSION, D_404, JSON, 4096, DESK,
                 NO_STORE, suspend_person, DESK_SUSPEND, .message = &person_req,
                 .answer = &state_res),
    JM_ROUTE_MSG(POST, "/desk/persons/{id}/resume", STAFF_SESSION, D_405, JSON, 4096, DESK,
                 NO_STORE, resume_person, DESK_RESUME, .message = &resume_req,
                 .answer = &state_res),
    JM_ROUTE_MSG(POST, "/desk/persons/{id}/plastic-lost", STAFF_SESSION, D_406, JSON, 4096, DESK,
                 NO_STORE, plastic_lost, DESK_PLASTIC_LOST, .message = &person_req,
                 .answer = &state_res),
    JM_ROUTE_MSG(POST, "/desk/fees/price", STAFF_SESSION, D_407, JSON, 1024, DESK, NO_STORE,
                 price_fee, DESK_FEE_PRICE, .message = &price_req, .answer = &price_res),
    JM_ROUTE_MSG(POST, "/desk/fees", STAFF_SESSION, D_407, JSON, 1024, DESK, NO_STORE, take_fee,
                 DESK_FEE, .message = &fee_req, .answer = &receipt_res, .http = 201),
    JM_ROUTE_MSG(POST, "/desk/fees/{id}/void", STAFF_SESSION, D_407_VOID, JSON, 1024, DESK,
                 NO_STORE, void_fee, DESK_FEE_VOID, .message = &void_req, .answer = &receipt_res),
    JM_ROUTE_MSG(GET, "/desk/till", STAFF_SESSION, D_407_TILL, NONE, 0, DESK, NO_STORE, show_till,
                 DESK_TILL, .answer = &till_res),
    JM_ROUTE_MSG(POST, "/loss", PUBLIC, SELF, JSON, 1024, LOSS, ANYBODY_NO_STORE, report_loss, LOSS,
                 .message = &loss_req, .answer = &loss_res),
    JM_ROUTE(GET, "/desk", PUBLIC, SELF, NONE, 0, HIGH, NONE, jm_web_page, DESK_PAGE),
    JM_ROUTE(GET, "/loss", PUBLIC, SELF, NONE, 0, HIGH, NONE, jm_web_page, LOSS_PAGE),
};
const size_t jm_desk_n_routes = JM_ARRAY_LEN(jm_desk_routes);
