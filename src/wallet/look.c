/* SPDX-License-Identifier: Apache-2.0 */
/* D-361: the wallet looks at its own status, as a verifier would, and refuses before it is asked.
 */
#include "wallet/steps.h"

#include <string.h>

#include "jumin/mdoc.h"
#include "jumin/sdjwt.h"
#include "jumin/statuslist.h"

#define BOOK_ROOM (JM_HOLDER_LIST_MAX + 256 * JM_KIB)
#define TIMEOUT_MS 5000
#define CONTACT_EVERY_S 3600 /* that it was heard is not written more often */

struct place {
    struct jm_bytes uri;
    uint64_t idx;
    bool cwt;
};

enum jm_status jm_holder_make_look(struct jm_holder *h)
{
    uint8_t *room = jm_alloc(h->mem, JM_HOLDER_LOOK_ROOM, 1);

    if (room == NULL)
        return JM_E_NO_SPACE;
    /* a list comes by this book, too */
    jm_book_init(&h->book, room, BOOK_ROOM);
    h->book.last_id = JM_HOLDER_OWN_IDS;
    jm_arena_init(&h->look, room + BOOK_ROOM, JM_HOLDER_LOOK_ROOM - BOOK_ROOM);
    return JM_OK;
}

/* Where it stands, by its own words. @retval JM_E_ABSENT nowhere */
static enum jm_status place_of(struct place *out, const struct jm_wallet_copy *c,
                               struct jm_holder *h)
{
    struct jm_sdjwt_facts facts;
    struct jm_mdoc_copy copy;
    struct jm_sdjwt s;

    if (c->fmt == JM_FMT_MDOC) {
        JM_TRY(jm_mdoc_copy_read(&copy, c->octets, &h->look));
        *out = (struct place){copy.status_uri, copy.status_idx, true};
        return copy.has_status ? JM_OK : JM_E_ABSENT;
    }
    JM_TRY(jm_sdjwt_split(&s, c->octets, h->config.crypto, &h->look, NULL));
    JM_TRY(jm_sdjwt_facts(&facts, s.payload));
    *out = (struct place){facts.status_uri, facts.status_idx, false};
    return facts.has_status ? JM_OK : JM_E_ABSENT;
}

/* Of a family that the trust set knows: nobody gets a list of his own, which would tell on him. */
static enum jm_status read_status(unsigned *value, const struct place *p, struct jm_holder *h,
                                  const struct jm_answers *a)
{
    const struct jm_http_ask ask = {.verb = JM_HTTP_GET,
                                    .url = p->uri,
                                    .accept = p->cwt ? "application/statuslist+cwt"
                                                     : "application/statuslist+jwt",
                                    .max_len = JM_HOLDER_LIST_MAX,
                                    .timeout_ms = TIMEOUT_MS,
                                    .moves = 3};
    const struct jm_list_policy policy = {0};
    struct jm_list_record family;
    struct jm_status_list list;
    struct jm_http_answer got;
    struct jm_anchors signers;

    JM_TRY(jm_trust_list(&family, h->config.trust, p->uri));
    JM_TRY(a->http(a->ctx, &ask, &got, &h->look));
    if (got.status != 200)
        return JM_E_UNAVAILABLE;
    JM_TRY(jm_trust_list_signers(&signers, h->config.trust, family.issuer, h->looked_at, &h->look));
    const struct jm_reading r = {.now = h->looked_at,
                                 .answers = a,
                                 .crypto = h->config.crypto,
                                 .anchors = &signers,
                                 .mem = &h->look};
    JM_TRY(jm_statuslist_open(&list, got.body, p->cwt, p->uri, &policy, &r));
    return jm_statuslist_get(value, &list, p->idx);
}

static struct jm_wallet_card *card_of(const struct jm_holder *h, const struct jm_wallet_copy *copy)
{
    for (size_t i = 0; i < h->w->n_cards; i++)
        for (size_t k = 0; k < h->w->card[i].n; k++)
            if (&h->w->card[i].copy[k] == copy)
                return &h->w->card[i];
    return NULL;
}

static enum jm_status end_card(struct jm_holder *h, struct jm_wallet_card *card)
{
    jm_holder_drop_copies(h, card);
    card->state = JM_WCARD_NOT_VALID;
    card->why = JM_BYTES("not valid by its list"); /* why, the issuer says when it is asked */
    h->names = jm_none();
    memset(&h->consent, 0, sizeof h->consent);
    h->asker = jm_none();
    JM_TRY(jm_holder_note_card(h, card, "not valid now"));
    return jm_holder_keep_and_finish(h, jm_refuse(&h->diag, JM_E_DENIED, JM_WALLET_CARD_ENDED,
                                                  (const char *)card->why.ptr));
}

/* What cannot be asked keeps nobody from showing: the verifier looks, too. */
static enum jm_status nothing_known(struct jm_holder *h)
{
    if (h->operation == JM_HOLDER_CHECK)
        return jm_holder_finish(h, jm_refuse(&h->diag, JM_E_UNAVAILABLE, JM_WALLET_STATUS_UNKNOWN,
                                             NULL));
    h->step = JM_HSTEP_CONSENT;
    return JM_OK;
}

/* One of the copies that would go; all of a card stand or fall together. */
enum jm_status jm_holder_step_looking(struct jm_holder *h, const struct jm_answers *a)
{
    const struct jm_wallet_copy *copy =
        h->operation == JM_HOLDER_CHECK ? &jm_holder_newest(h)->copy[0] : h->pick[0].copy;
    struct jm_wallet_card *card;
    struct place place;
    unsigned value = 0;
    enum jm_status st;
    bool fresh;

    if (h->looked_at == 0)
        h->looked_at = h->at_s; /* a step that is run again judges by the same time */
    jm_arena_reset(&h->look);
    st = place_of(&place, copy, h);
    if (st == JM_OK)
        st = read_status(&value, &place, h, a);
    if (st == JM_E_PENDING || st == JM_E_NO_SPACE)
        return st;
    if (st != JM_OK)
        return nothing_known(h);
    if ((card = card_of(h, copy)) == NULL)
        return JM_E_BUG;
    fresh = h->looked_at - card->contact < CONTACT_EVERY_S;
    card->contact = fresh ? card->contact : h->looked_at;
    if (value != 0)
        return end_card(h, card);
    if (h->operation == JM_HOLDER_CHECK)
        return fresh ? jm_holder_finish(h, JM_OK) : jm_holder_keep_and_finish(h, JM_OK);
    h->step = JM_HSTEP_CONSENT;
    return JM_OK;
}
