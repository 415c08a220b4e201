/* SPDX-License-Identifier: Apache-2.0 */
/* The verifier of a relying party: requests and answers for wallets, the result API for its
 * services, keys over a control socket. */
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "cmd/role/role_http.h"
#include "cmd/role/verifier.h"
#include "host/fetch/fetch.h"
#include "host/openssl/openssl.h"
#include "service/web/fail.h"
#include "service/web/pages.h"
#include "service/web/routes.h"

#define TICK_S 10
#define ARENA (16 * JM_MIB) /* an answer of 1 MiB, its parts, and a status list unpacked */
#define KEPT_MAX 64         /* addresses: shards of the families, and a CRL */
#define KEPT_OCTETS_MAX (8 * JM_MIB)

/* -- what is kept of lists -- */

/* Octets that do not change: as long as they are kept, or somebody reads them. */
struct block {
    unsigned readers; /* and one for the slot */
    size_t key_len, etag_len, body_len, raw_len;
    uint8_t octets[]; /* key ‖ etag ‖ body ‖ raw */
};

struct kept {
    struct block *block; /* null: free */
    struct jm_cached c;
    uint64_t used;
};

struct cache {
    pthread_mutex_t lock;
    struct kept slot[KEPT_MAX];
    size_t octets;
    uint64_t clock;
};

static size_t size_of(const struct block *b)
{
    return b->key_len + b->etag_len + b->body_len + b->raw_len;
}

static void leave_block(struct block *b)
{
    if (--b->readers == 0)
        free(b);
}

static struct kept *find_kept(struct cache *c, struct jm_bytes key)
{
    for (size_t i = 0; i < KEPT_MAX; i++) {
        const struct block *b = c->slot[i].block;

        if (b != NULL && jm_bytes_eq(jm_bytes(b->octets, b->key_len), key))
            return &c->slot[i];
    }
    return NULL;
}

static void forget_kept(struct cache *c, struct kept *k)
{
    c->octets -= size_of(k->block);
    leave_block(k->block);
    memset(k, 0, sizeof *k);
}

/* A free slot, or that of the longest unused; and room for @p len octets. */
static struct kept *make_room(struct cache *c, size_t len)
{
    for (;;) {
        struct kept *oldest = NULL, *empty = NULL;

        for (size_t i = 0; i < KEPT_MAX; i++) {
            struct kept *k = &c->slot[i];

            if (k->block == NULL)
                empty = k;
            else if (oldest == NULL || k->used < oldest->used)
                oldest = k;
        }
        if (empty != NULL && c->octets + len <= KEPT_OCTETS_MAX)
            return empty;
        if (oldest == NULL)
            return NULL;
        forget_kept(c, oldest);
    }
}

static bool cache_get(void *ctx, struct jm_bytes key, int64_t now, uint64_t trust_version,
                      struct jm_cached *out)
{
    struct cache *c = ctx;
    struct kept *k;

    (void)pthread_mutex_lock(&c->lock);
    if ((k = find_kept(c, key)) != NULL) {
        struct block *b = k->block;
        const uint8_t *etag = b->octets + b->key_len, *body = etag + b->etag_len;

        *out = k->c;
        out->etag = jm_bytes(etag, b->etag_len);
        if (jm_cached_holds(&k->c, now, trust_version))
            out->list.raw = jm_bytes(body + b->body_len, b->raw_len);
        else
            out->body = jm_bytes(body, b->body_len);
        out->held = b;
        b->readers++;
        k->used = ++c->clock;
    }
    (void)pthread_mutex_unlock(&c->lock);
    return k != NULL;
}

static void cache_let_go(void *ctx, void *held)
{
    struct cache *c = ctx;

    (void)pthread_mutex_lock(&c->lock);
    leave_block(held);
    (void)pthread_mutex_unlock(&c->lock);
}

static uint8_t *put_octets(uint8_t *at, struct jm_bytes what)
{
    if (what.len != 0)
        memcpy(at, what.ptr, what.len);
    return at + what.len;
}

static void put_locked(struct cache *c, struct jm_bytes key, const struct jm_cached *what)
{
    struct kept *k = find_kept(c, key);
    size_t raw = what->list.fault == JM_LIST_OK ? what->list.raw.len : 0,
           len = key.len + what->etag.len + what->body.len;
    struct block *b;
    uint8_t *at;

    if (k != NULL &&
        (k->c.iat > what->iat || (k->c.iat == what->iat && k->c.asked_s > what->asked_s)))
        return; /* another thread was quicker */
    if (len + raw > KEPT_OCTETS_MAX)
        raw = 0; /* unpacked each time */
    len += raw;
    if (len > KEPT_OCTETS_MAX || (b = malloc(sizeof *b + len)) == NULL)
        return;
    if (k != NULL)
        forget_kept(c, k);
    if ((k = make_room(c, len)) == NULL) {
        free(b);
        return;
    }
    *b = (struct block){1, key.len, what->etag.len, what->body.len, raw};
    at = put_octets(put_octets(put_octets(b->octets, key), what->etag), what->body);
    if (raw != 0)
        (void)put_octets(at, what->list.raw);
    *k = (struct kept){b, *what, ++c->clock};
    k->c.held = NULL;
    k->c.etag = k->c.body = k->c.list.raw = k->c.list.uri = jm_none();
    if (raw == 0)
        k->c.list.fault = JM_LIST_UNJUDGED;
    c->octets += len;
}

static void cache_same(void *ctx, struct jm_bytes key, int64_t asked_s)
{
    struct cache *c = ctx;
    struct kept *k;

    (void)pthread_mutex_lock(&c->lock);
    if ((k = find_kept(c, key)) != NULL && k->c.asked_s < asked_s)
        k->c.asked_s = asked_s;
    (void)pthread_mutex_unlock(&c->lock);
}

static void cache_put(void *ctx, struct jm_bytes key, const struct jm_cached *what)
{
    struct cache *c = ctx;

    (void)pthread_mutex_lock(&c->lock);
    put_locked(c, key, what);
    (void)pthread_mutex_unlock(&c->lock);
}

static void cache_end(struct cache *c)
{
    for (size_t i = 0; i < KEPT_MAX; i++)
        if (c->slot[i].block != NULL)
            forget_kept(c, &c->slot[i]);
}

/* -- what services do not see -- */

struct world {
    const struct jm_home *home;
    struct jm_fetch_rules fetch;
};

static enum jm_status new_key(void *ctx, struct jm_secret32 *scalar, struct jm_point *point)
{
    (void)ctx;
    return jm_scalar_new(scalar, point);
}

static enum jm_status agree_key(void *ctx, const struct jm_secret32 *scalar, struct jm_bytes peer,
                                uint8_t x[32])
{
    (void)ctx;
    return jm_scalar_agree(scalar, peer, x);
}

static enum jm_status fetch_document(void *ctx, const struct jm_http_ask *ask,
                                     struct jm_http_answer *out, struct jm_arena *mem)
{
    const struct world *w = ctx;

    return jm_fetch(&w->fetch, ask, out, mem);
}

static bool clock_behind(void *ctx)
{
    struct world *w = ctx;

    return jm_clock_behind((void *)(uintptr_t)&w->home->clock);
}

/* -- start and end -- */

enum jm_status jm_verifier_read_services(struct jm_rp_application *out, const struct jm_home *home,
                                         struct jm_diag *d)
{
    struct jm_bytes json;

    if (jm_cmd_read(&json, jm_home_path(home, "verifier/services.json"), JM_SERVICES_MAX, home->cmd,
                    NULL) != JM_OK)
        return jm_refuse(d, JM_E_USAGE, JM_VER_NOT_ENROLLED, home->dir);
    return jm_rp_read(out, json, home->cmd->mem, d);
}

static struct jm_verifier verifier;
static struct jm_served served;
static struct world world;
static struct cache cache = {.lock = PTHREAD_MUTEX_INITIALIZER};

static enum jm_status read_home(struct jm_verifier *v, const struct jm_home *home,
                                struct jm_diag *d)
{
    v->trust = home->trust;
    v->ttl_s = (int64_t)jm_conf_uint(&home->conf, "verifier", "request_ttl", JM_PRESENTATION_TTL_S);
    if (v->ttl_s < 1 || v->ttl_s > JM_PRESENTATION_TTL_MAX_S)
        return jm_refuse(d, JM_E_USAGE, JM_CMD_CONFIG,
                         jm_format(home->cmd->mem, "%s: [verifier] request_ttl: 1–600 s",
                                   home->conf_file));
    v->url = jm_str(home->verifier.base);
    v->new_key = new_key;
    v->agree = agree_key;
    v->fetch = fetch_document;
    v->clock_behind = clock_behind;
    v->ctx = &world;
    v->cache = (struct jm_list_cache){cache_get, cache_let_go, cache_put, cache_same, &cache};
    JM_TRY(jm_verifier_read_services(&v->app, home, d));
    if (jm_cmd_read(&v->access, jm_home_path(home, "verifier/access.der"), JM_CERT_MAX, home->cmd,
                    NULL) != JM_OK)
        return jm_refuse(d, JM_E_USAGE, JM_VER_NOT_ENROLLED, home->dir);
    JM_TRY(jm_served_operator(v->operator_hash, &jm_role_verifier, home, d));
    return jm_verifier_init(v, home->cmd->mem, d);
}

static size_t verifier_tables(struct jm_http_table out[JM_ROLE_TABLES], bool control)
{
    out[0] = control ? (struct jm_http_table){jm_presentation_local_routes,
                                              jm_presentation_local_n_routes}
                     : (struct jm_http_table){jm_presentation_routes, jm_presentation_n_routes};
    out[1] = (struct jm_http_table){jm_page_routes, jm_page_n_routes};
    return control ? 1 : 2;
}

static enum jm_status open_verifier(const struct jm_home *home, struct jm_diag *d)
{
    JM_TRY(jm_served_open(&served, &jm_role_verifier, home, d));
    jm_wire_env(&verifier.base.env, home, served.store, served.signer);
    world.home = home;
    world.fetch.allow_loopback = home->synthetic;
    JM_TRY(read_home(&verifier, home, d));
    JM_TRY(jm_verifier_unlock(&verifier, home->cmd->mem, d));
    jm_wire_log(&verifier.base, home, jm_role_verifier.name);
    return jm_wire_pages(&verifier.base, home, home->verifier.base, false);
}

static enum jm_status start_verifier(const struct jm_home *home, struct jm_diag *d)
{
    const struct jm_http_config c = {.role = &verifier,
                                     .auth = jm_verifier_auth,
                                     .fail = jm_fail,
                                     .arena_size = ARENA,
                                     .rate_off = home->synthetic};

    return jm_served_start(&served, &jm_role_verifier, home, c, d);
}

static void swap_in(void *arg)
{
    const struct jm_verifier *fresh = arg;

    verifier = *fresh;
}

/* Trust set, services, certificate, time of a request. */
static enum jm_status reload_verifier(const struct jm_home *home, struct jm_diag *d)
{
    struct jm_verifier *fresh = calloc(1, sizeof *fresh);
    enum jm_status st = JM_E_UNAVAILABLE;

    if (fresh != NULL) {
        fresh->base = verifier.base;
        fresh->row_key = verifier.row_key;
        st = read_home(fresh, home, d);
    }
    if (st == JM_OK)
        jm_served_between(&served, swap_in, fresh);
    if (fresh != NULL)
        jm_wipe(&fresh->row_key, sizeof fresh->row_key);
    free(fresh);
    return st;
}

static void tick_verifier(const struct jm_home *home, unsigned ticks)
{
    (void)ticks;
    if (jm_presentation_sweep(&verifier) != JM_OK)
        jm_log(home, "verifier", "presentations were not swept, trying again");
}

static void stop_verifier(void)
{
    jm_served_stop(&served);
    jm_served_close(&served);
    jm_wipe(&verifier.row_key, sizeof verifier.row_key);
    cache_end(&cache);
}

JM_ROLE(verifier, JM_HOME_VERIFIER, TICK_S, tick_verifier);
