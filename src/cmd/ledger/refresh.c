/* SPDX-License-Identifier: Apache-2.0 */
/* jumin trust refresh | bundle: the newest of the ledger, and what a home has of it, as a file. */
#include "cmd/ledger/refresh.h"

#include "cmd/cli/commands.h"
#include "cmd/cli/trust_judge.h"
#include "cmd/cli/trustset.h"
#include "host/fetch/fetch.h"
#include "host/files/files.h"

/* Where the policy says that the log is. */
static enum jm_status log_url(const char **out, const struct jm_home *home, struct jm_bytes root,
                              struct jm_diag *d)
{
    struct jm_trust_root r;
    struct jm_policy policy;

    if (jm_trust_root_read(&r, root) != JM_OK ||
        jm_policy_read(&policy, r.policy, home->cmd->crypto, home->cmd->mem, NULL) != JM_OK)
        return jm_refuse(d, JM_E_MALFORMED, JM_TRUST_MALFORMED, "trust/set.cbor");
    for (size_t i = 0; i < policy.n_logs; i++)
        if (policy.log[i].url.len != 0) {
            *out = jm_format(home->cmd->mem, "%s/v1/bundle?all=1",
                             jm_cstr(home->cmd, policy.log[i].url));
            return JM_OK;
        }
    return jm_refuse(d, JM_E_USAGE, JM_LEDGER_NONE, "its policy names no address");
}

static enum jm_status fetch_bundle(struct jm_bytes *out, const struct jm_home *home,
                                   const char *url, struct jm_diag *d)
{
    const struct jm_fetch_rules rules = {.allow_loopback = home->synthetic};
    const struct jm_http_ask ask = {.verb = JM_HTTP_GET,
                                    .url = jm_str(url),
                                    .max_len = JM_BUNDLE_MAX};
    struct jm_http_answer a;

    if (jm_fetch(&rules, &ask, &a, home->cmd->mem) != JM_OK || a.status != 200)
        return jm_refuse(d, JM_E_UNAVAILABLE, JM_LEDGER_OFFLINE, url);
    *out = a.body;
    return JM_OK;
}

enum jm_status jm_trust_refresh(struct jm_home *home, bool *newer, struct jm_diag *d)
{
    struct jm_bytes root, old, bundle, octets;
    struct jm_trust next;
    const char *url;

    *newer = false;
    if (!home->trust.proven || !jm_trust_proven_is(&root, &old, home->trust.octets))
        return jm_refuse(d, JM_E_USAGE, JM_LEDGER_NONE, NULL);
    JM_TRY(log_url(&url, home, root, d));
    JM_TRY(fetch_bundle(&bundle, home, url, d));
    if (jm_bytes_eq(bundle, old))
        return JM_OK;
    JM_TRY(jm_trust_proven_write(&octets, root, bundle, home->cmd->mem));
    JM_TRY(jm_trust_judge(&next, octets, home->pin, url, home->cmd, d));
    JM_TRY(jm_trust_may_follow(&home->trust, &next, d));
    if (next.version == home->trust.version &&
        next.issued_at < home->trust.issued_at + JM_REFRESH_AGE_S)
        return JM_OK;
    *newer = true;
    return jm_home_pin(home, octets, d);
}

static enum jm_status refresh_locked(struct jm_home *home, const struct jm_cmd *cmd,
                                     struct jm_diag *d)
{
    int lock = -1;
    bool newer;
    enum jm_status st;

    JM_TRY(jm_home_lock(&lock, cmd, d));
    st = jm_home_open(home, cmd, JM_HOME_ANY, d);
    if (st == JM_OK)
        st = jm_trust_refresh(home, &newer, d);
    jm_file_unlock(&lock);
    return st;
}

static enum jm_status run_refresh(const struct jm_cmd *cmd, struct jm_diag *d)
{
    static struct jm_home home;

    JM_TRY(refresh_locked(&home, cmd, d));
    jm_say(cmd, "%llu\n", (unsigned long long)home.trust.version);
    return jm_answer(cmd, jm_str(jm_format(cmd->mem, "{\"version\":%llu}",
                                           (unsigned long long)home.trust.version)));
}

/* Anybody may carry it: who gets it judges it by the root that they have pinned. */
static enum jm_status run_bundle(const struct jm_cmd *cmd, struct jm_diag *d)
{
    static struct jm_home home;

    JM_TRY(jm_home_open(&home, cmd, JM_HOME_ANY, d));
    if (!home.trust.proven)
        return jm_refuse(d, JM_E_USAGE, JM_LEDGER_NONE, NULL);
    JM_TRY(jm_cmd_write(jm_cmd_file(cmd), home.trust.octets, 0644, cmd, d));
    return jm_home_say_pin(&home, cmd);
}

JM_COMMAND(trust_refresh, "trust refresh", run_refresh, "trust refresh", "trust refresh --json",
           JM_PLAIN);
JM_COMMAND(trust_bundle, "trust bundle", run_bundle, "trust bundle set.cbor",
           "trust bundle set.cbor --home bank", JM_OPERANDS("FILE", 1, 1));
