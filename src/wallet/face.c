/* SPDX-License-Identifier: Apache-2.0 */
/* In which state a card is, as far as its wallet can know by itself. */
#include <string.h>

#include "jumin/cbor.h"
#include "jumin/civil.h"
#include "jumin/wallet.h"

static bool is_left(const struct jm_wallet_copy *c, int64_t now)
{
    return !c->used && c->until > now;
}

/* Of the kinds of copies that the card has. */
static size_t fewest_left(const struct jm_wallet_card *card, int64_t now)
{
    size_t left[JM_FMT_SDJWT + 1] = {0}, all[JM_FMT_SDJWT + 1] = {0}, fewest = SIZE_MAX;

    for (size_t i = 0; i < card->n; i++) {
        all[card->copy[i].fmt]++;
        left[card->copy[i].fmt] += is_left(&card->copy[i], now);
    }
    for (size_t f = 0; f < JM_ARRAY_LEN(all); f++)
        if (all[f] > 0 && left[f] < fewest)
            fewest = left[f];
    return fewest == SIZE_MAX ? 0 : fewest;
}

static bool is_past_half(const struct jm_wallet_card *card, int64_t now)
{
    for (size_t i = 0; i < card->n; i++)
        if (now - card->received >= (card->copy[i].until - card->received) / 2)
            return true;
    return false;
}

/* A date, as either format writes it. */
static enum jm_status read_day(struct jm_date *out, const struct jm_claim *c)
{
    uint8_t room[32];
    struct jm_buf b = jm_buf(room, sizeof room);
    struct jm_json_w w;
    struct jm_cbor r;

    if (c->json != NULL)
        return jm_date_parse(out, c->json->text);
    jm_cbor_init(&r, c->cbor);
    jm_json_w_init(&w, &b);
    jm_json_w_cbor(&w, &r);
    JM_TRY(jm_json_w_end(&w));
    return jm_date_parse(out, jm_slice(jm_written(b), 1, b.len < 2 ? 0 : b.len - 2));
}

static const struct jm_claim *find_claim(const struct jm_claim *of, const char *name)
{
    for (const struct jm_claim *c = of->child; c != NULL; c = c->next) {
        const struct jm_claim *in = c->kind == JM_CLAIM_VALUE ? NULL : find_claim(c, name);

        if (in != NULL || (c->kind == JM_CLAIM_VALUE && jm_bytes_eq_str(c->name, name)))
            return in != NULL ? in : c;
    }
    return NULL;
}

enum jm_status jm_wallet_day(struct jm_bytes *out, const struct jm_claims *claims, const char *name,
                             struct jm_arena *mem)
{
    const struct jm_claim *c = find_claim(claims->root, name);
    struct jm_date day;
    char text[11];

    *out = jm_none();
    if (c == NULL || read_day(&day, c) != JM_OK)
        return JM_OK;
    jm_date_format(text, day);
    return jm_dup(out, mem, jm_str(text));
}

/* -- what a refresh has brought -- */

static const struct jm_claim *same_place(const struct jm_claim *in, const struct jm_claim *c)
{
    for (const struct jm_claim *x = in->child; x != NULL; x = x->next)
        if (jm_bytes_eq(x->name, c->name) && x->kind == c->kind)
            return x;
    return NULL;
}

static bool same_value(const struct jm_claim *a, const struct jm_claim *b)
{
    return a->json != NULL ? b->json != NULL && jm_bytes_eq(a->json->raw, b->json->raw)
                           : b->json == NULL && jm_bytes_eq(a->cbor, b->cbor);
}

/* What of @p is can be shown and does not stand in @p was; @p gone: not even with another value. */
static enum jm_status put_others(struct jm_buf *out, const struct jm_claims *of,
                                 const struct jm_claim *is, const struct jm_claim *was, bool gone,
                                 struct jm_arena *mem)
{
    struct jm_bytes name;

    for (const struct jm_claim *c = is->child; c != NULL; c = c->next) {
        const struct jm_claim *old = was == NULL ? NULL : same_place(was, c);

        if (c->kind != JM_CLAIM_VALUE) {
            JM_TRY(put_others(out, of, c, old, gone, mem));
            continue;
        }
        if (c->part == 0 || (old != NULL && (gone || same_value(c, old))))
            continue;
        JM_TRY(jm_claim_name(&name, of, c, mem));
        if (out->len > 0)
            JM_TRY(jm_buf_put(out, JM_BYTES(",")));
        JM_TRY(jm_buf_put(out, name));
    }
    return JM_OK;
}

enum jm_status jm_wallet_changed(struct jm_bytes *out, const struct jm_wallet_copy *was,
                                 const struct jm_wallet_copy *is, const struct jm_crypto *crypto,
                                 struct jm_arena *mem)
{
    struct jm_claims before, after;
    struct jm_buf b;

    *out = jm_none();
    JM_TRY(jm_wallet_claims(&before, was, crypto, mem));
    JM_TRY(jm_wallet_claims(&after, is, crypto, mem));
    JM_TRY(jm_alloc_buf(&b, mem, was->octets.len + is->octets.len));
    JM_TRY(put_others(&b, &after, after.root, before.root, false, mem));
    JM_TRY(put_others(&b, &before, before.root, after.root, true, mem));
    if (b.len > 0)
        *out = jm_written(b);
    return JM_OK;
}

/* The last day: its end is midnight in Seoul. */
static enum jm_status look_at_day(struct jm_wallet_face *out, const struct jm_wallet_card *card,
                                  int64_t now, const struct jm_crypto *crypto, struct jm_arena *mem)
{
    struct jm_bytes text;
    struct jm_claims claims;
    struct jm_date day;
    enum jm_status st;

    if (card->n == 0)
        return JM_OK;
    st = jm_wallet_claims(&claims, &card->copy[0], crypto, mem);
    if (st != JM_OK)
        return st == JM_E_NO_SPACE ? st : JM_OK;
    JM_TRY(jm_wallet_day(&text, &claims, "expiry_date", mem));
    if (jm_date_parse(&day, text) != JM_OK)
        return JM_OK;
    jm_date_format(out->expires, day);
    out->days = jm_days_from_civil(day) - jm_days_from_civil(jm_seoul_date(now));
    return JM_OK;
}

enum jm_status jm_wallet_face(struct jm_wallet_face *out, const struct jm_wallet_card *card,
                              int64_t now, const struct jm_crypto *crypto, struct jm_arena *mem)
{
    memset(out, 0, sizeof *out);
    out->left = fewest_left(card, now);
    JM_TRY(look_at_day(out, card, now, crypto, mem));
    if (card->state != JM_WCARD_ACTIVE) {
        out->state = JM_FACE_OFF;
        return JM_OK;
    }
    if (out->expires[0] != 0 && out->days < 0) {
        out->state = JM_FACE_EXPIRED;
        return JM_OK;
    }
    out->refresh_due = out->left <= JM_FACE_COPIES_LOW || is_past_half(card, now);
    out->state = card->locked                                              ? JM_FACE_LOCKED
                 : out->left == 0                                          ? JM_FACE_SPENT
                 : card->changed.len != 0                                  ? JM_FACE_CHANGED
                 : out->left <= JM_FACE_COPIES_LOW                         ? JM_FACE_LOW
                 : out->expires[0] != 0 && out->days <= JM_FACE_RENEW_DAYS ? JM_FACE_RENEW
                                                                           : JM_FACE_ACTIVE;
    return JM_OK;
}
