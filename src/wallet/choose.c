/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "jumin/mdoc.h"
#include "jumin/sdjwt.h"
#include "jumin/wallet.h"

/* What a copy can disclose, as DCQL wants to see it. Values of mdoc elements are not translated: `values` then does not match. */
static enum jm_status held_of(struct jm_held *out, const struct jm_wallet_copy *c, const struct jm_crypto *crypto, struct jm_arena *mem)
{
    struct jm_held_claim *claim;

    memset(out, 0, sizeof *out);
    out->fmt = c->fmt;
    out->type = c->type;
    if (c->fmt == JM_FMT_MDOC) {
        struct jm_mdoc_copy m;

        JM_TRY(jm_mdoc_copy_read(&m, c->octets, mem));
        if ((claim = JM_NEW_N(mem, struct jm_held_claim, m.n + 1)) == NULL)
            return JM_E_NO_SPACE;
        for (size_t i = 0; i < m.n; i++)
            claim[i] = (struct jm_held_claim){{m.item[i].ns, m.item[i].id}, 2, NULL};
        out->n = m.n;
    } else {
        struct jm_sdjwt s;

        JM_TRY(jm_sdjwt_split(&s, c->octets, crypto, mem, NULL));
        if ((claim = JM_NEW_N(mem, struct jm_held_claim, s.n + 1)) == NULL)
            return JM_E_NO_SPACE;
        for (size_t i = 0; i < s.n; i++)
            if (s.disclosure[i].name.ptr != NULL)
                claim[out->n++] = (struct jm_held_claim){{s.disclosure[i].name, {NULL, 0}}, 1, s.disclosure[i].value};
    }
    out->claim = claim;
    return JM_OK;
}

static enum jm_status fill(struct jm_wallet_pick *p, const struct jm_held *held, const struct jm_dcql_match *m, struct jm_arena *mem)
{
    struct jm_bytes(*claim)[2] = jm_alloc(mem, m->n + 1, sizeof *claim);

    if (claim == NULL)
        return JM_E_NO_SPACE;
    for (size_t i = 0; i < m->n; i++) {
        claim[i][0] = held->claim[m->claim[i]].step[0];
        claim[i][1] = held->claim[m->claim[i]].step[1];
    }
    p->claim = (const struct jm_bytes(*)[2])claim;
    p->n = m->n;
    return JM_OK;
}

static bool taken(const struct jm_wallet_pick *picks, size_t n, const struct jm_wallet_copy *c)
{
    for (size_t i = 0; i < n; i++)
        if (picks[i].copy == c)
            return true;
    return false;
}

/* The first unused, unexpired copy that answers; @p spent: one would have, but was shown before. */
static enum jm_status pick_one(struct jm_wallet_pick *out, const struct jm_wallet_pick *before, size_t n_before, const struct jm_wallet *w,
                               const struct jm_dcql_credential *q, int64_t now, const struct jm_crypto *c, struct jm_arena *mem, bool *spent)
{
    for (size_t i = 0; i < w->n_cards; i++) {
        const struct jm_wallet_card *card = &w->card[i];

        for (size_t k = 0; card->state == JM_WCARD_ACTIVE && k < card->n; k++) {
            struct jm_wallet_copy *copy = &card->copy[k];
            struct jm_dcql_match m;
            struct jm_held held;
            enum jm_status st;

            if (!jm_dcql_type_fits(q, copy->fmt, copy->type) || copy->until <= now || taken(before, n_before, copy))
                continue;
            JM_TRY(held_of(&held, copy, c, mem));
            st = jm_dcql_match(&m, q, &held, mem);
            if (st == JM_E_ABSENT)
                continue;
            JM_TRY(st);
            if (copy->used) {
                *spent = true;
                continue;
            }
            out->query = q;
            out->copy = copy;
            return fill(out, &held, &m, mem);
        }
    }
    return JM_E_ABSENT;
}

enum jm_status jm_wallet_choose(struct jm_wallet_pick *out, size_t *n, const struct jm_wallet *w, const struct jm_dcql *q, int64_t now,
                                const struct jm_crypto *c, struct jm_arena *mem, struct jm_diag *d)
{
    struct jm_wallet_pick pick[JM_DCQL_CREDENTIALS_MAX];
    bool can[JM_DCQL_CREDENTIALS_MAX] = {false}, send[JM_DCQL_CREDENTIALS_MAX], spent = false;

    *n = 0;
    memset(pick, 0, sizeof pick);
    for (size_t i = 0; i < q->n; i++) {
        enum jm_status st = pick_one(&pick[i], pick, i, w, &q->credential[i], now, c, mem, &spent);

        if (st != JM_OK && st != JM_E_ABSENT)
            return st;
        can[i] = st == JM_OK;
    }
    if (jm_dcql_choose(send, can, q) != JM_OK)
        return spent ? jm_refuse(d, JM_E_GONE, JM_WALLET_COPIES_USED, "every copy that would do was shown before")
                     : jm_refuse(d, JM_E_ABSENT, JM_WALLET_NO_CREDENTIAL, "no card here answers the request");
    for (size_t i = 0; i < q->n; i++)
        if (send[i])
            out[(*n)++] = pick[i];
    return JM_OK;
}
