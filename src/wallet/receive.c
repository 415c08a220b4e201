/* SPDX-License-Identifier: Apache-2.0 */
/* Cards come, are renewed and are ended: the issuance engine over the wallet's state. */
#include "wallet/steps.h"

#include <string.h>

#include "jumin/mdoc.h"
#include "jumin/sdjwt.h"

/* The engine's reason, and in it what the server said. */
static enum jm_status take_diag(struct jm_holder *h)
{
    const struct jm_diag *d = jm_vci_diag(&h->vci);
    const struct jm_bytes parts[] = {d->detail, JM_BYTES(": "), jm_vci_server_says(&h->vci)};

    h->diag = *d;
    return jm_concat(&h->diag.detail, h->mem, parts, parts[2].len == 0 ? 1 : 3);
}

static enum jm_status finish_as_told(struct jm_holder *h)
{
    JM_TRY(take_diag(h));
    return jm_holder_finish(h, h->inner);
}

static enum jm_status save_pending(struct jm_holder *h)
{
    return jm_vci_save(&h->w->pending, jm_vci_saved_of(&h->vci), h->mem);
}

/* What the issuer refuses for good or for now, in the words that it has for programs: D-240, D-361.
 * docs/protocol/errors.md */
static bool card_is_off(const struct jm_holder *h)
{
    enum jm_code code = jm_vci_refusal(&h->vci);

    return code == JM_VCI_CARD_NOT_ACTIVE || code == JM_VCI_DEVICE_CLOSED ||
           code == JM_VCI_REFRESH_ENDED || code == JM_VCI_REFRESH_COUNTER;
}

/* The case is over: what waits for it would never be finished. */
static bool case_is_over(const struct jm_holder *h)
{
    static const enum jm_code over[] = {JM_VCI_CODE_UNKNOWN, JM_VCI_CODE_USED, JM_VCI_CODE_EXPIRED,
                                        JM_VCI_TICKET_TAKEN, JM_VCI_CASE_ENDED,
                                        JM_VCI_TX_CODE_EXHAUSTED, JM_VCI_OFFER_GONE,
                                        JM_VCI_REFRESH_UNKNOWN,
                                        /* of a tap that broke off: its keys are gone */
                                        JM_CARD_BINDING};

    for (size_t i = 0; i < JM_ARRAY_LEN(over); i++)
        if (jm_vci_refusal(&h->vci) == over[i])
            return true;
    return false;
}

/* -- it begins -- */

/* @p counts: by the refresh token, and so with the next number (D-244), which is durable before it
 * is sent: jm_holder_keep_then(). */
static enum jm_status begin_engine(struct jm_holder *h, bool counts, bool new_loss_code)
{
    const struct jm_vci_config c = {.trust = h->config.trust,
                                    .crypto = h->config.crypto,
                                    .instance = {jm_handle_bytes(&h->w->instance),
                                                 h->config.instance},
                                    .dpop = {jm_handle_bytes(&h->w->dpop), h->config.dpop},
                                    .key = h->key,
                                    .n_keys = h->n_fresh,
                                    .batch = JM_HOLDER_BATCH,
                                    .platform = h->config.platform,
                                    .counter = counts ? ++h->w->counter : 0,
                                    .taps = h->operation == JM_HOLDER_TAP,
                                    .new_loss_code = new_loss_code};
    void *room = jm_alloc(h->mem, JM_HOLDER_ISSUE_ROOM, 1);

    return room == NULL ? JM_E_NO_SPACE : jm_vci_init(&h->vci, &c, room, JM_HOLDER_ISSUE_ROOM);
}

static enum jm_status read_saved(struct jm_vci_saved *out, struct jm_holder *h)
{
    return jm_vci_saved_read(out, jm_holder_newest(h)->saved) == JM_OK
               ? JM_OK
               : jm_refuse(&h->diag, JM_E_MALFORMED, JM_WALLET_CONTAINER, NULL);
}

/* The token had come, the copies had not: they are asked for again, and a loss code that is surely
 * in the holder's hands. */
static enum jm_status go_on(struct jm_holder *h)
{
    struct jm_vci_saved saved;

    if (jm_vci_saved_read(&saved, h->w->pending) != JM_OK)
        return jm_refuse(&h->diag, JM_E_ABSENT, JM_WALLET_PENDING_NONE, NULL);
    h->token_kept = saved.refresh_token.len != 0;
    JM_TRY(begin_engine(h, h->token_kept, h->token_kept));
    h->inner =
        h->token_kept ? jm_vci_refresh(&h->vci, &saved, h->at_s) : jm_vci_load(&h->vci, &saved);
    if (h->token_kept)
        return jm_holder_keep_then(h, JM_HSTEP_ISSUING);
    h->step = JM_HSTEP_ISSUING;
    return JM_OK;
}

static enum jm_status begin_refresh(struct jm_holder *h)
{
    struct jm_vci_saved saved;

    JM_TRY(read_saved(&saved, h));
    JM_TRY(begin_engine(h, true, false));
    h->token_kept = true; /* in the card */
    h->inner = jm_vci_refresh(&h->vci, &saved, h->at_s);
    return jm_holder_keep_then(h, JM_HSTEP_ISSUING);
}

static enum jm_status begin_renewal(struct jm_holder *h)
{
    struct jm_vci_saved saved;

    JM_TRY(read_saved(&saved, h));
    JM_TRY(begin_engine(h, false, false));
    h->inner = jm_vci_renew(&h->vci, &saved, h->at_s);
    h->step = JM_HSTEP_ISSUING;
    return JM_OK;
}

static enum jm_status begin_issue(struct jm_holder *h)
{
    JM_TRY(begin_engine(h, false, false));
    h->inner = jm_vci_event(&h->vci, JM_EVENT_START, h->uri, h->at_s);
    h->step = JM_HSTEP_ISSUING;
    return JM_OK;
}

enum jm_status jm_holder_step_keys(struct jm_holder *h, const struct jm_answers *a)
{
    size_t n = h->operation == JM_HOLDER_RESPOND ? 1 : JM_HOLDER_KEYS_MAX;

    for (size_t i = 0; i < n; i++) {
        JM_TRY(a->new_key(a->ctx, &h->fresh[i], &h->key[i].point));
        h->key[i].handle = jm_handle_bytes(&h->fresh[i]);
        h->n_fresh = i + 1;
    }
    if (h->operation == JM_HOLDER_RESPOND)
        return jm_holder_begin_response(h);
    if (h->operation == JM_HOLDER_RECEIVE || h->operation == JM_HOLDER_TAP)
        return begin_issue(h);
    if (h->operation == JM_HOLDER_RENEW)
        return begin_renewal(h);
    return h->operation == JM_HOLDER_CONTINUE ? go_on(h) : begin_refresh(h);
}

/* -- copies come -- */

static int64_t until_of(const struct jm_vci_copy *c, struct jm_holder *h)
{
    size_t mark = jm_arena_mark(h->mem);
    struct jm_sdjwt_facts facts;
    struct jm_mdoc_copy copy;
    struct jm_sdjwt s;
    int64_t until = 0;

    if (c->fmt == JM_FMT_MDOC) {
        if (jm_mdoc_copy_read(&copy, c->octets, h->mem) == JM_OK)
            until = copy.valid_until_s;
    } else if (jm_sdjwt_split(&s, c->octets, h->config.crypto, h->mem, NULL) == JM_OK &&
               jm_sdjwt_facts(&facts, s.payload) == JM_OK) {
        until = facts.exp;
    }
    jm_arena_back(h->mem, mark);
    return until;
}

static enum jm_status copy_of(struct jm_wallet_copy *out, const struct jm_vci_copy *c,
                              struct jm_holder *h)
{
    *out = (struct jm_wallet_copy){.fmt = c->fmt, .key = h->fresh[c->key], .until = until_of(c, h)};
    JM_TRY(jm_dup(&out->type, h->mem, c->type));
    return jm_dup(&out->octets, h->mem, c->octets);
}

/* D-351: what is shown has changed. What cannot be compared is not said. */
static void note_changed(struct jm_holder *h, struct jm_wallet_card *card,
                         const struct jm_wallet_copy *fresh, size_t n)
{
    struct jm_bytes changed = jm_none();

    for (size_t i = 0; card->n > 0 && i < n; i++) {
        if (fresh[i].fmt != card->copy[0].fmt)
            continue;
        if (jm_wallet_changed(&changed, &card->copy[0], &fresh[i], h->config.crypto, h->mem) ==
                JM_OK &&
            changed.len != 0)
            card->changed = changed;
        return;
    }
}

/* Fresh copies replace those of the same card: a copy that was shown is of no more use. */
static enum jm_status take_copies(struct jm_holder *h, struct jm_wallet_card *card)
{
    struct jm_wallet_copy *copy;
    struct jm_vci_result x;

    JM_TRY(jm_vci_result(&x, &h->vci));
    if ((copy = JM_NEW_N(h->mem, struct jm_wallet_copy, x.n + 1)) == NULL)
        return JM_E_NO_SPACE;
    for (size_t i = 0; i < x.n; i++)
        JM_TRY(copy_of(&copy[i], &x.copy[i], h));
    JM_TRY(jm_dup(&card->issuer, h->mem, x.issuer));
    JM_TRY(jm_vci_save(&card->saved, jm_vci_saved_of(&h->vci), h->mem));
    JM_TRY(jm_dup(&h->loss_code, h->mem, x.loss_code));
    if (x.loss_code.len != 0)
        card->loss_code = h->loss_code;
    card->issuer_name = x.issuer_name;
    note_changed(h, card, copy, x.n);
    card->received = card->contact = h->at_s;
    card->state = JM_WCARD_ACTIVE;
    card->why = jm_none();
    jm_holder_drop_copies(h, card);
    card->copy = copy;
    card->n = x.n;
    jm_holder_drop_fresh(h, card);
    return JM_OK;
}

static enum jm_status settle_issuance(struct jm_holder *h)
{
    struct jm_wallet_card card;

    if (h->operation == JM_HOLDER_REFRESH) {
        JM_TRY(take_copies(h, jm_holder_newest(h)));
        JM_TRY(jm_holder_note_card(h, jm_holder_newest(h), "refreshed"));
        return jm_holder_keep_and_finish(h, JM_OK);
    }
    if (h->operation == JM_HOLDER_RENEW) {
        JM_TRY(take_copies(h, jm_holder_newest(h)));
        h->w->pending = jm_none();
        JM_TRY(jm_holder_note_card(h, jm_holder_newest(h), "renewed"));
        return jm_holder_keep_and_finish(h, JM_OK);
    }
    memset(&card, 0, sizeof card);
    JM_TRY(take_copies(h, &card));
    JM_TRY(jm_wallet_add_card(h->w, &card, h->mem));
    h->w->pending = jm_none();
    JM_TRY(jm_holder_note_card(h, &card, "received"));
    return jm_holder_keep_and_finish(h, JM_OK);
}

/* -- or they do not -- */

static enum jm_status end_card(struct jm_holder *h)
{
    struct jm_wallet_card *card = jm_holder_newest(h);
    /* for programs first, then for people */
    const struct jm_bytes parts[] = {jm_str(jm_code_info(jm_vci_refusal(&h->vci))->name),
                                     JM_BYTES(": "), jm_vci_server_says(&h->vci)};

    jm_holder_drop_copies(h, card);
    if (h->operation == JM_HOLDER_RENEW) /* its own; whatever waits beside a refresh goes on */
        h->w->pending = jm_none();
    card->state = JM_WCARD_NOT_VALID;
    JM_TRY(jm_concat(&card->why, h->mem, parts, JM_ARRAY_LEN(parts)));
    JM_TRY(jm_holder_note_card(h, card, "not valid now"));
    return jm_holder_keep_and_finish(h, jm_refuse(&h->diag, JM_E_DENIED, JM_WALLET_CARD_ENDED,
                                                  (const char *)card->why.ptr));
}

static enum jm_status issuing_failed(struct jm_holder *h)
{
    if (jm_vci_state(&h->vci) == JM_VCI_TAP) { /* the card again */
        JM_TRY(take_diag(h));
        h->step = JM_HSTEP_CARD;
        return JM_OK;
    }
    if ((h->operation == JM_HOLDER_REFRESH || h->operation == JM_HOLDER_RENEW) && card_is_off(h))
        return end_card(h);
    if (h->operation != JM_HOLDER_REFRESH && h->w->pending.len != 0 &&
        (card_is_off(h) || case_is_over(h))) {
        h->w->pending = jm_none();
        JM_TRY(take_diag(h));
        return jm_holder_keep_and_finish(h, h->inner);
    }
    if (jm_vci_state(&h->vci) != JM_VCI_BOUND)
        return finish_as_told(h);
    /* a wrong code: the ticket lives, and is typed again by jm_holder_continue() */
    JM_TRY(take_diag(h));
    JM_TRY(save_pending(h));
    return jm_holder_keep_and_finish(h, h->inner);
}

enum jm_status jm_holder_step_issuing(struct jm_holder *h)
{
    enum jm_vci_state at = jm_vci_state(&h->vci);

    if (h->inner != JM_OK)
        return issuing_failed(h);
    /* Before the first copy is asked for, what would fetch it again is durable: neither end may die
     * in between and lose a card. */
    if (at == JM_VCI_ISSUING && !h->token_kept) {
        h->token_kept = true;
        JM_TRY(save_pending(h));
        return jm_holder_keep_then(h, JM_HSTEP_ISSUING);
    }
    if (h->vci.book.is_open || at == JM_VCI_CARD || at == JM_VCI_SCRIPT)
        return JM_E_PENDING;
    if (at == JM_VCI_DONE)
        return settle_issuance(h);
    if (at == JM_VCI_TAP) {
        h->step = JM_HSTEP_CARD;
        return JM_OK;
    }
    if (at != JM_VCI_BOUND)
        return JM_E_BUG;
    if (h->operation != JM_HOLDER_RECEIVE) {
        h->step = JM_HSTEP_CODE;
        return JM_OK;
    }
    /* Bound to this wallet and to no other: who is interrupted while the code is typed goes on. */
    JM_TRY(save_pending(h));
    return jm_holder_keep_then(h, JM_HSTEP_CODE);
}

enum jm_status jm_holder_step_code(struct jm_holder *h, const struct jm_answers *a)
{
    struct jm_bytes code;
    enum jm_status st;

    h->question = (struct jm_question){.kind = JM_QUESTION_CODE, .sign = jm_vci_sign(&h->vci)};
    st = a->holder(a->ctx, &h->question, &code, h->mem);
    if (st == JM_E_PENDING)
        return st;
    if (st == JM_E_ABSENT) /* not now: what waits is kept already */
        return jm_holder_finish(h, jm_refuse(&h->diag, JM_E_DENIED, JM_WALLET_MATCH_CODE_NEEDED,
                                             NULL));
    if (st != JM_OK)
        return jm_holder_finish(h, st);
    h->inner = jm_vci_event(&h->vci, JM_EVENT_MESSAGE, code, h->at_s);
    h->step = JM_HSTEP_ISSUING;
    return JM_OK;
}

/* Six digits, or twelve with a blank between: the PIN, and the CAN. */
static bool split_digits(struct jm_bytes typed, struct jm_bytes *pin, struct jm_bytes *can)
{
    size_t blank = jm_bytes_until(typed, 0, ' ');

    *pin = jm_slice(typed, 0, blank);
    *can = jm_slice(typed, blank + 1, SIZE_MAX);
    return pin->len == JM_CARD_PIN_LEN && (blank == typed.len || can->len == JM_CARD_PIN_LEN);
}

/* Who gives up hears what was wrong with the card last. */
enum jm_status jm_holder_step_card(struct jm_holder *h, const struct jm_answers *a)
{
    struct jm_bytes typed, pin, can;
    enum jm_status st;

    h->question =
        (struct jm_question){.kind = JM_QUESTION_CARD,
                             .why = h->diag.code,
                             .tries =
                                 h->diag.code == JM_CODE_NONE ? -1 : jm_vci_tap_tries(&h->vci)};
    st = a->holder(a->ctx, &h->question, &typed, h->mem);
    if (st == JM_E_PENDING)
        return st;
    if (st != JM_OK)
        return jm_holder_finish(h, h->diag.code == JM_CODE_NONE ? st : JM_E_DENIED);
    h->diag = (struct jm_diag){.code = JM_CODE_NONE};
    h->inner =
        split_digits(typed, &pin, &can) ? jm_vci_tap(&h->vci, pin, can, h->at_s) : JM_E_RANGE;
    jm_wipe((uint8_t *)(uintptr_t)typed.ptr, typed.len);
    h->step = JM_HSTEP_ISSUING;
    return h->inner == JM_E_RANGE ? jm_refuse(&h->diag, JM_E_DENIED, JM_CARD_PIN_WRONG, NULL)
                                  : JM_OK;
}

/* -- plastic on order -- */

static enum jm_status begin_order(struct jm_holder *h)
{
    struct jm_vci_saved saved;

    JM_TRY(read_saved(&saved, h));
    JM_TRY(begin_engine(h, true, false));
    h->inner = jm_vci_order(&h->vci, &saved, h->act, h->asked, h->at_s);
    return h->inner == JM_E_CONFLICT
               ? jm_refuse(&h->diag, h->inner, JM_WALLET_ORDER_REFUSED, "the card has no token")
               : jm_holder_keep_then(h, JM_HSTEP_ORDERING);
}

enum jm_status jm_holder_step_ordering(struct jm_holder *h)
{
    if (h->vci.state == (enum jm_vci_state)0) /* not begun */
        return begin_order(h);
    if (h->inner == JM_OK && h->vci.book.is_open)
        return JM_E_PENDING;
    if (h->inner != JM_OK)
        return card_is_off(h) ? end_card(h) : finish_as_told(h);
    JM_TRY(jm_dup(&h->answer, h->mem, jm_vci_told(&h->vci)));
    return jm_holder_finish(h, JM_OK);
}

/* -- the holder ends the card -- */

enum jm_status jm_holder_step_agree_to_delete(struct jm_holder *h, const struct jm_answers *a)
{
    struct jm_vci_saved saved;
    struct jm_bytes unused;
    enum jm_status st;

    h->question = (struct jm_question){.kind = JM_QUESTION_DELETE};
    st = a->holder(a->ctx, &h->question, &unused, h->mem);
    if (st == JM_E_PENDING)
        return st;
    if (st != JM_OK)
        return jm_holder_finish(h, st);
    JM_TRY(read_saved(&saved, h));
    JM_TRY(begin_engine(h, true, false));
    h->inner = jm_vci_delete(&h->vci, &saved, h->at_s);
    if (h->inner == JM_E_CONFLICT)
        return jm_refuse(&h->diag, h->inner, JM_WALLET_DELETE_REFUSED,
                         "the issuer offers no deletion");
    return jm_holder_keep_then(h, JM_HSTEP_DELETING);
}

/* The issuer ends it first: a copy that is only gone here would still be good elsewhere. One that
 * has ended before is only put away. The history stays (D-356). */
enum jm_status jm_holder_step_deleting(struct jm_holder *h)
{
    struct jm_wallet_card *card = jm_holder_newest(h);

    if (h->inner == JM_OK && h->vci.book.is_open)
        return JM_E_PENDING;
    if (h->inner != JM_OK && !card_is_off(h))
        return finish_as_told(h);
    JM_TRY(jm_holder_note_card(h, card, "deleted"));
    jm_holder_drop_copies(h, card);
    h->w->n_cards--;
    return jm_holder_keep_and_finish(h, JM_OK);
}

/* D-361: a hold that is known ends the copies, whoever holds this phone now. */
enum jm_status jm_holder_step_lost(struct jm_holder *h)
{
    struct jm_wallet_card *card = jm_holder_newest(h);

    jm_holder_drop_copies(h, card);
    card->state = JM_WCARD_NOT_VALID;
    card->why = JM_BYTES("reported lost");
    JM_TRY(jm_holder_note_card(h, card, "reported lost"));
    return jm_holder_keep_and_finish(h, JM_OK);
}
