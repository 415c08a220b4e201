/* SPDX-License-Identifier: Apache-2.0 */
/* D-208, D-403: the face does not agree with the register's photo. A clerk asks, a supervisor who
 * was just proven takes a fresh one, and it takes the place of the old. */
#include <string.h>

#include "service/audit/audit.h"
#include "service/desk/parts.h"
#include "service/notices/notices.h"

static enum jm_status ask_tx(struct jm_tx *tx, void *arg)
{
    const struct jm_photo_asking *a = arg;
    const struct jm_actor who = {a->k->clerk->name, JM_BYTES("desk")};

    JM_TRY(jm_desk_not_own(tx, a->k, &a->ask.person));
    JM_TRY(jm_photo_rows_ask(tx, &a->ask));
    return jm_audit_in(tx, &who, "PHOTO_ASK", &a->ask.person, a->ask.reason, "done", NULL);
}

enum jm_status jm_desk_photo_ask(const struct jm_desk *k, struct jm_id *out,
                                 const struct jm_id *person, struct jm_bytes reason)
{
    struct jm_photo_asking a = {k,
                                {.person = *person,
                                 .centre = k->clerk->centre,
                                 .clerk = k->clerk->name}};
    struct jm_person p;
    enum jm_status st;

    if (reason.len == 0)
        return jm_refuse(k->d, JM_E_MISSING, JM_API_FIELD_MISSING, "reason");
    st = jm_person_get(&k->is->base.env, person, &p, k->mem);
    if (st == JM_E_ABSENT)
        return jm_refuse(k->d, st, JM_DESK_PERSON_UNKNOWN, NULL);
    JM_TRY(st);
    a.ask.reason = reason;
    JM_TRY(jm_env_id(&k->is->base.env, &a.ask.id));
    JM_TRY(jm_tx_run(&k->is->base.env, ask_tx, &a));
    *out = a.ask.id;
    return JM_OK;
}

enum jm_status jm_desk_photo_asks(const struct jm_desk *k, struct jm_photo_ask **out, size_t *n)
{
    const struct jm_env *env = &k->is->base.env;
    struct jm_bytes clerk = k->clerk->role == JM_ROLE_CLERK ? k->clerk->name : jm_none();
    enum jm_status st;

    *n = 0;
    if ((*out = JM_NEW_N(k->mem, struct jm_photo_ask, JM_PHOTO_ASKS_MAX)) == NULL)
        return JM_E_NO_SPACE;
    JM_READ(st, tx, env,
            jm_photo_rows_of(tx, k->clerk->centre, clerk, jm_env_now(env) - JM_PHOTO_ASK_TTL_S,
                             *out, n, k->mem));
    return st;
}

enum jm_status jm_desk_photo_asked(struct jm_tx *tx, const struct jm_desk *k,
                                   const struct jm_id *id, struct jm_photo_ask *out)
{
    enum jm_status st = jm_photo_rows_get(tx, id, out, k->mem);

    if (st == JM_E_ABSENT || (st == JM_OK && !jm_bytes_eq(out->centre, k->clerk->centre)))
        /* another centre's is none: D-420 */
        return jm_refuse(k->d, JM_E_ABSENT, JM_DESK_PHOTO_ASK_UNKNOWN, NULL);
    JM_TRY(st);
    return out->by.len != 0 || out->at < jm_tx_now(tx) - JM_PHOTO_ASK_TTL_S
               ? jm_refuse(k->d, JM_E_CONFLICT, JM_DESK_PHOTO_ASK_ENDED, NULL)
               : JM_OK;
}

/* -- granted -- */

struct granting {
    const struct jm_desk *k;
    const struct jm_id *id;
    struct jm_bytes reason;
    struct jm_person to; /* id, and the new photo */
};

static enum jm_status may_grant(struct jm_tx *tx, struct granting *g)
{
    struct jm_photo_ask a;

    JM_TRY(jm_desk_photo_asked(tx, g->k, g->id, &a));
    if (jm_bytes_eq(a.clerk, g->k->clerk->name))
        return jm_refuse(g->k->d, JM_E_DENIED, JM_DESK_PHOTO_SECOND, NULL);
    g->to.id = a.person;
    return jm_desk_not_own(tx, g->k, &a.person);
}

static enum jm_status grant_tx(struct jm_tx *tx, void *arg)
{
    struct granting *g = arg;
    const struct jm_actor who = {g->k->clerk->name, JM_BYTES("desk")};
    const struct jm_change why = {&who, "PHOTO_OVERRIDE", {NULL, 0}};
    struct jm_live live;

    JM_TRY(may_grant(tx, g));
    JM_TRY(jm_photo_rows_grant(tx, g->id, who.name));
    JM_TRY(jm_register_photo_in(tx, &g->to, jm_tx_now(tx)));
    JM_TRY(jm_cards_live_of(tx, &g->to.id, &live, g->k->mem));
    for (size_t i = 0; i < live.n; i++)
        JM_TRY(jm_card_due_in(tx, &live.card[i], "PORTRAIT", &why));
    JM_TRY(jm_audit_in(tx, &who, "PHOTO_OVERRIDE", &g->to.id, g->reason, "done", NULL));
    return jm_notice_in(tx, &g->to.id, "PHOTO_OVERRIDE", who.channel);
}

enum jm_status jm_desk_photo_grant(const struct jm_desk *k, const struct jm_id *id,
                                   struct jm_bytes photo, struct jm_bytes reason)
{
    const struct jm_env *env = &k->is->base.env;
    struct granting *g = JM_NEW(k->mem, struct granting);
    enum jm_status st;

    if (g == NULL)
        return JM_E_NO_SPACE;
    *g = (struct granting){.k = k, .id = id, .reason = reason};
    if (reason.len == 0)
        return jm_refuse(k->d, JM_E_MISSING, JM_API_FIELD_MISSING, "reason");
    JM_READ(st, tx, env, may_grant(tx, g)); /* before anything is sealed */
    JM_TRY(st);
    JM_TRY(jm_photo_check(photo, k->d));
    JM_TRY(jm_photo_seal(env, &g->to, photo, k->mem));
    st = jm_tx_run(env, grant_tx, g);
    return st == JM_E_CONFLICT && (k->d == NULL || k->d->code == JM_CODE_NONE)
               ? jm_refuse(k->d, st, JM_DESK_PHOTO_ASK_ENDED, NULL) /* another was first */
               : st;
}
