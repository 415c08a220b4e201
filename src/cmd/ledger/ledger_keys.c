/* SPDX-License-Identifier: Apache-2.0 */
#include "cmd/ledger/ledger_keys.h"

#include <string.h>

#include "cmd/cli/keyfile.h"
#include "host/files/files.h"

#define SUFFIX ".key"

static enum jm_status add_key(struct jm_ledger_keys *k, const char *path, const struct jm_cmd *cmd,
                              struct jm_diag *d)
{
    struct jm_ledger_key *x = &k->key[k->n];

    if (k->n == JM_LEDGER_KEYS_MAX)
        return jm_refuse(d, JM_E_LIMIT, JM_CMD_OPTION_VALUE, "--ledger-key");
    JM_TRY(jm_keyfile_read(&x->key, path, cmd, d));
    k->n++;
    JM_TRY(jm_key_point(&x->point, x->key));
    return jm_ltx_kid(x->kid, cmd->crypto, jm_point_bytes(&x->point));
}

static enum jm_status add_own(struct jm_ledger_keys *k, const struct jm_home *home,
                              struct jm_diag *d)
{
    const char *dir = jm_home_path(home, "operator/ledger");
    struct jm_list names;
    enum jm_status st = jm_dir_list(&names, dir, JM_LEDGER_KEYS_MAX, home->cmd->mem);

    if (st == JM_E_ABSENT)
        return JM_OK;
    JM_TRY(st);
    for (size_t i = 0; i < names.n; i++) {
        struct jm_bytes name = names.items[i];

        if (name.len > sizeof SUFFIX - 1 &&
            jm_bytes_eq_str(jm_slice(name, name.len - (sizeof SUFFIX - 1), SIZE_MAX), SUFFIX))
            JM_TRY(add_key(k, jm_format(home->cmd->mem, "%s/%s", dir, jm_cstr(home->cmd, name)),
                           home->cmd, d));
    }
    return JM_OK;
}

enum jm_status jm_ledger_keys_open(struct jm_ledger_keys *out, const struct jm_home *home,
                                   struct jm_diag *d)
{
    const char *path;
    enum jm_status st = JM_OK;

    *out = (struct jm_ledger_keys){.n = 0};
    for (size_t i = 0; st == JM_OK && (path = jm_opt_at(home->cmd, "ledger-key", i)) != NULL; i++)
        st = add_key(out, path, home->cmd, d);
    if (st == JM_OK && out->n == 0)
        st = add_own(out, home, d);
    if (st == JM_OK && out->n == 0)
        st = jm_refuse(d, JM_E_DENIED, JM_LEDGER_KEYS, NULL);
    if (st != JM_OK)
        jm_ledger_keys_close(out);
    return st;
}

void jm_ledger_keys_close(struct jm_ledger_keys *k)
{
    for (size_t i = 0; i < k->n; i++)
        jm_key_free(&k->key[i].key);
    k->n = 0;
}

enum jm_status jm_ledger_sign(struct jm_bytes *tx, struct jm_bytes payload,
                              const struct jm_hash32 *genesis, const struct jm_ledger_keys *k,
                              bool (*wanted)(const void *ctx, const uint8_t *kid), const void *ctx,
                              struct jm_arena *mem, struct jm_diag *d)
{
    struct jm_ltx_signature sig[JM_LTX_SIGNERS_MAX];
    struct jm_bytes data;
    size_t n = 0;

    for (size_t i = 0; i < k->n && n < JM_LTX_SIGNERS_MAX; i++) {
        if (!wanted(ctx, k->key[i].kid))
            continue;
        memcpy(sig[n].kid, k->key[i].kid, JM_KID_LEN);
        JM_TRY(jm_ltx_to_sign(&data, sig[n].kid, genesis, payload, mem));
        JM_TRY(jm_key_sign(k->key[i].key, data, &sig[n++].sig));
    }
    if (n == 0)
        return jm_refuse(d, JM_E_DENIED, JM_LEDGER_KEYS, NULL);
    return jm_ltx_seal(tx, payload, sig, n, mem);
}
