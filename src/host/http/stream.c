/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Answers that go on (text/event-stream). Between two events the connection is suspended and holds
 * no thread; the sweeper queues whoever is due, a worker asks the route's `again` and wakes the
 * connection only where there is something to say. Every stream ends in time for the door: the
 * client comes back and says what it has heard last.
 *
 * Only who is asleep is queued, and who is queued stays suspended: so the library does not end a
 * request while a worker has it.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "host/clock/clock.h"
#include "host/http/shared.h"

#define TICK_MS 300     /* between two looks for one client */
#define STREAMS_MAX 256 /* of all */
#define EACH_MAX 4      /* of one `who`: one more ends the oldest */
#define ROOM 1024       /* octets of events that are sent at once */
/* for a client that comes back by itself: how soon; and octets at once, so that the head goes out
 */
#define BEGIN "retry: 500\n\n"

struct stream {
    struct stream *prev, *next; /* the oldest first */
    struct jm_http *h;
    struct call *c;      /* null: its request has ended */
    struct jm_stream is; /* views into room */
    uint8_t who[JM_STREAM_WHO_MAX], what[JM_STREAM_WHAT_MAX], last[JM_STREAM_LAST_MAX];
    uint8_t out[ROOM];
    size_t len, at;
    bool is_asleep, is_queued, ends;
    uint64_t due_ms, until_ms;
};

static bool keep_view(struct jm_bytes *view, uint8_t *room, size_t cap, struct jm_bytes in)
{
    if (in.len > cap)
        return false;
    if (in.len != 0)
        memmove(room, in.ptr, in.len);
    *view = jm_bytes(room, in.len);
    return true;
}

/* What is to be sent, behind what is still there. */
static bool add_octets(struct stream *s, struct jm_bytes octets)
{
    if (octets.len > ROOM - s->len)
        return false;
    if (octets.len != 0)
        memcpy(s->out + s->len, octets.ptr, octets.len);
    s->len += octets.len;
    return true;
}

/* On the connection's I/O thread. */
static ssize_t read_stream(void *cls, uint64_t pos, char *to, size_t max)
{
    struct stream *s = cls;
    ssize_t n = 0;

    (void)pos;
    pthread_mutex_lock(&s->h->lock);
    if (s->at < s->len) {
        size_t some = s->len - s->at < max ? s->len - s->at : max;

        memcpy(to, s->out + s->at, some);
        s->at += some;
        n = (ssize_t)some;
    } else if (s->ends || s->c == NULL || s->h->is_stopping || !s->h->has_sweeper) {
        n = MHD_CONTENT_READER_END_OF_STREAM;
    } else {
        s->at = s->len = 0;
        s->is_asleep = true;
        MHD_suspend_connection(s->c->conn);
    }
    pthread_mutex_unlock(&s->h->lock);
    return n;
}

static void unlink_stream(struct stream *s)
{
    struct jm_http *h = s->h;

    if (s->prev != NULL)
        s->prev->next = s->next;
    else if (h->streams == s)
        h->streams = s->next;
    if (s->next != NULL)
        s->next->prev = s->prev;
    s->prev = s->next = NULL;
}

static void free_stream(void *cls)
{
    struct stream *s = cls;

    jm_wipe(s, sizeof *s); /* it knows a session */
    free(s);
}

/* h->lock is held. */
static void wake_stream(struct stream *s)
{
    if (!s->is_asleep || s->is_queued)
        return;
    s->is_asleep = false;
    MHD_resume_connection(s->c->conn);
}

/* Room for one more of the same, or none at all. h->lock is held. */
static bool admit_stream(struct jm_http *h, struct stream *s)
{
    struct stream *oldest = NULL, *end = NULL;
    size_t all = 0, same = 0;

    for (struct stream *x = h->streams; x != NULL; x = x->next) {
        all++;
        end = x;
        if (x->ends || !jm_bytes_eq(x->is.who, s->is.who))
            continue;
        same++;
        oldest = oldest == NULL ? x : oldest;
    }
    if (all >= STREAMS_MAX || h->is_stopping)
        return false;
    if (same >= EACH_MAX) {
        oldest->ends = true;
        wake_stream(oldest);
    }
    s->prev = end;
    if (end != NULL)
        end->next = s;
    else
        h->streams = s;
    return true;
}

struct MHD_Response *jm_stream_begin(struct call *c, const struct jm_res *res)
{
    struct jm_http *h = c->h;
    struct stream *s = calloc(1, sizeof *s);
    struct MHD_Response *r;
    bool is_in;

    if (s == NULL)
        return NULL;
    s->h = h;
    s->c = c;
    s->is.again = res->stream.again;
    s->ends = res->stream.ends;
    s->due_ms = jm_clock_monotonic_ms() + TICK_MS;
    s->until_ms = jm_clock_monotonic_ms() + h->cfg.answer_ms * 5 / 6;
    is_in = keep_view(&s->is.who, s->who, sizeof s->who, res->stream.who) &&
            keep_view(&s->is.what, s->what, sizeof s->what, res->stream.what) &&
            keep_view(&s->is.last, s->last, sizeof s->last, res->stream.last) &&
            add_octets(s, JM_BYTES(BEGIN)) && add_octets(s, res->body);
    r = is_in
            ? MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, ROOM, read_stream, s, free_stream)
            : NULL;
    if (r == NULL) {
        free_stream(s);
        return NULL;
    }
    pthread_mutex_lock(&h->lock);
    is_in = admit_stream(h, s);
    c->stream = is_in ? s : NULL;
    pthread_mutex_unlock(&h->lock);
    if (is_in)
        return r;
    MHD_destroy_response(r); /* and s with it */
    return NULL;
}

void jm_stream_sweep(struct jm_http *h, uint64_t now_ms)
{
    pthread_mutex_lock(&h->lock);
    for (struct stream *s = h->streams; s != NULL; s = s->next)
        if (s->is_asleep && !s->is_queued && (now_ms >= s->due_ms || now_ms >= s->until_ms))
            s->is_queued = jm_pool_again(s->c, STREAMS);
    pthread_mutex_unlock(&h->lock);
}

bool jm_stream_work(struct call *c, struct jm_arena *mem)
{
    struct stream *s = c->stream;
    struct jm_req q;
    struct jm_res r;
    bool has_more;

    jm_call_request(&q, &r, c, mem);
    q.fields = NULL;
    q.n_fields = 0;
    q.stream = &s->is;
    r.stream = s->is;
    enum jm_status st = s->is.again(&q, &r);
    pthread_mutex_lock(&c->h->lock);
    s->is_queued = false;
    s->due_ms = jm_clock_monotonic_ms() + TICK_MS;
    bool is_kept = st == JM_OK && keep_view(&s->is.last, s->last, sizeof s->last, r.stream.last) &&
                   add_octets(s, r.body);
    s->ends = s->ends || !is_kept || r.stream.ends || jm_clock_monotonic_ms() >= s->until_ms;
    has_more = s->ends || s->len != 0;
    if (has_more)
        s->is_asleep = false;
    pthread_mutex_unlock(&c->h->lock);
    jm_arena_reset(mem);
    return has_more;
}

void jm_stream_leave(struct call *c)
{
    struct stream *s = c->stream;

    if (s == NULL)
        return;
    pthread_mutex_lock(&c->h->lock);
    unlink_stream(s);
    s->c = NULL;
    c->stream = NULL;
    pthread_mutex_unlock(&c->h->lock);
}

void jm_stream_stop(struct jm_http *h)
{
    pthread_mutex_lock(&h->lock);
    for (struct stream *s = h->streams; s != NULL; s = s->next) {
        s->ends = true;
        s->is_queued = false; /* there are no workers any more */
        wake_stream(s);
    }
    pthread_mutex_unlock(&h->lock);
}
