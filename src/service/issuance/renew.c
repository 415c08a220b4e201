/* SPDX-License-Identifier: Apache-2.0 */
/* D-250: in a card's last days the phone that has it gets the next one, without a visit and without
 * plastic in hand. That its owner was there says the attested wallet, which asks before it asks us.
 */
#include <string.h>

#include "service/devices/devices.h"
#include "service/issuance/parts.h"

struct renewal {
    struct jm_issuer *is;
    const struct jm_client *client;
    const struct jm_dpop *dpop;
    uint8_t hash[32]; /* of the pushed request */
    struct jm_pushed p;
    struct jm_proven who;
    struct jm_arena *mem;
    struct jm_diag *d;
};

static enum jm_status deny_renewal(const struct renewal *x, enum jm_code code)
{
    return jm_refuse(x->d, JM_E_DENIED, code, NULL);
}

static enum jm_status find_card(struct jm_tx *tx, const struct renewal *x, struct jm_bytes type,
                                struct jm_card *out)
{
    struct jm_device device;
    struct jm_live live;
    enum jm_status st = jm_device_of_key(tx, x->client->jkt, &device);

    if (st == JM_E_ABSENT)
        return deny_renewal(x, JM_VCI_DEVICE_CLOSED);
    JM_TRY(st);
    JM_TRY(jm_cards_live_of(tx, &device.person, &live, x->mem));
    for (size_t i = 0; i < live.n; i++)
        if (jm_bytes_eq(live.card[i].type, type)) {
            *out = live.card[i];
            return JM_OK;
        }
    return deny_renewal(x, JM_VCI_CARD_NOT_ACTIVE);
}

static enum jm_status renew_tx(struct jm_tx *tx, void *arg)
{
    struct renewal *x = arg;
    const struct jm_actor who = {x->client->sub, JM_BYTES("wallet")};
    struct jm_card card = {.has_device = false};
    struct jm_bytes first;
    enum jm_fmt fmt;

    JM_TRY(jm_pushed_in(tx, &x->p, x->hash, x->client->sub, x->mem, x->d));
    if (memcmp(x->p.instance, x->client->jkt, 32) != 0 ||
        (x->p.has_jkt && memcmp(x->p.jkt, x->dpop->jkt, 32) != 0))
        return deny_renewal(x, JM_OAUTH_CODE_BINDING);
    first = x->p.scope.len != 0 ? x->p.scope : x->p.details;
    JM_TRY(find_card(tx, x,
                     jm_profile_by_configuration(&x->is->types,
                                                 jm_slice(first, 0, jm_bytes_until(first, 0, ' ')),
                                                 &fmt)
                         ->type,
                     &card));
    if (jm_card_state_at(&card, jm_tx_now(tx)) != JM_CARD_ACTIVE)
        return deny_renewal(x, JM_VCI_CARD_NOT_ACTIVE);
    if (jm_tx_now(tx) < card.expires - JM_RENEW_DAYS * JM_DAY_S)
        return deny_renewal(x, JM_VCI_RENEW_EARLY);
    x->who.person = card.person;
    JM_TRY(jm_authorize_complete_in(tx, x->is, &x->p, &x->who, x->mem, x->d));
    return jm_audit_in(tx, &who, "CARD_RENEWAL", &card.person, jm_none(), "done", NULL);
}

enum jm_status jm_renew(struct jm_issuer *is, struct jm_renewed *out,
                        const struct jm_client *client, const struct jm_dpop *dpop,
                        struct jm_bytes request_uri, struct jm_arena *mem, struct jm_diag *d)
{
    const struct jm_env *env = &is->base.env;
    struct renewal *x = JM_NEW(mem, struct renewal);
    struct jm_bytes code;

    if (x == NULL)
        return JM_E_NO_SPACE;
    *x = (struct renewal){.is = is, .client = client, .dpop = dpop, .mem = mem, .d = d};
    x->who.route = JM_ROUTE_RENEWAL;
    x->who.jkt = dpop->jkt;
    if (jm_env_behind(env))
        return jm_refuse(d, JM_E_UNAVAILABLE, JM_VCI_CLOCK, NULL);
    JM_TRY(jm_pushed_hash(x->hash, request_uri, is, d));
    JM_TRY(jm_code_new(&code, &x->who, env, mem));
    JM_TRY(jm_tx_run(env, renew_tx, x));
    out->code = code;
    out->state = x->p.has_state ? x->p.state : jm_none();
    return JM_OK;
}
