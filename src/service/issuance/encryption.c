/* SPDX-License-Identifier: Apache-2.0 */
/* Credential requests and their answers as JWE (OpenID4VCI 1.0 10; I-14): offered, not demanded.
 * The issuer's key lives as long as its process: who has an older one reads the metadata again. */
#include <string.h>

#include "service/issuance/parts.h"

#define REQUEST_MAX (512 * JM_KIB)

static enum jm_status refuse_jwe(struct jm_diag *d, enum jm_status st, const char *what)
{
    return jm_refuse(d, st, JM_VCI_ENCRYPTION, what);
}

enum jm_status jm_exchange_begin(struct jm_exchange *x, const struct jm_crypto *c)
{
    JM_TRY(x->new_key(x->ctx, &x->scalar, &x->point));
    return jm_jwk_thumbprint_text(x->kid, c, &x->point);
}

enum jm_status jm_request_open(struct jm_bytes *plain, const struct jm_issuer *is,
                               struct jm_bytes jwe, struct jm_arena *mem, struct jm_diag *d)
{
    const struct jm_exchange *x = &is->exchange;
    struct jm_jwe_unopened u;
    uint8_t z[32];
    enum jm_status st = jm_jwe_split(&u, jwe, REQUEST_MAX, mem, NULL);

    if (st == JM_E_NO_SPACE)
        return st;
    if (st != JM_OK)
        return refuse_jwe(d, JM_E_MALFORMED, "not a JWE that is offered");
    if (!jm_bytes_eq_str(u.kid, x->kid))
        return refuse_jwe(d, JM_E_DENIED, "kid is not a key of the metadata");
    st = x->agree(x->ctx, &x->scalar, jm_point_bytes(&u.epk), z);
    if (st == JM_OK)
        st = jm_jwe_open(plain, &u, z, is->base.env.crypto, mem);
    jm_wipe(z, sizeof z);
    return st == JM_OK || st == JM_E_NO_SPACE || st == JM_E_UNAVAILABLE
               ? st
               : refuse_jwe(d, JM_E_DENIED, "it was not encrypted to that key");
}

static enum jm_status read_key(struct jm_response_key *out, const struct jm_json *encryption,
                               struct jm_diag *d)
{
    struct jm_bytes enc;

    if (jm_json_get(encryption, "zip") != NULL)
        return refuse_jwe(d, JM_E_UNSUPPORTED, "zip");
    if (jm_json_str(&enc, encryption, "enc") != JM_OK ||
        (!jm_bytes_eq_str(enc, "A128GCM") && !jm_bytes_eq_str(enc, "A256GCM")))
        return refuse_jwe(d, JM_E_UNSUPPORTED, "enc");
    if (jm_jwk_read(&out->to, jm_json_get(encryption, "jwk")) != JM_OK ||
        !jm_bytes_eq_str(out->to.alg, "ECDH-ES"))
        return refuse_jwe(d, JM_E_UNSUPPORTED, "jwk: a public key on P-256 of alg ECDH-ES");
    out->aes256 = jm_bytes_eq_str(enc, "A256GCM");
    return JM_OK;
}

enum jm_status jm_response_key_agree(struct jm_response_key *out, const struct jm_issuer *is,
                                     const struct jm_json *encryption, bool encrypted,
                                     struct jm_diag *d)
{
    const struct jm_exchange *x = &is->exchange;
    struct jm_secret32 scalar;
    enum jm_status st;

    *out = (struct jm_response_key){.wanted = encryption != NULL};
    if (encryption == NULL)
        return JM_OK;
    if (!encrypted) /* whoever could read it could change the key */
        return refuse_jwe(d, JM_E_DENIED, "credential_response_encryption in a plain request");
    JM_TRY(read_key(out, encryption, d));
    JM_TRY(jm_env_random(&is->base.env, out->iv, sizeof out->iv));
    JM_TRY(x->new_key(x->ctx, &scalar, &out->epk));
    st = x->agree(x->ctx, &scalar, jm_point_bytes(&out->to.point), out->z);
    jm_wipe(&scalar, sizeof scalar);
    return st == JM_E_MALFORMED ? refuse_jwe(d, JM_E_DENIED, "jwk is no point of the curve") : st;
}

enum jm_status jm_response_seal(struct jm_bytes *jwe, const struct jm_issuer *is,
                                struct jm_bytes plain, const struct jm_response_key *key,
                                struct jm_arena *mem)
{
    const struct jm_jwe_spec spec = {.to = &key->to,
                                     .aes256 = key->aes256,
                                     .epk = &key->epk,
                                     .z = key->z,
                                     .iv = key->iv};

    return jm_jwe_seal(jwe, plain, &spec, is->base.env.crypto, mem);
}
