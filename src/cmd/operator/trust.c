/* SPDX-License-Identifier: Apache-2.0 */
/* jumin trust import | show: the pinned trust set of a home. */
#include <string.h>

#include "cmd/cli/ask.h"
#include "cmd/cli/commands.h"
#include "cmd/operator/operate.h"
#include "host/files/files.h"
#include "jumin/civil.h"

#define NEXT_UPDATE_S (90LL * 86400)

/* -- the next set, and what it takes away -- */

enum jm_status jm_trust_next(struct jm_bytes *octets, const struct jm_trust *now,
                             struct jm_trust_entry *entry, size_t n, int64_t at,
                             struct jm_arena *mem)
{
    struct jm_trust_spec spec = {.synthetic = now->synthetic,
                                 .issued_at = at,
                                 .next_update = at + NEXT_UPDATE_S,
                                 .clock_start = now->clock_start,
                                 .clock_moment = now->clock_moment,
                                 .version = now->version + 1,
                                 .entry = entry,
                                 .n = n};

    return jm_trust_write(octets, &spec, mem);
}

enum jm_status jm_trust_suspended(struct jm_bytes *octets, const struct jm_home *home,
                                  const char *kind, struct jm_bytes id, jm_trust_falls_fn *falls)
{
    const struct jm_trust *t = &home->trust;
    struct jm_trust_entry *e = JM_NEW_N(home->cmd->mem, struct jm_trust_entry, t->n);
    enum jm_record_state state;
    struct jm_bytes key, body;

    if (e == NULL)
        return JM_E_NO_SPACE;
    JM_TRY(jm_trust_key(&key, kind, id, home->cmd->mem));
    for (size_t i = 0; i < t->n; i++) {
        e[i] = t->entry[i];
        if (!jm_bytes_eq(e[i].key, key) && (falls == NULL || !falls(t, e[i].key, id)))
            continue;
        JM_TRY(jm_trust_find(&body, &state, t, e[i].key));
        if (state == JM_RECORD_ACTIVE)
            JM_TRY(jm_record_write(&e[i].record, 2, JM_RECORD_SUSPENDED, body, home->cmd->mem));
    }
    return jm_trust_next(octets, t, e, t->n, jm_home_now(home), home->cmd->mem);
}

int64_t jm_trust_ends(const struct jm_trust *t, const struct jm_crypto *crypto)
{
    int64_t ends = t->next_update;
    struct jm_crl_record r;

    for (size_t i = 0; i < t->n_set; i++)
        if (t->cert[i].version != 0 && jm_trust_crl(&r, t, crypto, t->cert[i].der) == JM_OK &&
            r.next_update < ends)
            ends = r.next_update;
    return ends;
}

static void show_loss(void *ctx, struct jm_bytes key, enum jm_trust_loss how)
{
    static const char *const text[] = {"",
                                       "say.loss-gone",
                                       "say.loss-ended",
                                       "say.loss-flagged",
                                       "say.loss-less",
                                       "say.loss-changed"};
    const struct jm_cmd *cmd = ctx;

    jm_remark(cmd, "- %.*s: %s\n", (int)key.len, (const char *)key.ptr,
              jm_cmd_text(cmd, text[how]));
}

size_t jm_trust_show(const struct jm_trust *now, const struct jm_trust *next,
                     const struct jm_cmd *cmd)
{
    return jm_trust_taken(now, next, show_loss, (void *)(uintptr_t)cmd);
}

enum jm_status jm_trust_agree(const struct jm_trust *now, const struct jm_trust *next,
                              const struct jm_cmd *cmd, struct jm_diag *d)
{
    size_t n = jm_trust_show(now, next, cmd);

    if (n == 0 || jm_opt_has(cmd, "yes") || jm_ask_yes(cmd, "ask.takes"))
        return JM_OK;
    return jm_refuse(d, JM_E_DENIED, JM_TRUST_TAKES, jm_format(cmd->mem, "%zu", n));
}

int jm_home_say_pin(const struct jm_home *home, const struct jm_cmd *cmd)
{
    char hash[65];

    for (size_t i = 0; i < sizeof home->pin; i++)
        (void)snprintf(hash + 2 * i, 3, "%02x", home->pin[i]);
    jm_say(cmd, "%s\n", hash);
    return !cmd->common.json
               ? JM_EXIT_OK
               : jm_cmd_json(
                     jm_str(jm_format(cmd->mem, "{\"trust_hash\":\"%s\",\"trust_version\":%llu}",
                                      hash, (unsigned long long)home->trust.version)));
}

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

static enum jm_status import(struct jm_home *home, const struct jm_cmd *cmd, struct jm_diag *d)
{
    struct jm_trust next;

    JM_TRY(jm_home_open(home, cmd, JM_HOME_ANY, d));
    JM_TRY(jm_trust_from_file(&next, jm_cmd_file(cmd), jm_opt(cmd, "pin"), cmd, d));
    JM_TRY(jm_trust_may_follow(&home->trust, &next, d));
    if (!home->is_verifier && !home->is_wallet)
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
    st = import(home, cmd, d);
    jm_file_unlock(&lock);
    return st;
}

static int run_import(const struct jm_cmd *cmd)
{
    static struct jm_home home;
    struct jm_diag d = {0};
    enum jm_status st = import_locked(&home, cmd, &d);

    if (st != JM_OK)
        return jm_cmd_fail(cmd, st, &d);
    jm_say(cmd, "%llu\n", (unsigned long long)home.trust.version);
    return !cmd->common.json
               ? JM_EXIT_OK
               : jm_cmd_json(jm_str(jm_format(cmd->mem, "{\"version\":%llu}",
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
    jm_json_w_name(w, "records");
    jm_json_w_open(w, '[');
}

static int run_show(const struct jm_cmd *cmd)
{
    static struct jm_home home;
    struct jm_diag d = {0};
    enum jm_status st = jm_home_open(&home, cmd, JM_HOME_ANY, &d);
    const struct jm_trust *t = &home.trust;
    char hash[65], issued[21], next[21];
    struct jm_buf b;
    struct jm_json_w w;

    if (st != JM_OK)
        return jm_cmd_fail(cmd, st, &d);
    for (size_t i = 0; i < sizeof home.pin; i++)
        (void)snprintf(hash + 2 * i, 3, "%02x", home.pin[i]);
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
        return JM_EXIT_BUG;
    return cmd->common.json ? jm_cmd_json(jm_written(b)) : JM_EXIT_OK;
}

static const struct jm_option import_options[] = {
    {"pin", 0, "HASH", JM_OPTION_REQUIRED}, {"as", 0, "KEYFILE", 0}, {"second-as", 0, "KEYFILE", 0},
    {"approved-by", 0, "NAME", 0},          {"yes", 0, NULL, 0},
};
const struct jm_command jm_command_trust_import = {
    .name = "trust import",
    .operands = "FILE",
    .min_operands = 1,
    .max_operands = 1,
    .options = import_options,
    .n_options = JM_ARRAY_LEN(import_options),
    .example = {"trust import set.cbor --pin HASH", "trust import - --pin HASH --home bank"},
    .run = run_import,
};
const struct jm_command jm_command_trust_show = {.name = "trust show",
                                                 .example = {"trust show", "trust show --json"},
                                                 .run = run_show};
