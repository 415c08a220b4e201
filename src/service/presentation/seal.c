/* SPDX-License-Identifier: Apache-2.0 */
/* Values that lie sealed in rows for minutes: the key of a request, the claims of an answer. Each
 * has a key of its own, made of the verifier's and of where it lies. The verifier's is a row too,
 * sealed by the signer, which is asked once for it (docs/adr/0010). */
#include <string.h>

#include "service/presentation/parts.h"
#include "service/signer.h"

#define ROW "row_key/sealed"
#define OCTETS(secret) jm_bytes((secret)->octets, sizeof(secret)->octets)

struct row_key {
    struct jm_id id;
    struct jm_bytes sealed;
    struct jm_arena *mem;
};

static enum jm_status add_tx(struct jm_tx *tx, void *arg)
{
    const struct row_key *k = arg;

    return jm_presentation_rows_key_keep(tx, &k->id, k->sealed);
}

static enum jm_status make_row_key(struct jm_verifier *v, struct row_key *k)
{
    const struct jm_env *env = &v->base.env;

    JM_TRY(jm_env_id(env, &k->id));
    JM_TRY(jm_env_random(env, v->row_key.octets, sizeof v->row_key.octets));
    JM_TRY(jm_row_cipher(&k->sealed, env, true, ROW, &k->id, OCTETS(&v->row_key), k->mem));
    return jm_tx_run(env, add_tx, k);
}

static enum jm_status find_or_make(struct jm_verifier *v, struct jm_arena *mem)
{
    const struct jm_env *env = &v->base.env;
    struct row_key k = {.mem = mem};
    struct jm_bytes opened;
    enum jm_status st;

    JM_READ(st, tx, env, jm_presentation_rows_key_kept(tx, &k.id, &k.sealed, mem));
    if (st == JM_E_ABSENT)
        return make_row_key(v, &k);
    JM_TRY(st);
    JM_TRY(jm_row_cipher(&opened, env, false, ROW, &k.id, k.sealed, mem));
    if (opened.len != sizeof v->row_key.octets)
        return JM_E_BUG;
    memcpy(v->row_key.octets, opened.ptr, sizeof v->row_key.octets);
    return JM_OK;
}

enum jm_status jm_verifier_unlock(struct jm_verifier *v, struct jm_arena *mem, struct jm_diag *d)
{
    size_t mark = jm_arena_mark(mem);
    enum jm_status st = find_or_make(v, mem);

    jm_arena_back(mem, mark); /* wipes what was opened */
    return st == JM_E_SIGNATURE ? jm_refuse(d, st, JM_SIGNER_KEY_FILE, "row_key") : st;
}

/* A key for one value: however many are sealed, none of them shares one. */
static enum jm_status key_of(struct jm_secret32 *out, struct jm_bytes *aad,
                             const struct jm_verifier *v, const char *what, const struct jm_id *row,
                             struct jm_arena *mem)
{
    JM_TRY(jm_row_aad(aad, what, row, mem));
    return v->base.env.crypto->hmac(JM_SHA256, OCTETS(&v->row_key), aad, 1, out->octets);
}

enum jm_status jm_value_seal(struct jm_bytes *out, const struct jm_verifier *v, const char *what,
                             const struct jm_id *row, struct jm_bytes plain, struct jm_arena *mem)
{
    struct jm_secret32 key;
    uint8_t iv[JM_GCM_IV];
    struct jm_bytes aad;
    struct jm_buf b;

    *out = jm_none();
    JM_TRY(jm_env_random(&v->base.env, iv, sizeof iv));
    JM_TRY(jm_alloc_buf(&b, mem, sizeof iv + plain.len + JM_GCM_TAG));
    JM_TRY(jm_buf_put(&b, jm_bytes(iv, sizeof iv)));
    JM_TRY(key_of(&key, &aad, v, what, row, mem));
    enum jm_status st =
        v->base.env.crypto->seal(OCTETS(&key), jm_bytes(iv, sizeof iv), aad, plain, &b);
    jm_wipe(&key, sizeof key);
    if (st == JM_OK)
        *out = jm_written(b);
    return st;
}

enum jm_status jm_value_open(struct jm_bytes *out, const struct jm_verifier *v, const char *what,
                             const struct jm_id *row, struct jm_bytes sealed, struct jm_arena *mem)
{
    struct jm_secret32 key;
    struct jm_bytes aad;
    struct jm_buf b;

    *out = jm_none();
    if (sealed.len < JM_GCM_IV + JM_GCM_TAG)
        return JM_E_SIGNATURE;
    JM_TRY(jm_alloc_buf(&b, mem, sealed.len));
    JM_TRY(key_of(&key, &aad, v, what, row, mem));
    enum jm_status st = v->base.env.crypto->open(OCTETS(&key), jm_slice(sealed, 0, JM_GCM_IV), aad,
                                                 jm_slice(sealed, JM_GCM_IV, SIZE_MAX), &b);
    jm_wipe(&key, sizeof key);
    if (st == JM_OK)
        *out = jm_written(b);
    return st;
}
