/* SPDX-License-Identifier: Apache-2.0 */
/* What survives of an issuance: CBOR [1, 12 texts, match_code, sign, [[id, type, fmt, batch]…]]. */
#include <string.h>

#include "jumin/cbor.h"
#include "proto/oid4vci_engine.h"

#define TEXTS 12

static void texts_of(struct jm_bytes *all[TEXTS], struct jm_vci_saved *s)
{
    struct jm_bytes *const t[TEXTS] =
        {&s->issuer,         &s->grant_code,          &s->jti,
         &s->offer_uri,      &s->token_endpoint,      &s->challenge_endpoint,
         &s->nonce_endpoint, &s->credential_endpoint, &s->provider,
         &s->attestation,    &s->refresh_token,       &s->deletion_endpoint};

    memcpy(all, t, sizeof t);
}

enum jm_status jm_vci_save(struct jm_bytes *out, const struct jm_vci_saved *saved,
                           struct jm_arena *mem)
{
    struct jm_vci_saved s = *saved;
    struct jm_bytes *text[TEXTS];
    size_t room = 512;
    struct jm_cbor_w w;
    struct jm_buf b;

    *out = jm_none();
    texts_of(text, &s);
    for (size_t i = 0; i < TEXTS; i++)
        room += text[i]->len + 9;
    for (size_t i = 0; i < s.n; i++)
        room += s.configuration[i].id.len + s.configuration[i].type.len + 32;
    JM_TRY(jm_alloc_buf(&b, mem, room));
    jm_cbor_w_init(&w, &b);
    jm_cbor_w_array(&w, 4 + TEXTS);
    jm_cbor_w_uint(&w, 1);
    for (size_t i = 0; i < TEXTS; i++)
        jm_cbor_w_text(&w, *text[i]);
    jm_cbor_w_bool(&w, s.match_code);
    jm_cbor_w_str(&w, s.sign);
    jm_cbor_w_array(&w, s.n);
    for (size_t i = 0; i < s.n; i++) {
        jm_cbor_w_array(&w, 4);
        jm_cbor_w_text(&w, s.configuration[i].id);
        jm_cbor_w_text(&w, s.configuration[i].type);
        jm_cbor_w_uint(&w, (uint64_t)s.configuration[i].fmt);
        jm_cbor_w_uint(&w, s.configuration[i].batch_max);
    }
    *out = jm_written(b);
    return jm_cbor_w_end(&w);
}

enum jm_status jm_vci_saved_read(struct jm_vci_saved *s, struct jm_bytes octets)
{
    struct jm_bytes *text[TEXTS], sign;
    struct jm_cbor r;

    memset(s, 0, sizeof *s);
    texts_of(text, s);
    JM_TRY(jm_cbor_check(octets, NULL, NULL));
    jm_cbor_init(&r, octets);
    if (jm_cbor_array(&r) != 4 + TEXTS || jm_cbor_uint(&r) != 1)
        return JM_E_MALFORMED;
    for (size_t i = 0; i < TEXTS; i++)
        *text[i] = jm_cbor_text(&r);
    s->match_code = jm_cbor_bool(&r);
    sign = jm_cbor_text(&r);
    if (sign.len != 2 && sign.len != 0)
        return JM_E_MALFORMED;
    if (sign.len != 0)
        memcpy(s->sign, sign.ptr, 2);
    s->n = jm_cbor_array(&r);
    if (s->n > JM_VCI_CONFIGURATIONS_MAX)
        return JM_E_LIMIT;
    for (size_t i = 0; i < s->n; i++) {
        if (jm_cbor_array(&r) != 4)
            return JM_E_MALFORMED;
        s->configuration[i].id = jm_cbor_text(&r);
        s->configuration[i].type = jm_cbor_text(&r);
        s->configuration[i].fmt = jm_cbor_uint(&r) == JM_FMT_MDOC ? JM_FMT_MDOC : JM_FMT_SDJWT;
        s->configuration[i].batch_max = (size_t)jm_cbor_uint(&r);
    }
    return jm_cbor_end(&r);
}

enum jm_status jm_vci_keep_saved(struct jm_vci *e)
{
    struct jm_vci_saved *s = &e->s;
    struct jm_bytes *text[TEXTS];

    texts_of(text, s);
    for (size_t i = 0; i < TEXTS; i++)
        if (text[i]->ptr != NULL)
            JM_TRY(jm_dup(text[i], &e->keep, *text[i]));
    for (size_t i = 0; i < s->n; i++) {
        JM_TRY(jm_dup(&s->configuration[i].id, &e->keep, s->configuration[i].id));
        JM_TRY(jm_dup(&s->configuration[i].type, &e->keep, s->configuration[i].type));
    }
    return JM_OK;
}
