/* SPDX-License-Identifier: Apache-2.0 */
/*
 * host/openssl/openssl.h for test programs in WebAssembly: what OpenSSL does for them in a native
 * build, node does here (tests/wasm/node.mjs), so that the same tests judge the same core
 * in it. Linked with tests alone: the product's module imports nothing.
 *
 * node gives neither whole points nor AES-CBC in place: those are the core's own.
 *
 * Not here: what no test of the core calls (secret heap, scrypt, randomness, gzip).
 */
#include "host/openssl/openssl.h"
#include "host/openssl/ed25519.h"

#include "crypto/aes.h"
#include "crypto/p256.h"

#include <stdlib.h>
#include <string.h>

#define NODE(name) __attribute__((import_module("node"), import_name(#name))) extern

/* 0: done; else what went wrong, by the function that asks */
NODE(hash)
int node_hash(int hash, const struct jm_bytes *parts, size_t n, uint8_t *out);
NODE(hmac)
int node_hmac(int hash, const uint8_t *key, size_t len, const struct jm_bytes *parts, size_t n,
              uint8_t *out);
NODE(seal)
int node_seal(const struct jm_bytes *key_iv_aad_in, uint8_t *out);
NODE(open)
int node_open(const struct jm_bytes *key_iv_aad_in, uint8_t *out);
NODE(point) int node_point(const uint8_t *scalar, uint8_t *point);
NODE(sign)
int node_sign(const uint8_t *scalar, const uint8_t *data, size_t len, uint8_t *sig);
NODE(verify)
int node_verify(const struct jm_bytes *key_data_sig);
NODE(verify_ed25519)
int node_verify_ed25519(const struct jm_bytes *key_data_sig);
NODE(public_ed25519) int node_public_ed25519(const uint8_t *seed, uint8_t *key);
NODE(sign_ed25519)
int node_sign_ed25519(const uint8_t *seed, const uint8_t *data, size_t len, uint8_t *sig);
NODE(agree)
int node_agree(const uint8_t *scalar, const uint8_t *peer, size_t len, uint8_t *x);
NODE(random) void node_random(uint8_t *out, size_t len);
/* octets that came of it, or below 0: -1 malformed, -2 they are more than @p cap */
NODE(inflate) int node_inflate(const uint8_t *in, size_t len, uint8_t *out, size_t cap);
NODE(deflate) int node_deflate(const uint8_t *in, size_t len, uint8_t *out, size_t cap);

struct jm_key {
    struct jm_secret32 scalar;
    struct jm_point point;
};

enum jm_status jm_openssl_init(void)
{
    return JM_OK;
}

static enum jm_status n_hash(enum jm_hash h, const struct jm_bytes *parts, size_t n, uint8_t *out)
{
    return node_hash((int)h, parts, n, out) == 0 ? JM_OK : JM_E_BUG;
}

static enum jm_status n_hmac(enum jm_hash h, struct jm_bytes key, const struct jm_bytes *parts,
                             size_t n, uint8_t *out)
{
    return node_hmac((int)h, key.ptr, key.len, parts, n, out) == 0 ? JM_OK : JM_E_UNAVAILABLE;
}

static bool is_gcm(struct jm_bytes key, struct jm_bytes iv)
{
    return iv.len == JM_GCM_IV && (key.len == 16 || key.len == 32);
}

static enum jm_status n_seal(struct jm_bytes key, struct jm_bytes iv, struct jm_bytes aad,
                             struct jm_bytes in, struct jm_buf *out)
{
    const struct jm_bytes args[] = {key, iv, aad, in};

    if (!is_gcm(key, iv))
        return JM_E_BUG;
    if (in.len + JM_GCM_TAG > out->cap - out->len)
        return JM_E_NO_SPACE;
    if (node_seal(args, out->ptr + out->len) != 0)
        return JM_E_UNAVAILABLE;
    out->len += in.len + JM_GCM_TAG;
    return JM_OK;
}

static enum jm_status n_open(struct jm_bytes key, struct jm_bytes iv, struct jm_bytes aad,
                             struct jm_bytes in, struct jm_buf *out)
{
    const struct jm_bytes args[] = {key, iv, aad, in};

    if (!is_gcm(key, iv))
        return JM_E_BUG;
    if (in.len < JM_GCM_TAG)
        return JM_E_SIGNATURE;
    if (in.len - JM_GCM_TAG > out->cap - out->len)
        return JM_E_NO_SPACE;
    if (node_open(args, out->ptr + out->len) != 0)
        return JM_E_SIGNATURE;
    out->len += in.len - JM_GCM_TAG;
    return JM_OK;
}

static enum jm_status n_inflate(struct jm_bytes in, struct jm_buf *out)
{
    int n = node_inflate(in.ptr, in.len, out->ptr + out->len, out->cap - out->len);

    if (n < 0)
        return n == -2 ? JM_E_LIMIT : JM_E_MALFORMED;
    out->len += (size_t)n;
    return JM_OK;
}

static enum jm_status n_deflate(struct jm_bytes in, struct jm_buf *out)
{
    int n = node_deflate(in.ptr, in.len, out->ptr + out->len, out->cap - out->len);

    if (n < 0)
        return JM_E_NO_SPACE;
    out->len += (size_t)n;
    return JM_OK;
}

const struct jm_crypto jm_crypto_openssl = {n_hash,    n_hmac,    n_seal,     n_open,
                                            n_inflate, n_deflate, jm_aes_cbc, &jm_portable_ec_map};

/* -- keys -- */

enum jm_status jm_key_from_scalar(struct jm_key **out, const struct jm_secret32 *scalar)
{
    struct jm_key *k = calloc(1, sizeof *k);

    *out = NULL;
    if (k == NULL)
        return JM_E_UNAVAILABLE;
    k->scalar = *scalar;
    k->point.curve = JM_CURVE_P256;
    k->point.len = JM_POINT_LEN;
    if (node_point(scalar->octets, k->point.octets) != 0) {
        free(k);
        return JM_E_RANGE;
    }
    *out = k;
    return JM_OK;
}

enum jm_status jm_key_generate(struct jm_key **out)
{
    struct jm_secret32 scalar;
    enum jm_status st;

    do {
        node_random(scalar.octets, sizeof scalar.octets);
        st = jm_key_from_scalar(out, &scalar);
    } while (st == JM_E_RANGE);
    return st;
}

void jm_key_free(struct jm_key **key)
{
    free(*key);
    *key = NULL;
}

enum jm_status jm_key_point(struct jm_point *out, const struct jm_key *key)
{
    *out = key->point;
    return JM_OK;
}

enum jm_status jm_key_sign(const struct jm_key *key, struct jm_bytes data, struct jm_sig *sig)
{
    sig->len = JM_SIG_LEN;
    return node_sign(key->scalar.octets, data.ptr, data.len, sig->octets) == 0 ? JM_OK
                                                                               : JM_E_UNAVAILABLE;
}

/* Neither infinity nor a hybrid form. */
static bool is_point(struct jm_bytes p)
{
    return (p.len == JM_POINT_LEN && p.ptr[0] == 4) ||
           (p.len == JM_POINT_COMPRESSED_LEN && (p.ptr[0] == 2 || p.ptr[0] == 3));
}

enum jm_status jm_key_agree(const struct jm_key *key, struct jm_bytes peer, uint8_t x[32])
{
    return is_point(peer) && node_agree(key->scalar.octets, peer.ptr, peer.len, x) == 0
               ? JM_OK
               : JM_E_MALFORMED;
}

enum jm_status jm_ed25519_public(uint8_t out[JM_ED25519_KEY_LEN], const struct jm_secret32 *seed)
{
    return node_public_ed25519(seed->octets, out) == 0 ? JM_OK : JM_E_UNAVAILABLE;
}

enum jm_status jm_ed25519_sign(struct jm_sig *sig, const struct jm_secret32 *seed,
                               struct jm_bytes data)
{
    sig->len = JM_SIG_LEN;
    return node_sign_ed25519(seed->octets, data.ptr, data.len, sig->octets) == 0 ? JM_OK
                                                                                 : JM_E_UNAVAILABLE;
}

enum jm_status jm_ed25519_verify(struct jm_bytes key, struct jm_bytes data, struct jm_bytes sig)
{
    const struct jm_bytes args[] = {key, data, sig};

    if (key.len != JM_ED25519_KEY_LEN)
        return JM_E_MALFORMED;
    return sig.len == JM_SIG_LEN && node_verify_ed25519(args) == 0 ? JM_OK : JM_E_SIGNATURE;
}

enum jm_status jm_openssl_verify(void *ctx, enum jm_alg alg, struct jm_bytes key,
                                 struct jm_bytes data, struct jm_bytes sig)
{
    const struct jm_bytes args[] = {key, data, sig};

    (void)ctx;
    if (alg == JM_ALG_EDDSA)
        return jm_ed25519_verify(key, data, sig);
    if (alg != JM_ALG_ES256)
        return JM_E_UNSUPPORTED;
    if (sig.len != JM_SIG_LEN)
        return JM_E_SIGNATURE;
    int rc = is_point(key) ? node_verify(args) : 2;
    return rc == 0 ? JM_OK : rc == 1 ? JM_E_SIGNATURE : JM_E_MALFORMED;
}
