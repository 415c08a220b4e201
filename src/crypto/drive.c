/* SPDX-License-Identifier: Apache-2.0 */
#include "jumin/drive.h"

#include <string.h>

struct given {
    struct jm_answer a;
    struct jm_http_answer http;
    struct jm_sig sig;
    uint8_t octets[JM_DRIVE_RANDOM_MAX];
};

static void set_octets(struct given *g, enum jm_status st, size_t len)
{
    g->a.st = st;
    g->a.octets = st == JM_OK ? jm_bytes(g->octets, len) : jm_none();
}

static void give_key(struct given *g, const struct jm_answers *by)
{
    struct jm_point point;
    struct jm_handle handle;

    if ((g->a.st = by->new_key(by->ctx, &handle, &point)) != JM_OK)
        return;
    set_octets(g, JM_OK, sizeof handle + point.len);
    memcpy(g->octets, handle.octets, sizeof handle);
    memcpy(g->octets + sizeof handle, point.octets, point.len);
}

static void give_http(struct given *g, const struct jm_ask *ask, const struct jm_answers *by,
                      struct jm_arena *mem)
{
    g->a.st = by->http(by->ctx, ask->what, &g->http, mem);
    g->a.what = &g->http;
}

static enum jm_status give_sealed(struct given *g, const struct jm_ask *ask,
                                  const struct jm_answers *by, struct jm_arena *mem)
{
    struct jm_bytes iv = jm_slice(ask->sig, 0, JM_GCM_IV),
                    aad = jm_slice(ask->sig, JM_GCM_IV, SIZE_MAX);
    struct jm_buf out;

    JM_TRY(jm_alloc_buf(&out, mem, ask->data.len + JM_GCM_TAG));
    if (by->seal != NULL)
        g->a.st = by->seal(by->ctx, ask->key, iv, aad, ask->data, &out);
    else if (by->crypto != NULL)
        g->a.st = by->crypto->seal(ask->key, iv, aad, ask->data, &out);
    g->a.octets = g->a.st == JM_OK ? jm_written(out) : jm_none();
    return JM_OK;
}

static enum jm_status give_rapdu(struct given *g, const struct jm_ask *ask,
                                 const struct jm_answers *by, struct jm_arena *mem)
{
    struct jm_buf out;

    if (by->transmit == NULL)
        return JM_OK;
    JM_TRY(jm_alloc_buf(&out, mem, JM_TRANSMIT_MAX));
    g->a.st = by->transmit(by->ctx, ask->data, &out);
    g->a.octets = g->a.st == JM_OK ? jm_written(out) : jm_none();
    return JM_OK;
}

/* JM_OK: there is an answer, whatever it says. */
static enum jm_status give_answer(struct given *g, const struct jm_ask *ask,
                                  const struct jm_answers *by, struct jm_arena *mem)
{
    memset(g, 0, sizeof *g);
    g->a.kind = ask->kind;
    g->a.st = JM_E_UNAVAILABLE;
    switch (ask->kind) {
    case JM_ASK_VERIFY:
    case JM_ASK_FIND:
    case JM_ASK_AGREE: return jm_answers_give(&g->a, g->octets, ask, by, mem);
    case JM_ASK_SIGN:
        if (by->sign != NULL)
            g->a.st = by->sign(by->ctx, ask->alg, ask->key, ask->data, &g->sig);
        if (g->a.st == JM_OK)
            g->a.octets = jm_sig_bytes(&g->sig);
        break;
    case JM_ASK_RANDOM:
        if (by->random != NULL && ask->len <= sizeof g->octets)
            set_octets(g, by->random(by->ctx, g->octets, ask->len), ask->len);
        break;
    case JM_ASK_HTTP:
        if (by->http != NULL)
            give_http(g, ask, by, mem);
        break;
    case JM_ASK_HOLDER:
        if (by->holder != NULL)
            g->a.st = by->holder(by->ctx, ask->what, &g->a.octets, mem);
        break;
    case JM_ASK_NEW_KEY:
        if (by->new_key != NULL)
            give_key(g, by);
        break;
    case JM_ASK_FORGET:
        if (by->forget != NULL)
            g->a.st = by->forget(by->ctx, ask->data);
        break;
    case JM_ASK_KEEP:
        if (by->keep != NULL)
            g->a.st = by->keep(by->ctx, ask->what);
        break;
    case JM_ASK_SEAL: return give_sealed(g, ask, by, mem);
    case JM_ASK_TRANSMIT: return give_rapdu(g, ask, by, mem);
    case JM_ASK_SEND: break;
    }
    return JM_OK;
}

enum jm_status jm_drive(const struct jm_driver *d, struct jm_engine e, enum jm_status begun)
{
    enum jm_status st = begun;
    const struct jm_ask *ask;
    struct given g;

    while (st == JM_OK && e.asks(e.self, &ask) > 0) {
        size_t mark = jm_arena_mark(d->mem);

        st = give_answer(&g, ask, &d->by, d->mem);
        if (st == JM_OK)
            st = e.answer(e.self, ask->id, &g.a, d->now(d->by.ctx));
        jm_wipe(&g, sizeof g);
        jm_arena_back(d->mem, mark);
    }
    return st;
}
