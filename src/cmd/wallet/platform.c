/* SPDX-License-Identifier: Apache-2.0 */
#include "cmd/wallet/platform.h"

#include <string.h>

#include "host/openssl/openssl.h"
#include "host/random/random.h"

#define ANSWER_ROOM (JM_VCI_RESPONSE_MAX + 64 * JM_KIB) /* the longest answer that is asked for */

/* -- keys -- */

static struct jm_platform_key *find_key(const struct jm_platform *p, struct jm_bytes handle)
{
    for (size_t i = 0; i < p->n; i++)
        if (jm_bytes_eq(handle, jm_handle_bytes(&p->key[i].handle)))
            return &p->key[i];
    return NULL;
}

static enum jm_status open_key(struct jm_key **out, const struct jm_platform *p,
                               struct jm_bytes handle)
{
    const struct jm_platform_key *k = find_key(p, handle);

    *out = NULL;
    return k == NULL ? JM_E_ABSENT : jm_key_from_scalar(out, &k->scalar);
}

static enum jm_status take_over(struct jm_platform *p, const struct jm_wallet_key *k)
{
    struct jm_platform_key *to = &p->key[p->n];

    if (k->kept.len != sizeof to->scalar.octets)
        return JM_E_MALFORMED;
    to->handle = k->handle;
    memcpy(to->scalar.octets, k->kept.ptr, k->kept.len);
    jm_wipe((uint8_t *)(uintptr_t)k->kept.ptr, k->kept.len);
    p->n++;
    return JM_OK;
}

enum jm_status jm_platform_init(struct jm_platform *p, const struct jm_home *home,
                                const struct jm_wallet_keys *keys, struct jm_arena *mem)
{
    void *room = jm_alloc(mem, ANSWER_ROOM, 1);

    memset(p, 0, sizeof *p);
    p->home = home;
    p->fetch.allow_loopback = home->trust.synthetic;
    p->cap = keys->n + JM_PLATFORM_NEW_MAX;
    p->key = JM_NEW_N(mem, struct jm_platform_key, p->cap);
    p->mem = JM_NEW(mem, struct jm_arena);
    if (room == NULL || p->key == NULL || p->mem == NULL)
        return JM_E_NO_SPACE;
    jm_arena_init(p->mem, room, ANSWER_ROOM);
    for (size_t i = 0; i < keys->n; i++)
        JM_TRY(take_over(p, &keys->key[i]));
    p->last = keys->n;
    return JM_OK;
}

void jm_platform_end(struct jm_platform *p)
{
    if (p->key != NULL)
        jm_wipe(p->key, p->cap * sizeof *p->key);
    p->n = 0;
    if (p->mem != NULL)
        jm_arena_reset(p->mem);
}

static enum jm_status make_key(struct jm_platform_key *out, struct jm_point *point)
{
    struct jm_key *key;
    enum jm_status st;

    JM_TRY(jm_key_generate(&key));
    st = jm_key_scalar(&out->scalar, key);
    if (st == JM_OK && point != NULL)
        st = jm_key_point(point, key);
    jm_key_free(&key);
    return st;
}

enum jm_status jm_platform_new_key(struct jm_platform *p, struct jm_handle *handle,
                                   struct jm_point *point)
{
    struct jm_platform_key *k = &p->key[p->n];

    if (p->n == p->cap)
        return JM_E_LIMIT;
    JM_TRY(make_key(k, point));
    *handle = k->handle = jm_wallet_handle(++p->last);
    p->n++;
    return JM_OK;
}

enum jm_status jm_platform_point(struct jm_point *out, const struct jm_platform *p,
                                 const struct jm_handle *h)
{
    struct jm_key *key;
    enum jm_status st;

    JM_TRY(open_key(&key, p, jm_handle_bytes(h)));
    st = jm_key_point(out, key);
    jm_key_free(&key);
    return st;
}

enum jm_status jm_platform_keys(struct jm_wallet_keys *out, const struct jm_platform *p,
                                struct jm_arena *mem)
{
    out->n = 0;
    if ((out->key = JM_NEW_N(mem, struct jm_wallet_key, p->n + 1)) == NULL)
        return JM_E_NO_SPACE;
    for (size_t i = 0; i < p->n; i++)
        out->key[out->n++] =
            (struct jm_wallet_key){p->key[i].handle, jm_bytes(p->key[i].scalar.octets,
                                                              sizeof p->key[i].scalar.octets)};
    return JM_OK;
}

/* -- answers -- */

static enum jm_status sign_by_handle(void *ctx, enum jm_alg alg, struct jm_bytes handle,
                                     struct jm_bytes data, struct jm_sig *sig)
{
    struct jm_key *key;
    enum jm_status st;

    (void)alg; /* an engine asks for ES256 alone */
    JM_TRY(open_key(&key, ctx, handle));
    st = jm_key_sign(key, data, sig);
    jm_key_free(&key);
    return st;
}

static enum jm_status agree_by_handle(void *ctx, struct jm_bytes handle, struct jm_bytes peer,
                                      uint8_t x[32])
{
    struct jm_key *key;
    enum jm_status st;

    JM_TRY(open_key(&key, ctx, handle));
    st = jm_key_agree(key, peer, x);
    jm_key_free(&key);
    return st;
}

static enum jm_status fetch_http(void *ctx, const struct jm_http_ask *ask,
                                 struct jm_http_answer *out, struct jm_arena *mem)
{
    const struct jm_platform *p = ctx;

    return jm_fetch(&p->fetch, ask, out, mem);
}

static enum jm_status new_key(void *ctx, struct jm_handle *handle, struct jm_point *point)
{
    return jm_platform_new_key(ctx, handle, point);
}

/* The last one moves into the place of one that goes, so that no scalar stands where nothing does.
 */
static enum jm_status forget_keys(void *ctx, struct jm_bytes handles)
{
    struct jm_platform *p = ctx;

    for (size_t at = 0; at + JM_HANDLE_LEN <= handles.len; at += JM_HANDLE_LEN) {
        struct jm_platform_key *k = find_key(p, jm_slice(handles, at, JM_HANDLE_LEN));

        if (k == NULL)
            continue;
        *k = p->key[--p->n];
        jm_wipe(&p->key[p->n], sizeof p->key[p->n]);
    }
    return JM_OK;
}

static enum jm_status ask_holder(void *ctx, const void *what, struct jm_bytes *out,
                                 struct jm_arena *mem)
{
    const struct jm_platform *p = ctx;

    return p->holder == NULL ? JM_E_UNAVAILABLE : p->holder(p->ctx, what, out, mem);
}

static enum jm_status keep_state(void *ctx, const void *what)
{
    const struct jm_platform *p = ctx;

    return p->keep == NULL ? JM_E_UNAVAILABLE : p->keep(p->ctx, what);
}

static enum jm_status ask_card(void *ctx, struct jm_bytes capdu, struct jm_buf *rapdu)
{
    const struct jm_platform *p = ctx;

    return p->card == NULL ? JM_E_UNAVAILABLE : jm_card_link_transmit(p->card, capdu, rapdu);
}

static int64_t time_now(void *ctx)
{
    return jm_home_now(((const struct jm_platform *)ctx)->home);
}

struct jm_driver jm_platform_driver(struct jm_platform *p)
{
    return (struct jm_driver){.by = {.verify = jm_openssl_verify,
                                     .sign = sign_by_handle,
                                     .agree = agree_by_handle,
                                     .random = jm_random,
                                     .http = fetch_http,
                                     .holder = ask_holder,
                                     .new_key = new_key,
                                     .forget = forget_keys,
                                     .keep = keep_state,
                                     .transmit = ask_card,
                                     .crypto = &jm_crypto_openssl,
                                     .ctx = p},
                              .now = time_now,
                              .mem = p->mem};
}
