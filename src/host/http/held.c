/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Answers that are held back. Who waits is suspended and in no queue; a ring queues it at once, the
 * sweeper whose time is over, and its handler runs again. A bell that rings while a handler looks
 * is not missed: who comes to wait says how often anything had rung before it looked.
 */
#include "host/clock/clock.h"
#include "host/http/shared.h"

#define HELD_MAX 512 /* of all */

uint64_t jm_held_rung(struct jm_http *h)
{
    uint64_t n;

    pthread_mutex_lock(&h->lock);
    n = h->n_rung;
    pthread_mutex_unlock(&h->lock);
    return n;
}

static void unlink_held(struct call *c)
{
    struct jm_http *h = c->h;
    struct held *w = &c->held;

    if (w->prev != NULL)
        w->prev->held.next = w->next;
    else
        h->held = w->next;
    if (w->next != NULL)
        w->next->held.prev = w->prev;
    w->prev = w->next = NULL;
    w->bell = 0;
    w->is_rung = false;
    h->n_held--;
}

/* h->lock is held. */
static void call_held(struct call *c)
{
    if (jm_pool_again(c, QUEUED))
        unlink_held(c);
    else
        c->held.is_rung = true;
}

static void add_held(struct call *c)
{
    struct call **end = &c->h->held, *last = NULL;

    for (; *end != NULL; end = &(*end)->held.next)
        last = *end;
    c->held.prev = last;
    c->held.next = NULL;
    *end = c;
    c->h->n_held++;
}

/* One waits at a bell: who came before goes home. h->lock is held. */
static void relieve_bell(struct jm_http *h, uint64_t bell)
{
    for (struct call *c = h->held, *next; c != NULL; c = next) {
        next = c->held.next;
        if (c->held.bell != bell)
            continue;
        c->held.is_last = true;
        call_held(c);
    }
}

enum hold jm_held_keep(struct call *c, const struct jm_bells *bells, uint64_t rung)
{
    struct jm_http *h = c->h;
    const uint64_t now_ms = jm_clock_monotonic_ms(), most_ms = h->cfg.answer_ms * 5 / 6;
    enum hold how = RUNG;

    pthread_mutex_lock(&h->lock);
    if (c->held.until_ms == 0)
        c->held.until_ms = now_ms + (bells->wait_ms < most_ms ? bells->wait_ms : most_ms);
    c->held.is_last = h->is_stopping || now_ms >= c->held.until_ms;
    if (!h->has_sweeper) {
        how = NOT_HELD;
    } else if (!c->held.is_last && h->n_rung == rung) {
        relieve_bell(h, bells->waits);
        how = h->n_held < HELD_MAX ? HELD : NOT_HELD;
    }
    if (how == HELD) {
        c->held.bell = bells->waits;
        add_held(c);
    }
    pthread_mutex_unlock(&h->lock);
    return how;
}

void jm_held_ring(struct jm_http *h, uint64_t bell)
{
    pthread_mutex_lock(&h->lock);
    h->n_rung++;
    for (struct call *c = h->held, *next; c != NULL; c = next) {
        next = c->held.next;
        if (c->held.bell == bell)
            call_held(c);
    }
    pthread_mutex_unlock(&h->lock);
}

void jm_held_sweep(struct jm_http *h, uint64_t now_ms)
{
    pthread_mutex_lock(&h->lock);
    for (struct call *c = h->held, *next; c != NULL; c = next) {
        next = c->held.next;
        c->held.is_last = c->held.is_last || now_ms >= c->held.until_ms;
        if (c->held.is_last || c->held.is_rung)
            call_held(c);
    }
    pthread_mutex_unlock(&h->lock);
}

void jm_held_stop(struct jm_http *h)
{
    pthread_mutex_lock(&h->lock);
    while (h->held != NULL) {
        struct call *c = h->held;

        unlink_held(c);
        c->fault = JM_WEB_BUSY;
        c->has_to_close = true;
        c->phase = BODY; /* where a fault is answered */
        MHD_resume_connection(c->conn);
    }
    pthread_mutex_unlock(&h->lock);
}
