/* SPDX-License-Identifier: Apache-2.0 */
/* The issuer: OpenID4VCI and desk over HTTP, operator's routes over a control socket, and the
 * publisher of status lists. */
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "cmd/operator/operate.h"
#include "cmd/role/roles.h"
#include "cmd/role/wire.h"
#include "host/files/files.h"
#include "host/openssl/openssl.h"
#include "host/portrait/portrait.h"
#include "jumin/base64.h"
#include "jumin/jose.h"
#include "service/desk/desk.h"
#include "service/issuance/parts.h"
#include "service/local.h"
#include "service/nonces/parts.h"
#include "service/restore/restore.h"
#include "service/staff/parts.h"

#define TICK_S 10
#define HOUR_TICKS 360
#define GRACE_DAYS_MAX 365
#define ARENA (8 * JM_MIB) /* a batch of 16 copies with a 20 kB portrait, twice */
#define PUBLISH_ROOM (4 * JM_MIB)
/* several losses at once become one list; well below D-185's second */
#define DEBOUNCE_MS 50
#define OPEN_SHARDS 2
#define JWK_MAX (4 * JM_KIB)

#define GZIP_ROOM (JM_LIST_TOKEN_MAX + JM_LIST_TOKEN_MAX / 1000 + JM_KIB)

struct publisher {
    pthread_mutex_t lock, busy; /* busy: publishing, or what is published from is being changed */
    pthread_cond_t wake;
    pthread_t thread;
    bool due, stop;
    struct jm_issuer *is;
    const struct jm_home *home;
    void *room;
};

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

static void wake(void *ctx)
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
    return jm_staff_rows_sweep(tx, jm_tx_now(tx) - JM_SESSION_IDLE_S);
}

/* Old copies of those who moved and have not refreshed: D-152. */
static enum jm_status grace_tx(struct jm_tx *tx, void *arg)
{
    const struct jm_issuer *is = arg;

    return jm_card_grace_over_in(tx, jm_tx_now(tx) - is->address_grace_days * JM_DAY_S, NULL);
}

static const char *reason(const struct jm_diag *d)
{
    enum jm_code code = d->code == JM_CODE_NONE ? jm_signer_reason() : d->code;

    return code == JM_CODE_NONE ? "" : jm_code_info(code)->name;
}

/* @p why: of the lists. */
static void publish_once(struct publisher *p, struct jm_diag *why)
{
    struct jm_diag d = {0};
    struct jm_arena mem;

    (void)pthread_mutex_lock(&p->busy);
    jm_arena_init(&mem, p->room, PUBLISH_ROOM);
    if (jm_status_publish(&p->is->base.env, &p->is->publication, NULL, &mem, why) != JM_OK)
        jm_log(p->home, "issuer", "status lists were not published, trying again: %s", reason(why));
    jm_arena_reset(&mem);
    if (jm_audit_sign_head(&p->is->base.env, &mem, &d) != JM_OK)
        jm_log(p->home, "issuer", "the audit head was not signed, trying again: %s", reason(&d));
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

static enum jm_status chain(struct jm_x5c *out, const struct jm_home *home, const char *name,
                            struct jm_diag *d)
{
    out->n = 1;
    return jm_wire_cert(&out->der[0], home, name, d);
}

static enum jm_status load_data(struct jm_issuer *is, const struct jm_home *home, struct jm_diag *d)
{
    const struct jm_cmd *cmd = home->cmd;
    struct jm_bytes json;

    JM_TRY(jm_cmd_data(&json, cmd, "rollout.json", d));
    JM_TRY(jm_rollout_load(&is->rollout, json, cmd->mem, d));
    JM_TRY(jm_cmd_data(&json, cmd, "fees.json", d));
    JM_TRY(jm_fees_load(&is->fees, json, cmd->mem, d));
    JM_TRY(jm_cmd_data(&json, cmd, "regions.json", d));
    JM_TRY(jm_regions_load(&is->regions, json, cmd->mem, d));
    is->regions_json = json;
    JM_TRY(jm_cmd_data(&is->names_json, cmd, "names.json", d));
    is->portrait = jm_portrait_draw;
    JM_TRY(jm_cmd_data(&json, cmd, "profiles/resident.json", d));
    return jm_profile_load(&is->profile, json, cmd->mem, d);
}

static enum jm_status load_certificates(struct jm_issuer *is, const struct jm_home *home,
                                        struct jm_diag *d)
{
    struct jm_x5c *status = JM_NEW(home->cmd->mem, struct jm_x5c);
    struct jm_cert ds, sd;

    if (status == NULL)
        return JM_E_NO_SPACE;
    JM_TRY(chain(&is->ds, home, "ds", d));
    JM_TRY(chain(&is->sdjwt, home, "sdjwt", d));
    JM_TRY(chain(&is->metadata, home, "metadata", d));
    JM_TRY(chain(&is->ticket, home, "ticket", d));
    JM_TRY(chain(status, home, "status", d));
    JM_TRY(jm_cert_parse(&ds, is->ds.der[0]));
    JM_TRY(jm_cert_parse(&sd, is->sdjwt.der[0]));
    /* D-180 (10): copies of both end together */
    is->ds_not_after = ds.not_after < sd.not_after ? ds.not_after : sd.not_after;
    is->publication.x5c = status->der;
    is->publication.n_x5c = status->n;
    return JM_OK;
}

static enum jm_status load_operator(struct jm_issuer *is, const struct jm_home *home,
                                    struct jm_diag *d)
{
    struct jm_bytes hash;

    JM_TRY(jm_cmd_read(&hash, jm_home_path(home, "issuer/operator.sha256"), 64, home->cmd, d));
    if (hash.len != 32)
        return jm_refuse(d, JM_E_USAGE, JM_CMD_CONFIG, "issuer/operator.sha256");
    memcpy(is->operator_hash, hash.ptr, 32);
    return JM_OK;
}

static enum jm_status load_audit_key(struct jm_issuer *is, const struct jm_home *home,
                                     struct jm_diag *d)
{
    const char *file = jm_home_path(home, "public/certs/audit.jwk");
    const struct jm_json *j;
    struct jm_bytes text;
    struct jm_jwk jwk;

    JM_TRY(jm_cmd_read(&text, file, JWK_MAX, home->cmd, d));
    if (jm_json_parse(&j, text, home->cmd->mem, NULL) != JM_OK || jm_jwk_read(&jwk, j) != JM_OK)
        return jm_refuse(d, JM_E_USAGE, JM_CMD_CONFIG, file);
    is->audit_key = jwk.point;
    return JM_OK;
}

static enum jm_status load_list_family(struct jm_issuer *is, const struct jm_home *home,
                                       struct jm_diag *d)
{
    struct jm_list_record family;
    struct jm_bytes uri = jm_str(jm_format(home->cmd->mem, "%s/l/0", home->status.base));

    if (home->status.base == NULL || jm_trust_list(&family, &home->trust, uri) != JM_OK)
        return jm_refuse(d, JM_E_USAGE, JM_CMD_CONFIG,
                         "[status] base: no list family of the trust set begins with it");
    is->publication.prefix = family.prefix;
    is->publication.ttl = (int64_t)family.ttl;
    is->publication.exp = (int64_t)family.exp;
    is->record_id = family.issuer;
    return JM_OK;
}

static enum jm_status load_rules(struct jm_issuer *is, const struct jm_home *home,
                                 struct jm_diag *d)
{
    const char *replacement = jm_conf_get(&home->conf, "issuer", "on_replacement");
    uint64_t days =
        jm_conf_uint(&home->conf, "issuer", "address.grace_days", JM_ADDRESS_GRACE_DAYS);

    if (days > GRACE_DAYS_MAX)
        return jm_refuse(d, JM_E_USAGE, JM_CMD_CONFIG,
                         jm_format(home->cmd->mem, "%s: [issuer] address.grace_days: 0–%d",
                                   home->conf_file, GRACE_DAYS_MAX));
    is->address_grace_days = (int64_t)days;
    is->revoke_on_replacement = replacement != NULL && strcmp(replacement, "REVOKE") == 0;
    if (replacement != NULL && !is->revoke_on_replacement && strcmp(replacement, "REBIND") != 0)
        return jm_refuse(d, JM_E_USAGE, JM_CMD_CONFIG,
                         jm_format(home->cmd->mem, "%s: [issuer] on_replacement: REBIND, REVOKE",
                                   home->conf_file));
    return JM_OK;
}

enum jm_status jm_issuer_open(struct jm_issuer *is, const struct jm_home *home,
                              struct jm_store *store, const struct jm_signer *signer,
                              struct jm_diag *d)
{
    memset(is, 0, sizeof *is);
    jm_wire_env(&is->base.env, home, store, signer);
    is->trust = home->trust;
    is->id = jm_str(home->issuer.base);
    is->synthetic = home->synthetic;
    JM_TRY(load_rules(is, home, d));
    JM_TRY(load_data(is, home, d));
    JM_TRY(load_certificates(is, home, d));
    JM_TRY(load_audit_key(is, home, d));
    JM_TRY(load_list_family(is, home, d));
    jm_nonces_init(&is->nonces);
    jm_status_pool_init(&is->pool, OPEN_SHARDS);
    return jm_restored_at(&is->base.env, &is->nonces.since);
}

/* D-458: a store that is older than what its signer signed goes on as if nothing had happened
 * since. What else is wrong with the chain is said, and no head is signed over it; it closes no
 * door. */
enum jm_status jm_issuer_is_newest(const struct jm_issuer *is, const struct jm_home *home,
                                   struct jm_diag *d)
{
    struct jm_diag why = {0};
    enum jm_status st = jm_audit_continues(&is->base.env, NULL, &why);

    if (st == JM_E_DENIED && why.code == JM_AUDIT_RESTORED)
        return jm_refuse(d, st, why.code, NULL);
    if (st == JM_E_DENIED)
        jm_log(home, "issuer", "%s", reason(&why));
    return JM_OK;
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

struct running {
    struct jm_store *store;
    struct jm_signer *signer;
    struct jm_http *http, *control;
    bool publishing;
};

/* What is made anew from the home, beside store, signer, clock, nonces and indices. */
static enum jm_status open_rest(struct jm_issuer *is, struct publisher *p,
                                const struct jm_home *home, struct jm_diag *d)
{
    JM_TRY(load_operator(is, home, d));
    is->publication.put = put_list;
    is->publication.get = get_list;
    is->publication.ctx = p;
    is->wake_publisher = wake;
    is->wake_ctx = p;
    return jm_issuance_metadata(is, home->cmd->mem);
}

static enum jm_status start(struct running *r, struct jm_issuer *is, struct publisher *p,
                            const struct jm_home *home, struct jm_diag *d)
{
    static struct jm_http_table open_tables[2], local_tables[JM_LOCAL_TABLES];
    struct jm_http_config c = {.tables = open_tables,
                               .n_tables = 2,
                               .role = is,
                               .auth = jm_issuer_auth,
                               .fail = jm_fail,
                               .arena_size = ARENA,
                               .rate_off = home->synthetic};
    struct jm_http_config control = {.unix_path = jm_home_path(home, "run/issuer/issuer.sock"),
                                     .tables = local_tables,
                                     .role = is,
                                     .auth = jm_issuer_auth,
                                     .fail = jm_fail,
                                     .arena_size = ARENA,
                                     .workers = 2,
                                     .rate_off = true,
                                     .now_s = jm_clock_now,
                                     .now_ctx = (void *)(uintptr_t)&home->clock};

    open_tables[0] = (struct jm_http_table){jm_issuance_routes, jm_issuance_n_routes};
    open_tables[1] = (struct jm_http_table){jm_desk_routes, jm_desk_n_routes};
    control.n_tables = jm_local_tables(local_tables);
    JM_TRY(check_base(home, home->issuer.base, d));
    JM_TRY(jm_role_clock(home, "issuer", d)); /* loss reports come in whatever the clock says */
    JM_TRY(jm_home_signer(&r->signer, home, "issuer", d));
    JM_TRY(jm_wire_store(&r->store, home, "issuer", d));
    JM_TRY(jm_issuer_open(is, home, r->store, r->signer, d));
    jm_wire_log(&is->base, home, "issuer");
    JM_TRY(jm_issuer_is_newest(is, home, d));
    JM_TRY(open_rest(is, p, home, d));
    struct jm_index warm[1];
    struct jm_diag why = {0};
    /* opens the shards; the one index is lost on purpose */
    JM_TRY(jm_status_take(&is->pool, &is->base.env, warm, 1));
    publish_once(p, &why);
    if (why.code == JM_STATUS_AHEAD)
        return jm_refuse(d, JM_E_DENIED, why.code, NULL);
    if (pthread_create(&p->thread, NULL, publisher_main, p) != 0)
        return JM_E_UNAVAILABLE;
    r->publishing = true;
    JM_TRY(jm_http_start(&r->control, &control));
    return jm_role_http(&r->http, home, "issuer", &home->issuer, &c, d);
}

/* -- SIGHUP -- */

struct swap {
    struct jm_issuer *is;
    struct jm_issuer *fresh;
    struct publisher *p;
    struct jm_http *then; /* paused too */
};

static void swap_in(void *arg)
{
    struct swap *s = arg;
    struct jm_http *next = s->then;

    s->then = NULL;
    if (next != NULL) {
        jm_http_between(next, swap_in, s);
        return;
    }
    (void)pthread_mutex_lock(&s->p->busy);
    s->fresh->nonces = s->is->nonces;
    s->fresh->pool = s->is->pool;
    *s->is = *s->fresh;
    (void)pthread_mutex_unlock(&s->p->busy);
}

static enum jm_status reload(const struct running *r, struct jm_issuer *is, struct publisher *p,
                             struct jm_reread **kept, struct jm_diag *d)
{
    struct jm_issuer *fresh = calloc(1, sizeof *fresh);
    struct jm_reread *n = NULL;
    struct jm_diag why = {0};
    enum jm_status st = fresh == NULL ? JM_E_UNAVAILABLE : jm_reread_open(&n, p->home, "issuer", d);

    if (st == JM_OK) {
        st = jm_issuer_open(fresh, &n->home, r->store, r->signer, &why);
        fresh->base = is->base;
        if (st == JM_OK)
            st = open_rest(fresh, p, &n->home, &why);
        if (st != JM_OK)
            st = jm_refuse(d, st, why.code, NULL);
    }
    if (st == JM_OK) {
        struct swap s = {is, fresh, p, r->control};

        jm_http_between(r->http, swap_in, &s);
        jm_reread_free(kept);
        *kept = n;
        n = NULL;
    }
    jm_reread_free(&n);
    free(fresh);
    return st;
}

int jm_role_issuer(const struct jm_home *home)
{
    static struct jm_issuer is;
    static struct publisher p;
    struct running r = {NULL, NULL, NULL, NULL, false};
    struct jm_reread *kept = NULL;
    enum jm_role_event event;
    struct jm_diag d = {0};
    enum jm_status st;
    int code = JM_EXIT_OK;

    p = (struct publisher){.is = &is,
                           .home = home,
                           .room = jm_alloc(home->cmd->mem, PUBLISH_ROOM, 1)};
    (void)pthread_mutex_init(&p.lock, NULL);
    (void)pthread_mutex_init(&p.busy, NULL);
    (void)pthread_cond_init(&p.wake, NULL);
    st = p.room == NULL ? JM_E_NO_SPACE : start(&r, &is, &p, home, &d);
    if (st != JM_OK)
        code = jm_cmd_fail(home->cmd, st, &d);
    for (unsigned ticks = 0;
         code == JM_EXIT_OK && (event = jm_role_wait(home, "issuer", TICK_S)) != JM_ROLE_STOP;
         ticks++) {
        if (event == JM_ROLE_RELOAD) {
            d = (struct jm_diag){.code = JM_CODE_NONE};
            st = reload(&r, &is, &p, &kept, &d);
            jm_reread_say(home, "issuer", st, &d);
        }
        if (jm_tx_run(&is.base.env, grace_tx, &is) != JM_OK)
            jm_log(home, "issuer", "copies past their grace were not ended, trying again");
        if (ticks % HOUR_TICKS == 0 &&
            jm_trust_ends(&is.trust, home->cmd->crypto) < jm_home_now(home) + JM_TRUST_DUE_S)
            jm_log(home, "issuer",
                   "trust set or revocation list end within fourteen days: jumin trust renew, then "
                   "import it everywhere");
        wake(&p); /* lists older than six hours, and the audit head */
        if (ticks % 6 == 0 && jm_tx_run(&is.base.env, sweep_tx, NULL) != JM_OK)
            jm_log(home, "issuer", "what was spent and what has run out was not swept");
    }
    jm_http_stop(&r.http);
    jm_http_stop(&r.control);
    if (r.publishing) {
        (void)pthread_mutex_lock(&p.lock);
        p.stop = true;
        (void)pthread_cond_signal(&p.wake);
        (void)pthread_mutex_unlock(&p.lock);
        (void)pthread_join(p.thread, NULL);
    }
    jm_store_close(&r.store);
    jm_signer_disconnect(&r.signer);
    jm_reread_free(&kept);
    return code;
}
