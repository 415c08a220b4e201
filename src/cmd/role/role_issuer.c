/* SPDX-License-Identifier: Apache-2.0 */
/* The issuer: OpenID4VCI and desk over HTTP, operator's routes over a control socket, and the
 * publisher of status lists. */
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "cmd/cli/trustset.h"
#include "cmd/role/issuer.h"
#include "cmd/role/role_http.h"
#include "host/files/files.h"
#include "host/openssl/openssl.h"
#include "host/webauthn/webauthn.h"
#include "jumin/base64.h"
#include "service/bridge/bridge.h"
#include "service/desk/parts.h"
#include "service/issuance/parts.h"
#include "service/nonces/parts.h"
#include "service/orders/orders.h"
#include "service/restore/restore.h"
#include "service/staff/parts.h"
#include "service/tap/tap.h"
#include "service/web/fail.h"
#include "service/web/pages.h"
#include "service/web/routes.h"

#define TICK_S 10
#define HOUR_TICKS 360
#define ARENA (8 * JM_MIB) /* a batch of 16 copies with a 20 kB portrait, twice */
#define SWEEP_ROOM (256 * JM_KIB)
#define PUBLISH_ROOM (4 * JM_MIB)
/* several losses at once become one list; well below D-185's second */
#define DEBOUNCE_MS 50

#define GZIP_ROOM (JM_LIST_TOKEN_MAX + JM_LIST_TOKEN_MAX / 1000 + JM_KIB)

struct publisher {
    pthread_mutex_t lock, busy; /* busy: publishing, or what is published from is being changed */
    pthread_cond_t wake;
    pthread_t thread;
    bool due, stop;
    bool runs;
    const struct jm_home *home;
    void *room;
};

static struct jm_issuer issuer;
static struct jm_bridges bridges; /* for as long as the process lives */
static struct jm_served served;
static struct publisher publisher = {.lock = PTHREAD_MUTEX_INITIALIZER,
                                     .busy = PTHREAD_MUTEX_INITIALIZER,
                                     .wake = PTHREAD_COND_INITIALIZER};

/* Beside it, for who asks for it: base64url gives up a quarter. */
static enum jm_status put_gzip(const char *path, struct jm_bytes token)
{
    void *room = malloc(GZIP_ROOM);
    struct jm_arena mem;
    struct jm_bytes zip;
    enum jm_status st;

    if (room == NULL)
        return JM_E_UNAVAILABLE;
    jm_arena_init(&mem, room, GZIP_ROOM);
    if ((st = jm_gzip(&zip, token, &mem)) == JM_OK)
        st = jm_file_write(path, zip, 0644);
    free(room);
    return st;
}

static enum jm_status put_list(void *ctx, uint32_t shard, bool cwt, struct jm_bytes token)
{
    const struct publisher *p = ctx;
    char path[4096];
    int n = snprintf(path, sizeof path - 3, "%s/public/l/%u.%s", p->home->dir, (unsigned)shard,
                     cwt ? "cwt" : "jwt");

    if (n <= 0 || (size_t)n >= sizeof path - 3)
        return JM_E_LIMIT;
    JM_TRY(jm_file_write(path, token, 0644));
    memcpy(path + n, ".gz", 4);
    return cwt ? JM_OK : put_gzip(path, token);
}

static enum jm_status get_list(void *ctx, uint32_t shard, struct jm_bytes *token,
                               struct jm_arena *mem)
{
    const struct publisher *p = ctx;
    char path[4096];
    int n = snprintf(path, sizeof path, "%s/public/l/%u.jwt", p->home->dir, (unsigned)shard);

    return n > 0 && (size_t)n < sizeof path ? jm_file_read(token, path, JM_LIST_TOKEN_MAX, mem)
                                            : JM_E_LIMIT;
}

static void wake_up(void *ctx)
{
    struct publisher *p = ctx;

    (void)pthread_mutex_lock(&p->lock);
    p->due = true;
    (void)pthread_cond_signal(&p->wake);
    (void)pthread_mutex_unlock(&p->lock);
}

static enum jm_status sweep_tx(struct jm_tx *tx, void *arg)
{
    (void)arg;
    JM_TRY(jm_spent_sweep_in(tx, jm_tx_now(tx)));
    JM_TRY(jm_token_rows_sweep(tx, jm_tx_now(tx)));
    JM_TRY(jm_taps_sweep_in(tx, jm_tx_now(tx) - JM_DAY_S));
    JM_TRY(jm_pushed_rows_sweep(tx, jm_tx_now(tx) - JM_PUSHED_PAGE_TTL_S));
    JM_TRY(jm_deferred_rows_sweep(tx, jm_tx_now(tx) - JM_REVIEW_TTL_S));
    JM_TRY(jm_photo_rows_sweep(tx, jm_tx_now(tx) - JM_PHOTO_ASK_TTL_S));
    return jm_staff_rows_sweep(tx, jm_tx_now(tx) - JM_SESSION_IDLE_S);
}

/* Old copies of those who moved and have not refreshed: D-152. */
static enum jm_status grace_tx(struct jm_tx *tx, void *arg)
{
    const struct jm_issuer *is = arg;

    return jm_card_grace_over_in(tx, jm_tx_now(tx) - is->address_grace_days * JM_DAY_S, NULL);
}

/* @p why: of the lists. */
static void publish_once(struct publisher *p, struct jm_diag *why)
{
    struct jm_diag d = {0};
    struct jm_arena mem;

    (void)pthread_mutex_lock(&p->busy);
    jm_arena_init(&mem, p->room, PUBLISH_ROOM);
    if (jm_status_publish(&issuer.base.env, &issuer.publication, NULL, &mem, why) != JM_OK)
        jm_log(p->home, "issuer", "status lists were not published, trying again: %s",
               jm_wire_reason(why));
    jm_arena_reset(&mem);
    if (jm_audit_sign_head(&issuer.base.env, &mem, &d) != JM_OK)
        jm_log(p->home, "issuer", "the audit head was not signed, trying again: %s",
               jm_wire_reason(&d));
    jm_arena_reset(&mem);
    (void)pthread_mutex_unlock(&p->busy);
}

static void *publisher_main(void *arg)
{
    const struct timespec debounce = {0, DEBOUNCE_MS * 1000000L};
    struct publisher *p = arg;

    for (;;) {
        (void)pthread_mutex_lock(&p->lock);
        while (!p->due && !p->stop)
            (void)pthread_cond_wait(&p->wake, &p->lock);
        bool stop = p->stop;
        p->due = false;
        (void)pthread_mutex_unlock(&p->lock);
        if (!stop)
            (void)nanosleep(&debounce, NULL);
        publish_once(p, &(struct jm_diag){0});
        if (stop)
            return NULL;
    }
}

/* Bare http only on loopback and only in a synthetic country. */
static enum jm_status check_base(const struct jm_home *home, const char *base, struct jm_diag *d)
{
    struct jm_bytes b = jm_str(base);

    if (base == NULL || !jm_bytes_starts(b, JM_BYTES("http")))
        return jm_refuse(d, JM_E_USAGE, JM_CMD_BASE_URL, "no base address");
    return home->synthetic || jm_bytes_starts(b, JM_BYTES("https://"))
               ? JM_OK
               : jm_refuse(d, JM_E_USAGE, JM_CMD_BASE_URL, base);
}

static size_t issuer_tables(struct jm_http_table out[JM_ROLE_TABLES], bool control)
{
    if (control)
        return jm_local_tables(out);
    out[0] = (struct jm_http_table){jm_issuance_routes, jm_issuance_n_routes};
    out[1] = (struct jm_http_table){jm_desk_routes, jm_desk_n_routes};
    out[2] = (struct jm_http_table){jm_tap_routes, jm_tap_n_routes};
    out[3] = (struct jm_http_table){jm_page_routes, jm_page_n_routes};
    out[4] = (struct jm_http_table){jm_orders_routes, jm_orders_n_routes};
    out[5] = (struct jm_http_table){jm_bridge_routes, jm_bridge_n_routes};
    return 6;
}

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

/* What is made anew from the home, beside store, signer, clock, nonces and indices. */
static enum jm_status read_home(struct jm_issuer *is, const struct jm_home *home, struct jm_diag *d)
{
    JM_TRY(jm_served_operator(is->operator_hash, &jm_role_issuer, home, d));
    is->publication.put = put_list;
    is->publication.get = get_list;
    is->publication.ctx = is->wake_ctx = &publisher;
    is->wake_publisher = wake_up;
    return jm_issuance_metadata(is, home->cmd->mem);
}

/* Loss reports come in whatever the clock says. */
static enum jm_status open_issuer(const struct jm_home *home, struct jm_diag *d)
{
    publisher.home = home;
    if ((publisher.room = jm_alloc(home->cmd->mem, PUBLISH_ROOM, 1)) == NULL)
        return JM_E_NO_SPACE;
    JM_TRY(check_base(home, home->issuer.base, d));
    JM_TRY(jm_served_open(&served, &jm_role_issuer, home, d));
    JM_TRY(jm_issuer_open(&issuer, home, served.store, served.signer, d));
    JM_TRY(jm_wire_pages(&issuer.base, home, home->issuer.base, false));
    issuer.base.env.passkeys = &jm_webauthn_fido2;
    jm_wire_log(&issuer.base, home, jm_role_issuer.name);
    JM_TRY(jm_issuer_is_newest(&issuer, home, d));
    issuer.exchange.new_key = new_key;
    issuer.exchange.agree = agree_key;
    jm_bridges_init(&bridges);
    issuer.bridges = &bridges;
    JM_TRY(jm_exchange_begin(&issuer.exchange, home->cmd->crypto));
    return read_home(&issuer, home, d);
}

static enum jm_status start_publisher(struct jm_diag *d)
{
    struct jm_index warm[1];
    struct jm_diag why = {0};

    /* opens the shards; the one index is lost on purpose */
    JM_TRY(jm_status_take(&issuer.pool, &issuer.base.env, warm, 1));
    publish_once(&publisher, &why);
    if (why.code == JM_STATUS_AHEAD)
        return jm_refuse(d, JM_E_DENIED, why.code, NULL);
    publisher.runs = pthread_create(&publisher.thread, NULL, publisher_main, &publisher) == 0;
    return publisher.runs ? JM_OK : JM_E_UNAVAILABLE;
}

static enum jm_status start_issuer(const struct jm_home *home, struct jm_diag *d)
{
    const struct jm_http_config c = {.role = &issuer,
                                     .auth = jm_issuer_auth,
                                     .fail = jm_fail,
                                     .arena_size = ARENA,
                                     .rate_off = home->synthetic};

    JM_TRY(start_publisher(d));
    return jm_served_start(&served, &jm_role_issuer, home, c, d);
}

static void swap_in(void *arg)
{
    struct jm_issuer *fresh = arg;

    (void)pthread_mutex_lock(&publisher.busy);
    fresh->nonces = issuer.nonces;
    fresh->pool = issuer.pool;
    fresh->bridges = issuer.bridges;
    issuer = *fresh;
    (void)pthread_mutex_unlock(&publisher.busy);
}

static enum jm_status reload_issuer(const struct jm_home *home, struct jm_diag *d)
{
    struct jm_issuer *fresh = calloc(1, sizeof *fresh);
    enum jm_status st = JM_E_UNAVAILABLE;

    if (fresh != NULL)
        st = jm_issuer_open(fresh, home, served.store, served.signer, d);
    if (st == JM_OK) {
        fresh->base = issuer.base;
        fresh->exchange = issuer.exchange; /* who has the metadata goes on with it */
        st = read_home(fresh, home, d);
    }
    if (st == JM_OK)
        jm_served_between(&served, swap_in, fresh);
    free(fresh);
    return st;
}

struct warning {
    struct jm_arena *mem;
    size_t n;
};

static enum jm_status warn_tx(struct jm_tx *tx, void *arg)
{
    struct warning *w = arg;

    return jm_cards_warn_in(tx, &w->n, w->mem);
}

/* What waits for its day. */
static void do_daily(const struct jm_home *home)
{
    void *room = malloc(SWEEP_ROOM);
    struct jm_arena mem;
    const struct jm_order_call c = {.is = &issuer,
                                    .who = {JM_BYTES("issuer"), JM_BYTES("local")},
                                    .mem = &mem};

    if (room == NULL)
        return;
    jm_arena_init(&mem, room, SWEEP_ROOM);
    if (jm_orders_sweep(&c) != JM_OK)
        jm_log(home, "issuer", "plastic that nobody came for was not ended, trying again");
    jm_arena_reset(&mem);
    for (struct warning w = {&mem, JM_WARNINGS_AT_ONCE}; w.n == JM_WARNINGS_AT_ONCE;) {
        w.n = 0;
        if (jm_tx_run(&issuer.base.env, warn_tx, &w) != JM_OK)
            jm_log(home, "issuer", "whose card ends was not told, trying again");
        jm_arena_reset(&mem);
    }
    free(room);
}

static void tick_issuer(const struct jm_home *home, unsigned ticks)
{
    if (jm_tx_run(&issuer.base.env, grace_tx, &issuer) != JM_OK)
        jm_log(home, "issuer", "copies past their grace were not ended, trying again");
    if (ticks % HOUR_TICKS == 0 &&
        jm_trust_ends(&issuer.trust, home->cmd->crypto) < jm_home_now(home) + JM_TRUST_DUE_S)
        jm_log(home, "issuer",
               "trust set or revocation list end within fourteen days: jumin trust renew, then "
               "import it everywhere");
    if (ticks % HOUR_TICKS == 0)
        do_daily(home);
    wake_up(&publisher); /* lists older than six hours, and the audit head */
    if (ticks % 6 == 0 && jm_tx_run(&issuer.base.env, sweep_tx, NULL) != JM_OK)
        jm_log(home, "issuer", "what was spent and what has run out was not swept");
}

static void stop_issuer(void)
{
    jm_served_stop(&served);
    if (publisher.runs) {
        (void)pthread_mutex_lock(&publisher.lock);
        publisher.stop = true;
        (void)pthread_cond_signal(&publisher.wake);
        (void)pthread_mutex_unlock(&publisher.lock);
        (void)pthread_join(publisher.thread, NULL);
    }
    jm_served_close(&served);
}

JM_ROLE(issuer, JM_HOME_AUTHORITY, TICK_S, tick_issuer);
