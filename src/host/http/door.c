/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Who is connected, since when, and for how long yet. A client that does not say what it wants in
 * time is shown out, and a full house makes room by showing out whoever has waited longest without
 * a request: nobody is kept out by those who say nothing. Shown out means shutdown(): the library
 * reads the end, and closes; so a descriptor in the table is never another's.
 */
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "host/http/parts.h"

#define KEY_MAX 16

struct jm_seat {
    struct jm_seat *prev, *next;
    int fd;
    enum jm_seat_phase phase;
    bool has_reserve, is_out, is_proxy;
    /* of the connection; of whoever the request at hand is for */
    uint8_t own[KEY_MAX], key[KEY_MAX];
    uint8_t own_len, key_len;
    uint64_t since_ms, until_ms;
};

struct jm_door {
    struct jm_door_times t;
    size_t per_address, in_all;
    pthread_mutex_t lock;
    struct jm_seat *first;
};

struct jm_door *jm_door_new(const struct jm_door_times *times, size_t per_address, size_t in_all)
{
    struct jm_door *d = calloc(1, sizeof *d);

    if (d != NULL && pthread_mutex_init(&d->lock, NULL) != 0) {
        free(d);
        return NULL;
    }
    if (d != NULL) {
        d->t = *times;
        d->per_address = per_address;
        d->in_all = in_all;
    }
    return d;
}

void jm_door_free(struct jm_door **door)
{
    struct jm_door *d = *door;

    if (d == NULL)
        return;
    *door = NULL;
    for (struct jm_seat *s = d->first, *next; s != NULL; s = next) {
        next = s->next;
        free(s);
    }
    pthread_mutex_destroy(&d->lock);
    free(d);
}

static void show_out(struct jm_seat *s)
{
    s->is_out = true;
    (void)shutdown(s->fd, SHUT_RDWR);
}

static bool same_key(const struct jm_seat *a, const struct jm_seat *b)
{
    return a->key_len == b->key_len && memcmp(a->key, b->key, a->key_len) == 0;
}

/* First who has not asked for anything, then whose body is slow; whoever is being answered, or
 * reports a loss, stays. */
static struct jm_seat *longest_waiting(const struct jm_door *d, const struct jm_seat *like,
                                       const struct jm_seat *but)
{
    static const enum jm_seat_phase order[] = {JM_SEAT_WAITS, JM_SEAT_BODY};
    struct jm_seat *found = NULL;

    for (size_t i = 0; i < JM_ARRAY_LEN(order) && found == NULL; i++)
        for (struct jm_seat *s = d->first; s != NULL; s = s->next)
            if (s != but && !s->is_out && !s->has_reserve && s->phase == order[i] &&
                (like == NULL || same_key(s, like)) &&
                (found == NULL || s->since_ms <= found->since_ms)) /* the newest stand first */
                found = s;
    return found;
}

/* How many sit here that have not been shown out: of @p like's address, or all. */
static size_t count_seats(const struct jm_door *d, const struct jm_seat *like)
{
    size_t n = 0;

    for (const struct jm_seat *s = d->first; s != NULL; s = s->next)
        n += !s->is_out && (like == NULL || same_key(s, like));
    return n;
}

static void make_room(struct jm_door *d, struct jm_seat *newest)
{
    struct jm_seat *out = NULL;

    if (!newest->is_proxy && count_seats(d, newest) > d->per_address) {
        if ((out = longest_waiting(d, newest, newest)) == NULL)
            out = newest->has_reserve ? NULL : newest;
    } else if (count_seats(d, NULL) > d->in_all &&
               (out = longest_waiting(d, NULL, newest)) == NULL) {
        out = newest;
    }
    if (out != NULL)
        show_out(out);
}

static void wait_for(struct jm_seat *s, enum jm_seat_phase phase, uint64_t now_ms, uint64_t for_ms)
{
    s->phase = phase;
    s->since_ms = now_ms;
    s->until_ms = for_ms == 0 ? UINT64_MAX : now_ms + for_ms;
}

struct jm_seat *jm_door_enter(struct jm_door *d, int fd, struct jm_bytes key, bool is_proxy,
                              uint64_t now_ms)
{
    struct jm_seat *s = calloc(1, sizeof *s);

    if (s == NULL)
        return NULL;
    s->fd = fd;
    s->is_proxy = is_proxy;
    s->own_len = s->key_len = (uint8_t)(key.len < KEY_MAX ? key.len : KEY_MAX);
    memcpy(s->own, key.ptr, s->own_len);
    memcpy(s->key, key.ptr, s->own_len);
    wait_for(s, JM_SEAT_WAITS, now_ms, d->t.first_ms);
    pthread_mutex_lock(&d->lock);
    if ((s->next = d->first) != NULL)
        d->first->prev = s;
    d->first = s;
    make_room(d, s);
    pthread_mutex_unlock(&d->lock);
    return s;
}

void jm_door_leave(struct jm_door *d, struct jm_seat *s)
{
    pthread_mutex_lock(&d->lock);
    if (s->prev != NULL)
        s->prev->next = s->next;
    else
        d->first = s->next;
    if (s->next != NULL)
        s->next->prev = s->prev;
    pthread_mutex_unlock(&d->lock);
    free(s);
}

void jm_door_head(struct jm_door *d, struct jm_seat *s, uint64_t now_ms)
{
    pthread_mutex_lock(&d->lock);
    s->until_ms = now_ms + d->t.head_ms;
    pthread_mutex_unlock(&d->lock);
}

void jm_door_body(struct jm_door *d, struct jm_seat *s, struct jm_bytes key, bool has_reserve,
                  uint64_t octets, uint64_t now_ms)
{
    pthread_mutex_lock(&d->lock);
    s->has_reserve = has_reserve;
    s->key_len = (uint8_t)(key.len < KEY_MAX ? key.len : KEY_MAX);
    memcpy(s->key, key.ptr, s->key_len);
    wait_for(s, JM_SEAT_BODY, now_ms, d->t.body_ms + octets * 1000u / d->t.octets_per_s);
    if (s->is_proxy && (s->key_len != s->own_len || memcmp(s->key, s->own, s->own_len) != 0) &&
        count_seats(d, s) > d->per_address) {
        struct jm_seat *out = longest_waiting(d, s, s);

        if (out != NULL)
            show_out(out);
    }
    pthread_mutex_unlock(&d->lock);
}

void jm_door_works(struct jm_door *d, struct jm_seat *s, uint64_t now_ms)
{
    pthread_mutex_lock(&d->lock);
    wait_for(s, JM_SEAT_WORKS, now_ms, 0);
    pthread_mutex_unlock(&d->lock);
}

void jm_door_answer(struct jm_door *d, struct jm_seat *s, uint64_t now_ms)
{
    pthread_mutex_lock(&d->lock);
    wait_for(s, JM_SEAT_WORKS, now_ms, d->t.answer_ms);
    pthread_mutex_unlock(&d->lock);
}

void jm_door_again(struct jm_door *d, struct jm_seat *s, uint64_t now_ms)
{
    pthread_mutex_lock(&d->lock);
    s->has_reserve = false;
    s->key_len = s->own_len;
    memcpy(s->key, s->own, s->own_len);
    wait_for(s, JM_SEAT_WAITS, now_ms, d->t.idle_ms);
    pthread_mutex_unlock(&d->lock);
}

size_t jm_door_sweep(struct jm_door *d, uint64_t now_ms)
{
    size_t n = 0;

    pthread_mutex_lock(&d->lock);
    for (struct jm_seat *s = d->first; s != NULL; s = s->next)
        if (!s->is_out && s->until_ms <= now_ms) {
            show_out(s);
            n++;
        }
    pthread_mutex_unlock(&d->lock);
    return n;
}
