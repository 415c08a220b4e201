/* SPDX-License-Identifier: Apache-2.0 */
/* CBOR ["jumin-wallet/1", instance, dpop, [cards], [events], pending, no_history]; of each key
 * stands what the platform wants kept. Earlier ones have fewer members: what came later stands at
 * the end.
 */
#include <string.h>

#include "jumin/cbor.h"
#include "jumin/wallet.h"

#define WALLET_MEMBERS 8
#define WALLET_MEMBERS_FIRST 6 /* of the first containers; each later one is read, too */
#define CARD_MEMBERS 12
#define EVENT_MEMBERS 8

struct jm_handle jm_wallet_handle(uint64_t n)
{
    struct jm_handle h = {{0}};

    for (size_t i = 0; i < sizeof h.octets; i++)
        h.octets[i] = (uint8_t)(n >> 8 * (sizeof h.octets - 1 - i));
    return h;
}

/* -- writing -- */

struct writing {
    struct jm_cbor_w c;
    const struct jm_wallet_keys *keys;
    size_t next; /* keys mostly stand in the order in which they are named */
    enum jm_status st;
};

static void put_key(struct writing *w, const struct jm_handle *h)
{
    for (size_t i = 0; i < w->keys->n; i++) {
        const struct jm_wallet_key *k = &w->keys->key[(w->next + i) % w->keys->n];

        if (memcmp(k->handle.octets, h->octets, sizeof h->octets) != 0)
            continue;
        w->next += i + 1;
        jm_cbor_w_bytes(&w->c, k->kept);
        return;
    }
    w->st = JM_E_BUG;
}

static void put_copy(struct writing *w, const struct jm_wallet_copy *c)
{
    jm_cbor_w_array(&w->c, 6);
    jm_cbor_w_uint(&w->c, (uint64_t)c->fmt);
    jm_cbor_w_text(&w->c, c->type);
    jm_cbor_w_bytes(&w->c, c->octets);
    put_key(w, &c->key);
    jm_cbor_w_bool(&w->c, c->used);
    jm_cbor_w_int(&w->c, c->until);
}

static void put_card(struct writing *out, const struct jm_wallet_card *c)
{
    struct jm_cbor_w *w = &out->c;

    jm_cbor_w_array(w, CARD_MEMBERS);
    jm_cbor_w_text(w, c->issuer);
    jm_cbor_w_text(w, c->issuer_name.ko);
    jm_cbor_w_text(w, c->issuer_name.en);
    jm_cbor_w_bytes(w, c->saved);
    jm_cbor_w_text(w, c->loss_code);
    jm_cbor_w_int(w, c->received);
    jm_cbor_w_uint(w, (uint64_t)c->state);
    jm_cbor_w_text(w, c->why);
    jm_cbor_w_array(w, c->n);
    for (size_t i = 0; i < c->n; i++)
        put_copy(out, &c->copy[i]);
    jm_cbor_w_bool(w, c->locked);
    jm_cbor_w_int(w, c->contact);
    jm_cbor_w_text(w, c->changed);
}

static void put_event(struct jm_cbor_w *w, const struct jm_wallet_event *e)
{
    jm_cbor_w_array(w, EVENT_MEMBERS);
    jm_cbor_w_int(w, e->at);
    jm_cbor_w_text(w, e->who);
    jm_cbor_w_text(w, e->use);
    jm_cbor_w_text(w, e->claims);
    jm_cbor_w_text(w, e->outcome);
    jm_cbor_w_int(w, e->badge);
    jm_cbor_w_text(w, e->rp);
    jm_cbor_w_bytes(w, e->seal);
}

static size_t event_octets(const struct jm_wallet_event *e)
{
    return 96 + e->who.len + e->use.len + e->claims.len + e->outcome.len + e->rp.len + e->seal.len;
}

/* One rule for writing, adding and reading. Another badge than those that are is none. */
static bool event_fits(const struct jm_wallet_event *e)
{
    return e->who.len <= JM_WALLET_WHO_MAX && e->use.len <= JM_WALLET_USE_MAX &&
           e->claims.len <= JM_WALLET_CLAIMS_MAX && e->outcome.len <= JM_WALLET_OUTCOME_MAX &&
           e->rp.len <= JM_WALLET_RP_MAX && e->seal.len <= JM_WALLET_SEAL_LEN && e->badge >= 0 &&
           e->badge <= JM_BADGE_BLOCKED;
}

/* What would not be read again. */
static bool is_beyond(const struct jm_wallet *w)
{
    if (w->n_cards > JM_WALLET_CARDS_MAX || w->n_events > JM_WALLET_HISTORY_MAX)
        return true;
    for (size_t i = 0; i < w->n_cards; i++)
        if (w->card[i].n > JM_WALLET_COPIES_MAX)
            return true;
    for (size_t i = 0; i < w->n_events; i++)
        if (!event_fits(&w->event[i]))
            return true;
    return false;
}

static size_t room_for(const struct jm_wallet *w)
{
    size_t n = 512 + 2 * JM_WALLET_KEPT_MAX + w->pending.len;

    for (size_t i = 0; i < w->n_cards; i++) {
        const struct jm_wallet_card *c = &w->card[i];

        n += 256 + c->issuer.len + c->issuer_name.ko.len + c->issuer_name.en.len + c->saved.len +
             c->loss_code.len + c->why.len + c->changed.len;
        for (size_t k = 0; k < c->n; k++)
            n += 64 + JM_WALLET_KEPT_MAX + c->copy[k].type.len + c->copy[k].octets.len;
    }
    for (size_t i = 0; i < w->n_events; i++)
        n += event_octets(&w->event[i]);
    return n;
}

static enum jm_status keys_fit(const struct jm_wallet_keys *keys)
{
    for (size_t i = 0; i < keys->n; i++)
        if (keys->key[i].kept.len == 0 || keys->key[i].kept.len > JM_WALLET_KEPT_MAX)
            return JM_E_LIMIT;
    return JM_OK;
}

enum jm_status jm_wallet_write(struct jm_bytes *out, const struct jm_wallet *w,
                               const struct jm_wallet_keys *keys, struct jm_arena *mem)
{
    struct writing x = {.keys = keys};
    struct jm_buf b;

    *out = jm_none();
    JM_TRY(keys_fit(keys));
    if (is_beyond(w) || room_for(w) > JM_WALLET_MAX)
        return JM_E_LIMIT;
    JM_TRY(jm_alloc_buf(&b, mem, room_for(w)));
    jm_cbor_w_init(&x.c, &b);
    jm_cbor_w_array(&x.c, WALLET_MEMBERS);
    jm_cbor_w_str(&x.c, JM_WALLET_LABEL);
    put_key(&x, &w->instance);
    put_key(&x, &w->dpop);
    jm_cbor_w_array(&x.c, w->n_cards);
    for (size_t i = 0; i < w->n_cards; i++)
        put_card(&x, &w->card[i]);
    jm_cbor_w_array(&x.c, w->n_events);
    for (size_t i = 0; i < w->n_events; i++)
        put_event(&x.c, &w->event[i]);
    jm_cbor_w_bytes(&x.c, w->pending);
    jm_cbor_w_bool(&x.c, w->no_history);
    jm_cbor_w_int(&x.c, w->counter);
    JM_TRY(x.st);
    JM_TRY(jm_cbor_w_end(&x.c));
    *out = jm_written(b);
    return JM_OK;
}

/* -- reading -- */

/* Room for @p n keys more; the array moves. */
static enum jm_status more_keys(struct jm_wallet_keys *keys, size_t n, struct jm_arena *mem)
{
    struct jm_wallet_key *more = JM_NEW_N(mem, struct jm_wallet_key, keys->n + n);

    if (more == NULL)
        return JM_E_NO_SPACE;
    if (keys->n > 0)
        memcpy(more, keys->key, keys->n * sizeof *more);
    keys->key = more;
    return JM_OK;
}

static void get_key(struct jm_handle *out, struct jm_wallet_keys *keys, struct jm_cbor *r)
{
    struct jm_bytes kept = jm_cbor_bytes(r);

    if (kept.len == 0 || kept.len > JM_WALLET_KEPT_MAX) {
        jm_cbor_fail(r, JM_E_MALFORMED);
        return;
    }
    *out = jm_wallet_handle(keys->n + 1);
    keys->key[keys->n++] = (struct jm_wallet_key){*out, kept};
}

static void expect_members(struct jm_cbor *r, size_t n)
{
    if (jm_cbor_array(r) != n)
        jm_cbor_fail(r, JM_E_MALFORMED);
}

/* @return whether it has what came later, too */
static bool members_of(struct jm_cbor *r, size_t earlier, size_t now)
{
    size_t n = jm_cbor_array(r);

    if (n != earlier && n != now)
        jm_cbor_fail(r, JM_E_MALFORMED);
    return n == now;
}

static void get_copy(struct jm_wallet_copy *c, struct jm_wallet_keys *keys, struct jm_cbor *r)
{
    expect_members(r, 6);
    c->fmt = jm_cbor_uint(r) == JM_FMT_MDOC ? JM_FMT_MDOC : JM_FMT_SDJWT;
    c->type = jm_cbor_text(r);
    c->octets = jm_cbor_bytes(r);
    get_key(&c->key, keys, r);
    c->used = jm_cbor_bool(r);
    c->until = jm_cbor_int(r);
}

static enum jm_status get_card(struct jm_wallet_card *c, struct jm_wallet_keys *keys,
                               struct jm_cbor *r, struct jm_arena *mem)
{
    bool all = members_of(r, 9, CARD_MEMBERS);

    c->issuer = jm_cbor_text(r);
    c->issuer_name.ko = jm_cbor_text(r);
    c->issuer_name.en = jm_cbor_text(r);
    c->saved = jm_cbor_bytes(r);
    c->loss_code = jm_cbor_text(r);
    c->received = jm_cbor_int(r);
    c->state = jm_cbor_uint(r) == JM_WCARD_ACTIVE ? JM_WCARD_ACTIVE : JM_WCARD_NOT_VALID;
    c->why = jm_cbor_text(r);
    c->n = jm_cbor_array(r);
    if (c->n > JM_WALLET_COPIES_MAX)
        return JM_E_LIMIT;
    if ((c->copy = JM_NEW_N(mem, struct jm_wallet_copy, c->n + 1)) == NULL)
        return JM_E_NO_SPACE;
    JM_TRY(more_keys(keys, c->n, mem));
    for (size_t i = 0; i < c->n; i++)
        get_copy(&c->copy[i], keys, r);
    if (all) {
        c->locked = jm_cbor_bool(r);
        c->contact = jm_cbor_int(r);
        c->changed = jm_cbor_text(r);
    }
    return r->st;
}

static enum jm_status get_events(struct jm_wallet *w, struct jm_cbor *r, struct jm_arena *mem)
{
    w->n_events = jm_cbor_array(r); /* the longest array there is: jm_wallet_read() bounds it */
    if ((w->event = JM_NEW_N(mem, struct jm_wallet_event, w->n_events + 1)) == NULL)
        return JM_E_NO_SPACE;
    for (size_t i = 0; i < w->n_events; i++) {
        struct jm_wallet_event *e = &w->event[i];
        bool all = members_of(r, 6, EVENT_MEMBERS);

        e->at = jm_cbor_int(r);
        e->who = jm_cbor_text(r);
        e->use = jm_cbor_text(r);
        e->claims = jm_cbor_text(r);
        e->outcome = jm_cbor_text(r);
        e->badge = jm_cbor_int(r);
        if (all) {
            e->rp = jm_cbor_text(r);
            e->seal = jm_cbor_bytes(r);
        }
        if (r->st == JM_OK && !event_fits(e))
            return JM_E_LIMIT;
    }
    return r->st;
}

enum jm_status jm_wallet_read(struct jm_wallet *w, struct jm_wallet_keys *keys,
                              struct jm_bytes octets, struct jm_arena *mem)
{
    static const struct jm_cbor_limits limits = {JM_CBOR_DEPTH_MAX, JM_WALLET_HISTORY_MAX};
    struct jm_cbor r;
    size_t n;

    memset(w, 0, sizeof *w);
    memset(keys, 0, sizeof *keys);
    JM_TRY(jm_cbor_check(octets, &limits, NULL));
    jm_cbor_init(&r, octets);
    n = jm_cbor_array(&r);
    if (n < WALLET_MEMBERS_FIRST || n > WALLET_MEMBERS)
        return r.st == JM_OK ? JM_E_MALFORMED : r.st;
    if (!jm_bytes_eq_str(jm_cbor_text(&r), JM_WALLET_LABEL))
        return r.st == JM_OK ? JM_E_UNSUPPORTED : JM_E_MALFORMED;
    JM_TRY(more_keys(keys, 2, mem));
    get_key(&w->instance, keys, &r);
    get_key(&w->dpop, keys, &r);
    w->n_cards = jm_cbor_array(&r);
    if (w->n_cards > JM_WALLET_CARDS_MAX)
        return JM_E_LIMIT;
    if ((w->card = JM_NEW_N(mem, struct jm_wallet_card, w->n_cards + 1)) == NULL)
        return JM_E_NO_SPACE;
    for (size_t i = 0; i < w->n_cards; i++)
        JM_TRY(get_card(&w->card[i], keys, &r, mem));
    JM_TRY(get_events(w, &r, mem));
    w->pending = jm_cbor_bytes(&r);
    w->no_history = n > WALLET_MEMBERS_FIRST && jm_cbor_bool(&r);
    w->counter = n == WALLET_MEMBERS ? jm_cbor_int(&r) : 0;
    return jm_cbor_end(&r);
}

void jm_wallet_wipe_copies(struct jm_wallet_card *card)
{
    for (size_t i = 0; i < card->n; i++) {
        struct jm_bytes octets = card->copy[i].octets;

        jm_wipe((uint8_t *)(uintptr_t)octets.ptr, octets.len);
        jm_wipe(&card->copy[i], sizeof card->copy[i]);
    }
    card->n = 0;
}

enum jm_status jm_wallet_add_card(struct jm_wallet *w, const struct jm_wallet_card *card,
                                  struct jm_arena *mem)
{
    struct jm_wallet_card *more = JM_NEW_N(mem, struct jm_wallet_card, w->n_cards + 1);

    if (w->n_cards >= JM_WALLET_CARDS_MAX)
        return JM_E_LIMIT;
    if (more == NULL)
        return JM_E_NO_SPACE;
    if (w->n_cards > 0)
        memcpy(more, w->card, w->n_cards * sizeof *more);
    more[w->n_cards++] = *card;
    w->card = more;
    return JM_OK;
}

/* How many of the oldest events make room for another one. */
static size_t events_to_drop(const struct jm_wallet *w, const struct jm_wallet_event *e)
{
    size_t octets = event_octets(e), n = 1, i = w->n_events;

    while (i > 0 && n < JM_WALLET_HISTORY_MAX &&
           octets + event_octets(&w->event[i - 1]) <= JM_WALLET_HISTORY_OCTETS_MAX) {
        octets += event_octets(&w->event[--i]);
        n++;
    }
    return i;
}

enum jm_status jm_wallet_add_event(struct jm_wallet *w, const struct jm_wallet_event *e,
                                   struct jm_arena *mem)
{
    struct jm_wallet_event *more;
    size_t skip, keep;

    if (!event_fits(e))
        return JM_E_LIMIT;
    skip = events_to_drop(w, e);
    keep = w->n_events - skip;
    if ((more = JM_NEW_N(mem, struct jm_wallet_event, keep + 1)) == NULL)
        return JM_E_NO_SPACE;
    if (keep > 0)
        memcpy(more, w->event + skip, keep * sizeof *more);
    more[keep] = *e;
    w->event = more;
    w->n_events = keep + 1;
    return JM_OK;
}

enum jm_status jm_wallet_drop_event(struct jm_wallet *w, size_t at)
{
    if (at >= w->n_events)
        return JM_E_RANGE;
    memmove(w->event + at, w->event + at + 1, (w->n_events - at - 1) * sizeof *w->event);
    w->n_events--;
    return JM_OK;
}
