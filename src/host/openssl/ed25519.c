/* SPDX-License-Identifier: Apache-2.0 */
#include "host/openssl/ed25519.h"

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/rand.h>

#define NAME "ED25519"

static EVP_PKEY *private_key(const struct jm_secret32 *seed)
{
    return EVP_PKEY_new_raw_private_key_ex(NULL, NAME, NULL, seed->octets, sizeof seed->octets);
}

/* As with P-256: what finds no memory at its first use is never there again. */
enum jm_status jm_ed25519_init(void)
{
    static const struct jm_secret32 any = {{1}};
    uint8_t key[JM_ED25519_KEY_LEN];
    struct jm_sig sig;

    JM_TRY(jm_ed25519_public(key, &any));
    JM_TRY(jm_ed25519_sign(&sig, &any, JM_BYTES("any")));
    return jm_ed25519_verify(jm_bytes(key, sizeof key), JM_BYTES("any"), jm_sig_bytes(&sig)) ==
                   JM_OK
               ? JM_OK
               : JM_E_UNAVAILABLE;
}

enum jm_status jm_ed25519_new(struct jm_secret32 *seed)
{
    memset(seed, 0, sizeof *seed);
    if (RAND_priv_bytes(seed->octets, (int)sizeof seed->octets) == 1)
        return JM_OK;
    jm_wipe(seed, sizeof *seed);
    ERR_clear_error();
    return JM_E_UNAVAILABLE;
}

enum jm_status jm_ed25519_public(uint8_t out[JM_ED25519_KEY_LEN], const struct jm_secret32 *seed)
{
    EVP_PKEY *key = private_key(seed);
    size_t len = JM_ED25519_KEY_LEN;
    bool ok = key != NULL && EVP_PKEY_get_raw_public_key(key, out, &len) == 1 &&
              len == JM_ED25519_KEY_LEN;

    if (!ok)
        memset(out, 0, JM_ED25519_KEY_LEN);
    EVP_PKEY_free(key);
    ERR_clear_error();
    return ok ? JM_OK : JM_E_UNAVAILABLE;
}

enum jm_status jm_ed25519_sign(struct jm_sig *sig, const struct jm_secret32 *seed,
                               struct jm_bytes data)
{
    EVP_PKEY *key = private_key(seed);
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    size_t len = sizeof sig->octets;
    bool ok;

    memset(sig, 0, sizeof *sig);
    ok = key != NULL && ctx != NULL &&
         EVP_DigestSignInit_ex(ctx, NULL, NULL, NULL, NULL, key, NULL) == 1 &&
         EVP_DigestSign(ctx, sig->octets, &len, data.ptr, data.len) == 1 && len == JM_SIG_LEN;
    if (ok)
        sig->len = JM_SIG_LEN;
    else
        memset(sig, 0, sizeof *sig);
    EVP_MD_CTX_free(ctx);
    EVP_PKEY_free(key);
    ERR_clear_error();
    return ok ? JM_OK : JM_E_UNAVAILABLE;
}

enum jm_status jm_ed25519_verify(struct jm_bytes key, struct jm_bytes data, struct jm_bytes sig)
{
    EVP_PKEY *pkey = NULL;
    EVP_MD_CTX *ctx;
    enum jm_status st = JM_E_UNAVAILABLE;

    if (key.len != JM_ED25519_KEY_LEN)
        return JM_E_MALFORMED;
    if (sig.len != JM_SIG_LEN)
        return JM_E_SIGNATURE;
    ctx = EVP_MD_CTX_new();
    pkey = EVP_PKEY_new_raw_public_key_ex(NULL, NAME, NULL, key.ptr, key.len);
    if (ctx != NULL && pkey != NULL &&
        EVP_DigestVerifyInit_ex(ctx, NULL, NULL, NULL, NULL, pkey, NULL) == 1)
        st = EVP_DigestVerify(ctx, sig.ptr, sig.len, data.ptr, data.len) == 1 ? JM_OK
                                                                              : JM_E_SIGNATURE;
    EVP_MD_CTX_free(ctx);
    EVP_PKEY_free(pkey);
    ERR_clear_error();
    return st;
}
