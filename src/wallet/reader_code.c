/* SPDX-License-Identifier: Apache-2.0 */
/* The code of a reader elsewhere: whose bridge it is, and what is offered there. */
#include "jumin/form.h"
#include "jumin/wallet.h"

#define SCHEME JM_BYTES("jumin-bridge:")
#define CODE_LEN 22 /* base64url of 128 bits */

bool jm_wallet_is_bridge(struct jm_bytes text)
{
    return jm_bytes_starts(jm_url_trim(text), SCHEME);
}

static bool is_b64url(uint8_t c)
{
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '_';
}

/* An authority that the trust set has under this address; bare http in a practice country alone. */
static bool find_issuer(struct jm_bytes *issuer, struct jm_bytes rest, const struct jm_trust *t,
                        struct jm_arena *mem)
{
    const struct jm_bytes schemes[] = {JM_BYTES("https://"), JM_BYTES("http://")};
    struct jm_issuer_record record;

    for (size_t i = 0; i < (t->synthetic ? 2u : 1u); i++) {
        const struct jm_bytes parts[] = {schemes[i], rest};

        if (jm_concat(issuer, mem, parts, JM_ARRAY_LEN(parts)) == JM_OK &&
            jm_trust_issuer_by_uri(&record, t, *issuer) == JM_OK)
            return true;
    }
    *issuer = jm_none();
    return false;
}

static enum jm_status write_offer(struct jm_bytes *out, struct jm_bytes issuer,
                                  struct jm_arena *mem)
{
    const struct jm_bytes at[] = {issuer, JM_BYTES("/offer")};
    struct jm_bytes where;
    struct jm_buf b;

    JM_TRY(jm_concat(&where, mem, at, JM_ARRAY_LEN(at)));
    JM_TRY(jm_alloc_buf(&b, mem, 64 + 3 * where.len));
    JM_TRY(jm_buf_put(&b, JM_BYTES("openid-credential-offer://?")));
    JM_TRY(jm_form_put(&b, "credential_offer_uri", where));
    *out = jm_written(b);
    return JM_OK;
}

enum jm_status jm_wallet_bridge(struct jm_wallet_bridge *out, struct jm_bytes text,
                                const struct jm_trust *t, struct jm_arena *mem, struct jm_diag *d)
{
    struct jm_bytes rest;
    size_t cut;

    *out = (struct jm_wallet_bridge){jm_none(), jm_none(), jm_none()};
    text = jm_url_trim(text);
    if (!jm_wallet_is_bridge(text) || text.len > JM_URL_MAX)
        return JM_E_MALFORMED;
    rest = jm_slice(text, SCHEME.len, SIZE_MAX);
    if (rest.len < CODE_LEN + 2)
        return JM_E_MALFORMED;
    cut = rest.len - CODE_LEN;
    if (rest.ptr[cut - 1] != '/')
        return JM_E_MALFORMED;
    for (size_t i = cut; i < rest.len; i++)
        if (!is_b64url(rest.ptr[i]))
            return JM_E_MALFORMED;
    if (!find_issuer(&out->issuer, jm_slice(rest, 0, cut - 1), t, mem))
        return jm_refuse(d, JM_E_DENIED, JM_CARD_BRIDGE_ISSUER, NULL);
    out->code = jm_slice(rest, cut, SIZE_MAX);
    return write_offer(&out->offer, out->issuer, mem);
}
