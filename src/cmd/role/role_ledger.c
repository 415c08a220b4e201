/* SPDX-License-Identifier: Apache-2.0 */
/* The ledger on one machine: the embedded engine behind its public routes. */
#include <string.h>

#include "cmd/ledger/open.h"
#include "cmd/role/role_http.h"
#include "jumin/bundle.h"
#include "service/ledger/serve.h"
#include "service/web/fail.h"
#include "service/web/routes.h"

#define TICK_S 60
#define ARENA (3 * JM_BUNDLE_MAX)

static struct jm_ledger_role ledger;
static struct jm_ledger_here here;
static struct jm_signer *signer;
static struct jm_served served;

static size_t ledger_tables(struct jm_http_table out[JM_ROLE_TABLES], bool control)
{
    out[0] = (struct jm_http_table){jm_ledger_routes, jm_ledger_n_routes};
    return control ? 0 : 1;
}

static enum jm_status open_ledger(const struct jm_home *home, struct jm_diag *d)
{
    enum jm_status st;

    memset(&ledger, 0, sizeof ledger);
    JM_TRY(jm_role_clock(home, jm_role_ledger.name, d));
    JM_TRY(jm_home_signer(&signer, home, jm_role_ledger.name, d));
    st = jm_ledger_open_here(&here, home, signer, true, d);
    if (st == JM_E_CONFLICT)
        return jm_refuse(d, JM_E_UNAVAILABLE, JM_LEDGER_FILE, "another process has it");
    JM_TRY(st);
    jm_wire_env(&ledger.base.env, home, NULL, signer);
    jm_wire_log(&ledger.base, home, jm_role_ledger.name);
    ledger.engine = here.engine;
    return JM_OK;
}

static enum jm_status start_ledger(const struct jm_home *home, struct jm_diag *d)
{
    const struct jm_http_config c = {.role = &ledger,
                                     .fail = jm_fail,
                                     .arena_size = ARENA,
                                     .rate_off = home->synthetic};

    return jm_served_start(&served, &jm_role_ledger, home, c, d);
}

/* The chain goes on: nothing of the home is read that could change. */
static enum jm_status reload_ledger(const struct jm_home *home, struct jm_diag *d)
{
    (void)home;
    (void)d;
    return JM_OK;
}

static void stop_ledger(void)
{
    jm_served_stop(&served);
    jm_ledger_close_here(&here);
    jm_signer_disconnect(&signer);
}

JM_ROLE(ledger, JM_HOME_AUTHORITY, TICK_S, NULL);
