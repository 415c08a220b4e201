/* SPDX-License-Identifier: Apache-2.0 */
#include "cmd/cli/trustset.h"

#include <string.h>

#include "cmd/cli/ask.h"
#include "cmd/cli/trust_judge.h"
#include "host/files/files.h"
#include "jumin/base64.h"

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

enum jm_status jm_trust_entries_open(struct jm_trust_entries *x, size_t cap, struct jm_arena *mem)
{
    *x = (struct jm_trust_entries){JM_NEW_N(mem, struct jm_trust_entry, cap), 0, cap, mem};
    return x->e == NULL ? JM_E_NO_SPACE : JM_OK;
}

enum jm_status jm_trust_entries_add(struct jm_trust_entries *x, struct jm_bytes key,
                                    struct jm_bytes body)
{
    if (x->n == x->cap)
        return JM_E_BUG;
    x->e[x->n].key = key;
    return jm_record_write(&x->e[x->n++].record, 1, JM_RECORD_ACTIVE, body, x->mem);
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
    /* what a ledger proves is fetched anew each day, by nobody's hand */
    int64_t ends = t->proven ? INT64_MAX : t->next_update;
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

enum jm_status jm_home_say_pin(const struct jm_home *home, const struct jm_cmd *cmd)
{
    const char *hash = jm_hash_text(cmd, home->pin);

    jm_say(cmd, "%s\n", hash);
    return jm_answer(cmd,
                     jm_str(jm_format(cmd->mem, "{\"trust_hash\":\"%s\",\"trust_version\":%llu}",
                                      hash, (unsigned long long)home->trust.version)));
}

/* -- pinning -- */

/* Of one ledger: its log only grows, and at one size there is one. */
static enum jm_status log_may_follow(const struct jm_trust *now, const struct jm_trust *next,
                                     struct jm_diag *d)
{
    if (next->version == now->version && !jm_hash32_eq(&next->log_root, &now->log_root))
        return jm_refuse(d, JM_E_CONFLICT, JM_LEDGER_BUNDLE_FORK, NULL);
    if (next->version < now->version || next->issued_at < now->issued_at)
        return jm_refuse(d, JM_E_CONFLICT, JM_LEDGER_BUNDLE_ROLLBACK, NULL);
    return JM_OK;
}

enum jm_status jm_trust_may_follow(const struct jm_trust *now, const struct jm_trust *next,
                                   struct jm_diag *d)
{
    if (next->synthetic != now->synthetic) /* a home of either kind opens with its own kind only */
        return jm_refuse(d, JM_E_DENIED, JM_TRUST_SYNTHETIC, NULL);
    if (now->proven && next->proven)
        return log_may_follow(now, next, d);
    if (now->proven || (!next->proven && next->version <= now->version))
        return jm_refuse(d, JM_E_CONFLICT, JM_TRUST_ROLLBACK, NULL);
    return JM_OK;
}

enum jm_status jm_trust_from_file(struct jm_trust *out, const char *path, const char *pin,
                                  const struct jm_cmd *cmd, struct jm_diag *d)
{
    struct jm_bytes octets, want;

    memset(out, 0, sizeof *out);
    if (strlen(pin) != 64 || jm_hex_decode(&want, cmd->mem, jm_str(pin)) != JM_OK)
        return jm_refuse(d, JM_E_USAGE, JM_CMD_OPTION_VALUE, "--pin: 64 hexadecimal digits");
    JM_TRY(jm_cmd_read(&octets, path, JM_TRUST_FILE_MAX, cmd, d));
    return jm_trust_judge(out, octets, want.ptr, path, cmd, d);
}

static enum jm_status anchors_pem(const struct jm_home *h, const struct jm_trust *t,
                                  struct jm_diag *d)
{
    struct jm_bytes pem[64];
    size_t n = 0;
    struct jm_bytes all;

    for (size_t i = 0; i < t->n_set && n < JM_ARRAY_LEN(pem); i++)
        if (t->cert[i].version != 0)
            JM_TRY(jm_pem_write(&pem[n++], "CERTIFICATE", t->cert[i].der, h->cmd->mem));
    JM_TRY(jm_concat(&all, h->cmd->mem, pem, n));
    return jm_cmd_write(jm_home_path(h, "trust/anchors.pem"), all, 0644, h->cmd, d);
}

enum jm_status jm_home_pin(struct jm_home *h, struct jm_bytes octets, struct jm_diag *d)
{
    const char *next = jm_home_path(h, "trust/set.next"), *set = jm_home_path(h, "trust/set.cbor");
    struct jm_bytes conf;
    struct jm_trust t;
    uint8_t hash[32];

    JM_TRY(jm_trust_pin_of(hash, octets, h->cmd->crypto));
    JM_TRY(jm_trust_judge(&t, octets, hash, NULL, h->cmd, d));
    if (jm_conf_edit(&conf, h->conf_text, "trust", "pin", jm_hash_text(h->cmd, hash),
                     h->cmd->mem) != JM_OK)
        return jm_refuse(d, JM_E_USAGE, JM_CMD_CONFIG, "[trust] pin");
    JM_TRY(jm_cmd_write(next, octets, 0644, h->cmd, d));
    JM_TRY(jm_cmd_write(h->conf_file, conf, 0644, h->cmd, d));
    if (rename(next, set) != 0)
        return jm_refuse(d, JM_E_IO, JM_CMD_FILE_WRITE, set);
    h->conf_text = conf;
    memcpy(h->pin, hash, sizeof hash);
    h->trust = t;
    JM_TRY(anchors_pem(h, &t, d));
    return h->is_verifier || h->is_wallet
               ? JM_OK
               : jm_cmd_write(jm_home_path(h, "public/trust/set.cbor"), octets, 0644, h->cmd, d);
}
