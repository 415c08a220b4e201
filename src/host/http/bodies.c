/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Octets of bodies that have come and wait for their rest or for a worker. Nobody holds them alone:
 * each client has a share, and small bodies have a half of their own. There is no table to fill:
 * who holds something stands in a list, at most as many as are connected.
 */
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "host/http/parts.h"

struct jm_bodies {
    pthread_mutex_t lock;
    size_t half;
    struct jm_holding *first;
};

struct jm_bodies *jm_bodies_new(size_t octets)
{
    struct jm_bodies *b = calloc(1, sizeof *b);

    if (b != NULL && pthread_mutex_init(&b->lock, NULL) != 0) {
        free(b);
        return NULL;
    }
    if (b != NULL)
        b->half = octets / 2;
    return b;
}

void jm_bodies_free(struct jm_bodies **b)
{
    if (*b == NULL)
        return;
    pthread_mutex_destroy(&(*b)->lock);
    free(*b);
    *b = NULL;
}

static bool fits(const struct jm_bodies *b, const struct jm_holding *but,
                 const struct jm_holding *want)
{
    size_t all = want->octets, own = want->octets,
           share = want->key_len == 0 ? b->half : b->half / JM_BODY_SHARE;

    for (const struct jm_holding *o = b->first; o != NULL; o = o->next) {
        if (o == but || o->is_large != want->is_large)
            continue;
        all += o->octets;
        if (o->key_len == want->key_len && memcmp(o->key, want->key, want->key_len) == 0)
            own += o->octets;
    }
    return all <= b->half && own <= share;
}

static void take_out(struct jm_bodies *b, struct jm_holding *w)
{
    if (w->octets == 0)
        return;
    if (w->prev != NULL)
        w->prev->next = w->next;
    else
        b->first = w->next;
    if (w->next != NULL)
        w->next->prev = w->prev;
}

static void put_in(struct jm_bodies *b, struct jm_holding *w)
{
    if (w->octets == 0)
        return;
    w->prev = NULL;
    if ((w->next = b->first) != NULL)
        b->first->prev = w;
    b->first = w;
}

bool jm_bodies_hold(struct jm_bodies *b, struct jm_holding *w, struct jm_bytes key, size_t octets,
                    bool is_large)
{
    struct jm_holding want = {.is_large = is_large, .octets = octets};

    want.key_len = (uint8_t)(key.len < sizeof want.key ? key.len : sizeof want.key);
    if (want.key_len != 0)
        memcpy(want.key, key.ptr, want.key_len);
    pthread_mutex_lock(&b->lock);
    bool ok = octets == 0 || fits(b, w, &want);
    if (ok) {
        take_out(b, w);
        *w = want;
        put_in(b, w);
    }
    pthread_mutex_unlock(&b->lock);
    return ok;
}
