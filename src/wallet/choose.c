/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "jumin/claims.h"
#include "jumin/wallet.h"

enum jm_status jm_wallet_claims(struct jm_claims *out, const struct jm_wallet_copy *c,
                                const struct jm_crypto *crypto, struct jm_arena *mem)
{
    struct jm_mdoc_copy m;
    struct jm_sdjwt s;

    if (c->fmt == JM_FMT_MDOC) {
        JM_TRY(jm_mdoc_copy_read(&m, c->octets, mem));
        JM_TRY(jm_claims_of_copy(out, &m, mem));
    } else {
        JM_TRY(jm_sdjwt_split(&s, c->octets, crypto, mem, NULL));
        JM_TRY(jm_claims_of_sdjwt(out, &s, mem));
    }
    out->holder = true;
    return JM_OK;
}

static enum jm_status fill_parts(struct jm_wallet_pick *p, const struct jm_claims *c,
                                 const struct jm_dcql_match *m, struct jm_arena *mem)
{
    bool *send = JM_NEW_N(mem, bool, c->n_parts + 1);
    size_t *part = JM_NEW_N(mem, size_t, c->n_parts + 1);

    if (send == NULL || part == NULL)
        return JM_E_NO_SPACE;
    for (size_t i = 0; i < m->n; i++)
        jm_claim_parts(send, m->claim[i]);
    for (size_t i = 0; i < c->n_parts; i++)
        if (send[i])
            part[p->n_parts++] = i;
    p->part = part;
    return JM_OK;
}

static enum jm_status fill_pick(struct jm_wallet_pick *p, const struct jm_claims *c,
                                const struct jm_dcql_match *m, struct jm_arena *mem)
{
    struct jm_bytes *shown = JM_NEW_N(mem, struct jm_bytes, m->n + 1);

    if (shown == NULL)
        return JM_E_NO_SPACE;
    JM_TRY(fill_parts(p, c, m, mem));
    for (size_t i = 0; i < m->n; i++)
        JM_TRY(jm_claim_name(&shown[p->n_shown++], c, m->claim[i], mem));
    if (m->n == 0)
        shown[p->n_shown++] = p->copy->type;
    p->shown = shown;
    return JM_OK;
}

struct choosing {
    const struct jm_wallet *w;
    int64_t now;
    const struct jm_crypto *c;
    struct jm_arena *mem;
    struct jm_wallet_pick *pick; /* of all queries so far, then of this one */
    size_t n;
    bool spent;  /* a copy would have answered, but was shown before */
    bool locked; /* or its holder has locked it */
};

/* D-113: a resident number goes where it is asked for by its own name, never along with an object
 * around it. */
static bool hides_number(const struct jm_claim *of)
{
    for (const struct jm_claim *c = of->child; c != NULL; c = c->next)
        if (jm_bytes_eq_str(c->name, "resident_registration_number") || hides_number(c))
            return true;
    return false;
}

static bool any_hides_number(const struct jm_dcql_match *m)
{
    for (size_t i = 0; i < m->n; i++)
        if (hides_number(m->claim[i]))
            return true;
    return false;
}

static bool is_taken(const struct choosing *x, const struct jm_wallet_copy *c)
{
    for (size_t i = 0; i < x->n; i++)
        if (x->pick[i].copy == c)
            return true;
    return false;
}

static enum jm_status try_copy(struct choosing *x, const struct jm_dcql_credential *q,
                               struct jm_wallet_copy *copy)
{
    size_t mark = jm_arena_mark(x->mem);
    struct jm_dcql_match m;
    struct jm_claims claims;
    enum jm_status st;

    if (!jm_dcql_type_fits(q, copy->fmt, copy->type) || copy->until <= x->now || is_taken(x, copy))
        return JM_E_ABSENT;
    st = jm_wallet_claims(&claims, copy, x->c, x->mem);
    if (st != JM_OK && st != JM_E_NO_SPACE) {
        jm_arena_back(x->mem, mark);
        /* one that cannot be read answers nothing, and stands in nobody's way */
        return JM_E_ABSENT;
    }
    JM_TRY(st);
    st = jm_dcql_match(&m, q, &claims, x->mem);
    if (st == JM_OK && any_hides_number(&m))
        st = JM_E_ABSENT;
    if (st == JM_OK && copy->used) {
        x->spent = true;
        st = JM_E_ABSENT;
    }
    if (st == JM_E_ABSENT)
        jm_arena_back(x->mem, mark);
    JM_TRY(st);
    x->pick[x->n] = (struct jm_wallet_pick){.query = q, .copy = copy};
    return fill_pick(&x->pick[x->n++], &claims, &m, x->mem);
}

static bool has_type(const struct jm_wallet_card *card, const struct jm_dcql_credential *q)
{
    for (size_t i = 0; i < card->n; i++)
        if (jm_dcql_type_fits(q, card->copy[i].fmt, card->copy[i].type))
            return true;
    return false;
}

/* The first unused, unexpired copy of each card that answers; of the newest card where the query
 * takes one: an older one may have ended by it. */
static enum jm_status pick_query(struct choosing *x, const struct jm_dcql_credential *q)
{
    size_t before = x->n;

    for (size_t i = 0; i < x->w->n_cards && (q->multiple || x->n == before); i++) {
        const struct jm_wallet_card *card = &x->w->card[x->w->n_cards - 1 - i];
        enum jm_status st = JM_E_ABSENT;

        if (card->locked) {
            x->locked = x->locked || has_type(card, q);
            continue;
        }
        /* those that were shown only tell why none is left */
        for (size_t k = 0; card->state == JM_WCARD_ACTIVE && k < 2 * card->n && st == JM_E_ABSENT;
             k++)
            if (card->copy[k % card->n].used == (k >= card->n))
                st = try_copy(x, q, &card->copy[k % card->n]);
        if (st != JM_OK && st != JM_E_ABSENT)
            return st;
    }
    return x->n > before ? JM_OK : JM_E_ABSENT;
}

enum jm_status jm_wallet_choose(struct jm_wallet_pick *out, size_t *n, const struct jm_wallet *w,
                                const struct jm_dcql *q, int64_t now, const struct jm_crypto *c,
                                struct jm_arena *mem, struct jm_diag *d)
{
    struct choosing x = {.w = w, .now = now, .c = c, .mem = mem, .pick = out};
    bool can[JM_DCQL_CREDENTIALS_MAX] = {false}, send[JM_DCQL_CREDENTIALS_MAX];

    *n = 0;
    for (size_t i = 0; i < q->n; i++) {
        enum jm_status st =
            (q->barred >> i & 1) != 0 ? JM_E_ABSENT : pick_query(&x, &q->credential[i]);

        if (st != JM_OK && st != JM_E_ABSENT)
            return st;
        can[i] = st == JM_OK;
    }
    if (jm_dcql_choose(send, can, q) == JM_OK)
        for (size_t i = 0; i < x.n; i++)
            if (send[out[i].query - q->credential])
                out[(*n)++] = out[i];
    if (*n > 0)
        return JM_OK;
    if (x.locked)
        return jm_refuse(d, JM_E_ABSENT, JM_WALLET_CARD_LOCKED, "its holder has locked the card");
    return x.spent ? jm_refuse(d, JM_E_GONE, JM_WALLET_COPIES_USED,
                               "every copy that would do was shown before")
                   : jm_refuse(d, JM_E_ABSENT, JM_WALLET_NO_CREDENTIAL,
                               "no card here answers the request");
}

enum jm_status jm_wallet_shown(struct jm_bytes *out, const struct jm_wallet_pick *pick, size_t n,
                               struct jm_arena *mem)
{
    size_t room = 1;
    struct jm_buf b;

    *out = jm_none();
    for (size_t p = 0; p < n; p++)
        for (size_t i = 0; i < pick[p].n_shown; i++)
            room += pick[p].shown[i].len + 1;
    JM_TRY(jm_alloc_buf(&b, mem, room));
    for (size_t p = 0; p < n; p++)
        for (size_t i = 0; i < pick[p].n_shown; i++) {
            if (b.len > 0)
                JM_TRY(jm_buf_put(&b, JM_BYTES(",")));
            JM_TRY(jm_buf_put(&b, pick[p].shown[i]));
        }
    *out = jm_written(b);
    return JM_OK;
}
