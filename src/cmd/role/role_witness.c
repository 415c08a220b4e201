/* SPDX-License-Identifier: Apache-2.0 */
/* A witness of logs: cosigns what continues, keeps what does not. */
#include <string.h>

#include "cmd/ledger/witness_home.h"
#include "cmd/role/role_http.h"
#include "service/web/fail.h"
#include "service/web/routes.h"

#define TICK_S 60
#define ARENA JM_MIB

static struct jm_witness_role witness;
static struct jm_watched_logs logs;
static struct jm_signer *signer;
static struct jm_served served;

static size_t witness_tables(struct jm_http_table out[JM_ROLE_TABLES], bool control)
{
    out[0] = (struct jm_http_table){jm_witness_routes, jm_witness_n_routes};
    return control ? 0 : 1;
}

/* -- what was signed before -- */

/* What is stored must not be behind what was signed: a copy was put back. */
static enum jm_status follows(const struct jm_watched *log, const struct jm_home *home,
                              struct jm_diag *d)
{
    struct jm_bytes item, origin = log->origin, note;
    struct jm_list in = {&origin, 1, 1}, out = {&item, 0, 1};
    struct jm_checkpoint signed_last = {.size = 0}, stored = {.size = 0};
    struct jm_signed_note form;

    JM_TRY(witness.files.last(witness.files.ctx, &note, log->id, home->cmd->mem));
    if (note.len != 0 && (jm_note_read(&form, note, home->cmd->mem) != JM_OK ||
                          jm_witness_stored(&stored, note, log->origin, home->cmd->mem) != JM_OK))
        return jm_refuse(d, JM_E_DENIED, JM_LEDGER_FILE, log->id);
    if (signer->call(signer->ctx, JM_HEAD, JM_PURPOSE_COSIGN, jm_none(), &in, &out) != JM_OK)
        return jm_refuse(d, JM_E_UNAVAILABLE, jm_signer_reason(), NULL);
    if (out.n == 0)
        return JM_OK;
    /* two lines in front: jm_cosignature_message() */
    for (int i = 0; i < 2; i++)
        item = jm_slice(item, jm_bytes_until(item, 0, '\n') + 1, SIZE_MAX);
    JM_TRY(jm_checkpoint_read(&signed_last, item));
    if (note.len == 0 || stored.size < signed_last.size ||
        (stored.size == signed_last.size && !jm_hash32_eq(&stored.root, &signed_last.root)))
        return jm_refuse(d, JM_E_DENIED, JM_LEDGER_FILE,
                         jm_format(home->cmd->mem, "witness/last/%s", log->id));
    return JM_OK;
}

/* -- the role -- */

static enum jm_status open_witness(const struct jm_home *home, struct jm_diag *d)
{
    memset(&witness, 0, sizeof witness);
    JM_TRY(jm_role_clock(home, jm_role_witness.name, d));
    JM_TRY(jm_witness_home(&logs, &witness.own, home, d));
    JM_TRY(jm_home_signer(&signer, home, jm_role_witness.name, d));
    jm_wire_env(&witness.base.env, home, NULL, signer);
    jm_wire_log(&witness.base, home, jm_role_witness.name);
    witness.log = logs.log;
    witness.n = logs.n;
    witness.files = jm_witness_files_of(home);
    for (size_t i = 0; i < logs.n; i++)
        JM_TRY(follows(&logs.log[i], home, d));
    return JM_OK;
}

static enum jm_status start_witness(const struct jm_home *home, struct jm_diag *d)
{
    const struct jm_http_config c = {.role = &witness,
                                     .fail = jm_fail,
                                     .arena_size = ARENA,
                                     .rate_off = home->synthetic};

    return jm_served_start(&served, &jm_role_witness, home, c, d);
}

/* Which logs there are is read when it starts. */
static enum jm_status reload_witness(const struct jm_home *home, struct jm_diag *d)
{
    (void)home;
    (void)d;
    return JM_OK;
}

static void stop_witness(void)
{
    jm_served_stop(&served);
    jm_signer_disconnect(&signer);
}

JM_ROLE(witness, JM_HOME_WITNESS, TICK_S, NULL);
