/* SPDX-License-Identifier: Apache-2.0 */
#include "cmd/wallet/drive.h"

#include <string.h>

#include "host/openssl/openssl.h"
#include "host/random/random.h"

#define RANDOM_MAX 256

void jm_drive_init(struct jm_drive *d, bool loopback)
{
    memset(d, 0, sizeof *d);
    d->fetch.allow_loopback = loopback;
    for (size_t i = 0; i < JM_DRIVE_KEYS_MAX; i++)
        d->handle[i] = (uint8_t)i;
}

void jm_drive_end(struct jm_drive *d)
{
    for (size_t i = 0; i < d->n; i++)
        jm_key_free(&d->key[i]);
    d->n = 0;
}

static enum jm_status adopt(struct jm_drive *d, struct jm_vci_key *out, struct jm_key *key)
{
    out->handle = jm_bytes(&d->handle[d->n], 1);
    d->key[d->n++] = key;
    return jm_key_point(&out->point, key);
}

enum jm_status jm_drive_new_key(struct jm_drive *d, struct jm_vci_key *out,
                                struct jm_secret32 *scalar)
{
    struct jm_key *key;

    if (d->n == JM_DRIVE_KEYS_MAX)
        return JM_E_LIMIT;
    JM_TRY(jm_key_generate(&key));
    JM_TRY(adopt(d, out, key));
    return scalar == NULL ? JM_OK : jm_key_scalar(scalar, key);
}

enum jm_status jm_drive_add_key(struct jm_drive *d, struct jm_vci_key *out,
                                const struct jm_secret32 *scalar)
{
    struct jm_key *key;

    if (d->n == JM_DRIVE_KEYS_MAX)
        return JM_E_LIMIT;
    JM_TRY(jm_key_from_scalar(&key, scalar));
    return adopt(d, out, key);
}

static const struct jm_key *key_of(const struct jm_drive *d, struct jm_bytes handle)
{
    return handle.len == 1 && handle.ptr[0] < d->n ? d->key[handle.ptr[0]] : NULL;
}

struct answered {
    struct jm_answer a;
    uint8_t octets[RANDOM_MAX];
    struct jm_http_answer http;
};

static void answer(struct jm_drive *d, const struct jm_ask *ask, struct answered *out,
                   struct jm_arena *mem)
{
    const struct jm_key *key = key_of(d, ask->key);

    memset(out, 0, sizeof *out);
    out->a.kind = ask->kind;
    out->a.st = JM_E_BUG;
    switch (ask->kind) {
    case JM_ASK_VERIFY:
        out->a.st = jm_openssl_verify(NULL, ask->alg, ask->key, ask->data, ask->sig);
        break;
    case JM_ASK_SIGN:
        if (key != NULL)
            out->a.st = jm_key_sign(key, ask->data, out->octets);
        out->a.octets = jm_bytes(out->octets, JM_SIG_LEN);
        break;
    case JM_ASK_AGREE:
        if (key != NULL)
            out->a.st = jm_key_agree(key, ask->data, out->octets);
        out->a.octets = jm_bytes(out->octets, 32);
        break;
    case JM_ASK_RANDOM:
        if (ask->len <= RANDOM_MAX)
            out->a.st = jm_random(NULL, out->octets, ask->len);
        out->a.octets = jm_bytes(out->octets, ask->len);
        break;
    case JM_ASK_HTTP:
        out->a.st = jm_fetch(&d->fetch, ask->what, &out->http, mem);
        out->a.what = &out->http;
        break;
    case JM_ASK_SEND:
    case JM_ASK_FIND:
    case JM_ASK_USER:
    case JM_ASK_NEW_KEY:
    case JM_ASK_FORGET:
    case JM_ASK_KEEP: break;
    }
}

enum jm_status jm_drive_vci(struct jm_drive *d, struct jm_vci *e, const struct jm_home *home)
{
    struct jm_arena *mem = home->cmd->mem;
    enum jm_status st = JM_OK;
    const struct jm_ask *ask;

    while (st == JM_OK && jm_vci_asks(e, &ask) > 0) {
        size_t mark = jm_arena_mark(mem);
        struct answered *x = JM_NEW(mem, struct answered);

        if (x == NULL)
            return JM_E_NO_SPACE;
        answer(d, ask, x, mem);
        st = jm_vci_answer(e, ask->id, &x->a, jm_home_now(home));
        if (st == JM_OK && d->between != NULL)
            st = d->between(d->ctx);
        jm_arena_back(mem, mark);
    }
    return st;
}

enum jm_status jm_drive_vp(struct jm_drive *d, struct jm_vp *e, const struct jm_home *home)
{
    struct jm_arena *mem = home->cmd->mem;
    enum jm_status st = JM_OK;
    const struct jm_ask *ask;

    while (st == JM_OK && jm_vp_asks(e, &ask) > 0) {
        size_t mark = jm_arena_mark(mem);
        struct answered *x = JM_NEW(mem, struct answered);

        if (x == NULL)
            return JM_E_NO_SPACE;
        answer(d, ask, x, mem);
        st = jm_vp_answer(e, ask->id, &x->a, jm_home_now(home));
        jm_arena_back(mem, mark);
    }
    return st;
}
