/* SPDX-License-Identifier: Apache-2.0 */
/* The wallet provider: attests instances and keys. */
#include <string.h>

#include "cmd/role/roles.h"
#include "cmd/role/wire.h"
#include "service/provider/provider.h"

#define TICK_S 60

static enum jm_status open_provider(struct jm_provider *p, const struct jm_home *home,
                                    struct jm_store *store, const struct jm_signer *signer,
                                    struct jm_diag *d)
{
    struct jm_wallet_record wallet;

    memset(p, 0, sizeof *p);
    jm_wire_env(&p->base.env, home, store, signer);
    p->id = jm_str(home->provider.base);
    if (jm_trust_any_wallet(&wallet, &home->trust) != JM_OK)
        return jm_refuse(d, JM_E_USAGE, JM_CMD_CONFIG, "the trust set has no wallet record");
    p->product = wallet.id;
    p->n_x5c = 1;
    jm_nonces_init(&p->nonces);
    return jm_wire_cert(&p->x5c[0], home, "attestation", d);
}

struct swap {
    struct jm_provider *p;
    const struct jm_provider *fresh;
};

/* The nonces that were given out stay good. */
static void swap_in(void *arg)
{
    const struct swap *s = arg;

    s->p->id = s->fresh->id;
    s->p->product = s->fresh->product;
    for (size_t i = 0; i < JM_ARRAY_LEN(s->p->x5c); i++)
        s->p->x5c[i] = s->fresh->x5c[i];
    s->p->n_x5c = s->fresh->n_x5c;
}

static enum jm_status reload(struct jm_http *http, struct jm_provider *p,
                             const struct jm_home *home, struct jm_reread **kept, struct jm_diag *d)
{
    static struct jm_provider fresh;
    struct jm_reread *n = NULL;
    struct jm_diag why = {0};
    struct swap s = {p, &fresh};
    enum jm_status st;

    JM_TRY(jm_reread_open(&n, home, "provider", d));
    st = open_provider(&fresh, &n->home, p->base.env.store, p->base.env.signer, &why);
    if (st != JM_OK) {
        jm_reread_free(&n);
        return jm_refuse(d, st, why.code, NULL);
    }
    jm_http_between(http, swap_in, &s);
    jm_reread_free(kept);
    *kept = n;
    return JM_OK;
}

int jm_role_provider(const struct jm_home *home)
{
    static struct jm_provider p;
    const struct jm_http_table table = {jm_provider_routes, jm_provider_n_routes};
    struct jm_http_config c = {.tables = &table,
                               .n_tables = 1,
                               .role = &p,
                               .auth = jm_provider_auth,
                               .fail = jm_fail,
                               .rate_off = home->synthetic};
    struct jm_signer *signer = NULL;
    struct jm_store *store = NULL;
    struct jm_http *http = NULL;
    struct jm_reread *kept = NULL;
    enum jm_role_event event;
    struct jm_diag d = {0};
    enum jm_status st = jm_role_clock(home, "provider", &d);
    int code = JM_EXIT_OK;

    if (st == JM_OK)
        st = jm_home_signer(&signer, home, "provider", &d);
    if (st == JM_OK)
        st = jm_wire_store(&store, home, "provider", &d);
    if (st == JM_OK)
        st = open_provider(&p, home, store, signer, &d);
    jm_wire_log(&p.base, home, "provider");
    if (st == JM_OK)
        st = jm_role_http(&http, home, "provider", &home->provider, &c, &d);
    if (st != JM_OK)
        code = jm_cmd_fail(home->cmd, st, &d);
    while (code == JM_EXIT_OK && (event = jm_role_wait(home, "provider", TICK_S)) != JM_ROLE_STOP) {
        if (event == JM_ROLE_RELOAD) {
            d = (struct jm_diag){.code = JM_CODE_NONE};
            st = reload(http, &p, home, &kept, &d);
            jm_reread_say(home, "provider", st, &d);
        }
        if (jm_provider_sweep(&p.base.env) != JM_OK)
            jm_log(home, "provider", "spent challenges and old instances were not swept");
    }
    jm_http_stop(&http);
    jm_store_close(&store);
    jm_signer_disconnect(&signer);
    jm_reread_free(&kept);
    return code;
}
