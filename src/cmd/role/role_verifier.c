/* SPDX-License-Identifier: Apache-2.0 */
/* The verifier of a relying party: requests and answers for wallets, the result API for its
 * services, keys over a control socket. */
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "cmd/operator/verifier.h"
#include "cmd/role/roles.h"
#include "host/fetch/fetch.h"
#include "host/openssl/openssl.h"

#define TICK_S 10
#define ARENA (16 * JM_MIB) /* an answer of 1 MiB, its parts, and a status list unpacked */
#define KEPT_MAX 64         /* addresses: shards of the families, and a CRL */
#define KEPT_OCTETS_MAX (8 * JM_MIB)

/* -- what is kept of lists -- */

struct kept {
    uint8_t *octets; /* key ‖ etag ‖ body */
    size_t key_len, etag_len, body_len;
    struct jm_cached c;
    uint64_t used;
};

struct cache {
    pthread_mutex_t lock;
    struct kept slot[KEPT_MAX];
    size_t octets;
    uint64_t clock;
};

static size_t size_of(const struct kept *k)
{
    return k->key_len + k->etag_len + k->body_len;
}

static struct kept *find(struct cache *c, struct jm_bytes key)
{
    for (size_t i = 0; i < KEPT_MAX; i++)
        if (c->slot[i].octets != NULL &&
            jm_bytes_eq(jm_bytes(c->slot[i].octets, c->slot[i].key_len), key))
            return &c->slot[i];
    return NULL;
}

static void forget(struct cache *c, struct kept *k)
{
    c->octets -= size_of(k);
    free(k->octets);
    memset(k, 0, sizeof *k);
}

/* A free slot, or that of the longest unused; and room for @p len octets. */
static struct kept *make_room(struct cache *c, size_t len)
{
    for (;;) {
        struct kept *oldest = NULL, *empty = NULL;

        for (size_t i = 0; i < KEPT_MAX; i++) {
            struct kept *k = &c->slot[i];

            if (k->octets == NULL)
                empty = k;
            else if (oldest == NULL || k->used < oldest->used)
                oldest = k;
        }
        if (empty != NULL && c->octets + len <= KEPT_OCTETS_MAX)
            return empty;
        if (oldest == NULL)
            return NULL;
        forget(c, oldest);
    }
}

static bool cache_get(void *ctx, struct jm_bytes key, struct jm_cached *out, struct jm_arena *mem)
{
    struct cache *c = ctx;
    struct kept *k;
    bool ok = false;

    (void)pthread_mutex_lock(&c->lock);
    if ((k = find(c, key)) != NULL) {
        *out = k->c;
        k->used = ++c->clock;
        ok = jm_dup(&out->etag, mem, jm_bytes(k->octets + k->key_len, k->etag_len)) == JM_OK &&
             jm_dup(&out->body, mem, jm_bytes(k->octets + k->key_len + k->etag_len, k->body_len)) ==
                 JM_OK;
    }
    (void)pthread_mutex_unlock(&c->lock);
    if (!ok)
        *out = (struct jm_cached){.iat = 0};
    return ok;
}

static void put_locked(struct cache *c, struct jm_bytes key, const struct jm_cached *what)
{
    struct kept *k = find(c, key);
    size_t len = key.len + what->etag.len + what->body.len;
    uint8_t *octets;

    if (k != NULL &&
        (k->c.iat > what->iat || (k->c.iat == what->iat && k->c.asked_s > what->asked_s)))
        return; /* another thread was quicker */
    if (len > KEPT_OCTETS_MAX || (octets = malloc(len + 1)) == NULL)
        return;
    if (k != NULL)
        forget(c, k);
    if ((k = make_room(c, len)) == NULL) {
        free(octets);
        return;
    }
    memcpy(octets, key.ptr, key.len);
    if (what->etag.len != 0)
        memcpy(octets + key.len, what->etag.ptr, what->etag.len);
    if (what->body.len != 0)
        memcpy(octets + key.len + what->etag.len, what->body.ptr, what->body.len);
    *k = (struct kept){octets, key.len, what->etag.len, what->body.len, *what, ++c->clock};
    k->c.etag = k->c.body = jm_none();
    c->octets += len;
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
        if (c->slot[i].octets != NULL)
            forget(c, &c->slot[i]);
}

/* -- what services do not see -- */

struct world {
    const struct jm_home *home;
    struct jm_fetch_rules fetch;
};

static enum jm_status new_key(void *ctx, struct jm_secret32 *scalar, struct jm_point *point)
{
    struct jm_key *key = NULL;
    enum jm_status st;

    (void)ctx;
    JM_TRY(jm_key_generate(&key));
    st = jm_key_point(point, key);
    if (st == JM_OK)
        st = jm_key_scalar(scalar, key);
    jm_key_free(&key);
    return st;
}

static enum jm_status agree(void *ctx, const struct jm_secret32 *scalar, struct jm_bytes peer,
                            uint8_t x[32])
{
    struct jm_key *key = NULL;
    enum jm_status st;

    (void)ctx;
    JM_TRY(jm_key_from_scalar(&key, scalar));
    st = jm_key_agree(key, peer, x);
    jm_key_free(&key);
    return st;
}

static enum jm_status fetch(void *ctx, const struct jm_http_ask *ask, struct jm_http_answer *out,
                            struct jm_arena *mem)
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

static enum jm_status load_operator(struct jm_verifier *v, const struct jm_home *home,
                                    struct jm_diag *d)
{
    struct jm_bytes hash;

    JM_TRY(jm_cmd_read(&hash, jm_home_path(home, "verifier/operator.sha256"), 64, home->cmd, d));
    if (hash.len != sizeof v->operator_hash)
        return jm_refuse(d, JM_E_USAGE, JM_CMD_CONFIG, "verifier/operator.sha256");
    memcpy(v->operator_hash, hash.ptr, sizeof v->operator_hash);
    return JM_OK;
}

static enum jm_status open_verifier(struct jm_verifier *v, struct world *w, struct cache *cache,
                                    const struct jm_home *home, struct jm_diag *d)
{
    v->trust = home->trust;
    v->ttl_s = (int64_t)jm_conf_uint(&home->conf, "verifier", "request_ttl", JM_VER_TTL_S);
    if (v->ttl_s < 1 || v->ttl_s > JM_VER_TTL_MAX_S)
        return jm_refuse(d, JM_E_USAGE, JM_CMD_CONFIG,
                         jm_format(home->cmd->mem, "%s: [verifier] request_ttl: 1–600 s",
                                   home->conf_file));
    v->url = jm_str(home->verifier.base);
    v->new_key = new_key;
    v->agree = agree;
    v->fetch = fetch;
    v->clock_behind = clock_behind;
    v->ctx = w;
    v->cache = (struct jm_list_cache){cache_get, cache_put, cache};
    JM_TRY(jm_verifier_read_services(&v->app, home, d));
    if (jm_cmd_read(&v->access, jm_home_path(home, "verifier/access.der"), JM_CERT_MAX, home->cmd,
                    NULL) != JM_OK)
        return jm_refuse(d, JM_E_USAGE, JM_VER_NOT_ENROLLED, home->dir);
    JM_TRY(load_operator(v, home, d));
    return jm_verifier_init(v, home->cmd->mem, d);
}

struct running {
    struct jm_store *store;
    struct jm_signer *signer;
    struct jm_http *http, *control;
};

static enum jm_status start(struct running *r, struct jm_verifier *v, struct world *w,
                            struct cache *cache, struct jm_home *home, struct jm_diag *d)
{
    static struct jm_http_table open_table, local_table;
    struct jm_http_config c = {.tables = &open_table,
                               .n_tables = 1,
                               .role = v,
                               .auth = jm_verifier_auth,
                               .fail = jm_fail,
                               .arena_size = ARENA,
                               .rate_off = home->synthetic};
    struct jm_http_config control = {.unix_path = jm_home_path(home, "run/verifier/verifier.sock"),
                                     .tables = &local_table,
                                     .n_tables = 1,
                                     .role = v,
                                     .auth = jm_verifier_auth,
                                     .fail = jm_fail,
                                     .workers = 1,
                                     .rate_off = true,
                                     .now_s = jm_clock_now,
                                     .now_ctx = &home->clock};

    open_table = (struct jm_http_table){jm_verification_routes, jm_verification_n_routes};
    local_table =
        (struct jm_http_table){jm_verification_local_routes, jm_verification_n_local_routes};
    JM_TRY(jm_role_clock(home, "verifier", d));
    JM_TRY(jm_home_signer(&r->signer, home, "verifier", d));
    JM_TRY(jm_wire_store(&r->store, home, "verifier", d));
    jm_wire_env(&v->base.env, home, r->store, r->signer);
    w->home = home;
    w->fetch.allow_loopback = home->synthetic;
    JM_TRY(open_verifier(v, w, cache, home, d));
    jm_wire_log(&v->base, home, "verifier");
    JM_TRY(jm_http_start(&r->control, &control));
    return jm_role_http(&r->http, home, "verifier", &home->verifier, &c, d);
}

/* -- SIGHUP -- */

struct swap {
    struct jm_verifier *v;
    const struct jm_verifier *fresh;
    struct jm_http *then; /* paused too */
};

static void swap_in(void *arg)
{
    struct swap *s = arg;
    struct jm_http *next = s->then;

    s->then = NULL;
    if (next != NULL)
        jm_http_between(next, swap_in, s);
    else
        *s->v = *s->fresh;
}

/* Trust set, services, certificate, time of a request: what a running verifier has is what it had,
 * or all of it anew. */
static enum jm_status reload(const struct running *r, struct jm_verifier *v, struct world *w,
                             struct cache *cache, struct jm_reread **kept, struct jm_diag *d)
{
    struct jm_verifier *fresh = calloc(1, sizeof *fresh);
    struct jm_reread *n = NULL;
    struct jm_diag why = {0};
    enum jm_status st =
        fresh == NULL ? JM_E_UNAVAILABLE : jm_reread_open(&n, w->home, "verifier", d);

    if (st == JM_OK) {
        fresh->base = v->base;
        st = open_verifier(fresh, w, cache, &n->home, &why);
        if (st != JM_OK)
            st = jm_refuse(d, st, why.code, NULL);
    }
    if (st == JM_OK) {
        struct swap s = {v, fresh, r->control};

        jm_http_between(r->http, swap_in, &s);
        jm_reread_free(kept); /* nobody looks into the former one any more */
        *kept = n;
        n = NULL;
    }
    jm_reread_free(&n);
    free(fresh);
    return st;
}

int jm_role_verifier(const struct jm_home *const_home)
{
    static struct jm_verifier v;
    static struct world w;
    static struct cache cache;
    struct jm_home *home = (struct jm_home *)(uintptr_t)const_home; /* its clock is fed */
    struct running r = {NULL, NULL, NULL, NULL};
    struct jm_reread *kept = NULL;
    enum jm_role_event event;
    struct jm_diag d = {0};
    enum jm_status st;
    int code = JM_EXIT_OK;

    (void)pthread_mutex_init(&cache.lock, NULL);
    st = start(&r, &v, &w, &cache, home, &d);
    if (st != JM_OK)
        code = jm_cmd_fail(home->cmd, st, &d);
    while (code == JM_EXIT_OK && (event = jm_role_wait(home, "verifier", TICK_S)) != JM_ROLE_STOP) {
        if (event == JM_ROLE_RELOAD) {
            d = (struct jm_diag){.code = JM_CODE_NONE};
            st = reload(&r, &v, &w, &cache, &kept, &d);
            jm_reread_say(home, "verifier", st, &d);
        }
        if (jm_verification_sweep(&v) != JM_OK)
            jm_log(home, "verifier", "transactions were not swept, trying again");
    }
    jm_http_stop(&r.http);
    jm_http_stop(&r.control);
    jm_store_close(&r.store);
    jm_signer_disconnect(&r.signer);
    jm_reread_free(&kept);
    cache_end(&cache);
    return code;
}
