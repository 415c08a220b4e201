/* SPDX-License-Identifier: Apache-2.0 */
/* What each kind of event does: one function a row of the table in spec/domain.md 5. */
#include <string.h>

#include "service/cases/cases.h"
#include "service/devices/devices.h"
#include "service/events/parts.h"

static enum jm_status came_to(struct jm_life *l, enum jm_life_outcome o)
{
    l->out->outcome = o;
    return JM_OK;
}

static struct jm_change change_for(const struct jm_life *l, const char *reason)
{
    return (struct jm_change){l->who, reason, l->ev->id};
}

/* -- the mobile card -- */

/* Ends the cards for good, and a case that is under way. */
static enum jm_status revoke_cards(struct jm_tx *tx, struct jm_life *l, const char *reason,
                                   bool close_device)
{
    struct jm_change why = change_for(l, reason);

    JM_TRY(jm_case_cancel_open(tx, &l->ev->person, reason));
    for (size_t i = 0; i < l->live.n; i++) {
        JM_TRY(jm_card_revoke_in(tx, &l->live.card[i], close_device, &why));
        l->out->card = JM_CARD_REVOKED;
        l->lists = true;
    }
    return JM_OK;
}

static enum jm_status refresh_due(struct jm_tx *tx, struct jm_life *l, const char *what)
{
    struct jm_change why = change_for(l, jm_life_kind_name(l->ev->kind));

    for (size_t i = 0; i < l->live.n; i++)
        JM_TRY(jm_card_due_in(tx, &l->live.card[i], what, &why));
    return JM_OK;
}

/* -- plastic -- */

/* Absent is no fault here: state 0. */
static enum jm_status plastic_in(struct jm_tx *tx, struct jm_life *l, enum jm_plastic_state state,
                                 struct jm_plastic *out)
{
    enum jm_status st = jm_plastic_in_state(tx, &l->ev->person, state, out, l->mem);

    return st == JM_E_ABSENT ? JM_OK : st;
}

static enum jm_status move_plastic(struct jm_tx *tx, struct jm_life *l, const struct jm_plastic *p,
                                   enum jm_plastic_state to)
{
    return jm_plastic_move_at(tx, p->serial, p->state, to,
                              l->ev->at > p->since ? l->ev->at : p->since);
}

/* Whatever could still be used or collected is VOID from here on; with @p collected what was in the
 * holder's hands is RETURNED. */
static enum jm_status void_plastic(struct jm_tx *tx, struct jm_life *l, bool pending,
                                   bool collected)
{
    static const enum jm_plastic_state usable[] = {JM_PLASTIC_VALID, JM_PLASTIC_LOST,
                                                   JM_PLASTIC_READY, JM_PLASTIC_ORDERED};

    for (size_t i = 0; i < (pending ? JM_ARRAY_LEN(usable) : 2); i++) {
        struct jm_plastic p;

        JM_TRY(plastic_in(tx, l, usable[i], &p));
        if ((int)p.state == 0)
            continue;
        JM_TRY(move_plastic(tx, l, &p, JM_PLASTIC_VOID));
        p.state = JM_PLASTIC_VOID;
        if (collected && usable[i] == JM_PLASTIC_VALID)
            JM_TRY(move_plastic(tx, l, &p, JM_PLASTIC_RETURNED));
    }
    return JM_OK;
}

/* -- the register -- */

static enum jm_status apply_move(struct jm_tx *tx, struct jm_life *l)
{
    const struct jm_life_event *ev = l->ev;
    const struct jm_person *p = &l->person;
    struct jm_person to = {.id = ev->person,
                           .region10 = ev->region,
                           .road12 = ev->road,
                           .postal = ev->postal,
                           .address = ev->address};
    bool unknown = p->kind == JM_PERSON_UNKNOWN_RESIDENCE;
    int64_t status;

    if (ev->at < p->address_from)
        return came_to(l, JM_LIFE_LATE);
    if (!unknown && jm_bytes_eq(p->region10, to.region10) && jm_bytes_eq(p->address, to.address))
        return came_to(l, JM_LIFE_UNCHANGED);
    JM_TRY(jm_register_move_in(tx, &to, ev->at));
    JM_TRY(
        jm_events_rows_latest(tx, &ev->person, jm_life_part(JM_LIFE_UNKNOWN_RESIDENCE), &status));
    if (unknown && status <= ev->at)
        /* found at an address again */
        JM_TRY(jm_register_status_in(tx, &ev->person, JM_PERSON_RESIDENT, p->state));
    return refresh_due(tx, l, "ADDRESS");
}

static enum jm_status apply_name(struct jm_tx *tx, struct jm_life *l)
{
    const struct jm_life_event *ev = l->ev;
    const struct jm_person *p = &l->person;
    struct jm_person to = {.id = ev->person,
                           .surname = ev->surname,
                           .given = ev->given,
                           .hanja = ev->hanja,
                           .surname_latin = ev->surname_latin,
                           .given_latin = ev->given_latin};

    if (ev->at < p->name_since)
        return came_to(l, JM_LIFE_LATE);
    if (jm_bytes_eq(p->surname, to.surname) && jm_bytes_eq(p->given, to.given) &&
        jm_bytes_eq(p->hanja, to.hanja))
        return came_to(l, JM_LIFE_UNCHANGED);
    JM_TRY(jm_register_name_in(tx, &to, ev->at));
    JM_TRY(void_plastic(tx, l, false, false)); /* no mobile card before new plastic */
    return revoke_cards(tx, l, "NAME_CHANGED", false);
}

static enum jm_status apply_rrn(struct jm_tx *tx, struct jm_life *l)
{
    struct jm_person to = {.id = l->ev->person, .rrn_row = l->rrn_row, .rrn_sealed = l->rrn_sealed};
    bool known;

    if (l->ev->at < l->person.rrn_since)
        return came_to(l, JM_LIFE_LATE);
    JM_TRY(jm_rrn_known_in(tx, l->lookup, &known));
    if (known)
        return jm_refuse(l->d, JM_E_CONFLICT, JM_EVENT_RRN_TAKEN, NULL);
    JM_TRY(jm_register_rrn_in(tx, &to, l->lookup, "CHANGED", l->ev->at));
    JM_TRY(void_plastic(tx, l, false, false));
    return revoke_cards(tx, l, "RRN_CHANGED", false);
}

static enum jm_status apply_record(struct jm_tx *tx, struct jm_life *l)
{
    const struct jm_person *p = &l->person;
    struct jm_date birth = l->ev->birth.year != 0 ? l->ev->birth : p->birth;
    int64_t sex = l->ev->sex != 0 ? l->ev->sex : p->sex, latest;

    JM_TRY(jm_events_rows_latest(tx, &l->ev->person, jm_life_part(JM_LIFE_RECORD), &latest));
    if (l->ev->at < latest)
        return came_to(l, JM_LIFE_LATE);
    if (jm_date_cmp(birth, p->birth) == 0 && sex == p->sex)
        return came_to(l, JM_LIFE_UNCHANGED);
    JM_TRY(jm_register_record_in(tx, &l->ev->person, birth, sex));
    JM_TRY(void_plastic(tx, l, false, false));
    return revoke_cards(tx, l, "RECORD_CORRECTED", false);
}

static enum jm_status apply_death(struct jm_tx *tx, struct jm_life *l)
{
    struct jm_device device;
    enum jm_status st;

    JM_TRY(jm_register_status_in(tx, &l->ev->person, l->person.kind, JM_PERSON_DEAD));
    JM_TRY(void_plastic(tx, l, true, true));
    JM_TRY(revoke_cards(tx, l, "DECEASED", true));
    st = jm_device_open_of(tx, &l->ev->person, &device); /* one without a card, too: D-180 (7) */
    if (st == JM_OK)
        return jm_device_close_in(tx, &device.id);
    return st == JM_E_ABSENT ? JM_OK : st;
}

/* Emigrated, or registration cancelled: the later of two stays. */
static enum jm_status apply_leave(struct jm_tx *tx, struct jm_life *l)
{
    bool emigrated = l->ev->kind == JM_LIFE_EMIGRATION;
    int64_t latest;

    JM_TRY(jm_events_rows_latest(tx, &l->ev->person, jm_life_part(l->ev->kind), &latest));
    if (l->ev->at < latest)
        return came_to(l, JM_LIFE_LATE);
    if (emigrated && l->person.kind == JM_PERSON_OVERSEAS)
        return came_to(l, JM_LIFE_UNCHANGED);
    JM_TRY(jm_register_status_in(tx, &l->ev->person,
                                 emigrated ? JM_PERSON_OVERSEAS : l->person.kind,
                                 emigrated ? l->person.state : JM_PERSON_CANCELLED));
    JM_TRY(void_plastic(tx, l, true, false));
    return revoke_cards(tx, l, emigrated ? "EMIGRATED" : "REGISTRATION_CANCELLED", false);
}

static enum jm_status unknown_residence(struct jm_tx *tx, struct jm_life *l)
{
    int64_t status, address;

    JM_TRY(jm_events_rows_latest(tx, &l->ev->person, jm_life_part(l->ev->kind), &status));
    JM_TRY(jm_events_rows_latest(tx, &l->ev->person, jm_life_part(JM_LIFE_MOVE), &address));
    if (l->ev->at < status || l->ev->at < address)
        return came_to(l, JM_LIFE_LATE);
    if (l->person.kind != JM_PERSON_RESIDENT)
        return came_to(l, JM_LIFE_UNCHANGED);
    JM_TRY(jm_register_status_in(tx, &l->ev->person, JM_PERSON_UNKNOWN_RESIDENCE, l->person.state));
    return refresh_due(tx, l, "ADDRESS");
}

/* -- events of plastic -- */

/* Has something of this person's plastic taken effect later than this event, or is @p p in its
 * state since later? */
static enum jm_status is_late(struct jm_tx *tx, struct jm_life *l, const struct jm_plastic *p,
                              bool *late)
{
    int64_t latest;

    JM_TRY(jm_events_rows_latest(tx, &l->ev->person, jm_life_part(l->ev->kind), &latest));
    *late = l->ev->at < latest || l->ev->at < p->since;
    return JM_OK;
}

static enum jm_status no_such_plastic(struct jm_life *l)
{
    return (int)l->person.plastic.state != 0
               ? came_to(l, JM_LIFE_UNCHANGED)
               : jm_refuse(l->d, JM_E_CONFLICT, JM_EVENT_PLASTIC, "there is none");
}

static enum jm_status plastic_lost(struct jm_tx *tx, struct jm_life *l)
{
    struct jm_plastic p;
    bool late;

    JM_TRY(plastic_in(tx, l, JM_PLASTIC_VALID, &p));
    if ((int)p.state == 0)
        return no_such_plastic(l);
    JM_TRY(is_late(tx, l, &p, &late));
    if (!late) {
        JM_TRY(move_plastic(tx, l, &p, JM_PLASTIC_LOST));
        return revoke_cards(tx, l, "PHYSICAL_LOST", false);
    }
    /* The withdrawal came first. The plastic is fine, but D-161: mobile cards that hung on it then
     * stay revoked. */
    for (size_t i = l->live.n; i-- > 0;)
        if (l->live.card[i].issued > l->ev->at)
            l->live.card[i] = l->live.card[--l->live.n];
    if (l->live.n > 0 && jm_date_cmp(p.issued_on, jm_seoul_date(l->ev->at)) <= 0)
        return revoke_cards(tx, l, "PHYSICAL_LOST", false);
    return came_to(l, JM_LIFE_LATE);
}

static enum jm_status plastic_found(struct jm_tx *tx, struct jm_life *l)
{
    struct jm_plastic lost, valid;
    bool late;

    JM_TRY(plastic_in(tx, l, JM_PLASTIC_VALID, &valid));
    JM_TRY(plastic_in(tx, l, JM_PLASTIC_LOST, &lost));
    if ((int)lost.state == 0 || (int)valid.state != 0)
        return no_such_plastic(l);
    JM_TRY(is_late(tx, l, &lost, &late));
    if (late)
        return came_to(l, JM_LIFE_LATE);
    return move_plastic(tx, l, &lost, JM_PLASTIC_VALID);
}

/* VALID, else LOST. */
static enum jm_status usable_plastic(struct jm_tx *tx, struct jm_life *l, struct jm_plastic *p)
{
    JM_TRY(plastic_in(tx, l, JM_PLASTIC_VALID, p));
    return (int)p->state != 0 ? JM_OK : plastic_in(tx, l, JM_PLASTIC_LOST, p);
}

static enum jm_status plastic_confiscated(struct jm_tx *tx, struct jm_life *l)
{
    struct jm_plastic p;
    bool late;

    JM_TRY(usable_plastic(tx, l, &p));
    if ((int)p.state == 0)
        return no_such_plastic(l);
    JM_TRY(is_late(tx, l, &p, &late));
    if (late)
        return came_to(l, JM_LIFE_LATE);
    JM_TRY(move_plastic(tx, l, &p, JM_PLASTIC_VOID));
    return revoke_cards(tx, l, "PHYSICAL_VOID", false);
}

/* A new card in the holder's hands, and what it cost. */
static enum jm_status hand_over(struct jm_tx *tx, struct jm_life *l, enum jm_fee_action action,
                                struct jm_date replaces)
{
    struct jm_date on = jm_seoul_date(l->ev->at);
    struct jm_plastic p = {l->serial, l->ev->authority, l->plastic_kind, JM_PLASTIC_VALID,
                           on,        l->ev->at};
    struct jm_fee_facts f = {.birth = l->person.birth,
                             .relief = l->person.relief.len != 0,
                             .issued = replaces};
    enum jm_status st;

    if (l->ev->authority.len == 0)
        return jm_refuse(l->d, JM_E_MALFORMED, JM_EVENT_DETAIL, "authority");
    if (jm_date_cmp(on, jm_plastic_first(l->person.birth)) < 0)
        return jm_refuse(l->d, JM_E_DENIED, JM_EVENT_EARLY, NULL);
    JM_TRY(jm_fee_of(&l->out->fee, &l->is->fees, action, p.kind, l->reason, &f, on, l->d));
    st = jm_plastic_add_in(tx, &l->ev->person, &p);
    if (st == JM_E_CONFLICT)
        return jm_refuse(l->d, st, JM_EVENT_PLASTIC, "the serial is known already");
    JM_TRY(st);
    l->out->serial = p.serial;
    return jm_fee_receipt_in(tx, &(const struct jm_fee_receipt){.person = l->ev->person,
                                                                .rule = l->out->fee.rule,
                                                                .won = l->out->fee.won,
                                                                .desk = l->who->channel});
}

/* The cards that hung on the old plastic hang on the new one. */
static enum jm_status bind_cards(struct jm_tx *tx, struct jm_life *l, struct jm_bytes serial)
{
    if (l->is->revoke_on_replacement)
        return revoke_cards(tx, l, "PHYSICAL_VOID", false);
    for (size_t i = 0; i < l->live.n; i++)
        JM_TRY(jm_card_rebind_in(tx, &l->live.card[i].id, serial));
    return refresh_due(tx, l, "PORTRAIT");
}

static enum jm_status plastic_replaced(struct jm_tx *tx, struct jm_life *l)
{
    struct jm_plastic old;
    bool late;

    JM_TRY(usable_plastic(tx, l, &old));
    if ((int)old.state == 0)
        return jm_refuse(l->d, JM_E_CONFLICT, JM_EVENT_PLASTIC,
                         "there is none to replace: plastic-issued");
    JM_TRY(is_late(tx, l, &old, &late));
    if (late)
        return came_to(l, JM_LIFE_LATE);
    JM_TRY(move_plastic(tx, l, &old, JM_PLASTIC_VOID));
    JM_TRY(hand_over(tx, l, JM_FEE_REPLACE, old.issued_on));
    return old.state == JM_PLASTIC_VALID ? bind_cards(tx, l, l->serial) : JM_OK;
}

/* D-101: READY, and now in the holder's hands; what they had is withdrawn. */
static enum jm_status plastic_collected(struct jm_tx *tx, struct jm_life *l)
{
    struct jm_plastic old, p;
    bool late, had;

    JM_TRY(plastic_in(tx, l, JM_PLASTIC_READY, &p));
    if ((int)p.state == 0 || !jm_bytes_eq(p.serial, l->ev->serial))
        return jm_refuse(l->d, JM_E_CONFLICT, JM_EVENT_PLASTIC, "none of that serial is ready");
    JM_TRY(is_late(tx, l, &p, &late));
    if (late)
        return came_to(l, JM_LIFE_LATE);
    JM_TRY(usable_plastic(tx, l, &old));
    had = old.state == JM_PLASTIC_VALID;
    JM_TRY(void_plastic(tx, l, false, true));
    JM_TRY(move_plastic(tx, l, &p, JM_PLASTIC_VALID));
    l->out->serial = p.serial;
    return had ? bind_cards(tx, l, p.serial) : JM_OK;
}

bool jm_life_relief(struct jm_bytes group)
{
    static const char *const groups[] = {"none",          "basic_livelihood", "veteran",
                                         "single_parent", "minor_children",   "disaster"};

    for (size_t i = 0; i < JM_ARRAY_LEN(groups); i++)
        if (jm_bytes_eq_str(group, groups[i]))
            return true;
    return false;
}

static enum jm_status change_relief(struct jm_tx *tx, struct jm_life *l)
{
    struct jm_bytes group = jm_bytes_eq_str(l->ev->reason, "none") ? JM_BYTES("") : l->ev->reason;
    int64_t latest;

    JM_TRY(jm_events_rows_latest(tx, &l->ev->person, jm_life_part(l->ev->kind), &latest));
    if (l->ev->at < latest)
        return came_to(l, JM_LIFE_LATE);
    if (jm_bytes_eq(l->person.relief, group))
        return came_to(l, JM_LIFE_UNCHANGED);
    return jm_register_relief_in(tx, &l->ev->person, group);
}

static enum jm_status plastic_issued(struct jm_tx *tx, struct jm_life *l)
{
    struct jm_plastic p;
    int64_t latest;

    JM_TRY(usable_plastic(tx, l, &p));
    if ((int)p.state != 0)
        return jm_refuse(l->d, JM_E_CONFLICT, JM_EVENT_PLASTIC,
                         "there is one already: plastic-replaced");
    JM_TRY(jm_events_rows_latest(tx, &l->ev->person, jm_life_part(l->ev->kind), &latest));
    if (l->ev->at < latest)
        return came_to(l, JM_LIFE_LATE);
    JM_TRY(plastic_in(tx, l, JM_PLASTIC_READY, &p));
    if ((int)p.state == 0)
        JM_TRY(plastic_in(tx, l, JM_PLASTIC_ORDERED, &p));
    if ((int)p.state == 0)
        return hand_over(tx, l, (int)l->person.plastic.state == 0 ? JM_FEE_FIRST : JM_FEE_REPLACE,
                         l->person.plastic.issued_on);
    l->out->serial = p.serial; /* what was ordered, and paid for then */
    return move_plastic(tx, l, &p, JM_PLASTIC_VALID);
}

static enum jm_status turns_17(struct jm_tx *tx, struct jm_life *l)
{
    (void)tx;
    return jm_age(l->person.birth, jm_seoul_date(l->ev->at)) >= 17
               ? JM_OK
               : jm_refuse(l->d, JM_E_DENIED, JM_EVENT_EARLY, NULL);
}

/* -- the table -- */

static enum jm_status (*const apply[])(struct jm_tx *tx, struct jm_life *l) = {
    [JM_LIFE_MOVE] = apply_move,
    [JM_LIFE_NAME] = apply_name,
    [JM_LIFE_RRN] = apply_rrn,
    [JM_LIFE_RECORD] = apply_record,
    [JM_LIFE_DEATH] = apply_death,
    [JM_LIFE_EMIGRATION] = apply_leave,
    [JM_LIFE_CANCELLED] = apply_leave,
    [JM_LIFE_UNKNOWN_RESIDENCE] = unknown_residence,
    [JM_LIFE_PLASTIC_LOST] = plastic_lost,
    [JM_LIFE_PLASTIC_FOUND] = plastic_found,
    [JM_LIFE_PLASTIC_REPLACED] = plastic_replaced,
    [JM_LIFE_PLASTIC_ISSUED] = plastic_issued,
    [JM_LIFE_PLASTIC_CONFISCATED] = plastic_confiscated,
    [JM_LIFE_PLASTIC_COLLECTED] = plastic_collected,
    [JM_LIFE_RELIEF] = change_relief,
    [JM_LIFE_TURNS_17] = turns_17,
};

enum jm_status jm_life_apply_in(struct jm_tx *tx, struct jm_life *l)
{
    enum jm_person_state state = l->person.state;

    if (state == JM_PERSON_DEAD || (state == JM_PERSON_CANCELLED && l->ev->kind != JM_LIFE_DEATH))
        return came_to(l, JM_LIFE_LATE); /* nothing happens to them any more */
    JM_TRY(came_to(l, JM_LIFE_APPLIED));
    return apply[l->ev->kind](tx, l);
}
