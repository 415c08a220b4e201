/* SPDX-License-Identifier: Apache-2.0 */
/* jumin ledger show | verify | state: what the log is, whether its file is whole, and withdrawing a
 * record of it. */
#include <string.h>

#include "cmd/cli/commands.h"
#include "cmd/cli/trustset.h"
#include "cmd/ledger/changes.h"
#include "cmd/ledger/open.h"
#include "host/files/files.h"
#include "host/openssl/openssl.h"
#include "jumin/base64.h"
#include "jumin/cbor.h"
#include "jumin/trust_proven.h"

#define ANSWER_MAX (64 * JM_KIB)
#define GENESIS_MAX 65536

/* -- show -- */

static enum jm_status say_checkpoint(const struct jm_cmd *cmd, const struct jm_trust *t)
{
    const char *root = jm_hash_text(cmd, t->log_root.octets);
    size_t rps = 0, uses = 0, issuers = 0;
    struct jm_body b;

    for (size_t i = 0; i < t->n; i++) {
        rps += jm_bytes_starts(t->entry[i].key, JM_BYTES("rp/"));
        uses += jm_bytes_starts(t->entry[i].key, JM_BYTES("use/"));
        issuers += jm_bytes_starts(t->entry[i].key, JM_BYTES("issuer/"));
    }
    jm_say(cmd, "%llu %s\n%zu issuers, %zu relying parties, %zu uses\n",
           (unsigned long long)t->version, root, issuers, rps, uses);
    JM_TRY(jm_body_open(&b, cmd, ANSWER_MAX));
    jm_json_w_mint(&b.w, "size", (int64_t)t->version);
    jm_json_w_mstr(&b.w, "root", root);
    jm_json_w_mint(&b.w, "fresh", t->issued_at);
    jm_json_w_mint(&b.w, "issuers", (int64_t)issuers);
    jm_json_w_mint(&b.w, "relying_parties", (int64_t)rps);
    jm_json_w_mint(&b.w, "uses", (int64_t)uses);
    return jm_body_answer(cmd, &b);
}

static enum jm_status run_show(const struct jm_cmd *cmd, struct jm_diag *d)
{
    static struct jm_home home;

    JM_TRY(jm_home_open(&home, cmd, JM_HOME_ANY, d));
    return home.trust.proven ? say_checkpoint(cmd, &home.trust)
                             : jm_refuse(d, JM_E_USAGE, JM_LEDGER_NONE, NULL);
}

/* -- verify -- */

static enum jm_status say_chain(const struct jm_cmd *cmd, const struct jm_ledger *l)
{
    const char *root = jm_hash_text(cmd, l->log_root.octets),
               *app = jm_hash_text(cmd, l->app_hash.octets);
    struct jm_body b;

    jm_say(cmd, "%llu %s\n%s\n", (unsigned long long)l->log.size, root, app);
    JM_TRY(jm_body_open(&b, cmd, ANSWER_MAX));
    jm_json_w_mint(&b.w, "size", (int64_t)l->log.size);
    jm_json_w_mstr(&b.w, "root", root);
    jm_json_w_mint(&b.w, "height", (int64_t)l->height);
    jm_json_w_mint(&b.w, "records", (int64_t)l->state.n);
    jm_json_w_mstr(&b.w, "app_hash", app);
    return jm_body_answer(cmd, &b);
}

/* Every entry is played through the state machine again; with --full every signature, too. */
static enum jm_status run_verify(const struct jm_cmd *cmd, struct jm_diag *d)
{
    static struct jm_home home;
    struct jm_chain_config c = {.port = {cmd->crypto, jm_openssl_verify, NULL},
                                .verifies_all = jm_opt_has(cmd, "full")};
    struct jm_chain *chain;
    enum jm_status st;

    JM_TRY(jm_home_open(&home, cmd, JM_HOME_AUTHORITY, d));
    c.path = jm_home_path(&home, "ledger/ledger.jml");
    JM_TRY(
        jm_cmd_read(&c.genesis, jm_home_path(&home, "ledger/genesis.cbor"), GENESIS_MAX, cmd, d));
    st = jm_chain_open(&chain, &c);
    if (st == JM_E_CONFLICT)
        return jm_refuse(d, JM_E_UNAVAILABLE, JM_LEDGER_BUSY, c.path);
    if (st != JM_OK)
        return jm_refuse(d, JM_E_DENIED, JM_LEDGER_FILE, c.path);
    st = say_chain(cmd, jm_chain_ledger(chain));
    jm_chain_close(&chain);
    return st;
}

/* -- state -- */

static enum jm_status state_of(enum jm_record_state *out, const char *word, struct jm_diag *d)
{
    static const char *const words[] = {"active", "suspended", "ended"};

    for (size_t i = 0; i < JM_ARRAY_LEN(words); i++)
        if (strcmp(word, words[i]) == 0) {
            *out = (enum jm_record_state)(i + 1);
            return JM_OK;
        }
    return jm_refuse(d, JM_E_USAGE, JM_CMD_OPERANDS, "active, suspended, ended");
}

/* The same set but for the state of one record. */
static enum jm_status next_set(struct jm_bytes *octets, const struct jm_home *home,
                               struct jm_bytes key, enum jm_record_state to, struct jm_diag *d)
{
    const struct jm_trust *t = &home->trust;
    struct jm_arena *mem = home->cmd->mem;
    struct jm_trust_entry *e = JM_NEW_N(mem, struct jm_trust_entry, t->n);
    enum jm_record_state state;
    struct jm_bytes body;

    if (e == NULL)
        return JM_E_NO_SPACE;
    if (jm_trust_find(&body, &state, t, key) != JM_OK)
        return jm_refuse(d, JM_E_ABSENT, JM_LEDGER_UNKNOWN, jm_cstr(home->cmd, key));
    for (size_t i = 0; i < t->n; i++) {
        e[i] = t->entry[i];
        if (jm_bytes_eq(e[i].key, key))
            JM_TRY(jm_record_write(&e[i].record, 1, to, body, mem));
    }
    return jm_trust_next(octets, t, e, t->n, jm_home_now(home), mem);
}

static enum jm_status move_record(struct jm_home *home, const struct jm_cmd *cmd, struct jm_diag *d)
{
    enum jm_record_state to;
    struct jm_bytes octets;
    struct jm_trust next;

    JM_TRY(state_of(&to, cmd->operand[1], d));
    JM_TRY(jm_home_open(home, cmd, JM_HOME_AUTHORITY, d));
    if (!home->trust.proven)
        return jm_refuse(d, JM_E_USAGE, JM_LEDGER_NONE, NULL);
    JM_TRY(next_set(&octets, home, jm_str(cmd->operand[0]), to, d));
    JM_TRY(jm_trust_open(&next, octets, cmd->mem));
    JM_TRY(jm_trust_agree(&home->trust, &next, cmd, d));
    JM_TRY(jm_ledger_follow(&octets, home, &next, d));
    return jm_home_pin(home, octets, d);
}

static enum jm_status run_state(const struct jm_cmd *cmd, struct jm_diag *d)
{
    static struct jm_home home;
    int lock = -1;
    enum jm_status st;

    JM_TRY(jm_home_lock(&lock, cmd, d));
    st = move_record(&home, cmd, d);
    jm_file_unlock(&lock);
    return st == JM_OK ? jm_home_say_pin(&home, cmd) : st;
}

JM_COMMAND(ledger_show, "ledger show", run_show, "ledger show", "ledger show --home bank --json",
           JM_PLAIN);
JM_COMMAND(ledger_verify, "ledger verify", run_verify, "ledger verify", "ledger verify --full",
           JM_OPTIONS(JM_SWITCH("full")));
JM_COMMAND(ledger_state, "ledger state", run_state, "ledger state rp/hana-bank suspended",
           "ledger state rp/hana-bank active --yes", JM_OPERANDS("KEY STATE", 2, 2),
           JM_OPTIONS(JM_LEDGER_KEY_OPTION, JM_SWITCH("yes")));
