/* SPDX-License-Identifier: Apache-2.0 */
#include "jumin/book.h"

#include <string.h>

void jm_book_init(struct jm_book *b, void *room, size_t len)
{
    memset(b, 0, sizeof *b);
    jm_arena_init(&b->mem, room, len);
}

void jm_book_rewind(struct jm_book *b)
{
    b->next = 0;
}

void jm_book_clear(struct jm_book *b)
{
    b->n = b->next = 0;
    b->is_open = false;
    if (b->mem.base != NULL)
        jm_arena_reset(&b->mem);
}

/* FNV-1a, 64 bits: two questions of one engine are told apart, nobody is kept from finding a third.
 */
static uint64_t sum_octets(uint64_t h, struct jm_bytes b)
{
    for (size_t i = 0; i < sizeof b.len; i++)
        h = (h ^ (b.len >> 8 * i & 0xFF)) * UINT64_C(0x100000001B3);
    for (size_t i = 0; i < b.len; i++)
        h = (h ^ b.ptr[i]) * UINT64_C(0x100000001B3);
    return h;
}

#define SUM_START UINT64_C(0xCBF29CE484222325)

static uint64_t sum_find(const struct jm_find_ask *f)
{
    const uint8_t head[2] = {(uint8_t)f->kind, f->cwt};

    return sum_octets(sum_octets(sum_octets(SUM_START, jm_bytes(head, sizeof head)), f->name),
                      f->key);
}

static uint64_t sum_http(const struct jm_http_ask *a)
{
    const uint8_t head[2] = {(uint8_t)a->verb, a->moves};
    uint64_t h =
        sum_octets(sum_octets(sum_octets(SUM_START, jm_bytes(head, sizeof head)), a->url), a->body);

    h = sum_octets(sum_octets(h, jm_str(a->content_type)), jm_str(a->accept));
    for (size_t i = 0; i < a->n_headers; i++)
        h = sum_octets(sum_octets(h, jm_str(a->headers[i].name)), a->headers[i].value);
    return h;
}

static bool is_of(const struct jm_booked *d, const struct jm_ask *ask, uint64_t what)
{
    return d->asked.kind == ask->kind && d->asked.alg == ask->alg && d->asked.len == ask->len &&
           d->what_asked == what && jm_bytes_eq(d->asked.key, ask->key) &&
           jm_bytes_eq(d->asked.data, ask->data) && jm_bytes_eq(d->asked.sig, ask->sig);
}

/* The answer to the next call, or null after having opened the ask. */
static const struct jm_booked *call_for(struct jm_book *b, const struct jm_ask *ask, uint64_t what)
{
    if (b->next < b->n && is_of(&b->done[b->next], ask, what))
        return &b->done[b->next++];
    if (b->next == b->n && b->n < JM_BOOK_MAX && !b->is_open) {
        /* What a step asks with may stand on its stack, which is gone before the answer comes. */
        b->open = *ask;
        if (jm_dup(&b->open.key, &b->mem, ask->key) != JM_OK ||
            jm_dup(&b->open.data, &b->mem, ask->data) != JM_OK ||
            jm_dup(&b->open.sig, &b->mem, ask->sig) != JM_OK)
            return NULL;
        b->open.id = ++b->last_id;
        b->what_open = what;
        b->is_open = true;
    }
    return NULL;
}

static enum jm_status no_answer(const struct jm_book *b)
{
    /* a step that asks otherwise than before is not deterministic */
    return b->is_open ? JM_E_PENDING : JM_E_BUG;
}

static enum jm_status copy_exact(uint8_t *out, size_t len, const struct jm_booked *a)
{
    if (a->st != JM_OK)
        return a->st;
    if (a->octets.len != len)
        return JM_E_BUG;
    memcpy(out, a->octets.ptr, len);
    return JM_OK;
}

static enum jm_status b_verify(void *ctx, enum jm_alg alg, struct jm_bytes key,
                               struct jm_bytes data, struct jm_bytes sig)
{
    struct jm_ask ask = {.kind = JM_ASK_VERIFY, .alg = alg, .key = key, .data = data, .sig = sig};
    const struct jm_booked *a = call_for(ctx, &ask, 0);

    return a == NULL ? no_answer(ctx) : a->st;
}

static enum jm_status b_sign(void *ctx, enum jm_alg alg, struct jm_bytes key, struct jm_bytes data,
                             struct jm_sig *sig)
{
    struct jm_ask ask = {.kind = JM_ASK_SIGN, .alg = alg, .key = key, .data = data};
    const struct jm_booked *a = call_for(ctx, &ask, 0);

    if (a == NULL)
        return no_answer(ctx);
    return a->st == JM_OK && jm_sig_set(sig, alg, a->octets) != JM_OK ? JM_E_BUG : a->st;
}

static enum jm_status b_agree(void *ctx, struct jm_bytes key, struct jm_bytes peer, uint8_t x[32])
{
    struct jm_ask ask = {.kind = JM_ASK_AGREE, .alg = JM_ALG_ECDH_ES, .key = key, .data = peer};
    const struct jm_booked *a = call_for(ctx, &ask, 0);

    return a == NULL ? no_answer(ctx) : copy_exact(x, 32, a);
}

static enum jm_status b_random(void *ctx, uint8_t *out, size_t len)
{
    struct jm_ask ask = {.kind = JM_ASK_RANDOM, .len = len};
    const struct jm_booked *a = call_for(ctx, &ask, 0);

    return a == NULL ? no_answer(ctx) : copy_exact(out, len, a);
}

static enum jm_status b_find(void *ctx, const struct jm_find_ask *find, struct jm_answer *out,
                             struct jm_arena *mem)
{
    struct jm_book *b = ctx;
    struct jm_ask ask = {.kind = JM_ASK_FIND, .what = &b->what.find};
    const struct jm_booked *a;

    (void)mem;
    if (b->next == b->n)
        b->what.find = *find;
    if ((a = call_for(b, &ask, sum_find(find))) == NULL)
        return no_answer(b);
    *out = (struct jm_answer){JM_ASK_FIND, a->st, a->octets, a->what};
    return a->st;
}

static enum jm_status b_http(void *ctx, const struct jm_http_ask *http, struct jm_http_answer *out,
                             struct jm_arena *mem)
{
    struct jm_book *b = ctx;
    struct jm_ask ask = {.kind = JM_ASK_HTTP, .what = &b->what.http};
    const struct jm_booked *a;

    (void)mem;
    if (b->next == b->n)
        b->what.http = *http;
    if ((a = call_for(b, &ask, sum_http(http))) == NULL)
        return no_answer(b);
    if (a->st == JM_OK)
        *out = *(const struct jm_http_answer *)a->what;
    return a->st;
}

static enum jm_status b_holder(void *ctx, const void *what, struct jm_bytes *out,
                               struct jm_arena *mem)
{
    struct jm_ask ask = {.kind = JM_ASK_HOLDER, .what = what};
    const struct jm_booked *a = call_for(ctx, &ask, 0);

    (void)mem;
    if (a == NULL)
        return no_answer(ctx);
    *out = a->octets;
    return a->st;
}

static enum jm_status b_new_key(void *ctx, struct jm_handle *handle, struct jm_point *point)
{
    struct jm_ask ask = {.kind = JM_ASK_NEW_KEY};
    const struct jm_booked *a = call_for(ctx, &ask, 0);

    if (a == NULL || a->st != JM_OK)
        return a == NULL ? no_answer(ctx) : a->st;
    if (jm_point_set(point, JM_CURVE_P256, jm_slice(a->octets, sizeof *handle, SIZE_MAX)) != JM_OK)
        return JM_E_BUG;
    memcpy(handle->octets, a->octets.ptr, sizeof *handle);
    return JM_OK;
}

static enum jm_status b_forget(void *ctx, struct jm_bytes handles)
{
    struct jm_ask ask = {.kind = JM_ASK_FORGET, .data = handles};
    const struct jm_booked *a = call_for(ctx, &ask, 0);

    return a == NULL ? no_answer(ctx) : a->st;
}

static enum jm_status b_keep(void *ctx, const void *what)
{
    struct jm_ask ask = {.kind = JM_ASK_KEEP, .what = what};
    const struct jm_booked *a = call_for(ctx, &ask, 0);

    return a == NULL ? no_answer(ctx) : a->st;
}

static enum jm_status b_seal(void *ctx, struct jm_bytes key, struct jm_bytes iv,
                             struct jm_bytes aad, struct jm_bytes in, struct jm_buf *out)
{
    struct jm_book *b = ctx;
    const struct jm_bytes both[] = {iv, aad};
    struct jm_ask ask = {.kind = JM_ASK_SEAL, .key = key, .data = in};
    const struct jm_booked *a;

    JM_TRY(jm_concat(&ask.sig, &b->mem, both, JM_ARRAY_LEN(both)));
    if ((a = call_for(b, &ask, 0)) == NULL)
        return no_answer(b);
    if (a->st == JM_OK && a->octets.len != in.len + JM_GCM_TAG)
        return JM_E_BUG;
    return a->st == JM_OK ? jm_buf_put(out, a->octets) : a->st;
}

static enum jm_status b_transmit(void *ctx, struct jm_bytes capdu, struct jm_buf *rapdu)
{
    struct jm_ask ask = {.kind = JM_ASK_TRANSMIT, .data = capdu};
    const struct jm_booked *a = call_for(ctx, &ask, 0);

    if (a == NULL)
        return no_answer(ctx);
    return a->st == JM_OK ? jm_buf_put(rapdu, a->octets) : a->st;
}

struct jm_answers jm_book_answers(struct jm_book *b)
{
    struct jm_answers a = {.verify = b_verify,
                           .sign = b_sign,
                           .agree = b_agree,
                           .random = b_random,
                           .find = b_find,
                           .http = b_http,
                           .holder = b_holder,
                           .new_key = b_new_key,
                           .forget = b_forget,
                           .keep = b_keep,
                           .seal = b_seal,
                           .transmit = b_transmit,
                           .ctx = b};

    return a;
}

size_t jm_book_asks(const struct jm_book *b, const struct jm_ask **asks)
{
    *asks = b->is_open ? &b->open : NULL;
    return b->is_open ? 1 : 0;
}

static enum jm_status keep_http(struct jm_booked *d, const struct jm_http_answer *h,
                                struct jm_arena *mem)
{
    struct jm_http_answer *copy = JM_NEW(mem, struct jm_http_answer);

    if (copy == NULL)
        return JM_E_NO_SPACE;
    *copy = *h;
    JM_TRY(jm_dup(&copy->body, mem, h->body));
    JM_TRY(jm_dup(&copy->content_type, mem, h->content_type));
    JM_TRY(jm_dup(&copy->dpop_nonce, mem, h->dpop_nonce));
    JM_TRY(jm_dup(&copy->attestation_challenge, mem, h->attestation_challenge));
    JM_TRY(jm_dup(&copy->etag, mem, h->etag));
    JM_TRY(jm_dup(&copy->retry_after, mem, h->retry_after));
    JM_TRY(jm_dup(&copy->www_authenticate, mem, h->www_authenticate));
    d->what = copy;
    return JM_OK;
}

enum jm_status jm_book_answer(struct jm_book *b, uint32_t id, const struct jm_answer *a)
{
    struct jm_booked d = {b->open, b->what_open, a->st, {NULL, 0}, a->what};

    if (!b->is_open || id != b->open.id || a->kind != b->open.kind ||
        (a->kind == JM_ASK_HTTP && a->st == JM_OK && a->what == NULL))
        return JM_E_BUG;
    JM_TRY(jm_dup(&d.octets, &b->mem, a->octets));
    if (b->open.kind == JM_ASK_HTTP && a->st == JM_OK)
        JM_TRY(keep_http(&d, a->what, &b->mem));
    b->done[b->n++] = d;
    b->is_open = false;
    return JM_OK;
}
