/* SPDX-License-Identifier: Apache-2.0 */
/* The holder's engine: its operations, and the loop that runs their steps. */
#include "wallet/steps.h"

#include <string.h>

#define BOOK_ROOM (64 * JM_KIB)

enum jm_status jm_holder_init(struct jm_holder *h, const struct jm_holder_config *config,
                              struct jm_wallet *w, struct jm_arena *mem)
{
    void *room = jm_alloc(mem, BOOK_ROOM, 1);

    memset(h, 0, sizeof *h);
    h->config = *config;
    h->w = w;
    h->mem = mem;
    h->forget = JM_NEW_N(mem, struct jm_handle, JM_WALLET_COPIES_MAX + JM_HOLDER_KEYS_MAX);
    if (room == NULL || h->forget == NULL)
        return JM_E_NO_SPACE;
    jm_book_init(&h->book, room, BOOK_ROOM);
    h->book.last_id = JM_HOLDER_OWN_IDS;
    h->state = JM_HOLDER_IDLE;
    return JM_OK;
}

void jm_holder_end(struct jm_holder *h)
{
    jm_vci_end(&h->vci);
    jm_vp_end(&h->vp);
    jm_book_clear(&h->book);
    memset(h, 0, sizeof *h);
}

/* -- running -- */

static enum jm_status run_step(struct jm_holder *h)
{
    const struct jm_answers a = jm_book_answers(&h->book);

    jm_book_rewind(&h->book);
    switch (h->step) {
    case JM_HSTEP_KEYS: return jm_holder_step_keys(h, &a);
    case JM_HSTEP_ISSUING: return jm_holder_step_issuing(h);
    case JM_HSTEP_CODE: return jm_holder_step_code(h, &a);
    case JM_HSTEP_CARD: return jm_holder_step_card(h, &a);
    case JM_HSTEP_AGREE_TO_DELETE: return jm_holder_step_agree_to_delete(h, &a);
    case JM_HSTEP_DELETING: return jm_holder_step_deleting(h);
    case JM_HSTEP_ORDERING: return jm_holder_step_ordering(h);
    case JM_HSTEP_LOST: return jm_holder_step_lost(h);
    case JM_HSTEP_JUDGING: return jm_holder_step_judging(h);
    case JM_HSTEP_LOOKING: return jm_holder_step_looking(h, &a);
    case JM_HSTEP_CONSENT: return jm_holder_step_consent(h, &a);
    case JM_HSTEP_SIGNING: return jm_holder_step_signing(h);
    case JM_HSTEP_SEND: return jm_holder_step_send(h);
    case JM_HSTEP_SENDING: return jm_holder_step_sending(h);
    case JM_HSTEP_TELL: return jm_holder_step_tell(h, &a);
    case JM_HSTEP_DECLINE: return jm_holder_step_decline(h);
    case JM_HSTEP_TELLING: return jm_holder_step_telling(h);
    case JM_HSTEP_KEEP: return jm_holder_step_keep(h, &a);
    case JM_HSTEP_FORGET: return jm_holder_step_forget(h, &a);
    case JM_HSTEP_END: break;
    }
    return JM_E_BUG;
}

static enum jm_status conclude_operation(struct jm_holder *h)
{
    h->step = JM_HSTEP_END;
    h->state = h->end == JM_OK ? JM_HOLDER_DONE : JM_HOLDER_FAILED;
    return h->end;
}

/* A state that is not durable may still name its keys in the container: none is forgotten then. */
static enum jm_status step_failed(struct jm_holder *h, enum jm_status st)
{
    if (h->step != JM_HSTEP_KEEP && h->step != JM_HSTEP_FORGET)
        return jm_holder_finish(h, st);
    jm_vci_end(&h->vci);
    if (h->end == JM_OK || h->step == JM_HSTEP_KEEP)
        h->end = st;
    h->step = JM_HSTEP_END;
    return JM_OK;
}

static enum jm_status run_steps(struct jm_holder *h)
{
    for (;;) {
        enum jm_status st = run_step(h);

        if (st == JM_E_PENDING)
            return JM_OK;
        jm_book_clear(&h->book);
        if (st != JM_OK)
            JM_TRY(step_failed(h, st));
        if (h->step == JM_HSTEP_END)
            return conclude_operation(h);
    }
}

/* -- asks: its own first; a protocol engine's stays open meanwhile -- */

static struct jm_engine inner_of(const struct jm_holder *h)
{
    struct jm_holder *own = (struct jm_holder *)(uintptr_t)h;

    if (h->step == JM_HSTEP_ISSUING || h->step == JM_HSTEP_DELETING || h->step == JM_HSTEP_ORDERING)
        return jm_vci_engine(&own->vci);
    if (h->step == JM_HSTEP_JUDGING || h->step == JM_HSTEP_SIGNING || h->step == JM_HSTEP_SENDING ||
        h->step == JM_HSTEP_TELLING)
        return jm_vp_engine(&own->vp);
    return (struct jm_engine){NULL, NULL, NULL};
}

size_t jm_holder_asks(const struct jm_holder *h, const struct jm_ask **asks)
{
    struct jm_engine e = inner_of(h);

    *asks = NULL;
    if (h->state != JM_HOLDER_WORKING)
        return 0;
    return e.self != NULL ? e.asks(e.self, asks) : jm_book_asks(&h->book, asks);
}

enum jm_status jm_holder_answer(struct jm_holder *h, uint32_t id, const struct jm_answer *a,
                                int64_t at_s)
{
    struct jm_engine e = inner_of(h);
    const struct jm_ask *ask;

    if (jm_holder_asks(h, &ask) == 0 || ask->id != id || ask->kind != a->kind)
        return JM_E_BUG;
    if (e.self != NULL)
        h->inner = e.answer(e.self, id, a, at_s);
    else
        JM_TRY(jm_book_answer(&h->book, id, a));
    h->at_s = at_s;
    return run_steps(h);
}

static size_t engine_asks(const void *self, const struct jm_ask **asks)
{
    return jm_holder_asks(self, asks);
}

static enum jm_status engine_answer(void *self, uint32_t id, const struct jm_answer *a,
                                    int64_t at_s)
{
    return jm_holder_answer(self, id, a, at_s);
}

struct jm_engine jm_holder_engine(struct jm_holder *h)
{
    return (struct jm_engine){h, engine_asks, engine_answer};
}

/* -- operations -- */

static enum jm_status begin_operation(struct jm_holder *h, enum jm_holder_operation what,
                                      enum jm_holder_step first, int64_t at_s)
{
    if (h->state != JM_HOLDER_IDLE)
        return JM_E_CONFLICT;
    h->operation = what;
    h->state = JM_HOLDER_WORKING;
    h->step = first;
    h->at_s = at_s;
    return run_steps(h);
}

/* There is nothing to be done: nothing is asked. */
static enum jm_status refuse_with(struct jm_holder *h, enum jm_status st, enum jm_code code)
{
    if (h->state != JM_HOLDER_IDLE)
        return JM_E_CONFLICT;
    h->state = JM_HOLDER_FAILED;
    return jm_refuse(&h->diag, st, code, NULL);
}

/* A wallet keeps one issuance that waits. A new one at a desk takes its place, as its clerk's new
 * QR does; what begins without a desk would lose a ticket that no other phone can bind. */
static bool has_pending(const struct jm_holder *h)
{
    struct jm_vci_saved saved;

    return jm_vci_saved_read(&saved, h->w->pending) == JM_OK;
}

static enum jm_status begin_on_card(struct jm_holder *h, enum jm_holder_operation what,
                                    enum jm_holder_step first, int64_t at_s)
{
    return h->w->n_cards == 0 ? refuse_with(h, JM_E_ABSENT, JM_WALLET_NO_CARD)
                              : begin_operation(h, what, first, at_s);
}

enum jm_status jm_holder_receive(struct jm_holder *h, struct jm_bytes uri, int64_t at_s)
{
    JM_TRY(jm_dup(&h->uri, h->mem, uri));
    return begin_operation(h, JM_HOLDER_RECEIVE, JM_HSTEP_KEYS, at_s);
}

enum jm_status jm_holder_tap(struct jm_holder *h, struct jm_bytes uri, int64_t at_s)
{
    if (has_pending(h))
        return refuse_with(h, JM_E_CONFLICT, JM_WALLET_PENDING);
    JM_TRY(jm_dup(&h->uri, h->mem, uri));
    return begin_operation(h, JM_HOLDER_TAP, JM_HSTEP_KEYS, at_s);
}

enum jm_status jm_holder_continue(struct jm_holder *h, int64_t at_s)
{
    return h->w->pending.len == 0 ? refuse_with(h, JM_E_ABSENT, JM_WALLET_PENDING_NONE)
                                  : begin_operation(h, JM_HOLDER_CONTINUE, JM_HSTEP_KEYS, at_s);
}

enum jm_status jm_holder_refresh(struct jm_holder *h, int64_t at_s)
{
    return begin_on_card(h, JM_HOLDER_REFRESH, JM_HSTEP_KEYS, at_s);
}

enum jm_status jm_holder_renew(struct jm_holder *h, int64_t at_s)
{
    if (has_pending(h))
        return refuse_with(h, JM_E_CONFLICT, JM_WALLET_PENDING);
    return begin_on_card(h, JM_HOLDER_RENEW, JM_HSTEP_KEYS, at_s);
}

enum jm_status jm_holder_order(struct jm_holder *h, enum jm_card_act act, struct jm_bytes body,
                               int64_t at_s)
{
    if (h->w->n_cards == 0)
        return refuse_with(h, JM_E_ABSENT, JM_WALLET_NO_CARD);
    h->act = act;
    JM_TRY(jm_dup(&h->asked, h->mem, body));
    return begin_operation(h, JM_HOLDER_ORDER, JM_HSTEP_ORDERING, at_s);
}

struct jm_bytes jm_holder_told(const struct jm_holder *h)
{
    return h->answer;
}

enum jm_status jm_holder_delete(struct jm_holder *h, int64_t at_s)
{
    return begin_on_card(h, JM_HOLDER_DELETE, JM_HSTEP_AGREE_TO_DELETE, at_s);
}

enum jm_status jm_holder_lost(struct jm_holder *h, int64_t at_s)
{
    return begin_on_card(h, JM_HOLDER_LOST, JM_HSTEP_LOST, at_s);
}

enum jm_status jm_holder_check(struct jm_holder *h, int64_t at_s)
{
    const struct jm_wallet_card *card = jm_holder_newest(h);

    if (card == NULL || card->n == 0)
        return refuse_with(h, JM_E_ABSENT, JM_WALLET_NO_CARD);
    JM_TRY(jm_holder_make_look(h));
    return begin_operation(h, JM_HOLDER_CHECK, JM_HSTEP_LOOKING, at_s);
}

enum jm_status jm_holder_respond(struct jm_holder *h, struct jm_bytes url, int64_t at_s)
{
    if (h->config.looks)
        JM_TRY(jm_holder_make_look(h));
    JM_TRY(jm_dup(&h->uri, h->mem, url));
    return begin_operation(h, JM_HOLDER_RESPOND, JM_HSTEP_KEYS, at_s);
}

/* -- results -- */

enum jm_holder_state jm_holder_state(const struct jm_holder *h)
{
    return h->state;
}

const struct jm_diag *jm_holder_diag(const struct jm_holder *h)
{
    return &h->diag;
}

const struct jm_wallet_card *jm_holder_card(const struct jm_holder *h)
{
    return jm_holder_newest(h);
}

struct jm_bytes jm_holder_loss_code(const struct jm_holder *h)
{
    return h->loss_code;
}

struct jm_holder_shown jm_holder_shown(const struct jm_holder *h)
{
    return (struct jm_holder_shown){h->consent.badge,           h->names,
                                    h->vp.request.response_uri, jm_vp_redirect(&h->vp),
                                    jm_vp_body(&h->vp),         h->told};
}
