/* SPDX-License-Identifier: Apache-2.0 */
/* The signer: unlocks the keys, reads what the home calls its own, answers on
 * run/signer/signer.sock. */
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cmd/cli/ask.h"
#include "cmd/role/roles.h"
#include "host/files/files.h"
#include "host/sandbox/sandbox.h"
#include "service/signer/signer.h"

#define TICK_S 60

static const struct jm_conf_rule policy_rules[] = {
    {"own", "identifier provider verifier", JM_CONF_URL, 0},
    {"own", "list_prefix", JM_CONF_TEXT, 0},
    {"own", "origin", JM_CONF_TEXT, JM_SIGN_ORIGINS_MAX},
    {"own", "doctype vct", JM_CONF_TEXT, 4},
    {"ceiling",
     "MSO SDJWT STATUS METADATA TICKET ATTESTATION REQUEST AUDIT RPCERT CRL ROW LOOKUP CODE NONCE "
     "LOG COSIGN",
     JM_CONF_UINT, 0},
};

static pthread_mutex_t ceiling_lock = PTHREAD_MUTEX_INITIALIZER;

static void lock_ceilings(void *ctx, bool on)
{
    (void)ctx;
    (void)(on ? pthread_mutex_lock(&ceiling_lock) : pthread_mutex_unlock(&ceiling_lock));
}

static struct jm_bytes own_name(const struct jm_conf *c, const char *key)
{
    const char *v = jm_conf_get(c, "own", key);

    return v == NULL ? jm_none() : jm_str(v);
}

static size_t own_list(struct jm_bytes *out, size_t max, const struct jm_conf *c, const char *key)
{
    const char *v;
    size_t n = 0;

    while (n < max && (v = jm_conf_at(c, "own", key, n)) != NULL)
        out[n++] = jm_str(v);
    return n;
}

static enum jm_status read_policy(struct jm_sign_own *out, const struct jm_home *home,
                                  struct jm_diag *d)
{
    const char *file = jm_home_path(home, "signer/policy.conf");
    struct jm_bytes text;
    struct jm_conf c;

    memset(out, 0, sizeof *out);
    JM_TRY(jm_cmd_read(&text, file, JM_CONF_MAX, home->cmd, d));
    JM_TRY(
        jm_conf_parse(&c, file, text, policy_rules, JM_ARRAY_LEN(policy_rules), home->cmd->mem, d));
    out->identifier = own_name(&c, "identifier");
    out->provider = own_name(&c, "provider");
    out->verifier = own_name(&c, "verifier");
    out->list_prefix = own_name(&c, "list_prefix");
    out->n_origins = own_list(out->origin, JM_ARRAY_LEN(out->origin), &c, "origin");
    out->n_doctypes = own_list(out->doctype, JM_ARRAY_LEN(out->doctype), &c, "doctype");
    out->n_vcts = own_list(out->vct, JM_ARRAY_LEN(out->vct), &c, "vct");
    for (unsigned p = 1; p <= JM_PURPOSE_LAST; p++)
        out->ceiling[p] =
            (uint32_t)jm_conf_uint(&c, "ceiling", jm_purpose_name((enum jm_purpose)p), 0);
    return JM_OK;
}

/* -- passphrase -- */

/* --passphrase-file, systemd's credential, the synthetic home's own file; null: a terminal. */
static const char *passphrase_file(const struct jm_home *home)
{
    const char *credentials = getenv("CREDENTIALS_DIRECTORY"),
               *given = jm_opt(home->cmd, "passphrase-file"), *file;

    if (given != NULL)
        return given;
    if (credentials != NULL) {
        file = jm_format(home->cmd->mem, "%s/jumin-passphrase", credentials);
        if (access(file, F_OK) == 0)
            return file;
    }
    file = jm_home_path(home, "signer/passphrase");
    return home->synthetic && access(file, F_OK) == 0 ? file : NULL;
}

static enum jm_status unlock_keys(struct jm_keys **keys, const struct jm_home *home,
                                  struct jm_diag *d)
{
    const char *dir = jm_home_path(home, "signer");
    struct jm_bytes words;
    struct jm_secret32 master;
    enum jm_status st;
    size_t mark = jm_arena_mark(home->cmd->mem);

    JM_TRY(jm_passphrase(&words, home->cmd, passphrase_file(home), "ask.passphrase", false, d));
    st = jm_keys_unlock(&master, dir, words, &jm_signer_tools, home->cmd->mem, d);
    jm_arena_back(home->cmd->mem, mark); /* wipes the words */
    if (st == JM_OK)
        st = jm_keys_open(keys, jm_home_path(home, "signer"), &master, &jm_signer_tools,
                          home->cmd->mem, d);
    jm_wipe(&master, sizeof master);
    return st;
}

/* -- serving -- */

static bool peer_ok(void *ctx, struct jm_bytes caller, uid_t uid)
{
    const struct jm_home *home = ctx;
    char section[JM_CALLER_MAX + 1];

    memcpy(section, caller.ptr, caller.len);
    section[caller.len] = '\0';
    return jm_conf_uint(&home->conf, section, "uid", uid) == uid;
}

static void log_refusal(void *ctx, struct jm_bytes caller, unsigned purpose, enum jm_code code)
{
    const struct jm_home *home = ctx;

    jm_log(home, "signer", "refused %.*s %s %s", (int)caller.len,
           caller.len == 0 ? "" : (const char *)caller.ptr,
           jm_purpose_name((enum jm_purpose)purpose), jm_code_info(code)->name);
}

static struct jm_keys *keys;
static struct jm_sign_service service;
static struct jm_signer_server *server;

static enum jm_status open_signer(const struct jm_home *home, struct jm_diag *d)
{
    static struct jm_sign_own own;

    JM_TRY(jm_home_seen((struct jm_home *)(uintptr_t)home, jm_role_signer.name, d));
    JM_TRY(unlock_keys(&keys, home, d));
    service = (struct jm_sign_service){.own = &own,
                                       .keys = jm_keys_table(keys),
                                       .crypto = home->cmd->crypto,
                                       .lock = lock_ceilings,
                                       .behind = jm_clock_behind,
                                       .behind_ctx = (void *)(uintptr_t)&home->clock};
    return read_policy(&own, home, d);
}

static enum jm_status start_signer(const struct jm_home *home, struct jm_diag *d)
{
    const char *path = jm_home_path(home, "run/signer/signer.sock");
    const struct jm_signer_server_config c = {.path = path,
                                              .tools = &jm_signer_tools,
                                              .keys = keys,
                                              .serve = jm_sign_serve,
                                              .service = &service,
                                              .now_s = jm_clock_now,
                                              .now_ctx = (void *)(uintptr_t)&home->clock,
                                              .peer = peer_ok,
                                              .peer_ctx = (void *)(uintptr_t)home,
                                              .log = log_refusal,
                                              .log_ctx = (void *)(uintptr_t)home};
    enum jm_status st = jm_signer_server_start(&server, &c);

    if (st != JM_OK)
        return jm_refuse(d, st == JM_E_CONFLICT ? JM_E_UNAVAILABLE : st, JM_CMD_PORT, path);
    jm_notify_prepare();
    if ((st = jm_sandbox_enter(JM_SANDBOX_SIGNER)) != JM_OK) /* its threads as well */
        return jm_refuse(d, st, JM_CODE_NONE, "seccomp");
    jm_role_ready(home, jm_role_signer.name, jm_format(home->cmd->mem, "unix:%s", path));
    return JM_OK;
}

/* The policy. Keys stay: their passphrase is not kept. */
static enum jm_status reload_signer(const struct jm_home *home, struct jm_diag *d)
{
    struct jm_sign_own *own = JM_NEW(home->cmd->mem, struct jm_sign_own);

    if (own == NULL)
        return JM_E_NO_SPACE;
    JM_TRY(read_policy(own, home, d));
    service.own = own;
    return JM_OK;
}

static void stop_signer(void)
{
    if (server != NULL)
        jm_signer_server_stop(&server);
    jm_keys_close(&keys);
}

const struct jm_role jm_role_signer = {.name = "signer",
                                       .homes =
                                           JM_HOME_AUTHORITY | JM_HOME_VERIFIER | JM_HOME_WITNESS,
                                       .tick_s = TICK_S,
                                       .rereads = "signer/policy.conf",
                                       .keeps_former = true,
                                       .reads_no_trust = true,
                                       .open = open_signer,
                                       .start = start_signer,
                                       .reload = reload_signer,
                                       .stop = stop_signer};
