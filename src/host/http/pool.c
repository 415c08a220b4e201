/* SPDX-License-Identifier: Apache-2.0 */
/* Queues of requests, and the workers that empty them. */
#include <stdlib.h>

#include "host/clock/clock.h"
#include "host/http/shared.h"

static void wake_worker(struct worker *w)
{
    if (w != NULL)
        (void)sem_post(&w->wake);
}

/* h->lock is held. @return whom to wake, best without the lock: one that takes from this queue, and
 * of those the last that came to rest, whose room and statements are warm; null: all are at work,
 * and look again before they rest */
static struct worker *put_in(struct jm_http *h, int at, struct call *c)
{
    struct queue *q = &h->queue[at];

    c->next = NULL;
    if (q->last != NULL)
        q->last->next = c;
    else
        q->first = c;
    q->last = c;
    q->n++;
    for (struct worker **p = &h->resting, *w; (w = *p) != NULL; p = &w->next)
        if (at < w->queues) {
            *p = w->next;
            return w;
        }
    return NULL;
}

void jm_pool_wake(struct jm_http *h)
{
    for (struct worker *w; (w = h->resting) != NULL;) {
        h->resting = w->next;
        wake_worker(w);
    }
}

bool jm_pool_again(struct call *c, enum phase phase)
{
    struct jm_http *h = c->h;

    if (h->is_stopping || h->queue[COMMON].n >= h->cfg.queue_max)
        return false;
    c->phase = phase;
    wake_worker(put_in(h, COMMON, c));
    return true;
}

bool jm_pool_take(struct call *c, enum phase phase)
{
    struct jm_http *h = c->h;
    const int at = c->match.route->rate == JM_RATE_LOSS ? RESERVE : COMMON;
    struct worker *w;

    pthread_mutex_lock(&h->lock);
    if (h->is_stopping || h->queue[at].n >= h->cfg.queue_max) {
        c->has_to_close = h->is_stopping;
        pthread_mutex_unlock(&h->lock);
        return false;
    }
    c->phase = phase;
    if (c->seat != NULL && phase == QUEUED)
        jm_door_works(h->door, c->seat, jm_clock_monotonic_ms());
    h->active += !c->is_counted;
    c->is_counted = true;
    MHD_suspend_connection(c->conn); /* before the job can be seen: resume must come second */
    w = put_in(h, at, c);
    pthread_mutex_unlock(&h->lock);
    wake_worker(w);
    return true;
}

/* The next request for a worker; null: there is none that it takes. */
static struct call *next_for(struct jm_http *h, const struct worker *w)
{
    for (int i = 0; i < w->queues; i++) {
        struct queue *q = &h->queue[i];
        struct call *c = q->first;

        if (c == NULL)
            continue;
        if ((q->first = c->next) == NULL)
            q->last = NULL;
        c->next = NULL;
        q->n--;
        return c;
    }
    return NULL;
}

/* h->lock is held, and is again when it returns. */
static void rest_here(struct jm_http *h, struct worker *w)
{
    w->next = h->resting;
    h->resting = w;
    pthread_mutex_unlock(&h->lock);
    while (sem_wait(&w->wake) != 0)
        continue; /* a signal */
    pthread_mutex_lock(&h->lock);
}

static void *worker_main(void *arg)
{
    struct worker *w = arg;
    struct jm_http *h = w->h;

    pthread_mutex_lock(&h->lock);
    for (;;) {
        struct call *c = h->is_paused && !h->is_stopping ? NULL : next_for(h, w);
        if (c == NULL && h->is_stopping)
            break; /* nothing left to answer */
        if (c == NULL) {
            rest_here(h, w);
            continue;
        }
        h->serving++;
        pthread_mutex_unlock(&h->lock);
        if (h->work_on(c, &w->mem))
            MHD_resume_connection(c->conn); /* from here on c is the I/O thread's */
        pthread_mutex_lock(&h->lock);
        if (--h->serving == 0)
            pthread_cond_signal(&h->quiet);
    }
    pthread_mutex_unlock(&h->lock);
    return NULL;
}

enum jm_status jm_pool_start(struct jm_http *h)
{
    bool has_reserve = false;

    for (size_t i = 0; i < h->cfg.n_tables; i++)
        for (size_t k = 0; k < h->cfg.tables[i].n; k++)
            has_reserve = has_reserve || h->cfg.tables[i].rows[k].rate == JM_RATE_LOSS;
    if ((h->workers = calloc(h->cfg.workers + 1u, sizeof *h->workers)) == NULL)
        return JM_E_UNAVAILABLE;
    for (unsigned i = 0; i < h->cfg.workers + has_reserve; i++) {
        struct worker *w = &h->workers[i];
        w->h = h;
        w->queues = i < h->cfg.workers ? N_QUEUES : RESERVE + 1;
        if ((w->room = malloc(h->cfg.arena_size)) == NULL)
            return JM_E_UNAVAILABLE;
        jm_arena_init(&w->mem, w->room, h->cfg.arena_size);
        (void)sem_init(&w->wake, 0, 0);
        if (pthread_create(&w->thread, NULL, worker_main, w) != 0) {
            (void)sem_destroy(&w->wake);
            free(w->room);
            return JM_E_UNAVAILABLE;
        }
        h->n_workers++;
    }
    return JM_OK;
}

void jm_pool_stop(struct jm_http *h)
{
    for (unsigned i = 0; i < h->n_workers; i++) {
        pthread_join(h->workers[i].thread, NULL);
        (void)sem_destroy(&h->workers[i].wake);
        jm_arena_reset(&h->workers[i].mem);
        free(h->workers[i].room);
    }
    free(h->workers);
}
