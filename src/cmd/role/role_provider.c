/* SPDX-License-Identifier: Apache-2.0 */
/* The wallet provider: attests instances and keys. */
#include <string.h>
#include <unistd.h>

#include "cmd/role/role_http.h"
#include "service/provider/provider.h"
#include "service/web/fail.h"
#include "service/web/pages.h"
#include "service/web/routes.h"

#define TICK_S 60

static struct jm_provider provider;
static struct jm_served served;

/* What a reload reads anew. */
static enum jm_status read_home(struct jm_provider *p, const struct jm_home *home,
                                struct jm_diag *d)
{
    struct jm_wallet_record wallet;

    p->id = jm_str(home->provider.base);
    if (jm_trust_any_wallet(&wallet, &home->trust) != JM_OK)
        return jm_refuse(d, JM_E_USAGE, JM_CMD_CONFIG, "the trust set has no wallet record");
    p->product = wallet.id;
    p->n_x5c = 1;
    return jm_wire_cert(&p->x5c[0], home, "attestation", d);
}

static size_t provider_tables(struct jm_http_table out[JM_ROLE_TABLES], bool control)
{
    out[0] = control ? (struct jm_http_table){jm_provider_local_routes, jm_provider_local_n_routes}
                     : (struct jm_http_table){jm_provider_routes, jm_provider_n_routes};
    out[1] = (struct jm_http_table){jm_page_routes, jm_page_n_routes};
    return control ? 1 : 2;
}

static enum jm_status open_provider(const struct jm_home *home, struct jm_diag *d)
{
    JM_TRY(jm_served_open(&served, &jm_role_provider, home, d));
    memset(&provider, 0, sizeof provider);
    jm_wire_env(&provider.base.env, home, served.store, served.signer);
    jm_nonces_init(&provider.nonces);
    JM_TRY(read_home(&provider, home, d));
    /* homes of before have no such secret, nor the socket's folder */
    served.no_control = access(jm_home_path(home, "provider/operator.sha256"), F_OK) != 0;
    if (!served.no_control)
        JM_TRY(jm_served_operator(provider.operator_hash, &jm_role_provider, home, d));
    jm_wire_log(&provider.base, home, jm_role_provider.name);
    return jm_wire_pages(&provider.base, home, home->provider.base, true);
}

static enum jm_status start_provider(const struct jm_home *home, struct jm_diag *d)
{
    const struct jm_http_config c = {.role = &provider,
                                     .auth = jm_provider_auth,
                                     .fail = jm_fail,
                                     .rate_off = home->synthetic};

    return jm_served_start(&served, &jm_role_provider, home, c, d);
}

struct swap {
    struct jm_provider *fresh;
    const struct jm_home *home;
    enum jm_status st;
};

static void swap_in(void *arg)
{
    struct swap *x = arg;

    x->fresh->nonces = provider.nonces; /* those that were given out stay good */
    provider = *x->fresh;
    x->st = jm_wire_pages(&provider.base, x->home, x->home->provider.base, true);
}

static enum jm_status reload_provider(const struct jm_home *home, struct jm_diag *d)
{
    static struct jm_provider fresh;

    fresh = provider;
    JM_TRY(read_home(&fresh, home, d));
    struct swap x = {&fresh, home, JM_OK};

    jm_served_between(&served, swap_in, &x);
    return x.st;
}

static void tick_provider(const struct jm_home *home, unsigned ticks)
{
    (void)ticks;
    if (jm_provider_sweep(&provider.base.env) != JM_OK)
        jm_log(home, "provider", "spent challenges and old instances were not swept");
}

static void stop_provider(void)
{
    jm_served_stop(&served);
    jm_served_close(&served);
}

JM_ROLE(provider, JM_HOME_AUTHORITY, TICK_S, tick_provider);
