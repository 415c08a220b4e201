/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "service/desk/parts.h"
#include "service/msg.h"
#include "service/notices/notices.h"

static struct jm_actor clerk_actor(const struct jm_staff *clerk)
{
    struct jm_actor a = {clerk->name, JM_BYTES("desk")};

    return a;
}

/* -- find a person -- */

static enum jm_status find_by_number(struct jm_register_find *f, const struct jm_desk *k,
                                     struct jm_bytes text)
{
    uint8_t number[JM_RRN_LEN];
    enum jm_status st = jm_rrn_read(number, text, k->is->base.env.synthetic, k->d);

    if (st == JM_OK)
        st = jm_rrn_lookup(&k->is->base.env, f->lookup, number);
    jm_wipe(number, sizeof number);
    f->has_lookup = st == JM_OK;
    return st;
}

/* Whom a colleague asked a fresh photo for. */
static enum jm_status find_by_ask(struct jm_register_find *f, const struct jm_desk *k,
                                  const struct jm_id *id)
{
    struct jm_photo_ask a;
    enum jm_status st;

    JM_READ(st, tx, &k->is->base.env, jm_desk_photo_asked(tx, k, id, &a));
    JM_TRY(st);
    f->person = a.person;
    f->has_person = true;
    return JM_OK;
}

/* Whose application waits. */
static enum jm_status find_by_application(struct jm_register_find *f, const struct jm_desk *k,
                                          const struct jm_id *id)
{
    struct jm_case c;
    enum jm_status st;

    JM_READ(st, tx, &k->is->base.env, jm_desk_application(tx, k, id, &c));
    JM_TRY(st);
    f->person = c.person;
    f->has_person = true;
    return JM_OK;
}

enum jm_status jm_desk_find(const struct jm_desk *k, struct jm_register_found **out, size_t *n,
                            const struct jm_desk_find_req *in)
{
    struct jm_register_find f = {.born_from = JM_BYTES("0000"),
                                 .born_to = JM_BYTES("9999"),
                                 .limit = JM_DESK_FIND_MAX};
    struct jm_actor who = clerk_actor(k->clerk);
    bool by_name = in->name.len != 0 && in->birth_date.year != 0;
    char birth[11];

    *out = NULL;
    *n = 0;
    if (in->reason.len == 0)
        return jm_refuse(k->d, JM_E_MISSING, JM_API_FIELD_MISSING, "reason");
    if ((in->rrn.len != 0) + by_name + !jm_id_is_zero(&in->ask) +
            !jm_id_is_zero(&in->application) !=
        1)
        return jm_refuse(k->d, JM_E_MISSING, JM_API_FIELD_MISSING,
                         "rrn, or name and birth_date, or ask, or application");
    if (!jm_id_is_zero(&in->ask)) {
        JM_TRY(find_by_ask(&f, k, &in->ask));
    } else if (!jm_id_is_zero(&in->application)) {
        JM_TRY(find_by_application(&f, k, &in->application));
    } else if (by_name) {
        jm_date_format(birth, in->birth_date);
        f.name = in->name;
        f.born_from = f.born_to = jm_str(birth);
        f.region = jm_slice(k->clerk->centre, 0, JM_MUNICIPALITY_LEN);
    } else {
        JM_TRY(find_by_number(&f, k, in->rrn));
    }
    JM_TRY(jm_register_find(&k->is->base.env, out, n, &f, true, &who, in->reason, k->mem));
    return *n > 0 ? JM_OK : jm_refuse(k->d, JM_E_ABSENT, JM_REGISTER_NOT_FOUND, NULL);
}

/* -- open a case -- */

struct open {
    const struct jm_desk *k;
    const struct jm_desk_open_req *in;
    struct jm_desk_open_res *out;
    struct jm_eligibility *e;
    struct jm_person person;
};

static enum jm_status facts_tx(struct jm_tx *tx, struct open *o)
{
    enum jm_status st = jm_person_in(tx, &o->in->person, &o->person, o->k->mem);

    if (st == JM_E_ABSENT)
        return jm_refuse(o->k->d, st, JM_DESK_PERSON_UNKNOWN, NULL);
    JM_TRY(st);
    return jm_desk_not_own(tx, o->k, &o->in->person);
}

/* "JM_ELIG_UNDER_17, JM_ELIG_NO_CARD": whoever is sent away hears everything at once. */
static const char *all_reasons(const struct jm_eligibility *e, struct jm_arena *mem)
{
    struct jm_bytes parts[2 * JM_ELIGIBILITY_MAX], all;
    size_t n = 0;

    for (size_t i = 0; i < e->n; i++) {
        if (i > 0)
            parts[n++] = JM_BYTES(", ");
        parts[n++] = jm_str(jm_code_info(e->code[i])->name);
    }
    /* NUL-terminated, as all of jm_concat's */
    return jm_concat(&all, mem, parts, n) == JM_OK ? (const char *)all.ptr : NULL;
}

static enum jm_status judge_opening(struct open *o)
{
    struct jm_eligibility_facts f = {.now = jm_env_now(&o->k->is->base.env),
                                     .desk_region = o->k->clerk->centre,
                                     .kind = o->person.kind,
                                     .state = o->person.state,
                                     .birth = o->person.birth,
                                     .region = o->person.region10,
                                     .plastic = o->person.plastic.state,
                                     .plastic_kind = o->person.plastic.kind};

    if (!jm_bytes_eq_str(o->in->route, "qr"))
        return jm_refuse(o->k->d, JM_E_UNSUPPORTED, JM_ELIG_ROUTE_CLOSED,
                         "a desk serves the route qr");
    f.route = JM_ROUTE_QR;
    /* An open case is no reason against: a new QR cancels the old one (D-203). */
    jm_eligible(o->e, &f, &o->k->is->rollout);
    if (o->e->n > 0)
        return jm_refuse(o->k->d, JM_E_DENIED, o->e->code[0], all_reasons(o->e, o->k->mem));
    return jm_plastic_typed(o->k, &o->in->person, o->in->issue_date, o->in->authority);
}

static enum jm_status open_tx(struct jm_tx *tx, void *arg)
{
    struct open *o = arg;
    struct jm_actor who = clerk_actor(o->k->clerk);
    const struct jm_fee_receipt fee = {.id = o->out->c.id, /* one a case */
                                       .person = o->in->person,
                                       .desk_case = o->out->c.id,
                                       .won = o->out->fee_won,
                                       .rule = o->out->fee_rule,
                                       .desk = o->k->clerk->centre,
                                       .clerk = o->k->clerk->name};

    /* a new QR cancels the old one: D-203 */
    JM_TRY(jm_case_cancel_open(tx, &o->in->person, "NEW_QR"));
    JM_TRY(jm_case_add_in(tx, &o->out->c));
    JM_TRY(jm_fee_receipt_in(tx, &fee));
    JM_TRY(jm_audit_in(tx, &who, "CASE_OPEN", &o->in->person, o->out->rule, "done", NULL));
    return jm_notice_in(tx, &o->in->person, "CASE_OPEN", JM_BYTES("desk"));
}

static enum jm_status refuse_audited(struct open *o, enum jm_status st)
{
    struct jm_actor who = clerk_actor(o->k->clerk);

    if (o->k->d->code == JM_CODE_NONE || o->k->d->code == JM_DESK_PERSON_UNKNOWN)
        return st;
    enum jm_status audited = jm_audit(&o->k->is->base.env, &who, "CASE_REFUSED", &o->in->person,
                                      jm_str(jm_code_info(o->k->d->code)->name), "refused");
    return audited == JM_OK ? st : audited;
}

enum jm_status jm_desk_open(const struct jm_desk *k, struct jm_desk_open_res *out,
                            const struct jm_desk_open_req *in, struct jm_eligibility *e)
{
    struct open *o = JM_NEW(k->mem, struct open);
    const struct jm_env *env = &k->is->base.env;
    const struct jm_profile *profile;
    struct jm_fee_facts facts = {0};
    struct jm_fee fee;
    enum jm_status st;

    memset(out, 0, sizeof *out);
    memset(e, 0, sizeof *e);
    if (o == NULL)
        return JM_E_NO_SPACE;
    *o = (struct open){.k = k, .in = in, .out = out, .e = e};
    if (jm_env_behind(env))
        return jm_refuse(k->d, JM_E_UNAVAILABLE, JM_VCI_CLOCK, NULL);
    if ((profile = jm_profile_of(&k->is->types, in->card)) == NULL)
        return jm_refuse(k->d, JM_E_RANGE, JM_API_FIELD_FORM, "card");
    JM_READ(st, tx, env, facts_tx(tx, o));
    if (st != JM_OK || (st = judge_opening(o)) != JM_OK)
        return refuse_audited(o, st);
    facts.birth = o->person.birth;
    JM_TRY(jm_env_id(env, &out->c.id));
    out->rule = e->rule;
    JM_TRY(jm_fee_of(&fee, &k->is->fees, JM_FEE_MOBILE, o->person.plastic.kind, JM_FEE_LOST, &facts,
                     jm_seoul_date(jm_env_now(env)), k->d));
    out->fee_rule = fee.rule;
    out->fee_won = fee.won;
    out->c.type = profile->type;
    out->c.person = in->person;
    out->c.centre = k->clerk->centre;
    out->c.clerk = k->clerk->name;
    out->c.route = JM_ROUTE_QR;
    out->c.serial = o->person.plastic.serial;
    out->c.opened = jm_env_now(env);
    out->c.scan_by = out->c.opened + JM_QR_TTL_S;
    out->c.case_by = out->c.scan_by;
    out->c.state = JM_CASE_CREATED;
    JM_TRY(jm_offer_make(k->is, &out->c, in->desk.len == 0 ? JM_BYTES("1") : in->desk, &out->uri,
                         k->mem));
    return jm_tx_run(env, open_tx, o);
}

/* -- a running case -- */

struct of_case {
    const struct jm_desk *k;
    const struct jm_id *id;
    const struct jm_case *c;
};

enum jm_status jm_desk_show(const struct jm_desk *k, const struct jm_id *id, struct jm_case *out)
{
    enum jm_status st;

    JM_READ(st, tx, &k->is->base.env, jm_case_in(tx, id, out, k->mem));
    if (st == JM_E_ABSENT || (st == JM_OK && !jm_bytes_eq(out->centre, k->clerk->centre)))
        /* another centre's case is no case: D-420 */
        return jm_refuse(k->d, JM_E_ABSENT, JM_DESK_CASE_UNKNOWN, NULL);
    if (st == JM_OK)
        out->state = jm_case_state_at(out, jm_env_now(&k->is->base.env));
    return st;
}

enum jm_status jm_desk_match_code(const struct jm_desk *k, const struct jm_id *id,
                                  char digits[JM_MATCH_CODE_LEN + 1])
{
    struct jm_actor who = clerk_actor(k->clerk);
    struct jm_case c;
    enum jm_status st;

    JM_TRY(jm_desk_show(k, id, &c));
    /* a colleague's case for oneself is one's own */
    JM_READ(st, tx, &k->is->base.env, jm_desk_not_own(tx, k, &c.person));
    JM_TRY(st);
    if (c.state != JM_CASE_CREATED && c.state != JM_CASE_SCANNED)
        return jm_refuse(k->d, JM_E_CONFLICT, JM_DESK_CASE_ENDED, jm_case_state_name(c.state));
    JM_TRY(jm_match_code_new(k->is, id, digits, k->d));
    return jm_audit(&k->is->base.env, &who, "MATCH_CODE", &c.person, jm_none(), "done");
}

static enum jm_status cancel_tx(struct jm_tx *tx, void *arg)
{
    const struct of_case *o = arg;
    struct jm_actor who = clerk_actor(o->k->clerk);

    JM_TRY(jm_case_end(tx, o->id, o->c->state, JM_CASE_CANCELLED, "CANCELLED"));
    return jm_audit_in(tx, &who, "CASE_CANCEL", &o->c->person, jm_none(), "done", NULL);
}

enum jm_status jm_desk_cancel(const struct jm_desk *k, const struct jm_id *id)
{
    struct jm_case c;
    struct of_case o = {k, id, &c};

    JM_TRY(jm_desk_show(k, id, &c));
    if (c.state != JM_CASE_CREATED && c.state != JM_CASE_SCANNED && c.state != JM_CASE_CODE_OK)
        return jm_refuse(k->d, JM_E_CONFLICT, JM_DESK_CASE_ENDED, jm_case_state_name(c.state));
    enum jm_status st = jm_tx_run(&k->is->base.env, cancel_tx, &o);
    return st == JM_E_CONFLICT ? jm_refuse(k->d, st, JM_DESK_CASE_ENDED, NULL) : st;
}

enum jm_status jm_desk_cases(const struct jm_desk *k, struct jm_case **out, size_t *n)
{
    const struct jm_env *env = &k->is->base.env;
    int64_t now = jm_env_now(env), since = jm_seoul_midnight(jm_seoul_date(now));
    struct jm_bytes clerk = k->clerk->role == JM_ROLE_SUPERVISOR ? jm_none() : k->clerk->name;
    enum jm_status st;

    *n = 0;
    if ((*out = JM_NEW_N(k->mem, struct jm_case, JM_CASES_OF_MAX)) == NULL)
        return JM_E_NO_SPACE;
    JM_READ(st, tx, env, jm_cases_of(tx, k->clerk->centre, clerk, since, *out, n, k->mem));
    for (size_t i = 0; st == JM_OK && i < *n; i++)
        (*out)[i].state = jm_case_state_at(&(*out)[i], now);
    return st;
}

/* -- refusing -- */

struct refusing {
    const struct jm_desk *k;
    const struct jm_id *person;
    const char *reason;
    struct jm_bytes said;
};

static enum jm_status refuse_tx(struct jm_tx *tx, void *arg)
{
    const struct refusing *r = arg;
    const struct jm_actor who = clerk_actor(r->k->clerk);
    struct jm_person p;

    JM_TRY(jm_person_in(tx, r->person, &p, r->k->mem));
    JM_TRY(jm_case_refuse_open(tx, r->person, r->k->clerk->centre, r->reason));
    JM_TRY(jm_audit_in(tx, &who, "CASE_REFUSED", r->person, r->said, "refused", NULL));
    return jm_notice_in(tx, r->person, "CASE_REFUSED", who.channel);
}

enum jm_status jm_desk_refuse(const struct jm_desk *k, const struct jm_id *person,
                              const struct jm_desk_refuse_req *in)
{
    static const char *const reasons[] = {"PHOTO_MISMATCH", "PLASTIC_DOUBT", "OTHER"};
    struct refusing r = {.k = k, .person = person};
    enum jm_status st;

    for (size_t i = 0; i < JM_ARRAY_LEN(reasons); i++)
        r.reason = jm_bytes_eq_str(in->reason, reasons[i]) ? reasons[i] : r.reason;
    if (r.reason == NULL)
        return jm_refuse(k->d, JM_E_RANGE, JM_API_FIELD_FORM, "reason");
    if (strcmp(r.reason, "OTHER") == 0 && in->note.len == 0)
        return jm_refuse(k->d, JM_E_MISSING, JM_API_FIELD_MISSING, "note");
    const struct jm_bytes parts[] = {jm_str(r.reason),
                                     in->note.len == 0 ? jm_none() : JM_BYTES(": "), in->note};
    JM_TRY(jm_concat(&r.said, k->mem, parts, JM_ARRAY_LEN(parts)));
    st = jm_tx_run(&k->is->base.env, refuse_tx, &r);
    return st == JM_E_ABSENT ? jm_refuse(k->d, st, JM_DESK_PERSON_UNKNOWN, NULL) : st;
}

enum jm_status jm_desk_refuse_case(const struct jm_desk *k, const struct jm_id *id,
                                   const struct jm_desk_refuse_req *in)
{
    struct jm_case c;

    JM_TRY(jm_desk_show(k, id, &c));
    if (jm_case_waits_until(&c, jm_env_now(&k->is->base.env)) == 0)
        return jm_refuse(k->d, JM_E_CONFLICT, JM_DESK_CASE_ENDED, jm_case_state_name(c.state));
    return jm_desk_refuse(k, &c.person, in);
}

/* -- the register's photo -- */

enum jm_status jm_desk_photo(const struct jm_desk *k, const struct jm_id *person,
                             struct jm_bytes reason, struct jm_bytes *photo, struct jm_date *taken)
{
    const struct jm_env *env = &k->is->base.env;
    const struct jm_actor who = clerk_actor(k->clerk);
    struct jm_bytes number;
    struct jm_person p;
    enum jm_status st;

    *photo = jm_none();
    if (reason.len == 0)
        return jm_refuse(k->d, JM_E_MISSING, JM_API_FIELD_MISSING, "reason");
    st = jm_person_get(env, person, &p, k->mem);
    if (st == JM_E_ABSENT)
        return jm_refuse(k->d, st, JM_DESK_PERSON_UNKNOWN, NULL);
    JM_TRY(st);
    JM_TRY(jm_audit(env, &who, "PHOTO_SHOW", person, reason, "done")); /* before it is seen */
    *taken = p.photo_taken;
    JM_TRY(jm_person_open(env, &p, &number, photo, k->mem));
    return photo->len != 0 ? JM_OK : jm_refuse(k->d, JM_E_ABSENT, JM_DESK_PHOTO_NONE, NULL);
}

/* -- a person's card -- */

struct act {
    const struct jm_desk *k;
    const struct jm_id *person;
    enum jm_desk_act act;
    const struct jm_desk_person_req *in;
    struct jm_desk_person_res *out;
    bool lists;
};

static enum jm_status plastic_lost(struct jm_tx *tx, struct act *a, const struct jm_change *why,
                                   const struct jm_live *live)
{
    struct jm_person p;

    JM_TRY(jm_person_in(tx, a->person, &p, a->k->mem));
    if (p.plastic.state != JM_PLASTIC_VALID)
        return jm_refuse(a->k->d, JM_E_CONFLICT, JM_ELIG_CARD_NOT_CURRENT, NULL);
    JM_TRY(jm_plastic_move(tx, p.plastic.serial, JM_PLASTIC_VALID, JM_PLASTIC_LOST));
    JM_TRY(jm_audit_in(tx, why->who, "PLASTIC_LOST", a->person, jm_none(), "done", NULL));
    for (size_t i = 0; i < live->n; i++) {
        JM_TRY(jm_card_revoke_in(tx, &live->card[i], false, why));
        a->out->state = JM_CARD_REVOKED;
        a->lists = true;
    }
    return JM_OK;
}

/* R3, in person with the plastic: opens LOST_PHONE, LINE_CHANGED, a reported plastic and the own
 * lock; not FRAUD, not LEGAL. */
static enum jm_status resume_cards(struct jm_tx *tx, struct act *a, const struct jm_change *why,
                                   const struct jm_live *live)
{
    unsigned kinds = 1u << JM_HOLD_LOST_PHONE | 1u << JM_HOLD_LINE_CHANGED |
                     1u << JM_HOLD_SELF_LOCK | 1u << JM_HOLD_LOST_PLASTIC;
    enum jm_status first = JM_E_CONFLICT;
    struct jm_person p;
    size_t done = 0;
    bool active;

    JM_TRY(jm_desk_not_own(tx, a->k, a->person));
    JM_TRY(jm_person_in(tx, a->person, &p, a->k->mem));
    /* it was right a moment ago */
    if (!jm_plastic_matches(&p, a->in->issue_date, a->in->authority))
        return jm_refuse(a->k->d, JM_E_DENIED, JM_DESK_PLASTIC_MISMATCH,
                         "issue date or authority is not that of the valid card");
    for (size_t i = 0; i < live->n; i++) {
        enum jm_status st = jm_card_release_in(tx, &live->card[i], kinds, why, &active);

        if (st != JM_OK && st != JM_E_CONFLICT && st != JM_E_DENIED)
            return st;
        if (st == JM_OK && done++ == 0)
            a->out->state = active ? JM_CARD_ACTIVE : JM_CARD_SUSPENDED;
        first = st == JM_E_DENIED ? st : first;
    }
    if (done > 0)
        return JM_OK;
    return first == JM_E_DENIED ? jm_refuse(a->k->d, first, JM_DESK_HOLD_OTHER,
                                            "the holds that are open are not released at a desk")
                                : jm_refuse(a->k->d, first, JM_DESK_NOT_SUSPENDED, NULL);
}

/* The phone is lost with all that is on it. */
static enum jm_status suspend_cards(struct jm_tx *tx, struct act *a, const struct jm_change *why,
                                    const struct jm_live *live)
{
    for (size_t i = 0; i < live->n; i++) {
        enum jm_status st = jm_card_hold_in(tx, &live->card[i], JM_HOLD_LOST_PHONE, why);

        if (st != JM_OK && st != JM_E_CONFLICT)
            return st;
        a->lists = a->lists || st == JM_OK;
    }
    if (!a->lists)
        return jm_refuse(a->k->d, JM_E_CONFLICT, JM_DESK_CARD_ENDED, NULL);
    a->out->state = JM_CARD_SUSPENDED;
    return JM_OK;
}

/* D-002: a relative may report; who it was counts for D-422. */
static enum jm_status note_reporter(struct jm_tx *tx, const struct act *a)
{
    struct jm_person p;
    enum jm_status st;

    if (jm_id_is_zero(&a->in->reporter))
        return JM_OK;
    st = jm_person_in(tx, &a->in->reporter, &p, a->k->mem);
    if (st == JM_E_ABSENT)
        return jm_refuse(a->k->d, st, JM_DESK_PERSON_UNKNOWN, "reporter");
    JM_TRY(st);
    return jm_loss_reporter_in(tx, a->person, &a->in->reporter);
}

static enum jm_status act_tx(struct jm_tx *tx, void *arg)
{
    struct act *a = arg;
    struct jm_actor who = clerk_actor(a->k->clerk);
    struct jm_change why = {&who,
                            a->act == JM_DESK_PLASTIC_LOST ? "PHYSICAL_LOST"
                            : a->act == JM_DESK_SUSPEND    ? "LOST_PHONE"
                                                           : "R3",
                            a->act == JM_DESK_RESUME
                                ? JM_BYTES("R3: plastic in hand, issue date and authority typed")
                                : jm_none()};
    struct jm_live live;

    a->lists = false;
    JM_TRY(jm_cards_live_of(tx, a->person, &live, a->k->mem));
    if (a->act != JM_DESK_RESUME)
        JM_TRY(note_reporter(tx, a));
    if (live.n > 0)
        a->out->card = live.card[0].id;
    if (a->act == JM_DESK_PLASTIC_LOST)
        return plastic_lost(tx, a, &why, &live);
    if (live.n == 0)
        return jm_refuse(a->k->d, JM_E_ABSENT, JM_DESK_CARD_NONE, NULL);
    return a->act == JM_DESK_RESUME ? resume_cards(tx, a, &why, &live)
                                    : suspend_cards(tx, a, &why, &live);
}

/* Before the card's state is told: an answer that differs would say whether the guess was right. */
static enum jm_status resume_facts_tx(struct jm_tx *tx, const struct act *a)
{
    struct jm_live live;

    JM_TRY(jm_cards_live_of(tx, a->person, &live, a->k->mem));
    if (live.n == 0)
        return jm_refuse(a->k->d, JM_E_ABSENT, JM_DESK_CARD_NONE, NULL);
    return jm_desk_not_own(tx, a->k, a->person);
}

static enum jm_status act_on(struct act *a)
{
    const struct jm_env *env = &a->k->is->base.env;
    enum jm_status st;

    if (a->act == JM_DESK_RESUME) {
        JM_READ(st, tx, env, resume_facts_tx(tx, a));
        JM_TRY(st);
        JM_TRY(jm_plastic_typed(a->k, a->person, a->in->issue_date, a->in->authority));
    }
    return jm_tx_run(env, act_tx, a);
}

enum jm_status jm_desk_person(const struct jm_desk *k, struct jm_desk_person_res *out,
                              const struct jm_id *person, enum jm_desk_act act,
                              const struct jm_desk_person_req *in)
{
    struct act a = {k, person, act, in, out, false};

    memset(out, 0, sizeof *out);
    enum jm_status st = act_on(&a);
    if (act == JM_DESK_RESUME && jm_class_of(st) == JM_CLASS_DENIED && k->d->code != JM_CODE_NONE) {
        struct jm_actor who = clerk_actor(k->clerk);

        JM_TRY(jm_audit(&k->is->base.env, &who, "RESUME_REFUSED", person,
                        jm_str(jm_code_info(k->d->code)->name), "refused"));
    }
    JM_TRY(st);
    if (a.lists && k->is->wake_publisher != NULL)
        k->is->wake_publisher(k->is->wake_ctx);
    return JM_OK;
}

/* -- loss by loss code: no session, no phone, no PIN -- */

struct loss_report {
    uint8_t code_mac[32];
    enum jm_hold_kind kind;
    struct jm_arena *mem;
    bool paused;
};

/* The loss code may be of a card that a new phone has replaced: it is the person's live cards that
 * must not be shown any more. */
static enum jm_status loss_tx(struct jm_tx *tx, void *arg)
{
    struct loss_report *l = arg;
    struct jm_actor who = {JM_BYTES("holder"), JM_BYTES("loss code")};
    struct jm_change why = {&who,
                            l->kind == JM_HOLD_LOST_PLASTIC ? "LOST_PLASTIC" : "LOST_PHONE",
                            {NULL, 0}};
    struct jm_card card;
    struct jm_live live;

    l->paused = false;
    JM_TRY(jm_card_by_loss_code(tx, jm_bytes(l->code_mac, 32), &card, l->mem));
    JM_TRY(jm_cards_live_of(tx, &card.person, &live, l->mem));
    for (size_t i = 0; i < live.n; i++) {
        enum jm_status st = jm_card_hold_in(tx, &live.card[i], l->kind, &why);

        if (st != JM_OK && st != JM_E_CONFLICT)
            return st;
        l->paused = l->paused || st == JM_OK;
    }
    return JM_OK; /* nothing may be left to pause, and nobody is told that something was */
}

enum jm_status jm_loss_report(struct jm_issuer *is, struct jm_bytes loss_code, struct jm_bytes what,
                              struct jm_loss_res *out, struct jm_arena *mem, struct jm_diag *d)
{
    struct loss_report l = {.mem = mem};
    struct jm_card card;
    struct jm_id id;
    enum jm_status st;

    memset(out, 0, sizeof *out);
    if (jm_bytes_eq_str(what, "phone") || jm_bytes_eq_str(what, "card"))
        l.kind = JM_HOLD_LOST_PHONE;
    else if (jm_bytes_eq_str(what, "plastic"))
        l.kind = JM_HOLD_LOST_PLASTIC;
    else
        return jm_refuse(d, JM_E_RANGE, JM_LOSS_WHAT, "phone, card or plastic");
    st = jm_loss_code_mac(&is->base.env, loss_code, l.code_mac);
    if (st == JM_E_MALFORMED)
        return jm_refuse(d, JM_E_ABSENT, JM_LOSS_CODE_UNKNOWN,
                         "mistyped: the check character does not fit");
    JM_TRY(st);
    /* whoever tries loss codes costs no transaction of the writer */
    JM_READ(st, tx, &is->base.env, jm_card_by_loss_code(tx, jm_bytes(l.code_mac, 32), &card, mem));
    if (st == JM_OK)
        st = jm_tx_run(&is->base.env, loss_tx, &l);
    if (st == JM_E_ABSENT)
        return jm_refuse(d, st, JM_LOSS_CODE_UNKNOWN, NULL);
    JM_TRY(st);
    out->paused = l.paused;
    if (l.paused && is->wake_publisher != NULL)
        is->wake_publisher(is->wake_ctx);
    JM_TRY(jm_env_id(&is->base.env, &id));
    jm_id_format(out->receipt, &id);
    return JM_OK;
}
