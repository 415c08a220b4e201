/* SPDX-License-Identifier: Apache-2.0 */
/* One event in: what it must say, whether it came before, and the one transaction. */
#include <stdio.h>
#include <string.h>

#include "jumin/base64.h"
#include "service/audit/audit.h"
#include "service/events/parts.h"
#include "service/notices/notices.h"
#include "service/signer.h"

#define AHEAD_S 60 /* a reporter's clock may be this far ahead */

/* What an event may say besides who, when and what. */
enum detail {
    REGION = 1 << 0,
    ADDRESS = 1 << 1,
    ROAD = 1 << 2,
    POSTAL = 1 << 3,
    SURNAME = 1 << 4,
    GIVEN = 1 << 5,
    HANJA = 1 << 6,
    SURNAME_LATIN = 1 << 7,
    GIVEN_LATIN = 1 << 8,
    RRN = 1 << 9,
    BIRTH = 1 << 10,
    SEX = 1 << 11,
    SERIAL = 1 << 12,
    AUTHORITY = 1 << 13,
    KIND = 1 << 14,
    REASON = 1 << 15
};

static const char *const detail_name[] = {"region", "address",       "road",
                                          "postal", "surname",       "given",
                                          "hanja",  "surname_latin", "given_latin",
                                          "rrn",    "birth_date",    "sex",
                                          "serial", "authority",     "plastic_kind",
                                          "reason"};

static const struct {
    const char *act;
    unsigned needs, may;
} kinds[] = {
    [JM_LIFE_MOVE] = {"EVENT_MOVE", REGION | ADDRESS, ROAD | POSTAL},
    [JM_LIFE_NAME] = {"EVENT_NAME", SURNAME | GIVEN, HANJA | SURNAME_LATIN | GIVEN_LATIN},
    [JM_LIFE_RRN] = {"EVENT_RRN", RRN, 0},
    [JM_LIFE_RECORD] = {"EVENT_RECORD", 0, BIRTH | SEX},
    [JM_LIFE_DEATH] = {"EVENT_DEATH", 0, 0},
    [JM_LIFE_EMIGRATION] = {"EVENT_EMIGRATION", 0, 0},
    [JM_LIFE_CANCELLED] = {"EVENT_CANCELLED", 0, 0},
    [JM_LIFE_UNKNOWN_RESIDENCE] = {"EVENT_UNKNOWN_RESIDENCE", 0, 0},
    [JM_LIFE_PLASTIC_LOST] = {"EVENT_PLASTIC_LOST", 0, 0},
    [JM_LIFE_PLASTIC_FOUND] = {"EVENT_PLASTIC_FOUND", 0, 0},
    [JM_LIFE_PLASTIC_REPLACED] = {"EVENT_PLASTIC_REPLACED", AUTHORITY, SERIAL | KIND | REASON},
    [JM_LIFE_PLASTIC_ISSUED] = {"EVENT_PLASTIC_ISSUED", 0, AUTHORITY | SERIAL | KIND | REASON},
    [JM_LIFE_PLASTIC_CONFISCATED] = {"EVENT_PLASTIC_CONFISCATED", 0, 0},
    [JM_LIFE_PLASTIC_COLLECTED] = {"EVENT_PLASTIC_COLLECTED", SERIAL, 0},
    [JM_LIFE_RELIEF] = {"EVENT_RELIEF", REASON, 0},
    [JM_LIFE_TURNS_17] = {"EVENT_TURNS_17", 0, 0},
};

/* -- what it says -- */

static unsigned details_of(const struct jm_life_event *ev)
{
    const bool there[] = {ev->region.len != 0,       ev->address.len != 0,
                          ev->road.len != 0,         ev->postal.len != 0,
                          ev->surname.len != 0,      ev->given.len != 0,
                          ev->hanja.len != 0,        ev->surname_latin.len != 0,
                          ev->given_latin.len != 0,  ev->rrn.len != 0,
                          ev->birth.year != 0,       ev->sex != 0,
                          ev->serial.len != 0,       ev->authority.len != 0,
                          ev->plastic_kind.len != 0, ev->reason.len != 0};
    unsigned set = 0;

    for (size_t i = 0; i < JM_ARRAY_LEN(there); i++)
        set |= there[i] ? 1u << i : 0;
    return set;
}

static enum jm_status wrong_detail(struct jm_life *l, const char *which)
{
    return jm_refuse(l->d, JM_E_MALFORMED, JM_EVENT_DETAIL, which);
}

static bool are_digits(struct jm_bytes t, size_t n)
{
    for (size_t i = 0; i < t.len; i++)
        if (t.ptr[i] < '0' || t.ptr[i] > '9')
            return false;
    return t.len == 0 || t.len == n;
}

static enum jm_status check_set(struct jm_life *l)
{
    unsigned has = details_of(l->ev), needs = kinds[l->ev->kind].needs,
             may = needs | kinds[l->ev->kind].may, off = (needs & ~has) | (has & ~may);

    for (size_t i = 0; i < JM_ARRAY_LEN(detail_name); i++)
        if (off & 1u << i)
            return wrong_detail(l, detail_name[i]);
    return l->ev->kind == JM_LIFE_RECORD && has == 0 ? wrong_detail(l, "birth_date or sex") : JM_OK;
}

static enum jm_status check_values(struct jm_life *l)
{
    const struct jm_life_event *ev = l->ev;
    struct jm_date today = jm_seoul_date(jm_env_now(&l->is->base.env));

    if (ev->region.len != 0 &&
        (!are_digits(ev->region, 10) || jm_region_of(&l->is->regions, ev->region) == NULL))
        return wrong_detail(l, "region: ten digits of a province that we know");
    if (!are_digits(ev->road, 12) || !are_digits(ev->postal, 5))
        return wrong_detail(l, "road: twelve digits; postal: five");
    if (ev->birth.year != 0 && (!jm_date_valid(ev->birth) || jm_date_cmp(ev->birth, today) > 0))
        return wrong_detail(l, "birth_date");
    if (ev->sex < 0 || ev->sex > 2)
        return wrong_detail(l, "sex: 1 or 2");
    l->plastic_kind =
        ev->plastic_kind.len == 0 ? JM_PLASTIC_PLAIN : jm_fee_kind_of(ev->plastic_kind);
    if ((int)l->plastic_kind == 0)
        return wrong_detail(l, "plastic_kind: plain, ic or braille");
    if (ev->kind == JM_LIFE_RELIEF)
        return jm_life_relief(ev->reason) ? JM_OK : wrong_detail(l, "reason: a relief group, none");
    l->reason = ev->reason.len == 0 ? JM_FEE_LOST : jm_fee_reason_of(ev->reason);
    return (int)l->reason == 0 ? wrong_detail(l, "reason") : JM_OK;
}

/* The number is not part of what is hashed, its keyed look-up is: thirteen digits are soon guessed.
 */
static enum jm_status hash_event(struct jm_life *l)
{
    const struct jm_life_event *ev = l->ev;
    struct jm_bytes person, lookup, all;
    char numbers[64], birth[11] = "";

    if (ev->birth.year != 0)
        jm_date_format(birth, ev->birth);
    (void)snprintf(numbers, sizeof numbers, "%lld %lld", (long long)(ev->at_is_now ? 0 : ev->at),
                   (long long)ev->sex);
    JM_TRY(jm_hex_encode(&person, l->mem, jm_bytes(ev->person.octets, sizeof ev->person.octets)));
    JM_TRY(jm_hex_encode(&lookup, l->mem, jm_bytes(l->lookup, sizeof l->lookup)));
#define LINE JM_BYTES("\n") /* no text has one */
    const struct jm_bytes parts[] = {jm_str(jm_life_kind_name(ev->kind)),
                                     LINE,
                                     person,
                                     LINE,
                                     jm_str(numbers),
                                     LINE,
                                     ev->region,
                                     LINE,
                                     ev->address,
                                     LINE,
                                     ev->road,
                                     LINE,
                                     ev->postal,
                                     LINE,
                                     ev->surname,
                                     LINE,
                                     ev->given,
                                     LINE,
                                     ev->hanja,
                                     LINE,
                                     ev->surname_latin,
                                     LINE,
                                     ev->given_latin,
                                     LINE,
                                     lookup,
                                     LINE,
                                     jm_str(birth),
                                     LINE,
                                     ev->serial,
                                     LINE,
                                     ev->authority,
                                     LINE,
                                     ev->plastic_kind,
                                     LINE,
                                     ev->reason};
#undef LINE
    JM_TRY(jm_concat(&all, l->mem, parts, JM_ARRAY_LEN(parts)));
    return jm_sha256(l->is->base.env.crypto, all, l->hash);
}

static enum jm_status seal_number(struct jm_life *l)
{
    const struct jm_env *env = &l->is->base.env;
    uint8_t number[JM_RRN_LEN];
    struct jm_bytes in[2], out = {NULL, 0};
    struct jm_list ins = {in, 2, 2}, outs = {&out, 1, 1};
    enum jm_status st;

    if (l->ev->rrn.len == 0)
        return JM_OK;
    JM_TRY(jm_env_id(env, &l->rrn_row));
    JM_TRY(jm_row_aad(&in[0], "rrn/sealed", &l->rrn_row, l->mem));
    st = jm_rrn_read(number, l->ev->rrn, l->is->base.env.synthetic, l->d);
    if (st == JM_OK)
        st = jm_rrn_lookup(env, l->lookup, number);
    in[1] = jm_bytes(number, sizeof number);
    if (st == JM_OK)
        st = env->signer->call(env->signer->ctx, JM_SEAL, JM_PURPOSE_ROW, jm_none(), &ins, &outs);
    jm_wipe(number, sizeof number);
    return st == JM_OK ? jm_dup(&l->rrn_sealed, l->mem, out) : st;
}

static enum jm_status draw_serial(struct jm_life *l)
{
    uint8_t *t = jm_alloc(l->mem, 13, 1), r[12];

    l->serial = l->ev->serial;
    if (l->serial.len != 0)
        return JM_OK;
    if (t == NULL)
        return JM_E_NO_SPACE;
    JM_TRY(jm_env_random(&l->is->base.env, r, sizeof r));
    t[0] = 'P';
    for (size_t i = 0; i < sizeof r; i++)
        t[i + 1] = (uint8_t)('0' + r[i] % 10);
    l->serial = jm_bytes(t, 13);
    return JM_OK;
}

/* -- the transaction -- */

/* @p known: this very event is there. */
static enum jm_status came_before(struct jm_tx *tx, struct jm_life *l, bool *known)
{
    uint8_t there[32];
    enum jm_status st = jm_events_rows_known(tx, l->ev->source, l->ev->id, there);

    *known = st == JM_OK;
    if (st == JM_E_ABSENT)
        return JM_OK;
    JM_TRY(st);
    return memcmp(there, l->hash, sizeof there) == 0
               ? JM_OK
               : jm_refuse(l->d, JM_E_CONFLICT, JM_EVENT_OTHER_CONTENT, NULL);
}

static enum jm_status read_facts(struct jm_tx *tx, struct jm_life *l)
{
    enum jm_status st = jm_person_in(tx, &l->ev->person, &l->person, l->mem);

    if (st == JM_E_ABSENT)
        return jm_refuse(l->d, st, JM_EVENT_PERSON_UNKNOWN, NULL);
    JM_TRY(st);
    JM_TRY(jm_cards_live_of(tx, &l->ev->person, &l->live, l->mem));
    for (size_t i = l->live.n; i-- > 0;)
        if (jm_card_state_at(&l->live.card[i], jm_tx_now(tx)) == JM_CARD_EXPIRED)
            l->live.card[i] = l->live.card[--l->live.n];
    l->out->has_card = l->live.n > 0;
    l->out->card = l->live.n > 0 ? l->live.card[0].state : (enum jm_card_state)0;
    return JM_OK;
}

static enum jm_status take_tx(struct jm_tx *tx, void *arg)
{
    struct jm_life *l = arg;
    const struct jm_life_event *ev = l->ev;
    const struct jm_bytes parts[] = {ev->source, JM_BYTES("/"), ev->id};
    const char *outcome;
    struct jm_bytes reason;
    bool known;

    memset(l->out, 0, sizeof *l->out);
    l->lists = false;
    JM_TRY(came_before(tx, l, &known));
    if (known) {
        l->out->outcome = JM_LIFE_REPLAYED;
        return JM_OK;
    }
    JM_TRY(read_facts(tx, l));
    JM_TRY(jm_life_apply_in(tx, l));
    outcome = jm_life_outcome_name(l->out->outcome);
    JM_TRY(jm_events_rows_add(tx, ev, l->hash, jm_life_part(ev->kind), outcome));
    JM_TRY(jm_concat(&reason, l->mem, parts, JM_ARRAY_LEN(parts)));
    JM_TRY(jm_audit_in(tx, l->who, kinds[ev->kind].act, &ev->person, reason, outcome, NULL));
    if (l->out->outcome != JM_LIFE_APPLIED)
        return JM_OK;
    if (l->also != NULL)
        JM_TRY(l->also(tx, l->also_arg));
    return jm_notice_in(tx, &ev->person, kinds[ev->kind].act, l->who->channel);
}

enum jm_status jm_life_event_take(struct jm_issuer *is, struct jm_life_result *out,
                                  const struct jm_life_event *ev, const struct jm_actor *who,
                                  struct jm_arena *mem, struct jm_diag *d)
{
    return jm_life_event_take_with(is, out, ev, who, NULL, NULL, mem, d);
}

enum jm_status jm_life_event_take_with(struct jm_issuer *is, struct jm_life_result *out,
                                       const struct jm_life_event *ev, const struct jm_actor *who,
                                       jm_tx_fn *also, void *arg, struct jm_arena *mem,
                                       struct jm_diag *d)
{
    struct jm_life *l = JM_NEW(mem, struct jm_life);

    memset(out, 0, sizeof *out);
    if (l == NULL)
        return JM_E_NO_SPACE;
    *l = (struct jm_life){.is = is,
                          .ev = ev,
                          .who = who,
                          .also = also,
                          .also_arg = arg,
                          .out = out,
                          .mem = mem,
                          .d = d};
    if (jm_life_kind_name(ev->kind)[0] == '\0')
        return jm_refuse(d, JM_E_MALFORMED, JM_EVENT_KIND, NULL);
    if (ev->source.len == 0 || ev->id.len == 0)
        return jm_refuse(d, JM_E_MALFORMED, JM_EVENT_DETAIL, "source or id");
    JM_TRY(check_set(l));
    JM_TRY(check_values(l));
    if (ev->at > jm_env_now(&is->base.env) + AHEAD_S)
        return jm_refuse(d, JM_E_RANGE, JM_EVENT_FUTURE, NULL);
    JM_TRY(seal_number(l));
    JM_TRY(hash_event(l));
    JM_TRY(draw_serial(l));
    JM_TRY(jm_tx_run(&is->base.env, take_tx, l));
    if (l->lists && is->wake_publisher != NULL)
        is->wake_publisher(is->wake_ctx);
    return JM_OK;
}
