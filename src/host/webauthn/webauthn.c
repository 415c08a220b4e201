/* SPDX-License-Identifier: Apache-2.0 */
#include "host/webauthn/webauthn.h"

#include <fido.h>
#include <fido/es256.h>
#include <string.h>

#include "jumin/cbor.h"

#define RP_ID_MAX 253 /* of a host's name */
#define ID_AT 55      /* of a new one's authenticatorData: WebAuthn 6.5.1 */
#define XY_LEN 64     /* a key of P-256, as the library has it */

/* Null also where it is no point of the curve. */
static es256_pk_t *key_of(const uint8_t xy[XY_LEN])
{
    es256_pk_t *key = es256_pk_new();

    if (key == NULL || es256_pk_from_ptr(key, xy, XY_LEN) != FIDO_OK)
        es256_pk_free(&key);
    return key;
}

/* libcbor takes room for as much as a head promises: what is not there is refused before it is
 * asked.
 */
static bool is_whole(struct jm_bytes authenticator_data)
{
    struct jm_bytes a = authenticator_data;
    struct jm_cbor r;

    if (a.len < ID_AT)
        return false;
    jm_cbor_init(&r,
                 jm_slice(a, ID_AT + (size_t)(a.ptr[ID_AT - 2] << 8 | a.ptr[ID_AT - 1]), SIZE_MAX));
    while (r.st == JM_OK && r.at < r.in.len)
        (void)jm_cbor_item(&r);
    return r.st == JM_OK;
}

static enum jm_status take_key(struct jm_point *out, const fido_cred_t *cred)
{
    uint8_t octets[1 + XY_LEN] = {4};
    es256_pk_t *key;

    if (fido_cred_pubkey_len(cred) != XY_LEN)
        return JM_E_UNSUPPORTED;
    memcpy(octets + 1, fido_cred_pubkey_ptr(cred), XY_LEN);
    if ((key = key_of(octets + 1)) == NULL)
        return JM_E_MALFORMED;
    es256_pk_free(&key);
    return jm_point_set(out, JM_CURVE_P256, jm_bytes(octets, sizeof octets));
}

static enum jm_status read_made(struct jm_bytes *id, struct jm_point *key,
                                struct jm_bytes authenticator_data, struct jm_arena *mem)
{
    fido_cred_t *cred = fido_cred_new();
    enum jm_status st = JM_E_MALFORMED;

    *id = jm_none();
    if (cred == NULL)
        return JM_E_UNAVAILABLE;
    if (is_whole(authenticator_data) && fido_cred_set_type(cred, COSE_ES256) == FIDO_OK &&
        fido_cred_set_authdata_raw(cred, authenticator_data.ptr, authenticator_data.len) ==
            FIDO_OK &&
        (st = take_key(key, cred)) == JM_OK)
        st = jm_dup(id, mem, jm_bytes(fido_cred_id_ptr(cred), fido_cred_id_len(cred)));
    fido_cred_free(&cred);
    return st;
}

static bool is_shown(fido_assert_t *a, const es256_pk_t *key, const char *rp_id,
                     const struct jm_passkey_shown *s)
{
    return fido_assert_set_rp(a, rp_id) == FIDO_OK && fido_assert_set_count(a, 1) == FIDO_OK &&
           fido_assert_set_clientdata(a, s->client_data.ptr, s->client_data.len) == FIDO_OK &&
           fido_assert_set_authdata_raw(a, 0, s->authenticator_data.ptr,
                                        s->authenticator_data.len) == FIDO_OK &&
           fido_assert_set_sig(a, 0, s->signature.ptr, s->signature.len) == FIDO_OK &&
           fido_assert_set_up(a, FIDO_OPT_TRUE) == FIDO_OK &&
           fido_assert_set_uv(a, FIDO_OPT_TRUE) == FIDO_OK &&
           fido_assert_verify(a, 0, COSE_ES256, key) == FIDO_OK;
}

static enum jm_status judge_shown(const struct jm_passkey_shown *s)
{
    fido_assert_t *a = fido_assert_new();
    es256_pk_t *key = key_of(s->key->octets + 1);
    char rp_id[RP_ID_MAX + 1] = "";
    enum jm_status st = JM_E_UNAVAILABLE;

    if (a != NULL && key != NULL && s->rp_id.len <= RP_ID_MAX) {
        memcpy(rp_id, s->rp_id.ptr, s->rp_id.len);
        st = is_shown(a, key, rp_id, s) ? JM_OK : JM_E_SIGNATURE;
    }
    es256_pk_free(&key);
    fido_assert_free(&a);
    return st;
}

const struct jm_webauthn jm_webauthn_fido2 = {read_made, judge_shown};
