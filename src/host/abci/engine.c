/* SPDX-License-Identifier: Apache-2.0 */
#include "host/abci/engine.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <time.h>

#include "host/abci/server.h"

enum waiting { PLACE_FREE = 0, PLACE_WAITS, PLACE_DECIDED, PLACE_DONE };

/* One who waits: its transaction, and what became of it. */
struct place {
    enum waiting is;
    struct jm_bytes tx;
    enum jm_ltx_code code;
};

struct jm_abci_engine {
    struct jm_abci_engine_config config;
    struct jm_abci_machine *machine;
    struct jm_abci_app app; /* the machine's */
    const struct jm_crypto *crypto;
    struct jm_hash32 genesis;
    struct jm_abci_server *server;
    pthread_t thread;
    pthread_mutex_t lock; /* of the places */
    pthread_cond_t told;
    struct place place[JM_ABCI_WAITING_MAX];
    bool stopping, running;
};

/* -- in the thread of the server -- */

/* What was decided before and never committed is not decided any more. */
static void mark_block(struct jm_abci_engine *e, const struct jm_abci_block *block,
                       const enum jm_ltx_code *code)
{
    (void)pthread_mutex_lock(&e->lock);
    for (size_t p = 0; p < JM_ABCI_WAITING_MAX; p++) {
        struct place *w = &e->place[p];

        if (w->is != PLACE_WAITS && w->is != PLACE_DECIDED)
            continue;
        w->is = PLACE_WAITS;
        for (size_t i = 0; i < block->n && w->is == PLACE_WAITS; i++)
            if (jm_bytes_eq(w->tx, block->tx[i])) {
                w->is = PLACE_DECIDED;
                w->code = code[i];
            }
    }
    (void)pthread_mutex_unlock(&e->lock);
}

static enum jm_status finalize_marked(void *ctx, struct jm_abci_outcome *out,
                                      enum jm_ltx_code *code, const struct jm_abci_block *block)
{
    struct jm_abci_engine *e = ctx;

    JM_TRY(e->app.finalize(e->app.ctx, out, code, block));
    mark_block(e, block, code);
    return JM_OK;
}

static enum jm_status commit_told(void *ctx)
{
    struct jm_abci_engine *e = ctx;

    JM_TRY(e->app.commit(e->app.ctx));
    (void)pthread_mutex_lock(&e->lock);
    for (size_t p = 0; p < JM_ABCI_WAITING_MAX; p++)
        if (e->place[p].is == PLACE_DECIDED)
            e->place[p].is = PLACE_DONE;
    (void)pthread_cond_broadcast(&e->told);
    (void)pthread_mutex_unlock(&e->lock);
    return JM_OK;
}

/* The rest is the machine's, which is asked with its own context. */
static enum jm_status ask_tip(void *ctx, struct jm_abci_tip *out)
{
    const struct jm_abci_engine *e = ctx;

    return e->app.tip(e->app.ctx, out);
}

static enum jm_status ask_start(void *ctx, struct jm_hash32 *app_hash,
                                const struct jm_abci_start *in)
{
    const struct jm_abci_engine *e = ctx;

    return e->app.start(e->app.ctx, app_hash, in);
}

static enum jm_status ask_check(void *ctx, enum jm_ltx_code *code, struct jm_bytes tx, bool again)
{
    const struct jm_abci_engine *e = ctx;

    return e->app.check(e->app.ctx, code, tx, again);
}

static enum jm_status ask_begin(void *ctx, uint64_t height, uint64_t at_s)
{
    const struct jm_abci_engine *e = ctx;

    return e->app.begin(e->app.ctx, height, at_s);
}

static enum jm_status ask_attempt(void *ctx, enum jm_ltx_code *code, struct jm_bytes tx)
{
    const struct jm_abci_engine *e = ctx;

    return e->app.attempt(e->app.ctx, code, tx);
}

static void ask_drop(void *ctx)
{
    const struct jm_abci_engine *e = ctx;

    e->app.drop(e->app.ctx);
}

static void *serve_comet(void *ctx)
{
    struct jm_abci_engine *e = ctx;
    enum jm_status st = jm_abci_server_run(e->server);

    (void)pthread_mutex_lock(&e->lock);
    e->stopping = true;
    (void)pthread_cond_broadcast(&e->told);
    (void)pthread_mutex_unlock(&e->lock);
    if (st != JM_OK && e->config.ended != NULL)
        e->config.ended(e->config.ctx, st);
    return NULL;
}

/* -- handing in -- */

static enum jm_status id_of(struct jm_hash32 *out, const struct jm_abci_engine *e,
                            struct jm_bytes tx)
{
    struct jm_ltx x;

    JM_TRY(jm_ltx_read(&x, tx));
    return jm_ltx_id(out, e->crypto, &e->genesis, x.payload);
}

static bool is_committed(const struct jm_abci_engine *e, struct jm_ledger_place *at,
                         const struct jm_hash32 *id)
{
    const struct jm_ledger_engine *r = &e->config.reads;
    struct jm_ledger_view view;
    enum jm_status st;

    r->open(r->ctx, &view);
    st = r->find(r->ctx, at, id);
    r->close(r->ctx);
    return st == JM_OK;
}

static struct place *take_place(struct jm_abci_engine *e, struct jm_bytes tx)
{
    struct place *free_one = NULL;

    (void)pthread_mutex_lock(&e->lock);
    for (size_t p = 0; p < JM_ABCI_WAITING_MAX && free_one == NULL && !e->stopping; p++)
        if (e->place[p].is == PLACE_FREE)
            free_one = &e->place[p];
    if (free_one != NULL)
        *free_one = (struct place){PLACE_WAITS, tx, JM_LTX_OK};
    (void)pthread_mutex_unlock(&e->lock);
    return free_one;
}

static void leave_place(struct jm_abci_engine *e, struct place *p)
{
    (void)pthread_mutex_lock(&e->lock);
    *p = (struct place){0};
    (void)pthread_mutex_unlock(&e->lock);
}

static struct timespec moment_in(unsigned ms)
{
    struct timespec t = {0};

    (void)clock_gettime(CLOCK_MONOTONIC, &t);
    t.tv_sec += ms / 1000;
    t.tv_nsec += (long)(ms % 1000) * 1000000;
    if (t.tv_nsec >= 1000000000) {
        t.tv_sec++;
        t.tv_nsec -= 1000000000;
    }
    return t;
}

/* @retval JM_OK it stands in a block | JM_E_ABSENT not yet | JM_E_UNAVAILABLE the engine ends */
static enum jm_status wait_block(struct jm_abci_engine *e, const struct place *p,
                                 enum jm_ltx_code *code)
{
    unsigned ms = e->config.wait_ms != 0 ? e->config.wait_ms : JM_ABCI_WAIT_S * 1000;
    struct timespec until = moment_in(ms);
    enum jm_status st = JM_OK;
    int waited = 0;

    (void)pthread_mutex_lock(&e->lock);
    while (p->is != PLACE_DONE && !e->stopping && waited != ETIMEDOUT)
        waited = pthread_cond_timedwait(&e->told, &e->lock, &until);
    if (p->is == PLACE_DONE)
        *code = p->code;
    else
        st = e->stopping ? JM_E_UNAVAILABLE : JM_E_ABSENT;
    (void)pthread_mutex_unlock(&e->lock);
    return st;
}

static enum jm_status try_submit(struct jm_abci_engine *e, const struct place *p,
                                 struct jm_ledger_result *out, const struct jm_hash32 *id)
{
    enum jm_status st = JM_E_ABSENT;
    bool taken = false;

    for (unsigned k = 0; k < JM_ABCI_TRIES && st == JM_E_ABSENT; k++) {
        enum jm_ltx_code code = JM_LTX_OK;

        st = e->config.broadcast(e->config.broadcast_ctx, &code, p->tx);
        if (st == JM_OK && code != JM_LTX_OK) {
            /* one that was taken before may itself be why: nothing is known then */
            st = taken ? JM_E_UNAVAILABLE : JM_OK;
            out->code = taken ? JM_LTX_OK : code;
            break;
        }
        taken = true;
        if (st == JM_OK || st == JM_E_CONFLICT)
            st = wait_block(e, p, &out->code);
    }
    /* a refusal does not say whether an earlier try was committed */
    if (is_committed(e, &out->at, id)) {
        out->code = JM_LTX_OK;
        return JM_OK;
    }
    return st == JM_E_ABSENT ? JM_E_UNAVAILABLE : st;
}

static enum jm_status submit_tx(void *ctx, struct jm_ledger_result *out, struct jm_bytes tx)
{
    struct jm_abci_engine *e = ctx;
    struct jm_hash32 id;
    struct place *p;
    enum jm_status st;

    *out = (struct jm_ledger_result){0};
    st = id_of(&id, e, tx);
    if (st == JM_E_MALFORMED || st == JM_E_LIMIT) {
        out->code = st == JM_E_LIMIT ? JM_LTX_SIZE : JM_LTX_CBOR;
        return JM_OK;
    }
    JM_TRY(st);
    if (is_committed(e, &out->at, &id))
        return JM_OK;
    if ((p = take_place(e, tx)) == NULL)
        return JM_E_UNAVAILABLE;
    st = try_submit(e, p, out, &id);
    leave_place(e, p);
    return st;
}

/* -- reading: of who keeps the ledger -- */

static void open_view(void *ctx, struct jm_ledger_view *out)
{
    const struct jm_ledger_engine *r = &((struct jm_abci_engine *)ctx)->config.reads;

    r->open(r->ctx, out);
}

static void close_view(void *ctx)
{
    const struct jm_ledger_engine *r = &((struct jm_abci_engine *)ctx)->config.reads;

    r->close(r->ctx);
}

static enum jm_status read_entry(void *ctx, struct jm_bytes *out, uint64_t index,
                                 struct jm_arena *mem)
{
    const struct jm_ledger_engine *r = &((struct jm_abci_engine *)ctx)->config.reads;

    return r->entry(r->ctx, out, index, mem);
}

static enum jm_status read_state_proof(void *ctx, struct jm_proof *out, size_t at)
{
    const struct jm_ledger_engine *r = &((struct jm_abci_engine *)ctx)->config.reads;

    return r->state_proof(r->ctx, out, at);
}

static enum jm_status find_tx(void *ctx, struct jm_ledger_place *out, const struct jm_hash32 *id)
{
    const struct jm_ledger_engine *r = &((struct jm_abci_engine *)ctx)->config.reads;

    return r->find(r->ctx, out, id);
}

struct jm_ledger_engine jm_abci_engine_engine(struct jm_abci_engine *e)
{
    return (struct jm_ledger_engine){e,          submit_tx,        open_view, close_view,
                                     read_entry, read_state_proof, find_tx};
}

/* -- life -- */

static bool make_lock(struct jm_abci_engine *e)
{
    pthread_condattr_t a;

    if (pthread_mutex_init(&e->lock, NULL) != 0 || pthread_condattr_init(&a) != 0)
        return false;
    if (pthread_condattr_setclock(&a, CLOCK_MONOTONIC) != 0 || pthread_cond_init(&e->told, &a) != 0)
        return false;
    (void)pthread_condattr_destroy(&a);
    return true;
}

enum jm_status jm_abci_engine_start(struct jm_abci_engine **out,
                                    const struct jm_abci_engine_config *config)
{
    struct jm_abci_config server = {.path = config->path,
                                    .version = config->version,
                                    .log = config->log,
                                    .log_ctx = config->ctx};
    struct jm_abci_engine *e = calloc(1, sizeof *e);
    enum jm_status st = JM_E_UNAVAILABLE;
    const struct jm_ledger *l;

    *out = NULL;
    if (e == NULL || !make_lock(e)) {
        free(e);
        return st;
    }
    e->config = *config;
    if ((st = jm_abci_machine_new(&e->machine, &config->machine)) != JM_OK)
        goto out;
    e->app = jm_abci_machine_app(e->machine);
    l = config->machine.ledger(config->machine.ctx);
    e->crypto = l->port.crypto;
    e->genesis = l->genesis;
    server.app = (struct jm_abci_app){e,           ask_tip,  ask_start,       ask_check,  ask_begin,
                                      ask_attempt, ask_drop, finalize_marked, commit_told};
    if ((st = jm_abci_server_new(&e->server, &server)) != JM_OK)
        goto out;
    if (pthread_create(&e->thread, NULL, serve_comet, e) != 0) {
        st = JM_E_UNAVAILABLE;
        goto out;
    }
    e->running = true;
    *out = e;
    e = NULL;
    st = JM_OK;
out:
    jm_abci_engine_stop(&e);
    return st;
}

void jm_abci_engine_stop(struct jm_abci_engine **e)
{
    struct jm_abci_engine *x = *e;

    if (x == NULL)
        return;
    if (x->running) {
        jm_abci_server_stop(x->server);
        (void)pthread_join(x->thread, NULL);
    }
    jm_abci_server_free(&x->server);
    jm_abci_machine_free(&x->machine);
    (void)pthread_cond_destroy(&x->told);
    (void)pthread_mutex_destroy(&x->lock);
    free(x);
    *e = NULL;
}
