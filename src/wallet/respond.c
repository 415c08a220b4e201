/* SPDX-License-Identifier: Apache-2.0 */
/* Who asks what and why, a yes, and only then an answer: the presentation engine over the wallet's
 * state. */
#include "wallet/steps.h"

enum jm_status jm_holder_begin_response(struct jm_holder *h)
{
    const struct jm_vp_config c = {.trust = h->config.trust,
                                   .crypto = h->config.crypto,
                                   .ephemeral = h->key[0].handle,
                                   .ephemeral_point = h->key[0].point};
    void *room = jm_alloc(h->mem, JM_HOLDER_RESPOND_ROOM, 1);

    if (room == NULL)
        return JM_E_NO_SPACE;
    JM_TRY(jm_vp_init(&h->vp, &c, room, JM_HOLDER_RESPOND_ROOM));
    h->inner = jm_vp_event(&h->vp, JM_EVENT_START, h->uri, h->at_s);
    h->step = JM_HSTEP_JUDGING;
    return JM_OK;
}

static bool is_asking(const struct jm_holder *h)
{
    return h->inner == JM_OK && h->vp.book.is_open;
}

static enum jm_status finish_as_told(struct jm_holder *h)
{
    h->diag = *jm_vp_diag(&h->vp);
    jm_diag_keep(&h->diag, h->mem);
    return jm_holder_finish(h, h->inner);
}

static enum jm_status note_response(struct jm_holder *h, const char *outcome)
{
    return jm_holder_note(h, jm_holder_name(h, &h->consent.who), h->consent.use, outcome);
}

/* -- judged, chosen -- */

/* How many claim sets of each query are looked at: of too many those at the end, which give less.
 * @return how many ways that makes together */
static size_t count_ways(size_t *count, const struct jm_dcql *q)
{
    for (size_t i = 0; i < q->n; i++)
        count[i] = q->credential[i].claim_sets == NULL ? 1 : q->credential[i].claim_sets->n;
    for (;;) {
        size_t all = 1, most = 0;

        for (size_t i = 0; i < q->n; i++) {
            all *= all < JM_HOLDER_WAYS_MAX ? count[i] : 1;
            most = count[i] > count[most] ? i : most;
        }
        if (all < JM_HOLDER_WAYS_MAX)
            return all;
        count[most] /= 2;
    }
}

/* The queries, each with one of its sets alone. @p sets from 1 on: a number whose places are theirs
 */
static enum jm_status narrow_to(struct jm_dcql *out, const struct jm_dcql *q, size_t sets,
                                struct jm_arena *mem)
{
    struct jm_dcql_credential *all = JM_NEW_N(mem, struct jm_dcql_credential, q->n + 1);
    size_t count[JM_DCQL_CREDENTIALS_MAX];

    if (all == NULL)
        return JM_E_NO_SPACE;
    (void)count_ways(count, q);
    *out = *q;
    out->credential = all;
    sets--;
    for (size_t i = 0; i < q->n; i++) {
        all[i] = q->credential[i];
        if (all[i].claim_sets != NULL)
            all[i].set = all[i].claim_sets->n - count[i] + 1 + sets % count[i];
        sets /= count[i];
    }
    return JM_OK;
}

/* @p sets 0: of each query the first set that can be given */
static enum jm_status choose_copies(struct jm_holder *h, size_t sets)
{
    const struct jm_dcql *asked = &jm_vp_request_of(&h->vp)->dcql;
    struct jm_dcql q = *asked;

    if (sets > 0)
        JM_TRY(narrow_to(&q, asked, sets, h->mem));
    JM_TRY(jm_wallet_choose(h->pick, &h->n_picks, h->w, &q, h->at_s, h->config.crypto, h->mem,
                            &h->diag));
    return jm_wallet_shown(&h->names, h->pick, h->n_picks, h->mem);
}

static bool is_way(const struct jm_holder *h, struct jm_bytes names)
{
    for (size_t i = 0; i < h->way.n; i++)
        if (jm_bytes_eq(h->way.names[i], names))
            return true;
    return false;
}

/* One more way, where it can be gone and is another. */
static enum jm_status add_way(struct jm_holder *h, size_t sets)
{
    size_t mark = jm_arena_mark(h->mem);
    struct jm_diag d = h->diag;
    enum jm_status st = choose_copies(h, sets);

    h->diag = d;
    if (st == JM_E_ABSENT || st == JM_E_GONE || (st == JM_OK && is_way(h, h->names))) {
        jm_arena_back(h->mem, mark);
        return JM_OK;
    }
    JM_TRY(st);
    h->way.names[h->way.n] = h->names;
    h->way.sets[h->way.n++] = sets;
    return JM_OK;
}

/* All that may go, and each way to give less. */
static enum jm_status choose_ways(struct jm_holder *h)
{
    size_t count[JM_DCQL_CREDENTIALS_MAX], all;

    JM_TRY(choose_copies(h, 0));
    h->way.n = 1;
    h->way.names[0] = h->names;
    h->way.sets[0] = 0;
    all = count_ways(count, &jm_vp_request_of(&h->vp)->dcql);
    for (size_t sets = 1; all > 1 && sets <= all; sets++)
        JM_TRY(add_way(h, sets));
    return choose_copies(h, 0);
}

/* What the holder said; nothing: what the sender likes best. */
static enum jm_status take_way(struct jm_holder *h, struct jm_bytes said)
{
    for (size_t i = 0; i < h->way.n; i++) {
        if (said.len != 0 && !jm_bytes_eq(h->way.names[i], said))
            continue;
        JM_TRY(choose_copies(h, h->way.sets[i]));
        for (size_t k = 0; k < h->n_picks; k++) {
            const struct jm_wallet_pick *p = &h->pick[k];

            h->choice[k] = (struct jm_vp_choice){p->query->id,    p->copy->fmt,
                                                 p->copy->octets, jm_handle_bytes(&p->copy->key),
                                                 p->part,         p->n_parts};
        }
        return JM_OK;
    }
    return JM_E_RANGE;
}

static enum jm_status decline_with(struct jm_holder *h, const char *error)
{
    h->told = error;
    h->step = JM_HSTEP_DECLINE;
    return JM_OK;
}

enum jm_status jm_holder_step_judging(struct jm_holder *h)
{
    const struct jm_vp_request *r;
    enum jm_status st;

    if (is_asking(h))
        return JM_E_PENDING;
    if (h->inner != JM_OK && jm_vp_state(&h->vp) == JM_VP_UNANSWERABLE) {
        h->end = h->inner; /* whether its sender is told or not */
        h->diag = *jm_vp_diag(&h->vp);
        h->step = JM_HSTEP_TELL;
        return JM_OK;
    }
    if (h->inner != JM_OK)
        return finish_as_told(h);
    if ((r = jm_vp_request_of(&h->vp)) == NULL)
        return JM_E_BUG;
    st = jm_wallet_judge(&h->consent, r, h->config.trust, h->config.crypto, h->at_s, &h->diag);
    h->asker = h->consent.rp.len != 0 ? h->consent.rp : r->client_id;
    h->consent.changed = jm_wallet_is_changed(h->w, &h->consent);
    if (st != JM_OK && h->consent.badge != 0) {
        /* refused here, by what the registry says: the holder finds it in the history */
        JM_TRY(note_response(h, "refused by wallet"));
        return jm_holder_keep_and_finish(h, st);
    }
    JM_TRY(st);
    st = choose_ways(h);
    /* a holder who agreed beforehand has answered; else nobody has answered anything */
    if (h->config.agreed && (st == JM_E_ABSENT || st == JM_E_GONE)) {
        h->end = st;
        return decline_with(h, "access_denied");
    }
    JM_TRY(st);
    h->step = h->config.looks ? JM_HSTEP_LOOKING : JM_HSTEP_CONSENT;
    return JM_OK;
}

/* -- asked, signed, sent -- */

enum jm_status jm_holder_step_consent(struct jm_holder *h, const struct jm_answers *a)
{
    struct jm_bytes said;
    enum jm_status st;

    h->question = (struct jm_question){.kind = JM_QUESTION_CONSENT,
                                       .consent = &h->consent,
                                       .client_id = jm_vp_request_of(&h->vp)->client_id,
                                       .way = h->way.names,
                                       .n_ways = h->way.n,
                                       .nonce = jm_vp_request_of(&h->vp)->nonce};
    st = a->holder(a->ctx, &h->question, &said, h->mem);
    if (st == JM_E_PENDING)
        return st;
    if (st != JM_OK) {
        h->end = st;
        h->told = "access_denied";
        JM_TRY(note_response(h, "declined"));
        return jm_holder_keep_then(h, JM_HSTEP_DECLINE);
    }
    JM_TRY(take_way(h, said));
    h->inner = jm_vp_agree(&h->vp, h->choice, h->n_picks, h->at_s);
    h->step = JM_HSTEP_SIGNING;
    return JM_OK;
}

/* Used, and durably so, before the first octet leaves. */
enum jm_status jm_holder_step_signing(struct jm_holder *h)
{
    if (is_asking(h))
        return JM_E_PENDING;
    if (h->inner != JM_OK)
        return finish_as_told(h);
    for (size_t i = 0; i < h->n_picks; i++)
        h->pick[i].copy->used = true;
    JM_TRY(note_response(h, h->config.hand_out ? "written" : "sent"));
    return jm_holder_keep_then(h, JM_HSTEP_SEND);
}

enum jm_status jm_holder_step_send(struct jm_holder *h)
{
    if (h->config.hand_out)
        return jm_holder_finish(h, JM_OK);
    h->inner = jm_vp_event(&h->vp, JM_EVENT_MESSAGE, jm_none(), h->at_s);
    h->step = JM_HSTEP_SENDING;
    return JM_OK;
}

/* What was noted as sent came to another end: D-356. */
static enum jm_status finish_otherwise(struct jm_holder *h, const char *outcome, enum jm_status st)
{
    if (h->w->no_history)
        return jm_holder_finish(h, st);
    h->w->event[h->w->n_events - 1].outcome = jm_str(outcome);
    return jm_holder_keep_and_finish(h, st);
}

enum jm_status jm_holder_step_sending(struct jm_holder *h)
{
    if (is_asking(h))
        return JM_E_PENDING;
    if (h->inner != JM_OK) {
        h->diag = *jm_vp_diag(&h->vp);
        jm_diag_keep(&h->diag, h->mem);
        return finish_otherwise(h, "unanswered", h->inner); /* it may have come */
    }
    if (jm_vp_state(&h->vp) == JM_VP_DONE)
        return jm_holder_finish(h, JM_OK);
    return finish_otherwise(h, "refused by verifier",
                            jm_refuse(&h->diag, JM_E_DENIED, JM_WALLET_VERIFIER_REFUSED,
                                      (const char *)h->vp.reason.ptr));
}

/* -- or not -- */

/* The request is good and cannot be answered: its sender may know, if the holder wants that. */
enum jm_status jm_holder_step_tell(struct jm_holder *h, const struct jm_answers *a)
{
    enum jm_code why = h->diag.code;
    struct jm_bytes unused;
    enum jm_status st;

    h->question = (struct jm_question){.kind = JM_QUESTION_TELL, .why = why};
    st = a->holder(a->ctx, &h->question, &unused, h->mem);
    if (st == JM_E_PENDING)
        return st;
    if (st != JM_OK)
        return jm_holder_finish(h, h->end);
    return decline_with(h, why == JM_VP_FORMATS || why == JM_VP_FORMAT
                               ? "vp_formats_not_supported"
                               : "invalid_transaction_data");
}

/*
 * A registered verifier that waits is told, once the holder has answered: a "no" and "no such card"
 * sound alike. What goes wrong on the way changes nothing of why.
 */
enum jm_status jm_holder_step_decline(struct jm_holder *h)
{
    h->inner = jm_vp_decline(&h->vp, h->told, h->at_s);
    h->step = JM_HSTEP_TELLING;
    return JM_OK;
}

enum jm_status jm_holder_step_telling(struct jm_holder *h)
{
    if (is_asking(h))
        return JM_E_PENDING;
    if (h->inner != JM_OK || jm_vp_state(&h->vp) != JM_VP_TOLD)
        h->told = NULL;
    return jm_holder_finish(h, h->end);
}
