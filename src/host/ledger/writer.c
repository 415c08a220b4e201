/* SPDX-License-Identifier: Apache-2.0 */
#include "host/ledger/writer.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define BLOCK_ROOM (64 * JM_MIB)
#define RETRY_S 1 /* where nobody signed */

/* One who waits; stands on his stack. */
struct waiting {
    struct jm_bytes tx;
    struct jm_ledger_result *out;
    enum jm_status st;
    bool done;
    struct waiting *next;
};

struct jm_ledger_writer {
    struct jm_ledger_writer_config c;
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t wake, answered;
    struct waiting *first, **last;
    size_t n;
    bool stopping;
    struct jm_arena mem;
    void *room;
};

/* What cannot be undone and is not known: nobody may go on from here. */
static void give_up(const char *what)
{
    (void)fprintf(stderr, "jumin: ledger: %s: the process ends\n", what);
    abort();
}

static void tell_note(const struct jm_ledger_writer *w)
{
    if (w->c.told != NULL)
        w->c.told(w->c.told_ctx);
}

static void sign_again(struct jm_ledger_writer *w)
{
    if (jm_chain_sign(w->c.chain, &w->c.seal) == JM_OK) /* who cannot now is asked again */
        tell_note(w);
}

/* -- a block -- */

static enum jm_status fill_block(struct jm_block *b, struct waiting *list)
{
    for (struct waiting *w = list; w != NULL; w = w->next) {
        w->out->at = (struct jm_ledger_place){b->height, b->log.size};
        JM_TRY(jm_block_apply(&w->out->code, b, w->tx));
        w->st = JM_OK;
    }
    return jm_block_end(b);
}

static enum jm_status write_block(struct jm_ledger_writer *w, struct waiting *list)
{
    const struct jm_ledger *l = jm_chain_ledger(w->c.chain);
    int64_t now = w->c.now_s(w->c.now_ctx);
    struct jm_block b;
    enum jm_status st;

    jm_arena_reset(&w->mem);
    JM_TRY(jm_block_begin(&b, l, l->height + 1, (uint64_t)now > l->time ? (uint64_t)now : l->time,
                          &w->mem));
    JM_TRY(fill_block(&b, list));
    if (b.n_accepted == 0)
        return JM_OK;
    st = jm_chain_commit(w->c.chain, &b, &w->c.seal);
    if (st != JM_OK)
        give_up(st == JM_E_IO ? "its file cannot be written" : "a block cannot be committed");
    tell_note(w);
    return JM_OK;
}

static void answer_all(struct jm_ledger_writer *w, struct waiting *list, enum jm_status st)
{
    (void)pthread_mutex_lock(&w->lock);
    for (struct waiting *next; list != NULL; list = next) {
        next = list->next;
        if (st != JM_OK)
            list->st = st;
        list->done = true;
    }
    (void)pthread_cond_broadcast(&w->answered);
    (void)pthread_mutex_unlock(&w->lock);
}

/* -- the thread -- */

/* At most as many as a block holds; with the lock held. */
static struct waiting *take_waiting(struct jm_ledger_writer *w)
{
    uint64_t max = jm_chain_ledger(w->c.chain)->params.max_block_txs;
    struct waiting *list = w->first, **end = &w->first;

    for (; max > 0 && *end != NULL; max--) {
        end = &(*end)->next;
        w->n--;
    }
    w->first = *end;
    *end = NULL;
    if (w->first == NULL)
        w->last = &w->first;
    return list;
}

static bool is_signed(struct jm_ledger_writer *w)
{
    struct jm_ledger_view v;
    bool is;

    jm_chain_view(w->c.chain, &v);
    is = v.checkpoint.len != 0;
    jm_chain_done(w->c.chain);
    return is;
}

/* Until there is something to write, or it is time to sign again. */
static struct waiting *wait_for_work(struct jm_ledger_writer *w, unsigned seconds)
{
    struct waiting *list = NULL;
    struct timespec until;
    int rc = 0;

    (void)clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += seconds;
    (void)pthread_mutex_lock(&w->lock);
    while (w->first == NULL && !w->stopping && rc == 0)
        rc = pthread_cond_timedwait(&w->wake, &w->lock, &until);
    if (!w->stopping && w->first != NULL)
        list = take_waiting(w);
    (void)pthread_mutex_unlock(&w->lock);
    return list;
}

static bool is_stopping(struct jm_ledger_writer *w)
{
    bool is;

    (void)pthread_mutex_lock(&w->lock);
    is = w->stopping;
    (void)pthread_mutex_unlock(&w->lock);
    return is;
}

static void *run_writer(void *arg)
{
    struct jm_ledger_writer *w = arg;

    while (!is_stopping(w)) {
        struct waiting *list = wait_for_work(w, is_signed(w) ? w->c.resign_s : RETRY_S);

        if (list != NULL)
            answer_all(w, list, write_block(w, list));
        else if (!is_stopping(w))
            sign_again(w);
    }
    return NULL;
}

enum jm_status jm_ledger_writer_start(struct jm_ledger_writer **out,
                                      const struct jm_ledger_writer_config *c)
{
    struct jm_ledger_writer *w = calloc(1, sizeof *w);
    pthread_condattr_t attr;

    *out = NULL;
    if (w == NULL || (w->room = malloc(BLOCK_ROOM)) == NULL) {
        free(w);
        return JM_E_UNAVAILABLE;
    }
    jm_arena_init(&w->mem, w->room, BLOCK_ROOM);
    w->c = *c;
    w->last = &w->first;
    (void)pthread_mutex_init(&w->lock, NULL);
    (void)pthread_condattr_init(&attr);
    (void)pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
    (void)pthread_cond_init(&w->wake, &attr);
    (void)pthread_condattr_destroy(&attr);
    (void)pthread_cond_init(&w->answered, NULL);
    sign_again(w);
    if (pthread_create(&w->thread, NULL, run_writer, w) != 0) {
        free(w->room);
        free(w);
        return JM_E_UNAVAILABLE;
    }
    *out = w;
    return JM_OK;
}

void jm_ledger_writer_stop(struct jm_ledger_writer **writer)
{
    struct jm_ledger_writer *w = *writer;

    *writer = NULL;
    if (w == NULL)
        return;
    (void)pthread_mutex_lock(&w->lock);
    w->stopping = true;
    (void)pthread_cond_signal(&w->wake);
    (void)pthread_mutex_unlock(&w->lock);
    (void)pthread_join(w->thread, NULL);
    answer_all(w, w->first, JM_E_UNAVAILABLE);
    (void)pthread_cond_destroy(&w->wake);
    (void)pthread_cond_destroy(&w->answered);
    (void)pthread_mutex_destroy(&w->lock);
    free(w->room);
    free(w);
}

/* -- the engine -- */

static enum jm_status submit_tx(void *ctx, struct jm_ledger_result *out, struct jm_bytes tx)
{
    struct jm_ledger_writer *w = ctx;
    struct waiting me = {.tx = tx, .out = out, .st = JM_E_UNAVAILABLE};

    *out = (struct jm_ledger_result){.code = JM_LTX_LIMIT};
    (void)pthread_mutex_lock(&w->lock);
    if (!w->stopping && w->n < JM_LEDGER_QUEUE_MAX) {
        *w->last = &me;
        w->last = &me.next;
        w->n++;
        (void)pthread_cond_signal(&w->wake);
        while (!me.done)
            (void)pthread_cond_wait(&w->answered, &w->lock);
    }
    (void)pthread_mutex_unlock(&w->lock);
    return me.st;
}

static void view_chain(void *ctx, struct jm_ledger_view *out)
{
    jm_chain_view(((struct jm_ledger_writer *)ctx)->c.chain, out);
}

static void done_chain(void *ctx)
{
    jm_chain_done(((struct jm_ledger_writer *)ctx)->c.chain);
}

static enum jm_status entry_of(void *ctx, struct jm_bytes *out, uint64_t index,
                               struct jm_arena *mem)
{
    return jm_chain_entry(((struct jm_ledger_writer *)ctx)->c.chain, out, index, mem);
}

static enum jm_status proof_of(void *ctx, struct jm_proof *out, size_t at)
{
    return jm_chain_state_proof(((struct jm_ledger_writer *)ctx)->c.chain, out, at);
}

static enum jm_status find_tx(void *ctx, struct jm_ledger_place *out, const struct jm_hash32 *id)
{
    return jm_chain_find(((struct jm_ledger_writer *)ctx)->c.chain, out, id);
}

struct jm_ledger_engine jm_ledger_writer_engine(struct jm_ledger_writer *w)
{
    return (struct jm_ledger_engine){w,        submit_tx, view_chain, done_chain,
                                     entry_of, proof_of,  find_tx};
}
