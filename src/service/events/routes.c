/* SPDX-License-Identifier: Apache-2.0 */
#include <stddef.h>

#include "service/events/events.h"
#include "service/msg.h"
#include "service/web/routes.h"

struct event_req {
    struct jm_life_event ev;
    struct jm_bytes kind, at;
};
JM_MSG(event_req, event_req, false, JM_FIELD(event_req, kind, "kind", STR, 32, 0),
       JM_FIELD(event_req, ev.person, "person", ID, 32, 0),
       JM_FIELD(event_req, at, "at", STR, 40, JM_MSG_OPT),
       JM_FIELD(event_req, ev.source, "source", STR, 64, JM_MSG_OPT),
       JM_FIELD(event_req, ev.id, "id", STR, 64, JM_MSG_OPT),
       JM_FIELD(event_req, ev.region, "region", STR, 10, JM_MSG_OPT),
       JM_FIELD(event_req, ev.address, "address", STR, 600, JM_MSG_OPT),
       JM_FIELD(event_req, ev.road, "road", STR, 12, JM_MSG_OPT),
       JM_FIELD(event_req, ev.postal, "postal", STR, 5, JM_MSG_OPT),
       JM_FIELD(event_req, ev.surname, "surname", STR, 320, JM_MSG_OPT),
       JM_FIELD(event_req, ev.given, "given", STR, 320, JM_MSG_OPT),
       JM_FIELD(event_req, ev.hanja, "hanja", STR, 320, JM_MSG_OPT),
       JM_FIELD(event_req, ev.surname_latin, "surname_latin", STR, 150, JM_MSG_OPT),
       JM_FIELD(event_req, ev.given_latin, "given_latin", STR, 150, JM_MSG_OPT),
       JM_FIELD(event_req, ev.rrn, "rrn", STR, 14, JM_MSG_OPT),
       JM_FIELD(event_req, ev.birth, "birth_date", DATE, 10, JM_MSG_OPT),
       JM_FIELD(event_req, ev.sex, "sex", INT, 2, JM_MSG_OPT),
       JM_FIELD(event_req, ev.serial, "serial", STR, 32, JM_MSG_OPT),
       JM_FIELD(event_req, ev.authority, "authority", STR, 120, JM_MSG_OPT),
       JM_FIELD(event_req, ev.plastic_kind, "plastic_kind", STR, 8, JM_MSG_OPT),
       JM_FIELD(event_req, ev.reason, "reason", STR, 32, JM_MSG_OPT));

struct event_res {
    struct jm_bytes source, id, serial, fee_rule;
    int64_t fee_won;
    const char *kind, *outcome, *card;
};
JM_MSG(event_res, event_res, false, JM_FIELD(event_res, source, "source", STR, 0, 0),
       JM_FIELD(event_res, id, "id", STR, 0, 0), JM_FIELD(event_res, kind, "kind", WORD, 0, 0),
       JM_FIELD(event_res, outcome, "outcome", WORD, 0, 0),
       JM_FIELD(event_res, card, "card", WORD, 0, JM_MSG_OPT),
       JM_FIELD(event_res, serial, "serial", STR, 0, JM_MSG_OPT),
       JM_FIELD(event_res, fee_rule, "fee_rule", STR, 0, JM_MSG_OPT),
       JM_FIELD(event_res, fee_won, "fee_won", INT, 0, JM_MSG_NONE));

/* Without a time: now. Without a source: the operator's own. Without an id: one drawn, for which
 * there is no replay. */
static enum jm_status read_event(struct event_req *in, struct jm_req *q)
{
    const struct jm_issuer *is = q->svc;
    struct jm_id drawn;
    bool plain;
    char hex[33];

    /* 0, of a name that is none, is refused by jm_life_event_take() */
    in->ev.kind = jm_life_kind_of(in->kind);
    in->ev.at = jm_env_now(&is->base.env);
    in->ev.at_is_now = in->at.len == 0;
    if (in->at.len != 0 && jm_rfc3339_parse(&in->ev.at, &plain, in->at) != JM_OK)
        return jm_refuse(&q->diag, JM_E_MALFORMED, JM_API_FIELD_FORM, "at");
    if (in->ev.source.len == 0)
        in->ev.source = JM_BYTES("local");
    if (in->ev.id.len != 0)
        return JM_OK;
    JM_TRY(jm_env_id(&is->base.env, &drawn));
    jm_id_format(hex, &drawn);
    return jm_dup(&in->ev.id, q->mem, jm_str(hex));
}

static enum jm_status event(struct jm_req *q, struct jm_res *s)
{
    struct jm_actor who = {q->who.name, JM_BYTES("local")};
    struct event_res *out = q->out;
    struct event_req *in = q->in;
    struct jm_life_result done;

    (void)s;
    JM_TRY(read_event(in, q));
    JM_TRY(jm_life_event_take(q->svc, &done, &in->ev, &who, q->mem, &q->diag));
    *out = (struct event_res){.source = in->ev.source,
                              .id = in->ev.id,
                              .kind = jm_life_kind_name(in->ev.kind),
                              .outcome = jm_life_outcome_name(done.outcome),
                              .card = done.has_card ? jm_card_state_name(done.card) : NULL,
                              .serial = done.serial,
                              .fee_rule = done.fee.rule,
                              .fee_won = done.fee.rule.len == 0 ? JM_MSG_NO_INT : done.fee.won};
    return JM_OK;
}

const struct jm_route jm_events_routes[] = {
    /*       method path                     auth   act    media body max  rate  flags     handler
     */
    JM_ROUTE_MSG(POST, "/local/register/event", LOCAL, D_406, JSON, 8192, HIGH, NO_STORE, event,
                 LOCAL_EVENT, .message = &event_req, .answer = &event_res),
};
const size_t jm_events_n_routes = JM_ARRAY_LEN(jm_events_routes);
