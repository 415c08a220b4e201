/* SPDX-License-Identifier: Apache-2.0 */
#include "cmd/ledger/push.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "host/fetch/fetch.h"
#include "host/openssl/openssl.h"
#include "jumin/base64.h"
#include "jumin/witness.h"

#define ROOM JM_MIB
#define ANSWER_MAX (64 * JM_KIB)
#define TIMEOUT_MS 3000 /* who ends the role waits for it */
#define TRIES 3         /* of one offer: the witness knows another size, or somebody was quicker */
#define PAUSE_FIRST_S 1
#define PAUSE_MAX_S 60

/* One witness, one thread. */
struct pushed {
    struct jm_push *p;
    const struct jm_policy_member *w;
    pthread_t thread;
    uint64_t done; /* the note it was asked about last, by number; under the lock */
    uint64_t old;  /* the size that it is thought to have */
    unsigned pause_s;
    const char *said; /* last; a literal */
    struct jm_arena mem;
    void *room;
};

struct jm_push {
    struct jm_push_config c;
    pthread_mutex_t lock;
    pthread_cond_t wake, settled;
    uint64_t noted; /* how many notes there were */
    bool stopping;
    struct pushed *to;
    size_t n, started;
};

/* -- an offer -- */

struct offer {
    struct jm_bytes note, text, url;
    uint64_t size;
    struct jm_proof proof;
};

/* What is current, and how it continues what the witness has. @retval JM_E_ABSENT not signed yet |
 * JM_E_RANGE the witness has more than there is */
static enum jm_status take_offer(struct offer *o, struct pushed *x)
{
    struct jm_chain *chain = x->p->c.chain;
    struct jm_signed_note note;
    struct jm_ledger_view v;
    enum jm_status st;

    memset(o, 0, sizeof *o);
    jm_chain_view(chain, &v);
    o->size = v.state->log.size;
    st = v.checkpoint.len == 0 ? JM_E_ABSENT : jm_dup(&o->note, &x->mem, v.checkpoint);
    if (st == JM_OK && x->old != 0)
        st = jm_consistency_make(&o->proof, &v.log, x->old, o->size);
    jm_chain_done(chain);
    JM_TRY(st);
    JM_TRY(jm_note_read(&note, o->note, &x->mem));
    o->text = note.text;
    return JM_OK;
}

static enum jm_status write_offer(struct jm_bytes *body, const struct offer *o,
                                  const struct pushed *x, struct jm_arena *mem)
{
    char line[40];
    struct jm_buf b;

    (void)snprintf(line, sizeof line, "old %llu\n", (unsigned long long)x->old);
    JM_TRY(jm_alloc_buf(&b, mem, JM_WITNESS_BODY_MAX));
    JM_TRY(jm_buf_put(&b, jm_str(line)));
    for (size_t i = 0; i < o->proof.n; i++) {
        JM_TRY(jm_b64_put(&b, jm_hash32_bytes(&o->proof.hash[i])));
        JM_TRY(jm_buf_put(&b, JM_BYTES("\n")));
    }
    JM_TRY(jm_buf_put(&b, JM_BYTES("\n")));
    JM_TRY(jm_buf_put(&b, o->note));
    *body = jm_written(b);
    return JM_OK;
}

static enum jm_status send_offer(struct jm_http_answer *a, const struct offer *o, struct pushed *x)
{
    const struct jm_fetch_rules rules = {.allow_loopback = x->p->c.allow_loopback};
    const struct jm_bytes parts[] = {x->w->url, JM_BYTES("/add-checkpoint")};
    struct jm_http_ask ask = {.verb = JM_HTTP_POST,
                              .content_type = "text/plain; charset=utf-8",
                              .max_len = ANSWER_MAX,
                              .timeout_ms = TIMEOUT_MS};

    JM_TRY(jm_concat(&ask.url, &x->mem, parts, JM_ARRAY_LEN(parts)));
    JM_TRY(write_offer(&ask.body, o, x, &x->mem));
    return jm_fetch(&rules, &ask, a, &x->mem);
}

/* -- what came back -- */

/* The text with the lines of the answer, if this witness's own is there and holds. */
static enum jm_status judge_lines(struct jm_bytes *cosigned, const struct offer *o,
                                  struct jm_bytes lines, struct pushed *x)
{
    const struct jm_answers answers = {.verify = jm_openssl_verify};
    const struct jm_reading r = {.now = x->p->c.now_s(x->p->c.now_ctx),
                                 .answers = &answers,
                                 .crypto = x->p->c.crypto,
                                 .mem = &x->mem};
    const struct jm_bytes parts[] = {o->text, JM_BYTES("\n"), lines};
    struct jm_signed_note note;
    struct jm_vouch v;

    JM_TRY(jm_concat(cosigned, &x->mem, parts, JM_ARRAY_LEN(parts)));
    JM_TRY(jm_note_read(&note, *cosigned, &x->mem));
    JM_TRY(jm_note_vouched(&v, &note, &x->w->key, &r));
    return v.holds && note.n == 1 ? JM_OK : JM_E_SIGNATURE;
}

/* Under the present note, as long as that is over the same. @retval JM_E_CONFLICT it no longer is
 */
static enum jm_status put_under(struct jm_bytes cosigned, struct pushed *x)
{
    struct jm_chain *chain = x->p->c.chain;
    enum jm_status st = JM_E_CONFLICT;

    for (int i = 0; i < TRIES && st == JM_E_CONFLICT; i++) {
        struct jm_ledger_view v;
        struct jm_bytes was;
        struct jm_buf joined;

        jm_chain_view(chain, &v);
        st = jm_dup(&was, &x->mem, v.checkpoint);
        jm_chain_done(chain);
        JM_TRY(st);
        JM_TRY(jm_alloc_buf(&joined, &x->mem, JM_NOTE_MAX));
        JM_TRY(jm_note_join(&joined, cosigned, was, &x->mem));
        st = jm_chain_put_note(chain, was, jm_written(joined));
    }
    return st;
}

/* "N\n" */
static enum jm_status read_size(uint64_t *size, struct jm_bytes body)
{
    return body.len < 2 || body.ptr[body.len - 1] != '\n'
               ? JM_E_MALFORMED
               : jm_parse_u64(size, jm_slice(body, 0, body.len - 1));
}

static const char *word_of_status(int status)
{
    switch (status) {
    case 403: return "does not know the log's key";
    case 404: return "does not watch this log";
    case 422: return "REFUSES: it has signed another log of this name";
    default: return "does not sign";
    }
}

/* @retval JM_E_PENDING it has another size than was thought: again */
static enum jm_status take_answer(const char **said, const struct jm_http_answer *a,
                                  const struct offer *o, struct pushed *x)
{
    struct jm_bytes cosigned;
    uint64_t size;

    if (a->status == 409 && read_size(&size, a->body) == JM_OK && size != x->old) {
        x->old = size;
        *said = "is ahead of this log";
        return size <= o->size ? JM_E_PENDING : JM_E_DENIED;
    }
    *said = word_of_status(a->status);
    if (a->status != 200)
        return JM_E_DENIED;
    x->old = o->size;
    *said = "answers with something that is not its signature";
    JM_TRY(judge_lines(&cosigned, o, a->body, x));
    *said = "signs";
    (void)!put_under(cosigned, x); /* a newer note has come: it is offered next */
    return JM_OK;
}

static enum jm_status offer_once(const char **said, struct pushed *x)
{
    struct offer *o = JM_NEW(&x->mem, struct offer);
    struct jm_http_answer a;

    *said = "is asked in vain";
    if (o == NULL)
        return JM_E_NO_SPACE;
    if (take_offer(o, x) == JM_E_RANGE) {
        x->old = 0; /* perhaps it has come back to what there is: it says */
        JM_TRY(take_offer(o, x));
    }
    if (o->note.len == 0)
        return JM_E_ABSENT;
    *said = "does not answer";
    JM_TRY(send_offer(&a, o, x));
    return take_answer(said, &a, o, x);
}

static bool is_stopping(struct jm_push *p)
{
    bool is;

    (void)pthread_mutex_lock(&p->lock);
    is = p->stopping;
    (void)pthread_mutex_unlock(&p->lock);
    return is;
}

static void offer_note(struct pushed *x)
{
    const char *said = NULL;
    enum jm_status st = JM_E_PENDING;

    for (int i = 0; i < TRIES && st == JM_E_PENDING && !is_stopping(x->p); i++) {
        jm_arena_reset(&x->mem);
        st = offer_once(&said, x);
    }
    x->pause_s = st == JM_OK                     ? 0
                 : x->pause_s == 0               ? PAUSE_FIRST_S
                 : x->pause_s >= PAUSE_MAX_S / 2 ? PAUSE_MAX_S
                                                 : 2 * x->pause_s;
    if (said != x->said && x->p->c.say != NULL && st != JM_E_ABSENT)
        x->p->c.say(x->p->c.say_ctx, x->w->name, said);
    x->said = said;
}

/* -- the threads -- */

/* Until there is a note that was not offered, or it is time to ask again. @return its number; 0:
 * the end */
static uint64_t wait_for_note(struct pushed *x)
{
    struct jm_push *p = x->p;
    struct timespec until;
    uint64_t number;
    int rc = 0;

    (void)clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += x->pause_s;
    (void)pthread_mutex_lock(&p->lock);
    while (!p->stopping && x->done == p->noted && rc == 0)
        rc = x->pause_s == 0 ? pthread_cond_wait(&p->wake, &p->lock)
                             : pthread_cond_timedwait(&p->wake, &p->lock, &until);
    number = p->stopping ? 0 : p->noted;
    (void)pthread_mutex_unlock(&p->lock);
    return number;
}

static void *run_push(void *arg)
{
    struct pushed *x = arg;
    uint64_t number;

    while ((number = wait_for_note(x)) != 0) {
        offer_note(x);
        (void)pthread_mutex_lock(&x->p->lock);
        x->done = number;
        (void)pthread_cond_broadcast(&x->p->settled);
        (void)pthread_mutex_unlock(&x->p->lock);
    }
    return NULL;
}

void jm_push_told(void *push)
{
    struct jm_push *p = push;

    if (p == NULL)
        return;
    (void)pthread_mutex_lock(&p->lock);
    p->noted++;
    (void)pthread_cond_broadcast(&p->wake);
    (void)pthread_mutex_unlock(&p->lock);
}

static bool is_settled(const struct jm_push *p)
{
    for (size_t i = 0; i < p->n; i++)
        if (p->to[i].done != p->noted)
            return false;
    return true;
}

void jm_push_wait(struct jm_push *p, unsigned ms)
{
    struct timespec until;
    int rc = 0;

    if (p == NULL)
        return;
    (void)clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += ms / 1000;
    (void)pthread_mutex_lock(&p->lock);
    while (!is_settled(p) && rc == 0)
        rc = pthread_cond_timedwait(&p->settled, &p->lock, &until);
    (void)pthread_mutex_unlock(&p->lock);
}

/* -- all of them -- */

static enum jm_status start_one(struct jm_push *p, const struct jm_policy_member *w)
{
    struct pushed *x = &p->to[p->started];

    *x = (struct pushed){.p = p, .w = w, .room = malloc(ROOM)};
    if (x->room == NULL)
        return JM_E_UNAVAILABLE;
    jm_arena_init(&x->mem, x->room, ROOM);
    if (pthread_create(&x->thread, NULL, run_push, x) != 0) {
        free(x->room);
        return JM_E_UNAVAILABLE;
    }
    p->started++;
    return JM_OK;
}

static bool is_asked(const struct jm_policy_member *w)
{
    return !w->is_group && w->url.len != 0;
}

static struct jm_push *new_push(const struct jm_push_config *c, size_t n)
{
    struct jm_push *p = calloc(1, sizeof *p);
    pthread_condattr_t attr;

    if (p == NULL || (p->to = calloc(n, sizeof *p->to)) == NULL) {
        free(p);
        return NULL;
    }
    p->c = *c;
    p->n = n;
    (void)pthread_mutex_init(&p->lock, NULL);
    (void)pthread_condattr_init(&attr);
    (void)pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
    (void)pthread_cond_init(&p->wake, &attr);
    (void)pthread_cond_init(&p->settled, &attr);
    (void)pthread_condattr_destroy(&attr);
    return p;
}

enum jm_status jm_push_start(struct jm_push **out, const struct jm_push_config *c)
{
    struct jm_push *p;
    size_t n = 0;

    *out = NULL;
    for (size_t i = 0; i < c->policy->n; i++)
        n += is_asked(&c->policy->member[i]);
    if (n == 0)
        return JM_OK;
    if ((p = new_push(c, n)) == NULL)
        return JM_E_UNAVAILABLE;
    for (size_t i = 0; i < c->policy->n; i++)
        if (is_asked(&c->policy->member[i]) && start_one(p, &c->policy->member[i]) != JM_OK) {
            jm_push_stop(&p);
            return JM_E_UNAVAILABLE;
        }
    *out = p;
    return JM_OK;
}

void jm_push_stop(struct jm_push **push)
{
    struct jm_push *p = *push;

    *push = NULL;
    if (p == NULL)
        return;
    (void)pthread_mutex_lock(&p->lock);
    p->stopping = true;
    (void)pthread_cond_broadcast(&p->wake);
    (void)pthread_mutex_unlock(&p->lock);
    for (size_t i = 0; i < p->started; i++) {
        (void)pthread_join(p->to[i].thread, NULL);
        jm_arena_reset(&p->to[i].mem);
        free(p->to[i].room);
    }
    (void)pthread_cond_destroy(&p->wake);
    (void)pthread_cond_destroy(&p->settled);
    (void)pthread_mutex_destroy(&p->lock);
    free(p->to);
    free(p);
}
