/* SPDX-License-Identifier: Apache-2.0 */
/* How an operation ends: the state durable first, then keys forgotten, then done or failed. */
#include "wallet/steps.h"

#include <string.h>

enum jm_status jm_holder_keep_then(struct jm_holder *h, enum jm_holder_step after)
{
    h->step = JM_HSTEP_KEEP;
    h->after = after;
    return JM_OK;
}

enum jm_status jm_holder_finish(struct jm_holder *h, enum jm_status st)
{
    jm_holder_drop_fresh(h, NULL);
    jm_vci_end(&h->vci);
    h->end = st;
    h->step = JM_HSTEP_FORGET;
    return JM_OK;
}

enum jm_status jm_holder_keep_and_finish(struct jm_holder *h, enum jm_status st)
{
    JM_TRY(jm_holder_finish(h, st));
    return jm_holder_keep_then(h, JM_HSTEP_FORGET);
}

static void drop_key(struct jm_holder *h, const struct jm_handle *key)
{
    h->forget[h->n_forget++] =
        *key; /* room for all of a card and all fresh ones: jm_holder_init() */
}

void jm_holder_drop_copies(struct jm_holder *h, struct jm_wallet_card *card)
{
    for (size_t i = 0; i < card->n; i++)
        drop_key(h, &card->copy[i].key);
    jm_wallet_wipe_copies(card);
}

static bool is_taken(const struct jm_handle *key, const struct jm_wallet_card *card)
{
    for (size_t i = 0; card != NULL && i < card->n; i++)
        if (memcmp(key, &card->copy[i].key, sizeof *key) == 0)
            return true;
    return false;
}

void jm_holder_drop_fresh(struct jm_holder *h, const struct jm_wallet_card *card)
{
    for (size_t i = 0; i < h->n_fresh; i++)
        if (!is_taken(&h->fresh[i], card))
            drop_key(h, &h->fresh[i]);
    h->n_fresh = 0;
}

struct jm_bytes jm_holder_name(const struct jm_holder *h, const struct jm_i18n *t)
{
    return (h->config.korean && t->ko.len != 0) || t->en.len == 0 ? t->ko : t->en;
}

enum jm_status jm_holder_note_card(struct jm_holder *h, const struct jm_wallet_card *card,
                                   const char *outcome)
{
    struct jm_bytes name = jm_holder_name(h, &card->issuer_name);

    return jm_holder_note(h, name.len == 0 ? card->issuer : name, jm_none(), outcome);
}

enum jm_status jm_holder_note(struct jm_holder *h, struct jm_bytes who, struct jm_bytes use,
                              const char *outcome)
{
    const struct jm_consent *c = &h->consent;
    const struct jm_wallet_event e = {.at = h->at_s,
                                      .who = who,
                                      .use = use,
                                      .claims = h->names,
                                      .outcome = jm_str(outcome),
                                      .badge = (int64_t)c->badge,
                                      .rp = jm_slice(h->asker, 0, JM_WALLET_RP_MAX),
                                      .seal = jm_bytes(c->seal, c->sealed ? sizeof c->seal : 0)};

    return h->w->no_history ? JM_OK : jm_wallet_add_event(h->w, &e, h->mem);
}

struct jm_wallet_card *jm_holder_newest(const struct jm_holder *h)
{
    return h->w->n_cards == 0 ? NULL : &h->w->card[h->w->n_cards - 1];
}

enum jm_status jm_holder_step_keep(struct jm_holder *h, const struct jm_answers *a)
{
    JM_TRY(a->keep(a->ctx, h->w));
    h->step = h->after;
    return JM_OK;
}

enum jm_status jm_holder_step_forget(struct jm_holder *h, const struct jm_answers *a)
{
    struct jm_bytes all = jm_bytes(h->forget[0].octets, h->n_forget * sizeof *h->forget);

    if (h->n_forget > 0)
        JM_TRY(a->forget(a->ctx, all));
    h->n_forget = 0;
    h->step = JM_HSTEP_END;
    return JM_OK;
}
