/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "jumin/form.h"
#include "jumin/oid4vci.h"

bool jm_vci_is_offer(struct jm_bytes url)
{
    return jm_url_scheme_is(url, "openid-credential-offer") || jm_url_scheme_is(url, "haip-vci");
}

enum jm_status jm_vci_offer_uri(struct jm_bytes *reference, struct jm_bytes *value,
                                struct jm_bytes url, struct jm_arena *mem, struct jm_diag *d)
{
    size_t q;
    struct jm_form f;

    *reference = *value = jm_none();
    url = jm_url_trim(url);
    q = jm_bytes_find(url, JM_BYTES("?"));
    if (q == SIZE_MAX || !jm_vci_is_offer(url) ||
        jm_form_parse(&f, jm_slice(url, q + 1, SIZE_MAX), mem) != JM_OK)
        return jm_refuse(d, JM_E_MALFORMED, JM_WALLET_OFFER_URI,
                         "not an openid-credential-offer: address with parameters");
    struct jm_bytes by_reference = jm_form_get(&f, "credential_offer_uri"),
                    by_value = jm_form_get(&f, "credential_offer");
    if ((by_reference.len == 0) == (by_value.len == 0))
        return jm_refuse(d, JM_E_MALFORMED, JM_WALLET_OFFER_URI,
                         "credential_offer_uri or credential_offer, and not both");
    if (by_reference.len != 0)
        *reference = by_reference;
    else
        *value = by_value;
    return JM_OK;
}

static enum jm_status bad_offer(struct jm_diag *d, const char *what)
{
    return jm_refuse(d, JM_E_MALFORMED, JM_WALLET_OFFER_FORM, what);
}

static enum jm_status read_ids(struct jm_vci_offer *out, const struct jm_json *ids,
                               struct jm_diag *d)
{
    if (ids == NULL || ids->type != JM_JSON_ARRAY || ids->n == 0 ||
        ids->n > JM_VCI_CONFIGURATIONS_MAX)
        return bad_offer(d, "credential_configuration_ids is no array of one to sixty-four");
    for (const struct jm_json *i = ids->child; i != NULL; i = i->next) {
        if (i->type != JM_JSON_STRING || i->text.len > JM_VCI_ID_MAX)
            return bad_offer(d, "a configuration id is no text, or too long");
        for (size_t k = 0; k < out->n; k++)
            if (jm_bytes_eq(out->id[k], i->text))
                return bad_offer(d, "a configuration id stands twice");
        out->id[out->n++] = i->text;
    }
    return JM_OK;
}

static enum jm_status read_grants(struct jm_vci_offer *out, const struct jm_json *grants,
                                  struct jm_diag *d)
{
    const struct jm_json *pre = jm_json_get(grants, JM_GRANT_PRE_AUTHORIZED),
                         *tx = jm_json_get(pre, "tx_code");

    if (grants != NULL && grants->type != JM_JSON_OBJECT)
        return bad_offer(d, "grants is no object");
    out->by_login = jm_json_get(grants, "authorization_code") != NULL;
    if (pre == NULL)
        return JM_OK;
    if (jm_json_text(&out->grant_code, pre, "pre-authorized_code", JM_VCI_CODE_MAX) != JM_OK ||
        out->grant_code.len == 0)
        return bad_offer(d, "the grant has no pre-authorized_code, or one too long");
    if (tx != NULL && tx->type != JM_JSON_OBJECT)
        return bad_offer(d, "tx_code is no object");
    out->match_code = tx != NULL;
    return JM_OK;
}

enum jm_status jm_vci_offer_read(struct jm_vci_offer *out, const struct jm_json *offer,
                                 struct jm_diag *d)
{
    memset(out, 0, sizeof *out);
    if (offer == NULL || offer->type != JM_JSON_OBJECT)
        return bad_offer(d, "the offer is no JSON object");
    if (jm_json_text(&out->issuer, offer, "credential_issuer", JM_URL_MAX) != JM_OK)
        return bad_offer(d, "credential_issuer is missing or too long");
    JM_TRY(read_ids(out, jm_json_get(offer, "credential_configuration_ids"), d));
    JM_TRY(read_grants(out, jm_json_get(offer, "grants"), d));
    return jm_json_opt_text(&out->ticket, offer, "jumin_ticket", JM_JWT_MAX) == JM_OK
               ? JM_OK
               : bad_offer(d, "jumin_ticket is no text, or too long");
}

static bool does_offer(const struct jm_vci_offer *o, const struct jm_json *id)
{
    for (size_t k = 0; k < o->n; k++)
        if (id->type == JM_JSON_STRING && jm_bytes_eq(id->text, o->id[k]))
            return true;
    return false;
}

static bool same_ids(const struct jm_vci_offer *o, const struct jm_json *ids)
{
    if (ids == NULL || ids->type != JM_JSON_ARRAY || ids->n != o->n)
        return false;
    for (const struct jm_json *i = ids->child; i != NULL; i = i->next)
        if (!does_offer(o, i))
            return false;
    return true;
}

enum jm_status jm_vci_ticket_read(struct jm_bytes *jti, const struct jm_vci_offer *offer,
                                  const struct jm_reading *r)
{
    /* clang-format off */
    static const struct jm_token_kind kind = {
        "jumin-desk-ticket+jwt", JM_PATH_METADATA, JM_E_DENIED, JM_WALLET_TICKET_INVALID,
        JM_WALLET_TICKET_INVALID, JM_WALLET_TICKET_INVALID, JM_WALLET_TICKET_INVALID};
    /* clang-format on */
    struct jm_jws jws;
    struct jm_bytes iss;

    *jti = jm_none();
    JM_TRY(jm_token_read(&jws, offer->ticket, &kind, r));
    const struct jm_json *c = jm_jws_claims(&jws);
    JM_TRY(jm_token_times(c, &kind, r));
    if (jm_json_str(&iss, c, "iss") != JM_OK || !jm_bytes_eq(iss, offer->issuer))
        return jm_refuse(r->diag, JM_E_DENIED, kind.form, "the ticket is of another issuer");
    if (!same_ids(offer, jm_json_get(c, "credential_configuration_ids")))
        return jm_refuse(r->diag, JM_E_DENIED, kind.form, "the ticket is for other cards");
    if (jm_json_text(jti, c, "jti", JM_JTI_MAX) != JM_OK)
        return jm_refuse(r->diag, JM_E_DENIED, kind.form, "the ticket has no jti, or one too long");
    return JM_OK;
}
