/* SPDX-License-Identifier: Apache-2.0 */
/* A holder's home: the sealed container, QR pictures. */
#include "cmd/wallet/wallet_home.h"

#include <string.h>
#include <unistd.h>

#include "cmd/cli/ask.h"
#include "host/files/files.h"
#include "host/openssl/openssl.h"
#include "host/qr/qr.h"
#include "host/random/random.h"
#include "jumin/box.h"

#define PICTURE_MAX ((size_t)8 * 1024 * 1024)

static const char *container_path(const struct jm_wallet_home *h)
{
    return jm_home_path(&h->home, "wallet/container");
}

static enum jm_status derive_key(struct jm_wallet_home *h, bool fresh, struct jm_diag *d)
{
    struct jm_bytes words;

    JM_TRY(jm_passphrase(&words, h->cmd, jm_opt(h->cmd, "passphrase-file"), "ask.wallet-passphrase",
                         fresh, d));
    return jm_openssl_scrypt(h->kek.octets, words, h->salt);
}

static enum jm_status open_home(struct jm_wallet_home *h, const struct jm_cmd *cmd, bool any_time,
                                struct jm_diag *d)
{
    struct jm_diag why = {0};
    enum jm_status st;

    memset(h, 0, sizeof *h);
    h->cmd = cmd;
    JM_TRY(jm_home_open(&h->home, cmd, JM_HOME_WALLET, d));
    st = jm_home_seen(&h->home, "wallet", &why);
    return st == JM_OK || (any_time && st == JM_E_UNAVAILABLE)
               ? JM_OK
               : jm_refuse(d, st, why.code, "wallet");
}

static enum jm_status unlock_home(struct jm_wallet_home *h, const struct jm_cmd *cmd,
                                  struct jm_diag *d)
{
    struct jm_wallet_keys keys;
    struct jm_bytes file;
    struct jm_buf plain;
    struct jm_box box;
    enum jm_status st;

    JM_TRY(jm_cmd_read(&file, container_path(h), JM_WALLET_MAX, cmd, d));
    if (jm_box_read(&box, JM_WALLET_LABEL, file) != JM_OK)
        return jm_refuse(d, JM_E_MALFORMED, JM_WALLET_CONTAINER, container_path(h));
    h->salt = box.salt;
    JM_TRY(derive_key(h, false, d));
    JM_TRY(jm_alloc_buf(&plain, cmd->mem, box.sealed.len));
    st = jm_box_open(&plain, &box, &h->kek, cmd->crypto);
    if (st == JM_E_SIGNATURE)
        return jm_refuse(d, JM_E_DENIED, JM_WALLET_PASSPHRASE, NULL);
    JM_TRY(st);
    if (jm_wallet_read(&h->w, &keys, jm_written(plain), cmd->mem) != JM_OK)
        return jm_refuse(d, JM_E_MALFORMED, JM_WALLET_CONTAINER, container_path(h));
    st = jm_platform_init(&h->platform, &h->home, &keys, cmd->mem);
    return st == JM_E_MALFORMED ? jm_refuse(d, st, JM_WALLET_CONTAINER, container_path(h)) : st;
}

enum jm_status jm_wallet_home_open(struct jm_wallet_home *h, const struct jm_cmd *cmd,
                                   struct jm_diag *d)
{
    JM_TRY(open_home(h, cmd, false, d));
    return unlock_home(h, cmd, d);
}

enum jm_status jm_wallet_home_open_any_time(struct jm_wallet_home *h, const struct jm_cmd *cmd,
                                            struct jm_diag *d)
{
    JM_TRY(open_home(h, cmd, true, d));
    return unlock_home(h, cmd, d);
}

static enum jm_status seal_state(struct jm_bytes *sealed, struct jm_wallet_home *h)
{
    uint8_t iv[JM_GCM_IV];
    const struct jm_box box = {JM_WALLET_LABEL, h->salt, jm_bytes(iv, sizeof iv), {NULL, 0}};
    struct jm_wallet_keys keys;
    struct jm_bytes plain;
    enum jm_status st;

    JM_TRY(jm_random(NULL, iv, sizeof iv));
    JM_TRY(jm_platform_keys(&keys, &h->platform, h->cmd->mem));
    JM_TRY(jm_wallet_write(&plain, &h->w, &keys, h->cmd->mem));
    st = jm_box_seal(sealed, &box, plain, &h->kek, h->cmd->crypto, h->cmd->mem);
    jm_wipe((uint8_t *)(uintptr_t)plain.ptr, plain.len);
    return st;
}

enum jm_status jm_wallet_home_save(struct jm_wallet_home *h, struct jm_diag *d)
{
    size_t mark = jm_arena_mark(h->cmd->mem);
    struct jm_bytes sealed;

    JM_TRY(seal_state(&sealed, h));
    JM_TRY(jm_cmd_write(container_path(h), sealed, 0600, h->cmd, d));
    JM_TRY(jm_home_saw(&h->home, "wallet"));
    jm_arena_back(h->cmd->mem, mark);
    return JM_OK;
}

void jm_wallet_home_close(struct jm_wallet_home *h)
{
    jm_platform_end(&h->platform);
    jm_wipe(&h->kek, sizeof h->kek);
}

enum jm_status jm_wallet_home_create(struct jm_wallet_home *h, struct jm_diag *d)
{
    uint8_t *salt = jm_alloc(h->cmd->mem, JM_BOX_SALT, 1);
    const struct jm_wallet_keys none = {NULL, 0};

    if (salt == NULL)
        return JM_E_NO_SPACE;
    JM_TRY(jm_random(NULL, salt, JM_BOX_SALT));
    h->salt = jm_bytes(salt, JM_BOX_SALT);
    JM_TRY(derive_key(h, true, d));
    JM_TRY(jm_platform_init(&h->platform, &h->home, &none, h->cmd->mem));
    JM_TRY(jm_platform_new_key(&h->platform, &h->w.instance, NULL));
    JM_TRY(jm_platform_new_key(&h->platform, &h->w.dpop, NULL));
    return jm_wallet_home_save(h, d);
}

enum jm_status jm_wallet_uri(struct jm_bytes *out, const struct jm_cmd *cmd, struct jm_diag *d)
{
    const char *given = cmd->n_operands > 0 ? cmd->operand[0] : NULL;
    struct jm_bytes picture;
    enum jm_status st;

    if (given == NULL)
        return jm_refuse(d, JM_E_USAGE, JM_CMD_OPERANDS, "URI|PICTURE");
    *out = jm_str(given);
    if (access(given, F_OK) != 0)
        return JM_OK;
    JM_TRY(jm_cmd_read(&picture, given, PICTURE_MAX, cmd, d));
    st = jm_qr_read(out, jm_cmd_beside(cmd, "jumin-picture"), picture, cmd->mem);
    if (st == JM_E_UNAVAILABLE)
        return jm_refuse(d, st, JM_CMD_FILE_READ, "jumin-picture");
    return st == JM_OK ? st : jm_refuse(d, JM_E_MALFORMED, JM_WALLET_NO_QR, given);
}
