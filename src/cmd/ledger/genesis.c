/* SPDX-License-Identifier: Apache-2.0 */
#include "cmd/ledger/genesis.h"

#include "jumin/cbor.h"

#define MAX_TX 16384
#define MAX_BLOCK_TXS 256
#define WINDOW_S (30 * 86400)
#define EPOCH_SKEW_S 3600
#define BACK_S (2 * 86400)

static void put_uint(struct jm_cbor_w *w, uint64_t key, uint64_t v)
{
    jm_cbor_w_uint(w, key);
    jm_cbor_w_uint(w, v);
}

static void put_text(struct jm_cbor_w *w, uint64_t key, struct jm_bytes v)
{
    jm_cbor_w_uint(w, key);
    jm_cbor_w_text(w, v);
}

static void put_params(struct jm_cbor_w *w, struct jm_bytes origin)
{
    jm_cbor_w_uint(w, 4);
    jm_cbor_w_map(w, 5);
    put_text(w, 1, origin);
    put_uint(w, 2, MAX_TX);
    put_uint(w, 3, MAX_BLOCK_TXS);
    put_uint(w, 4, WINDOW_S);
    put_uint(w, 5, EPOCH_SKEW_S);
}

static void put_actor(struct jm_cbor_w *w, const struct jm_genesis_actor *a,
                      const struct jm_genesis_spec *s)
{
    jm_cbor_w_map(w, 6);
    put_text(w, 1, a->id);
    put_uint(w, 2, 1);
    jm_cbor_w_uint(w, 3);
    jm_cbor_w_map(w, 1);
    jm_cbor_w_str(w, "en");
    jm_cbor_w_text(w, a->name);
    jm_cbor_w_uint(w, 4);
    jm_cbor_w_array(w, a->n_roles);
    for (size_t i = 0; i < a->n_roles; i++)
        jm_cbor_w_uint(w, (uint64_t)a->role[i]);
    jm_cbor_w_uint(w, 5);
    jm_cbor_w_array(w, a->n_people);
    for (size_t i = 0; i < a->n_people; i++) {
        jm_cbor_w_array(w, 4);
        jm_cbor_w_bytes(w, jm_point_bytes(&a->person[i]));
        jm_cbor_w_uint(w, i + 1);
        jm_cbor_w_uint(w, (uint64_t)(s->now - BACK_S));
        jm_cbor_w_uint(w, (uint64_t)s->keys_until);
    }
    put_uint(w, 6, a->threshold);
}

enum jm_status jm_genesis_write(struct jm_bytes *out, const struct jm_genesis_spec *s,
                                struct jm_arena *mem)
{
    struct jm_cbor_w w;
    struct jm_buf b;

    *out = jm_none();
    JM_TRY(jm_alloc_buf(&b, mem, 2048 + s->policy.len + s->n * 1024));
    jm_cbor_w_init(&w, &b);
    jm_cbor_w_map(&w, 8);
    put_uint(&w, 1, 1);
    put_text(&w, 2, s->chain_id);
    put_uint(&w, 3, (uint64_t)s->now);
    put_params(&w, s->origin);
    jm_cbor_w_uint(&w, 5);
    jm_cbor_w_array(&w, s->n);
    for (size_t i = 0; i < s->n; i++)
        put_actor(&w, &s->actor[i], s);
    jm_cbor_w_uint(&w, 6);
    jm_cbor_w_array(&w, 0);
    jm_cbor_w_uint(&w, 7);
    jm_cbor_w_bytes(&w, s->policy);
    put_uint(&w, 8, 1);
    JM_TRY(jm_cbor_w_end(&w));
    *out = jm_written(b);
    return JM_OK;
}
