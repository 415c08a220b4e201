/* SPDX-License-Identifier: Apache-2.0 */
/* Queues of requests, and the workers that empty them. */
#include <stdlib.h>

#include "host/clock/clock.h"
#include "host/http/shared.h"

static void put_in(struct queue *q, struct call *c)
{
    c->next = NULL;
    if (q->last != NULL)
        q->last->next = c;
    else
        q->first = c;
    q->last = c;
    q->n++;
    /* one, whoever takes from this queue: to wake all for each request costs more than it does */
    pthread_cond_signal(&c->h->work);
    if (q == &c->h->queue[RESERVE])
        pthread_cond_signal(&c->h->reserve);
}

bool jm_pool_again(struct call *c)
{
    struct jm_http *h = c->h;

    if (h->is_stopping || h->queue[COMMON].n >= h->cfg.queue_max)
        return false;
    c->phase = STREAMS;
    put_in(&h->queue[COMMON], c);
    return true;
}

bool jm_pool_take(struct call *c, enum phase phase)
{
    struct jm_http *h = c->h;
    struct queue *q = &h->queue[c->match.route->rate == JM_RATE_LOSS ? RESERVE : COMMON];

    pthread_mutex_lock(&h->lock);
    if (h->is_stopping || q->n >= h->cfg.queue_max) {
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
    put_in(q, c);
    pthread_mutex_unlock(&h->lock);
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
            pthread_cond_wait(w->queues == N_QUEUES ? &h->work : &h->reserve, &h->lock);
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
        if (pthread_create(&w->thread, NULL, worker_main, w) != 0) {
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
        jm_arena_reset(&h->workers[i].mem);
        free(h->workers[i].room);
    }
    free(h->workers);
}
