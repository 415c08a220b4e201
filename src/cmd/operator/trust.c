/* SPDX-License-Identifier: Apache-2.0 */
/* jumin trust import | show: the pinned trust set of a home. */
#include <string.h>

#include "cmd/cli/ask.h"
#include "cmd/cli/commands.h"
#include "cmd/cli/trustset.h"
#include "cmd/operator/operate.h"
#include "host/files/files.h"
#include "jumin/civil.h"

/* -- import -- */

/* A set made elsewhere may say anything of anybody: in an authority two operators take it in, over
 * exactly these octets. */
static enum jm_status take_in(struct jm_home *home, const struct jm_trust *next,
                              const struct jm_cmd *cmd, struct jm_diag *d)
{
    uint8_t hash[32], what[32];

    JM_TRY(jm_trust_agree(&home->trust, next, cmd, d));
    JM_TRY(jm_sha256(cmd->crypto, next->octets, hash));
    const struct jm_bytes parts[] = {JM_BYTES("trust import"), jm_bytes(hash, sizeof hash)};
    JM_TRY(cmd->crypto->hash(JM_SHA256, parts, JM_ARRAY_LEN(parts), what));
    JM_TRY(jm_approve(cmd, what, d));
    return jm_operate_pin(home, "TRUST_IMPORT", jm_str(home->id), next->octets, d);
}

static enum jm_status import_set(struct jm_home *home, const struct jm_cmd *cmd, struct jm_diag *d)
{
    struct jm_trust next;
    const char *pin;

    JM_TRY(jm_home_open(home, cmd, JM_HOME_ANY, d));
    pin = jm_opt(cmd, "pin");
    if (pin == NULL && !home->trust.proven)
        return jm_refuse(d, JM_E_USAGE, JM_CMD_OPTION_REQUIRED, "--pin HASH");
    /* what a ledger proves needs no other word */
    JM_TRY(jm_trust_from_file(&next, jm_cmd_file(cmd),
                              pin == NULL ? jm_hash_text(cmd, home->pin) : pin, cmd, d));
    JM_TRY(jm_trust_may_follow(&home->trust, &next, d));
    if (!home->is_verifier && !home->is_wallet && !(home->trust.proven && next.proven))
        return take_in(home, &next, cmd, d);
    (void)jm_trust_show(&home->trust, &next, cmd);
    return jm_home_pin(home, next.octets, d);
}

/* What is followed is read under the lock: of two imports the later one sees the earlier. */
static enum jm_status import_locked(struct jm_home *home, const struct jm_cmd *cmd,
                                    struct jm_diag *d)
{
    int lock = -1;
    enum jm_status st;

    JM_TRY(jm_home_lock(&lock, cmd, d));
    st = import_set(home, cmd, d);
    jm_file_unlock(&lock);
    return st;
}

static enum jm_status run_import(const struct jm_cmd *cmd, struct jm_diag *d)
{
    static struct jm_home home;

    JM_TRY(import_locked(&home, cmd, d));
    jm_say(cmd, "%llu\n", (unsigned long long)home.trust.version);
    return jm_answer(cmd, jm_str(jm_format(cmd->mem, "{\"version\":%llu}",
                                           (unsigned long long)home.trust.version)));
}

/* -- show -- */

static const char *state_name(enum jm_record_state s)
{
    return s == JM_RECORD_ACTIVE ? "active" : s == JM_RECORD_SUSPENDED ? "suspended" : "ended";
}

static void show_json(struct jm_json_w *w, const struct jm_home *home, const char *hash,
                      const char *issued, const char *next)
{
    const struct jm_trust *t = &home->trust;

    jm_json_w_open(w, '{');
    jm_json_w_mstr(w, "hash", hash);
    jm_json_w_mint(w, "version", (int64_t)t->version);
    jm_json_w_mbool(w, "synthetic", t->synthetic);
    jm_json_w_mstr(w, "issued_at", issued);
    jm_json_w_mstr(w, "next_update", next);
    jm_json_w_mbool(w, "stale", jm_trust_is_stale(t, jm_home_now(home)));
    jm_json_w_mopen(w, "records", '[');
}

static enum jm_status run_show(const struct jm_cmd *cmd, struct jm_diag *d)
{
    static struct jm_home home;
    const struct jm_trust *t = &home.trust;
    char issued[21], next[21];
    const char *hash;
    struct jm_buf b;
    struct jm_json_w w;

    JM_TRY(jm_home_open(&home, cmd, JM_HOME_ANY, d));
    hash = jm_hash_text(cmd, home.pin);
    jm_tdate_format(issued, t->issued_at);
    jm_tdate_format(next, t->next_update);
    jm_say(cmd, "%s\nversion %llu%s\n%s – %s%s\n", hash, (unsigned long long)t->version,
           t->synthetic ? ", synthetic" : "", issued, next,
           jm_trust_is_stale(t, jm_home_now(&home)) ? " !" : "");
    b = jm_buf_begin(cmd->mem);
    jm_json_w_init(&w, &b);
    show_json(&w, &home, hash, issued, next);
    for (size_t i = 0; i < t->n; i++) {
        enum jm_record_state state = JM_RECORD_ENDED;
        struct jm_bytes body;

        if (jm_trust_find(&body, &state, t, t->entry[i].key) != JM_OK)
            continue;
        jm_say(cmd, "%-9s %.*s\n", state_name(state), (int)t->entry[i].key.len,
               (const char *)t->entry[i].key.ptr);
        jm_json_w_open(&w, '{');
        jm_json_w_mtext(&w, "key", t->entry[i].key);
        jm_json_w_mstr(&w, "state", state_name(state));
        jm_json_w_close(&w, '}');
    }
    jm_json_w_close(&w, ']');
    jm_json_w_close(&w, '}');
    if (jm_json_w_end(&w) != JM_OK)
        return JM_E_BUG;
    return jm_answer(cmd, jm_written(b));
}

JM_COMMAND(trust_import, "trust import", run_import, "trust import set.cbor --pin HASH",
           "trust import - --pin HASH --home bank", JM_OPERANDS("FILE", 1, 1),
           JM_OPTIONS(JM_TAKES("pin", "HASH"), JM_APPROVERS, JM_SWITCH("yes")));
JM_COMMAND(trust_show, "trust show", run_show, "trust show", "trust show --json", JM_PLAIN);
